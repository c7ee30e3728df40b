/* Conflicts of fields with everything behind them, and one person in two communes. */
#include "hub/command_priv.h"
#include "hub/command_pair.h"

#include <sodium.h>
#include <string.h>

/* ---- who wrote a version ---- */

static enum err hub_author_row(void *ctx, const struct hub_set *set)
{
    json_t *j = ctx;
    const struct change_head *h = &set->view->head;
    json_object_set_new(j, "unit", json_string(set->unit));
    json_object_set_new(j, "person", hub_json_hex(BYTES_OF(h->person.b)));
    json_object_set_new(j, "at", hub_json_time((int64_t)(h->hlc >> 16)));
    json_object_set_new(j, "received", hub_json_time(set->received_ms));
    json_object_set_new(j, "position", json_integer((json_int_t)set->position));
    json_object_set_new(j, "seq", json_integer((json_int_t)h->seq));
    return ERR_OK;
}

static enum err hub_author(struct hub_app *a, const struct id_version *v, json_t *j)
{
    enum err e = hub_store_set(a->store, v, hub_author_row, j);
    const char *unit = hub_request_str(j, "unit");
    if (unit != NULL)
        json_object_set_new(j, "unit_name",
                            json_string(strcmp(unit, a->identity.unit) == 0
                                            ? a->identity.unit_name
                                            : hub_unit_name(a, unit)));
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- one field ---- */

static enum err hub_conflict_heads(struct hub_app *a, const struct fold *f,
                                   const struct fold_register *r, json_t *list)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < r->count && e == ERR_OK; i++) {
        json_t *h = json_pack("{s:I, s:o}", "n", (json_int_t)i + 1, "value",
                              hub_json_value(r->heads[i].value));
        e = hub_author(a, &f->sets[r->heads[i].set].version, h);
        json_array_append_new(list, h);
    }
    return e;
}

static enum err hub_conflict_base(struct hub_app *a, const struct id_record *rid,
                                  const struct fold *f, const struct fold_register *r, json_t *j)
{
    struct buf value;
    struct id_version version;
    buf_init(&value, 2 * CHANGE_VALUE_BYTES_MAX);
    enum err e = hub_store_base(a->store, rid, f, r, &value, &version);
    if (e == ERR_OK) {
        json_t *b = json_pack("{s:o}", "value", hub_json_value(buf_bytes(&value)));
        e = hub_author(a, &version, b);
        json_object_set_new(j, "base", b);
    } else if (e == ERR_NOT_FOUND) {
        json_object_set_new(j, "base", json_null());
        e = ERR_OK;
    }
    buf_free(&value);
    return e;
}

static enum err hub_conflict_field(struct hub_app *a, const struct id_record *rid,
                                   const struct fold *f, const struct fold_register *r,
                                   const struct catalogue_type *t, json_t *fields)
{
    const struct catalogue_field *field = t != NULL ? catalogue_field_by_no(t, r->field) : NULL;
    json_t *heads = json_array();
    json_t *j = json_pack("{s:s, s:s, s:o}", "field",
                          r->field == 0   ? HUB_FIELD_EXISTENCE
                          : field != NULL ? field->name
                                          : "?",
                          "label", field != NULL ? field->label_vi : "Xóa hồ sơ", "heads", heads);
    json_array_append_new(fields, j);
    enum err e = hub_conflict_heads(a, f, r, heads);
    return e == ERR_OK ? hub_conflict_base(a, rid, f, r, j) : e;
}

/* ---- one record ---- */

struct hub_conflicts {
    struct hub_app *app;
    struct fold fold;
    json_t *rows;
    const struct id_record *only;
    const char *unit, *type; /* NULL: all */
};

static json_t *hub_conflict_label(const struct fold *f, const struct catalogue_type *t)
{
    struct record_cell cells[CATALOGUE_FIELDS_MAX];
    if (t == NULL) return json_null();
    record_cells(f, t, cells);
    for (size_t i = 0; i < t->field_count; i++) { /* its first text: the name */
        if (cells[i].set && t->fields[i].kind == CATALOGUE_TEXT)
            return hub_json_value(cells[i].value);
    }
    return json_null();
}

/* Why it is deleted, in words too. */
static void hub_conflict_reason(const struct fold *f, const struct catalogue *c, json_t *row)
{
    size_t n = 0;
    const struct catalogue_choice *v = c != NULL ? catalogue_choices(c, &n) : NULL;
    hub_show_reason(f, row);
    const char *reason = hub_request_str(row, "reason");
    for (size_t i = 0; reason != NULL && i < n; i++) {
        if (strcmp(v[i].list, "delete_reason") != 0 || strcmp(v[i].value, reason) != 0) continue;
        json_object_set_new(row, "reason_vi", json_string(v[i].label_vi));
        json_object_set_new(row, "reason_en", json_string(v[i].label_en));
    }
}

static enum err hub_conflict_row(void *ctx, const struct hub_record_row *r)
{
    struct hub_conflicts *w = ctx;
    struct hub_app *a = w->app;
    const struct catalogue *c = hub_store_catalogue(a->store);
    const struct catalogue_type *t = c != NULL ? catalogue_type_by_no(c, r->type) : NULL;
    const struct fold_rules *rules = hub_store_rules(a->store);
    if (w->only != NULL && !ID_EQUAL(w->only, &r->rid)) return ERR_OK;
    if (w->unit != NULL && strcmp(w->unit, r->unit) != 0) return ERR_OK;
    if (w->type != NULL && (t == NULL || strcmp(w->type, t->name) != 0)) return ERR_OK;
    fold_clear(&w->fold);
    enum err e = fold_load(&w->fold, r->state);
    if (e != ERR_OK) return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
    json_t *fields = json_array();
    json_t *row = json_pack("{s:o, s:s, s:s, s:s, s:o, s:o}", "id",
                            hub_json_hex(BYTES_OF(r->rid.b)), "type", t != NULL ? t->name : "?",
                            "unit", r->unit, "unit_name", hub_unit_name(a, r->unit), "label",
                            hub_conflict_label(&w->fold, t), "fields", fields);
    hub_conflict_reason(&w->fold, c, row);
    json_array_append_new(w->rows, row);
    for (size_t i = 0; i < w->fold.register_count && e == ERR_OK; i++) {
        const struct fold_register *reg = &w->fold.registers[i];
        bool asks =
            reg->field == 0
                ? fold_delete_conflict(&w->fold)
                : fold_register_conflict(reg, rules->policy(rules->ctx, r->type, reg->field));
        if (asks) e = hub_conflict_field(a, &r->rid, &w->fold, reg, t, fields);
    }
    return e;
}

/* ---- pairs ---- */

void hub_pair_id(const struct hub_pair *p, char out[static 2 * HUB_PAIR_ID_BYTES + 1])
{
    uint8_t in[1 + 2 * ID_RECORD_BYTES], h[16];
    bool swap = memcmp(p->a.b, p->b.b, sizeof p->a.b) > 0;
    in[0] = (uint8_t)p->kind;
    memcpy(in + 1, swap ? p->b.b : p->a.b, ID_RECORD_BYTES);
    memcpy(in + 1 + ID_RECORD_BYTES, swap ? p->a.b : p->b.b, ID_RECORD_BYTES);
    crypto_generichash(h, sizeof h, in, sizeof in, NULL, 0);
    id_hex(bytes_make(h, HUB_PAIR_ID_BYTES), out);
}

struct hub_pairs {
    struct hub_app *app;
    json_t *rows;
    const char *only; /* a pair's id; NULL: all */
    const char *unit; /* of one of the two; NULL: all */
};

static enum err hub_pair_row(void *ctx, const struct hub_pair *p)
{
    struct hub_pairs *w = ctx;
    char id[2 * HUB_PAIR_ID_BYTES + 1];
    hub_pair_id(p, id);
    if (w->only != NULL && strcmp(w->only, id) != 0) return ERR_OK;
    if (w->unit != NULL && strcmp(w->unit, p->unit_a) != 0 && strcmp(w->unit, p->unit_b) != 0)
        return ERR_OK;
    json_t *j =
        json_pack("{s:s, s:s, s:b, s:I, s:o, s:s, s:s, s:o, s:s, s:s}", "id", id, "why",
                  p->kind == HUB_PAIR_IDENTITY ? "same_national_id" : "looks_alike", "inside",
                  strcmp(p->unit_a, p->unit_b) == 0, "score", (json_int_t)p->score, "a",
                  hub_json_hex(BYTES_OF(p->a.b)), "unit_a", p->unit_a, "unit_a_name",
                  hub_unit_name(w->app, p->unit_a), "b", hub_json_hex(BYTES_OF(p->b.b)), "unit_b",
                  p->unit_b, "unit_b_name", hub_unit_name(w->app, p->unit_b));
    return json_array_append_new(w->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

/* Name and birth date of both, so that the officer can compare. Outside the walk over pairs. */
static enum err hub_pair_persons(struct hub_app *a, json_t *rows)
{
    static const char *const sides[2][2] = {{"a", "person_a"}, {"b", "person_b"}};
    for (size_t i = 0; i < 2 * json_array_size(rows); i++) {
        json_t *j = json_array_get(rows, i / 2);
        json_t *q = json_pack("{s:s}", "id", hub_request_str(j, sides[i % 2][0]));
        json_t *r = hub_record_json(a, q); /* noted as read by the caller */
        json_decref(q);
        if (r == NULL) return ERR_NOMEM;
        json_object_set(j, sides[i % 2][1], json_object_get(r, "values"));
        json_decref(r);
    }
    return ERR_OK;
}

/* ---- the answer ---- */

/* What the answer shows of records: values in conflict, names and birth dates of pairs. */
static void hub_conflicts_read(struct hub_app *a, const json_t *request, const json_t *conflicts,
                               const json_t *pairs)
{
    json_t *rows = json_array();
    json_array_extend(rows, (json_t *)(uintptr_t)conflicts);
    for (size_t i = 0; i < json_array_size(pairs); i++) {
        const json_t *p = json_array_get(pairs, i);
        json_array_append_new(rows, json_pack("{s:O}", "id", json_object_get(p, "a")));
        json_array_append_new(rows, json_pack("{s:O}", "id", json_object_get(p, "b")));
    }
    hub_reads_note_rows(a, request, "conflicts", rows);
    json_decref(rows);
}

/* Records in conflict, and pairs; of both, or one of either; of a unit, or of a type. */
static enum err hub_conflicts_find(struct hub_app *a, const json_t *request,
                                   const struct id_record *record, const char *pair, json_t *rows,
                                   json_t *pairs)
{
    const char *unit = hub_request_str(request, "unit"), *type = hub_request_str(request, "type");
    struct hub_conflicts w = {.app = a, .rows = rows, .only = record, .unit = unit, .type = type};
    struct hub_pairs p = {.app = a, .rows = pairs, .only = pair, .unit = unit};
    bool persons = record == NULL && (type == NULL || strcmp(type, "person") == 0);
    enum err e = fold_init(&w.fold);
    if (e != ERR_OK) return e;
    if (pair == NULL) e = hub_store_conflicts(a->store, hub_conflict_row, &w);
    if (e == ERR_OK && persons) e = hub_store_pairs(a->store, hub_pair_row, &p);
    if (e == ERR_OK) e = hub_pair_persons(a, pairs);
    fold_free(&w.fold);
    return e;
}

json_t *hub_command_conflicts(struct hub_app *a, const json_t *request)
{
    struct id_record only;
    json_t *rows = json_array(), *pairs = json_array();
    const char *id = hub_request_str(request, "id");
    bool pair = id != NULL && strlen(id) == 2 * HUB_PAIR_ID_BYTES;
    enum err e = id != NULL && !pair ? hub_request_id(request, "id", &only) : ERR_OK;
    if (e == ERR_OK)
        e = hub_conflicts_find(a, request, id != NULL && !pair ? &only : NULL, pair ? id : NULL,
                               rows, pairs);
    if (e == ERR_OK) hub_conflicts_read(a, request, rows, pairs);
    if (e == ERR_OK && id != NULL && json_array_size(rows) + json_array_size(pairs) == 0)
        e = ERR_NOT_FOUND;
    json_t *j = e == ERR_OK          ? json_pack("{s:O, s:O}", "conflicts", rows, "pairs", pairs)
                : e != ERR_NOT_FOUND ? hub_command_fail(e)
                : pair ? hub_command_error(e, "Không có cặp nào mang mã này chờ quyết định.",
                                           "No pair with this id waits for a decision.")
                       : hub_command_error(e, "Hồ sơ này không có xung đột.",
                                           "This record has no conflict.");
    json_decref(rows);
    json_decref(pairs);
    return j;
}
