/*
 * The hub's store: does a text name a person? Before a report's words go further they are compared
 * with the names and numbers of everybody whom a record of class 3 or more speaks of.
 *
 * Names are compared folded (common/text), as whole words, and only when they have two words or
 * more; numbers (12 and 9 digits) with blanks, dots and dashes between the digits left out.
 *
 * Ownership: the text is borrowed.   Threads: loop thread.   Errors: those of hub/store.h.
 * Limits:    a text is at most CATALOGUE_TEXT_BYTES_MAX bytes; HUB_NAMED_MAX persons are told.
 */
#ifndef DONGBO_HUB_STORE_NAMED_H
#define DONGBO_HUB_STORE_NAMED_H

#include "hub/store.h"

enum { HUB_NAMED_MAX = 20 }; /* persons named by one answer */

struct hub_named {
    struct id_record rid[HUB_NAMED_MAX];
    size_t count; /* all, also beyond HUB_NAMED_MAX */
};

/* Whom the text names, added to `out` (each once). After hub_reports_ready(). */
MUST_CHECK enum err hub_store_named(struct hub_store *s, struct bytes text, struct hub_named *out);

#endif
