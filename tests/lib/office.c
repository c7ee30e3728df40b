#include "tests/lib/office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hub/orders.h"
#include "hub/own.h"

struct office *office_open(uint64_t seed)
{
    struct office *o = calloc(1, sizeof *o);
    char run[128];
    size_t n;
    assert_non_null(o);
    report_hub_open(&o->hub, seed);
    snprintf(o->app.data, sizeof o->app.data, "%s", o->hub.folder);
    snprintf(run, sizeof run, "%s/run", o->hub.folder);
    assert_int_equal(file_mkdirs(run, 0700), ERR_OK);
    const struct conf_key *keys = hub_app_keys(&n);
    assert_int_equal(conf_new(keys, n, &o->app.conf), ERR_OK);
    o->app.store = o->hub.store;
    o->app.keys = o->hub.keys;
    o->app.issue = o->hub.issue;
    assert_int_equal(hub_store_identity(o->app.store, &o->app.identity), ERR_OK);
    return o;
}

void office_close(struct office *o)
{
    conf_free(o->app.conf);
    key_sign_free(&o->an);
    key_sign_free(&o->binh);
    report_hub_close(&o->hub);
    free(o);
}

json_t *office_ask(struct hub_app *a, const char *text)
{
    char copy[4096];
    int n = snprintf(copy, sizeof copy, "%s", text);
    assert_true(n >= 0 && (size_t)n < sizeof copy);
    for (char *p = copy; *p != '\0'; p++) {
        if (*p == '\'') *p = '"';
    }
    json_t *q = json_loads(copy, 0, NULL);
    assert_non_null(q);
    json_t *r = hub_command(a, q);
    json_decref(q);
    assert_non_null(r);
    return r;
}

json_t *office_send(struct hub_app *a, json_t *request, enum err want)
{
    assert_non_null(request);
    json_t *r = hub_command(a, request);
    assert_non_null(r);
    if (hub_command_error_of(r) != want) json_dumpf(r, stderr, 0);
    assert_int_equal(hub_command_error_of(r), want);
    json_decref(request);
    return r;
}

void office_own(struct office *o, struct bytes payload)
{
    struct hub_own_set own = {.payloads = &payload, .count = 1};
    assert_int_equal(hub_app_begin(&o->app), ERR_OK);
    assert_int_equal(hub_own_append(o->app.store, &o->app.keys, &own, o->hub.now_ms, NULL), ERR_OK);
    assert_int_equal(hub_app_commit(&o->app), ERR_OK);
}

void office_officer(struct office *o, struct key_sign *k, uint8_t seed, const char *name,
                    unsigned roles)
{
    uint8_t bytes[KEY_SEED_BYTES] = {seed};
    struct order_officer v = {.name = bytes_str(name), .roles = roles};
    struct buf b;
    assert_int_equal(key_sign_from_seed(k, KEY_OFFICER, bytes), ERR_OK);
    memcpy(v.pk, k->public, sizeof v.pk);
    assert_int_equal(order_officer_prove(k, &o->app.keys.hub, &v), ERR_OK);
    buf_init(&b, 4096);
    order_officer_encode(&v, &b);
    office_own(o, buf_bytes(&b));
    buf_free(&b);
}

struct order_signature office_signed(const struct key_sign *k, struct bytes order)
{
    struct order_signature s;
    memcpy(s.pk, k->public, sizeof s.pk);
    assert_int_equal(order_sign(k, order, s.signature), ERR_OK);
    return s;
}

void office_erase(struct office *o, const struct erase_list *l, char *hex)
{
    struct id_hash id;
    struct buf content, order;
    buf_init(&content, ORDER_BYTES_MAX);
    buf_init(&order, ORDER_BYTES_MAX);
    erase_encode(l, &content);
    assert_int_equal(hub_order_draft(&o->app, "erase", bytes_str("đơn 12"), buf_bytes(&content),
                                     o->hub.now_ms, &order),
                     ERR_OK);
    struct order_signature an = office_signed(&o->an, buf_bytes(&order));
    struct order_signature binh = office_signed(&o->binh, buf_bytes(&order));
    assert_int_equal(hub_order_propose(&o->app, buf_bytes(&order), &an, o->hub.now_ms, &id),
                     ERR_OK);
    assert_int_equal(hub_order_approve(&o->app, &id, &binh, o->hub.now_ms), ERR_OK);
    if (hex != NULL) id_hex(BYTES_OF(id.b), hex);
    buf_free(&content);
    buf_free(&order);
}
