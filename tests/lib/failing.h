/*
 * The n-th allocation fails: of our own code and of SQLite.
 *
 * For a test that is linked with --wrap=malloc,--wrap=calloc,--wrap=realloc: the linker then gives those calls of
 * the program's own objects to the functions in failing.c. Libraries keep theirs, but for SQLite and, where a test
 * asks for it, jansson.
 *
 * Ownership: one `failing` a process.   Threads: the one that arms it.
 */
#ifndef DONGBO_TESTS_LIB_FAILING_H
#define DONGBO_TESTS_LIB_FAILING_H

#include <stdbool.h>
#include <stdint.h>

struct failing {
    bool armed;           /* we are inside a call that is under test: others are not counted */
    bool ever;            /* what fails goes on failing, else once */
    bool failed;          /* one did; the test clears it */
    uint64_t countdown;   /* allocations until one fails; 0: none does */
    uint64_t count;       /* of allocations, for the test to clear */
    bool (*spares)(void); /* allocations of a test's own parts while armed; NULL: there are none */
};
extern struct failing failing;

/* Keep the allocator that SQLite has now: before a test gives it another, else failing_sql() does it. */
void failing_sql_plain(void);
/* Let SQLite allocate through here. Before it is initialised. */
void failing_sql(void);
/* Let jansson allocate through here. Before any value is made. */
void failing_json(void);

#endif
