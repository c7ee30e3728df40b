/* Reports: looking, closing, handing out, checking. */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "common/io/db.h"
#include "hub/aside.h"
#include "hub/canonical.h"
#include "hub/canonical_read.h"
#include "hub/close.h"
#include "hub/command_close.h"
#include "hub/consolidate.h"
#include "hub/export.h"
#include "hub/report_print.h"
#include "hub/inputs.h"
#include "hub/verify.h"

#include <stdio.h>
#include <stdlib.h>

json_t *hub_report_said(enum err e, const struct hub_report_why *why)
{
    return why->vi[0] != '\0' ? hub_command_error(e, why->vi, why->en) : hub_command_fail(e);
}

json_t *hub_period_wrong(void)
{
    return hub_command_error(
        ERR_BAD_INPUT,
        "Cần --report và --period; kỳ viết: 2023-06, 2023-Q2, 2023-6M, 2023-9M, 2023 hoặc "
        "2023-03-01_2023-05-15.",
        "--report and --period are needed; a period is written 2023-06, 2023-Q2, 2023-6M, 2023-9M, "
        "2023 or 2023-03-01_2023-05-15.");
}

bool hub_request_period(const json_t *request, struct period *out)
{
    const char *label = hub_request_str(request, "period");
    return label != NULL && hub_request_str(request, "report") != NULL &&
           period_parse(bytes_str(label), out) == ERR_OK;
}

/* ---- report ---- */

json_t *hub_command_report(struct hub_app *a, const json_t *request)
{
    struct period period;
    struct hub_report *r = NULL;
    struct hub_report_why why = {.vi = ""};
    struct buf json, text;
    if (!hub_request_period(request, &period)) return hub_period_wrong();
    enum err e = hub_report_compute(a->store, hub_request_str(request, "report"),
                                    hub_request_str(request, "unit"), period, &r, &why);
    if (e != ERR_OK) return hub_report_said(e, &why);
    for (size_t i = 0; i < r->correction_count && !hub_request_words(request); i++)
        r->corrections[i].reason[0] = '\0';
    buf_init(&json, HUB_CANONICAL_BYTES_MAX);
    buf_init(&text, HUB_CANONICAL_BYTES_MAX);
    if (hub_request_words(request))
        hub_reads_note_small(a, request, "report", r);
    else
        e = hub_close_hide(a->store, r);
    if (e == ERR_OK) e = hub_canonical_json(r, &json);
    if (e == ERR_OK) e = hub_report_print(r, false, true, &text);
    json_t *j = e == ERR_OK ? json_loadb((const char *)json.p, json.len, 0, NULL) : NULL;
    j = e == ERR_OK ? json_pack("{s:o, s:o}", "report", j, "text", hub_json_text(buf_bytes(&text)))
                    : hub_command_fail(e);
    hub_report_free(r);
    buf_free(&json);
    buf_free(&text);
    return j;
}

/* ---- issues ---- */

json_t *hub_issue_json(const struct hub_issue *i)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:I, s:o, s:I, s:o, s:o}", "id", (json_int_t)i->id,
                     "report", i->report, "unit", i->unit, "period", i->period, "number",
                     (json_int_t)i->number, "closed", hub_json_time(i->closed_ms), "position",
                     (json_int_t)i->position, "figures", hub_json_hex(BYTES_OF(i->figures.b)),
                     "person", hub_json_hex(BYTES_OF(i->person.b)));
}

static enum err hub_issue_row(void *ctx, const struct hub_issue *i)
{
    return json_array_append_new(ctx, hub_issue_json(i)) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_issues(struct hub_app *a, const json_t *request)
{
    json_t *rows = json_array();
    (void)request;
    enum err e = hub_issues_list(a->store, hub_issue_row, rows);
    if (e == ERR_OK) return json_pack("{s:o}", "issues", rows);
    json_decref(rows);
    return hub_command_fail(e);
}

struct hub_issue_seek {
    json_int_t id;
    bool found;
    struct hub_issue issue;
};

static enum err hub_issue_seek_row(void *ctx, const struct hub_issue *i)
{
    struct hub_issue_seek *s = ctx;
    if (i->id != s->id) return ERR_OK;
    s->found = true;
    s->issue = *i;
    return ERR_OK;
}

json_t *hub_issue_of(struct hub_app *a, const json_t *request, const char *key,
                     struct hub_issue *out)
{
    struct hub_issue_seek s = {.id = json_integer_value(json_object_get(request, key))};
    enum err e = hub_issues_list(a->store, hub_issue_seek_row, &s);
    if (e != ERR_OK) return hub_command_fail(e);
    if (!s.found)
        return hub_command_error(ERR_NOT_FOUND,
                                 "Không có báo cáo đã chốt mang số này (xem `issues`).",
                                 "There is no issue of this number (see `issues`).");
    *out = s.issue;
    return NULL;
}

/* ---- close ---- */

json_t *hub_command_close(struct hub_app *a, const json_t *request)
{
    return hub_close_answer(a, request, NULL);
}

/* A closing between its figures and its transaction; on the loop's own way both follow at once. */
struct hub_close_held {
    struct hub_close_job *job;
    struct hub_close_missing missing;
    struct hub_close_names names;
    json_t *answer; /* filled when it is done */
};

static void hub_close_drop(void *ctx)
{
    struct hub_close_held *h = ctx;
    hub_close_job_free(h->job);
    hub_close_missing_free(&h->missing);
    json_decref(h->names.rows);
    json_decref(h->answer);
    free(h);
}

static enum err hub_close_do(void *ctx, struct hub_app *a, json_t **failed)
{
    struct hub_close_held *h = ctx;
    struct hub_close_result result;
    struct hub_report_why why;
    enum err e = hub_close_commit(a->store, h->job, &a->keys, &result, &why);
    if (e != ERR_OK) {
        *failed = hub_report_said(e, &why);
        return e;
    }
    json_t *j = hub_issue_json(&result.issue);
    json_object_update(h->answer, j);
    json_decref(j);
    json_object_set(h->answer, "missing", h->missing.units);
    json_object_set(h->answer, "names", h->names.rows);
    json_object_set_new(h->answer, "mode", json_string(hub_close_mode(result.mode)));
    json_object_set_new(h->answer, "early", json_boolean(result.early));
    json_object_set_new(h->answer, "nothing_sent", json_integer((json_int_t)result.nothing_sent));
    json_object_set_new(h->answer, "nothing_new", json_integer((json_int_t)result.nothing_new));
    return ERR_OK;
}

static json_t *hub_close_held(struct hub_app *a, const json_t *request, struct hub_close_held *h)
{
    json_t *answer = json_incref(h->answer), *failed = NULL;
    if (a->beside != NULL) {
        hub_close_names_note(a, request, &h->names);
        hub_beside_later(a->beside, hub_close_do, hub_close_drop, h);
        return answer;
    }
    enum err e = hub_close_do(h, a, &failed);
    if (e == ERR_OK) hub_close_names_note(a, request, &h->names);
    hub_close_drop(h);
    if (e == ERR_OK) return answer;
    json_decref(answer);
    return failed;
}

json_t *hub_close_answer(struct hub_app *a, const json_t *request, const json_t *difference)
{
    char scratch[FILE_PATH_BYTES_MAX];
    struct hub_close_request q = {.report = hub_request_str(request, "report"),
                                  .unit = hub_request_str(request, "unit"),
                                  .now_ms = clock_wall_ms(),
                                  .keys = &a->keys,
                                  .issue_key = &a->issue,
                                  .scratch = scratch};
    struct hub_report_why why = {.vi = ""};
    if (!hub_request_period(request, &q.period)) return hub_period_wrong();
    struct hub_close_held *h = calloc(1, sizeof *h);
    if (h == NULL) return hub_command_fail(ERR_NOMEM);
    h->answer = json_object();
    hub_request_person(a, request, &q.person);
    q.difference = difference;
    json_t *j = hub_close_begun(a, &q);
    if (j == NULL) j = hub_close_missing(a, request, &q, &h->missing);
    q.missing = h->missing.codes;
    if (j == NULL) j = hub_close_names(a, request, &q, &h->names);
    if (j == NULL) hub_doubts_count(a, request, h->answer);
    enum err e = j == NULL ? hub_app_path(a->data, "run", scratch) : ERR_OK;
    if (j == NULL && e == ERR_OK) e = hub_close_prepare(a->store, &q, &h->job, NULL, &why);
    if (j == NULL && e == ERR_OK) return hub_close_held(a, request, h);
    hub_close_drop(h);
    return j != NULL ? j : hub_report_said(e, &why);
}

/* ---- export ---- */

/* The folder is named by an absolute path: the daemon stands elsewhere than who asks. */
json_t *hub_command_export(struct hub_app *a, const json_t *request)
{
    struct hub_issue issue;
    size_t count = 0;
    const char *folder = hub_request_str(request, "folder");
    json_t *j = hub_issue_of(a, request, "issue", &issue);
    if (j != NULL) return j;
    if (folder == NULL) return hub_command_fail(ERR_USAGE);
    enum err e = hub_export_folder(folder);
    if (e != ERR_OK)
        return hub_command_error(e, "Không tạo được thư mục xuất.", "The folder cannot be made.");
    e = hub_export(a->store, &issue, folder, &count);
    if (e == ERR_EXISTS)
        return hub_command_error(
            e, "Thư mục đã có tệp cùng tên mà nội dung khác; không ghi đè. Hãy chọn thư mục khác.",
            "The folder has a file of that name with other content; nothing is overwritten. Choose "
            "another folder.");
    if (e != ERR_OK) return hub_command_fail(e);
    j = hub_issue_json(&issue);
    json_object_set_new(j, "folder", json_string(folder));
    json_object_set_new(j, "files", json_integer((json_int_t)count));
    json_object_set_new(j, "pubkey", json_string(HUB_EXPORT_KEY_NAME));
    return j;
}

/* ---- consolidate ---- */

/* All paths are absolute. */
json_t *hub_command_consolidate(struct hub_app *a, const json_t *request)
{
    char scratch[FILE_PATH_BYTES_MAX];
    const char *folders[HUB_CONSOLIDATE_FOLDERS_MAX];
    const json_t *list = json_object_get(request, "folders");
    struct hub_consolidate_result done;
    struct hub_report_why why = {.vi = ""};
    struct hub_consolidate_request q = {
        .folders = folders,
        .keys = hub_request_str(request, "keys"),
        .report = hub_request_str(request, "report"),
        .period = hub_request_str(request, "period"),
        .out = hub_request_str(request, "out"),
        .scratch = scratch,
        .issue_key = &a->issue,
        .now_ms = clock_wall_ms(),
    };
    for (; q.count < json_array_size(list) && q.count < HUB_CONSOLIDATE_FOLDERS_MAX; q.count++) {
        folders[q.count] = json_string_value(json_array_get(list, q.count));
        if (folders[q.count] == NULL) return hub_command_fail(ERR_USAGE);
    }
    if (q.count == 0 || q.keys == NULL || q.out == NULL) return hub_command_fail(ERR_USAGE);
    enum err e = hub_app_path(a->data, "run", scratch);
    if (e == ERR_OK) e = hub_consolidate(a->store, &q, &done, &why);
    if (e != ERR_OK) return hub_report_said(e, &why);
    return json_pack("{s:s, s:s, s:I, s:I, s:o, s:s}", "report", done.report, "period", done.period,
                     "units", (json_int_t)done.units, "files", (json_int_t)done.files, "figures",
                     hub_json_hex(BYTES_OF(done.figures.b)), "folder", q.out);
}

/* ---- verify ---- */

/* It could not be looked at; that says nothing of the data. */
static json_t *hub_verify_fail(struct hub_app *a, enum err e)
{
    int64_t bytes = 0;
    if (e != ERR_FULL) return hub_command_fail(e);
    enum err known = db_bytes(hub_store_db(a->store), &bytes);
    if (known != ERR_OK) return hub_command_fail(e);
    char vi[512], en[512];
    long mb = (long)(bytes / 1000000) + 1;
    snprintf(vi, sizeof vi,
             "Chưa kiểm tra được vì ổ đĩa thiếu chỗ: cần trống khoảng %ld MB bên cạnh cơ sở dữ "
             "liệu để lập lại mọi "
             "thứ từ nhật ký. Không có gì thay đổi, chưa biết dữ liệu đúng hay sai. Hãy giải phóng "
             "ổ đĩa rồi kiểm "
             "tra lại.",
             mb);
    snprintf(en, sizeof en,
             "Not verified, because the disk has too little room: about %ld MB must be free beside "
             "the database, where "
             "all of the log is made again. Nothing was changed, and whether the data are good is "
             "not known yet. Free "
             "some space and verify again.",
             mb);
    return hub_command_error(e, vi, en);
}

json_t *hub_command_finding(const struct hub_finding *f)
{
    json_t *id = f->kind == HUB_FINDING_STATE ? hub_json_hex(BYTES_OF(f->rid.b)) : NULL;
    return json_pack("{s:s, s:s, s:I, s:o, s:I, s:o*, s:s*}", "vi", hub_finding_vi(f->kind), "en",
                     hub_finding_en(f->kind), "position", (json_int_t)f->position, "log",
                     hub_json_hex(BYTES_OF(f->inc.b)), "seq", (json_int_t)f->seq, "id", id, "table",
                     f->table);
}

static enum err hub_verify_row(void *ctx, const struct hub_finding *f)
{
    return json_array_append_new(ctx, hub_command_finding(f)) == 0 ? ERR_OK : ERR_NOMEM;
}

static json_t *hub_verify_whole(struct hub_app *a)
{
    struct hub_verified_log seen;
    json_t *findings = json_array();
    enum err e = hub_verify_log(a->store, hub_verify_row, findings, &seen);
    bool sums = hub_store_check(a->store) == ERR_OK;
    json_t *j = e == ERR_OK || e == ERR_DAMAGED
                    ? json_pack("{s:b, s:I, s:I, s:b, s:I, s:o, s:I, s:O}", "ok",
                                (int)(e == ERR_OK && sums), "sets", (json_int_t)seen.sets,
                                "records", (json_int_t)seen.records, "sums", (int)sums, "position",
                                (json_int_t)seen.end.position, "position_hash",
                                hub_json_hex(BYTES_OF(seen.end.hash.b)), "finding_count",
                                (json_int_t)seen.findings, "findings", findings)
                    : hub_verify_fail(a, e);
    json_decref(findings);
    return j;
}

enum { HUB_LOST_MAX = 500 }; /* contributions named in one answer; all are counted */

struct hub_lost_list {
    const json_t *figures; /* as issued */
    json_t *rows;
    json_int_t count;
};

/* As the issue itself has it: the form of today may number its lines otherwise. "": it has no such line. */
static const char *hub_lost_indicator(const json_t *figures, unsigned no)
{
    const json_t *lines = json_object_get(figures, "lines");
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        if (json_integer_value(json_object_get(line, "no")) == (json_int_t)no)
            return hub_canonical_str(line, "indicator");
    }
    return "";
}

static enum err hub_lost_row(void *ctx, const struct hub_lost *lost)
{
    struct hub_lost_list *l = ctx;
    const struct hub_issue_cell *cell = lost->cell;
    const char *indicator = hub_lost_indicator(l->figures, cell->line);
    if (++l->count > HUB_LOST_MAX) return ERR_OK;
    json_t *j =
        json_pack("{s:I, s:s, s:s, s:b, s:s, s:o, s:o, s:I, s:I}", "line", (json_int_t)cell->line,
                  "indicator", indicator, "value", cell->value, "total", (int)cell->total, "unit",
                  cell->unit, "record", hub_json_hex(BYTES_OF(lost->record.b)), "set",
                  hub_json_hex(BYTES_OF(lost->set->hash.b)), "position",
                  (json_int_t)lost->set->position, "order", (json_int_t)lost->order);
    return json_array_append_new(l->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

/* What stood behind the figures and cannot be derived again, cell by cell, with the order. */
static enum err hub_lost_json(struct hub_app *a, const struct hub_issue *issue,
                              const json_t *figures, json_t *out)
{
    struct hub_lost_list l = {figures, json_array(), 0};
    enum err e = hub_verify_lost(a->store, issue, hub_lost_row, &l);
    json_object_set_new(out, "lost", l.rows);
    json_object_set_new(out, "lost_count", json_integer(l.count));
    return e;
}

/* What differs, and what explains it. */
struct hub_unlike_list {
    const json_t *figures; /* as issued */
    /* without an explanation; records that were erased behind lines that differ */
    json_t *rows, *read;
    json_int_t count, read_count;
};

static const char *hub_unlike_what(enum hub_unlike_what what)
{
    static const char *const words[] = {"cell", "sets", "type", "member"};
    return words[what];
}

static enum err hub_unlike_row(void *ctx, const struct hub_unlike *u)
{
    struct hub_unlike_list *l = ctx;
    if (u->explained || ++l->count > HUB_LOST_MAX) return ERR_OK;
    bool cell = u->what == HUB_UNLIKE_CELL;
    json_t *j = json_pack("{s:s, s:s*}", "what", hub_unlike_what(u->what), "value", u->value);
    if (cell) {
        json_object_set_new(j, "line", json_integer((json_int_t)u->line));
        json_object_set_new(j, "indicator", json_string(hub_lost_indicator(l->figures, u->line)));
        json_object_set_new(j, "total", json_boolean(u->total));
        json_object_set_new(j, "unit", json_string(u->unit));
    }
    return json_array_append_new(l->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err hub_gone_row(void *ctx, const struct hub_gone *g)
{
    struct hub_unlike_list *l = ctx;
    if (++l->read_count > HUB_LOST_MAX) return ERR_OK;
    json_t *j = json_pack("{s:I, s:s, s:s, s:o, s:I}", "line", (json_int_t)g->line, "indicator",
                          hub_lost_indicator(l->figures, g->line), "type", g->type, "record",
                          hub_json_hex(BYTES_OF(g->record.b)), "order", (json_int_t)g->order);
    return json_array_append_new(l->read, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static json_t *hub_verified_json(const struct hub_issue *issue, const struct hub_verified_issue *v,
                                 struct hub_unlike_list *l, bool good)
{
    json_t *j = hub_issue_json(issue);
    json_object_set_new(j, "ok", json_boolean(good));
    json_object_set_new(j, "files", json_boolean(v->files));
    json_object_set_new(j, "digest", json_boolean(v->digest));
    json_object_set_new(j, "logged", json_boolean(v->logged));
    json_object_set_new(j, "cut", json_boolean(v->cut));
    json_object_set_new(j, "listed", json_boolean(v->listed));
    json_object_set_new(j, "inputs", json_boolean(v->inputs));
    json_object_set_new(j, "rebuilt", json_boolean(v->rebuilt));
    json_object_set_new(j, "erased", json_integer((json_int_t)v->erased));
    json_object_set_new(j, "erased_by", json_integer((json_int_t)v->order));
    json_object_set_new(j, "traced", json_boolean(v->traced));
    json_object_set_new(j, "differing", json_integer((json_int_t)v->differing));
    json_object_set(j, "unexplained", l->rows);
    json_object_set_new(j, "unexplained_count", json_integer((json_int_t)v->unexplained));
    json_object_set(j, "read_erased", l->read);
    json_object_set_new(j, "read_erased_count", json_integer(l->read_count));
    return j;
}

json_t *hub_command_verify(struct hub_app *a, const json_t *request)
{
    struct hub_issue issue;
    struct hub_verified_issue v;
    if (json_object_get(request, "issue") == NULL) return hub_verify_whole(a);
    json_t *j = hub_issue_of(a, request, "issue", &issue);
    if (j != NULL) return j;
    json_t *figures = NULL;
    enum err e = hub_close_figures(a->store, &issue, &figures);
    if (e != ERR_OK && e != ERR_DAMAGED) return hub_command_fail(e); /* damaged: no names */
    struct hub_unlike_list l = {figures, json_array(), json_array(), 0, 0};
    struct hub_verify_tell tell = {hub_unlike_row, hub_gone_row, &l};
    e = hub_verify_issue(a->store, &issue, &tell, &v);
    bool looked = e == ERR_OK || e == ERR_DAMAGED;
    j = looked ? hub_verified_json(&issue, &v, &l, e == ERR_OK) : hub_verify_fail(a, e);
    json_decref(l.rows);
    json_decref(l.read);
    e = looked ? hub_lost_json(a, &issue, figures, j) : ERR_OK;
    json_decref(figures);
    if (e == ERR_OK) return j;
    json_decref(j);
    return hub_command_fail(e);
}
