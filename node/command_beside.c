/* What stands beside a report: targets of its figures, and whom its text names. docs/workflow.md. */
#include "node/command_priv.h"

#include "proto/figures.h"
#include "common/target.h"
#include "node/figures.h"
#include "node/flow.h"

#include <string.h>

/* ---- targets ---- */

struct beside {
    const struct catalogue *catalogue;
    struct bytes now;
    json_t *figures;
};

static const char *beside_met(const char *indicator, const struct catalogue *c,
                              const struct sheet_row *row, const struct node_target *t)
{
    static const char *const words[] = {[TARGET_NO] = "no",
                                        [TARGET_YES] = "yes",
                                        [TARGET_NULL] = "null",
                                        [TARGET_UNCLEAR] = "unclear"};
    const struct catalogue_indicator *in = catalogue_indicator(c, indicator);
    struct target text = {t->op, t->value, t->value_hi, t->base_value};
    return words[target_meets(figures_is_ratio(in->measure), row->num, row->den, &text)];
}

/* Beside every line of its indicator, once: the first target of the order stays. */
static enum err beside_target(void *ctx, const struct node_target *t)
{
    struct beside *b = ctx;
    const struct catalogue_indicator *in = catalogue_indicator(b->catalogue, t->indicator);
    for (size_t i = 0; in != NULL && i < json_array_size(b->figures); i++) {
        json_t *f = json_array_get(b->figures, i);
        const char *of = json_string_value(json_object_get(f, "indicator"));
        unsigned line = (unsigned)json_integer_value(json_object_get(f, "line"));
        struct sheet_row row;
        if (of == NULL || strcmp(of, t->indicator) != 0 ||
            !json_is_true(json_object_get(f, "total")) || json_object_get(f, "target") != NULL)
            continue;
        bool has = sheet_find(b->now, line, true, bytes_str(""), &row) == ERR_OK;
        json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:b, s:s}", "op", t->op, "value", t->value,
                              "high", t->value_hi, "base", t->base_value, "ratio",
                              (int)figures_is_ratio(in->measure), "met",
                              has ? beside_met(t->indicator, b->catalogue, &row, t) : "unclear");
        if (j == NULL || json_object_set_new(f, "target", j) != 0) return ERR_NOMEM;
    }
    return ERR_OK;
}

enum err node_report_targets(struct node_command *c, const struct node_flow *f, struct bytes now,
                             json_t *figures)
{
    char label[PERIOD_LABEL_ROOM];
    const struct due_slot *slot = &f->row.slot;
    struct beside b = {node_store_catalogue(c->store, NULL), now, figures};
    int year = slot->period.kind == PERIOD_ADHOC ? slot->window.last.year : slot->period.year;
    period_print(slot->period, label);
    return node_flow_targets(c->store, f->unit, year, label, beside_target, &b);
}

/* ---- names ---- */

json_t *node_report_names(struct node_command *c, const json_t *narrative)
{
    struct named named = {.count = 0};
    enum err e = ERR_OK;
    const char *key = NULL;
    json_t *v = NULL, *rows = json_array();
    json_object_foreach((json_t *)(uintptr_t)narrative, key, v)
    {
        struct bytes text = bytes_make(json_string_value(v), json_string_length(v));
        if (e == ERR_OK) e = node_flow_named(c->store, text, &named);
    }
    for (size_t i = 0; i < named.count && i < NAMED_MAX; i++) {
        char hex[2 * ID_RECORD_BYTES + 1];
        id_hex(BYTES_OF(named.rid[i].b), hex);
        json_array_append_new(rows, node_search_about(c, hex));
    }
    /* What cannot be looked for is not said to be clean. */
    return e == ERR_OK ? json_pack("{s:I, s:o}", "count", (json_int_t)named.count, "rows", rows)
                       : (json_decref(rows), json_null());
}
