/*
 * Claims about the erasure of single changes, whose records stay (SPEC 12.5): the log still says what the hub says,
 * although what later changes met is not to be had any more; nothing waits for what is gone; and of two sets at one
 * place of a log that forked only the one goes that is meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "hub/store_erase.h"
#include "hub/verify.h"
#include "proto/erase.h"
#include "tests/lib/office.h"

#define ESTIMATE "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1"
#define SHEET    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa2"

struct scene {
    struct office *o;
    struct hub_store *s;
};

static void scene_open(struct scene *c, uint64_t seed)
{
    c->o = office_open(seed);
    c->s = c->o->hub.store;
    office_officer(c->o, &c->o->an, 2, "An", ORDER_ROLE_ERASE);
    office_officer(c->o, &c->o->binh, 3, "Bình", ORDER_ROLE_ERASE);
}

/* ---- which changes a record has ---- */

struct places {
    struct hub_record_op v[16];
    size_t count;
};

static enum err place(void *ctx, const struct hub_record_op *o)
{
    struct places *p = ctx;
    assert_true(p->count < 16);
    p->v[p->count++] = *o;
    return ERR_OK;
}

static struct id_record rid_of(const char *hex)
{
    struct id_record rid;
    assert_int_equal(id_unhex(hex, rid.b, sizeof rid.b), ERR_OK);
    return rid;
}

/* The n-th change of this record, as an order names it. */
static struct erase_op change(struct scene *c, const char *id, size_t n)
{
    struct places p = {.count = 0};
    struct erase_op op;
    struct id_record rid = rid_of(id);
    assert_int_equal(hub_store_record_ops(c->s, &rid, place, &p), ERR_OK);
    assert_true(n < p.count);
    assert_int_equal(hub_store_erase_op(c->s, &p.v[n].inc, p.v[n].seq, p.v[n].op, &op), ERR_OK);
    return op;
}

static void erase(struct scene *c, const char *id, size_t n)
{
    struct erase_op op = change(c, id, n);
    office_erase(c->o, &(struct erase_list){.ops = &op, .op_count = 1}, NULL);
}

/* ---- looking ---- */

static enum err finding(void *ctx, const struct hub_finding *f)
{
    (void)ctx;
    print_message("finding: %s %s at %llu\n", hub_finding_en(f->kind),
                  f->table != NULL ? f->table : "", (unsigned long long)f->position);
    return ERR_OK;
}

static void sound(struct scene *c)
{
    struct hub_verified_log out;
    assert_int_equal(hub_store_check(c->s), ERR_OK);
    assert_int_equal(hub_verify_log(c->s, finding, NULL, &out), ERR_OK);
    assert_int_equal(out.findings, 0);
}

static void state_is(struct scene *c, const char *id, const char *want)
{
    char q[100];
    snprintf(q, sizeof q, "{'verb':'get','id':'%s'}", id);
    json_t *r = office_ask(&c->o->app, q);
    const json_t *v = json_object_get(json_object_get(r, "values"), "state");
    assert_string_equal(json_is_string(v) ? json_string_value(v) : "", want);
    json_decref(r);
}

static size_t held(struct scene *c)
{
    json_t *r = office_ask(&c->o->app, "{'verb':'held'}");
    size_t n = json_array_size(json_object_get(r, "held"));
    json_decref(r);
    return n;
}

/* ---- steps ---- */

static void put(struct scene *c, const char *json)
{
    report_put(&c->o->hub, 0, json);
}

static void edit(struct scene *c, const char *json)
{
    report_edit(&c->o->hub, 0, json);
}

/* From nothing nobody may go to `sent`: what was approved in between is what allowed it. */
static void a_step_stays_when_the_one_before_it_is_erased(void **state)
{
    (void)state;
    struct scene c;
    scene_open(&c, 81);
    put(&c, "{\"type\":\"budget_estimate\",\"id\":\"" ESTIMATE
            "\",\"year\":\"2023\",\"state\":\"submitted\"}");
    edit(&c, "{\"type\":\"budget_estimate\",\"id\":\"" ESTIMATE "\",\"state\":\"approved\"}");
    edit(&c, "{\"type\":\"budget_estimate\",\"id\":\"" ESTIMATE "\",\"state\":\"sent\"}");
    state_is(&c, ESTIMATE, "sent");
    erase(&c, ESTIMATE, 1);
    sound(&c);
    erase(&c, ESTIMATE, 0);
    sound(&c);
    state_is(&c, ESTIMATE, "sent");
    office_close(c.o);
}

static void a_step_that_was_held_is_gone(void **state)
{
    (void)state;
    struct scene c;
    scene_open(&c, 82);
    put(&c, "{\"type\":\"score_sheet\",\"id\":\"" SHEET
            "\",\"year\":\"2023\",\"scheme\":\"DEMO\",\"version\":\"1\",\"state\":\"draft\"}");
    edit(&c, "{\"type\":\"score_sheet\",\"id\":\"" SHEET "\",\"state\":\"published\"}");
    edit(&c, "{\"type\":\"score_sheet\",\"id\":\"" SHEET "\",\"district_total\":\"99\"}");
    assert_int_equal(held(&c), 2);
    erase(&c, SHEET, 1);
    assert_int_equal(held(&c), 1);
    sound(&c);
    state_is(&c, SHEET, "draft");
    erase(&c, SHEET, 0); /* what the other one was held against */
    assert_int_equal(held(&c), 1);
    sound(&c);
    office_close(c.o);
}

/* What a person let through is not held again. */
static void a_step_that_was_decided_stays_decided(void **state)
{
    (void)state;
    struct scene c;
    char q[200];
    scene_open(&c, 83);
    put(&c, "{\"type\":\"score_sheet\",\"id\":\"" SHEET
            "\",\"year\":\"2023\",\"scheme\":\"DEMO\",\"version\":\"1\",\"state\":\"draft\"}");
    edit(&c, "{\"type\":\"score_sheet\",\"id\":\"" SHEET "\",\"state\":\"published\"}");
    json_t *r = office_ask(&c.o->app, "{'verb':'held'}");
    const json_t *row = json_array_get(json_object_get(r, "held"), 0);
    snprintf(q, sizeof q, "{'verb':'settle','ref':'%s','apply':true,'person':'An'}",
             json_string_value(json_object_get(row, "ref")));
    json_decref(r);
    json_decref(office_ask(&c.o->app, q));
    state_is(&c, SHEET, "published");
    erase(&c, SHEET, 0);
    sound(&c);
    state_is(&c, SHEET, "published");
    erase(&c, SHEET, 1);
    sound(&c);
    state_is(&c, SHEET, "");
    office_close(c.o);
}

/* ---- which op is meant ---- */

static void a_place_alone_names_nothing(void **state)
{
    (void)state;
    static const uint8_t text[] = {0xa1, 'x'};
    struct change_write w = {.field = 2, .value = BYTES_OF(text)}, room[CHANGE_WRITES_MAX];
    struct change_head head = {.inc = {{1}}, .seq = 7};
    struct change_op op = {.kind = CHANGE_EDIT, .rid = {{5}}, .type = 1, .writes = &w, .count = 1};
    struct erase_op o = {
        .inc = {{1}}, .seq = 7, .op = 3, .rid = {{5}}, .fields = {2}, .field_count = 1};
    struct erase_list l = {.ops = &o, .op_count = 1};
    struct buf payload;
    buf_init(&payload, CHANGE_BYTES_MAX);
    change_op_encode(&op, &payload);
    assert_true(erase_names_op(&l, &head, 3, &op));
    assert_true(erase_names_payload(&l, &head, 3, buf_bytes(&payload), room));
    assert_false(erase_names_payload(&l, &head, 2, buf_bytes(&payload), room));
    assert_false(erase_names_payload(&l, &head, 3, bytes_str("no op"), room));
    head.seq = 8;
    assert_false(erase_names_op(&l, &head, 3, &op));
    head.seq = 7;
    op.rid.b[0] = 6; /* another record */
    assert_false(erase_names_op(&l, &head, 3, &op));
    op.rid.b[0] = 5;
    w.field = 6; /* another field */
    assert_false(erase_names_op(&l, &head, 3, &op));
    buf_free(&payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_stays_when_the_one_before_it_is_erased),
        cmocka_unit_test(a_step_that_was_held_is_gone),
        cmocka_unit_test(a_step_that_was_decided_stays_decided),
        cmocka_unit_test(a_place_alone_names_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
