#include "hub/canonical.h"
#include "hub/small.h"

#include <sodium.h>

/* ---- words ---- */

const char *hub_canonical_state(const struct hub_report_cell *cell)
{
    if (cell->hide != HUB_HIDE_NO) return "hidden";
    return cell->absent ? "nothing_sent" : cell->null ? "no_base" : "figure";
}

static const char *hub_canonical_sent(enum hub_sent sent)
{
    switch (sent) {
    case HUB_SENT_NOTHING: return "nothing";
    case HUB_SENT_EARLIER: return "earlier";
    case HUB_SENT_YES: return "yes";
    }
    return "";
}

const char *hub_canonical_measure(enum catalogue_measure measure)
{
    switch (measure) {
    case CATALOGUE_COUNT: return "count";
    case CATALOGUE_SUM: return "sum";
    case CATALOGUE_RATIO: return "ratio";
    case CATALOGUE_RATIO_SUM: return "ratio_sum";
    }
    return "";
}

const char *hub_canonical_met(enum hub_met met)
{
    switch (met) {
    case HUB_MET_NO: return "not_met";
    case HUB_MET_YES: return "met";
    case HUB_MET_NULL: return "no_base";
    case HUB_MET_NOTHING: return "nothing_sent";
    case HUB_MET_UNCLEAR: return "unclear";
    case HUB_MET_HIDDEN: return "hidden";
    case HUB_MET_RUNNING: return "running";
    case HUB_MET_PARTIAL: return "partial";
    }
    return "";
}

const char *hub_canonical_unit(const struct hub_report *r, size_t column)
{
    return column < r->unit_count ? r->units[column].code : r->unit;
}

void hub_canonical_digest(struct bytes json, struct id_hash *out)
{
    crypto_generichash(out->b, sizeof out->b, json.p, json.len, NULL, 0);
}

/* ---- JSON ---- */

void hub_canonical_text(struct buf *out, const char *text)
{
    buf_add_u8(out, '"');
    for (const uint8_t *p = (const uint8_t *)text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\') {
            buf_add_u8(out, '\\');
            buf_add_u8(out, *p);
        } else if (*p < 0x20 || *p == 0x7f) {
            buf_printf(out, "\\u%04x", *p);
        } else {
            buf_add_u8(out, *p);
        }
    }
    buf_add_u8(out, '"');
}

/* `key` with its punctuation, then the text as a JSON string. */
static void json_pair(struct buf *out, const char *key, const char *text)
{
    buf_add_str(out, key);
    hub_canonical_text(out, text);
}

static void json_hex(struct buf *out, const char *key, struct bytes b)
{
    char hex[2 * ID_HASH_BYTES + 1];
    id_hex(b, hex);
    json_pair(out, key, hex);
}

static void json_head(const struct hub_report *r, struct buf *out)
{
    char first[DATE_TEXT_ROOM], last[DATE_TEXT_ROOM];
    date_print(r->window.first, first);
    date_print(r->window.last, last);
    json_pair(out, "{\"format\":", "dongbo-figures/1");
    json_pair(out, ",\n\"report\":", r->form->id);
    json_pair(out, ",\"label_vi\":", r->form->label_vi);
    json_pair(out, ",\"label_en\":", r->form->label_en);
    json_pair(out, ",\n\"period\":", r->label);
    json_pair(out, ",\"first\":", first);
    json_pair(out, ",\"last\":", last);
    json_pair(out, ",\n\"unit\":", r->unit);
    json_pair(out, ",\"unit_name\":", r->unit_name);
    json_hex(out, ",\n\"hub\":", BYTES_OF(r->hub.b));
    buf_printf(out, ",\n\"cut\":{\"epoch\":\"%016llx\",\"position\":%llu",
               (unsigned long long)r->cut.epoch, (unsigned long long)r->cut.position);
    json_hex(out, ",\"hash\":", BYTES_OF(r->cut.hash.b));
    buf_printf(out, "},\n\"catalogue\":{\"edition\":%u", (unsigned)r->cut.edition);
    json_hex(out, ",\"archive\":", BYTES_OF(r->cut.archive.b));
    buf_add_str(out, "}");
}

static void json_missing(const struct hub_report *r, size_t first, size_t end, const char *key,
                         struct buf *out)
{
    if (first == end) return;
    buf_add_str(out, key);
    for (size_t i = first; i < end; i++)
        json_pair(out, i > first ? "," : "[", r->missing[i]);
    buf_add_str(out, "]");
}

void hub_canonical_missing(const struct hub_report *r, const char *key, struct buf *out)
{
    json_missing(r, 0, r->missing_count, key, out);
}

static void json_sources(const struct hub_report *r, struct buf *out)
{
    size_t at = 0; /* in r->missing */
    if (r->source_count == 0) return;
    buf_add_str(out, ",\n\"sources\":[");
    for (size_t i = 0; i < r->source_count; i++) {
        const struct hub_report_source *s = &r->sources[i];
        json_pair(out, i ? ",\n{\"unit\":" : "\n{\"unit\":", s->unit);
        json_pair(out, ",\"hub\":", s->hub);
        json_pair(out, ",\"figures\":", s->figures);
        buf_printf(out, ",\"issue\":%u", (unsigned)s->number);
        json_missing(r, at, at + s->missing, ",\"missing\":", out);
        buf_add_str(out, "}");
        at += s->missing;
    }
    buf_add_str(out, "]");
}

static void json_beside(const struct hub_report *r, struct buf *out)
{
    if (r->beside != 0) buf_printf(out, ",\n\"beside\":%u", (unsigned)r->beside);
    if (r->small_before) return;
    buf_add_str(out, ",\n\"beside\":[");
    for (size_t i = 0; i < r->paper_count; i++) {
        const struct hub_report_paper *p = &r->papers[i];
        json_pair(out, i ? ",\n{\"report\":" : "\n{\"report\":", p->report);
        json_pair(out, ",\"unit\":", p->unit);
        json_pair(out, ",\"period\":", p->period);
        buf_printf(out, ",\"issue\":%u}", (unsigned)p->number);
    }
    buf_add_str(out, "]");
}

static void json_units(const struct hub_report *r, struct buf *out)
{
    buf_add_str(out, ",\n\"units\":[");
    for (size_t i = 0; i < r->unit_count; i++) {
        json_pair(out, i ? ",\n{\"code\":" : "\n{\"code\":", r->units[i].code);
        json_pair(out, ",\"name\":", r->units[i].name);
        json_pair(out, ",\"sent\":", hub_canonical_sent(r->units[i].sent));
        buf_add_str(out, "}");
    }
    buf_add_str(out, "],\n\"nothing_sent\":[");
    bool first = true;
    for (size_t i = 0; i < r->unit_count; i++) {
        if (r->units[i].sent != HUB_SENT_NOTHING) continue;
        json_pair(out, first ? "" : ",", r->units[i].code);
        first = false;
    }
    buf_add_str(out, "],\n\"outside\":[");
    for (size_t i = 0; i < r->outside_count; i++)
        json_pair(out, i ? "," : "", r->outside[i]);
    buf_add_str(out, "]");
    hub_canonical_missing(r, ",\n\"missing\":", out);
    json_beside(r, out);
}

static void json_cell(const struct hub_report *r, const struct hub_report_line *line,
                      const struct hub_report_row *row, size_t column, struct buf *out)
{
    const struct hub_report_cell *cell = &row->cells[column];
    char value[HUB_REPORT_VALUE_ROOM];
    json_pair(out, column ? ",{\"unit\":" : "{\"unit\":", hub_canonical_unit(r, column));
    json_pair(out, ",\"state\":", hub_canonical_state(cell));
    if (cell->absent) {
        buf_add_str(out, ",\"num\":null,\"den\":null,\"value\":null}");
        return;
    }
    if (cell->hide != HUB_HIDE_NO) {
        json_pair(out, ",\"num\":null,\"den\":null,\"value\":", hub_small_text(cell));
        buf_add_str(out, "}");
        return;
    }
    buf_printf(out, ",\"num\":%lld", (long long)cell->num);
    if (hub_figures_is_ratio(line->indicator->measure)) {
        buf_printf(out, ",\"den\":%lld", (long long)cell->den);
    } else {
        buf_add_str(out, ",\"den\":null");
    }
    hub_report_value(line, cell, value);
    if (cell->null) {
        buf_add_str(out, ",\"value\":null}");
    } else {
        json_pair(out, ",\"value\":", value);
        buf_add_str(out, "}");
    }
}

static void json_line(const struct hub_report *r, const struct hub_report_line *line,
                      struct buf *out)
{
    buf_printf(out, "{\"no\":%u", line->no);
    json_pair(out, ",\"indicator\":", line->indicator->id);
    json_pair(out, ",\"measure\":", hub_canonical_measure(line->indicator->measure));
    json_pair(out, ",\"label_vi\":", line->label_vi);
    json_pair(out, ",\"label_en\":", line->label_en);
    json_pair(out, ",\"by\":", line->by);
    if (line->summed) buf_add_str(out, ",\"deduplicated\":false");
    buf_printf(out, ",\"left_out\":%llu,\"rows\":[", (unsigned long long)line->left_out);
    for (size_t i = 0; i < line->row_count; i++) {
        const struct hub_report_row *row = &line->rows[i];
        json_pair(out, i ? ",\n{\"value\":" : "\n{\"value\":", row->value);
        json_pair(out, ",\"label_vi\":", row->label_vi);
        json_pair(out, ",\"label_en\":", row->label_en);
        buf_printf(out, ",\"total\":%s,\"cells\":[", i == 0 ? "true" : "false");
        for (size_t k = 0; k < hub_report_columns(r); k++)
            json_cell(r, line, row, k, out);
        buf_add_str(out, "]}");
    }
    buf_add_str(out, "]}");
}

static void json_target(const struct hub_report *r, const struct hub_report_target *t,
                        struct buf *out)
{
    const struct hub_report_line *line = &r->lines[t->line];
    char share[TARGET_PROGRESS_ROOM];
    hub_report_progress(r, t, share);
    buf_printf(out, "{\"line\":%u", line->no);
    json_pair(out, ",\"indicator\":", line->indicator->id);
    json_pair(out, ",\"unit\":", hub_canonical_unit(r, t->unit));
    json_pair(out, ",\"op\":", t->row.op);
    json_pair(out, ",\"value\":", t->row.value);
    json_pair(out, ",\"value_hi\":", t->row.value_hi);
    json_pair(out, ",\"base_value\":", t->row.base_value);
    json_pair(out, ",\"per\":", t->row.per);
    json_pair(out, ",\"status\":", hub_canonical_met(t->met));
    if (share[0] != '\0') json_pair(out, ",\"progress\":", share);
    if (t->met == HUB_MET_PARTIAL)
        buf_printf(out, ",\"units_sent\":%zu,\"units_of\":%zu", t->in, t->of);
    json_hex(out, ",\"record\":", BYTES_OF(t->row.rid.b));
    buf_add_str(out, "}");
}

static void json_number(struct buf *out, const char *key, const char *text)
{
    if (text[0] != '\0') {
        json_pair(out, key, text);
        return;
    }
    buf_add_str(out, key);
    buf_add_str(out, "null");
}

/* Only where there are any. No reason: it is free text, and stays at the hub. */
static void json_corrections(const struct hub_report *r, struct buf *out)
{
    if (r->correction_count == 0) return;
    buf_add_str(out, ",\n\"corrections\":[");
    for (size_t i = 0; i < r->correction_count; i++) {
        const struct hub_report_correction *c = &r->corrections[i];
        json_hex(out, i ? ",\n{\"id\":" : "\n{\"id\":", BYTES_OF(c->id.b));
        buf_printf(out, ",\"line\":%u", c->no);
        json_pair(out, ",\"indicator\":", c->indicator);
        const char *value = hub_correction_value(r, c);
        buf_add_str(out, ",\"value\":");
        if (value != NULL)
            hub_canonical_text(out, value);
        else
            buf_add_str(out, "null");
        json_pair(out, ",\"unit\":", c->unit);
        json_pair(out, ",\"state\":", hub_correction_name(c->state));
        json_number(out, ",\"before\":", c->quiet ? "" : c->before);
        json_number(out, ",\"after\":", c->quiet ? "" : c->after);
        buf_add_str(out, "}");
    }
    buf_add_str(out, "]");
}

enum err hub_canonical_json(const struct hub_report *r, struct buf *out)
{
    json_head(r, out);
    json_sources(r, out);
    json_units(r, out);
    buf_add_str(out, ",\n\"lines\":[");
    for (size_t i = 0; i < r->line_count; i++) {
        buf_add_str(out, i ? ",\n" : "\n");
        json_line(r, &r->lines[i], out);
    }
    buf_add_str(out, "],\n\"targets\":[");
    for (size_t i = 0; i < r->target_count; i++) {
        buf_add_str(out, i ? ",\n" : "\n");
        json_target(r, &r->targets[i], out);
    }
    buf_add_str(out, "]");
    json_corrections(r, out);
    buf_add_str(out, "}\n");
    return out->e;
}
