#include "node/entry.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>

enum { NODE_ENTRY_TEXTS_MAX = 512 * 1024 };

enum err node_entry_init(struct node_entry *n, struct node_store *store)
{
    *n = (struct node_entry){.store = store};
    buf_init(&n->payload, CHANGE_BYTES_MAX);
    buf_init(&n->texts, NODE_ENTRY_TEXTS_MAX);
    buf_init(&n->clean, 64 * 1024);
    enum err e = node_store_record_init(&n->record);
    if (e == ERR_OK) e = record_writes_init(&n->writes);
    n->decoded = calloc(CHANGE_WRITES_MAX, sizeof *n->decoded);
    n->elements = calloc(CHANGE_WRITES_MAX, sizeof *n->elements);
    if (e == ERR_OK && (n->decoded == NULL || n->elements == NULL)) e = ERR_NOMEM;
    if (e != ERR_OK) node_entry_free(n);
    return e;
}

void node_entry_free(struct node_entry *n)
{
    if (n->record.fold.private_ != NULL) node_store_record_free(&n->record);
    record_writes_free(&n->writes);
    buf_free(&n->payload);
    buf_free(&n->texts);
    buf_free(&n->clean);
    free(n->decoded);
    free(n->elements);
    *n = (struct node_entry){0};
}

static enum err node_entry_say(struct node_entry_why *why, enum err e, const char *vi,
                               const char *en)
{
    snprintf(why->vi, sizeof why->vi, "%s", vi);
    snprintf(why->en, sizeof why->en, "%s", en);
    return e;
}

enum err node_entry_clean(struct node_entry *n, const struct catalogue_field *field,
                          struct bytes typed, struct bytes *out, struct node_entry_why *why)
{
    struct catalogue_why cw = {.vi = "", .en = ""};
    const struct catalogue *c = node_store_catalogue(n->store, NULL);
    *why = (struct node_entry_why){.field = field};
    if (c == NULL)
        return node_entry_say(why, ERR_NOT_READY, "Máy này chưa nhận danh mục: hãy đồng bộ trước.",
                              "No catalogue has come yet: sync first.");
    enum err e = catalogue_clean(c, field, typed, &n->clean, &cw);
    if (e == ERR_BAD_VALUE) return node_entry_say(why, e, cw.vi, cw.en);
    if (e == ERR_OK) *out = buf_bytes(&n->clean);
    return e;
}

/* ---- values ---- */

static int node_entry_order(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* "a;b" as sorted elements. */
static enum err node_entry_split(struct node_entry *n, struct bytes text, struct record_edit *edit)
{
    struct bytes *first = n->elements + n->element_count;
    size_t at = 0;
    edit->elements = first;
    while (at < text.len) {
        size_t end = at;
        while (end < text.len && text.p[end] != ';')
            end++;
        if (n->element_count == CHANGE_WRITES_MAX) return ERR_TOO_LARGE;
        n->elements[n->element_count++] = bytes_make(text.p + at, end - at);
        edit->element_count++;
        at = end + 1;
    }
    if (edit->element_count > 1) qsort(first, edit->element_count, sizeof *first, node_entry_order);
    return ERR_OK;
}

static enum err node_entry_check_twice(const struct node_entry_form *form, size_t i,
                                       struct node_entry_why *why)
{
    for (size_t k = 0; k < i; k++) {
        if (form->values[k].field != form->values[i].field) continue;
        why->field = form->values[i].field;
        return node_entry_say(why, ERR_BAD_INPUT, "Trường này được ghi hai lần.",
                              "This field is given twice.");
    }
    return ERR_OK;
}

/* Clean every value. Texts first, then their places: the memory moves while it grows. */
static enum err node_entry_edits(struct node_entry *n, const struct node_entry_form *form,
                                 struct record_edit *edits, struct node_entry_why *why)
{
    struct bytes text = {NULL, 0};
    n->element_count = 0;
    buf_clear(&n->texts);
    for (size_t i = 0; i < form->count; i++) {
        enum err e = node_entry_check_twice(form, i, why);
        if (e == ERR_OK)
            e = node_entry_clean(n, form->values[i].field, form->values[i].typed, &text, why);
        if (e != ERR_OK) return e;
        buf_add_bytes(&n->texts, text);
        edits[i] = (struct record_edit){.field = form->values[i].field,
                                        .text = {NULL, text.len},
                                        .settle = form->values[i].settle};
    }
    if (n->texts.e != ERR_OK) return n->texts.e;
    const uint8_t *p = n->texts.p;
    for (size_t i = 0; i < form->count; i++) {
        edits[i].text.p = p;
        p += edits[i].text.len;
        if (edits[i].field->kind != CATALOGUE_CHOICES) continue;
        enum err e = node_entry_split(n, edits[i].text, &edits[i]);
        if (e != ERR_OK) return e;
    }
    why->field = NULL;
    return ERR_OK;
}

/* ---- the op ---- */

static enum err node_entry_open(struct node_entry *n, const struct node_entry_form *form,
                                bool *known, struct node_entry_why *why)
{
    enum err e = node_store_record_read(n->store, &form->rid, &n->record);
    *known = e == ERR_OK;
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    bool create = !*known && form->action == NODE_ENTRY_SAVE && !form->must_exist;
    if (!*known && (!create || form->base != NULL))
        return node_entry_say(why, ERR_NOT_FOUND, "Không có hồ sơ này trên máy.",
                              "There is no such record here.");
    if (form->base != NULL) {
        uint8_t version[16];
        node_store_record_version(&n->record, version);
        if (memcmp(version, form->base, sizeof version) != 0)
            return node_entry_say(why, ERR_STALE,
                                  "Hồ sơ đã thay đổi sau khi mở; chưa ghi gì. Hãy mở lại, xem giá "
                                  "trị mới rồi sửa.",
                                  "The record changed since it was opened; nothing was saved. Open "
                                  "it again and edit what it says now.");
    }
    if (*known && form->type != NULL && form->type->no != n->record.fold.type)
        return node_entry_say(why, ERR_BAD_INPUT, "Mã này là của hồ sơ loại khác.",
                              "This id belongs to a record of another type.");
    return ERR_OK;
}

static enum err node_entry_encode(struct node_entry *n, struct node_entry_op *op, unsigned type)
{
    struct change_op c = {.kind = op->kind,
                          .rid = op->rid,
                          .type = type,
                          .writes = n->writes.v,
                          .count = n->writes.count};
    buf_clear(&n->payload);
    change_op_encode(&c, &n->payload);
    if (n->payload.e != ERR_OK) return n->payload.e;
    op->payload = buf_bytes(&n->payload);
    op->changed = true;
    return ERR_OK;
}

/* Fold the op on top of the record, as it will be shown. */
static enum err node_entry_apply(struct node_entry *n, const struct node_entry_op *op,
                                 struct node_entry_why *why)
{
    struct change_op c;
    enum fold_verdict verdict;
    struct fold_set set = {.clock = UINT64_MAX >> 1, .position = UINT64_MAX};
    memset(set.version.b, 0xff, sizeof set.version.b);
    enum err e = change_op_decode(op->payload, n->decoded, &c);
    if (e == ERR_OK)
        e = fold_apply(&n->record.fold, &c, &set, node_store_rules(n->store), &verdict);
    if (e == ERR_OK && verdict == FOLD_HELD_UNREADABLE)
        return node_entry_say(why, ERR_TOO_LARGE, "Hồ sơ quá lớn.", "The record is too large.");
    return e;
}

static enum err node_entry_check(struct node_entry *n, const struct catalogue_type *type,
                                 struct node_entry_why *why)
{
    struct catalogue_why cw = {.vi = "", .en = ""};
    const struct catalogue_field *bad = NULL;
    enum err e = node_store_check(n->store, type, &n->record.fold, &bad, &cw);
    if (e != ERR_BAD_VALUE) return e;
    why->field = bad;
    return node_entry_say(why, e, cw.vi, cw.en);
}

static enum err node_entry_save(struct node_entry *n, const struct node_entry_form *form,
                                bool known, struct node_entry_op *op, struct node_entry_why *why)
{
    struct record_edit edits[NODE_ENTRY_FIELDS_MAX];
    const struct catalogue *c = node_store_catalogue(n->store, NULL);
    const struct catalogue_type *type =
        form->type != NULL ? form->type : catalogue_type_by_no(c, n->record.fold.type);
    if (type == NULL || form->count == 0 || form->count > NODE_ENTRY_FIELDS_MAX)
        return node_entry_say(why, ERR_BAD_INPUT, "Không có trường nào để ghi.",
                              "There is no field to save.");
    if (known && fold_deleted(&n->record.fold))
        return node_entry_say(why, ERR_BAD_INPUT, "Hồ sơ đã bị xóa: hãy khôi phục trước khi sửa.",
                              "The record is deleted: restore it before editing.");
    enum err e = node_entry_edits(n, form, edits, why);
    n->writes.type = type;
    if (e == ERR_OK) e = record_writes_make(&n->record.fold, edits, form->count, &n->writes);
    if (e != ERR_OK) return e;
    op->kind = known ? CHANGE_EDIT : CHANGE_CREATE;
    if (known && n->writes.count == 0) return ERR_OK;
    e = node_entry_encode(n, op, type->no);
    if (e == ERR_OK) e = node_entry_apply(n, op, why);
    return e == ERR_OK ? node_entry_check(n, type, why) : e;
}

static enum err node_entry_existence(struct node_entry *n, const struct node_entry_form *form,
                                     struct node_entry_op *op, struct node_entry_why *why)
{
    bool deleted = fold_deleted(&n->record.fold);
    bool again = deleted == (form->action == NODE_ENTRY_DELETE);
    enum err e = ERR_OK;
    if (form->action == NODE_ENTRY_DELETE) {
        op->kind = CHANGE_DELETE;
        if (again && !fold_delete_conflict(&n->record.fold)) return ERR_OK;
        e = record_writes_delete(&n->record.fold, &n->writes);
    } else {
        op->kind = CHANGE_EDIT;
        if (again) return ERR_OK;
        e = record_writes_restore(&n->record.fold, &n->writes);
    }
    if (e == ERR_OK) e = node_entry_encode(n, op, n->record.fold.type);
    return e == ERR_OK ? node_entry_apply(n, op, why) : e;
}

enum err node_entry_make(struct node_entry *n, const struct node_entry_form *form,
                         struct node_entry_op *out, struct node_entry_why *why)
{
    bool known = false;
    struct node_entry_op op = {.rid = form->rid};
    *why = (struct node_entry_why){.field = NULL};
    if (node_store_catalogue(n->store, NULL) == NULL)
        return node_entry_say(why, ERR_NOT_READY,
                              "Máy này chưa nhận danh mục nên chưa nhập được: hãy đồng bộ trước.",
                              "No catalogue has come yet, so nothing can be entered: sync first.");
    enum err e = node_entry_open(n, form, &known, why);
    if (e != ERR_OK) return e;
    e = form->action == NODE_ENTRY_SAVE ? node_entry_save(n, form, known, &op, why)
                                        : node_entry_existence(n, form, &op, why);
    if (e == ERR_TOO_LARGE && why->vi[0] == '\0')
        return node_entry_say(why, e, "Hồ sơ hoặc lần ghi này quá lớn.",
                              "The record or this save is too large.");
    if (e == ERR_BAD_VALUE && why->vi[0] == '\0')
        return node_entry_say(why, e, "Giá trị không được danh mục cho phép.",
                              "A value is not allowed by the catalogue.");
    if (e == ERR_OK) *out = op;
    return e;
}
