/* What takes long goes beside the loop: the connection sleeps until it is done. */
#include "node/desk_priv.h"
#include "common/io/office_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static void node_desk_work_on_thread(void *ctx)
{
    struct node_desk_job *j = ctx;
    j->work(j);
}

/* The session that asked, if it still is one. */
static struct login_session *node_desk_work_session(struct node_desk_job *j)
{
    for (size_t i = 0; i < LOGIN_SESSIONS_MAX; i++) {
        struct login_session *s = &j->d->sessions.at[i];
        if (s->used && login_same(s->token, j->token)) return s;
    }
    return NULL;
}

static void node_desk_work_end(struct node_desk_job *j)
{
    struct node_desk *d = j->d;
    d->working--;
    if (j->hash) d->hashing--;
    j->drop(j);
    if (d->gone && d->working == 0) node_desk_free(d);
}

static void node_desk_work_on_loop(void *ctx)
{
    struct node_desk_job *j = ctx;
    struct web_response *r = web_later_response(j->later);
    if (r != NULL) { /* else the service has stopped, and nobody waits */
        struct node_desk_call c = {.d = j->d, .r = r, .session = node_desk_work_session(j)};
        json_t *response = j->done(&c, j);
        if (response != NULL || r->body.len == 0) web_json_answer(r, response);
    }
    web_later_done(j->later);
    node_desk_work_end(j);
}

static json_t *node_desk_work_at_once(struct node_desk_call *c, struct node_desk_job *j)
{
    j->work(j);
    json_t *response = j->done(c, j);
    node_desk_work_end(j);
    return response;
}

json_t *node_desk_work(struct node_desk_call *c, struct node_desk_job *j)
{
    struct node_desk *d = c->d;
    j->d = d;
    d->working++;
    if (j->hash) d->hashing++;
    if (c->session != NULL) memcpy(j->token, c->session->token, sizeof j->token);
    if (d->web == NULL) return node_desk_work_at_once(c, j); /* a test: there is no loop */
    j->later = web_later(d->web);
    enum err e = j->later != NULL
                     ? work_start(d->o.loop, node_desk_work_on_thread, node_desk_work_on_loop, j)
                     : ERR_NOMEM;
    c->left = j->later != NULL;
    if (e == ERR_OK) return NULL;
    if (j->later != NULL) {
        web_json_answer(web_later_response(j->later), node_command_fail(e));
        web_later_done(j->later);
    }
    node_desk_work_end(j);
    return c->left ? NULL : node_command_fail(e);
}

/* ---- an export ---- */

struct node_desk_export {
    struct node_desk_job job; /* first */
    struct node_sheet *sheet;
    char folder[FILE_PATH_BYTES_MAX];
    struct buf file;
    enum err e;
};

static void node_desk_export_work(struct node_desk_job *j)
{
    struct node_desk_export *x = (struct node_desk_export *)j;
    x->e = node_sheet_write(x->sheet, x->folder, &x->file);
}

static json_t *node_desk_export_done(struct node_desk_call *c, struct node_desk_job *j)
{
    struct node_desk_export *x = (struct node_desk_export *)j;
    bool csv = node_sheet_format(x->sheet) == NODE_SHEET_CSV;
    if (x->e != ERR_OK) return node_command_fail(x->e);
    web_set_header(c->r, "Content-Type",
                   csv ? "text/csv; charset=utf-8"
                       : "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
    web_set_header(c->r, "Content-Disposition",
                   csv ? "attachment; filename=\"danh-sach.csv\""
                       : "attachment; filename=\"danh-sach.xlsx\"");
    buf_add_bytes(&c->r->body, buf_bytes(&x->file));
    return NULL;
}

static void node_desk_export_drop(struct node_desk_job *j)
{
    struct node_desk_export *x = (struct node_desk_export *)j;
    node_sheet_free(x->sheet);
    buf_free(&x->file);
    free(x);
}

json_t *node_desk_export(struct node_desk_call *c)
{
    bool names = json_is_true(json_object_get(c->body, "names"));
    if (c->d->working >= NODE_DESK_WORKS_MAX)
        return node_command_error(ERR_AGAIN, "Đang xuất một tệp khác: hãy đợi rồi thử lại.",
                                  "Another file is being made: wait and try again.", NULL);
    struct node_desk_export *x = calloc(1, sizeof *x);
    if (x == NULL) return node_command_fail(ERR_NOMEM);
    buf_init(&x->file, NODE_SHEET_FILE_MAX);
    x->job = (struct node_desk_job){.work = node_desk_export_work,
                                    .done = node_desk_export_done,
                                    .drop = node_desk_export_drop};
    json_object_set_new(c->body, "person", json_string(c->session->user));
    json_t *response = node_export_collect(c->d->o.command, c->body, &x->sheet);
    if (response == NULL && file_join(c->d->o.dir, "run", x->folder, sizeof x->folder) != ERR_OK)
        response = node_command_fail(ERR_TOO_LARGE);
    if (response != NULL) {
        node_desk_export_drop(&x->job);
        return response;
    }
    node_desk_note(c->d, c->session->user, names ? "export_names" : "export",
                   node_desk_text(c, "type"), NULL);
    return node_desk_work(c, &x->job);
}

/* ---- an office's list, to be looked at before an import ---- */

struct node_desk_list {
    struct node_desk_job job; /* first */
    struct buf file;
    json_t *query, *answer;
};

static void node_desk_list_work(struct node_desk_job *j)
{
    struct node_desk_list *x = (struct node_desk_list *)j;
    x->answer = office_json(buf_bytes(&x->file), x->query);
}

static json_t *node_desk_list_done(struct node_desk_call *c, struct node_desk_job *j)
{
    struct node_desk_list *x = (struct node_desk_list *)j;
    (void)c;
    return x->answer != NULL ? json_incref(x->answer) : node_command_fail(ERR_NOMEM);
}

static void node_desk_list_drop(struct node_desk_job *j)
{
    struct node_desk_list *x = (struct node_desk_list *)j;
    buf_free(&x->file);
    json_decref(x->query);
    json_decref(x->answer);
    free(x);
}

json_t *node_desk_sheet(struct node_desk_call *c)
{
    _Static_assert((unsigned)OFFICE_JSON_FILE_BYTES <= NODE_DESK_BODY_BYTES_MAX,
                   "a list is longer than a request may be");
    if (c->d->working >= NODE_DESK_WORKS_MAX) {
        web_set_header(c->r, "Retry-After", "1");
        json_t *busy = node_command_fail(ERR_AGAIN);
        json_object_set_new(busy, "busy", json_true()); /* the page asks again by itself */
        return busy;
    }
    struct node_desk_list *x = calloc(1, sizeof *x);
    if (x == NULL) return node_command_fail(ERR_NOMEM);
    x->job = (struct node_desk_job){
        .work = node_desk_list_work, .done = node_desk_list_done, .drop = node_desk_list_drop};
    x->query = json_incref(c->body);
    buf_init(&x->file, NODE_DESK_BODY_BYTES_MAX);
    buf_add_bytes(&x->file, c->q->body);
    if (x->file.e != ERR_OK) {
        enum err e = x->file.e;
        node_desk_list_drop(&x->job);
        return node_command_fail(e);
    }
    return node_desk_work(c, &x->job);
}
