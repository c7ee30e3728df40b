/* Rules that many cells of the catalogue's tables share. */
#include "common/catalogue_impl.h"

bool catalogue_is_value(const char *s)
{
    size_t n = strlen(s);
    if (n == 0 || n > CATALOGUE_NAME_BYTES_MAX) return false;
    return strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

bool catalogue_is_name(const char *s)
{
    return catalogue_is_value(s) && s[0] >= 'a' && s[0] <= 'z';
}

/* Columns and tables that the stores add, then the words that SQLite never takes as a name. */
static const char *const reserved[] = {
    "id",           "person_root",
    "score_scheme", "score_item",
    "score_band",   "unit",
    "rowid",        "oid",
    "add",          "all",
    "alter",        "and",
    "as",           "autoincrement",
    "between",      "case",
    "check",        "collate",
    "commit",       "constraint",
    "create",       "default",
    "deferrable",   "delete",
    "distinct",     "drop",
    "else",         "escape",
    "except",       "exists",
    "foreign",      "from",
    "group",        "having",
    "if",           "in",
    "index",        "insert",
    "intersect",    "into",
    "is",           "isnull",
    "join",         "limit",
    "not",          "nothing",
    "notnull",      "null",
    "on",           "or",
    "order",        "primary",
    "references",   "returning",
    "select",       "set",
    "table",        "then",
    "to",           "transaction",
    "union",        "unique",
    "update",       "using",
    "values",       "when",
    "where",        "with",
};

bool catalogue_is_reserved(const char *s)
{
    if (strncmp(s, "sqlite_", strlen("sqlite_")) == 0) return true;
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(reserved[i], s) == 0) return true;
    return false;
}

const char *catalogue_cell_needed(const struct catalogue_table *t, size_t row, size_t column)
{
    const char *s = catalogue_cell(t, row, column);
    if (s[0] == '\0')
        catalogue_cell_mistake(t, row, column, "Ô này không được để trống", "The cell is empty");
    return s;
}

const char *catalogue_cell_name(const struct catalogue_table *t, size_t row, size_t column)
{
    const char *s = catalogue_cell(t, row, column);
    if (!catalogue_is_name(s))
        catalogue_cell_mistake(t, row, column,
                               "Tên chỉ gồm chữ thường không dấu, số và _, bắt đầu bằng chữ",
                               "A name is made of a-z, 0-9 and _ and begins with a letter");
    return s;
}

unsigned catalogue_cell_number(const struct catalogue_table *t, size_t row, size_t column,
                               unsigned min, unsigned max)
{
    const char *s = catalogue_cell(t, row, column);
    unsigned n = 0;
    bool ok = s[0] != '\0';
    for (size_t i = 0; ok && s[i] != '\0'; i++) {
        ok = s[i] >= '0' && s[i] <= '9' && n <= max;
        if (ok) n = n * 10 + (unsigned)(s[i] - '0');
    }
    if (ok && n >= min && n <= max) return n;
    catalogue_cell_mistake(t, row, column, "Không phải số, hoặc số ngoài giới hạn",
                           "Not a number, or outside the limits");
    return min;
}

bool catalogue_cell_flag(const struct catalogue_table *t, size_t row, size_t column)
{
    const char *s = catalogue_cell(t, row, column);
    if (s[0] == '\0' || strcmp(s, "0") == 0) return false;
    if (strcmp(s, "1") != 0)
        catalogue_cell_mistake(t, row, column, "Chỉ ghi 1, 0 hoặc để trống", "Only 1, 0 or empty");
    return true;
}

size_t catalogue_cell_word(const struct catalogue_table *t, size_t row, size_t column,
                           const char *const *words, size_t count)
{
    const char *s = catalogue_cell(t, row, column);
    for (size_t i = 0; i < count; i++)
        if (strcmp(s, words[i]) == 0) return i;
    catalogue_cell_mistake(t, row, column, "Từ này không có trong các từ được dùng",
                           "Not one of the words used here");
    return 0;
}

bool catalogue_is_day(const char *s, struct date *out)
{
    struct bytes b = bytes_str(s);
    return date_parse(b, out) == ERR_OK || date_parse_vi(b, out) == ERR_OK;
}

void catalogue_cell_validity(const struct catalogue_table *t, size_t row, size_t from_column,
                             struct date *from, struct date *to)
{
    size_t to_column = from_column + 1;
    *from = (struct date){DATE_YEAR_MIN, 1, 1};
    *to = (struct date){CATALOGUE_OPEN_YEAR, 12, 31};
    if (!catalogue_is_day(catalogue_cell(t, row, from_column), from))
        catalogue_cell_mistake(t, row, from_column, "Không phải ngày (năm-tháng-ngày)",
                               "Not a date (YYYY-MM-DD)");
    if (catalogue_cell(t, row, to_column)[0] == '\0') return;
    if (!catalogue_is_day(catalogue_cell(t, row, to_column), to))
        catalogue_cell_mistake(t, row, to_column, "Không phải ngày (năm-tháng-ngày)",
                               "Not a date (YYYY-MM-DD)");
    else if (date_compare(*to, *from) < 0)
        catalogue_cell_mistake(t, row, to_column, "Ngày cuối trước ngày đầu",
                               "The last day is before the first");
}

bool catalogue_days_overlap(struct date from, struct date to, struct date other_from,
                            struct date other_to)
{
    return date_compare(from, other_to) <= 0 && date_compare(other_from, to) <= 0;
}
