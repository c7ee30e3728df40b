/*
 * Clocks and checks of the catalogue over the typed tables (docs/cases.md): what runs out, and what
 * does not add up. Both come out of the records and the day alone; nothing is stored, so hub and node
 * say the same of the same records.
 *
 * Ownership: what a row is given is borrowed for the call.   Threads: the db's.
 * Units:     civil days of Vietnam's time.   Limits: WATCH_STEPS_MAX, WATCH_MS_MAX, WATCH_SQL_BYTES_MAX.
 */
#ifndef DONGBO_COMMON_IO_STORE_WATCH_H
#define DONGBO_COMMON_IO_STORE_WATCH_H

#include "common/catalogue_rules.h"
#include "common/io/store_typed.h"

#include <jansson.h>

#define WATCH_STEPS_MAX     UINT64_C(200000000) /* SQLite VM steps of one clock or check */
#define WATCH_MS_MAX        120000u             /* ms by the clock, of one clock or check */
#define WATCH_SQL_BYTES_MAX (64u * 1024u)       /* bytes of one query */
#define WATCH_WHY_ROOM      256u                /* bytes of a reason with its terminator */

enum watch_state {
    WATCH_UNDATED, /* it runs, and no day is known by which */
    WATCH_RUNNING,
    WATCH_SOON, /* at most the clock's `soon` days are left */
    WATCH_OVERDUE,
    WATCH_DONE, /* on its last day at the latest */
    WATCH_DONE_LATE,
    WATCH_DONE_UNKNOWN, /* it is over, and the day of it or the last day is not there: in time or late */
};

struct watch_ref { /* of a reference that leads nowhere (common/io/store_refs.h) */
    const struct catalogue_field *field;
    struct id_record target;
    bool deleted; /* false: nobody has such a record */
};

struct watch_row {
    const struct catalogue_clock *clock; /* NULL: a check */
    const struct catalogue_check *check;
    const struct watch_ref *ref; /* NULL: of a rule */
    struct bytes unit;
    struct id_record record;
    enum watch_state state;
    bool has_start, has_due, has_done; /* has_done: on a day that is not after `on` */
    bool over;                         /* said to be done, without a day */
    struct date start, due, done;
    int32_t left; /* days from `on` to the due day; below 0: since it was over */
    const char
        *failed;  /* the rule's own SQL does not work or takes too long: why; no record then */
    bool guessed; /* counted in working days of a year whose holidays the catalogue does not have */
};

typedef enum err watch_fn(void *ctx, const struct watch_row *row);

/*
 * Every record for which a clock of the catalogue was ever set (done ones too), in the order of the
 * catalogue and then of ids; and every record that a check finds wrong. A rule whose SQL is wrong or takes
 * too many steps gives one row with `failed`, behind those that it gave before, and hides no other rule.
 * ERR_NOT_READY: no typed tables; and whatever `row` returns.
 */
MUST_CHECK enum err watch_clocks(struct db *db, const struct typed *typed,
                                 const struct catalogue *c, struct date on, watch_fn *row,
                                 void *ctx);
MUST_CHECK enum err watch_checks(struct db *db, const struct typed *typed,
                                 const struct catalogue *c, struct date on, watch_fn *row,
                                 void *ctx);

/* One check, with :t0 = `from` beside :t1 = `on`: what an ad-hoc trigger asks. ERR_BAD_INPUT, ERR_DENIED,
 * ERR_TOO_LARGE: its SQL does not work, `why` says how. */
MUST_CHECK enum err watch_check_one(struct db *db, const struct typed *typed,
                                    const struct catalogue *c, const struct catalogue_check *check,
                                    struct date from, struct date on, watch_fn *row, void *ctx,
                                    char why[static WATCH_WHY_ROOM]);

/* The queries, for compiling them before a catalogue is used. */
void watch_clock_sql(const struct catalogue_clock *k, struct buf *out);
void watch_check_sql(const struct catalogue_check *k, struct buf *out);

/* ---- lists ---- */

enum { WATCH_ROWS_MAX = 2000 }; /* rows of one answer; all are counted */

struct watch_list {
    const struct catalogue *catalogue;
    struct date on;
    const char *unit;               /* of this unit alone; NULL: of all */
    const char *id;                 /* this clock or check alone; NULL: all */
    bool done;                      /* those that are done as well */
    const struct id_record *record; /* about this record alone; NULL: all */
    struct buf *
        ics; /* NULL, or events of those due from..to are added, and one today of each clock that failed */
    int64_t now_ms;
    struct date from, to;
    json_int_t events;
    json_t *rows; /* watch_json() each; NULL: only counted */
    json_int_t counts[WATCH_DONE_UNKNOWN + 1];
    json_int_t wrong; /* rows of checks */
    json_t *
        failed; /* {clock or check, vi, en, why} of each rule that does not work; NULL: only counted */
    json_int_t broken; /* such rules */
};
/* A watch_fn; ctx is a struct watch_list. */
MUST_CHECK enum err watch_list_add(void *ctx, const struct watch_row *row);
/* {"overdue": n, ...}; the rows by state (overdue first), then by due day. */
json_t *watch_list_counts(const struct watch_list *l);
void watch_list_sort(json_t *rows);

#endif
