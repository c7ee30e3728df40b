#include "common/date.h"

#include <assert.h>

enum {
    DATE_PARTS_MAX = 3,
    DATE_DIGITS_MAX = 4, /* digits of one number of a date */
};

/* The numbers of a written date: "12/05/1960" has three, of 2, 2 and 4 digits. */
struct date_parts {
    size_t count;
    int value[DATE_PARTS_MAX];
    size_t digits[DATE_PARTS_MAX];
    char sep; /* 0 if there is only one */
};

static bool date_is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int date_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    assert(month >= 1 && month <= 12);
    return month == 2 && date_is_leap(year) ? 29 : days[month - 1];
}

static bool date_exists(int year, int month, int day)
{
    return year >= DATE_YEAR_MIN && year <= DATE_YEAR_MAX && month >= 1 && month <= 12 &&
           day >= 1 && day <= date_month_days(year, month);
}

bool date_valid(struct date d)
{
    return date_exists(d.year, d.month, d.day);
}

static struct date date_make(int year, int month, int day)
{
    struct date d = {.year = (int16_t)year, .month = (uint8_t)month, .day = (uint8_t)day};
    assert(date_valid(d));
    return d;
}

int date_compare(struct date a, struct date b)
{
    if (a.year != b.year) return a.year - b.year;
    if (a.month != b.month) return a.month - b.month;
    return a.day - b.day;
}

/* Days from 1970-01-01 to the first of January of `year`, which is positive. */
static int32_t date_year_start(int year)
{
    int before = year - 1;
    int32_t since_year_1 = 365 * before + before / 4 - before / 100 + before / 400;
    return since_year_1 - 719162; /* of which 719162 lie before 1970 */
}

int32_t date_to_days(struct date d)
{
    assert(date_valid(d));
    int32_t days = date_year_start(d.year) + d.day - 1;
    for (int m = 1; m < d.month; m++)
        days += date_month_days(d.year, m);
    return days;
}

enum err date_from_days(int32_t days, struct date *out)
{
    int32_t first = date_year_start(DATE_YEAR_MIN);
    if (days < first || days >= date_year_start(DATE_YEAR_MAX + 1)) return ERR_BAD_INPUT;
    int year = DATE_YEAR_MIN + (days - first) / 366; /* never late, and early by one at most */
    while (date_year_start(year + 1) <= days)
        year++;
    int rest = days - date_year_start(year);
    int month = 1;
    while (rest >= date_month_days(year, month))
        rest -= date_month_days(year, month++);
    *out = date_make(year, month, rest + 1);
    return ERR_OK;
}

enum err date_add_days(struct date d, int32_t days, struct date *out)
{
    int64_t sum = (int64_t)date_to_days(d) + days;
    if (sum < INT32_MIN || sum > INT32_MAX) return ERR_BAD_INPUT;
    return date_from_days((int32_t)sum, out);
}

enum err date_add_months(struct date d, int32_t months, struct date *out)
{
    assert(date_valid(d));
    int64_t sum = (int64_t)d.year * 12 + d.month - 1 + months;
    if (sum < DATE_YEAR_MIN * 12 || sum >= (DATE_YEAR_MAX + 1) * 12) return ERR_BAD_INPUT;
    int year = (int)(sum / 12);
    int month = (int)(sum % 12) + 1;
    int last = date_month_days(year, month);
    *out = date_make(year, month, d.day < last ? d.day : last);
    return ERR_OK;
}

int date_weekday(struct date d)
{
    int n = (date_to_days(d) + 3) % 7; /* 1970-01-01 was a Thursday */
    return n < 0 ? n + 7 : n;
}

/* Split "n", "n?n" or "n?n?n" with one kind of separator; false for anything else. */
static bool date_split(struct bytes s, struct date_parts *out)
{
    struct date_parts p = {.count = 1};
    for (size_t i = 0; i < s.len; i++) {
        char c = (char)s.p[i];
        size_t k = p.count - 1;
        if (c >= '0' && c <= '9') {
            if (++p.digits[k] > DATE_DIGITS_MAX) return false;
            p.value[k] = p.value[k] * 10 + (c - '0');
        } else {
            if ((c != '-' && c != '/') || (p.sep != 0 && c != p.sep)) return false;
            if (p.digits[k] == 0 || p.count == DATE_PARTS_MAX) return false;
            p.sep = c;
            p.count++;
        }
    }
    if (p.digits[p.count - 1] == 0) return false;
    *out = p;
    return true;
}

/* Day and month may be typed with one digit only in the Vietnamese order. */
static bool date_parts_formed(const struct date_parts *p)
{
    size_t year_at = p->sep == '/' ? p->count - 1 : 0;
    for (size_t i = 0; i < p->count; i++) {
        if (i == year_at) {
            if (p->digits[i] != 4) return false;
        } else if (p->digits[i] != 2 && !(p->sep == '/' && p->digits[i] == 1)) {
            return false;
        }
    }
    return true;
}

static bool date_read(struct bytes s, struct date_parts *parts, struct date_partial *out)
{
    if (!date_split(s, parts) || !date_parts_formed(parts)) return false;
    int in_order[DATE_PARTS_MAX] = {0};
    for (size_t i = 0; i < parts->count; i++)
        in_order[i] = parts->value[parts->sep == '/' ? parts->count - 1 - i : i];
    bool zero_written =
        (parts->count > 1 && in_order[1] == 0) || (parts->count > 2 && in_order[2] == 0);
    struct date_partial p = {
        .year = (int16_t)in_order[0], .month = (uint8_t)in_order[1], .day = (uint8_t)in_order[2]};
    if (zero_written || !date_partial_valid(p)) return false;
    *out = p;
    return true;
}

static enum err date_parse_with(struct bytes s, char sep, struct date *out)
{
    struct date_parts parts;
    struct date_partial p;
    if (!date_read(s, &parts, &p) || parts.count != 3 || parts.sep != sep) return ERR_BAD_INPUT;
    *out = date_make(p.year, p.month, p.day);
    return ERR_OK;
}

bool date_too_early(struct bytes s)
{
    struct date_parts parts;
    if (!date_split(s, &parts) || !date_parts_formed(&parts)) return false;
    return parts.value[parts.sep == '/' ? parts.count - 1 : 0] < DATE_YEAR_MIN;
}

enum err date_parse(struct bytes s, struct date *out)
{
    return date_parse_with(s, '-', out);
}

enum err date_parse_vi(struct bytes s, struct date *out)
{
    return date_parse_with(s, '/', out);
}

static void date_digits(char *at, int value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void date_print(struct date d, char out[DATE_TEXT_ROOM])
{
    assert(date_valid(d));
    memcpy(out, "0000-00-00", DATE_TEXT_ROOM);
    date_digits(out, d.year, 4);
    date_digits(out + 5, d.month, 2);
    date_digits(out + 8, d.day, 2);
}

void date_print_vi(struct date d, char out[DATE_TEXT_ROOM])
{
    assert(date_valid(d));
    memcpy(out, "00/00/0000", DATE_TEXT_ROOM);
    date_digits(out, d.day, 2);
    date_digits(out + 3, d.month, 2);
    date_digits(out + 6, d.year, 4);
}

bool date_partial_valid(struct date_partial p)
{
    if (p.month == 0) return p.day == 0 && date_exists(p.year, 1, 1);
    return date_exists(p.year, p.month, p.day == 0 ? 1 : p.day);
}

enum err date_partial_parse(struct bytes s, struct date_partial *out)
{
    struct date_parts parts;
    return date_read(s, &parts, out) ? ERR_OK : ERR_BAD_INPUT;
}

void date_partial_range(struct date_partial p, struct date *first, struct date *last)
{
    assert(date_partial_valid(p));
    int from = p.month == 0 ? 1 : p.month;
    int to = p.month == 0 ? 12 : p.month;
    *first = date_make(p.year, from, p.day == 0 ? 1 : p.day);
    *last = date_make(p.year, to, p.day == 0 ? date_month_days(p.year, to) : p.day);
}

void date_partial_print(struct date_partial p, char out[DATE_TEXT_ROOM])
{
    struct date first, last;
    date_partial_range(p, &first, &last);
    date_print(first, out);
    if (p.day == 0) out[p.month == 0 ? 4 : 7] = '\0';
}

/* Local day and the milliseconds since its midnight. */
static enum err date_split_ms(int64_t utc_ms, struct date *d, int64_t *rest_ms)
{
    if (utc_ms > INT64_MAX - DATE_OFFSET_MS) return ERR_BAD_INPUT;
    int64_t local_ms = utc_ms + DATE_OFFSET_MS;
    int64_t days = local_ms / DATE_DAY_MS;
    int64_t rest = local_ms % DATE_DAY_MS;
    if (rest < 0) { /* division rounds towards zero, days are counted downwards before 1970 */
        rest += DATE_DAY_MS;
        days--;
    }
    if (days < INT32_MIN || days > INT32_MAX) return ERR_BAD_INPUT;
    enum err e = date_from_days((int32_t)days, d);
    if (e == ERR_OK) *rest_ms = rest;
    return e;
}

enum err date_of_ms(int64_t utc_ms, struct date *out)
{
    int64_t rest_ms;
    return date_split_ms(utc_ms, out, &rest_ms);
}

int64_t date_to_ms(struct date d)
{
    return date_to_days(d) * DATE_DAY_MS - DATE_OFFSET_MS;
}

enum err date_stamp(int64_t utc_ms, char out[DATE_STAMP_ROOM])
{
    struct date d;
    int64_t rest_ms;
    enum err e = date_split_ms(utc_ms, &d, &rest_ms);
    if (e != ERR_OK) return e;
    memcpy(out, "0000-00-00T00:00:00.000+07:00", DATE_STAMP_ROOM);
    char day[DATE_TEXT_ROOM];
    date_print(d, day);
    memcpy(out, day, DATE_TEXT_ROOM - 1);
    date_digits(out + 11, (int)(rest_ms / 3600000), 2);
    date_digits(out + 14, (int)(rest_ms / 60000 % 60), 2);
    date_digits(out + 17, (int)(rest_ms / 1000 % 60), 2);
    date_digits(out + 20, (int)(rest_ms % 1000), 3);
    return ERR_OK;
}

void date_name(int64_t utc_ms, char out[static DATE_NAME_ROOM])
{
    char stamp[DATE_STAMP_ROOM];
    memcpy(out, "00000000-000000", DATE_NAME_ROOM);
    if (date_stamp(utc_ms, stamp) != ERR_OK) return;
    memcpy(out, stamp, 4);
    memcpy(out + 4, stamp + 5, 2);
    memcpy(out + 6, stamp + 8, 2);
    memcpy(out + 9, stamp + 11, 2);
    memcpy(out + 11, stamp + 14, 2);
    memcpy(out + 13, stamp + 17, 2);
}
