#include "common/catalogue_diff.h"

#include "common/buf.h"
#include "common/catalogue_impl.h"
#include "common/csv.h"
#include "common/text.h"

#include <stdlib.h>

enum { DIFF_KEY_COLUMNS = 5 };

/* What names a row of each file; a file that is not here goes by whole rows. */
static const struct diff_key {
    const char *file;
    const char *columns[DIFF_KEY_COLUMNS];
} diff_keys[] = {
    {"types.csv", {"name"}},
    {"fields.csv", {"type", "name"}},
    {"choices.csv", {"list", "value"}},
    {"units.csv", {"code", "valid_from"}},
    {"indicators.csv", {"id"}},
    {"report_lines.csv", {"report", "no"}},
    {"reports.csv", {"id"}},
    {"windows.csv", {"report", "unit", "valid_from"}},
    {"params.csv", {"name", "valid_from"}},
    {"duties.csv", {"report", "who", "valid_from"}},
    {"triggers.csv", {"rule"}},
    {"follows.csv", {"type", "field"}},
    {"successors.csv", {"effective_from", "old", "new"}},
    {"events.csv", {"type", "field"}},
    {"holidays.csv", {"day", "valid_from"}},
    {"steps.csv", {"type", "field", "from", "to", "side"}},
    {"clocks.csv", {"id"}},
    {"checks.csv", {"id"}},
    {"schemes.csv", {"scheme", "version"}},
    {"criteria.csv", {"scheme", "version", "code"}},
    {"bands.csv", {"scheme", "version", "class"}},
};

/* One CSV file as it stands: every column, every cell trimmed, NFC, days as YYYY-MM-DD. */
struct diff_table {
    const char *file;
    size_t columns;
    const char *heads[CSV_COLUMNS_MAX];
    const char **cells; /* rows * columns */
    const char **keys;  /* one a row */
    unsigned *lines;
    bool *taken; /* its like was found */
    size_t rows;
};

struct differ {
    struct catalogue_parser ps; /* its arena and whether it ran dry */
    struct csv_reader csv;
    struct diff_table before, after;
    catalogue_change_fn *told;
    void *ctx;
};

static const char *diff_cell(struct differ *d, struct bytes raw)
{
    struct bytes s = text_trim(raw);
    struct date day;
    char text[DATE_TEXT_ROOM];
    if (date_parse_vi(s, &day) == ERR_OK) {
        date_print(day, text);
        s = bytes_str(text);
    }
    struct buf b;
    buf_init(&b, TEXT_INPUT_MAX);
    enum err e = text_normalise(s, CSV_FIELD_BYTES_MAX, TEXT_NOTE, &b);
    if (e == ERR_NOMEM) d->ps.nomem = true;
    const char *out =
        catalogue_text(&d->ps, e == ERR_OK ? buf_bytes(&b) : (struct bytes){.len = 0});
    buf_free(&b);
    return out != NULL ? out : "";
}

static size_t diff_column(const struct diff_table *t, const char *name)
{
    size_t i = 0;
    while (i < t->columns && strcmp(t->heads[i], name) != 0)
        i++;
    return i;
}

static const char *diff_at(const struct diff_table *t, size_t row, const char *column)
{
    size_t i = diff_column(t, column);
    return i < t->columns ? t->cells[row * t->columns + i] : "";
}

static const char *diff_key(struct differ *d, const struct diff_table *t, size_t row)
{
    const struct diff_key *key = NULL;
    struct buf b;
    buf_init(&b, CSV_ROW_BYTES_MAX * 2);
    for (size_t i = 0; i < sizeof diff_keys / sizeof diff_keys[0]; i++) {
        if (strcmp(diff_keys[i].file, t->file) == 0) key = &diff_keys[i];
    }
    size_t most = key != NULL ? DIFF_KEY_COLUMNS : t->columns;
    for (size_t i = 0; i < most && (key == NULL || key->columns[i] != NULL); i++) {
        if (i > 0) buf_add_str(&b, ", ");
        buf_add_str(&b, key != NULL ? diff_at(t, row, key->columns[i])
                                    : t->cells[row * t->columns + i]);
    }
    if (b.e == ERR_NOMEM) d->ps.nomem = true;
    const char *out = catalogue_text(&d->ps, buf_bytes(&b));
    buf_free(&b);
    return out != NULL ? out : "";
}

static void diff_row(struct differ *d, struct diff_table *t, const struct csv_row *row)
{
    bool blank = true;
    const char **cells = t->cells + t->rows * t->columns;
    for (size_t i = 0; i < t->columns; i++) {
        cells[i] = i < row->count ? diff_cell(d, row->fields[i]) : "";
        blank = blank && cells[i][0] == '\0';
    }
    if (blank) return;
    t->keys[t->rows] = diff_key(d, t, t->rows);
    t->lines[t->rows++] = (unsigned)row->line;
}

/* The header, and room for as many rows as there are lines. */
static void diff_head(struct differ *d, struct diff_table *t, const struct csv_row *row,
                      size_t lines)
{
    for (size_t i = 0; i < row->count; i++) {
        const char *name = diff_cell(d, row->fields[i]);
        t->heads[i] = name;
        if (name[0] != '\0') t->columns = i + 1; /* empty ones at the end are a spreadsheet's */
    }
    t->cells = catalogue_alloc(&d->ps, lines * t->columns, sizeof *t->cells);
    t->keys = catalogue_alloc(&d->ps, lines, sizeof *t->keys);
    t->lines = catalogue_alloc(&d->ps, lines, sizeof *t->lines);
    t->taken = catalogue_alloc(&d->ps, lines, sizeof *t->taken);
}

static void diff_read(struct differ *d, const struct catalogue_file *f, struct diff_table *t)
{
    size_t lines = 1;
    bool head = false;
    *t = (struct diff_table){.file = f->name};
    for (size_t i = 0; i < f->data.len; i++)
        lines += f->data.p[i] == '\n';
    csv_open(&d->csv, 0);
    csv_feed(&d->csv, f->data);
    while (!d->ps.nomem) {
        struct csv_row row;
        enum err e = csv_next(&d->csv, &row);
        if (e == ERR_AGAIN) {
            csv_finish(&d->csv);
        } else if (e == ERR_OK) {
            if (head)
                diff_row(d, t, &row);
            else
                diff_head(d, t, &row, lines);
            head = true;
        } else if (e != ERR_BAD_INPUT && e != ERR_TOO_LARGE) {
            d->ps.nomem = d->ps.nomem || e == ERR_NOMEM;
            break;
        }
    }
    csv_close(&d->csv);
}

static void diff_tell(const struct differ *d, enum catalogue_change_what what,
                      const struct diff_table *t, size_t row)
{
    d->told(d->ctx, &(struct catalogue_change){.what = what,
                                               .file = t->file,
                                               .row = t->lines[row],
                                               .key = t->keys[row],
                                               .column = "",
                                               .was = "",
                                               .is = ""});
}

static void diff_one(const struct differ *d, size_t was, size_t is, const char *column)
{
    const char *old = diff_at(&d->before, was, column), *new = diff_at(&d->after, is, column);
    if (strcmp(old, new) == 0) return;
    d->told(d->ctx, &(struct catalogue_change){.what = CATALOGUE_CHANGE_CELL,
                                               .file = d->after.file,
                                               .row = d->after.lines[is],
                                               .key = d->after.keys[is],
                                               .column = column,
                                               .was = old,
                                               .is = new});
}

static void diff_cells(const struct differ *d, size_t was, size_t is)
{
    for (size_t i = 0; i < d->after.columns; i++)
        diff_one(d, was, is, d->after.heads[i]);
    for (size_t i = 0; i < d->before.columns; i++) {
        const char *column = d->before.heads[i];
        if (diff_column(&d->after, column) == d->after.columns) diff_one(d, was, is, column);
    }
}

/* Rows that both have, in the order of each: the first of the newer one that stands elsewhere is told. */
static void diff_order(const struct differ *d, const size_t *where)
{
    size_t last = 0;
    for (size_t i = 0; i < d->after.rows; i++) {
        if (where[i] == SIZE_MAX) continue;
        if (where[i] < last) {
            diff_tell(d, CATALOGUE_CHANGE_ORDER, &d->after, i);
            return;
        }
        last = where[i];
    }
}

static void diff_tables(struct differ *d)
{
    size_t next = 0; /* most rows stand behind the like of the row before */
    size_t *where = catalogue_alloc(&d->ps, d->after.rows + 1, sizeof *where);
    if (where == NULL) return;
    for (size_t i = 0; i < d->after.rows; i++) {
        size_t at = next, tried = 0;
        for (; tried < d->before.rows; tried++, at++) {
            if (at >= d->before.rows) at = 0;
            if (!d->before.taken[at] && strcmp(d->before.keys[at], d->after.keys[i]) == 0) break;
        }
        where[i] = tried < d->before.rows ? at : SIZE_MAX;
        if (tried == d->before.rows) {
            diff_tell(d, CATALOGUE_CHANGE_CAME, &d->after, i);
            continue;
        }
        d->before.taken[at] = true;
        next = at + 1;
        diff_cells(d, at, i);
    }
    for (size_t i = 0; i < d->before.rows; i++) {
        if (!d->before.taken[i]) diff_tell(d, CATALOGUE_CHANGE_GONE, &d->before, i);
    }
    diff_order(d, where);
}

static const struct catalogue_file *diff_find(const struct catalogue_file *files, size_t count,
                                              const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].name, name) == 0) return &files[i];
    return NULL;
}

static void diff_file(const struct differ *d, enum catalogue_change_what what, const char *name)
{
    d->told(d->ctx, &(struct catalogue_change){
                        .what = what, .file = name, .key = "", .column = "", .was = "", .is = ""});
}

static bool diff_is_table(const char *name)
{
    size_t n = strlen(name);
    return n > 4 && strcmp(name + n - 4, ".csv") == 0;
}

enum err catalogue_diff(const struct catalogue_file *before, size_t before_count,
                        const struct catalogue_file *after, size_t after_count,
                        catalogue_change_fn *told, void *ctx)
{
    enum err e = ERR_NOMEM;
    struct differ *d = calloc(1, sizeof *d);
    if (d == NULL) return ERR_NOMEM;
    d->told = told;
    d->ctx = ctx;
    d->ps.c = calloc(1, sizeof *d->ps.c);
    if (d->ps.c == NULL) goto out;
    for (size_t i = 0; i < after_count && !d->ps.nomem; i++) {
        const struct catalogue_file *is = &after[i];
        const struct catalogue_file *was = diff_find(before, before_count, is->name);
        if (was == NULL) diff_file(d, CATALOGUE_CHANGE_FILE_CAME, is->name);
        if (was != NULL && bytes_equal(was->data, is->data)) continue;
        if (!diff_is_table(is->name)) {
            if (was != NULL) diff_file(d, CATALOGUE_CHANGE_FILE, is->name);
            continue;
        }
        d->before = (struct diff_table){.file = is->name};
        if (was != NULL) diff_read(d, was, &d->before);
        diff_read(d, is, &d->after);
        if (!d->ps.nomem) diff_tables(d);
    }
    for (size_t i = 0; i < before_count; i++) {
        if (diff_find(after, after_count, before[i].name) == NULL)
            diff_file(d, CATALOGUE_CHANGE_FILE_GONE, before[i].name);
    }
    e = d->ps.nomem ? ERR_NOMEM : ERR_OK;
out:
    catalogue_free(d->ps.c);
    free(d);
    return e;
}
