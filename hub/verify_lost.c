/* Which contributions to an issue's figures can no longer be made again. */
#include "hub/inputs.h"
#include "hub/store_erase.h"
#include "hub/verify.h"

#include <stdlib.h>

struct lost_job {
    struct hub_store *store;
    const struct hub_issue *issue;
    struct hub_inputs inputs;
    struct hub_contribution *sets; /* one for each of inputs.sets */
    size_t lost;                   /* of them */
    hub_lost_fn *row;
    void *ctx;
};

static enum err lost_look(struct lost_job *j)
{
    enum err e = ERR_OK;
    j->sets = calloc(j->inputs.set_count > 0 ? j->inputs.set_count : 1, sizeof *j->sets);
    if (j->sets == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < j->inputs.count; i++) {
        const struct hub_input *in = &j->inputs.v[i];
        for (size_t k = 0; e == ERR_OK && k < in->count; k++) {
            const struct hub_input_set *set = &j->inputs.sets[in->first + k];
            struct hub_contribution *c = &j->sets[in->first + k];
            e = hub_store_contribution(j->store, &in->rid, set->position, &set->hash,
                                       j->issue->cut.position, c);
            j->lost += c->lost;
        }
    }
    return e;
}

static enum err lost_cell(void *ctx, const struct hub_issue_cell *cell)
{
    struct lost_job *j = ctx;
    enum err e = ERR_OK;
    for (size_t i = 0; i < cell->inputs.len / ID_RECORD_BYTES; i++) {
        struct id_record rid;
        memcpy(rid.b, cell->inputs.p + i * ID_RECORD_BYTES, sizeof rid.b);
        const struct hub_input *in = hub_inputs_find(&j->inputs, &rid);
        for (size_t k = 0; in != NULL && e == ERR_OK && k < in->count; k++) {
            const struct hub_contribution *c = &j->sets[in->first + k];
            if (!c->lost) continue;
            struct hub_lost v = {cell, rid, &j->inputs.sets[in->first + k], c->order};
            e = j->row(j->ctx, &v);
        }
    }
    return e;
}

enum err hub_verify_lost(struct hub_store *s, const struct hub_issue *issue, hub_lost_fn *row,
                         void *ctx)
{
    struct lost_job j = {.store = s, .issue = issue, .row = row, .ctx = ctx};
    enum err e = hub_inputs_load(s, issue->id, &j.inputs);
    if (e == ERR_OK) e = lost_look(&j);
    if (e == ERR_OK && j.lost > 0) e = hub_issues_cells(s, issue->id, NULL, lost_cell, &j);
    free(j.sets);
    hub_inputs_free(&j.inputs);
    return e;
}
