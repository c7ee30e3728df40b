/*
 * Claims about hub/pdf, hub/nd30, hub/qr and hub/paper: same report, same bytes; one family of fonts;
 * the text can be read back; heading rows and page numbers over pages; the printed line proves.
 */
#include "hub/pdf.h"
#include "common/io/file.h"
#include "hub/paper.h"
#include "hub/qr.h"
#include "tests/lib/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <time.h>

#define CLOSED_MS INT64_C(1689000000000)

static struct hub_issue issue_of(void)
{
    struct hub_issue i = {.report = "RP04", .unit = "735", .period = "2023-6M", .number = 1};
    memset(i.figures.b, 0xab, sizeof i.figures.b);
    return i;
}

static void make(const struct report_hub *h, const struct hub_report *r, struct buf *out)
{
    struct hub_issue issue = issue_of();
    struct buf proof;
    buf_init(&proof, HUB_PAPER_TEXT_MAX);
    assert_int_equal(hub_paper_sign(&issue, &h->issue, &proof), ERR_OK);
    struct hub_nd30_about about = {.issue = 1,
                                   .closed_ms = CLOSED_MS,
                                   .digest = issue.figures,
                                   .name = "BC_RP04_2023-6M_735_1",
                                   .proof = buf_cstr(&proof)};
    buf_init(out, HUB_ND30_BYTES_MAX);
    assert_int_equal(hub_pdf(r, &about, out), ERR_OK);
    buf_free(&proof);
}

/* What a shell command prints about the PDF. */
static void say(const struct report_hub *h, struct bytes pdf, const char *command, struct buf *out)
{
    char path[128], text[700];
    snprintf(path, sizeof path, "%s/a.pdf", h->folder);
    assert_int_equal(file_write_atomic(path, pdf, 0600), ERR_OK);
    int n = snprintf(text, sizeof text, "cd '%s' && %s > out.txt 2>&1", h->folder, command);
    assert_true(n > 0 && (size_t)n < sizeof text);
    assert_int_equal(system(text), 0);
    snprintf(path, sizeof path, "%s/out.txt", h->folder);
    buf_init(out, 1 << 20);
    assert_int_equal(file_read(path, 1 << 20, out), ERR_OK);
}

static void has(struct buf *text, const char *word)
{
    if (strstr(buf_cstr(text), word) != NULL) return;
    print_message("not there: %s\n%.3000s\n", word, buf_cstr(text));
    fail();
}

static size_t times(struct buf *text, const char *word)
{
    size_t n = 0;
    for (const char *p = strstr(buf_cstr(text), word); p != NULL; p = strstr(p + 1, word))
        n++;
    return n;
}

static void a_report_is_a_paper_of_the_administration(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf pdf, text, fonts, about, first, second;
    report_hub_open(&h, 80);
    report_fill(&h, 80, 0, 3);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    assert_int_equal(hub_report_set_missing(r, bytes_str("99999 98888")), ERR_OK);
    make(&h, r, &pdf);
    const char *keep = getenv("DONGBO_TEST_KEEP"); /* to look at it */
    if (keep != NULL) assert_int_equal(file_write_atomic(keep, buf_bytes(&pdf), 0600), ERR_OK);
    say(&h, buf_bytes(&pdf), "pdftotext -layout a.pdf -", &text);
    has(&text, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM");
    has(&text, "Độc lập - Tự do - Hạnh phúc");
    has(&text, "HUYỆN VĨNH CỬU");
    has(&text, "BÁO CÁO");
    has(&text, "6 tháng đầu năm 2023");
    has(&text, "Số Đội công tác xã hội tình nguyện");
    has(&text, "Đơn vị chưa gửi hồ sơ: ");
    has(&text, "Chưa nộp báo cáo: 99999, 98888.");
    has(&text, "Nơi nhận:");
    has(&text, "BC_RP04_2023-6M_735_1 · Mã số liệu (BLAKE2b-256): abababab");
    assert_null(strstr(buf_cstr(&text), "nhập nội dung tại đây"));
    say(&h, buf_bytes(&pdf), "pdfinfo a.pdf", &about);
    has(&about, "Page size:       595.276 x 841.89 pts (A4)");
    has(&about, "PDF version:     1.5");
    say(&h, buf_bytes(&pdf), "pdffonts a.pdf | tail -n +3", &fonts);
    assert_int_equal(times(&fonts, "\n"), times(&fonts, "+Tinos")); /* one family, embedded */
    assert_true(times(&fonts, "+Tinos") >= 2);
    /* the first page has no number, the second has */
    say(&h, buf_bytes(&pdf), "pdftotext -l 1 -x 0 -y 0 -W 595 -H 55 a.pdf -", &first);
    say(&h, buf_bytes(&pdf), "pdftotext -f 2 -l 2 -x 0 -y 0 -W 595 -H 55 a.pdf -", &second);
    assert_null(strstr(buf_cstr(&first), "1"));
    assert_int_equal(strncmp(buf_cstr(&second), "2", 1), 0);
    assert_true(times(&text, "Đơn vị tính") + times(&text, "Kết quả") >= 3); /* repeated */
    buf_free(&first);
    buf_free(&second);
    buf_free(&about);
    buf_free(&fonts);
    buf_free(&text);
    buf_free(&pdf);
    hub_report_free(r);
    report_hub_close(&h);
}

/* An amount over two lines reads as two numbers. */
static void no_amount_breaks(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf pdf, text;
    report_hub_open(&h, 85);
    report_fill(&h, 85, 0, -1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    size_t all = hub_report_columns(r) - 1, money = 0;
    while (money < r->line_count && r->lines[money].indicator->measure != CATALOGUE_SUM)
        money++;
    assert_true(money < r->line_count);
    r->lines[money].rows[0].cells[all].num = INT64_C(9616000000000);
    make(&h, r, &pdf);
    say(&h, buf_bytes(&pdf), "pdftotext -layout a.pdf -", &text);
    assert_int_equal(times(&text, "9.616.000.000.000"), 2); /* the summary, and by unit */
    buf_free(&text);
    buf_free(&pdf);
    hub_report_free(r);
    report_hub_close(&h);
}

static void the_same_issue_gives_the_same_bytes(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf a, b;
    report_hub_open(&h, 81);
    report_fill(&h, 81, 0, -1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023");
    make(&h, r, &a);
    assert_int_equal(setenv("TZ", "America/Los_Angeles", 1), 0);
    tzset();
    make(&h, r, &b);
    assert_int_equal(unsetenv("TZ"), 0);
    tzset();
    assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    buf_free(&a);
    buf_free(&b);
    hub_report_free(r);
    report_hub_close(&h);
}

static void names_are_text_and_nothing_is_invented(void **state)
{
    (void)state;
    struct report_hub h;
    struct buf pdf, text;
    report_hub_open(&h, 82);
    report_fill(&h, 82, 0, -1);
    struct hub_report *r = report_of(&h, "RP01", report_units[0], "2023-05");
    snprintf(r->unit_name, sizeof r->unit_name, "<b>Xã</b> & =1+1");
    make(&h, r, &pdf);
    say(&h, buf_bytes(&pdf), "pdftotext -layout a.pdf -", &text);
    has(&text, "<b>Xã</b> & =1+1 báo cáo");
    has(&text, "Số: ………/BC-………");
    has(&text, "………, ngày ..... tháng ..... năm 20.....");
    assert_null(strstr(buf_cstr(&text), "Bảng 2")); /* one unit: no table by unit */
    buf_free(&text);
    buf_free(&pdf);
    hub_report_free(r);
    report_hub_close(&h);
}

static void long_reports_go_over_pages(void **state)
{
    (void)state;
    enum { ROWS = 400 };
    static struct hub_report_row rows[ROWS];
    struct report_hub h;
    struct buf pdf, text;
    char label[400];
    report_hub_open(&h, 83);
    report_fill(&h, 83, 0, -1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    struct hub_report_line *line = &r->lines[0];
    struct hub_report_row *own = line->rows;
    size_t count = line->row_count;
    memset(label, 'x', sizeof label - 1);
    label[sizeof label - 1] = '\0';
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = own[0];
        if (i > 0) rows[i].label_vi = i % 7 ? "Dòng thử" : label; /* no blank to break at */
    }
    line->rows = rows;
    line->row_count = ROWS;
    make(&h, r, &pdf);
    say(&h, buf_bytes(&pdf), "pdftotext -layout a.pdf -", &text);
    assert_int_equal(times(&text, "– Dòng thử"), ROWS - 1 - (ROWS - 1) / 7);
    assert_true(times(&text, "Kết quả") > 8);
    line->rows = own;
    line->row_count = count;
    buf_free(&text);
    buf_free(&pdf);
    hub_report_free(r);
    report_hub_close(&h);
}

/* ---- the proof ---- */

static void the_printed_line_proves_the_figures(void **state)
{
    (void)state;
    struct key_sign key = {0}, other = {0};
    struct hub_issue issue = issue_of();
    struct hub_paper paper;
    struct buf line, pub, wrong, text;
    assert_int_equal(key_sign_make(&key, KEY_ISSUE), ERR_OK);
    assert_int_equal(key_sign_make(&other, KEY_ISSUE), ERR_OK);
    buf_init(&line, HUB_PAPER_TEXT_MAX);
    buf_init(&pub, MINISIGN_FILE_BYTES_MAX);
    buf_init(&wrong, MINISIGN_FILE_BYTES_MAX);
    buf_init(&text, 4 * HUB_PAPER_TEXT_MAX);
    assert_int_equal(hub_paper_sign(&issue, &key, &line), ERR_OK);
    assert_int_equal(minisign_public(key.public, &pub), ERR_OK);
    assert_int_equal(minisign_public(other.public, &wrong), ERR_OK);
    struct bytes pk = buf_bytes(&pub);
    assert_int_equal(hub_verify_paper(buf_bytes(&line), pk, &paper), ERR_OK);
    assert_string_equal(paper.report, "RP04");
    assert_string_equal(paper.unit, "735");
    assert_string_equal(paper.period, "2023-6M");
    assert_int_equal(paper.number, 1);
    assert_true(ID_EQUAL(&paper.figures, &issue.figures));
    buf_printf(&text, " %s\r\n", buf_cstr(&line)); /* as a scanner hands it over */
    assert_int_equal(hub_verify_paper(buf_bytes(&text), pk, &paper), ERR_OK);
    assert_int_equal(hub_verify_paper(buf_bytes(&line), buf_bytes(&wrong), &paper),
                     ERR_BAD_SIGNATURE);
    for (size_t i = 0; i < line.len; i++) { /* no byte of it may change */
        uint8_t was = line.p[i];
        line.p[i] = was == '7' ? '8' : '7';
        assert_int_not_equal(hub_verify_paper(buf_bytes(&line), pk, &paper), ERR_OK);
        line.p[i] = was;
        assert_int_not_equal(hub_verify_paper(bytes_make(line.p, i), pk, &paper), ERR_OK);
    }
    buf_clear(&text);
    for (size_t i = 0; i < 2 * HUB_PAPER_TEXT_MAX + 1; i++)
        buf_add_u8(&text, 'x');
    assert_int_equal(hub_verify_paper(buf_bytes(&text), pk, &paper), ERR_TOO_LARGE);
    text.len = HUB_PAPER_TEXT_MAX;
    assert_int_equal(hub_verify_paper(buf_bytes(&text), pk, &paper), ERR_BAD_FORMAT);
    buf_free(&line);
    buf_free(&pub);
    buf_free(&wrong);
    buf_free(&text);
    key_sign_free(&key);
    key_sign_free(&other);
}

static void a_code_has_its_corners_and_a_limit(void **state)
{
    (void)state;
    static char long_text[HUB_QR_TEXT_MAX + 2];
    struct hub_qr q;
    struct buf png;
    assert_int_equal(hub_qr_make("DONGBO-BC/1", &q), ERR_OK);
    assert_int_equal(q.width, 21);
    for (size_t i = 0; i < 7; i++) { /* the finder patterns' upper edges */
        assert_true(hub_qr_dark(&q, i, 0));
        assert_true(hub_qr_dark(&q, 14 + i, 0));
        assert_true(hub_qr_dark(&q, i, 14));
    }
    assert_false(hub_qr_dark(&q, 7, 0));
    assert_false(hub_qr_dark(&q, 21, 0));
    buf_init(&png, HUB_QR_PNG_BYTES_MAX);
    assert_int_equal(hub_qr_png(&q, &png), ERR_OK);
    assert_memory_equal(png.p, "\x89PNG\r\n", 6);
    buf_free(&png);
    hub_qr_free(&q);
    assert_int_equal(hub_qr_make("", &q), ERR_BAD_INPUT);
    memset(long_text, 'a', HUB_QR_TEXT_MAX + 1);
    assert_int_equal(hub_qr_make(long_text, &q), ERR_TOO_LARGE);
    long_text[HUB_QR_TEXT_MAX] = '\0';
    assert_int_equal(hub_qr_make(long_text, &q), ERR_OK);
    hub_qr_free(&q);
}

static int prepare(void **state)
{
    (void)state;
    return key_ready() == ERR_OK ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_is_a_paper_of_the_administration),
        cmocka_unit_test(no_amount_breaks),
        cmocka_unit_test(the_same_issue_gives_the_same_bytes),
        cmocka_unit_test(names_are_text_and_nothing_is_invented),
        cmocka_unit_test(long_reports_go_over_pages),
        cmocka_unit_test(the_printed_line_proves_the_figures),
        cmocka_unit_test(a_code_has_its_corners_and_a_limit),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
