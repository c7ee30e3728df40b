/* Live figures: a page that is open gets the status whenever it may have changed. */
#include "node/desk_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool node_desk_listens(struct node_desk *d, const struct node_desk_stream *s)
{
    for (size_t i = 0; i < LOGIN_SESSIONS_MAX; i++) {
        const struct login_session *l = &d->sessions.at[i];
        if (l->used && login_same(l->token, s->token)) return true;
    }
    return false;
}

/* The status as one line; NULL: no memory. */
static char *node_desk_figures(struct node_desk *d)
{
    struct node_desk_call c = {.d = d};
    json_t *j = node_desk_status(&c);
    char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
    json_decref(j);
    return text;
}

static void node_desk_stream_tell(struct node_desk *d, struct node_desk_stream *s, const char *text)
{
    s->told = d->news;
    if (!web_stream_send(d->web, s->id, "status", text)) *s = (struct node_desk_stream){.id = 0};
}

json_t *node_desk_events(struct node_desk_call *c)
{
    struct node_desk *d = c->d;
    struct node_desk_stream *place = NULL;
    for (size_t i = 0; i < WEB_STREAMS_MAX; i++) {
        if (d->streams[i].id == 0) place = &d->streams[i];
    }
    uint64_t id = d->web != NULL && place != NULL ? web_stream_open(d->web) : 0;
    if (id == 0)
        return node_command_error(ERR_AGAIN, "Có quá nhiều trang đang mở: hãy đóng bớt.",
                                  "Too many pages are open: close some.", NULL);
    c->left = true;
    place->id = id;
    memcpy(place->token, c->session->token, sizeof place->token);
    char *text = node_desk_figures(d);
    if (text != NULL) node_desk_stream_tell(d, place, text);
    free(text);
    return NULL;
}

/* A session with the hub changes figures all the time; saves and its end are told by `news`; what only
 * the time changes (a deadline, a clock) comes once in NODE_DESK_FIGURES_MS. */
static bool node_desk_news(struct node_desk *d)
{
    const char *state = d->o.sync_state(d->o.ctx);
    uint64_t now = d->o.mono_ms();
    bool running = strcmp(state, "idle") != 0;
    bool changed = strcmp(state, d->state) != 0;
    bool old = now - d->figures_ms >= NODE_DESK_FIGURES_MS;
    if (running || changed || old) d->news++;
    if (old) d->figures_ms = now;
    snprintf(d->state, sizeof d->state, "%s", state);
    for (size_t i = 0; i < WEB_STREAMS_MAX; i++) {
        if (d->streams[i].id != 0 && d->streams[i].told != d->news) return true;
    }
    return false;
}

void node_desk_tick(void *desk)
{
    struct node_desk *d = desk;
    (void)login_session_of(&d->sessions, NULL, "", d->o.mono_ms()); /* ends those that are over */
    for (size_t i = 0; i < WEB_STREAMS_MAX; i++) {
        struct node_desk_stream *s = &d->streams[i];
        if (s->id == 0 || node_desk_listens(d, s)) continue;
        (void)web_stream_send(d->web, s->id, "ended",
                              "{}"); /* logged out: the page asks who it is */
        web_stream_end(d->web, s->id);
        *s = (struct node_desk_stream){.id = 0};
    }
    char *text = node_desk_news(d) ? node_desk_figures(d) : NULL;
    for (size_t i = 0; text != NULL && i < WEB_STREAMS_MAX; i++) {
        struct node_desk_stream *s = &d->streams[i];
        if (s->id != 0 && s->told != d->news) node_desk_stream_tell(d, s, text);
    }
    free(text);
}
