/*
 * Is an op allowed by steps.csv, and by whose type it is (SPEC 21)? The same question at the node before a
 * save and at the hub before an op is folded. What counts is the record as it is before the op: a write goes
 * from the value of the heads that it names to its own. One that names none of the heads there makes a conflict, which
 * a person settles; it is asked for every head, so that nobody reaches a value around the table.
 *
 * Ownership: borrows.   Threads: any, pure.
 */
#ifndef DONGBO_PROTO_STEP_H
#define DONGBO_PROTO_STEP_H

#include "common/catalogue_rules.h"
#include "proto/fold.h"

struct step_why {
    const struct catalogue_type
        *type; /* not the writer's: all its fields; NULL: a field is meant */
    const struct catalogue_field *field;     /* the first that may not be written so; else NULL */
    enum catalogue_ask ask;                  /* SIDE, LEADER or NO */
    char from[CATALOGUE_NAME_BYTES_MAX + 1]; /* of a choice; "" = none, or no choice */
    char to[CATALOGUE_NAME_BYTES_MAX + 1];
};

/*
 *   in   before   the record without the op; type 0: there is none yet
 *        writes   of the op, `count` of them
 * Returns whether all are allowed; else `why` says which is not.
 */
bool step_allowed(const struct catalogue *c, const struct fold *before, unsigned type,
                  const struct change_write *writes, size_t count, enum catalogue_side side,
                  bool leader, struct step_why *why);

/* Words for people: what is not allowed, and who could. */
void step_words(const struct catalogue *c, const struct step_why *why, enum catalogue_side side,
                char *vi, size_t vi_room, char *en, size_t en_room);

#endif
