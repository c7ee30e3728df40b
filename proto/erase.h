/*
 * Erasure: what an order of kind "erase" says, and what is left of an erased op. SPEC 12.4, 12.5.
 *
 * Ownership: decoded structs own their arrays (erase_free); stubs borrow their input.
 * Threads:   any, pure.   Limits: ERASE_*.
 */
#ifndef DONGBO_PROTO_ERASE_H
#define DONGBO_PROTO_ERASE_H

#include "proto/change.h"

enum {
    ERASE_RECORDS_MAX = 1024,                /* record ids of one order */
    ERASE_OPS_MAX = 512,                     /* ops of one order */
    ERASE_FIELDS_MAX = 512,                  /* fields of one of these ops: CHANGE_WRITES_MAX */
    ERASE_FILE_BYTES_MAX = 64 * 1024 * 1024, /* a copy of the list in a file */
};

struct erase_op { /* one op of a log, erased although its record stays */
    struct id_inc inc;
    uint64_t seq;
    unsigned op;
    struct id_record rid;
    unsigned fields[ERASE_FIELDS_MAX]; /* ascending */
    size_t field_count;
};

struct erase_list {            /* the content of an order */
    struct id_record *records; /* ascending */
    size_t record_count;
    size_t record_room;   /* of erase_add_record(), and below of erase_add_op() */
    struct erase_op *ops; /* ascending by (inc, seq, op) */
    size_t op_count;
    size_t op_room;
};

/* Append to a list that began empty and goes by erase_free(). ERR_NOMEM: as before. */
MUST_CHECK enum err erase_add_record(struct erase_list *l, const struct id_record *rid);
MUST_CHECK enum err erase_add_op(struct erase_list *l, const struct erase_op *op);

/* Append the content; both arrays must be sorted and without doubles (asserted). */
void erase_encode(const struct erase_list *l, struct buf *out);
/* ERR_BAD_FORMAT, also for a list that names nothing; ERR_NOMEM. */
MUST_CHECK enum err erase_decode(struct bytes content, struct erase_list *l);
void erase_free(struct erase_list *l); /* twice is fine */

/* Sort and drop doubles, for makers. */
void erase_sort(struct erase_list *l);

/* Is this record named; this op? */
bool erase_has_record(const struct erase_list *l, const struct id_record *rid);
const struct erase_op *erase_find_op(const struct erase_list *l, const struct id_inc *inc,
                                     uint64_t seq, unsigned op);
/*
 * Is this op, at this place of a log, one that the list names alone: the place, the record and the fields are those
 * (SPEC 12.5)? A log that forked has two sets at one place.
 *   in   what: the op as its payload or its stub says;   or payload, with room for CHANGE_WRITES_MAX writes
 */
bool erase_names_op(const struct erase_list *l, const struct change_head *head, unsigned op,
                    const struct change_op *what);
bool erase_names_payload(const struct erase_list *l, const struct change_head *head, unsigned op,
                         struct bytes payload, struct change_write *writes);

/*
 * What is left of an op: `whole` (its record is erased): only the record id; else kind, type and,
 * per write without an element, field and bases. Never longer than the payload.
 */
void erase_stub_encode(const struct change_op *op, bool whole, struct buf *out);
/* What is left of an offer (SPEC 13.2): the record's id and the transfer's name, by which an answer
 * that came before it is known to be of this record. */
void erase_stub_offer(const struct id_record *rid, const struct id_record *transfer,
                      struct buf *out);
/*
 * What is left of an op with this payload, of whatever kind: an offer's stub, the op's, or, of what cannot be
 * decoded, the id of the record that it speaks of.
 *   in   whole: that record is erased;   writes: room for CHANGE_WRITES_MAX
 */
void erase_stub_payload(struct bytes payload, const struct id_record *rid, bool whole,
                        struct change_write *writes, struct buf *out);

/*
 * Read a stub, an offer's too. *op gets writes with the value nil (op->count may be 0); *whole as
 * above, then only op->rid means anything.
 *   in   writes: room for CHANGE_WRITES_MAX
 * ERR_BAD_FORMAT
 */
MUST_CHECK enum err erase_stub_decode(struct bytes stub, struct change_write *writes,
                                      struct change_op *op, bool *whole);
/* The name of the transfer, of an offer's stub. False: it is another op's, or no stub. */
bool erase_stub_transfer(struct bytes stub, struct id_record *transfer);

/*
 * Sets of the hub's log in a file outside the database (SPEC 12.8, 18.2): a tag of at most 16 bytes,
 * padded, then each set: u32 length of its head, head, u32 length of its body, body, signature.
 */
#define ERASE_FILE_NAME "erased.list" /* beside the database, on both sides */
#define ERASE_FILE_TAG  "dongbo/erased/1"
void erase_file_begin(const char *tag, struct buf *out);
void erase_file_add(struct bytes head, struct bytes body, const uint8_t signature[static 64],
                    struct buf *out);
/* Step over the tag; false: it is no such file. */
bool erase_file_open(const char *tag, struct bytes *file);
/* The next set, borrowed from the file; false: the end, or what follows is cut. */
bool erase_file_next(struct bytes *file, struct bytes *head, struct bytes *body,
                     uint8_t signature[static 64]);

#endif
