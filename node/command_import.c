/*
 * Import: rows come in requests of some hundred; ops are collected into change sets of up to 256 ops, each committed
 * when the next op does not fit. What is collected is held back until then, so that the last set of the import can
 * carry its mark. The answer with "done" is the only one that says everything is saved.
 */
#include "node/command_asof.h"
#include "node/command_twins.h"
#include "node/command_priv.h"
#include "common/text.h"
#include "proto/entry_list.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODE_IMPORT_VALUES_BYTES = 1024 * 1024 };

struct node_import {
    uint64_t id;
    struct id_person person;
    struct node_own own;
    bool open; /* `own` is begun: ops are held back */
    struct buf payloads;
    size_t lens[CHANGE_OPS_MAX];
    struct id_record rids[CHANGE_OPS_MAX];
    uint64_t keys[CHANGE_OPS_MAX]; /* hash of the key's text, 0 = none */
    size_t count;
    unsigned type;         /* of the list, 0: every row says its own */
    uint64_t fresh;        /* ops that are held back and create a record of that type */
    uint64_t sets;         /* saved */
    struct id_record last; /* record of the last saved op */
    struct buf memory;
    uint64_t created, edited, unchanged, bad;
    struct node_asof asof;   /* the day that the list is of, where somebody said */
    uint64_t kept;           /* values that stay: locked, or of a later day */
    json_t *kept_here;       /* those of the request at hand; NULL between two */
    bool dry;                /* only look: nothing is saved */
    struct node_twins twins; /* of new rows, where it only looks */
    bool clerk;              /* who imports is not the unit's leader */
    bool confirmed;          /* days that look mistyped are as they are */
    bool same;               /* rows are of the records that their keys find */
    struct entry_list list;  /* what its rows said */
};

void node_import_free(struct node_command *c)
{
    struct node_import *m = c->import;
    if (m == NULL) return;
    if (m->open) node_own_free(&m->own);
    node_asof_free(&m->asof);
    entry_list_free(&m->list);
    buf_free(&m->payloads);
    buf_free(&m->memory);
    free(m);
    c->import = NULL;
}

/* ---- collecting ops ---- */

static enum err node_import_flush(struct node_command *c, bool last)
{
    struct node_import *m = c->import;
    struct bytes payloads[CHANGE_OPS_MAX];
    const uint8_t *p = m->payloads.p;
    if (m->count == 0) { /* begun and not used: it must not outlive another save */
        if (m->open) node_own_free(&m->own);
        m->open = false;
        return ERR_OK;
    }
    for (size_t i = 0; i < m->count; i++) {
        payloads[i] = bytes_make(p, m->lens[i]);
        p += m->lens[i];
    }
    if (m->dry) {
        node_own_free(&m->own);
        m->open = false;
        m->count = 0;
        m->fresh = 0;
        buf_clear(&m->payloads);
        return ERR_OK;
    }
    struct node_own_set set = {.person = m->person,
                               .payloads = payloads,
                               .count = m->count,
                               .import = m->id,
                               .import_last = last};
    enum err e = node_own_add(&m->own, &set);
    if (e == ERR_OK) e = node_own_commit(&m->own, NULL);
    node_own_free(&m->own);
    m->open = false;
    m->last = m->rids[m->count - 1];
    m->count = 0;
    m->fresh = 0;
    buf_clear(&m->payloads);
    if (e == ERR_OK) m->sets++;
    if (e == ERR_OK && c->saved != NULL) c->saved(c->ctx);
    return e;
}

enum err node_import_settle(struct node_command *c)
{
    return c->import != NULL ? node_import_flush(c, false) : ERR_OK;
}

static enum err node_import_begin_set(struct node_command *c)
{
    struct node_import *m = c->import;
    if (m->open) return ERR_OK;
    enum err e = node_own_begin(c->store, c->keys, c->wall_ms(), &m->own);
    m->open = e == ERR_OK;
    return e;
}

static bool node_import_fits(const struct node_import *m, size_t bytes)
{
    size_t ops = m->count + 1;
    return ops <= CHANGE_OPS_MAX &&
           CHANGE_HEADER_BYTES + ops * CHANGE_ENTRY_BYTES + m->payloads.len + bytes <=
               CHANGE_BYTES_MAX;
}

static bool node_import_held(const struct node_import *m, const struct id_record *rid, uint64_t key)
{
    for (size_t i = 0; i < m->count; i++) {
        if (rid != NULL && ID_EQUAL(&m->rids[i], rid)) return true;
        if (key != 0 && m->keys[i] == key) return true;
    }
    return false;
}

static enum err node_import_collect(struct node_import *m, const struct entry_op *op, uint64_t key)
{
    buf_add_bytes(&m->payloads, op->payload);
    if (m->payloads.e != ERR_OK) return m->payloads.e;
    m->lens[m->count] = op->payload.len;
    m->rids[m->count] = op->rid;
    m->keys[m->count++] = key;
    return ERR_OK;
}

/* ---- one row ---- */

struct node_row { /* of the request */
    const struct catalogue_type *type;
    struct node_entry_form form;
    struct entry_value values[ENTRY_FIELDS_MAX];
    char refs[ENTRY_FIELDS_MAX][ENTRY_CALLED_ID_ROOM];
    const struct catalogue_field *key; /* NULL: none */
    uint64_t key_hash;
    bool named; /* the row gives its id, or its key found a record */
    bool found; /* its key did */
};

static enum err node_row_say(struct entry_why *why, char *field, const char *name, const char *vi,
                             const char *en)
{
    snprintf(field, 64, "%.63s", name);
    snprintf(why->vi, sizeof why->vi, "%s", vi);
    snprintf(why->en, sizeof why->en, "%s", en);
    return ERR_BAD_VALUE;
}

static enum err node_row_read(struct node_command *c, const json_t *row, struct node_row *r,
                              struct entry_why *why, char *field)
{
    const char *type = node_request_str(row, "type");
    const char *id = node_request_str(row, "id");
    r->type =
        type != NULL ? catalogue_type_by_name(node_store_catalogue(c->store, NULL), type) : NULL;
    if (r->type == NULL)
        return node_row_say(why, field, "type", "Không có loại hồ sơ này trong danh mục.",
                            "The catalogue has no such record type.");
    r->form.type = r->type;
    r->named = id != NULL && id[0] != '\0';
    if (r->named && node_request_id(id, &r->form.rid) != ERR_OK)
        return node_row_say(why, field, "id", "Mã hồ sơ phải gồm 32 chữ số thập lục phân.",
                            "A record id has 32 hexadecimal digits.");
    r->form.values = r->values;
    enum err e = node_values_read(r->type, json_object_get(row, "values"), r->values,
                                  &r->form.count, &c->import->memory, why, field);
    return e == ERR_OK ? node_called_values(c, r->values, r->form.count, r->refs, why) : e;
}

/* The key field by name, else the identity field of the type. */
static const struct catalogue_field *node_row_key(const struct node_row *r, const char *name)
{
    if (name != NULL) return catalogue_field_by_name(r->type, name);
    return catalogue_identity_field(r->type, CATALOGUE_IDENTITY_NUMBER);
}

/* Find the record that has this row's key. */
static enum err node_row_find(struct node_command *c, struct node_row *r, struct entry_why *why,
                              char *field)
{
    struct bytes text = {NULL, 0};
    struct id_record found[2];
    size_t i = 0, count = 0;
    while (i < r->form.count && r->values[i].field != r->key)
        i++;
    if (r->key == NULL || i == r->form.count) return ERR_OK;
    if (text_trim(r->values[i].typed).len == 0) return ERR_OK;
    enum err e = node_entry_clean(&c->entry, r->key, r->values[i].typed, &text, why);
    if (e != ERR_OK) return e;
    r->key_hash = entry_list_key(r->type, text);
    if (node_import_held(c->import, NULL, r->key_hash)) e = node_import_flush(c, false);
    if (e == ERR_OK) e = node_store_find(c->store, r->type, r->key, text, found, &count);
    if (e != ERR_OK || r->named) return e;
    if (count > 1)
        return node_row_say(why, field, r->key->name,
                            "Có nhiều hồ sơ trùng giá trị này: hãy ghi mã hồ sơ vào cột id.",
                            "Several records have this value: give the record id in column id.");
    r->named = r->found = count == 1;
    if (r->named) r->form.rid = found[0];
    return ERR_OK;
}

/* Is it a row of the record that its key found, and does it say what rows above it say of that key? */
static enum err node_row_same(struct node_command *c, struct node_row *r, struct entry_why *why)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const struct entry_form form = {
        .type = r->type, .rid = r->form.rid, .values = r->form.values, .count = r->form.count};
    struct entry_list *l = &c->import->list;
    struct entry *n = &c->entry.entry;
    uint64_t key = r->key_hash;
    if (key == 0 && r->named) key = entry_list_key(r->type, BYTES_OF(form.rid.b));
    enum err e = entry_list_row(l, n, cat, &form, key, why);
    if (e != ERR_OK || !r->found) return e;
    e = node_store_record_read(c->store, &form.rid, &c->entry.record);
    if (e != ERR_OK) return e;
    return entry_list_person(l, n, cat, &c->entry.record.fold, &form, r->key, why);
}

static void node_row_count(struct node_import *m, const struct entry_op *op)
{
    switch (entry_list_did(&m->list, op, m->dry)) {
    case ENTRY_LIST_UNCHANGED: m->unchanged++; return;
    case ENTRY_LIST_CREATED: m->created++; return;
    case ENTRY_LIST_EDITED: m->edited++; return;
    }
}

/* The op was made for a derived id (4.6) of this place in the set: after a flush it is another. */
static enum err node_row_op(struct node_command *c, struct node_row *r, struct entry_op *op,
                            struct entry_why *why)
{
    struct node_import *m = c->import;
    enum err e = node_import_begin_set(c);
    if (e != ERR_OK)
        return e; /* in a full set it has no place: it is made again for the next one */
    unsigned place = m->count < CHANGE_OPS_MAX ? (unsigned)m->count : 0;
    if (!r->named) node_own_rid(&m->own, place, &r->form.rid);
    r->form.clerk = c->import->clerk;
    return node_entry_make(&c->entry, &r->form, op, why);
}

/* What is locked, or of a later day than the list, stays: the op is made again without it. */
static enum err node_row_asof(struct node_command *c, const json_t *row, struct node_row *r,
                              struct entry_op *op, struct entry_why *why)
{
    struct node_import *m = c->import;
    size_t before = r->form.count;
    if (!r->named || !op->changed) return ERR_OK;
    enum err e = node_asof_drop(c, &m->asof, op, r->type, r->values, &r->form.count, m->kept_here,
                                json_integer_value(json_object_get(row, "line")));
    if (e != ERR_OK || r->form.count == before) return e;
    if (r->form.count > 0) return node_row_op(c, r, op, why);
    op->changed = false;
    return ERR_OK;
}

static enum err node_row_take(struct node_command *c, const json_t *row, const char *key,
                              struct entry_why *why, char *field)
{
    struct node_import *m = c->import;
    struct node_row r = {.named = false};
    struct entry_op op;
    enum err e = node_row_read(c, row, &r, why, field);
    if (e != ERR_OK) return e;
    r.key = node_row_key(&r, key);
    e = node_row_find(c, &r, why, field);
    if (e == ERR_OK && r.named && node_import_held(m, &r.form.rid, 0))
        e = node_import_flush(c, false);
    if (e == ERR_OK) e = node_row_same(c, &r, why);
    if (e == ERR_OK) e = node_owned(c, &r.form, why);
    if (e == ERR_OK) e = node_row_op(c, &r, &op, why);
    if (e == ERR_OK) e = node_row_asof(c, row, &r, &op, why);
    if (e == ERR_OK) e = node_doubt(c, r.type, &op, &m->own.tip, m->confirmed, why);
    if (e == ERR_OK && op.changed && !node_import_fits(m, op.payload.len)) {
        e = node_import_flush(c, false);
        if (e == ERR_OK) e = node_row_op(c, &r, &op, why);
    }
    if (e == ERR_OK) e = entry_list_taken(&m->list);
    if (e != ERR_OK) return e;
    node_row_count(m, &op);
    if (!op.changed) return ERR_OK;
    if (op.kind == CHANGE_CREATE && r.type->no == m->type) m->fresh++;
    e = node_import_collect(m, &op, r.key_hash);
    if (e != ERR_OK || !m->dry || op.kind != CHANGE_CREATE) return e;
    return node_twins_row(c, &m->twins, r.type, row);
}

/* ---- the last set ---- */

/* Everything was saved before the end was known: one value of the last record written once more, so
 * that the mark has a set to stand in. */
static enum err node_import_again(struct node_command *c)
{
    struct node_import *m = c->import;
    struct node_store_record *r = &c->entry.record;
    struct buf bases, payload;
    enum err e = node_store_record_read(c->store, &m->last, r);
    if (e != ERR_OK) return e;
    const struct fold_register *reg = NULL;
    for (size_t i = 0; i < r->fold.register_count && reg == NULL; i++) {
        const struct fold_register *at = &r->fold.registers[i];
        if (at->field > 0 && at->element.p == NULL && at->count == 1) reg = at;
    }
    if (reg == NULL) return ERR_OK; /* nothing to write again: the import stays unfinished */
    buf_init(&bases, 64 * ID_VERSION_BYTES);
    buf_init(&payload, CHANGE_BYTES_MAX);
    fold_bases(&r->fold, reg, &bases);
    struct change_write w = {
        .field = reg->field, .value = reg->heads[0].value, .bases = buf_bytes(&bases)};
    struct change_op op = {CHANGE_EDIT, m->last, r->fold.type, &w, 1};
    change_op_encode(&op, &payload);
    struct entry_op out = {.rid = m->last, .payload = buf_bytes(&payload)};
    e = payload.e != ERR_OK ? payload.e : node_import_begin_set(c);
    if (e == ERR_OK) e = node_import_collect(m, &out, 0);
    buf_free(&bases);
    buf_free(&payload);
    return e == ERR_OK ? node_import_flush(c, true) : e;
}

static enum err node_import_end(struct node_command *c)
{
    struct node_import *m = c->import;
    if (m->count > 0) return node_import_flush(c, true);
    return m->sets > 0 ? node_import_again(c) : ERR_OK;
}

/* ---- requests ---- */

/* Its own first steps: whose it is, what it is of. */
static enum err node_import_about(struct node_command *c, const json_t *request)
{
    struct node_import *m = c->import;
    const char *source = node_request_str(request, "source");
    char day[DATE_TEXT_ROOM] = "";
    enum err e = node_request_person(c, request, &m->person);
    if (e == ERR_OK) e = node_import_index(c, request);
    if (m->asof.has) date_print(m->asof.day, day);
    m->dry = json_is_true(json_object_get(request, "dry"));
    m->clerk = json_is_true(json_object_get(request, "clerk"));
    m->confirmed = json_is_true(json_object_get(request, "confirm_dates"));
    m->same = json_is_true(json_object_get(request, "confirm_same"));
    if (e != ERR_OK || m->dry) return e;
    return node_store_import_begin(c->store, m->id, bytes_str(source != NULL ? source : ""), day,
                                   c->wall_ms());
}

/* The day that the list is of. NULL: taken. */
static json_t *node_import_day(struct node_command *c, const char *as_of)
{
    struct node_asof *a = &c->import->asof;
    bool ahead = false;
    enum err e = node_asof_open(a, as_of);
    if (e == ERR_BAD_INPUT)
        return node_command_error(e, "Ngày của số liệu ghi ngày/tháng/năm; chưa nhập gì.",
                                  "The day is written D/M/YYYY; nothing was imported.", "as_of");
    if (e == ERR_OK && a->has) e = node_doubt_ahead(c, a->day, &ahead);
    if (e != ERR_OK) return node_command_fail(e);
    if (!ahead) return NULL;
    return node_command_error(ERR_BAD_INPUT,
                              "Ngày của số liệu ở sau hôm nay; chưa nhập gì. Hãy ghi ngày mà danh "
                              "sách được lập.",
                              "The day of the list is after today; nothing was imported. Write the "
                              "day on which the list was made.",
                              "as_of");
}

static json_t *node_import_start(struct node_command *c, const json_t *request)
{
    const char *as_of = node_request_str(request, "as_of");
    enum err e = node_import_settle(c); /* of an import whose tool went away */
    if (e != ERR_OK) return node_command_fail(e);
    const struct catalogue_type *type = node_import_type(c, request);
    json_t *j = node_import_columns(c, request);
    if (j == NULL && type != NULL) j = node_import_stale(c, request, type->no, 0);
    if (j != NULL) return j;
    node_import_free(c);
    struct node_import *m = calloc(1, sizeof *m);
    if (m == NULL) return node_command_fail(ERR_NOMEM);
    c->import = m;
    m->type = type != NULL ? type->no : 0;
    buf_init(&m->payloads, CHANGE_BYTES_MAX);
    buf_init(&m->memory, NODE_IMPORT_VALUES_BYTES);
    do
        randombytes_buf(&m->id, sizeof m->id);
    while (m->id == 0);
    j = node_import_day(c, as_of);
    if (j != NULL) {
        node_import_free(c);
        return j;
    }
    e = node_import_about(c, request);
    if (e == ERR_OK) return NULL;
    node_import_free(c);
    if (e != ERR_BAD_INPUT) return node_command_fail(e);
    return node_command_error(e, "Cần tên người nhập (--person TÊN).",
                              "The name of who imports is needed (--person NAME).", NULL);
}

static bool node_row_error(enum err e)
{
    return e == ERR_BAD_VALUE || e == ERR_BAD_INPUT || e == ERR_TOO_LARGE || e == ERR_NOT_FOUND ||
           e == ERR_DENIED;
}

/* Rows one after another; what is wrong with a row is told and the others go on. Anything else ends
 * the import. */
static enum err node_import_rows(struct node_command *c, const json_t *request, json_t *bad)
{
    const json_t *rows = json_object_get(request, "rows");
    const char *key = node_request_str(request, "key");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        struct entry_why why = {.field = NULL};
        char field[64] = "";
        c->import->list.confirmed =
            c->import->same || json_is_true(json_object_get(row, "confirm_same"));
        enum err e = node_row_take(c, row, key, &why, field);
        if (e == ERR_OK) continue;
        if (!node_row_error(e)) return e;
        c->import->bad++;
        const char *column = field[0] != '\0' ? field : why.field != NULL ? why.field->name : "";
        bool said = why.vi[0] != '\0';
        json_array_append_new(
            bad, json_pack("{s:I, s:s, s:s, s:s, s:I, s:b, s:b, s:s*}", "line",
                           json_integer_value(json_object_get(row, "line")), "column", column, "vi",
                           said ? why.vi : err_text_vi(e), "en", said ? why.en : err_text_en(e),
                           "row", (json_int_t)i, "confirm", (int)why.confirm, "same", (int)why.same,
                           "record", why.record[0] != '\0' ? why.record : NULL));
    }
    return ERR_OK;
}

static json_t *node_import_answer(struct node_command *c, json_t *bad, bool done)
{
    const struct node_import *m = c->import;
    char id[17];
    snprintf(id, sizeof id, "%016llx", (unsigned long long)m->id);
    json_t *j = json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:O, s:I, s:O}", "import", id,
                          "created", (json_int_t)m->created, "edited", (json_int_t)m->edited,
                          "unchanged", (json_int_t)m->unchanged, "bad_rows", (json_int_t)m->bad,
                          "sets", (json_int_t)m->sets, "done", (int)done, "dry", (int)m->dry, "bad",
                          bad, "kept_values", (json_int_t)m->kept, "kept", m->kept_here);
    if (m->type != 0) node_json_known(c, m->type, m->fresh, j);
    if (m->dry) json_object_set(j, "twins", m->twins.here);
    if (m->dry) json_object_set_new(j, "twins_all", json_boolean(!m->twins.some));
    return j;
}

json_t *node_command_import(struct node_command *c, const json_t *request)
{
    const char *id = node_request_str(request, "import");
    char mine[17] = "";
    if (json_array_size(json_object_get(request, "rows")) > NODE_COMMAND_ROWS_MAX)
        return node_command_fail(ERR_TOO_LARGE);
    if (id == NULL) {
        json_t *wrong = node_import_start(c, request);
        if (wrong != NULL) return wrong;
    } else {
        if (c->import != NULL)
            snprintf(mine, sizeof mine, "%016llx", (unsigned long long)c->import->id);
        if (c->import == NULL || strcmp(id, mine) != 0)
            return node_command_error(
                ERR_NOT_FOUND, "Lần nhập này đã bị ngắt bởi một lần nhập khác: hãy nhập lại tệp.",
                "Another import has ended this one: import the file again.", NULL);
        json_t *stale = node_import_stale(c, request, c->import->type, c->import->fresh);
        if (stale != NULL) return stale;
    }
    bool last = json_is_true(json_object_get(request, "last"));
    json_t *bad = json_array(), *kept = json_array(), *twins = json_array();
    c->import->kept_here = kept;
    c->import->twins.here = twins;
    enum err e = node_import_rows(c, request, bad);
    c->import->kept += json_array_size(kept);
    if (e == ERR_OK && last) e = node_import_end(c);
    json_t *j = e == ERR_OK ? node_import_answer(c, bad, last) : node_import_broken(e);
    json_decref(bad);
    json_decref(kept);
    json_decref(twins);
    if (e != ERR_OK || last) node_import_free(c);
    return j;
}
