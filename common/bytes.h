/*
 * A borrowed view of bytes, and little-endian loads and stores.
 *
 * Ownership: a view owns nothing; whoever hands it out says how long it lives.   Threads: any.
 */
#ifndef DONGBO_COMMON_BYTES_H
#define DONGBO_COMMON_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <string.h>

struct bytes {
    const uint8_t *p;
    size_t len;
};

#define BYTES_OF(array) ((struct bytes){.p = (const uint8_t *)(array), .len = sizeof(array)})

static inline struct bytes bytes_make(const void *p, size_t len)
{
    return (struct bytes){.p = (const uint8_t *)p, .len = len};
}

/* The bytes of a C string without its terminator. */
static inline struct bytes bytes_str(const char *s)
{
    return (struct bytes){.p = (const uint8_t *)s, .len = strlen(s)};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Order by content, then by length: <0, 0, >0. */
static inline int bytes_compare(struct bytes a, struct bytes b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    if (c != 0) return c;
    return (a.len > b.len) - (a.len < b.len);
}

static inline uint16_t le16_load(const uint8_t *p)
{
    return (uint16_t)(p[0] | (p[1] << 8));
}

static inline uint32_t le32_load(const uint8_t *p)
{
    return (uint32_t)p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) | ((uint32_t)p[3] << 24);
}

static inline uint64_t le64_load(const uint8_t *p)
{
    return (uint64_t)le32_load(p) | ((uint64_t)le32_load(p + 4) << 32);
}

static inline void le16_store(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void le32_store(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static inline void le64_store(uint8_t *p, uint64_t v)
{
    le32_store(p, (uint32_t)v);
    le32_store(p + 4, (uint32_t)(v >> 32));
}

#endif
