/* What the desk's forms and lists ask: is this what the catalogue wants, which records are there, and
 * what is a record called. */
#include "hub/command_priv.h"

#include "common/text.h"
#include "hub/store_desk.h"

#include <sodium.h>
#include <stdlib.h>

enum {
    HUB_SEARCH_ROWS = 50,          /* of one answer, unless fewer are wanted */
    HUB_SEARCH_COLUMNS = 5,        /* of a list, unless others are named */
    HUB_TITLE_BYTES_MAX = 400,     /* of what a record is called */
    HUB_CHECK_MEMORY = 1024 * 1024 /* typed texts of one form */
};

/* ---- check ---- */

struct hub_checking {
    struct hub_edit edit;
    struct entry_form form;
    struct entry_value values[ENTRY_FIELDS_MAX];
    struct buf memory;
    json_t *errors; /* field -> {vi, en} */
};

static void hub_check_say(json_t *errors, const char *field, const char *vi, const char *en)
{
    if (json_object_get(errors, field) == NULL)
        json_object_set_new(errors, field, json_pack("{s:s, s:s}", "vi", vi, "en", en));
}

/* Leave out what cannot be read, with its words, and what is empty though required. */
static enum err hub_check_clean(struct hub_app *a, struct hub_checking *k,
                                const struct catalogue *cat)
{
    size_t kept = 0;
    for (size_t i = 0; i < k->form.count; i++) {
        struct entry_why why = {.field = NULL};
        struct bytes clean = {NULL, 0};
        struct entry_value v = k->values[i];
        struct catalogue_field loose = *v.field; /* emptiness is the record's matter */
        loose.required = false;
        enum err e = entry_clean(&k->edit.entry, cat, &loose, v.typed, &clean, &why);
        if (e == ERR_OK) e = hub_doubt_text(a, k->form.type, v.field, clean, &why);
        if (e != ERR_OK && e != ERR_BAD_VALUE) return e;
        bool empty = e == ERR_OK && clean.len == 0 && v.field->required;
        if (e == ERR_BAD_VALUE) hub_check_say(k->errors, v.field->name, why.vi, why.en);
        if (e == ERR_OK && !empty) k->values[kept++] = v;
    }
    k->form.count = kept;
    return ERR_OK;
}

static enum err hub_check_pass(void *ctx, const struct catalogue_type *type, const struct fold *f,
                               const struct catalogue_field **bad, struct catalogue_why *why)
{
    (void)ctx, (void)type, (void)f, (void)bad, (void)why;
    return ERR_OK; /* hub_check_answer() tells it field by field */
}

static json_t *hub_check_answer(struct hub_app *a, const struct hub_checking *k)
{
    struct typed_review *v = calloc(1, sizeof *v);
    const struct catalogue_type *t = k->form.type;
    enum err e = v != NULL ? hub_store_review(a->store, t, &k->edit.fold, v) : ERR_NOMEM;
    json_t *hidden = json_array(), *missing = json_array();
    for (size_t i = 0; e == ERR_OK && i < t->field_count; i++) {
        const struct catalogue_field *f = &t->fields[i];
        if (!v->relevant[i]) json_array_append_new(hidden, json_string(f->name));
        if (v->missing[i]) json_array_append_new(missing, json_string(f->name));
        if (v->wrong[i])
            hub_check_say(k->errors, f->name,
                          f->constraint_vi[0] != '\0' ? f->constraint_vi : "Giá trị không hợp lệ",
                          f->constraint_en[0] != '\0' ? f->constraint_en
                                                      : "The value is not allowed");
    }
    struct catalogue_why why;
    const struct catalogue_field *bad = NULL;
    if (e == ERR_OK)
        e = hub_target_check(hub_store_catalogue(a->store), t, &k->edit.fold, &bad, &why);
    if (e == ERR_BAD_VALUE && bad != NULL) {
        hub_check_say(k->errors, bad->name, why.vi, why.en);
        e = ERR_OK;
    }
    json_t *j = e == ERR_OK ? json_pack("{s:O, s:O, s:O}", "hidden", hidden, "missing", missing,
                                        "errors", k->errors)
                            : hub_command_fail(e);
    json_decref(hidden);
    json_decref(missing);
    free(v);
    return j;
}

/* The record as it is with the form on top of it, in k->edit.fold. */
static json_t *hub_check_fold(struct hub_app *a, const json_t *request, struct hub_checking *k)
{
    struct entry_why why = {.field = NULL};
    struct entry_op op;
    struct entry_rules rules = {.catalogue = hub_store_catalogue(a->store),
                                .fold = hub_store_rules(a->store),
                                .check = hub_check_pass,
                                .side = CATALOGUE_SIDE_HUB};
    enum err e = rules.catalogue != NULL
                     ? hub_form_read(a, request, &k->form, k->values, &k->memory, &why)
                     : ERR_NOT_READY;
    if (e == ERR_OK) e = hub_check_clean(a, k, rules.catalogue);
    if (e == ERR_OK) e = hub_edit_load(&k->edit, &k->form.rid);
    if (e == ERR_OK && k->form.count > 0)
        e = entry_make(&k->edit.entry, &rules, &k->edit.fold, &k->form, &op, &why);
    return e == ERR_OK ? NULL : hub_command_why(e, &why);
}

json_t *hub_command_form_check(struct hub_app *a, const json_t *request)
{
    struct hub_checking *k = calloc(1, sizeof *k);
    if (k == NULL) return hub_command_fail(ERR_NOMEM);
    enum err e = hub_store_project(a->store);
    if (e == ERR_OK) e = hub_edit_init(&k->edit, a);
    if (e != ERR_OK) {
        free(k);
        return hub_command_fail(e);
    }
    buf_init(&k->memory, HUB_CHECK_MEMORY);
    k->errors = json_object();
    json_t *j = hub_check_fold(a, request, k);
    if (j == NULL) j = hub_check_answer(a, k);
    json_decref(k->errors);
    buf_free(&k->memory);
    hub_edit_free(&k->edit);
    free(k);
    return j;
}

/* ---- titles ---- */

/* What the record of `f` is called, appended; nothing when it has no name. */
static void hub_title_of(const struct fold *f, const struct catalogue_type *t, struct buf *out)
{
    struct record_cell cells[CATALOGUE_FIELDS_MAX];
    struct buf text;
    const struct catalogue_field *title = catalogue_title(t);
    if (title == NULL) return;
    record_cells(f, t, cells);
    const struct record_cell *c = &cells[title - t->fields];
    if (!c->set) return;
    buf_init(&text, 2 * CATALOGUE_TEXT_BYTES_MAX);
    if (record_value_to_text(title, c->value, &text) == ERR_OK)
        buf_add_bytes(out, text_truncate(buf_bytes(&text), HUB_TITLE_BYTES_MAX));
    buf_free(&text);
}

static json_t *hub_title_json(struct bytes title, bool masked)
{
    struct buf out;
    if (!masked) return hub_json_text(title);
    buf_init(&out, 4 * HUB_TITLE_BYTES_MAX);
    text_initials(title, &out);
    json_t *j = hub_json_text(buf_bytes(&out));
    buf_free(&out);
    return j;
}

/* The title of the record with this hex id; `f` and `state` are scratch. */
static json_t *hub_title_by_id(struct hub_app *a, const char *hex, bool masked, struct fold *f,
                               struct buf *state)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    struct id_record rid;
    struct buf title;
    unsigned type = 0;
    buf_init(&title, HUB_TITLE_BYTES_MAX);
    buf_clear(state);
    fold_clear(f);
    enum err e = id_unhex(hex, rid.b, sizeof rid.b);
    if (e == ERR_OK) e = hub_store_record(a->store, &rid, state, &type, NULL, NULL);
    if (e == ERR_OK) e = fold_load(f, buf_bytes(state));
    const struct catalogue_type *t = e == ERR_OK ? catalogue_type_by_no(c, type) : NULL;
    if (t != NULL) hub_title_of(f, t, &title);
    json_t *j = hub_title_json(buf_bytes(&title), masked);
    buf_free(&title);
    return j;
}

void hub_titles_add(struct hub_app *a, json_t *record, bool masked)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    const char *name = hub_request_str(record, "type"), *id = hub_request_str(record, "id");
    const struct catalogue_type *t =
        c != NULL && name != NULL ? catalogue_type_by_name(c, name) : NULL;
    const json_t *values = json_object_get(record, "values");
    struct fold f;
    struct buf state;
    json_t *refs = json_object(), *lost = json_object();
    if (t == NULL || fold_init(&f) != ERR_OK) t = NULL;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    for (size_t i = 0; t != NULL && i < t->field_count; i++) {
        const char *hex = hub_request_str(values, t->fields[i].name);
        if (t->fields[i].kind != CATALOGUE_REF || hex == NULL) continue;
        json_object_set_new(refs, t->fields[i].name, hub_title_by_id(a, hex, masked, &f, &state));
        if (f.type == 0 || fold_deleted(&f))
            json_object_set_new(lost, t->fields[i].name,
                                json_string(f.type == 0 ? "unknown" : "deleted"));
    }
    json_object_set_new(record, "refs", refs);
    if (json_object_size(lost) > 0) json_object_set(record, "lost", lost);
    json_decref(lost);
    if (t != NULL && id != NULL)
        json_object_set_new(record, "title", hub_title_by_id(a, id, masked, &f, &state));
    buf_free(&state);
    if (t != NULL) fold_free(&f);
}

/* ---- search ---- */

struct hub_searching {
    struct hub_app *app;
    const struct catalogue_field *columns[CATALOGUE_FIELDS_MAX];
    size_t count;
    bool masked;
    json_t *rows;
};

static void hub_search_mask(struct hub_searching *s)
{
    for (size_t i = 0; i < s->count; i++)
        s->masked = s->masked || s->columns[i]->sensitivity >= HUB_CLASS_MASKED;
}

/* The usual columns, or those that `names` lists with commas. A list that ties a name to an addiction, a
 * crime, a child in need shows initials: one whose usual columns do, whichever are asked for. False: the
 * type has no such column, or more are named than a type can have. */
static bool hub_search_columns(struct hub_searching *s, const struct catalogue_type *t,
                               const char *names)
{
    s->count = catalogue_columns(t, s->columns, HUB_SEARCH_COLUMNS);
    hub_search_mask(s);
    if (names == NULL || names[0] == '\0') return true;
    s->count = 0;
    for (const char *p = names; *p != '\0';) {
        char name[CATALOGUE_NAME_BYTES_MAX + 1] = "";
        size_t len = strcspn(p, ",");
        if (len < sizeof name) memcpy(name, p, len);
        const struct catalogue_field *f = catalogue_field_by_name(t, name);
        if (f == NULL || s->count == CATALOGUE_FIELDS_MAX) return false;
        s->columns[s->count++] = f;
        p += len + (p[len] == ',');
    }
    hub_search_mask(s);
    return true;
}

static json_t *hub_search_values(const struct hub_searching *s, const json_t *values)
{
    json_t *j = json_object();
    for (size_t i = 0; i < s->count; i++) {
        json_t *v = json_object_get(values, s->columns[i]->name);
        if (v == NULL) continue;
        bool hide = s->masked && s->columns[i]->kind == CATALOGUE_TEXT && json_is_string(v);
        json_object_set_new(
            j, s->columns[i]->name,
            hide ? hub_title_json(bytes_make(json_string_value(v), json_string_length(v)), true)
                 : json_incref(v));
    }
    return j;
}

static enum err hub_search_each(void *ctx, const struct id_record *rid)
{
    struct hub_searching *s = ctx;
    json_t *ask = json_pack("{s:o}", "id", hub_json_hex(BYTES_OF(rid->b)));
    json_t *j = hub_record_json(s->app, ask);
    json_decref(ask);
    enum err e = hub_command_error_of(j);
    if (e == ERR_OK) {
        hub_titles_add(s->app, j, s->masked);
        json_object_set_new(j, "values", hub_search_values(s, json_object_get(j, "values")));
        json_object_set_new(j, "masked", json_boolean(s->masked));
        return json_array_append_new(s->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
    }
    json_decref(j);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static size_t hub_search_size(const json_t *request, const char *key, size_t most)
{
    json_int_t v = json_integer_value(json_object_get(request, key));
    return v > 0 && (size_t)v < most ? (size_t)v : most;
}

json_t *hub_command_search(struct hub_app *a, const json_t *request)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    const char *name = hub_request_str(request, "type"), *text = hub_request_str(request, "q");
    const struct catalogue_type *t =
        c != NULL && name != NULL ? catalogue_type_by_name(c, name) : NULL;
    struct hub_searching s = {.app = a};
    size_t total = 0;
    if (c == NULL) return hub_command_fail(ERR_NOT_READY);
    if (t == NULL)
        return hub_command_error(ERR_BAD_INPUT, "Không có loại hồ sơ này trong danh mục.",
                                 "The catalogue has no such record type.");
    struct hub_find q = {.type = t,
                         .unit = hub_request_str(request, "unit"),
                         .query = text_trim(bytes_str(text != NULL ? text : "")),
                         .max = hub_search_size(request, "max", HUB_SEARCH_ROWS)};
    json_int_t offset = json_integer_value(json_object_get(request, "offset"));
    q.offset = offset > 0 && offset < 1000000000 ? (size_t)offset : 0;
    if (!hub_search_columns(&s, t, hub_request_str(request, "columns")))
        return hub_command_error(ERR_BAD_INPUT, "Loại hồ sơ này không có cột đó.",
                                 "The type has no such column.");
    s.rows = json_array();
    json_t *columns = json_array();
    for (size_t i = 0; i < s.count; i++)
        json_array_append_new(columns, json_string(s.columns[i]->name));
    int64_t known = 0;
    enum err e = hub_store_find(a->store, &q, hub_search_each, &s, &total);
    if (e == ERR_OK) e = hub_store_made(a->store, t, &known);
    json_t *j = e == ERR_OK ? json_pack("{s:O, s:I, s:I, s:O, s:I}", "rows", s.rows, "total",
                                        (json_int_t)total, "offset", (json_int_t)q.offset,
                                        "columns", columns, "known", (json_int_t)known)
                : e == ERR_TOO_LARGE ? hub_command_error(ERR_BAD_INPUT, "Điều cần tìm quá dài.",
                                                         "What is looked for is too long.")
                                     : hub_command_fail(e);
    json_decref(columns);
    json_decref(s.rows);
    return j;
}
