#include "hub/consolidate.h"
#include "hub/close.h"
#include "hub/consolidate_priv.h"
#include "hub/export.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- do they belong together? ---- */

static int consolidate_order(const void *a, const void *b)
{
    const struct consolidate_source *x = a, *y = b;
    return strcmp(x->unit, y->unit);
}

/* The first source sets report, period, days and catalogue; the others must have the same. */
static enum err consolidate_alike(const struct consolidate_source *s, size_t count,
                                  struct hub_report_why *why)
{
    static const struct {
        const char *key, *vi, *en;
    } same[] = {
        {"report", "khác mẫu báo cáo", "another report"},
        {"period", "khác kỳ báo cáo", "another period"},
        {"first", "khác ngày đầu kỳ số liệu", "another first day"},
        {"last", "khác ngày cuối kỳ số liệu", "another last day"},
    };
    const json_t *first = s[0].figures;
    for (size_t i = 1; i < count; i++) {
        for (size_t k = 0; k < sizeof same / sizeof same[0]; k++) {
            char vi[120], en[120];
            const char *is = hub_canonical_str(s[i].figures, same[k].key);
            const char *want = hub_canonical_str(first, same[k].key);
            if (strcmp(is, want) == 0) continue;
            snprintf(vi, sizeof vi, "%s: %.24s, không phải %.24s", same[k].vi, is, want);
            snprintf(en, sizeof en, "%s: %.24s, not %.24s", same[k].en, is, want);
            return consolidate_refuse(why, ERR_BAD_INPUT, s[i].folder, vi, en);
        }
        if (strcmp(s[i].unit, s[i - 1].unit) == 0)
            return consolidate_refuse(why, ERR_BAD_INPUT, s[i].folder,
                                      "đơn vị này đã có trong thư mục khác",
                                      "the unit is in another folder too");
    }
    return ERR_OK;
}

static enum err consolidate_editions(const struct consolidate_source *s, size_t count,
                                     const struct hub_cut *cut, struct hub_report_why *why)
{
    char own[2 * ID_HASH_BYTES + 1];
    id_hex(BYTES_OF(cut->archive.b), own);
    for (size_t i = 0; i < count; i++) {
        const json_t *catalogue = json_object_get(s[i].figures, "catalogue");
        if (strcmp(hub_canonical_str(catalogue, "archive"), own) == 0) continue;
        return consolidate_refuse(
            why, ERR_BAD_INPUT, s[i].folder,
            "bản danh mục khác bản của đơn vị tổng hợp: số liệu không cùng cách tính",
            "another edition of the catalogue than the consolidating hub's: other rules");
    }
    return ERR_OK;
}

/* ---- the report ---- */

static enum err consolidate_head(struct hub_store *s, const json_t *first, struct hub_report *r,
                                 struct hub_report_why *why)
{
    struct hub_identity id;
    enum err e = hub_store_identity(s, &id);
    if (e != ERR_OK) return e;
    r->catalogue = hub_store_catalogue(s);
    r->form = catalogue_report(r->catalogue, hub_canonical_str(first, "report"));
    e = period_parse(bytes_str(hub_canonical_str(first, "period")), &r->period);
    struct bytes day[2] = {bytes_str(hub_canonical_str(first, "first")),
                           bytes_str(hub_canonical_str(first, "last"))};
    if (e == ERR_OK) e = date_parse(day[0], &r->window.first);
    if (e == ERR_OK) e = date_parse(day[1], &r->window.last);
    if (e != ERR_OK || r->form == NULL)
        return consolidate_refuse(why, ERR_BAD_INPUT, hub_canonical_str(first, "report"),
                                  "mẫu báo cáo hoặc kỳ không đọc được",
                                  "the report or period cannot be read");
    period_print(r->period, r->label);
    r->hub = id.hub;
    r->has_total = true;
    snprintf(r->unit, sizeof r->unit, "%s", id.unit);
    snprintf(r->unit_name, sizeof r->unit_name, "%s", id.unit_name);
    return ERR_OK;
}

/* Is a unit another one, or below it, on either day of the window? */
static bool consolidate_within(const struct hub_report *r, const char *unit, const char *above)
{
    const struct date days[] = {r->window.first, r->window.last};
    for (size_t d = 0; d < 2; d++) {
        if (catalogue_unit_within(r->catalogue, unit, above, days[d])) return true;
    }
    return false;
}

/* A unit's figures hold those of all below it: beside one of them, they would count twice. */
static enum err consolidate_apart(const struct hub_report *r, const struct consolidate_source *s,
                                  size_t count, struct hub_report_why *why)
{
    for (size_t i = 0; i < count; i++) {
        if (consolidate_within(r, r->unit, s[i].unit))
            return consolidate_refuse(
                why, ERR_BAD_INPUT, s[i].folder,
                "là số liệu của chính đơn vị tổng hợp hoặc của cấp trên nó",
                "figures of the consolidating unit itself, or of one above it");
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            if (k == i || !consolidate_within(r, s[i].unit, s[k].unit)) continue;
            return consolidate_refuse(
                why, ERR_BAD_INPUT, s[i].folder,
                "đơn vị này nằm trong đơn vị của thư mục khác: sẽ tính hai lần",
                "the unit is part of another folder's: it would count twice");
        }
    }
    return ERR_OK;
}

/* ---- the files ---- */

struct consolidate_out {
    const char *folder;
    size_t files;
};

static enum err consolidate_file(void *ctx, const struct hub_issue_file *file)
{
    struct consolidate_out *out = ctx;
    out->files++;
    return hub_export_file(out->folder, file);
}

static enum err consolidate_write(const struct hub_consolidate_request *q, struct hub_report *r,
                                  struct hub_consolidate_result *result, struct hub_report_why *why)
{
    struct consolidate_out out = {q->out, 0};
    struct hub_issue issue = {.number = 1, .cut = r->cut, .closed_ms = q->now_ms};
    struct buf key;
    snprintf(issue.report, sizeof issue.report, "%s", r->form->id);
    snprintf(issue.unit, sizeof issue.unit, "%s", r->unit);
    snprintf(issue.period, sizeof issue.period, "%s", r->label);
    memcpy(issue.issue_pk, q->issue_key->public, sizeof issue.issue_pk);
    buf_init(&key, MINISIGN_FILE_BYTES_MAX);
    enum err e = hub_export_folder(q->out);
    if (e != ERR_OK)
        return consolidate_refuse(why, e, q->out, "không tạo được thư mục này",
                                  "this folder cannot be made");
    e = minisign_public(issue.issue_pk, &key);
    if (e == ERR_OK) e = hub_export_put(q->out, HUB_EXPORT_KEY_NAME, buf_bytes(&key));
    if (e == ERR_OK)
        e = hub_close_render(r, &issue, q->issue_key, q->scratch, consolidate_file, &out);
    buf_free(&key);
    if (e == ERR_EXISTS)
        e = consolidate_refuse(why, e, q->out,
                               "thư mục đã có tệp cùng tên mà nội dung khác (của lần tổng hợp "
                               "trước?); không ghi đè, hãy chọn thư mục khác",
                               "the folder has files of that name with other content (of a "
                               "consolidation before?); nothing is overwritten, choose another");
    *result = (struct hub_consolidate_result){
        .units = r->unit_count, .files = out.files, .figures = issue.figures};
    snprintf(result->report, sizeof result->report, "%s", issue.report);
    snprintf(result->period, sizeof result->period, "%s", issue.period);
    return e;
}

enum err hub_consolidate(struct hub_store *s, const struct hub_consolidate_request *request,
                         struct hub_consolidate_result *out, struct hub_report_why *why)
{
    size_t count = request->count;
    struct consolidate_source *sources = calloc(count + 1, sizeof *sources);
    struct hub_report *r = calloc(1, sizeof *r);
    *why = (struct hub_report_why){{0}, {0}};
    enum err e = sources != NULL && r != NULL ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK && (count == 0 || count > HUB_CONSOLIDATE_FOLDERS_MAX)) e = ERR_TOO_LARGE;
    if (e == ERR_OK) e = hub_reports_ready(s, &r->cut);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = consolidate_read(request, request->folders[i], &sources[i], why);
    if (e == ERR_OK) {
        qsort(sources, count, sizeof *sources, consolidate_order);
        e = consolidate_alike(sources, count, why);
    }
    if (e == ERR_OK) e = consolidate_editions(sources, count, &r->cut, why);
    if (e == ERR_OK) e = consolidate_head(s, sources[0].figures, r, why);
    if (e == ERR_OK) e = consolidate_apart(r, sources, count, why);
    if (e == ERR_OK) e = consolidate_sum(r, sources, count);
    if (e == ERR_OK) e = consolidate_write(request, r, out, why);
    hub_report_free(r);
    for (size_t i = 0; sources != NULL && i < count; i++) {
        json_decref(sources[i].figures);
        json_decref(sources[i].manifest);
    }
    free(sources);
    return e;
}
