/* Claims about proto/minisign: our files verify with ours and with the stock tool, changed ones
 * with neither. */
#include "proto/minisign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>

static const char trusted_text[] = "timestamp:1717545600\tfile:BC-Vĩnh-Cửu.xlsx\tky:2023-06\tv:1";
static const char body[] = "Báo cáo tổng hợp sáu tháng\n1;2;3\n";

struct signed_file {
    struct key_sign key;
    struct buf public;
    struct buf sig;
    uint8_t hash[MINISIGN_HASH_BYTES];
};

static void hash_of(const char *text, size_t len, uint8_t hash[MINISIGN_HASH_BYTES])
{
    crypto_generichash(hash, MINISIGN_HASH_BYTES, (const uint8_t *)text, len, NULL, 0);
}

static void signed_make(struct signed_file *f, struct bytes trusted)
{
    buf_init(&f->public, MINISIGN_FILE_BYTES_MAX);
    buf_init(&f->sig, MINISIGN_FILE_BYTES_MAX);
    hash_of(body, strlen(body), f->hash);
    assert_int_equal(key_sign_make(&f->key, KEY_ISSUE), ERR_OK);
    assert_int_equal(minisign_public(f->key.public, &f->public), ERR_OK);
    assert_int_equal(minisign_sign(&f->key, f->hash, trusted, &f->sig), ERR_OK);
}

static void signed_free(struct signed_file *f)
{
    key_sign_free(&f->key);
    buf_free(&f->public);
    buf_free(&f->sig);
}

/* Verify exact-size copies, so that AddressSanitizer traps every step beyond the end. */
static enum err verify(struct bytes public, struct bytes sig,
                       const uint8_t hash[MINISIGN_HASH_BYTES])
{
    uint8_t *p = malloc(public.len + 1);
    uint8_t *s = malloc(sig.len > 0 ? sig.len : 1);
    struct bytes trusted = {NULL, 0};
    assert_non_null(p);
    assert_non_null(s);
    if (public.len > 0) memcpy(p + 1, public.p, public.len);
    if (sig.len > 0) memcpy(s, sig.p, sig.len);
    enum err e =
        minisign_verify(bytes_make(p + 1, public.len), bytes_make(s, sig.len), hash, &trusted);
    if (e == ERR_OK) assert_true(trusted.p >= s && trusted.p + trusted.len <= s + sig.len);
    if (e != ERR_OK) assert_null(trusted.p);
    free(p);
    free(s);
    return e;
}

static void ours_verifies_with_ours(void **state)
{
    (void)state;
    struct signed_file f;
    struct bytes trusted;
    signed_make(&f, bytes_str(trusted_text));
    assert_int_equal(minisign_verify(buf_bytes(&f.public), buf_bytes(&f.sig), f.hash, &trusted),
                     ERR_OK);
    assert_true(bytes_equal(trusted, bytes_str(trusted_text)));
    signed_free(&f);
}

static void another_file_key_or_comment_is_refused(void **state)
{
    (void)state;
    struct signed_file f, g;
    signed_make(&f, bytes_str(trusted_text));
    signed_make(&g, bytes_str(trusted_text));
    f.hash[63] ^= 1;
    assert_int_equal(verify(buf_bytes(&f.public), buf_bytes(&f.sig), f.hash), ERR_BAD_SIGNATURE);
    f.hash[63] ^= 1;
    assert_int_equal(verify(buf_bytes(&g.public), buf_bytes(&f.sig), f.hash), ERR_BAD_SIGNATURE);
    char *at = strstr(buf_cstr(&f.sig), "ky:2023");
    assert_non_null(at);
    at[6] = '4';
    assert_int_equal(verify(buf_bytes(&f.public), buf_bytes(&f.sig), f.hash), ERR_BAD_SIGNATURE);
    signed_free(&f);
    signed_free(&g);
}

/* The untrusted comments may say anything; every other bit counts. */
static void every_changed_bit_is_refused(void **state)
{
    (void)state;
    struct signed_file f;
    signed_make(&f, bytes_str(trusted_text));
    struct buf *both[2] = {&f.public, &f.sig};
    for (size_t which = 0; which < 2; which++) {
        struct buf *b = both[which];
        size_t comment = strlen("untrusted comment: ");
        size_t line = (size_t)((uint8_t *)memchr(b->p, '\n', b->len) - b->p);
        for (size_t bit = 0; bit < 8 * (b->len - 1); bit++) {
            if (bit / 8 >= comment && bit / 8 < line) continue;
            b->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_not_equal(verify(buf_bytes(&f.public), buf_bytes(&f.sig), f.hash), ERR_OK);
            b->p[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
    assert_int_equal(verify(buf_bytes(&f.public), buf_bytes(&f.sig), f.hash), ERR_OK);
    signed_free(&f);
}

static void every_cut_and_every_addition_is_refused(void **state)
{
    (void)state;
    struct signed_file f;
    signed_make(&f, bytes_str(trusted_text));
    struct bytes public = buf_bytes(&f.public), sig = buf_bytes(&f.sig);
    for (size_t n = 0; n < public.len - 1; n++)
        assert_int_equal(verify(bytes_make(public.p, n), sig, f.hash), ERR_BAD_FORMAT);
    for (size_t n = 0; n < sig.len - 1; n++)
        assert_int_equal(verify(public, bytes_make(sig.p, n), f.hash), ERR_BAD_FORMAT);
    assert_int_equal(
        verify(bytes_make(public.p, public.len - 1), bytes_make(sig.p, sig.len - 1), f.hash),
        ERR_OK);
    buf_add_str(&f.sig, "\n");
    assert_int_equal(verify(buf_bytes(&f.public), buf_bytes(&f.sig), f.hash), ERR_BAD_FORMAT);
    f.sig.len--;
    buf_add_str(&f.public, "x");
    assert_int_equal(verify(buf_bytes(&f.public), buf_bytes(&f.sig), f.hash), ERR_BAD_FORMAT);
    signed_free(&f);
}

static void windows_line_ends_are_accepted(void **state)
{
    (void)state;
    struct signed_file f;
    struct buf crlf[2];
    signed_make(&f, bytes_str(trusted_text));
    const struct buf *from[2] = {&f.public, &f.sig};
    for (size_t i = 0; i < 2; i++) {
        buf_init(&crlf[i], MINISIGN_FILE_BYTES_MAX);
        for (size_t j = 0; j < from[i]->len; j++) {
            if (from[i]->p[j] == '\n') buf_add_u8(&crlf[i], '\r');
            buf_add_u8(&crlf[i], from[i]->p[j]);
        }
    }
    assert_int_equal(verify(buf_bytes(&crlf[0]), buf_bytes(&crlf[1]), f.hash), ERR_OK);
    buf_free(&crlf[0]);
    buf_free(&crlf[1]);
    signed_free(&f);
}

static void the_legacy_form_is_refused(void **state)
{
    (void)state;
    struct signed_file f;
    signed_make(&f, bytes_str(trusted_text));
    uint8_t *line = (uint8_t *)memchr(f.sig.p, '\n', f.sig.len) + 1;
    assert_memory_equal(line, "RU", 2); /* "ED" in base64 */
    line[1] = 'W';                      /* "Ed" */
    assert_int_equal(verify(buf_bytes(&f.public), buf_bytes(&f.sig), f.hash), ERR_BAD_FORMAT);
    signed_free(&f);
}

static void comments_are_utf8_without_controls(void **state)
{
    (void)state;
    struct signed_file f;
    static const char *const bad[] = {"a\nb", "a\rb",     "a\x1b[2J",     "\x7f",
                                      "\xc3", "\xc0\xaf", "\xed\xa0\x80", "\xc2\x85"};
    signed_make(&f, bytes_str(""));
    size_t before = f.sig.len;
    assert_int_equal(verify(buf_bytes(&f.public), buf_bytes(&f.sig), f.hash), ERR_OK);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(minisign_sign(&f.key, f.hash, bytes_str(bad[i]), &f.sig), ERR_BAD_INPUT);
    assert_int_equal(minisign_sign(&f.key, f.hash, bytes_make("a\0b", 3), &f.sig), ERR_BAD_INPUT);
    assert_int_equal(f.sig.len, before);
    signed_free(&f);
}

static void comments_and_files_have_limits(void **state)
{
    (void)state;
    static char text[MINISIGN_FILE_BYTES_MAX + 2];
    struct signed_file f;
    struct buf more;
    memset(text, 'x', sizeof text);
    signed_make(&f, bytes_make(text, MINISIGN_TRUSTED_BYTES_MAX));
    assert_int_equal(verify(buf_bytes(&f.public), buf_bytes(&f.sig), f.hash), ERR_OK);
    assert_int_equal(
        minisign_sign(&f.key, f.hash, bytes_make(text, MINISIGN_TRUSTED_BYTES_MAX + 1), &f.sig),
        ERR_TOO_LARGE);
    assert_int_equal(verify(buf_bytes(&f.public), bytes_make(text, sizeof text - 1), f.hash),
                     ERR_TOO_LARGE);
    assert_int_equal(verify(buf_bytes(&f.public), bytes_make(text, sizeof text - 2), f.hash),
                     ERR_BAD_FORMAT);
    for (size_t over = 0; over < 2; over++) {
        struct bytes rest = buf_bytes(&f.public);
        const uint8_t *lf = memchr(rest.p, '\n', rest.len);
        buf_init(&more, MINISIGN_FILE_BYTES_MAX);
        buf_add_str(&more, "untrusted comment: ");
        buf_add(&more, text, MINISIGN_UNTRUSTED_BYTES_MAX + over);
        buf_add(&more, lf, rest.len - (size_t)(lf - rest.p));
        assert_int_equal(verify(buf_bytes(&more), buf_bytes(&f.sig), f.hash),
                         over ? ERR_TOO_LARGE : ERR_OK);
        buf_free(&more);
    }
    /* A trusted comment one over the limit in a file that nobody but a forger writes. */
    uint8_t *at = (uint8_t *)strstr(buf_cstr(&f.sig), "trusted comment: x");
    assert_non_null(at);
    size_t head = (size_t)(at - f.sig.p) + strlen("trusted comment: ");
    buf_init(&more, MINISIGN_FILE_BYTES_MAX);
    buf_add(&more, f.sig.p, head);
    buf_add_str(&more, "x");
    buf_add(&more, f.sig.p + head, f.sig.len - head);
    assert_int_equal(verify(buf_bytes(&f.public), buf_bytes(&more), f.hash), ERR_TOO_LARGE);
    buf_free(&more);
    signed_free(&f);
}

/* --- the stock tool, a required package of the test environment
 * --------------------------------------- */

static void write_file(const char *name, const void *p, size_t len)
{
    FILE *out = fopen(name, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(p, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

static int stock_verify(void)
{
    return system("/usr/bin/minisign -V -H -q -m minisign_test.tmp -p minisign_test.pub.tmp "
                  ">minisign_test.out.tmp 2>&1");
}

static void the_stock_tool_agrees(void **state)
{
    (void)state;
    static char text[MINISIGN_TRUSTED_BYTES_MAX];
    memset(text, 'x', sizeof text);
    const struct bytes comments[] = {bytes_str(trusted_text), bytes_str(""),
                                     bytes_make(text, sizeof text)};
    assert_int_equal(system("/usr/bin/minisign -v >minisign_test.out.tmp 2>&1"),
                     0); /* it must be installed */
    for (size_t i = 0; i < sizeof comments / sizeof *comments; i++) {
        struct signed_file f;
        signed_make(&f, comments[i]);
        write_file("minisign_test.pub.tmp", f.public.p, f.public.len);
        write_file("minisign_test.tmp.minisig", f.sig.p, f.sig.len);
        write_file("minisign_test.tmp", body, strlen(body));
        assert_int_equal(stock_verify(), 0);
        write_file("minisign_test.tmp", body, strlen(body) - 1);
        assert_int_not_equal(stock_verify(), 0);
        write_file("minisign_test.tmp", body, strlen(body));
        uint8_t *global = f.sig.p + f.sig.len - 30; /* a character of the last line */
        *global = *global == 'A' ? 'B' : 'A';
        write_file("minisign_test.tmp.minisig", f.sig.p, f.sig.len);
        assert_int_not_equal(stock_verify(), 0);
        signed_free(&f);
    }
    remove("minisign_test.pub.tmp");
    remove("minisign_test.tmp.minisig");
    remove("minisign_test.tmp");
    remove("minisign_test.out.tmp");
}

static int ready(void **state)
{
    (void)state;
    return key_ready() == ERR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ours_verifies_with_ours),
        cmocka_unit_test(another_file_key_or_comment_is_refused),
        cmocka_unit_test(every_changed_bit_is_refused),
        cmocka_unit_test(every_cut_and_every_addition_is_refused),
        cmocka_unit_test(windows_line_ends_are_accepted),
        cmocka_unit_test(the_legacy_form_is_refused),
        cmocka_unit_test(comments_are_utf8_without_controls),
        cmocka_unit_test(comments_and_files_have_limits),
        cmocka_unit_test(the_stock_tool_agrees),
    };
    return cmocka_run_group_tests(tests, ready, NULL);
}
