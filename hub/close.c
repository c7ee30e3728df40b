#include "hub/close.h"
#include "hub/adx.h"
#include "hub/canonical.h"
#include "hub/dhis2.h"
#include "hub/docx.h"
#include "hub/inputs.h"
#include "hub/manifest.h"
#include "hub/own.h"
#include "hub/store_repair.h"
#include "hub/paper.h"
#include "hub/pdf.h"
#include "hub/small_papers.h"
#include "hub/store_flow.h"
#include "hub/xlsx.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

struct close_file {
    char name[HUB_ISSUE_NAME_ROOM];
    struct buf data;
    struct buf minisig;
    uint8_t hash[MINISIGN_HASH_BYTES];
};

struct hub_close_job {
    struct hub_store *store; /* that it is read from, then the one it goes to */
    struct hub_close_request request;
    struct hub_report *report;
    struct hub_inputs inputs;
    struct hub_basis reads;
    struct id_hash inputs_digest;
    struct hub_issue issue;
    struct close_file files[HUB_ISSUE_KINDS]; /* without data: the issue has no such file */
    struct hub_report_why gaps[HUB_ISSUE_KINDS];
    uint32_t number;
    enum admin_close_mode mode;
    struct hub_supplement supplement; /* of == 0: it is none */
};

/* "BC_RP04_2023-6M_735_1.json" */
static void hub_close_name(const struct hub_issue *issue, enum hub_issue_kind kind,
                           char out[static HUB_ISSUE_NAME_ROOM])
{
    static const char *const ends[HUB_ISSUE_KINDS] = {"json",    "csv",        "xlsx",
                                                      "adx.xml", "dhis2.json", "registrations.json",
                                                      "pdf",     "docx",       "manifest.json"};
    assert(kind < HUB_ISSUE_KINDS);
    snprintf(out, HUB_ISSUE_NAME_ROOM, "BC_%s_%s_%s_%u.%s", issue->report, issue->period,
             issue->unit, (unsigned)issue->number, ends[kind]);
}

/* ---- refusing a closing ---- */

static enum err close_settled(struct hub_store *s, struct hub_report_why *why)
{
    enum err e = hub_store_settled(s);
    if (e != ERR_DENIED) return e;
    snprintf(why->vi, sizeof why->vi, "%s", hub_unsettled_vi);
    snprintf(why->en, sizeof why->en, "%s", hub_unsettled_en);
    return e;
}

/* ---- which issue ---- */

static enum err close_twice(struct hub_close_job *job, struct hub_report_why *why)
{
    struct hub_issue *old = &job->issue;
    const struct hub_report *r = job->report;
    char stamp[DATE_STAMP_ROOM] = "?";
    enum err e = hub_issues_find(job->store, r->form->id, r->unit, r->label, 0, old);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    if (date_stamp(old->closed_ms, stamp) != ERR_OK) snprintf(stamp, sizeof stamp, "?");
    snprintf(why->vi, sizeof why->vi, "Kỳ %s đã chốt: %s, lần phát hành %u, lúc %s", r->label,
             r->form->id, (unsigned)old->number, stamp);
    snprintf(why->en, sizeof why->en, "period %s is closed: %s, issue %u, at %s", r->label,
             r->form->id, (unsigned)old->number, stamp);
    return ERR_EXISTS;
}

/* Which issue this will be, and how it comes about. */
static enum err close_number(struct hub_close_job *job, struct hub_report_why *why)
{
    struct hub_closing c = {.number = 0};
    const struct hub_report *r = job->report;
    bool supplement = job->request.difference != NULL;
    enum err e = hub_flow_closing(job->store, r->unit, r->form->id, r->label, &c);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    bool closed = e == ERR_OK && !c.reopened;
    if (supplement && !closed) {
        snprintf(why->vi, sizeof why->vi, "Kỳ %s chưa chốt nên chưa có gì để bổ sung", r->label);
        snprintf(why->en, sizeof why->en, "period %s is not closed: nothing to add to", r->label);
        return ERR_NOT_READY;
    }
    if (closed && !supplement) return close_twice(job, why);
    job->number = c.number + 1;
    job->mode = supplement    ? ADMIN_CLOSE_SUPPLEMENT
                : e == ERR_OK ? ADMIN_CLOSE_AGAIN
                              : ADMIN_CLOSE_FIRST;
    return ERR_OK;
}

/* ---- what a supplement changes ---- */

static enum err close_before_file(void *ctx, const struct hub_issue_file *file)
{
    json_t **out = ctx;
    if (file->kind == HUB_ISSUE_JSON)
        *out = json_loadb((const char *)file->data.p, file->data.len, 0, NULL);
    return ERR_OK;
}

enum err hub_close_figures(struct hub_store *s, const struct hub_issue *issue, json_t **out)
{
    json_t *figures = NULL;
    enum err e = hub_issues_files(s, issue->id, close_before_file, &figures);
    if (e == ERR_OK && figures == NULL) e = ERR_DAMAGED;
    if (e == ERR_OK) *out = figures;
    return e;
}

enum err hub_close_hide(struct hub_store *s, struct hub_report *r)
{
    struct hub_small_papers papers;
    enum err e = hub_small_papers_find(s, r, &papers);
    if (e != ERR_OK) return e;
    e = hub_small_apply_again(r, papers.list, papers.count, hub_small_class, NULL);
    hub_small_papers_free(&papers);
    return e;
}

/* Hide what is too small to leave; then the issue before, as it was printed, against the report as it
 * will be. */
static enum err close_beside(struct hub_close_job *job, struct hub_report_why *why)
{
    struct hub_issue old;
    json_t *before = NULL;
    const struct hub_report *r = job->report;
    enum err e = hub_close_hide(job->store, job->report);
    if (e == ERR_TOO_LARGE) {
        snprintf(why->vi, sizeof why->vi,
                 "Hơn %d báo cáo đã phát hành có cùng số liệu này: quá nhiều để giấu số nhỏ bên "
                 "cạnh. Chưa chốt gì; hãy lập cho kỳ khác.",
                 HUB_SMALL_PAPERS_MAX);
        snprintf(why->en, sizeof why->en,
                 "more than %d issued reports show these figures: too many to hide small cells "
                 "beside. Nothing is closed; make it for another period.",
                 HUB_SMALL_PAPERS_MAX);
    }
    if (e != ERR_OK || job->request.difference == NULL) return e;
    e = hub_issues_find(job->store, r->form->id, r->unit, r->label, 0, &old);
    if (e == ERR_OK) e = hub_close_figures(job->store, &old, &before);
    if (e == ERR_OK)
        e = hub_supplement_make(r, old.number, before, job->request.difference, &job->supplement);
    json_decref(before);
    return e;
}

/* ---- files ---- */

static enum err close_sign(struct hub_close_job *job, enum hub_issue_kind kind)
{
    struct close_file *f = &job->files[kind];
    char hex[2 * ID_HASH_BYTES + 1], trusted[512];
    hub_close_name(&job->issue, kind, f->name);
    crypto_generichash(f->hash, sizeof f->hash, f->data.p, f->data.len, NULL, 0);
    id_hex(BYTES_OF(job->issue.figures.b), hex);
    int n =
        snprintf(trusted, sizeof trusted, "timestamp:%lld\tfile:%s\tperiod:%s\tissue:%u\tdigest:%s",
                 (long long)(job->issue.closed_ms / 1000), f->name, job->issue.period,
                 (unsigned)job->issue.number, hex);
    assert(n > 0 && (size_t)n < sizeof trusted);
    (void)n;
    return minisign_sign(job->request.issue_key, f->hash, bytes_str(trusted), &f->minisig);
}

/* A format that cannot say this report: the file is missing, and the list says why. */
static enum err close_gap(struct hub_close_job *job, enum hub_issue_kind kind, enum err e)
{
    struct hub_report_why *why = &job->gaps[kind];
    if (e != ERR_NOT_FOUND && e != ERR_BAD_INPUT) return e;
    buf_clear(&job->files[kind].data);
    if (e == ERR_BAD_INPUT && why->vi[0] != '\0') return ERR_OK;
    snprintf(why->vi, sizeof why->vi, "không có số liệu nào để gửi");
    snprintf(why->en, sizeof why->en, "there is no value to send");
    return ERR_OK;
}

static enum err close_data(struct hub_close_job *job)
{
    const struct hub_report *r = job->report;
    struct close_file *f = job->files;
    int64_t at = job->issue.closed_ms;
    enum err e = hub_canonical_json(r, &f[HUB_ISSUE_JSON].data);
    if (e == ERR_OK) e = hub_canonical_csv(r, &f[HUB_ISSUE_CSV].data);
    if (e != ERR_OK) return e;
    hub_canonical_digest(buf_bytes(&f[HUB_ISSUE_JSON].data), &job->issue.figures);
    e = close_gap(job, HUB_ISSUE_ADX, hub_adx(r, at, &f[HUB_ISSUE_ADX].data));
    if (e == ERR_OK)
        e = close_gap(
            job, HUB_ISSUE_DHIS2,
            hub_dhis2_values(r, at, &f[HUB_ISSUE_DHIS2].data, &job->gaps[HUB_ISSUE_DHIS2]));
    if (e == ERR_OK)
        e = close_gap(job, HUB_ISSUE_REGISTRATIONS,
                      hub_dhis2_complete(r, at, &f[HUB_ISSUE_REGISTRATIONS].data,
                                         &job->gaps[HUB_ISSUE_REGISTRATIONS]));
    return e;
}

static enum err close_papers(struct hub_close_job *job)
{
    char name[HUB_ISSUE_NAME_ROOM];
    struct buf proof;
    buf_init(&proof, HUB_PAPER_TEXT_MAX);
    hub_close_name(&job->issue, HUB_ISSUE_PDF, name);
    name[strlen(name) - strlen(".pdf")] = '\0';
    enum err e = hub_paper_sign(&job->issue, job->request.issue_key, &proof);
    struct hub_nd30_about about = {
        .issue = job->issue.number,
        .closed_ms = job->issue.closed_ms,
        .digest = job->issue.figures,
        .name = name,
        .proof = buf_cstr(&proof),
        .supplement = job->supplement.of != 0 ? &job->supplement : NULL,
    };
    if (e == ERR_OK) e = hub_pdf(job->report, &about, &job->files[HUB_ISSUE_PDF].data);
    if (e == ERR_OK) e = hub_docx(job->report, &about, &job->files[HUB_ISSUE_DOCX].data);
    buf_free(&proof);
    return e;
}

static enum err close_list(struct hub_close_job *job)
{
    struct hub_manifest_file files[HUB_ISSUE_KINDS];
    struct hub_manifest_gap gaps[HUB_ISSUE_KINDS];
    size_t count = 0, gap_count = 0;
    for (size_t k = 0; k < HUB_ISSUE_MANIFEST; k++) {
        enum hub_issue_kind kind = (enum hub_issue_kind)k;
        struct close_file *f = &job->files[k];
        if (f->data.len > 0) {
            files[count++] = (struct hub_manifest_file){kind, f->name, buf_bytes(&f->data)};
        } else {
            gaps[gap_count++] = (struct hub_manifest_gap){kind, &job->gaps[k]};
        }
    }
    return hub_manifest(job->report, &job->issue, files, count, gaps, gap_count,
                        &job->files[HUB_ISSUE_MANIFEST].data);
}

static enum err close_files(struct hub_close_job *job)
{
    enum err e = close_data(job);
    struct hub_xlsx_about about = {
        .issue = job->issue.number,
        .closed_ms = job->issue.closed_ms,
        .digest = job->issue.figures,
        .scratch = job->request.scratch,
    };
    if (e == ERR_OK) e = hub_xlsx(job->report, &about, &job->files[HUB_ISSUE_XLSX].data);
    if (e == ERR_OK) e = close_papers(job);
    for (int k = 0; e == ERR_OK && k < HUB_ISSUE_KINDS; k++) {
        if (k == HUB_ISSUE_MANIFEST) e = close_list(job);
        if (e == ERR_OK && job->files[k].data.len > 0) e = close_sign(job, (enum hub_issue_kind)k);
    }
    return e;
}

static void close_bufs(struct hub_close_job *job, bool init)
{
    for (size_t k = 0; k < HUB_ISSUE_KINDS; k++) {
        if (init) buf_init(&job->files[k].data, HUB_CANONICAL_BYTES_MAX);
        if (init) buf_init(&job->files[k].minisig, MINISIGN_FILE_BYTES_MAX);
        if (!init) buf_free(&job->files[k].data);
        if (!init) buf_free(&job->files[k].minisig);
    }
}

static enum err close_each(const struct hub_close_job *job, hub_issue_file_fn *row, void *ctx)
{
    enum err e = ERR_OK;
    for (int k = 0; e == ERR_OK && k < HUB_ISSUE_KINDS; k++) {
        const struct close_file *f = &job->files[k];
        if (f->data.len == 0) continue;
        struct hub_issue_file file = {
            .kind = (enum hub_issue_kind)k,
            .name = f->name,
            .data = buf_bytes(&f->data),
            .minisig = buf_bytes(&f->minisig),
        };
        memcpy(file.hash, f->hash, sizeof file.hash);
        e = row(ctx, &file);
    }
    return e;
}

enum err hub_close_render(struct hub_report *r, struct hub_issue *issue,
                          const struct key_sign *issue_key, const char *scratch,
                          hub_issue_file_fn *row, void *ctx)
{
    struct hub_close_job *job = calloc(1, sizeof *job);
    if (job == NULL) return ERR_NOMEM;
    job->request = (struct hub_close_request){.issue_key = issue_key, .scratch = scratch};
    job->report = r;
    job->issue = *issue;
    close_bufs(job, true);
    enum err e = close_files(job);
    if (e == ERR_OK) *issue = job->issue;
    if (e == ERR_OK) e = close_each(job, row, ctx);
    close_bufs(job, false);
    free(job);
    return e;
}

/* ---- storing ---- */

static enum err close_set(struct hub_close_job *job)
{
    const struct hub_issue *i = &job->issue;
    struct hub_taken taken;
    struct buf payload;
    struct admin_close c = {
        .report = bytes_str(i->report),
        .unit = bytes_str(i->unit),
        .period = bytes_str(i->period),
        .issue = i->number,
        .cut_epoch = i->cut.epoch,
        .cut_position = i->cut.position,
        .cut_hash = i->cut.hash,
        .edition = i->cut.edition,
        .figures = i->figures,
        .has_inputs = true,
        .inputs = job->inputs_digest,
        .mode = job->mode,
        .missing = bytes_str(job->request.missing != NULL ? job->request.missing : ""),
    };
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_close_encode(&c, &payload);
    enum err e = payload.e;
    struct bytes p = buf_bytes(&payload);
    struct hub_own_set set = {.person = i->person, .payloads = &p, .count = 1};
    if (e == ERR_OK)
        e = hub_own_append(job->store, job->request.keys, &set, job->request.now_ms, &taken);
    if (e == ERR_OK) job->issue.position = taken.last_position;
    buf_free(&payload);
    return e;
}

static enum err close_cell(void *ctx, const struct hub_issue_cell *cell)
{
    struct hub_close_job *job = ctx;
    return hub_issues_add_cell(job->store, job->issue.id, cell);
}

static enum err close_cells(struct hub_close_job *job)
{
    enum err e = hub_inputs_store(job->store, job->issue.id, &job->inputs);
    if (e == ERR_OK) e = hub_basis_store(job->store, job->issue.id, &job->reads);
    for (size_t c = 0; e == ERR_OK && c < hub_report_columns(job->report); c++)
        e = hub_inputs_cells(job->report, c, close_cell, job);
    return e;
}

static enum err close_keep(void *ctx, const struct hub_issue_file *file)
{
    struct hub_close_job *job = ctx;
    return hub_issues_add_file(job->store, job->issue.id, file);
}

static enum err close_store(struct hub_close_job *job)
{
    struct hub_position at;
    enum err e = hub_store_begin(job->store);
    if (e != ERR_OK) return e;
    hub_store_position(job->store, &at);
    bool same = at.position == job->issue.cut.position && at.epoch == job->issue.cut.epoch;
    if (!same) e = ERR_STALE; /* the cut is the position before the close set */
    if (e == ERR_OK) e = close_set(job);
    if (e == ERR_OK) e = hub_issues_add(job->store, &job->issue);
    if (e == ERR_OK) e = close_each(job, close_keep, job);
    if (e == ERR_OK) e = close_cells(job);
    if (e == ERR_OK) return hub_store_commit(job->store);
    hub_store_rollback(job->store);
    return e;
}

/* ---- all of it ---- */

static void close_result(const struct hub_close_job *job, struct hub_close_result *out)
{
    const struct hub_report *r = job->report;
    *out = (struct hub_close_result){
        .issue = job->issue,
        .early = job->request.now_ms < date_to_ms(r->window.last) + DATE_DAY_MS,
        .mode = job->mode,
    };
    for (size_t i = 0; i < r->unit_count; i++) {
        out->nothing_sent += r->units[i].sent == HUB_SENT_NOTHING;
        out->nothing_new += r->units[i].sent == HUB_SENT_EARLIER;
    }
}

static void close_about(struct hub_close_job *job)
{
    const struct hub_report *r = job->report;
    struct hub_issue *i = &job->issue;
    *i = (struct hub_issue){
        .number = job->number,
        .cut = r->cut,
        .closed_ms = job->request.now_ms,
        .person = job->request.person,
    };
    snprintf(i->report, sizeof i->report, "%s", r->form->id);
    snprintf(i->unit, sizeof i->unit, "%s", r->unit);
    snprintf(i->period, sizeof i->period, "%s", r->label);
    memcpy(i->issue_pk, job->request.issue_key->public, sizeof i->issue_pk);
}

static enum err close_compute(struct hub_close_job *job, struct hub_report_why *why)
{
    struct hub_store *s = job->store;
    const struct hub_close_request *q = &job->request;
    enum err e = hub_issues_ready(s);
    if (e == ERR_OK) e = close_settled(s, why);
    if (e == ERR_OK) e = hub_report_compute(s, q->report, q->unit, q->period, &job->report, why);
    if (e == ERR_OK) e = close_number(job, why);
    if (e == ERR_OK && q->missing != NULL)
        e = hub_report_set_missing(job->report, bytes_str(q->missing));
    if (e == ERR_OK) e = hub_inputs_collect(s, job->report, &job->inputs);
    if (e == ERR_OK) e = hub_basis_collect(s, job->report, &job->reads);
    if (e == ERR_OK)
        e = hub_inputs_digest(job->report, &job->inputs, &job->reads, &job->inputs_digest);
    if (e == ERR_OK) e = close_beside(job, why);
    if (e != ERR_OK) return e;
    close_about(job);
    return e == ERR_OK ? close_files(job) : e;
}

enum err hub_close_prepare(struct hub_store *s, const struct hub_close_request *request,
                           struct hub_close_job **out, struct hub_issue *exists,
                           struct hub_report_why *why)
{
    struct hub_close_job *job = calloc(1, sizeof *job);
    if (job == NULL) return ERR_NOMEM;
    job->store = s;
    job->request = *request;
    close_bufs(job, true);
    enum err e = close_compute(job, why);
    if (e == ERR_EXISTS && exists != NULL) *exists = job->issue;
    job->request.report = job->request.unit = job->request.scratch =
        NULL; /* the caller's, and used */
    job->request.difference = NULL;
    job->request.issue_key = NULL;
    if (e == ERR_OK)
        *out = job;
    else
        hub_close_job_free(job);
    return e;
}

enum err hub_close_commit(struct hub_store *s, struct hub_close_job *job,
                          const struct hub_sync_keys *keys, struct hub_close_result *out,
                          struct hub_report_why *why)
{
    *why = (struct hub_report_why){{0}, {0}};
    job->store = s;
    job->request.keys = keys;
    enum err e = close_settled(s, why);
    if (e == ERR_OK) e = close_store(job);
    if (e == ERR_OK) close_result(job, out);
    return e;
}

void hub_close_job_free(struct hub_close_job *job)
{
    if (job == NULL) return;
    close_bufs(job, false);
    hub_supplement_free(&job->supplement);
    hub_inputs_free(&job->inputs);
    hub_basis_free(&job->reads);
    hub_report_free(job->report);
    free(job);
}

enum err hub_close(struct hub_store *s, const struct hub_close_request *request,
                   struct hub_close_result *out, struct hub_report_why *why)
{
    struct hub_close_job *job = NULL;
    struct hub_issue exists;
    enum err e = hub_close_prepare(s, request, &job, &exists, why);
    if (e == ERR_EXISTS) *out = (struct hub_close_result){.issue = exists};
    if (e == ERR_OK) e = hub_close_commit(s, job, request->keys, out, why);
    hub_close_job_free(job);
    return e;
}
