#include "hub/small_papers.h"

#include "hub/canonical.h"
#include "hub/canonical_read.h"
#include "hub/close.h"

#include <stdlib.h>
#include <string.h>

/* A window ends at most so many days from its period's nominal end. */
enum { PAPERS_DAYS_APART = 31 };

struct papers_job {
    struct hub_store *store;
    struct hub_report *r;
    struct hub_small_papers *out;
    struct hub_issue *near; /* issues whose windows may end on the same day */
    size_t near_count, near_room;
};

/* ---- which figures ---- */

static bool papers_own(const struct hub_report *r, const struct hub_issue *i)
{
    return strcmp(i->report, r->form->id) == 0 && strcmp(i->unit, r->unit) == 0 &&
           strcmp(i->period, r->label) == 0;
}

static bool papers_day(const json_t *figures, const char *key, struct date day)
{
    char text[DATE_TEXT_ROOM];
    date_print(day, text);
    return strcmp(hub_canonical_str(figures, key), text) == 0;
}

/* Does the report have this line's indicator, of a class that is hidden, and of the stocks if only those count? */
static bool papers_asks(const struct hub_report *r, const json_t *line, bool stocks)
{
    for (size_t i = 0; i < r->line_count; i++) {
        const struct catalogue_indicator *own = r->lines[i].indicator;
        if (strcmp(own->id, hub_canonical_str(line, "indicator")) == 0 &&
            hub_small_class(NULL, own) >= HUB_SMALL_CLASS)
            return own->stock || !stocks;
    }
    return false;
}

/* And a unit of it? Two communes' papers say nothing of each other. */
static bool papers_shares(const struct hub_report *r, const json_t *line)
{
    const json_t *total = hub_canonical_find_row(line, true, "");
    for (size_t c = 0; c < hub_report_columns(r); c++)
        if (hub_canonical_find_cell(total, hub_canonical_unit(r, c)) != NULL) return true;
    return false;
}

/* The lines of a paper that the report repeats: an object as canonical figures are. NULL: no memory. */
static json_t *papers_lines(const struct hub_report *r, const json_t *figures, bool own)
{
    bool last = papers_day(figures, "last", r->window.last);
    bool days = own || (last && papers_day(figures, "first", r->window.first));
    json_t *lines = json_array(), *from = json_object_get(figures, "lines");
    for (size_t i = 0; (days || last) && i < json_array_size(from); i++) {
        json_t *line = json_array_get(from, i);
        if (!papers_asks(r, line, !days) || !(own || papers_shares(r, line))) continue;
        if (json_array_append(lines, line) == 0) continue;
        json_decref(lines);
        return NULL;
    }
    return json_pack("{s:o}", "lines", lines);
}

/* ---- the list ---- */

static enum err papers_name(struct hub_report *r, const struct hub_issue *i)
{
    struct hub_report_paper *more = realloc(r->papers, (r->paper_count + 1) * sizeof *r->papers);
    if (more == NULL) return ERR_NOMEM;
    r->papers = more;
    more = &r->papers[r->paper_count++];
    *more = (struct hub_report_paper){.number = i->number};
    snprintf(more->report, sizeof more->report, "%s", i->report);
    snprintf(more->unit, sizeof more->unit, "%s", i->unit);
    snprintf(more->period, sizeof more->period, "%s", i->period);
    return ERR_OK;
}

/* Keeps `figures`. */
static enum err papers_add(struct hub_small_papers *out, json_t *figures,
                           struct hub_small_paper paper)
{
    size_t n = out->count;
    paper.figures = figures;
    if (n == HUB_SMALL_PAPERS_MAX) {
        json_decref(figures);
        return ERR_TOO_LARGE;
    }
    if ((n & (n - 1)) == 0) { /* full: it doubles */
        struct hub_small_paper *more = realloc(out->list, (n ? 2 * n : 1) * sizeof *more);
        if (more == NULL) {
            json_decref(figures);
            return ERR_NOMEM;
        }
        out->list = more;
    }
    out->list[out->count++] = paper;
    return ERR_OK;
}

/* An issue, if it shows a figure of the report; its own is kept and named in any case. */
static enum err papers_one(struct papers_job *j, const struct hub_issue *i,
                           enum hub_small_rule rule)
{
    struct hub_small_paper paper = {.own = papers_own(j->r, i), .rule = rule};
    json_t *figures = NULL, *lines = NULL;
    enum err e = hub_close_figures(j->store, i, &figures);
    if (e == ERR_OK) lines = papers_lines(j->r, figures, paper.own);
    if (e == ERR_OK && lines == NULL) e = ERR_NOMEM;
    json_decref(figures);
    if (e == ERR_OK && !paper.own && json_array_size(json_object_get(lines, "lines")) == 0) {
        json_decref(lines);
        return ERR_OK;
    }
    if (e == ERR_OK) e = papers_add(j->out, lines, paper);
    return e == ERR_OK && rule == HUB_SMALL_BY_FIGURE ? papers_name(j->r, i) : e;
}

void hub_small_papers_free(struct hub_small_papers *papers)
{
    for (size_t i = 0; i < papers->count; i++)
        json_decref(papers->list[i].figures);
    free(papers->list);
    *papers = (struct hub_small_papers){.count = 0};
}

/* ---- those of now ---- */

static enum err papers_near(void *ctx, const struct hub_issue *i)
{
    struct papers_job *j = ctx;
    struct period period;
    if (!papers_own(j->r, i)) {
        if (period_parse(bytes_str(i->period), &period) != ERR_OK) return ERR_OK;
        int32_t apart = date_to_days(period_nominal(period).last) - date_to_days(j->r->window.last);
        if (apart < -PAPERS_DAYS_APART || apart > PAPERS_DAYS_APART) return ERR_OK;
    }
    if (j->near_count == j->near_room) {
        size_t room = j->near_room > 0 ? 2 * j->near_room : 16;
        struct hub_issue *more = realloc(j->near, room * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        j->near = more;
        j->near_room = room;
    }
    j->near[j->near_count++] = *i;
    return ERR_OK;
}

enum err hub_small_papers_find(struct hub_store *s, struct hub_report *r,
                               struct hub_small_papers *out)
{
    *out = (struct hub_small_papers){.count = 0};
    struct papers_job j = {.store = s, .r = r, .out = out};
    enum err e = hub_issues_newest(s, papers_near, &j);
    for (size_t i = 0; e == ERR_OK && i < j.near_count; i++)
        e = papers_one(&j, &j.near[i], HUB_SMALL_BY_FIGURE);
    free(j.near);
    if (e != ERR_OK) hub_small_papers_free(out);
    return e;
}

/* ---- those of then ---- */

/* Of before issues named their papers: the issue before, found by what a cell is of or by its line. */
static enum err papers_before(struct papers_job *j, const struct hub_issue *issue, bool said)
{
    struct hub_issue old;
    if (issue->number <= 1) return ERR_OK;
    enum err e = hub_issues_find(j->store, issue->report, issue->unit, issue->period,
                                 issue->number - 1, &old);
    if (e == ERR_OK && said) j->r->beside = old.number;
    if (e == ERR_OK) e = papers_one(j, &old, said ? HUB_SMALL_BY_CELL : HUB_SMALL_BY_LINE);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err papers_said(struct papers_job *j, const struct hub_issue *issue, const json_t *said)
{
    struct hub_issue old;
    json_int_t number = json_integer_value(json_object_get(said, "issue"));
    if (number < 1 || number > UINT32_MAX) return ERR_OK;
    enum err e = hub_issues_find(j->store, hub_canonical_str(said, "report"),
                                 hub_canonical_str(said, "unit"), hub_canonical_str(said, "period"),
                                 (uint32_t)number, &old);
    if (e == ERR_OK && old.position < issue->position) e = papers_one(j, &old, HUB_SMALL_BY_FIGURE);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_small_papers_of(struct hub_store *s, const struct hub_issue *issue,
                             struct hub_report *r, struct hub_small_papers *out)
{
    *out = (struct hub_small_papers){.count = 0};
    struct papers_job j = {.store = s, .r = r, .out = out};
    json_t *issued = NULL;
    enum err e = hub_close_figures(s, issue, &issued);
    const json_t *said = json_object_get(issued, "beside");
    r->small_before = !json_is_array(said);
    if (e == ERR_OK && r->small_before) e = papers_before(&j, issue, said != NULL);
    for (size_t i = 0; e == ERR_OK && i < json_array_size(said); i++)
        e = papers_said(&j, issue, json_array_get(said, i));
    json_decref(issued);
    if (e != ERR_OK) hub_small_papers_free(out);
    return e;
}
