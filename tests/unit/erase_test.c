/* Erasure at the hub: payloads, state, file, what comes later, replaying. SPEC 12. */
#include "common/io/db.h"
#include "common/io/file.h"
#include "hub/store_erase.h"
#include "hub/store_order.h"
#include "hub/store_own.h"
#include "hub/store_repair.h"
#include "hub/store_replay.h"
#include "hub/verify.h"
#include "proto/move.h"
#include "tests/lib/catalogue_load.h"
#include "tests/lib/hub_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <unistd.h>

enum { TYPE = 1, NAME = 1, PHONE = 19, ADDRESS = 14 }; /* person of the project's catalogue */

static struct id_record rid_of(unsigned n)
{
    struct id_record r = {{0}};
    r.b[0] = (uint8_t)n;
    r.b[1] = (uint8_t)(n >> 8);
    r.b[15] = 7;
    return r;
}

static struct id_version save(struct world_node *n, enum change_kind kind, unsigned rid,
                              unsigned field, const char *text, const struct id_version *bases,
                              size_t count)
{
    struct world_op o;
    struct id_record r = rid_of(rid);
    world_op_begin(&o, kind, &r, TYPE);
    world_op_text(&o, field, text, bases, count);
    struct bytes p = world_op_end(&o);
    struct id_version v = world_save(n, &p, 1);
    world_op_free(&o);
    return v;
}

/* ---- two officers ---- */

struct office {
    struct key_sign key[2];
};

static void office_open(struct world *w, struct office *f)
{
    static const char *const names[] = {"Nguyễn Thị An", "Trần Bình"};
    struct buf payload;
    buf_init(&payload, 1024);
    for (unsigned i = 0; i < 2; i++) {
        uint8_t seed[KEY_SEED_BYTES] = {(uint8_t)(i + 1)};
        assert_int_equal(key_sign_from_seed(&f->key[i], KEY_OFFICER, seed), ERR_OK);
        struct order_officer o = {.name = bytes_str(names[i]), .roles = ORDER_ROLE_ALL};
        memcpy(o.pk, f->key[i].public, sizeof o.pk);
        assert_int_equal(order_officer_prove(&f->key[i], &w->keys.hub, &o), ERR_OK);
        buf_clear(&payload);
        order_officer_encode(&o, &payload);
        struct bytes p = buf_bytes(&payload);
        world_own(w, &p, 1);
    }
    buf_free(&payload);
}

static void office_close(struct office *f)
{
    key_sign_free(&f->key[0]);
    key_sign_free(&f->key[1]);
}

/* The payload of an order with this content; the second signature by key `second`. */
static void order_of(struct world *w, const struct office *f, const struct erase_list *l,
                     unsigned second, struct buf *payload)
{
    struct buf content, bytes;
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&bytes, ORDER_BYTES_MAX);
    erase_encode(l, &content);
    struct order o = {.hub = w->keys.hub,
                      .kind = bytes_str("erase"),
                      .basis = bytes_str("Luật 91/2025/QH15, Điều 14"),
                      .content = buf_bytes(&content)};
    static uint8_t nonce;
    o.nonce[0] = ++nonce;
    order_encode(&o, &bytes);
    struct order_op op = {.order = buf_bytes(&bytes)};
    for (unsigned i = 0; i < 2; i++) {
        const struct key_sign *k = &f->key[i == 0 ? 0 : second];
        memcpy(op.by[i].pk, k->public, sizeof op.by[i].pk);
        assert_int_equal(order_sign(k, op.order, op.by[i].signature), ERR_OK);
    }
    order_op_encode(&op, payload);
    assert_int_equal(payload->e, ERR_OK);
    buf_free(&content);
    buf_free(&bytes);
}

static struct hub_taken erase(struct world *w, const struct office *f, const struct erase_list *l)
{
    struct buf payload;
    buf_init(&payload, CHANGE_BYTES_MAX);
    order_of(w, f, l, 1, &payload);
    struct bytes p = buf_bytes(&payload);
    struct hub_taken t = world_own(w, &p, 1);
    buf_free(&payload);
    return t;
}

static struct hub_taken erase_record(struct world *w, const struct office *f, unsigned rid)
{
    struct id_record r = rid_of(rid);
    return erase(w, f, &(struct erase_list){.records = &r, .record_count = 1});
}

/* ---- looking ---- */

static bool holds(struct bytes b, const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i + len <= b.len; i++) {
        if (b.p[i] == (uint8_t)text[0] && memcmp(b.p + i, text, len) == 0) return true;
    }
    return false;
}

static bool on_disk(const struct world *w, const char *text)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    bool found = false;
    for (size_t i = 0; i < 4; i++) {
        char path[128];
        struct buf b;
        snprintf(path, sizeof path, "%s%s", w->path, ends[i]);
        buf_init(&b, 64u << 20);
        if (file_read(path, 64u << 20, &b) == ERR_OK) found = found || holds(buf_bytes(&b), text);
        buf_free(&b);
    }
    return found;
}

static enum err finding(void *ctx, const struct hub_finding *f)
{
    (void)ctx;
    print_message("finding: %s at %llu\n", hub_finding_en(f->kind),
                  (unsigned long long)f->position);
    return ERR_OK;
}

/* Chains, hashes, P, sums, and the state against a replay of the log. */
static void sound(struct world *w)
{
    struct hub_verified_log out;
    assert_int_equal(hub_store_check(w->store), ERR_OK);
    assert_int_equal(hub_verify_log(w->store, finding, NULL, &out), ERR_OK);
    assert_int_equal(out.findings, 0);
}

static bool known(struct world *w, unsigned rid)
{
    struct buf state;
    unsigned type = 0;
    uint64_t position = 0;
    struct id_record r = rid_of(rid);
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = hub_store_record(w->store, &r, &state, &type, NULL, &position);
    assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
    buf_free(&state);
    return e == ERR_OK;
}

static void publish(struct world *w)
{
    size_t count = 0;
    struct catalogue_file *files = catalogue_load("catalogue", &count);
    world_publish(w, files, count);
    catalogue_unload(files, count);
}

struct scene {
    struct world w;
    struct world_node n;
    struct office office;
};

static void scene_open(struct scene *c)
{
    world_open(&c->w, 1);
    publish(&c->w);
    world_node_open(&c->w, &c->n, "26173", 2);
    office_open(&c->w, &c->office);
}

static void scene_close(struct scene *c)
{
    office_close(&c->office);
    world_node_close(&c->n);
    world_close(&c->w);
}

/* ---- tests ---- */

static void a_record_is_gone_from_log_state_and_file(void **state)
{
    (void)state;
    static struct scene c;
    scene_open(&c);
    struct id_version v = save(&c.n, CHANGE_CREATE, 1, NAME, "Bí Mật Một Hai", NULL, 0);
    save(&c.n, CHANGE_CREATE, 2, NAME, "Người Ở Lại", NULL, 0);
    save(&c.n, CHANGE_EDIT, 1, NAME, "Bí Mật Ba", &v, 1);
    save(&c.n, CHANGE_EDIT, 1, NAME, "Bí Mật Bốn", &v, 1);   /* a conflict */
    save(&c.n, CHANGE_EDIT, 9, NAME, "Bí Mật Chờ", NULL, 0); /* held: no such record yet */
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    assert_int_equal(hub_store_project(c.w.store), ERR_OK);
    assert_true(on_disk(&c.w, "Bí Mật"));
    assert_true(on_disk(&c.w, "bi mat")); /* the index of lists */
    sound(&c.w);

    struct id_record both[2] = {rid_of(1), rid_of(9)};
    struct hub_taken t =
        erase(&c.w, &c.office, &(struct erase_list){.records = both, .record_count = 2});
    assert_false(hub_store_wipe_wanted(c.w.store));
    assert_false(known(&c.w, 1));
    assert_true(known(&c.w, 2));
    assert_false(on_disk(&c.w, "Bí Mật"));
    assert_false(on_disk(&c.w, "bi mat"));
    assert_true(on_disk(&c.w, "Người Ở Lại"));
    assert_true(on_disk(&c.w, "nguoi o lai"));
    sound(&c.w);
    struct hub_counts counts;
    assert_int_equal(hub_store_counts(c.w.store, &counts), ERR_OK);
    assert_int_equal(counts.held, 0);
    assert_int_equal(counts.conflicts, 0);
    struct hub_erased gone;
    assert_int_equal(hub_store_erased_upto(c.w.store, t.last_position - 1, &gone), ERR_OK);
    assert_int_equal(gone.ops, 4);
    assert_int_equal(gone.orders, 1);
    assert_int_equal(hub_store_erased_upto(c.w.store, t.last_position, &gone), ERR_OK);
    assert_int_equal(gone.ops, 0); /* a cut behind the order never saw them */
    world_reopen(&c.w);
    assert_false(on_disk(&c.w, "Bí Mật"));
    sound(&c.w);
    scene_close(&c);
}

static void a_later_op_keeps_only_its_hash(void **state)
{
    (void)state;
    static struct scene c;
    scene_open(&c);
    struct id_version v = save(&c.n, CHANGE_CREATE, 1, NAME, "Bí Mật Một", NULL, 0);
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    erase_record(&c.w, &c.office, 1);
    save(&c.n, CHANGE_EDIT, 1, NAME, "Bí Mật Hai", &v, 1); /* the node has not heard of it */
    save(&c.n, CHANGE_CREATE, 1, NAME, "Bí Mật Ba", NULL, 0);
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    struct hub_position at;
    hub_store_position(c.w.store, &at);
    assert_int_equal(world_verdict(&c.w, at.position), FOLD_ERASED);
    assert_int_equal(world_verdict(&c.w, at.position - 1), FOLD_ERASED);
    assert_false(known(&c.w, 1));
    assert_false(on_disk(&c.w, "Bí Mật"));
    sound(&c.w);
    scene_close(&c);
}

static void offer(struct world_node *n, unsigned transfer, unsigned rid, const char *note)
{
    struct buf b;
    struct move_offer m = {.transfer = rid_of(transfer),
                           .record = rid_of(rid),
                           .to = bytes_str("26179"),
                           .note = bytes_str(note)};
    buf_init(&b, 1024);
    move_offer_encode(&m, &b);
    assert_int_equal(b.e, ERR_OK);
    struct bytes p = buf_bytes(&b);
    world_save(n, &p, 1);
    buf_free(&b);
}

static void withdraw(struct world_node *n, unsigned transfer, const char *note)
{
    struct buf b;
    struct move_answer m = {
        .transfer = rid_of(transfer), .reply = MOVE_WITHDRAW, .note = bytes_str(note)};
    buf_init(&b, 1024);
    move_answer_encode(&m, &b);
    assert_int_equal(b.e, ERR_OK);
    struct bytes p = buf_bytes(&b);
    world_save(n, &p, 1);
    buf_free(&b);
}

/* An offer that did not apply leaves no transfer at the hub: its answers are found by the log, whether
 * they came before it, behind it, or behind the order. Who takes another's name for its own record takes
 * nothing with it. */
static void answers_go_with_offers_that_never_applied(void **state)
{
    (void)state;
    static struct scene c;
    struct hub_position at;
    scene_open(&c);
    save(&c.n, CHANGE_CREATE, 1, NAME, "Bí Mật Một", NULL, 0);
    save(&c.n, CHANGE_CREATE, 2, NAME, "Người Ở Lại", NULL, 0);
    withdraw(&c.n, 61, "Bí Mật Trước"); /* held: no such transfer */
    offer(&c.n, 60, 1, "Bí Mật Mở");
    offer(&c.n, 61, 1, "Bí Mật Thừa"); /* 60 is open: it never applies */
    withdraw(&c.n, 61, "Bí Mật Sau");
    offer(&c.n, 70, 2, "mở");
    offer(&c.n, 70, 1, "Bí Mật Trùng Tên");
    withdraw(&c.n, 70, "thôi");
    withdraw(&c.n, 99, "của ai không biết");
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    hub_store_position(c.w.store, &at);
    uint64_t last = at.position;
    assert_int_equal(world_verdict(&c.w, last), FOLD_HELD_UNKNOWN);
    assert_int_equal(world_verdict(&c.w, last - 1), FOLD_APPLIED);
    assert_int_equal(world_verdict(&c.w, last - 4), FOLD_HELD_UNKNOWN);
    assert_int_equal(world_verdict(&c.w, last - 7), FOLD_HELD_UNKNOWN);

    erase_record(&c.w, &c.office, 1);
    assert_int_equal(world_verdict(&c.w, last), FOLD_HELD_UNKNOWN);
    assert_int_equal(world_verdict(&c.w, last - 1), FOLD_APPLIED);
    assert_int_equal(world_verdict(&c.w, last - 4), FOLD_ERASED);
    assert_int_equal(world_verdict(&c.w, last - 7), FOLD_ERASED);
    assert_false(on_disk(&c.w, "Bí Mật"));
    assert_true(on_disk(&c.w, "của ai không biết"));
    sound(&c.w);

    offer(&c.n, 62, 1, "Bí Mật Muộn"); /* the node has not heard of it */
    withdraw(&c.n, 62, "Bí Mật Muộn Nữa");
    withdraw(&c.n, 61, "Bí Mật Lần Nữa");
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    hub_store_position(c.w.store, &at);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(world_verdict(&c.w, at.position - i), FOLD_ERASED);
    assert_false(on_disk(&c.w, "Bí Mật"));
    sound(&c.w);
    scene_close(&c);
}

/* The node took the payload of the last op of its last set away itself. */
static void take_offer_away(struct world_node *n, unsigned transfer, unsigned rid)
{
    static struct change_view view;
    struct bytes stubs[CHANGE_OPS_MAX] = {{NULL, 0}};
    struct buf stub, body;
    struct id_record r = rid_of(rid), t = rid_of(transfer);
    struct setgen_set *last = &n->sets[n->count - 1];
    buf_init(&stub, 64);
    buf_init(&body, CHANGE_BODY_BYTES_MAX);
    erase_stub_offer(&r, &t, &stub);
    assert_int_equal(change_open(buf_bytes(&last->head), buf_bytes(&last->body), &view), ERR_OK);
    stubs[view.head.ops - 1] = buf_bytes(&stub);
    change_rewrite(&view, stubs, &body);
    assert_int_equal(body.e, ERR_OK);
    buf_free(&last->body);
    last->body = body;
    buf_free(&stub);
}

/* A hub that went back has answers to offers that it has not: it holds them, erases the record, and hears of the offers
 * then, with their payload, or what is left of them; in one set with an answer too. */
static void an_answer_goes_when_its_erased_offer_comes(void **state)
{
    (void)state;
    static struct scene c;
    struct hub_position at;
    scene_open(&c);
    save(&c.n, CHANGE_CREATE, 1, NAME, "Bí Mật Một", NULL, 0);
    withdraw(&c.n, 61, "Bí Mật Trước");
    withdraw(&c.n, 62, "Bí Mật Trước Nữa");
    withdraw(&c.n, 99, "của ai không biết");
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    hub_store_position(c.w.store, &at);
    uint64_t first = at.position - 2;
    erase_record(&c.w, &c.office, 1);
    assert_int_equal(world_verdict(&c.w, first), FOLD_HELD_UNKNOWN);
    assert_true(on_disk(&c.w, "Bí Mật Trước"));

    offer(&c.n, 61, 1, "Bí Mật Mở");
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    assert_int_equal(world_verdict(&c.w, first), FOLD_ERASED);
    assert_int_equal(world_verdict(&c.w, first + 1), FOLD_HELD_UNKNOWN);
    offer(&c.n, 62, 1, "Bí Mật Mở");
    take_offer_away(&c.n, 62, 1);
    withdraw(&c.n, 62, "Bí Mật Sau");
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    assert_int_equal(world_verdict(&c.w, first + 1), FOLD_ERASED);
    assert_false(on_disk(&c.w, "Bí Mật"));
    assert_int_equal(world_verdict(&c.w, first + 2), FOLD_HELD_UNKNOWN);
    assert_true(on_disk(&c.w, "của ai không biết"));
    sound(&c.w);

    struct buf b[2];
    struct move_answer a = {
        .transfer = rid_of(63), .reply = MOVE_WITHDRAW, .note = bytes_str("Bí Mật Cùng Lúc")};
    struct move_offer o = {.transfer = rid_of(63),
                           .record = rid_of(1),
                           .to = bytes_str("26179"),
                           .note = bytes_str("Bí Mật Cùng Lúc")};
    buf_init(&b[0], 1024);
    buf_init(&b[1], 1024);
    move_answer_encode(&a, &b[0]);
    move_offer_encode(&o, &b[1]);
    struct bytes both[2] = {buf_bytes(&b[0]), buf_bytes(&b[1])};
    world_save(&c.n, both, 2);
    take_offer_away(&c.n, 63, 1);
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    assert_false(on_disk(&c.w, "Bí Mật"));
    sound(&c.w);
    buf_free(&b[0]);
    buf_free(&b[1]);
    scene_close(&c);
}

/* The file is written anew for that a few times a day: with each set a node could ask for it. */
static void late_answers_wipe_the_file_a_few_times_a_day(void **state)
{
    (void)state;
    enum { WIPES_A_DAY = 16 };
    static struct scene c;
    struct message_hello_node hello = {.waiting_sets = 0};
    scene_open(&c);
    save(&c.n, CHANGE_CREATE, 1, NAME, "Bí Mật Một", NULL, 0);
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    erase_record(&c.w, &c.office, 1);
    for (unsigned i = 0; i <= WIPES_A_DAY; i++) {
        withdraw(&c.n, 100 + i, "Bí Mật Trước");
        assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
        offer(&c.n, 100 + i, 1, "mở");
        assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
        assert_int_equal(hub_store_wipe_wanted(c.w.store), i == WIPES_A_DAY);
    }
    assert_int_equal(hub_store_begin(c.w.store), ERR_OK);
    assert_int_equal(hub_store_contact(c.w.store, &c.n.hub_node.node, &hello, 1700000000000),
                     ERR_OK);
    assert_int_equal(hub_store_commit(c.w.store), ERR_OK);
    assert_false(hub_store_wipe_wanted(c.w.store));
    assert_false(on_disk(&c.w, "Bí Mật"));
    sound(&c.w);
    scene_close(&c);
}

/* A head that somebody's write replaced must stay replaced, with and without its payload. */
static void an_erased_op_leaves_the_graph(void **state)
{
    (void)state;
    static struct scene c;
    scene_open(&c);
    struct id_version a = save(&c.n, CHANGE_CREATE, 1, NAME, "Tên Đầu", NULL, 0);
    struct id_version b = save(&c.n, CHANGE_EDIT, 1, NAME, "Bí Mật Giữa", &a, 1);
    save(&c.n, CHANGE_EDIT, 1, PHONE, "0901", NULL, 0);
    save(&c.n, CHANGE_EDIT, 1, NAME, "Tên Cuối", &b, 1);
    struct id_version d = save(&c.n, CHANGE_CREATE, 2, NAME, "Bí Mật Đầu", NULL, 0);
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    assert_int_equal(hub_store_project(c.w.store), ERR_OK);
    assert_true(on_disk(&c.w, "bi mat dau"));
    struct erase_op ops[2];
    struct id_inc inc = id_version_inc(&b);
    assert_int_equal(hub_store_erase_op(c.w.store, &inc, id_version_seq(&b), 0, &ops[0]), ERR_OK);
    assert_int_equal(hub_store_erase_op(c.w.store, &inc, id_version_seq(&d), 0, &ops[1]), ERR_OK);
    erase(&c.w, &c.office, &(struct erase_list){.ops = ops, .op_count = 2});
    struct id_record r1 = rid_of(1), r2 = rid_of(2);
    size_t conflicts = 9;
    assert_string_equal(world_text(&c.w, &r1, NAME, &conflicts), "Tên Cuối");
    assert_int_equal(conflicts, 0);
    assert_string_equal(world_text(&c.w, &r1, PHONE, NULL), "0901");
    assert_string_equal(world_text(&c.w, &r2, NAME, NULL), ""); /* the head is there, empty */
    assert_false(on_disk(&c.w, "Bí Mật"));
    assert_false(on_disk(&c.w, "bi mat"));
    assert_true(on_disk(&c.w, "Tên Đầu"));
    assert_true(on_disk(&c.w, "ten cuoi"));
    sound(&c.w); /* and replaying the log gives the same */
    save(&c.n, CHANGE_EDIT, 2, NAME, "Tên Mới", &d, 1);
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    assert_string_equal(world_text(&c.w, &r2, NAME, &conflicts), "Tên Mới");
    assert_int_equal(conflicts, 0);
    sound(&c.w);
    scene_close(&c);
}

static void an_op_without_payload_needs_an_order(void **state)
{
    (void)state;
    static struct scene c;
    scene_open(&c);
    save(&c.n, CHANGE_CREATE, 1, NAME, "Một", NULL, 0);
    setgen_erase(&c.n.sets[c.n.count - 1], 0);
    assert_int_equal(world_push(&c.w, &c.n), ERR_BAD_FORMAT);

    /* With the record's id it is taken once that record is erased, and not before. */
    struct buf body;
    struct change_op op = {.rid = rid_of(1)};
    static struct change_view view;
    struct bytes stubs[CHANGE_OPS_MAX] = {{NULL, 0}};
    struct buf stub;
    buf_init(&stub, 64);
    buf_init(&body, CHANGE_BODY_BYTES_MAX);
    erase_stub_encode(&op, true, &stub);
    stubs[0] = buf_bytes(&stub);
    struct setgen_set *last = &c.n.sets[c.n.count - 1];
    assert_int_equal(change_open(buf_bytes(&last->head), buf_bytes(&last->body), &view), ERR_OK);
    change_rewrite(&view, stubs, &body);
    buf_free(&last->body);
    last->body = body;
    assert_int_equal(world_push(&c.w, &c.n), ERR_BAD_FORMAT);
    erase_record(&c.w, &c.office, 1);
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    sound(&c.w);
    buf_free(&stub);
    scene_close(&c);
}

static void one_signature_twice_erases_nothing(void **state)
{
    (void)state;
    static struct scene c;
    struct buf payload;
    scene_open(&c);
    save(&c.n, CHANGE_CREATE, 1, NAME, "Một", NULL, 0);
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    struct id_record r = rid_of(1);
    struct erase_list l = {.records = &r, .record_count = 1};
    buf_init(&payload, CHANGE_BYTES_MAX);
    order_of(&c.w, &c.office, &l, 0, &payload);
    struct bytes p = buf_bytes(&payload);
    struct hub_own_set set = {.payloads = &p, .count = 1};
    assert_int_equal(hub_store_begin(c.w.store), ERR_OK);
    assert_int_equal(hub_own_append(c.w.store, &c.w.keys, &set, c.w.now_ms, NULL), ERR_DENIED);
    hub_store_rollback(c.w.store);
    assert_true(known(&c.w, 1));
    buf_free(&payload);
    sound(&c.w);
    scene_close(&c);
}

static void a_rollback_takes_the_order_back(void **state)
{
    (void)state;
    static struct scene c;
    struct buf payload;
    scene_open(&c);
    save(&c.n, CHANGE_CREATE, 1, NAME, "Một", NULL, 0);
    assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
    struct id_record r = rid_of(1);
    struct erase_list l = {.records = &r, .record_count = 1};
    buf_init(&payload, CHANGE_BYTES_MAX);
    order_of(&c.w, &c.office, &l, 1, &payload);
    struct bytes p = buf_bytes(&payload);
    struct hub_own_set set = {.payloads = &p, .count = 1};
    assert_int_equal(hub_store_begin(c.w.store), ERR_OK);
    assert_int_equal(hub_own_append(c.w.store, &c.w.keys, &set, c.w.now_ms, NULL), ERR_OK);
    assert_false(known(&c.w, 1));
    hub_store_rollback(c.w.store);
    assert_true(known(&c.w, 1));
    assert_false(hub_store_wipe_wanted(c.w.store));
    sound(&c.w);
    assert_int_equal(hub_store_begin(c.w.store), ERR_OK); /* and it can be given again, once */
    assert_int_equal(hub_own_append(c.w.store, &c.w.keys, &set, c.w.now_ms, NULL), ERR_OK);
    assert_int_equal(hub_store_commit(c.w.store), ERR_OK);
    assert_int_equal(hub_store_begin(c.w.store), ERR_OK);
    assert_int_equal(hub_own_append(c.w.store, &c.w.keys, &set, c.w.now_ms, NULL), ERR_EXISTS);
    hub_store_rollback(c.w.store);
    sound(&c.w);
    buf_free(&payload);
    scene_close(&c);
}

static void the_list_goes_on_where_the_other_side_ends(void **state)
{
    (void)state;
    static struct scene c;
    uint32_t count = 0;
    uint8_t sum[8], old[8], none[8] = {0};
    const struct message_set *sets;
    size_t n = 0;
    scene_open(&c);
    assert_int_equal(hub_store_erasure_end(c.w.store, &count, old), ERR_OK);
    assert_int_equal(count, 2); /* two officers */
    erase_record(&c.w, &c.office, 1);
    erase_record(&c.w, &c.office, 2);
    assert_int_equal(hub_store_erasure_end(c.w.store, &count, sum), ERR_OK);
    assert_int_equal(count, 4);
    uint64_t next = UINT64_MAX;
    assert_int_equal(hub_store_erasures(c.w.store, 0, none, &next, &sets, &n), ERR_OK);
    assert_int_equal(n, 4);
    assert_int_equal(hub_store_erasures(c.w.store, 0, none, &next, &sets, &n), ERR_OK);
    assert_int_equal(n, 0);
    next = UINT64_MAX;
    assert_int_equal(hub_store_erasures(c.w.store, 2, old, &next, &sets, &n), ERR_OK);
    assert_int_equal(n, 2);
    next = UINT64_MAX;
    assert_int_equal(hub_store_erasures(c.w.store, 2, none, &next, &sets, &n), ERR_OK);
    assert_int_equal(n, 4); /* not how this list begins */
    next = UINT64_MAX;
    assert_int_equal(hub_store_erasures(c.w.store, 4, sum, &next, &sets, &n), ERR_OK);
    assert_int_equal(n, 0);
    scene_close(&c);
}

/* A set of the hub's own log of a time that it lost comes back. */
static void give_back(struct world *w, struct bytes payload)
{
    struct change_builder b;
    struct change_head h = {.flags = 0};
    struct id_hash hash;
    struct message_set set = {.position = 0};
    struct buf head, body;
    uint8_t seed[CHANGE_SEED_BYTES];
    buf_init(&head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&body, CHANGE_BODY_BYTES_MAX);
    assert_int_equal(hub_store_begin(w->store), ERR_OK);
    assert_int_equal(hub_store_own_next(w->store, w->now_ms, &h, seed), ERR_OK);
    memset(h.inc.b, 0x77, sizeof h.inc.b);
    change_begin(&b, &h, seed);
    change_add(&b, payload);
    assert_int_equal(change_finish(&b, &head, &body, &hash), ERR_OK);
    change_sign(w->log_secret, &h, &hash, set.signature);
    set.head = buf_bytes(&head);
    set.body = buf_bytes(&body);
    assert_int_equal(hub_store_give(w->store, &set, w->now_ms), ERR_OK);
    assert_int_equal(hub_store_commit(w->store), ERR_OK);
    buf_free(&head);
    buf_free(&body);
}

/* What an old set says was made anew after the hub went back: its node has both in its list, so has
 * the hub. What does not apply for another reason is of no list. */
static void what_comes_back_and_was_made_anew_is_listed(void **state)
{
    (void)state;
    static struct scene c;
    struct id_record r = rid_of(1);
    struct erase_list l = {.records = &r, .record_count = 1};
    struct buf order, twice;
    uint8_t sum[8];
    uint32_t count = 0;
    scene_open(&c);
    buf_init(&order, CHANGE_BYTES_MAX);
    buf_init(&twice, CHANGE_BYTES_MAX);
    order_of(&c.w, &c.office, &l, 1, &order);
    order_of(&c.w, &c.office, &l, 0, &twice);
    struct bytes p = buf_bytes(&order);
    world_own(&c.w, &p, 1);
    assert_int_equal(hub_store_erasure_end(c.w.store, &count, sum), ERR_OK);
    assert_int_equal(count, 3);
    give_back(&c.w, p);
    assert_int_equal(hub_store_erasure_end(c.w.store, &count, sum), ERR_OK);
    assert_int_equal(count, 4);
    give_back(&c.w, buf_bytes(&twice));
    assert_int_equal(hub_store_erasure_end(c.w.store, &count, sum), ERR_OK);
    assert_int_equal(count, 4);
    buf_free(&order);
    buf_free(&twice);
    scene_close(&c);
}

/* secure_delete alone leaves copies in the slack of pages: many rows, many moves, then a search. */
static void nothing_stays_in_the_slack_of_pages(void **state)
{
    (void)state;
    static struct scene c;
    char text[1200];
    scene_open(&c);
    for (unsigned i = 0; i < 300; i++) {
        struct id_version v = {{0}};
        for (unsigned k = 0; k < 3; k++) {
            int len = snprintf(text, sizeof text, "DAU%03u.", i);
            size_t more = (i * 37 + k * 211) % 900;
            memset(text + len, 'x', more);
            text[(size_t)len + more] = '\0';
            v = save(&c.n, k == 0 ? CHANGE_CREATE : CHANGE_EDIT, i, ADDRESS, text, &v, k > 0);
        }
        if (i % 20 == 19) assert_int_equal(world_push(&c.w, &c.n), ERR_OK);
        if (i % 60 == 59) assert_int_equal(hub_store_project(c.w.store), ERR_OK);
    }
    struct id_record dead[60];
    for (unsigned i = 0; i < 60; i++)
        dead[i] = rid_of(i * 5);
    struct erase_list l = {.records = dead, .record_count = 60};
    erase_sort(&l);
    erase(&c.w, &c.office, &l);
    for (unsigned i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "DAU%03u.", i);
        assert_int_equal(on_disk(&c.w, text), i % 5 != 0);
    }
    sound(&c.w);
    scene_close(&c);
}

/* ---- assignments that waited for what is erased ---- */

static void assign(struct scene *c, unsigned first, unsigned second, const char *to)
{
    struct buf b, ids;
    unsigned records[2] = {first, second};
    buf_init(&b, 1024);
    buf_init(&ids, 1024);
    for (unsigned i = 0; i < 2; i++) {
        struct id_record r = rid_of(records[i]);
        buf_add(&ids, r.b, sizeof r.b);
    }
    struct move_assign m = {
        .to = bytes_str(to), .date = bytes_str("2025-01-01"), .records = buf_bytes(&ids)};
    move_assign_encode(&m, &b);
    assert_int_equal(b.e, ERR_OK);
    struct bytes p = buf_bytes(&b);
    world_own(&c->w, &p, 1);
    buf_free(&b);
    buf_free(&ids);
}

static void expect_unit(struct scene *c, unsigned rid, const char *unit, unsigned held)
{
    struct hub_counts counts;
    struct hub_state_row row;
    struct id_record before = rid_of(rid);
    before.b[15]--;
    assert_int_equal(hub_store_counts(c->w.store, &counts), ERR_OK);
    assert_int_equal(counts.held, held);
    assert_int_equal(hub_state_next(c->w.store, &before, &row), ERR_OK);
    assert_string_equal(row.unit, unit);
    sound(&c->w);
}

static void create(struct scene *c, unsigned rid)
{
    save(&c->n, CHANGE_CREATE, rid, NAME, "Người Ở Lại", NULL, 0);
    assert_int_equal(world_push(&c->w, &c->n), ERR_OK);
}

/* It applies with the order; what was assigned in between is behind it, in a replay too. */
static void an_assignment_does_not_wait_for_what_is_erased(void **state)
{
    (void)state;
    static struct scene c;
    scene_open(&c);
    create(&c, 2);
    create(&c, 3);
    assign(&c, 2, 9, "26176"); /* 9 is not there */
    expect_unit(&c, 2, "26173", 1);
    assign(&c, 2, 3, "26179");
    expect_unit(&c, 2, "26179", 1);
    erase_record(&c.w, &c.office, 9);
    expect_unit(&c, 2, "26176", 0);
    assign(&c, 2, 9, "26179"); /* gone from the start */
    expect_unit(&c, 2, "26179", 0);
    world_reopen(&c.w);
    expect_unit(&c, 2, "26179", 0);
    scene_close(&c);
}

static void an_assignment_that_waited_applied_when_it_did(void **state)
{
    (void)state;
    static struct scene c;
    scene_open(&c);
    create(&c, 2);
    create(&c, 3);
    assign(&c, 2, 8, "26176");
    assign(&c, 2, 3, "26179");
    create(&c, 8);
    expect_unit(&c, 2, "26176", 0);
    erase_record(&c.w, &c.office, 8);
    expect_unit(&c, 2, "26176", 0);
    scene_close(&c);
}

/* The first that it waits for is erased, the second comes later, or is erased as well. */
static void an_assignment_waits_for_all_that_may_come(void **state)
{
    (void)state;
    static struct scene c;
    scene_open(&c);
    create(&c, 2);
    create(&c, 3);
    assign(&c, 8, 9, "26176");
    assign(&c, 2, 9, "26176");
    erase_record(&c.w, &c.office, 8);
    expect_unit(&c, 2, "26173", 2);
    create(&c, 9);
    expect_unit(&c, 2, "26176", 0);
    expect_unit(&c, 9, "26176", 0);
    erase_record(&c.w, &c.office, 9);
    expect_unit(&c, 2, "26176", 0);
    scene_close(&c);
}

/* ---- units that only erased ops named ---- */

static void told(struct scene *c, struct buf *b)
{
    assert_int_equal(b->e, ERR_OK);
    struct bytes p = buf_bytes(b);
    world_save(&c->n, &p, 1);
    assert_int_equal(world_push(&c->w, &c->n), ERR_OK);
    buf_clear(b);
}

/* An offer to a commune that has no PC yet, a share with another, and then a record of its own that counts for a third:
 * the numbers of the units are those that they were given. */
static void a_unit_that_an_erased_op_named_keeps_its_number(void **state)
{
    (void)state;
    static struct scene c;
    struct buf b;
    struct id_record r = rid_of(1);
    scene_open(&c);
    buf_init(&b, 1024);
    create(&c, 1);
    create(&c, 2);
    create(&c, 3);
    move_offer_encode(
        &(struct move_offer){
            .transfer = rid_of(100), .record = r, .to = bytes_str("26179"), .note = bytes_str("")},
        &b);
    told(&c, &b);
    move_share_encode(
        &(struct move_share){.record = r, .unit = bytes_str("26182"), .access = MOVE_READ}, &b);
    told(&c, &b);
    assign(&c, 2, 3, "26176");
    sound(&c.w);
    erase_record(&c.w, &c.office, 1);
    sound(&c.w);
    expect_unit(&c, 2, "26176", 0);
    world_reopen(&c.w);
    sound(&c.w);
    buf_free(&b);
    scene_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_gone_from_log_state_and_file),
        cmocka_unit_test(a_later_op_keeps_only_its_hash),
        cmocka_unit_test(answers_go_with_offers_that_never_applied),
        cmocka_unit_test(an_answer_goes_when_its_erased_offer_comes),
        cmocka_unit_test(late_answers_wipe_the_file_a_few_times_a_day),
        cmocka_unit_test(an_erased_op_leaves_the_graph),
        cmocka_unit_test(an_op_without_payload_needs_an_order),
        cmocka_unit_test(one_signature_twice_erases_nothing),
        cmocka_unit_test(a_rollback_takes_the_order_back),
        cmocka_unit_test(the_list_goes_on_where_the_other_side_ends),
        cmocka_unit_test(what_comes_back_and_was_made_anew_is_listed),
        cmocka_unit_test(nothing_stays_in_the_slack_of_pages),
        cmocka_unit_test(an_assignment_does_not_wait_for_what_is_erased),
        cmocka_unit_test(an_assignment_that_waited_applied_when_it_did),
        cmocka_unit_test(an_assignment_waits_for_all_that_may_come),
        cmocka_unit_test(a_unit_that_an_erased_op_named_keeps_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
