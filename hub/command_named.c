/* Whom the words of reports name: of one report, and of all that a closing locks. docs/workflow.md. */
#include "hub/command_close.h"

#include "common/text.h"
#include "hub/store_named.h"
#include "proto/submission.h"

#include <stdio.h>

enum {
    NAMED_FIELDS = SUBMISSION_TEXTS + 1, /* and the note */
    NAMED_POOL_BYTES_MAX = NAMED_TEXTS_MAX * CATALOGUE_TEXT_BYTES_MAX,
    NAMED_SAID_MAX = 5, /* reports that the refusal names; its rows are all of them */
};

static const char *named_field(size_t i)
{
    return i < SUBMISSION_TEXTS ? submission_texts[i] : "note";
}

/* ---- texts, and whom they name ---- */

struct named_place { /* where a text of the pool stands, and of which field */
    size_t at, len, field;
    json_t *row; /* of the report: {"fields": [...], "protected": bool}, borrowed */
};

/* Texts are gathered and looked through many at once: each look is a pass over all persons. */
struct named_walk {
    struct hub_app *a;
    unsigned least; /* NAMED_CLASS_... */
    struct named *persons;
    bool hurt;       /* one of them must be protected */
    json_t *row;     /* of the report at hand */
    json_t *words;   /* gets what is shown, or NULL */
    struct buf pool; /* NAMED_POOL_BYTES_MAX */
    struct named_place places[NAMED_TEXTS_MAX];
    size_t count;
};

static void named_row_field(json_t *row, const char *name)
{
    json_t *fields = json_object_get(row, "fields");
    size_t n = json_array_size(fields);
    const char *last = n > 0 ? json_string_value(json_array_get(fields, n - 1)) : "";
    if (strcmp(last, name) != 0) json_array_append_new(fields, json_string(name));
}

static enum err named_look(struct named_walk *w)
{
    struct named_text texts[NAMED_TEXTS_MAX];
    for (size_t i = 0; i < w->count; i++)
        texts[i].text = bytes_make(w->pool.p + w->places[i].at, w->places[i].len);
    enum err e = hub_store_named(w->a->store, w->least, texts, w->count, w->persons);
    for (size_t i = 0; e == ERR_OK && i < w->count; i++) {
        if (texts[i].count == 0) continue;
        bool hurt = texts[i].highest >= NAMED_CLASS_HURT;
        named_row_field(w->places[i].row, named_field(w->places[i].field));
        if (hurt) json_object_set_new(w->places[i].row, "protected", json_true());
        w->hurt = w->hurt || hurt;
    }
    w->count = 0;
    buf_clear(&w->pool);
    return e;
}

static enum err named_text(void *ctx, size_t field, bool shown, struct bytes text)
{
    struct named_walk *w = ctx;
    enum err e = w->count == NAMED_TEXTS_MAX ? named_look(w) : ERR_OK;
    if (e != ERR_OK) return e;
    if (shown && w->words != NULL)
        json_object_set_new(w->words, named_field(field), hub_json_text(text));
    w->places[w->count++] = (struct named_place){w->pool.len, text.len, field, w->row};
    buf_add_bytes(&w->pool, text);
    return w->pool.e;
}

/* Also what is in conflict with what is shown: it is locked as well, and shown when the other is set aside. */
static enum err named_texts(struct named_walk *w, const struct hub_flow_row *r)
{
    const char *fields[NAMED_FIELDS];
    for (size_t i = 0; i < NAMED_FIELDS; i++)
        fields[i] = named_field(i);
    return hub_flow_texts(w->a->store, &r->row.record, fields, NAMED_FIELDS, named_text, w);
}

/* ---- one report ---- */

static json_t *named_ids(const struct named *all, json_t *fields)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < all->count && i < NAMED_MAX; i++)
        json_array_append_new(ids, hub_json_hex(BYTES_OF(all->rid[i].b)));
    return json_pack("{s:I, s:o, s:O}", "count", (json_int_t)all->count, "records", ids, "fields",
                     fields);
}

enum err hub_named_report(struct hub_app *a, const struct hub_flow_row *r, json_t *words,
                          json_t **names)
{
    struct named all = {.count = 0};
    json_t *row = json_pack("{s:[]}", "fields");
    struct named_walk w = {
        .a = a, .least = NAMED_CLASS_SENSITIVE, .persons = &all, .row = row, .words = words};
    buf_init(&w.pool, NAMED_POOL_BYTES_MAX);
    for (size_t i = 0; words != NULL && r->row.has_record && i < NAMED_FIELDS; i++)
        json_object_set_new(words, named_field(i), json_string(""));
    enum err e = r->row.has_record ? named_texts(&w, r) : ERR_OK;
    if (e == ERR_OK) e = named_look(&w);
    if (e == ERR_OK) *names = named_ids(&all, json_object_get(row, "fields"));
    json_decref(row);
    buf_free(&w.pool);
    return e;
}

/* ---- all that a closing locks ---- */

struct named_closing {
    struct named_walk walk;
    json_t *rows;
    int64_t since_ms; /* what was handed in before is in the issue before */
};

static enum err named_row(void *ctx, struct hub_flow_row *r)
{
    struct named_closing *c = ctx;
    char label[PERIOD_LABEL_ROOM];
    if (r->row.received_ms <= c->since_ms || !r->row.has_record) return ERR_OK;
    period_print(r->row.slot.period, label);
    json_t *row =
        json_pack("{s:s, s:s, s:s, s:s, s:[], s:b}", "unit", r->unit, "name", r->row.unit_name,
                  "report", r->row.form->id, "period", label, "fields", "protected", 0);
    if (json_array_append_new(c->rows, row) != 0) return ERR_NOMEM;
    c->walk.row = row;
    return named_texts(&c->walk, r);
}

static enum err named_all(struct hub_app *a, const struct hub_close_request *q, int64_t since_ms,
                          struct hub_close_names *out)
{
    struct named_closing c = {
        .walk = {.a = a, .least = NAMED_CLASS_PERSON, .persons = &out->persons},
        .rows = out->rows,
        .since_ms = since_ms};
    buf_init(&c.walk.pool, NAMED_POOL_BYTES_MAX);
    enum err e =
        hub_flow_handed_in(a->store, q->report, q->unit, q->period, q->now_ms, named_row, &c);
    if (e == ERR_OK) e = named_look(&c.walk);
    out->hurt = c.walk.hurt;
    buf_free(&c.walk.pool);
    for (size_t i = json_array_size(out->rows); i-- > 0;)
        if (json_array_size(json_object_get(json_array_get(out->rows, i), "fields")) == 0)
            json_array_remove(out->rows, i);
    return e;
}

/* "RP05 2018-6M Xã Ngọc Lây (Phân tích, đánh giá; Ghi chú)": never whom. */
static void named_say(struct hub_app *a, const json_t *rows, bool en, struct buf *out)
{
    const struct catalogue_type *type =
        catalogue_type_by_name(hub_store_catalogue(a->store), "report");
    for (size_t i = 0; i < json_array_size(rows) && i < NAMED_SAID_MAX; i++) {
        const json_t *row = json_array_get(rows, i), *fields = json_object_get(row, "fields");
        buf_printf(out, "%s%s %s %s (", i > 0 ? ", " : "", hub_request_str(row, "report"),
                   hub_request_str(row, "period"), hub_request_str(row, "name"));
        for (size_t k = 0; k < json_array_size(fields); k++) {
            const char *name = json_string_value(json_array_get(fields, k));
            const struct catalogue_field *f = catalogue_field_by_name(type, name);
            buf_printf(out, "%s%s", k > 0 ? "; " : "",
                       f == NULL ? name
                       : en      ? f->label_en
                                 : f->label_vi);
        }
        buf_add_str(out, ")");
    }
    if (json_array_size(rows) > NAMED_SAID_MAX) buf_add_str(out, ", …");
    buf_add_str(out, ". ");
}

static json_t *named_refuse(struct hub_app *a, const struct hub_close_names *n)
{
    struct buf vi, en;
    buf_init(&vi, NAMED_POOL_BYTES_MAX);
    buf_init(&en, NAMED_POOL_BYTES_MAX);
    buf_add_str(&vi, "Chưa chốt: lời báo cáo có họ tên hoặc số giấy tờ của người có hồ sơ: ");
    buf_add_str(
        &en,
        "Not closed: the texts of reports have the name or number of a person who is on record: ");
    named_say(a, n->rows, false, &vi);
    named_say(a, n->rows, true, &en);
    if (n->hurt) {
        buf_add_str(&vi, "Có người thuộc diện phải giữ kín (mức 4) nên không bỏ qua được: hãy trả "
                         "lại báo cáo để xã "
                         "viết lại không nêu tên (kỳ đã chốt thì mở lại trước).");
        buf_add_str(&en, "One of them must be protected (class 4), so this cannot be passed over: "
                         "return the report, for "
                         "the commune to write it without names (reopen a closed period first).");
    } else {
        buf_add_str(&vi, "Hãy trả lại báo cáo để xã viết lại; nếu đó là người khác trùng tên hoặc "
                         "được phép nêu thì ghi "
                         "lý do (--names-seen LÝ_DO).");
        buf_add_str(&en, "Return the report, for the commune to write it anew; if it is somebody "
                         "else of that name, or may "
                         "be named, say why (--names-seen REASON).");
    }
    json_t *j = vi.e == ERR_OK && en.e == ERR_OK
                    ? hub_command_error(ERR_DENIED, buf_cstr(&vi), buf_cstr(&en))
                    : hub_command_fail(ERR_NOMEM);
    json_object_set(j, "names", n->rows);
    buf_free(&vi);
    buf_free(&en);
    return j;
}

/* Since when texts are looked at: a supplement leaves those of the issue before it. `closed`: the closing says
 * itself that there is nothing to close. */
static enum err named_since(struct hub_app *a, const struct hub_close_request *q, int64_t *since_ms,
                            bool *closed)
{
    char label[PERIOD_LABEL_ROOM];
    struct hub_closing c;
    struct hub_issue issue;
    const char *unit = q->unit != NULL ? q->unit : a->identity.unit;
    *since_ms = INT64_MIN;
    period_print(q->period, label);
    enum err e = hub_flow_closing(a->store, unit, q->report, label, &c);
    *closed = e == ERR_OK && !c.reopened && q->difference == NULL;
    if (e == ERR_OK && q->difference != NULL)
        e = hub_issues_find(a->store, q->report, unit, label, 0, &issue);
    if (e == ERR_OK && q->difference != NULL) *since_ms = issue.closed_ms;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

json_t *hub_close_names(struct hub_app *a, const json_t *request, const struct hub_close_request *q,
                        struct hub_close_names *out)
{
    int64_t since_ms = 0;
    bool closed = false;
    const char *seen = hub_request_str(request, "names_seen");
    *out = (struct hub_close_names){.rows = json_array()};
    enum err e = out->rows != NULL ? named_since(a, q, &since_ms, &closed) : ERR_NOMEM;
    if (e == ERR_OK && closed) return NULL;
    if (e == ERR_OK) e = named_all(a, q, since_ms, out);
    if (e == ERR_NOT_FOUND || e == ERR_NOT_READY)
        return NULL; /* the closing itself says it better */
    if (e != ERR_OK) return hub_command_fail(e);
    if (json_array_size(out->rows) == 0) return NULL;
    bool reason = seen != NULL && text_trim(bytes_str(seen)).len > 0;
    return reason && !out->hurt ? NULL : named_refuse(a, out);
}

void hub_close_names_note(struct hub_app *a, const json_t *request, const struct hub_close_names *n)
{
    struct hub_reads reads;
    const struct catalogue_type *type =
        catalogue_type_by_name(hub_store_catalogue(a->store), "person");
    json_t *note = json_pack("{s:s?, s:s?}", "person", hub_request_str(request, "person"), "reason",
                             hub_request_str(request, "names_seen"));
    hub_reads_init(&reads);
    for (size_t i = 0; i < n->persons.count && i < NAMED_MAX; i++)
        hub_reads_add(&reads, type, &n->persons.rid[i]);
    hub_reads_note(&reads, a, note, "close");
    json_decref(note);
}
