/* Claims about proto/key: files, uses, domains, and that secrets are forgotten. */
#include "proto/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>

#include "common/id.h"

static void rfc8032_test_3_seed_gives_its_public_key(void **state)
{
    (void)state;
    uint8_t seed[KEY_SEED_BYTES], want[KEY_PUBLIC_BYTES];
    struct key_sign k;
    assert_int_equal(id_unhex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                              seed, sizeof seed),
                     ERR_OK);
    assert_int_equal(id_unhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                              want, sizeof want),
                     ERR_OK);
    assert_int_equal(key_sign_from_seed(&k, KEY_SIGN, seed), ERR_OK);
    assert_memory_equal(k.public, want, sizeof want);
    key_sign_free(&k);
    assert_null(k.secret);
    key_sign_free(&k);
}

static void a_scalar_of_the_noise_vectors_gives_its_public_key(void **state)
{
    (void)state;
    uint8_t seed[KEY_SEED_BYTES], want[KEY_PUBLIC_BYTES];
    struct key_box k;
    assert_int_equal(id_unhex("4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893",
                              seed, sizeof seed),
                     ERR_OK);
    assert_int_equal(id_unhex("31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62",
                              want, sizeof want),
                     ERR_OK);
    assert_int_equal(key_box_from_seed(&k, KEY_TRANSPORT, seed), ERR_OK);
    assert_memory_equal(k.public, want, sizeof want);
    key_box_free(&k);
    assert_null(k.secret);
    key_box_free(&k);
}

static const enum key_use sign_uses[] = {KEY_SIGN, KEY_ROOT, KEY_ISSUE, KEY_OFFICER};
static const enum key_use box_uses[] = {KEY_TRANSPORT, KEY_SEALING, KEY_READING};

static void sign_key_files_round_trip_for_their_use_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct key_sign k, back = {.secret = NULL};
        struct key_box box = {.secret = NULL};
        struct buf text;
        buf_init(&text, KEY_FILE_BYTES_MAX);
        assert_int_equal(key_sign_make(&k, sign_uses[i]), ERR_OK);
        assert_int_equal(key_sign_save(&k, &text), ERR_OK);
        for (size_t j = 0; j < 3; j++) {
            enum err want = i == j ? ERR_OK : ERR_BAD_FORMAT;
            assert_int_equal(key_sign_load(&back, sign_uses[j], buf_bytes(&text)), want);
            if (want != ERR_OK) continue;
            assert_int_equal(back.use, k.use);
            assert_memory_equal(back.public, k.public, KEY_PUBLIC_BYTES);
            assert_memory_equal(back.secret, k.secret, KEY_SIGN_SECRET_BYTES);
            key_sign_free(&back);
        }
        for (size_t j = 0; j < 2; j++)
            assert_int_equal(key_box_load(&box, box_uses[j], buf_bytes(&text)), ERR_BAD_FORMAT);
        assert_null(box.secret);
        key_sign_free(&k);
        key_wipe_buf(&text);
    }
}

static void box_key_files_round_trip_for_their_use_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct key_box k, back = {.secret = NULL};
        struct key_sign sign = {.secret = NULL};
        struct buf text;
        buf_init(&text, KEY_FILE_BYTES_MAX);
        assert_int_equal(key_box_make(&k, box_uses[i]), ERR_OK);
        assert_int_equal(key_box_save(&k, &text), ERR_OK);
        assert_int_equal(key_box_load(&back, box_uses[1 - i], buf_bytes(&text)), ERR_BAD_FORMAT);
        for (size_t j = 0; j < 3; j++)
            assert_int_equal(key_sign_load(&sign, sign_uses[j], buf_bytes(&text)), ERR_BAD_FORMAT);
        assert_null(back.secret);
        assert_null(sign.secret);
        assert_int_equal(key_box_load(&back, box_uses[i], buf_bytes(&text)), ERR_OK);
        assert_memory_equal(back.public, k.public, KEY_PUBLIC_BYTES);
        assert_memory_equal(back.secret, k.secret, KEY_SEED_BYTES);
        key_box_free(&back);
        key_box_free(&k);
        key_wipe_buf(&text);
    }
}

static const char known[] = "dongbo-key/1 root AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "
                            "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik=\n";

static void file_bytes_never_change(void **state)
{
    (void)state;
    static const uint8_t seed[KEY_SEED_BYTES];
    struct key_sign k;
    struct buf text;
    char public[KEY_PUBLIC_BYTES * 2 + 1];
    buf_init(&text, KEY_FILE_BYTES_MAX);
    assert_int_equal(key_sign_from_seed(&k, KEY_ROOT, seed), ERR_OK);
    assert_int_equal(key_sign_save(&k, &text), ERR_OK);
    id_hex(BYTES_OF(k.public), public);
    assert_string_equal(public, "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29");
    assert_int_equal(text.len, sizeof known - 1);
    assert_memory_equal(text.p, known, text.len);
    key_sign_free(&k);
    key_wipe_buf(&text);
}

/* One load of an exact-size copy; nothing is made unless it is ERR_OK. */
static enum err load_exact(const uint8_t *p, size_t n)
{
    struct key_sign k = {.secret = NULL};
    uint8_t *copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    if (n > 0) memcpy(copy, p, n);
    enum err e = key_sign_load(&k, KEY_SIGN, bytes_make(copy, n));
    if (e == ERR_OK) assert_non_null(k.secret);
    if (e != ERR_OK) assert_null(k.secret);
    key_sign_free(&k);
    free(copy);
    return e;
}

static void damaged_files_are_refused(void **state)
{
    (void)state;
    struct key_sign k;
    struct buf text;
    buf_init(&text, KEY_FILE_BYTES_MAX + 1);
    assert_int_equal(key_sign_make(&k, KEY_SIGN), ERR_OK);
    assert_int_equal(key_sign_save(&k, &text), ERR_OK);
    for (size_t n = 0; n < text.len - 1; n++)
        assert_int_equal(load_exact(text.p, n), ERR_BAD_FORMAT);
    assert_int_equal(load_exact(text.p, text.len - 1), ERR_OK); /* an editor took the newline */
    for (size_t bit = 0; bit < 8 * text.len; bit++) {
        text.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(load_exact(text.p, text.len), ERR_OK);
        text.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    size_t secret_at = strlen("dongbo-key/1 sign ");
    uint8_t was = text.p[secret_at];
    text.p[secret_at] = was == 'A' ? 'B' : 'A';
    assert_int_equal(load_exact(text.p, text.len), ERR_DAMAGED);
    text.p[secret_at] = was;
    text.p[text.len - 1] = '\r';
    buf_add_str(&text, "\n");
    assert_int_equal(load_exact(text.p, text.len), ERR_OK);
    buf_add_str(&text, "\n");
    assert_int_equal(load_exact(text.p, text.len), ERR_BAD_FORMAT);
    while (text.len <= KEY_FILE_BYTES_MAX)
        buf_add_u8(&text, '\n');
    assert_int_equal(load_exact(text.p, text.len), ERR_BAD_FORMAT);
    key_sign_free(&k);
    key_wipe_buf(&text);
    assert_null(text.p);
}

static void base64_has_one_form_only(void **state)
{
    (void)state;
    static const uint8_t slash[3] = {0xff, 0xff, 0xff};
    uint8_t out[KEY_BASE64_BYTES_MAX];
    assert_int_equal(key_unbase64(bytes_str("////"), out, 3), ERR_OK);
    assert_memory_equal(out, slash, 3);
    assert_int_equal(key_unbase64(bytes_str("+w=="), out, 1), ERR_OK);
    assert_int_equal(out[0], 0xfb);
    static const char *const bad[] = {"///\xaf", "\xab///", "///",     "/////", "__//",
                                      "//-/",    "//=/",    "///=",    " ///",  "//\n/",
                                      "",        "/w==",    "////////"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(key_unbase64(bytes_str(bad[i]), out, 3), ERR_BAD_FORMAT);
    assert_int_equal(key_unbase64(bytes_str("+x=="), out, 1), ERR_BAD_FORMAT); /* spare bits set */
    assert_int_equal(key_unbase64(bytes_str("+w="), out, 1), ERR_BAD_FORMAT);
    assert_int_equal(key_unbase64(bytes_str(""), out, 0), ERR_OK);
    char most[KEY_BASE64_BYTES_MAX / 3 * 4];
    memset(most, 'A', sizeof most);
    assert_int_equal(key_unbase64(BYTES_OF(most), out, sizeof out), ERR_OK);
}

static void a_signature_is_plain_ed25519_over_padded_domain_and_parts(void **state)
{
    (void)state;
    struct key_sign k;
    uint8_t sig[KEY_SIGNATURE_BYTES];
    uint8_t whole[16 + 6] = "dongbo/test";
    const struct bytes parts[] = {bytes_str("abc"), bytes_make(NULL, 0), bytes_str("def")};
    memcpy(whole + 16, "abcdef", 6);
    assert_int_equal(key_sign_make(&k, KEY_SIGN), ERR_OK);
    assert_int_equal(key_sign_parts(&k, "dongbo/test", parts, 3, sig), ERR_OK);
    assert_int_equal(crypto_sign_verify_detached(sig, whole, sizeof whole, k.public), 0);
    assert_int_equal(key_verify_parts(k.public, "dongbo/test", parts, 3, sig), ERR_OK);
    assert_int_equal(key_verify_parts(k.public, "dongbo/tesT", parts, 3, sig), ERR_BAD_SIGNATURE);
    assert_int_equal(key_verify_parts(k.public, "dongbo/test", parts, 2, sig), ERR_BAD_SIGNATURE);
    for (size_t bit = 0; bit < 8 * sizeof sig; bit++) {
        sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(key_verify_parts(k.public, "dongbo/test", parts, 3, sig),
                         ERR_BAD_SIGNATURE);
        sig[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    k.public[3] ^= 1;
    assert_int_equal(key_verify_parts(k.public, "dongbo/test", parts, 3, sig), ERR_BAD_SIGNATURE);
    key_sign_free(&k);
}

static void signed_messages_have_a_limit(void **state)
{
    (void)state;
    static uint8_t big[KEY_MESSAGE_BYTES_MAX + 1];
    struct key_sign k;
    uint8_t sig[KEY_SIGNATURE_BYTES] = {0};
    struct bytes parts[] = {bytes_make(big, KEY_MESSAGE_BYTES_MAX - 5), bytes_make(big, 5)};
    assert_int_equal(key_sign_make(&k, KEY_ROOT), ERR_OK);
    assert_int_equal(key_sign_parts(&k, "0123456789abcdef", parts, 2, sig), ERR_OK);
    assert_int_equal(key_verify_parts(k.public, "0123456789abcdef", parts, 2, sig), ERR_OK);
    parts[1].len++;
    assert_int_equal(key_verify_parts(k.public, "0123456789abcdef", parts, 2, sig), ERR_TOO_LARGE);
    assert_int_equal(key_sign_parts(&k, "0123456789abcdef", parts, 2, sig), ERR_TOO_LARGE);
    key_sign_free(&k);
}

static void equal_compares_all_bytes(void **state)
{
    (void)state;
    uint8_t a[32] = {1}, b[32] = {1};
    assert_true(key_equal(a, b, sizeof a));
    b[31] = 1;
    assert_false(key_equal(a, b, sizeof a));
    assert_true(key_equal(a, b, 31));
}

static int ready(void **state)
{
    (void)state;
    return key_ready() == ERR_OK && key_ready() == ERR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc8032_test_3_seed_gives_its_public_key),
        cmocka_unit_test(a_scalar_of_the_noise_vectors_gives_its_public_key),
        cmocka_unit_test(sign_key_files_round_trip_for_their_use_only),
        cmocka_unit_test(box_key_files_round_trip_for_their_use_only),
        cmocka_unit_test(file_bytes_never_change),
        cmocka_unit_test(damaged_files_are_refused),
        cmocka_unit_test(base64_has_one_form_only),
        cmocka_unit_test(a_signature_is_plain_ed25519_over_padded_domain_and_parts),
        cmocka_unit_test(signed_messages_have_a_limit),
        cmocka_unit_test(equal_compares_all_bytes),
    };
    return cmocka_run_group_tests(tests, ready, NULL);
}
