#include "common/period.h"

#include <assert.h>
#include <stdio.h>

enum {
    PERIOD_DATE_CHARS = DATE_TEXT_ROOM - 1,
    PERIOD_ADHOC_CHARS = 2 * PERIOD_DATE_CHARS + 1,
};

int period_months(struct period p)
{
    switch (p.kind) {
    case PERIOD_MONTH: return 1;
    case PERIOD_QUARTER: return 3;
    case PERIOD_HALF: return 6;
    case PERIOD_NINE: return 9;
    case PERIOD_YEAR: return 12;
    case PERIOD_ADHOC: return 0;
    }
    return 0;
}

/* How many periods of this kind a year has, counted by struct period's `number`; 0 if they have
 * none. */
static int period_numbers(enum period_kind kind)
{
    if (kind == PERIOD_MONTH) return 12;
    return kind == PERIOD_QUARTER ? 4 : 0;
}

bool period_valid(struct period p)
{
    if (p.kind == PERIOD_ADHOC)
        return date_valid(p.first) && date_valid(p.last) && date_compare(p.first, p.last) <= 0;
    if (period_months(p) == 0) return false; /* a number that is no kind */
    if (p.year < PERIOD_YEAR_MIN || p.year > PERIOD_YEAR_MAX) return false;
    int numbers = period_numbers(p.kind);
    return numbers == 0 ? p.number == 0 : p.number >= 1 && p.number <= numbers;
}

enum err period_make(enum period_kind kind, int year, int number, struct period *out)
{
    if (year < PERIOD_YEAR_MIN || year > PERIOD_YEAR_MAX) return ERR_BAD_INPUT;
    if (number < 0 || number > 12 || kind == PERIOD_ADHOC) return ERR_BAD_INPUT;
    struct period p = {.kind = kind, .year = (int16_t)year, .number = (uint8_t)number};
    if (!period_valid(p)) return ERR_BAD_INPUT;
    *out = p;
    return ERR_OK;
}

enum err period_make_adhoc(struct date first, struct date last, struct period *out)
{
    struct period p = {.kind = PERIOD_ADHOC, .first = first, .last = last};
    if (!period_valid(p)) return ERR_BAD_INPUT;
    *out = p;
    return ERR_OK;
}

static enum err period_parse_adhoc(struct bytes s, struct period *out)
{
    struct date first, last;
    if (s.p[PERIOD_DATE_CHARS] != '_') return ERR_BAD_INPUT;
    enum err e = date_parse(bytes_make(s.p, PERIOD_DATE_CHARS), &first);
    if (e != ERR_OK) return e;
    e = date_parse(bytes_make(s.p + PERIOD_DATE_CHARS + 1, PERIOD_DATE_CHARS), &last);
    if (e != ERR_OK) return e;
    return period_make_adhoc(first, last, out);
}

static int period_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : -1;
}

/* What stands behind "2023-": two characters, "06", "Q2", "6M" or "9M". */
static enum err period_parse_part(int year, uint8_t a, uint8_t b, struct period *out)
{
    if (a == 'Q') return period_make(PERIOD_QUARTER, year, period_digit(b), out);
    if (a == '6' && b == 'M') return period_make(PERIOD_HALF, year, 0, out);
    if (a == '9' && b == 'M') return period_make(PERIOD_NINE, year, 0, out);
    int tens = period_digit(a);
    int ones = period_digit(b);
    if (tens < 0 || ones < 0) return ERR_BAD_INPUT;
    return period_make(PERIOD_MONTH, year, tens * 10 + ones, out);
}

enum err period_parse(struct bytes s, struct period *out)
{
    if (s.len == PERIOD_ADHOC_CHARS) return period_parse_adhoc(s, out);
    if (s.len != 4 && s.len != 7) return ERR_BAD_INPUT;
    int year = 0;
    for (size_t i = 0; i < 4; i++) {
        int digit = period_digit(s.p[i]);
        if (digit < 0) return ERR_BAD_INPUT;
        year = year * 10 + digit;
    }
    if (s.len == 4) return period_make(PERIOD_YEAR, year, 0, out);
    if (s.p[4] != '-') return ERR_BAD_INPUT;
    return period_parse_part(year, s.p[5], s.p[6], out);
}

static void period_print_adhoc(struct period p, char out[PERIOD_LABEL_ROOM])
{
    date_print(p.first, out);
    out[PERIOD_DATE_CHARS] = '_';
    date_print(p.last, out + PERIOD_DATE_CHARS + 1);
}

void period_print(struct period p, char out[PERIOD_LABEL_ROOM])
{
    assert(period_valid(p));
    const size_t room = PERIOD_LABEL_ROOM;
    switch (p.kind) {
    case PERIOD_MONTH: snprintf(out, room, "%d-%02d", p.year, p.number); return;
    case PERIOD_QUARTER: snprintf(out, room, "%d-Q%d", p.year, p.number); return;
    case PERIOD_HALF: snprintf(out, room, "%d-6M", p.year); return;
    case PERIOD_NINE: snprintf(out, room, "%d-9M", p.year); return;
    case PERIOD_YEAR: snprintf(out, room, "%d", p.year); return;
    case PERIOD_ADHOC: period_print_adhoc(p, out); return;
    }
}

static void period_title_adhoc(struct period p, char out[PERIOD_TITLE_ROOM])
{
    char first[DATE_TEXT_ROOM];
    char last[DATE_TEXT_ROOM];
    date_print_vi(p.first, first);
    date_print_vi(p.last, last);
    snprintf(out, PERIOD_TITLE_ROOM, "Từ %s đến %s", first, last);
}

void period_title_vi(struct period p, char out[PERIOD_TITLE_ROOM])
{
    static const char *const roman[] = {"", "I", "II", "III", "IV"};
    assert(period_valid(p));
    const size_t room = PERIOD_TITLE_ROOM;
    switch (p.kind) {
    case PERIOD_MONTH: snprintf(out, room, "Tháng %d/%d", p.number, p.year); return;
    case PERIOD_QUARTER: snprintf(out, room, "Quý %s/%d", roman[p.number], p.year); return;
    case PERIOD_HALF: snprintf(out, room, "6 tháng đầu năm %d", p.year); return;
    case PERIOD_NINE: snprintf(out, room, "9 tháng đầu năm %d", p.year); return;
    case PERIOD_YEAR: snprintf(out, room, "Năm %d", p.year); return;
    case PERIOD_ADHOC: period_title_adhoc(p, out); return;
    }
}

/* First month of a period that is not ad hoc: 1..12. */
static int period_first_month(struct period p)
{
    if (p.kind == PERIOD_MONTH) return p.number;
    return p.kind == PERIOD_QUARTER ? 3 * p.number - 2 : 1;
}

struct period_window period_nominal(struct period p)
{
    assert(period_valid(p));
    if (p.kind == PERIOD_ADHOC) return (struct period_window){.first = p.first, .last = p.last};
    int from = period_first_month(p);
    int to = from + period_months(p) - 1;
    return (struct period_window){
        .first = {.year = p.year, .month = (uint8_t)from, .day = 1},
        .last = {.year = p.year, .month = (uint8_t)to, .day = (uint8_t)date_month_days(p.year, to)},
    };
}

enum err period_window(struct period p, struct period_rule rule, struct period_window *out)
{
    if (rule.start_day < 1 || rule.start_day > PERIOD_START_DAY_MAX) return ERR_BAD_INPUT;
    struct period_window w = period_nominal(p);
    if (p.kind != PERIOD_ADHOC && rule.start_day > 1) {
        w.last.day = (uint8_t)(rule.start_day - 1);
        enum err e = date_add_months(w.first, -1, &w.first);
        if (e != ERR_OK) return e;
        w.first.day = rule.start_day;
    }
    *out = w;
    return ERR_OK;
}

bool period_window_contains(struct period_window w, struct date d)
{
    return date_compare(w.first, d) <= 0 && date_compare(d, w.last) <= 0;
}

enum err period_of(enum period_kind kind, struct period_rule rule, struct date d,
                   struct period *out)
{
    if (kind == PERIOD_ADHOC) return ERR_NOT_FOUND;
    if (rule.start_day < 1 || rule.start_day > PERIOD_START_DAY_MAX || !date_valid(d))
        return ERR_BAD_INPUT;
    struct date in = {
        .year = d.year, .month = d.month, .day = 1}; /* the month whose window holds d */
    if (rule.start_day > 1 && d.day >= rule.start_day) {
        enum err e = date_add_months(in, 1, &in);
        if (e != ERR_OK) return e;
    }
    int number = 0;
    if (kind == PERIOD_MONTH) number = in.month;
    if (kind == PERIOD_QUARTER) number = (in.month + 2) / 3;
    struct period p;
    enum err e = period_make(kind, in.year, number, &p);
    if (e != ERR_OK) return e;
    if (in.month > period_first_month(p) + period_months(p) - 1) return ERR_NOT_FOUND;
    *out = p;
    return ERR_OK;
}

static enum err period_step(struct period p, int step, struct period *out)
{
    assert(period_valid(p));
    if (p.kind == PERIOD_ADHOC) return ERR_BAD_INPUT;
    int numbers = period_numbers(p.kind);
    if (numbers == 0) return period_make(p.kind, p.year + step, 0, out);
    int count = p.year * numbers + p.number - 1 + step;
    return period_make(p.kind, count / numbers, count % numbers + 1, out);
}

enum err period_previous(struct period p, struct period *out)
{
    return period_step(p, -1, out);
}

enum err period_next(struct period p, struct period *out)
{
    return period_step(p, 1, out);
}
