/* Claims about hub/adx: valid by the schema, every window can be said, names cannot break out. */
#include "hub/adx.h"
#include "common/io/file.h"
#include "hub/canonical.h"
#include "hub/small.h"
#include "hub/values.h"
#include "tests/lib/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define CLOSED_MS INT64_C(1689000000000)

static bool valid(const struct report_hub *h, struct bytes xml)
{
    char path[128], command[600];
    snprintf(path, sizeof path, "%s/adx.xml", h->folder);
    assert_int_equal(file_write_atomic(path, xml, 0600), ERR_OK);
    snprintf(command, sizeof command,
             "xmllint --noout --nonet --schema '%s/tests/data/schemas/adx-min.xsd' '%s' "
             "2> '%s/out.txt'",
             DONGBO_SOURCE_DIR, path, h->folder);
    return system(command) == 0;
}

static size_t times(struct buf *text, const char *word)
{
    size_t n = 0;
    for (const char *p = strstr(buf_cstr(text), word); p != NULL; p = strstr(p + 1, word))
        n++;
    return n;
}

static void make(const struct hub_report *r, struct buf *out)
{
    buf_init(out, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(hub_adx(r, CLOSED_MS, out), ERR_OK);
}

static bool asks_for_the_owed(const struct hub_report *r)
{
    for (size_t i = 0; i < r->line_count; i++)
        if (strcmp(r->lines[i].indicator->id, "Q01") == 0) return true;
    return false;
}

/* Every value of the group that stands at `at` is of the one indicator that counts reports owed. */
static void only_owed(const char *at)
{
    const char *end = strstr(at, "</group>");
    size_t values = 0;
    assert_non_null(end);
    for (const char *p = strstr(at, "dataElement=\""); p != NULL && p < end;
         p = strstr(p + 1, "dataElement=\"")) {
        assert_memory_equal(p, "dataElement=\"Q01", sizeof "dataElement=\"Q01" - 1);
        values++;
    }
    assert_true(values > 0);
}

static void every_report_satisfies_the_schema(void **state)
{
    (void)state;
    static const char *const cases[][3] = {{"RP04", "2023-6M", "2023-01-01/P6M"},
                                           {"RP04", "2023-9M", "2023-01-01/P9M"},
                                           {"RP04", "2023", "2023-01-01/P1Y"},
                                           {"RP01", "2023-03", "2023-03-01/P1M"},
                                           {"RP02", "2023-Q3", "2023-07-01/P3M"}};
    struct report_hub h;
    report_hub_open(&h, 70);
    report_fill(&h, 70, 0, 4);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf a, b;
        struct hub_report *r = report_of(&h, cases[i][0], NULL, cases[i][1]);
        make(r, &a);
        make(r, &b);
        assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
        assert_true(valid(&h, buf_bytes(&a)));
        assert_int_equal(times(&a, cases[i][2]), times(&a, "<group "));
        /* one sent nothing: it has no figures but that its reports are owed, where the form asks for that */
        const char *owing = strstr(buf_cstr(&a), report_units[4]);
        bool asks = asks_for_the_owed(r);
        assert_int_equal(owing != NULL, asks);
        assert_int_equal(times(&a, "<group "), hub_report_columns(r) - !asks);
        if (asks) only_owed(owing);
        assert_int_equal(times(&a, "<dataValue "), hub_values_count(r));
        assert_non_null(strstr(buf_cstr(&a), "exported=\"2023-07-10T21:40:00.000+07:00\""));
        buf_free(&a);
        buf_free(&b);
        hub_report_free(r);
    }
    report_hub_close(&h);
}

static unsigned class_of(void *ctx, const struct catalogue_indicator *indicator)
{
    (void)ctx;
    (void)indicator;
    return 4;
}

/* Does the message say a value of this indicator for this unit, of whatever breakdown? */
static bool says(struct buf *a, const char *unit, const char *indicator)
{
    char group[200], value[200];
    snprintf(group, sizeof group, "orgUnit=\"%s\"", unit);
    snprintf(value, sizeof value, "dataElement=\"%s\"", indicator);
    const char *at = strstr(buf_cstr(a), group);
    const char *end = at != NULL ? strstr(at, "</group>") : NULL;
    const char *found = at != NULL ? strstr(at, value) : NULL;
    return found != NULL && (end == NULL || found < end);
}

/* Small cells of class 4, and what would give them away, leave the message without a value, and it stays valid. */
static void hidden_cells_leave_no_number(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf open, a;
    size_t hidden = 0, said = 0;
    report_hub_open(&h, 63);
    report_fill(&h, 63, 0, -1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    make(r, &open);
    size_t all = hub_values_count(r);
    assert_int_equal(hub_small_apply(r, class_of, NULL), ERR_OK); /* as if all were of class 4 */
    make(r, &a);
    assert_true(valid(&h, buf_bytes(&a)));
    assert_int_equal(times(&open, "<dataValue "), all);
    assert_int_equal(times(&a, "<dataValue "), hub_values_count(r));
    assert_true(hub_values_count(r) < all);
    assert_null(strstr(buf_cstr(&a), "&lt;5"));
    assert_null(strstr(buf_cstr(&a), "value=\"*\""));
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        for (size_t c = 0; c < hub_report_columns(r); c++) {
            const struct hub_report_cell *cell = &line->rows[0].cells[c];
            bool plain = line->row_count == 1; /* no breakdown of the same indicator beside it */
            if (!plain || !says(&open, hub_canonical_unit(r, c), line->indicator->id)) continue;
            bool hides = cell->hide == HUB_HIDE_SMALL || cell->hide == HUB_HIDE_SECOND;
            if (!hides) said += says(&a, hub_canonical_unit(r, c), line->indicator->id);
            if (!hides) continue;
            assert_false(says(&a, hub_canonical_unit(r, c), line->indicator->id));
            hidden++;
        }
    }
    assert_true(hidden > 10);
    assert_true(said > 10);
    buf_free(&open);
    buf_free(&a);
    hub_report_free(r);
    report_hub_close(&h);
}

static void windows_are_a_day_and_a_length(void **state)
{
    (void)state;
    static const struct {
        struct period_window w;
        const char *text;
    } cases[] = {
        {{{2022, 12, 15}, {2023, 1, 14}}, "2022-12-15/P1M"},
        {{{2022, 12, 15}, {2023, 9, 14}}, "2022-12-15/P9M"},
        {{{2022, 12, 15}, {2023, 12, 14}}, "2022-12-15/P1Y"},
        {{{2023, 3, 1}, {2023, 5, 15}}, "2023-03-01/P76D"},
        {{{2023, 3, 1}, {2023, 3, 1}}, "2023-03-01/P1D"},
        {{{2024, 2, 1}, {2024, 2, 29}}, "2024-02-01/P1M"},
        {{{2024, 2, 1}, {2024, 2, 28}}, "2024-02-01/P28D"},
    };
    char text[HUB_ADX_PERIOD_ROOM];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hub_adx_period(cases[i].w, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void markup_in_a_code_stays_text(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf a, text;
    report_hub_open(&h, 71);
    report_fill(&h, 71, 0, -1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    r->units[0].code = "\"><x>&\001"; /* no commune has such a code; the writer must not care */
    make(r, &a);
    assert_true(valid(&h, buf_bytes(&a)));
    assert_non_null(strstr(buf_cstr(&a), "orgUnit=\"&quot;&gt;&lt;x&gt;&amp;?\""));
    buf_init(&text, 100);
    hub_adx_escape(&text, "Đội <1> & \"2\"\n");
    assert_string_equal(buf_cstr(&text), "Đội &lt;1&gt; &amp; &quot;2&quot;?");
    buf_free(&text);
    buf_free(&a);
    hub_report_free(r);
    report_hub_close(&h);
}

static void nothing_to_send_is_no_empty_message(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf out;
    report_hub_open(&h, 72);
    struct hub_report *r = report_of(&h, "RP01", report_units[0], "2023-05");
    buf_init(&out, 1000);
    assert_int_equal(hub_adx(r, CLOSED_MS, &out), ERR_NOT_FOUND);
    assert_int_equal(out.len, 0);
    /* what the schema is for */
    assert_false(valid(&h, bytes_str("<adx xmlns=\"urn:ihe:qrph:adx:2015\" "
                                     "exported=\"2023-07-10T21:40:00.000+07:00\"></adx>")));
    hub_report_free(r);
    report_hub_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_report_satisfies_the_schema),
        cmocka_unit_test(hidden_cells_leave_no_number),
        cmocka_unit_test(windows_are_a_day_and_a_length),
        cmocka_unit_test(markup_in_a_code_stays_text),
        cmocka_unit_test(nothing_to_send_is_no_empty_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
