/*
 * A report: the figures of one period at one cut of the log, per commune and together, with the
 * targets beside them. Computed any time; preliminary until it is closed (hub/close).
 *
 * Who and when:
 *   - the data window is the period's under the rule of windows.csv that is valid at the period's
 *     last day;
 *   - of the hub's unit, the communes are the units below it that are valid at the window's end;
 *   - a report of level "commune" is made for one commune, or for the hub's unit: then it is the
 *     overview of all communes; one of level "district" is made for the hub's unit only.
 * What a record holds can never keep a report from being made: amounts that are no numbers are left
 * out and counted, over-long texts are cut, control characters become question marks.
 * Facts of other units (merged away, or the hub's own) are in no figure; `outside` names them.
 *
 * Figures together are made of the facts, not of the communes' figures (hub/figures). A ratio over
 * nothing is null and prints as a dash. A commune of which the hub holds no record has no figures:
 * it is named as "nothing sent", which is not zero (HUB_SENT_* in hub/store_reports.h).
 *
 * Ownership: hub_report_free() releases. A report borrows the catalogue of the store it was computed
 *            from and must not outlive its edition there.
 * Threads:   loop thread.   Units: ratios as numerator and denominator; days of Vietnam's time.
 * Limits:    HUB_REPORT_*; HUB_FIGURES_* an indicator.
 */
#ifndef DONGBO_HUB_REPORT_H
#define DONGBO_HUB_REPORT_H

#include "hub/figures.h"
#include "hub/store_reports.h"
#include "common/target.h"

enum {
    HUB_REPORT_UNITS_MAX = 1000,   /* communes of one report */
    HUB_REPORT_LINES_MAX = 200,    /* lines of one form */
    HUB_REPORT_VALUES_MAX = 500,   /* values of one breakdown */
    HUB_REPORT_TARGETS_MAX = 5000, /* targets, each commune's counted */
    HUB_REPORT_OUTSIDE_MAX = 100,  /* other units that are named */
    HUB_REPORT_CORRECTIONS_MAX = 5000,
    HUB_REPORT_CORRECTION_ROOM = 201, /* bytes of a figure before or after, with its terminator */
    HUB_REPORT_VALUE_ROOM = 28,       /* bytes of a figure's canonical text with its terminator */
    HUB_MET_ROOM = 64,                /* bytes of what is said of a target, with its terminator */
};

struct hub_report_unit {
    const char *code;
    const char *name;
    enum hub_sent sent;
};

enum hub_hide { /* set by hub/small alone, for what leaves the hub */
                HUB_HIDE_NO,
                HUB_HIDE_SMALL,  /* too few persons */
                HUB_HIDE_SECOND, /* would reveal such a cell by subtraction */
                HUB_HIDE_RATE,   /* a ratio over or of too few persons */
};

enum hub_told {
    HUB_TOLD_NOTHING,
    HUB_TOLD_SMALL, /* that it is 1..HUB_SMALL_LEAST-1 */
    HUB_TOLD_ALL,   /* the number itself */
};

struct hub_report_cell {
    bool absent; /* the unit sent nothing: no figure */
    bool null;   /* a ratio over nothing */
    enum hub_hide hide;
    int64_t num;
    int64_t den;        /* ratios only */
    enum hub_told told; /* what an earlier paper says of this very number (hub/small) */
    int64_t corrected; /* what agreed corrections added to num: num - corrected is of the records */
    const struct hub_figure *figure; /* its records; NULL: no row */
};

struct hub_report_row { /* row 0 of a line is the total, then one per value of the breakdown */
    const char *value;  /* "" in row 0, and in the row of facts that state no value */
    const char *label_vi;
    const char *label_en;
    struct hub_report_cell *cells; /* one per unit, then the one of all together if has_total */
};

struct hub_report_line {
    unsigned no;
    const struct catalogue_indicator *indicator;
    const char *label_vi;
    const char *label_en;
    const char *by; /* "" or the breakdown's list */
    bool beside;    /* an earlier paper breaks the same totals down by something else (hub/small) */
    bool summed;    /* of persons whom several hubs may know: counted in each of them */
    uint64_t left_out; /* facts whose amount is no number or over INDICATOR_AMOUNT_MAX */
    struct hub_report_row *rows;
    size_t row_count;
    struct hub_figures *figures; /* texts of the records of its cells */
    struct hub_figures_table total;
    struct hub_figures_table split;
    char *texts; /* values that the catalogue does not know */
};

enum hub_met {
    HUB_MET_NO,
    HUB_MET_YES,
    HUB_MET_NULL,    /* the figure is null */
    HUB_MET_NOTHING, /* the unit sent nothing */
    HUB_MET_UNCLEAR, /* the target's value or comparison cannot be read */
    HUB_MET_HIDDEN,  /* the figure is a hidden small one (hub/small) */
    HUB_MET_RUNNING, /* a target of the year in a report of less: no verdict yet */
    HUB_MET_PARTIAL, /* of all units together, and some sent nothing: no verdict */
};

struct hub_report_target {
    size_t line;
    size_t unit; /* index of the cell it is about; unit_count = all together */
    struct hub_target_row row;
    enum hub_met met;
    size_t in, of; /* PARTIAL: units that sent records, of how many */
};

/* A correction of the district that the commune agreed to. SPEC 14.7. */
enum hub_correction_state {
    HUB_CORRECTION_APPLIED,   /* the cell has its value */
    HUB_CORRECTION_OVERTAKEN, /* the records give another figure by now, or none */
    HUB_CORRECTION_NO_NUMBER, /* a rate, or a value that is no number of this measure */
};
struct hub_report_correction {
    struct id_record id;
    size_t line, row, column; /* of the cell; row = the line's row_count: it has no such row */
    unsigned no;              /* of the line */
    char indicator[CATALOGUE_NAME_BYTES_MAX + 1];
    char value[HUB_FIGURES_TEXT_BYTES_MAX + 1]; /* of the breakdown; "": the total, or nowhere */
    bool nowhere; /* names a value that neither the line nor the catalogue's list has */
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    char before[HUB_REPORT_CORRECTION_ROOM]; /* a number, or "": what was written is none */
    char after[HUB_REPORT_CORRECTION_ROOM];
    char *reason; /* as the district wrote it: for the hub's own pages, never in a file */
    enum hub_correction_state state;
    bool quiet; /* of an indicator whose small figures are hidden: its numbers are not printed */
};

/* A hub whose issue went into a consolidated report. */
struct hub_report_source {
    const char *unit;
    const char *hub;     /* id, hex */
    const char *figures; /* digest of its issue, hex */
    uint32_t number;     /* of its issue */
    size_t missing;      /* how many of the report's missing units its issue names: the next ones */
};

/* An issue that shows figures of the report already. */
struct hub_report_paper {
    char report[CATALOGUE_NAME_BYTES_MAX + 1];
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    char period[PERIOD_LABEL_ROOM];
    uint32_t number;
};

struct hub_report {
    const struct catalogue *catalogue;
    const struct catalogue_report *form;
    struct period period;
    char label[PERIOD_LABEL_ROOM];
    struct period_window window;
    struct id_hash hub;
    char unit[ADMIN_UNIT_BYTES_MAX + 1]; /* whose report it is */
    char unit_name[MESSAGE_TEXT_MAX + 1];
    struct hub_cut cut;
    struct hub_report_unit *units; /* by code */
    size_t unit_count;
    bool has_total;
    struct hub_report_line *lines;
    size_t line_count;
    struct hub_report_target *targets; /* by line, unit (all together last), record id */
    size_t target_count;
    struct hub_report_correction *corrections; /* by line, row's value, unit */
    size_t correction_count;
    char (*outside)[ADMIN_UNIT_BYTES_MAX + 1]; /* codes, sorted */
    size_t outside_count;
    char (*missing)[ADMIN_UNIT_BYTES_MAX + 1]; /* of a closing: units whose reports were not in */
    size_t missing_count;
    struct hub_report_owner *owners; /* of records that have moved since the window's end, by id */
    size_t owner_count;
    size_t owner_room;
    /* Of an issue of before `papers` (SPEC 16.7): */
    bool small_before; /* lines in which only others hide do not look at their parts */
    uint32_t beside;   /* number of the issue before it, if it says that */
    struct hub_report_paper
        *papers; /* issues beside which small cells are hidden, in their order */
    size_t paper_count;
    struct hub_report_source *sources; /* of a consolidated report; else none */
    size_t source_count;
};

struct hub_report_why { /* what to tell the person */
    char vi[HUB_REPORT_WHY_ROOM];
    char en[HUB_REPORT_WHY_ROOM];
};

/*
 * Compute a report at the end of the log. Outside a transaction.
 *
 *   in    id: "RP04";  unit: a commune's code, or NULL or the hub's own code for the district
 *   out   out: owned by the caller, only on ERR_OK;  why: filled on the errors named below
 *
 * ERR_NOT_FOUND   no such report or unit;   ERR_BAD_INPUT: not for this period or unit, or an
 *                 indicator of the catalogue is wrong;   ERR_DENIED, ERR_TOO_LARGE: an indicator
 *                 wants what it may not, or is too much
 * ERR_NOT_READY   the hub has no identity or catalogue yet
 * and the store's errors.
 */
MUST_CHECK enum err hub_report_compute(struct hub_store *s, const char *id, const char *unit,
                                       struct period period, struct hub_report **out,
                                       struct hub_report_why *why);
void hub_report_free(struct hub_report *r); /* NULL is allowed */

/* A figure of a commune that a correction names; the form need not have the indicator. */
struct hub_report_spot {
    const char *report, *unit;
    struct period period;
    const char *indicator, *by, *value; /* of that breakdown; "", "": the total */
};
/* What its records give there now, before any correction. *there: false: nothing, as a correction sees it (the
 * commune sent nothing, or has no such value). Errors of hub_report_compute(); ERR_NOT_FOUND: no indicator. */
MUST_CHECK enum err hub_report_spot(struct hub_store *s, const struct hub_report_spot *spot,
                                    bool *there, int64_t *num, struct hub_report_why *why);

/*
 * Name in the report whose reports were not in when it was closed: codes with a blank between them, as the
 * close set has them (SPEC 14.5); empty: nobody. Once for a report.
 * ERR_DAMAGED: what stands between two blanks is no code;   ERR_NOMEM
 */
MUST_CHECK enum err hub_report_set_missing(struct hub_report *r, struct bytes codes);
bool hub_report_is_missing(const struct hub_report *r, const char *unit);

/* Name of a missing unit: as in the report, else as in the catalogue on the window's last day, else its code. */
const char *hub_report_missing_name(const struct hub_report *r, size_t i);
/* All of them as one text: "A, B"; of a consolidated report by source: "X (A, B); Y (C)". */
void hub_report_missing_names(const struct hub_report *r, struct buf *out);

/* Persons whom several communes count and all together count once, of a line over persons: the communes' figures less
 * that of all. 0 too where it cannot be told: of rates, sums, hidden figures, and of what no hub compared. */
int64_t hub_report_merged(const struct hub_report *r, const struct hub_report_line *line);
/* "Đã loại trùng ...: 14: 2; 15: 1", lines by their numbers; nothing when nobody was. */
void hub_report_merged_words(const struct hub_report *r, struct buf *out);

/* Cells of a row: communes, and all together if the report has that. */
size_t hub_report_columns(const struct hub_report *r);

/*
 * Canonical text of a figure: "12", "-3", for ratios the percentage with one decimal, halves up:
 * "87.5"; "" for null, absent and hidden (hub_small_text() has what is printed then).
 */
void hub_report_value(const struct hub_report_line *line, const struct hub_report_cell *cell,
                      char out[static HUB_REPORT_VALUE_ROOM]);

/* The records of a cell: `fn` is called with each id in byte order, and what it does in the figure (before
 * any correction), until it fails. */
typedef enum err hub_report_input_fn(void *ctx, struct bytes record,
                                     const struct hub_figures_part *part);
MUST_CHECK enum err hub_report_inputs(const struct hub_report_line *line,
                                      const struct hub_report_cell *cell, hub_report_input_fn *fn,
                                      void *ctx);

/* Index of a cell column by unit code; the hub's unit is the one of all together. ERR_NOT_FOUND. */
MUST_CHECK enum err hub_report_column(const struct hub_report *r, const char *unit, size_t *column);

/* The figures of one column as the sheet of common/sheet: what its unit would submit now. A breakdown
 * has the values that occur in this report. ERR_NOMEM, ERR_TOO_LARGE (the buffer's). */
MUST_CHECK enum err hub_report_sheet(const struct hub_report *r, size_t column, struct buf *out);

/* "applied", "overtaken", "no_number"; and for people. */
const char *hub_correction_name(enum hub_correction_state state);
const char *hub_correction_vi(enum hub_correction_state state);

/* The breakdown's value of a correction as far as it is printed; "": the total. NULL: it is none of the
 * line's, or of a hidden cell (hub/small has marked the report). */
const char *hub_correction_value(const struct hub_report *r, const struct hub_report_correction *c);

/* What has been reached of a target of the year, in percent (common/target.h): "83.3"; "" with a
 * verdict, or when no share can be told. */
void hub_report_progress(const struct hub_report *r, const struct hub_report_target *t,
                         char out[static TARGET_PROGRESS_ROOM]);

/* Words for people: "đạt", "chưa đạt", "83,3% chỉ tiêu năm", ... and their English. */
void hub_met_vi(const struct hub_report *r, const struct hub_report_target *t,
                char out[static HUB_MET_ROOM]);
void hub_met_en(const struct hub_report *r, const struct hub_report_target *t,
                char out[static HUB_MET_ROOM]);

/* Compare a figure with a target as text: num (or num/den in percent for a ratio) `op` value.
 * reduce_percent: at least `value` percent of base_value less; reduce_points: at least so many
 * percentage points below it. */
enum hub_met hub_report_meets(bool ratio, int64_t num, int64_t den,
                              const struct hub_target_row *target);

#endif
