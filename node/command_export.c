/* A list as a sheet: the same question as a list's, all its rows. */
#include "common/text.h"
#include "node/command_priv.h"
#include "node/sheet.h"

#include <stdio.h>
#include <string.h>

#define NODE_EXPORT_CELL_BYTES_MAX 8000u /* of one text; a spreadsheet takes 32,767 letters */

struct node_exporting {
    struct node_command *c;
    struct node_sheet *sheet;
    struct node_columns columns;
    const struct catalogue_choice *choices[NODE_SEARCH_CELLS_MAX]; /* first of a column's list */
    size_t choice_count[NODE_SEARCH_CELLS_MAX];
    bool english;
    bool machine; /* canonical values, names of fields */
    bool masked;
    struct buf text; /* of one cell */
};

/* Choices of one list stand together. */
static void node_export_choices(struct node_exporting *x)
{
    size_t n = 0;
    const struct catalogue_choice *v =
        catalogue_choices(node_store_catalogue(x->c->store, NULL), &n);
    for (size_t k = 0; k < x->columns.count; k++) {
        const struct catalogue_field *f = x->columns.field[k];
        if (f->kind != CATALOGUE_CHOICE && f->kind != CATALOGUE_CHOICES) continue;
        for (size_t i = 0; i < n; i++) {
            if (strcmp(v[i].list, f->list) != 0) continue;
            if (x->choice_count[k]++ == 0) x->choices[k] = &v[i];
        }
    }
}

static const char *node_export_word(const struct node_exporting *x, const char *vi, const char *en)
{
    return x->english && en[0] != '\0' ? en : vi;
}

static bool node_export_is(struct bytes b, const char *s)
{
    return b.len == strlen(s) && memcmp(b.p, s, b.len) == 0;
}

static void node_export_choice(struct node_exporting *x, size_t k, struct bytes value)
{
    for (size_t i = 0; !x->machine && i < x->choice_count[k]; i++) {
        const struct catalogue_choice *v = &x->choices[k][i];
        if (!node_export_is(value, v->value)) continue;
        buf_add_str(&x->text, node_export_word(x, v->label_vi, v->label_en));
        return;
    }
    buf_add_bytes(&x->text, value); /* unknown now: as it is */
}

/* A JSON array of texts: "a; b", of the machine "a;b". */
static void node_export_set(struct node_exporting *x, size_t k, struct bytes json)
{
    json_t *a = json_loadb((const char *)json.p, json.len, 0, NULL);
    for (size_t i = 0; i < json_array_size(a); i++) {
        const char *v = json_string_value(json_array_get(a, i));
        if (i > 0) buf_add_str(&x->text, x->machine ? ";" : "; ");
        if (v != NULL) node_export_choice(x, k, bytes_str(v));
    }
    json_decref(a);
}

static void node_export_unit(struct node_exporting *x, struct bytes code)
{
    char text[ADMIN_UNIT_BYTES_MAX + 1];
    snprintf(text, sizeof text, "%.*s", (int)text_truncate(code, ADMIN_UNIT_BYTES_MAX).len,
             (const char *)code.p);
    const char *name = x->machine ? "" : node_unit_name(x->c, text);
    if (name[0] != '\0')
        buf_add_str(&x->text, name);
    else
        buf_add_bytes(&x->text, code);
}

/* "1982-05" -> "05/1982" */
static void node_export_date(struct node_exporting *x, struct bytes iso)
{
    for (size_t end = iso.len; end > 0;) {
        size_t from = end;
        while (from > 0 && iso.p[from - 1] != '-')
            from--;
        buf_add(&x->text, iso.p + from, end - from);
        if (from > 0) buf_add_str(&x->text, "/");
        end = from > 0 ? from - 1 : 0;
    }
}

static void node_export_initials(struct node_exporting *x, struct bytes text)
{
    struct buf whole;
    buf_init(&whole, TEXT_INPUT_MAX + 1);
    buf_add_bytes(&whole, text);
    node_initials_add(buf_cstr(&whole), &x->text);
    buf_free(&whole);
}

static void node_export_text(struct node_exporting *x, size_t k, const struct typed_value *v)
{
    char hex[2 * ID_RECORD_BYTES + 1];
    switch (x->columns.field[k]->kind) {
    case CATALOGUE_CHOICE: node_export_choice(x, k, v->bytes); break;
    case CATALOGUE_CHOICES: node_export_set(x, k, v->bytes); break;
    case CATALOGUE_UNIT: node_export_unit(x, v->bytes); break;
    case CATALOGUE_DATE:
    case CATALOGUE_PDATE:
        if (x->machine)
            buf_add_bytes(&x->text, v->bytes);
        else
            node_export_date(x, v->bytes);
        break;
    case CATALOGUE_REF:
        if (x->machine && v->bytes.len == ID_RECORD_BYTES) {
            id_hex(v->bytes, hex);
            buf_add_str(&x->text, hex);
            break;
        } /* fall through: its title */
        if (x->masked)
            node_export_initials(x, v->bytes);
        else
            buf_add_bytes(&x->text, v->bytes);
        break;
    case CATALOGUE_TEXT:
        if (x->masked)
            node_export_initials(x, v->bytes);
        else
            buf_add_bytes(&x->text, v->bytes);
        break;
    case CATALOGUE_INT:
    case CATALOGUE_MONEY:
    case CATALOGUE_DECIMAL:
    case CATALOGUE_BOOL: buf_add_bytes(&x->text, v->bytes); break;
    }
}

static void node_export_cell(struct node_exporting *x, size_t k, const struct typed_value *v)
{
    enum catalogue_kind kind = x->columns.field[k]->kind;
    buf_clear(&x->text);
    if (v->kind == TYPED_INT && kind == CATALOGUE_BOOL && !x->machine)
        buf_add_str(&x->text, v->number != 0 ? node_export_word(x, "Có", "Yes")
                                             : node_export_word(x, "Không", "No"));
    else if (v->kind == TYPED_INT) {
        node_sheet_number(x->sheet, v->number);
        return;
    } else if (v->kind == TYPED_TEXT && kind == CATALOGUE_DECIMAL) {
        node_sheet_decimal(x->sheet, v->bytes);
        return;
    } else if (v->kind == TYPED_TEXT && v->bytes.len == 10 && !x->machine &&
               (kind == CATALOGUE_DATE || kind == CATALOGUE_PDATE)) {
        node_sheet_date(x->sheet, v->bytes);
        return;
    } else if (v->kind != TYPED_NULL) {
        node_export_text(x, k, v);
    }
    node_sheet_text(x->sheet, text_truncate(buf_bytes(&x->text), NODE_EXPORT_CELL_BYTES_MAX));
}

static enum err node_export_row(void *ctx, const struct node_store_row *r,
                                const struct typed_value *values)
{
    struct node_exporting *x = ctx;
    char hex[2 * ID_RECORD_BYTES + 1];
    const char *state = r->conflicts > 0 ? node_export_word(x, "xung đột", "conflict")
                        : r->held > 0    ? node_export_word(x, "bị giữ lại", "held back")
                        : r->pending > 0 ? node_export_word(x, "chờ gửi", "waiting")
                                         : node_export_word(x, "đã gửi", "delivered");
    id_hex(BYTES_OF(r->rid.b), hex);
    if (x->machine) node_sheet_text(x->sheet, bytes_str(hex));
    for (size_t k = 0; k < x->columns.count; k++)
        node_export_cell(x, k, &values[k]);
    if (!x->machine) {
        node_sheet_text(x->sheet, bytes_str(state));
        node_sheet_text(x->sheet, bytes_str(hex));
    }
    node_sheet_row(x->sheet);
    return node_sheet_error(x->sheet);
}

static void node_export_head(struct node_exporting *x)
{
    if (x->machine) node_sheet_column(x->sheet, "id");
    for (size_t k = 0; k < x->columns.count; k++) {
        const struct catalogue_field *f = x->columns.field[k];
        node_sheet_column(x->sheet,
                          x->machine ? f->name : node_export_word(x, f->label_vi, f->label_en));
    }
    if (x->machine) return;
    node_sheet_column(x->sheet, node_export_word(x, "Tình trạng", "State"));
    node_sheet_column(x->sheet, node_export_word(x, "Mã hồ sơ", "Record id"));
}

static void node_export_about(struct node_exporting *x, const json_t *request,
                              const struct catalogue_type *t)
{
    struct node_identity id;
    char stamp[DATE_STAMP_ROOM] = "", rows[24];
    const char *person = node_request_str(request, "person"), *q = node_request_str(request, "q");
    if (node_store_identity(x->c->store, &id) != ERR_OK) id.unit[0] = id.unit_name[0] = '\0';
    if (date_stamp(x->c->wall_ms(), stamp) != ERR_OK) stamp[0] = '\0';
    snprintf(rows, sizeof rows, "%zu", node_sheet_rows(x->sheet));
    node_sheet_mark(x->sheet, person != NULL ? person : "", stamp);
    node_sheet_about(x->sheet, "Loại hồ sơ / Record type", t->label_vi);
    const char *unit = node_unit_own(x->c, &id);
    node_sheet_about(x->sheet, "Đơn vị / Unit", unit[0] != '\0' ? unit : id.unit);
    node_sheet_about(x->sheet, "Lúc / At", stamp);
    node_sheet_about(x->sheet, "Người xuất / By", person != NULL ? person : "");
    node_sheet_about(x->sheet, "Từ tìm / Searched", q != NULL ? q : "");
    node_sheet_about(x->sheet, "Số dòng / Rows", rows);
    node_sheet_about(x->sheet, "Tên / Names",
                     x->masked ? "chỉ chữ cái đầu / initials only" : "đầy đủ / in full");
    node_sheet_about(x->sheet, "Lưu ý / Note",
                     "Dữ liệu cá nhân: chỉ dùng cho công việc, xóa khi xong. / Personal data: for "
                     "work only, delete after use.");
}

static json_t *node_export_gather(struct node_exporting *x, const json_t *request,
                                  const struct node_search *q)
{
    node_export_choices(x);
    node_export_head(x);
    enum err e = node_store_cells(x->c->store, q, x->columns.field, x->columns.count, x->machine,
                                  node_export_row, x);
    if (e == ERR_OK && x->text.e != ERR_OK) e = x->text.e;
    if (e == ERR_TOO_LARGE)
        return node_command_error(
            e, "Danh sách quá lớn để xuất: hãy lọc bớt hoặc bớt cột.",
            "The list is too large to export: filter it or take fewer columns.", NULL);
    if (e != ERR_OK) return node_command_fail(e);
    node_export_about(x, request, q->type);
    e = node_sheet_error(x->sheet);
    return e == ERR_OK ? NULL : node_command_fail(e);
}

json_t *node_export_collect(struct node_command *c, const json_t *request, struct node_sheet **out)
{
    struct node_search q;
    const char *format = node_request_str(request, "format");
    struct node_exporting x = {.c = c,
                               .english = json_is_true(json_object_get(request, "english")),
                               .machine = format != NULL && strcmp(format, "csv") == 0};
    struct buf memory;
    buf_init(&memory, NODE_SEARCH_FILTERS_MAX * CATALOGUE_TEXT_BYTES_MAX);
    buf_init(&x.text, 256u * 1024u);
    json_t *j = node_search_read(c, request, &q, &memory);
    if (j == NULL && q.type == NULL)
        j = node_command_error(ERR_BAD_INPUT, "Cần chọn một loại hồ sơ để xuất.",
                               "Choose one record type to export.", "type");
    if (j == NULL) j = node_search_chosen(request, q.type, &x.columns);
    if (j == NULL) {
        x.masked = node_search_masked(q.type, &x.columns, &q) &&
                   !json_is_true(json_object_get(request, "names"));
        enum err e = node_sheet_new(x.machine ? NODE_SHEET_CSV : NODE_SHEET_XLSX, &x.sheet);
        j = e == ERR_OK ? node_export_gather(&x, request, &q) : node_command_fail(e);
    }
    buf_free(&memory);
    buf_free(&x.text);
    if (j == NULL)
        *out = x.sheet;
    else
        node_sheet_free(x.sheet);
    return j;
}
