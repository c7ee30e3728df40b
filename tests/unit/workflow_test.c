/* Claims about proto/workflow: what encodes decodes, at its limits and one over; nothing else does. */
#include "proto/workflow.h"
#include "proto/admin.h"
#include "proto/change.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static uint8_t letters[4096];

static struct bytes text(size_t len)
{
    memset(letters, 'a', sizeof letters);
    return bytes_make(letters, len);
}

static struct workflow_key key(void)
{
    return (struct workflow_key){bytes_str("26170"), bytes_str("RP05"), bytes_str("2018-6M")};
}

/* Decodes as its own kind and as no other; every cut of it is refused. */
static void only_whole(struct bytes payload, enum err (*decode)(struct bytes))
{
    uint8_t other[8192];
    assert_int_equal(decode(payload), ERR_OK);
    for (size_t n = 0; n < payload.len; n++)
        assert_int_equal(decode(bytes_make(payload.p, n)), ERR_BAD_FORMAT);
    assert_true(payload.len < sizeof other);
    memcpy(other, payload.p, payload.len);
    other[1]++;
    assert_int_equal(decode(bytes_make(other, payload.len)), ERR_BAD_FORMAT);
    assert_int_equal(change_payload_kind(payload), payload.p[1]);
}

static enum err judge_of(struct bytes p)
{
    struct workflow_judge v;
    return workflow_judge_decode(p, &v);
}

static enum err ask_of(struct bytes p)
{
    struct workflow_ask v;
    return workflow_ask_decode(p, &v);
}

static enum err correct_of(struct bytes p)
{
    struct workflow_correct v;
    return workflow_correct_decode(p, &v);
}

static enum err reopen_of(struct bytes p)
{
    struct workflow_reopen v;
    return workflow_reopen_decode(p, &v);
}

static void a_judgement(void **state)
{
    (void)state;
    struct buf b;
    struct workflow_judge out;
    struct workflow_judge v = {
        .key = key(), .verdict = WORKFLOW_VERDICT_RETURNED, .reason = bytes_str("Thiếu")};
    memset(v.version.b, 7, sizeof v.version.b);
    buf_init(&b, 8192);
    workflow_judge_encode(&v, &b);
    only_whole(buf_bytes(&b), judge_of);
    assert_int_equal(workflow_judge_decode(buf_bytes(&b), &out), ERR_OK);
    assert_true(ID_EQUAL(&out.version, &v.version) && out.verdict == v.verdict);
    assert_true(bytes_equal(out.reason, v.reason) && bytes_equal(out.key.unit, v.key.unit));
    static const struct {
        size_t reason;
        enum workflow_verdict verdict;
        enum err e;
    } rows[] = {{0, WORKFLOW_VERDICT_ACCEPTED, ERR_OK},
                {0, WORKFLOW_VERDICT_RETURNED, ERR_BAD_FORMAT}, /* returning needs a reason */
                {WORKFLOW_REASON_BYTES_MAX, WORKFLOW_VERDICT_RETURNED, ERR_OK},
                {WORKFLOW_REASON_BYTES_MAX + 1, WORKFLOW_VERDICT_RETURNED, ERR_BAD_FORMAT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        v.reason = text(rows[i].reason);
        v.verdict = rows[i].verdict;
        buf_clear(&b);
        workflow_judge_encode(&v, &b);
        assert_int_equal(judge_of(buf_bytes(&b)), rows[i].e);
    }
    v.reason = bytes_str("x");
    v.key.unit = bytes_str(""); /* a judgement is about one unit */
    buf_clear(&b);
    workflow_judge_encode(&v, &b);
    assert_int_equal(judge_of(buf_bytes(&b)), ERR_BAD_FORMAT);
    buf_free(&b);
}

static void a_request_and_a_correction(void **state)
{
    (void)state;
    struct buf b;
    struct workflow_correct got;
    struct workflow_ask ask = {
        .key = key(), .due = bytes_str("2031-01-01"), .text = bytes_str("?")};
    struct workflow_correct c = {.key = key(),
                                 .indicator = bytes_str("T02"),
                                 .before = bytes_str("10"),
                                 .after = bytes_str("9"),
                                 .reason = bytes_str("thôi"),
                                 .has_record = true};
    buf_init(&b, 8192);
    workflow_ask_encode(&ask, &b);
    only_whole(buf_bytes(&b), ask_of);
    ask.key.unit = bytes_str(""); /* of every unit */
    buf_clear(&b);
    workflow_ask_encode(&ask, &b);
    assert_int_equal(ask_of(buf_bytes(&b)), ERR_OK);
    buf_clear(&b);
    workflow_correct_encode(&c, &b);
    only_whole(buf_bytes(&b), correct_of);
    for (int over = 0; over <= 1; over++) {
        c.after = text(WORKFLOW_FIGURE_BYTES_MAX + (size_t)over);
        buf_clear(&b);
        workflow_correct_encode(&c, &b);
        assert_int_equal(correct_of(buf_bytes(&b)), over ? ERR_BAD_FORMAT : ERR_OK);
    }
    c.after = bytes_str("9");
    c.has_record = false;
    buf_clear(&b);
    workflow_correct_encode(&c, &b);
    assert_int_equal(workflow_correct_decode(buf_bytes(&b), &got), ERR_OK);
    assert_false(got.has_record);
    buf_free(&b);
}

static void a_reopening_and_its_order(void **state)
{
    (void)state;
    struct buf b;
    struct workflow_reopen v = {.key = key(), .issue = 1};
    struct workflow_key k;
    uint32_t issue = 0;
    buf_init(&b, 8192);
    workflow_reopen_encode(&v, &b);
    only_whole(buf_bytes(&b), reopen_of);
    assert_int_equal(workflow_key_decode(buf_bytes(&b), &k), ERR_OK);
    assert_true(bytes_equal(k.period, v.key.period));
    v.issue = 0;
    buf_clear(&b);
    workflow_reopen_encode(&v, &b);
    assert_int_equal(reopen_of(buf_bytes(&b)), ERR_BAD_FORMAT);
    buf_clear(&b);
    workflow_order_encode(&v.key, 3, &b);
    assert_int_equal(workflow_order_decode(buf_bytes(&b), &k, &issue), ERR_OK);
    assert_int_equal(issue, 3);
    buf_add_u8(&b, 0);
    assert_int_equal(workflow_order_decode(buf_bytes(&b), &k, &issue), ERR_BAD_FORMAT);
    buf_free(&b);
}

static void a_number_is_written_in_one_way(void **state)
{
    (void)state;
    static const char *const good[] = {"0", "7", "-12", "999999999999999", "-999999999999999"};
    static const int64_t values[] = {0, 7, -12, INT64_C(999999999999999),
                                     -INT64_C(999999999999999)};
    static const char *const bad[] = {"",
                                      "-",
                                      "-0",
                                      "00",
                                      "007",
                                      "-07",
                                      "+2",
                                      "2.5",
                                      "2,5",
                                      " 2",
                                      "2 ",
                                      "hai",
                                      "2 (A)",
                                      "--2",
                                      "0x2",
                                      "1e3",
                                      "1000000000000000"};
    int64_t n = 0;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(workflow_number(bytes_str(good[i]), &n));
        assert_int_equal(n, values[i]);
    }
    n = 77;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(workflow_number(bytes_str(bad[i]), &n));
    assert_int_equal(n, 77);
}

static void a_closing_that_says_who_is_missing(void **state)
{
    (void)state;
    struct buf b;
    struct admin_close got;
    struct admin_close c = {.report = bytes_str("RP04"),
                            .unit = bytes_str("735"),
                            .period = bytes_str("2023-6M"),
                            .issue = 2,
                            .has_inputs = true,
                            .mode = ADMIN_CLOSE_SUPPLEMENT,
                            .missing = bytes_str("26170 26173")};
    buf_init(&b, 64 * 1024);
    admin_close_encode(&c, &b);
    assert_int_equal(admin_close_decode(buf_bytes(&b), &got), ERR_OK);
    assert_int_equal(got.mode, ADMIN_CLOSE_SUPPLEMENT);
    assert_true(bytes_equal(got.missing, c.missing));
    c.mode = ADMIN_CLOSE_FIRST; /* nothing to say: the form of before */
    c.missing = bytes_str("");
    buf_clear(&b);
    admin_close_encode(&c, &b);
    assert_int_equal(b.p[0], 0x90 + 11);
    assert_int_equal(admin_close_decode(buf_bytes(&b), &got), ERR_OK);
    assert_int_equal(got.mode, ADMIN_CLOSE_FIRST);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_judgement),
        cmocka_unit_test(a_request_and_a_correction),
        cmocka_unit_test(a_reopening_and_its_order),
        cmocka_unit_test(a_number_is_written_in_one_way),
        cmocka_unit_test(a_closing_that_says_who_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
