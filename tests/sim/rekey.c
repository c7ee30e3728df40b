/*
 * A node's own keys change (SPEC 18.9). Its key files stand outside its database and do not go back with it: `ring` of
 * a node says what is in them; what node/rekey.c does with files at opening and behind sessions is done here with it.
 */
#include "tests/sim/base.h"
#include "tests/sim/check_priv.h"

#include "node/store_priv.h"
#include "node/store_rekey.h"
#include "proto/admin_key.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static bool identity_new(const struct world_node *n, const struct node_identity *id)
{
    return memcmp(id->sign_pk, n->ring.next.sign_pk, sizeof id->sign_pk) == 0;
}

/* No change is under way in this copy of the database: do the keys fit it? */
static enum err ring_idle(struct world *w, struct world_node *n, const struct node_identity *id)
{
    struct admin_rekey r;
    if (!identity_new(n, id)) {
        if (!n->ring.settled) return ERR_OK;
        memcpy(r.sign_pk, n->ring.next.sign_pk, sizeof r.sign_pk);
        memcpy(r.transport_pk, n->ring.next.transport_pk, sizeof r.transport_pk);
        memcpy(r.sealing_pk, n->ring.next.sealing.public_key, sizeof r.sealing_pk);
        world_trace(w, n->host.name, "takes its keys for a copy from before their change");
        return node_store_rekey_adopt(n->store, &r);
    }
    if (n->ring.settled) return ERR_OK;
    n->ring.settled = true;
    n->sync_keys = n->ring.next; /* the secrets of before are gone */
    n->sync_keys.next = NULL;
    world_trace(w, n->host.name, "has only its new keys");
    return ERR_OK;
}

enum err world_keys_open(struct world *w, unsigned i)
{
    struct world_node *n = &w->nodes[i];
    struct node_identity id;
    struct node_rekey r;
    if (!n->ring.made) return ERR_OK;
    enum err e = node_store_identity(n->store, &id);
    if (e == ERR_OK) e = node_store_rekey(n->store, &r);
    if (e == ERR_NOT_FOUND) return ring_idle(w, n, &id);
    if (e == ERR_OK && n->ring.settled) e = node_store_rekey_done(n->store);
    return e;
}

static bool hub_knows(struct world *w, unsigned i)
{
    struct node_identity id;
    struct hub_node row;
    const uint8_t *pk = w->nodes[i].ring.next.transport_pk;
    return w->hub.host.up && w->nodes[i].host.up &&
           node_store_identity(w->nodes[i].store, &id) == ERR_OK &&
           hub_store_node(w->hub.store, &id.node, &row) == ERR_OK &&
           memcmp(row.transport_pk, pk, sizeof row.transport_pk) == 0;
}

static bool node_says(struct world *w, unsigned i)
{
    if (!w->nodes[i].host.up) return false;
    struct db_stmt *q =
        db_stmt(w->nodes[i].store->db, "SELECT 1 FROM sys_op WHERE kind = 27 AND log > 0");
    bool says = db_get(q) == ERR_OK;
    db_done(q);
    return says;
}

bool world_keys_stay(struct world *w, int who)
{
    for (unsigned i = 0; i < w->node_count; i++) {
        if (!w->nodes[i].ring.settled) continue;
        if (who == (int)i && !hub_knows(w, i)) return false;
        if (who == WORLD_HUB && !node_says(w, i)) return false;
    }
    return true;
}

/* The last set of its log: keys that are made already. */
static void rekey_save(struct world *w, unsigned n)
{
    const struct world_keys *k = &base_keys()->next[n];
    struct id_hash node;
    struct admin_rekey r;
    struct buf b;
    crypto_generichash(node.b, sizeof node.b, w->nodes[n].keys->sign.public, 32, NULL, 0);
    memcpy(r.sign_pk, k->sign.public, sizeof r.sign_pk);
    memcpy(r.transport_pk, k->transport.public, sizeof r.transport_pk);
    memcpy(r.sealing_pk, k->sealing.public, sizeof r.sealing_pk);
    admin_rekey_sign(&r, &base_keys()->hub, &node, k->sign.secret);
    buf_init(&b, 256);
    admin_rekey_encode(&r, &b);
    assert(b.e == ERR_OK);
    struct world_act a = {.deed = WORLD_RAW, .who = (int)n, .raw = buf_bytes(&b)};
    world_trace(w, w->nodes[n].host.name, "changes its keys");
    w->nodes[n].ring.saving = true;
    if (w->once) {
        (void)world_try(w, &a);
    } else {
        world_do(w, &a);
    }
    w->nodes[n].ring.saving = false;
    buf_free(&b);
}

/* A change that was cut, or lost its place: once more with the same keys. */
static void rekey_again(struct world *w, uint64_t i)
{
    struct world_node *n = &w->nodes[i];
    struct node_identity id;
    struct node_rekey r;
    if (!n->host.up || n->ring.settled || n->ring.saving || memvfs_dead(n->host.disk)) return;
    if (node_store_rekey(n->store, &r) != ERR_NOT_FOUND ||
        node_store_identity(n->store, &id) != ERR_OK || identity_new(n, &id))
        return;
    rekey_save(w, (unsigned)i);
}

void world_keys_turn(struct world *w, unsigned i)
{
    struct world_node *n = &w->nodes[i];
    struct node_identity id;
    struct node_rekey r;
    if (!n->ring.made || memvfs_dead(n->host.disk)) return;
    if (node_store_rekey(n->store, &r) != ERR_NOT_FOUND ||
        node_store_identity(n->store, &id) != ERR_OK)
        return;
    (void)ring_idle(w, n, &id); /* a disk that fails: at the next boot */
    if (!n->ring.settled) world_call(w, 1, rekey_again, i);
}

void world_rekey(struct world *w, unsigned n)
{
    if (w->nodes[n].ring.made) return;
    w->nodes[n].ring.made = true;
    w->nodes[n].sync_keys.next = &w->nodes[n].ring.next;
    w->stats.rekeys++;
    rekey_save(w, n);
}

void world_has_keys(struct world *w, unsigned n)
{
    const struct world_node *node = &w->nodes[n];
    struct node_identity id;
    struct hub_node row;
    struct node_rekey r;
    if (w->failed) return;
    world_await(w, WORLD_HUB);
    world_await(w, (int)n);
    const uint8_t *pk = base_keys()->next[n].transport.public;
    bool good = node_store_identity(node->store, &id) == ERR_OK &&
                memcmp(id.transport_pk, pk, sizeof id.transport_pk) == 0 &&
                node_store_rekey(node->store, &r) == ERR_NOT_FOUND;
    good = good && hub_store_node(w->hub.store, &id.node, &row) == ERR_OK &&
           memcmp(row.transport_pk, pk, sizeof row.transport_pk) == 0;
    if (!good) world_fail(w, "node %u and the hub do not know its new keys", n);
}
