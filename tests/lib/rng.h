/*
 * A small seeded generator for tests (splitmix64): same seed, same numbers, everywhere.
 *
 * Ownership: a plain value.   Threads: one at a time.
 */
#ifndef DONGBO_TESTS_RNG_H
#define DONGBO_TESTS_RNG_H

#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s;
};

static inline uint64_t rng_u64(struct rng *r)
{
    r->s += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = r->s;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* 0 .. n-1; n > 0. */
static inline unsigned rng_below(struct rng *r, unsigned n)
{
    return (unsigned)(rng_u64(r) % n);
}

static inline void rng_fill(struct rng *r, void *out, size_t len)
{
    uint8_t *p = out;
    for (size_t i = 0; i < len; i++)
        p[i] = (uint8_t)rng_u64(r);
}

#endif
