/*
 * The lane of attachments at the hub, behind END: what the node offers is taken block by block, what it
 * wants is read. HAVE follows the commit, as receipts do. SPEC 19.
 */
#include "hub/sync_priv.h"

static void hub_sync_have(struct hub_sync *s, const struct hub_attach_said *said,
                          struct hub_sync_effects *fx)
{
    struct attach_have m = {.ref = s->attach.ref, .have = said->have, .code = said->code};
    buf_clear(&s->body);
    attach_have_encode(&m, &s->body);
    hub_sync_send(s, MESSAGE_HAVE, false, fx);
}

static enum err hub_sync_offer(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx)
{
    enum err e = attach_offer_decode(body, &s->attach);
    if (e != ERR_OK) return e;
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_ATTACH_OFFER);
    f->node = &s->node;
    f->rekeyed = s->rekeyed;
    f->offer = &s->attach;
    s->attach_open = false;
    s->answer = HUB_SYNC_WANT_SAID;
    return ERR_OK;
}

static enum err hub_sync_block(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx)
{
    enum err e = attach_block_decode(body, &s->block);
    if (e != ERR_OK) return e;
    if (!s->attach_open || s->block.size != s->attach.size || s->block.from != s->attach_next)
        return ERR_BAD_FORMAT;
    s->attach_next += s->block.data.len;
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_ATTACH_BLOCK);
    f->node = &s->node;
    f->rekeyed = s->rekeyed;
    f->offer = &s->attach;
    f->block = &s->block;
    s->answer = HUB_SYNC_WANT_SAID;
    return ERR_OK;
}

static void hub_sync_read(struct hub_sync *s, struct hub_sync_effects *fx)
{
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_ATTACH_READ);
    f->node = &s->node;
    f->rekeyed = s->rekeyed;
    f->want = &s->want;
    s->answer = HUB_SYNC_WANT_BLOCK;
}

static enum err hub_sync_want(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx)
{
    enum err e = attach_want_decode(body, &s->want);
    if (e != ERR_OK) return e;
    s->attach_open = false;
    s->attach.ref = s->want.ref;
    s->want_left = ATTACH_AHEAD_MAX;
    hub_sync_read(s, fx);
    return ERR_OK;
}

void hub_sync_attach(struct hub_sync *s, const struct link_event *m, struct hub_sync_effects *fx)
{
    enum err e = ERR_BAD_FORMAT;
    if (m->type == MESSAGE_ATTACH) e = hub_sync_offer(s, m->body, fx);
    if (m->type == MESSAGE_NODE_BLOCK) e = hub_sync_block(s, m->body, fx);
    if (m->type == MESSAGE_WANT) e = hub_sync_want(s, m->body, fx);
    if (e != ERR_OK) hub_sync_close(s, e, fx);
}

void hub_sync_attach_said(struct hub_sync *s, const struct hub_sync_event *ev,
                          struct hub_sync_effects *fx)
{
    const struct hub_attach_said *said = ev->said;
    if (!s->attach_open) s->attach_next = said->have; /* of the offer */
    s->attach_open = said->code == ATTACH_OK && s->attach_next < s->attach.size;
    hub_sync_have(s, said, fx);
}

void hub_sync_attach_read(struct hub_sync *s, const struct hub_sync_event *ev,
                          struct hub_sync_effects *fx)
{
    const struct hub_attach_said *said = ev->said;
    if (said->code != ATTACH_OK) {
        hub_sync_have(s, said, fx);
        return;
    }
    struct attach_block m = {.from = s->want.from, .size = said->size, .data = ev->bytes};
    buf_clear(&s->body);
    attach_block_encode(&m, &s->body);
    hub_sync_send(s, MESSAGE_HUB_BLOCK, false, fx);
    s->want_left--;
    s->want.from += m.data.len;
    bool first = s->want.from == m.data.len; /* the node learns the size: one block */
    if (s->state != HUB_SYNC_CLOSED && !first && s->want_left > 0 && s->want.from < said->size)
        hub_sync_read(s, fx);
}
