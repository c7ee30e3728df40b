#include "common/io/cases_print.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CASES_PRINT_BYTES_MAX = 4 * 1024 * 1024,
    CASES_COLUMNS = 6,
    CASES_CELL = 24,
    POINTS_ROOM = 32
};

static const char *cases_text(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s != NULL ? s : "";
}

static const char *cases_label(const struct cli *c, const json_t *o, const char *vi, const char *en)
{
    return cases_text(o, c->en ? en : vi);
}

/* The label of the code under `key`; the code itself where the catalogue has none. */
static const char *cases_choice(const struct cli *c, const json_t *o, const char *key)
{
    char labelled[64];
    snprintf(labelled, sizeof labelled, "%s_%s", key, c->en ? "en" : "vi");
    const char *label = cases_text(o, labelled);
    return label[0] != '\0' ? label : cases_text(o, key);
}

static const char *cases_state(const struct cli *c, const char *state)
{
    static const char *const words[][3] = {
        {"overdue", "QUÁ HẠN", "OVERDUE"},
        {"soon", "sắp đến hạn", "soon"},
        {"running", "còn hạn", "running"},
        {"undated", "chưa có hạn", "no day set"},
        {"done", "xong đúng hạn", "done in time"},
        {"done_late", "xong trễ", "done late"},
        {"done_unknown", "xong, không rõ đúng hạn hay trễ", "done, in time or late is not known"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i][0], state) == 0) return cli_text(c, words[i][1], words[i][2]);
    return state;
}

static void cases_table(const struct cli *c, const json_t *rows)
{
    const char *const heads[CASES_COLUMNS] = {cli_text(c, "Tình trạng", "State"),
                                              cli_text(c, "Hạn", "Due"),
                                              cli_text(c, "Còn (ngày)", "Days left"),
                                              cli_text(c, "Đơn vị", "Unit"),
                                              cli_text(c, "Việc", "What"),
                                              cli_text(c, "Hồ sơ", "Record")};
    size_t n = json_array_size(rows);
    const char **cells = calloc(n * CASES_COLUMNS + 1, sizeof *cells);
    char(*left)[CASES_CELL] = calloc(n + 1, sizeof *left);
    struct buf out;
    buf_init(&out, CASES_PRINT_BYTES_MAX);
    for (size_t i = 0; cells != NULL && left != NULL && i < n; i++) {
        const json_t *r = json_array_get(rows, i), *days = json_object_get(r, "left");
        const char **row = cells + i * CASES_COLUMNS;
        if (json_is_integer(days))
            snprintf(left[i], CASES_CELL, "%lld%s", (long long)json_integer_value(days),
                     json_is_true(json_object_get(r, "guessed")) ? "?" : "");
        row[0] = cases_state(c, cases_text(r, "state"));
        row[1] = cases_text(r, "due");
        row[2] = left[i];
        row[3] = cases_text(r, "unit_name");
        row[4] = cases_label(c, r, "vi", "en");
        row[5] = cases_text(r, "record");
    }
    if (cells != NULL && left != NULL) {
        cli_table(&out, heads, CASES_COLUMNS, cells, n);
        fputs(buf_cstr(&out), stdout);
    }
    buf_free(&out);
    free(left);
    free(cells);
}

static long long cases_count(const json_t *o, const char *key)
{
    return (long long)json_integer_value(json_object_get(o, key));
}

size_t cases_print_failed(const struct cli *c, const json_t *r, FILE *out)
{
    const json_t *failed = json_object_get(r, "failed");
    for (size_t i = 0; i < json_array_size(failed); i++) {
        const json_t *k = json_array_get(failed, i);
        fprintf(out, "%s %s: %s\n",
                cli_text(c, "Quy tắc trong danh mục không dùng được, ở đây thiếu phần của nó:",
                         "A rule of the catalogue does not work, what it says is missing here:"),
                cases_label(c, k, "vi", "en"), cases_text(k, "why"));
    }
    return json_array_size(failed);
}

void cases_print(const struct cli *c, const json_t *r)
{
    const json_t *counts = json_object_get(r, "counts"), *checks = json_object_get(r, "checks");
    cases_table(c, json_object_get(r, "rows"));
    cases_print_failed(c, r, stdout);
    for (size_t i = 0; i < json_array_size(checks); i++) {
        const json_t *k = json_array_get(checks, i);
        const char *target = cases_text(k, "target"); /* of a reference that leads nowhere */
        printf("%s %s: %s (%s%s%s)\n", cases_text(k, "check"), cases_text(k, "unit_name"),
               cases_label(c, k, "vi", "en"), cases_text(k, "record"),
               target[0] != '\0' ? " → " : "", target);
    }
    printf(
        cli_text(
            c,
            "%lld quá hạn, %lld sắp đến hạn, %lld còn hạn, %lld chưa có hạn; %lld chỗ không khớp\n",
            "%lld overdue, %lld soon, %lld running, %lld without a day; %lld do not add up\n"),
        cases_count(counts, "overdue"), cases_count(counts, "soon"), cases_count(counts, "running"),
        cases_count(counts, "undated"), cases_count(r, "wrong"));
}

void cases_print_referring(const struct cli *c, const json_t *r)
{
    long long n = cases_count(r, "referring");
    if (n > 0)
        printf(cli_text(c,
                        "! %lld hồ sơ khác vẫn nhắc tới hồ sơ này và vẫn được tính: xem `cases`; "
                        "xóa nhầm thì khôi phục (--restore).\n",
                        "! %lld other records still name this one and still count: see `cases`; if "
                        "it was a mistake, bring it back (--restore).\n"),
               n);
}

void cases_print_lost(const struct cli *c, const json_t *record)
{
    const char *field = NULL;
    json_t *why = NULL;
    json_object_foreach(json_object_get(record, "lost"), field, why)
    {
        bool deleted = strcmp(json_string_value(why), "deleted") == 0;
        printf("  ! %s: %s\n", field,
               deleted ? cli_text(c, "hồ sơ được nhắc tới đã bị xóa",
                                  "the record that it names was deleted")
                       : cli_text(c, "không có hồ sơ nào ở đây mang mã này",
                                  "no record with this id is here"));
    }
}

/* ---- budgets ---- */

/* 15.000.000, as people write it. */
static void cases_dong(const json_t *o, const char *key, char out[static 40])
{
    const json_t *v = json_object_get(o, key);
    char digits[24];
    if (!json_is_integer(v)) {
        snprintf(out, 40, "–");
        return;
    }
    snprintf(digits, sizeof digits, "%lld", (long long)json_integer_value(v));
    text_grouped(digits, out, 40);
}

static void cases_print_settlements(const struct cli *c, const json_t *list)
{
    char spent[40], returned[40];
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *s = json_array_get(list, i);
        cases_dong(s, "spent", spent);
        cases_dong(s, "returned", returned);
        printf(cli_text(c, "    quyết toán %s: %s, chi %s, nộp lại %s%s %s\n",
                        "    settlement %s: %s, spent %s, returned %s%s %s\n"),
               cases_text(s, "id"), cases_choice(c, s, "state"), spent, returned,
               cases_count(s, "late") != 0 ? cli_text(c, ", TRỄ HẠN", ", LATE") : "",
               cases_text(s, "return_reason"));
    }
}

void cases_print_budget(const struct cli *c, const json_t *r)
{
    const json_t *list = json_object_get(r, "estimates");
    char total[40], other[40];
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);
        cases_dong(e, "total", total);
        cases_dong(e, "lines", other);
        printf(cli_text(c, "%s dự toán %s: %s (các dòng: %s), %s\n",
                        "%s estimate %s: %s (lines: %s), %s\n"),
               cases_text(e, "unit"), cases_text(e, "id"), total, other,
               cases_choice(c, e, "state"));
    }
    list = json_object_get(r, "allocations");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *a = json_array_get(list, i);
        cases_dong(a, "amount", total);
        cases_dong(a, "lines_sum", other);
        printf(cli_text(c, "%s phân bổ %s: %s (các dòng: %s), hạn quyết toán %s\n",
                        "%s allocation %s: %s (lines: %s), settlement due %s\n"),
               cases_text(a, "unit"), cases_text(a, "id"), total, other,
               cases_text(a, "settle_due_on"));
        cases_print_settlements(c, json_object_get(a, "settlements"));
    }
}

/* ---- scores ---- */

static void cases_print_sheet(const struct cli *c, const json_t *s)
{
    const json_t *lines = json_object_get(s, "lines");
    printf("%s\n", cases_label(c, s, "label_vi", "label_en"));
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *l = json_array_get(lines, i);
        printf(cli_text(c, "%s %s: xã %s, huyện %s, tối đa %s",
                        "%s %s: commune %s, district %s, of %s"),
               cases_text(l, "code"), cases_label(c, l, "name_vi", "name_en"),
               cases_text(l, "self_score"), cases_text(l, "district_score"), cases_text(l, "most"));
        if (cases_text(l, "difference")[0] != '\0')
            printf(" (%s) %s", cases_text(l, "difference"), cases_text(l, "district_note"));
        if (cases_text(l, "figure")[0] != '\0')
            printf(" [%s = %s]", cases_text(l, "indicator"), cases_text(l, "figure"));
        printf("\n");
    }
    printf(cli_text(c, "Tổng: xã %s, huyện %s, tối đa %s; theo điểm: %s; phân loại: %s; %s\n",
                    "Total: commune %s, district %s, of %s; by points: %s; class: %s; %s\n"),
           cases_text(s, "self_sum"), cases_text(s, "district_sum"), cases_text(s, "most"),
           cases_choice(c, s, "class_by_points"), cases_choice(c, s, "result_class"),
           cases_choice(c, s, "state"));
    if (cases_text(s, "digest")[0] != '\0')
        printf(cli_text(c, "Mã băm bản công bố: %s\n", "Digest as published: %s\n"),
               cases_text(s, "digest"));
    if (json_is_false(json_object_get(s, "same")))
        printf("%s\n", cli_text(c, "Các dòng nay KHÁC bản đã công bố; bản công bố vẫn giữ nguyên.",
                                "The lines now DIFFER from what was published, which stays."));
}

void cases_print_score(const struct cli *c, const json_t *r)
{
    const json_t *sheets = json_object_get(r, "sheets");
    if (!json_is_array(sheets)) {
        cases_print_sheet(c, r);
        return;
    }
    for (size_t i = 0; i < json_array_size(sheets); i++) {
        const json_t *s = json_array_get(sheets, i);
        printf(cli_text(c, "%s %s %lld %s: %s, xã %s, huyện %s, %s\n",
                        "%s %s %lld %s: %s, commune %s, district %s, %s\n"),
               cases_text(s, "id"), cases_text(s, "unit"), cases_count(s, "year"),
               cases_text(s, "scheme"), cases_choice(c, s, "state"), cases_text(s, "self_total"),
               cases_text(s, "district_total"), cases_choice(c, s, "result_class"));
    }
}

enum err cases_points(struct cli *c, int skip, const char *note, json_t *out)
{
    for (int i = skip; i < c->arg_count; i++) {
        const char *eq = strchr(c->args[i], '=');
        char code[64];
        size_t n = eq != NULL ? (size_t)(eq - c->args[i]) : 0;
        if (n == 0 || n >= sizeof code || strlen(eq + 1) >= POINTS_ROOM)
            return cli_fail(c, ERR_USAGE, "Điểm ghi là MÃ=ĐIỂM, ví dụ D1=12.5; chưa ghi gì.",
                            "Scores are written CODE=POINTS, such as D1=12.5; nothing was saved.");
        memcpy(code, c->args[i], n);
        code[n] = '\0';
        char points[POINTS_ROOM];
        snprintf(points, sizeof points, "%s", eq + 1);
        char *comma = strchr(points, ',');
        if (comma != NULL) *comma = '.'; /* as it is written here: 12,5 */
        json_object_set_new(
            out, code, json_pack("{s:s, s:s}", "score", points, "note", note != NULL ? note : ""));
    }
    return ERR_OK;
}
