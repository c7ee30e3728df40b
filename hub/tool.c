/* Asking the daemon or the own store, and the short verbs. */
#include "hub/tool.h"

#include "common/io/rpc.h"
#include "hub/command.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- asking ---- */

static enum err hub_tool_told(struct cli *c, const json_t *response)
{
    enum err e = hub_command_error_of(response);
    if (e == ERR_OK) return ERR_OK;
    const char *vi = json_string_value(json_object_get(response, "vi"));
    const char *en = json_string_value(json_object_get(response, "en"));
    const char *field = json_string_value(json_object_get(response, "field"));
    char with_vi[800], with_en[800];
    if (field == NULL || vi == NULL || en == NULL) return cli_fail(c, e, vi, en);
    bool asks = json_is_true(json_object_get(response, "confirm"));
    snprintf(with_vi, sizeof with_vi, "%.63s: %.620s%s", field, vi,
             asks ? " Chưa ghi gì; nếu đúng, làm lại lệnh với --confirm-dates." : "");
    snprintf(with_en, sizeof with_en, "%.63s: %.620s%s", field, en,
             asks ? " Nothing was saved; if it is, repeat the command with --confirm-dates." : "");
    return cli_fail(c, e, with_vi, with_en);
}

static enum err hub_tool_open(struct cli *c, struct hub_tool *t)
{
    if (t->app != NULL) return ERR_OK;
    enum err e = hub_app_open(c->data_dir, &t->app);
    switch ((int)e) {
    case ERR_OK: return ERR_OK;
    case ERR_NOT_READY: return hub_tool_not_ready(c);
    case ERR_LOCKED:
        return cli_fail(c, e,
                        "Tiến trình khác đang giữ thư mục dữ liệu và chưa trả lời; chưa làm gì. "
                        "Hãy đợi nó xong hoặc dừng nó rồi làm lại.",
                        "Another process holds the data folder and does not answer; nothing was "
                        "done. Wait for it or stop it, then try again.");
    case ERR_CONFIG:
        return cli_fail(
            c, e,
            "Cấu hình sai, hoặc tệp khóa cho người khác đọc được (cần quyền 0600): chạy "
            "`dongbo-hub check-config`. Chưa thay đổi gì.",
            "The config is wrong, or a key file can be read by others (it must be 0600): run "
            "`dongbo-hub check-config`. Nothing was changed.");
    default: return cli_fail(c, e, NULL, NULL);
    }
}

static enum err hub_tool_carry(struct cli *c, struct hub_tool *t, const json_t *request,
                               json_t **response)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e =
        t->app != NULL ? ERR_UNREACHABLE : hub_app_path(c->data_dir, HUB_CONTROL_SOCKET, path);
    if (e == ERR_OK) e = rpc_ask(path, request, HUB_TOOL_ASK_MS, response);
    if (e == ERR_OK) t->asked = true;
    if ((e == ERR_UNREACHABLE || e == ERR_CONFIG) && !t->asked) {
        e = hub_tool_open(c, t);
        if (e != ERR_OK) return e;
        *response = hub_command(t->app, request);
        return *response != NULL ? ERR_OK : cli_fail(c, ERR_NOMEM, NULL, NULL);
    }
    if (e == ERR_OK) return ERR_OK;
    return cli_fail(c, e,
                    "Tiến trình trung tâm không trả lời trọn vẹn. Có thể lệnh đã được thực hiện: "
                    "hãy xem `status` trước khi làm lại.",
                    "The hub's daemon did not answer in full. The command may have been carried "
                    "out: look at `status` before repeating it.");
}

enum err hub_tool_ask(struct cli *c, struct hub_tool *t, json_t *request, json_t **response)
{
    json_t *r = NULL;
    *response = NULL;
    if (request == NULL) return cli_fail(c, ERR_NOMEM, NULL, NULL);
    enum err e = hub_tool_carry(c, t, request, &r);
    json_decref(request);
    if (e != ERR_OK) return e;
    e = hub_tool_told(c, r);
    if (e != ERR_OK && json_object_get(r, "mistakes") == NULL) {
        json_decref(r);
        return e;
    }
    *response = r;
    return e;
}

void hub_tool_close(struct hub_tool *t)
{
    hub_app_close(t->app);
    t->app = NULL;
}

json_t *hub_tool_request(const struct cli *c, const char *verb)
{
    const char *person = NULL;
    for (size_t i = 0; i < c->verb->opt_count; i++) {
        if (strcmp(c->verb->opts[i].name, "person") == 0) person = c->values[i];
    }
    if (person == NULL) person = getenv("DONGBO_PERSON");
    json_t *q = json_pack("{s:s}", "verb", verb);
    if (q != NULL && person != NULL) json_object_set_new(q, "person", json_string(person));
    cli_account(q);
    return q;
}

void hub_tool_copy(const struct cli *c, json_t *request, const char *option, const char *key)
{
    const char *value = cli_opt(c, option);
    if (value != NULL) json_object_set_new(request, key, json_string(value));
}

const char *hub_tool_str(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s != NULL ? s : "";
}

enum err hub_tool_show(struct cli *c, struct hub_tool *t, json_t *request, hub_tool_print_fn *print)
{
    json_t *response = NULL;
    enum err e = hub_tool_ask(c, t, request, &response);
    if (e == ERR_OK && c->json) cli_print_json(response);
    if (e == ERR_OK && !c->json) print(c, response);
    json_decref(response);
    return e;
}

enum err hub_tool_number(struct cli *c, const char *option, json_int_t usual, json_int_t *out)
{
    const char *text = cli_opt(c, option);
    char *end = NULL;
    *out = usual;
    if (text == NULL) return ERR_OK;
    *out = strtoll(text, &end, 10);
    if (end != text && *end == '\0') return ERR_OK;
    return cli_fail(c, ERR_USAGE, "Giá trị của tùy chọn phải là số.",
                    "The option's value must be a number.");
}

/* ---- verbs ---- */

static void hub_print_invite(const struct cli *c, const json_t *r)
{
    printf("%s\n\n", json_string_value(json_object_get(r, "invitation")));
    printf(cli_text(c, "Giấy mời cho %s (%s), địa chỉ %s, dùng một lần, hết hạn %s.\n",
                    "Invitation for %s (%s), address %s, for one use, until %s.\n"),
           json_string_value(json_object_get(r, "name")),
           json_string_value(json_object_get(r, "unit")),
           json_string_value(json_object_get(r, "address")),
           json_string_value(json_object_get(r, "expires")));
    const char *warning =
        json_string_value(json_object_get(r, cli_text(c, "warning_vi", "warning_en")));
    if (warning != NULL) fprintf(stderr, "\n%s\n", warning);
}

enum err hub_tool_invite(struct cli *c, void *ctx)
{
    json_int_t days;
    enum err e = hub_tool_number(c, "days", HUB_COMMAND_INVITE_DAYS, &days);
    if (e != ERR_OK) return e;
    json_t *q = hub_tool_request(c, "invite");
    json_object_set_new(q, "days", json_integer(days));
    hub_tool_copy(c, q, "unit", "unit");
    hub_tool_copy(c, q, "address", "address");
    return hub_tool_show(c, ctx, q, hub_print_invite);
}

enum err hub_tool_nodes(struct cli *c, void *ctx)
{
    return hub_tool_show(c, ctx, hub_tool_request(c, "nodes"), hub_print_nodes);
}

enum err hub_tool_status(struct cli *c, void *ctx)
{
    struct hub_tool *t = ctx;
    json_t *response = NULL;
    enum err e = hub_tool_ask(c, t, hub_tool_request(c, "status"), &response);
    if (e != ERR_OK) return e;
    if (c->json)
        cli_print_json(response);
    else
        hub_print_status(c, response);
    json_decref(response);
    return ERR_OK;
}

static void hub_print_reset_code(const struct cli *c, const json_t *r)
{
    printf("%s\n", json_string_value(json_object_get(r, "code")));
    fprintf(stderr,
            cli_text(c,
                     "Cho %s, máy %s (%s). Chỉ đọc mã này khi biết chắc đang nói chuyện với đúng "
                     "người; dùng một lần.\n",
                     "For %s on %s (%s). Read it out only when you know whom you speak to; it is "
                     "good once.\n"),
            json_string_value(json_object_get(r, "name")),
            json_string_value(json_object_get(r, "pc")),
            json_string_value(json_object_get(r, "unit")));
}

enum err hub_tool_reset_code(struct cli *c, void *ctx)
{
    json_t *q = hub_tool_request(c, "reset_code");
    json_object_set_new(q, "node", json_string(c->args[0]));
    json_object_set_new(q, "name", json_string(c->args[1]));
    json_object_set_new(q, "challenge", json_string(c->args[2]));
    return hub_tool_show(c, ctx, q, hub_print_reset_code);
}

static void hub_print_token(const struct cli *c, const json_t *r)
{
    const char *token = json_string_value(json_object_get(r, "token"));
    if (token == NULL) {
        printf("%s\n", cli_text(c, "Đã thu hồi.", "Revoked."));
        return;
    }
    printf("%s\n", token);
    fprintf(stderr, "%s\n",
            cli_text(c, "Mã này chỉ hiện một lần và không được lưu: hãy giao ngay cho cấp tỉnh.",
                     "This token is shown once and not kept: hand it to the province now."));
}

enum err hub_tool_token(struct cli *c, void *ctx)
{
    json_t *q = hub_tool_request(c, "token");
    bool list = strcmp(c->args[0], "list") == 0;
    json_object_set_new(q, "action", json_string(c->args[0]));
    if (c->arg_count > 1) json_object_set_new(q, "name", json_string(c->args[1]));
    return hub_tool_show(c, ctx, q, list ? hub_print_tokens : hub_print_token);
}
