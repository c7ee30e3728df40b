/*
 * The hub's store: does a text name a person? common/io/store_named.
 *
 * Ownership: the text is borrowed.   Threads: loop thread.   Errors: those of hub/store.h.
 */
#ifndef DONGBO_HUB_STORE_NAMED_H
#define DONGBO_HUB_STORE_NAMED_H

#include "common/io/store_named.h"
#include "hub/store.h"

/* Whom the text names, added to `out` (each once). After hub_reports_ready(). */
MUST_CHECK enum err hub_store_named(struct hub_store *s, struct bytes text, struct named *out);

#endif
