/*
 * The config file (INI, people edit it in Notepad) through one table of keys: section, name, type, default,
 * limits and
 * help in two languages. Everything that can be set is in the table; a key that is not is an error with its
 * line and the
 * nearest known one. All errors of a file are collected, each "file:line: Vietnamese / English".
 *
 * A byte order mark, CRLF, blanks around and comments (';' or '#') are accepted; a line begins a new key even
 * when it is
 * indented. Values are UTF-8.
 *
 * Ownership: the table is static; values returned live until conf_free().   Threads: one at a time.
 * Units:     durations are milliseconds ("500ms", "30s", "15m", "2h", "7d"; a bare number is refused unless 0), sizes
 *            bytes ("10KiB", "5MiB", "1GiB", or a number of bytes).
 * Limits:    CONF_*.
 */
#ifndef DONGBO_COMMON_IO_CONF_H
#define DONGBO_COMMON_IO_CONF_H

#include "common/buf.h"

enum {
    CONF_FILE_BYTES_MAX = 64 * 1024,
    CONF_LINE_BYTES_MAX = 196, /* without its end: the INI library's own limit */
    CONF_KEYS_MAX = 128,
    CONF_ERRORS_BYTES_MAX = 16 * 1024, /* text of all errors; more are cut */
};

enum conf_type { CONF_STRING, CONF_INT, CONF_BOOL, CONF_DURATION, CONF_SIZE, CONF_HOSTPORT };

struct conf_key {
    const char *section, *name;
    enum conf_type type;
    const char *
        def; /* as it would stand in the file; valid for its type (asserted); "" for a string that is not set */
    /* Both 0: no limits. Of a string: its bytes; of host:port: the port, 0 only if they allow it. */
    int64_t min, max;
    const char *help_vi, *help_en;
};

struct conf;

/* All keys at their defaults. `keys` (1..CONF_KEYS_MAX) is borrowed for the life of the result. */
MUST_CHECK enum err conf_new(const struct conf_key *keys, size_t n, struct conf **out);
void conf_free(struct conf *c);

/*
 * Read a file or text (`name` is how errors call it) over the defaults. Lines without error are taken even
 * when others
 * have one. May be called again (another file, the command line); what was set before is replaced, but within
 * one text a
 * key stands once.
 * ERR_CONFIG     conf_errors() says what
 * ERR_NOT_FOUND  no such file; other errors of file_read()
 */
MUST_CHECK enum err conf_load(struct conf *c, const char *path);
MUST_CHECK enum err conf_parse(struct conf *c, struct bytes text, const char *name);

/* One line per error, "" when there was none. */
const char *conf_errors(struct conf *c);

/* Values; the key must be in the table with that type (asserted). */
const char *conf_string(const struct conf *c, const char *section, const char *name);
int64_t conf_int(const struct conf *c, const char *section,
                 const char *name); /* INT, DURATION ms, SIZE bytes */
bool conf_bool(const struct conf *c, const char *section, const char *name);

/* Host (may be "" for a key whose default is "") and port of a HOSTPORT: "host:port" or "[v6]:port". `host` has `cap`
 * bytes; false when it is not set or does not fit. */
bool conf_hostport(const struct conf *c, const char *section, const char *name, char *host,
                   size_t cap, uint16_t *port);

/* The effective config as a file that can be loaded again: each key with its help (vi, else en) above it. */
void conf_print(const struct conf *c, bool en, struct buf *out);

/* The nearest of `n` words, or NULL when none is near (at most a third of its letters differ). Words over 63
 * bytes are
 * not looked at. */
const char *conf_nearest(const char *word, const char *const *words, size_t n);

#endif
