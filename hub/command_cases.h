/* What the commands about cases, budgets and scores share. Included by hub/command*.c only. */
#ifndef DONGBO_HUB_COMMAND_CASES_H
#define DONGBO_HUB_COMMAND_CASES_H

#include "hub/command_priv.h"

/* A day of the request, or today; "year" of it, or this year. False: it is none. */
bool hub_cases_day(const json_t *request, const char *key, struct date *out);
bool hub_cases_year(const json_t *request, int *year);
json_t *hub_cases_usage(void);
/* The first check that the record fails, as the answer; NULL: none. */
json_t *hub_cases_adds_up(struct hub_app *a, const struct id_record *rid);
/* Events of clocks due between two days; `unit` NULL: of every unit. */
MUST_CHECK enum err hub_command_cases_ics(struct hub_app *a, const char *unit, struct date on,
                                          struct date from, struct date to, int64_t now_ms,
                                          struct buf *ics, json_t *failed, json_int_t *events);

#endif
