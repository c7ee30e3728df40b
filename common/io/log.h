/*
 * One log line per event on stderr: level, stable event name, key=value pairs. Under journald
 * (JOURNAL_STREAM is set) a line starts with its priority; elsewhere with the UTC time.
 *
 * Never log names, ids, texts or any value of a record, nor secrets: numbers, codes and hashes
 * only.
 *
 * Threads: any (one write per line).
 * Limits:  a line is cut at LOG_LINE_BYTES_MAX.
 */
#ifndef DONGBO_COMMON_IO_LOG_H
#define DONGBO_COMMON_IO_LOG_H

#include "common/err.h"

enum { LOG_LINE_BYTES_MAX = 1024 /* bytes, newline included */ };

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above this level are dropped. Set once at start; LOG_LEVEL_INFO before that. */
void log_set_level(enum log_level level);

/*
 * Write one line: `event` is a stable dotted word ("db.full"); `fmt` makes "key=value key=value".
 * Control characters in the result become spaces, so one event is always one line.
 */
void log_line(enum log_level level, const char *event, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
