#include "common/io/log.h"
#include "common/io/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static _Atomic int log_max_level = LOG_LEVEL_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&log_max_level, (int)level);
}

static int log_prefix(char *out, size_t cap, enum log_level level)
{
    static const char *const word[] = {"error", "warn", "info", "debug"};
    static const int priority[] = {3, 4, 6, 7};
    if (getenv("JOURNAL_STREAM") != NULL) {
        return snprintf(out, cap, "<%d>level=%s", priority[level], word[level]);
    }
    int64_t now_ms = clock_wall_ms();
    time_t s = (time_t)(now_ms / 1000);
    struct tm tm = {0};
    char stamp[32] = "?";
    if (gmtime_r(&s, &tm) != NULL) strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm);
    return snprintf(out, cap, "ts=%s.%03dZ level=%s", stamp, (int)(now_ms % 1000), word[level]);
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    if ((int)level > atomic_load(&log_max_level)) return;
    char line[LOG_LINE_BYTES_MAX];
    size_t cap = sizeof line - 1, len = 0;
    int n = log_prefix(line, cap, level);
    if (n > 0) len = (size_t)n;
    n = snprintf(line + len, cap - len, " evt=%s ", event);
    if (n > 0) len = len + (size_t)n < cap ? len + (size_t)n : cap - 1;
    va_list ap;
    va_start(ap, fmt);
    n = vsnprintf(line + len, cap - len, fmt, ap);
    va_end(ap);
    if (n > 0) len = len + (size_t)n < cap ? len + (size_t)n : cap - 1;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) line[i] = ' ';
    }
    line[len++] = '\n';
    if (write(STDERR_FILENO, line, len) < 0) return; /* Nowhere left to complain. */
}
