/* Claims about proto/noise: the foreign vectors in tests/vectors/noise, and everything that must be
 * refused. */
#include "proto/noise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "common/id.h"
#include "proto/key.h"

enum { ROOM = 1024 };

/* --- vectors
 * ------------------------------------------------------------------------------------------ */

struct hex {
    uint8_t b[ROOM];
    size_t len;
    bool given;
};

static struct hex hex_of(const json_t *object, const char *name)
{
    struct hex h = {.len = 0};
    const char *s = json_string_value(json_object_get(object, name));
    if (s == NULL) return h;
    h.given = true;
    h.len = strlen(s) / 2;
    assert_true(h.len <= sizeof h.b);
    assert_int_equal(id_unhex(s, h.b, h.len), ERR_OK);
    return h;
}

struct vector {
    enum noise_pattern pattern;
    bool flynn;
    struct hex init_prologue, init_static, init_ephemeral, init_remote_static;
    struct hex resp_prologue, resp_static, resp_ephemeral, hash;
    const json_t *messages;
};

static struct vector vector_of(const json_t *v)
{
    const char *name = json_string_value(json_object_get(v, "protocol_name"));
    bool ik = strcmp(name, "Noise_IK_25519_ChaChaPoly_BLAKE2b") == 0;
    assert_true(ik || strcmp(name, "Noise_X_25519_ChaChaPoly_BLAKE2b") == 0);
    return (struct vector){
        .pattern = ik ? NOISE_IK : NOISE_X,
        .flynn = strstr(json_string_value(json_object_get(v, "source")), "flynn") != NULL,
        .init_prologue = hex_of(v, "init_prologue"),
        .init_static = hex_of(v, "init_static"),
        .init_ephemeral = hex_of(v, "init_ephemeral"),
        .init_remote_static = hex_of(v, "init_remote_static"),
        .resp_prologue = hex_of(v, "resp_prologue"),
        .resp_static = hex_of(v, "resp_static"),
        .resp_ephemeral = hex_of(v, "resp_ephemeral"),
        .hash = hex_of(v, "handshake_hash"),
        .messages = json_object_get(v, "messages"),
    };
}

static void vector_begin(const struct vector *v, struct noise_handshake hs[2])
{
    uint8_t remote[NOISE_KEY_BYTES];
    assert_int_equal(v->init_static.len, 32);
    assert_int_equal(v->resp_static.len, 32);
    assert_int_equal(v->init_ephemeral.len, 32);
    crypto_scalarmult_base(remote, v->resp_static.b);
    if (v->init_remote_static.given)
        assert_memory_equal(remote, v->init_remote_static.b, sizeof remote);
    struct noise_config init = {.pattern = v->pattern,
                                .role = NOISE_INITIATOR,
                                .s_secret = v->init_static.b,
                                .rs_public = remote,
                                .e_secret = v->init_ephemeral.b,
                                .prologue = bytes_make(v->init_prologue.b, v->init_prologue.len)};
    struct noise_config resp = {.pattern = v->pattern,
                                .role = NOISE_RESPONDER,
                                .s_secret = v->resp_static.b,
                                .e_secret = v->resp_ephemeral.given ? v->resp_ephemeral.b : NULL,
                                .prologue = bytes_make(v->resp_prologue.b, v->resp_prologue.len)};
    noise_init(&hs[0], &init);
    noise_init(&hs[1], &resp);
}

static void vector_handshake_message(const struct vector *v, struct noise_handshake hs[2], size_t i)
{
    const json_t *m = json_array_get(v->messages, i);
    struct hex payload = hex_of(m, "payload");
    struct hex sealed = hex_of(m, "ciphertext");
    struct noise_handshake *from = &hs[i % 2];
    struct noise_handshake *to = &hs[1 - i % 2];
    uint8_t out[ROOM];
    size_t len = 0;
    assert_true(noise_writes_next(from));
    assert_false(noise_writes_next(to));
    assert_int_equal(noise_overhead(from), sealed.len - payload.len);
    assert_int_equal(noise_write(from, bytes_make(payload.b, payload.len), out, sizeof out, &len),
                     ERR_OK);
    assert_int_equal(len, sealed.len);
    assert_memory_equal(out, sealed.b, len);
    assert_int_equal(noise_read(to, bytes_make(sealed.b, sealed.len), out, sizeof out, &len),
                     ERR_OK);
    assert_int_equal(len, payload.len);
    assert_memory_equal(out, payload.b, len);
}

static void vector_transport_message(const struct vector *v, struct noise_cipher *from,
                                     struct noise_cipher *to, size_t i)
{
    const json_t *m = json_array_get(v->messages, i);
    struct hex payload = hex_of(m, "payload");
    struct hex sealed = hex_of(m, "ciphertext");
    uint8_t out[ROOM];
    size_t len = 0;
    assert_int_equal(noise_encrypt(from, bytes_make(payload.b, payload.len), out, sizeof out, &len),
                     ERR_OK);
    assert_int_equal(len, sealed.len);
    assert_memory_equal(out, sealed.b, len);
    assert_int_equal(noise_decrypt(to, bytes_make(sealed.b, sealed.len), out, sizeof out, &len),
                     ERR_OK);
    assert_int_equal(len, payload.len);
    assert_memory_equal(out, payload.b, len);
}

/* Returns the number of transport messages checked. */
static size_t vector_run(const struct vector *v)
{
    struct noise_handshake hs[2];
    struct noise_cipher way[2][2]; /* [side][direction] */
    size_t handshake = v->pattern == NOISE_IK ? 2 : 1;
    size_t count = json_array_size(v->messages);
    vector_begin(v, hs);
    for (size_t i = 0; i < handshake; i++)
        vector_handshake_message(v, hs, i);
    assert_true(noise_done(&hs[0]) && noise_done(&hs[1]));
    assert_memory_equal(hs[0].h, hs[1].h, NOISE_HASH_BYTES);
    uint8_t init_public[NOISE_KEY_BYTES];
    crypto_scalarmult_base(init_public, v->init_static.b);
    assert_memory_equal(noise_peer(&hs[1]), init_public, sizeof init_public);
    if (v->hash.given) assert_memory_equal(hs[0].h, v->hash.b, NOISE_HASH_BYTES);
    for (size_t side = 0; side < 2; side++)
        assert_int_equal(noise_split_raw(&hs[side], way[side]), ERR_OK);
    for (size_t i = handshake; i < count; i++) {
        size_t direction = i % 2;
        if (v->pattern == NOISE_X) direction = v->flynn ? (i - 1) % 2 : 0;
        vector_transport_message(v, &way[direction][direction], &way[1 - direction][direction], i);
    }
    return count - handshake;
}

static void vectors_of_four_implementations_agree(void **state)
{
    (void)state;
    json_error_t error;
    json_t *file = json_load_file(DONGBO_SOURCE_DIR "/tests/vectors/noise/IK-X.json", 0, &error);
    assert_non_null(file);
    size_t seen[2] = {0, 0};
    size_t hashes = 0;
    size_t transport = 0;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(file, "vectors"), i, one)
    {
        struct vector v = vector_of(one);
        transport += vector_run(&v);
        seen[v.pattern]++;
        hashes += v.hash.given;
    }
    assert_int_equal(seen[NOISE_IK], 7);
    assert_int_equal(seen[NOISE_X], 7);
    assert_int_equal(hashes, 4);
    assert_int_equal(transport, (4 + 2 + 4 + 4 * 2) + (5 + 1 + 5 + 4 * 2));
    json_decref(file);
}

/* --- a pair of our own
 * -------------------------------------------------------------------------------- */

static const uint8_t prologue[] = "dongbo/1 and a hub id";

struct pair {
    uint8_t secret[2][NOISE_KEY_BYTES];
    uint8_t public[2][NOISE_KEY_BYTES];
    struct noise_handshake hs[2];
};

static struct noise_config pair_config(const struct pair *p, enum noise_pattern pattern,
                                       enum noise_role role)
{
    return (struct noise_config){.pattern = pattern,
                                 .role = role,
                                 .s_secret = p->secret[role],
                                 .rs_public =
                                     role == NOISE_INITIATOR ? p->public[NOISE_RESPONDER] : NULL,
                                 .prologue = BYTES_OF(prologue)};
}

static void pair_begin(struct pair *p, enum noise_pattern pattern)
{
    for (size_t i = 0; i < 2; i++) {
        memset(p->secret[i], (int)(0x11 * (i + 1)), NOISE_KEY_BYTES);
        crypto_scalarmult_base(p->public[i], p -> secret[i]);
    }
    for (int role = 0; role < 2; role++) {
        struct noise_config c = pair_config(p, pattern, (enum noise_role)role);
        noise_init(&p->hs[role], &c);
    }
}

static const uint8_t hello[] = {'x', 0, 'c', 'h', 'a', 'o'};

/* Write the next message from `from` into out; returns its length. */
static size_t pair_write(struct pair *p, size_t from, uint8_t out[ROOM])
{
    size_t len = 0;
    assert_int_equal(noise_write(&p->hs[from], BYTES_OF(hello), out, ROOM, &len), ERR_OK);
    return len;
}

/* Read exact-size copies, so that AddressSanitizer traps every step beyond the end. */
static enum err read_exact(struct noise_handshake *hs, const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n > 0 ? n : 1);
    uint8_t *plain = malloc(n > 0 ? n : 1);
    size_t len = 0;
    assert_non_null(copy);
    assert_non_null(plain);
    if (n > 0) memcpy(copy, p, n);
    enum err e = noise_read(hs, bytes_make(copy, n), plain, n, &len);
    free(copy);
    free(plain);
    return e;
}

static void assert_dead(struct noise_handshake *hs)
{
    static const struct noise_handshake zero;
    uint8_t out[ROOM];
    size_t len = 77;
    struct noise_session s;
    assert_memory_equal(hs, &zero, sizeof zero);
    assert_int_equal(noise_write(hs, BYTES_OF(hello), out, sizeof out, &len), ERR_HANDSHAKE);
    assert_int_equal(noise_read(hs, BYTES_OF(out), out, sizeof out, &len), ERR_HANDSHAKE);
    assert_int_equal(noise_split(hs, &s), ERR_HANDSHAKE);
    assert_null(noise_peer(hs));
    assert_int_equal(len, 77);
}

/* Both sides up to, but without, reading message `message`, which is left in out. */
static size_t pair_until(struct pair *p, enum noise_pattern pattern, size_t message,
                         uint8_t out[ROOM])
{
    pair_begin(p, pattern);
    size_t len = pair_write(p, 0, out);
    if (message == 0) return len;
    assert_int_equal(read_exact(&p->hs[1], out, len), ERR_OK);
    return pair_write(p, 1, out);
}

static const struct {
    enum noise_pattern pattern;
    size_t message;
} lines[] = {{NOISE_IK, 0}, {NOISE_IK, 1}, {NOISE_X, 0}};

#define EACH_LINE(i) for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)

static void pair_finish(struct pair *p, enum noise_pattern pattern, struct noise_session s[2])
{
    uint8_t out[ROOM];
    size_t last = pattern == NOISE_IK ? 1 : 0;
    size_t len = pair_until(p, pattern, last, out);
    assert_int_equal(read_exact(&p->hs[1 - last], out, len), ERR_OK);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(noise_split(&p->hs[i], &s[i]), ERR_OK);
}

static void random_ephemerals_give_a_shared_session(void **state)
{
    (void)state;
    for (int pattern = NOISE_IK; pattern <= NOISE_X; pattern++) {
        struct pair p;
        struct noise_session s[2], again[2];
        pair_finish(&p, (enum noise_pattern)pattern, s);
        pair_finish(&p, (enum noise_pattern)pattern, again);
        assert_memory_equal(s[0].hash, s[1].hash, NOISE_HASH_BYTES);
        assert_memory_not_equal(s[0].hash, again[0].hash, NOISE_HASH_BYTES);
        assert_memory_equal(s[0].send.k, s[1].recv.k, NOISE_KEY_BYTES);
        assert_memory_equal(s[0].recv.k, s[1].send.k, NOISE_KEY_BYTES);
        assert_memory_equal(s[1].peer, p.public[0], NOISE_KEY_BYTES);
        assert_memory_equal(s[0].peer, p.public[1], NOISE_KEY_BYTES);
        assert_int_equal(s[0].recv.open, pattern == NOISE_IK);
        assert_int_equal(s[1].send.open, pattern == NOISE_IK);
        for (size_t i = 0; i < 2; i++)
            assert_dead(&p.hs[i]);
    }
}

static void responder_learns_the_initiator_with_message_1_only(void **state)
{
    (void)state;
    struct pair p;
    uint8_t out[ROOM];
    size_t len = pair_until(&p, NOISE_IK, 0, out);
    assert_null(noise_peer(&p.hs[1]));
    assert_int_equal(read_exact(&p.hs[1], out, len), ERR_OK);
    assert_memory_equal(noise_peer(&p.hs[1]), p.public[0], NOISE_KEY_BYTES);
    assert_false(noise_done(&p.hs[1]));
    struct noise_session s;
    assert_int_equal(noise_split(&p.hs[1], &s), ERR_HANDSHAKE);
}

/* --- refusals in the handshake
 * ------------------------------------------------------------------------ */

static void every_changed_bit_is_refused(void **state)
{
    (void)state;
    EACH_LINE(i)
    {
        struct pair p;
        uint8_t out[ROOM];
        size_t len = pair_until(&p, lines[i].pattern, lines[i].message, out);
        struct noise_handshake *reader = &p.hs[1 - lines[i].message];
        struct noise_handshake before = *reader;
        for (size_t bit = 0; bit < 8 * len; bit++) {
            *reader = before;
            out[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(read_exact(reader, out, len), ERR_HANDSHAKE);
            assert_dead(reader);
            out[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        *reader = before;
        assert_int_equal(read_exact(reader, out, len), ERR_OK);
    }
}

static void every_truncated_or_longer_message_is_refused(void **state)
{
    (void)state;
    EACH_LINE(i)
    {
        struct pair p;
        uint8_t out[ROOM] = {0};
        size_t len = pair_until(&p, lines[i].pattern, lines[i].message, out);
        struct noise_handshake *reader = &p.hs[1 - lines[i].message];
        struct noise_handshake before = *reader;
        size_t overhead = noise_overhead(reader);
        assert_int_equal(overhead + sizeof hello, len);
        for (size_t n = 0; n <= len + 20; n++) {
            *reader = before;
            enum err want = n < overhead ? ERR_BAD_FORMAT : n == len ? ERR_OK : ERR_HANDSHAKE;
            assert_int_equal(read_exact(reader, out, n), want);
            if (want != ERR_OK) assert_dead(reader);
        }
    }
}

static void wrong_keys_and_prologues_are_refused(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        struct pair p;
        uint8_t out[ROOM];
        pair_begin(&p, NOISE_IK);
        struct noise_config c = pair_config(&p, NOISE_IK, NOISE_INITIATOR);
        if (what == 0) c.rs_public = p.public[0]; /* meant for another hub */
        if (what == 1)
            c.prologue = bytes_make(prologue, sizeof prologue - 1); /* another protocol */
        if (what == 2) c.pattern = NOISE_X;                         /* another pattern */
        noise_init(&p.hs[0], &c);
        size_t len = pair_write(&p, 0, out);
        assert_int_equal(read_exact(&p.hs[1], out, len), ERR_HANDSHAKE);
        assert_dead(&p.hs[1]);
    }
}

/* Only the holder of the hub's secret can write message 2. */
static void another_responder_is_refused(void **state)
{
    (void)state;
    struct pair p;
    uint8_t out[ROOM];
    size_t len = pair_until(&p, NOISE_IK, 0, out);
    assert_int_equal(read_exact(&p.hs[1], out, len), ERR_OK);
    randombytes_buf(p.hs[1].ck, sizeof p.hs[1].ck);
    len = pair_write(&p, 1, out);
    assert_int_equal(read_exact(&p.hs[0], out, len), ERR_HANDSHAKE);
    assert_dead(&p.hs[0]);
}

static void points_of_low_order_are_refused(void **state)
{
    (void)state;
    static const uint8_t zero[NOISE_KEY_BYTES];
    struct pair p;
    uint8_t out[ROOM];
    size_t len = 0;
    pair_begin(&p, NOISE_IK);
    struct noise_config c = pair_config(&p, NOISE_IK, NOISE_INITIATOR);
    c.rs_public = zero;
    noise_init(&p.hs[0], &c);
    assert_int_equal(noise_write(&p.hs[0], BYTES_OF(hello), out, sizeof out, &len), ERR_HANDSHAKE);
    assert_dead(&p.hs[0]);

    len = pair_until(&p, NOISE_IK, 0, out);
    memset(out, 0, NOISE_KEY_BYTES);
    assert_int_equal(read_exact(&p.hs[1], out, len), ERR_HANDSHAKE);
    len = pair_until(&p, NOISE_IK, 1, out);
    memset(out, 0, NOISE_KEY_BYTES);
    assert_int_equal(read_exact(&p.hs[0], out, len), ERR_HANDSHAKE);
    assert_dead(&p.hs[0]);
}

static void reading_or_writing_out_of_turn_is_refused(void **state)
{
    (void)state;
    struct pair p;
    uint8_t out[ROOM];
    size_t len = pair_until(&p, NOISE_IK, 0, out);
    struct noise_handshake waiting = p.hs[0];
    assert_int_equal(noise_write(&waiting, BYTES_OF(hello), out + len, ROOM - len, &(size_t){0}),
                     ERR_HANDSHAKE);
    assert_dead(&waiting); /* the initiator wrote twice */
    waiting = p.hs[1];
    assert_int_equal(noise_write(&waiting, BYTES_OF(hello), out + len, ROOM - len, &(size_t){0}),
                     ERR_HANDSHAKE);
    assert_dead(&waiting); /* the responder spoke first */
    assert_int_equal(read_exact(&p.hs[1], out, len), ERR_OK);
    assert_int_equal(read_exact(&p.hs[1], out, len), ERR_HANDSHAKE);
    assert_dead(&p.hs[1]); /* message 1 came twice */

    pair_begin(&p, NOISE_IK);
    assert_int_equal(read_exact(&p.hs[0], out, len), ERR_HANDSHAKE);
    assert_dead(&p.hs[0]); /* the initiator read first */

    len = pair_until(&p, NOISE_X, 0, out);
    assert_int_equal(read_exact(&p.hs[1], out, len), ERR_OK);
    assert_int_equal(noise_write(&p.hs[1], BYTES_OF(hello), out, ROOM, &len), ERR_HANDSHAKE);
    assert_dead(&p.hs[1]); /* X has no answer */
}

static void handshake_messages_have_a_limit(void **state)
{
    (void)state;
    static uint8_t big[NOISE_MESSAGE_BYTES_MAX + 1];
    static uint8_t out[NOISE_MESSAGE_BYTES_MAX + 1];
    static uint8_t plain[NOISE_MESSAGE_BYTES_MAX + 1];
    struct pair p;
    size_t len = 0;
    size_t most = NOISE_MESSAGE_BYTES_MAX - NOISE_IK1_OVERHEAD_BYTES;
    pair_begin(&p, NOISE_IK);
    assert_int_equal(noise_write(&p.hs[0], bytes_make(big, most), out, sizeof out, &len), ERR_OK);
    assert_int_equal(len, NOISE_MESSAGE_BYTES_MAX);
    struct noise_handshake reader = p.hs[1];
    assert_int_equal(noise_read(&reader, bytes_make(out, len + 1), plain, sizeof plain, &len),
                     ERR_TOO_LARGE);
    assert_dead(&reader);
    reader = p.hs[1];
    assert_int_equal(noise_read(&reader, bytes_make(out, len), plain, most - 1, &len),
                     ERR_TOO_LARGE);
    assert_dead(&reader);
    assert_int_equal(noise_read(&p.hs[1], bytes_make(out, len), plain, most, &len), ERR_OK);
    assert_int_equal(len, most);

    pair_begin(&p, NOISE_IK);
    assert_int_equal(noise_write(&p.hs[0], bytes_make(big, most + 1), out, sizeof out, &len),
                     ERR_TOO_LARGE);
    assert_dead(&p.hs[0]);
    pair_begin(&p, NOISE_IK);
    assert_int_equal(noise_write(&p.hs[0], bytes_make(big, 10), out, 10 + 95, &len), ERR_TOO_LARGE);
    assert_dead(&p.hs[0]);
}

/* --- transport
 * ---------------------------------------------------------------------------------------- */

static void transport_works_in_place_and_in_buffers(void **state)
{
    (void)state;
    struct pair p;
    struct noise_session s[2];
    struct buf sealed, plain;
    pair_finish(&p, NOISE_IK, s);
    buf_init(&sealed, 4096);
    buf_init(&plain, 4096);
    for (size_t n = 0; n < 100; n++) {
        uint8_t text[128];
        size_t len = 0;
        size_t from = n % 3 == 0;
        memset(text, (int)n, n);
        assert_int_equal(noise_encrypt(&s[from].send, bytes_make(text, n), text, sizeof text, &len),
                         ERR_OK);
        assert_int_equal(len, n + NOISE_TAG_BYTES);
        assert_int_equal(noise_decrypt(&s[1 - from].recv, bytes_make(text, len), text, len, &len),
                         ERR_OK);
        assert_int_equal(len, n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(text[i], n);
        buf_clear(&sealed);
        buf_clear(&plain);
        buf_add_str(&sealed, "ab");
        buf_add_str(&plain, "cd");
        assert_int_equal(noise_encrypt_buf(&s[from].send, bytes_make(text, n), &sealed), ERR_OK);
        struct bytes body = bytes_make(sealed.p + 2, sealed.len - 2);
        assert_int_equal(noise_decrypt_buf(&s[1 - from].recv, body, &plain), ERR_OK);
        assert_int_equal(plain.len, n + 2);
        assert_memory_equal(plain.p, "cd", 2);
        if (n > 0) assert_memory_equal(plain.p + 2, text, n);
    }
    buf_free(&sealed);
    buf_free(&plain);
}

static enum err open_copy(struct noise_cipher c, const uint8_t *p, size_t n)
{
    static const struct noise_cipher zero;
    uint8_t *copy = malloc(n > 0 ? n : 1);
    size_t len = 0;
    assert_non_null(copy);
    if (n > 0) memcpy(copy, p, n);
    enum err e = noise_decrypt(&c, bytes_make(copy, n), copy, n, &len);
    if (e != ERR_OK) {
        assert_memory_equal(c.k, zero.k, sizeof zero.k);
        assert_int_equal(noise_decrypt(&c, bytes_make(copy, n), copy, n, &len), ERR_HANDSHAKE);
        assert_int_equal(noise_encrypt(&c, bytes_make(NULL, 0), copy, n, &len), ERR_HANDSHAKE);
    }
    free(copy);
    return e;
}

static void changed_truncated_replayed_and_reordered_messages_are_refused(void **state)
{
    (void)state;
    struct pair p;
    struct noise_session s[2];
    uint8_t one[64], two[64];
    size_t len = 0;
    pair_finish(&p, NOISE_IK, s);
    assert_int_equal(noise_encrypt(&s[0].send, BYTES_OF(hello), one, sizeof one, &len), ERR_OK);
    assert_int_equal(noise_encrypt(&s[0].send, BYTES_OF(hello), two, sizeof two, &len), ERR_OK);
    assert_memory_not_equal(one, two, len);
    assert_int_equal(open_copy(s[1].recv, one, len), ERR_OK);
    assert_int_equal(open_copy(s[1].recv, two, len), ERR_BAD_FORMAT);
    assert_int_equal(open_copy(s[0].recv, one, len), ERR_BAD_FORMAT); /* reflected */
    for (size_t bit = 0; bit < 8 * len; bit++) {
        one[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(open_copy(s[1].recv, one, len), ERR_BAD_FORMAT);
        one[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t n = 0; n < len; n++)
        assert_int_equal(open_copy(s[1].recv, one, n), ERR_BAD_FORMAT);
    uint8_t plain[64];
    size_t got = 0;
    assert_int_equal(noise_decrypt(&s[1].recv, bytes_make(one, len), plain, sizeof plain, &got),
                     ERR_OK);
    assert_int_equal(open_copy(s[1].recv, one, len), ERR_BAD_FORMAT); /* replayed */
    assert_int_equal(open_copy(s[1].recv, two, len), ERR_OK);
}

static void nonces_run_out_and_are_never_used_twice(void **state)
{
    (void)state;
    struct pair p;
    struct noise_session s[2];
    uint8_t out[64];
    size_t len = 0;
    pair_finish(&p, NOISE_IK, s);
    s[0].send.n = s[1].recv.n = UINT64_MAX - 1;
    assert_int_equal(noise_encrypt(&s[0].send, BYTES_OF(hello), out, sizeof out, &len), ERR_OK);
    assert_int_equal(open_copy(s[1].recv, out, len), ERR_OK);
    assert_int_equal(noise_encrypt(&s[0].send, BYTES_OF(hello), out, sizeof out, &len),
                     ERR_HANDSHAKE);
    s[1].recv.n = UINT64_MAX;
    assert_int_equal(open_copy(s[1].recv, out, len), ERR_HANDSHAKE);
}

static void transport_messages_have_a_limit(void **state)
{
    (void)state;
    static uint8_t plain[NOISE_PLAIN_BYTES_MAX + 1];
    static uint8_t sealed[NOISE_MESSAGE_BYTES_MAX + 1];
    struct pair p;
    struct noise_session s[2];
    struct buf b;
    size_t len = 0;
    size_t most = NOISE_PLAIN_BYTES_MAX;
    pair_finish(&p, NOISE_IK, s);
    assert_int_equal(noise_encrypt(&s[0].send, BYTES_OF(plain), sealed, sizeof sealed, &len),
                     ERR_TOO_LARGE);
    assert_int_equal(noise_encrypt(&s[0].send, bytes_make(plain, 4), sealed, 19, &len),
                     ERR_TOO_LARGE);
    assert_int_equal(
        noise_encrypt(&s[0].send, bytes_make(plain, most), sealed, sizeof sealed, &len), ERR_OK);
    assert_int_equal(len, NOISE_MESSAGE_BYTES_MAX);
    assert_int_equal(open_copy(s[1].recv, sealed, len), ERR_OK);
    assert_int_equal(open_copy(s[1].recv, sealed, len + 1), ERR_TOO_LARGE);
    struct noise_cipher c = s[1].recv;
    assert_int_equal(noise_decrypt(&c, bytes_make(sealed, len), plain, most - 1, &len),
                     ERR_TOO_LARGE);
    assert_false(c.open);

    buf_init(&b, NOISE_MESSAGE_BYTES_MAX + 1);
    buf_add_str(&b, "z");
    assert_int_equal(noise_encrypt_buf(&s[0].send, BYTES_OF(plain), &b), ERR_TOO_LARGE);
    assert_int_equal(b.len, 1);
    assert_int_equal(noise_encrypt_buf(&s[0].send, bytes_make(plain, most), &b), ERR_OK);
    c = s[1].recv;
    struct buf back;
    buf_init(&back, 10);
    assert_int_equal(noise_decrypt_buf(&c, BYTES_OF(sealed), &back), ERR_TOO_LARGE);
    assert_int_equal(back.len, 0);
    assert_false(c.open);
    c = s[1].recv;
    assert_int_equal(noise_decrypt_buf(&c, bytes_make(sealed, 27), &back), ERR_TOO_LARGE);
    assert_true(c.open); /* our buffer was too small: not the peer's fault */
    buf_free(&back);
    buf_free(&b);
}

static int ready(void **state)
{
    (void)state;
    return key_ready() == ERR_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_four_implementations_agree),
        cmocka_unit_test(random_ephemerals_give_a_shared_session),
        cmocka_unit_test(responder_learns_the_initiator_with_message_1_only),
        cmocka_unit_test(every_changed_bit_is_refused),
        cmocka_unit_test(every_truncated_or_longer_message_is_refused),
        cmocka_unit_test(wrong_keys_and_prologues_are_refused),
        cmocka_unit_test(another_responder_is_refused),
        cmocka_unit_test(points_of_low_order_are_refused),
        cmocka_unit_test(reading_or_writing_out_of_turn_is_refused),
        cmocka_unit_test(handshake_messages_have_a_limit),
        cmocka_unit_test(transport_works_in_place_and_in_buffers),
        cmocka_unit_test(changed_truncated_replayed_and_reordered_messages_are_refused),
        cmocka_unit_test(nonces_run_out_and_are_never_used_twice),
        cmocka_unit_test(transport_messages_have_a_limit),
    };
    return cmocka_run_group_tests(tests, ready, NULL);
}
