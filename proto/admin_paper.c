/* What is signed outside change sets: card, certificate, receipt, join proof; and the invitation.
 */
#include "proto/admin.h"
#include "proto/wire.h"

#include <assert.h>
#include <sodium.h>

enum {
    ADMIN_TAG_BYTES = 16,
    ADMIN_SIGNATURE_BYTES = 64,
    ADMIN_SIGNED_BYTES_MAX = 1024, /* the longest signed message without its tag */
    ADMIN_INVITE_BYTES_MAX = 448,  /* msgpack of the longest invitation */
    ADMIN_INVITE_TEXT_MAX = 1024,  /* characters of a pasted invitation, line ends included */
};

static_assert(ADMIN_CARD_BYTES_MAX <= ADMIN_SIGNED_BYTES_MAX, "a card fits");
static_assert(ADMIN_CERT_BYTES_MAX <= ADMIN_SIGNED_BYTES_MAX, "a certificate fits");

static const char admin_invite_prefix[] = "dongbo1:";

/* A message under signature: the tag, then what is appended. */
struct admin_signed {
    uint8_t b[ADMIN_TAG_BYTES + ADMIN_SIGNED_BYTES_MAX];
    size_t len;
};

static void admin_signed_begin(struct admin_signed *m, const char *tag)
{
    size_t len = strlen(tag);
    assert(len <= ADMIN_TAG_BYTES);
    memset(m->b, 0, ADMIN_TAG_BYTES);
    memcpy(m->b, tag, len);
    m->len = ADMIN_TAG_BYTES;
}

static void admin_signed_add(struct admin_signed *m, const void *p, size_t len)
{
    assert(len <= sizeof m->b - m->len);
    memcpy(m->b + m->len, p, len);
    m->len += len;
}

static void admin_signed_u64(struct admin_signed *m, uint64_t v)
{
    uint8_t t[8];
    le64_store(t, v);
    admin_signed_add(m, t, sizeof t);
}

static void admin_sign(const struct admin_signed *m, const uint8_t *secret, uint8_t *signature)
{
    int bad = crypto_sign_detached(signature, NULL, m->b, m->len, secret);
    assert(bad == 0);
}

static enum err admin_verify(const struct admin_signed *m, const uint8_t *pk,
                             const uint8_t *signature)
{
    int bad = crypto_sign_verify_detached(signature, m->b, m->len, pk);
    return bad == 0 ? ERR_OK : ERR_BAD_SIGNATURE;
}

/* Sign what was appended to `out` from `at` on, and append the signature. */
static void admin_seal(struct buf *out, size_t at, const char *tag, const uint8_t *secret)
{
    if (out->e != ERR_OK) return;
    struct admin_signed m;
    uint8_t signature[ADMIN_SIGNATURE_BYTES];
    admin_signed_begin(&m, tag);
    admin_signed_add(&m, out->p + at, out->len - at);
    admin_sign(&m, secret, signature);
    buf_add(out, signature, sizeof signature);
}

/* Check the signature at the end of `paper` over what stands before it. */
static enum err admin_sealed(struct bytes paper, const char *tag, const uint8_t *pk)
{
    struct admin_signed m;
    size_t len = paper.len - ADMIN_SIGNATURE_BYTES;
    admin_signed_begin(&m, tag);
    admin_signed_add(&m, paper.p, len);
    return admin_verify(&m, pk, paper.p + len);
}

/* Start reading a paper: its size, its array, its version number 1. */
static enum err admin_paper_open(struct wire_reader *r, struct bytes paper, size_t max,
                                 size_t items)
{
    if (paper.len <= ADMIN_SIGNATURE_BYTES || paper.len > max) return ERR_BAD_FORMAT;
    enum err e = wire_open_array(r, bytes_make(paper.p, paper.len - ADMIN_SIGNATURE_BYTES), items);
    if (e != ERR_OK) return e;
    return wire_get_uint(r, 1) == 1 ? ERR_OK : ERR_BAD_FORMAT;
}

/* A str of 1..max bytes without zero bytes and blanks as a C string; false otherwise. */
static bool admin_word(struct wire_reader *r, char *out, size_t max)
{
    struct bytes s = wire_get_str(r);
    if (s.len == 0 || s.len > max) return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] <= ' ' || s.p[i] == 0x7F) return false;
    memcpy(out, s.p, s.len);
    out[s.len] = '\0';
    return true;
}

/* With neither address nor past a card has its first form. */
static bool admin_card_plain(const struct admin_card *c)
{
    return c->address[0] == '\0' && c->past_count == 0;
}

void admin_card_make(const struct admin_card *c, const uint8_t root_secret[static 64],
                     struct buf *out)
{
    size_t at = out->len;
    bool plain = admin_card_plain(c);
    assert(c->past_count <= ADMIN_CARD_PAST_MAX);
    wire_put_array(out, plain ? 6 : 8);
    wire_put_uint(out, plain ? 1 : 2);
    wire_put_bin(out, BYTES_OF(c->root_pk));
    wire_put_bin(out, BYTES_OF(c->log_pk));
    wire_put_bin(out, BYTES_OF(c->transport_pk));
    wire_put_bin(out, BYTES_OF(c->sealing_pk));
    wire_put_uint(out, c->serial);
    if (!plain) {
        wire_put_str(out, bytes_str(c->address));
        wire_put_array(out, c->past_count);
    }
    for (size_t i = 0; i < c->past_count; i++) {
        wire_put_array(out, 3);
        wire_put_bin(out, BYTES_OF(c->past[i].log_pk));
        wire_put_uint(out, c->past[i].last);
        wire_put_bool(out, c->past[i].stolen);
    }
    admin_seal(out, at, "dongbo/card/1", root_secret);
}

/* Empty, or without blanks and control characters. */
static bool admin_card_address(struct wire_reader *r, char *out)
{
    struct bytes s = wire_get_str(r);
    if (s.len > ADMIN_ADDRESS_BYTES_MAX) return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] <= ' ' || s.p[i] == 0x7F) return false;
    if (s.len > 0) memcpy(out, s.p, s.len);
    out[s.len] = '\0';
    return true;
}

static bool admin_card_more(struct wire_reader *r, struct admin_card *c)
{
    if (!admin_card_address(r, c->address)) return false;
    c->past_count = wire_get_array(r);
    if (r->e != ERR_OK || c->past_count > ADMIN_CARD_PAST_MAX) return false;
    for (size_t i = 0; i < c->past_count; i++) {
        if (wire_get_array(r) != 3) return false;
        wire_get_bin_exact(r, c->past[i].log_pk, sizeof c->past[i].log_pk);
        c->past[i].last = wire_get_uint(r, INT64_MAX);
        c->past[i].stolen = wire_get_bool(r);
    }
    return r->e == ERR_OK && !admin_card_plain(c);
}

static enum err admin_card_begin(struct wire_reader *r, struct bytes card, bool *more)
{
    *more = card.len > 0 && card.p[0] == 0x98; /* eight values: the second form */
    if (!*more) return admin_paper_open(r, card, ADMIN_CARD_BYTES_MAX, 6);
    if (card.len <= ADMIN_SIGNATURE_BYTES || card.len > ADMIN_CARD_BYTES_MAX) return ERR_BAD_FORMAT;
    enum err e = wire_open_array(r, bytes_make(card.p, card.len - ADMIN_SIGNATURE_BYTES), 8);
    if (e != ERR_OK) return e;
    return wire_get_uint(r, 2) == 2 ? r->e : ERR_BAD_FORMAT;
}

enum err admin_card_open(struct bytes card, const struct id_hash *hub, struct admin_card *c)
{
    struct wire_reader r;
    struct admin_card out = {.serial = 0};
    struct id_hash id;
    bool more = false;
    enum err e = admin_card_begin(&r, card, &more);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.root_pk, sizeof out.root_pk);
    wire_get_bin_exact(&r, out.log_pk, sizeof out.log_pk);
    wire_get_bin_exact(&r, out.transport_pk, sizeof out.transport_pk);
    wire_get_bin_exact(&r, out.sealing_pk, sizeof out.sealing_pk);
    out.serial = (uint32_t)wire_get_uint(&r, UINT32_MAX);
    if (more && !admin_card_more(&r, &out)) return ERR_BAD_FORMAT;
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    crypto_generichash_blake2b(id.b, sizeof id.b, out.root_pk, sizeof out.root_pk, NULL, 0);
    if (!ID_EQUAL(&id, hub)) return ERR_WRONG_HUB;
    e = admin_sealed(card, "dongbo/card/1", out.root_pk);
    if (e == ERR_OK) *c = out;
    return e;
}

void admin_cert_make(const struct admin_cert *c, const uint8_t log_secret[static 64],
                     struct buf *out)
{
    size_t at = out->len;
    assert(c->unit[0] != '\0' && strlen(c->unit) <= ADMIN_UNIT_BYTES_MAX);
    wire_put_array(out, 8);
    wire_put_uint(out, 1);
    wire_put_bin(out, BYTES_OF(c->hub.b));
    wire_put_bin(out, BYTES_OF(c->node.b));
    wire_put_bin(out, BYTES_OF(c->sign_pk));
    wire_put_bin(out, BYTES_OF(c->transport_pk));
    wire_put_bin(out, BYTES_OF(c->sealing_pk));
    wire_put_str(out, bytes_str(c->unit));
    wire_put_uint(out, c->serial);
    admin_seal(out, at, "dongbo/cert/1", log_secret);
}

enum err admin_cert_open(struct bytes cert, const struct id_hash *hub,
                         const uint8_t log_pk[static 32], struct admin_cert *c)
{
    struct wire_reader r;
    struct admin_cert out;
    enum err e = admin_paper_open(&r, cert, ADMIN_CERT_BYTES_MAX, 8);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.hub.b, sizeof out.hub.b);
    wire_get_bin_exact(&r, out.node.b, sizeof out.node.b);
    wire_get_bin_exact(&r, out.sign_pk, sizeof out.sign_pk);
    wire_get_bin_exact(&r, out.transport_pk, sizeof out.transport_pk);
    wire_get_bin_exact(&r, out.sealing_pk, sizeof out.sealing_pk);
    if (!admin_word(&r, out.unit, ADMIN_UNIT_BYTES_MAX)) return ERR_BAD_FORMAT;
    out.serial = (uint32_t)wire_get_uint(&r, UINT32_MAX);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    if (!ID_EQUAL(&out.hub, hub)) return ERR_WRONG_HUB;
    e = admin_sealed(cert, "dongbo/cert/1", log_pk);
    if (e == ERR_OK) *c = out;
    return e;
}

static void admin_receipt_bytes(const struct admin_receipt *r, struct admin_signed *m)
{
    admin_signed_begin(m, "dongbo/receipt/1");
    admin_signed_add(m, r->hub.b, sizeof r->hub.b);
    admin_signed_add(m, r->node.b, sizeof r->node.b);
    admin_signed_u64(m, r->epoch);
    admin_signed_add(m, r->inc.b, sizeof r->inc.b);
    admin_signed_u64(m, r->next_seq);
    admin_signed_add(m, r->chain.b, sizeof r->chain.b);
    admin_signed_u64(m, r->first_position);
    admin_signed_u64(m, r->last_position);
    admin_signed_add(m, r->position_hash.b, sizeof r->position_hash.b);
}

void admin_receipt_sign(const struct admin_receipt *r, const uint8_t log_secret[static 64],
                        uint8_t signature[static 64])
{
    struct admin_signed m;
    admin_receipt_bytes(r, &m);
    admin_sign(&m, log_secret, signature);
}

enum err admin_receipt_check(const struct admin_receipt *r, const uint8_t log_pk[static 32],
                             const uint8_t signature[static 64])
{
    struct admin_signed m;
    admin_receipt_bytes(r, &m);
    return admin_verify(&m, log_pk, signature);
}

static void admin_join_bytes(const struct id_hash *hub, const uint8_t *handshake_hash,
                             const uint8_t *sign_pk, const uint8_t *transport_pk,
                             const uint8_t *sealing_pk, struct admin_signed *m)
{
    admin_signed_begin(m, "dongbo/join/1");
    admin_signed_add(m, hub->b, sizeof hub->b);
    admin_signed_add(m, handshake_hash, 64);
    admin_signed_add(m, sign_pk, 32);
    admin_signed_add(m, transport_pk, 32);
    admin_signed_add(m, sealing_pk, 32);
}

void admin_join_sign(const uint8_t secret[static 64], const struct id_hash *hub,
                     const uint8_t handshake_hash[static 64], const uint8_t sign_pk[static 32],
                     const uint8_t transport_pk[static 32], const uint8_t sealing_pk[static 32],
                     uint8_t signature[static 64])
{
    struct admin_signed m;
    admin_join_bytes(hub, handshake_hash, sign_pk, transport_pk, sealing_pk, &m);
    admin_sign(&m, secret, signature);
}

enum err admin_join_check(const struct id_hash *hub, const uint8_t handshake_hash[static 64],
                          const uint8_t sign_pk[static 32], const uint8_t transport_pk[static 32],
                          const uint8_t sealing_pk[static 32], const uint8_t signature[static 64])
{
    struct admin_signed m;
    admin_join_bytes(hub, handshake_hash, sign_pk, transport_pk, sealing_pk, &m);
    return admin_verify(&m, sign_pk, signature);
}

void admin_join_fingerprint(const struct id_hash *hub, const struct id_hash *node,
                            const uint8_t sign_pk[static 32], const uint8_t transport_pk[static 32],
                            struct id_hash *out)
{
    uint8_t m[4 * 32];
    memcpy(m, hub->b, 32);
    memcpy(m + 32, node->b, 32);
    memcpy(m + 64, sign_pk, 32);
    memcpy(m + 96, transport_pk, 32);
    crypto_generichash_blake2b(out->b, sizeof out->b, m, sizeof m, NULL, 0);
}

void admin_invite_encode(const struct admin_invite *i, struct buf *out)
{
    struct buf b;
    char text[sodium_base64_ENCODED_LEN(ADMIN_INVITE_BYTES_MAX,
                                        sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    assert(i->address[0] != '\0' && strlen(i->address) <= ADMIN_ADDRESS_BYTES_MAX);
    assert(i->unit[0] != '\0' && strlen(i->unit) <= ADMIN_UNIT_BYTES_MAX);
    buf_init(&b, ADMIN_INVITE_BYTES_MAX);
    wire_put_array(&b, 6);
    wire_put_bin(&b, BYTES_OF(i->hub.b));
    wire_put_bin(&b, BYTES_OF(i->transport_pk));
    wire_put_bin(&b, BYTES_OF(i->sealing_pk));
    wire_put_bin(&b, BYTES_OF(i->token));
    wire_put_str(&b, bytes_str(i->address));
    wire_put_str(&b, bytes_str(i->unit));
    if (b.e == ERR_OK) {
        sodium_bin2base64(text, sizeof text, b.p, b.len, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        buf_add_str(out, admin_invite_prefix);
        buf_add_str(out, text);
        sodium_memzero(b.p, b.len);
        sodium_memzero(text, sizeof text);
    } else if (out->e == ERR_OK) {
        out->e = b.e;
    }
    buf_free(&b);
}

static bool admin_invite_read(struct bytes message, struct admin_invite *i)
{
    struct wire_reader r;
    if (wire_open_array(&r, message, 6) != ERR_OK) return false;
    wire_get_bin_exact(&r, i->hub.b, sizeof i->hub.b);
    wire_get_bin_exact(&r, i->transport_pk, sizeof i->transport_pk);
    wire_get_bin_exact(&r, i->sealing_pk, sizeof i->sealing_pk);
    wire_get_bin_exact(&r, i->token, sizeof i->token);
    if (!admin_word(&r, i->address, ADMIN_ADDRESS_BYTES_MAX)) return false;
    if (!admin_word(&r, i->unit, ADMIN_UNIT_BYTES_MAX)) return false;
    return wire_close(&r) == ERR_OK;
}

enum err admin_invite_decode(const char *text, struct admin_invite *i)
{
    static const char blanks[] = " \t\r\n"; /* mail programs break long lines */
    const size_t prefix = sizeof admin_invite_prefix - 1;
    uint8_t message[ADMIN_INVITE_BYTES_MAX];
    size_t len = 0;
    struct admin_invite out;
    text += strspn(text, blanks);
    size_t text_len = strlen(text);
    if (text_len < prefix || text_len > ADMIN_INVITE_TEXT_MAX) return ERR_BAD_INPUT;
    if (memcmp(text, admin_invite_prefix, prefix) != 0) return ERR_BAD_INPUT;
    if (sodium_base642bin(message, sizeof message, text + prefix, text_len - prefix, blanks, &len,
                          NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return ERR_BAD_INPUT;
    bool good = admin_invite_read(bytes_make(message, len), &out);
    if (good) *i = out;
    sodium_memzero(message, sizeof message);
    sodium_memzero(&out, sizeof out);
    return good ? ERR_OK : ERR_BAD_INPUT;
}
