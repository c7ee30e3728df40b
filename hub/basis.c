#include "hub/basis.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- gathering ---- */

struct basis_job {
    const struct catalogue_type *types;
    size_t type_count;
    bool *read; /* line_count times type_count */
    size_t line;
    size_t total; /* records */
    struct buf *ids;
};

static void basis_type(void *ctx, const struct catalogue_type *type)
{
    struct basis_job *job = ctx;
    job->read[job->line * job->type_count + (size_t)(type - job->types)] = true;
}

static enum err basis_id(void *ctx, const struct id_record *rid)
{
    struct basis_job *job = ctx;
    if (++job->total > PROOF_READS_MAX) return ERR_TOO_LARGE;
    buf_add(job->ids, rid->b, PROOF_READ_BYTES);
    return job->ids->e;
}

static int basis_compare(const void *a, const void *b)
{
    const struct hub_basis_type *x = a, *y = b;
    return strcmp(x->type, y->type);
}

static enum err basis_add(struct hub_basis *reads, const char *type)
{
    struct hub_basis_type *more = realloc(reads->v, (reads->count + 1) * sizeof *more);
    if (more == NULL) return ERR_NOMEM;
    reads->v = more;
    struct hub_basis_type *v = &more[reads->count++];
    snprintf(v->type, sizeof v->type, "%s", type);
    buf_init(&v->ids, (size_t)PROOF_READS_MAX * PROOF_READ_BYTES);
    return ERR_OK;
}

static bool basis_any(const struct basis_job *job, size_t lines, size_t type)
{
    for (size_t i = 0; i < lines; i++)
        if (job->read[i * job->type_count + type]) return true;
    return false;
}

/* The types that any line reads, and which line reads which. */
static enum err basis_matrix(const struct basis_job *job, struct hub_basis *out)
{
    enum err e = ERR_OK;
    for (size_t t = 0; e == ERR_OK && t < job->type_count; t++)
        if (basis_any(job, out->line_count, t)) e = basis_add(out, job->types[t].name);
    if (e != ERR_OK) return e;
    if (out->count > 1) qsort(out->v, out->count, sizeof *out->v, basis_compare);
    out->line = calloc(out->line_count * out->count + 1, sizeof *out->line);
    if (out->line == NULL) return ERR_NOMEM;
    for (size_t t = 0; t < job->type_count; t++) {
        const struct hub_basis_type *v = hub_basis_find(out, job->types[t].name);
        for (size_t i = 0; v != NULL && i < out->line_count; i++)
            out->line[i * out->count + (size_t)(v - out->v)] = job->read[i * job->type_count + t];
    }
    return ERR_OK;
}

static enum err basis_ids(struct hub_store *s, const struct hub_report *r, struct basis_job *job,
                          struct hub_basis *out)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < out->count; i++) {
        job->ids = &out->v[i].ids;
        e = hub_reports_ids(s, catalogue_type_by_name(r->catalogue, out->v[i].type), basis_id, job);
    }
    return e;
}

enum err hub_basis_collect(struct hub_store *s, const struct hub_report *r, struct hub_basis *out)
{
    struct hub_basis reads = {.line_count = r->line_count};
    struct basis_job job = {.line = 0};
    enum err e = ERR_OK;
    job.types = catalogue_types(r->catalogue, &job.type_count);
    job.read = calloc(r->line_count * job.type_count + 1, sizeof *job.read);
    if (job.read == NULL) return ERR_NOMEM;
    for (; e == ERR_OK && job.line < r->line_count; job.line++)
        e = hub_reports_types(s, r->lines[job.line].indicator, basis_type, &job);
    if (e == ERR_OK) e = basis_matrix(&job, &reads);
    if (e == ERR_OK) e = basis_ids(s, r, &job, &reads);
    free(job.read);
    if (e == ERR_OK) {
        *out = reads;
    } else {
        hub_basis_free(&reads);
    }
    return e;
}

void hub_basis_free(struct hub_basis *reads)
{
    for (size_t i = 0; i < reads->count; i++)
        buf_free(&reads->v[i].ids);
    free(reads->v);
    free(reads->line);
    *reads = (struct hub_basis){.count = 0};
}

/* ---- keeping ---- */

enum err hub_basis_store(struct hub_store *s, int64_t issue, const struct hub_basis *reads)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < reads->count; i++) {
        struct hub_issue_read v = {reads->v[i].type, buf_bytes(&reads->v[i].ids)};
        e = hub_issues_add_read(s, issue, &v);
    }
    return e;
}

static enum err basis_row(void *ctx, const struct hub_issue_read *row)
{
    struct hub_basis *reads = ctx;
    enum err e = basis_add(reads, row->type);
    if (e != ERR_OK) return e;
    struct hub_basis_type *v = &reads->v[reads->count - 1];
    buf_add_bytes(&v->ids, row->ids);
    return v->ids.e;
}

enum err hub_basis_load(struct hub_store *s, int64_t issue, struct hub_basis *out)
{
    struct hub_basis reads = {.count = 0};
    enum err e = hub_issues_reads(s, issue, basis_row, &reads);
    if (e == ERR_OK) {
        *out = reads;
    } else {
        hub_basis_free(&reads);
    }
    return e;
}

/* ---- reading ---- */

void hub_basis_leaf(const struct hub_basis *reads, struct id_hash *out)
{
    static const uint8_t nothing[1];
    uint8_t tag[PROOF_TAG_BYTES] = PROOF_READS_TAG, number[4];
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, sizeof out->b);
    crypto_generichash_update(&st, tag, sizeof tag);
    le32_store(number, (uint32_t)reads->count);
    crypto_generichash_update(&st, number, sizeof number);
    for (size_t i = 0; i < reads->count; i++) {
        const struct hub_basis_type *v = &reads->v[i];
        uint8_t len[2];
        le16_store(len, (uint16_t)strlen(v->type));
        le32_store(number, (uint32_t)(v->ids.len / PROOF_READ_BYTES));
        crypto_generichash_update(&st, len, sizeof len);
        crypto_generichash_update(&st, (const uint8_t *)v->type, strlen(v->type));
        crypto_generichash_update(&st, number, sizeof number);
        crypto_generichash_update(&st, v->ids.len > 0 ? v->ids.p : nothing, v->ids.len);
    }
    crypto_generichash_final(&st, out->b, sizeof out->b);
}

const struct hub_basis_type *hub_basis_find(const struct hub_basis *reads, const char *type)
{
    struct hub_basis_type key;
    int n = snprintf(key.type, sizeof key.type, "%s", type);
    if (reads->count == 0 || n < 0 || (size_t)n >= sizeof key.type) return NULL;
    return bsearch(&key, reads->v, reads->count, sizeof *reads->v, basis_compare);
}

static int basis_begins(const void *rid, const void *begin)
{
    return memcmp(rid, begin, PROOF_READ_BYTES);
}

bool hub_basis_has(const struct hub_basis_type *read, const struct id_record *rid)
{
    size_t n = read->ids.len / PROOF_READ_BYTES;
    return n > 0 && bsearch(rid->b, read->ids.p, n, PROOF_READ_BYTES, basis_begins) != NULL;
}
