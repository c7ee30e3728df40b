#include "common/io/import_alike.h"

#include "common/date.h"
#include "common/text.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { ALIKE_MARK_BYTES = 16 };

struct import_alike {
    const char *type;
    const char *title, *identity; /* fields; NULL: none by which one tells them apart */
    json_t *catalogue;            /* they stand in it */
    json_t *seen;                 /* "folded name|date" -> the newest line */
    json_t *rows;                 /* new ones: {"line", "name", "folded", "dob", "above"?} */
    json_t *equal; /* without a name, with all values of a row above: {"line", "above"} */
};

static const char *alike_str(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s != NULL ? s : "";
}

static void alike_fields(struct import_alike *a)
{
    const json_t *types = json_object_get(a->catalogue, "types"), *t = NULL;
    for (size_t i = 0; i < json_array_size(types); i++) {
        const json_t *j = json_array_get(types, i);
        if (strcmp(alike_str(j, "name"), a->type) == 0) t = j;
    }
    if (json_is_true(json_object_get(t, "named"))) a->title = alike_str(t, "title");
    const json_t *fields = json_object_get(t, "fields");
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *f = json_array_get(fields, i);
        if (json_is_true(json_object_get(f, "identity"))) a->identity = alike_str(f, "name");
    }
}

enum err import_alike_new(json_t *catalogue, const char *type, struct import_alike **out)
{
    struct import_alike *a = calloc(1, sizeof *a);
    if (a == NULL) return ERR_NOMEM;
    a->type = type;
    a->catalogue = json_incref(catalogue);
    a->seen = json_object();
    a->rows = json_array();
    a->equal = json_array();
    if (a->seen == NULL || a->rows == NULL || a->equal == NULL) {
        import_alike_free(a);
        return ERR_NOMEM;
    }
    alike_fields(a);
    *out = a;
    return ERR_OK;
}

void import_alike_free(struct import_alike *a)
{
    if (a == NULL) return;
    json_decref(a->catalogue);
    json_decref(a->seen);
    json_decref(a->rows);
    json_decref(a->equal);
    free(a);
}

static enum err alike_fold(const char *name, struct buf *out)
{
    buf_clear(out);
    enum err e = text_fold(text_trim(bytes_str(name)), TEXT_BYTES_MAX, out);
    return e == ERR_NOMEM ? e : ERR_OK; /* what cannot be folded is refused as a value */
}

/* The year at the end of what was typed, or at the head of what is kept; 0: none. */
static unsigned alike_year(const char *date)
{
    size_t n = strlen(date);
    unsigned year = 0;
    const char *p = n >= 5 && date[4] == '-' ? date : date + (n >= 4 ? n - 4 : n);
    for (size_t i = 0; i < 4 && p[i] >= '0' && p[i] <= '9'; i++)
        year = year * 10 + (unsigned)(p[i] - '0');
    return year;
}

static enum err alike_add(struct import_alike *a, const json_t *row, const char *name,
                          const char *dob)
{
    struct buf folded;
    enum err e = ERR_NOMEM;
    buf_init(&folded, 2 * TEXT_BYTES_MAX);
    if (alike_fold(name, &folded) == ERR_OK) {
        json_t *j = json_pack("{s:O, s:s, s:s, s:s}", "line", json_object_get(row, "line"), "name",
                              name, "folded", buf_cstr(&folded), "dob", dob);
        buf_add_u8(&folded, '|');
        buf_add_str(&folded, dob);
        const char *mark = buf_cstr(&folded);
        json_t *above = json_object_get(a->seen, mark);
        bool fine = folded.e == ERR_OK && j != NULL;
        if (fine && above != NULL) fine = json_object_set(j, "above", above) == 0;
        fine = fine && json_object_set(a->seen, mark, json_object_get(row, "line")) == 0;
        fine = fine && json_array_append(a->rows, j) == 0;
        json_decref(j);
        e = fine ? ERR_OK : ERR_NOMEM;
    }
    buf_free(&folded);
    return e;
}

/* A row without a name is known by all that it says. */
static enum err alike_equal(struct import_alike *a, const json_t *row, const json_t *values)
{
    uint8_t hash[ALIKE_MARK_BYTES];
    char mark[2 * ALIKE_MARK_BYTES + 1];
    char *text = json_object_size(values) > 0 ? json_dumps(values, JSON_SORT_KEYS) : NULL;
    json_t *line = json_object_get(row, "line");
    if (text == NULL) return json_object_size(values) > 0 ? ERR_NOMEM : ERR_OK;
    crypto_generichash(hash, sizeof hash, (const uint8_t *)text, strlen(text), NULL, 0);
    free(text);
    sodium_bin2hex(mark, sizeof mark, hash, sizeof hash);
    json_t *above = json_object_get(a->seen, mark);
    bool fine =
        above == NULL ||
        json_array_append_new(a->equal, json_pack("{s:O, s:O}", "line", line, "above", above)) == 0;
    return fine && json_object_set(a->seen, mark, line) == 0 ? ERR_OK : ERR_NOMEM;
}

enum err import_alike_row(struct import_alike *a, const json_t *row)
{
    const json_t *values = json_object_get(row, "values");
    if (strcmp(alike_str(row, "type"), a->type) != 0) return ERR_OK;
    const char *name = a->title != NULL ? alike_str(values, a->title) : "";
    bool known = json_object_get(row, "id") != NULL ||
                 (a->identity != NULL && alike_str(values, a->identity)[0] != '\0');
    if (known) return ERR_OK;
    return name[0] == '\0' ? alike_equal(a, row, values)
                           : alike_add(a, row, name, alike_str(values, "dob"));
}

/* A record of the answer with the row's name and no other year of birth. */
static bool alike_is(const struct import_alike *a, const json_t *row, const json_t *record)
{
    struct buf folded;
    const json_t *values = json_object_get(record, "values");
    unsigned here = alike_year(alike_str(values, "dob")), typed = alike_year(alike_str(row, "dob"));
    if (here != 0 && typed != 0 && here != typed) return false;
    buf_init(&folded, 2 * TEXT_BYTES_MAX);
    bool same = alike_fold(alike_str(values, a->title), &folded) == ERR_OK &&
                strcmp(buf_cstr(&folded), alike_str(row, "folded")) == 0;
    buf_free(&folded);
    return same;
}

static enum err alike_records(const struct import_alike *a, const json_t *row, const json_t *answer,
                              json_t *out)
{
    const json_t *rows = json_object_get(answer, "rows");
    json_t *records = json_array();
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *r = json_array_get(rows, i), *values = json_object_get(r, "values");
        if (!alike_is(a, row, r)) continue;
        json_t *j = json_pack("{s:O, s:O}", "id", json_object_get(r, "id"), "title",
                              json_object_get(values, a->title));
        json_t *dob = json_object_get(values, "dob");
        if (dob != NULL) json_object_set(j, "dob", dob);
        json_array_append_new(records, j);
    }
    bool found = json_array_size(records) > 0;
    json_t *j = json_pack("{s:O, s:o}", "line", json_object_get(row, "line"), "records", records);
    if (j != NULL && found) return json_array_append_new(out, j) == 0 ? ERR_OK : ERR_NOMEM;
    json_decref(j);
    return j != NULL ? ERR_OK : ERR_NOMEM;
}

/* Columns to look at: the name, and the date of birth when the type has one. */
static void alike_columns(const struct import_alike *a, struct buf *out)
{
    const json_t *types = json_object_get(a->catalogue, "types");
    buf_add_str(out, a->title);
    for (size_t i = 0; i < json_array_size(types); i++) {
        const json_t *t = json_array_get(types, i), *fields = json_object_get(t, "fields");
        for (size_t k = 0;
             strcmp(alike_str(t, "name"), a->type) == 0 && k < json_array_size(fields); k++)
            if (strcmp(alike_str(json_array_get(fields, k), "name"), "dob") == 0)
                buf_add_str(out, ",dob");
    }
}

static enum err alike_look(const struct import_alike *a, import_alike_ask *ask, void *ctx,
                           const char *columns, const json_t *row, json_t *out)
{
    json_t *response = NULL;
    if (strlen(alike_str(row, "folded")) < IMPORT_ALIKE_NAME_MIN) return ERR_OK;
    enum err e = ask(ctx,
                     json_pack("{s:s, s:s, s:s, s:i, s:s}", "verb", "search", "type", a->type, "q",
                               alike_str(row, "folded"), "max", IMPORT_ALIKE_RECORDS_MAX, "columns",
                               columns),
                     &response);
    if (e == ERR_OK) e = alike_records(a, row, response, out);
    json_decref(response);
    return e;
}

static enum err alike_named(struct import_alike *a, import_alike_ask *ask, void *ctx, json_t *out)
{
    struct buf columns;
    enum err e = ERR_OK;
    size_t n = json_array_size(a->rows);
    buf_init(&columns, 256);
    if (a->title != NULL) alike_columns(a, &columns);
    for (size_t i = 0; i < n && e == ERR_OK; i++) {
        json_t *row = json_array_get(a->rows, i), *above = json_object_get(row, "above");
        if (above != NULL)
            json_array_append_new(
                out, json_pack("{s:O, s:O}", "line", json_object_get(row, "line"), "above", above));
        else if (i < IMPORT_ALIKE_ROWS_MAX)
            e = alike_look(a, ask, ctx, buf_cstr(&columns), row, out);
    }
    buf_free(&columns);
    return e;
}

static json_int_t alike_line(const json_t *found)
{
    return json_integer_value(json_object_get(found, "line"));
}

/* Two lists in the order of the file as one; of a line that both have, the first one's. NULL: no memory. */
static json_t *alike_merge(const json_t *a, const json_t *b)
{
    json_t *out = json_array();
    size_t i = 0, k = 0;
    bool fine = out != NULL;
    while (fine && (i < json_array_size(a) || k < json_array_size(b))) {
        json_t *x = json_array_get(a, i), *y = json_array_get(b, k);
        bool first = y == NULL || (x != NULL && alike_line(x) <= alike_line(y));
        k += !first || (y != NULL && alike_line(x) == alike_line(y));
        i += first;
        fine = json_array_append(out, first ? x : y) == 0;
    }
    if (fine) return out;
    json_decref(out);
    return NULL;
}

enum err import_alike_find(struct import_alike *a, import_alike_ask *ask, void *ctx, json_t *answer)
{
    json_t *twins = json_object_get(answer, "twins"), *named = json_array();
    bool all = !json_is_false(json_object_get(answer, "twins_all"));
    if (named == NULL) return ERR_NOMEM;
    enum err e = a != NULL ? alike_named(a, ask, ctx, named) : ERR_OK;
    json_t *own = e == ERR_OK ? alike_merge(named, a != NULL ? a->equal : NULL) : NULL;
    json_t *found = own != NULL ? alike_merge(own, twins) : NULL;
    if (e == ERR_OK && found == NULL) e = ERR_NOMEM;
    all = all && (a == NULL || json_array_size(a->rows) <= IMPORT_ALIKE_ROWS_MAX);
    json_decref(named);
    json_decref(own);
    if (e != ERR_OK) return e;
    json_object_del(answer, "twins");
    json_object_del(answer, "twins_all");
    json_object_set_new(answer, "alike", found);
    json_object_set_new(answer, "alike_all", json_boolean(all));
    return ERR_OK;
}
