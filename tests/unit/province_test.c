/* The province's door: what it gives, to whom, and that nothing else comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "hub/command.h"
#include "hub/province.h"
#include "tests/lib/report_fixture.h"

#define FILE_JSON "/api/v1/issues/1/BC_RP04_2023-6M_735_1.json"

struct door {
    struct report_hub hub;
    struct hub_app app;
    char token[96]; /* "Bearer ..." */
};

static int door_open(void **state)
{
    struct door *d = calloc(1, sizeof *d);
    struct hub_close_result closed;
    assert_non_null(d);
    report_hub_open(&d->hub, 3);
    assert_int_equal(report_close(&d->hub, "RP04", "2023-6M", &closed), ERR_OK);
    d->app.store = d->hub.store;
    d->app.keys = d->hub.keys;
    d->app.issue = d->hub.issue;
    assert_int_equal(hub_store_identity(d->app.store, &d->app.identity), ERR_OK);
    json_t *q = json_pack("{s:s, s:s, s:s}", "verb", "token", "action", "create", "name", "So");
    json_t *r = hub_command(&d->app, q);
    snprintf(d->token, sizeof d->token, "Bearer %s",
             json_string_value(json_object_get(r, "token")));
    json_decref(q);
    json_decref(r);
    *state = d;
    return 0;
}

static int door_close(void **state)
{
    struct door *d = *state;
    report_hub_close(&d->hub);
    free(d);
    return 0;
}

static void response_free(struct web_response *r)
{
    for (size_t i = 0; i < r->header_count; i++)
        free(r->headers[i].value);
    buf_free(&r->body);
}

static const char *header(const struct web_response *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++) {
        if (strcmp(r->headers[i].name, name) == 0) return r->headers[i].value;
    }
    return "";
}

static void ask(struct door *d, enum web_method method, const char *path, const char *token,
                const char *none_match, struct web_response *r)
{
    struct web_request q = {.method = method, .path = path};
    q.headers[WEB_AUTHORIZATION] = token;
    q.headers[WEB_IF_NONE_MATCH] = none_match;
    *r = (struct web_response){.status = 200};
    buf_init(&r->body, WEB_REPLY_BYTES_MAX);
    hub_province_handle(&d->app, &q, r);
}

static unsigned status_of(struct door *d, enum web_method method, const char *path,
                          const char *token)
{
    struct web_response r;
    ask(d, method, path, token, NULL, &r);
    unsigned status = r.status;
    if (status >= 400) {
        json_t *j = json_loadb((const char *)r.body.p, r.body.len, 0, NULL);
        assert_true(json_is_string(json_object_get(j, "error")));
        json_decref(j);
    }
    response_free(&r);
    return status;
}

static void list_names_every_file_with_its_size_and_hash(void **state)
{
    struct door *d = *state;
    struct web_response r, f;
    char path[256];
    ask(d, WEB_GET, "/api/v1/issues", d->token, NULL, &r);
    assert_int_equal(r.status, 200);
    json_t *j = json_loadb((const char *)r.body.p, r.body.len, 0, NULL);
    json_t *issue = json_array_get(json_object_get(j, "issues"), 0);
    assert_int_equal(json_array_size(json_object_get(j, "issues")), 1);
    assert_string_equal(json_string_value(json_object_get(issue, "report")), "RP04");
    assert_string_equal(json_string_value(json_object_get(issue, "period")), "2023-6M");
    json_t *files = json_object_get(issue, "files");
    assert_int_equal(json_array_size(files), HUB_ISSUE_KINDS);
    for (size_t i = 0; i < json_array_size(files); i++) {
        json_t *file = json_array_get(files, i);
        snprintf(path, sizeof path, "/api/v1/issues/1/%s",
                 json_string_value(json_object_get(file, "name")));
        ask(d, WEB_GET, path, d->token, NULL, &f);
        assert_int_equal(f.status, 200);
        assert_int_equal(f.body.len, json_integer_value(json_object_get(file, "size")));
        response_free(&f);
    }
    json_decref(j);
    response_free(&r);
}

static void file_and_signature_verify_with_the_public_key(void **state)
{
    struct door *d = *state;
    struct web_response file, sig, key;
    uint8_t hash[MINISIGN_HASH_BYTES];
    struct bytes trusted;
    ask(d, WEB_GET, FILE_JSON, d->token, NULL, &file);
    ask(d, WEB_GET, FILE_JSON ".minisig", d->token, NULL, &sig);
    ask(d, WEB_GET, "/api/v1/pubkey", d->token, NULL, &key);
    assert_int_equal(file.status, 200);
    assert_int_equal(sig.status, 200);
    assert_int_equal(key.status, 200);
    assert_string_equal(header(&file, "Content-Type"), "application/json");
    crypto_generichash(hash, sizeof hash, file.body.p, file.body.len, NULL, 0);
    assert_int_equal(minisign_verify(buf_bytes(&key.body), buf_bytes(&sig.body), hash, &trusted),
                     ERR_OK);
    hash[0] ^= 1;
    assert_int_equal(minisign_verify(buf_bytes(&key.body), buf_bytes(&sig.body), hash, &trusted),
                     ERR_BAD_SIGNATURE);
    response_free(&file);
    response_free(&sig);
    response_free(&key);
}

static void etag_saves_the_way(void **state)
{
    struct door *d = *state;
    struct web_response r, again;
    char list[200];
    ask(d, WEB_GET, FILE_JSON, d->token, NULL, &r);
    const char *tag = header(&r, "ETag");
    assert_int_equal(strlen(tag), 66);
    ask(d, WEB_GET, FILE_JSON, d->token, tag, &again);
    assert_int_equal(again.status, 304);
    assert_int_equal(again.body.len, 0);
    assert_string_equal(header(&again, "ETag"), tag);
    response_free(&again);
    snprintf(list, sizeof list, "\"other\", W/%s", tag);
    ask(d, WEB_GET, FILE_JSON, d->token, list, &again);
    assert_int_equal(again.status, 304);
    response_free(&again);
    ask(d, WEB_GET, FILE_JSON, d->token, "\"other\"", &again);
    assert_int_equal(again.status, 200);
    assert_int_equal(again.body.len, r.body.len);
    response_free(&again);
    response_free(&r);
}

static void only_a_living_token_opens(void **state)
{
    struct door *d = *state;
    char other[128];
    assert_int_equal(status_of(d, WEB_GET, FILE_JSON, NULL), 401);
    assert_int_equal(status_of(d, WEB_GET, FILE_JSON, ""), 401);
    assert_int_equal(status_of(d, WEB_GET, FILE_JSON, "Bearer "), 401);
    assert_int_equal(status_of(d, WEB_GET, FILE_JSON, "Basic YTpi"), 401);
    assert_int_equal(status_of(d, WEB_GET, FILE_JSON, d->token + 7), 401);
    snprintf(other, sizeof other, "%s", d->token);
    other[12] = other[12] == 'A' ? 'B' : 'A';
    assert_int_equal(status_of(d, WEB_GET, FILE_JSON, other), 401);
    snprintf(other, sizeof other, "%sA", d->token);
    assert_int_equal(status_of(d, WEB_GET, FILE_JSON, other), 401);
    assert_int_equal(status_of(d, WEB_GET, "/api/v1/nothing", NULL), 401);
    assert_int_equal(status_of(d, WEB_GET, FILE_JSON, d->token), 200);
    json_t *q = json_pack("{s:s, s:s, s:s}", "verb", "token", "action", "revoke", "name", "So");
    json_decref(hub_command(&d->app, q));
    json_decref(q);
    assert_int_equal(status_of(d, WEB_GET, FILE_JSON, d->token), 401);
}

static void nothing_else_is_there(void **state)
{
    static const char *const paths[] = {
        "/",
        "/api/v1/",
        "/api/v1/issues/",
        "/api/v1/issues/1",
        "/api/v1/issues/1/",
        "/api/v1/issues/1/.minisig",
        "/api/v1/issues/2/BC_RP04_2023-6M_735_1.json",
        "/api/v1/issues/-1/BC_RP04_2023-6M_735_1.json",
        "/api/v1/issues/1x/BC_RP04_2023-6M_735_1.json",
        "/api/v1/issues/99999999999999999999/BC_RP04_2023-6M_735_1.json",
        "/api/v1/issues/1/../1/BC_RP04_2023-6M_735_1.json",
        "/api/v1/issues/1/../../../hub.db",
        "/api/v1/issues/1//etc/passwd",
        "/api/v1/issues/1/BC_RP04_2023-6M_735_1.json/",
        "/api/v1/issues/1/BC_RP04_2023-6M_735_1.jsoN",
        "/api/v1/issues/1/BC_RP04_2023-6M_735_1.json.minisig.minisig",
        "/api/v1/pubkey/",
        "/api/v1/records",
    };
    struct door *d = *state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_int_equal(status_of(d, WEB_GET, paths[i], d->token), 404);
}

static void it_is_read_only(void **state)
{
    struct door *d = *state;
    struct web_response r;
    assert_int_equal(status_of(d, WEB_HEAD, FILE_JSON, d->token), 200);
    assert_int_equal(status_of(d, WEB_POST, FILE_JSON, d->token), 405);
    assert_int_equal(status_of(d, WEB_PUT, FILE_JSON, d->token), 405);
    assert_int_equal(status_of(d, WEB_DELETE, FILE_JSON, d->token), 405);
    assert_int_equal(status_of(d, WEB_DELETE, FILE_JSON, NULL), 401);
    ask(d, WEB_DELETE, FILE_JSON, d->token, NULL, &r);
    assert_string_equal(header(&r, "Allow"), "GET, HEAD");
    response_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(list_names_every_file_with_its_size_and_hash, door_open,
                                        door_close),
        cmocka_unit_test_setup_teardown(file_and_signature_verify_with_the_public_key, door_open,
                                        door_close),
        cmocka_unit_test_setup_teardown(etag_saves_the_way, door_open, door_close),
        cmocka_unit_test_setup_teardown(only_a_living_token_opens, door_open, door_close),
        cmocka_unit_test_setup_teardown(nothing_else_is_there, door_open, door_close),
        cmocka_unit_test_setup_teardown(it_is_read_only, door_open, door_close),
    };
    if (key_ready() != ERR_OK) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
