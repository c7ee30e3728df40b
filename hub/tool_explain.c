/* Verbs that show where figures come from. docs/explain.md. */
#include "hub/tool.h"

#include <stdio.h>
#include <stdlib.h>

static long long hub_number(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

/* An argument as the id of an issue. */
static enum err hub_tool_issue(struct cli *c, int i, json_t *request, const char *key)
{
    char *end = NULL;
    long long id = strtoll(c->args[i], &end, 10);
    if (end == c->args[i] || *end != '\0' || id <= 0)
        return cli_fail(c, ERR_USAGE, "Báo cáo ghi bằng mã số của nó (xem `issues`).",
                        "An issue is named by its id (see `issues`).");
    json_object_set_new(request, key, json_integer(id));
    return ERR_OK;
}

static void hub_print_of(const struct cli *c, const json_t *of)
{
    if (json_is_true(json_object_get(of, "preliminary")))
        printf(cli_text(c, "%s kỳ %s, đơn vị %s: số liệu chưa chốt, đến vị trí %lld\n",
                        "%s for %s, unit %s: preliminary figures, as of position %lld\n"),
               hub_tool_str(of, "report"), hub_tool_str(of, "period"), hub_tool_str(of, "unit"),
               hub_number(of, "position"));
    else
        printf(cli_text(c, "%s kỳ %s, đơn vị %s, bản số %lld, chốt %s tại vị trí %lld\n",
                        "%s for %s, unit %s, issue %lld, closed %s at position %lld\n"),
               hub_tool_str(of, "report"), hub_tool_str(of, "period"), hub_tool_str(of, "unit"),
               hub_number(of, "number"), hub_tool_str(of, "closed"), hub_number(of, "position"));
}

void hub_tool_figure(const struct cli *c, const json_t *cell)
{
    const char *state = hub_tool_str(cell, "state");
    if (json_is_null(cell)) {
        printf("%s", cli_text(c, "không có", "none"));
    } else if (strcmp(state, "nothing_sent") == 0) {
        printf("%s", cli_text(c, "chưa gửi", "nothing sent"));
    } else if (strcmp(state, "no_base") == 0) {
        printf("–");
    } else if (json_is_null(json_object_get(cell, "den"))) {
        printf("%lld", hub_number(cell, "num"));
    } else {
        const char *text = hub_tool_str(cell, "text");
        int whole = (int)strcspn(text, ".");
        const char *point = text[whole] == '\0' ? "" : cli_text(c, ",", ".");
        printf("%.*s%s%s%% (%lld/%lld)", whole, text, point,
               text[whole] == '\0' ? "" : text + whole + 1, hub_number(cell, "num"),
               hub_number(cell, "den"));
    }
}

static void hub_print_sets(const struct cli *c, const json_t *sets)
{
    for (size_t i = 0; i < json_array_size(sets); i++) {
        const json_t *s = json_array_get(sets, i);
        printf(cli_text(c, "      bản ghi %.16s… vị trí %lld, %s, người ghi %s, lúc %s%s\n",
                        "      change set %.16s… position %lld, %s, by %s, at %s%s\n"),
               hub_tool_str(s, "hash"), hub_number(s, "position"),
               json_is_true(json_object_get(s, "by_hub")) ? cli_text(c, "trung tâm", "hub")
                                                          : hub_tool_str(s, "unit"),
               hub_tool_str(s, "person"), hub_tool_str(s, "made"),
               json_is_true(json_object_get(s, "in_log"))
                   ? ""
                   : cli_text(c, " – KHÔNG còn trong nhật ký", " – NOT in the log any more"));
    }
}

static void hub_print_since(const struct cli *c, const char *since)
{
    if (strcmp(since, "changed") == 0)
        printf("%s", cli_text(c, "  (đã sửa sau đó)", "  (changed since)"));
    if (strcmp(since, "gone") == 0)
        printf("%s", cli_text(c, "  (đã xóa khỏi hệ thống)", "  (erased since)"));
}

static void hub_print_correction(const struct cli *c, const json_t *v)
{
    const json_t *before = json_object_get(v, "before"), *after = json_object_get(v, "after");
    printf(cli_text(c, "Đính chính %s của %s", "Correction %s of %s"), hub_tool_str(v, "id"),
           hub_tool_str(v, "unit"));
    if (json_is_string(before) && json_is_string(after))
        printf(cli_text(c, ": từ hồ sơ là %s, xã đã đồng ý là %s",
                        ": %s by the records, %s agreed by the commune"),
               json_string_value(before), json_string_value(after));
    printf("\n");
}

static void hub_print_explained(const struct cli *c, const json_t *r)
{
    const json_t *cell = json_object_get(r, "cell"), *rule = json_object_get(r, "rule");
    const json_t *records = json_object_get(r, "records");
    hub_print_of(c, json_object_get(r, "of"));
    printf("%s %s", hub_tool_str(rule, "indicator"),
           hub_tool_str(rule, c->en ? "label_en" : "label_vi"));
    if (!json_is_true(json_object_get(cell, "total")))
        printf(" [%s = %s]", hub_tool_str(cell, "by"), hub_tool_str(cell, "value"));
    printf(", %s: ", hub_tool_str(cell, "unit"));
    hub_tool_figure(c, cell);
    /* The SQL begins with a comment that says in words what it counts. */
    printf("\n\n%s %s\n", cli_text(c, "Cách tính:", "Rule:"),
           hub_tool_str(rule, c->en ? "measure_en" : "measure_vi"));
    printf(":t0 = %s, :t1 = %s\n%s\n\n", hub_tool_str(rule, "t0"), hub_tool_str(rule, "t1"),
           hub_tool_str(rule, "sql"));
    const json_t *corrections = json_object_get(r, "corrections");
    for (size_t i = 0; i < json_array_size(corrections); i++)
        hub_print_correction(c, json_array_get(corrections, i));
    printf(cli_text(c, "%lld hồ sơ đứng sau số này:\n", "%lld records are behind this figure:\n"),
           hub_number(cell, "record_count"));
    if (hub_number(r, "merged") > 0)
        printf(cli_text(c, "Đã loại trùng: %lld (người có ở nhiều xã, tính chung một lần)\n",
                        "Duplicates taken out: %lld (persons of several communes, counted once)\n"),
               hub_number(r, "merged"));
    if (json_is_false(json_object_get(r, "parts")))
        printf("%s", cli_text(c,
                              "Báo cáo chốt từ bản trước không giữ hồ sơ nào đạt, hồ sơ nào cộng "
                              "thêm bao nhiêu: không biết.\n",
                              "An issue of an older version did not keep which record met it or "
                              "how much each added: that is not known.\n"));
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *v = json_array_get(records, i);
        printf("  %s %s %s", hub_tool_str(v, "id"), hub_tool_str(v, c->en ? "type" : "type_vi"),
               hub_tool_str(v, "unit"));
        if (json_object_get(v, "does_vi") != NULL)
            printf("  %s", hub_tool_str(v, c->en ? "does_en" : "does_vi"));
        hub_print_since(c, hub_tool_str(v, "since"));
        printf("\n");
        hub_print_sets(c, json_object_get(v, "sets"));
    }
    if (hub_number(r, "rest_den") != 0)
        printf(cli_text(c, "  … trong mẫu số còn %lld không có hồ sơ nào\n",
                        "  … the denominator has %lld more without any record\n"),
               hub_number(r, "rest_den"));
    if (json_is_true(json_object_get(r, "more")))
        printf(cli_text(c, "  … còn nữa: --after %lld\n", "  … there is more: --after %lld\n"),
               hub_number(r, "next"));
}

enum err hub_tool_explain(struct cli *c, void *ctx)
{
    json_int_t after = 0, max = 0;
    bool live = cli_opt(c, "report") != NULL;
    if (c->arg_count != (live ? 1 : 2))
        return cli_fail(
            c, ERR_USAGE,
            "Viết: explain MÃ_BÁO_CÁO Ô, hoặc explain Ô --report RP04 --period 2023-6M.",
            "Write: explain ISSUE CELL, or explain CELL --report RP04 --period 2023-6M.");
    enum err e = hub_tool_number(c, "after", 0, &after);
    if (e == ERR_OK) e = hub_tool_number(c, "max", 0, &max);
    if (e != ERR_OK) return e;
    json_t *q = hub_tool_request(c, "explain");
    if (!live) e = hub_tool_issue(c, 0, q, "issue");
    if (e != ERR_OK) {
        json_decref(q);
        return e;
    }
    hub_tool_copy(c, q, "report", "report");
    hub_tool_copy(c, q, "period", "period");
    hub_tool_copy(c, q, "unit", "report_unit");
    json_object_set_new(q, "cell", json_string(c->args[live ? 0 : 1]));
    json_object_set_new(q, "after", json_integer(after));
    json_object_set_new(q, "max", json_integer(max));
    return hub_tool_show(c, ctx, q, hub_print_explained);
}

/* ---- diff ---- */

const char *hub_tool_cause(const struct cli *c, const char *word)
{
    static const struct {
        const char *word, *vi, *en;
    } said[] = {
        {"rule", "cách tính của chỉ tiêu đã đổi", "the indicator's rule changed"},
        {"window", "khoảng ngày số liệu khác nhau", "the data windows differ"},
        {"new_cell", "ô mới", "a new cell"},
        {"no_cell", "ô không còn", "the cell is no longer there"},
        {"sent", "đơn vị đã gửi / chưa gửi", "the unit had or had not sent anything"},
        {"corrected", "đính chính mà xã đã đồng ý", "a correction that the commune agreed to"},
        {"added", "hồ sơ thêm vào", "records that came in"},
        {"removed", "hồ sơ ra khỏi", "records that went out"},
        {"changed", "hồ sơ đã sửa", "records that changed"},
        {"related", "hồ sơ liên quan đã sửa", "something they refer to changed"},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (strcmp(said[i].word, word) == 0) return cli_text(c, said[i].vi, said[i].en);
    }
    return word;
}

static void hub_print_moved(const struct cli *c, const json_t *cell, const char *key)
{
    const json_t *list = json_object_get(cell, key), *records = json_object_get(list, "records");
    if (hub_number(list, "count") == 0) return;
    printf("  %s: %lld\n", hub_tool_cause(c, key), hub_number(list, "count"));
    const json_t *deleted = json_object_get(list, "deleted");
    for (size_t i = 0; i < json_array_size(deleted); i++) {
        const json_t *v = json_array_get(deleted, i);
        printf(cli_text(c, "    đã xóa – %s: %lld\n", "    deleted – %s: %lld\n"),
               hub_tool_str(v, c->en ? "label_en" : "label_vi"), hub_number(v, "count"));
    }
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *v = json_array_get(records, i);
        printf("    %s\n", hub_tool_str(v, "id"));
        hub_print_sets(c, json_object_get(v, "sets"));
    }
}

static void hub_print_diff_cell(const struct cli *c, const json_t *cell)
{
    static const char *const moved[] = {"added", "removed", "changed"};
    const json_t *a = json_object_get(cell, "a"), *b = json_object_get(cell, "b");
    const json_t *at = json_is_null(b) ? a : b, *causes = json_object_get(cell, "causes");
    printf("%s", hub_tool_str(at, "indicator"));
    if (!json_is_true(json_object_get(at, "total")))
        printf(" [%s = %s]", hub_tool_str(at, "by"), hub_tool_str(at, "value"));
    printf(", %s (%s): ", hub_tool_str(at, "unit"),
           hub_tool_str(cell, c->en ? "label_en" : "label_vi"));
    hub_tool_figure(c, a);
    printf(" → ");
    hub_tool_figure(c, b);
    printf("\n");
    for (size_t i = 0; i < json_array_size(causes); i++) {
        const char *word = json_string_value(json_array_get(causes, i));
        const json_t *list = json_object_get(cell, word);
        if (list == NULL) printf("  %s\n", hub_tool_cause(c, word));
    }
    for (size_t i = 0; i < sizeof moved / sizeof moved[0]; i++)
        hub_print_moved(c, cell, moved[i]);
}

static void hub_print_names(const char *what, const json_t *list, const char *key)
{
    if (json_array_size(list) == 0) return;
    printf("%s:", what);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        printf(" %s", key != NULL ? hub_tool_str(v, key) : json_string_value(v));
    }
    printf("\n");
}

static void hub_print_alone(const struct cli *c, const char *what, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        const char *by = hub_tool_str(v, "by");
        printf("%s: %lld. %s%s%s – %s\n", what, hub_number(v, "line"), hub_tool_str(v, "indicator"),
               by[0] != '\0' ? ":" : "", by, hub_tool_str(v, c->en ? "label_en" : "label_vi"));
    }
}

static void hub_print_diff(const struct cli *c, const json_t *r)
{
    const json_t *cells = json_object_get(r, "cells"), *targets = json_object_get(r, "targets");
    hub_print_of(c, json_object_get(r, "a"));
    hub_print_of(c, json_object_get(r, "b"));
    printf(cli_text(c, "%lld ô khác nhau, %lld ô như nhau\n",
                    "%lld cells differ, %lld are the same\n"),
           hub_number(r, "differing"), hub_number(r, "same"));
    hub_print_alone(c, cli_text(c, "Dòng chỉ bản trước có", "Line of the first alone"),
                    json_object_get(r, "lines_gone"));
    hub_print_alone(c, cli_text(c, "Dòng chỉ bản sau có", "Line of the second alone"),
                    json_object_get(r, "lines_new"));
    hub_print_names(cli_text(c, "Cách tính đã đổi", "Rules that changed"),
                    json_object_get(r, "rules"), "indicator");
    hub_print_names(cli_text(c, "Đơn vị mới", "New units"), json_object_get(r, "units_new"), NULL);
    hub_print_names(cli_text(c, "Đơn vị không còn", "Units no longer there"),
                    json_object_get(r, "units_gone"), NULL);
    if (json_array_size(targets) > 0)
        printf(cli_text(c, "%zu kết quả so với chỉ tiêu kế hoạch đã đổi\n",
                        "%zu comparisons with targets changed\n"),
               json_array_size(targets));
    for (size_t i = 0; i < json_array_size(cells); i++)
        hub_print_diff_cell(c, json_array_get(cells, i));
    if (json_is_true(json_object_get(r, "more")))
        printf("%s\n", cli_text(c, "… còn nữa", "… there is more"));
}

enum err hub_tool_diff(struct cli *c, void *ctx)
{
    json_t *q = hub_tool_request(c, "diff");
    enum err e = hub_tool_issue(c, 0, q, "a");
    if (e == ERR_OK && c->arg_count > 1) e = hub_tool_issue(c, 1, q, "b");
    if (e != ERR_OK) {
        json_decref(q);
        return e;
    }
    return hub_tool_show(c, ctx, q, hub_print_diff);
}

/* ---- proof ---- */

static void hub_print_proof(const struct cli *c, const json_t *r)
{
    printf(cli_text(c,
                    "Đã ghi bằng chứng cho đơn vị %s vào %s (%lld byte). Xã kiểm tra bằng: "
                    "dongbo-node verify-proof %s\n",
                    "The proof for unit %s is in %s (%lld bytes). The commune checks it with: "
                    "dongbo-node verify-proof %s\n"),
           hub_tool_str(r, "for"), hub_tool_str(r, "file"), hub_number(r, "bytes"),
           hub_tool_str(r, "file"));
}

/* The absolute path of a file that may not be there yet. */
static enum err hub_tool_path(const char *name, char out[static FILE_PATH_BYTES_MAX])
{
    char folder[FILE_PATH_BYTES_MAX], whole[FILE_PATH_BYTES_MAX];
    const char *slash = strrchr(name, '/');
    int n = slash == NULL   ? snprintf(folder, sizeof folder, ".")
            : slash == name ? snprintf(folder, sizeof folder, "/")
                            : snprintf(folder, sizeof folder, "%.*s", (int)(slash - name), name);
    if (n < 0 || (size_t)n >= sizeof folder) return ERR_TOO_LARGE;
    enum err e = file_absolute(folder, whole, sizeof whole);
    return e == ERR_OK
               ? file_join(whole, slash != NULL ? slash + 1 : name, out, FILE_PATH_BYTES_MAX)
               : e;
}

enum err hub_tool_proof(struct cli *c, void *ctx)
{
    char path[FILE_PATH_BYTES_MAX];
    json_int_t issue;
    const char *out = cli_opt(c, "out");
    enum err e = hub_tool_number(c, "issue", 0, &issue);
    if (e != ERR_OK) return e;
    if (out == NULL || issue == 0 || cli_opt(c, "unit") == NULL)
        return cli_fail(c, ERR_USAGE, "Cần --issue SỐ (xem `issues`), --unit MÃ và --out TỆP.",
                        "--issue N (see `issues`), --unit CODE and --out FILE are needed.");
    e = hub_tool_path(out, path);
    if (e != ERR_OK)
        return cli_fail(c, e, "Thư mục nơi ghi không có.", "The folder to write to is not there.");
    json_t *q = hub_tool_request(c, "proof");
    json_object_set_new(q, "issue", json_integer(issue));
    hub_tool_copy(c, q, "unit", "unit");
    json_object_set_new(q, "file", json_string(path));
    return hub_tool_show(c, ctx, q, hub_print_proof);
}

/* ---- consolidate ---- */

static void hub_print_consolidated(const struct cli *c, const json_t *r)
{
    printf(cli_text(c,
                    "Đã tổng hợp %s kỳ %s của %lld đơn vị: %lld tệp và chữ ký trong %s.\n"
                    "Số người là tổng, chưa loại trùng giữa các đơn vị.\n",
                    "%s for %s of %lld units: %lld files with signatures are in %s.\n"
                    "Persons known to several units count in each.\n"),
           hub_tool_str(r, "report"), hub_tool_str(r, "period"), hub_number(r, "units"),
           hub_number(r, "files"), hub_tool_str(r, "folder"));
}

enum err hub_tool_consolidate(struct cli *c, void *ctx)
{
    char path[FILE_PATH_BYTES_MAX];
    json_t *q = hub_tool_request(c, "consolidate"), *folders = json_array();
    const char *out = cli_opt(c, "out"), *keys = cli_opt(c, "keys");
    enum err e = out != NULL && keys != NULL ? ERR_OK : ERR_USAGE;
    for (int i = 0; e == ERR_OK && i < c->arg_count; i++) {
        e = file_absolute(c->args[i], path, sizeof path);
        if (e == ERR_OK) json_array_append_new(folders, json_string(path));
    }
    json_object_set_new(q, "folders", folders);
    if (e == ERR_OK) e = file_absolute(keys, path, sizeof path);
    if (e == ERR_OK) json_object_set_new(q, "keys", json_string(path));
    if (e == ERR_OK) e = file_full(out, path); /* made when there is something to put into it */
    if (e == ERR_OK) json_object_set_new(q, "out", json_string(path));
    if (e != ERR_OK) {
        json_decref(q);
        return cli_fail(c, e,
                        "Cần các thư mục xuất, --keys TỆP (khóa công khai được tin) và --out "
                        "THƯ_MỤC; có thư mục hoặc tệp không đọc được.",
                        "Needed: folders of exports, --keys FILE (accepted public keys) and --out "
                        "DIR; or one of them cannot be read.");
    }
    hub_tool_copy(c, q, "report", "report");
    hub_tool_copy(c, q, "period", "period");
    return hub_tool_show(c, ctx, q, hub_print_consolidated);
}
