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

/* False: the files are not read any further, for some are over a limit or there twice. A file with a name that means
 * nothing is a mistake, but no reason not to look at the others. */
static bool files_check(struct catalogue_parser *ps)
{
    bool fine = ps->file_count <= CATALOGUE_FILES_MAX;
    if (!fine)
        catalogue_mistake(ps, (struct catalogue_place){.file = ""}, "Quá nhiều tệp",
                          "Too many files", NULL);
    for (size_t i = 0; i < ps->file_count && catalogue_more(ps); i++) {
        const struct catalogue_file *f = &ps->files[i];
        struct catalogue_place at = {.file = f->name};
        if (!catalogue_is_file_name(bytes_str(f->name)) || !file_known(f->name))
            catalogue_mistake(ps, at, "Danh mục không có tệp tên này",
                              "A catalogue has no file of this name", NULL);
        bool large = f->data.len > CATALOGUE_FILE_BYTES_MAX,
             twice = catalogue_file_find(ps, f->name) != f;
        if (large) catalogue_mistake(ps, at, "Tệp quá lớn", "The file is too large", NULL);
        if (twice) catalogue_mistake(ps, at, "Có hai tệp cùng tên", "Two files of one name", NULL);
        fine = fine && !large && !twice;
    }
    return fine;
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

static void parse_all(struct catalogue_parser *ps)
{
    static void (*const parts[])(struct catalogue_parser *) = {
        catalogue_parse_choices, catalogue_parse_types,  catalogue_parse_units,
        catalogue_parse_params,  catalogue_parse_moves,  catalogue_parse_indicators,
        catalogue_parse_reports, catalogue_parse_duties, catalogue_parse_triggers,
        catalogue_parse_rules,   catalogue_parse_scores};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && !ps->nomem; i++)
        parts[i](ps);
}

/* ---- a catalogue with mistakes ---- */

static bool mistaken(const struct catalogue_parser *ps, const char *file)
{
    for (size_t i = 0; i < ps->error_count; i++)
        if (strcmp(ps->errors[i].file, file) == 0) return true;
    return false;
}

/* Leaves of a catalogue with mistakes what its SQL can be tried with: the record types, and of the rest the files
 * without a mistake. False: it cannot be tried. */
static bool leave_sound(const struct catalogue_parser *ps)
{
    struct catalogue *c = ps->c;
    size_t n = 0;
    if (ps->error_count >= CATALOGUE_ERRORS_MAX || c->type_count == 0 ||
        mistaken(ps, "types.csv") || mistaken(ps, "fields.csv"))
        return false;
    if (mistaken(ps, "units.csv")) c->unit_count = 0;
    if (mistaken(ps, "triggers.csv")) c->trigger_count = 0;
    if (mistaken(ps, "clocks.csv")) c->clock_count = 0;
    if (mistaken(ps, "checks.csv")) c->check_count = 0;
    if (mistaken(ps, "schemes.csv") || mistaken(ps, "criteria.csv") || mistaken(ps, "bands.csv"))
        c->scheme_count = 0;
    for (size_t i = 0; i < c->indicator_count; i++) /* of the others the file was refused */
        if (c->indicators[i].sql[0] != '\0') c->indicators[n++] = c->indicators[i];
    c->indicator_count = n;
    return true;
}

enum err catalogue_parse(const struct catalogue_file *files, size_t count, struct catalogue **out,
                         struct catalogue_error *errors, size_t *error_count)
{
    struct catalogue *c = NULL;
    enum err e = catalogue_parse_after(files, count, NULL, &c, errors, error_count);
    if (e == ERR_OK)
        *out = c;
    else
        catalogue_free(c);
    return e;
}

enum err catalogue_parse_after(const struct catalogue_file *files, size_t count,
                               const struct catalogue *before, struct catalogue **out,
                               struct catalogue_error *errors, size_t *error_count)
{
    struct catalogue_parser ps = {
        .files = files, .file_count = count, .errors = errors, .before = before};
    *out = NULL;
    ps.c = calloc(1, sizeof *ps.c);
    if (ps.c == NULL) return ERR_NOMEM;
    if (files_check(&ps) && !ps.nomem) parse_all(&ps);
    *error_count = ps.error_count;
    if (ps.nomem || (ps.error_count > 0 && !leave_sound(&ps)))
        catalogue_free(ps.c);
    else
        *out = ps.c;
    if (ps.nomem) return ERR_NOMEM;
    return ps.error_count > 0 ? ERR_BAD_INPUT : ERR_OK;
}
