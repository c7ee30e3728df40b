#include "common/legal.h"

#include "common/workday.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole number of params.csv on that day; 0: none, or no sensible one. */
static unsigned legal_number(const struct catalogue *c, const char *name, struct date on,
                             unsigned max)
{
    char *end = NULL;
    const char *text = catalogue_param(c, name, on);
    if (text == NULL) return 0;
    unsigned long v = strtoul(text, &end, 10);
    return end != text && *end == '\0' && v <= max ? (unsigned)v : 0;
}

/* Late from the midnight behind that day on. */
static void legal_until(struct date day, struct legal_clock *out)
{
    *out = (struct legal_clock){.has = true, .day = day};
    out->late_ms = date_to_ms(day) + DATE_DAY_MS;
}

static void legal_workdays(const struct catalogue *c, struct date from, unsigned days,
                           struct legal_clock *out)
{
    struct date day;
    if (days == 0 || workday_add(c, from, days, &day) != ERR_OK) return;
    legal_until(day, out);
    out->guessed = !workday_known(c, from.year) || !workday_known(c, day.year);
}

void legal_request(const struct catalogue *c, const char *kind, struct date received,
                   struct legal_clock *answer, struct legal_clock *done)
{
    char name[CATALOGUE_NAME_BYTES_MAX + 32];
    *answer = *done = (struct legal_clock){.has = false};
    unsigned hours = legal_number(c, "request_hours", received, LEGAL_HOURS_MAX);
    struct date day;
    /* Only the day of receipt is known: whole days of it, the day itself not counted. */
    if (hours > 0 && date_add_days(received, (int32_t)(hours / 24), &day) == ERR_OK)
        legal_until(day, done);
    legal_workdays(c, received, legal_number(c, "request_answer_days", received, LEGAL_DAYS_MAX),
                   answer);
    snprintf(name, sizeof name, "request_days_%.*s", (int)CATALOGUE_NAME_BYTES_MAX, kind);
    if (!done->has)
        legal_workdays(c, received, legal_number(c, name, received, LEGAL_DAYS_MAX), done);
}

void legal_breach(const struct catalogue *c, struct date detected, unsigned minute,
                  struct legal_clock *notify)
{
    unsigned hours = legal_number(c, "breach_notify_hours", detected, LEGAL_HOURS_MAX);
    *notify = (struct legal_clock){.has = false};
    int64_t late = date_to_ms(detected) + (int64_t)minute * 60000 + (int64_t)hours * 3600000;
    if (hours == 0 || date_of_ms(late, &notify->day) != ERR_OK) return;
    notify->has = true;
    notify->late_ms = late;
}

int legal_minute(const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;
    if (len != 5 || text[2] != ':') return -1;
    for (size_t i = 0; i < len; i++) {
        if (i != 2 && (text[i] < '0' || text[i] > '9')) return -1;
    }
    int hour = (text[0] - '0') * 10 + text[1] - '0', minute = (text[3] - '0') * 10 + text[4] - '0';
    return hour < 24 && minute < 60 ? hour * 60 + minute : -1;
}
