/* triggers.csv: what calls for an ad-hoc report. */
#include "common/catalogue.h"
#include "common/catalogue_impl.h"

enum {
    TR_RULE,
    TR_INDICATOR,
    TR_WHAT,
    TR_LEAST,
    TR_PERCENT_OF,
    TR_DAYS,
    TR_LABEL_VI,
    TR_LABEL_EN,
    TR_SOURCE,
    TR_NEEDED, /* catalogues of before have no more */
    TR_TYPE = TR_NEEDED,
    TR_RECORDS,
    TR_COLUMNS
};

enum { TRIGGER_RULE_MAX = 99, TRIGGER_DAYS_MAX = 366 };

static bool trigger_param(const struct catalogue *c, const char *name)
{
    size_t n = 0;
    const struct catalogue_param *params = catalogue_params(c, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(params[i].name, name) == 0) return true;
    return false;
}

static bool trigger_ratio(const struct catalogue_indicator *in)
{
    return in->measure == CATALOGUE_RATIO || in->measure == CATALOGUE_RATIO_SUM;
}

static void trigger_check(const struct catalogue_table *t, size_t row,
                          const struct catalogue_trigger *g)
{
    const struct catalogue *c = t->ps->c;
    const struct catalogue_indicator *in = catalogue_indicator(c, g->indicator);
    bool figure = g->what < CATALOGUE_TRIGGER_RECORDS;
    if (!figure && (g->indicator[0] != '\0' || g->percent_of[0] != '\0'))
        catalogue_cell_mistake(t, row, TR_INDICATOR, "records và late không có chỉ tiêu",
                               "records and late have no indicator");
    if ((g->what == CATALOGUE_TRIGGER_RECORDS) != (g->type != NULL && g->records[0] != '\0'))
        catalogue_cell_unknown(t, row, TR_TYPE, "types.csv",
                               "records cần type và records, và chỉ nó",
                               "records needs type and records, and nothing else does");
    if (!figure) {
        /* no figure to look at */
    } else if (in == NULL)
        catalogue_cell_unknown(t, row, TR_INDICATOR, "indicators.csv",
                               "indicators.csv không có chỉ tiêu này",
                               "indicators.csv has no such indicator");
    else if (g->what != CATALOGUE_TRIGGER_NUM && !trigger_ratio(in))
        catalogue_cell_mistake(t, row, TR_WHAT, "Chỉ tiêu này không có mẫu số",
                               "This indicator has no denominator");
    if (g->least[0] != '\0' && !trigger_param(c, g->least))
        catalogue_cell_unknown(t, row, TR_LEAST, "params.csv", "params.csv không có tham số này",
                               "params.csv has no such parameter");
    if (g->percent_of[0] != '\0' && catalogue_indicator(c, g->percent_of) == NULL)
        catalogue_cell_unknown(t, row, TR_PERCENT_OF, "indicators.csv",
                               "indicators.csv không có chỉ tiêu này",
                               "indicators.csv has no such indicator");
}

void catalogue_parse_triggers(struct catalogue_parser *ps)
{
    static const char *const columns[] = {"rule",       "indicator", "what",     "least",
                                          "percent_of", "days",      "label_vi", "label_en",
                                          "source",     "type",      "records"};
    static const char *const what[] = {"num", "den", "rate", "records", "late"};
    struct catalogue_table t;
    catalogue_table_read_some(ps, "triggers.csv", columns, TR_COLUMNS, TR_NEEDED, false, &t);
    struct catalogue_trigger *triggers = catalogue_alloc(ps, t.row_count, sizeof *triggers);
    if (triggers == NULL) return;
    ps->c->triggers = triggers;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++) {
        struct catalogue_trigger *g = &triggers[i];
        g->rule = catalogue_cell_number(&t, i, TR_RULE, 1, TRIGGER_RULE_MAX);
        g->indicator = catalogue_cell(&t, i, TR_INDICATOR);
        g->what = (enum catalogue_trigger_what)catalogue_cell_word(&t, i, TR_WHAT, what, 5);
        g->least = catalogue_cell(&t, i, TR_LEAST);
        g->percent_of = catalogue_cell(&t, i, TR_PERCENT_OF);
        g->days = catalogue_cell_number(&t, i, TR_DAYS, 1, TRIGGER_DAYS_MAX);
        g->type = catalogue_type_by_name(ps->c, catalogue_cell(&t, i, TR_TYPE));
        g->records = catalogue_cell(&t, i, TR_RECORDS);
        g->label_vi = catalogue_cell_needed(&t, i, TR_LABEL_VI);
        g->label_en = catalogue_cell_needed(&t, i, TR_LABEL_EN);
        trigger_check(&t, i, g);
        ps->c->trigger_count = i + 1;
    }
}

const struct catalogue_trigger *catalogue_triggers(const struct catalogue *c, size_t *count)
{
    *count = c->trigger_count;
    return c->triggers;
}
