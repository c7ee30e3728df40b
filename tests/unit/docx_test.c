/*
 * Claims about hub/docx and hub/zip: it opens as a zip of well-formed XML; its texts are those of the
 * layout; heading rows repeat; names cannot become markup or fields; same report, same bytes.
 */
#include "hub/docx.h"
#include "common/io/file.h"
#include "hub/zip.h"
#include "tests/lib/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <time.h>

static const char checker[] =
    "import re, sys, zipfile\n"
    "import xml.etree.ElementTree as E\n"
    "z = zipfile.ZipFile(sys.argv[1])\n"
    "assert z.testzip() is None\n"
    "names = z.namelist()\n"
    "assert names[0] == '[Content_Types].xml', names\n"
    "assert all(i.date_time[:3] == (2023, 7, 10) for i in z.infolist())\n"
    "trees = {n: E.fromstring(z.read(n)) for n in names if n.endswith(('.xml', '.rels'))}\n"
    "W = '{http://schemas.openxmlformats.org/wordprocessingml/2006/main}'\n"
    "R = '{http://schemas.openxmlformats.org/officeDocument/2006/relationships}'\n"
    "body = trees['word/document.xml']\n"
    "text = '\\n'.join(''.join(t.text or '' for t in p.iter(W + 't')) for p in body.iter(W + "
    "'p'))\n"
    "for word in sys.argv[2:]:\n"
    "    assert word in text, (word, text[:3000])\n"
    "assert not list(body.iter(W + 'instrText')) and not list(body.iter(W + 'hyperlink'))\n"
    "assert 'PAGE' in ''.join(t.text for t in trees['word/header1.xml'].iter(W + 'instrText'))\n"
    "tables = list(body.iter(W + 'tbl'))\n"
    "heads = [t for t in tables if list(t.iter(W + 'tblHeader'))]\n"
    "assert len(heads) == len(tables) - 2, (len(heads), len(tables))\n"
    "for t in tables:\n"
    "    n = len(list(t.iter(W + 'gridCol')))\n"
    "    assert all(len(r.findall(W + 'tc')) == n for r in t.iter(W + 'tr'))\n"
    "rels = trees['word/_rels/document.xml.rels']\n"
    "targets = {e.get('Id'): 'word/' + e.get('Target') for e in rels}\n"
    "assert all(v in names for v in targets.values()), targets\n"
    "used = re.findall(r'r:(?:id|embed)=\"(\\w+)\"', z.read('word/document.xml').decode())\n"
    "assert used and all(u in targets for u in used), used\n"
    "foot = ''.join(t.text for t in trees['word/footer1.xml'].iter(W + 't'))\n"
    "assert 'abababab' in foot, foot\n"
    "size = body.find('.//' + W + 'pgSz')\n"
    "assert size.get(W + 'w') == '11906' and size.get(W + 'h') == '16838', size.attrib\n";

static void make(const struct hub_report *r, const char *proof, struct buf *out)
{
    struct hub_nd30_about about = {.issue = 1,
                                   .closed_ms = INT64_C(1689000000000),
                                   .name = "BC_RP04_2023-6M_735_1",
                                   .proof = proof};
    memset(about.digest.b, 0xab, sizeof about.digest.b);
    buf_init(out, HUB_ND30_BYTES_MAX);
    assert_int_equal(hub_docx(r, &about, out), ERR_OK);
}

static void check(const struct report_hub *h, struct bytes docx, const char *words)
{
    char path[128], script[128], command[900];
    snprintf(path, sizeof path, "%s/a.docx", h->folder);
    snprintf(script, sizeof script, "%s/check.py", h->folder);
    assert_int_equal(file_write_atomic(path, docx, 0600), ERR_OK);
    assert_int_equal(file_write_atomic(script, bytes_str(checker), 0600), ERR_OK);
    int n = snprintf(command, sizeof command, "python3 '%s' '%s' %s", script, path, words);
    assert_true(n > 0 && (size_t)n < sizeof command);
    assert_int_equal(system(command), 0);
}

static void a_document_opens_and_is_in_the_layout(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf a;
    report_hub_open(&h, 90);
    report_fill(&h, 90, 0, 3);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    make(r, "DONGBO-BC/1 a proof", &a);
    const char *keep = getenv("DONGBO_TEST_KEEP"); /* to look at it */
    if (keep != NULL) assert_int_equal(file_write_atomic(keep, buf_bytes(&a), 0600), ERR_OK);
    check(&h, buf_bytes(&a),
          "'CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM' 'Độc lập - Tự do - Hạnh phúc' 'HUYỆN VĨNH CỬU' "
          "'BÁO CÁO' '6 tháng đầu năm 2023' 'Số Đội công tác xã hội tình nguyện' 'Nơi nhận:' "
          "'nhập nội dung tại đây' 'chưa gửi' 'Bảng 2.'");
    buf_free(&a);
    hub_report_free(r);
    report_hub_close(&h);
}

static void names_stay_text(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf a;
    static char long_name[3000];
    report_hub_open(&h, 91);
    report_fill(&h, 91, 0, -1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    snprintf(r->unit_name, sizeof r->unit_name, "</w:t><w:instrText>DDE & \"x\"\001");
    r->units[0].name = "]]>&lt; =cmd|' /C calc'!A0";
    for (size_t i = 0; i + 4 < sizeof long_name; i += 3)
        memcpy(long_name + i, "ệ", 3); /* three bytes each: no piece may cut one */
    r->units[1].name = long_name;
    make(r, "DONGBO-BC/1 a proof", &a);
    check(&h, buf_bytes(&a), "'</w:t><w:instrText>DDE & \"x\"?' ']]>&lt; =cmd' 'ệệệệệệệệ'");
    buf_free(&a);
    hub_report_free(r);
    report_hub_close(&h);
}

static void the_same_issue_gives_the_same_bytes(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf a, b;
    report_hub_open(&h, 92);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023");
    make(r, "", &a);
    assert_int_equal(setenv("TZ", "America/Los_Angeles", 1), 0);
    tzset();
    make(r, "", &b);
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
    assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    check(&h, buf_bytes(&a), "'BÁO CÁO'"); /* without a picture too */
    buf_free(&a);
    buf_free(&b);
    hub_report_free(r);
    report_hub_close(&h);
}

static void an_archive_stays_within_its_buffer(void **state)
{
    (void)state;
    static uint8_t noise[5000];
    struct hub_zip *z = NULL;
    struct buf out;
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof noise; i++) {
        x = x * 1664525u + 1013904223u;
        noise[i] = (uint8_t)(x >> 24);
    }
    buf_init(&out, 1000);
    assert_int_equal(hub_zip_open(&out, (struct date){1970, 1, 1}, &z), ERR_OK);
    enum err e = hub_zip_add(z, "a", BYTES_OF(noise));
    assert_int_equal(hub_zip_close(z, e), ERR_TOO_LARGE);
    assert_true(out.len <= 1000);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_opens_and_is_in_the_layout),
        cmocka_unit_test(names_stay_text),
        cmocka_unit_test(the_same_issue_gives_the_same_bytes),
        cmocka_unit_test(an_archive_stays_within_its_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
