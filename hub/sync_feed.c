/* Frames that come up and their receipts; the feed that goes down. */
#include "hub/sync_priv.h"

static size_t hub_sync_log_of(const struct hub_sync *s, const struct id_inc *inc)
{
    size_t i = 0;
    while (i < s->hello.log_count && !ID_EQUAL(&s->hello.logs[i].inc, inc))
        i++;
    return i;
}

void hub_sync_up(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx)
{
    struct pack_context ctx = {.hub = s->keys.hub, .node = s->node.node, .any_key = true};
    uint64_t first = 0;
    size_t count = 0;
    size_t log = 0;
    enum err e = pack_peek(body, &ctx.inc, &first, &count);
    if (e == ERR_OK) {
        log = hub_sync_log_of(s, &ctx.inc);
        if (log == s->hello.log_count) e = ERR_CHAIN_BROKEN; /* not a log of the hello */
    }
    if (e == ERR_OK && s->pack == NULL) e = pack_new(&s->pack);
    if (e == ERR_OK) {
        ctx.next_seq = s->heads[log].next_seq;
        ctx.prev = s->heads[log].head;
        if (ctx.next_seq > 0) ctx.sign_pk = s->log_keys[log];
        pack_sets_free(&s->taking);
        e = pack_decode(s->pack, body, &ctx, &s->taking);
    }
    if (e != ERR_OK) {
        hub_sync_close(s, e, fx);
        return;
    }
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_TAKE);
    f->node = &s->node;
    f->sets = &s->taking;
    f->inc = ctx.inc;
    s->answer = HUB_SYNC_WANT_TAKEN;
}

void hub_sync_receipt(struct hub_sync *s, size_t log, uint64_t first, uint64_t last,
                      const struct id_hash *position_hash, struct hub_sync_effects *fx)
{
    struct admin_receipt r = {.hub = s->keys.hub,
                              .node = s->node.node,
                              .epoch = s->epoch,
                              .inc = s->hello.logs[log].inc,
                              .next_seq = s->heads[log].next_seq,
                              .chain = s->heads[log].head,
                              .first_position = first,
                              .last_position = last,
                              .position_hash = *position_hash};
    struct message_receipt m = {.inc = r.inc,
                                .next_seq = r.next_seq,
                                .first_position = first,
                                .last_position = last,
                                .position_hash = *position_hash};
    admin_receipt_sign(&r, s->keys.log_secret, m.signature);
    buf_clear(&s->body);
    message_receipt_encode(&m, &s->body);
    hub_sync_send(s, MESSAGE_RECEIPT, false, fx);
}

void hub_sync_taken(struct hub_sync *s, const struct hub_sync_event *ev,
                    struct hub_sync_effects *fx)
{
    struct change_head h;
    enum err e = change_head_read(s->taking.v[s->taking.count - 1].head, &h);
    size_t log = e == ERR_OK ? hub_sync_log_of(s, &h.inc) : s->hello.log_count;
    size_t sets = s->taking.count;
    if (log < s->hello.log_count)
        memcpy(s->log_keys[log], s->taking.sign_pk, sizeof s->log_keys[log]);
    pack_sets_free(&s->taking);
    if (log == s->hello.log_count || ev->taken->epoch != s->epoch ||
        ev->taken->next_seq != h.seq + 1) {
        hub_sync_close(s, ERR_STORE, fx); /* the store contradicts the session: no receipt */
        return;
    }
    s->heads[log].next_seq = ev->taken->next_seq;
    s->heads[log].head = ev->taken->chain;
    if (ev->taken->apart || s->apart) { /* let in before: no receipt goes to who is revoked */
        hub_sync_kept_apart(s, &h.inc, ev->taken, sets, fx);
        return;
    }
    s->rekeyed = s->rekeyed || ev->taken->rekeyed;
    hub_sync_receipt(s, log, ev->taken->first_position, ev->taken->last_position,
                     &ev->taken->position_hash, fx);
}

void hub_sync_feed_more(struct hub_sync *s, struct hub_sync_effects *fx)
{
    if (s->repairing || s->apart) return;
    if (s->listing && s->live) {
        struct hub_sync_effect *l = hub_sync_effect_add(fx, HUB_SYNC_FX_READ_LIST);
        l->node = &s->node;
        l->rekeyed = s->rekeyed;
        l->hello = &s->hello;
        l->cursor = s->list_next;
        s->feeding = true;
        return;
    }
    bool early =
        s->state == HUB_SYNC_SYNCING && s->live && !s->caught_up && s->position > s->cursor;
    bool late = s->state == HUB_SYNC_ENDING && !s->end_sent;
    if ((!early && !late) || s->queued >= HUB_SYNC_QUEUED_MAX) return;
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_READ_FEED);
    f->node = &s->node;
    f->cursor = s->cursor;
    f->hello = &s->hello;
    f->rekeyed = s->rekeyed;
    s->feeding = true;
}

/* How many items from `first` on fit one message; sizes are upper bounds of their encodings. */
typedef size_t hub_sync_size_fn(const struct hub_feed *f, size_t i);

static size_t hub_sync_set_size(const struct hub_feed *f, size_t i)
{
    return f->sets[i].head.len + f->sets[i].body.len + 96;
}

static size_t hub_sync_record_size(const struct hub_feed *f, size_t i)
{
    return f->records[i].state.len + f->records[i].unit.len + 48;
}

static size_t hub_sync_verdict_size(const struct hub_feed *f, size_t i)
{
    return f->verdicts[i].verdicts.len + 32;
}

static size_t hub_sync_move_size(const struct hub_feed *f, size_t i)
{
    return f->moves[i].item.len + 24;
}

static size_t hub_sync_fit(const struct hub_feed *f, hub_sync_size_fn *size, size_t first,
                           size_t count)
{
    size_t n = 0;
    size_t bytes = 8;
    while (first + n < count && n < MESSAGE_ITEMS_MAX) {
        bytes += size(f, first + n);
        if (n > 0 && bytes > FRAME_BODY_BYTES_MAX) break;
        n++;
    }
    return n;
}

static void hub_sync_send_items(struct hub_sync *s, const struct hub_feed *f,
                                struct hub_sync_effects *fx)
{
    for (size_t i = 0, n = 0; i < f->set_count; i += n) {
        n = hub_sync_fit(f, hub_sync_set_size, i, f->set_count);
        buf_clear(&s->body);
        message_sets_encode(f->sets + i, n, &s->body);
        hub_sync_send(s, MESSAGE_SETS, true, fx);
    }
    for (size_t i = 0, n = 0; i < f->verdict_count; i += n) {
        n = hub_sync_fit(f, hub_sync_verdict_size, i, f->verdict_count);
        buf_clear(&s->body);
        message_verdicts_encode(f->verdicts + i, n, &s->body);
        hub_sync_send(s, MESSAGE_VERDICTS, true, fx);
    }
    for (size_t i = 0, n = 0; i < f->move_count; i += n) {
        n = hub_sync_fit(f, hub_sync_move_size, i, f->move_count);
        buf_clear(&s->body);
        message_moves_encode(f->moves + i, n, &s->body);
        hub_sync_send(s, MESSAGE_MOVES, true, fx);
    }
    /* Records come last: what is staged up to a record's position has all sets and verdicts. */
    for (size_t i = 0, n = 0; i < f->record_count; i += n) {
        n = hub_sync_fit(f, hub_sync_record_size, i, f->record_count);
        buf_clear(&s->body);
        message_records_encode(f->records + i, n, &s->body);
        hub_sync_send(s, MESSAGE_RECORDS, true, fx);
    }
}

/* A node that has more of the list than this hub is told of the whole of ours, even of none. */
static void hub_sync_list(struct hub_sync *s, const struct hub_feed *f, struct hub_sync_effects *fx)
{
    uint64_t first = f->list_next - f->list_count;
    size_t i = 0;
    s->list_next = f->list_next;
    s->listing = f->list_count > 0 && f->list_next <= s->list_total;
    do {
        size_t n = hub_sync_fit_sets(f->list, f->list_count, i);
        uint64_t total = f->list_next - 1 > s->list_total ? f->list_next - 1 : s->list_total;
        struct message_erasures m = {.first = first + i, .total = total, .count = n};
        buf_clear(&s->body);
        message_erasures_encode(&m, f->list + i, &s->body);
        hub_sync_send(s, MESSAGE_ERASURES, true, fx);
        i += n;
    } while (i < f->list_count);
}

void hub_sync_feed(struct hub_sync *s, const struct hub_sync_event *ev, struct hub_sync_effects *fx)
{
    const struct hub_feed *f = ev->feed;
    s->feeding = false;
    if (s->apart) return;
    if (f->of_list) {
        hub_sync_list(s, f, fx);
        return;
    }
    hub_sync_send_items(s, f, fx);
    if (f->upto > s->cursor) s->cursor = f->upto;
    if (!f->last) return;
    if (s->state == HUB_SYNC_SYNCING) {
        s->caught_up = true; /* what this session still brings is read after UPEND */
        return;
    }
    hub_sync_ask_again(s, f, fx);
    buf_clear(&s->body);
    message_end_encode(&f->end, &s->body);
    hub_sync_send(s, MESSAGE_END, false, fx);
    s->end_sent = true;
}
