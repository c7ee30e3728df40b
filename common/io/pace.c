#include "common/io/pace.h"

#include <stdlib.h>
#include <uv.h>

struct pace {
    uv_timer_t timer;
    pace_turn_fn turn;
    void *ctx;
};

static void pace_on_closed(uv_handle_t *h)
{
    free(h->data);
}

static void pace_on_timer(uv_timer_t *t)
{
    struct pace *p = t->data;
    uint64_t next = p->turn(p->ctx);
    /* Fails only on a timer that is closing. */
    if (!uv_is_closing((uv_handle_t *)t)) (void)uv_timer_start(t, pace_on_timer, next, 0);
}

enum err pace_start(struct uv_loop_s *loop, uint64_t first_ms, pace_turn_fn turn, void *ctx,
                    struct pace **out)
{
    struct pace *p = calloc(1, sizeof *p);
    if (p == NULL) return ERR_NOMEM;
    *p = (struct pace){.turn = turn, .ctx = ctx};
    if (uv_timer_init(loop, &p->timer) != 0) {
        free(p);
        return ERR_IO;
    }
    p->timer.data = p;
    if (uv_timer_start(&p->timer, pace_on_timer, first_ms, 0) != 0) {
        pace_stop(p);
        return ERR_IO;
    }
    *out = p;
    return ERR_OK;
}

void pace_stop(struct pace *p)
{
    if (p != NULL) uv_close((uv_handle_t *)&p->timer, pace_on_closed);
}
