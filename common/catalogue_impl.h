/*
 * Inside of common/catalogue: memory, the list of mistakes and CSV tables. Only catalogue*.c
 * include it.
 *
 * Ownership: everything is allocated in the catalogue's arena and lives as long as it.
 * Threads:   one at a time, while parsing.
 */
#ifndef DONGBO_COMMON_CATALOGUE_IMPL_H
#define DONGBO_COMMON_CATALOGUE_IMPL_H

#include "common/buf.h"
#include "common/catalogue.h"

struct catalogue_block; /* one allocation of the arena */

struct catalogue {
    struct catalogue_block *blocks;
    struct catalogue_type *types; /* by no */
    size_t type_count;
    struct catalogue_choice *choices; /* by list, then file order */
    size_t choice_count;
    struct catalogue_unit *units; /* by code, then valid_from */
    size_t unit_count;
    struct catalogue_indicator *indicators; /* file order, as are the rest */
    size_t indicator_count;
    struct catalogue_report *reports;
    size_t report_count;
    struct catalogue_line *lines; /* by report in file order of reports, then no */
    size_t line_count;
    struct catalogue_window *windows;
    size_t window_count;
    struct catalogue_param *params;
    size_t param_count;
    struct catalogue_duty *duties;
    size_t duty_count;
    struct catalogue_trigger *triggers;
    size_t trigger_count;
    struct catalogue_follow *follows;
    size_t follow_count;
    struct catalogue_event *events;
    size_t event_count;
    struct catalogue_day *days;
    size_t day_count;
    struct catalogue_successor *successors;
    size_t successor_count;
    struct catalogue_holiday *holidays;
    size_t holiday_count;
    struct catalogue_step *steps;
    size_t step_count;
    struct catalogue_clock *clocks;
    size_t clock_count;
    struct catalogue_check *checks;
    size_t check_count;
    struct catalogue_scheme *schemes;
    size_t scheme_count;
};

enum { CATALOGUE_UNREAD_MAX = 32 }; /* more than there are files of CSV */

/* The state of one catalogue_parse(). */
struct catalogue_parser {
    struct catalogue *c;
    const struct catalogue_file *files;
    size_t file_count;
    struct catalogue_error *errors; /* CATALOGUE_ERRORS_MAX */
    size_t error_count;
    bool nomem;                     /* sticky */
    const struct catalogue *before; /* the edition in force, or NULL */
    struct catalogue_unread {       /* files that are missing, or have nothing to read */
        const char *file;
        struct catalogue_error *said; /* NULL: nothing yet */
    } unread[CATALOGUE_UNREAD_MAX];
    size_t unread_count;
};

/* Zeroed memory for `count` items (never NULL for count 0); NULL and ps->nomem when there is none.
 */
void *catalogue_alloc(struct catalogue_parser *ps, size_t count, size_t size);

/* A C string of the bytes, which hold no NUL; NULL and ps->nomem when there is no memory. */
const char *catalogue_text(struct catalogue_parser *ps, struct bytes s);

/* Where a mistake is. */
struct catalogue_place {
    const char *file;
    unsigned row;       /* 0: the whole file */
    const char *column; /* NULL: the whole row */
};

/* Note one mistake: "vi: detail" and "en: detail"; `detail` may be NULL. Past CATALOGUE_ERRORS_MAX
 * it is dropped. */
void catalogue_mistake(struct catalogue_parser *ps, struct catalogue_place at, const char *vi,
                       const char *en, const char *detail);

/* True when another mistake could still be told. */
bool catalogue_more(const struct catalogue_parser *ps);

/* A CSV file with known columns; a cell is never NULL. */
enum { CATALOGUE_COLUMNS_MAX = 18 };
struct catalogue_table {
    struct catalogue_parser *ps;
    const char *file;
    const char *const *columns;
    size_t column_count;
    size_t needed;      /* the first of them must be there */
    const char **cells; /* row_count * column_count */
    unsigned *rows;     /* row numbers in the file; 1 = header */
    size_t row_count;
};

/* Read the file of that name. A missing file is an empty table, and a mistake if `required`; so is
 * each missing or unknown column and each row with more cells than columns. */
void catalogue_table_read(struct catalogue_parser *ps, const char *file, const char *const *columns,
                          size_t column_count, bool required, struct catalogue_table *t);

/* The same where only the first `needed` columns must be there; a cell of another is then "". */
void catalogue_table_read_some(struct catalogue_parser *ps, const char *file,
                               const char *const *columns, size_t column_count, size_t needed,
                               bool required, struct catalogue_table *t);

const char *catalogue_cell(const struct catalogue_table *t, size_t row, size_t column);

/* Note a mistake in a cell; its content is the detail. */
void catalogue_cell_mistake(const struct catalogue_table *t, size_t row, size_t column,
                            const char *vi, const char *en);

/* The same of a cell that names what the file `in` does not have. Where that file could not be read at all, its own
 * mistake says instead, once, that `t` was not checked against it. */
void catalogue_cell_unknown(const struct catalogue_table *t, size_t row, size_t column,
                            const char *in, const char *vi, const char *en);

/* Could the file not be read at all? Its mistake then also names `unchecked`, unless that is NULL. */
bool catalogue_unread(struct catalogue_parser *ps, const char *file, const char *unchecked);

/* Cells with common rules; each notes the mistake and returns a harmless value. */
const char *catalogue_cell_needed(const struct catalogue_table *t, size_t row, size_t column);
const char *catalogue_cell_name(const struct catalogue_table *t, size_t row, size_t column);
unsigned catalogue_cell_number(const struct catalogue_table *t, size_t row, size_t column,
                               unsigned min, unsigned max);
bool catalogue_cell_flag(const struct catalogue_table *t, size_t row, size_t column);
size_t catalogue_cell_word(const struct catalogue_table *t, size_t row, size_t column,
                           const char *const *words, size_t count); /* index; 0 after a mistake */
void catalogue_cell_validity(const struct catalogue_table *t, size_t row, size_t from_column,
                             struct date *from,
                             struct date *to); /* the column after it is valid_to */

/* A day, ISO or as a spreadsheet in Vietnamese writes it. False, and *out as it was: none. */
bool catalogue_is_day(const char *s, struct date *out);

const char *catalogue_cell_id(const struct catalogue_table *t, size_t row, size_t column);

/* True when the two spans of days, first and last included, have a day in common. */
bool catalogue_days_overlap(struct date from, struct date to, struct date other_from,
                            struct date other_to);

/* True when `name` is one of those in `by`, which are split by '|'. */
bool catalogue_by_has(const char *by, const char *name);

/* True for [a-z][a-z0-9_]* of at most CATALOGUE_NAME_BYTES_MAX bytes. */
bool catalogue_is_name(const char *s);
/* True for [a-z0-9_]+ of at most CATALOGUE_NAME_BYTES_MAX bytes. */
bool catalogue_is_value(const char *s);
/* True for a name that SQL or the typed tables keep for themselves. */
bool catalogue_is_reserved(const char *s);

/* True for a relative path of letters, digits, '_', '-', '.', '/', each part beginning with a letter or
 * digit, of at most CATALOGUE_NAME_BYTES_MAX bytes. */
bool catalogue_is_file_name(struct bytes s);

/* The file of that name, or NULL. */
const struct catalogue_file *catalogue_file_find(const struct catalogue_parser *ps,
                                                 const char *name);

/* Is there any row of units.csv with this code? */
bool catalogue_unit_known(const struct catalogue *c, const char *code);

/* The choices of a list in file order; NULL and count 0 when there is none. */
const struct catalogue_choice *catalogue_list(const struct catalogue *c, const char *list,
                                              size_t *count);

/* The parts, in the order in which they look each other up. */
void catalogue_parse_choices(struct catalogue_parser *ps);
void catalogue_parse_types(struct catalogue_parser *ps);
void catalogue_parse_units(struct catalogue_parser *ps);
void catalogue_parse_indicators(struct catalogue_parser *ps);
void catalogue_parse_params(struct catalogue_parser *ps);
void catalogue_parse_moves(struct catalogue_parser *ps);
void catalogue_parse_reports(struct catalogue_parser *ps);
void catalogue_parse_duties(struct catalogue_parser *ps);
void catalogue_parse_triggers(struct catalogue_parser *ps);
void catalogue_parse_rules(struct catalogue_parser *ps);
void catalogue_parse_scores(struct catalogue_parser *ps);

/* The parts of catalogue_clean(); `s` is NFC, trimmed and not empty; they append to `out`. */
MUST_CHECK enum err catalogue_refuse(struct catalogue_why *why, const char *vi,
                                     const char *en); /* ERR_BAD_VALUE */
MUST_CHECK enum err catalogue_clean_fold(struct bytes s,
                                         struct buf *out); /* folded, `out` cleared first */
MUST_CHECK enum err catalogue_clean_int(struct bytes s, bool money, struct buf *out,
                                        struct catalogue_why *why);
MUST_CHECK enum err catalogue_clean_decimal(struct bytes s, struct buf *out,
                                            struct catalogue_why *why);
MUST_CHECK enum err catalogue_clean_choice(const struct catalogue *c, const char *list,
                                           struct bytes s, struct buf *out,
                                           struct catalogue_why *why);
MUST_CHECK enum err catalogue_clean_choices(const struct catalogue *c, const char *list,
                                            struct bytes s, struct buf *out,
                                            struct catalogue_why *why);

#endif
