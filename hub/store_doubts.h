/*
 * The hub's store: records whose days cannot be, or are probably mistyped, and those whose references lead nowhere, for
 * who closes a period. The rules are common/doubt's and common/io/store_refs'; the typed tables only say where to look.
 *
 * Ownership: rows are borrowed for the call.   Threads: loop thread.   Units: UTC ms; civil days of Vietnam's time.
 * Errors: those of hub/store.h; ERR_NOT_READY without a catalogue.
 */
#ifndef DONGBO_HUB_STORE_DOUBTS_H
#define DONGBO_HUB_STORE_DOUBTS_H

#include "common/doubt.h"
#include "hub/store.h"

enum hub_doubtful_why {
    HUB_DOUBTFUL_FUTURE,  /* after today, and it cannot be */
    HUB_DOUBTFUL_AGE,     /* nobody is known to be that old */
    HUB_DOUBTFUL_UNBORN,  /* before the birth of the person that the record is of */
    HUB_DOUBTFUL_FAR,     /* an event far from the period */
    HUB_DOUBTFUL_DELETED, /* it names a record that was deleted */
    HUB_DOUBTFUL_UNKNOWN, /* it names a record that has not come (common/io/store_refs.h) */
};

struct hub_doubtful {
    struct id_record rid;
    char unit[ADMIN_UNIT_BYTES_MAX + 1]; /* owner */
    const struct catalogue_type *type;
    const struct catalogue_field *field;
    enum hub_doubtful_why why;
};
typedef enum err hub_doubtful_fn(void *ctx, const struct hub_doubtful *row);

struct hub_doubts {
    struct doubt_days days; /* days.asks false: nothing is far */
    int64_t since_ms;       /* days only of records that changed at the hub since then; 0: of all */
};

/* Days by type, field and reason, then references of all records, whenever they came: they count as they stand. A
 * record comes once for each. An error of the callback ends it. */
MUST_CHECK enum err hub_store_doubts(struct hub_store *s, const struct hub_doubts *q,
                                     hub_doubtful_fn *row, void *ctx);

#endif
