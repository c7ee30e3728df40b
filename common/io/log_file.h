/*
 * The sink of common/log that writes lines to a stdio stream, such as stderr.
 *
 * Ownership: the stream is the caller's and outlives the log.
 * Threads:   any; stdio locks the stream, so lines do not mix.
 */
#ifndef DONGBO_COMMON_IO_LOG_FILE_H
#define DONGBO_COMMON_IO_LOG_FILE_H

#include "common/log.h"

/*
 * A log_sink_fn whose context is a FILE *. Each line is flushed, so that the last one before a crash is there.
 *
 *     log_setup(&(struct log_setup){.level = level, .sink = log_file_sink, .sink_context = stderr, ...});
 */
void log_file_sink(void *file, struct bytes line);

#endif
