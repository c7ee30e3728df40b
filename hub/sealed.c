#include "hub/sealed.h"

#include "hub/orders.h"
#include "proto/reader.h"
#include "proto/sealed_record.h"
#include "proto/wire.h"
#include "proto/words.h"

#include <stdio.h>
#include <stdlib.h>

static const struct bytes no_element = {NULL, 0};

/* ---- officers ---- */

struct hub_naming { /* one officer in the orders, newest first */
    uint64_t position, made_ms;
    struct reader_order o;
    char name[ORDER_NAME_BYTES_MAX];
};

struct hub_namings {
    struct hub_naming *v;
    size_t count, room;
};

static enum err hub_naming_row(void *ctx, const struct hub_order_row *row)
{
    struct hub_namings *w = ctx;
    struct order o;
    struct reader_order r;
    if (row->position == 0 || order_decode(row->order, &o) != ERR_OK ||
        reader_order_decode(o.content, &r) != ERR_OK)
        return ERR_OK;
    if (w->count == w->room) {
        size_t room = w->room > 0 ? 2 * w->room : 16;
        struct hub_naming *more = realloc(w->v, room * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        w->v = more;
        w->room = room;
    }
    struct hub_naming *n = &w->v[w->count++];
    *n = (struct hub_naming){.position = row->position, .made_ms = o.made_ms, .o = r};
    memcpy(n->name, r.name.p, r.name.len);
    return ERR_OK;
}

/* Does a later order speak of the same key? */
static bool hub_naming_over(const struct hub_namings *w, const struct hub_naming *n)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->v[i].position > n->position && key_equal(w->v[i].o.pk, n->o.pk, sizeof n->o.pk))
            return true;
    }
    return false;
}

enum err hub_sealed_officers(struct hub_app *a,
                             void (*each)(void *ctx, struct bytes name,
                                          const uint8_t pk[static 32]),
                             void *ctx)
{
    struct hub_namings w = {.v = NULL};
    enum err e = hub_store_orders(a->store, "readers", false, hub_naming_row, &w);
    for (size_t i = 0; e == ERR_OK && i < w.count; i++) {
        const struct hub_naming *n = &w.v[i];
        if (n->o.reads && !hub_naming_over(&w, n))
            each(ctx, bytes_make(n->name, n->o.name.len), n->o.pk);
    }
    free(w.v);
    return e;
}

struct hub_seek {
    const uint8_t *pk;
    bool found;
};

static void hub_seek_each(void *ctx, struct bytes name, const uint8_t pk[static 32])
{
    struct hub_seek *k = ctx;
    (void)name;
    if (key_equal(k->pk, pk, 32)) k->found = true;
}

/* When the newest order about this key was made; 0: there is none. */
static enum err hub_naming_newest(struct hub_app *a, const uint8_t pk[static 32], uint64_t *made_ms)
{
    struct hub_namings w = {.v = NULL};
    enum err e = hub_store_orders(a->store, "readers", false, hub_naming_row, &w);
    for (size_t i = 0; e == ERR_OK && i < w.count; i++) {
        if (key_equal(w.v[i].o.pk, pk, 32) && w.v[i].made_ms > *made_ms) *made_ms = w.v[i].made_ms;
    }
    free(w.v);
    return e;
}

enum err hub_sealed_order_check(struct hub_app *a, const struct order *order)
{
    struct reader_order o;
    uint64_t newest = 0;
    enum err e = reader_order_decode(order->content, &o);
    struct hub_seek k = {.pk = o.pk};
    if (e == ERR_OK) e = hub_sealed_officers(a, hub_seek_each, &k);
    if (e == ERR_OK) e = hub_naming_newest(a, o.pk, &newest);
    if (e != ERR_OK) return e;
    if (!o.reads) return k.found ? ERR_OK : ERR_NOT_FOUND;
    if (k.found) return ERR_EXISTS;
    return order->made_ms > newest ? ERR_OK : ERR_STALE;
}

json_t *hub_sealed_order_describe(struct hub_app *a, struct bytes content)
{
    struct reader_order o;
    struct id_hash h;
    struct buf words;
    char id[SEALED_READER_ROOM];
    (void)a;
    if (reader_order_decode(content, &o) != ERR_OK) return json_object();
    buf_init(&words, 256);
    sealed_reader_hash(o.pk, &h);
    id_hex(bytes_make(h.b, SEALED_READER_BYTES), id);
    enum err e = words_text(&h, &words);
    json_t *j =
        json_pack("{s:s%, s:s, s:s, s:b}", "reader", (const char *)o.name.p, o.name.len, "key", id,
                  "key_words", e == ERR_OK ? buf_cstr(&words) : "", "reads", (int)o.reads);
    buf_free(&words);
    return j != NULL ? j : json_object();
}

/* ---- the hub's own forms ---- */

struct bytes hub_sealed_text(struct bytes value)
{
    struct wire_reader r;
    wire_open(&r, value);
    return wire_peek(&r) == WIRE_STR ? wire_get_str(&r) : no_element;
}

/* The op is on top of the fold already, so a value that stood there is known by its key: made here it
 * cannot be, for the hub has none. */
enum err hub_sealed_writes(void *ctx, const struct catalogue_type *type, const struct fold *f,
                           const struct id_record *rid, struct record_writes *w,
                           struct entry_why *why)
{
    (void)ctx, (void)f, (void)rid;
    for (size_t i = 0; i < w->count; i++) {
        const struct catalogue_field *field = catalogue_field_by_no(type, w->v[i].field);
        if (field == NULL || !field->sealed) continue;
        struct bytes text = hub_sealed_text(w->v[i].value);
        if (text.len == 0 || sealed_is(text, NULL)) continue;
        why->field = field;
        snprintf(why->vi, sizeof why->vi, "%s",
                 "Trường này được niêm phong: trung tâm không đọc và không ghi được. Hãy ghi ở máy "
                 "của xã. Chưa ghi gì.");
        snprintf(why->en, sizeof why->en, "%s",
                 "This field is sealed: the hub can neither read nor write it. Write it on the "
                 "commune's PC. Nothing was saved.");
        return ERR_DENIED;
    }
    return ERR_OK;
}

/* Is this typed text the mark of a head of the field? */
static bool hub_sealed_marked(const struct fold *f, const struct entry_value *v)
{
    const struct fold_register *r = fold_find(f, v->field->no, no_element);
    for (size_t i = 0; r != NULL && i < r->count; i++) {
        char mark[SEALED_MARK_ROOM];
        struct bytes text = hub_sealed_text(r->heads[i].value);
        if (text.len == 0 || !sealed_is(text, NULL)) continue;
        sealed_mark(text, mark);
        if (bytes_equal(v->typed, bytes_str(mark))) return true;
    }
    return false;
}

void hub_sealed_unmask(const struct fold *f, const struct entry_form *form,
                       struct entry_value *values, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < form->count && i < ENTRY_FIELDS_MAX; i++) {
        const struct entry_value *v = &form->values[i];
        if (v->field->sealed && !v->settle && hub_sealed_marked(f, v)) continue;
        values[(*count)++] = *v;
    }
}

/* ---- answers ---- */

static json_t *hub_sealed_shown(const json_t *v)
{
    char mark[SEALED_MARK_ROOM];
    struct bytes text = bytes_make(json_string_value(v), json_string_length(v));
    if (!sealed_is(text, NULL)) return NULL;
    sealed_mark(text, mark);
    return json_string(mark);
}

void hub_sealed_mask(json_t *answer)
{
    const char *key;
    json_t *v;
    void *next;
    size_t i;
    if (json_is_array(answer)) {
        json_array_foreach(answer, i, v)
        {
            json_t *shown = json_is_string(v) ? hub_sealed_shown(v) : NULL;
            if (shown != NULL)
                json_array_set_new(answer, i, shown);
            else
                hub_sealed_mask(v);
        }
    } else if (json_is_object(answer)) {
        json_object_foreach_safe(answer, next, key, v)
        {
            json_t *shown = json_is_string(v) ? hub_sealed_shown(v) : NULL;
            if (shown != NULL)
                json_object_set_new(answer, key, shown);
            else
                hub_sealed_mask(v);
        }
    }
}
