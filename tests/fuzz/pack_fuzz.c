/*
 * Feeds bytes to the decoder of frames.
 *
 * Input: byte 0 chooses (modulo 2)
 *   0  a frame's body
 *   1  changes to a true frame: u16 place, u8 by what it is changed, again and again
 *
 * Checked: a changed frame is refused, and nothing comes out but the sets that the author signed.
 */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "proto/pack.h"
#include "tests/lib/setgen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SETS = 12 };

static struct setgen gen;
static struct setgen_set sets[SETS];
static struct buf frame;
static uint8_t root[16];

static const uint8_t *root_of(void *ctx, const struct id_inc *inc, uint64_t block)
{
    (void)ctx;
    (void)inc;
    setgen_root(&gen, block, root);
    return root;
}

static enum err signature_of(void *ctx, size_t index, uint8_t out[static 64])
{
    (void)ctx;
    memcpy(out, sets[index].signature, 64);
    return ERR_OK;
}

static void prepare(void)
{
    struct pack_set views[SETS];
    struct pack *p;
    size_t taken;
    if (sodium_init() < 0) abort();
    setgen_open(&gen, 1);
    for (unsigned i = 0; i < SETS; i++) {
        if (i == 0)
            setgen_genesis(&gen, &sets[i]);
        else
            setgen_random(&gen, &sets[i]);
        if (i == 5) setgen_erase(&sets[i], 0);
        views[i] = (struct pack_set){buf_bytes(&sets[i].head), buf_bytes(&sets[i].body)};
    }
    buf_init(&frame, FRAME_BODY_BYTES_MAX);
    if (pack_new(&p) != ERR_OK) abort();
    if (pack_encode(p, views, SETS, root_of, signature_of, NULL, &frame, &taken) != ERR_OK) abort();
    assert(taken == SETS);
    pack_free(p);
}

static enum err decode(struct bytes body)
{
    struct pack_context c = {.hub = gen.next.hub, .node = gen.next.node, .sign_pk = gen.public_key};
    struct pack_sets got;
    struct pack *p;
    size_t count;
    if (pack_peek(body, &c.inc, &c.next_seq, &count) != ERR_OK) return ERR_BAD_FORMAT;
    if (pack_new(&p) != ERR_OK) abort();
    enum err e = pack_decode(p, body, &c, &got);
    for (size_t i = 0; e == ERR_OK && i < got.count; i++) {
        assert(c.next_seq + i < SETS);
        const struct setgen_set *true_set = &sets[c.next_seq + i];
        assert(bytes_equal(got.v[i].head, buf_bytes(&true_set->head)));
        assert(bytes_equal(got.v[i].body, buf_bytes(&true_set->body)));
    }
    if (e == ERR_OK) pack_sets_free(&got);
    pack_free(p);
    return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (frame.len == 0) prepare();
    if (size < 1) return 0;
    if (data[0] % 2 == 0) {
        (void)decode(bytes_make(data + 1, size - 1));
        return 0;
    }
    uint8_t *copy = malloc(frame.len);
    if (copy == NULL) return 0;
    memcpy(copy, frame.p, frame.len);
    for (size_t at = 1; at + 3 <= size; at += 3)
        copy[le16_load(data + at) % frame.len] ^= data[at + 2];
    bool same = memcmp(copy, frame.p, frame.len) == 0;
    enum err e = decode(bytes_make(copy, frame.len));
    assert((e == ERR_OK) == same);
    free(copy);
    return 0;
}
