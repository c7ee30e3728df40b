#include "node/keyring.h"
#include "common/io/file.h"

#include <stdio.h>
#include <string.h>

#define NODE_KEYRING_CHANGE "change" /* payload of the last change (op 27), as bytes */

enum { NODE_KEYRING_SIGN, NODE_KEYRING_TRANSPORT, NODE_KEYRING_SEALING, NODE_KEYRING_COUNT };

static const char *const node_keyring_names[] = {"sign.key", "transport.key", "sealing.key"};

#define NODE_KEYRING_OLD "old-sealing-%zu.key"

static enum err node_keyring_path(const char *dir, const char *prefix, const char *name,
                                  char out[static FILE_PATH_BYTES_MAX])
{
    char in[64];
    snprintf(in, sizeof in, "keys/%s%s", prefix, name);
    return file_join(dir, in, out, FILE_PATH_BYTES_MAX);
}

static enum err node_keyring_read(const char *dir, const char *prefix, unsigned i, struct buf *text)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = node_keyring_path(dir, prefix, node_keyring_names[i], path);
    return e == ERR_OK ? file_read_private(path, KEY_FILE_BYTES_MAX, text) : e;
}

static enum err node_keyring_write(const char *dir, const char *prefix, unsigned i,
                                   const struct buf *text)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = node_keyring_path(dir, prefix, node_keyring_names[i], path);
    return e == ERR_OK ? file_write_atomic(path, buf_bytes(text), 0600)
                       : e; /* whole or not there */
}

static enum err node_keyring_sign(const char *dir, const char *prefix, bool make,
                                  struct key_sign *k)
{
    struct buf text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = node_keyring_read(dir, prefix, NODE_KEYRING_SIGN, &text);
    if (e == ERR_OK) {
        e = key_sign_load(k, KEY_SIGN, buf_bytes(&text));
    } else if (e == ERR_NOT_FOUND && make) {
        e = key_sign_make(k, KEY_SIGN);
        if (e == ERR_OK) e = key_sign_save(k, &text);
        if (e == ERR_OK) e = node_keyring_write(dir, prefix, NODE_KEYRING_SIGN, &text);
    }
    key_wipe_buf(&text);
    return e;
}

static enum err node_keyring_box(const char *dir, const char *prefix, unsigned i, bool make,
                                 struct key_box *k)
{
    enum key_use use = i == NODE_KEYRING_TRANSPORT ? KEY_TRANSPORT : KEY_SEALING;
    struct buf text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = node_keyring_read(dir, prefix, i, &text);
    if (e == ERR_OK) {
        e = key_box_load(k, use, buf_bytes(&text));
    } else if (e == ERR_NOT_FOUND && make) {
        e = key_box_make(k, use);
        if (e == ERR_OK) e = key_box_save(k, &text);
        if (e == ERR_OK) e = node_keyring_write(dir, prefix, i, &text);
    }
    key_wipe_buf(&text);
    return e;
}

/* ---- sealing keys of before ---- */

static enum err node_keyring_old_path(const char *dir, size_t i,
                                      char out[static FILE_PATH_BYTES_MAX])
{
    char name[32];
    snprintf(name, sizeof name, NODE_KEYRING_OLD, i);
    return node_keyring_path(dir, "", name, out);
}

/* Those that are there. *vacant: the first place without one; SEALED_OLD_MAX: none. */
static enum err node_keyring_old(const char *dir, struct node_keyring *k, size_t *vacant)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = ERR_OK;
    *vacant = SEALED_OLD_MAX;
    for (size_t i = SEALED_OLD_MAX; e == ERR_OK && i-- > 0;) {
        struct buf text;
        buf_init(&text, KEY_FILE_BYTES_MAX);
        e = node_keyring_old_path(dir, i, path);
        if (e == ERR_OK) e = file_read_private(path, KEY_FILE_BYTES_MAX, &text);
        if (e == ERR_OK) e = key_box_load(&k->old[k->old_count], KEY_SEALING, buf_bytes(&text));
        if (e == ERR_OK) k->old_count++;
        if (e == ERR_NOT_FOUND) {
            *vacant = i;
            e = ERR_OK;
        }
        key_wipe_buf(&text);
    }
    return e;
}

/* The present sealing key, kept for reading; once, whatever was cut. */
static enum err node_keyring_keep(const char *dir)
{
    char path[FILE_PATH_BYTES_MAX];
    struct node_keyring k = {0};
    struct buf text;
    size_t vacant;
    bool there = false;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = node_keyring_old(dir, &k, &vacant);
    if (e == ERR_OK) e = node_keyring_box(dir, "", NODE_KEYRING_SEALING, false, &k.sealing);
    for (size_t i = 0; e == ERR_OK && i < k.old_count; i++)
        there = there || key_equal(k.old[i].public, k.sealing.public, KEY_PUBLIC_BYTES);
    if (e == ERR_OK && !there && vacant == SEALED_OLD_MAX) e = ERR_TOO_LARGE;
    if (e == ERR_OK && !there) e = key_box_save(&k.sealing, &text);
    if (e == ERR_OK && !there) e = node_keyring_old_path(dir, vacant, path);
    if (e == ERR_OK && !there) e = file_write_atomic(path, buf_bytes(&text), 0600);
    key_wipe_buf(&text);
    node_keyring_free(&k);
    return e;
}

enum err node_keyring_drop_old(const char *dir, struct node_keyring *k)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < SEALED_OLD_MAX; i++) {
        e = node_keyring_old_path(dir, i, path);
        if (e == ERR_OK && file_exists(path)) e = file_remove(path);
    }
    for (size_t i = 0; e == ERR_OK && i < k->old_count; i++)
        key_box_free(&k->old[i]);
    if (e == ERR_OK) k->old_count = 0;
    return e;
}

enum err node_keyring_load(const char *dir, const char *prefix, bool make, struct node_keyring *out)
{
    struct node_keyring k = {0};
    enum err e = key_ready();
    if (e == ERR_OK) e = node_keyring_sign(dir, prefix, make, &k.sign);
    if (e == ERR_OK) e = node_keyring_box(dir, prefix, NODE_KEYRING_TRANSPORT, make, &k.transport);
    if (e == ERR_OK) e = node_keyring_box(dir, prefix, NODE_KEYRING_SEALING, make, &k.sealing);
    size_t vacant;
    if (e == ERR_OK && prefix[0] == '\0') e = node_keyring_old(dir, &k, &vacant);
    if (e == ERR_OK)
        *out = k;
    else
        node_keyring_free(&k);
    return e;
}

void node_keyring_free(struct node_keyring *k)
{
    key_sign_free(&k->sign);
    key_box_free(&k->transport);
    key_box_free(&k->sealing);
    for (size_t i = 0; i < k->old_count; i++)
        key_box_free(&k->old[i]);
    k->old_count = 0;
}

void node_keyring_keys(const struct node_keyring *k, struct node_sync_keys *out)
{
    *out = (struct node_sync_keys){.transport_secret = k->transport.secret,
                                   .transport_pk = k->transport.public,
                                   .sign_secret = k->sign.secret,
                                   .sign_pk = k->sign.public,
                                   .sealing = {k->sealing.secret, k->sealing.public}};
}

/* ---- a change ---- */

enum err node_keyring_drop_next(const char *dir)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = ERR_OK;
    for (unsigned i = 0; e == ERR_OK && i < NODE_KEYRING_COUNT; i++) {
        e = node_keyring_path(dir, NODE_KEYRING_NEXT, node_keyring_names[i], path);
        if (e == ERR_OK && file_exists(path)) e = file_remove(path);
    }
    return e;
}

static enum err node_keyring_public(const char *dir, const char *prefix, unsigned i,
                                    uint8_t pk[static 32])
{
    struct key_sign sign = {.secret = NULL};
    struct key_box box = {.secret = NULL};
    enum err e = i == NODE_KEYRING_SIGN ? node_keyring_sign(dir, prefix, false, &sign)
                                        : node_keyring_box(dir, prefix, i, false, &box);
    if (e == ERR_OK) memcpy(pk, i == NODE_KEYRING_SIGN ? sign.public : box.public, 32);
    key_sign_free(&sign);
    key_box_free(&box);
    return e;
}

/* What proves later that these keys are the node's, signed by them. */
static enum err node_keyring_prove(const char *dir, const struct node_identity *id)
{
    char path[FILE_PATH_BYTES_MAX];
    struct admin_rekey r;
    struct key_sign sign = {.secret = NULL};
    struct buf payload;
    buf_init(&payload, 1024);
    memcpy(r.sign_pk, id->sign_pk, sizeof r.sign_pk);
    memcpy(r.transport_pk, id->transport_pk, sizeof r.transport_pk);
    memcpy(r.sealing_pk, id->sealing_pk, sizeof r.sealing_pk);
    enum err e = node_keyring_sign(dir, NODE_KEYRING_NEXT, false, &sign);
    if (e == ERR_OK) {
        admin_rekey_sign(&r, &id->hub, &id->node, sign.secret);
        admin_rekey_encode(&r, &payload);
        e = payload.e;
    }
    if (e == ERR_OK) e = node_keyring_path(dir, "", NODE_KEYRING_CHANGE, path);
    if (e == ERR_OK) e = file_write_atomic(path, buf_bytes(&payload), 0600);
    key_sign_free(&sign);
    buf_free(&payload);
    return e;
}

static enum err node_keyring_place(const char *dir, unsigned i)
{
    char now[FILE_PATH_BYTES_MAX], next[FILE_PATH_BYTES_MAX];
    enum err e = node_keyring_path(dir, "", node_keyring_names[i], now);
    if (e == ERR_OK) e = node_keyring_path(dir, NODE_KEYRING_NEXT, node_keyring_names[i], next);
    return e == ERR_OK ? file_replace(next, now) : e; /* the old secret is gone with it */
}

enum err node_keyring_settle(const char *dir, const struct node_identity *id)
{
    const uint8_t *want[] = {id->sign_pk, id->transport_pk, id->sealing_pk};
    enum err e = key_ready();
    for (unsigned i = 0; e == ERR_OK && i < NODE_KEYRING_COUNT; i++) {
        uint8_t pk[32];
        e = node_keyring_public(dir, "", i, pk);
        if (e != ERR_OK || memcmp(pk, want[i], sizeof pk) == 0) continue;
        e = node_keyring_public(dir, NODE_KEYRING_NEXT, i, pk);
        bool fits = e == ERR_OK && memcmp(pk, want[i], sizeof pk) == 0;
        if (e == ERR_NOT_FOUND) e = ERR_OK; /* keys that do not fit: the caller says so */
        if (fits && i == NODE_KEYRING_SIGN) e = node_keyring_prove(dir, id);
        if (fits && e == ERR_OK && i == NODE_KEYRING_SEALING) e = node_keyring_keep(dir);
        if (fits && e == ERR_OK) e = node_keyring_place(dir, i);
    }
    return e;
}

enum err node_keyring_changed(const char *dir, const struct node_identity *id,
                              struct admin_rekey *out)
{
    char path[FILE_PATH_BYTES_MAX];
    uint8_t pk[32];
    struct admin_rekey r = {.proof = {0}};
    struct buf payload;
    buf_init(&payload, 1024);
    enum err e = node_keyring_path(dir, "", NODE_KEYRING_CHANGE, path);
    if (e == ERR_OK) e = file_read(path, 1024, &payload);
    if (e == ERR_OK && (admin_rekey_decode(buf_bytes(&payload), &r) != ERR_OK ||
                        admin_rekey_check(&r, &id->hub, &id->node) != ERR_OK))
        e = ERR_NOT_FOUND;
    buf_free(&payload);
    const uint8_t *want[] = {r.sign_pk, r.transport_pk, r.sealing_pk};
    for (unsigned i = 0; e == ERR_OK && i < NODE_KEYRING_COUNT; i++) {
        e = node_keyring_public(dir, "", i, pk);
        if (e == ERR_OK && memcmp(pk, want[i], sizeof pk) != 0) e = ERR_NOT_FOUND;
    }
    if (e == ERR_OK) *out = r;
    return e;
}

enum err node_keyring_fits(const char *dir, const struct node_identity *id)
{
    struct admin_rekey r;
    uint8_t pk[32];
    for (unsigned n = 0; n < 2; n++) { /* the present key, or one that it is changing to */
        enum err e =
            node_keyring_public(dir, n == 0 ? "" : NODE_KEYRING_NEXT, NODE_KEYRING_SIGN, pk);
        if (e == ERR_OK && memcmp(pk, id->sign_pk, sizeof pk) == 0) return ERR_OK;
        if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    }
    enum err e = node_keyring_changed(dir, id, &r);
    return e == ERR_NOT_FOUND ? ERR_WRONG_HUB : e;
}
