#include "node/home.h"
#include "node/rekey.h"
#include "common/date.h"
#include "common/io/clock.h"
#include "common/io/db.h"
#include "node/store_readers.h"
#include "node/store_users.h"

#include <sodium.h>
#include <stdio.h>

enum err node_home_path(const char *dir, const char *name, char out[static NODE_HOME_PATH_MAX])
{
    return file_join(dir, name, out, NODE_HOME_PATH_MAX);
}

/* ---- keys ---- */

enum err node_home_sign_pk(const char *dir, uint8_t out[static KEY_PUBLIC_BYTES])
{
    struct node_keyring k = {0};
    enum err e = node_keyring_load(dir, "", false, &k);
    if (e == ERR_OK) memcpy(out, k.sign.public, KEY_PUBLIC_BYTES);
    node_keyring_free(&k);
    return e;
}

static enum err node_home_keys(const char *dir, bool make, struct node_home *h)
{
    enum err e = node_keyring_load(dir, "", make, &h->ring);
    if (e != ERR_OK) return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
    node_keyring_keys(&h->ring, &h->keys);
    return ERR_OK;
}

/* ---- the folder ---- */

static enum err node_home_lock(const char *dir, struct node_home *h)
{
    char path[NODE_HOME_PATH_MAX];
    enum err e = node_home_path(dir, "lock", path);
    if (e == ERR_OK) e = file_lock(path, &h->lock);
    h->locked = e == ERR_OK;
    return e;
}

static enum err node_home_store(const char *dir, bool create, struct node_home *h)
{
    char path[NODE_HOME_PATH_MAX];
    enum err e = node_home_path(dir, "node.db", path);
    if (e == ERR_OK)
        e = node_store_open(&(struct node_store_options){.path = path,
                                                         .create = create,
                                                         .witness = true,
                                                         .seal = true,
                                                         .sealing = h->ring.sealing.secret
                                                                        ? &h->ring.sealing
                                                                        : NULL},
                            &h->store);
    return e;
}

static enum err node_home_identity(struct node_home *h, const char *name)
{
    struct node_identity id = {.joined = false};
    crypto_generichash(id.node.b, sizeof id.node.b, h->ring.sign.public, KEY_PUBLIC_BYTES, NULL, 0);
    memcpy(id.sign_pk, h->ring.sign.public, sizeof id.sign_pk);
    memcpy(id.transport_pk, h->ring.transport.public, sizeof id.transport_pk);
    memcpy(id.sealing_pk, h->ring.sealing.public, sizeof id.sealing_pk);
    snprintf(id.name, sizeof id.name, "%s", name);
    return node_store_identity_set(h->store, &id);
}

static enum err node_home_rekey_wish(void *home)
{
    return node_rekey_begin(home);
}

static enum err node_home_turn_wish(void *home)
{
    bool begun = false;
    return node_rekey_turn(home, &begun);
}

static enum err node_home_command(struct node_home *h)
{
    enum err e = node_command_init(&h->command, h->store, &h->keys, clock_wall_ms);
    h->has_command = e == ERR_OK;
    h->command.sealing = h->keys.sealing;
    h->command.rekey = node_home_rekey_wish;
    h->command.turn = node_home_turn_wish;
    h->command.home = h;
    return e;
}

/* ERR_EXISTS: it is a node already. Else what an init or an undoing left is made whole. */
static enum err node_home_fill(const char *dir, const char *name, struct node_home *h)
{
    struct node_identity id;
    enum err e = node_home_store(dir, true, h);
    if (e == ERR_EXISTS) { /* is it whole, or did an init end here? */
        e = node_home_store(dir, false, h);
        if (e == ERR_OK) e = node_store_identity(h->store, &id);
        if (e == ERR_OK) return ERR_EXISTS;
        if (e == ERR_NOT_READY) e = ERR_OK;
    }
    if (e == ERR_OK) e = node_home_keys(dir, true, h);
    if (e == ERR_OK) node_store_sealing(h->store, &h->ring.sealing);
    return e == ERR_OK ? node_home_identity(h, name) : e;
}

/* The undoing of a joining that was decided and did not come to its end. */
#define NODE_HOME_UNDOING "unjoin"

struct node_home_undoing {
    char stamp[DATE_NAME_ROOM];
    char keys[64]; /* the folder that the keys move to */
    char name[MESSAGE_TEXT_MAX + 1];
};

/* Three lines. ERR_NOT_FOUND: none is under way. */
static enum err node_home_undoing(const char *dir, struct node_home_undoing *out)
{
    char path[NODE_HOME_PATH_MAX];
    struct buf text;
    buf_init(&text, sizeof *out);
    enum err e = node_home_path(dir, NODE_HOME_UNDOING, path);
    if (e == ERR_OK) e = file_read(path, sizeof *out, &text);
    size_t at = 0;
    char *parts[] = {out->stamp, out->keys, out->name};
    const size_t rooms[] = {sizeof out->stamp, sizeof out->keys, sizeof out->name};
    for (size_t i = 0; e == ERR_OK && i < 3; i++) {
        size_t from = at;
        while (at < text.len && text.p[at] != '\n')
            at++;
        if (at == text.len || at - from >= rooms[i]) {
            e = ERR_DAMAGED;
            break;
        }
        if (at > from) memcpy(parts[i], text.p + from, at - from);
        parts[i][at++ - from] = '\0';
    }
    buf_free(&text);
    return e;
}

/* Each step may have been done already. The folder is locked. */
static enum err node_home_undo(const char *dir)
{
    char path[NODE_HOME_PATH_MAX], fresh[NODE_HOME_PATH_MAX], witness[NODE_HOME_PATH_MAX];
    char keys[NODE_HOME_PATH_MAX], old[NODE_HOME_PATH_MAX], wish[NODE_HOME_PATH_MAX];
    char kept[FILE_PATH_BYTES_MAX];
    struct node_home h = {.locked = false};
    struct node_home_undoing u;
    enum err e = node_home_undoing(dir, &u);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = node_home_path(dir, "node.db", path);
    if (e == ERR_OK) e = node_home_path(dir, "node.db.fresh", fresh);
    if (e == ERR_OK) e = node_home_path(dir, "node.db.witness", witness);
    if (e == ERR_OK) e = node_home_path(dir, "keys", keys);
    if (e == ERR_OK) e = node_home_path(dir, NODE_HOME_UNDOING, wish);
    if (e == ERR_OK) e = node_home_path(dir, u.keys, old);
    if (e == ERR_OK && !file_exists(old)) e = file_replace(keys, old);
    if (e == ERR_OK && file_exists(fresh)) e = db_swap(fresh, path, u.stamp, kept, sizeof kept);
    if (e == ERR_OK && file_exists(witness)) e = file_remove(witness); /* of the log before */
    if (e == ERR_OK) e = file_mkdirs(keys, 0700);
    if (e == ERR_OK) e = node_home_fill(dir, u.name, &h);
    node_home_close(&h);
    return e == ERR_OK || e == ERR_EXISTS ? file_remove(wish) : e;
}

static enum err node_home_make(const char *dir, const char *name, struct node_home *h)
{
    char keys[NODE_HOME_PATH_MAX];
    enum err e = node_home_path(dir, "keys", keys);
    if (e == ERR_OK) e = file_mkdirs(dir, 0700);
    if (e == ERR_OK) e = node_home_lock(dir, h);
    if (e == ERR_OK) e = node_home_undo(dir);
    if (e == ERR_OK) e = file_mkdirs(keys, 0700);
    if (e == ERR_OK) e = node_home_fill(dir, name, h);
    return e == ERR_OK ? node_home_command(h) : e;
}

enum err node_home_init(const char *dir, const char *name, struct node_home *out)
{
    struct node_home h = {.locked = false};
    enum err e = node_home_make(dir, name, &h);
    if (e != ERR_OK) {
        node_home_close(&h);
        return e;
    }
    *out = h;
    out->command.keys = &out->keys;
    out->command.home = out;
    node_keyring_keys(&out->ring, &out->keys);
    return ERR_OK;
}

enum err node_home_open(const char *dir, struct node_home *out)
{
    char path[NODE_HOME_PATH_MAX], wish[NODE_HOME_PATH_MAX];
    struct node_identity id;
    *out = (struct node_home){.locked = false};
    if (strlen(dir) >= sizeof out->dir) return ERR_TOO_LARGE;
    memcpy(out->dir, dir, strlen(dir) + 1);
    enum err e = node_home_path(dir, "node.db", path);
    if (e == ERR_OK) e = node_home_path(dir, NODE_HOME_UNDOING, wish);
    if (e == ERR_OK && !file_exists(path) && !file_exists(wish)) return ERR_NOT_READY;
    if (e == ERR_OK) e = node_home_lock(dir, out);
    if (e == ERR_OK) e = node_home_undo(dir);
    if (e == ERR_OK) db_restore_sweep(path);
    if (e == ERR_OK) e = node_home_keys(dir, false, out);
    if (e == ERR_NOT_FOUND) e = ERR_NOT_READY; /* no keys: init did not end */
    if (e == ERR_OK) e = node_home_store(dir, false, out);
    if (e == ERR_OK) node_store_sealing_old(out->store, out->ring.old, out->ring.old_count);
    if (e == ERR_OK) e = node_store_identity(out->store, &id);
    if (e == ERR_OK) e = node_home_command(out);
    if (e == ERR_OK) e = node_rekey_open(out);
    if (e != ERR_OK) node_home_close(out);
    return e;
}

void node_home_close(struct node_home *h)
{
    if (h->has_command) node_command_free(&h->command);
    node_store_close(h->store);
    node_keyring_free(&h->ring);
    node_keyring_free(&h->next);
    node_keyring_free(&h->gone);
    node_keyring_free(&h->gone_next);
    if (h->locked) file_unlock(&h->lock);
    *h = (struct node_home){.locked = false};
}

/* ---- undoing a joining ---- */

enum err node_home_may_unjoin(struct node_store *s, bool *out)
{
    struct node_identity id;
    struct node_store_status st;
    enum err e = node_store_identity(s, &id);
    if (e == ERR_OK) e = node_store_status(s, &st);
    if (e == ERR_OK) *out = id.compared == NODE_COMPARED_DIFFER && st.sets == 0;
    return e;
}

/* A database that knows of no hub and no keys yet, but who may log in. */
static enum err node_home_fresh(const char *path, const char *fresh,
                                char name[static MESSAGE_TEXT_MAX + 1])
{
    struct node_store *old = NULL, *s = NULL;
    struct node_identity id;
    bool may = false;
    enum err e = node_store_open(&(struct node_store_options){.path = path}, &old);
    if (e == ERR_OK) e = node_store_identity(old, &id);
    if (e == ERR_OK) e = node_home_may_unjoin(old, &may);
    if (e == ERR_OK && !may) e = ERR_DENIED;
    if (e == ERR_OK) snprintf(name, MESSAGE_TEXT_MAX + 1, "%s", id.name);
    if (e == ERR_OK)
        e = node_store_open(
            &(struct node_store_options){.path = fresh, .create = true, .seal = true}, &s);
    if (e == ERR_OK) e = node_users_take(s, old);
    node_store_close(s);
    node_store_close(old);
    return e;
}

/* From here on it is decided: whatever ends the program, the next start goes on. */
static enum err node_home_decide(const char *dir, int64_t now_ms, const char *pc)
{
    char stamp[DATE_NAME_ROOM], old[NODE_HOME_PATH_MAX], wish[NODE_HOME_PATH_MAX], name[64];
    struct buf text;
    date_name(now_ms, stamp);
    enum err e = node_home_path(dir, NODE_HOME_UNDOING, wish);
    for (unsigned i = 1; e == ERR_OK; i++) {
        snprintf(name, sizeof name, i == 1 ? "keys.old-%.40s" : "keys.old-%.40s-%u", stamp, i);
        e = node_home_path(dir, name, old);
        if (e == ERR_OK && !file_exists(old)) break;
    }
    if (e != ERR_OK) return e;
    buf_init(&text, sizeof(struct node_home_undoing));
    buf_printf(&text, "%s\n%s\n%s\n", stamp, name, pc);
    e = text.e == ERR_OK ? file_write_atomic(wish, buf_bytes(&text), 0600) : text.e;
    buf_free(&text);
    return e;
}

enum err node_home_unjoin(const char *dir, int64_t now_ms)
{
    char path[NODE_HOME_PATH_MAX], fresh[NODE_HOME_PATH_MAX];
    char name[MESSAGE_TEXT_MAX + 1];
    struct node_home_undoing u;
    struct node_home h = {.locked = false};
    enum err e = node_home_path(dir, "node.db", path);
    if (e == ERR_OK) e = node_home_path(dir, "node.db.fresh", fresh);
    if (e == ERR_OK) e = node_home_lock(dir, &h);
    if (e != ERR_OK) return e;
    e = node_home_undoing(dir, &u);
    if (e == ERR_NOT_FOUND) {
        e = db_remove(fresh); /* of an undoing that was cut before it was decided */
        if (e == ERR_OK) e = node_home_fresh(path, fresh, name);
        if (e == ERR_OK) e = node_home_decide(dir, now_ms, name);
    }
    if (e == ERR_OK) e = node_home_undo(dir);
    node_home_close(&h);
    return e;
}

/* ---- config ---- */

static const struct conf_key node_home_keys_table[] = {
    {"hub", "address", CONF_HOSTPORT, "", 0, 0,
     "Địa chỉ trung tâm host:port, thay cho địa chỉ trong lời mời.",
     "Address of the hub, host:port, in place of the invitation's."},
    {"desk", "enabled", CONF_BOOL, "yes", 0, 0, "Mở trang nhập liệu khi chạy `run`.",
     "Serve the desk while `run` works."},
    {"desk", "listen", CONF_HOSTPORT, "127.0.0.1:7380", 0, 65535,
     "Địa chỉ của trang nhập liệu, chỉ trên máy này; cổng 0: cổng trống bất kỳ.",
     "Address of the desk, on this PC only; port 0: any free one."},
    {"log", "level", CONF_STRING, "info", 1, 16, "Mức nhật ký: error, warn, info hoặc debug.",
     "Level of the log: error, warn, info or debug."},
};

enum err node_home_conf(const char *path, struct conf **out)
{
    struct conf *c = NULL;
    enum err e = conf_new(node_home_keys_table,
                          sizeof node_home_keys_table / sizeof *node_home_keys_table, &c);
    if (e != ERR_OK) return e;
    e = conf_load(c, path);
    if (e != ERR_OK && e != ERR_NOT_FOUND && e != ERR_CONFIG) {
        conf_free(c);
        return e;
    }
    *out = c;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err node_home_address(struct node_home *h, const struct conf *conf)
{
    struct node_identity id;
    char host[ADMIN_ADDRESS_BYTES_MAX + 1], address[sizeof host + 16];
    uint16_t port = 0;
    if (!conf_hostport(conf, "hub", "address", host, sizeof host, &port) || host[0] == '\0')
        return ERR_OK;
    bool v6 = strchr(host, ':') != NULL;
    snprintf(address, sizeof address, v6 ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
    if (strlen(address) > ADMIN_ADDRESS_BYTES_MAX) return ERR_CONFIG;
    enum err e = node_store_identity(h->store, &id);
    if (e != ERR_OK || id.address[0] == '\0' || strcmp(id.address, address) == 0) return e;
    snprintf(id.address, sizeof id.address, "%s", address);
    return node_store_identity_set(h->store, &id);
}

enum err node_home_desk(struct node_home *h, const char *dir, const struct conf *conf)
{
    struct node_home_desk *d = &h->desk;
    if (!conf_bool(conf, "desk", "enabled")) return ERR_OK;
    if (!conf_hostport(conf, "desk", "listen", d->address, sizeof d->address, &d->port) ||
        strlen(dir) >= sizeof d->dir)
        return ERR_CONFIG;
    memcpy(d->dir, dir, strlen(dir) + 1);
    d->on = true;
    return ERR_OK;
}
