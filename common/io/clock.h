/*
 * The only readers of the machine's clocks. Cores get the time inside their events, never from
 * here.
 *
 * Threads: any.   Units: milliseconds.
 */
#ifndef DONGBO_COMMON_IO_CLOCK_H
#define DONGBO_COMMON_IO_CLOCK_H

#include <stdint.h>

/* Monotonic time since some fixed moment; never goes back. For timeouts and rates. */
uint64_t clock_mono_ms(void);

/* Wall clock: milliseconds since 1970-01-01T00:00:00Z. A claim of this PC, which may be wrong by
 * years. */
int64_t clock_wall_ms(void);

/* Wait, before there is a loop. */
void clock_sleep_ms(unsigned ms);

#endif
