/* What is erased, in memory: asked for every set that comes. SPEC 12.5. */
#include "hub/store_erase.h"
#include "hub/store_priv.h"

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
