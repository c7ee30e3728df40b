/*
 * The hub's store, what the desk's forms need: records found by a few letters, what a form would make
 * of a record, and drafts: what somebody typed and has not saved. Drafts are no records; they stay at
 * the hub, each with its user.
 *
 * Ownership: what callbacks get is borrowed for the call.   Threads: loop thread.
 * Units: UTC milliseconds, bytes.   Limits: HUB_DRAFT*, SEARCH_*.
 * Errors: those of hub/store.h everywhere: nothing changed.
 */
#ifndef DONGBO_HUB_STORE_DESK_H
#define DONGBO_HUB_STORE_DESK_H

#include "common/io/store_typed.h"
#include "hub/store.h"
#include "proto/fold.h"

enum {
    HUB_DRAFTS_MAX = 50,          /* drafts of one user */
    HUB_DRAFT_BYTES_MAX = 65536,  /* JSON text of one */
    HUB_DRAFT_KEY_BYTES_MAX = 80, /* what a page calls it */
};

/* Records of a type in whose title or identity number each word stands, tone marks aside
 * (common/search.h), by folded title. */
struct hub_find {
    const struct catalogue_type *type;
    const char *unit;   /* code of the owner, NULL: any */
    struct bytes query; /* as typed; empty: all */
    size_t offset, max; /* rows that are told */
};
/* `total`: how many there are. ERR_NOT_READY: no catalogue;  ERR_TOO_LARGE: the query;
 * ERR_BAD_INPUT: it is no text. */
MUST_CHECK enum err hub_store_find(struct hub_store *s, const struct hub_find *q,
                                   enum err (*each)(void *ctx, const struct id_record *rid),
                                   void *ctx, size_t *total);

/* A number that is another one after a record of the type was made; 0: there is none. */
MUST_CHECK enum err hub_store_made(struct hub_store *s, const struct catalogue_type *type,
                                   int64_t *made);

/* Records that have every value of a prospective one (typed_twins). After hub_store_project(). ERR_NOT_READY. */
MUST_CHECK enum err hub_store_twins(struct hub_store *s, const struct catalogue_type *type,
                                    const struct fold *f, struct id_record *out, size_t max,
                                    size_t *found);

/* Records that are named so (proto/entry_called.h). ERR_NOT_READY without a catalogue. */
struct entry_called;
MUST_CHECK enum err hub_store_called(struct hub_store *s, const struct entry_called *named,
                                     struct id_record *out, size_t max, size_t *found);

/* The catalogue's SQL over a prospective record, field by field. As hub_store_try_record(). */
MUST_CHECK enum err hub_store_review(struct hub_store *s, const struct catalogue_type *type,
                                     const struct fold *f, struct typed_review *out);

struct hub_draft {
    const char *key;
    struct bytes body; /* JSON */
    int64_t saved_ms;
};
/* Replaces the draft of that key. ERR_TOO_LARGE: a limit. */
MUST_CHECK enum err hub_draft_put(struct hub_store *s, const char *user, const struct hub_draft *d);
/* None there is fine. */
MUST_CHECK enum err hub_draft_remove(struct hub_store *s, const char *user, const char *key);
/* Newest first. */
MUST_CHECK enum err hub_drafts_each(struct hub_store *s, const char *user,
                                    enum err (*each)(void *ctx, const struct hub_draft *d),
                                    void *ctx);

/* The last check of the whole log that a page asked for: JSON of hub/desk_check.c, replaced by the next. Empty:
 * none yet. */
#define HUB_CHECK_BYTES_MAX 16384u /* of it */
MUST_CHECK enum err hub_check_last(struct hub_store *s, struct buf *out);
MUST_CHECK enum err hub_check_noted(struct hub_store *s, struct bytes text);

/* The last whole round of hub/scrub.h. */
struct hub_scrub_note {
    int64_t at_ms;     /* of its end; 0: none yet */
    uint64_t findings; /* of that round */
};
MUST_CHECK enum err hub_scrub_last(struct hub_store *s, struct hub_scrub_note *out);
MUST_CHECK enum err hub_scrub_noted(struct hub_store *s, const struct hub_scrub_note *note);

/* The last backup that the daemon finished. */
struct hub_backup_note {
    int64_t at_ms; /* 0: none yet */
    char name[200];
};
MUST_CHECK enum err hub_backup_last(struct hub_store *s, struct hub_backup_note *out);
/* `path` is finished: its file name is kept. */
MUST_CHECK enum err hub_backup_noted(struct hub_store *s, const char *path, int64_t at_ms);

#endif
