/* The whole log looked at because somebody pressed a button, and what the hub found when it last looked by itself. */
#include "hub/desk_priv.h"

#include "common/log.h"
#include "hub/aside.h"
#include "hub/store_desk.h"

#include <stdlib.h>

enum { DESK_CHECK_FINDINGS = 20 }; /* that the page names; all are counted */

/* The last one as it was noted; NULL: none yet. */
static json_t *hub_desk_check_last(struct hub_desk *d)
{
    struct buf text;
    buf_init(&text, HUB_CHECK_BYTES_MAX);
    enum err e = hub_check_last(d->o.app->store, &text);
    json_t *j = e == ERR_OK && text.len > 0
                    ? json_loadb((const char *)text.p, text.len, JSON_REJECT_DUPLICATES, NULL)
                    : NULL;
    buf_free(&text);
    return j;
}

json_t *hub_desk_check_state(struct hub_desk *d)
{
    struct hub_scrub_note scrub;
    struct hub_position at;
    json_t *last = hub_desk_check_last(d);
    bool beside = d->check_ms != 0 && d->o.aside != NULL;
    hub_store_position(d->o.app->store, &at);
    if (hub_scrub_last(d->o.app->store, &scrub) != ERR_OK)
        scrub = (struct hub_scrub_note){.at_ms = 0};
    return json_pack("{s:b, s:o, s:I, s:I, s:O?, s:o, s:o, s:I}", "running",
                     (int)(d->check_ms != 0), "began", hub_json_time(d->check_ms), "done",
                     (json_int_t)(beside ? hub_aside_check_rows(d->o.aside) : 0), "of",
                     (json_int_t)(2 * at.position), "failed", d->check_failed, "last",
                     last != NULL ? last : json_null(), "scrub", hub_json_time(scrub.at_ms),
                     "scrub_findings", (json_int_t)scrub.findings);
}

/* What is kept of it, a new reference. */
static json_t *hub_desk_check_note(const struct hub_desk *d, const json_t *answer)
{
    const json_t *all = json_object_get(answer, "findings");
    json_t *some = json_array(), *j = json_object();
    for (size_t i = 0; i < json_array_size(all) && i < DESK_CHECK_FINDINGS; i++)
        json_array_append(some, json_array_get(all, i));
    static const char *const keys[] = {"ok", "sets", "records", "sums", "finding_count"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_set(j, keys[i], json_object_get(answer, keys[i]));
    json_object_set_new(j, "findings", some);
    json_object_set_new(j, "at", hub_json_time(d->o.wall_ms()));
    json_object_set_new(j, "took_ms",
                        json_integer((json_int_t)(d->o.mono_ms() - d->check_mono_ms)));
    return j;
}

/* `answer` is of the verb `verify`; a hub that stops ends it without one. */
static void hub_desk_checked(void *ctx, json_t *answer)
{
    struct hub_desk *d = ctx;
    enum err e = hub_command_error_of(answer);
    json_decref(d->check_failed);
    d->check_failed = e != ERR_OK ? json_incref(answer) : NULL;
    if (e == ERR_OK) {
        json_t *note = hub_desk_check_note(d, answer);
        char *text = json_dumps(note, JSON_COMPACT);
        e = text != NULL ? hub_check_noted(d->o.app->store, bytes_str(text)) : ERR_NOMEM;
        if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.check"), log_err(e));
        free(text);
        json_decref(note);
    }
    json_decref(answer);
    d->check_ms = 0;
    d->news++;
}

json_t *hub_desk_check_log(struct hub_desk_call *c)
{
    struct hub_desk *d = c->d;
    if (d->check_ms != 0)
        return hub_command_error(ERR_EXISTS, "Đang kiểm tra nhật ký: hãy đợi lần này xong.",
                                 "The log is being checked: wait for it.");
    json_t *ask = json_pack("{s:s}", "verb", "verify");
    if (ask == NULL) return hub_command_fail(ERR_NOMEM);
    d->check_ms = d->o.wall_ms();
    d->check_mono_ms = d->o.mono_ms();
    d->news++;
    enum err e = ERR_OK;
    if (d->o.aside != NULL)
        e = hub_aside_start(d->o.aside, ask, hub_desk_checked, d);
    else
        hub_desk_checked(d, hub_command(d->o.app, ask));
    json_decref(ask);
    if (e == ERR_OK) return hub_desk_check_state(d);
    d->check_ms = 0;
    return e == ERR_AGAIN ? hub_aside_full() : hub_command_fail(e);
}
