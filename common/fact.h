/*
 * One row of an indicator's SQL: who counts what, out of which record (docs/catalogue.md).
 *
 * Ownership: borrows its texts.   Threads: any, plain values.   Limits: FACT_*.
 */
#ifndef DONGBO_COMMON_FACT_H
#define DONGBO_COMMON_FACT_H

#include "common/bytes.h"

enum {
    FACT_TEXT_BYTES_MAX = 63, /* bytes of a unit, subject, record or breakdown value */
    FACT_BY_MAX = 3,          /* breakdown columns */
};

struct fact {
    struct bytes unit;
    struct bytes subject;
    struct bytes record;
    bool has_num;
    bool has_den;
    int64_t num;
    int64_t den;
    bool odd; /* an amount that is no number: for whoever counts what was left out */
    struct bytes by[FACT_BY_MAX]; /* empty where there is none */
};

#endif
