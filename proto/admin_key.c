#include "proto/admin_key.h"
#include "proto/change.h"
#include "proto/wire.h"

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
    return !p->stolen || (position != 0 && position <= p->last);
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
