#include "proto/wire.h"

#include <assert.h>
#include <msgpack/pack.h>

/* One header as read: what stands there, its number, and (str, bin) where its bytes begin. */
struct wire_value {
    enum wire_kind kind;
    uint64_t n;          /* bool, uint; length of str and bin; items of an array */
    int64_t negative;    /* WIRE_NEGATIVE */
    const uint8_t *body; /* str, bin */
};

/* Length of the UTF-8 sequence at p, of which `len` bytes are there; 0 when it is not one. */
static size_t wire_utf8_step(const uint8_t *p, size_t len)
{
    uint8_t a = p[0];
    if (a < 0x80) return 1;
    if (a < 0xC2 || len < 2) return 0;
    uint8_t low = 0x80, high = 0xBF; /* bounds of the second byte: no overlong, no surrogate */
    if (a == 0xE0) low = 0xA0;
    if (a == 0xED) high = 0x9F;
    if (a == 0xF0) low = 0x90;
    if (a == 0xF4) high = 0x8F;
    if (p[1] < low || p[1] > high) return 0;
    if (a < 0xE0) return 2;
    if (len < 3 || (p[2] & 0xC0) != 0x80) return 0;
    if (a < 0xF0) return 3;
    if (a > 0xF4 || len < 4 || (p[3] & 0xC0) != 0x80) return 0;
    return 4;
}

static bool wire_utf8(const uint8_t *p, size_t len)
{
    while (len > 0) {
        uint64_t eight = 0;
        if (len >= sizeof eight) memcpy(&eight, p, sizeof eight);
        size_t step = 8;
        if (len < sizeof eight || (eight & UINT64_C(0x8080808080808080)) != 0)
            step = wire_utf8_step(p, len);
        if (step == 0) return false;
        p += step;
        len -= step;
    }
    return true;
}

/* Big-endian number of `size` bytes behind a first byte; false when they are not all there. */
static bool wire_number(const uint8_t **p, const uint8_t *end, unsigned size, uint64_t *out)
{
    if ((size_t)(end - *p) < size) return false;
    uint64_t n = 0;
    for (unsigned i = 0; i < size; i++)
        n = (n << 8) | (*p)[i];
    *p += size;
    *out = n;
    return true;
}

/* cc..cf: a number that needs all of its width, else there is a shorter form. */
static bool wire_head_uint(uint8_t first, const uint8_t **p, const uint8_t *end,
                           struct wire_value *v)
{
    static const uint64_t least[4] = {0x80, 0x100, 0x10000, UINT64_C(0x100000000)};
    unsigned width = first - 0xCCu;
    v->kind = WIRE_UINT;
    return wire_number(p, end, 1u << width, &v->n) && v->n >= least[width];
}

/* d0..d3: negative and too low for the next shorter form. */
static bool wire_head_negative(uint8_t first, const uint8_t **p, const uint8_t *end,
                               struct wire_value *v)
{
    static const int64_t above[4] = {-32, INT8_MIN, INT16_MIN, INT32_MIN};
    unsigned width = first - 0xD0u;
    unsigned size = 1u << width;
    uint64_t n;
    if (!wire_number(p, end, size, &n)) return false;
    if (((n >> (8 * size - 1)) & 1) == 0) return false;
    uint64_t missing = size == 8 ? 0 : ~UINT64_C(0) << (8 * size);
    v->kind = WIRE_NEGATIVE;
    v->negative = -(int64_t)(~(n | missing)) - 1;
    return v->negative < above[width];
}

/* Take the `n` bytes of a str or bin. */
static bool wire_head_body(const uint8_t **p, const uint8_t *end, struct wire_value *v)
{
    if (v->n > (uint64_t)(end - *p)) return false;
    v->body = *p;
    *p += v->n;
    return true;
}

/* A length of 2^width bytes; `least` is the smallest that needs this width. */
static bool wire_head_length(const uint8_t **p, const uint8_t *end, unsigned width, uint64_t least,
                             struct wire_value *v)
{
    return wire_number(p, end, 1u << width, &v->n) && v->n >= least;
}

/* First bytes 0x80..0xdf that are no fixstr and no fixarray. */
static bool wire_head_wide(uint8_t first, const uint8_t **p, const uint8_t *end,
                           struct wire_value *v)
{
    static const uint64_t least_bin[3] = {0, 0x100, 0x10000};
    static const uint64_t least_str[3] = {0x20, 0x100, 0x10000};
    static const uint64_t least_array[2] = {0x10, 0x10000};
    switch (first) {
    case 0xC0: v->kind = WIRE_NIL; return true;
    case 0xC2:
    case 0xC3:
        v->kind = WIRE_BOOL;
        v->n = first & 1u;
        return true;
    case 0xC4:
    case 0xC5:
    case 0xC6:
        v->kind = WIRE_BIN;
        return wire_head_length(p, end, first - 0xC4u, least_bin[first - 0xC4u], v) &&
               wire_head_body(p, end, v);
    case 0xCC:
    case 0xCD:
    case 0xCE:
    case 0xCF: return wire_head_uint(first, p, end, v);
    case 0xD0:
    case 0xD1:
    case 0xD2:
    case 0xD3: return wire_head_negative(first, p, end, v);
    case 0xD9:
    case 0xDA:
    case 0xDB:
        v->kind = WIRE_STR;
        return wire_head_length(p, end, first - 0xD9u, least_str[first - 0xD9u], v) &&
               wire_head_body(p, end, v);
    case 0xDC:
    case 0xDD:
        v->kind = WIRE_ARRAY;
        return wire_head_length(p, end, first - 0xDBu, least_array[first - 0xDCu], v) &&
               v->n <= (uint64_t)(end - *p);
    default: return false; /* float, map, ext, unused */
    }
}

/*
 * Read one header, and the bytes of a str or bin; moves *p behind them. All bounds, the one form
 * and the count of an array are checked here; UTF-8 is not. False: not canonical, or cut off.
 */
static inline bool wire_head(const uint8_t **p, const uint8_t *end, struct wire_value *v)
{
    if (*p >= end) return false;
    uint8_t first = *(*p)++;
    if (first < 0x80) {
        v->kind = WIRE_UINT;
        v->n = first;
        return true;
    }
    if (first >= 0xE0) {
        v->kind = WIRE_NEGATIVE;
        v->negative = (int64_t)first - 0x100;
        return true;
    }
    if (first >= 0xA0 && first < 0xC0) {
        v->kind = WIRE_STR;
        v->n = first & 0x1Fu;
        return wire_head_body(p, end, v);
    }
    if (first >= 0x90 && first < 0xA0) {
        v->kind = WIRE_ARRAY;
        v->n = first & 0x0Fu;
        return v->n <= (uint64_t)(end - *p);
    }
    return wire_head_wide(first, p, end, v);
}

/* Walk over one whole value. An explicit stack: its depth is a limit, not the C stack's size. */
static bool wire_skip(const uint8_t **p, const uint8_t *end)
{
    uint64_t left[WIRE_DEPTH_MAX + 1] = {1}; /* values still to come at each depth */
    unsigned depth = 0;
    for (size_t items = 0; items < WIRE_ITEMS_MAX; items++) {
        struct wire_value v;
        if (!wire_head(p, end, &v)) return false;
        if (v.kind == WIRE_STR && !wire_utf8(v.body, (size_t)v.n)) return false;
        left[depth]--;
        if (v.kind == WIRE_ARRAY) {
            if (depth == WIRE_DEPTH_MAX) return false;
            left[++depth] = v.n;
        }
        while (left[depth] == 0) {
            if (depth == 0) return true;
            depth--;
        }
    }
    return false;
}

enum err wire_check(struct bytes message)
{
    if (message.p == NULL) return ERR_BAD_FORMAT;
    const uint8_t *p = message.p;
    const uint8_t *end = message.p + message.len;
    return wire_skip(&p, end) && p == end ? ERR_OK : ERR_BAD_FORMAT;
}

void wire_open(struct wire_reader *r, struct bytes message)
{
    const uint8_t *end = message.p == NULL ? NULL : message.p + message.len;
    *r = (struct wire_reader){.p = message.p, .end = end, .e = ERR_OK};
}

enum wire_kind wire_peek(const struct wire_reader *r)
{
    struct wire_value v;
    const uint8_t *p = r->p;
    if (r->e != ERR_OK || !wire_head(&p, r->end, &v)) return WIRE_END;
    return v.kind;
}

/* Take the next header if it is of this kind, else the reader is in error. */
static inline bool wire_take(struct wire_reader *r, enum wire_kind kind, struct wire_value *v)
{
    const uint8_t *p = r->p;
    if (r->e != ERR_OK) return false;
    if (!wire_head(&p, r->end, v) || v->kind != kind) {
        r->e = ERR_BAD_FORMAT;
        return false;
    }
    r->p = p;
    return true;
}

enum err wire_open_array(struct wire_reader *r, struct bytes message, size_t items)
{
    wire_open(r, message);
    if (wire_check(message) != ERR_OK || wire_get_array(r) != items) r->e = ERR_BAD_FORMAT;
    return r->e;
}

size_t wire_get_array(struct wire_reader *r)
{
    struct wire_value v;
    return wire_take(r, WIRE_ARRAY, &v) ? (size_t)v.n : 0;
}

uint64_t wire_get_uint(struct wire_reader *r, uint64_t max)
{
    struct wire_value v;
    if (!wire_take(r, WIRE_UINT, &v)) return 0;
    if (v.n <= max) return v.n;
    r->e = ERR_BAD_FORMAT;
    return 0;
}

int64_t wire_get_int(struct wire_reader *r)
{
    struct wire_value v;
    if (wire_peek(r) == WIRE_NEGATIVE) return wire_take(r, WIRE_NEGATIVE, &v) ? v.negative : 0;
    return (int64_t)wire_get_uint(r, INT64_MAX);
}

bool wire_get_bool(struct wire_reader *r)
{
    struct wire_value v;
    return wire_take(r, WIRE_BOOL, &v) && v.n != 0;
}

struct bytes wire_get_str(struct wire_reader *r)
{
    struct wire_value v;
    if (!wire_take(r, WIRE_STR, &v)) return bytes_make(NULL, 0);
    return bytes_make(v.body, (size_t)v.n);
}

struct bytes wire_get_bin(struct wire_reader *r)
{
    struct wire_value v;
    if (!wire_take(r, WIRE_BIN, &v)) return bytes_make(NULL, 0);
    return bytes_make(v.body, (size_t)v.n);
}

void wire_get_bin_exact(struct wire_reader *r, uint8_t *out, size_t len)
{
    struct wire_value v;
    if (wire_take(r, WIRE_BIN, &v) && v.n == len) {
        memcpy(out, v.body, len);
        return;
    }
    r->e = ERR_BAD_FORMAT;
    memset(out, 0, len);
}

bool wire_get_nil(struct wire_reader *r)
{
    if (r->e != ERR_OK || r->p >= r->end || *r->p != 0xC0) return false;
    r->p++;
    return true;
}

struct bytes wire_get_raw(struct wire_reader *r)
{
    const uint8_t *p = r->p;
    if (r->e != ERR_OK) return bytes_make(NULL, 0);
    if (!wire_skip(&p, r->end)) {
        r->e = ERR_BAD_FORMAT;
        return bytes_make(NULL, 0);
    }
    struct bytes raw = bytes_make(r->p, (size_t)(p - r->p));
    r->p = p;
    return raw;
}

enum err wire_close(const struct wire_reader *r)
{
    if (r->e != ERR_OK) return r->e;
    return r->p == r->end ? ERR_OK : ERR_BAD_FORMAT;
}

/* msgpack-c's packer calls this; the buffer keeps its own sticky error. */
static int wire_write(void *data, const char *p, size_t len)
{
    buf_add(data, p, len);
    return 0;
}

static msgpack_packer wire_packer(struct buf *b)
{
    msgpack_packer pk;
    msgpack_packer_init(&pk, b, wire_write);
    return pk;
}

void wire_put_nil(struct buf *b)
{
    msgpack_packer pk = wire_packer(b);
    msgpack_pack_nil(&pk);
}

void wire_put_bool(struct buf *b, bool v)
{
    msgpack_packer pk = wire_packer(b);
    if (v)
        msgpack_pack_true(&pk);
    else
        msgpack_pack_false(&pk);
}

void wire_put_uint(struct buf *b, uint64_t v)
{
    msgpack_packer pk = wire_packer(b);
    msgpack_pack_uint64(&pk, v);
}

void wire_put_int(struct buf *b, int64_t v)
{
    msgpack_packer pk = wire_packer(b);
    msgpack_pack_int64(&pk, v);
}

void wire_put_str(struct buf *b, struct bytes s)
{
    assert(s.len <= UINT32_MAX);
    msgpack_packer pk = wire_packer(b);
    msgpack_pack_str(&pk, s.len);
    buf_add_bytes(b, s);
}

void wire_put_bin(struct buf *b, struct bytes s)
{
    assert(s.len <= UINT32_MAX);
    msgpack_packer pk = wire_packer(b);
    msgpack_pack_bin(&pk, s.len);
    buf_add_bytes(b, s);
}

void wire_put_array(struct buf *b, size_t count)
{
    assert(count <= UINT32_MAX);
    msgpack_packer pk = wire_packer(b);
    msgpack_pack_array(&pk, count);
}
