#include "node/bundle.h"
#include "node/store_rekey.h"
#include "node/store_repair.h"

#include <sodium.h>
#include <stdlib.h>

enum { BUNDLE_KEPT_BYTES = 60000 }; /* of the hub's sets in one message */

/* ---- writing ---- */

struct node_pack_out { /* one on its way */
    const struct node_bundle *b;
    struct node_bundle_made *made;
    struct node_identity identity;
    struct message_hello_node hello;
    struct bundle *wire;
    struct pack *pack;
    struct buf body;
    const struct node_store_set *sets; /* context of the callbacks of pack_encode */
    size_t first;
    uint8_t root[16];
    enum err root_error;
    bool ends; /* no further frame may follow */
};

static const uint8_t *node_bundle_root(void *ctx, const struct id_inc *inc, uint64_t block)
{
    struct node_pack_out *x = ctx;
    enum err e = node_store_block_root(x->b->store, inc, block, x->root);
    if (e != ERR_OK && e != ERR_NOT_FOUND) x->root_error = e;
    return e == ERR_OK ? x->root : NULL;
}

static enum err node_bundle_signature(void *ctx, size_t index, uint8_t out[static 64])
{
    const struct node_pack_out *x = ctx;
    const struct node_store_set *v = &x->sets[x->first + index];
    if (!node_keys_signed(v)) return ERR_NOT_FOUND;
    memcpy(out, v->signature, 64);
    return ERR_OK;
}

/* One frame of x->sets from x->first on. ERR_AGAIN: none can end in what was read; ERR_BAD_HASH: what is before the
 * damaged set went. */
static enum err node_bundle_frame(struct node_pack_out *x, size_t count, uint64_t *seq)
{
    struct pack_set v[NODE_SYNC_READ_SETS];
    size_t taken = 0;
    size_t n = node_keys_run(x->sets + x->first, count - x->first);
    if (n == 0) return ERR_AGAIN;
    for (size_t i = 0; i < n; i++)
        v[i] = (struct pack_set){x->sets[x->first + i].head, x->sets[x->first + i].body};
    buf_clear(&x->body);
    enum err e =
        pack_encode(x->pack, v, n, node_bundle_root, node_bundle_signature, x, &x->body, &taken);
    enum err found = e == ERR_BAD_HASH && taken > 0 ? ERR_BAD_HASH : ERR_OK;
    if (found != ERR_OK) e = ERR_OK;
    if (e == ERR_OK) e = x->root_error;
    if (e == ERR_OK) e = bundle_add(x->wire, MESSAGE_UP, buf_bytes(&x->body));
    if (e != ERR_OK) return e;
    x->first += taken;
    x->made->sets += taken;
    *seq += taken;
    return found;
}

/* What is damaged ends its log: what is before it goes, and the other logs. So does a run without signatures that is
 * damaged within, or that fills more than a frame; but behind it the ids of both sides differ, and no frame follows. */
static enum err node_bundle_log(struct node_pack_out *x, const struct id_inc *inc, uint64_t seq)
{
    enum err e = ERR_OK;
    while (e == ERR_OK) {
        size_t count = 0;
        e = node_store_read_sets(x->b->store, inc, seq, NODE_SYNC_READ_SETS, NODE_SYNC_READ_BYTES,
                                 &x->sets, &count);
        x->first = 0;
        if (e != ERR_OK || count == 0) break;
        while (e == ERR_OK && x->first < count)
            e = node_bundle_frame(x, count, &seq);
        if (e == ERR_AGAIN && x->first > 0) e = ERR_OK; /* with what stands behind it */
    }
    x->made->damaged |= e == ERR_BAD_HASH || e == ERR_NOT_FOUND || e == ERR_AGAIN;
    x->made->more |= e == ERR_TOO_LARGE;
    x->ends = e == ERR_NOT_FOUND || e == ERR_TOO_LARGE;
    if (e == ERR_BAD_HASH || e == ERR_TOO_LARGE || e == ERR_NOT_FOUND || e == ERR_AGAIN) e = ERR_OK;
    return e == ERR_OK ? node_store_bundled_set(x->b->store, inc, seq) : e;
}

static enum err node_bundle_logs(struct node_pack_out *x, bool next)
{
    enum err e = pack_new(&x->pack);
    for (size_t i = x->hello.log_count; e == ERR_OK && i > 0 && !x->ends; i--) {
        const struct message_log *log = &x->hello.logs[i - 1];
        uint64_t seq = log->receipted_seq;
        uint64_t bundled = 0;
        if (next) e = node_store_bundled(x->b->store, &log->inc, &bundled);
        if (bundled > seq && bundled <= log->next_seq) seq = bundled;
        if (e == ERR_OK) e = node_bundle_log(x, &log->inc, seq);
    }
    return e;
}

/* ---- for a hub that went back ---- */

static enum err node_bundle_proof(struct node_pack_out *x)
{
    struct admin_receipt r;
    struct message_proof m = {.has = false};
    enum err e = node_store_proof(x->b->store, &r, m.signature);
    if (e == ERR_OK) node_proof_of(&r, &m);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    buf_clear(&x->body);
    message_proof_encode(&m, &x->body);
    return x->body.e != ERR_OK ? x->body.e
                               : bundle_add(x->wire, MESSAGE_PROOF, buf_bytes(&x->body));
}

static enum err node_bundle_give(struct node_pack_out *x)
{
    uint64_t after = 0;
    size_t count = 0;
    bool keeps = false;
    enum err e = node_store_keeps(x->b->store, &keeps);
    if (e != ERR_OK || !keeps) return e;
    do {
        const struct message_set *sets = NULL;
        e = node_store_kept(x->b->store, &after, BUNDLE_KEPT_BYTES, &sets, &count);
        if (e != ERR_OK || count == 0) break;
        buf_clear(&x->body);
        message_sets_encode(sets, count, &x->body);
        e = bundle_add(x->wire, MESSAGE_GIVEBACK, buf_bytes(&x->body));
    } while (e == ERR_OK);
    return e;
}

static enum err node_bundle_sets(struct node_pack_out *x, bool next)
{
    enum err e = node_bundle_proof(x);
    if (e == ERR_OK) e = node_bundle_give(x);
    x->made->more |= e == ERR_TOO_LARGE;
    if (e != ERR_OK && e != ERR_TOO_LARGE) return e;
    return node_bundle_logs(x, next);
}

/* ---- attachments, behind all frames ---- */

static enum err node_bundle_file(struct node_pack_out *x, const struct node_attach *a)
{
    struct attach_offer offer = {.ref = a->ref, .size = a->size};
    buf_clear(&x->body);
    attach_offer_encode(&offer, &x->body);
    enum err e = bundle_add(x->wire, MESSAGE_ATTACH, buf_bytes(&x->body));
    for (uint64_t at = 0; e == ERR_OK && at < a->size; at += ATTACH_BLOCK_BYTES) {
        struct attach_block block = {.from = at, .size = a->size};
        e = node_store_attach_read(x->b->store, a->no, at, &block.data);
        if (e != ERR_OK) break;
        buf_clear(&x->body);
        attach_block_encode(&block, &x->body);
        e = bundle_add(x->wire, MESSAGE_NODE_BLOCK, buf_bytes(&x->body));
    }
    return e;
}

static enum err node_bundle_files(struct node_pack_out *x, bool next)
{
    struct node_attach a = {.no = 0};
    enum err e = next ? ERR_OK : node_store_attach_bundled(x->b->store, 0);
    while (e == ERR_OK && !x->made->more) {
        bool went = false;
        e = node_store_attach_next(x->b->store, a.no, x->b->now_ms, &a);
        if (e == ERR_OK) e = node_store_attach_is_bundled(x->b->store, a.no, &went);
        if (e != ERR_OK || went || a.size == 0 || a.have < a.size) continue;
        e = node_bundle_file(x, &a);
        x->made->more = e == ERR_TOO_LARGE;
        if (e == ERR_TOO_LARGE) e = ERR_OK;
        if (e == ERR_OK && !x->made->more) {
            x->made->files++;
            e = node_store_attach_bundled(x->b->store, a.no);
        }
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err node_bundle_join(struct node_pack_out *x)
{
    struct message_join join = {.name = bytes_str(x->identity.name)};
    x->made->joining = true;
    memcpy(join.token, x->identity.token, sizeof join.token);
    memcpy(join.sign_pk, x->b->keys->sign_pk, sizeof join.sign_pk);
    memcpy(join.transport_pk, x->b->keys->transport_pk, sizeof join.transport_pk);
    memcpy(join.sealing_pk, x->b->sealing.public_key, sizeof join.sealing_pk);
    admin_join_sign(x->b->keys->sign_secret, &x->identity.hub, bundle_hash(x->wire), join.sign_pk,
                    join.transport_pk, join.sealing_pk, join.signature);
    buf_clear(&x->body);
    message_join_encode(&join, &x->body);
    sodium_memzero(join.token, sizeof join.token);
    enum err e = x->body.e;
    if (e == ERR_OK) e = bundle_add(x->wire, MESSAGE_JOIN, buf_bytes(&x->body));
    if (x->body.len > 0) sodium_memzero(x->body.p, x->body.len);
    return e;
}

/* The sealing key of this bundle; while our keys change, the old and the new one take turns. */
static enum err node_bundle_sealing(const struct node_pack_out *x, struct link_keys *out)
{
    struct node_rekey r;
    *out = x->b->sealing;
    if (x->b->keys->next == NULL) return ERR_OK;
    enum err e = node_store_rekey(x->b->store, &r);
    const uint8_t *pk = e == ERR_OK && r.turn ? r.sealing_pk : x->identity.sealing_pk;
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    return node_keys_sealing(x->b->keys, pk, out) ? ERR_OK : ERR_DAMAGED;
}

static enum err node_bundle_hello(struct node_pack_out *x, size_t file_max)
{
    struct link_keys sealing;
    struct message_hello_node *h = &x->hello;
    enum err e = node_store_identity(x->b->store, &x->identity);
    if (e == ERR_OK && x->identity.compared == NODE_COMPARED_DIFFER) e = ERR_WRONG_HUB;
    if (e == ERR_OK && sodium_is_zero(x->identity.hub_sealing_pk, 32)) e = ERR_NOT_READY;
    if (e == ERR_OK) e = node_store_hello(x->b->store, h);
    if (e != ERR_OK) return e;
    h->joining = !x->identity.joined;
    h->node = x->identity.node;
    h->cert = bytes_make(x->identity.cert, x->identity.cert_len);
    h->card_serial = x->identity.card_serial;
    h->version_1 = true;
    h->clock_ms = x->b->now_ms > 0 ? (uint64_t)x->b->now_ms : 0;
    randombytes_buf(h->nonce, sizeof h->nonce);
    message_hello_node_encode(h, &x->body);
    e = x->body.e;
    if (e == ERR_OK) e = node_bundle_sealing(x, &sealing);
    if (e != ERR_OK) return e;
    return bundle_begin(&x->wire, &x->identity.hub, x->identity.hub_sealing_pk, &sealing,
                        buf_bytes(&x->body), file_max);
}

enum err node_bundle_out(const struct node_bundle *b, bool next, size_t file_max, struct buf *file,
                         struct node_bundle_made *out)
{
    struct id_hash hash;
    struct bytes bytes;
    struct node_pack_out *x = calloc(1, sizeof *x);
    if (x == NULL) return ERR_NOMEM;
    memset(out, 0, sizeof *out);
    x->b = b;
    x->made = out;
    buf_init(&x->body, FRAME_BODY_BYTES_MAX);
    enum err e = node_bundle_hello(x, file_max);
    if (e == ERR_OK) e = node_store_waiting_since(b->store, &out->since_ms);
    if (e == ERR_OK) e = x->hello.joining ? node_bundle_join(x) : node_bundle_sets(x, next);
    if (e == ERR_OK && !x->hello.joining) e = node_bundle_files(x, next);
    if (e == ERR_OK) e = bundle_finish(x->wire, &bytes);
    if (e == ERR_OK) {
        crypto_generichash(hash.b, sizeof hash.b, bytes.p, bytes.len, NULL, 0);
        e = node_store_bundle_note(b->store, &hash, true, bytes.len, out->sets, b->now_ms);
        if (e == ERR_OK)
            e = node_store_asked_note(b->store, x->hello.nonce, x->hello.logs, x->hello.log_count);
    }
    if (e == ERR_OK) {
        buf_add_bytes(file, bytes);
        e = file->e;
    }
    bundle_free(x->wire);
    pack_free(x->pack);
    buf_free(&x->body);
    sodium_memzero(x, sizeof *x);
    free(x);
    return e;
}
