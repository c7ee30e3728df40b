#include "hub/rotate.h"
#include "hub/dial.h"
#include "hub/own.h"
#include "hub/rekey.h"
#include "hub/store_nodes.h"
#include "hub/store_order.h"
#include "hub/store_quarantine.h"
#include "hub/store_repair.h"
#include "proto/admin_key.h"
#include "proto/order.h"
#include "proto/wire.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { HUB_ROTATE_SAID_BYTES_MAX = 64 * 1024 * 1024 }; /* of all revocations of a hub */

/* ---- the order of two people ---- */

void hub_rotate_order_encode(const uint8_t log_pk[static 32], struct buf *out)
{
    wire_put_array(out, 1);
    wire_put_bin(out, bytes_make(log_pk, 32));
}

static enum err hub_rotate_order_decode(struct bytes content, uint8_t log_pk[static 32])
{
    struct wire_reader r;
    enum err e = wire_open_array(&r, content, 1);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, log_pk, 32);
    return wire_close(&r);
}

enum err hub_rotate_order_check(struct hub_app *a, const struct order *o)
{
    uint8_t pk[32];
    enum err e = hub_rotate_order_decode(o->content, pk);
    if (e != ERR_OK) return e;
    const struct admin_card *c = &a->identity.parsed;
    if (key_equal(pk, c->log_pk, sizeof pk)) return ERR_OK;
    for (size_t i = 0; i < c->past_count; i++) {
        if (!c->past[i].stolen && key_equal(pk, c->past[i].log_pk, sizeof pk)) return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

struct hub_rotate_seek {
    const uint8_t *log_pk;
    bool found;
};

static enum err hub_rotate_order_row(void *ctx, const struct hub_order_row *o)
{
    struct hub_rotate_seek *k = ctx;
    struct order order;
    uint8_t pk[32];
    if (o->position == 0 || order_decode(o->order, &order) != ERR_OK) return ERR_OK;
    if (hub_rotate_order_decode(order.content, pk) == ERR_OK && memcmp(pk, k->log_pk, 32) == 0)
        k->found = true;
    return ERR_OK;
}

/* Did two officers order that this log key is revoked? ERR_DENIED: they did not. */
static enum err hub_rotate_ordered(struct hub_app *a, const uint8_t log_pk[static 32])
{
    struct hub_rotate_seek k = {.log_pk = log_pk};
    enum err e = hub_store_orders(a->store, "keys", false, hub_rotate_order_row, &k);
    return e == ERR_OK && !k.found ? ERR_DENIED : e;
}

/* Keys of before whose revocation was ordered since: of a hub that lost them first. */
static enum err hub_rotate_revoke_past(struct hub_app *a, struct admin_card *c)
{
    struct hub_position at;
    bool any = false;
    hub_store_position(a->store, &at);
    for (size_t i = 0; i < c->past_count; i++) {
        enum err e = c->past[i].stolen ? ERR_DENIED : hub_rotate_ordered(a, c->past[i].log_pk);
        if (e != ERR_OK && e != ERR_DENIED) return e;
        if (e != ERR_OK) continue;
        any = c->past[i].stolen = true;
        c->past[i].last =
            at.position; /* what came back under it meanwhile was judged, and stands */
    }
    return any ? ERR_OK : ERR_DENIED;
}

/* ---- key files ---- */

static const char *const hub_rotate_files[] = {"log", "sealing", "transport"};

static void hub_rotate_name(const char *prefix, size_t i, char out[static 64])
{
    snprintf(out, 64, "keys/%s%s.key", prefix, hub_rotate_files[i]);
}

static enum err hub_rotate_read(const char *data, const char *name, struct buf *text)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(data, name, path);
    return e == ERR_OK ? file_read_private(path, KEY_FILE_BYTES_MAX, text) : e;
}

/* Public half of key file i with this prefix. */
static enum err hub_rotate_public(const char *data, const char *prefix, size_t i, uint8_t pk[32])
{
    struct key_sign sign = {.secret = NULL};
    struct key_box box = {.secret = NULL};
    struct buf text;
    char name[64];
    hub_rotate_name(prefix, i, name);
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = hub_rotate_read(data, name, &text);
    if (e == ERR_OK && i == 0) e = key_sign_load(&sign, KEY_SIGN, buf_bytes(&text));
    if (e == ERR_OK && i > 0)
        e = key_box_load(&box, i == 1 ? KEY_SEALING : KEY_TRANSPORT, buf_bytes(&text));
    if (e == ERR_OK) memcpy(pk, i == 0 ? sign.public : box.public, 32);
    key_sign_free(&sign);
    key_box_free(&box);
    key_wipe_buf(&text);
    return e;
}

static enum err hub_rotate_write(const char *data, size_t i, const struct buf *text)
{
    char path[FILE_PATH_BYTES_MAX], name[64];
    hub_rotate_name("next-", i, name);
    enum err e = hub_app_path(data, name, path);
    if (e == ERR_OK && file_exists(path)) e = file_remove(path); /* of a change that was cut */
    return e == ERR_OK ? file_create_private(path, buf_bytes(text)) : e;
}

static enum err hub_rotate_box(const char *data, size_t i, uint8_t pk[static 32])
{
    struct key_box k = {.secret = NULL};
    struct buf text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = key_box_make(&k, i == 1 ? KEY_SEALING : KEY_TRANSPORT);
    if (e == ERR_OK) e = key_box_save(&k, &text);
    if (e == ERR_OK) e = hub_rotate_write(data, i, &text);
    if (e == ERR_OK) memcpy(pk, k.public, 32);
    key_box_free(&k);
    key_wipe_buf(&text);
    return e;
}

static enum err hub_rotate_sign(const char *data, struct key_sign *k, uint8_t pk[static 32])
{
    struct buf text;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = key_sign_make(k, KEY_SIGN);
    if (e == ERR_OK) e = key_sign_save(k, &text);
    if (e == ERR_OK) e = hub_rotate_write(data, 0, &text);
    if (e == ERR_OK) memcpy(pk, k->public, 32);
    key_wipe_buf(&text);
    return e;
}

/* ---- settling at opening ---- */

static enum err hub_rotate_place(const char *data, size_t i)
{
    char now[FILE_PATH_BYTES_MAX], next[FILE_PATH_BYTES_MAX], old[FILE_PATH_BYTES_MAX], name[64];
    hub_rotate_name("", i, name);
    enum err e = hub_app_path(data, name, now);
    hub_rotate_name("next-", i, name);
    if (e == ERR_OK) e = hub_app_path(data, name, next);
    hub_rotate_name("old-", i, name);
    if (e == ERR_OK) e = hub_app_path(data, name, old);
    /* The transport key of before hands out the card; of the others no secret stays. */
    if (e == ERR_OK && i == 2 && file_exists(now)) e = file_replace(now, old);
    return e == ERR_OK ? file_replace(next, now) : e;
}

enum err hub_rotate_settle(const char *data, const struct hub_identity *id)
{
    const uint8_t *want[] = {id->parsed.log_pk, id->parsed.sealing_pk, id->parsed.transport_pk};
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < 3; i++) {
        uint8_t pk[32];
        e = hub_rotate_public(data, "", i, pk);
        if (e == ERR_OK && memcmp(pk, want[i], 32) == 0) continue;
        if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
        e = hub_rotate_public(data, "next-", i, pk);
        if (e == ERR_NOT_FOUND)
            e = ERR_OK; /* keys that do not fit: the caller says so */
        else if (e == ERR_OK && memcmp(pk, want[i], 32) == 0)
            e = hub_rotate_place(data, i);
    }
    return e;
}

/* ---- the card ---- */

/* The card outside the database. ERR_NOT_FOUND: none was ever written. */
static enum err hub_rotate_card(const char *data, const struct id_hash *hub, struct buf *bytes,
                                struct admin_card *card)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(data, HUB_CARD_FILE, path);
    if (e == ERR_OK && !file_exists(path)) e = ERR_NOT_FOUND;
    if (e == ERR_OK) e = file_read(path, ADMIN_CARD_BYTES_MAX, bytes);
    return e == ERR_OK ? admin_card_open(buf_bytes(bytes), hub, card) : e;
}

static enum err hub_rotate_keep(const char *data, struct bytes card)
{
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(data, HUB_CARD_FILE, path);
    return e == ERR_OK ? file_write_atomic(path, card, 0600) : e;
}

static enum err hub_rotate_append(struct hub_app *a, const struct hub_sync_keys *keys,
                                  const struct buf *payload, int64_t now_ms)
{
    struct bytes p = buf_bytes(payload);
    if (payload->e != ERR_OK) return payload->e;
    return hub_own_append(a->store, keys, &(struct hub_own_set){.payloads = &p, .count = 1}, now_ms,
                          NULL);
}

struct hub_rotate_nodes {
    struct hub_app *app;
    struct hub_node *v;
    size_t count, room;
};

static enum err hub_rotate_node(void *ctx, const struct hub_node_row *n)
{
    struct hub_rotate_nodes *l = ctx;
    if (n->node.revoked) return ERR_OK;
    if (l->count == l->room) {
        size_t room = l->room ? 2 * l->room : 64;
        struct hub_node *more = realloc(l->v, room * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        l->v = more;
        l->room = room;
    }
    l->v[l->count++] = n->node;
    return ERR_OK;
}

/* A certificate by the new log key for every living node: those of the old one say nothing any more. */
static enum err hub_rotate_certify_all(struct hub_app *a, const struct hub_sync_keys *keys,
                                       int64_t now_ms)
{
    struct hub_rotate_nodes l = {.app = a};
    enum err e = hub_store_nodes(a->store, hub_rotate_node, &l);
    for (size_t i = 0; e == ERR_OK && i < l.count; i++)
        e = hub_rekey_certify(a->store, keys, &(struct hub_certify){.node = &l.v[i].node}, now_ms);
    free(l.v);
    return e;
}

/* ---- revocations once more ---- */

static enum err hub_rotate_revoked(void *ctx, const struct admin_revoke *r)
{
    struct buf *payloads = ctx; /* of op 20, each with its length before it */
    struct buf one;
    buf_init(&one, CHANGE_BYTES_MAX);
    admin_revoke_encode(r, &one);
    enum err e = one.e;
    buf_add_le32(payloads, (uint32_t)one.len);
    buf_add_bytes(payloads, buf_bytes(&one));
    buf_free(&one);
    return e == ERR_OK ? payloads->e : e;
}

/* What a stolen key signed says nothing where it has no position of its own, as in `revoked.list`: the
 * revocations are said again, under the new key. Their positions stay. */
static enum err hub_rotate_revoke_again(struct hub_app *a, const struct hub_sync_keys *keys,
                                        int64_t now_ms)
{
    struct buf payloads;
    buf_init(&payloads, HUB_ROTATE_SAID_BYTES_MAX);
    enum err e = hub_store_revocations(a->store, hub_rotate_revoked, &payloads);
    for (size_t at = 0; e == ERR_OK && at < payloads.len;) {
        uint32_t len = le32_load(payloads.p + at);
        struct bytes p = bytes_make(payloads.p + at + 4, len);
        e = hub_own_append(a->store, keys, &(struct hub_own_set){.payloads = &p, .count = 1},
                           now_ms, NULL);
        at += 4 + len;
    }
    buf_free(&payloads);
    return e;
}

/* The card into identity and log; with a new log key also an epoch and incarnation of its own. */
static enum err hub_rotate_commit(struct hub_app *a, struct bytes card,
                                  const struct admin_card *parsed, const struct hub_sync_keys *keys,
                                  int64_t now_ms)
{
    struct hub_identity id = a->identity;
    struct buf payload;
    bool anew = memcmp(parsed->log_pk, id.parsed.log_pk, 32) != 0;
    memcpy(id.card, card.p, card.len);
    id.card_len = card.len;
    id.parsed = *parsed;
    if (anew) {
        randombytes_buf(id.inc.b, sizeof id.inc.b);
        do {
            randombytes_buf(&id.epoch, sizeof id.epoch);
        } while (id.epoch == 0);
    }
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_key_card_encode(card, &payload);
    enum err e = hub_store_begin(a->store);
    if (e == ERR_OK) {
        e = hub_store_identity_set(a->store, &id);
        if (e == ERR_OK) e = hub_rotate_append(a, keys, &payload, now_ms);
        if (e == ERR_OK && anew) e = hub_rotate_certify_all(a, keys, now_ms);
        if (e == ERR_OK && anew) e = hub_rotate_revoke_again(a, keys, now_ms);
        if (e == ERR_OK)
            e = hub_store_commit(a->store);
        else
            hub_store_rollback(a->store);
    }
    buf_free(&payload);
    if (e == ERR_OK) a->identity = id;
    return e;
}

/* ---- the change ---- */

/* The key of the issued files is not of the card: a lost one is made anew, and the province told. */
static enum err hub_rotate_issue(const char *data)
{
    struct key_sign k = {.secret = NULL};
    struct buf text;
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(data, "keys/issue.key", path);
    if (e != ERR_OK || file_exists(path)) return e;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    e = key_sign_make(&k, KEY_ISSUE);
    if (e == ERR_OK) e = key_sign_save(&k, &text);
    if (e == ERR_OK) e = file_create_private(path, buf_bytes(&text));
    key_sign_free(&k);
    key_wipe_buf(&text);
    return e;
}

/* The newest card that anybody kept in the folder, and a serial above those that nobody did. */
static enum err hub_rotate_lost(struct hub_app *a, struct admin_card *c)
{
    struct admin_card kept;
    struct buf bytes;
    char path[FILE_PATH_BYTES_MAX];
    enum err e = hub_app_path(a->data, "keys", path);
    if (e == ERR_OK) e = file_mkdirs(path, 0700);
    if (e != ERR_OK) return e;
    buf_init(&bytes, ADMIN_CARD_BYTES_MAX);
    e = hub_rotate_card(a->data, &a->identity.hub, &bytes, &kept);
    if (e == ERR_OK && kept.serial > c->serial) *c = kept;
    buf_free(&bytes);
    c->serial += HUB_ROTATE_LOST_STEP - 1; /* the new card is one above */
    return e == ERR_OK || e == ERR_NOT_FOUND ? hub_rotate_issue(a->data) : e;
}

static enum err hub_rotate_past(struct hub_app *a, const struct hub_rotate *r, struct admin_card *c)
{
    struct hub_position at;
    if (c->past_count == ADMIN_CARD_PAST_MAX) return ERR_TOO_LARGE;
    hub_store_position(a->store, &at);
    struct admin_past *p = &c->past[c->past_count++];
    memcpy(p->log_pk, c->log_pk, sizeof p->log_pk);
    /* A copy does not know what the hub signed behind it, and nobody has that key any more. */
    p->last = r->what == HUB_ROTATE_LOST ? HUB_ROTATE_LOST_LAST : at.position;
    p->stolen = r->what == HUB_ROTATE_STOLEN;
    return ERR_OK;
}

static enum err hub_rotate_keys(struct hub_app *a, const struct hub_rotate *r, struct admin_card *c,
                                struct key_sign *log)
{
    if (r->what == HUB_ROTATE_ADDRESS) return ERR_OK;
    enum err e = r->what == HUB_ROTATE_STOLEN ? hub_rotate_ordered(a, c->log_pk) : ERR_OK;
    if (e == ERR_DENIED) return hub_rotate_revoke_past(a, c);
    if (e == ERR_OK) e = hub_rotate_past(a, r, c);
    if (e == ERR_OK) e = hub_rotate_sign(a->data, log, c->log_pk);
    if (e == ERR_OK) e = hub_rotate_box(a->data, 1, c->sealing_pk);
    if (e == ERR_OK && r->what != HUB_ROTATE_LOG) e = hub_rotate_box(a->data, 2, c->transport_pk);
    return e;
}

enum err hub_rotate(struct hub_app *a, const struct hub_rotate *r, int64_t now_ms)
{
    struct admin_card c = a->identity.parsed;
    struct key_sign log = {.secret = NULL};
    struct buf card;
    if (!key_equal(r->root->public, c.root_pk, sizeof c.root_pk)) return ERR_WRONG_HUB;
    struct hub_dial dial;
    if (r->address != NULL && !hub_dial_read(r->address, &dial)) return ERR_BAD_INPUT;
    if (r->what == HUB_ROTATE_ADDRESS && r->address == NULL) return ERR_BAD_INPUT;
    buf_init(&card, ADMIN_CARD_BYTES_MAX);
    enum err e = r->what == HUB_ROTATE_LOST ? hub_rotate_lost(a, &c) : ERR_OK;
    c.serial++;
    if (r->address != NULL) snprintf(c.address, sizeof c.address, "%s", r->address);
    if (e == ERR_OK) e = hub_rotate_keys(a, r, &c, &log);
    if (e == ERR_OK) {
        admin_card_make(&c, r->root->secret, &card);
        e = card.e;
    }
    struct hub_sync_keys keys = a->keys;
    if (log.secret != NULL) {
        keys.log_secret = log.secret;
        keys.log_pk = log.public;
    }
    if (e == ERR_OK) e = hub_rotate_commit(a, buf_bytes(&card), &c, &keys, now_ms);
    if (e == ERR_OK) e = hub_rotate_settle(a->data, &a->identity);
    if (e == ERR_OK) e = hub_rotate_keep(a->data, buf_bytes(&card));
    key_sign_free(&log);
    buf_free(&card);
    return e;
}

enum err hub_rotate_again(struct hub_app *a, int64_t now_ms)
{
    struct admin_card c;
    struct buf card;
    buf_init(&card, ADMIN_CARD_BYTES_MAX);
    enum err e = hub_rotate_card(a->data, &a->identity.hub, &card, &c);
    if (e == ERR_OK && c.serial > a->identity.parsed.serial &&
        key_equal(c.log_pk, a->log.public, sizeof c.log_pk)) {
        e = hub_rotate_commit(a, buf_bytes(&card), &c, &a->keys, now_ms);
        if (e == ERR_OK) e = hub_store_reread(a->store);
        if (e == ERR_OK) e = hub_store_identity(a->store, &a->identity);
    } else if (e == ERR_NOT_FOUND || (e == ERR_OK && c.serial < a->identity.parsed.serial)) {
        bool changed = a->identity.parsed.serial > 1; /* a change that was cut before its end */
        e = changed ? hub_rotate_keep(a->data, bytes_make(a->identity.card, a->identity.card_len))
                    : ERR_OK;
    }
    buf_free(&card);
    return e;
}
