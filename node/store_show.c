/* What is shown of a record: the hub's state with the own pending ops folded on top, and the rows
 * that lists and the typed tables keep of it. */
#include "node/store_priv.h"
#include "common/log.h"
#include "common/zoo.h"
#include "proto/entry_called.h"
#include "proto/wire.h"

#include <assert.h>

struct node_pending_op { /* in node_store_record.ops, while the payloads still move */
    struct fold_set set;
    size_t len; /* of the payload in node_store_record.bodies */
};

/* ---- reading a record ---- */

static enum err node_read_row(const struct db_stmt *q, struct node_store_record *r)
{
    struct bytes unit = db_column_bytes(q, 1);
    buf_add_bytes(&r->state, db_column_bytes(q, 0));
    r->position = node_store_u64(db_column_int(q, 2));
    if (unit.len > ADMIN_UNIT_BYTES_MAX) return ERR_DAMAGED;
    if (r->state.e == ERR_OK && unit.len > 0) memcpy(r->unit, unit.p, unit.len);
    return r->state.e;
}

/* The hub's state, or the copy that stayed when the record left. */
static enum err node_read_state(struct node_store *s, const struct id_record *rid,
                                struct node_store_record *r)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT state, unit, position FROM sys_record WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_get(q);
    if (e == ERR_NOT_FOUND) {
        q = db_stmt(s->db, "SELECT state, unit, position FROM sys_frozen WHERE rid = ?1");
        db_bind_blob(q, 1, BYTES_OF(rid->b));
        e = db_get(q);
        r->frozen = e == ERR_OK;
    }
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK) e = node_read_row(q, r);
    db_done(q);
    if (e != ERR_OK) return e;
    e = fold_load(&r->fold, buf_bytes(&r->state));
    return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
}

/* What this unit may do with a record of another. */
static enum err node_read_share(struct node_store *s, const struct id_record *rid,
                                struct node_store_record *r)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT h.access FROM sys_share h JOIN sys_identity i ON "
                                       "i.unit = h.unit WHERE h.rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_get(q);
    if (e == ERR_OK) r->shared = (enum move_access)db_column_int(q, 0);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err node_collect(struct node_store *s, const struct db_stmt *q,
                             struct node_store_record *r)
{
    uint64_t seq = node_store_u64(db_column_int(q, 1));
    size_t index = (size_t)db_column_int(q, 2);
    enum err e = node_log_view(s, db_column_int(q, 0), seq);
    if (e != ERR_OK) return e;
    const struct change_head *h = &s->view->head;
    if (index >= h->ops) return ERR_DAMAGED;
    if (s->view->payload[index].p == NULL) return ERR_OK; /* erased */
    struct node_pending_op op = {
        .set = {.version = id_version_make(&h->inc, h->seq, &s->view->hash),
                .clock = h->hlc,
                .person = h->person,
                .position = UINT64_MAX},
        .len = s->view->payload[index].len,
    };
    if (db_column_int(q, 3) == NODE_STORE_HELD) {
        r->held++;
        r->held_verdict = (uint8_t)db_column_int(q, 4);
    } else {
        r->pending++;
    }
    buf_add_bytes(&r->bodies, s->view->payload[index]);
    buf_add(&r->ops, &op, sizeof op);
    return r->bodies.e != ERR_OK ? r->bodies.e : r->ops.e;
}

static enum err node_collect_pending(struct node_store *s, const struct id_record *rid,
                                     struct node_store_record *r)
{
    bool row = false;
    struct db_stmt *q = db_stmt(s->db, "SELECT log, seq, op, pending, verdict FROM sys_op "
                                       "WHERE rid = ?1 AND pending > 0 ORDER BY log, seq, op");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_collect(s, q, r);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

static enum err node_fold_pending(struct node_store *s, struct node_store_record *r)
{
    if (ZOO(67)) return ERR_OK;
    size_t at = 0;
    for (size_t i = 0; i < r->ops.len / sizeof(struct node_pending_op); i++) {
        struct node_pending_op p;
        struct change_op op;
        enum fold_verdict verdict;
        memcpy(&p, r->ops.p + i * sizeof p, sizeof p);
        struct bytes payload = bytes_make(r->bodies.p + at, p.len);
        at += p.len;
        enum err e = change_op_decode(payload, s->writes, &op);
        if (e != ERR_OK) return ERR_DAMAGED;
        e = fold_apply(&r->fold, &op, &p.set, &s->rules, &verdict);
        if (e != ERR_OK) return e;
    }
    return ERR_OK;
}

static enum err node_own_unit(struct node_store *s, char out[static ADMIN_UNIT_BYTES_MAX + 1])
{
    struct db_stmt *q = db_stmt(s->db, "SELECT unit FROM sys_identity");
    enum err e = db_get(q);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    struct bytes unit = e == ERR_OK ? db_column_bytes(q, 0) : (struct bytes){NULL, 0};
    if (unit.len > ADMIN_UNIT_BYTES_MAX) e = ERR_DAMAGED;
    if (e == ERR_OK && unit.len > 0) memcpy(out, unit.p, unit.len);
    db_done(q);
    return e;
}

enum err node_store_record_read(struct node_store *s, const struct id_record *rid,
                                struct node_store_record *r)
{
    fold_clear(&r->fold);
    buf_clear(&r->state);
    buf_clear(&r->bodies);
    buf_clear(&r->ops);
    memset(r->unit, 0, sizeof r->unit);
    r->position = 0;
    r->pending = r->held = 0;
    r->held_verdict = 0;
    r->unread = 0;
    r->frozen = false;
    r->shared = MOVE_NOTHING;
    enum err e = node_read_state(s, rid, r);
    if (e == ERR_OK) e = node_read_share(s, rid, r);
    if (e == ERR_OK) e = node_collect_pending(s, rid, r);
    if (e == ERR_OK) e = node_fold_pending(s, r);
    if (e == ERR_OK && r->unit[0] == '\0') e = node_own_unit(s, r->unit);
    if (e != ERR_OK) return e;
    return r->fold.type == 0 ? ERR_NOT_FOUND : ERR_OK;
}

bool node_store_field_pending(const struct node_store_record *r, unsigned field)
{
    const struct fold *f = &r->fold;
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *reg = &f->registers[i];
        for (size_t k = 0; reg->field == field && k < reg->count; k++) {
            if (f->sets[reg->heads[k].set].position == UINT64_MAX) return true;
        }
    }
    return false;
}

const struct fold_rules *node_store_rules(struct node_store *s)
{
    return &s->rules;
}

void node_store_record_version(const struct node_store_record *r, uint8_t out[static 16])
{
    fold_version(&r->fold, out);
}

/* ---- typed rows ---- */

static void node_value_of(struct bytes wire, struct typed_value *v)
{
    struct wire_reader r;
    wire_open(&r, wire);
    switch (wire_peek(&r)) {
    case WIRE_BOOL:
        *v = (struct typed_value){.kind = TYPED_INT, .number = wire_get_bool(&r)};
        break;
    case WIRE_UINT:
    case WIRE_NEGATIVE:
        *v = (struct typed_value){.kind = TYPED_INT, .number = wire_get_int(&r)};
        break;
    case WIRE_STR: *v = (struct typed_value){.kind = TYPED_TEXT, .bytes = wire_get_str(&r)}; break;
    case WIRE_BIN: *v = (struct typed_value){.kind = TYPED_BLOB, .bytes = wire_get_bin(&r)}; break;
    case WIRE_NIL:
    case WIRE_ARRAY:
    case WIRE_END: break;
    }
    if (r.e != ERR_OK) *v = (struct typed_value){.kind = TYPED_NULL}; /* over int64 */
}

/* Values of the typed row; `memory` holds what they point to. */
static enum err node_show_values(const struct fold *f, const struct catalogue_type *t,
                                 struct typed_value *values, struct buf *memory)
{
    struct record_cell cells[CATALOGUE_FIELDS_MAX];
    size_t at[CATALOGUE_FIELDS_MAX];
    assert(t->field_count <= CATALOGUE_FIELDS_MAX);
    record_cells(f, t, cells);
    buf_clear(memory);
    for (size_t i = 0; i < t->field_count; i++) {
        values[i] = (struct typed_value){.kind = TYPED_NULL};
        if (!cells[i].set) continue;
        if (t->fields[i].kind != CATALOGUE_CHOICES) {
            node_value_of(cells[i].value, &values[i]);
            continue;
        }
        at[i] = memory->len;
        record_elements_json(f, t->fields[i].no, memory);
        values[i] = (struct typed_value){.kind = TYPED_TEXT, .bytes = {NULL, memory->len - at[i]}};
    }
    if (memory->e != ERR_OK) return memory->e;
    for (size_t i = 0; i < t->field_count; i++) {
        if (cells[i].set && t->fields[i].kind == CATALOGUE_CHOICES)
            values[i].bytes.p = memory->p + at[i];
    }
    return ERR_OK;
}

static enum err node_show_typed(struct node_store *s, const struct id_record *rid, bool deleted)
{
    struct node_store_record *r = &s->work;
    if (s->catalogue == NULL || s->typed == NULL) return ERR_OK;
    const struct catalogue_type *t = catalogue_type_by_no(s->catalogue, r->fold.type);
    if (t == NULL) return ERR_OK; /* of a newer catalogue than ours: kept, not shown in a table */
    if (deleted) {
        enum err gone = node_search_remove(s, rid);
        return gone == ERR_OK ? typed_remove(s->typed, t, rid) : gone;
    }
    struct typed_value values[CATALOGUE_FIELDS_MAX];
    struct buf memory;
    buf_init(&memory, FOLD_STATE_BYTES_MAX * 8u);
    enum err e = node_show_values(&r->fold, t, values, &memory);
    /* What left is found and read, but counts no more. */
    if (e == ERR_OK && r->frozen)
        e = typed_remove(s->typed, t, rid);
    else if (e == ERR_OK)
        e = typed_put(s->typed, t, rid, r->unit, values, t->field_count);
    if (e == ERR_OK) e = node_search_put(s, rid, t, values);
    buf_free(&memory);
    return e;
}

/* ---- shown rows ---- */

static enum err node_show_gone(struct node_store *s, const struct id_record *rid)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT type FROM sys_shown WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_get(q);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    unsigned type = e == ERR_OK ? (unsigned)db_column_int(q, 0) : 0;
    db_done(q);
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, type) : NULL;
    if (e == ERR_OK && t != NULL && s->typed != NULL) e = typed_remove(s->typed, t, rid);
    if (e == ERR_OK) e = node_search_remove(s, rid);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "DELETE FROM sys_shown WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    return db_run(q);
}

/* What stood in the lists of it stays; all others are brought up to date. `verify` names it too. */
static void node_show_unreadable(struct node_store *s, const struct id_record *rid)
{
    char hex[2 * sizeof rid->b + 1];
    id_hex(BYTES_OF(rid->b), hex);
    s->unreadable++;
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("show.unreadable"), log_str("record", hex));
}

/* Bring the shown row of a record up to date. */
static enum err node_show_record(struct node_store *s, const struct id_record *rid, bool strict)
{
    struct node_store_record *r = &s->work;
    enum err e = node_store_record_read(s, rid, r);
    if (e == ERR_NOT_FOUND) return node_show_gone(s, rid);
    /* One text under two keys is no conflict for who reads it. */
    if (e == ERR_OK) e = node_store_record_open(s, rid, r);
    if (e == ERR_DAMAGED && !strict) {
        node_show_unreadable(s, rid);
        return ERR_OK;
    }
    if (e != ERR_OK) return e;
    bool deleted = fold_deleted(&r->fold);
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR REPLACE INTO sys_shown(rid, type, unit, pending, held, "
                       "conflicts, deleted, frozen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    db_bind_int(q, 2, r->fold.type);
    db_bind_str(q, 3, r->unit);
    db_bind_int(q, 4, (int64_t)r->pending);
    db_bind_int(q, 5, (int64_t)r->held);
    db_bind_int(q, 6, (int64_t)fold_conflicts(&r->fold, &s->rules));
    db_bind_int(q, 7, deleted);
    db_bind_int(q, 8, r->frozen);
    e = db_run(q);
    return e == ERR_OK ? node_show_typed(s, rid, deleted) : e;
}

enum err node_show_mark(struct node_store *s, const struct id_record *rid)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_marked(rid) VALUES (?1)");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    return db_run(q);
}

enum err node_show_mark_all(struct node_store *s)
{
    return db_exec(s->db, "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM sys_shown;"
                          "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM sys_record;");
}

static enum err node_show_next(struct node_store *s, struct id_record *rid)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_marked WHERE rid = (SELECT rid FROM "
                                       "sys_marked LIMIT 1) RETURNING rid");
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, rid->b, sizeof rid->b);
    db_done(q);
    return e;
}

static enum err node_show_all(struct node_store *s, bool strict)
{
    struct id_record rid;
    s->unreadable = 0;
    enum err e = node_show_next(s, &rid);
    while (e == ERR_OK) {
        e = node_show_record(s, &rid, strict);
        if (e == ERR_OK) e = node_show_next(s, &rid);
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err node_show_marked(struct node_store *s)
{
    return node_show_all(s, false);
}

enum err node_show_saved(struct node_store *s)
{
    return node_show_all(s, true);
}

/* ---- checking before a save ---- */

/* The row that a record would make. The caller frees `memory`, after an error too. */
static enum err node_show_prospective(struct node_store *s, const struct fold *fold,
                                      const struct catalogue_type *type, struct typed_value *values,
                                      struct buf *memory)
{
    buf_init(memory, FOLD_STATE_BYTES_MAX * 8u);
    enum err e = node_catalogue_wanted(s);
    return e == ERR_OK ? node_show_values(fold, type, values, memory) : e;
}

enum err node_store_check(struct node_store *s, const struct catalogue_type *type,
                          const struct fold *fold, const struct catalogue_field **bad,
                          struct catalogue_why *why)
{
    struct typed_value values[CATALOGUE_FIELDS_MAX];
    struct buf memory;
    enum err e = node_show_prospective(s, fold, type, values, &memory);
    if (e == ERR_OK) e = typed_check(s->typed, type, values, type->field_count, bad, why);
    buf_free(&memory);
    return e;
}

enum err node_store_twins(struct node_store *s, const struct catalogue_type *type,
                          const struct fold *fold, struct id_record *out, size_t max, size_t *found)
{
    struct typed_value values[CATALOGUE_FIELDS_MAX];
    struct buf memory;
    enum err e = node_show_prospective(s, fold, type, values, &memory);
    if (e == ERR_OK) e = typed_twins(s->typed, type, values, type->field_count, out, max, found);
    buf_free(&memory);
    return e;
}

enum err node_store_called(struct node_store *s, const struct entry_called *named,
                           struct id_record *out, size_t max, size_t *found)
{
    struct typed_value v[CATALOGUE_FIELDS_MAX];
    const struct catalogue_type *t = named->type;
    enum err e = node_catalogue_wanted(s);
    for (size_t i = 0; i < t->field_count; i++) {
        struct bytes text = entry_called_text(named, i);
        v[i] = (struct typed_value){text.p != NULL ? TYPED_TEXT : TYPED_NULL, 0, text};
    }
    return e == ERR_OK ? typed_twins(s->typed, t, v, t->field_count, out, max, found) : e;
}

enum err node_store_review(struct node_store *s, const struct catalogue_type *type,
                           const struct fold *fold, struct typed_review *out)
{
    struct typed_value values[CATALOGUE_FIELDS_MAX];
    struct buf memory;
    enum err e = node_show_prospective(s, fold, type, values, &memory);
    if (e == ERR_OK) e = typed_review(s->typed, type, values, type->field_count, out);
    buf_free(&memory);
    return e;
}
