#include "common/due.h"

#include "common/workday.h"

#include <string.h>

enum { DUE_MOVED_MAX = 31 }; /* days that a due day is moved at most: Tết has nine at a stretch */

/* ---- windows ---- */

/* Last day of a period's window under the rule of its own last day. */
static enum err due_last(const struct catalogue *c, const char *report, const char *unit,
                         struct period p, struct date *out)
{
    struct period_window w;
    struct period_rule rule = {.start_day = 1};
    const struct catalogue_window *row =
        catalogue_window_of(c, report, unit, period_nominal(p).last);
    if (row != NULL) rule.start_day = (uint8_t)row->start_day;
    enum err e = period_window(p, rule, &w);
    if (e == ERR_OK) *out = w.last;
    return e;
}

/* The period behind whose end this one's window begins: six and nine months begin with their year. */
static enum err due_before(struct period p, struct period *out)
{
    if (p.kind == PERIOD_HALF || p.kind == PERIOD_NINE)
        return period_make(PERIOD_YEAR, p.year - 1, 0, out);
    return period_previous(p, out);
}

static enum err due_window(const struct catalogue *c, const char *report, const char *unit,
                           struct period p, struct period_window *out)
{
    struct period before;
    struct date last;
    if (p.kind == PERIOD_ADHOC) {
        *out = period_nominal(p);
        return ERR_OK;
    }
    enum err e = due_before(p, &before);
    if (e == ERR_OK) e = due_last(c, report, unit, before, &last);
    if (e == ERR_OK) e = date_add_days(last, 1, &out->first);
    if (e == ERR_OK) e = due_last(c, report, unit, p, &out->last);
    return e;
}

/* ---- due days ---- */

/* "NN" at s, which the catalogue checked to be one or two digits; *end is behind them. */
static unsigned due_number(const char *s, const char **end)
{
    unsigned n = 0;
    for (; *s >= '0' && *s <= '9'; s++)
        n = n * 10u + (unsigned)*s - (unsigned)'0';
    *end = s;
    return n;
}

/* "before the day" is one day earlier than "by the day". */
static enum err due_excl(const char *words, struct date day, struct date *out)
{
    return date_add_days(day, strcmp(words, " excl") == 0 ? -1 : 0, out);
}

static enum err due_day(const char *rule, struct period p, struct date *out)
{
    const char *rest = NULL;
    struct date end = period_nominal(p).last;
    struct date day = end;
    if (strncmp(rule, "end+", 4) == 0)
        return date_add_days(end, (int32_t)due_number(rule + 4, &rest), out);
    if (strncmp(rule, "md=", 3) == 0) {
        day.month = (uint8_t)due_number(rule + 3, &rest);
        day.day = (uint8_t)due_number(rest + 1, &rest);
        return due_excl(rest, day, out);
    }
    if (strncmp(rule, "last_month=", 11) == 0) {
        day.day = (uint8_t)due_number(rule + 11, &rest);
        return due_excl(rest, day, out);
    }
    return ERR_BAD_INPUT; /* the catalogue lets no other rule in */
}

/* Parameter due_weekend: none (default), before, after: where a due day goes on which nobody works, a weekend or a
 * holiday of the catalogue. */
static enum err due_weekend(const struct catalogue *c, struct due_slot *slot)
{
    const char *word = catalogue_param(c, "due_weekend", slot->due);
    bool before = word != NULL && strcmp(word, "before") == 0;
    bool after = word != NULL && strcmp(word, "after") == 0;
    enum err e = ERR_OK;
    if (!before && !after) return ERR_OK;
    slot->guessed = !workday_known(c, slot->due.year);
    for (int i = 0; e == ERR_OK && i < DUE_MOVED_MAX && !workday_is(c, slot->due); i++)
        e = date_add_days(slot->due, before ? -1 : 1, &slot->due);
    slot->guessed = slot->guessed || !workday_known(c, slot->due.year);
    return e;
}

enum err due_slot(const struct catalogue *c, const char *report, const char *unit, struct period p,
                  struct due_slot *out)
{
    const struct catalogue_report *r = catalogue_report(c, report);
    struct due_slot slot = {.period = p};
    if (r == NULL) return ERR_NOT_FOUND;
    if (!period_valid(p) || (r->period_kinds & (1u << p.kind)) == 0) return ERR_BAD_INPUT;
    enum err e = due_window(c, report, unit, p, &slot.window);
    if (e != ERR_OK) return e;
    const struct catalogue_window *row =
        catalogue_window_of(c, report, unit, period_nominal(p).last);
    slot.has_due = row != NULL && row->due[0] != '\0' && p.kind != PERIOD_ADHOC;
    if (slot.has_due) e = due_day(row->due, p, &slot.due);
    if (e == ERR_OK && slot.has_due) e = due_weekend(c, &slot);
    if (e == ERR_OK) *out = slot;
    return e;
}

int64_t due_late_ms(const struct due_slot *slot)
{
    return slot->has_due ? date_to_ms(slot->due) + DATE_DAY_MS : INT64_MAX;
}

bool due_begun(const struct due_slot *slot, struct date day)
{
    int32_t first = date_to_days(slot->window.first), last = date_to_days(slot->window.last);
    int32_t days = last - first + 1, from = first;
    int32_t due = slot->has_due ? date_to_days(slot->due) : last;
    if (due < first + days / 2) from = (due < first ? due : first) - days;
    return date_to_days(day) >= from;
}

/* ---- all periods ---- */

struct due_walk {
    const struct catalogue *c;
    const char *report;
    const char *unit;
    struct date from;
    struct date to;
    due_slot_fn *each;
    void *ctx;
    size_t count;
};

static enum err due_walk_one(struct due_walk *w, struct period p)
{
    struct due_slot slot;
    enum err e = due_slot(w->c, w->report, w->unit, p, &slot);
    if (e != ERR_OK) return e == ERR_BAD_INPUT ? ERR_OK : e; /* the edge of the calendar */
    struct date on = slot.has_due ? slot.due : slot.window.last;
    if (date_compare(on, w->from) < 0 || date_compare(w->to, on) < 0) return ERR_OK;
    if (++w->count > DUE_SLOTS_MAX) return ERR_TOO_LARGE;
    return w->each(w->ctx, &slot);
}

static enum err due_walk_kind(struct due_walk *w, enum period_kind kind)
{
    static const int numbers[] = {[PERIOD_MONTH] = 12, [PERIOD_QUARTER] = 4};
    int n = kind <= PERIOD_QUARTER ? numbers[kind] : 0;
    enum err e = ERR_OK;
    /* A due day lies at most some months beside its period: one year more on each side. */
    for (int year = w->from.year - 1; e == ERR_OK && year <= w->to.year + 1; year++) {
        for (int k = n > 0 ? 1 : 0; e == ERR_OK && k <= n; k++) {
            struct period p;
            if (period_make(kind, year, k, &p) == ERR_OK) e = due_walk_one(w, p);
        }
    }
    return e;
}

enum err due_each(const struct catalogue *c, const char *report, const char *unit, struct date from,
                  struct date to, due_slot_fn *each, void *ctx)
{
    struct due_walk w = {
        .c = c, .report = report, .unit = unit, .from = from, .to = to, .each = each, .ctx = ctx};
    const struct catalogue_report *r = catalogue_report(c, report);
    enum err e = r != NULL ? ERR_OK : ERR_NOT_FOUND;
    for (int k = PERIOD_MONTH; e == ERR_OK && k < PERIOD_ADHOC; k++) {
        if ((r->period_kinds & (1u << k)) != 0) e = due_walk_kind(&w, (enum period_kind)k);
    }
    return e;
}

/* ---- parts and wholes ---- */

static const enum period_kind due_kinds[] = {PERIOD_YEAR, PERIOD_NINE, PERIOD_HALF, PERIOD_QUARTER,
                                             PERIOD_MONTH}; /* longest first */

enum { DUE_KINDS = sizeof due_kinds / sizeof due_kinds[0] };

/* The period of a kind whose last nominal day this is. */
static bool due_ending(enum period_kind kind, struct date last, struct period *out)
{
    return period_of(kind, (struct period_rule){1}, last, out) == ERR_OK &&
           date_compare(period_nominal(*out).last, last) == 0;
}

bool due_part(const struct catalogue_report *part, struct period whole, struct period *out)
{
    if ((part->period_kinds & (1u << whole.kind)) != 0) {
        *out = whole;
        return true;
    }
    for (size_t i = 0; i < DUE_KINDS; i++)
        if ((part->period_kinds & (1u << due_kinds[i])) != 0 &&
            due_ending(due_kinds[i], period_nominal(whole).last, out) &&
            period_months(*out) < period_months(whole))
            return true;
    return false;
}

static bool due_is_part(const struct catalogue_report *part, struct period period,
                        struct period whole)
{
    struct period own;
    return due_part(part, whole, &own) && own.kind == period.kind &&
           date_compare(period_nominal(own).first, period_nominal(period).first) == 0;
}

enum err due_each_whole(const struct catalogue *c, const struct catalogue_report *part,
                        struct period period, due_whole_fn *each, void *ctx)
{
    size_t count = 0, kinds = 0;
    struct period of[DUE_KINDS + 1];
    struct date last = period_nominal(period).last;
    const struct catalogue_report *wholes = catalogue_reports(c, &count);
    enum err e = ERR_OK;
    for (size_t k = 0; k < DUE_KINDS; k++)
        if (due_ending(due_kinds[k], last, &of[kinds]) && due_is_part(part, period, of[kinds]))
            kinds++;
    if (period.kind == PERIOD_ADHOC) of[kinds++] = period;
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        for (size_t k = 0; e == ERR_OK && k < kinds; k++)
            if (catalogue_feeds(c, part->id, wholes[i].id, last))
                e = each(ctx, wholes[i].id, of[k]);
    return e;
}
