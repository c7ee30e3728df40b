/*
 * What the files of the hub's engine share. Included by hub/engine*.c only.
 *
 * Ownership: struct hub_engine owns its sessions.   Threads: loop thread only.
 */
#ifndef DONGBO_HUB_ENGINE_PRIV_H
#define DONGBO_HUB_ENGINE_PRIV_H

#include "hub/engine.h"
#include "hub/join.h"

struct hub_session {
    uint64_t conn; /* serial * HUB_ENGINE_CONNS_MAX + slot */
    struct hub_sync *core;
    struct buf out; /* said, not yet handed out */
    bool bound;     /* what it said depends on the open transaction */
    bool waits;     /* `feed` is read after the commit */
    struct hub_sync_effect feed;
    bool closing;
    bool told; /* the caller knows that it closes */
    bool known;
    struct id_hash node; /* whose session it is, proven by its transport key; when known */
    enum err why;
};

struct hub_engine {
    struct hub_store *store;
    struct hub_sync_keys keys;
    unsigned conns_max;
    unsigned half_open_max;
    hub_engine_step_fn *step;
    void *step_ctx;
    struct blackbox *blackbox;
    bool dead;
    bool open;      /* a transaction is */
    size_t group;   /* sets taken in it */
    uint64_t epoch; /* that sessions were greeted with */
    uint64_t serial;
    uint64_t given; /* connection whose bytes were handed out last; 0 = none */
    unsigned count;
    struct hub_session *slots[HUB_ENGINE_CONNS_MAX];
    /* answers of one store effect */
    struct hub_sync_facts facts;
    struct hub_taken taken;
    struct hub_feed feed;
    struct hub_join join;
    struct message_welcome welcome;
    struct hub_attach_said said;
};

/* The step hook; false: dead. */
bool hub_engine_step(struct hub_engine *e, const char *what);
/* A session before the end of its greeting. */
bool hub_engine_half_open(const struct hub_session *x);
/* End a session without a word. */
void hub_engine_kill(struct hub_session *x, enum err why, struct hub_engine_time t);

/* engine_repair.c */
MUST_CHECK enum err hub_engine_own(struct hub_engine *e, const struct hub_sync_effect *f,
                                   struct hub_sync_event *ev);
MUST_CHECK enum err hub_engine_prove(struct hub_engine *e, const struct hub_sync_effect *f,
                                     struct hub_sync_event *ev);
MUST_CHECK enum err hub_engine_mend(struct hub_engine *e, const struct hub_sync_effect *f,
                                    struct hub_sync_event *ev);
MUST_CHECK enum err hub_engine_give(struct hub_engine *e, const struct hub_sync_effect *f,
                                    struct hub_sync_event *ev);
MUST_CHECK enum err hub_engine_gave_back(struct hub_engine *e, const struct hub_sync_effect *f);
/* After a commit: has a new epoch begun? Then every session ends; its node comes again. */
void hub_engine_epoch_check(struct hub_engine *e, struct hub_engine_time t);

/* Make sure that a transaction is open. */
MUST_CHECK enum err hub_engine_open(struct hub_engine *e);

/* Carry out one store effect and make `ev` its answer. */
MUST_CHECK enum err hub_engine_store(struct hub_engine *e, const struct hub_sync_effect *f,
                                     struct hub_sync_event *ev);

#endif
