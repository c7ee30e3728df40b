/* The beginning of a session: hellos, what the hub's verdict means, and joining. */
#include "node/card.h"
#include "node/sync_priv.h"

#include <assert.h>
#include <sodium.h>

void node_sync_start(struct node_sync *s, const struct node_sync_event *ev,
                     struct node_sync_effects *fx)
{
    (void)ev;
    node_sync_move(s, NODE_SYNC_LOADING);
    s->result.begun++;
    s->result.verdict = MESSAGE_GO;
    s->result.refused = 0;
    s->result.apart = 0;
    s->result.text[0] = '\0';
    node_sync_say(s, NULL, NULL);
    s->heads_ok = s->upend = s->damaged = s->mend = s->healing = s->whole = s->apart = s->turn =
        s->heal_seen = false;
    s->pull = 0;
    s->hub_clock_ms = 0;
    memset(&s->hello, 0, sizeof s->hello);
    s->answer = NODE_SYNC_WANT_FACTS;
    node_sync_effect_add(fx, NODE_SYNC_FX_LOAD_HELLO);
}

void node_sync_facts(struct node_sync *s, const struct node_sync_event *ev,
                     struct node_sync_effects *fx)
{
    s->identity = *ev->identity;
    node_card_of(&s->identity, &s->card);
    s->hello = *ev->hello;
    s->mending = *ev->mending;
    s->kept_after = 0;
    s->kept_read = !s->mending.keeps;
    assert(s->hello.log_count <= HELLO_LOGS_MAX);
    s->hello.joining = !s->identity.joined;
    s->hello.node = s->identity.node;
    s->hello.cert = bytes_make(s->identity.cert, s->identity.cert_len);
    s->hello.card_serial = s->identity.card_serial;
    s->hello.version_1 = true;
    le64_store(s->hello.nonce, ev->random);
    if (s->identity.address[0] == '\0') { /* made, but never told of a hub */
        node_sync_fail(s, ERR_NOT_READY, ev, fx);
        return;
    }
    if (s->identity.compared == NODE_COMPARED_DIFFER) { /* a person says: this is not our hub */
        node_sync_fail(s, ERR_WRONG_HUB, ev, fx);
        return;
    }
    node_sync_move(s, NODE_SYNC_DIALING);
    s->link++;
    s->link_open = true;
    s->deadline_at = ev->now_ms + NODE_SYNC_DIAL_MS;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_DIAL);
    f->link = s->link;
    f->identity = &s->identity;
}

void node_sync_greet(struct node_sync *s, const struct node_sync_event *ev,
                     struct node_sync_effects *fx)
{
    node_sync_move(s, NODE_SYNC_GREETING);
    s->deadline_at = ev->now_ms + NODE_SYNC_HANDSHAKE_MS;
    le64_store(s->hello.nonce + 8, ev->random);
    s->hello.clock_ms = ev->wall_ms > 0 ? (uint64_t)ev->wall_ms : 0;

    buf_clear(&s->body);
    message_hello_node_encode(&s->hello, &s->body);
    enum err e = s->body.e;
    if (e == ERR_OK) {
        struct link_keys keys = s->mending.dial;
        if (keys.secret == NULL)
            keys = (struct link_keys){.secret = s->keys->transport_secret,
                                      .public_key = s->keys->transport_pk};
        e = link_new_node(&s->wire, &s->identity.hub, s->identity.hub_transport_pk, &keys,
                          buf_bytes(&s->body));
    }
    if (e != ERR_OK) node_sync_fail(s, e, ev, fx);
}

struct node_sync_ending { /* what a verdict that ends the session means to the officer */
    enum err e;
    const char *vi, *en;
};

static struct node_sync_ending node_sync_ending_of(enum message_verdict v)
{
    switch (v) {
    case MESSAGE_GO:
    case MESSAGE_REFETCH:
    case MESSAGE_NEW_INCARNATION:
    case MESSAGE_WENT_BACK:
    case MESSAGE_NEW_CARD:
    case MESSAGE_JOIN_FIRST: break;
    case MESSAGE_UNKNOWN_NODE:
        return (struct node_sync_ending){
            ERR_REFUSED,
            "Trung tâm không nhận ra máy này: hãy xin lời mời mới; dữ liệu vẫn còn trên máy.",
            "The hub does not know this PC: ask for a new invitation; nothing is lost."};
    case MESSAGE_REVOKED:
        return (struct node_sync_ending){ERR_REVOKED,
                                         "Máy này đã bị thu hồi quyền; dữ liệu vẫn còn trên máy.",
                                         "This PC was revoked; its data stay here."};
    case MESSAGE_NO_VERSION:
        return (struct node_sync_ending){
            ERR_REFUSED, "Phần mềm hai bên khác phiên bản: cần cập nhật; dữ liệu vẫn còn trên máy.",
            "No common version of the protocol: update this program; nothing is lost."};
    }
    return (struct node_sync_ending){ERR_BAD_FORMAT, NULL, NULL};
}

/* What the hub says of its refusal. */
static void node_sync_words(struct node_sync *s, struct bytes text)
{
    size_t n = text.len < MESSAGE_TEXT_MAX ? text.len : MESSAGE_TEXT_MAX;
    while (n < text.len && n > 0 && (text.p[n] & 0xC0u) == 0x80u)
        n--; /* whole characters */
    if (n > 0) memcpy(s->result.text, text.p, n);
    s->result.text[n] = '\0';
}

static void node_sync_send_join(struct node_sync *s, const struct node_sync_event *ev,
                                struct node_sync_effects *fx)
{
    struct message_join join = {.name = bytes_str(s->identity.name)};
    memcpy(join.token, s->identity.token, sizeof join.token);
    memcpy(join.sign_pk, s->keys->sign_pk, sizeof join.sign_pk);
    memcpy(join.transport_pk, s->keys->transport_pk, sizeof join.transport_pk);
    memcpy(join.sealing_pk, s->identity.sealing_pk, sizeof join.sealing_pk);
    admin_join_sign(s->keys->sign_secret, &s->identity.hub, link_handshake_hash(s->wire),
                    join.sign_pk, join.transport_pk, join.sealing_pk, join.signature);
    buf_clear(&s->body);
    message_join_encode(&join, &s->body);
    sodium_memzero(join.token, sizeof join.token);
    node_sync_send(s, MESSAGE_JOIN, false, ev, fx);
    sodium_memzero(s->body.p, s->body.len);
}

/* A card that the hub sent because it is newer than ours. */
static enum err node_sync_take_card(struct node_sync *s, struct bytes bytes,
                                    struct node_sync_effects *fx)
{
    struct admin_card card;
    enum err e = node_card_check(&s->identity, bytes, &card);
    if (e == ERR_STALE) e = ERR_WRONG_HUB;
    if (e != ERR_OK) return e;
    node_card_use(&s->identity, bytes, &card);
    s->card = card;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_STORE_CARD);
    f->bytes = bytes_make(s->identity.card, s->identity.card_len);
    f->card = card;
    s->answer = NODE_SYNC_WANT_STORED;
    return ERR_OK;
}

/* The hub answers under a key of before, only to hand out its new card (SPEC 18.7): then anew. */
static void node_sync_new_card(struct node_sync *s, struct bytes card,
                               const struct node_sync_event *ev, struct node_sync_effects *fx)
{
    enum err e = card.len > 0 ? node_sync_take_card(s, card, fx) : ERR_BAD_FORMAT;
    if (e != ERR_OK) {
        node_sync_fail(s, e, ev, fx);
        return;
    }
    s->answer = NODE_SYNC_WANT_NEW_CARD;
}

/* A revoked node may still hand in what the hub has not got (SPEC 18.3). */
static bool node_sync_hands_in(const struct node_sync *s, const struct message_hello_hub *h)
{
    bool more = false;
    if (h->verdict != MESSAGE_REVOKED || h->head_count != s->hello.log_count) return false;
    for (size_t i = 0; i < h->head_count; i++)
        more = more || s->hello.logs[i].next_seq > h->heads[i].next_seq;
    return more;
}

void node_sync_greeted(struct node_sync *s, struct bytes hello, const struct node_sync_event *ev,
                       struct node_sync_effects *fx)
{
    struct message_hello_hub h;
    enum err e = message_hello_hub_decode(hello, &h);
    if (e == ERR_OK && sodium_memcmp(h.nonce, s->hello.nonce, sizeof h.nonce) != 0)
        e = ERR_HANDSHAKE; /* an old answer: what it says of heads may be stale */
    if (e == ERR_OK && h.clock_ms > INT64_MAX) e = ERR_BAD_FORMAT;
    if (e != ERR_OK) {
        node_sync_fail(s, e, ev, fx);
        return;
    }
    s->hub_clock_ms = (int64_t)h.clock_ms;
    s->epoch = h.epoch;
    memcpy(s->lineage, h.lineage, sizeof s->lineage);
    s->lineage_count = h.lineage_count;
    s->result.verdict = h.verdict;
    if (h.verdict == MESSAGE_NEW_CARD) {
        node_sync_move(s, NODE_SYNC_SYNCING);
        node_sync_new_card(s, h.card, ev, fx);
        return;
    }
    bool go = h.verdict == MESSAGE_GO || h.verdict == MESSAGE_REFETCH ||
              h.verdict == MESSAGE_NEW_INCARNATION || h.verdict == MESSAGE_WENT_BACK;
    if (h.verdict == MESSAGE_JOIN_FIRST && s->hello.joining) {
        node_sync_move(s, NODE_SYNC_JOINING);
        s->deadline_at = ev->now_ms + NODE_SYNC_SILENCE_MS;
        node_sync_send_join(s, ev, fx);
        return;
    }
    /* Under the old keys this may mean that the hub has our change: then it knows the new ones. */
    bool changed = h.verdict == MESSAGE_REVOKED && s->mending.rekey && !s->mending.rekey_turn;
    if (changed && s->rounds < NODE_SYNC_ROUNDS_MAX) {
        s->turn = true;
        node_sync_move(s, NODE_SYNC_SYNCING);
        node_sync_follow(s, ERR_OK, ev, fx);
        return;
    }
    s->apart = node_sync_hands_in(s, &h);
    if ((!go && !s->apart) || s->hello.joining) {
        struct node_sync_ending end = node_sync_ending_of(h.verdict);
        node_sync_say(s, end.vi, end.en);
        node_sync_fail(s, end.e, ev, fx);
        return;
    }
    if (h.head_count != s->hello.log_count) e = ERR_BAD_FORMAT;
    if (e == ERR_OK && h.card.len > 0) e = node_sync_take_card(s, h.card, fx);
    if (e != ERR_OK) {
        node_sync_fail(s, e, ev, fx);
        return;
    }
    memcpy(s->heads, h.heads, sizeof s->heads);
    memcpy(s->stated, h.heads, sizeof s->stated);
    s->log = s->hello.log_count;
    node_sync_move(s, NODE_SYNC_SYNCING);
    s->deadline_at = ev->now_ms + NODE_SYNC_SILENCE_MS;
}

/* Does this certificate name us, and who else could have made it? */
static enum err node_sync_check_welcome(const struct node_sync *s, const struct message_welcome *w,
                                        struct admin_card *card, struct admin_cert *cert)
{
    if (w->card.len > ADMIN_CARD_BYTES_MAX || w->cert.len > ADMIN_CERT_BYTES_MAX ||
        w->unit_name.len > MESSAGE_TEXT_MAX)
        return ERR_BAD_FORMAT;
    enum err e = admin_card_open(w->card, &s->identity.hub, card);
    if (e == ERR_OK) e = admin_cert_open(w->cert, &s->identity.hub, card->log_pk, cert);
    if (e != ERR_OK) return e;
    if (memcmp(card->transport_pk, s->identity.hub_transport_pk, 32) != 0) return ERR_WRONG_HUB;
    if (!ID_EQUAL(&cert->node, &s->identity.node) ||
        memcmp(cert->sign_pk, s->keys->sign_pk, 32) != 0 ||
        memcmp(cert->transport_pk, s->keys->transport_pk, 32) != 0 ||
        memcmp(cert->sealing_pk, s->identity.sealing_pk, 32) != 0)
        return ERR_BAD_SIGNATURE;
    return ERR_OK;
}

void node_sync_joined(struct node_sync *s, const struct link_event *m,
                      const struct node_sync_event *ev, struct node_sync_effects *fx)
{
    struct message_welcome w;
    struct admin_card card;
    struct admin_cert cert;
    enum err e = ERR_BAD_FORMAT;
    if (m->type == MESSAGE_WELCOME) e = message_welcome_decode(m->body, &w);
    if (e == ERR_OK) e = node_sync_check_welcome(s, &w, &card, &cert);
    if (e != ERR_OK) {
        node_sync_fail(s, e, ev, fx);
        return;
    }
    struct node_identity *id = &s->identity;
    id->joined = true;
    memcpy(id->hub_log_pk, card.log_pk, sizeof card.log_pk);
    memcpy(id->hub_sealing_pk, card.sealing_pk, sizeof card.sealing_pk);
    memcpy(id->unit, cert.unit, sizeof id->unit);
    memcpy(id->unit_name, w.unit_name.p, w.unit_name.len);
    id->unit_name[w.unit_name.len] = '\0';
    memcpy(id->cert, w.cert.p, w.cert.len);
    id->cert_len = w.cert.len;
    memcpy(id->card, w.card.p, w.card.len);
    id->card_len = w.card.len;
    id->card_serial = card.serial;
    sodium_memzero(id->token, sizeof id->token); /* used up */
    node_sync_effect_add(fx, NODE_SYNC_FX_STORE_IDENTITY)->identity = id;
    s->answer = NODE_SYNC_WANT_IDENTITY;
}

void node_sync_refused(struct node_sync *s, struct bytes body, const struct node_sync_event *ev,
                       struct node_sync_effects *fx)
{
    struct message_refuse r;
    enum err e = message_refuse_decode(body, &r);
    if (e == ERR_OK) {
        s->result.refused = r.code;
        node_sync_words(s, r.text);
        e = r.code == MESSAGE_REVOKED_NODE ? ERR_REVOKED : ERR_REFUSED;
    }
    node_sync_fail(s, e, ev, fx);
}
