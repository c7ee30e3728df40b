/* units.csv and params.csv. */
#include "common/catalogue.h"
#include "common/catalogue_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

enum { UN_CODE, UN_NAME, UN_LEVEL, UN_PARENT, UN_FROM, UN_TO, UN_COLUMNS };

struct unit_row {
    struct catalogue_unit unit;
    size_t row;
};

static int by_code_and_day(const void *a, const void *b)
{
    const struct unit_row *x = a;
    const struct unit_row *y = b;
    int c = strcmp(x->unit.code, y->unit.code);
    if (c == 0) c = date_compare(x->unit.valid_from, y->unit.valid_from);
    return c != 0 ? c : (x->row > y->row) - (x->row < y->row);
}

/* A code stands in certificates and as a parameter: short, no blanks. */
static bool is_code(const char *s)
{
    enum { CODE_BYTES_MAX = 16 }; /* as ADMIN_UNIT_BYTES_MAX of proto/admin.h */
    size_t n = strlen(s);
    return n >= 1 && n <= CODE_BYTES_MAX &&
           strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-") == n;
}

static void unit_read(const struct catalogue_table *t, size_t row, struct unit_row *out)
{
    static const char *const levels[] = {"tinh",    "thanh_pho_tw", "huyen",  "thanh_pho",
                                         "thi_xa",  "xa",           "phuong", "thi_tran",
                                         "dac_khu", "co_quan",      "co_so"};
    struct catalogue_unit *u = &out->unit;
    out->row = row;
    u->code = catalogue_cell(t, row, UN_CODE);
    if (!is_code(u->code))
        catalogue_cell_mistake(t, row, UN_CODE, "Mã đơn vị không hợp lệ", "Bad code of a unit");
    u->name_vi = catalogue_cell_needed(t, row, UN_NAME);
    u->level = levels[catalogue_cell_word(t, row, UN_LEVEL, levels, COUNT_OF(levels))];
    u->parent = catalogue_cell(t, row, UN_PARENT);
    catalogue_cell_validity(t, row, UN_FROM, &u->valid_from, &u->valid_to);
}

/* A unit's parent is there on its first and on its last day. */
static void parent_check(const struct catalogue_table *t, const struct unit_row *r)
{
    const struct catalogue_unit *u = &r->unit;
    if (u->parent[0] == '\0') return;
    if (strcmp(u->parent, u->code) == 0)
        catalogue_cell_mistake(t, r->row, UN_PARENT, "Đơn vị không thể là cấp trên của chính nó",
                               "A unit cannot be its own parent");
    else if (catalogue_unit_at(t->ps->c, u->parent, u->valid_from) == NULL ||
             catalogue_unit_at(t->ps->c, u->parent, u->valid_to) == NULL)
        catalogue_cell_mistake(t, r->row, UN_PARENT,
                               "Không có cấp trên này trong thời gian hiệu lực của đơn vị",
                               "No such parent while the unit is valid");
}

void catalogue_parse_units(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"code",   "name_vi",    "level",
                                          "parent", "valid_from", "valid_to"};
    struct catalogue_table t;
    catalogue_table_read(ps, "units.csv", columns, UN_COLUMNS, true, &t);
    struct unit_row *rows = catalogue_alloc(ps, t.row_count, sizeof *rows);
    struct catalogue_unit *units = catalogue_alloc(ps, t.row_count, sizeof *units);
    if (rows == NULL || units == NULL) return;
    for (size_t i = 0; i < t.row_count; i++)
        unit_read(&t, i, &rows[i]);
    qsort(rows, t.row_count, sizeof rows[0], by_code_and_day);
    for (size_t i = 0; i < t.row_count; i++) {
        units[i] = rows[i].unit;
        if (i > 0 && strcmp(units[i].code, units[i - 1].code) == 0 &&
            date_compare(units[i].valid_from, units[i - 1].valid_to) <= 0)
            catalogue_cell_mistake(&t, rows[i].row, UN_FROM,
                                   "Thời gian hiệu lực chồng lên dòng khác của cùng mã",
                                   "The validity overlaps that of another row of the same code");
    }
    ps->c->units = units;
    ps->c->unit_count = t.row_count;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++)
        parent_check(&t, &rows[i]);
}

enum { PA_NAME, PA_VALUE, PA_UNIT, PA_FROM, PA_TO, PA_SOURCE, PA_COLUMNS };

/* Most that a number of a parameter may be. */
#define PARAM_NUMBER_MAX 1000000u

/* What `unit` says a value is counted in is a whole number; SQL would take "5abc" for a text that is above every
 * number. Of other units (names on paper, words) it may be any text. */
static bool param_is_number(const char *unit)
{
    static const char *const units[] = {"years",  "days", "working days",     "hours", "minutes",
                                        "people", "flag", "parts of a point", "%"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(unit, units[i]) == 0) return true;
    return false;
}

static bool param_number(const char *value)
{
    uint32_t n = 0;
    size_t len = strlen(value);
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9' || len > 7) return false;
        n = 10 * n + (uint32_t)(value[i] - '0');
    }
    return len > 0 && n <= PARAM_NUMBER_MAX && (value[0] != '0' || len == 1);
}

/* "03-31", of any year: no 29 February. */
static bool param_month_day(const char *value)
{
    char text[16];
    struct date day;
    if (strlen(value) != 5) return false;
    snprintf(text, sizeof text, "2001-%s", value);
    return date_parse(bytes_str(text), &day) == ERR_OK;
}

static void param_value(const struct catalogue_table *t, size_t row, const char *value,
                        const char *unit)
{
    if (param_is_number(unit) && !param_number(value))
        catalogue_cell_mistake(t, row, PA_VALUE, "Phải là số nguyên từ 0 đến 1000000",
                               "Must be a whole number from 0 to 1000000");
    if (strcmp(unit, "month-day") == 0 && !param_month_day(value))
        catalogue_cell_mistake(t, row, PA_VALUE, "Phải là tháng và ngày, như 03-31",
                               "Must be a month and a day, as 03-31");
}

/* All that are valid on a day are bound to a query together. */
static void param_count(const struct catalogue_table *t, size_t row,
                        const struct catalogue_param *params)
{
    size_t n = 0;
    for (size_t j = 0; j <= row; j++)
        n += catalogue_days_overlap(params[row].valid_from, params[row].valid_to,
                                    params[j].valid_from, params[j].valid_to);
    if (n > CATALOGUE_PARAMS_MAX)
        catalogue_cell_mistake(t, row, PA_NAME, "Nhiều nhất 120 tham số có hiệu lực cùng lúc",
                               "At most 120 parameters are valid at once");
}

void catalogue_parse_params(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"name",       "value",    "unit",
                                          "valid_from", "valid_to", "source"};
    struct catalogue_table t;
    catalogue_table_read(ps, "params.csv", columns, PA_COLUMNS, false, &t);
    struct catalogue_param *params = catalogue_alloc(ps, t.row_count, sizeof *params);
    if (params == NULL) return;
    ps->c->params = params;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        struct catalogue_param *p = &params[i];
        p->name = catalogue_cell_name(&t, i, PA_NAME);
        p->value = catalogue_cell_needed(&t, i, PA_VALUE);
        param_value(&t, i, p->value, catalogue_cell(&t, i, PA_UNIT));
        catalogue_cell_validity(&t, i, PA_FROM, &p->valid_from, &p->valid_to);
        for (size_t j = 0; j < i; j++)
            if (strcmp(params[j].name, p->name) == 0 &&
                catalogue_days_overlap(p->valid_from, p->valid_to, params[j].valid_from,
                                       params[j].valid_to))
                catalogue_cell_mistake(
                    &t, i, PA_NAME, "Thời gian hiệu lực chồng lên dòng khác của cùng tham số",
                    "The validity overlaps that of another row of the parameter");
        param_count(&t, i, params);
        ps->c->param_count = i + 1;
    }
}
