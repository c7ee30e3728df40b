/* put, get, list, history. */
#include "node/command_priv.h"
#include "proto/record.h"
#include "proto/sealed_file.h"
#include "proto/wire.h"

#include <stdio.h>
#include <string.h>

enum { NODE_COMMAND_VALUES_BYTES = 1024 * 1024 };

json_t *node_no_catalogue(void)
{
    return node_command_error(ERR_NOT_READY,
                              "Máy này chưa nhận danh mục: hãy đồng bộ (dongbo-node sync) trước.",
                              "No catalogue has come yet: sync first (dongbo-node sync).", NULL);
}

json_t *node_no_type(const char *name)
{
    char vi[200], en[200];
    snprintf(vi, sizeof vi, "Không có loại hồ sơ \"%.63s\" trong danh mục.", name);
    snprintf(en, sizeof en, "The catalogue has no record type \"%.63s\".", name);
    return node_command_error(ERR_BAD_INPUT, vi, en, NULL);
}

json_t *node_bad_id(void)
{
    return node_command_error(ERR_BAD_INPUT, "Mã hồ sơ phải gồm 32 chữ số thập lục phân.",
                              "A record id has 32 hexadecimal digits.", NULL);
}

/* ---- put ---- */

struct node_put { /* what a put request says */
    struct node_entry_form form;
    struct entry_value values[ENTRY_FIELDS_MAX];
    struct record_lock locks[CATALOGUE_FIELDS_MAX];
    struct buf memory;
    struct id_person person;
    uint8_t base[16];
    bool has_id;
    bool confirmed; /* a day that looks mistyped is as it is */
};

static enum entry_action node_put_action(const json_t *request)
{
    const char *action = node_request_str(request, "action");
    if (action != NULL && strcmp(action, "delete") == 0) return ENTRY_DELETE;
    if (action != NULL && strcmp(action, "restore") == 0) return ENTRY_RESTORE;
    return ENTRY_SAVE;
}

/* NULL: read; else the response that says what is wrong. */
static json_t *node_put_read(struct node_command *c, const json_t *request, struct node_put *p)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *type = node_request_str(request, "type");
    const char *id = node_request_str(request, "id");
    const char *base = node_request_str(request, "base");
    if (cat == NULL) return node_no_catalogue();
    p->form.action = node_put_action(request);
    p->form.type = type != NULL ? catalogue_type_by_name(cat, type) : NULL;
    if (type != NULL && p->form.type == NULL) return node_no_type(type);
    p->has_id = id != NULL;
    if (id != NULL && node_request_id(id, &p->form.rid) != ERR_OK) return node_bad_id();
    if (id == NULL && (p->form.action != ENTRY_SAVE || type == NULL))
        return node_command_error(ERR_USAGE, "Cần loại hồ sơ (--type) hoặc mã hồ sơ (--id).",
                                  "A record type (--type) or a record id (--id) is needed.", NULL);
    if (base != NULL && id_unhex(base, p->base, sizeof p->base) != ERR_OK)
        return node_command_error(ERR_BAD_INPUT, "Mã phiên bản (--base) không đúng.",
                                  "The version (--base) is not one.", NULL);
    p->form.base = base != NULL ? p->base : NULL;
    p->form.clerk = json_is_true(json_object_get(request, "clerk"));
    p->confirmed = json_is_true(json_object_get(request, "confirm_dates"));
    enum err e = node_request_person(c, request, &p->person);
    if (e == ERR_BAD_INPUT)
        return node_command_error(e, "Cần tên người ghi (--person TÊN).",
                                  "The name of who saves is needed (--person NAME).", NULL);
    return e == ERR_OK ? NULL : node_command_fail(e);
}

/* The type of a record that is only named by its id. */
static json_t *node_put_type(struct node_command *c, struct node_put *p)
{
    if (p->form.type != NULL || p->form.action != ENTRY_SAVE) return NULL;
    enum err e = node_store_record_read(c->store, &p->form.rid, &c->entry.record);
    if (e == ERR_NOT_FOUND)
        return node_command_error(e, "Không có hồ sơ này trên máy; để tạo mới cần --type.",
                                  "There is no such record here; to create it give --type.", NULL);
    if (e != ERR_OK) return node_command_fail(e);
    p->form.type =
        catalogue_type_by_no(node_store_catalogue(c->store, NULL), c->entry.record.fold.type);
    if (p->form.type != NULL) return NULL;
    return node_command_error(ERR_BAD_INPUT, "Loại của hồ sơ này không có trong danh mục hiện tại.",
                              "The present catalogue does not have this record's type.", NULL);
}

/* Whoever deletes or restores a record changes nothing in it: a value would be dropped. */
static json_t *node_put_alone(const json_t *request)
{
    if (json_object_size(json_object_get(request, "values")) == 0 &&
        json_array_size(json_object_get(request, "lock")) == 0 &&
        json_array_size(json_object_get(request, "unlock")) == 0)
        return NULL;
    return node_command_error(ERR_USAGE,
                              "Xóa hay khôi phục hồ sơ thì không ghi giá trị, không khóa, mở khóa "
                              "trường; chưa làm gì. Hãy làm hai lần.",
                              "A record is deleted or restored without values and locks; nothing "
                              "was done. Do one after the other.",
                              NULL);
}

static json_t *node_put_values(const json_t *request, struct node_put *p)
{
    struct entry_why why;
    char field[64];
    if (p->form.action != ENTRY_SAVE) return node_put_alone(request);
    enum err e = node_values_read(p->form.type, json_object_get(request, "values"), p->values,
                                  &p->form.count, &p->memory, &why, field);
    p->form.values = p->values;
    bool settle = json_is_true(json_object_get(request, "settle"));
    for (size_t i = 0; e == ERR_OK && i < p->form.count; i++)
        p->values[i].settle = settle;
    p->form.locks = p->locks;
    if (e == ERR_OK) return node_locks_read(request, p->form.type, p->locks, &p->form.lock_count);
    return e == ERR_BAD_VALUE ? node_command_error(e, why.vi, why.en, field) : node_command_fail(e);
}

static json_t *node_put_done(const struct entry_op *op)
{
    static const char *const words[] = {"created", "edited", "deleted"};
    return json_pack("{s:o, s:s, s:b}", "id", node_json_hex(BYTES_OF(op->rid.b)), "result",
                     op->changed ? words[op->kind] : "unchanged", "saved", (int)op->changed);
}

/* One op of the request, a set of its own. */
static enum err node_put_add(struct node_command *c, struct node_put *p, struct node_own *own,
                             struct entry_op *op, struct entry_why *why)
{
    enum err e = node_entry_make(&c->entry, &p->form, op, why);
    if (e == ERR_OK && p->form.action == ENTRY_SAVE)
        e = node_doubt(c, p->form.type, op, &own->tip, p->confirmed, why);
    if (e != ERR_OK || !op->changed) return e;
    struct node_own_set set = {.person = p->person, .payloads = &op->payload, .count = 1};
    return node_own_add(own, &set);
}

/* Why a record is deleted is a set directly before that of the delete (SPEC 4.15): both are saved, or neither.
 * After an error the form's action is that which could not be. */
static enum err node_put_append(struct node_command *c, struct node_put *p, struct entry_op *op,
                                struct entry_why *why)
{
    struct node_own own;
    enum entry_action action = p->form.action;
    bool first = false;
    *why = (struct entry_why){.field = NULL};
    enum err e = node_own_begin(c->store, c->keys, c->wall_ms(), &own);
    if (e != ERR_OK) return e;
    if (!p->has_id) node_own_rid(&own, 0, &p->form.rid);
    if (p->form.reason.p != NULL) {
        p->form.action = ENTRY_REASON;
        e = node_put_add(c, p, &own, op, why);
        first = e == ERR_OK && op->changed;
    }
    if (e == ERR_OK) {
        p->form.action = action;
        e = node_put_add(c, p, &own, op, why);
    }
    if (e == ERR_OK && (first || op->changed)) {
        e = node_own_commit(&own, NULL);
        if (e == ERR_OK && c->saved != NULL) c->saved(c->ctx);
    }
    node_own_free(&own);
    return e;
}

/* Why it is deleted, where it is. NULL: that is said or not needed. */
static json_t *node_put_reason(struct node_command *c, const json_t *request, struct node_put *p)
{
    const char *reason = node_request_str(request, "reason");
    struct entry_why why = {.field = NULL};
    if (p->form.action != ENTRY_DELETE) return NULL;
    enum err e = node_store_record_read(c->store, &p->form.rid, &c->entry.record);
    const struct fold *f = &c->entry.record.fold;
    if (e == ERR_NOT_FOUND) return NULL; /* the delete says so */
    if (e != ERR_OK) return node_command_fail(e);
    if (fold_deleted(f) && !fold_delete_conflict(f)) return NULL; /* nothing is deleted any more */
    if (reason != NULL) {
        p->form.reason = bytes_str(reason);
        return NULL;
    }
    e = entry_reason_needed(node_store_catalogue(c->store, NULL), f, &why);
    return e == ERR_OK ? NULL : node_command_error(e, why.vi, why.en, "reason");
}

static json_t *node_put_save(struct node_command *c, struct node_put *p)
{
    struct entry_op op;
    struct entry_why why;
    enum err e = node_put_append(c, p, &op, &why);
    if (e == ERR_BAD_INPUT && p->form.action == ENTRY_REASON)
        return node_command_error(e, why.vi, why.en, "reason");
    if (e != ERR_OK) return node_command_why(e, &why);
    if (op.changed && node_store_record_read(c->store, &op.rid, &c->entry.record) != ERR_OK)
        return node_command_fail(ERR_STORE);
    json_t *j = node_put_done(&op);
    uint8_t version[16];
    node_store_record_version(&c->entry.record, version);
    if (j != NULL) json_object_set_new(j, "version", node_json_hex(BYTES_OF(version)));
    if (j != NULL) node_locks_written(c, &op, j);
    if (j != NULL) node_referring_said(c, &op, j);
    if (j != NULL) node_alike_said(c, &op, j);
    return j;
}

/* What a workflow owns is refused, unless it is the workflow that asks. */
static json_t *node_put_owned(struct node_command *c, struct node_put *p)
{
    struct entry_why why;
    enum err e = node_owned(c, &p->form, &why);
    if (e == ERR_DENIED) return node_command_error(e, why.vi, why.en, NULL);
    return e == ERR_OK ? NULL : node_command_fail(e);
}

static json_t *node_put(struct node_command *c, const json_t *request, bool workflow)
{
    struct node_put p = {.has_id = false};
    buf_init(&p.memory, NODE_COMMAND_VALUES_BYTES);
    enum err e = node_import_settle(c);
    json_t *j = e != ERR_OK ? node_command_fail(e) : node_put_read(c, request, &p);
    if (j == NULL) j = node_put_type(c, &p);
    if (j == NULL) j = node_put_values(request, &p);
    if (j == NULL && !workflow) j = node_put_owned(c, &p);
    if (j == NULL) j = node_put_reason(c, request, &p);
    if (j == NULL) j = node_put_save(c, &p);
    buf_free(&p.memory);
    return j;
}

json_t *node_command_put(struct node_command *c, const json_t *request)
{
    return node_put(c, request, false);
}

json_t *node_workflow_put(struct node_command *c, const json_t *request)
{
    return node_put(c, request, true);
}

/* ---- get ---- */

/* A sealed text that was not opened is shown by its mark. */
static json_t *node_json_shown(struct bytes text)
{
    char mark[SEALED_MARK_ROOM];
    if (!sealed_is(text, NULL)) return node_json_text(text);
    sealed_mark(text, mark);
    return json_string(mark);
}

json_t *node_json_value(struct bytes value)
{
    struct wire_reader r;
    wire_open(&r, value);
    switch (wire_peek(&r)) {
    case WIRE_BOOL: return json_boolean(wire_get_bool(&r));
    case WIRE_UINT:
    case WIRE_NEGATIVE: return json_integer(wire_get_int(&r));
    case WIRE_STR: return node_json_shown(wire_get_str(&r));
    case WIRE_BIN: {
        struct bytes b = wire_get_bin(&r);
        return b.len <= ID_HASH_BYTES ? node_json_hex(b) : json_null();
    }
    case WIRE_NIL:
    case WIRE_ARRAY:
    case WIRE_END: break;
    }
    return json_null();
}

static json_t *node_json_choices(const struct fold *f, unsigned field)
{
    struct bytes elements[CATALOGUE_SET_MAX];
    size_t n = record_elements(f, field, elements, CATALOGUE_SET_MAX);
    json_t *a = json_array();
    for (size_t i = 0; a != NULL && i < n && i < CATALOGUE_SET_MAX; i++)
        json_array_append_new(a, node_json_text(elements[i]));
    return a;
}

/* All heads of a field in conflict, each with who wrote it, when, and whether the hub has it. */
static json_t *node_json_heads(struct node_command *c, const struct fold *f,
                               const struct fold_register *r)
{
    json_t *a = json_array();
    for (size_t i = 0; r != NULL && a != NULL && i < r->count; i++) {
        const struct fold_set *set = &f->sets[r->heads[i].set];
        char name[NODE_STORE_PERSON_BYTES_MAX + 1] = "";
        if (node_store_person_name(c->store, &set->person, name) != ERR_OK) name[0] = '\0';
        json_t *person =
            name[0] != '\0' ? json_string(name) : node_json_hex(BYTES_OF(set->person.b));
        json_array_append_new(a, json_pack("{s:o, s:o, s:o, s:b}", "value",
                                           node_json_value(r->heads[i].value), "person", person,
                                           "at", node_json_time((int64_t)(set->clock >> 16)),
                                           "pending", (int)(set->position == UINT64_MAX)));
    }
    return a;
}

static void node_json_fields(struct node_command *c, const struct node_store_record *r,
                             const struct catalogue_type *t, json_t *values, json_t *marks)
{
    struct record_cell cells[CATALOGUE_FIELDS_MAX];
    record_cells(&r->fold, t, cells);
    for (size_t i = 0; i < t->field_count; i++) {
        const struct catalogue_field *f = &t->fields[i];
        bool pending = node_store_field_pending(r, f->no);
        if (cells[i].set) {
            json_object_set_new(values, f->name,
                                f->kind == CATALOGUE_CHOICES ? node_json_choices(&r->fold, f->no)
                                                             : node_json_value(cells[i].value));
        }
        if (!pending && !cells[i].conflict) continue;
        json_t *mark =
            json_pack("{s:b, s:b}", "pending", (int)pending, "conflict", (int)cells[i].conflict);
        if (mark != NULL && cells[i].conflict)
            json_object_set_new(mark, "heads", node_json_heads(c, &r->fold, cells[i].reg));
        json_object_set_new(marks, f->name, mark);
    }
}

json_t *node_json_record(struct node_command *c, const struct id_record *rid,
                         const struct node_store_record *r)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const struct catalogue_type *t = cat != NULL ? catalogue_type_by_no(cat, r->fold.type) : NULL;
    uint8_t version[16];
    json_t *values = json_object(), *marks = json_object();
    if (t != NULL) node_json_fields(c, r, t, values, marks);
    node_store_record_version(r, version);
    static const char *const shared[] = {"none", "read", "write"};
    json_t *j = json_pack(
        "{s:o, s:s, s:s, s:b, s:s, s:o, s:b, s:I, s:I, s:I, s:I, s:o, s:o}", "id",
        node_json_hex(BYTES_OF(rid->b)), "type", t != NULL ? t->name : "?", "unit", r->unit,
        "frozen", (int)r->frozen, "shared", shared[r->shared], "version",
        node_json_hex(BYTES_OF(version)), "deleted", (int)fold_deleted(&r->fold), "position",
        (json_int_t)r->position, "pending", (json_int_t)r->pending, "held", (json_int_t)r->held,
        "conflicts", (json_int_t)fold_conflicts(&r->fold, node_store_rules(c->store)), "values",
        values, "marks", marks);
    struct bytes reason = record_reason(&r->fold);
    if (j != NULL && reason.len > 0 && fold_deleted(&r->fold))
        json_object_set_new(j, "reason", node_json_text(reason));
    if (j != NULL) node_locks_json(&r->fold, t, j);
    return j;
}

json_t *node_request_record(struct node_command *c, const json_t *request, struct id_record *rid)
{
    enum err e = node_import_settle(c);
    if (e != ERR_OK) return node_command_fail(e);
    if (node_request_id(node_request_str(request, "id"), rid) != ERR_OK) return node_bad_id();
    e = node_store_record_read(c->store, rid, &c->entry.record);
    if (e == ERR_NOT_FOUND)
        return node_command_error(e, "Không có hồ sơ này trên máy.",
                                  "There is no such record here.", NULL);
    return e == ERR_OK ? NULL : node_command_fail(e);
}

json_t *node_record_get(struct node_command *c, const json_t *request)
{
    struct id_record rid;
    json_t *said = node_request_record(c, request, &rid);
    if (said != NULL) return said;
    enum err e = node_store_record_open(c->store, &rid, &c->entry.record);
    return e == ERR_OK ? node_json_record(c, &rid, &c->entry.record) : node_command_fail(e);
}

void node_json_unkeyed(json_t *row)
{
    json_t *marks = json_object_get(row, "marks");
    json_object_del(json_object_get(row, "values"), SEALED_FILE_FIELD_KEY);
    if (json_object_get(json_object_get(marks, SEALED_FILE_FIELD_KEY), "heads") == NULL)
        json_object_del(marks, SEALED_FILE_FIELD_KEY);
}

json_t *node_command_get(struct node_command *c, const json_t *request)
{
    json_t *j = node_record_get(c, request);
    node_json_unkeyed(j);
    node_refs_lost(c, j);
    return j;
}

/* ---- list ---- */

struct node_listing {
    struct node_command *c;
    json_t *rows;
    struct id_record last;
};

static enum err node_list_each(void *ctx, const struct node_store_row *row)
{
    struct node_listing *l = ctx;
    enum err e = node_store_record_read(l->c->store, &row->rid, &l->c->entry.record);
    if (e == ERR_OK) e = node_store_record_open(l->c->store, &row->rid, &l->c->entry.record);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    json_t *j = node_json_record(l->c, &row->rid, &l->c->entry.record);
    l->last = row->rid;
    return json_array_append_new(l->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

/* "where": {"field": "typed value"}; the cleaned texts live in `texts`. */
static json_t *node_list_where(struct node_command *c, const json_t *where,
                               struct node_store_list *q, struct buf *texts)
{
    const char *key = NULL;
    json_t *v = NULL;
    struct entry_why why;
    size_t lens[NODE_STORE_FILTERS_MAX];
    if (where == NULL) return NULL;
    if (q->type == NULL || json_object_size(where) > NODE_STORE_FILTERS_MAX)
        return node_command_error(ERR_USAGE, "Lọc theo trường cần --type và không quá 8 điều kiện.",
                                  "A filter needs --type, and there are at most 8.", NULL);
    json_object_foreach((json_t *)(uintptr_t)where, key, v)
    {
        const struct catalogue_field *f = catalogue_field_by_name(q->type, key);
        const char *text = json_string_value(v);
        struct bytes clean = {NULL, 0};
        if (f == NULL || text == NULL)
            return node_command_error(ERR_BAD_INPUT, "Không có trường này trong loại hồ sơ.",
                                      "The type has no such field.", key);
        bool blank = text[0] == '\0';
        enum err e = blank ? ERR_OK : node_entry_clean(&c->entry, f, bytes_str(text), &clean, &why);
        if (e != ERR_OK) return node_command_why(e, &why);
        buf_add_bytes(texts, clean);
        lens[q->filter_count] = clean.len;
        q->filters[q->filter_count++].field = f;
    }
    const uint8_t *p = texts->p;
    for (size_t i = 0; i < q->filter_count; i++) {
        q->filters[i].value = bytes_make(p, lens[i]);
        if (lens[i] > 0) p += lens[i];
    }
    return texts->e == ERR_OK ? NULL : node_command_fail(texts->e);
}

static json_t *node_list_read(struct node_command *c, const json_t *request,
                              struct node_store_list *q, struct buf *texts)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *type = node_request_str(request, "type");
    const char *after = node_request_str(request, "after");
    json_int_t max = json_integer_value(json_object_get(request, "max"));
    if (type != NULL && cat == NULL) return node_no_catalogue();
    if (type != NULL) q->type = catalogue_type_by_name(cat, type);
    if (type != NULL && q->type == NULL) return node_no_type(type);
    q->only_conflicts = json_is_true(json_object_get(request, "conflicts"));
    q->only_pending = json_is_true(json_object_get(request, "pending"));
    q->deleted = json_is_true(json_object_get(request, "deleted"));
    q->max = max > 0 && max < (json_int_t)NODE_COMMAND_LIST_MAX ? (size_t)max
                                                                : (size_t)NODE_COMMAND_LIST_MAX;
    if (after != NULL && node_request_id(after, &q->after) != ERR_OK) return node_bad_id();
    q->has_after = after != NULL;
    return node_list_where(c, json_object_get(request, "where"), q, texts);
}

json_t *node_record_list(struct node_command *c, const json_t *request)
{
    struct node_store_list q = {.type = NULL};
    struct node_listing l = {.c = c, .rows = json_array()};
    struct buf texts;
    buf_init(&texts, NODE_COMMAND_VALUES_BYTES);
    enum err e = node_import_settle(c);
    json_t *j = e != ERR_OK ? node_command_fail(e) : node_list_read(c, request, &q, &texts);
    if (j == NULL) {
        e = node_store_list(c->store, &q, node_list_each, &l);
        bool more = e == ERR_OK && json_array_size(l.rows) == q.max;
        if (e != ERR_OK) {
            j = node_command_fail(e);
        } else {
            j = json_pack("{s:O, s:o}", "rows", l.rows, "next",
                          more ? node_json_hex(BYTES_OF(l.last.b)) : json_null());
        }
    }
    json_decref(l.rows);
    buf_free(&texts);
    return j;
}

json_t *node_command_list(struct node_command *c, const json_t *request)
{
    json_t *j = node_record_list(c, request);
    json_t *rows = json_object_get(j, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++)
        node_json_unkeyed(json_array_get(rows, i));
    return j;
}
