/* Restore from the page: a copy is looked through beside the loop; only one that is good is put in place, by the
 * program as it begins anew (node/tool_process.c). */
#include "node/desk_priv.h"
#include "common/log.h"
#include "node/home.h"
#include "node/maintain.h"
#include "proto/key.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct node_desk_look {
    struct node_desk_job job; /* first */
    char copy[FILE_PATH_BYTES_MAX], path[FILE_PATH_BYTES_MAX], dir[FILE_PATH_BYTES_MAX];
    uint8_t sign_pk[KEY_PUBLIC_BYTES];
    int64_t now_ms;
    bool go;   /* not only look */
    bool done; /* looked through, and somebody was told */
    struct node_restored seen;
    enum err e;
};

static void node_desk_look_work(struct node_desk_job *j)
{
    struct node_desk_look *k = (struct node_desk_look *)j;
    struct node_restore r = {.copy = k->copy,
                             .path = k->path,
                             .sign_pk = k->sign_pk,
                             .dir = k->dir,
                             .now_ms = k->now_ms,
                             .look_only = true};
    k->e = node_restore(&r, &k->seen);
}

/* A copy that is no good is what was entered, no fault of this program: answered as such (422). */
static json_t *node_desk_look_said(enum err e)
{
    json_t *said = node_command_restore_said(e);
    bool entered = e == ERR_NOT_FOUND || e == ERR_DAMAGED || e == ERR_WRONG_HUB || e == ERR_NEWER ||
                   e == ERR_OTHER_PROGRAM;
    if (!entered || said == NULL) return said;
    json_t *j = node_command_error(ERR_BAD_INPUT, json_string_value(json_object_get(said, "vi")),
                                   json_string_value(json_object_get(said, "en")), "path");
    json_decref(said);
    return j;
}

static json_t *node_desk_look_done(struct node_desk_call *c, struct node_desk_job *j)
{
    struct node_desk_look *k = (struct node_desk_look *)j;
    (void)c;
    k->done = true;
    if (k->e != ERR_OK) return node_desk_look_said(k->e);
    return json_pack("{s:b, s:I, s:I}", "restoring", (int)k->go, "sets",
                     (json_int_t)k->seen.seen.sets, "records", (json_int_t)k->seen.seen.records);
}

/* The answer is handed over: now the program may end its work. Should it end before the answer is sent, the page asks
 * until it is answered anew, as it does anyway. */
static void node_desk_look_drop(struct node_desk_job *j)
{
    struct node_desk_look *k = (struct node_desk_look *)j;
    if (k->go && k->done && k->e == ERR_OK) {
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.restore"));
        j->d->o.restore(j->d->o.ctx, k->copy);
    }
    free(j);
}

json_t *node_desk_restore(struct node_desk_call *c)
{
    const char *copy = node_desk_text(c, "path");
    if (copy[0] != '/' || strlen(copy) >= FILE_PATH_BYTES_MAX)
        return node_command_error(ERR_BAD_INPUT,
                                  "Hãy nhập đường dẫn đầy đủ của tệp sao lưu trên máy này hoặc "
                                  "trên USB. Chưa thay đổi gì.",
                                  "Enter the whole path of the copy on this PC or on a stick. "
                                  "Nothing was changed.",
                                  "path");
    if (c->d->working >= NODE_DESK_WORKS_MAX) return node_command_fail(ERR_AGAIN);
    struct node_desk_look *k = calloc(1, sizeof *k);
    if (k == NULL) return node_command_fail(ERR_NOMEM);
    k->job = (struct node_desk_job){
        .work = node_desk_look_work, .done = node_desk_look_done, .drop = node_desk_look_drop};
    memcpy(k->copy, copy, strlen(copy) + 1);
    memcpy(k->sign_pk, c->d->o.command->keys->sign_pk, sizeof k->sign_pk);
    k->now_ms = c->d->o.command->wall_ms();
    k->go = json_is_true(json_object_get(c->body, "go"));
    enum err e = file_join(c->d->o.dir, "node.db", k->path, sizeof k->path);
    if (e == ERR_OK) e = file_join(c->d->o.dir, "", k->dir, sizeof k->dir);
    if (e != ERR_OK) {
        free(k);
        return node_command_fail(e);
    }
    node_desk_note(c->d, c->session->user, k->go ? "restore" : "restore_look", "", NULL);
    return node_desk_work(c, &k->job);
}

/* ---- a joining that is undone ---- */

struct node_desk_undo {
    struct node_desk_job job; /* first */
    bool done;
};

/* No work: the answer goes out before the program ends. */
static void node_desk_unjoin_work(struct node_desk_job *j)
{
    (void)j;
}

static json_t *node_desk_unjoin_done(struct node_desk_call *c, struct node_desk_job *j)
{
    (void)c;
    ((struct node_desk_undo *)j)->done = true;
    return json_pack("{s:b}", "unjoining", 1);
}

static void node_desk_unjoin_drop(struct node_desk_job *j)
{
    if (((struct node_desk_undo *)j)->done) j->d->o.unjoin(j->d->o.ctx);
    free(j);
}

json_t *node_desk_unjoin(struct node_desk_call *c)
{
    bool may = false;
    enum err e = node_home_may_unjoin(c->d->o.command->store, &may);
    if (e != ERR_OK) return node_command_fail(e);
    if (!may)
        return node_command_error(
            ERR_DENIED,
            "Chỉ bỏ được ghi danh khi sáu từ khác với trung tâm và máy này chưa ghi gì. Chưa thay "
            "đổi gì.",
            "A joining is undone only where the six words differ and nothing was written here. "
            "Nothing was changed.",
            NULL);
    if (c->d->working >= NODE_DESK_WORKS_MAX) return node_command_fail(ERR_AGAIN);
    struct node_desk_undo *u = calloc(1, sizeof *u);
    if (u == NULL) return node_command_fail(ERR_NOMEM);
    u->job = (struct node_desk_job){.work = node_desk_unjoin_work,
                                    .done = node_desk_unjoin_done,
                                    .drop = node_desk_unjoin_drop};
    return node_desk_work(c, &u->job);
}
