#include "hub/report.h"
#include "common/due.h"
#include "common/io/indicator.h"
#include "hub/owed.h"
#include "hub/report_priv.h"
#include "hub/store_moves.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* Fill `why` and return `e`. */
static enum err hub_report_refuse(struct hub_report_why *why, enum err e, const char *vi,
                                  const char *en)
{
    snprintf(why->vi, sizeof why->vi, "%s", vi);
    snprintf(why->en, sizeof why->en, "%s", en);
    return e;
}

/* ---- what is asked for ---- */

static enum err report_period(struct hub_report *r, const char *unit, struct hub_report_why *why)
{
    if (!period_valid(r->period))
        return hub_report_refuse(why, ERR_BAD_INPUT, "Kỳ báo cáo không hợp lệ", "no such period");
    period_print(r->period, r->label);
    if ((r->form->period_kinds & (1u << r->period.kind)) == 0)
        return hub_report_refuse(why, ERR_BAD_INPUT, "Báo cáo này không lập cho loại kỳ đó",
                                 "this report is not made for that kind of period");
    struct due_slot slot;
    enum err e = due_slot(r->catalogue, r->form->id, unit, r->period, &slot);
    if (e == ERR_OK) r->window = slot.window;
    return e;
}

static bool report_below(const struct hub_report *r, const struct catalogue_unit *u,
                         const char *parent)
{
    return strcmp(u->parent, parent) == 0 && date_compare(u->valid_from, r->window.last) <= 0 &&
           date_compare(r->window.last, u->valid_to) <= 0;
}

static int report_unit_compare(const void *a, const void *b)
{
    const struct hub_report_unit *x = a, *y = b;
    return strcmp(x->code, y->code);
}

/* The communes of the hub's unit at the window's end; only `code` unless it is NULL. */
static enum err report_units(struct hub_report *r, const char *parent, const char *code)
{
    size_t count = 0;
    const struct catalogue_unit *units = catalogue_units(r->catalogue, &count);
    r->units = calloc(HUB_REPORT_UNITS_MAX, sizeof *r->units);
    if (r->units == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        if (!report_below(r, &units[i], parent)) continue;
        if (code != NULL && strcmp(units[i].code, code) != 0) continue;
        if (r->unit_count == HUB_REPORT_UNITS_MAX) return ERR_TOO_LARGE;
        r->units[r->unit_count++] =
            (struct hub_report_unit){.code = units[i].code, .name = units[i].name_vi};
    }
    qsort(r->units, r->unit_count, sizeof *r->units, report_unit_compare);
    return ERR_OK;
}

static enum err report_whose(struct hub_report *r, const struct hub_identity *id, const char *unit,
                             struct hub_report_why *why)
{
    bool whole = unit == NULL || strcmp(unit, id->unit) == 0;
    if (!whole && strcmp(r->form->level, "commune") != 0)
        return hub_report_refuse(why, ERR_BAD_INPUT, "Báo cáo này chỉ lập cho toàn huyện",
                                 "this report is made for the whole district only");
    enum err e = report_units(r, id->unit, whole ? NULL : unit);
    if (e != ERR_OK) return e;
    if (!whole && r->unit_count == 0)
        return hub_report_refuse(why, ERR_NOT_FOUND, "Không có đơn vị đó vào cuối kỳ số liệu",
                                 "no such unit at the end of the data window");
    if (r->unit_count == 0) {
        char last[DATE_TEXT_ROOM], vi[DATE_TEXT_ROOM];
        date_print(r->window.last, last);
        date_print_vi(r->window.last, vi);
        snprintf(why->vi, sizeof why->vi,
                 "Ngày cuối kỳ số liệu (%s) không có đơn vị nào thuộc %s: không có gì để tổng hợp",
                 vi, id->unit);
        snprintf(why->en, sizeof why->en,
                 "on the last day of the data window (%s) no unit belongs to %s: nothing to add up",
                 last, id->unit);
        return ERR_NOT_FOUND;
    }
    r->has_total = whole;
    snprintf(r->unit, sizeof r->unit, "%s", whole ? id->unit : unit);
    snprintf(r->unit_name, sizeof r->unit_name, "%s", whole ? id->unit_name : r->units[0].name);
    return ERR_OK;
}

static enum err report_sent(struct hub_store *s, struct hub_report *r)
{
    enum err e = ERR_OK;
    int64_t from_ms = date_to_ms(r->window.first);
    for (size_t i = 0; e == ERR_OK && i < r->unit_count; i++)
        e = hub_reports_sent(s, r->units[i].code, from_ms, &r->units[i].sent);
    return e;
}

/* ---- facts ---- */

struct report_facts {
    struct hub_report *r;
    struct hub_figures *figures;
    uint64_t left_out;
    enum err limit; /* why adding failed, to tell it from the store's errors */
};

static bool report_has_unit(const struct hub_report *r, struct bytes code)
{
    size_t low = 0, high = r->unit_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = bytes_compare(bytes_str(r->units[mid].code), code);
        if (c == 0) return true;
        if (c < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return false;
}

/* Name a unit whose facts are in no figure. A commune's report concerns nobody else. */
static enum err report_outside(struct hub_report *r, struct bytes code)
{
    if (!r->has_total || code.len > ADMIN_UNIT_BYTES_MAX) return ERR_OK;
    if (r->outside == NULL) r->outside = calloc(HUB_REPORT_OUTSIDE_MAX, sizeof *r->outside);
    if (r->outside == NULL) return ERR_NOMEM;
    size_t at = 0;
    for (; at < r->outside_count; at++) {
        int c = bytes_compare(bytes_str(r->outside[at]), code);
        if (c == 0) return ERR_OK;
        if (c > 0) break;
    }
    if (r->outside_count == HUB_REPORT_OUTSIDE_MAX) return ERR_TOO_LARGE;
    memmove(r->outside[at + 1], r->outside[at], (r->outside_count - at) * sizeof *r->outside);
    memset(r->outside[at], 0, sizeof *r->outside);
    if (code.len > 0) memcpy(r->outside[at], code.p, code.len);
    r->outside_count++;
    return ERR_OK;
}

/* ---- the tree of the window's end ---- */

struct hub_report_owner {
    struct id_record rid;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
};

static enum err report_owner(void *ctx, const struct id_record *rid, const char *unit)
{
    struct hub_report *r = ctx;
    if (r->owner_count == r->owner_room) {
        size_t room = r->owner_room ? 2 * r->owner_room : 64;
        struct hub_report_owner *more = realloc(r->owners, room * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        r->owners = more;
        r->owner_room = room;
    }
    struct hub_report_owner *o = &r->owners[r->owner_count++];
    *o = (struct hub_report_owner){.rid = *rid};
    snprintf(o->unit, sizeof o->unit, "%s", unit);
    return ERR_OK;
}

static enum err report_owners(struct hub_store *s, struct hub_report *r)
{
    char day[DATE_TEXT_ROOM];
    date_print(r->window.last, day);
    return hub_store_owners_on(s, day, report_owner, r);
}

static int report_owner_order(const void *rid, const void *owner)
{
    return memcmp(rid, ((const struct hub_report_owner *)owner)->rid.b, ID_RECORD_BYTES);
}

/* A record counts for the unit that had it when the window ended. */
static struct bytes report_unit_then(const struct hub_report *r, const struct hub_fact *fact)
{
    if (r->owner_count == 0 || fact->record.len != ID_RECORD_BYTES) return fact->unit;
    const struct hub_report_owner *o =
        bsearch(fact->record.p, r->owners, r->owner_count, sizeof *r->owners, report_owner_order);
    return o != NULL ? bytes_str(o->unit) : fact->unit;
}

static enum err report_fact(void *ctx, const struct hub_fact *fact)
{
    struct report_facts *facts = ctx;
    struct hub_fact clean = *fact;
    uint8_t by[HUB_FIGURES_BY_MAX][HUB_FIGURES_TEXT_BYTES_MAX], subject[ID_HASH_BYTES];
    clean.unit = report_unit_then(facts->r, fact);
    if (!report_has_unit(facts->r, clean.unit)) {
        facts->limit = report_outside(facts->r, clean.unit);
        return facts->limit;
    }
    if (indicator_odd(fact)) {
        facts->left_out++;
        return ERR_OK;
    }
    for (size_t i = 0; i < HUB_FIGURES_BY_MAX; i++)
        clean.by[i] = indicator_clean(fact->by[i], by[i]);
    if (fact->subject.len > HUB_FIGURES_TEXT_BYTES_MAX) { /* what should be an id is a text */
        crypto_generichash(subject, sizeof subject, fact->subject.p, fact->subject.len, NULL, 0);
        clean.subject = BYTES_OF(subject);
    }
    facts->limit = hub_figures_add(facts->figures, &clean);
    return facts->limit;
}

/* The indicator is right and every record is kept: the window has more than a sheet can be made of. */
static enum err report_too_many(struct hub_report_why *why)
{
    snprintf(why->vi, sizeof why->vi,
             "Kỳ này có hơn %d báo cáo đến hạn: quá nhiều để tính tỷ lệ đúng hạn. Hồ sơ vẫn "
             "nguyên vẹn; hãy lập cho kỳ ngắn hơn.",
             OWED_ROWS_MAX);
    snprintf(why->en, sizeof why->en,
             "more than %d reports are due in this window: too many to say how many were in time. "
             "No record is harmed; make it for a shorter period.",
             OWED_ROWS_MAX);
    return ERR_TOO_LARGE;
}

static enum err report_run(struct hub_store *s, const struct hub_report_line *line,
                           struct report_facts *facts, struct hub_report_why *why)
{
    char text[HUB_REPORT_WHY_ROOM] = "";
    struct owed owed;
    struct bytes list;
    owed_init(&owed);
    enum err e = hub_owed_list(s, line->indicator, facts->r->window, &owed, &list);
    if (e == ERR_TOO_LARGE) {
        e = report_too_many(why);
        goto out;
    }
    if (e == ERR_OK)
        e = hub_reports_run(s, line->indicator, facts->r->window, list, report_fact, facts, text);
    if (e == ERR_BAD_INPUT || e == ERR_DENIED || e == ERR_TOO_LARGE) {
        const char *what = facts->limit == ERR_OK ? text : "a row is wrong or there are too many";
        snprintf(why->vi, sizeof why->vi, "Chỉ số %s trong danh mục có lỗi: %.180s",
                 line->indicator->id, what);
        snprintf(why->en, sizeof why->en, "indicator %s of the catalogue is wrong: %.180s",
                 line->indicator->id, what);
    }
out:
    owed_free(&owed);
    return e;
}

static enum err report_indicator(struct hub_store *s, struct hub_report *r,
                                 struct hub_report_line *line, struct hub_report_why *why)
{
    struct report_facts facts = {.r = r};
    enum err e = hub_figures_new(line->indicator->measure, &line->figures);
    if (e != ERR_OK) return e;
    facts.figures = line->figures;
    e = report_run(s, line, &facts, why);
    line->left_out = facts.left_out;
    return e == ERR_OK ? hub_figures_finish(line->figures) : e;
}

/* ---- all of it ---- */

enum err hub_report_lines(struct hub_store *s, struct hub_report *r,
                          const struct catalogue_line *lines, size_t count,
                          struct hub_report_why *why)
{
    if (count > HUB_REPORT_LINES_MAX) return ERR_TOO_LARGE;
    r->lines = calloc(count ? count : 1, sizeof *r->lines);
    if (r->lines == NULL) return ERR_NOMEM;
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        struct hub_report_line *line = &r->lines[r->line_count++];
        line->no = lines[i].no;
        line->indicator = catalogue_indicator(r->catalogue, lines[i].indicator);
        assert(line->indicator != NULL); /* the catalogue checked it */
        line->by = lines[i].by;
        bool own = lines[i].label_vi[0] != '\0';
        line->label_vi = own ? lines[i].label_vi : line->indicator->label_vi;
        line->label_en = own ? lines[i].label_en : line->indicator->label_en;
        e = report_indicator(s, r, line, why);
        if (e == ERR_OK) e = hub_report_rows(r, line);
    }
    return e;
}

static enum err report_about(struct hub_store *s, struct hub_report *r, const char *unit,
                             struct hub_report_why *why)
{
    struct hub_identity id;
    enum err e = hub_store_identity(s, &id);
    if (e == ERR_OK) e = report_period(r, unit != NULL ? unit : id.unit, why);
    if (e == ERR_OK) e = report_whose(r, &id, unit, why);
    if (e == ERR_OK) r->hub = id.hub;
    return e;
}

enum err hub_report_begin(struct hub_store *s, const char *id, const char *unit,
                          struct period period, struct hub_report **out, struct hub_report_why *why)
{
    *why = (struct hub_report_why){{0}, {0}};
    struct hub_report *r = calloc(1, sizeof *r);
    if (r == NULL) return ERR_NOMEM;
    r->period = period;
    enum err e = hub_reports_ready(s, &r->cut);
    if (e == ERR_NOT_READY)
        e = hub_report_refuse(why, e, "Trung tâm chưa có danh mục", "the hub has no catalogue yet");
    if (e != ERR_OK) goto out;
    r->catalogue = hub_store_catalogue(s);
    r->form = catalogue_report(r->catalogue, id);
    if (r->form == NULL) {
        e = hub_report_refuse(why, ERR_NOT_FOUND, "Không có mẫu báo cáo đó", "no such report");
        goto out;
    }
    e = report_about(s, r, unit, why);
    if (e == ERR_OK) e = report_sent(s, r);
    if (e == ERR_OK) e = report_owners(s, r);
out:
    if (e == ERR_OK) {
        *out = r;
    } else {
        hub_report_free(r);
    }
    return e;
}

enum err hub_report_compute(struct hub_store *s, const char *id, const char *unit,
                            struct period period, struct hub_report **out,
                            struct hub_report_why *why)
{
    struct hub_report *r = NULL;
    size_t count = 0;
    enum err e = hub_report_begin(s, id, unit, period, &r, why);
    if (e != ERR_OK) return e;
    const struct catalogue_line *lines = catalogue_lines(r->catalogue, r->form->id, &count);
    e = hub_report_lines(s, r, lines, count, why);
    if (e == ERR_OK) e = hub_report_correct(s, r);
    if (e == ERR_OK) e = hub_report_targets(s, r);
    if (e == ERR_OK) {
        *out = r;
    } else {
        hub_report_free(r);
    }
    return e;
}

/* ---- who was missing at the closing ---- */

enum err hub_report_set_missing(struct hub_report *r, struct bytes codes)
{
    size_t room = 1, at = 0;
    if (codes.len == 0) return ERR_OK;
    for (size_t i = 0; i < codes.len; i++)
        room += codes.p[i] == ' ';
    r->missing = calloc(room, sizeof *r->missing);
    if (r->missing == NULL) return ERR_NOMEM;
    for (size_t i = 0; i <= codes.len; i++) {
        if (i < codes.len && codes.p[i] != ' ') continue;
        if (i == at || i - at > ADMIN_UNIT_BYTES_MAX) return ERR_DAMAGED;
        memcpy(r->missing[r->missing_count++], codes.p + at, i - at);
        at = i + 1;
    }
    return ERR_OK;
}

bool hub_report_is_missing(const struct hub_report *r, const char *unit)
{
    for (size_t i = 0; i < r->missing_count; i++)
        if (strcmp(r->missing[i], unit) == 0) return true;
    return false;
}

const char *hub_report_missing_name(const struct hub_report *r, size_t i)
{
    const struct catalogue_unit *unit =
        catalogue_unit_at(r->catalogue, r->missing[i], r->window.last);
    size_t column;
    if (hub_report_column(r, r->missing[i], &column) == ERR_OK)
        return column < r->unit_count ? r->units[column].name : r->unit_name;
    return unit != NULL ? unit->name_vi : r->missing[i];
}

static void report_names(const struct hub_report *r, size_t first, size_t end, struct buf *out)
{
    for (size_t i = first; i < end; i++)
        buf_printf(out, "%s%s", i > first ? ", " : "", hub_report_missing_name(r, i));
}

void hub_report_missing_names(const struct hub_report *r, struct buf *out)
{
    size_t at = 0;
    for (size_t i = 0; i < r->source_count; i++) {
        size_t n = r->sources[i].missing;
        if (n == 0) continue;
        buf_printf(out, "%s%s (", at > 0 ? "; " : "", r->units[i].name);
        report_names(r, at, at + n, out);
        buf_add_str(out, ")");
        at += n;
    }
    report_names(r, at, r->missing_count, out);
}

int64_t hub_report_merged(const struct hub_report *r, const struct hub_report_line *line)
{
    int64_t n = 0;
    const struct hub_report_cell *cells = line->rows[0].cells;
    bool counted = line->indicator->persons && line->indicator->measure == CATALOGUE_COUNT;
    if (!r->has_total || r->source_count > 0 || line->summed || !counted) return 0;
    for (size_t i = 0; i <= r->unit_count; i++) {
        const struct hub_report_cell *c = &cells[i];
        if (c->hide != HUB_HIDE_NO) return 0;
        if (!c->absent) n += i < r->unit_count ? c->num : -c->num; /* a correction is in both */
    }
    return n > 0 ? n : 0;
}

void hub_report_merged_words(const struct hub_report *r, struct buf *out)
{
    bool any = false;
    for (size_t i = 0; i < r->line_count; i++) {
        int64_t n = hub_report_merged(r, &r->lines[i]);
        if (n == 0) continue;
        buf_printf(out, "%s%u: %lld",
                   any ? "; "
                       : "Đã loại trùng (người có ở nhiều xã, tính chung một lần), chỉ tiêu ",
                   r->lines[i].no, (long long)n);
        any = true;
    }
}

void hub_report_free(struct hub_report *r)
{
    if (r == NULL) return;
    for (size_t i = 0; i < r->line_count; i++) {
        struct hub_report_line *line = &r->lines[i];
        for (size_t k = 0; k < line->row_count; k++)
            free(line->rows[k].cells);
        free(line->rows);
        free(line->texts);
        hub_figures_table_free(&line->total);
        hub_figures_table_free(&line->split);
        hub_figures_free(line->figures);
    }
    free(r->lines);
    free(r->units);
    free(r->targets);
    hub_report_corrections_free(r);
    free(r->outside);
    free(r->missing);
    free(r->owners);
    free(r->sources);
    free(r->papers);
    free(r);
}
