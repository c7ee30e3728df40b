/*
 * Feeds bytes to the reader of bundles.
 *
 * Input: byte 0 chooses (modulo 3)
 *   0  a file, as anybody could bring it
 *   1  messages (type, u16 length, body) that a true sender seals; they must come back
 *   2  bytes written over a sealed file, each at a u16 place: it must be refused or be the same
 *
 * Checked: only what was sealed is read; a reader that said no stays silent; sizes are whole blocks.
 */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "proto/bundle.h"
#include "proto/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t node_secret[32] = {1}, hub_secret[32] = {2};
static uint8_t node_public[32], hub_public[32];
static struct link_keys node_keys = {node_secret, node_public}, hub_keys = {hub_secret, hub_public};
static const struct id_hash hub = {{7}};

static void fuzz_ready(void)
{
    if (sodium_init() < 0) abort();
    if (crypto_scalarmult_base(node_public, node_secret) != 0) abort();
    if (crypto_scalarmult_base(hub_public, hub_secret) != 0) abort();
}

static void fuzz_stranger(struct bytes file)
{
    struct bundle_look look;
    enum err seen = bundle_look(file, &look);
    enum err e = bundle_check(file, &hub, &hub_keys);
    assert(e != ERR_OK); /* nobody seals by chance */
    assert(seen == ERR_OK || e == seen);
}

/* The next message of the input; false at its end. */
static bool fuzz_message(struct bytes *in, unsigned *type, struct bytes *body)
{
    if (in->len < 3) return false;
    *type = in->p[0] % BUNDLE_CLOSE;
    size_t len = le16_load(in->p + 1);
    if (len > in->len - 3) len = in->len - 3;
    *body = bytes_make(in->p + 3, len);
    *in = bytes_make(in->p + 3 + len, in->len - 3 - len);
    return true;
}

static struct bundle *fuzz_seal(struct bytes in, struct bytes *file)
{
    struct bundle *b = NULL;
    unsigned type;
    struct bytes body;
    if (bundle_begin(&b, &hub, hub_public, &node_keys, bytes_str("hi"), BUNDLE_BYTES_MAX) != ERR_OK)
        abort();
    while (fuzz_message(&in, &type, &body)) {
        enum err e = bundle_add(b, type, body);
        assert(e == (body.len > FRAME_BODY_BYTES_MAX ? ERR_TOO_LARGE : ERR_OK));
    }
    if (bundle_finish(b, file) != ERR_OK) abort();
    assert(file->len % BUNDLE_BLOCK_BYTES == 0);
    return b;
}

static void fuzz_round(struct bytes in)
{
    struct bytes file, body, want;
    struct bundle_reader *r = NULL;
    unsigned type = 0, wanted = 0;
    struct bundle *b = fuzz_seal(in, &file);
    if (bundle_open(&r, file, &hub, &hub_keys) != ERR_OK) abort();
    while (type != BUNDLE_CLOSE) {
        if (bundle_next(r, &type, &body) != ERR_OK) abort();
        bool more = fuzz_message(&in, &wanted, &want);
        while (more && want.len > FRAME_BODY_BYTES_MAX)
            more = fuzz_message(&in, &wanted, &want);
        assert(more == (type != BUNDLE_CLOSE));
        assert(!more || (type == wanted && bytes_equal(body, want)));
    }
    bundle_reader_free(r);
    bundle_free(b);
}

static void fuzz_changed(struct bytes in)
{
    static const uint8_t content[] = {1, 4, 0, 't', 'e', 'x', 't', 2, 2, 0, 'o', 'k'};
    struct bytes file;
    struct bundle *b = fuzz_seal(BYTES_OF(content), &file);
    uint8_t *copy = malloc(file.len);
    if (copy == NULL) abort();
    memcpy(copy, file.p, file.len);
    for (; in.len >= 3; in = bytes_make(in.p + 3, in.len - 3))
        copy[le16_load(in.p) % file.len] = in.p[2];
    bool same = memcmp(copy, file.p, file.len) == 0;
    enum err e = bundle_check(bytes_make(copy, file.len), &hub, &hub_keys);
    assert((e == ERR_OK) == same);
    free(copy);
    bundle_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    fuzz_ready();
    struct bytes in = bytes_make(data + 1, size - 1);
    if (data[0] % 3 == 0) fuzz_stranger(in);
    if (data[0] % 3 == 1) fuzz_round(in);
    if (data[0] % 3 == 2) fuzz_changed(in);
    return 0;
}
