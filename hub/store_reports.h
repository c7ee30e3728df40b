/*
 * The hub's store, part 3: what reports read. Runs the catalogue's indicators (with no right but to
 * read the typed tables, and a step limit), reads targets, and says who has sent something.
 *
 * Ownership: what rows are given is borrowed for the call.   Threads: loop thread.
 * Units:     days in Vietnam's time; milliseconds UTC.
 * Limits:    those of common/io/indicator.
 * Errors:    those of hub/store.h everywhere. Outside a transaction.
 */
#ifndef DONGBO_HUB_STORE_REPORTS_H
#define DONGBO_HUB_STORE_REPORTS_H

#include "common/period.h"
#include "hub/figures.h"
#include "hub/store.h"

#define HUB_REPORT_WHY_ROOM 256u /* bytes of a reason with its terminator */

/* The moment a report is of: the end of the log (SPEC 3.5) and the catalogue in force there. */
struct hub_cut {
    uint64_t epoch;
    uint64_t position;
    struct id_hash hash; /* P at position */
    uint32_t edition;
    struct id_hash archive; /* of the edition (SPEC 8.1) */
};

/*
 * Bring the typed tables up to date and say which moment they show.
 * ERR_NOT_READY  no identity or no catalogue yet
 */
MUST_CHECK enum err hub_reports_ready(struct hub_store *s, struct hub_cut *cut);

/*
 * Run an indicator over the data window. Its parameters: :t0 and :t1 (first and last day), :p_NAME
 * for every parameter of the catalogue valid at :t1, :owed as in indicator_run(). After
 * hub_reports_ready().
 *
 * ERR_BAD_INPUT, ERR_DENIED, ERR_TOO_LARGE  the indicator's SQL is wrong, wants what it may not, or
 *                                           takes too many steps; `why` says so in English
 * and whatever `row` returns.
 */
typedef enum err hub_fact_fn(void *ctx, const struct hub_fact *fact);
MUST_CHECK enum err hub_reports_run(struct hub_store *s,
                                    const struct catalogue_indicator *indicator,
                                    struct period_window window, struct bytes owed,
                                    hub_fact_fn *row, void *ctx,
                                    char why[static HUB_REPORT_WHY_ROOM]);

/* The types whose records the SQL of an indicator reads (typed_indicator_types()), and the ids of all records
 * of such a type, ascending, as the SQL would see them. After hub_reports_ready(). */
typedef void hub_type_fn(void *ctx, const struct catalogue_type *type);
MUST_CHECK enum err hub_reports_types(struct hub_store *s,
                                      const struct catalogue_indicator *indicator, hub_type_fn *row,
                                      void *ctx);
typedef enum err hub_rid_fn(void *ctx, const struct id_record *rid);
MUST_CHECK enum err hub_reports_ids(struct hub_store *s, const struct catalogue_type *type,
                                    hub_rid_fn *row, void *ctx);

/* A target record. Texts are "" where the field is empty. */
struct hub_target_row {
    struct id_record rid;
    char indicator[CATALOGUE_NAME_BYTES_MAX + 1];
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    char period[PERIOD_LABEL_ROOM]; /* "" = the whole year */
    char op[16];
    char value[32];
    char value_hi[32];
    char base_value[32]; /* reduce_percent, reduce_points: what it is compared with */
    char per[16];
};
/* The district's own targets of a year (no commune sets targets) in the order of their record ids;
 * those with a text that is too long for its
 * field are no targets of any report and are left out. None without a type `target`. */
MUST_CHECK enum err hub_reports_targets(struct hub_store *s, int year,
                                        enum err (*row)(void *ctx, const struct hub_target_row *t),
                                        void *ctx);

/*
 * Has a unit sent anything?
 *   NOTHING  the hub holds no record of that unit, not even a deleted one
 *   EARLIER  it holds records, but every change set of the unit's nodes was made (by its signed
 *            clock) before the window began: nothing new
 *   YES      otherwise; a figure of 0 is then a zero
 * A function of the log alone, so it is the same wherever the log is replayed.
 */
enum hub_sent { HUB_SENT_NOTHING, HUB_SENT_EARLIER, HUB_SENT_YES };
MUST_CHECK enum err hub_reports_sent(struct hub_store *s, const char *unit, int64_t window_ms,
                                     enum hub_sent *out);

#endif
