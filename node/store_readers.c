/* Readers of sealed fields: found in the hub's log and accepted by people. SPEC 22.5, 22.6. */
#include "node/card.h"
#include "node/store_priv.h"
#include "proto/admin_key.h"
#include "proto/reader.h"

#include <stdlib.h>

void node_store_sealing(struct node_store *s, const struct key_box *k)
{
    s->sealing_secret = k != NULL ? k->secret : NULL;
    memset(s->sealing_pk, 0, sizeof s->sealing_pk);
    if (k != NULL) memcpy(s->sealing_pk, k->public, sizeof s->sealing_pk);
    node_readers_forget(s);
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
    if (r == NULL) return;
    bool ended = r->ended;
    *r = (struct node_reader){.node = en.node, .ended = ended};
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

/* Two officers who lived then named a reader, or struck one off. */
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
    if (r == NULL) r = node_reader_new(w);
    if (r == NULL) return;
    *r = (struct node_reader){.officer = true, .ended = !ro.reads};
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
    struct db_stmt *q = db_stmt(w->s->db, "SELECT pk FROM sys_reader");
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        uint8_t pk[32];
        e = db_column_copy(q, 0, pk, sizeof pk);
        for (size_t i = 0; e == ERR_OK && i < w->count; i++) {
            struct node_reader *r = &w->v[i];
            if (!r->officer && memcmp(r->pk, pk, sizeof pk) == 0) r->accepted = !r->ended;
        }
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* Officers read by the order; we ourselves always do, whether the hub's log says so or not. */
static void node_readers_own(struct node_reading *w)
{
    struct node_reader *self = NULL;
    for (size_t i = 0; i < w->count; i++) {
        struct node_reader *r = &w->v[i];
        if (r->officer) r->accepted = !r->ended;
        if (memcmp(r->pk, w->s->sealing_pk, sizeof r->pk) == 0) self = r;
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

enum err node_store_reader_accept(struct node_store *s, const uint8_t pk[static 32], bool accept,
                                  const char *person, int64_t now_ms)
{
    struct db_stmt *q = accept
                            ? db_stmt(s->db, "INSERT OR REPLACE INTO sys_reader(pk, at_ms, person) "
                                             "VALUES (?1, ?2, ?3)")
                            : db_stmt(s->db, "DELETE FROM sys_reader WHERE pk = ?1");
    db_bind_blob(q, 1, bytes_make(pk, 32));
    if (accept) {
        db_bind_int(q, 2, now_ms);
        db_bind_str(q, 3, person);
    }
    node_readers_forget(s);
    return db_run(q);
}

/* ---- records ---- */

void node_store_ring(const struct node_store *s, const struct id_record *rid,
                     const struct node_store_record *r, struct sealed_ring *out)
{
    sealed_ring_read(out, &r->fold, rid, s->sealing_secret, s->sealing_pk);
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

/* Officers and we; accepted PCs of the own, the owner's and the added unit, and those that were given
 * this record before. */
static bool node_reader_wanted(const struct node_reader *n, const struct node_identity *id,
                               const struct node_store_record *r, const char *also)
{
    if (!n->accepted) return false;
    return n->officer || n->self || strcmp(n->unit, id->unit) == 0 ||
           strcmp(n->unit, r->unit) == 0 || (also != NULL && strcmp(n->unit, also) == 0) ||
           sealed_given(&r->fold, n->pk);
}

enum err node_store_self(struct node_store *s, const struct node_store_record *r, const char *also,
                         struct sealed_reader *v, struct sealed_self *out)
{
    const struct node_reader *list = NULL;
    struct node_identity id;
    size_t n = 0, count = 0;
    if (s->sealing_secret == NULL) return ERR_NOT_READY;
    enum err e = node_store_identity(s, &id);
    if (e == ERR_OK) e = node_store_readers(s, &list, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        if (!list[i].accepted) continue;
        if (count == SEALED_READERS_MAX) return ERR_TOO_LARGE;
        v[count] = (struct sealed_reader){
            .wanted = node_reader_wanted(&list[i], &id, r, also),
            .writes = list[i].self || (!list[i].officer && strcmp(list[i].unit, id.unit) == 0)};
        memcpy(v[count++].pk, list[i].pk, sizeof v->pk);
    }
    if (e != ERR_OK) return e;
    *out = (struct sealed_self){
        .secret = s->sealing_secret, .pk = s->sealing_pk, .readers = v, .count = count};
    return ERR_OK;
}
