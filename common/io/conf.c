#include "common/io/conf.h"
#include "common/io/file.h"

#include <assert.h>
#include <ctype.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

enum { CONF_WORD_BYTES_MAX = 63 };

struct conf_value {
    char *text;
    int64_t number;
    unsigned seen; /* number of the parse that set it; 0: default */
};

struct conf {
    const struct conf_key *keys;
    size_t n;
    unsigned parses;
    struct buf errors;
    struct conf_value values[CONF_KEYS_MAX];
};

/* ---- nearest word ---- */

static size_t conf_min(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Edit distance by bytes. */
static size_t conf_distance(const char *a, const char *b)
{
    size_t row[CONF_WORD_BYTES_MAX + 1], n = strlen(b);
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t change = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = conf_min(change, conf_min(row[j], row[j + 1]) + 1);
        }
    }
    return row[n];
}

const char *conf_nearest(const char *word, const char *const *words, size_t n)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    if (strlen(word) > CONF_WORD_BYTES_MAX) return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(words[i]);
        if (len > CONF_WORD_BYTES_MAX) continue;
        size_t d = conf_distance(word, words[i]);
        if (d <= (len + 2) / 3 && d < best_distance) {
            best = words[i];
            best_distance = d;
        }
    }
    return best;
}

/* ---- one value ---- */

/* A decimal number and the unit behind it. */
static bool conf_number(const char *s, int64_t *v, const char **unit)
{
    bool minus = *s == '-';
    if (minus) s++;
    if (!isdigit((unsigned char)*s)) return false;
    int64_t n = 0;
    for (; isdigit((unsigned char)*s); s++) {
        if (n > (INT64_MAX - 9) / 10) return false;
        n = n * 10 + (*s - '0');
    }
    *v = minus ? -n : n;
    *unit = s;
    return true;
}

static bool conf_scaled(const char *s, enum conf_type type, int64_t *out)
{
    static const struct {
        enum conf_type type;
        const char *unit;
        int64_t factor;
    } units[] = {
        {CONF_INT, "", 1},
        {CONF_DURATION, "ms", 1},
        {CONF_DURATION, "s", 1000},
        {CONF_DURATION, "m", 60000},
        {CONF_DURATION, "h", 3600000},
        {CONF_DURATION, "d", 86400000},
        {CONF_SIZE, "", 1},
        {CONF_SIZE, "KiB", 1024},
        {CONF_SIZE, "MiB", 1024 * 1024},
        {CONF_SIZE, "GiB", 1024 * 1024 * 1024},
    };
    int64_t v = 0;
    const char *unit = NULL;
    if (!conf_number(s, &v, &unit) || (v < 0 && type != CONF_INT)) return false;
    if (type == CONF_DURATION && v == 0 && *unit == '\0') unit = "s";
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].type != type || strcmp(units[i].unit, unit) != 0) continue;
        if (v > INT64_MAX / units[i].factor) return false;
        *out = v * units[i].factor;
        return true;
    }
    return false;
}

static bool conf_truth(const char *s, int64_t *out)
{
    static const char *const words[] = {"no", "yes", "false", "true", "0", "1", "off", "on"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(s, words[i]) == 0) {
            *out = (int64_t)(i & 1);
            return true;
        }
    }
    return false;
}

/* "host:port", "[v6]:port"; the last colon divides. */
static bool conf_split(const char *s, struct bytes *host, int64_t *port)
{
    const char *colon = strrchr(s, ':'), *end = NULL;
    if (colon == NULL || colon == s || !conf_number(colon + 1, port, &end)) return false;
    if (*end != '\0' || *port < 0 || *port > 65535) return false;
    *host = bytes_make(s, (size_t)(colon - s));
    bool bracket = s[0] == '[';
    if (!bracket) return memchr(s, ':', host->len) == NULL && memchr(s, ' ', host->len) == NULL;
    if (host->len < 3 || host->p[host->len - 1] != ']') return false;
    *host = bytes_make(s + 1, host->len - 2);
    return true;
}

/* Is it a value of this key? `number` is what to compare with the limits. */
static bool conf_read(const struct conf_key *k, const char *s, int64_t *number)
{
    struct bytes host;
    switch (k->type) {
    case CONF_STRING: *number = (int64_t)strlen(s); return true;
    case CONF_INT:
    case CONF_DURATION:
    case CONF_SIZE: return conf_scaled(s, k->type, number);
    case CONF_BOOL: return conf_truth(s, number);
    case CONF_HOSTPORT: return conf_split(s, &host, number);
    }
    return false;
}

static bool conf_within(const struct conf_key *k, int64_t number)
{
    bool limits = k->min != 0 || k->max != 0;
    if (k->type == CONF_HOSTPORT && !limits) return number > 0; /* port 0: "any", to listen */
    if (!limits || k->type == CONF_BOOL) return true;
    return number >= k->min && number <= k->max;
}

static bool conf_utf8(const char *s)
{
    const utf8proc_uint8_t *p = (const utf8proc_uint8_t *)s;
    for (utf8proc_ssize_t left = (utf8proc_ssize_t)strlen(s); left > 0;) {
        utf8proc_int32_t point;
        utf8proc_ssize_t n = utf8proc_iterate(p, left, &point);
        if (n <= 0 || point < 0x20 || point == 0x7f) return false;
        p += n;
        left -= n;
    }
    return true;
}

static bool conf_store(struct conf_value *v, const char *s, int64_t number)
{
    size_t len = strlen(s) + 1;
    char *copy = malloc(len);
    if (copy == NULL) return false;
    memcpy(copy, s, len);
    free(v->text);
    v->text = copy;
    v->number = number;
    return true;
}

enum err conf_new(const struct conf_key *keys, size_t n, struct conf **out)
{
    assert(n > 0 && n <= CONF_KEYS_MAX);
    struct conf *c = calloc(1, sizeof *c);
    if (c == NULL) return ERR_NOMEM;
    c->keys = keys;
    c->n = n;
    buf_init(&c->errors, CONF_ERRORS_BYTES_MAX);
    for (size_t i = 0; i < n; i++) {
        int64_t number = 0;
        bool unset = keys[i].def[0] == '\0' &&
                     (keys[i].type == CONF_STRING || keys[i].type == CONF_HOSTPORT);
        assert(unset ||
               (conf_read(&keys[i], keys[i].def, &number) && conf_within(&keys[i], number)));
        if (!conf_store(&c->values[i], keys[i].def, number)) {
            conf_free(c);
            return ERR_NOMEM;
        }
    }
    *out = c;
    return ERR_OK;
}

void conf_free(struct conf *c)
{
    if (c == NULL) return;
    for (size_t i = 0; i < c->n; i++)
        free(c->values[i].text);
    buf_free(&c->errors);
    free(c);
}

/* ---- a text ---- */

struct conf_reader {
    struct conf *c;
    const char *name;
    struct bytes left;
    unsigned line;
    bool failed;
};

static void conf_complain(struct conf_reader *r, const char *vi, const char *en, const char *what,
                          const char *hint)
{
    struct buf *b = &r->c->errors;
    r->failed = true;

    buf_printf(b, "%s:%u: ", r->name, r->line);
    buf_printf(b, "%s / %s: %s", vi, en, what);
    if (hint != NULL) buf_printf(b, " (ý bạn là / did you mean: %s?)", hint);
    buf_add_str(b, "\n");
}

static const char *conf_hint(const struct conf *c, const char *section, const char *name, char *out,
                             size_t cap)
{
    char full[CONF_KEYS_MAX][CONF_WORD_BYTES_MAX + 1], word[256];
    const char *words[CONF_KEYS_MAX];
    for (size_t i = 0; i < c->n; i++) {
        snprintf(full[i], sizeof full[i], "[%s] %s", c->keys[i].section, c->keys[i].name);
        words[i] = full[i];
    }
    snprintf(word, sizeof word, "[%s] %s", section, name);
    const char *near = conf_nearest(word, words, c->n);
    /* The right key in the wrong section is further away than a typing error, but a good guess. */
    for (size_t i = 0; near == NULL && i < c->n; i++) {
        if (strcmp(c->keys[i].name, name) == 0) near = full[i];
    }
    if (near == NULL) return NULL;
    snprintf(out, cap, "%s", near);
    return out;
}

static void conf_set(struct conf_reader *r, size_t i, const char *value)
{
    struct conf *c = r->c;
    const struct conf_key *k = &c->keys[i];
    int64_t number = 0;
    char what[256];
    snprintf(what, sizeof what, "[%s] %s = %.150s", k->section, k->name, value);
    bool unset = value[0] == '\0' && k->def[0] == '\0';
    if (c->values[i].seen == c->parses) {
        conf_complain(r, "khóa lặp lại", "key given twice", what, NULL);
    } else if (!unset && !conf_read(k, value, &number)) {
        conf_complain(r, "giá trị sai kiểu", "value of the wrong kind", what,
                      k->def[0] != '\0' ? k->def : NULL);
    } else if (!unset && !conf_within(k, number)) {
        snprintf(what, sizeof what, "[%s] %s: %lld..%lld", k->section, k->name, (long long)k->min,
                 (long long)k->max);
        conf_complain(r, "giá trị ngoài giới hạn", "value out of limits", what, NULL);
    } else if (!conf_store(&c->values[i], value, number)) {
        conf_complain(r, "hết bộ nhớ", "out of memory", "", NULL);
    }
    c->values[i].seen = c->parses;
}

static int conf_on_pair(void *ctx, const char *section, const char *name, const char *value)
{
    struct conf_reader *r = ctx;
    char hint[128], what[160];
    if (!conf_utf8(section) || !conf_utf8(name) || !conf_utf8(value)) {
        conf_complain(r, "không phải UTF-8", "not UTF-8 text", "", NULL);
        return 1;
    }
    for (size_t i = 0; i < r->c->n; i++) {
        if (strcmp(r->c->keys[i].section, section) != 0 || strcmp(r->c->keys[i].name, name) != 0)
            continue;
        conf_set(r, i, value);
        return 1;
    }
    snprintf(what, sizeof what, "[%s] %s", section, name);
    conf_complain(r, "khóa lạ", "unknown key", what,
                  conf_hint(r->c, section, name, hint, sizeof hint));
    return 1;
}

/* Like fgets, one line a call. Blanks in front are dropped: to the library they would mean "continued". */
static char *conf_on_line(char *out, int room, void *ctx)
{
    struct conf_reader *r = ctx;
    if (r->left.len == 0) return NULL;
    const uint8_t *lf = memchr(r->left.p, '\n', r->left.len);
    size_t whole = lf != NULL ? (size_t)(lf - r->left.p) + 1 : r->left.len;
    struct bytes line = bytes_make(r->left.p, lf != NULL ? whole - 1 : whole);
    r->left = bytes_make(r->left.p + whole, r->left.len - whole);
    r->line++;

    while (line.len > 0 && (line.p[0] == ' ' || line.p[0] == '\t'))
        line = bytes_make(line.p + 1, line.len - 1);
    if (line.len > 0 && line.p[line.len - 1] == '\r') line.len--;
    if (line.len > CONF_LINE_BYTES_MAX || line.len + 1 > (size_t)room) {
        conf_complain(r, "dòng quá dài", "line too long", "", NULL);
        line.len = 0;
    } else if (line.len > 0 && memchr(line.p, '\0', line.len) != NULL) {
        conf_complain(r, "có ký tự NUL", "contains a NUL", "", NULL);
        line.len = 0;
    }
    if (line.len > 0) memcpy(out, line.p, line.len);
    out[line.len] = '\0';
    return out;
}

enum err conf_parse(struct conf *c, struct bytes text, const char *name)
{
    struct conf_reader r = {.c = c, .name = name, .left = text};
    c->parses++;
    buf_clear(&c->errors);
    if (text.len > CONF_FILE_BYTES_MAX) {
        conf_complain(&r, "tệp quá lớn", "file too large", "", NULL);
        return ERR_CONFIG;
    }
    int bad_line = ini_parse_stream(conf_on_line, &r, conf_on_pair, &r);
    if (bad_line > 0) { /* It tells only the first; the keys of the others are taken. */
        r.line = (unsigned)bad_line;
        conf_complain(&r, "dòng không phải \"khóa = giá trị\"", "line is not \"key = value\"", "",
                      NULL);
    }
    return r.failed || bad_line != 0 ? ERR_CONFIG : ERR_OK;
}

enum err conf_load(struct conf *c, const char *path)
{
    struct buf text;
    buf_init(&text, CONF_FILE_BYTES_MAX);
    enum err e = file_read(path, CONF_FILE_BYTES_MAX, &text);
    if (e == ERR_OK) e = conf_parse(c, buf_bytes(&text), path);
    buf_free(&text);
    return e;
}

const char *conf_errors(struct conf *c)
{
    if (c->errors.e == ERR_TOO_LARGE) c->errors.e = ERR_OK; /* The first ones are there. */
    return buf_cstr(&c->errors);
}

/* ---- reading it ---- */

static const struct conf_value *conf_find(const struct conf *c, const char *section,
                                          const char *name, unsigned types)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->keys[i].section, section) != 0 || strcmp(c->keys[i].name, name) != 0)
            continue;
        assert((types & (1u << c->keys[i].type)) != 0);
        return &c->values[i];
    }
    assert(false && "key is not in the table");
    abort();
}

const char *conf_string(const struct conf *c, const char *section, const char *name)
{
    return conf_find(c, section, name, 1u << CONF_STRING)->text;
}

int64_t conf_int(const struct conf *c, const char *section, const char *name)
{
    return conf_find(c, section, name, 1u << CONF_INT | 1u << CONF_DURATION | 1u << CONF_SIZE)
        ->number;
}

bool conf_bool(const struct conf *c, const char *section, const char *name)
{
    return conf_find(c, section, name, 1u << CONF_BOOL)->number != 0;
}

bool conf_hostport(const struct conf *c, const char *section, const char *name, char *host,
                   size_t cap, uint16_t *port)
{
    struct bytes h;
    int64_t p = 0;
    const struct conf_value *v = conf_find(c, section, name, 1u << CONF_HOSTPORT);
    if (v->text[0] == '\0' || !conf_split(v->text, &h, &p) || h.len >= cap) return false;
    memcpy(host, h.p, h.len);
    host[h.len] = '\0';
    *port = (uint16_t)p;
    return true;
}

void conf_print(const struct conf *c, bool en, struct buf *out)
{
    const char *section = "";
    for (size_t i = 0; i < c->n; i++) {
        const struct conf_key *k = &c->keys[i];
        if (strcmp(section, k->section) != 0)
            buf_printf(out, "%s[%s]\n", i > 0 ? "\n" : "", k->section);
        section = k->section;
        buf_printf(out, "; %s\n%s = %s\n", en ? k->help_en : k->help_vi, k->name,
                   c->values[i].text);
    }
}
