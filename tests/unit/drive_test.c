/* Both drives over loopback TCP: the hub in a child process, the node here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <sodium.h>

#include "hub/drive.h"
#include "hub/store_nodes.h"
#include "node/drive.h"
#include "node/own.h"
#include "proto/key.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static struct key_sign root, log_key, sign;
static struct key_box hub_transport, sealing, transport;
static struct id_hash hub_id;

static void unlink_db(const char *path)
{
    char name[80];
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static void keys_make(void)
{
    OK(key_ready());
    OK(key_sign_make(&root, KEY_ROOT));
    OK(key_sign_make(&log_key, KEY_SIGN));
    OK(key_sign_make(&sign, KEY_SIGN));
    OK(key_box_make(&hub_transport, KEY_TRANSPORT));
    OK(key_box_make(&sealing, KEY_SEALING));
    OK(key_box_make(&transport, KEY_TRANSPORT));
    crypto_generichash(hub_id.b, 32, root.public, 32, NULL, 0);
}

static void keys_free(void)
{
    key_sign_free(&root);
    key_sign_free(&log_key);
    key_sign_free(&sign);
    key_box_free(&hub_transport);
    key_box_free(&sealing);
    key_box_free(&transport);
}

/* The child: 0 when everything worked and nothing leaked. */
static int hub_child(const char *path, int tell)
{
    struct hub_identity id = {.hub = hub_id, .inc = {{1}}, .epoch = 5};
    struct hub_store *store = NULL;
    struct hub_drive *drive = NULL;
    struct buf card;
    uint8_t token[16] = {1};
    uint16_t port = 0;
    struct hub_sync_keys keys = {.hub = hub_id,
                                 .transport_secret = hub_transport.secret,
                                 .transport_pk = hub_transport.public,
                                 .log_secret = log_key.secret,
                                 .log_pk = log_key.public};
    struct hub_drive_options options = {.keys = &keys, .signals = true};
    snprintf(id.unit, sizeof id.unit, "735");
    snprintf(id.unit_name, sizeof id.unit_name, "Huyện");
    id.parsed.serial = 1;
    memcpy(id.parsed.root_pk, root.public, 32);
    memcpy(id.parsed.log_pk, log_key.public, 32);
    memcpy(id.parsed.transport_pk, hub_transport.public, 32);
    memcpy(id.parsed.sealing_pk, sealing.public, 32);
    buf_init(&card, ADMIN_CARD_BYTES_MAX);
    admin_card_make(&id.parsed, root.secret, &card);
    memcpy(id.card, card.p, card.len);
    id.card_len = card.len;
    buf_free(&card);
    enum err e = hub_store_open(&(struct hub_store_options){.path = path, .create = true}, &store);
    if (e == ERR_OK) e = hub_store_identity_set(store, &id);
    if (e == ERR_OK) e = hub_store_invite_create(store, token, "26173", "Xã", 1, INT64_MAX);
    options.store = store;
    if (e == ERR_OK) e = hub_drive_new(&options, &drive);
    if (e == ERR_OK) e = hub_drive_listen(drive, "127.0.0.1", 0, &port);
    if (e != ERR_OK || write(tell, &port, sizeof port) != sizeof port) return 1;
    e = hub_drive_run(drive);
    hub_drive_free(drive);
    hub_store_close(store);
    keys_free();
    return e == ERR_OK ? 0 : 2;
}

struct officer { /* what happens at the node: two sessions (join, sync), a save, one more */
    struct node_drive *drive;
    struct node_store *store;
    const struct node_sync_keys *keys;
    unsigned results;
    unsigned stops;
};

static void on_result(void *ctx, const struct node_sync_result *r)
{
    struct officer *o = ctx;
    OK(r->last);
    o->results++;
    if (o->results == 3) node_drive_stop(o->drive);
    if (o->results != 2) return;
    struct admin_genesis g = {.has_parent = false}; /* any payload will do */
    struct buf p;
    buf_init(&p, 1000);
    admin_genesis_encode(&g, &p);
    struct bytes b = buf_bytes(&p);
    OK(node_own_append(o->store, o->keys, &(struct node_own_set){.payloads = &b, .count = 1},
                       1686000000000, NULL));
    buf_free(&p);
    node_drive_now(o->drive);
}

static void on_stop(void *ctx)
{
    struct officer *o = ctx;
    o->stops++;
}

static void a_node_joins_and_syncs_over_tcp_and_both_stop_clean(void **state)
{
    (void)state;
    char hub_path[64], node_path[64];
    int ends[2];
    uint16_t port = 0;
    int status = -1;
    snprintf(hub_path, sizeof hub_path, "drive-%d-hub.db", (int)getpid());
    snprintf(node_path, sizeof node_path, "drive-%d-node.db", (int)getpid());
    unlink_db(hub_path);
    unlink_db(node_path);
    keys_make();
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(hub_child(hub_path, ends[1]));
    assert_int_equal(read(ends[0], &port, sizeof port), sizeof port);

    struct node_sync_keys keys = {.transport_secret = transport.secret,
                                  .transport_pk = transport.public,
                                  .sign_secret = sign.secret,
                                  .sign_pk = sign.public};
    struct node_identity id = {.hub = hub_id, .token = {1}};
    crypto_generichash(id.node.b, 32, sign.public, 32, NULL, 0);
    memcpy(id.sign_pk, sign.public, 32);
    memcpy(id.transport_pk, transport.public, 32);
    memcpy(id.hub_transport_pk, hub_transport.public, 32);
    snprintf(id.address, sizeof id.address, "127.0.0.1:%u", (unsigned)port);
    snprintf(id.name, sizeof id.name, "PC");
    struct officer o = {.keys = &keys};
    OK(node_store_open(&(struct node_store_options){.path = node_path, .create = true}, &o.store));
    OK(node_store_identity_set(o.store, &id));
    struct node_drive_options options = {
        .store = o.store, .keys = &keys, .on_result = on_result, .on_stop = on_stop, .ctx = &o};
    OK(node_drive_new(&options, &o.drive));
    OK(node_drive_run(o.drive));
    assert_int_equal(o.results, 3);
    assert_int_equal(o.stops, 1);
    node_drive_free(o.drive);

    struct node_store_status s;
    OK(node_store_status(o.store, &s));
    assert_int_equal(s.delivered, 2);
    assert_int_equal(s.waiting, 0);
    node_store_close(o.store);
    assert_int_equal(kill(child, SIGTERM), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    close(ends[0]);
    close(ends[1]);
    unlink_db(hub_path);
    unlink_db(node_path);
    keys_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_joins_and_syncs_over_tcp_and_both_stop_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
