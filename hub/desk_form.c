/* Forms and lists of the hub's page: drafts of the person who is logged in, and searches. */
#include "hub/desk_priv.h"

#include "hub/store_desk.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- drafts ---- */

static enum err hub_desk_draft_each(void *ctx, const struct hub_draft *d)
{
    json_t *body = json_loadb((const char *)d->body.p, d->body.len, 0, NULL);
    if (body == NULL) return ERR_OK; /* not ours: leave it out */
    json_t *j = json_pack("{s:s, s:o, s:o}", "key", d->key, "saved", hub_json_time(d->saved_ms),
                          "draft", body);
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_desk_drafts(struct hub_desk_call *c)
{
    json_t *a = json_array();
    enum err e = hub_drafts_each(c->d->o.app->store, c->session->user, hub_desk_draft_each, a);
    json_t *j = e == ERR_OK ? json_pack("{s:O}", "drafts", a) : hub_command_fail(e);
    json_decref(a);
    return j;
}

json_t *hub_desk_draft_set(struct hub_desk_call *c)
{
    const json_t *draft = json_object_get(c->body, "draft");
    const char *key = web_json_text(c->body, "key");
    char *text = json_is_object(draft) ? json_dumps(draft, JSON_COMPACT) : NULL;
    if (text == NULL || key[0] == '\0') {
        free(text);
        return hub_command_error(ERR_BAD_INPUT, "Bản nháp thiếu khóa hoặc nội dung.",
                                 "The draft has no key or no content.");
    }
    struct hub_draft d = {key, bytes_str(text), c->d->o.wall_ms()};
    enum err e = hub_draft_put(c->d->o.app->store, c->session->user, &d);
    free(text);
    if (e == ERR_TOO_LARGE)
        return hub_command_error(e, "Bản nháp quá dài, hoặc có quá nhiều bản nháp: hãy xóa bớt.",
                                 "The draft is too long, or there are too many: drop some.");
    return e == ERR_OK ? json_pack("{s:o}", "saved", hub_json_time(d.saved_ms))
                       : hub_command_fail(e);
}

json_t *hub_desk_draft_drop(struct hub_desk_call *c)
{
    enum err e =
        hub_draft_remove(c->d->o.app->store, c->session->user, web_json_text(c->body, "key"));
    return e == ERR_OK ? json_pack("{s:b}", "dropped", 1) : hub_command_fail(e);
}

/* ---- lists ---- */

/* A list is asked for with every letter that is typed: the audit gets the first of each kind. */
json_t *hub_desk_search(struct hub_desk_call *c)
{
    const char *type = web_json_text(c->body, "type");
    bool first = strcmp(c->session->note, type) != 0;
    json_object_set_new(c->body, "verb", json_string("search"));
    json_t *j = hub_command(c->d->o.app, c->body);
    if (first) {
        snprintf(c->session->note, sizeof c->session->note, "%s", type);
        hub_desk_note(c->d, c->session->user, "search", c->body, web_json_error_of(j));
    }
    return j;
}
