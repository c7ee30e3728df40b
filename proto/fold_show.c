/* What a state says: shown values, conflicts, digests. SPEC 4.14, 6.3, 6.4, 7.10. */
#include "proto/fold_priv.h"
#include "common/zoo.h"
#include "proto/record.h"
#include "proto/wire.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

const char *fold_verdict_word(unsigned verdict)
{
    static const char *const words[] = {
        "applied",         "replaced",  "conflict", "held_scope", "held_unknown", "held_deleted",
        "held_unreadable", "held_fork", "erased",   "aside",      "held_step",
    };
    verdict &= FOLD_VERDICT_MASK;
    return verdict < sizeof words / sizeof words[0] ? words[verdict] : "held_unreadable";
}

static bool fold_unequal(const struct fold_register *r)
{
    for (size_t i = 1; i < r->count; i++)
        if (!bytes_equal(r->heads[0].value, r->heads[i].value)) return true;
    return false;
}

bool fold_register_conflict(const struct fold_register *r, enum fold_policy policy)
{
    return policy == FOLD_ASK && fold_unequal(r);
}

/* Rank of a value among others of a `max` or `min` field: numbers as numbers, a cleared one apart. */
enum fold_rank { FOLD_NONE, FOLD_BOOL, FOLD_INT, FOLD_DECIMAL, FOLD_TEXT, FOLD_REFERENCE };

struct fold_value {
    enum fold_rank rank;
    struct bytes text;
    bool negative;
    uint64_t n; /* bool, and an integer; a negative one wrapped */
};

/* A decimal of 8.3? */
static bool fold_is_decimal(struct bytes s)
{
    size_t i = s.len > 0 && s.p[0] == '-' ? 1 : 0;
    size_t whole = i;
    while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    if (i == whole || (i > whole + 1 && s.p[whole] == '0')) return false;
    if (i == s.len) return true;
    size_t point = i;
    if (s.p[i++] != '.') return false;
    while (i < s.len && s.p[i] >= '0' && s.p[i] <= '9')
        i++;
    return i == s.len && i > point + 1;
}

static struct fold_value fold_value_read(struct bytes value)
{
    struct fold_value v = {.rank = FOLD_NONE};
    struct wire_reader r;
    wire_open(&r, value);
    switch (wire_peek(&r)) {
    case WIRE_BOOL:
        v.rank = FOLD_BOOL;
        v.n = wire_get_bool(&r);
        break;
    case WIRE_UINT:
        v.rank = FOLD_INT;
        v.n = wire_get_uint(&r, UINT64_MAX);
        break;
    case WIRE_NEGATIVE:
        v.rank = FOLD_INT;
        v.negative = true;
        v.n = (uint64_t)wire_get_int(&r);
        break;
    case WIRE_STR:
        v.text = wire_get_str(&r);
        v.negative = v.text.len > 0 && v.text.p[0] == '-';
        v.rank = fold_is_decimal(v.text) ? FOLD_DECIMAL : FOLD_TEXT;
        break;
    case WIRE_BIN:
        v.rank = FOLD_REFERENCE;
        v.text = wire_get_bin(&r);
        break;
    case WIRE_NIL:
    case WIRE_ARRAY:
    case WIRE_END: break;
    }
    return v;
}

static size_t fold_whole_digits(struct bytes s)
{
    const uint8_t *point = memchr(s.p, '.', s.len);
    return point == NULL ? s.len : (size_t)(point - s.p);
}

/* Canonical decimals: more digits before the point is more; else digit by digit. */
static int fold_compare_decimal(const struct fold_value *a, const struct fold_value *b)
{
    if (a->negative != b->negative) return a->negative ? -1 : 1;
    size_t sign = a->negative ? 1 : 0;
    struct bytes x = bytes_make(a->text.p + sign, a->text.len - sign);
    struct bytes y = bytes_make(b->text.p + sign, b->text.len - sign);
    size_t x_digits = fold_whole_digits(x);
    size_t y_digits = fold_whole_digits(y);
    int c = x_digits != y_digits ? (x_digits < y_digits ? -1 : 1) : bytes_compare(x, y);
    return a->negative ? -c : c;
}

static int fold_compare_value(const struct fold_value *a, const struct fold_value *b)
{
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    switch (a->rank) {
    case FOLD_NONE: return 0;
    case FOLD_BOOL:
    case FOLD_INT:
        if (a->negative != b->negative) return a->negative ? -1 : 1;
        return (a->n > b->n) - (a->n < b->n);
    case FOLD_DECIMAL: return fold_compare_decimal(a, b);
    case FOLD_TEXT:
    case FOLD_REFERENCE: break;
    }
    return bytes_compare(a->text, b->text);
}

static const struct fold_head *fold_latest(const struct fold *f, const struct fold_register *r)
{
    const struct fold_head *best = &r->heads[0];
    for (size_t i = 1; i < r->count; i++) {
        const struct fold_set *s = &f->sets[r->heads[i].set];
        const struct fold_set *b = &f->sets[best->set];
        bool later =
            s->clock > b->clock ||
            (s->clock == b->clock && memcmp(s->version.b, b->version.b, sizeof s->version.b) > 0);
        if (later != ZOO(101)) best = &r->heads[i];
    }
    return best;
}

/* The greatest value times `sign`; a cleared one only if there is no other. */
static const struct fold_head *fold_extreme(const struct fold_register *r, int sign)
{
    const struct fold_head *best = &r->heads[0];
    struct fold_value best_value = fold_value_read(best->value);
    for (size_t i = 1; i < r->count; i++) {
        struct fold_value v = fold_value_read(r->heads[i].value);
        if (v.rank == FOLD_NONE) continue;
        bool better =
            best_value.rank == FOLD_NONE || sign * fold_compare_value(&v, &best_value) > 0;
        if (!better) continue;
        best = &r->heads[i];
        best_value = v;
    }
    return best;
}

const struct fold_head *fold_shown(const struct fold *f, const struct fold_register *r,
                                   enum fold_policy policy)
{
    assert(r->count > 0);
    if (r->count == 1) return &r->heads[0];
    switch (policy) {
    case FOLD_ASK: break;
    case FOLD_LATEST: return fold_latest(f, r);
    case FOLD_MAX: return fold_extreme(r, 1);
    case FOLD_MIN: return fold_extreme(r, -1);
    }
    return &r->heads[0];
}

static const struct fold_register *fold_existence(const struct fold *f)
{
    /* Field 0 has no elements and sorts first. */
    return f->register_count > 0 && f->registers[0].field == 0 ? &f->registers[0] : NULL;
}

static bool fold_is_digest(struct bytes value)
{
    return value.len == 18; /* bin16; nil is one byte */
}

bool fold_deleted(const struct fold *f)
{
    const struct fold_register *r = fold_existence(f);
    for (size_t i = 0; r != NULL && i < r->count; i++)
        if (fold_is_digest(r->heads[i].value)) return true;
    return false;
}

bool fold_delete_conflict(const struct fold *f)
{
    if (!fold_deleted(f) || ZOO(42)) return false;
    const struct fold_register *r = fold_existence(f);
    if (fold_unequal(r)) return true;
    uint8_t digest[16];
    fold_digest(f, digest);
    return memcmp(r->heads[0].value.p + 2, digest, sizeof digest) != 0;
}

static int fold_version_qsort(const void *a, const void *b)
{
    return memcmp(a, b, ID_VERSION_BYTES);
}

/* Who deletes says why in a set before: were that part of it, two who delete at once would differ. */
bool fold_digested(unsigned field)
{
    return field > 0 && field != RECORD_REASON_FIELD;
}

void fold_digest(const struct fold *f, uint8_t out[static 16])
{
    struct id_version all[FOLD_SETS_MAX]; /* 36 KB; only a state full of sets needs them all */
    uint8_t wrote[FOLD_SETS_MAX];
    assert(f->set_count <= FOLD_SETS_MAX);
    memset(wrote, 0, f->set_count);
    for (size_t i = 0; i < f->register_count; i++)
        for (size_t j = 0; fold_digested(f->registers[i].field) && j < f->registers[i].count; j++)
            wrote[f->registers[i].heads[j].set] = 1;
    size_t count = 0;
    for (size_t i = 0; i < f->set_count; i++)
        if (wrote[i] != 0) all[count++] = f->sets[i].version;
    if (count > 1) qsort(all, count, sizeof *all, fold_version_qsort);
    uint8_t hash[32];
    crypto_generichash(hash, sizeof hash, (const uint8_t *)all, count * sizeof *all, NULL, 0);
    memcpy(out, hash, 16);
}

void fold_version(const struct fold *f, uint8_t out[static 16])
{
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, 16);
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        uint8_t field[4];
        le32_store(field, r->field);
        crypto_generichash_update(&h, field, sizeof field);
        if (r->element.len > 0) crypto_generichash_update(&h, r->element.p, r->element.len);
        for (size_t k = 0; k < r->count; k++)
            crypto_generichash_update(&h, f->sets[r->heads[k].set].version.b, ID_VERSION_BYTES);
    }
    crypto_generichash_final(&h, out, 16);
}

void fold_bases(const struct fold *f, const struct fold_register *r, struct buf *out)
{
    struct id_version v[FOLD_HEADS_MAX];
    size_t count = r == NULL ? 0 : r->count;
    assert(count <= FOLD_HEADS_MAX);
    for (size_t i = 0; i < count; i++)
        v[i] = f->sets[r->heads[i].set].version;
    if (count > 1) qsort(v, count, sizeof v[0], fold_version_qsort);
    buf_add(out, v, count * sizeof v[0]);
}

void fold_scope_term(const struct id_record *rid, uint64_t epoch, uint64_t position,
                     struct bytes state, uint8_t out[static 16])
{
    uint8_t digest[32];
    crypto_generichash(digest, sizeof digest, state.p, state.len, NULL, 0);
    fold_scope_term_of(rid, epoch, position, digest, out);
}

void fold_scope_term_of(const struct id_record *rid, uint64_t epoch, uint64_t position,
                        const uint8_t digest[static 32], uint8_t out[static 16])
{
    uint8_t m[ID_RECORD_BYTES + 8 + 8 + 32];
    uint8_t hash[32];
    memcpy(m, rid->b, ID_RECORD_BYTES);
    le64_store(m + 16, epoch);
    le64_store(m + 24, position);
    memcpy(m + 32, digest, 32);
    crypto_generichash(hash, sizeof hash, m, sizeof m, NULL, 0);
    memcpy(out, hash, 16);
}

void fold_scope_add(uint8_t sum[static 16], const uint8_t term[static 16])
{
    sodium_add(sum, term, 16);
}

void fold_scope_sub(uint8_t sum[static 16], const uint8_t term[static 16])
{
    sodium_sub(sum, term, 16);
}
