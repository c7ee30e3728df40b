/*
 * What the network addresses that dial the hub may still do: so many handshakes a second, and none for a
 * while after garbage. It bounds the work that strangers can cause; who an enrolled node is, the handshake says.
 *
 * A source is an IPv4 /24 or an IPv6 /48: one office, one provider's corner, or one NAT with a whole district behind
 * it. So a source from which an enrolled node came lately is never shut out, only counted: one broken PC there must not
 * keep its neighbours from their hub. Addresses of this machine itself are not asked: tunnels and portals end there.
 *
 * A penalty grows with each offence and runs out by itself; a source is refused while at least
 * HUB_SOURCES_SHUT_MS of it were reached and some of it is left. What is refused is closed without a word and costs no
 * cryptography; a node tries again, as always (SPEC 7.9, 10.3).
 *
 * Ownership: the caller's struct, no memory beside it.   Threads: one at a time.   Units: milliseconds, monotonic.
 * Limits:    HUB_SOURCES_* below; when the table is full the source that was heard longest ago is forgotten.
 */
#ifndef DONGBO_HUB_SOURCES_H
#define DONGBO_HUB_SOURCES_H

#include "common/err.h"

#include <stdbool.h>
#include <stdint.h>

#define HUB_SOURCES_MAX          1024u   /* sources that are remembered */
#define HUB_SOURCES_RATE         20u     /* handshakes a second of one source, by default */
#define HUB_SOURCES_RATE_MAX     1000u   /* ... at most; a burst is twice the rate */
#define HUB_SOURCES_HANDSHAKE_MS 5000u   /* penalty for a handshake that was not for this hub */
#define HUB_SOURCES_MALFORMED_MS 60000u  /* for bytes that are no message */
#define HUB_SOURCES_PENALTY_MAX  600000u /* ms of penalty at most */
#define HUB_SOURCES_SHUT_MS      15000u  /* less penalty than that shuts nobody out */
#define HUB_SOURCES_KNOWN_MS                                                                       \
    86400000u /* an enrolled node came in the last so many ms: never shut out */

struct hub_source {
    uint8_t net[6];    /* the first 48 bits of the address; of IPv4 its first 24 behind a mark */
    bool shut;         /* refused until `until_ms` */
    uint32_t tokens;   /* thousandths of a handshake that it may make at once */
    uint64_t at_ms;    /* when it was last heard; 0: free */
    uint64_t until_ms; /* its penalty runs out */
    uint64_t known_ms; /* an enrolled node came; 0: none did */
};

struct hub_sources {
    uint32_t rate; /* handshakes a second */
    uint64_t refused;
    struct hub_source v[HUB_SOURCES_MAX];
};

/* `rate` 0: HUB_SOURCES_RATE; more than HUB_SOURCES_RATE_MAX counts as that. */
void hub_sources_init(struct hub_sources *s, unsigned rate);

/*
 * May a connection of this address be taken? `address`: 16 bytes, IPv4 as ::ffff:a.b.c.d. now_ms: above 0.
 * false: close it at once, nothing else.
 */
bool hub_sources_admit(struct hub_sources *s, const uint8_t address[static 16], uint64_t now_ms);

/* A connection of it ended with `why` before it proved to be a node's. Errors other than ERR_HANDSHAKE,
 * ERR_BAD_SIGNATURE (5 s) and ERR_BAD_FORMAT, ERR_BAD_HASH, ERR_TOO_LARGE (60 s) cost nothing: lines break. */
void hub_sources_blame(struct hub_sources *s, const uint8_t address[static 16], enum err why,
                       uint64_t now_ms);

/* An enrolled node proved itself from there. */
void hub_sources_welcome(struct hub_sources *s, const uint8_t address[static 16], uint64_t now_ms);

/* Connections that were refused since hub_sources_init. */
uint64_t hub_sources_refused(const struct hub_sources *s);

#endif
