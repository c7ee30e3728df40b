/* An office's list, looked at beside the loop before an import: common/io/office_json.h. */
#include "hub/desk_priv.h"

#include "common/io/office_json.h"
#include "common/io/work.h"

#include <stdlib.h>

struct hub_desk_list {
    struct web_later *later; /* NULL: a test, which has no loop */
    struct buf file;
    json_t *query, *answer;
};

static void hub_desk_list_work(void *ctx)
{
    struct hub_desk_list *x = ctx;
    x->answer = office_json(buf_bytes(&x->file), x->query);
}

static void hub_desk_list_free(struct hub_desk_list *x)
{
    buf_free(&x->file);
    json_decref(x->query);
    json_decref(x->answer);
    free(x);
}

static json_t *hub_desk_list_answer(const struct hub_desk_list *x)
{
    return x->answer != NULL ? json_incref(x->answer) : hub_command_fail(ERR_NOMEM);
}

static void hub_desk_list_done(void *ctx)
{
    struct hub_desk_list *x = ctx;
    struct web_response *r = web_later_response(x->later);
    if (r != NULL) web_json_answer(r, hub_desk_list_answer(x));
    web_later_done(x->later);
    hub_desk_list_free(x);
}

json_t *hub_desk_sheet(struct hub_desk_call *c)
{
    _Static_assert((unsigned)OFFICE_JSON_FILE_BYTES <= HUB_DESK_UPLOAD_BYTES_MAX,
                   "a list is longer than a request may be");
    struct hub_desk *d = c->d;
    struct hub_desk_list *x = calloc(1, sizeof *x);
    if (x == NULL) return hub_command_fail(ERR_NOMEM);
    x->query = json_incref(c->body);
    buf_init(&x->file, HUB_DESK_UPLOAD_BYTES_MAX);
    buf_add_bytes(&x->file, c->q->body);
    bool whole = x->file.e == ERR_OK;
    if (whole && d->o.loop != NULL) x->later = web_later(d->web);
    if (whole && x->later != NULL) {
        c->later = true;
        if (work_start(d->o.loop, hub_desk_list_work, hub_desk_list_done, x) == ERR_OK) return NULL;
        hub_desk_list_done(x); /* says that there is no memory */
        return NULL;
    }
    if (whole && d->o.loop == NULL) hub_desk_list_work(x);
    json_t *j = hub_desk_list_answer(x);
    hub_desk_list_free(x);
    return j;
}
