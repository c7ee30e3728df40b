/* Claims about proto/link: what comes out is what was sent, in order, or the link is dead. */
#include "proto/link.h"
#include "proto/key.h"
#include "proto/noise.h"
#include "proto/pack.h"
#include "tests/lib/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>
#include <zstd.h>

enum { MESSAGES = 12 };

struct pair {
    struct key_box node_key, hub_key;
    struct link_keys node_keys, hub_keys;
    struct id_hash hub_id;
    struct link *node, *hub;
};

static void pair_keys(struct pair *p)
{
    static const uint8_t node_seed[32] = {1, 2, 3};
    static const uint8_t hub_seed[32] = {4, 5, 6};
    memset(p, 0, sizeof *p);
    assert_int_equal(key_box_from_seed(&p->node_key, KEY_TRANSPORT, node_seed), ERR_OK);
    assert_int_equal(key_box_from_seed(&p->hub_key, KEY_TRANSPORT, hub_seed), ERR_OK);
    p->node_keys = (struct link_keys){p->node_key.secret, p->node_key.public};
    p->hub_keys = (struct link_keys){p->hub_key.secret, p->hub_key.public};
    memset(p->hub_id.b, 0xAB, sizeof p->hub_id.b);
}

/* Move everything that `from` has to say into `to`, `step` bytes at a time, taking events between;
 * gives the last event that was one. */
static enum err move(struct link *from, struct link *to, size_t step, struct link_event *last)
{
    struct buf *out = link_out(from);
    struct link_event event;
    last->kind = LINK_NOTHING;
    for (size_t at = 0; at < out->len; at += step) {
        size_t n = out->len - at < step ? out->len - at : step;
        enum err e = link_feed(to, bytes_make(out->p + at, n));
        if (e != ERR_OK) return e;
        e = link_next(to, &event);
        if (e != ERR_OK) return e;
        if (event.kind != LINK_NOTHING) *last = event;
    }
    buf_clear(out);
    return ERR_OK;
}

static void pair_open(struct pair *p, size_t step)
{
    struct link_event event;
    pair_keys(p);
    assert_int_equal(link_new_node(&p->node, &p->hub_id, p->hub_key.public, &p->node_keys,
                                   bytes_str("xin chào")),
                     ERR_OK);
    assert_int_equal(link_new_hub(&p->hub, &p->hub_id, &p->hub_keys), ERR_OK);
    assert_int_equal(link_out(p->hub)->len, 0);
    assert_int_equal(move(p->node, p->hub, step, &event), ERR_OK);
    assert_int_equal(event.kind, LINK_HELLO);
    assert_true(bytes_equal(event.body, bytes_str("xin chào")));
    assert_memory_equal(event.peer_static, p->node_key.public, 32);
    assert_int_equal(link_answer(p->hub, bytes_str("chào xã")), ERR_OK);
    assert_int_equal(move(p->hub, p->node, step, &event), ERR_OK);
    assert_int_equal(event.kind, LINK_HELLO);
    assert_true(bytes_equal(event.body, bytes_str("chào xã")));
    assert_memory_equal(link_handshake_hash(p->node), link_handshake_hash(p->hub), 64);
}

static void pair_close(struct pair *p)
{
    link_free(p->node);
    link_free(p->hub);
    key_box_free(&p->node_key);
    key_box_free(&p->hub_key);
}

/* Message i of a direction: sizes from nothing to the limit, some like text, some like noise. */
static size_t message_make(unsigned i, uint64_t salt, uint8_t *room)
{
    static const size_t sizes[] = {0, 1, 5, 300, 64999, FRAME_BODY_BYTES_MAX, 20000};
    struct rng rng = {i + salt * 1000};
    size_t len = sizes[i % (sizeof sizes / sizeof sizes[0])];
    if (i % 2 == 0)
        rng_fill(&rng, room, len);
    else
        for (size_t k = 0; k < len; k++)
            room[k] = (uint8_t)("đã đến thăm nhà, "[(k + rng_below(&rng, 2)) % 20]);
    return len;
}

static void send_one(struct link *l, unsigned i, uint64_t salt)
{
    static uint8_t room[FRAME_BODY_BYTES_MAX];
    size_t len = message_make(i, salt, room);
    assert_int_equal(link_send(l, i % 128, bytes_make(room, len), i % 3 != 0), ERR_OK);
}

static void expect_one(const struct link_event *event, unsigned i, uint64_t salt)
{
    static uint8_t room[FRAME_BODY_BYTES_MAX];
    size_t len = message_make(i, salt, room);
    assert_int_equal(event->kind, LINK_MESSAGE);
    assert_int_equal(event->type, i % 128);
    assert_int_equal(event->body.len, len);
    if (len > 0) assert_memory_equal(event->body.p, room, len);
}

static void both_ways_in_chunks_of_any_size(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 2, 3, 7, 19, 20, 64, 1000, 65000, 65535, 65537};
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        struct pair p;
        pair_open(&p, steps[s]);
        link_level(p.node, (int)s);
        for (unsigned i = 0; i < MESSAGES; i++) {
            struct link_event event;
            send_one(p.node, i, 1);
            assert_int_equal(move(p.node, p.hub, steps[s], &event), ERR_OK);
            expect_one(&event, i, 1);
            send_one(p.hub, i + 1, 2);
            assert_int_equal(move(p.hub, p.node, steps[s], &event), ERR_OK);
            expect_one(&event, i + 1, 2);
        }
        pair_close(&p);
    }
    for (size_t step = 1; step < 400; step++) { /* the handshake in every chunk size */
        struct pair p;
        pair_open(&p, step);
        pair_close(&p);
    }
}

static void many_messages_in_one_chunk_come_out_one_by_one(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, 100);
    struct link_event event;
    for (unsigned i = 0; i < 4; i++)
        send_one(p.node, i, 3);
    assert_int_equal(link_feed(p.hub, buf_bytes(link_out(p.node))), ERR_OK);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(link_next(p.hub, &event), ERR_OK);
        expect_one(&event, i, 3);
    }
    assert_int_equal(link_next(p.hub, &event), ERR_OK);
    assert_int_equal(event.kind, LINK_NOTHING);
    pair_close(&p);
}

/* Everything a dead link may still be asked. */
static void assert_dead(struct link *l, enum err why)
{
    struct link_event event = {.kind = LINK_NOTHING};
    static const uint8_t zeros[64];
    assert_int_equal(link_next(l, &event), why);
    assert_int_equal(event.kind, LINK_NOTHING);
    assert_int_equal(link_feed(l, bytes_str("x")), why);
    assert_int_equal(link_send(l, 1, bytes_str("x"), true), why);
    assert_memory_equal(link_handshake_hash(l), zeros, 64);
}

/* Three frames as the node sends them, cut apart. */
struct frames {
    uint8_t bytes[4][600];
    size_t len[4];
};

static void frames_take(struct pair *p, struct frames *f)
{
    static const unsigned which[] = {3, 1, 2, 8};
    for (unsigned k = 0; k < 4; k++) {
        send_one(p->node, which[k], 1);
        struct buf *out = link_out(p->node);
        assert_true(out->len <= sizeof f->bytes[k]);
        memcpy(f->bytes[k], out->p, out->len);
        f->len[k] = out->len;
        buf_clear(out);
    }
}

static enum err give(struct pair *p, struct bytes frame)
{
    struct link_event event;
    enum err e = link_feed(p->hub, frame);
    if (e == ERR_OK) e = link_next(p->hub, &event);
    if (e == ERR_OK && event.kind == LINK_NOTHING) return ERR_AGAIN;
    return e;
}

static void every_flipped_bit_kills_the_link(void **state)
{
    (void)state;
    struct pair p;
    struct frames f;
    pair_open(&p, 1000);
    frames_take(&p, &f);
    size_t bits = f.len[0] * 8;
    pair_close(&p);
    for (size_t bit = 0; bit < bits; bit += bit < 400 ? 1 : 37) {
        pair_open(&p, 1000);
        frames_take(&p, &f);
        f.bytes[0][bit / 8] ^= (uint8_t)(1u << (bit % 8));
        enum err e = give(&p, bytes_make(f.bytes[0], f.len[0]));
        /* a length that grew waits for more; what follows then does not authenticate */
        for (unsigned k = 1; e == ERR_AGAIN && k < 4; k++)
            e = give(&p, bytes_make(f.bytes[k], f.len[k]));
        if (e == ERR_AGAIN) {
            assert_true(bit < 16);
        } else {
            assert_true(e == ERR_BAD_FORMAT || e == ERR_TOO_LARGE);
            assert_dead(p.hub, e);
        }
        pair_close(&p);
    }
}

static void replayed_reordered_and_lost_frames_kill_the_link(void **state)
{
    (void)state;
    static const unsigned orders[][3] = {{0, 0, 9}, {1, 9, 9}, {0, 2, 9}, {0, 1, 0}, {0, 1, 1}};
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        struct pair p;
        struct frames f;
        enum err e = ERR_OK;
        pair_open(&p, 1000);
        frames_take(&p, &f);
        for (unsigned k = 0; k < 3 && orders[i][k] < 4 && e == ERR_OK; k++)
            e = give(&p, bytes_make(f.bytes[orders[i][k]], f.len[orders[i][k]]));
        assert_int_equal(e, ERR_BAD_FORMAT);
        assert_dead(p.hub, ERR_BAD_FORMAT);
        pair_close(&p);
    }
    struct pair p;
    struct frames f;
    pair_open(&p, 1000);
    frames_take(&p, &f);
    for (size_t cut = 0; cut < f.len[0]; cut++) { /* a cut frame only waits */
        assert_int_equal(give(&p, bytes_make(f.bytes[0] + cut, 1)),
                         cut + 1 < f.len[0] ? ERR_AGAIN : ERR_OK);
    }
    pair_close(&p);
}

static void a_frame_sent_back_to_its_sender_kills_the_link(void **state)
{
    (void)state;
    struct pair p;
    struct frames f;
    struct link_event event;
    pair_open(&p, 1000);
    frames_take(&p, &f);
    assert_int_equal(link_feed(p.node, bytes_make(f.bytes[0], f.len[0])), ERR_OK);
    assert_int_equal(link_next(p.node, &event), ERR_BAD_FORMAT);
    assert_dead(p.node, ERR_BAD_FORMAT);
    pair_close(&p);
}

static void strangers_get_no_answer(void **state)
{
    (void)state;
    struct link_event event;
    for (unsigned how = 0; how < 3; how++) {
        struct pair p;
        pair_keys(&p);
        struct id_hash id = p.hub_id;
        uint8_t pk[32];
        memcpy(pk, p.hub_key.public, 32);
        if (how == 0) memcpy(pk, p.node_key.public, 32); /* thinks of another hub's key */
        if (how == 1) id.b[0] ^= 1;                      /* of another hub id */
        assert_int_equal(link_new_node(&p.node, &id, pk, &p.node_keys, bytes_str("xin chào")),
                         ERR_OK);
        if (how == 2) link_out(p.node)->p[40] ^= 1;
        assert_int_equal(link_new_hub(&p.hub, &p.hub_id, &p.hub_keys), ERR_OK);
        assert_int_equal(link_feed(p.hub, buf_bytes(link_out(p.node))), ERR_OK);
        assert_int_equal(link_next(p.hub, &event), ERR_HANDSHAKE);
        assert_int_equal(link_out(p.hub)->len, 0);
        assert_int_equal(link_answer(p.hub, bytes_str("chào")), ERR_HANDSHAKE);
        assert_int_equal(link_out(p.hub)->len, 0);
        assert_dead(p.hub, ERR_HANDSHAKE);
        pair_close(&p);
    }
    struct pair p;
    uint8_t low[32] = {0}; /* a point of low order is no hub key */
    pair_keys(&p);
    assert_int_equal(link_new_node(&p.node, &p.hub_id, low, &p.node_keys, bytes_str("x")),
                     ERR_HANDSHAKE);
    assert_null(p.node);
    pair_close(&p);
}

static void a_false_hub_cannot_answer(void **state)
{
    (void)state;
    struct pair p, q;
    struct link_event event;
    pair_open(&q, 50);
    pair_keys(&p);
    assert_int_equal(
        link_new_node(&p.node, &p.hub_id, p.hub_key.public, &p.node_keys, bytes_str("xin chào")),
        ERR_OK);
    uint8_t answer[2 + 48 + 3] = {51, 0, 9, 9, 9};
    assert_int_equal(link_feed(p.node, BYTES_OF(answer)), ERR_OK);
    assert_int_equal(link_next(p.node, &event), ERR_HANDSHAKE);
    assert_dead(p.node, ERR_HANDSHAKE);
    pair_close(&p);
    pair_close(&q);
}

/* Captive portals, proxies, a mail server: no hub, and said so; bytes that are no text are over a limit. */
static void a_web_page_is_no_hub(void **state)
{
    (void)state;
    static const struct {
        const char *said;
        enum err e;
    } answers[] = {{"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", ERR_NO_HUB},
                   {"<!DOCTYPE html>", ERR_NO_HUB},
                   {"220 mail.example", ERR_NO_HUB},
                   {"HT", ERR_NO_HUB},
                   {"\xff\xff", ERR_TOO_LARGE},
                   {"\x15\x7f", ERR_TOO_LARGE}};
    struct link_event event;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        struct pair p;
        pair_keys(&p);
        assert_int_equal(link_new_node(&p.node, &p.hub_id, p.hub_key.public, &p.node_keys,
                                       bytes_str("xin chào")),
                         ERR_OK);
        p.hub = NULL;
        assert_int_equal(link_feed(p.node, bytes_str(answers[i].said)), ERR_OK);
        assert_int_equal(link_next(p.node, &event), answers[i].e);
        assert_dead(p.node, answers[i].e);
        pair_close(&p);
    }
}

static void sizes_end_at_their_limits(void **state)
{
    (void)state;
    struct pair p;
    struct link_event event;
    static uint8_t room[FRAME_BODY_BYTES_MAX + 1];
    static uint8_t hello[LINK_HELLO_BYTES_MAX + 1];
    pair_keys(&p);
    assert_int_equal(link_new_node(&p.node, &p.hub_id, p.hub_key.public, &p.node_keys,
                                   bytes_make(hello, sizeof hello)),
                     ERR_TOO_LARGE);
    assert_int_equal(link_new_node(&p.node, &p.hub_id, p.hub_key.public, &p.node_keys,
                                   bytes_make(hello, sizeof hello - 1)),
                     ERR_OK);
    assert_int_equal(link_new_hub(&p.hub, &p.hub_id, &p.hub_keys), ERR_OK);
    assert_int_equal(move(p.node, p.hub, 5000, &event), ERR_OK);
    assert_int_equal(event.body.len, LINK_HELLO_BYTES_MAX);
    pair_close(&p);
    pair_keys(&p);
    static const uint8_t claim[2] = {(LINK_HELLO_BYTES_MAX + 97) & 0xFF,
                                     (LINK_HELLO_BYTES_MAX + 97) >> 8};
    assert_int_equal(link_new_hub(&p.hub, &p.hub_id, &p.hub_keys), ERR_OK);
    assert_int_equal(link_feed(p.hub, BYTES_OF(claim)), ERR_OK);
    assert_int_equal(link_next(p.hub, &event), ERR_TOO_LARGE); /* known from two bytes */
    pair_close(&p);
    pair_open(&p, 1000);
    assert_int_equal(link_send(p.node, 1, BYTES_OF(room), false), ERR_TOO_LARGE);
    assert_int_equal(link_send(p.node, 1, BYTES_OF(room), true), ERR_TOO_LARGE);
    unsigned sent = 0; /* until the other side takes some */
    while (link_send(p.node, 1, bytes_make(room, FRAME_BODY_BYTES_MAX), false) == ERR_OK)
        sent++;
    assert_int_equal(sent, LINK_OUT_BYTES_MAX / (FRAME_BODY_BYTES_MAX + 19));
    assert_true(link_out(p.node)->len <= LINK_OUT_BYTES_MAX);
    assert_int_equal(move(p.node, p.hub, 65019, &event), ERR_OK);
    assert_int_equal(link_send(p.node, 1, bytes_str("x"), true), ERR_OK);
    assert_int_equal(move(p.node, p.hub, 100, &event), ERR_OK);
    assert_true(bytes_equal(event.body, bytes_str("x")));
    static uint8_t flood[LINK_IN_BYTES_MAX + 1];
    assert_int_equal(link_feed(p.hub, BYTES_OF(flood)), ERR_TOO_LARGE);
    assert_dead(p.hub, ERR_TOO_LARGE);
    pair_close(&p);
}

/* A peer that holds the keys and makes its own frames. */
struct forger {
    struct noise_handshake handshake;
    struct noise_session session;
};

static void forger_meet(struct forger *f, struct pair *p)
{
    uint8_t prologue[48] = "dongbo/1";
    uint8_t m[300];
    size_t len;
    struct link_event event;
    pair_keys(p);
    memcpy(prologue + 16, p->hub_id.b, 32);
    struct noise_config c = {.pattern = NOISE_IK,
                             .role = NOISE_INITIATOR,
                             .s_secret = p->node_key.secret,
                             .rs_public = p->hub_key.public,
                             .prologue = BYTES_OF(prologue)};
    noise_init(&f->handshake, &c);
    assert_int_equal(noise_write(&f->handshake, bytes_str("x"), m + 2, sizeof m - 2, &len), ERR_OK);
    le16_store(m, (uint16_t)len);
    assert_int_equal(link_new_hub(&p->hub, &p->hub_id, &p->hub_keys), ERR_OK);
    assert_int_equal(link_feed(p->hub, bytes_make(m, len + 2)), ERR_OK);
    assert_int_equal(link_next(p->hub, &event), ERR_OK);
    assert_int_equal(link_answer(p->hub, bytes_str("y")), ERR_OK);
    struct bytes answer = buf_bytes(link_out(p->hub));
    assert_int_equal(
        noise_read(&f->handshake, bytes_make(answer.p + 2, answer.len - 2), m, sizeof m, &len),
        ERR_OK);
    assert_int_equal(noise_split(&f->handshake, &f->session), ERR_OK);
}

static enum err forger_send(struct forger *f, struct pair *p, struct bytes plain,
                            struct link_event *event)
{
    static uint8_t m[65537];
    size_t len;
    assert_int_equal(noise_encrypt(&f->session.send, plain, m + 2, sizeof m - 2, &len), ERR_OK);
    le16_store(m, (uint16_t)len);
    assert_int_equal(link_feed(p->hub, bytes_make(m, len + 2)), ERR_OK);
    return link_next(p->hub, event);
}

/* A squeezed frame with `len` zeros in it, with this window, perhaps ended. */
static struct bytes bomb(size_t len, int window, ZSTD_EndDirective end)
{
    static uint8_t zeros[1 << 20];
    static uint8_t out[70000];
    ZSTD_CCtx *z = ZSTD_createCCtx();
    (void)ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, window);
    ZSTD_inBuffer in = {zeros, len, 0};
    ZSTD_outBuffer to = {out, sizeof out, 1};
    out[0] = 0x80 | 5;
    assert_int_equal(ZSTD_compressStream2(z, &to, &in, end), 0);
    ZSTD_freeCCtx(z);
    return bytes_make(out, to.pos);
}

static void a_peer_that_cheats_ends_its_own_link(void **state)
{
    (void)state;
    static uint8_t large[FRAME_BODY_BYTES_MAX + 2] = {5};
    const struct {
        struct bytes (*make)(size_t, int, ZSTD_EndDirective);
        size_t len;
        int window;
        ZSTD_EndDirective end;
        enum err e;
    } rows[] = {{bomb, FRAME_BODY_BYTES_MAX, 18, ZSTD_e_flush, ERR_OK},
                {bomb, FRAME_BODY_BYTES_MAX + 1, 18, ZSTD_e_flush, ERR_TOO_LARGE},
                {bomb, 1 << 20, 18, ZSTD_e_flush, ERR_TOO_LARGE},
                {bomb, 1000, 19, ZSTD_e_flush, ERR_BAD_FORMAT},
                {bomb, 1000, 27, ZSTD_e_flush, ERR_BAD_FORMAT},
                {bomb, 1000, 18, ZSTD_e_end, ERR_BAD_FORMAT}};
    struct forger f;
    struct pair p;
    struct link_event event;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        forger_meet(&f, &p);
        enum err e =
            forger_send(&f, &p, rows[i].make(rows[i].len, rows[i].window, rows[i].end), &event);
        if (e != rows[i].e) fail_msg("row %zu: %s", i, err_name(e));
        if (e != ERR_OK) assert_dead(p.hub, e);
        pair_close(&p);
    }
    for (unsigned i = 0; i < 3; i++) {
        struct bytes plain[] = {bytes_make(NULL, 0), bytes_make(large, FRAME_BODY_BYTES_MAX + 2),
                                bytes_str("\x81 not zstd")};
        enum err want[] = {ERR_BAD_FORMAT, ERR_TOO_LARGE, ERR_BAD_FORMAT};
        forger_meet(&f, &p);
        assert_int_equal(forger_send(&f, &p, plain[i], &event), want[i]);
        assert_dead(p.hub, want[i]);
        pair_close(&p);
    }
    forger_meet(&f, &p); /* what is allowed to the byte */
    assert_int_equal(forger_send(&f, &p, bytes_make(large, FRAME_BODY_BYTES_MAX + 1), &event),
                     ERR_OK);
    assert_int_equal(event.body.len, FRAME_BODY_BYTES_MAX);
    assert_int_equal(forger_send(&f, &p, bytes_str("\x7F"), &event), ERR_OK);
    assert_int_equal(event.type, 127);
    assert_int_equal(event.body.len, 0);
    pair_close(&p);
}

static void a_link_takes_little_memory(void **state)
{
    (void)state;
    struct pair p;
    struct link_event event;
    pair_open(&p, 1000);
    size_t idle = link_memory(p.hub);
    assert_true(idle < 16384);
    for (unsigned i = 0; i < 30; i++) {
        send_one(p.node, i, 1);
        assert_int_equal(move(p.node, p.hub, 65537, &event), ERR_OK);
    }
    struct link_event none;
    assert_int_equal(link_next(p.hub, &none), ERR_OK);
    size_t receiving = link_memory(p.hub);
    size_t sending[3];
    static const int levels[] = {1, 3, 9};
    for (unsigned k = 0; k < 3; k++) {
        struct pair q;
        pair_open(&q, 1000);
        link_level(q.hub, levels[k]);
        for (unsigned i = 1; i < 30; i += 3) {
            send_one(q.hub, i, 1);
            assert_int_equal(move(q.hub, q.node, 65537, &event), ERR_OK);
        }
        sending[k] = link_memory(q.hub) - link_out(q.hub)->cap;
        pair_close(&q);
    }
    print_message("memory of a link: idle %zu, receiving %zu, sending at level 1 %zu, 3 %zu, 9 "
                  "%zu bytes\n",
                  idle, receiving, sending[0], sending[1], sending[2]);
    assert_true(receiving < 800 * 1024);
    assert_true(sending[0] < 600 * 1024);
    assert_true(sending[1] < 1400 * 1024);
    assert_true(sending[2] < 1500 * 1024);
    pair_close(&p);
}

int main(void)
{
    if (key_ready() != ERR_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_in_chunks_of_any_size),
        cmocka_unit_test(many_messages_in_one_chunk_come_out_one_by_one),
        cmocka_unit_test(every_flipped_bit_kills_the_link),
        cmocka_unit_test(replayed_reordered_and_lost_frames_kill_the_link),
        cmocka_unit_test(a_frame_sent_back_to_its_sender_kills_the_link),
        cmocka_unit_test(strangers_get_no_answer),
        cmocka_unit_test(a_false_hub_cannot_answer),
        cmocka_unit_test(a_web_page_is_no_hub),
        cmocka_unit_test(sizes_end_at_their_limits),
        cmocka_unit_test(a_peer_that_cheats_ends_its_own_link),
        cmocka_unit_test(a_link_takes_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
