/* Verbs about reports and corrections. docs/workflow.md. */
#include "node/tool.h"

#include "common/io/cases_print.h"
#include "common/io/file.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_COLUMNS = 5, REPORT_TABLE_BYTES = 1024 * 1024, REPORT_NUMBER_ROOM = 48 };

static void report_copy(const struct cli *c, json_t *q, const char *option)
{
    node_tool_copy(q, option, cli_opt(c, option));
}

static json_t *report_request(const struct cli *c, const char *verb)
{
    json_t *q = json_pack("{s:s}", "verb", verb);
    node_tool_person(c, q);
    return q;
}

/* Takes over `request`; *response is the caller's on ERR_OK. */
static enum err report_ask(struct cli *c, void *tool, json_t *request, json_t **response)
{
    enum err e = node_tool_ask(c, tool, request, NODE_TOOL_ASK_MS, response);
    json_decref(request);
    return e;
}

static void report_print_row(const struct cli *c, const json_t *r)
{
    const json_t *judged = json_object_get(r, "judged");
    const char *time = node_tool_str(r, c->en ? "time_en" : "time_vi");
    bool due = time[0] == '\0'; /* nothing came yet: the day until which it may */
    printf("%s %s: %s (%s%s)\n", node_tool_str(r, "report"), node_tool_str(r, "period"),
           node_tool_str(r, c->en ? "state_en" : "state_vi"),
           due ? cli_text(c, "hạn nộp ", "due ") : "", due ? node_tool_str(r, "due") : time);
    if (strcmp(node_tool_str(judged, "reason"), "") != 0)
        printf("  %s: %s\n", cli_text(c, "Huyện", "District"), node_tool_str(judged, "reason"));
}

static void report_print_list(const struct cli *c, const json_t *response)
{
    const json_t *rows = json_object_get(response, "rows");
    size_t n = json_array_size(rows);
    const char *const heads[REPORT_COLUMNS] = {
        cli_text(c, "Báo cáo", "Report"), cli_text(c, "Kỳ", "Period"),
        cli_text(c, "Hạn nộp", "Due"), cli_text(c, "Tình trạng", "State"),
        cli_text(c, "Thời hạn", "Time")};
    const char **cells = calloc(n * REPORT_COLUMNS + 1, sizeof *cells);
    struct buf out;
    bool guessed = false;
    if (cells == NULL) return;
    for (size_t i = 0; i < n; i++) {
        const json_t *r = json_array_get(rows, i);
        const char **row = cells + i * REPORT_COLUMNS;
        row[0] = node_tool_str(r, "report");
        row[1] = node_tool_str(r, "period");
        row[2] = node_tool_str(r, "due");
        row[3] = node_tool_str(r, c->en ? "state_en" : "state_vi");
        row[4] =
            json_is_true(json_object_get(r, "before"))
                ? cli_text(c, "hạn trước khi máy này được cài", "due before this PC was set up")
            : json_is_true(json_object_get(r, "overdue"))
                ? cli_text(c, "QUÁ HẠN, chưa nộp", "OVERDUE, not submitted")
                : node_tool_str(r, c->en ? "time_en" : "time_vi");
        guessed = guessed || json_is_true(json_object_get(r, "due_guessed"));
    }
    buf_init(&out, REPORT_TABLE_BYTES);
    cli_table(&out, heads, REPORT_COLUMNS, cells, n);
    fputs(buf_cstr(&out), stdout);
    if (guessed) cli_due_guessed(c);
    if (json_is_true(json_object_get(response, "cut")))
        printf(cli_text(c, "Không liệt kê báo cáo đến hạn trước %s (xem bằng --from NGÀY).\n",
                        "Reports due before %s are not listed (--from DAY shows them).\n"),
               node_tool_str(response, "from"));
    buf_free(&out);
    free(cells);
}

/* A figure as people write it: "72.000.000", "87,5". */
static const char *report_number(const struct cli *c, const json_t *f, const char *key,
                                 char out[static REPORT_NUMBER_ROOM])
{
    const char *plain = node_tool_str(f, key);
    if (c->en) return plain;
    text_grouped(plain, out, REPORT_NUMBER_ROOM);
    return out;
}

static void report_print_show(const struct cli *c, const json_t *r)
{
    const json_t *figures = json_object_get(r, "figures");
    char sent[REPORT_NUMBER_ROOM], now[REPORT_NUMBER_ROOM];
    const char *key = NULL;
    json_t *text = NULL;
    report_print_row(c, json_object_get(r, "row"));
    json_object_foreach(json_object_get(r, "narrative"), key, text)
    {
        const char *s = json_string_value(text);
        if (s != NULL && s[0] != '\0') printf("%s: %s\n", key, s);
    }
    printf("%s\n", cli_text(c, "Số liệu: đã nộp / hiện nay", "Figures: submitted / now"));
    for (size_t i = 0; i < json_array_size(figures); i++) {
        const json_t *f = json_array_get(figures, i);
        bool total = json_is_true(json_object_get(f, "total"));
        const char *name =
            total ? (c->en ? "label_en" : "label_vi") : (c->en ? "value_en" : "value_vi");
        printf("%s%3lld %s: %s / %s%s\n", total ? "" : "    ",
               (long long)json_integer_value(json_object_get(f, "line")), node_tool_str(f, name),
               report_number(c, f, "sent", sent), report_number(c, f, "hub", now),
               json_is_true(json_object_get(f, "differs")) ? "  <>" : "");
    }
    const json_t *moved = json_object_get(r, "moved");
    long long away = (long long)json_integer_value(json_object_get(moved, "away"));
    long long came = (long long)json_integer_value(json_object_get(moved, "came"));
    if (away + came > 0)
        printf(cli_text(
                   c,
                   "Từ đầu kỳ đã chuyển đi %lld hồ sơ, nhận về %lld: ở đây tính theo nơi đang giữ, "
                   "huyện tính theo nơi giữ vào cuối kỳ.\n",
                   "Since the period began %lld records moved away and %lld came: here they count "
                   "where they are now, at the district where they were when it ended.\n"),
               away, came);
}

/* FIELD=TEXT arguments behind the word. */
static enum err report_values(struct cli *c, json_t *q)
{
    json_t *values = json_object();
    json_object_set_new(q, "values", values);
    for (int i = 1; i < c->arg_count; i++) {
        const char *eq = strchr(c->args[i], '=');
        char name[64];
        size_t n = eq != NULL ? (size_t)(eq - c->args[i]) : 0;
        if (n == 0 || n >= sizeof name)
            return cli_fail(c, ERR_USAGE, "Mỗi đoạn viết là TRƯỜNG=CHỮ; chưa ghi gì.",
                            "Each text is written FIELD=TEXT; nothing was saved.");
        memcpy(name, c->args[i], n);
        name[n] = '\0';
        json_object_set_new(values, name, json_string(eq + 1));
    }
    return ERR_OK;
}

static const struct {
    const char *word, *verb;
    void (*print)(const struct cli *c, const json_t *response);
    bool writes; /* takes texts */
} report_steps[] = {
    {"list", "report_list", report_print_list, false},
    {"show", "report_show", report_print_show, false},
    {"draft", "report_draft", report_print_row, true},
    {"submit", "report_submit", report_print_row, false},
    {"withdraw", "report_withdraw", report_print_row, false},
    {"note", "report_note", report_print_row, true},
};

enum err node_tool_report(struct cli *c, void *ctx)
{
    for (size_t i = 0; i < sizeof report_steps / sizeof report_steps[0]; i++) {
        if (strcmp(c->args[0], report_steps[i].word) != 0) continue;
        static const char *const options[] = {"report", "period", "from", "to", "on"};
        if (c->arg_count > 1 && !report_steps[i].writes)
            return cli_fail(c, ERR_USAGE,
                            "Chỉ report draft và report note ghi chữ (TRƯỜNG=CHỮ); chưa làm gì.",
                            "Only report draft and report note take texts (FIELD=TEXT); nothing "
                            "was done.");
        json_t *q = report_request(c, report_steps[i].verb);
        for (size_t k = 0; k < sizeof options / sizeof options[0]; k++)
            report_copy(c, q, options[k]);
        enum err e = report_values(c, q);
        if (e != ERR_OK) {
            json_decref(q);
            return e;
        }
        return node_tool_show(c, ctx, q, report_steps[i].print);
    }
    return cli_fail(c, ERR_USAGE, "Chỉ có: report list, show, draft, submit, withdraw, note.",
                    "There are: report list, show, draft, submit, withdraw, note.");
}

enum err node_tool_calendar(struct cli *c, void *ctx)
{
    struct node_tool *t = ctx;
    json_t *r = NULL, *q = json_pack("{s:s}", "verb", "calendar");
    const char *out = cli_opt(c, "out");
    report_copy(c, q, "from");
    report_copy(c, q, "to");
    enum err e = report_ask(c, t, q, &r);
    if (e != ERR_OK) return e;
    if (cases_print_failed(c, r, stderr) > 0) t->exit = NODE_TOOL_WARNINGS;
    if (c->json)
        cli_print_json(r);
    else if (out != NULL)
        e = file_write_atomic(out, bytes_str(node_tool_str(r, "ics")), 0644);
    else
        fputs(node_tool_str(r, "ics"), stdout);
    json_decref(r);
    return e == ERR_OK ? e : cli_fail(c, e, "Không ghi được tệp.", "The file cannot be written.");
}

static const char *report_answer(const struct cli *c, const char *state)
{
    if (strcmp(state, "open") == 0) return cli_text(c, "chờ trả lời", "open");
    if (strcmp(state, "agreed") == 0) return cli_text(c, "đã đồng ý", "agreed");
    if (strcmp(state, "objected") == 0) return cli_text(c, "không đồng ý", "objected");
    return state;
}

static void report_print_overtaken(const struct cli *c, const json_t *v)
{
    const json_t *figure = json_object_get(v, "figure");
    if (figure == NULL) return;
    if (json_is_integer(figure))
        printf(cli_text(c, "  Hồ sơ trên máy này nay cho số %lld: ",
                        "  The records of this PC give %lld now: "),
               (long long)json_integer_value(figure));
    else
        printf("%s", cli_text(c, "  Hồ sơ trên máy này nay không cho số nào ở đó: ",
                              "  The records of this PC give no figure there now: "));
    printf("%s\n", cli_text(c,
                            "nếu đồng ý, trung tâm có thể không tính được; hãy báo trung tâm đính "
                            "chính lại.",
                            "agreed to, it may not count at the centre; ask the centre to correct "
                            "anew."));
}

static void report_print_corrections(const struct cli *c, const json_t *r)
{
    const json_t *rows = json_object_get(r, "corrections");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *v = json_array_get(rows, i);
        printf("%s %s %s %s: %s -> %s (%s): %s\n", node_tool_str(v, "id"),
               node_tool_str(v, "report"), node_tool_str(v, "period"),
               node_tool_str(v, "indicator"), node_tool_str(v, "before"), node_tool_str(v, "after"),
               report_answer(c, node_tool_str(v, "state")), node_tool_str(v, "reason"));
        report_print_overtaken(c, v);
    }
}

enum err node_tool_corrections(struct cli *c, void *ctx)
{
    return node_tool_show(c, ctx, json_pack("{s:s}", "verb", "corrections"),
                          report_print_corrections);
}

static void report_print_answered(const struct cli *c, const json_t *r)
{
    (void)r;
    printf("%s\n", cli_text(c, "Đã trả lời (lưu trên máy này).", "Answered (saved on this PC)."));
}

enum err node_tool_correction(struct cli *c, void *ctx)
{
    json_t *q = report_request(c, "correction_answer");
    node_tool_copy(q, "id", c->args[0]);
    node_tool_copy(q, "answer", c->args[1]);
    report_copy(c, q, "note");
    return node_tool_show(c, ctx, q, report_print_answered);
}
