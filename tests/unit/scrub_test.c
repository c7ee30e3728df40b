/* The scrub: nothing is found where nothing is wrong, whatever is written meanwhile; what is wrong is
 * found and named; and a backup goes on beside the loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "common/io/copying.h"
#include "common/io/db.h"
#include "hub/store_repair.h"
#include "common/io/pace.h"
#include "hub/scrub.h"
#include "hub/store_desk.h"
#include "hub/store_alarm.h"
#include "node/scrub.h"
#include "node/store_alarm.h"
#include "tests/lib/node_fixture.h"
#include "tests/lib/report_fixture.h"

#define OK(call) assert_int_equal((call), ERR_OK)

struct office {
    struct report_hub hub;
    struct hub_scrub scrub;
    uint64_t mono_ms;
};

static void put(struct office *o, unsigned n)
{
    char text[160];
    snprintf(text, sizeof text,
             "{\"type\":\"person\",\"id\":\"%032x\",\"full_name\":\"Người %u\",\"sex\":\"male\"}",
             n + 1, n);
    report_put(&o->hub, (int)(n % REPORT_UNITS), text);
}

static int office_open(void **state)
{
    struct office *o = calloc(1, sizeof *o);
    assert_non_null(o);
    report_hub_open(&o->hub, 14);
    for (unsigned i = 0; i < 60; i++)
        put(o, i);
    OK(db_seal(hub_store_db(o->hub.store), NULL));
    hub_scrub_init(&o->scrub, o->hub.store, 0);
    o->mono_ms = HUB_SCRUB_FIRST_MS;
    *state = o;
    return 0;
}

static int office_close(void **state)
{
    struct office *o = *state;
    hub_scrub_free(&o->scrub);
    report_hub_close(&o->hub);
    free(o);
    return 0;
}

static void a_round(struct office *o)
{
    uint64_t before = o->scrub.rounds;
    for (unsigned i = 0; o->scrub.rounds == before && i < 10000; i++)
        hub_scrub_turn(&o->scrub, o->mono_ms += 1000, 5);
    assert_int_equal(o->scrub.rounds, before + 1);
}

/* Another program's write. */
static void harm(struct office *o, const char *sql)
{
    struct db *db = NULL;
    OK(db_open(o->hub.path, NULL, 0, &db));
    OK(db_exec(db, sql));
    db_close(db);
}

static enum err alarm_seen(void *ctx, const struct hub_alarm *a)
{
    char *what = ctx;
    if (a->kind == HUB_ALARM_DAMAGED) snprintf(what, HUB_ALARM_WHAT_MAX, "%s", a->what);
    return ERR_OK;
}

static void assert_alarm(struct office *o, const char *want)
{
    char what[HUB_ALARM_WHAT_MAX] = "no alarm";
    OK(hub_store_alarms(o->hub.store, false, alarm_seen, what));
    assert_string_equal(what, want);
}

static enum err no_table(void *ctx, const char *table)
{
    (void)ctx;
    fail_msg("%s does not fit", table);
    return ERR_DAMAGED;
}

static void it_waits_and_rests_and_finds_nothing(void **state)
{
    struct office *o = *state;
    struct hub_scrub_note note;
    hub_scrub_turn(&o->scrub, HUB_SCRUB_FIRST_MS - 1, 5);
    assert_int_equal(o->scrub.position, 0);
    assert_int_equal(hub_scrub_last(o->hub.store, &note), ERR_OK);
    assert_int_equal(note.at_ms, 0);
    a_round(o);
    assert_int_equal(o->scrub.findings, 0);
    assert_int_equal(hub_scrub_last(o->hub.store, &note), ERR_OK);
    assert_int_equal(note.at_ms, 5);
    assert_int_equal(note.findings, 0);
    assert_alarm(o, "no alarm");
    hub_scrub_turn(&o->scrub, o->mono_ms + HUB_SCRUB_REST_MS - 1, 5);
    assert_int_equal(o->scrub.position, 0); /* it rests */
    o->mono_ms += HUB_SCRUB_REST_MS;
    a_round(o);
    assert_int_equal(o->scrub.findings, 0);
}

static void what_is_written_meanwhile_is_no_damage(void **state)
{
    struct office *o = *state;
    bool done = false;
    char what[HUB_ALARM_WHAT_MAX] = "no alarm";
    struct db_scan *scan = NULL;
    hub_scrub_turn(&o->scrub, o->mono_ms, 5);
    for (unsigned i = 0; o->scrub.rounds == 0 && i < 10000; i++) {
        if (i < 40) put(o, 100 + i);
        hub_scrub_turn(&o->scrub, o->mono_ms += 1000, 5);
    }
    assert_int_equal(o->scrub.rounds, 1);
    assert_int_equal(o->scrub.findings, 0);
    /* three rows at a time, with a set between any two steps: tables change in the middle */
    OK(db_scan_new(hub_store_db(o->hub.store), &scan));
    for (unsigned i = 0; !done && i < 100000; i++) {
        if (i % 16 == 0 && i < 1600) put(o, 200 + i / 16);
        OK(db_scan_step(scan, 3, no_table, NULL, &done));
    }
    assert_true(done);
    db_scan_free(scan);
    OK(hub_store_alarms(o->hub.store, false, alarm_seen, what));
    assert_string_equal(what, "no alarm");
}

static void each_damage_is_named(void **state)
{
    static const struct {
        const char *sql, *what;
    } cases[] = {
        {"UPDATE sys_node SET name = 'x'", "sys_node"},
        {"UPDATE sys_record SET conflicts = conflicts + 1 WHERE no = 7", "sys_record"},
        {"UPDATE sys_meta SET value = 7 WHERE key = 'projected'", "sys_meta"},
        {"UPDATE sys_log SET body = substr(body, 1, length(body) - 1) || x'7f' WHERE pos = 40",
         "sys_log 40: an op is not what its hash says"},
        {"UPDATE sys_log SET head = substr(head, 1, 9) || x'7f' || substr(head, 11) WHERE pos = 41",
         "sys_log 41: the stored bytes are no change set"},
        {"UPDATE sys_log SET p = zeroblob(32) WHERE pos = 42",
         "sys_log 42: the position hash is wrong"},
        {"UPDATE sys_log SET hash = zeroblob(32) WHERE pos = 43",
         "sys_log 43: the set is not what its stored hash says"},
        {"DELETE FROM sys_log WHERE pos = 44", "sys_log 45: the position before it is missing"},
        {"UPDATE sys_log SET received_ms = 1 WHERE pos = 45", "sys_log"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        void *fresh = NULL;
        assert_int_equal(office_open(&fresh), 0);
        struct office *o = fresh;
        OK(hub_store_project(o->hub.store));
        harm(o, cases[i].sql);
        a_round(o);
        assert_alarm(o, cases[i].what);
        assert_int_equal(office_close(&fresh), 0);
    }
}

/* ---- a backup beside the loop ---- */

struct copier {
    struct office *office;
    struct copying *copying;
    uv_timer_t timer;
    unsigned puts, told;
    enum err how;
};

static void copied(void *ctx, enum err how, const char *dest)
{
    struct copier *c = ctx;
    (void)dest;
    c->how = how;
    c->told++;
    uv_close((uv_handle_t *)&c->timer, NULL);
}

static void at_work(uv_timer_t *t)
{
    struct copier *c = t->data;
    if (c->puts < 20) put(c->office, 500 + c->puts++);
}

static void copy_on_loop(struct office *o, const char *dest, bool stop, struct copier *c)
{
    uv_loop_t loop;
    *c = (struct copier){.office = o};
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(uv_timer_init(&loop, &c->timer), 0);
    c->timer.data = c;
    assert_int_equal(uv_timer_start(&c->timer, at_work, 0, 1), 0);
    OK(copying_start(&loop, hub_store_db(o->hub.store), dest, copied, c, &c->copying));
    if (stop) copying_stop(c->copying);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(c->told, 1);
}

static void a_backup_is_whole_though_work_goes_on(void **state)
{
    struct office *o = *state;
    struct copier c;
    struct db *db = NULL;
    char dest[128];
    snprintf(dest, sizeof dest, "%s/copy.db", o->hub.folder);
    copy_on_loop(o, dest, true, &c);
    assert_int_equal(c.how, ERR_LINK_LOST);
    assert_int_equal(access(dest, F_OK), -1); /* nothing half done is left */
    copy_on_loop(o, dest, false, &c);
    OK(c.how);
    OK(db_open(dest, NULL, 0, &db));
    OK(db_check_whole(db));
    db_close(db);
    uv_loop_t loop;
    struct copying *none = NULL;
    assert_int_equal(uv_loop_init(&loop), 0);
    assert_int_equal(copying_start(&loop, hub_store_db(o->hub.store), dest, copied, &c, &none),
                     ERR_EXISTS);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
}

/* ---- the node ---- */

struct turns {
    struct pace *pace;
    unsigned n;
};

static uint64_t a_turn(void *ctx)
{
    struct turns *t = ctx;
    if (++t->n == 3) pace_stop(t->pace);
    return 0;
}

static void a_pace_goes_on_until_it_is_stopped(void **state)
{
    struct turns t = {NULL, 0};
    uv_loop_t loop;
    (void)state;
    assert_int_equal(uv_loop_init(&loop), 0);
    OK(pace_start(&loop, 0, a_turn, &t, &t.pace));
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(t.n, 3);
}

static enum err node_alarm_seen(void *ctx, const struct node_alarm *a)
{
    *(unsigned *)ctx += a->kind == NODE_ALARM_DAMAGED;
    return ERR_OK;
}

static unsigned node_round(struct node_scrub *s)
{
    unsigned alarms = 0;
    uint64_t before = s->rounds;
    for (unsigned i = 0; s->rounds == before && i < 10000; i++)
        assert_true(node_scrub_turn(s, 5) >= NODE_SCRUB_TURN_MS);
    assert_int_equal(s->rounds, before + 1);
    OK(node_store_alarms(s->store, false, node_alarm_seen, &alarms));
    return alarms;
}

static void a_node_finds_its_damage(void **state)
{
    struct node_fixture f;
    struct node_scrub s;
    (void)state;
    fixture_open(&f, true);
    struct db *db = node_store_db(f.store);
    OK(db_seal(db, NULL));
    node_scrub_init(&s, f.store);
    assert_int_equal(node_round(&s), 0);
    OK(db_exec(db, "DROP TRIGGER temp.seal_u_sys_hub_set")); /* as another program's write */
    OK(db_exec(db, "UPDATE sys_hub_set SET signature = zeroblob(64)"));
    assert_int_equal(node_round(&s), 1);
    node_scrub_free(&s);
    fixture_close(&f);
}

int main(void)
{
#define WITH_OFFICE(f) cmocka_unit_test_setup_teardown(f, office_open, office_close)
    const struct CMUnitTest tests[] = {
        WITH_OFFICE(it_waits_and_rests_and_finds_nothing),
        WITH_OFFICE(what_is_written_meanwhile_is_no_damage),
        cmocka_unit_test(each_damage_is_named),
        WITH_OFFICE(a_backup_is_whole_though_work_goes_on),
        cmocka_unit_test(a_pace_goes_on_until_it_is_stopped),
        cmocka_unit_test(a_node_finds_its_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
