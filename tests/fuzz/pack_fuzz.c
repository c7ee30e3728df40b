/*
 * Feeds bytes to the decoder of frames.
 *
 * Input: byte 0 chooses (modulo 2)
 *   0  a frame's body
 *   1  changes to a true frame: u16 place, u8 by what it is changed, again and again
 *
 * Checked: a changed frame is refused, and nothing comes out but the sets that the author signed. What is taken is
 * packed again, is read as the same sets, and packed once more gives the same bytes; a true frame gives its own. (A
 * sender may pack one set in several ways, SPEC 5.5 and 5.11, so a frame that is taken need not be the one that we
 * make.)
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

/* The sets are the caller's to free if it is taken. */
static enum err decode(struct bytes body, struct pack_sets *got)
{
    struct pack_context c = {.hub = gen.next.hub, .node = gen.next.node, .sign_pk = gen.public_key};
    struct pack *p;
    size_t count;
    if (pack_peek(body, &c.inc, &c.next_seq, &count) != ERR_OK) return ERR_BAD_FORMAT;
    if (pack_new(&p) != ERR_OK) abort();
    enum err e = pack_decode(p, body, &c, got);
    assert(e != ERR_OK || (c.next_seq == 0 && got->count == count && count <= SETS));
    for (size_t i = 0; e == ERR_OK && i < got->count; i++) {
        assert(bytes_equal(got->v[i].head, buf_bytes(&sets[i].head)));
        assert(bytes_equal(got->v[i].body, buf_bytes(&sets[i].body)));
    }
    pack_free(p);
    return e;
}

static void encode(const struct pack_sets *got, struct buf *out)
{
    struct pack_set views[SETS];
    struct pack *p;
    size_t taken = 0;
    for (size_t i = 0; i < got->count; i++)
        views[i] = (struct pack_set){got->v[i].head, got->v[i].body};
    buf_init(out, FRAME_BODY_BYTES_MAX);
    if (pack_new(&p) != ERR_OK) abort();
    if (pack_encode(p, views, got->count, root_of, signature_of, NULL, out, &taken) != ERR_OK)
        abort();
    assert(taken == got->count);
    pack_free(p);
}

static enum err take(struct bytes body)
{
    struct pack_sets got, again;
    struct buf once, twice;
    enum err e = decode(body, &got);
    if (e != ERR_OK) return e;
    encode(&got, &once);
    if (decode(buf_bytes(&once), &again) != ERR_OK) abort();
    assert(again.count == got.count);
    encode(&again, &twice);
    assert(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    if (got.count == SETS) assert(bytes_equal(buf_bytes(&once), buf_bytes(&frame)));
    pack_sets_free(&got);
    pack_sets_free(&again);
    buf_free(&once);
    buf_free(&twice);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (frame.len == 0) prepare();
    if (size < 1) return 0;
    if (data[0] % 2 == 0) {
        (void)take(bytes_make(data + 1, size - 1));
        return 0;
    }
    uint8_t *copy = malloc(frame.len);
    if (copy == NULL) return 0;
    memcpy(copy, frame.p, frame.len);
    for (size_t at = 1; at + 3 <= size; at += 3)
        copy[le16_load(data + at) % frame.len] ^= data[at + 2];
    bool same = memcmp(copy, frame.p, frame.len) == 0;
    enum err e = take(bytes_make(copy, frame.len));
    assert((e == ERR_OK) == same);
    free(copy);
    return 0;
}
