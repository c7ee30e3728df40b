/*
 * Other programs: a daemon that goes on without us, the browser of who sits here.
 *
 * Ownership: process_free() gives back what we keep of a program; the program itself goes on.
 * Threads:   main thread, one call at a time; it has a loop of its own.
 */
#ifndef DONGBO_COMMON_IO_PROCESS_H
#define DONGBO_COMMON_IO_PROCESS_H

#include "common/err.h"
#include "common/io/file.h"

struct process;

/* The file of the program that runs. ERR_TOO_LARGE, ERR_IO. */
MUST_CHECK enum err process_self(char out[static FILE_PATH_BYTES_MAX]);

/*
 * Start a program in a session of its own, so that it outlives us and our terminal: it has nothing to read, and what it
 * says goes to the file `said` (0600, begun anew), or nowhere when that is NULL.
 *   argv   NULL behind the last one; argv[0] without a '/' is looked for in PATH
 * ERR_NOT_FOUND  there is no such program;  ERR_DENIED it may not be run, or `said` not be written;
 * ERR_FULL, ERR_NOMEM, ERR_IO
 */
MUST_CHECK enum err process_start(const char *const *argv, const char *said, struct process **out);

/* Did it end? Its exit code then; 128 and the number after a signal. */
bool process_ended(struct process *p, int *code);

/* NULL is allowed. */
void process_free(struct process *p);

#endif
