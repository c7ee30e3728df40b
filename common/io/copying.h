/*
 * A backup of a database that goes on beside the loop's other work: every COPYING_PAUSE_MS it copies
 * COPYING_PAGES pages, so that nobody waits longer than for these. What is written meanwhile goes into the
 * copy too (db_copy_begin).
 *
 *   copying_start -> done(ctx, how, dest) once, when the copy is whole or has failed
 *   copying_stop  before the loop ends: an unfinished copy goes away, done is told ERR_LINK_LOST
 *
 * Ownership: a struct copying is freed by itself behind `done`.   Threads: loop thread.
 */
#ifndef DONGBO_COMMON_IO_COPYING_H
#define DONGBO_COMMON_IO_COPYING_H

#include "common/io/db.h"

enum {
    COPYING_PAGES = 256,  /* 1 MiB of 4 KiB pages at a time */
    COPYING_PAUSE_MS = 2, /* between two times */
};

struct uv_loop_s;
struct copying;

typedef void (*copying_done_fn)(void *ctx, enum err how, const char *dest);

/* Errors of db_copy_begin(), ERR_NOMEM, ERR_IO: `done` is not called. */
MUST_CHECK enum err copying_start(struct uv_loop_s *loop, struct db *db, const char *dest,
                                  copying_done_fn done, void *ctx, struct copying **out);
/* How far it is, in pages. */
void copying_progress(const struct copying *c, int64_t *copied, int64_t *pages);
void copying_stop(struct copying *c); /* NULL is fine */

#endif
