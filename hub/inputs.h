/*
 * The inputs of a report: the records behind its figures and the change sets behind those records,
 * as a closing keeps and signs them. SPEC 16. A commune's part of them is its section.
 *
 * Ownership: hub_inputs_free() releases.   Threads: loop thread.   Units: log positions.
 * Limits:    PROOF_*; about 100 bytes a record in memory.
 */
#ifndef DONGBO_HUB_INPUTS_H
#define DONGBO_HUB_INPUTS_H

#include "hub/basis.h"
#include "proto/proof.h"

struct hub_input_set {
    struct id_hash hash;
    uint64_t position;
};

struct hub_input {
    struct id_record rid;
    size_t first; /* of its sets */
    size_t count;
};

struct hub_inputs {
    struct hub_input *v; /* by record id */
    size_t count;
    size_t room;
    struct hub_input_set *sets; /* of each record by hash */
    size_t set_count;
    size_t set_room;
};

/* What a report's cells are made of, now. ERR_TOO_LARGE, ERR_NOMEM and the store's errors. */
MUST_CHECK enum err hub_inputs_collect(struct hub_store *s, const struct hub_report *r,
                                       struct hub_inputs *out);
/* Add record ids (16 bytes each) without sets, then bring all into order. */
MUST_CHECK enum err hub_inputs_add(struct hub_inputs *inputs, struct bytes ids);
void hub_inputs_sort(struct hub_inputs *inputs);
/* What an issue kept. Empty for one that was closed before SPEC 16. */
MUST_CHECK enum err hub_inputs_load(struct hub_store *s, int64_t issue, struct hub_inputs *out);
MUST_CHECK enum err hub_inputs_store(struct hub_store *s, int64_t issue,
                                     const struct hub_inputs *inputs);
void hub_inputs_free(struct hub_inputs *inputs); /* a zeroed one is fine */

/* NULL: it is not among them. */
const struct hub_input *hub_inputs_find(const struct hub_inputs *inputs,
                                        const struct id_record *rid);

/* The cells of one column of a report as an issue keeps them. */
MUST_CHECK enum err hub_inputs_cells(const struct hub_report *r, size_t column,
                                     hub_issue_cell_fn *row, void *ctx);

/* Digest of all sections (SPEC 16.2) of a report with its inputs, and of what it was read from (16.5; NULL or
 * no type at all: that was not kept). */
MUST_CHECK enum err hub_inputs_digest(const struct hub_report *r, const struct hub_inputs *inputs,
                                      const struct hub_basis *reads, struct id_hash *out);
/* The same of what an issue kept. ERR_DAMAGED: its parts do not fit each other. */
MUST_CHECK enum err hub_inputs_kept(struct hub_store *s, const struct hub_issue *issue,
                                    struct id_hash *out);

/*
 * A unit's proof file, out of what the issue kept.
 * ERR_NOT_FOUND   the issue has no such unit;  ERR_NOT_READY: it was closed before SPEC 16
 * ERR_DAMAGED     what the store holds is not what the close set states
 */
MUST_CHECK enum err hub_inputs_proof(struct hub_store *s, const struct hub_issue *issue,
                                     const char *unit, struct buf *out);

#endif
