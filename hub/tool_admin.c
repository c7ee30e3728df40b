/* Verbs about the process: init, run, check-config, certificate. */
#include "hub/tool.h"

#include "common/io/clock.h"
#include "common/io/log_file.h"
#include "common/io/tls.h"

#include <stdio.h>
#include <stdlib.h>

#ifndef DONGBO_CATALOGUE_DIR
#define DONGBO_CATALOGUE_DIR "/usr/share/dongbo/catalogue"
#endif

/* ---- init ---- */

static void hub_init_advice(const struct cli *c, const char *root)
{
    printf(
        cli_text(
            c,
            "Đã tạo trung tâm trong %s.\n"
            "QUAN TRỌNG: khóa gốc ở %s. Chuyển tệp này ra USB và in nó ra giấy (một dòng chữ), cất "
            "hai nơi\nan toàn, rồi xóa khỏi máy này. Không có nó thì không thay được khóa của "
            "trung "
            "tâm, có nó thì giả được. Tệp tls/ca.key cũng cất như vậy: chỉ cần khi làm chứng thư "
            "mới.\n",
            "The hub is in %s.\n"
            "IMPORTANT: the root key is %s. Move this file to a USB stick and print it (it is one "
            "line), keep both\nin safe places, then delete it here. Without it the hub's keys "
            "cannot "
            "be replaced, with it the hub can be faked. The same goes for tls/ca.key, which only a "
            "new "
            "certificate needs.\n"),
        c->data_dir, root);
}

/* What people compare before they trust the page (docs/hub-desk.md). */
static void hub_init_certificate(const struct cli *c)
{
    char path[FILE_PATH_BYTES_MAX], sum[TLS_FINGERPRINT_CHARS + 1];
    struct buf cert;
    buf_init(&cert, TLS_PEM_BYTES_MAX);
    enum err e = hub_app_path(c->data_dir, HUB_AUTHORITY_FILE, path);
    if (e == ERR_OK) e = file_read(path, TLS_PEM_BYTES_MAX, &cert);
    if (e == ERR_OK) e = tls_fingerprint(buf_bytes(&cert), sum);
    if (e == ERR_OK)
        printf(
            cli_text(c,
                     "Cơ quan chứng thư của trung tâm (tls/ca.pem), mã nhận dạng SHA-256 để so khi "
                     "cài vào máy:\n%s\n",
                     "The hub's own authority (tls/ca.pem), SHA-256 to compare when it is "
                     "installed on a PC:\n%s\n"),
            sum);
    buf_free(&cert);
}

enum err hub_tool_init(struct cli *c, void *ctx)
{
    struct hub_app_init init = {.unit = cli_opt(c, "unit"),
                                .unit_name = cli_opt(c, "name"),
                                .address = cli_opt(c, "address"),
                                .listen = cli_opt(c, "listen"),
                                .web = cli_opt(c, "web"),
                                .names = cli_opt(c, "web-names")};
    const char *catalogue = cli_opt(c, "catalogue");
    if (init.unit == NULL || init.unit_name == NULL)
        return cli_fail(c, ERR_USAGE, "Cần --unit MÃ và --name TÊN của đơn vị giữ trung tâm.",
                        "--unit CODE and --name NAME of the hub's owner are needed.");
    if (init.address == NULL) init.address = "";
    if (init.names == NULL) init.names = "localhost,127.0.0.1";
    if (catalogue == NULL) catalogue = DONGBO_CATALOGUE_DIR;
    char root[FILE_PATH_BYTES_MAX];
    size_t len = strlen(c->data_dir);
    while (len > 1 && c->data_dir[len - 1] == '/')
        len--; /* beside the folder, not in it */
    int n = snprintf(root, sizeof root, "%.*s-root.key", (int)len, c->data_dir);
    if (n < 0 || (size_t)n >= sizeof root) return cli_fail(c, ERR_TOO_LARGE, NULL, NULL);
    init.root = cli_opt(c, "root") != NULL ? cli_opt(c, "root") : root;
    enum err e = hub_tool_catalogue_first(c, catalogue, init.unit);
    if (e != ERR_OK) {
        fprintf(stderr, "%s\n",
                cli_text(c, "Chưa tạo trung tâm, chưa ghi gì: sửa rồi chạy lại init.",
                         "There is no hub and nothing was written: mend this and run init again."));
        return e;
    }
    e = hub_app_init(c->data_dir, &init, clock_wall_ms());
    if (e == ERR_EXISTS)
        return cli_fail(c, e, "Thư mục này đã có trung tâm hoặc khóa; không thay đổi gì.",
                        "This folder has a hub or keys already; nothing was changed.");
    if (e == ERR_BAD_INPUT)
        return cli_fail(c, e, "Mã, tên, địa chỉ hoặc cổng không hợp lệ; chưa tạo gì.",
                        "The code, name, address or port is not valid; nothing was made.");
    if (e == ERR_DENIED || e == ERR_NOT_FOUND || e == ERR_IO)
        return cli_fail(
            c, e,
            "Không ghi được thư mục dữ liệu hoặc tệp khóa gốc: dùng --root TỆP để đặt khóa "
            "gốc nơi ghi được (USB). Chưa có trung tâm nào.",
            "The data folder or the file of the root key cannot be written: use --root "
            "FILE to put the key where you can write (a stick). There is no hub yet.");
    if (e != ERR_OK) return e;
    if (!c->json) {
        hub_init_advice(c, init.root);
        hub_init_certificate(c);
    }
    return hub_tool_catalogue_publish(c, ctx, catalogue);
}

/* ---- certificate ---- */

static enum err hub_certificate_show(struct cli *c, const char *name)
{
    char path[FILE_PATH_BYTES_MAX], sum[TLS_FINGERPRINT_CHARS + 1], until[DATE_STAMP_ROOM];
    struct buf cert;
    int64_t until_ms = 0;
    buf_init(&cert, TLS_PEM_BYTES_MAX);
    enum err e = hub_app_path(c->data_dir, name, path);
    if (e == ERR_OK) e = file_read(path, TLS_PEM_BYTES_MAX, &cert);
    if (e == ERR_OK) e = tls_fingerprint(buf_bytes(&cert), sum);
    if (e == ERR_OK) e = tls_until(buf_bytes(&cert), &until_ms);
    if (e == ERR_OK) e = date_stamp(until_ms, until);
    buf_free(&cert);
    if (e != ERR_OK)
        return cli_fail(c, e, "Không đọc được chứng thư trong thư mục tls.",
                        "A certificate in the folder tls cannot be read.");
    if (c->json) {
        json_t *j = json_pack("{s:s, s:s, s:s}", "file", name, "sha256", sum, "until", until);
        cli_print_json(j);
        json_decref(j);
    } else {
        printf(cli_text(c, "%s: hết hạn %s\n  SHA-256 %s\n", "%s: until %s\n  SHA-256 %s\n"), name,
               until, sum);
    }
    return ERR_OK;
}

static enum err hub_certificate_renew(struct cli *c)
{
    char path[FILE_PATH_BYTES_MAX];
    struct conf *conf = NULL;
    const char *key = cli_opt(c, "authority");
    enum err e = hub_app_conf(c->data_dir, &conf);
    if (e == ERR_CONFIG) fputs(conf_errors(conf), stderr);
    if (e == ERR_OK && conf_string(conf, "web", "cert")[0] != '\0')
        e = cli_fail(c, ERR_CONFIG,
                     "dongbo.conf đặt chứng thư riêng ([web] cert): hãy thay tệp đó. Chưa đổi gì.",
                     "dongbo.conf names a certificate of its own ([web] cert): replace that file. "
                     "Nothing was changed.");
    else if (e == ERR_OK) {
        const char *names = cli_opt(c, "names");
        if (names == NULL) names = conf_string(conf, "web", "names");
        e = hub_app_path(c->data_dir, "tls/ca.key", path);
        if (e == ERR_OK)
            e = hub_app_certificate(c->data_dir, names, key != NULL ? key : path, clock_wall_ms());
        if (e != ERR_OK)
            e = cli_fail(
                c, e,
                "Không làm được chứng thư mới: cần tls/ca.pem, khóa ca.key của nó (--authority "
                "TỆP, cất ở USB) và các tên hợp lệ. Chứng thư đang dùng còn nguyên.",
                "No new certificate: it takes tls/ca.pem, its key ca.key (--authority FILE, "
                "kept on a stick) and valid names. The one in use is as it was.");
    }
    conf_free(conf);
    if (e != ERR_OK) return e;
    if (!c->json)
        printf("%s\n",
               cli_text(c,
                        "Đã làm chứng thư mới. Trang dùng nó sau lần khởi động tới của trung "
                        "tâm; các máy đã cài ca.pem không phải làm gì.",
                        "The new certificate is there. The page shows it after the hub's next "
                        "start; PCs that have ca.pem need nothing."));
    return hub_certificate_show(c, "tls/cert.pem");
}

enum err hub_tool_certificate(struct cli *c, void *ctx)
{
    (void)ctx;
    const char *what = c->arg_count > 0 ? c->args[0] : "show";
    if (strcmp(what, "renew") == 0) return hub_certificate_renew(c);
    if (strcmp(what, "show") != 0)
        return cli_fail(c, ERR_USAGE, "Dùng: certificate show, hoặc certificate renew.",
                        "Use: certificate show, or certificate renew.");
    enum err e = c->json ? ERR_OK : hub_certificate_show(c, HUB_AUTHORITY_FILE);
    return e == ERR_OK ? hub_certificate_show(c, "tls/cert.pem") : e;
}

/* ---- run ---- */

static int64_t hub_tool_now(void *context)
{
    (void)context;
    return clock_wall_ms();
}

static enum log_level hub_tool_level(const char *word)
{
    if (strcmp(word, "error") == 0) return LOG_LEVEL_ERROR;
    if (strcmp(word, "warn") == 0) return LOG_LEVEL_WARN;
    return strcmp(word, "debug") == 0 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

enum err hub_tool_run(struct cli *c, void *ctx)
{
    struct hub_tool *t = ctx;
    struct conf *conf = NULL;
    enum err e = hub_app_conf(c->data_dir, &conf);
    if (e == ERR_CONFIG) {
        fputs(conf_errors(conf), stderr);
        conf_free(conf);
        return cli_fail(c, e, "Cấu hình sai, trung tâm không chạy.",
                        "The config is wrong; the hub does not run.");
    }
    if (e != ERR_OK) return e;
    log_setup(&(struct log_setup){.level = hub_tool_level(conf_string(conf, "log", "level")),
                                  .journald = conf_bool(conf, "log", "journald"),
                                  .sink = log_file_sink,
                                  .sink_context = stderr,
                                  .now = hub_tool_now});
    conf_free(conf);
    for (bool told = false;; told = true) { /* a full disk needs no hands but those that empty it */
        e = hub_app_open(c->data_dir, &t->app);
        if (e == ERR_OK) e = hub_app_run(t->app);
        if (e != ERR_FULL) break;
        hub_tool_close(t);
        if (!told)
            fprintf(stderr, "%s\n",
                    cli_text(c,
                             "Ổ đĩa đầy: trung tâm chờ và tự chạy khi có chỗ trống. Dữ liệu đã lưu "
                             "vẫn an toàn.",
                             "The disk is full: the hub waits and starts by itself when there is "
                             "room. What was saved is safe."));
        clock_sleep_ms(HUB_TOOL_FULL_MS);
    }
    if (e == ERR_OK) return e;
    if (e == ERR_NOT_READY && t->app == NULL) return hub_tool_not_ready(c);
    if (e == ERR_LOCKED)
        return cli_fail(c, e, "Trung tâm này đang chạy rồi.", "This hub is running already.");
    if (e == ERR_CONFIG)
        return cli_fail(
            c, e,
            "Không chạy: tệp khóa cho người khác đọc được (cần quyền 0600). Chưa thay đổi gì.",
            "Not started: a key file can be read by others (it must be 0600). Nothing was "
            "changed.");
    return e;
}

/* ---- check-config ---- */

enum err hub_tool_check_config(struct cli *c, void *ctx)
{
    struct conf *conf = NULL;
    struct buf text;
    (void)ctx;
    enum err e = hub_app_conf(c->data_dir, &conf);
    if (e == ERR_CONFIG) fputs(conf_errors(conf), stderr);
    if (e == ERR_OK) {
        buf_init(&text, CONF_FILE_BYTES_MAX);
        conf_print(conf, c->en, &text);
        fputs(buf_cstr(&text), stdout);
        buf_free(&text);
    }
    conf_free(conf);
    return e;
}
