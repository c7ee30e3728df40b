/* Who hands a report in and takes it back: the leader, under another login than who drafted; and what may be written
 * into one. docs/workflow.md. */
#include "node/command_priv.h"

#include "common/text.h"
#include "node/flow.h"
#include "node/store_users.h"
#include "proto/submission.h"

enum { KNOWN_BYTES_MAX = 400 }; /* of a sentence that names a report's texts */

/* Did this person save the draft that stands there, or write one of its texts, in whatever state it is now? */
static bool report_drafted(struct node_command *c, const struct node_flow *f,
                           const struct id_person *person)
{
    const struct catalogue_type *type =
        catalogue_type_by_name(node_store_catalogue(c->store, NULL), "report");
    const struct fold *fold = &c->entry.record.fold; /* as node_flow_row() chose it */
    if (f->row.has_person && f->open_state == FLOW_DRAFT && ID_EQUAL(&f->row.person, person))
        return true;
    return type != NULL && f->row.has_record && submission_wrote(fold, type, person);
}

static enum err report_leader(void *ctx, const struct node_user *u)
{
    bool *led = ctx;
    *led = *led || (u->active && u->role == NODE_USER_LEADER);
    return ERR_OK;
}

/* Where the desk has leaders only they submit; elsewhere anybody but a clerk or a login that is closed. */
static enum err report_leads(struct node_command *c, const char *name, bool *out)
{
    struct node_user user = {.active = false};
    struct buf fold;
    bool led = false;
    enum err e = node_users_each(c->store, report_leader, &led);
    if (e != ERR_OK) return e;
    buf_init(&fold, 8 * NODE_STORE_PERSON_BYTES_MAX);
    e = text_fold(text_trim(bytes_str(name)), NODE_STORE_PERSON_BYTES_MAX, &fold);
    if (e == ERR_OK) e = node_users_find(c->store, buf_bytes(&fold), &user);
    buf_free(&fold);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    bool known = e == ERR_OK;
    *out = led ? known && user.active && user.role == NODE_USER_LEADER
               : !known || (user.active && user.role != NODE_USER_CLERK);
    return ERR_OK;
}

/* Taking back what the leader confirmed is the leader's too. NULL: so it is. */
json_t *node_report_takes_back(struct node_command *c, const json_t *request)
{
    bool leads = false;
    enum err e = report_leads(c, node_request_str(request, "person"), &leads);
    if (e != ERR_OK) return node_command_fail(e);
    if (leads) return NULL;
    return node_command_error(ERR_DENIED,
                              "Lãnh đạo rút báo cáo bằng tên đăng nhập của mình; chưa rút gì.",
                              "The leader withdraws a report under an own login; nothing was "
                              "withdrawn.",
                              NULL);
}

/* The leader confirms under an own login, what another person wrote. NULL: so it is. */
json_t *node_report_confirms(struct node_command *c, const json_t *request,
                             const struct node_flow *f, const struct id_person *person)
{
    bool leads = false;
    enum err e = report_leads(c, node_request_str(request, "person"), &leads);
    if (e != ERR_OK) return node_command_fail(e);
    if (leads && !report_drafted(c, f, person)) return NULL;
    return node_command_error(ERR_DENIED,
                              "Lãnh đạo xác nhận bằng tên đăng nhập của mình, khác với người soạn; "
                              "chưa nộp gì.",
                              "The leader confirms under an own login, another than who drafted; "
                              "nothing was submitted.",
                              NULL);
}

static bool report_takes(const char *const *names, size_t count, const char *key)
{
    size_t i = 0;
    while (i < count && strcmp(key, names[i]) != 0)
        i++;
    return i < count;
}

json_t *node_report_known(const json_t *values, const char *const *names, size_t count)
{
    const char *key = NULL;
    json_t *v = NULL;
    struct buf list, vi, en;
    json_object_foreach((json_t *)(uintptr_t)values, key, v)
    {
        if (!report_takes(names, count, key) || !json_is_string(v)) break;
    }
    if (key == NULL) return NULL;
    buf_init(&list, KNOWN_BYTES_MAX);
    buf_init(&vi, KNOWN_BYTES_MAX);
    buf_init(&en, KNOWN_BYTES_MAX);
    for (size_t i = 0; i < count; i++)
        buf_printf(&list, "%s %s", i > 0 ? "," : "", names[i]);
    buf_printf(&vi, "Chưa ghi gì: ở đây chỉ ghi chữ vào các đoạn%s", buf_cstr(&list));
    buf_printf(&en, "Nothing was saved: here is text for%s", buf_cstr(&list));
    json_t *j = vi.e == ERR_OK && en.e == ERR_OK
                    ? node_command_error(ERR_BAD_VALUE, buf_cstr(&vi), buf_cstr(&en), key)
                    : node_command_fail(ERR_NOMEM);
    buf_free(&list);
    buf_free(&vi);
    buf_free(&en);
    return j;
}
