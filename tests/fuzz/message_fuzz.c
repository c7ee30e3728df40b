/*
 * Feeds bytes to the decoders of everything that a session says but UP (pack_fuzz): both hellos, the small
 * messages, the lists, and the attachments' lane. A stranger who joins and a hub that is not to be trusted
 * choose each of these bytes.
 *
 * Input: byte 0 chooses the decoder (modulo their number, in the order of `kinds`), the rest is one body.
 *
 * Checked: what is taken is written again to the same bytes. A hello that offers other versions, and a refusal
 * of another version, may say more than this program knows: they are written once more and must then be the
 * same again. A list that has no room is refused.
 */
#include <assert.h>
#include <stdlib.h>

#include "proto/attach.h"
#include "proto/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AGAIN_BYTES_MAX = 8 * 1024 * 1024 };

typedef enum err again_fn(struct bytes in, struct buf *out);

#define AGAIN(name)                                                                                \
    static enum err again_##name(struct bytes in, struct buf *out)                                 \
    {                                                                                              \
        static struct message_##name v;                                                            \
        enum err e = message_##name##_decode(in, &v);                                              \
        if (e == ERR_OK) message_##name##_encode(&v, out);                                         \
        return e;                                                                                  \
    }
#define AGAIN_LIST(name, item)                                                                     \
    static enum err again_##name(struct bytes in, struct buf *out)                                 \
    {                                                                                              \
        static struct item v[MESSAGE_ITEMS_MAX];                                                   \
        size_t count = SIZE_MAX, less = SIZE_MAX;                                                  \
        enum err e = message_##name##_decode(in, v, MESSAGE_ITEMS_MAX, &count);                    \
        assert((e == ERR_OK) == (count <= MESSAGE_ITEMS_MAX));                                     \
        if (e == ERR_OK) message_##name##_encode(v, count, out);                                   \
        if (e == ERR_OK && count > 0)                                                              \
            assert(message_##name##_decode(in, v, count - 1, &less) == ERR_BAD_FORMAT);            \
        return e;                                                                                  \
    }
#define AGAIN_ATTACH(name)                                                                         \
    static enum err again_##name(struct bytes in, struct buf *out)                                 \
    {                                                                                              \
        struct attach_##name v;                                                                    \
        enum err e = attach_##name##_decode(in, &v);                                               \
        if (e == ERR_OK) attach_##name##_encode(&v, out);                                          \
        return e;                                                                                  \
    }
AGAIN(hello_node)
AGAIN(hello_hub)
AGAIN(receipt)
AGAIN(end)
AGAIN(join)
AGAIN(welcome)
AGAIN(refuse)
AGAIN(bye)
AGAIN(page)
AGAIN(quarantined)
AGAIN(pull)
AGAIN(proof)
AGAIN_LIST(sets, message_set)
AGAIN_LIST(records, message_record)
AGAIN_LIST(verdicts, message_verdicts)
AGAIN_LIST(moves, message_move)
AGAIN_ATTACH(offer)
AGAIN_ATTACH(have)
AGAIN_ATTACH(want)
AGAIN_ATTACH(block)

static enum err again_erasures(struct bytes in, struct buf *out)
{
    static struct message_set v[MESSAGE_ITEMS_MAX];
    struct message_erasures m = {.count = 0};
    enum err e = message_erasures_decode(in, &m, v, MESSAGE_ITEMS_MAX);
    if (e == ERR_OK) message_erasures_encode(&m, v, out);
    return e;
}

static again_fn *const kinds[] = {
    again_hello_node, again_hello_hub, again_receipt, again_end,     again_join,
    again_welcome,    again_refuse,    again_bye,     again_page,    again_quarantined,
    again_pull,       again_proof,     again_sets,    again_records, again_verdicts,
    again_moves,      again_erasures,  again_offer,   again_have,    again_want,
    again_block,
};

/* Does a hello say nothing beyond version 1? A node's begins 9f, [1]; a hub's 9b, 1. */
static bool of_version_1(again_fn *again, struct bytes in)
{
    if (again == again_hello_node)
        return in.len >= 3 && in.p[0] == 0x9F &&
               (in.p[1] == 0x90 || (in.p[1] == 0x91 && in.p[2] == 1));
    return again != again_hello_hub || (in.len >= 2 && in.p[1] == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct buf once, twice;
    if (once.max == 0) {
        buf_init(&once, AGAIN_BYTES_MAX);
        buf_init(&twice, AGAIN_BYTES_MAX);
    }
    if (size == 0) return 0;
    again_fn *again = kinds[data[0] % (sizeof kinds / sizeof kinds[0])];
    struct bytes in = bytes_make(data + 1, size - 1);
    buf_clear(&once);
    buf_clear(&twice);
    enum err e = again(in, &once);
    assert(e == ERR_OK || e == ERR_BAD_FORMAT || e == ERR_TOO_LARGE);
    if (e != ERR_OK) return 0;
    assert(once.e == ERR_OK);
    if (of_version_1(again, in)) assert(bytes_equal(buf_bytes(&once), in));
    if (again(buf_bytes(&once), &twice) != ERR_OK) abort();
    assert(bytes_equal(buf_bytes(&once), buf_bytes(&twice)));
    return 0;
}
