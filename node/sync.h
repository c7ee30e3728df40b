/*
 * The node's half of a sync session, without I/O: events in, effects out. Implements SPEC 7.
 *
 *   IDLE --wake--> LOADING --facts--> DIALING --up--> GREETING --hello--> SYNCING --END applied--.
 *    ^                                                   \--"join first"--> JOINING --WELCOME----+
 *    |                                                                                           v
 *    +<-- down, error, refusal, timeout (retry with jitter) -- any state      CLOSING --down--> IDLE
 *
 * Happy path: WAKE -> {LOAD_HELLO} -> HELLO_FACTS -> {DIAL} -> LINK_UP -> {SEND hello} -> bytes ->
 * the hub's heads, each checked against the own log {READ_SETS} -> SETS -> {SEND up frames} ...
 * UPEND -> receipts {STORE_RECEIPT}, feed {STAGE_*} -> END {APPLY} -> APPLIED -> the lane of
 * attachments, if there are any {ATTACH_*} -> {SEND bye, CLOSE}.
 * While joining: hello without node id -> JOIN -> WELCOME -> {STORE_IDENTITY}, then a session.
 *
 * Failure modes: link down, silence, bad bytes, wrong receipts, a refusal, a store error: {CLOSE,
 * WAKE_AT, NOTE_CONTACT}; nothing is lost because only APPLY and STORE_RECEIPT change what the node
 * believes. A set that no longer matches its hashes ends the sending of its log, not the session:
 * the feed still comes, and the session's result is ERR_DAMAGED.
 *
 * Effects are an ordered list; the engine carries them out one by one and stops at the first that
 * fails, then reports NODE_SYNC_EV_STORE_FAILED. At most one effect of a list asks for an answer,
 * which is the next event: LOAD_HELLO -> HELLO_FACTS, READ_SETS -> SETS, APPLY -> APPLIED,
 * READ_KEPT -> KEPT, ATTACH_NEXT -> ATTACH, ATTACH_READ -> ATTACH_BLOCK, all other STORE_*, STAGE_* and
 * ATTACH_*, REPAIR, RESET -> STORED; NOTE_CONTACT has none.
 * Event bytes are borrowed for the call; effect bytes live until the next step. Each link attempt
 * has a number; events of other links are ignored.
 *
 * Threads: loop thread only.   Units: now_ms is monotonic, wall_ms UTC.
 * Limits:  NODE_SYNC_* below, HELLO_LOGS_MAX, LINK_UNRECEIPTED_MAX.
 */
#ifndef DONGBO_NODE_SYNC_H
#define DONGBO_NODE_SYNC_H

#include "node/store.h"
#include "node/store_attach.h"
#include "node/store_repair.h"
#include "proto/link.h"
#include "proto/pack.h"

#define NODE_SYNC_RETRY_MS_MIN 5000u   /* shortest wait after a failed attempt */
#define NODE_SYNC_RETRY_MS_MAX 900000u /* longest wait */
#define NODE_SYNC_INTERVAL_MS  300000u /* longest wait between sessions when all is well */
#define NODE_SYNC_SAVED_MS     2000u   /* after a save, when the hub was reachable */
#define NODE_SYNC_DIAL_MS      20000u  /* from DIAL to a connection */
#define NODE_SYNC_HANDSHAKE_MS 20000u  /* from a connection to the hub's hello */
#define NODE_SYNC_SILENCE_MS   45000u  /* nothing moved in either direction: the link is dead */
#define NODE_SYNC_CLOSING_MS   5000u   /* for the last bytes to leave */
#define NODE_SYNC_ATTACH_MS    120000u /* of one session for attachments; then the next begins */
#define NODE_SYNC_READ_SETS    PACK_SETS_MAX
/* One bite of the own log, heads and bodies: not less than a frame may hold, so that a run whose signature stands at
 * its end (SPEC 5) is read with it. */
#define NODE_SYNC_READ_BYTES PACK_SETS_BYTES_MAX
#define LINK_UNRECEIPTED_MAX 16u /* UP frames ahead of the receipts */

enum node_sync_state {
    NODE_SYNC_IDLE,
    NODE_SYNC_LOADING,
    NODE_SYNC_DIALING,
    NODE_SYNC_GREETING,
    NODE_SYNC_JOINING,
    NODE_SYNC_SYNCING,
    NODE_SYNC_CLOSING
};

enum node_sync_event_kind {
    NODE_SYNC_EV_WAKE,        /* the timer asked for by WAKE_AT fired; also once at the start */
    NODE_SYNC_EV_NOW,         /* a person asks to sync now */
    NODE_SYNC_EV_SAVED,       /* a change set was saved */
    NODE_SYNC_EV_HELLO_FACTS, /* answer to LOAD_HELLO: hello, identity */
    NODE_SYNC_EV_LINK_UP,
    NODE_SYNC_EV_LINK_BYTES,   /* bytes */
    NODE_SYNC_EV_LINK_DRAINED, /* everything sent so far left this process */
    NODE_SYNC_EV_LINK_DOWN,    /* error = why */
    NODE_SYNC_EV_SETS,         /* answer to READ_SETS: sets, roots */
    NODE_SYNC_EV_KEPT,         /* answer to READ_KEPT: kept, kept_count; none = all were read */
    NODE_SYNC_EV_ATTACH,       /* answer to ATTACH_NEXT: attach; NULL = no more */
    NODE_SYNC_EV_ATTACH_BLOCK, /* answer to ATTACH_READ: bytes */
    NODE_SYNC_EV_STORED,  /* answer to the other store effects; of ATTACH_PUT: error = ERR_OK or
                                  ERR_BAD_HASH */
    NODE_SYNC_EV_APPLIED, /* answer to APPLY: error = ERR_OK or ERR_BAD_HASH */
    NODE_SYNC_EV_STORE_FAILED, /* error: an effect failed in the store; the rest of the list was
                                  dropped */
};

struct node_sync_root { /* root of a block of seeds (SPEC 4.7) */
    uint64_t block;
    uint8_t root[16];
};

struct node_sync_mending { /* what the hello's facts say besides the hello itself */
    bool has_receipt;      /* the newest receipt, for proving that the hub lost something */
    struct admin_receipt receipt;
    uint8_t signature[64];
    uint64_t pulled[HELLO_LOGS_MAX]; /* next seq of own sets staged from a cut pull; 0 = none */
    bool attach;                     /* there are attachments to send or fetch */
    bool keeps;            /* sets of the hub's log that it lost are kept, to be given back */
    struct link_keys dial; /* the transport keys of this session; zeroed: the present ones */
    bool rekey;            /* our keys change, and the hub may know of it or not (SPEC 18.10) */
    bool rekey_turn;       /* ... and these are the new ones */
    struct node_store_rot
        rot[HELLO_LOGS_MAX];              /* delivered sets that are damaged here (SPEC 15.7) */
    uint8_t log_keys[HELLO_LOGS_MAX][32]; /* of the logs of the hello; zeros: the present key */
};

/* Blocks that one READ_SETS can touch. */
#define NODE_SYNC_ROOTS_MAX (NODE_SYNC_READ_SETS / CHANGE_BLOCK_SETS + 2u)

struct node_sync_event {
    enum node_sync_event_kind kind;
    uint64_t now_ms;
    int64_t wall_ms;
    uint64_t link; /* number of the attempt, LINK_* events */
    enum err error;
    struct bytes bytes;
    const struct message_hello_node *hello;
    const struct node_identity *identity;
    const struct node_store_set *sets;
    size_t set_count;
    const struct node_sync_root *roots; /* those of the blocks of `sets` that are kept */
    size_t root_count;
    const struct node_sync_mending *mending; /* HELLO_FACTS */
    const struct message_set *kept;
    size_t kept_count;
    const struct node_attach *attach;
    uint64_t random; /* fresh random bits with every event: jitter, nonce */
};

enum node_sync_effect_kind {
    NODE_SYNC_FX_LOAD_HELLO,
    NODE_SYNC_FX_DIAL,          /* link, identity->address */
    NODE_SYNC_FX_SEND,          /* link, bytes */
    NODE_SYNC_FX_CLOSE,         /* link: after what was sent has left; error = why */
    NODE_SYNC_FX_WAKE_AT,       /* at_ms (monotonic); replaces the one before */
    NODE_SYNC_FX_READ_SETS,     /* inc, seq, count = most sets wanted */
    NODE_SYNC_FX_STORE_RECEIPT, /* receipt, signature */
    NODE_SYNC_FX_STORE_CARD,    /* bytes, card */
    NODE_SYNC_FX_STORE_IDENTITY,
    NODE_SYNC_FX_STAGE_SETS, /* epoch, sets */
    NODE_SYNC_FX_STAGE_RECORDS,
    NODE_SYNC_FX_STAGE_VERDICTS,
    NODE_SYNC_FX_STAGE_MOVES,
    NODE_SYNC_FX_ERASE,        /* sets, count; whole, last: of the list of erasures */
    NODE_SYNC_FX_APPLY,        /* epoch, end, lineage, count */
    NODE_SYNC_FX_STAGE_OWN,    /* inc, sets: own sets that came back */
    NODE_SYNC_FX_HEAL,         /* inc, sets: of them those that rotted here */
    NODE_SYNC_FX_REPAIR,       /* fixes, count: the one repair (SPEC 7.13) */
    NODE_SYNC_FX_RESET,        /* fixes, count: the hub lost what is above these heads; forget:
                                  the cursor too */
    NODE_SYNC_FX_READ_KEPT,    /* seq = give only those behind this number */
    NODE_SYNC_FX_ATTACH_NEXT,  /* attach: give the one behind it */
    NODE_SYNC_FX_ATTACH_READ,  /* attach, seq = begin of the block */
    NODE_SYNC_FX_ATTACH_PUT,   /* attach, block */
    NODE_SYNC_FX_ATTACH_SAID,  /* attach, seq = enum attach_code */
    NODE_SYNC_FX_NOTE_CONTACT, /* error, hub clock; always last */
};

struct node_sync_effect {
    enum node_sync_effect_kind kind;
    uint64_t link;
    uint64_t at_ms;
    uint64_t seq;
    uint64_t epoch;
    struct id_inc inc;
    struct bytes bytes;
    enum err error;
    int64_t hub_clock_ms; /* 0: the hub said nothing */
    struct admin_receipt receipt;
    uint8_t signature[64];
    struct admin_card card;
    const struct node_identity *identity;
    const struct message_set *sets;
    const struct message_record *records;
    const struct message_verdicts *verdicts;
    const struct message_move *moves;
    size_t count;
    const struct message_end *end;
    const struct message_epoch *lineage;
    const struct node_store_fix *fixes;
    const struct node_attach *attach;
    const struct attach_block *block;
    bool turn; /* NOTE_CONTACT: our keys change; the next session is under the others */
    bool
        tried; /* NOTE_CONTACT: sets that rotted here were asked for, and the hub answered to the end */
    bool forget;
    bool whole; /* the list of erasures from its beginning ... */
    bool last;  /* ... and its end */
};

#define NODE_SYNC_EFFECTS_MAX 8u

struct node_sync_effects {
    struct node_sync_effect v[NODE_SYNC_EFFECTS_MAX];
    size_t count;
};

struct node_sync;

struct node_sync_keys {              /* borrowed, the struct too, for the life of the core */
    const uint8_t *transport_secret; /* 32 bytes, sodium_malloc */
    const uint8_t *transport_pk;
    const uint8_t *sign_secret; /* 64 bytes */
    const uint8_t *sign_pk;
    struct link_keys sealing;          /* of bundles; zeroed: there are none */
    const struct node_sync_keys *next; /* those that they are being changed to; NULL: none */
};

/* Which of the two signs for this public key, or is dialled or sealed with? NULL, false: neither. The
 * identity says which counts (node/store_rekey.h). */
const uint8_t *node_keys_sign(const struct node_sync_keys *k, const uint8_t sign_pk[static 32]);
bool node_keys_transport(const struct node_sync_keys *k, const uint8_t pk[static 32],
                         struct link_keys *out);
/* Sets of an own log on their way back from the hub, in their order (SPEC 7.13). */
struct node_pull {
    uint64_t next;       /* seq of the next that must come */
    struct id_hash head; /* of the last one that came */
    bool any;            /* one came */
    bool is_signed;      /* the last one has the signature of the log's key */
};
/* The next one: its bytes, its place behind the one before it. ERR_CHAIN_BROKEN, and errors of change_open() and
 * change_verify(). */
MUST_CHECK enum err node_pull_check(struct node_pull *p, const struct node_identity *id,
                                    const struct id_inc *inc, const uint8_t key[static 32],
                                    const struct message_set *m, struct change_view *view);
/* The same as node_store_sign_fn; `keys`: struct node_sync_keys. */
bool node_keys_signer(const void *keys, const uint8_t sign_pk[static 32],
                      const struct change_head *head, const struct id_hash *hash,
                      uint8_t signature[static 64]);
/* The receipt as a PROOF, but for its signature. */
void node_proof_of(const struct admin_receipt *r, struct message_proof *m);
/* Has this set a signature of its own? Those of an older key that came back (SPEC 7.13) have none where a later one's
 * covers them: no frame may end behind them. */
bool node_keys_signed(const struct node_store_set *v);
/* How many of these sets one frame may carry at most; 0: the signature that covers them stands behind the last one. */
size_t node_keys_run(const struct node_store_set *v, size_t count);
bool node_keys_sealing(const struct node_sync_keys *k, const uint8_t pk[static 32],
                       struct link_keys *out);

/* ERR_NOMEM. */
MUST_CHECK enum err node_sync_new(const struct node_sync_keys *keys, struct node_sync **out);
void node_sync_free(struct node_sync *s); /* wipes the keys of the link; NULL is fine */

/* One step. Cannot fail: a bad peer is a verdict that ends the link. `fx` is cleared first. */
void node_sync_step(struct node_sync *s, const struct node_sync_event *ev,
                    struct node_sync_effects *fx);

enum node_sync_state node_sync_state(const struct node_sync *s);

/* Result of the last finished session and whether one is running, for `sync` and `status`. */
struct node_sync_result {
    uint64_t begun;               /* sessions begun since start */
    uint64_t finished;            /* sessions finished since start, complete or not */
    enum err last;                /* why the last one ended; ERR_OK = complete */
    enum message_verdict verdict; /* of the hub's hello; MESSAGE_GO when there was none */
    unsigned refused;             /* code of the hub's REFUSE, 0 = none */
    /* sets that the hub keeps apart, of this revoked node, out of the last session */
    uint64_t apart;
    /* our words for the officer, static; NULL when `last` or `refused` says it all */
    const char *vi, *en;
    /* the hub's words of its REFUSE, in both languages; "" = none */
    char text[MESSAGE_TEXT_MAX + 1];
    bool wanted_again; /* another session follows at once (NOW, SAVED came late) */
};
void node_sync_result(const struct node_sync *s, struct node_sync_result *out);

#endif
