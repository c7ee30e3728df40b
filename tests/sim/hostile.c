/*
 * Who means harm. A hostile node is enrolled and has good keys, so what it sends is sealed and authentic: on its way
 * out, messages, hellos and whole frames are garbled, cut, swapped for older ones, or made into bombs; its saves may be
 * poison. A stranger has no keys and no invitation, and must get no byte for an answer.
 *
 * The product's calls that seal are taken over by the linker (--wrap), see CMakeLists.txt. One more hostile thing, a
 * copy of a node that goes on beside it under the same keys (equivocation), is world_clone().
 */
#include "tests/sim/base.h"
#include "tests/sim/check.h"

#include "hub/own.h"
#include "proto/admin.h"
#include "proto/link.h"
#include "proto/noise.h"
#include "proto/pack.h"
#include "proto/wire.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { OLD_MAX = 8, GARBLE_PERMILLE = 120, FRAME_PERMILLE = 20 };

static struct {
    bool on;   /* a hostile node is at work */
    bool file; /* on a bundle, whose blocks keep their sizes */
    struct rng rng;
    struct {
        unsigned type;
        uint8_t b[FRAME_BODY_BYTES_MAX];
        size_t len;
    } old[OLD_MAX];
    unsigned count;
} hostile;

/* ---- what it makes of a message ---- */

static unsigned below(unsigned n)
{
    return rng_below(&hostile.rng, n);
}

static void flips(uint8_t *p, size_t len)
{
    for (unsigned i = 1 + below(4); i > 0 && len > 0; i--)
        p[below((unsigned)len)] ^= (uint8_t)(1u << below(8));
}

/* Counts that nothing is behind, arrays in arrays, a number that is not minimal. */
static size_t bomb(uint8_t *p, size_t room)
{
    static const uint8_t heads[][6] = {{0xdd, 0x0f, 0xff, 0xff, 0xff, 0x00},
                                       {0xc6, 0xff, 0xff, 0xff, 0xff, 0x00},
                                       {0xdf, 0xff, 0xff, 0xff, 0xff, 0xc0},
                                       {0x94, 0xcf, 0x00, 0x00, 0x00, 0x00}};
    if (below(2) == 0) {
        size_t len = 1 + below((unsigned)room);
        memset(p, 0x91, len);
        return len;
    }
    memcpy(p, heads[below(4)], sizeof heads[0]);
    return sizeof heads[0];
}

static void remember(unsigned type, const uint8_t *p, size_t len)
{
    unsigned i = hostile.count++ % OLD_MAX;
    hostile.old[i].type = type;
    hostile.old[i].len = len;
    if (len > 0) memcpy(hostile.old[i].b, p, len);
}

static void garble(unsigned *type, uint8_t *p, size_t *len, size_t room)
{
    unsigned known = hostile.count < OLD_MAX ? hostile.count : OLD_MAX, k;
    switch (below(6)) {
    case 0: flips(p, *len); break;
    case 1: *len = *len > 0 ? below((unsigned)*len) : 0; break;
    case 2:
        k = 1 + below(40);
        if (*len + k <= room) rng_fill(&hostile.rng, p + *len, k);
        if (*len + k <= room) *len += k;
        break;
    case 3: *len = bomb(p, room); break;
    case 4:
        *type = below(40);
        flips(p, *len);
        break;
    default:
        if (known == 0) break;
        k = below(known);
        if (hostile.old[k].len > room) break;
        *type = hostile.old[k].type;
        *len = hostile.old[k].len;
        memcpy(p, hostile.old[k].b, *len);
        break;
    }
}

/* ---- the calls that are taken over ---- */

enum err __real_link_send(struct link *l, unsigned type, struct bytes body, bool squeeze);
enum err __wrap_link_send(struct link *l, unsigned type, struct bytes body, bool squeeze);
enum err __wrap_link_send(struct link *l, unsigned type, struct bytes body, bool squeeze)
{
    static uint8_t copy[FRAME_BODY_BYTES_MAX];
    size_t len = body.len;
    if (!hostile.on || len > sizeof copy) return __real_link_send(l, type, body, squeeze);
    if (len > 0) memcpy(copy, body.p, len);
    remember(type, copy, len);
    bool bad = below(1000) < GARBLE_PERMILLE;
    if (bad && hostile.file) flips(copy, len);
    if (bad && !hostile.file) garble(&type, copy, &len, sizeof copy);
    return __real_link_send(l, type, bytes_make(copy, len), squeeze);
}

enum err __real_link_new_node(struct link **out, const struct id_hash *hub,
                              const uint8_t hub_transport_pk[static 32],
                              const struct link_keys *keys, struct bytes hello);
enum err __wrap_link_new_node(struct link **out, const struct id_hash *hub,
                              const uint8_t hub_transport_pk[static 32],
                              const struct link_keys *keys, struct bytes hello);
enum err __wrap_link_new_node(struct link **out, const struct id_hash *hub,
                              const uint8_t hub_transport_pk[static 32],
                              const struct link_keys *keys, struct bytes hello)
{
    static uint8_t copy[LINK_HELLO_BYTES_MAX];
    unsigned type = 0;
    size_t len = hello.len;
    if (!hostile.on || len > sizeof copy)
        return __real_link_new_node(out, hub, hub_transport_pk, keys, hello);
    memcpy(copy, hello.p, len);
    if (below(1000) < GARBLE_PERMILLE) garble(&type, copy, &len, sizeof copy);
    return __real_link_new_node(out, hub, hub_transport_pk, keys, bytes_make(copy, len));
}

/* A frame that says it is compressed: 128 KiB of zeros in every four bytes, or noise. */
static void frame_bomb(uint8_t *p, size_t len)
{
    static const uint8_t head[] = {0x80, 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58};
    static const uint8_t block[] = {0x02, 0x00, 0x10, 0x00}; /* RLE, 131072 times 0 */
    if (len < sizeof head || below(3) == 0) {
        rng_fill(&hostile.rng, p, len);
        return;
    }
    memcpy(p, head, sizeof head);
    for (size_t i = 0; i < len - sizeof head; i++)
        p[sizeof head + i] = block[i % sizeof block];
}

enum err __real_noise_encrypt(struct noise_cipher *c, struct bytes plain, uint8_t *out, size_t cap,
                              size_t *len);
enum err __wrap_noise_encrypt(struct noise_cipher *c, struct bytes plain, uint8_t *out, size_t cap,
                              size_t *len);
enum err __wrap_noise_encrypt(struct noise_cipher *c, struct bytes plain, uint8_t *out, size_t cap,
                              size_t *len)
{
    static uint8_t copy[NOISE_PLAIN_BYTES_MAX];
    if (!hostile.on || plain.len > sizeof copy || below(1000) >= FRAME_PERMILLE)
        return __real_noise_encrypt(c, plain, out, cap, len);
    if (plain.len > 0) memcpy(copy, plain.p, plain.len);
    frame_bomb(copy, plain.len);
    return __real_noise_encrypt(c, bytes_make(copy, plain.len), out, cap, len);
}

void world_hostile(struct world *w, unsigned n)
{
    w->nodes[n].hostile = true;
    hostile.rng.s = w->seed ^ UINT64_C(0xbad);
    hostile.count = 0;
    world_trace(w, w->nodes[n].host.name, "turns hostile");
}

void world_hostile_turn(const struct world *w, unsigned n, bool begins, bool file)
{
    hostile.on = begins && w->nodes[n].hostile;
    hostile.file = file;
}

/* ---- poison ---- */

static void poison_admin(struct world *w, struct buf *b)
{
    struct admin_revoke r = {.reason = bytes_str("giả")};
    const struct world_keys *k = w->nodes[rng_below(&w->rng, w->node_count)].keys;
    crypto_generichash(r.node.b, sizeof r.node.b, k->sign.public, 32, NULL, 0);
    admin_revoke_encode(&r, b);
}

void world_poison(struct world *w, int who, unsigned style)
{
    struct buf b;
    uint8_t noise[300];
    buf_init(&b, 1024);
    rng_fill(&w->rng, noise, sizeof noise);
    switch (style % 5) {
    case 0: buf_add(&b, noise, 1 + rng_below(&w->rng, sizeof noise)); break;
    case 1: poison_admin(w, &b); break;
    case 2: /* an edit of 2^28 writes */
        wire_put_array(&b, 4);
        wire_put_uint(&b, 1);
        wire_put_bin(&b, bytes_make(noise, 16));
        wire_put_uint(&b, 1);
        buf_add(&b, "\xdd\x0f\xff\xff\xff", 5);
        break;
    case 3: buf_add(&b, "\x91\x2a", 2); break; /* a kind of the hub's alone, and no more */
    default: buf_add(&b, "\x82\xa1\x61\x01\xa1\x61\x02", 7); break; /* one key twice */
    }
    assert(b.e == ERR_OK);
    struct world_act a = {.deed = WORLD_RAW, .who = who, .raw = buf_bytes(&b)};
    w->stats.poisons++;
    (void)world_try(
        w, &a); /* the node's own store may refuse it, and whether it is there matters to nobody */
    buf_free(&b);
}

/* ---- revocation ---- */

void world_revoke(struct world *w, unsigned n)
{
    struct buf b;
    struct admin_revoke r = {.reason = bytes_str("mất máy")};
    crypto_generichash(r.node.b, sizeof r.node.b, w->nodes[n].keys->sign.public, 32, NULL, 0);
    buf_init(&b, 256);
    admin_revoke_encode(&r, &b);
    assert(b.e == ERR_OK);
    struct world_act a = {.deed = WORLD_RAW, .who = WORLD_HUB, .raw = buf_bytes(&b)};
    world_trace(w, "hub", "revokes %s", w->nodes[n].host.name);
    w->stats.revoked++;
    if (w->once) {
        (void)world_try(w, &a);
    } else {
        world_do(w, &a);
    }
    buf_free(&b);
}
