/* The list of erasures at the node: officers, orders, what they name; its copy in a file. SPEC 12.6,
 * 12.8. */
#include "node/card.h"
#include "node/store_erase_priv.h"

#include "common/io/file.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- what is named, in memory ---- */

static enum err node_erased_records(struct node_store *s, struct erase_list *l)
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

static enum err node_erased_op(const struct db_stmt *q, struct erase_op *o)
{
    struct bytes fields = db_column_bytes(q, 4);
    o->seq = node_store_u64(db_column_int(q, 1));
    o->op = (unsigned)db_column_int(q, 2);
    o->field_count = fields.len / 2;
    if (o->field_count > ERASE_FIELDS_MAX) return ERR_DAMAGED;
    for (size_t i = 0; i < o->field_count; i++)
        o->fields[i] = le16_load(fields.p + 2 * i);
    enum err e = db_column_copy(q, 0, o->inc.b, sizeof o->inc.b);
    return e == ERR_OK ? db_column_copy(q, 3, o->rid.b, sizeof o->rid.b) : e;
}

static enum err node_erased_ops(struct node_store *s, struct erase_list *l)
{
    struct erase_op op;
    bool row = true;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT inc, seq, op, rid, fields FROM sys_gone ORDER BY inc, seq, op");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_erased_op(q, &op);
        if (e == ERR_OK) e = erase_add_op(l, &op);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

static enum err node_erased_load(struct node_store *s)
{
    struct erase_list l = {.records = NULL};
    uint8_t sum[8];
    enum err e = node_erased_records(s, &l);
    if (e == ERR_OK) e = node_erased_ops(s, &l);
    struct db_stmt *q = db_stmt(s->db, "SELECT wipe FROM sys_state");
    if (e == ERR_OK) e = db_get(q);
    if (e == ERR_OK) s->wipe_wanted = db_column_int(q, 0) != 0;
    db_done(q);
    if (e == ERR_OK) e = node_store_erasure_end(s, &s->listed, sum);
    if (e != ERR_OK) {
        erase_free(&l);
        return e;
    }
    erase_free(&s->erased);
    s->erased = l;
    return ERR_OK;
}

/* ---- officers ---- */

static enum err node_register(struct node_store *s, struct order_register *r)
{
    struct node_identity id;
    struct admin_card card;
    bool row = true;
    enum err e = node_store_identity(s, &id);
    if (e == ERR_OK) e = admin_card_open(bytes_make(id.card, id.card_len), &id.hub, &card);
    if (e != ERR_OK) return e;
    order_register_init(r, &id.hub, card.root_pk);
    struct db_stmt *q = db_stmt(s->db, "SELECT name, pk, roles, revoked FROM sys_officer "
                                       "ORDER BY no");
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        struct bytes name = db_column_bytes(q, 0);
        struct order_person *p = &r->v[r->count];
        if (r->count == ORDER_OFFICERS_MAX || name.len > ORDER_NAME_BYTES_MAX) {
            e = ERR_DAMAGED;
            break;
        }
        *p = (struct order_person){.roles = (unsigned)db_column_int(q, 2),
                                   .revoked = db_column_int(q, 3) != 0};
        memcpy(p->name, name.p, name.len);
        e = db_column_copy(q, 1, p->pk, sizeof p->pk);
        if (e == ERR_OK) r->count++;
    }
    db_done(q);
    return e;
}

/* Made anew after the hub went back, before the first one came back to it, the list has both, and the first
 * counts; so does what nothing vouches for here. Such a set changes nothing: an order that rests on it fails. */
static bool node_officer_idle(enum err e)
{
    return e == ERR_EXISTS || e == ERR_DENIED || e == ERR_TOO_LARGE || e == ERR_NOT_FOUND;
}

static enum err node_officer_take(struct node_store *s, struct order_register *r,
                                  struct bytes payload)
{
    struct order_officer o;
    enum err e = order_officer_decode(payload, &o);
    if (e == ERR_OK) e = order_register_add(r, &o);
    if (node_officer_idle(e)) {
        LOG_EVENT(LOG_LEVEL_INFO, log_evt("officer.idle"), log_err(e));
        return ERR_OK;
    }
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_officer(pk, name, roles) VALUES (?1, ?2, ?3) ON CONFLICT(pk) "
               "DO UPDATE SET roles = roles | excluded.roles");
    db_bind_blob(q, 1, BYTES_OF(o.pk));
    db_bind_text(q, 2, o.name);
    db_bind_int(q, 3, o.roles);
    return db_run(q);
}

static enum err node_officer_revoke(struct node_store *s, struct order_register *r,
                                    struct bytes payload)
{
    struct order_revoke v;
    enum err e = order_revoke_decode(payload, &v);
    if (e != ERR_OK) return e;
    e = order_register_revoke(r, v.pk);
    if (e != ERR_OK) return node_officer_idle(e) ? ERR_OK : e;
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_officer SET revoked = 1 WHERE pk = ?1");
    db_bind_blob(q, 1, BYTES_OF(v.pk));
    return db_run(q);
}

/* ---- orders ---- */

/* The same order again, in a set that the hub made anew: the record died where the hub says, not
 * where a set stood that the hub has lost. */
static enum err node_erase_note(struct node_store *s, const struct erase_list *l, int64_t no)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < l->record_count; i++) {
        struct db_stmt *q =
            db_stmt(s->db, "INSERT INTO sys_dead(rid, list) VALUES (?1, ?2) ON CONFLICT(rid) DO "
                           "UPDATE SET list = ?2 WHERE EXISTS (SELECT 1 FROM sys_erasure e WHERE "
                           "e.no = sys_dead.list AND e.seen = 0)");
        db_bind_blob(q, 1, BYTES_OF(l->records[i].b));
        db_bind_int(q, 2, no);
        e = db_run(q);
    }
    for (size_t i = 0; e == ERR_OK && i < l->op_count; i++) {
        const struct erase_op *o = &l->ops[i];
        uint8_t fields[2 * ERASE_FIELDS_MAX];
        for (size_t k = 0; k < o->field_count; k++)
            le16_store(fields + 2 * k, (uint16_t)o->fields[k]);
        struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_gone(inc, seq, op, rid, "
                                           "fields) VALUES (?1, ?2, ?3, ?4, ?5)");
        db_bind_blob(q, 1, BYTES_OF(o->inc.b));
        db_bind_int(q, 2, node_store_i64(o->seq));
        db_bind_int(q, 3, o->op);
        db_bind_blob(q, 4, BYTES_OF(o->rid.b));
        db_bind_blob(q, 5, bytes_make(fields, 2 * o->field_count));
        e = db_run(q);
    }
    return e;
}

static enum err node_order_take(struct node_store *s, const struct order_register *r,
                                struct bytes payload, int64_t no)
{
    struct order_op op;
    struct order o;
    struct erase_list l = {.records = NULL};
    enum err e = order_op_decode(payload, &op);
    if (e == ERR_OK) e = order_decode(op.order, &o);
    if (e != ERR_OK || order_role_of(o.kind) != ORDER_ROLE_ERASE) return e;
    e = order_register_check(r, &op);
    if (e == ERR_OK) e = erase_decode(o.content, &l);
    if (e == ERR_OK) e = node_erase_note(s, &l, no);
    if (e == ERR_OK) e = node_erase_apply(s, &l);
    erase_free(&l);
    return e;
}

/* ---- the list ---- */

enum err node_store_erasure_end(struct node_store *s, uint32_t *count, uint8_t sum[static 8])
{
    struct db_stmt *q = db_stmt(s->db, "SELECT no, sum FROM sys_erasure ORDER BY no DESC LIMIT 1");
    enum err e = db_get(q);
    *count = 0;
    memset(sum, 0, 8);
    if (e == ERR_OK) {
        *count = (uint32_t)db_column_int(q, 0);
        e = db_column_copy(q, 1, sum, 8);
    }
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err node_erasure_put(struct node_store *s, const struct message_set *m,
                                 const struct id_hash *hash, int64_t *no)
{
    uint32_t count = 0;
    uint8_t sum[8];
    enum err e = node_store_erasure_end(s, &count, sum);
    if (e != ERR_OK) return e;
    le64_store(sum, le64_load(sum) + le64_load(hash->b));
    *no = (int64_t)count + 1;
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_erasure(no, position, hash, sum, head, "
                                       "body, signature, seen) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
                                       "?7, 1)");
    db_bind_int(q, 1, *no);
    db_bind_int(q, 2, node_store_i64(m->position));
    db_bind_blob(q, 3, BYTES_OF(hash->b));
    db_bind_blob(q, 4, BYTES_OF(sum));
    db_bind_blob(q, 5, m->head);
    db_bind_blob(q, 6, m->body);
    db_bind_blob(q, 7, BYTES_OF(m->signature));
    return db_run(q);
}

/* It is there: the hub has it, and at this position. */
static enum err node_erasure_seen(struct node_store *s, const struct message_set *m,
                                  const struct id_hash *hash, bool *known)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_erasure SET seen = 1, position = CASE WHEN ?2 > "
                                       "0 THEN ?2 ELSE position END WHERE hash = ?1");
    db_bind_blob(q, 1, BYTES_OF(hash->b));
    db_bind_int(q, 2, node_store_i64(m->position));
    enum err e = db_run(q);
    *known = e == ERR_OK && db_changes(s->db) > 0;
    return e;
}

static enum err node_erasure_take(struct node_store *s, struct order_register *r,
                                  const struct message_set *m, struct change_view *view)
{
    struct id_hash hash;
    bool known = false;
    int64_t no = 0;
    change_hash(m->head, &hash);
    enum err e = node_erasure_seen(s, m, &hash, &known);
    if (e != ERR_OK || known) return e;
    e = change_open(m->head, m->body, view);
    if (e == ERR_OK) e = node_erasure_put(s, m, &hash, &no);
    for (unsigned i = 0; e == ERR_OK && i < view->head.ops; i++) {
        struct bytes payload = view->payload[i];
        int kind = payload.p != NULL ? change_payload_kind(payload) : -1;
        if (kind == CHANGE_OFFICER) e = node_officer_take(s, r, payload);
        if (kind == CHANGE_OFFICER_REVOKE) e = node_officer_revoke(s, r, payload);
        if (kind == CHANGE_ORDER) e = node_order_take(s, r, payload, no);
    }
    return e;
}

/* What this node has and the hub has not is given back to it (SPEC 7.14). */
static enum err node_erasure_lacking(struct node_store *s)
{
    return db_exec(s->db, "INSERT OR IGNORE INTO sys_kept_set(hash, position, head, body, "
                          "signature, ready) SELECT hash, position, head, body, signature, 1 FROM "
                          "sys_erasure WHERE seen = 0 ORDER BY no;");
}

static enum err node_erasures_take(struct node_store *s, const struct message_set *sets,
                                   size_t count, bool whole, bool last)
{
    struct order_register *r = calloc(1, sizeof *r);
    struct change_view *view = calloc(1, sizeof *view);
    enum err e = r != NULL && view != NULL ? node_register(s, r) : ERR_NOMEM;
    if (e == ERR_OK) e = node_catalogue_ready(s);
    if (e == ERR_OK && whole) e = db_exec(s->db, "UPDATE sys_erasure SET seen = 0");
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = node_erasure_take(s, r, &sets[i], view);
    if (e == ERR_OK && last) e = node_erasure_lacking(s);
    if (e == ERR_OK) e = node_show_marked(s);
    free(view);
    free(r);
    return e;
}

/* ---- the copy in a file ---- */

static enum err node_erased_write(struct node_store *s)
{
    struct buf b;
    bool row = true;
    if (s->erased_path[0] == '\0') return ERR_OK;
    buf_init(&b, ERASE_FILE_BYTES_MAX);
    erase_file_begin(ERASE_FILE_TAG, &b);
    enum err e = ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT head, body, signature FROM sys_erasure ORDER BY no");
    while (e == ERR_OK && row) {
        uint8_t signature[64];
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        e = db_column_copy(q, 2, signature, sizeof signature);
        if (e == ERR_OK)
            erase_file_add(db_column_bytes(q, 0), db_column_bytes(q, 1), signature, &b);
    }
    db_done(q);
    if (e == ERR_OK) e = b.e;
    if (e == ERR_OK) e = file_write_atomic(s->erased_path, buf_bytes(&b), 0600);
    buf_free(&b);
    return e;
}

static void node_erased_copy(struct node_store *s)
{
    enum err e = node_erased_write(s);
    s->erased_file_stale = e != ERR_OK;
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_ERROR, log_evt("erased.file"), log_err(e));
}

void node_erasures_settle(struct node_store *s)
{
    size_t before = s->listed;
    enum err e = node_erased_load(s);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_ERROR, log_evt("erased.load"), log_err(e));
    if (e == ERR_OK && (s->listed > before || s->erased_file_stale)) node_erased_copy(s);
}

enum err node_store_erasures(struct node_store *s, const struct message_set *sets, size_t count,
                             bool whole, bool last)
{
    bool had = s->typed != NULL;
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = db_end(s->db, node_erasures_take(s, sets, count, whole, last));
    s->view_open = false;
    if (e != ERR_OK && !had) node_catalogue_unready(s);
    node_erasures_settle(s);
    return e;
}

/* Does the set belong to the list? */
static bool node_erasure_is(const struct change_view *view)
{
    for (unsigned i = 0; i < view->head.ops; i++) {
        struct bytes payload = view->payload[i];
        int kind = payload.p != NULL ? change_payload_kind(payload) : -1;
        struct order_op op;
        struct order o;
        if (kind == CHANGE_OFFICER || kind == CHANGE_OFFICER_REVOKE) return true;
        if (kind == CHANGE_ORDER && order_op_decode(payload, &op) == ERR_OK &&
            order_decode(op.order, &o) == ERR_OK && order_role_of(o.kind) == ORDER_ROLE_ERASE)
            return true;
    }
    return false;
}

static bool node_erasure_unsound(enum err e)
{
    return e == ERR_BAD_FORMAT || e == ERR_BAD_SIGNATURE || e == ERR_DENIED || e == ERR_REVOKED ||
           e == ERR_NOT_FOUND || e == ERR_EXISTS || e == ERR_WRONG_HUB || e == ERR_TOO_LARGE;
}

static enum err node_erasure_try(struct node_store *s, struct order_register *r,
                                 const struct message_set *m, struct change_view *view)
{
    struct id_hash hash = view->hash;
    enum err e = node_erasure_take(s, r, m, view);
    if (!node_erasure_unsound(e)) return e;
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("erase.order"), log_err(e),
              log_uint("position", m->position));
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_erasure WHERE hash = ?1");
    db_bind_blob(q, 1, BYTES_OF(hash.b));
    return db_run(q);
}

/* One staged set behind *after. What is no sound order erases nothing and stops nothing. */
static enum err node_erasure_staged(struct node_store *s, struct order_register *r,
                                    struct change_view *view, int64_t *after)
{
    struct message_set m;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT position, head, body, signature FROM sys_staged_set WHERE position "
                       "> ?1 ORDER BY position LIMIT 1");
    db_bind_int(q, 1, *after);
    enum err e = db_get(q);
    if (e == ERR_OK) {
        *after = db_column_int(q, 0);
        m = (struct message_set){.position = node_store_u64(*after),
                                 .head = db_column_bytes(q, 1),
                                 .body = db_column_bytes(q, 2)};
        e = db_column_copy(q, 3, m.signature, sizeof m.signature);
        if (e == ERR_OK && change_open(m.head, m.body, view) == ERR_OK && node_erasure_is(view))
            e = node_erasure_try(s, r, &m, view);
    }
    db_done(q);
    return e;
}

enum err node_erasures_staged(struct node_store *s)
{
    int64_t after = -1;
    struct order_register *r = calloc(1, sizeof *r);
    struct change_view *view = calloc(1, sizeof *view);
    enum err e = r != NULL && view != NULL ? node_register(s, r) : ERR_NOMEM;
    if (e == ERR_NOT_READY || e == ERR_BAD_FORMAT) e = ERR_NOT_FOUND; /* no card: nobody orders */
    while (e == ERR_OK)
        e = node_erasure_staged(s, r, view, &after);
    free(view);
    free(r);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Sets of the file that this database lacks: it is an older copy. What is not the hub's is left. */
static enum err node_erased_read(struct node_store *s, struct bytes file, size_t *count)
{
    struct node_identity id;
    struct message_set m;
    struct change_view *view = calloc(1, sizeof *view);
    enum err e = view != NULL ? node_store_identity(s, &id) : ERR_NOMEM;
    struct admin_card card; /* it is our own file: judged when it was written */
    if (e == ERR_OK) node_card_of(&id, &card);
    while (e == ERR_OK && erase_file_next(&file, &m.head, &m.body, m.signature)) {
        m.position = 0;
        enum err bad = change_open(m.head, m.body, view);
        if (bad == ERR_OK) bad = change_verify(view);
        if (bad == ERR_OK && !ID_EQUAL(&view->head.node, &id.hub)) bad = ERR_BAD_SIGNATURE;
        if (bad == ERR_OK)
            bad = admin_key_set_check(&card, &view->head, &view->hash, m.signature, 1, NULL);
        if (bad == ERR_OK) bad = node_store_erasures(s, &m, 1, false, false);
        if (bad != ERR_OK) LOG_EVENT(LOG_LEVEL_ERROR, log_evt("erased.file"), log_err(bad));
        ++*count;
    }
    free(view);
    return e == ERR_NOT_READY ? ERR_OK : e;
}

enum err node_erased_open(struct node_store *s)
{
    struct buf file;
    size_t count = 0;
    enum err e = node_erased_load(s);
    if (e != ERR_OK || s->erased_path[0] == '\0') return e;
    buf_init(&file, ERASE_FILE_BYTES_MAX);
    e = file_read(s->erased_path, ERASE_FILE_BYTES_MAX, &file);
    if (e == ERR_OK) {
        struct bytes b = buf_bytes(&file);
        if (erase_file_open(ERASE_FILE_TAG, &b)) e = node_erased_read(s, b, &count);
    }
    buf_free(&file);
    if (e == ERR_NOT_FOUND) e = ERR_OK;
    if (e == ERR_OK && s->listed > count) node_erased_copy(s);
    if (e == ERR_OK && s->wipe_wanted) e = node_store_wipe(s);
    return e;
}

/* ---- afterwards ---- */

bool node_store_wipe_wanted(const struct node_store *s)
{
    return s->wipe_wanted;
}

enum err node_store_wipe(struct node_store *s)
{
    s->view_open = false;
    enum err e = db_vacuum(s->db);
    if (e == ERR_OK) e = db_run(db_stmt(s->db, "UPDATE sys_state SET wipe = 0"));
    if (e == ERR_OK) s->wipe_wanted = false;
    return e;
}
