/* What goes up: checking the hub's heads against the own logs, frames of own sets, receipts. */
#include "common/zoo.h"
#include "node/sync_priv.h"

#include <assert.h>

static void node_sync_read(struct node_sync *s, uint64_t seq, size_t count,
                           enum node_sync_answer answer, struct node_sync_effects *fx)
{
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_READ_SETS);
    f->inc = s->hello.logs[s->log - 1].inc;
    f->seq = seq;
    f->count = count;
    s->answer = answer;
}

/* A log whose head at the hub is looked at and, but for `pull`, stands in our own. */
static void node_sync_head_seen(struct node_sync *s, bool pull)
{
    size_t i = s->log - 1;
    const struct message_head *hub = &s->stated[i];
    bool more = s->hello.logs[i].next_seq > hub->next_seq;
    s->fixes[i].pull = pull;
    s->fixes[i].tail = !pull && hub->closed && more;
    s->fixes[i].closed = hub->closed;
    s->log--;
}

void node_sync_check_heads(struct node_sync *s, const struct node_sync_event *ev,
                           struct node_sync_effects *fx)
{
    while (s->log > 0) {
        const struct message_log *own = &s->hello.logs[s->log - 1];
        const struct message_head *hub = &s->stated[s->log - 1];
        bool unlike =
            hub->next_seq > own->next_seq || (hub->next_seq == own->next_seq && hub->next_seq > 0 &&
                                              !(ZOO(102) || ID_EQUAL(&hub->head, &own->head)));
        if (unlike || hub->next_seq == 0 || hub->next_seq == own->next_seq) {
            node_sync_head_seen(s, unlike);
            continue;
        }
        node_sync_read(s, hub->next_seq - 1, 1, NODE_SYNC_WANT_HEAD, fx);
        return;
    }
    s->log = s->hello.log_count; /* the oldest log first: newer ones name its versions */
    node_sync_checked(s, ev, fx);
}

void node_sync_head_read(struct node_sync *s, const struct node_sync_event *ev,
                         struct node_sync_effects *fx)
{
    struct id_hash hash;
    if (ev->set_count == 0) { /* the hello said that we have it */
        node_sync_fail(s, ERR_DAMAGED, ev, fx);
        return;
    }
    change_hash(ev->sets[0].head, &hash);
    node_sync_head_seen(s, !ZOO(102) && !ID_EQUAL(&hash, &s->stated[s->log - 1].head));
}

static void node_sync_upend(struct node_sync *s, const struct node_sync_event *ev,
                            struct node_sync_effects *fx)
{
    s->upend = true;
    pack_free(s->pack); /* no frame follows: its memory is for applying the feed */
    s->pack = NULL;
    buf_clear(&s->body);
    wire_put_array(&s->body, 0);
    node_sync_send(s, MESSAGE_UPEND, false, ev, fx);
}

void node_sync_read_more(struct node_sync *s, const struct node_sync_event *ev,
                         struct node_sync_effects *fx)
{
    if (!s->kept_read) { /* first, for what is erased is refused where no order is known */
        node_sync_kept_more(s, fx);
        return;
    }
    if (s->log == 0) {
        node_sync_upend(s, ev, fx);
        return;
    }
    node_sync_read(s, s->heads[s->log - 1].next_seq, NODE_SYNC_READ_SETS, NODE_SYNC_WANT_SETS, fx);
}

struct node_sync_up { /* context of the callbacks of pack_encode */
    const struct node_sync_event *ev;
    size_t first;
};

static const uint8_t *node_sync_root_of(void *ctx, const struct id_inc *inc, uint64_t block)
{
    const struct node_sync_up *up = ctx;
    (void)inc; /* one READ_SETS is of one log */
    for (size_t i = 0; i < up->ev->root_count; i++) {
        if (up->ev->roots[i].block == block) return up->ev->roots[i].root;
    }
    return NULL;
}

static enum err node_sync_signature_of(void *ctx, size_t index, uint8_t out[static 64])
{
    const struct node_sync_up *up = ctx;
    const struct node_store_set *v = &up->ev->sets[up->first + index];
    if (!node_keys_signed(v)) return ERR_NOT_FOUND;
    memcpy(out, v->signature, 64);
    return ERR_OK;
}

/* Pack and send one frame of ev->sets from *first on; *first moves on by what went. ERR_AGAIN: no frame can end in
 * what was read. */
static enum err node_sync_up_frame(struct node_sync *s, const struct node_sync_event *ev,
                                   size_t *first, struct node_sync_effects *fx)
{
    static_assert(LINK_UNRECEIPTED_MAX * FRAME_BODY_BYTES_MAX < LINK_OUT_BYTES_MAX,
                  "a whole flight fits the link");
    struct pack_set sets[NODE_SYNC_READ_SETS];
    size_t count = ev->set_count - *first;
    count = node_keys_run(ev->sets + *first, count);
    if (s->apart && count > 0 && node_keys_signed(&ev->sets[*first]))
        count = 1; /* a person decides about each, so each has its signature */
    if (count == 0) return ERR_AGAIN;
    for (size_t i = 0; i < count; i++) {
        sets[i] = (struct pack_set){ev->sets[*first + i].head, ev->sets[*first + i].body};
    }
    if (s->pack == NULL) {
        enum err e = pack_new(&s->pack);
        if (e != ERR_OK) return e;
        link_level(s->wire, NODE_SYNC_ZSTD_LEVEL);
    }
    struct node_sync_up up = {.ev = ev, .first = *first};
    size_t taken = 0;
    buf_clear(&s->body);
    enum err e = pack_encode(s->pack, sets, count, node_sync_root_of, node_sync_signature_of, &up,
                             &s->body, &taken);
    if (e == ERR_BAD_HASH && taken == 0) return ERR_BAD_HASH;
    if (e != ERR_OK && e != ERR_BAD_HASH) return e;
    assert(taken >= 1 && taken <= count);

    struct message_head *head = &s->heads[s->log - 1];
    head->next_seq += taken;
    change_hash(sets[taken - 1].head, &head->head);
    assert(s->flight_count < LINK_UNRECEIPTED_MAX);
    s->flight[s->flight_count++] =
        (struct node_sync_frame){s->hello.logs[s->log - 1].inc, head->next_seq, head->head};
    *first += taken;
    node_sync_send(s, MESSAGE_UP, true, ev, fx);
    return ERR_OK;
}

static size_t node_sync_rest_bytes(const struct node_sync_event *ev, size_t first)
{
    size_t n = 0;
    for (size_t i = first; i < ev->set_count; i++)
        n += ev->sets[i].head.len + ev->sets[i].body.len;
    return n;
}

/* Are these the sets that were asked for? They come from our own disk, which may be damaged. */
static bool node_sync_sets_fit(const struct node_sync *s, const struct node_sync_event *ev)
{
    if (ev->set_count > NODE_SYNC_READ_SETS) return false;
    for (size_t i = 0; i < ev->set_count; i++) {
        struct change_head h;
        if (change_head_read(ev->sets[i].head, &h) != ERR_OK) return false;
        if (!ID_EQUAL(&h.inc, &s->hello.logs[s->log - 1].inc)) return false;
        if (h.seq != s->heads[s->log - 1].next_seq + i) return false;
    }
    return true;
}

void node_sync_sets_read(struct node_sync *s, const struct node_sync_event *ev,
                         struct node_sync_effects *fx)
{
    if (ev->set_count == 0) {
        s->log--; /* this log is sent */
        return;
    }
    enum err e = node_sync_sets_fit(s, ev) ? ERR_OK : ERR_BAD_HASH;
    /* A rest that would make a small frame is read again together with what stands behind it. */
    for (size_t first = 0; e == ERR_OK && first < ev->set_count;) {
        e = node_sync_up_frame(s, ev, &first, fx);
        if (e == ERR_AGAIN && first > 0) return; /* with what stands behind it */
        if (e == ERR_AGAIN) e = ERR_BAD_HASH; /* nothing signed follows: it cannot be handed in */
        if (e != ERR_OK) break; /* even when little is left: it would be read for ever */
        if (s->state != NODE_SYNC_SYNCING || s->flight_count == LINK_UNRECEIPTED_MAX) return;
        if (!s->apart && node_sync_rest_bytes(ev, first) < FRAME_BODY_BYTES_MAX) return;
    }
    if (e == ERR_BAD_HASH || e == ERR_NOT_FOUND) {
        /* The chain ends before the damaged set; the feed goes on. A run without signatures that is damaged within, or
         * that fills more than a frame, cannot be handed in as it is either; and the ids that pack_encode() counted for
         * it are none of the hub's: nothing more goes up now. */
        s->damaged = true;
        s->log--;
        s->damaged_log = s->log;
        if (e == ERR_NOT_FOUND) s->log = 0;
    } else if (e != ERR_OK) {
        node_sync_fail(s, e, ev, fx);
    }
}

/* The chain hash of our log before `next_seq`, as sent in this session or found at the hub. */
static const struct id_hash *node_sync_chain_at(const struct node_sync *s,
                                                const struct message_receipt *m, size_t *frames)
{
    for (size_t i = 0; i < s->flight_count; i++) {
        const struct node_sync_frame *f = &s->flight[i];
        if (!ID_EQUAL(&f->inc, &m->inc)) break; /* frames are receipted in their order */
        if (f->next_seq != m->next_seq) continue;
        *frames = i + 1;
        return &f->chain;
    }
    for (size_t i = 0; i < s->hello.log_count; i++) {
        if (!ID_EQUAL(&s->hello.logs[i].inc, &m->inc)) continue;
        *frames = 0;
        if (m->next_seq > 0 && s->stated[i].next_seq == m->next_seq) return &s->stated[i].head;
    }
    return NULL;
}

void node_sync_receipt(struct node_sync *s, struct bytes body, const struct node_sync_event *ev,
                       struct node_sync_effects *fx)
{
    struct message_receipt m;
    size_t frames = 0;
    const struct id_hash *chain = NULL;
    enum err e = message_receipt_decode(body, &m);
    if (e == ERR_OK) {
        chain = node_sync_chain_at(s, &m, &frames);
        if (chain == NULL) e = ERR_BAD_FORMAT; /* a receipt for what was not sent */
    }
    if (e == ERR_OK && m.first_position > m.last_position) e = ERR_BAD_FORMAT;
    if (e != ERR_OK) {
        node_sync_fail(s, e, ev, fx);
        return;
    }
    /* Of a head that stands in another branch than ours, or whose repair comes first: the next session brings it. */
    if (frames == 0 && !s->heads_ok) return;
    struct admin_receipt r = {.hub = s->identity.hub,
                              .node = s->identity.node,
                              .epoch = s->epoch,
                              .inc = m.inc,
                              .next_seq = m.next_seq,
                              .chain = *chain,
                              .first_position = m.first_position,
                              .last_position = m.last_position,
                              .position_hash = m.position_hash};
    e = admin_receipt_check(&r, s->identity.hub_log_pk, m.signature);
    if (e != ERR_OK) {
        node_sync_fail(s, e, ev, fx);
        return;
    }
    s->flight_count -= frames;
    memmove(s->flight, s->flight + frames, s->flight_count * sizeof s->flight[0]);
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_STORE_RECEIPT);
    f->receipt = r;
    memcpy(f->signature, m.signature, sizeof f->signature);
    s->answer = NODE_SYNC_WANT_STORED;
}
