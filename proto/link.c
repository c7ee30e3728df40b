#include "proto/link.h"
#include "proto/noise.h"
#include "proto/pack.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <zstd.h>

enum {
    LINK_LENGTH_BYTES = 2,      /* u16 in front of every Noise message */
    LINK_SQUEEZED = 0x80,       /* bit of a frame's type */
    LINK_TYPE_MAX = 0x7F,       /* highest type of a message */
    LINK_WINDOW_LOG_SMALL = 16, /* of level LINK_LEVEL_MIN */
    LINK_LEVEL = 3,             /* of zstd, when nobody says */
    LINK_KEEP_BYTES = 4096,     /* memory that empty buffers may keep */
    LINK_PLAIN_BYTES_MAX = NOISE_PLAIN_BYTES_MAX,
    LINK_SEALED_BYTES_MAX = LINK_LENGTH_BYTES + NOISE_MESSAGE_BYTES_MAX
};

/*
 *   node   LINK_ASKED ── message 2 ──► LINK_OPEN
 *   hub    LINK_LISTENING ── message 1 ──► LINK_MET ── link_answer ──► LINK_OPEN
 *   bundle LINK_ASKED ──► LINK_OPEN;  LINK_LISTENING ── message 1 ──► LINK_OPEN
 *   any error ──► LINK_DEAD
 */
enum link_state { LINK_ASKED, LINK_LISTENING, LINK_MET, LINK_OPEN, LINK_DEAD };

struct link { /* in sodium_malloc memory: it holds the keys of the session */
    enum link_state state;
    enum err e; /* why it is dead */
    struct noise_handshake handshake;
    struct noise_session session;
    uint8_t hash[NOISE_HASH_BYTES];
    struct buf in; /* bytes that came; the first `used` of them are done with */
    size_t used;
    struct buf out;   /* ciphertext to write */
    struct buf plain; /* the hello, or what was unpacked */
    ZSTD_CCtx *squeeze;
    ZSTD_DCtx *unpack;
    int level;
};

/* ---- life and death ---- */

static void link_wipe_buf(struct buf *b)
{
    if (b->p != NULL) sodium_memzero(b->p, b->cap);
    buf_free(b);
}

/* Forget everything that could be read or used. */
static void link_wipe(struct link *l)
{
    noise_wipe(&l->handshake);
    noise_session_wipe(&l->session);
    sodium_memzero(l->hash, sizeof l->hash);
    link_wipe_buf(&l->in);
    link_wipe_buf(&l->plain);
    l->used = 0;
    (void)ZSTD_freeCCtx(l->squeeze);
    (void)ZSTD_freeDCtx(l->unpack);
    l->squeeze = NULL;
    l->unpack = NULL;
}

static enum err link_die(struct link *l, enum err e)
{
    assert(e != ERR_OK);
    link_wipe(l);
    l->state = LINK_DEAD;
    l->e = e;
    return e;
}

void link_free(struct link *l)
{
    if (l == NULL) return;
    link_wipe(l);
    buf_free(&l->out);
    sodium_free(l);
}

static struct link *link_make_with(enum link_state state, enum noise_pattern pattern,
                                   struct bytes prologue, const uint8_t *peer,
                                   const struct link_keys *keys)
{
    struct link *l = sodium_malloc(sizeof *l);
    if (l == NULL) return NULL;
    memset(l, 0, sizeof *l);
    struct noise_config config = {.pattern = pattern,
                                  .role = peer == NULL ? NOISE_RESPONDER : NOISE_INITIATOR,
                                  .s_secret = keys->secret,
                                  .rs_public = peer,
                                  .prologue = prologue};
    noise_init(&l->handshake, &config);
    l->state = state;
    l->level = LINK_LEVEL;
    buf_init(&l->in, LINK_IN_BYTES_MAX);
    buf_init(&l->out, LINK_OUT_BYTES_MAX);
    buf_init(&l->plain, LINK_PLAIN_BYTES_MAX + 1);
    return l;
}

static struct link *link_make(enum link_state state, const struct id_hash *hub, const uint8_t *peer,
                              const struct link_keys *keys)
{
    uint8_t prologue[16 + ID_HASH_BYTES] = "dongbo/1";
    memcpy(prologue + 16, hub->b, ID_HASH_BYTES);
    return link_make_with(state, NOISE_IK, BYTES_OF(prologue), peer, keys);
}

/* ---- handshake ---- */

/* Write the next handshake message with its length. */
static enum err link_write_hello(struct link *l, struct bytes hello)
{
    if (hello.len > LINK_HELLO_BYTES_MAX) return ERR_TOO_LARGE;
    size_t len = noise_overhead(&l->handshake) + hello.len;
    uint8_t *p = buf_room(&l->out, LINK_LENGTH_BYTES + len);
    if (p == NULL) return l->out.e;
    le16_store(p, (uint16_t)len);
    enum err e = noise_write(&l->handshake, hello, p + LINK_LENGTH_BYTES, len, &len);
    if (e != ERR_OK) buf_clear(&l->out);
    return e;
}

static enum err link_open(struct link *l)
{
    enum err e = noise_split(&l->handshake, &l->session);
    if (e != ERR_OK) return e;
    memcpy(l->hash, l->session.hash, sizeof l->hash);
    l->state = LINK_OPEN;
    return ERR_OK;
}

enum err link_new_node(struct link **out, const struct id_hash *hub,
                       const uint8_t hub_transport_pk[static 32], const struct link_keys *keys,
                       struct bytes hello)
{
    struct link *l = link_make(LINK_ASKED, hub, hub_transport_pk, keys);
    if (l == NULL) return ERR_NOMEM;
    enum err e = link_write_hello(l, hello);
    if (e != ERR_OK) {
        link_free(l);
        return e;
    }
    *out = l;
    return ERR_OK;
}

enum err link_new_hub(struct link **out, const struct id_hash *hub, const struct link_keys *keys)
{
    struct link *l = link_make(LINK_LISTENING, hub, NULL, keys);
    if (l == NULL) return ERR_NOMEM;
    *out = l;
    return ERR_OK;
}

enum err link_new_sealer(struct link **out, struct bytes prologue,
                         const uint8_t receiver_pk[static 32], const struct link_keys *keys,
                         struct bytes hello)
{
    struct link *l = link_make_with(LINK_ASKED, NOISE_X, prologue, receiver_pk, keys);
    if (l == NULL) return ERR_NOMEM;
    enum err e = link_write_hello(l, hello);
    if (e == ERR_OK) e = link_open(l);
    if (e != ERR_OK) {
        link_free(l);
        return e;
    }
    *out = l;
    return ERR_OK;
}

enum err link_new_opener(struct link **out, struct bytes prologue, const struct link_keys *keys)
{
    struct link *l = link_make_with(LINK_LISTENING, NOISE_X, prologue, NULL, keys);
    if (l == NULL) return ERR_NOMEM;
    *out = l;
    return ERR_OK;
}

enum err link_answer(struct link *l, struct bytes hello)
{
    if (l->state == LINK_DEAD) return l->e;
    assert(l->state == LINK_MET);
    enum err e = link_write_hello(l, hello);
    if (e == ERR_OK) e = link_open(l);
    return e == ERR_OK ? ERR_OK : link_die(l, e);
}

/* ---- sending ---- */

void link_level(struct link *l, int level)
{
    l->level = level < LINK_LEVEL_MIN   ? LINK_LEVEL_MIN
               : level > LINK_LEVEL_MAX ? LINK_LEVEL_MAX
                                        : level;
}

/*
 * zstd's own tables for a level take up to 13 MB; with these sizes every level stays below 1.5 MB
 * and gives away less than one byte of a change (measured with frames of the workload).
 */
static enum err link_squeezer(struct link *l)
{
    if (l->squeeze != NULL) return ERR_OK;
    ZSTD_CCtx *z = ZSTD_createCCtx();
    if (z == NULL) return ERR_NOMEM;
    int table = l->level == LINK_LEVEL_MIN ? 14 : l->level < 5 ? 15 : 16; /* log2 of entries */
    int window = l->level == LINK_LEVEL_MIN ? LINK_WINDOW_LOG_SMALL : (int)LINK_WINDOW_LOG_MAX;
    const struct {
        ZSTD_cParameter name;
        int value;
    } set[] = {{ZSTD_c_compressionLevel, l->level},
               {ZSTD_c_windowLog, window},
               {ZSTD_c_hashLog, table},
               {ZSTD_c_chainLog, table},
               {ZSTD_c_contentSizeFlag, 0}};
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++) {
        size_t bad = ZSTD_CCtx_setParameter(z, set[i].name, set[i].value);
        assert(!ZSTD_isError(bad));
    }
    l->squeeze = z;
    return ERR_OK;
}

/* The next flushed part of the stream, at most `cap` bytes. */
static enum err link_compress(struct link *l, struct bytes body, uint8_t *to, size_t cap,
                              size_t *len)
{
    enum err e = link_squeezer(l);
    if (e != ERR_OK) return e;
    ZSTD_inBuffer in = {body.p, body.len, 0};
    ZSTD_outBuffer out = {to, cap, 0};
    size_t left = ZSTD_compressStream2(l->squeeze, &out, &in, ZSTD_e_flush);
    if (ZSTD_isError(left)) return ERR_NOMEM; /* it has no other reason with these parameters */
    assert(left == 0 && in.pos == in.size);   /* a body grows by a few bytes at most */
    *len = out.pos;
    return ERR_OK;
}

enum err link_send(struct link *l, unsigned type, struct bytes body, bool squeeze)
{
    assert(type <= LINK_TYPE_MAX);
    if (l->state == LINK_DEAD) return l->e;
    assert(l->state == LINK_OPEN);
    if (body.len > FRAME_BODY_BYTES_MAX) return ERR_TOO_LARGE;
    if (l->out.len + LINK_SEALED_BYTES_MAX > LINK_OUT_BYTES_MAX) return ERR_TOO_LARGE;
    uint8_t plain[LINK_PLAIN_BYTES_MAX];
    size_t len = body.len;
    plain[0] = (uint8_t)(squeeze ? type | LINK_SQUEEZED : type);
    enum err e = ERR_OK;
    if (squeeze)
        e = link_compress(l, body, plain + 1, sizeof plain - 1, &len);
    else if (len > 0)
        memcpy(plain + 1, body.p, len);
    size_t sealed = 1 + len + NOISE_TAG_BYTES;
    uint8_t *p = e == ERR_OK ? buf_room(&l->out, LINK_LENGTH_BYTES + sealed) : NULL;
    if (e == ERR_OK && p == NULL) e = l->out.e;
    if (e == ERR_OK) {
        le16_store(p, (uint16_t)sealed);
        e = noise_encrypt(&l->session.send, bytes_make(plain, 1 + len), p + LINK_LENGTH_BYTES,
                          sealed, &sealed);
    }
    sodium_memzero(plain, 1 + len);
    return e == ERR_OK ? ERR_OK : link_die(l, e);
}

/* ---- receiving ---- */

/* Drop what was used, and memory that is not needed between bursts. */
static void link_tidy(struct link *l)
{
    if (l->used > 0) {
        buf_drop(&l->in, l->used);
        l->used = 0;
    }
    if (l->in.len == 0 && l->in.cap > LINK_KEEP_BYTES) link_wipe_buf(&l->in);
    if (l->plain.cap > LINK_KEEP_BYTES) link_wipe_buf(&l->plain);
}

enum err link_feed(struct link *l, struct bytes in)
{
    if (l->state == LINK_DEAD) return l->e;
    link_tidy(l);
    buf_add_bytes(&l->in, in);
    return l->in.e == ERR_OK ? ERR_OK : link_die(l, l->in.e);
}

/* Longest message that may come in this state. */
static size_t link_message_max(const struct link *l)
{
    if (l->state == LINK_OPEN) return NOISE_MESSAGE_BYTES_MAX;
    return noise_overhead(&l->handshake) + LINK_HELLO_BYTES_MAX;
}

static enum err link_take_hello(struct link *l, struct bytes message, struct link_event *event)
{
    size_t len = 0;
    buf_clear(&l->plain);
    uint8_t *p = buf_room(&l->plain, message.len);
    if (p == NULL) return l->plain.e;
    enum err e = noise_read(&l->handshake, message, p, message.len, &len);
    if (e != ERR_OK) return e;
    event->kind = LINK_HELLO;
    event->body = bytes_make(p, len);
    if (l->state == LINK_ASKED) return link_open(l);
    memcpy(event->peer_static, noise_peer(&l->handshake), sizeof event->peer_static);
    if (l->handshake.pattern == NOISE_X) return link_open(l);
    l->state = LINK_MET;
    return ERR_OK;
}

static enum err link_unpacker(struct link *l)
{
    if (l->unpack != NULL) return ERR_OK;
    ZSTD_DCtx *z = ZSTD_createDCtx();
    if (z == NULL) return ERR_NOMEM;
    size_t bad = ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, LINK_WINDOW_LOG_MAX);
    assert(!ZSTD_isError(bad));
    l->unpack = z;
    return ERR_OK;
}

/* Unpack one part of the stream into l->plain. One byte of room over the limit shows what is over
 * it without decoding the rest. */
static enum err link_decompress(struct link *l, struct bytes part, struct bytes *body)
{
    enum err e = link_unpacker(l);
    if (e != ERR_OK) return e;
    buf_clear(&l->plain);
    uint8_t *p = buf_room(&l->plain, FRAME_BODY_BYTES_MAX + 1);
    if (p == NULL) return l->plain.e;
    ZSTD_inBuffer in = {part.p, part.len, 0};
    ZSTD_outBuffer out = {p, FRAME_BODY_BYTES_MAX + 1, 0};
    while (in.pos < in.size && out.pos < out.size) {
        size_t left = ZSTD_decompressStream(l->unpack, &out, &in);
        if (ZSTD_isError(left)) return ERR_BAD_FORMAT;
        if (left == 0) return ERR_BAD_FORMAT; /* the stream ends with the session only */
    }
    /* Input can be used up with output still inside; ask once more. */
    if (out.pos < out.size && ZSTD_isError(ZSTD_decompressStream(l->unpack, &out, &in)))
        return ERR_BAD_FORMAT;
    if (out.pos > FRAME_BODY_BYTES_MAX) return ERR_TOO_LARGE;
    *body = bytes_make(p, out.pos);
    return ERR_OK;
}

static enum err link_take_message(struct link *l, uint8_t *sealed, size_t len,
                                  struct link_event *event)
{
    if (len < NOISE_TAG_BYTES + 1) return ERR_BAD_FORMAT;
    enum err e = noise_decrypt(&l->session.recv, bytes_make(sealed, len), sealed, len, &len);
    if (e != ERR_OK) return e;
    struct bytes body = bytes_make(sealed + 1, len - 1);
    if ((sealed[0] & LINK_SQUEEZED) != 0) e = link_decompress(l, body, &body);
    if (e != ERR_OK) return e;
    if (body.len > FRAME_BODY_BYTES_MAX) return ERR_TOO_LARGE;
    event->kind = LINK_MESSAGE;
    event->type = sealed[0] & LINK_TYPE_MAX;
    event->body = body;
    return ERR_OK;
}

/* Does a web page, a proxy or a mail server answer the first message? Two letters are a length that no hello
 * has. */
static bool link_is_text(const struct link *l, const uint8_t *p)
{
    _Static_assert(LINK_HELLO_BYTES_MAX + 1024 < 0x2020, "with what noise adds to it");
    return l->state == LINK_ASKED && p[0] >= ' ' && p[0] <= '~' && p[1] >= ' ' && p[1] <= '~';
}

enum err link_next(struct link *l, struct link_event *event)
{
    struct link_event found = {.kind = LINK_NOTHING};
    if (l->state == LINK_DEAD) return l->e;
    size_t have = l->in.len - l->used;
    uint8_t *p = have > 0 ? l->in.p + l->used : NULL;
    if (l->state == LINK_MET || have < LINK_LENGTH_BYTES) goto out;
    size_t len = le16_load(p);
    if (len > link_message_max(l))
        return link_die(l, link_is_text(l, p) ? ERR_NO_HUB : ERR_TOO_LARGE);
    if (have - LINK_LENGTH_BYTES < len) goto out;
    l->used += LINK_LENGTH_BYTES + len;
    enum err e = l->state == LINK_OPEN
                     ? link_take_message(l, p + LINK_LENGTH_BYTES, len, &found)
                     : link_take_hello(l, bytes_make(p + LINK_LENGTH_BYTES, len), &found);
    if (e != ERR_OK) return link_die(l, e);
out:
    if (found.kind == LINK_NOTHING) link_tidy(l);
    *event = found;
    return ERR_OK;
}

struct buf *link_out(struct link *l)
{
    return &l->out;
}

const uint8_t *link_handshake_hash(const struct link *l)
{
    return l->hash;
}

size_t link_memory(const struct link *l)
{
    return sizeof *l + l->in.cap + l->out.cap + l->plain.cap +
           (l->squeeze == NULL ? 0 : ZSTD_sizeof_CCtx(l->squeeze)) +
           (l->unpack == NULL ? 0 : ZSTD_sizeof_DCtx(l->unpack));
}
