/* What only a key of before opens is wrapped for the present one. SPEC 22.10. */
#include "proto/sealed_priv.h"

#include <sodium.h>

static const uint8_t value_true[] = {SEALED_TRUE};

/* Does our present key open this key of the record too? By opening it: who writes the element may put
 * anything into it. */
static bool sealed_opens_now(const struct sealed_self *self, const struct fold *f,
                             const struct id_record *rid, const uint8_t *kid)
{
    uint8_t key[SEALED_KEY_BYTES];
    struct sealed_wrap w;
    size_t at = 0;
    bool opens = false;
    while (!opens && sealed_next(f, &at, &w)) {
        opens = memcmp(w.kid, kid, sizeof w.kid) == 0 &&
                sealed_unwrap(&w, self->secret, self->pk, rid, key) == ERR_OK;
    }
    sodium_memzero(key, sizeof key);
    return opens;
}

/* The next key of the record that a key of before opens and the present one does not. */
static bool sealed_old_next(const struct sealed_self *self, const struct fold *f,
                            const struct id_record *rid, size_t *at, struct sealed_key *k)
{
    struct sealed_wrap w;
    while (sealed_next(f, at, &w)) {
        for (size_t i = 0; i < self->old_count; i++) {
            const struct sealed_old *old = &self->old[i];
            if (sealed_unwrap(&w, old->secret, old->pk, rid, k->key) != ERR_OK ||
                sealed_opens_now(self, f, rid, w.kid))
                continue;
            memcpy(k->kid, w.kid, sizeof k->kid);
            return true;
        }
    }
    return false;
}

/* Is a text that stands now under this key? */
static bool sealed_stands(const struct fold *f, const uint8_t *kid)
{
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        for (size_t h = 0; h < r->count && r->element.p == NULL; h++) {
            uint8_t under[SEALED_KID_BYTES];
            struct bytes text = sealed_str(r->heads[h].value);
            if (text.len > 0 && sealed_is(text, under) && memcmp(under, kid, sizeof under) == 0)
                return true;
        }
    }
    return false;
}

bool sealed_needs_old(const struct sealed_self *self, const struct fold *f,
                      const struct id_record *rid, bool standing)
{
    struct sealed_key k;
    size_t at = 0;
    bool needs = false;
    while (!needs && self->old_count > 0 && sealed_old_next(self, f, rid, &at, &k))
        needs = !standing || sealed_stands(f, k.kid);
    sodium_memzero(&k, sizeof k);
    return needs;
}

size_t sealed_keep_bytes(const struct sealed_self *self, const struct fold *f,
                         const struct id_record *rid)
{
    struct sealed_key k;
    size_t at = 0, n = 0;
    while (self->old_count > 0 && sealed_old_next(self, f, rid, &at, &k))
        n += SEALED_WRAP_CHARS;
    sodium_memzero(&k, sizeof k);
    return n;
}

/* Is the element among the writes, or was it taken out by a person? */
static bool sealed_keep_there(const struct fold *f, const struct record_writes *w, struct bytes e)
{
    for (size_t i = 0; i < w->count; i++) {
        if (w->v[i].field == SEALED_FIELD && bytes_equal(w->v[i].element, e)) return true;
    }
    return fold_find(f, SEALED_FIELD, e) != NULL;
}

enum err sealed_keep(const struct sealed_self *self, const struct fold *f,
                     const struct id_record *rid, struct record_writes *w, struct buf *memory)
{
    struct sealed_key k;
    size_t at = 0;
    enum err e = ERR_OK;
    while (e == ERR_OK && self->old_count > 0 && sealed_old_next(self, f, rid, &at, &k)) {
        char element[SEALED_WRAP_CHARS + 1];
        e = sealed_wrap(self->secret, self->pk, self->pk, rid, k.key, element);
        if (e != ERR_OK || sealed_keep_there(f, w, bytes_make(element, SEALED_WRAP_CHARS)))
            continue;
        if (w->count == CHANGE_WRITES_MAX) break; /* the rest with the next one */
        size_t start = memory->len;
        buf_add(memory, element, SEALED_WRAP_CHARS);
        e = memory->e;
        if (e == ERR_OK)
            w->v[w->count++] =
                (struct change_write){SEALED_FIELD, BYTES_OF(value_true), (struct bytes){NULL, 0},
                                      bytes_make(memory->p + start, SEALED_WRAP_CHARS)};
    }
    sodium_memzero(&k, sizeof k);
    change_writes_sort(w->v, w->count);
    return e;
}
