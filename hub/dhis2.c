#include "hub/dhis2.h"
#include "hub/canonical.h"
#include "hub/values.h"

#include <stdio.h>

/* ---- periods ---- */

static enum err dhis2_refuse(const struct hub_report *r, const char *vi, const char *en,
                             struct hub_report_why *why)
{
    snprintf(why->vi, sizeof why->vi, "DHIS2 không có mã cho kỳ %s (%s); hãy gửi tệp ADX", r->label,
             vi);
    snprintf(why->en, sizeof why->en, "DHIS2 has no id for period %s (%s); send the ADX file",
             r->label, en);
    return ERR_BAD_INPUT;
}

static bool dhis2_nominal(const struct hub_report *r)
{
    struct period_window w = period_nominal(r->period);
    return date_compare(w.first, r->window.first) == 0 && date_compare(w.last, r->window.last) == 0;
}

enum err hub_dhis2_period(const struct hub_report *r, char out[static HUB_DHIS2_PERIOD_ROOM],
                          struct hub_report_why *why)
{
    unsigned year = (unsigned)r->period.year % 10000u, number = r->period.number % 100u;
    if (r->period.kind == PERIOD_NINE) return dhis2_refuse(r, "chín tháng", "nine months", why);
    if (r->period.kind == PERIOD_ADHOC) return dhis2_refuse(r, "đột xuất", "ad hoc", why);
    if (!dhis2_nominal(r))
        return dhis2_refuse(r, "số liệu không theo tháng dương lịch",
                            "its window is not of calendar months", why);
    if (r->period.kind == PERIOD_MONTH) {
        snprintf(out, HUB_DHIS2_PERIOD_ROOM, "%04u%02u", year, number);
    } else if (r->period.kind == PERIOD_QUARTER) {
        snprintf(out, HUB_DHIS2_PERIOD_ROOM, "%04uQ%u", year, number % 10u);
    } else {
        snprintf(out, HUB_DHIS2_PERIOD_ROOM, "%04u%s", year,
                 r->period.kind == PERIOD_HALF ? "S1" : "");
    }
    return ERR_OK;
}

/* ---- JSON ---- */

struct dhis2 {
    const struct hub_report *r;
    struct buf *out;
    char period[HUB_DHIS2_PERIOD_ROOM];
    char date[DATE_TEXT_ROOM];
    const char *unit; /* of the values; NULL: named once for all */
    size_t count;
};

static enum err dhis2_open(struct dhis2 *d, int64_t closed_ms, struct hub_report_why *why)
{
    struct date day;
    enum err e = hub_dhis2_period(d->r, d->period, why);
    if (e == ERR_OK) e = date_of_ms(closed_ms, &day);
    if (e == ERR_OK) date_print(day, d->date);
    return e;
}

static void dhis2_pair(struct dhis2 *d, const char *key, const char *text)
{
    buf_add_str(d->out, key);
    hub_canonical_text(d->out, text);
}

static void dhis2_value(void *ctx, const struct hub_value *v)
{
    struct dhis2 *d = ctx;
    dhis2_pair(d, d->count++ ? ",\n{\"dataElement\":" : "\n{\"dataElement\":", v->element);
    if (d->unit != NULL) {
        dhis2_pair(d, ",\"period\":", d->period);
        dhis2_pair(d, ",\"orgUnit\":", d->unit);
    }
    if (v->option[0] != '\0') dhis2_pair(d, ",\"categoryOptionCombo\":", v->option);
    buf_printf(d->out, ",\"value\":\"%lld\"}", (long long)v->number);
}

/* Complete is who sent records and whose report was in, and what adds them up. */
static bool dhis2_completes(const struct hub_report *r, size_t column)
{
    if (column < r->unit_count && r->units[column].sent == HUB_SENT_NOTHING) return false;
    return !hub_report_is_missing(r, hub_canonical_unit(r, column));
}

enum err hub_dhis2_values(const struct hub_report *r, int64_t closed_ms, struct buf *out,
                          struct hub_report_why *why)
{
    struct dhis2 d = {.r = r, .out = out};
    size_t columns = hub_report_columns(r);
    enum err e = dhis2_open(&d, closed_ms, why);
    if (e != ERR_OK) return e;
    if (hub_values_count(r) == 0) return ERR_NOT_FOUND;
    buf_add_str(out, "{\"dataSetIdScheme\":\"CODE\",\"dataElementIdScheme\":\"CODE\","
                     "\"orgUnitIdScheme\":\"CODE\",\"categoryOptionComboIdScheme\":\"CODE\"");
    dhis2_pair(&d, ",\n\"dataSet\":", r->form->id);
    if (columns == 1) {
        bool complete = dhis2_completes(r, 0);
        if (complete) dhis2_pair(&d, ",\n\"completeDate\":", d.date);
        dhis2_pair(&d, complete ? ",\"period\":" : ",\n\"period\":", d.period);
        dhis2_pair(&d, ",\"orgUnit\":", hub_canonical_unit(r, 0));
    }
    buf_add_str(out, ",\n\"dataValues\":[");
    for (size_t c = 0; c < columns; c++) {
        d.unit = columns == 1 ? NULL : hub_canonical_unit(r, c);
        hub_values_of(r, c, dhis2_value, &d);
    }
    buf_add_str(out, "]}\n");
    return out->e;
}

enum err hub_dhis2_complete(const struct hub_report *r, int64_t closed_ms, struct buf *out,
                            struct hub_report_why *why)
{
    struct dhis2 d = {.r = r, .out = out};
    enum err e = dhis2_open(&d, closed_ms, why);
    if (e != ERR_OK) return e;
    if (hub_values_count(r) == 0) return ERR_NOT_FOUND;
    buf_add_str(out, "{\"completeDataSetRegistrations\":[");
    for (size_t c = 0; c < hub_report_columns(r); c++) {
        if (!dhis2_completes(r, c)) continue;
        dhis2_pair(&d, d.count++ ? ",\n{\"period\":" : "\n{\"period\":", d.period);
        dhis2_pair(&d, ",\"dataSet\":", r->form->id);
        dhis2_pair(&d, ",\"organisationUnit\":", hub_canonical_unit(r, c));
        dhis2_pair(&d, ",\"date\":", d.date);
        buf_add_str(out, ",\"storedBy\":\"dongbo\"}");
    }
    buf_add_str(out, "]}\n");
    return out->e;
}
