#include "proto/bundle.h"
#include "proto/noise.h"
#include "proto/pack.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

enum {
    BUNDLE_TAG_BYTES = 16,
    BUNDLE_TAG_NAME_BYTES = 14,                   /* of the tag without its version */
    BUNDLE_FRAME_BYTES = 2 + 1 + NOISE_TAG_BYTES, /* length, type, tag: an empty frame */
    BUNDLE_FRAME_BYTES_MAX = 2 + NOISE_MESSAGE_BYTES_MAX,
    BUNDLE_CLOSE_BYTES_MAX = (int)BUNDLE_BLOCK_BYTES + BUNDLE_FRAME_BYTES,
    BUNDLE_FEED_BYTES = 65536, /* given to the link at a time */
    BUNDLE_SQUEEZE_BYTES = 64,
};

static const char bundle_tag[BUNDLE_TAG_BYTES] = "dongbo/bundle/1";

struct bytes bundle_mark(void)
{
    return bytes_make((const uint8_t *)bundle_tag, BUNDLE_TAG_NAME_BYTES);
}

/* What both sides bind the handshake to: the head of the file and the hub. */
struct bundle_prologue {
    uint8_t b[BUNDLE_HEAD_BYTES + ID_HASH_BYTES];
};

static struct bundle_prologue bundle_prologue_of(const uint8_t *head, const struct id_hash *hub)
{
    struct bundle_prologue p;
    memcpy(p.b, head, BUNDLE_HEAD_BYTES);
    memcpy(p.b + BUNDLE_HEAD_BYTES, hub->b, ID_HASH_BYTES);
    return p;
}

void bundle_key_id(const uint8_t sealing_pk[static 32], uint8_t out[static BUNDLE_KEY_ID_BYTES])
{
    uint8_t h[ID_HASH_BYTES];
    crypto_generichash(h, sizeof h, sealing_pk, 32, NULL, 0);
    memcpy(out, h, BUNDLE_KEY_ID_BYTES);
}

/* ---- writing ---- */

struct bundle {
    struct link *wire;
    struct buf file;
};

static void bundle_take(struct bundle *b)
{
    buf_add_bytes(&b->file, buf_bytes(link_out(b->wire)));
    buf_clear(link_out(b->wire));
}

enum err bundle_begin(struct bundle **out, const struct id_hash *hub,
                      const uint8_t receiver_pk[static 32], const struct link_keys *keys,
                      struct bytes hello, size_t bytes_max)
{
    uint8_t head[BUNDLE_HEAD_BYTES];
    struct bundle *b = calloc(1, sizeof *b);
    if (b == NULL) return ERR_NOMEM;
    memcpy(head, bundle_tag, BUNDLE_TAG_BYTES);
    bundle_key_id(receiver_pk, head + BUNDLE_TAG_BYTES);
    struct bundle_prologue p = bundle_prologue_of(head, hub);
    buf_init(&b->file, bytes_max < BUNDLE_BYTES_MAX ? bytes_max : BUNDLE_BYTES_MAX);
    buf_add(&b->file, head, sizeof head);
    enum err e = link_new_sealer(&b->wire, BYTES_OF(p.b), receiver_pk, keys, hello);
    if (e == ERR_OK) {
        link_level(b->wire, BUNDLE_LEVEL);
        bundle_take(b);
        e = b->file.e;
    }
    if (e != ERR_OK) {
        bundle_free(b);
        return e;
    }
    *out = b;
    return ERR_OK;
}

enum err bundle_add(struct bundle *b, unsigned type, struct bytes body)
{
    assert(type < BUNDLE_CLOSE);
    if (b->file.len + BUNDLE_FRAME_BYTES_MAX + BUNDLE_CLOSE_BYTES_MAX > b->file.max)
        return ERR_TOO_LARGE;
    enum err e = link_send(b->wire, type, body, body.len >= BUNDLE_SQUEEZE_BYTES);
    if (e != ERR_OK) return e;
    bundle_take(b);
    return b->file.e;
}

enum err bundle_finish(struct bundle *b, struct bytes *file)
{
    static const uint8_t zeros[BUNDLE_CLOSE_BYTES_MAX];
    size_t open = b->file.len % BUNDLE_BLOCK_BYTES;
    size_t pad = BUNDLE_BLOCK_BYTES - open;
    if (pad < BUNDLE_FRAME_BYTES) pad += BUNDLE_BLOCK_BYTES;
    enum err e =
        link_send(b->wire, BUNDLE_CLOSE, bytes_make(zeros, pad - BUNDLE_FRAME_BYTES), false);
    if (e != ERR_OK) return e;
    bundle_take(b);
    if (b->file.e != ERR_OK) return b->file.e;
    assert(b->file.len % BUNDLE_BLOCK_BYTES == 0);
    *file = buf_bytes(&b->file);
    return ERR_OK;
}

const uint8_t *bundle_hash(const struct bundle *b)
{
    return link_handshake_hash(b->wire);
}

void bundle_free(struct bundle *b)
{
    if (b == NULL) return;
    link_free(b->wire);
    buf_free(&b->file);
    free(b);
}

/* ---- reading ---- */

enum err bundle_look(struct bytes file, struct bundle_look *out)
{
    struct bundle_look look = {.bytes = file.len};
    if (file.len < BUNDLE_TAG_BYTES || memcmp(file.p, bundle_tag, BUNDLE_TAG_NAME_BYTES) != 0)
        return ERR_BAD_FORMAT;
    if (memcmp(file.p, bundle_tag, BUNDLE_TAG_BYTES) != 0) return ERR_CONFIG;
    if (file.len > BUNDLE_BYTES_MAX) return ERR_TOO_LARGE;
    if (file.len % BUNDLE_BLOCK_BYTES != 0) return ERR_AGAIN;
    memcpy(look.key_id, file.p + BUNDLE_TAG_BYTES, sizeof look.key_id);
    for (size_t at = BUNDLE_HEAD_BYTES; at < file.len; look.frames++) {
        if (file.len - at < 2) return ERR_AGAIN;
        size_t len = le16_load(file.p + at);
        if (len > file.len - at - 2) return ERR_AGAIN;
        at += 2 + len;
    }
    *out = look;
    return ERR_OK;
}

struct bundle_reader {
    struct link *wire;
    struct bytes file;
    size_t fed; /* bytes of the file given to the link */
    uint64_t unpacked;
    bool closed;
    uint8_t peer[32];
    uint8_t hello[LINK_HELLO_BYTES_MAX];
    size_t hello_len;
};

/* The next event, feeding the link as it needs. LINK_NOTHING: the file is at its end. */
static enum err bundle_event(struct bundle_reader *r, struct link_event *event)
{
    for (;;) {
        enum err e = link_next(r->wire, event);
        if (e != ERR_OK || event->kind != LINK_NOTHING || r->fed == r->file.len) return e;
        size_t n = r->file.len - r->fed;
        if (n > BUNDLE_FEED_BYTES) n = BUNDLE_FEED_BYTES;
        e = link_feed(r->wire, bytes_make(r->file.p + r->fed, n));
        if (e != ERR_OK) return e;
        r->fed += n;
    }
}

static enum err bundle_greet(struct bundle_reader *r)
{
    struct link_event event;
    enum err e = bundle_event(r, &event);
    if (e == ERR_BAD_FORMAT || e == ERR_TOO_LARGE) e = ERR_HANDSHAKE;
    if (e != ERR_OK) return e;
    if (event.kind != LINK_HELLO || event.body.len > sizeof r->hello) return ERR_HANDSHAKE;
    memcpy(r->peer, event.peer_static, sizeof r->peer);
    if (event.body.len > 0) memcpy(r->hello, event.body.p, event.body.len);
    r->hello_len = event.body.len;
    return ERR_OK;
}

enum err bundle_open(struct bundle_reader **out, struct bytes file, const struct id_hash *hub,
                     const struct link_keys *keys)
{
    struct bundle_look look;
    uint8_t own[BUNDLE_KEY_ID_BYTES];
    enum err e = bundle_look(file, &look);
    if (e != ERR_OK) return e;
    bundle_key_id(keys->public_key, own);
    if (memcmp(own, look.key_id, sizeof own) != 0) return ERR_DENIED;
    struct bundle_reader *r = calloc(1, sizeof *r);
    if (r == NULL) return ERR_NOMEM;
    r->file = file;
    r->fed = BUNDLE_HEAD_BYTES;
    struct bundle_prologue p = bundle_prologue_of(file.p, hub);
    e = link_new_opener(&r->wire, BYTES_OF(p.b), keys);
    if (e == ERR_OK) e = bundle_greet(r);
    if (e != ERR_OK) {
        bundle_reader_free(r);
        return e;
    }
    *out = r;
    return ERR_OK;
}

struct bytes bundle_hello(const struct bundle_reader *r)
{
    return bytes_make(r->hello, r->hello_len);
}

const uint8_t *bundle_peer(const struct bundle_reader *r)
{
    return r->peer;
}

const uint8_t *bundle_reader_hash(const struct bundle_reader *r)
{
    return link_handshake_hash(r->wire);
}

/* The closing frame: padding of zeros, and nothing behind it. */
static enum err bundle_close(struct bundle_reader *r, struct bytes body)
{
    struct link_event event;
    for (size_t i = 0; i < body.len; i++) {
        if (body.p[i] != 0) return ERR_BAD_FORMAT;
    }
    enum err e = bundle_event(r, &event);
    if (e == ERR_OK && event.kind != LINK_NOTHING) e = ERR_BAD_FORMAT;
    r->closed = e == ERR_OK;
    return e;
}

enum err bundle_next(struct bundle_reader *r, unsigned *type, struct bytes *body)
{
    struct link_event event = {.kind = LINK_NOTHING};
    enum err e = r->closed ? ERR_AGAIN : bundle_event(r, &event);
    if (e != ERR_OK) return e;
    if (event.kind != LINK_MESSAGE) return ERR_AGAIN;
    r->unpacked += event.body.len;
    if (r->unpacked > BUNDLE_UNPACKED_BYTES_MAX) return ERR_TOO_LARGE;
    if (event.type == BUNDLE_CLOSE) {
        e = bundle_close(r, event.body);
        if (e != ERR_OK) return e;
        event.body = bytes_make(NULL, 0);
    }
    *type = event.type;
    *body = event.body;
    return ERR_OK;
}

void bundle_reader_free(struct bundle_reader *r)
{
    if (r == NULL) return;
    link_free(r->wire);
    sodium_memzero(r, sizeof *r);
    free(r);
}

enum err bundle_check(struct bytes file, const struct id_hash *hub, const struct link_keys *keys)
{
    struct bundle_reader *r = NULL;
    unsigned type = 0;
    struct bytes body;
    enum err e = bundle_open(&r, file, hub, keys);
    while (e == ERR_OK && type != BUNDLE_CLOSE)
        e = bundle_next(r, &type, &body);
    bundle_reader_free(r);
    return e;
}
