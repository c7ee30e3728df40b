/*
 * Claims about hub/xlsx: same report, same bytes; numbers are numbers with formats; nothing is a
 * formula; the digest and the cut stand in it, and who had not submitted, if anybody. The file is read back with
 * Python's zip and XML.
 */
#include "hub/xlsx.h"
#include "common/io/file.h"
#include "tests/lib/report_fixture.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <time.h>

static const char checker[] =
    "import re, sys, zipfile\n"
    "z = zipfile.ZipFile(sys.argv[1])\n"
    "assert z.testzip() is None\n"
    "text = {n: z.read(n).decode('utf-8') for n in z.namelist() if n.endswith(('.xml', '.rels'))}\n"
    "names = re.findall(r'<sheet name=\"([^\"]+)\"', text['xl/workbook.xml'])\n"
    "want = ['Tổng hợp', 'Theo đơn vị', 'Biểu đồ', 'Chỉ tiêu giao', 'Đơn vị', 'Nguồn']\n"
    "assert names == want, names\n"
    "sheets = [v for n, v in text.items() if n.startswith('xl/worksheets/sheet')]\n"
    "assert not any('<f>' in v or '<f ' in v for v in sheets)\n"
    "strings = text['xl/sharedStrings.xml']\n"
    "for word in sys.argv[2:]:\n"
    "    assert (word[1:] not in strings) if word[0] == '!' else (word in strings), word\n"
    "styles = text['xl/styles.xml']\n"
    "assert '0.0%' in styles and ('#,##0' in styles or 'numFmtId=\"3\"' in styles)\n"
    "assert '<pane ' in text['xl/worksheets/sheet1.xml']\n"
    "assert any('numCache' in v or '<c:val>' in v for n, v in text.items() if 'charts/' in n)\n"
    "assert '2023-07-10T' in text['docProps/core.xml'], text['docProps/core.xml']\n"
    "numbers = re.findall(r'<c r=\"E7\"[^>]*><v>([^<]+)</v>', text['xl/worksheets/sheet1.xml'])\n"
    "assert numbers == ['11'], numbers\n";

static void make(struct report_hub *h, const struct hub_report *r, uint32_t issue, struct buf *out)
{
    struct hub_xlsx_about about = {
        .issue = issue, .closed_ms = INT64_C(1689000000000), .scratch = h->folder};
    memset(about.digest.b, 0xab, sizeof about.digest.b);
    buf_init(out, HUB_XLSX_BYTES_MAX);
    assert_int_equal(hub_xlsx(r, &about, out), ERR_OK);
}

/* `words`: each in quotes; one that begins with '!' must not be there. */
static void look(struct report_hub *h, const struct hub_report *r, const char *words)
{
    struct buf xlsx;
    char path[128], script[128], command[900];
    make(h, r, 1, &xlsx);
    snprintf(path, sizeof path, "%s/a.xlsx", h->folder);
    snprintf(script, sizeof script, "%s/check.py", h->folder);
    assert_int_equal(file_write_atomic(path, buf_bytes(&xlsx), 0600), ERR_OK);
    assert_int_equal(file_write_atomic(script, bytes_str(checker), 0600), ERR_OK);
    int n = snprintf(command, sizeof command, "python3 '%s' '%s' %s", script, path, words);
    assert_true(n > 0 && (size_t)n < sizeof command);
    assert_int_equal(system(command), 0);
    buf_free(&xlsx);
}

static void a_spreadsheet_has_real_numbers_and_no_formulas(void **state)
{
    (void)state;
    struct report_hub h;
    report_hub_open(&h, 50);
    report_fill(&h, 50, 0, 3);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    snprintf(r->unit_name, sizeof r->unit_name, "=1+1"); /* the worst name a unit can have */
    look(&h, r,
         "'=1+1' 'chưa gửi' 'Số Đội công tác xã hội tình nguyện' 'Volunteer teams' "
         "'abababab' '!Chưa nộp báo cáo' '!chưa nộp báo cáo'");
    hub_report_free(r);
    report_hub_close(&h);
}

static void a_target_is_said_in_words(void **state)
{
    (void)state;
    struct report_hub h;
    report_hub_open(&h, 50);
    report_fill(&h, 50, 0, 3);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    assert_true(r->target_count > 0);
    struct hub_target_row *t = &r->targets[0].row;
    snprintf(t->op, sizeof t->op, "reduce_percent");
    snprintf(t->value, sizeof t->value, "0.5");
    snprintf(t->base_value, sizeof t->base_value, "2713");
    look(&h, r, "'giảm ≥ 0,5% so với 2.713'");
    hub_report_free(r);
    report_hub_close(&h);
}

/* By name, and by code who is in no catalogue; of several hubs by hub; too many for a cell by number. */
static void who_had_not_submitted_is_named(void **state)
{
    (void)state;
    enum { MANY = 6000 };
    static struct hub_report_source sources[] = {{.unit = "26170", .missing = 1},
                                                 {.unit = "26173", .missing = 0},
                                                 {.unit = "26176", .missing = 1}};
    struct report_hub h;
    struct buf codes;
    report_hub_open(&h, 53);
    report_fill(&h, 53, 0, 3);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    assert_int_equal(hub_report_set_missing(r, bytes_str("99999 26170")), ERR_OK);
    look(&h, r,
         "'>Chưa nộp báo cáo / Report not submitted: 99999, Thị trấn Vĩnh An<' "
         "'>chưa nộp báo cáo<' '>99999<'");
    r->sources = sources;
    r->source_count = sizeof sources / sizeof sources[0];
    look(&h, r, "'submitted: Thị trấn Vĩnh An (99999); Xã Trị An (Thị trấn Vĩnh An)<'");
    r->sources = NULL;
    r->source_count = 0;
    free(r->missing);
    r->missing_count = 0;
    buf_init(&codes, 1 << 20);
    for (unsigned i = 0; i < MANY; i++)
        buf_printf(&codes, "%s%05u", i ? " " : "", 30000 + i);
    assert_int_equal(hub_report_set_missing(r, buf_bytes(&codes)), ERR_OK);
    look(&h, r, "'>Chưa nộp báo cáo / Report not submitted: 6000 (trang “Đơn vị”)<' '>35999<'");
    buf_free(&codes);
    hub_report_free(r);
    report_hub_close(&h);
}

static void the_same_issue_gives_the_same_bytes(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf a, b, c;
    struct file_list list;
    report_hub_open(&h, 51);
    report_fill(&h, 51, 0, -1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023");
    make(&h, r, 1, &a);
    assert_int_equal(setenv("TZ", "America/Los_Angeles", 1), 0);
    tzset();
    make(&h, r, 1, &b);
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
    make(&h, r, 0, &c);
    assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    assert_false(bytes_equal(buf_bytes(&a), buf_bytes(&c)));
    assert_int_equal(file_list(h.folder, &list), ERR_OK);
    for (size_t i = 0; i < list.n; i++)
        assert_null(strstr(list.names[i], ".xlsx")); /* nothing is left behind */
    file_list_free(&list);
    buf_free(&a);
    buf_free(&b);
    buf_free(&c);
    hub_report_free(r);
    report_hub_close(&h);
}

static void a_commune_alone_has_a_spreadsheet_too(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf a;
    report_hub_open(&h, 52);
    struct hub_report *r = report_of(&h, "RP01", "26170", "2023-01");
    make(&h, r, 0, &a);
    assert_true(a.len > 1000);
    buf_free(&a);
    hub_report_free(r);
    report_hub_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_spreadsheet_has_real_numbers_and_no_formulas),
        cmocka_unit_test(a_target_is_said_in_words),
        cmocka_unit_test(who_had_not_submitted_is_named),
        cmocka_unit_test(the_same_issue_gives_the_same_bytes),
        cmocka_unit_test(a_commune_alone_has_a_spreadsheet_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
