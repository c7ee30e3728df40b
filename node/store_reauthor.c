/* The new incarnation: its genesis, and what is made once more in it. SPEC 7.13. */
#include "common/zoo.h"
#include "node/store_repair_priv.h"

#include <sodium.h>
#include <stdlib.h>

/* ---- the new incarnation ---- */

static enum err node_mend_seed(struct node_mend *m, uint8_t seed[static CHANGE_SEED_BYTES],
                               const uint8_t **root)
{
    unsigned leaf = (unsigned)(m->seq % CHANGE_BLOCK_SETS);
    if (leaf == 0) randombytes_buf(m->root, sizeof m->root);
    *root = leaf == 0 ? m->root : NULL;
    change_tree(m->root, 0, leaf, seed);
    return ERR_OK;
}

/* Finish, sign and append the set in `b`. */
static enum err node_mend_append(struct node_mend *m, struct change_builder *b, const uint8_t *root,
                                 struct id_hash *hash)
{
    struct buf head, body;
    struct node_store_append a = {.inc = m->inc, .seq = m->seq, .new_root = root};
    struct change_head h = b->head;
    buf_init(&head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&body, CHANGE_BODY_BYTES_MAX);
    enum err e = change_finish(b, &head, &body, &a.hash);
    if (e == ERR_OK) {
        a.head = buf_bytes(&head);
        a.body = buf_bytes(&body);
        a.hlc = h.hlc;
        if (!m->sign(m->ctx, m->identity.sign_pk, &h, &a.hash, a.signature)) e = ERR_DAMAGED;
        if (e == ERR_OK) e = node_log_append(m->s, &a, m->now_ms);
    }
    *hash = a.hash;
    m->head = a.hash;
    m->hlc = h.hlc;
    m->seq++;
    buf_free(&head);
    buf_free(&body);
    return e;
}

/* The clock of the first set that is re-authored, 0: none is. */
static enum err node_mend_first_clock(struct node_mend *m, uint64_t *hlc)
{
    *hlc = 0;
    for (size_t i = m->count; i > 0; i--) {
        struct change_head h;
        if (!m->logs[i - 1].moved) continue;
        struct db_stmt *q =
            db_stmt(m->s->db, "SELECT head FROM sys_log WHERE log = ?1 ORDER BY seq LIMIT 1");
        db_bind_int(q, 1, m->logs[i - 1].branch);
        enum err e = db_get(q);
        if (e == ERR_OK && change_head_read(db_column_bytes(q, 0), &h) == ERR_OK) *hlc = h.hlc;
        db_done(q);
        if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
        if (*hlc != 0) break;
    }
    return ERR_OK;
}

static void node_mend_genesis_fill(const struct node_mend *m, struct admin_genesis *g)
{
    memcpy(g->sign_pk, m->identity.sign_pk, sizeof g->sign_pk);
    for (size_t i = 0; i < m->count && !g->has_parent; i++) {
        const struct node_mend_log *l = &m->logs[i];
        if (l->common == 0) continue;
        g->has_parent = true;
        g->parent_inc = m->fixes[i].inc;
        g->parent_seq = l->common - 1;
        g->parent_hash = l->common_head;
    }
    for (size_t i = m->count; i > 0; i--) {
        const struct node_mend_log *l = &m->logs[i - 1];
        if (!l->moved) continue;
        g->reauthored[g->reauthored_count++] = (struct admin_span){
            .inc = m->fixes[i - 1].inc, .first = l->common, .last = l->last, .hash = l->last_hash};
    }
}

static enum err node_mend_genesis(struct node_mend *m)
{
    struct node_store_tip tip;
    struct id_hash hash;
    struct change_builder b;
    uint8_t seed[CHANGE_SEED_BYTES];
    const uint8_t *root = NULL;
    uint64_t first = 0;
    struct admin_genesis *g = calloc(1, sizeof *g);
    if (g == NULL) return ERR_NOMEM;
    node_mend_genesis_fill(m, g);
    buf_clear(&m->payload);
    admin_genesis_encode(g, &m->payload);
    free(g);
    enum err e = m->payload.e;
    if (e == ERR_OK) e = node_mend_first_clock(m, &first);
    if (e == ERR_OK) e = node_store_tip(m->s, &tip);
    if (e == ERR_OK) e = node_mend_seed(m, seed, &root);
    if (e != ERR_OK) return e;
    if (ZOO(128)) {
        m->inc = tip.inc;
        m->inc.b[0]++;
    }
    int64_t ms = m->now_ms + tip.hub_ahead_ms;
    uint64_t now = ms > 0 ? (uint64_t)ms << 16 : 0;
    if (first == 0) first = now > tip.hlc ? now + 1 : tip.hlc + 2;
    struct change_head h = {.hub = m->identity.hub,
                            .node = m->identity.node,
                            .inc = m->inc,
                            .hlc = first - 1,
                            .epoch = tip.epoch,
                            .hub_seen = tip.hub_seen,
                            .edition = tip.edition};
    memcpy(h.hub_seen_hash, tip.hub_seen_hash, sizeof h.hub_seen_hash);
    change_begin(&b, &h, seed);
    change_add(&b, buf_bytes(&m->payload));
    return node_mend_append(m, &b, root, &hash);
}

/* ---- re-authoring ---- */

static enum err node_mend_version(struct node_mend *m, bool back,
                                  uint8_t v[static ID_VERSION_BYTES])
{
    struct db_stmt *q = back ? db_stmt(m->s->db, "SELECT old FROM sys_reauthored WHERE new = ?1")
                             : db_stmt(m->s->db, "SELECT new FROM sys_reauthored WHERE old = ?1");
    db_bind_blob(q, 1, bytes_make(v, ID_VERSION_BYTES));
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, v, ID_VERSION_BYTES);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static int node_mend_compare(const void *a, const void *b)
{
    return memcmp(a, b, ID_VERSION_BYTES);
}

/* Sort k versions and drop doubles; returns how many are left. */
static size_t node_mend_sort(uint8_t *v, size_t k)
{
    size_t n = 0;
    if (k > 1) qsort(v, k, ID_VERSION_BYTES, node_mend_compare);
    for (size_t i = 0; i < k; i++) {
        const uint8_t *one = v + i * ID_VERSION_BYTES;
        if (n > 0 && memcmp(one, v + (n - 1) * ID_VERSION_BYTES, ID_VERSION_BYTES) == 0) continue;
        memmove(v + n * ID_VERSION_BYTES, one, ID_VERSION_BYTES);
        n++;
    }
    return n;
}

/* The digest of these head versions; `back`: as they were called before they were re-authored. */
static enum err node_mend_digest(struct node_mend *m, const struct fold *f, bool back,
                                 uint8_t out[static 16])
{
    uint8_t hash[32];
    struct buf v;
    enum err e = ERR_OK;
    buf_init(&v, (size_t)FOLD_REGISTERS_MAX * FOLD_HEADS_MAX * ID_VERSION_BYTES);
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        for (size_t k = 0; fold_digested(r->field) && k < r->count; k++)
            buf_add(&v, f->sets[r->heads[k].set].version.b, ID_VERSION_BYTES);
    }
    if (v.e != ERR_OK) e = v.e;
    for (size_t i = 0; e == ERR_OK && back && i < v.len; i += ID_VERSION_BYTES)
        e = node_mend_version(m, true, v.p + i);
    size_t n = node_mend_sort(v.p, v.len / ID_VERSION_BYTES);
    crypto_generichash(hash, sizeof hash, v.p, n * ID_VERSION_BYTES, NULL, 0);
    memcpy(out, hash, 16);
    buf_free(&v);
    return e;
}

/* A delete names what its author saw of the record. If that is what stands there now but for the
 * new names of re-authored versions, it names these; otherwise a person will be asked. */
static enum err node_mend_delete(struct node_mend *m, const struct change_op *op,
                                 uint8_t value[static 18])
{
    uint8_t digest[16];
    struct node_store_record *r = &m->s->work;
    enum err e = node_store_record_read(m->s, &op->rid, r);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = node_mend_digest(m, &r->fold, true, digest);
    if (e != ERR_OK || op->writes[0].value.len != 18 ||
        memcmp(op->writes[0].value.p + 2, digest, sizeof digest) != 0)
        return e;
    e = node_mend_digest(m, &r->fold, false, digest);
    memcpy(value, op->writes[0].value.p, 2); /* bin8, 16 */
    memcpy(value + 2, digest, sizeof digest);
    op->writes[0].value = bytes_make(value, 18);
    return e;
}

/* The op with its bases under their new names, into m->payload. */
static enum err node_mend_op(struct node_mend *m, struct bytes payload)
{
    struct change_op op;
    uint8_t value[18];
    buf_clear(&m->payload);
    buf_clear(&m->bases);
    enum err e = change_op_decode(payload, m->writes, &op);
    if (e == ERR_NOT_FOUND) buf_add_bytes(&m->payload, payload);
    if (e == ERR_NOT_FOUND) return m->payload.e;
    for (size_t i = 0; e == ERR_OK && i < op.count; i++)
        buf_add_bytes(&m->bases, op.writes[i].bases);
    if (e == ERR_OK) e = m->bases.e;
    uint8_t *at = m->bases.p; /* it does not grow any more */
    for (size_t i = 0; e == ERR_OK && i < op.count; i++) {
        size_t k = op.writes[i].bases.len / ID_VERSION_BYTES;
        for (size_t b = 0; e == ERR_OK && b < k && !ZOO(104); b++)
            e = node_mend_version(m, false, at + b * ID_VERSION_BYTES);
        if (e != ERR_OK) break;
        size_t len = k * ID_VERSION_BYTES;
        if (k > 0) op.writes[i].bases = bytes_make(at, node_mend_sort(at, k) * ID_VERSION_BYTES);
        at += len;
    }
    if (e == ERR_OK && op.kind == CHANGE_DELETE) e = node_mend_delete(m, &op, value);
    if (e != ERR_OK) return e;
    change_op_encode(&op, &m->payload);
    return m->payload.e;
}

static enum err node_mend_note(struct node_mend *m, const struct change_head *old,
                               const struct id_hash *old_hash, const struct id_hash *new_hash)
{
    struct id_version from = id_version_make(&old->inc, old->seq, old_hash);
    struct id_version to = id_version_make(&m->inc, m->seq - 1, new_hash);
    struct db_stmt *q =
        db_stmt(m->s->db, "INSERT OR REPLACE INTO sys_reauthored(old, new) VALUES (?1, ?2)");
    db_bind_blob(q, 1, BYTES_OF(from.b));
    db_bind_blob(q, 2, BYTES_OF(to.b));
    return db_run(q);
}

/* One set of a branch, once more. What the hub has all the same, and what is damaged, is left. */
static enum err node_mend_set(struct node_mend *m, const struct node_mend_log *l,
                              const struct db_stmt *q)
{
    struct id_hash hash, there, fresh;
    struct change_builder b;
    uint8_t seed[CHANGE_SEED_BYTES];
    const uint8_t *root = NULL;
    if (change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), m->view) != ERR_OK) return ERR_OK;
    const struct change_head *old = &m->view->head;
    change_hash(db_column_bytes(q, 0), &hash);
    if (change_verify(m->view) != ERR_OK || old->seq == 0) return ERR_OK;
    if (ZOO(103) && old->seq % 2 == 0) return ERR_OK;
    enum err e = node_mend_hash(m, l->no, old->seq, &there);
    if (e == ERR_OK && ID_EQUAL(&there, &hash)) return ERR_OK;
    if (e == ERR_NOT_FOUND) e = ERR_OK;
    if (e == ERR_OK) e = node_mend_seed(m, seed, &root);
    if (e != ERR_OK) return e;
    struct change_head h = *old;
    h.inc = m->inc;
    h.seq = m->seq;
    h.prev = m->head;
    if (h.hlc <= m->hlc) h.hlc = m->hlc + 1;
    change_begin(&b, &h, seed);
    unsigned left = 0;
    for (unsigned i = 0; e == ERR_OK && i < old->ops; i++) {
        if (m->view->payload[i].p == NULL) continue; /* erased */
        if (change_payload_kind(m->view->payload[i]) == CHANGE_REKEY)
            continue; /* begun anew, if at all */
        left++;
        e = node_mend_op(m, m->view->payload[i]);
        if (e == ERR_OK) change_add(&b, buf_bytes(&m->payload));
    }
    if (e != ERR_OK || left == 0) {
        change_abandon(&b);
        return e;
    }
    e = node_mend_append(m, &b, root, &fresh);
    return e == ERR_OK ? node_mend_note(m, old, &hash, &fresh) : e;
}

static enum err node_mend_branch(struct node_mend *m, const struct node_mend_log *l)
{
    bool row = false;
    struct db_stmt *q =
        db_stmt(m->s->db, "SELECT head, body FROM sys_log WHERE log = ?1 AND log < 0 ORDER BY seq");
    db_bind_int(q, 1, l->branch);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_mend_set(m, l, q);
        if (e == ERR_OK && ZOO(108)) e = node_mend_set(m, l, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err node_mend_anew(struct node_mend *m)
{
    randombytes_buf(m->inc.b, sizeof m->inc.b);
    m->seq = 0;
    memset(&m->head, 0, sizeof m->head);
    enum err e = node_mend_genesis(m);
    for (size_t i = m->count; e == ERR_OK && i > 0; i--) {
        if (m->logs[i - 1].moved) e = node_mend_branch(m, &m->logs[i - 1]);
    }
    return e;
}
