/* The hub's desk without a browser: who gets in and how far, what is refused, what is noted. */
#include "tests/lib/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "common/io/db.h"
#include "common/io/web_json.h"
#include "hub/closed.h"
#include "hub/command.h"
#include "hub/desk.h"
#include "hub/desk_assets.h"
#include "hub/store_users.h"

#define HOST "hub.example:7443"
#define OWN  "mot mat khau dai"

static struct report_hub hub;
static struct hub_app app;
static struct hub_desk *desk;
static uint64_t mono;
static int64_t wall;

/* What the browser keeps. */
static char cookie[200], csrf[80], origin[64], host[64];
static struct web_response reply;
static json_t *answer;
static char once[LOGIN_ONCE_ROOM];

static uint64_t mono_ms(void)
{
    return mono;
}

static int64_t wall_ms(void)
{
    return wall;
}

static int setup(void **state)
{
    (void)state;
    report_hub_open(&hub, 5);
    app =
        (struct hub_app){.store = hub.store, .keys = hub.keys, .sync_port = 7350, .web_port = 7443};
    app.issue = hub.issue;
    assert_int_equal(hub_store_identity(app.store, &app.identity), ERR_OK);
    struct hub_desk_options o = {.app = &app, .mono_ms = mono_ms, .wall_ms = wall_ms};
    assert_int_equal(hub_desk_new(&o, &desk), ERR_OK);
    mono = 1000000;
    wall = 1700000000000;
    cookie[0] = csrf[0] = '\0';
    snprintf(origin, sizeof origin, "https://" HOST);
    snprintf(host, sizeof host, HOST);
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
    hub_desk_free(desk);
    report_hub_close(&hub);
    return 0;
}

static const char *header(const char *name)
{
    for (size_t i = 0; i < reply.header_count; i++) {
        if (strcmp(reply.headers[i].name, name) == 0) return reply.headers[i].value;
    }
    return "";
}

/* One request as the browser would send it; keeps the cookie of the answer. "?a=b" is one
 * parameter. */
static unsigned ask(enum web_method method, const char *path, const char *body)
{
    struct web_request q = {.method = method, .path = path};
    char names[2][64], values[2][200];
    drop_reply();
    buf_init(&reply.body, 8 * 1024 * 1024);
    if (method == WEB_GET && body != NULL) {
        int n = sscanf(body, "?%63[^=]=%199[^&]&%63[^=]=%199s", names[0], values[0], names[1],
                       values[1]);
        assert_true(n == 2 || n == 4);
        q.param_count = (size_t)n / 2;
        for (size_t i = 0; i < q.param_count; i++)
            q.params[i] = (struct web_param){names[i], values[i]};
    } else if (body != NULL) {
        q.body = bytes_str(body);
        q.headers[WEB_CONTENT_TYPE] = "application/json";
    }
    q.headers[WEB_HOST] = host;
    if (cookie[0] != '\0') q.headers[WEB_COOKIE] = cookie;
    if (method != WEB_GET) {
        if (origin[0] != '\0') q.headers[WEB_ORIGIN] = origin;
        if (csrf[0] != '\0') q.headers[WEB_CSRF] = csrf;
    }
    hub_desk_handle(desk, &q, &reply);
    answer = json_loadb((const char *)reply.body.p, reply.body.len, 0, NULL);
    const char *set = header("Set-Cookie");
    if (set[0] != '\0') snprintf(cookie, sizeof cookie, "%.*s", (int)strcspn(set, ";"), set);
    return reply.status;
}

static const char *member(const char *key)
{
    const char *s = json_string_value(json_object_get(answer, key));
    return s != NULL ? s : "";
}

/* The page asks who it is, and learns the token. */
static const char *stage(void)
{
    static char at[16];
    assert_int_equal(ask(WEB_GET, "/api/session", NULL), 200);
    snprintf(csrf, sizeof csrf, "%s", member("csrf"));
    snprintf(at, sizeof at, "%s", member("stage"));
    return at;
}

static json_t *command(json_t *q)
{
    json_t *j = hub_command(&app, q);
    json_decref(q);
    return j;
}

static void add_user(const char *name, const char *role)
{
    json_t *j = command(json_pack("{s:s, s:s, s:s, s:s}", "verb", "user", "action", "add", "name",
                                  name, "role", role));
    snprintf(once, sizeof once, "%s", json_string_value(json_object_get(j, "password")));
    json_decref(j);
}

static unsigned post(const char *path, json_t *body)
{
    char *text = json_dumps(body, 0);
    unsigned status = ask(WEB_POST, path, text);
    free(text);
    json_decref(body);
    if (status == 200 && member("csrf")[0] != '\0')
        snprintf(csrf, sizeof csrf, "%s", member("csrf"));
    return status;
}

static unsigned log_in(const char *name, const char *password)
{
    return post("/api/login", json_pack("{s:s, s:s}", "name", name, "password", password));
}

static void code_at(const char *name, int64_t at_ms, char out[16])
{
    struct hub_user_name n;
    struct hub_user u;
    assert_int_equal(hub_user_name(name, &n), ERR_OK);
    assert_int_equal(hub_users_find(app.store, n.fold, &u), ERR_OK);
    snprintf(
        out, 16, "%06u",
        (unsigned)login_hotp(BYTES_OF(u.secret), (uint64_t)(at_ms / 1000 / LOGIN_CODE_STEP_S), 6));
}

/* Base32 of the answer's secret back to bytes, as an app does. */
static void app_code(const char *secret, char out[16])
{
    static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint8_t key[LOGIN_SECRET_BYTES];
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    for (const char *p = secret; *p != '\0'; p++) {
        bits = bits << 5 | (uint32_t)(strchr(signs, *p) - signs);
        have += 5;
        if (have >= 8) {
            have -= 8;
            key[n++] = (uint8_t)(bits >> have);
        }
    }
    assert_int_equal(n, sizeof key);
    snprintf(out, 16, "%06u",
             (unsigned)login_hotp(BYTES_OF(key), (uint64_t)(wall / 1000 / LOGIN_CODE_STEP_S), 6));
}

/* A user of that role, all the way in. */
static void enter(const char *name, const char *role)
{
    char code[16];
    cookie[0] = '\0';
    add_user(name, role);
    assert_string_equal(stage(), "none");
    assert_int_equal(log_in(name, once), 200);
    assert_string_equal(member("stage"), "change");
    assert_int_equal(post("/api/password", json_pack("{s:s, s:s}", "old", once, "password", OWN)),
                     200);
    if (strcmp(role, "viewer") != 0) {
        assert_string_equal(member("stage"), "enrol");
        assert_int_equal(ask(WEB_GET, "/api/authenticator", NULL), 200);
        app_code(member("secret"), code);
        assert_int_equal(post("/api/authenticator", json_pack("{s:s}", "code", code)), 200);
    }
    assert_string_equal(member("stage"), "in");
    assert_string_equal(member("role"), role);
}

/* ---- tests ---- */

static void a_login_goes_step_by_step(void **state)
{
    char code[16], first[200];
    (void)state;
    enter("Trần Thị Mai", "admin");
    assert_int_equal(post("/api/logout", json_object()), 200);
    assert_string_equal(stage(), "none");
    assert_int_equal(log_in("tran thi mai", OWN), 200); /* as it folds */
    assert_string_equal(member("stage"), "code");
    snprintf(first, sizeof first, "%s", cookie);
    assert_int_equal(ask(WEB_GET, "/api/nodes", NULL), 401); /* not in yet */
    assert_int_equal(ask(WEB_GET, "/api/v1/issues", NULL), 401);
    code_at("Trần Thị Mai", wall, code); /* the one that set it up: used */
    assert_int_equal(post("/api/code", json_pack("{s:s}", "code", code)), 403);
    wall += 30000;
    code_at("Trần Thị Mai", wall, code);
    assert_int_equal(post("/api/code", json_pack("{s:s}", "code", code)), 200);
    assert_string_equal(member("stage"), "in");
    assert_string_not_equal(first, cookie); /* a new session at each step */
    assert_int_equal(ask(WEB_GET, "/api/nodes", NULL), 200);
    assert_int_equal(ask(WEB_GET, "/api/v1/issues", NULL), 200);
    assert_int_equal(post("/api/logout", json_object()), 200);
    assert_string_equal(stage(), "none");
    assert_int_equal(log_in("Trần Thị Mai", OWN), 200);
    assert_int_equal(post("/api/code", json_pack("{s:s}", "code", code)), 403); /* replayed */
}

/* The code makes one admin, who sets up a telephone; then it is worth nothing. */
static void the_first_admin_is_made_with_the_code(void **state)
{
    char first[LOGIN_ONCE_ROOM], code[16];
    (void)state;
    assert_string_equal(stage(), "none");
    assert_true(json_is_true(json_object_get(answer, "first")));
    snprintf(first, sizeof first, "%s", hub_desk_first_code(desk));
    assert_int_equal(strlen(first), LOGIN_ONCE_ROOM - 1);
    const char *const wrong[] = {"", "sai", "aaaa-aaaa-aaaa-aaaa"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(post("/api/first", json_pack("{s:s, s:s, s:s}", "code", wrong[i], "name",
                                                      "Mai", "password", OWN)),
                         403);
    assert_int_equal(post("/api/first", json_pack("{s:s, s:s, s:s}", "code", first, "name", " ",
                                                  "password", OWN)),
                     422);
    assert_int_equal(post("/api/first", json_pack("{s:s, s:s, s:s}", "code", first, "name", "Mai",
                                                  "password", "1234567")),
                     422);
    assert_int_equal(post("/api/first", json_pack("{s:s, s:s, s:s}", "code", first, "name", "Mai",
                                                  "password", OWN)),
                     200);
    assert_string_equal(member("stage"), "enrol");
    assert_int_equal(ask(WEB_GET, "/api/users", NULL), 401); /* not without the telephone */
    assert_int_equal(ask(WEB_GET, "/api/authenticator", NULL), 200);
    app_code(member("secret"), code);
    assert_int_equal(post("/api/authenticator", json_pack("{s:s}", "code", code)), 200);
    assert_string_equal(member("role"), "admin");
    assert_int_equal(ask(WEB_GET, "/api/users", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "users")), 1);
    assert_string_equal(hub_desk_first_code(desk), "");
    assert_int_equal(post("/api/first", json_pack("{s:s, s:s, s:s}", "code", first, "name", "Lan",
                                                  "password", OWN)),
                     409);
}

static void a_login_of_the_command_line_ends_the_code(void **state)
{
    char first[LOGIN_ONCE_ROOM];
    (void)state;
    (void)stage();
    snprintf(first, sizeof first, "%s", hub_desk_first_code(desk));
    add_user("Mai", "viewer");
    assert_int_equal(post("/api/first", json_pack("{s:s, s:s, s:s}", "code", first, "name", "Lan",
                                                  "password", OWN)),
                     409);
    assert_string_equal(stage(), "none");
    assert_true(json_is_false(json_object_get(answer, "first")));
}

static void wrong_first_codes_wait(void **state)
{
    (void)state;
    (void)stage();
    for (unsigned i = 0; i < LOGIN_FAILS_FREE; i++)
        assert_int_equal(post("/api/first", json_pack("{s:s}", "code", "sai")), 403);
    assert_int_equal(post("/api/first", json_pack("{s:s}", "code", hub_desk_first_code(desk))),
                     429);
}

static enum web_method method_of(const struct hub_desk_route_text *r)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    for (unsigned i = 0; i < 5; i++) {
        if (strcmp(names[i], r->method) == 0) return (enum web_method)i;
    }
    fail();
    return WEB_GET;
}

/* A route as it stands, with nothing in its body. */
static unsigned try_route(const struct hub_desk_route_text *r)
{
    enum web_method m = method_of(r);
    return ask(m, r->path, m == WEB_POST || m == WEB_PUT ? "{}" : NULL);
}

static void nothing_without_a_login(void **state)
{
    struct hub_desk_route_text r;
    (void)state;
    assert_string_equal(stage(), "none");
    for (size_t i = 0; hub_desk_route_at(i, &r); i++) {
        if (r.roles == 0) continue;
        assert_int_equal(try_route(&r), 401);
    }
}

/* Every cell of role x route: let in or not, as the table says, and nobody else. */
static void each_role_may_what_the_table_says(void **state)
{
    static const struct {
        enum hub_role role;
        const char *name;
    } roles[] = {{HUB_ROLE_ADMIN, "admin"},
                 {HUB_ROLE_STATISTICIAN, "statistician"},
                 {HUB_ROLE_VIEWER, "viewer"}};
    struct hub_desk_route_text r;
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        enter(roles[k].name, roles[k].name);
        for (size_t i = 0; hub_desk_route_at(i, &r); i++) {
            if (r.roles == 0) continue;
            unsigned status = try_route(&r);
            bool refused = status == 403 && strstr(member("en"), "role may not") != NULL;
            if (refused == ((r.roles & roles[k].role) != 0))
                fail_msg("%s %s as %s: %u", r.method, r.path, roles[k].name, status);
        }
    }
    /* What the roles are for. */
    enter("Nguyễn Văn Xem", "viewer");
    assert_int_equal(ask(WEB_GET, "/api/conflicts", NULL), 403);
    assert_int_equal(ask(WEB_GET, "/api/record", "?id=00"), 403);
    assert_int_equal(post("/api/close", json_object()), 403);
    assert_int_equal(ask(WEB_GET, "/api/users", NULL), 403);
    enter("Quản Trị", "admin");
    assert_int_equal(ask(WEB_GET, "/api/conflicts", NULL), 403);
    assert_int_equal(ask(WEB_GET, "/api/list", "?type=person"), 403);
    enter("Thống Kê", "statistician");
    assert_int_equal(post("/api/users", json_object()), 403);
    assert_int_equal(post("/api/invite", json_object()), 403);
}

/* Cells of class-4 lines with one to four persons in what the page gets of a report. */
static size_t small_figures(void)
{
    size_t n = 0;
    const json_t *lines = json_object_get(json_object_get(answer, "report"), "lines");
    assert_true(json_array_size(lines) > 0);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i), *rows = json_object_get(line, "rows");
        const char *id = json_string_value(json_object_get(line, "indicator"));
        if (catalogue_indicator(hub.catalogue, id)->sensitivity < 4) continue;
        for (size_t k = 0; k < json_array_size(rows); k++) {
            const json_t *cells = json_object_get(json_array_get(rows, k), "cells");
            for (size_t c = 0; c < json_array_size(cells); c++) {
                json_int_t num =
                    json_integer_value(json_object_get(json_array_get(cells, c), "num"));
                n += num > 0 && num < 5;
            }
        }
    }
    return n;
}

static void small_figures_are_for_who_needs_to_know(void **state)
{
    (void)state;
    report_put(&hub, 0,
               "{\"type\":\"trafficking_case\",\"id\":\"00000000000000000000000000000001\","
               "\"received_on\":\"2023-02-01\",\"verify_started_on\":\"2023-02-02\"}");
    enter("Nguyễn Văn Xem", "viewer");
    assert_int_equal(ask(WEB_GET, "/api/report", "?report=RP05&period=2023-6M"), 200);
    assert_int_equal(small_figures(), 0);
    enter("Thống Kê", "statistician");
    assert_int_equal(ask(WEB_GET, "/api/report", "?report=RP05&period=2023-6M"), 200);
    assert_true(small_figures() > 0);
    json_t *j = command(json_pack("{s:s}", "verb", "reads"));
    json_t *rows = json_object_get(j, "rows"), *row = json_array_get(rows, 0);
    assert_int_equal(json_array_size(rows), 1); /* hers alone */
    assert_string_equal(json_string_value(json_object_get(row, "what")), "report");
    assert_string_equal(json_string_value(json_object_get(row, "user")), "Thống Kê");
    assert_int_equal(json_integer_value(json_object_get(row, "class")), 4);
    json_decref(j);
}

static void another_origin_changes_nothing(void **state)
{
    (void)state;
    enter("Mai", "viewer");
    static const char *const bad[] = {"",
                                      "null",
                                      ("http://" HOST),
                                      "https://hub.example",
                                      "https://hub.example:7444",
                                      "https://evil.example:7443"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(origin, sizeof origin, "%s", bad[i]);
        assert_int_equal(post("/api/logout", json_object()), 403);
    }
    snprintf(origin, sizeof origin, "https://" HOST);
    char kept[80];
    snprintf(kept, sizeof kept, "%s", csrf);
    csrf[3] = csrf[3] == 'a' ? 'b' : 'a';
    assert_int_equal(post("/api/logout", json_object()), 403);
    csrf[0] = '\0';
    assert_int_equal(post("/api/logout", json_object()), 403);
    assert_string_equal(stage(), "in");
    assert_string_equal(csrf, kept);
    assert_non_null(strstr(header("Content-Security-Policy"), "script-src 'self'"));
}

static void the_cookie_is_strict(void **state)
{
    (void)state;
    add_user("Mai", "viewer");
    assert_string_equal(stage(), "none");
    assert_int_equal(log_in("Mai", once), 200);
    const char *set = header("Set-Cookie");
    assert_non_null(strstr(set, "__Host-dongbo_7443="));
    assert_non_null(strstr(set, "Path=/; Secure; HttpOnly; SameSite=Strict"));
}

/* Processor time of the whole process: other programs on the machine do not count. */
static double spent_s(void)
{
    struct timespec t;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void wrong_tries_wait_longer_and_nobody_learns_names(void **state)
{
    double known = 0, unknown = 0;
    (void)state;
    add_user("Mai", "viewer");
    (void)stage();
    for (unsigned i = 0; i < LOGIN_FAILS_FREE; i++) {
        char words[200];
        double begun = spent_s();
        assert_int_equal(log_in("Mai", "sai"), 403);
        known += spent_s() - begun;
        snprintf(words, sizeof words, "%s", member("vi"));
        begun = spent_s();
        assert_int_equal(log_in("Không Ai", "sai"), 403);
        unknown += spent_s() - begun;
        assert_string_equal(words, member("vi"));
    }
    /* Without a hash to try there would be a thousandth of it. */
    print_message("five wrong tries: a name that exists %.3f s, one that does not %.3f s\n", known,
                  unknown);
    assert_true(unknown > known / 3 && unknown < known * 3);
    assert_int_equal(log_in("Mai", once), 429);
    assert_string_equal(header("Retry-After"), "30");
    assert_int_equal(log_in("Không Ai", "sai"), 429);
    wall += LOGIN_WAIT_MS;
    assert_int_equal(log_in("Mai", "sai"), 403);
    wall += LOGIN_WAIT_MS;
    assert_int_equal(log_in("Mai", once), 429);
    wall += LOGIN_WAIT_MS;
    assert_int_equal(log_in("Mai", once), 200);
    assert_string_equal(member("stage"), "change");
}

static void wrong_codes_wait_too(void **state)
{
    (void)state;
    enter("Mai", "admin");
    assert_int_equal(post("/api/logout", json_object()), 200);
    (void)stage();
    assert_int_equal(log_in("Mai", OWN), 200);
    unsigned right = 0;
    for (unsigned i = 0; i < LOGIN_FAILS_FREE; i++)
        right += post("/api/code", json_pack("{s:s}", "code", "000000")) == 200;
    if (right > 0) return; /* one in 70,000 runs */
    assert_int_equal(post("/api/code", json_pack("{s:s}", "code", "000000")), 429);
}

static void a_disabled_or_reset_login_is_out_at_once(void **state)
{
    static const char *const actions[] = {"disable", "passwd", "authenticator"};
    char name[32];
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "Mai %zu", i);
        enter(name, "statistician");
        assert_int_equal(ask(WEB_GET, "/api/conflicts", NULL), 200);
        json_decref(command(
            json_pack("{s:s, s:s, s:s}", "verb", "user", "action", actions[i], "name", name)));
        assert_int_equal(ask(WEB_GET, "/api/conflicts", NULL), 401);
        assert_string_equal(stage(), "none");
        assert_int_equal(log_in(name, OWN), 403);
    }
}

static void the_last_admin_stays(void **state)
{
    (void)state;
    add_user("Mai", "admin");
    json_t *j =
        command(json_pack("{s:s, s:s, s:s}", "verb", "user", "action", "disable", "name", "Mai"));
    assert_string_equal(json_string_value(json_object_get(j, "error")), "DENIED");
    json_decref(j);
    add_user("Lan", "admin");
    j = command(json_pack("{s:s, s:s, s:s}", "verb", "user", "action", "disable", "name", "Mai"));
    assert_true(json_is_true(json_object_get(j, "disabled")));
    json_decref(j);
    j = command(json_pack("{s:s, s:s, s:s, s:s}", "verb", "user", "action", "role", "name", "Lan",
                          "role", "viewer"));
    assert_string_equal(json_string_value(json_object_get(j, "error")), "DENIED");
    json_decref(j);
}

static void a_session_ends(void **state)
{
    (void)state;
    enter("Mai", "viewer");
    mono += HUB_DESK_IDLE_MS;
    assert_int_equal(ask(WEB_GET, "/api/report", NULL), 422); /* an action of the person */
    mono += HUB_DESK_IDLE_MS;
    assert_int_equal(ask(WEB_GET, "/api/status", NULL), 200); /* the page's clock: none */
    mono += 1;
    assert_int_equal(ask(WEB_GET, "/api/status", NULL), 401);
}

/* That file was taken so often by that token or login, and the list has nothing else. */
static void took(const char *file, const char *who, bool token, json_int_t times)
{
    json_t *j = command(json_pack("{s:s, s:i}", "verb", "taken", "issue", 1));
    json_t *rows = json_object_get(j, "taken"), *row = json_array_get(rows, 0);
    assert_int_equal(json_array_size(rows), 1);
    assert_string_equal(json_string_value(json_object_get(row, "file")), file);
    assert_string_equal(json_string_value(json_object_get(row, "who")), who);
    assert_int_equal(json_is_true(json_object_get(row, "token")), token);
    assert_int_equal(json_integer_value(json_object_get(row, "times")), times);
    assert_non_null(json_string_value(json_object_get(row, "last")));
    json_decref(j);
    j = command(json_pack("{s:s, s:i}", "verb", "taken", "issue", 2));
    assert_int_equal(json_array_size(json_object_get(j, "taken")), 0);
    json_decref(j);
}

static void the_province_sees_issued_files_alone(void **state)
{
    struct hub_close_result closed;
    struct hub_desk_route_text r;
    char token[100];
    (void)state;
    assert_int_equal(report_close(&hub, "RP04", "2023-6M", &closed), ERR_OK);
    json_t *j =
        command(json_pack("{s:s, s:s, s:s}", "verb", "token", "action", "create", "name", "So"));
    snprintf(token, sizeof token, "%s", json_string_value(json_object_get(j, "token")));
    json_decref(j);
    (void)stage();
    assert_int_equal(post("/api/token", json_pack("{s:s}", "token", "sai")), 403);
    assert_int_equal(post("/api/token", json_pack("{s:s}", "token", token)), 200);
    assert_string_equal(member("stage"), "province");
    assert_int_equal(ask(WEB_GET, "/api/v1/issues", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "issues")), 1);
    assert_int_equal(ask(WEB_GET, "/api/v1/issues/1/BC_RP04_2023-6M_735_1.pdf", NULL), 200);
    assert_string_equal(header("Content-Type"), "application/pdf");
    assert_int_equal(ask(WEB_GET, "/api/v1/issues/1/BC_RP04_2023-6M_735_1.pdf", NULL), 200);
    assert_int_equal(ask(WEB_GET, "/api/v1/issues/1/BC_RP04_2023-6M_735_1.pdx", NULL), 404);
    assert_int_equal(ask(WEB_GET, "/api/v1/issues/1/BC_RP04_2023-6M_735_1.json", "?view=1"), 200);
    took("BC_RP04_2023-6M_735_1.pdf", "So", true, 2); /* what is drawn on the screen is not taken */
    for (size_t i = 0; hub_desk_route_at(i, &r); i++) {
        if (r.roles == 0) continue;
        unsigned status = try_route(&r);
        assert_int_equal(status == 403, (r.roles & HUB_ROLE_PROVINCE) == 0);
    }
    assert_int_equal(ask(WEB_POST, "/api/v1/issues", "{}"), 405);
    json_decref(
        command(json_pack("{s:s, s:s, s:s}", "verb", "token", "action", "revoke", "name", "So")));
    assert_int_equal(ask(WEB_GET, "/api/v1/issues", NULL), 401);
    assert_string_equal(stage(), "none");
}

/* A request to erase is done by an order, also when it is typed into the record's own form. */
static void the_form_does_not_go_round_the_register(void **state)
{
    (void)state;
    enter("Thống Kê", "statistician");
    json_t *values = json_pack("{s:s, s:s, s:s}", "kind", "erasure", "received_on", "5/3/2026",
                               "requester", "Nguyễn Thị Lan");
    assert_int_equal(
        post("/api/put", json_pack("{s:s, s:O}", "type", "data_request", "values", values)), 200);
    char id[40];
    snprintf(id, sizeof id, "%s", member("id"));
    json_t *done = json_pack("{s:s, s:s}", "outcome", "granted", "done_on", "6/3/2026");
    assert_int_equal(post("/api/put", json_pack("{s:s, s:O}", "id", id, "values", done)), 409);
    json_object_update(values, done);
    assert_int_equal(
        post("/api/put", json_pack("{s:s, s:O}", "type", "data_request", "values", values)), 409);
    json_object_set_new(done, "outcome", json_string("refused"));
    assert_int_equal(post("/api/put", json_pack("{s:s, s:O}", "id", id, "values", done)), 200);
    json_decref(values);
    json_decref(done);
}

/* The district's own list: read as a file, tried, entered, and what `put` refuses is refused here too. */
static void a_list_is_imported(void **state)
{
    (void)state;
    enter("Thống Kê", "statistician");
    assert_int_equal(ask(WEB_POST, "/api/sheet", "full_name\nNguy\xD4n V\xA8n\n"), 200);
    assert_string_equal(member("csv"), "full_name\nNguyễn Văn\n");
    assert_int_equal(ask(WEB_POST, "/api/sheet", "PK\3\4 no workbook"), 422);
    for (int dry = 1; dry >= 0; dry--) {
        json_t *rows = json_pack(
            "[{s:i, s:s, s:{s:s, s:s}}, {s:i, s:s, s:{s:s, s:s}}, {s:i, s:s, s:{s:s, s:s, s:s, "
            "s:s, s:s}}]",
            "line", 2, "type", "person", "values", "full_name", "Nguyễn Văn Một", "sex", "male",
            "line", 3, "type", "person", "values", "full_name", "Nguyễn Văn Hai", "sex", "maybe",
            "line", 4, "type", "data_request", "values", "kind", "erasure", "received_on",
            "5/3/2026", "requester", "Nguyễn Thị Lan", "outcome", "granted", "done_on", "6/3/2026");
        assert_int_equal(post("/api/import", json_pack("{s:o, s:b}", "rows", rows, "dry", dry)),
                         200);
        assert_int_equal(json_integer_value(json_object_get(answer, "created")), 1);
        assert_int_equal(json_integer_value(json_object_get(answer, "bad_rows")), 2);
        assert_int_equal(json_is_true(json_object_get(answer, "dry")), dry);
        const json_t *bad = json_object_get(answer, "bad");
        assert_string_equal(web_json_text(json_array_get(bad, 0), "column"), "sex");
        assert_non_null(strstr(web_json_text(json_array_get(bad, 1), "en"), "two officers"));
        assert_int_equal(ask(WEB_GET, "/api/search", "?type=person"), 200);
        assert_int_equal(json_integer_value(json_object_get(answer, "total")), dry ? 0 : 1);
    }
    enter("Người Xem", "viewer");
    assert_int_equal(ask(WEB_POST, "/api/sheet", "a\n1\n"), 403);
}

/* A list of one person, sent by who looked for doubles when `known` was told. */
static unsigned import_known(json_int_t known, const char *name)
{
    json_t *rows = json_pack("[{s:i, s:s, s:{s:s, s:s}}]", "line", 2, "type", "person", "values",
                             "full_name", name, "sex", "male");
    return post("/api/import",
                json_pack("{s:s, s:o, s:I}", "type", "person", "rows", rows, "known", known));
}

/* Two look for doubles at one moment, and find none: the second is told before a row is written. */
static void a_list_is_imported_by_two(void **state)
{
    (void)state;
    enter("Thống Kê", "statistician");
    assert_int_equal(ask(WEB_GET, "/api/search", "?type=person&max=1"), 200);
    json_int_t seen = json_integer_value(json_object_get(answer, "known"));
    assert_int_equal(import_known(seen, "Lê Văn Một"), 200);
    json_int_t after = json_integer_value(json_object_get(answer, "known"));
    assert_int_equal(import_known(seen, "Lê Văn Một"), 409);
    assert_string_equal(web_json_text(answer, "error"), "STALE");
    assert_int_equal(import_known(after, "Lê Văn Hai"), 200); /* the first goes on */
    assert_int_equal(ask(WEB_GET, "/api/search", "?type=person&max=1"), 200);
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), 2);
}

/* The whole log, because somebody pressed a button: what came of it stays to be read. */
static void the_log_is_checked(void **state)
{
    (void)state;
    enter("Quản Trị", "admin");
    assert_int_equal(ask(WEB_GET, "/api/status", NULL), 200);
    const json_t *checks = json_object_get(answer, "checks");
    assert_true(json_is_null(json_object_get(checks, "last")));
    assert_true(json_is_null(json_object_get(checks, "scrub")));
    assert_int_equal(post("/api/verify-log", json_object()), 200);
    for (int damaged = 0; damaged < 2; damaged++) {
        assert_int_equal(ask(WEB_GET, "/api/status", NULL), 200);
        checks = json_object_get(answer, "checks");
        const json_t *last = json_object_get(checks, "last");
        assert_false(json_is_true(json_object_get(checks, "running")));
        assert_int_equal(json_is_true(json_object_get(last, "ok")), !damaged);
        assert_true(json_integer_value(json_object_get(last, "sets")) > 0);
        assert_int_equal(json_integer_value(json_object_get(last, "finding_count")) > 0, damaged);
        assert_int_equal(json_array_size(json_object_get(last, "findings")) > 0, damaged);
        if (damaged) break;
        assert_int_equal(
            db_exec(hub_store_db(app.store), "UPDATE sys_log SET p = zeroblob(32) WHERE pos = 1"),
            ERR_OK);
        assert_int_equal(post("/api/verify-log", json_object()), 200);
    }
    enter("Thống Kê", "statistician");
    assert_int_equal(post("/api/verify-log", json_object()), 403);
}

/* What the page saves as files: a person's data as a workbook; an attachment that is not there. */
static void files_are_taken_out(void **state)
{
    (void)state;
    enter("Thống Kê", "statistician");
    json_t *values =
        json_pack("{s:s, s:s, s:s}", "full_name", "Nguyễn Thị Lan", "sex", "female", "dob", "1990");
    assert_int_equal(post("/api/put", json_pack("{s:s, s:o}", "type", "person", "values", values)),
                     200);
    char id[40], path[64];
    snprintf(id, sizeof id, "%s", member("id"));
    assert_int_equal(post("/api/subject", json_pack("{s:s, s:s}", "id", id, "format", "xlsx")),
                     422); /* a reason is a must */
    assert_int_equal(post("/api/subject", json_pack("{s:s, s:s, s:s}", "id", id, "format", "xlsx",
                                                    "reason", "đơn số 12")),
                     200);
    assert_memory_equal(reply.body.p, "PK", 2);
    assert_string_equal(header("Content-Disposition"),
                        "attachment; filename=\"du-lieu-ca-nhan.xlsx\"");
    snprintf(path, sizeof path, "?id=%s", id);
    assert_int_equal(ask(WEB_GET, "/api/attachments", path), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "attachments")), 0);
    assert_int_equal(ask(WEB_GET, "/api/attachment", path), 422); /* which file? */
}

static void a_file_is_verified_by_its_hash(void **state)
{
    struct hub_close_result closed;
    uint8_t hash[64];
    char hex[129], sig[2000];
    (void)state;
    assert_int_equal(report_close(&hub, "RP04", "2023-6M", &closed), ERR_OK);
    enter("Mai", "viewer");
    assert_int_equal(ask(WEB_GET, "/api/v1/issues/1/BC_RP04_2023-6M_735_1.csv", NULL), 200);
    crypto_generichash(hash, sizeof hash, reply.body.p, reply.body.len, NULL, 0);
    assert_int_equal(ask(WEB_GET, "/api/v1/issues/1/BC_RP04_2023-6M_735_1.csv.minisig", NULL), 200);
    snprintf(sig, sizeof sig, "%.*s", (int)reply.body.len, (const char *)reply.body.p);
    sodium_bin2hex(hex, sizeof hex, hash, sizeof hash);
    assert_int_equal(post("/api/verify", json_pack("{s:s, s:s}", "hash", hex, "minisig", sig)),
                     200);
    assert_true(json_is_true(json_object_get(answer, "good")));
    assert_non_null(strstr(member("trusted"), "2023-6M"));
    hex[0] = hex[0] == '0' ? '1' : '0';
    assert_int_equal(post("/api/verify", json_pack("{s:s, s:s}", "hash", hex, "minisig", sig)),
                     200);
    assert_true(json_is_false(json_object_get(answer, "good")));
    assert_int_equal(post("/api/verify", json_pack("{s:s, s:s}", "hash", hex, "minisig", "x")),
                     422);
    assert_int_equal(post("/api/verify", json_pack("{s:s, s:s}", "hash", "zz", "minisig", sig)),
                     422);
}

static bool noted(const char *user, const char *what, const char *detail, const char *result)
{
    json_t *row = NULL;
    size_t i = 0;
    assert_int_equal(ask(WEB_GET, "/api/audit", NULL), 200);
    json_array_foreach(json_object_get(answer, "rows"), i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "user")), user) == 0 &&
            strcmp(json_string_value(json_object_get(row, "what")), what) == 0 &&
            strstr(json_string_value(json_object_get(row, "detail")), detail) != NULL &&
            strcmp(json_string_value(json_object_get(row, "result")), result) == 0)
            return true;
    }
    return false;
}

static void the_audit_tells_who_did_what(void **state)
{
    (void)state;
    enter("Thống Kê", "statistician");
    assert_int_equal(post("/api/close", json_pack("{s:s, s:s, s:s}", "report", "RP04", "period",
                                                  "2023-6M", "person", "Kẻ Giả Danh")),
                     200);
    assert_int_equal(ask(WEB_GET, "/api/record", "?id=00112233445566778899aabbccddeeff"), 404);
    (void)log_in("Không Ai", "sai");
    enter("Quản Trị", "admin");
    assert_true(noted("Thống Kê", "close", "report=RP04 period=2023-6M", "OK"));
    assert_true(noted("Thống Kê", "get", "id=00112233445566778899aabbccddeeff", "NOT_FOUND"));
    assert_true(noted("?", "login", "", "DENIED"));
    assert_true(noted("Quản Trị", "authenticator", "", "OK"));
    assert_false(noted("Kẻ Giả Danh", "close", "", "OK"));
    json_t *j = command(json_pack("{s:s}", "verb", "issues"));
    struct id_person who;
    char hex[2 * ID_PERSON_BYTES + 1];
    hub_app_person(&app, "Thống Kê", &who);
    id_hex(BYTES_OF(who.b), hex);
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(j, "issues"), 0), "person")),
                        hex);
    json_decref(j);
}

/* A person is saved through the form's own requests; two tabs do not overwrite each other. */
static void a_record_is_written_with_the_form(void **state)
{
    char id[40], version[40];
    (void)state;
    enter("Thống Kê", "statistician");
    assert_int_equal(post("/api/check", json_pack("{s:s, s:{s:s, s:s}}", "type", "person", "values",
                                                  "full_name", "", "dob", "31/02/1990")),
                     200);
    assert_non_null(json_object_get(json_object_get(answer, "errors"), "dob"));
    assert_true(json_array_size(json_object_get(answer, "missing")) > 0);
    json_t *values = json_pack("{s:s, s:s, s:s}", "full_name", "Đặng Thị Hồng", "sex", "female",
                               "dob", "12/05/1982");
    assert_int_equal(
        ask(WEB_PUT, "/api/draft", "{\"key\":\"new-person-1\",\"draft\":{\"values\":{}}}"), 200);
    assert_int_equal(ask(WEB_GET, "/api/drafts", NULL), 200);
    assert_int_equal(json_array_size(json_object_get(answer, "drafts")), 1);
    assert_int_equal(post("/api/put", json_pack("{s:s, s:o}", "type", "person", "values", values)),
                     200);
    snprintf(id, sizeof id, "%s", member("id"));
    assert_int_equal(ask(WEB_GET, "/api/search", "?type=person"), 200);
    assert_int_equal(json_integer_value(json_object_get(answer, "total")), 1);
    char one[60];
    snprintf(one, sizeof one, "?id=%s", id);
    assert_int_equal(ask(WEB_GET, "/api/record", one), 200);
    assert_string_equal(member("title"), "Đặng Thị Hồng");
    snprintf(version, sizeof version, "%s", member("version"));
    for (unsigned i = 0; i < 2; i++) /* two tabs that showed the same */
        assert_int_equal(post("/api/put", json_pack("{s:s, s:s, s:s, s:{s:s}}", "id", id, "type",
                                                    "person", "base", version, "values",
                                                    "occupation", i == 0 ? "thợ may" : "thợ hồ")),
                         i == 0 ? 200 : 409);
    assert_string_equal(member("error"), "STALE");
    assert_int_equal(
        post("/api/put", json_pack("{s:s, s:s, s:s, s:{s:s}}", "id", id, "type", "person", "base",
                                   "zz", "values", "occupation", "thợ mộc")),
        422);
}

/* A list that ties a name to a class of 3 or 4 shows initials; showing one is in the audit. */
static void a_sensitive_list_shows_initials(void **state)
{
    json_t *row;
    (void)state;
    report_put(&hub, 0,
               "{\"id\":\"000102030405060708090a0b0c0d0e0f\",\"type\":\"person\",\"full_name\":"
               "\"Trần Văn Kín\",\"sex\":\"male\",\"dob\":\"1990-01-02\"}");
    report_put(&hub, 0,
               "{\"id\":\"100102030405060708090a0b0c0d0e0f\",\"type\":\"drug_case\",\"person\":"
               "\"000102030405060708090a0b0c0d0e0f\",\"confirmed_by\":\"Trạm y tế\"}");
    enter("Thống Kê", "statistician");
    assert_int_equal(ask(WEB_GET, "/api/search", "?type=person"), 200);
    row = json_array_get(json_object_get(answer, "rows"), 0);
    assert_true(json_is_false(json_object_get(row, "masked")));
    assert_string_equal(json_string_value(json_object_get(row, "title")), "Trần Văn Kín");
    assert_int_equal(ask(WEB_GET, "/api/search", "?type=drug_case"), 200);
    row = json_array_get(json_object_get(answer, "rows"), 0);
    assert_true(json_is_true(json_object_get(row, "masked")));
    assert_string_equal(json_string_value(json_object_get(json_object_get(row, "refs"), "person")),
                        "T. V. K.");
    assert_null(strstr(buf_cstr(&reply.body), "Kín"));
    /* Columns that are asked for, as the import compares lists with them: the same initials. */
    assert_int_equal(ask(WEB_GET, "/api/search", "?type=drug_case&columns=confirmed_by"), 200);
    row = json_array_get(json_object_get(answer, "rows"), 0);
    assert_true(json_is_true(json_object_get(row, "masked")));
    assert_int_equal(json_object_size(json_object_get(row, "values")), 1);
    assert_null(strstr(buf_cstr(&reply.body), "Trạm"));
    assert_null(strstr(buf_cstr(&reply.body), "Kín"));
    assert_int_equal(ask(WEB_GET, "/api/search", "?type=person&columns=dob,sex"), 200);
    row = json_array_get(json_object_get(answer, "rows"), 0);
    assert_true(json_is_false(json_object_get(row, "masked")));
    assert_string_equal(web_json_text(json_object_get(row, "values"), "dob"), "1990-01-02");
    assert_int_equal(json_object_size(json_object_get(row, "values")), 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(ask(WEB_GET, "/api/search",
                             i == 0 ? "?type=person&columns=dob,none" : "?type=person&columns=,"),
                         422);
    assert_int_equal(
        post("/api/reveal", json_pack("{s:s}", "id", "100102030405060708090a0b0c0d0e0f")), 200);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(answer, "refs"), "person")),
        "Trần Văn Kín");
    enter("Quản Trị", "admin");
    assert_true(noted("Thống Kê", "search", "type=person", "OK"));
    assert_true(noted("Thống Kê", "search", "type=drug_case", "OK"));
    assert_true(noted("Thống Kê", "get", "id=100102030405060708090a0b0c0d0e0f", "OK"));
}

/* A copy from before a login was closed comes back: the login and the token stay closed. */
static void what_was_closed_stays_closed_after_a_restore(void **state)
{
    struct hub_user u;
    struct hub_user_name n;
    char command_text[FILE_PATH_BYTES_MAX + 40];
    (void)state;
    snprintf(app.data, sizeof app.data, "/tmp/hub_closed_XXXXXX");
    assert_non_null(mkdtemp(app.data));
    add_user("Mai", "viewer");
    add_user("Lan", "viewer");
    json_decref(
        command(json_pack("{s:s, s:s, s:s}", "verb", "user", "action", "disable", "name", "Mai")));
    assert_int_equal(hub_user_name("Mai", &n), ERR_OK);
    assert_int_equal(hub_users_find(app.store, n.fold, &u), ERR_OK);
    assert_true(u.disabled_ms != 0);
    u.disabled_ms = 0; /* as the copy has it */
    assert_int_equal(hub_users_set(app.store, &u), ERR_OK);
    assert_int_equal(hub_closed_apply(&app), ERR_OK);
    assert_int_equal(hub_users_find(app.store, n.fold, &u), ERR_OK);
    assert_true(u.disabled_ms != 0);
    assert_int_equal(hub_user_name("Lan", &n), ERR_OK); /* nobody closed that one */
    assert_int_equal(hub_users_find(app.store, n.fold, &u), ERR_OK);
    assert_int_equal(u.disabled_ms, 0);
    json_decref(
        command(json_pack("{s:s, s:s, s:s}", "verb", "user", "action", "enable", "name", "Mai")));
    assert_int_equal(hub_closed_apply(&app), ERR_OK);
    assert_int_equal(hub_user_name("Mai", &n), ERR_OK);
    assert_int_equal(hub_users_find(app.store, n.fold, &u), ERR_OK);
    assert_int_equal(u.disabled_ms, 0);
    snprintf(command_text, sizeof command_text, "echo x > %s/closed", app.data);
    assert_int_equal(system(command_text), 0);
    assert_int_equal(hub_closed_apply(&app), ERR_DAMAGED); /* better not to serve */
    snprintf(command_text, sizeof command_text, "rm -r %s", app.data);
    assert_int_equal(system(command_text), 0);
    app.data[0] = '\0';
}

/* Old rows go, their digest stays, and it is the one that the law of the header says. */
static void the_audit_is_bounded_and_keeps_a_digest(void **state)
{
    struct hub_audit_past past, again;
    (void)state;
    for (int i = 0; i < 12; i++) {
        struct hub_audit a = {wall + i, "Mai", "get", "id=00", "OK"};
        assert_int_equal(hub_audit_add(app.store, &a), ERR_OK);
    }
    assert_int_equal(hub_audit_trim(app.store, 12), ERR_OK);
    assert_int_equal(hub_audit_past(app.store, &past), ERR_OK);
    assert_int_equal(past.rows, 0);
    assert_int_equal(hub_audit_trim(app.store, 10), ERR_OK);
    assert_int_equal(hub_audit_past(app.store, &past), ERR_OK);
    assert_int_equal(past.rows, 2);
    assert_int_equal(past.until_ms, wall + 1);
    uint8_t d[32] = {0};
    for (uint8_t i = 0; i < 2; i++) {
        static const char *const texts[] = {"Mai", "get", "id=00", "OK"};
        uint8_t m[200];
        size_t n = 0;
        memcpy(m, d, 32);
        le64_store(m + 32, i + 1u);
        le64_store(m + 40, (uint64_t)wall + i);
        n = 48;
        for (size_t k = 0; k < 4; k++) {
            size_t len = strlen(texts[k]);
            le32_store(m + n, (uint32_t)len);
            memcpy(m + n + 4, texts[k], len);
            n += 4 + len;
        }
        crypto_generichash(d, sizeof d, m, n, NULL, 0);
    }
    assert_memory_equal(past.digest, d, sizeof d);
    assert_int_equal(hub_audit_trim(app.store, 9), ERR_OK);
    assert_int_equal(hub_audit_past(app.store, &again), ERR_OK);
    assert_int_equal(again.rows, 3);
    assert_memory_not_equal(again.digest, d, sizeof d);
    enter("Quản Trị", "admin");
    assert_int_equal(ask(WEB_GET, "/api/audit", NULL), 200);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "past"), "rows")),
                     3);
}

/* One file is changed in the browser; the others stay as they are in the edition. */
static void a_catalogue_is_changed_file_by_file(void **state)
{
    const char *name = NULL;
    json_t *text = NULL;
    size_t files = 0;
    (void)state;
    enter("Quản Trị", "admin");
    assert_int_equal(ask(WEB_GET, "/api/catalogue/files", NULL), 200);
    json_int_t edition = json_integer_value(json_object_get(answer, "edition"));
    json_t *have = json_incref(json_object_get(answer, "files"));
    json_object_foreach(have, name, text) files++;
    assert_true(files > 5);
    char *broken = strdup(json_string_value(json_object_get(have, "types.csv")));
    assert_non_null(broken);
    broken[strcspn(broken, "\n") + 1] = 'x';
    assert_int_equal(post("/api/catalogue/files", json_pack("{s:I, s:{s:s}}", "edition", edition,
                                                            "files", "types.csv", broken)),
                     422);
    assert_true(json_array_size(json_object_get(answer, "mistakes")) > 0);
    free(broken);
    const char *units = json_string_value(json_object_get(have, "units.csv"));
    size_t len = strlen(units);
    char *more = malloc(len + 200);
    assert_non_null(more);
    size_t line = strcspn(units, "\n") + 1; /* the last row once more, of another code */
    const char *last = units + len - 1;
    while (last > units + line && last[-1] != '\n')
        last--;
    snprintf(more, len + 200, "%s99999%s", units, last + strcspn(last, ","));
    json_t *change = json_pack("{s:I, s:{s:s}}", "edition", edition, "files", "units.csv", more);
    assert_int_equal(post("/api/catalogue/files", json_incref(change)), 200); /* looked at only */
    assert_int_equal(ask(WEB_GET, "/api/catalogue/files", NULL), 200);
    assert_int_equal(json_integer_value(json_object_get(answer, "edition")), edition);
    json_object_set_new(change, "publish", json_true());
    assert_int_equal(post("/api/catalogue/files", json_incref(change)), 200);
    assert_int_equal(post("/api/catalogue/files", change), 409); /* of an edition that is over */
    assert_int_equal(ask(WEB_GET, "/api/catalogue/files", NULL), 200);
    assert_int_equal(json_integer_value(json_object_get(answer, "edition")), edition + 1);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(answer, "files"), "units.csv")), more);
    json_object_foreach(have, name, text)
    {
        if (strcmp(name, "units.csv") != 0)
            assert_true(json_equal(text, json_object_get(json_object_get(answer, "files"), name)));
    }
    free(more);
    json_decref(have);
}

/* A new invitation in the place of one that was lost: the lost one opens nothing. */
static void an_invitation_is_given_again(void **state)
{
    size_t open = 0, i;
    json_t *row = NULL;
    (void)state;
    enter("Quản Trị", "admin");
    for (int k = 0; k < 2; k++)
        assert_int_equal(post("/api/invite", json_pack("{s:s, s:s, s:b}", "unit", "26170",
                                                       "address", "hub.example:7350", "again", 1)),
                         200);
    assert_int_equal(ask(WEB_GET, "/api/invites", NULL), 200);
    json_array_foreach(json_object_get(answer, "invites"), i, row) open +=
        strcmp(json_string_value(json_object_get(row, "state")), "open") == 0 &&
        strcmp(json_string_value(json_object_get(row, "unit")), "26170") == 0;
    assert_int_equal(open, 1);
}

/* A copy is made while the hub goes on, and the status tells how far it is. */
static void a_backup_is_made_in_pieces(void **state)
{
    char dir[] = "/tmp/hub_desk_XXXXXX", command_text[80];
    uv_loop_t loop;
    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(uv_loop_init(&loop), 0);
    app.copier = (struct hub_copier){.store = app.store, .loop = &loop, .wall_ms = wall_ms};
    enter("Quản Trị", "admin");
    assert_int_equal(post("/api/backup", json_pack("{s:s}", "path", "relative")), 404);
    assert_int_equal(post("/api/backup", json_pack("{s:s}", "path", dir)), 200);
    assert_true(json_is_true(json_object_get(answer, "running")));
    assert_int_equal(post("/api/backup", json_pack("{s:s}", "path", dir)), 429);
    hub_desk_second(desk);
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
    assert_int_equal(uv_loop_close(&loop), 0);
    assert_int_equal(ask(WEB_GET, "/api/status", NULL), 200);
    const json_t *b = json_object_get(answer, "backup");
    assert_true(json_is_false(json_object_get(b, "running")));
    assert_string_equal(json_string_value(json_object_get(b, "failed")), "");
    assert_true(json_is_string(json_object_get(b, "last")));
    char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, json_string_value(json_object_get(b, "last_name")));
    assert_true(file_exists(path));
    snprintf(command_text, sizeof command_text, "rm -r %s", dir);
    assert_int_equal(system(command_text), 0);
}

static void an_invitation_has_its_picture(void **state)
{
    (void)state;
    enter("Quản Trị", "admin");
    assert_int_equal(post("/api/invite",
                          json_pack("{s:s, s:s}", "unit", "26170", "address", "hub.example:7350")),
                     200);
    assert_non_null(strstr(member("invitation"), "dongbo1:"));
    assert_true(json_array_size(json_object_get(answer, "qr")) >= 21);
}

static void files_of_the_pages(void **state)
{
    (void)state;
    for (size_t i = 0; i < hub_desk_asset_count; i++) {
        assert_int_equal(ask(WEB_GET, hub_desk_assets[i].path, NULL), 200);
        assert_string_equal(header("Content-Encoding"), "gzip");
    }
    assert_int_equal(ask(WEB_GET, "/", NULL), 200);
    assert_int_equal(ask(WEB_GET, "/tinh", NULL), 200);
    assert_int_equal(ask(WEB_GET, "/index.html", NULL), 404); /* the node's */
    assert_int_equal(ask(WEB_GET, "/../hub.db", NULL), 404);
    assert_int_equal(ask(WEB_DELETE, "/api/login", NULL), 405);
}

static void broken_requests_are_refused(void **state)
{
    (void)state;
    enter("Quản Trị", "admin");
    assert_int_equal(ask(WEB_POST, "/api/users", "{"), 400);
    assert_int_equal(ask(WEB_POST, "/api/users", "[]"), 400);
    assert_int_equal(ask(WEB_POST, "/api/users", "{\"action\":\"list\",\"action\":\"add\"}"), 400);
    assert_int_equal(ask(WEB_POST, "/api/users", "{\"action\":\"add\",\"name\":\"\\u0000\"}"), 400);
    assert_int_equal(ask(WEB_POST, "/api/users", "{\"action\":\"add\",\"name\":\"\"}"), 422);
    assert_int_equal(
        ask(WEB_POST, "/api/users", "{\"action\":\"add\",\"name\":\"A\",\"role\":\"root\"}"), 422);
    assert_int_equal(ask(WEB_POST, "/api/users", "{\"action\":\"list\",\"verb\":\"close\"}"), 200);
}

/* Every route of the table is in the document with its roles, and nothing else is. */
static void openapi_names_every_route(void **state)
{
    struct hub_desk_route_text r;
    json_error_t why;
    size_t routes = 0, named = 0;
    const char *path = NULL, *method = NULL;
    json_t *item = NULL, *op = NULL;
    (void)state;
    json_t *doc = json_load_file(DONGBO_SOURCE_DIR "/web/openapi-hub.json", 0, &why);
    if (doc == NULL) fail_msg("%d: %s", why.line, why.text);
    json_t *paths = json_object_get(doc, "paths");
    for (; hub_desk_route_at(routes, &r); routes++) {
        char lower[8] = "";
        unsigned roles = 0;
        for (size_t i = 0; r.method[i] != '\0'; i++)
            lower[i] = (char)(r.method[i] | 0x20);
        op = json_object_get(json_object_get(paths, r.path), lower);
        if (op == NULL) fail_msg("%s %s is not in openapi-hub.json", r.method, r.path);
        json_t *list = json_object_get(op, "x-roles");
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *role = json_string_value(json_array_get(list, i));
            roles |= strcmp(role, "province") == 0 ? HUB_ROLE_PROVINCE : hub_role_of(role);
        }
        if (roles != r.roles) fail_msg("%s %s: other roles", r.method, r.path);
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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_login_goes_step_by_step),
        T(the_first_admin_is_made_with_the_code),
        T(a_login_of_the_command_line_ends_the_code),
        T(wrong_first_codes_wait),
        T(nothing_without_a_login),
        T(each_role_may_what_the_table_says),
        T(small_figures_are_for_who_needs_to_know),
        T(another_origin_changes_nothing),
        T(the_cookie_is_strict),
        T(wrong_tries_wait_longer_and_nobody_learns_names),
        T(wrong_codes_wait_too),
        T(a_disabled_or_reset_login_is_out_at_once),
        T(the_last_admin_stays),
        T(a_session_ends),
        T(the_province_sees_issued_files_alone),
        T(the_form_does_not_go_round_the_register),
        T(a_list_is_imported),
        T(a_list_is_imported_by_two),
        T(the_log_is_checked),
        T(files_are_taken_out),
        T(a_file_is_verified_by_its_hash),
        T(the_audit_tells_who_did_what),
        T(a_record_is_written_with_the_form),
        T(a_sensitive_list_shows_initials),
        T(what_was_closed_stays_closed_after_a_restore),
        T(the_audit_is_bounded_and_keeps_a_digest),
        T(a_catalogue_is_changed_file_by_file),
        T(an_invitation_is_given_again),
        T(a_backup_is_made_in_pieces),
        T(an_invitation_has_its_picture),
        T(files_of_the_pages),
        T(broken_requests_are_refused),
        T(openapi_names_every_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
