/* Numbers as people type them: "15.000.000", "15 000 000 đ", "12,5". */
#include "common/catalogue.h"
#include "common/catalogue_impl.h"
#include "common/text.h"

enum {
    GROUP_DIGITS = 3,    /* digits between two thousands separators */
    DECIMAL_DIGITS = 18, /* most digits of a decimal: exact in 64 bits whatever reads it */
    INT_DIGITS = 19,     /* most digits of a signed 64-bit integer */
};

static bool is_digit(uint8_t b)
{
    return b >= '0' && b <= '9';
}

/* Take a sign from the front; true for minus. "−" (U+2212) is what a spreadsheet's font shows. */
static bool sign_take(struct bytes *s)
{
    static const char minus[] = "−";
    const size_t n = sizeof minus - 1;
    bool negative = false;
    if (s->len >= n && memcmp(s->p, minus, n) == 0) {
        *s = bytes_make(s->p + n, s->len - n);
        negative = true;
    } else if (s->len > 0 && (s->p[0] == '-' || s->p[0] == '+')) {
        negative = s->p[0] == '-';
        *s = bytes_make(s->p + 1, s->len - 1);
    }
    *s = text_trim(*s);
    return negative;
}

/* Take "đ", "đồng", "VND" from the end. */
static void currency_take(struct bytes *s)
{
    static const char *const words[] = {"đồng", "Đồng", "VNĐ", "VND", "vnđ", "vnd", "đ", "Đ", "₫"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i]);
        if (s->len <= n || memcmp(s->p + s->len - n, words[i], n) != 0) continue;
        *s = text_trim(bytes_make(s->p, s->len - n));
        return;
    }
}

/*
 * Append the digits of a whole number that may be grouped by threes with one kind of separator ('.', ','
 * or blank; no-break blanks too). False when it is no such number.
 */
static bool digits_take(struct bytes s, struct buf *digits)
{
    static const char no_break[] = "\u00a0";
    const size_t wide = sizeof no_break - 1;
    uint8_t separator = 0;
    size_t run = 0; /* digits since the last separator */
    size_t i = 0;
    while (i < s.len) {
        if (is_digit(s.p[i])) {
            buf_add_u8(digits, s.p[i++]);
            run++;
            continue;
        }
        bool blank = s.len - i >= wide && memcmp(s.p + i, no_break, wide) == 0;
        uint8_t this = blank ? ' ' : s.p[i];
        bool first = separator == 0;
        if (strchr("., ", this) == NULL || this == '\0' || (!first && this != separator))
            return false;
        if (first ? (run == 0 || run > GROUP_DIGITS) : run != GROUP_DIGITS) return false;
        separator = this;
        run = 0;
        i += blank ? wide : 1;
    }
    return separator == 0 ? run > 0 : run == GROUP_DIGITS;
}

/* Without leading zeros; at least one digit. */
static struct bytes zeros_drop(struct bytes s)
{
    while (s.len > 1 && s.p[0] == '0')
        s = bytes_make(s.p + 1, s.len - 1);
    return s;
}

static bool fits_amount(struct bytes digits)
{
    uint64_t n = 0;
    if (digits.len > INT_DIGITS) return false;
    for (size_t i = 0; i < digits.len; i++)
        n = n * 10 + (uint64_t)(digits.p[i] - '0');
    return n <= (uint64_t)CATALOGUE_AMOUNT_MAX; /* 19 digits stay below 2^64 */
}

enum err catalogue_clean_int(struct bytes s, bool money, struct buf *out, struct catalogue_why *why)
{
    struct buf digits;
    buf_init(&digits, CATALOGUE_FILE_BYTES_MAX);
    bool negative = sign_take(&s);
    if (money) currency_take(&s);
    enum err e = ERR_OK;
    if (!digits_take(s, &digits)) {
        e = money ? catalogue_refuse(why, "Không phải số tiền; ghi số đồng, ví dụ 15.000.000",
                                     "Not an amount; write whole dong, such as 15.000.000")
                  : catalogue_refuse(why, "Không phải số nguyên, ví dụ 1.250",
                                     "Not a whole number, such as 1.250");
    } else {
        struct bytes d = zeros_drop(buf_bytes(&digits));
        if (digits.e != ERR_OK)
            e = digits.e;
        else if (!fits_amount(d))
            e = catalogue_refuse(why, "Số quá lớn: nhiều nhất 10.000.000.000.000 (mười nghìn tỷ)",
                                 "The number is too large: at most 10,000,000,000,000");
        if (e == ERR_OK && negative && !bytes_equal(d, bytes_str("0"))) buf_add_str(out, "-");
        if (e == ERR_OK) buf_add_bytes(out, d);
    }
    buf_free(&digits);
    return e;
}

/* How many times the byte stands in `s`, and where last. */
static size_t count_byte(struct bytes s, uint8_t b, size_t *last)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] != b) continue;
        n++;
        *last = i;
    }
    return n;
}

enum point { POINT_NONE, POINT_AT, POINT_UNSURE };

/*
 * Where the decimal mark is. A comma is one here (12,5), a point too when it cannot be a separator of
 * thousands (12.5); "1.234" can be either, a thousandfold apart, and is refused.
 */
static enum point point_find(struct bytes s, size_t *at)
{
    size_t dot = 0;
    size_t comma = 0;
    size_t dots = count_byte(s, '.', &dot);
    size_t commas = count_byte(s, ',', &comma);
    if (dots > 0 && commas > 0) {
        *at = dot > comma ? dot : comma;
        return POINT_AT;
    }
    if (commas == 1) {
        *at = comma;
        return POINT_AT;
    }
    if (dots != 1) return POINT_NONE;
    *at = dot;
    bool could_group = s.len - dot - 1 == GROUP_DIGITS && dot >= 1 && dot <= GROUP_DIGITS;
    return could_group && s.p[0] != '0' ? POINT_UNSURE : POINT_AT;
}

static enum err decimal_refuse(struct catalogue_why *why)
{
    return catalogue_refuse(why, "Không phải số, ví dụ 12,5", "Not a number, such as 12,5");
}

/* Split at the mark, check both parts, and append them: digits, and the mark's place among them. */
static bool parts_take(struct bytes s, enum point point, size_t at, struct buf *digits,
                       size_t *whole)
{
    struct bytes left = point == POINT_AT ? bytes_make(s.p, at) : s;
    if (!digits_take(left, digits)) return false;
    *whole = digits->len;
    if (point != POINT_AT) return true;
    for (size_t i = at + 1; i < s.len; i++) {
        if (!is_digit(s.p[i])) return false;
        buf_add_u8(digits, s.p[i]);
    }
    return s.len > at + 1;
}

enum err catalogue_clean_decimal(struct bytes s, struct buf *out, struct catalogue_why *why)
{
    size_t at = 0;
    size_t whole = 0;
    struct buf digits;
    buf_init(&digits, CATALOGUE_FILE_BYTES_MAX);
    enum err e = ERR_OK;
    bool negative = sign_take(&s);
    enum point point = point_find(s, &at);
    if (point == POINT_UNSURE) {
        e = catalogue_refuse(why,
                             "Không rõ dấu chấm là phần nghìn hay phần lẻ: ghi 1234 hoặc 1,234",
                             "Is the point for thousands or decimals? Write 1234 or 1,234");
    } else if (!parts_take(s, point, at, &digits, &whole)) {
        e = decimal_refuse(why);
    } else if (digits.e != ERR_OK) {
        e = digits.e;
    } else {
        struct bytes d = buf_bytes(&digits);
        struct bytes left = zeros_drop(bytes_make(d.p, whole));
        struct bytes right = bytes_make(d.p + whole, d.len - whole);
        while (right.len > 0 && right.p[right.len - 1] == '0')
            right.len--;
        bool zero = right.len == 0 && bytes_equal(left, bytes_str("0"));
        if (left.len + right.len > DECIMAL_DIGITS) {
            e = catalogue_refuse(why, "Số quá dài", "The number is too long");
        } else {
            if (negative && !zero) buf_add_str(out, "-");
            buf_add_bytes(out, left);
            if (right.len > 0) buf_add_str(out, ".");
            buf_add_bytes(out, right);
        }
    }
    buf_free(&digits);
    return e;
}
