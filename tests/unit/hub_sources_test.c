/* What an address that dials the hub may still do: rate, penalties, who is never shut out. */
#include "hub/sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

enum { START_MS = 1000000 };

static struct hub_sources s;

static const uint8_t *v4(unsigned a, unsigned b, unsigned c, unsigned d)
{
    static uint8_t address[16];
    memset(address, 0, sizeof address);
    address[10] = address[11] = 0xff;
    address[12] = (uint8_t)a;
    address[13] = (uint8_t)b;
    address[14] = (uint8_t)c;
    address[15] = (uint8_t)d;
    return address;
}

static unsigned admitted(const uint8_t *address, unsigned tries, uint64_t now_ms)
{
    unsigned n = 0;
    for (unsigned i = 0; i < tries; i++)
        n += hub_sources_admit(&s, address, now_ms) ? 1 : 0;
    return n;
}

static void twenty_a_second_and_forty_at_once(void **state)
{
    (void)state;
    hub_sources_init(&s, 0);
    assert_int_equal(admitted(v4(10, 1, 2, 3), 100, START_MS), 40);
    assert_int_equal(hub_sources_refused(&s), 60);
    assert_int_equal(admitted(v4(10, 1, 2, 200), 1, START_MS), 0);    /* the same /24 */
    assert_int_equal(admitted(v4(10, 1, 3, 3), 1, START_MS), 1);      /* another */
    assert_int_equal(admitted(v4(10, 1, 2, 3), 9, START_MS + 49), 0); /* one in 50 ms */
    assert_int_equal(admitted(v4(10, 1, 2, 3), 9, START_MS + 50), 1);
    assert_int_equal(admitted(v4(10, 1, 2, 3), 100, START_MS + 1050), 20);
    assert_int_equal(admitted(v4(10, 1, 2, 3), 100, START_MS + 3600000),
                     40); /* no more is saved up */
    hub_sources_init(&s, 1);
    assert_int_equal(admitted(v4(10, 1, 2, 3), 100, START_MS), 2);
    hub_sources_init(&s, HUB_SOURCES_RATE_MAX + 1);
    assert_int_equal(admitted(v4(10, 1, 2, 3), 9999, START_MS), 2 * HUB_SOURCES_RATE_MAX);
    assert_int_equal(admitted(v4(10, 1, 2, 3), 9999, START_MS - 5),
                     0); /* a clock never runs back, but */
}

static void garbage_shuts_out_for_a_minute(void **state)
{
    (void)state;
    const uint8_t *a = v4(203, 0, 113, 9);
    hub_sources_init(&s, 0);
    assert_true(hub_sources_admit(&s, a, START_MS));
    hub_sources_blame(&s, a, ERR_BAD_FORMAT, START_MS);
    assert_false(hub_sources_admit(&s, a, START_MS + HUB_SOURCES_MALFORMED_MS - 1));
    assert_true(hub_sources_admit(&s, a, START_MS + HUB_SOURCES_MALFORMED_MS));
}

static void two_failed_handshakes_are_borne_and_three_are_not(void **state)
{
    (void)state;
    const uint8_t *a = v4(203, 0, 113, 9);
    hub_sources_init(&s, 0);
    for (unsigned i = 0; i < 2; i++)
        hub_sources_blame(&s, a, ERR_HANDSHAKE, START_MS);
    assert_true(hub_sources_admit(&s, a, START_MS)); /* 10 s of 15 */
    hub_sources_blame(&s, a, ERR_HANDSHAKE, START_MS);
    assert_false(hub_sources_admit(&s, a, START_MS));
    assert_false(hub_sources_admit(&s, a, START_MS + 14999));
    assert_true(hub_sources_admit(&s, a, START_MS + 15000));
    /* It ran out by itself meanwhile: the next begins from nothing. */
    hub_sources_blame(&s, a, ERR_HANDSHAKE, START_MS + 15000);
    assert_true(hub_sources_admit(&s, a, START_MS + 15000));
}

static void ten_minutes_are_the_most(void **state)
{
    (void)state;
    const uint8_t *a = v4(203, 0, 113, 9);
    hub_sources_init(&s, 0);
    for (unsigned i = 0; i < 1000; i++)
        hub_sources_blame(&s, a, ERR_TOO_LARGE, START_MS);
    assert_false(hub_sources_admit(&s, a, START_MS + HUB_SOURCES_PENALTY_MAX - 1));
    assert_true(hub_sources_admit(&s, a, START_MS + HUB_SOURCES_PENALTY_MAX));
}

static void lines_that_break_cost_nothing(void **state)
{
    (void)state;
    static const enum err harmless[] = {ERR_OK,      ERR_LINK_LOST, ERR_TIMEOUT, ERR_REFUSED,
                                        ERR_REVOKED, ERR_NOMEM,     ERR_FULL,    ERR_STORE};
    const uint8_t *a = v4(203, 0, 113, 9);
    hub_sources_init(&s, 0);
    for (unsigned i = 0; i < 1000; i++)
        hub_sources_blame(&s, a, harmless[i % (sizeof harmless / sizeof *harmless)], START_MS);
    assert_true(hub_sources_admit(&s, a, START_MS));
}

static void a_source_of_nodes_is_counted_and_never_shut_out(void **state)
{
    (void)state;
    const uint8_t *a = v4(203, 0, 113, 9);
    hub_sources_init(&s, 0);
    hub_sources_welcome(&s, a, START_MS);
    for (unsigned i = 0; i < 1000; i++)
        hub_sources_blame(&s, a, ERR_BAD_FORMAT, START_MS);
    assert_int_equal(admitted(a, 100, START_MS), 40);
    uint64_t later = START_MS + HUB_SOURCES_KNOWN_MS;
    hub_sources_blame(&s, a, ERR_BAD_FORMAT, later - 1);
    assert_true(hub_sources_admit(&s, a, later - 1));
    assert_false(hub_sources_admit(&s, a, later)); /* nobody came for a day */
}

static void this_machine_itself_is_not_asked(void **state)
{
    (void)state;
    static const uint8_t six[16] = {[15] = 1};
    hub_sources_init(&s, 1);
    hub_sources_blame(&s, v4(127, 0, 0, 1), ERR_BAD_FORMAT, START_MS);
    assert_int_equal(admitted(v4(127, 0, 0, 1), 100, START_MS), 100);
    assert_int_equal(admitted(six, 100, START_MS), 100);
}

static void six_is_counted_by_48_bits(void **state)
{
    (void)state;
    uint8_t a[16] = {0x20, 1, 0xd, 0xb8, 0, 1, 0, 9};
    hub_sources_init(&s, 0);
    assert_int_equal(admitted(a, 100, START_MS), 40);
    a[6] = 7; /* behind the 48th bit */
    a[15] = 8;
    assert_int_equal(admitted(a, 100, START_MS), 0);
    a[5] = 2;
    assert_int_equal(admitted(a, 100, START_MS), 40);
}

static void a_full_table_forgets_who_was_heard_longest_ago(void **state)
{
    (void)state;
    hub_sources_init(&s, 0);
    for (unsigned i = 0; i < HUB_SOURCES_MAX; i++)
        assert_int_equal(admitted(v4(10, i >> 8, i & 255, 1), 100, START_MS + i), 40);
    assert_int_equal(admitted(v4(10, 0, 0, 1), 1, START_MS + HUB_SOURCES_MAX), 1); /* heard again */
    assert_int_equal(admitted(v4(11, 0, 0, 1), 100, START_MS + HUB_SOURCES_MAX),
                     40); /* in place of 10.0.1 */
    assert_int_equal(admitted(v4(10, 0, 1, 1), 100, START_MS + HUB_SOURCES_MAX),
                     40); /* as if new */
    assert_true(admitted(v4(10, 0, 0, 1), 100, START_MS + HUB_SOURCES_MAX) <
                40); /* still counted */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(twenty_a_second_and_forty_at_once),
        cmocka_unit_test(garbage_shuts_out_for_a_minute),
        cmocka_unit_test(two_failed_handshakes_are_borne_and_three_are_not),
        cmocka_unit_test(ten_minutes_are_the_most),
        cmocka_unit_test(lines_that_break_cost_nothing),
        cmocka_unit_test(a_source_of_nodes_is_counted_and_never_shut_out),
        cmocka_unit_test(this_machine_itself_is_not_asked),
        cmocka_unit_test(six_is_counted_by_48_bits),
        cmocka_unit_test(a_full_table_forgets_who_was_heard_longest_ago),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
