/*
 * One side of an explanation or a comparison: an issue as it was closed, or a report as it would be
 * now. Its cells, the records behind them, the change sets behind those, and the catalogue whose
 * rules made them.
 *
 * Ownership: hub_side_free() releases all.   Threads: loop thread, outside a transaction.
 * Limits:    HUB_SIDE_CELLS_MAX; 4 bytes for each record of each cell, and 1 to 17 for what it does there.
 */
#ifndef DONGBO_HUB_SIDE_H
#define DONGBO_HUB_SIDE_H

#include "hub/inputs.h"

enum { HUB_SIDE_CELLS_MAX = 500000 }; /* cells of one report */

struct hub_side_cell {
    unsigned line;
    const struct catalogue_indicator *indicator;
    const char *by; /* the line's breakdown, "" */
    bool total;
    char value[HUB_FIGURES_TEXT_BYTES_MAX + 1];
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    bool absent;
    int64_t num, den;
    size_t first, count; /* of its records in struct hub_side.records */
    size_t part_at,
        part_len; /* of what they do in it, in struct hub_side.parts; 0 bytes: not kept */
};

struct hub_side {
    bool live;              /* as it would be now: `issue` has no id, number or files */
    struct hub_issue issue; /* report, unit, period, cut */
    struct period period;
    struct period_window window;
    const struct catalogue *catalogue;
    struct catalogue *own;     /* private */
    struct hub_report *report; /* when live */
    struct hub_inputs inputs;
    struct hub_side_cell *cells; /* by hub_side_compare(), line */
    size_t count;
    uint32_t *records; /* numbers in inputs.v */
    size_t record_count;
    struct buf parts;              /* proto/figures_part */
    size_t cell_room, record_room; /* private */
};

/* ERR_DAMAGED: the catalogue edition of the issue is not here or cannot be read. */
MUST_CHECK enum err hub_side_issue(struct hub_store *s, const struct hub_issue *issue,
                                   struct hub_side *out);
/* Errors and words of hub_report_compute(). */
MUST_CHECK enum err hub_side_now(struct hub_store *s, const char *report, const char *unit,
                                 struct period period, struct hub_side *out,
                                 struct hub_report_why *why);
void hub_side_free(struct hub_side *side); /* a zeroed one is fine */

/* Order of figures, whatever form or edition numbered its lines: by indicator and what it is measured in, total
 * first, breakdown, value, unit. The total of an indicator is one figure, whatever its lines are broken down by. */
int hub_side_compare(const struct hub_side_cell *a, const struct hub_side_cell *b);

/* The cell that a person names. */
struct hub_side_key {
    const char *indicator; /* "T03"; NULL: take the line */
    unsigned line;         /* 0: any line of the indicator */
    const char *value;     /* of the breakdown; NULL: the total */
    const char *unit;      /* NULL: the report's own */
};
/* ERR_NOT_FOUND; ERR_BAD_INPUT: several breakdowns of the indicator have that value, name the line. */
MUST_CHECK enum err hub_side_find(const struct hub_side *side, const struct hub_side_key *key,
                                  const struct hub_side_cell **out);

/*
 * "T03", "T03@26170", "T02:female", "T02:@26170" (not stated), "7:female@26170" (line 7), split in
 * place. ERR_BAD_INPUT.
 */
MUST_CHECK enum err hub_side_parse(char *text, struct hub_side_key *out);

/* Canonical text of the figure; "" for nothing sent or a ratio over nothing. */
void hub_side_text(const struct hub_side_cell *cell, char out[static HUB_REPORT_VALUE_ROOM]);

#endif
