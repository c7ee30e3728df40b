#include "common/io/xlsx_priv.h"

#include "common/date.h"
#include "common/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XLSX_DAYS_1900 25569 /* serial of 1970-01-01 in the 1900 system */
#define XLSX_DAYS_1904 24107 /* and in the 1904 system */

static bool xlsx_true(const char *s)
{
    return s != NULL && (strcmp(s, "1") == 0 || strcmp(s, "true") == 0);
}

static void XMLCALL xlsx_no_end(void *ctx, const XML_Char *name)
{
    (void)ctx;
    (void)name;
}

/* ---- workbook, styles, texts ---- */

static void xlsx_name(struct xlsx_sheets *s, const char *name)
{
    struct bytes text = text_truncate(bytes_str(name != NULL ? name : ""), XLSX_SHEET_ROOM - 1);
    if (s->count == XLSX_SHEETS_MAX) return;
    if (text.len > 0) memcpy(s->names[s->count], text.p, text.len);
    s->names[s->count++][text.len] = '\0';
}

static void XMLCALL xlsx_workbook(void *ctx, const XML_Char *name, const XML_Char **attrs)
{
    struct xlsx *x = ctx;
    const char *what = xlsx_local(name);
    if (strcmp(what, "workbookPr") == 0) x->days_1904 = xlsx_true(xlsx_attr(attrs, "date1904"));
    if (strcmp(what, "sheet") != 0) return;
    const char *state = xlsx_attr(attrs, "state"), *id = xlsx_attr(attrs, "id");
    if (id == NULL || (state != NULL && strcmp(state, "visible") != 0)) return;
    if (x->sheets != NULL) xlsx_name(x->sheets, xlsx_attr(attrs, "name"));
    if (++x->visible == x->sheet) snprintf(x->sheet_rel, sizeof x->sheet_rel, "%s", id);
}

static void XMLCALL xlsx_rels(void *ctx, const XML_Char *name, const XML_Char **attrs)
{
    struct xlsx *x = ctx;
    const char *id = xlsx_attr(attrs, "Id"), *target = xlsx_attr(attrs, "Target");
    if (strcmp(xlsx_local(name), "Relationship") != 0 || id == NULL || target == NULL) return;
    if (strcmp(id, x->sheet_rel) != 0) return;
    bool whole = target[0] == '/';
    snprintf(x->sheet_path, sizeof x->sheet_path, "%s%s", whole ? "" : "xl/",
             whole ? target + 1 : target);
}

/* A code that shows a day or a year: not in quotes, brackets, nor behind a backslash. */
static bool xlsx_code_is_date(const char *code)
{
    bool quoted = false, bracket = false;
    for (const char *s = code; *s != '\0'; s++) {
        if (*s == '"') quoted = !quoted;
        if (*s == '[') bracket = true;
        if (*s == ']') bracket = false;
        if (*s == '\\' && s[1] != '\0')
            s++;
        else if (!quoted && !bracket && strchr("dDyY", *s) != NULL)
            return true;
    }
    return false;
}

static bool xlsx_format_is_date(const struct xlsx *x, long id)
{
    for (size_t i = 0; i < x->format_count; i++)
        if (x->formats[i].id == id) return x->formats[i].date;
    return (id >= 14 && id <= 17) || id == 22 || (id >= 27 && id <= 36) || (id >= 50 && id <= 58);
}

static void xlsx_style(struct xlsx *x, const XML_Char **attrs)
{
    const char *id = xlsx_attr(attrs, "numFmtId");
    if (x->style_count == XLSX_STYLES_MAX) {
        (void)xlsx_say(x, ERR_TOO_LARGE, "Tệp Excel có quá nhiều kiểu ô.",
                       "The workbook has too many cell formats.");
        return;
    }
    if (x->date_style == NULL) x->date_style = calloc(XLSX_STYLES_MAX, 1);
    if (x->date_style == NULL) {
        xlsx_memory(x);
        return;
    }
    x->date_style[x->style_count++] = id != NULL && xlsx_format_is_date(x, strtol(id, NULL, 10));
}

static void XMLCALL xlsx_styles(void *ctx, const XML_Char *name, const XML_Char **attrs)
{
    struct xlsx *x = ctx;
    const char *what = xlsx_local(name);
    if (strcmp(what, "cellXfs") == 0) x->in_cell_formats = true;
    if (strcmp(what, "xf") == 0 && x->in_cell_formats) xlsx_style(x, attrs);
    if (strcmp(what, "numFmt") != 0 || x->format_count == XLSX_FORMATS_MAX) return;
    const char *id = xlsx_attr(attrs, "numFmtId"), *code = xlsx_attr(attrs, "formatCode");
    if (id == NULL || code == NULL) return;
    x->formats[x->format_count++] =
        (struct xlsx_format){strtol(id, NULL, 10), xlsx_code_is_date(code)};
}

static void XMLCALL xlsx_styles_end(void *ctx, const XML_Char *name)
{
    struct xlsx *x = ctx;
    if (strcmp(xlsx_local(name), "cellXfs") == 0) x->in_cell_formats = false;
}

static void XMLCALL xlsx_texts(void *ctx, const XML_Char *name, const XML_Char **attrs)
{
    struct xlsx *x = ctx;
    const char *what = xlsx_local(name);
    (void)attrs;
    if (strcmp(what, "rPh") == 0) x->in_phonetic = true;
    if (strcmp(what, "t") == 0) x->in_text = !x->in_phonetic;
}

static void XMLCALL xlsx_texts_end(void *ctx, const XML_Char *name)
{
    struct xlsx *x = ctx;
    const char *what = xlsx_local(name);
    if (strcmp(what, "rPh") == 0) x->in_phonetic = false;
    if (strcmp(what, "t") == 0) x->in_text = false;
    if (strcmp(what, "si") != 0) return;
    if (x->text_count == x->text_room) {
        size_t room = x->text_room == 0 ? 1024 : 2 * x->text_room;
        size_t *more = realloc(x->text_end, room * sizeof *more);
        if (more == NULL) {
            xlsx_memory(x);
            return;
        }
        x->text_end = more;
        x->text_room = room;
    }
    x->text_end[x->text_count++] = x->texts.len;
}

static void XMLCALL xlsx_texts_data(void *ctx, const XML_Char *s, int len)
{
    struct xlsx *x = ctx;
    if (!x->in_text) return;
    buf_add(&x->texts, s, (size_t)len);
    if (x->texts.e == ERR_NOMEM) xlsx_memory(x);
    if (x->texts.e == ERR_TOO_LARGE)
        (void)xlsx_say(x, ERR_TOO_LARGE, "Tệp Excel có hơn 64 MiB chữ: hãy tách thành nhiều tệp.",
                       "The workbook has over 64 MiB of text: cut it into several.");
}

/* ---- the sheet ---- */

static void xlsx_out_check(struct xlsx *x)
{
    if (x->out->e == ERR_NOMEM) xlsx_memory(x);
    if (x->out->e == ERR_TOO_LARGE)
        (void)xlsx_say(x, ERR_TOO_LARGE, "Trang tính quá lớn: hãy tách thành nhiều tệp.",
                       "The sheet is too large: cut it into several.");
}

/* End the line being written; all have as many cells as the first that has any: the heading. */
static void xlsx_line_end(struct xlsx *x)
{
    if (x->width == 0) x->width = x->cells;
    for (; x->cells > 0 && x->cells < x->width; x->cells++)
        csv_write_field(&x->csv, bytes_make(NULL, 0));
    if (x->cells > 0)
        csv_write_end(&x->csv);
    else
        buf_add_u8(x->out, '\n');
    x->cells = 0;
    x->line++;
}

/* End lines until `row` is the one being written. */
static void xlsx_lines_to(struct xlsx *x, uint32_t row)
{
    while (x->line < row)
        xlsx_line_end(x);
    xlsx_out_check(x);
}

static void xlsx_row(struct xlsx *x, const char *r)
{
    unsigned long row = r != NULL ? strtoul(r, NULL, 10) : (unsigned long)x->row + 1;
    if (row <= x->row || row > UINT32_MAX) {
        (void)xlsx_broken(x);
        return;
    }
    x->row = (uint32_t)row;
    x->column = 0;
}

/* "AB12": the letters are the column. */
static uint32_t xlsx_column(const char *r, uint32_t last)
{
    uint32_t column = 0;
    if (r == NULL) return last + 1;
    for (; *r >= 'A' && *r <= 'Z' && column < UINT32_MAX / 32; r++)
        column = 26 * column + (uint32_t)(*r - 'A' + 1);
    return column;
}

static void xlsx_cell_start(struct xlsx *x, const XML_Char **attrs)
{
    const char *type = xlsx_attr(attrs, "t"), *style = xlsx_attr(attrs, "s");
    uint32_t column = xlsx_column(xlsx_attr(attrs, "r"), x->column);
    if (x->row == 0 || column <= x->column) {
        (void)xlsx_broken(x);
        return;
    }
    x->column = column;
    snprintf(x->type, sizeof x->type, "%s", type != NULL ? type : "n");
    x->style = style != NULL ? strtoul(style, NULL, 10) : 0;
    buf_clear(&x->cell);
}

static void XMLCALL xlsx_sheet(void *ctx, const XML_Char *name, const XML_Char **attrs)
{
    struct xlsx *x = ctx;
    const char *what = xlsx_local(name);
    if (strcmp(what, "row") == 0) xlsx_row(x, xlsx_attr(attrs, "r"));
    if (strcmp(what, "c") == 0) xlsx_cell_start(x, attrs);
    if (strcmp(what, "v") == 0) x->in_value = true;
    if (strcmp(what, "rPh") == 0) x->in_phonetic = true;
    if (strcmp(what, "t") == 0) x->in_value = !x->in_phonetic;
}

static void XMLCALL xlsx_sheet_data(void *ctx, const XML_Char *s, int len)
{
    struct xlsx *x = ctx;
    if (!x->in_value) return;
    buf_add(&x->cell, s, (size_t)len);
    if (x->cell.e == ERR_NOMEM) xlsx_memory(x);
    if (x->cell.e == ERR_TOO_LARGE)
        (void)xlsx_say(x, ERR_TOO_LARGE, "Có ô dài quá 4096 byte.", "A cell is over 4,096 bytes.");
}

/* A serial as dd/mm/yyyy; false: it is no day within the limits. */
static bool xlsx_day(const struct xlsx *x, double serial, char *out, size_t size)
{
    struct date d;
    char text[DATE_TEXT_ROOM];
    double days = floor(serial) - (x->days_1904 ? XLSX_DAYS_1904 : XLSX_DAYS_1900);
    if (!(days > -40000 && days < 120000)) return false;
    /* The 1900 system has a 29 February 1900: days before it are one too low. */
    if (!x->days_1904 && serial < 60) days += 1;
    if (date_from_days((int32_t)days, &d) != ERR_OK) return false;
    date_print_vi(d, text);
    snprintf(out, size, "%s", text);
    return true;
}

static void xlsx_number(struct xlsx *x)
{
    char text[64], *end = NULL;
    const char *raw = buf_cstr(&x->cell);
    double v = strtod(raw, &end);
    if (end == raw || *end != '\0' || !isfinite(v)) return; /* as it is: its field refuses it */
    bool date = x->style < x->style_count && x->date_style[x->style] != 0;
    if (!date || !xlsx_day(x, v, text, sizeof text)) {
        bool whole = v == floor(v) && fabs(v) < 1e15;
        snprintf(text, sizeof text, whole ? "%.0f" : "%.15g", v);
        for (char *s = text; !whole && *s != '\0'; s++)
            if (*s == '.') *s = ',';
    }
    buf_clear(&x->cell);
    buf_add_str(&x->cell, text);
}

static void xlsx_shared(struct xlsx *x)
{
    char *end = NULL;
    const char *raw = buf_cstr(&x->cell);
    unsigned long i = strtoul(raw, &end, 10);
    if (end == raw || *end != '\0' || i >= x->text_count) {
        (void)xlsx_broken(x);
        return;
    }
    size_t from = i == 0 ? 0 : x->text_end[i - 1], len = x->text_end[i] - from;
    buf_clear(&x->cell);
    if (len > 0) buf_add(&x->cell, x->texts.p + from, len);
    if (x->cell.e == ERR_TOO_LARGE)
        (void)xlsx_say(x, ERR_TOO_LARGE, "Có ô dài quá 4096 byte.", "A cell is over 4,096 bytes.");
}

static void xlsx_cell_write(struct xlsx *x)
{
    if (x->row < x->first_row || x->cell.len == 0) return;
    if (x->row > XLSX_ROWS_MAX || x->column > XLSX_COLUMNS_MAX) {
        (void)xlsx_say(x, ERR_TOO_LARGE,
                       "Trang tính có quá 100.000 dòng hoặc 256 cột: hãy tách thành nhiều tệp.",
                       "The sheet has over 100,000 rows or 256 columns: cut it into several.");
        return;
    }
    for (size_t i = 0; i < x->cell.len; i++)
        if (x->cell.p[i] < ' ') x->cell.p[i] = ' ';
    xlsx_lines_to(x, x->row);
    for (; x->cells + 1 < x->column; x->cells++)
        csv_write_field(&x->csv, bytes_make(NULL, 0));
    csv_write_field(&x->csv, buf_bytes(&x->cell));
    x->cells++;
    xlsx_out_check(x);
}

static void XMLCALL xlsx_sheet_end(void *ctx, const XML_Char *name)
{
    struct xlsx *x = ctx;
    const char *what = xlsx_local(name);
    if (strcmp(what, "rPh") == 0) x->in_phonetic = false;
    if (strcmp(what, "v") == 0 || strcmp(what, "t") == 0) x->in_value = false;
    if (strcmp(what, "c") != 0 || x->e != ERR_OK || x->cell.e != ERR_OK) return;
    if (x->cell.len > 0 && strcmp(x->type, "s") == 0) xlsx_shared(x);
    if (x->cell.len > 0 && strcmp(x->type, "n") == 0) xlsx_number(x);
    if (x->e == ERR_OK) xlsx_cell_write(x);
}

/* ---- the whole ---- */

static enum err xlsx_parts(struct xlsx *x)
{
    enum err e = xlsx_part(x, "xl/workbook.xml", xlsx_workbook, xlsx_no_end, NULL);
    if (e == ERR_OK && x->visible == 0) return xlsx_broken(x);
    if (e == ERR_OK && x->sheets != NULL) return ERR_OK;
    if (e == ERR_OK && x->sheet_rel[0] == '\0')
        return xlsx_say(x, ERR_BAD_INPUT, "Tệp Excel không có trang tính thứ này.",
                        "The workbook has no sheet of this number.");
    if (e == ERR_OK) e = xlsx_part(x, "xl/_rels/workbook.xml.rels", xlsx_rels, xlsx_no_end, NULL);
    if (e != ERR_OK) return e;
    e = xlsx_part(x, "xl/styles.xml", xlsx_styles, xlsx_styles_end, NULL);
    if (e == ERR_OK || e == ERR_NOT_FOUND)
        e = xlsx_part(x, "xl/sharedStrings.xml", xlsx_texts, xlsx_texts_end, xlsx_texts_data);
    if (e == ERR_OK || e == ERR_NOT_FOUND)
        e = xlsx_part(x, x->sheet_path, xlsx_sheet, xlsx_sheet_end, xlsx_sheet_data);
    return e;
}

static enum err xlsx_run(struct xlsx *x)
{
    buf_init(&x->texts, XLSX_TEXT_BYTES_MAX);
    buf_init(&x->cell, XLSX_CELL_BYTES_MAX);
    enum err e = xlsx_zip_open(x);
    if (e == ERR_OK) e = xlsx_parts(x);
    if (e == ERR_NOT_FOUND) e = xlsx_broken(x);
    if (e == ERR_OK && x->cells > 0) xlsx_line_end(x);
    if (e == ERR_OK && x->out != NULL) xlsx_out_check(x);
    if (e == ERR_OK) e = x->e;
    if (x->zip != NULL) (void)unzClose(x->zip);
    buf_free(&x->texts);
    buf_free(&x->cell);
    free(x->text_end);
    free(x->date_style);
    return e;
}

enum err xlsx_read_sheets(struct bytes file, struct xlsx_sheets *out, struct xlsx_why *why)
{
    *out = (struct xlsx_sheets){.count = 0};
    struct xlsx *x = calloc(1, sizeof *x);
    if (x == NULL) return ERR_NOMEM;
    x->file = file;
    x->sheets = out;
    x->why = why;
    enum err e = xlsx_run(x);
    free(x);
    if (e != ERR_OK) *out = (struct xlsx_sheets){.count = 0};
    return e;
}

enum err xlsx_read_csv(struct bytes file, uint32_t sheet, uint32_t first_row, struct buf *out,
                       struct xlsx_why *why)
{
    struct xlsx *x = calloc(1, sizeof *x);
    if (x == NULL) return ERR_NOMEM;
    x->file = file;
    x->sheet = sheet;
    x->first_row = first_row;
    x->out = out;
    x->why = why;
    x->line = 1;
    csv_write_open(&x->csv, out, CSV_MACHINE, ',');
    enum err e = xlsx_run(x);
    free(x);
    return e;
}
