/*
 * What the program tells its operator: one line per event, as key=value (logfmt).
 *
 *     ts=2023-06-07T07:30:00.000+07:00 level=warn evt=link.garbage peer=127.0.0.1 count=3
 *
 * A value is quoted and escaped where needed, so one event is always one line and no value can forge a key, a
 * line or a terminal's escape sequence. Never log names, texts or ids of persons, nor secrets: numbers, codes
 * and hashes only.
 *
 * Ownership: log_setup() copies its struct; the contexts in it are the caller's and outlive the log.
 * Threads:   log_setup() before others start; then any. A line reaches the sink in one call, and the
 *            sink must itself be ready for several threads (common/io/log_file.h is).
 * Units:     `_ms` are milliseconds; the time comes from the caller, this module has no clock.
 * Limits:    LOG_VALUE_BYTES_MAX, LOG_EVENT_BYTES_MAX, LOG_KEY_BYTES_MAX. What is over is cut, and shown as cut.
 */
#ifndef DONGBO_COMMON_LOG_H
#define DONGBO_COMMON_LOG_H

#include "common/bytes.h"
#include "common/err.h"

enum {
    LOG_EVENT_BYTES_MAX = 2048, /* bytes of one line, line end included */
    LOG_VALUE_BYTES_MAX = 256,  /* bytes of one value, quotes and escapes included */
    LOG_KEY_BYTES_MAX = 32,     /* bytes of a key or an event's name */
};

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* UTC milliseconds since 1970. */
typedef int64_t log_now_fn(void *context);

/* One whole line with its LF, borrowed for the call. */
typedef void log_sink_fn(void *context, struct bytes line);

struct log_setup {
    enum log_level level; /* events above it are dropped */
    bool journald;        /* begin lines with "<4>", the priority that journald reads */
    log_sink_fn *sink;    /* where lines go; NULL: nowhere */
    void *sink_context;
    log_now_fn *now; /* NULL: lines have no ts */
    void *now_context;
};

/* Until it is called, events go nowhere: a program calls it first of all. */
void log_setup(const struct log_setup *setup);

bool log_enabled(enum log_level level);

enum log_kind { LOG_KIND_EVT, LOG_KIND_TEXT, LOG_KIND_HEX, LOG_KIND_INT, LOG_KIND_UINT };

/* One key with its value; made by the functions below. Keys are our own: [a-z][a-z0-9_.]*. */
struct log_pair {
    const char *key;
    enum log_kind kind;
    struct bytes text;
    int64_t i;
    uint64_t u;
};

/* The event's name, a stable dotted word such as "link.garbage"; stands first in every event. */
static inline struct log_pair log_evt(const char *name)
{
    return (struct log_pair){.key = "evt", .kind = LOG_KIND_EVT, .text = bytes_str(name)};
}

/* Any bytes; what is no printable UTF-8 is escaped. */
static inline struct log_pair log_bytes(const char *key, struct bytes value)
{
    return (struct log_pair){.key = key, .kind = LOG_KIND_TEXT, .text = value};
}

static inline struct log_pair log_str(const char *key, const char *value)
{
    return log_bytes(key, bytes_str(value));
}

/* Hexadecimal, for hashes and protocol ids. */
static inline struct log_pair log_hex(const char *key, struct bytes value)
{
    return (struct log_pair){.key = key, .kind = LOG_KIND_HEX, .text = value};
}

static inline struct log_pair log_int(const char *key, int64_t value)
{
    return (struct log_pair){.key = key, .kind = LOG_KIND_INT, .i = value};
}

static inline struct log_pair log_uint(const char *key, uint64_t value)
{
    return (struct log_pair){.key = key, .kind = LOG_KIND_UINT, .u = value};
}

/* err=NAME */
static inline struct log_pair log_err(enum err e)
{
    return log_str("err", err_name(e));
}

/*
 * Write one event. Use LOG_EVENT:
 *
 *     LOG_EVENT(LOG_LEVEL_WARN, log_evt("link.garbage"), log_str("peer", peer), log_uint("count", n));
 */
void log_event(enum log_level level, const struct log_pair *pairs, size_t count);

#define LOG_EVENT(level, ...)                                                                      \
    log_event((level), (const struct log_pair[]){__VA_ARGS__},                                     \
              sizeof((const struct log_pair[]){__VA_ARGS__}) / sizeof(struct log_pair))

/* At most `max` events per window: garbage on a port must not fill the disk. Times never need to be true, only
 * of one clock; one that jumps back begins a new window. */
struct log_limit {
    uint32_t max;
    int64_t window_ms;
    int64_t since_ms; /* begin of the window */
    uint32_t count;   /* let through in it */
    uint64_t suppressed;
};

/* `max` and `window_ms` are at least 1. */
void log_limit_init(struct log_limit *l, uint32_t max, int64_t window_ms);

/* True if an event may be logged now; `suppressed` then gets how many were not since the last that was, to be
 * logged along with it. Untouched otherwise. */
MUST_CHECK bool log_limit_allows(struct log_limit *l, int64_t now_ms, uint64_t *suppressed);

/* How many were suppressed and not told yet; they count as told. For the end of a link or a process. */
uint64_t log_limit_take(struct log_limit *l);

#endif
