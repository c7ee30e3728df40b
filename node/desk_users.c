/* Who may log in, what they may do, and handing over to somebody else. */
#include "node/desk_priv.h"

#include <stdio.h>
#include <string.h>

static struct node_store *node_desk_users_of(const struct node_desk *d)
{
    return d->o.command->store;
}

static enum err node_desk_user_each(void *ctx, const struct node_user *u)
{
    json_t *j =
        json_pack("{s:s, s:I, s:s, s:b}", "name", u->name, "created", (json_int_t)u->created_ms,
                  "role", node_user_role_word(u->role), "active", (int)u->active);
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *node_desk_users(struct node_desk_call *c)
{
    json_t *a = json_array();
    enum err e = node_users_each(node_desk_users_of(c->d), node_desk_user_each, a);
    json_t *j = e == ERR_OK ? json_pack("{s:O}", "users", a) : node_command_fail(e);
    json_decref(a);
    return j;
}

json_t *node_desk_user_make(struct node_desk *d, const struct node_desk_pass *p)
{
    struct node_user u = {.created_ms = d->o.command->wall_ms(), .role = p->role, .active = true};
    _Static_assert(sizeof u.hash == sizeof p->hash, "room for the hash");
    memcpy(u.name, p->name.clean, sizeof u.name);
    memcpy(u.hash, p->hash, sizeof u.hash);
    enum err e = node_users_add(node_desk_users_of(d), &u, bytes_str(p->name.fold));
    login_wipe(&u, sizeof u);
    if (e == ERR_OK) return NULL;
    if (e == ERR_EXISTS)
        return node_command_error(e, "Đã có người dùng tên này.", "There is a user of that name.",
                                  "name");
    return node_command_fail(e);
}

/* ---- add, and hand over ---- */

static json_t *node_desk_bad_role(void)
{
    return node_command_error(ERR_BAD_INPUT, "Vai trò không đúng.", "There is no such role.",
                              "role");
}

/* The new keeper has what the old one had half written; the old one may not log in any more, and
 * stays as a name on records. */
static json_t *node_desk_handed_over(struct node_desk_call *c, const struct node_desk_pass *p)
{
    struct node_store *s = node_desk_users_of(c->d);
    char old[sizeof c->session->user];
    memcpy(old, c->session->user, sizeof old);
    enum err e = node_drafts_hand_over(s, old, p->name.clean);
    if (e == ERR_OK) e = node_users_set_role(s, old, NODE_USER_KEEPER, false);
    if (e != ERR_OK) return node_command_fail(e);
    node_desk_note(c->d, old, "handover", "", NULL);
    login_session_end_all(&c->d->sessions, old, NULL);
    return json_pack("{s:s}", "handed_over", p->name.clean);
}

static json_t *node_desk_add_then(struct node_desk_call *c, struct node_desk_pass *p)
{
    if (c->session == NULL) return node_command_fail(ERR_LOCKED);
    json_t *j = node_desk_user_make(c->d, p);
    if (j != NULL) return j;
    if (p->hand_over) return node_desk_handed_over(c, p);
    node_desk_note(c->d, c->session->user, "user", "", NULL);
    return node_desk_users(c);
}

static json_t *node_desk_add(struct node_desk_call *c, enum node_user_role role, bool hand_over)
{
    const char *password = node_desk_text(c, "password");
    struct node_desk_pass *p = node_desk_pass_new(node_desk_add_then);
    if (p == NULL) return node_command_fail(ERR_NOMEM);
    p->make = true;
    p->role = role;
    p->hand_over = hand_over;
    json_t *j = node_desk_name(node_desk_text(c, "name"), &p->name) == ERR_OK
                    ? node_desk_bad_password(password)
                    : node_desk_bad_name();
    if (j == NULL) j = node_desk_may_hash(c);
    if (j == NULL) snprintf(p->fresh, sizeof p->fresh, "%s", password);
    if (j == NULL) return node_desk_work(c, &p->job);
    node_desk_pass_drop(&p->job);
    return j;
}

json_t *node_desk_user_add(struct node_desk_call *c)
{
    enum node_user_role role = NODE_USER_CLERK;
    const char *word = node_desk_text(c, "role");
    if (word[0] != '\0' && node_user_role_read(word, &role) != ERR_OK) return node_desk_bad_role();
    return node_desk_add(c, role, false);
}

json_t *node_desk_hand_over(struct node_desk_call *c)
{
    return node_desk_add(c, NODE_USER_KEEPER, true);
}

/* ---- change ---- */

json_t *node_desk_user_set(struct node_desk_call *c)
{
    const char *name = node_desk_text(c, "name");
    const json_t *active = json_object_get(c->body, "active");
    enum node_user_role role;
    if (node_user_role_read(node_desk_text(c, "role"), &role) != ERR_OK || !json_is_boolean(active))
        return node_desk_bad_role();
    enum err e = node_users_set_role(node_desk_users_of(c->d), name, role, json_is_true(active));
    if (e == ERR_DENIED)
        return node_command_error(e,
                                  "Phải còn ít nhất một người phụ trách máy dùng được: chưa thay "
                                  "đổi gì. Hãy giao vai trò đó cho người khác trước.",
                                  "At least one keeper must be left: nothing was changed. Give "
                                  "somebody else that role first.",
                                  "role");
    if (e != ERR_OK) return node_command_fail(e);
    node_desk_note(c->d, c->session->user, "role", "", NULL);
    bool self = strcmp(name, c->session->user) == 0;
    login_session_end_all(&c->d->sessions, name, self && json_is_true(active) ? c->session : NULL);
    if (self && json_is_true(active)) c->session->stage = role;
    return node_desk_users(c);
}
