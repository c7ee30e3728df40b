#include "tests/lib/node_fixture.h"
#include "common/date.h"
#include "common/io/rpc.h"
#include "node/command.h"
#include "node/daemon.h"
#include "node/home.h"
#include "node/store_users.h"
#include "node/tool.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#define assert_ok(call) assert_int_equal(call, ERR_OK)

static struct node_fixture fx;
static struct node_command cmd;
static int64_t now_ms = 1700000000000;

static int64_t wall(void)
{
    return now_ms;
}

static int setup(void **state)
{
    (void)state;
    fixture_open(&fx, true);
    return node_command_init(&cmd, fx.store, &fx.keys, wall) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    node_command_free(&cmd);
    fixture_close(&fx);
    return 0;
}

/* Run a request given as JSON text; the response is a new reference. */
static json_t *ask(const char *text)
{
    json_error_t why;
    json_t *request = json_loads(text, 0, &why);
    if (request == NULL) fail_msg("%s: %s", why.text, text);
    json_t *r = node_command_run(&cmd, request);
    json_decref(request);
    assert_non_null(r);
    return r;
}

static void expect_error(const char *text, enum err e)
{
    json_t *r = ask(text);
    if (node_command_error_of(r) != e) {
        char *dump = json_dumps(r, 0);
        fail_msg("%s: %s", text, dump);
    }
    assert_true(json_string_length(json_object_get(r, "vi")) > 0);
    assert_true(json_string_length(json_object_get(r, "en")) > 0);
    json_decref(r);
}

static void field(const json_t *r, const char *name, char *out, size_t room)
{
    const char *s = json_string_value(json_object_get(r, name));
    if (s == NULL) {
        char *dump = json_dumps(r, 0);
        fail_msg("no %s in %s", name, dump);
    }
    snprintf(out, room, "%s", s);
}

static long long count(const json_t *r, const char *name)
{
    const json_t *v = json_object_get(r, name);
    if (!json_is_integer(v)) {
        char *dump = json_dumps(r, 0);
        fail_msg("no %s in %s", name, dump);
    }
    return (long long)json_integer_value(v);
}

#define PERSON                                                                                       \
    "{\"verb\":\"put\",\"type\":\"person\",\"person\":\"Lan\",\"values\":{\"full_name\":\"Nguyễn " \
    "Văn Hoà\",\"sex\":\"Nam\",\"dob\":\"12/05/1982\"}}"

static enum err note_seen(void *ctx, const struct node_access *a)
{
    char(*seen)[100] = ctx;
    size_t n = strlen(*seen);
    snprintf(*seen + n, sizeof *seen - n, "%s %s %s%s;", a->user, a->what, a->type,
             a->rid != NULL ? " one" : "");
    return ERR_OK;
}

/* The tool says by which account it was asked; the page, which has a log of its own, does not. */
static void what_the_tool_shows_is_noted(void **state)
{
    (void)state;
    char id[40], request[400], seen[100] = "";
    json_t *r = ask(PERSON);
    field(r, "id", id, sizeof id);
    json_decref(r);
    static const char *const asked[] = {
        "{\"verb\":\"get\",\"id\":\"%s\"}",
        "{\"verb\":\"get\",\"id\":\"%s\",\"account\":\"@a\"}",
        "{\"verb\":\"history\",\"id\":\"%s\",\"account\":\"@b\"}",
        "{\"verb\":\"list\",\"type\":\"person\",\"account\":\"@c\"}",
        "{\"verb\":\"list\",\"type\":\"activity\",\"account\":\"@d\"}", /* nothing of class 3 */
        "{\"verb\":\"get\",\"id\":\"00\",\"account\":\"@e\"}",          /* shows nothing */
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        const char *at = strstr(asked[i], "%s");
        int n = at != NULL ? (int)(at - asked[i]) : (int)strlen(asked[i]);
        snprintf(request, sizeof request, "%.*s%s%s", n, asked[i], at != NULL ? id : "",
                 at != NULL ? at + 2 : "");
        json_decref(ask(request));
    }
    assert_int_equal(node_access_each(fx.store, 0, 10, note_seen, &seen), ERR_OK);
    assert_string_equal(seen, "@c export person;@b open person one;@a open person one;");
}

static void test_put_and_get(void **state)
{
    (void)state;
    char id[40], request[400], value[100];
    json_t *r = ask(PERSON);
    field(r, "result", value, sizeof value);
    assert_string_equal(value, "created");
    field(r, "id", id, sizeof id);
    json_decref(r);
    snprintf(request, sizeof request, "{\"verb\":\"get\",\"id\":\"%s\"}", id);
    r = ask(request);
    const json_t *values = json_object_get(r, "values");
    field(values, "dob", value, sizeof value);
    assert_string_equal(value, "1982-05-12");
    field(values, "sex", value, sizeof value);
    assert_string_equal(value, "male");
    assert_int_equal(count(r, "pending"), 1);
    assert_true(json_is_true(
        json_object_get(json_object_get(json_object_get(r, "marks"), "dob"), "pending")));
    json_decref(r);
    snprintf(request, sizeof request, "{\"verb\":\"history\",\"id\":\"%s\"}", id);
    r = ask(request);
    const json_t *event = json_array_get(json_object_get(r, "events"), 0);
    field(event, "person", value, sizeof value);
    assert_string_equal(value, "Lan");
    json_decref(r);
}

static size_t alike(const char *values, const char *first)
{
    char text[400];
    snprintf(text, sizeof text,
             "{\"verb\":\"put\",\"type\":\"person\",\"person\":\"Lan\",\"values\":{%s}}", values);
    json_t *r = ask(text);
    const json_t *found = json_object_get(r, "alike");
    assert_int_equal(node_command_error_of(r), ERR_OK);
    size_t n = json_array_size(found);
    if (n > 0) assert_string_equal(json_string_value(json_array_get(found, 0)), first);
    json_decref(r);
    return n;
}

/* Who is entered a second time on this PC is named: by the number, or by name, birth and sex. */
static void test_put_names_who_is_here(void **state)
{
    char id[40];
    (void)state;
    json_t *r =
        ask("{\"verb\":\"put\",\"type\":\"person\",\"person\":\"Lan\",\"values\":{\"full_name\":"
            "\"Bùi Thị Hoà\",\"sex\":\"Nữ\",\"dob\":\"12/05/1982\",\"national_id\":"
            "\"075182000001\"}}");
    field(r, "id", id, sizeof id);
    assert_null(json_object_get(r, "alike"));
    json_decref(r);
    assert_int_equal(alike("\"full_name\":\"Bùi Thị Hoà\",\"sex\":\"Nữ\",\"dob\":\"1983\"", id), 0);
    assert_int_equal(
        alike("\"full_name\":\"Bùi Thị Hòe\",\"sex\":\"Nữ\",\"dob\":\"12/05/1982\"", id), 0);
    assert_int_equal(
        alike("\"full_name\":\"bùi thị hòa\",\"sex\":\"Nữ\",\"dob\":\"12/05/1982\"", id), 1);
    assert_int_equal(
        alike("\"full_name\":\"Bùi T. Hoà\",\"sex\":\"Nữ\",\"national_id\":\"075182000001\"", id),
        1);
}

static void test_put_refuses(void **state)
{
    (void)state;
    expect_error("{\"verb\":\"dance\"}", ERR_USAGE);
    expect_error("{\"verb\":\"put\",\"type\":\"nothing\",\"person\":\"A\",\"values\":{}}",
                 ERR_BAD_INPUT);
    expect_error("{\"verb\":\"put\",\"type\":\"person\",\"values\":{\"full_name\":\"A\"}}",
                 ERR_BAD_INPUT);
    expect_error("{\"verb\":\"put\",\"type\":\"person\",\"person\":\"A\",\"values\":{}}",
                 ERR_BAD_INPUT);
    expect_error("{\"verb\":\"put\",\"type\":\"person\",\"person\":\"A\",\"values\":{\"x\":\"1\"}}",
                 ERR_BAD_VALUE);
    expect_error("{\"verb\":\"put\",\"type\":\"person\",\"person\":\"A\",\"values\":{\"full_name\":"
                 "\"A\"}}",
                 ERR_BAD_VALUE); /* sex is required */
    expect_error("{\"verb\":\"put\",\"type\":\"person\",\"person\":\"A\",\"values\":{\"full_name\":"
                 "\"A\",\"sex\":\"female\",\"national_id\":\"123\"}}",
                 ERR_BAD_VALUE);
    expect_error("{\"verb\":\"put\",\"type\":\"person\",\"person\":\"A\",\"values\":{\"full_name\":"
                 "{\"a\":1}}}",
                 ERR_BAD_VALUE);
    /* A name whose words are cut in the middle of a letter. */
    char text[400], name[130];
    for (size_t i = 0; i + 3 < sizeof name; i += 3)
        memcpy(name + i, "Ắ", 4);
    snprintf(text, sizeof text,
             "{\"verb\":\"put\",\"type\":\"person\",\"person\":\"A\",\"values\":{\"x%s\":\"1\"}}",
             name);
    expect_error(text, ERR_BAD_VALUE);
    expect_error("{\"verb\":\"get\",\"id\":\"12\"}", ERR_BAD_INPUT);
    expect_error("{\"verb\":\"get\",\"id\":\"00000000000000000000000000000000\"}", ERR_NOT_FOUND);
    expect_error("{\"verb\":\"put\",\"id\":\"00000000000000000000000000000000\",\"person\":\"A\","
                 "\"values\":{\"full_name\":\"A\"}}",
                 ERR_NOT_FOUND);
}

static void test_stale_base(void **state)
{
    (void)state;
    char id[40], version[40], request[400];
    json_t *r = ask(PERSON);
    field(r, "id", id, sizeof id);
    field(r, "version", version, sizeof version);
    json_decref(r);
#define FORM                                                                                       \
    "{\"verb\":\"put\",\"id\":\"%s\",\"base\":\"%s\",\"person\":\"Mai\","                          \
    "\"values\":{\"occupation\":\"%s\"}}"
    snprintf(request, sizeof request, FORM, id, version, "giáo viên");
    r = ask(request);
    assert_ok(node_command_error_of(r));
    json_decref(r);
    snprintf(request, sizeof request, FORM, id, version, "nông dân");
    expect_error(request, ERR_STALE);
    snprintf(request, sizeof request, FORM, id, "zz", "nông dân");
    expect_error(request, ERR_BAD_INPUT);
}

static void expect_used(int persons)
{
    json_t *r = ask("{\"verb\":\"used\"}");
    const json_t *used = json_object_get(r, "used");
    assert_int_equal(json_object_size(used), persons > 0);
    assert_int_equal(json_integer_value(json_object_get(used, "person")), persons);
    json_decref(r);
}

static void test_delete_and_restore(void **state)
{
    (void)state;
    expect_used(0);
    char id[40], request[400], value[20];
    json_t *r = ask(PERSON);
    field(r, "id", id, sizeof id);
    json_decref(r);
    expect_used(1);
#define EXIST "{\"verb\":\"put\",\"id\":\"%s\",\"action\":\"%s\",\"person\":\"Mai\",\"values\":{}}"
#define WHY                                                                                        \
    "{\"verb\":\"put\",\"id\":\"%s\",\"action\":\"delete\",\"person\":\"Mai\",\"reason\":\"%s\"}"
    snprintf(request, sizeof request, WHY, id, "mistake");
    r = ask(request);
    field(r, "result", value, sizeof value);
    assert_string_equal(value, "deleted");
    json_decref(r);
    expect_used(0); /* the living */
    r = ask("{\"verb\":\"list\",\"type\":\"person\"}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 0);
    json_decref(r);
    r = ask("{\"verb\":\"list\",\"deleted\":true}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    json_decref(r);
    char edit[400];
    snprintf(edit, sizeof edit,
             "{\"verb\":\"put\",\"id\":\"%s\",\"person\":\"M\",\"values\":{\"note\":\"x\"}}", id);
    expect_error(edit, ERR_BAD_INPUT);
    snprintf(request, sizeof request, EXIST, id, "restore");
    r = ask(request);
    field(r, "result", value, sizeof value);
    assert_string_equal(value, "edited");
    json_decref(r);
    r = ask(edit);
    assert_ok(node_command_error_of(r));
    json_decref(r);
}

/* The answer to `get` says why, as long as the record is deleted. */
static void expect_reason(const char *id, const char *reason)
{
    char request[120];
    snprintf(request, sizeof request, "{\"verb\":\"get\",\"id\":\"%s\"}", id);
    json_t *r = ask(request);
    const char *said = json_string_value(json_object_get(r, "reason"));
    assert_int_equal(json_is_true(json_object_get(r, "deleted")), reason != NULL && *reason != 0);
    if (said == NULL) said = "";
    assert_string_equal(said, reason != NULL ? reason : "");
    json_decref(r);
}

static unsigned commits;

static void count_commit(void *ctx)
{
    (void)ctx;
    commits++;
}

/* Nothing is deleted without a reason of the list; it stands in the history, before the deletion. */
static void test_a_deletion_says_why(void **state)
{
    (void)state;
    char id[40], request[400], version[40];
    json_t *r = ask(PERSON);
    field(r, "id", id, sizeof id);
    field(r, "version", version, sizeof version);
    json_decref(r);
    snprintf(request, sizeof request, EXIST, id, "delete");
    expect_error(request, ERR_BAD_INPUT);
    r = ask(request);
    assert_non_null(strstr(json_string_value(json_object_get(r, "vi")), "mistake = Nhập nhầm"));
    assert_non_null(strstr(json_string_value(json_object_get(r, "en")), "no_such_person = "));
    json_decref(r);
    snprintf(request, sizeof request, WHY, id, "because");
    expect_error(request, ERR_BAD_INPUT);
    expect_reason(id, NULL);
    snprintf(request, sizeof request,
             "{\"verb\":\"put\",\"id\":\"%s\",\"action\":\"delete\",\"person\":\"M\",\"reason\":"
             "\"duplicate\",\"base\":\"%s\"}",
             id, "00000000000000000000000000000000");
    expect_error(request, ERR_STALE); /* and no reason stands there */
    memcpy(strstr(request, "00000000000000000000000000000000"), version, 32);
    commits = 0;
    cmd.saved = count_commit;
    r = ask(request);
    cmd.saved = NULL;
    assert_int_equal(commits, 1); /* no power cut leaves a reason without its deletion */
    assert_ok(node_command_error_of(r));
    json_decref(r);
    expect_reason(id, "duplicate");
    snprintf(request, sizeof request, "{\"verb\":\"history\",\"id\":\"%s\"}", id);
    r = ask(request);
    const json_t *events = json_object_get(r, "events");
    assert_int_equal(json_array_size(events), 3);
    const json_t *said = json_array_get(events, 1), *gone = json_array_get(events, 2);
    const json_t *write = json_array_get(json_object_get(said, "writes"), 0);
    assert_string_equal(json_string_value(json_object_get(write, "field")), "(reason)");
    assert_string_equal(json_string_value(json_object_get(write, "value")), "duplicate");
    assert_string_equal(json_string_value(json_object_get(gone, "kind")), "delete");
    json_decref(r);
    snprintf(request, sizeof request, EXIST, id, "delete"); /* it is: nothing is asked */
    r = ask(request);
    assert_ok(node_command_error_of(r));
    json_decref(r);
    snprintf(request, sizeof request, EXIST, id, "restore");
    r = ask(request);
    assert_ok(node_command_error_of(r));
    json_decref(r);
    expect_reason(id, NULL);
    snprintf(request, sizeof request, EXIST, id, "delete"); /* the reason of before is gone */
    expect_error(request, ERR_BAD_INPUT);
    snprintf(request, sizeof request, WHY, id, "mistake");
    r = ask(request);
    assert_ok(node_command_error_of(r));
    json_decref(r);
    expect_reason(id, "mistake");
}

static void test_list_filters(void **state)
{
    (void)state;
    json_decref(ask(PERSON));
    json_decref(ask("{\"verb\":\"put\",\"type\":\"person\",\"person\":\"Lan\",\"values\":{"
                    "\"full_name\":\"Trần Thị Mai\",\"sex\":\"Nữ\"}}"));
    json_t *r = ask("{\"verb\":\"list\",\"type\":\"person\",\"where\":{\"sex\":\"Nữ\"}}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    json_decref(r);
    r = ask("{\"verb\":\"list\",\"type\":\"person\",\"where\":{\"dob\":\"\"}}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    json_decref(r);
    r = ask("{\"verb\":\"list\",\"max\":1}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    char next[40], request[200];
    field(r, "next", next, sizeof next);
    json_decref(r);
    snprintf(request, sizeof request, "{\"verb\":\"list\",\"after\":\"%s\"}", next);
    r = ask(request);
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    assert_true(json_is_null(json_object_get(r, "next")));
    json_decref(r);
    expect_error("{\"verb\":\"list\",\"type\":\"person\",\"where\":{\"x\":\"1\"}}", ERR_BAD_INPUT);
    expect_error("{\"verb\":\"list\",\"where\":{\"sex\":\"1\"}}", ERR_USAGE);
}

/* Warnings but the one that depends on this machine's disk. */
static size_t warnings_of(const json_t *r)
{
    size_t i, n = 0;
    const json_t *w;
    json_array_foreach(json_object_get(r, "warnings"), i, w)
    {
        const char *code = json_string_value(json_object_get(w, "code"));
        n += strcmp(code, "disk_not_encrypted") != 0;
    }
    return n;
}

static void test_status_counts(void **state)
{
    (void)state;
    json_decref(ask(PERSON));
    json_t *r = ask("{\"verb\":\"status\"}");
    const json_t *log = json_object_get(r, "log");
    assert_int_equal(count(log, "sets"), 2);
    assert_int_equal(count(log, "waiting"), 2);
    assert_int_equal(warnings_of(r), 0);
    json_decref(r);
    fixture_receipt(&fx, 1);
    r = ask("{\"verb\":\"status\"}");
    log = json_object_get(r, "log");
    assert_int_equal(count(log, "delivered"), 1);
    assert_int_equal(count(log, "waiting"), 1);
    json_decref(r);
    /* The hub's clock is three minutes ahead: this PC's is wrong. Two minutes are not told. */
    assert_ok(node_store_contact(fx.store, now_ms, ERR_OK, now_ms + NODE_COMMAND_CLOCK_MS));
    r = ask("{\"verb\":\"status\"}");
    assert_int_equal(warnings_of(r), 0);
    json_decref(r);
    assert_ok(node_store_contact(fx.store, now_ms, ERR_OK, now_ms + 180000));
    r = ask("{\"verb\":\"status\"}");
    char words[200];
    field(json_array_get(json_object_get(r, "warnings"), 0), "vi", words, sizeof words);
    assert_non_null(strstr(words, "Đồng hồ máy này sai"));
    json_decref(r);
}

static void test_full_disk_is_said(void **state)
{
    (void)state;
    enum err e = ERR_OK;
    assert_ok(node_store_limit_pages(fx.store, 1));
    for (int i = 0; i < 3000 && e == ERR_OK; i++) {
        json_t *r = ask(PERSON);
        e = node_command_error_of(r);
        if (e != ERR_OK) {
            char vi[600];
            field(r, "vi", vi, sizeof vi);
            assert_non_null(strstr(vi, "Ổ đĩa đầy"));
        }
        json_decref(r);
    }
    assert_int_equal(e, ERR_FULL);
    json_t *r = ask("{\"verb\":\"list\",\"type\":\"person\",\"max\":5}");
    assert_ok(node_command_error_of(r));
    json_decref(r);
    assert_ok(node_store_limit_pages(fx.store, 0));
    r = ask(PERSON);
    assert_ok(node_command_error_of(r));
    json_decref(r);
}

static void test_join_keeps_the_invitation(void **state)
{
    (void)state;
    expect_error("{\"verb\":\"join\",\"invitation\":\"dongbo1:AAAA\"}", ERR_BAD_INPUT);
    expect_error("{\"verb\":\"join\",\"invitation\":\"hello\"}", ERR_BAD_INPUT);
    struct admin_invite inv = {.address = "hub.example:7400", .unit = "26188"};
    struct buf text;
    char request[800], words[200];
    buf_init(&text, 700);
    memset(inv.hub.b, 5, 32);
    memset(inv.transport_pk, 6, 32);
    memset(inv.token, 7, 16);
    admin_invite_encode(&inv, &text);
    snprintf(request, sizeof request, "{\"verb\":\"join\",\"invitation\":\"%s\"}", buf_cstr(&text));
    expect_error(request, ERR_EXISTS); /* the fixture's node has joined */
    struct node_identity id = fx.identity;
    id.joined = false;
    assert_ok(node_store_identity_set(fx.store, &id));
    /* A name that reads as another one: turned around, with a sign of no width, of two lines, too long. */
    static const char *const odd[] = {"M\\u00e1y \\u202e1", "M\\u00e1y\\u20661", "M\\u00e1y\\n1",
                                      "M\\u00e1y\\ufeff1"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        char named[900];
        snprintf(named, sizeof named, "{\"verb\":\"join\",\"invitation\":\"%s\",\"name\":\"%s\"}",
                 buf_cstr(&text), odd[i]);
        expect_error(named, ERR_BAD_INPUT);
    }
    json_t *r = ask(request);
    field(r, "words", words, sizeof words);
    size_t dashes = 0;
    for (const char *p = words; (p = strstr(p, "–")) != NULL; p++)
        dashes++;
    assert_int_equal(dashes, 5);
    json_decref(r);
    assert_ok(node_store_identity(fx.store, &id));
    assert_string_equal(id.address, "hub.example:7400");
    assert_memory_equal(id.token, inv.token, 16);
    buf_free(&text);
}

/* ---- the six words ---- */

static void test_words_that_differ_stop_everything(void **state)
{
    (void)state;
    struct node_identity id;
    char text[40];
    bool may = true;
    json_t *r = ask("{\"verb\":\"compare\"}");
    field(r, "compared", text, sizeof text);
    assert_string_equal(text, "never");
    json_decref(r);
    expect_error("{\"verb\":\"compare\",\"said\":\"perhaps\"}", ERR_BAD_INPUT);
    r = ask("{\"verb\":\"compare\",\"said\":\"differ\"}");
    assert_ok(node_command_error_of(r));
    json_decref(r);
    expect_error("{\"verb\":\"bundle_out\"}", ERR_WRONG_HUB);
    expect_error("{\"verb\":\"bundle_in\",\"file\":\"AAAA\"}", ERR_WRONG_HUB);
    r = ask("{\"verb\":\"status\"}");
    const json_t *first = json_array_get(json_object_get(r, "warnings"), 0);
    field(first, "code", text, sizeof text);
    assert_string_equal(text, "words_differ");
    json_decref(r);
    /* What a session writes of the identity does not take it back. */
    assert_ok(node_store_identity(fx.store, &id));
    assert_int_equal(id.compared, NODE_COMPARED_DIFFER);
    assert_ok(node_store_identity_set(fx.store, &fx.identity));
    assert_ok(node_home_may_unjoin(fx.store, &may));
    assert_true(may); /* nothing was written */
    r = ask(PERSON);  /* the work goes on, and stays here */
    assert_ok(node_command_error_of(r));
    json_decref(r);
    assert_ok(node_home_may_unjoin(fx.store, &may));
    assert_false(may);
    r = ask("{\"verb\":\"compare\",\"said\":\"same\"}");
    assert_ok(node_command_error_of(r));
    json_decref(r);
    r = ask("{\"verb\":\"bundle_in\",\"file\":\"AAAA\"}");
    assert_int_not_equal(node_command_error_of(r), ERR_WRONG_HUB);
    json_decref(r);
}

/* By the verbs of the page a request names no file; by the tool's it does. */
static void test_a_page_names_no_file(void **state)
{
    (void)state;
    expect_error("{\"verb\":\"bundle_in\",\"path\":\"/nowhere/a\"}", ERR_BAD_FORMAT);
    expect_error("{\"verb\":\"bundle_inspect\",\"path\":\"/nowhere/a\"}", ERR_BAD_FORMAT);
    expect_error("{\"verb\":\"bundle_in_file\",\"path\":\"/nowhere/a\"}", ERR_NOT_FOUND);
    expect_error("{\"verb\":\"bundle_inspect_file\",\"path\":\"/nowhere/a\"}", ERR_NOT_FOUND);
    expect_error("{\"verb\":\"bundle_in_file\",\"path\":\"a\"}", ERR_BAD_INPUT);
    expect_error("{\"verb\":\"bundle_in_file\"}", ERR_BAD_FORMAT);
}

static void test_a_joining_is_undone(void **state)
{
    (void)state;
    struct node_home h;
    struct node_identity id, before;
    struct node_user lan = {.name = "Lan", .hash = "x", .created_ms = 7, .role = NODE_USER_KEEPER};
    struct node_user found;
    char dir[128], path[200], stamp[DATE_NAME_ROOM];
    bool may = true;
    snprintf(dir, sizeof dir, "%s/unjoin", fx.folder);
    assert_ok(node_home_init(dir, "máy xã", &h));
    assert_ok(node_store_identity(h.store, &before));
    id = fx.identity;
    id.node = before.node;
    memcpy(id.sign_pk, before.sign_pk, sizeof id.sign_pk);
    snprintf(id.name, sizeof id.name, "máy xã");
    assert_ok(node_store_identity_set(h.store, &id));
    assert_ok(node_users_add(h.store, &lan, bytes_str("lan")));
    assert_ok(node_home_may_unjoin(h.store, &may));
    assert_false(may); /* nobody said that they differ */
    node_home_close(&h);
    assert_int_equal(node_home_unjoin(dir, now_ms), ERR_DENIED);
    assert_ok(node_home_open(dir, &h));
    assert_ok(node_store_compared_set(h.store, NODE_COMPARED_DIFFER));
    assert_int_equal(node_home_unjoin(dir, now_ms), ERR_LOCKED);
    node_home_close(&h);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(node_home_unjoin(dir, now_ms), round == 0 ? ERR_OK : ERR_DENIED);
        assert_ok(node_home_open(dir, &h));
        assert_ok(node_store_identity(h.store, &id));
        assert_memory_not_equal(id.node.b, before.node.b, 32); /* keys that the hub never saw */
        assert_true(!id.joined && id.address[0] == '\0' && id.compared == NODE_COMPARED_NEVER);
        assert_string_equal(id.name, "máy xã");
        assert_ok(node_users_find(h.store, bytes_str("lan"), &found));
        assert_true(found.created_ms == 7 && found.role == NODE_USER_KEEPER && found.active);
        node_home_close(&h);
    }
    date_name(now_ms, stamp);
    snprintf(path, sizeof path, "%s/keys.old-%s/sign.key", dir, stamp);
    assert_true(file_exists(path));
    snprintf(path, sizeof path, "%s/node.db.old-%s", dir, stamp);
    assert_true(file_exists(path));
}

/* A cut between the steps leaves what the next init completes. */
static void test_an_undoing_that_was_cut(void **state)
{
    (void)state;
    struct node_home h;
    char dir[128], keys[200], old[200];
    snprintf(dir, sizeof dir, "%s/cut", fx.folder);
    assert_ok(node_home_init(dir, "máy", &h));
    struct node_identity id = fx.identity;
    assert_ok(node_store_identity_set(h.store, &id));
    assert_ok(node_store_compared_set(h.store, NODE_COMPARED_DIFFER));
    node_home_close(&h);
    snprintf(keys, sizeof keys, "%s/keys", dir);
    snprintf(old, sizeof old, "%s/node.db.fresh", dir);
    FILE *f = fopen(old, "w"); /* of an undoing that ended in the middle of its first step */
    assert_non_null(f);
    fputs("half", f);
    fclose(f);
    assert_ok(node_home_unjoin(dir, now_ms));
    snprintf(old, sizeof old, "%s/node.db.restore", dir); /* of a `restore` that was killed */
    assert_ok(file_create_empty(old));
    assert_ok(node_home_open(dir, &h));
    assert_false(file_exists(old));
    node_home_close(&h);
    snprintf(old, sizeof old, "%s/keys.gone", dir);
    assert_int_equal(rename(keys, old), 0);
    assert_int_equal(node_home_open(dir, &h), ERR_NOT_READY);
}

/* In place of the system's, in this program: it may end before any change of names. */
enum { CRASHED = 77 };
static int names_left = -1; /* changes of names until the end; below 0: none */

static void crash_point(void)
{
    if (names_left == 0) _exit(CRASHED);
    if (names_left > 0) names_left--;
}

int rename(const char *from, const char *to)
{
    crash_point();
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int link(const char *from, const char *to)
{
    crash_point();
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    size_t len = strlen(path);
    if (len < 4 || strcmp(path + len - 4, "-wal") != 0) crash_point(); /* that is SQLite's affair */
    return unlinkat(AT_FDCWD, path, 0);
}

int mkdir(const char *path, mode_t mode)
{
    crash_point();
    return mkdirat(AT_FDCWD, path, mode);
}

/* Files and the folder `keys` of one data folder into another. */
static void copy_folder(const char *from, const char *to)
{
    struct file_list list;
    assert_ok(file_mkdirs(to, 0700));
    assert_ok(file_list(from, &list));
    for (size_t i = 0; i < list.n; i++) {
        char a[300], b[300];
        struct buf bytes;
        snprintf(a, sizeof a, "%s/%s", from, list.names[i]);
        snprintf(b, sizeof b, "%s/%s", to, list.names[i]);
        if (file_is_folder(a)) {
            copy_folder(a, b);
            continue;
        }
        buf_init(&bytes, 4u << 20);
        assert_ok(file_read(a, 4u << 20, &bytes));
        assert_ok(file_write_atomic(b, buf_bytes(&bytes), 0600));
        buf_free(&bytes);
    }
    file_list_free(&list);
}

/* Another process does it and ends before the change of names number `n`. true: it did not come to its end. */
static bool cut_at(int n, const char *dir, bool start_only)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct node_home h;
        names_left = n;
        enum err e = start_only ? node_home_open(dir, &h) : node_home_unjoin(dir, now_ms);
        _exit(e == ERR_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 1);
    return WEXITSTATUS(status) == CRASHED;
}

/* Before and after every change of names: the next start has the old database with the old keys, or new ones of both;
 * and an undoing asked for again comes to its end. */
static void test_an_undoing_cut_at_every_step(void **state)
{
    (void)state;
    struct node_home h;
    struct node_identity id, before;
    struct node_user lan = {.name = "Lan", .hash = "x", .created_ms = 7, .role = NODE_USER_KEEPER};
    struct node_user found;
    char from[128], dir[160];
    unsigned was_old = 0, was_new = 0;
    snprintf(from, sizeof from, "%s/steps", fx.folder);
    assert_ok(node_home_init(from, "máy xã", &h));
    assert_ok(node_store_identity(h.store, &before));
    before.joined = true;
    assert_ok(node_store_identity_set(h.store, &before));
    assert_ok(node_store_compared_set(h.store, NODE_COMPARED_DIFFER));
    assert_ok(node_users_add(h.store, &lan, bytes_str("lan")));
    node_home_close(&h);
    bool cut = true;
    for (int n = 0; cut; n++) {
        snprintf(dir, sizeof dir, "%s-%d", from, n);
        copy_folder(from, dir);
        cut = cut_at(n, dir, false);
        (void)cut_at(n % 5, dir, true); /* and the next start is cut too */
        assert_ok(node_home_open(dir, &h));
        assert_ok(node_store_identity(h.store, &id));
        assert_memory_equal(id.sign_pk, h.ring.sign.public, sizeof id.sign_pk);
        bool old = ID_EQUAL(&id.node, &before.node);
        assert_int_equal(old, id.joined);
        was_old += old;
        was_new += !old && cut;
        node_home_close(&h);
        if (old) assert_ok(node_home_unjoin(dir, now_ms));
        assert_ok(node_home_open(dir, &h));
        assert_ok(node_store_identity(h.store, &id));
        assert_false(ID_EQUAL(&id.node, &before.node));
        assert_memory_equal(id.sign_pk, h.ring.sign.public, sizeof id.sign_pk);
        assert_string_equal(id.name, "máy xã");
        assert_ok(node_users_find(h.store, bytes_str("lan"), &found));
        node_home_close(&h);
    }
    assert_true(was_old > 0 && was_new > 2);
}

/* ---- backup ---- */

static void test_no_copy_into_the_data_folder(void **state)
{
    (void)state;
    char request[600], path[300];
    const char *const bad[] = {
        "", "/", "/ban-sao.db", "/duoi", "/duoi/ban-sao.db", "/duoi/../x.db"};
    snprintf(path, sizeof path, "%s/duoi", fx.folder);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(request, sizeof request, "{\"verb\":\"backup\",\"path\":\"%s%s\"}", fx.folder,
                 bad[i]);
        expect_error(request, ERR_BAD_INPUT);
    }
    expect_error("{\"verb\":\"backup\",\"path\":\"ban-sao.db\"}", ERR_BAD_INPUT);
    snprintf(path, sizeof path, "%s-sao", fx.folder); /* beside it, with a name that begins alike */
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(request, sizeof request, "{\"verb\":\"backup\",\"path\":\"%s/a.db\"}", path);
    json_t *r = ask(request);
    assert_ok(node_command_error_of(r));
    json_decref(r);
    snprintf(request, sizeof request, "%s/a.db", path);
    assert_int_equal(unlink(request), 0);
    assert_int_equal(rmdir(path), 0);
}

/* ---- import, through the tool as a whole ---- */

static char data_dir[128], file_path[160];

/* The fixture's store as a data folder that the tool opens. */
static void make_home(void)
{
    struct buf text;
    char path[200];
    buf_init(&text, KEY_FILE_BYTES_MAX);
    snprintf(path, sizeof path, "%s/keys", fx.folder);
    assert_ok(file_mkdirs(path, 0700));
    assert_ok(key_sign_save(&fx.sign, &text));
    snprintf(path, sizeof path, "%s/keys/sign.key", fx.folder);
    assert_ok(file_create_private(path, buf_bytes(&text)));
    buf_clear(&text);
    assert_ok(key_box_save(&fx.transport, &text));
    snprintf(path, sizeof path, "%s/keys/transport.key", fx.folder);
    assert_ok(file_create_private(path, buf_bytes(&text)));
    buf_clear(&text);
    assert_ok(key_box_save(&fx.sealing, &text));
    snprintf(path, sizeof path, "%s/keys/sealing.key", fx.folder);
    assert_ok(file_create_private(path, buf_bytes(&text)));
    buf_free(&text);
    node_command_free(&cmd);
    node_store_close(fx.store);
    fx.store = NULL;
    snprintf(data_dir, sizeof data_dir, "%s", fx.folder);
    snprintf(file_path, sizeof file_path, "%s/rows.csv", fx.folder);
}

static void take_back(void)
{
    assert_ok(node_store_open(&(struct node_store_options){.path = fx.path}, &fx.store));
    assert_ok(node_command_init(&cmd, fx.store, &fx.keys, wall));
}

static void write_file(const char *text)
{
    FILE *f = fopen(file_path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static const struct cli_opt opts[] = {
    {"type", "T", "", ""},          {"person", "P", "", ""},   {"key", "K", "", ""},
    {"map", "M", "", ""},           {"header", "N", "", ""},   {"sheet", "N", "", ""},
    {"text", "T", "", ""},          {"as-of", "D", "", ""},    {"confirm-dates", NULL, "", ""},
    {"confirm-same", NULL, "", ""}, {"dry-run", NULL, "", ""}, {"csv", NULL, "", ""},
    {"ndjson", NULL, "", ""}};
static const struct cli_verb verbs[] = {
    {"import", "F", "", "", opts, sizeof opts / sizeof opts[0], 1, 1, node_tool_import}};
static const struct cli_program program = {"test", "", "", ".", verbs, 1};

static bool dates_are_right; /* the tool reads the PC's clock */
static bool rows_are_right;  /* of the records that their numbers find */

/* `test import ...`; its exit code. */
static int import_file(const char *type)
{
    struct node_tool tool = {.open = false};
    char *argv[12] = {(char[]){"test"},     (char[]){"import"}, (char[]){"--data"}, data_dir,
                      (char[]){"--person"}, (char[]){"Lan"},    file_path};
    char type_opt[] = "--type", dates_opt[] = "--confirm-dates", type_arg[32];
    char rows_opt[] = "--confirm-same";
    int argc = 7;
    if (dates_are_right) argv[argc++] = dates_opt;
    if (rows_are_right) argv[argc++] = rows_opt;
    if (type != NULL) {
        snprintf(type_arg, sizeof type_arg, "%s", type);
        argv[argc++] = type_opt;
        argv[argc++] = type_arg;
    }
    int code = cli_main(&program, argc, argv, &tool);
    node_tool_close(&tool);
    return code == 0 ? tool.exit : code;
}

static void expect_file(const char *path, const char *text)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    assert_ok(file_read(path, 1 << 20, &b));
    assert_string_equal(buf_cstr(&b), text);
    buf_free(&b);
}

static void test_import_broken_rows(void **state)
{
    (void)state;
    char bad[200];
    make_home();
    /* BOM, CRLF, decomposed letters (NFD), a forgotten quote, a wrong date, a wrong number of
     * columns. */
    write_file("\xEF\xBB\xBF"
               "full_name,sex,dob,national_id\r\n"
               "Tra\xCC\x82\xCC\x80n Thi\xCC\xA3 Mai,Nữ,1/2/1990,075190000001\r\n"
               "Lê Văn Sai,Nam,32/13/1990,075190000002\r\n"
               "Thiếu cột,Nam\r\n"
               "Phạm \"Văn,Nam,1980,075190000003\r\n"
               "Đỗ Văn Đúng,nam,1980,075190000004\r\n");
    assert_int_equal(import_file("person"), NODE_TOOL_WARNINGS);
    snprintf(bad, sizeof bad, "%s.loi.csv", file_path);
    expect_file(bad, "\xEF\xBB\xBF"
                     "full_name,sex,dob,national_id\r\n"
                     "Lê Văn Sai,Nam,32/13/1990,075190000002\r\n"
                     "Thiếu cột,Nam\r\n"
                     "Phạm \"Văn,Nam,1980,075190000003\r\n");
    struct stat st;
    assert_int_equal(stat(bad, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    take_back();
    json_t *r = ask("{\"verb\":\"list\",\"type\":\"person\",\"where\":{\"full_name\":\"Trần Thị "
                    "Mai\"}}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    json_decref(r);
    r = ask("{\"verb\":\"status\"}");
    assert_int_equal(count(r, "records"), 2);
    const json_t *import = json_array_get(json_object_get(r, "imports"), 0);
    assert_true(json_is_true(json_object_get(import, "finished")));
    assert_int_equal(count(import, "ops"), 2);
    json_decref(r);
}

static void test_import_twice_doubles_nothing(void **state)
{
    (void)state;
    make_home();
    write_file("full_name;sex;national_id;note\n"
               "Một;Nam;075190000001;a\n"
               "Hai;Nữ;075190000002;\n");
    assert_int_equal(import_file("person"), 0);
    assert_int_equal(import_file("person"), 0);
    write_file("full_name;sex;national_id;note\n"
               "Một;Nam;075190000001;\n"
               "Hai;Nữ;075190000002;đã sửa\n"
               "Hai;Nữ;075190000002;sửa nữa\n");
    rows_are_right = true; /* one of them says twice what the note is */
    assert_int_equal(import_file("person"), 0);
    rows_are_right = false;
    take_back();
    json_t *r = ask("{\"verb\":\"status\"}");
    assert_int_equal(count(r, "records"), 2);
    assert_int_equal(count(r, "records_conflict"), 0);
    /* genesis, one set of two, then two sets for the same record */
    assert_int_equal(count(json_object_get(r, "log"), "sets"), 4);
    json_decref(r);
    r = ask("{\"verb\":\"list\",\"type\":\"person\",\"where\":{\"note\":\"sửa nữa\"}}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    json_decref(r);
    r = ask("{\"verb\":\"list\",\"type\":\"person\",\"where\":{\"note\":\"a\"}}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")),
                     1); /* empty cells clear nothing */
    json_decref(r);
}

static json_t *import_rows(const char *as_of, const char *note, const char *address, bool dry)
{
    char text[600];
    snprintf(
        text, sizeof text,
        "{\"verb\":\"import\",\"type\":\"person\",\"person\":\"Lan\",\"source\":\"ds.xlsx\",\"as_"
        "of\":\"%s\",\"dry\":%s,"
        "\"last\":true,\"rows\":[{\"line\":2,\"type\":\"person\",\"values\":{\"full_name\":\"Một\","
        "\"sex\":\"Nam\",\"national_id\":\"075190000001\",\"note\":\"%s\",\"cur_hamlet\":\"%s\"}}]"
        "}",
        as_of, dry ? "true" : "false", note, address);
    return ask(text);
}

/* The one person's note. */
static void expect_note(const char *want)
{
    char text[200];
    snprintf(text, sizeof text,
             "{\"verb\":\"list\",\"type\":\"person\",\"where\":{\"note\":\"%s\"}}", want);
    json_t *r = ask(text);
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    json_decref(r);
}

/* Surveys of 2021 and 2022 come in the wrong order, and a hand writes between: the newest day stays. */
static void test_import_of_a_day_leaves_what_is_later(void **state)
{
    (void)state;
    make_home();
    take_back();
    json_t *r = import_rows("2021-12-31", "2021", "Ấp 1", false);
    assert_int_equal(count(r, "created"), 1);
    assert_int_equal(count(r, "kept_values"), 0);
    json_decref(r);
    r = import_rows("31/12/2022", "2022", "Ấp 1", false); /* a newer survey */
    assert_int_equal(count(r, "edited"), 1);
    assert_int_equal(count(r, "kept_values"), 0);
    json_decref(r);
    expect_note("2022");
    r = import_rows("2021-12-31", "2021", "Ấp 1", false); /* the older one again */
    assert_int_equal(count(r, "edited"), 0);
    assert_int_equal(count(r, "unchanged"), 1);
    assert_int_equal(count(r, "kept_values"), 1);
    const json_t *kept = json_array_get(json_object_get(r, "kept"), 0);
    assert_int_equal(count(kept, "line"), 2);
    assert_string_equal(json_string_value(json_object_get(kept, "column")), "note");
    json_decref(r);
    expect_note("2022");
    r = import_rows("", "tay", "Ấp 1", false); /* nobody said a day: of today */
    assert_int_equal(count(r, "edited"), 1);
    json_decref(r);
    r = import_rows("2022-12-31", "2022", "Ấp 2", true); /* a dry run names it as well */
    assert_int_equal(count(r, "kept_values"), 1);
    json_decref(r);
    r = import_rows("2022-12-31", "2022", "Ấp 2", false);
    assert_int_equal(count(r, "kept_values"), 1); /* the note; the other field is of 2022 */
    assert_int_equal(count(r, "edited"), 1);
    json_decref(r);
    expect_note("tay");
    static const char *const wrong[] = {"hôm qua", "31/12/2062", "2023-11-16"}; /* none; to come */
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        r = import_rows(wrong[i], "x", "Ấp 2", i == 2);
        assert_int_equal(node_command_error_of(r), ERR_BAD_INPUT);
        assert_string_equal(json_string_value(json_object_get(r, "field")), "as_of");
        json_decref(r);
    }
    r = import_rows("2023-11-15", "tay", "Ấp 2", true); /* today is a day of a list */
    assert_ok(node_command_error_of(r));
    json_decref(r);
    expect_note("tay");
}

static void expect_kept(json_t *r, size_t i, const char *column, const char *why)
{
    const json_t *kept = json_array_get(json_object_get(r, "kept"), i);
    assert_string_equal(json_string_value(json_object_get(kept, "column")), column);
    assert_string_equal(json_string_value(json_object_get(kept, "why")), why);
}

/* Edit the one person: `what` is the rest of the request. */
static json_t *put_person(const char *what)
{
    char text[400], id[40];
    json_t *r = ask("{\"verb\":\"list\",\"type\":\"person\"}");
    field(json_array_get(json_object_get(r, "rows"), 0), "id", id, sizeof id);
    json_decref(r);
    snprintf(text, sizeof text, "{\"verb\":\"put\",\"id\":\"%s\",\"person\":\"Lan\",%s}", id, what);
    return ask(text);
}

/* Whoever deletes changes nothing in the record: what was typed beside it would be lost. */
static void test_a_delete_takes_no_values(void **state)
{
    (void)state;
    make_home();
    take_back();
    json_decref(import_rows("", "tay", "Ấp 1", false));
    static const char *const beside[] = {"\"values\":{\"note\":\"x\"}", "\"lock\":[\"note\"]",
                                         "\"unlock\":[\"note\"]"};
    char text[160];
    for (size_t i = 0; i < sizeof beside / sizeof beside[0]; i++) {
        snprintf(text, sizeof text, "\"action\":\"delete\",\"reason\":\"mistake\",%s", beside[i]);
        json_t *r = put_person(text);
        assert_int_equal(node_command_error_of(r), ERR_USAGE);
        json_decref(r);
        expect_note("tay");
    }
    json_t *r =
        put_person("\"action\":\"delete\",\"reason\":\"mistake\",\"values\":{},\"lock\":[]");
    assert_ok(node_command_error_of(r));
    json_decref(r);
}

/* A lock is against lists, with a day or without, and not against people, who are told. */
static void test_no_list_overwrites_a_locked_field(void **state)
{
    (void)state;
    make_home();
    take_back();
    json_decref(import_rows("", "tay", "Ấp 1", false));
    json_t *r = put_person("\"lock\":[\"note\",\"poverty_year\"]");
    assert_ok(node_command_error_of(r));
    assert_true(json_is_true(json_object_get(r, "saved")));
    assert_null(json_object_get(r, "locked")); /* nothing was written into it */
    json_decref(r);
    r = put_person("\"lock\":[\"note\"]");
    assert_false(json_is_true(json_object_get(r, "saved"))); /* it is locked */
    json_decref(r);
    static const char *const days[] = {"", "2023-11-15", "2020-12-31"};
    for (size_t i = 0; i < 3; i++) {
        char hamlet[20];
        snprintf(hamlet, sizeof hamlet, "Ấp %zu", i + 2);
        r = import_rows(days[i], "của danh sách", hamlet, i == 1);
        assert_int_equal(count(r, "kept_values"), i < 2 ? 1 : 2); /* of 2020: the hamlet is later */
        assert_int_equal(count(r, "edited"), i < 2 ? 1 : 0);
        expect_kept(r, i < 2 ? 0 : 0, "note", "locked");
        if (i == 2) expect_kept(r, 1, "cur_hamlet", "later");
        json_decref(r);
        expect_note("tay");
    }
    r = import_rows("", "tay", "Ấp 2", false); /* the same as here: there is nothing to keep */
    assert_int_equal(count(r, "kept_values"), 0);
    json_decref(r);
    /* What is tied to a locked field stays with it, and is named. */
    r = ask("{\"verb\":\"import\",\"type\":\"person\",\"person\":\"Lan\",\"last\":true,\"rows\":[{"
            "\"line\":7,\"type\":\"person\",\"values\":{\"phone\":\"0251\",\"national_id\":"
            "\"075190000001\",\"poverty\":\"poor\",\"poverty_year\":\"2023\"}}]}");
    assert_int_equal(count(r, "edited"), 1);
    assert_int_equal(count(r, "kept_values"), 2);
    expect_kept(r, 0, "poverty", "locked");
    expect_kept(r, 1, "poverty_year", "locked");
    json_decref(r);
    r = put_person("\"values\":{\"note\":\"người sửa\"}");
    assert_ok(node_command_error_of(r));
    assert_string_equal(json_string_value(json_array_get(json_object_get(r, "locked"), 0)), "note");
    json_decref(r);
    expect_note("người sửa");
    r = put_person("\"unlock\":[\"note\",\"note\"]");
    assert_int_equal(node_command_error_of(r), ERR_BAD_INPUT);
    json_decref(r);
    r = put_person("\"lock\":[\"no_such\"]");
    assert_int_equal(node_command_error_of(r), ERR_BAD_INPUT);
    json_decref(r);
    r = put_person("\"unlock\":[\"note\"],\"values\":{\"note\":\"mở\"}");
    assert_null(json_object_get(r, "locked"));
    json_decref(r);
    r = import_rows("15/11/2023", "của danh sách", "Ấp 2", false);
    assert_int_equal(count(r, "kept_values"), 0);
    json_decref(r);
    expect_note("của danh sách");
    char id[40], text[100];
    r = ask("{\"verb\":\"list\",\"type\":\"person\"}");
    const json_t *row = json_array_get(json_object_get(r, "rows"), 0);
    assert_int_equal(json_array_size(json_object_get(row, "locks")), 1);
    assert_string_equal(json_string_value(json_array_get(json_object_get(row, "locks"), 0)),
                        "poverty_year");
    assert_int_equal(count(row, "conflicts"), 0);
    field(row, "id", id, sizeof id);
    json_decref(r);
    snprintf(text, sizeof text, "{\"verb\":\"history\",\"id\":\"%s\"}", id);
    r = ask(text);
    const json_t *write = json_array_get(
        json_object_get(json_array_get(json_object_get(r, "events"), 1), "writes"), 0);
    assert_string_equal(json_string_value(json_object_get(write, "field")), "(lock)");
    assert_string_equal(json_string_value(json_object_get(write, "element")), "poverty_year");
    assert_true(json_is_true(json_object_get(write, "value")));
    assert_null(json_object_get(json_array_get(json_object_get(r, "events"), 1), "import"));
    const json_t *list = json_object_get(json_array_get(json_object_get(r, "events"), 0), "import");
    assert_int_equal(json_string_length(json_object_get(list, "id")), 16);
    assert_string_equal(json_string_value(json_object_get(list, "as_of")), "");
    size_t last = json_array_size(json_object_get(r, "events")) - 1;
    list = json_object_get(json_array_get(json_object_get(r, "events"), last), "import");
    assert_string_equal(json_string_value(json_object_get(list, "as_of")), "2023-11-15");
    assert_string_equal(json_string_value(json_object_get(list, "source")), "ds.xlsx");
    json_decref(r);
}

static void test_import_refuses_columns(void **state)
{
    (void)state;
    make_home();
    write_file("full_name,nothing\nA,B\n");
    assert_int_equal(import_file("person"), err_exit_code(ERR_BAD_INPUT));
    write_file("full_name,full_name\nA,B\n");
    assert_int_equal(import_file("person"), err_exit_code(ERR_BAD_INPUT));
    write_file("");
    assert_int_equal(import_file("person"), err_exit_code(ERR_BAD_INPUT));
    write_file("full_name\nA\n");
    assert_int_equal(import_file(NULL), err_exit_code(ERR_USAGE));
    take_back();
    json_t *r = ask("{\"verb\":\"status\"}");
    assert_int_equal(count(r, "records"), 0);
    json_decref(r);
}

/* A birth after today is refused, whoever insists; one of more than 110 years ago is asked about. */
static void test_births_that_cannot_be(void **state)
{
    (void)state;
#define BORN(day, more)                                                                            \
    "{\"verb\":\"put\",\"type\":\"person\",\"person\":\"Lan\",\"values\":{\"full_name\":\"Lan\","  \
    "\"sex\":\"Nam\",\"dob\":\"" day "\"}" more "}"
    static const struct {
        const char *request;
        enum err e;
        bool confirm;
    } cases[] = {
        /* today is 15/11/2023 */
        {BORN("16/11/2023", ""), ERR_BAD_VALUE, false},
        {BORN("16/11/2023", ",\"confirm_dates\":true"), ERR_BAD_VALUE, false},
        {BORN("2199", ""), ERR_BAD_VALUE, false},
        {BORN("12/2023", ""), ERR_BAD_VALUE, false},
        {BORN("14/11/1913", ""), ERR_BAD_VALUE, true},
        {BORN("14/11/1913", ",\"confirm_dates\":true"), ERR_OK, false},
        {BORN("15/11/2023", ""), ERR_OK, false},
        {BORN("2023", ""), ERR_OK, false},
    };
    size_t saved = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *r = ask(cases[i].request);
        assert_int_equal(node_command_error_of(r), cases[i].e);
        assert_int_equal(json_is_true(json_object_get(r, "confirm")), cases[i].confirm);
        if (cases[i].e != ERR_OK)
            assert_string_equal(json_string_value(json_object_get(r, "field")), "dob");
        saved += cases[i].e == ERR_OK;
        json_decref(r);
    }
    json_t *r = ask("{\"verb\":\"status\"}");
    assert_int_equal(count(r, "records"), saved);
    json_decref(r);
    /* The form says it while one types. */
    r = ask("{\"verb\":\"check\",\"type\":\"person\",\"values\":{\"full_name\":\"Lan\",\"dob\":"
            "\"2199\"}}");
    assert_non_null(json_object_get(json_object_get(r, "errors"), "dob"));
    json_decref(r);
    r = ask("{\"verb\":\"check\",\"type\":\"person\",\"values\":{\"full_name\":\"Lan\",\"dob\":"
            "\"1901\"}}");
    assert_null(json_object_get(json_object_get(r, "errors"), "dob")); /* asked when saved */
    json_decref(r);
    /* A list: the row is named, the others enter. */
    r = ask(
        "{\"verb\":\"import\",\"type\":\"person\",\"person\":\"Lan\",\"last\":true,"
        "\"confirm_dates\":true,\"rows\":[{\"line\":2,\"type\":\"person\",\"values\":{"
        "\"full_name\":\"A\",\"sex\":\"Nam\",\"dob\":\"2024\"}},{\"line\":3,\"type\":\"person\","
        "\"values\":{\"full_name\":\"B\",\"sex\":\"Nam\",\"dob\":\"2020\"}}]}");
    assert_int_equal(count(r, "created"), 1);
    const json_t *bad = json_array_get(json_object_get(r, "bad"), 0);
    assert_int_equal(count(bad, "line"), 2);
    assert_string_equal(json_string_value(json_object_get(bad, "column")), "dob");
    assert_false(json_is_true(json_object_get(bad, "confirm")));
    json_decref(r);
    /* A battery that ran out: the clock is behind the log, so today is not known for sure and a person is asked. */
    now_ms -= 400LL * 86400000;
    r = ask(BORN("01/10/2023", ""));
    assert_true(json_is_true(json_object_get(r, "confirm")));
    assert_non_null(strstr(json_string_value(json_object_get(r, "vi")), "đồng hồ"));
    json_decref(r);
    r = ask(BORN("01/10/2023", ",\"confirm_dates\":true"));
    assert_ok(node_command_error_of(r));
    json_decref(r);
    now_ms += 400LL * 86400000;
#undef BORN
}

/* The day of an event far from what is reported of is asked about, on this road and that; other days are not. */
static void test_doubtful_days_are_asked_about(void **state)
{
    (void)state;
#define ACTIVITY(day, more)                                                                        \
    "{\"verb\":\"put\",\"type\":\"activity\",\"person\":\"Lan\",\"values\":{\"title\":\"Họp\","  \
    "\"kind\":"                                                                                    \
    "\"direct\",\"field\":\"drugs\",\"on_date\":\"" day "\"}" more "}"
    static const char *const odd[] = {ACTIVITY("12/03/1970", ""), ACTIVITY("2024-11-14", ""),
                                      ACTIVITY("2022-11-14", "")};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) { /* today is 15/11/2023 */
        json_t *r = ask(odd[i]);
        assert_int_equal(node_command_error_of(r), ERR_BAD_VALUE);
        assert_true(json_is_true(json_object_get(r, "confirm")));
        assert_string_equal(json_string_value(json_object_get(r, "field")), "on_date");
        assert_non_null(strstr(json_string_value(json_object_get(r, "vi")), "đúng không?"));
        json_decref(r);
    }
    json_t *r = ask("{\"verb\":\"status\"}");
    assert_int_equal(count(r, "records"), 0);
    json_decref(r);
    char id[40], request[300];
    r = ask(ACTIVITY("12/03/1970", ",\"confirm_dates\":true"));
    assert_ok(node_command_error_of(r));
    field(r, "id", id, sizeof id);
    json_decref(r);
    snprintf(request, sizeof request,
             "{\"verb\":\"put\",\"id\":\"%s\",\"person\":\"Lan\",\"values\":{\"title\":\"Họp "
             "dân\"}}",
             id);
    r = ask(request); /* the day is what it was */
    assert_ok(node_command_error_of(r));
    json_decref(r);
    r = ask(ACTIVITY("2023-11-14", ""));
    assert_ok(node_command_error_of(r));
    json_decref(r);
    r = ask(
        "{\"verb\":\"put\",\"type\":\"person\",\"person\":\"Lan\",\"values\":{\"full_name\":\"A\","
        "\"sex\":\"male\",\"dob\":\"1931\"}}"); /* as old as a person is */
    assert_ok(node_command_error_of(r));
    json_decref(r);
}

#define DOUBTFUL_ROWS(more)                                                                        \
    "{\"verb\":\"import\",\"person\":\"Lan\",\"type\":\"activity\",\"last\":true" more             \
    ",\"rows\":[{\"line\":2,\"type\":\"activity\",\"values\":{\"title\":\"Một\",\"kind\":"       \
    "\"direct\","                                                                                  \
    "\"field\":\"drugs\",\"on_date\":\"01/11/"                                                     \
    "2023\"}},{\"line\":3,\"type\":\"activity\",\"values\":{"                                      \
    "\"title\":\"Hai\",\"kind\":\"direct\",\"field\":\"drugs\",\"on_date\":\"01/11/2033\"}}]}"

static void test_doubtful_days_of_an_import(void **state)
{
    (void)state;
    static const char *const asks[] = {DOUBTFUL_ROWS(",\"dry\":true"), DOUBTFUL_ROWS("")};
    for (size_t i = 0; i < 2; i++) {
        json_t *r = ask(asks[i]);
        assert_int_equal(count(r, "created"), 1);
        assert_int_equal(count(r, "bad_rows"), 1);
        const json_t *bad = json_array_get(json_object_get(r, "bad"), 0);
        assert_int_equal(count(bad, "line"), 3);
        assert_string_equal(json_string_value(json_object_get(bad, "column")), "on_date");
        assert_true(json_is_true(json_object_get(bad, "confirm")));
        json_decref(r);
    }
    json_t *r = ask(DOUBTFUL_ROWS(",\"confirm_dates\":true"));
    assert_int_equal(count(r, "created"), 2);
    assert_int_equal(count(r, "bad_rows"), 0);
    json_decref(r);
}

/* Rows of persons: names, births and numbers. */
static json_t *import_people(const char *options, const char *const (*rows)[4], size_t n)
{
    char text[4000];
    size_t at = (size_t)snprintf(text, sizeof text,
                                 "{\"verb\":\"import\",\"type\":\"person\",\"person\":\"Lan\","
                                 "\"source\":\"d2.csv\",\"last\":true%s,\"rows\":[",
                                 options);
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(
            text + at, sizeof text - at,
            "%s{\"line\":%zu,\"type\":\"person\",\"values\":{\"full_name\":\"%s\","
            "\"sex\":\"Nam\",\"dob\":\"%s\",\"national_id\":\"%s\",\"note\":\"%s\"}}%s",
            i > 0 ? "," : "", i + 2, rows[i][0], rows[i][1], rows[i][2], rows[i][3], "");
    snprintf(text + at, sizeof text - at, "]}");
    return ask(text);
}

static void expect_import(json_t *r, long long created, long long edited, long long unchanged,
                          long long bad)
{
    assert_int_equal(count(r, "created"), created);
    assert_int_equal(count(r, "edited"), edited);
    assert_int_equal(count(r, "unchanged"), unchanged);
    assert_int_equal(count(r, "bad_rows"), bad);
    json_decref(r);
}

/* A number that was copied into the wrong line names nobody anew: a person says that it is the same one. */
static void test_import_does_not_rename_somebody_else(void **state)
{
    (void)state;
    static const char *const truong[][4] = {{"Bùi Văn Trường", "12/03/1990", "075085769253", "a"}};
    static const char *const muoi[][4] = {{"Hoàng Thị Mười", "01/02/2001", "075085769253", "b"}};
    static const char *const again[][4] = {{"BUI VAN TRUONG", "1990", "075085769253", "c"}};
    make_home();
    take_back();
    expect_import(import_people("", truong, 1), 1, 0, 0, 0);
    for (int dry = 0; dry < 2; dry++) {
        json_t *r = import_people(dry != 0 ? ",\"dry\":true" : "", muoi, 1);
        const json_t *bad = json_array_get(json_object_get(r, "bad"), 0);
        assert_true(json_is_true(json_object_get(bad, "same")));
        assert_false(json_is_true(json_object_get(bad, "confirm")));
        assert_string_equal(json_string_value(json_object_get(bad, "column")), "national_id");
        assert_int_equal(json_string_length(json_object_get(bad, "record")), 32);
        assert_non_null(strstr(json_string_value(json_object_get(bad, "vi")), "khác hẳn"));
        expect_import(r, 0, 0, 0, 1);
    }
    expect_note("a");
    expect_import(import_people(",\"confirm_dates\":true", muoi, 1), 0, 0, 0,
                  1); /* another question */
    expect_import(import_people("", again, 1), 0, 1, 0, 0);
    expect_note("c");
    expect_import(import_people(",\"confirm_same\":true", muoi, 1), 0, 1, 0, 0);
    expect_note("b");
    json_t *r = ask("{\"verb\":\"import\",\"type\":\"person\",\"person\":\"Lan\",\"last\":true,"
                    "\"rows\":[{\"line\":2,\"type\":\"person\",\"confirm_same\":true,\"values\":{"
                    "\"full_name\":\"Bùi Văn Trường\",\"national_id\":\"075085769253\"}},"
                    "{\"line\":3,\"type\":\"person\",\"values\":{"
                    "\"full_name\":\"Lê Thị Khác\",\"national_id\":\"075085769253\"}}]}");
    expect_import(r, 0, 1, 0, 1); /* said of the one row */
}

/* Two rows of one number: the later must not cover the earlier; and a trial counts as the import does. */
static void test_import_of_one_number_twice(void **state)
{
    (void)state;
    static const char *const rows[][4] = {{"Một Hai", "1990", "075090000011", "a"},
                                          {"Ba Bốn", "1955", "075090000011", "a"},
                                          {"Một Hai", "1990", "075090000011", "a"},
                                          {"Một Hai", "1990", "075090000011", "b"},
                                          {"Năm Sáu", "1970", "", "c"},
                                          {"Năm Sáu", "1970", "", "d"}};
    make_home();
    take_back();
    expect_import(import_people(",\"dry\":true", rows, 6), 3, 0, 1, 2);
    json_t *r = import_people("", rows, 6);
    const json_t *bad = json_object_get(r, "bad");
    static const char *const columns[] = {"full_name", "note"};
    for (size_t i = 0; i < 2; i++) {
        const json_t *b = json_array_get(bad, i);
        assert_string_equal(json_string_value(json_object_get(b, "column")), columns[i]);
        assert_true(json_is_true(json_object_get(b, "same")));
    }
    expect_import(r, 3, 0, 1, 2);
    expect_note("a");
    expect_import(import_people(",\"confirm_same\":true,\"dry\":true", rows + 2, 2), 0, 1, 1, 0);
    expect_import(import_people(",\"confirm_same\":true", rows + 2, 2), 0, 1, 1, 0);
    expect_note("b");
}

/* A piece of a list of persons, sent by who looked for doubles when there were `known`. */
static json_t *import_known(const char *import, json_int_t known, const char *name, bool last)
{
    char text[500], about[100] = "\"type\":\"person\",\"source\":\"ds.csv\"";
    if (import != NULL) snprintf(about, sizeof about, "\"import\":\"%s\"", import);
    snprintf(text, sizeof text,
             "{\"verb\":\"import\",%s,\"person\":\"Lan\",\"known\":%lld,\"last\":%s,\"rows\":[{"
             "\"line\":2,\"type\":\"person\",\"values\":{\"full_name\":\"%s\",\"sex\":\"Nam\","
             "\"dob\":\"1970\"}}]}",
             about, (long long)known, last ? "true" : "false", name);
    return ask(text);
}

static json_int_t known_now(void)
{
    json_t *r = ask("{\"verb\":\"search\",\"type\":\"person\",\"max\":1}");
    json_int_t n = count(r, "known");
    json_decref(r);
    return n;
}

/* Two people import one list at one moment: both looked, and found nobody. The second is told before a row of
 * hers is written, and the first goes on. */
static void test_import_of_two_at_once(void **state)
{
    (void)state;
    char first[20];
    json_int_t seen = known_now();
    json_t *r = import_known(NULL, seen, "Lê Thị Bưởi", false);
    field(r, "import", first, sizeof first);
    json_int_t after = count(r, "known"); /* with what is held back */
    assert_int_equal(after, seen + 1);
    json_decref(r);
    r = import_known(NULL, seen, "Lê Thị Bưởi", true);
    assert_int_equal(node_command_error_of(r), ERR_STALE);
    json_decref(r);
    r = import_known(first, after, "Trần Văn Sáu", false);
    assert_ok(node_command_error_of(r));
    after = count(r, "known");
    json_decref(r);
    /* One is added by hand between two pieces, and one that was there is deleted. */
    r = ask("{\"verb\":\"put\",\"type\":\"person\",\"person\":\"Lan\",\"values\":{\"full_name\":"
            "\"Ngô Văn Tám\",\"sex\":\"male\",\"dob\":\"1970\"}}");
    char id[40], request[200];
    field(r, "id", id, sizeof id);
    json_decref(r);
    snprintf(
        request, sizeof request,
        "{\"verb\":\"put\",\"id\":\"%s\",\"action\":\"delete\",\"reason\":\"mistaken\",\"person\":"
        "\"Lan\"}",
        id);
    json_decref(ask(request));
    r = import_known(first, after, "Ngô Văn Tám", true);
    assert_int_equal(node_command_error_of(r), ERR_STALE);
    json_decref(r);
    r = import_known(first, known_now(), "Ngô Văn Tám",
                     true); /* looked again: asked for all the same */
    assert_ok(node_command_error_of(r));
    assert_int_equal(count(r, "created"), 3);
    assert_true(json_is_true(json_object_get(r, "done")));
    json_decref(r);
    r = import_known("", 0, "x", true); /* none is under way */
    assert_int_equal(node_command_error_of(r), ERR_NOT_FOUND);
    json_decref(r);
}

static void test_import_ndjson(void **state)
{
    (void)state;
    char bad[200];
    make_home();
    snprintf(file_path, sizeof file_path, "%s/rows.ndjson", fx.folder);
    write_file(
        "{\"type\":\"person\",\"id\":\"0000000000000000000000000000000a\",\"full_name\":\"A\","
        "\"sex\":\"male\"}\n"
        "\n"
        "{\"type\":\"contact_log\",\"id\":\"0000000000000000000000000000000b\",\"client\":"
        "\"0000000000000000000000000000000a\",\"on_date\":\"2023-06-28\",\"content\":["
        "\"persuasion\",\"advice\"],\"minutes\":\"30\"}\r\n"
        "{\"type\":\"nothing\",\"id\":\"0000000000000000000000000000000c\"}\n"
        "not json\n"
        "{\"type\":\"person\",\"id\":\"0000000000000000000000000000000d\",\"full_name\":\"D\","
        "\"sex\":\"female\"}");
    dates_are_right = true;
    assert_int_equal(import_file(NULL), NODE_TOOL_WARNINGS);
    snprintf(bad, sizeof bad, "%s.loi.ndjson", file_path);
    expect_file(bad, "{\"type\":\"nothing\",\"id\":\"0000000000000000000000000000000c\"}\n"
                     "not json\n");
    assert_int_equal(import_file(NULL), NODE_TOOL_WARNINGS);
    take_back();
    json_t *r = ask("{\"verb\":\"status\"}");
    assert_int_equal(count(r, "records"), 3);
    assert_int_equal(count(json_object_get(r, "log"), "sets"), 2);
    json_decref(r);
    r = ask("{\"verb\":\"get\",\"id\":\"0000000000000000000000000000000b\"}");
    const json_t *content = json_object_get(json_object_get(r, "values"), "content");
    assert_int_equal(json_array_size(content), 2);
    json_decref(r);
}

static void test_import_many(void **state)
{
    (void)state;
    make_home();
    FILE *f = fopen(file_path, "wb");
    assert_non_null(f);
    fputs("full_name,sex,national_id\n", f);
    for (int i = 0; i < 10000; i++)
        fprintf(f, "Người số %d,%s,0751900%05d\n", i, i % 2 ? "Nam" : "Nữ", i);
    fclose(f);
    assert_int_equal(import_file("person"), 0);
    take_back();
    json_t *r = ask("{\"verb\":\"status\"}");
    assert_int_equal(count(r, "records"), 10000);
    const json_t *import = json_array_get(json_object_get(r, "imports"), 0);
    assert_true(json_is_true(json_object_get(import, "finished")));
    assert_int_equal(count(import, "ops"), 10000);
    assert_int_equal(count(import, "sets"), count(json_object_get(r, "log"), "sets") - 1);
    assert_true(count(import, "sets") >= 40);
    json_decref(r);
    assert_ok(node_store_scrub(fx.store));
}

/* Beside a running daemon the tool opens nothing: it asks. */
static void test_daemon_serves_the_tool(void **state)
{
    (void)state;
    char socket_path[200];
    struct node_home second;
    make_home();
    snprintf(socket_path, sizeof socket_path, "%s/dongbo.sock", data_dir);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct node_home h;
        enum err e = node_home_open(data_dir, &h);
        if (e == ERR_OK) e = node_daemon_run(&h, socket_path);
        node_home_close(&h);
        _exit(err_exit_code(e));
    }
    json_t *request = json_pack("{s:s}", "verb", "status");
    json_t *r = NULL;
    for (int i = 0; i < 6000 && rpc_ask(socket_path, request, 120000, &r) != ERR_OK; i++)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    assert_non_null(r);
    json_decref(r);
    assert_int_equal(node_home_open(data_dir, &second), ERR_LOCKED);
    write_file("full_name,sex,national_id\n"
               "Một,Nam,075190000001\n"
               "Hai,Khác thường,075190000002\n");
    assert_int_equal(import_file("person"), NODE_TOOL_WARNINGS);
    assert_ok(rpc_ask(socket_path, request, 120000, &r));
    assert_int_equal(count(r, "records"), 1);
    json_decref(r);
    json_object_set_new(request, "verb", json_string("sync"));
    assert_ok(rpc_ask(socket_path, request, 120000, &r));
    assert_int_equal(node_command_error_of(r), ERR_UNREACHABLE); /* nobody is at port 1 */
    json_decref(r);
    json_object_set_new(request, "verb", json_string("compare"));
    json_object_set_new(request, "said", json_string("differ"));
    assert_ok(rpc_ask(socket_path, request, 120000, &r));
    assert_ok(node_command_error_of(r));
    json_decref(r);
    json_object_set_new(request, "verb", json_string("sync"));
    assert_ok(rpc_ask(socket_path, request, 120000, &r));
    assert_int_equal(node_command_error_of(r), ERR_WRONG_HUB); /* nobody was called */
    assert_non_null(strstr(json_string_value(json_object_get(r, "en")), "six words differ"));
    json_decref(r);
    json_decref(request);
    assert_int_equal(kill(child, SIGTERM), 0);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    take_back();
    r = ask("{\"verb\":\"status\"}");
    assert_int_equal(count(r, "records"), 1);
    json_decref(r);
}

/* The last row changes nothing and everything before is saved: the import still ends. */
static void test_import_ends_without_a_last_op(void **state)
{
    (void)state;
    char id[20], request[400];
    json_t *r = ask("{\"verb\":\"import\",\"type\":\"person\",\"person\":\"Lan\",\"rows\":[{"
                    "\"line\":2,\"type\":\"person\",\"values\":{\"full_name\":\"A\",\"sex\":"
                    "\"male\"}}]}");
    field(r, "import", id, sizeof id);
    assert_int_equal(count(r, "created"), 1);
    json_decref(r);
    json_decref(ask(PERSON)); /* saves what was held back first */
    r = ask("{\"verb\":\"status\"}");
    assert_int_equal(count(r, "records"), 2);
    assert_false(json_is_true(
        json_object_get(json_array_get(json_object_get(r, "imports"), 0), "finished")));
    json_decref(r);
    snprintf(request, sizeof request,
             "{\"verb\":\"import\",\"import\":\"%s\",\"rows\":[],\"last\":true}", id);
    r = ask(request);
    assert_true(json_is_true(json_object_get(r, "done")));
    json_decref(r);
    r = ask("{\"verb\":\"status\"}");
    assert_true(json_is_true(
        json_object_get(json_array_get(json_object_get(r, "imports"), 0), "finished")));
    assert_int_equal(count(r, "records_conflict"), 0);
    json_decref(r);
    expect_error(request, ERR_NOT_FOUND); /* it has ended */
}

static void test_home(void **state)
{
    (void)state;
    struct node_home h, again;
    char dir[128], path[200];
    struct stat st;
    snprintf(dir, sizeof dir, "%s/home", fx.folder);
    assert_int_equal(node_home_open(dir, &h), ERR_NOT_READY);
    assert_ok(node_home_init(dir, "máy", &h));
    assert_int_equal(node_home_open(dir, &again), ERR_LOCKED);
    assert_int_equal(node_home_init(dir, "máy", &again), ERR_LOCKED);
    node_home_close(&h);
    assert_int_equal(node_home_init(dir, "máy", &again), ERR_EXISTS);
    assert_int_equal(stat(dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "%s/keys/sign.key", dir);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok(node_home_open(dir, &h));
    node_home_close(&h);
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(node_home_open(dir, &h), ERR_CONFIG);
    assert_int_equal(chmod(path, 0600), 0);
    snprintf(path, sizeof path, "%s/node.db", dir);
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fputs("this is no database file, whatever its name says ............................", f);
    fclose(f);
    assert_int_equal(node_home_open(dir, &h), ERR_DAMAGED);
    json_t *said = node_command_fail(ERR_DAMAGED);
    char vi[600];
    field(said, "vi", vi, sizeof vi);
    assert_non_null(strstr(vi, "đừng xóa"));
    json_decref(said);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(what_the_tool_shows_is_noted),
        T(test_put_and_get),
        T(test_put_names_who_is_here),
        T(test_put_refuses),
        T(test_stale_base),
        T(test_delete_and_restore),
        T(test_a_deletion_says_why),
        T(test_doubtful_days_are_asked_about),
        T(test_import_does_not_rename_somebody_else),
        T(test_import_of_one_number_twice),
        T(test_doubtful_days_of_an_import),
        T(test_births_that_cannot_be),
        T(test_list_filters),
        T(test_status_counts),
        T(test_full_disk_is_said),
        T(test_join_keeps_the_invitation),
        T(test_words_that_differ_stop_everything),
        T(test_a_page_names_no_file),
        T(test_a_joining_is_undone),
        T(test_an_undoing_that_was_cut),
        T(test_an_undoing_cut_at_every_step),
        T(test_no_copy_into_the_data_folder),
        T(test_import_of_two_at_once),
        T(test_import_broken_rows),
        T(test_import_twice_doubles_nothing),
        T(test_import_of_a_day_leaves_what_is_later),
        T(test_a_delete_takes_no_values),
        T(test_no_list_overwrites_a_locked_field),
        T(test_import_refuses_columns),
        T(test_import_ndjson),
        T(test_import_many),
        T(test_daemon_serves_the_tool),
        T(test_import_ends_without_a_last_op),
        T(test_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
