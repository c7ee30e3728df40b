/*
 * From what a person typed to one checked op: each value cleaned by the catalogue, the whole record
 * against required, relevant and constraint, and only fields that changed written, each naming what
 * the form showed (SPEC 4.11, 6.1).
 *
 * Ownership: struct node_entry owns its memory; init once, make many, free. The op's payload lives
 * until the next call. Forms borrow the caller's texts.
 * Threads:   loop thread only.   Limits: those of a change set; NODE_ENTRY_FIELDS_MAX.
 */
#ifndef DONGBO_NODE_ENTRY_H
#define DONGBO_NODE_ENTRY_H

#include "node/store_records.h"
#include "proto/record.h"

#define NODE_ENTRY_FIELDS_MAX CATALOGUE_FIELDS_MAX /* values of one form */

enum node_entry_action { NODE_ENTRY_SAVE, NODE_ENTRY_DELETE, NODE_ENTRY_RESTORE };

struct node_entry_value {
    const struct catalogue_field *field;
    struct bytes typed; /* any bytes; nothing but blanks clears the field */
    bool settle; /* a person decides between several heads: written even if it is what is shown */
};

struct node_entry_form {
    enum node_entry_action action;
    const struct catalogue_type *type; /* NULL: whatever the record is */
    struct id_record rid;
    bool must_exist; /* an edit: an unknown record is an error, not a create */
    const uint8_t
        *base; /* 16 bytes: version that the form was opened on; NULL: what is there now */
    const struct node_entry_value *values;
    size_t count;
};

struct node_entry_op {
    struct id_record rid;
    enum change_kind kind;
    bool changed;         /* false: the record says this already, there is no op */
    struct bytes payload; /* canonical; borrowed until the next call */
};

struct node_entry_why {                  /* what to tell the person */
    const struct catalogue_field *field; /* NULL: the record as a whole */
    char vi[300];
    char en[300];
};

struct node_entry {
    struct node_store *store;
    struct node_store_record record; /* as it was before the op; after make(): with it */
    struct record_writes writes;
    struct change_write *decoded;
    struct buf payload;
    struct buf texts; /* canonical texts of the form */
    struct buf clean;
    struct bytes *elements;
    size_t element_count;
};

MUST_CHECK enum err node_entry_init(struct node_entry *n, struct node_store *store); /* ERR_NOMEM */
void node_entry_free(struct node_entry *n);

/*
 * Make the op of a form. `why` is filled for BAD_INPUT, BAD_VALUE, STALE, NOT_FOUND, NOT_READY and
 * TOO_LARGE.
 *
 * ERR_OK         out
 * ERR_BAD_VALUE  a value the catalogue does not allow; why->field says which
 * ERR_BAD_INPUT  a field twice, no field, another type than the record's, an edit of a deleted one
 * ERR_STALE      the record changed since the form was opened: open it again
 * ERR_NOT_FOUND  no such record;  ERR_NOT_READY: no catalogue has come yet
 * ERR_TOO_LARGE  over a limit of a change set or a record
 */
MUST_CHECK enum err node_entry_make(struct node_entry *n, const struct node_entry_form *form,
                                    struct node_entry_op *out, struct node_entry_why *why);

/* The canonical text of a typed value, for looking a record up by its key; valid until the next
 * call. ERR_BAD_VALUE with words. */
MUST_CHECK enum err node_entry_clean(struct node_entry *n, const struct catalogue_field *field,
                                     struct bytes typed, struct bytes *out,
                                     struct node_entry_why *why);

#endif
