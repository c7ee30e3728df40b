#include "hub/xlsx_subject.h"

#include "common/text.h"

#include <stdio.h>
#include <xlsxwriter.h>

enum { SUBJECT_TEXT_MAX = 32000 }; /* bytes of a cell; a spreadsheet takes 32,767 letters */

/* ---- the workbook ---- */

struct subject_book {
    lxw_workbook *book;
    lxw_format *head, *text;
    lxw_worksheet *sheet;
    lxw_row_t row;
    lxw_error e;
};

static void subject_cell(struct subject_book *b, lxw_col_t col, const char *text, lxw_format *f)
{
    char cut[SUBJECT_TEXT_MAX + 1];
    if (text == NULL || text[0] == '\0') return;
    struct bytes t = text_truncate(bytes_str(text), SUBJECT_TEXT_MAX);
    snprintf(cut, sizeof cut, "%.*s", (int)t.len, (const char *)t.p);
    lxw_error e = worksheet_write_string(b->sheet, b->row, col, cut, f); /* never a formula */
    if (b->e == LXW_NO_ERROR) b->e = e;
}

static const char *subject_text(const json_t *j, const char *key)
{
    return json_string_value(json_object_get(j, key));
}

static void subject_sheet(struct subject_book *b, const char *name, const char *const *heads,
                          size_t n)
{
    b->sheet = workbook_add_worksheet(b->book, name);
    b->row = 0;
    if (b->sheet == NULL) {
        b->e = LXW_ERROR_MEMORY_MALLOC_FAILED;
        return;
    }
    for (size_t i = 0; i < n; i++)
        subject_cell(b, (lxw_col_t)i, heads[i], b->head);
    lxw_error e = worksheet_set_column(b->sheet, 0, (lxw_col_t)(n - 1), 22, NULL);
    if (b->e == LXW_NO_ERROR) b->e = e;
    worksheet_freeze_panes(b->sheet, 1, 0);
    b->row = 1;
}

/* Rows of `of`, one for each of its fields, behind the cells of `keys`. */
static void subject_rows(struct subject_book *b, const json_t *of, const char *const *keys,
                         size_t n)
{
    const json_t *fields = json_object_get(of, "fields");
    size_t count = json_array_size(fields);
    for (size_t k = 0; b->sheet != NULL && (k < count || k == 0); k++) {
        const json_t *f = json_array_get(fields, k);
        for (size_t i = 0; i < n; i++)
            subject_cell(b, (lxw_col_t)i, subject_text(of, keys[i]), b->text);
        subject_cell(b, (lxw_col_t)n, subject_text(f, "label"), b->text);
        bool held_back = json_is_true(json_object_get(f, "withheld"));
        subject_cell(b, (lxw_col_t)(n + 1),
                     held_back ? "(không cung cấp)" : subject_text(f, "value"), b->text);
        b->row++;
    }
}

static void subject_list(struct subject_book *b, const json_t *rows, const char *const *keys,
                         size_t n)
{
    for (size_t i = 0; b->sheet != NULL && i < json_array_size(rows); i++, b->row++) {
        for (size_t k = 0; k < n; k++)
            subject_cell(b, (lxw_col_t)k, subject_text(json_array_get(rows, i), keys[k]), b->text);
    }
}

static void subject_sheets(struct subject_book *b, const json_t *r)
{
    static const char *const about[] = {"Nơi giữ dữ liệu", "Lập lúc", "Người lập", "Lý do"};
    static const char *const about_keys[] = {"holder_name", "made", "by", "reason"};
    static const char *const record[] = {"Loại hồ sơ", "Mã hồ sơ", "Đơn vị", "Mục", "Giá trị"};
    static const char *const record_keys[] = {"type_label", "id", "unit_name"};
    static const char *const history[] = {"Nhận lúc",       "Loại hồ sơ", "Mã hồ sơ", "Đơn vị",
                                          "Người ghi (mã)", "Việc",       "Mục",      "Giá trị"};
    static const char *const history_keys[] = {"received",  "type_label", "record",
                                               "unit_name", "person",     "kind_label"};
    static const char *const reads[] = {"Lúc", "Ai", "Việc", "Lý do"};
    static const char *const reads_keys[] = {"at", "user", "what_label", "reason"};
    static const char *const reports[] = {"Báo cáo", "Kỳ", "Chốt lúc", "Đơn vị", "Dòng", "Phân tổ"};
    static const char *const reports_keys[] = {"report_label", "period_label", "closed",
                                               "unit_name",    "line_label",   "value_label"};
    json_t *one = json_pack("[O]", (json_t *)(uintptr_t)r);
    subject_sheet(b, "Giới thiệu", about, 4);
    subject_list(b, one, about_keys, 4);
    json_decref(one);
    subject_sheet(b, "Hồ sơ", record, 5);
    const json_t *rows = json_object_get(r, "records");
    for (size_t i = 0; i < json_array_size(rows); i++)
        subject_rows(b, json_array_get(rows, i), record_keys, 3);
    subject_sheet(b, "Lịch sử", history, 8);
    rows = json_object_get(r, "history");
    for (size_t i = 0; i < json_array_size(rows); i++)
        subject_rows(b, json_array_get(rows, i), history_keys, 6);
    subject_sheet(b, "Ai đã xem", reads, 4);
    subject_list(b, json_object_get(r, "reads"), reads_keys, 4);
    subject_sheet(b, "Báo cáo đã tính", reports, 6);
    subject_list(b, json_object_get(r, "reports"), reports_keys, 6);
}

enum err hub_xlsx_subject(const json_t *r, const char *path)
{
    struct subject_book b = {.book = workbook_new(path)};
    if (b.book == NULL) return ERR_NOMEM;
    b.head = workbook_add_format(b.book);
    b.text = workbook_add_format(b.book);
    if (b.head == NULL || b.text == NULL) b.e = LXW_ERROR_MEMORY_MALLOC_FAILED;
    if (b.e == LXW_NO_ERROR) {
        format_set_bold(b.head);
        format_set_text_wrap(b.text);
        format_set_align(b.text, LXW_ALIGN_VERTICAL_TOP);
        subject_sheets(&b, r);
    }
    lxw_error closed = workbook_close(b.book); /* frees the book in any case */
    if (b.e == LXW_NO_ERROR) b.e = closed;
    if (b.e == LXW_NO_ERROR) return ERR_OK;
    return b.e == LXW_ERROR_MEMORY_MALLOC_FAILED ? ERR_NOMEM : ERR_IO;
}
