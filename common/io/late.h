/*
 * Libraries that most runs never need, loaded when something first needs them. A commune's program that writes
 * no workbook and shows no page carries neither the workbook library (with it OpenSSL) nor the HTTP library
 * (with it GnuTLS): 4 MB of memory of an old PC.
 *
 * Ownership: a library once loaded stays until the process ends.   Threads: any; one loads at a time.
 * Limits: none of its own; what is loaded is named by our constants alone, never by input.
 */
#ifndef DONGBO_COMMON_IO_LATE_H
#define DONGBO_COMMON_IO_LATE_H

#include "common/err.h"

#include <stdbool.h>
#include <stddef.h>

struct late_symbol {
    const char *name;
    void *to; /* address of the function pointer that gets it */
};

struct late_library { /* static; `loaded` begins as false */
    const char *soname;
    const struct late_symbol *symbols;
    size_t count;
    bool loaded;
};

/*
 * Set every function pointer of `l`, or none. Cheap when it is loaded already.
 * ERR_IO: the library or one of its functions is not on this machine, or there is no memory for it, which the
 * loader does not tell apart; logged by name (library.missing). What needed it is refused and all else goes on.
 */
MUST_CHECK enum err late_load(struct late_library *l);

#endif
