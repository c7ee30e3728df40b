/*
 * Who reads the sealed fields of this node's records, and the records opened and sealed for them.
 * SPEC 22.
 *
 * Readers are this PC; other PCs, as the hub's certificates name them, that a person here accepted
 * after comparing words; and the officers whom orders of two people name, when the hub's offline root
 * key vouched for both who signed, or else a person here accepted them like a PC. Who holds all that
 * the hub has makes nobody a reader.
 *
 * Ownership: the list of node_store_readers() is the store's, until the next node_store_apply(),
 *            accept or drop. The key given lives longer than the store.
 * Threads:   loop thread only.   Units: UTC milliseconds.   Limits: NODE_READERS_MAX.
 * Errors:    those of node/store.h everywhere.
 */
#ifndef DONGBO_NODE_STORE_READERS_H
#define DONGBO_NODE_STORE_READERS_H

#include "node/store_records.h"
#include "proto/order.h"
#include "proto/sealed_record.h"

#define NODE_READERS_MAX 1024u /* PCs and officers that are known; more are left out */

struct node_reader {
    uint8_t pk[32];
    struct id_hash node; /* of a PC; zeros: an officer */
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    char name[ORDER_NAME_BYTES_MAX + 1]; /* of an officer */
    bool officer;
    uint64_t made_ms; /* of an officer: of the newest order that counted */
    bool self;
    bool ended;    /* the PC was revoked, or two officers struck the reader off */
    bool vouched;  /* an officer, named by two for whom the hub's root key signed */
    bool struck;   /* an officer whom an order struck off once: words do not bring him back */
    bool accepted; /* a vouched officer in force, this PC, or accepted here */
};

/* The key that opens what is sealed to this node; NULL takes it away. */
void node_store_sealing(struct node_store *s, const struct key_box *k);
/* Own keys of before a change of it, at most SEALED_OLD_MAX; the secrets live longer than the store, or
 * until the next call. They read until nothing needs them (sealed_needs_old()). */
void node_store_sealing_old(struct node_store *s, const struct key_box *old, size_t count);
bool node_store_can_seal(const struct node_store *s);

MUST_CHECK enum err node_store_readers(struct node_store *s, const struct node_reader **v,
                                       size_t *count);
/* A person compared the words of this key, this PC and this unit (`accept`), or takes it back.
 * Durable. */
MUST_CHECK enum err node_store_reader_accept(struct node_store *s, const struct node_reader *r,
                                             bool accept, const char *person, int64_t now_ms);
/* This copy is old: who was dropped since may stand in it. Everybody waits for words again. */
MUST_CHECK enum err node_store_readers_doubt(struct node_store *s);

/* Texts of sealed fields in place of the sealed values, in r->fold: it is for showing from then on.
 * r->unread: what cannot be opened. Without a catalogue, or for a type without sealed fields, nothing
 * changes. */
MUST_CHECK enum err node_store_record_open(struct node_store *s, const struct id_record *rid,
                                           struct node_store_record *r);

/* The keys of the record that we have, for single values of its history; wipe it. */
void node_store_ring(const struct node_store *s, const struct id_record *rid,
                     const struct node_store_record *r, struct sealed_ring *out);

/*
 * Who we are and who is named, for a record as it is, or as it will be with an op on top. `also`: a
 * unit that is to read besides those of node/store_reach.h, or NULL. `v` has room for
 * SEALED_READERS_MAX and lives as long as *out is used. Uses the store's working record.
 * ERR_NOT_READY: this node has no key for sealing
 */
MUST_CHECK enum err node_store_self(struct node_store *s, const struct id_record *rid,
                                    const struct node_store_record *r, const char *also,
                                    struct sealed_reader *v, struct sealed_self *out);

#endif
