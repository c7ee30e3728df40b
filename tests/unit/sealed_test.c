/* Sealed fields: values, keys for readers, which key a save takes, and files. SPEC 22. */
#include "proto/sealed_record.h"
#include "proto/reader.h"
#include "proto/sealed_file.h"
#include "proto/wire.h"
#include "tests/lib/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define OK(call) assert_int_equal((call), ERR_OK)

static const struct sealed_place here = {{{1, 2, 3, 4, 5, 6, 7, 8}}, 15, 18};

static struct key_box person(uint8_t of)
{
    struct key_box k = {.secret = NULL};
    uint8_t seed[KEY_SEED_BYTES];
    memset(seed, of, sizeof seed);
    OK(key_box_from_seed(&k, KEY_SEALING, seed));
    return k;
}

/* ---- values ---- */

static void a_value_opens_where_it_was_sealed_and_nowhere_else(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 1000, 3006, 3007};
    uint8_t key[32], other[32];
    memset(key, 7, sizeof key);
    memset(other, 8, sizeof other);
    char *text = malloc(SEALED_PLAIN_BYTES_MAX + 1);
    for (size_t i = 0; i <= SEALED_PLAIN_BYTES_MAX; i++)
        text[i] = (char)('a' + i % 26);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct buf sealed, again, back;
        buf_init(&sealed, SEALED_TEXT_BYTES_MAX);
        buf_init(&again, SEALED_TEXT_BYTES_MAX);
        buf_init(&back, SEALED_TEXT_BYTES_MAX);
        OK(sealed_make(key, &here, bytes_make(text, sizes[i]), &sealed));
        OK(sealed_make(key, &here, bytes_make(text, sizes[i]), &again));
        assert_true(bytes_equal(buf_bytes(&sealed), buf_bytes(&again)));
        assert_true(sealed_is(buf_bytes(&sealed), NULL));
        OK(sealed_open(key, &here, buf_bytes(&sealed), &back));
        assert_true(bytes_equal(buf_bytes(&back), bytes_make(text, sizes[i])));
        struct sealed_place at = here;
        at.field++;
        assert_int_equal(sealed_open(key, &at, buf_bytes(&sealed), &back), ERR_DAMAGED);
        at = here;
        at.type++;
        assert_int_equal(sealed_open(key, &at, buf_bytes(&sealed), &back), ERR_DAMAGED);
        at = here;
        at.rid.b[15] ^= 1;
        assert_int_equal(sealed_open(key, &at, buf_bytes(&sealed), &back), ERR_DAMAGED);
        assert_int_equal(sealed_open(other, &here, buf_bytes(&sealed), &back), ERR_NOT_FOUND);
        assert_int_equal(back.len, sizes[i]); /* nothing was added by what failed */
        buf_free(&sealed);
        buf_free(&again);
        buf_free(&back);
    }
    struct buf none;
    buf_init(&none, SEALED_TEXT_BYTES_MAX);
    assert_int_equal(sealed_make(key, &here, bytes_make(text, SEALED_PLAIN_BYTES_MAX + 1), &none),
                     ERR_TOO_LARGE);
    assert_int_equal(sealed_make(key, &here, bytes_make(text, 0), &none), ERR_BAD_INPUT);
    assert_false(sealed_is(bytes_str("Bí danh 1"), NULL));
    assert_false(sealed_is(bytes_str("seal1:"), NULL));
    assert_false(sealed_is(bytes_str("seal1:AAAA"), NULL));
    buf_free(&none);
    free(text);
}

/* SPEC 22.9; plain Python reads the same (tests/e2e/sealed_read.py). */
static void the_bytes_are_those_of_the_specification(void **state)
{
    (void)state;
    static const char value[] =
        "seal1:h9A5aTIooOXbJJAqlTqWJt/enHGsnKc0mqgcMSK8rHg9F0kshxaC2Nx+xV6ECmrS0OOVOcpyZa6p4qEZjzcB"
        "cr1UpA9q9lCcDkUFTiY9UlOdnYIifZcMAsGz11euJKjRAk5jMqHqQfastXDzNcKN/w";
    uint8_t key[32];
    struct buf b;
    memset(key, 7, sizeof key);
    buf_init(&b, SEALED_TEXT_BYTES_MAX);
    OK(sealed_make(key, &here, bytes_str("Hoa"), &b));
    assert_string_equal(buf_cstr(&b), value);
    buf_free(&b);
}

static void its_size_tells_blocks_of_64_only(void **state)
{
    (void)state;
    uint8_t key[32] = {9};
    char text[64];
    size_t first = 0;
    memset(text, 'x', sizeof text);
    for (size_t n = 1; n <= 64; n++) {
        struct buf b;
        buf_init(&b, SEALED_TEXT_BYTES_MAX);
        OK(sealed_make(key, &here, bytes_make(text, n), &b));
        if (n == 1) first = b.len;
        assert_true(n < 64 ? b.len == first : b.len > first);
        buf_free(&b);
    }
}

static void a_changed_value_never_opens(void **state)
{
    (void)state;
    uint8_t key[32] = {3};
    struct buf sealed, out;
    buf_init(&sealed, SEALED_TEXT_BYTES_MAX);
    buf_init(&out, SEALED_TEXT_BYTES_MAX);
    OK(sealed_make(key, &here, bytes_str("Nguyễn Thị Lan"), &sealed));
    for (size_t i = 0; i < sealed.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            sealed.p[i] ^= (uint8_t)(1u << bit);
            assert_int_not_equal(sealed_open(key, &here, buf_bytes(&sealed), &out), ERR_OK);
            sealed.p[i] ^= (uint8_t)(1u << bit);
        }
        assert_int_not_equal(sealed_open(key, &here, bytes_make(sealed.p, i), &out), ERR_OK);
    }
    assert_int_equal(out.len, 0);
    buf_free(&sealed);
    buf_free(&out);
}

/* ---- readers ---- */

static void a_wrapped_key_is_for_one_reader_and_record(void **state)
{
    (void)state;
    struct key_box an = person(1), binh = person(2), chi = person(3);
    uint8_t key[32], back[32] = {0};
    char element[SEALED_WRAP_CHARS + 1];
    struct sealed_wrap w;
    memset(key, 5, sizeof key);
    OK(sealed_wrap(an.secret, an.public, binh.public, &here.rid, key, element));
    assert_int_equal(strlen(element), SEALED_WRAP_CHARS);
    OK(sealed_wrap_read(bytes_str(element), &w));
    assert_memory_equal(w.from, an.public, 32);
    OK(sealed_unwrap(&w, binh.secret, binh.public, &here.rid, back));
    assert_memory_equal(back, key, 32);
    memset(back, 0, sizeof back);
    assert_int_equal(sealed_unwrap(&w, chi.secret, chi.public, &here.rid, back), ERR_NOT_FOUND);
    struct id_record rid = here.rid;
    rid.b[0] ^= 1;
    assert_int_equal(sealed_unwrap(&w, binh.secret, binh.public, &rid, back), ERR_DAMAGED);
    for (size_t i = 0; i < sizeof w; i++) { /* and says no other key when it was changed */
        struct sealed_wrap x = w;
        ((uint8_t *)&x)[i] ^= 64;
        assert_int_not_equal(sealed_unwrap(&x, binh.secret, binh.public, &here.rid, back), ERR_OK);
    }
    for (size_t i = 0; i < sizeof back; i++)
        assert_int_equal(back[i], 0);
    assert_int_equal(sealed_wrap_read(bytes_make(element, 127), &w), ERR_BAD_FORMAT);
    uint8_t low[32] = {0}; /* a point of small order: everybody would know the secret */
    assert_int_equal(sealed_wrap(an.secret, an.public, low, &here.rid, key, element),
                     ERR_BAD_INPUT);
    key_box_free(&an);
    key_box_free(&binh);
    key_box_free(&chi);
}

static void an_officers_reading_key_comes_of_the_own_seed(void **state)
{
    (void)state;
    struct key_sign an = {.secret = NULL}, binh = {.secret = NULL};
    struct key_box a = {.secret = NULL}, again = {.secret = NULL}, b = {.secret = NULL};
    uint8_t seed[KEY_SEED_BYTES];
    memset(seed, 1, sizeof seed);
    OK(key_sign_from_seed(&an, KEY_OFFICER, seed));
    OK(reader_key(&an, &a));
    OK(reader_key(&an, &again));
    memset(seed, 2, sizeof seed);
    OK(key_sign_from_seed(&binh, KEY_OFFICER, seed));
    OK(reader_key(&binh, &b));
    assert_memory_equal(a.public, again.public, 32);
    assert_memory_not_equal(a.public, b.public, 32);
    assert_memory_not_equal(a.secret, an.secret, 32);
    struct buf out;
    struct reader_order o = {.name = bytes_str("Bà An"), .reads = true}, back;
    memcpy(o.pk, a.public, 32);
    buf_init(&out, 256);
    reader_order_encode(&o, &out);
    OK(reader_order_decode(buf_bytes(&out), &back));
    assert_true(bytes_equal(back.name, o.name) && back.reads);
    assert_memory_equal(back.pk, o.pk, 32);
    for (size_t i = 0; i < out.len; i++)
        assert_int_not_equal(reader_order_decode(bytes_make(out.p, i), &back), ERR_OK);
    buf_free(&out);
    key_sign_free(&an);
    key_sign_free(&binh);
    key_box_free(&a);
    key_box_free(&again);
    key_box_free(&b);
}

/* ---- records ---- */

static const struct catalogue_field fields[] = {
    {.no = 1,
     .name = "alias",
     .kind = CATALOGUE_TEXT,
     .sealed = true,
     .tie = "",
     .policy = CATALOGUE_ASK},
    {.no = 2, .name = "act", .kind = CATALOGUE_TEXT, .tie = "", .policy = CATALOGUE_ASK},
    {.no = 3,
     .name = "note",
     .kind = CATALOGUE_TEXT,
     .sealed = true,
     .tie = "",
     .policy = CATALOGUE_ASK},
};
static const struct catalogue_type type = {
    .no = 15, .name = "case", .sensitivity = 4, .fields = fields, .field_count = 3};

struct world {
    struct fold fold; /* the hub's state of one record */
    struct key_box who[4];
    struct sealed_reader readers[4];
    struct buf kept[64]; /* payloads that the fold borrows */
    size_t kept_count;
    uint64_t position;
    struct record_writes w;
    struct buf memory;
    struct change_write *decoded;
};

static void world_open(struct world *x)
{
    *x = (struct world){.position = 0};
    OK(fold_init(&x->fold));
    OK(record_writes_init(&x->w));
    buf_init(&x->memory, 1 << 20);
    x->decoded = calloc(CHANGE_WRITES_MAX, sizeof *x->decoded);
    assert_non_null(x->decoded);
    for (uint8_t i = 0; i < 4; i++) {
        x->who[i] = person((uint8_t)(i + 1));
        memcpy(x->readers[i].pk, x->who[i].public, 32);
    }
}

static void world_close(struct world *x)
{
    fold_free(&x->fold);
    record_writes_free(&x->w);
    buf_free(&x->memory);
    free(x->decoded);
    for (size_t i = 0; i < x->kept_count; i++)
        buf_free(&x->kept[i]);
    for (size_t i = 0; i < 4; i++)
        key_box_free(&x->who[i]);
}

/* One of `who`, for whom readers 0..n-1 are named, wanted and (of them all) good wrappers. */
static struct sealed_self self_of(struct world *x, size_t who, size_t n)
{
    for (size_t i = 0; i < 4; i++)
        x->readers[i].wanted = x->readers[i].writes = true;
    return (struct sealed_self){
        .secret = x->who[who].secret, .pk = x->who[who].public, .readers = x->readers, .count = n};
}

/* The writes in x->w as an op at the next position. */
static void world_apply(struct world *x)
{
    struct change_op op = {x->fold.type == 0 ? CHANGE_CREATE : CHANGE_EDIT, here.rid, type.no,
                           x->w.v, x->w.count};
    enum fold_verdict verdict;
    struct buf *b = &x->kept[x->kept_count++];
    assert_true(x->kept_count < 64);
    struct fold_set set = {.clock = ++x->position, .position = x->position};
    le64_store(set.version.b, x->position);
    buf_init(b, CHANGE_BYTES_MAX);
    change_op_encode(&op, b);
    OK(b->e);
    OK(change_op_decode(buf_bytes(b), x->decoded, &op));
    OK(fold_apply(&x->fold, &op, &set, NULL, &verdict));
    assert_true(verdict <= FOLD_CONFLICT);
}

/* A write of `text` into a field; bases: what the fold has, or none. */
static void world_put(struct world *x, unsigned field, const char *text, bool seen)
{
    const struct bytes none = {NULL, 0};
    static char value[2][8192];
    static uint8_t bases[64 * ID_VERSION_BYTES];
    static unsigned turn;
    struct buf b;
    char *v = value[turn++ % 2];
    buf_init(&b, 8192);
    wire_put_str(&b, bytes_str(text));
    memcpy(v, b.p, b.len);
    struct change_write *w = &x->w.v[x->w.count++];
    *w = (struct change_write){.field = field, .value = bytes_make(v, b.len)};
    buf_clear(&b);
    if (seen) fold_bases(&x->fold, fold_find(&x->fold, field, none), &b);
    if (b.len > 0) memcpy(bases, b.p, b.len);
    w->bases = bytes_make(bases, b.len);
    buf_free(&b);
}

static enum err world_save(struct world *x, size_t who, size_t n, unsigned field, const char *text,
                           bool seen)
{
    const struct catalogue_field *bad;
    struct sealed_self self = self_of(x, who, n);
    x->w.count = 0;
    world_put(x, field, text, seen);
    enum err e = sealed_writes(&self, &x->fold, &type, &here.rid, 0, &x->w, &x->memory, &bad);
    if (e == ERR_OK) world_apply(x);
    return e;
}

/* Does `who` read this text in the field? */
static bool world_reads(struct world *x, size_t who, unsigned field, const char *text)
{
    const struct bytes none = {NULL, 0};
    struct sealed_ring ring;
    struct buf out;
    bool read = false;
    const struct sealed_place at = {here.rid, type.no, field};
    const struct fold_register *r = fold_find(&x->fold, field, none);
    assert_non_null(r);
    buf_init(&out, 8192);
    sealed_ring_read(&ring, &x->fold, &here.rid, x->who[who].secret, x->who[who].public);
    OK(sealed_value(&ring, &at, r->heads[r->count - 1].value, &out, &read));
    struct buf want;
    buf_init(&want, 8192);
    wire_put_str(&want, bytes_str(text));
    bool same = bytes_equal(buf_bytes(&out), buf_bytes(&want));
    assert_int_equal(same, read); /* never another text */
    buf_free(&want);
    buf_free(&out);
    sealed_ring_wipe(&ring);
    return read;
}

static size_t world_keys(struct world *x)
{
    uint8_t kids[64][SEALED_KID_BYTES];
    size_t n = 0;
    for (size_t i = 0; i < x->fold.register_count; i++) {
        const struct fold_register *r = &x->fold.registers[i];
        struct sealed_wrap w;
        bool known = false;
        if (r->field != SEALED_FIELD) continue;
        OK(sealed_wrap_read(r->element, &w));
        for (size_t k = 0; k < n; k++)
            known = known || memcmp(kids[k], w.kid, SEALED_KID_BYTES) == 0;
        if (!known) memcpy(kids[n++], w.kid, SEALED_KID_BYTES);
    }
    return n;
}

static bool plain_in_state(struct world *x, const char *text)
{
    struct buf state;
    size_t n = strlen(text);
    bool found = false;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    fold_save(&x->fold, &state);
    OK(state.e);
    for (size_t i = 0; i + n <= state.len && !found; i++)
        found = memcmp(state.p + i, text, n) == 0;
    buf_free(&state);
    return found;
}

static void named_readers_read_and_nobody_else(void **state)
{
    (void)state;
    struct world x;
    world_open(&x);
    OK(world_save(&x, 0, 2, 1, "Bí danh Hoa", false));
    assert_true(world_reads(&x, 0, 1, "Bí danh Hoa"));
    assert_true(world_reads(&x, 1, 1, "Bí danh Hoa"));
    assert_false(world_reads(&x, 2, 1, "Bí danh Hoa"));
    assert_false(plain_in_state(&x, "Hoa"));
    OK(world_save(&x, 0, 2, 2, "abuse", false)); /* another field stays open */
    assert_true(plain_in_state(&x, "abuse"));
    assert_int_equal(world_keys(&x), 1);
    world_close(&x);
}

static void equal_texts_of_two_pcs_are_no_conflict_and_unequal_ones_are(void **state)
{
    (void)state;
    struct world x;
    const struct bytes none = {NULL, 0};
    world_open(&x);
    OK(world_save(&x, 0, 2, 1, "Hoa", false));
    OK(world_save(&x, 0, 2, 3, "gặp ở trạm", false));
    OK(world_save(&x, 1, 2, 3, "gặp ở trạm", false)); /* did not see the other's */
    const struct fold_register *r = fold_find(&x.fold, 3, none);
    assert_int_equal(r->count, 2);
    assert_false(fold_register_conflict(r, FOLD_ASK));
    OK(world_save(&x, 1, 2, 3, "gặp ở chợ", false));
    r = fold_find(&x.fold, 3, none);
    assert_int_equal(r->count, 3);
    assert_true(fold_register_conflict(r, FOLD_ASK));
    OK(world_save(&x, 0, 2, 3, "gặp ở chợ", true)); /* a person settles */
    assert_int_equal(fold_find(&x.fold, 3, none)->count, 1);
    assert_int_equal(world_keys(&x), 1);
    world_close(&x);
}

/* Both PCs of an office sealed the same open text before they heard of each other: two keys, two heads,
 * one text. */
static void one_text_under_two_keys_becomes_one_head(void **state)
{
    (void)state;
    struct world x;
    const struct bytes none = {NULL, 0};
    unsigned closed = 0;
    world_open(&x);
    OK(world_save(&x, 0, 1, 3, "gặp ở trạm", false));
    struct sealed_self alone = self_of(&x, 1, 2); /* names itself; 0 is not one of its readers */
    alone.readers = &x.readers[1];
    alone.count = 1;
    const struct catalogue_field *bad;
    x.w.count = 0;
    world_put(&x, 3, "gặp ở trạm", false);
    OK(sealed_writes(&alone, &x.fold, &type, &here.rid, 0, &x.w, &x.memory, &bad));
    world_apply(&x);
    assert_int_equal(world_keys(&x), 2);
    assert_true(fold_register_conflict(fold_find(&x.fold, 3, none), FOLD_ASK));
    struct sealed_self self = self_of(&x, 0, 2); /* 0 cannot read the other's: it leaves both */
    OK(sealed_again(&self, &x.fold, &type, &here.rid, &x.w, &x.memory, &closed));
    assert_int_equal(closed, 1);
    world_apply(&x);
    assert_int_equal(fold_find(&x.fold, 3, none)->count, 2);
    self = self_of(&x, 1, 2); /* 1 was given the first key by now, so it reads both */
    OK(sealed_again(&self, &x.fold, &type, &here.rid, &x.w, &x.memory, &closed));
    assert_int_equal(closed, 0);
    world_apply(&x);
    assert_int_equal(fold_find(&x.fold, 3, none)->count, 1);
    assert_true(world_reads(&x, 0, 3, "gặp ở trạm"));
    assert_true(world_reads(&x, 1, 3, "gặp ở trạm"));
    OK(world_save(&x, 0, 2, 3, "gặp ở chợ", false)); /* another text is a conflict, and stays one */
    OK(sealed_again(&self, &x.fold, &type, &here.rid, &x.w, &x.memory, &closed));
    assert_int_equal(x.w.count, 0);
    assert_true(fold_register_conflict(fold_find(&x.fold, 3, none), FOLD_ASK));
    world_close(&x);
}

static void a_new_reader_reads_only_after_somebody_sealed_again(void **state)
{
    (void)state;
    struct world x;
    unsigned closed = 0;
    world_open(&x);
    OK(world_save(&x, 0, 1, 1, "Hoa", false));
    assert_false(world_reads(&x, 2, 1, "Hoa"));
    struct sealed_self none = self_of(&x, 2, 3); /* who cannot read cannot give */
    OK(sealed_again(&none, &x.fold, &type, &here.rid, &x.w, &x.memory, &closed));
    assert_int_equal(x.w.count, 0);
    assert_int_equal(closed, 1);
    struct sealed_self self = self_of(&x, 0, 3);
    OK(sealed_again(&self, &x.fold, &type, &here.rid, &x.w, &x.memory, &closed));
    assert_int_equal(closed, 0);
    assert_int_equal(x.w.count, 2); /* a key for each of two; the text stays as it is */
    world_apply(&x);
    assert_true(world_reads(&x, 2, 1, "Hoa"));
    OK(sealed_again(&self, &x.fold, &type, &here.rid, &x.w, &x.memory, &closed));
    assert_int_equal(x.w.count, 0); /* once is enough */
    assert_int_equal(world_keys(&x), 1);
    world_close(&x);
}

static void who_was_struck_off_reads_nothing_written_after(void **state)
{
    (void)state;
    struct world x;
    world_open(&x);
    OK(world_save(&x, 0, 3, 1, "Hoa", false));
    assert_true(world_reads(&x, 2, 1, "Hoa"));
    OK(world_save(&x, 0, 2, 1, "Hoa Mai", true)); /* reader 2 is not named any more */
    assert_int_equal(world_keys(&x), 2);
    assert_true(world_reads(&x, 1, 1, "Hoa Mai"));
    assert_false(world_reads(&x, 2, 1, "Hoa Mai"));
    world_close(&x);
}

/* PC 0 changes its keys to those of 3: what 0 was given is sealed again by 3, with the old key at hand. */
static struct sealed_self changed_self(struct world *x, struct sealed_old *old)
{
    for (size_t i = 0; i < 4; i++)
        x->readers[i] = (struct sealed_reader){.wanted = true, .writes = true};
    memcpy(x->readers[0].pk, x->who[3].public, 32); /* in 0's place */
    memcpy(x->readers[1].pk, x->who[1].public, 32);
    old->secret = x->who[0].secret;
    memcpy(old->pk, x->who[0].public, 32);
    return (struct sealed_self){.secret = x->who[3].secret,
                                .pk = x->who[3].public,
                                .readers = x->readers,
                                .count = 2,
                                .old = old,
                                .old_count = 1};
}

static void what_an_old_key_opens_is_sealed_again_for_the_new_one(void **state)
{
    (void)state;
    const struct bytes none = {NULL, 0};
    struct world x;
    struct sealed_old old;
    unsigned closed = 0;
    world_open(&x);
    OK(world_save(&x, 0, 2, 1, "Hoa", false));
    OK(world_save(&x, 0, 2, 3, "gặp ở chợ", false));
    OK(world_save(&x, 1, 2, 3, "gặp ở bến", false)); /* in conflict: it is not written again */
    assert_int_equal(fold_find(&x.fold, 3, none)->count, 2);
    struct sealed_self self = changed_self(&x, &old);
    assert_false(world_reads(&x, 3, 1, "Hoa"));
    assert_true(sealed_needs_old(&self, &x.fold, &here.rid, false));
    assert_true(sealed_needs_old(&self, &x.fold, &here.rid, true));
    OK(sealed_again(&self, &x.fold, &type, &here.rid, &x.w, &x.memory, &closed));
    assert_int_equal(closed, 0);
    world_apply(&x);
    assert_false(sealed_needs_old(&self, &x.fold, &here.rid, false));
    assert_true(world_reads(&x, 3, 1, "Hoa")); /* by the new key alone */
    assert_true(world_reads(&x, 3, 3, "gặp ở bến") || world_reads(&x, 3, 3, "gặp ở chợ"));
    assert_true(world_reads(&x, 1, 1, "Hoa"));  /* the other PC as before */
    assert_false(world_reads(&x, 0, 1, "Hoa")); /* the old key not what was written since */
    OK(sealed_again(&self, &x.fold, &type, &here.rid, &x.w, &x.memory, &closed));
    assert_int_equal(x.w.count, 0); /* once is enough */
    world_close(&x);
}

/* A record that others write: once they sealed what stands for the new key, nothing that can be read
 * needs the old one, though what nobody reads any more was under a key of its time. */
static void what_others_sealed_for_the_new_key_needs_the_old_one_no_more(void **state)
{
    (void)state;
    struct world x;
    struct sealed_old old;
    world_open(&x);
    OK(world_save(&x, 1, 2, 3, "gặp ở chợ", false));
    struct sealed_self self = changed_self(&x, &old);
    assert_true(sealed_needs_old(&self, &x.fold, &here.rid, true));
    const struct sealed_self other = {
        .secret = x.who[1].secret, .pk = x.who[1].public, .readers = x.readers, .count = 2};
    const struct catalogue_field *bad;
    struct sealed_ring ring;
    x.w.count = 0;
    world_put(&x, 3, "gặp ở bến", true);
    OK(sealed_writes(&other, &x.fold, &type, &here.rid, 0, &x.w, &x.memory, &bad));
    world_apply(&x);
    sealed_ring_read(&ring, &x.fold, &here.rid, x.who[0].secret, x.who[0].public);
    assert_int_equal(ring.count, 1); /* the first key is there as before */
    assert_false(sealed_needs_old(&self, &x.fold, &here.rid, true));
    assert_true(world_reads(&x, 3, 3, "gặp ở bến"));
    world_close(&x);
}

/* An element that claims to hold the key for the new one, and does not: the old key has to stay until a
 * true one is there. */
static void a_false_wrap_does_not_take_the_old_key_away(void **state)
{
    (void)state;
    static const uint8_t yes[] = {0xc3};
    struct world x;
    struct sealed_old old;
    struct sealed_ring ring;
    char element[SEALED_WRAP_CHARS + 1];
    unsigned closed = 0;
    world_open(&x);
    OK(world_save(&x, 0, 1, 1, "Hoa", false));
    sealed_ring_read(&ring, &x.fold, &here.rid, x.who[0].secret, x.who[0].public);
    assert_int_equal(ring.count, 1);
    OK(sealed_wrap(x.who[2].secret, x.who[2].public, x.who[3].public, &here.rid, ring.v[0].key,
                   element));
    element[100] = element[100] == 'A' ? 'B' : 'A'; /* in the box: the names before it are true */
    x.w.count = 1;
    x.w.v[0] = (struct change_write){
        .field = SEALED_FIELD, .value = BYTES_OF(yes), .element = bytes_str(element)};
    world_apply(&x);
    struct sealed_self self = changed_self(&x, &old);
    assert_true(sealed_needs_old(&self, &x.fold, &here.rid, false));
    assert_true(sealed_needs_old(&self, &x.fold, &here.rid, true));
    OK(sealed_again(&self, &x.fold, &type, &here.rid, &x.w, &x.memory, &closed));
    world_apply(&x);
    assert_false(sealed_needs_old(&self, &x.fold, &here.rid, false));
    assert_true(world_reads(&x, 3, 1, "Hoa"));
    world_close(&x);
}

/* Whoever can write to the log, the hub, adds a key of his own for the honest readers. */
static void a_key_that_was_slipped_in_is_never_written_under(void **state)
{
    (void)state;
    struct world x;
    char element[2][SEALED_WRAP_CHARS + 1];
    static const uint8_t yes[] = {0xc3};
    uint8_t key[32] = {0}, kid[SEALED_KID_BYTES];
    world_open(&x);
    for (unsigned i = 0; i < 2; i++)
        OK(sealed_wrap(x.who[3].secret, x.who[3].public, x.who[i].public, &here.rid, key,
                       element[i]));
    x.w.count = 0;
    for (unsigned i = 0; i < 2; i++)
        x.w.v[x.w.count++] = (struct change_write){
            .field = SEALED_FIELD, .value = BYTES_OF(yes), .element = bytes_str(element[i])};
    change_writes_sort(x.w.v, x.w.count);
    world_apply(&x);
    OK(world_save(&x, 0, 2, 1, "Hoa", false));
    sealed_kid(key, kid);
    const struct fold_register *r = fold_find(&x.fold, 1, bytes_make(NULL, 0));
    struct wire_reader rd;
    uint8_t of[SEALED_KID_BYTES];
    wire_open(&rd, r->heads[0].value);
    assert_true(sealed_is(wire_get_str(&rd), of));
    assert_memory_not_equal(of, kid, sizeof of);
    assert_true(world_reads(&x, 1, 1, "Hoa"));
    assert_false(world_reads(&x, 3, 1, "Hoa"));
    /* An officer's wrap of a good key opens it, but is not written under: it says nothing of who else
     * has it. */
    struct sealed_self self = self_of(&x, 1, 2);
    unsigned closed = 0;
    OK(sealed_again(&self, &x.fold, &type, &here.rid, &x.w, &x.memory, &closed));
    for (size_t i = 0; i < x.w.count; i++) { /* nor is the slipped key given on */
        struct sealed_wrap w;
        if (x.w.v[i].field != SEALED_FIELD) continue;
        OK(sealed_wrap_read(x.w.v[i].element, &w));
        assert_memory_not_equal(w.kid, kid, sizeof kid);
    }
    world_close(&x);
}

static void an_open_text_of_before_is_sealed_by_sealing_again(void **state)
{
    (void)state;
    struct world x;
    unsigned closed = 0;
    world_open(&x);
    x.w.count = 0;
    world_put(&x, 1, "Hoa", false);
    world_apply(&x);
    assert_true(plain_in_state(&x, "Hoa"));
    struct sealed_self self = self_of(&x, 0, 2);
    OK(sealed_again(&self, &x.fold, &type, &here.rid, &x.w, &x.memory, &closed));
    world_apply(&x);
    assert_false(plain_in_state(&x, "Hoa"));
    assert_true(world_reads(&x, 1, 1, "Hoa"));
    assert_false(world_reads(&x, 2, 1, "Hoa"));
    world_close(&x);
}

static void what_cannot_be_read_is_not_overwritten(void **state)
{
    (void)state;
    struct world x;
    struct sealed_ring ring;
    struct buf opened;
    uint64_t unread = 0;
    const struct catalogue_field *bad;
    world_open(&x);
    OK(world_save(&x, 0, 1, 1, "Hoa", false));
    OK(world_save(&x, 0, 1, 3, "ghi chú", false));
    buf_init(&opened, 1 << 16);
    sealed_ring_read(&ring, &x.fold, &here.rid, x.who[1].secret, x.who[1].public);
    assert_int_equal(ring.count, 0);
    OK(sealed_fold_open(&ring, &x.fold, &type, &here.rid, &opened, &unread));
    assert_int_equal(unread, 1 | 4);
    struct sealed_self self = self_of(&x, 1, 2);
    x.w.count = 0;
    world_put(&x, 3, "khác", true);
    assert_int_equal(sealed_writes(&self, &x.fold, &type, &here.rid, unread, &x.w, &x.memory, &bad),
                     ERR_DENIED);
    assert_ptr_equal(bad, &fields[2]);
    x.w.count = 0;
    world_put(&x, 2, "open field", true);
    OK(sealed_writes(&self, &x.fold, &type, &here.rid, unread, &x.w, &x.memory, &bad));
    buf_free(&opened);
    world_close(&x);
}

static void a_long_text_is_refused_at_the_limit_and_one(void **state)
{
    (void)state;
    struct world x;
    char *text = malloc(SEALED_PLAIN_BYTES_MAX + 2);
    memset(text, 'x', SEALED_PLAIN_BYTES_MAX + 1);
    world_open(&x);
    text[SEALED_PLAIN_BYTES_MAX + 1] = '\0';
    assert_int_equal(world_save(&x, 0, 2, 3, text, false), ERR_TOO_LARGE);
    text[SEALED_PLAIN_BYTES_MAX] = '\0';
    OK(world_save(&x, 0, 2, 3, text, false));
    assert_true(world_reads(&x, 1, 3, text));
    free(text);
    world_close(&x);
}

/* Random saves, gifts and strikings: a reader reads a text exactly if it was named when the text was
 * written or somebody sealed again for it, and every text is whole. */
static void whatever_happens_the_named_read_what_was_written_last(void **state)
{
    (void)state;
    uint64_t seed = 20260720;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 20; round++) {
        struct world x;
        struct rng rng = {seed + round};
        char text[40] = "";
        bool knows[4] = {false};
        world_open(&x);
        for (unsigned step = 0; step < 12; step++) {
            size_t n = 1 + rng_below(&rng, 4), who = rng_below(&rng, (uint32_t)n);
            if (x.kept_count == 0 || knows[who]) {
                snprintf(text, sizeof text, "văn bản %u", step);
                OK(world_save(&x, who, n, 1, text, x.kept_count > 0));
                for (size_t i = 0; i < 4; i++)
                    knows[i] = i < n;
            }
            for (size_t i = 0; i < 4; i++)
                assert_int_equal(world_reads(&x, i, 1, text), knows[i]);
        }
        world_close(&x);
    }
}

/* ---- files ---- */

static void file_open_is(const struct sealed_file *f, const struct id_record *rid,
                         struct bytes sealed, enum err want, struct bytes plain)
{
    struct buf out;
    buf_init(&out, ATTACH_BYTES_MAX);
    buf_add_str(&out, "before");
    assert_int_equal(sealed_file_open(f, rid, sealed, &out), want);
    if (want == ERR_OK)
        assert_true(bytes_equal(bytes_make(out.p + 6, out.len - 6), plain));
    else
        assert_int_equal(out.len, 6); /* nothing was added by what failed */
    buf_free(&out);
}

/* At every border of a step: it opens in its record, and its length tells steps only. */
static void a_file_opens_in_its_record_and_tells_steps_only(void **state)
{
    (void)state;
    static const size_t sizes[] = {1,     2,     16383, 16384,
                                   16385, 32767, 32768, SEALED_FILE_PLAIN_BYTES_MAX};
    uint8_t *p = malloc(SEALED_FILE_PLAIN_BYTES_MAX + 1);
    assert_non_null(p);
    memset(p, 0, SEALED_FILE_PLAIN_BYTES_MAX + 1); /* what looks like padding is none */
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bytes plain = bytes_make(p, sizes[i]);
        struct sealed_file f, other;
        struct buf sealed;
        struct id_record rid = here.rid;
        buf_init(&sealed, ATTACH_BYTES_MAX);
        OK(sealed_file_make(&rid, plain, &f, &sealed));
        assert_int_equal(f.size, sizes[i]);
        assert_int_equal(sealed.len, 56 + (sizes[i] / 16384 + 1) * 16384);
        assert_true(sealed_file_is(buf_bytes(&sealed)));
        assert_int_equal(attach_kind_of(buf_bytes(&sealed)), ATTACH_KIND_SEALED);
        file_open_is(&f, &rid, buf_bytes(&sealed), ERR_OK, plain);
        rid.b[0] ^= 1;
        file_open_is(&f, &rid, buf_bytes(&sealed), ERR_DAMAGED, plain);
        rid = here.rid;
        other = f;
        other.key[31] ^= 1;
        file_open_is(&other, &rid, buf_bytes(&sealed), ERR_DAMAGED, plain);
        other = f;
        other.hash.b[0] ^= 1;
        file_open_is(&other, &rid, buf_bytes(&sealed), ERR_DAMAGED, plain);
        other = f;
        other.size++;
        file_open_is(&other, &rid, buf_bytes(&sealed), ERR_DAMAGED, plain);
        buf_free(&sealed);
    }
    struct sealed_file f;
    struct buf sealed;
    buf_init(&sealed, 2 * ATTACH_BYTES_MAX);
    assert_int_equal(
        sealed_file_make(&here.rid, bytes_make(p, SEALED_FILE_PLAIN_BYTES_MAX + 1), &f, &sealed),
        ERR_TOO_LARGE);
    assert_int_equal(sealed_file_make(&here.rid, bytes_make(p, 0), &f, &sealed), ERR_BAD_INPUT);
    assert_int_equal(sealed.len, 0);
    free(p);
}

static void a_changed_file_never_opens(void **state)
{
    (void)state;
    struct sealed_file f;
    struct buf sealed;
    struct bytes plain = bytes_str("một bức ảnh");
    buf_init(&sealed, ATTACH_BYTES_MAX);
    OK(sealed_file_make(&here.rid, plain, &f, &sealed));
    for (size_t i = 0; i < sealed.len; i += i < 80 ? 1 : 997) {
        sealed.p[i] ^= 0x10;
        file_open_is(&f, &here.rid, buf_bytes(&sealed), i < 16 ? ERR_BAD_FORMAT : ERR_DAMAGED,
                     plain);
        sealed.p[i] ^= 0x10;
    }
    static const size_t shorter[] = {0, 1, 16, 56, 57, 16384, 16439};
    for (size_t i = 0; i < sizeof shorter / sizeof shorter[0]; i++)
        file_open_is(&f, &here.rid, bytes_make(sealed.p, shorter[i]), ERR_BAD_FORMAT, plain);
    file_open_is(&f, &here.rid, buf_bytes(&sealed), ERR_OK, plain);
    buf_free(&sealed);
}

static void a_files_bytes_are_those_of_the_specification(void **state)
{
    (void)state;
    uint8_t key[32], nonce[SEALED_FILE_NONCE_BYTES];
    char hex[2 * ID_HASH_BYTES + 1], text[SEALED_FILE_TEXT_ROOM];
    struct id_hash hash;
    struct buf sealed;
    memset(key, 7, sizeof key);
    memset(nonce, 9, sizeof nonce);
    buf_init(&sealed, ATTACH_BYTES_MAX);
    OK(sealed_file_seal(key, nonce, &here.rid, bytes_str("Hoa"), &sealed));
    attach_hash(buf_bytes(&sealed), &hash);
    id_hex(BYTES_OF(hash.b), hex);
    assert_int_equal(sealed.len, 16440);
    assert_string_equal(hex, "4cc844f62f3a911c1f6937e29d1b974e0481c426b7611c65fdb53986ec3352bb");
    struct sealed_file f = {.size = 3};
    memcpy(f.key, key, sizeof key);
    attach_hash(bytes_str("Hoa"), &f.hash);
    sealed_file_print(&f, text);
    assert_string_equal(text, "1 0707070707070707070707070707070707070707070707070707070707070707 "
                              "a36dbc0688d55cd6eb18798fec2ff4482058e6294329968b1b4d11c298504f41 3");
    file_open_is(&f, &here.rid, buf_bytes(&sealed), ERR_OK, bytes_str("Hoa"));
    buf_free(&sealed);
}

/* The text has one form; a mark in its place, or anything else, is none. */
static void a_files_text_has_one_form(void **state)
{
    (void)state;
    struct sealed_file f = {.size = SEALED_FILE_PLAIN_BYTES_MAX}, back;
    char text[SEALED_FILE_TEXT_ROOM + 1], bad[SEALED_FILE_TEXT_ROOM + 1];
    memset(f.key, 0xab, sizeof f.key);
    memset(f.hash.b, 0xcd, sizeof f.hash.b);
    sealed_file_print(&f, text);
    OK(sealed_file_parse(bytes_str(text), &back));
    assert_int_equal(back.size, f.size);
    assert_memory_equal(back.key, f.key, sizeof f.key);
    assert_true(ID_EQUAL(&back.hash, &f.hash));
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) { /* another letter, another case, a cut */
        memcpy(bad, text, len + 1);
        bad[i] = bad[i] == 'a' ? 'A' : 'x';
        assert_int_equal(sealed_file_parse(bytes_str(bad), &back), ERR_BAD_FORMAT);
        if (i < 132)
            assert_int_equal(sealed_file_parse(bytes_make(text, i), &back), ERR_BAD_FORMAT);
    }
    static const char *const ends[] = {"", "0", "03", "4177920", "-1", "99999999", "3 "};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        snprintf(bad, sizeof bad, "%.132s%s", text, ends[i]);
        assert_int_equal(sealed_file_parse(bytes_str(bad), &back), ERR_BAD_FORMAT);
    }
    assert_int_equal(sealed_file_parse(bytes_str("(đã niêm phong #3f9a01c2)"), &back),
                     ERR_BAD_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_opens_where_it_was_sealed_and_nowhere_else),
        cmocka_unit_test(the_bytes_are_those_of_the_specification),
        cmocka_unit_test(its_size_tells_blocks_of_64_only),
        cmocka_unit_test(a_changed_value_never_opens),
        cmocka_unit_test(a_wrapped_key_is_for_one_reader_and_record),
        cmocka_unit_test(an_officers_reading_key_comes_of_the_own_seed),
        cmocka_unit_test(named_readers_read_and_nobody_else),
        cmocka_unit_test(equal_texts_of_two_pcs_are_no_conflict_and_unequal_ones_are),
        cmocka_unit_test(one_text_under_two_keys_becomes_one_head),
        cmocka_unit_test(a_new_reader_reads_only_after_somebody_sealed_again),
        cmocka_unit_test(who_was_struck_off_reads_nothing_written_after),
        cmocka_unit_test(what_an_old_key_opens_is_sealed_again_for_the_new_one),
        cmocka_unit_test(what_others_sealed_for_the_new_key_needs_the_old_one_no_more),
        cmocka_unit_test(a_false_wrap_does_not_take_the_old_key_away),
        cmocka_unit_test(a_key_that_was_slipped_in_is_never_written_under),
        cmocka_unit_test(an_open_text_of_before_is_sealed_by_sealing_again),
        cmocka_unit_test(what_cannot_be_read_is_not_overwritten),
        cmocka_unit_test(a_long_text_is_refused_at_the_limit_and_one),
        cmocka_unit_test(whatever_happens_the_named_read_what_was_written_last),
        cmocka_unit_test(a_file_opens_in_its_record_and_tells_steps_only),
        cmocka_unit_test(a_changed_file_never_opens),
        cmocka_unit_test(a_files_bytes_are_those_of_the_specification),
        cmocka_unit_test(a_files_text_has_one_form),
    };
    if (key_ready() != ERR_OK) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
