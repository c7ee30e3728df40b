#include "node/store_reach.h"
#include "node/store_priv.h"

bool node_reach_has(const struct node_reach *r, const struct id_record *rid)
{
    for (size_t i = 0; i < r->count; i++) {
        if (ID_EQUAL(&r->v[i], rid)) return true;
    }
    return false;
}

/* A record's id as a value: a bin of 16 bytes, or, of a text field, a str of 32 hexadecimal digits. */
static bool node_reach_id(struct bytes v, struct id_record *to)
{
    char hex[2 * ID_RECORD_BYTES + 1] = "";
    if (v.len == 2 + sizeof to->b && v.p[0] == 0xc4) {
        memcpy(to->b, v.p + 2, sizeof to->b);
        return true;
    }
    if (v.len != 2 + 2 * sizeof to->b || v.p[0] != 0xd9) return false;
    memcpy(hex, v.p + 2, v.len - 2);
    return id_unhex(hex, to->b, sizeof to->b) == ERR_OK;
}

/* What the heads of one field refer to. */
static void node_reach_field(struct node_reach *r, const struct fold *f, unsigned field)
{
    static const struct bytes no_element = {NULL, 0};
    const struct fold_register *reg = fold_find(f, field, no_element);
    for (size_t i = 0; reg != NULL && i < reg->count; i++) {
        struct id_record to;
        if (!node_reach_id(reg->heads[i].value, &to)) continue;
        if (r->count < NODE_REACH_MAX && !node_reach_has(r, &to)) r->v[r->count++] = to;
    }
}

static void node_reach_fold(struct node_store *s, struct node_reach *r, const struct fold *f)
{
    size_t n = 0;
    const struct catalogue_follow *v =
        s->catalogue != NULL ? catalogue_follows(s->catalogue, &n) : NULL;
    for (size_t i = 0; i < n; i++) {
        if (v[i].type == f->type) node_reach_field(r, f, v[i].field);
    }
}

enum err node_store_reach(struct node_store *s, const struct id_record *rid, const struct fold *f,
                          struct node_reach *out)
{
    *out = (struct node_reach){.v = {*rid}, .count = 1};
    node_reach_fold(s, out, f);
    for (size_t i = 1; i < out->count; i++) {
        enum err e = node_store_record_read(s, &out->v[i], &s->work);
        if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
        if (e == ERR_OK) node_reach_fold(s, out, &s->work.fold);
    }
    return ERR_OK;
}

/* ---- units ---- */

bool node_reach_unit(const struct buf *units, const char *unit)
{
    for (size_t at = 0; at < units->len; at += strlen((const char *)units->p + at) + 1) {
        if (strcmp((const char *)units->p + at, unit) == 0) return true;
    }
    return false;
}

static enum err node_reach_rows(struct node_store *s, const char *sql, const struct id_record *rid,
                                struct buf *units)
{
    bool row = false;
    struct db_stmt *q = db_stmt(s->db, sql);
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        buf_add_bytes(units, db_column_bytes(q, 0));
        buf_add_u8(units, 0);
        e = units->e == ERR_OK ? db_step(q, &row) : units->e;
    }
    db_done(q);
    return e;
}

/* Mostly there is no offer at all: then nothing above a record is read. */
static enum err node_reach_offers(struct node_store *s, bool *any)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_transfer WHERE state = 0 LIMIT 1");
    enum err e = db_get(q);
    db_done(q);
    *any = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err node_store_reach_units(struct node_store *s, const struct id_record *rid,
                                const struct fold *f, struct buf *units)
{
    struct node_reach r;
    bool any = false;
    enum err e =
        node_reach_rows(s, "SELECT unit FROM sys_share WHERE rid = ?1 AND access > 0", rid, units);
    if (e == ERR_OK) e = node_reach_offers(s, &any);
    if (e != ERR_OK || !any) return e;
    e = node_store_reach(s, rid, f, &r);
    for (size_t i = 0; e == ERR_OK && i < r.count; i++)
        e = node_reach_rows(s,
                            "SELECT t.to_unit FROM sys_transfer t LEFT JOIN sys_op o ON o.log = "
                            "t.olog AND o.seq = t.oseq AND o.op = t.oop WHERE t.rid = ?1 AND "
                            "t.state = 0 AND (t.position > 0 OR ifnull(o.verdict, 0) = 0)",
                            &r.v[i], units);
    return e;
}
