/* Claims about common/ics: RFC 5545 lines, folded between characters, escaped. */
#include "common/ics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void an_event_to_the_byte(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    struct ics_event v = {.uid = "RP05-2018-6M@h",
                          .day = {2018, 6, 4},
                          .summary = "Nộp RP05; 6 tháng, hạn\nhết ngày",
                          .description = "",
                          .stamp_ms = INT64_C(1528000000123),
                          .alarm_days = 3};
    ics_begin("Hạn báo cáo", &b);
    assert_int_equal(ics_event(&v, &b), ERR_OK);
    ics_end(&b);
    assert_string_equal(buf_cstr(&b),
                        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Dong Bo//dongbo//VI\r\n"
                        "CALSCALE:GREGORIAN\r\nMETHOD:PUBLISH\r\nX-WR-CALNAME:Hạn báo cáo\r\n"
                        "X-WR-TIMEZONE:Asia/Ho_Chi_Minh\r\nBEGIN:VEVENT\r\nUID:RP05-2018-6M@h\r\n"
                        "DTSTAMP:20180603T042640Z\r\nDTSTART;VALUE=DATE:20180604\r\n"
                        "DTEND;VALUE=DATE:20180605\r\n"
                        "SUMMARY:Nộp RP05\\; 6 tháng\\, hạn\\nhết ngày\r\nTRANSP:TRANSPARENT\r\n"
                        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-P3D\r\n"
                        "DESCRIPTION:Nộp RP05\\; 6 tháng\\, hạn\\nhết ngày\r\nEND:VALARM\r\n"
                        "END:VEVENT\r\nEND:VCALENDAR\r\n");
    buf_free(&b);
}

/* Undo the folding, and look at every line on the way. */
static void assert_folded(const char *text, const char *unfolded)
{
    char got[4096];
    size_t n = 0, line = 0;
    for (const char *p = text; *p != '\0'; p++) {
        if (p[0] == '\r' && p[1] == '\n') {
            assert_true(line <= ICS_LINE_BYTES_MAX);
            assert_false(((unsigned char)p[2] & 0xC0) == 0x80);
            line = 0;
            if (p[2] == ' ') {
                assert_false(((unsigned char)p[3] & 0xC0) == 0x80); /* no character is cut */
                p += 2;
                line = 1;
                continue;
            }
            got[n++] = '\n';
            p++;
            continue;
        }
        assert_true(*p != '\n' && *p != '\r');
        got[n++] = *p;
        line++;
    }
    got[n] = '\0';
    assert_non_null(strstr(got, unfolded));
}

static void long_lines_fold_between_characters(void **state)
{
    (void)state;
    for (size_t len = 60; len < 90; len++) { /* both sides of the limit */
        char summary[512], want[600];
        struct buf b;
        size_t n = 0;
        buf_init(&b, 8192);
        for (size_t i = 0; i < len; i++)
            summary[n++] = 'a';
        for (size_t i = 0; i < 40; i++) { /* three bytes each */
            memcpy(summary + n, "ế", 3);
            n += 3;
        }
        summary[n] = '\0';
        struct ics_event v = {.uid = "u",
                              .day = {2020, 2, 29},
                              .summary = summary,
                              .description = summary,
                              .stamp_ms = 0};
        assert_int_equal(ics_event(&v, &b), ERR_OK);
        snprintf(want, sizeof want, "\nSUMMARY:%s\n", summary);
        assert_folded(buf_cstr(&b), want);
        buf_free(&b);
    }
}

static void what_is_no_day_is_refused(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 4096);
    struct ics_event v = {.uid = "u", .day = {2023, 2, 30}, .summary = "s", .description = ""};
    assert_int_equal(ics_event(&v, &b), ERR_BAD_INPUT);
    buf_clear(&b);
    b.max = 40; /* a full buffer is told */
    v.day = (struct date){2023, 2, 28};
    assert_int_equal(ics_event(&v, &b), ERR_TOO_LARGE);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_to_the_byte),
        cmocka_unit_test(long_lines_fold_between_characters),
        cmocka_unit_test(what_is_no_day_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
