/*
 * Claims about common/name_find: a name is found in each form in which reports write one, in whatever order, joined or
 * by initials; ordinary text of reports, manuals and pages says none of 50,000 names but where it stands as it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/io/file.h"
#include "common/name_find.h"
#include "common/buf.h"
#include "common/text.h"

static bool says(const char *text, const char *name)
{
    struct name_find *f = NULL;
    struct bytes t = bytes_str(text);
    bool said = false;
    assert_int_equal(name_find_new(&t, 1, &f), ERR_OK);
    assert_int_equal(name_find(f, bytes_str(name), &said), ERR_OK);
    name_find_free(f);
    return said;
}

static void each_form_is_found(void **state)
{
    static const char *const forms[] = {
        "chị Lê Ngọc Oanh đã đến", /* as it is */
        "LÊ NGỌC OANH",            /* in capitals */
        "chị le ngoc oanh",        /* without marks */
        "Lê-Ngọc-Oanh",            /* with other things between */
        "Lê\xC2\xA0Ngọc  Oanh",    /* a blank that does not break */
        "“Lê Ngọc Oanh”",          /* quotes of a word processor */
        "LêNgọcOanh",              /* joined */
        "lengocoanh@example.vn",   /* in an address */
        "chị Lê NgọcOanh",         /* in part */
        "LêNgọc Oanh",
        "Oanh Lê Ngọc", /* in another order */
        "chị OANH LÊ NGỌC đã đến",
        "Ngọc Oanh Lê",
        "Oanh Le Ngoc",
        "L.N.Oanh sinh 07/04/1978", /* by initials */
        "L. N. Oanh, tổ 2",
        "L.N Oanh",
        "chị Oanh L.N. đã đến",
        "Oanh L. N.",
    };
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (!says(forms[i], "Lê Ngọc Oanh")) fail_msg("%s", forms[i]);
    assert_true(says("chị Nguyễn Thị Ngọc Oanh", "Nguyễn Thị Ngọc Oanh"));
    assert_true(says("Oanh Nguyễn Thị Ngọc", "Nguyễn Thị Ngọc Oanh"));
    assert_true(says("N.T.N.Oanh", "Nguyễn Thị Ngọc Oanh"));
    assert_true(says("Đ.V.Hoàng", "Đặng Văn Hoàng"));
    assert_true(says("a Công Tằng Tôn Nữ Thị Kim Oanh b", "Công Tằng Tôn Nữ Thị Kim Oanh"));
    assert_true(says("Lê Oanh", "Lê Oanh"));
    assert_true(says("HoàngPhương", "Hoàng Phương"));
}

static void others_are_not(void **state)
{
    static const struct {
        const char *text, *name;
    } cases[] = {
        {"Lê Ngọc và Oanh", "Lê Ngọc Oanh"}, /* not beside each other */
        {"Lê Ngọc Oanhh", "Lê Ngọc Oanh"},
        {"Oanh Lê", "Lê Oanh"},                         /* of two words in their order only */
        {"Ngọc, Oanh, Lê", "Lê Ngọc Oanh"},             /* a list */
        {"Oanh", "Oanh"},                               /* one word is no name */
        {"các hoạt động văn hóa lễ hội", "Lê Văn Hóa"}, /* no capitals */
        {"các hoạt động Văn hóa Lễ hội", "Lê Văn Hóa"},
        {"KẾT QUẢ VĂN HÓA LỄ HỘI", "Lê Văn Hóa"}, /* a line of capitals */
        {"công tác được hoàn thành", "Hồ An"},    /* joined, but a syllable */
        {"hoàn thành 100% kế hoạch", "Hồ An Thành"},
        {"trong tuần", "Tư An"},
        {"tại T.T. Vĩnh An", "Trần Thị Vĩnh"}, /* a town */
        {"Phường Nguyễn An Ninh", "Nguyễn Phương An"},
        {"Đoàn TNCS Hồ Chí Minh", "Hồ Minh Chi"}, /* other marks */
        {"Đoàn TNCS Hồ Chí Minh", "Hồ Minh Chí"},
        {"tại TT Vĩnh An", "Trần Thị Vĩnh"},
        {"P. Tân Triều", "Phan Văn Tân"},
        {"L.Oanh", "Lê Ngọc Oanh"},
        {"A.L.N.Oanh", "Lê Ngọc Oanh"}, /* another's */
        {"l.n.oanh", "Lê Ngọc Oanh"},
        {"ở mục a. b. Oanh", "An Bình Oanh"},
        {"Công Tằng Tôn Nữ Thị Kim Anh", "Công Tằng Tôn Nữ Thị Kim Oanh"},
        {"", "Lê Ngọc Oanh"},
        {"Lê Ngọc Oanh", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (says(cases[i].text, cases[i].name)) fail_msg("%s: %s", cases[i].text, cases[i].name);
}

static void each_text_is_told_by_itself(void **state)
{
    struct name_find *f = NULL;
    const struct bytes texts[] = {bytes_str("không có ai"), bytes_str("Oanh Lê Ngọc"),
                                  bytes_str(""), bytes_str("L.N.Oanh; Lê Ngọc Oanh")};
    bool said[4] = {false, false, true, false};
    (void)state;
    assert_int_equal(name_find_new(texts, 4, &f), ERR_OK);
    assert_int_equal(name_find(f, bytes_str("Lê Ngọc Oanh"), said), ERR_OK);
    assert_false(said[0]);
    assert_true(said[1]);
    assert_true(said[2]); /* what was said stays */
    assert_true(said[3]);
    assert_int_equal(name_find(f, bytes_str("\xff\xfe x"), said), ERR_OK);
    name_find_free(f);
    const struct bytes broken = bytes_str("Oanh \xff");
    assert_int_equal(name_find_new(&broken, 1, &f), ERR_BAD_INPUT);
    char *large = calloc(1, NAME_FIND_BYTES_MAX + 1);
    assert_non_null(large);
    memset(large, 'a', NAME_FIND_BYTES_MAX + 1);
    const struct bytes much = bytes_make(large, NAME_FIND_BYTES_MAX + 1);
    assert_int_equal(name_find_new(&much, 1, &f), ERR_TOO_LARGE);
    free(large);
    name_find_free(NULL);
}

/* ---- ordinary text ---- */

enum { NAMES = 50000, TEXTS_MAX = 200, TEXT_BYTES = 4096 };

/* The name of this number, of 50,000 that differ. */
static void name_of(unsigned n, char out[static 80])
{
    static const char *const family[] = {"Nguyễn", "Trần", "Lê",   "Phạm", "Hoàng", "Huỳnh", "Phan",
                                         "Vũ",     "Võ",   "Đặng", "Bùi",  "Đỗ",    "Hồ",    "Ngô",
                                         "Dương",  "Lý",   "Đinh", "Mai",  "Cao",   "Hà",    "Tạ",
                                         "Văn",    "Lưu",  "Chu",  "Thái"};
    static const char *const middle[] = {"Văn", "Thị",  "Ngọc", "Minh", "Quốc", "Thanh", "Hữu",
                                         "Đức", "Kim",  "Xuân", "Công", "Thu",  "Hồng",  "Đình",
                                         "An",  "Hoài", "Bảo",  "Gia",  "Tấn",  "Phương"};
    static const char *const given[] = {
        "An",    "Anh",   "Bình", "Cường", "Chi",   "Công",  "Dũng", "Đạt",  "Đông", "Giang",
        "Hà",    "Hải",   "Hạnh", "Hiền",  "Hiếu",  "Hoa",   "Hòa",  "Hóa",  "Hùng", "Hương",
        "Khoa",  "Lan",   "Linh", "Long",  "Mai",   "Minh",  "Nam",  "Nga",  "Oanh", "Phúc",
        "Quân",  "Sơn",   "Tâm",  "Tân",   "Thắng", "Thành", "Thảo", "Thủy", "Toàn", "Tổ",
        "Trang", "Trung", "Tú",   "Tuấn",  "Vinh",  "Vĩnh",  "Xã",   "Xuân", "Yến",  "Ý"};
    size_t g = n % 50, m = n / 50 % 20, f = n / 1000 % 25;
    if (n < 25000)
        snprintf(out, 80, "%s %s %s", family[f], middle[m], given[g]);
    else
        snprintf(out, 80, "%s %s %s %s", family[f], middle[m], middle[(m + 7 + f) % 20], given[g]);
}

/* What stands between the words of a folded text becomes one blank. */
static void plain(struct bytes text, struct buf *out)
{
    struct buf folded;
    buf_init(&folded, 8 * TEXT_BYTES);
    assert_int_equal(text_fold(text, text.len, &folded), ERR_OK);
    buf_clear(out);
    buf_add_u8(out, ' ');
    for (size_t i = 0; i < folded.len; i++) {
        uint8_t c = folded.p[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (word || out->p[out->len - 1] != ' ') buf_add_u8(out, word ? c : ' ');
    }
    buf_add_u8(out, ' ');
    buf_free(&folded);
}

/* Does the text say the name just as it is? */
static bool as_it_is(struct bytes text, const char *name)
{
    struct buf a, b;
    buf_init(&a, 16 * TEXT_BYTES);
    buf_init(&b, 1024);
    plain(text, &a);
    plain(bytes_str(name), &b);
    bool is = strstr(buf_cstr(&a), buf_cstr(&b)) != NULL;
    buf_free(&a);
    buf_free(&b);
    return is;
}

/* Pieces of a file of the tree. */
static size_t pieces(const char *path, struct buf *whole, struct bytes *texts, size_t count)
{
    buf_init(whole, 1024 * 1024);
    assert_int_equal(file_read(path, 1024 * 1024, whole), ERR_OK);
    for (size_t at = 0; at < whole->len && count < TEXTS_MAX;) {
        struct bytes piece = text_truncate(bytes_make(whole->p + at, whole->len - at), TEXT_BYTES);
        texts[count++] = piece;
        at += piece.len;
    }
    return count;
}

static void ordinary_text_says_nobody(void **state)
{
    static const char *const files[] = {"/docs/huong-dan-xa.md",     "/docs/huong-dan-huyen.md",
                                        "/web/i18n/vi.json",         "/web/i18n/hub-vi.json",
                                        "/catalogue/indicators.csv", "/catalogue/units.csv"};
    enum { FILES = sizeof files / sizeof files[0] };
    static const char report[] =
        "BÁO CÁO KẾT QUẢ HOẠT ĐỘNG CỦA ĐỘI CÔNG TÁC XÃ HỘI TÌNH NGUYỆN XÃ THẠNH PHÚ\n"
        "Đội đã phối hợp với Hội Liên hiệp Phụ nữ, Đoàn TNCS Hồ Chí Minh, Hội Cựu chiến binh xã tổ "
        "chức 03 "
        "buổi tuyên truyền tại T.T. Vĩnh An và P. Trị An; các hoạt động văn hóa, lễ hội được giữ "
        "vững. Trong "
        "tháng có 02 người được vận động cai nghiện, hoàn thành 100% kế hoạch. Ban Chỉ đạo 138, "
        "U.B.N.D. xã, "
        "M.T.T.Q. và Công an xã đã họp bàn hướng công tác quý II. Khó khăn: kinh phí thấp, thành "
        "viên kiêm "
        "nhiệm. Đề nghị Chi cục Phòng, chống tệ nạn xã hội tỉnh Đồng Nai hỗ trợ tài liệu.";
    struct buf whole[FILES];
    struct bytes texts[TEXTS_MAX] = {bytes_str(report)};
    size_t count = 1;
    struct name_find *f = NULL;
    (void)state;
    for (size_t i = 0; i < FILES; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s%s", DONGBO_SOURCE_DIR, files[i]);
        count = pieces(path, &whole[i], texts, count);
    }
    assert_true(count > 30);
    assert_int_equal(name_find_new(texts, count, &f), ERR_OK);
    for (unsigned n = 0; n < NAMES; n++) {
        char name[80];
        bool said[TEXTS_MAX] = {false};
        name_of(n, name);
        assert_int_equal(name_find(f, bytes_str(name), said), ERR_OK);
        for (size_t k = 0; k < count; k++)
            if (said[k] && !as_it_is(texts[k], name))
                fail_msg("%s is said to stand in text %zu: %.400s", name, k,
                         (const char *)texts[k].p);
    }
    name_find_free(f);
    for (size_t i = 0; i < FILES; i++)
        buf_free(&whole[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_is_found),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(each_text_is_told_by_itself),
        cmocka_unit_test(ordinary_text_says_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
