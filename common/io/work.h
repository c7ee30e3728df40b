/*
 * One piece of work beside the loop: `work` runs on a thread of libuv's pool, then `done` on the
 * loop's thread. For what takes long and touches nothing but its own memory: a password's hash, a
 * spreadsheet's bytes. Never a database handle of the loop.
 *
 * Ownership: ctx is the caller's; it belongs to `work` until `done` is called, which always happens.
 * Threads:   loop thread only; `work` on another.
 */
#ifndef DONGBO_COMMON_IO_WORK_H
#define DONGBO_COMMON_IO_WORK_H

#include "common/err.h"

struct uv_loop_s;

/* ERR_NOMEM, ERR_IO: nothing was begun, neither function is called. */
MUST_CHECK enum err work_start(struct uv_loop_s *loop, void (*work)(void *ctx),
                               void (*done)(void *ctx), void *ctx);

/* Give back to the system what large work has freed: the C library keeps it, by thread, for the next
 * time. Takes milliseconds. */
void work_tidy(void);

#endif
