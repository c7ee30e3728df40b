/* search and reveal: what the desk's lists show, and to whom it shows only initials. */
#include "node/command_priv.h"
#include "node/store_search.h"

#include <stdio.h>
#include <string.h>

/*
 * A list of a type whose first columns hold class 3 or 4 ties a name to an addiction, a crime, a
 * child in need. There, names and texts are shown by their initials until a person asks for one row;
 * dates, choices and numbers stay, because work is ordered by them.
 */

/* "Nguyễn Văn Hoà" -> "N. V. H." */
static json_t *node_initials(const char *text)
{
    struct buf out;
    bool start = true;
    buf_init(&out, 4 * NODE_SEARCH_TITLE_BYTES_MAX);
    for (const char *p = text; *p != '\0'; p++) {
        bool continued = ((unsigned char)*p & 0xc0u) == 0x80u;
        if (continued) continue;
        bool blank = *p == ' ' || *p == '\n' || *p == '\t';
        if (start && !blank) {
            size_t len = 1;
            while (((unsigned char)p[len] & 0xc0u) == 0x80u)
                len++;
            if (out.len > 0) buf_add_str(&out, " ");
            buf_add(&out, p, len);
            buf_add_str(&out, ".");
        }
        start = blank;
    }
    json_t *j = json_string(buf_cstr(&out));
    buf_free(&out);
    return j != NULL ? j : json_string("…");
}

/* The columns of a type's lists: its title, then what is required, then the first of the others. */
enum { NODE_SEARCH_COLUMNS_MAX = 5 };

static size_t node_search_columns(const struct catalogue_type *t,
                                  const struct catalogue_field *out[static NODE_SEARCH_COLUMNS_MAX])
{
    size_t n = 0;
    const struct catalogue_field *title = node_store_title_field(t);
    if (title != NULL && title->required) out[n++] = title;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < t->field_count && n < NODE_SEARCH_COLUMNS_MAX; i++) {
            const struct catalogue_field *f = &t->fields[i];
            if (f == title && title->required) continue;
            if (f->required == (round == 0)) out[n++] = f;
        }
    }
    return n;
}

static bool node_search_masked(const struct catalogue_type *t)
{
    const struct catalogue_field *columns[NODE_SEARCH_COLUMNS_MAX];
    size_t n = node_search_columns(t, columns);
    for (size_t i = 0; i < n; i++) {
        if (columns[i]->sensitivity >= NODE_COMMAND_CLASS_MASKED) return true;
    }
    return false;
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

static void node_search_mask(const struct catalogue_type *t, json_t *values)
{
    for (size_t i = 0; i < t->field_count; i++) {
        const struct catalogue_field *f = &t->fields[i];
        const char *text = node_request_str(values, f->name);
        if (f->kind == CATALOGUE_TEXT && text != NULL)
            json_object_set_new(values, f->name, node_initials(text));
    }
}

/* ---- search ---- */

struct node_searching {
    struct node_command *c;
    json_t *rows;
    bool mask; /* asked for by a list; a reference's choices and exports of the tool do not */
};

static json_t *node_search_values(const json_t *values, const struct catalogue_type *t)
{
    const struct catalogue_field *columns[NODE_SEARCH_COLUMNS_MAX];
    size_t n = node_search_columns(t, columns);
    json_t *j = json_object();
    for (size_t i = 0; i < n; i++) {
        json_t *v = json_object_get(values, columns[i]->name);
        if (v != NULL) json_object_set(j, columns[i]->name, v);
    }
    return j;
}

static enum err node_search_each(void *ctx, const struct node_store_row *row)
{
    struct node_searching *s = ctx;
    struct node_store_record *r = &s->c->entry.record;
    const struct catalogue *cat = node_store_catalogue(s->c->store, NULL);
    const struct catalogue_type *t = cat != NULL ? catalogue_type_by_no(cat, row->type) : NULL;
    enum err e = node_store_record_read(s->c->store, &row->rid, r);
    if (e == ERR_NOT_FOUND || t == NULL) return ERR_OK;
    if (e != ERR_OK) return e;
    json_t *j = node_json_record(s->c, &row->rid, r);
    if (j == NULL) return ERR_NOMEM;
    bool masked = s->mask && node_search_masked(t);
    json_t *values = node_search_values(json_object_get(j, "values"), t);
    json_object_set_new(j, "refs", node_search_refs(s->c, t, values, masked));
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

json_t *node_command_search(struct node_command *c, const json_t *request)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *type = node_request_str(request, "type");
    const char *text = node_request_str(request, "q");
    struct node_search q = {.query = bytes_str(text != NULL ? text : "")};
    struct node_searching s = {.c = c, .mask = json_is_true(json_object_get(request, "mask"))};
    size_t total = 0;
    enum err e = node_import_settle(c);
    if (e != ERR_OK) return node_command_fail(e);
    if (cat == NULL) return node_no_catalogue();
    if (type != NULL) q.type = catalogue_type_by_name(cat, type);
    if (type != NULL && q.type == NULL) return node_no_type(type);
    q.only_conflicts = json_is_true(json_object_get(request, "conflicts"));
    q.only_pending = json_is_true(json_object_get(request, "pending"));
    q.offset = node_search_size(request, "offset", 0);
    q.max = node_search_size(request, "max", 50);
    if (q.max > NODE_COMMAND_LIST_MAX) q.max = NODE_COMMAND_LIST_MAX;
    s.rows = json_array();
    e = node_store_search(c->store, &q, node_search_each, &s, &total);
    json_t *j = e == ERR_OK ? json_pack("{s:O, s:I, s:I}", "rows", s.rows, "total",
                                        (json_int_t)total, "offset", (json_int_t)q.offset)
                            : node_command_fail(e);
    json_decref(s.rows);
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
