/* Transfers, shares and assignments at the hub: every state against every answer, what the feed tells,
 * that every record is counted once at any moment, and that the sums of scopes stay those of the rows. */
#include "common/date.h"
#include "common/io/db.h"
#include "hub/store_moves.h"
#include "hub/verify.h"
#include "proto/wire.h"
#include "tests/lib/catalogue_load.h"
#include "tests/lib/hub_world.h"
#include "tests/lib/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>

enum { PERSON = 1, ACTIVITY = 34, DRUG_CASE = 9, POST_REHAB = 12, REVIEW = 61, EX_PRISONER = 13 };
enum { A, B, C, UNITS };
enum { WHOLE_EVERY = 16 }; /* looks at the scopes for one of the whole store, which opens it anew */
static const char *const codes[UNITS] = {"26176", "26179", "26182"};

struct story {
    struct world w;
    struct world_node n[UNITS];
    unsigned looks;
};

static struct id_record rid_of(unsigned n)
{
    struct id_record r = {{0}};
    r.b[0] = (uint8_t)n;
    r.b[1] = (uint8_t)(n >> 8);
    r.b[15] = 7;
    return r;
}

static void story_open(struct story *s, uint64_t seed)
{
    size_t count = 0;
    s->looks = 0;
    world_open(&s->w, seed);
    struct catalogue_file *files = catalogue_load("catalogue", &count);
    world_publish(&s->w, files, count);
    catalogue_unload(files, count);
    for (int i = 0; i < UNITS; i++)
        world_node_open(&s->w, &s->n[i], codes[i], seed + 10 + (uint64_t)i);
}

static void story_close(struct story *s)
{
    assert_int_equal(hub_store_check(s->w.store), ERR_OK);
    for (int i = 0; i < UNITS; i++)
        world_node_close(&s->n[i]);
    world_close(&s->w);
}

static int64_t number(struct world *w, const char *sql)
{
    struct db_stmt *q = NULL;
    assert_int_equal(db_prepare(hub_store_db(w->store), sql, &q), ERR_OK);
    assert_int_equal(db_get(q), ERR_OK);
    int64_t v = db_column_int(q, 0);
    db_stmt_free(q);
    return v;
}

/* ---- an independent recount ---- */

/* SPEC 7.10 over what SPEC 13.1 says is in the scope, and that every record has one owner. */
static void check_scopes(struct story *s)
{
    struct hub_position at;
    hub_store_position(s->w.store, &at);
    int64_t seen = 0;
    for (int i = 0; i < UNITS; i++) {
        uint8_t sum[16] = {0};
        uint64_t records = 0;
        struct db_stmt *q = NULL;
        assert_int_equal(
            db_prepare(
                hub_store_db(s->w.store),
                "SELECT r.rid, r.pos, r.state, u.code = ?1 FROM sys_record r JOIN sys_unit u "
                "ON u.no = r.unit WHERE u.code = ?1 OR EXISTS (SELECT 1 FROM sys_scope_all a "
                "JOIN sys_unit v ON v.no = a.scope WHERE a.record = r.no AND v.code = ?1 "
                "AND a.left IS NULL)",
                &q),
            ERR_OK);
        db_bind_str(q, 1, codes[i]);
        bool row = true;
        for (;;) {
            struct id_record rid;
            uint8_t term[16];
            assert_int_equal(db_step(q, &row), ERR_OK);
            if (!row) break;
            assert_int_equal(db_column_copy(q, 0, rid.b, sizeof rid.b), ERR_OK);
            fold_scope_term(&rid, at.epoch, (uint64_t)db_column_int(q, 1), db_column_bytes(q, 2),
                            term);
            fold_scope_add(sum, term);
            records++;
            seen += db_column_int(q, 3);
        }
        db_stmt_free(q);
        struct hub_feed feed;
        struct message_hello_node hello = {.cursor_position = at.position};
        assert_int_equal(
            hub_store_feed(s->w.store, &s->n[i].hub_node, at.position, &hello, 1 << 20, &feed),
            ERR_OK);
        assert_true(feed.last);
        assert_int_equal(feed.end.records, records);
        assert_memory_equal(feed.end.scope_hash, sum, sizeof sum);
    }
    assert_int_equal(seen, number(&s->w, "SELECT count(*) FROM sys_record"));
    /* one owner at a time, by the table itself */
    assert_int_equal(number(&s->w, "SELECT count(*) FROM sys_record r WHERE (SELECT count(*) FROM "
                                   "sys_scope_all a WHERE a.record = r.no AND a.access = 0 AND "
                                   "a.left IS NULL AND a.scope = r.unit) <> 1"),
                     0);
    if (s->looks++ % WHOLE_EVERY == 0) assert_int_equal(hub_store_check(s->w.store), ERR_OK);
    assert_int_equal(hub_store_project(s->w.store), ERR_OK);
    assert_int_equal(number(&s->w, "SELECT count(*) FROM person"),
                     number(&s->w, "SELECT count(*) FROM sys_record WHERE type = 1"));
}

/* ---- deeds ---- */

static uint8_t push(struct story *s, int who)
{
    struct hub_position at;
    assert_int_equal(world_push(&s->w, &s->n[who]), ERR_OK);
    hub_store_position(s->w.store, &at);
    check_scopes(s);
    return world_verdict(&s->w, at.position) & FOLD_VERDICT_MASK;
}

static uint8_t deed(struct story *s, int who, const struct buf *payload)
{
    struct bytes p = buf_bytes(payload);
    assert_int_equal(payload->e, ERR_OK);
    if (who < 0) {
        struct hub_taken t = world_own(&s->w, &p, 1);
        check_scopes(s);
        return world_verdict(&s->w, t.last_position);
    }
    world_save(&s->n[who], &p, 1);
    return push(s, who);
}

static uint8_t offer(struct story *s, int who, unsigned transfer, unsigned record, int to)
{
    struct buf b;
    struct move_offer m = {.transfer = rid_of(transfer),
                           .record = rid_of(record),
                           .to = bytes_str(codes[to]),
                           .note = bytes_str("chuyển đến nơi ở mới")};
    buf_init(&b, 1024);
    move_offer_encode(&m, &b);
    uint8_t v = deed(s, who, &b);
    buf_free(&b);
    return v;
}

static uint8_t answer(struct story *s, int who, unsigned transfer, enum move_reply reply)
{
    struct buf b;
    struct move_answer m = {.transfer = rid_of(transfer), .reply = reply, .note = bytes_str("")};
    buf_init(&b, 1024);
    move_answer_encode(&m, &b);
    uint8_t v = deed(s, who, &b);
    buf_free(&b);
    return v;
}

static uint8_t share(struct story *s, int who, unsigned record, int with, enum move_access access)
{
    struct buf b;
    struct move_share m = {
        .record = rid_of(record), .unit = bytes_str(codes[with]), .access = access};
    buf_init(&b, 1024);
    move_share_encode(&m, &b);
    uint8_t v = deed(s, who, &b);
    buf_free(&b);
    return v;
}

static uint8_t settle_op(struct story *s, int who, unsigned record, const struct id_version *v,
                         unsigned op, bool apply)
{
    struct buf b;
    struct move_settle m = {.record = rid_of(record), .version = *v, .op = op, .apply = apply};
    buf_init(&b, 1024);
    move_settle_encode(&m, &b);
    uint8_t verdict = deed(s, who, &b);
    buf_free(&b);
    return verdict;
}

static uint8_t settle(struct story *s, int who, unsigned record, const struct id_version *v,
                      bool apply)
{
    return settle_op(s, who, record, v, 0, apply);
}

static uint8_t assign_try(struct story *s, const unsigned *records, size_t count, int to,
                          const char *date)
{
    struct buf b, ids;
    buf_init(&b, 64 * 1024);
    buf_init(&ids, 64 * 1024);
    for (size_t i = 0; i < count; i++) {
        struct id_record r = rid_of(records[i]);
        buf_add(&ids, r.b, sizeof r.b);
    }
    struct move_assign m = {
        .to = bytes_str(codes[to]), .date = bytes_str(date), .records = buf_bytes(&ids)};
    move_assign_encode(&m, &b);
    uint8_t verdict = deed(s, -1, &b);
    buf_free(&b);
    buf_free(&ids);
    return verdict;
}

static void assign(struct story *s, const unsigned *records, size_t count, int to, const char *date)
{
    assert_int_equal(assign_try(s, records, count, to, date), FOLD_APPLIED);
}

/* Create a record with a text in field 1, or a reference there. */
static void create(struct story *s, int who, unsigned record, unsigned type, const char *text,
                   unsigned ref, unsigned ref_field)
{
    struct world_op o;
    struct id_record r = rid_of(record), to = rid_of(ref);
    struct buf value;
    buf_init(&value, 64);
    world_op_begin(&o, CHANGE_CREATE, &r, type);
    if (text == NULL && ref == 0) text = "việc";
    if (text != NULL) world_op_text(&o, 1, text, NULL, 0);
    wire_put_bin(&value, BYTES_OF(to.b));
    if (ref != 0) world_op_value(&o, ref_field, buf_bytes(&value), NULL, 0);
    struct bytes p = world_op_end(&o);
    world_save(&s->n[who], &p, 1);
    assert_int_equal(push(s, who) & FOLD_VERDICT_MASK, FOLD_APPLIED);
    world_op_free(&o);
    buf_free(&value);
}

static struct id_version edit(struct story *s, int who, unsigned record, unsigned type,
                              unsigned field, const char *text, uint8_t *verdict)
{
    struct world_op o;
    struct id_record r = rid_of(record);
    world_op_begin(&o, CHANGE_EDIT, &r, type);
    world_op_text(&o, field, text, NULL, 0);
    struct bytes p = world_op_end(&o);
    struct id_version v = world_save(&s->n[who], &p, 1);
    uint8_t got = push(s, who);
    if (verdict != NULL) *verdict = got;
    world_op_free(&o);
    return v;
}

static const char *owner(struct story *s, unsigned record)
{
    static char unit[ADMIN_UNIT_BYTES_MAX + 1];
    struct id_record r = rid_of(record);
    unsigned type = 0;
    uint64_t position = 0;
    struct buf state;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    assert_int_equal(hub_store_record(s->w.store, &r, &state, &type, unit, &position), ERR_OK);
    buf_free(&state);
    return unit;
}

static int64_t state_of(struct story *s, unsigned transfer)
{
    char sql[200], hex[33];
    struct id_record t = rid_of(transfer);
    id_hex(BYTES_OF(t.b), hex);
    snprintf(sql, sizeof sql,
             "SELECT ifnull((SELECT state FROM sys_transfer WHERE id = x'%s'), -1)", hex);
    return number(&s->w, sql);
}

/* ---- the table of states ---- */

/* In each state each answer by each side: verdict, and the state behind it. */
static void every_state_meets_every_answer(void **ctx)
{
    (void)ctx;
    static const struct {
        int who;
        enum move_reply reply;
        uint8_t open;          /* verdict while the offer is open */
        enum move_state makes; /* the state behind it */
    } answers[] = {
        {B, MOVE_ACCEPT, FOLD_APPLIED, MOVE_ACCEPTED},
        {B, MOVE_REFUSE, FOLD_APPLIED, MOVE_REFUSED},
        {B, MOVE_WITHDRAW, FOLD_HELD_SCOPE, MOVE_OFFERED},
        {A, MOVE_ACCEPT, FOLD_HELD_SCOPE, MOVE_OFFERED},
        {A, MOVE_REFUSE, FOLD_HELD_SCOPE, MOVE_OFFERED},
        {A, MOVE_WITHDRAW, FOLD_APPLIED, MOVE_WITHDRAWN},
        {C, MOVE_ACCEPT, FOLD_HELD_SCOPE, MOVE_OFFERED},
        {C, MOVE_REFUSE, FOLD_HELD_SCOPE, MOVE_OFFERED},
        {C, MOVE_WITHDRAW, FOLD_HELD_SCOPE, MOVE_OFFERED},
        {-1, MOVE_ACCEPT, FOLD_APPLIED, MOVE_ACCEPTED},
        {-1, MOVE_REFUSE, FOLD_APPLIED, MOVE_REFUSED},
        {-1, MOVE_WITHDRAW, FOLD_APPLIED, MOVE_WITHDRAWN},
    };
    enum { ANSWERS = sizeof answers / sizeof answers[0] };
    struct story s;
    story_open(&s, 1);
    unsigned n = 1;
    for (size_t first = 0; first < ANSWERS; first++) {
        for (size_t second = 0; second < ANSWERS; second++, n++) {
            unsigned record = n, transfer = 1000 + n;
            create(&s, A, record, ACTIVITY, NULL, 0, 0);
            assert_int_equal(offer(&s, A, transfer, record, B), FOLD_APPLIED);
            assert_string_equal(owner(&s, record), codes[A]); /* an offer moves nothing */
            assert_int_equal(answer(&s, answers[first].who, transfer, answers[first].reply),
                             answers[first].open);
            enum move_state now = answers[first].makes;
            assert_int_equal(state_of(&s, transfer), now);
            bool foreign = answers[second].open == FOLD_HELD_SCOPE;
            uint8_t expect = now == MOVE_OFFERED || foreign ? answers[second].open : FOLD_REPLACED;
            assert_int_equal(answer(&s, answers[second].who, transfer, answers[second].reply),
                             expect);
            if (now == MOVE_OFFERED) now = answers[second].makes;
            assert_int_equal(state_of(&s, transfer), now);
            assert_string_equal(owner(&s, record), codes[now == MOVE_ACCEPTED ? B : A]);
        }
    }
    story_close(&s);
}

static void offers_that_cannot_be(void **ctx)
{
    (void)ctx;
    struct story s;
    story_open(&s, 2);
    create(&s, A, 1, ACTIVITY, NULL, 0, 0);
    assert_int_equal(offer(&s, B, 100, 1, C), FOLD_HELD_SCOPE);      /* not theirs */
    assert_int_equal(offer(&s, A, 101, 1, A), FOLD_HELD_UNREADABLE); /* to itself */
    assert_int_equal(offer(&s, A, 102, 1, B), FOLD_APPLIED);
    assert_int_equal(offer(&s, A, 103, 1, C), FOLD_REPLACED); /* one at a time */
    assert_int_equal(offer(&s, A, 102, 1, C), FOLD_REPLACED); /* the same name */
    assert_int_equal(state_of(&s, 100), -1);
    assert_int_equal(state_of(&s, 103), -1);
    /* the answer before the offer, the offer before the record: tried again when that comes */
    assert_int_equal(answer(&s, C, 104, MOVE_ACCEPT), FOLD_HELD_UNKNOWN);
    assert_int_equal(offer(&s, B, 104, 2, C), FOLD_HELD_UNKNOWN);
    create(&s, B, 2, ACTIVITY, NULL, 0, 0);
    assert_int_equal(state_of(&s, 104), MOVE_ACCEPTED);
    assert_string_equal(owner(&s, 2), codes[C]);
    assert_int_equal(number(&s.w, "SELECT count(*) FROM sys_held WHERE reason = 4"), 0);
    story_close(&s);
}

/* ---- what goes along, and what the feed tells ---- */

static size_t moves_of(struct story *s, int who, uint64_t from, unsigned kind,
                       struct message_move *out, size_t max)
{
    struct hub_feed feed;
    struct message_hello_node hello = {.cursor_position = from};
    size_t n = 0;
    assert_int_equal(hub_store_feed(s->w.store, &s->n[who].hub_node, from, &hello, 1 << 22, &feed),
                     ERR_OK);
    assert_true(feed.last);
    for (size_t i = 0; i < feed.move_count; i++) {
        if (feed.moves[i].kind == kind && n < max) out[n++] = feed.moves[i];
    }
    return n;
}

static size_t records_of(struct story *s, int who, uint64_t from)
{
    struct hub_feed feed;
    struct message_hello_node hello = {.cursor_position = from};
    assert_int_equal(hub_store_feed(s->w.store, &s->n[who].hub_node, from, &hello, 1 << 22, &feed),
                     ERR_OK);
    return feed.record_count;
}

static uint64_t end_of(struct story *s)
{
    struct hub_position at;
    hub_store_position(s->w.store, &at);
    return at.position;
}

static void cases_follow_their_person(void **ctx)
{
    (void)ctx;
    struct story s;
    struct message_move m[8];
    story_open(&s, 3);
    create(&s, A, 1, PERSON, "Nguyễn Văn A", 0, 0);
    create(&s, A, 2, DRUG_CASE, NULL, 1, 1);
    create(&s, A, 3, POST_REHAB, NULL, 1, 1);
    create(&s, A, 4, REVIEW, NULL, 3, 1); /* of the case: two steps away */
    create(&s, A, 5, PERSON, "Người khác", 0, 0);
    create(&s, A, 6, DRUG_CASE, NULL, 5, 1);
    create(&s, C, 7, DRUG_CASE, NULL, 1, 1); /* another commune's about the same person */
    assert_int_equal(offer(&s, A, 100, 1, B), FOLD_APPLIED);
    uint64_t before = end_of(&s);
    assert_int_equal(moves_of(&s, B, 0, MOVE_ITEM_TRANSFER, m, 8), 1);
    assert_int_equal(records_of(&s, B, 0), 0); /* told of the offer, not of the record */
    assert_int_equal(answer(&s, B, 100, MOVE_ACCEPT), FOLD_APPLIED);
    for (unsigned r = 1; r <= 4; r++)
        assert_string_equal(owner(&s, r), codes[B]);
    assert_string_equal(owner(&s, 5), codes[A]);
    assert_string_equal(owner(&s, 6), codes[A]);
    assert_string_equal(owner(&s, 7), codes[C]);
    assert_int_equal(records_of(&s, B, before), 4);
    /* a person is class 3: no copy stays, and the giver is not told where it is */
    size_t left = moves_of(&s, A, before, MOVE_ITEM_LEAVE, m, 8);
    assert_int_equal(left, 4);
    for (size_t i = 0; i < left; i++) {
        struct move_leave l;
        assert_int_equal(m[i].position, end_of(&s));
        assert_int_equal(move_leave_decode(m[i].item, &l), ERR_OK);
        assert_false(l.frozen);
    }
    assert_int_equal(moves_of(&s, A, 0, MOVE_ITEM_LEAVE, m, 8),
                     0); /* who never had it is not told */
    assert_int_equal(moves_of(&s, C, 0, MOVE_ITEM_TRANSFER, m, 8), 0);
    story_close(&s);
}

static void harmless_types_leave_a_copy(void **ctx)
{
    (void)ctx;
    struct story s;
    struct message_move m[8];
    struct move_leave l;
    story_open(&s, 4);
    create(&s, A, 1, ACTIVITY, NULL, 0, 0);
    assert_int_equal(offer(&s, A, 100, 1, B), FOLD_APPLIED);
    uint64_t before = end_of(&s);
    assert_int_equal(answer(&s, B, 100, MOVE_ACCEPT), FOLD_APPLIED);
    edit(&s, B, 1, ACTIVITY, 2, "đổi sau khi nhận", NULL);
    assert_int_equal(moves_of(&s, A, before, MOVE_ITEM_LEAVE, m, 8), 1);
    assert_int_equal(move_leave_decode(m[0].item, &l), ERR_OK);
    assert_true(l.frozen);
    assert_true(bytes_equal(l.unit, bytes_str(codes[B])));
    struct fold f;
    assert_int_equal(fold_init(&f), ERR_OK);
    assert_int_equal(fold_load(&f, l.state), ERR_OK);
    assert_null(fold_find(&f, 2, (struct bytes){NULL, 0})); /* as it was when it left */
    fold_free(&f);
    assert_int_equal(moves_of(&s, A, 0, MOVE_ITEM_LEAVE, m, 8), 1); /* a snapshot has the copy */
    /* back again: it is here, so nothing says that it left */
    assert_int_equal(offer(&s, B, 101, 1, A), FOLD_APPLIED);
    assert_int_equal(answer(&s, A, 101, MOVE_ACCEPT), FOLD_APPLIED);
    assert_int_equal(moves_of(&s, A, before, MOVE_ITEM_LEAVE, m, 8), 0);
    assert_int_equal(moves_of(&s, B, before, MOVE_ITEM_LEAVE, m, 8), 1);
    story_close(&s);
}

/* ---- edits that crossed ---- */

static void a_crossing_edit_is_kept_and_settled(void **ctx)
{
    (void)ctx;
    struct story s;
    struct message_move m[8];
    struct move_crossing x;
    uint8_t verdict = 0;
    story_open(&s, 5);
    for (unsigned r = 1; r <= 2; r++) {
        create(&s, A, r, ACTIVITY, NULL, 0, 0);
        assert_int_equal(offer(&s, A, 100 + r, r, B), FOLD_APPLIED);
        assert_int_equal(answer(&s, B, 100 + r, MOVE_ACCEPT), FOLD_APPLIED);
    }
    struct id_version v1 = edit(&s, A, 1, ACTIVITY, 2, "ghi lúc ngoại tuyến", &verdict);
    assert_int_equal(verdict, FOLD_HELD_SCOPE);
    struct id_version v2 = edit(&s, A, 2, ACTIVITY, 2, "không còn đúng", &verdict);
    size_t conflicts = 0;
    struct id_record rid = rid_of(1);
    assert_string_equal(world_text(&s.w, &rid, 2, &conflicts), "");
    /* both sides are told, a third is not */
    for (int who = A; who <= B; who++) {
        assert_int_equal(moves_of(&s, who, 0, MOVE_ITEM_CROSSED, m, 8), 2);
        assert_int_equal(move_crossing_decode(m[0].item, &x), ERR_OK);
        assert_true(bytes_equal(x.unit, bytes_str(codes[A])));
        assert_int_equal(x.state, MOVE_CROSSED_OPEN);
        assert_true(ID_EQUAL(&x.version, &v1));
    }
    assert_int_equal(moves_of(&s, C, 0, MOVE_ITEM_CROSSED, m, 8), 0);
    /* who wrote it does not decide; the owner does, once */
    assert_int_equal(settle(&s, A, 1, &v1, true), FOLD_HELD_SCOPE);
    uint64_t before = end_of(&s);
    assert_int_equal(settle(&s, B, 1, &v1, true), FOLD_APPLIED);
    assert_int_equal(settle(&s, B, 1, &v1, false), FOLD_REPLACED);
    assert_string_equal(world_text(&s.w, &rid, 2, &conflicts), "ghi lúc ngoại tuyến");
    assert_int_equal(settle(&s, -1, 2, &v2, false), FOLD_APPLIED);
    rid = rid_of(2);
    assert_string_equal(world_text(&s.w, &rid, 2, &conflicts), "");
    assert_int_equal(number(&s.w, "SELECT count(*) FROM sys_held WHERE reason = 3 AND rid IN "
                                  "(SELECT rid FROM sys_record)"),
                     0);
    /* the writer hears how it ended */
    assert_int_equal(moves_of(&s, A, before, MOVE_ITEM_CROSSED, m, 8), 2);
    assert_int_equal(move_crossing_decode(m[0].item, &x), ERR_OK);
    assert_int_equal(x.state, MOVE_CROSSED_APPLIED);
    assert_int_equal(move_crossing_decode(m[1].item, &x), ERR_OK);
    assert_int_equal(x.state, MOVE_CROSSED_ASIDE);
    struct hub_feed feed;
    struct message_hello_node hello = {.cursor_position = before};
    assert_int_equal(hub_store_feed(s.w.store, &s.n[A].hub_node, before, &hello, 1 << 20, &feed),
                     ERR_OK);
    bool applied = false, aside = false;
    for (size_t i = 0; i < feed.verdict_count; i++) {
        const struct message_verdicts *d = &feed.verdicts[i];
        for (size_t k = 0; d->position == 0 && k < d->verdicts.len; k++) {
            applied = applied || (d->verdicts.p[k] & FOLD_VERDICT_MASK) == FOLD_APPLIED;
            aside = aside || (d->verdicts.p[k] & FOLD_VERDICT_MASK) == FOLD_ASIDE;
        }
    }
    assert_true(applied && aside);
    /* who has it from now on hears of it too, though it came later than the settling */
    static const unsigned both[] = {1, 2};
    before = end_of(&s);
    assign(&s, both, 2, C, "2025-01-01");
    assert_int_equal(moves_of(&s, C, before, MOVE_ITEM_CROSSED, m, 8), 2);
    assert_int_equal(move_crossing_decode(m[0].item, &x), ERR_OK);
    assert_int_equal(x.state, MOVE_CROSSED_APPLIED);
    story_close(&s);
}

/* A set of two writes that crossed: a decision is about the one whose record it names, and about no other. */
/* An assignment and an edit of another PC of the unit wait for the record; when it comes it goes to the other unit, and
 * the edit crosses then, whatever its own position is: who has heard of that one already hears of this. */
static void a_write_that_waited_crosses_when_its_record_comes(void **ctx)
{
    (void)ctx;
    struct story s;
    struct world_node late;
    struct world_op o;
    struct message_move m[8];
    const struct id_record rid = rid_of(1);
    story_open(&s, 27);
    world_node_open(&s.w, &late, codes[A], 270);
    assert_int_equal(assign_try(&s, (unsigned[]){1}, 1, B, "2023-07-01"), FOLD_HELD_UNKNOWN);
    world_op_begin(&o, CHANGE_EDIT, &rid, ACTIVITY);
    world_op_text(&o, 2, "sửa trước khi có hồ sơ", NULL, 0);
    struct bytes p = world_op_end(&o);
    world_save(&late, &p, 1);
    world_op_free(&o);
    assert_int_equal(world_push(&s.w, &late), ERR_OK);
    uint64_t before = end_of(&s);
    assert_int_equal(world_verdict(&s.w, before) & FOLD_VERDICT_MASK, FOLD_HELD_UNKNOWN);
    create(&s, A, 1, ACTIVITY, NULL, 0, 0);
    assert_string_equal(owner(&s, 1), codes[B]);
    assert_int_equal(world_verdict(&s.w, before) & FOLD_VERDICT_MASK, FOLD_HELD_SCOPE);
    for (int who = A; who <= B; who++)
        assert_int_equal(moves_of(&s, who, before, MOVE_ITEM_CROSSED, m, 8), 1);
    assert_int_equal(moves_of(&s, C, before, MOVE_ITEM_CROSSED, m, 8), 0);
    world_node_close(&late);
    story_close(&s);
}

static void a_decision_names_the_record_of_its_op(void **ctx)
{
    (void)ctx;
    struct story s;
    struct world_op ops[2];
    struct bytes p[2];
    static const char *const texts[] = {"của B", "của C"};
    size_t conflicts = 0;
    story_open(&s, 9);
    for (unsigned r = 1; r <= 2; r++) {
        create(&s, A, r, ACTIVITY, NULL, 0, 0);
        assert_int_equal(offer(&s, A, 100 + r, r, r == 1 ? B : C), FOLD_APPLIED);
        assert_int_equal(answer(&s, r == 1 ? B : C, 100 + r, MOVE_ACCEPT), FOLD_APPLIED);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct id_record r = rid_of(1 + i);
        world_op_begin(&ops[i], CHANGE_EDIT, &r, ACTIVITY);
        world_op_text(&ops[i], 2, texts[i], NULL, 0);
        p[i] = world_op_end(&ops[i]);
    }
    struct id_version v = world_save(&s.n[A], p, 2);
    assert_int_equal(push(&s, A), FOLD_HELD_SCOPE);
    /* op 0 is of record 1, which B has and C does not */
    assert_int_equal(settle(&s, C, 2, &v, true), FOLD_HELD_UNKNOWN);
    assert_int_equal(settle(&s, -1, 2, &v, true), FOLD_HELD_UNKNOWN);
    assert_int_equal(settle(&s, C, 1, &v, true), FOLD_HELD_SCOPE);
    assert_int_equal(number(&s.w, "SELECT count(*) FROM sys_crossed WHERE state = 0"), 2);
    assert_int_equal(settle_op(&s, C, 2, &v, 1, true), FOLD_APPLIED);
    assert_int_equal(number(&s.w, "SELECT count(*) FROM sys_crossed WHERE state = 0"), 1);
    struct id_record rid = rid_of(1);
    assert_string_equal(world_text(&s.w, &rid, 2, &conflicts), "");
    rid = rid_of(2);
    assert_string_equal(world_text(&s.w, &rid, 2, &conflicts), "của C");
    for (unsigned i = 0; i < 2; i++)
        world_op_free(&ops[i]);
    story_close(&s);
}

/* After a hub restore the decision can be there before the write that it is about. */
static void a_decision_waits_for_its_write(void **ctx)
{
    (void)ctx;
    struct story s, t;
    uint8_t verdict = 0;
    story_open(&s, 6);
    story_open(&t, 6);
    for (int i = 0; i < 2; i++) {
        struct story *x = i == 0 ? &s : &t;
        create(x, A, 1, ACTIVITY, NULL, 0, 0);
        assert_int_equal(offer(x, A, 100, 1, B), FOLD_APPLIED);
        assert_int_equal(answer(x, B, 100, MOVE_ACCEPT), FOLD_APPLIED);
    }
    struct id_version v = edit(&s, A, 1, ACTIVITY, 2, "ghi", &verdict);
    /* the same seed makes the same set at the other world: its version is known beforehand */
    assert_int_equal(settle(&t, B, 1, &v, true), FOLD_HELD_UNKNOWN);
    struct id_version same = edit(&t, A, 1, ACTIVITY, 2, "ghi", &verdict);
    assert_true(ID_EQUAL(&v, &same));
    size_t conflicts = 0;
    struct id_record rid = rid_of(1);
    assert_string_equal(world_text(&t.w, &rid, 2, &conflicts), "ghi");
    assert_int_equal(number(&t.w, "SELECT count(*) FROM sys_held"), 0);
    story_close(&s);
    story_close(&t);
}

/* ---- shares ---- */

static void shares_read_write_and_end(void **ctx)
{
    (void)ctx;
    struct story s;
    struct message_move m[8];
    uint8_t verdict = 0;
    size_t conflicts = 0;
    struct id_record rid = rid_of(1);
    story_open(&s, 7);
    create(&s, A, 1, ACTIVITY, NULL, 0, 0);
    assert_int_equal(share(&s, B, 1, C, MOVE_READ), FOLD_HELD_SCOPE); /* not theirs to share */
    assert_int_equal(share(&s, A, 1, B, MOVE_READ), FOLD_APPLIED);
    assert_int_equal(records_of(&s, B, 0), 1);
    edit(&s, B, 1, ACTIVITY, 2, "chỉ được xem", &verdict);
    assert_int_equal(verdict, FOLD_HELD_SCOPE);
    assert_int_equal(share(&s, A, 1, B, MOVE_WRITE), FOLD_APPLIED);
    edit(&s, B, 1, ACTIVITY, 2, "được sửa", &verdict);
    assert_int_equal(verdict, FOLD_APPLIED);
    assert_string_equal(world_text(&s.w, &rid, 2, &conflicts), "được sửa");
    assert_int_equal(share(&s, -1, 1, C, MOVE_READ), FOLD_APPLIED);
    edit(&s, A, 1, ACTIVITY, 3, "ba nơi cùng thấy", NULL);
    uint64_t before = end_of(&s);
    assert_int_equal(share(&s, B, 1, B, MOVE_NOTHING), FOLD_APPLIED); /* may give it back itself */
    assert_int_equal(moves_of(&s, B, before, MOVE_ITEM_LEAVE, m, 8), 1);
    assert_int_equal(records_of(&s, B, before), 0);
    edit(&s, B, 1, ACTIVITY, 2, "đã thôi chia sẻ", &verdict);
    assert_int_equal(verdict, FOLD_HELD_SCOPE);
    /* the one who reads it becomes its owner: it stays without leaving */
    before = end_of(&s);
    assert_int_equal(offer(&s, A, 100, 1, C), FOLD_APPLIED);
    assert_int_equal(answer(&s, C, 100, MOVE_ACCEPT), FOLD_APPLIED);
    assert_int_equal(moves_of(&s, C, before, MOVE_ITEM_LEAVE, m, 8), 0);
    assert_int_equal(moves_of(&s, A, before, MOVE_ITEM_LEAVE, m, 8), 1);
    assert_int_equal(number(&s.w, "SELECT shared FROM sys_record"), 0);
    story_close(&s);
}

/* ---- assignments, and owners on a day ---- */

struct old_owner {
    struct id_record rid;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
};

static enum err old_owner_row(void *ctx, const struct id_record *rid, const char *unit)
{
    struct old_owner *o = ctx;
    if (ID_EQUAL(rid, &o->rid)) snprintf(o->unit, sizeof o->unit, "%s", unit);
    return ERR_OK;
}

/* Whose record 1 was on a day, "" if it is the same unit's now. */
static const char *owner_on(struct story *s, const char *day)
{
    static struct old_owner o;
    o = (struct old_owner){.rid = rid_of(1)};
    assert_int_equal(hub_store_owners_on(s->w.store, day, old_owner_row, &o), ERR_OK);
    return o.unit;
}

static void assignments_keep_the_old_days(void **ctx)
{
    (void)ctx;
    static const unsigned all[] = {1, 2, 3};
    struct story s;
    story_open(&s, 8);
    for (unsigned r = 1; r <= 3; r++)
        create(&s, A, r, ACTIVITY, NULL, 0, 0);
    assert_string_equal(owner_on(&s, "2024-12-31"), "");
    assert_int_equal(offer(&s, A, 100, 3, C), FOLD_APPLIED);
    assign(&s, all, 3, B, "2025-01-01");
    assert_int_equal(state_of(&s, 100), MOVE_VOID); /* it left by another road */
    assert_int_equal(answer(&s, C, 100, MOVE_ACCEPT), FOLD_REPLACED);
    assign(&s, all, 2, C, "2025-07-01");
    assert_string_equal(owner_on(&s, "2024-12-31"), codes[A]);
    assert_string_equal(owner_on(&s, "2025-01-01"), codes[B]);
    assert_string_equal(owner_on(&s, "2025-06-30"), codes[B]);
    assert_string_equal(owner_on(&s, "2025-07-01"), ""); /* the one of today */
    world_reopen(&s.w);                                  /* the sums are of the disk */
    check_scopes(&s);
    story_close(&s);
}

/* ---- who had it on which day, whatever the moves ---- */

enum { DAYS = 12, LONG_MOVES = 20, LONG_STORIES = 3 };
static const char days[DAYS][11] = {"2026-02-01", "2026-02-02", "2026-02-03", "2026-02-04",
                                    "2026-02-05", "2026-02-06", "2026-02-07", "2026-02-08",
                                    "2026-02-09", "2026-02-10", "2026-02-11", "2026-02-12"};

static void on_day(struct story *s, int day)
{
    struct date d;
    assert_int_equal(date_parse(bytes_str(days[day]), &d), ERR_OK);
    s->w.now_ms = date_to_ms(d) + 3600000;
}

/* Record 1 goes to a unit by an offer and its answer on that day. */
static void goes(struct story *s, unsigned transfer, int from, int to, int day)
{
    on_day(s, day);
    assert_int_equal(offer(s, from, transfer, 1, to), FOLD_APPLIED);
    assert_int_equal(answer(s, to, transfer, MOVE_ACCEPT), FOLD_APPLIED);
}

static void expect_owners(struct story *s, const int *want)
{
    for (int d = 0; d < DAYS; d++) {
        const char *code = codes[want[d]];
        const char *now = owner(s, 1), *then = owner_on(s, days[d]);
        assert_string_equal(then[0] != 0 ? then : now, code);
    }
}

static enum err finding(void *ctx, const struct hub_finding *f)
{
    (void)ctx;
    print_message("finding: %s at %u %s\n", hub_finding_en(f->kind), (unsigned)f->position,
                  f->table != NULL ? f->table : "");
    return ERR_OK;
}

/* Of the log replayed, against the tables. */
static uint64_t findings(struct story *s)
{
    struct hub_verified_log out;
    enum err e = hub_verify_log(s->w.store, finding, NULL, &out);
    assert_int_equal(e, out.findings == 0 ? ERR_OK : ERR_DAMAGED);
    return out.findings;
}

static void to_and_fro_counts_where_it_was(void **ctx)
{
    (void)ctx;
    struct story s;
    story_open(&s, 12);
    on_day(&s, 0);
    create(&s, A, 1, ACTIVITY, NULL, 0, 0);
    goes(&s, 100, A, B, 2);
    goes(&s, 101, B, A, 4);
    goes(&s, 102, A, B, 6);
    expect_owners(&s, (const int[DAYS]){A, A, B, B, A, A, B, B, B, B, B, B});
    goes(&s, 103, B, A, 8); /* two moves on one day are none for the figures */
    goes(&s, 104, A, B, 8);
    goes(&s, 105, B, C, 9);
    goes(&s, 106, C, B, 9);
    expect_owners(&s, (const int[DAYS]){A, A, B, B, A, A, B, B, B, B, B, B});
    goes(&s, 107, B, A, 10);
    expect_owners(&s, (const int[DAYS]){A, A, B, B, A, A, B, B, B, B, A, A});
    assert_int_equal(share(&s, A, 1, C, MOVE_WRITE), FOLD_APPLIED); /* a share moves no figure */
    assert_int_equal(share(&s, A, 1, C, MOVE_NOTHING), FOLD_APPLIED);
    assert_int_equal(share(&s, A, 1, C, MOVE_READ), FOLD_APPLIED);
    expect_owners(&s, (const int[DAYS]){A, A, B, B, A, A, B, B, B, B, A, A});
    static const unsigned one[] = {1};
    assign(&s, one, 1, C, days[1]); /* A became C on that day: B's days stay B's */
    expect_owners(&s, (const int[DAYS]){A, C, B, B, C, C, B, B, B, B, C, C});
    goes(&s, 108, C, B, 11);
    static const int last[DAYS] = {A, C, B, B, C, C, B, B, B, B, C, B};
    expect_owners(&s, last);
    assert_int_equal(findings(&s), 0);
    /* a database of before the table has it from the rows of the moves */
    assert_int_equal(db_exec(hub_store_db(s.w.store), "DELETE FROM sys_owner;"
                                                      "DELETE FROM sys_meta WHERE key = 'owners'"),
                     ERR_OK);
    assert_int_not_equal(findings(&s), 0);
    world_reopen(&s.w);
    expect_owners(&s, last);
    assert_int_equal(findings(&s), 0);
    assert_int_equal(
        db_exec(hub_store_db(s.w.store),
                "UPDATE sys_owner SET since = '2026-02-01' WHERE since = '2026-02-02'"),
        ERR_OK);
    assert_int_not_equal(findings(&s), 0); /* verify sees a day that nobody said */
    world_reopen(&s.w);
    assert_int_equal(
        db_exec(hub_store_db(s.w.store),
                "UPDATE sys_owner SET since = '2026-02-02' WHERE since = '2026-02-01'"),
        ERR_OK);
    story_close(&s);
}

/* Random moves with dates before and behind one another, some of them in one set of the hub's. */
static void long_histories_against_a_calendar(void **ctx)
{
    (void)ctx;
    for (uint64_t seed = 0; seed < LONG_STORIES; seed++) {
        struct story s;
        int want[DAYS] = {0}, has = A, today = 0;
        struct rng r = {seed + 1305};
        print_message("histories: seed %u\n", (unsigned)seed);
        story_open(&s, 100 + seed);
        on_day(&s, 0);
        create(&s, A, 1, ACTIVITY, NULL, 0, 0);
        for (unsigned m = 0; m < LONG_MOVES;) {
            struct buf b[4];
            struct bytes p[4];
            size_t n = 0;
            if (today + 1 < DAYS && rng_below(&r, 4) == 0) today++;
            if (rng_below(&r, 2) == 0) {
                int to = (has + 1 + (int)rng_below(&r, 2)) % UNITS;
                goes(&s, 1000 + m, has, to, today);
                for (int d = today; d < DAYS; d++)
                    want[d] = want[d] == has ? to : want[d];
                has = to;
                m++;
                continue;
            }
            struct id_record rid = rid_of(1);
            for (size_t k = 1 + (size_t)rng_below(&r, 4); n < k; n++, m++) {
                int to = (has + 1 + (int)rng_below(&r, 2)) % UNITS, day = (int)rng_below(&r, DAYS);
                struct move_assign a = {.to = bytes_str(codes[to]),
                                        .date = bytes_str(days[day]),
                                        .records = BYTES_OF(rid.b)};
                buf_init(&b[n], 256);
                move_assign_encode(&a, &b[n]);
                p[n] = buf_bytes(&b[n]);
                for (int d = day; d < DAYS; d++)
                    want[d] = want[d] == has ? to : want[d];
                has = to;
            }
            world_own(&s.w, p, n);
            while (n > 0)
                buf_free(&b[--n]);
            expect_owners(&s, want);
        }
        assert_string_equal(owner(&s, 1), codes[has]);
        assert_int_equal(findings(&s), 0);
        check_scopes(&s);
        story_close(&s);
    }
}

/* Each op of a set is judged by itself, however many speak of one share. */
static void a_share_that_turns_in_one_set(void **ctx)
{
    (void)ctx;
    struct story s;
    static const enum move_access turns[] = {MOVE_READ,  MOVE_NOTHING, MOVE_WRITE, MOVE_READ,
                                             MOVE_WRITE, MOVE_NOTHING, MOVE_READ,  MOVE_WRITE};
    enum { TURNS = sizeof turns / sizeof turns[0] };
    struct buf b[TURNS];
    struct bytes p[TURNS];
    uint8_t verdict = 0;
    story_open(&s, 13);
    create(&s, A, 1, ACTIVITY, NULL, 0, 0);
    struct id_record rid = rid_of(1);
    for (size_t i = 0; i < TURNS; i++) {
        struct move_share m = {.record = rid, .unit = bytes_str(codes[B]), .access = turns[i]};
        buf_init(&b[i], 256);
        move_share_encode(&m, &b[i]);
        p[i] = buf_bytes(&b[i]);
    }
    world_save(&s.n[A], p, TURNS);
    assert_int_equal(push(&s, A), FOLD_APPLIED);
    for (size_t i = 0; i < TURNS; i++)
        buf_free(&b[i]);
    edit(&s, B, 1, ACTIVITY, 2, "được sửa", &verdict);
    assert_int_equal(verdict, FOLD_APPLIED);
    story_close(&s);
}

/* A hub that went back has the assignment again before the records: whichever comes first. */
static void an_assignment_waits_for_its_last_record(void **ctx)
{
    (void)ctx;
    static const unsigned all[] = {1, 2, 3};
    for (unsigned first = 0; first < 3; first++) {
        struct story s;
        story_open(&s, 9);
        assert_int_equal(assign_try(&s, all, 3, B, "2025-01-01"), FOLD_HELD_UNKNOWN);
        for (unsigned i = 0; i < 3; i++) {
            unsigned record = all[(first + i) % 3];
            create(&s, A, record, ACTIVITY, NULL, 0, 0);
            assert_string_equal(owner(&s, record), codes[i < 2 ? A : B]);
        }
        for (unsigned i = 0; i < 3; i++)
            assert_string_equal(owner(&s, all[i]), codes[B]);
        check_scopes(&s);
        story_close(&s);
    }
}

static void many_take_their_cases_along(void **ctx)
{
    (void)ctx;
    struct story s;
    struct buf ids;
    story_open(&s, 10);
    create(&s, A, 1, PERSON, "Người một", 0, 0);
    create(&s, A, 2, PERSON, "Người hai", 0, 0);
    create(&s, A, 3, POST_REHAB, NULL, 1, 1);
    create(&s, A, 4, REVIEW, NULL, 3, 1);
    create(&s, A, 5, DRUG_CASE, NULL, 2, 1);
    create(&s, A, 6, ACTIVITY, NULL, 0, 0);
    create(&s, B, 7, DRUG_CASE, NULL, 1, 1); /* not of this unit */
    for (unsigned first = 1; first <= 2; first++) {
        struct id_record r = rid_of(first);
        buf_init(&ids, 4096);
        buf_add(&ids, r.b, sizeof r.b);
        assert_int_equal(hub_store_closure(s.w.store, codes[A], &ids), ERR_OK);
        assert_int_equal(ids.len / ID_RECORD_BYTES, first == 1 ? 3 : 2);
        buf_free(&ids);
    }
    buf_init(&ids, 4096);
    for (unsigned first = 1; first <= 2; first++) {
        struct id_record r = rid_of(first);
        buf_add(&ids, r.b, sizeof r.b);
    }
    assert_int_equal(hub_store_closure(s.w.store, codes[A], &ids), ERR_OK);
    assert_int_equal(ids.len / ID_RECORD_BYTES, 5); /* each once */
    buf_free(&ids);
    story_close(&s);
}

/* MOVE_CLOSURE_MAX records go with one accept, one more does not. */
static void a_closure_has_a_limit(void **ctx)
{
    (void)ctx;
    struct story s;
    uint8_t value[18] = {0xc4, 16};
    struct id_record person = rid_of(1);
    struct world_op *o = calloc(256, sizeof *o);
    assert_non_null(o);
    memcpy(value + 2, person.b, sizeof person.b);
    story_open(&s, 11);
    create(&s, A, 1, PERSON, "Người có nhiều hồ sơ", 0, 0);
    for (unsigned made = 0; made < MOVE_CLOSURE_MAX;) {
        struct bytes p[256];
        unsigned n = 0;
        for (; n < 256 && made < MOVE_CLOSURE_MAX; n++, made++) {
            struct id_record r = rid_of(10 + made);
            world_op_begin(&o[n], CHANGE_CREATE, &r, EX_PRISONER);
            world_op_value(&o[n], 1, BYTES_OF(value), NULL, 0);
            p[n] = world_op_end(&o[n]);
        }
        world_save(&s.n[A], p, n);
        for (unsigned i = 0; i < n; i++)
            world_op_free(&o[i]);
    }
    free(o);
    push(&s, A);
    assert_int_equal(offer(&s, A, 9000, 1, B), FOLD_APPLIED);
    assert_int_equal(answer(&s, B, 9000, MOVE_ACCEPT), FOLD_HELD_UNREADABLE); /* one too many */
    assert_string_equal(owner(&s, 1), codes[A]);
    static const unsigned last[] = {10};
    assign(&s, last, 1, C, "2025-01-01");
    assert_int_equal(answer(&s, B, 9000, MOVE_ACCEPT), FOLD_APPLIED);
    assert_string_equal(owner(&s, 10 + MOVE_CLOSURE_MAX - 1), codes[B]);
    assert_string_equal(owner(&s, 10), codes[C]);
    story_close(&s);
}

static void what_is_old_becomes_a_snapshot(void **ctx)
{
    (void)ctx;
    struct story s;
    struct message_move m[8];
    struct hub_node node;
    struct message_hello_node hello = {.cursor_epoch = 0};
    story_open(&s, 9);
    create(&s, A, 1, ACTIVITY, NULL, 0, 0);
    assert_int_equal(offer(&s, A, 100, 1, B), FOLD_APPLIED);
    assert_int_equal(answer(&s, B, 100, MOVE_ACCEPT), FOLD_APPLIED);
    uint64_t at = end_of(&s);
    s.w.now_ms += INT64_C(800) * 86400000;
    create(&s, A, 2, ACTIVITY, NULL, 0, 0);
    assert_int_equal(hub_store_begin(s.w.store), ERR_OK);
    assert_int_equal(hub_store_contact(s.w.store, &s.n[A].hub_node.node, &hello, s.w.now_ms),
                     ERR_OK);
    assert_int_equal(hub_store_commit(s.w.store), ERR_OK);
    assert_int_equal(hub_store_node(s.w.store, &s.n[A].hub_node.node, &node), ERR_OK);
    assert_int_equal(node.floor, at);
    assert_int_equal(moves_of(&s, A, 0, MOVE_ITEM_LEAVE, m, 8), 0);
    assert_int_equal(moves_of(&s, A, 0, MOVE_ITEM_TRANSFER, m, 8), 1); /* who asks, is told */
    assert_int_equal(answer(&s, B, 100, MOVE_REFUSE), FOLD_REPLACED);  /* and late answers too */
    assert_string_equal(owner(&s, 1), codes[B]);
    check_scopes(&s);
    story_close(&s);
}

/* ---- bytes ---- */

static void payloads_are_strict(void **ctx)
{
    (void)ctx;
    struct buf b;
    struct move_offer m = {.transfer = rid_of(1),
                           .record = rid_of(2),
                           .to = bytes_str("26179"),
                           .note = bytes_str("x")},
                      back;
    buf_init(&b, 4096);
    move_offer_encode(&m, &b);
    struct bytes good = buf_bytes(&b);
    assert_int_equal(move_offer_decode(good, &back), ERR_OK);
    assert_true(ID_EQUAL(&back.record, &m.record) && bytes_equal(back.to, m.to));
    for (size_t cut = 0; cut < good.len; cut++)
        assert_int_equal(move_offer_decode(bytes_make(good.p, cut), &back), ERR_BAD_FORMAT);
    for (size_t i = 0; i < good.len * 8; i++) {
        uint8_t copy[256];
        memcpy(copy, good.p, good.len);
        copy[i / 8] ^= (uint8_t)(1u << (i % 8));
        struct buf again;
        buf_init(&again, 4096);
        if (move_offer_decode(bytes_make(copy, good.len), &back) == ERR_OK) {
            move_offer_encode(&back, &again);
            assert_true(bytes_equal(buf_bytes(&again), bytes_make(copy, good.len)));
        }
        buf_free(&again);
    }
    /* limits, at and behind them */
    char note[MOVE_NOTE_BYTES_MAX + 2];
    memset(note, 'a', sizeof note);
    for (size_t more = 0; more < 2; more++) {
        buf_clear(&b);
        m.note = bytes_make((const uint8_t *)note, MOVE_NOTE_BYTES_MAX + more);
        move_offer_encode(&m, &b);
        assert_int_equal(move_offer_decode(buf_bytes(&b), &back), more ? ERR_BAD_FORMAT : ERR_OK);
    }
    uint8_t *ids = calloc(MOVE_ASSIGN_MAX + 1, ID_RECORD_BYTES);
    assert_non_null(ids);
    struct buf big;
    buf_init(&big, 64 * 1024);
    for (size_t more = 0; more < 2; more++) {
        struct move_assign a = {.to = bytes_str("26179"), .date = bytes_str("2025-07-01")}, out;
        a.records = bytes_make(ids, (MOVE_ASSIGN_MAX + more) * ID_RECORD_BYTES);
        buf_clear(&big);
        move_assign_encode(&a, &big);
        assert_int_equal(move_assign_decode(buf_bytes(&big), &out), more ? ERR_BAD_FORMAT : ERR_OK);
        a.records = bytes_make(ids, ID_RECORD_BYTES);
        a.date = bytes_str("2025-02-30");
        buf_clear(&big);
        move_assign_encode(&a, &big);
        assert_int_equal(move_assign_decode(buf_bytes(&big), &out), ERR_BAD_FORMAT);
    }
    free(ids);
    buf_free(&big);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads_are_strict),
        cmocka_unit_test(every_state_meets_every_answer),
        cmocka_unit_test(offers_that_cannot_be),
        cmocka_unit_test(cases_follow_their_person),
        cmocka_unit_test(harmless_types_leave_a_copy),
        cmocka_unit_test(a_crossing_edit_is_kept_and_settled),
        cmocka_unit_test(a_write_that_waited_crosses_when_its_record_comes),
        cmocka_unit_test(a_decision_names_the_record_of_its_op),
        cmocka_unit_test(a_decision_waits_for_its_write),
        cmocka_unit_test(shares_read_write_and_end),
        cmocka_unit_test(assignments_keep_the_old_days),
        cmocka_unit_test(an_assignment_waits_for_its_last_record),
        cmocka_unit_test(to_and_fro_counts_where_it_was),
        cmocka_unit_test(long_histories_against_a_calendar),
        cmocka_unit_test(a_share_that_turns_in_one_set),
        cmocka_unit_test(many_take_their_cases_along),
        cmocka_unit_test(a_closure_has_a_limit),
        cmocka_unit_test(what_is_old_becomes_a_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
