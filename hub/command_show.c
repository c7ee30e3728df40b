/* Records as the district reads them. */
#include "hub/command_priv.h"

static json_t *hub_show_choices(const struct fold *f, unsigned field)
{
    struct bytes elements[CATALOGUE_SET_MAX];
    size_t n = record_elements(f, field, elements, CATALOGUE_SET_MAX);
    json_t *a = json_array();
    for (size_t i = 0; i < n && i < CATALOGUE_SET_MAX; i++)
        json_array_append_new(a, hub_json_text(elements[i]));
    return a;
}

json_t *hub_show_values(const struct fold *f, const struct catalogue_type *t)
{
    struct record_cell cells[CATALOGUE_FIELDS_MAX];
    json_t *values = json_object();
    record_cells(f, t, cells);
    for (size_t i = 0; i < t->field_count; i++) {
        const struct catalogue_field *field = &t->fields[i];
        if (!cells[i].set) continue;
        json_object_set_new(values, field->name,
                            field->kind == CATALOGUE_CHOICES ? hub_show_choices(f, field->no)
                                                             : hub_json_value(cells[i].value));
    }
    return values;
}

void hub_show_reason(const struct fold *f, json_t *j)
{
    struct bytes reason = record_reason(f);
    if (fold_deleted(f) && reason.len > 0) json_object_set_new(j, "reason", hub_json_text(reason));
}

static json_t *hub_show_record(struct hub_app *a, const struct fold *f, const struct id_record *rid,
                               const char *unit, uint64_t position)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    const struct catalogue_type *t = c != NULL ? catalogue_type_by_no(c, f->type) : NULL;
    json_t *j = json_pack("{s:o, s:s, s:s, s:I, s:b, s:I, s:o}", "id",
                          hub_json_hex(BYTES_OF(rid->b)), "type", t != NULL ? t->name : "?", "unit",
                          unit, "position", (json_int_t)position, "deleted", (int)fold_deleted(f),
                          "conflicts", (json_int_t)fold_conflicts(f, hub_store_rules(a->store)),
                          "values", t != NULL ? hub_show_values(f, t) : json_object());
    hub_show_reason(f, j);
    hub_locks_json(f, t, j);
    return j;
}

json_t *hub_record_json(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    struct fold f;
    struct buf state;
    uint64_t position = 0;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    if (hub_request_id(request, "id", &rid) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Mã hồ sơ gồm 32 chữ số thập lục phân.",
                                 "A record id has 32 hexadecimal digits.");
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = fold_init(&f);
    if (e != ERR_OK) return hub_command_fail(e);
    e = hub_store_record(a->store, &rid, &state, NULL, unit, &position);
    if (e == ERR_OK) e = fold_load(&f, buf_bytes(&state));
    json_t *j = e == ERR_OK          ? hub_show_record(a, &f, &rid, unit, position)
                : e == ERR_NOT_FOUND ? hub_command_error(e, "Không có hồ sơ này ở trung tâm.",
                                                         "There is no such record at the hub.")
                                     : hub_command_fail(e);
    if (e == ERR_OK) {
        uint8_t version[16];
        fold_version(&f, version);
        json_object_set_new(j, "version", hub_json_hex(BYTES_OF(version)));
    }
    fold_free(&f);
    buf_free(&state);
    return j;
}

json_t *hub_command_get(struct hub_app *a, const json_t *request)
{
    json_t *j = hub_record_json(a, request);
    if (hub_command_error_of(j) != ERR_OK) return j;
    json_t *rows = json_pack("[O]", j);
    hub_reads_note_rows(a, request, "get", rows);
    json_decref(rows);
    hub_titles_add(a, j, false);
    return j;
}

/* ---- list ---- */

struct hub_listing {
    struct hub_app *app;
    json_t *rows;
    struct fold fold;
    size_t max;
    bool more;
};

static enum err hub_list_row(void *ctx, const struct hub_record_row *r)
{
    struct hub_listing *l = ctx;
    fold_clear(&l->fold);
    enum err e = fold_load(&l->fold, r->state);
    if (e != ERR_OK) return e;
    if (fold_deleted(&l->fold)) return ERR_OK;
    if (json_array_size(l->rows) == l->max) {
        l->more = true;
        return ERR_AGAIN; /* ends the walk */
    }
    json_array_append_new(l->rows,
                          hub_show_record(l->app, &l->fold, &r->rid, r->unit, r->position));
    return ERR_OK;
}

json_t *hub_command_list(struct hub_app *a, const json_t *request)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    const char *name = hub_request_str(request, "type");
    json_int_t max = json_integer_value(json_object_get(request, "max"));
    struct hub_listing l = {.app = a, .max = HUB_COMMAND_LIST_MAX};
    const struct catalogue_type *t =
        c != NULL && name != NULL ? catalogue_type_by_name(c, name) : NULL;
    if (name != NULL && t == NULL)
        return hub_command_error(ERR_BAD_INPUT, "Không có loại hồ sơ này trong danh mục.",
                                 "The catalogue has no such record type.");
    if (max > 0 && max < (json_int_t)l.max) l.max = (size_t)max;
    enum err e = fold_init(&l.fold);
    if (e != ERR_OK) return hub_command_fail(e);
    l.rows = json_array();
    e = hub_store_records(a->store, t != NULL ? t->no : 0, hub_request_str(request, "unit"),
                          hub_list_row, &l);
    if (e == ERR_AGAIN) e = ERR_OK;
    if (e == ERR_OK) hub_reads_note_rows(a, request, "list", l.rows);
    json_t *j = e == ERR_OK ? json_pack("{s:O, s:b}", "rows", l.rows, "more", (int)l.more)
                            : hub_command_fail(e);
    json_decref(l.rows);
    fold_free(&l.fold);
    return j;
}
