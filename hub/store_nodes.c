#include "hub/store_nodes.h"
#include "common/text.h"
#include "hub/store_moves.h"
#include "hub/store_priv.h"

#include <sodium.h>

enum { HUB_PRUNE_MS = 86400000 }; /* once a day what is old of moves is forgotten */

/* Tokens are random, so a plain hash is enough to make a stolen database worthless. */
static void hub_token_hash(const char *domain, struct bytes token, struct id_hash *out)
{
    crypto_generichash(out->b, sizeof out->b, token.p, token.len, (const uint8_t *)domain,
                       strlen(domain));
}

static void hub_invite_hash(const uint8_t token[static 16], struct id_hash *out)
{
    hub_token_hash("dongbo invitation", bytes_make(token, 16), out);
}

static enum err hub_column_text(const struct db_stmt *q, int i, char *out, size_t max)
{
    struct bytes b = db_column_bytes(q, i);
    if (b.len > max) return ERR_DAMAGED;
    if (b.len > 0) memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    return ERR_OK;
}

/* The name that a PC gives itself may come from any program: what could turn or end the line around it is left out. */
static enum err hub_name_tame(struct bytes name, char out[static MESSAGE_TEXT_MAX + 1])
{
    struct buf kept, tame;
    size_t at = 0;
    buf_init(&kept, MESSAGE_TEXT_MAX);
    buf_init(&tame, MESSAGE_TEXT_MAX);
    name = text_truncate(name, MESSAGE_TEXT_MAX);
    while (name.len > 0) {
        enum text_flaw flaw = text_find_flaw(name, TEXT_ONE_LINE, &at);
        bool whole = flaw == TEXT_FLAW_NONE || flaw == TEXT_FLAW_NFC;
        if (whole) at = name.len;
        buf_add(&kept, name.p, at);
        if (!whole) at++;
        while (at < name.len && (name.p[at] & 0xC0u) == 0x80u)
            at++; /* the rest of what is left out */
        name = bytes_make(name.p + at, name.len - at);
    }
    enum err e = kept.e;
    if (e == ERR_OK) e = text_normalise(buf_bytes(&kept), MESSAGE_TEXT_MAX, TEXT_ONE_LINE, &tame);
    struct bytes shown = e == ERR_OK ? text_trim(buf_bytes(&tame)) : bytes_make(NULL, 0);
    if (shown.len > 0) memcpy(out, shown.p, shown.len);
    out[shown.len] = '\0';
    buf_free(&kept);
    buf_free(&tame);
    return e == ERR_NOMEM ? e : ERR_OK; /* what is wrong all the same is shown as no name */
}

/* ---- invitations ---- */

enum err hub_store_invite_create(struct hub_store *s, const uint8_t token[static 16],
                                 const char *unit, const char *unit_name, int64_t now_ms,
                                 int64_t expires_ms)
{
    struct id_hash hash;
    if (unit[0] == '\0' || strlen(unit) > ADMIN_UNIT_BYTES_MAX ||
        strlen(unit_name) > MESSAGE_TEXT_MAX)
        return ERR_BAD_INPUT;
    hub_invite_hash(token, &hash);
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_invite(token, unit, unit_name, created_ms, expires_ms) "
                       "VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_blob(q, 1, BYTES_OF(hash.b));
    db_bind_str(q, 2, unit);
    db_bind_str(q, 3, unit_name);
    db_bind_int(q, 4, now_ms);
    db_bind_int(q, 5, expires_ms);
    return db_run(q);
}

enum err hub_store_invite_withdraw(struct hub_store *s, const char *unit, int64_t now_ms)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_invite SET expires_ms = ?2 WHERE unit = ?1 AND "
                                       "used_ms IS NULL AND expires_ms > ?2");
    db_bind_str(q, 1, unit);
    db_bind_int(q, 2, now_ms);
    return db_run(q);
}

static enum err hub_invite_read(const struct db_stmt *q, struct hub_invite *i)
{
    *i = (struct hub_invite){
        .created_ms = db_column_int(q, 2),
        .expires_ms = db_column_int(q, 3),
        .used = db_column_kind(q, 4) != DB_NULL,
        .used_ms = db_column_int(q, 5),
    };
    enum err e = hub_column_text(q, 0, i->unit, ADMIN_UNIT_BYTES_MAX);
    if (e == ERR_OK) e = hub_column_text(q, 1, i->unit_name, MESSAGE_TEXT_MAX);
    if (e == ERR_OK && i->used) e = db_column_copy(q, 4, i->node.b, sizeof i->node.b);
    return e;
}

enum err hub_store_invites(struct hub_store *s,
                           enum err (*row)(void *ctx, const struct hub_invite *i), void *ctx)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT unit, unit_name, created_ms, expires_ms, node, "
                                       "used_ms FROM sys_invite ORDER BY created_ms, token");
    bool more = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && more) {
        struct hub_invite i;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = hub_invite_read(q, &i);
        if (e == ERR_OK && more) e = row(ctx, &i);
    }
    db_done(q);
    return e;
}

enum err hub_store_invite_check(struct hub_store *s, const uint8_t token[static 16],
                                const struct id_hash *node, int64_t now_ms,
                                char unit[static ADMIN_UNIT_BYTES_MAX + 1],
                                char unit_name[static MESSAGE_TEXT_MAX + 1])
{
    struct id_hash hash;
    struct hub_invite i;
    hub_invite_hash(token, &hash);
    struct db_stmt *q = db_stmt(s->db, "SELECT unit, unit_name, created_ms, expires_ms, node, "
                                       "used_ms FROM sys_invite WHERE token = ?1");
    db_bind_blob(q, 1, BYTES_OF(hash.b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = hub_invite_read(q, &i);
    db_done(q);
    if (e != ERR_OK) return e;
    if (i.used && !ID_EQUAL(&i.node, node)) return ERR_EXISTS;
    if (!i.used && now_ms > i.expires_ms) return ERR_TIMEOUT;
    memcpy(unit, i.unit, sizeof i.unit);
    memcpy(unit_name, i.unit_name, sizeof i.unit_name);
    return ERR_OK;
}

enum err hub_store_invite_use(struct hub_store *s, const uint8_t token[static 16],
                              const struct id_hash *node, struct bytes name, int64_t now_ms)
{
    struct id_hash hash;
    char tame[MESSAGE_TEXT_MAX + 1];
    enum err e = hub_name_tame(name, tame);
    if (e != ERR_OK) return e;
    hub_invite_hash(token, &hash);
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_invite SET node = ?2, name = ?3, used_ms = ?4 "
                                       "WHERE token = ?1 AND (node IS NULL OR node = ?2)");
    db_bind_blob(q, 1, BYTES_OF(hash.b));
    db_bind_blob(q, 2, BYTES_OF(node->b));
    db_bind_str(q, 3, tame);
    db_bind_int(q, 4, now_ms);
    e = db_run(q);
    if (e == ERR_OK && db_changes(s->db) == 0) e = ERR_NOT_FOUND;
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "UPDATE sys_node SET name = ?2 WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_str(q, 2, tame);
    return db_run(q);
}

/* ---- nodes ---- */

/* Columns 0..4: node, unit code, sign_pk, transport_pk, revoked_pos. */
static enum err hub_node_read(const struct db_stmt *q, struct hub_node *n)
{
    enum err e = db_column_copy(q, 0, n->node.b, sizeof n->node.b);
    if (e == ERR_OK) e = hub_column_text(q, 1, n->unit, ADMIN_UNIT_BYTES_MAX);
    if (e == ERR_OK) e = db_column_copy(q, 2, n->sign_pk, sizeof n->sign_pk);
    if (e == ERR_OK) e = db_column_copy(q, 3, n->transport_pk, sizeof n->transport_pk);
    n->revoked = db_column_kind(q, 4) != DB_NULL;
    n->rekeyed = false;
    n->floor = 0;
    return e;
}

enum err hub_store_node(struct hub_store *s, const struct id_hash *node, struct hub_node *out)
{
    struct hub_node n;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT n.node, u.code, n.sign_pk, n.transport_pk, n.revoked_pos, "
               "max(n.unit_pos, ifnull((SELECT value FROM sys_meta WHERE key = "
               "'events_from'), 0)), EXISTS (SELECT 1 FROM sys_rekey r WHERE r.node = "
               "n.node) FROM sys_node n JOIN sys_unit u ON u.no = n.unit WHERE n.node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = hub_node_read(q, &n);
    if (e == ERR_OK) {
        n.floor = (uint64_t)db_column_int(q, 5);
        n.rekeyed = db_column_int(q, 6) != 0;
    }
    db_done(q);
    if (e == ERR_OK) *out = n;
    return e;
}

enum err hub_store_contact(struct hub_store *s, const struct id_hash *node,
                           const struct message_hello_node *hello, int64_t now_ms)
{
    uint8_t sessions[8];
    le64_store(sessions, hello->sessions);
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_node SET contact_ms = ?2, clock_ms = ?3, waiting_sets = ?4, "
                       "waiting_bytes = ?5, cursor = ?6, edition = ?7, sessions = ?8 "
                       "WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_int(q, 2, now_ms);
    db_bind_int(q, 3, (int64_t)hello->clock_ms - now_ms);
    db_bind_int(q, 4, (int64_t)hello->waiting_sets);
    db_bind_int(q, 5, (int64_t)hello->waiting_bytes);
    db_bind_int(q, 6, (int64_t)hello->cursor_position);
    db_bind_int(q, 7, hello->edition);
    db_bind_blob(q, 8, BYTES_OF(sessions));
    enum err e = db_run(q);
    if (e == ERR_OK && db_changes(s->db) == 0) e = ERR_NOT_FOUND;
    bool due = now_ms - s->pruned_ms > HUB_PRUNE_MS || now_ms < s->pruned_ms;
    if (e != ERR_OK || !due) return e;
    e = hub_store_moves_prune(s, now_ms - (int64_t)MOVE_EVENTS_KEPT_DAYS * HUB_PRUNE_MS);
    if (e == ERR_OK) s->pruned_ms = now_ms;
    if (s->late_wipes > HUB_LATE_WIPES_MAX) s->wipe_wanted = true; /* behind this commit */
    s->late_wipes = 0;
    return e;
}

static void hub_node_logs(const struct hub_store *s, struct hub_node_row *n)
{
    for (size_t i = 0; i < s->log_count; i++) {
        if (!ID_EQUAL(&s->logs[i].node, &n->node.node)) continue;
        n->sets += s->logs[i].next_seq;
        n->next_seq = s->logs[i].next_seq;
    }
}

static enum err hub_node_row_read(const struct hub_store *s, const struct db_stmt *q,
                                  struct hub_node_row *n)
{
    *n = (struct hub_node_row){
        .revoked_position = (uint64_t)db_column_int(q, 4),
        .enrolled_position = (uint64_t)db_column_int(q, 6),
        .seen = db_column_kind(q, 7) != DB_NULL,
        .contact_ms = db_column_int(q, 7),
        .clock_off_ms = db_column_int(q, 8),
        .waiting_sets = (uint64_t)db_column_int(q, 9),
        .waiting_bytes = (uint64_t)db_column_int(q, 10),
        .cursor = (uint64_t)db_column_int(q, 11),
        .edition = (uint32_t)db_column_int(q, 12),
    };
    uint8_t epoch[8];
    le64_store(epoch, s->identity.epoch);
    n->finished = bytes_equal(db_column_bytes(q, 13), BYTES_OF(epoch));
    enum err e = hub_node_read(q, &n->node);
    if (e == ERR_OK) e = hub_name_tame(db_column_bytes(q, 5), n->name);
    if (e != ERR_OK) return e;
    admin_join_fingerprint(&s->identity.hub, &n->node.node, n->node.sign_pk, n->node.transport_pk,
                           &n->words);
    hub_node_logs(s, n);
    return ERR_OK;
}

enum err hub_store_nodes(struct hub_store *s,
                         enum err (*row)(void *ctx, const struct hub_node_row *n), void *ctx)
{
    bool more = true;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT n.node, u.code, n.sign_pk, n.transport_pk, n.revoked_pos, n.name, "
               "n.enrolled_pos, n.contact_ms, n.clock_ms, n.waiting_sets, n.waiting_bytes, "
               "n.cursor, n.edition, n.gave_back FROM sys_node n JOIN sys_unit u ON u.no = n.unit "
               "ORDER BY u.code, n.enrolled_pos");
    while (e == ERR_OK && more) {
        struct hub_node_row n;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = hub_node_row_read(s, q, &n);
        if (e == ERR_OK && more) e = row(ctx, &n);
    }
    db_done(q);
    return e;
}

/* ---- tokens of the province's door ---- */

enum err hub_store_token_add(struct hub_store *s, const char *name,
                             const uint8_t token[static HUB_TOKEN_BYTES], int64_t now_ms)
{
    struct id_hash hash;
    if (name[0] == '\0' || strlen(name) > MESSAGE_TEXT_MAX) return ERR_BAD_INPUT;
    hub_token_hash("dongbo province", bytes_make(token, HUB_TOKEN_BYTES), &hash);
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_token(hash, name, created_ms) VALUES (?1, ?2, ?3)");
    db_bind_blob(q, 1, BYTES_OF(hash.b));
    db_bind_str(q, 2, name);
    db_bind_int(q, 3, now_ms);
    return db_run(q);
}

enum err hub_store_token_revoke(struct hub_store *s, const char *name, int64_t now_ms)
{
    struct db_stmt *q = db_stmt(
        s->db, "UPDATE sys_token SET revoked_ms = ?2 WHERE name = ?1 AND revoked_ms IS NULL");
    db_bind_str(q, 1, name);
    db_bind_int(q, 2, now_ms);
    enum err e = db_run(q);
    return e == ERR_OK && db_changes(s->db) == 0 ? ERR_NOT_FOUND : e;
}

enum err hub_store_tokens(struct hub_store *s,
                          enum err (*row)(void *ctx, const struct hub_token *t), void *ctx)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT name, created_ms, revoked_ms FROM sys_token ORDER BY name");
    bool more = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && more) {
        char name[MESSAGE_TEXT_MAX + 1];
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        struct bytes text = db_column_bytes(q, 0);
        size_t len = text.len < sizeof name ? text.len : sizeof name - 1;
        memcpy(name, text.p, len);
        name[len] = '\0';
        struct hub_token t = {
            .name = name, .created_ms = db_column_int(q, 1), .revoked_ms = db_column_int(q, 2)};
        e = row(ctx, &t);
    }
    db_done(q);
    return e;
}

/* Looking a hash up is not constant in time, but what it tells is about the hash only. */
enum err hub_store_token_check(struct hub_store *s, struct bytes token,
                               char name[static MESSAGE_TEXT_MAX + 1])
{
    struct id_hash hash;
    if (token.len != HUB_TOKEN_BYTES) return ERR_DENIED;
    hub_token_hash("dongbo province", token, &hash);
    struct db_stmt *q =
        db_stmt(s->db, "SELECT name FROM sys_token WHERE hash = ?1 AND revoked_ms IS NULL");
    db_bind_blob(q, 1, BYTES_OF(hash.b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = hub_column_text(q, 0, name, MESSAGE_TEXT_MAX);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_DENIED : e;
}
