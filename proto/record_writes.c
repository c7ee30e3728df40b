#include "proto/record.h"
#include "proto/wire.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* All values and bases of the largest op that could still fit a change set. */
enum { RECORD_MEMORY_BYTES_MAX = 2 * 1024 * 1024 };

static const struct bytes no_element = {NULL, 0};

enum err record_writes_init(struct record_writes *w)
{
    *w = (struct record_writes){0};
    w->v = calloc(CHANGE_WRITES_MAX, sizeof *w->v);
    if (w->v == NULL) return ERR_NOMEM;
    buf_init(&w->memory, RECORD_MEMORY_BYTES_MAX);
    return ERR_OK;
}

void record_writes_free(struct record_writes *w)
{
    free(w->v);
    buf_free(&w->memory);
    *w = (struct record_writes){0};
}

/*
 * While building, the memory may move: only lengths are kept, values and bases lie one behind the
 * other in the order of the writes, and record_writes_end() gives them their places.
 */
static void record_writes_begin(struct record_writes *w)
{
    w->count = 0;
    buf_clear(&w->memory);
}

static enum err record_writes_end(struct record_writes *w)
{
    if (w->memory.e != ERR_OK) return w->memory.e;
    const uint8_t *p = w->memory.p;
    for (size_t i = 0; i < w->count; i++) {
        struct change_write *c = &w->v[i];
        c->value.p = p;
        p += c->value.len;
        c->bases.p = p;
        p += c->bases.len;
    }
    change_writes_sort(w->v, w->count);
    return ERR_OK;
}

/* The write whose value was just appended at `start`; its bases are all heads of `r` (may be NULL).
 */
static enum err record_write_close(struct record_writes *w, const struct fold *f, unsigned field,
                                   struct bytes element, const struct fold_register *r,
                                   size_t start)
{
    if (w->count == CHANGE_WRITES_MAX) return ERR_TOO_LARGE;
    struct change_write *c = &w->v[w->count++];
    *c = (struct change_write){.field = field, .element = element};
    c->value.len = w->memory.len - start;
    size_t bases = w->memory.len;
    if (r != NULL) fold_bases(f, r, &w->memory);
    c->bases.len = w->memory.len - bases;
    return w->memory.e;
}

static bool record_heads_differ(const struct fold_register *r)
{
    for (size_t i = 1; i < r->count; i++) {
        if (!bytes_equal(r->heads[0].value, r->heads[i].value)) return true;
    }
    return false;
}

/* Policy under which a field is shown; the same as record_rules gives. */
static enum fold_policy record_shown_policy(const struct catalogue_field *field)
{
    if (field->policy == CATALOGUE_LATEST) return FOLD_LATEST;
    if (field->policy == CATALOGUE_MAX || field->policy == CATALOGUE_UNION) return FOLD_MAX;
    return field->policy == CATALOGUE_MIN ? FOLD_MIN : FOLD_ASK;
}

static struct bytes record_shown_value(const struct fold *f, const struct catalogue_field *field,
                                       const struct fold_register *r)
{
    static const uint8_t nil[] = {0xc0};
    if (r == NULL) return BYTES_OF(nil);
    return fold_shown(f, r, record_shown_policy(field))->value;
}

/* A field that is not `choices`: write it if it differs or settles. */
static enum err record_write_plain(const struct fold *f, const struct record_edit *edit,
                                   struct record_writes *w)
{
    const struct fold_register *r = fold_find(f, edit->field->no, no_element);
    size_t start = w->memory.len;
    enum err e = record_value_from_text(edit->field, edit->text, &w->memory);
    if (e != ERR_OK) return e;
    struct bytes value = bytes_make(w->memory.p + start, w->memory.len - start);
    bool same = bytes_equal(value, record_shown_value(f, edit->field, r));
    bool settle = edit->settle && r != NULL && record_heads_differ(r);
    if (same && !settle) {
        w->memory.len = start;
        return ERR_OK;
    }
    return record_write_close(w, f, edit->field->no, no_element, r, start);
}

/* A field of a tie that the form does not change: what is shown, written again. */
static enum err record_write_again(const struct fold *f, const struct catalogue_field *field,
                                   struct record_writes *w)
{
    const struct fold_register *r = fold_find(f, field->no, no_element);
    size_t start = w->memory.len;
    buf_add_bytes(&w->memory, record_shown_value(f, field, r));
    return record_write_close(w, f, field->no, no_element, r, start);
}

static bool record_in_set(const struct bytes *v, size_t count, struct bytes element)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes_equal(v[i], element)) return true;
    }
    return false;
}

static bool record_shown_in(const struct fold_register *r)
{
    for (size_t i = 0; r != NULL && i < r->count; i++) {
        if (r->heads[i].value.len == 1 && r->heads[i].value.p[0] == 0xc3) return true;
    }
    return false;
}

static enum err record_write_element(const struct fold *f, unsigned field, struct bytes element,
                                     const struct fold_register *r, bool in,
                                     struct record_writes *w)
{
    if (element.len == 0 || element.len > CHANGE_VALUE_BYTES_MAX) return ERR_BAD_VALUE;
    size_t start = w->memory.len;
    wire_put_bool(&w->memory, in);
    return record_write_close(w, f, field, element, r, start);
}

static enum err record_write_choices(const struct fold *f, const struct record_edit *edit,
                                     struct record_writes *w)
{
    unsigned field = edit->field->no;
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        if (r->field != field || r->element.p == NULL || !record_shown_in(r)) continue;
        bool stays = record_in_set(edit->elements, edit->element_count, r->element);
        if (!stays) e = record_write_element(f, field, r->element, r, false, w);
    }
    for (size_t i = 0; e == ERR_OK && i < edit->element_count; i++) {
        struct bytes element = edit->elements[i];
        if (record_in_set(edit->elements, i, element)) return ERR_BAD_VALUE; /* twice */
        const struct fold_register *r = fold_find(f, field, element);
        if (!record_shown_in(r)) e = record_write_element(f, field, element, r, true, w);
    }
    return e;
}

/* Locks that are not so already, each an element of its own: two PCs that lock different fields do not meet. */
static enum err record_writes_locks(const struct fold *f, struct record_writes *w)
{
    enum err e = w->lock_count <= CATALOGUE_FIELDS_MAX ? ERR_OK : ERR_TOO_LARGE;
    for (size_t i = 0; e == ERR_OK && i < w->lock_count; i++) {
        const struct record_lock *lock = &w->locks[i];
        for (size_t k = 0; k < i; k++)
            if (w->locks[k].field == lock->field) return ERR_BAD_VALUE; /* said twice */
        char *text = w->lock_elements[i];
        snprintf(text, RECORD_LOCK_ROOM, "%u", lock->field->no);
        const struct fold_register *r = fold_find(f, RECORD_LOCKS_FIELD, bytes_str(text));
        if (record_shown_in(r) == lock->on) continue;
        e = record_write_element(f, RECORD_LOCKS_FIELD, bytes_str(text), r, lock->on, w);
    }
    return e;
}

static bool record_written(const struct record_writes *w, unsigned field)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->v[i].field == field) return true;
    }
    return false;
}

/* Is another field of this one's tie written already? */
static bool record_tie_written(const struct record_edit *edits, size_t count,
                               const struct record_writes *w, const struct catalogue_field *field)
{
    if (field->tie[0] == '\0') return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(edits[i].field->tie, field->tie) == 0 && record_written(w, edits[i].field->no))
            return true;
    }
    return false;
}

static enum err record_writes_tie(const struct fold *f, const struct record_edit *edits,
                                  size_t count, struct record_writes *w)
{
    enum err e = ERR_OK;
    if (f->type == 0) return ERR_OK; /* a create: nobody else can have written */
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        const struct catalogue_field *field = edits[i].field;
        if (field->kind == CATALOGUE_CHOICES || record_written(w, field->no)) continue;
        if (record_tie_written(edits, count, w, field)) e = record_write_again(f, field, w);
    }
    for (size_t i = 0; e == ERR_OK && w->type != NULL && i < w->type->field_count; i++) {
        const struct catalogue_field *field = &w->type->fields[i];
        if (field->kind == CATALOGUE_CHOICES || record_written(w, field->no)) continue;
        if (record_tie_written(edits, count, w, field)) e = record_write_again(f, field, w);
    }
    return e;
}

enum err record_writes_make(const struct fold *f, const struct record_edit *edits, size_t count,
                            struct record_writes *w)
{
    record_writes_begin(w);
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        if (record_written(w, edits[i].field->no)) return ERR_BAD_VALUE; /* said twice */
        if (edits[i].field->kind == CATALOGUE_CHOICES) {
            e = record_write_choices(f, &edits[i], w);
        } else {
            e = record_write_plain(f, &edits[i], w);
        }
    }
    if (e == ERR_OK) e = record_writes_tie(f, edits, count, w);
    if (e == ERR_OK) e = record_writes_locks(f, w);
    return e == ERR_OK ? record_writes_end(w) : e;
}

enum err record_writes_delete(const struct fold *f, struct record_writes *w)
{
    uint8_t digest[16];
    record_writes_begin(w);
    fold_digest(f, digest);
    wire_put_bin(&w->memory, BYTES_OF(digest));
    enum err e = record_write_close(w, f, 0, no_element, fold_find(f, 0, no_element), 0);
    return e == ERR_OK ? record_writes_end(w) : e;
}

enum err record_writes_reason(const struct fold *f, struct bytes reason, struct record_writes *w)
{
    record_writes_begin(w);
    if (bytes_equal(record_reason(f), reason)) return ERR_OK;
    wire_put_str(&w->memory, reason);
    enum err e = record_write_close(w, f, RECORD_REASON_FIELD, no_element,
                                    fold_find(f, RECORD_REASON_FIELD, no_element), 0);
    return e == ERR_OK ? record_writes_end(w) : e;
}

enum err record_writes_restore(const struct fold *f, struct record_writes *w)
{
    record_writes_begin(w);
    if (!fold_deleted(f)) return ERR_OK;
    wire_put_nil(&w->memory);
    enum err e = record_write_close(w, f, 0, no_element, fold_find(f, 0, no_element), 0);
    const struct fold_register *reason = fold_find(f, RECORD_REASON_FIELD, no_element);
    size_t start = w->memory.len;
    if (e == ERR_OK && reason != NULL) {
        wire_put_nil(&w->memory);
        e = record_write_close(w, f, RECORD_REASON_FIELD, no_element, reason, start);
    }
    return e == ERR_OK ? record_writes_end(w) : e;
}
