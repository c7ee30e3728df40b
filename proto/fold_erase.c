/* What an order of erasure takes out of a state. SPEC 12.5. */
#include "proto/fold_priv.h"

static bool fold_erase_field(unsigned field, const unsigned *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i] == field) return true;
    }
    return false;
}

static bool fold_erase_is(const struct id_version *v, const struct id_inc *inc, uint64_t seq)
{
    struct id_inc of = id_version_inc(v);
    return ID_EQUAL(&of, inc) && id_version_seq(v) == seq;
}

/* Heads of the set in one register; *gone: some went, so that sets may be unused. */
static bool fold_erase_register(const struct fold *f, struct fold_register *r,
                                const struct id_inc *inc, uint64_t seq, bool *gone)
{
    static const uint8_t nil[] = {0xc0};
    bool changed = false;
    for (size_t i = 0; i < r->count;) {
        struct fold_head *h = &r->heads[i];
        if (!fold_erase_is(&f->sets[h->set].version, inc, seq)) {
            i++;
        } else if (r->element.p == NULL) {
            changed = changed || !bytes_equal(h->value, BYTES_OF(nil));
            h->value = BYTES_OF(nil);
            i++;
        } else {
            r->count--;
            memmove(h, h + 1, (r->count - i) * sizeof *h);
            changed = *gone = true;
        }
    }
    return changed;
}

bool fold_erase(struct fold *f, const struct id_inc *inc, uint64_t seq, const unsigned *fields,
                size_t count)
{
    bool changed = false, gone = false;
    for (size_t i = 0; i < f->register_count;) {
        struct fold_register *r = &f->registers[i];
        if (r->field != 0 && fold_erase_field(r->field, fields, count))
            changed = fold_erase_register(f, r, inc, seq, &gone) || changed;
        if (r->count == 0) {
            fold_register_drop(f, r);
        } else {
            i++;
        }
    }
    if (gone) fold_drop_sets(f);
    return changed;
}
