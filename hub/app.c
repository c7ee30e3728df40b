#include "hub/app.h"

#include "common/io/clock.h"
#include "common/io/db.h"
#include "hub/closed.h"
#include "hub/rotate.h"
#include "hub/sources.h"
#include "hub/store_replay.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static const struct conf_key hub_conf_keys[] = {
    {"hub", "listen", CONF_HOSTPORT, "0.0.0.0:" HUB_PORT_DEFAULT, 0, 65535,
     "địa chỉ và cổng nhận các máy xã; cổng 0 = cổng trống bất kỳ",
     "address and port for nodes; port 0 = any free one"},
    {"hub", "address", CONF_STRING, "", 0, ADMIN_ADDRESS_BYTES_MAX,
     "máy:cổng ghi trong giấy mời, như các xã nhìn thấy; trống = địa chỉ đang nghe",
     "host:port in invitations, as communes see it; empty = the one listened at"},
    {"hub", "rate", CONF_INT, "20", 1, HUB_SOURCES_RATE_MAX,
     "số lần bắt tay mỗi giây từ một nơi (mạng /24 hoặc /48), dồn được gấp đôi; tăng khi rất nhiều "
     "xã chung một "
     "địa chỉ",
     "handshakes a second from one place (a /24 or /48 network), twice that at once; more when "
     "very many communes "
     "share one address"},
    {"web", "listen", CONF_HOSTPORT, "127.0.0.1:" HUB_WEB_PORT_DEFAULT, 0, 65535,
     "địa chỉ và cổng HTTPS cho cấp tỉnh lấy báo cáo",
     "HTTPS address and port from which the province pulls reports"},
    {"web", "names", CONF_STRING, "localhost,127.0.0.1", 1, 180,
     "tên máy hoặc địa chỉ được phép trong yêu cầu HTTPS, cách nhau bằng dấu phẩy",
     "host names or addresses allowed in HTTPS requests, ',' between them"},
    {"web", "cert", CONF_STRING, "", 0, 190, "tệp chứng thư PEM; trống = tls/cert.pem",
     "PEM certificate; empty = tls/cert.pem"},
    {"web", "key", CONF_STRING, "", 0, 190, "tệp khóa PEM; trống = tls/key.pem",
     "PEM key; empty = tls/key.pem"},
    {"log", "level", CONF_STRING, "info", 4, 5, "error, warn, info hoặc debug",
     "error, warn, info or debug"},
    {"log", "journald", CONF_BOOL, "false", 0, 0, "ghi mức ưu tiên cho journald",
     "print priorities for journald"},
};

const struct conf_key *hub_app_keys(size_t *count)
{
    *count = sizeof hub_conf_keys / sizeof hub_conf_keys[0];
    return hub_conf_keys;
}

enum err hub_app_path(const char *data, const char *name, char out[static FILE_PATH_BYTES_MAX])
{
    return file_join(data, name, out, FILE_PATH_BYTES_MAX);
}

enum err hub_app_conf(const char *data, struct conf **out)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(data, "dongbo.conf", path);
    struct conf *c = NULL;
    if (e == ERR_OK)
        e = conf_new(hub_conf_keys, sizeof hub_conf_keys / sizeof hub_conf_keys[0], &c);
    if (e != ERR_OK) return e;
    e = conf_load(c, path);
    if (e == ERR_NOT_FOUND) e = ERR_OK;
    if (e != ERR_OK && e != ERR_CONFIG) {
        conf_free(c);
        return e;
    }
    *out = c;
    return e;
}

size_t hub_app_split(char *text, const char **names, size_t max)
{
    static const char between[] = ", ";
    size_t n = 0;
    for (char *p = text + strspn(text, between); *p != '\0' && n < max; p += strspn(p, between)) {
        names[n++] = p;
        p += strcspn(p, between);
        if (*p != '\0') *p++ = '\0';
    }
    return n;
}

/* ---- opening ---- */

static enum err hub_app_key_text(const char *data, const char *name, struct buf *text)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(data, name, path);
    return e == ERR_OK ? file_read_private(path, KEY_FILE_BYTES_MAX, text) : e;
}

static enum err hub_app_sign_key(const char *data, const char *name, enum key_use use,
                                 struct key_sign *out)
{
    struct buf text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = hub_app_key_text(data, name, &text);
    if (e == ERR_OK) e = key_sign_load(out, use, buf_bytes(&text));
    key_wipe_buf(&text);
    return e;
}

static enum err hub_app_box_key(const char *data, const char *name, enum key_use use,
                                struct key_box *out)
{
    struct buf text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = hub_app_key_text(data, name, &text);
    if (e == ERR_OK) e = key_box_load(out, use, buf_bytes(&text));
    key_wipe_buf(&text);
    return e;
}

enum err hub_app_log_pk(const char *data, uint8_t out[static KEY_PUBLIC_BYTES])
{
    struct key_sign k = {0};
    enum err e = key_ready();
    if (e == ERR_OK) e = hub_app_sign_key(data, "keys/log.key", KEY_SIGN, &k);
    if (e == ERR_OK) memcpy(out, k.public, KEY_PUBLIC_BYTES);
    key_sign_free(&k);
    return e;
}

bool hub_app_keys_gone(const char *data)
{
    static const char *const names[] = {"keys/log.key", "keys/issue.key", "keys/transport.key",
                                        "keys/sealing.key"};
    char path[FILE_PATH_BYTES_MAX];
    bool gone = false;
    if (hub_app_path(data, "hub.db", path) != ERR_OK || !file_exists(path)) return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        gone = gone || (hub_app_path(data, names[i], path) == ERR_OK && !file_exists(path));
    return gone;
}

/* The transport key of before the last change hands out the new card; mostly there is none. */
static enum err hub_app_old_key(struct hub_app *a)
{
    enum err e =
        hub_app_box_key(a->data, "keys/old-transport.key", KEY_TRANSPORT, &a->old_transport);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err hub_app_load_keys(struct hub_app *a)
{
    enum err e = hub_app_sign_key(a->data, "keys/log.key", KEY_SIGN, &a->log);
    if (e == ERR_OK) e = hub_app_sign_key(a->data, "keys/issue.key", KEY_ISSUE, &a->issue);
    if (e == ERR_OK)
        e = hub_app_box_key(a->data, "keys/transport.key", KEY_TRANSPORT, &a->transport);
    if (e == ERR_OK) e = hub_app_box_key(a->data, "keys/sealing.key", KEY_SEALING, &a->sealing);
    if (e == ERR_OK) e = hub_app_old_key(a);
    a->keys = (struct hub_sync_keys){
        .hub = a->identity.hub,
        .transport_secret = a->transport.secret,
        .transport_pk = a->transport.public,
        .log_secret = a->log.secret,
        .log_pk = a->log.public,
        .old_transport_secret = a->old_transport.secret,
        .old_transport_pk = a->old_transport.public,
    };
    return e;
}

/* No key file of this hub is used when one is gone: new ones are made. */
static enum err hub_app_no_keys(struct hub_app *a)
{
    enum err e = hub_app_load_keys(a);
    key_sign_free(&a->log);
    key_sign_free(&a->issue);
    key_box_free(&a->transport);
    key_box_free(&a->sealing);
    key_box_free(&a->old_transport);
    a->keys = (struct hub_sync_keys){.hub = a->identity.hub};
    if (e == ERR_OK) return ERR_EXISTS;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err hub_app_load(struct hub_app *a, bool keyless)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(a->data, "hub.db", path);
    if (e == ERR_OK)
        e = hub_store_open(&(struct hub_store_options){.path = path, .witness = true, .seal = true},
                           &a->store);
    if (e == ERR_OK) e = hub_store_identity(a->store, &a->identity);
    if (e == ERR_OK) e = hub_rotate_settle(a->data, &a->identity);
    if (e == ERR_OK && keyless) return hub_app_no_keys(a);
    if (e == ERR_OK) e = hub_app_load_keys(a);
    if (e == ERR_OK) e = hub_rotate_again(a, clock_wall_ms());
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_NOT_READY : e;
    if (!key_equal(a->log.public, a->identity.parsed.log_pk, KEY_PUBLIC_BYTES) ||
        !key_equal(a->transport.public, a->identity.parsed.transport_pk, KEY_PUBLIC_BYTES) ||
        !key_equal(a->sealing.public, a->identity.parsed.sealing_pk, KEY_PUBLIC_BYTES))
        return ERR_DAMAGED; /* keys of another hub */
    return ERR_OK;
}

/* Of programs that were killed; the folder is locked. */
static enum err hub_app_sweep(const char *data)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(data, "hub.db", path);
    if (e != ERR_OK) return e;
    hub_replay_sweep(path);
    db_restore_sweep(path);
    return ERR_OK;
}

static enum err hub_app_begin_at(const char *data, bool keyless, struct hub_app **out)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(data, "hub.db", path);
    if (e == ERR_OK && !file_exists(path)) e = ERR_NOT_READY;
    if (e == ERR_OK) e = key_ready();
    if (e != ERR_OK) return e;
    struct hub_app *a = calloc(1, sizeof *a);
    if (a == NULL) return ERR_NOMEM;
    snprintf(a->data, sizeof a->data, "%s", data);
    e = hub_app_conf(data, &a->conf);
    if (e == ERR_OK) e = hub_app_path(data, "run/lock", path);
    if (e == ERR_OK) e = file_lock(path, &a->lock);
    a->locked = e == ERR_OK;
    if (e == ERR_OK) e = hub_app_sweep(data);
    if (e == ERR_OK) e = hub_app_load(a, keyless);
    if (e == ERR_OK) e = hub_closed_apply(a);
    if (e == ERR_OK) {
        *out = a;
    } else {
        hub_app_close(a);
    }
    return e;
}

enum err hub_app_open(const char *data, struct hub_app **out)
{
    return hub_app_begin_at(data, false, out);
}

enum err hub_app_open_keyless(const char *data, struct hub_app **out)
{
    return hub_app_begin_at(data, true, out);
}

void hub_app_close(struct hub_app *a)
{
    if (a == NULL) return;
    hub_store_close(a->store);
    key_sign_free(&a->log);
    key_sign_free(&a->issue);
    key_box_free(&a->transport);
    key_box_free(&a->sealing);
    key_box_free(&a->old_transport);
    conf_free(a->conf);
    if (a->locked) file_unlock(&a->lock);
    free(a);
}

/* ---- writing ---- */

static struct hub_engine_time hub_app_time(void)
{
    return (struct hub_engine_time){.now_ms = clock_mono_ms(), .wall_ms = clock_wall_ms()};
}

enum err hub_app_begin(struct hub_app *a)
{
    if (a->drive != NULL) return hub_engine_begin(hub_drive_engine(a->drive), hub_app_time());
    return hub_store_begin(a->store);
}

enum err hub_app_commit(struct hub_app *a)
{
    return a->drive != NULL ? hub_drive_flush(a->drive) : hub_store_commit(a->store);
}

void hub_app_abort(struct hub_app *a)
{
    if (a->drive != NULL) {
        hub_engine_abort(hub_drive_engine(a->drive), hub_app_time());
    } else {
        hub_store_rollback(a->store);
    }
}

enum err hub_app_settle(struct hub_app *a)
{
    return a->drive != NULL ? hub_drive_flush(a->drive) : ERR_OK;
}

void hub_app_person(const struct hub_app *a, const char *name, struct id_person *out)
{
    uint8_t h[16];
    crypto_generichash(h, sizeof h, (const uint8_t *)name, strlen(name), a->keys.hub.b,
                       sizeof a->keys.hub.b);
    memcpy(out->b, h, sizeof out->b);
}
