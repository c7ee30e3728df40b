/*
 * What the figures of a report were read from: the record types that the SQL of its indicators names, and
 * which records of them there were. A closing keeps it beside its inputs (SPEC 16.5). An indicator says
 * which records it counts, not which others it looked at; when one of those is erased, this says which
 * figures can differ for that.
 *
 * Ownership: hub_basis_free() releases.   Threads: loop thread.
 * Limits:    PROOF_READS_MAX; PROOF_READ_BYTES a record in memory and in the database.
 */
#ifndef DONGBO_HUB_BASIS_H
#define DONGBO_HUB_BASIS_H

#include "hub/report.h"
#include "hub/store_issues.h"

struct hub_basis_type {
    char type[CATALOGUE_NAME_BYTES_MAX + 1];
    struct buf ids; /* beginnings of the records' ids, ascending */
};

struct hub_basis {
    struct hub_basis_type *v; /* by name of the type */
    size_t count;
    bool
        *line; /* line_count times count: does the line's SQL read this type? NULL: not collected */
    size_t line_count;
};

/* What the lines of a report read, now. ERR_TOO_LARGE, ERR_NOMEM and the store's errors. */
MUST_CHECK enum err hub_basis_collect(struct hub_store *s, const struct hub_report *r,
                                      struct hub_basis *out);
/* What an issue kept; none for one that was closed before this was. */
MUST_CHECK enum err hub_basis_load(struct hub_store *s, int64_t issue, struct hub_basis *out);
MUST_CHECK enum err hub_basis_store(struct hub_store *s, int64_t issue,
                                    const struct hub_basis *reads);
void hub_basis_free(struct hub_basis *reads); /* a zeroed one is fine */

/* Their leaf (SPEC 16.5). */
void hub_basis_leaf(const struct hub_basis *reads, struct id_hash *out);

/* NULL: the type is not among them. */
const struct hub_basis_type *hub_basis_find(const struct hub_basis *reads, const char *type);
/* Does the list of a type have this record? */
bool hub_basis_has(const struct hub_basis_type *read, const struct id_record *rid);

#endif
