#include "hub/closed.h"

#include "common/io/clock.h"
#include "common/log.h"
#include "hub/store_nodes.h"
#include "hub/store_users.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define HUB_CLOSED_FILE "closed"

enum { HUB_CLOSED_LINE = 2 * ID_HASH_BYTES + 1 }; /* bytes, newline included */

static void hub_closed_line(const struct hub_app *a, enum hub_closed_kind kind, const char *name,
                            int64_t made_ms, char out[static HUB_CLOSED_LINE + 1])
{
    crypto_generichash_state h;
    struct id_hash hash;
    uint8_t head[9] = {(uint8_t)kind};
    for (unsigned i = 0; i < 8; i++)
        head[1 + i] = (uint8_t)((uint64_t)made_ms >> (8 * i));
    crypto_generichash_init(&h, a->keys.hub.b, sizeof a->keys.hub.b, sizeof hash.b);
    crypto_generichash_update(&h, head, sizeof head);
    crypto_generichash_update(&h, (const uint8_t *)name, strlen(name));
    crypto_generichash_final(&h, hash.b, sizeof hash.b);
    id_hex(BYTES_OF(hash.b), out);
    out[HUB_CLOSED_LINE - 1] = '\n';
    out[HUB_CLOSED_LINE] = '\0';
}

/* The file's text; empty when there is none. */
static enum err hub_closed_read(const struct hub_app *a, char path[static FILE_PATH_BYTES_MAX],
                                struct buf *text)
{
    buf_init(text, HUB_CLOSED_MAX * HUB_CLOSED_LINE);
    enum err e = hub_app_path(a->data, HUB_CLOSED_FILE, path);
    if (e == ERR_OK) e = file_read(path, HUB_CLOSED_MAX * HUB_CLOSED_LINE, text);
    if (e == ERR_NOT_FOUND) e = ERR_OK;
    return e == ERR_OK && text->len % HUB_CLOSED_LINE != 0 ? ERR_DAMAGED : e;
}

/* Where the line stands; the text's length when it does not. */
static size_t hub_closed_find(const struct buf *text, const char *line)
{
    size_t at = 0;
    while (at < text->len && memcmp(text->p + at, line, HUB_CLOSED_LINE) != 0)
        at += HUB_CLOSED_LINE;
    return at;
}

enum err hub_closed_set(const struct hub_app *a, enum hub_closed_kind kind, const char *name,
                        int64_t made_ms, bool closed)
{
    char path[FILE_PATH_BYTES_MAX], line[HUB_CLOSED_LINE + 1];
    struct buf text;
    if (a->data[0] == '\0') return ERR_OK;
    hub_closed_line(a, kind, name, made_ms, line);
    enum err e = hub_closed_read(a, path, &text);
    size_t at = e == ERR_OK ? hub_closed_find(&text, line) : 0;
    bool there = e == ERR_OK && at < text.len;
    if (e == ERR_OK && there != closed) {
        if (closed) {
            buf_add(&text, line, HUB_CLOSED_LINE);
        } else {
            memmove(text.p + at, text.p + at + HUB_CLOSED_LINE, text.len - at - HUB_CLOSED_LINE);
            text.len -= HUB_CLOSED_LINE;
        }
        e = text.e == ERR_OK ? file_write_atomic(path, buf_bytes(&text), 0600) : text.e;
    }
    buf_free(&text);
    return e;
}

/* ---- applying ---- */

struct hub_closed_walk {
    struct hub_app *app;
    const struct buf *text;
    struct hub_user users[HUB_USERS_MAX];
    size_t user_count;
    char tokens[HUB_CLOSED_MAX][MESSAGE_TEXT_MAX + 1];
    size_t token_count;
};

static enum err hub_closed_user(void *ctx, const struct hub_user *u)
{
    struct hub_closed_walk *w = ctx;
    struct hub_user_name name;
    char line[HUB_CLOSED_LINE + 1];
    enum err e = hub_user_name(u->name, &name);
    if (e != ERR_OK || u->disabled_ms != 0) return e;
    hub_closed_line(w->app, HUB_CLOSED_USER, name.fold, u->created_ms, line);
    if (hub_closed_find(w->text, line) < w->text->len && w->user_count < HUB_USERS_MAX)
        w->users[w->user_count++] = *u;
    return ERR_OK;
}

static enum err hub_closed_token(void *ctx, const struct hub_token *t)
{
    struct hub_closed_walk *w = ctx;
    char line[HUB_CLOSED_LINE + 1];
    if (t->revoked_ms != 0) return ERR_OK;
    hub_closed_line(w->app, HUB_CLOSED_TOKEN, t->name, t->created_ms, line);
    if (hub_closed_find(w->text, line) < w->text->len && w->token_count < HUB_CLOSED_MAX)
        snprintf(w->tokens[w->token_count++], sizeof w->tokens[0], "%s", t->name);
    return ERR_OK;
}

static enum err hub_closed_do(struct hub_closed_walk *w)
{
    struct hub_store *s = w->app->store;
    int64_t now = clock_wall_ms();
    enum err e = hub_users_each(s, hub_closed_user, w);
    if (e == ERR_OK) e = hub_store_tokens(s, hub_closed_token, w);
    for (size_t i = 0; e == ERR_OK && i < w->user_count; i++) {
        w->users[i].disabled_ms = now;
        e = hub_users_set(s, &w->users[i]);
    }
    for (size_t i = 0; e == ERR_OK && i < w->token_count; i++)
        e = hub_store_token_revoke(s, w->tokens[i], now);
    if (w->user_count + w->token_count > 0)
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.closed"), log_uint("users", w->user_count),
                  log_uint("tokens", w->token_count), log_err(e));
    return e;
}

enum err hub_closed_apply(struct hub_app *a)
{
    char path[FILE_PATH_BYTES_MAX];
    struct buf text;
    enum err e = hub_closed_read(a, path, &text);
    if (e == ERR_OK && text.len > 0) {
        struct hub_closed_walk *w = calloc(1, sizeof *w);
        if (w != NULL) {
            *w = (struct hub_closed_walk){.app = a, .text = &text};
            e = hub_closed_do(w);
            login_wipe(w->users, sizeof w->users);
        } else {
            e = ERR_NOMEM;
        }
        free(w);
    }
    buf_free(&text);
    return e;
}
