/* When things went back in time: own sets pulled by a node, proofs of a loss, sets given back.
 * SPEC 7.13, 7.14. */
#include "hub/proof.h"
#include "hub/sync_priv.h"

#include <stdlib.h>

void hub_sync_pull(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx)
{
    struct message_pull m;
    enum err e = message_pull_decode(body, &m);
    if (e == ERR_OK && s->pulling) e = ERR_BAD_FORMAT; /* one at a time */
    if (e != ERR_OK) {
        hub_sync_close(s, e, fx);
        return;
    }
    s->pulling = true;
    s->pull_inc = m.inc;
    s->pull_next = m.from;
}

void hub_sync_pull_more(struct hub_sync *s, struct hub_sync_effects *fx)
{
    if (!s->pulling || s->queued >= HUB_SYNC_QUEUED_MAX) return;
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_READ_OWN);
    f->node = &s->node;
    f->inc = s->pull_inc;
    f->cursor = s->pull_next;
    s->answer = HUB_SYNC_WANT_OWN;
}

size_t hub_sync_fit_sets(const struct message_set *v, size_t count, size_t first)
{
    size_t n = 0;
    size_t bytes = 8;
    while (first + n < count && n < MESSAGE_ITEMS_MAX) {
        bytes += v[first + n].head.len + v[first + n].body.len + 96;
        if (n > 0 && bytes > FRAME_BODY_BYTES_MAX) break;
        n++;
    }
    return n;
}

/* An empty message ends what was asked for. */
void hub_sync_own(struct hub_sync *s, const struct hub_sync_event *ev, struct hub_sync_effects *fx)
{
    size_t i = 0;
    s->pulling = ev->set_count > 0;
    s->pull_next += ev->set_count;
    do {
        size_t n = hub_sync_fit_sets(ev->sets, ev->set_count, i);
        buf_clear(&s->body);
        message_sets_encode(ev->sets + i, n, &s->body);
        hub_sync_send(s, MESSAGE_OWN, true, fx);
        i += n;
    } while (i < ev->set_count);
}

void hub_sync_proof(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx)
{
    struct message_proof m;
    enum err e = message_proof_decode(body, &m);
    if (e == ERR_OK && m.has)
        e = hub_proof_receipt(&m, &s->keys.hub, &s->node.node, &s->card, &s->receipt);
    if (e != ERR_OK) {
        hub_sync_close(s, e, fx);
        return;
    }
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_PROVE);
    f->node = &s->node;
    f->hello = &s->hello;
    f->receipt = m.has ? &s->receipt : NULL;
    f->certified = s->certified;
    s->answer = HUB_SYNC_WANT_PROVED;
}

/* Whatever it proved, what this session was greeted with is of the past: the node comes again. */
void hub_sync_proved(struct hub_sync *s, struct hub_sync_effects *fx)
{
    hub_sync_close(s, ERR_OK, fx);
}

void hub_sync_giveback(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx)
{
    size_t count = 0;
    if (s->given == NULL) s->given = calloc(MESSAGE_ITEMS_MAX, sizeof *s->given);
    enum err e = s->given != NULL ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK) e = message_sets_decode(body, s->given, MESSAGE_ITEMS_MAX, &count);
    if (e != ERR_OK) {
        hub_sync_close(s, e, fx);
        return;
    }
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_GIVE);
    f->given = s->given;
    f->given_count = count;
    s->answer = HUB_SYNC_WANT_GIVEN;
}

void hub_sync_ask_again(struct hub_sync *s, const struct hub_feed *f, struct hub_sync_effects *fx)
{
    for (size_t i = 0; i < f->again_count; i++) {
        buf_clear(&s->body);
        message_pull_encode(&f->again[i], &s->body);
        hub_sync_send(s, MESSAGE_AGAIN, false, fx);
        s->asked++;
    }
}

void hub_sync_resent(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx)
{
    size_t count = 0;
    if (s->given == NULL) s->given = calloc(MESSAGE_ITEMS_MAX, sizeof *s->given);
    enum err e = s->given != NULL ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK) e = message_sets_decode(body, s->given, MESSAGE_ITEMS_MAX, &count);
    if (e == ERR_OK && count > 1) e = ERR_BAD_FORMAT;
    if (e != ERR_OK) {
        hub_sync_close(s, e, fx);
        return;
    }
    s->asked--;
    struct hub_sync_effect *f = hub_sync_effect_add(fx, HUB_SYNC_FX_MEND);
    f->node = &s->node;
    f->given = s->given;
    f->given_count = count;
    s->answer = HUB_SYNC_WANT_GIVEN;
}
