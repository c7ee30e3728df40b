/*
 * Seven change sets of seven logs, in all 5,040 orders in which they can arrive: the same heads in every field, the
 * same value wherever one head stands, the same conflicts. Through the hub's store and the fold alone. SPEC 6.2.
 */
#include "tests/lib/catalogue_load.h"
#include "tests/lib/hub_world.h"
#include "common/io/db.h"
#include "proto/fold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

enum { LOGS = 7, ORDERS = 5040, TYPE = 1, NAME = 2, PHONE = 19, TEXT_MAX = 4096 };

struct scene {
    struct world w;
    struct world_node nodes[LOGS];
    struct pack_sets frames[LOGS]; /* the one set of each log */
    struct id_record rid;
    struct buf state; /* borrowed by `fold` */
    struct fold fold;
    unsigned orders;
    char first[TEXT_MAX]; /* what came out of the first order */
};

static struct id_version save(struct scene *s, unsigned log, enum change_kind kind, unsigned field,
                              const char *text, const struct id_version *bases, size_t count)
{
    static const uint8_t digest[18] = {0xc4, 16, 1, 2, 3};
    struct world_op o;
    world_op_begin(&o, kind, &s->rid, TYPE);
    if (kind == CHANGE_DELETE) {
        world_op_value(&o, 0, BYTES_OF(digest), bases, count);
    } else {
        world_op_text(&o, field, text, bases, count);
        if (kind == CHANGE_CREATE) world_op_text(&o, PHONE, text, NULL, 0);
    }
    struct bytes p = world_op_end(&o);
    struct id_version v = world_save(&s->nodes[log], &p, 1);
    world_op_free(&o);
    return v;
}

static int version_order(const void *a, const void *b)
{
    return memcmp(a, b, ID_VERSION_BYTES);
}

static void describe(const struct fold *f, char out[static TEXT_MAX])
{
    struct buf b;
    buf_init(&b, TEXT_MAX - 1);
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        struct id_version heads[LOGS + 1];
        assert_in_range(r->count, 1, LOGS + 1);
        for (size_t k = 0; k < r->count; k++)
            heads[k] = f->sets[r->heads[k].set].version;
        qsort(heads, r->count, sizeof heads[0], version_order);
        buf_printf(&b, "%u:", r->field);
        for (size_t k = 0; k < r->count; k++)
            for (size_t j = 0; j < ID_VERSION_BYTES; j++)
                buf_printf(&b, "%02x", heads[k].b[j]);
        bool equal = true;
        for (size_t k = 1; k < r->count; k++)
            equal = equal && bytes_equal(r->heads[0].value, r->heads[k].value);
        if (equal) { /* one value stands: it is the same everywhere */
            buf_printf(&b, " shows ");
            for (size_t j = 0; j < r->heads[0].value.len; j++)
                buf_printf(&b, "%02x", r->heads[0].value.p[j]);
        }
        buf_printf(&b, "%s\n", fold_register_conflict(r, FOLD_ASK) ? " conflict" : "");
    }
    buf_printf(&b, "deleted %d, %zu conflicts\n", (int)fold_deleted(f), fold_conflicts(f, NULL));
    assert_int_equal(b.e, ERR_OK);
    memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    buf_free(&b);
}

static void compare(struct scene *s, const char *text)
{
    if (s->first[0] == '\0') snprintf(s->first, sizeof s->first, "%s", text);
    assert_string_equal(text, s->first);
}

/* Its state there into `state`; number of conflicts. */
static size_t hub_state(struct scene *s, struct buf *state)
{
    struct db_stmt *q =
        db_stmt(hub_store_db(s->w.store), "SELECT state, conflicts FROM sys_record WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(s->rid.b));
    assert_int_equal(db_get(q), ERR_OK);
    buf_clear(state);
    buf_add_bytes(state, db_column_bytes(q, 0));
    size_t conflicts = (size_t)db_column_int(q, 1);
    db_done(q);
    return conflicts;
}

static void through_the_hub(struct scene *s, const unsigned *order)
{
    char text[TEXT_MAX];
    struct hub_taken taken;
    assert_int_equal(hub_store_begin(s->w.store), ERR_OK);
    for (unsigned i = 0; i < LOGS; i++)
        assert_int_equal(hub_store_take(s->w.store, &s->nodes[order[i]].hub_node.node,
                                        &s->frames[order[i]], s->w.now_ms, &taken),
                         ERR_OK);
    size_t conflicts = hub_state(s, &s->state);
    fold_clear(&s->fold);
    assert_int_equal(fold_load(&s->fold, buf_bytes(&s->state)), ERR_OK);
    assert_int_equal(conflicts, fold_conflicts(&s->fold, NULL));
    describe(&s->fold, text);
    compare(s, text);
    hub_store_rollback(s->w.store);
}

/* A write that is named before it comes waits as `early`; the others have arrived. */
struct arrived {
    const struct id_version *v;
    size_t count;
};

static bool has_arrived(void *ctx, const struct id_version *version)
{
    const struct arrived *a = ctx;
    for (size_t i = 0; i < a->count; i++) {
        if (ID_EQUAL(&a->v[i], version)) return true;
    }
    return false;
}

static void through_the_fold(struct scene *s, const unsigned *order, struct buf *state)
{
    static struct change_view view;
    static struct change_write writes[CHANGE_WRITES_MAX];
    struct id_version seen[LOGS + 1];
    struct arrived a = {seen, 0};
    struct fold_rules rules = {.arrived = has_arrived, .ctx = &a};
    char text[TEXT_MAX];
    fold_clear(&s->fold);
    assert_int_equal(fold_load(&s->fold, buf_bytes(state)), ERR_OK);
    seen[a.count++] = s->fold.sets[0].version;
    for (unsigned i = 0; i < LOGS; i++) {
        const struct pack_decoded *d = &s->frames[order[i]].v[0];
        struct change_op op;
        enum fold_verdict verdict;
        assert_int_equal(change_open(d->head, d->body, &view), ERR_OK);
        assert_int_equal(change_op_decode(view.payload[0], writes, &op), ERR_OK);
        struct fold_set set = {.version = id_version_make(&view.head.inc, view.head.seq, &d->hash),
                               .clock = view.head.hlc,
                               .person = view.head.person,
                               .position = 100 + i};
        assert_int_equal(fold_apply(&s->fold, &op, &set, &rules, &verdict), ERR_OK);
        assert_true(verdict <= FOLD_CONFLICT);
        seen[a.count++] = set.version;
    }
    describe(&s->fold, text);
    compare(s, text);
}

static void permute(struct scene *s, unsigned *order, unsigned at, struct buf *state)
{
    for (unsigned i = at; i < LOGS; i++) {
        unsigned t = order[at];
        order[at] = order[i];
        order[i] = t;
        permute(s, order, at + 1, state);
        order[i] = order[at];
        order[at] = t;
    }
    if (at < LOGS) return;
    through_the_fold(s, order, state);
    through_the_hub(s, order);
    s->orders++;
}

static void scene_open(struct scene *s)
{
    size_t count = 0;
    world_open(&s->w, 5040);
    struct catalogue_file *files = catalogue_load("tests/sim/catalogue", &count);
    world_publish(&s->w, files, count);
    catalogue_unload(files, count);
    s->rid.b[0] = 9;
    for (unsigned i = 0; i < LOGS; i++)
        world_node_open(&s->w, &s->nodes[i], "26176", 900 + i);
    struct id_version v0 = save(s, 0, CHANGE_CREATE, NAME, "0", NULL, 0);
    for (unsigned i = 0; i < LOGS; i++)
        assert_int_equal(world_push(&s->w, &s->nodes[i]), ERR_OK);
    struct id_version both[2];
    both[0] = save(s, 0, CHANGE_EDIT, NAME, "A", &v0, 1);
    both[1] = save(s, 1, CHANGE_EDIT, NAME, "B", &v0, 1);
    qsort(both, 2, sizeof both[0], version_order);
    struct id_version a = both[0];
    save(s, 2, CHANGE_EDIT, NAME, "C", both, 2); /* settles what it saw of both */
    save(s, 3, CHANGE_EDIT, NAME, "D", &a, 1);   /* saw one of them */
    save(s, 4, CHANGE_EDIT, PHONE, "0900", &v0, 1);
    save(s, 5, CHANGE_EDIT, PHONE, "0900", &v0, 1); /* the same: no conflict */
    save(s, 6, CHANGE_DELETE, 0, NULL, NULL, 0);    /* had not seen all of it */
    for (unsigned i = 0; i < LOGS; i++) {
        const struct world_node *n = &s->nodes[i];
        struct message_head head;
        struct change_head h;
        assert_int_equal(change_head_read(buf_bytes(&n->sets[0].head), &h), ERR_OK);
        assert_int_equal(hub_store_head(s->w.store, &n->hub_node.node, &h.inc, &head), ERR_OK);
        assert_int_equal(world_frame(&s->nodes[i], &head, 8, &s->frames[i]), 1);
    }
    assert_int_equal(fold_init(&s->fold), ERR_OK);
}

static void seven_sets_in_all_orders_come_out_the_same(void **state)
{
    (void)state;
    static struct scene s;
    struct buf base;
    unsigned order[LOGS] = {0, 1, 2, 3, 4, 5, 6};
    scene_open(&s);
    buf_init(&base, FOLD_STATE_BYTES_MAX);
    buf_init(&s.state, FOLD_STATE_BYTES_MAX);
    hub_state(&s, &base);
    permute(&s, order, 0, &base);
    print_message("%u orders, each through the fold and the hub's store:\n%s", s.orders, s.first);
    assert_int_equal(s.orders, ORDERS);
    assert_non_null(strstr(s.first, "deleted 1, 2 conflicts"));
    buf_free(&base);
    buf_free(&s.state);
    fold_free(&s.fold);
    for (unsigned i = 0; i < LOGS; i++) {
        pack_sets_free(&s.frames[i]);
        world_node_close(&s.nodes[i]);
    }
    world_close(&s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seven_sets_in_all_orders_come_out_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
