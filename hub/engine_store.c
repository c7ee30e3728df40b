/* The store effects of the hub's sync core. */
#include "common/zoo.h"
#include "hub/engine_priv.h"
#include "hub/proof.h"
#include "hub/rekey.h"
#include "hub/store_alarm.h"
#include "hub/store_erase.h"
#include "hub/store_quarantine.h"
#include "hub/store_repair.h"
#include "proto/admin_key.h"

#include <assert.h>
#include <stdio.h>

/* A node, or keys of one, that this hub does not have: its certificate may prove that it had. */
static void hub_engine_certified(struct hub_engine *e, const struct message_hello_node *hello,
                                 struct hub_sync_facts *facts)
{
    struct admin_cert c;
    if (hello->cert.len == 0 ||
        admin_key_cert_open(hello->cert, &e->keys.hub, &facts->identity.parsed, 0, &c) != ERR_OK)
        return;
    if (!ID_EQUAL(&c.node, &hello->node)) return;
    if (facts->known && !hub_rekey_newer(e->store, &c)) return;
    facts->certified = true;
    facts->node.node = c.node;
    memcpy(facts->node.sign_pk, c.sign_pk, sizeof c.sign_pk);
    memcpy(facts->node.transport_pk, c.transport_pk, sizeof c.transport_pk);
}

/* Somebody who has another transport key than the node has now: a key of before, or a newer one. */
static enum err hub_engine_other_key(struct hub_engine *e, const struct message_hello_node *hello,
                                     const uint8_t peer[static 32], struct hub_sync_facts *f)
{
    uint8_t sign_pk[32];
    enum err err = hub_store_retired(e->store, &hello->node, HUB_REKEY_TRANSPORT, peer, sign_pk);
    if (err == ERR_NOT_FOUND) {
        if (!f->node.revoked) hub_engine_certified(e, hello, f);
        return ERR_OK;
    }
    if (err != ERR_OK) return err;
    f->retired = !ZOO(109);
    memcpy(f->node.sign_pk, sign_pk, sizeof sign_pk);
    memcpy(f->node.transport_pk, peer, sizeof f->node.transport_pk);
    return ERR_OK;
}

/* Where the hub has a log of the hello, and whose signature counts in it. */
static enum err hub_engine_log(struct hub_engine *e, const struct message_hello_node *hello,
                               size_t i, struct hub_sync_facts *f)
{
    const struct id_inc *inc = &hello->logs[i].inc;
    bool apart = (f->node.revoked && !ZOO(95)) || f->retired;
    enum err err = apart ? hub_store_apart_head(e->store, &hello->node, inc, &f->heads[i])
                         : hub_store_head(e->store, &hello->node, inc, &f->heads[i]);
    f->extends[i] = hub_proof_extends(&hello->logs[i], &f->heads[i]);
    if (err == ERR_OK) err = hub_store_log_key(e->store, &hello->node, inc, f->keys[i]);
    if (err == ERR_NOT_FOUND) memcpy(f->keys[i], f->node.sign_pk, sizeof f->keys[i]);
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err hub_engine_lookup(struct hub_engine *e, const struct hub_sync_effect *fx,
                                  struct hub_sync_event *ev)
{
    const struct message_hello_node *hello = fx->hello;
    struct hub_sync_facts *f = &e->facts;
    memset(f, 0, sizeof *f);
    enum err err = hub_store_identity(e->store, &f->identity);
    if (err != ERR_OK) return err;
    hub_store_position(e->store, &f->position);
    if (e->epoch == 0) e->epoch = f->position.epoch;
    err = hub_store_erasure_end(e->store, &f->erasure_count, f->erasure_sum);
    if (err != ERR_OK) return err;
    ev->kind = HUB_SYNC_EV_FACTS;
    ev->facts = f;
    if (hello->joining) return ERR_OK;
    err = hub_store_node(e->store, &hello->node, &f->node);
    if (err == ERR_NOT_FOUND) {
        hub_engine_certified(e, hello, f);
        return ERR_OK;
    }
    f->known = err == ERR_OK;
    f->stopped = blackbox_stopped(e->blackbox, hello->node.b);
    if (err == ERR_OK && !key_equal(fx->peer, f->node.transport_pk, sizeof f->node.transport_pk))
        err = hub_engine_other_key(e, hello, fx->peer, f);
    for (size_t i = 0; err == ERR_OK && i < hello->log_count; i++)
        err = hub_engine_log(e, hello, i, f);
    if (err == ERR_OK)
        err = hub_store_knows(e->store, hello->cursor_epoch, hello->cursor_position,
                              hello->cursor_hash, &f->cursor_known);
    return err;
}

static enum err hub_engine_take(struct hub_engine *e, const struct hub_sync_effect *f,
                                struct hub_sync_event *ev)
{
    enum err err = hub_engine_open(e);
    if (err == ERR_OK)
        err = hub_store_take(e->store, &f->node->node, f->sets, ev->wall_ms, &e->taken);
    if (err == ERR_OK)
        err = hub_rekey_taken(e->store, &e->keys, &f->node->node, &e->taken, ev->wall_ms);
    if (err != ERR_OK) return err;
    e->group += f->sets->count;
    ev->kind = HUB_SYNC_EV_TAKEN;
    ev->taken = &e->taken;
    return ERR_OK;
}

static enum err hub_engine_join(struct hub_engine *e, const struct message_join *join,
                                struct hub_sync_event *ev)
{
    enum err err = hub_engine_open(e);
    if (err == ERR_OK) err = hub_join_take(e->store, &e->keys, join, ev->wall_ms, &e->join);
    if (err != ERR_OK) return err;
    ev->kind = HUB_SYNC_EV_JOINED;
    ev->refusal = e->join.refusal;
    if (ev->refusal != 0) return ERR_OK;
    e->welcome = hub_join_welcome(&e->join);
    ev->welcome = &e->welcome;
    return ERR_OK;
}

static enum err hub_engine_contact(struct hub_engine *e, const struct hub_sync_effect *f,
                                   int64_t now_ms)
{
    enum err err = hub_engine_open(e);
    if (err == ERR_OK) err = hub_store_clone_look(e->store, &f->node->node, f->hello, now_ms);
    if (err == ERR_OK)
        err = hub_store_clock_look(e->store, &f->node->node, (int64_t)f->hello->clock_ms, now_ms);
    return err == ERR_OK ? hub_store_contact(e->store, &f->node->node, f->hello, now_ms) : err;
}

/* A node may have been revoked since its hello, or its keys changed elsewhere: then it is given nothing more, and
 * nothing of it is taken but what is kept apart (SPEC 18.3, 18.11). */
static enum err hub_engine_may(struct hub_engine *e, const struct hub_sync_effect *f)
{
    struct hub_node now;
    enum err err = hub_store_node(e->store, &f->node->node, &now);
    if (err == ERR_OK && now.revoked && !ZOO(95)) err = ERR_REVOKED;
    if (err == ERR_OK && !f->rekeyed &&
        !key_equal(now.transport_pk, f->node->transport_pk, sizeof now.transport_pk))
        err = ERR_REVOKED;
    return err;
}

static enum err hub_engine_feed(struct hub_engine *e, const struct hub_sync_effect *f,
                                struct hub_sync_event *ev)
{
    struct hub_node now;
    enum err err = hub_engine_may(e, f);
    if (err == ERR_OK) err = hub_store_node(e->store, &f->node->node, &now);
    /* Moved to another unit since its hello: its feed begins anew (SPEC 13.6), in the next session. */
    if (err == ERR_OK && strcmp(now.unit, f->node->unit) != 0 && !ZOO(120)) err = ERR_AGAIN;
    if (err != ERR_OK) return err;
    memset(&e->feed, 0, sizeof e->feed);
    ev->kind = HUB_SYNC_EV_FEED;
    ev->feed = &e->feed;
    return hub_store_feed(e->store, f->node, f->cursor, f->hello, HUB_SYNC_FEED_BYTES, &e->feed);
}

static enum err hub_engine_list(struct hub_engine *e, const struct hub_sync_effect *f,
                                struct hub_sync_event *ev)
{
    enum err err = hub_engine_may(e, f);
    if (err != ERR_OK) return err;
    memset(&e->feed, 0, sizeof e->feed);
    ev->kind = HUB_SYNC_EV_FEED;
    ev->feed = &e->feed;
    e->feed.of_list = true;
    e->feed.list_next = f->cursor;
    return hub_store_erasures(e->store, f->hello->erasure_count, f->hello->erasure_hash,
                              &e->feed.list_next, &e->feed.list, &e->feed.list_count);
}

static enum err hub_engine_attach(struct hub_engine *e, const struct hub_sync_effect *f,
                                  struct hub_sync_event *ev)
{
    ev->kind = HUB_SYNC_EV_SAID;
    ev->said = &e->said;
    enum err err = hub_engine_may(e, f);
    if (err == ERR_OK) err = hub_engine_open(e);
    if (err != ERR_OK) return err;
    if (f->kind == HUB_SYNC_FX_ATTACH_OFFER)
        return hub_store_attach_offer(e->store, f->node, f->offer, ev->wall_ms, &e->said);
    return hub_store_attach_block(e->store, &f->offer->ref, f->block, &e->said);
}

/* A file that is damaged here is told to the hub's officers, and to the node as one that is not here: what it wants
 * besides is not that file's matter. */
static enum err hub_engine_attach_damaged(struct hub_engine *e, const struct attach_want *w,
                                          int64_t now_ms)
{
    char record[2 * ID_RECORD_BYTES + 1], what[HUB_ALARM_WHAT_MAX];
    id_hex(BYTES_OF(w->ref.record.b), record);
    snprintf(what, sizeof what, "sys_attach: the file of record %s, at byte %llu", record,
             (unsigned long long)w->from);
    e->said = (struct hub_attach_said){.code = ATTACH_NONE};
    return hub_store_alarm_damage(e->store, what, now_ms);
}

static enum err hub_engine_attach_read(struct hub_engine *e, const struct hub_sync_effect *f,
                                       struct hub_sync_event *ev)
{
    enum err err = hub_engine_may(e, f);
    ev->kind = HUB_SYNC_EV_BLOCK;
    ev->said = &e->said;
    if (err == ERR_OK)
        err = hub_store_attach_read(e->store, f->node, f->want, &ev->bytes, &e->said);
    return err == ERR_DAMAGED ? hub_engine_attach_damaged(e, f->want, ev->wall_ms) : err;
}

enum err hub_engine_store(struct hub_engine *e, const struct hub_sync_effect *f,
                          struct hub_sync_event *ev)
{
    switch (f->kind) {
    case HUB_SYNC_FX_LOOKUP: return hub_engine_lookup(e, f, ev);
    case HUB_SYNC_FX_READ_FEED: return hub_engine_feed(e, f, ev);
    case HUB_SYNC_FX_READ_LIST: return hub_engine_list(e, f, ev);
    case HUB_SYNC_FX_TAKE:
        return hub_engine_step(e, "take") ? hub_engine_take(e, f, ev) : ERR_STORE;
    case HUB_SYNC_FX_JOIN:
        return hub_engine_step(e, "join") ? hub_engine_join(e, f->join, ev) : ERR_STORE;
    case HUB_SYNC_FX_CONTACT:
        return hub_engine_step(e, "contact") ? hub_engine_contact(e, f, ev->wall_ms) : ERR_STORE;
    case HUB_SYNC_FX_GAVE_BACK: return hub_engine_gave_back(e, f);
    case HUB_SYNC_FX_READ_OWN: return hub_engine_own(e, f, ev);
    case HUB_SYNC_FX_PROVE:
        return hub_engine_step(e, "prove") ? hub_engine_prove(e, f, ev) : ERR_STORE;
    case HUB_SYNC_FX_GIVE:
        return hub_engine_step(e, "give") ? hub_engine_give(e, f, ev) : ERR_STORE;
    case HUB_SYNC_FX_MEND:
        return hub_engine_step(e, "mend") ? hub_engine_mend(e, f, ev) : ERR_STORE;
    case HUB_SYNC_FX_ATTACH_OFFER:
    case HUB_SYNC_FX_ATTACH_BLOCK:
        return hub_engine_step(e, "attach") ? hub_engine_attach(e, f, ev) : ERR_STORE;
    case HUB_SYNC_FX_ATTACH_READ: return hub_engine_attach_read(e, f, ev);
    case HUB_SYNC_FX_SEND:
    case HUB_SYNC_FX_CLOSE: break;
    }
    assert(false); /* not a store effect */
    return ERR_STORE;
}
