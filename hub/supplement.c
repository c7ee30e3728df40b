#include "hub/supplement.h"
#include "hub/canonical.h"
#include "hub/canonical_read.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct supplement_job {
    const struct hub_report *r;
    const json_t *before;
    const json_t *diff;
    struct hub_supplement *out;
    const struct hub_report_line *quiet; /* the line that has its row for what is hidden */
};

/* ---- causes ---- */

/* An indicator may stand on several lines, each with another breakdown; their numbers may have changed. */
static const json_t *supplement_cell(const struct supplement_job *j,
                                     const struct hub_report_line *line, bool total,
                                     const char *value, const char *unit)
{
    const json_t *cells = json_object_get(j->diff, "cells");
    for (size_t i = 0; i < json_array_size(cells); i++) {
        const json_t *cell = json_array_get(cells, i), *side = json_object_get(cell, "b");
        if (!json_is_object(side)) side = json_object_get(cell, "a");
        if (strcmp(hub_canonical_str(side, "by"), line->by) == 0 &&
            strcmp(hub_canonical_str(side, "indicator"), line->indicator->id) == 0 &&
            json_is_true(json_object_get(side, "total")) == total &&
            strcmp(hub_canonical_str(side, "value"), value) == 0 &&
            strcmp(hub_canonical_str(side, "unit"), unit) == 0)
            return cell;
    }
    return NULL;
}

static long long supplement_count(const json_t *cell, const char *key)
{
    return (long long)json_integer_value(json_object_get(json_object_get(cell, key), "count"));
}

/* "bớt 3 hồ sơ (đã xóa: nhập nhầm 2, không ghi lý do 1)" */
static void supplement_removed(const json_t *cell, char *room, size_t size)
{
    const json_t *deleted = json_object_get(json_object_get(cell, "removed"), "deleted");
    size_t n = json_array_size(deleted);
    int at = snprintf(room, size, "bớt %lld hồ sơ", supplement_count(cell, "removed"));
    for (size_t i = 0; i < n && at > 0 && (size_t)at < size; i++) {
        const json_t *v = json_array_get(deleted, i);
        int k = snprintf(room + at, size - (size_t)at, "%s%s: %lld%s", i > 0 ? ", " : " (đã xóa – ",
                         hub_canonical_str(v, "label_vi"),
                         (long long)json_integer_value(json_object_get(v, "count")),
                         i + 1 == n ? ")" : "");
        at += k > 0 ? k : 0;
    }
}

static void supplement_word(const json_t *cell, const char *word, char *room, size_t size)
{
    if (strcmp(word, "added") == 0)
        snprintf(room, size, "thêm %lld hồ sơ", supplement_count(cell, word));
    else if (strcmp(word, "removed") == 0)
        supplement_removed(cell, room, size);
    else if (strcmp(word, "changed") == 0)
        snprintf(room, size, "%lld hồ sơ được sửa", supplement_count(cell, word));
    else if (strcmp(word, "corrected") == 0)
        snprintf(room, size, "đính chính mà xã đã đồng ý");
    else if (strcmp(word, "rule") == 0)
        snprintf(room, size, "cách tính thay đổi");
    else if (strcmp(word, "window") == 0)
        snprintf(room, size, "kỳ số liệu thay đổi");
    else if (strcmp(word, "sent") == 0)
        snprintf(room, size, "đơn vị nay đã gửi hồ sơ");
    else if (strcmp(word, "new_cell") == 0)
        snprintf(room, size, "trước chưa có");
    else if (strcmp(word, "no_cell") == 0)
        snprintf(room, size, "nay không còn");
    else
        snprintf(room, size, "hồ sơ liên quan thay đổi");
}

static void supplement_cause(const json_t *cell, char out[static HUB_SUPPLEMENT_CAUSE_ROOM])
{
    const json_t *causes = json_object_get(cell, "causes");
    size_t at = 0;
    out[0] = '\0';
    if (cell == NULL) snprintf(out, HUB_SUPPLEMENT_CAUSE_ROOM, "xem so sánh hai bản");
    for (size_t i = 0; i < json_array_size(causes) && at < HUB_SUPPLEMENT_CAUSE_ROOM; i++) {
        char word[HUB_SUPPLEMENT_CAUSE_ROOM];
        supplement_word(cell, json_string_value(json_array_get(causes, i)), word, sizeof word);
        int n = snprintf(out + at, HUB_SUPPLEMENT_CAUSE_ROOM - at, "%s%s", at ? "; " : "", word);
        at += n > 0 ? (size_t)n : 0;
    }
    out[text_utf8_prefix(bytes_str(out))] = '\0'; /* whole letters, where the room was too small */
}

/* ---- rows ---- */

/* One row for all of a line that is hidden in either paper: not which cell, nor how many records. */
static void supplement_quiet(struct supplement_job *j, const struct hub_report_line *line)
{
    struct hub_supplement_row row = {.line = line->no, .unit = ""};
    if (j->quiet == line) return;
    j->quiet = line;
    if (j->out->count == HUB_SUPPLEMENT_ROWS_MAX) {
        j->out->more++;
        return;
    }
    snprintf(row.name, sizeof row.name, "%.250s", line->label_vi);
    snprintf(row.before, sizeof row.before, "*");
    snprintf(row.after, sizeof row.after, "*");
    snprintf(row.cause, sizeof row.cause, "số nhỏ được che, không nêu từng số");
    j->out->rows[j->out->count++] = row;
}

/* A rate that prints the same while what it is of does not, with what it is of behind it. Hidden cells have
 * no numbers. False: it is the same, or no such rate. */
static bool supplement_parts(const struct hub_report_line *line, const struct hub_report_cell *a,
                             const struct hub_report_cell *b, struct hub_supplement_row *row)
{
    char parts[HUB_REPORT_PARTS_ROOM];
    if (a == NULL || b == NULL || !hub_figures_is_ratio(line->indicator->measure)) return false;
    if (a->hide != HUB_HIDE_NO || b->hide != HUB_HIDE_NO || a->absent || b->absent) return false;
    if (a->num == b->num && a->den == b->den) return false;
    size_t was = strlen(row->before), now = strlen(row->after);
    hub_report_parts(a, parts);
    snprintf(row->before + was, sizeof row->before - was, " (%s)", parts);
    hub_report_parts(b, parts);
    snprintf(row->after + now, sizeof row->after - now, " (%s)", parts);
    return true;
}

/* What differs in one cell. Either side may be NULL: that paper has no such figure. */
static void supplement_compare(struct supplement_job *j, const struct hub_report_line *line,
                               const char *value, const char *label, size_t column,
                               const struct hub_report_cell *a, const struct hub_report_cell *b)
{
    struct hub_supplement_row row = {.line = line->no};
    const struct hub_report *r = j->r;
    bool all = column == r->unit_count, total = value == NULL;
    snprintf(row.before, sizeof row.before, "–");
    snprintf(row.after, sizeof row.after, "–");
    if (a != NULL) hub_report_figure(line, a, row.before);
    if (b != NULL) hub_report_figure(line, b, row.after);
    if (strcmp(row.before, row.after) == 0 && !supplement_parts(line, a, b, &row)) return;
    if ((a != NULL && a->hide != HUB_HIDE_NO) || (b != NULL && b->hide != HUB_HIDE_NO)) {
        supplement_quiet(j, line);
        return;
    }
    if (j->out->count == HUB_SUPPLEMENT_ROWS_MAX) {
        j->out->more++;
        return;
    }
    supplement_cause(
        supplement_cell(j, line, total, total ? "" : value, hub_canonical_unit(r, column)),
        row.cause);
    snprintf(row.name, sizeof row.name, "%.250s%s%.120s", line->label_vi, total ? "" : " – ",
             total ? "" : label);
    row.unit = all ? "" : r->units[column].name;
    j->out->rows[j->out->count++] = row;
}

/* `old` NULL: that paper has no such row; it `lacks` the line too, or nobody was in it. */
static void supplement_row(struct supplement_job *j, const struct hub_report_line *line,
                           const struct hub_report_row *row, bool total, const json_t *old,
                           bool lacks)
{
    bool ratio = hub_figures_is_ratio(line->indicator->measure);
    for (size_t c = 0; c < hub_report_columns(j->r); c++) {
        struct hub_report_cell was = {.null = ratio};
        const json_t *cell = hub_canonical_find_cell(old, hub_canonical_unit(j->r, c));
        if (cell != NULL) hub_canonical_read_cell(cell, ratio, &was);
        bool none =
            cell == NULL && (old != NULL || lacks); /* that paper had no such unit or line */
        supplement_compare(j, line, total ? NULL : row->value, row->label_vi, c, none ? NULL : &was,
                           &row->cells[c]);
    }
}

static bool supplement_has(const struct hub_report_line *line, const char *value)
{
    for (size_t i = 1; i < line->row_count; i++)
        if (strcmp(line->rows[i].value, value) == 0) return true;
    return false;
}

/* A value that nobody has any more stands in the older paper alone. */
static void supplement_gone(struct supplement_job *j, const struct hub_report_line *line,
                            const json_t *old)
{
    const json_t *rows = json_object_get(old, "rows");
    bool ratio = hub_figures_is_ratio(line->indicator->measure);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *value = hub_canonical_str(row, "value");
        if (json_is_true(json_object_get(row, "total")) || supplement_has(line, value)) continue;
        for (size_t c = 0; c < hub_report_columns(j->r); c++) {
            struct hub_report_cell was, now = {.null = ratio};
            const json_t *cell = hub_canonical_find_cell(row, hub_canonical_unit(j->r, c));
            if (cell == NULL) continue;
            hub_canonical_read_cell(cell, ratio, &was);
            now.absent = was.absent;
            supplement_compare(j, line, value, hub_canonical_str(row, "label_vi"), c, &was, &now);
        }
    }
}

enum err hub_supplement_make(const struct hub_report *r, uint32_t of, const json_t *before,
                             const json_t *diff, struct hub_supplement *out)
{
    struct hub_supplement s = {.of = of};
    struct supplement_job j = {r, before, diff, &s, NULL};
    s.rows = calloc(HUB_SUPPLEMENT_ROWS_MAX, sizeof *s.rows);
    if (s.rows == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        const json_t *total = hub_canonical_find_like(before, line, true);
        const json_t *parts = hub_canonical_find_like(before, line, false);
        for (size_t k = 0; k < line->row_count; k++) {
            const struct hub_report_row *row = &line->rows[k];
            const json_t *from = k == 0 ? total : parts;
            supplement_row(&j, line, row, k == 0,
                           hub_canonical_find_row(from, k == 0, k == 0 ? "" : row->value),
                           from == NULL);
        }
        supplement_gone(&j, line, parts);
    }
    *out = s;
    return ERR_OK;
}

void hub_supplement_free(struct hub_supplement *s)
{
    free(s->rows);
    *s = (struct hub_supplement){.of = 0};
}
