#include "hub/xlsx.h"
#include "common/io/file.h"
#include "hub/canonical.h"
#include "hub/report_print.h"
#include "hub/small.h"

#include <sodium.h>
#include <stdio.h>
#include <xlsxwriter.h>

enum {
    XLSX_SHEET_ROOM = 64,
    XLSX_CELL_BYTES_MAX = 32767, /* letters that a cell takes; no letter is less than a byte */
    XLSX_TARGET_BYTES_MAX = 512, /* of a target in words */
};

struct xlsx {
    const struct hub_report *r;
    const struct hub_xlsx_about *about;
    lxw_workbook *book;
    lxw_format *title, *head, *text, *bold, *whole, *percent, *note;
    lxw_row_t chart_row; /* row on sheet "by unit" of the charted line; 0: none */
    const struct hub_report_line *chart_line;
    lxw_error e; /* first failure */
};

static void xlsx_try(struct xlsx *x, lxw_error e)
{
    if (x->e == LXW_NO_ERROR) x->e = e;
}

static void xlsx_text(struct xlsx *x, lxw_worksheet *s, lxw_row_t row, lxw_col_t col,
                      const char *text, lxw_format *format)
{
    if (text[0] != '\0') xlsx_try(x, worksheet_write_string(s, row, col, text, format));
}

static lxw_format *xlsx_format(struct xlsx *x, const char *number, bool bold, bool wrap)
{
    lxw_format *f = workbook_add_format(x->book);
    if (f == NULL) {
        xlsx_try(x, LXW_ERROR_MEMORY_MALLOC_FAILED);
        return NULL;
    }
    if (number != NULL) format_set_num_format(f, number);
    if (bold) format_set_bold(f);
    if (wrap) format_set_text_wrap(f);
    format_set_align(f, LXW_ALIGN_VERTICAL_TOP);
    return f;
}

static void xlsx_formats(struct xlsx *x)
{
    x->title = xlsx_format(x, NULL, true, false);
    x->head = xlsx_format(x, NULL, true, true);
    x->text = xlsx_format(x, NULL, false, true);
    x->bold = xlsx_format(x, NULL, true, true);
    x->note = xlsx_format(x, NULL, false, false);
    x->whole = xlsx_format(x, "#,##0", false, false);
    x->percent = xlsx_format(x, "0.0%", false, false);
    if (x->e != LXW_NO_ERROR) return;
    format_set_font_size(x->title, 14);
    format_set_italic(x->note);
    format_set_border(x->head, LXW_BORDER_THIN);
    format_set_bg_color(x->head, 0xDDE8F0);
}

static lxw_worksheet *xlsx_sheet(struct xlsx *x, const char *name)
{
    lxw_worksheet *s = workbook_add_worksheet(x->book, name);
    if (s == NULL) xlsx_try(x, LXW_ERROR_MEMORY_MALLOC_FAILED);
    return s;
}

static void xlsx_cell(struct xlsx *x, lxw_worksheet *s, lxw_row_t row, lxw_col_t col,
                      const struct hub_report_line *line, const struct hub_report_cell *cell)
{
    if (cell->hide != HUB_HIDE_NO) {
        xlsx_text(x, s, row, col, hub_small_text(cell), x->text);
    } else if (cell->absent) {
        xlsx_text(x, s, row, col, "chưa gửi", x->note);
    } else if (cell->null) {
        xlsx_text(x, s, row, col, "–", x->text);
    } else if (hub_figures_is_ratio(line->indicator->measure)) {
        double share = (double)cell->num / (double)cell->den;
        xlsx_try(x, worksheet_write_number(s, row, col, share, x->percent));
    } else {
        xlsx_try(x, worksheet_write_number(s, row, col, (double)cell->num, x->whole));
    }
}

/* ---- sheets ---- */

/* As the administrative form says it, "giảm ≥ 3 điểm % so với 12,5%" included. */
static void xlsx_target_text(struct xlsx *x, lxw_worksheet *s, lxw_row_t row,
                             const struct hub_report_target *t)
{
    struct buf text;
    buf_init(&text, XLSX_TARGET_BYTES_MAX);
    hub_report_target_words(&x->r->lines[t->line], &t->row, &text);
    if (text.e != ERR_OK) xlsx_try(x, LXW_ERROR_MEMORY_MALLOC_FAILED);
    xlsx_text(x, s, row, 5, buf_cstr(&text), x->text);
    buf_free(&text);
}

static void xlsx_met(struct xlsx *x, lxw_worksheet *s, lxw_row_t row,
                     const struct hub_report_target *t)
{
    char met[HUB_MET_ROOM];
    hub_met_vi(x->r, t, met);
    xlsx_text(x, s, row, 6, met, x->text);
    hub_met_en(x->r, t, met);
    xlsx_text(x, s, row, 7, met, x->text);
}

/* The first target of a cell, NULL when it has none. */
static const struct hub_report_target *xlsx_target(const struct hub_report *r, size_t line,
                                                   size_t column)
{
    for (size_t i = 0; i < r->target_count; i++) {
        if (r->targets[i].line == line && r->targets[i].unit == column) return &r->targets[i];
    }
    return NULL;
}

/* Who had not submitted; more than a cell takes stand on the sheet of units alone. */
static void xlsx_missing(struct xlsx *x, lxw_worksheet *s, lxw_row_t row)
{
    struct buf text;
    if (x->r->missing_count == 0) return;
    buf_init(&text, XLSX_CELL_BYTES_MAX);
    buf_add_str(&text, "Chưa nộp báo cáo / Report not submitted: ");
    hub_report_missing_names(x->r, &text);
    if (text.e == ERR_TOO_LARGE) {
        buf_clear(&text);
        buf_printf(&text, "Chưa nộp báo cáo / Report not submitted: %zu (trang “Đơn vị”)",
                   x->r->missing_count);
    }
    if (text.e == ERR_OK)
        xlsx_text(x, s, row, 0, buf_cstr(&text), x->note);
    else
        xlsx_try(x, LXW_ERROR_MEMORY_MALLOC_FAILED);
    buf_free(&text);
}

static void xlsx_title(struct xlsx *x, lxw_worksheet *s)
{
    char title[PERIOD_TITLE_ROOM], first[DATE_TEXT_ROOM], last[DATE_TEXT_ROOM];
    char text[400];
    period_title_vi(x->r->period, title);
    date_print_vi(x->r->window.first, first);
    date_print_vi(x->r->window.last, last);
    xlsx_text(x, s, 0, 0, x->r->form->label_vi, x->title);
    xlsx_text(x, s, 1, 0, x->r->form->label_en, x->note);
    snprintf(text, sizeof text, "%s · %s (số liệu từ %s đến hết %s)", x->r->unit_name, title, first,
             last);
    xlsx_text(x, s, 2, 0, text, x->note);
    if (x->about->issue == 0)
        xlsx_text(x, s, 3, 0, "SỐ LIỆU CHƯA CHỐT / PRELIMINARY, NOT CLOSED", x->bold);
    xlsx_missing(x, s, 4);
}

static void xlsx_heads(struct xlsx *x, lxw_worksheet *s, lxw_row_t row, const char *const *heads,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        xlsx_text(x, s, row, (lxw_col_t)i, heads[i], x->head);
}

enum { XLSX_HEAD_ROW = 5 }; /* headings of sheets with a title; data from the next row on */

static lxw_row_t xlsx_summary_line(struct xlsx *x, lxw_worksheet *s, lxw_row_t row, size_t index)
{
    const struct hub_report_line *line = &x->r->lines[index];
    size_t column = hub_report_columns(x->r) - 1;
    const struct hub_report_target *t = xlsx_target(x->r, index, column);
    for (size_t i = 0; i < line->row_count; i++, row++) {
        const struct hub_report_row *v = &line->rows[i];
        if (i == 0) {
            xlsx_try(x, worksheet_write_number(s, row, 0, line->no, x->whole));
            xlsx_text(x, s, row, 1, v->label_vi, x->bold);
            xlsx_text(x, s, row, 2, v->label_en, x->text);
            xlsx_text(x, s, row, 3, line->indicator->measured_vi, x->text);
        } else {
            char text[2][300];
            snprintf(text[0], sizeof text[0], "   – %.280s", v->label_vi);
            snprintf(text[1], sizeof text[1], "   – %.280s", v->label_en);
            xlsx_text(x, s, row, 1, text[0], x->text);
            xlsx_text(x, s, row, 2, text[1], x->text);
        }
        xlsx_cell(x, s, row, 4, line, &v->cells[column]);
        if (i > 0 || t == NULL) continue;
        xlsx_target_text(x, s, row, t);
        xlsx_met(x, s, row, t);
    }
    return row;
}

static void xlsx_summary(struct xlsx *x)
{
    static const char *const heads[] = {"TT / No",     "Chỉ tiêu",         "Indicator",
                                        "Đơn vị tính", "Kết quả / Result", "Chỉ tiêu giao / Target",
                                        "Đánh giá",    "Assessment"};
    lxw_worksheet *s = xlsx_sheet(x, "Tổng hợp");
    if (s == NULL) return;
    xlsx_title(x, s);
    xlsx_heads(x, s, XLSX_HEAD_ROW, heads, sizeof heads / sizeof heads[0]);
    worksheet_freeze_panes(s, XLSX_HEAD_ROW + 1, 2);
    xlsx_try(x, worksheet_set_column(s, 0, 0, 7, NULL));
    xlsx_try(x, worksheet_set_column(s, 1, 2, 46, NULL));
    xlsx_try(x, worksheet_set_column(s, 3, 7, 16, NULL));
    lxw_row_t row = XLSX_HEAD_ROW + 1;
    for (size_t i = 0; i < x->r->line_count; i++)
        row = xlsx_summary_line(x, s, row, i);
}

/* What the chart shows: the first line that counts what the period brought, more being better. */
static bool xlsx_chartable(const struct hub_report_line *line)
{
    const struct catalogue_indicator *i = line->indicator;
    return i->measure == CATALOGUE_COUNT && !i->stock && strcmp(i->direction, "up") == 0;
}

static void xlsx_units_row(struct xlsx *x, lxw_worksheet *s, lxw_row_t row,
                           const struct hub_report_line *line, const struct hub_report_row *v)
{
    bool total = v == &line->rows[0];
    xlsx_text(x, s, row, 0, line->indicator->id, x->text);
    xlsx_text(x, s, row, 1, v->label_vi, total ? x->bold : x->text);
    xlsx_text(x, s, row, 2, v->label_en, x->text);
    for (size_t c = 0; c < hub_report_columns(x->r); c++)
        xlsx_cell(x, s, row, (lxw_col_t)(3 + c), line, &v->cells[c]);
}

static void xlsx_by_unit(struct xlsx *x)
{
    static const char *const heads[] = {"Mã / Id", "Chỉ tiêu", "Indicator"};
    const struct hub_report *r = x->r;
    lxw_worksheet *s = xlsx_sheet(x, "Theo đơn vị");
    if (s == NULL) return;
    xlsx_heads(x, s, 0, heads, sizeof heads / sizeof heads[0]);
    for (size_t i = 0; i < r->unit_count; i++)
        xlsx_text(x, s, 0, (lxw_col_t)(3 + i), r->units[i].name, x->head);
    if (r->has_total)
        xlsx_text(x, s, 0, (lxw_col_t)(3 + r->unit_count), "Toàn đơn vị / Together", x->head);
    worksheet_freeze_panes(s, 1, 3);
    xlsx_try(x, worksheet_set_column(s, 0, 0, 7, NULL));
    xlsx_try(x, worksheet_set_column(s, 1, 2, 40, NULL));
    xlsx_try(x, worksheet_set_column(s, 3, (lxw_col_t)(3 + r->unit_count), 12, NULL));
    lxw_row_t row = 1;
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        if (x->chart_row == 0 && xlsx_chartable(line)) {
            x->chart_row = row;
            x->chart_line = line;
        }
        for (size_t k = 0; k < line->row_count; k++)
            xlsx_units_row(x, s, row++, line, &line->rows[k]);
    }
}

static void xlsx_chart(struct xlsx *x)
{
    if (x->chart_row == 0 || x->r->unit_count < 2) return;
    lxw_col_t last = (lxw_col_t)(3 + x->r->unit_count - 1);
    lxw_worksheet *s = xlsx_sheet(x, "Biểu đồ");
    lxw_chart *chart = s != NULL ? workbook_add_chart(x->book, LXW_CHART_COLUMN) : NULL;
    if (chart == NULL) return;
    lxw_chart_series *series = chart_add_series(chart, NULL, NULL);
    if (series == NULL) return;
    chart_series_set_categories(series, "Theo đơn vị", 0, 3, 0, last);
    chart_series_set_values(series, "Theo đơn vị", x->chart_row, 3, x->chart_row, last);
    chart_series_set_name(series, x->chart_line->label_vi);
    chart_title_set_name(chart, x->chart_line->label_vi);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
    lxw_chart_options size = {.x_scale = 1.8, .y_scale = 1.6};
    xlsx_try(x, worksheet_insert_chart_opt(s, 1, 1, chart, &size));
}

static void xlsx_targets(struct xlsx *x)
{
    static const char *const heads[] = {"Mã / Id",          "Chỉ tiêu",
                                        "Indicator",        "Đơn vị / Unit",
                                        "Kết quả / Result", "Chỉ tiêu giao / Target",
                                        "Đánh giá",         "Assessment"};
    const struct hub_report *r = x->r;
    lxw_worksheet *s = xlsx_sheet(x, "Chỉ tiêu giao");
    if (s == NULL) return;
    xlsx_heads(x, s, 0, heads, sizeof heads / sizeof heads[0]);
    worksheet_freeze_panes(s, 1, 0);
    xlsx_try(x, worksheet_set_column(s, 1, 2, 40, NULL));
    xlsx_try(x, worksheet_set_column(s, 3, 7, 18, NULL));
    for (size_t i = 0; i < r->target_count; i++) {
        const struct hub_report_target *t = &r->targets[i];
        const struct hub_report_line *line = &r->lines[t->line];
        lxw_row_t row = (lxw_row_t)(i + 1);
        xlsx_text(x, s, row, 0, line->indicator->id, x->text);
        xlsx_text(x, s, row, 1, line->label_vi, x->text);
        xlsx_text(x, s, row, 2, line->label_en, x->text);
        xlsx_text(x, s, row, 3, t->unit < r->unit_count ? r->units[t->unit].name : r->unit_name,
                  x->text);
        xlsx_cell(x, s, row, 4, line, &line->rows[0].cells[t->unit]);
        xlsx_target_text(x, s, row, t);
        xlsx_met(x, s, row, t);
    }
}

static void xlsx_sent(enum hub_sent sent, const char **vi, const char **en)
{
    *vi = sent == HUB_SENT_NOTHING   ? "chưa gửi gì"
          : sent == HUB_SENT_EARLIER ? "không có gì mới trong kỳ"
                                     : "đã gửi";
    *en = sent == HUB_SENT_NOTHING   ? "nothing sent"
          : sent == HUB_SENT_EARLIER ? "nothing new in the window"
                                     : "sent";
}

static void xlsx_units(struct xlsx *x)
{
    static const char *const heads[] = {"Mã / Code", "Đơn vị / Unit", "Tình trạng", "Status"};
    const struct hub_report *r = x->r;
    lxw_worksheet *s = xlsx_sheet(x, "Đơn vị");
    if (s == NULL) return;
    xlsx_heads(x, s, 0, heads, sizeof heads / sizeof heads[0]);
    worksheet_freeze_panes(s, 1, 0);
    xlsx_try(x, worksheet_set_column(s, 1, 3, 30, NULL));
    lxw_row_t row = 1;
    for (size_t i = 0; i < r->unit_count; i++, row++) {
        const char *vi, *en;
        xlsx_sent(r->units[i].sent, &vi, &en);
        xlsx_text(x, s, row, 0, r->units[i].code, x->text);
        xlsx_text(x, s, row, 1, r->units[i].name, x->text);
        xlsx_text(x, s, row, 2, vi, x->text);
        xlsx_text(x, s, row, 3, en, x->text);
    }
    for (size_t i = 0; i < r->outside_count; i++, row++) {
        xlsx_text(x, s, row, 0, r->outside[i], x->text);
        xlsx_text(x, s, row, 2, "ngoài báo cáo", x->text);
        xlsx_text(x, s, row, 3, "not in this report", x->text);
    }
    for (size_t i = 0; i < r->missing_count; i++, row++) {
        xlsx_text(x, s, row, 0, r->missing[i], x->text);
        xlsx_text(x, s, row, 1, hub_report_missing_name(r, i), x->text);
        xlsx_text(x, s, row, 2, "chưa nộp báo cáo", x->text);
        xlsx_text(x, s, row, 3, "report not submitted", x->text);
    }
}

static void xlsx_fact(struct xlsx *x, lxw_worksheet *s, lxw_row_t row, const char *label,
                      const char *text)
{
    xlsx_text(x, s, row, 0, label, x->bold);
    xlsx_text(x, s, row, 1, text, x->text);
}

/* Persons whom several communes count, where there are any. */
static void xlsx_merged(struct xlsx *x, lxw_worksheet *s, lxw_row_t row)
{
    struct buf text;
    buf_init(&text, XLSX_CELL_BYTES_MAX);
    hub_report_merged_words(x->r, &text);
    if (text.e != ERR_OK)
        xlsx_try(x, LXW_ERROR_MEMORY_MALLOC_FAILED);
    else if (text.len > 0)
        xlsx_fact(x, s, row, "Đã loại trùng / Duplicates taken out", buf_cstr(&text));
    buf_free(&text);
}

static void xlsx_source(struct xlsx *x)
{
    const struct hub_report *r = x->r;
    char hex[2 * ID_HASH_BYTES + 1], text[80], stamp[DATE_STAMP_ROOM];
    lxw_worksheet *s = xlsx_sheet(x, "Nguồn");
    if (s == NULL) return;
    xlsx_try(x, worksheet_set_column(s, 0, 0, 44, NULL));
    xlsx_try(x, worksheet_set_column(s, 1, 1, 72, NULL));
    worksheet_freeze_panes(s, 1, 0);
    xlsx_text(x, s, 0, 0, "Nguồn số liệu / Source", x->head);
    xlsx_fact(x, s, 1, "Báo cáo / Report", r->form->id);
    xlsx_fact(x, s, 2, "Kỳ / Period", r->label);
    xlsx_fact(x, s, 3, "Đơn vị / Unit", r->unit);
    snprintf(text, sizeof text, "%u", (unsigned)x->about->issue);
    xlsx_fact(x, s, 4, "Lần phát hành / Issue",
              x->about->issue != 0 ? text : "chưa chốt / not closed");
    bool timed = x->about->issue != 0 && date_stamp(x->about->closed_ms, stamp) == ERR_OK;
    xlsx_fact(x, s, 5, "Thời điểm chốt / Closed at", timed ? stamp : "–");
    id_hex(BYTES_OF(x->about->digest.b), hex);
    xlsx_fact(x, s, 6, "Mã số liệu (BLAKE2b-256) / Figures digest", hex);
    snprintf(text, sizeof text, "%016llx", (unsigned long long)r->cut.epoch);
    xlsx_fact(x, s, 7, "Đợt nhật ký / Log epoch", text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)r->cut.position);
    xlsx_fact(x, s, 8, "Vị trí chốt / Cut position", text);
    id_hex(BYTES_OF(r->cut.hash.b), hex);
    xlsx_fact(x, s, 9, "Mã băm tại vị trí chốt / Hash at the cut", hex);
    snprintf(text, sizeof text, "%u", (unsigned)r->cut.edition);
    xlsx_fact(x, s, 10, "Danh mục, lần ban hành / Catalogue edition", text);
    id_hex(BYTES_OF(r->cut.archive.b), hex);
    xlsx_fact(x, s, 11, "Mã băm danh mục / Catalogue hash", hex);
    id_hex(BYTES_OF(r->hub.b), hex);
    xlsx_fact(x, s, 12, "Trung tâm / Hub id", hex);
    xlsx_fact(x, s, 13, "Phần mềm / Software", "dongbo-hub " DONGBO_VERSION);
    xlsx_merged(x, s, 14);
}

/* ---- the book ---- */

static void xlsx_properties(struct xlsx *x)
{
    lxw_doc_properties p = {
        .title = (char *)(uintptr_t)x->r->form->label_vi,
        .company = (char *)(uintptr_t)x->r->unit_name,
        .created = (time_t)(x->about->closed_ms / 1000),
    };
    if (p.created <= 0) p.created = 1; /* 0 would mean now */
    xlsx_try(x, workbook_set_properties(x->book, &p));
}

static enum err xlsx_write(struct xlsx *x, const char *path)
{
    lxw_workbook_options options = {.tmpdir = (char *)(uintptr_t)x->about->scratch};
    x->book = workbook_new_opt(path, &options);
    if (x->book == NULL) return ERR_NOMEM;
    xlsx_formats(x);
    if (x->e == LXW_NO_ERROR) {
        xlsx_properties(x);
        xlsx_summary(x);
        xlsx_by_unit(x);
        xlsx_chart(x);
        xlsx_targets(x);
        xlsx_units(x);
        xlsx_source(x);
    }
    lxw_error closed = workbook_close(x->book); /* frees the book in any case */
    xlsx_try(x, closed);
    if (x->e == LXW_NO_ERROR) return ERR_OK;
    return x->e == LXW_ERROR_MEMORY_MALLOC_FAILED ? ERR_NOMEM : ERR_IO;
}

enum err hub_xlsx(const struct hub_report *r, const struct hub_xlsx_about *about, struct buf *out)
{
    struct xlsx x = {.r = r, .about = about};
    char name[XLSX_SHEET_ROOM], path[FILE_PATH_BYTES_MAX];
    snprintf(name, sizeof name, "report-%08x.xlsx", (unsigned)randombytes_random());
    enum err e = file_join(about->scratch, name, path, sizeof path);
    if (e != ERR_OK) return e;
    e = file_create_empty(path); /* with rights for its owner only */
    if (e != ERR_OK) return e;
    e = xlsx_write(&x, path);
    if (e == ERR_OK) e = file_read(path, HUB_XLSX_BYTES_MAX, out);
    enum err removed = file_remove(path);
    return e != ERR_OK ? e : removed;
}
