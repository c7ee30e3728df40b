/* The verbs `user` and `first-code`: logins of the hub's desk. */
#include "hub/tool.h"

#include "hub/desk.h"
#include "proto/key.h"
#include "proto/login.h"

#include <stdio.h>

static void hub_print_users(const struct cli *c, const json_t *r)
{
    static const char *const heads_vi[] = {"Tên", "Vai trò", "Mã xác thực", "Trạng thái"};
    static const char *const heads_en[] = {"Name", "Role", "Authenticator", "State"};
    const json_t *users = json_object_get(r, "users");
    const size_t n = json_array_size(users);
    struct buf out;
    const char *cells[4 * 200];
    buf_init(&out, 1024 * 1024);
    for (size_t i = 0; i < n && i < 200; i++) {
        const json_t *u = json_array_get(users, i);
        bool off = json_is_true(json_object_get(u, "disabled"));
        bool once = json_is_true(json_object_get(u, "once"));
        cells[4 * i] = json_string_value(json_object_get(u, "name"));
        cells[4 * i + 1] = json_string_value(json_object_get(u, "role"));
        cells[4 * i + 2] = json_is_true(json_object_get(u, "authenticator"))
                               ? cli_text(c, "có", "yes")
                               : cli_text(c, "chưa", "not yet");
        cells[4 * i + 3] = off    ? cli_text(c, "đã khóa", "disabled")
                           : once ? cli_text(c, "mật khẩu một lần", "one-time password")
                                  : "";
    }
    cli_table(&out, c->en ? heads_en : heads_vi, 4, cells, n < 200 ? n : 200);
    printf("%s", buf_cstr(&out));
    buf_free(&out);
}

static void hub_print_user(const struct cli *c, const json_t *r)
{
    const char *password = json_string_value(json_object_get(r, "password"));
    const char *name = json_string_value(json_object_get(r, "name"));
    if (password == NULL) {
        printf("%s: %s\n", name != NULL ? name : "", cli_text(c, "đã ghi.", "done."));
        return;
    }
    printf("%s\n", password);
    fprintf(
        stderr, "%s\n",
        cli_text(c,
                 "Mật khẩu một lần, chỉ hiện lần này: hãy đọc cho người dùng. Lần đăng nhập đầu "
                 "phải đổi.",
                 "A one-time password, shown only now: tell it to the user, who must change it "
                 "at the first login."));
}

enum err hub_tool_user(struct cli *c, void *ctx)
{
    json_t *q = hub_tool_request(c, "user");
    bool list = strcmp(c->args[0], "list") == 0;
    json_object_set_new(q, "action", json_string(c->args[0]));
    if (c->arg_count > 1) json_object_set_new(q, "name", json_string(c->args[1]));
    hub_tool_copy(c, q, "role", "role");
    return hub_tool_show(c, ctx, q, list ? hub_print_users : hub_print_user);
}

/* The file is there while the hub runs and nobody can log in. */
enum err hub_tool_first_code(struct cli *c, void *ctx)
{
    char path[FILE_PATH_BYTES_MAX];
    struct buf text;
    (void)ctx;
    buf_init(&text, LOGIN_ONCE_ROOM + 1);
    enum err e = hub_app_path(c->data_dir, HUB_FIRST_FILE, path);
    if (e == ERR_OK) e = file_read_private(path, LOGIN_ONCE_ROOM + 1, &text);
    if (e == ERR_OK) printf("%s", buf_cstr(&text));
    if (e == ERR_NOT_FOUND)
        e = cli_fail(c, e,
                     "Không có mã: trung tâm chưa chạy, hoặc đã có người dùng. Quên mật khẩu thì "
                     "dùng `dongbo-hub user passwd TÊN`.",
                     "There is no code: the hub does not run, or there are users already. For a "
                     "forgotten password use `dongbo-hub user passwd NAME`.");
    key_wipe_buf(&text);
    return e;
}
