/* Attachments that erased ops named: their bytes go, if nothing that stays names them. SPEC 19.6. */
#include "hub/store_priv.h"

#include <stdlib.h>

enum err hub_erase_files_add(struct hub_store *s, struct hub_erase_files *f,
                             const struct change_view *view, unsigned op)
{
    struct change_op what;
    if (!hub_op_read(s, view, op, &what)) return ERR_OK;
    for (size_t i = 0; i < what.count; i++) {
        struct attach_ref ref = {.record = what.rid};
        if (!attach_value(what.writes[i].value, &ref.hash)) continue;
        if (f->count == f->room) {
            size_t room = f->room ? 2 * f->room : 8;
            struct attach_ref *more = realloc(f->v, room * sizeof *more);
            if (more == NULL) return ERR_NOMEM;
            f->v = more;
            f->room = room;
        }
        f->v[f->count++] = ref;
    }
    return ERR_OK;
}

enum err hub_erase_files_go(struct hub_store *s, const struct hub_erase_files *f)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < f->count; i++)
        e = hub_attach_unnamed(s, &f->v[i].record, &f->v[i].hash);
    return e;
}
