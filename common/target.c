#include "common/target.h"

#include <stdio.h>
#include <string.h>

bool target_typed(const struct catalogue *c)
{
    static const char *const fields[] = {"indicator", "target_unit", "year", "period",    "op",
                                         "value",     "value_hi",    "per",  "base_value"};
    const struct catalogue_type *t = catalogue_type_by_name(c, "target");
    for (size_t i = 0; t != NULL && i < sizeof fields / sizeof fields[0]; i++) {
        if (catalogue_field_by_name(t, fields[i]) == NULL) return false;
    }
    return t != NULL;
}

enum { TARGET_DECIMALS = 6, TARGET_SCALE = 1000000, TARGET_DIGITS_MAX = 12 };

/* "12", "-0.5" times TARGET_SCALE. */
static bool target_number(const char *text, int64_t *out)
{
    bool minus = text[0] == '-';
    const char *p = text + minus;
    int64_t v = 0;
    int whole = 0, decimals = -1;
    for (; *p != '\0'; p++) {
        if (*p == '.' && decimals < 0) {
            decimals = 0;
            continue;
        }
        if (*p < '0' || *p > '9') return false;
        if (decimals < 0 && ++whole > TARGET_DIGITS_MAX) return false;
        if (decimals >= 0 && ++decimals > TARGET_DECIMALS) return false;
        v = v * 10 + (*p - '0');
    }
    if (whole == 0 || decimals == 0) return false;
    for (int i = decimals < 0 ? 0 : decimals; i < TARGET_DECIMALS; i++)
        v *= 10;
    *out = minus ? -v : v;
    return true;
}

/* Sign of num - value, for ratios of 100 num/den - value. */
static int target_compare(bool ratio, int64_t num, int64_t den, int64_t value)
{
    __extension__ __int128 left = num;
    __extension__ __int128 right = value;
    left *= TARGET_SCALE;
    if (ratio) {
        left *= 100;
        right *= den;
    }
    return (left > right) - (left < right);
}

/*
 * At least `value` percent of the base less, or so many percentage points below a base rate. With a
 * ratio both sides are percentages. False: it cannot be said (points of what is no rate, or numbers
 * that are out of this world).
 */
static bool target_reduced(bool ratio, int64_t num, int64_t den, bool points,
                           const struct target *target, bool *met)
{
    __extension__ __int128 left = num;
    __extension__ __int128 right = 0;
    __extension__ __int128 factor = 0;
    int64_t value = 0, base = 0;
    if (!target_number(target->value, &value) || !target_number(target->base_value, &base) ||
        value < 0 || (points && !ratio))
        return false;
    right = base;
    factor = TARGET_SCALE;
    factor = points ? 1 : factor * 100 - value;
    if (points) right -= value;
    left *= TARGET_SCALE;
    if (ratio) left *= 100;
    bool over = __builtin_mul_overflow(right, factor, &right);
    if (!points) over = over || __builtin_mul_overflow(left, (int64_t)TARGET_SCALE * 100, &left);
    if (ratio) over = over || __builtin_mul_overflow(right, den, &right);
    *met = left <= right;
    return !over;
}

enum target_met target_meets(bool ratio, int64_t num, int64_t den, const struct target *target)
{
    int64_t value = 0, high = 0;
    bool met;
    if (!target_number(target->value, &value)) return TARGET_UNCLEAR;
    if (ratio && den <= 0) return TARGET_NULL;
    int c = target_compare(ratio, num, den, value);
    if (strcmp(target->op, "ge") == 0) {
        met = c >= 0;
    } else if (strcmp(target->op, "gt") == 0) {
        met = c > 0;
    } else if (strcmp(target->op, "le") == 0) {
        met = c <= 0;
    } else if (strcmp(target->op, "lt") == 0) {
        met = c < 0;
    } else if (strcmp(target->op, "eq") == 0) {
        met = c == 0;
    } else if (strncmp(target->op, "reduce_", 7) == 0) {
        bool points = strcmp(target->op, "reduce_points") == 0;
        if (!points && strcmp(target->op, "reduce_percent") != 0) return TARGET_UNCLEAR;
        if (!target_reduced(ratio, num, den, points, target, &met)) return TARGET_UNCLEAR;
    } else if (strcmp(target->op, "band") == 0 && target_number(target->value_hi, &high)) {
        met = c >= 0 && target_compare(ratio, num, den, high) <= 0;
    } else {
        return TARGET_UNCLEAR;
    }
    return met ? TARGET_YES : TARGET_NO;
}

bool target_judged(const struct catalogue *c, const char *period, struct period report,
                   struct date last)
{
    const char *alone = catalogue_param(c, "target_year_alone", last);
    return period[0] != '\0' || report.kind == PERIOD_YEAR || alone == NULL ||
           strcmp(alone, "1") != 0;
}

bool target_wants_all(const struct catalogue *c, struct date last)
{
    const char *all = catalogue_param(c, "target_all_units", last);
    return all != NULL && strcmp(all, "1") == 0;
}

void target_progress(struct period report, bool ratio, int64_t num, int64_t den,
                     const struct target *target, char out[static TARGET_PROGRESS_ROOM])
{
    bool least = strcmp(target->op, "ge") == 0 || strcmp(target->op, "gt") == 0 ||
                 strcmp(target->op, "eq") == 0;
    bool begun = report.kind == PERIOD_HALF || report.kind == PERIOD_NINE;
    int64_t value = 0;
    out[0] = '\0';
    if (!least || !begun || num < 0 || (ratio && den <= 0) ||
        !target_number(target->value, &value) || value <= 0)
        return;
    /* In tenths of a percent; a rate is 100 num/den already. Doubled, so that halves go up. */
    __extension__ __int128 tenths = num;
    __extension__ __int128 under = value;
    tenths *= (int64_t)TARGET_SCALE * 1000 * 2 * (ratio ? 100 : 1);
    if (ratio) under *= den;
    tenths = (tenths + under) / (2 * under);
    if (tenths > INT64_MAX) return;
    int64_t n = (int64_t)tenths;
    snprintf(out, TARGET_PROGRESS_ROOM, "%lld.%lld", (long long)(n / 10), (long long)(n % 10));
}
