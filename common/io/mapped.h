/*
 * A small file as memory that outlives the process: what was written there is in the file when the process dies, in
 * whatever way. A power cut may lose it. For common/blackbox.h.
 *
 * Ownership: mapped_close().   Threads: any; one at a time.   Limits: MAPPED_BYTES_MAX.
 */
#ifndef DONGBO_COMMON_IO_MAPPED_H
#define DONGBO_COMMON_IO_MAPPED_H

#include "common/err.h"

#include <stddef.h>

enum { MAPPED_BYTES_MAX = 65536 };

struct mapped {
    void *p; /* NULL: closed */
    size_t bytes;
};

/* Make the file (mode 0600) where there is none, give it `bytes` bytes (new ones are zero), and map it.
 * ERR_FULL: no room for it; ERR_DENIED, ERR_IO. The caller goes on without. */
MUST_CHECK enum err mapped_open(const char *path, size_t bytes, struct mapped *out);
void mapped_close(struct mapped *m); /* again does nothing */

/* A booted black box (common/blackbox.h) in such a file, of this program and this start of the system.
 * Errors as above. */
MUST_CHECK enum err mapped_blackbox(const char *path, struct mapped *out);

#endif
