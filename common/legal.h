/*
 * The clocks of the registers that data-protection law asks for: requests of data subjects and breaches
 * of personal data. SPEC 20. How long each may take is data: params.csv of the catalogue, with days of
 * validity (Law 91/2025/QH15; before 2026 NĐ 13/2023/NĐ-CP).
 *
 * Ownership: borrows the catalogue.   Threads: any, pure.   Units: UTC milliseconds; days are civil days
 * of Vietnam's time.   Limits: LEGAL_DAYS_MAX.
 */
#ifndef DONGBO_COMMON_LEGAL_H
#define DONGBO_COMMON_LEGAL_H

#include "common/catalogue.h"

enum {
    LEGAL_DAYS_MAX = 366,       /* working days of a clock; more is a mistake and gives no clock */
    LEGAL_HOURS_MAX = 24 * 366, /* hours of a clock, likewise */
};

struct legal_clock {
    bool has;     /* the law of that day sets one */
    bool guessed; /* counted in working days of a year whose holidays the catalogue does not have */
    struct date day; /* last day (of requests), or the day of `late_ms` (of breaches) */
    int64_t late_ms; /* first moment that is late */
};

/* How long the first answer to a request may take, and the whole of it. `kind`: a value of the list
 * request_kind. */
void legal_request(const struct catalogue *c, const char *kind, struct date received,
                   struct legal_clock *answer, struct legal_clock *done);

/* Until when a breach is to be notified; `minute`: of the day on which it was detected, 0 when nobody
 * noted it (the strictest reading). */
void legal_breach(const struct catalogue *c, struct date detected, unsigned minute,
                  struct legal_clock *notify);

/* "08:30" as minutes of the day; -1: it is no time. */
int legal_minute(const char *text);

#endif
