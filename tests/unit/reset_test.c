#include "proto/key.h"
#include "proto/reset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>

static uint8_t node_sk[32], node_pk[32], hub_sk[32], hub_pk[32];
static struct id_hash hub, node;

static int setup(void **state)
{
    (void)state;
    if (key_ready() != ERR_OK) return -1;
    memset(node_sk, 0x11, sizeof node_sk);
    memset(hub_sk, 0x22, sizeof hub_sk);
    crypto_scalarmult_base(node_pk, node_sk);
    crypto_scalarmult_base(hub_pk, hub_sk);
    memset(hub.b, 0x33, sizeof hub.b);
    memset(node.b, 0x44, sizeof node.b);
    return 0;
}

static struct reset_about about(bool at_hub, const char *name, const char *challenge)
{
    return (struct reset_about){.secret = at_hub ? hub_sk : node_sk,
                                .peer_pk = at_hub ? node_pk : hub_pk,
                                .hub = &hub,
                                .node = &node,
                                .name = bytes_str(name),
                                .challenge = challenge};
}

/* The numbers of SPEC 17, so that nobody changes them unseen. */
static void the_vector_of_the_spec(void **state)
{
    (void)state;
    char code[RESET_CODE_ROOM];
    struct reset_about a = about(false, "nguyen thi lan", "K7P2-9XQM");
    assert_int_equal(reset_code(&a, code), ERR_OK);
    assert_string_equal(code, "P5VE5-SR9HB");
}

static void both_sides_make_the_same_code(void **state)
{
    (void)state;
    char mine[RESET_CODE_ROOM], theirs[RESET_CODE_ROOM], challenge[RESET_CHALLENGE_ROOM];
    for (int i = 0; i < 50; i++) {
        reset_challenge(challenge);
        assert_int_equal(strlen(challenge), RESET_CHALLENGE_ROOM - 1);
        struct reset_about a = about(false, "lan", challenge), b = about(true, "lan", challenge);
        assert_int_equal(reset_code(&a, mine), ERR_OK);
        assert_int_equal(reset_code(&b, theirs), ERR_OK);
        assert_string_equal(mine, theirs);
        assert_true(reset_same(mine, theirs));
    }
}

static void everything_that_it_names_matters(void **state)
{
    (void)state;
    char code[RESET_CODE_ROOM], other[RESET_CODE_ROOM];
    struct reset_about a = about(false, "lan", "K7P2-9XQM");
    assert_int_equal(reset_code(&a, code), ERR_OK);
    struct reset_about b[] = {a, a, a, a, a};
    struct id_hash else_where = hub;
    else_where.b[31] ^= 1;
    b[0].name = bytes_str("lan ");
    b[1].challenge = "K7P2-9XQN";
    b[2].hub = &else_where;
    b[3].node = &hub;
    b[4].peer_pk = node_pk;
    for (size_t i = 0; i < sizeof b / sizeof b[0]; i++) {
        assert_int_equal(reset_code(&b[i], other), ERR_OK);
        assert_false(reset_same(code, other));
    }
}

static void what_people_type_is_read_kindly(void **state)
{
    (void)state;
    char code[RESET_CODE_ROOM], other[RESET_CODE_ROOM];
    struct reset_about a = about(false, "lan", "1070-9XQM"), b = about(false, "lan", " loto 9xqm");
    b.challenge = "lO7o 9xqm";
    assert_int_equal(reset_code(&a, code), ERR_OK);
    assert_int_equal(reset_code(&b, other), ERR_OK);
    assert_string_equal(code, other);
    assert_true(reset_same("01234-56789", " o i234 5678 9"));
    assert_false(reset_same("01234-56789", "01234-5678A"));
}

static void broken_texts_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "K7P2-9XQ", "K7P2-9XQM1", "K7P2-9XQU", "K7P2-9XQ\xc3"};
    static uint8_t zero[32];
    char code[RESET_CODE_ROOM];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct reset_about a = about(false, "lan", bad[i]);
        assert_int_equal(reset_code(&a, code), ERR_BAD_INPUT);
        assert_false(reset_same("01234-56789", bad[i]));
    }
    struct reset_about a = about(false, "", "K7P2-9XQM");
    assert_int_equal(reset_code(&a, code), ERR_BAD_INPUT);
    static uint8_t long_name[RESET_NAME_BYTES_MAX + 1];
    memset(long_name, 'a', sizeof long_name);
    a.name = bytes_make(long_name, RESET_NAME_BYTES_MAX);
    assert_int_equal(reset_code(&a, code), ERR_OK);
    a.name = bytes_make(long_name, sizeof long_name);
    assert_int_equal(reset_code(&a, code), ERR_BAD_INPUT);
    a = about(false, "lan", "K7P2-9XQM");
    a.peer_pk = zero;
    assert_int_equal(reset_code(&a, code), ERR_HANDSHAKE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_of_the_spec),
        cmocka_unit_test(both_sides_make_the_same_code),
        cmocka_unit_test(everything_that_it_names_matters),
        cmocka_unit_test(what_people_type_is_read_kindly),
        cmocka_unit_test(broken_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
