/* search and reveal: what the desk's lists show, and to whom it shows only initials. */
#include "node/command_priv.h"

#include "common/text.h"

#include <stdio.h>
#include <string.h>

/*
 * A list of a type whose first columns hold class 3 or 4 ties a name to an addiction, a crime, a
 * child in need. There, names and texts are shown by their initials until a person asks for one row;
 * dates, choices and numbers stay, because work is ordered by them.
 */

void node_initials_add(const char *text, struct buf *out)
{
    text_initials(bytes_str(text), out);
}

static json_t *node_initials(const char *text)
{
    struct buf out;
    buf_init(&out, 4 * NODE_SEARCH_TITLE_BYTES_MAX);
    node_initials_add(text, &out);
    json_t *j = json_string(buf_cstr(&out));
    buf_free(&out);
    return j != NULL ? j : json_string("…");
}

/* ---- columns ---- */

static void node_search_columns(const struct catalogue_type *t, struct node_columns *out)
{
    out->count = catalogue_columns(t, out->field, NODE_SEARCH_COLUMNS_FEW);
}

json_t *node_search_chosen(const json_t *request, const struct catalogue_type *t,
                           struct node_columns *out)
{
    const char *text = node_request_str(request, "columns");
    if (text == NULL || text[0] == '\0') {
        node_search_columns(t, out);
        return NULL;
    }
    *out = (struct node_columns){.count = 0};
    for (const char *p = text; *p != '\0';) {
        char name[CATALOGUE_NAME_BYTES_MAX + 1] = "";
        size_t len = strcspn(p, ",");
        if (len < sizeof name) memcpy(name, p, len);
        const struct catalogue_field *f = catalogue_field_by_name(t, name);
        if (f == NULL || out->count >= NODE_SEARCH_CELLS_MAX)
            return node_command_error(ERR_BAD_INPUT, "Loại hồ sơ này không có cột đó.",
                                      "The type has no such column.", name);
        out->field[out->count++] = f;
        p += len + (p[len] == ',');
    }
    return NULL;
}

static bool node_search_secret(const struct catalogue_field *f)
{
    return f != NULL && f->sensitivity >= NODE_COMMAND_CLASS_MASKED;
}

/* A list is masked when its type's usual columns are so, or when what was asked for, by column,
 * filter or order, ties a name to such a field. */
bool node_search_masked(const struct catalogue_type *t, const struct node_columns *columns,
                        const struct node_search *q)
{
    struct node_columns usual;
    node_search_columns(t, &usual);
    for (size_t i = 0; i < usual.count; i++) {
        if (node_search_secret(usual.field[i])) return true;
    }
    for (size_t i = 0; columns != NULL && i < columns->count; i++) {
        if (node_search_secret(columns->field[i])) return true;
    }
    for (size_t i = 0; i < q->filter_count; i++) {
        if (node_search_secret(q->filters[i].field)) return true;
    }
    return node_search_secret(q->sort);
}

static json_t *node_search_title(struct node_command *c, const char *hex, bool masked)
{
    struct id_record rid;
    char title[NODE_SEARCH_TITLE_BYTES_MAX + 1] = "";
    if (node_request_id(hex, &rid) != ERR_OK || node_store_title(c->store, &rid, title) != ERR_OK)
        title[0] = '\0';
    return masked ? node_initials(title) : json_string(title);
}

/* Titles of the records that a record refers to, beside its ids. */
static json_t *node_search_refs(struct node_command *c, const struct catalogue_type *t,
                                const json_t *values, bool masked)
{
    json_t *refs = json_object();
    for (size_t i = 0; i < t->field_count; i++) {
        const char *hex = node_request_str(values, t->fields[i].name);
        if (t->fields[i].kind != CATALOGUE_REF || hex == NULL) continue;
        json_object_set_new(refs, t->fields[i].name, node_search_title(c, hex, masked));
    }
    return refs;
}

void node_refs_lost(struct node_command *c, json_t *record)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *type = node_request_str(record, "type");
    const struct catalogue_type *t =
        cat != NULL && type != NULL ? catalogue_type_by_name(cat, type) : NULL;
    const json_t *values = json_object_get(record, "values");
    json_t *lost = json_object();
    for (size_t i = 0; t != NULL && i < t->field_count; i++) {
        struct id_record rid;
        const char *hex = node_request_str(values, t->fields[i].name);
        if (t->fields[i].kind != CATALOGUE_REF || hex == NULL) continue;
        if (node_request_id(hex, &rid) != ERR_OK) continue;
        enum err e = node_store_record_read(c->store, &rid, &c->entry.record);
        bool deleted = e == ERR_OK && fold_deleted(&c->entry.record.fold);
        if (deleted || e == ERR_NOT_FOUND)
            json_object_set_new(lost, t->fields[i].name,
                                json_string(deleted ? "deleted" : "unknown"));
    }
    if (json_object_size(lost) > 0) json_object_set(record, "lost", lost);
    json_decref(lost);
}

static void node_search_mask(const struct catalogue_type *t, json_t *values)
{
    for (size_t i = 0; i < t->field_count; i++) {
        const struct catalogue_field *f = &t->fields[i];
        const char *text = node_request_str(values, f->name);
        if (f->kind == CATALOGUE_TEXT && text != NULL)
            json_object_set_new(values, f->name, node_initials(text));
    }
}

/* ---- the question ---- */

static const struct node_search_word {
    const char *word;
    enum node_search_op op;
} node_search_ops[] = {
    {"is", NODE_SEARCH_IS},       {"from", NODE_SEARCH_FROM},     {"to", NODE_SEARCH_TO},
    {"empty", NODE_SEARCH_EMPTY}, {"filled", NODE_SEARCH_FILLED},
};

/* One condition; its canonical value goes to the end of `memory`, *len bytes. */
static json_t *node_search_condition(struct node_command *c, const json_t *v, struct node_search *q,
                                     struct buf *memory, size_t *len)
{
    const char *name = node_request_str(v, "field"), *op = node_request_str(v, "op");
    const char *text = node_request_str(v, "value");
    struct node_search_filter *f = &q->filters[q->filter_count];
    struct entry_why why;
    struct bytes clean = {NULL, 0};
    struct id_record rid;
    bool known = false;
    f->field = name != NULL ? catalogue_field_by_name(q->type, name) : NULL;
    for (size_t i = 0; op != NULL && i < sizeof node_search_ops / sizeof node_search_ops[0]; i++) {
        if (strcmp(op, node_search_ops[i].word) != 0) continue;
        f->op = node_search_ops[i].op;
        known = true;
    }
    *len = 0;
    if (f->field == NULL || !known)
        return node_command_error(ERR_BAD_INPUT, "Điều kiện lọc không hiểu được.",
                                  "This condition cannot be understood.", name);
    q->filter_count++;
    if (f->op == NODE_SEARCH_EMPTY || f->op == NODE_SEARCH_FILLED) return NULL;
    struct catalogue_field loose =
        *f->field; /* what a record must have is no matter of a question */
    loose.required = false;
    enum err e =
        node_entry_clean(&c->entry, &loose, bytes_str(text != NULL ? text : ""), &clean, &why);
    if (e != ERR_OK) return node_command_why(e, &why);
    if (clean.len == 0)
        return node_command_error(ERR_BAD_INPUT, "Điều kiện lọc chưa có giá trị.",
                                  "The condition has no value.", name);
    if (f->field->kind == CATALOGUE_REF) {
        if (node_request_id(text, &rid) != ERR_OK) return node_bad_id();
        clean = BYTES_OF(rid.b);
    }
    buf_add_bytes(memory, clean);
    *len = clean.len;
    return NULL;
}

static json_t *node_search_where(struct node_command *c, const json_t *where, struct node_search *q,
                                 struct buf *memory)
{
    size_t lens[NODE_SEARCH_FILTERS_MAX], n = json_array_size(where);
    if (n == 0) return NULL;
    if (q->type == NULL || n > NODE_SEARCH_FILTERS_MAX)
        return node_command_error(ERR_BAD_INPUT,
                                  "Nhiều nhất 8 điều kiện lọc, trong một loại hồ sơ.",
                                  "At most 8 conditions, within one record type.", NULL);
    for (size_t i = 0; i < n; i++) {
        json_t *j = node_search_condition(c, json_array_get(where, i), q, memory, &lens[i]);
        if (j != NULL) return j;
    }
    if (memory->e != ERR_OK) return node_command_fail(memory->e);
    const uint8_t *p = memory->p;
    for (size_t i = 0; i < n; i++) {
        q->filters[i].value = bytes_make(p, lens[i]);
        if (lens[i] > 0) p += lens[i];
    }
    return NULL;
}

json_t *node_search_read(struct node_command *c, const json_t *request, struct node_search *q,
                         struct buf *memory)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *type = node_request_str(request, "type");
    const char *text = node_request_str(request, "q");
    const char *sort = node_request_str(request, "sort");
    *q = (struct node_search){.query = bytes_str(text != NULL ? text : "")};
    enum err e = node_import_settle(c);
    if (e != ERR_OK) return node_command_fail(e);
    if (cat == NULL) return node_no_catalogue();
    if (type != NULL) q->type = catalogue_type_by_name(cat, type);
    if (type != NULL && q->type == NULL) return node_no_type(type);
    q->only_conflicts = json_is_true(json_object_get(request, "conflicts"));
    q->only_pending = json_is_true(json_object_get(request, "pending"));
    q->down = json_is_true(json_object_get(request, "down"));
    if (sort != NULL && sort[0] != '\0') {
        q->sort = q->type != NULL ? catalogue_field_by_name(q->type, sort) : NULL;
        if (q->sort == NULL)
            return node_command_error(ERR_BAD_INPUT, "Không sắp xếp được theo cột này.",
                                      "There is no such column to sort by.", sort);
    }
    return node_search_where(c, json_object_get(request, "where"), q, memory);
}

/* ---- search ---- */

struct node_searching {
    struct node_command *c;
    const struct node_search *q;
    struct node_columns columns; /* of q->type */
    json_t *rows;
    bool mask; /* asked for by a list; a reference's choices and exports of the tool do not */
};

static json_t *node_search_values(const json_t *values, const struct node_columns *columns)
{
    json_t *j = json_object();
    for (size_t i = 0; i < columns->count; i++) {
        json_t *v = json_object_get(values, columns->field[i]->name);
        if (v != NULL) json_object_set(j, columns->field[i]->name, v);
    }
    return j;
}

static enum err node_search_each(void *ctx, const struct node_store_row *row)
{
    struct node_searching *s = ctx;
    struct node_store_record *r = &s->c->entry.record;
    const struct catalogue *cat = node_store_catalogue(s->c->store, NULL);
    const struct catalogue_type *t = cat != NULL ? catalogue_type_by_no(cat, row->type) : NULL;
    struct node_columns usual, *columns = s->q->type != NULL ? &s->columns : &usual;
    enum err e = node_store_record_read(s->c->store, &row->rid, r);
    if (e == ERR_NOT_FOUND || t == NULL) return ERR_OK;
    if (e == ERR_OK) e = node_store_record_open(s->c->store, &row->rid, r);
    if (e != ERR_OK) return e;
    json_t *j = node_json_record(s->c, &row->rid, r);
    if (j == NULL) return ERR_NOMEM;
    node_json_unkeyed(j);
    if (s->q->type == NULL) node_search_columns(t, &usual);
    bool masked = s->mask && node_search_masked(t, columns, s->q);
    json_t *values = node_search_values(json_object_get(j, "values"), columns);
    json_object_set_new(j, "refs", node_search_refs(s->c, t, json_object_get(j, "values"), masked));
    if (masked) node_search_mask(t, values);
    json_object_set_new(j, "values", values);
    json_object_set_new(j, "masked", json_boolean(masked));
    const char *hex = node_request_str(j, "id");
    json_object_set_new(j, "title", node_search_title(s->c, hex, masked));
    json_object_del(j, "marks");
    return json_array_append_new(s->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static size_t node_search_size(const json_t *request, const char *key, size_t otherwise)
{
    json_int_t v = json_integer_value(json_object_get(request, key));
    return v > 0 && v < 1000000000 ? (size_t)v : otherwise;
}

static json_t *node_search_answer(const struct node_searching *s, size_t total)
{
    json_t *columns = json_array();
    for (size_t i = 0; i < s->columns.count; i++)
        json_array_append_new(columns, json_string(s->columns.field[i]->name));
    return json_pack("{s:O, s:I, s:I, s:o}", "rows", s->rows, "total", (json_int_t)total, "offset",
                     (json_int_t)s->q->offset, "columns", columns);
}

json_t *node_command_search(struct node_command *c, const json_t *request)
{
    struct node_search q;
    struct node_searching s = {.c = c, .q = &q, .rows = json_array()};
    struct buf memory;
    size_t total = 0;
    buf_init(&memory, NODE_SEARCH_FILTERS_MAX * CATALOGUE_TEXT_BYTES_MAX);
    json_t *j = node_search_read(c, request, &q, &memory);
    if (j == NULL && q.type != NULL) j = node_search_chosen(request, q.type, &s.columns);
    if (j == NULL) {
        s.mask = json_is_true(json_object_get(request, "mask"));
        q.offset = node_search_size(request, "offset", 0);
        q.max = node_search_size(request, "max", 50);
        if (q.max > NODE_COMMAND_LIST_MAX) q.max = NODE_COMMAND_LIST_MAX;
        enum err e = node_store_search(c->store, &q, node_search_each, &s, &total);
        j = e == ERR_OK ? node_search_answer(&s, total) : node_command_fail(e);
        if (e == ERR_OK && q.type != NULL) node_json_known(c, q.type->no, 0, j);
    }
    json_decref(s.rows);
    buf_free(&memory);
    return j;
}

/* One record whole, with the titles of what it refers to. */
json_t *node_command_reveal(struct node_command *c, const json_t *request)
{
    json_t *j = node_command_get(c, request);
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *type = node_request_str(j, "type");
    if (cat == NULL || type == NULL) return j;
    const struct catalogue_type *t = catalogue_type_by_name(cat, type);
    if (t == NULL) return j;
    json_object_set_new(j, "refs", node_search_refs(c, t, json_object_get(j, "values"), false));
    json_object_set_new(j, "title", node_search_title(c, node_request_str(j, "id"), false));
    return j;
}

/* What a record is called in a list that is about many: by initials where lists of its type are so. */
json_t *node_search_about(struct node_command *c, const char *hex)
{
    struct node_search none = {.type = NULL};
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    json_t *ask = json_pack("{s:s}", "id", hex);
    json_t *r = node_command_reveal(c, ask);
    const char *type = node_request_str(r, "type"), *title = node_request_str(r, "title");
    const struct catalogue_type *t = type != NULL ? catalogue_type_by_name(cat, type) : NULL;
    const json_t *ref = json_object_iter_value(json_object_iter(json_object_get(r, "refs")));
    const char *text = title != NULL && title[0] != '\0' ? title : json_string_value(ref);
    bool masked = t == NULL || node_search_masked(t, NULL, &none);
    if (text == NULL) text = "";
    json_t *j = json_pack("{s:s, s:s, s:o}", "id", hex, "type", type != NULL ? type : "", "title",
                          masked ? node_initials(text) : json_string(text));
    json_decref(ask);
    json_decref(r);
    return j;
}
