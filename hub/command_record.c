/* Records that the district writes: one change set of the hub's own log per record. */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "hub/sealed.h"
#include "hub/store_desk.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

bool hub_request_asks(const json_t *request)
{
    const char *verb = hub_request_str(request, "verb");
    bool typed = verb != NULL && (strcmp(verb, "put") == 0 || strcmp(verb, "import") == 0);
    return typed && !json_is_true(json_object_get(request, "confirm_dates"));
}

/* ---- one op ---- */

enum err hub_edit_init(struct hub_edit *h, struct hub_app *a)
{
    *h = (struct hub_edit){.app = a};
    buf_init(&h->state, FOLD_STATE_BYTES_MAX);
    enum err e = entry_init(&h->entry);
    if (e == ERR_OK) e = fold_init(&h->fold);
    if (e != ERR_OK) hub_edit_free(h);
    return e;
}

void hub_edit_free(struct hub_edit *h)
{
    entry_free(&h->entry);
    if (h->fold.private_ != NULL) fold_free(&h->fold);
    buf_free(&h->state);
}

enum err hub_edit_load(struct hub_edit *h, const struct id_record *rid)
{
    fold_clear(&h->fold);
    buf_clear(&h->state);
    h->unit[0] = '\0';
    enum err e = hub_store_record(h->app->store, rid, &h->state, NULL, h->unit, NULL);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK) e = fold_load(&h->fold, buf_bytes(&h->state));
    return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
}

static enum err hub_edit_check(void *ctx, const struct catalogue_type *type, const struct fold *f,
                               const struct catalogue_field **bad, struct catalogue_why *why)
{
    struct hub_edit *h = ctx;
    enum err e = hub_store_try_record(h->app->store, type, f, bad, why);
    return e == ERR_OK ? hub_target_check(hub_store_catalogue(h->app->store), type, f, bad, why)
                       : e;
}

static enum err hub_edit_type(void *ctx, const struct id_record *rid, unsigned *type)
{
    struct hub_edit *h = ctx;
    return hub_store_record(h->app->store, rid, NULL, type, NULL, NULL);
}

/* The op of a form, as a draft: what only somebody who saves it is told is not looked at, and nothing is sealed. */
static enum err hub_edit_make(struct hub_edit *h, const struct entry_form *form, bool draft,
                              struct entry_op *op, struct entry_why *why)
{
    struct hub_app *a = h->app;
    struct entry_rules rules = {.catalogue = hub_store_catalogue(a->store),
                                .fold = hub_store_rules(a->store),
                                .check = hub_edit_check,
                                .seal = draft ? NULL : hub_sealed_writes,
                                .ctx = h,
                                .side = CATALOGUE_SIDE_HUB};
    *why = (struct entry_why){.field = NULL};
    struct entry_value values[ENTRY_FIELDS_MAX];
    struct entry_form meant = *form;
    enum err e = rules.catalogue != NULL ? hub_edit_load(h, &form->rid) : ERR_NOT_READY;
    if (e == ERR_OK && form->action == ENTRY_SAVE && form->count <= ENTRY_FIELDS_MAX) {
        hub_sealed_unmask(&h->fold, form, values, &meant.count);
        meant.values = values;
    }
    *op = (struct entry_op){.rid = form->rid};
    bool masked = meant.count == 0 && form->count > 0 && form->lock_count == 0;
    if (e == ERR_OK && masked) return ERR_OK; /* all as it was */
    if (e == ERR_OK) e = entry_make(&h->entry, &rules, &h->fold, &meant, op, why);
    if (e == ERR_OK) e = entry_refs(&h->entry, rules.catalogue, &meant, op, hub_edit_type, h, why);
    return e == ERR_OK && form->action == ENTRY_SAVE && !draft ? hub_doubt(h, form->type, op, why)
                                                               : e;
}

enum err hub_edit_draft(struct hub_edit *h, const struct entry_form *form, struct entry_op *op,
                        struct entry_why *why)
{
    return hub_edit_make(h, form, true, op, why);
}

enum err hub_edit_append(struct hub_edit *h, const struct entry_form *form,
                         const struct hub_own_set *like, struct entry_op *op, struct entry_why *why)
{
    struct hub_app *a = h->app;
    enum err e = hub_edit_make(h, form, false, op, why);
    if (e != ERR_OK || !op->changed || like == NULL) return e;
    struct hub_own_set set = *like;
    set.payloads = &op->payload;
    set.count = 1;
    return hub_own_append(a->store, &a->keys, &set, clock_wall_ms(), NULL);
}

/* Why it is deleted, in a set before the delete. ERR_BAD_INPUT with words when nobody says why. */
static enum err hub_edit_reason(struct hub_edit *h, const json_t *request,
                                const struct entry_form *form, const struct hub_own_set *like,
                                struct entry_why *why)
{
    struct hub_app *a = h->app;
    struct entry_op op;
    struct entry_form meant = {.action = ENTRY_REASON, .rid = form->rid};
    const struct catalogue *c = hub_store_catalogue(a->store);
    const char *reason = hub_request_str(request, "reason");
    if (form->action != ENTRY_DELETE) return ERR_OK;
    enum err e = c != NULL ? hub_edit_load(h, &form->rid) : ERR_NOT_READY;
    if (e != ERR_OK || h->fold.type == 0) return e; /* no such record: the delete says so */
    if (fold_deleted(&h->fold) && !fold_delete_conflict(&h->fold)) return ERR_OK;
    if (reason == NULL) return entry_reason_needed(c, &h->fold, why);
    meant.reason = bytes_str(reason);
    return hub_edit_append(h, &meant, like, &op, why);
}

/* Is the record still the one that was shown? */
static enum err hub_edit_base(struct hub_edit *h, const json_t *request,
                              const struct id_record *rid, struct entry_why *why)
{
    uint8_t base[16], version[16];
    const char *hex = hub_request_str(request, "base");
    if (hex == NULL) return ERR_OK;
    enum err e = id_unhex(hex, base, sizeof base);
    if (e == ERR_OK) e = hub_edit_load(h, rid);
    if (e != ERR_OK) return e;
    fold_version(&h->fold, version);
    if (memcmp(base, version, sizeof base) == 0) return ERR_OK;
    snprintf(why->vi, sizeof why->vi, "%s",
             "Hồ sơ đã thay đổi sau khi mở; chưa ghi gì. Hãy mở lại, xem giá trị mới rồi sửa.");
    snprintf(why->en, sizeof why->en, "%s",
             "The record changed since it was opened; nothing was saved. Open it again and edit "
             "what it says now.");
    return ERR_STALE;
}

json_t *hub_edit_one(struct hub_app *a, const json_t *request, const struct entry_form *form)
{
    struct hub_edit h;
    struct entry_op op;
    struct entry_why why = {.field = NULL};
    struct hub_own_set set = {.count = 1};
    hub_request_person(a, request, &set.person);
    enum err e = hub_store_project(a->store);
    if (e == ERR_OK) e = hub_edit_init(&h, a);
    if (e != ERR_OK) return hub_command_fail(e);
    h.asks = hub_request_asks(request);
    e = hub_app_begin(a);
    if (e == ERR_OK) {
        e = hub_edit_base(&h, request, &form->rid, &why);
        if (e == ERR_OK) e = hub_edit_reason(&h, request, form, &set, &why);
        if (e == ERR_OK) e = hub_edit_append(&h, form, &set, &op, &why);
        if (e == ERR_OK)
            e = hub_app_commit(a);
        else
            hub_app_abort(a);
    }
    static const char *const words[] = {"created", "edited", "deleted"};
    json_t *j = e != ERR_OK ? hub_command_why(e, &why)
                            : json_pack("{s:o, s:s, s:b}", "id", hub_json_hex(BYTES_OF(op.rid.b)),
                                        "result", op.changed ? words[op.kind] : "unchanged",
                                        "saved", (int)op.changed);
    if (e == ERR_OK) hub_locks_written(&h, &op, j);
    if (e == ERR_OK) hub_referring_said(a, &op, j);
    hub_edit_free(&h);
    return j;
}

/* ---- values ---- */

static enum err hub_value_text(const json_t *v, struct buf *out)
{
    switch (json_typeof(v)) {
    case JSON_STRING: buf_add(out, json_string_value(v), json_string_length(v)); return out->e;
    case JSON_INTEGER: buf_printf(out, "%lld", (long long)json_integer_value(v)); return out->e;
    case JSON_REAL: buf_printf(out, "%.15g", json_real_value(v)); return out->e;
    case JSON_TRUE: buf_add_str(out, "1"); return out->e;
    case JSON_FALSE: buf_add_str(out, "0"); return out->e;
    case JSON_NULL: return ERR_OK;
    case JSON_ARRAY:
        for (size_t i = 0; i < json_array_size(v); i++) {
            const json_t *item = json_array_get(v, i);
            if (!json_is_string(item)) return ERR_BAD_VALUE;
            if (i > 0) buf_add_str(out, ";");
            buf_add(out, json_string_value(item), json_string_length(item));
        }
        return out->e;
    case JSON_OBJECT: break;
    }
    return ERR_BAD_VALUE;
}

static enum err hub_values_say(struct entry_why *why, const char *name, const char *vi,
                               const char *en)
{
    snprintf(why->vi, sizeof why->vi, "%.63s: %s", name, vi);
    snprintf(why->en, sizeof why->en, "%.63s: %s", name, en);
    return ERR_BAD_VALUE;
}

enum err hub_values_read(const struct catalogue_type *type, const json_t *object,
                         struct entry_value *values, size_t *count, struct buf *memory,
                         struct entry_why *why)
{
    const char *key = NULL;
    json_t *v = NULL;
    buf_clear(memory);
    *count = 0;
    json_object_foreach((json_t *)(uintptr_t)object, key, v)
    {
        const struct catalogue_field *f = catalogue_field_by_name(type, key);
        if (f == NULL)
            return hub_values_say(why, key, "loại hồ sơ này không có trường đó.",
                                  "the type has no such field.");
        if (*count == ENTRY_FIELDS_MAX) return ERR_TOO_LARGE;
        size_t before = memory->len;
        enum err e = hub_value_text(v, memory);
        if (e == ERR_BAD_VALUE)
            return hub_values_say(why, key, "giá trị không đọc được.", "the value is unreadable.");
        if (e != ERR_OK) return e;
        values[(*count)++] = (struct entry_value){f, {NULL, memory->len - before}, false};
    }
    const uint8_t *p = memory->p;
    for (size_t i = 0; i < *count; i++) {
        values[i].typed.p = p;
        if (values[i].typed.len > 0) p += values[i].typed.len;
    }
    return ERR_OK;
}

const struct catalogue_type *hub_record_type(struct hub_app *a, const struct id_record *rid)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    unsigned type = 0;
    enum err e = hub_store_record(a->store, rid, NULL, &type, NULL, NULL);
    return e == ERR_OK && c != NULL ? catalogue_type_by_no(c, type) : NULL;
}

enum err hub_form_read(struct hub_app *a, const json_t *row, struct entry_form *form,
                       struct entry_value *values, struct buf *memory, struct entry_why *why)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    const char *type = hub_request_str(row, "type");
    *form = (struct entry_form){.action = ENTRY_SAVE, .values = values};
    if (c == NULL) return ERR_NOT_READY;
    if (type != NULL) {
        form->type = catalogue_type_by_name(c, type);
    } else if (hub_request_id(row, "id", &form->rid) == ERR_OK) {
        form->type = hub_record_type(a, &form->rid);
    }
    if (form->type == NULL)
        return hub_values_say(why, "type", "không có loại hồ sơ này trong danh mục.",
                              "the catalogue has no such record type.");
    if (hub_request_str(row, "id") == NULL) {
        randombytes_buf(form->rid.b, sizeof form->rid.b);
    } else if (hub_request_id(row, "id", &form->rid) != ERR_OK) {
        return hub_values_say(why, "id", "mã hồ sơ gồm 32 chữ số thập lục phân.",
                              "a record id has 32 hexadecimal digits.");
    }
    return hub_values_read(form->type, json_object_get(row, "values"), values, &form->count, memory,
                           why);
}

/* ---- put ---- */

json_t *hub_command_put(struct hub_app *a, const json_t *request)
{
    struct entry_value values[ENTRY_FIELDS_MAX];
    struct record_lock locks[CATALOGUE_FIELDS_MAX];
    struct entry_form form;
    struct entry_why why = {.field = NULL};
    struct buf memory;
    const char *action = hub_request_str(request, "action");
    if (action != NULL) {
        form = (struct entry_form){.action = strcmp(action, "delete") == 0 ? ENTRY_DELETE
                                                                           : ENTRY_RESTORE};
        if (hub_request_id(request, "id", &form.rid) != ERR_OK)
            return hub_command_error(ERR_BAD_INPUT, "Mã hồ sơ gồm 32 chữ số thập lục phân.",
                                     "A record id has 32 hexadecimal digits.");
        return hub_edit_one(a, request, &form);
    }
    json_t *j = hub_register_refuses(a, request);
    if (j != NULL) return j;
    buf_init(&memory, HUB_VALUES_BYTES_MAX);
    enum err e = hub_form_read(a, request, &form, values, &memory, &why);
    form.locks = locks;
    if (e == ERR_OK) e = hub_locks_read(request, form.type, locks, &form.lock_count, &why);
    j = e == ERR_OK ? hub_edit_one(a, request, &form) : hub_command_why(e, &why);
    buf_free(&memory);
    return j;
}
