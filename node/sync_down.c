/* What comes down: the feed, staged part by part, and its end, which makes it visible. */
#include "node/sync_priv.h"
#include "proto/admin_key.h"

#include <stdlib.h>

/* Room for the items of one message, kept from the first of its kind on; NULL: out of memory. */
static void *node_sync_room(void *items, size_t size)
{
    return items != NULL ? items : calloc(MESSAGE_ITEMS_MAX, size);
}

/* One set of the hub's own log: its bytes, its hashes, the hub's signature. */
static enum err node_sync_check_set(struct node_sync *s, const struct message_set *m)
{
    enum err e = change_open(m->head, m->body, s->view);
    if (e == ERR_OK) e = change_verify(s->view);
    if (e != ERR_OK) return e;
    const struct change_head *h = &s->view->head;
    if (!ID_EQUAL(&h->hub, &s->identity.hub)) return ERR_WRONG_HUB;
    if (!ID_EQUAL(&h->node, &s->identity.hub)) return ERR_BAD_SIGNATURE; /* not the hub's log */
    return admin_key_set_check(&s->card, h, &s->view->hash, m->signature, m->position, NULL);
}

static enum err node_sync_on_sets(struct node_sync *s, struct bytes body,
                                  struct node_sync_effects *fx)
{
    size_t count = 0;
    s->items.sets = node_sync_room(s->items.sets, sizeof *s->items.sets);
    if (s->items.sets == NULL) return ERR_NOMEM;
    enum err e = message_sets_decode(body, s->items.sets, MESSAGE_ITEMS_MAX, &count);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        e = node_sync_check_set(s, &s->items.sets[i]);
    }
    if (e != ERR_OK) return e;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_STAGE_SETS);
    f->epoch = s->epoch;
    f->sets = s->items.sets;
    f->count = count;
    return ERR_OK;
}

static enum err node_sync_on_erasures(struct node_sync *s, struct bytes body,
                                      struct node_sync_effects *fx)
{
    struct message_erasures m;
    s->items.sets = node_sync_room(s->items.sets, sizeof *s->items.sets);
    if (s->items.sets == NULL) return ERR_NOMEM;
    enum err e = message_erasures_decode(body, &m, s->items.sets, MESSAGE_ITEMS_MAX);
    for (size_t i = 0; e == ERR_OK && i < m.count; i++)
        e = node_sync_check_set(s, &s->items.sets[i]);
    if (e != ERR_OK) return e;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_ERASE);
    f->sets = s->items.sets;
    f->count = m.count;
    f->whole = m.first == 1;
    s->whole = s->whole || f->whole;
    f->last = s->whole && m.first + m.count - 1 == m.total;
    return ERR_OK;
}

static enum err node_sync_on_records(struct node_sync *s, struct bytes body,
                                     struct node_sync_effects *fx)
{
    size_t count = 0;
    s->items.records = node_sync_room(s->items.records, sizeof *s->items.records);
    if (s->items.records == NULL) return ERR_NOMEM;
    enum err e = message_records_decode(body, s->items.records, MESSAGE_ITEMS_MAX, &count);
    if (e != ERR_OK) return e;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_STAGE_RECORDS);
    f->epoch = s->epoch;
    f->records = s->items.records;
    f->count = count;
    return ERR_OK;
}

static enum err node_sync_on_verdicts(struct node_sync *s, struct bytes body,
                                      struct node_sync_effects *fx)
{
    size_t count = 0;
    s->items.verdicts = node_sync_room(s->items.verdicts, sizeof *s->items.verdicts);
    if (s->items.verdicts == NULL) return ERR_NOMEM;
    enum err e = message_verdicts_decode(body, s->items.verdicts, MESSAGE_ITEMS_MAX, &count);
    if (e != ERR_OK) return e;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_STAGE_VERDICTS);
    f->epoch = s->epoch;
    f->verdicts = s->items.verdicts;
    f->count = count;
    return ERR_OK;
}

static enum err node_sync_on_moves(struct node_sync *s, struct bytes body,
                                   struct node_sync_effects *fx)
{
    size_t count = 0;
    s->items.moves = node_sync_room(s->items.moves, sizeof *s->items.moves);
    if (s->items.moves == NULL) return ERR_NOMEM;
    enum err e = message_moves_decode(body, s->items.moves, MESSAGE_ITEMS_MAX, &count);
    if (e != ERR_OK) return e;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_STAGE_MOVES);
    f->epoch = s->epoch;
    f->moves = s->items.moves;
    f->count = count;
    return ERR_OK;
}

/* The end of the feed drops pending sets below its heads: none may lie above what the hub proved,
 * by receipts or by heads that stand in our own log. */
static enum err node_sync_on_end(struct node_sync *s, struct bytes body,
                                 struct node_sync_effects *fx)
{
    enum err e = message_end_decode(body, &s->end);
    if (e != ERR_OK) return e;
    if (!s->upend || s->flight_count > 0) return ERR_BAD_FORMAT;
    if (s->end.position < s->hello.cursor_position) return ERR_BAD_FORMAT;
    for (size_t i = 0; i < s->end.head_count; i++) {
        size_t log = 0;
        while (log < s->hello.log_count && !ID_EQUAL(&s->hello.logs[log].inc, &s->end.incs[i]))
            log++;
        if (log == s->hello.log_count || s->end.next_seqs[i] > s->heads[log].next_seq)
            return ERR_BAD_FORMAT;
    }
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_APPLY);
    f->epoch = s->epoch;
    f->end = &s->end;
    f->lineage = s->lineage;
    f->count = s->lineage_count;
    s->answer = NODE_SYNC_WANT_APPLIED;
    return ERR_OK;
}

void node_sync_feed(struct node_sync *s, const struct link_event *m,
                    const struct node_sync_event *ev, struct node_sync_effects *fx)
{
    enum err e = ERR_BAD_FORMAT;
    s->answer = NODE_SYNC_WANT_STORED;
    switch (m->type) {
    case MESSAGE_SETS: e = node_sync_on_sets(s, m->body, fx); break;
    case MESSAGE_ERASURES: e = node_sync_on_erasures(s, m->body, fx); break;
    case MESSAGE_RECORDS: e = node_sync_on_records(s, m->body, fx); break;
    case MESSAGE_VERDICTS: e = node_sync_on_verdicts(s, m->body, fx); break;
    case MESSAGE_MOVES: e = node_sync_on_moves(s, m->body, fx); break;
    case MESSAGE_END: e = node_sync_on_end(s, m->body, fx); break;
    default: break;
    }
    if (e != ERR_OK) node_sync_fail(s, e, ev, fx);
}

void node_sync_applied(struct node_sync *s, const struct node_sync_event *ev,
                       struct node_sync_effects *fx)
{
    enum err how = ev->error;
    if (how == ERR_OK && s->damaged) {
        node_sync_mend_damage(s, fx);
        return;
    }
    if (how == ERR_OK && s->mending.attach && !s->again) {
        node_sync_attach_begin(s, ev, fx);
    } else {
        node_sync_bye(s, how, ev, fx);
    }
}
