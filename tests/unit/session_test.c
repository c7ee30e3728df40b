/* Whole sessions: both engines over real stores, joined by a pipe that can be cut at any byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <sodium.h>

#include "common/io/db.h"
#include "hub/engine.h"
#include "hub/own.h"
#include "hub/store_nodes.h"
#include "node/engine.h"
#include "node/own.h"
#include "proto/key.h"
#include "proto/wire.h"
#include "tests/lib/pair.h"

#define OK(call) assert_int_equal((call), ERR_OK)

/* ---- tests ---- */

static void a_node_joins_saves_syncs_and_gets_its_receipts(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    pair_open(&w, 1);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_attempt(n));
    pair_save(n, CHANGE_CREATE, &rid, "Nguyễn Văn A", bytes_make(NULL, 0));
    assert_int_equal(pair_status(n).waiting, 2); /* genesis and the save */
    OK(pair_attempt(n));
    struct node_store_status s = pair_status(n);
    assert_int_equal(s.waiting, 0);
    assert_int_equal(s.delivered, 2);
    assert_int_equal(s.applied + s.unsaid, s.ops);
    assert_int_equal(s.unsaid, 0);
    assert_int_equal(pair_heads(n, &rid, NULL), 1);
    pair_assert_scope(n);
    pair_close(&w);
}

static void a_second_session_has_nothing_to_say_and_is_small(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    pair_open(&w, 2);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    for (int i = 0; i < 50; i++)
        pair_save(n, CHANGE_CREATE, &rid, "Trần Thị B", bytes_make(NULL, 0));
    OK(pair_attempt(n));
    OK(pair_attempt(n));
    printf("empty session: %zu bytes up, %zu down\n", n->sent, n->received);
    assert_true(n->sent + n->received <= 1000);
    struct buf bases;
    buf_init(&bases, 4096);
    pair_heads(n, &rid, &bases);
    pair_save(n, CHANGE_EDIT, &rid, "Trần Thị C", buf_bytes(&bases));
    OK(pair_attempt(n));
    printf("session of one change: %zu bytes up, %zu down\n", n->sent, n->received);
    assert_int_equal(pair_status(n).waiting, 0);
    pair_assert_scope(n);
    buf_free(&bases);
    pair_close(&w);
}

struct flights { /* of one session: the node speaks, the hub answers */
    struct pair_node *n;
    unsigned up;
    bool node_speaks;
    unsigned confirmed; /* flight whose answer confirmed all that waited; 0: none yet */
};

static void count_flights(void *ctx, bool up, struct bytes piece)
{
    struct flights *f = ctx;
    assert_true(piece.len > 0);
    if (up && !f->node_speaks) {
        if (f->up > 0 && f->confirmed == 0 && pair_status(f->n).waiting == 0) f->confirmed = f->up;
        f->up++;
    }
    f->node_speaks = up;
}

/* With that of TCP itself three: one to greet, one to deliver. The third flight, BYE, waits for nothing. */
static void a_small_sync_is_confirmed_in_three_round_trips(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    pair_open(&w, 17);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_attempt(n));
    for (int i = 0; i < 3; i++) {
        struct flights f = {.n = n};
        for (int k = 0; k < 1 + 4 * i; k++)
            pair_create(n, &rid, "Nguyễn Văn A");
        w.tap = count_flights;
        w.tap_ctx = &f;
        OK(pair_attempt(n));
        w.tap = NULL;
        assert_int_equal(f.confirmed, 2);
        assert_int_equal(f.up, 3);
        assert_int_equal(pair_status(n).waiting, 0);
    }
    pair_close(&w);
}

static void edits_on_both_sides_conflict_and_a_resolution_comes_down(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    struct buf bases;
    pair_open(&w, 3);
    buf_init(&bases, 4096);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_save(n, CHANGE_CREATE, &rid, "Lê C", bytes_make(NULL, 0));
    OK(pair_attempt(n));
    pair_heads(n, &rid, &bases);
    pair_save(n, CHANGE_EDIT, &rid, "Lê Văn C", buf_bytes(&bases));
    pair_hub_save(&w, CHANGE_EDIT, &rid, "Lê Thị C", buf_bytes(&bases));
    OK(pair_attempt(n));
    assert_int_equal(pair_heads(n, &rid, &bases), 2);
    assert_int_equal(pair_status(n).conflict, 1);
    assert_int_equal(pair_status(n).records_conflict, 1);
    pair_assert_scope(n);
    pair_hub_save(&w, CHANGE_EDIT, &rid, "Lê Thị C", buf_bytes(&bases));
    OK(pair_attempt(n));
    assert_int_equal(pair_heads(n, &rid, &bases), 1);
    assert_int_equal(pair_status(n).records_conflict, 0);
    pair_assert_scope(n);
    buf_free(&bases);
    pair_close(&w);
}

static void two_nodes_see_only_their_own_records(void **state)
{
    (void)state;
    struct pair w;
    struct id_record a, b;
    struct node_store_record r;
    pair_open(&w, 4);
    for (unsigned i = 0; i < PAIR_MAKE; i++)
        pair_join(&w.nodes[i]);
    pair_save(&w.nodes[0], CHANGE_CREATE, &a, "A", bytes_make(NULL, 0));
    pair_save(&w.nodes[1], CHANGE_CREATE, &b, "B", bytes_make(NULL, 0));
    pair_event(&w.nodes[0], (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    pair_event(&w.nodes[1], (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    bool more = true;
    while (more) { /* both at once: their sets share commits */
        more = pair_turn(&w.nodes[0]);
        more = pair_turn(&w.nodes[1]) || more;
    }
    for (unsigned i = 0; i < PAIR_MAKE; i++) {
        assert_int_equal(pair_result(&w.nodes[i]).last, ERR_OK);
        OK(pair_attempt(&w.nodes[i])); /* each to the end of the log */
        pair_assert_scope(&w.nodes[i]);
    }
    assert_int_equal(pair_heads(&w.nodes[0], &a, NULL), 1);
    OK(node_store_record_init(&r));
    assert_int_equal(node_store_record_read(w.nodes[0].store, &b, &r), ERR_NOT_FOUND);
    node_store_record_free(&r);
    pair_close(&w);
}

static void refused_invitations_say_why(void **state)
{
    (void)state;
    struct pair w;
    struct node_identity id;
    pair_open(&w, 5);
    struct pair_node *n = &w.nodes[0], *m = &w.nodes[1];
    pair_join(n);
    OK(node_store_identity(m->store, &id));
    memset(id.token, 99, sizeof id.token);
    OK(node_store_identity_set(m->store, &id));
    assert_int_equal(pair_attempt(m), ERR_REFUSED);
    assert_int_equal(pair_result(m).refused, MESSAGE_BAD_INVITE);
    assert_true(pair_result(m).text[0] != '\0');
    memset(id.token, 1, sizeof id.token); /* the other node's */
    OK(node_store_identity_set(m->store, &id));
    assert_int_equal(pair_attempt(m), ERR_REFUSED);
    assert_int_equal(pair_result(m).refused, MESSAGE_USED_INVITE);
    memset(id.token, 2, sizeof id.token);
    OK(node_store_identity_set(m->store, &id));
    pair_join(m);
    pair_close(&w);
}

static void a_log_that_is_no_extension_gets_verdict_1(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    pair_open(&w, 6);
    struct pair_node *n = &w.nodes[0];
    char copy[80], command[200];
    pair_join(n);
    pair_save(n, CHANGE_CREATE, &rid, "trước", bytes_make(NULL, 0));
    OK(pair_attempt(n));
    node_engine_free(n->engine);
    node_store_close(n->store);
    snprintf(copy, sizeof copy, "%s.copy", n->path);
    snprintf(command, sizeof command, "%s", n->path);
    struct buf old;
    buf_init(&old, 1u << 26);
    FILE *f = fopen(n->path, "rb");
    assert_non_null(f);
    uint8_t block[4096];
    for (size_t k; (k = fread(block, 1, sizeof block, f)) > 0;)
        buf_add(&old, block, k);
    fclose(f);
    OK(node_store_open(&(struct node_store_options){.path = n->path}, &n->store));
    pair_node_engine(n);
    pair_save(n, CHANGE_CREATE, &rid, "mất", bytes_make(NULL, 0));
    OK(pair_attempt(n));

    for (int longer = 0; longer < 2; longer++) { /* restored: shorter, then diverged and longer */
        node_engine_free(n->engine);
        node_store_close(n->store);
        pair_unlink(n->path);
        f = fopen(n->path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(old.p, 1, old.len, f), old.len);
        fclose(f);
        OK(node_store_open(&(struct node_store_options){.path = n->path}, &n->store));
        pair_node_engine(n);
        for (int i = 0; i < 2 * longer; i++)
            pair_save(n, CHANGE_CREATE, &rid, "khác", bytes_make(NULL, 0));
        struct hub_position before, after;
        hub_store_position(w.hub.store, &before);
        assert_int_equal(pair_attempt(n), ERR_AGAIN);
        assert_int_equal(pair_result(n).verdict, MESSAGE_NEW_INCARNATION * !longer);
        hub_store_position(w.hub.store, &after);
        assert_int_equal(before.position, after.position);
        /* the hub's three, a genesis, and what it has not got once more */
        assert_int_equal(pair_status(n).sets, 3 + 1 + 2 * longer);
    }
    buf_free(&old);
    pair_close(&w);
}

static void sessions_cut_at_any_byte_lose_nothing(void **state)
{
    (void)state;
    uint64_t seed = 20230605;
    const char *given = getenv("SESSION_SEED");
    if (given != NULL) seed = strtoull(given, NULL, 10);
    printf("seed %llu\n", (unsigned long long)seed);
    struct pair w;
    struct id_record rid[2];
    struct buf bases;
    pair_open(&w, seed);
    buf_init(&bases, 4096);
    w.chunks = true;
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    unsigned cuts = 0;
    for (unsigned round = 0; round < 60; round++) {
        unsigned k = round % 2;
        if (round < 2) {
            pair_save(n, CHANGE_CREATE, &rid[k], "đầu", bytes_make(NULL, 0));
        } else {
            pair_heads(n, &rid[k], &bases);
            pair_save(n, CHANGE_EDIT, &rid[k], "sửa", buf_bytes(&bases));
        }
        w.cut_after = rng_below(&w.rng, 2200);
        cuts += pair_attempt(n) != ERR_OK;
        w.cut_after = SIZE_MAX;
        struct node_store_status s = pair_status(n);
        assert_int_equal(s.sets, s.delivered + s.waiting);
    }
    assert_true(cuts > 10);
    OK(pair_attempt(n));
    assert_int_equal(pair_status(n).waiting, 0);
    assert_int_equal(pair_status(n).unsaid, 0);
    assert_int_equal(pair_status(n).conflict, 0);
    pair_assert_scope(n);
    OK(hub_store_check(w.hub.store));
    buf_free(&bases);
    pair_close(&w);
}

static void a_cut_at_each_byte_of_one_session_is_resumed(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    pair_open(&w, 8);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_attempt(n));
    size_t cut = 0;
    for (bool whole = false; !whole; cut++) {
        pair_save(n, CHANGE_CREATE, &rid, "một", bytes_make(NULL, 0));
        w.cut_after = cut;
        whole = pair_attempt(n) == ERR_OK;
        w.cut_after = SIZE_MAX;
        OK(pair_attempt(n));
        assert_int_equal(pair_status(n).waiting, 0);
    }
    assert_true(cut > 700);
    pair_assert_scope(n);
    pair_close(&w);
}

static bool commit_fails(void *ctx, const char *what)
{
    struct pair *w = ctx;
    if (strcmp(what, "commit") == 0 && w->serial > 0) {
        w->serial--;
        /* A constraint that is looked at by COMMIT only. */
        enum err e = db_exec(hub_store_db(w->hub.store), "INSERT INTO t_child VALUES (1)");
        assert_int_equal(e, ERR_OK);
    }
    return true;
}

static void a_failed_commit_receipts_nothing_and_loses_nothing(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    pair_open(&w, 9);
    OK(db_exec(hub_store_db(w.hub.store),
               "PRAGMA foreign_keys = ON; CREATE TABLE t_parent(a INTEGER PRIMARY KEY);"
               "CREATE TABLE t_child(b REFERENCES t_parent(a) DEFERRABLE INITIALLY DEFERRED)"));
    hub_engine_free(w.hub.engine);
    w.hub.step = commit_fails;
    pair_hub_engine(&w);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_save(n, CHANGE_CREATE, &rid, "chờ", bytes_make(NULL, 0));
    struct hub_position before, after;
    hub_store_position(w.hub.store, &before);
    w.serial = 1;
    assert_int_not_equal(pair_attempt(n), ERR_OK);
    hub_store_position(w.hub.store, &after);
    assert_int_equal(before.position, after.position);
    assert_int_equal(pair_status(n).delivered, 0);
    assert_int_equal(pair_status(n).waiting, 2);
    assert_int_equal(w.serial, 0);
    OK(pair_attempt(n));
    assert_int_equal(pair_status(n).delivered, 2);
    pair_assert_scope(n);
    pair_close(&w);
}

static void a_full_disk_at_the_hub_is_refused_in_words(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    char big[4000];
    pair_open(&w, 10);
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_attempt(n));
    for (int i = 0; i < 30; i++)
        pair_save(n, CHANGE_CREATE, &rid, big, bytes_make(NULL, 0));
    OK(db_exec(hub_store_db(w.hub.store), "PRAGMA max_page_count = 1")); /* = no page more */
    assert_int_equal(pair_attempt(n), ERR_REFUSED);
    assert_int_equal(pair_result(n).refused, MESSAGE_CANNOT_STORE);
    assert_int_equal(pair_status(n).delivered, 0);
    OK(db_exec(hub_store_db(w.hub.store), "PRAGMA max_page_count = 1000000"));
    OK(pair_attempt(n));
    assert_int_equal(pair_status(n).waiting, 0);
    pair_assert_scope(n);
    pair_close(&w);
}

static bool dies_at_take(void *ctx, const char *what)
{
    struct pair *w = ctx;
    return w->serial == 0 || strcmp(what, "take") != 0;
}

static void hub_boots(struct pair *w, struct blackbox *b)
{
    pair_hub_off(w);
    blackbox_boot(b, "1", "monday");
    pair_hub_on(w);
}

/* What one node sends is the end of the hub, each time: it waits then, and the others go on. */
static void who_ends_the_hub_three_times_waits_alone(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    struct blackbox b = {.magic = ""};
    pair_open(&w, 14);
    w.hub.blackbox = &b;
    w.hub.step = dies_at_take;
    hub_boots(&w, &b);
    struct pair_node *bad = &w.nodes[0], *good = &w.nodes[1];
    pair_join(bad);
    pair_join(good);
    OK(pair_attempt(bad));
    OK(pair_attempt(good));
    pair_save(bad, CHANGE_CREATE, &rid, "hỏng", bytes_make(NULL, 0));
    for (int i = 0; i < BLACKBOX_STOP_AT; i++) {
        OK(pair_attempt(good)); /* its good sessions are no excuse for another's */
        w.serial = 1;
        assert_int_not_equal(pair_attempt(bad), ERR_OK);
        assert_true(hub_engine_dead(w.hub.engine));
        w.serial = 0;
        hub_boots(&w, &b);
    }
    w.serial = 1;
    assert_int_equal(pair_attempt(bad), ERR_REFUSED);
    assert_false(hub_engine_dead(w.hub.engine));
    assert_int_equal(pair_result(bad).refused, MESSAGE_CANNOT_STORE);
    assert_int_equal(pair_status(bad).waiting, 2);
    w.serial = 0;
    pair_save(good, CHANGE_CREATE, &rid, "lành", bytes_make(NULL, 0));
    OK(pair_attempt(good));
    assert_int_equal(pair_status(good).waiting, 0);
    assert_int_equal(pair_attempt(bad), ERR_REFUSED);
    blackbox_boot(&b, "2", "monday"); /* a newer program can take it */
    OK(pair_attempt(bad));
    assert_int_equal(pair_status(bad).waiting, 0);
    pair_assert_scope(bad);
    pair_close(&w);
}

static bool dies(void *ctx, const char *what)
{
    struct pair *w = ctx;
    (void)what;
    return w->serial == 0 || --w->serial > 0;
}

/* The hub dies at its k-th durable step, for every k of a session; then it is started again. */
static void a_hub_that_dies_at_any_step_loses_no_receipted_set(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    pair_open(&w, 13);
    struct pair_node *n = &w.nodes[0];
    hub_engine_free(w.hub.engine);
    w.hub.step = dies;
    pair_hub_engine(&w);
    unsigned deaths = 0;
    for (unsigned k = 1; k < 12; k++) { /* the first sessions join */
        pair_save(n, CHANGE_CREATE, &rid, "bền", bytes_make(NULL, 0));
        w.serial = k;
        enum err e = pair_attempt(n);
        bool dead = hub_engine_dead(w.hub.engine);
        w.serial = 0;
        deaths += dead;
        assert_true(dead || e == ERR_OK);
        uint64_t delivered = pair_status(n).delivered;
        hub_engine_free(w.hub.engine);
        hub_store_close(w.hub.store);
        OK(hub_store_open(&(struct hub_store_options){.path = w.hub.path}, &w.hub.store));
        pair_hub_engine(&w);
        struct hub_position pos;
        hub_store_position(w.hub.store, &pos);
        assert_true(pos.position >= delivered);
        OK(pair_attempt(n));
        OK(pair_attempt(n));
        assert_int_equal(pair_status(n).waiting, 0);
        pair_assert_scope(n);
    }
    assert_true(deaths >= 4);
    OK(hub_store_check(w.hub.store));
    pair_close(&w);
}

static void garbage_on_the_port_gets_no_answer(void **state)
{
    (void)state;
    struct pair w;
    uint8_t junk[300];
    uint64_t conn = 0;
    struct hub_engine_output o;
    pair_open(&w, 11);
    for (int i = 0; i < 200; i++) {
        size_t len = 1 + rng_below(&w.rng, sizeof junk);
        rng_fill(&w.rng, junk, len);
        OK(hub_engine_connect(w.hub.engine, pair_time(&w), &conn));
        hub_engine_bytes(w.hub.engine, conn, bytes_make(junk, len), pair_time(&w));
        w.now_ms += HUB_SYNC_HANDSHAKE_MS;
        hub_engine_tick(w.hub.engine, pair_time(&w));
        assert_true(hub_engine_next(w.hub.engine, &o));
        assert_int_equal(o.bytes.len, 0);
        assert_true(o.close && o.why != ERR_OK);
        assert_false(hub_engine_next(w.hub.engine, &o));
        hub_engine_down(w.hub.engine, conn, pair_time(&w));
    }
    assert_int_equal(hub_engine_conns(w.hub.engine), 0);
    for (unsigned i = 0; i < HUB_ENGINE_HALF_OPEN_MAX; i++)
        OK(hub_engine_connect(w.hub.engine, pair_time(&w), &conn));
    OK(hub_engine_connect(w.hub.engine, pair_time(&w), &conn)); /* the oldest gives way */
    assert_true(hub_engine_next(w.hub.engine, &o));
    assert_true(o.close && o.bytes.len == 0 && o.conn != conn);
    assert_false(hub_engine_next(w.hub.engine, &o));
    pair_close(&w);
}

static void a_big_backlog_goes_in_many_frames(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    char text[3000];
    pair_open(&w, 12);
    w.chunks = true;
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    for (int i = 0; i < 700; i++) { /* about 4 MB: more than one flight of frames */
        for (size_t k = 0; k + 1 < sizeof text; k++)
            text[k] = (char)('a' + rng_below(&w.rng, 26));
        text[sizeof text - 1] = '\0';
        pair_save(n, CHANGE_CREATE, &rid, text, bytes_make(NULL, 0));
    }
    OK(pair_attempt(n));
    printf("700 notes of 3 kB: %zu bytes up, %zu down\n", n->sent, n->received);
    assert_int_equal(pair_status(n).waiting, 0);
    assert_int_equal(pair_status(n).unsaid, 0);
    pair_assert_scope(n);
    pair_close(&w);
}

/* Records in the hub's feed for this node, from what it has applied on. */
static size_t records_for(struct pair_node *n)
{
    struct message_hello_node hello;
    struct node_identity id;
    struct hub_node node;
    struct hub_feed feed;
    OK(node_store_hello(n->store, &hello));
    OK(node_store_identity(n->store, &id));
    hello.cert = bytes_make(id.cert, id.cert_len);
    OK(hub_store_node(n->w->hub.store, &id.node, &node));
    OK(hub_store_feed(n->w->hub.store, &node, hello.cursor_position, &hello, 1u << 20, &feed));
    assert_true(feed.last);
    return feed.record_count;
}

/* A session that is cut when the hub has the sets: the node has applied nothing of it. */
static void push_only(struct pair_node *n)
{
    struct hub_position before, now;
    hub_store_position(n->w->hub.store, &before);
    pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_NOW});
    do {
        assert_true(pair_turn(n));
        hub_store_position(n->w->hub.store, &now);
    } while (now.position == before.position);
    pair_hub_outputs(n->w);
    pair_link_down(n);
    n->w->now_ms += 10000;
}

static void what_only_the_node_changed_does_not_come_back(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid[20];
    struct buf bases;
    pair_open(&w, 13);
    buf_init(&bases, 4096);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_hub_save(&w, CHANGE_CREATE, &(struct id_record){{1}}, "của huyện", bytes_make(NULL, 0));
    OK(pair_attempt(n)); /* something is applied now */
    for (size_t i = 0; i < 20; i++) {
        pair_save(n, CHANGE_CREATE, &rid[i], "Nguyễn Văn A", bytes_make(NULL, 0));
        pair_heads(n, &rid[i], &bases);
        pair_save(n, CHANGE_EDIT, &rid[i], "Nguyễn Văn B", buf_bytes(&bases));
    }
    push_only(n);
    assert_int_equal(records_for(n), 0);
    OK(pair_attempt(n));
    pair_assert_scope(n);
    assert_int_equal(pair_status(n).records, 20);
    assert_int_equal(pair_heads(n, &rid[7], NULL), 1);
    /* What the hub changed comes, also where the node changed it after that. */
    pair_heads(n, &rid[3], &bases);
    pair_hub_save(&w, CHANGE_EDIT, &rid[3], "huyện sửa", buf_bytes(&bases));
    pair_save(n, CHANGE_EDIT, &rid[3], "xã sửa", buf_bytes(&bases));
    pair_heads(n, &rid[4], &bases);
    pair_save(n, CHANGE_EDIT, &rid[4], "xã sửa", buf_bytes(&bases));
    push_only(n);
    assert_int_equal(records_for(n), 1);
    OK(pair_attempt(n));
    pair_assert_scope(n);
    assert_int_equal(pair_heads(n, &rid[3], NULL), 2);
    /* After that the node changes it alone again. */
    pair_heads(n, &rid[3], &bases);
    pair_save(n, CHANGE_EDIT, &rid[3], "xong", buf_bytes(&bases));
    push_only(n);
    assert_int_equal(records_for(n), 0);
    OK(pair_attempt(n));
    pair_assert_scope(n);
    assert_int_equal(pair_heads(n, &rid[3], NULL), 1);
    buf_free(&bases);
    pair_close(&w);
}

static void a_clock_ahead_is_clamped_and_the_state_comes_down(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    pair_open(&w, 14);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    pair_hub_save(&w, CHANGE_CREATE, &(struct id_record){{1}}, "của huyện", bytes_make(NULL, 0));
    OK(pair_attempt(n));
    w.now_ms += 3600000;
    pair_save(n, CHANGE_CREATE, &rid, "giờ sai", bytes_make(NULL, 0));
    w.now_ms -= 3600000;
    push_only(n);
    assert_int_equal(records_for(n), 1);
    OK(pair_attempt(n));
    pair_assert_scope(n);
    assert_int_equal(pair_heads(n, &rid, NULL), 1);
    pair_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_joins_saves_syncs_and_gets_its_receipts),
        cmocka_unit_test(a_second_session_has_nothing_to_say_and_is_small),
        cmocka_unit_test(a_small_sync_is_confirmed_in_three_round_trips),
        cmocka_unit_test(edits_on_both_sides_conflict_and_a_resolution_comes_down),
        cmocka_unit_test(two_nodes_see_only_their_own_records),
        cmocka_unit_test(refused_invitations_say_why),
        cmocka_unit_test(a_log_that_is_no_extension_gets_verdict_1),
        cmocka_unit_test(sessions_cut_at_any_byte_lose_nothing),
        cmocka_unit_test(a_cut_at_each_byte_of_one_session_is_resumed),
        cmocka_unit_test(a_failed_commit_receipts_nothing_and_loses_nothing),
        cmocka_unit_test(a_full_disk_at_the_hub_is_refused_in_words),
        cmocka_unit_test(who_ends_the_hub_three_times_waits_alone),
        cmocka_unit_test(a_hub_that_dies_at_any_step_loses_no_receipted_set),
        cmocka_unit_test(garbage_on_the_port_gets_no_answer),
        cmocka_unit_test(a_big_backlog_goes_in_many_frames),
        cmocka_unit_test(what_only_the_node_changed_does_not_come_back),
        cmocka_unit_test(a_clock_ahead_is_clamped_and_the_state_comes_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
