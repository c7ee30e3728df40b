/*
 * The lane of attachments, behind the feed: files to send, then files to fetch, one after another, a few
 * blocks ahead of the hub's answers. A save or a person who waits ends it between two messages, so
 * that records never stand behind a file. SPEC 19.
 */
#include "common/zoo.h"
#include "node/sync_priv.h"

void node_sync_bye(struct node_sync *s, enum err how, const struct node_sync_event *ev,
                   struct node_sync_effects *fx)
{
    struct message_bye bye = {.position = how == ERR_OK ? s->end.position : 0,
                              .code = (unsigned)how};
    s->lane = NODE_SYNC_LANE_OFF;
    buf_clear(&s->body);
    message_bye_encode(&bye, &s->body);
    node_sync_send(s, MESSAGE_BYE, false, ev, fx);
    if (s->state != NODE_SYNC_SYNCING) return; /* the send failed */
    if (how == ERR_OK) s->rounds = 0;
    node_sync_finish(s, how, ev, fx);
}

static void node_sync_attach_next(struct node_sync *s, struct node_sync_effects *fx)
{
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_ATTACH_NEXT);
    f->attach = &s->file;
    s->lane = NODE_SYNC_LANE_NEXT;
    s->answer = NODE_SYNC_WANT_ATTACH;
}

void node_sync_attach_begin(struct node_sync *s, const struct node_sync_event *ev,
                            struct node_sync_effects *fx)
{
    s->lane_until = ev->now_ms + NODE_SYNC_ATTACH_MS;
    memset(&s->file, 0, sizeof s->file);
    node_sync_attach_next(s, fx);
}

static void node_sync_attach_want(struct node_sync *s, const struct node_sync_event *ev,
                                  struct node_sync_effects *fx)
{
    struct attach_want m = {.ref = s->file.ref, .from = s->file.have};
    uint64_t rest = s->file.size - s->file.have;
    uint64_t blocks = (rest + ATTACH_BLOCK_BYTES - 1) / ATTACH_BLOCK_BYTES;
    /* The first block comes alone, for it tells the size. */
    s->lane_expected = m.from == 0 ? 1 : blocks < ATTACH_AHEAD_MAX ? blocks : ATTACH_AHEAD_MAX;
    s->lane = NODE_SYNC_LANE_FETCH;
    buf_clear(&s->body);
    attach_want_encode(&m, &s->body);
    node_sync_send(s, MESSAGE_WANT, false, ev, fx);
}

void node_sync_attach_job(struct node_sync *s, const struct node_sync_event *ev,
                          struct node_sync_effects *fx)
{
    if (ev->attach == NULL) {
        node_sync_bye(s, ERR_OK, ev, fx);
        return;
    }
    s->file = *ev->attach;
    if (s->file.size == 0 || s->file.have < s->file.size) {
        node_sync_attach_want(s, ev, fx);
        return;
    }
    struct attach_offer m = {.ref = s->file.ref, .size = s->file.size};
    s->lane = NODE_SYNC_LANE_OFFER;
    s->lane_sent = s->lane_acked = 0;
    buf_clear(&s->body);
    attach_offer_encode(&m, &s->body);
    node_sync_send(s, MESSAGE_ATTACH, false, ev, fx);
}

void node_sync_attach_block(struct node_sync *s, const struct node_sync_event *ev,
                            struct node_sync_effects *fx)
{
    struct attach_block m = {.from = s->lane_sent, .size = s->file.size, .data = ev->bytes};
    s->lane_sent += m.data.len;
    buf_clear(&s->body);
    attach_block_encode(&m, &s->body);
    node_sync_send(s, MESSAGE_NODE_BLOCK, false, ev, fx);
}

static void node_sync_attach_said(struct node_sync *s, unsigned code, struct node_sync_effects *fx)
{
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_ATTACH_SAID);
    f->attach = &s->file;
    f->seq = code;
    s->lane = NODE_SYNC_LANE_SAID;
    s->answer = NODE_SYNC_WANT_STORED;
}

/* How much of the file the hub has. Before the first block any beginning of it; then one block more with
 * each answer. */
static enum err node_sync_on_have(struct node_sync *s, struct bytes body,
                                  struct node_sync_effects *fx)
{
    struct attach_have m;
    enum err e = attach_have_decode(body, &m);
    if (e != ERR_OK) return e;
    bool ours =
        ID_EQUAL(&m.ref.record, &s->file.ref.record) && ID_EQUAL(&m.ref.hash, &s->file.ref.hash);
    if (!ours || s->lane == NODE_SYNC_LANE_NEXT || s->lane == NODE_SYNC_LANE_SAID)
        return ERR_BAD_FORMAT;
    if (m.code != ATTACH_OK) {
        node_sync_attach_said(s, m.code, fx);
        return ERR_OK;
    }
    if (s->lane == NODE_SYNC_LANE_FETCH || m.have > s->file.size) return ERR_BAD_FORMAT;
    if (m.have % ATTACH_BLOCK_BYTES != 0 && m.have != s->file.size) return ERR_BAD_FORMAT;
    if (s->lane == NODE_SYNC_LANE_OFFER) {
        s->lane = NODE_SYNC_LANE_SEND;
        s->lane_sent = s->lane_acked = m.have;
    } else if (m.have <= s->lane_acked || (m.have > s->lane_sent && m.have != s->file.size)) {
        return ERR_BAD_FORMAT;
    } else {
        s->lane_acked = m.have;
        if (s->lane_sent < m.have) s->lane_sent = m.have; /* another road was faster */
    }
    if (m.have == s->file.size || (ZOO(123) && m.have > 0)) node_sync_attach_said(s, ATTACH_OK, fx);
    return ERR_OK;
}

static enum err node_sync_on_block(struct node_sync *s, struct bytes body,
                                   struct node_sync_effects *fx)
{
    enum err e = attach_block_decode(body, &s->block);
    if (e != ERR_OK) return e;
    if (s->lane != NODE_SYNC_LANE_FETCH || s->lane_expected == 0 || s->block.from != s->file.have)
        return ERR_BAD_FORMAT;
    if (s->file.size != 0 && s->block.size != s->file.size) return ERR_BAD_FORMAT;
    s->lane_expected--;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_ATTACH_PUT);
    f->attach = &s->file;
    f->block = &s->block;
    s->answer = NODE_SYNC_WANT_PUT;
    return ERR_OK;
}

void node_sync_attach_put(struct node_sync *s, const struct node_sync_event *ev,
                          struct node_sync_effects *fx)
{
    if (ev->error == ERR_BAD_HASH) { /* noted; the next session begins it anew */
        node_sync_attach_next(s, fx);
        return;
    }
    s->file.size = s->block.size;
    s->file.have += s->block.data.len;
    if (s->file.have == s->file.size) {
        node_sync_attach_next(s, fx);
    } else if (s->lane_expected == 0) {
        node_sync_attach_want(s, ev, fx);
    }
}

void node_sync_attach_message(struct node_sync *s, const struct link_event *m,
                              const struct node_sync_event *ev, struct node_sync_effects *fx)
{
    enum err e = ERR_BAD_FORMAT;
    if (m->type == MESSAGE_HAVE) e = node_sync_on_have(s, m->body, fx);
    if (m->type == MESSAGE_HUB_BLOCK) e = node_sync_on_block(s, m->body, fx);
    if (e != ERR_OK) node_sync_fail(s, e, ev, fx);
}

bool node_sync_attach_more(struct node_sync *s, const struct node_sync_event *ev,
                           struct node_sync_effects *fx)
{
    if (s->again || ev->now_ms >= s->lane_until) {
        s->again = true; /* records first; what is open goes on in the next session */
        node_sync_bye(s, ERR_OK, ev, fx);
        return true;
    }
    if (s->lane == NODE_SYNC_LANE_SAID) {
        node_sync_attach_next(s, fx);
        return true;
    }
    uint64_t ahead = (uint64_t)ATTACH_AHEAD_MAX * ATTACH_BLOCK_BYTES;
    if (s->lane != NODE_SYNC_LANE_SEND || s->lane_sent == s->file.size ||
        s->lane_sent - s->lane_acked >= ahead)
        return false;
    struct node_sync_effect *f = node_sync_effect_add(fx, NODE_SYNC_FX_ATTACH_READ);
    f->attach = &s->file;
    f->seq = s->lane_sent;
    s->answer = NODE_SYNC_WANT_BLOCK;
    return true;
}
