#include "common/log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/date.h"
#include "common/text.h"

enum {
    LOG_NUMBER_ROOM = 24, /* bytes of any 64-bit number with its terminator */
    LOG_ESCAPE_ROOM = 12, /* bytes of the longest escape with its terminator */
};

/* Shown where something was cut. */
static const char log_cut_mark[] = "...";
static const char log_cut_line[] = " cut=1";

static struct log_setup log_current = {.level = LOG_LEVEL_INFO};

/* A text under construction in fixed memory: a log works when memory has run out. */
struct log_text {
    char *p;
    size_t len;
    size_t max;
    size_t begin; /* behind the priority, where the first pair stands */
    bool full;    /* something did not fit, and nothing more is taken */
};

void log_setup(const struct log_setup *setup)
{
    assert(setup != NULL);
    log_current = *setup;
}

bool log_enabled(enum log_level level)
{
    return level <= log_current.level;
}

static void log_add(struct log_text *t, const char *p, size_t len)
{
    if (t->full || len > t->max - t->len) {
        t->full = true;
        return;
    }
    memcpy(t->p + t->len, p, len);
    t->len += len;
}

static const char *log_level_name(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR: return "error";
    case LOG_LEVEL_WARN: return "warn";
    case LOG_LEVEL_INFO: return "info";
    case LOG_LEVEL_DEBUG: return "debug";
    }
    return "error";
}

/* The priorities of syslog that journald understands. */
static const char *log_priority(enum log_level level)
{
    switch (level) {
    case LOG_LEVEL_ERROR: return "<3>";
    case LOG_LEVEL_WARN: return "<4>";
    case LOG_LEVEL_INFO: return "<6>";
    case LOG_LEVEL_DEBUG: return "<7>";
    }
    return "<3>";
}

/* Keys and names are ours, so a wrong one is a bug. */
static bool log_is_word(struct bytes s)
{
    if (s.len == 0 || s.len > LOG_KEY_BYTES_MAX || s.p[0] < 'a' || s.p[0] > 'z') return false;
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.p[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
        if (!good) return false;
    }
    return true;
}

/* Length of the code point at the start of `s`, 0 if it is not UTF-8. */
static size_t log_point(struct bytes s, uint32_t *point)
{
    static const uint8_t lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    size_t n = s.p[0] < 0x80 ? 1 : s.p[0] < 0xE0 ? 2 : s.p[0] < 0xF0 ? 3 : 4;
    if (s.len < n || text_utf8_prefix(bytes_make(s.p, n)) != n) return 0;
    *point = s.p[0] & lead_bits[n];
    for (size_t i = 1; i < n; i++)
        *point = *point << 6 | (s.p[i] & 0x3Fu);
    return n;
}

/* Write what stands for the start of `s` in quotes; returns how many bytes of `s` it stands for. */
static size_t log_escape(struct bytes s, char out[LOG_ESCAPE_ROOM])
{
    uint32_t point = 0;
    size_t n = log_point(s, &point);
    if (n == 0) {
        snprintf(out, LOG_ESCAPE_ROOM, "\\x%02x", s.p[0]);
        return 1;
    }
    if (point == '"' || point == '\\')
        snprintf(out, LOG_ESCAPE_ROOM, "\\%c", (char)point);
    else if (point == '\n')
        snprintf(out, LOG_ESCAPE_ROOM, "\\n");
    else if (point == '\r')
        snprintf(out, LOG_ESCAPE_ROOM, "\\r");
    else if (point == '\t')
        snprintf(out, LOG_ESCAPE_ROOM, "\\t");
    else if (text_point_flaw(point, TEXT_ONE_LINE) != TEXT_FLAW_NONE)
        snprintf(out, LOG_ESCAPE_ROOM, "\\u%04" PRIx32, point);
    else {
        memcpy(out, s.p, n);
        out[n] = '\0';
    }
    return n;
}

/* True if a value reads back unquoted. */
static bool log_is_bare(struct bytes s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.p[i];
        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7F) return false;
    }
    return s.len > 0 && s.len <= LOG_VALUE_BYTES_MAX;
}

static void log_add_text(struct log_text *line, struct bytes s)
{
    if (log_is_bare(s)) {
        log_add(line, (const char *)s.p, s.len);
        return;
    }
    char value[LOG_VALUE_BYTES_MAX];
    char escape[LOG_ESCAPE_ROOM];
    struct log_text t = {.p = value,
                         .max = sizeof value - sizeof log_cut_mark}; /* mark and last quote fit */
    log_add(&t, "\"", 1);
    for (size_t i = 0; i < s.len && !t.full;) {
        i += log_escape(bytes_make(s.p + i, s.len - i), escape);
        log_add(&t, escape, strlen(escape));
    }
    if (t.full) {
        memcpy(value + t.len, log_cut_mark, sizeof log_cut_mark - 1);
        t.len += sizeof log_cut_mark - 1;
    }
    value[t.len++] = '"';
    log_add(line, value, t.len);
}

static void log_add_hex(struct log_text *line, struct bytes s)
{
    static const char digits[] = "0123456789abcdef";
    bool cut = s.len * 2 > LOG_VALUE_BYTES_MAX;
    size_t n = cut ? (LOG_VALUE_BYTES_MAX - sizeof log_cut_mark) / 2 : s.len;
    for (size_t i = 0; i < n; i++) {
        char pair[] = {digits[s.p[i] >> 4], digits[s.p[i] & 15]};
        log_add(line, pair, sizeof pair);
    }
    if (cut) log_add(line, log_cut_mark, sizeof log_cut_mark - 1);
}

static void log_add_value(struct log_text *line, const struct log_pair *pair)
{
    char number[LOG_NUMBER_ROOM];
    switch (pair->kind) {
    case LOG_KIND_EVT:
    case LOG_KIND_TEXT: log_add_text(line, pair->text); return;
    case LOG_KIND_HEX: log_add_hex(line, pair->text); return;
    case LOG_KIND_INT: snprintf(number, sizeof number, "%" PRId64, pair->i); break;
    case LOG_KIND_UINT: snprintf(number, sizeof number, "%" PRIu64, pair->u); break;
    }
    log_add(line, number, strlen(number));
}

/* " key=value", whole or not at all. */
static void log_add_pair(struct log_text *line, const struct log_pair *pair)
{
    struct bytes key = bytes_str(pair->key);
    assert(log_is_word(key));
    assert(pair->kind != LOG_KIND_EVT || log_is_word(pair->text));
    size_t before = line->len;
    if (line->len > line->begin) log_add(line, " ", 1);
    log_add(line, pair->key, key.len);
    log_add(line, "=", 1);
    log_add_value(line, pair);
    if (line->full) line->len = before;
}

static void log_add_time(struct log_text *line)
{
    if (log_current.now == NULL) return;
    int64_t now_ms = log_current.now(log_current.now_context);
    char stamp[DATE_STAMP_ROOM];
    struct log_pair pair = log_int("ts", now_ms); /* a clock that is far off is told as it is */
    if (date_stamp(now_ms, stamp) == ERR_OK) pair = log_str("ts", stamp);
    log_add_pair(line, &pair);
}

void log_event(enum log_level level, const struct log_pair *pairs, size_t count)
{
    assert(count > 0 && pairs[0].kind == LOG_KIND_EVT);
    if (!log_enabled(level) || log_current.sink == NULL) return;
    char text[LOG_EVENT_BYTES_MAX];
    struct log_text line = {.p = text,
                            .max = sizeof text - sizeof log_cut_line}; /* mark and LF fit */
    if (log_current.journald) log_add(&line, log_priority(level), 3);
    line.begin = line.len;
    log_add_time(&line);
    struct log_pair level_pair = log_str("level", log_level_name(level));
    log_add_pair(&line, &level_pair);
    for (size_t i = 0; i < count && !line.full; i++)
        log_add_pair(&line, &pairs[i]);
    if (line.full) {
        memcpy(text + line.len, log_cut_line, sizeof log_cut_line - 1);
        line.len += sizeof log_cut_line - 1;
    }
    text[line.len++] = '\n';
    log_current.sink(log_current.sink_context, bytes_make(text, line.len));
}

void log_limit_init(struct log_limit *l, uint32_t max, int64_t window_ms)
{
    assert(max > 0 && window_ms > 0);
    *l = (struct log_limit){.max = max, .window_ms = window_ms};
}

/* Whether a window that began at `since_ms` is over, or the clock went back to before it. */
static bool log_limit_over(const struct log_limit *l, int64_t now_ms)
{
    if (now_ms < l->since_ms) return true;
    return (uint64_t)now_ms - (uint64_t)l->since_ms >= (uint64_t)l->window_ms;
}

bool log_limit_allows(struct log_limit *l, int64_t now_ms, uint64_t *suppressed)
{
    if (l->count == 0 || log_limit_over(l, now_ms)) {
        l->since_ms = now_ms;
        l->count = 0;
    }
    if (l->count == l->max) {
        l->suppressed++;
        return false;
    }
    l->count++;
    *suppressed = log_limit_take(l);
    return true;
}

uint64_t log_limit_take(struct log_limit *l)
{
    uint64_t n = l->suppressed;
    l->suppressed = 0;
    return n;
}
