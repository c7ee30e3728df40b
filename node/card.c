#include "node/card.h"

#include <stdio.h>

void node_card_of(const struct node_identity *id, struct admin_card *out)
{
    if (id->card_len > 0 &&
        admin_card_open(bytes_make(id->card, id->card_len), &id->hub, out) == ERR_OK)
        return;
    *out = (struct admin_card){.serial = id->card_serial};
    memcpy(out->log_pk, id->hub_log_pk, sizeof out->log_pk);
    memcpy(out->transport_pk, id->hub_transport_pk, sizeof out->transport_pk);
    memcpy(out->sealing_pk, id->hub_sealing_pk, sizeof out->sealing_pk);
}

enum err node_card_check(const struct node_identity *id, struct bytes card, struct admin_card *out)
{
    struct admin_card c;
    enum err e = admin_card_open(card, &id->hub, &c);
    if (e != ERR_OK) return e;
    bool same = card.len == id->card_len && memcmp(card.p, id->card, card.len) == 0;
    if (c.serial < id->card_serial || (c.serial == id->card_serial && id->joined && !same))
        return ERR_STALE;
    *out = c;
    return ERR_OK;
}

void node_card_use(struct node_identity *id, struct bytes card, const struct admin_card *parsed)
{
    memcpy(id->card, card.p, card.len);
    id->card_len = card.len;
    id->card_serial = parsed->serial;
    memcpy(id->hub_log_pk, parsed->log_pk, sizeof id->hub_log_pk);
    memcpy(id->hub_transport_pk, parsed->transport_pk, sizeof id->hub_transport_pk);
    memcpy(id->hub_sealing_pk, parsed->sealing_pk, sizeof id->hub_sealing_pk);
    if (parsed->address[0] != '\0')
        snprintf(id->address, sizeof id->address, "%s", parsed->address);
}
