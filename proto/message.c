/* The small messages of SPEC 7.6. Hellos are in message_hello.c, lists in message_feed.c. */
#include "proto/message.h"
#include "proto/admin.h"
#include "proto/wire.h"

#include <assert.h>

enum { MESSAGE_CODE_MAX = 255 }; /* highest code in BYE and REFUSE */

void message_receipt_encode(const struct message_receipt *m, struct buf *out)
{
    wire_put_array(out, 6);
    wire_put_bin(out, BYTES_OF(m->inc.b));
    wire_put_uint(out, m->next_seq);
    wire_put_uint(out, m->first_position);
    wire_put_uint(out, m->last_position);
    wire_put_bin(out, BYTES_OF(m->position_hash.b));
    wire_put_bin(out, BYTES_OF(m->signature));
}

enum err message_receipt_decode(struct bytes body, struct message_receipt *m)
{
    struct wire_reader r;
    struct message_receipt out = {0};
    enum err e = wire_open_array(&r, body, 6);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.inc.b, sizeof out.inc.b);
    out.next_seq = wire_get_uint(&r, UINT64_MAX);
    out.first_position = wire_get_uint(&r, UINT64_MAX);
    out.last_position = wire_get_uint(&r, UINT64_MAX);
    wire_get_bin_exact(&r, out.position_hash.b, sizeof out.position_hash.b);
    wire_get_bin_exact(&r, out.signature, sizeof out.signature);
    e = wire_close(&r);
    if (e == ERR_OK) *m = out;
    return e;
}

void message_end_encode(const struct message_end *m, struct buf *out)
{
    assert(m->head_count <= HELLO_LOGS_MAX);
    wire_put_array(out, 5);
    wire_put_uint(out, m->position);
    wire_put_bin(out, BYTES_OF(m->position_hash.b));
    wire_put_array(out, m->head_count);
    for (size_t i = 0; i < m->head_count; i++) {
        wire_put_array(out, 2);
        wire_put_bin(out, BYTES_OF(m->incs[i].b));
        wire_put_uint(out, m->next_seqs[i]);
    }
    wire_put_bin(out, BYTES_OF(m->scope_hash));
    wire_put_uint(out, m->records);
}

enum err message_end_decode(struct bytes body, struct message_end *m)
{
    struct wire_reader r;
    struct message_end out = {0};
    enum err e = wire_open_array(&r, body, 5);
    if (e != ERR_OK) return e;
    out.position = wire_get_uint(&r, UINT64_MAX);
    wire_get_bin_exact(&r, out.position_hash.b, sizeof out.position_hash.b);
    out.head_count = wire_get_array(&r);
    if (out.head_count > HELLO_LOGS_MAX) return ERR_BAD_FORMAT;
    for (size_t i = 0; i < out.head_count; i++) {
        if (wire_get_array(&r) != 2) return ERR_BAD_FORMAT;
        wire_get_bin_exact(&r, out.incs[i].b, sizeof out.incs[i].b);
        out.next_seqs[i] = wire_get_uint(&r, UINT64_MAX);
    }
    wire_get_bin_exact(&r, out.scope_hash, sizeof out.scope_hash);
    out.records = wire_get_uint(&r, UINT64_MAX);
    e = wire_close(&r);
    if (e == ERR_OK) *m = out;
    return e;
}

void message_join_encode(const struct message_join *m, struct buf *out)
{
    assert(m->name.len <= MESSAGE_TEXT_MAX);
    wire_put_array(out, 6);
    wire_put_bin(out, BYTES_OF(m->token));
    wire_put_bin(out, BYTES_OF(m->sign_pk));
    wire_put_bin(out, BYTES_OF(m->transport_pk));
    wire_put_bin(out, BYTES_OF(m->sealing_pk));
    wire_put_str(out, m->name);
    wire_put_bin(out, BYTES_OF(m->signature));
}

enum err message_join_decode(struct bytes body, struct message_join *m)
{
    struct wire_reader r;
    struct message_join out = {0};
    enum err e = wire_open_array(&r, body, 6);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.token, sizeof out.token);
    wire_get_bin_exact(&r, out.sign_pk, sizeof out.sign_pk);
    wire_get_bin_exact(&r, out.transport_pk, sizeof out.transport_pk);
    wire_get_bin_exact(&r, out.sealing_pk, sizeof out.sealing_pk);
    out.name = wire_get_str(&r);
    wire_get_bin_exact(&r, out.signature, sizeof out.signature);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    if (out.name.len > MESSAGE_TEXT_MAX) return ERR_BAD_FORMAT;
    *m = out;
    return ERR_OK;
}

void message_welcome_encode(const struct message_welcome *m, struct buf *out)
{
    assert(m->card.len <= ADMIN_CARD_BYTES_MAX && m->cert.len <= ADMIN_CERT_BYTES_MAX);
    assert(m->unit_name.len <= MESSAGE_TEXT_MAX);
    wire_put_array(out, 3);
    wire_put_bin(out, m->card);
    wire_put_bin(out, m->cert);
    wire_put_str(out, m->unit_name);
}

enum err message_welcome_decode(struct bytes body, struct message_welcome *m)
{
    struct wire_reader r;
    struct message_welcome out = {0};
    enum err e = wire_open_array(&r, body, 3);
    if (e != ERR_OK) return e;
    out.card = wire_get_bin(&r);
    out.cert = wire_get_bin(&r);
    out.unit_name = wire_get_str(&r);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    if (out.card.len > ADMIN_CARD_BYTES_MAX) return ERR_BAD_FORMAT;
    if (out.cert.len > ADMIN_CERT_BYTES_MAX) return ERR_BAD_FORMAT;
    if (out.unit_name.len > MESSAGE_TEXT_MAX) return ERR_BAD_FORMAT;
    *m = out;
    return ERR_OK;
}

void message_refuse_encode(const struct message_refuse *m, struct buf *out)
{
    assert(m->code <= MESSAGE_CODE_MAX && m->text.len <= MESSAGE_TEXT_MAX);
    wire_put_array(out, 2);
    wire_put_uint(out, m->code);
    wire_put_str(out, m->text);
}

enum err message_refuse_decode(struct bytes body, struct message_refuse *m)
{
    struct wire_reader r;
    struct message_refuse out = {0};
    enum err e = wire_open_array(&r, body, 2);
    if (e != ERR_OK) return e;
    out.code = (unsigned)wire_get_uint(&r, MESSAGE_CODE_MAX);
    out.text = wire_get_str(&r);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    if (out.text.len > MESSAGE_TEXT_MAX) return ERR_BAD_FORMAT;
    *m = out;
    return ERR_OK;
}

void message_bye_encode(const struct message_bye *m, struct buf *out)
{
    assert(m->code <= MESSAGE_CODE_MAX);
    wire_put_array(out, 2);
    wire_put_uint(out, m->position);
    wire_put_uint(out, m->code);
}

enum err message_bye_decode(struct bytes body, struct message_bye *m)
{
    struct wire_reader r;
    struct message_bye out = {0};
    enum err e = wire_open_array(&r, body, 2);
    if (e != ERR_OK) return e;
    out.position = wire_get_uint(&r, UINT64_MAX);
    out.code = (unsigned)wire_get_uint(&r, MESSAGE_CODE_MAX);
    e = wire_close(&r);
    if (e == ERR_OK) *m = out;
    return e;
}

void message_page_encode(const struct message_page *m, struct buf *out)
{
    wire_put_array(out, 2);
    wire_put_uint(out, m->from);
    wire_put_bin(out, BYTES_OF(m->hash));
}

enum err message_page_decode(struct bytes body, struct message_page *m)
{
    struct wire_reader r;
    struct message_page out;
    enum err e = wire_open_array(&r, body, 2);
    if (e != ERR_OK) return e;
    out.from = wire_get_uint(&r, UINT64_MAX);
    wire_get_bin_exact(&r, out.hash, sizeof out.hash);
    e = wire_close(&r);
    if (e == ERR_OK) *m = out;
    return e;
}
