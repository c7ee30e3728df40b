/* References: may this field of a form mean that record, and when was it written? */
#include "proto/entry.h"
#include "proto/wire.h"

#include <stdio.h>
#include <string.h>

static enum err entry_ref_same(struct entry_why *why)
{
    snprintf(why->vi, sizeof why->vi, "Đây là mã của chính hồ sơ này.");
    snprintf(why->en, sizeof why->en, "This is the id of the record itself.");
    return ERR_BAD_VALUE;
}

static enum err entry_ref_look(const struct catalogue *c, const struct catalogue_field *field,
                               const struct id_record *own, struct bytes value,
                               entry_type_fn *type_of, void *ctx, struct entry_why *why)
{
    struct wire_reader r;
    struct id_record rid;
    unsigned no = 0;
    wire_open(&r, value);
    if (wire_peek(&r) != WIRE_BIN) return ERR_OK; /* cleared */
    struct bytes b = wire_get_bin(&r);
    if (b.len != sizeof rid.b) return ERR_OK;
    memcpy(rid.b, b.p, sizeof rid.b);
    why->field = field;
    if (ID_EQUAL(&rid, own)) return entry_ref_same(why);
    enum err e = type_of(ctx, &rid, &no);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e; /* it may still come */
    const struct catalogue_type *wanted = catalogue_type_by_name(c, field->list);
    const struct catalogue_type *is = catalogue_type_by_no(c, no);
    if (wanted == NULL || is == NULL || is == wanted) return ERR_OK;
    snprintf(why->vi, sizeof why->vi, "Đây là mã của hồ sơ loại \"%.80s\"; ở đây cần \"%.80s\".",
             is->label_vi, wanted->label_vi);
    snprintf(why->en, sizeof why->en,
             "This is the id of a record of type \"%.80s\"; \"%.80s\" is needed.", is->label_en,
             wanted->label_en);
    return ERR_BAD_VALUE;
}

enum err entry_refs(struct entry *n, const struct catalogue *c, const struct entry_form *form,
                    const struct entry_op *op, entry_type_fn *type_of, void *ctx,
                    struct entry_why *why)
{
    struct change_op o = {.count = 0};
    bool open = false;
    enum err e = ERR_OK;
    if (!op->changed || form->action != ENTRY_SAVE) return ERR_OK;
    for (size_t k = 0; e == ERR_OK && k < form->count; k++) {
        const struct catalogue_field *f = form->values[k].field;
        if (f->kind != CATALOGUE_REF) continue;
        if (!open) e = change_op_decode(op->payload, n->decoded, &o);
        open = true;
        for (size_t i = 0; e == ERR_OK && i < o.count; i++)
            if (o.writes[i].field == f->no)
                e = entry_ref_look(c, f, &op->rid, o.writes[i].value, type_of, ctx, why);
    }
    if (e == ERR_OK) why->field = NULL;
    return e;
}

int64_t entry_ref_saved(const struct fold *f, unsigned field)
{
    const struct fold_register *r = fold_find(f, field, bytes_make(NULL, 0));
    int64_t at = 0;
    for (size_t i = 0; r != NULL && i < r->count; i++) {
        int64_t ms = (int64_t)(f->sets[r->heads[i].set].clock >> 16);
        if (ms > at) at = ms;
    }
    return at;
}
