/* catalogue_parse(): the files as a whole, the choices and the record types. */
#include "common/catalogue.h"
#include "common/catalogue_impl.h"

#include <stdlib.h>

const struct catalogue_file *catalogue_file_find(const struct catalogue_parser *ps,
                                                 const char *name)
{
    for (size_t i = 0; i < ps->file_count; i++)
        if (strcmp(ps->files[i].name, name) == 0) return &ps->files[i];
    return NULL;
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s);
    size_t m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* True for the names that a catalogue may hold. Notes for people (.md) are carried but not read. */
static bool file_known(const char *name)
{
    static const char *const known[] = {
        "types.csv",      "fields.csv",       "choices.csv",    "units.csv",    "params.csv",
        "indicators.csv", "report_lines.csv", "reports.csv",    "windows.csv",  "duties.csv",
        "triggers.csv",   "follows.csv",      "successors.csv", "holidays.csv", "steps.csv",
        "clocks.csv",     "checks.csv",       "schemes.csv",    "criteria.csv", "bands.csv",
        "events.csv",     "days.csv"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i]) == 0) return true;
    if (strncmp(name, "indicators/", strlen("indicators/")) == 0 && ends_with(name, ".sql"))
        return true;
    return ends_with(name, ".md");
}

static void files_check(struct catalogue_parser *ps)
{
    if (ps->file_count > CATALOGUE_FILES_MAX)
        catalogue_mistake(ps, (struct catalogue_place){.file = ""}, "Quá nhiều tệp",
                          "Too many files", NULL);
    for (size_t i = 0; i < ps->file_count && catalogue_more(ps); i++) {
        const struct catalogue_file *f = &ps->files[i];
        struct catalogue_place at = {.file = f->name};
        if (!catalogue_is_file_name(bytes_str(f->name)) || !file_known(f->name))
            catalogue_mistake(ps, at, "Danh mục không có tệp tên này",
                              "A catalogue has no file of this name", NULL);
        if (f->data.len > CATALOGUE_FILE_BYTES_MAX)
            catalogue_mistake(ps, at, "Tệp quá lớn", "The file is too large", NULL);
        if (catalogue_file_find(ps, f->name) != f)
            catalogue_mistake(ps, at, "Có hai tệp cùng tên", "Two files of one name", NULL);
    }
}

/* A choice and where it stands. */
struct choice_row {
    struct catalogue_choice choice;
    size_t row;
};

static int by_list(const void *a, const void *b)
{
    const struct choice_row *x = a;
    const struct choice_row *y = b;
    int c = strcmp(x->choice.list, y->choice.list);
    return c != 0 ? c : (x->row > y->row) - (x->row < y->row);
}

enum { CH_LIST, CH_VALUE, CH_LABEL_VI, CH_LABEL_EN, CH_COLUMNS };

/* Values and labels are unique within a list: a person may type either. rows[i] against the earlier ones. */
static void choice_unique(const struct catalogue_table *t, const struct choice_row *rows, size_t i)
{
    const struct catalogue_choice *x = &rows[i].choice;
    for (size_t j = i; j-- > 0 && strcmp(rows[j].choice.list, x->list) == 0;) {
        const struct catalogue_choice *y = &rows[j].choice;
        if (strcmp(x->value, y->value) == 0)
            catalogue_cell_mistake(t, rows[i].row, CH_VALUE, "Giá trị đã có trong danh sách này",
                                   "The value is already in this list");
        if (strcmp(x->label_vi, y->label_vi) == 0 && x->label_vi[0] != '\0')
            catalogue_cell_mistake(t, rows[i].row, CH_LABEL_VI, "Nhãn đã có trong danh sách này",
                                   "The label is already in this list");
    }
}

void catalogue_parse_choices(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"list", "value", "label_vi", "label_en"};
    struct catalogue_table t;
    catalogue_table_read(ps, "choices.csv", columns, CH_COLUMNS, false, &t);
    struct choice_row *rows = catalogue_alloc(ps, t.row_count, sizeof *rows);
    struct catalogue_choice *out = catalogue_alloc(ps, t.row_count, sizeof *out);
    if (rows == NULL || out == NULL) return;
    for (size_t i = 0; i < t.row_count; i++) {
        rows[i].row = i;
        rows[i].choice.list = catalogue_cell_name(&t, i, CH_LIST);
        rows[i].choice.value = catalogue_cell(&t, i, CH_VALUE);
        if (!catalogue_is_value(rows[i].choice.value))
            catalogue_cell_mistake(&t, i, CH_VALUE, "Giá trị chỉ gồm chữ thường không dấu, số và _",
                                   "A value is made of a-z, 0-9 and _");
        rows[i].choice.label_vi = catalogue_cell_needed(&t, i, CH_LABEL_VI);
        rows[i].choice.label_en = catalogue_cell_needed(&t, i, CH_LABEL_EN);
    }
    qsort(rows, t.row_count, sizeof rows[0], by_list);
    for (size_t i = 0; i < t.row_count; i++) {
        out[i] = rows[i].choice;
        if (catalogue_more(ps)) choice_unique(&t, rows, i);
    }
    ps->c->choices = out;
    ps->c->choice_count = t.row_count;
}

enum err catalogue_parse(const struct catalogue_file *files, size_t count, struct catalogue **out,
                         struct catalogue_error *errors, size_t *error_count)
{
    return catalogue_parse_after(files, count, NULL, out, errors, error_count);
}

enum err catalogue_parse_after(const struct catalogue_file *files, size_t count,
                               const struct catalogue *before, struct catalogue **out,
                               struct catalogue_error *errors, size_t *error_count)
{
    struct catalogue_parser ps = {
        .files = files, .file_count = count, .errors = errors, .before = before};
    ps.c = calloc(1, sizeof *ps.c);
    if (ps.c == NULL) return ERR_NOMEM;
    files_check(&ps);
    /* What is over a limit or twice is not read any further. */
    if (ps.error_count == 0 && !ps.nomem) {
        catalogue_parse_choices(&ps);
        if (!ps.nomem) catalogue_parse_types(&ps);
        if (!ps.nomem) catalogue_parse_units(&ps);
        if (!ps.nomem) catalogue_parse_params(&ps);
        if (!ps.nomem) catalogue_parse_moves(&ps);
        if (!ps.nomem) catalogue_parse_indicators(&ps);
        if (!ps.nomem) catalogue_parse_reports(&ps);
        if (!ps.nomem) catalogue_parse_duties(&ps);
        if (!ps.nomem) catalogue_parse_triggers(&ps);
        if (!ps.nomem) catalogue_parse_rules(&ps);
        if (!ps.nomem) catalogue_parse_scores(&ps);
    }
    *error_count = ps.error_count;
    if (ps.nomem || ps.error_count > 0) {
        catalogue_free(ps.c);
        return ps.nomem ? ERR_NOMEM : ERR_BAD_INPUT;
    }
    *out = ps.c;
    return ERR_OK;
}
