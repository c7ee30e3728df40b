/* catalogue_clean(): one value as typed, into its canonical form. Numbers are in catalogue_number.c. */
#include "common/catalogue.h"
#include "common/catalogue_impl.h"
#include "common/id.h"
#include "common/text.h"

#include <stdio.h>

/* Digits of a national id: province, century and sex, year, serial. */
enum { NATIONAL_ID_DIGITS = 3 + 1 + 2 + 6 };

enum err catalogue_refuse(struct catalogue_why *why, const char *vi, const char *en)
{
    struct bytes v = text_truncate(bytes_str(vi), sizeof why->vi - 1);
    struct bytes e = text_truncate(bytes_str(en), sizeof why->en - 1);
    *why = (struct catalogue_why){.vi = "", .en = ""};
    memcpy(why->vi, v.p, v.len);
    memcpy(why->en, e.p, e.len);
    return ERR_BAD_VALUE;
}

static bool equals(struct bytes s, const char *word)
{
    return bytes_equal(s, bytes_str(word));
}

static enum err text_clean(struct bytes s, struct buf *out, struct catalogue_why *why)
{
    if (s.len > CATALOGUE_TEXT_BYTES_MAX)
        return catalogue_refuse(why, "Quá dài: nhiều nhất 4.096 byte (khoảng 2.500 chữ)",
                                "Too long: at most 4,096 bytes");
    if (text_is_blank(s))
        return catalogue_refuse(why, "Chỉ có ký tự không nhìn thấy được",
                                "Nothing that can be seen");
    buf_add_bytes(out, s);
    return ERR_OK;
}

/* Digits alone; blanks, dots and dashes between them are how people group them. */
static enum err identity_clean(struct bytes s, struct buf *out, struct catalogue_why *why)
{
    for (size_t i = 0; i < s.len; i++) {
        if (strchr(" .-", s.p[i]) != NULL) continue;
        if (s.p[i] < '0' || s.p[i] > '9')
            return catalogue_refuse(why, "Số định danh chỉ gồm chữ số",
                                    "A national id is made of digits only");
        buf_add_u8(out, s.p[i]);
    }
    if (out->e == ERR_OK && out->len != NATIONAL_ID_DIGITS)
        return catalogue_refuse(why,
                                "Số định danh phải đúng 12 chữ số (bảng tính có thể đã bỏ số 0 "
                                "ở đầu: đặt cột kiểu văn bản)",
                                "A national id has exactly 12 digits (a spreadsheet may have "
                                "dropped the leading 0: make the column text)");
    if (out->e == ERR_OK && memcmp(out->p, "000", 3) == 0)
        return catalogue_refuse(
            why, "Không có số định danh nào bắt đầu bằng 000 (ba số đầu là mã nơi khai sinh)",
            "No national id begins with 000 (its first three digits say where a birth was "
            "declared)");
    return ERR_OK;
}

enum err catalogue_clean_fold(struct bytes s, struct buf *out)
{
    buf_clear(out);
    return text_fold(s, CATALOGUE_FILE_BYTES_MAX, out);
}

static enum err bool_clean(struct bytes s, struct buf *out, struct catalogue_why *why)
{
    static const char *const yes[] = {"1", "co", "x", "dung", "roi", "yes", "y", "true"};
    static const char *const no[] = {"0", "khong", "sai", "chua", "no", "n", "false"};
    struct buf folded;
    buf_init(&folded, CATALOGUE_FILE_BYTES_MAX);
    enum err e = catalogue_clean_fold(s, &folded);
    int value = -1;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (equals(buf_bytes(&folded), yes[i])) value = 1;
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (equals(buf_bytes(&folded), no[i])) value = 0;
    buf_free(&folded);
    if (e != ERR_OK) return e;
    if (value < 0) return catalogue_refuse(why, "Chỉ ghi có hoặc không", "Only yes or no");
    buf_add_u8(out, value == 1 ? '1' : '0');
    return ERR_OK;
}

/* "1-6-2023" and "1.6.2023" are read as "1/6/2023"; an ISO date is left alone. */
static struct bytes day_slashes(struct bytes s, char room[DATE_TEXT_ROOM])
{
    bool iso = s.len > 4 && s.p[4] == '-';
    if (iso || s.len >= DATE_TEXT_ROOM) return s;
    for (size_t i = 0; i < s.len; i++)
        room[i] = s.p[i] == '-' || s.p[i] == '.' ? '/' : (char)s.p[i];
    return bytes_make(room, s.len);
}

static enum err early_refuse(struct catalogue_why *why)
{
    return catalogue_refuse(why, "Ngày trước năm 1900: chương trình chỉ ghi ngày từ năm 1900",
                            "A day before the year 1900: only days from 1900 on are kept");
}

static enum err date_clean(struct bytes s, struct buf *out, struct catalogue_why *why)
{
    char room[DATE_TEXT_ROOM];
    struct date d;
    struct bytes t = day_slashes(s, room);
    if (date_too_early(t) || date_too_early(s)) return early_refuse(why);
    if (date_parse(t, &d) != ERR_OK && date_parse_vi(t, &d) != ERR_OK)
        return catalogue_refuse(why,
                                "Không phải ngày có thật; ghi ngày/tháng/năm, ví dụ 20/11/2023",
                                "Not a date; write day/month/year, such as 20/11/2023");
    char text[DATE_TEXT_ROOM];
    date_print(d, text);
    buf_add_str(out, text);
    return ERR_OK;
}

static enum err pdate_clean(struct bytes s, struct buf *out, struct catalogue_why *why)
{
    char room[DATE_TEXT_ROOM];
    struct date_partial p;
    if (date_too_early(day_slashes(s, room)) || date_too_early(s)) return early_refuse(why);
    if (date_partial_parse(day_slashes(s, room), &p) != ERR_OK &&
        date_partial_parse(s, &p) != ERR_OK)
        return catalogue_refuse(
            why, "Không phải ngày; ghi ngày/tháng/năm, tháng/năm hoặc chỉ năm, ví dụ 05/1985",
            "Not a date; write day/month/year, month/year or the year, such as 05/1985");
    char text[DATE_TEXT_ROOM];
    date_partial_print(p, text);
    buf_add_str(out, text);
    return ERR_OK;
}

static enum err ref_clean(struct bytes s, struct buf *out, struct catalogue_why *why)
{
    struct id_record id;
    char hex[2 * ID_RECORD_BYTES + 1];
    bool ok = s.len == sizeof hex - 1;
    if (ok) {
        memcpy(hex, s.p, s.len);
        hex[s.len] = '\0';
        ok = id_unhex(hex, id.b, sizeof id.b) == ERR_OK;
    }
    if (!ok)
        return catalogue_refuse(why, "Không phải mã hồ sơ (32 chữ số thập lục phân)",
                                "Not a record id (32 hexadecimal digits)");
    id_hex(bytes_make(id.b, sizeof id.b), hex);
    buf_add_str(out, hex);
    return ERR_OK;
}

static enum err unit_clean(const struct catalogue *c, struct bytes s, struct buf *out,
                           struct catalogue_why *why)
{
    /* A name is not enough: units share names, and a code means another unit in another year. */
    for (size_t i = 0; i < c->unit_count; i++) {
        if (!equals(s, c->units[i].code)) continue;
        buf_add_bytes(out, s);
        return ERR_OK;
    }
    return catalogue_refuse(why, "Không có mã đơn vị này trong danh mục (ghi mã số, không ghi tên)",
                            "No unit has this code (write the code, not the name)");
}

/* `s` is NFC text without blanks around, and not empty. */
static enum err kind_clean(const struct catalogue *c, const struct catalogue_field *f,
                           struct bytes s, struct buf *out, struct catalogue_why *why)
{
    switch (f->kind) {
    case CATALOGUE_TEXT:
        return f->identity == CATALOGUE_IDENTITY_NUMBER ? identity_clean(s, out, why)
                                                        : text_clean(s, out, why);
    case CATALOGUE_INT: return catalogue_clean_int(s, false, out, why);
    case CATALOGUE_MONEY: return catalogue_clean_int(s, true, out, why);
    case CATALOGUE_DECIMAL: return catalogue_clean_decimal(s, out, why);
    case CATALOGUE_BOOL: return bool_clean(s, out, why);
    case CATALOGUE_DATE: return date_clean(s, out, why);
    case CATALOGUE_PDATE: return pdate_clean(s, out, why);
    case CATALOGUE_CHOICE: return catalogue_clean_choice(c, f->list, s, out, why);
    case CATALOGUE_CHOICES: return catalogue_clean_choices(c, f->list, s, out, why);
    case CATALOGUE_REF: return ref_clean(s, out, why);
    case CATALOGUE_UNIT: return unit_clean(c, s, out, why);
    }
    return catalogue_refuse(why, "Kiểu trường không rõ", "Unknown kind of field");
}

static enum err normalise(struct bytes typed, struct buf *out, struct catalogue_why *why)
{
    switch (text_find_flaw(typed, TEXT_NOTE, NULL)) {
    case TEXT_FLAW_UTF8: return catalogue_refuse(why, "Không phải văn bản UTF-8", "Not UTF-8 text");
    case TEXT_FLAW_BIDI:
    case TEXT_FLAW_NONCHARACTER:
    case TEXT_FLAW_MARKS:
        return catalogue_refuse(why, "Có ký tự ẩn hoặc không dùng được trong văn bản",
                                "Holds hidden or unusable characters");
    case TEXT_FLAW_NONE:
    case TEXT_FLAW_NFC:
    case TEXT_FLAW_CONTROL: /* CR is mended below */ break;
    }
    enum err e = text_normalise(text_trim(typed), TEXT_INPUT_MAX, TEXT_NOTE, out);
    if (e == ERR_BAD_INPUT)
        return catalogue_refuse(why, "Có ký tự điều khiển trong văn bản",
                                "Holds control characters");
    if (e == ERR_TOO_LARGE) return catalogue_refuse(why, "Quá dài", "Too long");
    return e;
}

enum err catalogue_clean(const struct catalogue *c, const struct catalogue_field *f,
                         struct bytes typed, struct buf *out, struct catalogue_why *why)
{
    buf_clear(out);
    struct buf text;
    buf_init(&text, TEXT_INPUT_MAX);
    enum err e = normalise(typed, &text, why);
    if (e != ERR_OK) goto out;
    struct bytes s = text_trim(buf_bytes(&text));
    if (s.len > 0)
        e = kind_clean(c, f, s, out, why);
    else if (f->required)
        e = catalogue_refuse(why, "Không được để trống", "Must not be empty");
    if (e == ERR_OK) e = out->e;
out:
    if (e != ERR_OK) buf_clear(out);
    buf_free(&text);
    return e;
}
