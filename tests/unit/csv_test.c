/* Claims about common/csv: the cut of the bytes never matters, one bad row costs one row, no byte
 * gets lost. */
#include "common/csv.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "common/text.h"

#define TRACE_BYTES_MAX ((size_t)16 * 1024 * 1024)

static const char *const flaw_names[CSV_FLAW_COUNT] = {
#define CSV_X(name, en, vi) #name,
    CSV_FLAW_LIST(CSV_X)
#undef CSV_X
};

/* One row as text: "2 [a|b] <a,b>" or "3 STRAY_QUOTE 3:2/1 <a\"b>". */
static void trace_row(enum err e, const struct csv_row *row, struct buf *out)
{
    buf_printf(out, "%" PRIu64 " ", row->line);
    if (e == ERR_OK) {
        assert_true(row->count > 0 && row->flaw.kind == CSV_FLAW_NONE);
        for (size_t i = 0; i < row->count; i++) {
            buf_add_str(out, i == 0 ? "[" : "|");
            buf_add_bytes(out, row->fields[i]);
        }
        buf_add_str(out, "]");
    } else {
        assert_true(row->flaw.kind != CSV_FLAW_NONE && row->count == 0);
        bool limit = row->flaw.kind == CSV_FLAW_FIELD_SIZE || row->flaw.kind == CSV_FLAW_COLUMNS ||
                     row->flaw.kind == CSV_FLAW_ROW_SIZE;
        assert_int_equal(e, limit ? ERR_TOO_LARGE : ERR_BAD_INPUT);
        buf_printf(out, "%s %" PRIu64 ":%" PRIu64 "/%zu", flaw_names[row->flaw.kind],
                   row->flaw.line, row->flaw.column, row->flaw.field);
    }
    buf_add_str(out, row->raw_cut ? " cut<" : " <");
    buf_add_bytes(out, row->raw);
    buf_add_str(out, ">\n");
}

/* The rows of `in`, fed in exact-size copies of `piece` bytes so that the sanitizer sees a read
 * past one. */
static void trace(struct bytes in, char separator, size_t piece, struct buf *out)
{
    struct csv_reader *r = malloc(sizeof *r);
    uint8_t *copy = malloc(piece);
    assert_true(r != NULL && copy != NULL);
    csv_open(r, separator);
    size_t at = 0;
    for (;;) {
        struct csv_row row;
        enum err e = csv_next(r, &row);
        if (e == ERR_NOT_FOUND) break;
        if (e != ERR_AGAIN) {
            trace_row(e, &row, out);
            continue;
        }
        size_t n = in.len - at < piece ? in.len - at : piece;
        if (n == 0) {
            csv_finish(r);
            continue;
        }
        free(copy);
        copy = malloc(n);
        assert_non_null(copy);
        memcpy(copy, in.p + at, n);
        csv_feed(r, bytes_make(copy, n));
        at += n;
    }
    struct csv_row row;
    assert_int_equal(csv_next(r, &row), ERR_NOT_FOUND);
    assert_int_equal(at, in.len);
    assert_int_equal(out->e, ERR_OK);
    csv_close(r);
    csv_close(r);
    free(r);
    free(copy);
}

static void assert_trace(struct bytes in, char separator, const char *expected)
{
    for (size_t piece = 1; piece <= in.len + 1; piece++) {
        struct buf out;
        buf_init(&out, TRACE_BYTES_MAX);
        trace(in, separator, piece, &out);
        if (strcmp(buf_cstr(&out), expected) != 0)
            print_message("input <%.*s> piece %zu\n", (int)in.len, in.p, piece);
        assert_string_equal(buf_cstr(&out), expected);
        buf_free(&out);
    }
}

static void assert_rows(const char *in, const char *expected)
{
    assert_trace(bytes_str(in), ',', expected);
}

static void rows_in_order_are_read(void **state)
{
    (void)state;
    assert_rows("", "");
    assert_rows("\n\r\n\n", "");
    assert_rows("a", "1 [a] <a>\n");
    assert_rows("a,b\n", "1 [a|b] <a,b>\n");
    assert_rows("a,b\r\nc,d", "1 [a|b] <a,b>\n2 [c|d] <c,d>\n");
    assert_rows(",\n,,", "1 [|] <,>\n2 [||] <,,>\n");
    assert_rows("\"\"\n", "1 [] <\"\">\n");
    assert_rows("\"\"", "1 [] <\"\">\n");
    assert_rows("a,\"\"", "1 [a|] <a,\"\">\n");
    assert_rows(" a , b \n", "1 [ a | b ] < a , b >\n");
    assert_rows("Đội,Hòa\n", "1 [Đội|Hòa] <Đội,Hòa>\n");
    assert_rows("a\n\n\nb\n", "1 [a] <a>\n4 [b] <b>\n");
    assert_rows("a;b\tc\n", "1 [a;b\tc] <a;b\tc>\n");
}

static void quoted_fields_hold_anything(void **state)
{
    (void)state;
    assert_rows("\"a,b\",\"c\"\"d\"\n", "1 [a,b|c\"d] <\"a,b\",\"c\"\"d\">\n");
    assert_rows("\"x\ny\r\nz\",2\nnext,3\n",
                "1 [x\ny\r\nz|2] <\"x\ny\r\nz\",2>\n4 [next|3] <next,3>\n");
    assert_rows("\"\"\"\"\n", "1 [\"] <\"\"\"\">\n");
    assert_rows("\"\r\"\r\n", "1 [\r] <\"\r\">\n");
    assert_rows("\"\n\n\"\n\n\nb", "1 [\n\n] <\"\n\n\">\n6 [b] <b>\n");
}

static void a_byte_order_mark_is_no_text(void **state)
{
    (void)state;
    assert_rows("\xef\xbb\xbf", "");
    assert_rows("\xef\xbb\xbf"
                "a,b\n",
                "1 [a|b] <a,b>\n");
    assert_rows("\xef\xbb\xbf\"a\"\n", "1 [a] <\"a\">\n");
    assert_rows("\xef\xbb\xbf"
                "a\"\n",
                "1 STRAY_QUOTE 1:2/1 <a\">\n");
    assert_rows("\xef\xbb", "1 UTF8 1:1/1 <\xef\xbb>\n");
    assert_rows("\xef\xbb\n", "1 UTF8 1:1/1 <\xef\xbb>\n");
    assert_rows("a\n\xef\xbb\xbf"
                "b\n",
                "1 [a] <a>\n2 [\xef\xbb\xbf"
                "b] <\xef\xbb\xbf"
                "b>\n");
}

static void one_bad_row_costs_one_row(void **state)
{
    (void)state;
    assert_rows("h\na\"b\nc\n", "1 [h] <h>\n2 STRAY_QUOTE 2:2/1 <a\"b>\n3 [c] <c>\n");
    assert_rows("x,\"a\"b,c\nd\n", "1 STRAY_QUOTE 1:5/2 <x,\"a\"b,c>\n2 [d] <d>\n");
    assert_rows("é,Đ\"\nd\n", "1 STRAY_QUOTE 1:4/2 <é,Đ\">\n2 [d] <d>\n");
    assert_rows("a\rb\nc\r\n", "1 STRAY_CR 1:2/1 <a\rb>\n2 [c] <c>\n");
    assert_rows("a\r", "1 STRAY_CR 1:2/1 <a>\n");
    assert_rows("\"a\"\rb\n", "1 STRAY_CR 1:4/1 <\"a\"\rb>\n");
    assert_rows("a,\xff,b\nc\n", "1 UTF8 1:3/2 <a,\xff,b>\n2 [c] <c>\n");
    assert_rows("a,b\xe1\xbb", "1 UTF8 1:4/2 <a,b\xe1\xbb>\n");
    assert_rows("a,b\xe1\xbb,c\r\nd", "1 UTF8 1:4/2 <a,b\xe1\xbb,c>\n2 [d] <d>\n");
}

static void a_forgotten_quote_does_not_swallow_the_file(void **state)
{
    (void)state;
    assert_rows("1,\"a\n2,b\n3,c\n",
                "1 UNTERMINATED 1:3/2 <1,\"a>\n2 [2|b] <2,b>\n3 [3|c] <3,c>\n");
    /* A later quote looks like the closing one; the rows between are read all the same. */
    assert_rows("1,\"a\n2,b\n3,\"c\"\n4,d\n",
                "1 STRAY_QUOTE 3:3/2 <1,\"a>\n2 [2|b] <2,b>\n3 [3|c] <3,\"c\">\n4 [4|d] <4,d>\n");
    assert_rows("\"", "1 UNTERMINATED 1:1/1 <\">\n");
    assert_rows("\"\n\"\n\"", "1 [\n] <\"\n\">\n3 UNTERMINATED 3:1/1 <\">\n");
    assert_rows("\"\r\n\r\nx", "1 UNTERMINATED 1:1/1 <\">\n3 [x] <x>\n");
    /* A flaw in a later line of a quoted field is told at its own line. */
    assert_rows("\"a\nb\xff\",c\n", "1 UTF8 2:2/1 <\"a>\n2 STRAY_QUOTE 2:3/1 <b\xff\",c>\n");
}

static void the_separator_is_given_or_guessed(void **state)
{
    (void)state;
    assert_trace(bytes_str("a;b,c\n"), ';', "1 [a|b,c] <a;b,c>\n");
    assert_trace(bytes_str("a\tb;c\n"), '\t', "1 [a|b;c] <a\tb;c>\n");
    assert_trace(bytes_str("a;b;c\n1,5;2;3\n"), 0, "1 [a|b|c] <a;b;c>\n2 [1,5|2|3] <1,5;2;3>\n");
    assert_trace(bytes_str("a\tb\n"), 0, "1 [a|b] <a\tb>\n");
    assert_trace(bytes_str("a,b\n"), 0, "1 [a|b] <a,b>\n");
    assert_trace(bytes_str("a\nb,c\n"), 0, "1 [a] <a>\n2 [b|c] <b,c>\n");
    assert_trace(bytes_str("\xef\xbb\xbf\r\n\n\"x,y,z\";b"), 0, "3 [x,y,z|b] <\"x,y,z\";b>\n");
    /* Only the first physical line is looked at, and nothing in quotes. */
    assert_trace(bytes_str("a;b;\"x,,,\n,,,\"\n"), 0, "1 [a|b|x,,,\n,,,] <a;b;\"x,,,\n,,,\">\n");
}

static void assert_large(struct buf *in, const char *expected)
{
    static const size_t pieces[] = {997, 4096, 65536, SIZE_MAX};
    assert_int_equal(in->e, ERR_OK);
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        struct buf out;
        buf_init(&out, TRACE_BYTES_MAX);
        size_t piece = pieces[i] < in->len ? pieces[i] : in->len;
        trace(buf_bytes(in), ',', piece, &out);
        assert_true(bytes_equal(buf_bytes(&out), bytes_str(expected)));
        buf_free(&out);
    }
    buf_free(in);
}

static void add_times(struct buf *b, const char *s, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_add_str(b, s);
}

/* Expected trace of one row built around a long middle. */
static const char *text_of(struct buf *b)
{
    assert_int_equal(b->e, ERR_OK);
    return buf_cstr(b);
}

static void a_field_has_64_kib(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct buf in, want;
        buf_init(&in, TRACE_BYTES_MAX);
        buf_init(&want, TRACE_BYTES_MAX);
        buf_add_str(&in, "k,\"");
        add_times(&in, "x", CSV_FIELD_BYTES_MAX - 1 + over);
        buf_add_str(&in, "\"\"\"\nb\n");
        buf_add_str(&want, over ? "1 FIELD_SIZE 1:3/2 <" : "1 [k|");
        if (!over) {
            add_times(&want, "x", CSV_FIELD_BYTES_MAX - 1);
            buf_add_str(&want, "\"] <");
        }
        buf_add_str(&want, "k,\"");
        add_times(&want, "x", CSV_FIELD_BYTES_MAX - 1 + over);
        buf_add_str(&want, "\"\"\">\n2 [b] <b>\n");
        assert_large(&in, text_of(&want));
        buf_free(&want);
    }
}

static void a_row_has_256_columns(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct buf in, want;
        buf_init(&in, TRACE_BYTES_MAX);
        buf_init(&want, TRACE_BYTES_MAX);
        add_times(&in, ",", CSV_COLUMNS_MAX - 1 + over);
        buf_add_str(&in, "\nb\n");
        buf_add_str(&want, over ? "1 COLUMNS 1:256/256 <" : "1 [");
        if (!over) {
            add_times(&want, "|", CSV_COLUMNS_MAX - 1);
            buf_add_str(&want, "] <");
        }
        add_times(&want, ",", CSV_COLUMNS_MAX - 1 + over);
        buf_add_str(&want, ">\n2 [b] <b>\n");
        assert_large(&in, text_of(&want));
        buf_free(&want);
    }
}

/* 32 fields of 32 KiB with their separators and the line end make exactly the limit. */
static void a_row_has_1_mib(void **state)
{
    (void)state;
    const size_t columns = 32;
    const size_t each = CSV_ROW_BYTES_MAX / columns - 1;
    for (size_t over = 0; over < 2; over++) {
        struct buf in, want;
        buf_init(&in, TRACE_BYTES_MAX);
        buf_init(&want, TRACE_BYTES_MAX);
        for (int as_read = 0; as_read < 2; as_read++) {
            struct buf *b = as_read ? &want : &in;
            if (as_read) buf_add_str(b, over ? "1 ROW_SIZE 1:1/1 " : "1 [");
            if (as_read && over) buf_add_str(b, "<");
            for (int raw = as_read && !over ? 0 : 1; raw < 2; raw++) {
                for (size_t c = 0; c < columns; c++) {
                    if (c > 0) buf_add_str(b, raw ? "," : "|");
                    add_times(b, "x", each + (c == 0 ? over : 0));
                }
                if (!raw) buf_add_str(b, "] <");
            }
            if (as_read) buf_add_str(b, ">");
            buf_add_str(b, as_read ? "\n2 [b] <b>\n" : "\nb\n");
        }
        assert_large(&in, text_of(&want));
        buf_free(&want);
    }
}

static void a_line_without_end_is_cut_and_skipped(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        for (int with_cr = 0; with_cr < 2; with_cr++) {
            struct buf in, want;
            buf_init(&in, TRACE_BYTES_MAX);
            buf_init(&want, TRACE_BYTES_MAX);
            size_t extra = over * 3 * CSV_ROW_BYTES_MAX;
            bool cut = over || with_cr;
            add_times(&in, "x", CSV_ROW_BYTES_MAX + extra);
            buf_add_str(&in, with_cr ? "\r\nb\n" : "\nb\n");
            buf_printf(&want, "1 FIELD_SIZE 1:1/1 %s<", cut ? "cut" : "");
            add_times(&want, "x", CSV_ROW_BYTES_MAX);
            buf_add_str(&want, ">\n2 [b] <b>\n");
            assert_large(&in, text_of(&want));
            buf_free(&want);
        }
    }
}

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % n;
}

static void random_start(void)
{
    const char *given = getenv("DONGBO_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : 20230601;
    print_message("DONGBO_SEED=%" PRIu64 "\n", seed);
    random_state = seed * 2 + 1;
}

/* Between the raw rows stand line ends only, and each row is told at its true line. */
static void assert_nothing_lost(struct bytes in)
{
    static struct csv_reader r;
    struct csv_row row;
    size_t at = in.len >= 3 && memcmp(in.p, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    uint64_t line = 1;
    csv_open(&r, ',');
    csv_feed(&r, in);
    for (;;) {
        enum err e = csv_next(&r, &row);
        if (e == ERR_AGAIN) {
            csv_finish(&r);
            continue;
        }
        if (e == ERR_NOT_FOUND) break;
        while (at < in.len && in.p[at] == '\n') {
            at++;
            line++;
        }
        while (at + 1 < in.len && in.p[at] == '\r' && in.p[at + 1] == '\n') {
            at += 2;
            line++;
            while (at < in.len && in.p[at] == '\n') {
                at++;
                line++;
            }
        }
        assert_int_equal(row.line, line);
        assert_true(row.raw.len <= in.len - at);
        if (row.raw.len > 0) assert_memory_equal(in.p + at, row.raw.p, row.raw.len);
        for (size_t i = 0; i < row.raw.len; i++)
            line += in.p[at + i] == '\n';
        at += row.raw.len;
        /* The line end is no part of `raw`, nor is one CR before it or before the end of the file.
         */
        if (at < in.len && in.p[at] == '\r') at++;
        if (at < in.len) assert_int_equal(in.p[at], '\n');
    }
    for (; at < in.len; at++)
        assert_true(in.p[at] == '\n' || in.p[at] == '\r');
    csv_close(&r);
}

static void random_bytes_read_alike_in_every_piece(void **state)
{
    (void)state;
    static const char *const parts[] = {"a",    ",",    "\"",           "\n",  "\r\n", "\r", "Đ",
                                        "\xff", "\"\"", "\xef\xbb\xbf", ",\"", "\",",  ";"};
    random_start();
    for (int round = 0; round < 3000; round++) {
        struct buf in, whole;
        buf_init(&in, 1000);
        buf_init(&whole, TRACE_BYTES_MAX);
        uint32_t n = random_below(30);
        for (uint32_t i = 0; i < n; i++)
            buf_add_str(&in, parts[random_below(sizeof parts / sizeof parts[0])]);
        char separator = random_below(4) == 0 ? 0 : ',';
        trace(buf_bytes(&in), separator, in.len + 1, &whole);
        for (size_t piece = 1; piece <= in.len; piece++) {
            struct buf cut;
            buf_init(&cut, TRACE_BYTES_MAX);
            trace(buf_bytes(&in), separator, piece, &cut);
            assert_string_equal(buf_cstr(&cut), buf_cstr(&whole));
            buf_free(&cut);
        }
        assert_nothing_lost(buf_bytes(&in));
        buf_free(&in);
        buf_free(&whole);
    }
}

/* Random rows written and read again are the same rows, in both modes. */
static void what_is_written_reads_back(void **state)
{
    (void)state;
    static const char *const parts[] = {"a", ",", "\"", "\n", "\r",           "\t", "Đ",
                                        ";", "=", "'",  "-",  "\xef\xbb\xbf", "@"};
    static const char separators[] = {',', ';', '\t'};
    static struct csv_reader r;
    random_start();
    for (int round = 0; round < 2000; round++) {
        enum csv_mode mode = round % 2 ? CSV_PEOPLE : CSV_MACHINE;
        char separator = separators[random_below(3)];
        struct buf fields[3][4];
        size_t counts[3];
        struct buf out;
        struct csv_writer w;
        buf_init(&out, 10000);
        csv_write_open(&w, &out, mode, separator);
        for (size_t i = 0; i < 3; i++) {
            counts[i] = 1 + random_below(4);
            for (size_t k = 0; k < counts[i]; k++) {
                buf_init(&fields[i][k], 100);
                for (uint32_t n = random_below(4); n > 0; n--)
                    buf_add_str(&fields[i][k], parts[random_below(sizeof parts / sizeof parts[0])]);
                csv_write_field(&w, buf_bytes(&fields[i][k]));
            }
            csv_write_end(&w);
        }
        assert_int_equal(out.e, ERR_OK);
        csv_open(&r, separator);
        csv_feed(&r, buf_bytes(&out));
        for (size_t i = 0; i < 3; i++) {
            struct csv_row row;
            assert_int_equal(csv_next(&r, &row), ERR_OK);
            assert_int_equal(row.count, counts[i]);
            for (size_t k = 0; k < counts[i]; k++) {
                struct bytes cell = mode == CSV_PEOPLE ? csv_unguard(row.fields[k]) : row.fields[k];
                /* An apostrophe that was there already and stands before such a sign is not told
                 * apart. */
                struct bytes want = buf_bytes(&fields[i][k]);
                if (mode == CSV_PEOPLE) want = csv_unguard(want);
                assert_true(bytes_equal(cell, want));
                buf_free(&fields[i][k]);
            }
        }
        struct csv_row row;
        assert_int_equal(csv_next(&r, &row), ERR_AGAIN);
        csv_finish(&r);
        assert_int_equal(csv_next(&r, &row), ERR_NOT_FOUND);
        csv_close(&r);
        buf_free(&out);
    }
}

static void write_row(struct csv_writer *w, const char *a, const char *b)
{
    csv_write_field(w, bytes_str(a));
    if (b != NULL) csv_write_field(w, bytes_str(b));
    csv_write_end(w);
}

static void the_machine_mode_quotes_only_where_needed(void **state)
{
    (void)state;
    struct buf out;
    struct csv_writer w;
    buf_init(&out, 1000);
    csv_write_open(&w, &out, CSV_MACHINE, ',');
    write_row(&w, "a b", "-5");
    write_row(&w, "a,b", "c\"d");
    write_row(&w, "x\ny", "a;b");
    write_row(&w, "", NULL);
    write_row(&w, "", "");
    write_row(&w, "\xef\xbb\xbfz", "=1");
    assert_string_equal(
        buf_cstr(&out),
        "a b,-5\n\"a,b\",\"c\"\"d\"\n\"x\ny\",a;b\n\"\"\n,\n\"\xef\xbb\xbfz\",=1\n");
    buf_free(&out);
}

static void the_people_mode_never_writes_a_formula(void **state)
{
    (void)state;
    struct buf out;
    struct csv_writer w;
    buf_init(&out, 1000);
    csv_write_open(&w, &out, CSV_PEOPLE, ';');
    write_row(&w, "Họ tên", "=cmd|' /C calc'!A0");
    write_row(&w, "+1", "-1");
    write_row(&w, "@x", "\tx");
    write_row(&w, "\rx", "a=\"b\"");
    write_row(&w, "＝1", "＋1");
    write_row(&w, "－1", "＠x");
    write_row(&w, "，", "\xef\xbc"); /* full width, and no sign; cut short */
    write_row(&w, "", NULL);
    assert_string_equal(
        buf_cstr(&out),
        "\xef\xbb\xbf\"Họ tên\";\"'=cmd|' /C calc'!A0\"\r\n\"'+1\";\"'-1\"\r\n"
        "\"'@x\";\"'\tx\"\r\n\"'\rx\";\"a=\"\"b\"\"\"\r\n"
        "\"'＝1\";\"'＋1\"\r\n\"'－1\";\"'＠x\"\r\n\"，\";\"\xef\xbc\"\r\n\"\"\r\n");
    buf_free(&out);
    assert_true(bytes_equal(csv_unguard(bytes_str("'=1")), bytes_str("=1")));
    assert_true(bytes_equal(csv_unguard(bytes_str("'＝1")), bytes_str("＝1")));
    assert_true(bytes_equal(csv_unguard(bytes_str("'a")), bytes_str("'a")));
    assert_true(bytes_equal(csv_unguard(bytes_str("'")), bytes_str("'")));
    assert_true(bytes_equal(csv_unguard(bytes_str("")), bytes_str("")));
}

static void every_flaw_has_its_words(void **state)
{
    (void)state;
    for (int k = 0; k < CSV_FLAW_COUNT; k++) {
        struct bytes vi = bytes_str(csv_flaw_text_vi((enum csv_flaw_kind)k));
        assert_true(strlen(csv_flaw_text_en((enum csv_flaw_kind)k)) > 0 && vi.len > 0);
        assert_int_equal(text_check(vi, TEXT_BYTES_MAX, TEXT_ONE_LINE), ERR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_in_order_are_read),
        cmocka_unit_test(quoted_fields_hold_anything),
        cmocka_unit_test(a_byte_order_mark_is_no_text),
        cmocka_unit_test(one_bad_row_costs_one_row),
        cmocka_unit_test(a_forgotten_quote_does_not_swallow_the_file),
        cmocka_unit_test(the_separator_is_given_or_guessed),
        cmocka_unit_test(a_field_has_64_kib),
        cmocka_unit_test(a_row_has_256_columns),
        cmocka_unit_test(a_row_has_1_mib),
        cmocka_unit_test(a_line_without_end_is_cut_and_skipped),
        cmocka_unit_test(random_bytes_read_alike_in_every_piece),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(the_machine_mode_quotes_only_where_needed),
        cmocka_unit_test(the_people_mode_never_writes_a_formula),
        cmocka_unit_test(every_flaw_has_its_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
