#include "common/io/copying.h"

#include "common/io/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

struct copying {
    uv_timer_t timer;
    struct db *db;
    struct db_copy *copy;
    char dest[FILE_PATH_BYTES_MAX];
    copying_done_fn done;
    void *ctx;
};

static void copying_on_closed(uv_handle_t *h)
{
    free(h->data);
}

static void copying_end(struct copying *c, enum err how)
{
    db_copy_free(c->copy); /* unfinished: what there is of it goes */
    c->copy = NULL;
    copying_done_fn done = c->done;
    c->done = NULL;
    uv_close((uv_handle_t *)&c->timer, copying_on_closed);
    if (done != NULL) done(c->ctx, how, c->dest); /* c lives until the loop's next turn */
}

static void copying_on_timer(uv_timer_t *t)
{
    struct copying *c = t->data;
    bool whole = false;
    if (db_in_transaction(c->db)) return; /* a writer is at work: in a moment */
    enum err e = db_copy_step(c->copy, COPYING_PAGES, &whole);
    if (e != ERR_OK || whole) copying_end(c, e);
}

enum err copying_start(struct uv_loop_s *loop, struct db *db, const char *dest,
                       copying_done_fn done, void *ctx, struct copying **out)
{
    struct copying *c = calloc(1, sizeof *c);
    if (c == NULL) return ERR_NOMEM;
    c->db = db;
    c->done = done;
    c->ctx = ctx;
    int n = snprintf(c->dest, sizeof c->dest, "%s", dest);
    enum err e = n > 0 && (size_t)n < sizeof c->dest ? ERR_OK : ERR_TOO_LARGE;
    if (e == ERR_OK) e = db_copy_begin(db, dest, &c->copy);
    if (e == ERR_OK && uv_timer_init(loop, &c->timer) != 0) e = ERR_IO;
    if (e != ERR_OK) {
        db_copy_free(c->copy);
        free(c);
        return e;
    }
    c->timer.data = c;
    int rc = uv_timer_start(&c->timer, copying_on_timer, 0, COPYING_PAUSE_MS);
    if (rc != 0) {
        c->done = NULL;
        copying_end(c, ERR_IO);
        return ERR_IO;
    }
    *out = c;
    return ERR_OK;
}

void copying_progress(const struct copying *c, int64_t *copied, int64_t *pages)
{
    db_copy_progress(c->copy, copied, pages);
}

void copying_stop(struct copying *c)
{
    if (c != NULL && c->done != NULL) copying_end(c, ERR_LINK_LOST);
}
