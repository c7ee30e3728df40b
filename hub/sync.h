/*
 * The hub's half of one sync session, without I/O: events in, effects out. One struct hub_sync per
 * connection. Implements SPEC 7.
 *
 *   GREETING --hello--> LOOKUP --facts: go--> SYNCING --UPEND--> ENDING --BYE--> CLOSED
 *                          |---facts: no node id--> JOINING --WELCOME or REFUSE sent--> CLOSED
 *                          `---facts: any other verdict, said in the hello--> CLOSED
 *
 * Happy path: LINK_BYTES(hello) -> {LOOKUP} -> FACTS -> {SEND hello} -> UP frames {TAKE} -> TAKEN
 * -> {SEND receipt}; the feed at the same time {READ_FEED} -> FEED -> {SEND} while the link drains;
 * after UPEND and the last TAKEN, the feed goes to its end and END is sent.
 *
 * A handshake message can be replayed by anyone: nothing is written and no feed is read before the
 * first message after it, which only the holder of the node's key can make. A log whose head at the
 * hub is not in the node's log gets verdict 1: nothing of the session is taken, but the node may
 * PULL its own sets. After verdict 3 it may send a PROOF that this hub lost something (SPEC 7.13,
 * 7.14): READ_OWN -> OWN, PROVE -> PROVED, GIVE -> GIVEN, inside the open transaction as TAKE is.
 * Behind END the node may send and fetch attachments: ATTACH_OFFER, ATTACH_BLOCK -> SAID, inside the
 * open transaction; ATTACH_READ -> BLOCK.
 *
 * A revoked node gets verdict 5 and its heads: what it sends up is kept apart (TAKEN says so) and
 * answered by QUARANTINED; nothing of the feed, and no receipt, goes down (SPEC 18.3).
 *
 * Failure modes: bad bytes or hashes end the link (stranger: in silence); silence ends it; a store
 * error ends it with REFUSE 6, nothing was receipted.
 *
 * The order contract: at most one effect of a list asks for an answer: LOOKUP -> FACTS, TAKE ->
 * TAKEN, JOIN -> JOINED, each the next event; READ_FEED -> FEED, which may come later, read at the
 * moment when it is given and of committed sets only. TAKE and JOIN run inside the engine's open
 * transaction. Every SEND of a step that follows a store effect waits in the engine until the open
 * transaction, if any, has committed: what was read may be of it. When the commit fails the engine
 * drops these SENDs and closes the link.
 *
 * Ownership: event bytes are borrowed for the call; effect bytes live until the next step.
 * Threads:   loop thread only.   Units: now_ms monotonic, wall_ms UTC.   Limits: HUB_SYNC_* below.
 */
#ifndef DONGBO_HUB_SYNC_H
#define DONGBO_HUB_SYNC_H

#include "hub/store.h"
#include "hub/store_attach.h"
#include "proto/link.h"

#define HUB_SYNC_HANDSHAKE_MS 10000u    /* from accept to a whole hello; from the hub's to JOIN */
#define HUB_SYNC_SILENCE_MS   45000u    /* nothing moved in either direction for this long */
#define HUB_SYNC_SESSION_MS   86400000u /* of one session; keys are new with the next */
#define HUB_SYNC_FEED_BYTES   60000u    /* one bite of the feed */
#define HUB_SYNC_QUEUED_MAX   262144u   /* bytes waiting in the link before the feed pauses */

enum hub_sync_state {
    HUB_SYNC_GREETING,
    HUB_SYNC_LOOKUP,
    HUB_SYNC_JOINING,
    HUB_SYNC_SYNCING,
    HUB_SYNC_ENDING,
    HUB_SYNC_CLOSED
};

/* Store facts for a hello, read at one moment. */
struct hub_sync_facts {
    bool known;     /* the node is enrolled here */
    bool certified; /* it is not, but shows a certificate that this hub signed: the hub lost it, or
                       the keys that it has now */
    bool
        stopped; /* the program died several times at what it sends: it waits for a person (SPEC 15.8) */
    bool retired; /* it dials with a key of before; node has that key, and the one it signed with */
    struct hub_node node;
    struct message_head heads[HELLO_LOGS_MAX]; /* for each log of the hello; of a revoked node with
                                                  what is kept apart of it */
    bool extends[HELLO_LOGS_MAX]; /* the node's log extends or equals the hub's; false: restored,
                                     cloned or forked node */
    uint8_t keys[HELLO_LOGS_MAX]
                [32]; /* of the logs that the hub has; of others, what may have signed
                                         what is kept apart of them */
    struct hub_position position;
    bool cursor_known;
    struct hub_identity identity;
    uint32_t erasure_count; /* the list of erasures */
    uint8_t erasure_sum[8];
};

enum hub_sync_event_kind {
    HUB_SYNC_EV_LINK_BYTES,
    HUB_SYNC_EV_LINK_DRAINED,
    HUB_SYNC_EV_LINK_DOWN,
    HUB_SYNC_EV_TICK,         /* about once a second: deadlines */
    HUB_SYNC_EV_FACTS,        /* answer to LOOKUP */
    HUB_SYNC_EV_TAKEN,        /* answer to TAKE */
    HUB_SYNC_EV_FEED,         /* answer to READ_FEED */
    HUB_SYNC_EV_JOINED,       /* answer to JOIN: refusal 0 = welcome */
    HUB_SYNC_EV_OWN,          /* answer to READ_OWN: sets; none = the end of the log */
    HUB_SYNC_EV_PROVED,       /* answer to PROVE */
    HUB_SYNC_EV_GIVEN,        /* answer to GIVE */
    HUB_SYNC_EV_SAID,         /* answer to ATTACH_OFFER and ATTACH_BLOCK: said */
    HUB_SYNC_EV_BLOCK,        /* answer to ATTACH_READ: said; with ATTACH_OK bytes */
    HUB_SYNC_EV_STORE_FAILED, /* error */
};

struct hub_sync_event {
    enum hub_sync_event_kind kind;
    uint64_t now_ms;
    int64_t wall_ms;
    struct bytes bytes;
    enum err error;
    const struct hub_sync_facts *facts;
    const struct hub_taken *taken;
    const struct hub_feed *feed;
    unsigned refusal; /* enum message_refusal, 0 = welcome */
    const struct message_welcome *welcome;
    const struct message_set *sets;
    size_t set_count;
    const struct hub_attach_said *said;
};

enum hub_sync_effect_kind {
    HUB_SYNC_FX_LOOKUP,    /* hello, peer */
    HUB_SYNC_FX_SEND,      /* bytes */
    HUB_SYNC_FX_TAKE,      /* node, inc, sets: pack_sets owned by the core until the next step */
    HUB_SYNC_FX_READ_FEED, /* node, cursor, hello */
    HUB_SYNC_FX_READ_LIST, /* hello, cursor = next of hub_store_erasures; also answered by FEED */
    HUB_SYNC_FX_JOIN,      /* join; its proof and transport key were checked by the core */
    HUB_SYNC_FX_CONTACT,   /* node, hello; no answer */
    HUB_SYNC_FX_GAVE_BACK, /* node, epoch of the session; no answer. The link ends with it */
    HUB_SYNC_FX_READ_OWN,  /* node, inc, cursor = first seq wanted */
    HUB_SYNC_FX_PROVE,     /* node, hello, receipt (signature checked; NULL: none), certified */
    HUB_SYNC_FX_GIVE,      /* given, given_count: sets of the hub's own log, not checked yet */
    HUB_SYNC_FX_MEND,      /* node, given, given_count (0 or 1): also answered by GIVEN */
    HUB_SYNC_FX_ATTACH_OFFER, /* node, offer */
    HUB_SYNC_FX_ATTACH_BLOCK, /* offer, block */
    HUB_SYNC_FX_ATTACH_READ,  /* node, want */
    HUB_SYNC_FX_CLOSE,        /* after what was sent has left; error = why */
};

struct hub_sync_effect {
    enum hub_sync_effect_kind kind;
    struct bytes bytes;
    const struct message_hello_node *hello;
    const struct hub_node *node;
    const uint8_t *peer; /* 32 bytes: the transport key that the other side proved */
    const struct pack_sets *sets;
    struct id_inc inc;
    uint64_t cursor;
    uint64_t epoch;
    const struct message_join *join;
    const struct admin_receipt *receipt;
    bool certified;
    bool rekeyed; /* READ_FEED, READ_LIST, ATTACH_*: the node's keys changed in this very session */
    const struct message_set *given;
    size_t given_count;
    const struct attach_offer *offer;
    const struct attach_block *block;
    const struct attach_want *want;
    enum err error;
};

#define HUB_SYNC_EFFECTS_MAX 8u

struct hub_sync_effects {
    struct hub_sync_effect v[HUB_SYNC_EFFECTS_MAX];
    size_t count;
};

struct hub_sync;

struct hub_sync_keys { /* borrowed for the life of the hub */
    struct id_hash hub;
    const uint8_t *transport_secret; /* 32 bytes, sodium_malloc */
    const uint8_t *transport_pk;
    const uint8_t *log_secret; /* 64 bytes: receipts, certificates */
    const uint8_t *log_pk;
    /* of before a change of cards, only to hand out the new one (SPEC 18.7); NULL: none */
    const uint8_t *old_transport_secret;
    const uint8_t *old_transport_pk;
};

/* ERR_NOMEM. */
MUST_CHECK enum err hub_sync_new(const struct hub_sync_keys *keys, uint64_t now_ms,
                                 struct hub_sync **out);
void hub_sync_free(struct hub_sync *s); /* NULL is fine */

/* One step. Cannot fail: a bad peer is a verdict that ends the link. `fx` is cleared first. */
void hub_sync_step(struct hub_sync *s, const struct hub_sync_event *ev,
                   struct hub_sync_effects *fx);
enum hub_sync_state hub_sync_state(const struct hub_sync *s);
/* A message came behind the hellos: the peer has its key, and is no replay of an old hello. */
bool hub_sync_live(const struct hub_sync *s);
/* What it sends is kept apart: the node is revoked, or this is who has its old keys. */
bool hub_sync_apart(const struct hub_sync *s);

#endif
