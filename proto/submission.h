/*
 * What the record of a report says of its submission: which set handed it in, which version of it a
 * judgement is about, and whether its texts are those that the leader confirmed. SPEC 14.2, 14.4. The
 * same at the hub and at a node, from the folded record alone.
 *
 * Ownership: plain values.   Threads: any, pure.
 */
#ifndef DONGBO_PROTO_SUBMISSION_H
#define DONGBO_PROTO_SUBMISSION_H

#include "common/catalogue.h"
#include "proto/fold.h"

/* What the clerk types: fields of the type `report`. */
enum { SUBMISSION_TEXTS = 4 };
extern const char *const submission_texts[SUBMISSION_TEXTS];

/* A unit has one record of type `report` per report and period. Several: the lowest rank counts. */
enum submission_rank {
    SUBMISSION_SENT, /* handed in, by another person than who wrote its texts */
    SUBMISSION_WITHDRAWN,
    SUBMISSION_UNCONFIRMED, /* says that it is handed in, and nobody else confirmed these texts */
    SUBMISSION_DRAFT,       /* or not even begun */
};

struct submission {
    enum submission_rank rank;
    struct fold_set version; /* newest that wrote what a judgement is about: all but notes */
    struct fold_set sent;    /* newest that wrote what a submission signs: who, and when */
};

/* Is this a set of the district's log? What it settles proves no time and confirms nothing. */
typedef bool submission_district_fn(void *ctx, const struct id_version *version);

/*
 * Read a folded record of the type `report` of the catalogue. `district` NULL: no set is.
 * ERR_NOT_FOUND  none of the fields has a head: there is nothing to judge (*out untouched)
 */
MUST_CHECK enum err submission_of(const struct fold *f, const struct catalogue_type *type,
                                  submission_district_fn *district, void *ctx,
                                  struct submission *out);

/* Does `a` count, and not `b`? The lower rank; of two that were handed in the first, else the one that
 * was changed last. */
bool submission_before(const struct submission *a, const struct submission *b);

/* Did this person write one of the texts that stand there? */
bool submission_wrote(const struct fold *f, const struct catalogue_type *type,
                      const struct id_person *person);

/* Who is asked for another person's confirmation: who saved the draft last; else who handed it in. */
struct id_person submission_person(const struct submission *s);

#endif
