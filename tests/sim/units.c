/* Units that go on in others, records that the district assigns, PCs that get another unit: SPEC 13.7. */
#include "tests/sim/base.h"
#include "tests/sim/check.h"

#include "common/io/db.h"
#include "hub/rekey.h"
#include "hub/units.h"
#include "proto/move.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>

enum { UNITS_TRIES = 60 };

static struct hub_units_move move_of(const struct world *w, const char *to, const char *date)
{
    struct hub_units_move m = {.to = to, .now_ms = world_hub_time(w).wall_ms};
    snprintf(m.date, sizeof m.date, "%s", date);
    memcpy(m.person.b, "district", sizeof m.person.b);
    return m;
}

static void hub_wrote(struct world *w)
{
    world_look(w, WORLD_HUB);
    world_hub_turn_soon(w);
}

/* Let what was written be committed. */
static void hub_rests(struct world *w)
{
    while (w->hub.turn && world_step(w, w->now_ms + 1000)) {
    }
    world_await(w, WORLD_HUB);
}

/* ---- records ---- */

/* The district assigns what it has. */
static bool at_hub(const struct world *w, const struct world_record *r)
{
    bool row = false;
    if (!r->exists || !w->hub.host.up) return false;
    struct db_stmt *q =
        db_stmt(hub_store_db(w->hub.store), "SELECT 1 FROM sys_record WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(r->rid.b));
    enum err e = db_step(q, &row);
    db_done(q);
    return e == ERR_OK && row;
}

void world_assign(struct world *w, const char *to, const char *date, int record, unsigned count)
{
    struct buf b, ids;
    buf_init(&b, CHANGE_BYTES_MAX);
    buf_init(&ids, 1024 * ID_RECORD_BYTES);
    if (!w->once) world_await(w, WORLD_HUB);
    for (unsigned i = 0; i < count && record + (int)i < WORLD_RECORDS_MAX; i++) {
        const struct world_record *r = &w->records[record + (int)i];
        if (at_hub(w, r)) buf_add(&ids, r->rid.b, sizeof r->rid.b);
    }
    if (ids.len > 0) {
        struct move_assign m = {bytes_str(to), bytes_str(date), buf_bytes(&ids)};
        move_assign_encode(&m, &b);
        assert(b.e == ERR_OK && ids.e == ERR_OK);
        struct world_act a = {.deed = WORLD_RAW, .who = WORLD_HUB, .raw = buf_bytes(&b)};
        world_trace(w, "hub", "assigns %zu records to %s", ids.len / ID_RECORD_BYTES, to);
        w->stats.assigned++;
        if (w->once) {
            (void)world_try(w, &a);
        } else {
            world_do(w, &a);
        }
    }
    buf_free(&b);
    buf_free(&ids);
}

/* ---- a unit ---- */

/* true: there is nothing left to do. */
static bool merge_try(struct world *w, const char *old, const char *to, const char *date)
{
    struct hub_units_old was;
    struct hub_engine_time t = world_hub_time(w);
    struct hub_units_move m = move_of(w, to, date);
    memvfs_set_time(t.wall_ms);
    enum err e = hub_units_read(w->hub.store, old, &was);
    bool nothing = e == ERR_OK && was.node_count + was.records.len == 0;
    if (e == ERR_OK && !nothing) {
        e = hub_engine_begin(w->hub.engine, t);
        if (e == ERR_OK) {
            e = hub_units_merge(w->hub.store, &w->hub.keys, &was, &m);
            if (e != ERR_OK) hub_engine_abort(w->hub.engine, t);
        }
        world_trace(w, "hub", "%s goes on in %s: %s", old, to, err_name(e));
    }
    hub_units_free(&was);
    hub_wrote(w);
    return nothing;
}

void world_merge(struct world *w, const char *old, const char *to, const char *date)
{
    w->stats.mergers++;
    if (w->once) {
        if (w->hub.host.up && !w->failed) (void)merge_try(w, old, to, date);
        return;
    }
    for (unsigned i = 0; i < UNITS_TRIES && !w->failed; i++) {
        world_await(w, WORLD_HUB);
        hub_rests(w);
        if (w->failed || merge_try(w, old, to, date)) return;
        hub_rests(w);
    }
    world_fail(w, "%s cannot go on in %s", old, to);
}

/* ---- a node ---- */

static bool node_try(struct world *w, unsigned n, const char *to)
{
    struct hub_engine_time t = world_hub_time(w);
    struct hub_units_move m = move_of(w, to, "");
    struct hub_node node;
    struct id_hash id;
    crypto_generichash(id.b, sizeof id.b, w->nodes[n].keys->sign.public, 32, NULL, 0);
    memvfs_set_time(t.wall_ms);
    enum err e = hub_store_node(w->hub.store, &id, &node);
    if (e == ERR_OK && strcmp(node.unit, to) == 0) return true;
    if (e == ERR_OK && node.revoked) e = ERR_REVOKED;
    if (e == ERR_OK) e = hub_engine_begin(w->hub.engine, t);
    if (e == ERR_OK) {
        struct hub_certify c = {.node = &id, .unit = to, .person = &m.person};
        e = hub_rekey_certify(w->hub.store, &w->hub.keys, &c, m.now_ms);
        if (e != ERR_OK) hub_engine_abort(w->hub.engine, t);
    }
    world_trace(w, "hub", "%s is of %s now: %s", w->nodes[n].host.name, to, err_name(e));
    hub_wrote(w);
    return false;
}

void world_node_unit(struct world *w, unsigned n, const char *to)
{
    w->stats.rehomed++;
    if (w->once) {
        if (w->hub.host.up && !w->failed) (void)node_try(w, n, to);
        return;
    }
    for (unsigned i = 0; i < UNITS_TRIES && !w->failed; i++) {
        world_await(w, WORLD_HUB);
        hub_rests(w);
        if (w->failed || node_try(w, n, to)) return;
        hub_rests(w);
    }
    world_fail(w, "%s cannot be of %s", w->nodes[n].host.name, to);
}
