/*
 * The fixed-size identifiers of the protocol (SPEC section 3) and hexadecimal text.
 *
 * Ownership: plain values, copied.   Threads: any.
 */
#ifndef DONGBO_COMMON_ID_H
#define DONGBO_COMMON_ID_H

#include "common/bytes.h"
#include "common/err.h"

enum {
    ID_HASH_BYTES = 32,    /* BLAKE2b-256; hub ids and node ids too */
    ID_RECORD_BYTES = 16,  /* record id: 128 random bits */
    ID_INC_BYTES = 8,      /* incarnation: 64 random bits */
    ID_PERSON_BYTES = 8,   /* login that saved */
    ID_VERSION_BYTES = 20, /* incarnation 8, seq 8 little-endian, first 4 bytes of the set's hash */
};

struct id_hash {
    uint8_t b[ID_HASH_BYTES];
};

struct id_record {
    uint8_t b[ID_RECORD_BYTES];
};

struct id_inc {
    uint8_t b[ID_INC_BYTES];
};

struct id_person {
    uint8_t b[ID_PERSON_BYTES];
};

/* Version of a field: the change set that wrote it (SPEC 6.1). Kept as its wire bytes. */
struct id_version {
    uint8_t b[ID_VERSION_BYTES];
};

#define ID_EQUAL(x, y) (memcmp((x)->b, (y)->b, sizeof(x)->b) == 0)

static inline struct id_version id_version_make(const struct id_inc *inc, uint64_t seq,
                                                const struct id_hash *set_hash)
{
    struct id_version v;
    memcpy(v.b, inc->b, ID_INC_BYTES);
    le64_store(v.b + ID_INC_BYTES, seq);
    memcpy(v.b + ID_INC_BYTES + 8, set_hash->b, 4);
    return v;
}

static inline uint64_t id_version_seq(const struct id_version *v)
{
    return le64_load(v->b + ID_INC_BYTES);
}

static inline struct id_inc id_version_inc(const struct id_version *v)
{
    struct id_inc i;
    memcpy(i.b, v->b, ID_INC_BYTES);
    return i;
}

/* Write 2*in.len lower-case hex digits and a terminator to `out`, which has that room. */
void id_hex(struct bytes in, char *out);

/*
 * Read exactly 2*len hex digits (either case) of the C string `hex` into `out`.
 * ERR_BAD_INPUT  wrong length or a character that is no hex digit; `out` may hold part of it.
 */
MUST_CHECK enum err id_unhex(const char *hex, uint8_t *out, size_t len);

#endif
