#include "node/tool_sheet.h"

#include "common/io/file.h"
#include "common/io/office_read.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHEET_MAP_BYTES_MAX = 8192 };

/* ---- the file ---- */

static bool sheet_is_workbook(const char *file)
{
    size_t n = strlen(file);
    return n >= 5 && (strcmp(file + n - 5, ".xlsx") == 0 || strcmp(file + n - 5, ".XLSX") == 0);
}

bool node_sheet_whole(const struct cli *c, const char *file)
{
    return sheet_is_workbook(file) || cli_has(c, "text");
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

/* What the person says the text is, or, unsaid, a question when it looks like an old font. */
static enum err sheet_kind(struct cli *c, struct bytes text, enum legacy_text *kind)
{
    const char *named = cli_opt(c, "text");
    *kind = LEGACY_UNICODE;
    if (named != NULL && !legacy_text_named(named, kind))
        return cli_fail(c, ERR_USAGE, "--text là unicode, tcvn3 hoặc vni.",
                        "--text is unicode, tcvn3 or vni.");
    enum legacy_text guess = legacy_text_guess(text);
    if (named != NULL || guess == LEGACY_UNICODE) return ERR_OK;
    bool tcvn3 = guess == LEGACY_TCVN3;
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

enum err node_sheet_read(struct cli *c, const char *file, struct buf *csv)
{
    struct buf whole, text;
    enum legacy_text kind = LEGACY_UNICODE;
    buf_init(&whole, XLSX_FILE_BYTES_MAX);
    buf_init(&text, TOOL_SHEET_BYTES_MAX);
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

static enum err sheet_by_label(struct cli *c, struct node_tool *t, const char *type,
                               json_t *columns)
{
    json_t *response = NULL, *request = json_pack("{s:s}", "verb", "catalogue");
    enum err e = node_tool_ask(c, t, request, NODE_TOOL_ASK_MS, &response);
    json_decref(request);
    if (e != ERR_OK) return e;
    const json_t *types = json_object_get(response, "types"), *fields = NULL;
    const json_t *list = json_object_get(json_object_get(response, "choices"), "import_heading");
    for (size_t i = 0; i < json_array_size(types); i++) {
        const json_t *j = json_array_get(types, i);
        if (strcmp(sheet_text_of(j, "name"), type) == 0) fields = json_object_get(j, "fields");
    }
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const char *column = json_string_value(json_array_get(columns, i));
        const char *name = strcmp(column, "id") == 0 ? NULL : sheet_field(fields, list, column);
        if (name != NULL) json_array_set_new(columns, i, json_string(name));
    }
    json_decref(response);
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

enum err node_sheet_columns(struct cli *c, struct node_tool *t, const char *type, json_t *columns)
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
    return e == ERR_OK ? sheet_by_label(c, t, type, columns) : e;
}
