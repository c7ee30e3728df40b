/* References that lead nowhere, as far as this PC can know it: the hub knows more. */
#include "node/store_priv.h"
#include "node/store_watch.h"

#include "proto/entry.h"

/* Erased; or here once, by the own log or a transfer; or beside a person that was transferred: files of a case of
 * class 3 and 4 went along and left no trace. */
static enum err node_refs_gone(struct node_store *s, const struct refs_row *row, bool *gone)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT 1 FROM sys_dead WHERE rid = ?1 "
                       "UNION ALL SELECT 1 FROM sys_op WHERE rid = ?1 "
                       "UNION ALL SELECT 1 FROM sys_transfer WHERE rid = ?1 "
                       "UNION ALL SELECT 1 FROM sys_ref f JOIN sys_transfer m ON m.rid = f.target "
                       "WHERE f.type = ?2 AND f.rid = ?3 LIMIT 1");
    db_bind_blob(q, 1, BYTES_OF(row->target.b));
    db_bind_int(q, 2, row->type->no);
    db_bind_blob(q, 3, BYTES_OF(row->record.b));
    enum err e = db_get(q);
    db_done(q);
    *gone = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err node_refs_judge(void *ctx, const struct refs_row *row, enum refs_lead *lead,
                                int64_t *saved_ms)
{
    struct node_store *s = ctx;
    bool gone = false;
    struct db_stmt *q = db_stmt(s->db, "SELECT deleted FROM sys_shown WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(row->target.b));
    enum err e = db_get(q);
    if (e == ERR_OK && db_column_int(q, 0) != 0) *lead = REFS_DELETED;
    db_done(q);
    if (e != ERR_NOT_FOUND) return e;
    e = node_refs_gone(s, row, &gone);
    if (e != ERR_OK || gone) return e;
    *lead = REFS_UNKNOWN;
    e = node_store_record_read(s, &row->record, &s->work);
    if (e == ERR_OK) *saved_ms = entry_ref_saved(&s->work.fold, row->field->no);
    return e;
}

enum err node_watch_refs(struct node_store *s, struct date on, watch_fn *row, void *ctx)
{
    enum err e = node_catalogue_wanted(s);
    return e == ERR_OK ? refs_watch(s->db, s->catalogue, on, node_refs_judge, s, row, ctx) : e;
}

enum err node_watch_referring(struct node_store *s, const struct id_record *rid, uint64_t *records)
{
    *records = 0;
    enum err e = node_catalogue_wanted(s);
    if (e == ERR_OK) e = node_store_record_read(s, rid, &s->work);
    const struct catalogue_type *t =
        e == ERR_OK ? catalogue_type_by_no(s->catalogue, s->work.fold.type) : NULL;
    return t != NULL ? refs_count(s->db, s->catalogue, t, rid, records) : e;
}
