/*
 * The life of one report: of a unit, a report and a period. SPEC 14.2. Pure tables.
 *
 *   not started -> draft -> submitted | late -> accepted -> locked
 *                    ^            |  returned with reasons, back to a draft or submitted again
 *                    withdrawn <-'
 *
 * The unit drafts, submits and withdraws; the district returns and accepts. Closing the period locks
 * whatever state there is; reopening it, by two persons, gives that state back. What is allowed depends
 * on the state alone: flow_step() is one table.
 *
 * "Late" is submitted and late; how sure that is says enum flow_time: a submission that the hub
 * received in time is in time; one whose own header names what the hub had done after the due day is
 * late; between the two only the unit's clock speaks, and the report is late, unproven.
 *
 * Ownership: plain values.   Threads: any.   Units: UTC ms.
 */
#ifndef DONGBO_COMMON_FLOW_H
#define DONGBO_COMMON_FLOW_H

#include "common/bytes.h"
#include "common/err.h"

enum { /* days of a list that is asked for without days */
       FLOW_BACK_DAYS = 120,
       FLOW_AHEAD_DAYS = 45,
       FLOW_OWED_DAYS_MAX = 3653, /* what is owed stays in the list for ten years */
};

enum flow_state {
    FLOW_NOT_STARTED, /* nothing sent: no record of it */
    FLOW_DRAFT,
    FLOW_SUBMITTED,
    FLOW_LATE, /* submitted, and not in time */
    FLOW_RETURNED,
    FLOW_ACCEPTED,
    FLOW_LOCKED, /* the period is closed */
    FLOW_WITHDRAWN,
    FLOW_STATES
};

enum flow_event {
    FLOW_EV_DRAFT,       /* the unit saved a draft */
    FLOW_EV_SUBMIT,      /* the unit's leader confirmed, in time */
    FLOW_EV_SUBMIT_LATE, /* the same, late or late and unproven */
    FLOW_EV_WITHDRAW,    /* the unit took it back */
    FLOW_EV_RETURN,      /* the district: with reasons */
    FLOW_EV_ACCEPT,      /* the district */
    FLOW_EVENTS
};

/*
 * The state after an event.
 * ERR_DENIED  not in this state: `*next` is untouched; flow_why_vi/_en say why
 */
MUST_CHECK enum err flow_step(enum flow_state state, enum flow_event event, enum flow_state *next);

/* Words: "submitted"; what people read; why an event is refused in a state. */
const char *flow_state_name(enum flow_state s);
const char *flow_state_vi(enum flow_state s);
const char *flow_state_en(enum flow_state s);
const char *flow_why_vi(enum flow_state s, enum flow_event event);
const char *flow_why_en(enum flow_state s, enum flow_event event);

/* Has the district something from the unit in this state? */
bool flow_is_in(enum flow_state s);

enum flow_time {
    FLOW_TIME_NONE,        /* nothing was submitted, or nothing can be late */
    FLOW_TIME_IN_TIME,     /* received in time */
    FLOW_TIME_LATE,        /* made after the due day: proved, or said so by its own clock */
    FLOW_TIME_UNPROVEN,    /* received late; its clock says it was made in time: a claim */
    FLOW_TIME_UNCONFIRMED, /* at a commune: nothing of the hub's says yet when it was received */
    FLOW_TIMES
};

struct flow_proof { /* when a submission was made, as far as it can be proved (architecture 8) */
    bool has_after;
    int64_t after_ms;   /* after the hub's time of the position that its header names as seen */
    int64_t before_ms;  /* before the hub received it */
    int64_t claimed_ms; /* by the unit's own clock */
};

/* `late_ms`: the first moment that is late; INT64_MAX: none. */
enum flow_time flow_time_of(const struct flow_proof *proof, int64_t late_ms);

const char *flow_time_name(
    enum flow_time t); /* "none", "in_time", "late", "late_unproven", "unconfirmed" */
const char *flow_time_vi(enum flow_time t);
const char *flow_time_en(enum flow_time t);

#endif
