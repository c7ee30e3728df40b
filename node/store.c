#include "node/store_alarm.h"
#include "node/store_erase.h"
#include "common/zoo.h"
#include "node/store_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- open and close ---- */

enum err node_store_record_init(struct node_store_record *r)
{
    *r = (struct node_store_record){0};
    enum err e = fold_init(&r->fold);
    if (e != ERR_OK) return e;
    buf_init(&r->state, FOLD_STATE_BYTES_MAX);
    buf_init(&r->bodies, NODE_STORE_PENDING_BYTES_MAX);
    buf_init(&r->ops, NODE_STORE_PENDING_BYTES_MAX);
    buf_init(&r->opened, NODE_STORE_PENDING_BYTES_MAX);
    return ERR_OK;
}

void node_store_record_free(struct node_store_record *r)
{
    fold_free(&r->fold);
    buf_free(&r->state);
    buf_free(&r->bodies);
    buf_free(&r->ops);
    buf_free(&r->opened);
}

static enum err node_store_memory(struct node_store *s)
{
    buf_init(&s->view_memory, CHANGE_HEAD_BYTES_MAX + CHANGE_BODY_BYTES_MAX);
    buf_init(&s->set_memory, NODE_STORE_SETS_BYTES_MAX);
    buf_init(&s->attach_block, ATTACH_BLOCK_BYTES);
    s->view = malloc(sizeof *s->view);
    s->writes = calloc(CHANGE_WRITES_MAX, sizeof *s->writes);
    s->sets = calloc(NODE_STORE_SETS_MAX, sizeof *s->sets);
    if (s->view == NULL || s->writes == NULL || s->sets == NULL) return ERR_NOMEM;
    return node_store_record_init(&s->work);
}

/* What comes down is staged by thousands of rows, checked when it is applied, and gone then. */
static bool node_store_unsealed(const char *table)
{
    return strncmp(table, "sys_staged_", 11) == 0 || strcmp(table, "sys_marked") == 0;
}

enum err node_store_seal(struct node_store *s, bool want)
{
    bool sealed = false;
    enum err e = db_sealed(s->db, &sealed);
    return e == ERR_OK && (sealed || want) ? db_seal(s->db, node_store_unsealed) : e;
}

static enum err node_store_begin(struct node_store *s, const struct node_store_options *o)
{
    enum err e =
        db_open(o->path, o->vfs, DB_EXCLUSIVE | (o->create ? (unsigned)DB_CREATE : 0u), &s->db);
    if (e == ERR_NOT_FOUND) return ERR_NOT_READY;
    int64_t version = 0;
    /* KiB of pages: an office PC is old, and a save touches few of them. */
    if (e == ERR_OK) e = db_exec(s->db, "PRAGMA cache_size=-256");
    if (e == ERR_OK) e = db_version(s->db, &version);
    /* A file without our schema is what a crash during init left: it may be taken. */
    if (e == ERR_OK && o->create && version > 0) return ERR_EXISTS;
    if (e == ERR_OK && !o->create && version == 0) return ERR_NOT_READY;
    if (e == ERR_OK) e = db_has_not(s->db, "sys_epoch"); /* a hub's */
    if (e == ERR_OK) e = db_migrate(s->db, node_store_steps, node_store_step_count);
    if (e == ERR_OK) e = node_store_seal(s, o->seal);
    if (e == ERR_OK && o->witness && o->vfs == NULL) e = node_witness_open(s, o->path);
    if (e == ERR_OK) e = node_catalogue_load(s);
    if (e == ERR_OK) e = node_erased_open(s);
    return e == ERR_OK ? node_attach_sweep(s) : e;
}

enum err node_store_open(const struct node_store_options *options, struct node_store **out)
{
    struct node_store *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    enum err e = node_store_memory(s);
    node_store_sealing(s, options->sealing);
    if (e == ERR_OK && options->vfs == NULL)
        e = file_beside(options->path, ERASE_FILE_NAME, s->erased_path);
    if (e == ERR_OK) e = node_store_begin(s, options);
    if (e != ERR_OK) {
        node_store_close(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void node_store_close(struct node_store *s)
{
    if (s == NULL) return;
    witness_close(&s->witness);
    if (s->typed != NULL) typed_close(s->typed);
    db_close(s->db);
    catalogue_free(s->catalogue);
    if (s->work.fold.private_ != NULL) node_store_record_free(&s->work);
    erase_free(&s->erased);
    buf_free(&s->view_memory);
    buf_free(&s->set_memory);
    buf_free(&s->attach_block);
    node_readers_forget(s);
    node_district_forget(s);
    free(s->kept);
    free(s->view);
    free(s->writes);
    free(s->sets);
    free(s);
}

struct db *node_store_db(struct node_store *s)
{
    return s->db;
}

enum err node_store_limit_pages(struct node_store *s, unsigned pages)
{
    char sql[64];
    snprintf(sql, sizeof sql, "PRAGMA max_page_count=%u", pages == 0 ? 1073741823u : pages);
    return db_exec(s->db, sql);
}

/* ---- identity ---- */

static enum err node_store_text_column(const struct db_stmt *q, int i, char *out, size_t room)
{
    struct bytes b = db_column_bytes(q, i);
    if (b.len >= room) return ERR_DAMAGED;
    if (b.len > 0) memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    return ERR_OK;
}

static enum err node_store_blob_column(const struct db_stmt *q, int i, uint8_t *out, size_t room,
                                       size_t *len)
{
    struct bytes b = db_column_bytes(q, i);
    if (b.len > room) return ERR_DAMAGED;
    if (b.len > 0) memcpy(out, b.p, b.len);
    *len = b.len;
    return ERR_OK;
}

static enum err node_store_identity_row(const struct db_stmt *q, struct node_identity *id)
{
    *id = (struct node_identity){.joined = db_column_int(q, 0) != 0};
    enum err e = db_column_copy(q, 1, id->hub.b, sizeof id->hub.b);
    if (e == ERR_OK) e = db_column_copy(q, 2, id->node.b, sizeof id->node.b);
    if (e == ERR_OK) e = db_column_copy(q, 3, id->sign_pk, sizeof id->sign_pk);
    if (e == ERR_OK) e = db_column_copy(q, 4, id->transport_pk, sizeof id->transport_pk);
    if (e == ERR_OK) e = db_column_copy(q, 5, id->hub_transport_pk, sizeof id->hub_transport_pk);
    if (e == ERR_OK) e = db_column_copy(q, 6, id->hub_log_pk, sizeof id->hub_log_pk);
    if (e == ERR_OK) e = node_store_text_column(q, 7, id->unit, sizeof id->unit);
    if (e == ERR_OK) e = node_store_text_column(q, 8, id->unit_name, sizeof id->unit_name);
    if (e == ERR_OK) e = node_store_text_column(q, 9, id->address, sizeof id->address);
    if (e == ERR_OK) e = db_column_copy(q, 10, id->token, sizeof id->token);
    if (e == ERR_OK) e = node_store_text_column(q, 11, id->name, sizeof id->name);
    if (e == ERR_OK) e = node_store_blob_column(q, 12, id->cert, sizeof id->cert, &id->cert_len);
    if (e == ERR_OK) e = node_store_blob_column(q, 13, id->card, sizeof id->card, &id->card_len);
    id->card_serial = (uint32_t)db_column_int(q, 14);
    if (e == ERR_OK) e = db_column_copy(q, 15, id->sealing_pk, sizeof id->sealing_pk);
    if (e == ERR_OK) e = db_column_copy(q, 16, id->hub_sealing_pk, sizeof id->hub_sealing_pk);
    int64_t said = db_column_int(q, 17); /* what cannot be is no leave to send */
    id->compared = said >= NODE_COMPARED_NEVER && said <= NODE_COMPARED_DIFFER
                       ? (enum node_compared)said
                       : NODE_COMPARED_DIFFER;
    return e;
}

enum err node_store_identity(struct node_store *s, struct node_identity *out)
{
    struct node_identity id;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT joined, hub, node, sign_pk, transport_pk, hub_transport_pk, "
               "hub_log_pk, unit, unit_name, address, token, name, cert, card, card_serial, "
               "sealing_pk, hub_sealing_pk, (SELECT compared FROM sys_state) FROM sys_identity");
    enum err e = db_get(q);
    if (e == ERR_NOT_FOUND) return ERR_NOT_READY;
    if (e == ERR_OK) e = node_store_identity_row(q, &id);
    db_done(q);
    if (e == ERR_OK) *out = id;
    return e;
}

enum err node_store_identity_set(struct node_store *s, const struct node_identity *id)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR REPLACE INTO sys_identity(one, joined, hub, node, sign_pk, "
                       "transport_pk, hub_transport_pk, hub_log_pk, unit, unit_name, address, "
                       "token, name, cert, card, card_serial, sealing_pk, hub_sealing_pk) "
                       "VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
                       "?15, ?16, ?17)");
    db_bind_int(q, 1, id->joined);
    db_bind_blob(q, 2, BYTES_OF(id->hub.b));
    db_bind_blob(q, 3, BYTES_OF(id->node.b));
    db_bind_blob(q, 4, BYTES_OF(id->sign_pk));
    db_bind_blob(q, 5, BYTES_OF(id->transport_pk));
    db_bind_blob(q, 6, BYTES_OF(id->hub_transport_pk));
    db_bind_blob(q, 7, BYTES_OF(id->hub_log_pk));
    db_bind_str(q, 8, id->unit);
    db_bind_str(q, 9, id->unit_name);
    db_bind_str(q, 10, id->address);
    db_bind_blob(q, 11, BYTES_OF(id->token));
    db_bind_str(q, 12, id->name);
    db_bind_blob(q, 13, bytes_make(id->cert, id->cert_len));
    db_bind_blob(q, 14, bytes_make(id->card, id->card_len));
    db_bind_int(q, 15, id->card_serial);
    db_bind_blob(q, 16, BYTES_OF(id->sealing_pk));
    db_bind_blob(q, 17, BYTES_OF(id->hub_sealing_pk));
    return db_run(q);
}

enum err node_store_compared_set(struct node_store *s, enum node_compared said)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_state SET compared = ?1");
    db_bind_int(q, 1, (int64_t)said);
    return db_run(q);
}

enum err node_store_card(struct node_store *s, struct bytes card, const struct admin_card *parsed)
{
    if (card.len > ADMIN_CARD_BYTES_MAX) return ERR_TOO_LARGE;
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_identity SET card = ?1, card_serial = ?2, hub_log_pk = ?3, "
                       "hub_transport_pk = ?4, hub_sealing_pk = ?5, address = CASE WHEN ?6 = '' "
                       "THEN address ELSE ?6 END WHERE card_serial <= ?2");
    db_bind_blob(q, 1, card);
    db_bind_int(q, 2, parsed->serial);
    db_bind_blob(q, 3, BYTES_OF(parsed->log_pk));
    db_bind_blob(q, 4, BYTES_OF(parsed->transport_pk));
    db_bind_blob(q, 5, BYTES_OF(parsed->sealing_pk));
    db_bind_str(q, 6, parsed->address);
    e = db_run(q);
    if (e == ERR_OK && db_changes(s->db) > 0 && !ZOO(136)) e = node_receipts_disown(s, parsed);
    return db_end(s->db, e);
}

/* ---- hello and contact ---- */

/* A full disk must not keep the node from sending what it has. */
static enum err node_store_count_session(struct node_store *s)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_state SET sessions = sessions + ?1");
    db_bind_int(q, 1, node_store_i64(s->sessions_lost + 1));
    enum err e = db_run(q);
    if (e == ERR_FULL) {
        s->sessions_lost++;
        return ERR_OK;
    }
    if (e == ERR_OK) s->sessions_lost = 0;
    return e;
}

static enum err node_store_hello_state(struct node_store *s, struct message_hello_node *h)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT sessions, epoch, position, hash, scope, "
                                       "staged_epoch, staged FROM sys_state");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        h->sessions = node_store_u64(db_column_int(q, 0)) + s->sessions_lost;
        h->cursor_epoch = node_store_u64(db_column_int(q, 1));
        h->cursor_position = node_store_u64(db_column_int(q, 2));
        e = db_column_copy(q, 3, h->cursor_hash, sizeof h->cursor_hash);
    }
    if (e == ERR_OK) e = db_column_copy(q, 4, h->scope_hash, sizeof h->scope_hash);
    if (e == ERR_OK) {
        /* Staged rows of another epoch than the cursor's say nothing to a hub that reads them
         * together with the cursor. */
        bool same = h->cursor_position == 0 || db_column_int(q, 5) == db_column_int(q, 1);
        h->staged = same ? node_store_u64(db_column_int(q, 6)) : 0;
        if (h->staged < h->cursor_position) h->staged = h->cursor_position;
    }
    db_done(q);
    return e;
}

static enum err node_store_log_count(struct node_store *s, int64_t *count)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT count(*) FROM sys_inc");
    enum err e = db_get(q);
    if (e == ERR_OK) *count = db_column_int(q, 0);
    db_done(q);
    return e;
}

/* The newest logs always, the older ones in turn: what the hub lost of one is found in some session. */
static enum err node_store_hello_logs(struct node_store *s, struct message_hello_node *h)
{
    bool row = false;
    h->log_count = 0;
    struct db_stmt *q = db_stmt(s->db, "SELECT inc, next_seq, head, receipted FROM sys_inc "
                                       "WHERE no IN (SELECT no FROM sys_inc ORDER BY no DESC "
                                       "LIMIT ?1) OR no IN (SELECT no FROM sys_inc WHERE no NOT "
                                       "IN (SELECT no FROM sys_inc ORDER BY no DESC LIMIT ?1) "
                                       "ORDER BY (no + ?3) % ?4, no LIMIT ?2) "
                                       "ORDER BY no DESC");
    int64_t logs = 0;
    enum err e = node_store_log_count(s, &logs);
    if (e != ERR_OK) return e;
    bool all = logs <= (int64_t)HELLO_LOGS_MAX;
    db_bind_int(q, 1, all ? HELLO_LOGS_MAX : NODE_STORE_HELLO_NEWEST);
    db_bind_int(q, 2, all ? 0 : HELLO_LOGS_MAX - NODE_STORE_HELLO_NEWEST);
    db_bind_int(q, 3, (int64_t)(h->sessions * NODE_STORE_HELLO_NEWEST % INT32_MAX));
    db_bind_int(q, 4, logs > 0 ? logs : 1);
    e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct message_log *l = &h->logs[h->log_count++];
        l->next_seq = node_store_u64(db_column_int(q, 1));
        l->receipted_seq = node_store_u64(db_column_int(q, 3));
        e = db_column_copy(q, 0, l->inc.b, sizeof l->inc.b);
        if (e == ERR_OK) e = db_column_copy(q, 2, l->head.b, sizeof l->head.b);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

static enum err node_store_hello_waiting(struct node_store *s, struct message_hello_node *h)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT count(*), coalesce(sum(length(l.head) + length(l.body)), 0) "
                       "FROM sys_inc i JOIN sys_log l ON l.log = i.no AND l.seq >= i.receipted");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        h->waiting_sets = node_store_u64(db_column_int(q, 0));
        h->waiting_bytes = node_store_u64(db_column_int(q, 1));
    }
    db_done(q);
    return e;
}

enum err node_store_hello(struct node_store *s, struct message_hello_node *hello)
{
    struct message_hello_node h = {.edition = s->edition};
    enum err e = node_store_count_session(s);
    if (e == ERR_OK) e = node_store_hello_state(s, &h);
    if (e == ERR_OK) e = node_store_hello_logs(s, &h);
    if (e == ERR_OK) e = node_store_hello_waiting(s, &h);
    if (e == ERR_OK) e = node_store_erasure_end(s, &h.erasure_count, h.erasure_hash);
    if (e == ERR_OK) *hello = h;
    return e;
}

/* A hub that tells an earlier time than it told before: one of them was wrong (reliability T4). */
static enum err node_hub_clock_look(struct node_store *s, int64_t now_ms, int64_t hub_clock_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT contact_ms + hub_ahead_ms FROM sys_state WHERE contact_ms <> 0");
    enum err e = db_get(q);
    int64_t before = e == ERR_OK ? db_column_int(q, 0) : 0;
    db_done(q);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    return before >= NODE_ALARM_CLOCK_MS && before - NODE_ALARM_CLOCK_MS >= hub_clock_ms
               ? node_store_alarm(s, NODE_ALARM_HUB_CLOCK, now_ms)
               : ERR_OK;
}

static enum err node_contact_note(struct node_store *s, int64_t now_ms, enum err how,
                                  int64_t hub_clock_ms)
{
    enum err e = hub_clock_ms > 0 ? node_hub_clock_look(s, now_ms, hub_clock_ms) : ERR_OK;
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_state SET session_ms = ?1, session_how = ?2, "
                       "complete_ms = CASE WHEN ?2 = 0 THEN ?1 ELSE complete_ms END, "
                       "revoked = CASE ?2 WHEN 0 THEN 0 WHEN ?4 THEN 1 ELSE revoked END, "
                       "contact_ms = CASE WHEN ?3 <> 0 THEN ?1 ELSE contact_ms END, "
                       "hub_ahead_ms = CASE WHEN ?3 <> 0 THEN ?3 - ?1 ELSE hub_ahead_ms END");
    db_bind_int(q, 1, now_ms);
    db_bind_int(q, 2, (int64_t)how);
    db_bind_int(q, 3, hub_clock_ms);
    db_bind_int(q, 4, ERR_REVOKED);
    e = db_run(q);
    if (e != ERR_OK || hub_clock_ms <= 0) return e;
    bool far = now_ms < 0 || now_ms - hub_clock_ms >= NODE_ALARM_CLOCK_MS ||
               hub_clock_ms - now_ms >= NODE_ALARM_CLOCK_MS;
    return far ? node_store_alarm(s, NODE_ALARM_CLOCK, now_ms)
               : node_store_alarm_over(s, NODE_ALARM_CLOCK, now_ms);
}

enum err node_store_revoked(struct node_store *s)
{
    return db_run(db_stmt(s->db, "UPDATE sys_state SET revoked = 1"));
}

enum err node_store_contact(struct node_store *s, int64_t now_ms, enum err how,
                            int64_t hub_clock_ms)
{
    bool own = !db_in_transaction(s->db);
    enum err e = own ? db_begin(s->db) : ERR_OK;
    if (e != ERR_OK) return e;
    e = node_contact_note(s, now_ms, how, hub_clock_ms);
    return own ? db_end(s->db, e) : e;
}

enum err node_rid_run(struct node_store *s, const struct id_record *rid, const char *const *sql,
                      size_t count)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        struct db_stmt *q = db_stmt(s->db, sql[i]);
        db_bind_blob(q, 1, BYTES_OF(rid->b));
        e = db_run(q);
    }
    return e;
}
