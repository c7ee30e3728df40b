/*
 * The hub's store, part 10: the report workflow. What the district said of reports (ops 42 to 45 of
 * its own log), which periods are closed, the communes' submissions as records of type `report`, and
 * what can be proved about the time of one. SPEC 14.
 *
 * Ownership: what a callback is given is borrowed for the call.   Threads: loop thread.
 * Units:     UTC ms.   Errors: those of hub/store.h everywhere. Outside a transaction unless said.
 */
#ifndef DONGBO_HUB_STORE_FLOW_H
#define DONGBO_HUB_STORE_FLOW_H

#include "common/flow.h"
#include "hub/store_issues.h"
#include "proto/workflow.h"

#define HUB_FLOW_TEXT_ROOM 256u /* bytes of a short text of a report with its terminator */

struct hub_sent_report { /* the record of a unit's report, as the typed tables show it */
    struct id_record rid;
    char state[CATALOGUE_NAME_BYTES_MAX + 1];
    char submitted_on[DATE_TEXT_ROOM];
    char signed_by[HUB_FLOW_TEXT_ROOM];
    char digest[2 * ID_HASH_BYTES + 1];
    bool conflict;  /* two PCs said different things, or handed in a record each */
    bool has_other; /* that other record, which does not count */
    struct id_record other;
    bool unconfirmed; /* it says submitted, and who wrote its texts did that, or wrote after it */
    struct id_version version; /* newest set that wrote what a judgement is about */
    struct id_person person;   /* who handed it in, or saved the draft last */
    struct flow_proof proof;   /* when it was handed in */
};
/* Among the records that counted for the unit on `last`, the last day of the data window (SPEC 13.3),
 * whoever has them now. ERR_NOT_FOUND: the unit has no such record. After hub_reports_ready(). */
MUST_CHECK enum err hub_flow_report(struct hub_store *s, const char *unit, const char *report,
                                    const char *period, struct date last,
                                    struct hub_sent_report *out);

/* Every text that stands in one of these fields of a record of type `report`: of each field what is shown first, then
 * what is in conflict with it. What `text` gets is borrowed until it returns; a text is at most
 * CATALOGUE_TEXT_BYTES_MAX. ERR_NOT_FOUND: no such record. */
typedef enum err hub_flow_text_fn(void *ctx, size_t field, bool shown, struct bytes text);
MUST_CHECK enum err hub_flow_texts(struct hub_store *s, const struct id_record *rid,
                                   const char *const *fields, size_t count, hub_flow_text_fn *text,
                                   void *ctx);
/* What is shown of one field appended; nothing when it is empty. */
MUST_CHECK enum err hub_flow_field(struct hub_store *s, const struct id_record *rid,
                                   const char *field, struct buf *out);

struct hub_flow_op { /* an op 42 to 45 */
    uint64_t position;
    int kind;
    int64_t at_ms;
    struct id_person person;
    struct bytes payload;
};
typedef enum err hub_flow_op_fn(void *ctx, const struct hub_flow_op *op);

/* Ops of a kind in the log's order. NULL texts: any; a request for all units (unit "") is found with
 * every unit. */
MUST_CHECK enum err hub_flow_ops(struct hub_store *s, int kind, const char *unit,
                                 const char *report, const char *period, hub_flow_op_fn *row,
                                 void *ctx);

/* When the hub took the first set of its log: before, nobody could send it anything. UTC ms. ERR_NOT_FOUND: none. */
MUST_CHECK enum err hub_flow_begun(struct hub_store *s, int64_t *ms);

struct hub_closing { /* the newest issue of a period */
    uint32_t number;
    uint64_t position;
    uint64_t cut_position;
    enum admin_close_mode mode;
    bool reopened; /* by order: the period is open */
};
/* ERR_NOT_FOUND: never closed. */
MUST_CHECK enum err hub_flow_closing(struct hub_store *s, const char *unit, const char *report,
                                     const char *period, struct hub_closing *out);

/* The answer of a commune to a correction: the record of type `correction` with the correction's id.
 * ERR_NOT_FOUND: none yet. */
struct hub_flow_answer {
    char answer[CATALOGUE_NAME_BYTES_MAX + 1];
    char answered_on[DATE_TEXT_ROOM];
};
/* Has that unit agreed to the correction? Two PCs that answered differently have not. */
MUST_CHECK enum err hub_flow_agreed(struct hub_store *s, const struct id_record *id,
                                    struct bytes unit, bool *agreed);
MUST_CHECK enum err hub_flow_answered(struct hub_store *s, const struct id_record *id,
                                      struct hub_flow_answer *out);

#endif
