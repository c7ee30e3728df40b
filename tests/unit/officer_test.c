/* Orders of two people: their bytes, the register of officers, key files. SPEC 12. */
#include "proto/order.h"
#include "proto/change.h"
#include "proto/officer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct id_hash hub = {{7}};

static struct key_sign key(enum key_use use, uint8_t first)
{
    struct key_sign k;
    uint8_t seed[KEY_SEED_BYTES] = {first};
    assert_int_equal(key_sign_from_seed(&k, use, seed), ERR_OK);
    return k;
}

static struct order_officer officer_of(const struct key_sign *k, const char *name, unsigned roles)
{
    struct order_officer o = {.name = bytes_str(name), .roles = roles};
    memcpy(o.pk, k->public, sizeof o.pk);
    assert_int_equal(order_officer_prove(k, &hub, &o), ERR_OK);
    return o;
}

struct office { /* a register with two officers who may erase, one who may only reopen */
    struct order_register r;
    struct key_sign root, an, binh, chi;
    struct buf order;
};

static void office_open(struct office *f)
{
    static const char content[] = "what";
    f->root = key(KEY_ROOT, 1);
    f->an = key(KEY_OFFICER, 2);
    f->binh = key(KEY_OFFICER, 3);
    f->chi = key(KEY_OFFICER, 4);
    order_register_init(&f->r, &hub, f->root.public);
    struct order_officer o = officer_of(&f->an, "Nguyễn Thị An", ORDER_ROLE_ERASE);
    assert_int_equal(order_register_add(&f->r, &o), ERR_OK);
    o = officer_of(&f->binh, "Trần Bình", ORDER_ROLE_ALL);
    assert_int_equal(order_register_add(&f->r, &o), ERR_OK);
    o = officer_of(&f->chi, "Lê Chi", ORDER_ROLE_REOPEN);
    assert_int_equal(order_officer_vouch(&f->root, &hub, &o), ERR_OK);
    assert_int_equal(order_register_add(&f->r, &o), ERR_OK);
    struct order order = {.hub = hub,
                          .kind = bytes_str("erase"),
                          .nonce = {9},
                          .made_ms = 5,
                          .basis = bytes_str("Luật 91/2025/QH15"),
                          .content = bytes_str(content)};
    buf_init(&f->order, ORDER_BYTES_MAX);
    order_encode(&order, &f->order);
    assert_int_equal(f->order.e, ERR_OK);
}

static void office_close(struct office *f)
{
    key_sign_free(&f->root);
    key_sign_free(&f->an);
    key_sign_free(&f->binh);
    key_sign_free(&f->chi);
    buf_free(&f->order);
}

static void office_sign(const struct office *f, const struct key_sign *k,
                        struct order_signature *out)
{
    memcpy(out->pk, k->public, sizeof out->pk);
    assert_int_equal(order_sign(k, buf_bytes(&f->order), out->signature), ERR_OK);
}

static void two_different_officers_with_the_role_sign_the_same_bytes(void **state)
{
    (void)state;
    static struct office f;
    struct order_op op, back;
    struct buf payload;
    office_open(&f);
    op.order = buf_bytes(&f.order);
    office_sign(&f, &f.an, &op.by[0]);
    office_sign(&f, &f.binh, &op.by[1]);
    assert_int_equal(order_register_check(&f.r, &op), ERR_OK);

    buf_init(&payload, CHANGE_BYTES_MAX);
    order_op_encode(&op, &payload);
    assert_int_equal(order_op_decode(buf_bytes(&payload), &back), ERR_OK);
    assert_int_equal(order_register_check(&f.r, &back), ERR_OK);
    for (size_t i = 0; i < payload.len; i++) { /* no bit of it is free */
        payload.p[i] ^= 1;
        enum err e = order_op_decode(buf_bytes(&payload), &back);
        if (e == ERR_OK) e = order_register_check(&f.r, &back);
        assert_int_not_equal(e, ERR_OK);
        payload.p[i] ^= 1;
    }
    buf_free(&payload);

    op.by[1] = op.by[0];
    assert_int_equal(order_register_check(&f.r, &op), ERR_DENIED); /* one person twice */
    office_sign(&f, &f.chi, &op.by[1]);
    assert_int_equal(order_register_check(&f.r, &op), ERR_DENIED); /* not her role */
    office_sign(&f, &f.binh, &op.by[1]);
    assert_int_equal(order_register_revoke(&f.r, f.an.public), ERR_OK);
    assert_int_equal(order_register_check(&f.r, &op), ERR_REVOKED);
    assert_int_equal(order_register_revoke(&f.r, f.an.public), ERR_NOT_FOUND);
    f.r.hub.b[0] ^= 1;
    office_sign(&f, &f.binh, &op.by[0]);
    assert_int_equal(order_register_signed(&f.r, op.order, &op.by[0]), ERR_WRONG_HUB);
    office_close(&f);
}

static void the_third_officer_needs_the_root(void **state)
{
    (void)state;
    static struct office f;
    office_open(&f);
    struct key_sign dung = key(KEY_OFFICER, 5), other = key(KEY_ROOT, 6);
    struct order_officer o = officer_of(&dung, "Phạm Dung", ORDER_ROLE_ALL);
    assert_int_equal(order_register_add(&f.r, &o), ERR_DENIED);
    assert_int_equal(order_officer_vouch(&other, &hub, &o), ERR_OK);
    assert_int_equal(order_register_add(&f.r, &o), ERR_BAD_SIGNATURE);
    assert_int_equal(order_officer_vouch(&f.root, &hub, &o), ERR_OK);
    o.roles = ORDER_ROLE_ERASE; /* neither signature says this */
    assert_int_equal(order_register_add(&f.r, &o), ERR_BAD_SIGNATURE);
    o.roles = ORDER_ROLE_ALL;
    o.name = bytes_str("Trần Bình");
    assert_int_equal(order_register_add(&f.r, &o), ERR_BAD_SIGNATURE);
    o.name = bytes_str("Phạm Dung");
    assert_int_equal(order_register_add(&f.r, &o), ERR_OK);
    assert_int_equal(order_register_add(&f.r, &o), ERR_EXISTS);
    /* Revoking does not make room for one without the root's word, and the key stays dead. */
    assert_int_equal(order_register_revoke(&f.r, dung.public), ERR_OK);
    assert_int_equal(order_register_add(&f.r, &o), ERR_EXISTS);
    struct buf payload;
    struct order_officer back;
    buf_init(&payload, 1024);
    order_officer_encode(&o, &payload);
    assert_int_equal(order_officer_decode(buf_bytes(&payload), &back), ERR_OK);
    assert_true(back.has_root && bytes_equal(back.name, o.name) && back.roles == o.roles);
    buf_free(&payload);
    key_sign_free(&dung);
    key_sign_free(&other);
    office_close(&f);
}

static bool named(const struct office *f, const char *name)
{
    bool out = false;
    assert_int_equal(order_register_named(&f->r, bytes_str(name), &out), ERR_OK);
    return out;
}

/* What was recorded anew after the hub went back meets what comes back, in either order. */
static void two_keys_of_one_name_are_one_person(void **state)
{
    (void)state;
    static struct office f;
    static struct order_register turned;
    struct order_op op;
    office_open(&f);
    struct key_sign anew = key(KEY_OFFICER, 7);
    struct order_officer o = officer_of(&anew, "TRẦN bình ", ORDER_ROLE_ALL); /* as one types it */
    assert_true(named(&f, "Trần Bình") && named(&f, " TRẦN  bình") && named(&f, "Tran Binh"));
    assert_false(named(&f, "Trần Bình (xã 2)"));
    assert_int_equal(order_register_add(&f.r, &o), ERR_DENIED);
    assert_int_equal(order_officer_vouch(&f.root, &hub, &o), ERR_OK);
    assert_int_equal(order_register_add(&f.r, &o), ERR_OK);
    op.order = buf_bytes(&f.order);
    office_sign(&f, &f.binh, &op.by[0]);
    office_sign(&f, &anew, &op.by[1]);
    assert_int_equal(order_register_check(&f.r, &op), ERR_DENIED);
    office_sign(&f, &f.an, &op.by[0]);
    assert_int_equal(order_register_check(&f.r, &op), ERR_OK);
    assert_int_equal(order_register_revoke(&f.r, anew.public), ERR_OK);
    assert_int_equal(order_register_check(&f.r, &op), ERR_REVOKED);
    assert_true(named(&f, "Trần Bình")); /* the other one lives */

    /* The same key, with other roles each time: all of them, whatever came first. */
    order_register_init(&turned, &hub, f.root.public);
    o = officer_of(&f.an, "Nguyễn Thị An", ORDER_ROLE_REOPEN);
    assert_int_equal(order_register_add(&turned, &o), ERR_OK);
    o = officer_of(&f.an, "Nguyễn Thị An", ORDER_ROLE_ERASE);
    assert_int_equal(order_register_add(&turned, &o), ERR_OK);
    assert_int_equal(order_register_add(&turned, &o), ERR_EXISTS);
    assert_int_equal(turned.count, 1);
    assert_int_equal(turned.v[0].roles, ORDER_ROLE_ERASE | ORDER_ROLE_REOPEN);
    o = officer_of(&f.an, "Nguyễn Thị An", ORDER_ROLE_REOPEN);
    assert_int_equal(order_register_add(&f.r, &o),
                     ERR_DENIED); /* two others: the root key says more roles */
    o.roles = ORDER_ROLE_ALL;
    assert_int_equal(order_officer_vouch(&f.root, &hub, &o), ERR_OK);
    assert_int_equal(order_register_add(&f.r, &o), ERR_BAD_SIGNATURE); /* and the officer */
    key_sign_free(&anew);
    office_close(&f);
}

static void the_register_is_full_at_its_limit(void **state)
{
    (void)state;
    static struct order_register r;
    struct key_sign root = key(KEY_ROOT, 1);
    order_register_init(&r, &hub, root.public);
    for (unsigned i = 0; i <= ORDER_OFFICERS_MAX; i++) {
        char name[16];
        struct key_sign k = key(KEY_OFFICER, (uint8_t)(i + 10));
        snprintf(name, sizeof name, "cán bộ %u", i);
        struct order_officer o = officer_of(&k, name, ORDER_ROLE_ERASE);
        assert_int_equal(order_officer_vouch(&root, &hub, &o), ERR_OK);
        assert_int_equal(order_register_add(&r, &o),
                         i < ORDER_OFFICERS_MAX ? ERR_OK : ERR_TOO_LARGE);
        key_sign_free(&k);
    }
    key_sign_free(&root);
}

static void limits_of_an_order(void **state)
{
    (void)state;
    static char basis[ORDER_BASIS_BYTES_MAX + 1];
    struct buf b;
    struct order back;
    memset(basis, 'x', sizeof basis);
    uint8_t *content = calloc(1, ORDER_CONTENT_BYTES_MAX + 1);
    assert_non_null(content);
    for (unsigned over = 0; over < 3; over++) {
        struct order o = {.hub = hub,
                          .kind = bytes_str("erase"),
                          .basis = bytes_make(basis, ORDER_BASIS_BYTES_MAX + (over == 1)),
                          .content = bytes_make(content, ORDER_CONTENT_BYTES_MAX + (over == 2))};
        buf_init(&b, 2 * ORDER_BYTES_MAX);
        order_encode(&o, &b);
        assert_int_equal(order_decode(buf_bytes(&b), &back), over == 0 ? ERR_OK : ERR_BAD_FORMAT);
        assert_true(over != 0 || b.len <= ORDER_BYTES_MAX);
        buf_free(&b);
    }
    free(content);
    assert_int_equal(order_role_of(bytes_str("erase")), ORDER_ROLE_ERASE);
    assert_int_equal(order_role_of(bytes_str("eras")), 0);
    assert_string_equal(order_role_name(ORDER_ROLE_KEYS), "keys");
    assert_null(order_role_name(ORDER_ROLE_ALL));
}

static void a_key_file_opens_with_its_passphrase_only(void **state)
{
    (void)state;
    struct officer_cost cheap = {.ops = 1, .kib = OFFICER_KIB_MIN};
    struct bytes pass = bytes_str("mật khẩu dài"), wrong = bytes_str("mật khẩu dàj");
    struct key_sign k = key(KEY_OFFICER, 2), back = {.secret = NULL};
    struct buf text;
    buf_init(&text, OFFICER_FILE_BYTES_MAX);
    assert_int_equal(officer_save(&k, bytes_str("short pw"), cheap, &text), ERR_BAD_INPUT);
    assert_int_equal(officer_save(&k, pass, cheap, &text), ERR_OK);
    assert_int_equal(officer_load(&back, wrong, buf_bytes(&text)), ERR_DENIED);
    assert_null(back.secret);
    assert_int_equal(officer_load(&back, pass, buf_bytes(&text)), ERR_OK);
    assert_memory_equal(back.public, k.public, KEY_PUBLIC_BYTES);
    key_sign_free(&back);
    for (size_t i = 0; i + 1 < text.len; i++) { /* a changed or cut file never gives another key */
        text.p[i] ^= 4;
        enum err e = i >= 20 ? officer_load(&back, pass, buf_bytes(&text)) : ERR_BAD_FORMAT;
        assert_int_not_equal(e, ERR_OK);
        text.p[i] ^= 4;
        assert_int_not_equal(officer_load(&back, pass, bytes_make(text.p, i)), ERR_OK);
    }
    buf_free(&text);
    key_sign_free(&k);
}

static void a_file_that_wants_too_much_is_refused(void **state)
{
    (void)state;
    static const char *const files[] = {"dongbo-officer/1 17 8 AAAAAAAAAAAAAAAAAAAAAA== ",
                                        "dongbo-officer/1 1 1048577 AAAA",
                                        "dongbo-officer/1 1 7 AAAA",
                                        "dongbo-officer/1 01 8 AAAA",
                                        "dongbo-officer/1 ",
                                        ""};
    struct key_sign k = {.secret = NULL};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        assert_int_equal(officer_load(&k, bytes_str("mật khẩu dài"), bytes_str(files[i])),
                         ERR_BAD_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_different_officers_with_the_role_sign_the_same_bytes),
        cmocka_unit_test(the_third_officer_needs_the_root),
        cmocka_unit_test(two_keys_of_one_name_are_one_person),
        cmocka_unit_test(the_register_is_full_at_its_limit),
        cmocka_unit_test(limits_of_an_order),
        cmocka_unit_test(a_key_file_opens_with_its_passphrase_only),
        cmocka_unit_test(a_file_that_wants_too_much_is_refused),
    };
    if (key_ready() != ERR_OK) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
