/*
 * A year's report of a hub's data folder as an issue: its figures, each format, the closing, explaining a cell.
 *
 *   issue_bench HUB_FOLDER REPORT PERIOD CELL     prints "what SECONDS BYTES MB"
 *
 * The closing is kept: work on a copy. Times are of the processor, so that other work on the machine counts
 * little; MB is the most memory that the process had held until then. Of the closing, "commit" is what the
 * event loop does; all else is done beside it.
 */
#include "common/io/clock.h"
#include "hub/adx.h"
#include "hub/app.h"
#include "hub/canonical.h"
#include "hub/close.h"
#include "hub/command.h"
#include "hub/dhis2.h"
#include "hub/docx.h"
#include "hub/pdf.h"
#include "hub/xlsx.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct bench {
    struct hub_app *app;
    const char *report, *label, *cell;
    struct period period;
    double begun;
    struct buf out;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void begin(struct bench *b)
{
    buf_clear(&b->out);
    b->begun = now();
}

static enum err said(struct bench *b, const char *what, size_t bytes, enum err e)
{
    struct rusage use;
    double took = now() - b->begun;
    getrusage(RUSAGE_SELF, &use);
    printf("%s %.4f %zu %ld %s\n", what, took, bytes, use.ru_maxrss / 1024, err_name(e));
    fflush(stdout);
    return e == ERR_BAD_INPUT || e == ERR_NOT_FOUND ? ERR_OK : e; /* a format that cannot say it */
}

static enum err formats(struct bench *b, struct hub_report *r)
{
    struct hub_report_why why;
    int64_t at = clock_wall_ms();
    struct hub_xlsx_about sheet = {.closed_ms = at, .scratch = b->app->data};
    struct hub_nd30_about paper = {.closed_ms = at, .name = "", .proof = ""};
    begin(b);
    enum err e = hub_canonical_json(r, &b->out);
    e = said(b, "json", b->out.len, e);
    if (e == ERR_OK) hub_canonical_digest(buf_bytes(&b->out), &sheet.digest);
    paper.digest = sheet.digest;
#define FORMAT(name, call)                                                                         \
    do {                                                                                           \
        begin(b);                                                                                  \
        enum err made = (call);                                                                    \
        if (e == ERR_OK) e = said(b, name, b->out.len, made);                                      \
    } while (0)
    FORMAT("csv", hub_canonical_csv(r, &b->out));
    FORMAT("adx", hub_adx(r, at, &b->out));
    FORMAT("dhis2", hub_dhis2_values(r, at, &b->out, &why));
    FORMAT("registrations", hub_dhis2_complete(r, at, &b->out, &why));
    FORMAT("xlsx", hub_xlsx(r, &sheet, &b->out));
    FORMAT("pdf", hub_pdf(r, &paper, &b->out));
    FORMAT("docx", hub_docx(r, &paper, &b->out));
    return e;
}

static enum err report(struct bench *b)
{
    struct hub_report *r = NULL;
    struct hub_report_why why = {{0}, {0}};
    struct hub_cut cut;
    enum err e = hub_reports_ready(b->app->store, &cut);
    begin(b);
    if (e == ERR_OK) e = hub_report_compute(b->app->store, b->report, NULL, b->period, &r, &why);
    e = said(b, "report", 0, e);
    if (e == ERR_OK && r != NULL) e = formats(b, r);
    hub_report_free(r);
    return e;
}

static enum err asked(struct bench *b, const char *what, json_t *request)
{
    begin(b);
    json_t *answer = hub_command(b->app, request);
    enum err e = hub_command_error_of(answer);
    char *text = json_dumps(answer, JSON_COMPACT);
    said(b, what, text != NULL ? strlen(text) : 0, e);
    free(text);
    json_decref(answer);
    json_decref(request);
    return e;
}

static enum err closing(struct bench *b, int64_t *issue)
{
    struct hub_close_job *job = NULL;
    struct hub_close_result got;
    struct hub_report_why why = {{0}, {0}};
    struct hub_close_request q = {.report = b->report,
                                  .period = b->period,
                                  .now_ms = clock_wall_ms(),
                                  .keys = &b->app->keys,
                                  .issue_key = &b->app->issue,
                                  .scratch = b->app->data};
    begin(b);
    enum err e =
        said(b, "close:prepare", 0, hub_close_prepare(b->app->store, &q, &job, NULL, &why));
    if (e == ERR_OK && job != NULL) {
        begin(b);
        e = said(b, "close:commit", 0,
                 hub_close_commit(b->app->store, job, &b->app->keys, &got, &why));
        if (e == ERR_OK) *issue = got.issue.id;
    }
    if (e != ERR_OK) fprintf(stderr, "%s\n", why.en);
    hub_close_job_free(job);
    return e;
}

int main(int argc, char **argv)
{
    struct bench b = {.app = NULL};
    int64_t issue = 0;
    if (argc != 5) return 2;
    b.report = argv[2];
    b.label = argv[3];
    b.cell = argv[4];
    buf_init(&b.out, HUB_CANONICAL_BYTES_MAX);
    enum err e = period_parse(bytes_str(argv[3]), &b.period);
    if (e == ERR_OK) e = key_ready();
    if (e == ERR_OK) e = hub_app_open(argv[1], &b.app);
    if (e == ERR_OK) e = report(&b);
    if (e == ERR_OK)
        e = asked(&b, "explain:open",
                  json_pack("{s:s, s:s, s:s, s:s}", "verb", "explain", "report", b.report, "period",
                            b.label, "cell", b.cell));
    if (e == ERR_OK) e = closing(&b, &issue);
    if (e == ERR_OK)
        e = asked(&b, "explain:closed",
                  json_pack("{s:s, s:I, s:s}", "verb", "explain", "issue", (json_int_t)issue,
                            "cell", b.cell));
    if (e == ERR_OK) {
        e = asked(&b, "verify",
                  json_pack("{s:s, s:I}", "verb", "verify", "issue", (json_int_t)issue));
    }
    if (e != ERR_OK) fprintf(stderr, "%s\n", err_name(e));
    buf_free(&b.out);
    hub_app_close(b.app);
    return e == ERR_OK ? 0 : 1;
}
