#include "common/io/clock.h"

#include <time.h>

static int64_t clock_read_ms(clockid_t id)
{
    struct timespec t = {0};
    (void)clock_gettime(id, &t); /* Cannot fail for these two clocks. */
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void clock_sleep_ms(unsigned ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)nanosleep(&t, NULL); /* A signal ends it early, which is fine. */
}

uint64_t clock_mono_ms(void)
{
    return (uint64_t)clock_read_ms(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
    return clock_read_ms(CLOCK_REALTIME);
}
