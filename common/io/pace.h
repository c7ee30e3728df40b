/*
 * Something done every now and then on a loop: after each turn it says how long to wait for the next.
 *
 * Ownership: a struct pace is freed by itself behind pace_stop().   Threads: loop thread.
 * Units:     milliseconds.
 */
#ifndef DONGBO_COMMON_IO_PACE_H
#define DONGBO_COMMON_IO_PACE_H

#include "common/err.h"

#include <stdint.h>

struct uv_loop_s;
struct pace;

typedef uint64_t (*pace_turn_fn)(void *ctx);

/* ERR_NOMEM, ERR_IO. The first turn is after `first_ms`. */
MUST_CHECK enum err pace_start(struct uv_loop_s *loop, uint64_t first_ms, pace_turn_fn turn,
                               void *ctx, struct pace **out);
void pace_stop(struct pace *p); /* before the loop ends; NULL is fine */

#endif
