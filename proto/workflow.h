/*
 * Payloads of the district's ops in the report workflow: judgement of a submission, request for an
 * ad-hoc report, correction, reopening; and the content of an order to reopen. SPEC 14.3-14.5.
 *
 * Ownership: decoded structs borrow the input.   Threads: any, pure.   Limits: WORKFLOW_*_MAX.
 */
#ifndef DONGBO_PROTO_WORKFLOW_H
#define DONGBO_PROTO_WORKFLOW_H

#include "common/buf.h"
#include "common/id.h"

#define WORKFLOW_NAME_BYTES_MAX   63u   /* id of a report or indicator, value of a breakdown */
#define WORKFLOW_PERIOD_BYTES_MAX 21u   /* label of a period */
#define WORKFLOW_REASON_BYTES_MAX 2000u /* reasons, text of a request */
#define WORKFLOW_FIGURE_BYTES_MAX 200u  /* a figure before or after a correction */
#define WORKFLOW_DIGITS_MAX       15u   /* of a number in it; more is a slip of the hand */
#define WORKFLOW_DAY_BYTES        10u   /* a day, or nothing */

struct workflow_key { /* which report; every op begins with it */
    struct bytes unit;
    struct bytes report;
    struct bytes period;
};

enum workflow_verdict { WORKFLOW_VERDICT_ACCEPTED = 1, WORKFLOW_VERDICT_RETURNED = 2 };

struct workflow_judge { /* kind 42 */
    struct workflow_key key;
    struct id_version version; /* of the submission that is judged */
    enum workflow_verdict verdict;
    struct bytes reason; /* never empty when returned */
};

struct workflow_ask { /* kind 43; unit "" = every unit of the hub */
    struct workflow_key key;
    struct id_record id;
    struct bytes due; /* a day, or empty */
    struct bytes text;
};

struct workflow_correct { /* kind 44 */
    struct workflow_key key;
    struct id_record id;
    struct bytes indicator;
    struct bytes value; /* of a breakdown, or empty */
    bool has_record;
    struct id_record record;
    struct bytes before;
    struct bytes after;
    struct bytes reason;
};

struct workflow_reopen { /* kind 45; unit is that of the issue */
    struct workflow_key key;
    uint32_t issue;       /* the newest number of that report, unit and period */
    struct id_hash order; /* of two officers, whose content says the same */
};

/* Append the payload. The fields are within their limits (asserted by none; the decoder refuses). */
void workflow_judge_encode(const struct workflow_judge *j, struct buf *out);
void workflow_ask_encode(const struct workflow_ask *a, struct buf *out);
void workflow_correct_encode(const struct workflow_correct *c, struct buf *out);
void workflow_reopen_encode(const struct workflow_reopen *r, struct buf *out);

/* ERR_BAD_FORMAT: not this kind, not canonical, or over a limit. */
MUST_CHECK enum err workflow_judge_decode(struct bytes payload, struct workflow_judge *j);
MUST_CHECK enum err workflow_ask_decode(struct bytes payload, struct workflow_ask *a);
MUST_CHECK enum err workflow_correct_decode(struct bytes payload, struct workflow_correct *c);
MUST_CHECK enum err workflow_reopen_decode(struct bytes payload, struct workflow_reopen *r);

/* A figure of a correction: a whole number as it is printed, at most WORKFLOW_DIGITS_MAX digits, no sign
 * but '-', no zero in front. False: it is none, and `out` is untouched. SPEC 14.7. */
bool workflow_number(struct bytes text, int64_t *out);

/* Which report a payload of kinds 42 to 45 is about. ERR_BAD_FORMAT. */
MUST_CHECK enum err workflow_key_decode(struct bytes payload, struct workflow_key *key);

/* Content of an order of kind "reopen": `[unit, report, period, issue]`. */
void workflow_order_encode(const struct workflow_key *key, uint32_t issue, struct buf *out);
MUST_CHECK enum err workflow_order_decode(struct bytes content, struct workflow_key *key,
                                          uint32_t *issue);

/* Are records of this type of the unit that owes them, written by the verbs of the workflow alone? Reports, and
 * answers to corrections. */
bool workflow_owns(const char *type);

#endif
