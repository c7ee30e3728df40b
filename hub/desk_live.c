/* Live figures: a page that is open gets the status whenever it may have changed. And the page's backup. */
#include "hub/desk_priv.h"

#include "common/io/db.h"
#include "common/log.h"
#include "hub/maintain.h"
#include "hub/store_desk.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- backup ---- */

static json_t *hub_desk_backup_state(const struct hub_desk *d)
{
    const struct hub_copier *c = &d->o.app->copier;
    struct hub_backup_note last;
    int64_t copied = 0, pages = 0;
    char name[FILE_PATH_BYTES_MAX];
    enum err e = hub_backup_last(d->o.app->store, &last);
    if (c->copying != NULL) copying_progress(c->copying, &copied, &pages);
    const char *base = strrchr(c->made, '/');
    snprintf(name, sizeof name, "%s", base != NULL ? base + 1 : c->made);
    return json_pack("{s:b, s:s, s:I, s:I, s:s, s:o, s:s}", "running", (int)(c->copying != NULL),
                     "to", c->copying != NULL ? name : "", "copied", (json_int_t)copied, "pages",
                     (json_int_t)pages, "failed", c->how != ERR_OK ? err_name(c->how) : "", "last",
                     hub_json_time(e == ERR_OK ? last.at_ms : 0), "last_name",
                     e == ERR_OK ? last.name : "");
}

static void hub_desk_copied(void *ctx, enum err how, const char *made)
{
    struct hub_desk *d = ctx;
    (void)made;
    d->news++;
    hub_desk_note(d, "", "backup", NULL, how);
}

json_t *hub_desk_backup(struct hub_desk_call *c)
{
    struct hub_desk *d = c->d;
    enum err e =
        hub_copier_start(&d->o.app->copier, web_json_text(c->body, "path"), hub_desk_copied, d);
    d->news++;
    if (e == ERR_LOCKED)
        return hub_command_error(ERR_AGAIN, "Đang sao lưu: hãy đợi lần này xong.",
                                 "A backup is being made: wait for it.");
    if (e == ERR_BAD_INPUT) e = ERR_NOT_FOUND;
    return e == ERR_OK ? hub_desk_backup_state(d) : hub_command_backup_said(e, "");
}

void hub_desk_second(void *desk)
{
    struct hub_desk *d = desk;
    if (d->o.app->copier.copying != NULL || d->check_ms != 0) d->news++; /* how far it is */
    hub_desk_keys(d);
}

void hub_desk_keys(struct hub_desk *d)
{
    _Static_assert((int)LOGIN_SESSIONS_MAX <= (int)WEB_UPLOAD_KEYS_MAX &&
                       (int)LOGIN_TOKEN_ROOM <= (int)WEB_UPLOAD_KEY_ROOM,
                   "no room for the secrets of all sessions");
    const char *keys[LOGIN_SESSIONS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < LOGIN_SESSIONS_MAX; i++) {
        const struct login_session *s = &d->sessions.at[i];
        if (s->used && s->stage == HUB_STAGE_IN) keys[n++] = s->csrf;
    }
    if (d->web != NULL) web_upload_keys(d->web, keys, n);
}

/* ---- events ---- */

json_t *hub_desk_status(struct hub_desk_call *c)
{
    json_t *ask = json_pack("{s:s}", "verb", "status");
    json_t *j = hub_command(c->d->o.app, ask);
    json_decref(ask);
    if (hub_command_error_of(j) == ERR_OK)
        json_object_set_new(j, "backup", hub_desk_backup_state(c->d));
    if (hub_command_error_of(j) == ERR_OK)
        json_object_set_new(j, "checks", hub_desk_check_state(c->d));
    return j;
}

static bool hub_desk_listens(struct hub_desk *d, const struct hub_desk_stream *s)
{
    for (size_t i = 0; i < LOGIN_SESSIONS_MAX; i++) {
        const struct login_session *l = &d->sessions.at[i];
        if (l->used && l->stage == HUB_STAGE_IN && login_same(l->token, s->token)) return true;
    }
    return false;
}

/* The status as one line; NULL: no memory. */
static char *hub_desk_figures(struct hub_desk *d)
{
    struct hub_desk_call c = {.d = d};
    json_t *j = hub_desk_status(&c);
    char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
    json_decref(j);
    return text;
}

static void hub_desk_tell(struct hub_desk *d, struct hub_desk_stream *s, const char *text)
{
    s->told = d->news;
    if (!web_stream_send(d->web, s->id, "status", text)) *s = (struct hub_desk_stream){.id = 0};
}

json_t *hub_desk_events(struct hub_desk_call *c)
{
    struct hub_desk *d = c->d;
    struct hub_desk_stream *place = NULL;
    for (size_t i = 0; i < WEB_STREAMS_MAX; i++) {
        if (d->streams[i].id == 0) place = &d->streams[i];
    }
    uint64_t id = d->web != NULL && place != NULL ? web_stream_open(d->web) : 0;
    if (id == 0)
        return hub_command_error(ERR_AGAIN, "Có quá nhiều trang đang mở: hãy đóng bớt.",
                                 "Too many pages are open: close some.");
    c->later = true;
    place->id = id;
    memcpy(place->token, c->session->token, sizeof place->token);
    char *text = hub_desk_figures(d);
    if (text != NULL) hub_desk_tell(d, place, text);
    free(text);
    return NULL;
}

/* Sessions of nodes change the position; what only time changes comes once in HUB_DESK_FIGURES_MS. */
static bool hub_desk_news(struct hub_desk *d)
{
    struct hub_position at;
    uint64_t now = d->o.mono_ms();
    bool old = now - d->figures_ms >= HUB_DESK_FIGURES_MS;
    hub_store_position(d->o.app->store, &at);
    if (old || at.position != d->position) d->news++;
    if (old) d->figures_ms = now;
    d->position = at.position;
    for (size_t i = 0; i < WEB_STREAMS_MAX; i++) {
        if (d->streams[i].id != 0 && d->streams[i].told != d->news) return true;
    }
    return false;
}

void hub_desk_tick(void *desk)
{
    struct hub_desk *d = desk;
    (void)login_session_of(&d->sessions, NULL, "", d->o.mono_ms()); /* ends those that are over */
    for (size_t i = 0; i < WEB_STREAMS_MAX; i++) {
        struct hub_desk_stream *s = &d->streams[i];
        if (s->id == 0 || hub_desk_listens(d, s)) continue;
        (void)web_stream_send(d->web, s->id, "ended", "{}"); /* the page asks who it is */
        web_stream_end(d->web, s->id);
        *s = (struct hub_desk_stream){.id = 0};
    }
    char *text = hub_desk_news(d) ? hub_desk_figures(d) : NULL;
    for (size_t i = 0; text != NULL && i < WEB_STREAMS_MAX; i++) {
        struct hub_desk_stream *s = &d->streams[i];
        if (s->id != 0 && s->told != d->news) hub_desk_tell(d, s, text);
    }
    free(text);
}
