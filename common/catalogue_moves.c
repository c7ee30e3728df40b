/* follows.csv, successors.csv, events.csv, days.csv: what goes along with a record, where a unit goes on, and on
 * which day what a record tells of happened. */
#include "common/catalogue.h"
#include "common/catalogue_impl.h"

enum { FO_TYPE, FO_FIELD, FO_COLUMNS };

static void follow_read(const struct catalogue_table *t, size_t row, struct catalogue_follow *out)
{
    const struct catalogue *c = t->ps->c;
    const struct catalogue_type *type = catalogue_type_by_name(c, catalogue_cell(t, row, FO_TYPE));
    *out = (struct catalogue_follow){.type = 0};
    if (type == NULL) {
        catalogue_cell_unknown(t, row, FO_TYPE, "types.csv", "types.csv không có loại hồ sơ này",
                               "types.csv has no such record type");
        return;
    }
    const struct catalogue_field *field =
        catalogue_field_by_name(type, catalogue_cell(t, row, FO_FIELD));
    bool text = field != NULL && field->kind == CATALOGUE_TEXT;
    if (field == NULL || (!text && field->kind != CATALOGUE_REF)) {
        catalogue_cell_unknown(t, row, FO_FIELD, "fields.csv",
                               "Loại này không có trường kiểu ref hay text mang tên đó",
                               "The type has no field of kind ref or text with this name");
        return;
    }
    const struct catalogue_type *to = text ? NULL : catalogue_type_by_name(c, field->list);
    bool own = (text || (to != NULL && to->scope == CATALOGUE_SCOPE_OWN)) &&
               type->scope == CATALOGUE_SCOPE_OWN;
    if (!own)
        catalogue_cell_mistake(t, row, FO_TYPE, "Chỉ hồ sơ của đơn vị (own) mới đi theo nhau",
                               "Only records of units (own) go along with each other");
    else
        *out = (struct catalogue_follow){
            .type = type->no, .field = field->no, .to = text ? 0 : to->no};
}

static void follows_read(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"type", "field"};
    struct catalogue_table t;
    catalogue_table_read(ps, "follows.csv", columns, FO_COLUMNS, false, &t);
    struct catalogue_follow *v = catalogue_alloc(ps, t.row_count, sizeof *v);
    if (v == NULL) return;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        follow_read(&t, i, &v[i]);
        for (size_t j = 0; j < i; j++)
            if (v[i].type != 0 && v[j].type == v[i].type && v[j].field == v[i].field)
                catalogue_cell_mistake(&t, i, FO_FIELD, "Trường này đã ghi ở dòng khác",
                                       "The field stands in another row already");
    }
    ps->c->follows = v;
    ps->c->follow_count = t.row_count;
}

enum { EV_TYPE, EV_FIELD, EV_COLUMNS };

static void event_read(const struct catalogue_table *t, size_t row, struct catalogue_event *out)
{
    const struct catalogue_type *type =
        catalogue_type_by_name(t->ps->c, catalogue_cell(t, row, EV_TYPE));
    *out = (struct catalogue_event){.type = 0};
    if (type == NULL) {
        catalogue_cell_unknown(t, row, EV_TYPE, "types.csv", "types.csv không có loại hồ sơ này",
                               "types.csv has no such record type");
        return;
    }
    const struct catalogue_field *field =
        catalogue_field_by_name(type, catalogue_cell(t, row, EV_FIELD));
    if (field == NULL || field->kind != CATALOGUE_DATE)
        catalogue_cell_unknown(t, row, EV_FIELD, "fields.csv",
                               "Loại này không có trường kiểu date mang tên đó",
                               "The type has no field of kind date with this name");
    else
        *out = (struct catalogue_event){.type = type->no, .field = field->no};
}

static void events_read(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"type", "field"};
    struct catalogue_table t;
    catalogue_table_read(ps, "events.csv", columns, EV_COLUMNS, false, &t);
    struct catalogue_event *v = catalogue_alloc(ps, t.row_count, sizeof *v);
    if (v == NULL) return;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        event_read(&t, i, &v[i]);
        for (size_t j = 0; j < i; j++)
            if (v[i].type != 0 && v[j].type == v[i].type)
                catalogue_cell_mistake(&t, i, EV_TYPE, "Loại này đã có ngày sự kiện ở dòng khác",
                                       "The type has the day of its event in another row already");
    }
    ps->c->events = v;
    ps->c->event_count = t.row_count;
}

enum { DY_TYPE, DY_FIELD, DY_RULE, DY_COLUMNS };

static void day_read(const struct catalogue_table *t, size_t row, struct catalogue_day *out)
{
    static const char *const rules[] = {"past", "birth"};
    const struct catalogue_type *type =
        catalogue_type_by_name(t->ps->c, catalogue_cell(t, row, DY_TYPE));
    *out = (struct catalogue_day){.type = 0};
    if (type == NULL) {
        catalogue_cell_unknown(t, row, DY_TYPE, "types.csv", "types.csv không có loại hồ sơ này",
                               "types.csv has no such record type");
        return;
    }
    const struct catalogue_field *field =
        catalogue_field_by_name(type, catalogue_cell(t, row, DY_FIELD));
    if (field == NULL || (field->kind != CATALOGUE_DATE && field->kind != CATALOGUE_PDATE)) {
        catalogue_cell_unknown(t, row, DY_FIELD, "fields.csv",
                               "Loại này không có trường kiểu date hay pdate mang tên đó",
                               "The type has no field of kind date or pdate with this name");
        return;
    }
    bool birth = catalogue_cell_word(t, row, DY_RULE, rules, 2) == 1;
    *out = (struct catalogue_day){type->no, field->no,
                                  birth ? CATALOGUE_DAY_BIRTH : CATALOGUE_DAY_PAST};
}

static void days_read(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"type", "field", "rule"};
    struct catalogue_table t;
    catalogue_table_read(ps, "days.csv", columns, DY_COLUMNS, false, &t);
    struct catalogue_day *v = catalogue_alloc(ps, t.row_count, sizeof *v);
    if (v == NULL) return;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        day_read(&t, i, &v[i]);
        for (size_t j = 0; j < i; j++)
            if (v[i].type != 0 && v[j].type == v[i].type && v[j].field == v[i].field)
                catalogue_cell_mistake(&t, i, DY_FIELD, "Trường này đã có ở dòng khác",
                                       "The field stands in another row already");
    }
    ps->c->days = v;
    ps->c->day_count = t.row_count;
}

enum { SU_ON, SU_OLD, SU_NEW, SU_KIND, SU_ASSUMPTION, SU_SOURCE, SU_COLUMNS };

static void successor_units(const struct catalogue_table *t, size_t row,
                            const struct catalogue_successor *s)
{
    struct date before;
    if (date_add_days(s->on, -1, &before) != ERR_OK) return;
    if (catalogue_unit_at(t->ps->c, s->old_code, before) == NULL)
        catalogue_cell_unknown(t, row, SU_OLD, "units.csv",
                               "units.csv không có đơn vị này vào hôm trước",
                               "units.csv does not have this unit on the day before");
    if (catalogue_unit_at(t->ps->c, s->new_code, s->on) == NULL)
        catalogue_cell_unknown(t, row, SU_NEW, "units.csv",
                               "units.csv không có đơn vị này vào ngày đó",
                               "units.csv does not have this unit on that day");
}

static void successor_read(const struct catalogue_table *t, size_t row,
                           struct catalogue_successor *s)
{
    static const char *const kinds[] = {"full", "part"};
    if (!catalogue_is_day(catalogue_cell(t, row, SU_ON), &s->on)) {
        catalogue_cell_mistake(t, row, SU_ON, "Không phải ngày (YYYY-MM-DD)",
                               "Not a date (YYYY-MM-DD)");
        s->on = (struct date){1900, 1, 2};
    }
    s->old_code = catalogue_cell_needed(t, row, SU_OLD);
    s->new_code = catalogue_cell_needed(t, row, SU_NEW);
    s->part = catalogue_cell_word(t, row, SU_KIND, kinds, 2) == 1;
    s->assumption = catalogue_cell_flag(t, row, SU_ASSUMPTION);
    s->source = catalogue_cell_needed(t, row, SU_SOURCE);
    successor_units(t, row, s);
}

/*
 * One whole successor, or at least two parts. On one day no unit takes records in and gives all of its
 * own away: which is which could not be told when a move was cut in the middle.
 */
static void successors_check(const struct catalogue_table *t, const struct catalogue_successor *v,
                             size_t count)
{
    for (size_t i = 0; i < count && catalogue_more(t->ps); i++) {
        for (size_t j = 0; j < count; j++) {
            if (i == j || date_compare(v[i].on, v[j].on) != 0) continue;
            bool same = strcmp(v[i].old_code, v[j].old_code) == 0;
            if (j < i && same && (!v[i].part || !v[j].part))
                catalogue_cell_mistake(t, i, SU_OLD,
                                       "Đơn vị có nhiều nơi tiếp nhận thì mọi dòng phải là part",
                                       "A unit with several successors has only rows of kind part");
            bool stays = strcmp(v[j].old_code, v[j].new_code) == 0;
            if (!stays && strcmp(v[i].new_code, v[j].old_code) == 0 &&
                strcmp(v[i].old_code, v[i].new_code) != 0)
                catalogue_cell_mistake(t, i, SU_NEW, "Cùng ngày đơn vị này lại chuyển đi nơi khác",
                                       "On the same day this unit moves elsewhere");
        }
    }
}

static void successors_read(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"effective_from", "old",        "new",
                                          "kind",           "assumption", "source"};
    struct catalogue_table t;
    catalogue_table_read(ps, "successors.csv", columns, SU_COLUMNS, false, &t);
    struct catalogue_successor *v = catalogue_alloc(ps, t.row_count, sizeof *v);
    if (v == NULL) return;
    for (size_t i = 0; i < t.row_count; i++)
        successor_read(&t, i, &v[i]);
    successors_check(&t, v, t.row_count);
    ps->c->successors = v;
    ps->c->successor_count = t.row_count;
}

void catalogue_parse_moves(struct catalogue_parser *ps)
{
    follows_read(ps);
    if (!ps->nomem) successors_read(ps);
    if (!ps->nomem) events_read(ps);
    if (!ps->nomem) days_read(ps);
}
