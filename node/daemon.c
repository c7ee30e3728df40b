#include "node/daemon.h"
#include "common/io/clock.h"
#include "common/io/copying.h"
#include "common/io/pace.h"
#include "common/io/rpc.h"
#include "common/log.h"
#include "node/command_priv.h"
#include "node/desk.h"
#include "node/drive.h"
#include "node/maintain.h"
#include "node/rekey.h"
#include "node/scrub.h"
#include "node/stops.h"

#include <stdio.h>
#include <string.h>

struct node_daemon {
    struct node_home *home;
    struct node_drive *drive;
    struct rpc_server *rpc;
    struct node_desk *desk;                  /* NULL: not served */
    struct rpc_call *waiting[RPC_PEERS_MAX]; /* those who asked for `sync` */
    size_t count;
    struct node_scrub scrub;
    struct pace *scrubbing;
    struct copying *copying; /* a backup that is being made; NULL: none */
    struct rpc_call *copier; /* who asked for it */
    bool once;               /* stop after the session */
    json_t *response;
};

/* ---- words for the end of a session ---- */

static const struct {
    enum err e;
    const char *vi;
    const char *en;
} node_session_words[] = {
    {ERR_UNREACHABLE,
     "Không kết nối được trung tâm. Dữ liệu đã lưu an toàn trên máy này và đang chờ gửi; sẽ tự gửi "
     "khi có mạng. Nếu mạng vẫn tốt, hãy kiểm tra địa chỉ trung tâm.",
     "The hub cannot be reached. Everything is saved on this PC and waits; it is sent when there "
     "is "
     "a link. If the network is fine, check the hub's address."},
    {ERR_TIMEOUT,
     "Trung tâm không trả lời kịp. Dữ liệu đã lưu an toàn trên máy này và đang chờ gửi.",
     "The hub did not answer in time. Everything is saved on this PC and waits to be sent."},
    {ERR_LINK_LOST,
     "Mất kết nối với trung tâm giữa chừng; phần đã có biên nhận không phải gửi lại, phần còn lại "
     "đang chờ. Nếu luôn bị ngắt ngay: lời mời hoặc khóa của trung tâm không đúng, hãy hỏi cán bộ "
     "trung tâm.",
     "The link was lost; what has a receipt is done, the rest waits. If it always breaks at once, "
     "the invitation or the hub's key is wrong: ask the hub's officer."},
    {ERR_HANDSHAKE,
     "Máy trả lời ở địa chỉ này không chứng minh được là trung tâm của lời mời; không gửi gì cho "
     "nó. Hãy kiểm tra địa chỉ và lời mời với cán bộ trung tâm.",
     "What answers at this address could not prove to be the hub of the invitation; nothing was "
     "sent to it. Check the address and the invitation with the hub's officer."},
    {ERR_NO_HUB,
     "Nơi trả lời ở địa chỉ này không phải trung tâm mà là một trang web hay dịch vụ khác (thường "
     "là "
     "trang đăng nhập Wi-Fi hoặc máy chủ trung gian); không gửi gì cho nó. Hãy mở trình duyệt, "
     "đăng "
     "nhập mạng rồi thử lại; dữ liệu đã lưu an toàn trên máy này và đang chờ gửi.",
     "What answers at this address is no hub but a web page or another service (often the login "
     "page of a "
     "Wi-Fi network, or a proxy); nothing was sent to it. Open a browser, log in to the network "
     "and try "
     "again; everything is saved on this PC and waits."},
    {ERR_WRONG_HUB,
     "Đầu bên kia không phải trung tâm đã ghi danh; không gửi gì. Hãy hỏi cán bộ trung tâm.",
     "The other side is not the hub this PC joined; nothing was sent. Ask the hub's officer."},
    {ERR_BAD_HASH,
     "Bản sao trên máy khác bản của trung tâm: sẽ tự tải lại toàn bộ. Dữ liệu chờ gửi vẫn nguyên.",
     "This copy differs from the hub's: all of it is fetched anew. What waits to be sent is safe."},
    {ERR_NOT_READY, "Máy này chưa có lời mời của trung tâm: chạy `dongbo-node join LỜI_MỜI`.",
     "This PC has no invitation yet: run `dongbo-node join INVITATION`."},
    {ERR_FULL, "Ổ đĩa đầy: chưa nhận được dữ liệu mới; dữ liệu trên máy vẫn an toàn.",
     "The disk is full: new data could not be taken; what is here is safe."},
};

static json_t *node_session_apart(const struct node_sync_result *r)
{
    char vi[300], en[300];
    unsigned long long n = r->apart;
    snprintf(
        vi, sizeof vi,
        "Máy này đã bị thu hồi quyền. %llu thay đổi chưa gửi nay được để riêng ở trung tâm, chờ "
        "người phụ trách quyết định; dữ liệu vẫn còn trên máy.",
        n);
    snprintf(en, sizeof en,
             "This PC was revoked. %llu changes that waited are now kept apart at the hub until a "
             "person decides; the data stay on this PC.",
             n);
    return node_command_error(r->last, vi, en, NULL);
}

static json_t *node_session_refused(const struct node_sync_result *r)
{
    static const char *const vi[] = {"",
                                     "Trung tâm không nhận ra lời mời này: hãy xin lời mời mới.",
                                     "Lời mời này đã được máy khác dùng: hãy xin lời mời mới.",
                                     "Lời mời này đã hết hạn: hãy xin lời mời mới.",
                                     "Trung tâm không chấp nhận chữ ký của máy này.",
                                     "Máy này đã bị thu hồi quyền; dữ liệu vẫn còn trên máy.",
                                     "Trung tâm tạm thời không lưu được (đầy ổ đĩa); sẽ thử lại.",
                                     "Trung tâm đang bận; sẽ thử lại."};
    static const char *const en[] = {"",
                                     "The hub does not know this invitation: ask for a new one.",
                                     "Another PC has used this invitation: ask for a new one.",
                                     "This invitation has expired: ask for a new one.",
                                     "The hub does not accept this PC's signature.",
                                     "This PC was revoked; its data stay here.",
                                     "The hub cannot store now (disk full); it is tried again.",
                                     "The hub is busy; it is tried again."};
    if (r->apart > 0) return node_session_apart(r);
    if (r->refused < sizeof vi / sizeof vi[0])
        return node_command_error(r->last, vi[r->refused], en[r->refused], NULL);
    return node_command_error(r->last, r->text, r->text, NULL);
}

static json_t *node_session_response(struct node_daemon *d, const struct node_sync_result *r)
{
    if (r->last == ERR_OK) {
        json_t *ask = json_pack("{s:s}", "verb", "status");
        json_t *status = ask != NULL ? node_command_run(&d->home->command, ask) : NULL;
        json_decref(ask);
        return json_pack("{s:s, s:o*}", "result", "complete", "status", status);
    }
    json_t *doubt = r->last == ERR_WRONG_HUB ? node_command_doubt(&d->home->command) : NULL;
    if (doubt != NULL) return doubt;
    if (r->refused != 0) return node_session_refused(r);
    if (r->vi != NULL) return node_command_error(r->last, r->vi, r->en, NULL);
    for (size_t i = 0; i < sizeof node_session_words / sizeof node_session_words[0]; i++) {
        if (node_session_words[i].e == r->last)
            return node_command_error(r->last, node_session_words[i].vi, node_session_words[i].en,
                                      NULL);
    }
    return node_command_fail(r->last);
}

/* ---- the drive's news ---- */

static void node_daemon_answer(struct node_daemon *d, json_t *response)
{
    for (size_t i = 0; i < d->count; i++)
        rpc_reply(d->waiting[i], response);
    d->count = 0;
}

/* The session may have ended a change of this node's keys, or brought the demand for one. true: go on. */
static bool node_daemon_keys(struct node_daemon *d)
{
    bool begun = false;
    enum err e = node_rekey_turn(d->home, &begun);
    if (e != ERR_OK)
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("keys.turn"), log_err(e)); /* again next time */
    if (begun) node_drive_now(d->drive);
    return begun;
}

static void node_daemon_on_result(void *ctx, const struct node_sync_result *r)
{
    struct node_daemon *d = ctx;
    bool rekeyed = node_daemon_keys(d);
    LOG_EVENT(r->last == ERR_OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, log_evt("sync.ended"),
              log_err(r->last), log_uint("sessions", r->finished), log_uint("refused", r->refused));
    if ((r->wanted_again || rekeyed) && r->last == ERR_OK)
        return; /* joined, or saved meanwhile: one more */
    json_t *response = node_session_response(d, r);
    node_daemon_answer(d, response);
    if (d->desk != NULL) node_desk_synced(d->desk, response);
    if (d->once && d->response == NULL) {
        d->response = response;
        node_drive_stop(d->drive);
        return;
    }
    json_decref(response);
}

static void node_daemon_saved(void *ctx)
{
    struct node_daemon *d = ctx;
    node_drive_saved(d->drive);
    if (d->desk != NULL) node_desk_changed(d->desk);
}

static void node_daemon_compared(void *ctx, bool differ)
{
    struct node_daemon *d = ctx;
    if (differ)
        node_drive_hang_up(d->drive);
    else
        node_drive_now(d->drive);
    if (d->desk != NULL) node_desk_changed(d->desk);
}

static void node_daemon_on_stop(void *ctx)
{
    struct node_daemon *d = ctx;
    json_t *stopped = node_command_error(ERR_LINK_LOST, "Tiến trình nền đang dừng; dữ liệu đã lưu.",
                                         "The daemon is stopping; everything is saved.", NULL);
    node_daemon_answer(d, stopped);
    json_decref(stopped);
    copying_stop(d->copying);
    pace_stop(d->scrubbing);
    d->scrubbing = NULL;
    if (d->rpc != NULL) rpc_close(d->rpc, NULL, NULL);
    d->rpc = NULL;
    if (d->desk != NULL) node_desk_close(d->desk);
    d->desk = NULL;
}

/* ---- the desk ---- */

static void node_daemon_sync_now(void *ctx)
{
    struct node_daemon *d = ctx;
    node_drive_now(d->drive);
}

/* The answer to the page is under way or lost; the page asks until it is answered anew. */
static void node_daemon_restore(void *ctx, const char *copy)
{
    struct node_daemon *d = ctx;
    snprintf(d->home->restore, sizeof d->home->restore, "%s", copy);
    d->home->desk.port = node_desk_port(d->desk); /* the page stays where it is */
    node_drive_stop(d->drive);
}

static void node_daemon_unjoin(void *ctx)
{
    struct node_daemon *d = ctx;
    d->home->unjoin = true;
    d->home->desk.port = node_desk_port(d->desk);
    node_drive_stop(d->drive);
}

static const char *node_daemon_sync_state(void *ctx)
{
    static const char *const words[] = {
        [NODE_SYNC_IDLE] = "idle",         [NODE_SYNC_LOADING] = "preparing",
        [NODE_SYNC_DIALING] = "dialing",   [NODE_SYNC_GREETING] = "greeting",
        [NODE_SYNC_JOINING] = "joining",   [NODE_SYNC_SYNCING] = "syncing",
        [NODE_SYNC_CLOSING] = "finishing",
    };
    struct node_daemon *d = ctx;
    return words[node_drive_state(d->drive)];
}

static void node_daemon_no_desk(enum err e)
{
    const char *vi = "xem nhật ký để biết vì sao", *en = "see the log for the reason";
    if (e == ERR_FULL || e == ERR_READONLY) {
        vi = "hãy lấy lại chỗ trống hay quyền ghi cho thư mục dữ liệu, rồi chạy lại";
        en = "make room on the disk, or the data folder writable, and start again";
    } else if (e == ERR_LOCKED || e == ERR_BAD_INPUT || e == ERR_DENIED) {
        vi = "hãy đổi [desk] listen trong dongbo.conf";
        en = "change [desk] listen in dongbo.conf";
    }
    printf("Không mở được trang nhập liệu (%s): %s.\nThe desk cannot be served (%s): %s.\n",
           err_text_vi(e), vi, err_text_en(e), en);
}

/* A desk that cannot be served is said and left out: syncing matters more. */
static void node_daemon_desk(struct node_daemon *d)
{
    const struct node_home_desk *place = &d->home->desk;
    if (!place->on) return;
    struct node_desk_options o = {.loop = node_drive_loop(d->drive),
                                  .command = &d->home->command,
                                  .dir = place->dir,
                                  .address = place->address,
                                  .port = place->port,
                                  .mono_ms = clock_mono_ms,
                                  .sync_now = node_daemon_sync_now,
                                  .sync_state = node_daemon_sync_state,
                                  .restore = node_daemon_restore,
                                  .unjoin = node_daemon_unjoin,
                                  .ctx = d};
    enum err e = node_desk_open(&o, &d->desk);
    if (e != ERR_OK) {
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("desk.refused"), log_err(e), log_uint("port", o.port));
        node_daemon_no_desk(e);
    } else {
        printf("Trang nhập liệu / desk: http://127.0.0.1:%u/\n", (unsigned)node_desk_port(d->desk));
        if (node_desk_code(d->desk)[0] != '\0')
            printf("Người dùng đầu tiên: nhập mã trong tệp %s/run/desk-code\n"
                   "The first user: enter the code of that file.\n",
                   place->dir);
    }
    (void)fflush(stdout);
}

/* ---- the control socket ---- */

static void node_daemon_reply(struct rpc_call *call, json_t *response)
{
    rpc_reply(call, response);
    json_decref(response);
}

static void node_daemon_copied(void *ctx, enum err how, const char *dest)
{
    struct node_daemon *d = ctx;
    LOG_EVENT(how == ERR_OK ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, log_evt("backup.ended"),
              log_err(how));
    d->copying = NULL;
    node_daemon_reply(d->copier, node_command_backup_said(how, dest));
}

static void node_daemon_backup(struct node_daemon *d, struct rpc_call *call, const json_t *request)
{
    char made[FILE_PATH_BYTES_MAX] = "";
    struct node_store *store = d->home->store;
    const char *path = json_string_value(json_object_get(request, "path"));
    enum err e = path != NULL && path[0] == '/' ? ERR_OK : ERR_BAD_INPUT;
    if (e == ERR_OK && d->copying != NULL) e = ERR_LOCKED; /* one at a time */
    if (e == ERR_OK) e = node_backup_dest(store, path, clock_wall_ms(), made);
    if (e == ERR_OK)
        e = copying_start(node_drive_loop(d->drive), node_store_db(store), made, node_daemon_copied,
                          d, &d->copying);
    if (e == ERR_OK)
        d->copier = call;
    else
        node_daemon_reply(call, node_command_backup_said(e, made));
}

static uint64_t node_daemon_scrub(void *ctx)
{
    struct node_daemon *d = ctx;
    return node_scrub_turn(&d->scrub, clock_wall_ms());
}

/* Where the page is, and the code of its first login: for who can read the data folder. */
static json_t *node_daemon_page(const struct node_daemon *d)
{
    return json_pack("{s:i, s:s}", "port", d->desk != NULL ? (int)node_desk_port(d->desk) : 0,
                     "code", d->desk != NULL ? node_desk_code(d->desk) : "");
}

static void node_daemon_on_request(void *ctx, struct rpc_call *call, json_t *request)
{
    struct node_daemon *d = ctx;
    const char *verb = json_string_value(json_object_get(request, "verb"));
    if (verb != NULL && strcmp(verb, "page") == 0) {
        node_daemon_reply(call, node_daemon_page(d));
        return;
    }
    if (verb != NULL && strcmp(verb, "sync") == 0 && d->count < RPC_PEERS_MAX) {
        d->waiting[d->count++] = call;
        node_drive_now(d->drive);
        return;
    }
    if (verb != NULL && strcmp(verb, "backup") == 0) {
        node_daemon_backup(d, call, request);
        return;
    }
    node_daemon_reply(call, node_command_run(&d->home->command, request));
}

static enum err node_daemon_open(struct node_daemon *d)
{
    if (!d->once) node_stops_open(d->home->dir, &d->home->stops);
    struct node_drive_options options = {.store = d->home->store,
                                         .keys = &d->home->keys,
                                         .signals = true,
                                         .on_result = node_daemon_on_result,
                                         .on_stop = node_daemon_on_stop,
                                         .blackbox = d->home->stops.p,
                                         .ctx = d};
    enum err e = node_drive_new(&options, &d->drive);
    if (e != ERR_OK) {
        mapped_close(&d->home->stops);
        return e;
    }
    d->home->command.stops = d->home->stops.p;
    d->home->command.saved = node_daemon_saved;
    d->home->command.compared = node_daemon_compared;
    d->home->command.ctx = d;
    return ERR_OK;
}

static void node_daemon_close(struct node_daemon *d)
{
    d->home->command.saved = NULL;
    d->home->command.stops = NULL;
    d->home->command.compared = NULL;
    node_drive_free(d->drive);
    mapped_close(&d->home->stops);
}

enum err node_daemon_run(struct node_home *h, const char *socket_path)
{
    struct node_daemon d = {.home = h};
    enum err e = node_daemon_open(&d);
    if (e != ERR_OK) return e;
    e = rpc_serve(node_drive_loop(d.drive), socket_path, node_daemon_on_request, &d, &d.rpc);
    node_scrub_init(&d.scrub, h->store);
    if (e == ERR_OK)
        e = pace_start(node_drive_loop(d.drive), NODE_SCRUB_FIRST_MS, node_daemon_scrub, &d,
                       &d.scrubbing);
    if (e == ERR_OK) {
        node_daemon_desk(&d);
        LOG_EVENT(LOG_LEVEL_INFO, log_evt("daemon.started"));
        e = node_drive_run(d.drive);
        LOG_EVENT(LOG_LEVEL_INFO, log_evt("daemon.stopped"), log_err(e));
    }
    node_daemon_close(&d);
    node_scrub_free(&d.scrub);
    return e;
}

enum err node_daemon_once(struct node_home *h, json_t **response)
{
    struct node_daemon d = {.home = h, .once = true};
    enum err e = node_daemon_open(&d);
    if (e != ERR_OK) return e;
    e = node_drive_run(d.drive);
    node_daemon_close(&d);
    if (e == ERR_OK && d.response == NULL) { /* a signal came first */
        d.response = node_command_error(ERR_LINK_LOST, "Đã dừng; dữ liệu đã lưu và đang chờ gửi.",
                                        "Stopped; everything is saved and waits.", NULL);
    }
    if (e == ERR_OK)
        *response = d.response;
    else
        json_decref(d.response);
    return e;
}
