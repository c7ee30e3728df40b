#include "node/sync_priv.h"
#include "common/zoo.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

static bool node_sync_may_move(enum node_sync_state from, enum node_sync_state to)
{
    switch (from) {
    case NODE_SYNC_IDLE: return to == NODE_SYNC_LOADING;
    case NODE_SYNC_LOADING: return to == NODE_SYNC_DIALING || to == NODE_SYNC_IDLE;
    case NODE_SYNC_DIALING: return to == NODE_SYNC_GREETING || to == NODE_SYNC_IDLE;
    case NODE_SYNC_GREETING:
        return to == NODE_SYNC_SYNCING || to == NODE_SYNC_JOINING || to == NODE_SYNC_IDLE;
    case NODE_SYNC_JOINING: return to == NODE_SYNC_CLOSING || to == NODE_SYNC_IDLE;
    case NODE_SYNC_SYNCING: return to == NODE_SYNC_CLOSING || to == NODE_SYNC_IDLE;
    case NODE_SYNC_CLOSING: return to == NODE_SYNC_IDLE;
    }
    return false;
}

void node_sync_move(struct node_sync *s, enum node_sync_state to)
{
    assert(node_sync_may_move(s->state, to));
    s->state = to;
}

enum err node_sync_new(const struct node_sync_keys *keys, struct node_sync **out)
{
    struct node_sync *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    s->keys = keys;
    s->view = malloc(sizeof *s->view);
    if (s->view == NULL) {
        free(s);
        return ERR_NOMEM;
    }
    buf_init(&s->body, FRAME_BODY_BYTES_MAX);
    *out = s;
    return ERR_OK;
}

void node_sync_free(struct node_sync *s)
{
    if (s == NULL) return;
    link_free(s->wire);
    link_free(s->old_wire);
    pack_free(s->pack);
    free(s->items.sets);
    free(s->items.records);
    free(s->items.verdicts);
    free(s->items.moves);
    free(s->view);
    buf_free(&s->body);
    sodium_memzero(s, sizeof *s); /* the token of an invitation may stand in the identity */
    free(s);
}

enum node_sync_state node_sync_state(const struct node_sync *s)
{
    return s->state;
}

void node_sync_result(const struct node_sync *s, struct node_sync_result *out)
{
    *out = s->result;
    out->wanted_again = s->again || s->at_once;
}

struct node_sync_effect *node_sync_effect_add(struct node_sync_effects *fx,
                                              enum node_sync_effect_kind kind)
{
    assert(fx->count < NODE_SYNC_EFFECTS_MAX);
    struct node_sync_effect *f = &fx->v[fx->count++];
    memset(f, 0, sizeof *f);
    f->kind = kind;
    return f;
}

/* A SEND effect for what waits in the link, if anything does. */
static void node_sync_push(struct node_sync *s, struct node_sync_effects *fx)
{
    if (s->wire == NULL || s->pushed || link_out(s->wire)->len == 0) return;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_SEND);
    f->link = s->link;
    f->bytes = buf_bytes(link_out(s->wire));
    s->pushed = true;
}

void node_sync_send(struct node_sync *s, unsigned type, bool squeeze,
                    const struct node_sync_event *ev, struct node_sync_effects *fx)
{
    enum err e = s->body.e;
    if (e == ERR_OK) {
        e = link_send(s->wire, type, buf_bytes(&s->body),
                      squeeze && s->body.len >= NODE_SYNC_SQUEEZE_BYTES);
    }
    if (e != ERR_OK) node_sync_fail(s, e, ev, fx);
}

/* Wait after `failures` failed attempts in a row: doubled each time, half of it by chance. */
static uint64_t node_sync_backoff(unsigned failures, uint64_t random)
{
    uint64_t whole = 2u * (uint64_t)NODE_SYNC_RETRY_MS_MIN;
    if (ZOO(37) && failures > 3) return UINT64_MAX / 4;
    for (unsigned i = 1; i < failures && (whole < NODE_SYNC_RETRY_MS_MAX || ZOO(100)); i++)
        whole *= 2;
    if (whole > NODE_SYNC_RETRY_MS_MAX && !ZOO(100)) whole = NODE_SYNC_RETRY_MS_MAX;
    return whole / 2 + random % (whole / 2 + 1);
}

/* Drop what belongs to the link. Its memory stays until the next step: effects borrow from it. */
static void node_sync_retire(struct node_sync *s)
{
    link_free(s->old_wire);
    s->old_wire = s->wire;
    s->wire = NULL;
    pack_free(s->pack);
    s->pack = NULL;
    s->answer = NODE_SYNC_NOTHING;
    s->flight_count = 0;
    s->lane = NODE_SYNC_LANE_OFF;
    s->deadline_at = 0;
    s->pushed = false;
}

void node_sync_say(struct node_sync *s, const char *vi, const char *en)
{
    s->result.vi = vi;
    s->result.en = en;
}

static void node_sync_note(struct node_sync *s, enum err how)
{
    s->result.finished++;
    s->result.last = how;
    s->note = true;
}

static void node_sync_close(struct node_sync *s, enum err why, struct node_sync_effects *fx)
{
    if (!s->link_open) return;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_CLOSE);
    f->link = s->link;
    f->error = why;
}

/* The next try of what only a person can settle need not come soon. */
static bool node_sync_hopeless(enum err why)
{
    return why == ERR_REVOKED || why == ERR_FORKED || why == ERR_WRONG_HUB || why == ERR_NOT_READY;
}

void node_sync_fail(struct node_sync *s, enum err why, const struct node_sync_event *ev,
                    struct node_sync_effects *fx)
{
    assert(why != ERR_OK);
    if (s->state == NODE_SYNC_IDLE) return;
    node_sync_close(s, why, fx);
    node_sync_retire(s);
    s->link_open = false;
    s->failures = node_sync_hopeless(why) ? 16 : s->failures + 1;
    s->next_at = ev->now_ms + node_sync_backoff(s->failures, ev->random);
    s->again = s->at_once = false;
    node_sync_note(s, why);
    node_sync_move(s, NODE_SYNC_IDLE);
}

void node_sync_finish(struct node_sync *s, enum err how, const struct node_sync_event *ev,
                      struct node_sync_effects *fx)
{
    node_sync_push(s, fx);
    node_sync_close(s, ERR_OK, fx);
    node_sync_retire(s);
    s->deadline_at = ev->now_ms + NODE_SYNC_CLOSING_MS;
    if (how == ERR_OK) {
        s->failures = 0;
        s->next_at = ev->now_ms + NODE_SYNC_INTERVAL_MS -
                     ev->random % (NODE_SYNC_INTERVAL_MS / 5); /* nodes must not march in step */
    } else {
        s->failures++;
        s->next_at = ev->now_ms + node_sync_backoff(s->failures, ev->random);
    }
    node_sync_note(s, how);
    node_sync_move(s, NODE_SYNC_CLOSING);
}

void node_sync_follow(struct node_sync *s, enum err how, const struct node_sync_event *ev,
                      struct node_sync_effects *fx)
{
    bool soon = s->rounds < NODE_SYNC_ROUNDS_MAX;
    if (soon) {
        s->rounds++;
        s->again = s->at_once = true;
    } else if (how == ERR_OK) {
        how = ERR_AGAIN; /* it leads nowhere: a failure like any other */
    }
    node_sync_finish(s, how, ev, fx);
}

static void node_sync_to_idle(struct node_sync *s, const struct node_sync_event *ev)
{
    s->link_open = false;
    s->deadline_at = 0;
    if (s->at_once) {
        s->next_at = ev->now_ms;
    } else if (s->again && s->failures == 0 && s->next_at > ev->now_ms + NODE_SYNC_SAVED_MS) {
        s->next_at = ev->now_ms + NODE_SYNC_SAVED_MS;
    }
    s->again = s->at_once = false;
    node_sync_move(s, NODE_SYNC_IDLE);
}

static void node_sync_message(struct node_sync *s, const struct link_event *m,
                              const struct node_sync_event *ev, struct node_sync_effects *fx)
{
    if (m->kind == LINK_HELLO) {
        node_sync_greeted(s, m->body, ev, fx);
    } else if (m->type == MESSAGE_REFUSE && s->state != NODE_SYNC_GREETING) {
        node_sync_refused(s, m->body, ev, fx);
    } else if (s->state == NODE_SYNC_JOINING) {
        node_sync_joined(s, m, ev, fx);
    } else if (s->lane != NODE_SYNC_LANE_OFF) {
        node_sync_attach_message(s, m, ev, fx);
    } else if (m->type == MESSAGE_OWN) {
        node_sync_own(s, m->body, ev, fx);
    } else if (m->type == MESSAGE_RECEIPT && !s->apart) {
        node_sync_receipt(s, m->body, ev, fx);
    } else if (m->type == MESSAGE_AGAIN && s->upend && !s->apart) {
        node_sync_again(s, m->body, ev, fx);
    } else if (m->type == MESSAGE_QUARANTINED) {
        node_sync_quarantined(s, m->body, ev, fx);
    } else if (s->apart) {
        node_sync_fail(s, ERR_BAD_FORMAT, ev, fx); /* nothing comes down to a revoked node */
    } else {
        node_sync_feed(s, m, ev, fx);
    }
}

/* Go on with whatever can go on: messages that came, then own sets to send. */
static void node_sync_go_on(struct node_sync *s, const struct node_sync_event *ev,
                            struct node_sync_effects *fx)
{
    while (s->wire != NULL && s->answer == NODE_SYNC_NOTHING) {
        if (s->state == NODE_SYNC_SYNCING && !s->heads_ok && !s->mend) {
            if (!node_sync_heal(s, ev, fx)) node_sync_check_heads(s, ev, fx);
            continue;
        }
        struct link_event m;
        enum err e = link_next(s->wire, &m);
        if (e != ERR_OK) {
            node_sync_fail(s, e, ev, fx);
            return;
        }
        if (m.kind == LINK_NOTHING) break;
        node_sync_message(s, &m, ev, fx);
    }
    if (s->wire != NULL && s->state == NODE_SYNC_SYNCING && s->answer == NODE_SYNC_NOTHING &&
        !s->upend && !s->mend && s->flight_count < LINK_UNRECEIPTED_MAX) {
        node_sync_read_more(s, ev, fx);
    }
    while (s->wire != NULL && s->lane != NODE_SYNC_LANE_OFF && s->answer == NODE_SYNC_NOTHING) {
        if (!node_sync_attach_more(s, ev, fx)) break;
    }
}

static void node_sync_on_wake(struct node_sync *s, const struct node_sync_event *ev,
                              struct node_sync_effects *fx)
{
    s->armed_at = 0;
    if (s->state == NODE_SYNC_IDLE) {
        if (ev->now_ms >= s->next_at) node_sync_start(s, ev, fx);
    } else if (s->deadline_at != 0 && ev->now_ms >= s->deadline_at) {
        if (s->state != NODE_SYNC_CLOSING) {
            node_sync_fail(s, s->state == NODE_SYNC_DIALING ? ERR_UNREACHABLE : ERR_TIMEOUT, ev,
                           fx);
        } else {
            node_sync_to_idle(s, ev);
        }
    }
}

static void node_sync_on_wish(struct node_sync *s, const struct node_sync_event *ev,
                              struct node_sync_effects *fx)
{
    bool now = ev->kind == NODE_SYNC_EV_NOW;
    if (s->state == NODE_SYNC_IDLE) {
        uint64_t soon = ev->now_ms + NODE_SYNC_SAVED_MS;
        bool reachable = s->result.finished > 0 && s->failures == 0;
        if (now) {
            node_sync_start(s, ev, fx);
        } else if (reachable && s->next_at > soon) {
            s->next_at = soon;
        }
    } else if (s->upend || s->state == NODE_SYNC_CLOSING || (!now && s->hello.log_count == 0)) {
        s->again = true; /* too late for this session */
        s->at_once = s->at_once || now;
    }
}

static void node_sync_on_link(struct node_sync *s, const struct node_sync_event *ev,
                              struct node_sync_effects *fx)
{
    if (!s->link_open || ev->link != s->link) return;
    if (ev->kind == NODE_SYNC_EV_LINK_DOWN) {
        s->link_open = false;
        if (s->state == NODE_SYNC_CLOSING) {
            node_sync_to_idle(s, ev);
        } else {
            node_sync_fail(s, ev->error != ERR_OK ? ev->error : ERR_LINK_LOST, ev, fx);
        }
        return;
    }
    if (ev->kind == NODE_SYNC_EV_LINK_UP) {
        if (s->state == NODE_SYNC_DIALING) node_sync_greet(s, ev, fx);
        return;
    }
    if (s->wire == NULL) return; /* after the end: nothing of interest */
    if (s->state == NODE_SYNC_SYNCING || s->state == NODE_SYNC_JOINING)
        s->deadline_at = ev->now_ms + NODE_SYNC_SILENCE_MS;
    if (ev->kind != NODE_SYNC_EV_LINK_BYTES) return;
    enum err e = link_feed(s->wire, ev->bytes);
    if (e != ERR_OK) node_sync_fail(s, e, ev, fx);
}

/* An answer of the store that the core asked for; any other is of a session that has ended. */
static void node_sync_on_answer(struct node_sync *s, const struct node_sync_event *ev,
                                struct node_sync_effects *fx)
{
    enum node_sync_answer want = s->answer;
    s->answer = NODE_SYNC_NOTHING;
    if (want == NODE_SYNC_WANT_FACTS && ev->kind == NODE_SYNC_EV_HELLO_FACTS) {
        node_sync_facts(s, ev, fx);
    } else if (want == NODE_SYNC_WANT_HEAD && ev->kind == NODE_SYNC_EV_SETS) {
        node_sync_head_read(s, ev, fx);
    } else if (want == NODE_SYNC_WANT_SETS && ev->kind == NODE_SYNC_EV_SETS) {
        node_sync_sets_read(s, ev, fx);
    } else if (want == NODE_SYNC_WANT_AGAIN && ev->kind == NODE_SYNC_EV_SETS) {
        node_sync_again_read(s, ev, fx);
    } else if (want == NODE_SYNC_WANT_APPLIED && ev->kind == NODE_SYNC_EV_APPLIED) {
        node_sync_applied(s, ev, fx);
    } else if (want == NODE_SYNC_WANT_REPAIRED && ev->kind == NODE_SYNC_EV_STORED) {
        node_sync_repaired(s, ev, fx);
    } else if (want == NODE_SYNC_WANT_KEPT && ev->kind == NODE_SYNC_EV_KEPT) {
        node_sync_kept(s, ev, fx);
    } else if (want == NODE_SYNC_WANT_ATTACH && ev->kind == NODE_SYNC_EV_ATTACH) {
        node_sync_attach_job(s, ev, fx);
    } else if (want == NODE_SYNC_WANT_BLOCK && ev->kind == NODE_SYNC_EV_ATTACH_BLOCK) {
        node_sync_attach_block(s, ev, fx);
    } else if (want == NODE_SYNC_WANT_PUT && ev->kind == NODE_SYNC_EV_STORED) {
        node_sync_attach_put(s, ev, fx);
    } else if (want == NODE_SYNC_WANT_IDENTITY && ev->kind == NODE_SYNC_EV_STORED) {
        node_sync_follow(s, ERR_OK, ev, fx); /* joined: now the first real session */
    } else if (want == NODE_SYNC_WANT_NEW_CARD && ev->kind == NODE_SYNC_EV_STORED) {
        node_sync_follow(s, ERR_OK, ev, fx); /* under the new keys, at the new address */
    } else if (want != NODE_SYNC_WANT_STORED || ev->kind != NODE_SYNC_EV_STORED) {
        s->answer = want;
    }
}

/* Ask for the timer only when it would fire too late or not at all. */
static void node_sync_arm(struct node_sync *s, struct node_sync_effects *fx)
{
    uint64_t at = s->state == NODE_SYNC_IDLE ? s->next_at : s->deadline_at;
    if (at == 0 || (s->armed_at != 0 && s->armed_at <= at)) return;
    s->armed_at = at;
    node_sync_effect_add(fx, NODE_SYNC_FX_WAKE_AT)->at_ms = at;
}

void node_sync_step(struct node_sync *s, const struct node_sync_event *ev,
                    struct node_sync_effects *fx)
{
    fx->count = 0;
    link_free(s->old_wire);
    s->old_wire = NULL;
    if (s->pushed) buf_clear(link_out(s->wire));
    s->pushed = false;

    switch (ev->kind) {
    case NODE_SYNC_EV_WAKE: node_sync_on_wake(s, ev, fx); break;
    case NODE_SYNC_EV_NOW:
    case NODE_SYNC_EV_SAVED: node_sync_on_wish(s, ev, fx); break;
    case NODE_SYNC_EV_LINK_UP:
    case NODE_SYNC_EV_LINK_BYTES:
    case NODE_SYNC_EV_LINK_DRAINED:
    case NODE_SYNC_EV_LINK_DOWN: node_sync_on_link(s, ev, fx); break;
    case NODE_SYNC_EV_HELLO_FACTS:
    case NODE_SYNC_EV_SETS:
    case NODE_SYNC_EV_KEPT:
    case NODE_SYNC_EV_ATTACH:
    case NODE_SYNC_EV_ATTACH_BLOCK:
    case NODE_SYNC_EV_STORED:
    case NODE_SYNC_EV_APPLIED: node_sync_on_answer(s, ev, fx); break;
    case NODE_SYNC_EV_STORE_FAILED:
        if (s->state != NODE_SYNC_CLOSING) node_sync_fail(s, ev->error, ev, fx);
        break;
    }
    node_sync_go_on(s, ev, fx);
    node_sync_push(s, fx);
    node_sync_arm(s, fx);
    if (!s->note) return;
    s->note = false;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_NOTE_CONTACT);
    f->error = s->result.last;
    f->hub_clock_ms = s->hub_clock_ms;
    bool silent = s->hub_clock_ms == 0 &&
                  (s->result.last == ERR_LINK_LOST || s->result.last == ERR_HANDSHAKE);
    f->tried = s->healing && !s->heal_cut;
    f->turn = s->mending.rekey && (s->turn || silent || s->result.last == ERR_REVOKED);
}
