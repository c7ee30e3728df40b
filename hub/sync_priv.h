/*
 * What the files of the hub's sync core share. Included by hub/sync*.c only.
 *
 * Ownership: struct hub_sync owns its link, pack and decoded sets.   Threads: loop thread only.
 */
#ifndef DONGBO_HUB_SYNC_PRIV_H
#define DONGBO_HUB_SYNC_PRIV_H

#include "hub/sync.h"
#include "proto/pack.h"
#include "proto/wire.h"

#define HUB_SYNC_FIRST_BYTES_MAX 8192u /* of message 1 and its length */
#define HUB_SYNC_SQUEEZE_BYTES   192u  /* smaller bodies gain nothing from the zstd stream */

enum hub_sync_answer { /* what the core waits for; it reads no message meanwhile */
                       HUB_SYNC_NOTHING,
                       HUB_SYNC_WANT_FACTS,
                       HUB_SYNC_WANT_TAKEN,
                       HUB_SYNC_WANT_JOINED,
                       HUB_SYNC_WANT_OWN,
                       HUB_SYNC_WANT_PROVED,
                       HUB_SYNC_WANT_GIVEN,
                       HUB_SYNC_WANT_SAID,
                       HUB_SYNC_WANT_BLOCK
};

struct hub_sync {
    struct hub_sync_keys keys;
    enum hub_sync_state state;
    enum hub_sync_answer answer;
    struct link *wire;
    struct buf first;  /* what came before the hello was read: tried again under an older key */
    bool outdated;     /* the peer dialled a transport key of before: it gets the new card alone */
    struct pack *pack; /* when the first UP comes */
    struct pack_sets taking; /* of the TAKE under way */
    struct message_join join;
    uint64_t deadline_at;
    uint64_t ends_at; /* however busy it is */
    bool pushed;      /* what waits in the link went out with the last effects */
    size_t queued;    /* bytes sent since the link last drained */
    bool live;        /* a message came after the handshake: the peer is really there */
    bool feeding;     /* READ_FEED was asked for; messages go on meanwhile */
    bool listing;     /* the node's list of erasures is not ours: the rest goes first */
    uint64_t list_next;
    uint32_t list_total;
    bool caught_up; /* the feed reached the end of the log before UPEND */
    bool end_sent;
    uint64_t cursor;  /* of the feed */
    uint8_t peer[32]; /* the other side's transport key, proven */
    struct message_hello_node hello;
    uint8_t cert[ADMIN_CERT_BYTES_MAX]; /* hello.cert points here */
    struct hub_node node;
    struct message_head heads[HELLO_LOGS_MAX];
    uint8_t log_keys[HELLO_LOGS_MAX]
                    [32];   /* who signs them; of a log that begins its genesis says so */
    struct admin_card card; /* of the hub, as at the hello */
    uint64_t epoch;
    uint64_t position; /* end of the log at the hello */
    /* repair */
    bool repairing; /* nothing is taken and no feed is sent: verdict 1 or 3 */
    bool apart;     /* the node is revoked: what it sends is kept apart, nothing goes down to it */
    bool retired;   /* ... or its keys changed, and this is who has the old ones */
    bool rekeyed;   /* the node's keys changed in this session: it goes on to its end */
    uint64_t apart_sets; /* ... so many in this session */
    bool certified;      /* the node is not known, but has a certificate of this hub */
    bool pulling;
    struct id_inc pull_inc;
    uint64_t pull_next;
    struct admin_receipt receipt;
    /* attachments */
    struct attach_offer attach; /* the file at hand */
    bool attach_open;           /* blocks of it may come ... */
    uint64_t attach_next;       /* ... from there on */
    struct attach_block block;
    struct attach_want want;   /* moves on with every block sent */
    unsigned want_left;        /* blocks that may still be sent for it */
    size_t asked;              /* damaged sets that were asked for and have no answer */
    struct message_set *given; /* MESSAGE_ITEMS_MAX, when the first GIVEBACK comes */
    struct buf body;
};

void hub_sync_move(struct hub_sync *s, enum hub_sync_state to);
struct hub_sync_effect *hub_sync_effect_add(struct hub_sync_effects *fx,
                                            enum hub_sync_effect_kind kind);

/* Send the body in s->body as a message, or end the link. */
void hub_sync_send(struct hub_sync *s, unsigned type, bool squeeze, struct hub_sync_effects *fx);
/* End the link: what was sent leaves first. `why` = ERR_OK when all is said. */
void hub_sync_close(struct hub_sync *s, enum err why, struct hub_sync_effects *fx);
/* Say why in words, then end the link. */
void hub_sync_refuse(struct hub_sync *s, unsigned code, enum err why, struct hub_sync_effects *fx);
void hub_sync_refuse_text(struct hub_sync *s, unsigned code, const char *text, enum err why,
                          struct hub_sync_effects *fx);

/* sync_greet.c */
void hub_sync_hello(struct hub_sync *s, const struct link_event *m, struct hub_sync_effects *fx);
void hub_sync_facts(struct hub_sync *s, const struct hub_sync_event *ev,
                    struct hub_sync_effects *fx);
void hub_sync_join(struct hub_sync *s, const struct link_event *m, struct hub_sync_effects *fx);
void hub_sync_joined(struct hub_sync *s, const struct hub_sync_event *ev,
                     struct hub_sync_effects *fx);

/* sync_apart.c: a revoked node. SPEC 18.3 */
/* The answer to frames that were kept apart. */
void hub_sync_kept_apart(struct hub_sync *s, const struct id_inc *inc,
                         const struct hub_taken *taken, size_t sets, struct hub_sync_effects *fx);
/* It has nothing more: tell it where it stands, and end. */
void hub_sync_apart_end(struct hub_sync *s, bool unkept, struct hub_sync_effects *fx);

/* sync_feed.c */
void hub_sync_up(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx);
void hub_sync_taken(struct hub_sync *s, const struct hub_sync_event *ev,
                    struct hub_sync_effects *fx);
void hub_sync_receipt(struct hub_sync *s, size_t log, uint64_t first, uint64_t last,
                      const struct id_hash *position_hash, struct hub_sync_effects *fx);
void hub_sync_feed_more(struct hub_sync *s, struct hub_sync_effects *fx);
/* sync_repair.c */
/* How many sets from `first` on fit one message. */
size_t hub_sync_fit_sets(const struct message_set *v, size_t count, size_t first);
void hub_sync_pull(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx);
void hub_sync_pull_more(struct hub_sync *s, struct hub_sync_effects *fx);
void hub_sync_own(struct hub_sync *s, const struct hub_sync_event *ev, struct hub_sync_effects *fx);
void hub_sync_proof(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx);
void hub_sync_proved(struct hub_sync *s, struct hub_sync_effects *fx);
/* Ask for what is damaged here; take the answer to one of them. SPEC 15.6 */
void hub_sync_ask_again(struct hub_sync *s, const struct hub_feed *f, struct hub_sync_effects *fx);
void hub_sync_resent(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx);
void hub_sync_giveback(struct hub_sync *s, struct bytes body, struct hub_sync_effects *fx);
void hub_sync_feed(struct hub_sync *s, const struct hub_sync_event *ev,
                   struct hub_sync_effects *fx);

/* sync_attach.c */
void hub_sync_attach(struct hub_sync *s, const struct link_event *m, struct hub_sync_effects *fx);
void hub_sync_attach_said(struct hub_sync *s, const struct hub_sync_event *ev,
                          struct hub_sync_effects *fx);
void hub_sync_attach_read(struct hub_sync *s, const struct hub_sync_event *ev,
                          struct hub_sync_effects *fx);

#endif
