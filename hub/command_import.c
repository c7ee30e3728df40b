/* Import: all rows of a request in one transaction. What a row is of, and why it is refused, is told. */
#include "hub/command_priv.h"

#include "common/text.h"
#include "hub/store_desk.h"
#include "proto/entry_called.h"
#include "proto/entry_list.h"

#include <stdio.h>

enum {
    HUB_TWINS_ROWS_MAX = 1000, /* new rows of a trial that are looked for; each walks a table */
    HUB_TWINS_NAMED_MAX = 5,   /* records that are named for one row */
};

struct hub_import {
    struct hub_edit edit;
    struct hub_own_set set;
    struct buf memory;
    uint64_t created, edited, unchanged;
    bool dry; /* only look: nothing is saved */
    json_t *bad;
    json_t *kept;           /* values of locked fields, which stay */
    struct entry_list list; /* what its rows said */
    bool same;              /* rows are of the records that their numbers find */
    json_t *twins; /* of new rows, where it only looks: records that have all of their values */
    size_t looked; /* rows that were looked for */
    bool some;     /* there were more */
};

static bool hub_row_error(enum err e)
{
    return e == ERR_BAD_VALUE || e == ERR_BAD_INPUT || e == ERR_TOO_LARGE || e == ERR_NOT_FOUND ||
           e == ERR_DENIED;
}

static void hub_import_bad(struct hub_import *m, const json_t *row, size_t index, enum err e,
                           const struct entry_why *why)
{
    bool said = why->vi[0] != '\0';
    json_array_append_new(
        m->bad, json_pack("{s:I, s:s, s:s, s:s, s:I, s:b, s:b, s:s*}", "line",
                          json_integer_value(json_object_get(row, "line")), "column",
                          why->field != NULL ? why->field->name : "", "vi",
                          said ? why->vi : err_text_vi(e), "en", said ? why->en : err_text_en(e),
                          "row", (json_int_t)index, "confirm", (int)why->confirm, "same",
                          (int)why->same, "record", why->record[0] != '\0' ? why->record : NULL));
}

/* What `put` refuses an import refuses too. */
static enum err hub_import_allowed(struct hub_app *a, const json_t *row, struct entry_why *why)
{
    json_t *j = hub_register_refuses(a, row);
    if (j == NULL) return ERR_OK;
    snprintf(why->vi, sizeof why->vi, "%s", json_string_value(json_object_get(j, "vi")));
    snprintf(why->en, sizeof why->en, "%s", json_string_value(json_object_get(j, "en")));
    json_decref(j);
    return ERR_DENIED;
}

/* Find the record of the district that has the row's number. *key: the field by which it was found, NULL: none was;
 * *mark: of the row's number or id, 0: it has neither. */
static enum err hub_import_find(struct hub_import *m, const json_t *row, struct entry_form *form,
                                const struct catalogue_field **key, uint64_t *mark,
                                struct entry_why *why)
{
    struct hub_app *a = m->edit.app;
    struct bytes text = {NULL, 0};
    struct id_record found[2];
    size_t i = 0, count = 0;
    bool named = hub_request_str(row, "id") != NULL;
    *key = NULL;
    *mark = named ? entry_list_key(form->type, BYTES_OF(form->rid.b)) : 0;
    while (i < form->count && form->values[i].field->identity != CATALOGUE_IDENTITY_NUMBER)
        i++;
    if (i == form->count || text_trim(form->values[i].typed).len == 0) return ERR_OK;
    const struct catalogue_field *f = form->values[i].field;
    enum err e = entry_clean(&m->edit.entry, hub_store_catalogue(a->store), f,
                             form->values[i].typed, &text, why);
    if (e != ERR_OK) return e;
    *mark = entry_list_key(form->type, text);
    if (named) return ERR_OK;
    e = hub_store_own_number(a->store, f, form->type->no, text, found, &count);
    if (e != ERR_OK || count == 0) return e;
    why->field = f;
    if (count > 1) {
        snprintf(why->vi, sizeof why->vi,
                 "Có nhiều hồ sơ trùng giá trị này: hãy ghi mã hồ sơ vào cột id.");
        snprintf(why->en, sizeof why->en,
                 "Several records have this value: give the record id in column id.");
        return ERR_BAD_VALUE;
    }
    form->rid = found[0];
    *key = f;
    return ERR_OK;
}

/* Is it a row of the record that its number found, and does it say what rows above it say of that number? */
static enum err hub_import_same(struct hub_import *m, const json_t *row, struct entry_form *form,
                                struct entry_why *why)
{
    const struct catalogue *c = hub_store_catalogue(m->edit.app->store);
    const struct catalogue_field *key = NULL;
    uint64_t mark = 0;
    enum err e = hub_import_find(m, row, form, &key, &mark, why);
    if (e == ERR_OK) e = entry_list_row(&m->list, &m->edit.entry, c, form, mark, why);
    if (e == ERR_OK && key != NULL) e = hub_edit_load(&m->edit, &form->rid);
    if (e != ERR_OK || key == NULL) return e;
    return entry_list_person(&m->list, &m->edit.entry, c, &m->edit.fold, form, key, why);
}

/* The list was imported before, or somebody typed it: a question, never a refusal. */
static enum err hub_import_twins(struct hub_import *m, const struct catalogue_type *t,
                                 const json_t *row)
{
    struct id_record found[HUB_TWINS_NAMED_MAX];
    size_t count = 0;
    m->some = m->some || m->looked == HUB_TWINS_ROWS_MAX;
    if (m->some) return ERR_OK;
    m->looked++;
    enum err e =
        hub_store_twins(m->edit.app->store, t, &m->edit.fold, found, HUB_TWINS_NAMED_MAX, &count);
    if (e != ERR_OK || count == 0) return e;
    json_t *records = json_array();
    for (size_t i = 0; i < count; i++) {
        char hex[2 * ID_RECORD_BYTES + 1];
        id_hex(BYTES_OF(found[i].b), hex);
        json_t *record = json_pack("{s:s, s:s}", "type", t->name, "id", hex);
        if (record != NULL) hub_titles_add(m->edit.app, record, t->sensitivity >= HUB_CLASS_MASKED);
        json_array_append_new(records, record);
    }
    json_t *j = json_pack("{s:O, s:o}", "line", json_object_get(row, "line"), "records", records);
    return json_array_append_new(m->twins, j) == 0 ? ERR_OK : ERR_NOMEM;
}

/* Among the records that were there before the list. */
static enum err hub_import_called(void *ctx, const struct entry_called *called,
                                  struct id_record out[static 2], size_t *found)
{
    return hub_store_called(ctx, called, out, 2, found);
}

static enum err hub_import_row(struct hub_import *m, const json_t *row, size_t index)
{
    struct entry_value values[ENTRY_FIELDS_MAX];
    char refs[ENTRY_FIELDS_MAX][ENTRY_CALLED_ID_ROOM];
    struct entry_form form;
    struct entry_why why = {.field = NULL};
    struct entry_op op;
    m->list.confirmed = m->same || json_is_true(json_object_get(row, "confirm_same"));
    enum err e = hub_import_allowed(m->edit.app, row, &why);
    if (e == ERR_OK) e = hub_form_read(m->edit.app, row, &form, values, &m->memory, &why);
    if (e == ERR_OK)
        e = entry_called_values(&m->edit.entry, hub_store_catalogue(m->edit.app->store), values,
                                form.count, refs, hub_import_called, m->edit.app->store, &why);
    if (e == ERR_OK) e = hub_import_same(m, row, &form, &why);
    size_t said = e == ERR_OK ? form.count : 0;
    if (e == ERR_OK) e = hub_locks_keep(&m->edit, row, &form, values, m->kept, &why);
    op = (struct entry_op){.changed = false};
    if (e == ERR_OK && (form.count > 0 || said == 0))
        e = hub_edit_append(&m->edit, &form, m->dry ? NULL : &m->set, &op, &why);
    if (hub_row_error(e)) {
        hub_import_bad(m, row, index, e, &why);
        return ERR_OK;
    }
    if (e != ERR_OK) return e;
    switch (entry_list_did(&m->list, &op, m->dry)) {
    case ENTRY_LIST_UNCHANGED: m->unchanged++; break;
    case ENTRY_LIST_CREATED: m->created++; break;
    case ENTRY_LIST_EDITED: m->edited++; break;
    }
    e = entry_list_taken(&m->list);
    if (e != ERR_OK || !m->dry || !op.changed || op.kind != CHANGE_CREATE) return e;
    return hub_import_twins(m, form.type, row);
}

/* All rows in one transaction: either all that are in order are there, or none. */
static enum err hub_import_rows(struct hub_import *m, const json_t *rows)
{
    struct hub_app *a = m->edit.app;
    enum err e = m->dry ? hub_app_settle(a) : hub_app_begin(a);
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < json_array_size(rows) && e == ERR_OK; i++)
        e = hub_import_row(m, json_array_get(rows, i), i);
    if (m->dry) return e;
    if (e == ERR_OK) return hub_app_commit(a);
    hub_app_abort(a);
    return e;
}

/* Who looked for doubles says what was known then ("known" of a search): another record may have come meanwhile.
 * NULL: none did. */
static json_t *hub_import_stale(struct hub_app *a, const json_t *request,
                                const struct catalogue_type *t)
{
    const json_t *known = json_object_get(request, "known");
    int64_t made = 0;
    if (t == NULL || !json_is_integer(known)) return NULL;
    enum err e = hub_store_made(a->store, t, &made);
    if (e != ERR_OK) return hub_command_fail(e);
    if (made == json_integer_value(known)) return NULL;
    return hub_command_error(
        ERR_STALE,
        "Vừa có hồ sơ khác được thêm vào loại này; các dòng này chưa nhập. Hãy dò trùng lại.",
        "Other records of this type were added meanwhile; these rows were not imported. Look for "
        "doubles again.");
}

json_t *hub_command_import(struct hub_app *a, const json_t *request)
{
    struct hub_import m = {.bad = NULL};
    const struct catalogue *c = hub_store_catalogue(a->store);
    const char *type = hub_request_str(request, "type");
    const struct catalogue_type *t =
        c != NULL && type != NULL ? catalogue_type_by_name(c, type) : NULL;
    int64_t known = 0;
    const json_t *rows = json_object_get(request, "rows");
    if (!json_is_array(rows) || json_array_size(rows) > HUB_COMMAND_ROWS_MAX)
        return hub_command_error(ERR_TOO_LARGE, "Mỗi lần nhập tối đa 5000 dòng.",
                                 "At most 5000 rows an import.");
    json_t *stale = hub_import_stale(a, request, t);
    if (stale != NULL) return stale;
    enum err e = hub_store_project(a->store);
    if (e == ERR_OK) e = hub_edit_init(&m.edit, a);
    if (e != ERR_OK) return hub_command_fail(e);
    m.bad = json_array();
    m.kept = json_array();
    m.twins = json_array();
    buf_init(&m.memory, HUB_VALUES_BYTES_MAX);
    hub_request_person(a, request, &m.set.person);
    m.dry = json_is_true(json_object_get(request, "dry"));
    m.edit.asks = hub_request_asks(request);
    m.same = json_is_true(json_object_get(request, "confirm_same"));
    e = hub_import_rows(&m, rows);
    bool told = e == ERR_OK && t != NULL && hub_store_made(a->store, t, &known) == ERR_OK;
    json_t *j = e != ERR_OK
                    ? hub_command_fail(e)
                    : json_pack("{s:I, s:I, s:I, s:b, s:I, s:O, s:I, s:O}", "created",
                                (json_int_t)m.created, "edited", (json_int_t)m.edited, "unchanged",
                                (json_int_t)m.unchanged, "dry", (int)m.dry, "bad_rows",
                                (json_int_t)json_array_size(m.bad), "bad", m.bad, "kept_values",
                                (json_int_t)json_array_size(m.kept), "kept", m.kept);
    if (e == ERR_OK && m.dry) {
        json_object_set(j, "twins", m.twins);
        json_object_set_new(j, "twins_all", json_boolean(!m.some));
    }
    if (told) json_object_set_new(j, "known", json_integer((json_int_t)known));
    json_decref(m.bad);
    json_decref(m.kept);
    json_decref(m.twins);
    buf_free(&m.memory);
    entry_list_free(&m.list);
    hub_edit_free(&m.edit);
    return j;
}
