/*
 * Claims about long questions beside the loop: a reader of the store sees one moment while sets are taken;
 * a command carried out beside the loop answers as at once; a closing whose log grew meanwhile is made
 * anew; what waits when the hub stops is answered; a check of the whole log keeps nobody waiting.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "hub/aside.h"
#include "hub/canonical.h"
#include "hub/store_priv.h"
#include "hub/store_replay.h"
#include "tests/lib/office.h"

struct beside {
    struct office *o;
    struct hub_drive *drive;
    struct uv_loop_s *loop;
    struct hub_aside *x;
};

static int setup(void **state)
{
    struct beside *b = calloc(1, sizeof *b);
    assert_non_null(b);
    b->o = office_open(7);
    struct hub_drive_options d = {.store = b->o->hub.store, .keys = &b->o->app.keys};
    assert_int_equal(hub_drive_new(&d, &b->drive), ERR_OK);
    b->o->app.drive = b->drive;
    b->loop = hub_drive_loop(b->drive);
    assert_int_equal(hub_aside_new(&b->o->app, b->loop, &b->x), ERR_OK);
    report_put(&b->o->hub, 0,
               "{\"type\":\"team\",\"id\":\"11111111111111111111111111111111\",\"name\":\"Đội\","
               "\"kind\":\"volunteer_team\",\"founded_on\":\"2020-01-01\",\"state\":\"active\"}");
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct beside *b = *state;
    hub_aside_stop(b->x);
    hub_drive_free(b->drive);
    hub_aside_free(b->x);
    b->o->app.drive = NULL;
    office_close(b->o);
    free(b);
    return 0;
}

/* A member of the team, another each time: T02 grows. One set. */
static void one_more(struct beside *b)
{
    static unsigned number;
    char json[400];
    number++;
    snprintf(json, sizeof json,
             "{\"type\":\"team_member\",\"id\":\"%032x\",\"person\":\"%032x\","
             "\"team\":\"11111111111111111111111111111111\",\"role\":\"member\","
             "\"joined_on\":\"2023-05-10\"}",
             0xabc000 + number, 0xdef000 + number);
    report_put(&b->o->hub, 0, json);
}

static void canonical(struct hub_store *s, struct buf *out)
{
    struct hub_report *r = NULL;
    struct hub_report_why why;
    buf_init(out, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(hub_report_compute(s, "RP04", NULL, report_period("2023"), &r, &why), ERR_OK);
    assert_int_equal(hub_canonical_json(r, out), ERR_OK);
    hub_report_free(r);
}

/* ---- a reader ---- */

struct asked {
    struct hub_store *reader;
    struct buf first, again;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    int turn; /* 1: the thread is in the middle of an indicator; 2: it may go on */
    size_t rows;
};

static enum err in_the_middle(void *ctx, const struct hub_fact *fact)
{
    struct asked *a = ctx;
    (void)fact;
    if (a->rows++ > 0) return ERR_OK;
    pthread_mutex_lock(&a->lock);
    a->turn = 1;
    pthread_cond_signal(&a->cond);
    while (a->turn != 2)
        pthread_cond_wait(&a->cond, &a->lock);
    pthread_mutex_unlock(&a->lock);
    return ERR_OK;
}

static void *ask_long(void *ctx)
{
    struct asked *a = ctx;
    struct hub_cut cut;
    char why[HUB_REPORT_WHY_ROOM];
    struct period_window window = {{2023, 1, 1}, {2023, 12, 31}};
    assert_int_equal(hub_reports_ready(a->reader, &cut), ERR_OK);
    const struct catalogue_indicator *i =
        catalogue_indicator(hub_store_catalogue(a->reader), "T02");
    canonical(a->reader, &a->first);
    assert_int_equal(
        hub_reports_run(a->reader, i, window, (struct bytes){NULL, 0}, in_the_middle, a, why),
        ERR_OK);
    canonical(a->reader, &a->again);
    return NULL;
}

static void a_reader_is_of_one_moment_while_sets_are_taken(void **state)
{
    struct beside *b = *state;
    struct hub_store *s = b->o->hub.store;
    struct asked a = {.turn = 0};
    struct hub_position before, after;
    struct buf then, now;
    pthread_t thread;
    for (int i = 0; i < 3; i++)
        one_more(b);
    assert_int_equal(hub_store_reader(s, &a.reader), ERR_AGAIN); /* the tables are behind */
    canonical(s, &then);
    assert_int_equal(hub_store_reader(s, &a.reader), ERR_OK);
    assert_int_equal(hub_store_readers(s), 1);
    hub_store_position(s, &before);
    assert_int_equal(pthread_mutex_init(&a.lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&a.cond, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, ask_long, &a), 0);
    pthread_mutex_lock(&a.lock);
    while (a.turn != 1)
        pthread_cond_wait(&a.cond, &a.lock);
    pthread_mutex_unlock(&a.lock);
    for (int i = 0; i < 4; i++) /* the other thread stands in the middle of its question */
        one_more(b);
    hub_store_position(s, &after);
    assert_int_equal(after.position, before.position + 4);
    canonical(s, &now);
    pthread_mutex_lock(&a.lock);
    a.turn = 2;
    pthread_cond_signal(&a.cond);
    pthread_mutex_unlock(&a.lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(a.rows > 0);
    assert_true(bytes_equal(buf_bytes(&a.first), buf_bytes(&then)));
    assert_true(bytes_equal(buf_bytes(&a.again), buf_bytes(&then)));
    assert_false(bytes_equal(buf_bytes(&now), buf_bytes(&then)));
    hub_store_reader_close(s, a.reader);
    assert_int_equal(hub_store_readers(s), 0);
    pthread_mutex_destroy(&a.lock);
    pthread_cond_destroy(&a.cond);
    buf_free(&then);
    buf_free(&now);
    buf_free(&a.first);
    buf_free(&a.again);
}

static int64_t wal_bytes(const struct beside *b)
{
    char path[256];
    struct stat st;
    snprintf(path, sizeof path, "%s-wal", b->o->hub.path);
    assert_int_equal(stat(path, &st), 0);
    return (int64_t)st.st_size;
}

/* Reports that follow one another while communes sync: there is always a reader. */
static void the_wal_does_not_grow_with_readers_that_follow_one_another(void **state)
{
    struct beside *b = *state;
    struct hub_store *s = b->o->hub.store, *reader = NULL;
    int64_t first = 0;
    for (int round = 0; round < 12; round++) {
        assert_int_equal(hub_store_project(s), ERR_OK);
        if (reader != NULL) hub_store_reader_close(s, reader);
        assert_int_equal(hub_store_reader(s, &reader), ERR_OK);
        for (int i = 0; i < 20; i++)
            one_more(b);
        if (round == 1) first = wal_bytes(b);
    }
    assert_true(first > 0);
    assert_in_range(wal_bytes(b), 1, 2 * first);
    hub_store_reader_close(s, reader);
}

static void a_stopped_reader_ends(void **state)
{
    struct beside *b = *state;
    struct hub_store *reader = NULL;
    struct hub_report *r = NULL;
    struct hub_report_why why;
    assert_int_equal(hub_store_project(b->o->hub.store), ERR_OK);
    assert_int_equal(hub_store_reader(b->o->hub.store, &reader), ERR_OK);
    hub_store_reader_stop(reader);
    assert_int_not_equal(hub_report_compute(reader, "RP04", NULL, report_period("2023"), &r, &why),
                         ERR_OK);
    hub_store_reader_close(b->o->hub.store, reader);
}

/* ---- commands ---- */

struct got {
    json_t *answer;
    unsigned *order;
    unsigned at;
};

static void on_answer(void *ctx, json_t *answer)
{
    struct got *g = ctx;
    assert_null(g->answer);
    assert_non_null(answer);
    g->answer = answer;
    if (g->order != NULL) g->at = ++*g->order;
}

static json_t *request_of(const char *text)
{
    char copy[1024];
    snprintf(copy, sizeof copy, "%s", text);
    for (char *p = copy; *p != '\0'; p++) {
        if (*p == '\'') *p = '"';
    }
    json_t *q = json_loads(copy, 0, NULL);
    assert_non_null(q);
    return q;
}

static enum err start(struct beside *b, const char *text, struct got *g)
{
    json_t *q = request_of(text);
    assert_true(hub_aside_wants(&b->o->app, q));
    enum err e = hub_aside_start(b->x, q, on_answer, g);
    json_decref(q);
    return e;
}

static void turn_until(struct beside *b, const struct got *g)
{
    while (g->answer == NULL)
        uv_run(b->loop, UV_RUN_ONCE);
}

static json_t *ask(struct beside *b, const char *text)
{
    struct got g = {.answer = NULL};
    assert_int_equal(start(b, text, &g), ERR_OK);
    assert_null(g.answer); /* never from within the call */
    turn_until(b, &g);
    return g.answer;
}

static void a_command_answers_as_at_once(void **state)
{
    static const char *const asks[] = {
        "{'verb':'report','report':'RP04','period':'2023'}",
        "{'verb':'report','report':'RP04','period':'20x3'}",
        "{'verb':'report','report':'no','period':'2023'}",
        "{'verb':'explain','report':'RP04','period':'2023','cell':'T02','person':'an'}",
        "{'verb':'diff','a':99}",
        "{'verb':'verify'}",
        "{'verb':'cases','on':'2023-06-01'}",
        "{'verb':'triggers','on':'2023-06-01'}",
        "{'verb':'owes','on':'2023-06-01'}",
        "{'verb':'budget','year':2023}",
        "{'verb':'list','type':'team_member'}",
    };
    struct beside *b = *state;
    one_more(b);
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        json_t *beside = ask(b, asks[i]), *once = office_ask(&b->o->app, asks[i]);
        assert_true(json_equal(beside, once));
        json_decref(beside);
        json_decref(once);
    }
    json_t *other = request_of("{'verb':'put','type':'person'}");
    assert_false(hub_aside_wants(&b->o->app, other));
    json_decref(other);
}

/* Behind a new program or a long sync the first search brings much into the tables: beside the loop. */
static void a_search_goes_beside_only_while_much_is_to_be_brought_in(void **state)
{
    static const char search[] = "{'verb':'search','type':'team_member'}";
    struct beside *b = *state;
    json_t *q = request_of(search);
    assert_false(hub_aside_wants(&b->o->app, q));
    for (unsigned i = 0; i <= HUB_ASIDE_POSITIONS; i++)
        one_more(b);
    assert_true(hub_aside_wants(&b->o->app, q));
    json_t *beside = ask(b, search);
    assert_int_equal(json_integer_value(json_object_get(beside, "total")), HUB_ASIDE_POSITIONS + 1);
    assert_false(hub_aside_wants(&b->o->app, q)); /* all is there: it is answered at once */
    json_t *once = office_ask(&b->o->app, search);
    assert_true(json_equal(beside, once));
    json_decref(beside);
    json_decref(once);
    json_decref(q);
}

static void a_closing_is_made_anew_when_the_log_has_grown(void **state)
{
    struct beside *b = *state;
    struct got g = {.answer = NULL};
    struct hub_position grown, now;
    struct hub_issue issue;
    one_more(b);
    assert_int_equal(start(b, "{'verb':'close','report':'RP04','period':'2023','person':'an'}", &g),
                     ERR_OK);
    while (hub_store_readers(b->o->hub.store) == 0)
        uv_run(b->loop, UV_RUN_ONCE);
    one_more(b); /* whatever the thread has done by now, its answer was not looked at yet */
    hub_store_position(b->o->hub.store, &grown);
    turn_until(b, &g);
    assert_int_equal(hub_command_error_of(g.answer), ERR_OK);
    json_decref(g.answer);
    assert_int_equal(
        hub_issues_find(b->o->hub.store, "RP04", b->o->app.identity.unit, "2023", 0, &issue),
        ERR_OK);
    assert_int_equal(issue.cut.position, grown.position);
    assert_int_equal(issue.position, grown.position + 1);
    hub_store_position(b->o->hub.store, &now);
    assert_int_equal(now.position, issue.position);
    json_t *v = ask(b, "{'verb':'verify','issue':1}");
    assert_true(json_is_true(json_object_get(v, "ok")));
    json_decref(v);
    v = ask(b, "{'verb':'close','report':'RP04','period':'2023'}");
    assert_int_equal(hub_command_error_of(v), ERR_EXISTS);
    json_decref(v);
    one_more(b);
    v = ask(b, "{'verb':'supplement','report':'RP04','period':'2023','person':'an'}");
    assert_int_equal(hub_command_error_of(v), ERR_OK);
    json_t *made = json_object_get(v, "issue");
    assert_int_equal(json_integer_value(json_object_get(made, "number")), 2);
    assert_string_equal(json_string_value(json_object_get(made, "mode")), "supplement");
    json_decref(v);
}

/* A log that grows under every try is closed all the same, by the loop itself. */
static void a_log_that_never_rests_is_closed_too(void **state)
{
    struct beside *b = *state;
    struct got g = {.answer = NULL};
    struct hub_position last;
    struct hub_issue issue;
    one_more(b);
    hub_store_position(b->o->hub.store, &last);
    assert_int_equal(start(b, "{'verb':'close','report':'RP04','period':'2023'}", &g), ERR_OK);
    while (g.answer == NULL) {
        if (hub_store_readers(b->o->hub.store) > 0) {
            one_more(b);
            hub_store_position(b->o->hub.store, &last);
        }
        uv_run(b->loop, UV_RUN_ONCE);
    }
    assert_int_equal(hub_command_error_of(g.answer), ERR_OK);
    json_decref(g.answer);
    assert_int_equal(
        hub_issues_find(b->o->hub.store, "RP04", b->o->app.identity.unit, "2023", 0, &issue),
        ERR_OK);
    assert_int_equal(issue.cut.position, last.position);
    assert_int_equal(issue.position, last.position + 1);
}

static void they_wait_in_order_up_to_a_limit(void **state)
{
    struct beside *b = *state;
    struct got g[HUB_ASIDE_JOBS_MAX + 1] = {{.answer = NULL}};
    unsigned order = 0;
    for (size_t i = 0; i <= HUB_ASIDE_JOBS_MAX; i++) {
        g[i].order = &order;
        assert_int_equal(start(b, "{'verb':'diff','a':99}", &g[i]),
                         i < HUB_ASIDE_JOBS_MAX ? ERR_OK : ERR_AGAIN);
    }
    json_t *full = hub_aside_full();
    assert_int_equal(hub_command_error_of(full), ERR_AGAIN);
    assert_true(json_is_true(json_object_get(full, "busy")));
    json_decref(full);
    turn_until(b, &g[HUB_ASIDE_JOBS_MAX - 1]);
    for (unsigned i = 0; i < HUB_ASIDE_JOBS_MAX; i++) {
        assert_int_equal(g[i].at, i + 1);
        json_decref(g[i].answer);
    }
}

/* Erased under every try: a check of the whole log says so, and never takes the loop for itself. */
static void a_check_that_erasures_overtake_is_given_up(void **state)
{
    static struct id_record gone[512];
    struct beside *b = *state;
    struct hub_store *s = b->o->hub.store;
    struct erase_list none = s->erased;
    struct got g = {.answer = NULL};
    assert_int_equal(none.record_count, 0);
    assert_int_equal(start(b, "{'verb':'verify'}", &g), ERR_OK);
    s->erased.records = gone;
    while (g.answer == NULL) { /* other than when the reader was opened, at any turn of the loop */
        s->erased.record_count = (s->erased.record_count + 1) % (sizeof gone / sizeof gone[0]);
        uv_run(b->loop, UV_RUN_ONCE);
    }
    s->erased = none;
    assert_int_equal(hub_command_error_of(g.answer), ERR_AGAIN);
    assert_null(json_object_get(g.answer, "ok"));
    json_decref(g.answer);
    assert_int_equal(hub_store_readers(s), 0);
    json_t *again = ask(b, "{'verb':'verify'}");
    assert_true(json_is_true(json_object_get(again, "ok")));
    json_decref(again);
}

static void a_question_does_not_wait_for_checks_of_the_whole_log(void **state)
{
    enum { CHECKS = 8 };
    struct beside *b = *state;
    struct got checks[CHECKS] = {{.answer = NULL}}, asked = {.answer = NULL};
    unsigned order = 0;
    for (size_t i = 0; i < CHECKS; i++) {
        checks[i].order = &order;
        assert_int_equal(start(b, "{'verb':'verify'}", &checks[i]), ERR_OK);
    }
    asked.order = &order;
    assert_int_equal(start(b, "{'verb':'diff','a':99}", &asked), ERR_OK);
    turn_until(b, &checks[CHECKS - 1]);
    turn_until(b, &asked);
    assert_true(asked.at < CHECKS);
    json_decref(asked.answer);
    for (size_t i = 0; i < CHECKS; i++) {
        assert_true(json_is_true(json_object_get(checks[i].answer, "ok")));
        json_decref(checks[i].answer);
    }
}

static void *replayed(void *ctx)
{
    struct hub_store *again = NULL;
    struct hub_position end;
    uint64_t position = 0;
    hub_store_position(ctx, &end);
    for (unsigned i = 0; i < 10; i++) {
        if (hub_replay_open(ctx, end.epoch, end.position, &again, &position) != ERR_OK) return NULL;
        hub_store_close(again);
    }
    return ctx;
}

static void two_replays_at_once_do_not_meet(void **state)
{
    struct beside *b = *state;
    struct hub_store *s = b->o->hub.store, *reader[2];
    pthread_t thread[2];
    bool done = false;
    one_more(b);
    while (!done)
        assert_int_equal(hub_store_project_some(s, HUB_ASIDE_POSITIONS, &done), ERR_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(hub_store_reader(s, &reader[i]), ERR_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, replayed, reader[i]), 0);
    for (size_t i = 0; i < 2; i++) {
        void *all = NULL;
        assert_int_equal(pthread_join(thread[i], &all), 0);
        assert_ptr_equal(all, reader[i]);
    }
    for (size_t i = 0; i < 2; i++)
        hub_store_reader_close(s, reader[i]);
}

static void what_a_killed_replay_left_is_swept(void **state)
{
    char folder[] = "aside-test-XXXXXX", path[3][64], db[64];
    static const char *const names[] = {"hub.db.replay", "hub.db.replay-0badcafe-7", "hub.db-wal"};
    (void)state;
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < 3; i++) {
        snprintf(path[i], sizeof path[i], "%s/%s", folder, names[i]);
        assert_int_equal(file_create_empty(path[i]), ERR_OK);
    }
    snprintf(db, sizeof db, "%s/hub.db", folder);
    hub_replay_sweep(db);
    assert_false(file_exists(path[0]));
    assert_false(file_exists(path[1]));
    assert_true(file_exists(path[2]));
    assert_int_equal(file_remove(path[2]), ERR_OK);
    assert_int_equal(rmdir(folder), 0);
}

static void what_waits_when_the_hub_stops_is_answered(void **state)
{
    struct beside *b = *state;
    struct got g[3] = {{.answer = NULL}};
    for (int i = 0; i < 3; i++)
        assert_int_equal(start(b, "{'verb':'close','report':'RP04','period':'2023'}", &g[i]),
                         ERR_OK);
    while (hub_store_readers(b->o->hub.store) == 0)
        uv_run(b->loop, UV_RUN_ONCE);
    hub_aside_stop(b->x);
    assert_int_equal(start(b, "{'verb':'diff','a':99}", &g[0]), ERR_LINK_LOST);
    turn_until(b, &g[0]);
    for (int i = 0; i < 3; i++) {
        assert_non_null(g[i].answer);
        assert_int_equal(hub_command_error_of(g[i].answer), ERR_LINK_LOST);
        json_decref(g[i].answer);
    }
    struct hub_issue issue;
    assert_int_equal(hub_store_readers(b->o->hub.store), 0);
    assert_int_equal(
        hub_issues_find(b->o->hub.store, "RP04", b->o->app.identity.unit, "2023", 0, &issue),
        ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_reader_is_of_one_moment_while_sets_are_taken, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_wal_does_not_grow_with_readers_that_follow_one_another,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_stopped_reader_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_command_answers_as_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_search_goes_beside_only_while_much_is_to_be_brought_in,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_closing_is_made_anew_when_the_log_has_grown, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_log_that_never_rests_is_closed_too, setup, teardown),
        cmocka_unit_test_setup_teardown(they_wait_in_order_up_to_a_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_check_that_erasures_overtake_is_given_up, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_question_does_not_wait_for_checks_of_the_whole_log, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(two_replays_at_once_do_not_meet, setup, teardown),
        cmocka_unit_test(what_a_killed_replay_left_is_swept),
        cmocka_unit_test_setup_teardown(what_waits_when_the_hub_stops_is_answered, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
