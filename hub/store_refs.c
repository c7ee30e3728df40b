/* References that lead nowhere, as the hub knows it: a record is at the hub, was erased, or has not come. */
#include "hub/store_priv.h"
#include "hub/store_records.h"
#include "hub/store_watch.h"

#include "proto/entry.h"

static enum err hub_refs_saved(struct hub_store *s, const struct refs_row *row, int64_t *saved_ms)
{
    struct buf state;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = hub_store_record(s, &row->record, &state, NULL, NULL, NULL);
    fold_clear(&s->fold);
    if (e == ERR_OK) e = fold_load(&s->fold, buf_bytes(&state));
    if (e == ERR_OK) *saved_ms = entry_ref_saved(&s->fold, row->field->no);
    buf_free(&state);
    return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
}

static enum err hub_refs_dead(struct hub_store *s, const struct id_record *rid, bool *dead)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_dead WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_get(q);
    db_done(q);
    *dead = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* A record that is here and has no row in its table is deleted. */
static enum err hub_refs_judge(void *ctx, const struct refs_row *row, enum refs_lead *lead,
                               int64_t *saved_ms)
{
    struct hub_store *s = ctx;
    const struct catalogue_type *to = catalogue_type_by_name(s->catalogue, row->field->list);
    unsigned type = 0;
    bool dead = false;
    enum err e = hub_refs_dead(s, &row->target, &dead);
    if (e != ERR_OK || dead) return e;
    e = hub_store_record(s, &row->target, NULL, &type, NULL, NULL);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    *lead = e == ERR_OK && to != NULL && type == to->no ? REFS_DELETED : REFS_UNKNOWN;
    return *lead == REFS_UNKNOWN ? hub_refs_saved(s, row, saved_ms) : ERR_OK;
}

static enum err hub_refs_ready(struct hub_store *s)
{
    enum err e = hub_store_project(s);
    return e == ERR_OK && (s->typed == NULL || s->catalogue == NULL) ? ERR_NOT_READY : e;
}

enum err hub_watch_refs(struct hub_store *s, struct date on, watch_fn *row, void *ctx)
{
    enum err e = hub_refs_ready(s);
    return e == ERR_OK ? refs_watch(s->db, s->catalogue, on, hub_refs_judge, s, row, ctx) : e;
}

enum err hub_watch_referring(struct hub_store *s, const struct id_record *rid, uint64_t *records)
{
    unsigned no = 0;
    *records = 0;
    enum err e = hub_refs_ready(s);
    if (e == ERR_OK) e = hub_store_record(s, rid, NULL, &no, NULL, NULL);
    const struct catalogue_type *t = e == ERR_OK ? catalogue_type_by_no(s->catalogue, no) : NULL;
    return t != NULL ? refs_count(s->db, s->catalogue, t, rid, records) : e;
}
