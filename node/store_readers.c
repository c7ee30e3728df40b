/* Readers of sealed fields: found in the hub's log and accepted by people. SPEC 22.5, 22.6. */
#include "node/card.h"
#include "node/store_priv.h"
#include "node/store_reach.h"
#include "proto/admin_key.h"
#include "proto/reader.h"

#include <assert.h>
#include <stdlib.h>

enum { NODE_READER_UNITS_BYTES = 64 * 1024 }; /* codes of units that are to read one record */

void node_store_sealing(struct node_store *s, const struct key_box *k)
{
    s->sealing_secret = k != NULL ? k->secret : NULL;
    memset(s->sealing_pk, 0, sizeof s->sealing_pk);
    if (k != NULL) memcpy(s->sealing_pk, k->public, sizeof s->sealing_pk);
    node_readers_forget(s);
}

void node_store_sealing_old(struct node_store *s, const struct key_box *old, size_t count)
{
    assert(count <= SEALED_OLD_MAX);
    for (size_t i = 0; i < count; i++) {
        s->sealed_old[i].secret = old[i].secret;
        memcpy(s->sealed_old[i].pk, old[i].public, sizeof s->sealed_old[i].pk);
    }
    s->sealed_old_count = count;
}

bool node_store_can_seal(const struct node_store *s)
{
    return s->sealing_secret != NULL;
}

void node_readers_forget(struct node_store *s)
{
    free(s->readers);
    s->readers = NULL;
    s->reader_count = 0;
}

/* ---- out of the hub's log ---- */

struct node_reading {
    struct node_store *s;
    struct node_identity id;
    struct admin_card card;
    struct order_register officers;
    struct node_reader *v;
    size_t count;
};

static struct node_reader *node_reader_new(struct node_reading *w)
{
    if (w->count == NODE_READERS_MAX) return NULL;
    struct node_reader *r = &w->v[w->count++];
    *r = (struct node_reader){.officer = false};
    return r;
}

/* A PC's newest certificate says its key and unit. */
static void node_reader_enrol(struct node_reading *w, struct bytes payload, uint64_t position)
{
    struct admin_enrol en;
    struct admin_cert cert;
    struct node_reader *r = NULL;
    if (admin_enrol_decode(payload, &en) != ERR_OK) return;
    if (admin_key_cert_open(en.certificate, &w->id.hub, &w->card, position, &cert) != ERR_OK)
        return;
    if (!ID_EQUAL(&cert.node, &en.node)) return;
    for (size_t i = 0; i < w->count && r == NULL; i++) {
        if (!w->v[i].officer && ID_EQUAL(&w->v[i].node, &en.node)) r = &w->v[i];
    }
    if (r == NULL) r = node_reader_new(w);
    if (r == NULL || r->ended) return;
    *r = (struct node_reader){.node = en.node};
    memcpy(r->pk, cert.sealing_pk, sizeof r->pk);
    memcpy(r->unit, cert.unit, sizeof r->unit);
}

static void node_reader_revoke(struct node_reading *w, struct bytes payload)
{
    struct admin_revoke v;
    if (admin_revoke_decode(payload, &v) != ERR_OK) return;
    for (size_t i = 0; i < w->count; i++) {
        if (!w->v[i].officer && ID_EQUAL(&w->v[i].node, &v.node)) w->v[i].ended = true;
    }
}

/* Did the hub's root key sign for both? Its log key alone can record officers of its own. */
static bool node_reader_vouched(const struct order_register *officers, const struct order_op *op)
{
    const struct order_person *a = order_register_find(officers, op->by[0].pk);
    const struct order_person *b = order_register_find(officers, op->by[1].pk);
    return a != NULL && b != NULL && a->vouched && b->vouched;
}

/* Two officers who lived then named a reader, or struck one off. Who holds the hub's log key can put an
 * order into the log again, or in another place: one that names counts only if it was made after all
 * others about this key. One that strikes off always counts. */
static void node_reader_order(struct node_reading *w, struct bytes payload)
{
    struct order_op op;
    struct order o;
    struct reader_order ro;
    struct node_reader *r = NULL;
    if (order_op_decode(payload, &op) != ERR_OK || order_decode(op.order, &o) != ERR_OK ||
        !bytes_equal(o.kind, bytes_str("readers")) ||
        order_register_check(&w->officers, &op) != ERR_OK ||
        reader_order_decode(o.content, &ro) != ERR_OK)
        return;
    for (size_t i = 0; i < w->count && r == NULL; i++) {
        if (w->v[i].officer && memcmp(w->v[i].pk, ro.pk, sizeof ro.pk) == 0) r = &w->v[i];
    }
    if (r != NULL && ro.reads && o.made_ms <= r->made_ms) return;
    if (r == NULL) r = node_reader_new(w);
    if (r == NULL) return;
    *r = (struct node_reader){.officer = true,
                              .made_ms = o.made_ms > r->made_ms ? o.made_ms : r->made_ms,
                              .ended = !ro.reads,
                              .struck = r->struck || !ro.reads,
                              .vouched = node_reader_vouched(&w->officers, &op)};
    memcpy(r->pk, ro.pk, sizeof r->pk);
    memcpy(r->name, ro.name.p, ro.name.len);
}

static void node_reader_op(struct node_reading *w, struct bytes payload, uint64_t position)
{
    struct order_officer officer;
    struct order_revoke revoke;
    int kind = change_payload_kind(payload);
    if (kind == CHANGE_ENROL) {
        node_reader_enrol(w, payload, position);
    } else if (kind == CHANGE_REVOKE) {
        node_reader_revoke(w, payload);
    } else if (kind == CHANGE_ORDER) {
        node_reader_order(w, payload);
    } else if (kind == CHANGE_OFFICER && order_officer_decode(payload, &officer) == ERR_OK) {
        if (order_register_add(&w->officers, &officer) != ERR_OK) return;
    } else if (kind == CHANGE_OFFICER_REVOKE && order_revoke_decode(payload, &revoke) == ERR_OK) {
        if (order_register_revoke(&w->officers, revoke.pk) != ERR_OK) return;
    }
}

static enum err node_readers_walk(struct node_reading *w)
{
    struct node_store *s = w->s;
    bool row = false;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT head, body, position FROM sys_hub_set ORDER BY position");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        s->view_open = false;
        if (change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), s->view) != ERR_OK) {
            e = ERR_DAMAGED;
            break;
        }
        for (unsigned i = 0; i < s->view->head.ops; i++) {
            if (s->view->payload[i].p != NULL)
                node_reader_op(w, s->view->payload[i], node_store_u64(db_column_int(q, 2)));
        }
        e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* ---- accepted here ---- */

static enum err node_readers_accepted(struct node_reading *w)
{
    bool row = false;
    struct db_stmt *q =
        db_stmt(w->s->db, "SELECT pk, node, unit FROM sys_reader WHERE node IS NOT NULL");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        uint8_t pk[32];
        struct id_hash node;
        e = db_column_copy(q, 0, pk, sizeof pk);
        if (e == ERR_OK) e = db_column_copy(q, 1, node.b, sizeof node.b);
        for (size_t i = 0; e == ERR_OK && i < w->count; i++) {
            struct node_reader *r = &w->v[i];
            if (memcmp(r->pk, pk, sizeof pk) == 0 && ID_EQUAL(&r->node, &node) &&
                bytes_equal(db_column_bytes(q, 2), bytes_str(r->unit)))
                r->accepted = !r->ended && !r->struck;
        }
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* Vouched officers read by the order; we ourselves always do, whether the hub's log says so or not. */
static void node_readers_own(struct node_reading *w)
{
    struct node_reader *self = NULL;
    for (size_t i = 0; i < w->count; i++) {
        struct node_reader *r = &w->v[i];
        if (r->vouched) r->accepted = !r->ended;
        bool own =
            !r->officer && ID_EQUAL(&r->node, &w->id.node); /* the hub may know another key */
        if (own || memcmp(r->pk, w->s->sealing_pk, sizeof r->pk) == 0) self = r;
    }
    if (self == NULL) {
        if (w->count == NODE_READERS_MAX) w->count--;
        self = node_reader_new(w);
    }
    *self = (struct node_reader){.node = w->id.node, .self = true, .accepted = true};
    memcpy(self->pk, w->s->sealing_pk, sizeof self->pk);
    memcpy(self->unit, w->id.unit, sizeof self->unit);
}

static enum err node_readers_load(struct node_store *s)
{
    struct node_reading *w = calloc(1, sizeof *w);
    if (w == NULL) return ERR_NOMEM;
    w->s = s;
    w->v = calloc(NODE_READERS_MAX, sizeof *w->v);
    enum err e = w->v == NULL ? ERR_NOMEM : node_store_identity(s, &w->id);
    if (e == ERR_OK) {
        node_card_of(&w->id, &w->card);
        order_register_init(&w->officers, &w->id.hub, w->card.root_pk);
        e = node_readers_walk(w);
    }
    if (e == ERR_OK) e = node_readers_accepted(w);
    if (e == ERR_OK) {
        node_readers_own(w);
        s->readers = w->v;
        s->reader_count = w->count;
        w->v = NULL;
    }
    free(w->v);
    free(w);
    return e;
}

enum err node_store_readers(struct node_store *s, const struct node_reader **v, size_t *count)
{
    enum err e = s->readers != NULL ? ERR_OK : node_readers_load(s);
    if (e != ERR_OK) return e;
    *v = s->readers;
    *count = s->reader_count;
    return ERR_OK;
}

enum err node_store_reader_accept(struct node_store *s, const struct node_reader *r, bool accept,
                                  const char *person, int64_t now_ms)
{
    struct db_stmt *q =
        accept ? db_stmt(s->db, "INSERT OR REPLACE INTO sys_reader(pk, at_ms, person, node, unit) "
                                "VALUES (?1, ?2, ?3, ?4, ?5)")
               : db_stmt(s->db, "DELETE FROM sys_reader WHERE pk = ?1");
    db_bind_blob(q, 1, BYTES_OF(r->pk));
    if (accept) {
        db_bind_int(q, 2, now_ms);
        db_bind_str(q, 3, person);
        db_bind_blob(q, 4, BYTES_OF(r->node.b));
        db_bind_str(q, 5, r->unit);
    }
    enum err e = db_run(q);
    node_readers_forget(s); /* `r` was of the list */
    return e;
}

enum err node_store_readers_doubt(struct node_store *s)
{
    node_readers_forget(s);
    return db_run(db_stmt(s->db, "DELETE FROM sys_reader"));
}

/* ---- records ---- */

void node_store_ring(const struct node_store *s, const struct id_record *rid,
                     const struct node_store_record *r, struct sealed_ring *out)
{
    sealed_ring_read(out, &r->fold, rid, s->sealing_secret, s->sealing_pk);
    sealed_ring_read_old(out, &r->fold, rid, s->sealed_old, s->sealed_old_count);
}

enum err node_store_record_open(struct node_store *s, const struct id_record *rid,
                                struct node_store_record *r)
{
    struct sealed_ring ring;
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, r->fold.type) : NULL;
    if (t == NULL || !sealed_type(t)) return ERR_OK;
    node_store_ring(s, rid, r, &ring);
    enum err e = sealed_fold_open(&ring, &r->fold, t, rid, &r->opened, &r->unread);
    sealed_ring_wipe(&ring);
    return e;
}

/* Officers and we; accepted PCs of the own unit, the owner's and those that the record goes to, and
 * those that were given this record before. */
static bool node_reader_wanted(const struct node_reader *n, const struct node_store_record *r,
                               const struct buf *units)
{
    return n->officer || n->self || node_reach_unit(units, n->unit) ||
           sealed_given(&r->fold, n->pk);
}

static void node_reader_unit(struct buf *units, const char *unit)
{
    if (unit != NULL) buf_add(units, unit, strlen(unit) + 1);
}

enum err node_store_self(struct node_store *s, const struct id_record *rid,
                         const struct node_store_record *r, const char *also,
                         struct sealed_reader *v, struct sealed_self *out)
{
    const struct node_reader *list = NULL;
    struct node_identity id;
    struct buf units;
    size_t n = 0, count = 0;
    if (s->sealing_secret == NULL) return ERR_NOT_READY;
    buf_init(&units, NODE_READER_UNITS_BYTES);
    enum err e = node_store_identity(s, &id);
    if (e == ERR_OK) e = node_store_readers(s, &list, &n);
    if (e == ERR_OK) {
        node_reader_unit(&units, id.unit);
        node_reader_unit(&units, r->unit);
        node_reader_unit(&units, also);
        e = node_store_reach_units(s, rid, &r->fold, &units);
    }
    if (e == ERR_OK) e = units.e;
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        if (!list[i].accepted) continue;
        if (count == SEALED_READERS_MAX) {
            e = ERR_TOO_LARGE;
            break;
        }
        v[count] = (struct sealed_reader){
            .wanted = node_reader_wanted(&list[i], r, &units),
            .writes = list[i].self || (!list[i].officer && strcmp(list[i].unit, id.unit) == 0)};
        memcpy(v[count++].pk, list[i].pk, sizeof v->pk);
    }
    buf_free(&units);
    if (e != ERR_OK) return e;
    *out = (struct sealed_self){.secret = s->sealing_secret,
                                .pk = s->sealing_pk,
                                .readers = v,
                                .count = count,
                                .old = s->sealed_old,
                                .old_count = s->sealed_old_count};
    return ERR_OK;
}
