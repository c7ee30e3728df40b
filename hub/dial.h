/*
 * Where communes dial the hub: "host:port" or "[v6]:port", as it stands in invitations and in the hub's card.
 *
 * Ownership: plain values.   Threads: any, pure.   Limits: ADMIN_ADDRESS_BYTES_MAX.
 */
#ifndef DONGBO_HUB_DIAL_H
#define DONGBO_HUB_DIAL_H

#include "proto/admin.h"

struct hub_dial {
    char host[ADMIN_ADDRESS_BYTES_MAX + 1]; /* without brackets */
    uint16_t port;                          /* 1 or more */
};

/* False: nobody can dial that (a blank, an address of a page, no port ...). */
MUST_CHECK bool hub_dial_read(const char *address, struct hub_dial *out);

/* Does only this machine reach that host? */
bool hub_dial_here(const struct hub_dial *d);

#endif
