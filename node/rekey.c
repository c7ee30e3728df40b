#include "node/rekey.h"
#include "common/log.h"
#include "node/own.h"
#include "node/store_readers.h"
#include "node/store_rekey.h"

#include <string.h>

enum { NODE_REKEY_RESEAL_MS = 60 * 60 * 1000 }; /* between two looks at what keeps an old key */

/* The next keys, if all of them are there. */
static enum err node_rekey_load_next(struct node_home *h)
{
    if (h->keys.next != NULL) return ERR_OK;
    enum err e = node_keyring_load(h->dir, NODE_KEYRING_NEXT, false, &h->next);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e != ERR_OK) return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
    node_keyring_keys(&h->next, &h->next_keys);
    h->keys.next = &h->next_keys;
    return ERR_OK;
}

static bool node_rekey_same(const struct node_keyring *a, const struct node_keyring *b)
{
    return key_equal(a->sign.public, b->sign.public, KEY_PUBLIC_BYTES) &&
           key_equal(a->transport.public, b->transport.public, KEY_PUBLIC_BYTES) &&
           key_equal(a->sealing.public, b->sealing.public, KEY_PUBLIC_BYTES) &&
           a->old_count == b->old_count;
}

/* Where the files changed places, so do the keys here. A dial or a link that is under way may borrow those of before:
 * they stay until the next change. */
static enum err node_rekey_reload(struct node_home *h)
{
    struct node_keyring fresh = {0};
    enum err e = node_keyring_load(h->dir, "", false, &fresh);
    if (e != ERR_OK) return e;
    if (node_rekey_same(&fresh, &h->ring)) {
        node_keyring_free(&fresh);
        return node_rekey_load_next(h);
    }
    node_keyring_free(&h->gone);
    node_keyring_free(&h->gone_next);
    h->gone = h->ring;
    h->gone_next = h->next;
    memset(&h->next, 0, sizeof h->next);
    h->ring = fresh;
    node_keyring_keys(&h->ring, &h->keys);
    h->command.sealing = h->keys.sealing;
    node_store_sealing(h->store, &h->ring.sealing);
    node_store_sealing_old(h->store, h->ring.old, h->ring.old_count);
    h->old_looked_ms = 0;
    return node_rekey_load_next(h);
}

static bool node_rekey_signs(const struct node_keyring *k, const struct node_identity *id)
{
    return k->sign.secret != NULL && key_equal(k->sign.public, id->sign_pk, sizeof id->sign_pk);
}

/* No change is under way in this copy of the database: do the keys fit it? */
static enum err node_rekey_idle(struct node_home *h, const struct node_identity *id)
{
    struct admin_rekey proven;
    enum err e = node_keyring_settle(h->dir, id);
    if (e == ERR_OK) e = node_rekey_reload(h);
    if (e != ERR_OK || node_rekey_signs(&h->ring, id)) return e;
    e = node_keyring_changed(h->dir, id, &proven); /* a copy from before a change that is done? */
    if (e == ERR_NOT_FOUND) return ERR_DAMAGED;
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("keys.adopted"));
    return e == ERR_OK ? node_store_rekey_adopt(h->store, &proven) : e;
}

/* What an old sealing key opens is sealed again for the present one; when the hub has it, the old ones
 * go. A record that only others can seal again (shared with us, or another unit's now) keeps them. */
static void node_rekey_reseal(struct node_home *h)
{
    bool needed = true, waiting = true;
    int64_t now_ms = h->command.wall_ms();
    int64_t since_ms = now_ms - h->old_looked_ms;
    if (h->ring.old_count == 0 ||
        (h->old_looked_ms != 0 && since_ms >= 0 && since_ms < NODE_REKEY_RESEAL_MS))
        return;
    enum err e = node_reseal_old(&h->command, &needed, &waiting);
    if (e == ERR_OK && needed) h->old_looked_ms = now_ms;
    if (e == ERR_OK && !needed && !waiting) {
        e = node_keyring_drop_old(h->dir, &h->ring);
        node_store_sealing_old(h->store, h->ring.old, h->ring.old_count);
        if (e == ERR_OK) LOG_EVENT(LOG_LEVEL_INFO, log_evt("keys.old_gone"));
    }
    if (e != ERR_OK && e != ERR_NOT_READY) /* they stay, and read; again next time */
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("keys.old_kept"), log_err(e));
}

static enum err node_rekey_save(struct node_home *h, const struct node_identity *id)
{
    struct admin_rekey r;
    memcpy(r.sign_pk, h->next.sign.public, sizeof r.sign_pk);
    memcpy(r.transport_pk, h->next.transport.public, sizeof r.transport_pk);
    memcpy(r.sealing_pk, h->next.sealing.public, sizeof r.sealing_pk);
    admin_rekey_sign(&r, &id->hub, &id->node, h->next.sign.secret);
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("keys.change"));
    return node_own_rekey(h->store, &h->keys, &r, h->command.wall_ms());
}

enum err node_rekey_begin(struct node_home *h)
{
    struct node_identity id;
    struct node_rekey under_way;
    enum err e = node_store_identity(h->store, &id);
    if (e == ERR_OK && !id.joined) e = ERR_NOT_READY;
    if (e != ERR_OK) return e;
    e = node_store_rekey(h->store, &under_way);
    if (e != ERR_NOT_FOUND) return e == ERR_OK ? ERR_EXISTS : e;
    if (h->ring.old_count == SEALED_OLD_MAX) return ERR_TOO_LARGE; /* each still reads something */
    e = node_rekey_load_next(h); /* of a change that was cut behind its keys: these */
    if (e == ERR_OK && h->keys.next == NULL) {
        e = node_keyring_drop_next(h->dir);
        if (e == ERR_OK) e = node_keyring_load(h->dir, NODE_KEYRING_NEXT, true, &h->next);
        if (e != ERR_OK) return e;
        node_keyring_keys(&h->next, &h->next_keys);
        h->keys.next = &h->next_keys;
    }
    return e == ERR_OK ? node_rekey_save(h, &id) : e;
}

enum err node_rekey_turn(struct node_home *h, bool *begun)
{
    char why[ADMIN_KEY_REASON_BYTES_MAX + 1];
    struct node_identity id;
    struct node_rekey r;
    enum err e = node_store_identity(h->store, &id);
    if (e == ERR_OK) e = node_store_rekey(h->store, &r);
    if (e != ERR_NOT_FOUND) return e; /* under way */
    e = ERR_OK;
    if (!node_rekey_signs(&h->ring, &id) || h->keys.next != NULL) e = node_rekey_idle(h, &id);
    if (e != ERR_OK || !id.joined) return e;
    node_rekey_reseal(h);
    /* One that was cut, or lost its place, or that the hub asks for. */
    if (h->ring.old_count == SEALED_OLD_MAX) return ERR_OK; /* not before one of them is gone */
    if (h->keys.next == NULL) e = node_store_rekey_asked(h->store, why);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK) e = node_rekey_begin(h);
    *begun = e == ERR_OK;
    return e;
}

enum err node_rekey_open(struct node_home *h)
{
    struct node_identity id;
    struct node_rekey r;
    enum err e = node_rekey_load_next(h);
    if (e == ERR_OK) e = node_store_identity(h->store, &id);
    if (e != ERR_OK) return e;
    e = node_store_rekey(h->store, &r);
    if (e == ERR_OK && key_equal(h->ring.sign.public, r.sign_pk, sizeof r.sign_pk))
        e = node_store_rekey_done(h->store); /* a copy from the time of a change that is done */
    else if (e == ERR_OK)
        return h->keys.next != NULL && node_rekey_signs(&h->next, &id) ? ERR_OK : ERR_DAMAGED;
    if (e == ERR_NOT_FOUND) e = node_rekey_idle(h, &id);
    bool begun = false;
    return e == ERR_OK ? node_rekey_turn(h, &begun) : e;
}
