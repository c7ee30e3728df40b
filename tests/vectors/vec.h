/*
 * For the programs that write test vectors: values as JSON (tests/vectors/README.md says how). Whatever
 * goes wrong is a bug of that program and stops it.
 *
 * Ownership: vec_put and vec_add take the value.   Threads: one.
 */
#ifndef DONGBO_TESTS_VEC_H
#define DONGBO_TESTS_VEC_H

#include "common/buf.h"

#include <jansson.h>

json_t *vec_hex(const void *p, size_t len);
void vec_put(json_t *o, const char *name, json_t *value);
void vec_put_hex(json_t *o, const char *name, const void *p, size_t len);
void vec_put_buf(json_t *o, const char *name, const struct buf *b);
void vec_put_u64(json_t *o, const char *name, uint64_t v);
void vec_add(json_t *array, json_t *value);

/* A msgpack value as JSON: a bin is {"bin": hex}, everything else is itself. */
json_t *vec_value(struct bytes message);

/* Seeds and secrets of the vectors: the bytes first, first + 1, first + 2 ... */
void vec_count_up(uint8_t *out, size_t len, uint8_t first);

#endif
