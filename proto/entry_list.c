#include "proto/entry_list.h"

#include "common/person_match.h"
#include "common/text.h"
#include "proto/wire.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENTRY_LIST_ROOM_MIN = 1024 }; /* slots; a power of two, and so are its doubles */

void entry_list_free(struct entry_list *l)
{
    free(l->slots);
    *l = (struct entry_list){.count = 0};
}

/* ---- marks ---- */

static uint64_t list_hash(uint64_t salt, unsigned no, struct bytes text)
{
    uint8_t h[crypto_generichash_BYTES_MIN], key[crypto_generichash_KEYBYTES_MIN] = {0};
    le64_store(key, salt);
    le32_store(key + 8, no);
    crypto_generichash(h, sizeof h, text.p, text.len, key, sizeof key);
    return le64_load(h) | 1u;
}

uint64_t entry_list_key(const struct catalogue_type *t, struct bytes key)
{
    return list_hash(0, t->no, key);
}

/* Its place, or the free one where it would stand. */
static size_t list_place(const uint64_t *slots, size_t room, uint64_t mark)
{
    size_t at = (size_t)(mark >> 1) & (room - 1);
    while (slots[at] != 0 && slots[at] != mark)
        at = (at + 1) & (room - 1);
    return at;
}

static bool list_has(const struct entry_list *l, uint64_t mark)
{
    return l->room > 0 && l->slots[list_place(l->slots, l->room, mark)] != 0;
}

static enum err list_grow(struct entry_list *l)
{
    size_t room = l->room > 0 ? 2 * l->room : ENTRY_LIST_ROOM_MIN;
    uint64_t *slots = calloc(room, sizeof *slots);
    if (slots == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < l->room; i++)
        if (l->slots[i] != 0) slots[list_place(slots, room, l->slots[i])] = l->slots[i];
    free(l->slots);
    l->slots = slots;
    l->room = room;
    return ERR_OK;
}

enum err entry_list_taken(struct entry_list *l)
{
    if (l->count + l->row_count > ENTRY_LIST_MARKS_MAX) return ERR_OK;
    for (size_t i = 0; i < l->row_count; i++) {
        enum err e = 2 * (l->count + 1) > l->room ? list_grow(l) : ERR_OK;
        if (e != ERR_OK) return e;
        size_t at = list_place(l->slots, l->room, l->row[i]);
        if (l->slots[at] == 0) l->count++;
        l->slots[at] = l->row[i];
    }
    l->row_count = 0;
    return ERR_OK;
}

/* ---- rows of one key ---- */

static enum err list_clash(const struct catalogue_field *f, struct entry_why *why)
{
    *why = (struct entry_why){.field = f, .same = true};
    snprintf(why->vi, sizeof why->vi,
             "Một dòng ở trên có cùng số (hoặc cùng mã hồ sơ) nhưng ghi giá trị khác ở cột này; "
             "chưa nhập dòng này.");
    snprintf(why->en, sizeof why->en,
             "A row above has the same number (or record id) and another value in this column; "
             "this row was not imported.");
    return ERR_BAD_VALUE;
}

enum err entry_list_row(struct entry_list *l, struct entry *n, const struct catalogue *c,
                        const struct entry_form *form, uint64_t key, struct entry_why *why)
{
    l->row_count = 0;
    l->again = key != 0 && list_has(l, key);
    l->news = !l->again;
    if (key == 0) return ERR_OK;
    l->row[l->row_count++] = key;
    for (size_t i = 0; i < form->count && i < ENTRY_FIELDS_MAX; i++) {
        const struct catalogue_field *f = form->values[i].field;
        struct bytes text = {NULL, 0};
        enum err e = entry_clean(n, c, f, form->values[i].typed, &text, why);
        if (e != ERR_OK) return e;
        uint64_t field = list_hash(key, f->no, bytes_make(NULL, 0));
        uint64_t value = list_hash(field, f->no, text);
        bool said = list_has(l, field), same = list_has(l, value);
        if (l->again && said && !same && !l->confirmed) return list_clash(f, why);
        l->news = l->news || !same;
        l->row[l->row_count++] = field;
        l->row[l->row_count++] = value;
    }
    why->field = NULL;
    return ERR_OK;
}

enum entry_list_did entry_list_did(const struct entry_list *l, const struct entry_op *op, bool dry)
{
    bool above = dry && l->again;
    if (!op->changed || (above && !l->news)) return ENTRY_LIST_UNCHANGED;
    return op->kind == CHANGE_CREATE && !above ? ENTRY_LIST_CREATED : ENTRY_LIST_EDITED;
}

/* ---- the record that a key found ---- */

static const enum catalogue_identity list_person_parts[] = {
    CATALOGUE_IDENTITY_NAME, CATALOGUE_IDENTITY_BIRTH, CATALOGUE_IDENTITY_SEX};
enum { LIST_PARTS = sizeof list_person_parts / sizeof list_person_parts[0] };

static enum err list_person_make(const struct buf *text, const size_t *lens,
                                 struct person_match *out)
{
    struct bytes parts[LIST_PARTS];
    size_t at = 0;
    for (size_t i = 0; i < LIST_PARTS; i++) {
        parts[i] = bytes_make(text->p != NULL ? text->p + at : NULL, lens[i]);
        at += lens[i];
    }
    return person_match_make(parts[0], parts[1], parts[2], out);
}

static enum err list_person_record(struct entry *n, const struct fold *f,
                                   const struct catalogue_type *t, struct person_match *out)
{
    struct record_cell cells[CATALOGUE_FIELDS_MAX];
    size_t lens[LIST_PARTS] = {0};
    buf_clear(&n->texts);
    record_cells(f, t, cells);
    for (size_t i = 0; i < LIST_PARTS; i++) {
        for (size_t k = 0; k < t->field_count; k++) {
            struct wire_reader r;
            if (t->fields[k].identity != list_person_parts[i] || !cells[k].set) continue;
            wire_open(&r, cells[k].value);
            if (cells[k].value.p == NULL || wire_peek(&r) != WIRE_STR) continue; /* sealed */
            struct bytes text = wire_get_str(&r);
            buf_add_bytes(&n->texts, text);
            lens[i] += text.len;
        }
    }
    return n->texts.e == ERR_OK ? list_person_make(&n->texts, lens, out) : n->texts.e;
}

static enum err list_person_row(struct entry *n, const struct catalogue *c,
                                const struct entry_form *form, struct person_match *out,
                                struct entry_why *why)
{
    size_t lens[LIST_PARTS] = {0};
    buf_clear(&n->texts);
    for (size_t i = 0; i < LIST_PARTS; i++) {
        for (size_t k = 0; k < form->count; k++) {
            const struct entry_value *v = &form->values[k];
            struct bytes text = {NULL, 0};
            if (v->field->identity != list_person_parts[i]) continue;
            enum err e = entry_clean(n, c, v->field, v->typed, &text, why);
            if (e != ERR_OK) return e;
            buf_add_bytes(&n->texts, text);
            lens[i] += text.len;
        }
    }
    return n->texts.e == ERR_OK ? list_person_make(&n->texts, lens, out) : n->texts.e;
}

enum err entry_list_person(const struct entry_list *l, struct entry *n, const struct catalogue *c,
                           const struct fold *f, const struct entry_form *form,
                           const struct catalogue_field *key, struct entry_why *why)
{
    struct person_match is, row;
    if (l->confirmed || f->type != form->type->no) return ERR_OK;
    enum err e = list_person_record(n, f, form->type, &is);
    if (e == ERR_OK) e = list_person_row(n, c, form, &row, why);
    if (e != ERR_OK || !person_match_other(&is, &row)) return e;
    *why = (struct entry_why){.field = key, .same = true};
    id_hex(BYTES_OF(form->rid.b), why->record);
    snprintf(why->vi, sizeof why->vi,
             "Số này đang là của hồ sơ %s, mà tên hoặc ngày sinh ở đó khác hẳn; chưa nhập dòng "
             "này.",
             why->record);
    snprintf(why->en, sizeof why->en,
             "This number is that of record %s, whose name or birth is not alike; this row was "
             "not imported.",
             why->record);
    return ERR_BAD_VALUE;
}
