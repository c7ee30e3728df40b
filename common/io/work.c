#include "common/io/work.h"

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <uv.h>

struct work {
    uv_work_t request;
    void (*work)(void *ctx);
    void (*done)(void *ctx);
    void *ctx;
};

static void work_on_thread(uv_work_t *r)
{
    struct work *w = r->data;
    w->work(w->ctx);
}

static void work_on_loop(uv_work_t *r, int status)
{
    struct work *w = r->data;
    (void)status; /* nobody cancels */
    w->done(w->ctx);
    free(w);
}

enum err work_start(struct uv_loop_s *loop, void (*work)(void *ctx), void (*done)(void *ctx),
                    void *ctx)
{
    struct work *w = calloc(1, sizeof *w);
    if (w == NULL) return ERR_NOMEM;
    *w = (struct work){.work = work, .done = done, .ctx = ctx};
    w->request.data = w;
    if (uv_queue_work(loop, &w->request, work_on_thread, work_on_loop) == 0) return ERR_OK;
    free(w);
    return ERR_IO;
}

void work_tidy(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
