/* types.csv and fields.csv. */
#include "common/catalogue.h"
#include "common/catalogue_impl.h"

#include <stdio.h>
#include <stdlib.h>

enum { TY_NO, TY_NAME, TY_LABEL_VI, TY_LABEL_EN, TY_SCOPE, TY_SEED, TY_COLUMNS };

enum {
    FI_TYPE,
    FI_NO,
    FI_NAME,
    FI_KIND,
    FI_LIST,
    FI_LABEL_VI,
    FI_LABEL_EN,
    FI_SECTION,
    FI_REQUIRED,
    FI_IDENTITY,
    FI_CLASS,
    FI_POLICY,
    FI_TIE,
    FI_RELEVANT,
    FI_CONSTRAINT,
    FI_CONSTRAINT_VI,
    FI_CONSTRAINT_EN,
    FI_SEALED,
    FI_COLUMNS,
    FI_NEEDED = FI_SEALED /* what stands behind came later: editions of before have it not */
};

enum {
    TYPE_NO_MAX = 65535,
    SENSITIVITY_MAX = 4,
};

/* In the order of enum catalogue_scope, enum catalogue_kind and enum catalogue_policy. */
static const char *const scopes[] = {"own", "down", "hub"};
static const char *const kinds[] = {"text",  "int",    "money",   "decimal", "bool", "date",
                                    "pdate", "choice", "choices", "ref",     "unit"};
/* In the order of enum catalogue_identity; "1" is how the first editions wrote number. */
static const char *const identities[] = {"", "number", "name", "birth", "sex", "1"};
static const char *const policies[] = {"ask", "latest", "max", "min", "union"};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* A type and where it stands. */
struct type_row {
    struct catalogue_type type;
    size_t row;
};

/* A field, the type it belongs to and where it stands. */
struct field_row {
    struct catalogue_field field;
    unsigned type_no;
    size_t row;
};

static int by_type_no(const void *a, const void *b)
{
    const struct type_row *x = a;
    const struct type_row *y = b;
    if (x->type.no != y->type.no) return x->type.no < y->type.no ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static int by_type_and_no(const void *a, const void *b)
{
    const struct field_row *x = a;
    const struct field_row *y = b;
    if (x->type_no != y->type_no) return x->type_no < y->type_no ? -1 : 1;
    if (x->field.no != y->field.no) return x->field.no < y->field.no ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* A name that becomes a table or a column. */
static const char *sql_name(const struct catalogue_table *t, size_t row, size_t column)
{
    const char *s = catalogue_cell_name(t, row, column);
    if (catalogue_is_reserved(s))
        catalogue_cell_mistake(t, row, column, "Tên này SQL hoặc hệ thống đã dùng",
                               "SQL or the system keeps this name for itself");
    return s;
}

static void type_read(const struct catalogue_table *t, size_t row, struct type_row *out)
{
    out->row = row;
    out->type.no = catalogue_cell_number(t, row, TY_NO, 1, TYPE_NO_MAX);
    out->type.name = sql_name(t, row, TY_NAME);
    out->type.label_vi = catalogue_cell_needed(t, row, TY_LABEL_VI);
    out->type.label_en = catalogue_cell_needed(t, row, TY_LABEL_EN);
    size_t scope = catalogue_cell_word(t, row, TY_SCOPE, scopes, COUNT_OF(scopes));
    out->type.scope = (enum catalogue_scope)scope;
}

static void kept_mistake(const struct catalogue_table *t, size_t row, size_t column, const char *vi,
                         const char *en, const char *was)
{
    struct catalogue_place at = {
        .file = t->file, .row = t->rows[row], .column = t->columns[column]};
    catalogue_mistake(t->ps, at, vi, en, was);
}

/* Against the edition in force: a number names the same type for ever. */
static void type_kept(const struct catalogue_table *t, const struct type_row *x)
{
    const struct catalogue *before = t->ps->before;
    if (before == NULL) return;
    const struct catalogue_type *was = catalogue_type_by_no(before, x->type.no);
    if (was != NULL && strcmp(was->name, x->type.name) != 0)
        kept_mistake(t, x->row, TY_NO, "Số này là của loại khác ở bản đang dùng, mãi mãi",
                     "In the edition in force this number is another type's, for ever", was->name);
    else if (was == NULL && catalogue_type_by_name(before, x->type.name) != NULL)
        kept_mistake(t, x->row, TY_NO, "Loại này mang số khác ở bản đang dùng: giữ số đó",
                     "The type has another number in the edition in force: keep that",
                     x->type.name);
}

static void types_gone(const struct catalogue_table *t)
{
    const struct catalogue *before = t->ps->before;
    if (catalogue_unread(t->ps, t->file, NULL)) return;
    for (size_t i = 0; before != NULL && i < before->type_count; i++) {
        const struct catalogue_type *was = &before->types[i];
        if (catalogue_type_by_no(t->ps->c, was->no) == NULL &&
            catalogue_type_by_name(t->ps->c, was->name) == NULL)
            catalogue_mistake(t->ps, (struct catalogue_place){.file = t->file},
                              "Thiếu một loại của bản đang dùng: giữ dòng của nó",
                              "A type of the edition in force is missing: keep its row", was->name);
    }
}

/* Read types.csv into the catalogue, sorted by number. */
static void types_read(struct catalogue_parser *ps, struct catalogue_table *t,
                       struct type_row **rows_out)
{
    static const char *const columns[] = {"no", "name", "label_vi", "label_en", "scope", "seed"};
    catalogue_table_read(ps, "types.csv", columns, TY_COLUMNS, true, t);
    if (t->row_count > CATALOGUE_TYPES_MAX) {
        catalogue_mistake(ps, (struct catalogue_place){.file = t->file}, "Quá nhiều loại hồ sơ",
                          "Too many record types", NULL);
        t->row_count = CATALOGUE_TYPES_MAX;
    }
    struct type_row *rows = catalogue_alloc(ps, t->row_count, sizeof *rows);
    struct catalogue_type *out = catalogue_alloc(ps, t->row_count, sizeof *out);
    *rows_out = rows;
    if (rows == NULL || out == NULL) return;
    for (size_t i = 0; i < t->row_count; i++)
        type_read(t, i, &rows[i]);
    qsort(rows, t->row_count, sizeof rows[0], by_type_no);
    for (size_t i = 0; i < t->row_count; i++) {
        out[i] = rows[i].type;
        if (i > 0 && out[i].no == out[i - 1].no)
            catalogue_cell_mistake(t, rows[i].row, TY_NO, "Số của loại bị trùng",
                                   "The number is used twice");
        for (size_t j = 0; j < i; j++)
            if (out[i].name[0] != '\0' && strcmp(out[i].name, out[j].name) == 0)
                catalogue_cell_mistake(t, rows[i].row, TY_NAME, "Tên loại bị trùng",
                                       "The name is used twice");
    }
    ps->c->types = out;
    ps->c->type_count = t->row_count;
    for (size_t i = 0; i < t->row_count; i++)
        type_kept(t, &rows[i]);
    types_gone(t);
}

static bool kind_is(const struct catalogue_field *f, enum catalogue_kind kind)
{
    return f->kind == kind;
}

static void list_check(const struct catalogue_table *t, size_t row, const struct catalogue_field *f)
{
    const struct catalogue *c = t->ps->c;
    if (kind_is(f, CATALOGUE_CHOICE) || kind_is(f, CATALOGUE_CHOICES)) {
        size_t count;
        if (catalogue_list(c, f->list, &count) == NULL)
            catalogue_cell_unknown(t, row, FI_LIST, "choices.csv",
                                   "choices.csv không có danh sách này",
                                   "choices.csv has no such list");
        else if (kind_is(f, CATALOGUE_CHOICES) && count > CATALOGUE_SET_MAX)
            catalogue_cell_mistake(t, row, FI_LIST, "Danh sách quá dài cho kiểu choices",
                                   "The list is too long for a choices field");
    } else if (kind_is(f, CATALOGUE_REF)) {
        if (catalogue_type_by_name(c, f->list) == NULL)
            catalogue_cell_unknown(t, row, FI_LIST, "types.csv",
                                   "types.csv không có loại hồ sơ này",
                                   "types.csv has no such record type");
    } else if (f->list[0] != '\0') {
        catalogue_cell_mistake(t, row, FI_LIST, "Kiểu này không có danh sách",
                               "A field of this kind has no list");
    }
}

/* The kinds that have an order are the ones max and min can choose from. */
static bool kind_ordered(enum catalogue_kind kind)
{
    return kind == CATALOGUE_INT || kind == CATALOGUE_MONEY || kind == CATALOGUE_DECIMAL ||
           kind == CATALOGUE_DATE;
}

static enum catalogue_policy policy_read(const struct catalogue_table *t, size_t row,
                                         enum catalogue_kind kind)
{
    bool set = kind == CATALOGUE_CHOICES;
    if (catalogue_cell(t, row, FI_POLICY)[0] == '\0') return set ? CATALOGUE_UNION : CATALOGUE_ASK;
    size_t word = catalogue_cell_word(t, row, FI_POLICY, policies, COUNT_OF(policies));
    enum catalogue_policy policy = (enum catalogue_policy)word;
    if (set != (policy == CATALOGUE_UNION))
        catalogue_cell_mistake(t, row, FI_POLICY, "union đi với kiểu choices, và chỉ với nó",
                               "union goes with the kind choices, and only with it");
    if ((policy == CATALOGUE_MAX || policy == CATALOGUE_MIN) && !kind_ordered(kind))
        catalogue_cell_mistake(t, row, FI_POLICY, "max, min chỉ dùng cho số và ngày",
                               "max and min are for numbers and dates");
    return policy;
}

static bool identity_fits(const struct catalogue_field *f)
{
    switch (f->identity) {
    case CATALOGUE_IDENTITY_NUMBER:
    case CATALOGUE_IDENTITY_NAME: return kind_is(f, CATALOGUE_TEXT);
    case CATALOGUE_IDENTITY_BIRTH: return kind_is(f, CATALOGUE_PDATE) || kind_is(f, CATALOGUE_DATE);
    case CATALOGUE_IDENTITY_SEX: return kind_is(f, CATALOGUE_CHOICE);
    case CATALOGUE_IDENTITY_NONE: break;
    }
    return true;
}

static void rules_read(const struct catalogue_table *t, size_t row, struct catalogue_field *f)
{
    size_t identity = catalogue_cell_word(t, row, FI_IDENTITY, identities, COUNT_OF(identities));
    f->identity = identity == COUNT_OF(identities) - 1 ? CATALOGUE_IDENTITY_NUMBER
                                                       : (enum catalogue_identity)identity;
    if (!identity_fits(f))
        catalogue_cell_mistake(
            t, row, FI_IDENTITY,
            "number và name đi với kiểu text, birth với pdate hoặc date, sex với choice",
            "number and name go with the kind text, birth with pdate or date, sex with choice");
    f->tie = catalogue_cell(t, row, FI_TIE);
    if (f->tie[0] != '\0' && (!catalogue_is_name(f->tie) || kind_is(f, CATALOGUE_CHOICES)))
        catalogue_cell_mistake(t, row, FI_TIE,
                               "Tên nhóm không hợp lệ, hoặc kiểu choices không thể vào nhóm",
                               "Bad name of a tie, or a choices field, which cannot be tied");
    f->relevant = catalogue_cell(t, row, FI_RELEVANT);
    f->constraint = catalogue_cell(t, row, FI_CONSTRAINT);
    f->constraint_vi = catalogue_cell(t, row, FI_CONSTRAINT_VI);
    f->constraint_en = catalogue_cell(t, row, FI_CONSTRAINT_EN);
    if (f->constraint[0] == '\0') return;
    (void)catalogue_cell_needed(t, row, FI_CONSTRAINT_VI);
    (void)catalogue_cell_needed(t, row, FI_CONSTRAINT_EN);
}

/* Has the row's type any field of class 4? */
static bool type_is_secret(const struct catalogue_table *t, size_t row)
{
    const char *type = catalogue_cell(t, row, FI_TYPE);
    for (size_t i = 0; i < t->row_count; i++) {
        if (strcmp(catalogue_cell(t, i, FI_CLASS), "4") == 0 &&
            strcmp(catalogue_cell(t, i, FI_TYPE), type) == 0)
            return true;
    }
    return false;
}

/* A catalogue that seals anything says whether it does of every text of class 4, and of every text of class 3
 * that stands beside a field of class 4: what is told of a victim is told in whatever box is free. */
static void sealed_read(const struct catalogue_table *t, size_t row, bool said,
                        struct catalogue_field *f)
{
    bool text = kind_is(f, CATALOGUE_TEXT) && f->sensitivity == SENSITIVITY_MAX;
    f->sealed = catalogue_cell_flag(t, row, FI_SEALED);
    if (f->sealed && (!text || f->identity != CATALOGUE_IDENTITY_NONE))
        catalogue_cell_mistake(t, row, FI_SEALED,
                               "Chỉ niêm phong được trường kiểu text, mức 4, không phải định danh",
                               "Only a text of class 4 that is no identity can be sealed");
    if (said && kind_is(f, CATALOGUE_TEXT) && catalogue_cell(t, row, FI_SEALED)[0] == '\0' &&
        (text || (f->sensitivity == SENSITIVITY_MAX - 1 && type_is_secret(t, row))))
        catalogue_cell_mistake(t, row, FI_SEALED,
                               "Trường chữ mức 4, hoặc mức 3 trong hồ sơ có trường mức 4: phải ghi "
                               "1 (niêm phong) hoặc "
                               "0 (để ngỏ)",
                               "A text of class 4, or of class 3 beside one of class 4: say 1 "
                               "(sealed) or 0 (left open)");
}

static bool sealed_said(const struct catalogue_table *t)
{
    for (size_t i = 0; i < t->row_count; i++) {
        if (catalogue_cell(t, i, FI_SEALED)[0] != '\0') return true;
    }
    return false;
}

static void field_read(const struct catalogue_table *t, size_t row, bool said,
                       struct field_row *out)
{
    struct catalogue_field *f = &out->field;
    const struct catalogue_type *type =
        catalogue_type_by_name(t->ps->c, catalogue_cell(t, row, FI_TYPE));
    out->row = row;
    out->type_no = type == NULL ? 0 : type->no;
    if (type == NULL)
        catalogue_cell_unknown(t, row, FI_TYPE, "types.csv", "types.csv không có loại hồ sơ này",
                               "types.csv has no such record type");
    f->no = catalogue_cell_number(t, row, FI_NO, 1, CATALOGUE_FIELDS_MAX);
    f->name = sql_name(t, row, FI_NAME);
    f->kind = (enum catalogue_kind)catalogue_cell_word(t, row, FI_KIND, kinds, COUNT_OF(kinds));
    f->list = catalogue_cell(t, row, FI_LIST);
    list_check(t, row, f);
    f->label_vi = catalogue_cell_needed(t, row, FI_LABEL_VI);
    f->label_en = catalogue_cell_needed(t, row, FI_LABEL_EN);
    f->section = catalogue_cell(t, row, FI_SECTION);
    f->required = catalogue_cell_flag(t, row, FI_REQUIRED);
    /* No default: whoever adds a field has to think about who may see it. */
    f->sensitivity = catalogue_cell_number(t, row, FI_CLASS, 0, SENSITIVITY_MAX);
    f->policy = policy_read(t, row, f->kind);
    rules_read(t, row, f);
    sealed_read(t, row, said, f);
}

/* Numbers and names are used once in a type, and each part of an identity is one field at most. */
static void field_unique(const struct catalogue_table *t, const struct field_row *rows, size_t i)
{
    const struct field_row *x = &rows[i];
    if (x->type_no == 0) return;
    for (size_t j = i; j-- > 0 && rows[j].type_no == x->type_no;) {
        const struct field_row *y = &rows[j];
        if (x->field.no == y->field.no)
            catalogue_cell_mistake(t, x->row, FI_NO, "Số của trường bị trùng trong loại hồ sơ",
                                   "The number is used twice in the type");
        if (x->field.name[0] != '\0' && strcmp(x->field.name, y->field.name) == 0)
            catalogue_cell_mistake(t, x->row, FI_NAME, "Tên trường bị trùng trong loại hồ sơ",
                                   "The name is used twice in the type");
        if (x->field.identity != CATALOGUE_IDENTITY_NONE && x->field.identity == y->field.identity)
            catalogue_cell_mistake(t, x->row, FI_IDENTITY, "Loại hồ sơ đã có một trường như vậy",
                                   "The type already has such a field");
    }
}

/* Against the edition in force: a number names the same field for ever, with its kind and list. */
static void field_kept(const struct catalogue_table *t, const struct field_row *x)
{
    const struct catalogue *before = t->ps->before;
    const struct catalogue_type *type =
        before != NULL ? catalogue_type_by_no(before, x->type_no) : NULL;
    if (type == NULL) return;
    const struct catalogue_field *was = catalogue_field_by_no(type, x->field.no);
    if (was == NULL) {
        if (catalogue_field_by_name(type, x->field.name) != NULL)
            kept_mistake(t, x->row, FI_NO, "Trường này mang số khác ở bản đang dùng: giữ số đó",
                         "The field has another number in the edition in force: keep that",
                         x->field.name);
    } else if (strcmp(was->name, x->field.name) != 0) {
        kept_mistake(t, x->row, FI_NO, "Số này là của trường khác ở bản đang dùng, mãi mãi",
                     "In the edition in force this number is another field's, for ever", was->name);
    } else if (was->kind != x->field.kind) {
        kept_mistake(
            t, x->row, FI_KIND, "Kiểu của trường đã ban hành không đổi được: thêm trường mới",
            "The kind of a published field cannot change: add a new field", kinds[was->kind]);
    } else if (strcmp(was->list, x->field.list) != 0) {
        kept_mistake(t, x->row, FI_LIST,
                     "Danh sách của trường đã ban hành không đổi được: thêm trường mới",
                     "The list of a published field cannot change: add a new field", was->list);
    }
}

static void fields_gone(const struct catalogue_table *t)
{
    const struct catalogue *before = t->ps->before;
    if (catalogue_unread(t->ps, t->file, NULL)) return;
    for (size_t i = 0; before != NULL && i < before->type_count; i++) {
        const struct catalogue_type *was = &before->types[i];
        const struct catalogue_type *now = catalogue_type_by_no(t->ps->c, was->no);
        for (size_t k = 0; now != NULL && k < was->field_count; k++) {
            const struct catalogue_field *f = &was->fields[k];
            if (catalogue_field_by_no(now, f->no) != NULL ||
                catalogue_field_by_name(now, f->name) != NULL)
                continue;
            char name[2 * CATALOGUE_NAME_BYTES_MAX + 2];
            snprintf(name, sizeof name, "%s.%s", was->name, f->name);
            catalogue_mistake(t->ps, (struct catalogue_place){.file = t->file},
                              "Thiếu một trường của bản đang dùng: giữ dòng của nó",
                              "A field of the edition in force is missing: keep its row", name);
        }
    }
}

/* Give each type its run of the sorted fields. */
static void fields_hand_out(struct catalogue_parser *ps, const struct field_row *rows,
                            struct catalogue_field *fields, size_t count)
{
    size_t at = 0;
    while (at < count && rows[at].type_no == 0)
        at++; /* of unknown types: noted already */
    for (size_t i = 0; i < ps->c->type_count; i++) {
        struct catalogue_type *type = &ps->c->types[i];
        type->fields = &fields[at];
        for (; at < count && rows[at].type_no == type->no; at++) {
            type->field_count++;
            if (fields[at].sensitivity > type->sensitivity)
                type->sensitivity = fields[at].sensitivity;
        }
        if (type->field_count == 0 && !catalogue_unread(ps, "fields.csv", NULL))
            catalogue_mistake(ps, (struct catalogue_place){.file = "types.csv"},
                              "Loại hồ sơ không có trường nào", "The type has no field",
                              type->name);
    }
}

void catalogue_parse_types(struct catalogue_parser *ps)
{
    static const char *const columns[] = {
        "type",     "no",       "name",       "kind",          "list",          "label_vi",
        "label_en", "section",  "required",   "identity",      "class",         "policy",
        "tie",      "relevant", "constraint", "constraint_vi", "constraint_en", "sealed"};
    struct catalogue_table t;
    struct type_row *types;
    types_read(ps, &t, &types);
    if (ps->nomem) return;
    catalogue_table_read_some(ps, "fields.csv", columns, FI_COLUMNS, FI_NEEDED, true, &t);
    bool said = sealed_said(&t);
    struct field_row *rows = catalogue_alloc(ps, t.row_count, sizeof *rows);
    struct catalogue_field *fields = catalogue_alloc(ps, t.row_count, sizeof *fields);
    if (rows == NULL || fields == NULL) return;
    for (size_t i = 0; i < t.row_count && catalogue_more(ps); i++)
        field_read(&t, i, said, &rows[i]);
    if (!catalogue_more(ps)) return;
    qsort(rows, t.row_count, sizeof rows[0], by_type_and_no);
    for (size_t i = 0; i < t.row_count; i++) {
        field_unique(&t, rows, i);
        field_kept(&t, &rows[i]);
        fields[i] = rows[i].field;
    }
    fields_hand_out(ps, rows, fields, t.row_count);
    fields_gone(&t);
}
