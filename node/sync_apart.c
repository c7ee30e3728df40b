/* A revoked node hands in what the hub has not got; there it is kept apart for a person. SPEC 18.3. */
#include "node/sync_priv.h"

/* All heads were looked at. A log that is another than the hub's stays here: it cannot be joined to it. */
void node_sync_apart(struct node_sync *s)
{
    for (size_t i = 0; i < s->hello.log_count; i++) {
        if (s->fixes[i].pull) s->heads[i].next_seq = s->hello.logs[i].next_seq;
    }
    s->kept_read = true; /* sets of the hub's log are not given back */
    s->mend = false;
    s->heads_ok = true;
}

/* No receipt: the sets go on waiting here, and are not sent twice. */
void node_sync_quarantined(struct node_sync *s, struct bytes body, const struct node_sync_event *ev,
                           struct node_sync_effects *fx)
{
    struct message_quarantined m;
    enum err e = message_quarantined_decode(body, &m);
    if (e == ERR_OK && s->flight_count == 0) e = ERR_BAD_FORMAT;
    const struct node_sync_frame *f = &s->flight[0];
    if (e == ERR_OK && (!ID_EQUAL(&f->inc, &m.inc) || f->next_seq != m.next_seq))
        e = ERR_BAD_FORMAT;
    if (e != ERR_OK) {
        node_sync_fail(s, e, ev, fx);
        return;
    }
    if (s->apart) s->result.apart++; /* one set a frame */
    s->flight_count--;
    memmove(s->flight, s->flight + 1, s->flight_count * sizeof s->flight[0]);
}
