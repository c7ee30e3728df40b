/*
 * An owned, growing byte buffer with a hard cap. The cap is the limit of whatever is being built;
 * going over it, or running out of memory, sets a sticky error that is read once at the end.
 *
 * Ownership: the struct is the caller's; buf_free() releases the memory and may be called twice.
 * Threads:   one at a time.
 * Limits:    the cap given to buf_init(), in bytes.
 */
#ifndef DONGBO_COMMON_BUF_H
#define DONGBO_COMMON_BUF_H

#include "common/bytes.h"
#include "common/err.h"

struct buf {
    uint8_t *p;
    size_t len;
    size_t cap; /* allocated bytes */
    size_t max; /* hard limit, bytes */
    enum err e; /* sticky: ERR_OK, ERR_TOO_LARGE or ERR_NOMEM */
};

/* An empty buffer that may grow to `max` bytes. Does not allocate. */
void buf_init(struct buf *b, size_t max);

/* Append; after an error it does nothing. */
void buf_add(struct buf *b, const void *p, size_t len);
void buf_add_bytes(struct buf *b, struct bytes s);
void buf_add_str(struct buf *b, const char *s);
void buf_add_u8(struct buf *b, uint8_t v);
void buf_add_le16(struct buf *b, uint16_t v);
void buf_add_le32(struct buf *b, uint32_t v);
void buf_add_le64(struct buf *b, uint64_t v);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Room for `len` more bytes, already counted in b->len; NULL after an error. Valid until the next
 * append. */
uint8_t *buf_room(struct buf *b, size_t len);

/* Drop the first `n` bytes (n <= len) and move the rest down. */
void buf_drop(struct buf *b, size_t n);

/* Empty it but keep the memory; clears the error. */
void buf_clear(struct buf *b);
void buf_free(struct buf *b);

/* The content, valid until the next append. */
struct bytes buf_bytes(const struct buf *b);

/* The content as a C string (a terminator is kept behind it); "" after an error. */
const char *buf_cstr(struct buf *b);

#endif
