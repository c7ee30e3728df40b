#include "tests/vectors/vec.h"

#include "common/id.h"
#include "proto/wire.h"

#include <assert.h>
#include <stdlib.h>

json_t *vec_hex(const void *p, size_t len)
{
    char *text = malloc(2 * len + 1);
    assert(text != NULL);
    id_hex(bytes_make(p, len), text);
    json_t *j = json_string(text);
    free(text);
    return j;
}

void vec_put(json_t *o, const char *name, json_t *value)
{
    int bad = json_object_set_new(o, name, value);
    assert(bad == 0);
}

void vec_put_hex(json_t *o, const char *name, const void *p, size_t len)
{
    vec_put(o, name, vec_hex(p, len));
}

void vec_put_buf(json_t *o, const char *name, const struct buf *b)
{
    assert(b->e == ERR_OK);
    vec_put_hex(o, name, b->p, b->len);
}

void vec_put_u64(json_t *o, const char *name, uint64_t v)
{
    assert(v <= INT64_MAX);
    vec_put(o, name, json_integer((json_int_t)v));
}

void vec_add(json_t *array, json_t *value)
{
    int bad = json_array_append_new(array, value);
    assert(bad == 0);
}

/* A msgpack value as JSON: a bin is {"bin": hex}, everything else is itself. */
static json_t *vec_tree(struct wire_reader *r)
{
    struct bytes s;
    json_t *j = NULL;
    switch (wire_peek(r)) {
    case WIRE_NIL: return wire_get_nil(r) ? json_null() : NULL;
    case WIRE_BOOL: return json_boolean(wire_get_bool(r));
    case WIRE_UINT:
    case WIRE_NEGATIVE: return json_integer((json_int_t)wire_get_int(r));
    case WIRE_STR: s = wire_get_str(r); return json_stringn((const char *)s.p, s.len);
    case WIRE_BIN:
        s = wire_get_bin(r);
        j = json_object();
        vec_put_hex(j, "bin", s.p, s.len);
        return j;
    case WIRE_ARRAY:
        j = json_array();
        for (size_t n = wire_get_array(r); n > 0; n--)
            vec_add(j, vec_tree(r));
        return j;
    case WIRE_END: break;
    }
    abort();
}

json_t *vec_value(struct bytes message)
{
    struct wire_reader r;
    assert(wire_check(message) == ERR_OK);
    wire_open(&r, message);
    return vec_tree(&r);
}

/* Seeds and secrets of the vectors: the 32 bytes n, n+1, n+2 ... */
void vec_count_up(uint8_t *out, size_t len, uint8_t first)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(first + i);
}
