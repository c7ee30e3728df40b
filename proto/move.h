/*
 * Scope moves: transfers of records between units, shares, settling of writes that crossed them, and
 * assignments by the hub; and what the feed tells of them. SPEC 13.
 *
 * Ownership: decoded structs borrow the payload.   Threads: any, pure.
 * Limits:    MOVE_*.
 */
#ifndef DONGBO_PROTO_MOVE_H
#define DONGBO_PROTO_MOVE_H

#include "common/buf.h"
#include "common/id.h"
#include "proto/change.h"

#define MOVE_NOTE_BYTES_MAX   200u  /* bytes of a note: MESSAGE_TEXT_MAX */
#define MOVE_UNIT_BYTES_MAX   16u   /* bytes of a unit's code: ADMIN_UNIT_BYTES_MAX */
#define MOVE_ASSIGN_MAX       1000u /* records of one assignment */
#define MOVE_CLOSURE_MAX      4096u /* records that go along with one transfer */
#define MOVE_DATE_BYTES       10u   /* YYYY-MM-DD */
#define MOVE_CLASS_DROPPED    3u    /* types of this class on are dropped where they leave */
#define MOVE_EVENTS_KEPT_DAYS 731u  /* 24 months: an older cursor gets a snapshot of its scope */

enum move_reply { MOVE_REFUSE = 0, MOVE_ACCEPT = 1, MOVE_WITHDRAW = 2 };

enum move_access { MOVE_NOTHING = 0, MOVE_READ = 1, MOVE_WRITE = 2 };

enum move_state { /* of a transfer */
                  MOVE_OFFERED = 0,
                  MOVE_REFUSED = 1,
                  MOVE_ACCEPTED = 2,
                  MOVE_WITHDRAWN = 3,
                  MOVE_VOID = 4, /* the record left the giver by another road */
};

enum move_crossed { MOVE_CROSSED_OPEN = 0, MOVE_CROSSED_APPLIED = 1, MOVE_CROSSED_ASIDE = 2 };

/* ---- ops ---- */

struct move_offer { /* the record's unit offers it to another */
    struct id_record transfer;
    struct id_record record;
    struct bytes to;
    struct bytes note;
};

struct move_answer {
    struct id_record transfer;
    enum move_reply reply;
    struct bytes note;
};

struct move_share {
    struct id_record record;
    struct bytes unit;
    enum move_access access; /* MOVE_NOTHING: it ends */
};

struct move_settle { /* a write to a record that had left is applied, or set aside */
    struct id_record record;
    struct id_version version; /* of its set */
    unsigned op;
    bool apply;
};

struct move_assign { /* the hub: these records belong to another unit, from a date on */
    struct bytes to;
    struct bytes date;
    struct bytes records; /* k * 16 bytes */
};

void move_offer_encode(const struct move_offer *m, struct buf *out);
void move_answer_encode(const struct move_answer *m, struct buf *out);
void move_share_encode(const struct move_share *m, struct buf *out);
void move_settle_encode(const struct move_settle *m, struct buf *out);
void move_assign_encode(const struct move_assign *m, struct buf *out);

/* Strict: ERR_BAD_FORMAT for what would not encode to the same bytes. */
MUST_CHECK enum err move_offer_decode(struct bytes payload, struct move_offer *m);
MUST_CHECK enum err move_answer_decode(struct bytes payload, struct move_answer *m);
MUST_CHECK enum err move_share_decode(struct bytes payload, struct move_share *m);
MUST_CHECK enum err move_settle_decode(struct bytes payload, struct move_settle *m);
MUST_CHECK enum err move_assign_decode(struct bytes payload, struct move_assign *m);

/* Is this kind of payload one of the five? */
static inline bool move_kind(int kind)
{
    return kind >= CHANGE_OFFER && kind <= CHANGE_ASSIGN;
}

/* ---- items of MOVES ---- */

enum move_item {
    MOVE_ITEM_LEAVE = 0,
    MOVE_ITEM_TRANSFER = 1,
    MOVE_ITEM_CROSSED = 2,
    MOVE_ITEM_SHARE = 3
};

struct move_leave { /* the record is out of the node's scope */
    struct id_record record;
    bool frozen; /* a copy for reading stays, with its last state and the new owner */
    struct bytes unit;
    struct bytes state;
};

struct move_transfer {
    struct id_record transfer;
    struct id_record record;
    unsigned type;
    struct bytes from;
    struct bytes to;
    enum move_state state;
    uint64_t offered_ms;
    unsigned days; /* until which an answer is expected; 0: the catalogue does not say */
    struct bytes note;
    struct bytes answer;
};

struct move_crossing {
    struct id_record record;
    struct id_version version;
    unsigned op;
    struct bytes unit; /* of its writer */
    enum move_crossed state;
    struct bytes payload;
};

struct move_shared {
    struct id_record record;
    struct bytes unit;
    enum move_access access;
};

void move_leave_encode(const struct move_leave *m, struct buf *out);
void move_transfer_encode(const struct move_transfer *m, struct buf *out);
void move_crossing_encode(const struct move_crossing *m, struct buf *out);
void move_shared_encode(const struct move_shared *m, struct buf *out);
MUST_CHECK enum err move_leave_decode(struct bytes item, struct move_leave *m);
MUST_CHECK enum err move_transfer_decode(struct bytes item, struct move_transfer *m);
MUST_CHECK enum err move_crossing_decode(struct bytes item, struct move_crossing *m);
MUST_CHECK enum err move_shared_decode(struct bytes item, struct move_shared *m);

#endif
