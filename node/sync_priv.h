/*
 * What the files of the node's sync core share: its state, and the parts of a step. Included by
 * node/sync*.c only.
 *
 * Ownership: struct node_sync owns its link, pack and scratch memory.   Threads: loop thread only.
 */
#ifndef DONGBO_NODE_SYNC_PRIV_H
#define DONGBO_NODE_SYNC_PRIV_H

#include "node/sync.h"
#include "proto/wire.h"

#define NODE_SYNC_SQUEEZE_BYTES 192u /* smaller bodies gain nothing from the zstd stream */
#define NODE_SYNC_ZSTD_LEVEL    9 /* of UP: an eighth fewer bytes than 3 for 2 microseconds a change */

enum { NODE_SYNC_ROUNDS_MAX = 6 }; /* sessions in a row that follow each other at once */

enum node_sync_answer { /* what the core waits for from the store; it reads no message meanwhile */
                        NODE_SYNC_NOTHING,
                        NODE_SYNC_WANT_FACTS,
                        NODE_SYNC_WANT_HEAD, /* the own set at the hub's head */
                        NODE_SYNC_WANT_SETS,
                        NODE_SYNC_WANT_AGAIN, /* an own set that is damaged at the hub */
                        NODE_SYNC_WANT_STORED,
                        NODE_SYNC_WANT_IDENTITY,
                        NODE_SYNC_WANT_NEW_CARD,
                        NODE_SYNC_WANT_APPLIED,
                        NODE_SYNC_WANT_REPAIRED,
                        NODE_SYNC_WANT_KEPT,
                        NODE_SYNC_WANT_ATTACH,
                        NODE_SYNC_WANT_BLOCK,
                        NODE_SYNC_WANT_PUT
};

enum node_sync_lane { /* of attachments */
                      NODE_SYNC_LANE_OFF,
                      NODE_SYNC_LANE_NEXT,  /* the store is asked for a file */
                      NODE_SYNC_LANE_OFFER, /* the hub is asked how much it has */
                      NODE_SYNC_LANE_SEND,
                      NODE_SYNC_LANE_FETCH,
                      NODE_SYNC_LANE_SAID, /* the hub's answer is being stored */
};

struct node_sync_frame { /* an UP frame without receipt */
    struct id_inc inc;
    uint64_t next_seq;
    struct id_hash chain;
};

struct node_sync_pending { /* message items of one body */
    struct message_set *sets;
    struct message_record *records;
    struct message_verdicts *verdicts;
    struct message_move *moves;
};

struct node_sync {
    const struct node_sync_keys *keys;
    enum node_sync_state state;
    enum node_sync_answer answer;
    uint64_t link; /* number of the newest attempt */
    bool link_open;
    struct link *wire;
    struct link *old_wire; /* ended; its bytes are borrowed by the last effects */
    struct pack *pack;

    /* timers, monotonic ms */
    uint64_t next_at;     /* next session; 0 = as soon as woken */
    uint64_t deadline_at; /* of the state, 0 = none */
    uint64_t armed_at;    /* what the caller's timer is set to, 0 = nothing */
    unsigned failures;    /* in a row */
    bool again;           /* something was saved or asked for that this session cannot cover */
    bool at_once;         /* ... by a person who waits */

    /* the session */
    struct node_identity identity;
    struct admin_card card; /* of the hub, as pinned */
    struct message_hello_node hello;
    struct message_head heads[HELLO_LOGS_MAX]; /* of the hub: stated, then as sent */
    struct message_head stated[HELLO_LOGS_MAX];
    uint64_t epoch;
    struct message_epoch lineage[HELLO_EPOCHS_MAX];
    size_t lineage_count;
    int64_t hub_clock_ms;
    size_t log;    /* logs still to check or to send: log - 1 is the one at hand */
    bool heads_ok; /* every head the hub stated stands in our own logs */
    bool apart;    /* this node is revoked: what waits is handed in, nothing comes down */
    bool turn;   /* our keys change, and the hub was not reached under these: the others are next */
    bool upend;  /* UPEND was sent */
    bool pushed; /* what waits in the link went out with the last effects */
    bool note;   /* the session ended in this step */
    bool whole;  /* the hub sends the list of erasures from its beginning */
    bool damaged; /* a set of ours no longer matches its hashes */
    size_t damaged_log;
    /* repair (sync_repair.c) */
    struct node_sync_mending mending;
    struct node_store_fix fixes[HELLO_LOGS_MAX]; /* one per log of the hello */
    bool healing;                                /* what is pulled replaces sets that rotted here */
    bool heal_seen; /* whether to pull such sets was decided in this session */
    bool heal_cut;  /* the last session that pulled such sets did not come to their end */
    bool mend;      /* the heads were checked: this session repairs, nothing is sent */
    size_t pull;    /* log + 1 that is being pulled, 0 = none */
    struct node_pull own;
    unsigned rounds;           /* node_sync_follow() in a row without a complete session */
    struct message_pull asked; /* the set that the hub wants once more */
    uint64_t kept_after;
    bool kept_read; /* all that is kept was given back */
    struct node_sync_frame flight[LINK_UNRECEIPTED_MAX];
    size_t flight_count;
    struct message_end end;

    /* attachments (sync_attach.c) */
    enum node_sync_lane lane;
    uint64_t lane_until;            /* monotonic ms */
    struct node_attach file;        /* at hand */
    uint64_t lane_sent;             /* bytes of it on their way or there */
    uint64_t lane_acked;            /* there */
    uint64_t lane_expected;         /* blocks that were asked for */
    struct attach_block block;      /* the one that came */
    struct node_sync_pending items; /* MESSAGE_ITEMS_MAX each, allocated when first needed */
    struct change_view *view;
    struct buf body; /* of the message being made */
    struct node_sync_result result;
};

/* State moves through one table; a move that is not in it is our bug. */
void node_sync_move(struct node_sync *s, enum node_sync_state to);

struct node_sync_effect *node_sync_effect_add(struct node_sync_effects *fx,
                                              enum node_sync_effect_kind kind);

/* Send the body in s->body as a message, or end the session. */
void node_sync_send(struct node_sync *s, unsigned type, bool squeeze,
                    const struct node_sync_event *ev, struct node_sync_effects *fx);

/* End the session badly: close, wait, note it. Does nothing when idle. */
void node_sync_fail(struct node_sync *s, enum err why, const struct node_sync_event *ev,
                    struct node_sync_effects *fx);
/* Leave the session after its last message: close and wait for the link to go. */
void node_sync_finish(struct node_sync *s, enum err how, const struct node_sync_event *ev,
                      struct node_sync_effects *fx);

/* Likewise, after a step that only another session goes on from: it follows at once, NODE_SYNC_ROUNDS_MAX times in
 * a row; then it waits as after a failure. Nothing else but a person's wish dials without a wait. */
void node_sync_follow(struct node_sync *s, enum err how, const struct node_sync_event *ev,
                      struct node_sync_effects *fx);

/* Words for the officer about this session, static, one text a language: the page shows the one it is in. */
void node_sync_say(struct node_sync *s, const char *vi, const char *en);

/* sync_greet.c */
void node_sync_start(struct node_sync *s, const struct node_sync_event *ev,
                     struct node_sync_effects *fx);
void node_sync_facts(struct node_sync *s, const struct node_sync_event *ev,
                     struct node_sync_effects *fx);
void node_sync_greet(struct node_sync *s, const struct node_sync_event *ev,
                     struct node_sync_effects *fx);
void node_sync_greeted(struct node_sync *s, struct bytes hello, const struct node_sync_event *ev,
                       struct node_sync_effects *fx);
void node_sync_joined(struct node_sync *s, const struct link_event *m,
                      const struct node_sync_event *ev, struct node_sync_effects *fx);
void node_sync_refused(struct node_sync *s, struct bytes body, const struct node_sync_event *ev,
                       struct node_sync_effects *fx);

/* sync_up.c */
void node_sync_check_heads(struct node_sync *s, const struct node_sync_event *ev,
                           struct node_sync_effects *fx);
void node_sync_head_read(struct node_sync *s, const struct node_sync_event *ev,
                         struct node_sync_effects *fx);
void node_sync_read_more(struct node_sync *s, const struct node_sync_event *ev,
                         struct node_sync_effects *fx);
void node_sync_sets_read(struct node_sync *s, const struct node_sync_event *ev,
                         struct node_sync_effects *fx);
void node_sync_receipt(struct node_sync *s, struct bytes body, const struct node_sync_event *ev,
                       struct node_sync_effects *fx);

/* sync_apart.c: a revoked node hands in what waits. SPEC 18.3 */
void node_sync_apart(struct node_sync *s);
void node_sync_quarantined(struct node_sync *s, struct bytes body, const struct node_sync_event *ev,
                           struct node_sync_effects *fx);

/* sync_repair.c */
/* All heads were looked at: go on, or mend. */
void node_sync_checked(struct node_sync *s, const struct node_sync_event *ev,
                       struct node_sync_effects *fx);
/* Before the heads are looked at: pull own sets that rotted here. false: there are none that the hub has. */
bool node_sync_heal(struct node_sync *s, const struct node_sync_event *ev,
                    struct node_sync_effects *fx);
void node_sync_own(struct node_sync *s, struct bytes body, const struct node_sync_event *ev,
                   struct node_sync_effects *fx);
void node_sync_repaired(struct node_sync *s, const struct node_sync_event *ev,
                        struct node_sync_effects *fx);
/* All is applied, but a set of ours is damaged: its log ends before it. */
void node_sync_mend_damage(struct node_sync *s, struct node_sync_effects *fx);
/* A set of ours is damaged at the hub: read it and send it once more. SPEC 15.6 */
void node_sync_again(struct node_sync *s, struct bytes body, const struct node_sync_event *ev,
                     struct node_sync_effects *fx);
void node_sync_again_read(struct node_sync *s, const struct node_sync_event *ev,
                          struct node_sync_effects *fx);
/* Read what is to be given back; sends nothing when nothing is kept. */
void node_sync_kept_more(struct node_sync *s, struct node_sync_effects *fx);
void node_sync_kept(struct node_sync *s, const struct node_sync_event *ev,
                    struct node_sync_effects *fx);

/* sync_down.c */
void node_sync_feed(struct node_sync *s, const struct link_event *m,
                    const struct node_sync_event *ev, struct node_sync_effects *fx);
void node_sync_applied(struct node_sync *s, const struct node_sync_event *ev,
                       struct node_sync_effects *fx);

/* sync_attach.c */
/* Say BYE and leave. */
void node_sync_bye(struct node_sync *s, enum err how, const struct node_sync_event *ev,
                   struct node_sync_effects *fx);
void node_sync_attach_begin(struct node_sync *s, const struct node_sync_event *ev,
                            struct node_sync_effects *fx);
void node_sync_attach_job(struct node_sync *s, const struct node_sync_event *ev,
                          struct node_sync_effects *fx);
void node_sync_attach_block(struct node_sync *s, const struct node_sync_event *ev,
                            struct node_sync_effects *fx);
void node_sync_attach_put(struct node_sync *s, const struct node_sync_event *ev,
                          struct node_sync_effects *fx);
void node_sync_attach_message(struct node_sync *s, const struct link_event *m,
                              const struct node_sync_event *ev, struct node_sync_effects *fx);
/* Go on with the lane when nothing is awaited from the store. false: the hub's turn. */
bool node_sync_attach_more(struct node_sync *s, const struct node_sync_event *ev,
                           struct node_sync_effects *fx);

#endif
