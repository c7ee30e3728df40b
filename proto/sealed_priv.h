/*
 * What the files of sealed records share. Private to proto/sealed_record.c and proto/sealed_old.c.
 */
#ifndef DONGBO_PROTO_SEALED_PRIV_H
#define DONGBO_PROTO_SEALED_PRIV_H

#include "proto/sealed_record.h"

#define SEALED_TRUE 0xc3u /* msgpack true: the value of an element that is there */

/* The next wrapped key of the record from register *at on; false: no more. */
bool sealed_next(const struct fold *f, size_t *at, struct sealed_wrap *w);

/* The str in a value; len 0: it is none. */
struct bytes sealed_str(struct bytes value);

/* Bytes of memory that sealed_keep() may need. */
size_t sealed_keep_bytes(const struct sealed_self *self, const struct fold *f,
                         const struct id_record *rid);
/* The writes that wrap for ourselves what only a key of before opens; the memory must not move. */
MUST_CHECK enum err sealed_keep(const struct sealed_self *self, const struct fold *f,
                                const struct id_record *rid, struct record_writes *w,
                                struct buf *memory);

#endif
