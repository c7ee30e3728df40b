/* Status, sync, drafts and the access log. */
#include "node/desk_priv.h"
#include "common/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *node_desk_time(int64_t ms)
{
    char stamp[DATE_STAMP_ROOM];
    return ms != 0 && date_stamp(ms, stamp) == ERR_OK ? json_string(stamp) : json_null();
}

/* ---- status and sync ---- */

/* `ended` counts sessions: a page that asked to sync sees its own one end. */
static json_t *node_desk_sync_state(const struct node_desk *d)
{
    return json_pack("{s:s, s:I, s:O?}", "state", d->o.sync_state(d->o.ctx), "ended",
                     (json_int_t)d->sessions_ended, "last", d->synced);
}

json_t *node_desk_status(struct node_desk_call *c)
{
    json_t *ask = json_pack("{s:s}", "verb", "status");
    json_t *j = ask != NULL ? node_command_run(c->d->o.command, ask) : NULL;
    json_decref(ask);
    if (j != NULL && node_command_error_of(j) == ERR_OK)
        json_object_set_new(j, "sync", node_desk_sync_state(c->d));
    return j;
}

json_t *node_desk_sync(struct node_desk_call *c)
{
    json_t *j = node_desk_sync_state(c->d);
    c->d->o.sync_now(c->d->o.ctx);
    return j;
}

/* ---- drafts ---- */

static enum err node_desk_draft_each(void *ctx, const struct node_draft *d)
{
    json_t *body = json_loadb((const char *)d->body.p, d->body.len, 0, NULL);
    if (body == NULL) return ERR_OK; /* not ours: leave it out */
    json_t *j = json_pack("{s:s, s:o, s:o}", "key", d->key, "saved", node_desk_time(d->saved_ms),
                          "draft", body);
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *node_desk_drafts(struct node_desk_call *c)
{
    json_t *a = json_array();
    enum err e =
        node_drafts_each(c->d->o.command->store, c->session->user, node_desk_draft_each, a);
    json_t *j = e == ERR_OK ? json_pack("{s:O}", "drafts", a) : node_command_fail(e);
    json_decref(a);
    return j;
}

json_t *node_desk_draft_set(struct node_desk_call *c)
{
    const json_t *draft = json_object_get(c->body, "draft");
    const char *key = node_desk_text(c, "key");
    char *text = json_is_object(draft) ? json_dumps(draft, JSON_COMPACT) : NULL;
    if (text == NULL || key[0] == '\0') {
        free(text);
        return node_command_error(ERR_BAD_INPUT, "Bản nháp thiếu khóa hoặc nội dung.",
                                  "The draft has no key or no content.", NULL);
    }
    struct node_draft d = {key, bytes_str(text), c->d->o.command->wall_ms()};
    enum err e = node_draft_put(c->d->o.command->store, c->session->user, &d);
    free(text);
    if (e == ERR_TOO_LARGE)
        return node_command_error(e, "Bản nháp quá dài, hoặc có quá nhiều bản nháp: hãy xóa bớt.",
                                  "The draft is too long, or there are too many: drop some.", NULL);
    return e == ERR_OK ? json_pack("{s:o}", "saved", node_desk_time(d.saved_ms))
                       : node_command_fail(e);
}

json_t *node_desk_draft_drop(struct node_desk_call *c)
{
    enum err e =
        node_draft_remove(c->d->o.command->store, c->session->user, node_desk_text(c, "key"));
    return e == ERR_OK ? json_pack("{s:b}", "dropped", 1) : node_command_fail(e);
}

/* ---- who looked at what ---- */

void node_desk_note(struct node_desk *d, const char *user, const char *what, const char *type,
                    const char *rid)
{
    struct id_record id;
    bool has = rid != NULL && id_unhex(rid, id.b, sizeof id.b) == ERR_OK;
    struct node_access a = {0, d->o.command->wall_ms(), user, what, type, has ? &id : NULL, NULL};
    enum err e = node_access_add(d->o.command->store, &a);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.access"), log_err(e));
}

static enum err node_desk_access_each(void *ctx, const struct node_access *a)
{
    char hex[2 * ID_RECORD_BYTES + 1] = "";
    if (a->rid != NULL) id_hex(BYTES_OF(a->rid->b), hex);
    json_t *j = json_pack("{s:I, s:o, s:s, s:s, s:s, s:s, s:s}", "no", (json_int_t)a->no, "at",
                          node_desk_time(a->at_ms), "user", a->user, "what", a->what, "type",
                          a->type, "id", hex, "why", a->why);
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *node_desk_access(struct node_desk_call *c)
{
    json_t *a = json_array();
    json_int_t before = json_integer_value(json_object_get(c->body, "before"));
    enum err e = node_access_each(c->d->o.command->store, before > 0 ? before : 0,
                                  NODE_DESK_ACCESS_ROWS, node_desk_access_each, a);
    json_t *j = e == ERR_OK ? json_pack("{s:O}", "rows", a) : node_command_fail(e);
    json_decref(a);
    return j;
}

/* Everything held about one person. Without its row in the log nothing is handed out. */
json_t *node_desk_subject(struct node_desk_call *c)
{
    struct id_record id;
    json_object_set_new(c->body, "verb", json_string("subject"));
    json_object_set_new(c->body, "person", json_string(c->session->user));
    json_t *j = node_command_run(c->d->o.command, c->body);
    const char *rid = json_string_value(json_object_get(j, "id"));
    const char *type = json_string_value(json_object_get(j, "type"));
    if (node_command_error_of(j) != ERR_OK || rid == NULL || type == NULL) return j;
    enum err e = id_unhex(rid, id.b, sizeof id.b);
    struct node_access a = {.at_ms = c->d->o.command->wall_ms(),
                            .user = c->session->user,
                            .what = "subject",
                            .type = type,
                            .rid = &id,
                            .why = node_desk_text(c, "reason")};
    if (e == ERR_OK) e = node_access_add(c->d->o.command->store, &a);
    if (e == ERR_OK) return j;
    json_decref(j);
    return node_command_fail(e);
}
