/* Alias tables and what both directions of packing share. SPEC 5.5, 5.8. */
#include "proto/pack_priv.h"
#include "proto/wire.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

enum err pack_new(struct pack **out)
{
    struct pack *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_NOMEM;
    *out = p;
    return ERR_OK;
}

void pack_free(struct pack *p)
{
    if (p == NULL) return;
    pack_encoder_free(p->encoder);
    free(p->ids);
    free(p->slots);
    free(p);
}

static size_t pack_map_slot(unsigned type, unsigned field)
{
    uint32_t key = (uint32_t)type << 16 | field;
    return (key * UINT32_C(2654435761)) >> 20; /* 12 bits: PACK_MAP_SLOTS */
}

int pack_map_find(const struct pack_map *m, unsigned type, unsigned field)
{
    uint32_t key = (uint32_t)type << 16 | field;
    size_t i = pack_map_slot(type, field);
    for (; m->at[i] != 0; i = (i + 1) % PACK_MAP_SLOTS)
        if (m->key[i] == key) return m->at[i] - 1;
    return -1;
}

void pack_map_add(struct pack_map *m, unsigned type, unsigned field, size_t index)
{
    assert(index < PACK_COLUMNS_MAX);
    size_t i = pack_map_slot(type, field);
    while (m->at[i] != 0)
        i = (i + 1) % PACK_MAP_SLOTS;
    m->key[i] = (uint32_t)type << 16 | field;
    m->at[i] = (uint16_t)(index + 1);
}

enum err pack_alias_add(struct pack *p, const struct id_record *rid)
{
    if (p->id_count == PACK_ALIASES_MAX) return ERR_OK;
    if (p->id_count == p->id_room) {
        size_t room = p->id_room == 0 ? 64 : 2 * p->id_room;
        struct id_record *ids = realloc(p->ids, room * sizeof *ids);
        if (ids == NULL) return ERR_NOMEM;
        p->ids = ids;
        p->id_room = room;
    }
    p->ids[p->id_count++] = *rid;
    return ERR_OK;
}

static size_t pack_alias_slot(const struct pack *p, const struct id_record *rid)
{
    size_t mask = p->slot_count - 1;
    size_t i = (size_t)(le64_load(rid->b) ^ le64_load(rid->b + 8) * 31) & mask;
    while (p->slots[i] != 0 && !ID_EQUAL(&p->ids[p->slots[i] - 1], rid))
        i = (i + 1) & mask;
    return i;
}

int32_t pack_alias_find(const struct pack *p, const struct id_record *rid)
{
    if (p->slot_count == 0) return -1;
    return (int32_t)p->slots[pack_alias_slot(p, rid)] - 1;
}

static enum err pack_alias_grow(struct pack *p)
{
    size_t count = p->slot_count == 0 ? 256 : 2 * p->slot_count;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL) return ERR_NOMEM;
    free(p->slots);
    p->slots = slots;
    p->slot_count = count;
    for (size_t i = 0; i < p->id_count; i++)
        p->slots[pack_alias_slot(p, &p->ids[i])] = (uint32_t)i + 1;
    return ERR_OK;
}

enum err pack_alias_add_indexed(struct pack *p, const struct id_record *rid)
{
    if (p->id_count == PACK_ALIASES_MAX) return ERR_OK;
    enum err e = ERR_OK;
    if (2 * (p->id_count + 1) > p->slot_count) e = pack_alias_grow(p);
    if (e == ERR_OK) e = pack_alias_add(p, rid);
    if (e == ERR_OK) p->slots[pack_alias_slot(p, rid)] = (uint32_t)p->id_count;
    return e;
}

void pack_seed_leaves(const uint8_t node[static 16], unsigned height,
                      uint8_t leaves[][CHANGE_SEED_BYTES])
{
    static const uint8_t tag[16] = "dongbo/tree";
    size_t leaf_count = (size_t)1 << height;
    assert(height <= PACK_HEIGHT_MAX);
    memcpy(leaves[0], node, CHANGE_SEED_BYTES);
    /* Level by level, in place: a node at index i becomes its children at i and i + width / 2. */
    for (size_t width = leaf_count; width > 1; width /= 2)
        for (size_t i = 0; i < leaf_count; i += width) {
            uint8_t children[32];
            int bad = crypto_generichash(children, sizeof children, tag, sizeof tag, leaves[i],
                                         CHANGE_SEED_BYTES);
            assert(bad == 0);
            memcpy(leaves[i], children, CHANGE_SEED_BYTES);
            memcpy(leaves[i + width / 2], children + CHANGE_SEED_BYTES, CHANGE_SEED_BYTES);
        }
}

enum err pack_peek(struct bytes body, struct id_inc *inc, uint64_t *first_seq, size_t *count)
{
    if (body.len > FRAME_BODY_BYTES_MAX || wire_check(body) != ERR_OK) return ERR_BAD_FORMAT;
    struct wire_reader r;
    struct id_inc i;
    wire_open(&r, body);
    if (wire_get_array(&r) != PACK_PARTS) return ERR_BAD_FORMAT;
    wire_get_bin_exact(&r, i.b, sizeof i.b);
    uint64_t first = wire_get_uint(&r, UINT64_MAX - PACK_SETS_MAX);
    size_t n = (size_t)wire_get_uint(&r, PACK_SETS_MAX);
    if (r.e != ERR_OK || n == 0) return ERR_BAD_FORMAT;
    *inc = i;
    *first_seq = first;
    *count = n;
    return ERR_OK;
}

bool pack_sets_erased(const struct pack_sets *sets)
{
    for (size_t i = 0; i < sets->count; i++) {
        if (sets->v[i].body.p[0] != 0) return true; /* SPEC 7.7 */
    }
    return false;
}

void pack_sets_free(struct pack_sets *sets)
{
    free(sets->v);
    free(sets->memory);
    *sets = (struct pack_sets){0};
}
