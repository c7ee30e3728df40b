/* What the files of healing share. Only node/store_heal.c and node/store_rot.c include it. */
#ifndef DONGBO_NODE_STORE_HEAL_PRIV_H
#define DONGBO_NODE_STORE_HEAL_PRIV_H

#include "node/store_heal.h"
#include "node/store_priv.h"

/* Is damage of this kind to be healed, and are there tries left? */
MUST_CHECK enum err node_heal_wanted(struct node_store *s, enum node_heal_kind kind, bool *wanted);
/* One statement on the row of this kind, which is ?1. */
MUST_CHECK enum err node_heal_tries(struct node_store *s, enum node_heal_kind kind,
                                    const char *sql);
/* Nothing of this kind is damaged any more. */
MUST_CHECK enum err node_heal_done(struct node_store *s, enum node_heal_kind kind,
                                   const char *what);

#endif
