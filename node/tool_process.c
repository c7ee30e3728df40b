/* Verbs about the process: init, join, run, sync, check-config. */
#include "node/tool.h"
#include "common/io/clock.h"
#include "common/io/log_file.h"
#include "common/io/rpc.h"
#include "common/log.h"
#include "node/daemon.h"
#include "node/maintain.h"

#include <stdio.h>
#include <string.h>

enum err node_tool_init(struct cli *c, void *ctx)
{
    struct node_tool *t = ctx;
    const char *name = cli_opt(c, "name");
    if (name != NULL && !node_command_name_fits(name))
        return cli_fail(
            c, ERR_USAGE, "Tên máy quá dài (tối đa 200 byte) hoặc có dấu không nhìn thấy được.",
            "The PC's name is too long (at most 200 bytes) or holds signs that nobody sees.");
    enum err e = node_home_init(c->data_dir, name != NULL ? name : "", &t->home);
    t->open = e == ERR_OK;
    if (e == ERR_EXISTS)
        return cli_fail(c, e, "Thư mục này đã là của một máy xã; không thay đổi gì.",
                        "This folder belongs to a node already; nothing was changed.");
    if (e == ERR_DENIED)
        return cli_fail(c, e,
                        "Không có quyền ghi vào thư mục dữ liệu; hãy chọn thư mục khác (--data).",
                        "The data folder may not be written; choose another one (--data).");
    if (e != ERR_OK) return e;
    if (c->json) {
        json_t *j = json_pack("{s:s, s:s}", "result", "initialised", "data", c->data_dir);
        cli_print_json(j);
        json_decref(j);
        return ERR_OK;
    }
    printf("%s\n",
           cli_text(c, "Đã tạo thư mục dữ liệu và khóa. Tiếp theo: dongbo-node join LỜI_MỜI",
                    "Made the data folder and keys. Next: dongbo-node join INVITATION"));
    return ERR_OK;
}

/* ---- sync ---- */

static enum err node_tool_conf(struct cli *c, const char *path, struct conf **out)
{
    enum err e = node_home_conf(path, out);
    if (e != ERR_CONFIG) return e;
    const char *errors = conf_errors(*out);
    e = cli_fail(c, e, errors, errors);
    conf_free(*out);
    *out = NULL;
    return e;
}

/* A session of this process, with the address that the file of settings says. */
static enum err node_tool_once(struct cli *c, struct node_tool *t, json_t **response)
{
    char path[NODE_HOME_PATH_MAX];
    struct conf *conf = NULL;
    enum err e = node_home_path(c->data_dir, "dongbo.conf", path);
    if (e == ERR_OK) e = node_tool_conf(c, path, &conf);
    if (e == ERR_OK) e = node_home_address(&t->home, conf);
    conf_free(conf);
    return e == ERR_OK ? node_daemon_once(&t->home, response) : e;
}

static enum err node_tool_session(struct cli *c, struct node_tool *t, json_t **response)
{
    json_t *request = json_pack("{s:s}", "verb", "sync");
    char path[NODE_HOME_PATH_MAX];
    enum err e = ERR_UNREACHABLE;
    json_t *r = NULL;
    if (!t->open) {
        e = node_home_path(c->data_dir, "dongbo.sock", path);
        if (e == ERR_OK) e = rpc_ask(path, request, NODE_TOOL_SYNC_MS, &r);
    }
    json_decref(request);
    if (e == ERR_UNREACHABLE || e == ERR_CONFIG) {
        json_t *status = NULL; /* opens the folder, with its words when that fails */
        request = json_pack("{s:s}", "verb", "status");
        e = node_tool_ask(c, t, request, NODE_TOOL_ASK_MS, &status);
        json_decref(request);
        json_decref(status);
        if (e != ERR_OK) return e;
        e = t->open ? node_tool_once(c, t, &r) : ERR_AGAIN;
    }
    if (e != ERR_OK) return cli_fail(c, e, NULL, NULL);
    e = node_command_error_of(r);
    if (e != ERR_OK) {
        e = cli_fail(c, e, json_string_value(json_object_get(r, "vi")),
                     json_string_value(json_object_get(r, "en")));
        json_decref(r);
        return e;
    }
    *response = r;
    return ERR_OK;
}

enum err node_tool_sync(struct cli *c, void *ctx)
{
    json_t *response = NULL;
    enum err e = node_tool_session(c, ctx, &response);
    if (e != ERR_OK) return e;
    if (c->json) {
        cli_print_json(response);
    } else {
        printf("%s\n", cli_text(c, "Đã đồng bộ xong với trung tâm.", "Synced with the hub."));
        const json_t *status = json_object_get(response, "status");
        if (status != NULL) node_tool_print_status(c, status);
    }
    json_decref(response);
    return ERR_OK;
}

/* ---- join ---- */

static void node_tool_print_words(const struct cli *c, const json_t *r)
{
    printf("%s\n\n    %s\n\n%s\n",
           cli_text(c, "Sáu từ để so với màn hình của trung tâm (đọc cho nhau qua điện thoại):",
                    "Six words to compare with the hub's screen (read them to each other):"),
           json_string_value(json_object_get(r, "words")),
           cli_text(c, "Nếu khác nhau: dừng lại và báo cán bộ trung tâm.",
                    "If they differ: stop and tell the hub's officer."));
}

enum err node_tool_join(struct cli *c, void *ctx)
{
    struct node_tool *t = ctx;
    json_t *r = NULL, *session = NULL;
    json_t *request = json_pack("{s:s, s:s}", "verb", "join", "invitation", c->args[0]);
    if (request != NULL && cli_has(c, "name"))
        json_object_set_new(request, "name", json_string(cli_opt(c, "name")));
    enum err e = node_tool_ask(c, t, request, NODE_TOOL_ASK_MS, &r);
    json_decref(request);
    if (e != ERR_OK) return e;
    if (!c->json) node_tool_print_words(c, r);
    if (!cli_has(c, "offline")) {
        e = node_tool_session(c, t, &session);
        if (e == ERR_OK) json_object_set_new(r, "joined", json_true());
    }
    if (c->json) cli_print_json(r);
    if (!c->json && err_exit_code(e) == err_exit_code(ERR_UNREACHABLE))
        printf("%s\n",
               cli_text(c, "Lời mời đã được giữ lại; máy này tự ghi danh ở lần đồng bộ sau.",
                        "The invitation is kept; this PC joins by itself at the next sync."));
    if (!c->json && e == ERR_OK)
        printf("%s\n", session != NULL
                           ? cli_text(c, "Đã ghi danh với trung tâm và nhận danh mục.",
                                      "Joined the hub and received the catalogue.")
                           : cli_text(c, "Đã giữ lời mời; sẽ ghi danh khi đồng bộ.",
                                      "The invitation is kept; this PC joins at the next sync."));
    json_decref(r);
    json_decref(session);
    return e;
}

/* ---- config and run ---- */

static bool node_tool_level(const char *word, enum log_level *out)
{
    static const char *const words[] = {"error", "warn", "info", "debug"};
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(word, words[i]) != 0) continue;
        *out = (enum log_level)i;
        return true;
    }
    return false;
}

static enum err node_tool_checked_conf(struct cli *c, const char *path, struct conf **out,
                                       enum log_level *level)
{
    enum err e = node_tool_conf(c, path, out);
    if (e != ERR_OK) return e;
    if (node_tool_level(conf_string(*out, "log", "level"), level)) return ERR_OK;
    conf_free(*out);
    *out = NULL;
    return cli_fail(c, ERR_CONFIG, "[log] level phải là error, warn, info hoặc debug.",
                    "[log] level must be error, warn, info or debug.");
}

enum err node_tool_check_config(struct cli *c, void *ctx)
{
    char path[NODE_HOME_PATH_MAX];
    struct conf *conf = NULL;
    enum log_level level;
    (void)ctx;
    enum err e = node_home_path(c->data_dir, "dongbo.conf", path);
    const char *file = c->arg_count > 0 ? c->args[0] : path;
    if (e == ERR_OK && c->arg_count > 0 && !file_exists(file)) e = ERR_NOT_FOUND;
    if (e == ERR_OK) e = node_tool_checked_conf(c, file, &conf, &level);
    if (e != ERR_OK) return e;
    struct buf text;
    buf_init(&text, CONF_FILE_BYTES_MAX);
    conf_print(conf, c->en, &text);
    if (c->json) {
        json_t *j = json_pack("{s:b, s:s}", "ok", 1, "config", buf_cstr(&text));
        cli_print_json(j);
        json_decref(j);
    } else {
        fputs(buf_cstr(&text), stdout);
    }
    buf_free(&text);
    conf_free(conf);
    return ERR_OK;
}

static int64_t node_tool_now(void *ctx)
{
    (void)ctx;
    return clock_wall_ms();
}

/* Open the home, and wait for room: a full disk needs no hands but those that empty it. */
static enum err node_tool_home(struct cli *c, struct node_tool *t, const struct conf *conf)
{
    enum err e;
    for (bool told = false;; told = true) {
        e = node_home_open(c->data_dir, &t->home);
        t->open = e == ERR_OK;
        if (e != ERR_FULL) break;
        if (!told)
            fprintf(
                stderr, "%s\n",
                cli_text(
                    c,
                    "Ổ đĩa đầy: máy chờ và tự chạy khi có chỗ trống. Dữ liệu đã lưu vẫn an toàn.",
                    "The disk is full: the node waits and starts by itself when there is room. "
                    "What was saved is safe."));
        clock_sleep_ms(NODE_TOOL_FULL_MS);
    }
    if (e == ERR_OK) e = node_home_address(&t->home, conf);
    return e == ERR_OK ? node_home_desk(&t->home, c->data_dir, conf) : e;
}

/* What the desk's keeper asked for. Whatever goes wrong, the database stays as it was. */
static void node_tool_put_back(const struct cli *c, struct node_tool *t)
{
    static char copy[FILE_PATH_BYTES_MAX];
    char lock_path[NODE_HOME_PATH_MAX], path[NODE_HOME_PATH_MAX];
    uint8_t sign_pk[KEY_PUBLIC_BYTES];
    struct file_lock lock;
    struct node_restored done;
    memcpy(copy, t->home.restore, sizeof copy);
    memcpy(sign_pk, t->home.ring.sign.public, sizeof sign_pk);
    node_home_close(&t->home);
    t->open = false;
    enum err e = node_home_path(c->data_dir, "lock", lock_path);
    if (e == ERR_OK) e = node_home_path(c->data_dir, "node.db", path);
    if (e == ERR_OK) e = file_lock(lock_path, &lock);
    if (e == ERR_OK) {
        struct node_restore r = {.copy = copy,
                                 .path = path,
                                 .sign_pk = sign_pk,
                                 .dir = c->data_dir,
                                 .now_ms = clock_wall_ms()};
        e = node_restore(&r, &done);
        file_unlock(&lock);
    }
    LOG_EVENT(e == ERR_OK ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, log_evt("restore.ended"), log_err(e));
}

/* Likewise: whatever goes wrong before it is done, the joining stands and nothing is sent. */
static void node_tool_unjoin(const struct cli *c, struct node_tool *t)
{
    node_home_close(&t->home);
    t->open = false;
    enum err e = node_home_unjoin(c->data_dir, clock_wall_ms());
    LOG_EVENT(e == ERR_OK ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR, log_evt("join.undone"), log_err(e));
}

static enum err node_tool_serve(struct cli *c, struct node_tool *t, const struct conf *conf,
                                bool *served)
{
    char path[NODE_HOME_PATH_MAX];
    uint16_t port = 0;
    enum err e = node_home_path(c->data_dir, "dongbo.sock", path);
    for (bool again = true; again && e == ERR_OK;) {
        *served = false;
        e = node_tool_home(c, t, conf);
        if (e != ERR_OK) break;
        if (port != 0) t->home.desk.port = port; /* the page stays where it was */
        *served = true;
        e = node_daemon_run(&t->home, path);
        bool unjoin = t->home.unjoin;
        again = unjoin || t->home.restore[0] != '\0';
        port = t->home.desk.port;
        if (unjoin)
            node_tool_unjoin(c, t);
        else if (again)
            node_tool_put_back(c, t);
    }
    return e;
}

/* To the screen, or to the file that --log names. */
static enum err node_tool_log(struct cli *c, enum log_level level, struct log_kept **kept)
{
    struct log_setup setup = {
        .level = level, .sink = log_file_sink, .sink_context = stderr, .now = node_tool_now};
    if (cli_has(c, "log")) {
        enum err e = log_kept_open(cli_opt(c, "log"), kept);
        if (e != ERR_OK)
            return cli_fail(c, e, "Không ghi được tệp nhật ký (--log).",
                            "The file of the log cannot be written (--log).");
        setup.sink = log_kept_sink;
        setup.sink_context = *kept;
    }
    log_setup(&setup);
    return ERR_OK;
}

enum err node_tool_run(struct cli *c, void *ctx)
{
    struct node_tool *t = ctx;
    char path[NODE_HOME_PATH_MAX];
    struct conf *conf = NULL;
    struct log_kept *kept = NULL;
    bool served = false;
    enum log_level level = LOG_LEVEL_INFO;
    enum err e = node_home_path(c->data_dir, "dongbo.conf", path);
    if (e == ERR_OK) e = node_tool_checked_conf(c, path, &conf, &level);
    if (e != ERR_OK) return e;
    e = node_tool_log(c, level, &kept);
    if (e == ERR_OK) e = node_tool_serve(c, t, conf, &served);
    conf_free(conf);
    node_tool_close(t); /* it may log */
    log_setup(&(struct log_setup){.level = level});
    log_kept_close(kept);
    if (c->told) return e;
    if (e == ERR_OK || served) return e;
    json_t *said = e == ERR_NOT_READY || e == ERR_LOCKED ? NULL : node_command_fail(e);
    const char *vi = json_string_value(json_object_get(said, "vi"));
    const char *en = json_string_value(json_object_get(said, "en"));
    if (e == ERR_NOT_READY)
        vi = "Thư mục dữ liệu chưa khởi tạo: hãy chạy `dongbo-node init` trước.";
    if (e == ERR_NOT_READY)
        en = "The data folder is not initialised: run `dongbo-node init` first.";
    if (e == ERR_LOCKED)
        vi = "Đã có tiến trình nền hoặc lệnh khác trên thư mục này; không chạy thêm.";
    if (e == ERR_LOCKED) en = "A daemon or a command works on this folder already; not started.";
    e = cli_fail(c, e, vi, en);
    json_decref(said);
    return e;
}
