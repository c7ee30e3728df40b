/* Responses for people. */
#include "hub/tool.h"

#include "common/io/cases_print.h"
#include "hub/command.h"

#include <stdio.h>
#include <stdlib.h>

enum { HUB_PRINT_BYTES_MAX = 16 * 1024 * 1024, HUB_PRINT_NUMBER_ROOM = 32 };

static void hub_print_buf(struct buf *b)
{
    fputs(buf_cstr(b), stdout);
    buf_free(b);
}

/* A table out of an array of objects: one column per key. Numbers become text. */
static void hub_print_table(const json_t *rows, const char *const *headings,
                            const char *const *keys, size_t columns)
{
    size_t n = json_array_size(rows);
    struct buf b;
    const char **cells = calloc(n * columns + 1, sizeof *cells);
    char(*numbers)[HUB_PRINT_NUMBER_ROOM] = calloc(n * columns + 1, sizeof *numbers);
    if (cells != NULL && numbers != NULL) {
        for (size_t i = 0; i < n * columns; i++) {
            const json_t *v = json_object_get(json_array_get(rows, i / columns), keys[i % columns]);
            cells[i] = json_is_string(v) ? json_string_value(v) : "";
            if (!json_is_integer(v)) continue;
            snprintf(numbers[i], sizeof numbers[i], "%lld", (long long)json_integer_value(v));
            cells[i] = numbers[i];
        }
        buf_init(&b, HUB_PRINT_BYTES_MAX);
        cli_table(&b, headings, columns, cells, n);
        hub_print_buf(&b);
    }
    free(cells);
    free(numbers);
}

void hub_print_lines(const struct cli *c, const json_t *response)
{
    const char *key;
    json_t *v;
    struct buf b;
    (void)c;
    buf_init(&b, HUB_PRINT_BYTES_MAX);
    json_object_foreach((json_t *)(uintptr_t)response, key, v)
    {
        if (json_is_string(v)) buf_printf(&b, "  %s: %s\n", key, json_string_value(v));
        if (json_is_integer(v))
            buf_printf(&b, "  %s: %lld\n", key, (long long)json_integer_value(v));
        if (json_is_boolean(v)) buf_printf(&b, "  %s: %s\n", key, json_is_true(v) ? "1" : "0");
    }
    hub_print_buf(&b);
}

void hub_print_nodes(const struct cli *c, const json_t *response)
{
    const char *const headings[] = {cli_text(c, "Mã", "Code"),
                                    cli_text(c, "Đơn vị", "Unit"),
                                    cli_text(c, "Máy", "PC"),
                                    cli_text(c, "Liên lạc cuối", "Last contact"),
                                    cli_text(c, "Chờ gửi", "Waiting"),
                                    cli_text(c, "Đã nhận", "Delivered"),
                                    cli_text(c, "Lệch giờ (ms)", "Clock off (ms)"),
                                    cli_text(c, "Sáu từ", "Six words"),
                                    cli_text(c, "Mã máy", "Node"),
                                    cli_text(c, "Tình trạng", "State")};
    static const char *const keys[] = {"unit",      "unit_name",    "name",  "contact", "waiting",
                                       "delivered", "clock_off_ms", "words", "id",      "state"};
    hub_print_table(json_object_get(response, "nodes"), headings, keys, 10);
}

void hub_print_tokens(const struct cli *c, const json_t *response)
{
    const char *const headings[] = {cli_text(c, "Tên", "Name"), cli_text(c, "Cấp lúc", "Created"),
                                    cli_text(c, "Thu hồi lúc", "Revoked")};
    static const char *const keys[] = {"name", "created", "revoked"};
    hub_print_table(json_object_get(response, "tokens"), headings, keys, 3);
}

void hub_print_issues(const struct cli *c, const json_t *response)
{
    const char *const headings[] = {
        cli_text(c, "Mã", "Id"),        cli_text(c, "Báo cáo", "Report"),
        cli_text(c, "Đơn vị", "Unit"),  cli_text(c, "Kỳ", "Period"),
        cli_text(c, "Bản số", "Issue"), cli_text(c, "Chốt lúc", "Closed")};
    static const char *const keys[] = {"id", "report", "unit", "period", "number", "closed"};
    hub_print_table(json_object_get(response, "issues"), headings, keys, 6);
}

void hub_print_taken(const struct cli *c, const json_t *response)
{
    const char *const headings[] = {
        cli_text(c, "Mã", "Id"),         cli_text(c, "Tệp", "File"),
        cli_text(c, "Ai lấy", "By"),     cli_text(c, "Lần đầu", "First"),
        cli_text(c, "Lần cuối", "Last"), cli_text(c, "Số lần", "Times")};
    static const char *const keys[] = {"issue", "file", "who", "first", "last", "times"};
    hub_print_table(json_object_get(response, "taken"), headings, keys, 6);
}

void hub_print_list(const struct cli *c, const json_t *response)
{
    const char *const headings[] = {cli_text(c, "Mã hồ sơ", "Record"), cli_text(c, "Loại", "Type"),
                                    cli_text(c, "Đơn vị", "Unit"),
                                    cli_text(c, "Xung đột", "Conflicts"),
                                    cli_text(c, "Vị trí", "Position")};
    static const char *const keys[] = {"id", "type", "unit", "conflicts", "position"};
    hub_print_table(json_object_get(response, "rows"), headings, keys, 5);
    if (json_is_true(json_object_get(response, "more")))
        printf("%s\n", cli_text(c, "… còn nữa", "… and more"));
}

void hub_print_record(const struct cli *c, const json_t *response)
{
    hub_print_lines(c, response);
    printf("  --\n");
    hub_print_lines(c, json_object_get(response, "values"));
    cases_print_lost(c, response);
    const json_t *locks = json_object_get(response, "locks");
    for (size_t i = 0; i < json_array_size(locks); i++)
        printf("  ! %s: %s\n", json_string_value(json_array_get(locks, i)),
               cli_text(c, "khóa, danh sách nhập không ghi đè", "locked, no import overwrites it"));
}

void hub_print_saved(const struct cli *c, const json_t *response)
{
    bool saved = json_is_true(json_object_get(response, "saved"));
    printf(saved
               ? cli_text(c, "Đã ghi hồ sơ %s; các xã liên quan nhận khi đồng bộ.\n",
                          "Saved record %s; the communes concerned get it with their next sync.\n")
               : cli_text(c, "Hồ sơ %s: không có gì thay đổi.\n", "Record %s: nothing changed.\n"),
           hub_tool_str(response, "id"));
    cases_print_referring(c, response);
    const json_t *locked = json_object_get(response, "locked");
    for (size_t i = 0; i < json_array_size(locked); i++)
        printf(cli_text(c, "! %s đang khóa (danh sách nhập không ghi đè); bạn đã sửa tay.\n",
                        "! %s is locked (no import overwrites it); you edited it by hand.\n"),
               json_string_value(json_array_get(locked, i)));
}

void hub_print_status(const struct cli *c, const json_t *response)
{
    const json_t *warnings = json_object_get(response, "warnings");
    hub_print_lines(c, response);
    for (size_t i = 0; i < json_array_size(warnings); i++)
        printf("! %s\n", json_string_value(
                             json_object_get(json_array_get(warnings, i), c->en ? "en" : "vi")));
    if (json_integer_value(json_object_get(response, "conflicts")) > 0 ||
        json_integer_value(json_object_get(response, "pairs")) > 0)
        printf("%s\n", cli_text(c, "Có việc cần người quyết định: dongbo-hub conflicts",
                                "Somebody has to decide: dongbo-hub conflicts"));
    if (json_integer_value(json_object_get(response, "held")) > 0)
        printf("%s\n", cli_text(c, "Có thay đổi bị giữ lại: dongbo-hub held",
                                "Changes are held: dongbo-hub held"));
}

/* ---- conflicts ---- */

/* People's words: whatever a commune typed, no control character reaches the terminal. */
static void hub_print_value(struct buf *b, const json_t *v, const char *none)
{
    const char *const cell[] = {json_is_string(v) ? json_string_value(v) : none};
    const char *const heading[] = {""};
    struct buf one;
    buf_init(&one, HUB_PRINT_BYTES_MAX);
    cli_table(&one, heading, 1, cell, 1);
    const char *text = buf_cstr(&one);
    if (text[0] == '\n') text++; /* the empty heading's line */
    buf_add(b, text, strcspn(text, "\n"));
    buf_free(&one);
}

/* Of a deletion in conflict: what each side wants, and why; its value is a digest that tells people nothing. */
static void hub_print_existence(const struct cli *c, struct buf *b, const json_t *record,
                                const json_t *v)
{
    const char *why = hub_tool_str(record, c->en ? "reason_en" : "reason_vi");
    if (why[0] == '\0') why = hub_tool_str(record, "reason");
    if (why[0] == '\0') why = cli_text(c, "không ghi", "not given");
    if (json_is_string(v))
        buf_printf(b, cli_text(c, "xóa (lý do: %s)", "deleted (reason: %s)"), why);
    else
        buf_add_str(b, cli_text(c, "giữ lại", "kept"));
}

static void hub_print_head(const struct cli *c, struct buf *b, const json_t *record,
                           const json_t *f, const json_t *v)
{
    if (strcmp(hub_tool_str(f, "field"), HUB_FIELD_EXISTENCE) == 0)
        hub_print_existence(c, b, record, v);
    else
        hub_print_value(b, v, cli_text(c, "(trống)", "(empty)"));
}

static void hub_print_field(const struct cli *c, struct buf *b, const json_t *record,
                            const json_t *f)
{
    const json_t *heads = json_object_get(f, "heads");
    const json_t *base = json_object_get(f, "base");
    buf_printf(b, "  %s (%s)\n", hub_tool_str(f, "label"), hub_tool_str(f, "field"));
    if (json_is_object(base)) {
        buf_printf(b, "    %s: ", cli_text(c, "trước đó", "before"));
        hub_print_head(c, b, record, f, json_object_get(base, "value"));
        buf_add_str(b, "\n");
    }
    for (size_t i = 0; i < json_array_size(heads); i++) {
        const json_t *h = json_array_get(heads, i);
        buf_printf(b, "    %zu. ", i + 1);
        hub_print_head(c, b, record, f, json_object_get(h, "value"));
        buf_printf(b, "  – %s, %s, %s %s\n", hub_tool_str(h, "unit_name"), hub_tool_str(h, "at"),
                   cli_text(c, "người ghi", "by"), hub_tool_str(h, "person"));
    }
}

static void hub_print_records(const struct cli *c, const json_t *response)
{
    const json_t *rows = json_object_get(response, "conflicts");
    struct buf b;
    buf_init(&b, HUB_PRINT_BYTES_MAX);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *r = json_array_get(rows, i);
        const json_t *fields = json_object_get(r, "fields");
        buf_printf(&b, "%s %s, %s: ", hub_tool_str(r, "id"), hub_tool_str(r, "type"),
                   hub_tool_str(r, "unit_name"));
        hub_print_value(&b, json_object_get(r, "label"), "");
        buf_add_str(&b, "\n");
        for (size_t k = 0; k < json_array_size(fields); k++)
            hub_print_field(c, &b, r, json_array_get(fields, k));
    }
    hub_print_buf(&b);
}

static void hub_print_pairs(const struct cli *c, const json_t *pairs)
{
    struct buf b;
    buf_init(&b, HUB_PRINT_BYTES_MAX);
    for (size_t i = 0; i < json_array_size(pairs); i++) {
        const json_t *p = json_array_get(pairs, i);
        bool id = strcmp(hub_tool_str(p, "why"), "same_national_id") == 0;
        bool inside = json_is_true(json_object_get(p, "inside"));
        buf_printf(&b, "%s %s%s\n", hub_tool_str(p, "id"),
                   inside ? cli_text(c, "trùng trong xã, ", "double inside a commune, ") : "",
                   id ? cli_text(c, "cùng số định danh:", "same national id:")
                      : cli_text(c, "tên, ngày sinh và giới tính giống nhau:",
                                 "name, birth date and sex alike:"));
        for (int side = 0; side < 2; side++) {
            const json_t *who = json_object_get(p, side == 0 ? "person_a" : "person_b");
            buf_add_str(&b, "    ");
            hub_print_value(&b, json_object_get(who, "full_name"), "");
            buf_printf(&b, " (%s), %s\n", hub_tool_str(who, "dob"),
                       hub_tool_str(p, side == 0 ? "unit_a_name" : "unit_b_name"));
        }
    }
    hub_print_buf(&b);
}

void hub_print_conflict(const struct cli *c, const json_t *response)
{
    hub_print_records(c, response);
    hub_print_pairs(c, json_object_get(response, "pairs"));
}

void hub_print_conflicts(const struct cli *c, const json_t *response)
{
    size_t n = json_array_size(json_object_get(response, "conflicts"));
    printf(cli_text(c, "%zu hồ sơ có xung đột, %zu cặp có thể là một người.\n",
                    "%zu records in conflict, %zu pairs that may be one person.\n"),
           n, json_array_size(json_object_get(response, "pairs")));
    hub_print_conflict(c, response);
}

void hub_print_mistakes(const struct cli *c, const json_t *response)
{
    const json_t *list = json_object_get(response, "mistakes");
    if (c->json) {
        cli_print_json(response);
        return;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *m = json_array_get(list, i);
        fprintf(stderr, "%s:%lld%s%s: %s\n", hub_tool_str(m, "file"),
                (long long)json_integer_value(json_object_get(m, "row")),
                hub_tool_str(m, "column")[0] != '\0' ? ":" : "", hub_tool_str(m, "column"),
                hub_tool_str(m, c->en ? "en" : "vi"));
    }
}
