#include "common/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST_BYTES = 256 };

void buf_init(struct buf *b, size_t max)
{
    assert(b != NULL);
    *b = (struct buf){.max = max, .e = ERR_OK};
}

/* Make room for `len` more bytes and a terminator. */
static bool buf_reserve(struct buf *b, size_t len)
{
    if (b->e != ERR_OK) return false;
    if (len > b->max || b->len > b->max - len) {
        b->e = ERR_TOO_LARGE;
        return false;
    }
    size_t need = b->len + len + 1;
    if (need <= b->cap) return true;
    size_t cap = b->cap ? b->cap : BUF_FIRST_BYTES;
    while (cap < need)
        cap += cap / 2 + 1;
    uint8_t *p = realloc(b->p, cap);
    if (p == NULL) {
        b->e = ERR_NOMEM;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

uint8_t *buf_room(struct buf *b, size_t len)
{
    if (!buf_reserve(b, len)) return NULL;
    uint8_t *at = b->p + b->len;
    b->len += len;
    return at;
}

void buf_add(struct buf *b, const void *p, size_t len)
{
    if (len == 0) return;
    uint8_t *at = buf_room(b, len);
    if (at != NULL) memcpy(at, p, len);
}

void buf_add_bytes(struct buf *b, struct bytes s)
{
    buf_add(b, s.p, s.len);
}

void buf_add_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_add_u8(struct buf *b, uint8_t v)
{
    buf_add(b, &v, 1);
}

void buf_add_le16(struct buf *b, uint16_t v)
{
    uint8_t t[2];
    le16_store(t, v);
    buf_add(b, t, sizeof t);
}

void buf_add_le32(struct buf *b, uint32_t v)
{
    uint8_t t[4];
    le32_store(t, v);
    buf_add(b, t, sizeof t);
}

void buf_add_le64(struct buf *b, uint64_t v)
{
    uint8_t t[8];
    le64_store(t, v);
    buf_add(b, t, sizeof t);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !buf_reserve(b, (size_t)n)) return;
    va_start(ap, fmt);
    int written = vsnprintf((char *)b->p + b->len, (size_t)n + 1, fmt, ap);
    va_end(ap);
    assert(written == n);
    b->len += (size_t)n;
}

void buf_drop(struct buf *b, size_t n)
{
    assert(n <= b->len);
    if (n == 0) return;
    memmove(b->p, b->p + n, b->len - n);
    b->len -= n;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->e = ERR_OK;
}

void buf_free(struct buf *b)
{
    free(b->p);
    *b = (struct buf){.max = b->max, .e = ERR_OK};
}

struct bytes buf_bytes(const struct buf *b)
{
    return bytes_make(b->p, b->e == ERR_OK ? b->len : 0);
}

const char *buf_cstr(struct buf *b)
{
    if (!buf_reserve(b, 0)) return "";
    b->p[b->len] = '\0';
    return (const char *)b->p;
}
