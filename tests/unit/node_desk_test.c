#include "tests/lib/node_fixture.h"
#include "node/desk.h"
#include "node/desk_assets.h"
#include "node/store_search.h"
#include "node/store_users.h"
#include "proto/reset.h"
#include "proto/login.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <unistd.h>
#include <sodium.h>

#define ORIGIN "http://127.0.0.1:7380"
#define GOOD   "mot mat khau dai"

static struct node_fixture fx;
static struct node_command cmd;
static struct node_desk *desk;
static uint64_t mono = 1000000;
static int64_t wall_now = 1700000000000;
static unsigned synced;
static uint8_t hub_secret[32];
static struct id_hash hub_id;

/* What the browser keeps. */
static char cookie[200], csrf[80], origin[64];
static struct web_response reply;
static json_t *answer;

static uint64_t mono_ms(void)
{
    return mono;
}

static int64_t wall_ms(void)
{
    return wall_now;
}

static void sync_now(void *ctx)
{
    (void)ctx;
    synced++;
}

static const char *sync_state(void *ctx)
{
    (void)ctx;
    return "idle";
}

static void open_desk(void)
{
    struct node_desk_options o = {.command = &cmd,
                                  .dir = fx.folder,
                                  .address = "127.0.0.1",
                                  .port = 7380,
                                  .mono_ms = mono_ms,
                                  .sync_now = sync_now,
                                  .sync_state = sync_state};
    assert_int_equal(node_desk_new(&o, &desk), ERR_OK);
}

static int setup(void **state)
{
    (void)state;
    fixture_open(&fx, true);
    if (node_command_init(&cmd, fx.store, &fx.keys, wall_ms) != ERR_OK) return -1;
    cookie[0] = csrf[0] = '\0';
    snprintf(origin, sizeof origin, ORIGIN);
    open_desk();
    return 0;
}

static void drop_reply(void)
{
    for (size_t i = 0; i < reply.header_count; i++)
        free(reply.headers[i].value);
    buf_free(&reply.body);
    json_decref(answer);
    answer = NULL;
    reply = (struct web_response){.status = 200};
}

static int teardown(void **state)
{
    (void)state;
    drop_reply();
    node_desk_free(desk);
    node_command_free(&cmd);
    fixture_close(&fx);
    return 0;
}

static const char *header(const char *name)
{
    for (size_t i = 0; i < reply.header_count; i++) {
        if (strcmp(reply.headers[i].name, name) == 0) return reply.headers[i].value;
    }
    return NULL;
}

/* One request as the browser would send it; keeps the cookie of the answer. */
static unsigned ask(enum web_method method, const char *path, const char *body)
{
    struct web_request q = {.method = method, .path = path};
    char name[32][64], value[32][300];
    drop_reply();
    buf_init(&reply.body, 8 * 1024 * 1024);
    if (body != NULL && (method == WEB_GET || method == WEB_DELETE)) { /* "a=b&c=d" */
        for (const char *p = body; *p != '\0'; q.param_count++) {
            size_t eq = strcspn(p, "="), end = strcspn(p, "&");
            snprintf(name[q.param_count], 64, "%.*s", (int)eq, p);
            snprintf(value[q.param_count], 300, "%.*s", (int)(end - eq - 1), p + eq + 1);
            q.params[q.param_count] = (struct web_param){name[q.param_count], value[q.param_count]};
            p += end + (p[end] == '&');
        }
    } else if (body != NULL) {
        q.body = bytes_str(body);
        q.headers[WEB_CONTENT_TYPE] = "application/json";
    }
    if (cookie[0] != '\0') q.headers[WEB_COOKIE] = cookie;
    if (method != WEB_GET) {
        if (origin[0] != '\0') q.headers[WEB_ORIGIN] = origin;
        if (csrf[0] != '\0') q.headers[WEB_CSRF] = csrf;
    }
    node_desk_handle(desk, &q, &reply);
    answer = json_loadb((const char *)reply.body.p, reply.body.len, 0, NULL);
    const char *set = header("Set-Cookie");
    if (set != NULL) snprintf(cookie, sizeof cookie, "%.*s", (int)strcspn(set, ";"), set);
    return reply.status;
}

static const char *said(const char *key)
{
    const char *s = json_string_value(json_object_get(answer, key));
    return s != NULL ? s : "";
}

static void take_csrf(void)
{
    snprintf(csrf, sizeof csrf, "%s", said("csrf"));
}

static void first_officer(void)
{
    char body[300];
    assert_int_equal(ask(WEB_GET, "/api/session", NULL), 200);
    take_csrf();
    assert_int_equal(said("code_file")[0], '/'); /* where a person finds the code */
    assert_non_null(strstr(said("code_file"), "/run/desk-code"));
    snprintf(body, sizeof body, "{\"code\":\"%s\",\"name\":\"Lan\",\"password\":\"" GOOD "\"}",
             node_desk_code(desk));
    assert_int_equal(ask(WEB_POST, "/api/first", body), 200);
    take_csrf();
}

static unsigned log_in(const char *name, const char *password)
{
    char body[300];
    snprintf(body, sizeof body, "{\"name\":\"%s\",\"password\":\"%s\"}", name, password);
    mono += NODE_DESK_HASH_MS; /* what a check costs is told by another test */
    return ask(WEB_POST, "/api/login", body);
}

static void test_nothing_without_a_login(void **state)
{
    (void)state;
    struct node_desk_route_text r;
    size_t closed = 0;
    assert_int_equal(ask(WEB_GET, "/api/session", NULL), 200);
    take_csrf();
    for (size_t i = 0; node_desk_route_at(i, &r); i++) {
        enum web_method m = strcmp(r.method, "GET") == 0    ? WEB_GET
                            : strcmp(r.method, "POST") == 0 ? WEB_POST
                            : strcmp(r.method, "PUT") == 0  ? WEB_PUT
                                                            : WEB_DELETE;
        unsigned status = ask(m, r.path, m == WEB_GET || m == WEB_DELETE ? NULL : "{}");
        bool open = strcmp(r.path, "/api/session") == 0 || strcmp(r.path, "/api/first") == 0 ||
                    strcmp(r.path, "/api/login") == 0 || strcmp(r.path, "/api/logout") == 0 ||
                    strcmp(r.path, "/api/openapi.json") == 0 || strcmp(r.path, "/api/reset") == 0;
        if (open)
            assert_int_not_equal(status, 401);
        else
            assert_int_equal(status, 401);
        closed += !open;
    }
    assert_int_equal(closed, 66);
    assert_int_equal(synced, 0);
}

static void test_the_first_officer_needs_the_code(void **state)
{
    (void)state;
    char path[160];
    ask(WEB_GET, "/api/session", NULL);
    assert_true(json_is_true(json_object_get(answer, "first")));
    take_csrf();
    assert_int_equal(strlen(node_desk_code(desk)), NODE_DESK_CODE_BYTES);
    assert_int_equal(ask(WEB_POST, "/api/first",
                         "{\"code\":\"0000000000000000\",\"name\":\"Lan\",\"password\":\"" GOOD
                         "\"}"),
                     403);
    assert_int_equal(ask(WEB_POST, "/api/first", "{\"name\":\"Lan\",\"password\":\"" GOOD "\"}"),
                     403);
    first_officer();
    assert_string_equal(said("user"), "Lan");
    assert_string_equal(node_desk_code(desk), "");
    snprintf(path, sizeof path, "%s/run/desk-code", fx.folder);
    FILE *f = fopen(path, "r");
    assert_null(f);
    assert_int_equal(ask(WEB_POST, "/api/first", "{\"code\":\"\"}"), 409);
    /* A code once used is never a code again, after a restart neither. */
    node_desk_free(desk);
    open_desk();
    assert_string_equal(node_desk_code(desk), "");
}

static void test_a_short_password_is_refused(void **state)
{
    (void)state;
    first_officer();
    assert_int_equal(ask(WEB_POST, "/api/users", "{\"name\":\"Ba\",\"password\":\"1234567\"}"),
                     422);
    assert_int_equal(ask(WEB_POST, "/api/users", "{\"name\":\"Ba\",\"password\":\"12345678\"}"),
                     200);
    assert_int_equal(ask(WEB_POST, "/api/users", "{\"name\":\"bà\",\"password\":\"12345678\"}"),
                     409);
}

static void test_another_origin_changes_nothing(void **state)
{
    (void)state;
    first_officer();
    const char *draft = "{\"key\":\"k\",\"draft\":{\"type\":\"person\"}}";
    static const char *const others[] = {"", "http://evil.example", "http://127.0.0.1:7381",
                                         "https://127.0.0.1:7380", "null"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        snprintf(origin, sizeof origin, "%s", others[i]);
        assert_int_equal(ask(WEB_PUT, "/api/draft", draft), 403);
        assert_int_equal(ask(WEB_POST, "/api/sync", "{}"), 403);
    }
    snprintf(origin, sizeof origin, "http://localhost:7380");
    assert_int_equal(ask(WEB_PUT, "/api/draft", draft), 200);
}

static void test_without_its_token_nothing_changes(void **state)
{
    (void)state;
    char mine[80];
    first_officer();
    snprintf(mine, sizeof mine, "%s", csrf);
    csrf[0] = '\0';
    assert_int_equal(ask(WEB_POST, "/api/sync", "{}"), 403);
    snprintf(csrf, sizeof csrf, "%s", mine);
    csrf[5] = csrf[5] == 'a' ? 'b' : 'a';
    assert_int_equal(ask(WEB_POST, "/api/sync", "{}"), 403);
    snprintf(csrf, sizeof csrf, "%s", mine);
    assert_int_equal(ask(WEB_POST, "/api/sync", "{}"), 200);
    assert_int_equal(synced, 1);
}

static void test_wrong_passwords_wait_longer_and_longer(void **state)
{
    (void)state;
    first_officer();
    ask(WEB_POST, "/api/logout", "{}");
    take_csrf();
    char words[200];
    assert_int_equal(log_in("Lan", "sai"), 403);
    snprintf(words, sizeof words, "%s", said("vi"));
    for (unsigned i = 1; i < LOGIN_FAILS_FREE; i++)
        assert_int_equal(log_in("lan", "sai"), 403);
    assert_int_equal(log_in("Lan", GOOD), 429); /* not even the right one */
    assert_string_equal(header("Retry-After"), "30");
    assert_null(json_object_get(answer, "busy")); /* wrong tries are for a person to know */
    wall_now += LOGIN_WAIT_MS - 1;
    assert_int_equal(log_in("Lan", GOOD), 429);
    wall_now += 1;
    assert_int_equal(log_in("Lan", "sai"), 403);
    assert_int_equal(log_in("Lan", GOOD), 429);
    assert_string_equal(header("Retry-After"), "60");
    for (unsigned i = 0; i < 12; i++) {
        wall_now += LOGIN_WAIT_MS_MAX;
        assert_int_equal(log_in("Lan", "sai"), 403);
    }
    assert_int_equal(log_in("Lan", GOOD), 429);
    assert_string_equal(header("Retry-After"), "900");
    /* Who is not there is answered in the same words and locked out the same way. */
    assert_int_equal(log_in("Khong", "sai"), 403);
    assert_string_equal(said("vi"), words);
    for (unsigned i = 1; i < LOGIN_FAILS_FREE; i++)
        assert_int_equal(log_in("Khong", "sai"), 403);
    assert_int_equal(log_in("Khong", "sai"), 429);
    /* The wait outlives the process; the right password ends it. */
    node_desk_free(desk);
    open_desk();
    ask(WEB_GET, "/api/session", NULL);
    take_csrf();
    assert_int_equal(log_in("Lan", GOOD), 429);
    wall_now += LOGIN_WAIT_MS_MAX;
    assert_int_equal(log_in("Lan", GOOD), 200);
    take_csrf();
    ask(WEB_POST, "/api/logout", "{}");
    take_csrf();
    assert_int_equal(log_in("Lan", "sai"), 403);
    assert_int_equal(log_in("Lan", GOOD), 200);
}

static void test_password_checks_are_rationed(void **state)
{
    (void)state;
    first_officer();
    ask(WEB_POST, "/api/logout", "{}");
    take_csrf();
    mono += 100 * NODE_DESK_HASH_MS;
    unsigned taken = 0;
    for (unsigned i = 0; i < NODE_DESK_HASHES_MAX + 3; i++) { /* each with another name */
        char body[100];
        snprintf(body, sizeof body, "{\"name\":\"ai %u\",\"password\":\"sai\"}", i);
        taken += ask(WEB_POST, "/api/login", body) == 403;
    }
    assert_int_equal(taken, NODE_DESK_HASHES_MAX);
    mono += NODE_DESK_HASH_MS;
    assert_int_equal(ask(WEB_POST, "/api/login", "{\"name\":\"x\",\"password\":\"y\"}"), 403);
    assert_int_equal(ask(WEB_POST, "/api/login", "{\"name\":\"x\",\"password\":\"y\"}"), 429);
    assert_true(
        json_is_true(json_object_get(answer, "busy"))); /* so the page asks again by itself */
    assert_string_equal(header("Retry-After"), "1");
}

static void test_a_session_ends(void **state)
{
    (void)state;
    char old[200];
    first_officer();
    assert_non_null(strstr(header("Set-Cookie"), "HttpOnly; SameSite=Strict"));
    mono += NODE_DESK_IDLE_MS;
    assert_int_equal(ask(WEB_GET, "/api/drafts", NULL), 200); /* an action: begins again */
    mono += NODE_DESK_IDLE_MS - 1;
    assert_int_equal(ask(WEB_GET, "/api/status", NULL), 200); /* the page's clock is no action */
    mono += 2;
    assert_int_equal(ask(WEB_GET, "/api/status", NULL), 401);
    assert_int_equal(ask(WEB_GET, "/api/drafts", NULL), 401);
    ask(WEB_GET, "/api/session", NULL);
    take_csrf();
    assert_int_equal(log_in("Lan", GOOD), 200);
    take_csrf();
    snprintf(old, sizeof old, "%s", cookie);
    for (uint64_t t = 0; t <= NODE_DESK_SESSION_MS; t += NODE_DESK_IDLE_MS) { /* always busy */
        assert_int_equal(ask(WEB_GET, "/api/drafts", NULL), 200);
        mono += NODE_DESK_IDLE_MS;
    }
    assert_int_equal(ask(WEB_GET, "/api/drafts", NULL), 401);
    /* A cookie from before the login is not the login's; one from before the logout is dead. */
    ask(WEB_GET, "/api/session", NULL);
    take_csrf();
    assert_int_equal(log_in("Lan", GOOD), 200);
    take_csrf();
    assert_string_not_equal(cookie, old);
    snprintf(old, sizeof old, "%s", cookie);
    assert_int_equal(ask(WEB_POST, "/api/logout", "{}"), 200);
    snprintf(cookie, sizeof cookie, "%s", old);
    assert_int_equal(ask(WEB_GET, "/api/drafts", NULL), 401);
}

/* Save as the page does; the id in `id`. */
static void put(const char *type, const char *values, char id[40])
{
    char body[1000];
    snprintf(body, sizeof body, "{\"type\":\"%s\",\"values\":%s}", type, values);
    if (ask(WEB_POST, "/api/put", body) != 200) fail_msg("%s", said("vi"));
    snprintf(id, 40, "%s", said("id"));
}

static json_t *rows(void)
{
    return json_object_get(answer, "rows");
}

static void test_the_login_is_who_saves(void **state)
{
    (void)state;
    char id[40], query[60];
    first_officer();
    /* A name in the body is not believed. */
    assert_int_equal(ask(WEB_POST, "/api/put",
                         "{\"type\":\"person\",\"person\":\"Kẻ khác\",\"verb\":\"status\","
                         "\"values\":{\"full_name\":\"Đặng Thị Hồng\",\"sex\":\"female\"}}"),
                     200);
    snprintf(id, sizeof id, "%s", said("id"));
    snprintf(query, sizeof query, "id=%s", id);
    assert_int_equal(ask(WEB_GET, "/api/history", query), 200);
    const json_t *event = json_array_get(json_object_get(answer, "events"), 0);
    assert_string_equal(json_string_value(json_object_get(event, "person")), "Lan");
}

static void test_search_needs_no_tone_marks(void **state)
{
    (void)state;
    char id[40], other[40];
    static const char *const asked[] = {"q=dang thi hong", "q=ĐẶNG", "q=hong dang", "q=ang thi"};
    first_officer();
    put("person", "{\"full_name\":\"Đặng Thị Hồng\",\"sex\":\"female\"}", id);
    put("person", "{\"full_name\":\"Đỗ Văn Đức\",\"sex\":\"male\"}", other);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        char query[100];
        snprintf(query, sizeof query, "type=person&%s", asked[i]);
        assert_int_equal(ask(WEB_GET, "/api/search", query), 200);
        assert_int_equal(json_array_size(rows()), 1);
        assert_string_equal(json_string_value(json_object_get(json_array_get(rows(), 0), "id")),
                            id);
    }
    assert_int_equal(ask(WEB_GET, "/api/search", "type=person&q=do van duc&max=1"), 200);
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), 1);
    assert_int_equal(ask(WEB_GET, "/api/search", "type=person&q=%"), 200);
    assert_int_equal(json_array_size(rows()), 0); /* no pattern */
    assert_int_equal(ask(WEB_GET, "/api/search", "type=person&offset=1&max=1"), 200);
    assert_int_equal(json_array_size(rows()), 1);
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), 2);
}

static void test_sensitive_lists_show_initials(void **state)
{
    (void)state;
    char person[40], id[40], values[200], body[100];
    first_officer();
    put("person", "{\"full_name\":\"Đặng Thị Hồng\",\"sex\":\"female\"}", person);
    snprintf(values, sizeof values, "{\"person\":\"%s\",\"status\":\"addict\",\"in_list\":\"1\"}",
             person);
    snprintf(body, sizeof body, "type=person");
    assert_int_equal(ask(WEB_GET, "/api/search", body), 200);
    assert_true(json_is_false(json_object_get(json_array_get(rows(), 0), "masked")));
    put("drug_case", values, id);
    assert_int_equal(ask(WEB_GET, "/api/search", "type=drug_case&q=dang thi hong"), 200);
    const json_t *row = json_array_get(rows(), 0);
    assert_non_null(row);
    assert_true(json_is_true(json_object_get(row, "masked")));
    assert_string_equal(json_string_value(json_object_get(json_object_get(row, "refs"), "person")),
                        "Đ. T. H.");
    char *text = json_dumps(answer, 0);
    assert_null(strstr(text, "Đặng"));
    free(text);
    snprintf(body, sizeof body, "{\"id\":\"%s\"}", id);
    assert_int_equal(ask(WEB_POST, "/api/reveal", body), 200);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(answer, "refs"), "person")),
        "Đặng Thị Hồng");
    assert_int_equal(ask(WEB_GET, "/api/access", NULL), 200);
    const json_t *seen = json_array_get(rows(), 0);
    assert_string_equal(json_string_value(json_object_get(seen, "what")), "reveal");
    assert_string_equal(json_string_value(json_object_get(seen, "id")), id);
    assert_string_equal(json_string_value(json_object_get(seen, "user")), "Lan");
}

static void test_a_form_is_checked_field_by_field(void **state)
{
    (void)state;
    first_officer();
    assert_int_equal(ask(WEB_POST, "/api/check", "{\"type\":\"person\",\"values\":{}}"), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "missing")), 2); /* name, sex */
    char *hidden = json_dumps(json_object_get(answer, "hidden"), 0);
    assert_non_null(strstr(hidden, "poverty_year"));
    free(hidden);
    assert_int_equal(
        ask(WEB_POST, "/api/check",
            "{\"type\":\"person\",\"values\":{\"national_id\":\"12\",\"dob\":\"31/02/1990\","
            "\"poverty\":\"poor\",\"full_name\":\"A\"}}"),
        200);
    const json_t *errors = json_object_get(answer, "errors");
    assert_non_null(json_object_get(errors, "national_id"));
    assert_non_null(json_object_get(errors, "dob"));
    assert_int_equal(json_object_size(errors), 2);
    hidden = json_dumps(json_object_get(answer, "hidden"), 0);
    assert_null(strstr(hidden, "poverty_year"));
    assert_null(strstr(hidden, "id_missing_reason")); /* what is no id is none */
    free(hidden);
    assert_int_equal(ask(WEB_POST, "/api/check",
                         "{\"type\":\"person\",\"values\":{\"national_id\":\"075090000001\"}}"),
                     200);
    hidden = json_dumps(json_object_get(answer, "hidden"), 0);
    assert_non_null(strstr(hidden, "id_missing_reason"));
    free(hidden);
    /* Nothing of it was saved. */
    assert_int_equal(ask(WEB_GET, "/api/search", "type=person"), 200);
    assert_int_equal(json_array_size(rows()), 0);
}

static void test_a_stale_save_is_refused(void **state)
{
    (void)state;
    char id[40], body[300], base[40];
    first_officer();
    put("person", "{\"full_name\":\"Đặng Thị Hồng\",\"sex\":\"female\"}", id);
    snprintf(base, sizeof base, "%s", said("version"));
    snprintf(body, sizeof body,
             "{\"type\":\"person\",\"id\":\"%s\",\"base\":\"%s\",\"values\":{\"note\":\"a\"}}", id,
             base);
    assert_int_equal(ask(WEB_POST, "/api/put", body), 200);
    assert_int_equal(ask(WEB_POST, "/api/put", body), 409);
    assert_string_equal(said("error"), "STALE");
}

static void test_drafts_survive_the_process(void **state)
{
    (void)state;
    char big[NODE_DRAFT_BYTES_MAX + 200];
    first_officer();
    assert_int_equal(ask(WEB_PUT, "/api/draft",
                         "{\"key\":\"new-1\",\"draft\":{\"type\":\"person\",\"values\":"
                         "{\"full_name\":\"<b>Đặng\"}}}"),
                     200);
    node_desk_free(desk);
    open_desk();
    cookie[0] = '\0';
    ask(WEB_GET, "/api/session", NULL);
    take_csrf();
    assert_int_equal(log_in("Lan", GOOD), 200);
    take_csrf();
    assert_int_equal(ask(WEB_GET, "/api/drafts", NULL), 200);
    const json_t *d = json_array_get(json_object_get(answer, "drafts"), 0);
    const json_t *values = json_object_get(json_object_get(d, "draft"), "values");
    assert_string_equal(json_string_value(json_object_get(values, "full_name")), "<b>Đặng");
    /* The limit and one byte more, as the JSON that is kept: {"a":"..."} */
    for (unsigned over = 0; over < 2; over++) {
        int n = snprintf(big, sizeof big, "{\"key\":\"k\",\"draft\":{\"a\":\"");
        size_t len = NODE_DRAFT_BYTES_MAX - 8 + over;
        memset(big + n, 'x', len);
        snprintf(big + (size_t)n + len, sizeof big - (size_t)n - len, "\"}}");
        assert_int_equal(ask(WEB_PUT, "/api/draft", big), over ? 413 : 200);
    }
    assert_int_equal(ask(WEB_DELETE, "/api/draft", "key=k"), 200);
    assert_int_equal(ask(WEB_GET, "/api/drafts", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "drafts")), 1);
    /* Another login does not see them. */
    ask(WEB_POST, "/api/users", "{\"name\":\"Ba\",\"password\":\"12345678\"}");
    assert_int_equal(log_in("Ba", "12345678"), 200);
    assert_int_equal(ask(WEB_GET, "/api/drafts", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "drafts")), 0);
}

/* ---- lists ---- */

static void three_people(char id[3][40])
{
    put("person", "{\"full_name\":\"Đặng Thị Hồng\",\"sex\":\"female\",\"dob\":\"1982\"}", id[0]);
    put("person", "{\"full_name\":\"Đỗ Văn Đức\",\"sex\":\"male\",\"dob\":\"12/05/1982\"}", id[1]);
    put("person", "{\"full_name\":\"=HYPERLINK(1)\",\"sex\":\"male\"}", id[2]);
}

static size_t found(const char *query)
{
    assert_int_equal(ask(WEB_GET, "/api/search", query), 200);
    assert_int_equal(json_array_size(rows()), json_integer_value(json_object_get(answer, "total")));
    return json_array_size(rows());
}

static void test_lists_are_filtered(void **state)
{
    (void)state;
    char id[3][40];
    static const struct {
        const char *where;
        size_t rows;
    } asked[] = {
        {"[{\"field\":\"sex\",\"op\":\"is\",\"value\":\"male\"}]", 2},
        {"[{\"field\":\"sex\",\"op\":\"is\",\"value\":\"Nữ\"}]", 1}, /* as people say it */
        {"[{\"field\":\"dob\",\"op\":\"from\",\"value\":\"1982\"}]", 2},
        {"[{\"field\":\"dob\",\"op\":\"to\",\"value\":\"1982\"}]", 2}, /* all of that year */
        {"[{\"field\":\"dob\",\"op\":\"to\",\"value\":\"11/05/1982\"}]", 1},
        {"[{\"field\":\"dob\",\"op\":\"empty\"}]", 1},
        {"[{\"field\":\"dob\",\"op\":\"filled\"},{\"field\":\"sex\",\"op\":\"is\",\"value\":"
         "\"male\"}]",
         1},
        {"[]", 3},
    };
    static const char *const bad[] = {
        "[{\"field\":\"nothing\",\"op\":\"is\",\"value\":\"a\"}]",
        "[{\"field\":\"sex\",\"op\":\"like\",\"value\":\"a\"}]",
        "[{\"field\":\"sex\",\"op\":\"is\",\"value\":\"neither\"}]",
        "[{\"field\":\"sex\",\"op\":\"is\"}]",
        "[1]",
    };
    char query[400];
    first_officer();
    three_people(id);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        snprintf(query, sizeof query, "type=person&where=%s", asked[i].where);
        assert_int_equal(found(query), asked[i].rows);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(query, sizeof query, "type=person&where=%s", bad[i]);
        assert_int_equal(ask(WEB_GET, "/api/search", query), 422);
    }
    assert_int_equal(ask(WEB_GET, "/api/search", "type=person&where=[{"), 400);
    assert_int_equal(ask(WEB_GET, "/api/search", "where=[{\"field\":\"sex\",\"op\":\"filled\"}]"),
                     422); /* no type */
    for (unsigned n = NODE_SEARCH_FILTERS_MAX; n <= NODE_SEARCH_FILTERS_MAX + 1; n++) {
        int at = snprintf(query, sizeof query, "type=person&where=[");
        for (unsigned i = 0; i < n; i++)
            at += snprintf(query + at, sizeof query - (size_t)at,
                           "%s{\"field\":\"sex\",\"op\":\"filled\"}", i ? "," : "");
        snprintf(query + at, sizeof query - (size_t)at, "]");
        struct web_request q = {.method = WEB_GET, .path = "/api/search", .param_count = 2};
        q.params[0] = (struct web_param){"type", "person"};
        q.params[1] = (struct web_param){"where", strstr(query, "[")};
        q.headers[WEB_COOKIE] = cookie;
        drop_reply();
        buf_init(&reply.body, 1024 * 1024);
        node_desk_handle(desk, &q, &reply);
        assert_int_equal(reply.status, n <= NODE_SEARCH_FILTERS_MAX ? 200 : 422);
    }
}

static const char *row_id(size_t i)
{
    return json_string_value(json_object_get(json_array_get(rows(), i), "id"));
}

static void test_lists_are_ordered(void **state)
{
    (void)state;
    char id[3][40];
    first_officer();
    three_people(id);
    assert_int_equal(found("type=person&sort=full_name"), 3);
    assert_string_equal(row_id(0), id[2]);
    assert_int_equal(found("type=person&sort=full_name&down=true"), 3);
    assert_string_equal(row_id(0), id[1]);
    assert_int_equal(found("type=person&sort=dob"), 3); /* what has none comes last, both ways */
    assert_string_equal(row_id(0), id[0]);
    assert_string_equal(row_id(2), id[2]);
    assert_int_equal(found("type=person&sort=dob&down=true"), 3);
    assert_string_equal(row_id(0), id[1]);
    assert_string_equal(row_id(2), id[2]);
    assert_int_equal(ask(WEB_GET, "/api/search", "type=person&sort=fold"), 422);
    assert_int_equal(ask(WEB_GET, "/api/search", "sort=full_name"), 422);
    assert_int_equal(found("type=person&columns=dob,sex&sort=dob"), 3);
    assert_int_equal(json_array_size(json_object_get(answer, "columns")), 2);
    const json_t *values = json_object_get(json_array_get(rows(), 0), "values");
    assert_null(json_object_get(values, "full_name"));
    assert_string_equal(json_string_value(json_object_get(values, "dob")), "1982");
    assert_int_equal(ask(WEB_GET, "/api/search", "type=person&columns=dob,nothing"), 422);
}

static unsigned export_as(const char *rest)
{
    char body[300];
    snprintf(body, sizeof body, "{\"type\":%s}", rest);
    return ask(WEB_POST, "/api/export", body);
}

/* The workbook's printed foot has this text. */
static void assert_foot(const char *text)
{
    char path[] = "/tmp/node_desk_XXXXXX", command_text[200];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, reply.body.p, reply.body.len), (ssize_t)reply.body.len);
    close(fd);
    snprintf(command_text, sizeof command_text,
             "unzip -p %s xl/worksheets/sheet1.xml | grep -qF '<oddFooter>' &&"
             " unzip -p %s xl/worksheets/sheet1.xml | grep -qF '%s'",
             path, path, text);
    assert_int_equal(system(command_text), 0);
    unlink(path);
}

static void test_a_list_is_exported(void **state)
{
    (void)state;
    char id[3][40], drug[40], values[200];
    first_officer();
    three_people(id);
    assert_int_equal(export_as("\"person\",\"format\":\"csv\",\"columns\":\"full_name,dob,sex\""),
                     200);
    const char *text = buf_cstr(&reply.body);
    assert_non_null(strstr(text, "\"id\",\"full_name\",\"dob\",\"sex\"\r\n"));
    assert_non_null(strstr(text, "\"Đỗ Văn Đức\",\"1982-05-12\",\"male\"\r\n"));
    assert_non_null(strstr(text, "\"'=HYPERLINK(1)\"")); /* no formula */
    assert_string_equal(header("Content-Type"), "text/csv; charset=utf-8");
    assert_int_equal(export_as("\"person\",\"format\":\"xlsx\""), 200);
    assert_memory_equal(reply.body.p, "PK\3\4", 4);
    assert_foot("&amp;L2023-11-1");
    assert_foot(" Lan&amp;R&amp;P/&amp;N");
    /* A sensitive list goes out with initials, and with names only when asked; both are noted. */
    snprintf(
        values, sizeof values,
        "{\"person\":\"%s\",\"status\":\"addict\",\"in_list\":\"1\",\"note\":\"Ông Năm biết\"}",
        id[1]);
    put("drug_case", values, drug);
    assert_int_equal(export_as("\"drug_case\",\"format\":\"csv\",\"columns\":\"status,note\""),
                     200);
    text = buf_cstr(&reply.body);
    assert_non_null(strstr(text, "Ô. N. b."));
    assert_null(strstr(text, "Năm"));
    assert_int_equal(
        export_as("\"drug_case\",\"format\":\"csv\",\"columns\":\"status,note\",\"names\":true"),
        200);
    assert_non_null(strstr(buf_cstr(&reply.body), "Ông Năm biết"));
    assert_int_equal(ask(WEB_GET, "/api/access", NULL), 200);
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows(), 0), "what")),
                        "export_names");
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows(), 1), "what")),
                        "export");
    assert_int_equal(ask(WEB_POST, "/api/export", "{\"format\":\"csv\"}"), 422);
}

/* ---- an office's list ---- */

/* A file's bytes, no JSON; and nothing of it is kept. */
static void test_a_list_is_read_before_it_is_imported(void **state)
{
    (void)state;
    first_officer();
    assert_int_equal(ask(WEB_POST, "/api/sheet", "full_name,note\nNguy\xD4n V\xA8n,1\n"), 200);
    assert_string_equal(said("text"), "tcvn3");
    assert_string_equal(said("csv"), "full_name,note\nNguyễn Văn,1\n");
    assert_int_equal(ask(WEB_POST, "/api/sheet", "PK\3\4 no workbook"), 422);
    assert_non_null(strstr(said("en"), "broken or no .xlsx"));
    assert_int_equal(ask(WEB_GET, "/api/search", "type=person"), 200);
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), 0);
}

/* ---- roles ---- */

static void test_a_role_is_a_limit(void **state)
{
    (void)state;
    static const struct {
        enum web_method method;
        const char *path, *body;
        bool clerk, leader;
    } cases[] = {
        {WEB_POST, "/api/put",
         "{\"type\":\"person\",\"values\":{\"full_name\":\"A\",\"sex\":\"male\"}}", true, false},
        {WEB_POST, "/api/check", "{\"type\":\"person\",\"values\":{}}", true, false},
        {WEB_POST, "/api/import",
         "{\"rows\":[],\"last\":true,\"type\":\"person\",\"source\":\"a.csv\"}", true, false},
        {WEB_POST, "/api/sheet", "full_name\nA\n", true, false},
        {WEB_GET, "/api/search", "type=person", true, true},
        {WEB_POST, "/api/sync", "{}", true, true},
        {WEB_GET, "/api/access", NULL, false, true},
        {WEB_GET, "/api/users", NULL, true, true},
        {WEB_POST, "/api/users", "{\"name\":\"X\",\"password\":\"12345678\"}", false, false},
        {WEB_PUT, "/api/users", "{\"name\":\"Lan\",\"role\":\"clerk\",\"active\":false}", false,
         false},
        {WEB_POST, "/api/handover", "{\"name\":\"X\",\"password\":\"12345678\"}", false, false},
        {WEB_POST, "/api/join", "{\"invitation\":\"x\"}", false, false},
        {WEB_GET, "/api/readers", NULL, true, true},
        {WEB_POST, "/api/reader", "{\"id\":\"0123456789abcdef\"}", false, false},
        {WEB_POST, "/api/reseal", "{}", false, false},
        {WEB_GET, "/api/sticks", NULL, false, false},
    };
    first_officer();
    assert_string_equal(said("role"), "keeper");
    assert_int_equal(ask(WEB_POST, "/api/users", "{\"name\":\"Ba\",\"password\":\"12345678\"}"),
                     200);
    assert_int_equal(ask(WEB_POST, "/api/users",
                         "{\"name\":\"Tư\",\"password\":\"12345678\",\"role\":\"leader\"}"),
                     200);
    assert_int_equal(ask(WEB_POST, "/api/users",
                         "{\"name\":\"Sáu\",\"password\":\"12345678\",\"role\":\"king\"}"),
                     422);
    for (int who = 0; who < 2; who++) {
        assert_int_equal(log_in(who == 0 ? "Ba" : "Tư", "12345678"), 200);
        assert_string_equal(said("role"), who == 0 ? "clerk" : "leader");
        take_csrf();
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            bool may = who == 0 ? cases[i].clerk : cases[i].leader;
            unsigned status = ask(cases[i].method, cases[i].path, cases[i].body);
            if ((status == 403) == may) fail_msg("%d: %s gave %u", who, cases[i].path, status);
        }
    }
}

static void test_a_changed_role_ends_sessions_and_a_keeper_stays(void **state)
{
    (void)state;
    char theirs[200];
    first_officer();
    assert_int_equal(ask(WEB_POST, "/api/users", "{\"name\":\"Ba\",\"password\":\"12345678\"}"),
                     200);
    assert_int_equal(
        ask(WEB_PUT, "/api/users", "{\"name\":\"Lan\",\"role\":\"clerk\",\"active\":true}"), 403);
    assert_int_equal(
        ask(WEB_PUT, "/api/users", "{\"name\":\"Lan\",\"role\":\"keeper\",\"active\":false}"), 403);
    assert_int_equal(
        ask(WEB_PUT, "/api/users", "{\"name\":\"Không\",\"role\":\"keeper\",\"active\":true}"),
        404);
    assert_int_equal(log_in("Ba", "12345678"), 200);
    snprintf(theirs, sizeof theirs, "%s", cookie);
    cookie[0] = '\0';
    ask(WEB_GET, "/api/session", NULL);
    take_csrf();
    assert_int_equal(log_in("Lan", GOOD), 200);
    take_csrf();
    assert_int_equal(
        ask(WEB_PUT, "/api/users", "{\"name\":\"Ba\",\"role\":\"clerk\",\"active\":false}"), 200);
    snprintf(cookie, sizeof cookie, "%s", theirs);
    assert_int_equal(ask(WEB_GET, "/api/users", NULL), 401);
    cookie[0] = '\0';
    ask(WEB_GET, "/api/session", NULL);
    take_csrf();
    assert_int_equal(log_in("Ba", "12345678"), 403); /* in the words of a wrong password */
    assert_string_equal(said("field"), "password");
}

static void test_handing_over(void **state)
{
    (void)state;
    first_officer();
    assert_int_equal(ask(WEB_PUT, "/api/draft", "{\"key\":\"k\",\"draft\":{\"type\":\"person\"}}"),
                     200);
    assert_int_equal(ask(WEB_POST, "/api/handover", "{\"name\":\"Mai\",\"password\":\"123\"}"),
                     422);
    assert_int_equal(ask(WEB_POST, "/api/handover", "{\"name\":\"Mai\",\"password\":\"12345678\"}"),
                     200);
    assert_int_equal(ask(WEB_GET, "/api/drafts", NULL), 401);
    cookie[0] = '\0';
    ask(WEB_GET, "/api/session", NULL);
    take_csrf();
    assert_int_equal(log_in("Lan", GOOD), 403);
    assert_int_equal(log_in("Mai", "12345678"), 200);
    assert_string_equal(said("role"), "keeper");
    assert_int_equal(ask(WEB_GET, "/api/drafts", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "drafts")), 1);
}

/* ---- a forgotten password ---- */

/* The hub's half: what `reset-code` answers. */
static void hubs_answer(const char *name, const char *challenge, char out[static RESET_CODE_ROOM])
{
    struct reset_about a = {.secret = hub_secret,
                            .peer_pk = fx.keys.transport_pk,
                            .hub = &hub_id,
                            .name = bytes_str(name),
                            .challenge = challenge};
    struct node_identity id;
    assert_int_equal(node_store_identity(fx.store, &id), ERR_OK);
    a.node = &id.node;
    assert_int_equal(reset_code(&a, out), ERR_OK);
}

static void meet_the_hub(void)
{
    struct node_identity id;
    assert_int_equal(node_store_identity(fx.store, &id), ERR_OK);
    memset(hub_secret, 7, sizeof hub_secret);
    crypto_scalarmult_base(id.hub_transport_pk, hub_secret);
    memset(hub_id.b, 9, sizeof hub_id.b);
    id.hub = hub_id;
    snprintf(id.address, sizeof id.address, "127.0.0.1:1");
    assert_int_equal(node_store_identity_set(fx.store, &id), ERR_OK);
}

static unsigned answer_with(const char *name, const char *code, const char *password)
{
    char body[300];
    mono += NODE_DESK_HASH_MS;
    snprintf(body, sizeof body, "{\"name\":\"%s\",\"code\":\"%s\",\"password\":\"%s\"}", name, code,
             password);
    return ask(WEB_POST, "/api/reset", body);
}

static void test_a_forgotten_password(void **state)
{
    (void)state;
    char code[RESET_CODE_ROOM], challenge[20];
    first_officer();
    meet_the_hub();
    ask(WEB_POST, "/api/logout", "{}");
    take_csrf();
    assert_int_equal(ask(WEB_POST, "/api/reset", "{\"name\":\"LAN\"}"), 200);
    snprintf(challenge, sizeof challenge, "%s", said("challenge"));
    hubs_answer("lan", challenge, code);
    assert_int_equal(answer_with("Lan", code, "ngan"), 422); /* the code is not used up by that */
    assert_int_equal(answer_with("Lan", "00000-00000", "mat khau moi"), 403);
    assert_int_equal(answer_with("Lan", code, "mat khau moi"), 200);
    assert_string_equal(said("user"), "Lan");
    take_csrf();
    assert_int_equal(ask(WEB_GET, "/api/users", NULL), 200);
    assert_int_equal(answer_with("Lan", code, "mat khau hai"), 403); /* once */
    assert_int_equal(log_in("Lan", GOOD), 403);
    assert_int_equal(log_in("Lan", "mat khau moi"), 200);
    /* A challenge is of one day, and who is not there gets one too. */
    take_csrf();
    assert_int_equal(ask(WEB_POST, "/api/reset", "{\"name\":\"Lan\"}"), 200);
    hubs_answer("lan", said("challenge"), code);
    wall_now += RESET_AGE_MS + 1;
    assert_int_equal(answer_with("Lan", code, "mat khau ba"), 403);
    assert_int_equal(ask(WEB_POST, "/api/reset", "{\"name\":\"Ai Do\"}"), 200);
    hubs_answer("ai do", said("challenge"), code);
    assert_int_equal(answer_with("Ai Do", code, "mat khau ba"), 403);
}

static void test_answers_are_not_guessed(void **state)
{
    (void)state;
    char code[RESET_CODE_ROOM];
    first_officer();
    ask(WEB_POST, "/api/logout", "{}");
    take_csrf();
    struct node_identity id;
    assert_int_equal(node_store_identity(fx.store, &id), ERR_OK);
    id.address[0] = '\0';
    assert_int_equal(node_store_identity_set(fx.store, &id), ERR_OK);
    assert_int_equal(ask(WEB_POST, "/api/reset", "{\"name\":\"Lan\"}"), 409); /* no hub yet */
    meet_the_hub();
    assert_int_equal(ask(WEB_POST, "/api/reset", "{\"name\":\"Lan\"}"), 200);
    hubs_answer("lan", said("challenge"), code);
    for (unsigned i = 0; i < LOGIN_FAILS_FREE; i++)
        assert_int_equal(answer_with("Lan", "00000-00000", "mat khau moi"), 403);
    assert_int_equal(answer_with("Lan", code, "mat khau moi"), 429);
    wall_now += LOGIN_WAIT_MS;
    assert_int_equal(answer_with("Lan", code, "mat khau moi"), 200);
}

static void test_hostile_text_stays_text(void **state)
{
    (void)state;
    char id[40], query[60];
    static const char name[] = "<img src=x onerror=alert(1)>\\\"'&lt;";
    char values[200];
    first_officer();
    snprintf(values, sizeof values, "{\"full_name\":\"%s\",\"sex\":\"male\"}", name);
    put("person", values, id);
    snprintf(query, sizeof query, "id=%s", id);
    assert_int_equal(ask(WEB_GET, "/api/record", query), 200);
    assert_string_equal(header("Content-Type"), "application/json; charset=utf-8");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(answer, "values"), "full_name")),
        "<img src=x onerror=alert(1)>\"'&lt;");
    const char *csp = header("Content-Security-Policy");
    assert_null(strstr(csp, "unsafe"));
    assert_non_null(strstr(csp, "script-src 'self';"));
}

static void test_broken_requests_are_refused(void **state)
{
    (void)state;
    first_officer();
    assert_int_equal(ask(WEB_POST, "/api/put", "{"), 400);
    assert_int_equal(ask(WEB_POST, "/api/put", "[]"), 400);
    assert_int_equal(ask(WEB_POST, "/api/put", "{\"a\":1,\"a\":2}"), 400);
    assert_int_equal(ask(WEB_GET, "/api/search", "q=a&q=b"), 400);
    assert_int_equal(ask(WEB_GET, "/api/search", "q=\xff"), 400);
    assert_int_equal(ask(WEB_GET, "/api/record", "id=../../etc"), 422);
    assert_int_equal(ask(WEB_GET, "/api/nothing", NULL), 404);
    assert_int_equal(ask(WEB_GET, "/../node.db", NULL), 404);
    assert_int_equal(ask(WEB_GET, "/api/put", NULL), 405);
    assert_int_equal(ask(WEB_POST, "/", "{}"), 404);
}

static void test_files_of_the_page(void **state)
{
    (void)state;
    struct web_request q = {.method = WEB_GET, .path = "/"};
    char etag[64];
    assert_int_equal(ask(WEB_GET, "/", NULL), 200);
    assert_string_equal(header("Content-Type"), "text/html; charset=utf-8");
    assert_string_equal(header("Content-Encoding"), "gzip");
    snprintf(etag, sizeof etag, "%s", header("ETag"));
    drop_reply();
    buf_init(&reply.body, 1024 * 1024);
    q.headers[WEB_IF_NONE_MATCH] = etag;
    node_desk_handle(desk, &q, &reply);
    assert_int_equal(reply.status, 304);
    assert_int_equal(reply.body.len, 0);
    for (size_t i = 0; i < node_desk_asset_count; i++) {
        assert_int_equal(ask(WEB_GET, node_desk_assets[i].path, NULL), 200);
        assert_memory_equal(reply.body.p, "\x1f\x8b", 2);
    }
}

/* Every route of the table is in the document, and nothing else is. */
static void test_openapi_names_every_route(void **state)
{
    (void)state;
    struct node_desk_route_text r;
    json_error_t why;
    size_t routes = 0, named = 0;
    const char *path = NULL, *method = NULL;
    json_t *item = NULL, *op = NULL;
    json_t *doc = json_load_file(DONGBO_SOURCE_DIR "/web/openapi-node.json", 0, &why);
    if (doc == NULL) fail_msg("%d: %s", why.line, why.text);
    json_t *paths = json_object_get(doc, "paths");
    for (; node_desk_route_at(routes, &r); routes++) {
        char lower[8] = "";
        for (size_t i = 0; r.method[i] != '\0'; i++)
            lower[i] = (char)(r.method[i] | 0x20);
        if (json_object_get(json_object_get(paths, r.path), lower) == NULL)
            fail_msg("%s %s is not in openapi-node.json", r.method, r.path);
    }
    json_object_foreach(paths, path, item)
    {
        json_object_foreach(item, method, op)
        {
            named++;
            assert_true(json_is_string(json_object_get(op, "summary")));
        }
    }
    assert_int_equal(named, routes);
    json_decref(doc);
}

/* Reports that were due before this PC was set up are no alarm of it; those of after it are. */
static void test_due_before_this_pc_is_no_alarm(void **state)
{
    (void)state;
    first_officer();
    for (int later = 0; later < 2; later++) {
        size_t before = 0, overdue = 0;
        assert_int_equal(ask(WEB_GET, "/api/reports", NULL), 200);
        const json_t *rows = json_object_get(answer, "rows");
        for (size_t i = 0; i < json_array_size(rows); i++) {
            const json_t *r = json_array_get(rows, i);
            bool early = json_is_true(json_object_get(r, "before"));
            if (!json_is_true(json_object_get(r, "overdue"))) continue;
            overdue++;
            before += early;
        }
        assert_true(overdue > 0);
        assert_true(later ? before < overdue : before == overdue);
        wall_now += INT64_C(60) * 86400000;
    }
    wall_now -= INT64_C(120) * 86400000;
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_nothing_without_a_login),
        T(test_the_first_officer_needs_the_code),
        T(test_a_short_password_is_refused),
        T(test_another_origin_changes_nothing),
        T(test_without_its_token_nothing_changes),
        T(test_wrong_passwords_wait_longer_and_longer),
        T(test_password_checks_are_rationed),
        T(test_a_session_ends),
        T(test_the_login_is_who_saves),
        T(test_search_needs_no_tone_marks),
        T(test_sensitive_lists_show_initials),
        T(test_a_form_is_checked_field_by_field),
        T(test_a_stale_save_is_refused),
        T(test_drafts_survive_the_process),
        T(test_lists_are_filtered),
        T(test_lists_are_ordered),
        T(test_a_list_is_exported),
        T(test_a_list_is_read_before_it_is_imported),
        T(test_a_role_is_a_limit),
        T(test_a_changed_role_ends_sessions_and_a_keeper_stays),
        T(test_handing_over),
        T(test_a_forgotten_password),
        T(test_answers_are_not_guessed),
        T(test_hostile_text_stays_text),
        T(test_broken_requests_are_refused),
        T(test_files_of_the_page),
        T(test_due_before_this_pc_is_no_alarm),
        T(test_openapi_names_every_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
