#include "common/io/import_file.h"

#include "common/io/file.h"
#include "common/io/office_read.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHEET_MAP_BYTES_MAX = 8192,
    SHEET_PIECE_BYTES =
        256 * 1024, /* of a streamed file; the first one is looked at for its font */
};

/* ---- the file ---- */

static bool sheet_is_workbook(const char *file)
{
    size_t n = strlen(file);
    return n >= 5 && (strcmp(file + n - 5, ".xlsx") == 0 || strcmp(file + n - 5, ".XLSX") == 0);
}

/* Said to be right as it is. */
static bool sheet_unicode(const struct cli *c)
{
    const char *named = cli_opt(c, "text");
    return named != NULL && strcmp(named, legacy_text_name(LEGACY_UNICODE)) == 0;
}

bool import_file_whole(const struct cli *c, const char *file)
{
    return sheet_is_workbook(file) || (cli_has(c, "text") && !sheet_unicode(c));
}

enum err import_file_options(struct cli *c, const char *file, bool ndjson)
{
    if (!ndjson && !cli_has(c, "type"))
        return cli_fail(c, ERR_USAGE, "Nhập CSV cần --type LOẠI.",
                        "Importing CSV needs --type TYPE.");
    if (cli_has(c, "sheet") && (ndjson || !sheet_is_workbook(file)))
        return cli_fail(c, ERR_USAGE, "--sheet chỉ dùng với .xlsx: tệp này không có trang tính.",
                        "--sheet is for .xlsx only: this file has no sheets.");
    if (cli_has(c, "header") && ndjson)
        return cli_fail(c, ERR_USAGE, "--header không dùng với NDJSON: tệp không có dòng tiêu đề.",
                        "--header is not for NDJSON: it has no row of names.");
    return ERR_OK;
}

/* A number from 1: the row of the names, or the sheet. */
static enum err sheet_number(struct cli *c, const char *opt, uint32_t most, uint32_t *out)
{
    const char *s = cli_opt(c, opt);
    char *end = NULL;
    unsigned long n = s != NULL ? strtoul(s, &end, 10) : 1;
    if (s != NULL && (*s < '0' || *s > '9' || *end != '\0' || n == 0 || n > most))
        return cli_fail(c, ERR_USAGE,
                        "--header là số thứ tự của dòng tiêu đề, --sheet là của trang tính, từ 1.",
                        "--header is the number of the row with the names, --sheet that of the "
                        "sheet, from 1.");
    *out = (uint32_t)n;
    return ERR_OK;
}

static enum err sheet_text(struct cli *c, struct bytes file, bool book, struct buf *csv)
{
    struct xlsx_why why = {.vi = ""};
    uint32_t row = 1, sheet = 1;
    enum err e = sheet_number(c, "header", XLSX_ROWS_MAX, &row);
    if (e == ERR_OK) e = sheet_number(c, "sheet", UINT16_MAX, &sheet);
    if (e != ERR_OK) return e;
    e = office_read_text(file, book, sheet, row, csv, NULL, &why);
    return e != ERR_OK && why.vi[0] != '\0' ? cli_fail(c, e, why.vi, why.en) : e;
}

/* What text in an old font is asked, before anything is taken. */
static enum err sheet_ask(struct cli *c, enum legacy_text guess)
{
    bool tcvn3 = guess == LEGACY_TCVN3;
    if (guess == LEGACY_UNICODE) return ERR_OK;
    return cli_fail(c, ERR_BAD_INPUT,
                    tcvn3 ? "Chữ trong tệp có vẻ là phông TCVN3 (.VnTime): chưa nhập gì. Hãy chạy "
                            "lại với --text tcvn3 "
                            "(hoặc --text unicode nếu chữ đã đúng)."
                          : "Chữ trong tệp có vẻ là phông VNI: chưa nhập gì. Hãy chạy lại với "
                            "--text vni (hoặc --text "
                            "unicode nếu chữ đã đúng).",
                    tcvn3 ? "The text looks like TCVN3 (.VnTime): nothing imported. Run again with "
                            "--text tcvn3 (or "
                            "--text unicode if it is right as it is)."
                          : "The text looks like VNI: nothing imported. Run again with --text vni "
                            "(or --text unicode if "
                            "it is right as it is).");
}

/* What the person says the text is, or, unsaid, a question when it looks like an old font. */
static enum err sheet_kind(struct cli *c, struct bytes text, enum legacy_text *kind)
{
    const char *named = cli_opt(c, "text");
    *kind = LEGACY_UNICODE;
    if (named != NULL && !legacy_text_named(named, kind))
        return cli_fail(c, ERR_USAGE, "--text là unicode, tcvn3 hoặc vni.",
                        "--text is unicode, tcvn3 or vni.");
    return named != NULL ? ERR_OK : sheet_ask(c, legacy_text_guess(text));
}

enum err import_file_read(struct cli *c, const char *file, struct buf *csv)
{
    struct buf whole, text;
    enum legacy_text kind = LEGACY_UNICODE;
    buf_init(&whole, XLSX_FILE_BYTES_MAX);
    buf_init(&text, IMPORT_FILE_TEXT_MAX);
    enum err e = file_read(file, XLSX_FILE_BYTES_MAX, &whole);
    if (e == ERR_NOT_FOUND)
        e = cli_fail(c, e, "Không mở được tệp này; chưa nhập gì.",
                     "The file cannot be opened; nothing was imported.");
    else if (e == ERR_TOO_LARGE)
        e = cli_fail(c, e, "Tệp lớn hơn 32 MiB: hãy tách thành nhiều tệp. Chưa nhập gì.",
                     "The file is over 32 MiB: cut it into several. Nothing was imported.");
    else if (e == ERR_OK)
        e = sheet_text(c, buf_bytes(&whole), sheet_is_workbook(file), &text);
    if (e == ERR_OK) e = sheet_kind(c, buf_bytes(&text), &kind);
    if (e == ERR_OK) e = office_read_decode(kind, buf_bytes(&text), csv);
    buf_free(&whole);
    buf_free(&text);
    return e;
}

/* ---- CSV in pieces ---- */

/* Two bytes a letter: a mark says so, or the other half of the first letter. */
static bool sheet_is_utf16(struct bytes head)
{
    return head.len >= 2 &&
           (memcmp(head.p, "\xFF\xFE", 2) == 0 || memcmp(head.p, "\xFE\xFF", 2) == 0 ||
            head.p[0] == 0 || head.p[1] == 0);
}

/* Whole lines of `head`, each as UTF-8: bytes of an old code page as the letters that an old font draws. One bad line
 * leaves the others what they are. */
static enum err sheet_lines(struct bytes head, bool ends, struct buf *text)
{
    enum err e = ERR_OK;
    while (head.len > 0 && e == ERR_OK) {
        const uint8_t *end = memchr(head.p, '\n', head.len);
        size_t n = end != NULL ? (size_t)(end - head.p) + 1 : head.len;
        struct bytes line = bytes_make(head.p, n);
        if (end == NULL && !ends) break; /* cut off within */
        if (text_utf8_prefix(line) == n)
            buf_add_bytes(text, line);
        else
            e = legacy_text_bytes(line, text);
        head = bytes_make(head.p + n, head.len - n);
    }
    return e == ERR_OK ? text->e : e;
}

static enum err sheet_look(struct cli *c, struct bytes head, bool ends)
{
    struct buf text;
    if (sheet_is_utf16(head))
        return cli_fail(c, ERR_BAD_INPUT,
                        "Tệp ghi bằng UTF-16 (Excel: \"Unicode Text\"): chưa nhập gì. Hãy lưu lại "
                        "thành .xlsx hoặc CSV UTF-8.",
                        "The file is UTF-16 (Excel: \"Unicode Text\"): nothing imported. Save it "
                        "as .xlsx or as CSV UTF-8.");
    if (head.len >= 3 && memcmp(head.p, "\xEF\xBB\xBF", 3) == 0)
        head = bytes_make(head.p + 3, head.len - 3); /* a letter that only Unicode has */
    buf_init(&text, 2 * SHEET_PIECE_BYTES);
    enum err e = sheet_lines(head, ends, &text);
    if (e == ERR_OK) e = sheet_ask(c, legacy_text_guess(buf_bytes(&text)));
    buf_free(&text);
    return e;
}

/* A file of an office program under another name: its bytes say so, whatever it is called. */
static enum err sheet_office(struct cli *c, struct bytes head)
{
    bool zip = head.p[0] == 'P';
    return cli_fail(c, ERR_BAD_INPUT,
                    zip ? "Tệp này là .xlsx, .ods, .docx hoặc tệp nén, không phải CSV: chưa nhập "
                          "gì. Hãy mở bằng Excel, lưu lại thành .xlsx."
                        : "Tệp này là Excel đời cũ (.xls) hoặc có mật khẩu, không phải CSV: chưa "
                          "nhập gì. Hãy mở bằng Excel, lưu lại thành .xlsx không mật khẩu.",
                    zip ? "The file is an .xlsx, .ods, .docx or another zip, no CSV: nothing "
                          "imported. Open it in a spreadsheet and save it as .xlsx."
                        : "The file is an old Excel file (.xls) or has a password, no CSV: nothing "
                          "imported. Open it in Excel and save it as .xlsx without password.");
}

enum err import_file_open(struct cli *c, FILE *f, struct import_file *t)
{
    uint32_t row = 1;
    *t = (struct import_file){.f = f};
    enum err e = sheet_number(c, "header", XLSX_ROWS_MAX, &row);
    if (e != ERR_OK) return e;
    t->above = row - 1;
    t->p = malloc(SHEET_PIECE_BYTES);
    if (t->p == NULL) return ERR_NOMEM;
    t->len = fread(t->p, 1, SHEET_PIECE_BYTES, f);
    if (office_read_is_book(bytes_make(t->p, t->len)))
        return sheet_office(c, bytes_make(t->p, t->len));
    if (sheet_unicode(c)) return ERR_OK;
    return sheet_look(c, bytes_make(t->p, t->len), t->len < SHEET_PIECE_BYTES);
}

/* Take the lines above the names out of the piece, but for their ends: lines keep their numbers. */
static struct bytes sheet_below(struct import_file *t)
{
    size_t at = 0, ends = 0;
    while (t->above > 0 && at < t->len) {
        const uint8_t *end = memchr(t->p + at, '\n', t->len - at);
        at = end != NULL ? (size_t)(end - t->p) + 1 : t->len;
        ends += end != NULL;
        t->above -= end != NULL;
    }
    memset(t->p + at - ends, '\n', ends);
    return bytes_make(t->p + at - ends, t->len - at + ends);
}

enum err import_file_piece(struct import_file *t, struct bytes *piece)
{
    do {
        if (t->len == 0) t->len = fread(t->p, 1, SHEET_PIECE_BYTES, t->f);
        if (t->len == 0) return ferror(t->f) ? ERR_IO : ERR_NOT_FOUND;
        *piece = sheet_below(t);
        t->len = 0;
    } while (piece->len == 0);
    return ERR_OK;
}

void import_file_close(struct import_file *t)
{
    free(t->p);
    t->p = NULL;
}

/* ---- columns ---- */

static bool sheet_same(const char *a, const char *b)
{
    struct buf fa, fb;
    buf_init(&fa, TEXT_BYTES_MAX);
    buf_init(&fb, TEXT_BYTES_MAX);
    bool same = text_fold(bytes_str(a), TEXT_BYTES_MAX, &fa) == ERR_OK &&
                text_fold(bytes_str(b), TEXT_BYTES_MAX, &fb) == ERR_OK &&
                bytes_equal(buf_bytes(&fa), buf_bytes(&fb));
    buf_free(&fa);
    buf_free(&fb);
    return same;
}

static const char *sheet_text_of(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s != NULL ? s : "";
}

/* As offices write it: case, marks, signs and what stands in brackets say nothing. */
static bool sheet_bare(const char *s, size_t len, struct buf *out)
{
    struct buf folded;
    bool bracket = false;
    buf_init(&folded, TEXT_BYTES_MAX);
    buf_clear(out);
    enum err e = text_fold(bytes_make(s, len), TEXT_BYTES_MAX, &folded);
    for (size_t i = 0; e == ERR_OK && i < folded.len; i++) {
        uint8_t c = folded.p[i];
        if (c == '(' || c == ')') bracket = c == '(';
        bool word = !bracket && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80);
        if (word)
            buf_add_u8(out, c);
        else if (out->len > 0 && out->p[out->len - 1] != ' ')
            buf_add_u8(out, ' ');
    }
    if (out->len > 0 && out->p[out->len - 1] == ' ') out->len--;
    buf_free(&folded);
    return e == ERR_OK && out->e == ERR_OK && out->len > 0;
}

/* Is it one of the headings, which stand with ";" between them? */
static bool sheet_headed(const char *headings, struct bytes bare)
{
    struct buf one;
    bool found = false;
    buf_init(&one, TEXT_BYTES_MAX);
    while (!found && *headings != '\0') {
        size_t n = strcspn(headings, ";");
        found = sheet_bare(headings, n, &one) && bytes_equal(buf_bytes(&one), bare);
        headings += headings[n] == ';' ? n + 1 : n;
    }
    buf_free(&one);
    return found;
}

/* What offices call a field: its labels, and the catalogue's list `import_heading`. */
static bool sheet_called(const json_t *f, const json_t *list, struct bytes bare)
{
    bool found =
        sheet_headed(sheet_text_of(f, "vi"), bare) || sheet_headed(sheet_text_of(f, "en"), bare);
    for (size_t i = 0; i < json_array_size(list) && !found; i++) {
        const json_t *c = json_array_get(list, i);
        found = strcmp(sheet_text_of(c, "value"), sheet_text_of(f, "name")) == 0 &&
                sheet_headed(sheet_text_of(c, "vi"), bare);
    }
    return found;
}

/* The name of the one field that the column means; NULL: none, or several. */
static const char *sheet_field(const json_t *fields, const json_t *list, const char *column)
{
    struct buf bare;
    const char *label = NULL, *called = NULL;
    size_t labels = 0, calls = 0;
    buf_init(&bare, TEXT_BYTES_MAX);
    bool words = sheet_bare(column, strlen(column), &bare);
    for (size_t i = 0; i < json_array_size(fields); i++) {
        const json_t *f = json_array_get(fields, i);
        const char *name = sheet_text_of(f, "name");
        if (strcmp(name, column) == 0) {
            buf_free(&bare);
            return name;
        }
        if (sheet_same(sheet_text_of(f, "vi"), column) ||
            sheet_same(sheet_text_of(f, "en"), column)) {
            label = name;
            labels++;
        }
        if (words && sheet_called(f, list, buf_bytes(&bare))) {
            called = name;
            calls++;
        }
    }
    buf_free(&bare);
    if (labels == 1) return label;
    return labels == 0 && calls == 1 ? called : NULL;
}

static enum err sheet_unknown(struct cli *c, const char *column)
{
    char vi[400], en[400];
    snprintf(vi, sizeof vi,
             "%.63s: dòng tiêu đề có cột mà loại hồ sơ này không có; chưa nhập dòng nào. Hãy cho "
             "biết cột là trường nào, hoặc bỏ cột: --map \"CỘT=trường\", --map \"CỘT=\".",
             column);
    snprintf(en, sizeof en,
             "%.63s: the header has a column that the type does not have; nothing was imported. "
             "Say which field it is, or leave it out: --map \"COLUMN=field\", --map \"COLUMN=\".",
             column);
    return cli_fail(c, ERR_BAD_INPUT, vi, en);
}

/* Names, or labels, of fields as their names. */
static enum err sheet_by_label(struct cli *c, const json_t *catalogue, const char *type,
                               json_t *columns)
{
    const json_t *types = json_object_get(catalogue, "types"), *fields = NULL;
    const json_t *list = json_object_get(json_object_get(catalogue, "choices"), "import_heading");
    for (size_t i = 0; i < json_array_size(types); i++) {
        const json_t *j = json_array_get(types, i);
        if (strcmp(sheet_text_of(j, "name"), type) == 0) fields = json_object_get(j, "fields");
    }
    if (fields == NULL)
        return cli_fail(c, ERR_BAD_INPUT,
                        "Không có loại hồ sơ này trong danh mục (--type); chưa nhập gì.",
                        "The catalogue has no such record type (--type); nothing was imported.");
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const char *column = json_string_value(json_array_get(columns, i));
        if (strcmp(column, "id") == 0 || column[0] == '\0') continue;
        const char *name = sheet_field(fields, list, column);
        if (name == NULL) return sheet_unknown(c, column);
        if (json_array_set_new(columns, i, json_string(name)) != 0) return ERR_NOMEM;
    }
    return ERR_OK;
}

/* One "COLUMN=field" of --map. */
static enum err sheet_map_one(struct cli *c, char *pair, json_t *columns)
{
    char *is = strchr(pair, '=');
    if (is != NULL) {
        *is = '\0';
        for (size_t i = 0; i < json_array_size(columns); i++) {
            if (!sheet_same(json_string_value(json_array_get(columns, i)), pair)) continue;
            return json_array_set_new(columns, i, json_string(is + 1)) == 0 ? ERR_OK : ERR_NOMEM;
        }
    }
    return cli_fail(
        c, ERR_USAGE,
        "--map là \"CỘT=trường;CỘT=trường\" với các cột có trong tệp; để bỏ một cột: \"CỘT=\".",
        "--map is \"COLUMN=field;COLUMN=field\" of columns in the file; \"COLUMN=\" leaves one "
        "out.");
}

enum err import_file_columns(struct cli *c, const json_t *catalogue, const char *type,
                             json_t *columns)
{
    const char *map = cli_opt(c, "map");
    char pairs[SHEET_MAP_BYTES_MAX], *rest = NULL;
    enum err e = ERR_OK;
    if (map != NULL) {
        int n = snprintf(pairs, sizeof pairs, "%s", map);
        if (n < 0 || (size_t)n >= sizeof pairs) return ERR_TOO_LARGE;
        for (char *pair = strtok_r(pairs, ";", &rest); pair != NULL && e == ERR_OK;
             pair = strtok_r(NULL, ";", &rest))
            e = sheet_map_one(c, pair, columns);
    }
    return e == ERR_OK ? sheet_by_label(c, catalogue, type, columns) : e;
}
