#include "tests/sim/check_priv.h"

#include "proto/record.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

struct check *check_new(void)
{
    struct check *c = calloc(1, sizeof *c);
    assert(c != NULL);
    c->view = calloc(1, sizeof *c->view);
    c->writes = calloc(CHANGE_WRITES_MAX, sizeof *c->writes);
    enum err e = fold_init(&c->fold);
    if (e == ERR_OK) e = node_store_record_init(&c->shown);
    for (unsigned i = 0; i < WORLD_NODES_MAX; i++)
        c->logs[i].since = UINT64_MAX;
    assert(c->view != NULL && c->writes != NULL && e == ERR_OK);
    return c;
}

static void row_free(struct naive_row *r)
{
    buf_free(&r->head);
    buf_free(&r->body);
}

static void saved_free(struct saved_set *s)
{
    buf_free(&s->head);
    buf_free(&s->body);
}

static void hub_forget(struct check *c)
{
    for (size_t i = 0; i < c->row_count; i++)
        row_free(&c->rows[i]);
    for (size_t i = 0; i < c->lost_count; i++)
        row_free(&c->lost[i]);
    for (size_t i = 0; i < c->op_count; i++)
        free(c->ops[i].op.writes);
    free(c->rows);
    free(c->lost);
    free(c->ops);
    free(c->records);
    free(c->moves);
    free(c->answered);
    free(c->homes);
    free(c->dead);
    free(c->ever);
    free(c->named);
    free(c->ever_named);
    free(c->early);
    free(c->revoked);
    free(c->releases);
    free(c->issues);
    free(c->transfers);
    free(c->stays);
    free(c->shares);
}

void check_free(struct check *c)
{
    hub_forget(c);
    for (unsigned i = 0; i < WORLD_NODES_MAX; i++) {
        for (size_t k = 0; k < c->logs[i].count; k++)
            saved_free(&c->logs[i].v[k]);
        free(c->logs[i].v);
    }
    free(c->musts);
    fold_free(&c->fold);
    node_store_record_free(&c->shown);
    free(c->view);
    free(c->writes);
    free(c);
}

/* ---- the hub's log ---- */

/* As it stands on the disk, and as it was committed: the same, or without what orders erased. */
static bool row_same(struct world *w, const struct naive_row *a, const struct naive_row *b)
{
    bool body = b->erased ? check_body_erased(w, b, buf_bytes(&a->body))
                          : bytes_equal(buf_bytes(&a->body), buf_bytes(&b->body));
    return body && bytes_equal(buf_bytes(&a->head), buf_bytes(&b->head)) &&
           ID_EQUAL(&a->hash, &b->hash) && ID_EQUAL(&a->inc, &b->inc) && a->seq == b->seq &&
           a->received_ms == b->received_ms;
}

static enum err row_read(const struct db_stmt *q, struct naive_row *r, struct id_hash *p)
{
    *r = (struct naive_row){.seq = (uint64_t)db_column_int(q, 2),
                            .received_ms = db_column_int(q, 6),
                            .given = db_column_kind(q, 9) != DB_NULL};
    if (db_column_bytes(q, 10).len == sizeof r->signature)
        memcpy(r->signature, db_column_bytes(q, 10).p, sizeof r->signature);
    buf_init(&r->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&r->body, CHANGE_BODY_BYTES_MAX);
    buf_add_bytes(&r->head, db_column_bytes(q, 4));
    buf_add_bytes(&r->body, db_column_bytes(q, 5));
    enum err e = db_column_copy(q, 1, r->inc.b, sizeof r->inc.b);
    if (e == ERR_OK) e = db_column_copy(q, 3, r->hash.b, sizeof r->hash.b);
    if (e == ERR_OK) e = db_column_copy(q, 7, r->node.b, sizeof r->node.b);
    if (e == ERR_OK) e = db_column_copy(q, 8, p->b, sizeof p->b);
    return e == ERR_OK ? r->head.e : e;
}

static void row_append(struct world *w, const struct naive_row *r, const struct id_hash *p)
{
    struct check *c = w->check;
    uint8_t m[2 * ID_HASH_BYTES];
    struct id_hash hash;
    memcpy(m, c->p.b, ID_HASH_BYTES);
    memcpy(m + ID_HASH_BYTES, r->hash.b, ID_HASH_BYTES);
    crypto_generichash(c->p.b, sizeof c->p.b, m, sizeof m, NULL, 0);
    change_hash(buf_bytes(&r->head), &hash);
    if (!ID_EQUAL(&c->p, p)) world_fail(w, "position hash differs at %zu", c->row_count + 1);
    if (!ID_EQUAL(&hash, &r->hash)) world_fail(w, "hash differs at %zu", c->row_count + 1);
    c->rows = realloc(c->rows, (c->row_count + 1) * sizeof *c->rows);
    assert(c->rows != NULL);
    c->rows[c->row_count] = *r;
    c->rows[c->row_count].own = ID_EQUAL(&r->node, &w->hub.keys.hub);
    naive_take(w, c->row_count++);
}

static void rows_read(struct world *w, uint64_t from)
{
    struct check *c = w->check;
    struct db_stmt *q =
        db_stmt(hub_store_db(w->hub.store),
                "SELECT l.pos, i.inc, l.seq, l.hash, l.head, l.body, l.received_ms, i.node, l.p, "
                "i.given, l.signature "
                "FROM sys_log l JOIN sys_inc i ON i.no = l.inc WHERE l.pos > ?1 ORDER BY l.pos");
    db_bind_int(q, 1, (int64_t)from);
    bool row = false;
    uint64_t at = from;
    enum err e = db_step(q, &row);
    for (; e == ERR_OK && row && !w->failed; e = db_step(q, &row)) {
        struct naive_row r;
        struct id_hash p;
        e = row_read(q, &r, &p);
        if (e != ERR_OK) break;
        if ((uint64_t)db_column_int(q, 0) != ++at)
            world_fail(w, "the hub's log has a gap at %u", (unsigned)at);
        if (at > c->row_count) {
            row_append(w, &r, &p);
            continue;
        }
        if (!row_same(w, &r, &c->rows[at - 1]))
            world_fail(w, "position %u of the hub's log is not what was committed", (unsigned)at);
        row_free(&r);
    }
    db_done(q);
    if (e != ERR_OK) world_fail(w, "the hub's log cannot be read: %s", err_name(e));
    if (!w->failed && at < c->row_count)
        world_fail(w, "the hub committed %zu positions and has %u", c->row_count, (unsigned)at);
}

static void verdicts_compare(struct world *w)
{
    struct check *c = w->check;
    for (size_t i = 0; i < c->row_count && !w->failed; i++) {
        if (!c->rows[i].touched) continue;
        c->rows[i].touched = false;
        struct db_stmt *q =
            db_stmt(hub_store_db(w->hub.store), "SELECT verdicts FROM sys_log WHERE pos = ?1");
        db_bind_int(q, 1, (int64_t)i + 1);
        enum err e = db_get(q);
        struct bytes v = e == ERR_OK ? db_column_bytes(q, 0) : (struct bytes){NULL, 0};
        if (v.len != c->rows[i].ops) world_fail(w, "position %zu: %zu verdicts", i + 1, v.len);
        for (size_t k = 0; k < v.len && !w->failed; k++) {
            /* An administrative op that was given back may no longer apply. */
            if (!c->rows[i].on_record[k] && c->rows[i].given) continue;
            if ((v.p[k] & FOLD_VERDICT_MASK) != c->rows[i].verdicts[k])
                world_fail(w, "verdict of op %zu at position %zu: hub %u, naive fold %u", k, i + 1,
                           v.p[k] & FOLD_VERDICT_MASK, c->rows[i].verdicts[k]);
        }
        db_done(q);
    }
}

void check_hub(struct world *w, bool again)
{
    struct check *c = w->check;
    size_t before = c->row_count;
    rows_read(w,
              c->row_count); /* first what is new: an order in it takes payloads from before it */
    if (!w->failed && (again || c->killed)) rows_read(w, 0);
    c->killed = false;
    if (!w->failed) check_releases(w);
    if (!w->failed) check_orders(w);
    if (w->failed) return;
    verdicts_compare(w);
    for (size_t i = 0; i < c->record_count && !w->failed; i++) {
        if (!c->records[i].touched && !again) continue;
        c->records[i].touched = false;
        check_record(w, hub_store_db(w->hub.store), &c->records[i], true, "hub");
    }
    check_erased(w, WORLD_HUB, false);
    check_issues(w);
    check_quota(w);
    if (c->row_count > before) world_trace(w, "hub", "has position %zu", c->row_count);
}

bool check_has_payload(const struct world *w, struct bytes payload)
{
    const struct check *c = w->check;
    for (size_t i = 0; i < c->row_count; i++) {
        struct bytes body = buf_bytes(&c->rows[i].body);
        if (!c->rows[i].own || body.len != payload.len + 1 + CHANGE_SEED_BYTES) continue;
        if (memcmp(body.p + 1 + CHANGE_SEED_BYTES, payload.p, payload.len) == 0) return true;
    }
    return false;
}

void check_image(struct world *w, int who)
{
    if (who == WORLD_HUB) {
        w->check->hub_image = w->check->row_count;
    } else {
        check_mended(
            w, (unsigned)who); /* the image has what a repair added, though nobody looked yet */
        w->check->logs[who].image = w->check->logs[who].count;
        check_save_copy(w, &w->nodes[who].doubt, &w->nodes[who].image_doubt);
    }
}

/* ---- records ---- */

static bool head_there(const struct fold *f, const struct naive_head *h, bool strict)
{
    const struct fold_register *r = fold_find(f, h->write->field, h->write->element);
    for (size_t i = 0; r != NULL && i < r->count; i++) {
        const struct fold_set *s = &f->sets[r->heads[i].set];
        if (!ID_EQUAL(&s->version, &h->op->version)) continue;
        if (!bytes_equal(r->heads[i].value, h->write->value)) return false;
        return !strict || (s->position == h->op->position && s->clock == h->op->clock &&
                           ID_EQUAL(&s->person, &h->op->person));
    }
    return false;
}

/* Of several heads under the policy latest, is the one shown that has the latest clock? */
static void latest_compare(struct world *w, const struct naive_record *r,
                           const struct naive_head *heads, size_t n, const char *where)
{
    const struct catalogue *c = hub_store_catalogue(w->hub.store);
    const struct catalogue_type *t = c != NULL ? catalogue_type_by_no(c, r->type) : NULL;
    for (size_t i = 0; t != NULL && i < n; i++) {
        const struct catalogue_field *f = catalogue_field_by_no(t, heads[i].write->field);
        const struct naive_head *best = &heads[i];
        if (f == NULL || f->policy != CATALOGUE_LATEST) continue;
        for (size_t k = 0; k < n; k++) {
            if (heads[k].write->field != heads[i].write->field) continue;
            bool later = heads[k].op->clock != best->op->clock
                             ? heads[k].op->clock > best->op->clock
                             : memcmp(heads[k].op->version.b, best->op->version.b,
                                      sizeof best->op->version.b) > 0;
            if (later) best = &heads[k];
        }
        const struct fold_register *reg =
            fold_find(&w->check->fold, best->write->field, best->write->element);
        const struct fold_head *shown =
            reg != NULL ? fold_shown(&w->check->fold, reg, FOLD_LATEST) : NULL;
        if (shown == NULL ||
            !ID_EQUAL(&w->check->fold.sets[shown->set].version, &best->op->version))
            world_fail(w, "%s: field %u does not show the latest of its heads", where,
                       best->write->field);
    }
}

static void fold_compare(struct world *w, const struct naive_record *r, bool strict,
                         size_t conflicts, const char *where)
{
    static struct naive_head heads[NAIVE_HEADS_MAX];
    const struct fold *f = &w->check->fold;
    size_t n = naive_heads(w->check, &r->rid, heads, NAIVE_HEADS_MAX), there = 0;
    for (size_t i = 0; i < f->register_count; i++)
        there += f->registers[i].count;
    for (size_t i = 0; i < n; i++) {
        if (!head_there(f, &heads[i], strict))
            world_fail(w, "%s: a head of field %u, written at position %u, is gone or changed",
                       where, heads[i].write->field, (unsigned)heads[i].op->position);
    }
    if (strict && !w->failed) latest_compare(w, r, heads, n, where);
    if (there != n)
        world_fail(w, "%s: a record has %zu heads, the naive fold %zu", where, there, n);
    if (conflicts != naive_conflicts(w, r, heads, n))
        world_fail(w, "%s: a record has %zu conflicts, the naive fold %zu", where, conflicts,
                   naive_conflicts(w, r, heads, n));
}

void check_record(struct world *w, struct db *db, const struct naive_record *r, bool strict,
                  const char *where)
{
    struct db_stmt *q = db_stmt(db, "SELECT r.type, u.code, r.pos, r.conflicts, r.state FROM "
                                    "sys_record r JOIN sys_unit u ON u.no = r.unit WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(r->rid.b));
    enum err e = db_get(q);
    if (e == ERR_OK) {
        fold_clear(&w->check->fold);
        e = fold_load(&w->check->fold, db_column_bytes(q, 4));
        if (db_column_int(q, 0) != r->type) world_fail(w, "%s: type of a record", where);
        if (!r->own && !bytes_equal(db_column_bytes(q, 1), bytes_str(r->unit)))
            world_fail(w, "%s: owner of a record", where);
        if (strict && (uint64_t)db_column_int(q, 2) != r->position)
            world_fail(w, "%s: a record changed last at %u, not at %u", where,
                       (unsigned)r->position, (unsigned)db_column_int(q, 2));
    }
    if (e == ERR_OK) fold_compare(w, r, strict, (size_t)db_column_int(q, 3), where);
    db_done(q);
    if (e != ERR_OK) world_fail(w, "%s: a record cannot be read: %s", where, err_name(e));
}

/* ---- for users and pictures ---- */

bool check_fold_at(struct world *w, int who, const struct id_record *rid, const struct fold **out)
{
    struct check *c = w->check;
    if (who != WORLD_HUB) {
        *out = &c->shown.fold;
        return node_store_record_read(w->nodes[who].store, rid, &c->shown) == ERR_OK;
    }
    struct db_stmt *q =
        db_stmt(hub_store_db(w->hub.store), "SELECT state FROM sys_record WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_get(q);
    buf_clear(&c->shown.state);
    if (e == ERR_OK) buf_add_bytes(&c->shown.state, db_column_bytes(q, 0));
    db_done(q);
    fold_clear(&c->fold);
    *out = &c->fold;
    return e == ERR_OK && fold_load(&c->fold, buf_bytes(&c->shown.state)) == ERR_OK;
}

bool check_bases(struct world *w, int who, const struct id_record *rid, unsigned field,
                 struct bytes element, struct buf *bases, uint8_t digest[16])
{
    const struct fold *f = NULL;
    if (!check_fold_at(w, who, rid, &f)) return false;
    fold_bases(f, fold_find(f, field, element), bases);
    fold_digest(f, digest);
    return bases->e == ERR_OK;
}

static int head_order(const void *a, const void *b)
{
    const struct naive_head *x = a, *y = b;
    if (x->write->field != y->write->field) return x->write->field < y->write->field ? -1 : 1;
    int c = bytes_compare(x->write->element, y->write->element);
    return c != 0 ? c : bytes_compare(x->write->value, y->write->value);
}

void check_picture(struct world *w, const struct id_record *rid, struct buf *out)
{
    static struct naive_head heads[NAIVE_HEADS_MAX];
    size_t n = naive_heads(w->check, rid, heads, NAIVE_HEADS_MAX);
    const struct naive_record *r = naive_record_find(w->check, rid);
    if (r == NULL) return;
    qsort(heads, n, sizeof heads[0], head_order);
    if (naive_deleted(heads, n)) buf_printf(out, " deleted");
    for (size_t i = 0; i < n; i++) {
        const struct change_write *x = heads[i].write;
        struct buf text;
        if (x->field == 0) continue;
        buf_init(&text, 8192);
        enum err e = record_value_to_text(NULL, x->value, &text);
        buf_printf(out, " %u", x->field);
        if (x->element.p != NULL) buf_printf(out, "/%.*s", (int)x->element.len, x->element.p);
        const char *mark =
            e == ERR_OK && w->marks ? strstr(buf_cstr(&text), w->alone ? " ~!" : " ~#") : NULL;
        if (mark != NULL) text.p[mark - buf_cstr(&text)] = '\0'; /* of the record's random id */
        bool file = text.len == ATTACH_HEX_BYTES;                /* its bytes have the mark */
        buf_printf(out, "=%s", e != ERR_OK ? "?" : file ? "a file" : buf_cstr(&text));
        buf_free(&text);
    }
    buf_printf(out, " (%zu in conflict)", naive_conflicts(w, r, heads, n));
}
