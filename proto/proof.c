#include "proto/proof.h"

#include "proto/admin_key.h"
#include "proto/change.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

static const char proof_tag_section[PROOF_TAG_BYTES] = "dongbo/inputs/1";
static const char proof_tag_leaves[PROOF_TAG_BYTES] = "dongbo/leaves/1";
static const char proof_tag_file[PROOF_TAG_BYTES] = "dongbo/proof/1";

enum { PROOF_PARTS = 7 };

/* ---- writing ---- */

static void proof_text(struct buf *out, struct bytes text)
{
    assert(text.len <= UINT16_MAX);
    buf_add_le16(out, (uint16_t)text.len);
    buf_add_bytes(out, text);
}

void proof_section_begin(struct buf *out, struct bytes unit, uint32_t records)
{
    buf_add(out, proof_tag_section, PROOF_TAG_BYTES);
    proof_text(out, unit);
    buf_add_le32(out, records);
}

void proof_section_record(struct buf *out, const struct id_record *rid, const struct id_hash *sets,
                          uint16_t count)
{
    buf_add(out, rid->b, sizeof rid->b);
    buf_add_le16(out, count);
    for (unsigned i = 0; i < count; i++)
        buf_add(out, sets[i].b, sizeof sets[i].b);
}

void proof_section_cells(struct buf *out, uint32_t cells)
{
    buf_add_le32(out, cells);
}

void proof_section_cell(struct buf *out, const struct proof_cell *cell)
{
    buf_add_le32(out, cell->line);
    buf_add_u8(out, cell->total);
    proof_text(out, cell->value);
    buf_add_le32(out, cell->count);
}

/* ---- leaves ---- */

void proof_leaf(struct bytes section, struct id_hash *out)
{
    crypto_generichash(out->b, sizeof out->b, section.p, section.len, NULL, 0);
}

void proof_leaves_add(struct buf *leaves, struct bytes unit, const struct id_hash *leaf)
{
    proof_text(leaves, unit);
    buf_add(leaves, leaf->b, sizeof leaf->b);
}

void proof_root(struct bytes leaves, struct id_hash *out)
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, sizeof out->b);
    crypto_generichash_update(&st, (const uint8_t *)proof_tag_leaves, PROOF_TAG_BYTES);
    if (leaves.len > 0) crypto_generichash_update(&st, leaves.p, leaves.len);
    crypto_generichash_final(&st, out->b, sizeof out->b);
}

/* ---- reading ---- */

struct proof_reader {
    const uint8_t *p, *end;
    bool bad;
};

static const uint8_t *proof_take(struct proof_reader *r, size_t n)
{
    if (r->bad || (size_t)(r->end - r->p) < n) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *at = r->p;
    r->p += n;
    return at;
}

static uint32_t proof_u32(struct proof_reader *r, uint32_t max)
{
    const uint8_t *p = proof_take(r, 4);
    uint32_t v = p != NULL ? le32_load(p) : 0;
    r->bad = r->bad || v > max;
    return r->bad ? 0 : v;
}

static unsigned proof_u16(struct proof_reader *r, unsigned max)
{
    const uint8_t *p = proof_take(r, 2);
    unsigned v = p != NULL ? le16_load(p) : 0;
    r->bad = r->bad || v > max;
    return r->bad ? 0 : v;
}

static struct bytes proof_bytes(struct proof_reader *r, size_t len)
{
    const uint8_t *p = proof_take(r, len);
    return p != NULL ? bytes_make(p, len) : (struct bytes){NULL, 0};
}

/* Are n hashes of 32 bytes ascending, none twice? */
static bool proof_ascending(struct bytes sets)
{
    for (size_t at = 32; at + 32 <= sets.len; at += 32) {
        if (memcmp(sets.p + at - 32, sets.p + at, 32) >= 0) return false;
    }
    return true;
}

static void proof_records_check(struct proof_reader *r, uint32_t count)
{
    const uint8_t *before = NULL;
    for (uint32_t i = 0; i < count && !r->bad; i++) {
        const uint8_t *rid = proof_take(r, ID_RECORD_BYTES);
        struct bytes sets = proof_bytes(r, (size_t)proof_u16(r, PROOF_SETS_MAX) * ID_HASH_BYTES);
        if (r->bad) return;
        r->bad =
            !proof_ascending(sets) || (before != NULL && memcmp(before, rid, ID_RECORD_BYTES) >= 0);
        before = rid;
    }
}

static void proof_cell_take(struct proof_reader *r, uint32_t records, struct proof_cell *c)
{
    c->line = proof_u32(r, UINT32_MAX);
    const uint8_t *total = proof_take(r, 1);
    r->bad = r->bad || *total > 1;
    c->total = !r->bad && *total == 1;
    c->value = proof_bytes(r, proof_u16(r, PROOF_VALUE_MAX));
    c->count = proof_u32(r, records);
    c->at = proof_take(r, (size_t)c->count * 4);
}

static void proof_cells_check(struct proof_reader *r, uint32_t cells, uint32_t records)
{
    for (uint32_t i = 0; i < cells && !r->bad; i++) {
        struct proof_cell c;
        proof_cell_take(r, records, &c);
        for (uint32_t k = 0; !r->bad && k < c.count; k++) {
            uint32_t at = le32_load(c.at + (size_t)k * 4);
            r->bad = at >= records || (k > 0 && le32_load(c.at + (size_t)(k - 1) * 4) >= at);
        }
    }
}

enum err proof_section_open(struct bytes section, struct proof_section *out)
{
    struct proof_reader r = {.p = section.p, .end = section.p + section.len};
    const uint8_t *tag = proof_take(&r, PROOF_TAG_BYTES);
    if (tag == NULL || memcmp(tag, proof_tag_section, PROOF_TAG_BYTES) != 0) return ERR_BAD_FORMAT;
    struct proof_section s = {.unit = proof_bytes(&r, proof_u16(&r, ADMIN_UNIT_BYTES_MAX))};
    s.records = proof_u32(&r, PROOF_RECORDS_MAX);
    s.p = s.records > 0 ? r.p : r.p + 4; /* without records the cells come at once */
    s.end = r.end;
    proof_records_check(&r, s.records);
    s.cells = proof_u32(&r, PROOF_CELLS_MAX);
    proof_cells_check(&r, s.cells, s.records);
    if (r.bad || r.p != r.end || s.unit.len == 0) return ERR_BAD_FORMAT;
    *out = s;
    return ERR_OK;
}

void proof_section_next_record(struct proof_section *s, struct id_record *rid, struct bytes *sets,
                               unsigned *count)
{
    struct proof_reader r = {.p = s->p, .end = s->end};
    const uint8_t *at = proof_take(&r, ID_RECORD_BYTES);
    *count = proof_u16(&r, PROOF_SETS_MAX);
    *sets = proof_bytes(&r, (size_t)*count * ID_HASH_BYTES);
    assert(!r.bad); /* proof_section_open() looked through it */
    memcpy(rid->b, at, sizeof rid->b);
    s->p = r.p;
    if (--s->records == 0) s->p += 4; /* the number of cells */
}

void proof_section_next_cell(struct proof_section *s, struct proof_cell *cell)
{
    struct proof_reader r = {.p = s->p, .end = s->end};
    proof_cell_take(&r, PROOF_RECORDS_MAX, cell);
    assert(!r.bad);
    s->p = r.p;
    s->cells--;
}

/* ---- the file ---- */

void proof_write(const struct proof *p, struct buf *out)
{
    const struct bytes parts[PROOF_PARTS] = {p->card,    p->head,   p->body,   p->signature,
                                             p->figures, p->leaves, p->section};
    buf_add(out, proof_tag_file, PROOF_TAG_BYTES);
    for (size_t i = 0; i < PROOF_PARTS; i++) {
        assert(parts[i].len <= PROOF_BYTES_MAX);
        buf_add_le32(out, (uint32_t)parts[i].len);
        buf_add_bytes(out, parts[i]);
    }
}

enum err proof_read(struct bytes file, struct proof *out)
{
    struct proof_reader r = {.p = file.p, .end = file.p + file.len};
    struct bytes parts[PROOF_PARTS];
    const uint8_t *tag = proof_take(&r, PROOF_TAG_BYTES);
    if (tag == NULL || memcmp(tag, proof_tag_file, PROOF_TAG_BYTES) != 0) return ERR_BAD_FORMAT;
    for (size_t i = 0; i < PROOF_PARTS; i++)
        parts[i] = proof_bytes(&r, proof_u32(&r, PROOF_BYTES_MAX));
    if (r.bad || r.p != r.end) return ERR_BAD_FORMAT;
    *out = (struct proof){parts[0], parts[1], parts[2], parts[3], parts[4], parts[5], parts[6], 0};
    return ERR_OK;
}

/* Do the leaves name this unit with this leaf, once, and units ascending? */
static bool proof_leaves_have(struct bytes leaves, struct bytes unit, const struct id_hash *leaf)
{
    struct proof_reader r = {.p = leaves.p, .end = leaves.p + leaves.len};
    struct bytes before = {NULL, 0};
    bool found = false;
    while (!r.bad && r.p != r.end) {
        struct bytes code = proof_bytes(&r, proof_u16(&r, ADMIN_UNIT_BYTES_MAX));
        const uint8_t *hash = proof_take(&r, ID_HASH_BYTES);
        if (r.bad || code.len == 0 || (before.p != NULL && bytes_compare(before, code) >= 0))
            return false;
        before = code;
        if (bytes_equal(code, unit)) found = memcmp(hash, leaf->b, sizeof leaf->b) == 0;
    }
    return !r.bad && found;
}

/* The close set: the hub's own, signed by its log key, with a close op. */
static enum err proof_set(const struct proof *p, const struct id_hash *hub,
                          const struct admin_card *card, struct proof_checked *out)
{
    struct change_view *view = calloc(1, sizeof *view);
    if (view == NULL) return ERR_NOMEM;
    enum err e = p->signature.len == CHANGE_SIGNATURE_BYTES ? ERR_OK : ERR_BAD_FORMAT;
    if (e == ERR_OK) e = change_open(p->head, p->body, view);
    if (e == ERR_OK) e = change_verify(view);
    if (e == ERR_OK) {
        change_hash(p->head, &view->hash);
        e = admin_key_set_check(card, &view->head, &view->hash, p->signature.p, p->position, NULL);
    }
    bool own = e == ERR_OK && ID_EQUAL(&view->head.hub, hub) && ID_EQUAL(&view->head.node, hub);
    if (e == ERR_OK && !own) e = ERR_BAD_SIGNATURE;
    if (e == ERR_OK) {
        e = ERR_BAD_FORMAT;
        for (unsigned i = 0; e != ERR_OK && i < view->head.ops; i++) {
            if (view->payload[i].p != NULL && change_payload_kind(view->payload[i]) == CHANGE_CLOSE)
                e = admin_close_decode(view->payload[i], &out->close);
        }
        out->set = view->hash;
        out->hlc = view->head.hlc;
    }
    free(view);
    return e;
}

enum err proof_check(const struct proof *p, const struct id_hash *hub, struct proof_checked *out)
{
    struct admin_card card;
    struct proof_section section;
    struct proof_checked c = {.hlc = 0};
    struct id_hash digest, root, leaf;
    enum err e = admin_card_open(p->card, hub, &card);
    if (e == ERR_OK) e = proof_set(p, hub, &card, &c);
    if (e == ERR_OK) e = proof_section_open(p->section, &section);
    if (e != ERR_OK) return e;
    crypto_generichash(digest.b, sizeof digest.b, p->figures.p, p->figures.len, NULL, 0);
    proof_leaf(p->section, &leaf);
    proof_root(p->leaves, &root);
    c.unit = section.unit;
    if (!ID_EQUAL(&digest, &c.close.figures) || !c.close.has_inputs ||
        !ID_EQUAL(&root, &c.close.inputs) || !proof_leaves_have(p->leaves, c.unit, &leaf))
        return ERR_BAD_HASH;
    *out = c;
    return ERR_OK;
}
