/*
 * Civil dates of the Gregorian calendar, as the records and reports use them, in Vietnam's time
 * (UTC+7, no daylight saving). Everything is arithmetic: neither the C library's time functions nor
 * a time zone of the machine can change a result.
 *
 * Ownership: plain values, copied.   Threads: any.
 * Units:     `days` counts from 1970-01-01 = 0; `_ms` are UTC milliseconds from
 * 1970-01-01T00:00:00Z. Limits:    years DATE_YEAR_MIN..DATE_YEAR_MAX; what lies outside is
 * ERR_BAD_INPUT.
 */
#ifndef DONGBO_COMMON_DATE_H
#define DONGBO_COMMON_DATE_H

#include "common/bytes.h"
#include "common/err.h"

enum {
    DATE_YEAR_MIN = 1900, /* first year */
    DATE_YEAR_MAX = 2200, /* last year */
    DATE_TEXT_ROOM = 11,  /* bytes of "2023-06-01" or "01/06/2023" with the terminator */
    DATE_NAME_ROOM = 16,  /* bytes of "20230601-083000" with the terminator */
    DATE_STAMP_ROOM = 30, /* bytes of "2023-06-01T08:30:00.123+07:00" with the terminator */
};

#define DATE_DAY_MS    INT64_C(86400000) /* milliseconds of a day */
#define DATE_OFFSET_MS INT64_C(25200000) /* UTC+7 in milliseconds */

struct date {
    int16_t year;
    uint8_t month; /* 1..12 */
    uint8_t day;   /* 1..31 */
};

/* What an officer knows of a date: month 0 = only the year, day 0 = only year and month. */
struct date_partial {
    int16_t year;
    uint8_t month; /* 0..12 */
    uint8_t day;   /* 0..31; 0 whenever month is 0 */
};

/* True for a day that exists, within the limits. Every `struct date` given to a function below must
 * be one. */
bool date_valid(struct date d);

/* Days of a month (28..31); `month` is 1..12. */
int date_month_days(int year, int month);

/* <0, 0, >0. Works for any values. */
int date_compare(struct date a, struct date b);

int32_t date_to_days(struct date d);

/* ERR_BAD_INPUT  the day is outside the limits. */
MUST_CHECK enum err date_from_days(int32_t days, struct date *out);

/* ERR_BAD_INPUT  the result is outside the limits. */
MUST_CHECK enum err date_add_days(struct date d, int32_t days, struct date *out);

/* The same day some months later; a day the month has not becomes its last one (31 Jan + 1 = 28 or
 * 29 Feb). ERR_BAD_INPUT  the result is outside the limits. */
MUST_CHECK enum err date_add_months(struct date d, int32_t months, struct date *out);

/* Monday = 0 .. Sunday = 6. */
int date_weekday(struct date d);

/*
 * Read exactly "2023-06-01", or exactly a day typed the Vietnamese way: "01/06/2023", "1/6/2023".
 * No blanks around: the caller trims what a person typed.
 *
 * ERR_BAD_INPUT  another form, a day that does not exist, or outside the limits; say which form is
 * expected.
 */
MUST_CHECK enum err date_parse(struct bytes s, struct date *out);
MUST_CHECK enum err date_parse_vi(struct bytes s, struct date *out);
/* Has it the form of a day, a month or a year, and lies before DATE_YEAR_MIN? */
bool date_too_early(struct bytes s);

/* Write "2023-06-01" (canonical) or "01/06/2023" (for people), with a terminator. */
void date_print(struct date d, char out[DATE_TEXT_ROOM]);
void date_print_vi(struct date d, char out[DATE_TEXT_ROOM]);

bool date_partial_valid(struct date_partial p);

/*
 * Read "1960", "1960-05", "1960-05-12", or as typed "05/1960", "5/1960", "12/05/1960".
 *
 * ERR_BAD_INPUT  as date_parse().
 */
MUST_CHECK enum err date_partial_parse(struct bytes s, struct date_partial *out);

/* Write the canonical form: "1960", "1960-05" or "1960-05-12". `p` is valid. */
void date_partial_print(struct date_partial p, char out[DATE_TEXT_ROOM]);

/* The first and the last day a valid partial date may mean. */
void date_partial_range(struct date_partial p, struct date *first, struct date *last);

/* The civil date in UTC+7 of an instant.
 * ERR_BAD_INPUT  outside the limits (a clock that is badly wrong); the caller shows the clock as
 * wrong. */
MUST_CHECK enum err date_of_ms(int64_t utc_ms, struct date *out);

/* The instant of the local midnight at which the day begins. */
int64_t date_to_ms(struct date d);

/* Write an instant as local time with its offset.
 * ERR_BAD_INPUT  outside the limits. */
MUST_CHECK enum err date_stamp(int64_t utc_ms, char out[DATE_STAMP_ROOM]);

/* The same moment for the name of a file, local time; a clock outside the limits gives
 * "00000000-000000". */
void date_name(int64_t utc_ms, char out[static DATE_NAME_ROOM]);

#endif
