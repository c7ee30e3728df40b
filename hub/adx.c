#include "hub/adx.h"
#include "hub/canonical.h"
#include "hub/values.h"

#include <stdio.h>

void hub_adx_escape(struct buf *out, const char *text)
{
    for (const uint8_t *p = (const uint8_t *)text; *p != '\0'; p++) {
        switch (*p) {
        case '&': buf_add_str(out, "&amp;"); break;
        case '<': buf_add_str(out, "&lt;"); break;
        case '>': buf_add_str(out, "&gt;"); break;
        case '"': buf_add_str(out, "&quot;"); break;
        default: buf_add_u8(out, *p < 0x20 || *p == 0x7f ? '?' : *p);
        }
    }
}

void hub_adx_period(struct period_window window, char out[static HUB_ADX_PERIOD_ROOM])
{
    char first[DATE_TEXT_ROOM];
    struct date end;
    int32_t days = date_to_days(window.last) - date_to_days(window.first) + 1;
    date_print(window.first, first);
    for (int months = 1; months <= 12; months++) {
        if (date_add_months(window.first, months, &end) != ERR_OK) break;
        if (date_to_days(end) - date_to_days(window.first) != days) continue;
        if (months == 12) {
            snprintf(out, HUB_ADX_PERIOD_ROOM, "%s/P1Y", first);
        } else {
            snprintf(out, HUB_ADX_PERIOD_ROOM, "%s/P%dM", first, months);
        }
        return;
    }
    snprintf(out, HUB_ADX_PERIOD_ROOM, "%s/P%ldD", first, (long)days);
}

struct adx {
    struct buf *out;
    const struct hub_report *r;
    const char *unit;
    const char *period;
    size_t count; /* values of the group */
};

static void adx_attribute(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, " %s=\"", name);
    hub_adx_escape(out, value);
    buf_add_u8(out, '"');
}

static void adx_value(void *ctx, const struct hub_value *v)
{
    struct adx *a = ctx;
    if (a->count++ == 0) {
        buf_add_str(a->out, "  <group");
        adx_attribute(a->out, "orgUnit", a->unit);
        adx_attribute(a->out, "period", a->period);
        adx_attribute(a->out, "dataSet", a->r->form->id);
        buf_add_str(a->out, ">\n");
    }
    buf_add_str(a->out, "    <dataValue");
    adx_attribute(a->out, "dataElement", v->element);
    if (v->option[0] != '\0') adx_attribute(a->out, v->by, v->option);
    buf_printf(a->out, " value=\"%lld\"/>\n", (long long)v->number);
}

enum err hub_adx(const struct hub_report *r, int64_t closed_ms, struct buf *out)
{
    char stamp[DATE_STAMP_ROOM], period[HUB_ADX_PERIOD_ROOM];
    struct adx a = {.out = out, .r = r, .period = period};
    enum err e = date_stamp(closed_ms, stamp);
    if (e != ERR_OK) return e;
    if (hub_values_count(r) == 0) return ERR_NOT_FOUND;
    hub_adx_period(r->window, period);
    buf_printf(out,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
               "<adx xmlns=\"urn:ihe:qrph:adx:2015\" exported=\"%s\">\n",
               stamp);
    for (size_t c = 0; c < hub_report_columns(r); c++) {
        a.unit = hub_canonical_unit(r, c);
        a.count = 0;
        hub_values_of(r, c, adx_value, &a);
        if (a.count > 0) buf_add_str(out, "  </group>\n");
    }
    buf_add_str(out, "</adx>\n");
    return out->e;
}
