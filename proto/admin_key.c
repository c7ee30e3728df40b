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
