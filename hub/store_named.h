/*
 * The hub's store: do texts name a person? common/io/store_named.
 *
 * Ownership: the texts are borrowed.   Threads: the store's.   Errors: those of hub/store.h.
 */
#ifndef DONGBO_HUB_STORE_NAMED_H
#define DONGBO_HUB_STORE_NAMED_H

#include "common/io/store_named.h"
#include "hub/store.h"

/* named_in() of this store's persons. After hub_reports_ready(). */
MUST_CHECK enum err hub_store_named(struct hub_store *s, unsigned least, struct named_text *texts,
                                    size_t count, struct named *all);

#endif
