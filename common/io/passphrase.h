/*
 * A passphrase from a person: the terminal without echo, or the first line of a file (or of standard
 * input) for programs.
 *
 * Ownership: the caller wipes and frees `out` (sodium_memzero over its capacity).
 * Threads:   main thread.   Limits: PASSPHRASE_BYTES_MAX.
 */
#ifndef DONGBO_COMMON_IO_PASSPHRASE_H
#define DONGBO_COMMON_IO_PASSPHRASE_H

#include "common/buf.h"

enum { PASSPHRASE_BYTES_MAX = 256 };

/*
 * Append the passphrase, without its line end, to `out` (an empty buffer, whose limit must be at least
 * PASSPHRASE_BYTES_MAX so that it never moves).
 *   in   path     file, "-" for standard input, NULL: ask at the terminal (standard input when there
 *                 is none)
 *        prompt   what is asked
 * ERR_BAD_INPUT  empty, or too long;   ERR_NOT_FOUND, ERR_IO, ERR_DENIED  of the file;   ERR_NOMEM
 */
MUST_CHECK enum err passphrase_read(const char *path, const char *prompt, struct buf *out);

#endif
