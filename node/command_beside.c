/* What stands beside a report: targets of its figures, and whom its text names. docs/workflow.md. */
#include "node/command_priv.h"

#include "proto/figures.h"
#include "proto/submission.h"
#include "common/target.h"
#include "node/figures.h"
#include "node/flow.h"

#include <string.h>

/* ---- targets ---- */

struct beside {
    const struct catalogue *catalogue;
    const struct due_slot *slot;
    struct bytes now;
    json_t *figures;
};

/* What is said of it: "met", and "progress" where there is a share of a year's target to tell. */
static enum err beside_say(const struct beside *b, const struct catalogue_indicator *in,
                           const struct sheet_row *row, const struct node_target *t, json_t *j)
{
    static const char *const words[] = {[TARGET_NO] = "no",
                                        [TARGET_YES] = "yes",
                                        [TARGET_NULL] = "null",
                                        [TARGET_UNCLEAR] = "unclear"};
    struct target text = {t->op, t->value, t->value_hi, t->base_value};
    bool ratio = figures_is_ratio(in->measure);
    enum target_met met = target_meets(ratio, row->num, row->den, &text);
    char share[TARGET_PROGRESS_ROOM] = "";
    const char *word = words[met];
    if ((met == TARGET_NO || met == TARGET_YES) &&
        !target_judged(b->catalogue, t->period, b->slot->period, b->slot->window.last)) {
        word = "running";
        target_progress(b->slot->period, ratio, row->num, row->den, &text, share);
    }
    int no = json_object_set_new(j, "met", json_string(word));
    if (share[0] != '\0') no |= json_object_set_new(j, "progress", json_string(share));
    return no == 0 ? ERR_OK : ERR_NOMEM;
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
                              (int)figures_is_ratio(in->measure), "met", "unclear");
        if (j == NULL || json_object_set_new(f, "target", j) != 0) return ERR_NOMEM;
        enum err e = has ? beside_say(b, in, &row, t, j) : ERR_OK;
        if (e != ERR_OK) return e;
    }
    return ERR_OK;
}

enum err node_report_targets(struct node_command *c, const struct node_flow *f, struct bytes now,
                             json_t *figures)
{
    char label[PERIOD_LABEL_ROOM];
    const struct due_slot *slot = &f->row.slot;
    struct beside b = {node_store_catalogue(c->store, NULL), slot, now, figures};
    int year = slot->period.kind == PERIOD_ADHOC ? slot->window.last.year : slot->period.year;
    period_print(slot->period, label);
    return node_flow_targets(c->store, f->unit, year, label, beside_target, &b);
}

/* ---- names ---- */

json_t *node_report_names(struct node_command *c, const json_t *narrative)
{
    struct named named = {.count = 0};
    struct named_text texts[SUBMISSION_TEXTS + 1]; /* and the note */
    size_t count = 0;
    const char *key = NULL;
    json_t *v = NULL, *rows = json_array();
    json_object_foreach((json_t *)(uintptr_t)narrative, key, v)
    {
        if (count < sizeof texts / sizeof texts[0])
            texts[count++].text = bytes_make(json_string_value(v), json_string_length(v));
    }
    enum err e = node_flow_named(c->store, texts, count, &named);
    for (size_t i = 0; i < named.count && i < NAMED_MAX; i++) {
        char hex[2 * ID_RECORD_BYTES + 1];
        id_hex(BYTES_OF(named.rid[i].b), hex);
        json_array_append_new(rows, node_search_about(c, hex));
    }
    /* What cannot be looked for is not said to be clean. */
    return e == ERR_OK ? json_pack("{s:I, s:o}", "count", (json_int_t)named.count, "rows", rows)
                       : (json_decref(rows), json_null());
}
