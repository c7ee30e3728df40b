/*
 * The frame under construction, shared by pack_encode.c (sets go in) and pack_frame.c (its memory,
 * and the frame that comes out). Nobody else includes this.
 */
#ifndef DONGBO_PROTO_PACK_FRAME_H
#define DONGBO_PROTO_PACK_FRAME_H

#include "proto/pack_priv.h"

/* Bounds for the estimate, in bytes. */
enum {
    PACK_FIXED = 200,     /* inc, first, n, prev, headers of the parts, signature */
    PACK_PER_SET = 100,   /* clock, a run of its own, count */
    PACK_PER_OP = 40,     /* shape, id, a template's kind and type, raw header */
    PACK_PER_WRITE = 16,  /* a column of its own and a template's field, beyond the payload */
    PACK_PER_COLUMN = 12, /* type, field and header of its values */
    PACK_PER_STUB = 8,    /* headers of what is left of an erased op, beyond PACK_PER_OP twice */
    PACK_PER_SEED = 20,   /* height and value */
    PACK_SEEDS_PER_BLOCK = 12 /* tree nodes that cover any run of sets of one block */
};

struct pack_part { /* items of one array of the frame, written one after another */
    struct buf b;
    size_t items;
};

struct pack_template {
    uint64_t tag; /* quick difference */
    size_t at;    /* its bytes in the part */
    size_t len;
};

struct pack_leaf { /* where the salts of one set come from */
    bool tree;     /* the seed is the leaf of the block's root */
    bool salts;    /* no seed: an item of the part `salts` */
    size_t at;
    size_t len;
    uint8_t seed[CHANGE_SEED_BYTES];
};

struct pack_run {
    size_t count;
    struct change_head head; /* of its first set */
};

struct pack_encoder {
    struct pack *pack;
    pack_root_fn *root;
    void *ctx;
    size_t sets;
    size_t decoded; /* bytes of heads and bodies so far */
    size_t seeds_bound;
    size_t fields;
    bool counts_needed;
    struct id_inc inc;
    uint64_t first_seq;
    uint64_t clock;
    struct id_hash hash; /* of the last set */
    struct pack_run run;
    struct pack_part clocks, runs, counts, seeds, salts, templates, shapes, ids, bases, raw;
    struct pack_template template[PACK_TEMPLATES_MAX];
    struct pack_part column[PACK_COLUMNS_MAX];
    uint16_t column_type[PACK_COLUMNS_MAX];
    uint16_t column_field[PACK_COLUMNS_MAX];
    size_t column_count;
    size_t column_bytes;
    struct pack_map map;
    struct pack_leaf leaf[PACK_SETS_MAX];
    const uint8_t *block_root; /* of the block that `block` holds the leaves of; NULL = none */
    uint64_t block_number;
    bool block_known;
    uint8_t block[CHANGE_BLOCK_SETS][CHANGE_SEED_BYTES];
    struct change_view view;
    struct change_write writes[CHANGE_WRITES_MAX];
    struct buf scratch;
};

/* The encoder of this direction, made when it is first needed. ERR_NOMEM. */
MUST_CHECK enum err pack_encoder_get(struct pack *p, struct pack_encoder **out);
/* Empty it for the next frame; memory stays. */
void pack_encoder_begin(struct pack_encoder *e, pack_root_fn *root, void *ctx);
/* Bytes of all parts but columns and seeds. */
size_t pack_parts_bytes(struct pack_encoder *e);
/* Close the run of sets with equal header fields. */
void pack_run_flush(struct pack_encoder *e);
/* Write the frame. ERR_NOMEM, ERR_TOO_LARGE (the buffer's); body is then as before. */
MUST_CHECK enum err pack_frame_write(struct pack_encoder *e, const uint8_t signature[static 64],
                                     struct buf *body);

#endif
