#include "node/figures.h"
#include "node/owed.h"

#include "proto/figures.h"

#include <stdlib.h>

struct node_facts {
    const char *unit;
    struct figures *figures;
};

static enum err node_fact(void *ctx, const struct fact *fact)
{
    struct node_facts *n = ctx;
    struct fact clean = *fact;
    uint8_t by[FACT_BY_MAX][FACT_TEXT_BYTES_MAX];
    if (!bytes_equal(fact->unit, bytes_str(n->unit)) || indicator_odd(fact)) return ERR_OK;
    for (size_t i = 0; i < FACT_BY_MAX; i++)
        clean.by[i] = indicator_clean(fact->by[i], by[i]);
    if (clean.subject.len > FACT_TEXT_BYTES_MAX) clean.subject.len = FACT_TEXT_BYTES_MAX;
    return figures_add(n->figures, &clean);
}

/* The figures of one indicator over this unit, to be freed by figures_free() in any case. */
static enum err node_collect(struct node_store *s, const char *unit,
                             const struct catalogue_indicator *indicator,
                             struct period_window window, struct figures **out,
                             char why[static INDICATOR_WHY_ROOM])
{
    struct node_facts facts = {.unit = unit};
    enum err e = figures_new(indicator->measure, &facts.figures);
    if (e == ERR_OK) e = node_owed_run(s, indicator, window, node_fact, &facts, why);
    if (e == ERR_OK) e = figures_finish(facts.figures);
    *out = facts.figures;
    return e;
}

/* Which of by1..by3 a breakdown list is; -1: none. */
static int node_by(const struct catalogue_indicator *indicator, const char *by)
{
    size_t len = strlen(by);
    const char *p = indicator->by;
    for (int i = 0; len > 0 && i < FACT_BY_MAX; i++) {
        size_t n = strcspn(p, "|");
        if (n == len && memcmp(p, by, n) == 0) return i;
        if (p[n] == '\0') break;
        p += n + 1;
    }
    return -1;
}

struct node_line {
    const struct catalogue_line *line;
    const struct catalogue_indicator *indicator;
    const struct figures *figures;
    struct buf *out;
};

static void node_row(const struct node_line *l, const struct figures_one *f, bool total)
{
    struct sheet_row row = {
        .line = l->line->no,
        .total = total,
        .ratio = figures_is_ratio(l->indicator->measure),
    };
    if (f != NULL) {
        row.num = f->num;
        row.den = f->den;
        if (!total) row.value = figures_text(l->figures, f->value);
    }
    sheet_add(&row, l->out);
}

/* Texts are numbered in byte order, and figures stand by their numbers: so do the values. */
static enum err node_split(const struct node_line *l)
{
    struct figures_table t = {.count = 0};
    int by = node_by(l->indicator, l->line->by);
    if (by < 0) return ERR_OK;
    enum err e = figures_tabulate(l->figures, by, &t);
    for (size_t i = 0; e == ERR_OK && i < t.count; i++) {
        if (t.v[i].unit == FIGURES_ALL) node_row(l, &t.v[i], false);
    }
    figures_table_free(&t);
    return e;
}

static enum err node_line(const struct node_line *l)
{
    struct figures_table t = {.count = 0};
    enum err e = figures_tabulate(l->figures, -1, &t);
    if (e == ERR_OK) node_row(l, figures_find(&t, FIGURES_ALL, FIGURES_ALL), true);
    figures_table_free(&t);
    return e == ERR_OK ? node_split(l) : e;
}

enum err node_figures_sheet(struct node_store *s, const char *unit, const char *report,
                            struct period_window window, struct buf *out,
                            char why[static INDICATOR_WHY_ROOM])
{
    const struct catalogue *c = node_store_catalogue(s, NULL);
    size_t count = 0;
    enum err e = ERR_OK;
    why[0] = '\0';
    if (c == NULL) return ERR_NOT_READY;
    const struct catalogue_line *lines = catalogue_lines(c, report, &count);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        struct figures *figures = NULL;
        struct node_line l = {
            .line = &lines[i], .indicator = catalogue_indicator(c, lines[i].indicator), .out = out};
        e = node_collect(s, unit, l.indicator, window, &figures, why);
        l.figures = figures;
        if (e == ERR_OK) e = node_line(&l);
        figures_free(figures);
    }
    return e == ERR_OK ? out->e : e;
}

enum err node_figures_text(struct node_store *s, const char *unit,
                           const struct catalogue_indicator *indicator, struct period_window window,
                           char out[static SHEET_TEXT_ROOM])
{
    char why[INDICATOR_WHY_ROOM];
    struct figures *figures = NULL;
    struct figures_table t = {.count = 0};
    struct sheet_row row = {.total = true, .ratio = figures_is_ratio(indicator->measure)};
    enum err e = node_collect(s, unit, indicator, window, &figures, why);
    if (e == ERR_OK) e = figures_tabulate(figures, -1, &t);
    const struct figures_one *f = e == ERR_OK ? figures_find(&t, FIGURES_ALL, FIGURES_ALL) : NULL;
    if (f != NULL) row.num = f->num;
    if (f != NULL) row.den = f->den;
    if (e == ERR_OK) sheet_text(&row, out);
    figures_table_free(&t);
    figures_free(figures);
    return e;
}

enum err node_figures_count(struct node_store *s, const char *unit,
                            const struct catalogue_indicator *indicator, const char *by,
                            struct bytes value, struct period_window window, bool *there,
                            int64_t *num)
{
    char why[INDICATOR_WHY_ROOM];
    struct figures *figures = NULL;
    struct figures_table t = {.count = 0};
    uint32_t number = FIGURES_ALL;
    bool total = value.len == 0;
    enum err e = node_collect(s, unit, indicator, window, &figures, why);
    if (e == ERR_OK) e = figures_tabulate(figures, total ? -1 : node_by(indicator, by), &t);
    bool known = e == ERR_OK && (total || figures_number(figures, value, &number));
    const struct figures_one *f = known ? figures_find(&t, FIGURES_ALL, number) : NULL;
    *there = f != NULL || total; /* no row at all is a total of 0 */
    *num = f != NULL ? f->num : 0;
    figures_table_free(&t);
    figures_free(figures);
    return e;
}
