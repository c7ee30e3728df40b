/*
 * Sealed fields at the hub, which cannot read them (SPEC 22): orders that name officers as readers, what
 * the hub's own forms may write, and answers without the sealed bytes.
 *
 * Ownership: answers are the caller's.   Threads: loop thread.   Limits: SEALED_*.
 */
#ifndef DONGBO_HUB_SEALED_H
#define DONGBO_HUB_SEALED_H

#include "hub/app.h"
#include "proto/entry.h"

#include <jansson.h>

struct order;

/* The kind "readers" of hub/orders.c. ERR_EXISTS: it reads already; ERR_NOT_FOUND: it does not, so there is
 * nothing to end; ERR_STALE: it names a reader and is not newer than another order about this key. */
MUST_CHECK enum err hub_sealed_order_check(struct hub_app *a, const struct order *order);
json_t *hub_sealed_order_describe(struct hub_app *a, struct bytes content);

/* Officers who read now: `each` gets name and key, in no order. */
MUST_CHECK enum err hub_sealed_officers(struct hub_app *a,
                                        void (*each)(void *ctx, struct bytes name,
                                                     const uint8_t pk[static 32]),
                                        void *ctx);

/* entry_seal_fn: the hub writes into a sealed field nothing but values that stand there. */
MUST_CHECK enum err hub_sealed_writes(void *ctx, const struct catalogue_type *type,
                                      const struct fold *f, const struct id_record *rid,
                                      struct record_writes *w, struct entry_why *why);

/* The text of a field's value (msgpack), sealed or open; empty when it is none. */
struct bytes hub_sealed_text(struct bytes value);

/* Marks in place of sealed texts, everywhere in an answer. */
void hub_sealed_mask(json_t *answer);

/*
 * A form that says of a sealed field what the page showed, the mark, means the value that stands there:
 * such fields are left out. `values` has room for ENTRY_FIELDS_MAX.
 */
void hub_sealed_unmask(const struct fold *f, const struct entry_form *form,
                       struct entry_value *values, size_t *count);

#endif
