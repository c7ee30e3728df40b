/* duties.csv: who makes which report, and what it is a part of. */
#include "common/catalogue.h"
#include "common/catalogue_impl.h"

enum { DU_REPORT, DU_WHO, DU_FEEDS, DU_FROM, DU_TO, DU_SOURCE, DU_COLUMNS };

static const char duty_below[] = "below:";

bool catalogue_unit_known(const struct catalogue *c, const char *code)
{
    for (size_t i = 0; i < c->unit_count; i++)
        if (strcmp(c->units[i].code, code) == 0) return true;
    return false;
}

/* The code in "below:CODE", or NULL. */
static const char *duty_parent(const char *who)
{
    size_t n = sizeof duty_below - 1;
    return strncmp(who, duty_below, n) == 0 ? who + n : NULL;
}

static void duty_check(const struct catalogue_table *t, size_t row, const struct catalogue_duty *d)
{
    const struct catalogue *c = t->ps->c;
    const struct catalogue_report *r = catalogue_report(c, d->report);
    const struct catalogue_report *to = catalogue_report(c, d->feeds);
    const char *parent = duty_parent(d->who);
    const char *code = parent != NULL ? parent : d->who;
    if (r == NULL || strcmp(r->level, "commune") != 0)
        catalogue_cell_unknown(t, row, DU_REPORT, "reports.csv",
                               "Không phải báo cáo cấp xã của reports.csv",
                               "Not a report of level commune in reports.csv");
    if (d->feeds[0] != '\0' && (to == NULL || strcmp(to->level, "district") != 0))
        catalogue_cell_unknown(t, row, DU_FEEDS, "reports.csv",
                               "Không phải báo cáo cấp huyện của reports.csv",
                               "Not a report of level district in reports.csv");
    if (strcmp(d->who, "*") != 0 && !catalogue_unit_known(c, code))
        catalogue_cell_unknown(t, row, DU_WHO, "units.csv",
                               "Ghi *, mã đơn vị, hoặc below:MÃ của units.csv",
                               "Write *, a unit's code, or below:CODE of units.csv");
}

void catalogue_parse_duties(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"report",     "who",      "feeds",
                                          "valid_from", "valid_to", "source"};
    struct catalogue_table t;
    catalogue_table_read(ps, "duties.csv", columns, DU_COLUMNS, false, &t);
    struct catalogue_duty *duties = catalogue_alloc(ps, t.row_count, sizeof *duties);
    if (duties == NULL) return;
    ps->c->duties = duties;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        struct catalogue_duty *d = &duties[i];
        d->report = catalogue_cell(&t, i, DU_REPORT);
        d->who = catalogue_cell_needed(&t, i, DU_WHO);
        d->feeds = catalogue_cell(&t, i, DU_FEEDS);
        catalogue_cell_validity(&t, i, DU_FROM, &d->valid_from, &d->valid_to);
        duty_check(&t, i, d);
        ps->c->duty_count = i + 1;
    }
}

static bool duty_valid(const struct catalogue_duty *d, struct date on)
{
    return date_compare(d->valid_from, on) <= 0 && date_compare(on, d->valid_to) <= 0;
}

static bool duty_names(const struct catalogue *c, const struct catalogue_duty *d, const char *unit,
                       struct date on)
{
    const char *parent = duty_parent(d->who);
    if (strcmp(d->who, "*") == 0 || strcmp(d->who, unit) == 0) return true;
    const struct catalogue_unit *u = parent != NULL ? catalogue_unit_at(c, unit, on) : NULL;
    return u != NULL && strcmp(u->parent, parent) == 0;
}

bool catalogue_owes(const struct catalogue *c, const char *report, const char *unit, struct date on)
{
    bool listed = false;
    const struct catalogue_report *r = catalogue_report(c, report);
    if (r == NULL || strcmp(r->level, "commune") != 0) return false;
    for (size_t i = 0; i < c->duty_count; i++) {
        const struct catalogue_duty *d = &c->duties[i];
        if (strcmp(d->report, report) != 0) continue;
        listed = true;
        if (duty_valid(d, on) && duty_names(c, d, unit, on)) return true;
    }
    return !listed;
}

bool catalogue_feeds(const struct catalogue *c, const char *part, const char *report,
                     struct date on)
{
    for (size_t i = 0; i < c->duty_count; i++) {
        const struct catalogue_duty *d = &c->duties[i];
        if (strcmp(d->report, part) == 0 && strcmp(d->feeds, report) == 0 && duty_valid(d, on))
            return true;
    }
    return false;
}
