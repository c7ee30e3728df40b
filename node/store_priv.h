/*
 * What the files of the node's store share. Only node/store*.c include it.
 *
 *   sys_log, sys_op    the own log and one row per op: pending 0 = in the hub's state (or never
 *                      folded), 1 = waits for the feed, 2 = the hub holds it
 *   sys_record         the hub's state of every record in scope, as sent
 *   sys_shown          one row per record that is shown, with flags for lists
 *   sys_staged_*       what came since the last END
 *   sys_hub_set        sets of the hub's own log, as sent
 */
#ifndef DONGBO_NODE_STORE_PRIV_H
#define DONGBO_NODE_STORE_PRIV_H

#include "common/io/db.h"
#include "common/io/file.h"
#include "common/io/store_typed.h"
#include "common/io/witness.h"
#include "node/store.h"
#include "proto/sealed_record.h"
#include "node/store_readers.h"
#include "node/store_records.h"
#include "node/store_repair.h"
#include "proto/attach.h"
#include "proto/erase.h"
#include "proto/move.h"
#include "proto/record.h"

enum {
    NODE_STORE_SETS_MAX = 1024,                    /* sets of one node_store_read_sets */
    NODE_STORE_SETS_BYTES_MAX = 16 * 1024 * 1024,  /* their bytes */
    NODE_STORE_PENDING_BYTES_MAX = 8 * 1024 * 1024 /* payloads of the pending ops of one record */
};

enum node_store_pending { NODE_STORE_SETTLED = 0, NODE_STORE_WAITS = 1, NODE_STORE_HELD = 2 };

/* store_schema.c */
extern const struct db_migration node_store_steps[];
extern const size_t node_store_step_count;

struct node_store {
    struct db *db;
    struct catalogue *catalogue; /* NULL: none has come */
    uint32_t edition;
    struct typed *typed; /* NULL: no catalogue, or the disk was full when it was opened */
    struct record_rules_ctx rules_ctx;
    struct fold_rules rules;
    struct node_store_record work; /* for projecting and checking */
    uint64_t unreadable;           /* records of the last node_show_marked() */
    bool fed;                      /* the feed was taken anew in the transaction at hand */
    uint64_t sessions_lost;        /* sessions that could not be counted on disk */
    /* the own set that was opened last */
    bool view_open;
    int64_t view_log;
    uint64_t view_seq;
    struct change_view *view;
    struct buf view_memory;
    struct change_write *writes; /* CHANGE_WRITES_MAX */
    /* what read_sets gave */
    struct node_store_set *sets;
    struct buf set_memory;
    struct witness witness;
    struct message_epoch lineage[HELLO_EPOCHS_MAX]; /* of the hub, newest first */
    size_t lineage_count;
    /* the seed root that this process made last: a copy of the database must not make the same seeds,
     * and so the same record ids, as its original */
    bool root_made;
    int64_t root_log;
    uint64_t root_block;
    struct message_set *kept; /* NODE_STORE_KEPT_MAX, of node_store_kept() */
    /* erasure */
    struct erase_list erased;              /* all orders together */
    uint32_t listed;                       /* sets of the list */
    char erased_path[FILE_PATH_BYTES_MAX]; /* copy of the list; "": none is kept */
    bool erased_file_stale;                /* it could not be written */
    bool wipe_wanted;                      /* the file may still hold what was deleted */
    struct buf attach_block;               /* of node_store_attach_read() */
    /* sealed fields */
    const uint8_t *sealing_secret; /* NULL: nothing sealed is read or written here */
    uint8_t sealing_pk[32];
    struct sealed_old sealed_old[SEALED_OLD_MAX]; /* of before a change of it: these read */
    size_t sealed_old_count;
    struct node_district *district; /* of node_flow_district(); NULL: to be looked up */
    struct node_reader *readers;    /* who is known, out of the hub's log; NULL: to be looked up */
    size_t reader_count;
};

static inline int64_t node_store_i64(uint64_t v)
{
    return (int64_t)v;
}

static inline uint64_t node_store_u64(int64_t v)
{
    return (uint64_t)v;
}

/* store_log.c: the number of an incarnation in sys_inc. ERR_NOT_FOUND. */
MUST_CHECK enum err node_log_number(struct node_store *s, const struct id_inc *inc, int64_t *out);
/* Open an own set; s->view is it until the next call. */
MUST_CHECK enum err node_log_view(struct node_store *s, int64_t log, uint64_t seq);

/* A set into the rows of log number `log`, which it extends (sys_inc is the caller's). */
MUST_CHECK enum err node_log_put(struct node_store *s, const struct node_store_append *a,
                                 int64_t log, int64_t now_ms);
/* Append a set to its log, or begin it; imports are not counted again. */
MUST_CHECK enum err node_log_append(struct node_store *s, const struct node_store_append *a,
                                    int64_t now_ms);

/* store.c: seals, if it has them or `want`s them; again after tables changed. */
MUST_CHECK enum err node_store_seal(struct node_store *s, bool want);

/* store_witness.c: is this database older than what its witness saw? Then the next save begins a new
 * incarnation. */
MUST_CHECK enum err node_witness_open(struct node_store *s, const char *path);
/* After a commit that moved the end of the own log. */
void node_witness_note(struct node_store *s);

/* Of a row of sys_op: an order took its payload away here, whatever a hub says that went back behind the order. The hub
 * alone says 8 of an answer to a transfer that this node does not know: that verdict goes as it came. */
#define NODE_OP_GONE                                                                               \
    "(ifnull(verdict, 0) = 8 AND NOT EXISTS (SELECT 1 FROM sys_log l WHERE l.log = sys_op.log "    \
    "AND l.seq = sys_op.seq AND substr(l.body, 1, 1) = x'00'))"
/* store_bundle.c, inside a transaction: what was asked by files so far is of before, and --next begins anew. */
MUST_CHECK enum err node_asked_forget(struct node_store *s);

/* store_reset.c: a set of the hub's log came down: it need not be kept any more. */
MUST_CHECK enum err node_keep_matched(struct node_store *s, struct bytes head);
/* One of them stays: columns position, head, body, signature. */
MUST_CHECK enum err node_keep_one(struct node_store *s, const struct db_stmt *from);
/* A page begins behind `from`, over positions that this node has already, of a hub that went back and has not noticed
 * it: what is not in it any more stays for the hub, also where another stands in its place now. */
MUST_CHECK enum err node_keep_overlap(struct node_store *s, uint64_t from);
/* Signed sets of the hub's log stay, whatever the hub has of them: its log is about to be fetched from its
 * beginning, and what does not come again it may have lost. */
MUST_CHECK enum err node_keep_all(struct node_store *s);
/* Orders of erasure at once, before own sets whose payloads they took; and a hub that lost one counts what
 * is dead here. */
MUST_CHECK enum err node_keep_orders(struct node_store *s);
/* All that the hub has came down: the rest may be given back. */
MUST_CHECK enum err node_keep_ready(struct node_store *s);

/* store_rekey.c, inside a transaction: a set in s->view was saved or came back; the change is done; its set
 * lost its place; a receipt may cover it; op 28 of the hub's log. */
struct node_rekey;
MUST_CHECK enum err node_rekey_saved(struct node_store *s, const struct node_store_append *a,
                                     int64_t now_ms);
MUST_CHECK enum err node_rekey_pulled(struct node_store *s, const struct node_store_append *a,
                                      bool *there);
MUST_CHECK enum err node_rekey_finish(struct node_store *s, const struct node_rekey *r);
MUST_CHECK enum err node_rekey_undo(struct node_store *s, struct node_identity *id);
MUST_CHECK enum err node_rekey_receipt(struct node_store *s, const struct admin_receipt *r);
MUST_CHECK enum err node_rekey_ask(struct node_store *s, struct bytes payload, uint64_t position);

/* store.c: run each statement with the record as ?1. */
MUST_CHECK enum err node_rid_run(struct node_store *s, const struct id_record *rid,
                                 const char *const *sql, size_t count);

/* Mark every record that is shown or known (a new catalogue changes them all). */
MUST_CHECK enum err node_show_mark_all(struct node_store *s);
MUST_CHECK enum err node_show_mark(struct node_store *s, const struct id_record *rid);
/* Bring all marked records up to date and forget the marks. One that cannot be read is named in the log, counted in
 * s->unreadable and left as it stands in the lists: it keeps no other from being shown. */
MUST_CHECK enum err node_show_marked(struct node_store *s);
/* Likewise for a save: ERR_DAMAGED when it cannot be read, for who saves must know. */
MUST_CHECK enum err node_show_saved(struct node_store *s);

/* store_catalogue.c */
struct node_catalogue { /* a catalogue on its way in; zeroed = none */
    struct catalogue *catalogue;
    struct typed *typed;
    uint32_t edition;
    bool swapped; /* it is the one that was in use before, to go back to */
};
/* At open: the catalogue of sys_catalogue, if any. */
MUST_CHECK enum err node_catalogue_load(struct node_store *s);
/* Typed tables for saving; opens what could not be opened before. Inside a transaction. */
MUST_CHECK enum err node_catalogue_ready(struct node_store *s);
/* Before reading the typed tables outside a transaction: tries again when there was no room at the
 * start. ERR_NOT_READY: no catalogue yet; ERR_FULL: still no room. */
MUST_CHECK enum err node_catalogue_wanted(struct node_store *s);
/* The transaction in which node_catalogue_ready() opened them was rolled back. */
void node_catalogue_unready(struct node_store *s);
/* Inside apply's transaction: the newest whole edition among the hub's sets, if it is newer than
 * the one in use. A catalogue that cannot be used is logged and left aside (`in` stays zeroed). */
MUST_CHECK enum err node_catalogue_newest(struct node_store *s, struct node_catalogue *in);
/* After the commit, or after a rollback (`taken` false). */
void node_catalogue_take(struct node_store *s, struct node_catalogue *in, bool taken);

/* store_fold.c: inside apply's transaction, stage the records that the hub left out because only own
 * sets changed them. */
MUST_CHECK enum err node_fold_own(struct node_store *s);
/* store_verdict.c: the staged verdicts, and those that waited for their sets. */
MUST_CHECK enum err node_verdicts_apply(struct node_store *s);

/* store_search.c: the folded text and the title of a record, kept with its shown row. */
MUST_CHECK enum err node_search_put(struct node_store *s, const struct id_record *rid,
                                    const struct catalogue_type *t,
                                    const struct typed_value *values);
MUST_CHECK enum err node_search_remove(struct node_store *s, const struct id_record *rid);

/* store_move.c. A bad peer's bytes must not get into the store: ERR_BAD_FORMAT. `rid`: its record. */
MUST_CHECK enum err node_move_check(const struct message_move *m, struct id_record *rid);
/* Inside apply's transaction: staged records older than their leaving are dropped; then, behind the
 * records, everything else. `all`: the scope came anew. */
MUST_CHECK enum err node_moves_before(struct node_store *s);
MUST_CHECK enum err node_moves_apply(struct node_store *s, bool all);
/* An own op was appended: offers and answers show before the hub has them. */
MUST_CHECK enum err node_move_local(struct node_store *s, int64_t log, uint64_t seq, unsigned op,
                                    struct bytes payload, int64_t now_ms);
/* store_erase_list.c: at open, what is dead; an older database gets the orders of the file. */
MUST_CHECK enum err node_erased_open(struct node_store *s);
/* Inside apply's transaction: what of the list came with the feed; positions of what was known. */
MUST_CHECK enum err node_erasures_staged(struct node_store *s);
/* After it, however it ended: memory and file follow the table. */
void node_erasures_settle(struct node_store *s);

/* store_readers.c: who reads may have changed. */
void node_readers_forget(struct node_store *s);
/* store_district.c: the same for node_flow_district(). */
void node_district_forget(struct node_store *s);

/* store_flow.c: inside apply's transaction: what a set of the hub's log says of reports, in place of
 * what was known of that position. ERR_BAD_FORMAT: it is not that. */
MUST_CHECK enum err node_flow_forget(struct node_store *s, uint64_t position);
MUST_CHECK enum err node_flow_apply(struct node_store *s, uint64_t position, unsigned op, int kind,
                                    struct bytes payload);

/* store_verify.c, inside a transaction: receipts go that somebody made with a key that this card ended before them. */
MUST_CHECK enum err node_receipts_disown(struct node_store *s, const struct admin_card *card);

/* store_attach.c, inside a transaction: bytes of files go that this record names no more (uses the
 * store's work record); those of all records that are not shown here any more. */
MUST_CHECK enum err node_attach_unnamed(struct node_store *s, const struct id_record *rid);
MUST_CHECK enum err node_attach_sweep(struct node_store *s);
/* Of records that changed: the hub is asked again about those that it did not take. */
MUST_CHECK enum err node_attach_woken(struct node_store *s);

/* store_heal.c, inside the transaction that applies a whole feed: tables that are wanted anew are emptied, and what is
 * good in them and does not come again is staged. */
MUST_CHECK enum err node_heal_feed(struct node_store *s);
/* Applying met damage: of what came before, or of the own log. */
void node_heal_met(struct node_store *s, int64_t now_ms);
/* Records could not be shown: a person is told, and what came from the hub is fetched anew, once. */
void node_heal_unreadable(struct node_store *s, int64_t now_ms);

/* store_heal.c: the cursor to 0, so that the hub sends everything; what is here stays until it came, and sets of the
 * hub's log that do not come again are given back. */
MUST_CHECK enum err node_store_refetch(struct node_store *s);

/* store_stage.c: forget what is staged. */
MUST_CHECK enum err node_stage_clear(struct node_store *s);

#endif
