/*
 * The hub's keys are stolen with a copy of its disk. The true hub changes them (SPEC 18.6) and says so on its next
 * card; the thief's hub stands in its place for a while, under the keys of before. A node that has heard of the new
 * card has nothing to do with it. One that has not believes it, for it cannot know better, and gets over it: what it
 * did meanwhile comes to the true hub, and what the thief said comes to nobody.
 */
#include "tests/sim/base.h"
#include "tests/sim/check.h"

#include "hub/rekey.h"
#include "hub/store_nodes.h"
#include "node/store_priv.h"
#include "proto/admin_key.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { TRIES = 60 };

static const char copy_of_thief[] = "thief", copy_of_hub[] = "true-hub";

static struct hub_sync_keys keys_before(void)
{
    const struct base *b = base_keys();
    return (struct hub_sync_keys){.hub = b->hub,
                                  .transport_secret = b->hub_transport.secret,
                                  .transport_pk = b->hub_transport.public,
                                  .log_secret = b->hub_log.secret,
                                  .log_pk = b->hub_log.public};
}

/* As hub/rotate.c: the files of the keys follow what the database says. */
enum err world_hub_keys_open(struct world *w)
{
    const struct base *b = base_keys();
    struct hub_identity id;
    enum err e = hub_store_identity(w->hub.store, &id);
    if (e != ERR_OK) return e;
    w->hub.keys = keys_before();
    if (memcmp(id.parsed.log_pk, b->next_log.public, sizeof id.parsed.log_pk) != 0) return ERR_OK;
    w->hub.keys.log_secret = b->next_log.secret;
    w->hub.keys.log_pk = b->next_log.public;
    w->hub.keys.old_transport_secret = b->hub_transport.secret;
    w->hub.keys.old_transport_pk = b->hub_transport.public;
    w->hub.keys.transport_secret = b->next_transport.secret;
    w->hub.keys.transport_pk = b->next_transport.public;
    return ERR_OK;
}

static void hub_quiet(struct world *w)
{
    do {
        while (w->hub.turn && world_step(w, w->now_ms + 1000)) {
        }
        world_await(w, WORLD_HUB);
    } while (w->hub.turn && !w->failed);
}

/* ---- the change ---- */

static void card_next(const struct world *w, struct hub_identity *id)
{
    const struct base *b = base_keys();
    struct hub_position at;
    struct buf card;
    hub_store_position(w->hub.store, &at);
    struct admin_past *p = &id->parsed.past[id->parsed.past_count++];
    *p = (struct admin_past){.last = at.position, .stolen = true};
    memcpy(p->log_pk, id->parsed.log_pk, sizeof p->log_pk);
    memcpy(id->parsed.log_pk, b->next_log.public, sizeof id->parsed.log_pk);
    memcpy(id->parsed.transport_pk, b->next_transport.public, sizeof id->parsed.transport_pk);
    id->parsed.serial++;
    buf_init(&card, ADMIN_CARD_BYTES_MAX);
    admin_card_make(&id->parsed, b->root.secret, &card);
    assert(card.e == ERR_OK);
    memcpy(id->card, card.p, card.len);
    id->card_len = card.len;
    buf_free(&card);
    randombytes_buf(id->inc.b, sizeof id->inc.b);
    randombytes_buf(&id->epoch, sizeof id->epoch);
}

struct nodes { /* of the hub */
    struct id_hash v[WORLD_NODES_MAX];
    size_t count;
};

static enum err node_add(void *ctx, const struct hub_node_row *row)
{
    struct nodes *l = ctx;
    if (!row->node.revoked && l->count < WORLD_NODES_MAX) l->v[l->count++] = row->node.node;
    return ERR_OK;
}

static enum err change_commit(struct world *w, const struct hub_identity *id, int64_t now_ms)
{
    struct hub_sync_keys keys = w->hub.keys;
    struct nodes l = {.count = 0};
    struct buf payload;
    keys.log_secret = base_keys()->next_log.secret;
    keys.log_pk = base_keys()->next_log.public;
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_key_card_encode(bytes_make(id->card, id->card_len), &payload);
    struct bytes p = buf_bytes(&payload);
    enum err e = hub_store_nodes(w->hub.store, node_add, &l);
    if (e == ERR_OK) e = hub_store_begin(w->hub.store);
    if (e != ERR_OK) goto out;
    e = hub_store_identity_set(w->hub.store, id);
    if (e == ERR_OK)
        e = hub_own_append(w->hub.store, &keys, &(struct hub_own_set){.payloads = &p, .count = 1},
                           now_ms, NULL);
    for (size_t i = 0; e == ERR_OK && i < l.count; i++)
        e = hub_rekey_certify(w->hub.store, &keys, &(struct hub_certify){.node = &l.v[i]}, now_ms);
    if (e == ERR_OK) {
        e = hub_store_commit(w->hub.store);
    } else {
        hub_store_rollback(w->hub.store);
    }
out:
    buf_free(&payload);
    return e;
}

void world_hub_rekey(struct world *w)
{
    for (unsigned i = 0; i < TRIES && !w->failed; i++) {
        struct hub_identity id;
        hub_quiet(w);
        if (w->failed) return;
        enum err e = hub_store_identity(w->hub.store, &id);
        if (e == ERR_OK && id.parsed.serial > 1) return;
        memvfs_set_time(world_wall(w, &w->hub.host));
        card_next(w, &id);
        if (e == ERR_OK) e = change_commit(w, &id, world_wall(w, &w->hub.host));
        if (memvfs_dead(w->hub.host.disk)) {
            world_look(w, WORLD_HUB);
            continue;
        }
        world_trace(w, "hub", "changes its keys, which were stolen: %s", err_name(e));
        if (e != ERR_OK) world_fail(w, "the hub cannot change its keys: %s", err_name(e));
        world_crash(w, WORLD_HUB, false, 1000); /* the tool is not the daemon */
    }
}

/* ---- the thief ---- */

void world_steal(struct world *w)
{
    hub_quiet(w);
    if (w->failed) return;
    memvfs_copy(w->hub.host.disk, memvfs_host(copy_of_thief), false);
    world_trace(w, "hub", "is stolen, keys and all");
}

void world_thief(struct world *w, bool on)
{
    struct memvfs_host *disk = w->hub.host.disk;
    hub_quiet(w);
    if (w->failed) return;
    w->thieves += on;
    world_crash(w, WORLD_HUB, false, 1000);
    memvfs_boot(disk);
    memvfs_copy(disk, memvfs_host(on ? copy_of_hub : copy_of_thief), false);
    memvfs_copy(memvfs_host(on ? copy_of_thief : copy_of_hub), disk, false);
    memvfs_kill(disk);
    check_swapped(w);
    world_trace(w, "hub", on ? "is the thief's" : "is the true one again");
    world_await(w, WORLD_HUB);
}

void world_disbelieved(struct world *w, int record)
{
    const struct id_record *rid = &w->records[record].rid;
    for (int who = WORLD_HUB; who < (int)w->node_count && !w->failed; who++) {
        struct world_host *h = world_host_of(w, who);
        world_await(w, who);
        if (w->failed) return;
        struct db *db = who == WORLD_HUB ? hub_store_db(w->hub.store) : w->nodes[who].store->db;
        struct db_stmt *q = db_stmt(db, "SELECT 1 FROM sys_record WHERE rid = ?1");
        db_bind_blob(q, 1, BYTES_OF(rid->b));
        if (db_get(q) != ERR_NOT_FOUND) world_fail(w, "%s has what a thief wrote", h->name);
        db_done(q);
    }
    w->records[record].exists = false;
}
