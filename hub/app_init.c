/* Making a new hub. */
#include "hub/app.h"

#include "common/io/clock.h"
#include "common/io/tls.h"
#include "common/text.h"

#include <sodium.h>
#include <stdio.h>

enum { HUB_NAME_BYTES_MAX = 255 };

struct hub_init_keys {
    struct key_sign root, log, issue;
    struct key_box transport, sealing;
};

static void hub_init_keys_free(struct hub_init_keys *k)
{
    key_sign_free(&k->root);
    key_sign_free(&k->log);
    key_sign_free(&k->issue);
    key_box_free(&k->transport);
    key_box_free(&k->sealing);
}

/* What an init left behind that was cut before there was a hub is worth nothing and goes. */
static enum err hub_init_private(const char *data, const char *name, struct bytes content)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(data, name, path);
    if (e == ERR_OK && file_exists(path)) e = file_remove(path);
    return e == ERR_OK ? file_create_private(path, content) : e;
}

static enum err hub_init_sign(const char *data, const char *name, enum key_use use,
                              struct key_sign *k)
{
    struct buf text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = key_sign_make(k, use);
    if (e == ERR_OK) e = key_sign_save(k, &text);
    if (e == ERR_OK) e = hub_init_private(data, name, buf_bytes(&text));
    key_wipe_buf(&text);
    return e;
}

static enum err hub_init_box(const char *data, const char *name, enum key_use use,
                             struct key_box *k)
{
    struct buf text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = key_box_make(k, use);
    if (e == ERR_OK) e = key_box_save(k, &text);
    if (e == ERR_OK) e = hub_init_private(data, name, buf_bytes(&text));
    key_wipe_buf(&text);
    return e;
}

/* Where people keep it; nothing that stands there is overwritten. */
static enum err hub_init_root(const char *path, struct key_sign *k)
{
    struct buf text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = key_sign_make(k, KEY_ROOT);
    if (e == ERR_OK) e = key_sign_save(k, &text);
    if (e == ERR_OK) e = file_create_private(path, buf_bytes(&text));
    key_wipe_buf(&text);
    return e;
}

static enum err hub_init_make_keys(const char *data, const char *root, struct hub_init_keys *k)
{
    enum err e = root != NULL ? hub_init_root(root, &k->root)
                              : hub_init_sign(data, "keys/root.key", KEY_ROOT, &k->root);
    if (e == ERR_OK) e = hub_init_sign(data, "keys/log.key", KEY_SIGN, &k->log);
    if (e == ERR_OK) e = hub_init_sign(data, "keys/issue.key", KEY_ISSUE, &k->issue);
    if (e == ERR_OK) e = hub_init_box(data, "keys/transport.key", KEY_TRANSPORT, &k->transport);
    if (e == ERR_OK) e = hub_init_box(data, "keys/sealing.key", KEY_SEALING, &k->sealing);
    return e;
}

/* ---- certificate ---- */

/* An authority of this hub's own; its key may be kept elsewhere, only a new certificate needs it. */
static enum err hub_init_authority(const char *data, const char *unit_name, int64_t now_ms,
                                   struct buf *cert, struct buf *key)
{
    char path[FILE_PATH_BYTES_MAX], name[65];
    struct bytes short_name = text_truncate(bytes_str(unit_name), sizeof name - sizeof "Dong Bo ");
    snprintf(name, sizeof name, "Dong Bo %.*s", (int)short_name.len, (const char *)short_name.p);
    enum err e = tls_make_authority(name, now_ms, cert, key);
    if (e == ERR_OK) e = hub_init_private(data, "tls/ca.key", buf_bytes(key));
    if (e == ERR_OK) e = hub_app_path(data, HUB_AUTHORITY_FILE, path);
    return e == ERR_OK ? file_write_atomic(path, buf_bytes(cert), 0644) : e;
}

/* Names of a certificate in `text`; 0: they are none. */
static size_t hub_init_names(const char *server_names, char text[static HUB_NAME_BYTES_MAX + 1],
                             const char *names[static TLS_NAMES_MAX])
{
    if (strlen(server_names) > HUB_NAME_BYTES_MAX) return 0;
    snprintf(text, HUB_NAME_BYTES_MAX + 1, "%s", server_names);
    size_t n = hub_app_split(text, names, TLS_NAMES_MAX);
    return tls_names_ok(names, n) ? n : 0;
}

/* A server's certificate by that authority, and its key, over those that are there. */
static enum err hub_init_server(const char *data, const char *server_names,
                                const struct tls_authority *by, int64_t now_ms)
{
    char text[HUB_NAME_BYTES_MAX + 1];
    char cert_path[FILE_PATH_BYTES_MAX], key_path[FILE_PATH_BYTES_MAX];
    const char *names[TLS_NAMES_MAX];
    struct buf cert, key, old;
    size_t n = hub_init_names(server_names, text, names);
    buf_init(&cert, TLS_PEM_BYTES_MAX);
    buf_init(&key, TLS_PEM_BYTES_MAX);
    buf_init(&old, TLS_PEM_BYTES_MAX);
    enum err e = hub_app_path(data, "tls/key.pem", key_path);
    if (e == ERR_OK) e = hub_app_path(data, "tls/cert.pem", cert_path);
    if (e == ERR_OK) e = tls_make(names, n, now_ms, by, &cert, &key);
    enum err had = e == ERR_OK ? file_read(key_path, TLS_PEM_BYTES_MAX, &old) : e;
    if (e == ERR_OK) e = file_write_atomic(key_path, buf_bytes(&key), 0600);
    if (e == ERR_OK) {
        e = file_write_atomic(cert_path, buf_bytes(&cert), 0644);
        if (e != ERR_OK && had == ERR_OK) /* the pair that was there stays one */
            (void)!file_write_atomic(key_path, buf_bytes(&old), 0600);
    }
    tls_wipe(&old);
    tls_wipe(&key);
    buf_free(&cert);
    return e;
}

static enum err hub_init_tls(const char *data, const struct hub_app_init *init, int64_t now_ms)
{
    struct buf ca, ca_key;
    buf_init(&ca, TLS_PEM_BYTES_MAX);
    buf_init(&ca_key, TLS_PEM_BYTES_MAX);
    enum err e = hub_init_authority(data, init->unit_name, now_ms, &ca, &ca_key);
    struct tls_authority by = {buf_bytes(&ca), buf_bytes(&ca_key)};
    if (e == ERR_OK) e = hub_init_server(data, init->names, &by, now_ms);
    tls_wipe(&ca_key);
    buf_free(&ca);
    return e;
}

enum err hub_app_certificate(const char *data, const char *names, const char *ca_key_path,
                             int64_t now_ms)
{
    char path[FILE_PATH_BYTES_MAX];
    struct buf ca, ca_key;
    buf_init(&ca, TLS_PEM_BYTES_MAX);
    buf_init(&ca_key, TLS_PEM_BYTES_MAX);
    enum err e = hub_app_path(data, HUB_AUTHORITY_FILE, path);
    if (e == ERR_OK) e = file_read(path, TLS_PEM_BYTES_MAX, &ca);
    if (e == ERR_OK) e = file_read(ca_key_path, TLS_PEM_BYTES_MAX, &ca_key);
    struct tls_authority by = {buf_bytes(&ca), buf_bytes(&ca_key)};
    if (e == ERR_OK) e = hub_init_server(data, names, &by, now_ms);
    tls_wipe(&ca_key);
    buf_free(&ca);
    return e;
}

/* ---- config ---- */

/* The text of the first config. ERR_BAD_INPUT: an address of `init` is none. */
static enum err hub_init_conf(const struct hub_app_init *init, struct buf *out)
{
    struct conf *c = NULL;
    struct buf b;
    buf_init(&b, CONF_FILE_BYTES_MAX);
    buf_printf(&b, "[hub]\n");
    if (init->listen != NULL) buf_printf(&b, "listen = %s\n", init->listen);
    if (init->address[0] != '\0') buf_printf(&b, "address = %s\n", init->address);
    buf_printf(&b, "[web]\nnames = %s\n", init->names);
    if (init->web != NULL) buf_printf(&b, "listen = %s\n", init->web);
    size_t n;
    const struct conf_key *keys = hub_app_keys(&n);
    enum err e = b.e == ERR_OK ? conf_new(keys, n, &c) : b.e;
    if (e == ERR_OK) e = conf_parse(c, buf_bytes(&b), "init");
    if (e == ERR_CONFIG) e = ERR_BAD_INPUT;
    if (e == ERR_OK) {
        conf_print(c, false, out);
        e = out->e;
    }
    conf_free(c);
    buf_free(&b);
    return e;
}

static enum err hub_init_conf_write(const char *data, struct bytes text)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(data, "dongbo.conf", path);
    return e == ERR_OK ? file_write_atomic(path, text, 0600) : e;
}

/* ---- identity ---- */

static enum err hub_init_identity(const struct hub_init_keys *k, const struct hub_app_init *init,
                                  struct hub_identity *id)
{
    struct buf card;
    *id = (struct hub_identity){.parsed = {.serial = 1}};
    memcpy(id->parsed.root_pk, k->root.public, KEY_PUBLIC_BYTES);
    memcpy(id->parsed.log_pk, k->log.public, KEY_PUBLIC_BYTES);
    memcpy(id->parsed.transport_pk, k->transport.public, KEY_PUBLIC_BYTES);
    memcpy(id->parsed.sealing_pk, k->sealing.public, KEY_PUBLIC_BYTES);
    crypto_generichash(id->hub.b, sizeof id->hub.b, k->root.public, KEY_PUBLIC_BYTES, NULL, 0);
    snprintf(id->unit, sizeof id->unit, "%s", init->unit);
    snprintf(id->unit_name, sizeof id->unit_name, "%s", init->unit_name);
    buf_init(&card, sizeof id->card);
    admin_card_make(&id->parsed, k->root.secret, &card);
    enum err e = card.e;
    if (e == ERR_OK) {
        memcpy(id->card, card.p, card.len);
        id->card_len = card.len;
        randombytes_buf(id->inc.b, sizeof id->inc.b);
        do {
            randombytes_buf(&id->epoch, sizeof id->epoch);
        } while (id->epoch == 0); /* 0 says "none yet" in headers */
    }
    buf_free(&card);
    return e;
}

static enum err hub_init_store(const char *data, const struct hub_identity *id)
{
    char path[FILE_PATH_BYTES_MAX];
    struct hub_store *s = NULL;
    enum err e = hub_app_path(data, "hub.db", path);
    if (e == ERR_OK)
        e = hub_store_open(&(struct hub_store_options){.path = path, .create = true}, &s);
    if (e == ERR_OK) e = hub_store_identity_set(s, id);
    hub_store_close(s);
    return e;
}

/* ERR_EXISTS: a hub lives here, with or without its keys. */
static enum err hub_init_vacant(const char *data)
{
    char path[FILE_PATH_BYTES_MAX];
    struct hub_store *s = NULL;
    struct hub_identity id;
    enum err e = hub_app_path(data, "hub.db", path);
    if (e != ERR_OK || !file_exists(path)) return e;
    e = hub_store_open(&(struct hub_store_options){.path = path, .create = false}, &s);
    if (e == ERR_OK) e = hub_store_identity(s, &id);
    hub_store_close(s);
    if (e == ERR_OK) return ERR_EXISTS;
    return e == ERR_NOT_READY ? ERR_OK : e;
}

static enum err hub_init_folders(const char *data)
{
    static const char *const names[] = {"keys", "tls", "run"};
    char path[FILE_PATH_BYTES_MAX];
    enum err e = file_mkdirs(data, 0700);
    for (size_t i = 0; i < sizeof names / sizeof names[0] && e == ERR_OK; i++) {
        e = hub_app_path(data, names[i], path);
        if (e == ERR_OK) e = file_mkdirs(path, 0700);
    }
    return e;
}

static bool hub_init_ok(const struct hub_app_init *init)
{
    char text[HUB_NAME_BYTES_MAX + 1];
    const char *names[TLS_NAMES_MAX];
    size_t len = strlen(init->unit);
    if (hub_init_names(init->names, text, names) == 0) return false;
    if (len == 0 || len > ADMIN_UNIT_BYTES_MAX) return false;
    for (size_t i = 0; i < len; i++) {
        if (init->unit[i] <= ' ' || init->unit[i] == 0x7f) return false;
    }
    return init->unit_name[0] != '\0' &&
           text_check(bytes_str(init->unit_name), MESSAGE_TEXT_MAX, TEXT_ONE_LINE) == ERR_OK;
}

/* In the folder, which is locked. */
static enum err hub_init_all(const char *data, const struct hub_app_init *init, struct bytes conf,
                             int64_t now_ms)
{
    struct hub_init_keys k = {0};
    struct hub_identity id;
    enum err e = hub_init_vacant(data);
    if (e == ERR_OK) e = hub_init_conf_write(data, conf);
    if (e == ERR_OK) e = hub_init_make_keys(data, init->root, &k);
    if (e == ERR_OK) e = hub_init_tls(data, init, now_ms);
    if (e == ERR_OK) e = hub_init_identity(&k, init, &id);
    if (e == ERR_OK) e = hub_init_store(data, &id);
    hub_init_keys_free(&k);
    return e;
}

enum err hub_app_init(const char *data, const struct hub_app_init *init, int64_t now_ms)
{
    struct file_lock lock;
    struct buf conf;
    char path[FILE_PATH_BYTES_MAX];
    if (!hub_init_ok(init)) return ERR_BAD_INPUT;
    buf_init(&conf, CONF_FILE_BYTES_MAX);
    enum err e = hub_init_conf(init, &conf); /* before there is a folder */
    if (e == ERR_OK) e = key_ready();
    if (e == ERR_OK) e = hub_init_folders(data);
    if (e == ERR_OK) e = hub_app_path(data, "run/lock", path);
    if (e == ERR_OK) e = file_lock(path, &lock);
    if (e == ERR_OK) {
        e = hub_init_all(data, init, buf_bytes(&conf), now_ms);
        file_unlock(&lock);
    }
    buf_free(&conf);
    return e;
}
