#include "proto/attach.h"
#include "proto/wire.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* ---- what kind of file it is ---- */

static bool attach_begins(struct bytes b, size_t at, const char *magic, size_t len)
{
    return b.len >= at + len && memcmp(b.p + at, magic, len) == 0;
}

enum attach_kind attach_kind_of(struct bytes b)
{
    if (attach_begins(b, 0, "\xff\xd8\xff", 3)) return ATTACH_KIND_JPEG;
    if (attach_begins(b, 0, "\x89PNG\r\n\x1a\n", 8)) return ATTACH_KIND_PNG;
    if (attach_begins(b, 0, "%PDF-", 5)) return ATTACH_KIND_PDF;
    if (attach_begins(b, 0, "RIFF", 4) && attach_begins(b, 8, "WEBP", 4)) return ATTACH_KIND_WEBP;
    if (attach_begins(b, 0, "II*\0", 4) || attach_begins(b, 0, "MM\0*", 4)) return ATTACH_KIND_TIFF;
    if (attach_begins(b, 4, "ftypheic", 8) || attach_begins(b, 4, "ftypheix", 8) ||
        attach_begins(b, 4, "ftypmif1", 8))
        return ATTACH_KIND_HEIC;
    if (attach_begins(b, 0, "dongbo/file/1\0\0\0", 16)) return ATTACH_KIND_SEALED;
    return ATTACH_KIND_NONE;
}

const char *attach_kind_media(enum attach_kind kind)
{
    static const char *const media[] = {
        NULL,         "image/jpeg", "image/png",  "application/pdf",
        "image/webp", "image/tiff", "image/heic", "application/octet-stream"};
    return media[kind];
}

/* ---- the address ---- */

static crypto_generichash_state *attach_state(struct attach_hash_state *s)
{
    static_assert(sizeof(crypto_generichash_state) <= sizeof s->opaque, "libsodium's state fits");
    return (crypto_generichash_state *)(void *)s->opaque;
}

void attach_hash_begin(struct attach_hash_state *s)
{
    static const uint8_t key[16] = "dongbo/attach/1";
    crypto_generichash_init(attach_state(s), key, sizeof key, ID_HASH_BYTES);
}

void attach_hash_add(struct attach_hash_state *s, struct bytes part)
{
    crypto_generichash_update(attach_state(s), part.p, part.len);
}

void attach_hash_end(struct attach_hash_state *s, struct id_hash *out)
{
    crypto_generichash_final(attach_state(s), out->b, ID_HASH_BYTES);
}

void attach_hash(struct bytes file, struct id_hash *out)
{
    struct attach_hash_state s;
    attach_hash_begin(&s);
    attach_hash_add(&s, file);
    attach_hash_end(&s, out);
}

bool attach_value(struct bytes value, struct id_hash *hash)
{
    char hex[ATTACH_HEX_BYTES + 1] = "", again[ATTACH_HEX_BYTES + 1];
    if (value.len != 2 + ATTACH_HEX_BYTES || value.p[0] != 0xd9 || value.p[1] != ATTACH_HEX_BYTES)
        return false;
    memcpy(hex, value.p + 2, ATTACH_HEX_BYTES);
    if (id_unhex(hex, hash->b, sizeof hash->b) != ERR_OK) return false;
    id_hex(BYTES_OF(hash->b), again);
    return strcmp(hex, again) == 0; /* small digits */
}

bool attach_named(const struct fold *f, const struct id_hash *hash)
{
    uint8_t value[2 + ATTACH_HEX_BYTES + 1] = {0xd9, ATTACH_HEX_BYTES}; /* str of 64 bytes */
    id_hex(BYTES_OF(hash->b), (char *)value + 2);
    struct bytes name = bytes_make(value, 2 + ATTACH_HEX_BYTES);
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        for (size_t k = 0; k < r->count; k++) {
            if (bytes_equal(r->heads[k].value, name)) return true;
        }
    }
    return false;
}

/* ---- messages ---- */

static void attach_ref_encode(const struct attach_ref *r, size_t more, struct buf *out)
{
    wire_put_array(out, 2 + more);
    wire_put_bin(out, BYTES_OF(r->record.b));
    wire_put_bin(out, BYTES_OF(r->hash.b));
}

static enum err attach_ref_open(struct wire_reader *r, struct bytes body, size_t more,
                                struct attach_ref *ref)
{
    enum err e = wire_open_array(r, body, 2 + more);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(r, ref->record.b, sizeof ref->record.b);
    wire_get_bin_exact(r, ref->hash.b, sizeof ref->hash.b);
    return ERR_OK;
}

void attach_offer_encode(const struct attach_offer *m, struct buf *out)
{
    attach_ref_encode(&m->ref, 1, out);
    wire_put_uint(out, m->size);
}

enum err attach_offer_decode(struct bytes body, struct attach_offer *m)
{
    struct wire_reader r;
    struct attach_offer out;
    enum err e = attach_ref_open(&r, body, 1, &out.ref);
    if (e != ERR_OK) return e;
    out.size = wire_get_uint(&r, ATTACH_BYTES_MAX);
    e = wire_close(&r);
    if (e == ERR_OK && out.size == 0) e = ERR_BAD_FORMAT;
    if (e == ERR_OK) *m = out;
    return e;
}

void attach_have_encode(const struct attach_have *m, struct buf *out)
{
    attach_ref_encode(&m->ref, 2, out);
    wire_put_uint(out, m->have);
    wire_put_uint(out, m->code);
}

enum err attach_have_decode(struct bytes body, struct attach_have *m)
{
    struct wire_reader r;
    struct attach_have out;
    enum err e = attach_ref_open(&r, body, 2, &out.ref);
    if (e != ERR_OK) return e;
    out.have = wire_get_uint(&r, ATTACH_BYTES_MAX);
    out.code = (unsigned)wire_get_uint(&r, 255);
    e = wire_close(&r);
    if (e == ERR_OK) *m = out;
    return e;
}

void attach_want_encode(const struct attach_want *m, struct buf *out)
{
    attach_ref_encode(&m->ref, 1, out);
    wire_put_uint(out, m->from);
}

enum err attach_want_decode(struct bytes body, struct attach_want *m)
{
    struct wire_reader r;
    struct attach_want out;
    enum err e = attach_ref_open(&r, body, 1, &out.ref);
    if (e != ERR_OK) return e;
    out.from = wire_get_uint(&r, ATTACH_BYTES_MAX - 1);
    e = wire_close(&r);
    if (e == ERR_OK && out.from % ATTACH_BLOCK_BYTES != 0) e = ERR_BAD_FORMAT;
    if (e == ERR_OK) *m = out;
    return e;
}

void attach_block_encode(const struct attach_block *m, struct buf *out)
{
    wire_put_array(out, 3);
    wire_put_uint(out, m->from);
    wire_put_uint(out, m->size);
    wire_put_bin(out, m->data);
}

enum err attach_block_decode(struct bytes body, struct attach_block *m)
{
    struct wire_reader r;
    struct attach_block out;
    enum err e = wire_open_array(&r, body, 3);
    if (e != ERR_OK) return e;
    out.from = wire_get_uint(&r, ATTACH_BYTES_MAX - 1);
    out.size = wire_get_uint(&r, ATTACH_BYTES_MAX);
    out.data = wire_get_bin(&r);
    e = wire_close(&r);
    if (e == ERR_OK && (out.from % ATTACH_BLOCK_BYTES != 0 || out.from >= out.size ||
                        out.data.len != attach_block_len(out.from, out.size)))
        e = ERR_BAD_FORMAT;
    if (e == ERR_OK) *m = out;
    return e;
}
