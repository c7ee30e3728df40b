/* Damage at a commune's PC that heals with the hub's help (SPEC 15.7): what is shown, what came, what was delivered.
 * One cell at a time is changed as a disk would, without the seals; then a round of scrub, sessions, verify. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "common/io/db.h"
#include "node/maintain.h"
#include "node/scrub.h"
#include "node/store_alarm.h"
#include "node/store_heal.h"
#include "tests/lib/pair.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { SAVES = 9, MANY = 400 };

static struct id_record rids[SAVES];

static void seal_on(struct pair_node *n)
{
    pair_node_off(n);
    OK(node_store_open(&(struct node_store_options){.path = n->path, .seal = true}, &n->store));
    pair_node_engine(n);
}

/* A node with a catalogue, its own records, one that the hub changed, and nothing that waits. */
static void begin(struct pair *w, uint64_t seed)
{
    struct buf bases;
    pair_open(w, seed);
    pair_publish(w, 1);
    struct pair_node *n = &w->nodes[0];
    seal_on(n);
    pair_join(n);
    OK(pair_settle(n));
    for (int i = 0; i < SAVES; i++) {
        char text[64];
        snprintf(text, sizeof text, "Người thứ %d, thôn số %d", i, 3 * i);
        pair_save(n, CHANGE_CREATE, &rids[i], text, bytes_make(NULL, 0));
    }
    OK(pair_settle(n));
    buf_init(&bases, 4096);
    pair_heads(n, &rids[0], &bases);
    pair_hub_save(w, CHANGE_EDIT, &rids[0], "sửa ở trung tâm", buf_bytes(&bases));
    buf_free(&bases);
    OK(pair_settle(n));
}

/* Another program's write to a closed database, as a disk would do it: no seal follows. */
static bool harm(struct pair_node *n, const char *sql)
{
    struct db *db = NULL;
    pair_node_off(n);
    OK(db_open(n->path, NULL, 0, &db));
    bool done = db_exec(db, sql) == ERR_OK && db_changes(db) > 0;
    db_close(db);
    pair_node_on(n);
    return done;
}

static void digest(struct pair_node *n, const char *table, uint8_t out[static 32])
{
    char sql[128];
    struct db_stmt *q = NULL;
    bool row = false;
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, 32);
    snprintf(sql, sizeof sql, "SELECT * FROM \"%s\" ORDER BY 1, 2, 3", table);
    OK(db_prepare(node_store_db(n->store), sql, &q));
    for (OK(db_step(q, &row)); row;) {
        for (int i = 0; i < db_column_count(q); i++) {
            uint8_t kind = (uint8_t)db_column_kind(q, i);
            struct bytes b = db_column_bytes(q, i);
            crypto_generichash_update(&h, &kind, 1);
            crypto_generichash_update(&h, (const uint8_t *)&b.len, sizeof b.len);
            if (b.len > 0) crypto_generichash_update(&h, b.p, b.len);
        }
        OK(db_step(q, &row));
    }
    db_stmt_free(q);
    crypto_generichash_final(&h, out, 32);
}

static uint64_t scrub(struct pair_node *n)
{
    struct node_scrub s;
    node_scrub_init(&s, n->store);
    for (unsigned i = 0; s.rounds == 0 && i < 100000; i++)
        (void)node_scrub_turn(&s, PAIR_WALL);
    node_scrub_free(&s);
    return s.findings;
}

static int64_t number(struct pair_node *n, const char *sql)
{
    struct db_stmt *q = NULL;
    OK(db_prepare(node_store_db(n->store), sql, &q));
    OK(db_get(q));
    int64_t v = db_column_int(q, 0);
    db_stmt_free(q);
    return v;
}

static enum err alarm_seen(void *ctx, const struct node_alarm *a)
{
    *(unsigned *)ctx += a->kind == NODE_ALARM_DAMAGED;
    return ERR_OK;
}

static void assert_clean(struct pair_node *n)
{
    struct node_verified v;
    unsigned alarms = 0;
    OK(node_store_verify(n->store, NULL, NULL, &v));
    assert_int_equal(scrub(n), 0);
    assert_int_equal(number(n, "SELECT count(*) FROM sys_heal"), 0);
    OK(node_store_alarms(n->store, false, alarm_seen, &alarms));
    assert_int_equal(alarms, 1); /* a person looks at the disk all the same */
}

static const struct {
    const char *name, *where;
} places[] = {
    {"sys_record", "rowid = 5"},
    {"sys_hub_set", "rowid = (SELECT max(rowid) FROM sys_hub_set)"},
    {"sys_edition", "rowid = 1"},
    {"sys_catalogue_part", "rowid = 1"},
    {"sys_shown", "rid = (SELECT min(rid) FROM sys_shown)"},
    {"sys_search", "rid = (SELECT min(rid) FROM sys_search)"},
    {"thing", "id = (SELECT min(id) FROM thing)"},
};

static size_t columns_of(struct pair_node *n, const char *table, char (*names)[64])
{
    char sql[128];
    struct db_stmt *q = NULL;
    bool row = false;
    size_t count = 0;
    snprintf(sql, sizeof sql, "SELECT name FROM pragma_table_info('%s')", table);
    OK(db_prepare(node_store_db(n->store), sql, &q));
    for (OK(db_step(q, &row)); row;) {
        struct bytes b = db_column_bytes(q, 0);
        snprintf(names[count++], 64, "%.*s", (int)b.len, (const char *)b.p);
        OK(db_step(q, &row));
    }
    db_stmt_free(q);
    return count;
}

/* Every column of these rows, one after the other. */
static void what_came_and_what_is_shown_come_back(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy good = {{0}};
    unsigned healed = 0;
    begin(&w, 61);
    struct pair_node *n = &w.nodes[0];
    pair_node_copy(n, &good);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char names[40][64], sql[512];
        uint8_t before[32], after[32];
        digest(n, places[i].name, before);
        size_t count = columns_of(n, places[i].name, names);
        assert_true(count > 0);
        for (size_t c = 0; c < count; c++) {
            const char *x = names[c];
            snprintf(sql, sizeof sql,
                     "UPDATE \"%s\" SET \"%s\" = CASE typeof(\"%s\") WHEN 'integer' THEN \"%s\" + "
                     "100000 WHEN 'text' THEN \"%s\" || 'x' WHEN 'blob' THEN CAST(\"%s\" || x'01' "
                     "AS BLOB) ELSE 'x' END WHERE %s",
                     places[i].name, x, x, x, x, x, places[i].where);
            if (!harm(n, sql)) continue; /* a constraint forbids it */
            assert_true(scrub(n) > 0);
            enum err e = pair_settle(n);
            if (e != ERR_OK) fail_msg("%s.%s: %s", places[i].name, x, err_name(e));
            digest(n, places[i].name, after);
            if (memcmp(before, after, 32) != 0) fail_msg("%s.%s", places[i].name, x);
            assert_clean(n);
            pair_assert_scope(n);
            healed++;
            pair_node_back(n, &good);
        }
    }
    assert_true(healed > 20);
    buf_free(&good.bytes);
    pair_close(&w);
}

/* Genesis, one in the middle, a run, the last one: header, body, signature. */
static void delivered_sets_come_back(void **state)
{
    static const char *const wheres[] = {"seq = 0", "seq = 4", "seq BETWEEN 2 AND 6",
                                         "seq = (SELECT max(seq) FROM sys_log)", "seq >= 0"};
    static const char *const harms[] = {
        "body = CAST(body || x'01' AS BLOB)",
        "body = CAST(substr(body, 1, 30) || x'ff' || substr(body, 32) AS BLOB)",
        "head = CAST(substr(head, 1, 120) || x'ff' || substr(head, 122) AS BLOB)",
        "head = x'00'",
        "signature = CAST(x'ffff' || substr(signature, 3) AS BLOB)",
        "body = x'', head = x'', signature = x''",
    };
    (void)state;
    struct pair w;
    struct pair_copy good = {{0}};
    uint8_t before[32], after[32];
    begin(&w, 62);
    struct pair_node *n = &w.nodes[0];
    struct node_store_status was = pair_status(n);
    pair_node_copy(n, &good);
    digest(n, "sys_log", before);
    for (size_t i = 0; i < sizeof wheres / sizeof *wheres; i++) {
        for (size_t k = i % 2; k < sizeof harms / sizeof *harms; k += 2) {
            char sql[256];
            snprintf(sql, sizeof sql, "UPDATE sys_log SET %s WHERE %s", harms[k], wheres[i]);
            assert_true(harm(n, sql));
            assert_true(scrub(n) > 0);
            OK(pair_settle(n));
            OK(pair_settle(n)); /* the first may be of another log */
            digest(n, "sys_log", after);
            if (memcmp(before, after, 32) != 0) fail_msg("%s", sql);
            assert_clean(n);
            assert_memory_equal(was.inc.b, pair_status(n).inc.b, 8); /* no repair was needed */
            pair_node_back(n, &good);
        }
    }
    buf_free(&good.bytes);
    pair_close(&w);
}

/* The last delivered set and the unsent one above it, which names it, are both damaged or gone: nothing is put in their
 * places, but sessions go on, and the repair of SPEC 7.13 brings what was delivered into a log that can be sent. */
static void an_unsent_set_that_is_gone_too_holds_nothing_up(void **state)
{
    static const char *const harms[] = {
        "UPDATE sys_log SET head = zeroblob(length(head)) WHERE seq >= 9",
        "UPDATE sys_log SET head = x'' WHERE seq >= 9",
        "DELETE FROM sys_log WHERE seq = (SELECT max(seq) FROM sys_log)",
    };
    (void)state;
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        struct pair w;
        struct id_record rid;
        enum err last = ERR_IO;
        begin(&w, 91 + i);
        struct pair_node *n = &w.nodes[0];
        pair_create(n, &rid, "Chưa gửi");
        assert_true(harm(n, harms[i]));
        assert_true(scrub(n) > 0);
        for (int k = 0; k < 8; k++)
            last = pair_attempt(n);
        OK(last);
        pair_create(n, &rid, "Việc mới");
        OK(pair_settle(n));
        assert_true(pair_hub_has(&w, &rid));
        pair_close(&w);
    }
}

static void assert_shows(struct pair_node *n, const struct id_record *rid)
{
    assert_int_equal(pair_heads(n, rid, NULL), 1);
}

/* The feed is taken anew and delivered sets are pulled while own sets wait: they stay, are shown, and are sent. */
static void what_waits_is_folded_in_again(void **state)
{
    (void)state;
    struct pair w;
    struct id_record made;
    struct buf bases;
    begin(&w, 63);
    struct pair_node *n = &w.nodes[0];
    buf_init(&bases, 4096);
    pair_save(n, CHANGE_CREATE, &made, "Người chờ gửi", bytes_make(NULL, 0));
    pair_heads(n, &rids[3], &bases);
    pair_save(n, CHANGE_EDIT, &rids[3], "sửa mà chưa gửi", buf_bytes(&bases));
    assert_true(harm(n, "UPDATE sys_record SET state = CAST(state || x'01' AS BLOB)"));
    assert_true(harm(n, "UPDATE sys_shown SET pending = 0, conflicts = 1"));
    assert_true(harm(n, "UPDATE sys_log SET body = x'90' WHERE seq = 3"));
    assert_true(scrub(n) > 0);
    assert_int_equal(pair_status(n).waiting, 2);
    OK(pair_settle(n));
    OK(pair_settle(n));
    assert_clean(n);
    assert_int_equal(pair_status(n).waiting, 0);
    pair_assert_scope(n);
    assert_shows(n, &made);
    assert_shows(n, &rids[3]);
    assert_int_equal(number(n, "SELECT count(*) FROM thing WHERE name = 'sửa mà chưa gửi'"), 1);
    assert_int_equal(number(n, "SELECT count(*) FROM thing"), SAVES + 1);
    buf_free(&bases);
    pair_close(&w);
}

/* What is shown heals without any hub; and the rest stays in use until the hub was there. */
static void without_a_link_nothing_is_lost(void **state)
{
    (void)state;
    struct pair w;
    begin(&w, 64);
    struct pair_node *n = &w.nodes[0];
    assert_true(
        harm(n, "UPDATE thing SET name = name || 'x' WHERE id = (SELECT min(id) FROM thing)"));
    assert_int_equal(scrub(n), 1);
    OK(node_store_heal_begin(n->store));
    assert_clean(n);
    assert_true(harm(n, "UPDATE sys_record SET unit = unit || 'x' WHERE rowid = 2"));
    assert_int_equal(scrub(n), 1);
    for (uint64_t cut = 200; cut < 4000; cut += 400) {
        w.cut_after = cut;
        (void)pair_attempt(n);
        assert_int_equal(number(n, "SELECT count(*) FROM thing"), SAVES);
    }
    w.cut_after = SIZE_MAX;
    OK(pair_settle(n));
    assert_clean(n);
    pair_close(&w);
}

/* Damage is found, and before the session a hub that lost its newest set: with the cursor at 0 nothing tells it so. */
static void a_hub_that_went_back_meanwhile_gets_its_sets_all_the_same(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy hub = {{0}};
    struct id_record rid = {{9, 9, 9}};
    begin(&w, 69);
    struct pair_node *n = &w.nodes[0];
    pair_hub_copy(&w, &hub);
    pair_publish(&w, 2);
    OK(pair_settle(n));
    int64_t sets = number(n, "SELECT count(*) FROM sys_hub_set");
    assert_true(harm(n, "UPDATE sys_record SET unit = unit || 'x' WHERE rowid = 2"));
    assert_true(scrub(n) > 0);
    w.cut_after = 300; /* the cursor is 0 from here on */
    (void)pair_attempt(n);
    assert_int_equal(number(n, "SELECT position FROM sys_state"), 0);
    pair_hub_back(&w, &hub);
    w.cut_after = SIZE_MAX;
    uint64_t lost = pair_hub_position(&w);
    OK(pair_settle(n));
    assert_int_equal(number(n, "SELECT edition FROM sys_edition ORDER BY 1 DESC LIMIT 1"), 2);
    OK(pair_settle(n)); /* what did not come down is given back */
    OK(pair_settle(n));
    assert_true(pair_hub_position(&w) > lost);
    pair_create(n, &rid, "Sau đó");
    OK(pair_settle(n));
    OK(pair_settle(n));
    assert_int_equal(number(n, "SELECT count(*) FROM sys_kept_set"), 0);
    assert_true(number(n, "SELECT count(*) FROM sys_hub_set") >= sets);
    assert_clean(n);
    buf_free(&hub.bytes);
    pair_close(&w);
}

/* What is shown is made anew while one record cannot be read: all others are, it is named, and the hub has it. */
static void one_that_cannot_be_read_hides_no_other(void **state)
{
    (void)state;
    struct pair w;
    struct buf bases;
    unsigned alarms = 0;
    begin(&w, 70);
    struct pair_node *n = &w.nodes[0];
    assert_true(harm(n, "UPDATE thing SET name = name || 'x'"));
    assert_true(harm(n, "UPDATE sys_record SET state = x'c1' WHERE rowid = 4"));
    OK(node_store_heal_want(n->store, NODE_HEAL_SHOWN, PAIR_WALL));
    OK(node_store_heal_begin(n->store));
    assert_int_equal(number(n, "SELECT count(*) FROM sys_shown"), SAVES - 1);
    assert_int_equal(number(n, "SELECT count(*) FROM thing WHERE name LIKE '%x'"), 0);
    assert_int_equal(number(n, "SELECT count(*) FROM sys_heal WHERE kind = 1"), 0);
    OK(node_store_alarms(n->store, false, alarm_seen, &alarms));
    assert_int_equal(alarms, 1);
    OK(pair_settle(n));
    assert_int_equal(number(n, "SELECT count(*) FROM sys_shown"), SAVES);
    assert_clean(n);
    /* A saved set that rots before it is sent keeps no feed from being applied. */
    buf_init(&bases, 4096);
    pair_heads(n, &rids[0], &bases);
    pair_save(n, CHANGE_EDIT, &rids[0], "chưa gửi đã hỏng", buf_bytes(&bases));
    assert_true(
        harm(n, "UPDATE sys_log SET body = x'90' WHERE seq = (SELECT max(seq) FROM sys_log)"));
    pair_heads(n, &rids[1], &bases);
    pair_hub_save(&w, CHANGE_EDIT, &rids[1], "huyện viết thêm", buf_bytes(&bases));
    for (int i = 0; i < 4; i++)
        (void)pair_attempt(n);
    assert_int_equal(pair_attempt(n), ERR_OK);
    assert_int_equal(number(n, "SELECT count(*) FROM thing WHERE name = 'huyện viết thêm'"), 1);
    assert_int_equal(number(n, "SELECT count(*) FROM thing"), SAVES);
    buf_free(&bases);
    pair_close(&w);
}

static bool no_sign(const void *ctx, const uint8_t sign_pk[static 32],
                    const struct change_head *head, const struct id_hash *hash,
                    uint8_t signature[static 64])
{
    (void)ctx;
    (void)sign_pk;
    (void)head;
    (void)hash;
    (void)signature;
    return false;
}

static void own_set(struct pair_node *n, uint64_t seq, struct message_set *m, struct buf *memory)
{
    const struct node_store_set *v = NULL;
    size_t count = 0;
    struct id_inc inc = pair_status(n).inc;
    OK(node_store_read_sets(n->store, &inc, seq, 1, 100000, &v, &count));
    assert_int_equal(count, 1);
    *m = (struct message_set){.position = 1};
    buf_clear(memory);
    buf_add_bytes(memory, v->head);
    buf_add_bytes(memory, v->body);
    OK(memory->e);
    m->head = bytes_make(memory->p, v->head.len);
    m->body = bytes_make(memory->p + v->head.len, v->body.len);
    memcpy(m->signature, v->signature, 64);
}

/* So many that they come in several frames. */
static void save_many(struct pair_node *n)
{
    struct id_record rid;
    char text[600];
    for (int i = 0; i < MANY; i++) {
        for (size_t k = 0; k < sizeof text; k++) /* of a kind that no compression makes small */
            text[k] = (char)('0' + rng_below(&n->w->rng, 64));
        text[sizeof text - 1] = '\0';
        pair_create(n, &rid, text);
    }
    OK(pair_settle(n));
}

/* Nothing in the run names what is below it: it can be written only from its end on. */
static const char long_run[] =
    "UPDATE sys_log SET head = CAST(substr(head, 1, 120) || x'ff' || substr(head, 122) AS BLOB) "
    "WHERE seq >= 1 AND seq < (SELECT max(seq) FROM sys_log)";

static void a_long_run_comes_back_in_one_session(void **state)
{
    (void)state;
    struct pair w;
    uint8_t before[32], after[32];
    begin(&w, 67);
    struct pair_node *n = &w.nodes[0];
    save_many(n);
    digest(n, "sys_log", before);
    assert_true(harm(n, long_run));
    assert_true(scrub(n) > 0);
    assert_int_equal(pair_attempt(n), ERR_AGAIN); /* this one; the next follows at once */
    assert_true(n->received > 3 * 60000);         /* several frames */
    digest(n, "sys_log", after);
    assert_memory_equal(before, after, 32);
    OK(pair_attempt(n));
    assert_clean(n);
    assert_int_equal(number(n, "SELECT count(*) FROM sys_staged_rot"), 0);
    pair_close(&w);
}

/* The link is cut in every session, and work goes on: what came of the run stays, and what waits is delivered. */
static void cuts_cost_no_progress_and_hold_nothing_back(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    int64_t lacking = MANY + SAVES;
    unsigned held_back = 0;
    size_t received = 0;
    begin(&w, 68);
    struct pair_node *n = &w.nodes[0];
    save_many(n);
    assert_true(harm(n, long_run));
    assert_true(scrub(n) > 0);
    int64_t run = number(n, "SELECT count(*) FROM sys_log") - 2;
    pair_create(n, &rid, "Việc mới");
    for (unsigned i = 0; i < 60 && number(n, "SELECT count(*) FROM sys_heal") > 0; i++) {
        if (i % 5 == 1) { /* the hub cannot be reached for a while: that is no try */
            w.cut_after = 0;
            for (int k = 0; k < NODE_HEAL_TRIES_MAX + 1; k++)
                assert_int_not_equal(pair_attempt(n), ERR_OK);
        }
        w.cut_after = 90000; /* a frame or two */
        (void)pair_attempt(n);
        received += n->received;
        if (i % 3 == 2) pair_node_off(n), pair_node_on(n); /* and the program ends in between */
        int64_t now = number(n, "SELECT count(*) FROM sys_staged_rot WHERE head IS NULL");
        assert_true(now <= lacking);
        lacking = now;
        held_back = pair_status(n).waiting > 0 ? held_back + 1 : 0;
        assert_true(held_back < 4);
        if (held_back == 0 && i < 8) pair_create(n, &rid, "Việc mới nữa");
    }
    assert_int_equal(number(n, "SELECT count(*) FROM sys_heal"), 0);
    assert_in_range(received, (size_t)run * 300, (size_t)run * 1600);
    w.cut_after = SIZE_MAX;
    OK(pair_settle(n));
    assert_int_equal(pair_status(n).waiting, 0);
    assert_clean(n);
    pair_close(&w);
}

static void look(struct pair_node *n)
{
    static struct message_hello_node h;
    struct node_store_rot rot[HELLO_LOGS_MAX] = {{.any = false}};
    OK(node_store_heal_want(n->store, NODE_HEAL_LOG, PAIR_WALL));
    OK(node_store_hello(n->store, &h));
    OK(node_store_heal_rot(n->store, &h, rot));
    assert_true(rot[0].any);
}

/* Other bytes, another set, a good row: nothing is written. Then the right one is. */
static void only_what_the_chain_names_is_written(void **state)
{
    (void)state;
    struct pair w;
    struct message_set third, fourth;
    struct buf a, b;
    uint8_t before[32], harmed[32], after[32];
    begin(&w, 65);
    struct pair_node *n = &w.nodes[0];
    buf_init(&a, CHANGE_BYTES_MAX);
    buf_init(&b, CHANGE_BYTES_MAX);
    own_set(n, 3, &third, &a);
    own_set(n, 4, &fourth, &b);
    digest(n, "sys_log", before);
    struct id_inc inc = pair_status(n).inc;
    struct message_set forged = third;
    memset(forged.signature, 7, 64);
    OK(node_store_heal_sets(n->store, &inc, &forged, 1, no_sign, NULL));
    digest(n, "sys_log", after);
    assert_memory_equal(before, after, 32); /* what verifies stays */
    assert_true(harm(n, "UPDATE sys_log SET body = x'90' WHERE seq = 3"));
    digest(n, "sys_log", harmed);
    look(n);
    OK(node_store_heal_sets(n->store, &inc, &fourth, 1, no_sign, NULL));
    for (size_t i = 0; i < a.len; i += 5) {
        a.p[i] ^= 1;
        enum err e = node_store_heal_sets(n->store, &inc, &third, 1, no_sign, NULL);
        assert_true(e == ERR_OK || e == ERR_BAD_FORMAT);
        a.p[i] ^= 1;
    }
    digest(n, "sys_log", after);
    assert_memory_equal(harmed, after, 32);
    OK(node_store_heal_sets(n->store, &inc, &third, 1, no_sign, NULL));
    digest(n, "sys_log", after);
    assert_memory_equal(before, after, 32);
    assert_int_equal(scrub(n), 0);
    buf_free(&a);
    buf_free(&b);
    pair_close(&w);
}

/* The hub's own copy rotted too: nothing changes here, the alarm stands, and work goes on. */
static void a_hub_that_has_it_no_more_changes_nothing(void **state)
{
    (void)state;
    struct pair w;
    struct id_record rid;
    struct db *db = NULL;
    uint8_t harmed[32], after[32];
    begin(&w, 66);
    struct pair_node *n = &w.nodes[0];
    pair_hub_off(&w);
    OK(db_open(w.hub.path, NULL, 0, &db));
    OK(db_exec(db,
               "UPDATE sys_log SET body = x'90' WHERE inc = (SELECT inc FROM sys_log GROUP BY inc "
               "ORDER BY count(*) DESC LIMIT 1) AND seq = 3"));
    db_close(db);
    pair_hub_on(&w);
    assert_true(harm(n, "UPDATE sys_log SET body = x'90' WHERE seq = 3"));
    digest(n, "sys_log", harmed);
    assert_true(scrub(n) > 0);
    OK(pair_settle(n));
    digest(n, "sys_log", after);
    assert_memory_equal(harmed, after, 32);
    assert_int_equal(number(n, "SELECT tries FROM sys_heal"), NODE_HEAL_TRIES_MAX);
    pair_save(n, CHANGE_CREATE, &rid, "Người sau", bytes_make(NULL, 0));
    OK(pair_attempt(n)); /* without another pull */
    assert_int_equal(pair_status(n).waiting, 0);
    pair_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_and_what_is_shown_come_back),
        cmocka_unit_test(delivered_sets_come_back),
        cmocka_unit_test(an_unsent_set_that_is_gone_too_holds_nothing_up),
        cmocka_unit_test(what_waits_is_folded_in_again),
        cmocka_unit_test(without_a_link_nothing_is_lost),
        cmocka_unit_test(a_hub_that_went_back_meanwhile_gets_its_sets_all_the_same),
        cmocka_unit_test(one_that_cannot_be_read_hides_no_other),
        cmocka_unit_test(a_long_run_comes_back_in_one_session),
        cmocka_unit_test(cuts_cost_no_progress_and_hold_nothing_back),
        cmocka_unit_test(only_what_the_chain_names_is_written),
        cmocka_unit_test(a_hub_that_has_it_no_more_changes_nothing),
    };
    if (randombytes_set_implementation(&pair_random) != 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
