#include "common/doubt.h"

#include "common/due.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    DOUBT_AHEAD_DAYS = 400,  /* reports due within so many days are still to be handed in */
    DOUBT_SLACK_MAX = 36500, /* days; a parameter beyond asks about nothing in practice */
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
    struct doubt_days d = {.asks = slack > 0 && slack <= DOUBT_SLACK_MAX,
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
    if (!d->asks) return false;
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
