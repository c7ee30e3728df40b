/* When things went back in time, by files: a hub that lost something, and logs that are unlike. SPEC 11.7. */
#include "common/zoo.h"
#include "node/bundle_priv.h"
#include "node/store_rekey.h"
#include "node/store_repair.h"

#include <sodium.h>
#include <string.h>

/* ---- the hub lost something ---- */

static void node_carry_fixes(const struct node_carry *c, struct node_store_fix *fixes)
{
    for (size_t i = 0; i < c->log_count; i++)
        fixes[i] = (struct node_store_fix){.inc = c->logs[i],
                                           .next_seq = c->hello.heads[i].next_seq,
                                           .head = c->hello.heads[i].head,
                                           .closed = c->hello.heads[i].closed};
}

static enum err node_carry_went_back(struct node_carry *c)
{
    struct node_store_fix fixes[HELLO_LOGS_MAX];
    node_carry_fixes(c, fixes);
    enum err e = node_store_reset(c->b->store, fixes, c->log_count, true, c->b->now_ms);
    c->asked = false;
    c->out->hub_back = e == ERR_OK;
    return e == ERR_OK ? node_store_hello(c->b->store, &c->self) : e;
}

enum err node_carry_answers(struct node_carry *c)
{
    if (!c->identity.joined) return ERR_OK;
    enum err e = node_store_asked(c->b->store, c->hello.nonce, c->logs, &c->log_count);
    c->asked = e == ERR_OK && c->hello.head_count == c->log_count;
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    bool lost = c->asked && c->hello.verdict == MESSAGE_WENT_BACK && !ZOO(129);
    return lost ? node_carry_went_back(c) : ERR_OK;
}

/* ---- own sets that came ---- */

/* Is our log not the hub's? */
static enum err node_carry_unlike(struct node_carry *c, size_t i, bool *unlike, uint64_t *next_seq)
{
    const struct message_head *hub = &c->hello.heads[i];
    const struct node_store_set *sets = NULL;
    size_t count = 0;
    struct id_hash head;
    *unlike = hub->next_seq > 0;
    enum err e = node_store_log_head(c->b->store, &c->logs[i], next_seq, &head);
    if (e == ERR_NOT_FOUND) *next_seq = 0; /* all of it became a branch */
    if (e != ERR_OK || hub->next_seq > *next_seq || hub->next_seq == 0)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = node_store_read_sets(c->b->store, &c->logs[i], hub->next_seq - 1, 1, NODE_SYNC_READ_BYTES,
                             &sets, &count);
    if (e == ERR_OK && count == 0) e = ERR_DAMAGED;
    if (e == ERR_OK) change_hash(sets[0].head, &head);
    if (e == ERR_OK) *unlike = !ID_EQUAL(&head, &hub->head);
    return e;
}

static enum err node_carry_own_key(struct node_carry *c)
{
    enum err e = node_store_log_key(c->b->store, &c->logs[c->pull], c->own_key);
    if (e != ERR_NOT_FOUND && e != ERR_DAMAGED && !sodium_is_zero(c->own_key, 32)) return e;
    memcpy(c->own_key, c->b->keys->sign_pk, sizeof c->own_key);
    return ERR_OK;
}

/* The first OWN of a log: which, and does it say anything here? */
static enum err node_carry_pull(struct node_carry *c, struct bytes first)
{
    struct change_head h;
    uint64_t next_seq = 0;
    enum err e = change_head_read(first, &h);
    if (e != ERR_OK) return e;
    c->pull = 0;
    while (c->pull < c->log_count && !ID_EQUAL(&c->logs[c->pull], &h.inc))
        c->pull++;
    if (c->pull == c->log_count) return ERR_BAD_FORMAT;
    c->pulling = true;
    c->own = (struct node_pull){.next = h.seq};
    e = node_carry_own_key(c);
    if (e == ERR_OK) e = node_carry_unlike(c, c->pull, &c->pull_stages, &next_seq);
    if (e == ERR_OK && !c->own_dropped) e = node_store_own_drop(c->b->store);
    c->own_dropped = true;
    return e;
}

enum err node_carry_own(struct node_carry *c, struct bytes body)
{
    size_t count = 0;
    enum err e = message_sets_decode(body, c->items.sets, MESSAGE_ITEMS_MAX, &count);
    if (e != ERR_OK || !c->asked) return e;
    /* The log is whole: the hub's word for its head is worth our signature under it. */
    if (count == 0) {
        if (c->pulling) c->pulled[c->pull] = c->pull_stages && c->own.any && c->own.is_signed;
        c->pulling = false;
        return ERR_OK;
    }
    if (!c->pulling) e = node_carry_pull(c, c->items.sets[0].head);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = node_pull_check(&c->own, &c->identity, &c->logs[c->pull], c->own_key, &c->items.sets[i],
                            &c->view);
    if (e != ERR_OK || !c->pull_stages) return e;
    return node_store_stage_own(c->b->store, &c->logs[c->pull], c->items.sets, count);
}

/* ---- the repair ---- */

/* *any: there is something to be done, and all that it needs is here. */
static enum err node_carry_look(struct node_carry *c, struct node_store_fix *fixes, bool *any)
{
    enum err e = ERR_OK;
    node_carry_fixes(c, fixes);
    *any = c->log_count > 0 && fixes[0].closed;
    for (size_t i = 0; e == ERR_OK && i < c->log_count; i++) {
        bool unlike = false;
        uint64_t next_seq = 0;
        e = node_carry_unlike(c, i, &unlike, &next_seq);
        bool rotten = e == ERR_BAD_HASH || e == ERR_DAMAGED;
        if (rotten || (e == ERR_OK && unlike && !c->pulled[i])) {
            *any = false; /* what else the file has counts; the next one, or a session, brings it */
            return ERR_OK;
        }
        fixes[i].pull = unlike;
        fixes[i].tail = !unlike && fixes[i].closed && next_seq > fixes[i].next_seq;
        *any = *any || fixes[i].pull || fixes[i].tail;
    }
    return e;
}

enum err node_carry_mend(struct node_carry *c)
{
    struct node_store_fix fixes[HELLO_LOGS_MAX];
    bool any = false;
    if (!c->asked || c->mended) return ERR_OK;
    c->mended = true;
    enum err e = node_carry_look(c, fixes, &any);
    if (e == ERR_OK && !any && c->own_dropped) return node_store_own_drop(c->b->store);
    if (e != ERR_OK || !any) return e;
    e = node_store_repair(c->b->store, fixes, c->log_count, node_keys_signer, c->b->keys,
                          c->b->now_ms);
    /* A log began meanwhile, or the sets do not fit where they were asked from: so does the next file. */
    if (e == ERR_AGAIN || e == ERR_CHAIN_BROKEN) return ERR_OK;
    c->out->repaired = e == ERR_OK;
    return e == ERR_OK ? node_store_hello(c->b->store, &c->self) : e;
}
