/*
 * Memory of a fold, shared by fold.c, fold_state.c and fold_show.c. Nobody else includes this.
 *
 * Everything but the values lives in an arena that fold_clear() empties and keeps: folding record
 * after record allocates nothing once the arena has the size of the largest of them.
 */
#ifndef DONGBO_PROTO_FOLD_PRIV_H
#define DONGBO_PROTO_FOLD_PRIV_H

#include "proto/fold.h"

/* Sets a state can hold at most, by their size, and the one being added. */
#define FOLD_SETS_MAX    (FOLD_STATE_BYTES_MAX / 35u + 2u)
#define FOLD_BLOCK_BYTES 16384u /* first block of the arena */
/* At most these bytes of a state are one set, one register without its element, one head without
 * its value, one early entry without its element. */
#define FOLD_SET_BYTES      52u
#define FOLD_REGISTER_BYTES 14u
#define FOLD_HEAD_BYTES     5u
#define FOLD_EARLY_BYTES    33u

struct fold_block {
    struct fold_block *next;
    size_t cap;
    size_t used;
};

struct fold_memory {
    struct fold_block *first;
    struct fold_block *at; /* block that is being filled */
    size_t set_room;
    size_t register_room;
    size_t early_room;
    size_t bytes_bound;  /* the state is not larger than this */
    struct buf saved[2]; /* states from before an op near a limit */
    unsigned live;       /* which of them values may point into */
};

/* Room for one more item in an array of the arena. */
MUST_CHECK enum err fold_room_set(struct fold *f);
MUST_CHECK enum err fold_room_register(struct fold *f);
MUST_CHECK enum err fold_room_early(struct fold *f);
MUST_CHECK enum err fold_room_head(struct fold *f, struct fold_register *r);

/* Take a register without heads out of the state; forget sets that wrote no head. */
void fold_register_drop(struct fold *f, struct fold_register *r);
void fold_drop_sets(struct fold *f);

/* Order of registers: field, then element, none first. */
int fold_order(unsigned field_a, struct bytes element_a, unsigned field_b, struct bytes element_b);
/* Order of sets: position, then version. */
int fold_set_order(const struct fold_set *a, const struct fold_set *b);

#endif
