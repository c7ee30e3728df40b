/* What an erasure takes out of the scope's events, on both sides: copies for reading, writes that crossed, notes, and
 * the events of a page from before the order. SPEC 12.5, 12.7, 13.6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/io/db.h"
#include "common/io/file.h"
#include "hub/own.h"
#include "hub/store_erase.h"
#include "hub/verify.h"
#include "node/own.h"
#include "node/store_bundle.h"
#include "node/store_erase.h"
#include "proto/erase.h"
#include "proto/fold.h"
#include "proto/move.h"
#include "proto/order.h"
#include "tests/lib/pair.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static const char made[] = "Chữ lúc lập hồ sơ";
static const char edited[] = "Chữ sửa trước khi chuyển";
static const char crossed[] = "Chữ sửa sau khi chuyển";
static const char note[] = "Lời nhắn khi chuyển";
static const char reply[] = "Lời đáp của trung tâm";

struct scene {
    struct pair w;
    struct key_sign officer[2];
    struct id_record rid, transfer;
};

/* ---- deeds ---- */

static void hub_op(struct pair *w, struct bytes payload)
{
    struct hub_own_set set = {.payloads = &payload, .count = 1};
    OK(hub_store_begin(w->hub.store));
    OK(hub_own_append(w->hub.store, &w->hub.keys, &set, PAIR_WALL + (int64_t)w->now_ms, NULL));
    OK(hub_store_commit(w->hub.store));
}

static void node_op(struct pair_node *n, struct buf *payload)
{
    static const struct id_person person = {{1}};
    struct node_own o = {.store = NULL};
    struct bytes p = buf_bytes(payload);
    OK(payload->e);
    OK(node_own_begin(n->store, &n->keys, PAIR_WALL + (int64_t)n->w->now_ms, &o));
    OK(node_own_add(&o, &(struct node_own_set){.person = person, .payloads = &p, .count = 1}));
    OK(node_own_commit(&o, NULL));
    node_own_free(&o);
    buf_clear(payload);
}

static void officer(struct scene *c, unsigned i)
{
    static const char *const names[] = {"Nguyễn Thị An", "Trần Bình"};
    struct order_officer o = {.name = bytes_str(names[i]), .roles = ORDER_ROLE_ALL};
    struct buf payload;
    OK(key_sign_make(&c->officer[i], KEY_OFFICER));
    memcpy(o.pk, c->officer[i].public, sizeof o.pk);
    OK(order_officer_prove(&c->officer[i], &c->w.hub.id, &o));
    buf_init(&payload, 1024);
    order_officer_encode(&o, &payload);
    hub_op(&c->w, buf_bytes(&payload));
    buf_free(&payload);
}

static void erase(struct scene *c, struct erase_list *l)
{
    struct buf content, bytes, payload;
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&bytes, ORDER_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    erase_sort(l);
    erase_encode(l, &content);
    struct order o = {.hub = c->w.hub.id,
                      .kind = bytes_str("erase"),
                      .nonce = {1},
                      .basis = bytes_str("Luật 91/2025/QH15, Điều 14"),
                      .content = buf_bytes(&content)};
    order_encode(&o, &bytes);
    struct order_op op = {.order = buf_bytes(&bytes)};
    for (unsigned i = 0; i < 2; i++) {
        memcpy(op.by[i].pk, c->officer[i].public, sizeof op.by[i].pk);
        OK(order_sign(&c->officer[i], op.order, op.by[i].signature));
    }
    order_op_encode(&op, &payload);
    hub_op(&c->w, buf_bytes(&payload));
    if (hub_store_wipe_wanted(c->w.hub.store)) OK(hub_store_wipe(c->w.hub.store));
    buf_free(&content);
    buf_free(&bytes);
    buf_free(&payload);
}

static void settle(struct scene *c)
{
    for (unsigned i = 0; i < 4; i++)
        OK(pair_settle(&c->w.nodes[i % 2]));
}

/* ---- looking ---- */

static bool holds(struct bytes b, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i + len <= b.len; i++) {
        if (memcmp(b.p + i, text, len) == 0) return true;
    }
    return false;
}

static bool on_disk(const char *path, const char *text)
{
    static const char *const ends[] = {"", "-wal"};
    bool found = false;
    for (size_t i = 0; i < 2; i++) {
        char name[128];
        struct buf b;
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        buf_init(&b, 64u << 20);
        if (file_read(name, 64u << 20, &b) == ERR_OK) found = found || holds(buf_bytes(&b), text);
        buf_free(&b);
    }
    return found;
}

static unsigned places(struct scene *c, const char *text)
{
    return on_disk(c->w.hub.path, text) + 2u * on_disk(c->w.nodes[0].path, text) +
           4u * on_disk(c->w.nodes[1].path, text);
}

static int64_t node_number(struct scene *c, unsigned n, const char *sql)
{
    return pair_number(node_store_db(c->w.nodes[n].store), sql);
}

static enum err finding(void *ctx, const struct hub_finding *f)
{
    (void)ctx;
    print_message("finding: %s at %llu\n", hub_finding_en(f->kind),
                  (unsigned long long)f->position);
    return ERR_OK;
}

static void sound(struct scene *c)
{
    struct hub_verified_log out;
    OK(hub_store_check(c->w.hub.store));
    OK(hub_verify_log(c->w.hub.store, finding, NULL, &out));
    assert_int_equal(out.findings, 0);
    for (unsigned i = 0; i < 2; i++)
        pair_assert_scope(&c->w.nodes[i]);
}

/* ---- the scene: a record that has gone from one commune to another ---- */

static void scene_open(struct scene *c, uint64_t seed)
{
    struct buf b;
    memset(c, 0, sizeof *c);
    c->transfer.b[0] = 7;
    pair_open(&c->w, seed);
    pair_publish(&c->w, 1);
    for (unsigned i = 0; i < 2; i++) {
        pair_join(&c->w.nodes[i]);
        officer(c, i);
    }
    buf_init(&b, CHANGE_BYTES_MAX);
    pair_create(&c->w.nodes[0], &c->rid, made);
    settle(c);
    (void)pair_heads(&c->w.nodes[0], &c->rid, &b);
    pair_save(&c->w.nodes[0], CHANGE_EDIT, &c->rid, edited, buf_bytes(&b));
    settle(c);
    buf_clear(&b);
    move_offer_encode(&(struct move_offer){.transfer = c->transfer,
                                           .record = c->rid,
                                           .to = bytes_str("26176"),
                                           .note = bytes_str(note)},
                      &b);
    node_op(&c->w.nodes[0], &b);
    settle(c);
    buf_free(&b);
}

/* It is accepted while its first owner goes on writing. */
static void scene_cross(struct scene *c)
{
    struct buf b, bases;
    buf_init(&b, CHANGE_BYTES_MAX);
    buf_init(&bases, 1024);
    move_answer_encode(
        &(struct move_answer){.transfer = c->transfer, .reply = MOVE_ACCEPT, .note = bytes_str("")},
        &b);
    node_op(&c->w.nodes[1], &b);
    OK(pair_settle(&c->w.nodes[1]));
    (void)pair_heads(&c->w.nodes[0], &c->rid, &bases);
    pair_save(&c->w.nodes[0], CHANGE_EDIT, &c->rid, crossed, buf_bytes(&bases));
    settle(c);
    buf_free(&bases);
    buf_free(&b);
}

static void scene_close(struct scene *c)
{
    key_sign_free(&c->officer[0]);
    key_sign_free(&c->officer[1]);
    pair_close(&c->w);
}

/* All sets of the first node's log with this record, as an order names them. */
static void list_ops(struct scene *c, struct erase_list *l)
{
    struct db_stmt *q = NULL;
    bool row = true;
    OK(db_prepare(node_store_db(c->w.nodes[0].store),
                  "SELECT i.inc, o.seq, o.op, o.kind FROM sys_op o JOIN sys_inc i ON i.no = o.log "
                  "WHERE o.rid = ?1 AND o.kind <= 1 ORDER BY o.seq",
                  &q));
    db_bind_blob(q, 1, BYTES_OF(c->rid.b));
    while (row) {
        OK(db_step(q, &row));
        if (!row) break;
        bool creates = db_column_int(q, 3) == CHANGE_CREATE;
        struct erase_op o = {.seq = (uint64_t)db_column_int(q, 1),
                             .op = (unsigned)db_column_int(q, 2),
                             .rid = c->rid,
                             .fields = {PAIR_NAME, PAIR_STATE},
                             .field_count = creates ? 2 : 1};
        OK(db_column_copy(q, 0, o.inc.b, sizeof o.inc.b));
        OK(erase_add_op(l, &o));
    }
    db_stmt_free(q);
}

/* ---- claims ---- */

static void an_op_goes_from_copies_and_from_what_crossed(void **state)
{
    (void)state;
    static struct scene c;
    struct erase_list l = {.records = NULL};
    scene_open(&c, 91);
    scene_cross(&c);
    assert_int_equal(node_number(&c, 0, "SELECT count(*) FROM sys_frozen"), 1);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(node_number(&c, i, "SELECT count(*) FROM sys_crossed"), 1);
    assert_int_equal(places(&c, made), 7);
    assert_int_equal(places(&c, crossed), 7);
    list_ops(&c, &l);
    assert_int_equal(l.op_count, 3);
    erase(&c, &l);
    settle(&c);
    assert_int_equal(places(&c, made), 0);
    assert_int_equal(places(&c, edited), 0);
    assert_int_equal(places(&c, crossed), 0);
    assert_int_equal(places(&c, note), 7); /* the record stays, and what was said of it */
    assert_int_equal(node_number(&c, 0, "SELECT count(*) FROM sys_frozen"), 1);
    sound(&c);
    erase_free(&l);
    scene_close(&c);
}

/* The new owner decides about a write that crossed, which an order has taken meanwhile. */
static void a_decision_about_what_is_gone_says_nothing(void **state)
{
    (void)state;
    static struct scene c;
    struct erase_list l = {.records = NULL};
    struct buf b;
    struct change_view view;
    scene_open(&c, 90);
    scene_cross(&c);
    list_ops(&c, &l);
    struct db *hub = hub_store_db(c.w.hub.store);
    assert_int_equal(pair_number(hub, "SELECT count(*) FROM sys_crossed WHERE state = 0"), 1);
    erase(&c, &(struct erase_list){.ops = &l.ops[2], .op_count = 1});
    assert_int_equal(pair_number(hub, "SELECT count(*) FROM sys_crossed WHERE state = 0"), 0);
    struct db_stmt *q = NULL;
    OK(db_prepare(hub, "SELECT l.head, l.body FROM sys_crossed c JOIN sys_log l ON l.pos = c.pos",
                  &q));
    OK(db_get(q));
    OK(change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), &view));
    struct move_settle m = {.record = c.rid, .apply = true};
    m.version = id_version_make(&view.head.inc, view.head.seq, &view.hash);
    db_stmt_free(q);
    buf_init(&b, 1024);
    move_settle_encode(&m, &b);
    node_op(&c.w.nodes[1], &b);
    settle(&c);
    assert_int_equal(pair_status(&c.w.nodes[1]).waiting, 0);
    for (unsigned i = 0; i < 2; i++) /* both have heard that nobody is asked any more */
        assert_int_equal(node_number(&c, i, "SELECT count(*) FROM sys_crossed WHERE state = 0"), 0);
    assert_int_equal(places(&c, crossed), 0);
    sound(&c);
    buf_free(&b);
    erase_free(&l);
    scene_close(&c);
}

static void a_record_goes_from_copies_and_notes(void **state)
{
    (void)state;
    static struct scene c;
    struct erase_list l = {.records = NULL};
    scene_open(&c, 92);
    scene_cross(&c);
    OK(erase_add_record(&l, &c.rid));
    erase(&c, &l);
    settle(&c);
    assert_int_equal(places(&c, made) + places(&c, edited) + places(&c, crossed), 0);
    assert_int_equal(places(&c, note), 0);
    sound(&c);
    erase_free(&l);
    scene_close(&c);
}

/* The four events of one record, as a page from before an order has them. */
static void old_page(struct scene *c, const struct id_version *v, struct bytes copy,
                     struct message_move moves[static 4], struct buf items[static 4])
{
    for (unsigned i = 0; i < 4; i++) {
        buf_init(&items[i], CHANGE_BYTES_MAX);
        moves[i] = (struct message_move){.position = 1000 + i, .kind = i};
    }
    move_leave_encode(
        &(struct move_leave){
            .record = c->rid, .frozen = true, .unit = bytes_str("26179"), .state = copy},
        &items[MOVE_ITEM_LEAVE]);
    move_transfer_encode(&(struct move_transfer){.transfer = c->transfer,
                                                 .record = c->rid,
                                                 .type = PAIR_TYPE,
                                                 .from = bytes_str("26173"),
                                                 .to = bytes_str("26176"),
                                                 .note = bytes_str(note),
                                                 .answer = bytes_str("")},
                         &items[MOVE_ITEM_TRANSFER]);
    move_crossing_encode(&(struct move_crossing){.record = c->rid,
                                                 .version = *v,
                                                 .unit = bytes_str("26173"),
                                                 .payload = bytes_str(crossed)},
                         &items[MOVE_ITEM_CROSSED]);
    move_shared_encode(
        &(struct move_shared){.record = c->rid, .unit = bytes_str("26176"), .access = MOVE_READ},
        &items[MOVE_ITEM_SHARE]);
    for (unsigned i = 0; i < 4; i++) {
        OK(items[i].e);
        moves[i].item = buf_bytes(&items[i]);
    }
}

/* The district answers the offer; its set, as SETS has it. */
static void hub_answers(struct scene *c, struct message_set *set, struct buf bytes[static 2])
{
    struct buf b;
    struct db_stmt *q = NULL;
    buf_init(&b, CHANGE_BYTES_MAX);
    move_answer_encode(&(struct move_answer){.transfer = c->transfer,
                                             .reply = MOVE_ACCEPT,
                                             .note = bytes_str(reply)},
                       &b);
    hub_op(&c->w, buf_bytes(&b));
    buf_free(&b);
    OK(db_prepare(hub_store_db(c->w.hub.store),
                  "SELECT pos, head, body, signature FROM sys_log ORDER BY pos DESC", &q));
    OK(db_get(q));
    for (unsigned i = 0; i < 2; i++) {
        buf_init(&bytes[i], CHANGE_BODY_BYTES_MAX);
        buf_add_bytes(&bytes[i], db_column_bytes(q, (int)i + 1));
    }
    *set = (struct message_set){.position = (uint64_t)db_column_int(q, 0),
                                .head = buf_bytes(&bytes[0]),
                                .body = buf_bytes(&bytes[1])};
    OK(db_column_copy(q, 3, set->signature, sizeof set->signature));
    db_stmt_free(q);
    assert_true(holds(set->body, reply));
}

/* The second node gets the list of erasures as a session's first part brings it, and the session ends there. */
static void tell_list(struct scene *c)
{
    enum { SETS_MAX = 8 };
    struct message_set sets[SETS_MAX];
    struct buf bytes[2 * SETS_MAX];
    struct db_stmt *q = NULL;
    size_t n = 0;
    bool row = true;
    OK(pair_settle(&c->w.nodes[0]));
    OK(db_prepare(node_store_db(c->w.nodes[0].store),
                  "SELECT position, head, body, signature FROM sys_erasure ORDER BY no", &q));
    while (row) {
        OK(db_step(q, &row));
        if (!row) break;
        assert_true(n < SETS_MAX);
        for (unsigned i = 0; i < 2; i++) {
            buf_init(&bytes[2 * n + i], CHANGE_BODY_BYTES_MAX);
            buf_add_bytes(&bytes[2 * n + i], db_column_bytes(q, (int)i + 1));
        }
        sets[n] = (struct message_set){.position = (uint64_t)db_column_int(q, 0),
                                       .head = buf_bytes(&bytes[2 * n]),
                                       .body = buf_bytes(&bytes[2 * n + 1])};
        OK(db_column_copy(q, 3, sets[n].signature, sizeof sets[n].signature));
        n++;
    }
    db_stmt_free(q);
    OK(node_store_erasures(c->w.nodes[1].store, sets, n, true, true));
    for (size_t i = 0; i < 2 * n; i++)
        buf_free(&bytes[i]);
}

/* A page from before the order is read behind it, or waits for its END when the order comes. */
static void page_and_order(uint64_t seed, bool whole, bool page_first)
{
    struct message_set answer;
    struct buf answer_bytes[2];
    static struct scene c;
    struct erase_list l = {.records = NULL};
    struct message_move moves[4];
    struct buf items[4], copy;
    scene_open(&c, seed);
    list_ops(&c, &l);
    struct id_version v = id_version_make(&l.ops[1].inc, l.ops[1].seq, &(struct id_hash){{9}});
    if (whole) {
        erase_free(&l);
        l = (struct erase_list){.records = NULL};
        OK(erase_add_record(&l, &c.rid));
    }
    buf_init(&copy, FOLD_STATE_BYTES_MAX);
    OK(hub_store_record(c.w.hub.store, &c.rid, &copy, &(unsigned){0}, NULL, &(uint64_t){0}));
    old_page(&c, &v, buf_bytes(&copy), moves, items);
    hub_answers(&c, &answer, answer_bytes);
    struct node_store *s = c.w.nodes[1].store;
    if (seed % 2 == 0)
        OK(db_exec(node_store_db(s), "DELETE FROM sys_transfer")); /* not heard of yet */
    for (unsigned i = 0; i < 2; i++) {
        if (page_first == (i == 0)) {
            OK(node_store_stage_sets(s, 1, &answer, 1));
            if (i == 1 && seed % 2 != 0)
                assert_int_equal(on_disk(c.w.nodes[1].path, reply), !whole);
            OK(node_store_stage_moves(s, 1, moves, 4));
        }
        if (i > 0) continue;
        erase(&c, &l);
        tell_list(&c);
    }
    OK(node_store_wipe(s));
    const char *path = c.w.nodes[1].path;
    assert_false(on_disk(path, edited));
    assert_false(on_disk(path, crossed));
    assert_int_equal(on_disk(path, note), !whole);
    assert_int_equal(on_disk(path, reply), !whole);
    assert_int_equal(node_number(&c, 1, "SELECT count(*) FROM sys_staged_move"), whole ? 1 : 4);
    assert_int_equal(node_number(&c, 1, "SELECT min(kind) FROM sys_staged_move"), MOVE_ITEM_LEAVE);
    OK(node_store_stage_drop(s));
    settle(&c);
    sound(&c);
    for (unsigned i = 0; i < 4; i++)
        buf_free(&items[i]);
    buf_free(&answer_bytes[0]);
    buf_free(&answer_bytes[1]);
    buf_free(&copy);
    erase_free(&l);
    scene_close(&c);
}

static void an_old_page_brings_nothing_of_a_record_back(void **state)
{
    (void)state;
    for (uint64_t seed = 93; seed < 97; seed++)
        page_and_order(seed, true, seed < 95);
}

static void an_old_page_brings_nothing_of_an_op_back(void **state)
{
    (void)state;
    for (uint64_t seed = 97; seed < 101; seed++)
        page_and_order(seed, false, seed < 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_op_goes_from_copies_and_from_what_crossed),
        cmocka_unit_test(a_decision_about_what_is_gone_says_nothing),
        cmocka_unit_test(a_record_goes_from_copies_and_notes),
        cmocka_unit_test(an_old_page_brings_nothing_of_a_record_back),
        cmocka_unit_test(an_old_page_brings_nothing_of_an_op_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
