/* Reading what the hub sealed. SPEC 11.5. */
#include "common/zoo.h"
#include "node/bundle_priv.h"
#include "node/card.h"
#include "node/store_erase.h"
#include "node/store_rekey.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* ---- who sealed it ---- */

/* A newer card of the same root may say another sealing key. */
static enum err node_carry_card(struct node_carry *c)
{
    struct admin_card card;
    struct node_identity *id = &c->identity;
    if (c->hello.card.len == 0) return ERR_OK;
    enum err e = node_card_check(id, c->hello.card, &card);
    if (e == ERR_STALE) return ERR_OK; /* an old file: what it says of cards says nothing now */
    if (e != ERR_OK) return e;
    node_card_use(id, c->hello.card, &card);
    if (!id->joined) return ERR_OK; /* WELCOME brings it */
    return node_store_card(c->b->store, c->hello.card, &card);
}

static enum err node_carry_open(struct node_carry *c, struct bytes file)
{
    enum err e = node_store_identity(c->b->store, &c->identity);
    if (e == ERR_OK && c->identity.compared == NODE_COMPARED_DIFFER) e = ERR_WRONG_HUB;
    if (e == ERR_OK && sodium_is_zero(c->identity.hub_sealing_pk, 32)) e = ERR_NOT_READY;
    const struct node_sync_keys *next = c->b->keys->next;
    const struct link_keys *sealing = &c->b->sealing;
    if (e == ERR_OK) e = bundle_check(file, &c->identity.hub, sealing);
    if (e == ERR_DENIED && next != NULL) { /* our keys change: the hub may know the new one */
        sealing = &next->sealing;
        e = bundle_check(file, &c->identity.hub, sealing);
    }
    if (e == ERR_OK) e = bundle_open(&c->reader, file, &c->identity.hub, sealing);
    if (e == ERR_OK) e = message_hello_hub_decode(bundle_hello(c->reader), &c->hello);
    if (e == ERR_OK) e = node_carry_card(c);
    if (e == ERR_OK) node_card_of(&c->identity, &c->card);
    if (e == ERR_OK && sodium_memcmp(bundle_peer(c->reader), c->identity.hub_sealing_pk, 32) != 0)
        e = ERR_WRONG_HUB;
    if (e == ERR_OK) e = node_store_hello(c->b->store, &c->self);
    if (e != ERR_OK) return e;
    c->out->verdict = c->hello.verdict;
    c->out->made_ms = (int64_t)(c->hello.clock_ms & INT64_MAX);
    return ERR_OK;
}

/* Is this the stretch of the hub's history that this node follows, or one that came behind it? */
static bool node_carry_epoch(const struct node_carry *c)
{
    bool later = c->self.cursor_position == 0 || c->self.cursor_epoch == c->hello.epoch;
    for (size_t i = 0; i < c->hello.lineage_count; i++)
        later = later || c->hello.lineage[i].epoch == c->self.cursor_epoch;
    return later;
}

/* The page begins where this node stands, and P there says whether it is the same history; in one epoch it may begin
 * before. */
static bool node_carry_fits(const struct node_carry *c, const struct message_page *page)
{
    const struct message_hello_node *own = &c->self;
    if (own->cursor_position == 0) return true;
    if (page->from == own->cursor_position)
        return memcmp(page->hash, own->cursor_hash, sizeof page->hash) == 0;
    return own->cursor_epoch == c->hello.epoch;
}

/* ---- joining ---- */

static enum err node_carry_welcome(struct node_carry *c, struct bytes body)
{
    struct message_welcome w;
    struct admin_card card;
    struct admin_cert cert;
    struct node_identity *id = &c->identity;
    enum err e = message_welcome_decode(body, &w);
    if (e == ERR_OK) e = admin_card_open(w.card, &id->hub, &card);
    if (e == ERR_OK) e = admin_cert_open(w.cert, &id->hub, card.log_pk, &cert);
    if (e != ERR_OK) return e;
    if (!ID_EQUAL(&cert.node, &id->node) ||
        memcmp(cert.sign_pk, c->b->keys->sign_pk, sizeof cert.sign_pk) != 0 ||
        memcmp(cert.transport_pk, c->b->keys->transport_pk, sizeof cert.transport_pk) != 0 ||
        memcmp(cert.sealing_pk, c->b->sealing.public_key, sizeof cert.sealing_pk) != 0)
        return ERR_BAD_SIGNATURE;
    if (id->joined) return ERR_OK;
    id->joined = true;
    node_card_use(id, w.card, &card);
    memcpy(id->unit, cert.unit, sizeof id->unit);
    memcpy(id->unit_name, w.unit_name.p, w.unit_name.len);
    id->unit_name[w.unit_name.len] = '\0';
    memcpy(id->cert, w.cert.p, w.cert.len);
    id->cert_len = w.cert.len;
    sodium_memzero(id->token, sizeof id->token); /* used up */
    e = node_store_identity_set(c->b->store, id);
    c->out->joined = e == ERR_OK;
    return e;
}

/* ---- receipts ---- */

static struct message_log *node_carry_log(struct node_carry *c, const struct id_inc *inc)
{
    for (size_t i = 0; i < c->self.log_count; i++) {
        if (ID_EQUAL(&c->self.logs[i].inc, inc)) return &c->self.logs[i];
    }
    return NULL;
}

static enum err node_carry_receipt(struct node_carry *c, struct bytes body)
{
    struct message_receipt m;
    const struct node_store_set *sets = NULL;
    size_t count = 0;
    enum err e = message_receipt_decode(body, &m);
    if (e == ERR_OK && m.next_seq == 0) e = ERR_BAD_FORMAT;
    if (e != ERR_OK || !node_carry_epoch(c) || !c->identity.joined) return e;
    struct message_log *log = node_carry_log(c, &m.inc);
    if (log == NULL || m.next_seq <= log->receipted_seq) {
        c->out->ahead = c->out->ahead || log == NULL;
        return ERR_OK;
    }
    e = node_store_read_sets(c->b->store, &m.inc, m.next_seq - 1, 1, NODE_SYNC_READ_BYTES, &sets,
                             &count);
    if (e != ERR_OK) return e;
    if (count == 0 || m.next_seq > log->next_seq) {
        c->out->ahead = true;
        return ERR_OK;
    }
    struct admin_receipt r = {.hub = c->identity.hub,
                              .node = c->identity.node,
                              .epoch = c->hello.epoch,
                              .inc = m.inc,
                              .next_seq = m.next_seq,
                              .first_position = m.first_position,
                              .last_position = m.last_position,
                              .position_hash = m.position_hash};
    change_hash(sets[0].head, &r.chain);
    e = admin_key_receipt_check(&r, &c->card, m.signature);
    if (e == ERR_BAD_SIGNATURE) { /* for another history of this log */
        c->out->ahead = true;
        return ERR_OK;
    }
    if (e == ERR_OK) e = node_store_receipt(c->b->store, &r, m.signature, c->b->now_ms);
    if (e != ERR_OK) return e;
    c->out->delivered += m.next_seq - log->receipted_seq;
    log->receipted_seq = m.next_seq;
    return ERR_OK;
}

/* The hub had a file of ours. Should it have gone back since, unnoticed, it may have it no more: so that counts only
 * where this node's cursor is, or comes to be, where the hub stood: whoever hears of the cursor then notices. */
static enum err node_carry_have(struct node_carry *c, struct bytes body)
{
    struct attach_have m;
    enum err e = attach_have_decode(body, &m);
    if (e != ERR_OK || m.code != ATTACH_OK || c->have_count == ATTACH_TOLD_MAX) return e;
    c->have[c->have_count++] = m.ref;
    return ERR_OK;
}

static enum err node_carry_held(struct node_carry *c)
{
    enum err e = ERR_OK;
    bool counts = c->have_counts || c->out->page == NODE_BUNDLE_APPLIED || ZOO(131);
    for (size_t i = 0; e == ERR_OK && counts && i < c->have_count; i++)
        e = node_store_attach_held(c->b->store, &c->have[i]);
    return e;
}

/* ---- the page ---- */

static enum err node_carry_page(struct node_carry *c, struct bytes body)
{
    struct message_page page;
    enum err e = message_page_decode(body, &page);
    if (e != ERR_OK) return e;
    if (!c->identity.joined) return ERR_BAD_FORMAT;
    if (!node_carry_epoch(c) || !node_carry_fits(c, &page)) {
        c->out->page = NODE_BUNDLE_EPOCH;
    } else if (c->hello.upto <= c->self.cursor_position) {
        c->out->page = NODE_BUNDLE_OLD;
        c->have_counts = c->hello.upto == c->self.cursor_position && page.from == c->hello.upto;
    } else if (page.from > c->self.cursor_position) {
        c->out->page = NODE_BUNDLE_GAP;
    } else {
        c->out->page = NODE_BUNDLE_CUT; /* until its END */
        c->applying = true;
        c->from = page.from;
        node_store_lineage(c->b->store, c->hello.lineage, c->hello.lineage_count);
        e = node_store_stage_drop(c->b->store);
    }
    return e;
}

/* A set of the hub's own log. */
static enum err node_carry_check(struct node_carry *c, const struct message_set *m)
{
    enum err e = change_open(m->head, m->body, &c->view);
    if (e == ERR_OK) e = change_verify(&c->view);
    if (e == ERR_OK && !ID_EQUAL(&c->view.head.hub, &c->identity.hub)) e = ERR_WRONG_HUB;
    if (e == ERR_OK && !ID_EQUAL(&c->view.head.node, &c->identity.hub)) e = ERR_BAD_SIGNATURE;
    if (e != ERR_OK) return e;
    return admin_key_set_check(&c->card, &c->view.head, &c->view.hash, m->signature, m->position,
                               NULL);
}

static enum err node_carry_sets(struct node_carry *c, struct bytes body)
{
    size_t n = 0;
    enum err e = message_sets_decode(body, c->items.sets, MESSAGE_ITEMS_MAX, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        e = node_carry_check(c, &c->items.sets[i]);
    return e == ERR_OK ? node_store_stage_sets(c->b->store, c->hello.epoch, c->items.sets, n) : e;
}

static enum err node_carry_erasures(struct node_carry *c, struct bytes body)
{
    struct message_erasures m;
    enum err e = message_erasures_decode(body, &m, c->items.sets, MESSAGE_ITEMS_MAX);
    for (size_t i = 0; e == ERR_OK && i < m.count; i++)
        e = node_carry_check(c, &c->items.sets[i]);
    if (e != ERR_OK) return e;
    if (!c->identity.joined) return ERR_BAD_FORMAT;
    /* A file may be old: what it lacks is no sign that the hub lost it. */
    return node_store_erasures(c->b->store, c->items.sets, m.count, false, false);
}

static enum err node_carry_end(struct node_carry *c, struct bytes body)
{
    struct message_end end;
    enum err e = message_end_decode(body, &end);
    if (e == ERR_OK && end.position < c->self.cursor_position) e = ERR_BAD_FORMAT;
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < end.head_count; i++) {
        const struct message_log *log = node_carry_log(c, &end.incs[i]);
        uint64_t proven = log != NULL ? log->receipted_seq : 0;
        if (end.next_seqs[i] > proven) end.next_seqs[i] = proven;
    }
    e = node_store_apply(c->b->store, c->hello.epoch, &end, c->from, c->b->now_ms);
    c->applying = false;
    c->out->page = e == ERR_BAD_HASH ? NODE_BUNDLE_BAD : NODE_BUNDLE_APPLIED;
    return e == ERR_BAD_HASH ? ERR_OK : e;
}

/* Nothing is left out of a page (SPEC 7.9), so at no position an own set has to be folded. Those of this log may be
 * others than the hub's: no session has compared them. */
static enum err node_carry_verdicts(struct node_carry *c, struct bytes body)
{
    size_t n = 0;
    enum err e = message_verdicts_decode(body, c->items.verdicts, MESSAGE_ITEMS_MAX, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        c->items.verdicts[i].position = 0;
    return e == ERR_OK
               ? node_store_stage_verdicts(c->b->store, c->hello.epoch, c->items.verdicts, n)
               : e;
}

static enum err node_carry_feed(struct node_carry *c, unsigned type, struct bytes body)
{
    size_t n = 0;
    enum err e;
    switch (type) {
    case MESSAGE_SETS: return node_carry_sets(c, body);
    case MESSAGE_RECORDS:
        e = message_records_decode(body, c->items.records, MESSAGE_ITEMS_MAX, &n);
        c->out->records += e == ERR_OK ? n : 0;
        return e == ERR_OK
                   ? node_store_stage_records(c->b->store, c->hello.epoch, c->items.records, n)
                   : e;
    case MESSAGE_VERDICTS: return node_carry_verdicts(c, body);
    case MESSAGE_MOVES:
        e = message_moves_decode(body, c->items.moves, MESSAGE_ITEMS_MAX, &n);
        return e == ERR_OK ? node_store_stage_moves(c->b->store, c->hello.epoch, c->items.moves, n)
                           : e;
    default: return node_carry_end(c, body);
    }
}

/* ---- all of it ---- */

static enum err node_carry_message(struct node_carry *c, unsigned type, struct bytes body)
{
    struct message_refuse refuse;
    enum err e = type == MESSAGE_OWN || type == MESSAGE_ERASURES ? ERR_OK : node_carry_mend(c);
    if (e != ERR_OK) return e;
    switch (type) {
    case MESSAGE_OWN: return node_carry_own(c, body);
    case MESSAGE_RECEIPT: return node_carry_receipt(c, body);
    case MESSAGE_WELCOME: return node_carry_welcome(c, body);
    case MESSAGE_REFUSE:
        e = message_refuse_decode(body, &refuse);
        c->out->refusal = e == ERR_OK ? refuse.code : 0;
        return e;
    case MESSAGE_PAGE: return node_carry_page(c, body);
    case MESSAGE_ERASURES: return node_carry_erasures(c, body);
    case MESSAGE_HAVE: return node_carry_have(c, body);
    case MESSAGE_SETS:
    case MESSAGE_RECORDS:
    case MESSAGE_VERDICTS:
    case MESSAGE_MOVES:
    case MESSAGE_END: return c->applying ? node_carry_feed(c, type, body) : ERR_OK;
    default: return ERR_BAD_FORMAT;
    }
}

/* While our keys change this may mean that the hub has the change: the next bundle is under the others. Otherwise it
 * is kept for `status`: where no session ever reaches the hub, nothing else would say it. */
static enum err node_carry_revoked(struct node_carry *c)
{
    struct node_rekey r;
    enum err e = node_store_rekey(c->b->store, &r);
    if (e == ERR_OK) e = node_store_rekey_turn(c->b->store, !r.turn);
    if (e != ERR_NOT_FOUND) return e;
    c->out->revoked = true;
    return node_store_revoked(c->b->store);
}

static enum err node_carry_all(struct node_carry *c, struct bytes file)
{
    struct id_hash hash;
    struct bytes body;
    unsigned type = 0;
    crypto_generichash(hash.b, sizeof hash.b, file.p, file.len, NULL, 0);
    enum err e = node_carry_open(c, file);
    if (e == ERR_OK) e = node_store_bundle_seen(c->b->store, &hash, false, &c->out->again);
    if (e == ERR_OK) e = node_carry_answers(c);
    while (e == ERR_OK && type != BUNDLE_CLOSE) {
        e = bundle_next(c->reader, &type, &body);
        if (e == ERR_OK && type != BUNDLE_CLOSE) e = node_carry_message(c, type, body);
    }
    if (e == ERR_OK) e = node_carry_mend(c);
    if (c->applying) { /* half a page is no page */
        enum err dropped = node_store_stage_drop(c->b->store);
        if (e == ERR_OK) e = dropped;
    }
    if (e == ERR_OK) e = node_carry_held(c);
    if (e == ERR_OK && c->out->verdict == MESSAGE_REVOKED) e = node_carry_revoked(c);
    if (e == ERR_OK && node_store_wipe_wanted(c->b->store)) e = node_store_wipe(c->b->store);
    if (e == ERR_OK && !c->out->again)
        e = node_store_bundle_note(c->b->store, &hash, false, file.len, c->out->delivered,
                                   c->b->now_ms);
    return e;
}

enum err node_bundle_in(const struct node_bundle *b, struct bytes file,
                        struct node_bundle_read *out)
{
    struct node_carry *c = calloc(1, sizeof *c);
    if (c == NULL) return ERR_NOMEM;
    memset(out, 0, sizeof *out);
    c->b = b;
    c->out = out;
    enum err e = node_carry_all(c, file);
    bundle_reader_free(c->reader);
    sodium_memzero(&c->identity, sizeof c->identity);
    free(c);
    return e;
}
