/* The beginning of a session at the hub: the node's hello, the verdict, and joining. */
#include "common/zoo.h"
#include "hub/sync_priv.h"

#include <sodium.h>

void hub_sync_hello(struct hub_sync *s, const struct link_event *m, struct hub_sync_effects *fx)
{
    enum err e = message_hello_node_decode(m->body, &s->hello);
    if (e == ERR_OK && s->hello.cert.len > sizeof s->cert) e = ERR_TOO_LARGE;
    if (e != ERR_OK) {
        hub_sync_close(s, e, fx);
        return;
    }
    if (s->hello.cert.len > 0) memcpy(s->cert, s->hello.cert.p, s->hello.cert.len);
    s->hello.cert.p = s->cert;
    memcpy(s->peer, m->peer_static, sizeof s->peer);
    hub_sync_move(s, HUB_SYNC_LOOKUP);
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_LOOKUP);
    f->hello = &s->hello;
    f->peer = s->peer;
    s->answer = HUB_SYNC_WANT_FACTS;
}

static enum message_verdict hub_sync_verdict(const struct hub_sync *s,
                                             const struct hub_sync_facts *f)
{
    if (!s->hello.version_1) return MESSAGE_NO_VERSION;
    if (s->outdated) return MESSAGE_NEW_CARD;
    if (s->hello.joining) return MESSAGE_JOIN_FIRST;
    if (f->node.revoked && !ZOO(95)) return MESSAGE_REVOKED;
    if (f->certified) return MESSAGE_WENT_BACK;
    if (!f->known) return MESSAGE_UNKNOWN_NODE;
    if (f->retired) return MESSAGE_REVOKED;
    for (size_t i = 0; i < s->hello.log_count; i++) {
        if (!f->extends[i]) return MESSAGE_NEW_INCARNATION;
    }
    return f->cursor_known ? MESSAGE_GO : MESSAGE_WENT_BACK;
}

/* Verdicts after which the session goes on so that the node can mend what is wrong. */
static bool hub_sync_repairs(enum message_verdict verdict)
{
    return verdict == MESSAGE_NEW_INCARNATION || verdict == MESSAGE_WENT_BACK;
}

static enum err hub_sync_answer_hello(struct hub_sync *s, enum message_verdict verdict,
                                      const struct hub_sync_event *ev)
{
    const struct hub_sync_facts *f = ev->facts;
    struct message_hello_hub h = {.verdict = verdict,
                                  .epoch = f->position.epoch,
                                  .lineage_count = f->position.lineage_count,
                                  .upto = f->position.position,
                                  .clock_ms = ev->wall_ms > 0 ? (uint64_t)ev->wall_ms : 0,
                                  .edition = f->position.edition};
    memcpy(h.nonce, s->hello.nonce, sizeof h.nonce);
    memcpy(h.lineage, f->position.lineage, sizeof h.lineage);
    if (verdict == MESSAGE_GO || verdict == MESSAGE_REVOKED || hub_sync_repairs(verdict)) {
        h.head_count = s->hello.log_count;
        memcpy(h.heads, f->heads, sizeof h.heads);
    }
    if (verdict == MESSAGE_NEW_CARD) h.card = bytes_make(f->identity.card, f->identity.card_len);
    if (verdict == MESSAGE_GO) {
        if (s->position > s->cursor) h.feed_count = s->position - s->cursor; /* at most */
        if (f->identity.parsed.serial > s->hello.card_serial)
            h.card = bytes_make(f->identity.card, f->identity.card_len);
    }
    buf_clear(&s->body);
    message_hello_hub_encode(&h, &s->body);
    return s->body.e != ERR_OK ? s->body.e : link_answer(s->wire, buf_bytes(&s->body));
}

/* Receipts for what the hub had before this session but the node has no receipt of: they were lost
 * on the way. Their positions are the end of the log, which is behind those sets. */
static void hub_sync_old_receipts(struct hub_sync *s, const struct hub_sync_facts *f,
                                  struct hub_sync_effects *fx)
{
    for (size_t i = 0; i < s->hello.log_count; i++) {
        if (s->heads[i].next_seq > s->hello.logs[i].receipted_seq)
            hub_sync_receipt(s, i, s->position, s->position, &f->position.hash, fx);
    }
}

void hub_sync_facts(struct hub_sync *s, const struct hub_sync_event *ev,
                    struct hub_sync_effects *fx)
{
    const struct hub_sync_facts *f = ev->facts;
    if (!s->hello.joining && (f->known || f->certified) &&
        sodium_memcmp(f->node.transport_pk, s->peer, sizeof s->peer) != 0) {
        hub_sync_close(s, ERR_HANDSHAKE, fx); /* somebody else's node id: no answer */
        return;
    }
    s->listing = s->hello.erasure_count != f->erasure_count ||
                 memcmp(s->hello.erasure_hash, f->erasure_sum, sizeof f->erasure_sum) != 0;
    s->list_next = UINT64_MAX;
    s->list_total = f->erasure_count;
    s->node = f->node;
    s->card = f->identity.parsed;
    memcpy(s->card.log_pk, s->keys.log_pk, sizeof s->card.log_pk);
    s->epoch = f->position.epoch;
    s->position = f->position.position;
    s->cursor =
        s->hello.staged > s->hello.cursor_position ? s->hello.staged : s->hello.cursor_position;
    /* What is staged under another epoch the node throws away when the first part of this one comes. */
    if (s->cursor > s->position ||
        (s->hello.cursor_epoch != s->epoch && s->hello.cursor_position > 0))
        s->cursor = s->hello.cursor_position;
    /* It was moved to another unit, or it was away for too long: its scope, from the beginning. */
    if (s->cursor < s->node.floor) s->cursor = s->hello.cursor_position = 0;
    memcpy(s->heads, f->heads, sizeof s->heads);
    memcpy(s->log_keys, f->keys, sizeof s->log_keys);

    enum message_verdict verdict = hub_sync_verdict(s, f);
    enum err e = hub_sync_answer_hello(s, verdict, ev);
    if (e != ERR_OK) {
        hub_sync_close(s, e, fx);
    } else if (f->stopped) {
        hub_sync_refuse_text(
            s, MESSAGE_CANNOT_STORE,
            "Trung tâm nhiều lần dừng khi nhận dữ liệu của máy này; dữ liệu vẫn ở đây, hãy chờ. / "
            "The centre's program stopped at this PC's data: they are safe here and wait.",
            ERR_REFUSED, fx);
    } else if (verdict == MESSAGE_GO) {
        hub_sync_move(s, HUB_SYNC_SYNCING);
        s->deadline_at = ev->now_ms + HUB_SYNC_SILENCE_MS;
        hub_sync_old_receipts(s, f, fx);
    } else if (hub_sync_repairs(verdict)) {
        s->repairing = true;
        s->certified = f->certified;
        hub_sync_move(s, HUB_SYNC_SYNCING);
        s->deadline_at = ev->now_ms + HUB_SYNC_SILENCE_MS;
    } else if (verdict ==
               MESSAGE_REVOKED) { /* it learns nothing here, but may hand in what it has */
        s->apart = true;
        s->retired = !f->node.revoked;
        s->listing = false;
        hub_sync_move(s, HUB_SYNC_SYNCING);
        s->deadline_at = ev->now_ms + HUB_SYNC_SILENCE_MS;
    } else if (verdict == MESSAGE_JOIN_FIRST) {
        hub_sync_move(s, HUB_SYNC_JOINING);
        s->deadline_at = ev->now_ms + HUB_SYNC_HANDSHAKE_MS;
    } else {
        hub_sync_close(s, ERR_REFUSED, fx);
    }
}

void hub_sync_join(struct hub_sync *s, const struct link_event *m, struct hub_sync_effects *fx)
{
    enum err e = ERR_BAD_FORMAT;
    if (m->type == MESSAGE_JOIN) e = message_join_decode(m->body, &s->join);
    if (e != ERR_OK) {
        hub_sync_close(s, e, fx);
        return;
    }
    e = admin_join_check(&s->keys.hub, link_handshake_hash(s->wire), s->join.sign_pk,
                         s->join.transport_pk, s->join.sealing_pk, s->join.signature);
    if (e != ERR_OK || sodium_memcmp(s->join.transport_pk, s->peer, sizeof s->peer) != 0) {
        hub_sync_refuse(s, MESSAGE_BAD_PROOF, ERR_BAD_SIGNATURE, fx);
        return;
    }
    hub_sync_effect_add(fx, HUB_SYNC_FX_JOIN)->join = &s->join;
    s->answer = HUB_SYNC_WANT_JOINED;
}

void hub_sync_joined(struct hub_sync *s, const struct hub_sync_event *ev,
                     struct hub_sync_effects *fx)
{
    sodium_memzero(s->join.token, sizeof s->join.token);
    if (ev->refusal != 0) {
        hub_sync_refuse(s, ev->refusal, ERR_REFUSED, fx);
        return;
    }
    buf_clear(&s->body);
    message_welcome_encode(ev->welcome, &s->body);
    hub_sync_send(s, MESSAGE_WELCOME, false, fx);
    hub_sync_close(s, ERR_OK, fx);
}
