/* The canonical figures as one table. */
#include "common/csv.h"
#include "hub/canonical.h"
#include "hub/small.h"
#include "proto/change.h"

#include <stdio.h>

struct csv_place {
    struct csv_writer w;
    const struct hub_report *r;
    char first[DATE_TEXT_ROOM], last[DATE_TEXT_ROOM];
    char epoch[20], position[24], edition[12];
    char hash[2 * ID_HASH_BYTES + 1], archive[2 * ID_HASH_BYTES + 1];
};

static void csv_text(struct csv_place *p, const char *text)
{
    csv_write_field(&p->w, bytes_str(text));
}

/* A name or value that people or other programs made: the file has a mark and opens in spreadsheets. */
static void csv_name(struct csv_place *p, const char *text)
{
    char guarded[CHANGE_VALUE_BYTES_MAX + 2];
    if (!csv_needs_guard(bytes_str(text))) {
        csv_text(p, text);
        return;
    }
    snprintf(guarded, sizeof guarded, "'%s", text);
    csv_text(p, guarded);
}

static void csv_number(struct csv_place *p, int64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)v);
    csv_text(p, text);
}

/* What stands in front of every row. */
static void csv_front(struct csv_place *p, const char *kind)
{
    csv_text(p, kind);
    csv_text(p, p->r->form->id);
    csv_text(p, p->r->label);
    csv_text(p, p->r->unit);
    csv_text(p, p->first);
    csv_text(p, p->last);
    csv_text(p, p->epoch);
    csv_text(p, p->position);
    csv_text(p, p->hash);
    csv_text(p, p->edition);
    csv_text(p, p->archive);
}

static void csv_names(struct csv_place *p)
{
    static const char *const names[] = {
        "kind",      "report",       "period",     "report_unit", "first",     "last",
        "cut_epoch", "cut_position", "cut_hash",   "edition",     "archive",   "line",
        "indicator", "measure",      "by",         "by_value",    "unit",      "unit_name",
        "state",     "num",          "den",        "value",       "target_op", "target_value",
        "target_hi", "target_per",   "target_base"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        csv_text(p, names[i]);
    csv_write_end(&p->w);
}

static void csv_line(struct csv_place *p, const struct hub_report_line *line, const char *value,
                     size_t column)
{
    const struct hub_report *r = p->r;
    csv_number(p, line->no);
    csv_text(p, line->indicator->id);
    csv_text(p, hub_canonical_measure(line->indicator->measure));
    csv_text(p, line->by);
    csv_name(p, value);
    csv_text(p, hub_canonical_unit(r, column));
    csv_name(p, column < r->unit_count ? r->units[column].name : r->unit_name);
}

static void csv_blank(struct csv_place *p, size_t count)
{
    for (size_t i = 0; i < count; i++)
        csv_text(p, "");
}

static void csv_cell(struct csv_place *p, const struct hub_report_line *line, size_t row,
                     size_t column)
{
    const struct hub_report_cell *cell = &line->rows[row].cells[column];
    char value[HUB_REPORT_VALUE_ROOM];
    static const char *const kinds[2][2] = {{"part", "figure"}, {"part_sum", "figure_sum"}};
    csv_front(p, kinds[line->summed][row == 0]);
    csv_line(p, line, line->rows[row].value, column);
    csv_text(p, hub_canonical_state(cell));
    if (cell->absent || cell->hide != HUB_HIDE_NO) {
        csv_blank(p, 2);
    } else {
        csv_number(p, cell->num);
        if (hub_figures_is_ratio(line->indicator->measure)) {
            csv_number(p, cell->den);
        } else {
            csv_blank(p, 1);
        }
    }
    hub_report_value(line, cell, value);
    csv_text(p, cell->hide != HUB_HIDE_NO ? hub_small_text(cell) : value);
    csv_blank(p, 5);
    csv_write_end(&p->w);
}

static void csv_target(struct csv_place *p, const struct hub_report_target *t)
{
    char share[TARGET_PROGRESS_ROOM];
    hub_report_progress(p->r, t, share);
    if (t->met == HUB_MET_PARTIAL) snprintf(share, sizeof share, "%zu/%zu", t->in, t->of);
    csv_front(p, "target");
    csv_line(p, &p->r->lines[t->line], "", t->unit);
    csv_text(p, hub_canonical_met(t->met));
    csv_blank(p, 2);
    csv_text(p, share);
    csv_text(p, t->row.op);
    csv_text(p, t->row.value);
    csv_text(p, t->row.value_hi);
    csv_text(p, t->row.per);
    csv_text(p, t->row.base_value);
    csv_write_end(&p->w);
}

/* What a commune agreed to: `state` says whether it is applied; target_base is the figure of the
 * records, value what counts. */
static void csv_correction(struct csv_place *p, const struct hub_report_correction *c)
{
    const char *value = hub_correction_value(p->r, c);
    csv_front(p, "correction");
    csv_line(p, &p->r->lines[c->line], value != NULL ? value : "–", c->column);
    csv_text(p, hub_correction_name(c->state));
    csv_blank(p, 2);
    csv_name(p, c->quiet ? "" : c->after);
    csv_blank(p, 4);
    csv_name(p, c->quiet ? "" : c->before);
    csv_write_end(&p->w);
}

/* Units whose facts are in no figure, or whose reports were not in. */
static void csv_unit(struct csv_place *p, const char *kind, const char *code)
{
    csv_front(p, kind);
    csv_blank(p, 5);
    csv_text(p, code);
    csv_blank(p, 10);
    csv_write_end(&p->w);
}

enum err hub_canonical_csv(const struct hub_report *r, struct buf *out)
{
    static const uint8_t mark[] = {0xef, 0xbb, 0xbf};
    struct csv_place p = {.r = r};
    date_print(r->window.first, p.first);
    date_print(r->window.last, p.last);
    snprintf(p.epoch, sizeof p.epoch, "%016llx", (unsigned long long)r->cut.epoch);
    snprintf(p.position, sizeof p.position, "%llu", (unsigned long long)r->cut.position);
    snprintf(p.edition, sizeof p.edition, "%u", (unsigned)r->cut.edition);
    id_hex(BYTES_OF(r->cut.hash.b), p.hash);
    id_hex(BYTES_OF(r->cut.archive.b), p.archive);
    buf_add(out, mark, sizeof mark);
    csv_write_open(&p.w, out, CSV_MACHINE, ',');
    csv_names(&p);
    for (size_t i = 0; i < r->line_count; i++) {
        for (size_t k = 0; k < r->lines[i].row_count; k++) {
            for (size_t c = 0; c < hub_report_columns(r); c++)
                csv_cell(&p, &r->lines[i], k, c);
        }
    }
    for (size_t i = 0; i < r->target_count; i++)
        csv_target(&p, &r->targets[i]);
    for (size_t i = 0; i < r->correction_count; i++)
        csv_correction(&p, &r->corrections[i]);
    for (size_t i = 0; i < r->outside_count; i++)
        csv_unit(&p, "outside", r->outside[i]);
    for (size_t i = 0; i < r->missing_count; i++)
        csv_unit(&p, "missing", r->missing[i]);
    return out->e;
}
