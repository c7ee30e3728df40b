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

static void message_set_put(const struct message_set *m, struct buf *out)
{
    wire_put_array(out, 4);
    wire_put_uint(out, m->position);
    wire_put_bin(out, m->head);
    wire_put_bin(out, m->body);
    wire_put_bin(out, BYTES_OF(m->signature));
}

static bool message_set_get(struct wire_reader *r, struct message_set *m)
{
    if (wire_get_array(r) != 4) return false;
    m->position = wire_get_uint(r, UINT64_MAX);
    m->head = wire_get_bin(r);
    m->body = wire_get_bin(r);
    wire_get_bin_exact(r, m->signature, sizeof m->signature);
    return m->head.len <= CHANGE_HEAD_BYTES_MAX && m->body.len <= CHANGE_BODY_BYTES_MAX;
}

void message_sets_encode(const struct message_set *v, size_t count, struct buf *out)
{
    assert(count <= MESSAGE_ITEMS_MAX);
    wire_put_array(out, count);
    for (size_t i = 0; i < count; i++)
        message_set_put(&v[i], out);
}

enum err message_sets_decode(struct bytes body, struct message_set *v, size_t max, size_t *count)
{
    struct wire_reader r;
    size_t n = 0;
    enum err e = message_list_open(&r, body, max, &n);
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < n; i++) {
        if (!message_set_get(&r, &v[i])) return ERR_BAD_FORMAT;
    }
    e = wire_close(&r);
    if (e == ERR_OK) *count = n;
    return e;
}

void message_erasures_encode(const struct message_erasures *m, const struct message_set *v,
                             struct buf *out)
{
    assert(m->count <= MESSAGE_ITEMS_MAX);
    wire_put_array(out, 3);
    wire_put_uint(out, m->first);
    wire_put_uint(out, m->total);
    wire_put_array(out, m->count);
    for (size_t i = 0; i < m->count; i++)
        message_set_put(&v[i], out);
}

enum err message_erasures_decode(struct bytes body, struct message_erasures *m,
                                 struct message_set *v, size_t max)
{
    struct wire_reader r;
    struct message_erasures out;
    enum err e = wire_open_array(&r, body, 3);
    if (e != ERR_OK) return e;
    out.first = wire_get_uint(&r, UINT32_MAX);
    out.total = wire_get_uint(&r, UINT32_MAX);
    out.count = wire_get_array(&r);
    if (r.e != ERR_OK || out.first == 0 || out.count > max || out.count > MESSAGE_ITEMS_MAX)
        return ERR_BAD_FORMAT;
    for (size_t i = 0; i < out.count; i++) {
        if (!message_set_get(&r, &v[i])) return ERR_BAD_FORMAT;
    }
    e = wire_close(&r);
    if (e == ERR_OK && out.first + out.count - 1 > out.total) e = ERR_BAD_FORMAT;
    if (e == ERR_OK) *m = out;
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
