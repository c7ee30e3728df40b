/*
 * Sessions of each kind, cut at every few bytes: a hub that went back and is given back what it lost (PROOF, GIVEBACK),
 * a node that was restored (PULL, OWN), transfers at their giver and at their taker (MOVES), erasures (ERASURES), a set
 * that rots at the hub or at the node (AGAIN, RESENT, PULL, OWN), files in both directions (ATTACH, BLOCK, WANT, HAVE).
 * Real stores and engines, on disks in memory.
 *
 * Each round does the deed anew, lets sessions run until so many bytes have passed, cuts, and lets them go on: what
 * the deed is about must have come to its end, both sides must say the same, and nothing may wait. The cut moves on
 * until it lies behind the last byte.
 *
 * And a backlog of several frames: what the cut costs is counted.
 *
 *   cuts_test [STEP [TEST]]   bytes from one cut to the next, default CUTS_STEP; 1 = every byte. Of the backlog, whose
 *                             sessions are long, BACKLOG_TIMES as many, unless TEST names it
 */
#include "tests/lib/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/io/db.h"
#include "hub/own.h"
#include "hub/scrub.h"
#include "hub/store_attach.h"
#include "hub/store_erase.h"
#include "hub/verify.h"
#include "node/maintain.h"
#include "node/own.h"
#include "node/scrub.h"
#include "node/store_attach.h"
#include "node/store_erase.h"
#include "proto/erase.h"
#include "proto/move.h"
#include "proto/order.h"
#include "proto/pack.h"
#include "tests/sim/memvfs.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum {
    CUTS_STEP = 331,
    BACKLOG_TIMES = 60,
    ROUNDS = 16,
    FILE_BYTES = 900,
    BACKLOG = 72,
    NOTE = 3900
};

static size_t step = CUTS_STEP, backlog_step = (size_t)CUTS_STEP * BACKLOG_TIMES;

struct cuts {
    struct pair w;
    struct memvfs_host *hub, *node, *copy;
    struct key_sign officer[2];
    struct id_record rid[3]; /* of this round */
    struct attach_ref file;
    unsigned round;
};

struct kind {
    void (*deed)(struct cuts *c);  /* what the session is about; leaves it to the session */
    void (*goal)(struct cuts *c);  /* after it, and what was cut off it, has come */
    void (*begin)(struct cuts *c); /* once, or NULL */
    unsigned who;                  /* whose sessions are cut */
    unsigned complete;             /* complete ones that it takes */
};

/* ---- looking ---- */

/* Does a head at the hub say this? */
static bool hub_says(struct cuts *c, const struct id_record *rid, const char *text)
{
    struct buf state;
    unsigned type = 0;
    size_t len = strlen(text);
    bool found = false;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    OK(hub_store_record(c->w.hub.store, rid, &state, &type, NULL, NULL));
    for (size_t i = 0; i + len <= state.len; i++)
        found = found || memcmp(state.p + i, text, len) == 0;
    buf_free(&state);
    return found;
}

static void whole(struct cuts *c)
{
    struct hub_verified_log hub;
    OK(hub_verify_log(c->w.hub.store, NULL, NULL, &hub));
    assert_int_equal(hub.findings, 0);
    for (unsigned i = 0; i < PAIR_MAKE; i++) {
        struct node_verified seen;
        OK(pair_settle(&c->w.nodes[i]));
        OK(node_store_verify(c->w.nodes[i].store, NULL, NULL, &seen));
        assert_int_equal(seen.findings, 0);
        pair_assert_scope(&c->w.nodes[i]);
        assert_int_equal(pair_status(&c->w.nodes[i]).waiting, 0);
    }
}

/* ---- the loop ---- */

static struct cuts *world(const struct kind *k)
{
    struct cuts *c = calloc(1, sizeof *c);
    assert_non_null(c);
    memvfs_reset(9);
    pair_open(&c->w, 21);
    c->hub = memvfs_host("hub");
    c->node = memvfs_host("n0");
    c->copy = memvfs_host("copy");
    for (unsigned i = 0; i < PAIR_MAKE; i++)
        pair_join(&c->w.nodes[i]);
    if (k->begin != NULL) k->begin(c);
    return c;
}

static void world_over(struct cuts *c)
{
    whole(c);
    for (unsigned i = 0; i < 2; i++)
        if (c->officer[i].secret != NULL) key_sign_free(&c->officer[i]);
    pair_close(&c->w);
    free(c);
}

/* Whether the cut came before the end. */
static bool cut_once(struct cuts *c, const struct kind *k, size_t cut)
{
    struct pair_node *n = &c->w.nodes[k->who];
    unsigned complete = 0;
    bool fired = false;
    k->deed(c);
    c->w.cut_after = cut;
    for (int i = 0; i < 12 && complete < k->complete; i++) {
        complete += pair_attempt(n) == ERR_OK;
        if (c->w.cut_after > 0) continue;
        c->w.cut_after = SIZE_MAX;
        fired = true;
        complete = 0; /* it may have been the node's last words that the hub did not get */
    }
    c->w.cut_after = SIZE_MAX;
    assert_int_equal(complete, k->complete);
    k->goal(c);
    assert_int_equal(pair_status(n).waiting, 0);
    pair_assert_scope(n);
    c->round++;
    return fired;
}

static void cut_everywhere(const struct kind *k)
{
    struct cuts *c = NULL;
    unsigned cuts = 0;
    size_t cut = 0;
    pair_random_state.s = 15485863;
    for (bool fired = true; fired; cut += step, cuts++) {
        if (c != NULL &&
            c->round == ROUNDS) { /* so that its sessions do not grow with the rounds */
            world_over(c);
            c = NULL;
        }
        if (c == NULL) c = world(k);
        fired = cut_once(c, k, cut);
    }
    world_over(c);
    printf("%u cuts, the last one before byte %zu\n", cuts - 1, cut - step);
    assert_true(cuts > 3);
}

/* ---- back in time ---- */

static void hub_goes_back(struct cuts *c)
{
    struct pair *w = &c->w;
    struct pair_node *n = &w->nodes[0];
    struct buf bases;
    buf_init(&bases, 4096);
    pair_hub_off(w);
    memvfs_copy(c->hub, c->copy, false);
    pair_hub_on(w);
    pair_create(n, &c->rid[0], "đã xác nhận");
    OK(pair_settle(n));
    pair_heads(n, &c->rid[0], &bases);
    pair_hub_save(w, CHANGE_EDIT, &c->rid[0], "trung tâm sửa", buf_bytes(&bases));
    OK(pair_settle(n)); /* the node holds the hub's own set, too */
    pair_hub_off(w);
    memvfs_copy(c->copy, c->hub, false);
    pair_hub_on(w);
    pair_create(n, &c->rid[1], "chờ gửi");
    buf_free(&bases);
}

/* What communes saved comes first, what was the hub's own behind an END. */
static void hub_has_all_again(struct cuts *c)
{
    assert_true(hub_says(c, &c->rid[0], "trung tâm sửa"));
    assert_true(hub_says(c, &c->rid[1], "chờ gửi"));
    assert_int_equal(pair_heads(&c->w.nodes[0], &c->rid[0], NULL), 1);
}

static void a_hub_that_went_back_is_given_back_what_it_lost(void **state)
{
    (void)state;
    cut_everywhere(&(struct kind){hub_goes_back, hub_has_all_again, NULL, 0, 2});
}

/* More often than a hello tells epochs (SPEC 7.5): who joins then has what is older than all of those. */
static void a_hub_that_went_back_more_often_than_a_hello_tells(void **state)
{
    (void)state;
    const struct kind k = {hub_goes_back, hub_has_all_again, NULL, 0, 2};
    struct cuts *c = world(&k);
    struct message_hello_node hello;
    pair_create(&c->w.nodes[1], &c->rid[2], "từ trước");
    for (unsigned i = 0; i < HELLO_EPOCHS_MAX + 4; i++) {
        assert_false(cut_once(c, &k, SIZE_MAX - 1));
        if (i % 8 == 0) OK(pair_settle(&c->w.nodes[1]));
        OK(hub_store_check(c->w.hub.store));
    }
    OK(pair_settle(&c->w.nodes[1]));
    OK(node_store_hello(c->w.nodes[1].store, &hello));
    assert_true(hello.cursor_position > 0);
    world_over(c);
}

static void node_goes_back(struct cuts *c)
{
    struct pair_node *n = &c->w.nodes[0];
    pair_node_off(n);
    memvfs_copy(c->node, c->copy, false);
    pair_node_on(n);
    pair_create(n, &c->rid[0], "gửi trước");
    pair_create(n, &c->rid[1], "gửi sau");
    OK(pair_settle(n));
    pair_node_off(n);
    memvfs_copy(c->copy, c->node, false);
    pair_node_on(n);
    pair_create(n, &c->rid[2], "chỗ của phần trước");
}

static void node_has_all_again(struct cuts *c)
{
    for (unsigned i = 0; i < 3; i++) {
        assert_true(pair_node_has(&c->w.nodes[0], &c->rid[i]));
        assert_true(pair_hub_has(&c->w, &c->rid[i]));
    }
}

static void a_node_that_was_restored_gets_its_sets_and_keeps_the_new_ones(void **state)
{
    (void)state;
    cut_everywhere(&(struct kind){node_goes_back, node_has_all_again, NULL, 0, 1});
}

/* ---- transfers ---- */

static void publish(struct cuts *c)
{
    pair_publish(&c->w, 1);
    for (unsigned i = 0; i < PAIR_MAKE; i++)
        OK(pair_settle(&c->w.nodes[i]));
}

static void say(struct pair_node *n, const struct buf *payload)
{
    struct node_own_saved saved;
    struct bytes p = buf_bytes(payload);
    static const struct id_person person = {{1, 2, 3}};
    OK(payload->e);
    OK(node_own_append(n->store, &n->keys,
                       &(struct node_own_set){.person = person, .payloads = &p, .count = 1},
                       PAIR_WALL + (int64_t)n->w->now_ms, &saved));
    pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_SAVED});
}

/* The second node offers a record to the first one, which says that it takes it. */
static void transfer(struct cuts *c)
{
    struct pair_node *taker = &c->w.nodes[0], *giver = &c->w.nodes[1];
    struct move_offer offer = {.to = bytes_str("26173"), .note = bytes_str("chuyển đi")};
    struct move_answer answer = {.reply = MOVE_ACCEPT, .note = bytes_str("")};
    struct buf b;
    buf_init(&b, CHANGE_BYTES_MAX);
    pair_create(giver, &c->rid[0], "người chuyển đi");
    offer.record = c->rid[0];
    memset(&offer.transfer, 0x70, sizeof offer.transfer);
    memcpy(&offer.transfer, &c->round, sizeof c->round);
    move_offer_encode(&offer, &b);
    say(giver, &b);
    OK(pair_settle(giver));
    OK(pair_settle(taker));
    answer.transfer = offer.transfer;
    buf_clear(&b);
    move_answer_encode(&answer, &b);
    say(taker, &b);
    buf_free(&b);
}

static void taken(struct cuts *c)
{
    assert_true(pair_node_has(&c->w.nodes[0], &c->rid[0]));
}

static void a_record_that_is_taken_over(void **state)
{
    (void)state;
    cut_everywhere(&(struct kind){transfer, taken, publish, 0, 1});
}

static void transfer_taken(struct cuts *c)
{
    transfer(c);
    OK(pair_settle(&c->w.nodes[0]));
    taken(c);
}

static void given(struct cuts *c)
{
    struct db *db = node_store_db(c->w.nodes[1].store);
    assert_int_equal(pair_number(db, "SELECT count(*) FROM sys_transfer WHERE state = 0"), 0);
}

static void a_record_that_is_given_away(void **state)
{
    (void)state;
    cut_everywhere(&(struct kind){transfer_taken, given, publish, 1, 1});
}

/* ---- erasure ---- */

static void own(struct cuts *c, const struct buf *payload)
{
    struct bytes p = buf_bytes(payload);
    OK(payload->e);
    OK(hub_store_begin(c->w.hub.store));
    OK(hub_own_append(c->w.hub.store, &c->w.hub.keys,
                      &(struct hub_own_set){.payloads = &p, .count = 1}, PAIR_WALL, NULL));
    OK(hub_store_commit(c->w.hub.store));
}

static void two_officers(struct cuts *c)
{
    static const char *const names[] = {"Nguyễn Thị An", "Trần Bình"};
    struct buf b;
    buf_init(&b, 1024);
    for (unsigned i = 0; i < 2; i++) {
        struct order_officer o = {.name = bytes_str(names[i]), .roles = ORDER_ROLE_ALL};
        OK(key_sign_make(&c->officer[i], KEY_OFFICER));
        memcpy(o.pk, c->officer[i].public, sizeof o.pk);
        OK(order_officer_prove(&c->officer[i], &c->w.hub.id, &o));
        buf_clear(&b);
        order_officer_encode(&o, &b);
        own(c, &b);
    }
    buf_free(&b);
}

static void erasure(struct cuts *c)
{
    struct buf content, bytes, payload;
    struct pair_node *n = &c->w.nodes[0];
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&bytes, ORDER_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    pair_create(n, &c->rid[0], "sẽ bị xóa");
    OK(pair_settle(n));
    erase_encode(&(struct erase_list){.records = &c->rid[0], .record_count = 1}, &content);
    struct order o = {.hub = c->w.hub.id,
                      .kind = bytes_str("erase"),
                      .basis = bytes_str("Luật 91/2025/QH15, Điều 14"),
                      .content = buf_bytes(&content)};
    memcpy(o.nonce, &c->round, sizeof c->round);
    order_encode(&o, &bytes);
    struct order_op op = {.order = buf_bytes(&bytes)};
    for (unsigned i = 0; i < 2; i++) {
        memcpy(op.by[i].pk, c->officer[i].public, sizeof op.by[i].pk);
        OK(order_sign(&c->officer[i], op.order, op.by[i].signature));
    }
    order_op_encode(&op, &payload);
    own(c, &payload);
    buf_free(&content);
    buf_free(&bytes);
    buf_free(&payload);
}

static void erased(struct cuts *c)
{
    uint8_t sum[8], theirs[8];
    uint32_t count = 0, n = 0;
    assert_false(pair_node_has(&c->w.nodes[0], &c->rid[0]));
    OK(hub_store_erasure_end(c->w.hub.store, &count, sum));
    OK(node_store_erasure_end(c->w.nodes[0].store, &n, theirs));
    assert_int_equal(n, count);
    assert_memory_equal(sum, theirs, sizeof sum);
}

static void an_order_of_erasure(void **state)
{
    (void)state;
    cut_everywhere(&(struct kind){erasure, erased, two_officers, 0, 1});
}

/* ---- rot ---- */

static void seal(struct cuts *c)
{
    struct pair_node *n = &c->w.nodes[0];
    OK(db_seal(hub_store_db(c->w.hub.store), NULL));
    pair_node_off(n);
    OK(node_store_open(
        &(struct node_store_options){.path = n->path, .vfs = MEMVFS_NAME, .seal = true},
        &n->store));
    pair_node_engine(n);
}

/* Another program's write to a closed database, as a disk would do it: no seal follows. */
static void harm(const char *path, const char *sql)
{
    struct db *db = NULL;
    OK(db_open(path, MEMVFS_NAME, DB_EXCLUSIVE, &db));
    OK(db_exec(db, sql));
    assert_true(db_changes(db) > 0);
    db_close(db);
}

static void rot_at_hub(struct cuts *c)
{
    struct hub_scrub s;
    struct pair_node *n = &c->w.nodes[0];
    pair_create(n, &c->rid[0], "sẽ hỏng ở trung tâm");
    OK(pair_settle(n));
    pair_hub_off(&c->w);
    harm(c->w.hub.path, "UPDATE sys_log SET body = x'0102' || body "
                        "WHERE pos = (SELECT max(pos) FROM sys_log)");
    pair_hub_on(&c->w);
    hub_scrub_init(&s, c->w.hub.store, 0);
    for (uint64_t t = HUB_SCRUB_FIRST_MS; s.rounds == 0; t += 1000)
        hub_scrub_turn(&s, t, PAIR_WALL);
    hub_scrub_free(&s);
    assert_int_equal(pair_number(hub_store_db(c->w.hub.store), "SELECT count(*) FROM sys_mend"), 1);
}

static void mended(struct cuts *c)
{
    assert_int_equal(pair_number(hub_store_db(c->w.hub.store), "SELECT count(*) FROM sys_mend"), 0);
    OK(hub_store_check(c->w.hub.store));
}

static void a_set_that_rots_at_the_hub(void **state)
{
    (void)state;
    cut_everywhere(&(struct kind){rot_at_hub, mended, seal, 0, 1});
}

static void rot_at_node(struct cuts *c)
{
    struct node_scrub s;
    struct pair_node *n = &c->w.nodes[0];
    pair_create(n, &c->rid[0], "sẽ hỏng ở xã");
    OK(pair_settle(n));
    pair_node_off(n);
    harm(n->path, "UPDATE sys_log SET body = CAST(body || x'01' AS BLOB) "
                  "WHERE seq = (SELECT max(seq) FROM sys_log)");
    pair_node_on(n);
    node_scrub_init(&s, n->store);
    for (unsigned i = 0; s.rounds == 0 && i < 100000; i++)
        (void)node_scrub_turn(&s, PAIR_WALL);
    assert_true(s.findings > 0);
    node_scrub_free(&s);
    assert_true(pair_number(node_store_db(n->store), "SELECT count(*) FROM sys_heal") > 0);
}

static void healed(struct cuts *c)
{
    struct node_verified v;
    struct db *db = node_store_db(c->w.nodes[0].store);
    assert_int_equal(pair_number(db, "SELECT count(*) FROM sys_heal"), 0);
    OK(node_store_verify(c->w.nodes[0].store, NULL, NULL, &v));
}

static void a_set_that_rots_at_the_node(void **state)
{
    (void)state;
    cut_everywhere(&(struct kind){rot_at_node, healed, seal, 0, 2});
}

/* ---- files ---- */

static void file_up(struct cuts *c)
{
    uint8_t file[FILE_BYTES] = "%PDF-";
    char hex[2 * ID_HASH_BYTES + 1];
    struct pair_node *n = &c->w.nodes[0];
    for (size_t i = 5; i < sizeof file; i++)
        file[i] = (uint8_t)rng_u64(&c->w.rng);
    attach_hash(BYTES_OF(file), &c->file.hash);
    id_hex(BYTES_OF(c->file.hash.b), hex);
    pair_create(n, &c->file.record, hex);
    OK(node_store_attach_add(n->store, &c->file.record, BYTES_OF(file), PAIR_WALL, &c->file.hash));
}

static void file_at_hub(struct cuts *c)
{
    struct buf got;
    struct node_attach a;
    OK(node_store_attach_get(c->w.nodes[0].store, &c->file, &a));
    assert_true(a.delivered);
    buf_init(&got, ATTACH_BYTES_MAX);
    OK(hub_store_attach_file(c->w.hub.store, &c->file, &got));
    assert_int_equal(got.len, FILE_BYTES);
    buf_free(&got);
}

static void a_file_on_its_way_up(void **state)
{
    (void)state;
    cut_everywhere(&(struct kind){file_up, file_at_hub, NULL, 0, 1});
}

static void file_down(struct cuts *c)
{
    struct pair_node *n = &c->w.nodes[0];
    file_up(c);
    OK(pair_settle(n));
    file_at_hub(c);
    OK(node_store_attach_drop(n->store, &c->file.record));
    OK(node_store_attach_want(n->store, &c->file, PAIR_WALL));
}

static void file_at_node(struct cuts *c)
{
    struct buf got;
    buf_init(&got, ATTACH_BYTES_MAX);
    OK(node_store_attach_file(c->w.nodes[0].store, &c->file, &got));
    assert_int_equal(got.len, FILE_BYTES);
    buf_free(&got);
}

static void a_file_on_its_way_down(void **state)
{
    (void)state;
    cut_everywhere(&(struct kind){file_down, file_at_node, NULL, 0, 1});
}

/* ---- what a cut costs ---- */

/* The same notes each time, which nothing can squeeze much: more than four frames. */
static void backlog(struct cuts *c)
{
    char note[NOTE + 1];
    struct rng rng = {.s = 12};
    for (unsigned i = 0; i < BACKLOG; i++) {
        for (unsigned k = 0; k < NOTE; k++)
            note[k] = (char)('0' + rng_below(&rng, 64));
        note[NOTE] = '\0';
        pair_create(&c->w.nodes[0], &c->rid[0], note);
    }
}

/* Its records do not come down: something was applied before (SPEC 7.9). */
static void applied(struct cuts *c)
{
    pair_create(&c->w.nodes[0], &c->rid[0], "trước đó");
    for (int i = 0; i < 2; i++)
        OK(pair_attempt(&c->w.nodes[0]));
}

static void a_cut_costs_one_frame_at_most(void **state)
{
    (void)state;
    const struct kind k = {backlog, NULL, applied, 0, 1};
    struct cuts *c = world(&k);
    struct pair_node *n = &c->w.nodes[0];
    size_t worst = 0;
    backlog(c);
    OK(pair_attempt(n));
    size_t uncut = n->sent + n->received;
    OK(pair_attempt(n));
    size_t hellos = n->sent + n->received; /* a session with nothing to say */
    assert_true(uncut > 4 * (size_t)FRAME_BODY_BYTES_MAX * 3 / 4);
    for (size_t cut = backlog_step; cut < uncut - hellos; cut += backlog_step, c->round++) {
        if (c->round == ROUNDS) {
            world_over(c);
            c = world(&k);
            n = &c->w.nodes[0];
        }
        backlog(c);
        c->w.cut_after = cut;
        assert_int_equal(pair_attempt(n), ERR_LINK_LOST);
        size_t used = n->sent + n->received;
        c->w.cut_after = SIZE_MAX;
        OK(pair_attempt(n));
        used += n->sent + n->received;
        assert_int_equal(pair_status(n).waiting, 0);
        assert_true(used <= uncut + hellos + FRAME_BODY_BYTES_MAX);
        if (used > uncut + worst) worst = used - uncut;
    }
    printf("uncut %zu bytes; a cut costs at most %zu\n", uncut, worst);
    world_over(c);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hub_that_went_back_is_given_back_what_it_lost),
        cmocka_unit_test(a_hub_that_went_back_more_often_than_a_hello_tells),
        cmocka_unit_test(a_node_that_was_restored_gets_its_sets_and_keeps_the_new_ones),
        cmocka_unit_test(a_record_that_is_taken_over),
        cmocka_unit_test(a_record_that_is_given_away),
        cmocka_unit_test(an_order_of_erasure),
        cmocka_unit_test(a_set_that_rots_at_the_hub),
        cmocka_unit_test(a_set_that_rots_at_the_node),
        cmocka_unit_test(a_file_on_its_way_up),
        cmocka_unit_test(a_file_on_its_way_down),
        cmocka_unit_test(a_cut_costs_one_frame_at_most),
    };
    if (argc > 1) step = (size_t)strtoul(argv[1], NULL, 10);
    backlog_step = argc > 2 ? step : step * BACKLOG_TIMES;
    if (argc > 2) cmocka_set_test_filter(argv[2]);
    if (step == 0) return 2;
    randombytes_set_implementation(&pair_random);
    memvfs_register();
    pair_vfs = MEMVFS_NAME;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
