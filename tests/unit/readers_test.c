/* Officers who read sealed fields, as a node finds them in the hub's log: an order that ends one, and an old
 * order that who holds the hub's log key puts in again. SPEC 22.6. */
#include "tests/lib/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/io/db.h"
#include "hub/own.h"
#include "node/store_readers.h"
#include "proto/order.h"
#include "proto/reader.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static struct key_sign officers[2];
static const uint8_t reader[32] = {0x5a, 1, 2, 3};

static void own(struct pair *w, const struct buf *payload)
{
    struct bytes p = buf_bytes(payload);
    OK(payload->e);
    OK(hub_store_begin(w->hub.store));
    OK(hub_own_append(w->hub.store, &w->hub.keys, &(struct hub_own_set){.payloads = &p, .count = 1},
                      PAIR_WALL, NULL));
    OK(hub_store_commit(w->hub.store));
}

/* Two officers; with `vouched` the root key signed for them. */
static void office(struct pair *w, bool vouched)
{
    static const char *const names[] = {"Bà An", "Ông Bình"};
    struct buf payload;
    buf_init(&payload, 1024);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t seed[KEY_SEED_BYTES] = {(uint8_t)(i + 1)};
        OK(key_sign_from_seed(&officers[i], KEY_OFFICER, seed));
        struct order_officer o = {.name = bytes_str(names[i]), .roles = ORDER_ROLE_KEYS};
        memcpy(o.pk, officers[i].public, sizeof o.pk);
        OK(order_officer_prove(&officers[i], &w->hub.id, &o));
        if (vouched) OK(order_officer_vouch(&w->hub.root, &w->hub.id, &o));
        buf_clear(&payload);
        order_officer_encode(&o, &payload);
        own(w, &payload);
    }
    buf_free(&payload);
}

static void order(struct pair *w, bool reads, uint64_t made_ms)
{
    struct buf content, bytes, payload;
    struct order_op op;
    buf_init(&content, 256);
    buf_init(&bytes, ORDER_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    reader_order_encode(&(struct reader_order){.name = bytes_str("Bà An"),
                                               .pk = {reader[0], reader[1], reader[2], reader[3]},
                                               .reads = reads},
                        &content);
    struct order o = {.hub = w->hub.id,
                      .kind = bytes_str("readers"),
                      .made_ms = made_ms,
                      .basis = bytes_str("QĐ 12/QĐ-UBND"),
                      .content = buf_bytes(&content)};
    randombytes_buf(o.nonce, sizeof o.nonce);
    order_encode(&o, &bytes);
    op.order = buf_bytes(&bytes);
    for (unsigned i = 0; i < 2; i++) {
        memcpy(op.by[i].pk, officers[i].public, sizeof op.by[i].pk);
        OK(order_sign(&officers[i], op.order, op.by[i].signature));
    }
    order_op_encode(&op, &payload);
    own(w, &payload);
    buf_free(&payload);
    buf_free(&bytes);
    buf_free(&content);
}

static bool reads(struct pair_node *n)
{
    const struct node_reader *v = NULL;
    size_t count = 0;
    OK(node_store_readers(n->store, &v, &count));
    for (size_t i = 0; i < count; i++) {
        if (v[i].officer && memcmp(v[i].pk, reader, sizeof reader) == 0) return v[i].accepted;
    }
    return false;
}

/* What a hub's log key alone can do to the log that a node is told: sets of it in other places. */
static void moved(struct pair_node *n, const char *sql)
{
    struct db *db = NULL;
    pair_node_off(n);
    OK(db_open(n->path, NULL, 0, &db));
    OK(db_exec(db, sql));
    db_close(db);
    pair_node_on(n);
}

static void begin(struct pair *w, struct pair_node **n, bool vouched)
{
    unlink("revoked.list");
    unlink("erased.list");
    pair_random_state.s = 7919;
    pair_open(w, 22);
    *n = &w->nodes[0];
    pair_join(*n);
    office(w, vouched);
}

static void an_order_names_and_ends_a_reader(void **state)
{
    struct pair w;
    struct pair_node *n;
    (void)state;
    begin(&w, &n, true);
    order(&w, true, 1000);
    OK(pair_settle(n));
    assert_true(reads(n));
    order(&w, false, 2000);
    OK(pair_settle(n));
    assert_false(reads(n));
    order(&w, true, 2001); /* a new one names again */
    OK(pair_settle(n));
    assert_true(reads(n));
    order(&w, false,
          5); /* an end counts whatever its time: nobody reads on for a clock that was wrong */
    OK(pair_settle(n));
    assert_false(reads(n));
    pair_close(&w);
}

static void an_old_order_names_nobody(void **state)
{
    struct pair w;
    struct pair_node *n;
    (void)state;
    begin(&w, &n, true);
    order(&w, true, 1000);
    order(&w, false, 2000);
    order(&w, true, 1999); /* signed before the end, put in after it */
    OK(pair_settle(n));
    assert_false(reads(n));
    order(&w, true, 2000); /* of the same moment */
    OK(pair_settle(n));
    assert_false(reads(n));
    pair_close(&w);
}

#define NTH "(SELECT position FROM sys_hub_set ORDER BY position DESC LIMIT 1 OFFSET "

static void an_order_that_is_put_in_again_names_nobody(void **state)
{
    struct pair w;
    struct pair_node *n;
    (void)state;
    begin(&w, &n, true);
    order(&w, true, 1000);
    order(&w, false, 2000);
    OK(pair_settle(n));
    assert_false(reads(n));
    moved(n, "INSERT INTO sys_hub_set SELECT position + 1000, head, body, signature FROM "
             "sys_hub_set WHERE position = " NTH "1)");
    assert_false(reads(n));
    pair_close(&w);
}

static void an_order_that_stands_behind_its_end_names_nobody(void **state)
{
    struct pair w;
    struct pair_node *n;
    (void)state;
    begin(&w, &n, true);
    order(&w, true, 1000);
    order(&w, false, 2000);
    OK(pair_settle(n));
    moved(n, "UPDATE sys_hub_set SET position = position + 1000 WHERE position = " NTH "1)");
    assert_false(reads(n));
    pair_close(&w);
}

static void officers_of_the_log_key_alone_name_nobody(void **state)
{
    struct pair w;
    struct pair_node *n;
    (void)state;
    begin(&w, &n, false);
    order(&w, true, 1000);
    OK(pair_settle(n));
    assert_false(reads(n));
    pair_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_names_and_ends_a_reader),
        cmocka_unit_test(an_old_order_names_nobody),
        cmocka_unit_test(an_order_that_is_put_in_again_names_nobody),
        cmocka_unit_test(an_order_that_stands_behind_its_end_names_nobody),
        cmocka_unit_test(officers_of_the_log_key_alone_name_nobody),
    };
    char folder[] =
        "readers-test-XXXXXX"; /* erased.list and revoked.list stand beside the database */
    randombytes_set_implementation(&pair_random);
    if (mkdtemp(folder) == NULL || chdir(folder) != 0) return 1;
    int failed = cmocka_run_group_tests_name("readers", tests, NULL, NULL);
    unlink("revoked.list");
    unlink("erased.list");
    if (chdir("..") != 0 || rmdir(folder) != 0) printf("folder %s stays\n", folder);
    return failed;
}
