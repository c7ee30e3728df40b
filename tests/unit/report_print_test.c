/* Claims about hub/report_print: figures read as an officer writes them; columns align. */
#include "hub/report_print.h"
#include "common/text.h"
#include "tests/lib/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void figures_are_written_the_vietnamese_way(void **state)
{
    (void)state;
    static const struct {
        enum catalogue_measure measure;
        struct hub_report_cell cell;
        const char *canonical, *printed;
    } cases[] = {
        {CATALOGUE_COUNT, {.num = 0}, "0", "0"},
        {CATALOGUE_COUNT, {.num = 999}, "999", "999"},
        {CATALOGUE_SUM, {.num = 15000000}, "15000000", "15.000.000"},
        {CATALOGUE_SUM, {.num = -1234}, "-1234", "-1.234"},
        {CATALOGUE_SUM, {.num = -123}, "-123", "-123"},
        {CATALOGUE_RATIO, {.num = 9, .den = 10}, "90.0", "90,0%"},
        {CATALOGUE_RATIO, {.num = 1, .den = 3}, "33.3", "33,3%"},
        {CATALOGUE_RATIO, {.num = 2, .den = 3}, "66.7", "66,7%"},
        {CATALOGUE_RATIO, {.num = 1, .den = 2000}, "0.1", "0,1%"},
        {CATALOGUE_RATIO, {.num = 1, .den = 2001}, "0.0", "0,0%"},
        {CATALOGUE_RATIO_SUM, {.num = -1, .den = 8}, "-12.5", "-12,5%"},
        {CATALOGUE_RATIO_SUM, {.num = -1, .den = 9999}, "0.0", "0,0%"},
        {CATALOGUE_RATIO_SUM, {.num = INT64_MIN, .den = 1}, "-922337203685477580.7", NULL},
        {CATALOGUE_RATIO, {.null = true}, "", "–"},
        {CATALOGUE_COUNT, {.absent = true}, "", "chưa gửi"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct catalogue_indicator indicator = {.measure = cases[i].measure};
        struct hub_report_line line = {.indicator = &indicator};
        char canonical[HUB_REPORT_VALUE_ROOM], printed[HUB_REPORT_FIGURE_ROOM];
        hub_report_value(&line, &cases[i].cell, canonical);
        hub_report_figure(&line, &cases[i].cell, printed);
        assert_string_equal(canonical, cases[i].canonical);
        if (cases[i].printed != NULL) assert_string_equal(printed, cases[i].printed);
    }
}

static void a_target_says_what_is_asked(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        enum catalogue_measure measure;
        struct hub_target_row row;
    } cases[] = {
        {"≥ 12", CATALOGUE_COUNT, {.op = "ge", .value = "12"}},
        {"= 616.000.000", CATALOGUE_SUM, {.op = "eq", .value = "616000000"}},
        {"< 2,5%", CATALOGUE_RATIO, {.op = "lt", .value = "2.5"}},
        {"80% đến 90%", CATALOGUE_RATIO, {.op = "band", .value = "80", .value_hi = "90"}},
        {"giảm ≥ 0,5% so với 2.713",
         CATALOGUE_COUNT,
         {.op = "reduce_percent", .value = "0.5", .base_value = "2713"}},
        {"giảm ≥ 0,5 điểm % so với 12%",
         CATALOGUE_RATIO,
         {.op = "reduce_points", .value = "0.5", .base_value = "12"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct catalogue_indicator indicator = {.measure = cases[i].measure};
        struct hub_report_line line = {.indicator = &indicator};
        struct buf out;
        buf_init(&out, 256);
        hub_report_target_words(&line, &cases[i].row, &out);
        assert_string_equal(buf_cstr(&out), cases[i].says);
        buf_free(&out);
    }
}

static void a_report_says_whose_when_and_what_is_missing(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf open, closed;
    report_hub_open(&h, 60);
    report_fill(&h, 60, 0, 1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    buf_init(&open, 1 << 20);
    buf_init(&closed, 1 << 20);
    assert_int_equal(hub_report_print(r, false, true, &open), ERR_OK);
    assert_int_equal(hub_report_print(r, true, false, &closed), ERR_OK);
    const char *text = buf_cstr(&open);
    assert_non_null(strstr(text, "số liệu chưa chốt"));
    assert_null(strstr(buf_cstr(&closed), "số liệu chưa chốt"));
    assert_non_null(strstr(text, "số liệu từ 01/01/2023 đến hết 30/06/2023"));
    assert_non_null(strstr(text, "Chưa gửi gì: Xã Phú Lý (26173)\n"));
    assert_non_null(strstr(text, "chỉ tiêu ≥ 12: 83,3% chỉ tiêu năm"));
    assert_int_equal(text_find_flaw(buf_bytes(&open), TEXT_LF, NULL), TEXT_FLAW_NONE);
    /* the table by unit: every line as wide as its heading */
    const char *line = strstr(text, "Theo đơn vị:\n");
    assert_non_null(line);
    line = strchr(line, '\n') + 1;
    size_t width = text_count(bytes_make(line, strcspn(line, "\n")));
    for (size_t i = 0; i <= REPORT_UNITS + 1; i++) {
        assert_int_equal(text_count(bytes_make(line, strcspn(line, "\n"))), width);
        line = strchr(line, '\n') + 1;
    }
    buf_free(&open);
    buf_free(&closed);
    hub_report_free(r);
    report_hub_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_written_the_vietnamese_way),
        cmocka_unit_test(a_target_says_what_is_asked),
        cmocka_unit_test(a_report_says_whose_when_and_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
