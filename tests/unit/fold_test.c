/* Claims about proto/fold: the state of a record depends on what was written, not on when it came. */
#include "proto/fold.h"
#include "proto/wire.h"
#include "tests/lib/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>
#include <sodium.h>

enum { WRITES = 7, AUTHORS = 3, SEEDS = 250, TYPE = 5, VALUE_ROOM = 24 };

/* ---- building ops by hand ---- */

struct step { /* one set with one op of one write (a create may have three) */
    unsigned author;
    enum change_kind kind;
    struct fold_set set;
    struct change_write writes[3];
    size_t count;
    uint8_t value[3][VALUE_ROOM];
    uint8_t bases[3][FOLD_HEADS_MAX * ID_VERSION_BYTES];
    struct buf payload;
};

static const char *const elements[] = {"hoc_nghe", "vay_von"};

static struct id_version version_of(unsigned author, unsigned seq)
{
    struct id_inc inc = {{(uint8_t)(author + 1), 7, 7, 7, 7, 7, 7, 7}};
    struct id_hash hash = {{(uint8_t)(seq * 31 + author * 101), (uint8_t)seq, 3, 4}};
    return id_version_make(&inc, seq, &hash);
}

static struct bytes put_value(uint8_t *room, struct buf *b)
{
    assert_int_equal(b->e, ERR_OK);
    assert_true(b->len <= VALUE_ROOM);
    memcpy(room, b->p, b->len);
    struct bytes v = bytes_make(room, b->len);
    buf_free(b);
    return v;
}

static struct bytes value_int(uint8_t *room, int64_t n)
{
    struct buf b;
    buf_init(&b, 64);
    wire_put_int(&b, n);
    return put_value(room, &b);
}

static struct bytes value_text(uint8_t *room, const char *s)
{
    struct buf b;
    buf_init(&b, 64);
    wire_put_str(&b, bytes_str(s));
    return put_value(room, &b);
}

static struct bytes value_bin(uint8_t *room, const uint8_t bin[16])
{
    struct buf b;
    buf_init(&b, 64);
    wire_put_bin(&b, bytes_make(bin, 16));
    return put_value(room, &b);
}

static struct bytes value_nil(uint8_t *room)
{
    room[0] = 0xC0;
    return bytes_make(room, 1);
}

static struct bytes value_bool(uint8_t *room, bool v)
{
    room[0] = v ? 0xC3 : 0xC2;
    return bytes_make(room, 1);
}

static struct fold fold_new(void)
{
    struct fold f;
    assert_int_equal(fold_init(&f), ERR_OK);
    return f;
}

/* ---- a log that arrives, one state at a time ---- */

struct replica {
    struct fold fold;
    struct buf state;
    const struct step *folded[64];
    size_t folded_count;
    const struct step *held[64];
    size_t held_count;
    uint64_t position;
};

static bool replica_arrived(void *ctx, const struct id_version *version)
{
    const struct replica *r = ctx;
    for (size_t i = 0; i < r->folded_count; i++)
        if (ID_EQUAL(&r->folded[i]->set.version, version)) return true;
    return false;
}

static void replica_open(struct replica *r)
{
    memset(r, 0, sizeof *r);
    r->fold = fold_new();
    buf_init(&r->state, FOLD_STATE_BYTES_MAX);
}

static void replica_close(struct replica *r)
{
    fold_free(&r->fold);
    buf_free(&r->state);
}

static struct change_op step_op(const struct step *s)
{
    return (struct change_op){.kind = s->kind,
                              .type = TYPE,
                              .writes = (struct change_write *)(uintptr_t)s->writes,
                              .count = s->count};
}

/* Load, apply, save; false when it was held. */
static bool replica_try(struct replica *r, const struct step *s, enum fold_verdict *verdict)
{
    struct fold_rules rules = {.arrived = replica_arrived, .ctx = r};
    if (r->state.len > 0) {
        assert_int_equal(fold_load(&r->fold, buf_bytes(&r->state)), ERR_OK);
    } else {
        fold_clear(&r->fold);
    }
    struct change_op op = step_op(s);
    struct fold_set set = s->set;
    set.position = ++r->position;
    assert_int_equal(fold_apply(&r->fold, &op, &set, &rules, verdict), ERR_OK);
    if (*verdict >= FOLD_HELD_SCOPE) return false;
    struct buf next;
    buf_init(&next, FOLD_STATE_BYTES_MAX);
    fold_save(&r->fold, &next);
    assert_int_equal(next.e, ERR_OK);
    assert_int_equal(fold_load(&r->fold, buf_bytes(&next)), ERR_OK);
    buf_free(&r->state);
    r->state = next;
    r->folded[r->folded_count++] = s;
    return true;
}

static void replica_take(struct replica *r, const struct step *s)
{
    enum fold_verdict verdict;
    if (!replica_try(r, s, &verdict)) {
        assert_int_equal(verdict, FOLD_HELD_UNKNOWN);
        r->held[r->held_count++] = s;
        return;
    }
    for (size_t i = 0; i < r->held_count;) {
        if (!replica_try(r, r->held[i], &verdict)) {
            i++;
            continue;
        }
        r->held_count--;
        memmove(&r->held[i], &r->held[i + 1], (r->held_count - i) * sizeof r->held[0]);
        i = 0;
    }
}

/* Is the write named by any write of the log? The definition of 6.2, word for word. */
static bool named(const struct replica *r, const struct change_write *w,
                  const struct id_version *version)
{
    for (size_t i = 0; i < r->folded_count; i++)
        for (size_t j = 0; j < r->folded[i]->count; j++) {
            const struct change_write *o = &r->folded[i]->writes[j];
            if (o->field != w->field || !bytes_equal(o->element, w->element)) continue;
            for (size_t at = 0; at < o->bases.len; at += ID_VERSION_BYTES)
                if (memcmp(o->bases.p + at, version->b, ID_VERSION_BYTES) == 0) return true;
        }
    return false;
}

static bool has_head(const struct fold *f, const struct change_write *w,
                     const struct id_version *version)
{
    const struct fold_register *reg = fold_find(f, w->field, w->element);
    for (size_t i = 0; reg != NULL && i < reg->count; i++)
        if (ID_EQUAL(&f->sets[reg->heads[i].set].version, version))
            return bytes_equal(reg->heads[i].value, w->value);
    return false;
}

/* Heads are exactly the writes that nothing names. */
static void replica_check(const struct replica *r)
{
    size_t heads = 0;
    for (size_t i = 0; i < r->folded_count; i++)
        for (size_t j = 0; j < r->folded[i]->count; j++) {
            const struct step *s = r->folded[i];
            bool head = !named(r, &s->writes[j], &s->set.version);
            assert_int_equal(has_head(&r->fold, &s->writes[j], &s->set.version), head);
            heads += head ? 1 : 0;
        }
    size_t have = 0;
    for (size_t i = 0; i < r->fold.register_count; i++) {
        const struct fold_register *reg = &r->fold.registers[i];
        assert_true(reg->count > 0);
        have += reg->count;
        for (size_t j = 1; j < reg->count; j++)
            assert_true(reg->heads[j - 1].set < reg->heads[j].set);
    }
    assert_int_equal(have, heads);
}

/* ---- random histories ---- */

struct history {
    struct step steps[WRITES];
    size_t count;
    size_t chain[AUTHORS][WRITES];
    size_t chain_len[AUTHORS];
};

static void pick_register(struct rng *rng, struct change_write *w)
{
    unsigned k = rng_below(rng, 4);
    w->field = k < 2 ? 1 + k : 3;
    w->element = k < 2 ? bytes_make(NULL, 0) : bytes_str(elements[k - 2]);
}

/* A write as somebody who sees `view` would make it; now and then a blind or partly informed one. */
static void make_write(struct rng *rng, struct step *s, const struct fold *view)
{
    struct change_write *w = &s->writes[0];
    unsigned what = rng_below(rng, 10);
    s->kind = CHANGE_EDIT;
    s->count = 1;
    if (what == 0 && view->type != 0) {
        uint8_t digest[16];
        fold_digest(view, digest);
        s->kind = CHANGE_DELETE;
        w->value = value_bin(s->value[0], digest);
    } else if (what <= 2 && fold_deleted(view)) {
        w->value = value_nil(s->value[0]);
    } else {
        pick_register(rng, w);
        w->value = w->field == 3 ? value_bool(s->value[0], rng_below(rng, 2) != 0)
                                 : value_int(s->value[0], rng_below(rng, 3));
    }
    const struct fold_register *reg = fold_find(view, w->field, w->element);
    struct buf bases;
    buf_init(&bases, sizeof s->bases[0]);
    fold_bases(view, reg, &bases);
    size_t len = bases.len;
    if (len > ID_VERSION_BYTES && rng_below(rng, 3) == 0) len = ID_VERSION_BYTES;
    if (rng_below(rng, 8) == 0) len = 0;
    if (len > 0) memcpy(s->bases[0], bases.p, len);
    w->bases = bytes_make(len > 0 ? s->bases[0] : NULL, len);
    buf_free(&bases);
}

static void make_create(struct rng *rng, struct step *s)
{
    s->kind = CHANGE_CREATE;
    s->count = 3;
    for (unsigned i = 0; i < 3; i++)
        s->writes[i].field = 1 + i;
    s->writes[2].element = bytes_str(elements[0]);
    s->writes[0].value = value_int(s->value[0], rng_below(rng, 3));
    s->writes[1].value = value_nil(s->value[1]);
    s->writes[2].value = value_bool(s->value[2], true);
}

/* Each author writes on what it has of the log: its own chain and what it took from others. */
static void make_history(struct rng *rng, struct history *h)
{
    memset(h, 0, sizeof *h);
    struct replica view[AUTHORS];
    for (unsigned a = 0; a < AUTHORS; a++)
        replica_open(&view[a]);
    for (h->count = 0; h->count < WRITES; h->count++) {
        unsigned a = h->count == 0 ? 0 : rng_below(rng, AUTHORS);
        struct step *s = &h->steps[h->count];
        struct replica *v = &view[a];
        for (size_t i = 0; i < h->count; i++)
            if (!replica_arrived(v, &h->steps[i].set.version) && (i == 0 || rng_below(rng, 3) == 0))
                replica_take(v, &h->steps[i]);
        s->author = a;
        s->set = (struct fold_set){.version = version_of(a, (unsigned)h->chain_len[a]),
                                   .clock = 1000 + rng_below(rng, 50)};
        h->chain[a][h->chain_len[a]++] = h->count;
        if (h->count == 0)
            make_create(rng, s);
        else
            make_write(rng, s, &v->fold);
        replica_take(v, s);
    }
    for (unsigned a = 0; a < AUTHORS; a++)
        replica_close(&view[a]);
}

/* What must not depend on the order: heads by version, conflicts, existence, digest. */
static void summary(const struct fold *f, struct buf *out)
{
    buf_printf(out, "type %u conflicts %zu deleted %d %d early %zu\n", f->type,
               fold_conflicts(f, NULL), fold_deleted(f), fold_delete_conflict(f), f->early_count);
    uint8_t digest[16];
    fold_digest(f, digest);
    buf_add(out, digest, sizeof digest);
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        buf_printf(out, "field %u conflict %d heads %zu ", r->field,
                   fold_register_conflict(r, FOLD_ASK), r->count);
        buf_add_bytes(out, r->element);
        fold_bases(f, r, out);
        const struct fold_head *shown[] = {fold_shown(f, r, FOLD_LATEST),
                                           fold_shown(f, r, FOLD_MAX), fold_shown(f, r, FOLD_MIN)};
        for (size_t j = 0; j < 3; j++)
            buf_add_bytes(out, shown[j]->value);
        if (r->count == 1) buf_add_bytes(out, fold_shown(f, r, FOLD_ASK)->value);
    }
    assert_int_equal(out->e, ERR_OK);
}

struct tally {
    size_t orders;
    size_t conflicts;
    size_t deleted;
    struct buf expected;
};

static void play(const struct history *h, const size_t *order, struct tally *t)
{
    struct replica r;
    replica_open(&r);
    for (size_t i = 0; i < h->count; i++) {
        replica_take(&r, &h->steps[order[i]]);
        replica_check(&r);
    }
    assert_int_equal(r.held_count, 0);
    assert_int_equal(r.fold.early_count, 0);
    struct buf got;
    buf_init(&got, 65536);
    summary(&r.fold, &got);
    if (t->expected.len == 0) {
        buf_add_bytes(&t->expected, buf_bytes(&got));
        t->conflicts += fold_conflicts(&r.fold, NULL) > 0;
        t->deleted += fold_deleted(&r.fold);
    } else {
        assert_true(bytes_equal(buf_bytes(&got), buf_bytes(&t->expected)));
    }
    t->orders++;
    buf_free(&got);
    replica_close(&r);
}

static void all_orders(const struct history *h, size_t *next, size_t *order, size_t done,
                       struct tally *t)
{
    if (done == h->count) {
        play(h, order, t);
        return;
    }
    for (unsigned a = 0; a < AUTHORS; a++) {
        if (next[a] == h->chain_len[a]) continue;
        order[done] = h->chain[a][next[a]++];
        all_orders(h, next, order, done + 1, t);
        next[a]--;
    }
}

static void same_result_in_every_order_of_arrival(void **state)
{
    (void)state;
    struct tally t = {0};
    buf_init(&t.expected, 65536);
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct rng rng = {seed};
        static struct history h;
        make_history(&rng, &h);
        size_t next[AUTHORS] = {0};
        size_t order[WRITES];
        buf_clear(&t.expected);
        all_orders(&h, next, order, 0, &t);
    }
    print_message("seeds 1..%d: %zu orders, %zu histories end in conflict, %zu deleted\n", SEEDS,
                  t.orders, t.conflicts, t.deleted);
    assert_true(t.conflicts > SEEDS / 10);
    assert_true(t.conflicts < SEEDS);
    assert_true(t.deleted > 5);
    buf_free(&t.expected);
}

/* ---- single claims ---- */

static struct step one(unsigned author, unsigned seq, enum change_kind kind)
{
    struct step s = {.author = author, .kind = kind, .count = 1};
    s.set = (struct fold_set){
        .version = version_of(author, seq), .clock = 100, .position = 10 * seq + author + 1};
    s.writes[0].field = 1;
    return s;
}

static enum fold_verdict apply(struct fold *f, struct step *s, const struct fold_rules *rules)
{
    struct change_op op = step_op(s);
    enum fold_verdict v = 99;
    assert_int_equal(fold_apply(f, &op, &s->set, rules, &v), ERR_OK);
    return v;
}

static void base_on(struct step *s, const struct step *other)
{
    struct bytes b = s->writes[0].bases;
    assert_true(b.len < sizeof s->bases[0]);
    memcpy(s->bases[0] + b.len, other->set.version.b, ID_VERSION_BYTES);
    s->writes[0].bases = bytes_make(s->bases[0], b.len + ID_VERSION_BYTES);
}

static void base_on_heads(struct step *s, const struct fold *f)
{
    struct buf b;
    buf_init(&b, sizeof s->bases[0]);
    fold_bases(f, fold_find(f, s->writes[0].field, s->writes[0].element), &b);
    assert_int_equal(b.e, ERR_OK);
    if (b.len > 0) memcpy(s->bases[0], b.p, b.len);
    s->writes[0].bases = bytes_make(s->bases[0], b.len);
    buf_free(&b);
}

static struct buf saved(const struct fold *f)
{
    struct buf b;
    buf_init(&b, FOLD_STATE_BYTES_MAX);
    fold_save(f, &b);
    assert_int_equal(b.e, ERR_OK);
    return b;
}

static void verdicts_say_what_happened(void **state)
{
    (void)state;
    struct fold f = fold_new();
    struct step edit = one(1, 0, CHANGE_EDIT);
    edit.writes[0].value = value_int(edit.value[0], 1);
    assert_int_equal(apply(&f, &edit, NULL), FOLD_HELD_UNKNOWN);
    assert_int_equal(f.type, 0);
    struct step create = one(0, 0, CHANGE_CREATE);
    create.writes[0].value = value_int(create.value[0], 1);
    assert_int_equal(apply(&f, &create, NULL), FOLD_APPLIED);
    struct step other = one(2, 0, CHANGE_EDIT);
    other.writes[0].value = value_int(other.value[0], 2);
    assert_int_equal(apply(&f, &other, NULL), FOLD_CONFLICT);
    assert_int_equal(fold_conflicts(&f, NULL), 1);
    struct step same = one(2, 1, CHANGE_EDIT); /* equal heads are no conflict */
    same.writes[0].value = value_int(same.value[0], 1);
    base_on(&same, &other);
    assert_int_equal(apply(&f, &same, NULL), FOLD_APPLIED);
    assert_int_equal(fold_conflicts(&f, NULL), 0);
    struct step settle = one(0, 1, CHANGE_EDIT);
    settle.writes[0].value = value_int(settle.value[0], 3);
    base_on_heads(&settle, &f);
    assert_int_equal(settle.writes[0].bases.len, 2 * ID_VERSION_BYTES);
    assert_int_equal(apply(&f, &settle, NULL), FOLD_APPLIED);
    assert_int_equal(f.registers[0].count, 1);
    assert_int_equal(f.set_count, 1);
    fold_free(&f);
}

static bool nothing_arrived(void *ctx, const struct id_version *version)
{
    (void)ctx;
    (void)version;
    return false;
}

static void a_write_named_before_it_comes_is_replaced(void **state)
{
    (void)state;
    struct fold f = fold_new();
    struct fold_rules rules = {.arrived = nothing_arrived};
    struct step create = one(0, 0, CHANGE_CREATE);
    struct step first = one(1, 0, CHANGE_EDIT);
    struct step second = one(2, 0, CHANGE_EDIT);
    create.writes[0].value = value_int(create.value[0], 1);
    first.writes[0].value = value_int(first.value[0], 2);
    second.writes[0].value = value_int(second.value[0], 3);
    base_on(&first, &create);
    base_on(&second, &first);
    assert_int_equal(apply(&f, &create, &rules), FOLD_APPLIED);
    assert_int_equal(apply(&f, &second, &rules), FOLD_CONFLICT);
    assert_int_equal(f.early_count, 1);
    assert_int_equal(apply(&f, &first, &rules), FOLD_REPLACED);
    assert_int_equal(f.early_count, 0);
    assert_int_equal(f.set_count, 1);
    assert_int_equal(f.registers[0].count, 1);
    assert_true(ID_EQUAL(&f.sets[0].version, &second.set.version));
    fold_free(&f);
}

static void the_same_op_again_changes_nothing(void **state)
{
    (void)state;
    struct fold f = fold_new();
    struct step create = one(0, 0, CHANGE_CREATE);
    create.writes[0].value = value_int(create.value[0], 1);
    assert_int_equal(apply(&f, &create, NULL), FOLD_APPLIED);
    struct buf before = saved(&f);
    assert_int_equal(apply(&f, &create, NULL), FOLD_APPLIED);
    create.set.position = UINT64_MAX; /* as pending at a node whose hub state has it */
    assert_int_equal(apply(&f, &create, NULL), FOLD_APPLIED);
    struct buf after = saved(&f);
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    /* the same set with another value is not quietly chosen from */
    create.writes[0].value = value_int(create.value[1], 2);
    assert_int_equal(apply(&f, &create, NULL), FOLD_HELD_UNREADABLE);
    buf_free(&after);
    after = saved(&f);
    assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
    buf_free(&before);
    buf_free(&after);
    fold_free(&f);
}

static void deleting_and_bringing_back(void **state)
{
    (void)state;
    struct fold f = fold_new();
    uint8_t digest[16];
    struct step create = one(0, 0, CHANGE_CREATE);
    create.writes[0].value = value_int(create.value[0], 1);
    assert_int_equal(apply(&f, &create, NULL), FOLD_APPLIED);
    struct step del = one(1, 1, CHANGE_DELETE);
    del.writes[0].field = 0;
    fold_digest(&f, digest);
    del.writes[0].value = value_bin(del.value[0], digest);
    assert_int_equal(apply(&f, &del, NULL), FOLD_APPLIED);
    assert_true(fold_deleted(&f));
    assert_false(fold_delete_conflict(&f));
    struct step edit = one(2, 2, CHANGE_EDIT); /* by someone who had not seen the deletion */
    edit.writes[0].value = value_int(edit.value[0], 2);
    base_on(&edit, &create);
    assert_int_equal(apply(&f, &edit, NULL), FOLD_CONFLICT);
    assert_true(fold_delete_conflict(&f));
    assert_int_equal(fold_conflicts(&f, NULL), 1);
    struct step back = one(1, 3, CHANGE_EDIT);
    back.writes[0].field = 0;
    back.writes[0].value = value_nil(back.value[0]);
    base_on_heads(&back, &f);
    assert_int_equal(apply(&f, &back, NULL), FOLD_APPLIED);
    assert_false(fold_deleted(&f));
    assert_int_equal(fold_conflicts(&f, NULL), 0);
    struct step blind = one(0, 4, CHANGE_DELETE); /* knows neither the edit nor the undelete */
    blind.writes[0].field = 0;
    blind.writes[0].value = value_bin(blind.value[0], digest);
    assert_int_equal(apply(&f, &blind, NULL), FOLD_CONFLICT);
    assert_true(fold_deleted(&f));
    fold_free(&f);
}

static enum fold_policy policy_latest(void *ctx, unsigned type, unsigned field)
{
    (void)ctx;
    assert_int_equal(type, TYPE);
    assert_int_equal(field, 1);
    return FOLD_LATEST;
}

static void policies_choose_what_is_shown(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b, *max, *min;
    } rows[] = {
        {"9", "10", "10", "9"},         {"-9", "-10", "-9", "-10"},
        {"1.5", "1.25", "1.5", "1.25"}, {"-1.5", "1", "1", "-1.5"},
        {"0.5", "0", "0.5", "0"},       {"2023-02-01", "2023-10-01", "2023-10-01", "2023-02-01"},
        {"7", "bảy", "bảy", "7"}};
    struct fold_rules rules = {.policy = policy_latest};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fold f = fold_new();
        struct step a = one(0, 0, CHANGE_CREATE);
        struct step b = one(1, 0, CHANGE_CREATE);
        uint8_t room[VALUE_ROOM];
        a.writes[0].value = value_text(a.value[0], rows[i].a);
        b.writes[0].value = value_text(b.value[0], rows[i].b);
        a.set.clock = 7;
        b.set.clock = 6;
        assert_int_equal(apply(&f, &b, &rules), FOLD_APPLIED);
        assert_int_equal(apply(&f, &a, &rules), FOLD_APPLIED);
        assert_int_equal(fold_conflicts(&f, &rules), 0);
        assert_int_equal(fold_conflicts(&f, NULL), 1);
        const struct fold_register *r = fold_find(&f, 1, bytes_make(NULL, 0));
        assert_true(bytes_equal(fold_shown(&f, r, FOLD_ASK)->value, a.writes[0].value));
        assert_true(bytes_equal(fold_shown(&f, r, FOLD_LATEST)->value, a.writes[0].value));
        assert_true(bytes_equal(fold_shown(&f, r, FOLD_MAX)->value, value_text(room, rows[i].max)));
        assert_true(bytes_equal(fold_shown(&f, r, FOLD_MIN)->value, value_text(room, rows[i].min)));
        fold_free(&f);
    }
}

static void a_cleared_value_is_neither_max_nor_min(void **state)
{
    (void)state;
    struct fold f = fold_new();
    struct step s[4];
    const int64_t n[] = {-5, 300, -70000};
    for (unsigned i = 0; i < 4; i++) {
        s[i] = one(i, 0, CHANGE_CREATE);
        s[i].writes[0].value =
            i == 0 ? value_nil(s[i].value[0]) : value_int(s[i].value[0], n[i - 1]);
        (void)apply(&f, &s[i], NULL);
    }
    const struct fold_register *r = fold_find(&f, 1, bytes_make(NULL, 0));
    assert_true(bytes_equal(fold_shown(&f, r, FOLD_MAX)->value, s[2].writes[0].value));
    assert_true(bytes_equal(fold_shown(&f, r, FOLD_MIN)->value, s[3].writes[0].value));
    fold_free(&f);
}

static void heads_end_at_their_limit(void **state)
{
    (void)state;
    struct fold f = fold_new();
    static struct step s[FOLD_HEADS_MAX + 2];
    for (unsigned i = 0; i <= FOLD_HEADS_MAX; i++) {
        s[i] = one(i % 200, i, CHANGE_CREATE);
        s[i].writes[0].value = value_int(s[i].value[0], i);
        enum fold_verdict v = apply(&f, &s[i], NULL);
        assert_int_equal(v, i == 0               ? FOLD_APPLIED
                            : i < FOLD_HEADS_MAX ? FOLD_CONFLICT
                                                 : FOLD_HELD_UNREADABLE);
        assert_int_equal(f.registers[0].count, i < FOLD_HEADS_MAX ? i + 1 : FOLD_HEADS_MAX);
    }
    struct step *settle = &s[FOLD_HEADS_MAX + 1]; /* one that names them all still goes */
    *settle = one(1, 999, CHANGE_EDIT);
    settle->writes[0].value = value_int(settle->value[0], 5);
    base_on_heads(settle, &f);
    assert_int_equal(apply(&f, settle, NULL), FOLD_APPLIED);
    assert_int_equal(f.registers[0].count, 1);
    assert_int_equal(f.set_count, 1);
    fold_free(&f);
}

static void registers_end_at_their_limit(void **state)
{
    (void)state;
    struct fold f = fold_new();
    static struct change_write w[CHANGE_WRITES_MAX];
    uint8_t room[VALUE_ROOM];
    struct bytes value = value_int(room, 1);
    for (unsigned part = 0; part < 3; part++) {
        size_t count = part < 2 ? 512 : 1;
        for (unsigned i = 0; i < count; i++)
            w[i] = (struct change_write){.field = 1 + part * 512 + i, .value = value};
        struct change_op op = {.kind = CHANGE_CREATE, .type = TYPE, .writes = w, .count = count};
        struct fold_set set = {.version = version_of(0, part), .position = part + 1};
        enum fold_verdict v;
        assert_int_equal(fold_apply(&f, &op, &set, NULL, &v), ERR_OK);
        assert_int_equal(v, part < 2 ? FOLD_APPLIED : FOLD_HELD_UNREADABLE);
        assert_int_equal(f.register_count, part == 0 ? 512 : FOLD_REGISTERS_MAX);
        assert_int_equal(f.set_count, part == 0 ? 1 : 2);
    }
    fold_free(&f);
}

/* Text writes of `len` bytes until the state is full; then the very last byte is tried. */
static void a_state_ends_at_its_limit(void **state)
{
    (void)state;
    struct fold f = fold_new();
    static uint8_t text[20][CHANGE_VALUE_BYTES_MAX + 3];
    struct change_write w = {0};
    struct change_op op = {.kind = CHANGE_CREATE, .type = TYPE, .writes = &w, .count = 1};
    enum fold_verdict v = FOLD_APPLIED;
    unsigned field = 1;
    size_t left = 0;
    for (; field < 20; field++) {
        struct buf now;
        buf_init(&now, FOLD_STATE_BYTES_MAX);
        if (f.type != 0) fold_save(&f, &now);
        left = FOLD_STATE_BYTES_MAX - now.len;
        buf_free(&now);
        if (left < CHANGE_VALUE_BYTES_MAX + 100) break;
        memset(text[field], 'a', sizeof text[field]);
        text[field][0] = 0xDA;
        text[field][1] = CHANGE_VALUE_BYTES_MAX >> 8;
        text[field][2] = CHANGE_VALUE_BYTES_MAX & 0xFF;
        w.field = field;
        w.value = bytes_make(text[field], sizeof text[field]);
        struct fold_set set = {.version = version_of(0, 0), .position = 1};
        assert_int_equal(fold_apply(&f, &op, &set, NULL, &v), ERR_OK);
        assert_int_equal(v, FOLD_APPLIED);
    }
    /* register header 1 + field 1 + heads 1 + index 1 + str header 3 + text, the set is there;
     * the array of registers may need three bytes for its length */
    size_t grow = field == 16 ? 2 : 0;
    size_t fits = left - 7 - grow;
    for (int over = 1; over >= 0; over--) {
        size_t n = fits + (size_t)over;
        memset(text[0], 'b', sizeof text[0]);
        text[0][0] = 0xDA;
        text[0][1] = (uint8_t)(n >> 8);
        text[0][2] = (uint8_t)n;
        w.field = field;
        w.value = bytes_make(text[0], n + 3);
        struct fold_set set = {.version = version_of(0, 0), .position = 1};
        struct buf before = saved(&f);
        assert_int_equal(fold_apply(&f, &op, &set, NULL, &v), ERR_OK);
        assert_int_equal(v, over != 0 ? FOLD_HELD_UNREADABLE : FOLD_APPLIED);
        struct buf after = saved(&f);
        if (over != 0)
            assert_true(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
        else
            assert_int_equal(after.len, FOLD_STATE_BYTES_MAX);
        buf_free(&before);
        buf_free(&after);
    }
    fold_free(&f);
}

/* A state with everything in it: two heads, elements, references, existence, early entries. */
static struct buf rich_state(void)
{
    struct fold f = fold_new();
    struct fold_rules rules = {.arrived = nothing_arrived};
    struct step s[6];
    for (unsigned i = 0; i < 6; i++)
        s[i] = one(i, i, i == 0 ? CHANGE_CREATE : CHANGE_EDIT);
    uint8_t ref[16] = {1, 2, 3};
    s[0].writes[0].value = value_text(s[0].value[0], "Nguyễn Thị Lan");
    s[1].writes[0].value = value_bin(s[1].value[0], ref);
    s[2].writes[0] = (struct change_write){.field = 3, .element = bytes_str("vay_von")};
    s[2].writes[0].value = value_bool(s[2].value[0], true);
    s[3].writes[0].field = 0;
    s[3].writes[0].value = value_nil(s[3].value[0]);
    s[4].writes[0].value = value_int(s[4].value[0], -123456789);
    struct step unknown = one(9, 9, CHANGE_EDIT);
    base_on(&s[4], &unknown);
    s[5].writes[0] = s[2].writes[0];
    base_on(&s[5], &unknown);
    for (unsigned i = 0; i < 6; i++)
        assert_true(apply(&f, &s[i], &rules) <= FOLD_CONFLICT);
    assert_int_equal(f.early_count, 2);
    struct buf b = saved(&f);
    fold_free(&f);
    return b;
}

static void a_state_loads_and_saves_to_the_same_bytes_or_not_at_all(void **state)
{
    (void)state;
    struct buf good = rich_state();
    struct fold f = fold_new();
    assert_int_equal(fold_load(&f, buf_bytes(&good)), ERR_OK);
    struct buf again = saved(&f);
    assert_true(bytes_equal(buf_bytes(&good), buf_bytes(&again)));
    buf_free(&again);
    for (size_t cut = 0; cut < good.len; cut++) {
        uint8_t *exact = malloc(cut ? cut : 1);
        assert_non_null(exact);
        memcpy(exact, good.p, cut);
        assert_int_equal(fold_load(&f, bytes_make(exact, cut)), ERR_BAD_FORMAT);
        assert_int_equal(f.type, 0);
        free(exact);
    }
    size_t loaded = 0;
    for (size_t at = 0; at < good.len; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            good.p[at] ^= (uint8_t)(1u << bit);
            if (fold_load(&f, buf_bytes(&good)) == ERR_OK) {
                again = saved(&f);
                assert_true(bytes_equal(buf_bytes(&good), buf_bytes(&again)));
                buf_free(&again);
                loaded++;
            }
            good.p[at] ^= (uint8_t)(1u << bit);
        }
    assert_true(loaded > 0); /* a flip inside a value is another state, not a broken one */
    buf_free(&good);
    fold_free(&f);
}

static void broken_states_are_refused(void **state)
{
    (void)state;
    /* [5, [[version, 1, person, 9]], registers, early], with what varies written out */
    static const uint8_t set[] = {0x94, 0xC4, 20, 1,  2,  3,  4,  5,  6,  7,  8,  9,
                                  10,   11,   12, 13, 14, 15, 16, 17, 18, 19, 20, 1,
                                  0xC4, 8,    1,  2,  3,  4,  5,  6,  7,  8,  9};
    static const struct {
        const char *what;
        uint8_t sets, len, rest[40];
        bool good;
    } rows[] = {
        {"plain", 1, 6, {0x91, 0x92, 1, 0x92, 0, 7}, true},
        {"a set without a head", 1, 1, {0x90}, false},
        {"a head of no set", 1, 6, {0x91, 0x92, 1, 0x92, 1, 7}, false},
        {"a register without heads", 1, 9, {0x92, 0x92, 1, 0x92, 0, 7, 0x92, 2, 0x90}, false},
        {"odd heads", 1, 5, {0x91, 0x92, 1, 0x91, 0}, false},
        {"two heads of one set", 1, 8, {0x91, 0x92, 1, 0x94, 0, 7, 0, 8}, false},
        {"registers not sorted", 1, 11, {0x92, 0x92, 2, 0x92, 0, 7, 0x92, 1, 0x92, 0, 7}, false},
        {"register twice", 1, 11, {0x92, 0x92, 1, 0x92, 0, 7, 0x92, 1, 0x92, 0, 7}, false},
        {"element", 1, 8, {0x91, 0x93, 1, 0x92, 0, 0xC3, 0xA1, 'x'}, true},
        {"element that is no bool", 1, 8, {0x91, 0x93, 1, 0x92, 0, 7, 0xA1, 'x'}, false},
        {"empty element", 1, 7, {0x91, 0x93, 1, 0x92, 0, 0xC3, 0xA0}, false},
        {"element of the existence", 1, 8, {0x91, 0x93, 0, 0x92, 0, 0xC3, 0xA1, 'x'}, false},
        {"existence by number", 1, 6, {0x91, 0x92, 0, 0x92, 0, 7}, false},
        {"value is an array", 1, 6, {0x91, 0x92, 1, 0x92, 0, 0x90}, false},
        {"same set twice", 2, 11, {0x92, 0x92, 1, 0x92, 0, 7, 0x92, 2, 0x92, 1, 7}, false},
    };
    struct fold f = fold_new();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b;
        buf_init(&b, 1000);
        buf_add_u8(&b, 0x94);
        buf_add_u8(&b, TYPE);
        buf_add_u8(&b, (uint8_t)(0x90 + rows[i].sets));
        for (unsigned k = 0; k < rows[i].sets; k++)
            buf_add(&b, set, sizeof set);
        if (rows[i].sets == 2) b.p[b.len - 1]++; /* another position */
        buf_add(&b, rows[i].rest, rows[i].len);
        buf_add_u8(&b, 0x90);
        enum err e = fold_load(&f, buf_bytes(&b));
        if (e != (rows[i].good ? ERR_OK : ERR_BAD_FORMAT)) fail_msg("%s", rows[i].what);
        b.p[1] = 0; /* type 0 */
        assert_int_equal(fold_load(&f, buf_bytes(&b)), ERR_BAD_FORMAT);
        buf_free(&b);
    }
    fold_free(&f);
}

static void scope_terms_add_up_in_any_order(void **state)
{
    (void)state;
    struct rng rng = {77};
    uint8_t terms[20][16];
    uint8_t forward[16] = {0}, backward[16] = {0};
    struct id_record rid;
    rng_fill(&rng, rid.b, sizeof rid.b);
    for (unsigned i = 0; i < 20; i++) {
        uint8_t bytes[5];
        rng_fill(&rng, bytes, sizeof bytes);
        fold_scope_term(&rid, 3, i, BYTES_OF(bytes), terms[i]);
        fold_scope_add(forward, terms[i]);
    }
    assert_memory_not_equal(terms[0], terms[1], 16);
    for (unsigned i = 20; i-- > 0;)
        fold_scope_add(backward, terms[i]);
    assert_memory_equal(forward, backward, 16);
    for (unsigned i = 0; i < 20; i++)
        fold_scope_sub(forward, terms[i]);
    assert_true(sodium_is_zero(forward, 16));
}

static void a_record_folds_in_a_few_microseconds(void **state)
{
    (void)state;
    enum { FIELDS = 12, ROUNDS = 20000 };
    struct fold f = fold_new();
    struct change_write w[FIELDS];
    uint8_t room[FIELDS][VALUE_ROOM];
    for (unsigned i = 0; i < FIELDS; i++)
        w[i] = (struct change_write){.field = i + 1, .value = value_text(room[i], "đang quản lý")};
    struct change_op op = {.kind = CHANGE_CREATE, .type = TYPE, .writes = w, .count = FIELDS};
    struct fold_set set = {.version = version_of(0, 0), .clock = 1735693200000, .position = 70000};
    enum fold_verdict v;
    assert_int_equal(fold_apply(&f, &op, &set, NULL, &v), ERR_OK);
    struct buf now = saved(&f);
    struct buf next;
    buf_init(&next, FOLD_STATE_BYTES_MAX);
    clock_t start = clock();
    for (unsigned i = 1; i <= ROUNDS; i++) {
        struct fold_register *r;
        assert_int_equal(fold_load(&f, buf_bytes(&now)), ERR_OK);
        r = &f.registers[i % FIELDS];
        struct change_write one_write = w[i % FIELDS];
        one_write.bases = BYTES_OF(f.sets[r->heads[0].set].version.b);
        uint8_t bases[ID_VERSION_BYTES];
        memcpy(bases, one_write.bases.p, sizeof bases);
        one_write.bases = BYTES_OF(bases);
        op =
            (struct change_op){.kind = CHANGE_EDIT, .type = TYPE, .writes = &one_write, .count = 1};
        set = (struct fold_set){.version = version_of(0, i), .clock = i, .position = 70000 + i};
        assert_int_equal(fold_apply(&f, &op, &set, NULL, &v), ERR_OK);
        assert_int_equal(v, FOLD_APPLIED);
        buf_clear(&next);
        fold_save(&f, &next);
        struct buf t = now;
        now = next;
        next = t;
    }
    double us = (double)(clock() - start) * 1e6 / CLOCKS_PER_SEC / ROUNDS;
    print_message("load, apply, save of %d fields (%zu bytes): %.2f us\n", FIELDS, now.len, us);
    assert_int_equal(f.register_count, FIELDS);
    assert_int_equal(fold_conflicts(&f, NULL), 0);
    buf_free(&now);
    buf_free(&next);
    fold_free(&f);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_result_in_every_order_of_arrival),
        cmocka_unit_test(verdicts_say_what_happened),
        cmocka_unit_test(a_write_named_before_it_comes_is_replaced),
        cmocka_unit_test(the_same_op_again_changes_nothing),
        cmocka_unit_test(deleting_and_bringing_back),
        cmocka_unit_test(policies_choose_what_is_shown),
        cmocka_unit_test(a_cleared_value_is_neither_max_nor_min),
        cmocka_unit_test(heads_end_at_their_limit),
        cmocka_unit_test(registers_end_at_their_limit),
        cmocka_unit_test(a_state_ends_at_its_limit),
        cmocka_unit_test(a_state_loads_and_saves_to_the_same_bytes_or_not_at_all),
        cmocka_unit_test(broken_states_are_refused),
        cmocka_unit_test(scope_terms_add_up_in_any_order),
        cmocka_unit_test(a_record_folds_in_a_few_microseconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
