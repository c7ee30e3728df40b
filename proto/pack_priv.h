/*
 * What pack.c, pack_seed.c, pack_encode.c and pack_decode.c share. Nobody else includes this.
 */
#ifndef DONGBO_PROTO_PACK_PRIV_H
#define DONGBO_PROTO_PACK_PRIV_H

#include "proto/pack.h"

enum {
    PACK_PARTS = 15,       /* items of a frame */
    PACK_HEIGHT_SALTS = 7, /* in `seeds`: salts one by one instead of a tree node */
    PACK_HEIGHT_MAX = 6,   /* of a tree node */
    PACK_MAP_SLOTS = 4096, /* of struct pack_map: more than twice PACK_COLUMNS_MAX */
};

_Static_assert(PACK_MAP_SLOTS > 2 * PACK_COLUMNS_MAX, "the map never fills");

struct pack_map { /* (type, field) to an index below PACK_COLUMNS_MAX */
    uint32_t key[PACK_MAP_SLOTS];
    uint16_t at[PACK_MAP_SLOTS]; /* index + 1; 0 = free */
};

/* Index of (type, field); -1 when it is not there. Both numbers are at most CHANGE_NUMBER_MAX. */
int pack_map_find(const struct pack_map *m, unsigned type, unsigned field);
void pack_map_add(struct pack_map *m, unsigned type, unsigned field, size_t index);

struct pack_encoder;

struct pack {
    struct id_record *ids; /* by alias */
    size_t id_count;
    size_t id_room;
    uint32_t *slots; /* encoder: alias + 1 by id, open addressing; 0 = free */
    size_t slot_count;
    struct pack_encoder *encoder;
};

/* Give the next alias to an id; does nothing when the table is full. ERR_NOMEM. */
MUST_CHECK enum err pack_alias_add(struct pack *p, const struct id_record *rid);
/* The same for the side that looks ids up. */
MUST_CHECK enum err pack_alias_add_indexed(struct pack *p, const struct id_record *rid);
/* Alias of an id, -1 when it has none. */
int32_t pack_alias_find(const struct pack *p, const struct id_record *rid);

void pack_encoder_free(struct pack_encoder *e);

/* All 2^height leaves below a node of the seed tree, in order. */
void pack_seed_leaves(const uint8_t node[static 16], unsigned height,
                      uint8_t leaves[][CHANGE_SEED_BYTES]);

#endif
