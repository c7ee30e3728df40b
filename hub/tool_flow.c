/* Verbs of the report workflow. docs/workflow.md. */
#include "hub/tool.h"

#include "common/io/cases_print.h"
#include "common/io/file.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *flow_request(const struct cli *c, const char *verb)
{
    json_t *q = hub_tool_request(c, verb);
    hub_tool_copy(c, q, "report", "report");
    hub_tool_copy(c, q, "period", "period");
    hub_tool_copy(c, q, "unit", "unit");
    return q;
}

/* ---- rows ---- */

enum { FLOW_COLUMNS = 6, FLOW_TABLE_BYTES = 4 * 1024 * 1024 };

static void flow_print_rows(const struct cli *c, const json_t *rows)
{
    const char *const heads[FLOW_COLUMNS] = {
        cli_text(c, "Báo cáo", "Report"),   cli_text(c, "Kỳ", "Period"),
        cli_text(c, "Đơn vị", "Unit"),      cli_text(c, "Hạn nộp", "Due"),
        cli_text(c, "Tình trạng", "State"), cli_text(c, "Thời hạn", "Time")};
    size_t n = json_array_size(rows);
    const char **cells = calloc(n * FLOW_COLUMNS + 1, sizeof *cells);
    struct buf out;
    bool guessed = false;
    if (cells == NULL) return;
    for (size_t i = 0; i < n; i++) {
        const json_t *r = json_array_get(rows, i);
        const char **row = cells + i * FLOW_COLUMNS;
        row[0] = hub_tool_str(r, "report");
        row[1] = hub_tool_str(r, "period");
        row[2] = hub_tool_str(r, "unit_name");
        row[3] = hub_tool_str(r, "due");
        row[4] = hub_tool_str(r, c->en ? "state_en" : "state_vi");
        row[5] = json_is_true(json_object_get(r, "overdue"))
                     ? cli_text(c, "QUÁ HẠN, chưa nộp", "OVERDUE, not submitted")
                     : hub_tool_str(r, c->en ? "time_en" : "time_vi");
        guessed = guessed || json_is_true(json_object_get(r, "due_guessed"));
    }
    buf_init(&out, FLOW_TABLE_BYTES);
    cli_table(&out, heads, FLOW_COLUMNS, cells, n);
    fputs(buf_cstr(&out), stdout);
    if (guessed) cli_due_guessed(c);
    buf_free(&out);
    free(cells);
}

static void flow_print_matrix(const struct cli *c, const json_t *r)
{
    flow_print_rows(c, json_object_get(r, "rows"));
    printf(cli_text(c, "%lld đúng hạn, %lld trễ, %lld trễ chưa chứng minh, %lld quá hạn chưa nộp\n",
                    "%lld in time, %lld late, %lld late and unproven, %lld overdue\n"),
           (long long)json_integer_value(json_object_get(r, "in_time")),
           (long long)json_integer_value(json_object_get(r, "late")),
           (long long)json_integer_value(json_object_get(r, "late_unproven")),
           (long long)json_integer_value(json_object_get(r, "overdue")));
}

/* What the district said of a report, and the commune of a correction, for people. */
static const char *flow_word(const struct cli *c, const char *word)
{
    static const char *const said[][2] = {
        {"accepted", "đã tiếp nhận"},   {"returned", "đã trả lại"},
        {"open", "chưa trả lời"},       {"agreed", "xã đồng ý"},
        {"overtaken", "không áp dụng"}, {"objected", "xã không đồng ý"}};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        if (strcmp(said[i][0], word) == 0) return cli_text(c, said[i][1], word);
    return word;
}

static void flow_print_row(const struct cli *c, const json_t *r)
{
    const char *time = hub_tool_str(r, c->en ? "time_en" : "time_vi");
    bool due = time[0] == '\0'; /* nothing came yet: the day until which it may */
    printf("%s %s, %s: %s (%s%s)\n", hub_tool_str(r, "report"), hub_tool_str(r, "period"),
           hub_tool_str(r, "unit_name"), hub_tool_str(r, c->en ? "state_en" : "state_vi"),
           due ? cli_text(c, "hạn nộp ", "due ") : "", due ? hub_tool_str(r, "due") : time);
}

enum err hub_tool_reports(struct cli *c, void *ctx)
{
    json_t *q = flow_request(c, "reports");
    hub_tool_copy(c, q, "from", "from");
    hub_tool_copy(c, q, "to", "to");
    hub_tool_copy(c, q, "on", "on");
    return hub_tool_show(c, ctx, q, flow_print_matrix);
}

/* ---- one report ---- */

static void flow_print_figures(const struct cli *c, const json_t *figures)
{
    for (size_t i = 0; i < json_array_size(figures); i++) {
        const json_t *f = json_array_get(figures, i);
        bool total = json_is_true(json_object_get(f, "total"));
        const char *label = hub_tool_str(f, total ? (c->en ? "label_en" : "label_vi")
                                                  : (c->en ? "value_en" : "value_vi"));
        printf("%s%3lld %s: %s / %s%s\n", total ? "" : "    ",
               (long long)json_integer_value(json_object_get(f, "line")), label,
               hub_tool_str(f, "sent"), hub_tool_str(f, "hub"),
               json_is_true(json_object_get(f, "differs")) ? "  <>" : "");
    }
}

/* Does the text name somebody? Told wherever a report's words go further. */
static void flow_print_names(const struct cli *c, const json_t *r)
{
    const json_t *told = json_object_get(r, "names"), *fields = json_object_get(told, "fields");
    long long names = json_integer_value(json_object_get(told, "count"));
    if (names == 0) return;
    printf(
        cli_text(c,
                 "! Phần lời nêu tên hoặc số giấy tờ của %lld người có hồ sơ nhạy cảm. Hãy trả lại "
                 "để xã bỏ tên, không chuyển lên cấp trên. Ở mục:",
                 "! The text names %lld persons with sensitive records, or their numbers. Return "
                 "it, so that the commune takes them out; do not pass it on. In:"),
        names);
    for (size_t i = 0; i < json_array_size(fields); i++)
        printf(" %s", json_string_value(json_array_get(fields, i)));
    printf("\n");
}

static void flow_print_judged(const struct cli *c, const json_t *r)
{
    flow_print_row(c, r);
    flow_print_names(c, r);
}

static void flow_print_show(const struct cli *c, const json_t *r)
{
    const json_t *row = json_object_get(r, "row"), *judged = json_object_get(row, "judged");
    const char *key = NULL;
    json_t *text = NULL;
    flow_print_row(c, row);
    if (json_is_object(judged))
        printf("%s: %s %s\n", cli_text(c, "Huyện", "District"),
               flow_word(c, hub_tool_str(judged, "verdict")), hub_tool_str(judged, "reason"));
    json_object_foreach(json_object_get(r, "narrative"), key, text)
    {
        const char *s = json_string_value(text);
        if (s != NULL && s[0] != '\0') printf("%s: %s\n", key, s);
    }
    flow_print_names(c, r);
    printf("%s\n",
           cli_text(c, "Số liệu: đã nộp / của trung tâm", "Figures: submitted / the hub's"));
    flow_print_figures(c, json_object_get(r, "figures"));
}

enum err hub_tool_report_step(struct cli *c, void *ctx)
{
    static const struct {
        const char *word, *verb;
        hub_tool_print_fn *print;
    } steps[] = {{"show", "report_show", flow_print_show},
                 {"accept", "report_accept", flow_print_judged},
                 {"return", "report_return", flow_print_judged}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (strcmp(c->args[0], steps[i].word) != 0) continue;
        json_t *q = flow_request(c, steps[i].verb);
        hub_tool_copy(c, q, "reason", "reason");
        hub_tool_copy(c, q, "of", "version");
        return hub_tool_show(c, ctx, q, steps[i].print);
    }
    return cli_fail(c, ERR_USAGE, "Chỉ có: report, report show, report accept, report return.",
                    "There are: report, report show, report accept, report return.");
}

/* ---- supplement and reopening ---- */

static void flow_print_cell(const struct cli *c, const json_t *cell)
{
    const json_t *a = json_object_get(cell, "a"), *b = json_object_get(cell, "b");
    const json_t *any = json_is_object(b) ? b : a;
    printf("%s %s %s: ", hub_tool_str(any, "indicator"), hub_tool_str(any, "value"),
           hub_tool_str(any, "unit"));
    hub_tool_figure(c, a);
    printf(" -> ");
    hub_tool_figure(c, b);
    printf("\n");
    const json_t *causes = json_object_get(cell, "causes");
    for (size_t i = 0; i < json_array_size(causes); i++)
        printf("    %s %s\n", cli_text(c, "vì", "because"),
               hub_tool_cause(c, json_string_value(json_array_get(causes, i))));
}

static void flow_print_supplement(const struct cli *c, const json_t *r)
{
    const json_t *cells = json_object_get(r, "cells"), *issue = json_object_get(r, "issue");
    for (size_t i = 0; i < json_array_size(cells); i++)
        flow_print_cell(c, json_array_get(cells, i));
    printf(
        cli_text(c, "%lld số liệu khác bản số %lld.\n", "%lld figures differ from issue %lld.\n"),
        (long long)json_integer_value(json_object_get(r, "differing")),
        (long long)json_integer_value(json_object_get(r, "of")));
    if (json_is_object(issue))
        printf(cli_text(c, "Đã ban hành báo cáo bổ sung: bản số %lld (mã %lld).\n",
                        "The supplement is issued: issue %lld (id %lld).\n"),
               (long long)json_integer_value(json_object_get(issue, "number")),
               (long long)json_integer_value(json_object_get(issue, "id")));
}

enum err hub_tool_supplement(struct cli *c, void *ctx)
{
    json_t *q = flow_request(c, "supplement");
    if (cli_has(c, "preview")) json_object_set_new(q, "preview", json_true());
    hub_tool_copy(c, q, "names-seen", "names_seen");
    return hub_tool_show(c, ctx, q, flow_print_supplement);
}

enum err hub_tool_draft(struct cli *c, struct hub_tool *t, json_t *request, const char *told)
{
    json_t *r = NULL;
    const char *out = cli_opt(c, "out");
    enum err e = hub_tool_ask(c, t, request, &r);
    if (e != ERR_OK) return e;
    if (cli_has(c, "key")) {
        e = hub_tool_propose(c, t, r);
        json_decref(r);
        return e;
    }
    const char *order = json_string_value(json_object_get(r, "order"));
    if (c->json) cli_print_json(r);
    if (out != NULL) e = file_write_atomic(out, bytes_str(order), 0600);
    if (out == NULL && !c->json) printf("%s\n", order);
    json_decref(r);
    if (e != ERR_OK) return cli_fail(c, e, "Không ghi được tệp.", "The file cannot be written.");
    if (!c->json)
        fprintf(
            stderr, "%s %s\n", told,
            cli_text(
                c,
                "Ghi lệnh vào tệp rồi `order propose TỆP --key`, người thứ hai `order approve LỆNH "
                "--key`.",
                "Write the order to a file, then `order propose FILE --key`, and a second officer "
                "`order approve ORDER --key`."));
    return ERR_OK;
}

enum err hub_tool_reopen(struct cli *c, void *ctx)
{
    json_t *q = flow_request(c, "reopen");
    hub_tool_copy(c, q, "reason", "reason");
    return hub_tool_draft(
        c, ctx, q,
        cli_text(c, "Mới soạn lệnh, kỳ vẫn chốt (xem docs/workflow.md).",
                 "Only drafted: the period is still closed (see docs/workflow.md)."));
}

/* ---- owing, calendar ---- */

static void flow_print_owes(const struct cli *c, const json_t *r)
{
    const json_t *units = json_object_get(r, "units"), *d = json_object_get(r, "district");
    for (size_t i = 0; i < json_array_size(units); i++) {
        const json_t *u = json_array_get(units, i);
        printf(cli_text(c,
                        "%s: quá hạn %lld, sắp đến hạn %lld, bị trả lại %lld, đính chính chờ trả "
                        "lời %lld\n",
                        "%s: overdue %lld, due soon %lld, returned %lld, corrections to answer "
                        "%lld\n"),
               hub_tool_str(u, "name"),
               (long long)json_integer_value(json_object_get(u, "overdue")),
               (long long)json_integer_value(json_object_get(u, "soon")),
               (long long)json_integer_value(json_object_get(u, "returned")),
               (long long)json_integer_value(json_object_get(u, "corrections")));
        flow_print_rows(c, json_object_get(u, "rows"));
    }
    printf("%s\n", cli_text(c, "Huyện cần xem xét:", "The district has to judge:"));
    flow_print_rows(c, json_object_get(d, "to_judge"));
    if (json_is_true(json_object_get(r, "cut")))
        printf(cli_text(c,
                        "Không liệt kê báo cáo đến hạn trước %s; xem chúng bằng `reports --from "
                        "NGÀY --to NGÀY`.\n",
                        "Reports due before %s are not listed; `reports --from DAY --to DAY` shows "
                        "them.\n"),
               hub_tool_str(r, "from"));
}

enum err hub_tool_owes(struct cli *c, void *ctx)
{
    json_t *q = flow_request(c, "owes");
    hub_tool_copy(c, q, "on", "on");
    return hub_tool_show(c, ctx, q, flow_print_owes);
}

void hub_print_doubts(const struct cli *c, const json_t *doubts)
{
    const json_t *units = json_object_get(doubts, "units");
    json_int_t n = json_integer_value(json_object_get(doubts, "records"));
    if (n == 0) return;
    printf(cli_text(c, "Hồ sơ đáng ngờ (ngày, tuổi, hoặc nhắc tới hồ sơ đã xóa, không có): %lld\n",
                    "Doubtful records (days, ages, or they name what was deleted or is not here): "
                    "%lld\n"),
           (long long)n);
    for (size_t i = 0; i < json_array_size(units); i++) {
        const json_t *u = json_array_get(units, i);
        printf("  %s %s: %lld\n", hub_tool_str(u, "unit"), hub_tool_str(u, "name"),
               (long long)json_integer_value(json_object_get(u, "records")));
    }
}

static void flow_print_doubts(const struct cli *c, const json_t *r)
{
    const json_t *rows = json_object_get(r, "rows");
    hub_print_doubts(c, r);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *d = json_array_get(rows, i);
        printf("%s %s %s.%s: %s\n", hub_tool_str(d, "unit"), hub_tool_str(d, "id"),
               hub_tool_str(d, "type"), hub_tool_str(d, "field"),
               hub_tool_str(d, c->en ? "en" : "vi"));
    }
    if (json_array_size(rows) == 0)
        printf("%s\n", cli_text(c, "Không có hồ sơ nào đáng ngờ.", "No record is in doubt."));
    if (json_is_true(json_object_get(r, "more")))
        printf("%s\n", cli_text(c, "Còn nữa: hãy chọn một đơn vị (--unit).",
                                "There are more: choose a unit (--unit)."));
}

enum err hub_tool_doubts(struct cli *c, void *ctx)
{
    return hub_tool_show(c, ctx, flow_request(c, "doubts"), flow_print_doubts);
}

enum err hub_tool_calendar(struct cli *c, void *ctx)
{
    struct hub_tool *t = ctx;
    json_t *r = NULL, *q = flow_request(c, "calendar");
    const char *out = cli_opt(c, "out");
    hub_tool_copy(c, q, "from", "from");
    hub_tool_copy(c, q, "to", "to");
    enum err e = hub_tool_ask(c, t, q, &r);
    if (e != ERR_OK) return e;
    if (cases_print_failed(c, r, stderr) > 0) t->exit = HUB_TOOL_WARNINGS;
    if (c->json) {
        cli_print_json(r);
    } else if (out != NULL) {
        e = file_write_atomic(out, bytes_str(hub_tool_str(r, "ics")), 0644);
    } else {
        fputs(hub_tool_str(r, "ics"), stdout);
    }
    json_decref(r);
    return e == ERR_OK ? e : cli_fail(c, e, "Không ghi được tệp.", "The file cannot be written.");
}

/* ---- asking and correcting ---- */

static void flow_print_id(const struct cli *c, const json_t *r)
{
    printf("%s: %s\n", cli_text(c, "Đã gửi xuống xã", "Sent to the commune"),
           hub_tool_str(r, "id"));
}

enum err hub_tool_ask_report(struct cli *c, void *ctx)
{
    json_t *q = flow_request(c, "ask");
    hub_tool_copy(c, q, "due", "due");
    hub_tool_copy(c, q, "text", "text");
    return hub_tool_show(c, ctx, q, flow_print_id);
}

enum err hub_tool_correct(struct cli *c, void *ctx)
{
    static const char *const options[] = {"indicator", "value", "record",
                                          "before",    "after", "reason"};
    json_t *q = flow_request(c, "correct");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        hub_tool_copy(c, q, options[i], options[i]);
    return hub_tool_show(c, ctx, q, flow_print_id);
}

static void flow_print_corrections(const struct cli *c, const json_t *r)
{
    const json_t *rows = json_object_get(r, "corrections");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *v = json_array_get(rows, i);
        printf("%s %s %s %s %s: %s -> %s (%s", hub_tool_str(v, "id"), hub_tool_str(v, "unit"),
               hub_tool_str(v, "report"), hub_tool_str(v, "period"), hub_tool_str(v, "indicator"),
               hub_tool_str(v, "before"), hub_tool_str(v, "after"),
               flow_word(c, hub_tool_str(v, "state")));
        const json_t *figure = json_object_get(v, "figure");
        if (json_is_integer(figure))
            printf(cli_text(c, ": theo hồ sơ nay là %lld", ": %lld by the records now"),
                   (long long)json_integer_value(figure));
        else if (json_is_null(figure))
            printf("%s", cli_text(c, ": theo hồ sơ nay không có số nào",
                                  ": no figure by the records now"));
        printf("): %s\n", hub_tool_str(v, "reason"));
    }
}

enum err hub_tool_corrections(struct cli *c, void *ctx)
{
    json_t *q = flow_request(c, "corrections");
    if (cli_has(c, "open")) json_object_set_new(q, "open", json_true());
    return hub_tool_show(c, ctx, q, flow_print_corrections);
}

static void flow_print_triggers(const struct cli *c, const json_t *r)
{
    const json_t *rows = json_object_get(r, "triggers");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *v = json_array_get(rows, i);
        printf("%lld %s: %s (%lld)\n", (long long)json_integer_value(json_object_get(v, "rule")),
               hub_tool_str(v, "name"), hub_tool_str(v, c->en ? "en" : "vi"),
               (long long)json_integer_value(json_object_get(v, "count")));
    }
}

enum err hub_tool_triggers(struct cli *c, void *ctx)
{
    json_t *q = hub_tool_request(c, "triggers");
    hub_tool_copy(c, q, "unit", "unit");
    hub_tool_copy(c, q, "on", "on");
    return hub_tool_show(c, ctx, q, flow_print_triggers);
}
