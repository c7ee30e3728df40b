#include "proto/entry_called.h"

#include "common/text.h"

#include <stdio.h>
#include <string.h>

static bool called_is_id(struct bytes typed)
{
    struct id_record rid;
    char hex[ENTRY_CALLED_ID_ROOM] = "";
    if (typed.len != sizeof hex - 1) return false;
    memcpy(hex, typed.p, typed.len);
    return id_unhex(hex, rid.b, sizeof rid.b) == ERR_OK;
}

/* Digits, with what stands between them on paper. */
static bool called_is_number(struct bytes typed)
{
    bool any = false;
    for (size_t i = 0; i < typed.len; i++) {
        bool digit = typed.p[i] >= '0' && typed.p[i] <= '9';
        if (!digit && strchr(" .-", typed.p[i]) == NULL) return false;
        any = any || digit;
    }
    return any;
}

static enum err called_add(struct entry *n, const struct catalogue *c,
                           const struct catalogue_field *of, struct bytes typed,
                           struct entry_called *out, struct entry_why *why)
{
    struct bytes text;
    enum err e = entry_clean(n, c, of, typed, &text, why);
    if (e != ERR_OK) return e;
    if (text.len == 0 || text.len > ENTRY_CALLED_BYTES_MAX) {
        snprintf(why->vi, sizeof why->vi, "Tên dài quá %d byte: ghi mã hồ sơ.",
                 ENTRY_CALLED_BYTES_MAX);
        snprintf(why->en, sizeof why->en, "The name is over %d bytes: give the record's id.",
                 ENTRY_CALLED_BYTES_MAX);
        return ERR_BAD_VALUE;
    }
    out->field[out->count] = of;
    memcpy(out->text[out->count], text.p, text.len);
    out->text[out->count++][text.len] = '\0';
    return ERR_OK;
}

/* "Nguyễn Văn An, 15/03/1985": what stands behind the last comma, if it is a birth. */
static enum err called_birth(struct entry *n, const struct catalogue *c, struct bytes *typed,
                             struct entry_called *out)
{
    const struct catalogue_field *birth =
        catalogue_identity_field(out->type, CATALOGUE_IDENTITY_BIRTH);
    struct entry_why why;
    size_t at = typed->len;
    while (at > 0 && typed->p[at - 1] != ',')
        at--;
    if (birth == NULL || at == 0) return ERR_OK;
    enum err e =
        called_add(n, c, birth, text_trim(bytes_make(typed->p + at, typed->len - at)), out, &why);
    if (e == ERR_OK) *typed = text_trim(bytes_make(typed->p, at - 1));
    return e == ERR_NOMEM ? e : ERR_OK;
}

static enum err called_no_id(const struct catalogue_type *t, struct entry_why *why)
{
    snprintf(why->vi, sizeof why->vi,
             "Hồ sơ loại \"%.80s\" không có số hay tên riêng: ghi mã hồ sơ.", t->label_vi);
    snprintf(why->en, sizeof why->en,
             "Records of type \"%.80s\" have neither number nor name: give the record's id.",
             t->label_en);
    return ERR_BAD_VALUE;
}

enum err entry_called_read(struct entry *n, const struct catalogue *c,
                           const struct catalogue_field *f, struct bytes typed,
                           struct entry_called *out, struct entry_why *why)
{
    *out = (struct entry_called){.type = catalogue_type_by_name(c, f->list)};
    typed = text_trim(typed);
    if (typed.len == 0 || called_is_id(typed) || out->type == NULL) return ERR_OK;
    const struct catalogue_field *number =
        catalogue_identity_field(out->type, CATALOGUE_IDENTITY_NUMBER);
    enum err e = ERR_OK;
    if (number != NULL && called_is_number(typed)) {
        e = called_add(n, c, number, typed, out, why);
    } else if (catalogue_named(out->type)) {
        e = called_birth(n, c, &typed, out);
        if (e == ERR_OK) e = called_add(n, c, catalogue_title(out->type), typed, out, why);
    } else {
        e = called_no_id(out->type, why);
    }
    why->field = e != ERR_OK ? f : NULL;
    return e;
}

struct bytes entry_called_text(const struct entry_called *called, size_t i)
{
    for (size_t k = 0; k < called->count; k++)
        if (called->field[k] == &called->type->fields[i]) return bytes_str(called->text[k]);
    return bytes_make(NULL, 0);
}

enum err entry_called_one(const struct entry_called *called, const struct catalogue_field *f,
                          size_t found, struct entry_why *why)
{
    if (found == 1) return ERR_OK;
    why->field = f;
    const char *label_vi = called->type->label_vi, *label_en = called->type->label_en;
    bool number = called->field[0]->identity == CATALOGUE_IDENTITY_NUMBER;
    if (found == 0) {
        snprintf(why->vi, sizeof why->vi,
                 "Chưa có hồ sơ \"%.60s\" nào có đúng %s này: hãy nhập hồ sơ ấy trước, hoặc ghi mã "
                 "hồ sơ.",
                 label_vi, number ? "số" : "tên");
        snprintf(
            why->en, sizeof why->en,
            "No record \"%.60s\" has exactly this %s: enter that record first, or give its id.",
            label_en, number ? "number" : "name");
    } else {
        snprintf(why->vi, sizeof why->vi,
                 "Có nhiều hồ sơ \"%.60s\" như vậy: hãy ghi số định danh, \"tên, ngày sinh\" hoặc "
                 "mã hồ sơ.",
                 label_vi);
        snprintf(why->en, sizeof why->en,
                 "Several records \"%.60s\" are so: give the identity number, \"name, birth\" or "
                 "the id.",
                 label_en);
    }
    return ERR_BAD_VALUE;
}

enum err entry_called_values(struct entry *n, const struct catalogue *c, struct entry_value *values,
                             size_t count, char ids[][ENTRY_CALLED_ID_ROOM], entry_called_fn *find,
                             void *ctx, struct entry_why *why)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < count && e == ERR_OK; i++) {
        struct entry_called called;
        struct id_record found[2];
        size_t records = 0;
        struct entry_value *v = &values[i];
        if (v->field->kind != CATALOGUE_REF) continue;
        e = entry_called_read(n, c, v->field, v->typed, &called, why);
        if (e != ERR_OK || called.count == 0) continue;
        e = find(ctx, &called, found, &records);
        if (e == ERR_OK) e = entry_called_one(&called, v->field, records, why);
        if (e != ERR_OK) continue;
        id_hex(BYTES_OF(found[0].b), ids[i]);
        v->typed = bytes_str(ids[i]);
    }
    return e;
}
