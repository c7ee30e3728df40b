/* Bundles between real stores, alone and mixed with sessions of both engines. SPEC 11. */
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
#include "hub/bundle.h"
#include "hub/engine.h"
#include "hub/own.h"
#include "hub/store_alarm.h"
#include "hub/store_nodes.h"
#include "hub/store_repair.h"
#include "node/bundle.h"
#include "node/engine.h"
#include "node/own.h"
#include "node/store_alarm.h"
#include "proto/key.h"
#include "proto/wire.h"
#include "tests/lib/pair.h"

#define OK(call) assert_int_equal((call), ERR_OK)

/* ---- files ---- */

enum { FILE_MAX = 5 * 1024 * 1024 };

static struct node_bundle node_of(const struct pair_node *n)
{
    return (struct node_bundle){.store = n->store,
                                .keys = &n->keys,
                                .sealing = {n->sealing.secret, n->sealing.public},
                                .now_ms = PAIR_WALL + (int64_t)n->w->now_ms};
}

static struct hub_bundle hub_of(const struct pair *w)
{
    return (struct hub_bundle){.store = w->hub.store,
                               .keys = &w->hub.keys,
                               .sealing = {w->hub.sealing.secret, w->hub.sealing.public},
                               .now_ms = PAIR_WALL + (int64_t)w->now_ms};
}

static struct node_bundle_made out_of(struct pair_node *n, bool next, size_t max, struct buf *file)
{
    struct node_bundle b = node_of(n);
    struct node_bundle_made made;
    buf_init(file, BUNDLE_BYTES_MAX);
    OK(node_bundle_out(&b, next, max, file, &made));
    return made;
}

static struct hub_bundle_result into_hub(struct pair *w, const struct buf *file, struct buf *answer)
{
    struct hub_bundle b = hub_of(w);
    struct hub_bundle_result r;
    if (answer != NULL) buf_init(answer, BUNDLE_BYTES_MAX);
    OK(hub_bundle_in(&b, buf_bytes(file), FILE_MAX, answer, &r));
    return r;
}

static struct node_bundle_read into_node(struct pair_node *n, const struct buf *file)
{
    struct node_bundle b = node_of(n);
    struct node_bundle_read r;
    OK(node_bundle_in(&b, buf_bytes(file), &r));
    return r;
}

/* There and back by hand. */
static void carry(struct pair_node *n)
{
    struct buf file, answer;
    out_of(n, false, FILE_MAX, &file);
    into_hub(n->w, &file, &answer);
    into_node(n, &answer);
    buf_free(&file);
    buf_free(&answer);
    n->w->now_ms += 10000;
}

static void save(struct pair_node *n, unsigned count)
{
    struct id_record rid;
    for (unsigned i = 0; i < count; i++)
        pair_save(n, CHANGE_CREATE, &rid, "Nguyễn Văn A", bytes_make(NULL, 0));
}

static uint64_t hub_sets(const struct pair *w)
{
    struct hub_position p;
    hub_store_position(w->hub.store, &p);
    return p.position;
}

static bool told_revoked(struct pair_node *n)
{
    struct node_store_status st;
    OK(node_store_status(n->store, &st));
    return st.revoked;
}

static void revoke(struct pair_node *n)
{
    struct node_identity id;
    struct buf b;
    buf_init(&b, 1000);
    OK(node_store_identity(n->store, &id));
    admin_revoke_encode(&(struct admin_revoke){.node = id.node, .reason = bytes_str("mất")}, &b);
    OK(hub_store_begin(n->w->hub.store));
    struct bytes p = buf_bytes(&b);
    OK(hub_own_append(n->w->hub.store, &n->w->hub.keys,
                      &(struct hub_own_set){.payloads = &p, .count = 1},
                      PAIR_WALL + (int64_t)n->w->now_ms, NULL));
    OK(hub_store_commit(n->w->hub.store));
    buf_free(&b);
}

/* ---- tests ---- */

/* Where no session ever reaches the hub, the file is the only one to say it: `status` goes on saying it. */
static void a_revoked_node_is_told_so_by_a_file(void **state)
{
    (void)state;
    struct pair w;
    struct buf file, answer;
    pair_open(&w, 1);
    struct pair_node *n = &w.nodes[0];
    carry(n);
    save(n, 2);
    carry(n);
    assert_false(told_revoked(n));
    revoke(n);
    save(n, 3);
    out_of(n, false, FILE_MAX, &file);
    struct hub_bundle_result h = into_hub(&w, &file, &answer);
    assert_int_equal(h.verdict, MESSAGE_REVOKED);
    struct node_bundle_read r = into_node(n, &answer);
    assert_true(r.revoked && r.verdict == MESSAGE_REVOKED);
    assert_true(told_revoked(n));
    OK(node_store_contact(n->store, PAIR_WALL, ERR_UNREACHABLE,
                          0)); /* dialled meanwhile: in vain */
    assert_true(told_revoked(n));
    OK(node_store_contact(n->store, PAIR_WALL, ERR_OK, PAIR_WALL));
    assert_false(told_revoked(n));
    OK(node_store_contact(n->store, PAIR_WALL, ERR_REVOKED, PAIR_WALL)); /* by a session as well */
    OK(node_store_contact(n->store, PAIR_WALL, ERR_UNREACHABLE, 0));
    assert_true(told_revoked(n));
    buf_free(&file);
    buf_free(&answer);
    pair_close(&w);
}

static void a_node_joins_and_works_by_files_alone(void **state)
{
    (void)state;
    struct pair w;
    struct buf file, answer;
    struct node_identity id;
    pair_open(&w, 1);
    struct pair_node *n = &w.nodes[0];

    struct node_bundle_made made = out_of(n, false, FILE_MAX, &file);
    assert_true(made.joining);
    struct hub_bundle_result in = into_hub(&w, &file, &answer);
    assert_true(in.joined && !in.again);
    printf("joining: %zu bytes out, %zu back\n", file.len, answer.len);
    uint64_t at = hub_sets(&w);
    struct buf second;
    in = into_hub(&w, &file, &second); /* the same file: the same welcome, nothing written */
    assert_true(in.joined && in.again);
    assert_int_equal(hub_sets(&w), at);
    struct node_bundle_read r = into_node(n, &answer);
    assert_true(r.joined && !r.again);
    assert_int_equal(r.page, NODE_BUNDLE_APPLIED);
    OK(node_store_identity(n->store, &id));
    assert_true(id.joined);
    pair_assert_scope(n);
    r = into_node(n, &second);
    assert_true(!r.joined);
    r = into_node(n, &answer);
    assert_true(r.again && !r.joined);
    buf_free(&second);
    buf_free(&file);
    buf_free(&answer);

    save(n, 50);
    assert_int_equal(pair_status(n).waiting, 51);
    made = out_of(n, false, FILE_MAX, &file);
    assert_int_equal(made.sets, 51);
    assert_true(made.since_ms > 0 && !made.more && !made.damaged && !made.joining);
    in = into_hub(&w, &file, &answer);
    assert_int_equal(in.sets_new, 51);
    assert_int_equal(in.sets_known, 0);
    printf("50 creates: %zu bytes out, %zu back\n", file.len, answer.len);
    assert_int_equal(pair_status(n).waiting, 51); /* nobody is told "done" before the receipt */
    r = into_node(n, &answer);
    assert_int_equal(r.delivered, 51);
    assert_int_equal(r.page, NODE_BUNDLE_APPLIED);
    struct node_store_status s = pair_status(n);
    assert_int_equal(s.waiting, 0);
    assert_int_equal(s.applied, s.ops);
    pair_assert_scope(n);
    r = into_node(n, &answer);
    assert_true(r.again);
    assert_int_equal(r.delivered, 0);
    assert_int_equal(r.page, NODE_BUNDLE_OLD);
    at = hub_sets(&w);
    in = into_hub(&w, &file, NULL);
    assert_true(in.again);
    assert_int_equal(in.sets_new, 0);
    assert_int_equal(in.sets_known, 51);
    assert_int_equal(hub_sets(&w), at);
    buf_free(&file);
    buf_free(&answer);
    pair_close(&w);
}

static void a_later_bundle_waits_for_the_one_before(void **state)
{
    (void)state;
    struct pair w;
    struct buf first, second, third, answer;
    pair_open(&w, 2);
    struct pair_node *n = &w.nodes[0];
    carry(n);
    save(n, 10);
    assert_int_equal(out_of(n, false, FILE_MAX, &first).sets, 11);
    save(n, 5);
    assert_int_equal(out_of(n, true, FILE_MAX, &second).sets, 5);
    save(n, 3);
    assert_int_equal(out_of(n, true, FILE_MAX, &third).sets, 3);
    uint64_t at = hub_sets(&w);

    struct hub_bundle_result r = into_hub(&w, &third, &answer);
    assert_true(r.waits);
    assert_int_equal(r.gap_from, 0);
    assert_int_equal(r.gap_to, 16);
    assert_int_equal(hub_sets(&w), at);
    struct node_bundle_read back = into_node(n, &answer); /* an honest answer: no receipt */
    assert_int_equal(back.delivered, 0);
    assert_int_equal(pair_status(n).waiting, 19);
    buf_free(&answer);
    r = into_hub(&w, &second, NULL);
    assert_true(r.waits);
    r = into_hub(&w, &second, NULL);
    assert_true(r.waits);
    r = into_hub(&w, &first, &answer);
    assert_true(!r.waits);
    assert_int_equal(r.tried, 2);
    assert_int_equal(r.sets_new, 19);
    back = into_node(n, &answer);
    assert_int_equal(back.delivered, 19);
    pair_assert_scope(n);
    r = into_hub(&w, &third, NULL);
    assert_true(r.again && !r.waits);
    assert_int_equal(r.sets_new, 0);
    buf_free(&first);
    buf_free(&second);
    buf_free(&third);
    buf_free(&answer);
    pair_close(&w);
}

static void both_roads_mix(void **state)
{
    (void)state;
    struct pair w;
    struct buf file, answer, old;
    pair_open(&w, 3);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(pair_attempt(n));
    save(n, 20);
    out_of(n, false, FILE_MAX, &file);
    save(n, 100);
    OK(pair_attempt(n)); /* the network was quicker, and brought more */
    assert_int_equal(pair_status(n).waiting, 0);
    struct hub_bundle_result r = into_hub(&w, &file, &old);
    assert_int_equal(r.sets_new, 0);
    assert_int_equal(r.sets_known, 21);
    save(n, 30);
    struct buf overlapping;
    out_of(n, false, FILE_MAX, &overlapping); /* from set 121 on */
    buf_free(&file);
    save(n, 7);
    OK(pair_attempt(n));
    r = into_hub(&w, &overlapping, &answer);
    assert_int_equal(r.sets_new, 0);
    struct node_bundle_read back = into_node(n, &old);
    assert_int_equal(back.page, NODE_BUNDLE_OLD);
    back = into_node(n, &answer);
    assert_int_equal(back.delivered, 0);
    pair_assert_scope(n);
    buf_free(&overlapping);
    buf_free(&answer);
    buf_free(&old);

    /* receipts by file for what went by network, and the other way round */
    save(n, 9);
    out_of(n, false, FILE_MAX, &file);
    r = into_hub(&w, &file, &answer);
    assert_int_equal(r.sets_new, 9);
    OK(pair_attempt(n));
    assert_int_equal(pair_status(n).waiting, 0);
    back = into_node(n, &answer);
    assert_int_equal(back.delivered, 0);
    pair_assert_scope(n);
    buf_free(&file);
    buf_free(&answer);
    pair_close(&w);
}

/* Random saves, files that get lost, come late, twice or out of order, and sessions, in any mixture. */
static void any_mixture_ends_equal(void **state)
{
    (void)state;
    for (unsigned seed = 100; seed < 112; seed++) {
        struct pair w;
        struct buf up[40], down[40];
        unsigned ups = 0, downs = 0;
        pair_open(&w, seed);
        struct pair_node *n = &w.nodes[0];
        carry(n);
        for (unsigned step = 0; step < 60; step++) {
            w.now_ms += 1000;
            switch (rng_below(&w.rng, 6)) {
            case 0:
            case 1: save(n, 1 + rng_below(&w.rng, 5)); break;
            case 2:
                if (ups < 40) out_of(n, rng_below(&w.rng, 2) == 0, FILE_MAX, &up[ups++]);
                break;
            case 3:
                if (ups == 0 || downs == 40) break;
                into_hub(&w, &up[rng_below(&w.rng, ups)], &down[downs]);
                downs++;
                break;
            case 4:
                if (downs > 0) into_node(n, &down[rng_below(&w.rng, downs)]);
                break;
            default:
                if (rng_below(&w.rng, 3) == 0) OK(pair_attempt(n));
                break;
            }
            struct node_store_status s = pair_status(n);
            assert_int_equal(s.sets, s.delivered + s.waiting);
            assert_true(s.delivered <= hub_sets(&w));
        }
        carry(n);
        struct node_store_status s = pair_status(n);
        assert_int_equal(s.waiting, 0);
        assert_int_equal(s.applied, s.ops);
        pair_assert_scope(n);
        OK(pair_attempt(n));
        pair_assert_scope(n);
        for (unsigned i = 0; i < ups; i++)
            buf_free(&up[i]);
        for (unsigned i = 0; i < downs; i++)
            buf_free(&down[i]);
        pair_close(&w);
    }
}

static void what_does_not_fit_goes_into_the_next(void **state)
{
    (void)state;
    struct pair w;
    struct buf file, answer;
    pair_open(&w, 4);
    struct pair_node *n = &w.nodes[0];
    carry(n);
    for (int i = 0; i < 400; i++) { /* texts that no compression shortens much */
        struct id_record rid;
        char text[1000];
        for (size_t at = 0; at + 1 < sizeof text; at++)
            text[at] = (char)('!' + rng_below(&w.rng, 90));
        text[sizeof text - 1] = '\0';
        pair_save(n, CHANGE_CREATE, &rid, text, bytes_make(NULL, 0));
    }
    unsigned files = 0;
    struct node_bundle_made made = {.more = true};
    uint64_t sets = 0;
    while (made.more) {
        made = out_of(n, files > 0, 200 * 1024, &file);
        assert_true(file.len <= 200 * 1024);
        sets += made.sets;
        into_hub(&w, &file, &answer);
        buf_free(&file);
        if (made.more) buf_free(&answer);
        files++;
    }
    assert_int_equal(sets, 401);
    assert_true(files > 1);
    struct node_bundle_read r = into_node(n, &answer);
    assert_int_equal(r.delivered, 401);
    pair_assert_scope(n);
    buf_free(&answer);
    pair_close(&w);
}

static struct node_bundle_made damaged_out(struct pair_node *n, const char *sql)
{
    struct db *db = NULL;
    struct buf file;
    pair_node_off(n);
    OK(db_open(n->path, NULL, 0, &db));
    OK(db_exec(db, sql));
    db_close(db);
    pair_node_on(n);
    struct node_bundle_made made = out_of(n, false, FILE_MAX, &file);
    into_hub(n->w, &file, NULL);
    buf_free(&file);
    return made;
}

/* Sets of an older key that came back have a signature at the end of their run alone. */
static void a_run_that_cannot_go_is_told_as_damage_and_not_as_more(void **state)
{
    (void)state;
    struct pair w;
    pair_open(&w, 6);
    struct pair_node *n = &w.nodes[0];
    carry(n);
    save(n, 1);
    carry(n);
    uint64_t at = hub_sets(&w);
    save(n, 6);
    struct node_bundle_made made = damaged_out(
        n, "UPDATE sys_log SET signature = zeroblob(64) WHERE seq BETWEEN 3 AND 6;"
           "UPDATE sys_log SET body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB) "
           "WHERE seq = 5");
    assert_true(made.damaged && !made.more);
    assert_int_equal(made.sets, 1); /* what is before it */
    assert_int_equal(hub_sets(&w), at + 1);
    made = damaged_out(n, "UPDATE sys_log SET signature = zeroblob(64) WHERE seq > 2"); /* no end */
    assert_true(made.damaged && !made.more);
    assert_int_equal(hub_sets(&w), at + 1);
    pair_close(&w);
}

static void others_can_carry_but_not_read_or_answer(void **state)
{
    (void)state;
    struct pair w;
    struct buf file, answer, spare;
    struct hub_bundle h;
    struct hub_bundle_result in;
    struct node_bundle_read read;
    pair_open(&w, 5);
    struct pair_node *a = &w.nodes[0], *b = &w.nodes[1];
    carry(a);
    carry(b);
    save(a, 3);
    out_of(a, false, FILE_MAX, &file);
    struct node_bundle nb = node_of(b);
    assert_int_equal(node_bundle_in(&nb, buf_bytes(&file), &read), ERR_DENIED);
    struct hub_bundle_result r = into_hub(&w, &file, &answer); /* brought by b */
    assert_int_equal(r.sets_new, 4);
    assert_int_equal(node_bundle_in(&nb, buf_bytes(&answer), &read), ERR_DENIED);
    assert_int_equal(into_node(a, &answer).delivered, 4);
    buf_free(&file);
    buf_free(&answer);

    /* b cannot speak for a: its hello with b's key */
    struct node_bundle liar = node_of(a);
    liar.sealing = (struct link_keys){b->sealing.secret, b->sealing.public};
    struct node_bundle_made made;
    buf_init(&file, BUNDLE_BYTES_MAX);
    OK(node_bundle_out(&liar, false, FILE_MAX, &file, &made));
    h = hub_of(&w);
    buf_init(&spare, BUNDLE_BYTES_MAX);
    assert_int_equal(hub_bundle_in(&h, buf_bytes(&file), FILE_MAX, &spare, &in), ERR_BAD_SIGNATURE);
    assert_int_equal(spare.len, 0);
    /* nor for the hub */
    struct bundle *fake = NULL;
    struct bytes bytes;
    struct link_keys k = {b->sealing.secret, b->sealing.public};
    struct message_hello_hub hello = {.verdict = MESSAGE_GO, .epoch = 1};
    struct buf body;
    buf_init(&body, 4096);
    message_hello_hub_encode(&hello, &body);
    OK(bundle_begin(&fake, &w.hub.id, a->sealing.public, &k, buf_bytes(&body), FILE_MAX));
    OK(bundle_finish(fake, &bytes));
    struct node_bundle na = node_of(a);
    assert_int_equal(node_bundle_in(&na, bytes, &read), ERR_WRONG_HUB);
    bundle_free(fake);
    buf_free(&body);
    buf_free(&file);
    buf_free(&spare);
    pair_close(&w);
}

static void hub_refuses_cut(struct pair *w, const struct buf *file, size_t step)
{
    struct hub_bundle h = hub_of(w);
    struct hub_bundle_result in;
    uint64_t at = hub_sets(w);
    for (size_t len = 0; len < file->len; len += step)
        assert_int_not_equal(hub_bundle_in(&h, bytes_make(file->p, len), FILE_MAX, NULL, &in),
                             ERR_OK);
    assert_int_equal(hub_sets(w), at);
}

static void node_refuses_cut(struct pair_node *n, const struct buf *answer, size_t step)
{
    struct node_bundle b = node_of(n);
    struct node_bundle_read read;
    struct node_store_status was = pair_status(n), is;
    for (size_t len = 0; len < answer->len; len += step)
        assert_int_not_equal(node_bundle_in(&b, bytes_make(answer->p, len), &read), ERR_OK);
    is = pair_status(n);
    assert_int_equal(is.waiting, was.waiting);
    assert_int_equal(is.delivered, was.delivered);
    assert_int_equal(is.position, was.position);
}

/* At every byte, of both directions; what was cut may be brought again. */
static void a_file_that_is_cut_anywhere_changes_nothing(void **state)
{
    (void)state;
    struct pair w;
    struct buf file, answer;
    pair_open(&w, 16);
    struct pair_node *n = &w.nodes[0];
    carry(n);
    save(n, 3);
    out_of(n, false, FILE_MAX, &file);
    hub_refuses_cut(&w, &file, 1);
    into_hub(&w, &file, &answer);
    node_refuses_cut(n, &answer, 1);
    assert_int_equal(into_node(n, &answer).delivered, 4);
    assert_int_equal(pair_status(n).waiting, 0);
    buf_free(&file);
    buf_free(&answer);
    pair_close(&w);
}

static void a_changed_or_cut_file_changes_nothing(void **state)
{
    (void)state;
    struct pair w;
    struct buf file, answer;
    pair_open(&w, 6);
    struct pair_node *n = &w.nodes[0];
    carry(n);
    save(n, 200);
    out_of(n, false, FILE_MAX, &file);
    uint64_t at = hub_sets(&w);
    struct hub_bundle h = hub_of(&w);
    struct hub_bundle_result in;
    hub_refuses_cut(&w, &file, 211);
    for (size_t bit = 0; bit < 8 * file.len; bit += 997) {
        file.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_not_equal(hub_bundle_in(&h, buf_bytes(&file), FILE_MAX, NULL, &in), ERR_OK);
        file.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(hub_sets(&w), at);
    into_hub(&w, &file, &answer);
    assert_int_equal(hub_sets(&w), at + 201);
    struct node_bundle b = node_of(n);
    struct node_bundle_read read;
    node_refuses_cut(n, &answer, 211);
    for (size_t bit = 0; bit < 8 * answer.len; bit += 4999) {
        answer.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_not_equal(node_bundle_in(&b, buf_bytes(&answer), &read), ERR_OK);
        answer.p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(pair_status(n).waiting, 201);
    assert_int_equal(into_node(n, &answer).delivered, 201);
    buf_free(&file);
    buf_free(&answer);
    pair_close(&w);
}

static void the_hub_can_write_first(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    struct node_identity id;
    struct buf file, bases;
    pair_open(&w, 7);
    struct pair_node *n = &w.nodes[0];
    carry(n);
    pair_save(n, CHANGE_CREATE, &rid, "Lê C", bytes_make(NULL, 0));
    carry(n);
    buf_init(&bases, 4096);
    pair_heads(n, &rid, &bases);
    pair_hub_save(&w, CHANGE_EDIT, &rid, "Lê Thị C", buf_bytes(&bases));
    OK(node_store_identity(n->store, &id));
    for (int whole = 0; whole < 2; whole++) {
        struct hub_bundle h = hub_of(&w);
        struct hub_bundle_result r;
        buf_init(&file, BUNDLE_BYTES_MAX);
        OK(hub_bundle_out(&h, &id.node, whole != 0, FILE_MAX, &file, &r));
        assert_int_equal(into_node(n, &file).page, whole ? NODE_BUNDLE_OLD : NODE_BUNDLE_APPLIED);
        pair_assert_scope(n);
        buf_free(&file);
    }
    buf_free(&bases);
    pair_close(&w);
}

/* The page tells verdicts once, before the restored log has the sets: with others in their place, and without. */
static void verdicts_of_lost_sets_wait_for_the_repair(void **state)
{
    (void)state;
    for (unsigned typed = 0; typed < 3; typed++) {
        struct pair w;
        struct pair_copy old = {{0}};
        struct node_identity id;
        struct buf file;
        struct hub_bundle_result r;
        pair_open(&w, 8 + typed);
        struct pair_node *n = &w.nodes[0];
        carry(n);
        save(n, 2);
        carry(n);
        pair_node_copy(n, &old);
        save(n, 3);
        carry(n);
        assert_int_equal(pair_status(n).applied, 6);
        pair_node_back(n, &old);
        save(n, typed);
        OK(node_store_identity(n->store, &id));
        struct hub_bundle h = hub_of(&w);
        buf_init(&file, BUNDLE_BYTES_MAX);
        OK(hub_bundle_out(&h, &id.node, true, FILE_MAX, &file, &r));
        struct node_bundle_read read = into_node(n, &file);
        assert_true(read.ahead);
        assert_int_equal(read.page, NODE_BUNDLE_APPLIED);
        struct node_store_status s = pair_status(n);
        assert_int_equal(s.delivered, 3);
        assert_int_equal(s.waiting, s.sets - 3);
        OK(pair_settle(n));
        s = pair_status(n);
        assert_int_equal(s.waiting, 0);
        assert_int_equal(s.unsaid, 0);
        assert_int_equal(s.applied, s.ops);
        assert_true(s.sets >= 6 + typed);
        pair_assert_scope(n);
        buf_free(&file);
        buf_free(&old.bytes);
        pair_close(&w);
    }
}

/* ---- back in time, by files alone ---- */

/* There and back by hand, and what the node makes of it. */
static struct node_bundle_read carried(struct pair_node *n, struct hub_bundle_result *hub)
{
    struct buf file, answer;
    out_of(n, false, FILE_MAX, &file);
    *hub = into_hub(n->w, &file, &answer);
    struct node_bundle_read r = into_node(n, &answer);
    buf_free(&file);
    buf_free(&answer);
    n->w->now_ms += 10000;
    return r;
}

static void all_delivered(struct pair_node *n)
{
    struct node_store_status s = pair_status(n);
    assert_int_equal(s.waiting, 0);
    assert_int_equal(s.unsaid, 0);
    assert_int_equal(s.delivered, s.sets);
    assert_int_equal(s.applied, s.ops);
    pair_assert_scope(n);
}

static void new_epoch(struct pair *w)
{
    OK(hub_store_begin(w->hub.store));
    OK(hub_store_epoch_new(w->hub.store, 0, PAIR_WALL + (int64_t)w->now_ms));
    OK(hub_store_commit(w->hub.store));
}

static enum err count_alarm(void *ctx, const struct hub_alarm *a)
{
    unsigned *counts = ctx;
    counts[a->kind]++;
    return ERR_OK;
}

static unsigned hub_alarms(struct pair *w, enum hub_alarm_kind kind)
{
    unsigned counts[16] = {0};
    OK(hub_store_alarms(w->hub.store, false, count_alarm, counts));
    return counts[kind];
}

static enum err count_node_alarm(void *ctx, const struct node_alarm *a)
{
    (void)a;
    ++*(unsigned *)ctx;
    return ERR_OK;
}

static unsigned node_alarms(struct pair_node *n)
{
    unsigned count = 0;
    OK(node_store_alarms(n->store, false, count_node_alarm, &count));
    return count;
}

static enum err look_finished(void *ctx, const struct hub_node_row *row)
{
    *(bool *)ctx = row->finished;
    return ERR_OK;
}

static bool finished(struct pair_node *n)
{
    bool done = false;
    OK(hub_store_nodes(n->w->hub.store, look_finished, &done));
    return done;
}

/* A new card, or a restore that lost nothing: the files go on where they were. */
static void another_epoch_goes_on_by_files(void **state)
{
    (void)state;
    for (unsigned before = 0; before < 2;
         before++) { /* the answer is made before the hub's new epoch, or behind it */
        struct pair w;
        struct buf file, answer, old;
        struct hub_bundle_result h;
        pair_open(&w, 11);
        struct pair_node *n = &w.nodes[0];
        carry(n);
        save(n, 3);
        carry(n);
        save(n, 2);
        out_of(n, false, FILE_MAX, &file);
        if (before == 0) new_epoch(&w);
        into_hub(&w, &file, &answer);
        into_hub(&w, &file, &old);
        struct node_bundle_read r = into_node(n, &answer);
        assert_int_equal(r.delivered, 2);
        assert_int_equal(r.page, NODE_BUNDLE_APPLIED);
        assert_true(!r.hub_back && !r.repaired);
        if (before == 1) new_epoch(&w);
        save(n, 1);
        r = carried(n, &h);
        assert_int_equal(h.verdict, MESSAGE_GO);
        assert_int_equal(r.page, NODE_BUNDLE_APPLIED);
        assert_int_equal(r.delivered, 1);
        all_delivered(n);
        r = into_node(n, &old); /* it lay about: of before, in either epoch */
        assert_true(r.page == NODE_BUNDLE_OLD || r.page == NODE_BUNDLE_EPOCH);
        all_delivered(n);
        buf_free(&file);
        buf_free(&answer);
        buf_free(&old);
        pair_close(&w);
    }
}

/* It is given what it lost, its own sets too, and nobody needs a line. */
static void a_hub_that_went_back_is_given_it_by_files(void **state)
{
    (void)state;
    for (unsigned lost = 0; lost < 3;
         lost++) { /* saves; the hub's own set with them; the enrolment as well */
        struct pair w;
        struct pair_copy then = {{0}};
        struct hub_bundle_result h;
        struct buf stale, answer;
        pair_open(&w, 12 + lost);
        struct pair_node *n = &w.nodes[0];
        if (lost == 2) pair_hub_copy(&w, &then);
        carry(n);
        save(n, 2);
        carry(n);
        if (lost < 2) pair_hub_copy(&w, &then);
        save(n, 3);
        carry(n);
        uint64_t full = hub_sets(&w);
        if (lost == 1) pair_publish(&w, 1);
        if (lost == 1) carry(n);
        pair_hub_back(&w, &then);
        save(n, 1);
        out_of(n, false, FILE_MAX, &stale);
        h = into_hub(&w, &stale, &answer);
        assert_int_equal(h.verdict, MESSAGE_WENT_BACK);
        struct node_bundle_read r = into_node(n, &answer);
        assert_true(r.hub_back && !r.repaired);
        assert_int_equal(hub_alarms(&w, HUB_ALARM_WENT_BACK), 1);
        struct node_store_status s = pair_status(n);
        assert_true(s.waiting >=
                    (lost == 2 ? 7 : 4)); /* never told delivered while the hub has not got it */
        r = into_node(n, &answer);        /* once more: believed once */
        assert_true(r.again && !r.hub_back);
        r = carried(n, &h);
        assert_true(!h.waits && !h.forked && !r.hub_back);
        r = carried(n, &h);
        all_delivered(n);
        assert_true(hub_sets(&w) > full);
        struct hub_position at;
        hub_store_position(w.hub.store, &at);
        assert_int_equal(at.edition, lost == 1 ? 1 : 0); /* its own set is back too */
        struct buf late;
        h = into_hub(&w, &stale, &late); /* the file of then, read again */
        assert_true(h.again && h.sets_new == 0);
        r = into_node(n, &late);
        assert_false(r.hub_back);
        all_delivered(n);
        int64_t since_ms = 0;
        OK(hub_store_confirm_wanted(w.hub.store, &since_ms));
        assert_true(since_ms > 0);
        assert_true(finished(n)); /* the confirmation sees that this PC gave back what it had */
        buf_free(&late);
        buf_free(&stale);
        buf_free(&answer);
        buf_free(&then.bytes);
        pair_close(&w);
    }
}

/* Its own sets come back by a file; what it wrote in their place is made once more. */
static void a_restored_node_is_mended_by_files(void **state)
{
    (void)state;
    for (unsigned typed = 0; typed < 3; typed++) {
        struct pair w;
        struct pair_copy old = {{0}};
        struct hub_bundle_result h;
        pair_open(&w, 15 + typed);
        struct pair_node *n = &w.nodes[0];
        carry(n);
        save(n, 2);
        carry(n);
        pair_node_copy(n, &old);
        save(n, 3);
        carry(n);
        pair_node_back(n, &old);
        save(n, typed);
        struct node_bundle_read r = carried(n, &h);
        assert_int_equal(h.forked, typed > 0);
        assert_int_equal(hub_alarms(&w, HUB_ALARM_CLONE), typed > 0 ? 1 : 0);
        assert_true(r.repaired);
        r = carried(n, &h);
        assert_true(!h.forked && !r.repaired);
        r = carried(n, &h);
        all_delivered(n);
        assert_true(pair_status(n).sets >= 6 + typed);
        buf_free(&old.bytes);
        pair_close(&w);
    }
}

/* Two copies of one PC: both are told, and nothing of either is lost. */
static void a_clone_is_found_by_files(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy a = {{0}}, b = {{0}};
    struct hub_bundle_result h;
    pair_open(&w, 18);
    struct pair_node *n = &w.nodes[0];
    carry(n);
    save(n, 2);
    carry(n);
    pair_node_copy(n, &b); /* the other one begins here */
    save(n, 2);
    carry(n);
    pair_node_copy(n, &a);
    uint64_t before = hub_sets(&w);
    pair_node_back(n, &b);
    save(n, 3);
    struct node_bundle_read r = carried(n, &h);
    assert_true(h.forked && r.repaired);
    assert_int_equal(hub_alarms(&w, HUB_ALARM_CLONE), 1);
    assert_int_equal(node_alarms(n), 1);
    carried(n, &h);
    carried(n, &h);
    all_delivered(n);
    assert_true(hub_sets(&w) >= before + 3);
    pair_node_back(n, &a); /* the first one goes on where it was */
    save(n, 1);
    r = carried(n, &h);
    assert_true(h.forked && r.repaired);
    carried(n, &h);
    carried(n, &h);
    all_delivered(n);
    buf_free(&a.bytes);
    buf_free(&b.bytes);
    pair_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_joins_and_works_by_files_alone),
        cmocka_unit_test(a_revoked_node_is_told_so_by_a_file),
        cmocka_unit_test(a_later_bundle_waits_for_the_one_before),
        cmocka_unit_test(both_roads_mix),
        cmocka_unit_test(any_mixture_ends_equal),
        cmocka_unit_test(what_does_not_fit_goes_into_the_next),
        cmocka_unit_test(a_run_that_cannot_go_is_told_as_damage_and_not_as_more),
        cmocka_unit_test(others_can_carry_but_not_read_or_answer),
        cmocka_unit_test(a_file_that_is_cut_anywhere_changes_nothing),
        cmocka_unit_test(a_changed_or_cut_file_changes_nothing),
        cmocka_unit_test(the_hub_can_write_first),
        cmocka_unit_test(verdicts_of_lost_sets_wait_for_the_repair),
        cmocka_unit_test(another_epoch_goes_on_by_files),
        cmocka_unit_test(a_hub_that_went_back_is_given_it_by_files),
        cmocka_unit_test(a_restored_node_is_mended_by_files),
        cmocka_unit_test(a_clone_is_found_by_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
