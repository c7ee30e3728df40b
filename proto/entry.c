#include "proto/entry.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>

enum { ENTRY_TEXTS_MAX = 512 * 1024, ENTRY_CLEAN_MAX = 64 * 1024 }; /* bytes */

enum err entry_init(struct entry *n)
{
    *n = (struct entry){.element_count = 0};
    buf_init(&n->payload, CHANGE_BYTES_MAX);
    buf_init(&n->sealed, CHANGE_BYTES_MAX);
    buf_init(&n->texts, ENTRY_TEXTS_MAX);
    buf_init(&n->clean, ENTRY_CLEAN_MAX);
    enum err e = record_writes_init(&n->writes);
    n->decoded = calloc(CHANGE_WRITES_MAX, sizeof *n->decoded);
    n->elements = calloc(CHANGE_WRITES_MAX, sizeof *n->elements);
    if (e == ERR_OK && (n->decoded == NULL || n->elements == NULL)) e = ERR_NOMEM;
    if (e != ERR_OK) entry_free(n);
    return e;
}

void entry_free(struct entry *n)
{
    record_writes_free(&n->writes);
    buf_free(&n->payload);
    buf_free(&n->sealed);
    buf_free(&n->texts);
    buf_free(&n->clean);
    free(n->decoded);
    free(n->elements);
    *n = (struct entry){.element_count = 0};
}

static enum err entry_say(struct entry_why *why, enum err e, const char *vi, const char *en)
{
    snprintf(why->vi, sizeof why->vi, "%s", vi);
    snprintf(why->en, sizeof why->en, "%s", en);
    return e;
}

enum err entry_clean(struct entry *n, const struct catalogue *c,
                     const struct catalogue_field *field, struct bytes typed, struct bytes *out,
                     struct entry_why *why)
{
    struct catalogue_why cw = {.vi = "", .en = ""};
    *why = (struct entry_why){.field = field};
    enum err e = catalogue_clean(c, field, typed, &n->clean, &cw);
    if (e == ERR_BAD_VALUE) return entry_say(why, e, cw.vi, cw.en);
    if (e == ERR_OK) *out = buf_bytes(&n->clean);
    return e;
}

/* ---- values ---- */

static int entry_order(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

/* "a;b" as sorted elements. */
static enum err entry_split(struct entry *n, struct record_edit *edit)
{
    struct bytes *first = n->elements + n->element_count;
    struct bytes text = edit->text;
    edit->elements = first;
    for (size_t at = 0; at < text.len;) {
        size_t end = at;
        while (end < text.len && text.p[end] != ';')
            end++;
        if (n->element_count == CHANGE_WRITES_MAX) return ERR_TOO_LARGE;
        n->elements[n->element_count++] = bytes_make(text.p + at, end - at);
        edit->element_count++;
        at = end + 1;
    }
    if (edit->element_count > 1) qsort(first, edit->element_count, sizeof *first, entry_order);
    return ERR_OK;
}

static enum err entry_check_twice(const struct entry_form *form, size_t i, struct entry_why *why)
{
    for (size_t k = 0; k < i; k++) {
        if (form->values[k].field != form->values[i].field) continue;
        why->field = form->values[i].field;
        return entry_say(why, ERR_BAD_INPUT, "Trường này được ghi hai lần.",
                         "This field is given twice.");
    }
    return ERR_OK;
}

/* Clean every value. Texts first, then their places: the memory moves while it grows. */
static enum err entry_edits(struct entry *n, const struct catalogue *c,
                            const struct entry_form *form, struct record_edit *edits,
                            struct entry_why *why)
{
    struct bytes text = {NULL, 0};
    n->element_count = 0;
    buf_clear(&n->texts);
    for (size_t i = 0; i < form->count; i++) {
        const struct entry_value *v = &form->values[i];
        enum err e = entry_check_twice(form, i, why);
        if (e == ERR_OK) e = entry_clean(n, c, v->field, v->typed, &text, why);
        if (e != ERR_OK) return e;
        buf_add_bytes(&n->texts, text);
        edits[i] =
            (struct record_edit){.field = v->field, .text = {NULL, text.len}, .settle = v->settle};
    }
    if (n->texts.e != ERR_OK) return n->texts.e;
    const uint8_t *p = n->texts.p;
    for (size_t i = 0; i < form->count; i++) {
        edits[i].text.p = p;
        if (edits[i].text.len > 0) p += edits[i].text.len;
        if (edits[i].field->kind != CATALOGUE_CHOICES) continue;
        enum err e = entry_split(n, &edits[i]);
        if (e != ERR_OK) return e;
    }
    why->field = NULL;
    return ERR_OK;
}

/* ---- the op ---- */

static enum err entry_encode(struct entry *n, struct entry_op *op, unsigned type, struct buf *out)
{
    struct change_op c = {.kind = op->kind,
                          .rid = op->rid,
                          .type = type,
                          .writes = n->writes.v,
                          .count = n->writes.count};
    buf_clear(out);
    change_op_encode(&c, out);
    if (out->e != ERR_OK) return out->e;
    op->payload = buf_bytes(out);
    op->changed = true;
    return ERR_OK;
}

/* Fold the op on top of the record, as it will be shown. */
static enum err entry_apply(struct entry *n, const struct entry_rules *rules, struct fold *f,
                            const struct entry_op *op, struct entry_why *why)
{
    struct change_op c;
    enum fold_verdict verdict;
    struct fold_set set = {.clock = UINT64_MAX >> 1, .position = UINT64_MAX};
    memset(set.version.b, 0xff, sizeof set.version.b);
    enum err e = change_op_decode(op->payload, n->decoded, &c);
    if (e == ERR_OK) e = fold_apply(f, &c, &set, rules->fold, &verdict);
    if (e == ERR_OK && verdict == FOLD_HELD_UNREADABLE)
        return entry_say(why, ERR_TOO_LARGE, "Hồ sơ quá lớn.", "The record is too large.");
    return e;
}

static enum err entry_allowed(const struct entry_rules *rules, const struct catalogue_type *type,
                              const struct fold *f, struct entry_why *why)
{
    struct catalogue_why cw = {.vi = "", .en = ""};
    const struct catalogue_field *bad = NULL;
    enum err e = rules->check(rules->ctx, type, f, &bad, &cw);
    if (e != ERR_BAD_VALUE) return e;
    why->field = bad;
    return entry_say(why, e, cw.vi, cw.en);
}

static enum err entry_step(struct entry *n, const struct entry_rules *rules, const struct fold *f,
                           const struct catalogue_type *type, size_t count, struct entry_why *why)
{
    struct step_why step;
    if (step_allowed(rules->catalogue, f, type->no, n->writes.v, count, rules->side, rules->leader,
                     &step))
        return ERR_OK;
    why->field = step.field;
    step_words(rules->catalogue, &step, rules->side, why->vi, sizeof why->vi, why->en,
               sizeof why->en);
    return ERR_DENIED;
}

static enum err entry_save(struct entry *n, const struct entry_rules *rules, struct fold *f,
                           const struct entry_form *form, struct entry_op *op,
                           struct entry_why *why)
{
    struct record_edit edits[ENTRY_FIELDS_MAX];
    bool known = f->type != 0;
    const struct catalogue_type *type =
        form->type != NULL ? form->type : catalogue_type_by_no(rules->catalogue, f->type);
    bool values = form->count > 0 && form->count <= ENTRY_FIELDS_MAX;
    bool locks = form->count == 0 && form->lock_count > 0 && known;
    if (type == NULL || (!values && !locks))
        return entry_say(why, ERR_BAD_INPUT, "Không có trường nào để ghi.",
                         "There is no field to save.");
    if (!known && entry_step(n, rules, f, type, 0, why) != ERR_OK)
        return ERR_DENIED; /* whatever the values are */
    if (known && fold_deleted(f))
        return entry_say(why, ERR_BAD_INPUT, "Hồ sơ đã bị xóa: hãy khôi phục trước khi sửa.",
                         "The record is deleted: restore it before editing.");
    enum err e = entry_edits(n, rules->catalogue, form, edits, why);
    n->writes.type = type;
    n->writes.locks = form->locks;
    n->writes.lock_count = form->lock_count;
    if (e == ERR_OK) e = record_writes_make(f, edits, form->count, &n->writes);
    n->writes.lock_count = 0;
    if (e != ERR_OK) return e;
    op->kind = known ? CHANGE_EDIT : CHANGE_CREATE;
    if (known && n->writes.count == 0) return ERR_OK;
    if (values) e = entry_step(n, rules, f, type, n->writes.count, why);
    if (e == ERR_OK) e = entry_encode(n, op, type->no, &n->payload);
    if (e == ERR_OK) e = entry_apply(n, rules, f, op, why);
    /* A lock changes no value: what the record says may be of an edition that allowed more. */
    if (e == ERR_OK && values) e = entry_allowed(rules, type, f, why);
    if (e != ERR_OK || rules->seal == NULL) return e;
    /* The fold borrows the open payload, so the op goes out of memory of its own. */
    e = rules->seal(rules->ctx, type, f, &form->rid, &n->writes, why);
    return e == ERR_OK ? entry_encode(n, op, type->no, &n->sealed) : e;
}

static enum err entry_existence(struct entry *n, const struct entry_rules *rules, struct fold *f,
                                const struct entry_form *form, struct entry_op *op,
                                struct entry_why *why)
{
    if (f->type == 0)
        return entry_say(why, ERR_NOT_FOUND, "Không có hồ sơ này.", "There is no such record.");
    bool drop = form->action == ENTRY_DELETE;
    bool again = fold_deleted(f) == drop;
    op->kind = drop ? CHANGE_DELETE : CHANGE_EDIT;
    if (again && !(drop && fold_delete_conflict(f))) return ERR_OK;
    enum err e = drop ? record_writes_delete(f, &n->writes) : record_writes_restore(f, &n->writes);
    const struct catalogue_type *type = catalogue_type_by_no(rules->catalogue, f->type);
    if (e == ERR_OK && type != NULL) e = entry_step(n, rules, f, type, n->writes.count, why);
    if (e == ERR_OK) e = entry_encode(n, op, f->type, &n->payload);
    return e == ERR_OK ? entry_apply(n, rules, f, op, why) : e;
}

/* ---- why it is deleted ---- */

/* "mistake = Nhập nhầm; ...": what there is to choose from. */
static enum err entry_reason_say(const struct catalogue *c, enum err e, const char *vi,
                                 const char *en, struct entry_why *why)
{
    size_t count = 0;
    const struct catalogue_choice *v = catalogue_choices(c, &count);
    entry_say(why, e, vi, en);
    for (size_t i = 0, k = 0; i < count; i++) {
        if (strcmp(v[i].list, RECORD_REASON_LIST) != 0) continue;
        size_t a = strlen(why->vi), b = strlen(why->en);
        const char *comma = k++ > 0 ? "; " : " ";
        snprintf(why->vi + a, sizeof why->vi - a, "%s%s = %s", comma, v[i].value, v[i].label_vi);
        snprintf(why->en + b, sizeof why->en - b, "%s%s = %s", comma, v[i].value, v[i].label_en);
    }
    why->vi[text_utf8_prefix(bytes_str(why->vi))] = '\0'; /* whole letters of long lists */
    why->en[text_utf8_prefix(bytes_str(why->en))] = '\0';
    return e;
}

static bool entry_reason_list(const struct catalogue *c)
{
    size_t count = 0;
    const struct catalogue_choice *v = catalogue_choices(c, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(v[i].list, RECORD_REASON_LIST) == 0) return true;
    return false;
}

enum err entry_reason_needed(const struct catalogue *c, const struct fold *f, struct entry_why *why)
{
    const struct catalogue_type *t = catalogue_type_by_no(c, f->type);
    bool decision = t != NULL && t->scope == CATALOGUE_SCOPE_HUB; /* deleting it is its undo */
    if (decision || (fold_deleted(f) && record_reason(f).len > 0) || !entry_reason_list(c))
        return ERR_OK;
    return entry_reason_say(c, ERR_BAD_INPUT, "Chưa xóa gì: hãy chọn lý do xóa (reason):",
                            "Nothing was deleted: choose why (reason):", why);
}

static enum err entry_reason(struct entry *n, const struct entry_rules *rules, struct fold *f,
                             const struct entry_form *form, struct entry_op *op,
                             struct entry_why *why)
{
    op->kind = CHANGE_EDIT;
    if (f->type == 0)
        return entry_say(why, ERR_NOT_FOUND, "Không có hồ sơ này.", "There is no such record.");
    if (record_reason_choice(rules->catalogue, form->reason) == NULL)
        return entry_reason_say(rules->catalogue, ERR_BAD_INPUT,
                                "Không có lý do xóa này; chưa xóa gì. Hãy chọn:",
                                "There is no such reason; nothing was deleted. Choose:", why);
    enum err e = record_writes_reason(f, form->reason, &n->writes);
    if (e != ERR_OK || n->writes.count == 0) return e;
    e = entry_encode(n, op, f->type, &n->payload);
    return e == ERR_OK ? entry_apply(n, rules, f, op, why) : e;
}

static enum err entry_act(struct entry *n, const struct entry_rules *rules, struct fold *f,
                          const struct entry_form *form, struct entry_op *op, struct entry_why *why)
{
    switch (form->action) {
    case ENTRY_SAVE: return entry_save(n, rules, f, form, op, why);
    case ENTRY_REASON: return entry_reason(n, rules, f, form, op, why);
    case ENTRY_DELETE:
    case ENTRY_RESTORE: break;
    }
    return entry_existence(n, rules, f, form, op, why);
}

enum err entry_make(struct entry *n, const struct entry_rules *rules, struct fold *f,
                    const struct entry_form *form, struct entry_op *out, struct entry_why *why)
{
    struct entry_op op = {.rid = form->rid};
    *why = (struct entry_why){.field = NULL};
    if (f->type != 0 && form->type != NULL && form->type->no != f->type)
        return entry_say(why, ERR_BAD_INPUT, "Mã này là của hồ sơ loại khác.",
                         "This id belongs to a record of another type.");
    enum err e = entry_act(n, rules, f, form, &op, why);
    if (e == ERR_TOO_LARGE && why->vi[0] == '\0')
        return entry_say(why, e, "Hồ sơ hoặc lần ghi này quá lớn.",
                         "The record or this save is too large.");
    if (e == ERR_BAD_VALUE && why->vi[0] == '\0')
        return entry_say(why, e, "Giá trị không được danh mục cho phép.",
                         "A value is not allowed by the catalogue.");
    if (e == ERR_OK) *out = op;
    return e;
}

/* ---- what lists leave as it is ---- */

enum err entry_lock_add(const struct catalogue_type *t, const char *name, bool on,
                        struct record_lock locks[CATALOGUE_FIELDS_MAX], size_t *count,
                        struct entry_why *why)
{
    const struct catalogue_field *f = catalogue_field_by_name(t, name);
    bool right = f != NULL;
    for (size_t i = 0; right && i < *count; i++)
        right = locks[i].field != f;
    if (right) {
        locks[(*count)++] = (struct record_lock){f, on};
        return ERR_OK;
    }
    *why = (struct entry_why){.field = f};
    snprintf(
        why->vi, sizeof why->vi,
        "Chưa ghi gì: \"%.63s\" không phải trường của loại hồ sơ này, hoặc được khóa, mở khóa hai "
        "lần.",
        name);
    snprintf(
        why->en, sizeof why->en,
        "Nothing was saved: \"%.63s\" is no field of this type, or it is locked or unlocked twice.",
        name);
    return ERR_BAD_INPUT;
}

static size_t entry_place(const struct catalogue_type *type, const struct change_write *w)
{
    const struct catalogue_field *g = catalogue_field_by_no(type, w->field);
    return g != NULL ? (size_t)(g - type->fields) : CATALOGUE_FIELDS_MAX;
}

/* A field of a tie is written again as it is when another of the tie changes. */
static bool entry_changes(const struct fold *f, const struct change_write *w)
{
    const struct fold_register *r = fold_find(f, w->field, w->element);
    bool same = r != NULL;
    for (size_t i = 0; same && i < r->count; i++)
        same = bytes_equal(r->heads[i].value, w->value);
    return !same;
}

/* Of the field, or of one that is tied to it. */
static bool entry_of_tie(const struct catalogue_type *t, const bool *marked,
                         const struct catalogue_field *field)
{
    for (size_t i = 0; i < t->field_count; i++) {
        const struct catalogue_field *g = &t->fields[i];
        bool tied = field->tie[0] != '\0' && strcmp(g->tie, field->tie) == 0;
        if (marked[i] && (g == field || tied)) return true;
    }
    return false;
}

enum err entry_keep(const struct fold *f, const struct catalogue_type *type,
                    const struct entry_op *op, bool stays[CATALOGUE_FIELDS_MAX],
                    struct change_write *decoded, struct entry_value *values, size_t *count,
                    entry_kept_fn *told, void *ctx)
{
    bool locked[CATALOGUE_FIELDS_MAX] = {false}, changes[CATALOGUE_FIELDS_MAX] = {false};
    struct change_op c;
    size_t n = 0;
    enum err e = change_op_decode(op->payload, decoded, &c);
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < c.count; i++) {
        size_t at = entry_place(type, &c.writes[i]);
        if (at == CATALOGUE_FIELDS_MAX) continue;
        locked[at] = locked[at] || record_locked(f, c.writes[i].field);
        stays[at] = stays[at] || locked[at];
        changes[at] = changes[at] || entry_changes(f, &c.writes[i]);
    }
    for (size_t i = 0; i < *count; i++) {
        const struct catalogue_field *field = values[i].field;
        if (!entry_of_tie(type, stays, field)) {
            values[n++] = values[i];
        } else if (changes[field - type->fields]) {
            told(ctx, field, entry_of_tie(type, locked, field));
        }
    }
    *count = n;
    return ERR_OK;
}

enum err entry_locked(const struct fold *f, const struct catalogue_type *type,
                      const struct entry_op *op, struct change_write *decoded, entry_kept_fn *told,
                      void *ctx)
{
    bool done[CATALOGUE_FIELDS_MAX] = {false}; /* told, or locked by this op */
    struct change_op c;
    enum err e = change_op_decode(op->payload, decoded, &c);
    if (e != ERR_OK) return e;
    for (size_t i = 0; i < c.count; i++) {
        const struct catalogue_field *g = c.writes[i].field == RECORD_LOCKS_FIELD
                                              ? record_lock_field(type, c.writes[i].element)
                                              : NULL;
        if (g != NULL) done[g - type->fields] = true;
    }
    for (size_t i = 0; i < c.count; i++) {
        size_t at = entry_place(type, &c.writes[i]);
        if (at == CATALOGUE_FIELDS_MAX || done[at] || !record_locked(f, c.writes[i].field))
            continue;
        done[at] = true;
        told(ctx, &type->fields[at], true);
    }
    return ERR_OK;
}
