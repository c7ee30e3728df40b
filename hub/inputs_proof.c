/* What an issue kept of its inputs, as its close set has it; a unit's proof of it. SPEC 16. */
#include "hub/inputs_priv.h"

#include <stdio.h>
#include <stdlib.h>

struct inputs_units { /* the communes of an issue; the column of all together is none */
    const struct hub_issue *issue;
    bool whole; /* it is of the hub's own unit */
    char (*v)[ADMIN_UNIT_BYTES_MAX + 1];
    size_t count;
};

static enum err units_cell(void *ctx, const struct hub_issue_cell *cell)
{
    struct inputs_units *u = ctx;
    size_t at = 0;
    for (; at < u->count; at++) {
        int c = strcmp(u->v[at], cell->unit);
        if (c == 0) return ERR_OK;
        if (c > 0) break;
    }
    if (u->count == HUB_REPORT_UNITS_MAX + 1) return ERR_DAMAGED;
    memmove(u->v[at + 1], u->v[at], (u->count - at) * sizeof *u->v);
    snprintf(u->v[at], sizeof *u->v, "%s", cell->unit);
    u->count++;
    return ERR_OK;
}

/* An issue of one commune has that commune's column alone, under the issue's own unit. */
static bool units_is(const struct inputs_units *u, size_t i)
{
    return !u->whole || strcmp(u->v[i], u->issue->unit) != 0;
}

static enum err proof_reads(struct hub_store *s, int64_t issue, struct buf *leaves)
{
    struct hub_basis reads = {.count = 0};
    enum err e = hub_basis_load(s, issue, &reads);
    if (e == ERR_OK) hub_inputs_reads_leaf(&reads, leaves);
    hub_basis_free(&reads);
    return e;
}

/* All leaves, and the section of one unit. */
static enum err proof_parts(struct hub_store *s, const struct inputs_units *units, const char *unit,
                            struct buf *leaves, struct buf *section)
{
    struct hub_inputs all = {.count = 0};
    struct buf one;
    bool found = false;
    buf_init(&one, PROOF_BYTES_MAX);
    enum err e = proof_reads(s, units->issue->id, leaves);
    if (e == ERR_OK) e = hub_inputs_load(s, units->issue->id, &all);
    for (size_t i = 0; e == ERR_OK && i < units->count; i++) {
        struct id_hash leaf;
        if (!units_is(units, i)) continue;
        buf_clear(&one);
        e = hub_inputs_section(s, units->issue->id, &all, units->v[i], &one);
        if (e != ERR_OK) break;
        proof_leaf(buf_bytes(&one), &leaf);
        proof_leaves_add(leaves, bytes_str(units->v[i]), &leaf);
        if (strcmp(units->v[i], unit) != 0) continue;
        found = true;
        buf_add_bytes(section, buf_bytes(&one));
    }
    hub_inputs_free(&all);
    buf_free(&one);
    if (e != ERR_OK) return e;
    return !found ? ERR_NOT_FOUND : leaves->e != ERR_OK ? leaves->e : section->e;
}

static enum err proof_units(struct hub_store *s, struct inputs_units *units)
{
    units->v = calloc(HUB_REPORT_UNITS_MAX + 2, sizeof *units->v);
    if (units->v == NULL) return ERR_NOMEM;
    struct hub_identity id;
    enum err e = hub_store_identity(s, &id);
    if (e != ERR_OK) return e;
    units->whole = strcmp(id.unit, units->issue->unit) == 0;
    return hub_issues_cells(s, units->issue->id, NULL, units_cell, units);
}

enum err hub_inputs_kept(struct hub_store *s, const struct hub_issue *issue, struct id_hash *out)
{
    struct inputs_units units = {.issue = issue};
    struct buf leaves, section;
    buf_init(&leaves, PROOF_BYTES_MAX);
    buf_init(&section, PROOF_BYTES_MAX);
    enum err e = proof_units(s, &units);
    if (e == ERR_OK) e = proof_parts(s, &units, "", &leaves, &section);
    if (e == ERR_NOT_FOUND) e = leaves.e; /* "" is no unit's code */
    if (e == ERR_OK) proof_root(buf_bytes(&leaves), out);
    buf_free(&leaves);
    buf_free(&section);
    free(units.v);
    return e;
}

static enum err proof_json(void *ctx, const struct hub_issue_file *file)
{
    struct buf *out = ctx;
    if (file->kind == HUB_ISSUE_JSON) buf_add_bytes(out, file->data);
    return out->e;
}

enum { PROOF_BUFS = 6 };

static enum err proof_fill(struct hub_store *s, const struct hub_issue *issue, const char *unit,
                           struct buf b[static PROOF_BUFS])
{
    struct inputs_units units = {.issue = issue};
    enum err e = proof_units(s, &units);
    if (e == ERR_OK) e = proof_parts(s, &units, unit, &b[4], &b[5]);
    if (e == ERR_OK) e = hub_issues_close_set(s, issue, &b[0], &b[1], &b[2]);
    if (e == ERR_OK) e = hub_issues_files(s, issue->id, proof_json, &b[3]);
    free(units.v);
    return e;
}

enum err hub_inputs_proof(struct hub_store *s, const struct hub_issue *issue, const char *unit,
                          struct buf *out)
{
    struct buf b[PROOF_BUFS];
    struct hub_identity id;
    struct hub_issue_logged logged;
    struct proof_checked checked;
    for (size_t i = 0; i < PROOF_BUFS; i++)
        buf_init(&b[i], PROOF_BYTES_MAX);
    enum err e = hub_store_identity(s, &id);
    if (e == ERR_OK) e = hub_issues_logged(s, issue, &logged);
    if (e == ERR_NOT_FOUND) e = ERR_DAMAGED;
    if (e == ERR_OK && !logged.has_inputs) e = ERR_NOT_READY;
    if (e == ERR_OK) e = proof_fill(s, issue, unit, b);
    if (e == ERR_OK) {
        struct proof p = {
            .card = bytes_make(id.card, id.card_len),
            .head = buf_bytes(&b[0]),
            .body = buf_bytes(&b[1]),
            .signature = buf_bytes(&b[2]),
            .figures = buf_bytes(&b[3]),
            .leaves = buf_bytes(&b[4]),
            .section = buf_bytes(&b[5]),
        };
        e = proof_check(&p, &id.hub, &checked);
        if (e == ERR_BAD_HASH || e == ERR_BAD_FORMAT) e = ERR_DAMAGED;
        if (e == ERR_OK) proof_write(&p, out);
        if (e == ERR_OK) e = out->e;
    }
    for (size_t i = 0; i < PROOF_BUFS; i++)
        buf_free(&b[i]);
    return e;
}
