/* readers, sealed, reseal: requests about sealed fields. Officers' keys never come here. SPEC 22. */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "hub/orders.h"
#include "hub/own.h"
#include "hub/sealed.h"
#include "hub/store_bundle.h"
#include "hub/store_nodes.h"
#include "hub/store_records.h"
#include "proto/reader.h"
#include "proto/sealed_record.h"
#include "proto/words.h"

#include <stdlib.h>

/* ---- readers ---- */

static void hub_reader_add(json_t *rows, const char *kind, const char *unit, struct bytes name,
                           const uint8_t pk[static 32])
{
    struct id_hash h;
    struct buf words;
    char id[SEALED_READER_ROOM];
    buf_init(&words, 256);
    sealed_reader_hash(pk, &h);
    id_hex(bytes_make(h.b, SEALED_READER_BYTES), id);
    enum err e = words_text(&h, &words);
    json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:o, s:s, s:o}", "id", id, "kind", kind,
                                          "unit", unit, "name", hub_json_text(name), "words",
                                          e == ERR_OK ? buf_cstr(&words) : "", "public_key",
                                          hub_json_hex(bytes_make(pk, 32))));
    buf_free(&words);
}

static void hub_reader_officer(void *ctx, struct bytes name, const uint8_t pk[static 32])
{
    hub_reader_add(ctx, "officer", "", name, pk);
}

struct hub_reader_pcs {
    struct hub_app *app;
    json_t *rows;
};

static enum err hub_reader_pc(void *ctx, const struct hub_node_row *n)
{
    struct hub_reader_pcs *w = ctx;
    uint8_t pk[32];
    if (n->node.revoked) return ERR_OK;
    enum err e = hub_store_sealing(w->app->store, &n->node.node, pk);
    if (e == ERR_OK) hub_reader_add(w->rows, "pc", n->node.unit, bytes_str(n->name), pk);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err hub_readers_rows(struct hub_app *a, json_t *rows)
{
    struct hub_reader_pcs w = {.app = a, .rows = rows};
    enum err e = hub_sealed_officers(a, hub_reader_officer, rows);
    return e == ERR_OK ? hub_store_nodes(a->store, hub_reader_pc, &w) : e;
}

static json_t *hub_readers_list(struct hub_app *a)
{
    json_t *rows = json_array();
    enum err e = hub_readers_rows(a, rows);
    if (e == ERR_OK) return json_pack("{s:o}", "readers", rows);
    json_decref(rows);
    return hub_command_fail(e);
}

static json_t *hub_readers_said(enum err e)
{
    if (e == ERR_EXISTS)
        return hub_command_error(e, "Khóa này đã được đọc rồi.", "This key reads already.");
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Khóa này không có quyền đọc để mà rút.",
                                 "This key does not read, so there is nothing to end.");
    return hub_command_error(e, "Cần --name TÊN, --reading KHÓA (64 chữ số) và --reason CĂN_CỨ.",
                             "Give --name NAME, --reading KEY (64 hex digits) and --reason BASIS.");
}

static json_t *hub_readers_order(struct hub_app *a, const json_t *request)
{
    const char *name = hub_request_str(request, "name"), *hex = hub_request_str(request, "key");
    const char *basis = hub_request_str(request, "reason");
    struct reader_order o = {.name = bytes_str(name != NULL ? name : ""),
                             .reads = !json_is_true(json_object_get(request, "end"))};
    struct buf content, order;
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&order, ORDER_BYTES_MAX);
    enum err e = hex != NULL && basis != NULL ? id_unhex(hex, o.pk, sizeof o.pk) : ERR_BAD_INPUT;
    if (e == ERR_OK) {
        reader_order_encode(&o, &content);
        e = reader_order_decode(buf_bytes(&content), &o);
    }
    if (e == ERR_OK)
        e = hub_order_draft(a, "readers", bytes_str(basis), buf_bytes(&content), clock_wall_ms(),
                            &order);
    json_t *j = e == ERR_OK ? json_pack("{s:o, s:o}", "order", hub_json_base64(buf_bytes(&order)),
                                        "what", hub_sealed_order_describe(a, buf_bytes(&content)))
                            : hub_readers_said(e);
    buf_free(&order);
    buf_free(&content);
    return j;
}

json_t *hub_command_readers(struct hub_app *a, const json_t *request)
{
    const char *action = hub_request_str(request, "action");
    if (action == NULL || strcmp(action, "list") == 0) return hub_readers_list(a);
    if (strcmp(action, "order") == 0) return hub_readers_order(a, request);
    return hub_command_fail(ERR_USAGE);
}

/* ---- how much is sealed, and for whom ---- */

struct hub_sealed_count {
    struct fold fold;
    const struct catalogue_type *type;
    uint8_t (*pks)[KEY_PUBLIC_BYTES];
    json_int_t *given; /* records whose keys that reader has */
    size_t readers;
    json_int_t sealed, open; /* records with a sealed text; with one that stands open */
};

static enum err hub_sealed_count_row(void *ctx, const struct hub_record_row *r)
{
    static const struct bytes no_element = {NULL, 0};
    struct hub_sealed_count *w = ctx;
    bool sealed = false, open = false;
    fold_clear(&w->fold);
    enum err e = fold_load(&w->fold, r->state);
    if (e != ERR_OK) return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
    if (fold_deleted(&w->fold)) return ERR_OK;
    for (size_t i = 0; i < w->type->field_count; i++) {
        const struct catalogue_field *field = &w->type->fields[i];
        const struct fold_register *g =
            field->sealed ? fold_find(&w->fold, field->no, no_element) : NULL;
        for (size_t k = 0; g != NULL && k < g->count; k++) {
            struct bytes text = hub_sealed_text(g->heads[k].value);
            if (text.len == 0) continue;
            if (sealed_is(text, NULL))
                sealed = true;
            else
                open = true;
        }
    }
    w->sealed += sealed;
    w->open += open;
    for (size_t i = 0; sealed && i < w->readers; i++)
        w->given[i] += sealed_given(&w->fold, w->pks[i]);
    return ERR_OK;
}

static enum err hub_sealed_count_all(struct hub_app *a, struct hub_sealed_count *w)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    size_t n = 0;
    if (c == NULL) return ERR_NOT_READY;
    const struct catalogue_type *types = catalogue_types(c, &n);
    enum err e = fold_init(&w->fold);
    if (e != ERR_OK) return e;
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        w->type = &types[i];
        if (sealed_type(w->type))
            e = hub_store_records(a->store, w->type->no, NULL, hub_sealed_count_row, w);
    }
    fold_free(&w->fold);
    return e;
}

json_t *hub_command_readers_sealed(struct hub_app *a, const json_t *request)
{
    struct hub_sealed_count w = {.readers = 0};
    json_t *rows = json_array();
    (void)request;
    enum err e = hub_readers_rows(a, rows);
    size_t n = json_array_size(rows);
    w.pks = calloc(n + 1, sizeof *w.pks);
    w.given = calloc(n + 1, sizeof *w.given);
    if (e == ERR_OK && (w.pks == NULL || w.given == NULL)) e = ERR_NOMEM;
    for (; e == ERR_OK && w.readers < n; w.readers++) {
        const json_t *row = json_array_get(rows, w.readers);
        e = id_unhex(hub_request_str(row, "public_key"), w.pks[w.readers], KEY_PUBLIC_BYTES);
    }
    if (e == ERR_OK) e = hub_sealed_count_all(a, &w);
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        json_object_set_new(json_array_get(rows, i), "records", json_integer(w.given[i]));
    json_t *j = e == ERR_OK ? json_pack("{s:O, s:I, s:I}", "readers", rows, "sealed", w.sealed,
                                        "open", w.open)
                            : hub_command_fail(e);
    json_decref(rows);
    free(w.pks);
    free(w.given);
    return j;
}

/* ---- one record, as it is, for who can open it ---- */

static json_t *hub_sealed_fields(const struct catalogue_type *t)
{
    json_t *fields = json_array();
    for (size_t i = 0; i < t->field_count; i++) {
        if (t->fields[i].sealed)
            json_array_append_new(fields,
                                  json_pack("{s:i, s:s, s:s}", "no", (int)t->fields[i].no, "name",
                                            t->fields[i].name, "label", t->fields[i].label_vi));
    }
    return fields;
}

json_t *hub_command_sealed(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    struct buf state;
    unsigned type = 0;
    char unit[ADMIN_UNIT_BYTES_MAX + 1] = "";
    const struct catalogue *c = hub_store_catalogue(a->store);
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = hub_request_id(request, "id", &rid);
    if (e == ERR_OK) e = hub_store_record(a->store, &rid, &state, &type, unit, NULL);
    const struct catalogue_type *t =
        e == ERR_OK && c != NULL ? catalogue_type_by_no(c, type) : NULL;
    json_t *j =
        t == NULL
            ? hub_command_error(e != ERR_OK ? e : ERR_NOT_FOUND, "Không có hồ sơ này ở trung tâm.",
                                "There is no such record at the hub.")
            : json_pack("{s:s, s:o, s:s, s:i, s:s, s:o, s:o}", "format", "dongbo-sealed/1", "id",
                        hub_json_hex(BYTES_OF(rid.b)), "type", t->name, "type_no", (int)t->no,
                        "unit", unit, "fields", hub_sealed_fields(t), "state",
                        hub_json_base64(buf_bytes(&state)));
    buf_free(&state);
    if (t == NULL) return j;
    json_t *rows = json_pack("[O]", j);
    hub_reads_note_rows(a, request, "open", rows);
    json_decref(rows);
    return j;
}

/* ---- keys that an officer wrapped ---- */

/* Elements of the request that are wrapped keys and are not there yet, as writes. */
static enum err hub_reseal_writes(const struct fold *f, const json_t *elements,
                                  struct record_writes *w)
{
    static const uint8_t yes[] = {0xc3};
    size_t n = json_array_size(elements);
    w->count = 0;
    if (n == 0 || n > SEALED_KEYS_MAX * (size_t)SEALED_READERS_MAX / 2 || n > CHANGE_WRITES_MAX)
        return ERR_BAD_INPUT;
    for (size_t i = 0; i < n; i++) {
        struct sealed_wrap wrap;
        const json_t *v = json_array_get(elements, i);
        struct bytes e = bytes_make(json_string_value(v), json_string_length(v));
        if (!json_is_string(v) || sealed_wrap_read(e, &wrap) != ERR_OK) return ERR_BAD_INPUT;
        if (fold_find(f, SEALED_FIELD, e) != NULL) continue;
        w->v[w->count++] =
            (struct change_write){.field = SEALED_FIELD, .value = BYTES_OF(yes), .element = e};
    }
    change_writes_sort(w->v, w->count);
    for (size_t i = 1; i < w->count; i++) {
        if (bytes_equal(w->v[i - 1].element, w->v[i].element)) return ERR_BAD_INPUT;
    }
    return ERR_OK;
}

static enum err hub_reseal_append(struct hub_edit *h, const json_t *request,
                                  const struct id_record *rid, size_t *count)
{
    struct buf payload;
    struct record_writes w;
    enum err e = record_writes_init(&w);
    if (e != ERR_OK) return e;
    buf_init(&payload, CHANGE_BYTES_MAX);
    e = hub_edit_load(h, rid);
    if (e == ERR_OK && h->fold.type == 0) e = ERR_NOT_FOUND;
    if (e == ERR_OK) e = hub_reseal_writes(&h->fold, json_object_get(request, "elements"), &w);
    *count = e == ERR_OK ? w.count : 0;
    if (e == ERR_OK && w.count > 0) {
        const struct change_op op = {CHANGE_EDIT, *rid, h->fold.type, w.v, w.count};
        struct hub_own_set set = {.count = 1};
        change_op_encode(&op, &payload);
        struct bytes p = buf_bytes(&payload);
        set.payloads = &p;
        hub_request_person(h->app, request, &set.person);
        e = payload.e;
        if (e == ERR_OK)
            e = hub_own_append(h->app->store, &h->app->keys, &set, clock_wall_ms(), NULL);
    }
    buf_free(&payload);
    record_writes_free(&w);
    return e;
}

json_t *hub_command_reseal(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    struct hub_edit h;
    size_t count = 0;
    enum err e = hub_request_id(request, "id", &rid);
    if (e == ERR_OK) e = hub_edit_init(&h, a);
    if (e != ERR_OK) return hub_command_fail(e);
    e = hub_app_begin(a);
    if (e == ERR_OK) {
        e = hub_reseal_append(&h, request, &rid, &count);
        if (e == ERR_OK)
            e = hub_app_commit(a);
        else
            hub_app_abort(a);
    }
    hub_edit_free(&h);
    return e == ERR_OK ? json_pack("{s:I}", "keys", (json_int_t)count) : hub_command_fail(e);
}
