/*
 * The report workflow at the node: in which state a report of this unit is, and why. SPEC 14.2. What
 * the district decided counts from the sync that brought it; whether a submission was late the hub
 * decides: here it is said by this PC's own clock.
 *
 * Ownership: a row owns its texts (node_flow_free).   Threads: loop thread.   Units: UTC ms.
 */
#ifndef DONGBO_NODE_FLOW_H
#define DONGBO_NODE_FLOW_H

#include "common/io/flow_row.h"
#include "node/store_flow.h"

struct node_flow {
    struct flow_row row;
    enum flow_state open_state; /* without the lock of a closed period */
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    char unit_name[MESSAGE_TEXT_MAX + 1];
    char state[CATALOGUE_NAME_BYTES_MAX + 1]; /* what the record says */
    char digest[2 * ID_HASH_BYTES + 1];
    char submitted_on[DATE_TEXT_ROOM];
    char signed_by[NODE_STORE_PERSON_BYTES_MAX + 1];
    struct buf memory; /* reason; text and day of a request behind it */
};

/*
 * State of one report. `record` is scratch: afterwards the report's record, type 0 for none.
 * ERR_NOT_FOUND: no such report; ERR_BAD_INPUT: not for this period, or not the unit's;
 * ERR_NOT_READY: not joined, or no catalogue.
 */
MUST_CHECK enum err node_flow_row(struct node_store *s, struct node_store_record *record,
                                  const char *report, struct period period, int64_t now_ms,
                                  struct node_flow *out);
void node_flow_free(struct node_flow *f);

/* Every report that this unit owes, and those that the district asked for, due between two days. */
typedef enum err node_flow_fn(void *ctx, struct node_flow *f);
MUST_CHECK enum err node_flow_each(struct node_store *s, struct node_store_record *record,
                                   struct date from, struct date to, int64_t now_ms,
                                   node_flow_fn *row, void *ctx);

/* Canonical text of a text or date field of the record appended; nothing when it is empty. */
MUST_CHECK enum err node_flow_field(const struct node_store_record *record,
                                    const struct catalogue_type *type, const char *field,
                                    struct buf *out);

#endif
