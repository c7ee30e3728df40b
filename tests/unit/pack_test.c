/* Claims about proto/pack: what is packed comes out byte for byte, and nothing else comes out. */
#include "proto/pack.h"
#include "proto/wire.h"
#include "tests/lib/setgen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>
#include <sodium.h>
#include <zstd.h>

struct log { /* a generated log and what the sender may use of it */
    struct setgen g;
    struct setgen_set *sets;
    struct pack_set *views;
    size_t count;
    size_t base; /* index of the first set that the frame may take */
    bool roots;
    uint8_t root[16];
};

static void log_open(struct log *l, uint64_t seed, size_t count,
                     void (*make)(struct setgen *, struct setgen_set *))
{
    memset(l, 0, sizeof *l);
    setgen_open(&l->g, seed);
    l->sets = calloc(count, sizeof *l->sets);
    l->views = calloc(count, sizeof *l->views);
    assert_non_null(l->sets);
    assert_non_null(l->views);
    l->count = count;
    l->roots = true;
    for (size_t i = 0; i < count; i++) {
        if (i == 0)
            setgen_genesis(&l->g, &l->sets[i]);
        else
            make(&l->g, &l->sets[i]);
        l->views[i] = (struct pack_set){buf_bytes(&l->sets[i].head), buf_bytes(&l->sets[i].body)};
    }
}

static void log_erase(struct log *l, size_t i, unsigned op)
{
    setgen_erase(&l->sets[i], op);
    l->views[i].body = buf_bytes(&l->sets[i].body);
}

static void log_close(struct log *l)
{
    for (size_t i = 0; i < l->count; i++)
        setgen_set_free(&l->sets[i]);
    free(l->sets);
    free(l->views);
    setgen_close(&l->g);
}

static const uint8_t *log_root(void *ctx, const struct id_inc *inc, uint64_t block)
{
    struct log *l = ctx;
    assert_memory_equal(inc->b, l->g.next.inc.b, 8);
    if (!l->roots) return NULL;
    setgen_root(&l->g, block, l->root);
    return l->root;
}

static enum err log_signature(void *ctx, size_t index, uint8_t out[static 64])
{
    struct log *l = ctx;
    memcpy(out, l->sets[l->base + index].signature, 64);
    return ERR_OK;
}

static struct pack_context context_at(const struct log *l, size_t i)
{
    struct pack_context c = {.hub = l->g.next.hub, .node = l->g.next.node, .inc = l->g.next.inc};
    c.next_seq = i;
    c.sign_pk = i == 0 ? NULL : l->g.public_key;
    if (i > 0) c.prev = l->sets[i - 1].hash;
    return c;
}

static enum err encode(struct pack *p, struct log *l, size_t from, size_t count, struct buf *body,
                       size_t *taken)
{
    buf_init(body, FRAME_BODY_BYTES_MAX);
    l->base = from;
    return pack_encode(p, l->views + from, count, log_root, log_signature, l, body, taken);
}

static struct pack *pack_make(void)
{
    struct pack *p;
    assert_int_equal(pack_new(&p), ERR_OK);
    return p;
}

static void assert_same_sets(const struct log *l, size_t from, const struct pack_sets *got)
{
    static struct change_view view;
    for (size_t i = 0; i < got->count; i++) {
        const struct pack_decoded *d = &got->v[i];
        assert_true(bytes_equal(d->head, l->views[from + i].head));
        assert_true(bytes_equal(d->body, l->views[from + i].body));
        assert_memory_equal(d->hash.b, l->sets[from + i].hash.b, 32);
        assert_int_equal(change_open(d->head, d->body, &view), ERR_OK);
        assert_int_equal(change_verify(&view), ERR_OK);
    }
    assert_memory_equal(got->signature, l->sets[from + got->count - 1].signature, 64);
    assert_memory_equal(got->sign_pk, l->g.public_key, 32);
}

struct traffic {
    size_t frames, bytes, squeezed;
};

/* Send a whole log as one session would, at most `step` sets a call; zstd as the link does it. */
static struct traffic send_all(struct log *l, size_t step, int level)
{
    struct traffic t = {0};
    struct pack *tx = pack_make();
    struct pack *rx = pack_make();
    ZSTD_CCtx *z = ZSTD_createCCtx();
    static uint8_t out[2 * FRAME_BODY_BYTES_MAX];
    (void)ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, level);
    (void)ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, 18);
    for (size_t at = 0; at < l->count;) {
        size_t count = l->count - at < step ? l->count - at : step;
        size_t taken = 0;
        struct buf body;
        assert_int_equal(encode(tx, l, at, count, &body, &taken), ERR_OK);
        assert_true(taken >= 1 && taken <= count);
        assert_true(body.len <= FRAME_BODY_BYTES_MAX);
        struct id_inc inc;
        uint64_t first;
        size_t n;
        assert_int_equal(pack_peek(buf_bytes(&body), &inc, &first, &n), ERR_OK);
        assert_int_equal(first, at);
        assert_int_equal(n, taken);
        struct pack_sets got;
        struct pack_context c = context_at(l, at);
        assert_int_equal(pack_decode(rx, buf_bytes(&body), &c, &got), ERR_OK);
        assert_int_equal(got.count, taken);
        assert_same_sets(l, at, &got);
        bool erased = false;
        for (size_t i = 0; i < taken; i++)
            erased = erased || l->views[at + i].body.p[0] != 0;
        assert_int_equal(pack_sets_erased(&got), erased);
        pack_sets_free(&got);
        ZSTD_inBuffer in = {body.p, body.len, 0};
        ZSTD_outBuffer to = {out, sizeof out, 0};
        assert_int_equal(ZSTD_compressStream2(z, &to, &in, ZSTD_e_flush), 0);
        t.frames++;
        t.bytes += body.len;
        t.squeezed += to.pos + 2 + 16 + 1; /* length, tag and type of a link frame */
        buf_free(&body);
        at += taken;
    }
    ZSTD_freeCCtx(z);
    pack_free(tx);
    pack_free(rx);
    return t;
}

static void random_logs_come_out_byte_for_byte(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct log l;
        log_open(&l, seed, 90, setgen_random);
        for (unsigned i = 0; i < 5; i++) {
            size_t at = 1 + (seed * 31 + i * 17) % 89;
            if (l.views[at].body.p[0] == 0) log_erase(&l, at, 0);
        }
        l.roots = seed % 3 != 0;
        struct traffic t = send_all(&l, 1 + seed * 3 % 40, 3);
        assert_true(t.frames >= 90 / 40);
        log_close(&l);
    }
    print_message("seeds 1..60\n");
}

/* Decode into a fresh session; a frame that is refused must leave nothing behind. */
static enum err decode_once(const struct log *l, size_t from, struct bytes body)
{
    struct pack *rx = pack_make();
    struct pack_sets got = {0};
    struct pack_context c = context_at(l, from);
    enum err e = pack_decode(rx, body, &c, &got);
    if (e == ERR_OK)
        pack_sets_free(&got);
    else
        assert_null(got.v);
    pack_free(rx);
    return e;
}

static void a_cut_or_flipped_frame_is_refused(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct log l;
        log_open(&l, seed, 24, setgen_random);
        log_erase(&l, 7, 0);
        size_t from = seed % 2 == 0 ? 1 : 0;
        size_t taken;
        struct buf body;
        struct pack *tx = pack_make();
        assert_int_equal(encode(tx, &l, from, 24 - from, &body, &taken), ERR_OK);
        assert_int_equal(decode_once(&l, from, buf_bytes(&body)), ERR_OK);
        struct rng rng = {seed};
        for (size_t cut = 0; cut < body.len; cut++) {
            uint8_t *exact = malloc(cut ? cut : 1);
            assert_non_null(exact);
            memcpy(exact, body.p, cut);
            assert_int_not_equal(decode_once(&l, from, bytes_make(exact, cut)), ERR_OK);
            free(exact);
        }
        for (size_t at = 0; at < body.len; at++) {
            uint8_t was = body.p[at];
            body.p[at] ^= (uint8_t)(1 + rng_below(&rng, 255));
            if (decode_once(&l, from, buf_bytes(&body)) == ERR_OK)
                fail_msg("seed %llu: byte %zu", (unsigned long long)seed, at);
            body.p[at] = was;
        }
        buf_free(&body);
        pack_free(tx);
        log_close(&l);
    }
    print_message("seeds 1..6\n");
}

static void a_frame_must_continue_the_log_it_is_for(void **state)
{
    (void)state;
    struct log l;
    log_open(&l, 5, 20, setgen_random);
    struct pack *tx = pack_make();
    struct buf body;
    size_t taken;
    assert_int_equal(encode(tx, &l, 5, 10, &body, &taken), ERR_OK);
    struct pack_sets got;
    struct pack_context c = context_at(&l, 5);
    c.next_seq = 4;
    assert_int_equal(pack_decode(tx, buf_bytes(&body), &c, &got), ERR_CHAIN_BROKEN);
    c = context_at(&l, 5);
    c.inc.b[0] ^= 1;
    assert_int_equal(pack_decode(tx, buf_bytes(&body), &c, &got), ERR_CHAIN_BROKEN);
    c = context_at(&l, 5);
    c.prev.b[3] ^= 1; /* the hub's head is another set */
    assert_int_equal(pack_decode(tx, buf_bytes(&body), &c, &got), ERR_BAD_SIGNATURE);
    c = context_at(&l, 5);
    c.hub.b[3] ^= 1;
    assert_int_equal(pack_decode(tx, buf_bytes(&body), &c, &got), ERR_BAD_SIGNATURE);
    c = context_at(&l, 5);
    uint8_t other[32] = {3};
    c.sign_pk = other;
    assert_int_equal(pack_decode(tx, buf_bytes(&body), &c, &got), ERR_BAD_SIGNATURE);
    buf_free(&body);
    pack_free(tx);
    tx = pack_make();
    assert_int_equal(encode(tx, &l, 0, 3, &body, &taken), ERR_OK);
    c = context_at(&l, 0);
    c.node.b[0] ^= 1; /* the genesis' key is not this node's */
    assert_int_equal(pack_decode(tx, buf_bytes(&body), &c, &got), ERR_BAD_SIGNATURE);
    buf_free(&body);
    pack_free(tx);
    log_close(&l);
}

static void damage_is_found_where_it_is(void **state)
{
    (void)state;
    struct log l;
    log_open(&l, 9, 30, setgen_random);
    struct rng rng = {9};
    for (unsigned round = 0; round < 200; round++) {
        size_t at = rng_below(&rng, 29); /* a last set's head is proved by its signature alone */
        bool head = rng_below(&rng, 2) != 0;
        struct buf *b = head ? &l.sets[at].head : &l.sets[at].body;
        size_t byte = rng_below(&rng, (unsigned)b->len);
        b->p[byte] ^= 0x10;
        struct pack *tx = pack_make();
        struct buf body;
        size_t taken = 99;
        assert_int_equal(encode(tx, &l, 0, 30, &body, &taken), ERR_BAD_HASH);
        /* a damaged link to the set before is seen one set early */
        bool link = head && byte >= 104 && byte < 136;
        assert_int_equal(taken, link && at > 0 ? at - 1 : at);
        b->p[byte] ^= 0x10;
        if (taken > 0)
            assert_int_equal(decode_once(&l, 0, buf_bytes(&body)), ERR_OK);
        else
            assert_int_equal(body.len, 0);
        buf_free(&body);
        pack_free(tx);
    }
    print_message("seed 9\n");
    log_close(&l);
}

static enum err no_signature(void *ctx, size_t index, uint8_t out[static 64])
{
    (void)ctx;
    (void)index;
    (void)out;
    return ERR_NOT_FOUND;
}

static void without_a_signature_there_is_no_frame(void **state)
{
    (void)state;
    struct log l;
    log_open(&l, 3, 3, setgen_random);
    struct pack *tx = pack_make();
    struct buf body;
    size_t taken;
    buf_init(&body, FRAME_BODY_BYTES_MAX);
    assert_int_equal(pack_encode(tx, l.views, 3, log_root, no_signature, &l, &body, &taken),
                     ERR_NOT_FOUND);
    assert_int_equal(body.len, 0);
    pack_free(tx);
    log_close(&l);
}

static void tiny_set(struct setgen *g, struct setgen_set *out)
{
    static const uint8_t payload[] = {0x91, 77};
    struct bytes view = BYTES_OF(payload);
    g->next.hlc++;
    setgen_payloads(g, &view, 1, out);
}

static void a_frame_ends_at_1024_sets(void **state)
{
    (void)state;
    struct log l;
    log_open(&l, 11, PACK_SETS_MAX + 10, tiny_set);
    struct pack *tx = pack_make();
    struct buf body;
    size_t taken;
    assert_int_equal(encode(tx, &l, 0, l.count, &body, &taken), ERR_OK);
    assert_int_equal(taken, PACK_SETS_MAX);
    assert_int_equal(decode_once(&l, 0, buf_bytes(&body)), ERR_OK);
    buf_free(&body);
    pack_free(tx);
    log_close(&l);
}

static void frames_are_filled_but_never_over(void **state)
{
    (void)state;
    struct log l;
    log_open(&l, 12, 1000, setgen_workload);
    for (unsigned roots = 0; roots < 2; roots++) {
        struct pack *tx = pack_make();
        struct buf body;
        size_t taken;
        l.roots = roots != 0;
        assert_int_equal(encode(tx, &l, 0, l.count, &body, &taken), ERR_OK);
        assert_true(taken > 200 && taken < 1000);
        assert_true(body.len > FRAME_BODY_BYTES_MAX - 3500);
        assert_true(body.len <= FRAME_BODY_BYTES_MAX);
        assert_int_equal(decode_once(&l, 0, buf_bytes(&body)), ERR_OK);
        buf_free(&body);
        pack_free(tx);
    }
    log_close(&l);
}

static size_t big_ops; /* ops of the sets that big_set makes */
static bool big_wide;  /* each op is made of tiny writes to fields of its own */

static void big_payload(const struct setgen *g, size_t bytes, size_t which, struct buf *b)
{
    static struct change_write w[CHANGE_WRITES_MAX];
    static const uint8_t one[] = {1};
    struct change_op op = {.kind = CHANGE_CREATE, .type = 60000, .writes = w};
    memcpy(op.rid.b, g->next.hub.b, 16);
    buf_init(b, CHANGE_BYTES_MAX);
    if (!big_wide) {
        struct buf text;
        buf_init(&text, CHANGE_BYTES_MAX);
        uint8_t *p = buf_room(&text, bytes);
        memset(p, 'x', bytes);
        wire_put_array(b, 2);
        wire_put_uint(b, 77);
        wire_put_bin(b, buf_bytes(&text));
        buf_free(&text);
        return;
    }
    for (; op.count < CHANGE_WRITES_MAX && op.count * 6 + 40 < bytes; op.count++)
        w[op.count] = (struct change_write){
            .field = (unsigned)(1000 + which % 100 * CHANGE_WRITES_MAX + op.count),
            .value = BYTES_OF(one)};
    change_op_encode(&op, b);
}

static void big_set(struct setgen *g, struct setgen_set *out)
{
    static struct buf payload[CHANGE_OPS_MAX];
    static struct bytes views[CHANGE_OPS_MAX];
    size_t room = CHANGE_BYTES_MAX - CHANGE_HEADER_BYTES - big_ops * CHANGE_ENTRY_BYTES;
    size_t total = 0;
    for (size_t i = 0; i < big_ops; i++) {
        size_t want = i + 1 == big_ops ? room - total : room / big_ops;
        size_t bytes = want - (want - 4 <= 255 ? 4 : 5); /* array, kind, bin */
        big_payload(g, bytes, i, &payload[i]);
        views[i] = buf_bytes(&payload[i]);
        total += views[i].len;
    }
    assert_true(total <= room);
    setgen_payloads(g, views, big_ops, out);
    for (size_t i = 0; i < big_ops; i++)
        buf_free(&payload[i]);
}

static void any_set_of_48_kib_fits(void **state)
{
    (void)state;
    static const struct {
        size_t ops;
        bool wide, erased, exact;
    } rows[] = {{1, false, false, true},  {256, false, false, true}, {256, true, false, false},
                {16, true, false, false}, {12, true, false, false},  {256, false, true, true},
                {200, true, true, false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct log l;
        big_ops = rows[i].ops;
        big_wide = rows[i].wide;
        log_open(&l, 13, 2, big_set);
        size_t taken;
        struct buf body;
        static struct change_view v;
        assert_int_equal(change_open(l.views[1].head, l.views[1].body, &v), ERR_OK);
        size_t size = l.views[1].head.len + l.views[1].body.len - 17;
        if (rows[i].exact) assert_int_equal(size, CHANGE_BYTES_MAX);
        if (rows[i].erased) log_erase(&l, 1, (unsigned)rows[i].ops / 2);
        struct pack *tx = pack_make();
        assert_int_equal(encode(tx, &l, 1, 1, &body, &taken), ERR_OK);
        assert_int_equal(taken, 1);
        assert_true(body.len <= FRAME_BODY_BYTES_MAX);
        assert_int_equal(decode_once(&l, 1, buf_bytes(&body)), ERR_OK);
        buf_free(&body);
        pack_free(tx);
        log_close(&l);
    }
}

static void a_frame_cannot_blow_up(void **state)
{
    (void)state;
    /* One template with an element of 4 KiB, and one byte per op to say it again. */
    struct log l;
    log_open(&l, 14, 1, NULL);
    struct buf b;
    static uint8_t element[4096];
    memset(element, 'e', sizeof element);
    buf_init(&b, FRAME_BODY_BYTES_MAX);
    uint8_t zero[64] = {0};
    unsigned n = 100;
    wire_put_array(&b, 15);
    wire_put_bin(&b, BYTES_OF(l.g.next.inc.b));
    wire_put_uint(&b, 1);
    wire_put_uint(&b, n);
    wire_put_nil(&b);
    wire_put_array(&b, n);
    for (unsigned i = 0; i < n; i++)
        wire_put_uint(&b, 1);
    wire_put_array(&b, 1);
    wire_put_array(&b, 8);
    wire_put_uint(&b, n);
    wire_put_bin(&b, bytes_make(zero, 8));
    wire_put_uint(&b, 0);
    wire_put_uint(&b, 0);
    wire_put_bin(&b, bytes_make(zero, 8));
    for (unsigned i = 0; i < 3; i++)
        wire_put_uint(&b, 0);
    wire_put_array(&b, n);
    for (unsigned i = 0; i < n; i++)
        wire_put_uint(&b, 8);
    wire_put_array(&b, n);
    for (unsigned i = 0; i < n; i++) {
        wire_put_array(&b, 2);
        wire_put_uint(&b, 0);
        wire_put_bin(&b, bytes_make(zero, 16));
    }
    wire_put_array(&b, 1);
    wire_put_array(&b, 3);
    wire_put_uint(&b, 0);
    wire_put_uint(&b, 1);
    wire_put_array(&b, 1);
    wire_put_array(&b, 2);
    wire_put_uint(&b, 1);
    wire_put_str(&b, BYTES_OF(element));
    for (unsigned part = 0; part < 2; part++) {
        wire_put_array(&b, (size_t)n * 8);
        for (unsigned i = 0; i < n * 8; i++)
            if (part == 0)
                wire_put_uint(&b, 0);
            else
                wire_put_nil(&b);
    }
    wire_put_array(&b, 1);
    wire_put_array(&b, 3);
    wire_put_uint(&b, 1);
    wire_put_uint(&b, 1);
    wire_put_array(&b, (size_t)n * 8);
    for (unsigned i = 0; i < n * 8; i++)
        wire_put_bool(&b, true);
    wire_put_array(&b, 0);
    wire_put_array(&b, 0);
    wire_put_bin(&b, BYTES_OF(zero));
    assert_int_equal(b.e, ERR_OK);
    assert_int_equal(wire_check(buf_bytes(&b)), ERR_OK);
    assert_int_equal(decode_once(&l, 1, buf_bytes(&b)), ERR_TOO_LARGE);
    buf_free(&b);
    log_close(&l);
}

static void the_workload_takes_few_bytes_and_little_time(void **state)
{
    (void)state;
    enum { SETS = 10000 };
    struct log l;
    log_open(&l, 2026, SETS, setgen_workload);
    static const struct {
        size_t step;
        int level;
    } rows[] = {{SETS, 3}, {SETS, 9}, {SETS, 19}, {100, 3}, {100, 9}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct traffic t = send_all(&l, rows[i].step, rows[i].level);
        print_message("frames of <= %zu sets, zstd %d: %zu frames, %.1f B a change raw, %.1f on "
                      "the link\n",
                      rows[i].step, rows[i].level, t.frames, (double)t.bytes / SETS,
                      (double)t.squeezed / SETS);
        assert_true(t.squeezed < (size_t)80 * SETS);
    }
    struct pack *tx = pack_make();
    struct pack *rx = pack_make();
    clock_t encoding = 0, decoding = 0;
    for (size_t at = 0; at < l.count;) {
        struct buf body;
        size_t taken;
        clock_t a = clock();
        assert_int_equal(encode(tx, &l, at, l.count - at, &body, &taken), ERR_OK);
        clock_t b = clock();
        struct pack_sets got;
        struct pack_context c = context_at(&l, at);
        assert_int_equal(pack_decode(rx, buf_bytes(&body), &c, &got), ERR_OK);
        decoding += clock() - b;
        encoding += b - a;
        at += taken;
        pack_sets_free(&got);
        buf_free(&body);
    }
    print_message("encode %.2f us, decode and verify %.2f us a set\n",
                  (double)encoding * 1e6 / CLOCKS_PER_SEC / SETS,
                  (double)decoding * 1e6 / CLOCKS_PER_SEC / SETS);
    pack_free(tx);
    pack_free(rx);
    log_close(&l);
}

int main(void)
{
    if (sodium_init() < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_logs_come_out_byte_for_byte),
        cmocka_unit_test(a_cut_or_flipped_frame_is_refused),
        cmocka_unit_test(a_frame_must_continue_the_log_it_is_for),
        cmocka_unit_test(damage_is_found_where_it_is),
        cmocka_unit_test(without_a_signature_there_is_no_frame),
        cmocka_unit_test(a_frame_ends_at_1024_sets),
        cmocka_unit_test(frames_are_filled_but_never_over),
        cmocka_unit_test(any_set_of_48_kib_fits),
        cmocka_unit_test(a_frame_cannot_blow_up),
        cmocka_unit_test(the_workload_takes_few_bytes_and_little_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
