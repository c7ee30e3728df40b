/* Records with doubtful days, or whose references lead nowhere, for who closes a period: how many of each unit, which.
 * No names, no days: who wants to see more opens the record, and that is noted. docs/hub.md. */
#include "hub/command_priv.h"

#include "common/due.h"
#include "common/io/clock.h"
#include "hub/command_flow.h"
#include "hub/store_doubts.h"

enum { DOUBTS_ROWS_MAX = 1000 };

static const struct doubts_word {
    const char *word, *vi, *en;
} doubts_words[] = {
    [HUB_DOUBTFUL_FUTURE] = {"future", "ở sau hôm nay nên không thể đúng",
                             "after today, which cannot be right"},
    [HUB_DOUBTFUL_AGE] = {"age", "quá lâu: không ai sống lâu thế", "nobody is that old"},
    [HUB_DOUBTFUL_UNBORN] = {"unborn", "trước ngày sinh của người này",
                             "before this person was born"},
    [HUB_DOUBTFUL_FAR] = {"far", "xa kỳ báo cáo", "far from the period"},
    [HUB_DOUBTFUL_DELETED] = {"deleted", "nhắc tới một hồ sơ đã bị xóa",
                              "names a record that was deleted"},
    [HUB_DOUBTFUL_UNKNOWN] = {"unknown", "mang mã của một hồ sơ không có ở huyện",
                              "has the id of a record that the hub does not have"},
};

struct doubts_list {
    struct hub_app *a;
    const char *unit; /* it and what is below it; NULL: all */
    struct date on;   /* on that day */
    json_t *rows;
    json_t *seen;  /* records, by id */
    json_t *units; /* number of records, by code */
    size_t most;
    bool more;
};

static enum err doubts_row(void *ctx, const struct hub_doubtful *r)
{
    struct doubts_list *l = ctx;
    const struct catalogue *c = hub_store_catalogue(l->a->store);
    const struct doubts_word *w = &doubts_words[r->why];
    char hex[2 * sizeof r->rid.b + 1];
    if (l->unit != NULL && !catalogue_unit_within(c, r->unit, l->unit, l->on)) return ERR_OK;
    id_hex(BYTES_OF(r->rid.b), hex);
    if (json_object_get(l->seen, hex) == NULL) {
        json_int_t before = json_integer_value(json_object_get(l->units, r->unit));
        if (json_object_set_new(l->units, r->unit, json_integer(before + 1)) != 0) return ERR_NOMEM;
        if (json_object_set_new(l->seen, hex, json_true()) != 0) return ERR_NOMEM;
    }
    l->more = json_array_size(l->rows) >= l->most;
    if (l->more) return ERR_OK;
    json_t *j =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", hex, "type", r->type->name,
                  "unit", r->unit, "field", r->field->name, "label_vi", r->field->label_vi,
                  "label_en", r->field->label_en, "why", w->word, "vi", w->vi, "en", w->en);
    return json_array_append_new(l->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

/* What came since the window of a report began, and how far from it is far. */
static json_t *doubts_window(const struct catalogue *c, const json_t *request,
                             struct doubts_list *l, struct hub_doubts *q)
{
    struct due_slot slot;
    struct period period;
    const char *report = hub_request_str(request, "report");
    if (report == NULL && hub_request_str(request, "period") == NULL) {
        q->days.asks = false;
        return NULL;
    }
    if (report == NULL || !hub_request_period(request, &period) ||
        due_slot(c, report, l->unit, period, &slot) != ERR_OK)
        return hub_flow_usage();
    q->days.first = (struct date){slot.window.first.year, 1, 1};
    if (date_compare(slot.window.first, q->days.first) < 0) q->days.first = slot.window.first;
    q->since_ms = date_to_ms(slot.window.first);
    l->on = slot.window.last;
    return NULL;
}

static json_t *doubts_units(struct doubts_list *l)
{
    json_t *a = json_array(), *n = NULL;
    const char *code = NULL;
    json_object_foreach(l->units, code, n)
    {
        json_array_append_new(a, json_pack("{s:s, s:s, s:O}", "unit", code, "name",
                                           hub_unit_name(l->a, code), "records", n));
    }
    return a;
}

/* `most` of them are named, all are counted. */
static json_t *doubts_answer(struct hub_app *a, const json_t *request, size_t most)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    struct hub_doubts q = {.since_ms = 0};
    struct doubts_list l = {.a = a, .unit = hub_request_str(request, "unit"), .most = most};
    if (c == NULL) return hub_command_fail(ERR_NOT_READY);
    enum err e = date_of_ms(clock_wall_ms(), &l.on);
    if (e == ERR_OK) e = doubt_days(c, a->identity.unit, l.on, &q.days);
    if (e != ERR_OK) return hub_command_fail(e);
    json_t *wrong = doubts_window(c, request, &l, &q);
    if (wrong != NULL) return wrong;
    l.rows = json_array();
    l.seen = json_object();
    l.units = json_object();
    e = hub_store_doubts(a->store, &q, doubts_row, &l);
    json_t *j = e != ERR_OK ? hub_command_fail(e)
                            : json_pack("{s:I, s:o, s:O, s:b}", "records",
                                        (json_int_t)json_object_size(l.seen), "units",
                                        doubts_units(&l), "rows", l.rows, "more", (int)l.more);
    json_decref(l.rows);
    json_decref(l.seen);
    json_decref(l.units);
    return j;
}

json_t *hub_command_doubts(struct hub_app *a, const json_t *request)
{
    return doubts_answer(a, request, DOUBTS_ROWS_MAX);
}

void hub_doubts_count(struct hub_app *a, const json_t *request, json_t *answer)
{
    json_t *doubts = doubts_answer(a, request, 0);
    json_object_del(doubts, "rows");
    json_object_del(doubts, "more");
    if (hub_command_error_of(doubts) == ERR_OK) json_object_set(answer, "doubts", doubts);
    json_decref(doubts);
}
