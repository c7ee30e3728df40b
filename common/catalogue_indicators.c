/* indicators.csv with its SQL. */
#include "common/buf.h"
#include "common/catalogue.h"
#include "common/catalogue_impl.h"
#include "common/text.h"

#include <stdlib.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

enum {
    IN_ID,
    IN_LABEL_VI,
    IN_LABEL_EN,
    IN_MEASURE,
    IN_STOCK,
    IN_DIRECTION,
    IN_MEASURED,
    IN_BY,
    IN_SOURCE,
    IN_NEEDED, /* catalogues of before have no more */
    IN_CLASS = IN_NEEDED,
    IN_PERSONS,
    IN_COLUMNS
};

/* An id of an indicator or report: "T03", "RP04". It names files and stands in exports. */
const char *catalogue_cell_id(const struct catalogue_table *t, size_t row, size_t column)
{
    enum { ID_BYTES_MAX = 16 };
    const char *s = catalogue_cell(t, row, column);
    size_t n = strlen(s);
    if (n > ID_BYTES_MAX || s[0] < 'A' || s[0] > 'Z' ||
        strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != n)
        catalogue_cell_mistake(t, row, column, "Mã chỉ gồm chữ hoa không dấu và số",
                               "An id is made of A-Z and 0-9");
    return s;
}

enum { BY_MAX = 3 }; /* breakdown columns of an indicator */

/* The next name of a list split by '|'; *s moves behind it. */
static struct bytes by_next(const char **s)
{
    size_t len = strcspn(*s, "|");
    struct bytes out = bytes_make(*s, len);
    *s += len;
    if (**s == '|') (*s)++;
    return out;
}

bool catalogue_by_has(const char *by, const char *name)
{
    while (*by != '\0')
        if (bytes_equal(by_next(&by), bytes_str(name))) return true;
    return false;
}

static void by_check(const struct catalogue_table *t, size_t row)
{
    const char *by = catalogue_cell(t, row, IN_BY);
    size_t n = 0;
    while (*by != '\0') {
        size_t count;
        const char *list = catalogue_text(t->ps, by_next(&by));
        if (list == NULL) return;
        if (++n > BY_MAX || catalogue_list(t->ps->c, list, &count) == NULL) {
            catalogue_cell_unknown(t, row, IN_BY, "choices.csv",
                                   "Tối đa ba danh sách của choices.csv, cách nhau bằng |",
                                   "At most three lists of choices.csv, split by |");
            return;
        }
    }
}

/* The SQL of an indicator, or "" with a mistake. */
static const char *sql_read(const struct catalogue_table *t, size_t row, const char *id)
{
    struct buf name, text;
    buf_init(&name, CATALOGUE_FILE_BYTES_MAX);
    buf_init(&text, CATALOGUE_FILE_BYTES_MAX);
    buf_printf(&name, "indicators/%s.sql", id);
    const struct catalogue_file *f = catalogue_file_find(t->ps, buf_cstr(&name));
    const char *sql = "";
    enum err e =
        f == NULL ? name.e
                  : text_normalise(text_trim(f->data), CATALOGUE_FILE_BYTES_MAX, TEXT_NOTE, &text);
    if (e == ERR_NOMEM)
        t->ps->nomem = true;
    else if (f == NULL)
        catalogue_cell_mistake(t, row, IN_ID, "Thiếu tệp indicators/<id>.sql của chỉ tiêu",
                               "indicators/<id>.sql of the indicator is missing");
    else if (e != ERR_OK || text.len == 0)
        catalogue_mistake(t->ps, (struct catalogue_place){.file = f->name},
                          "Tệp trống, hoặc không phải văn bản UTF-8", "Empty, or not UTF-8 text",
                          NULL);
    else
        sql = catalogue_text(t->ps, buf_bytes(&text));
    buf_free(&text);
    buf_free(&name);
    return sql;
}

/* An empty cell is class 0. */
static unsigned class_read(const struct catalogue_table *t, size_t row)
{
    static const char *const classes[] = {"", "0", "1", "2", "3", "4"};
    size_t i = catalogue_cell_word(t, row, IN_CLASS, classes, COUNT_OF(classes));
    return i == 0 ? 0 : (unsigned)i - 1;
}

static void indicator_read(const struct catalogue_table *t, size_t row,
                           struct catalogue_indicator *in)
{
    /* In the order of enum catalogue_measure. */
    static const char *const measures[] = {"count", "sum", "ratio", "ratio_sum"};
    static const char *const directions[] = {"up", "down", "band", "none"};
    in->id = catalogue_cell_id(t, row, IN_ID);
    in->label_vi = catalogue_cell_needed(t, row, IN_LABEL_VI);
    in->label_en = catalogue_cell_needed(t, row, IN_LABEL_EN);
    in->measure = (enum catalogue_measure)catalogue_cell_word(t, row, IN_MEASURE, measures,
                                                              COUNT_OF(measures));
    in->stock = catalogue_cell_flag(t, row, IN_STOCK);
    in->direction =
        directions[catalogue_cell_word(t, row, IN_DIRECTION, directions, COUNT_OF(directions))];
    in->measured_vi = catalogue_cell_needed(t, row, IN_MEASURED);
    in->by = catalogue_cell(t, row, IN_BY);
    by_check(t, row);
    in->source = catalogue_cell(t, row, IN_SOURCE);
    in->sensitivity = class_read(t, row);
    in->persons = catalogue_cell_flag(t, row, IN_PERSONS);
    in->sql = sql_read(t, row, in->id);
}

/* Every file of indicators/ belongs to an indicator. */
static void orphans_check(struct catalogue_parser *ps)
{
    static const char folder[] = "indicators/";
    const size_t lead = sizeof folder - 1;
    for (size_t i = 0; i < ps->file_count && catalogue_more(ps); i++) {
        const char *name = ps->files[i].name;
        bool known = strncmp(name, folder, lead) != 0;
        for (size_t j = 0; !known && j < ps->c->indicator_count; j++) {
            const char *id = ps->c->indicators[j].id;
            size_t n = strlen(id);
            known = strncmp(name + lead, id, n) == 0 && strcmp(name + lead + n, ".sql") == 0;
        }
        if (!known && !catalogue_unread(ps, "indicators.csv", folder))
            catalogue_mistake(ps, (struct catalogue_place){.file = name},
                              "Không có chỉ tiêu này trong indicators.csv",
                              "indicators.csv has no such indicator", NULL);
    }
}

void catalogue_parse_indicators(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"id",     "label_vi",  "label_en",    "measure",
                                          "stock",  "direction", "measured_vi", "by",
                                          "source", "class",     "persons"};
    struct catalogue_table t;
    catalogue_table_read_some(ps, "indicators.csv", columns, IN_COLUMNS, IN_NEEDED, false, &t);
    struct catalogue_indicator *out = catalogue_alloc(ps, t.row_count, sizeof *out);
    if (out == NULL) return;
    ps->c->indicators = out;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        indicator_read(&t, i, &out[i]);
        for (size_t j = 0; j < i; j++)
            if (strcmp(out[j].id, out[i].id) == 0)
                catalogue_cell_mistake(&t, i, IN_ID, "Mã chỉ tiêu bị trùng",
                                       "The id is used twice");
        ps->c->indicator_count = i + 1;
    }
    orphans_check(ps);
}
