#include "common/csv.h"

#include <assert.h>

#include "common/text.h"

enum { CSV_PULL_BYTES = 4096 /* moved at once from the caller's piece */ };

static const uint8_t csv_mark[] = {0xEF, 0xBB, 0xBF};
static const char csv_separators[] = {',', ';', '\t'};

static const struct {
    const char *en;
    const char *vi;
} csv_flaw_texts[CSV_FLAW_COUNT] = {
#define CSV_X(name, en_text, vi_text) [CSV_FLAW_##name] = {.en = en_text, .vi = vi_text},
    CSV_FLAW_LIST(CSV_X)
#undef CSV_X
};

const char *csv_flaw_text_en(enum csv_flaw_kind kind)
{
    assert(kind >= 0 && kind < CSV_FLAW_COUNT);
    return csv_flaw_texts[kind].en;
}

const char *csv_flaw_text_vi(enum csv_flaw_kind kind)
{
    assert(kind >= 0 && kind < CSV_FLAW_COUNT);
    return csv_flaw_texts[kind].vi;
}

static bool csv_is_separator(char c)
{
    return c == ',' || c == ';' || c == '\t';
}

void csv_open(struct csv_reader *r, char separator)
{
    assert(separator == 0 || csv_is_separator(separator));
    *r = (struct csv_reader){.separator = separator, .state = CSV_MARK, .line = 1};
    buf_init(&r->raw, CSV_ROW_BYTES_MAX + 2 * CSV_PULL_BYTES);
    buf_init(&r->cells, CSV_ROW_BYTES_MAX);
}

void csv_close(struct csv_reader *r)
{
    buf_free(&r->raw);
    buf_free(&r->cells);
}

void csv_feed(struct csv_reader *r, struct bytes piece)
{
    assert(r->in.len == 0 && !r->ended);
    r->in = piece;
}

void csv_finish(struct csv_reader *r)
{
    r->ended = true;
}

/* Begin a row at `pos`. */
static void csv_begin(struct csv_reader *r)
{
    r->start = r->pos;
    r->line += r->lines;
    r->lines = 0;
    r->dropped = 0;
    r->count = 0;
    r->begin[0] = 0;
    r->flaw = (struct csv_flaw){0};
    r->handed = false;
    buf_clear(&r->cells);
    r->state = r->separator == 0 ? CSV_GUESS : CSV_FIELD;
}

/* Go back to the first byte of the row at hand. */
static void csv_rewind(struct csv_reader *r, enum csv_state state)
{
    r->pos = r->start;
    r->lines = 0;
    r->state = state;
}

/* Move bytes from the caller's piece behind those at hand; false if there are none or no memory. */
static bool csv_pull(struct csv_reader *r)
{
    if (r->in.len == 0) return false;
    assert(r->pos == r->raw.len);
    buf_drop(&r->raw, r->start);
    r->pos -= r->start;
    r->start = 0;
    if (r->state == CSV_SKIP && r->raw.len > CSV_ROW_BYTES_MAX) {
        r->dropped += r->raw.len - CSV_ROW_BYTES_MAX;
        r->raw.len = CSV_ROW_BYTES_MAX;
        r->pos = CSV_ROW_BYTES_MAX;
    }
    size_t n = r->in.len < CSV_PULL_BYTES ? r->in.len : CSV_PULL_BYTES;
    buf_add(&r->raw, r->in.p, n);
    r->in = bytes_make(r->in.p + n, r->in.len - n);
    return r->raw.e == ERR_OK;
}

/* Note a flaw at `offset` of the row at hand, and go over its first line again to find where it
 * ends. */
static void csv_fail(struct csv_reader *r, enum csv_flaw_kind kind, size_t offset)
{
    const uint8_t *row = r->raw.p + r->start;
    size_t line_at = 0;
    struct csv_flaw f = {.kind = kind, .line = r->line};
    for (size_t i = 0; i < offset; i++) {
        if (row[i] != '\n') continue;
        f.line++;
        line_at = i + 1;
    }
    f.column = text_count(bytes_make(row + line_at, offset - line_at)) + 1;
    size_t begun =
        kind == CSV_FLAW_UTF8 ? r->count : r->count + 1; /* the first is found in whole rows */
    while (f.field < begun && r->begin[f.field] <= offset)
        f.field++;
    r->flaw = f;
    csv_rewind(r, CSV_SKIP);
}

static enum csv_flaw_kind csv_put(struct csv_reader *r, uint8_t c)
{
    size_t field_at = r->count == 0 ? 0 : r->end[r->count - 1];
    if (r->cells.len - field_at >= CSV_FIELD_BYTES_MAX) return CSV_FLAW_FIELD_SIZE;
    buf_add_u8(&r->cells, c);
    return CSV_FLAW_NONE;
}

static void csv_end_field(struct csv_reader *r)
{
    assert(r->count < CSV_COLUMNS_MAX);
    r->end[r->count++] = r->cells.len;
}

/* A byte behind a field without quotes, or behind the closing one; `pos` is past it. */
static enum csv_flaw_kind csv_after(struct csv_reader *r, uint8_t c, bool *row_done)
{
    if (c == '\r') {
        r->state = CSV_RETURN;
        return CSV_FLAW_NONE;
    }
    if (c == '\n') {
        csv_end_field(r);
        *row_done = true;
        return CSV_FLAW_NONE;
    }
    assert(c == (uint8_t)r->separator);
    if (r->count + 1 == CSV_COLUMNS_MAX) return CSV_FLAW_COLUMNS;
    csv_end_field(r);
    r->begin[r->count] = r->pos - r->start;
    r->state = CSV_FIELD;
    return CSV_FLAW_NONE;
}

/* One byte of a row. */
static enum csv_flaw_kind csv_byte(struct csv_reader *r, uint8_t c, bool *row_done)
{
    assert(r->state != CSV_MARK && r->state != CSV_GUESS);
    bool ends = c == (uint8_t)r->separator || c == '\r' || c == '\n';
    switch (r->state) {
    case CSV_FIELD:
        if (c == '"') {
            r->state = CSV_QUOTED;
            return CSV_FLAW_NONE;
        }
        r->state = CSV_PLAIN;
        return ends ? csv_after(r, c, row_done) : csv_put(r, c);
    case CSV_PLAIN:
        if (c == '"') return CSV_FLAW_STRAY_QUOTE;
        return ends ? csv_after(r, c, row_done) : csv_put(r, c);
    case CSV_QUOTED:
        if (c != '"') return csv_put(r, c);
        r->state = CSV_QUOTE;
        return CSV_FLAW_NONE;
    case CSV_QUOTE:
        if (ends) return csv_after(r, c, row_done);
        if (c != '"') return CSV_FLAW_STRAY_QUOTE;
        r->state = CSV_QUOTED;
        return csv_put(r, c);
    case CSV_RETURN: return c == '\n' ? csv_after(r, c, row_done) : CSV_FLAW_STRAY_CR;
    case CSV_SKIP: *row_done = c == '\n'; return CSV_FLAW_NONE;
    case CSV_MARK:
    case CSV_GUESS: break;
    }
    return CSV_FLAW_NONE;
}

/* Where a flaw found at the byte before `pos` really stands. */
static size_t csv_flaw_offset(const struct csv_reader *r, enum csv_flaw_kind kind)
{
    size_t here = r->pos - r->start - 1;
    if (kind == CSV_FLAW_FIELD_SIZE || kind == CSV_FLAW_UNTERMINATED) return r->begin[r->count];
    if (kind == CSV_FLAW_ROW_SIZE) return 0;
    if (kind == CSV_FLAW_STRAY_CR) return here - 1;
    if (kind == CSV_FLAW_STRAY_QUOTE && r->state == CSV_QUOTE)
        return here - 1; /* the quote before it */
    return here;
}

/* The row at hand without its line end; `first_line` ended at `pos`. */
static struct bytes csv_raw(const struct csv_reader *r, bool *cut)
{
    size_t len = r->pos - r->start;
    const uint8_t *p = r->raw.p + r->start;
    if (len > 0 && p[len - 1] == '\n') len--;
    *cut = len + r->dropped > CSV_ROW_BYTES_MAX;
    if (*cut) return bytes_make(p, CSV_ROW_BYTES_MAX);
    if (len > 0 && p[len - 1] == '\r') len--;
    return bytes_make(p, len);
}

/* Give out the row with a flaw, whose first line ended at `pos`. */
static enum err csv_hand_flaw(struct csv_reader *r, struct csv_row *row)
{
    bool limit = r->flaw.kind == CSV_FLAW_FIELD_SIZE || r->flaw.kind == CSV_FLAW_COLUMNS ||
                 r->flaw.kind == CSV_FLAW_ROW_SIZE;
    *row = (struct csv_row){.line = r->line, .flaw = r->flaw};
    row->raw = csv_raw(r, &row->raw_cut);
    r->handed = true;
    return limit ? ERR_TOO_LARGE : ERR_BAD_INPUT;
}

/* Give out the complete row, or ERR_AGAIN if there is none: an empty line, or a flaw that was found
 * only now. */
static enum err csv_hand(struct csv_reader *r, struct csv_row *row)
{
    if (r->state == CSV_SKIP) return csv_hand_flaw(r, row);
    bool cut;
    struct bytes raw = csv_raw(r, &cut);
    if (raw.len == 0) {
        csv_begin(r);
        return ERR_AGAIN;
    }
    size_t valid = text_utf8_prefix(raw);
    if (valid < raw.len) {
        csv_fail(r, CSV_FLAW_UTF8, valid);
        return ERR_AGAIN;
    }
    if (r->cells.e != ERR_OK) return r->cells.e;
    size_t from = 0;
    for (size_t i = 0; i < r->count; i++) {
        r->fields[i] =
            bytes_make(r->cells.p == NULL ? csv_mark : r->cells.p + from, r->end[i] - from);
        from = r->end[i];
    }
    *row = (struct csv_row){.fields = r->fields, .count = r->count, .line = r->line, .raw = raw};
    r->handed = true;
    return ERR_OK;
}

static void csv_guess_done(struct csv_reader *r)
{
    size_t best = 0;
    for (size_t i = 1; i < sizeof csv_separators; i++) {
        if (r->guess[i] > r->guess[best]) best = i;
    }
    r->separator = csv_separators[best];
    csv_rewind(r, CSV_FIELD);
}

/* One byte of the first line that is not empty. */
static void csv_guess_byte(struct csv_reader *r, uint8_t c)
{
    r->pos++;
    if (c == '\n') {
        bool cut;
        r->lines++;
        if (csv_raw(r, &cut).len == 0)
            csv_begin(r);
        else
            csv_guess_done(r);
        return;
    }
    if (c == '"') r->guess_quoted = !r->guess_quoted;
    for (size_t i = 0; i < sizeof csv_separators && !r->guess_quoted; i++)
        r->guess[i] += c == (uint8_t)csv_separators[i];
    if (r->pos - r->start == CSV_ROW_BYTES_MAX) csv_guess_done(r);
}

static void csv_mark_byte(struct csv_reader *r, uint8_t c)
{
    bool is_mark = c == csv_mark[r->pos];
    r->pos = is_mark ? r->pos + 1 : 0;
    if (!is_mark || r->pos == sizeof csv_mark) csv_begin(r);
}

/* All bytes were read and no more follow; ERR_AGAIN if some are to be read again. */
static enum err csv_last(struct csv_reader *r, struct csv_row *row)
{
    bool empty = r->pos == r->start;
    switch (r->state) {
    case CSV_MARK: /* a file of less than three bytes */
        r->pos = 0;
        csv_begin(r);
        return empty ? ERR_NOT_FOUND : ERR_AGAIN;
    case CSV_GUESS:
        if (empty) return ERR_NOT_FOUND;
        csv_guess_done(r);
        return ERR_AGAIN;
    case CSV_FIELD:
        if (empty) return ERR_NOT_FOUND;
        csv_end_field(r);
        return csv_hand(r, row);
    case CSV_PLAIN:
    case CSV_QUOTE: csv_end_field(r); return csv_hand(r, row);
    case CSV_QUOTED:
        csv_fail(r, CSV_FLAW_UNTERMINATED, csv_flaw_offset(r, CSV_FLAW_UNTERMINATED));
        return ERR_AGAIN;
    case CSV_RETURN: csv_fail(r, CSV_FLAW_STRAY_CR, r->pos - r->start - 1); return ERR_AGAIN;
    case CSV_SKIP: return csv_hand_flaw(r, row);
    }
    return ERR_NOT_FOUND;
}

/* Read the byte at `pos`; ERR_AGAIN unless it completes a row. */
static enum err csv_step(struct csv_reader *r, struct csv_row *row)
{
    uint8_t c = r->raw.p[r->pos];
    bool row_done = false;
    if (r->state == CSV_MARK) {
        csv_mark_byte(r, c);
        return ERR_AGAIN;
    }
    if (r->state == CSV_GUESS) {
        csv_guess_byte(r, c);
        return ERR_AGAIN;
    }
    r->pos++;
    enum csv_flaw_kind kind = CSV_FLAW_ROW_SIZE;
    if (r->state == CSV_SKIP || r->pos - r->start <= CSV_ROW_BYTES_MAX)
        kind = csv_byte(r, c, &row_done);
    if (kind != CSV_FLAW_NONE) {
        csv_fail(r, kind, csv_flaw_offset(r, kind));
        return ERR_AGAIN;
    }
    if (c == '\n') r->lines++;
    return row_done ? csv_hand(r, row) : ERR_AGAIN;
}

enum err csv_next(struct csv_reader *r, struct csv_row *row)
{
    if (r->handed) csv_begin(r);
    for (;;) {
        enum err e;
        if (r->pos < r->raw.len || csv_pull(r)) {
            e = csv_step(r, row);
        } else {
            if (r->raw.e != ERR_OK) return r->raw.e;
            if (!r->ended) return ERR_AGAIN;
            e = csv_last(r, row);
        }
        if (e != ERR_AGAIN) return e;
    }
}

void csv_write_open(struct csv_writer *w, struct buf *out, enum csv_mode mode, char separator)
{
    assert(csv_is_separator(separator));
    *w = (struct csv_writer){.out = out, .mode = mode, .separator = separator};
    if (mode == CSV_PEOPLE) buf_add(out, csv_mark, sizeof csv_mark);
}

bool csv_needs_guard(struct bytes field)
{
    static const uint8_t risky[] = {'=', '+', '-', '@', '\t', '\r', '\n'};
    /* U+FF1D, U+FF0B, U+FF0D, U+FF20: the same signs full width, which some spreadsheets take too. */
    static const uint8_t wide[] = {0x9D, 0x8B, 0x8D, 0xA0};
    if (field.len >= 3 && field.p[0] == 0xEF && field.p[1] == 0xBC)
        return memchr(wide, field.p[2], sizeof wide) != NULL;
    return field.len > 0 && memchr(risky, field.p[0], sizeof risky) != NULL;
}

/* A leading byte order mark is quoted so that no reader takes it for the file's. */
static bool csv_needs_quotes(const struct csv_writer *w, struct bytes field)
{
    if (w->mode == CSV_PEOPLE) return true;
    for (size_t i = 0; i < field.len; i++) {
        uint8_t c = field.p[i];
        if (c == '"' || c == '\r' || c == '\n' || c == (uint8_t)w->separator) return true;
    }
    return field.len >= sizeof csv_mark && memcmp(field.p, csv_mark, sizeof csv_mark) == 0;
}

void csv_write_field(struct csv_writer *w, struct bytes field)
{
    if (w->fields > 0) buf_add_u8(w->out, (uint8_t)w->separator);
    bool quotes = csv_needs_quotes(w, field);
    w->bare = w->fields == 0 && !quotes && field.len == 0;
    w->fields++;
    if (!quotes) {
        buf_add_bytes(w->out, field);
        return;
    }
    buf_add_u8(w->out, '"');
    if (w->mode == CSV_PEOPLE && csv_needs_guard(field)) buf_add_u8(w->out, '\'');
    for (size_t i = 0; i < field.len; i++) {
        if (field.p[i] == '"') buf_add_u8(w->out, '"');
        buf_add_u8(w->out, field.p[i]);
    }
    buf_add_u8(w->out, '"');
}

void csv_write_end(struct csv_writer *w)
{
    assert(w->fields > 0);
    if (w->bare) buf_add_str(w->out, "\"\""); /* an empty line would be no row */
    buf_add_str(w->out, w->mode == CSV_PEOPLE ? "\r\n" : "\n");
    w->fields = 0;
    w->bare = false;
}

struct bytes csv_unguard(struct bytes cell)
{
    if (cell.len < 2 || cell.p[0] != '\'') return cell;
    struct bytes rest = bytes_make(cell.p + 1, cell.len - 1);
    return csv_needs_guard(rest) ? rest : cell;
}
