/*
 * Feeds bytes to the readers of proto/noise. All keys are fixed, so that the corpus holds messages that really
 * authenticate and the fuzzer starts behind them.
 *
 * Input: byte 0 chooses (modulo 4)
 *   0  IK responder reads the rest as message 1, answers, and the answer is read
 *   1  IK initiator, having written message 1, reads the rest as message 2
 *   2  X responder reads the rest
 *   3  an open session reads the rest as records: u16 length, then that many bytes of a transport message
 *
 * Checked: an error ends the state for good; what was accepted has the length it must have.
 */
#include <assert.h>
#include <stdlib.h>

#include "proto/key.h"
#include "proto/noise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 70000 };

static const uint8_t prologue[] = "fuzz";

/* Fixed secrets: 1 and 2 are the long-term ones, 3 and 4 the ephemerals. */
static uint8_t secret[5][NOISE_KEY_BYTES];
static struct key_box hub;

static void prepare(void)
{
    if (hub.secret != NULL) return;
    if (key_ready() != ERR_OK) abort();
    for (uint8_t i = 0; i < 5; i++)
        memset(secret[i], i, NOISE_KEY_BYTES);
    if (key_box_from_seed(&hub, KEY_TRANSPORT, secret[2]) != ERR_OK) abort();
}

static void begin(struct noise_handshake *hs, enum noise_pattern pattern, enum noise_role role)
{
    struct noise_config c = {.pattern = pattern,
                             .role = role,
                             .s_secret = role == NOISE_INITIATOR ? secret[1] : hub.secret,
                             .rs_public = role == NOISE_INITIATOR ? hub.public : NULL,
                             .e_secret = role == NOISE_INITIATOR ? secret[3] : secret[4],
                             .prologue = BYTES_OF(prologue)};
    noise_init(hs, &c);
}

static void must_be_dead(struct noise_handshake *hs)
{
    uint8_t out[256];
    size_t len = 0;
    assert(!noise_done(hs) && noise_peer(hs) == NULL);
    assert(noise_write(hs, bytes_make(NULL, 0), out, sizeof out, &len) == ERR_HANDSHAKE);
    assert(noise_read(hs, BYTES_OF(out), out, sizeof out, &len) == ERR_HANDSHAKE);
}

/* Read `in`; true when it was accepted. */
static bool feed(struct noise_handshake *hs, struct bytes in, uint8_t *plain)
{
    size_t overhead = noise_overhead(hs);
    size_t len = 0;
    enum err e = noise_read(hs, in, plain, ROOM, &len);
    if (e == ERR_OK) {
        assert(len + overhead == in.len && noise_peer(hs) != NULL);
        return true;
    }
    assert(e == ERR_BAD_FORMAT || e == ERR_TOO_LARGE || e == ERR_HANDSHAKE);
    must_be_dead(hs);
    return false;
}

static void one_ik_responder(struct bytes in, uint8_t *plain)
{
    struct noise_handshake hs;
    uint8_t answer[256];
    size_t len = 0;
    begin(&hs, NOISE_IK, NOISE_RESPONDER);
    if (!feed(&hs, in, plain)) return;
    enum err e = noise_write(&hs, bytes_make("answer", 6), answer, sizeof answer, &len);
    assert(e == ERR_HANDSHAKE || (noise_done(&hs) && len == 6 + NOISE_IK2_OVERHEAD_BYTES));
    noise_wipe(&hs);
}

static void one_ik_initiator(struct bytes in, uint8_t *plain)
{
    struct noise_handshake hs;
    uint8_t first[256];
    size_t len = 0;
    begin(&hs, NOISE_IK, NOISE_INITIATOR);
    enum err e = noise_write(&hs, bytes_make("hello", 5), first, sizeof first, &len);
    assert(e == ERR_OK);
    if (feed(&hs, in, plain)) assert(noise_done(&hs));
    noise_wipe(&hs);
}

static void one_x_responder(struct bytes in, uint8_t *plain)
{
    struct noise_handshake hs;
    struct noise_session s;
    begin(&hs, NOISE_X, NOISE_RESPONDER);
    if (!feed(&hs, in, plain)) return;
    enum err e = noise_split(&hs, &s);
    assert(e == ERR_OK && s.recv.open && !s.send.open);
    noise_session_wipe(&s);
}

static void one_session(struct bytes in, uint8_t *plain)
{
    struct noise_cipher c = {.open = true};
    while (in.len >= 2) {
        size_t n = le16_load(in.p);
        size_t len = 0;
        in = bytes_make(in.p + 2, in.len - 2);
        if (n > in.len) n = in.len;
        uint64_t before = c.n;
        enum err e = noise_decrypt(&c, bytes_make(in.p, n), plain, ROOM, &len);
        if (e == ERR_OK) assert(len + NOISE_TAG_BYTES == n && c.n == before + 1);
        if (e != ERR_OK) assert(!c.open);
        in = bytes_make(in.p + n, in.len - n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t plain[ROOM];
    prepare();
    if (size == 0) return 0;
    struct bytes in = bytes_make(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0: one_ik_responder(in, plain); break;
    case 1: one_ik_initiator(in, plain); break;
    case 2: one_x_responder(in, plain); break;
    default: one_session(in, plain); break;
    }
    return 0;
}
