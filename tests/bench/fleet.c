#include "tests/bench/fleet.h"
#include "hub/own.h"
#include "hub/store_nodes.h"
#include "proto/edition.h"
#include "tests/lib/catalogue_load.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { FLEET_READ_BYTES = 65536 }; /* at most what one read of a socket gives */

static const int64_t fleet_wall_ms = WORKLOAD_END_MS;

static struct hub_engine_time fleet_time(const struct fleet *f)
{
    return (struct hub_engine_time){f->now_ms, fleet_wall_ms + (int64_t)f->now_ms};
}

const char *fleet_path(const char *folder, const char *name)
{
    static char path[2][400];
    static int which;
    which = 1 - which;
    int n = snprintf(path[which], sizeof path[which], "%s/%s", folder, name);
    BENCH_TRUE(n > 0 && (size_t)n < sizeof path[which]);
    return path[which];
}

/* ---- keys ---- */

static void fleet_keys_file(struct fleet *f, const char *mode)
{
    FILE *file = fopen(fleet_path(f->folder, "keys"), mode);
    bool read = mode[0] == 'r';
    BENCH_TRUE(file != NULL);
    for (size_t i = 0; i < 4 + 2 * f->count; i++) {
        struct fleet_node *n = i < 4 ? NULL : &f->nodes[(i - 4) / 2];
        uint8_t *seed = i < 4 ? f->hub.seeds[i] : i % 2 == 0 ? n->sign_seed : n->transport_seed;
        size_t done = read ? fread(seed, 1, 32, file) : fwrite(seed, 1, 32, file);
        BENCH_TRUE(done == 32);
    }
    BENCH_TRUE(fclose(file) == 0);
}

static void fleet_keys(struct fleet *f)
{
    BENCH_OK(key_sign_from_seed(&f->hub.root, KEY_ROOT, f->hub.seeds[0]));
    BENCH_OK(key_sign_from_seed(&f->hub.log, KEY_SIGN, f->hub.seeds[1]));
    BENCH_OK(key_box_from_seed(&f->hub.transport, KEY_TRANSPORT, f->hub.seeds[2]));
    BENCH_OK(key_box_from_seed(&f->hub.sealing, KEY_SEALING, f->hub.seeds[3]));
    crypto_generichash(f->hub.id.b, 32, f->hub.root.public, 32, NULL, 0);
    f->hub.keys = (struct hub_sync_keys){.hub = f->hub.id,
                                         .transport_secret = f->hub.transport.secret,
                                         .transport_pk = f->hub.transport.public,
                                         .log_secret = f->hub.log.secret,
                                         .log_pk = f->hub.log.public};
    for (size_t i = 0; i < f->count; i++) {
        struct fleet_node *n = &f->nodes[i];
        BENCH_OK(key_sign_from_seed(&n->sign, KEY_SIGN, n->sign_seed));
        BENCH_OK(key_box_from_seed(&n->transport, KEY_TRANSPORT, n->transport_seed));
        n->keys = (struct node_sync_keys){.transport_secret = n->transport.secret,
                                          .transport_pk = n->transport.public,
                                          .sign_secret = n->sign.secret,
                                          .sign_pk = n->sign.public};
    }
}

/* ---- opening ---- */

static const char *fleet_node_path(const struct fleet *f, size_t i)
{
    char name[32];
    (void)snprintf(name, sizeof name, "node-%02zu.db", i);
    return fleet_path(f->folder, name);
}

static void fleet_stores(struct fleet *f, bool create)
{
    BENCH_OK(hub_store_open(
        &(struct hub_store_options){.path = fleet_path(f->folder, "hub.db"), .create = create},
        &f->hub.store));
    for (size_t i = 0; i < f->count; i++)
        BENCH_OK(node_store_open(
            &(struct node_store_options){.path = fleet_node_path(f, i), .create = create},
            &f->nodes[i].store));
}

static void fleet_engines(struct fleet *f)
{
    struct hub_engine_options h = {.store = f->hub.store, .keys = &f->hub.keys};
    BENCH_OK(hub_engine_new(&h, &f->hub.engine));
    for (size_t i = 0; i < f->count; i++) {
        struct fleet_node *n = &f->nodes[i];
        struct node_engine_options o = {.store = n->store, .keys = &n->keys};
        n->f = f;
        BENCH_OK(node_engine_new(&o, &n->engine));
        buf_init(&n->to_hub, 1u << 28);
        buf_init(&n->to_node, 1u << 28);
    }
}

static void fleet_begin(struct fleet *f, const char *folder, size_t count)
{
    memset(f, 0, sizeof *f);
    BENCH_TRUE(count <= FLEET_NODES_MAX && strlen(folder) < sizeof f->folder);
    memcpy(f->folder, folder, strlen(folder));
    f->count = count;
    f->now_ms = 1000;
    f->random = 1;
    BENCH_OK(key_ready());
}

void fleet_open(struct fleet *f, const char *folder, size_t count)
{
    fleet_begin(f, folder, count);
    fleet_keys_file(f, "rb");
    fleet_keys(f);
    fleet_stores(f, false);
    fleet_engines(f);
}

void fleet_close(struct fleet *f)
{
    hub_engine_free(f->hub.engine);
    hub_store_close(f->hub.store);
    for (size_t i = 0; i < f->count; i++) {
        struct fleet_node *n = &f->nodes[i];
        node_engine_free(n->engine);
        node_store_close(n->store);
        key_sign_free(&n->sign);
        key_box_free(&n->transport);
        buf_free(&n->to_hub);
        buf_free(&n->to_node);
    }
    key_sign_free(&f->hub.root);
    key_sign_free(&f->hub.log);
    key_box_free(&f->hub.transport);
    key_box_free(&f->hub.sealing);
}

/* ---- sessions ---- */

static void fleet_node_event(struct fleet_node *n, struct node_sync_event ev)
{
    struct node_engine_outputs out;
    struct fleet *f = n->f;
    ev.now_ms = f->now_ms;
    ev.wall_ms = fleet_wall_ms + (int64_t)f->now_ms;
    f->random = f->random * UINT64_C(6364136223846793005) + 1;
    ev.random = f->random;
    double from = bench_cpu();
    node_engine_handle(n->engine, &ev, &out);
    f->node_cpu += bench_cpu() - from;
    for (size_t i = 0; i < out.count; i++) {
        const struct node_engine_output *o = &out.v[i];
        if (o->kind == NODE_ENGINE_DIAL) {
            n->link = o->link;
            n->dialed = true;
            n->closing = n->hub_closing = n->client_speaks = false;
        } else if (o->kind == NODE_ENGINE_SEND && o->link == n->link) {
            buf_add_bytes(&n->to_hub, o->bytes);
        } else if (o->kind == NODE_ENGINE_CLOSE && o->link == n->link) {
            n->closing = true;
        } else if (o->kind == NODE_ENGINE_WAKE_AT) {
            n->wake_at = o->at_ms;
        }
    }
}

static void fleet_down(struct fleet_node *n)
{
    n->up = n->dialed = false;
    buf_clear(&n->to_hub);
    buf_clear(&n->to_node);
    hub_engine_down(n->f->hub.engine, n->conn, fleet_time(n->f));
    fleet_node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_DOWN,
                                                 .link = n->link,
                                                 .error = ERR_LINK_LOST});
}

static bool fleet_up(struct fleet_node *n)
{
    struct fleet *f = n->f;
    if (!n->dialed || n->up) return false;
    BENCH_OK(hub_engine_connect(f->hub.engine, fleet_time(f), &n->conn));
    n->up = true;
    fleet_node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_UP, .link = n->link});
    return true;
}

static bool fleet_to_hub(struct fleet_node *n)
{
    struct fleet *f = n->f;
    size_t len = n->to_hub.len < FLEET_READ_BYTES ? n->to_hub.len : FLEET_READ_BYTES;
    if (!n->up || len == 0) return false;
    if (!n->client_speaks) n->turns++;
    n->client_speaks = true;
    n->sent += len;
    double wall = bench_wall(), cpu = bench_cpu();
    hub_engine_bytes(f->hub.engine, n->conn, bytes_make(n->to_hub.p, len), fleet_time(f));
    f->hub.wall += bench_wall() - wall;
    f->hub.cpu += bench_cpu() - cpu;
    buf_drop(&n->to_hub, len);
    if (n->to_hub.len == 0)
        fleet_node_event(
            n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_DRAINED, .link = n->link});
    return true;
}

static void fleet_hub_drained(struct fleet_node *n)
{
    struct fleet *f = n->f;
    double wall = bench_wall(), cpu = bench_cpu();
    hub_engine_drained(f->hub.engine, n->conn, fleet_time(f));
    f->hub.wall += bench_wall() - wall;
    f->hub.cpu += bench_cpu() - cpu;
}

static bool fleet_to_node(struct fleet_node *n)
{
    if (!n->up) return false;
    if (n->to_node.len > 0 && !n->closing) {
        size_t len = n->to_node.len < FLEET_READ_BYTES ? n->to_node.len : FLEET_READ_BYTES;
        n->client_speaks = false;
        n->received += len;
        fleet_node_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_LINK_BYTES,
                                                     .link = n->link,
                                                     .bytes = bytes_make(n->to_node.p, len)});
        buf_drop(&n->to_node, len);
        if (n->to_node.len == 0) fleet_hub_drained(n);
        return true;
    }
    if (n->to_hub.len == 0 && (n->closing || n->hub_closing)) {
        fleet_down(n);
        return true;
    }
    return false;
}

static bool fleet_hub_turn(struct fleet *f)
{
    struct hub_engine_output o;
    bool moved = false;
    double wall = bench_wall(), cpu = bench_cpu();
    BENCH_OK(hub_engine_flush(f->hub.engine, fleet_time(f)));
    while (hub_engine_next(f->hub.engine, &o)) {
        moved = true;
        for (size_t i = 0; i < f->count; i++) {
            struct fleet_node *n = &f->nodes[i];
            if (!n->up || n->conn != o.conn) continue;
            buf_add_bytes(&n->to_node, o.bytes);
            n->hub_closing = n->hub_closing || o.close;
            if (o.close) BENCH_OK(o.why);
        }
    }
    f->hub.wall += bench_wall() - wall;
    f->hub.cpu += bench_cpu() - cpu;
    return moved;
}

void fleet_sync(struct fleet *f, size_t count)
{
    f->hub.wall = f->hub.cpu = f->node_cpu = 0;
    for (size_t i = 0; i < count; i++) {
        f->nodes[i].sent = f->nodes[i].received = f->nodes[i].turns = 0;
        fleet_node_event(&f->nodes[i], (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    }
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            moved = fleet_up(&f->nodes[i]) || moved;
            moved = fleet_to_hub(&f->nodes[i]) || moved;
        }
        moved = fleet_hub_turn(f) || moved;
        for (size_t i = 0; i < count; i++)
            moved = fleet_to_node(&f->nodes[i]) || moved;
    }
    for (size_t i = 0; i < count; i++) {
        struct node_sync_result r;
        node_engine_result(f->nodes[i].engine, &r);
        BENCH_TRUE(node_engine_state(f->nodes[i].engine) == NODE_SYNC_IDLE);
        BENCH_OK(r.last);
    }
    f->now_ms += 10000;
}

/* ---- making ---- */

static void fleet_hub_identity(struct fleet *f)
{
    struct hub_identity id = {.hub = f->hub.id, .unit = "735", .unit_name = "Vĩnh Cửu"};
    struct buf card;
    id.parsed.serial = 1;
    memcpy(id.parsed.root_pk, f->hub.root.public, 32);
    memcpy(id.parsed.log_pk, f->hub.log.public, 32);
    memcpy(id.parsed.transport_pk, f->hub.transport.public, 32);
    memcpy(id.parsed.sealing_pk, f->hub.sealing.public, 32);
    buf_init(&card, ADMIN_CARD_BYTES_MAX);
    admin_card_make(&id.parsed, f->hub.root.secret, &card);
    BENCH_OK(card.e);
    memcpy(id.card, card.p, card.len);
    id.card_len = card.len;
    buf_free(&card);
    randombytes_buf(id.inc.b, sizeof id.inc.b);
    randombytes_buf(&id.epoch, sizeof id.epoch);
    BENCH_OK(hub_store_identity_set(f->hub.store, &id));
}

static void fleet_own(struct fleet *f, struct buf *payload)
{
    BENCH_OK(payload->e);
    struct bytes p = buf_bytes(payload);
    BENCH_OK(hub_own_append(f->hub.store, &f->hub.keys,
                            &(struct hub_own_set){.payloads = &p, .count = 1}, fleet_wall_ms,
                            NULL));
    buf_clear(payload);
}

static void fleet_publish(struct fleet *f)
{
    size_t count = 0;
    struct catalogue_file *files = catalogue_load("tests/bench/catalogue", &count);
    struct admin_edition ed = {.edition = 1};
    struct buf archive, frame, payload;
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&frame, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    BENCH_OK(catalogue_archive(files, count, &archive));
    BENCH_OK(edition_squeeze(buf_bytes(&archive), &frame, &ed));
    BENCH_OK(hub_store_begin(f->hub.store));
    for (unsigned i = 0; i < ed.parts; i++) {
        struct admin_part part = edition_part(&ed, buf_bytes(&frame), i);
        admin_part_encode(&part, &payload);
        fleet_own(f, &payload);
    }
    admin_edition_encode(&ed, &payload);
    fleet_own(f, &payload);
    BENCH_OK(hub_store_commit(f->hub.store));
    buf_free(&archive);
    buf_free(&frame);
    buf_free(&payload);
    catalogue_unload(files, count);
}

static void fleet_node_identity(struct fleet *f, size_t i)
{
    struct fleet_node *n = &f->nodes[i];
    struct node_identity id = {.joined = false, .hub = f->hub.id};
    crypto_generichash(id.node.b, 32, n->sign.public, 32, NULL, 0);
    memcpy(id.sign_pk, n->sign.public, 32);
    memcpy(id.transport_pk, n->transport.public, 32);
    memcpy(id.hub_transport_pk, f->hub.transport.public, 32);
    memset(id.token, (int)(i + 1), sizeof id.token);
    (void)snprintf(id.unit, sizeof id.unit, "%zu", 26170 + 3 * (i % 12));
    (void)snprintf(id.address, sizeof id.address, "hub:1");
    (void)snprintf(id.name, sizeof id.name, "PC %zu", i);
    BENCH_OK(hub_store_invite_create(f->hub.store, id.token, id.unit, "Xã", fleet_wall_ms,
                                     fleet_wall_ms + 1000000000));
    BENCH_OK(node_store_identity_set(n->store, &id));
}

void fleet_make(struct fleet *f, const char *folder, size_t count)
{
    fleet_begin(f, folder, count);
    randombytes_buf(f->hub.seeds, sizeof f->hub.seeds);
    for (size_t i = 0; i < count; i++) {
        randombytes_buf(f->nodes[i].sign_seed, 32);
        randombytes_buf(f->nodes[i].transport_seed, 32);
    }
    fleet_keys_file(f, "wb");
    fleet_keys(f);
    fleet_stores(f, true);
    fleet_hub_identity(f);
    fleet_publish(f);
    for (size_t i = 0; i < count; i++)
        fleet_node_identity(f, i);
    fleet_engines(f);
    fleet_sync(f, count); /* join */
    fleet_sync(f, count); /* get the catalogue */
}
