/* Targets beside the figures. */
#include "hub/report_priv.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- words ---- */

static const char *met_word(enum hub_met met, bool english)
{
    static const char *const words[][2] = {
        [HUB_MET_NO] = {"chưa đạt", "not met"},
        [HUB_MET_YES] = {"đạt", "met"},
        [HUB_MET_NULL] = {"không phát sinh", "not applicable"},
        [HUB_MET_NOTHING] = {"chưa gửi số liệu", "nothing sent"},
        [HUB_MET_UNCLEAR] = {"không so sánh được", "cannot be compared"},
        [HUB_MET_HIDDEN] = {"không công bố", "not published"},
        [HUB_MET_RUNNING] = {"chỉ tiêu cả năm", "the whole year's"},
        [HUB_MET_PARTIAL] = {"chưa đủ số liệu", "not enough data"},
    };
    return words[met][english];
}

void hub_report_progress(const struct hub_report *r, const struct hub_report_target *t,
                         char out[static TARGET_PROGRESS_ROOM])
{
    const struct hub_report_line *l = &r->lines[t->line];
    const struct hub_report_cell *cell = &l->rows[0].cells[t->unit];
    struct target text = {t->row.op, t->row.value, t->row.value_hi, t->row.base_value};
    out[0] = '\0';
    if (t->met != HUB_MET_RUNNING) return;
    target_progress(r->period, hub_figures_is_ratio(l->indicator->measure), cell->num, cell->den,
                    &text, out);
}

void hub_met_vi(const struct hub_report *r, const struct hub_report_target *t,
                char out[static HUB_MET_ROOM])
{
    char share[TARGET_PROGRESS_ROOM];
    hub_report_progress(r, t, share);
    char *point = strchr(share, '.');
    if (point != NULL) *point = ',';
    int n = snprintf(out, HUB_MET_ROOM, "%s%s%s", share, point != NULL ? "% " : "",
                     point != NULL ? "chỉ tiêu năm" : met_word(t->met, false));
    if (t->met == HUB_MET_PARTIAL && n > 0)
        snprintf(out + n, HUB_MET_ROOM - (size_t)n, " (%zu/%zu đơn vị)", t->in, t->of);
}

void hub_met_en(const struct hub_report *r, const struct hub_report_target *t,
                char out[static HUB_MET_ROOM])
{
    char share[TARGET_PROGRESS_ROOM];
    hub_report_progress(r, t, share);
    bool has = share[0] != '\0';
    int n = snprintf(out, HUB_MET_ROOM, "%s%s%s", share, has ? "% of " : "",
                     has ? "the year's target" : met_word(t->met, true));
    if (t->met == HUB_MET_PARTIAL && n > 0)
        snprintf(out + n, HUB_MET_ROOM - (size_t)n, " (%zu/%zu units)", t->in, t->of);
}

/* ---- comparing ---- */

enum hub_met hub_report_meets(bool ratio, int64_t num, int64_t den,
                              const struct hub_target_row *row)
{
    static const enum hub_met met[] = {[TARGET_NO] = HUB_MET_NO,
                                       [TARGET_YES] = HUB_MET_YES,
                                       [TARGET_NULL] = HUB_MET_NULL,
                                       [TARGET_UNCLEAR] = HUB_MET_UNCLEAR};
    struct target t = {row->op, row->value, row->value_hi, row->base_value};
    return met[target_meets(ratio, num, den, &t)];
}

/* ---- which cells ---- */

static void target_judge(const struct hub_report *r, struct hub_report_target *t)
{
    const struct hub_target_row *row = &t->row;
    const struct hub_report_line *l = &r->lines[t->line];
    const struct hub_report_cell *cell = &l->rows[0].cells[t->unit];
    t->met = HUB_MET_NOTHING;
    if (cell->absent) return;
    enum hub_met met =
        hub_report_meets(hub_figures_is_ratio(l->indicator->measure), cell->num, cell->den, row);
    bool verdict = met == HUB_MET_NO || met == HUB_MET_YES;
    if (verdict && !target_judged(r->catalogue, row->period, r->period, r->window.last)) {
        met = HUB_MET_RUNNING;
    } else if (verdict && t->unit == r->unit_count &&
               target_wants_all(r->catalogue, r->window.last)) {
        t->of = r->unit_count;
        for (size_t i = 0; i < r->unit_count; i++)
            t->in += !l->rows[0].cells[i].absent;
        if (t->in < t->of) met = HUB_MET_PARTIAL;
    }
    t->met = met;
}

static enum err target_add(struct hub_report *r, size_t line, size_t column,
                           const struct hub_target_row *row)
{
    if (r->target_count == HUB_REPORT_TARGETS_MAX) return ERR_TOO_LARGE;
    if ((r->target_count & 63) == 0) {
        struct hub_report_target *more = realloc(r->targets, (r->target_count + 64) * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        r->targets = more;
    }
    struct hub_report_target *t = &r->targets[r->target_count++];
    *t = (struct hub_report_target){.line = line, .unit = column, .row = *row};
    target_judge(r, t);
    return ERR_OK;
}

struct target_place {
    struct hub_report *r;
    char district[ADMIN_UNIT_BYTES_MAX + 1];
};

/*
 * total        one judgement: of all together for the district's target, of the commune for its own
 * commune      the district's target holds for each commune
 * each_member  a rate over the members: for each commune, and for all together
 */
static enum err target_line(const struct target_place *place, size_t line,
                            const struct hub_target_row *row)
{
    struct hub_report *r = place->r;
    bool district = strcmp(row->unit, place->district) == 0;
    bool each = strcmp(row->per, "total") != 0;
    bool member = strcmp(row->per, "each_member") == 0;
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < r->unit_count; i++) {
        bool own = strcmp(row->unit, r->units[i].code) == 0;
        if (own || (district && each)) e = target_add(r, line, i, row);
    }
    if (e == ERR_OK && district && r->has_total && (!each || member))
        e = target_add(r, line, r->unit_count, row);
    return e;
}

static enum err target_row(void *ctx, const struct hub_target_row *row)
{
    const struct target_place *place = ctx;
    struct hub_report *r = place->r;
    if (row->period[0] != '\0' && strcmp(row->period, r->label) != 0) return ERR_OK;
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < r->line_count; i++) {
        if (strcmp(r->lines[i].indicator->id, row->indicator) == 0) e = target_line(place, i, row);
    }
    return e;
}

static int target_order(const void *a, const void *b)
{
    const struct hub_report_target *x = a, *y = b;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    if (x->unit != y->unit) return x->unit < y->unit ? -1 : 1;
    return memcmp(x->row.rid.b, y->row.rid.b, sizeof x->row.rid.b);
}

enum err hub_report_targets(struct hub_store *s, struct hub_report *r)
{
    struct hub_identity id;
    struct target_place place = {.r = r};
    int year = r->period.kind == PERIOD_ADHOC ? r->window.last.year : r->period.year;
    enum err e = hub_store_identity(s, &id);
    if (e != ERR_OK) return e;
    memcpy(place.district, id.unit, sizeof place.district);
    e = hub_reports_targets(s, year, target_row, &place);
    if (e == ERR_OK && r->target_count > 1)
        qsort(r->targets, r->target_count, sizeof *r->targets, target_order);
    return e;
}
