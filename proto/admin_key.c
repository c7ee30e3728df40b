#include "proto/admin_key.h"
#include "common/zoo.h"
#include "proto/change.h"
#include "proto/wire.h"

#include <assert.h>
#include <sodium.h>

static enum err admin_key_open(struct wire_reader *r, struct bytes payload, enum change_kind kind,
                               size_t items)
{
    enum err e = wire_open_array(r, payload, items);
    if (e != ERR_OK) return e;
    return wire_get_uint(r, CHANGE_KIND_MAX) == (uint64_t)kind ? r->e : ERR_BAD_FORMAT;
}

static bool admin_key_text(struct bytes text, size_t max)
{
    return text.len > 0 && text.len <= max;
}

/* ---- quarantine ---- */

void admin_quarantine_encode(const struct admin_quarantine *q, struct buf *out)
{
    wire_put_array(out, 9);
    wire_put_uint(out, CHANGE_QUARANTINE);
    wire_put_bin(out, BYTES_OF(q->node.b));
    wire_put_bin(out, BYTES_OF(q->inc.b));
    wire_put_uint(out, q->first);
    wire_put_uint(out, q->next);
    wire_put_bin(out, BYTES_OF(q->hash.b));
    wire_put_bool(out, q->release);
    wire_put_str(out, q->by);
    wire_put_str(out, q->reason);
}

enum err admin_quarantine_decode(struct bytes payload, struct admin_quarantine *q)
{
    struct wire_reader r;
    struct admin_quarantine out = {.release = false};
    enum err e = admin_key_open(&r, payload, CHANGE_QUARANTINE, 9);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.node.b, sizeof out.node.b);
    wire_get_bin_exact(&r, out.inc.b, sizeof out.inc.b);
    out.first = wire_get_uint(&r, INT64_MAX);
    out.next = wire_get_uint(&r, INT64_MAX);
    wire_get_bin_exact(&r, out.hash.b, sizeof out.hash.b);
    out.release = wire_get_bool(&r);
    out.by = wire_get_str(&r);
    out.reason = wire_get_str(&r);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    if (out.first >= out.next || !admin_key_text(out.by, ADMIN_KEY_NAME_BYTES_MAX) ||
        !admin_key_text(out.reason, ADMIN_KEY_REASON_BYTES_MAX))
        return ERR_BAD_FORMAT;
    *q = out;
    return ERR_OK;
}

/* ---- a node's own keys ---- */

enum { ADMIN_REKEY_SIGNED_BYTES = 16 + 5 * 32 };

static void admin_rekey_bytes(const struct admin_rekey *r, const struct id_hash *hub,
                              const struct id_hash *node, uint8_t m[ADMIN_REKEY_SIGNED_BYTES])
{
    static const char tag[] = "dongbo/rekey/1";
    memset(m, 0, 16);
    memcpy(m, tag, sizeof tag - 1);
    memcpy(m + 16, hub->b, 32);
    memcpy(m + 48, node->b, 32);
    memcpy(m + 80, r->sign_pk, 32);
    memcpy(m + 112, r->transport_pk, 32);
    memcpy(m + 144, r->sealing_pk, 32);
}

void admin_rekey_sign(struct admin_rekey *r, const struct id_hash *hub, const struct id_hash *node,
                      const uint8_t secret[static 64])
{
    uint8_t m[ADMIN_REKEY_SIGNED_BYTES];
    admin_rekey_bytes(r, hub, node, m);
    int bad = crypto_sign_detached(r->proof, NULL, m, sizeof m, secret);
    assert(bad == 0);
}

enum err admin_rekey_check(const struct admin_rekey *r, const struct id_hash *hub,
                           const struct id_hash *node)
{
    uint8_t m[ADMIN_REKEY_SIGNED_BYTES];
    admin_rekey_bytes(r, hub, node, m);
    int bad = crypto_sign_verify_detached(r->proof, m, sizeof m, r->sign_pk);
    return bad == 0 ? ERR_OK : ERR_BAD_SIGNATURE;
}

void admin_rekey_encode(const struct admin_rekey *r, struct buf *out)
{
    wire_put_array(out, 5);
    wire_put_uint(out, CHANGE_REKEY);
    wire_put_bin(out, BYTES_OF(r->sign_pk));
    wire_put_bin(out, BYTES_OF(r->transport_pk));
    wire_put_bin(out, BYTES_OF(r->sealing_pk));
    wire_put_bin(out, BYTES_OF(r->proof));
}

enum err admin_rekey_decode(struct bytes payload, struct admin_rekey *r)
{
    struct wire_reader rd;
    struct admin_rekey out;
    enum err e = admin_key_open(&rd, payload, CHANGE_REKEY, 5);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&rd, out.sign_pk, sizeof out.sign_pk);
    wire_get_bin_exact(&rd, out.transport_pk, sizeof out.transport_pk);
    wire_get_bin_exact(&rd, out.sealing_pk, sizeof out.sealing_pk);
    wire_get_bin_exact(&rd, out.proof, sizeof out.proof);
    e = wire_close(&rd);
    if (e == ERR_OK) *r = out;
    return e;
}

void admin_rekey_ask_encode(const struct admin_rekey_ask *a, struct buf *out)
{
    wire_put_array(out, 4);
    wire_put_uint(out, CHANGE_REKEY_ASK);
    wire_put_bin(out, BYTES_OF(a->node.b));
    wire_put_bin(out, BYTES_OF(a->sign_pk));
    wire_put_str(out, a->reason);
}

enum err admin_rekey_ask_decode(struct bytes payload, struct admin_rekey_ask *a)
{
    struct wire_reader r;
    struct admin_rekey_ask out;
    enum err e = admin_key_open(&r, payload, CHANGE_REKEY_ASK, 4);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.node.b, sizeof out.node.b);
    wire_get_bin_exact(&r, out.sign_pk, sizeof out.sign_pk);
    out.reason = wire_get_str(&r);
    e = wire_close(&r);
    if (e == ERR_OK && !admin_key_text(out.reason, ADMIN_KEY_REASON_BYTES_MAX)) e = ERR_BAD_FORMAT;
    if (e == ERR_OK) *a = out;
    return e;
}

/* ---- the hub's card ---- */

void admin_key_card_encode(struct bytes card, struct buf *out)
{
    wire_put_array(out, 2);
    wire_put_uint(out, CHANGE_CARD);
    wire_put_bin(out, card);
}

enum err admin_key_card_decode(struct bytes payload, struct bytes *card)
{
    struct wire_reader r;
    enum err e = admin_key_open(&r, payload, CHANGE_CARD, 2);
    if (e != ERR_OK) return e;
    struct bytes c = wire_get_bin(&r);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    if (c.len == 0 || c.len > ADMIN_CARD_BYTES_MAX) return ERR_BAD_FORMAT;
    *card = c;
    return ERR_OK;
}

static bool admin_key_counts(const struct admin_past *p, uint64_t position)
{
    return !p->stolen || ZOO(110) || (position != 0 && position <= p->last);
}

enum err admin_key_set_check(const struct admin_card *card, const struct change_head *head,
                             const struct id_hash *hash,
                             const uint8_t signature[static CHANGE_SIGNATURE_BYTES],
                             uint64_t position, uint8_t *by)
{
    const uint8_t *pk = card->log_pk;
    enum err e = change_check_signature(pk, head, hash, signature);
    for (size_t i = card->past_count; e == ERR_BAD_SIGNATURE && i > 0; i--) {
        pk = card->past[i - 1].log_pk;
        if (admin_key_counts(&card->past[i - 1], position))
            e = change_check_signature(pk, head, hash, signature);
    }
    if (e == ERR_OK && by != NULL) memcpy(by, pk, sizeof card->log_pk);
    return e;
}

enum err admin_key_cert_open(struct bytes cert, const struct id_hash *hub,
                             const struct admin_card *card, uint64_t position,
                             struct admin_cert *out)
{
    enum err e = admin_cert_open(cert, hub, card->log_pk, out);
    for (size_t i = card->past_count; e == ERR_BAD_SIGNATURE && i > 0; i--) {
        if (admin_key_counts(&card->past[i - 1], position))
            e = admin_cert_open(cert, hub, card->past[i - 1].log_pk, out);
    }
    return e;
}

enum err admin_key_receipt_check(const struct admin_receipt *r, const struct admin_card *card,
                                 const uint8_t signature[static 64])
{
    enum err e = admin_receipt_check(r, card->log_pk, signature);
    for (size_t i = card->past_count; e == ERR_BAD_SIGNATURE && i > 0; i--) {
        if (r->last_position > 0 && r->last_position <= card->past[i - 1].last)
            e = admin_receipt_check(r, card->past[i - 1].log_pk, signature);
    }
    return e;
}

bool admin_key_is_past(const struct admin_card *card, const uint8_t log_pk[static 32])
{
    for (size_t i = 0; i < card->past_count; i++) {
        if (memcmp(card->past[i].log_pk, log_pk, 32) == 0) return true;
    }
    return false;
}
