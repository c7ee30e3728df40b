/*
 * A unit's proof that its records are inside an issued report. SPEC 16.
 *
 * The inputs of an issue are, unit by unit, the records behind each figure and the change sets that
 * wrote what those records say. Each unit has a *section*; the hash of a section is its *leaf*; the
 * close set (4.13) states the hash of all leaves. So a hub can hand a unit its own section with the
 * leaves of the others, and who has it needs nothing but the hub's id to check it.
 *
 * Ownership: readers give slices of what they were opened on.   Threads: any, pure.
 * Limits:    PROOF_* below.
 */
#ifndef DONGBO_PROTO_PROOF_H
#define DONGBO_PROTO_PROOF_H

#include "proto/admin.h"

#define PROOF_BYTES_MAX      (64u * 1024u * 1024u) /* bytes of a proof file */
#define PROOF_RECORDS_MAX    1000000u              /* records of one section */
#define PROOF_SETS_MAX       1024u                 /* change sets behind one record */
#define PROOF_CELLS_MAX      1000000u              /* figures of one section */
#define PROOF_VALUE_MAX      255u                  /* bytes of a breakdown's value */
#define PROOF_READ_BYTES     8u       /* of a record id, in the list of what was read */
#define PROOF_READS_MAX      8000000u /* records of that list: PROOF_BYTES_MAX of it */
#define PROOF_TAG_BYTES      16u
#define PROOF_LEAF_BYTES_MAX (2u + ADMIN_UNIT_BYTES_MAX + 32u)

/* ---- writing a section: begin, records by id, cells, each as many as was said ---- */

void proof_section_begin(struct buf *out, struct bytes unit, uint32_t records);
/* `sets`: count hashes, ascending. */
void proof_section_record(struct buf *out, const struct id_record *rid, const struct id_hash *sets,
                          uint16_t count);
void proof_section_cells(struct buf *out, uint32_t cells);

struct proof_cell {
    uint32_t line;
    bool total;         /* the line's first row */
    struct bytes value; /* of the breakdown, at most PROOF_VALUE_MAX */
    uint32_t count;     /* of records */
    const uint8_t *at;  /* reading: their indexes, 4 bytes each, little-endian, ascending */
};
/* Append the cell; its `count` indexes follow with buf_add_le32. */
void proof_section_cell(struct buf *out, const struct proof_cell *cell);

/* ---- leaves ---- */

void proof_leaf(struct bytes section, struct id_hash *out);
/* In the place of a unit, and before all of them: no code of a unit is this. The leaf is of the list of the
 * types and records that the figures were read from (SPEC 16.5). */
#define PROOF_READS_UNIT "*reads"
#define PROOF_READS_TAG  "dongbo/reads/1" /* which begins that list, padded */
/* Append a unit's leaf; units ascending. */
void proof_leaves_add(struct buf *leaves, struct bytes unit, const struct id_hash *leaf);
/* The inputs digest that a close set states. */
void proof_root(struct bytes leaves, struct id_hash *out);

/* ---- reading a section ---- */

struct proof_section {
    struct bytes unit;
    uint32_t records, cells;
    const uint8_t *p, *end; /* private: what comes next */
};

/* Look through all of it. ERR_BAD_FORMAT: it is no section, or one in another form. */
MUST_CHECK enum err proof_section_open(struct bytes section, struct proof_section *out);
/* The next record; `sets` gets 32 bytes for each of *count. As often as `records` says. */
void proof_section_next_record(struct proof_section *s, struct id_record *rid, struct bytes *sets,
                               unsigned *count);
/* Then the next cell, as often as `cells` says. */
void proof_section_next_cell(struct proof_section *s, struct proof_cell *cell);

/* ---- the file ---- */

struct proof {
    struct bytes card;      /* the hub's (3.6) */
    struct bytes head;      /* of the close set */
    struct bytes body;      /* of the close set */
    struct bytes signature; /* of the close set, 64 bytes */
    struct bytes figures;   /* canonical JSON as issued */
    struct bytes leaves;
    struct bytes section;
    uint64_t
        position; /* not in the file: where the reader knows the close set in the hub's log, else 0 */
};

void proof_write(const struct proof *p, struct buf *out);
/* Only the outer form. ERR_BAD_FORMAT. */
MUST_CHECK enum err proof_read(struct bytes file, struct proof *out);

struct proof_checked {
    struct id_hash set;       /* hash of the close set */
    uint64_t hlc;             /* its clock */
    struct admin_close close; /* slices of the proof's body */
    struct bytes unit;
};

/*
 * Check everything that a proof claims, with the hub's id alone.
 *
 * ERR_OK            the close set is the hub's, the figures are its figures, the section is inside
 * ERR_WRONG_HUB     the card is another hub's;  ERR_BAD_SIGNATURE: card or close set
 * ERR_BAD_HASH      the figures, the leaves or the section are not those of the close set
 * ERR_BAD_FORMAT    it is no proof
 */
MUST_CHECK enum err proof_check(const struct proof *p, const struct id_hash *hub,
                                struct proof_checked *out);

#endif
