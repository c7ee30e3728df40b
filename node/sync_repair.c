/* When things went back in time: what the heads show, own sets that come back, the reset after the
 * hub lost something, and what is given back to it. SPEC 7.13, 7.14. */
#include "node/sync_priv.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* ---- the hub lost something ---- */

static bool node_sync_hub_lost(const struct node_sync *s)
{
    if (s->result.verdict == MESSAGE_WENT_BACK) return true;
    for (size_t i = 0; i < s->hello.log_count; i++) {
        if (s->stated[i].next_seq < s->hello.logs[i].receipted_seq) return true;
    }
    return false;
}

void node_proof_of(const struct admin_receipt *r, struct message_proof *m)
{
    m->has = true;
    m->epoch = r->epoch;
    m->inc = r->inc;
    m->next_seq = r->next_seq;
    m->chain = r->chain;
    m->first_position = r->first_position;
    m->last_position = r->last_position;
    m->position_hash = r->position_hash;
}

static void node_sync_prove(struct node_sync *s, const struct node_sync_event *ev,
                            struct node_sync_effects *fx)
{
    struct message_proof m = {.has = false};
    if (s->mending.has_receipt) {
        node_proof_of(&s->mending.receipt, &m);
        memcpy(m.signature, s->mending.signature, sizeof m.signature);
    }
    buf_clear(&s->body);
    message_proof_encode(&m, &s->body);
    node_sync_send(s, MESSAGE_PROOF, false, ev, fx);
}

static void node_sync_lost(struct node_sync *s, const struct node_sync_event *ev,
                           struct node_sync_effects *fx)
{
    node_sync_say(s, "Trung tâm vừa khôi phục bản cũ: máy này đang gửi lại, dữ liệu còn nguyên.",
                  "The hub went back in time; this PC sends again.");
    node_sync_prove(s, ev, fx);
    if (s->state != NODE_SYNC_SYNCING) return; /* the send failed */
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_RESET);
    f->fixes = s->fixes;
    f->count = s->hello.log_count;
    f->forget = s->result.verdict == MESSAGE_WENT_BACK;
    s->answer = NODE_SYNC_WANT_REPAIRED;
}

/* ---- pulling own sets ---- */

static void node_sync_repair(struct node_sync *s, struct node_sync_effects *fx)
{
    node_sync_say(s, "Máy này đã được khôi phục hoặc sao chép: đang sửa, dữ liệu còn nguyên.",
                  "This PC was restored or copied; nothing is lost.");
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_REPAIR);
    f->fixes = s->fixes;
    f->count = s->hello.log_count;
    s->answer = NODE_SYNC_WANT_REPAIRED;
}

/* Ask for the sets of the next log that lacks some, the oldest first; then repair. */
static void node_sync_pull_next(struct node_sync *s, const struct node_sync_event *ev,
                                struct node_sync_effects *fx)
{
    while (s->log > 0 && !s->fixes[s->log - 1].pull)
        s->log--;
    if (s->log == 0) {
        node_sync_repair(s, fx);
        return;
    }
    size_t i = --s->log;
    uint64_t receipted = s->hello.logs[i].receipted_seq;
    struct message_pull m = {.inc = s->hello.logs[i].inc};
    m.from = receipted < s->stated[i].next_seq ? receipted : 0;
    if (s->mending.pulled[i] > m.from && s->mending.pulled[i] < s->stated[i].next_seq)
        m.from = s->mending.pulled[i];
    s->pull = i + 1;
    s->own = (struct node_pull){.next = m.from};
    buf_clear(&s->body);
    message_pull_encode(&m, &s->body);
    node_sync_send(s, MESSAGE_PULL, false, ev, fx);
}

enum err node_pull_check(struct node_pull *p, const struct node_identity *id,
                         const struct id_inc *inc, const uint8_t key[static 32],
                         const struct message_set *m, struct change_view *view)
{
    enum err e = change_open(m->head, m->body, view);
    if (e == ERR_OK) e = change_verify(view);
    if (e != ERR_OK) return e;
    const struct change_head *h = &view->head;
    struct id_hash hash;
    change_hash(m->head, &hash);
    if (!ID_EQUAL(&h->hub, &id->hub) || !ID_EQUAL(&h->node, &id->node) || !ID_EQUAL(&h->inc, inc) ||
        h->seq != p->next || (p->any && !ID_EQUAL(&h->prev, &p->head)))
        return ERR_CHAIN_BROKEN;
    p->any = true;
    p->next++;
    p->head = hash;
    p->is_signed = change_check_signature(key, h, &hash, m->signature) == ERR_OK;
    return ERR_OK;
}

static enum err node_sync_own_check(struct node_sync *s, const struct message_set *m)
{
    const uint8_t *key = s->mending.log_keys[s->pull - 1];
    if (sodium_is_zero(key, 32)) key = s->keys->sign_pk;
    return node_pull_check(&s->own, &s->identity, &s->hello.logs[s->pull - 1].inc, key, m, s->view);
}

/* The hub's word for a head is worth our signature under it. */
static enum err node_sync_pulled(struct node_sync *s)
{
    struct node_store_fix *f = &s->fixes[s->pull - 1];
    if (s->own.next < f->next_seq || !s->own.any || !s->own.is_signed) return ERR_BAD_SIGNATURE;
    f->next_seq = s->own.next; /* it may have grown meanwhile */
    f->head = s->own.head;
    s->pull = 0;
    return ERR_OK;
}

/* ---- sets that rotted here ---- */

/* After a session whose pulling was cut what waits goes first: what came of the pull is kept meanwhile. Not where the
 * hub's head is among what rotted, for then the logs would look unlike. */
static bool node_sync_heal_rests(struct node_sync *s)
{
    bool waits = false, cut = s->heal_cut;
    s->heal_cut = false;
    for (size_t i = 0; i < s->hello.log_count; i++) {
        const struct node_store_rot *rot = &s->mending.rot[i];
        waits = waits || s->hello.logs[i].next_seq > s->stated[i].next_seq;
        if (rot->any && rot->last + 1 >= s->stated[i].next_seq) cut = false;
    }
    return cut && waits;
}

bool node_sync_heal(struct node_sync *s, const struct node_sync_event *ev,
                    struct node_sync_effects *fx)
{
    if (s->result.verdict != MESSAGE_GO || s->heal_seen) return false;
    s->heal_seen = true;
    if (node_sync_heal_rests(s)) return false;
    for (size_t i = 0; i < s->hello.log_count; i++) {
        const struct node_store_rot *rot = &s->mending.rot[i];
        if (!rot->any || s->stated[i].next_seq <= rot->last) continue;
        struct message_pull m = {.inc = s->hello.logs[i].inc, .from = rot->first};
        s->pull = i + 1;
        s->own = (struct node_pull){.next = rot->first};
        s->healing = s->mend = s->heal_cut = true;
        buf_clear(&s->body);
        message_pull_encode(&m, &s->body);
        node_sync_send(s, MESSAGE_PULL, false, ev, fx);
        return true;
    }
    return false;
}

/* Sets of the log from the first that rotted and did not come yet. Behind the last such, or when the hub has none that
 * is good, the node comes again: the next session begins with the log as it is then. */
static void node_sync_heal_own(struct node_sync *s, struct bytes body,
                               const struct node_sync_event *ev, struct node_sync_effects *fx)
{
    size_t count = 0;
    enum err e = message_sets_decode(body, s->items.sets, MESSAGE_ITEMS_MAX, &count);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = node_sync_own_check(s, &s->items.sets[i]);
    if (e != ERR_OK || count == 0) {
        node_sync_repaired(s, ev, fx);
        return;
    }
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_HEAL);
    f->inc = s->hello.logs[s->pull - 1].inc;
    f->sets = s->items.sets;
    f->count = count;
    bool last = s->own.next > s->mending.rot[s->pull - 1].last;
    s->answer = last ? NODE_SYNC_WANT_REPAIRED : NODE_SYNC_WANT_STORED;
}

void node_sync_own(struct node_sync *s, struct bytes body, const struct node_sync_event *ev,
                   struct node_sync_effects *fx)
{
    size_t count = 0;
    if (s->items.sets == NULL) s->items.sets = calloc(MESSAGE_ITEMS_MAX, sizeof *s->items.sets);
    enum err e = s->items.sets != NULL ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK && s->pull == 0) e = ERR_BAD_FORMAT; /* not asked for */
    if (e == ERR_OK && s->healing) {
        node_sync_heal_own(s, body, ev, fx);
        return;
    }
    if (e == ERR_OK) e = message_sets_decode(body, s->items.sets, MESSAGE_ITEMS_MAX, &count);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = node_sync_own_check(s, &s->items.sets[i]);
    if (e == ERR_OK && count == 0) e = node_sync_pulled(s);
    if (e != ERR_OK) {
        node_sync_fail(s, e, ev, fx);
    } else if (count == 0) {
        node_sync_pull_next(s, ev, fx);
    } else {
        struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_STAGE_OWN);
        f->inc = s->hello.logs[s->pull - 1].inc;
        f->sets = s->items.sets;
        f->count = count;
        s->answer = NODE_SYNC_WANT_STORED;
    }
}

/* ---- what to do ---- */

void node_sync_checked(struct node_sync *s, const struct node_sync_event *ev,
                       struct node_sync_effects *fx)
{
    bool any = s->hello.log_count > 0 && s->fixes[0].closed;
    for (size_t i = 0; i < s->hello.log_count; i++) {
        s->fixes[i].inc = s->hello.logs[i].inc;
        s->fixes[i].next_seq = s->stated[i].next_seq;
        s->fixes[i].head = s->stated[i].head;
        any = any || s->fixes[i].pull || s->fixes[i].tail;
    }
    s->mend = true;
    if (s->apart) {
        node_sync_apart(s);
    } else if (node_sync_hub_lost(s)) {
        node_sync_lost(s, ev, fx);
    } else if (any) {
        node_sync_pull_next(s, ev, fx);
    } else if (s->result.verdict == MESSAGE_NEW_INCARNATION) {
        node_sync_say(s, "Trung tâm thấy nhật ký của máy này khác đi.",
                      "The hub sees another log of this PC than we do.");
        node_sync_fail(s, ERR_FORKED, ev, fx); /* it sees a fork where there is none */
    } else {
        s->mend = false;
        s->heads_ok = true;
    }
}

void node_sync_mend_damage(struct node_sync *s, struct node_sync_effects *fx)
{
    for (size_t i = 0; i < s->hello.log_count; i++) {
        s->fixes[i] = (struct node_store_fix){.inc = s->hello.logs[i].inc,
                                              .next_seq = s->heads[i].next_seq,
                                              .head = s->heads[i].head};
        s->fixes[i].tail = i == s->damaged_log;
    }
    node_sync_repair(s, fx);
}

/* The store is another than the one that this session began with: begin again. */
void node_sync_repaired(struct node_sync *s, const struct node_sync_event *ev,
                        struct node_sync_effects *fx)
{
    enum err how = s->damaged ? ERR_DAMAGED : ERR_AGAIN;
    s->heal_cut = false;
    struct message_bye bye = {.position = s->damaged ? s->end.position : 0, .code = (unsigned)how};
    buf_clear(&s->body);
    message_bye_encode(&bye, &s->body);
    node_sync_send(s, MESSAGE_BYE, false, ev, fx);
    if (s->state == NODE_SYNC_SYNCING) node_sync_follow(s, how, ev, fx);
}

/* ---- giving back ---- */

void node_sync_kept_more(struct node_sync *s, struct node_sync_effects *fx)
{
    node_sync_effect_add(fx, NODE_SYNC_FX_READ_KEPT)->seq = s->kept_after;
    s->answer = NODE_SYNC_WANT_KEPT;
}

void node_sync_kept(struct node_sync *s, const struct node_sync_event *ev,
                    struct node_sync_effects *fx)
{
    s->kept_read = ev->kept_count == 0;
    if (s->kept_read) return;
    s->kept_after = ev->kept[ev->kept_count - 1].position;
    buf_clear(&s->body);
    message_sets_encode(ev->kept, ev->kept_count, &s->body);
    node_sync_send(s, MESSAGE_GIVEBACK, true, ev, fx);
}

/* ---- a set that is damaged at the hub ---- */

void node_sync_again(struct node_sync *s, struct bytes body, const struct node_sync_event *ev,
                     struct node_sync_effects *fx)
{
    enum err e = message_pull_decode(body, &s->asked);
    if (e != ERR_OK) {
        node_sync_fail(s, e, ev, fx);
        return;
    }
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_READ_SETS);
    f->inc = s->asked.inc;
    f->seq = s->asked.from;
    f->count = 1;
    s->answer = NODE_SYNC_WANT_AGAIN;
}

/* It comes from our own disk, which may be damaged too: then we have none. */
void node_sync_again_read(struct node_sync *s, const struct node_sync_event *ev,
                          struct node_sync_effects *fx)
{
    struct message_set m = {.position = 0};
    size_t count = ev->set_count > 0 ? 1 : 0;
    if (count > 0) {
        m.head = ev->sets[0].head;
        m.body = ev->sets[0].body;
        memcpy(m.signature, ev->sets[0].signature, sizeof m.signature);
        const struct change_head *h = &s->view->head;
        if (change_open(m.head, m.body, s->view) != ERR_OK || change_verify(s->view) != ERR_OK ||
            h->seq != s->asked.from || !ID_EQUAL(&h->inc, &s->asked.inc))
            count = 0;
    }
    buf_clear(&s->body);
    message_sets_encode(&m, count, &s->body);
    node_sync_send(s, MESSAGE_RESENT, true, ev, fx);
}
