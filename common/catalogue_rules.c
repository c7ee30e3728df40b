/* holidays.csv, steps.csv, clocks.csv, checks.csv. */
#include "common/catalogue_rules.h"
#include "common/catalogue_impl.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- holidays ---- */

enum { HO_DAY, HO_KIND, HO_LABEL_VI, HO_LABEL_EN, HO_FROM, HO_TO, HO_SOURCE, HO_COLUMNS };

#define LEAP_YEAR "2000-" /* in which 29 February exists: a yearly day may be it */

static void holiday_day(const struct catalogue_table *t, size_t row, struct catalogue_holiday *h)
{
    const char *s = catalogue_cell(t, row, HO_DAY);
    char text[2 * DATE_TEXT_ROOM];
    struct date d;
    bool yearly = strlen(s) == strlen("MM-DD") && strchr(s, '-') != NULL;
    snprintf(text, sizeof text, "%s%.11s", yearly ? LEAP_YEAR : "", s);
    if (!catalogue_is_day(text, &d)) {
        catalogue_cell_mistake(t, row, HO_DAY, "Ghi NĂM-THÁNG-NGÀY, hoặc THÁNG-NGÀY cho mọi năm",
                               "Write YYYY-MM-DD, or MM-DD for every year");
        return;
    }
    h->year = yearly ? 0 : d.year;
    h->month = d.month;
    h->day = d.day;
}

static void holidays_read(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"day",        "kind",     "label_vi", "label_en",
                                          "valid_from", "valid_to", "source"};
    static const char *const kinds[] = {"holiday", "off", "work"};
    struct catalogue_table t;
    catalogue_table_read(ps, "holidays.csv", columns, HO_COLUMNS, false, &t);
    struct catalogue_holiday *v = catalogue_alloc(ps, t.row_count, sizeof *v);
    if (v == NULL) return;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        holiday_day(&t, i, &v[i]);
        v[i].kind = (enum catalogue_holiday_kind)catalogue_cell_word(&t, i, HO_KIND, kinds, 3);
        v[i].label_vi = catalogue_cell_needed(&t, i, HO_LABEL_VI);
        v[i].label_en = catalogue_cell_needed(&t, i, HO_LABEL_EN);
        catalogue_cell_validity(&t, i, HO_FROM, &v[i].valid_from, &v[i].valid_to);
        for (size_t j = 0; j < i; j++)
            if (v[j].year == v[i].year && v[j].month == v[i].month && v[j].day == v[i].day &&
                catalogue_days_overlap(v[j].valid_from, v[j].valid_to, v[i].valid_from,
                                       v[i].valid_to))
                catalogue_cell_mistake(&t, i, HO_DAY, "Ngày này đã ghi ở dòng khác",
                                       "The day stands in another row already");
    }
    ps->c->holidays = v;
    ps->c->holiday_count = t.row_count;
}

const struct catalogue_holiday *catalogue_holidays(const struct catalogue *c, size_t *count)
{
    *count = c->holiday_count;
    return c->holidays;
}

/* ---- steps ---- */

enum { ST_TYPE, ST_FIELD, ST_FROM, ST_TO, ST_SIDE, ST_ROLE, ST_WHEN, ST_SOURCE, ST_COLUMNS };

static void step_value(const struct catalogue_table *t, size_t row, size_t column,
                       const struct catalogue_field *f)
{
    const char *s = catalogue_cell(t, row, column);
    bool choice = f->kind == CATALOGUE_CHOICE;
    if (s[0] == '\0' || strcmp(s, "*") == 0) return;
    if (!choice)
        catalogue_cell_mistake(t, row, column, "Trường này không phải lựa chọn: ghi *",
                               "The field is no choice: write *");
    else if (!catalogue_choice_known(t->ps->c, f->list, s))
        catalogue_cell_unknown(t, row, column, "choices.csv",
                               "Danh sách của trường không có giá trị này",
                               "The field's list has no such value");
}

/* "state=draft|returned"; "decided_on=": the day is not there */
static void step_when(const struct catalogue_table *t, size_t row,
                      const struct catalogue_type *type, struct catalogue_step *s)
{
    const char *text = catalogue_cell(t, row, ST_WHEN);
    const char *eq = strchr(text, '=');
    char name[CATALOGUE_NAME_BYTES_MAX + 1];
    s->values = "";
    if (text[0] == '\0') return;
    size_t n = eq != NULL ? (size_t)(eq - text) : sizeof name;
    if (n < sizeof name) {
        memcpy(name, text, n);
        name[n] = '\0';
    }
    const struct catalogue_field *f = n < sizeof name ? catalogue_field_by_name(type, name) : NULL;
    bool day = f != NULL && f->kind == CATALOGUE_DATE && eq[1] == '\0';
    if (f == NULL || (f->kind != CATALOGUE_CHOICE && !day)) {
        catalogue_cell_unknown(
            t, row, ST_WHEN, "fields.csv",
            "Ghi TRƯỜNG=giá_trị|giá_trị, trường kiểu choice; hoặc NGÀY= (chưa có ngày)",
            "Write FIELD=value|value with a field of kind choice, or DATE= (no day yet)");
        return;
    }
    s->when = f->no;
    s->values = eq + 1;
}

static void step_read(const struct catalogue_table *t, size_t row, struct catalogue_step *s)
{
    static const char *const sides[] = {"unit", "hub"};
    static const char *const roles[] = {"any", "leader"};
    const struct catalogue_type *type =
        catalogue_type_by_name(t->ps->c, catalogue_cell(t, row, ST_TYPE));
    const struct catalogue_field *f =
        type != NULL ? catalogue_field_by_name(type, catalogue_cell(t, row, ST_FIELD)) : NULL;
    if (type == NULL)
        catalogue_cell_unknown(t, row, ST_TYPE, "types.csv", "types.csv không có loại hồ sơ này",
                               "types.csv has no such record type");
    else if (f == NULL || f->kind == CATALOGUE_CHOICES)
        catalogue_cell_unknown(t, row, ST_FIELD, "fields.csv",
                               "Loại này không có trường đó, hoặc là kiểu choices",
                               "The type has no such field, or it is of kind choices");
    if (f == NULL || f->kind == CATALOGUE_CHOICES) return;
    s->type = type->no;
    s->field = f->no;
    s->from = catalogue_cell(t, row, ST_FROM);
    s->to = catalogue_cell(t, row, ST_TO);
    step_value(t, row, ST_FROM, f);
    step_value(t, row, ST_TO, f);
    s->side = (enum catalogue_side)catalogue_cell_word(t, row, ST_SIDE, sides, 2);
    s->leader = catalogue_cell_word(t, row, ST_ROLE, roles, 2) == 1;
    step_when(t, row, type, s);
}

static void steps_read(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"type", "field", "from", "to",
                                          "side", "role",  "when", "source"};
    struct catalogue_table t;
    catalogue_table_read(ps, "steps.csv", columns, ST_COLUMNS, false, &t);
    struct catalogue_step *v = catalogue_alloc(ps, t.row_count, sizeof *v);
    if (v == NULL) return;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++)
        step_read(&t, i, &v[i]);
    ps->c->steps = v;
    ps->c->step_count = t.row_count;
}

bool catalogue_has_steps(const struct catalogue *c, unsigned type)
{
    for (size_t i = 0; i < c->step_count; i++)
        if (c->steps[i].type == type) return true;
    return false;
}

static bool step_takes(const char *pattern, const char *value)
{
    return strcmp(pattern, "*") == 0 || strcmp(pattern, value) == 0;
}

/* Is `value` one of "a|b|"? */
static bool step_listed(const char *values, const char *value)
{
    size_t n = strlen(value);
    for (const char *s = values;; s++) {
        size_t len = strcspn(s, "|");
        if (len == n && memcmp(s, value, n) == 0) return true;
        s += len;
        if (*s == '\0') return false;
    }
}

enum catalogue_ask catalogue_step_ask(const struct catalogue *c, unsigned type, unsigned field,
                                      const char *from, const char *to, enum catalogue_side side,
                                      bool leader, catalogue_when_fn *when, void *ctx)
{
    enum catalogue_ask best = CATALOGUE_ASK_FREE;
    for (size_t i = 0; i < c->step_count; i++) {
        const struct catalogue_step *s = &c->steps[i];
        if (s->type != type || s->field != field) continue;
        enum catalogue_ask this = CATALOGUE_ASK_NO;
        bool timely = s->when == 0 || when == NULL || step_listed(s->values, when(ctx, s->when));
        if (step_takes(s->from, from) && step_takes(s->to, to) && timely) {
            if (s->side != side)
                this = CATALOGUE_ASK_SIDE;
            else
                this = s->leader && !leader ? CATALOGUE_ASK_LEADER : CATALOGUE_ASK_YES;
        }
        if (this == CATALOGUE_ASK_YES) return this;
        if (best == CATALOGUE_ASK_FREE || this < best) best = this;
    }
    return best;
}

/* ---- clocks ---- */

enum {
    CL_ID,
    CL_TYPE,
    CL_UNIT,
    CL_START,
    CL_DUE,
    CL_DONE,
    CL_RELEVANT,
    CL_DAYS,
    CL_COUNT,
    CL_SOON,
    CL_LABEL_VI,
    CL_LABEL_EN,
    CL_SOURCE,
    CL_COLUMNS
};

static const struct catalogue_type *rule_type(const struct catalogue_table *t, size_t row,
                                              size_t column)
{
    const struct catalogue_type *type =
        catalogue_type_by_name(t->ps->c, catalogue_cell(t, row, column));
    if (type == NULL)
        catalogue_cell_unknown(t, row, column, "types.csv", "types.csv không có loại hồ sơ này",
                               "types.csv has no such record type");
    return type;
}

static void clock_days(const struct catalogue_table *t, size_t row, const struct catalogue_clock *k)
{
    bool known = false;
    size_t n = 0;
    const struct catalogue_param *p = catalogue_params(t->ps->c, &n);
    for (size_t i = 0; i < n; i++) {
        unsigned long days = strtoul(p[i].value, NULL, 10);
        if (strcmp(p[i].name, k->days) != 0) continue;
        known = true;
        if (days == 0 || days > CATALOGUE_CLOCK_DAYS_MAX)
            catalogue_cell_mistake(t, row, CL_DAYS, "Tham số này phải từ 1 đến 366 ngày",
                                   "The parameter must be 1 to 366 days");
    }
    if (k->days[0] != '\0' && !known)
        catalogue_cell_unknown(t, row, CL_DAYS, "params.csv", "params.csv không có tham số này",
                               "params.csv has no such parameter");
    if (k->days[0] == '\0' && k->due[0] == '\0')
        catalogue_cell_mistake(t, row, CL_DUE, "Cần hạn (due) hoặc số ngày (days)",
                               "A due day or a number of days is needed");
    if (k->days[0] != '\0' && k->start[0] == '\0')
        catalogue_cell_mistake(t, row, CL_START, "Đếm ngày thì cần ngày bắt đầu",
                               "Days are counted from a start");
}

static void clocks_read(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"id",       "type",     "unit",  "start", "due",
                                          "done",     "relevant", "days",  "count", "soon",
                                          "label_vi", "label_en", "source"};
    static const char *const counts[] = {"calendar", "working"};
    struct catalogue_table t;
    catalogue_table_read(ps, "clocks.csv", columns, CL_COLUMNS, false, &t);
    struct catalogue_clock *v = catalogue_alloc(ps, t.row_count, sizeof *v);
    if (v == NULL) return;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        struct catalogue_clock *k = &v[i];
        k->id = catalogue_cell_id(&t, i, CL_ID);
        k->type = rule_type(&t, i, CL_TYPE);
        k->unit = catalogue_cell(&t, i, CL_UNIT);
        k->start = catalogue_cell(&t, i, CL_START);
        k->due = catalogue_cell(&t, i, CL_DUE);
        k->done = catalogue_cell_needed(&t, i, CL_DONE);
        k->relevant = catalogue_cell(&t, i, CL_RELEVANT);
        k->days = catalogue_cell(&t, i, CL_DAYS);
        k->working = catalogue_cell_word(&t, i, CL_COUNT, counts, 2) == 1;
        k->soon = catalogue_cell_number(&t, i, CL_SOON, 0, CATALOGUE_CLOCK_SOON_MAX);
        k->label_vi = catalogue_cell_needed(&t, i, CL_LABEL_VI);
        k->label_en = catalogue_cell_needed(&t, i, CL_LABEL_EN);
        clock_days(&t, i, k);
        for (size_t j = 0; j < i; j++)
            if (strcmp(v[j].id, k->id) == 0)
                catalogue_cell_mistake(&t, i, CL_ID, "Mã bị trùng", "The id is used twice");
    }
    ps->c->clocks = v;
    ps->c->clock_count = t.row_count;
}

const struct catalogue_clock *catalogue_clocks(const struct catalogue *c, size_t *count)
{
    *count = c->clock_count;
    return c->clocks;
}

/* ---- checks ---- */

enum { CK_ID, CK_TYPE, CK_UNIT, CK_WRONG, CK_LABEL_VI, CK_LABEL_EN, CK_SOURCE, CK_COLUMNS };

static void checks_read(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"id",       "type",     "unit",  "wrong",
                                          "label_vi", "label_en", "source"};
    struct catalogue_table t;
    catalogue_table_read(ps, "checks.csv", columns, CK_COLUMNS, false, &t);
    struct catalogue_check *v = catalogue_alloc(ps, t.row_count, sizeof *v);
    if (v == NULL) return;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        v[i].id = catalogue_cell_id(&t, i, CK_ID);
        v[i].type = rule_type(&t, i, CK_TYPE);
        v[i].unit = catalogue_cell(&t, i, CK_UNIT);
        v[i].wrong = catalogue_cell_needed(&t, i, CK_WRONG);
        v[i].label_vi = catalogue_cell_needed(&t, i, CK_LABEL_VI);
        v[i].label_en = catalogue_cell_needed(&t, i, CK_LABEL_EN);
        for (size_t j = 0; j < i; j++)
            if (strcmp(v[j].id, v[i].id) == 0)
                catalogue_cell_mistake(&t, i, CK_ID, "Mã bị trùng", "The id is used twice");
    }
    ps->c->checks = v;
    ps->c->check_count = t.row_count;
}

const struct catalogue_check *catalogue_checks(const struct catalogue *c, size_t *count)
{
    *count = c->check_count;
    return c->checks;
}

void catalogue_parse_rules(struct catalogue_parser *ps)
{
    holidays_read(ps);
    if (!ps->nomem) steps_read(ps);
    if (!ps->nomem) clocks_read(ps);
    if (!ps->nomem) checks_read(ps);
}
