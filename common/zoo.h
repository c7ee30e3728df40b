/*
 * The bug zoo: places where the simulator's own build of the sources can be made wrong at run time, to prove that its
 * checks notice. In every other build ZOO(n) is the constant false.
 *
 * Threads: the number is set before anything runs.   docs: tests/sim/zoo_test.c names the bugs.
 */
#ifndef DONGBO_COMMON_ZOO_H
#define DONGBO_COMMON_ZOO_H

#include <stdbool.h>

#ifdef DONGBO_ZOO
extern unsigned zoo_bug; /* 0: none */
#define ZOO(n) (zoo_bug == (n))
#else
#define ZOO(n) false
#endif

#endif
