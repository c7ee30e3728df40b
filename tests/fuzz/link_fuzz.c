/*
 * Feeds bytes to the hub's side of a link.
 *
 * Input: byte 0 chooses (modulo 3)
 *   0  what a stranger sends first
 *   1  what comes on an open link, not sealed
 *   2  plain frames, each behind its u16 length, which are sealed as an enrolled node would
 *
 * Checked: a stranger and an unsealed byte never get a message through or an answer out; bodies stay
 * within their limit; a dead link stays dead.
 */
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "proto/link.h"
#include "proto/noise.h"
#include "proto/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t node_secret[32] = {1}, hub_secret[32] = {2};
static uint8_t node_public[32], hub_public[32];
static const struct id_hash hub = {{7}};
static struct noise_session session;

static struct link *listen_link(void)
{
    static struct link_keys keys = {hub_secret, hub_public};
    struct link *l;
    if (sodium_init() < 0) abort();
    if (crypto_scalarmult_base(node_public, node_secret) != 0) abort();
    if (crypto_scalarmult_base(hub_public, hub_secret) != 0) abort();
    if (link_new_hub(&l, &hub, &keys) != ERR_OK) abort();
    return l;
}

/* Meet as a node that does its own sealing; `session` is its side. */
static struct link *open_link(void)
{
    struct link *l = listen_link();
    struct noise_handshake hs;
    struct link_event event;
    uint8_t prologue[48] = "dongbo/1", m[200];
    size_t len;
    memcpy(prologue + 16, hub.b, 32);
    struct noise_config c = {.pattern = NOISE_IK,
                             .role = NOISE_INITIATOR,
                             .s_secret = node_secret,
                             .rs_public = hub_public,
                             .prologue = BYTES_OF(prologue)};
    noise_init(&hs, &c);
    if (noise_write(&hs, bytes_str("x"), m + 2, sizeof m - 2, &len) != ERR_OK) abort();
    le16_store(m, (uint16_t)len);
    if (link_feed(l, bytes_make(m, len + 2)) != ERR_OK) abort();
    if (link_next(l, &event) != ERR_OK || event.kind != LINK_HELLO) abort();
    if (link_answer(l, bytes_str("y")) != ERR_OK) abort();
    struct bytes answer = buf_bytes(link_out(l));
    answer = bytes_make(answer.p + 2, answer.len - 2);
    if (noise_read(&hs, answer, m, sizeof m, &len) != ERR_OK) abort();
    if (noise_split(&hs, &session) != ERR_OK) abort();
    buf_clear(link_out(l));
    return l;
}

/* Take all events; the number of messages, or -1 when the link died. */
static int take(struct link *l, struct bytes in)
{
    struct link_event event = {.kind = LINK_MESSAGE};
    int count = 0;
    enum err e = link_feed(l, in);
    while (e == ERR_OK && event.kind != LINK_NOTHING) {
        e = link_next(l, &event);
        if (e == ERR_OK && event.kind != LINK_NOTHING) count++;
        assert(event.body.len <= FRAME_BODY_BYTES_MAX);
    }
    if (e == ERR_OK) return count;
    assert(link_next(l, &event) == e);
    assert(link_send(l, 1, bytes_str("x"), true) == e);
    return -1;
}

static void sealed(struct link *l, const uint8_t *data, size_t size)
{
    static uint8_t m[65537];
    for (size_t len; size >= 2; data += 2 + len, size -= 2 + len) {
        len = le16_load(data);
        if (len > size - 2 || len > NOISE_PLAIN_BYTES_MAX) return;
        size_t n;
        if (noise_encrypt(&session.send, bytes_make(data + 2, len), m + 2, sizeof m - 2, &n) !=
            ERR_OK)
            abort();
        le16_store(m, (uint16_t)n);
        int got = take(l, bytes_make(m, n + 2));
        if (got < 0) return;
        assert(got == 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    unsigned mode = data[0] % 3;
    struct link *l = mode == 0 ? listen_link() : open_link();
    data++;
    size--;
    if (mode == 2) {
        sealed(l, data, size);
    } else {
        assert(take(l, bytes_make(data, size)) <= 0);
        assert(link_out(l)->len == 0);
    }
    link_free(l);
    return 0;
}
