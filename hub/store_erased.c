/* What is erased, in memory: asked for every set that comes. SPEC 12.5. */
#include "common/zoo.h"
#include "hub/store_erase.h"
#include "hub/store_priv.h"

#include <stdlib.h>

static enum err hub_erased_records(struct hub_store *s, struct erase_list *l)
{
    struct id_record rid;
    bool row = true;
    struct db_stmt *q = db_stmt(s->db, "SELECT rid FROM sys_dead ORDER BY rid");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = db_column_copy(q, 0, rid.b, ID_RECORD_BYTES);
        if (e == ERR_OK) e = erase_add_record(l, &rid);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

static enum err hub_erased_op(const struct db_stmt *q, struct erase_op *o)
{
    struct bytes fields = db_column_bytes(q, 4);
    o->seq = (uint64_t)db_column_int(q, 1);
    o->op = (unsigned)db_column_int(q, 2);
    o->field_count = fields.len / 2;
    if (o->field_count > ERASE_FIELDS_MAX) return ERR_DAMAGED;
    for (size_t i = 0; i < o->field_count; i++)
        o->fields[i] = le16_load(fields.p + 2 * i);
    enum err e = db_column_copy(q, 0, o->inc.b, sizeof o->inc.b);
    return e == ERR_OK ? db_column_copy(q, 3, o->rid.b, sizeof o->rid.b) : e;
}

static enum err hub_erased_ops(struct hub_store *s, struct erase_list *l)
{
    struct erase_op op;
    bool row = true;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT inc, seq, op, rid, fields FROM sys_gone ORDER BY inc, seq, op");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = hub_erased_op(q, &op);
        if (e == ERR_OK) e = erase_add_op(l, &op);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err hub_erased_load(struct hub_store *s)
{
    struct erase_list l = {.records = NULL};
    int64_t wanted = 0;
    enum err e = hub_erased_records(s, &l);
    if (e == ERR_OK) e = hub_erased_ops(s, &l);
    if (e == ERR_OK) e = hub_meta_int(s, "wipe_wanted", &wanted);
    if (e != ERR_OK) {
        erase_free(&l);
        return e;
    }
    erase_free(&s->erased);
    s->erased = l;
    s->wipe_wanted = wanted != 0;
    return ERR_OK;
}

bool hub_erase_may(const struct hub_store *s, const struct change_view *view, unsigned op,
                   struct change_write *writes)
{
    struct change_op what;
    bool whole = false;
    if (view->payload[op].p != NULL || s->replaying) return true;
    if (view->stub[op].p == NULL)
        return erase_find_op(&s->erased, &view->head.inc, view->head.seq, op) != NULL;
    if (erase_stub_decode(view->stub[op], writes, &what, &whole) != ERR_OK) return false;
    return whole ? erase_has_record(&s->erased, &what.rid)
                 : erase_names_op(&s->erased, &view->head, op, &what);
}

enum err hub_store_erased_allowed(struct hub_store *s, const struct pack_sets *sets)
{
    struct change_view *view = calloc(1, sizeof *view);
    enum err e = view != NULL ? hub_cache_ready(s) : ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < sets->count; i++) {
        if (sets->v[i].body.len > 0 && sets->v[i].body.p[0] == 0) continue;
        e = change_open(sets->v[i].head, sets->v[i].body, view);
        for (unsigned k = 0; e == ERR_OK && k < view->head.ops; k++) {
            if (!hub_erase_may(s, view, k, s->writes)) e = ERR_BAD_FORMAT;
        }
    }
    free(view);
    return e;
}

/* ---- replays ---- */

bool hub_op_read(struct hub_store *s, const struct change_view *view, unsigned op,
                 struct change_op *out)
{
    bool whole = false;
    if (view->payload[op].p != NULL)
        return change_op_decode(view->payload[op], s->writes, out) == ERR_OK;
    return s->replays != NULL && view->stub[op].p != NULL &&
           erase_stub_decode(view->stub[op], s->writes, out, &whole) == ERR_OK && !whole;
}

bool hub_erased_since(struct hub_store *s, uint64_t position, unsigned op)
{
    if (s->replays == NULL || ZOO(132)) return false;
    struct db_stmt *q = db_stmt(
        s->replays->db, "SELECT 1 FROM sys_erased_op WHERE pos = ?1 AND op = ?2 AND by > ?1");
    db_bind_int(q, 1, (int64_t)position);
    db_bind_int(q, 2, op);
    bool since = db_get(q) == ERR_OK;
    db_done(q);
    return since;
}

enum err hub_step_was(struct hub_store *s, const struct hub_writer *w, const struct id_record *rid,
                      bool *known, bool *held)
{
    const struct erase_list *l = s->replays != NULL ? &s->replays->erased : NULL;
    *known = *held = false;
    for (size_t i = 0; l != NULL && !*known && i < l->op_count; i++)
        *known = ID_EQUAL(&l->ops[i].rid, rid);
    if (!*known) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->replays->db, "SELECT 1 FROM sys_step WHERE pos = ?1 AND op = ?2");
    db_bind_int(q, 1, (int64_t)w->set.position);
    db_bind_int(q, 2, w->op);
    enum err e = db_get(q);
    *held = e == ERR_OK;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
