/*
 * The report workflow at the hub: for a unit, report and period, what state it is in and why.
 * SPEC 14.2. Everything follows from the log and today's date.
 *
 * Ownership: a row owns its texts (hub_flow_row_free).   Threads: loop thread, outside a
 *            transaction.   Units: UTC ms.   Limits: HUB_FLOW_ROWS_MAX.
 */
#ifndef DONGBO_HUB_FLOW_H
#define DONGBO_HUB_FLOW_H

#include "common/io/flow_row.h"
#include "hub/store_flow.h"

enum { HUB_FLOW_ROWS_MAX = 20000 }; /* rows of one answer */

struct hub_flow_row {
    struct flow_row row;
    enum flow_state open_state; /* without the lock of a closed period */
    struct hub_sent_report sent;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    struct buf memory; /* reason and text of a request */
};

struct hub_flow_query { /* NULL texts: any */
    const char *report;
    const char *unit;
    bool has_period;
    struct period period;
    struct date from; /* of what is expected; not looked at with a period */
    struct date to;
    int64_t now_ms;
    bool unowed; /* also of units that do not owe it; nothing that was asked for then */
};

/* State of one. The report is of level commune (ERR_BAD_INPUT else) and the unit is one below the
 * hub at the window's end (ERR_NOT_FOUND). After hub_reports_ready(). */
MUST_CHECK enum err hub_flow_row(struct hub_store *s, const char *report, const char *unit,
                                 struct period period, int64_t now_ms, struct hub_flow_row *out);
void hub_flow_row_free(struct hub_flow_row *r);

/* Every report that a unit below the hub owes, by report, period and unit; and ad-hoc ones that
 * somebody asked for. ERR_TOO_LARGE: HUB_FLOW_ROWS_MAX. */
typedef enum err hub_flow_row_fn(void *ctx, struct hub_flow_row *row);
MUST_CHECK enum err hub_flow_each(struct hub_store *s, const struct hub_flow_query *q,
                                  hub_flow_row_fn *row, void *ctx);

/*
 * Units whose report was not in when a period is closed: for a report of level commune those that owe
 * it; for one of the district those that owe a report it is made of, of the period that ends on the
 * same day.
 */
MUST_CHECK enum err hub_flow_missing(struct hub_store *s, const char *report, const char *unit,
                                     struct period period, int64_t now_ms, hub_flow_row_fn *row,
                                     void *ctx);

/* Reports that were handed in and that a closing is made of, owed or not, as hub_flow_missing() finds them. */
MUST_CHECK enum err hub_flow_handed_in(struct hub_store *s, const char *report, const char *unit,
                                       struct period period, int64_t now_ms, hub_flow_row_fn *row,
                                       void *ctx);

#endif
