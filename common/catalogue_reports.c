/* reports.csv, report_lines.csv, windows.csv. */
#include "common/catalogue.h"
#include "common/catalogue_impl.h"

#include <stdlib.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

enum { RE_ID, RE_LABEL_VI, RE_LABEL_EN, RE_LEVEL, RE_PERIODS, RE_SOURCE, RE_COLUMNS };

/* The word of `words` that the bytes are, or `count`. */
static size_t word_find(const char *s, size_t len, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) == len && memcmp(words[i], s, len) == 0) return i;
    return count;
}

static unsigned periods_read(const struct catalogue_table *t, size_t row)
{
    /* In the order of enum period_kind. */
    static const char *const kinds[] = {"month", "quarter", "half", "nine", "year", "adhoc"};
    const char *s = catalogue_cell_needed(t, row, RE_PERIODS);
    unsigned out = 0;
    while (*s != '\0') {
        size_t len = strcspn(s, "|");
        size_t kind = word_find(s, len, kinds, COUNT_OF(kinds));
        if (kind == COUNT_OF(kinds)) {
            catalogue_cell_mistake(t, row, RE_PERIODS,
                                   "Kỳ là month, quarter, half, nine, year, adhoc, cách bằng |",
                                   "Periods: month, quarter, half, nine, year, adhoc, split by |");
            break;
        }
        out |= 1u << kind;
        s += len;
        if (*s == '|') s++;
    }
    return out;
}

static void reports_read(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"id",    "label_vi", "label_en",
                                          "level", "periods",  "source"};
    static const char *const levels[] = {"commune", "district"};
    struct catalogue_table t;
    catalogue_table_read(ps, "reports.csv", columns, RE_COLUMNS, false, &t);
    struct catalogue_report *reports = catalogue_alloc(ps, t.row_count, sizeof *reports);
    if (reports == NULL) return;
    ps->c->reports = reports;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        struct catalogue_report *r = &reports[i];
        r->id = catalogue_cell_id(&t, i, RE_ID);
        r->label_vi = catalogue_cell_needed(&t, i, RE_LABEL_VI);
        r->label_en = catalogue_cell_needed(&t, i, RE_LABEL_EN);
        r->level = levels[catalogue_cell_word(&t, i, RE_LEVEL, levels, COUNT_OF(levels))];
        r->period_kinds = periods_read(&t, i);
        r->source = catalogue_cell(&t, i, RE_SOURCE);
        for (size_t j = 0; j < i; j++)
            if (strcmp(reports[j].id, r->id) == 0)
                catalogue_cell_mistake(&t, i, RE_ID, "Mã báo cáo bị trùng", "The id is used twice");
        ps->c->report_count = i + 1;
    }
}

enum { LI_REPORT, LI_NO, LI_INDICATOR, LI_BY, LI_LABEL_VI, LI_LABEL_EN, LI_COLUMNS };

enum { LINE_NO_MAX = 999 };

struct line_row {
    struct catalogue_line line;
    size_t report; /* index in reports.csv */
    size_t row;
};

static int by_report_and_no(const void *a, const void *b)
{
    const struct line_row *x = a;
    const struct line_row *y = b;
    if (x->report != y->report) return x->report < y->report ? -1 : 1;
    if (x->line.no != y->line.no) return x->line.no < y->line.no ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* The report of a cell, or NULL with a mistake. */
static const struct catalogue_report *report_of(const struct catalogue_table *t, size_t row,
                                                size_t column)
{
    const struct catalogue_report *r = catalogue_report(t->ps->c, catalogue_cell(t, row, column));
    if (r == NULL)
        catalogue_cell_unknown(t, row, column, "reports.csv", "reports.csv không có báo cáo này",
                               "reports.csv has no such report");
    return r;
}

static void line_read(const struct catalogue_table *t, size_t row, struct line_row *out)
{
    const struct catalogue_report *r = report_of(t, row, LI_REPORT);
    struct catalogue_line *l = &out->line;
    out->row = row;
    out->report = r == NULL ? SIZE_MAX : (size_t)(r - t->ps->c->reports);
    l->report = catalogue_cell(t, row, LI_REPORT);
    l->no = catalogue_cell_number(t, row, LI_NO, 1, LINE_NO_MAX);
    l->indicator = catalogue_cell(t, row, LI_INDICATOR);
    l->by = catalogue_cell(t, row, LI_BY);
    l->label_vi = catalogue_cell(t, row, LI_LABEL_VI);
    l->label_en = catalogue_cell(t, row, LI_LABEL_EN);
    const struct catalogue_indicator *in = catalogue_indicator(t->ps->c, l->indicator);
    if (in == NULL)
        catalogue_cell_unknown(t, row, LI_INDICATOR, "indicators.csv",
                               "indicators.csv không có chỉ tiêu này",
                               "indicators.csv has no such indicator");
    else if (l->by[0] != '\0' && !catalogue_by_has(in->by, l->by))
        catalogue_cell_mistake(t, row, LI_BY, "Chỉ tiêu không chia theo danh sách này",
                               "The indicator has no such breakdown");
}

static void lines_read(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"report", "no",       "indicator",
                                          "by",     "label_vi", "label_en"};
    struct catalogue_table t;
    catalogue_table_read(ps, "report_lines.csv", columns, LI_COLUMNS, false, &t);
    struct line_row *rows = catalogue_alloc(ps, t.row_count, sizeof *rows);
    struct catalogue_line *lines = catalogue_alloc(ps, t.row_count, sizeof *lines);
    if (rows == NULL || lines == NULL) return;
    for (size_t i = 0; i < t.row_count; i++)
        line_read(&t, i, &rows[i]);
    qsort(rows, t.row_count, sizeof rows[0], by_report_and_no);
    for (size_t i = 0; i < t.row_count; i++) {
        lines[i] = rows[i].line;
        if (i > 0 && rows[i].report != SIZE_MAX && rows[i].report == rows[i - 1].report &&
            lines[i].no == lines[i - 1].no)
            catalogue_cell_mistake(&t, rows[i].row, LI_NO, "Số dòng bị trùng trong báo cáo",
                                   "The number is used twice in the report");
    }
    ps->c->lines = lines;
    ps->c->line_count = t.row_count;
}

enum { WI_REPORT, WI_START, WI_DUE, WI_WORDS, WI_FROM, WI_TO, WI_UNIT, WI_COLUMNS };

/* Match `form` against the whole of `s`; each '#' of the form is one or two digits. The numbers go to out[]. */
static bool due_match(const char *s, const char *form, unsigned out[2])
{
    size_t found = 0;
    for (; *form != '\0'; form++) {
        if (*form != '#') {
            if (*s++ != *form) return false;
            continue;
        }
        if (*s < '0' || *s > '9') return false;
        out[found] = (unsigned)(*s++ - '0');
        if (*s >= '0' && *s <= '9') out[found] = out[found] * 10 + (unsigned)(*s++ - '0');
        found++;
    }
    return *s == '\0';
}

static bool due_valid(const char *s)
{
    unsigned n[2] = {0, 0};
    if (s[0] == '\0' || due_match(s, "end+#d", n)) return true;
    if (due_match(s, "md=#-# incl", n) || due_match(s, "md=#-# excl", n)) {
        /* Any year that is no leap year: a due date has to exist every year. */
        return n[0] <= 12 && date_valid((struct date){2001, (uint8_t)n[0], (uint8_t)n[1]});
    }
    return (due_match(s, "last_month=# incl", n) || due_match(s, "last_month=# excl", n)) &&
           n[0] >= 1 && n[0] <= PERIOD_START_DAY_MAX;
}

static void windows_read(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"report",     "start_day", "due", "due_words",
                                          "valid_from", "valid_to",  "unit"};
    struct catalogue_table t;
    catalogue_table_read_some(ps, "windows.csv", columns, WI_COLUMNS, WI_UNIT, false, &t);
    struct catalogue_window *windows = catalogue_alloc(ps, t.row_count, sizeof *windows);
    if (windows == NULL) return;
    ps->c->windows = windows;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        struct catalogue_window *w = &windows[i];
        (void)report_of(&t, i, WI_REPORT);
        w->report = catalogue_cell(&t, i, WI_REPORT);
        w->start_day = catalogue_cell_number(&t, i, WI_START, 1, PERIOD_START_DAY_MAX);
        w->due = catalogue_cell(&t, i, WI_DUE);
        if (!due_valid(w->due))
            catalogue_cell_mistake(&t, i, WI_DUE,
                                   "Hạn nộp là end+Nd, md=MM-DD incl|excl, last_month=DD incl|excl",
                                   "Due: end+Nd, md=MM-DD incl|excl, last_month=DD incl|excl");
        catalogue_cell_validity(&t, i, WI_FROM, &w->valid_from, &w->valid_to);
        w->unit = catalogue_cell(&t, i, WI_UNIT);
        if (w->unit[0] != '\0' && !catalogue_unit_known(ps->c, w->unit))
            catalogue_cell_unknown(&t, i, WI_UNIT, "units.csv", "units.csv không có đơn vị này",
                                   "units.csv has no such unit");
        for (size_t j = 0; j < i; j++)
            if (strcmp(windows[j].report, w->report) == 0 &&
                strcmp(windows[j].unit, w->unit) == 0 &&
                catalogue_days_overlap(w->valid_from, w->valid_to, windows[j].valid_from,
                                       windows[j].valid_to))
                catalogue_cell_mistake(&t, i, WI_FROM,
                                       "Thời gian hiệu lực chồng lên dòng khác của cùng báo cáo",
                                       "The validity overlaps that of another row of the report");
        ps->c->window_count = i + 1;
    }
}

void catalogue_parse_reports(struct catalogue_parser *ps)
{
    reports_read(ps);
    if (!ps->nomem) lines_read(ps);
    if (!ps->nomem) windows_read(ps);
}
