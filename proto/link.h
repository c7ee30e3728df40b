/*
 * One encrypted connection without I/O: the Noise_IK handshake, then frames in both directions with
 * a zstd stream each. SPEC 7.1-7.3. Both cores keep one struct link per connection and feed it
 * bytes; the caller moves the bytes.
 *
 * A bundle (proto/bundle) is the same, one way only, behind a Noise_X message: link_new_sealer and
 * link_new_opener.
 *
 * Happy path, node: link_new_node -> its output holds message 1 -> feed -> LINK_HELLO (the hub's)
 * -> link_send ... Happy path, hub:  link_new_hub -> feed -> LINK_HELLO (the node's, with its
 * static key) -> link_answer -> feed/send ... Failure: any error leaves the link dead; the caller
 * closes the connection.
 *
 * Ownership: link_free() wipes the keys. Message bodies are borrowed until the next call on the
 * link. Threads:   one at a time. Limits:    FRAME_BODY_BYTES_MAX decoded, LINK_WINDOW_LOG_MAX,
 * 65,535 bytes of ciphertext.
 */
#ifndef DONGBO_PROTO_LINK_H
#define DONGBO_PROTO_LINK_H

#include "common/buf.h"
#include "common/id.h"

#define LINK_WINDOW_LOG_MAX  18u /* log2 bytes of the zstd window */
#define LINK_LEVEL_MIN       1   /* zstd levels */
#define LINK_LEVEL_MAX       12
#define LINK_HELLO_BYTES_MAX 4096u                /* payload of a handshake message */
#define LINK_IN_BYTES_MAX    (256u * 1024u)       /* fed and not yet taken out by link_next */
#define LINK_OUT_BYTES_MAX   (4u * 1024u * 1024u) /* ciphertext waiting to be written */

struct link;

struct link_keys {             /* borrowed for the life of the link */
    const uint8_t *secret;     /* own X25519 secret, 32 bytes, in sodium_malloc memory */
    const uint8_t *public_key; /* own X25519 public key, 32 bytes */
};

/* Node's side: writes message 1 with `hello` to link_out(). ERR_NOMEM, ERR_TOO_LARGE, ERR_HANDSHAKE
 * (bad hub key). */
MUST_CHECK enum err link_new_node(struct link **out, const struct id_hash *hub,
                                  const uint8_t hub_transport_pk[static 32],
                                  const struct link_keys *keys, struct bytes hello);
/* Hub's side: waits for message 1. */
MUST_CHECK enum err link_new_hub(struct link **out, const struct id_hash *hub,
                                 const struct link_keys *keys);

/* SPEC 11: seal to `receiver_pk`; the first message stands in link_out(), link_send goes on. Errors as
 * link_new_node. */
MUST_CHECK enum err link_new_sealer(struct link **out, struct bytes prologue,
                                    const uint8_t receiver_pk[static 32],
                                    const struct link_keys *keys, struct bytes hello);
/* Open what was sealed to `keys`: LINK_HELLO with the sender's key, then messages. ERR_NOMEM. */
MUST_CHECK enum err link_new_opener(struct link **out, struct bytes prologue,
                                    const struct link_keys *keys);
void link_free(struct link *l);

enum link_event_kind { LINK_NOTHING, LINK_HELLO, LINK_MESSAGE };

struct link_event {
    enum link_event_kind kind;
    unsigned type;           /* LINK_MESSAGE: SPEC 7.6 */
    struct bytes body;       /* hello payload or message body, borrowed until the next call */
    uint8_t peer_static[32]; /* LINK_HELLO at the hub: the node's transport key */
};

/* Give it bytes that came, then call link_next until LINK_NOTHING. They are copied.
 * ERR_TOO_LARGE (over LINK_IN_BYTES_MAX waiting), ERR_NOMEM, or why it died before: the link is dead,
 * close it. */
MUST_CHECK enum err link_feed(struct link *l, struct bytes in);

/*
 * Take the next event out of what was fed. LINK_NOTHING: more bytes are needed.
 * ERR_OK; ERR_HANDSHAKE, ERR_BAD_FORMAT, ERR_TOO_LARGE; ERR_NO_HUB (node: the first answer is text, as of a
 * web page): the link is dead, close it
 */
MUST_CHECK enum err link_next(struct link *l, struct link_event *event);

/* Hub: answer the hello with message 2. Once, after LINK_HELLO. After an error the link is dead. */
MUST_CHECK enum err link_answer(struct link *l, struct bytes hello);

/*
 * Send a message after the handshake. `squeeze` = through the zstd stream; the level by link_level
 * (default 3).
 *
 *   in   type: 0..127;  body: at most FRAME_BODY_BYTES_MAX bytes
 *
 * ERR_TOO_LARGE  the body is over its limit, or link_out() has no room for one more frame: write
 *                what is there and try again. Nothing was sent and the link lives.
 * ERR_NOMEM, ERR_HANDSHAKE (nonces used up), or why it died before: the link is dead, close it
 */
MUST_CHECK enum err link_send(struct link *l, unsigned type, struct bytes body, bool squeeze);

/* Level of zstd for what this side squeezes, LINK_LEVEL_MIN..LINK_LEVEL_MAX (brought into it);
 * before the first squeezed message, later it changes nothing. LINK_LEVEL_MIN also has a small
 * window: 0.5 MB of memory instead of 1.3 to 1.4, for a hub with many sessions. */
void link_level(struct link *l, int level);

/* Ciphertext to write to the connection; the caller empties it with buf_drop/buf_clear. */
struct buf *link_out(struct link *l);

/* Channel binding: 64 bytes, zeros before the end of the handshake and on a dead link. */
const uint8_t *link_handshake_hash(const struct link *l);

/* Bytes of memory it holds now. */
size_t link_memory(const struct link *l);

#endif
