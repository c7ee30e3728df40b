/*
 * From what a person typed to one checked op on this node's record: proto/entry with the record read from the
 * store, the version that the form was opened on, and the typed tables' checks (SPEC 4.11, 6.1).
 *
 * Ownership: struct node_entry owns its memory; init once, make many, free. The op's payload lives
 * until the next call. Forms borrow the caller's texts.
 * Threads:   loop thread only.   Limits: those of proto/entry.
 */
#ifndef DONGBO_NODE_ENTRY_H
#define DONGBO_NODE_ENTRY_H

#include "node/store_records.h"
#include "proto/entry.h"

struct node_entry_form {
    enum entry_action action;
    const struct catalogue_type *type; /* NULL: whatever the record is */
    struct id_record rid;
    bool must_exist; /* an edit: an unknown record is an error, not a create */
    const uint8_t
        *base; /* 16 bytes: version that the form was opened on; NULL: what is there now */
    const struct entry_value *values;
    size_t count;
    bool clerk;          /* not by the unit's leader: some steps are the leader's (SPEC 21) */
    struct bytes reason; /* ENTRY_REASON */
    const struct record_lock *locks; /* ENTRY_SAVE: fields to lock against lists, or to unlock */
    size_t lock_count;
};

struct node_entry {
    struct node_store *store;
    struct node_store_record record; /* as it was before the op; after make(): with it; open */
    struct entry entry;
    struct node_store_record sent; /* the record with the op on top as the hub will fold it */
    struct buf sealed;             /* values and keys of the op's sealed fields */
};

MUST_CHECK enum err node_entry_init(struct node_entry *n, struct node_store *store); /* ERR_NOMEM */
void node_entry_free(struct node_entry *n);

/*
 * Make the op of a form. `why` is filled for BAD_INPUT, BAD_VALUE, STALE, NOT_FOUND, NOT_READY and
 * TOO_LARGE.
 *
 * ERR_OK         out
 * ERR_STALE      the record changed since the form was opened: open it again
 * ERR_NOT_FOUND  no such record;  ERR_NOT_READY: no catalogue has come yet, or no key to seal with
 * ERR_DENIED     also: a sealed field that this PC cannot read would be overwritten
 * ERR_BAD_VALUE  also: a ref that was typed names the record itself, or one that is here and of another type
 * others         as entry_make()
 */
MUST_CHECK enum err node_entry_make(struct node_entry *n, const struct node_entry_form *form,
                                    struct entry_op *out, struct entry_why *why);

/* The canonical text of a typed value, for looking a record up by its key; valid until the next
 * call. ERR_BAD_VALUE and ERR_NOT_READY with words. */
MUST_CHECK enum err node_entry_clean(struct node_entry *n, const struct catalogue_field *field,
                                     struct bytes typed, struct bytes *out, struct entry_why *why);

#endif
