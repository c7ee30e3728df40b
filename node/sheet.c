#include "node/sheet.h"
#include "common/csv.h"
#include "common/io/file.h"
#include "common/io/late.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xlsxwriter.h>

/* Cells stand one behind the other: tag, length (4 bytes of this machine), bytes. */
enum sheet_tag {
    SHEET_TEXT = 't',
    SHEET_NUMBER = 'n',
    SHEET_DECIMAL = 'f',
    SHEET_DATE = 'd',
    SHEET_END = 'e'
};

struct node_sheet {
    enum node_sheet_format format;
    char *headings[NODE_SHEET_COLUMNS_MAX];
    size_t columns;
    struct buf about; /* "what\ttext\n" */
    struct buf cells;
    size_t rows;
    char foot[NODE_SHEET_MARK_MAX + 16]; /* as the workbook wants it */
};

enum err node_sheet_new(enum node_sheet_format format, struct node_sheet **out)
{
    struct node_sheet *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    s->format = format;
    buf_init(&s->about, 64 * 1024);
    buf_init(&s->cells, NODE_SHEET_BYTES_MAX);
    snprintf(s->foot, sizeof s->foot, "&C&P/&N");
    *out = s;
    return ERR_OK;
}

void node_sheet_free(struct node_sheet *s)
{
    if (s == NULL) return;
    for (size_t i = 0; i < s->columns; i++)
        free(s->headings[i]);
    buf_free(&s->about);
    buf_free(&s->cells);
    free(s);
}

enum node_sheet_format node_sheet_format(const struct node_sheet *s)
{
    return s->format;
}

void node_sheet_column(struct node_sheet *s, const char *heading)
{
    size_t len = strlen(heading) + 1;
    assert(s->rows == 0 && s->columns < NODE_SHEET_COLUMNS_MAX);
    char *copy = malloc(len);
    if (copy == NULL) {
        s->cells.e = ERR_NOMEM;
        return;
    }
    memcpy(copy, heading, len);
    s->headings[s->columns++] = copy;
}

void node_sheet_about(struct node_sheet *s, const char *what, const char *text)
{
    buf_add_str(&s->about, what);
    buf_add_u8(&s->about, 0);
    buf_add_str(&s->about, text);
    buf_add_u8(&s->about, 0);
}

/* ---- gathering ---- */

static void sheet_cell(struct node_sheet *s, enum sheet_tag tag, struct bytes b)
{
    uint32_t len = (uint32_t)b.len;
    buf_add_u8(&s->cells, (uint8_t)tag);
    buf_add(&s->cells, &len, sizeof len);
    if (b.len > 0) buf_add_bytes(&s->cells, b);
}

/* '&' begins a command of the foot; two of them are one letter. */
void node_sheet_mark(struct node_sheet *s, const char *person, const char *stamp)
{
    struct bytes rest = bytes_str(person);
    struct buf b;
    buf_init(&b, NODE_SHEET_MARK_MAX);
    buf_add_str(&b, "&L");
    buf_add_str(&b, stamp);
    buf_add_str(&b, " ");
    while (rest.len > 0) {
        size_t n = 1;
        while (n < rest.len && (rest.p[n] & 0xc0) == 0x80)
            n++;
        if (b.len + 2 * n > NODE_SHEET_MARK_MAX) break;
        if (rest.p[0] == '&') buf_add_str(&b, "&");
        buf_add_bytes(&b, bytes_make(rest.p, n));
        rest = bytes_make(rest.p + n, rest.len - n);
    }
    if (b.e == ERR_OK) snprintf(s->foot, sizeof s->foot, "%s&R&P/&N", buf_cstr(&b));
    buf_free(&b);
}

void node_sheet_text(struct node_sheet *s, struct bytes text)
{
    sheet_cell(s, SHEET_TEXT, text);
}

void node_sheet_number(struct node_sheet *s, int64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%lld", (long long)v);
    sheet_cell(s, SHEET_NUMBER, bytes_make(text, (size_t)n));
}

void node_sheet_decimal(struct node_sheet *s, struct bytes text)
{
    sheet_cell(s, SHEET_DECIMAL, text);
}

void node_sheet_date(struct node_sheet *s, struct bytes iso)
{
    assert(iso.len == 10);
    sheet_cell(s, SHEET_DATE, iso);
}

void node_sheet_row(struct node_sheet *s)
{
    sheet_cell(s, SHEET_END, bytes_make("", 0));
    s->rows++;
}

size_t node_sheet_rows(const struct node_sheet *s)
{
    return s->rows;
}

enum err node_sheet_error(const struct node_sheet *s)
{
    return s->cells.e != ERR_OK ? s->cells.e : s->about.e;
}

/* The cell at *at; false at the end of all. */
static bool sheet_next(const struct node_sheet *s, size_t *at, enum sheet_tag *tag,
                       struct bytes *text)
{
    uint32_t len = 0;
    if (*at >= s->cells.len) return false;
    *tag = (enum sheet_tag)s->cells.p[*at];
    memcpy(&len, s->cells.p + *at + 1, sizeof len);
    *text = bytes_make(s->cells.p + *at + 1 + sizeof len, len);
    *at += 1 + sizeof len + len;
    return true;
}

/* ---- CSV ---- */

static enum err sheet_csv(const struct node_sheet *s, struct buf *out)
{
    struct csv_writer w;
    enum sheet_tag tag = SHEET_END;
    struct bytes text;
    csv_write_open(&w, out, CSV_PEOPLE, ',');
    for (size_t i = 0; i < s->columns; i++)
        csv_write_field(&w, bytes_str(s->headings[i]));
    csv_write_end(&w);
    for (size_t at = 0; sheet_next(s, &at, &tag, &text);) {
        if (tag == SHEET_END)
            csv_write_end(&w);
        else
            csv_write_field(&w, text);
    }
    return out->e;
}

/* ---- XLSX ---- */

/* ---- the workbook library, which many a PC never needs ---- */

/* X(name): as the library's own header declares it */
#define SHEET_LXW_LIST(X)                                                                          \
    X(workbook_new_opt)                                                                            \
    X(workbook_add_worksheet)                                                                      \
    X(workbook_add_format)                                                                         \
    X(workbook_close)                                                                              \
    X(worksheet_write_string)                                                                      \
    X(worksheet_write_number)                                                                      \
    X(worksheet_write_datetime)                                                                    \
    X(worksheet_autofilter)                                                                        \
    X(worksheet_set_column)                                                                        \
    X(worksheet_repeat_rows)                                                                       \
    X(worksheet_freeze_panes)                                                                      \
    X(worksheet_set_landscape)                                                                     \
    X(worksheet_set_paper)                                                                         \
    X(worksheet_fit_to_pages)                                                                      \
    X(worksheet_set_footer)                                                                        \
    X(format_set_num_format)                                                                       \
    X(format_set_align)                                                                            \
    X(format_set_bold)                                                                             \
    X(format_set_border)                                                                           \
    X(format_set_bg_color)

static struct sheet_lxw {
#define SHEET_LXW_X(name) __typeof__(&name) name;
    SHEET_LXW_LIST(SHEET_LXW_X)
#undef SHEET_LXW_X
} lxw;

static const struct late_symbol sheet_symbols[] = {
#define SHEET_LXW_X(name) {#name, &lxw.name},
    SHEET_LXW_LIST(SHEET_LXW_X)
#undef SHEET_LXW_X
};

static struct late_library sheet_library = {
    .soname = DONGBO_LIBXLSXWRITER,
    .symbols = sheet_symbols,
    .count = sizeof sheet_symbols / sizeof sheet_symbols[0],
};

struct sheet_book {
    lxw_workbook *book;
    lxw_format *head, *text, *number, *date;
    struct buf word; /* a cell's text with its end */
    lxw_error e;     /* first failure */
};

static void sheet_try(struct sheet_book *b, lxw_error e)
{
    if (b->e == LXW_NO_ERROR) b->e = e;
}

static lxw_format *sheet_style(struct sheet_book *b, const char *number)
{
    lxw_format *f = lxw.workbook_add_format(b->book);
    if (f == NULL) {
        sheet_try(b, LXW_ERROR_MEMORY_MALLOC_FAILED);
        return NULL;
    }
    if (number != NULL) lxw.format_set_num_format(f, number);
    lxw.format_set_align(f, LXW_ALIGN_VERTICAL_TOP);
    return f;
}

static const char *sheet_word(struct sheet_book *b, struct bytes text)
{
    buf_clear(&b->word);
    buf_add_bytes(&b->word, text);
    return buf_cstr(&b->word);
}

static void sheet_put(struct sheet_book *b, lxw_worksheet *s, lxw_row_t row, lxw_col_t column,
                      enum sheet_tag tag, struct bytes text)
{
    if (text.len == 0) return;
    const char *word = sheet_word(b, text);
    if (tag == SHEET_NUMBER || tag == SHEET_DECIMAL) {
        lxw_format *f = tag == SHEET_NUMBER ? b->number : b->text;
        sheet_try(b, lxw.worksheet_write_number(s, row, column, strtod(word, NULL), f));
    } else if (tag == SHEET_DATE) {
        lxw_datetime d = {.year = (int)strtol(word, NULL, 10),
                          .month = (int)strtol(word + 5, NULL, 10),
                          .day = (int)strtol(word + 8, NULL, 10)};
        if (d.year >= 1900) { /* before that a spreadsheet knows no dates */
            sheet_try(b, lxw.worksheet_write_datetime(s, row, column, &d, b->date));
        } else {
            char said[40];
            snprintf(said, sizeof said, "%02d/%02d/%04d", d.day, d.month, d.year);
            sheet_try(b, lxw.worksheet_write_string(s, row, column, said, b->text));
        }
    } else {
        sheet_try(b, lxw.worksheet_write_string(s, row, column, word, b->text));
    }
}

static void sheet_rows_put(const struct node_sheet *s, struct sheet_book *b, lxw_worksheet *w)
{
    enum sheet_tag tag = SHEET_END;
    struct bytes text;
    lxw_row_t row = 1;
    lxw_col_t column = 0;
    for (size_t i = 0; i < s->columns; i++)
        sheet_try(b, lxw.worksheet_write_string(w, 0, (lxw_col_t)i, s->headings[i], b->head));
    for (size_t at = 0; b->e == LXW_NO_ERROR && sheet_next(s, &at, &tag, &text);) {
        if (tag != SHEET_END) {
            sheet_put(b, w, row, column++, tag, text);
        } else {
            row++;
            column = 0;
        }
    }
    lxw_col_t last = (lxw_col_t)(s->columns - 1);
    sheet_try(b, lxw.worksheet_autofilter(w, 0, 0, row > 1 ? row - 1 : 1, last));
    sheet_try(b, lxw.worksheet_set_column(w, 0, last, 22, NULL));
    sheet_try(b, lxw.worksheet_repeat_rows(w, 0, 0));
    lxw.worksheet_freeze_panes(w, 1, 1);
    lxw.worksheet_set_landscape(w);
    lxw.worksheet_set_paper(w, 9); /* A4 */
    lxw.worksheet_fit_to_pages(w, 1, 0);
    sheet_try(b, lxw.worksheet_set_footer(w, s->foot));
}

static void sheet_about_put(const struct node_sheet *s, struct sheet_book *b, lxw_worksheet *w)
{
    lxw_row_t row = 0;
    lxw_col_t column = 0;
    for (size_t at = 0; at < s->about.len;) {
        const char *text = (const char *)s->about.p + at;
        at += strlen(text) + 1;
        sheet_try(
            b, lxw.worksheet_write_string(w, row, column, text, column == 0 ? b->head : b->text));
        row += column;
        column = column == 0;
    }
    sheet_try(b, lxw.worksheet_set_column(w, 0, 1, 40, NULL));
}

static enum err sheet_book_write(const struct node_sheet *s, const char *folder, const char *path)
{
    struct sheet_book b = {.e = LXW_NO_ERROR};
    /* `tmpdir` is read only; the library has no const there. */
    lxw_workbook_options o = {.constant_memory = LXW_TRUE, .tmpdir = (char *)(uintptr_t)folder};
    b.book = lxw.workbook_new_opt(path, &o);
    if (b.book == NULL) return ERR_NOMEM;
    buf_init(&b.word, 64 * 1024);
    b.head = sheet_style(&b, NULL);
    b.text = sheet_style(&b, NULL);
    b.number = sheet_style(&b, "#,##0");
    b.date = sheet_style(&b, "dd/mm/yyyy");
    lxw_worksheet *list = lxw.workbook_add_worksheet(b.book, "Danh sách");
    lxw_worksheet *about = lxw.workbook_add_worksheet(b.book, "Nguồn");
    if (list == NULL || about == NULL) sheet_try(&b, LXW_ERROR_MEMORY_MALLOC_FAILED);
    if (b.e == LXW_NO_ERROR) {
        lxw.format_set_bold(b.head);
        lxw.format_set_border(b.head, LXW_BORDER_THIN);
        lxw.format_set_bg_color(b.head, 0xE7F0ED);
        sheet_rows_put(s, &b, list);
        sheet_about_put(s, &b, about);
    }
    sheet_try(&b, lxw.workbook_close(b.book)); /* frees the book in any case */
    if (b.word.e != ERR_OK) b.e = LXW_ERROR_MEMORY_MALLOC_FAILED;
    buf_free(&b.word);
    if (b.e == LXW_NO_ERROR) return ERR_OK;
    return b.e == LXW_ERROR_MEMORY_MALLOC_FAILED ? ERR_NOMEM : ERR_IO;
}

static enum err sheet_xlsx(const struct node_sheet *s, const char *folder, struct buf *out)
{
    char name[40], path[FILE_PATH_BYTES_MAX];
    snprintf(name, sizeof name, "list-%08x.xlsx", (unsigned)randombytes_random());
    enum err e = late_load(&sheet_library);
    if (e == ERR_OK) e = file_join(folder, name, path, sizeof path);
    if (e == ERR_OK) e = file_create_empty(path); /* with rights for its owner only */
    if (e != ERR_OK) return e;
    e = sheet_book_write(s, folder, path);
    if (e == ERR_OK) e = file_read(path, NODE_SHEET_FILE_MAX, out);
    enum err removed = file_remove(path);
    return e != ERR_OK ? e : removed;
}

enum err node_sheet_write(const struct node_sheet *s, const char *folder, struct buf *out)
{
    assert(s->columns > 0);
    enum err e = node_sheet_error(s);
    if (e != ERR_OK) return e;
    return s->format == NODE_SHEET_CSV ? sheet_csv(s, out) : sheet_xlsx(s, folder, out);
}
