/* Payloads of ops on records, SPEC 4.11, 4.12, 4.14. */
#include "proto/change.h"
#include "proto/wire.h"

#include <assert.h>
#include <stdlib.h>

int change_payload_kind(struct bytes payload)
{
    /* A canonical payload: an array of 1..15 items whose first is a kind below 128. */
    if (payload.len < 2 || payload.p[0] < 0x91 || payload.p[0] > 0x9F) return -1;
    int kind = payload.p[1];
    bool record = kind <= CHANGE_DELETE;
    bool other = kind >= CHANGE_GENESIS && kind <= CHANGE_KIND_MAX;
    return record || other ? kind : -1;
}

/* Order of writes: field, then element, a write without element first. */
static int change_write_order(const struct change_write *a, const struct change_write *b)
{
    if (a->field != b->field) return a->field < b->field ? -1 : 1;
    if (a->element.p == NULL || b->element.p == NULL)
        return (a->element.p != NULL) - (b->element.p != NULL);
    return bytes_compare(a->element, b->element);
}

static int change_write_qsort(const void *a, const void *b)
{
    return change_write_order(a, b);
}

void change_writes_sort(struct change_write *writes, size_t count)
{
    if (count > 1) qsort(writes, count, sizeof *writes, change_write_qsort);
}

/* k versions, 1 <= k <= CHANGE_BASES_MAX, sorted, none twice? */
static bool change_bases_sound(struct bytes bases)
{
    if (bases.len == 0 || bases.len % ID_VERSION_BYTES != 0) return false;
    if (bases.len > CHANGE_BASES_MAX * ID_VERSION_BYTES) return false;
    for (size_t at = ID_VERSION_BYTES; at < bases.len; at += ID_VERSION_BYTES)
        if (memcmp(bases.p + at - ID_VERSION_BYTES, bases.p + at, ID_VERSION_BYTES) >= 0)
            return false;
    return true;
}

/* Kind of a value of 4.12, taken from the reader; WIRE_END when it is none. */
static enum wire_kind change_value_take(struct wire_reader *r, struct bytes *value)
{
    enum wire_kind kind = wire_peek(r);
    const uint8_t *start = r->p;
    size_t len = 0;
    switch (kind) {
    case WIRE_NIL:
    case WIRE_BOOL:
    case WIRE_UINT:
    case WIRE_NEGATIVE: (void)wire_get_raw(r); break;
    case WIRE_STR:
        len = wire_get_str(r).len;
        if (len > CHANGE_VALUE_BYTES_MAX) return WIRE_END;
        break;
    case WIRE_BIN:
        len = wire_get_bin(r).len;
        if (len != ID_RECORD_BYTES) return WIRE_END;
        break;
    case WIRE_ARRAY:
    case WIRE_END: return WIRE_END;
    }
    *value = bytes_make(start, (size_t)(r->p - start));
    return kind;
}

/* What a kind of op may write: 4.11, 4.12, 4.14. */
static bool change_write_allowed(enum change_kind kind, const struct change_write *w,
                                 enum wire_kind value)
{
    bool element = w->element.p != NULL;
    if (value == WIRE_END) return false;
    if (element && value != WIRE_BOOL) return false; /* so never with field 0, see below */
    if (kind == CHANGE_CREATE) return w->field > 0 && w->bases.len == 0;
    if (kind == CHANGE_DELETE) return w->field == 0 && value == WIRE_BIN;
    return w->field > 0 || value == WIRE_NIL;
}

/* One write; false when it is not one. The reader's own error is read at the end. */
static bool change_write_read(struct wire_reader *r, enum change_kind kind, struct change_write *w)
{
    size_t items = wire_get_array(r);
    if (items != 3 && items != 4) return false;
    w->field = (unsigned)wire_get_uint(r, CHANGE_NUMBER_MAX);
    enum wire_kind value = change_value_take(r, &w->value);
    w->bases = bytes_make(NULL, 0);
    if (!wire_get_nil(r)) {
        w->bases = wire_get_bin(r);
        if (!change_bases_sound(w->bases)) return false;
    }
    w->element = bytes_make(NULL, 0);
    if (items == 4) {
        w->element = wire_get_str(r);
        if (w->element.len == 0 || w->element.len > CHANGE_VALUE_BYTES_MAX) return false;
    }
    return r->e == ERR_OK && change_write_allowed(kind, w, value);
}

enum err change_op_decode(struct bytes payload, struct change_write *writes, struct change_op *op)
{
    int kind = change_payload_kind(payload);
    if (kind >= CHANGE_GENESIS) return ERR_NOT_FOUND;
    if (kind < 0 || wire_check(payload) != ERR_OK) return ERR_BAD_FORMAT;
    struct wire_reader r;
    wire_open(&r, payload);
    if (wire_get_array(&r) != 4) return ERR_BAD_FORMAT;
    struct change_op out = {.writes = writes};
    out.kind = (enum change_kind)wire_get_uint(&r, CHANGE_DELETE);
    wire_get_bin_exact(&r, out.rid.b, sizeof out.rid.b);
    out.type = (unsigned)wire_get_uint(&r, CHANGE_NUMBER_MAX);
    out.count = wire_get_array(&r);
    if (out.count < 1 || out.count > CHANGE_WRITES_MAX) return ERR_BAD_FORMAT;
    for (size_t i = 0; i < out.count; i++) {
        if (!change_write_read(&r, out.kind, &writes[i])) return ERR_BAD_FORMAT;
        if (i > 0 && change_write_order(&writes[i - 1], &writes[i]) >= 0) return ERR_BAD_FORMAT;
    }
    enum err e = wire_close(&r);
    if (e == ERR_OK) *op = out;
    return e;
}

static void change_write_put(const struct change_write *w, struct buf *out)
{
    wire_put_array(out, w->element.p == NULL ? 3 : 4);
    wire_put_uint(out, w->field);
    buf_add_bytes(out, w->value);
    if (w->bases.len == 0) {
        wire_put_nil(out);
    } else {
        assert(change_bases_sound(w->bases));
        wire_put_bin(out, w->bases);
    }
    if (w->element.p != NULL) wire_put_str(out, w->element);
}

void change_op_encode(const struct change_op *op, struct buf *out)
{
    assert(op->kind <= CHANGE_DELETE);
    wire_put_array(out, 4);
    wire_put_uint(out, op->kind);
    wire_put_bin(out, BYTES_OF(op->rid.b));
    wire_put_uint(out, op->type);
    wire_put_array(out, op->count);
    for (size_t i = 0; i < op->count; i++) {
        assert(i == 0 || change_write_order(&op->writes[i - 1], &op->writes[i]) < 0);
        change_write_put(&op->writes[i], out);
    }
}
