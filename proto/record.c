#include "proto/record.h"
#include "common/text.h"
#include "proto/sealed.h"
#include "proto/wire.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const struct bytes no_element = {NULL, 0};

/* ---- rules ---- */

static enum fold_policy record_policy(const struct catalogue_field *f)
{
    if (f == NULL) return FOLD_ASK;
    switch (f->policy) {
    case CATALOGUE_ASK: return FOLD_ASK;
    case CATALOGUE_LATEST: return FOLD_LATEST;
    case CATALOGUE_MAX: return FOLD_MAX;
    case CATALOGUE_MIN: return FOLD_MIN;
    case CATALOGUE_UNION: return FOLD_MAX; /* put in and taken out at once: it is in */
    }
    return FOLD_ASK;
}

bool record_field_common(unsigned field)
{
    return field == RECORD_REASON_FIELD || field == RECORD_LOCKS_FIELD || field == SEALED_FIELD;
}

const char *record_field_name(const struct catalogue_type *t, unsigned field)
{
    const struct catalogue_field *f = t != NULL ? catalogue_field_by_no(t, field) : NULL;
    if (f != NULL) return f->name;
    if (field == 0) return "(existence)";
    if (field == RECORD_REASON_FIELD) return "(reason)";
    return field == RECORD_LOCKS_FIELD ? "(lock)" : "?";
}

static enum fold_policy record_rule_policy(void *ctx, unsigned type, unsigned field)
{
    if (field == RECORD_REASON_FIELD) return FOLD_LATEST;
    if (field == RECORD_LOCKS_FIELD) return FOLD_MAX; /* put on and taken off at once: it is on */
    const struct record_rules_ctx *c = ctx;
    const struct catalogue_type *t =
        c->catalogue != NULL ? catalogue_type_by_no(c->catalogue, type) : NULL;
    return record_policy(t != NULL ? catalogue_field_by_no(t, field) : NULL);
}

static bool record_rule_arrived(void *ctx, const struct id_version *version)
{
    const struct record_rules_ctx *c = ctx;
    return c->arrived(c->arrived_ctx, version);
}

struct fold_rules record_rules(struct record_rules_ctx *ctx)
{
    return (struct fold_rules){
        .policy = record_rule_policy,
        .arrived = ctx->arrived != NULL ? record_rule_arrived : NULL,
        .ctx = ctx,
    };
}

struct bytes record_reason(const struct fold *f)
{
    const struct fold_register *r = fold_find(f, RECORD_REASON_FIELD, no_element);
    const struct fold_head *h = r != NULL ? fold_shown(f, r, FOLD_LATEST) : NULL;
    struct wire_reader reader;
    if (h == NULL) return bytes_make(NULL, 0);
    wire_open(&reader, h->value);
    return wire_peek(&reader) == WIRE_STR ? wire_get_str(&reader) : bytes_make(NULL, 0);
}

const struct catalogue_choice *record_reason_choice(const struct catalogue *c, struct bytes value)
{
    size_t count = 0;
    const struct catalogue_choice *v = catalogue_choices(c, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(v[i].list, RECORD_REASON_LIST) != 0) continue;
        if (bytes_equal(bytes_str(v[i].value), value)) return &v[i];
    }
    return NULL;
}

/* ---- values and their text ---- */

static bool record_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* Canonical decimal digits of an int64. */
static bool record_int(struct bytes t, int64_t *out)
{
    bool minus = t.len > 0 && t.p[0] == '-';
    size_t at = minus ? 1 : 0;
    if (at == t.len || (t.p[at] == '0' && (minus || t.len > 1))) return false;
    uint64_t max = (uint64_t)INT64_MAX + (minus ? 1u : 0u), v = 0;
    for (; at < t.len; at++) {
        if (!record_digit(t.p[at])) return false;
        uint64_t d = (uint64_t)(t.p[at] - '0');
        if (v > (max - d) / 10) return false;
        v = v * 10 + d;
    }
    *out = minus ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

/* SPEC 8.3: -?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?, not -0. */
static bool record_is_decimal(struct bytes t)
{
    bool minus = t.len > 0 && t.p[0] == '-';
    size_t first = minus ? 1 : 0, at = first;
    while (at < t.len && record_digit(t.p[at]))
        at++;
    if (at == first || (t.p[first] == '0' && at - first > 1)) return false;
    if (at == t.len) return !(minus && t.p[first] == '0');
    if (t.p[at++] != '.' || at == t.len) return false;
    while (at < t.len && record_digit(t.p[at]))
        at++;
    return at == t.len && t.p[at - 1] >= '1' && t.p[at - 1] <= '9';
}

static bool record_is_date(struct bytes t)
{
    struct date d;
    return date_parse(t, &d) == ERR_OK;
}

static bool record_is_partial(struct bytes t)
{
    struct date_partial p;
    if (date_partial_parse(t, &p) != ERR_OK) return false;
    char text[DATE_TEXT_ROOM];
    date_partial_print(p, text);
    return bytes_equal(t, bytes_str(text));
}

static bool record_is_text(struct bytes t, size_t max_bytes, unsigned allow)
{
    return t.len > 0 && text_check(t, max_bytes, allow) == ERR_OK;
}

static enum err record_put_str(bool ok, struct bytes text, struct buf *out)
{
    if (!ok) return ERR_BAD_VALUE;
    wire_put_str(out, text);
    return out->e;
}

static enum err record_put_int(struct bytes text, struct buf *out)
{
    int64_t v = 0;
    if (!record_int(text, &v)) return ERR_BAD_VALUE;
    wire_put_int(out, v);
    return out->e;
}

static enum err record_put_bool(struct bytes text, struct buf *out)
{
    if (text.len != 1 || (text.p[0] != '0' && text.p[0] != '1')) return ERR_BAD_VALUE;
    wire_put_bool(out, text.p[0] == '1');
    return out->e;
}

static enum err record_put_ref(struct bytes text, struct buf *out)
{
    char hex[2 * ID_RECORD_BYTES + 1] = {0};
    char again[2 * ID_RECORD_BYTES + 1];
    struct id_record rid;
    if (text.len != 2u * ID_RECORD_BYTES) return ERR_BAD_VALUE;
    memcpy(hex, text.p, text.len);
    if (id_unhex(hex, rid.b, sizeof rid.b) != ERR_OK) return ERR_BAD_VALUE;
    id_hex(BYTES_OF(rid.b), again);
    if (memcmp(hex, again, sizeof again) != 0) return ERR_BAD_VALUE; /* upper case */
    wire_put_bin(out, BYTES_OF(rid.b));
    return out->e;
}

enum err record_value_from_text(const struct catalogue_field *f, struct bytes text, struct buf *out)
{
    if (text.len == 0) {
        wire_put_nil(out);
        return out->e;
    }
    switch (f->kind) {
    case CATALOGUE_TEXT:
        return record_put_str(record_is_text(text, CHANGE_VALUE_BYTES_MAX, TEXT_NOTE), text, out);
    case CATALOGUE_INT:
    case CATALOGUE_MONEY: return record_put_int(text, out);
    case CATALOGUE_DECIMAL:
        return record_put_str(text.len <= CHANGE_VALUE_BYTES_MAX && record_is_decimal(text), text,
                              out);
    case CATALOGUE_BOOL: return record_put_bool(text, out);
    case CATALOGUE_DATE: return record_put_str(record_is_date(text), text, out);
    case CATALOGUE_PDATE: return record_put_str(record_is_partial(text), text, out);
    case CATALOGUE_CHOICE:
    case CATALOGUE_UNIT:
        return record_put_str(record_is_text(text, CATALOGUE_NAME_BYTES_MAX, TEXT_ONE_LINE), text,
                              out);
    case CATALOGUE_REF: return record_put_ref(text, out);
    case CATALOGUE_CHOICES: return ERR_BAD_VALUE; /* one register per element, no single value */
    }
    return ERR_BAD_VALUE;
}

/* Records keep values of older catalogues, so the value's own kind decides, not the field's. */
enum err record_value_to_text(const struct catalogue_field *f, struct bytes value, struct buf *out)
{
    (void)f;
    if (wire_check(value) != ERR_OK) return ERR_BAD_VALUE;
    struct wire_reader r;
    wire_open(&r, value);
    switch (wire_peek(&r)) {
    case WIRE_NIL: return ERR_OK;
    case WIRE_BOOL: buf_add_str(out, wire_get_bool(&r) ? "1" : "0"); return out->e;
    case WIRE_UINT: buf_printf(out, "%" PRIu64, wire_get_uint(&r, UINT64_MAX)); return out->e;
    case WIRE_NEGATIVE: buf_printf(out, "%" PRId64, wire_get_int(&r)); return out->e;
    case WIRE_STR: buf_add_bytes(out, wire_get_str(&r)); return out->e;
    case WIRE_BIN: {
        struct bytes b = wire_get_bin(&r);
        char hex[2 * ID_RECORD_BYTES + 1];
        if (b.len != ID_RECORD_BYTES) return ERR_BAD_VALUE;
        id_hex(b, hex);
        buf_add_str(out, hex);
        return out->e;
    }
    case WIRE_ARRAY:
    case WIRE_END: return ERR_BAD_VALUE;
    }
    return ERR_BAD_VALUE;
}

/* ---- rows ---- */

static bool record_value_is(struct bytes value, uint8_t byte)
{
    return value.len == 1 && value.p[0] == byte;
}

static bool record_is_nil(struct bytes value)
{
    return record_value_is(value, 0xc0);
}

/* An element is in the set when any head says so (policy union). */
static bool record_element_in(const struct fold_register *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (record_value_is(r->heads[i].value, 0xc3)) return true;
    }
    return false;
}

size_t record_elements(const struct fold *f, unsigned field, struct bytes *elements, size_t max)
{
    size_t n = 0;
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        if (r->field != field || r->element.p == NULL || !record_element_in(r)) continue;
        if (n < max) elements[n] = r->element;
        n++;
    }
    return n;
}

static void record_cell_choices(const struct fold *f, struct record_cell *cell)
{
    cell->set = record_elements(f, cell->field->no, NULL, 0) > 0;
    enum fold_policy policy = record_policy(cell->field);
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        if (r->field == cell->field->no && fold_register_conflict(r, policy)) cell->conflict = true;
    }
}

static void record_cell_plain(const struct fold *f, struct record_cell *cell)
{
    const struct fold_register *r = fold_find(f, cell->field->no, no_element);
    if (r == NULL) return;
    enum fold_policy policy = record_policy(cell->field);
    cell->reg = r;
    cell->value = fold_shown(f, r, policy)->value;
    cell->set = !record_is_nil(cell->value);
    cell->conflict = fold_register_conflict(r, policy);
}

static bool record_tied(const struct catalogue_field *a, const struct catalogue_field *b)
{
    return a->tie[0] != '\0' && strcmp(a->tie, b->tie) == 0;
}

void record_cells(const struct fold *f, const struct catalogue_type *t, struct record_cell *cells)
{
    bool any = false;
    for (size_t i = 0; i < t->field_count; i++) {
        cells[i] = (struct record_cell){.field = &t->fields[i]};
        if (t->fields[i].kind == CATALOGUE_CHOICES) {
            record_cell_choices(f, &cells[i]);
        } else {
            record_cell_plain(f, &cells[i]);
        }
        any = any || cells[i].conflict;
    }
    for (size_t i = 0; any && i < t->field_count; i++) {
        for (size_t k = 0; k < t->field_count && !cells[i].conflict; k++) {
            /* Marked fields mark their tie; one mark is enough, so the order does not matter. */
            cells[i].conflict = cells[k].conflict && record_tied(cells[i].field, cells[k].field);
        }
    }
}

static void record_json_text(struct bytes s, struct buf *out)
{
    buf_add_u8(out, '"');
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.p[i];
        if (c == '"' || c == '\\') {
            buf_add_u8(out, '\\');
            buf_add_u8(out, c);
        } else if (c < 0x20 || c == 0x7f) {
            buf_printf(out, "\\u%04x", (unsigned)c);
        } else {
            buf_add_u8(out, c);
        }
    }
    buf_add_u8(out, '"');
}

/* ---- locks ---- */

bool record_locked(const struct fold *f, unsigned field)
{
    char element[RECORD_LOCK_ROOM];
    snprintf(element, sizeof element, "%u", field);
    const struct fold_register *r = fold_find(f, RECORD_LOCKS_FIELD, bytes_str(element));
    return r != NULL && record_element_in(r);
}

bool record_locked_any(const struct fold *f)
{
    return record_elements(f, RECORD_LOCKS_FIELD, NULL, 0) > 0;
}

const struct catalogue_field *record_lock_field(const struct catalogue_type *t,
                                                struct bytes element)
{
    char text[RECORD_LOCK_ROOM];
    for (size_t i = 0; t != NULL && i < t->field_count; i++) {
        snprintf(text, sizeof text, "%u", t->fields[i].no);
        if (bytes_equal(bytes_str(text), element)) return &t->fields[i];
    }
    return NULL;
}

void record_elements_json(const struct fold *f, unsigned field, struct buf *out)
{
    bool first = true;
    buf_add_u8(out, '[');
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        if (r->field != field || r->element.p == NULL || !record_element_in(r)) continue;
        if (!first) buf_add_u8(out, ',');
        record_json_text(r->element, out);
        first = false;
    }
    buf_add_u8(out, ']');
}
