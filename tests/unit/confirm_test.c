/*
 * Claims about a hub that went back in time: closing and erasing wait until two officers signed one order about
 * this very loss; one person, a stranger to the role and an order about an older loss change nothing; and a hub
 * that knows no officers is told so, and can record them meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/confirm.h"
#include "hub/store_repair.h"
#include "tests/lib/office.h"

#define OK(call)  assert_int_equal((call), ERR_OK)
#define RECORD    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CONFIRM   "{'verb':'confirm','reason':'đủ 12 xã'}"
#define ERASE     "{'verb':'erase','action':'draft','ids':['" RECORD "'],'basis':'Đơn 12'}"
#define CLOSE     "{'verb':'close','report':'RP01','period':'2023-05'}"
#define WENT_BACK INT64_C(1700000000000)

static int setup(void **state)
{
    *state = office_open(11);
    return 0;
}

static int teardown(void **state)
{
    office_close(*state);
    return 0;
}

static enum err told(struct office *o, const char *text)
{
    json_t *r = office_ask(&o->app, text);
    enum err e = hub_command_error_of(r);
    json_decref(r);
    return e;
}

static void goes_back(struct office *o)
{
    OK(hub_store_begin(o->app.store));
    OK(hub_store_epoch_new(o->app.store, 0, WENT_BACK));
    OK(hub_store_commit(o->app.store));
}

static bool waits(struct office *o)
{
    enum err e = hub_store_settled(o->app.store);
    assert_true(e == ERR_OK || e == ERR_DENIED);
    return e == ERR_DENIED;
}

/* By the command, as the page and the tool do; the root key vouches for each. */
static void officer(struct office *o, struct key_sign *k, uint8_t seed, const char *name,
                    unsigned roles)
{
    uint8_t bytes[KEY_SEED_BYTES] = {seed};
    struct order_officer v = {.name = bytes_str(name), .roles = roles};
    char pk[2 * sizeof v.pk + 1], proof[2 * sizeof v.proof + 1], root[2 * sizeof v.root + 1];
    key_sign_free(k);
    OK(key_sign_from_seed(k, KEY_OFFICER, bytes));
    memcpy(v.pk, k->public, sizeof v.pk);
    OK(order_officer_prove(k, &o->app.keys.hub, &v));
    OK(order_officer_vouch(&o->hub.root, &o->app.keys.hub, &v));
    id_hex(BYTES_OF(v.pk), pk);
    id_hex(BYTES_OF(v.proof), proof);
    id_hex(BYTES_OF(v.root), root);
    json_t *q =
        json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s}", "verb", "officer", "action", "add", "name",
                  name, "roles", (int)roles, "pk", pk, "proof", proof, "root", root);
    json_decref(office_send(&o->app, q, ERR_OK));
}

/* The order that a draft asks to be signed, in base64; the caller frees it. */
static char *drafted(struct office *o, const char *request)
{
    json_t *r = office_ask(&o->app, request);
    const char *order = json_string_value(json_object_get(r, "order"));
    assert_non_null(order);
    char *copy = strdup(order);
    assert_non_null(copy);
    json_decref(r);
    return copy;
}

/* Sign as `k`, and propose, or approve the order that `id` names. The answer; the caller's. */
static json_t *signs(struct office *o, const struct key_sign *k, const char *order, const char *id,
                     enum err want)
{
    static uint8_t bytes[ORDER_BYTES_MAX];
    uint8_t signature[KEY_SIGNATURE_BYTES];
    char pk[2 * sizeof k->public + 1], hex[2 * sizeof signature + 1];
    size_t n = 0;
    assert_int_equal(sodium_base642bin(bytes, sizeof bytes, order, strlen(order), NULL, &n, NULL,
                                       sodium_base64_VARIANT_ORIGINAL),
                     0);
    OK(order_sign(k, bytes_make(bytes, n), signature));
    id_hex(BYTES_OF(k->public), pk);
    id_hex(BYTES_OF(signature), hex);
    json_t *q =
        json_pack("{s:s, s:s, s:s, s:s, s:s}", "verb", "order", "action",
                  id != NULL ? "approve" : "propose", "order", order, "pk", pk, "signature", hex);
    if (id != NULL) json_object_set_new(q, "id", json_string(id));
    return office_send(&o->app, q, want);
}

/* The same, where only what is said matters. */
static void told_on_signing(struct office *o, const struct key_sign *k, const char *order,
                            const char *id, enum err want)
{
    json_decref(signs(o, k, order, id, want));
}

/* Proposed by An; its id. */
static void proposed(struct office *o, const char *order, char id[static 2 * ID_HASH_BYTES + 1])
{
    json_t *r = signs(o, &o->an, order, NULL, ERR_OK);
    snprintf(id, 2 * ID_HASH_BYTES + 1, "%s", json_string_value(json_object_get(r, "id")));
    json_decref(r);
}

static void two_officers(struct office *o)
{
    officer(o, &o->an, 2, "An", ORDER_ROLE_ALL);
    officer(o, &o->binh, 3, "Bình", ORDER_ROLE_ALL);
}

static void a_record(struct office *o)
{
    report_put(&o->hub, 0,
               "{\"type\":\"team\",\"id\":\"" RECORD "\",\"name\":\"Đội\",\"kind\":"
               "\"volunteer_team\",\"founded_on\":\"2023-05-01\",\"state\":\"active\"}");
}

/* ---- claims ---- */

static void two_officers_confirm(void **state)
{
    struct office *o = *state;
    char id[2 * ID_HASH_BYTES + 1];
    two_officers(o);
    assert_int_equal(told(o, CONFIRM), ERR_NOT_FOUND);
    goes_back(o);
    assert_true(waits(o));
    assert_int_equal(told(o, "{'verb':'confirm'}"), ERR_BAD_INPUT);
    char *order = drafted(o, CONFIRM);
    assert_true(waits(o)); /* a draft is nothing */
    proposed(o, order, id);
    assert_true(waits(o));
    told_on_signing(o, &o->an, order, id, ERR_DENIED);
    assert_true(waits(o));
    assert_int_equal(told(o, CLOSE), ERR_DENIED);
    json_t *r = signs(o, &o->binh, order, id, ERR_OK);
    assert_string_equal(json_string_value(json_object_get(r, "state")), "approved");
    assert_null(json_object_get(json_object_get(r, "what"), "missing")); /* of no use any more */
    json_decref(r);
    assert_false(waits(o));
    assert_int_equal(told(o, CLOSE), ERR_OK);
    told_on_signing(o, &o->binh, order, id, ERR_EXISTS);
    assert_int_equal(told(o, CONFIRM), ERR_NOT_FOUND);
    free(order);
}

static void contact(struct office *o, unsigned node, int64_t now_ms)
{
    struct message_hello_node hello = {.cursor_epoch = 0};
    OK(hub_store_begin(o->app.store));
    OK(hub_store_contact(o->app.store, &o->hub.nodes[node].next.node, &hello, now_ms));
    OK(hub_store_commit(o->app.store));
}

static void the_order_says_who_is_not_back(void **state)
{
    struct office *o = *state;
    struct hub_identity is;
    char epoch[17];
    two_officers(o);
    contact(o, 0, WENT_BACK - 1);
    goes_back(o);
    contact(o, 1, WENT_BACK);
    json_t *r = office_ask(&o->app, CONFIRM), *what = json_object_get(r, "what");
    OK(hub_store_identity(o->app.store, &is));
    snprintf(epoch, sizeof epoch, "%016llx", (unsigned long long)is.epoch);
    assert_string_equal(json_string_value(json_object_get(what, "epoch")), epoch);
    assert_int_equal(json_integer_value(json_object_get(what, "nodes")), REPORT_UNITS);
    assert_int_equal(json_integer_value(json_object_get(what, "called")), 1);
    assert_int_equal(json_integer_value(json_object_get(what, "finished")), 0);
    assert_int_equal(json_array_size(json_object_get(what, "missing")), REPORT_UNITS - 1);
    assert_int_equal(json_array_size(json_object_get(what, "unfinished")), 1);
    json_decref(r);
    OK(hub_store_gave_back(o->app.store, &o->hub.nodes[1].next.node, is.epoch));
    OK(hub_store_gave_back(o->app.store, &o->hub.nodes[0].next.node,
                           is.epoch - 1)); /* an older one */
    r = office_ask(&o->app, "{'verb':'status'}"), what = json_object_get(r, "confirm");
    assert_int_equal(json_integer_value(json_object_get(what, "nodes")), REPORT_UNITS);
    assert_int_equal(json_integer_value(json_object_get(what, "called")), 1);
    assert_int_equal(json_integer_value(json_object_get(what, "finished")), 1);
    assert_int_equal(json_array_size(json_object_get(what, "missing")), REPORT_UNITS - 1);
    assert_int_equal(json_array_size(json_object_get(what, "unfinished")), 0);
    json_decref(r);
}

static void an_order_about_an_older_loss_confirms_nothing(void **state)
{
    struct office *o = *state;
    char id[2 * ID_HASH_BYTES + 1];
    two_officers(o);
    goes_back(o);
    char *order = drafted(o, CONFIRM);
    proposed(o, order, id);
    goes_back(o);
    told_on_signing(o, &o->binh, order, id, ERR_STALE);
    assert_true(waits(o));
    char *again = drafted(o, CONFIRM);
    proposed(o, again, id);
    told_on_signing(o, &o->binh, again, id, ERR_OK);
    assert_false(waits(o));
    told_on_signing(o, &o->binh, order, NULL, ERR_EXISTS); /* nothing waits */
    free(again);
    free(order);
}

static void a_hub_without_officers_says_so_and_is_not_locked(void **state)
{
    struct office *o = *state;
    char id[2 * ID_HASH_BYTES + 1];
    struct key_sign other = {.secret = NULL}, lan = {.secret = NULL};
    goes_back(o);
    assert_int_equal(told(o, CONFIRM), ERR_DENIED);
    officer(o, &o->an, 2, "An", ORDER_ROLE_ALL);
    assert_int_equal(told(o, CONFIRM), ERR_DENIED);
    officer(o, &other, 3, "Bình", ORDER_ROLE_ALL & ~ORDER_ROLE_RESTORE);
    assert_int_equal(told(o, CONFIRM), ERR_DENIED);
    assert_true(waits(o));
    officer(o, &lan, 4, "Lan", ORDER_ROLE_RESTORE); /* the third: vouched for by the root key */
    char *order = drafted(o, CONFIRM);
    proposed(o, order, id);
    told_on_signing(o, &lan, order, id, ERR_OK);
    assert_false(waits(o));
    assert_int_equal(told(o, "{'verb':'officer','action':'revoke','name':'An','reason':'x'}"),
                     ERR_OK);
    goes_back(o);
    assert_int_equal(told(o, CONFIRM), ERR_DENIED); /* one that is left is not two */
    free(order);
    key_sign_free(&lan);
    key_sign_free(&other);
}

static void erasing_waits_too(void **state)
{
    struct office *o = *state;
    char erase_id[2 * ID_HASH_BYTES + 1], id[2 * ID_HASH_BYTES + 1];
    two_officers(o);
    a_record(o);
    char *erase = drafted(o, ERASE);
    proposed(o, erase, erase_id);
    char *later = drafted(o, ERASE);
    goes_back(o);
    json_t *r = office_ask(&o->app, ERASE);
    assert_int_equal(hub_command_error_of(r), ERR_REFUSED);
    assert_string_equal(json_string_value(json_object_get(r, "vi")), hub_unsettled_vi);
    json_decref(r);
    told_on_signing(o, &o->an, later, NULL, ERR_REFUSED);
    told_on_signing(o, &o->binh, erase, erase_id, ERR_REFUSED);
    assert_int_equal(told(o, "{'verb':'get','id':'" RECORD "'}"), ERR_OK);
    char *order = drafted(o, CONFIRM);
    proposed(o, order, id);
    told_on_signing(o, &o->binh, order, id, ERR_OK);
    told_on_signing(o, &o->binh, erase, erase_id, ERR_OK);
    assert_int_not_equal(told(o, "{'verb':'get','id':'" RECORD "'}"), ERR_OK);
    free(order);
    free(later);
    free(erase);
}

static void a_content_of_another_form_is_refused(void **state)
{
    static const uint8_t texts[][11] = {
        {0x90}, {0x91, 0xa0}, {0x92, 0x01, 0x01}, {0x91, 0x01, 0x01}, {0x91, 0xcc, 0x01}};
    static const size_t sizes[] = {1, 2, 3, 3, 3};
    struct office *o = *state;
    goes_back(o);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct order v = {.content = bytes_make(texts[i], sizes[i])};
        assert_int_equal(hub_confirm_check(&o->app, &v), ERR_BAD_FORMAT);
        json_decref(hub_confirm_describe(&o->app, v.content));
    }
    struct order one = {.content = bytes_make((const uint8_t[]){0x91, 0x01}, 2)};
    assert_int_equal(hub_confirm_check(&o->app, &one), ERR_STALE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_officers_confirm, setup, teardown),
        cmocka_unit_test_setup_teardown(the_order_says_who_is_not_back, setup, teardown),
        cmocka_unit_test_setup_teardown(an_order_about_an_older_loss_confirms_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_hub_without_officers_says_so_and_is_not_locked, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(erasing_waits_too, setup, teardown),
        cmocka_unit_test_setup_teardown(a_content_of_another_form_is_refused, setup, teardown),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
