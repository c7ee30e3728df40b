#include "hub/sync_priv.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

static bool hub_sync_may_move(enum hub_sync_state from, enum hub_sync_state to)
{
    switch (from) {
    case HUB_SYNC_GREETING: return to == HUB_SYNC_LOOKUP || to == HUB_SYNC_CLOSED;
    case HUB_SYNC_LOOKUP:
        return to == HUB_SYNC_SYNCING || to == HUB_SYNC_JOINING || to == HUB_SYNC_CLOSED;
    case HUB_SYNC_JOINING: return to == HUB_SYNC_CLOSED;
    case HUB_SYNC_SYNCING: return to == HUB_SYNC_ENDING || to == HUB_SYNC_CLOSED;
    case HUB_SYNC_ENDING: return to == HUB_SYNC_CLOSED;
    case HUB_SYNC_CLOSED: return false;
    }
    return false;
}

void hub_sync_move(struct hub_sync *s, enum hub_sync_state to)
{
    assert(hub_sync_may_move(s->state, to));
    s->state = to;
}

enum err hub_sync_new(const struct hub_sync_keys *keys, uint64_t now_ms, struct hub_sync **out)
{
    struct hub_sync *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    s->keys = *keys;
    s->deadline_at = now_ms + HUB_SYNC_HANDSHAKE_MS;
    s->ends_at = now_ms + HUB_SYNC_SESSION_MS;
    buf_init(&s->body, FRAME_BODY_BYTES_MAX);
    buf_init(&s->first, HUB_SYNC_FIRST_BYTES_MAX);
    struct link_keys k = {.secret = keys->transport_secret, .public_key = keys->transport_pk};
    enum err e = link_new_hub(&s->wire, &keys->hub, &k);
    if (e != ERR_OK) {
        free(s);
        return e;
    }
    link_level(s->wire, LINK_LEVEL_MIN); /* many sessions at once: memory before bytes */
    *out = s;
    return ERR_OK;
}

void hub_sync_free(struct hub_sync *s)
{
    if (s == NULL) return;
    link_free(s->wire);
    pack_free(s->pack);
    pack_sets_free(&s->taking);
    free(s->given);
    buf_free(&s->body);
    buf_free(&s->first);
    sodium_memzero(s, sizeof *s);
    free(s);
}

enum hub_sync_state hub_sync_state(const struct hub_sync *s)
{
    return s->state;
}

bool hub_sync_live(const struct hub_sync *s)
{
    return s->live;
}

bool hub_sync_apart(const struct hub_sync *s)
{
    return s->apart;
}

struct hub_sync_effect *hub_sync_effect_add(struct hub_sync_effects *fx,
                                            enum hub_sync_effect_kind kind)
{
    assert(fx->count < HUB_SYNC_EFFECTS_MAX);
    struct hub_sync_effect *f = &fx->v[fx->count++];
    memset(f, 0, sizeof *f);
    f->kind = kind;
    return f;
}

static void hub_sync_push(struct hub_sync *s, struct hub_sync_effects *fx)
{
    if (s->pushed || link_out(s->wire)->len == 0) return;
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_SEND);
    f->bytes = buf_bytes(link_out(s->wire));
    s->queued += f->bytes.len;
    s->pushed = true;
}

void hub_sync_send(struct hub_sync *s, unsigned type, bool squeeze, struct hub_sync_effects *fx)
{
    if (s->state == HUB_SYNC_CLOSED) return;
    enum err e = s->body.e;
    if (e == ERR_OK) {
        e = link_send(s->wire, type, buf_bytes(&s->body),
                      squeeze && s->body.len >= HUB_SYNC_SQUEEZE_BYTES);
    }
    if (e != ERR_OK) hub_sync_close(s, e, fx);
}

void hub_sync_close(struct hub_sync *s, enum err why, struct hub_sync_effects *fx)
{
    if (s->state == HUB_SYNC_CLOSED) return;
    hub_sync_push(s, fx);
    hub_sync_effect_add(fx, HUB_SYNC_FX_CLOSE)->error = why;
    s->answer = HUB_SYNC_NOTHING;
    hub_sync_move(s, HUB_SYNC_CLOSED);
}

static const char *hub_sync_refusal_text(unsigned code)
{
    switch (code) {
    case MESSAGE_BAD_INVITE: return "Trung tâm không có lời mời này. / Unknown invitation.";
    case MESSAGE_USED_INVITE:
        return "Lời mời đã được dùng cho máy khác. / The invitation was used by another PC.";
    case MESSAGE_OLD_INVITE:
        return "Lời mời đã hết hạn: hãy xin lời mời mới. / The invitation has expired.";
    case MESSAGE_BAD_PROOF: return "Chữ ký ghi danh không hợp lệ. / The proof does not verify.";
    case MESSAGE_REVOKED_NODE: return "Máy này đã bị thu hồi quyền. / This PC was revoked.";
    case MESSAGE_CANNOT_STORE:
        return "Trung tâm tạm thời không ghi được dữ liệu; sẽ tự thử lại. / The hub cannot store "
               "now.";
    default: return "Trung tâm đang bận; sẽ tự thử lại. / The hub is busy.";
    }
}

void hub_sync_refuse(struct hub_sync *s, unsigned code, enum err why, struct hub_sync_effects *fx)
{
    hub_sync_refuse_text(s, code, hub_sync_refusal_text(code), why, fx);
}

void hub_sync_refuse_text(struct hub_sync *s, unsigned code, const char *text, enum err why,
                          struct hub_sync_effects *fx)
{
    if (s->state == HUB_SYNC_CLOSED) return;
    struct message_refuse r = {.code = code, .text = bytes_str(text)};
    buf_clear(&s->body);
    message_refuse_encode(&r, &s->body);
    hub_sync_send(s, MESSAGE_REFUSE, false, fx);
    hub_sync_close(s, why, fx);
}

/* A node that began this session with the feed of this epoch applied knew what the hub had lost, gave it back before
 * anything else, and has now said that all is done: that is noted for who confirms a restore. */
static void hub_sync_bye(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx)
{
    struct message_bye bye;
    enum err e = message_bye_decode(body, &bye);
    bool whole = e == ERR_OK && bye.code == 0 && s->end_sent && s->hello.cursor_epoch == s->epoch;
    hub_sync_close(s, e, fx);
    if (!whole) return;
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_GAVE_BACK);
    f->node = &s->node;
    f->epoch = s->epoch;
}

/* A message of a node that is really there. */
static void hub_sync_live_message(struct hub_sync *s, const struct link_event *m,
                                  struct hub_sync_effects *fx)
{
    bool open = s->state == HUB_SYNC_SYNCING;
    bool empty = m->body.len == 1 && m->body.p[0] == 0x90;
    if (s->apart && open && m->type == MESSAGE_UPEND && empty) {
        hub_sync_apart_end(s, false, fx);
    } else if (s->apart && m->type != MESSAGE_UP && m->type != MESSAGE_BYE) {
        hub_sync_close(s, ERR_REVOKED, fx);
    } else if (m->type == MESSAGE_UP && open && !s->repairing) {
        hub_sync_up(s, m->body, fx);
    } else if (m->type == MESSAGE_UPEND && open && !s->repairing && empty) {
        hub_sync_move(s, HUB_SYNC_ENDING);
    } else if (m->type == MESSAGE_PULL && open && !s->certified) {
        hub_sync_pull(s, m->body, fx);
    } else if (m->type == MESSAGE_PROOF && open) {
        hub_sync_proof(s, m->body, fx);
    } else if (m->type == MESSAGE_GIVEBACK && open && !s->repairing) {
        hub_sync_giveback(s, m->body, fx);
    } else if (m->type == MESSAGE_RESENT && s->asked > 0) {
        hub_sync_resent(s, m->body, fx);
    } else if (s->end_sent && (m->type == MESSAGE_ATTACH || m->type == MESSAGE_NODE_BLOCK ||
                               m->type == MESSAGE_WANT)) {
        hub_sync_attach(s, m, fx);
    } else if (m->type == MESSAGE_BYE) {
        hub_sync_bye(s, m->body, fx);
    } else {
        hub_sync_close(s, ERR_BAD_FORMAT, fx);
    }
}

static void hub_sync_message(struct hub_sync *s, const struct link_event *m,
                             struct hub_sync_effects *fx)
{
    if (m->kind == LINK_HELLO) {
        hub_sync_hello(s, m, fx);
        return;
    }
    if (s->state == HUB_SYNC_JOINING) {
        hub_sync_join(s, m, fx);
        return;
    }
    if (!s->live) {
        s->live = true;
        if (s->certified) { /* there is nobody yet to note a contact of */
            hub_sync_live_message(s, m, fx);
            return;
        }
        struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_CONTACT);
        f->node = &s->node;
        f->hello = &s->hello;
    }
    hub_sync_live_message(s, m, fx);
}

/* Message 1 is not for our key: is it for the one of before? What came is read once more. */
static enum err hub_sync_older_key(struct hub_sync *s, struct link_event *m)
{
    struct link_keys k = {.secret = s->keys.old_transport_secret,
                          .public_key = s->keys.old_transport_pk};
    struct link *wire = NULL;
    if (s->state != HUB_SYNC_GREETING || s->outdated || k.secret == NULL || s->first.e != ERR_OK)
        return ERR_HANDSHAKE;
    enum err e = link_new_hub(&wire, &s->keys.hub, &k);
    if (e != ERR_OK) return e;
    link_free(s->wire);
    s->wire = wire;
    s->outdated = true;
    link_level(s->wire, LINK_LEVEL_MIN);
    e = link_feed(s->wire, buf_bytes(&s->first));
    return e == ERR_OK ? link_next(s->wire, m) : e;
}

/* Messages first, then the feed, until an answer is awaited. */
static void hub_sync_go_on(struct hub_sync *s, struct hub_sync_effects *fx)
{
    while (s->state != HUB_SYNC_CLOSED && s->answer == HUB_SYNC_NOTHING) {
        hub_sync_pull_more(s, fx);
        if (s->answer != HUB_SYNC_NOTHING) break;
        struct link_event m;
        enum err e = link_next(s->wire, &m);
        if (e != ERR_OK && s->state == HUB_SYNC_GREETING) e = hub_sync_older_key(s, &m);
        if (e != ERR_OK) {
            hub_sync_close(s, e, fx);
            return;
        }
        if (m.kind == LINK_NOTHING) break;
        hub_sync_message(s, &m, fx);
    }
    if (s->answer == HUB_SYNC_NOTHING && !s->feeding) hub_sync_feed_more(s, fx);
}

static void hub_sync_on_link(struct hub_sync *s, const struct hub_sync_event *ev,
                             struct hub_sync_effects *fx)
{
    if (s->state == HUB_SYNC_SYNCING || s->state == HUB_SYNC_ENDING)
        s->deadline_at = ev->now_ms + HUB_SYNC_SILENCE_MS;
    if (ev->kind == HUB_SYNC_EV_LINK_DRAINED) {
        s->queued = 0;
        return;
    }
    if (s->state == HUB_SYNC_GREETING && s->keys.old_transport_secret != NULL)
        buf_add_bytes(&s->first, ev->bytes);
    enum err e = link_feed(s->wire, ev->bytes);
    if (e != ERR_OK) hub_sync_close(s, e, fx);
}

static void hub_sync_on_answer(struct hub_sync *s, const struct hub_sync_event *ev,
                               struct hub_sync_effects *fx)
{
    enum hub_sync_answer want = s->answer;
    s->answer = HUB_SYNC_NOTHING;
    if (want == HUB_SYNC_WANT_FACTS && ev->kind == HUB_SYNC_EV_FACTS) {
        hub_sync_facts(s, ev, fx);
    } else if (want == HUB_SYNC_WANT_TAKEN && ev->kind == HUB_SYNC_EV_TAKEN) {
        hub_sync_taken(s, ev, fx);
    } else if (want == HUB_SYNC_WANT_JOINED && ev->kind == HUB_SYNC_EV_JOINED) {
        hub_sync_joined(s, ev, fx);
    } else if (want == HUB_SYNC_WANT_OWN && ev->kind == HUB_SYNC_EV_OWN) {
        hub_sync_own(s, ev, fx);
    } else if (want == HUB_SYNC_WANT_PROVED && ev->kind == HUB_SYNC_EV_PROVED) {
        hub_sync_proved(s, fx);
    } else if (want == HUB_SYNC_WANT_SAID && ev->kind == HUB_SYNC_EV_SAID) {
        hub_sync_attach_said(s, ev, fx);
    } else if (want == HUB_SYNC_WANT_BLOCK && ev->kind == HUB_SYNC_EV_BLOCK) {
        hub_sync_attach_read(s, ev, fx);
    } else if (want != HUB_SYNC_WANT_GIVEN || ev->kind != HUB_SYNC_EV_GIVEN) {
        s->answer = want;
    }
}

static void hub_sync_on_store_failed(struct hub_sync *s, const struct hub_sync_event *ev,
                                     struct hub_sync_effects *fx)
{
    if (ev->error == ERR_CHAIN_BROKEN || ev->error == ERR_BAD_FORMAT || ev->error == ERR_AGAIN ||
        s->state == HUB_SYNC_LOOKUP) {
        hub_sync_close(s, ev->error, fx);
    } else if (ev->error == ERR_REVOKED) { /* since the hello; it may hand in the rest next time */
        hub_sync_refuse(s, MESSAGE_REVOKED_NODE, ERR_REVOKED, fx);
    } else {
        hub_sync_refuse(s, MESSAGE_CANNOT_STORE, ev->error, fx);
    }
}

void hub_sync_step(struct hub_sync *s, const struct hub_sync_event *ev, struct hub_sync_effects *fx)
{
    fx->count = 0;
    if (s->pushed) buf_clear(link_out(s->wire));
    s->pushed = false;
    if (s->state == HUB_SYNC_CLOSED) return;

    switch (ev->kind) {
    case HUB_SYNC_EV_LINK_BYTES:
    case HUB_SYNC_EV_LINK_DRAINED: hub_sync_on_link(s, ev, fx); break;
    case HUB_SYNC_EV_LINK_DOWN:
        s->answer = HUB_SYNC_NOTHING;
        hub_sync_move(s, HUB_SYNC_CLOSED);
        return;
    case HUB_SYNC_EV_TICK:
        if (ev->now_ms >= s->deadline_at || ev->now_ms >= s->ends_at)
            hub_sync_close(s, ERR_TIMEOUT, fx);
        break;
    case HUB_SYNC_EV_FACTS:
    case HUB_SYNC_EV_TAKEN:
    case HUB_SYNC_EV_JOINED:
    case HUB_SYNC_EV_OWN:
    case HUB_SYNC_EV_PROVED:
    case HUB_SYNC_EV_SAID:
    case HUB_SYNC_EV_BLOCK:
    case HUB_SYNC_EV_GIVEN: hub_sync_on_answer(s, ev, fx); break;
    case HUB_SYNC_EV_FEED:
        if (s->feeding) hub_sync_feed(s, ev, fx);
        break;
    case HUB_SYNC_EV_STORE_FAILED: hub_sync_on_store_failed(s, ev, fx); break;
    }
    if (s->state == HUB_SYNC_CLOSED) return;
    hub_sync_go_on(s, fx);
    if (s->state != HUB_SYNC_CLOSED) hub_sync_push(s, fx);
}
