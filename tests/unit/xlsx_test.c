/*
 * Claims about hub/xlsx: same report, same bytes; numbers are numbers with formats; nothing is a
 * formula; the digest and the cut stand in it. The file is read back with Python's zip and XML.
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
    "    assert word in strings, word\n"
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

static void a_spreadsheet_has_real_numbers_and_no_formulas(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf xlsx;
    char path[128], script[128], command[600];
    report_hub_open(&h, 50);
    report_fill(&h, 50, 0, 3);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    snprintf(r->unit_name, sizeof r->unit_name, "=1+1"); /* the worst name a unit can have */
    make(&h, r, 1, &xlsx);
    snprintf(path, sizeof path, "%s/a.xlsx", h.folder);
    snprintf(script, sizeof script, "%s/check.py", h.folder);
    assert_int_equal(file_write_atomic(path, buf_bytes(&xlsx), 0600), ERR_OK);
    assert_int_equal(file_write_atomic(script, bytes_str(checker), 0600), ERR_OK);
    snprintf(command, sizeof command,
             "python3 '%s' '%s' '=1+1' 'chưa gửi' 'Số Đội công tác xã hội tình nguyện' "
             "'Volunteer teams' 'abababab'",
             script, path);
    assert_int_equal(system(command), 0);
    buf_free(&xlsx);
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
        cmocka_unit_test(the_same_issue_gives_the_same_bytes),
        cmocka_unit_test(a_commune_alone_has_a_spreadsheet_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
