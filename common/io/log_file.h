/*
 * Sinks of common/log: a stdio stream such as stderr, and a file of bounded size for a program that nobody looks at.
 *
 * Ownership: the stream is the caller's and outlives the log; so does the file, until log_kept_close().
 * Threads:   any; lines do not mix.   Limits: LOG_KEPT_BYTES_MAX.
 */
#ifndef DONGBO_COMMON_IO_LOG_FILE_H
#define DONGBO_COMMON_IO_LOG_FILE_H

#include "common/log.h"

#define LOG_KEPT_BYTES_MAX (1024u * 1024u) /* of the file, and again of the one before it */

/*
 * A log_sink_fn whose context is a FILE *. Each line is flushed, so that the last one before a crash is there.
 *
 *     log_setup(&(struct log_setup){.level = level, .sink = log_file_sink, .sink_context = stderr, ...});
 */
void log_file_sink(void *file, struct bytes line);

struct log_kept;

/*
 * Go on with the file at `path` (0600). When it is full it becomes `path`.1, in place of the one before, and a new one
 * begins. ERR_DENIED it may not be written, or is a link;  ERR_TOO_LARGE the path;  ERR_NOMEM, ERR_IO
 */
MUST_CHECK enum err log_kept_open(const char *path, struct log_kept **out);
/* A log_sink_fn whose context is a struct log_kept *. What cannot be written is left out. */
void log_kept_sink(void *kept, struct bytes line);
/* NULL is allowed. Nothing may log to it any more. */
void log_kept_close(struct log_kept *k);

#endif
