#include "common/io/office_json.h"

#include "common/io/office_read.h"
#include "common/io/web_json.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct office { /* one reading */
    struct bytes file;
    bool book, latin;
    uint32_t sheet, first_row;
    bool chosen; /* a person said the font */
    enum legacy_text guess, kind;
    struct xlsx_sheets sheets;
    struct buf raw, text;
    json_t *samples;
    struct xlsx_why why;
};

/* A number from 1 to `most`; 1 when it is missing. */
static enum err office_number(const json_t *query, const char *key, uint32_t most, uint32_t *out)
{
    const char *s = web_json_text(query, key);
    size_t len = strlen(s);
    *out = 1;
    if (len == 0) return ERR_OK;
    unsigned long n = len < 9 && strspn(s, "0123456789") == len ? strtoul(s, NULL, 10) : 0;
    if (n == 0 || n > most) return ERR_BAD_INPUT;
    *out = (uint32_t)n;
    return ERR_OK;
}

static enum err office_ask(struct office *o, const json_t *query)
{
    const char *font = web_json_text(query, "text");
    enum err e = office_number(query, "sheet", UINT16_MAX, &o->sheet);
    if (e == ERR_OK) e = office_number(query, "header", XLSX_ROWS_MAX, &o->first_row);
    o->chosen = font[0] != '\0';
    if (e == ERR_OK && o->chosen && !legacy_text_named(font, &o->kind)) e = ERR_BAD_INPUT;
    return e;
}

/* Lines that the font changes, as they were and as they are now. */
static enum err office_samples(struct office *o)
{
    struct bytes rest = buf_bytes(&o->raw);
    struct buf after;
    enum err e = ERR_OK;
    buf_init(&after, 4 * OFFICE_JSON_SAMPLE_BYTES);
    while (rest.len > 0 && e == ERR_OK && json_array_size(o->samples) < OFFICE_JSON_SAMPLES) {
        const uint8_t *end = memchr(rest.p, '\n', rest.len);
        size_t n = end != NULL ? (size_t)(end - rest.p) : rest.len;
        struct bytes line =
            text_truncate(text_trim(bytes_make(rest.p, n)), OFFICE_JSON_SAMPLE_BYTES);
        buf_clear(&after);
        e = legacy_text_decode(o->kind, line, &after);
        if (e == ERR_OK && !bytes_equal(line, buf_bytes(&after)))
            json_array_append_new(o->samples,
                                  json_pack("{s:s%, s:s%}", "before", (const char *)line.p,
                                            line.len, "after", buf_cstr(&after), after.len));
        rest = bytes_make(rest.p + n, rest.len - n);
        if (rest.len > 0) rest = bytes_make(rest.p + 1, rest.len - 1);
    }
    buf_free(&after);
    return e;
}

static enum err office_read(struct office *o)
{
    enum err e = ERR_OK;
    o->book = office_read_is_book(o->file);
    if (o->file.len > OFFICE_JSON_FILE_BYTES) return ERR_TOO_LARGE;
    if (o->book) e = xlsx_read_sheets(o->file, &o->sheets, &o->why);
    if (e == ERR_OK)
        e = office_read_text(o->file, o->book, o->sheet, o->first_row, &o->raw, &o->latin, &o->why);
    if (e != ERR_OK) return e;
    o->guess = legacy_text_guess(buf_bytes(&o->raw));
    if (!o->chosen) o->kind = o->guess;
    if (o->kind != LEGACY_UNICODE) e = office_samples(o);
    return e == ERR_OK ? office_read_decode(o->kind, buf_bytes(&o->raw), &o->text) : e;
}

static json_t *office_answer(struct office *o)
{
    json_t *names = json_array();
    for (size_t i = 0; i < o->sheets.count; i++)
        json_array_append_new(names, json_string(o->sheets.names[i]));
    return json_pack("{s:s, s:o, s:I, s:b, s:s, s:s, s:O, s:o}", "kind", o->book ? "xlsx" : "text",
                     "sheets", names, "sheet", (json_int_t)o->sheet, "utf8", (int)!o->latin,
                     "guess", legacy_text_name(o->guess), "text", legacy_text_name(o->kind),
                     "samples", o->samples, "csv", json_stringn(buf_cstr(&o->text), o->text.len));
}

static json_t *office_failed(const struct office *o, enum err e)
{
    if (o->why.vi[0] != '\0') {
        char vi[240], en[240];
        snprintf(vi, sizeof vi, "%s Chưa nhập gì.", o->why.vi);
        snprintf(en, sizeof en, "%s Nothing was imported.", o->why.en);
        return web_json_error(e, vi, en);
    }
    if (e == ERR_TOO_LARGE)
        return web_json_error(
            e, "Tệp quá lớn: nhiều nhất 7 MB, 16 MB chữ. Hãy chia tệp. Chưa nhập gì.",
            "The file is too large: at most 7 MB, 16 MB of text. Split it. "
            "Nothing was imported.");
    if (e == ERR_BAD_INPUT)
        return web_json_error(e, "Không đọc được tệp này. Chưa nhập gì.",
                              "The file cannot be read. Nothing was imported.");
    return web_json_error(e, err_text_vi(e), err_text_en(e));
}

json_t *office_json(struct bytes file, const json_t *query)
{
    struct office *o = calloc(1, sizeof *o);
    if (o == NULL) return NULL;
    o->file = file;
    o->samples = json_array();
    buf_init(&o->raw, OFFICE_JSON_TEXT_BYTES);
    buf_init(&o->text, OFFICE_JSON_TEXT_BYTES);
    enum err e = office_ask(o, query);
    if (e == ERR_OK) e = office_read(o);
    json_t *j = e == ERR_OK ? office_answer(o) : office_failed(o, e);
    json_decref(o->samples);
    buf_free(&o->raw);
    buf_free(&o->text);
    free(o);
    return j;
}
