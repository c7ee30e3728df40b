/*
 * Bundles: a session's messages in one sealed file, for USB sticks and e-mail. SPEC section 11.
 * No I/O here: a file is bytes.
 *
 *   write   bundle_begin -> bundle_add ... -> bundle_finish -> the file's bytes
 *   read    bundle_check (all of it authentic and whole?) -> bundle_open -> bundle_next until
 *           BUNDLE_CLOSE
 *
 * Nothing of a bundle should have an effect before bundle_check was ERR_OK: then a cut or changed
 * file changes nothing.
 *
 * Ownership: bundle_free and bundle_reader_free wipe the keys. A reader borrows the file's bytes for
 *            its life; message bodies live until the next call.
 * Threads:   one at a time.   Units: bytes.
 * Limits:    BUNDLE_BYTES_MAX a file; BUNDLE_UNPACKED_BYTES_MAX all its bodies, unpacked.
 */
#ifndef DONGBO_PROTO_BUNDLE_H
#define DONGBO_PROTO_BUNDLE_H

#include "proto/link.h"

#define BUNDLE_HEAD_BYTES         24u /* tag 16, key id 8 */
#define BUNDLE_KEY_ID_BYTES       8u
#define BUNDLE_BLOCK_BYTES        4096u                   /* files have a multiple of it */
#define BUNDLE_BYTES_MAX          (64u * 1024u * 1024u)   /* a file */
#define BUNDLE_UNPACKED_BYTES_MAX (1024u * 1024u * 1024u) /* all bodies of a file, unpacked */
#define BUNDLE_LEVEL              9                       /* of zstd */

enum { BUNDLE_CLOSE = 127 }; /* type of the last frame; its body is padding */

/* What every bundle begins with, of whatever version. */
struct bytes bundle_mark(void);
/* First bytes of H(sealing key). */
void bundle_key_id(const uint8_t sealing_pk[static 32], uint8_t out[static BUNDLE_KEY_ID_BYTES]);

/* ---- writing ---- */

struct bundle;

/*
 * Begin a bundle for `receiver_pk`, at most `bytes_max` bytes long (brought down to
 * BUNDLE_BYTES_MAX). `keys` are the sender's sealing keys, `hello` as in a session.
 * ERR_NOMEM; ERR_TOO_LARGE (hello); ERR_HANDSHAKE (the receiver's key is bad)
 */
MUST_CHECK enum err bundle_begin(struct bundle **out, const struct id_hash *hub,
                                 const uint8_t receiver_pk[static 32], const struct link_keys *keys,
                                 struct bytes hello, size_t bytes_max);
/* ERR_TOO_LARGE: it may not fit any more, or the body is over its limit: nothing was added, the
 * bundle can be finished. ERR_NOMEM: free it. */
MUST_CHECK enum err bundle_add(struct bundle *b, unsigned type, struct bytes body);
/* Close and pad it; *file lives until bundle_free. ERR_NOMEM. */
MUST_CHECK enum err bundle_finish(struct bundle *b, struct bytes *file);
const uint8_t *bundle_hash(const struct bundle *b); /* 64 bytes: what a JOIN signs */
void bundle_free(struct bundle *b);                 /* NULL is fine */

/* ---- reading ---- */

struct bundle_look { /* what anybody can see */
    uint8_t key_id[BUNDLE_KEY_ID_BYTES];
    size_t bytes;
    size_t frames; /* sealed messages, the first and the closing one included */
};
/* ERR_OK; ERR_BAD_FORMAT no bundle; ERR_CONFIG of a newer version; ERR_AGAIN cut short, or with
 * bytes behind its end; ERR_TOO_LARGE */
MUST_CHECK enum err bundle_look(struct bytes file, struct bundle_look *out);

struct bundle_reader;

/*
 * Open it and read the hello.
 * ERR_DENIED     sealed to another key
 * ERR_HANDSHAKE  changed, or of another hub
 * and those of bundle_look, ERR_NOMEM
 */
MUST_CHECK enum err bundle_open(struct bundle_reader **out, struct bytes file,
                                const struct id_hash *hub, const struct link_keys *keys);
struct bytes bundle_hello(const struct bundle_reader *r);
const uint8_t *bundle_peer(const struct bundle_reader *r);        /* the sender's sealing key */
const uint8_t *bundle_reader_hash(const struct bundle_reader *r); /* 64 bytes */
/*
 * The next message; type BUNDLE_CLOSE: that was all, and the file ends here.
 * ERR_BAD_FORMAT changed;  ERR_AGAIN cut short;  ERR_TOO_LARGE;  ERR_NOMEM
 */
MUST_CHECK enum err bundle_next(struct bundle_reader *r, unsigned *type, struct bytes *body);
void bundle_reader_free(struct bundle_reader *r); /* NULL is fine */

/* Open it and read it to its end. The errors of both. */
MUST_CHECK enum err bundle_check(struct bytes file, const struct id_hash *hub,
                                 const struct link_keys *keys);

#endif
