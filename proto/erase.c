#include "proto/erase.h"
#include "proto/move.h"
#include "proto/wire.h"

#include <assert.h>
#include <stdlib.h>

/* ---- order ---- */

static int erase_record_order(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct id_record));
}

static int erase_op_order(const struct id_inc *inc, uint64_t seq, unsigned op,
                          const struct erase_op *b)
{
    int c = memcmp(inc->b, b->inc.b, sizeof b->inc.b);
    if (c != 0) return c;
    if (seq != b->seq) return seq < b->seq ? -1 : 1;
    return op == b->op ? 0 : op < b->op ? -1 : 1;
}

static int erase_op_qsort(const void *a, const void *b)
{
    const struct erase_op *x = a;
    return erase_op_order(&x->inc, x->seq, x->op, b);
}

void erase_sort(struct erase_list *l)
{
    size_t n = 0;
    if (l->record_count > 1)
        qsort(l->records, l->record_count, sizeof *l->records, erase_record_order);
    for (size_t i = 0; i < l->record_count; i++) {
        if (n == 0 || !ID_EQUAL(&l->records[n - 1], &l->records[i]))
            l->records[n++] = l->records[i];
    }
    l->record_count = n;
    n = 0;
    if (l->op_count > 1) qsort(l->ops, l->op_count, sizeof *l->ops, erase_op_qsort);
    for (size_t i = 0; i < l->op_count; i++) {
        if (n == 0 || erase_op_qsort(&l->ops[n - 1], &l->ops[i]) != 0) l->ops[n++] = l->ops[i];
    }
    l->op_count = n;
}

bool erase_has_record(const struct erase_list *l, const struct id_record *rid)
{
    return l->record_count > 0 && bsearch(rid, l->records, l->record_count, sizeof *l->records,
                                          erase_record_order) != NULL;
}

const struct erase_op *erase_find_op(const struct erase_list *l, const struct id_inc *inc,
                                     uint64_t seq, unsigned op)
{
    size_t low = 0, high = l->op_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = erase_op_order(inc, seq, op, &l->ops[mid]);
        if (c == 0) return &l->ops[mid];
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

bool erase_names_op(const struct erase_list *l, const struct change_head *head, unsigned op,
                    const struct change_op *what)
{
    const struct erase_op *o = erase_find_op(l, &head->inc, head->seq, op);
    if (o == NULL || !ID_EQUAL(&o->rid, &what->rid) || o->field_count != what->count) return false;
    for (size_t i = 0; i < what->count; i++) {
        bool named = false;
        for (size_t k = 0; !named && k < o->field_count; k++)
            named = o->fields[k] == what->writes[i].field;
        if (!named) return false;
    }
    return true;
}

bool erase_names_payload(const struct erase_list *l, const struct change_head *head, unsigned op,
                         struct bytes payload, struct change_write *writes)
{
    struct change_op what;
    return erase_find_op(l, &head->inc, head->seq, op) != NULL &&
           change_op_decode(payload, writes, &what) == ERR_OK && erase_names_op(l, head, op, &what);
}

/* ---- the content ---- */

void erase_encode(const struct erase_list *l, struct buf *out)
{
    wire_put_array(out, 2);
    wire_put_array(out, l->record_count);
    for (size_t i = 0; i < l->record_count; i++) {
        assert(i == 0 || erase_record_order(&l->records[i - 1], &l->records[i]) < 0);
        wire_put_bin(out, BYTES_OF(l->records[i].b));
    }
    wire_put_array(out, l->op_count);
    for (size_t i = 0; i < l->op_count; i++) {
        const struct erase_op *o = &l->ops[i];
        assert(i == 0 || erase_op_qsort(&l->ops[i - 1], o) < 0);
        wire_put_array(out, 5);
        wire_put_bin(out, BYTES_OF(o->inc.b));
        wire_put_uint(out, o->seq);
        wire_put_uint(out, o->op);
        wire_put_bin(out, BYTES_OF(o->rid.b));
        wire_put_array(out, o->field_count);
        for (size_t k = 0; k < o->field_count; k++)
            wire_put_uint(out, o->fields[k]);
    }
}

void erase_free(struct erase_list *l)
{
    free(l->records);
    free(l->ops);
    *l = (struct erase_list){.records = NULL};
}

/* Room for one more of `size` bytes each. */
static enum err erase_room(void **at, size_t count, size_t *room, size_t size)
{
    if (count < *room) return ERR_OK;
    size_t now = *room == 0 ? 64 : 2 * *room;
    void *more = realloc(*at, now * size);
    if (more == NULL) return ERR_NOMEM;
    *at = more;
    *room = now;
    return ERR_OK;
}

enum err erase_add_record(struct erase_list *l, const struct id_record *rid)
{
    void *at = l->records;
    enum err e = erase_room(&at, l->record_count, &l->record_room, sizeof *l->records);
    l->records = at;
    if (e == ERR_OK) l->records[l->record_count++] = *rid;
    return e;
}

enum err erase_add_op(struct erase_list *l, const struct erase_op *op)
{
    void *at = l->ops;
    enum err e = erase_room(&at, l->op_count, &l->op_room, sizeof *l->ops);
    l->ops = at;
    if (e == ERR_OK) l->ops[l->op_count++] = *op;
    return e;
}

static enum err erase_read_records(struct wire_reader *r, struct erase_list *l)
{
    size_t n = wire_get_array(r);
    if (r->e != ERR_OK || n > ERASE_RECORDS_MAX) return ERR_BAD_FORMAT;
    l->records = calloc(n + 1, sizeof *l->records);
    if (l->records == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        wire_get_bin_exact(r, l->records[i].b, sizeof l->records[i].b);
        if (r->e != ERR_OK) return ERR_BAD_FORMAT;
        if (i > 0 && erase_record_order(&l->records[i - 1], &l->records[i]) >= 0)
            return ERR_BAD_FORMAT;
        l->record_count = i + 1;
    }
    return ERR_OK;
}

static bool erase_read_op(struct wire_reader *r, struct erase_op *o)
{
    if (wire_get_array(r) != 5) return false;
    wire_get_bin_exact(r, o->inc.b, sizeof o->inc.b);
    o->seq = wire_get_uint(r, UINT64_MAX);
    o->op = (unsigned)wire_get_uint(r, CHANGE_OPS_MAX - 1);
    wire_get_bin_exact(r, o->rid.b, sizeof o->rid.b);
    o->field_count = wire_get_array(r);
    if (r->e != ERR_OK || o->field_count == 0 || o->field_count > ERASE_FIELDS_MAX) return false;
    for (size_t i = 0; i < o->field_count; i++) {
        o->fields[i] = (unsigned)wire_get_uint(r, CHANGE_NUMBER_MAX);
        if (r->e != ERR_OK || (i > 0 && o->fields[i - 1] >= o->fields[i])) return false;
    }
    return true;
}

static enum err erase_read_ops(struct wire_reader *r, struct erase_list *l)
{
    size_t n = wire_get_array(r);
    if (r->e != ERR_OK || n > ERASE_OPS_MAX) return ERR_BAD_FORMAT;
    l->ops = calloc(n + 1, sizeof *l->ops);
    if (l->ops == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!erase_read_op(r, &l->ops[i])) return ERR_BAD_FORMAT;
        if (i > 0 && erase_op_qsort(&l->ops[i - 1], &l->ops[i]) >= 0) return ERR_BAD_FORMAT;
        l->op_count = i + 1;
    }
    return ERR_OK;
}

enum err erase_decode(struct bytes content, struct erase_list *l)
{
    struct wire_reader r;
    struct erase_list out = {.records = NULL};
    enum err e = wire_open_array(&r, content, 2);
    if (e == ERR_OK) e = erase_read_records(&r, &out);
    if (e == ERR_OK) e = erase_read_ops(&r, &out);
    if (e == ERR_OK) e = wire_close(&r);
    if (e == ERR_OK && out.record_count + out.op_count == 0) e = ERR_BAD_FORMAT;
    if (e == ERR_OK) {
        *l = out;
    } else {
        erase_free(&out);
    }
    return e;
}

/* ---- stubs: by how many items they have ---- */

enum { ERASE_WHOLE_ITEMS = 1, ERASE_OFFER_ITEMS = 2, ERASE_OP_ITEMS = 4 };

void erase_stub_encode(const struct change_op *op, bool whole, struct buf *out)
{
    size_t n = 0;
    for (size_t i = 0; i < op->count; i++)
        n += op->writes[i].element.p == NULL;
    wire_put_array(out, whole ? ERASE_WHOLE_ITEMS : ERASE_OP_ITEMS);
    wire_put_bin(out, BYTES_OF(op->rid.b));
    if (whole) return;
    wire_put_uint(out, op->kind);
    wire_put_uint(out, op->type);
    wire_put_array(out, n);
    for (size_t i = 0; i < op->count; i++) {
        const struct change_write *w = &op->writes[i];
        if (w->element.p != NULL) continue; /* an element is a value */
        wire_put_array(out, 2);
        wire_put_uint(out, w->field);
        if (w->bases.len == 0) {
            wire_put_nil(out);
        } else {
            wire_put_bin(out, w->bases);
        }
    }
}

void erase_stub_offer(const struct id_record *rid, const struct id_record *transfer,
                      struct buf *out)
{
    wire_put_array(out, ERASE_OFFER_ITEMS);
    wire_put_bin(out, BYTES_OF(rid->b));
    wire_put_bin(out, BYTES_OF(transfer->b));
}

void erase_stub_payload(struct bytes payload, const struct id_record *rid, bool whole,
                        struct change_write *writes, struct buf *out)
{
    struct change_op op;
    struct move_offer offer;
    if (change_payload_kind(payload) == CHANGE_OFFER &&
        move_offer_decode(payload, &offer) == ERR_OK) {
        erase_stub_offer(&offer.record, &offer.transfer, out);
        return;
    }
    if (change_op_decode(payload, writes, &op) != ERR_OK) {
        op = (struct change_op){.rid = *rid};
        whole = true;
    }
    erase_stub_encode(&op, whole, out);
}

static bool erase_stub_write(struct wire_reader *r, struct change_write *w)
{
    static const uint8_t nil[] = {0xc0};
    *w = (struct change_write){.value = BYTES_OF(nil)};
    if (wire_get_array(r) != 2) return false;
    w->field = (unsigned)wire_get_uint(r, CHANGE_NUMBER_MAX);
    if (!wire_get_nil(r)) {
        w->bases = wire_get_bin(r);
        if (w->bases.len == 0 || w->bases.len % ID_VERSION_BYTES != 0 ||
            w->bases.len > CHANGE_BASES_MAX * ID_VERSION_BYTES)
            return false;
    }
    return r->e == ERR_OK;
}

enum err erase_stub_decode(struct bytes stub, struct change_write *writes, struct change_op *op,
                           bool *whole)
{
    struct wire_reader r;
    struct change_op out = {.writes = writes};
    if (wire_check(stub) != ERR_OK) return ERR_BAD_FORMAT;
    wire_open(&r, stub);
    size_t items = wire_get_array(&r);
    if (items != ERASE_WHOLE_ITEMS && items != ERASE_OFFER_ITEMS && items != ERASE_OP_ITEMS)
        return ERR_BAD_FORMAT;
    wire_get_bin_exact(&r, out.rid.b, sizeof out.rid.b);
    if (items == ERASE_OFFER_ITEMS) {
        struct id_record transfer;
        wire_get_bin_exact(&r, transfer.b, sizeof transfer.b);
    }
    if (items == ERASE_OP_ITEMS) {
        out.kind = (enum change_kind)wire_get_uint(&r, CHANGE_EDIT);
        out.type = (unsigned)wire_get_uint(&r, CHANGE_NUMBER_MAX);
        out.count = wire_get_array(&r);
        if (r.e != ERR_OK || out.count > CHANGE_WRITES_MAX) return ERR_BAD_FORMAT;
        for (size_t i = 0; i < out.count; i++) {
            if (!erase_stub_write(&r, &writes[i])) return ERR_BAD_FORMAT;
            if (i > 0 && writes[i - 1].field >= writes[i].field) return ERR_BAD_FORMAT;
        }
    }
    enum err e = wire_close(&r);
    if (e != ERR_OK) return e;
    *op = out;
    *whole = items != ERASE_OP_ITEMS;
    return ERR_OK;
}

bool erase_stub_transfer(struct bytes stub, struct id_record *transfer)
{
    struct wire_reader r;
    struct id_record rid, name;
    if (wire_check(stub) != ERR_OK) return false;
    wire_open(&r, stub);
    if (wire_get_array(&r) != ERASE_OFFER_ITEMS) return false;
    wire_get_bin_exact(&r, rid.b, sizeof rid.b);
    wire_get_bin_exact(&r, name.b, sizeof name.b);
    if (wire_close(&r) != ERR_OK) return false;
    *transfer = name;
    return true;
}

/* ---- the file ---- */

void erase_file_begin(const char *tag, struct buf *out)
{
    uint8_t padded[16] = {0};
    assert(strlen(tag) <= sizeof padded);
    memcpy(padded, tag, strlen(tag));
    buf_add(out, padded, sizeof padded);
}

void erase_file_add(struct bytes head, struct bytes body, const uint8_t signature[static 64],
                    struct buf *out)
{
    buf_add_le32(out, (uint32_t)head.len);
    buf_add_bytes(out, head);
    buf_add_le32(out, (uint32_t)body.len);
    buf_add_bytes(out, body);
    buf_add(out, signature, 64);
}

static bool erase_file_take(struct bytes *file, size_t len, struct bytes *out)
{
    if (len > file->len) return false;
    *out = bytes_make(file->p, len);
    file->p += len;
    file->len -= len;
    return true;
}

static bool erase_file_part(struct bytes *file, size_t max, struct bytes *out)
{
    struct bytes len;
    if (!erase_file_take(file, 4, &len)) return false;
    size_t n = le32_load(len.p);
    return n <= max && erase_file_take(file, n, out);
}

bool erase_file_open(const char *tag, struct bytes *file)
{
    uint8_t padded[16] = {0};
    struct bytes begin;
    assert(strlen(tag) <= sizeof padded);
    memcpy(padded, tag, strlen(tag));
    return erase_file_take(file, sizeof padded, &begin) &&
           memcmp(begin.p, padded, sizeof padded) == 0;
}

bool erase_file_next(struct bytes *file, struct bytes *head, struct bytes *body,
                     uint8_t signature[static 64])
{
    struct bytes s;
    if (!erase_file_part(file, CHANGE_HEAD_BYTES_MAX, head) ||
        !erase_file_part(file, CHANGE_BODY_BYTES_MAX, body) || !erase_file_take(file, 64, &s))
        return false;
    memcpy(signature, s.p, 64);
    return true;
}
