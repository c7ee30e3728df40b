/* Messages of a session that repairs, PULL and PROOF, and of a revoked node. SPEC 7.6, 7.13, 7.14, 18.3. */
#include "proto/message.h"
#include "proto/wire.h"

/* An array of `items` values, or an empty one; *empty says which. */
static enum err message_open_maybe(struct wire_reader *r, struct bytes body, size_t items,
                                   bool *empty)
{
    *empty = body.len == 1 && body.p[0] == 0x90;
    return wire_open_array(r, body, *empty ? 0 : items);
}

void message_pull_encode(const struct message_pull *m, struct buf *out)
{
    wire_put_array(out, 2);
    wire_put_bin(out, BYTES_OF(m->inc.b));
    wire_put_uint(out, m->from);
}

enum err message_pull_decode(struct bytes body, struct message_pull *m)
{
    struct wire_reader r;
    struct message_pull out = {.from = 0};
    enum err e = wire_open_array(&r, body, 2);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.inc.b, sizeof out.inc.b);
    out.from = wire_get_uint(&r, INT64_MAX);
    e = wire_close(&r);
    if (e == ERR_OK) *m = out;
    return e;
}

void message_quarantined_encode(const struct message_quarantined *m, struct buf *out)
{
    wire_put_array(out, 2);
    wire_put_bin(out, BYTES_OF(m->inc.b));
    wire_put_uint(out, m->next_seq);
}

enum err message_quarantined_decode(struct bytes body, struct message_quarantined *m)
{
    struct wire_reader r;
    struct message_quarantined out = {.next_seq = 0};
    enum err e = wire_open_array(&r, body, 2);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.inc.b, sizeof out.inc.b);
    out.next_seq = wire_get_uint(&r, INT64_MAX);
    e = wire_close(&r);
    if (e == ERR_OK) *m = out;
    return e;
}

void message_proof_encode(const struct message_proof *m, struct buf *out)
{
    wire_put_array(out, m->has ? 8 : 0);
    if (!m->has) return;
    wire_put_uint(out, m->epoch);
    wire_put_bin(out, BYTES_OF(m->inc.b));
    wire_put_uint(out, m->next_seq);
    wire_put_bin(out, BYTES_OF(m->chain.b));
    wire_put_uint(out, m->first_position);
    wire_put_uint(out, m->last_position);
    wire_put_bin(out, BYTES_OF(m->position_hash.b));
    wire_put_bin(out, BYTES_OF(m->signature));
}

enum err message_proof_decode(struct bytes body, struct message_proof *m)
{
    struct wire_reader r;
    struct message_proof out = {.has = false};
    bool empty = false;
    enum err e = message_open_maybe(&r, body, 8, &empty);
    if (e != ERR_OK) return e;
    out.has = !empty;
    if (out.has) {
        out.epoch = wire_get_uint(&r, UINT64_MAX);
        wire_get_bin_exact(&r, out.inc.b, sizeof out.inc.b);
        out.next_seq = wire_get_uint(&r, INT64_MAX);
        wire_get_bin_exact(&r, out.chain.b, sizeof out.chain.b);
        out.first_position = wire_get_uint(&r, INT64_MAX);
        out.last_position = wire_get_uint(&r, INT64_MAX);
        wire_get_bin_exact(&r, out.position_hash.b, sizeof out.position_hash.b);
        wire_get_bin_exact(&r, out.signature, sizeof out.signature);
    }
    e = wire_close(&r);
    if (e == ERR_OK && out.has && (out.next_seq == 0 || out.first_position > out.last_position))
        e = ERR_BAD_FORMAT;
    if (e == ERR_OK) *m = out;
    return e;
}
