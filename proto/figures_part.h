/*
 * What each record does in a figure: what it adds, and whether what it stands for was counted. Kept packed,
 * one byte for most records.
 *
 * A subject counts once. Where several records are of one, the record with the largest number carries it, the
 * first in order among equals; a denominator goes to that same record where it can. So what the records add
 * comes to the figure, whatever the order of rows.
 *
 * Ownership: plain values; texts are borrowed.   Threads: any.
 */
#ifndef DONGBO_PROTO_FIGURES_PART_H
#define DONGBO_PROTO_FIGURES_PART_H

#include "common/buf.h"
#include "common/catalogue.h"

enum { FIGURES_PART_BYTES_MAX = 17 }; /* of one record, packed */

struct figures_part {
    int64_t num; /* added to the count, the sum or the numerator */
    int64_t den; /* added to the denominator */
    bool
        met; /* of counts and ratios: a subject of it is in the numerator, by this record or another */
};

/* Append one; the buffer's sticky error. */
void figures_part_write(const struct figures_part *part, struct buf *out);

/* Take the next off *parts. ERR_NOT_FOUND: that was all;  ERR_DAMAGED: these are no parts */
MUST_CHECK enum err figures_part_read(struct bytes *parts, struct figures_part *out);

/* A row of one figure, for proto/figures alone. */
struct figures_item {
    uint32_t unit;
    uint32_t value;
    uint32_t subject;
    uint32_t record;
    int64_t num;
    int64_t den;
    bool has_num;
    bool has_den;
};

struct figures_credit { /* what a row adds */
    uint32_t record;
    struct figures_part part;
};

/* Does the row stand behind the figure? */
bool figures_contributes(enum catalogue_measure measure, const struct figures_item *item);

/*
 * The credits of the rows of one figure, sorted by subject and record, into out[n]: by record, each once.
 * ERR_TOO_LARGE  what a record adds does not fit 64 bits
 */
MUST_CHECK enum err figures_credits(enum catalogue_measure measure,
                                    const struct figures_item *items, size_t n,
                                    struct figures_credit *out, size_t *count);

#endif
