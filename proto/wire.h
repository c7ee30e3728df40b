/*
 * Canonical msgpack: a bounded pull reader that accepts one form only, and a writer. SPEC
 * section 2.
 *
 * Bytes from outside pass wire_check() first; after that the pull functions cannot read outside the
 * message, and they still verify the kind of each value.
 *
 * Ownership: slices point into the message and live as long as it.   Threads: any, one reader at a
 * time. Limits:    WIRE_DEPTH_MAX, WIRE_ITEMS_MAX.
 */
#ifndef DONGBO_PROTO_WIRE_H
#define DONGBO_PROTO_WIRE_H

#include "common/buf.h"
#include "common/bytes.h"
#include "common/err.h"

#define WIRE_DEPTH_MAX 8u      /* arrays inside arrays */
#define WIRE_ITEMS_MAX 262144u /* values in one message */

/* One whole canonical value and nothing behind it? ERR_BAD_FORMAT otherwise. Allocates nothing. */
MUST_CHECK enum err wire_check(struct bytes message);

enum wire_kind {
    WIRE_NIL,
    WIRE_BOOL,
    WIRE_UINT,
    WIRE_NEGATIVE,
    WIRE_STR,
    WIRE_BIN,
    WIRE_ARRAY,
    WIRE_END
};

struct wire_reader {
    const uint8_t *p;
    const uint8_t *end;
    enum err e; /* sticky: after the first mismatch every get returns a zero value; read it once at
                   the end */
};

/* Start reading `message`, which has passed wire_check() (or was made by this program). */
void wire_open(struct wire_reader *r, struct bytes message);

/* Check `message` whole, start reading it, and take its outermost value, an array of exactly
 * `items` values. ERR_BAD_FORMAT. */
MUST_CHECK enum err wire_open_array(struct wire_reader *r, struct bytes message, size_t items);

/* Kind of the next value, WIRE_END when there is none. */
enum wire_kind wire_peek(const struct wire_reader *r);

/* Take the next value. A wrong kind or range sets r->e = ERR_BAD_FORMAT and returns 0, {NULL,0} or
 * false. */
size_t wire_get_array(struct wire_reader *r);                /* number of items that follow */
uint64_t wire_get_uint(struct wire_reader *r, uint64_t max); /* 0..max */
int64_t wire_get_int(struct wire_reader *r);
bool wire_get_bool(struct wire_reader *r);
struct bytes wire_get_str(struct wire_reader *r);
struct bytes wire_get_bin(struct wire_reader *r);
void wire_get_bin_exact(struct wire_reader *r, uint8_t *out,
                        size_t len); /* bin of exactly len bytes */
bool wire_get_nil(
    struct wire_reader *r); /* true and taken if nil; false and not taken if not; no error */
struct bytes wire_get_raw(struct wire_reader *r); /* the next value whole, as its bytes */

/* ERR_OK only if no error happened and nothing is left. */
MUST_CHECK enum err wire_close(const struct wire_reader *r);

/* Write, always in canonical form. Errors are the buffer's sticky error. */
void wire_put_nil(struct buf *b);
void wire_put_bool(struct buf *b, bool v);
void wire_put_uint(struct buf *b, uint64_t v);
void wire_put_int(struct buf *b, int64_t v);
void wire_put_str(struct buf *b, struct bytes s);
void wire_put_bin(struct buf *b, struct bytes s);
void wire_put_array(struct buf *b, size_t count);

#endif
