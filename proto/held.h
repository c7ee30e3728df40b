/*
 * Why an op is held (SPEC 6.6), in words: the reason, whose turn it is, and what comes next at the hub and at the
 * unit that wrote it. Both sides show the same reason and the same owner.
 *
 * Ownership: static text.   Threads: any.
 */
#ifndef DONGBO_PROTO_HELD_H
#define DONGBO_PROTO_HELD_H

struct held_why {
    unsigned verdict; /* FOLD_HELD_* */
    const char *name; /* for programs */
    const char *vi, *en, *owner_vi, *owner_en;
    const char *hub_vi, *hub_en;   /* the next step of an officer at the hub */
    const char *unit_vi, *unit_en; /* of the unit that wrote it */
};

/* Flags of the verdict are left aside. NULL: such an op is not held. */
const struct held_why *held_why(unsigned verdict);
/* Of an edition of the catalogue that was given back to the hub before its last part (SPEC 7.14): verdict 4. */
const struct held_why *held_why_edition(void);

#endif
