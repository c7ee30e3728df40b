#include "common/workday.h"

#include "common/catalogue_rules.h"

enum {
    WORKDAY_BACK = 31, /* days before a day that a row of holidays may push a day off onto it */
    WORKDAY_STEPS_MAX = 4 * CATALOGUE_CLOCK_DAYS_MAX,
};

static bool workday_weekend(int32_t days)
{
    int32_t w = (days % 7 + 7) % 7; /* 1970-01-01 was a Thursday: Saturday is 2, Sunday 3 */
    return w == 2 || w == 3;
}

static bool workday_row(const struct catalogue_holiday *h, struct date d)
{
    return (h->year == 0 || h->year == d.year) && h->month == d.month && h->day == d.day &&
           date_compare(h->valid_from, d) <= 0 && date_compare(d, h->valid_to) <= 0;
}

static bool workday_has(const struct catalogue *c, struct date d, enum catalogue_holiday_kind kind)
{
    size_t n = 0;
    const struct catalogue_holiday *h = catalogue_holidays(c, &n);
    for (size_t i = 0; i < n; i++)
        if (h[i].kind == kind && workday_row(&h[i], d)) return true;
    return false;
}

/* Open before any holiday pushes a day off onto it. */
static bool workday_plain(const struct catalogue *c, int32_t days, struct date d)
{
    if (workday_weekend(days)) return workday_has(c, d, CATALOGUE_WORK);
    return !workday_has(c, d, CATALOGUE_HOLIDAY) && !workday_has(c, d, CATALOGUE_OFF);
}

/* Walk up to the day, with the number of days off that holidays on weekends still ask for. */
static bool workday_pushed(const struct catalogue *c, int32_t target)
{
    unsigned owed = 0;
    bool pushed = false;
    for (int32_t day = target - WORKDAY_BACK; day <= target; day++) {
        struct date d;
        pushed = false;
        if (date_from_days(day, &d) != ERR_OK) continue;
        if (workday_weekend(day)) {
            owed += workday_has(c, d, CATALOGUE_HOLIDAY) ? 1u : 0u;
        } else if (owed > 0 && workday_plain(c, day, d)) {
            owed--;
            pushed = true;
        }
    }
    return pushed;
}

bool workday_is(const struct catalogue *c, struct date day)
{
    int32_t days = date_to_days(day);
    return workday_plain(c, days, day) && !workday_pushed(c, days);
}

enum err workday_add(const struct catalogue *c, struct date from, unsigned days, struct date *out)
{
    struct date d = from;
    if (days > CATALOGUE_CLOCK_DAYS_MAX) return ERR_BAD_INPUT;
    for (unsigned left = days, steps = 0; left > 0; steps++) {
        enum err e = date_add_days(d, 1, &d);
        if (e != ERR_OK || steps == WORKDAY_STEPS_MAX) return ERR_BAD_INPUT;
        if (workday_is(c, d)) left--;
    }
    *out = d;
    return ERR_OK;
}

bool workday_known(const struct catalogue *c, int year)
{
    size_t n = 0;
    const struct catalogue_holiday *h = catalogue_holidays(c, &n);
    for (size_t i = 0; i < n; i++)
        if (h[i].year == year) return true;
    return false;
}
