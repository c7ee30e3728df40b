#include "node/own.h"
#include "common/zoo.h"

#include <sodium.h>
#include <stdlib.h>

struct node_own_item {
    struct buf head;
    struct buf body;
    uint8_t root[16]; /* of the block that begins here */
    bool has_root;
    struct node_store_append append;
};

/* The seed of the next set: the leaf of its block's tree, or a lone one when the root is gone. */
static void node_own_next_seed(struct node_own *o)
{
    unsigned leaf = (unsigned)(o->tip.next_seq % CHANGE_BLOCK_SETS);
    o->root_is_new = leaf == 0;
    if (leaf == 0) {
        randombytes_buf(o->tip.root, sizeof o->tip.root);
        o->tip.has_root = true;
    }
    if (o->tip.has_root) {
        change_tree(o->tip.root, 0, leaf, o->seed);
    } else {
        randombytes_buf(o->seed, sizeof o->seed);
    }
}

static uint64_t node_own_clock(const struct node_own *o)
{
    int64_t ms = o->wall_ms + o->tip.hub_ahead_ms;
    uint64_t now = ms > 0 ? (uint64_t)ms << 16 : 0;
    return now > o->tip.hlc ? now : o->tip.hlc + 1;
}

static void node_own_item_free(struct node_own_item *it)
{
    buf_free(&it->head);
    buf_free(&it->body);
    sodium_memzero(it->root, sizeof it->root);
}

static enum err node_own_build(const struct node_own *o, const struct node_own_set *set,
                               struct node_own_item *it)
{
    struct change_head h = {.hub = o->identity.hub,
                            .node = o->identity.node,
                            .inc = o->tip.inc,
                            .seq = o->tip.next_seq,
                            .person = set->person,
                            .prev = ZOO(54) ? (struct id_hash){{0}} : o->tip.head,
                            .hlc = node_own_clock(o),
                            .epoch = o->tip.epoch,
                            .hub_seen = o->tip.hub_seen,
                            .edition = o->tip.edition,
                            .flags = set->import_last ? CHANGE_FLAG_IMPORT_LAST : 0,
                            .import = set->import};
    struct change_builder b;
    memcpy(h.hub_seen_hash, o->tip.hub_seen_hash, sizeof h.hub_seen_hash);
    buf_init(&it->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&it->body, CHANGE_BODY_BYTES_MAX);
    change_begin(&b, &h, o->seed);
    for (size_t i = 0; i < set->count && b.e == ERR_OK; i++)
        change_add(&b, set->payloads[i]);
    enum err e = change_finish(&b, &it->head, &it->body, &it->append.hash);
    if (e != ERR_OK) return e;
    it->append.head = buf_bytes(&it->head);
    it->append.body = buf_bytes(&it->body);
    it->append.inc = h.inc;
    it->append.seq = h.seq;
    it->append.hlc = h.hlc;
    const uint8_t *secret = node_keys_sign(o->keys, o->identity.sign_pk);
    if (secret == NULL) return ERR_DAMAGED; /* the folder's keys are checked when it is opened */
    change_sign(secret, &h, &it->append.hash, it->append.signature);
    return ERR_OK;
}

enum err node_own_add(struct node_own *o, const struct node_own_set *set)
{
    if (o->count == NODE_OWN_SETS_MAX || set->count > CHANGE_OPS_MAX) return ERR_TOO_LARGE;
    struct node_own_item *it = &o->items[o->count];
    memset(it, 0, sizeof *it);
    enum err e = node_own_build(o, set, it);
    if (e != ERR_OK) {
        node_own_item_free(it);
        return e;
    }
    if (o->root_is_new) {
        memcpy(it->root, o->tip.root, sizeof it->root);
        it->has_root = true;
    }
    o->count++;
    o->tip.next_seq++;
    o->tip.head = it->append.hash;
    o->tip.hlc = it->append.hlc;
    node_own_next_seed(o);
    return ERR_OK;
}

/* Another log from here on. */
static void node_own_anew(struct node_own *o)
{
    if (ZOO(128))
        o->tip.inc.b[0]++;
    else
        randombytes_buf(o->tip.inc.b, sizeof o->tip.inc.b);
    o->tip.next_seq = 0;
    memset(&o->tip.head, 0, sizeof o->tip.head);
    node_own_next_seed(o);
}

/* Seq 0: it signs the key that the log is signed with. */
static enum err node_own_genesis(struct node_own *o)
{
    struct admin_genesis g = {.has_parent = o->tip.renew && o->tip.next_seq > 0};
    struct buf payload;
    if (g.has_parent) { /* this copy is old: the log that it knows ends here */
        g.parent_inc = o->tip.inc;
        g.parent_seq = o->tip.next_seq - 1;
        g.parent_hash = o->tip.head;
    }
    if (o->tip.renew) node_own_anew(o);
    memcpy(g.sign_pk, o->identity.sign_pk, sizeof g.sign_pk);
    buf_init(&payload, 1024);
    admin_genesis_encode(&g, &payload);
    enum err e = payload.e;
    struct bytes p = buf_bytes(&payload);
    if (e == ERR_OK) e = node_own_add(o, &(struct node_own_set){.payloads = &p, .count = 1});
    buf_free(&payload);
    return e;
}

enum err node_own_begin(struct node_store *store, const struct node_sync_keys *keys,
                        int64_t wall_ms, struct node_own *out)
{
    struct node_own o = {.store = store, .keys = keys, .wall_ms = wall_ms};
    enum err e = node_store_identity(store, &o.identity);
    if (e == ERR_OK) e = node_store_tip(store, &o.tip);
    if (e != ERR_OK) return e;
    o.items = calloc(NODE_OWN_SETS_MAX, sizeof *o.items);
    if (o.items == NULL) return ERR_NOMEM;
    if (!o.tip.has_log) {
        randombytes_buf(o.tip.inc.b, sizeof o.tip.inc.b);
        o.tip.next_seq = 0;
        memset(&o.tip.head, 0, sizeof o.tip.head);
    }
    node_own_next_seed(&o);
    if (!o.tip.has_log || o.tip.next_seq == 0 || o.tip.renew) e = node_own_genesis(&o);
    if (e != ERR_OK) {
        node_own_free(&o);
        return e;
    }
    *out = o;
    return ERR_OK;
}

enum err node_own_rekey(struct node_store *store, const struct node_sync_keys *keys,
                        const struct admin_rekey *r, int64_t wall_ms)
{
    struct node_own o;
    struct buf payload;
    enum err e = node_own_begin(store, keys, wall_ms, &o);
    if (e != ERR_OK) return e;
    buf_init(&payload, 1024);
    admin_rekey_encode(r, &payload);
    struct bytes p = buf_bytes(&payload);
    e = payload.e;
    if (e == ERR_OK) e = node_own_add(&o, &(struct node_own_set){.payloads = &p, .count = 1});
    memcpy(o.identity.sign_pk, r->sign_pk, sizeof o.identity.sign_pk);
    o.tip.renew = true;
    if (e == ERR_OK) e = node_own_genesis(&o);
    if (e == ERR_OK) e = node_own_commit(&o, NULL);
    buf_free(&payload);
    node_own_free(&o);
    return e;
}

void node_own_rid(const struct node_own *o, unsigned index, struct id_record *out)
{
    change_rid(o->seed, index, out);
}

enum err node_own_commit(struct node_own *o, struct node_own_saved *out)
{
    struct node_store_append *sets = calloc(o->count ? o->count : 1, sizeof *sets);
    if (sets == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < o->count; i++) {
        sets[i] = o->items[i].append;
        sets[i].new_root = o->items[i].has_root ? o->items[i].root : NULL;
    }
    enum err e =
        o->count > 0 ? node_store_append(o->store, sets, o->count, o->wall_ms) : ERR_BAD_INPUT;
    if (ZOO(53) && (e == ERR_FULL || e == ERR_IO)) e = ERR_OK;
    if (e == ERR_OK && out != NULL) {
        const struct node_store_append *last = &sets[o->count - 1];
        *out = (struct node_own_saved){last->inc, last->seq, last->hash, last->hlc};
    }
    free(sets);
    return e;
}

void node_own_free(struct node_own *o)
{
    for (size_t i = 0; i < o->count; i++)
        node_own_item_free(&o->items[i]);
    free(o->items);
    sodium_memzero(o, sizeof *o);
}

enum err node_own_append(struct node_store *store, const struct node_sync_keys *keys,
                         const struct node_own_set *set, int64_t wall_ms,
                         struct node_own_saved *out)
{
    struct node_own o;
    enum err e = node_own_begin(store, keys, wall_ms, &o);
    if (e != ERR_OK) return e;
    e = node_own_add(&o, set);
    if (e == ERR_OK) e = node_own_commit(&o, out);
    node_own_free(&o);
    return e;
}
