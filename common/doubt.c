#include "common/doubt.h"

#include "common/due.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    DOUBT_AHEAD_DAYS = 400,  /* reports due within so many days are still to be handed in */
    DOUBT_SLACK_MAX = 36500, /* days; a parameter beyond asks about nothing in practice */
    DOUBT_AGE_MAX = 300,     /* years; no day is older */
};

static enum err doubt_slot(void *ctx, const struct due_slot *slot)
{
    struct date *first = ctx;
    if (date_compare(slot->window.first, *first) < 0) *first = slot->window.first;
    return ERR_OK;
}

enum err doubt_days(const struct catalogue *c, const char *unit, struct date today,
                    struct doubt_days *out)
{
    size_t count = 0;
    const struct catalogue_report *reports = catalogue_reports(c, &count);
    const char *param = catalogue_param(c, "clock_doubt_days", today);
    long slack = param != NULL ? strtol(param, NULL, 10) : 0;
    const char *age = catalogue_param(c, "age_doubt_years", today);
    long years = age != NULL ? strtol(age, NULL, 10) : 0;
    struct doubt_days d = {.dated = true,
                           .age_years = years > 0 && years <= DOUBT_AGE_MAX ? (int32_t)years : 0,
                           .asks = slack > 0 && slack <= DOUBT_SLACK_MAX,
                           .slack = slack > 0 && slack <= DOUBT_SLACK_MAX ? (int32_t)slack : 0,
                           .first = {today.year, 1, 1},
                           .today = today};
    struct date ahead;
    enum err e = ERR_OK;
    bool edge = date_add_days(today, DOUBT_AHEAD_DAYS, &ahead) != ERR_OK;
    for (size_t i = 0; e == ERR_OK && d.asks && !edge && i < count; i++) {
        if (catalogue_owes(c, reports[i].id, unit, today))
            e = due_each(c, reports[i].id, unit, today, ahead, doubt_slot, &d.first);
    }
    if (e == ERR_OK) *out = d;
    return e;
}

static bool doubt_early(const struct doubt_days *d, struct date day)
{
    return date_to_days(day) < date_to_days(d->first) - d->slack;
}

bool doubt_asks(const struct doubt_days *d, struct date day)
{
    if (!d->dated || !d->asks) return false;
    return doubt_early(d, day) || date_to_days(day) > date_to_days(d->today) + d->slack;
}

void doubt_words(const struct doubt_days *d, struct date day, char vi[DOUBT_WORDS_ROOM],
                 char en[DOUBT_WORDS_ROOM])
{
    char at[DATE_TEXT_ROOM], first[DATE_TEXT_ROOM], today[DATE_TEXT_ROOM];
    date_print_vi(day, at);
    date_print_vi(d->first, first);
    date_print_vi(d->today, today);
    if (doubt_early(d, day)) {
        snprintf(vi, DOUBT_WORDS_ROOM,
                 "Ngày %s cách kỳ báo cáo (từ ngày %s) hơn %d ngày; đúng không?", at, first,
                 (int)d->slack);
        snprintf(en, DOUBT_WORDS_ROOM,
                 "%s lies more than %d days before what is now reported of (from %s); is it right?",
                 at, (int)d->slack, first);
        return;
    }
    snprintf(vi, DOUBT_WORDS_ROOM, "Ngày %s ở sau hôm nay (%s) hơn %d ngày; đúng không?", at, today,
             (int)d->slack);
    snprintf(en, DOUBT_WORDS_ROOM, "%s lies more than %d days after today (%s); is it right?", at,
             (int)d->slack, today);
}

enum doubt_what doubt_day(const struct doubt_days *d, enum catalogue_day_rule rule,
                          struct date_partial day)
{
    struct date first, last;
    if (!d->dated || rule == CATALOGUE_DAY_ANY) return DOUBT_NONE;
    date_partial_range(day, &first, &last);
    if (date_compare(first, d->today) > 0) return DOUBT_FUTURE;
    if (rule != CATALOGUE_DAY_BIRTH || d->age_years == 0) return DOUBT_NONE;
    struct date t =
        d->today; /* as numbers that order like the days; 29/02 of any year has its place */
    int32_t birthday = (last.year + d->age_years) * 10000 + last.month * 100 + last.day;
    bool over = birthday < t.year * 10000 + t.month * 100 + t.day;
    return over ? DOUBT_AGE : DOUBT_NONE;
}

void doubt_day_words(const struct doubt_days *d, enum doubt_what what, struct date_partial day,
                     bool sure, char vi[DOUBT_WORDS_ROOM], char en[DOUBT_WORDS_ROOM])
{
    char at[DATE_TEXT_ROOM], today[DATE_TEXT_ROOM];
    struct date whole = {day.year, day.month, day.day};
    date_partial_print(day, at);
    if (day.day > 0) date_print_vi(whole, at);
    date_print_vi(d->today, today);
    if (what == DOUBT_AGE) {
        snprintf(vi, DOUBT_WORDS_ROOM, "Sinh %s là đã hơn %d tuổi; đúng không?", at,
                 (int)d->age_years);
        snprintf(en, DOUBT_WORDS_ROOM, "Born %s means more than %d years old; is it right?", at,
                 (int)d->age_years);
    } else if (sure) {
        snprintf(vi, DOUBT_WORDS_ROOM,
                 "%s ở sau hôm nay (%s) nên không thể đúng; chưa ghi gì. Nếu hôm nay không phải "
                 "ngày đó: hãy "
                 "chỉnh đồng hồ của máy.",
                 at, today);
        snprintf(
            en, DOUBT_WORDS_ROOM,
            "%s lies after today (%s), so it cannot be right; nothing was saved. If that is not "
            "today's date, set the clock.",
            at, today);
    } else {
        snprintf(vi, DOUBT_WORDS_ROOM,
                 "%s ở sau hôm nay (%s theo đồng hồ của máy, có lẽ sai); đúng không?", at, today);
        snprintf(en, DOUBT_WORDS_ROOM,
                 "%s lies after today (%s by this PC's clock, which seems wrong); is it right?", at,
                 today);
    }
}
