/* Sessions, waits, passwords, and the codes of an authenticator against the vectors of the RFCs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "proto/login.h"

static const char rfc_key[] = "12345678901234567890"; /* of RFC 4226 and RFC 6238 */

static void hotp_gives_the_vectors_of_rfc_4226(void **state)
{
    static const uint32_t want[] = {755224, 287082, 359152, 969429, 338314,
                                    254676, 287922, 162583, 399871, 520489};
    (void)state;
    for (uint64_t i = 0; i < 10; i++)
        assert_int_equal(login_hotp(bytes_str(rfc_key), i, 6), want[i]);
}

static void totp_gives_the_vectors_of_rfc_6238(void **state)
{
    static const struct {
        int64_t at_s;
        uint32_t code;
    } want[] = {{59, 94287082},         {1111111109, 7081804},  {1111111111, 14050471},
                {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130}};
    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        assert_int_equal(
            login_hotp(bytes_str(rfc_key), (uint64_t)(want[i].at_s / LOGIN_CODE_STEP_S), 8),
            want[i].code);
}

static void code_of(const uint8_t *secret, int64_t step, char out[16])
{
    snprintf(out, 16, "%06u",
             (unsigned)login_hotp(bytes_make(secret, LOGIN_SECRET_BYTES), (uint64_t)step, 6));
}

static void a_code_is_good_once_and_near_its_time(void **state)
{
    uint8_t secret[LOGIN_SECRET_BYTES];
    char code[16];
    const int64_t now = 1700000010, step = now / LOGIN_CODE_STEP_S;
    (void)state;
    memcpy(secret, rfc_key, sizeof secret);
    for (int64_t d = -3; d <= 3; d++) {
        int64_t used = -1;
        code_of(secret, step + d, code);
        assert_int_equal(login_code(secret, code, now * 1000, &used), d >= -1 && d <= 1);
        assert_int_equal(used, d >= -1 && d <= 1 ? step + d : -1);
        assert_false(login_code(secret, code, now * 1000, &used)); /* replayed */
    }
    int64_t used = step; /* an older code after a newer one is a replay too */
    code_of(secret, step - 1, code);
    assert_false(login_code(secret, code, now * 1000, &used));
    code_of(secret, step + 1, code);
    char spaced[16];
    snprintf(spaced, sizeof spaced, "%.3s %.3s", code, code + 3);
    assert_true(login_code(secret, spaced, now * 1000, &used));
}

static void what_is_no_code_is_refused(void **state)
{
    static const char *const bad[] = {"",       "12345",  "1234567", "12345a",
                                      "١٢٣٤٥٦", "-12345", "      "};
    uint8_t secret[LOGIN_SECRET_BYTES] = {0};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t used = -1;
        assert_false(login_code(secret, bad[i], 0, &used));
        assert_int_equal(used, -1);
    }
    int64_t used = -1;
    assert_false(login_code(secret, "000000", -1, &used));
}

static void a_secret_as_base32(void **state)
{
    uint8_t secret[LOGIN_SECRET_BYTES];
    char text[LOGIN_SECRET_ROOM];
    (void)state;
    memcpy(secret, rfc_key, sizeof secret);
    login_secret_text(secret, text);
    assert_string_equal(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

static void waits_grow_and_end(void **state)
{
    (void)state;
    assert_int_equal(login_wait_ms(LOGIN_FAILS_FREE - 1, 1000, 1000), 0);
    assert_int_equal(login_wait_ms(LOGIN_FAILS_FREE, 1000, 1000), LOGIN_WAIT_MS);
    assert_int_equal(login_wait_ms(LOGIN_FAILS_FREE + 1, 1000, 1000), 2 * LOGIN_WAIT_MS);
    assert_int_equal(login_wait_ms(4000000000u, 1000, 1000), LOGIN_WAIT_MS_MAX);
    assert_int_equal(login_wait_ms(LOGIN_FAILS_FREE, 1000, 1000 + LOGIN_WAIT_MS), 0);
    assert_int_equal(login_wait_ms(LOGIN_FAILS_FREE, 1000, 0), LOGIN_WAIT_MS); /* clock set back */
}

static void cookie_text(const struct login_session *s, const char *name, char out[300])
{
    snprintf(out, 300, "a=b; %s=%s; c=d", name, s->token);
}

static void sessions_are_found_by_their_cookie_until_they_are_over(void **state)
{
    static struct login_table t;
    char cookies[300];
    (void)state;
    t = (struct login_table){.idle_ms = 100, .max_ms = 1000};
    struct login_session *a = login_session_begin(&t, "Lan", 10);
    struct login_session *b = login_session_begin(&t, "Minh", 10);
    assert_ptr_not_equal(a, b);
    assert_string_not_equal(a->token, b->token);
    assert_string_not_equal(a->token, a->csrf);
    cookie_text(a, "x", cookies);
    assert_ptr_equal(login_session_of(&t, cookies, "x", 50), a);
    assert_null(login_session_of(&t, cookies, "y", 50));
    assert_null(login_session_of(&t, NULL, "x", 50));
    cookies[strlen("a=b; x=") + 3] ^= 1;
    assert_null(login_session_of(&t, cookies, "x", 50));
    cookie_text(a, "x", cookies);
    a->seen_ms = 100;
    assert_ptr_equal(login_session_of(&t, cookies, "x", 200), a); /* at the limit */
    assert_false(b->used);                                        /* silent too long */
    assert_null(login_session_of(&t, cookies, "x", 201));
    a = login_session_begin(&t, "Lan", 10);
    a->seen_ms = 1010;
    cookie_text(a, "x", cookies);
    assert_ptr_equal(login_session_of(&t, cookies, "x", 1010), a);
    assert_null(login_session_of(&t, cookies, "x", 1011)); /* over in all */
}

static void the_silent_one_gives_way_and_all_of_a_user_end(void **state)
{
    static struct login_table t;
    (void)state;
    t = (struct login_table){.idle_ms = 1000, .max_ms = 1000};
    for (unsigned i = 0; i < LOGIN_SESSIONS_MAX; i++)
        login_session_begin(&t, i % 2 ? "Lan" : "Minh", 100 + (i + 7) % LOGIN_SESSIONS_MAX);
    struct login_session *s = login_session_begin(&t, "Hoa", 500);
    assert_ptr_equal(s, &t.at[LOGIN_SESSIONS_MAX - 7]);
    login_session_end_all(&t, "Lan", &t.at[1]);
    unsigned left = 0;
    for (unsigned i = 0; i < LOGIN_SESSIONS_MAX; i++)
        left += t.at[i].used && strcmp(t.at[i].user, "Lan") == 0;
    assert_int_equal(left, 1);
    assert_true(t.at[1].used);
}

static void passwords(void **state)
{
    char hash[LOGIN_HASH_ROOM], once[LOGIN_ONCE_ROOM], other[LOGIN_ONCE_ROOM], longer[300];
    (void)state;
    assert_int_equal(login_hash("một mật khẩu", hash), ERR_OK);
    assert_non_null(strstr(hash, "$argon2id$"));
    assert_true(login_fits(hash, "một mật khẩu"));
    assert_false(login_fits(hash, "một mật khẩ"));
    assert_false(login_fits("", "một mật khẩu"));
    assert_false(login_fits(NULL, ""));
    memset(longer, 'x', sizeof longer);
    longer[LOGIN_PASSWORD_MAX + 1] = '\0';
    assert_false(login_fits(hash, longer));
    login_once(once);
    login_once(other);
    assert_int_equal(strlen(once), LOGIN_ONCE_ROOM - 1);
    assert_string_not_equal(once, other);
    assert_false(login_same("", ""));
    assert_true(login_same("a", "a"));
    assert_false(login_same("a", "ab"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hotp_gives_the_vectors_of_rfc_4226),
        cmocka_unit_test(totp_gives_the_vectors_of_rfc_6238),
        cmocka_unit_test(a_code_is_good_once_and_near_its_time),
        cmocka_unit_test(what_is_no_code_is_refused),
        cmocka_unit_test(a_secret_as_base32),
        cmocka_unit_test(waits_grow_and_end),
        cmocka_unit_test(sessions_are_found_by_their_cookie_until_they_are_over),
        cmocka_unit_test(the_silent_one_gives_way_and_all_of_a_user_end),
        cmocka_unit_test(passwords),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
