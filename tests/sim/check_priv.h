/* What the files of the checks share: the naive model. Only check*.c include it.   Threads: one. */
#ifndef DONGBO_TESTS_SIM_CHECK_PRIV_H
#define DONGBO_TESTS_SIM_CHECK_PRIV_H

#include "common/date.h"
#include "common/io/db.h"
#include "proto/move.h"
#include "tests/sim/check.h"

enum { NAIVE_MARK_BYTES = 18 };

struct naive_op { /* one op on a record, as it stands in the hub's log */
    size_t row;
    unsigned index;
    struct change_op op; /* writes: own array; bytes borrow the row */
    struct id_version version;
    uint64_t clock; /* clamped */
    struct id_person person;
    uint64_t position;
    bool own; /* of the hub's log */
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    uint8_t verdict; /* without flags */
    bool crossed;    /* held, on a record that its unit had */
    bool settled;    /* somebody decided that it applies */
    bool gone; /* an order named it alone: its values are nil, and its verdict is shown as 8 */
};

struct naive_row { /* one change set with a position */
    struct buf head;
    struct buf body;
    struct id_inc inc;
    uint64_t seq;
    struct id_hash hash;
    struct id_hash node;
    bool own;
    bool given;            /* of the hub's own log, given back by a node */
    uint8_t signature[64]; /* zeros: a later one covers it */
    int64_t received_ms;
    uint8_t verdicts[CHANGE_OPS_MAX]; /* as the naive fold says, without flags */
    bool on_record[CHANGE_OPS_MAX];   /* the others are administrative */
    unsigned ops;
    bool touched; /* a verdict changed since it was compared */
    bool erased;  /* some op of it was */
    bool early;   /* some op of it was before we read it: by an order of the same commit */
    bool orders;  /* it has an order of two officers, or a revocation */
    bool outside; /* it is of a revoked node, or under a key that its node changed */
    size_t
        parcel; /* sets from this one on that a person let in together; 0: it does not begin such */
    bool rehomes;             /* it has a certificate of another unit for a node */
    bool rekeys;              /* and of other keys than its first */
    bool certifies;           /* it has a certificate of other keys than its first for ... */
    struct id_hash certified; /* ... this node */
    char home[ADMIN_UNIT_BYTES_MAX + 1]; /* which one, by the hub's word, where it was given back */
};

struct naive_home { /* a node is of this unit from a position on */
    struct id_hash node;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    uint64_t since;
};

struct naive_record {
    struct id_record rid;
    unsigned type;
    bool own;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    uint64_t born;     /* position */
    uint64_t position; /* of its last change */
    uint64_t moved;    /* likewise of its unit; 0: never */
    bool touched;
};

struct naive_named { /* an op that an order named alone */
    struct id_inc inc;
    uint64_t seq;
    unsigned op;
    struct id_record rid;
    unsigned field; /* the first; ops of the simulator's people have one */
    bool marked;
    char mark[NAIVE_MARK_BYTES + 1]; /* of the text that it wrote */
};

struct naive_stay { /* a record came to a unit by a move */
    struct id_record rid;
    char from[ADMIN_UNIT_BYTES_MAX + 1], to[ADMIN_UNIT_BYTES_MAX + 1];
    struct date day; /* of the hub's clock, or that an assignment names */
};

struct naive_move { /* one op of SPEC 13, as it stands in the hub's log */
    size_t row;
    unsigned index;
    int kind;
    bool own;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    uint8_t verdict;
    struct id_record wait;     /* verdict 4: for this record or transfer */
    struct id_record transfer; /* of an offer */
    bool late; /* an assignment, of which a record was erased or not there yet when it was taken */
};

struct naive_answered { /* a person answered this transfer with a note, as one of that record */
    struct id_record transfer, rid;
};

struct naive_transfer {
    struct id_record id, rid;
    char from[ADMIN_UNIT_BYTES_MAX + 1], to[ADMIN_UNIT_BYTES_MAX + 1];
    enum move_state state;
};

struct naive_share { /* a unit that has, or had, a record of another */
    struct id_record rid;
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    enum move_access access;
    uint64_t since; /* position */
};

struct naive_head {
    const struct naive_op *op;
    const struct change_write *write;
};

struct saved_set { /* of the log on one disk */
    struct buf head;
    struct buf body;
    struct id_inc inc;
    uint64_t seq;
    struct id_hash hash;
    bool branch; /* it lost its place: re-authored, not shown */
    bool held;   /* the hub's log has it, compared */
    bool typed;  /* found behind a crash: a person's save */
    bool found;
};

struct saved_log {
    struct saved_set *v;
    size_t count;
    size_t image;   /* sets in the image of its disk */
    bool behind;    /* the hub went back: receipts hold again after the next complete session */
    uint64_t since; /* complete sessions when it or the hub went back */
};

struct must { /* a set of the hub's own log that the hub lost */
    struct id_hash hash;
    bool held[WORLD_NODES_MAX]; /* by these nodes, which have not gone back since */
};

struct naive_issue { /* of a closed period */
    char period[16];
    uint32_t number;
    uint64_t position;
    struct id_hash sum; /* of its files and signatures */
};

struct check {
    struct naive_issue *issues;
    size_t issue_count;
    struct naive_row *rows; /* rows[i] has position i + 1 */
    size_t row_count;
    /* of logs that the hub went back behind: nodes may still show what they wrote */
    struct naive_row *lost;
    size_t lost_count;
    struct naive_op *ops;
    size_t op_count;
    struct naive_record *records;
    size_t record_count;
    struct naive_home *homes; /* in the order of the log */
    size_t home_count;
    struct naive_move *moves;
    size_t move_count;
    struct naive_answered *answered;
    size_t answered_count;
    struct naive_stay *stays; /* in the order of the log */
    size_t stay_count;
    struct naive_transfer *transfers;
    size_t transfer_count;
    struct naive_share *shares; /* with access 0: it left them, as owner or otherwise */
    size_t share_count;
    struct id_record *dead; /* named by orders in the log */
    size_t dead_count;
    struct id_record *ever; /* likewise, also in a log that the hub lost */
    size_t ever_count;
    struct id_record *early; /* of ops that came without their payload before the order was read */
    size_t early_count;
    struct naive_named *named; /* by orders in the log */
    size_t named_count;
    struct naive_named *ever_named; /* likewise, also in a log that the hub lost */
    size_t ever_named_count;
    size_t unnamed;        /* ops that came without their values before the order was read */
    struct naive_release { /* a parcel that a person let in */
        struct id_hash node;
        struct id_inc inc;
        uint64_t first, next;
        struct id_hash hash; /* of the last set */
        size_t row;          /* of the decision */
    } * releases;
    size_t release_count;
    struct id_hash *revoked; /* nodes */
    size_t revoked_count;
    struct naive_rekeyed { /* a node whose keys changed */
        struct id_hash node;
        size_t row;
        uint8_t sign_pk[32];
    } rekeyed[WORLD_NODES_MAX];
    size_t rekeyed_count;
    bool killed;      /* an order was read since all rows were */
    struct id_hash p; /* position hash at the end */
    struct saved_log logs[WORLD_NODES_MAX];
    size_t hub_image; /* rows in the image of the hub's disk */
    struct must *musts;
    size_t must_count;
    uint64_t receipts;
    struct change_view *view;
    struct change_write *writes;
    struct fold fold;
    struct node_store_record shown;
};

/* naive_move.c */
void naive_move_take(struct world *w, size_t row, unsigned index);
/* What waited for this record or transfer is tried again. */
void naive_moves_wake(struct world *w, const struct id_record *id, uint64_t at);
enum move_access naive_access(const struct check *c, const struct id_record *rid, const char *unit);
bool naive_had(const struct check *c, const struct id_record *rid, const char *unit);
/* The position at which the record came to this unit, whose it is or with which it is shared. */
uint64_t naive_entered(const struct check *c, const struct naive_record *r, const char *unit);
void naive_author(const struct world *w, const struct naive_row *r,
                  char unit[static ADMIN_UNIT_BYTES_MAX + 1]);
/* naive_unit.c: of which unit a node is at a position (UINT64_MAX: now); "" before it was enrolled. */
const char *naive_unit_of(const struct check *c, const struct id_hash *node, uint64_t position);
const char *naive_unit(const struct world *w, unsigned node, uint64_t position);
/* A certificate in the hub's own log. */
void naive_enrol_take(struct world *w, size_t row, struct bytes payload);
struct naive_transfer *naive_transfer_find(struct check *c, const struct id_record *id);
/* An answer that the hub holds, to an offer of which its log has the name nowhere. */
void naive_move_again(struct world *w, size_t which,
                      uint64_t at); /* one that waited, by its number */
bool naive_answer_blind(const struct check *c, size_t row, unsigned op);

/* check_erase.c */
void naive_mark(const struct id_record *rid, char out[static NAIVE_MARK_BYTES + 1]);
/* Of the text that somebody types as the n-th of a run. */
void naive_text_mark(uint64_t n, char out[static NAIVE_MARK_BYTES + 1]);
bool naive_dead(const struct check *c, const struct id_record *rid);
bool naive_ever_dead(const struct check *c, const struct id_record *rid);
/* Likewise of one op that was named alone; ever: also in a log that the hub lost. */
const struct naive_named *naive_named(const struct check *c, const struct change_head *head,
                                      unsigned op, const struct change_op *what, bool ever);
/* An order, and an op without payload, of c->view. */
void naive_order_take(struct world *w, struct bytes payload, uint64_t at);
/* A person at `who` offers this record, answers this transfer: with the record's mark in the note, where he can see
 * it; else the note stays as it is. */
void check_offered(struct world *w, int who, const struct id_record *rid,
                   char note[static NAIVE_MARK_BYTES + 1]);
void check_answered(struct world *w, int who, const struct id_record *transfer,
                    char note[static NAIVE_MARK_BYTES + 1]);
void naive_stub_take(struct world *w, size_t row, unsigned index);
bool check_body_erased(struct world *w, const struct naive_row *r, struct bytes body);
bool check_own_erased(struct world *w, struct bytes head, struct bytes body);
void check_orders(struct world *w);
/* close.c */
void check_issues(struct world *w);
/* Both sides say of every period what the log says: at quiescence. */
void check_closings(struct world *w);
/* Nothing of dead records is on this disk, if its store has heard of it; `must`: it must have. */
void check_erased(struct world *w, int who, bool must);

/* naive_release.c: a decision about a parcel; after each commit: nothing else is let in, and all that is due. */
void naive_release_take(struct world *w, size_t row, struct bytes payload);
void check_releases(struct world *w);
/* Has this revoked node handed in all that it saved, and is all in the hub's log that was let in and that it has? */
bool check_let_in(const struct world *w, unsigned node);

bool naive_revoked(const struct check *c, const struct id_hash *node);
/* NULL: it has its first keys. */
const struct naive_rekeyed *naive_rekeyed(const struct check *c, const struct id_hash *node);
/* Is nothing of this node to be checked: it is hostile, or revoked? */
bool check_outside(const struct world *w, unsigned node);
/* naive.c: a held op once more; forced: somebody decided so. */
void naive_op_again(struct world *w, struct naive_op *op, uint64_t at);
/* An op of c->view that is in the log; gone: it came without its values. */
void naive_op_add(struct world *w, size_t row, unsigned index, const struct change_op *op,
                  bool gone);

/* Forget the log behind its first `rows` positions. */
void naive_cut(struct world *w, size_t rows);
/* Fold the row at the end of `rows` in. */
void naive_take(struct world *w, size_t row);
struct naive_record *naive_record_find(const struct check *c, const struct id_record *rid);
/* All heads of a record, by register; `out` has room for `max`. */
size_t naive_heads(const struct check *c, const struct id_record *rid, struct naive_head *out,
                   size_t max);
size_t naive_conflicts(struct world *w, const struct naive_record *r,
                       const struct naive_head *heads, size_t count);
bool naive_deleted(const struct naive_head *heads, size_t count);
bool naive_held(uint8_t verdict);
enum { NAIVE_HEADS_MAX = 4096 };

/* The record as a store has it against the naive fold. `strict`: positions, clocks and persons too. */
void check_record(struct world *w, struct db *db, const struct naive_record *r, bool strict,
                  const char *where);

/* check_node.c */
/* What a repair added to the node's log since it was last compared is taken over. */
void check_mended(struct world *w, unsigned node);
/* A save in doubt, of a disk that is copied. */
void check_save_copy(const struct world *w, const struct world_save *from, struct world_save *to);
bool check_fold_at(struct world *w, int who, const struct id_record *rid, const struct fold **out);
void check_nothing_lost(struct world *w);

/* check_mend.c: a repair added the sets of the node's log from this one on. */
void check_mend(struct world *w, unsigned node, size_t from);
/* A set that a node has made: if a log begins with it, no other has its incarnation. */
void check_begun(struct world *w, const struct saved_set *x);
/* But for bases. */
bool check_op_equal(const struct change_op *a, const struct change_op *b);

/* check_quiet.c */
void check_copies(struct world *w);
void check_redelivery(struct world *w);
/* Is this set in a log that the disk of this node has? A clone has others. */
bool check_of_node(const struct check *c, unsigned node, const struct naive_row *r);

/* check_verify.c */
void check_verified(struct world *w);

/* files.c */
void check_quota(struct world *w);
void check_files(struct world *w);
bool check_lane(struct world *w, unsigned node);

/* check_held.c */
void check_held_hub(struct world *w);
void check_held_node(struct world *w, unsigned node);
/* What this node must say of an own op: what the hub says, but of an answer to an offer that it alone knows, and whose
 * record is erased, that it is gone; the hub, which cannot know, holds it (SPEC 12.5). */
unsigned check_verdict_due(struct world *w, unsigned node, size_t row, unsigned op);

#endif
