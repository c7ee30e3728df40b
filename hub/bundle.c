#include "hub/bundle_priv.h"
#include "hub/rekey.h"
#include "hub/store_alarm.h"
#include "hub/store_attach.h"
#include "hub/store_quarantine.h"

#include <sodium.h>
#include <stdlib.h>

struct hub_carry { /* a file on its way in */
    const struct hub_bundle *b;
    struct hub_bundle_result *out;
    struct bytes bytes;
    struct id_hash file;
    struct bundle_reader *reader;
    struct message_hello_node hello;
    struct hub_node node;
    uint8_t sealing_pk[32];
    struct hub_join join;
    struct pack *pack;
    size_t group;               /* sets in the open transaction */
    struct attach_offer attach; /* the file whose blocks come */
    bool attach_open;
    bool retired;       /* sealed with a key of before: what it has is kept apart */
    bool certified;     /* lost by this hub, and it has a certificate: a PROOF enrols it again */
    bool proved;        /* PROOF came */
    bool cloned;        /* ... where no repair has been yet */
    struct id_inc fork; /* out->forked: the log */
    struct hub_bundle_judged judged;
    bool harmless; /* it failed before anything was written */
};

/* ---- the transaction ---- */

static enum err hub_bundle_begin(const struct hub_bundle *b)
{
    return b->begin != NULL ? b->begin(b->ctx) : hub_store_begin(b->store);
}

static enum err hub_bundle_commit(const struct hub_bundle *b)
{
    return b->commit != NULL ? b->commit(b->ctx) : hub_store_commit(b->store);
}

static void hub_bundle_abort(const struct hub_bundle *b)
{
    if (b->abort != NULL)
        b->abort(b->ctx);
    else
        hub_store_rollback(b->store);
}

/* ---- frames ---- */

/* Of sets that the hub has: is this the chain that it has? */
static enum err hub_carry_same(struct hub_carry *c, const struct id_inc *inc, uint64_t first,
                               const struct pack_sets *sets, uint64_t known)
{
    struct id_hash hash;
    if (known == 0) return ERR_OK;
    enum err e = hub_store_apart_hash(c->b->store, inc, first + known - 1, &hash);
    if (e != ERR_OK) return e;
    return ID_EQUAL(&hash, &sets->v[known - 1].hash) ? ERR_OK : ERR_FORKED;
}

/* Two went on from one log. Where it is closed the one that is another has been repaired since. */
static enum err hub_carry_forked(struct hub_carry *c, const struct id_inc *inc, bool closed)
{
    c->fork = *inc;
    c->cloned = !closed;
    return ERR_FORKED;
}

static enum err hub_carry_take(struct hub_carry *c, const struct pack_sets *sets, uint64_t known)
{
    struct hub_taken taken;
    struct pack_sets tail = *sets;
    c->out->sets_known += known;
    if (known == sets->count) return ERR_OK;
    tail.v += known;
    tail.count -= (size_t)known;
    enum err e = hub_store_take(c->b->store, &c->node.node, &tail, c->b->now_ms, &taken);
    if (e == ERR_OK)
        e = hub_rekey_taken(c->b->store, c->b->keys, &c->node.node, &taken, c->b->now_ms);
    if (e != ERR_OK) return e == ERR_CHAIN_BROKEN ? ERR_FORKED : e;
    if (taken.unkept)
        c->out->apart_unkept += tail.count;
    else if (taken.apart)
        c->out->apart += tail.count;
    else
        c->out->sets_new += tail.count;
    c->group += tail.count;
    if (c->group < HUB_BUNDLE_GROUP_SETS) return ERR_OK;
    c->group = 0;
    e = hub_bundle_commit(c->b);
    return e == ERR_OK ? hub_bundle_begin(c->b) : e;
}

/* Whose signature counts in this log; of one that begins, its genesis says so. */
static enum err hub_carry_key(struct hub_carry *c, struct pack_context *ctx, uint8_t pk[static 32])
{
    if (ctx->next_seq == 0) return ERR_OK;
    enum err e = hub_store_log_key(c->b->store, &c->node.node, &ctx->inc, pk);
    if (e == ERR_NOT_FOUND) memcpy(pk, c->node.sign_pk, 32); /* it is kept apart */
    ctx->sign_pk = pk;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ERR_CHAIN_BROKEN: it begins above the hub's head. */
static enum err hub_carry_frame(struct hub_carry *c, struct bytes body)
{
    struct pack_context ctx = {.hub = c->b->keys->hub, .node = c->node.node, .any_key = true};
    uint8_t key[32];
    struct message_head head;
    struct pack_sets sets;
    size_t count = 0;
    enum err e = pack_peek(body, &ctx.inc, &ctx.next_seq, &count);
    if (e == ERR_OK)
        e = c->node.revoked || c->retired
                ? hub_store_apart_head(c->b->store, &c->node.node, &ctx.inc, &head)
                : hub_store_head(c->b->store, &c->node.node, &ctx.inc, &head);
    if (e != ERR_OK) return e;
    if (ctx.next_seq > head.next_seq) {
        c->out->gap_from = head.next_seq;
        c->out->gap_to = ctx.next_seq;
        return ERR_CHAIN_BROKEN;
    }
    if (ctx.next_seq > 0)
        e = hub_store_apart_hash(c->b->store, &ctx.inc, ctx.next_seq - 1, &ctx.prev);
    if (e == ERR_OK) e = hub_carry_key(c, &ctx, key);
    if (e == ERR_OK) e = pack_decode(c->pack, body, &ctx, &sets);
    /* The file is the node's own, so a signature that does not fit is one over another history. */
    if (e == ERR_BAD_SIGNATURE && ctx.next_seq > 0) e = ERR_FORKED;
    c->harmless = e != ERR_OK;
    if (e == ERR_FORKED) return hub_carry_forked(c, &ctx.inc, head.closed);
    if (e != ERR_OK) return e;
    uint64_t known = head.next_seq - ctx.next_seq;
    if (known > sets.count) known = sets.count;
    e = hub_carry_same(c, &ctx.inc, ctx.next_seq, &sets, known);
    if (e == ERR_OK) e = hub_carry_take(c, &sets, known);
    pack_sets_free(&sets);
    return e == ERR_FORKED ? hub_carry_forked(c, &ctx.inc, head.closed) : e;
}

/* ---- attachments ---- */

static enum err hub_carry_attach(struct hub_carry *c, struct bytes body)
{
    struct hub_attach_said said;
    enum err e = attach_offer_decode(body, &c->attach);
    c->attach_open = false;
    if (e == ERR_OK)
        e = hub_store_attach_offer(c->b->store, &c->node, &c->attach, c->b->now_ms, &said);
    c->attach_open = e == ERR_OK && said.code == ATTACH_OK;
    return e;
}

/* Blocks of a file that may not come are passed over: the sets of the bundle count all the same. */
static enum err hub_carry_block(struct hub_carry *c, struct bytes body)
{
    struct hub_attach_said said;
    struct attach_block b;
    enum err e = attach_block_decode(body, &b);
    if (e != ERR_OK || !c->attach_open) return e;
    uint64_t had = b.from;
    e = hub_store_attach_block(c->b->store, &c->attach.ref, &b, &said);
    if (e != ERR_OK) return e;
    c->attach_open = said.code == ATTACH_OK;
    c->out->files += c->attach_open && said.have == b.size && had + b.data.len == b.size;
    return ERR_OK;
}

/* ---- what this hub lost ---- */

static bool hub_carry_apart(const struct hub_carry *c)
{
    return c->node.revoked || c->retired;
}

/* Of a node that was lost with the rest it is all that may be believed, until it is here again. */
static enum err hub_carry_proof(struct hub_carry *c, struct bytes body)
{
    if (c->proved) return ERR_BAD_FORMAT;
    c->proved = true;
    if (hub_carry_apart(c)) return ERR_OK;
    enum err e = hub_bundle_prove(c->b, &c->hello, c->certified, body);
    if (e != ERR_OK || !c->certified) return e;
    e = hub_store_node(c->b->store, &c->hello.node, &c->node);
    if (e == ERR_OK) e = hub_store_sealing(c->b->store, &c->hello.node, c->sealing_pk);
    c->certified = e != ERR_OK;
    return e;
}

static enum err hub_carry_given(struct hub_carry *c, struct bytes body)
{
    return hub_carry_apart(c) ? ERR_OK : hub_bundle_given(c->b, body);
}

static enum err hub_carry_message(struct hub_carry *c, unsigned type, struct bytes body)
{
    if (type == MESSAGE_PROOF) return hub_carry_proof(c, body);
    if (c->certified) return ERR_NOT_FOUND;
    switch (type) {
    case MESSAGE_GIVEBACK: return hub_carry_given(c, body);
    case MESSAGE_UP: return hub_carry_frame(c, body);
    case MESSAGE_ATTACH: return hub_carry_attach(c, body);
    case MESSAGE_NODE_BLOCK: return hub_carry_block(c, body);
    default: return ERR_BAD_FORMAT;
    }
}

static enum err hub_carry_frames(struct hub_carry *c)
{
    unsigned type = 0;
    struct bytes body;
    enum err e = pack_new(&c->pack);
    while (e == ERR_OK && type != BUNDLE_CLOSE) {
        e = bundle_next(c->reader, &type, &body);
        if (e == ERR_OK && type != BUNDLE_CLOSE) e = hub_carry_message(c, type, body);
    }
    pack_free(c->pack);
    c->pack = NULL;
    return e;
}

/* ---- joining ---- */

static enum err hub_carry_join(struct hub_carry *c)
{
    struct message_join m;
    struct bytes body;
    unsigned type = 0;
    enum err e = bundle_next(c->reader, &type, &body);
    if (e == ERR_OK) e = type == MESSAGE_JOIN ? message_join_decode(body, &m) : ERR_BAD_FORMAT;
    if (e == ERR_OK)
        e = admin_join_check(&c->b->keys->hub, bundle_reader_hash(c->reader), m.sign_pk,
                             m.transport_pk, m.sealing_pk, m.signature);
    if (e == ERR_OK && sodium_memcmp(m.sealing_pk, bundle_peer(c->reader), 32) != 0)
        e = ERR_BAD_SIGNATURE;
    if (e == ERR_OK) e = hub_join_take(c->b->store, c->b->keys, &m, c->b->now_ms, &c->join);
    if (e != ERR_OK) return e;
    c->out->node = c->join.node;
    c->out->refusal = c->join.refusal;
    c->out->joined = c->join.refusal == 0;
    memcpy(c->sealing_pk, m.sealing_pk, sizeof c->sealing_pk);
    return c->out->joined ? hub_store_node(c->b->store, &c->join.node, &c->node) : ERR_OK;
}

/* ---- who ---- */

/* A node that this hub lost, with a certificate that proves it. */
static enum err hub_carry_certified(struct hub_carry *c)
{
    struct admin_cert cert;
    struct hub_identity id;
    enum err e = hub_store_identity(c->b->store, &id);
    if (e != ERR_OK) return e;
    if (c->hello.cert.len == 0 ||
        admin_key_cert_open(c->hello.cert, &id.hub, &id.parsed, 0, &cert) != ERR_OK ||
        !ID_EQUAL(&cert.node, &c->hello.node))
        return ERR_NOT_FOUND;
    bool here = ID_EQUAL(&c->node.node, &cert.node);
    if (here && !hub_rekey_newer(c->b->store, &cert)) return ERR_NOT_FOUND;
    c->node =
        (struct hub_node){.revoked = false}; /* nothing of it is taken before it is here again */
    memcpy(c->sealing_pk, cert.sealing_pk, sizeof c->sealing_pk);
    c->out->verdict = MESSAGE_WENT_BACK;
    c->certified = true;
    return ERR_OK;
}

/* Not sealed with the node's present key: with one of before, or with one that the hub has lost? */
static enum err hub_carry_other_key(struct hub_carry *c)
{
    const uint8_t *peer = bundle_peer(c->reader);
    uint8_t sign_pk[32];
    enum err e = hub_store_retired(c->b->store, &c->hello.node, HUB_REKEY_SEALING, peer, sign_pk);
    if (e == ERR_OK) {
        c->retired = true;
        c->out->verdict = MESSAGE_REVOKED;
        memcpy(c->node.sign_pk, sign_pk, sizeof sign_pk);
        memcpy(c->sealing_pk, peer, sizeof c->sealing_pk);
    } else if (e == ERR_NOT_FOUND && !c->node.revoked) {
        e = hub_carry_certified(c);
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err hub_carry_who(struct hub_carry *c)
{
    c->out->node = c->hello.node;
    enum err e = hub_store_node(c->b->store, &c->hello.node, &c->node);
    if (e == ERR_NOT_FOUND) {
        e = hub_carry_certified(c);
    } else if (e == ERR_OK) {
        e = hub_store_sealing(c->b->store, &c->hello.node, c->sealing_pk);
        memcpy(c->out->unit, c->node.unit, sizeof c->out->unit);
        if (c->node.revoked) c->out->verdict = MESSAGE_REVOKED;
        if (e == ERR_OK && sodium_memcmp(c->sealing_pk, bundle_peer(c->reader), 32) != 0)
            e = hub_carry_other_key(c);
    }
    if (e != ERR_OK) return e;
    bool sealed = sodium_memcmp(c->sealing_pk, bundle_peer(c->reader), 32) == 0;
    return sealed ? ERR_OK : ERR_BAD_SIGNATURE;
}

/* Does the hub have this node, so that its sets may be taken, or kept apart if it is revoked? */
static bool hub_carry_takes(const struct hub_carry *c)
{
    return ID_EQUAL(&c->node.node, &c->hello.node) && c->hello.version_1;
}

/* What is to be said of its logs and cursor, as they stand now. */
static enum err hub_carry_judge(struct hub_carry *c)
{
    if (c->hello.joining || !hub_carry_takes(c) || hub_carry_apart(c)) return ERR_OK;
    return hub_bundle_judge(c->b, &c->hello, c->out->forked ? &c->fork : NULL, &c->judged,
                            &c->out->verdict);
}

/* ---- files ---- */

static enum err hub_carry_open(struct hub_carry *c)
{
    crypto_generichash(c->file.b, sizeof c->file.b, c->bytes.p, c->bytes.len, NULL, 0);
    enum err e = bundle_open(&c->reader, c->bytes, &c->b->keys->hub, &c->b->sealing);
    if (e == ERR_OK) e = message_hello_node_decode(bundle_hello(c->reader), &c->hello);
    if (e != ERR_OK) return e;
    c->out->verdict = c->hello.version_1 ? MESSAGE_GO : MESSAGE_NO_VERSION;
    c->out->made_ms = (int64_t)(c->hello.clock_ms & INT64_MAX);
    if (c->hello.joining)
        c->out->verdict = MESSAGE_JOIN_FIRST;
    else
        e = hub_carry_who(c);
    if (e == ERR_OK) e = bundle_check(c->bytes, &c->b->keys->hub, &c->b->sealing);
    return e;
}

static void hub_carry_close(struct hub_carry *c)
{
    bundle_reader_free(c->reader);
    c->reader = NULL;
}

static enum err hub_carry_hold(struct hub_carry *c)
{
    enum err e =
        hub_store_waiting_put(c->b->store, &c->file, &c->node.node, c->bytes, c->b->now_ms);
    c->out->waits = e == ERR_OK;
    c->out->unkept = e == ERR_TOO_LARGE;
    return e == ERR_TOO_LARGE ? ERR_OK : e;
}

/* Inside a transaction: all that one file has. */
static enum err hub_carry_one(struct hub_carry *c)
{
    enum err e = c->hello.joining ? hub_carry_join(c) : ERR_OK;
    if (!c->hello.joining && (hub_carry_takes(c) || c->certified)) e = hub_carry_frames(c);
    if (e == ERR_NOT_FOUND && c->certified) e = ERR_OK; /* a file without a proof */
    if (e == ERR_CHAIN_BROKEN) {
        e = hub_carry_hold(c);
    } else if (e == ERR_FORKED) {
        c->out->forked = true;
        e = c->cloned && !c->out->again && !hub_carry_apart(c)
                ? hub_store_alarm(c->b->store, HUB_ALARM_CLONE, &c->node.node, c->b->now_ms)
                : ERR_OK;
    } else if (e == ERR_OK) {
        e = hub_store_waiting_drop(c->b->store, &c->file);
        if (e == ERR_OK && !c->out->again)
            e = hub_store_bundle_note(c->b->store, &c->file, &c->out->node, c->bytes.len,
                                      c->out->sets_new, c->b->now_ms);
    }
    return e;
}

/* One waiting file of the node; *took: it brought something. */
static enum err hub_carry_waiting(struct hub_carry *c, struct bytes file, bool *took)
{
    struct hub_bundle_result out = {.refusal = 0};
    struct hub_carry w = {.b = c->b, .out = &out, .bytes = file, .group = c->group};
    enum err e = hub_carry_open(&w);
    w.harmless = e != ERR_OK && err_scope(e) != ERR_SCOPE_SELF && e != ERR_NOMEM;
    if (e == ERR_OK) e = hub_carry_one(&w);
    if (e != ERR_OK && w.harmless) e = hub_store_waiting_drop(c->b->store, &w.file);
    hub_carry_close(&w);
    c->group = w.group;
    c->out->sets_new += out.sets_new;
    c->out->apart += out.apart;
    c->out->tried += e == ERR_OK && !out.waits;
    *took = out.sets_new > 0 || out.apart > 0;
    return e;
}

/* What came may have closed the gap of a file that waits; that file, of another. */
static enum err hub_carry_retry(struct hub_carry *c)
{
    enum err e = ERR_OK;
    for (bool again = true; again && e == ERR_OK;) {
        struct id_hash at = {{0}};
        again = false;
        while (e == ERR_OK) {
            struct buf file;
            bool took = false;
            buf_init(&file, BUNDLE_BYTES_MAX);
            e = hub_store_waiting_next(c->b->store, &c->node.node, &at, &at, &file);
            if (e == ERR_OK && !ID_EQUAL(&at, &c->file))
                e = hub_carry_waiting(c, buf_bytes(&file), &took);
            buf_free(&file);
            again = again || took;
        }
        if (e == ERR_NOT_FOUND) e = ERR_OK;
    }
    return e;
}

static enum err hub_carry_all(struct hub_carry *c)
{
    enum err e = hub_bundle_begin(c->b);
    if (e != ERR_OK) return e;
    hub_store_road(c->b->store, HUB_ROAD_BUNDLE);
    e = hub_carry_one(c);
    if (e == ERR_OK && hub_carry_takes(c) && !c->hello.joining) {
        e = hub_carry_retry(c);
        if (e == ERR_OK && !c->out->again)
            e = hub_store_contact(c->b->store, &c->node.node, &c->hello, c->b->now_ms);
        if (e == ERR_OK && !hub_carry_apart(c) && !c->out->waits && !c->out->forked)
            e = hub_bundle_gave_back(c->b, &c->hello);
    }
    hub_store_road(c->b->store, HUB_ROAD_NETWORK);
    if (e != ERR_OK) {
        hub_bundle_abort(c->b);
        return e;
    }
    return hub_bundle_commit(c->b);
}

static enum err hub_carry_answer(struct hub_carry *c, size_t answer_max, struct buf *answer)
{
    struct hub_bundle_answer a = {.node = &c->node,
                                  .sealing_pk = c->sealing_pk,
                                  .verdict = c->out->verdict,
                                  .refusal = c->out->refusal,
                                  .join = c->out->joined ? &c->join : NULL,
                                  .asked = &c->hello,
                                  .judged = &c->judged,
                                  .from = c->hello.joining ? 0 : c->hello.cursor_position,
                                  .card_serial = c->hello.card_serial,
                                  .erasure_count = c->hello.erasure_count};
    memcpy(a.erasure_sum, c->hello.erasure_hash, sizeof a.erasure_sum);
    memcpy(a.nonce, c->hello.nonce, sizeof a.nonce);
    if (a.from < c->node.floor || a.verdict == MESSAGE_WENT_BACK) a.from = 0;
    a.page = a.verdict == MESSAGE_GO || c->out->joined ||
             (a.verdict == MESSAGE_WENT_BACK && hub_carry_takes(c));
    return hub_bundle_answer(c->b, &a, answer_max, answer, c->out);
}

enum err hub_bundle_in(const struct hub_bundle *b, struct bytes file, size_t answer_max,
                       struct buf *answer, struct hub_bundle_result *out)
{
    struct hub_carry *c = calloc(1, sizeof *c);
    if (c == NULL) return ERR_NOMEM;
    memset(out, 0, sizeof *out);
    c->b = b;
    c->out = out;
    c->bytes = file;
    enum err e = hub_carry_open(c);
    if (e == ERR_OK) e = hub_store_bundle_seen(b->store, &c->file, &out->again);
    if (e == ERR_OK) e = hub_carry_all(c);
    if (e == ERR_OK) e = hub_carry_judge(c);
    if (e == ERR_OK && answer != NULL) e = hub_carry_answer(c, answer_max, answer);
    hub_carry_close(c);
    sodium_memzero(c, sizeof *c);
    free(c);
    return e;
}

enum err hub_bundle_out(const struct hub_bundle *b, const struct id_hash *node, bool whole,
                        size_t file_max, struct buf *file, struct hub_bundle_result *out)
{
    struct hub_node who;
    struct hub_position at;
    uint8_t sealing_pk[32];
    memset(out, 0, sizeof *out);
    struct hub_bundle_answer a = {.node = &who, .sealing_pk = sealing_pk, .page = true};
    enum err e = hub_store_node(b->store, node, &who);
    if (e == ERR_OK) e = hub_store_sealing(b->store, node, sealing_pk);
    if (e == ERR_OK && !whole) e = hub_store_node_cursor(b->store, node, &a.from);
    if (e != ERR_OK) return e;
    hub_store_position(b->store, &at);
    if (a.from > at.position || a.from < who.floor) a.from = 0;
    if (who.revoked) a.verdict = out->verdict = MESSAGE_REVOKED;
    a.page = !who.revoked;
    out->node = *node;
    memcpy(out->unit, who.unit, sizeof out->unit);
    return hub_bundle_answer(b, &a, file_max, file, out);
}
