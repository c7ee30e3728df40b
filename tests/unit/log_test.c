/* Claims about common/log: one event is one line, whatever the values hold; floods are counted, not written. */
#include "common/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/buf.h"
#include "common/io/log_file.h"

static struct buf lines;

static void sink(void *context, struct bytes line)
{
    buf_add_bytes(context, line);
}

static int64_t now(void *context)
{
    return *(const int64_t *)context;
}

static int begin(void **state)
{
    (void)state;
    buf_init(&lines, 100000);
    log_setup(&(struct log_setup){.level = LOG_LEVEL_INFO, .sink = sink, .sink_context = &lines});
    return 0;
}

static int end(void **state)
{
    (void)state;
    buf_free(&lines);
    return 0;
}

static void assert_lines(const char *expected)
{
    assert_string_equal(buf_cstr(&lines), expected);
    buf_clear(&lines);
}

static void assert_value(struct bytes value, const char *shown)
{
    struct buf want;
    buf_init(&want, 1000);
    buf_printf(&want, "level=info evt=t v=%s\n", shown);
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("t"), log_bytes("v", value));
    assert_lines(buf_cstr(&want));
    buf_free(&want);
}

static void an_event_is_a_line_of_pairs(void **state)
{
    (void)state;
    const uint8_t id[] = {0x00, 0xAB, 0xFF};
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("link.garbage"), log_str("peer", "127.0.0.1"),
              log_int("i", INT64_MIN), log_uint("u", UINT64_MAX), log_hex("id", BYTES_OF(id)),
              log_err(ERR_BAD_HASH));
    assert_lines(
        "level=warn evt=link.garbage peer=127.0.0.1 i=-9223372036854775808 u=18446744073709551615 "
        "id=00abff err=BAD_HASH\n");
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("a"));
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("b"), log_str("k", "x>"), log_hex("h", bytes_make(id, 0)));
    assert_lines("level=error evt=a\nlevel=info evt=b k=x> h=\n");
}

static void values_are_quoted_when_needed(void **state)
{
    (void)state;
    assert_value(bytes_str("abc/def:1"), "abc/def:1");
    assert_value(bytes_str(""), "\"\"");
    assert_value(bytes_str("a b"), "\"a b\"");
    assert_value(bytes_str("a=b"), "\"a=b\"");
    assert_value(bytes_str("a\"b\\"), "\"a\\\"b\\\\\"");
    assert_value(bytes_str("Xã Vĩnh Cửu"), "\"Xã Vĩnh Cửu\"");
    assert_value(bytes_str("Đồng"), "\"Đồng\"");
    assert_value(bytes_str("👩"), "\"👩\"");
}

static void no_value_forges_a_line_or_a_terminal(void **state)
{
    (void)state;
    assert_value(bytes_str("x\nlevel=error evt=fake"), "\"x\\nlevel=error evt=fake\"");
    assert_value(bytes_str("\r\t"), "\"\\r\\t\"");
    assert_value(bytes_str("\x1b[2J"), "\"\\u001b[2J\"");
    assert_value(bytes_make("a\0b", 3), "\"a\\u0000b\"");
    assert_value(bytes_str("\xc2\x9b"), "\"\\u009b\"");          /* C1 */
    assert_value(bytes_str("\xe2\x80\xae"), "\"\\u202e\"");      /* right-to-left override */
    assert_value(bytes_str("\xe2\x80\xa8"), "\"\\u2028\"");      /* line separator */
    assert_value(bytes_str("\xf0\x9f\xbf\xbe"), "\"\\u1fffe\""); /* noncharacter */
    assert_value(bytes_str("a\xff\xc3"), "\"a\\xff\\xc3\"");     /* not UTF-8 */
    assert_value(bytes_str("\xc3\xa0\x80z"), "\"à\\x80z\"");
}

static void the_threshold_drops_what_is_above(void **state)
{
    (void)state;
    assert_true(log_enabled(LOG_LEVEL_INFO));
    assert_false(log_enabled(LOG_LEVEL_DEBUG));
    LOG_EVENT(LOG_LEVEL_DEBUG, log_evt("no"));
    assert_lines("");
    log_setup(&(struct log_setup){.level = LOG_LEVEL_DEBUG, .sink = sink, .sink_context = &lines});
    LOG_EVENT(LOG_LEVEL_DEBUG, log_evt("yes"));
    assert_lines("level=debug evt=yes\n");
    log_setup(&(struct log_setup){.level = LOG_LEVEL_ERROR, .sink = sink, .sink_context = &lines});
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("no"));
    assert_lines("");
    log_setup(&(struct log_setup){.level = LOG_LEVEL_ERROR}); /* nowhere to write to */
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("no"));
    assert_lines("");
}

static void the_time_and_the_priority_come_from_the_setup(void **state)
{
    (void)state;
    int64_t at_ms = INT64_C(1688058000123);
    struct log_setup setup = {
        .level = LOG_LEVEL_DEBUG, .journald = true, .sink = sink, .sink_context = &lines};
    setup.now = now;
    setup.now_context = &at_ms;
    log_setup(&setup);
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("a"));
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("a"));
    at_ms = INT64_MAX; /* a clock that is no date is shown as it is */
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("a"));
    setup.now = NULL;
    log_setup(&setup);
    LOG_EVENT(LOG_LEVEL_DEBUG, log_evt("a"));
    assert_lines("<3>ts=2023-06-30T00:00:00.123+07:00 level=error evt=a\n"
                 "<4>ts=2023-06-30T00:00:00.123+07:00 level=warn evt=a\n"
                 "<6>ts=9223372036854775807 level=info evt=a\n"
                 "<7>level=debug evt=a\n");
}

static void long_values_are_cut_between_code_points(void **state)
{
    (void)state;
    char text[600];
    memset(text, 'x', sizeof text);
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("t"), log_bytes("v", bytes_make(text, LOG_VALUE_BYTES_MAX)));
    assert_int_equal(lines.len, strlen("level=info evt=t v=\n") + LOG_VALUE_BYTES_MAX);
    assert_null(strchr(buf_cstr(&lines), '"'));
    buf_clear(&lines);
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("t"),
              log_bytes("v", bytes_make(text, LOG_VALUE_BYTES_MAX + 1)));
    assert_int_equal(lines.len, strlen("level=info evt=t v=\n") + LOG_VALUE_BYTES_MAX);
    assert_non_null(strstr(buf_cstr(&lines), "xxx...\"\n"));
    buf_clear(&lines);
    for (size_t shift = 0; shift < 4;
         shift++) { /* four-byte characters at each distance from the limit */
        memset(text, 'x', shift);
        for (size_t i = shift; i + 4 <= sizeof text; i += 4)
            memcpy(text + i, "👩", 4);
        LOG_EVENT(LOG_LEVEL_INFO, log_evt("t"), log_bytes("v", bytes_make(text, shift + 4 * 100)));
        assert_non_null(strstr(buf_cstr(&lines), "👩...\"\n"));
        assert_null(strstr(buf_cstr(&lines), "\\x"));
        buf_clear(&lines);
    }
    uint8_t raw[LOG_VALUE_BYTES_MAX] = {0};
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("t"), log_hex("v", bytes_make(raw, LOG_VALUE_BYTES_MAX / 2)));
    assert_null(strstr(buf_cstr(&lines), "..."));
    buf_clear(&lines);
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("t"),
              log_hex("v", bytes_make(raw, LOG_VALUE_BYTES_MAX / 2 + 1)));
    assert_non_null(strstr(buf_cstr(&lines), "00...\n"));
}

static void a_line_that_is_too_long_ends_with_its_last_whole_pair(void **state)
{
    (void)state;
    char text[200];
    memset(text, 'x', sizeof text);
    struct log_pair pairs[21];
    pairs[0] = log_evt("t");
    for (size_t i = 1; i < 21; i++)
        pairs[i] = log_bytes("v", bytes_make(text, sizeof text));
    log_event(LOG_LEVEL_INFO, pairs, 21);
    assert_true(lines.len <= LOG_EVENT_BYTES_MAX);
    /* 16 bytes of head, 203 of each pair; a tenth would leave no room for the mark. */
    assert_int_equal(lines.len, 16 + 9 * 203 + strlen(" cut=1\n"));
    assert_non_null(strstr(buf_cstr(&lines), "xxx cut=1\n"));
}

static void a_line_reaches_a_file(void **state)
{
    (void)state;
    FILE *f = tmpfile();
    assert_non_null(f);
    log_setup(
        &(struct log_setup){.level = LOG_LEVEL_INFO, .sink = log_file_sink, .sink_context = f});
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("one"));
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("two"));
    char text[100] = {0};
    rewind(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    assert_int_equal(n, strlen(text));
    assert_string_equal(text, "level=info evt=one\nlevel=info evt=two\n");
    (void)fclose(f);
}

static void a_limit_lets_n_through_and_counts_the_rest(void **state)
{
    (void)state;
    struct log_limit l;
    uint64_t n = 99;
    log_limit_init(&l, 2, 1000);
    assert_true(log_limit_allows(&l, 5000, &n));
    assert_int_equal(n, 0);
    assert_true(log_limit_allows(&l, 5000, &n));
    n = 99;
    for (int i = 0; i < 7; i++)
        assert_false(log_limit_allows(&l, 5999, &n));
    assert_int_equal(n, 99);
    assert_true(log_limit_allows(&l, 6000, &n)); /* the window is over */
    assert_int_equal(n, 7);
    assert_true(log_limit_allows(&l, 6001, &n));
    assert_int_equal(n, 0);
    assert_false(log_limit_allows(&l, 6999, &n));
    assert_int_equal(log_limit_take(&l), 1);
    assert_int_equal(log_limit_take(&l), 0);
}

static void a_limit_survives_clocks_that_jump(void **state)
{
    (void)state;
    struct log_limit l;
    uint64_t n;
    log_limit_init(&l, 1, 1000);
    assert_true(log_limit_allows(&l, INT64_MAX, &n));
    assert_false(log_limit_allows(&l, INT64_MAX, &n));
    assert_true(log_limit_allows(&l, INT64_MIN, &n)); /* back: a new window */
    assert_int_equal(n, 1);
    assert_false(log_limit_allows(&l, INT64_MIN + 999, &n));
    assert_true(log_limit_allows(&l, INT64_MAX, &n));
    assert_int_equal(n, 1);
    log_limit_init(&l, 1, INT64_MAX);
    assert_true(log_limit_allows(&l, -1, &n));
    assert_false(log_limit_allows(&l, INT64_MAX - 2, &n));
    assert_true(log_limit_allows(&l, INT64_MAX - 1, &n));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(an_event_is_a_line_of_pairs),
        TEST(values_are_quoted_when_needed),
        TEST(no_value_forges_a_line_or_a_terminal),
        TEST(the_threshold_drops_what_is_above),
        TEST(the_time_and_the_priority_come_from_the_setup),
        TEST(long_values_are_cut_between_code_points),
        TEST(a_line_that_is_too_long_ends_with_its_last_whole_pair),
        TEST(a_line_reaches_a_file),
        cmocka_unit_test(a_limit_lets_n_through_and_counts_the_rest),
        cmocka_unit_test(a_limit_survives_clocks_that_jump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
