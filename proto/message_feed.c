/* The lists of SPEC 7.6: SETS, RECORDS, VERDICTS, MOVES. */
#include "proto/message.h"
#include "proto/admin.h"
#include "proto/change.h"
#include "proto/wire.h"

#include <assert.h>

/* Start reading a list; its count is within `max` and the limit of a message. */
static enum err message_list_open(struct wire_reader *r, struct bytes body, size_t max,
                                  size_t *count)
{
    enum err e = wire_check(body);
    if (e != ERR_OK) return e;
    wire_open(r, body);
    *count = wire_get_array(r);
    if (r->e != ERR_OK) return r->e;
    return *count <= max && *count <= MESSAGE_ITEMS_MAX ? ERR_OK : ERR_BAD_FORMAT;
}

void message_sets_encode(const struct message_set *v, size_t count, struct buf *out)
{
    assert(count <= MESSAGE_ITEMS_MAX);
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(out, 4);
        wire_put_uint(out, v[i].position);
        wire_put_bin(out, v[i].head);
        wire_put_bin(out, v[i].body);
        wire_put_bin(out, BYTES_OF(v[i].signature));
    }
}

enum err message_sets_decode(struct bytes body, struct message_set *v, size_t max, size_t *count)
{
    struct wire_reader r;
    size_t n = 0;
    enum err e = message_list_open(&r, body, max, &n);
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < n; i++) {
        if (wire_get_array(&r) != 4) return ERR_BAD_FORMAT;
        v[i].position = wire_get_uint(&r, UINT64_MAX);
        v[i].head = wire_get_bin(&r);
        v[i].body = wire_get_bin(&r);
        if (v[i].head.len > CHANGE_HEAD_BYTES_MAX) return ERR_BAD_FORMAT;
        if (v[i].body.len > CHANGE_BODY_BYTES_MAX) return ERR_BAD_FORMAT;
        wire_get_bin_exact(&r, v[i].signature, sizeof v[i].signature);
    }
    e = wire_close(&r);
    if (e == ERR_OK) *count = n;
    return e;
}

void message_records_encode(const struct message_record *v, size_t count, struct buf *out)
{
    assert(count <= MESSAGE_ITEMS_MAX);
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(out, 4);
        wire_put_bin(out, BYTES_OF(v[i].rid.b));
        wire_put_str(out, v[i].unit);
        wire_put_uint(out, v[i].position);
        wire_put_bin(out, v[i].state);
    }
}

enum err message_records_decode(struct bytes body, struct message_record *v, size_t max,
                                size_t *count)
{
    struct wire_reader r;
    size_t n = 0;
    enum err e = message_list_open(&r, body, max, &n);
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < n; i++) {
        if (wire_get_array(&r) != 4) return ERR_BAD_FORMAT;
        wire_get_bin_exact(&r, v[i].rid.b, sizeof v[i].rid.b);
        v[i].unit = wire_get_str(&r);
        if (v[i].unit.len > ADMIN_UNIT_BYTES_MAX) return ERR_BAD_FORMAT;
        v[i].position = wire_get_uint(&r, UINT64_MAX);
        v[i].state = wire_get_bin(&r);
    }
    e = wire_close(&r);
    if (e == ERR_OK) *count = n;
    return e;
}

void message_verdicts_encode(const struct message_verdicts *v, size_t count, struct buf *out)
{
    assert(count <= MESSAGE_ITEMS_MAX);
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(out, 4);
        wire_put_bin(out, BYTES_OF(v[i].inc.b));
        wire_put_uint(out, v[i].first_seq);
        wire_put_uint(out, v[i].position);
        wire_put_bin(out, v[i].verdicts);
    }
}

enum err message_verdicts_decode(struct bytes body, struct message_verdicts *v, size_t max,
                                 size_t *count)
{
    struct wire_reader r;
    size_t n = 0;
    enum err e = message_list_open(&r, body, max, &n);
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < n; i++) {
        if (wire_get_array(&r) != 4) return ERR_BAD_FORMAT;
        wire_get_bin_exact(&r, v[i].inc.b, sizeof v[i].inc.b);
        v[i].first_seq = wire_get_uint(&r, UINT64_MAX);
        v[i].position = wire_get_uint(&r, UINT64_MAX);
        v[i].verdicts = wire_get_bin(&r);
    }
    e = wire_close(&r);
    if (e == ERR_OK) *count = n;
    return e;
}

void message_moves_encode(const struct message_move *v, size_t count, struct buf *out)
{
    assert(count <= MESSAGE_ITEMS_MAX);
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++) {
        wire_put_array(out, 3);
        wire_put_uint(out, v[i].position);
        wire_put_uint(out, v[i].kind);
        wire_put_bin(out, v[i].item);
    }
}

enum err message_moves_decode(struct bytes body, struct message_move *v, size_t max, size_t *count)
{
    struct wire_reader r;
    size_t n = 0;
    enum err e = message_list_open(&r, body, max, &n);
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < n; i++) {
        if (wire_get_array(&r) != 3) return ERR_BAD_FORMAT;
        v[i].position = wire_get_uint(&r, UINT64_MAX);
        v[i].kind = (unsigned)wire_get_uint(&r, UINT8_MAX);
        v[i].item = wire_get_bin(&r);
    }
    e = wire_close(&r);
    if (e == ERR_OK) *count = n;
    return e;
}
