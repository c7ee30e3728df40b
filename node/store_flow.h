/*
 * The node's store, the report workflow: indicators over this unit's records, what the district said
 * of its reports, and the reports themselves. SPEC 14.
 *
 * Ownership: what callbacks get is borrowed for the call.   Threads: loop thread only.
 * Units:     UTC ms.   Errors: as in node/store_records.h.
 */
#ifndef DONGBO_NODE_STORE_FLOW_H
#define DONGBO_NODE_STORE_FLOW_H

#include "common/io/indicator.h"
#include "common/io/store_named.h"
#include "node/store_records.h"

/* Run an indicator over this PC's records, pending ones included. ERR_NOT_READY: no catalogue;
 * and those of indicator_run(), `owed` among its arguments. */
MUST_CHECK enum err node_flow_indicator(struct node_store *s,
                                        const struct catalogue_indicator *indicator,
                                        struct period_window window, struct bytes owed,
                                        indicator_fn *row, void *ctx,
                                        char why[static INDICATOR_WHY_ROOM]);

/* The records of type `report` of this unit, report and period, one after another by their ids: the
 * one behind `after`; NULL: the first. Two PCs may each have begun one. ERR_NOT_FOUND: no more. */
MUST_CHECK enum err node_flow_find(struct node_store *s, const char *unit, const char *report,
                                   const char *period, const struct id_record *after,
                                   struct id_record *rid);

/* What the hub's own sets that came here say of records, in place of what the hub knows (SPEC 14.2): read
 * when it is asked for first, valid until the next node_store_apply(). */
struct node_district {
    struct buf incs; /* the incarnations of the hub's log, one after another */
    /* of each record that moved: its id, the day, YYYY-MM-DD, and 1: it came, 0: it left */
    struct buf moved;
};
/* ERR_TOO_LARGE, ERR_NOMEM, and those of the database. */
MUST_CHECK enum err node_flow_district(struct node_store *s, const struct node_district **out);
/* Is it a set of the hub's own log? */
bool node_district_wrote(const struct node_district *d, const struct id_version *version);
/* On `last`, did a record of this unit count for another (SPEC 13.3)? The last move up to that day says so; before
 * the first one it counted for who gave it away then: this unit, when it left by an offer that this PC heard of;
 * nobody hears of an assignment that takes a record away. An offer counts by the day on which it was made. */
bool node_district_elsewhere(const struct node_district *d, const struct id_record *rid,
                             struct date last);

/* By when the hub had a set, as its signed receipts and its own sets that came behind it say. UTC ms by the hub's
 * clock, of a receipt by this PC's; INT64_MAX: nothing says so yet. */
MUST_CHECK enum err node_flow_had(struct node_store *s, const struct fold_set *set,
                                  int64_t *before_ms);

/* Targets of a year that hold for this unit (its own, or each commune's) in the order of their record
 * ids, and for this period or the whole year. None without a type `target`. Texts are never NULL. */
struct node_target {
    const char *indicator, *op, *value, *value_hi, *base_value, *period;
};
typedef enum err node_target_fn(void *ctx, const struct node_target *t);
MUST_CHECK enum err node_flow_targets(struct node_store *s, const char *unit, int year,
                                      const char *period, node_target_fn *row, void *ctx);

/* Persons of sensitive records whom texts name (common/io/store_named). */
MUST_CHECK enum err node_flow_named(struct node_store *s, struct named_text *texts, size_t count,
                                    struct named *all);

/* What the district said: ops of kind 21 and 42 to 45 of its log, in its order. NULL texts: any. */
struct node_flow_op {
    uint64_t position;
    int kind;
    int64_t at_ms; /* by the hub's clock */
    struct id_person person;
    struct bytes payload;
};
typedef enum err node_flow_op_fn(void *ctx, const struct node_flow_op *op);
MUST_CHECK enum err node_flow_ops(struct node_store *s, int kind, const char *report,
                                  const char *period, node_flow_op_fn *row, void *ctx);

#endif
