/*
 * Feeds bytes to the canonical msgpack reader.
 *
 * Checked: what wire_check() accepts is read without error, and written again it gives the same bytes; what it
 * refuses does not let the pull functions read outside the message.
 */
#include <assert.h>

#include "proto/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AGAIN_BYTES_MAX = 16 * 1024 * 1024 };

/* Read one value and append what the writer makes of it. Depth is bounded by wire_check(). */
static void rewrite(struct wire_reader *r, struct buf *again)
{
    size_t items = 0;
    bool nil = false;
    switch (wire_peek(r)) {
    case WIRE_NIL:
        nil = wire_get_nil(r);
        assert(nil);
        wire_put_nil(again);
        break;
    case WIRE_BOOL: wire_put_bool(again, wire_get_bool(r)); break;
    case WIRE_UINT: wire_put_uint(again, wire_get_uint(r, UINT64_MAX)); break;
    case WIRE_NEGATIVE: wire_put_int(again, wire_get_int(r)); break;
    case WIRE_STR: wire_put_str(again, wire_get_str(r)); break;
    case WIRE_BIN: wire_put_bin(again, wire_get_bin(r)); break;
    case WIRE_ARRAY:
        items = wire_get_array(r);
        wire_put_array(again, items);
        while (items-- > 0)
            rewrite(r, again);
        break;
    case WIRE_END: assert(false); break;
    }
}

static void accepted(struct bytes in)
{
    static struct buf again;
    struct wire_reader r;
    if (again.max == 0) buf_init(&again, AGAIN_BYTES_MAX);
    buf_clear(&again);
    wire_open(&r, in);
    rewrite(&r, &again);
    assert(wire_close(&r) == ERR_OK);
    assert(bytes_equal(buf_bytes(&again), in));
    wire_open(&r, in);
    assert(bytes_equal(wire_get_raw(&r), in));
}

/* Pull values of refused bytes until the reader stops. */
static void refused(struct bytes in)
{
    struct wire_reader r;
    wire_open(&r, in);
    for (enum wire_kind k = wire_peek(&r); k != WIRE_END; k = wire_peek(&r)) {
        const uint8_t *was = r.p;
        if (k == WIRE_ARRAY)
            (void)wire_get_array(&r);
        else
            (void)wire_get_raw(&r);
        assert(r.e != ERR_OK || (r.p > was && r.p <= r.end));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = bytes_make(data, size);
    if (wire_check(in) == ERR_OK)
        accepted(in);
    else
        refused(in);
    return 0;
}
