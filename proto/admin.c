/* Payloads of administrative ops, SPEC 4.13. The signed papers are in admin_paper.c. */
#include "proto/admin.h"
#include "common/catalogue.h"
#include "proto/change.h"
#include "proto/wire.h"

#include <assert.h>

/* Start reading a payload of this kind with this many items. */
static enum err admin_open(struct wire_reader *r, struct bytes payload, enum change_kind kind,
                           size_t items)
{
    enum err e = wire_open_array(r, payload, items);
    if (e != ERR_OK) return e;
    return wire_get_uint(r, CHANGE_CLOSE) == (uint64_t)kind ? r->e : ERR_BAD_FORMAT;
}

static void admin_begin(struct buf *out, enum change_kind kind, size_t items)
{
    wire_put_array(out, items);
    wire_put_uint(out, (uint64_t)kind);
}

void admin_genesis_encode(const struct admin_genesis *g, struct buf *out)
{
    assert(g->reauthored_count <= ADMIN_REAUTHORED_MAX);
    admin_begin(out, CHANGE_GENESIS, 4);
    wire_put_bin(out, BYTES_OF(g->sign_pk));
    if (g->has_parent) {
        wire_put_array(out, 3);
        wire_put_bin(out, BYTES_OF(g->parent_inc.b));
        wire_put_uint(out, g->parent_seq);
        wire_put_bin(out, BYTES_OF(g->parent_hash.b));
    } else {
        wire_put_nil(out);
    }
    wire_put_array(out, g->reauthored_count);
    for (size_t i = 0; i < g->reauthored_count; i++) {
        const struct admin_span *s = &g->reauthored[i];
        wire_put_array(out, 4);
        wire_put_bin(out, BYTES_OF(s->inc.b));
        wire_put_uint(out, s->first);
        wire_put_uint(out, s->last);
        wire_put_bin(out, BYTES_OF(s->hash.b));
    }
}

static bool admin_span_read(struct wire_reader *r, struct admin_span *s)
{
    if (wire_get_array(r) != 4) return false;
    wire_get_bin_exact(r, s->inc.b, sizeof s->inc.b);
    s->first = wire_get_uint(r, UINT64_MAX);
    s->last = wire_get_uint(r, UINT64_MAX);
    wire_get_bin_exact(r, s->hash.b, sizeof s->hash.b);
    return r->e == ERR_OK && s->first <= s->last;
}

/* nil or the set that the new log grows out of. */
static bool admin_parent_read(struct wire_reader *r, struct admin_genesis *g)
{
    g->has_parent = !wire_get_nil(r);
    if (!g->has_parent) return true;
    if (wire_get_array(r) != 3) return false;
    wire_get_bin_exact(r, g->parent_inc.b, sizeof g->parent_inc.b);
    g->parent_seq = wire_get_uint(r, UINT64_MAX);
    wire_get_bin_exact(r, g->parent_hash.b, sizeof g->parent_hash.b);
    return r->e == ERR_OK;
}

enum err admin_genesis_decode(struct bytes payload, struct admin_genesis *g)
{
    struct wire_reader r;
    struct admin_genesis out = {0};
    enum err e = admin_open(&r, payload, CHANGE_GENESIS, 4);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.sign_pk, sizeof out.sign_pk);
    if (!admin_parent_read(&r, &out)) return ERR_BAD_FORMAT;
    out.reauthored_count = wire_get_array(&r);
    if (out.reauthored_count > ADMIN_REAUTHORED_MAX) return ERR_BAD_FORMAT;
    for (size_t i = 0; i < out.reauthored_count; i++)
        if (!admin_span_read(&r, &out.reauthored[i])) return ERR_BAD_FORMAT;
    e = wire_close(&r);
    if (e == ERR_OK) *g = out;
    return e;
}

void admin_part_encode(const struct admin_part *p, struct buf *out)
{
    assert(p->index < p->parts && p->parts <= ADMIN_PARTS_MAX);
    assert(p->data.len > 0 && p->data.len <= ADMIN_PART_BYTES_MAX);
    admin_begin(out, CHANGE_CATALOGUE_PART, 5);
    wire_put_bin(out, BYTES_OF(p->archive.b));
    wire_put_uint(out, p->index);
    wire_put_uint(out, p->parts);
    wire_put_bin(out, p->data);
}

enum err admin_part_decode(struct bytes payload, struct admin_part *p)
{
    struct wire_reader r;
    struct admin_part out = {0};
    enum err e = admin_open(&r, payload, CHANGE_CATALOGUE_PART, 5);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.archive.b, sizeof out.archive.b);
    out.index = (unsigned)wire_get_uint(&r, ADMIN_PARTS_MAX - 1);
    out.parts = (unsigned)wire_get_uint(&r, ADMIN_PARTS_MAX);
    out.data = wire_get_bin(&r);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    if (out.index >= out.parts) return ERR_BAD_FORMAT;
    if (out.data.len == 0 || out.data.len > ADMIN_PART_BYTES_MAX) return ERR_BAD_FORMAT;
    *p = out;
    return ERR_OK;
}

void admin_edition_encode(const struct admin_edition *c, struct buf *out)
{
    assert(c->edition > 0 && c->archive_bytes <= CATALOGUE_ARCHIVE_BYTES_MAX);
    assert(c->parts > 0 && c->parts <= ADMIN_PARTS_MAX);
    admin_begin(out, CHANGE_CATALOGUE, 5);
    wire_put_uint(out, c->edition);
    wire_put_bin(out, BYTES_OF(c->archive.b));
    wire_put_uint(out, c->archive_bytes);
    wire_put_uint(out, c->parts);
}

enum err admin_edition_decode(struct bytes payload, struct admin_edition *c)
{
    struct wire_reader r;
    struct admin_edition out = {0};
    enum err e = admin_open(&r, payload, CHANGE_CATALOGUE, 5);
    if (e != ERR_OK) return e;
    out.edition = (uint32_t)wire_get_uint(&r, UINT32_MAX);
    wire_get_bin_exact(&r, out.archive.b, sizeof out.archive.b);
    out.archive_bytes = (uint32_t)wire_get_uint(&r, CATALOGUE_ARCHIVE_BYTES_MAX);
    out.parts = (unsigned)wire_get_uint(&r, ADMIN_PARTS_MAX);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    if (out.edition == 0 || out.parts == 0) return ERR_BAD_FORMAT;
    *c = out;
    return ERR_OK;
}

void admin_enrol_encode(const struct admin_enrol *n, struct buf *out)
{
    admin_begin(out, CHANGE_ENROL, 3);
    wire_put_bin(out, BYTES_OF(n->node.b));
    wire_put_bin(out, n->certificate);
}

enum err admin_enrol_decode(struct bytes payload, struct admin_enrol *n)
{
    struct wire_reader r;
    struct admin_enrol out = {0};
    enum err e = admin_open(&r, payload, CHANGE_ENROL, 3);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.node.b, sizeof out.node.b);
    out.certificate = wire_get_bin(&r);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    if (out.certificate.len > ADMIN_CERT_BYTES_MAX) return ERR_BAD_FORMAT;
    *n = out;
    return ERR_OK;
}

void admin_revoke_encode(const struct admin_revoke *v, struct buf *out)
{
    admin_begin(out, CHANGE_REVOKE, 3);
    wire_put_bin(out, BYTES_OF(v->node.b));
    wire_put_str(out, v->reason);
}

enum err admin_revoke_decode(struct bytes payload, struct admin_revoke *v)
{
    struct wire_reader r;
    struct admin_revoke out = {0};
    enum err e = admin_open(&r, payload, CHANGE_REVOKE, 3);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, out.node.b, sizeof out.node.b);
    out.reason = wire_get_str(&r);
    e = wire_close(&r);
    if (e == ERR_OK) *v = out;
    return e;
}

/* A whole first issue says neither how it came about nor who is missing: the form of before. */
static bool admin_close_plain(const struct admin_close *c)
{
    return c->mode == ADMIN_CLOSE_FIRST && c->missing.len == 0;
}

void admin_close_encode(const struct admin_close *c, struct buf *out)
{
    bool plain = admin_close_plain(c);
    assert(plain || c->has_inputs);
    admin_begin(out, CHANGE_CLOSE, !plain ? 13 : c->has_inputs ? 11 : 10);
    wire_put_str(out, c->report);
    wire_put_str(out, c->unit);
    wire_put_str(out, c->period);
    wire_put_uint(out, c->issue);
    wire_put_uint(out, c->cut_epoch);
    wire_put_uint(out, c->cut_position);
    wire_put_bin(out, BYTES_OF(c->cut_hash.b));
    wire_put_uint(out, c->edition);
    wire_put_bin(out, BYTES_OF(c->figures.b));
    if (c->has_inputs) wire_put_bin(out, BYTES_OF(c->inputs.b));
    if (plain) return;
    wire_put_uint(out, (uint64_t)c->mode);
    wire_put_str(out, c->missing);
}

static void admin_close_more(struct wire_reader *r, struct admin_close *c)
{
    uint64_t mode = wire_get_uint(r, ADMIN_CLOSE_AGAIN);
    c->mode = (enum admin_close_mode)mode;
    c->missing = wire_get_str(r);
    if (c->missing.len > ADMIN_MISSING_BYTES_MAX || admin_close_plain(c)) r->e = ERR_BAD_FORMAT;
}

enum err admin_close_decode(struct bytes payload, struct admin_close *c)
{
    struct wire_reader r;
    struct admin_close out = {0};
    static const size_t forms[] = {13, 11, 10};
    size_t form = 0;
    enum err e = ERR_BAD_FORMAT;
    for (size_t i = 0; e == ERR_BAD_FORMAT && i < sizeof forms / sizeof forms[0]; i++) {
        form = forms[i];
        e = admin_open(&r, payload, CHANGE_CLOSE, form);
    }
    out.has_inputs = form >= 11;
    if (e != ERR_OK) return e;
    out.report = wire_get_str(&r);
    out.unit = wire_get_str(&r);
    out.period = wire_get_str(&r);
    out.issue = (uint32_t)wire_get_uint(&r, UINT32_MAX);
    out.cut_epoch = wire_get_uint(&r, UINT64_MAX);
    out.cut_position = wire_get_uint(&r, UINT64_MAX);
    wire_get_bin_exact(&r, out.cut_hash.b, sizeof out.cut_hash.b);
    out.edition = (uint32_t)wire_get_uint(&r, UINT32_MAX);
    wire_get_bin_exact(&r, out.figures.b, sizeof out.figures.b);
    if (out.has_inputs) wire_get_bin_exact(&r, out.inputs.b, sizeof out.inputs.b);
    if (form == 13) admin_close_more(&r, &out);
    e = wire_close(&r);
    if (e == ERR_OK) *c = out;
    return e;
}
