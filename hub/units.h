/*
 * A unit goes on in another (SPEC 13.7): its nodes get new certificates, its records are assigned, offers to it end.
 * What reads and writes; hub/command_units.c decides when, by successors.csv.
 *
 * Ownership: everything is borrowed for the call, but what hub_units_read() gave.
 * Threads:   loop thread only.   Units: UTC ms.   Limits: HUB_UNITS_*.
 */
#ifndef DONGBO_HUB_UNITS_H
#define DONGBO_HUB_UNITS_H

#include "common/buf.h"
#include "common/date.h"
#include "hub/store.h"
#include "hub/sync.h"

enum {
    HUB_UNITS_NODES_MAX = 64,                            /* nodes of one unit */
    HUB_UNITS_IDS_BYTES_MAX = 1000000 * ID_RECORD_BYTES, /* records that go in one transaction */
};

struct hub_units_move {
    const char *to;
    char date[DATE_TEXT_ROOM]; /* from which figures count the records there, YYYY-MM-DD */
    struct id_person person;   /* who decided it */
    int64_t now_ms;
    uint64_t records, nodes; /* moved so far: added up by the calls */
};

struct hub_units_old { /* what a unit has, before it goes on in another */
    const char *unit;
    struct hub_node *nodes; /* HUB_UNITS_NODES_MAX */
    size_t node_count;
    struct buf records; /* ids */
};

/* Nodes of the unit that are not revoked. ERR_TOO_LARGE: more than HUB_UNITS_NODES_MAX. */
MUST_CHECK enum err hub_units_nodes(struct hub_store *s, const char *unit,
                                    struct hub_node v[static HUB_UNITS_NODES_MAX], size_t *count);

/* Add the ids of the unit's records, of one type or (0) of all. ERR_TOO_LARGE: the buffer's limit. */
MUST_CHECK enum err hub_units_records(struct hub_store *s, const char *unit, unsigned type,
                                      struct buf *ids);

/* What there is to move. hub_units_free() also after an error. */
MUST_CHECK enum err hub_units_read(struct hub_store *s, const char *unit,
                                   struct hub_units_old *out);
void hub_units_free(struct hub_units_old *old);

/* These records belong to `to`, in as many sets as it takes, inside the open transaction. Errors of the store:
 * roll back. */
MUST_CHECK enum err hub_units_assign(struct hub_store *s, const struct hub_sync_keys *keys,
                                     struct bytes ids, struct hub_units_move *m);

/* All of it goes on in `to`, inside the open transaction. Errors of the store: roll back. */
MUST_CHECK enum err hub_units_merge(struct hub_store *s, const struct hub_sync_keys *keys,
                                    const struct hub_units_old *old, struct hub_units_move *m);

#endif
