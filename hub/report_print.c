#include "hub/report_print.h"
#include "common/text.h"
#include "hub/small.h"

#include <stdio.h>

enum {
    PRINT_LABEL_COLUMNS = 64,  /* of a label in the summary */
    PRINT_FIGURE_COLUMNS = 10, /* of a figure */
};

/* ---- figures ---- */

void hub_report_figure(const struct hub_report_line *line, const struct hub_report_cell *cell,
                       char out[static HUB_REPORT_FIGURE_ROOM])
{
    char plain[HUB_REPORT_VALUE_ROOM];
    const char *hidden = hub_small_text(cell);
    if (hidden != NULL) {
        snprintf(out, HUB_REPORT_FIGURE_ROOM, "%s", hidden);
        return;
    }
    if (cell->absent || cell->null) {
        snprintf(out, HUB_REPORT_FIGURE_ROOM, "%s", cell->absent ? "chưa gửi" : "–");
        return;
    }
    hub_report_value(line, cell, plain);
    text_grouped(plain, out, HUB_REPORT_FIGURE_ROOM - 1);
    if (hub_figures_is_ratio(line->indicator->measure)) {
        size_t n = strlen(out);
        out[n] = '%';
        out[n + 1] = '\0';
    }
}

static void print_amount(const char *value, const char *unit, struct buf *out)
{
    char amount[HUB_REPORT_FIGURE_ROOM];
    text_grouped(value, amount, sizeof amount);
    buf_add_str(out, amount);
    buf_add_str(out, unit);
}

void hub_report_target_words(const struct hub_report_line *line, const struct hub_target_row *t,
                             struct buf *out)
{
    static const char *const ops[][2] = {
        {"ge", "≥ "}, {"gt", "> "}, {"le", "≤ "}, {"lt", "< "}, {"eq", "= "}};
    const char *unit = hub_figures_is_ratio(line->indicator->measure) ? "%" : "";
    bool points = strcmp(t->op, "reduce_points") == 0;
    if (points || strcmp(t->op, "reduce_percent") == 0) {
        buf_add_str(out, "giảm ≥ ");
        print_amount(t->value, points ? " điểm %" : "%", out);
        buf_add_str(out, " so với ");
        print_amount(t->base_value, unit, out);
        return;
    }
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (strcmp(t->op, ops[i][0]) == 0) buf_add_str(out, ops[i][1]);
    }
    print_amount(t->value, unit, out);
    if (strcmp(t->op, "band") != 0) return;
    buf_add_str(out, " đến ");
    print_amount(t->value_hi, unit, out);
}

void hub_report_parts(const struct hub_report_cell *cell, char out[static HUB_REPORT_PARTS_ROOM])
{
    char num[HUB_REPORT_PARTS_ROOM / 2], den[HUB_REPORT_PARTS_ROOM / 2], plain[24];
    snprintf(plain, sizeof plain, "%lld", (long long)cell->num);
    text_grouped(plain, num, sizeof num);
    snprintf(plain, sizeof plain, "%lld", (long long)cell->den);
    text_grouped(plain, den, sizeof den);
    snprintf(out, HUB_REPORT_PARTS_ROOM, "%s/%s", num, den);
}

/* ---- columns ---- */

static void print_blanks(struct buf *out, size_t have, size_t want)
{
    for (size_t i = have; i < want; i++)
        buf_add_u8(out, ' ');
}

/* Text to the left in so many columns; what is longer is cut. NFC: a code point is a column. */
static void print_left(struct buf *out, const char *text, size_t columns)
{
    struct bytes s = bytes_str(text);
    size_t n = text_count(s);
    if (n > columns) {
        size_t end = 0, points = 0;
        for (; end < s.len && points < columns; end++) {
            bool last = end + 1 == s.len || (s.p[end + 1] & 0xc0) != 0x80;
            points += last;
        }
        s.len = end;
        n = columns;
    }
    buf_add_bytes(out, s);
    print_blanks(out, n, columns);
}

static void print_right(struct buf *out, const char *text, size_t columns)
{
    print_blanks(out, text_count(bytes_str(text)), columns);
    buf_add_str(out, text);
}

/* ---- parts ---- */

static void print_title(const struct hub_report *r, bool closed, struct buf *out)
{
    char title[PERIOD_TITLE_ROOM], first[DATE_TEXT_ROOM], last[DATE_TEXT_ROOM];
    period_title_vi(r->period, title);
    date_print_vi(r->window.first, first);
    date_print_vi(r->window.last, last);
    buf_printf(out, "%s\n%s · %s · số liệu từ %s đến hết %s\n", r->form->label_vi, r->unit_name,
               title, first, last);
    if (!closed) buf_add_str(out, "(số liệu chưa chốt / preliminary, not closed)\n");
    buf_add_str(out, "\n");
}

static void print_target(const struct hub_report *r, size_t line, size_t column, struct buf *out)
{
    for (size_t i = 0; i < r->target_count; i++) {
        const struct hub_report_target *t = &r->targets[i];
        if (t->line != line || t->unit != column) continue;
        char met[HUB_MET_ROOM];
        hub_met_vi(r, t, met);
        buf_add_str(out, "   chỉ tiêu ");
        hub_report_target_words(&r->lines[line], &t->row, out);
        buf_printf(out, ": %s", met);
    }
}

static void print_summary(const struct hub_report *r, struct buf *out)
{
    size_t column = hub_report_columns(r) - 1;
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        for (size_t k = 0; k < line->row_count; k++) {
            char figure[HUB_REPORT_FIGURE_ROOM], no[16] = "";
            hub_report_figure(line, &line->rows[k].cells[column], figure);
            if (k == 0) snprintf(no, sizeof no, "%u", line->no);
            print_right(out, no, 3);
            buf_add_str(out, k == 0 ? "  " : "    – ");
            print_left(out, line->rows[k].label_vi, PRINT_LABEL_COLUMNS - (k == 0 ? 0 : 4));
            print_right(out, figure, PRINT_FIGURE_COLUMNS);
            if (k == 0) print_target(r, i, column, out);
            buf_add_str(out, "\n");
        }
    }
}

/* Columns of a line's figures: money is wider than most, and has a blank before it. */
static size_t print_line_columns(const struct hub_report *r, size_t line)
{
    size_t widest = PRINT_FIGURE_COLUMNS;
    for (size_t c = 0; c < hub_report_columns(r); c++) {
        char figure[HUB_REPORT_FIGURE_ROOM];
        hub_report_figure(&r->lines[line], &r->lines[line].rows[0].cells[c], figure);
        size_t n = text_count(bytes_str(figure)) + 1;
        if (n > widest) widest = n;
    }
    return widest;
}

static void print_by_unit(const struct hub_report *r, struct buf *out)
{
    buf_add_str(out, "\nTheo đơn vị:\n");
    print_left(out, "", 22);
    for (size_t i = 0; i < r->line_count; i++)
        print_right(out, r->lines[i].indicator->id, print_line_columns(r, i));
    buf_add_str(out, "\n");
    for (size_t c = 0; c < hub_report_columns(r); c++) {
        print_left(out, c < r->unit_count ? r->units[c].name : "Toàn đơn vị", 22);
        for (size_t i = 0; i < r->line_count; i++) {
            char figure[HUB_REPORT_FIGURE_ROOM];
            hub_report_figure(&r->lines[i], &r->lines[i].rows[0].cells[c], figure);
            print_right(out, figure, print_line_columns(r, i));
        }
        buf_add_str(out, "\n");
    }
}

static void print_sent(const struct hub_report *r, enum hub_sent sent, const char *words,
                       struct buf *out)
{
    bool first = true;
    for (size_t i = 0; i < r->unit_count; i++) {
        if (r->units[i].sent != sent) continue;
        buf_printf(out, "%s%s (%s)", first ? words : ", ", r->units[i].name, r->units[i].code);
        first = false;
    }
    if (!first) buf_add_str(out, "\n");
}

static const char *print_number(const char *text)
{
    return text[0] != '\0' ? text : "–";
}

enum err hub_report_print(const struct hub_report *r, bool closed, bool by_unit, struct buf *out)
{
    char hex[2 * ID_HASH_BYTES + 1];
    print_title(r, closed, out);
    print_summary(r, out);
    if (by_unit && r->unit_count > 1) print_by_unit(r, out);
    buf_add_str(out, "\n");
    print_sent(r, HUB_SENT_NOTHING, "Chưa gửi gì: ", out);
    print_sent(r, HUB_SENT_EARLIER, "Không gửi gì mới trong kỳ: ", out);
    size_t was = out->len;
    hub_report_merged_words(r, out);
    if (out->len > was) buf_add_str(out, "\n");
    for (size_t i = 0; i < r->line_count; i++) {
        if (r->lines[i].left_out > 0)
            buf_printf(out, "Chỉ tiêu %u: %llu bản ghi có số liệu không đọc được, không tính\n",
                       r->lines[i].no, (unsigned long long)r->lines[i].left_out);
    }
    for (size_t i = 0; i < r->correction_count; i++) {
        const struct hub_report_correction *c = &r->corrections[i];
        const char *value = hub_correction_value(r, c) != NULL ? hub_correction_value(r, c) : "–";
        buf_printf(out, "Đính chính, xã đã đồng ý: %s%s%s, %s: %s → %s (%s)%s%s\n", c->indicator,
                   value[0] != '\0' ? ":" : "", value, r->units[c->column].name,
                   print_number(c->before), print_number(c->after), hub_correction_vi(c->state),
                   c->reason[0] != '\0' ? ". Lý do: " : "", c->reason);
    }
    for (size_t i = 0; i < r->outside_count; i++)
        buf_printf(out, "%s%s%s", i ? ", " : "Có hồ sơ nhưng ngoài báo cáo: ", r->outside[i],
                   i + 1 == r->outside_count ? "\n" : "");
    id_hex(BYTES_OF(r->cut.hash.b), hex);
    buf_printf(out, "Vị trí nhật ký %llu, mã băm %.16s…, danh mục lần %u\n",
               (unsigned long long)r->cut.position, hex, (unsigned)r->cut.edition);
    return out->e;
}
