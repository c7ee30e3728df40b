/* Asking the daemon or the own store, and the verbs about records. */
#include "node/tool.h"
#include "common/io/cases_print.h"
#include "common/io/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- asking ---- */

static enum err node_tool_told(struct cli *c, const json_t *response)
{
    enum err e = node_command_error_of(response);
    if (e == ERR_OK) return ERR_OK;
    const char *vi = json_string_value(json_object_get(response, "vi"));
    const char *en = json_string_value(json_object_get(response, "en"));
    const char *field = json_string_value(json_object_get(response, "field"));
    char with_vi[900], with_en[900];
    if (field == NULL || vi == NULL || en == NULL) return cli_fail(c, e, vi, en);
    bool asks = json_is_true(json_object_get(response, "confirm"));
    snprintf(with_vi, sizeof with_vi, "%.63s: %.700s%s", field, vi,
             asks ? " Chưa ghi gì; nếu đúng, làm lại lệnh với --confirm-dates." : "");
    snprintf(with_en, sizeof with_en, "%.63s: %.700s%s", field, en,
             asks ? " Nothing was saved; if it is, repeat the command with --confirm-dates." : "");
    return cli_fail(c, e, with_vi, with_en);
}

static enum err node_tool_open(struct cli *c, struct node_tool *t)
{
    if (t->open) return ERR_OK;
    enum err e = node_home_open(c->data_dir, &t->home);
    t->open = e == ERR_OK;
    switch ((int)e) {
    case ERR_OK: return ERR_OK;
    case ERR_NOT_READY:
        return cli_fail(c, e, "Thư mục dữ liệu chưa khởi tạo: hãy chạy `dongbo-node init` trước.",
                        "The data folder is not initialised: run `dongbo-node init` first.");
    case ERR_LOCKED:
        return cli_fail(c, e,
                        "Tiến trình khác đang giữ thư mục dữ liệu và chưa trả lời; chưa làm gì. "
                        "Hãy đợi nó xong hoặc dừng nó rồi làm lại.",
                        "Another process holds the data folder and does not answer; nothing was "
                        "done. Wait for it or stop it, then try again.");
    case ERR_CONFIG:
        return cli_fail(c, e,
                        "Không mở: tệp khóa cho người khác đọc được (cần quyền 0600). Chưa thay "
                        "đổi gì.",
                        "Not opened: a key file can be read by others (it must be 0600). Nothing "
                        "was changed.");
    default: break;
    }
    json_t *said = node_command_fail(e);
    enum err told = node_tool_told(c, said);
    json_decref(said);
    return told;
}

enum err node_tool_ask(struct cli *c, struct node_tool *t, const json_t *request,
                       unsigned timeout_ms, json_t **response)
{
    char path[NODE_HOME_PATH_MAX];
    json_t *r = NULL;
    if (request == NULL) return cli_fail(c, ERR_NOMEM, NULL, NULL);
    enum err e = t->open ? ERR_UNREACHABLE : node_home_path(c->data_dir, "dongbo.sock", path);
    if (e == ERR_OK) e = rpc_ask(path, request, timeout_ms, &r);
    if (e == ERR_OK) t->asked = true;
    bool nobody = e == ERR_UNREACHABLE || e == ERR_CONFIG;
    if (nobody && !t->asked) {
        e = node_tool_open(c, t);
        if (e != ERR_OK) return e;
        r = node_command_run(&t->home.command, request);
        if (r == NULL) e = ERR_NOMEM;
    } else if (e != ERR_OK) {
        return cli_fail(c, e,
                        "Tiến trình nền không trả lời trọn vẹn. Có thể lệnh đã được thực hiện: hãy "
                        "xem `status` trước khi làm lại.",
                        "The daemon did not answer in full. The command may have been carried out: "
                        "look at `status` before repeating it.");
    }
    if (e != ERR_OK) return cli_fail(c, e, NULL, NULL);
    e = node_tool_told(c, r);
    if (e != ERR_OK) {
        json_decref(r);
        return e;
    }
    *response = r;
    return ERR_OK;
}

enum err node_tool_ask_file(struct cli *c, struct node_tool *t, const char *verb, json_t **response)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = file_absolute(c->args[0], path, sizeof path);
    if (e != ERR_OK) {
        char vi[FILE_PATH_BYTES_MAX + 64], en[FILE_PATH_BYTES_MAX + 64];
        snprintf(vi, sizeof vi, "Không có tệp %s, hoặc không được đọc.", c->args[0]);
        snprintf(en, sizeof en, "There is no file %s, or it may not be read.", c->args[0]);
        return cli_fail(c, e, vi, en);
    }
    json_t *request = json_pack("{s:s, s:s}", "verb", verb, "path", path);
    e = node_tool_ask(c, t, request, NODE_TOOL_ASK_MS, response);
    json_decref(request);
    return e;
}

void node_tool_close(struct node_tool *t)
{
    if (t->open) node_home_close(&t->home);
    t->open = false;
}

/* ---- verbs that ask and print ---- */

enum err node_tool_show(struct cli *c, struct node_tool *t, json_t *request,
                        node_tool_print_fn *print)
{
    json_t *response = NULL;
    enum err e = node_tool_ask(c, t, request, NODE_TOOL_ASK_MS, &response);
    json_decref(request);
    if (e != ERR_OK) return e;
    if (c->json) {
        cli_print_json(response);
    } else {
        print(c, response);
    }
    json_decref(response);
    return ERR_OK;
}

void node_tool_copy(json_t *request, const char *key, const char *value)
{
    if (value != NULL) json_object_set_new(request, key, json_string(value));
}

void node_tool_person(const struct cli *c, json_t *request)
{
    const char *person = cli_opt(c, "person");
    node_tool_copy(request, "person", person != NULL ? person : getenv("DONGBO_PERSON"));
}

const char *node_tool_str(const json_t *response, const char *key)
{
    const char *s = json_string_value(json_object_get(response, key));
    return s != NULL ? s : "";
}

/* FIELD=VALUE arguments as an object. */
static enum err node_tool_pairs(struct cli *c, json_t *out)
{
    for (int i = 0; i < c->arg_count; i++) {
        const char *eq = strchr(c->args[i], '=');
        char name[CATALOGUE_NAME_BYTES_MAX + 1];
        size_t n = eq != NULL ? (size_t)(eq - c->args[i]) : 0;
        json_t *value = eq != NULL ? json_string(eq + 1) : NULL;
        if (n == 0 || n >= sizeof name || value == NULL ||
            json_object_get(out, c->args[i]) != NULL) {
            json_decref(value);
            return cli_fail(c, ERR_USAGE,
                            "Mỗi giá trị viết là TRƯỜNG=GIÁ_TRỊ (chữ UTF-8); chưa ghi gì.",
                            "Each value is written FIELD=VALUE (UTF-8); nothing was saved.");
        }
        memcpy(name, c->args[i], n);
        name[n] = '\0';
        if (json_object_get(out, name) != NULL) {
            json_decref(value);
            return cli_fail(c, ERR_USAGE, "Một trường được ghi hai lần; chưa ghi gì.",
                            "A field is given twice; nothing was saved.");
        }
        json_object_set_new(out, name, value);
    }
    return ERR_OK;
}

static void node_tool_print_put(const struct cli *c, const json_t *r)
{
    const char *result = json_string_value(json_object_get(r, "result"));
    static const char *const words[][3] = {
        {"created", "Đã tạo và lưu trên máy này", "Created and saved on this PC"},
        {"edited", "Đã sửa và lưu trên máy này", "Edited and saved on this PC"},
        {"deleted", "Đã xóa (lưu trên máy này)", "Deleted (saved on this PC)"},
        {"unchanged", "Không có gì thay đổi", "Nothing changed"},
    };
    for (size_t i = 0; result != NULL && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(result, words[i][0]) != 0) continue;
        printf("%s: %s\n", cli_text(c, words[i][1], words[i][2]),
               json_string_value(json_object_get(r, "id")));
    }
    cases_print_referring(c, r);
    const json_t *alike = json_object_get(r, "alike");
    for (size_t i = 0; i < json_array_size(alike); i++)
        printf(cli_text(c,
                        "! Hồ sơ %s có cùng số định danh, hoặc cùng họ tên, ngày sinh và giới "
                        "tính. Nếu là một người, "
                        "hãy xóa một hồ sơ (--delete --reason duplicate).\n",
                        "! Record %s has the same identity number, or the same name, birth and "
                        "sex. If it is one "
                        "person, delete one of them (--delete --reason duplicate).\n"),
               json_string_value(json_array_get(alike, i)));
    const json_t *locked = json_object_get(r, "locked");
    for (size_t i = 0; i < json_array_size(locked); i++)
        printf(cli_text(c, "! %s đang khóa (danh sách nhập không ghi đè); bạn đã sửa tay.\n",
                        "! %s is locked (no import overwrites it); you edited it by hand.\n"),
               json_string_value(json_array_get(locked, i)));
}

enum err node_tool_put(struct cli *c, void *ctx)
{
    json_t *values = json_object();
    enum err e = node_tool_pairs(c, values);
    if (e != ERR_OK) {
        json_decref(values);
        return e;
    }
    json_t *request = json_pack("{s:s, s:o}", "verb", "put", "values", values);
    node_tool_copy(request, "type", cli_opt(c, "type"));
    node_tool_copy(request, "id", cli_opt(c, "id"));
    node_tool_copy(request, "base", cli_opt(c, "base"));
    node_tool_person(c, request);
    node_tool_copy(request, "reason", cli_opt(c, "reason"));
    json_object_set_new(request, "lock", cli_names(c, "lock"));
    json_object_set_new(request, "unlock", cli_names(c, "unlock"));
    if (cli_has(c, "confirm-dates")) json_object_set_new(request, "confirm_dates", json_true());
    if (cli_has(c, "delete")) node_tool_copy(request, "action", "delete");
    if (cli_has(c, "restore")) node_tool_copy(request, "action", "restore");
    return node_tool_show(c, ctx, request, node_tool_print_put);
}

/* A reading verb about one record, with who asks: the commune's access log has it. */
static json_t *node_tool_reading(const struct cli *c, const char *verb)
{
    json_t *q = json_pack("{s:s, s:s}", "verb", verb, "id", c->args[0]);
    cli_account(q);
    return q;
}

enum err node_tool_get(struct cli *c, void *ctx)
{
    return node_tool_show(c, ctx, node_tool_reading(c, "get"), node_tool_print_record);
}

enum err node_tool_history(struct cli *c, void *ctx)
{
    return node_tool_show(c, ctx, node_tool_reading(c, "history"), node_tool_print_history);
}

enum err node_tool_held(struct cli *c, void *ctx)
{
    return node_tool_show(c, ctx, json_pack("{s:s}", "verb", "held"), node_tool_print_held);
}

enum err node_tool_status(struct cli *c, void *ctx)
{
    return node_tool_show(c, ctx, json_pack("{s:s}", "verb", "status"), node_tool_print_status);
}

enum err node_tool_list(struct cli *c, void *ctx)
{
    const char *max = cli_opt(c, "max");
    char *end = NULL;
    long most = max != NULL ? strtol(max, &end, 10) : 0;
    if (max != NULL && (end == max || *end != '\0' || most < 1))
        return cli_fail(c, ERR_USAGE, "--max phải là số từ 1 trở lên.",
                        "--max must be a number, 1 or more.");
    json_t *where = json_object();
    enum err e = node_tool_pairs(c, where);
    if (e != ERR_OK) {
        json_decref(where);
        return e;
    }
    json_t *request = json_pack("{s:s}", "verb", "list");
    cli_account(request);
    if (json_object_size(where) > 0) json_object_set(request, "where", where);
    json_decref(where);
    node_tool_copy(request, "type", cli_opt(c, "type"));
    node_tool_copy(request, "after", cli_opt(c, "after"));
    if (max != NULL) json_object_set_new(request, "max", json_integer(most));
    json_object_set_new(request, "conflicts", json_boolean(cli_has(c, "conflicts")));
    json_object_set_new(request, "pending", json_boolean(cli_has(c, "pending")));
    json_object_set_new(request, "deleted", json_boolean(cli_has(c, "deleted")));
    return node_tool_show(c, ctx, request, node_tool_print_list);
}
