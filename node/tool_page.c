/* The verb `open`, for who never sees a terminal: the folder is made if there is none, the daemon started if none
 * runs, and the page shown; when that cannot be, a page that says why. */
#include "node/tool.h"
#include "common/io/clock.h"
#include "common/io/process.h"
#include "common/io/rpc.h"
#include "node/desk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_FOLDER "dongbo-data" /* in the home folder of who sits here */

enum {
    PAGE_WAIT_MS = 120000, /* for the daemon to answer: what a power cut left is completed first */
    PAGE_PAUSE_MS = 100,
    PAGE_ASK_MS = 5000,      /* one question to the daemon */
    PAGE_BROWSER_MS = 2000,  /* one that fails says so at once; one that works may stay */
    PAGE_SAID_BYTES = 4096,  /* of the daemon's words that are shown */
    PAGE_FILE_BYTES = 32768, /* a page of ours */
    PAGE_PATH_BYTES = NODE_HOME_PATH_MAX + 32,
};

struct page {
    char dir[NODE_HOME_PATH_MAX];
    unsigned port;                       /* 0: the desk is not served */
    char code[NODE_DESK_CODE_BYTES + 1]; /* of the first login; "": somebody can log in */
    struct process *daemon;              /* that we started */
    char said[PAGE_SAID_BYTES + 1];      /* by a daemon that did not stay */
};

static enum err page_folder(struct cli *c, struct page *p)
{
    char full[FILE_PATH_BYTES_MAX];
    const char *home = getenv("HOME");
    enum err e = ERR_OK;
    if (c->data_dir != c->program->data_default)
        e = file_full(c->data_dir, full);
    else if (home != NULL && home[0] == '/')
        e = file_join(home, PAGE_FOLDER, full, sizeof full);
    else
        return cli_fail(c, ERR_USAGE, "Không biết thư mục nhà của bạn; hãy nói rõ bằng --data.",
                        "Your home folder is not known; say which folder with --data.");
    if (e == ERR_OK && strlen(full) >= sizeof p->dir) e = ERR_TOO_LARGE;
    if (e == ERR_OK) memcpy(p->dir, full, strlen(full) + 1);
    return e;
}

static void page_path(const struct page *p, const char *name, char out[static PAGE_PATH_BYTES])
{
    snprintf(out, PAGE_PATH_BYTES, "%s/%s", p->dir, name);
}

/* ERR_OK the daemon answered; ERR_UNREACHABLE none runs, or none that answers already. */
static enum err page_ask(struct page *p)
{
    char path[PAGE_PATH_BYTES];
    json_t *r = NULL, *request = json_pack("{s:s}", "verb", "page");
    page_path(p, "dongbo.sock", path);
    enum err e = request == NULL ? ERR_NOMEM : rpc_ask(path, request, PAGE_ASK_MS, &r);
    json_decref(request);
    if (e == ERR_NOMEM) return e;
    if (e != ERR_OK) return ERR_UNREACHABLE; /* also while it opens, or ends */
    json_int_t port = json_integer_value(json_object_get(r, "port"));
    const char *code = json_string_value(json_object_get(r, "code"));
    p->port = port > 0 && port <= UINT16_MAX ? (unsigned)port : 0;
    snprintf(p->code, sizeof p->code, "%s", code != NULL ? code : "");
    json_decref(r);
    return ERR_OK;
}

/* A folder with keys and database, made now or there already; of a damaged one the daemon has more to say. */
static enum err page_make(struct page *p)
{
    struct node_home home = {.locked = false};
    enum err e = node_home_init(p->dir, "", &home);
    if (e == ERR_OK) node_home_close(&home);
    return e == ERR_EXISTS || e == ERR_LOCKED || e == ERR_DAMAGED ? ERR_OK : e;
}

static enum err page_start(const struct cli *c, struct page *p)
{
    char self[FILE_PATH_BYTES_MAX], run[PAGE_PATH_BYTES], said[PAGE_PATH_BYTES],
        log[PAGE_PATH_BYTES];
    page_path(p, "run", run);
    page_path(p, "run/daemon.out", said);
    page_path(p, "run/node.log", log);
    const char *argv[] = {
        self, "run", "--data", p->dir, "--log", log, "--lang", c->en ? "en" : "vi", NULL};
    enum err e = process_self(self);
    if (e == ERR_OK) e = file_mkdirs(run, 0700);
    return e == ERR_OK ? process_start(argv, said, &p->daemon) : e;
}

static void page_read_said(struct page *p)
{
    char path[PAGE_PATH_BYTES];
    struct buf text;
    buf_init(&text, PAGE_SAID_BYTES);
    page_path(p, "run/daemon.out", path);
    if (file_read(path, PAGE_SAID_BYTES, &text) == ERR_OK)
        snprintf(p->said, sizeof p->said, "%s", buf_cstr(&text));
    buf_free(&text);
}

/* Until a daemon answers: the one that runs, ours, or that of another who opens the page at the same time. */
static enum err page_daemon(const struct cli *c, struct page *p)
{
    const int locked = err_exit_code(ERR_LOCKED);
    const uint64_t until_ms = clock_mono_ms() + PAGE_WAIT_MS;
    enum err e = page_ask(p);
    if (e != ERR_UNREACHABLE) return e;
    e = page_make(p);
    while (e == ERR_OK && clock_mono_ms() < until_ms) {
        int code = 0;
        if (p->daemon != NULL && process_ended(p->daemon, &code)) {
            process_free(p->daemon);
            p->daemon = NULL;
            page_read_said(p);
            if (code != locked) return ERR_IO;
        }
        if (p->daemon == NULL) e = page_start(c, p);
        if (e == ERR_OK) clock_sleep_ms(PAGE_PAUSE_MS);
        if (e == ERR_OK && page_ask(p) == ERR_OK) return ERR_OK;
    }
    return e == ERR_OK ? ERR_TIMEOUT : e;
}

/* ---- showing ---- */

static void page_escape(struct buf *b, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<': buf_add_str(b, "&lt;"); break;
        case '>': buf_add_str(b, "&gt;"); break;
        case '&': buf_add_str(b, "&amp;"); break;
        default: buf_add(b, text, 1);
        }
    }
}

/* What xdg-open gets: an address, or a file of ours. False: no browser came. */
static bool page_browser(const char *what)
{
    const char *argv[] = {"xdg-open", what, NULL};
    struct process *browser = NULL;
    int code = 0;
    if (process_start(argv, NULL, &browser) != ERR_OK) return false;
    const uint64_t until_ms = clock_mono_ms() + PAGE_BROWSER_MS;
    while (!process_ended(browser, &code) && clock_mono_ms() < until_ms)
        clock_sleep_ms(PAGE_PAUSE_MS);
    process_free(browser);
    return code == 0;
}

/* A page in the data folder, which only its owner can read. */
static bool page_show_file(const struct page *p, struct buf *page)
{
    char path[PAGE_PATH_BYTES];
    page_path(p, "run/open.html", path);
    return page->e == ERR_OK && file_write_atomic(path, buf_bytes(page), 0600) == ERR_OK &&
           page_browser(path);
}

/* The code of the first login goes behind the '#', which no server and no log is told, by a file: the arguments of a
 * program can be read by everybody at this PC. */
static bool page_show_first(const struct page *p)
{
    struct buf b;
    buf_init(&b, PAGE_FILE_BYTES);
    buf_printf(
        &b,
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>Đồng Bộ</title>\n"
        "<meta http-equiv=\"refresh\" content=\"0; url=http://127.0.0.1:%u/#first=%s\">\n"
        "<p><a href=\"http://127.0.0.1:%u/#first=%s\">Mở Đồng Bộ / Open Dong Bo</a></p></html>\n",
        p->port, p->code, p->port, p->code);
    bool shown = page_show_file(p, &b);
    buf_free(&b);
    return shown;
}

static enum err page_show(const struct cli *c, const struct page *p)
{
    char url[64];
    bool shown = true;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", p->port);
    if (!cli_has(c, "no-browser") && !cli_has(c, "background"))
        shown = p->code[0] != '\0' ? page_show_first(p) : page_browser(url);
    if (c->json) {
        json_t *j =
            json_pack("{s:s, s:b, s:b, s:b}", "url", url, "first", (int)(p->code[0] != '\0'),
                      "started", (int)(p->daemon != NULL), "shown", (int)shown);
        cli_print_json(j);
        json_decref(j);
        return ERR_OK;
    }
    printf("%s %s\n", cli_text(c, "Trang của máy này:", "This PC's page:"), url);
    if (p->code[0] != '\0')
        printf(
            cli_text(c, "Người đầu tiên: mã một lần nằm trong tệp %s/run/desk-code\n",
                     "The first user: the code for one use stands in the file %s/run/desk-code\n"),
            p->dir);
    if (!shown)
        printf("%s\n", cli_text(c, "Không gọi được trình duyệt: hãy mở địa chỉ trên.",
                                "No browser could be called: open that address."));
    return ERR_OK;
}

static enum err page_failed(struct cli *c, struct page *p, enum err e)
{
    const char *vi =
        "Chương trình nền chưa trả lời. Dữ liệu đã lưu vẫn an toàn: hãy đợi vài phút rồi mở lại.";
    const char *en = "The program in the background does not answer yet. What was saved is safe: "
                     "wait some minutes, "
                     "then open it again.";
    struct buf b;
    if (e == ERR_IO && p->said[0] != '\0') {
        vi = en = p->said; /* in the chosen language */
    } else if (e == ERR_CONFIG) {
        vi = "Chương trình đang chạy nhưng không có trang: cổng đang bận, hoặc [desk] trong "
             "dongbo.conf tắt. Dữ liệu "
             "vẫn an toàn; hãy gọi người phụ trách máy.";
        en = "The program runs, but without its page: its port is taken, or [desk] in dongbo.conf "
             "is off. The data is "
             "safe; call who looks after this PC.";
    } else if (e != ERR_TIMEOUT) {
        vi = err_text_vi(e);
        en = err_text_en(e);
    }
    buf_init(&b, PAGE_FILE_BYTES);
    buf_add_str(
        &b,
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>Đồng Bộ</title>\n"
        "<h1>Chưa mở được Đồng Bộ / Dong Bo did not open</h1><pre style=\"white-space:pre-wrap\">");
    page_escape(&b, c->en ? en : vi);
    buf_add_str(&b, "</pre></html>\n");
    if (!cli_has(c, "no-browser") && !cli_has(c, "background")) (void)page_show_file(p, &b);
    buf_free(&b);
    return cli_fail(c, e, vi, en);
}

enum err node_tool_page(struct cli *c, void *ctx)
{
    char database[PAGE_PATH_BYTES];
    struct page p = {.port = 0};
    (void)ctx;
    enum err e = page_folder(c, &p);
    if (e != ERR_OK) return e;
    page_path(&p, "node.db", database);
    if (cli_has(c, "background") && !file_exists(database)) return ERR_OK; /* nobody's PC yet */
    e = page_daemon(c, &p);
    if (e == ERR_OK && p.port == 0) e = ERR_CONFIG;
    e = e == ERR_OK ? page_show(c, &p) : page_failed(c, &p, e);
    process_free(p.daemon);
    return e;
}
