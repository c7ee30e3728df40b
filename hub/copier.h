/*
 * The backup of a hub that runs: one at a time, whoever asks for it, at the control socket or on the page. It is
 * made beside everything else (common/io/copying.h) and noted when it is whole. SPEC 15.
 *
 * Ownership: `done` is called once for each one that was begun.   Threads: loop thread.
 */
#ifndef DONGBO_HUB_COPIER_H
#define DONGBO_HUB_COPIER_H

#include "common/io/copying.h"
#include "common/io/file.h"
#include "hub/store.h"

typedef void (*hub_copier_done_fn)(void *ctx, enum err how, const char *made);

struct hub_copier {
    struct hub_store *store;
    struct uv_loop_s *loop;         /* NULL: a tool, which makes none beside other work */
    struct copying *copying;        /* under way; NULL: none */
    char made[FILE_PATH_BYTES_MAX]; /* of the last that was begun; "": none yet */
    enum err how;                   /* the last one's end */
    int64_t (*wall_ms)(void);
    hub_copier_done_fn done;
    void *ctx;
};

/* Begin one into a file or a folder. ERR_BAD_INPUT: no whole path; ERR_LOCKED: one is under way; errors of
 * hub_backup_dest() and copying_start(): say it to who asked, `done` is not called. */
MUST_CHECK enum err hub_copier_start(struct hub_copier *c, const char *to, hub_copier_done_fn done,
                                     void *ctx);
void hub_copier_stop(struct hub_copier *c); /* before the loop ends */

#endif
