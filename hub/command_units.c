/*
 * Units that merge and split (successors.csv of the catalogue): records, nodes and, through the dated
 * rows of units.csv, reporting lines follow to the successor. SPEC 13.7.
 *
 * A merger is done unit by unit, each in one transaction; what is done already is not done again, so a run
 * that was cut goes on when it is repeated. Nothing of a split unit moves but what a person assigned.
 */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "hub/rekey.h"
#include "hub/store_moves.h"
#include "hub/units.h"

#include <stdio.h>
#include <stdlib.h>

/* The whole unit, in one transaction. */
static enum err units_merge(struct hub_app *a, const char *old, struct hub_units_move *m)
{
    struct hub_units_old was;
    enum err e = hub_units_read(a->store, old, &was);
    if (e == ERR_OK && was.node_count + was.records.len > 0) {
        e = hub_app_begin(a);
        if (e == ERR_OK) {
            e = hub_units_merge(a->store, &a->keys, &was, m);
            if (e == ERR_OK)
                e = hub_app_commit(a);
            else
                hub_app_abort(a);
        }
    }
    hub_units_free(&was);
    return e;
}

static json_t *units_moved(enum err e, const struct hub_units_move *m)
{
    if (e != ERR_OK) return hub_command_fail(e);
    return json_pack("{s:I, s:I}", "records", (json_int_t)m->records, "nodes",
                     (json_int_t)m->nodes);
}

/* ---- list ---- */

static const char *units_state(const struct catalogue_successor *s, struct date today,
                               uint64_t records, uint64_t nodes)
{
    if (date_compare(s->on, today) > 0) return "future";
    if (strcmp(s->old_code, s->new_code) == 0 || records + nodes == 0) return "done";
    if (s->part) return "waiting";
    return s->assumption ? "assumption" : "due";
}

static struct date units_today(void)
{
    struct date day = {1970, 1, 1};
    if (date_of_ms(clock_wall_ms(), &day) != ERR_OK) day = (struct date){1970, 1, 1};
    return day;
}

static enum err units_row(struct hub_app *a, const struct catalogue_successor *s, json_t *rows)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    struct hub_node *nodes = calloc(HUB_UNITS_NODES_MAX, sizeof *nodes);
    uint64_t records = 0;
    size_t count = 0;
    struct date before;
    char on[DATE_TEXT_ROOM];
    if (nodes == NULL) return ERR_NOMEM;
    enum err e = hub_store_unit_count(a->store, s->old_code, &records);
    if (e == ERR_OK) e = hub_units_nodes(a->store, s->old_code, nodes, &count);
    if (e == ERR_OK) e = date_add_days(s->on, -1, &before);
    if (e == ERR_OK) {
        const struct catalogue_unit *was = catalogue_unit_at(c, s->old_code, before);
        const struct catalogue_unit *is = catalogue_unit_at(c, s->new_code, s->on);
        date_print(s->on, on);
        json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:I, s:I, s:s}", "on", on,
                              "old", s->old_code, "old_name", was != NULL ? was->name_vi : "",
                              "new", s->new_code, "new_name", is != NULL ? is->name_vi : "", "kind",
                              s->part ? "part" : "full", "assumption", (int)s->assumption, "source",
                              s->source, "records", (json_int_t)records, "nodes", (json_int_t)count,
                              "state", units_state(s, units_today(), records, count));
        if (json_array_append_new(rows, j) != 0) e = ERR_NOMEM;
    }
    free(nodes);
    return e;
}

json_t *hub_command_units(struct hub_app *a, const json_t *request)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    size_t count = 0;
    (void)request;
    if (c == NULL) return hub_command_fail(ERR_NOT_READY);
    const struct catalogue_successor *s = catalogue_successors(c, &count);
    json_t *rows = json_array();
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = units_row(a, &s[i], rows);
    if (e == ERR_OK) return json_pack("{s:o}", "changes", rows);
    json_decref(rows);
    return hub_command_fail(e);
}

/* ---- apply ---- */

/* The earliest row that was not taken, until that day. */
static const struct catalogue_successor *units_next(const struct catalogue *c, struct date until,
                                                    bool *taken)
{
    size_t count = 0, best = SIZE_MAX;
    const struct catalogue_successor *s = catalogue_successors(c, &count);
    for (size_t i = 0; i < count; i++) {
        if (taken[i] || date_compare(s[i].on, until) > 0) continue;
        if (best == SIZE_MAX || date_compare(s[i].on, s[best].on) < 0) best = i;
    }
    if (best == SIZE_MAX) return NULL;
    taken[best] = true;
    return &s[best];
}

static enum err units_apply(struct hub_app *a, struct date until, bool assumptions,
                            struct hub_units_move *m)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    size_t count = 0;
    (void)catalogue_successors(c, &count);
    bool *taken = calloc(count + 1, sizeof *taken);
    if (taken == NULL) return ERR_NOMEM;
    enum err e = ERR_OK;
    const struct catalogue_successor *s = units_next(c, until, taken);
    for (; e == ERR_OK && s != NULL; s = units_next(c, until, taken)) {
        bool moves = !s->part && strcmp(s->old_code, s->new_code) != 0;
        if (!moves || (s->assumption && !assumptions)) continue;
        m->to = s->new_code;
        date_print(s->on, m->date);
        e = units_merge(a, s->old_code, m);
    }
    free(taken);
    return e;
}

json_t *hub_command_units_apply(struct hub_app *a, const json_t *request)
{
    const char *until = hub_request_str(request, "until");
    struct date day = units_today(), today = day;
    struct hub_units_move m = {.now_ms = clock_wall_ms()};
    if (hub_store_catalogue(a->store) == NULL) return hub_command_fail(ERR_NOT_READY);
    json_t *j = hub_scope_may(a);
    if (j != NULL) return j;
    bool bad = until != NULL && date_parse(bytes_str(until), &day) != ERR_OK &&
               date_parse_vi(bytes_str(until), &day) != ERR_OK;
    if (bad || date_compare(day, today) > 0)
        return hub_command_error(ERR_BAD_INPUT,
                                 "Ngày phải là 2025-07-01 hoặc 01/07/2025 và không ở tương lai.",
                                 "The day is written 2025-07-01, and is not in the future.");
    hub_request_person(a, request, &m.person);
    return units_moved(
        units_apply(a, day, json_is_true(json_object_get(request, "assumptions")), &m), &m);
}

/* ---- assign ---- */

/* The row of a split that leads from one unit to the other, due by today; NULL: there is none. */
static const struct catalogue_successor *units_part(const struct catalogue *c, const char *from,
                                                    const char *to)
{
    size_t count = 0;
    const struct catalogue_successor *s = catalogue_successors(c, &count), *found = NULL;
    for (size_t i = 0; i < count; i++) {
        bool fits = s[i].part && strcmp(s[i].old_code, from) == 0 &&
                    strcmp(s[i].new_code, to) == 0 && date_compare(s[i].on, units_today()) <= 0;
        if (fits) found = &s[i];
    }
    return found;
}

struct units_filter {
    const struct catalogue_type *type; /* NULL: all records */
    json_t *where;                     /* field: canonical text */
};

/* What the record shows in each field of the filter is that text. */
static enum err units_matches(struct hub_app *a, const struct units_filter *f,
                              const struct id_record *rid, struct hub_edit *h, bool *fits)
{
    struct record_cell cells[CATALOGUE_FIELDS_MAX];
    *fits = true;
    if (f->type == NULL || json_object_size(f->where) == 0) return ERR_OK;
    enum err e = hub_edit_load(h, rid);
    if (e != ERR_OK) return e;
    (void)a;
    record_cells(&h->fold, f->type, cells);
    for (size_t i = 0; e == ERR_OK && i < f->type->field_count; i++) {
        const char *want = json_string_value(json_object_get(f->where, f->type->fields[i].name));
        if (want == NULL) continue;
        struct buf text;
        buf_init(&text, 2 * CATALOGUE_TEXT_BYTES_MAX);
        bool nil = !cells[i].set || cells[i].value.len == 0 || cells[i].value.p[0] == 0xc0;
        if (!nil) e = record_value_to_text(&f->type->fields[i], cells[i].value, &text);
        *fits = *fits && e == ERR_OK && bytes_equal(buf_bytes(&text), bytes_str(want));
        buf_free(&text);
    }
    return e;
}

static enum err units_select(struct hub_app *a, const char *from, const struct units_filter *f,
                             struct buf *out)
{
    struct buf all;
    struct hub_edit h;
    enum err e = hub_edit_init(&h, a);
    if (e != ERR_OK) return e;
    buf_init(&all, HUB_UNITS_IDS_BYTES_MAX);
    e = hub_units_records(a->store, from, f->type != NULL ? f->type->no : 0, &all);
    for (size_t at = 0; e == ERR_OK && at < all.len; at += ID_RECORD_BYTES) {
        struct id_record rid;
        bool fits = false;
        memcpy(rid.b, all.p + at, sizeof rid.b);
        e = units_matches(a, f, &rid, &h, &fits);
        if (e == ERR_OK && fits) buf_add(out, rid.b, sizeof rid.b);
    }
    if (e == ERR_OK && out->len > 0) e = hub_store_closure(a->store, from, out);
    buf_free(&all);
    hub_edit_free(&h);
    return e == ERR_OK ? out->e : e;
}

/* NULL: the filter can be used. Its values become canonical. */
static json_t *units_filter_read(struct hub_app *a, const json_t *request, struct units_filter *f)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    const char *type = hub_request_str(request, "type"), *key = NULL;
    json_t *where = json_object_get(request, "where"), *v = NULL;
    if (type != NULL) f->type = catalogue_type_by_name(c, type);
    if ((type != NULL && f->type == NULL) || (type == NULL && json_object_size(where) > 0))
        return hub_command_error(ERR_BAD_INPUT, "Lọc theo trường cần --type có trong danh mục.",
                                 "A filter needs a --type of the catalogue.");
    json_object_foreach(where, key, v)
    {
        const struct catalogue_field *field = catalogue_field_by_name(f->type, key);
        struct catalogue_why why = {.vi = "Không có trường này, hoặc không lọc theo nó được.",
                                    .en = "No such field, or not one to filter by."};
        struct buf text;
        buf_init(&text, CATALOGUE_TEXT_BYTES_MAX);
        bool usable = field != NULL && field->kind != CATALOGUE_CHOICES && json_is_string(v);
        enum err e = usable
                         ? catalogue_clean(c, field, bytes_str(json_string_value(v)), &text, &why)
                         : ERR_BAD_VALUE;
        if (e == ERR_OK) json_object_set_new(f->where, key, hub_json_text(buf_bytes(&text)));
        buf_free(&text);
        if (e != ERR_OK) return hub_command_error(ERR_BAD_INPUT, why.vi, why.en);
    }
    return NULL;
}

static json_t *units_assign_run(struct hub_app *a, const char *from, const struct units_filter *f,
                                bool dry, struct hub_units_move *m)
{
    struct buf ids;
    buf_init(&ids, HUB_UNITS_IDS_BYTES_MAX);
    enum err e = units_select(a, from, f, &ids);
    if (e == ERR_OK && dry) m->records = ids.len / ID_RECORD_BYTES;
    if (e == ERR_OK && !dry && ids.len > 0) {
        e = hub_app_begin(a);
        if (e == ERR_OK) {
            e = hub_units_assign(a->store, &a->keys, buf_bytes(&ids), m);
            if (e == ERR_OK)
                e = hub_app_commit(a);
            else
                hub_app_abort(a);
        }
    }
    buf_free(&ids);
    return units_moved(e, m);
}

json_t *hub_command_units_assign(struct hub_app *a, const json_t *request)
{
    const char *from = hub_request_str(request, "from"), *to = hub_request_str(request, "to");
    const struct catalogue *c = hub_store_catalogue(a->store);
    if (c == NULL) return hub_command_fail(ERR_NOT_READY);
    json_t *j = hub_scope_may(a);
    if (j != NULL) return j;
    const struct catalogue_successor *s =
        from != NULL && to != NULL ? units_part(c, from, to) : NULL;
    if (s == NULL)
        return hub_command_error(ERR_BAD_INPUT,
                                 "successors.csv không có dòng part đã đến ngày từ đơn vị này sang "
                                 "đơn vị kia; chưa chuyển gì.",
                                 "successors.csv has no row of kind part, due by today, from this "
                                 "unit to that one; nothing was moved.");
    struct units_filter f = {.where = json_object()};
    struct hub_units_move m = {.to = to, .now_ms = clock_wall_ms()};
    date_print(s->on, m.date);
    hub_request_person(a, request, &m.person);
    j = units_filter_read(a, request, &f);
    if (j == NULL)
        j = units_assign_run(a, from, &f, json_is_true(json_object_get(request, "dry")), &m);
    json_decref(f.where);
    return j;
}

/* ---- one node ---- */

json_t *hub_command_units_node(struct hub_app *a, const json_t *request)
{
    const char *hex = hub_request_str(request, "node"), *to = hub_request_str(request, "to");
    struct hub_units_move m = {.to = to, .nodes = 1, .now_ms = clock_wall_ms()};
    struct id_hash id;
    struct hub_node node;
    json_t *j = hub_scope_may(a);
    if (j != NULL) return j;
    if (hex == NULL || id_unhex(hex, id.b, sizeof id.b) != ERR_OK || to == NULL ||
        hub_unit_name(a, to)[0] == '\0')
        return hub_command_error(ERR_BAD_INPUT,
                                 "Cần mã máy (64 chữ số, xem `nodes --json`) và mã đơn vị có trong "
                                 "danh mục.",
                                 "The node's id (64 digits, see `nodes --json`) and a unit of the "
                                 "catalogue are needed.");
    enum err e = hub_store_node(a->store, &id, &node);
    if (e == ERR_OK && node.revoked) e = ERR_REVOKED;
    if (e == ERR_OK && strcmp(node.unit, to) == 0) e = ERR_EXISTS;
    if (e != ERR_OK) return hub_command_fail(e);
    hub_request_person(a, request, &m.person);
    e = hub_app_begin(a);
    if (e == ERR_OK) {
        e = hub_rekey_certify(
            a->store, &a->keys,
            &(struct hub_certify){.node = &node.node, .unit = to, .person = &m.person}, m.now_ms);
        if (e == ERR_OK)
            e = hub_app_commit(a);
        else
            hub_app_abort(a);
    }
    return units_moved(e, &m);
}
