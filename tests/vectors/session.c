/*
 * Writes appendix B of proto/SPEC.md to standard output: three sessions between the real hub and the real
 * node, byte by byte. Every random number is fixed, the clock stands, so the same program writes the same text;
 * a test compares it with what stands in SPEC.
 */
#include "proto/noise.h"
#include "proto/pack.h"
#include "proto/wire.h"
#include "proto/words.h"
#include "tests/lib/pair.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

enum {
    SESSION_COLUMNS = 116, /* of a line of hexadecimal or of a value */
    SESSION_DRAWS_MAX = 256,
    SESSION_BYTES_MAX = 1 << 20, /* of one direction of a session */
};

#define OK(call)                                                                                   \
    do {                                                                                           \
        enum err ok_e = (call);                                                                    \
        if (ok_e != ERR_OK) {                                                                      \
            fprintf(stderr, "%s: %s\n", #call, err_name(ok_e));                                    \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

/* ---- random numbers that a person recognises: the n-th draw is n, n+1, n+2 ... ---- */

static struct session_draws {
    unsigned count;
    uint8_t secret[SESSION_DRAWS_MAX]
                  [32]; /* the draws of 32 bytes: among them the ephemeral keys */
    unsigned secrets;
} session_draws;

static const char *session_random_name(void)
{
    return "counting";
}

static void session_random_fill(void *const p, const size_t len)
{
    struct session_draws *d = &session_draws;
    uint8_t first = (uint8_t)(16 * d->count + d->count / 16);
    d->count++;
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)p)[i] = (uint8_t)(first + i);
    if (len == 32 && d->secrets < SESSION_DRAWS_MAX) memcpy(d->secret[d->secrets++], p, 32);
}

static uint32_t session_random_word(void)
{
    uint32_t v;
    session_random_fill(&v, sizeof v);
    return v;
}

static struct randombytes_implementation session_random = {
    .implementation_name = session_random_name,
    .random = session_random_word,
    .buf = session_random_fill,
};

/* ---- printing ---- */

static unsigned session_column;
static bool session_blank; /* one is due unless the line ends here */

static void session_line_end(void)
{
    if (session_column > 0) putchar('\n');
    session_column = 0;
    session_blank = false;
}

/* One piece that stays together, on this line or the next. */
static void session_put(const char *piece)
{
    size_t len = strlen(piece);
    if (session_column > 0 && session_column + session_blank + len > SESSION_COLUMNS)
        session_line_end();
    if (session_column == 0) session_column = (unsigned)printf("    ");
    if (session_blank) session_column += (unsigned)printf(" ");
    session_blank = false;
    fputs(piece, stdout);
    session_column += (unsigned)len;
}

static void session_put_hex(struct bytes b)
{
    char two[3];
    for (size_t i = 0; i < b.len; i++) {
        snprintf(two, sizeof two, "%02x", b.p[i]);
        session_put(two);
    }
}

/* A short bin stays together. */
static void session_put_bin(struct bytes b)
{
    char text[2 * 32 + 4];
    if (b.len > 32) {
        session_put("h'");
        session_put_hex(b);
        session_put("'");
        return;
    }
    text[0] = 'h';
    text[1] = '\'';
    id_hex(b, text + 2);
    memcpy(text + 2 + 2 * b.len, "'", 2);
    session_put(text);
}

static void session_put_text(struct bytes s)
{
    char text[512];
    int n = snprintf(text, sizeof text, "\"%.*s\"", (int)s.len, (const char *)s.p);
    assert(n > 0 && (size_t)n < sizeof text);
    session_put(text);
}

static void session_put_value(struct wire_reader *r)
{
    char text[32];
    size_t n;
    switch (wire_peek(r)) {
    case WIRE_NIL: session_put(wire_get_nil(r) ? "nil" : "?"); return;
    case WIRE_BOOL: session_put(wire_get_bool(r) ? "true" : "false"); return;
    case WIRE_UINT:
        snprintf(text, sizeof text, "%" PRIu64, wire_get_uint(r, UINT64_MAX));
        session_put(text);
        return;
    case WIRE_NEGATIVE:
        snprintf(text, sizeof text, "%" PRId64, wire_get_int(r));
        session_put(text);
        return;
    case WIRE_STR: session_put_text(wire_get_str(r)); return;
    case WIRE_BIN: session_put_bin(wire_get_bin(r)); return;
    case WIRE_ARRAY:
        n = wire_get_array(r);
        session_put("[");
        for (size_t i = 0; i < n; i++) {
            if (i > 0) session_put(",");
            session_blank = i > 0;
            session_put_value(r);
        }
        session_put("]");
        return;
    case WIRE_END: break;
    }
    abort();
}

static void session_print_value(struct bytes body)
{
    struct wire_reader r;
    OK(wire_check(body));
    wire_open(&r, body);
    session_put_value(&r);
    session_line_end();
}

static void session_print_hex(const char *before, struct bytes b)
{
    session_put(before);
    session_blank = true;
    session_put_hex(b);
    session_line_end();
}

/* ---- what went over the wire ---- */

struct session_piece {
    bool up;
    size_t at, len; /* in `bytes` */
};

static struct session_wire {
    uint8_t bytes[SESSION_BYTES_MAX];
    size_t len;
    struct session_piece v[1000];
    size_t count;
} session_wire;

/* Pieces of a direction that follow each other are one. */
static void session_tap(void *ctx, bool up, struct bytes piece)
{
    struct session_wire *w = ctx;
    assert(piece.len <= sizeof w->bytes - w->len && w->count < 1000);
    memcpy(w->bytes + w->len, piece.p, piece.len);
    if (w->count > 0 && w->v[w->count - 1].up == up)
        w->v[w->count - 1].len += piece.len;
    else
        w->v[w->count++] = (struct session_piece){up, w->len, piece.len};
    w->len += piece.len;
}

struct session_way { /* one direction, being read */
    struct noise_cipher cipher;
    ZSTD_DCtx *zstd;
    struct bytes last; /* body of the newest frame of change sets */
};

struct session_talk {
    const struct pair *w;
    const struct pair_node *n;
    struct noise_handshake hs;
    struct session_way up, down;
    struct noise_session keys;
    unsigned message; /* count, both directions */
};

static const char *session_name(unsigned type)
{
    static const char *const names[32] = {
        [MESSAGE_UP] = "UP",           [MESSAGE_UPEND] = "UPEND",       [MESSAGE_BYE] = "BYE",
        [MESSAGE_JOIN] = "JOIN",       [MESSAGE_RECEIPT] = "RECEIPT",   [MESSAGE_SETS] = "SETS",
        [MESSAGE_RECORDS] = "RECORDS", [MESSAGE_VERDICTS] = "VERDICTS", [MESSAGE_END] = "END",
        [MESSAGE_WELCOME] = "WELCOME",
    };
    assert(type < 32 && names[type] != NULL);
    return names[type];
}

/* The drawn secret to which this ephemeral public key belongs. */
static const uint8_t *session_secret_of(const uint8_t *public_key)
{
    uint8_t pk[32];
    for (unsigned i = 0; i < session_draws.secrets; i++) {
        int bad = crypto_scalarmult_base(pk, session_draws.secret[i]);
        if (bad == 0 && memcmp(pk, public_key, 32) == 0) return session_draws.secret[i];
    }
    abort();
}

static void session_title(struct session_talk *t, bool up, const char *name, const char *more,
                          size_t len)
{
    printf("\n%s %s%s; %zu bytes on the wire:\n\n", up ? "Node to hub:" : "Hub to node:", name,
           more, len);
    t->message++;
}

static void session_hello(struct session_talk *t, struct bytes message, bool up)
{
    static uint8_t plain[NOISE_MESSAGE_BYTES_MAX], again[NOISE_MESSAGE_BYTES_MAX];
    size_t len, len2;
    const uint8_t *e = session_secret_of(message.p);
    if (up) { /* read it as the hub, write it again as the node: the same bytes */
        struct buf prologue;
        struct noise_handshake hub;
        buf_init(&prologue, 100);
        buf_add(&prologue, "dongbo/1\0\0\0\0\0\0\0\0", 16);
        buf_add(&prologue, t->w->hub.id.b, 32);
        struct noise_config c = {.pattern = NOISE_IK,
                                 .role = NOISE_RESPONDER,
                                 .s_secret = t->w->hub.transport.secret,
                                 .prologue = buf_bytes(&prologue)};
        noise_init(&hub, &c);
        OK(noise_read(&hub, message, plain, sizeof plain, &len));
        c.role = NOISE_INITIATOR;
        c.s_secret = t->n->transport.secret;
        c.rs_public = t->w->hub.transport.public;
        c.e_secret = e;
        noise_init(&t->hs, &c);
        OK(noise_write(&t->hs, bytes_make(plain, len), again, sizeof again, &len2));
        assert(len2 == message.len && memcmp(again, message.p, len2) == 0);
        buf_free(&prologue);
    } else {
        OK(noise_read(&t->hs, message, plain, sizeof plain, &len));
        OK(noise_split(&t->hs, &t->keys));
        t->up.cipher = t->keys.send;
        t->down.cipher = t->keys.recv;
    }
    session_title(t, up, "HELLO, in handshake message ", up ? "1" : "2", message.len + 2);
    session_print_hex("ephemeral secret", bytes_make(e, 32));
    session_print_value(bytes_make(plain, len));
    session_print_hex("wire", bytes_make(message.p - 2, message.len + 2));
    if (!up) session_print_hex("handshake hash", BYTES_OF(t->keys.hash));
}

static struct bytes session_unsqueezed(struct session_way *way, struct bytes body)
{
    static uint8_t out[70000];
    ZSTD_inBuffer i = {body.p, body.len, 0};
    ZSTD_outBuffer o = {out, sizeof out, 0};
    size_t left = ZSTD_decompressStream(way->zstd, &o, &i);
    assert(!ZSTD_isError(left) && i.pos == i.size);
    return bytes_make(out, o.pos);
}

/* The sets of a frame, rebuilt: header and entries, and the hash that the next one names. */
static void session_frame(const struct session_talk *t, struct bytes body)
{
    struct pack *p = NULL;
    struct pack_sets sets;
    struct pack_context c = {.hub = t->w->hub.id, .sign_pk = t->n->sign.public};
    size_t count;
    static struct id_hash prev;
    crypto_generichash(c.node.b, 32, t->n->sign.public, 32, NULL, 0);
    OK(pack_peek(body, &c.inc, &c.next_seq, &count));
    c.prev = prev;
    OK(pack_new(&p));
    OK(pack_decode(p, body, &c, &sets));
    for (size_t i = 0; i < sets.count; i++) {
        printf("\nSet %" PRIu64 " of this log, rebuilt: header and entries, body, hash:\n\n",
               c.next_seq + i);
        session_print_hex("head", sets.v[i].head);
        session_print_hex("body", sets.v[i].body);
        session_print_hex("hash", BYTES_OF(sets.v[i].hash.b));
        prev = sets.v[i].hash;
    }
    pack_sets_free(&sets);
    pack_free(p);
}

static void session_message(struct session_talk *t, struct bytes message, bool up)
{
    static uint8_t plain[NOISE_MESSAGE_BYTES_MAX];
    struct session_way *way = up ? &t->up : &t->down;
    size_t len;
    OK(noise_decrypt(&way->cipher, message, plain, sizeof plain, &len));
    assert(len > 0);
    bool squeezed = (plain[0] & 128) != 0;
    unsigned type = plain[0] & 127;
    struct bytes body = bytes_make(plain + 1, len - 1);
    if (squeezed) body = session_unsqueezed(way, body);
    session_title(t, up, session_name(type), squeezed ? ", squeezed" : "", message.len + 2);
    session_print_value(body);
    session_print_hex("wire", bytes_make(message.p - 2, message.len + 2));
    if (type == MESSAGE_UP) session_frame(t, body);
}

/* Whole messages of one direction's piece; none is ever split between two here. */
static void session_piece(struct session_talk *t, const struct session_piece *p)
{
    const uint8_t *at = session_wire.bytes + p->at;
    for (size_t left = p->len; left > 0;) {
        size_t len = le16_load(at);
        assert(left >= 2 && left - 2 >= len);
        if (t->message < 2)
            session_hello(t, bytes_make(at + 2, len), p->up);
        else
            session_message(t, bytes_make(at + 2, len), p->up);
        at += 2 + len;
        left -= 2 + len;
    }
}

static void session_print(const struct pair *w, const struct pair_node *n)
{
    struct session_talk t = {.w = w, .n = n};
    t.up.zstd = ZSTD_createDCtx();
    t.down.zstd = ZSTD_createDCtx();
    for (size_t i = 0; i < session_wire.count; i++)
        session_piece(&t, &session_wire.v[i]);
    ZSTD_freeDCtx(t.up.zstd);
    ZSTD_freeDCtx(t.down.zstd);
    session_wire.len = session_wire.count = 0;
}

/* ---- the sessions ---- */

static void session_sign_key(const char *name, const struct key_sign *k)
{
    session_print_hex(name, bytes_make(k->secret, 32)); /* libsodium keeps seed and public key */
    session_print_hex("    public", bytes_make(k->public, 32));
}

static void session_box_key(const char *name, const struct key_box *k)
{
    session_print_hex(name, bytes_make(k->secret, 32));
    session_print_hex("    public", bytes_make(k->public, 32));
}

static void session_keys(const struct pair *w, const struct pair_node *n,
                         const struct key_box *seal)
{
    struct buf words;
    struct id_hash node, h;
    printf("### B.1 Keys\n\nEd25519 seeds and X25519 scalars.\n\n");
    session_sign_key("hub root secret", &w->hub.root);
    session_sign_key("hub log secret", &w->hub.log);
    session_box_key("hub transport secret", &w->hub.transport);
    session_box_key("hub sealing secret", &w->hub.sealing);
    session_sign_key("node secret", &n->sign);
    session_box_key("node transport secret", &n->transport);
    session_box_key("node sealing secret", seal);
    crypto_generichash(node.b, 32, n->sign.public, 32, NULL, 0);
    session_print_hex("hub id", BYTES_OF(w->hub.id.b));
    session_print_hex("node id", BYTES_OF(node.b));
    buf_init(&words, 200);
    admin_join_fingerprint(&w->hub.id, &node, n->sign.public, n->transport.public, &h);
    OK(words_text(&h, &words));
    printf("\nSix words: %s\n", buf_cstr(&words));
    buf_free(&words);
}

static void session_prepare(struct pair *w, struct key_box *seal)
{
    struct node_identity id;
    OK(key_box_make(seal, KEY_SEALING));
    OK(node_store_identity(w->nodes[0].store, &id));
    memcpy(id.sealing_pk, seal->public, 32);
    OK(node_store_identity_set(w->nodes[0].store, &id));
    w->tap = session_tap;
    w->tap_ctx = &session_wire;
}

static const char session_intro[] =
    "## Appendix B. A worked session\n\n"
    "Three sessions between the programs themselves: a node joins; it sends its genesis, a new "
    "record and an edit of it, and\n"
    "gets its first page of the feed; it sends a second edit. `tests/vectors/session.c` writes "
    "this appendix and a test compares\n"
    "the two; `tests/vectors/session.py` checks every byte with nothing but this document. Random "
    "numbers are bytes that count up,\n"
    "so that a mistake is easy to see; the hub has no catalogue yet.\n\n"
    "A value is written as in the diagnostic notation of RFC 8949, with `h'..'` for bin. Blanks "
    "and line ends inside hexadecimal say\n"
    "nothing. *wire* is what stands on the connection: u16 length and ciphertext. *squeezed*: the "
    "plaintext's type has bit 7 and its body\n"
    "is the next part of that direction's zstd stream (7.3); another compressor may make other "
    "bytes of the same value.\n\n";

/* The version of what the node saved last (SPEC 6.1). */
static struct id_version session_newest(struct pair_node *n)
{
    struct node_store_tip tip;
    OK(node_store_tip(n->store, &tip));
    return id_version_make(&tip.inc, tip.next_seq - 1, &tip.head);
}

static void session_three(struct pair *w, struct pair_node *n)
{
    struct id_record rid;
    struct id_version v;
    printf("\n### B.2 Joining\n");
    OK(pair_attempt(n));
    session_print(w, n);
    printf(
        "\n### B.3 The first sets\n\nThe node saved a record, type 900 with fields 2 and 8, then "
        "wrote its field 2 anew; the genesis came first.\n");
    pair_save(n, CHANGE_CREATE, &rid, "Nguyễn Thị Ngọc Ánh", bytes_make(NULL, 0));
    v = session_newest(n);
    pair_save(n, CHANGE_EDIT, &rid, "Nguyễn Thị Ngọc Anh", BYTES_OF(v.b));
    OK(pair_attempt(n));
    session_print(w, n);
    printf("\n### B.4 One more edit\n\nThe hub leaves the record out (7.9): the node folds its own "
           "set.\n");
    v = session_newest(n);
    pair_save(n, CHANGE_EDIT, &rid, "Nguyễn Thị Ngọc Ánh", BYTES_OF(v.b));
    OK(pair_attempt(n));
    session_print(w, n);
}

int main(void)
{
    static struct pair w;
    struct key_box seal = {0};
    if (randombytes_set_implementation(&session_random) != 0) return 1;
    pair_open(&w, 1);
    session_prepare(&w, &seal);
    fputs(session_intro, stdout);
    session_keys(&w, &w.nodes[0], &seal);
    session_three(&w, &w.nodes[0]);
    pair_close(&w);
    key_box_free(&seal);
    return fflush(stdout) == 0 ? 0 : 1;
}
