/*
 * One row of the workflow lists, as JSON: the same shape at hub and node (docs/workflow.md, "A row").
 *
 * Ownership: texts are borrowed for the call; the answer is a new reference, NULL without memory.
 * Threads:   any, pure.   Units: UTC ms, 0 = not there; civil days.
 */
#ifndef DONGBO_COMMON_IO_FLOW_ROW_H
#define DONGBO_COMMON_IO_FLOW_ROW_H

#include "common/due.h"
#include "common/flow.h"
#include "common/id.h"

#include <jansson.h>

struct flow_row {
    const struct catalogue_report *form;
    struct due_slot slot;
    const char *unit;
    const char *unit_name;
    struct date today;
    enum flow_state state;
    enum flow_time time;
    bool has_record;
    struct id_record record;
    bool has_version;
    struct id_version version;
    bool conflict;
    bool has_other; /* another record of the same report is handed in too: a conflict */
    struct id_record other;
    bool
        unconfirmed; /* it says submitted, but nobody else than its author confirmed what it says */
    const char *digest; /* these three: "" for nothing */
    const char *submitted_on;
    const char *signed_by;
    bool has_person;
    struct id_person person;
    bool at_hub;         /* the following are said */
    int64_t received_ms; /* of the submission */
    int64_t claimed_ms;
    int64_t after_ms;
    const char *sent; /* "nothing", "earlier", "yes" */
    int64_t issue;    /* id, 0: none */
    uint32_t issue_number;
    const char *judged; /* "accepted", "returned"; NULL: nothing was said of this report */
    int64_t judged_ms;
    struct id_person judge;
    struct bytes reason;
    bool judged_this; /* it is about the submission that is there now */
    bool asked;       /* somebody asked for it */
    struct id_record ask_id;
    struct bytes ask_text;
    struct bytes ask_due; /* a day, or empty */
};

/* Is it due, and not in? */
bool flow_row_overdue(const struct flow_row *r);

json_t *flow_row_json(const struct flow_row *r);

#endif
