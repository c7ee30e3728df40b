#include "node/store_alarm.h"
#include "node/store_erase.h"
#include "node/store_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

/* One statement text per step: what is released is never changed, only followed by another step. */
static const struct db_migration node_store_steps[] = {
    {"CREATE TABLE sys_identity(one INTEGER PRIMARY KEY CHECK(one = 1), joined INTEGER NOT NULL,"
     "  hub BLOB NOT NULL, node BLOB NOT NULL, sign_pk BLOB NOT NULL, transport_pk BLOB NOT NULL,"
     "  hub_transport_pk BLOB NOT NULL, hub_log_pk BLOB NOT NULL, unit TEXT NOT NULL,"
     "  unit_name TEXT NOT NULL, address TEXT NOT NULL, token BLOB NOT NULL, name TEXT NOT NULL,"
     "  cert BLOB NOT NULL, card BLOB NOT NULL, card_serial INTEGER NOT NULL);"
     "CREATE TABLE sys_state(one INTEGER PRIMARY KEY CHECK(one = 1),"
     "  sessions INTEGER NOT NULL DEFAULT 0, epoch INTEGER NOT NULL DEFAULT 0,"
     "  position INTEGER NOT NULL DEFAULT 0, hash BLOB NOT NULL DEFAULT x'0000000000000000',"
     "  scope BLOB NOT NULL DEFAULT x'00000000000000000000000000000000',"
     "  staged_epoch INTEGER NOT NULL DEFAULT 0, staged INTEGER NOT NULL DEFAULT 0,"
     "  contact_ms INTEGER NOT NULL DEFAULT 0, session_ms INTEGER NOT NULL DEFAULT 0,"
     "  session_how INTEGER NOT NULL DEFAULT 0, complete_ms INTEGER NOT NULL DEFAULT 0,"
     "  hub_ahead_ms INTEGER NOT NULL DEFAULT 0);"
     "INSERT INTO sys_state(one) VALUES (1);"
     /* the own log */
     "CREATE TABLE sys_inc(no INTEGER PRIMARY KEY, inc BLOB NOT NULL UNIQUE,"
     "  next_seq INTEGER NOT NULL, head BLOB NOT NULL, hlc INTEGER NOT NULL,"
     "  receipted INTEGER NOT NULL DEFAULT 0, applied INTEGER NOT NULL DEFAULT 0);"
     "CREATE TABLE sys_log(log INTEGER NOT NULL, seq INTEGER NOT NULL, head BLOB NOT NULL,"
     "  body BLOB NOT NULL, signature BLOB NOT NULL, saved_ms INTEGER NOT NULL,"
     "  PRIMARY KEY(log, seq));"
     "CREATE TABLE sys_root(log INTEGER NOT NULL, block INTEGER NOT NULL, root BLOB NOT NULL,"
     "  PRIMARY KEY(log, block)) WITHOUT ROWID;"
     "CREATE TABLE sys_op(log INTEGER NOT NULL, seq INTEGER NOT NULL, op INTEGER NOT NULL,"
     "  rid BLOB, type INTEGER, kind INTEGER NOT NULL, verdict INTEGER,"
     "  pending INTEGER NOT NULL, PRIMARY KEY(log, seq, op)) WITHOUT ROWID;"
     "CREATE INDEX sys_op_rid ON sys_op(rid) WHERE rid IS NOT NULL;"
     "CREATE TABLE sys_receipt(log INTEGER NOT NULL, next_seq INTEGER NOT NULL,"
     "  epoch INTEGER NOT NULL, chain BLOB NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,"
     "  hash BLOB NOT NULL, signature BLOB NOT NULL, at_ms INTEGER NOT NULL,"
     "  PRIMARY KEY(log, next_seq)) WITHOUT ROWID;"
     /* the hub's state */
     "CREATE TABLE sys_record(rid BLOB PRIMARY KEY NOT NULL, unit TEXT NOT NULL,"
     "  epoch INTEGER NOT NULL, position INTEGER NOT NULL, term BLOB NOT NULL, state BLOB NOT "
     "NULL);"
     "CREATE TABLE sys_hub_set(position INTEGER PRIMARY KEY, head BLOB NOT NULL, body BLOB NOT "
     "NULL,"
     "  signature BLOB NOT NULL);"
     "CREATE TABLE sys_catalogue_part(archive BLOB NOT NULL, part INTEGER NOT NULL,"
     "  parts INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY(archive, part));"
     "CREATE TABLE sys_edition(edition INTEGER PRIMARY KEY, archive BLOB NOT NULL,"
     "  bytes INTEGER NOT NULL, parts INTEGER NOT NULL);"
     "CREATE TABLE sys_catalogue(edition INTEGER PRIMARY KEY, archive BLOB NOT NULL);"
     "CREATE TABLE sys_staged_set(position INTEGER PRIMARY KEY, head BLOB NOT NULL,"
     "  body BLOB NOT NULL, signature BLOB NOT NULL);"
     "CREATE TABLE sys_staged_record(rid BLOB PRIMARY KEY NOT NULL, unit TEXT NOT NULL,"
     "  position INTEGER NOT NULL, folded INTEGER NOT NULL DEFAULT 0, state BLOB NOT NULL);"
     "CREATE TABLE sys_staged_verdict(no INTEGER PRIMARY KEY, inc BLOB NOT NULL,"
     "  first_seq INTEGER NOT NULL, position INTEGER NOT NULL, verdicts BLOB NOT NULL);"
     /* what is shown */
     "CREATE TABLE sys_shown(rid BLOB PRIMARY KEY NOT NULL, type INTEGER NOT NULL,"
     "  unit TEXT NOT NULL, pending INTEGER NOT NULL, held INTEGER NOT NULL,"
     "  conflicts INTEGER NOT NULL, deleted INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE INDEX sys_shown_type ON sys_shown(type, rid);"
     "CREATE TABLE sys_marked(rid BLOB PRIMARY KEY NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE sys_person(id BLOB PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE)"
     "  WITHOUT ROWID;"
     "CREATE TABLE sys_import(id INTEGER PRIMARY KEY, source TEXT NOT NULL,"
     "  begun_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL DEFAULT 0,"
     "  ops INTEGER NOT NULL DEFAULT 0, sets INTEGER NOT NULL DEFAULT 0);"},
    /* bundles: keys, and what was written and read */
    {"ALTER TABLE sys_identity ADD COLUMN sealing_pk BLOB NOT NULL"
     "  DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';"
     "ALTER TABLE sys_identity ADD COLUMN hub_sealing_pk BLOB NOT NULL"
     "  DEFAULT x'0000000000000000000000000000000000000000000000000000000000000000';"
     "CREATE TABLE sys_bundle(hash BLOB PRIMARY KEY NOT NULL, outward INTEGER NOT NULL,"
     "  at_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, sets INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE sys_bundled(inc BLOB PRIMARY KEY NOT NULL, next_seq INTEGER NOT NULL)"
     "  WITHOUT ROWID;"},
    /* the desk: what is searched, who may log in, what is half written, who looked at what */
    {"CREATE TABLE sys_search(rid BLOB PRIMARY KEY NOT NULL, type INTEGER NOT NULL,"
     "  title TEXT NOT NULL, fold TEXT NOT NULL) WITHOUT ROWID;"
     "CREATE INDEX sys_search_type ON sys_search(type, fold, rid);"
     "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM sys_shown;"
     "CREATE TABLE desk_user(name TEXT PRIMARY KEY NOT NULL, fold TEXT NOT NULL UNIQUE,"
     "  hash TEXT NOT NULL, created_ms INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE desk_tries(key TEXT PRIMARY KEY NOT NULL, fails INTEGER NOT NULL,"
     "  at_ms INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE desk_draft(user TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,"
     "  saved_ms INTEGER NOT NULL, PRIMARY KEY(user, key)) WITHOUT ROWID;"
     "CREATE TABLE desk_access(no INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, user TEXT NOT NULL,"
     "  what TEXT NOT NULL, type TEXT NOT NULL, rid BLOB);"},
    /* when things went back in time: rows of a branch have minus its number as their log */
    {"CREATE TABLE sys_branch(no INTEGER PRIMARY KEY, inc BLOB NOT NULL, first INTEGER NOT NULL,"
     "  last INTEGER NOT NULL, hash BLOB NOT NULL, at_ms INTEGER NOT NULL);"
     "CREATE TABLE sys_reauthored(old BLOB PRIMARY KEY NOT NULL, new BLOB NOT NULL) WITHOUT ROWID;"
     "CREATE INDEX sys_reauthored_new ON sys_reauthored(new);"
     "CREATE TABLE sys_staged_own(inc BLOB NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,"
     "  head BLOB NOT NULL, body BLOB NOT NULL, PRIMARY KEY(inc, seq));"
     "CREATE TABLE sys_kept_set(no INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE,"
     "  position INTEGER NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL, signature BLOB NOT NULL,"
     "  ready INTEGER NOT NULL DEFAULT 0, tries INTEGER NOT NULL DEFAULT 0);"
     "ALTER TABLE sys_state ADD COLUMN renew INTEGER NOT NULL DEFAULT 0;"},
    /* the desk: what a login may do, and codes for a forgotten password. Who was there before keeps
     * what they could do. */
    {"ALTER TABLE desk_user ADD COLUMN role TEXT NOT NULL DEFAULT 'keeper';"
     "ALTER TABLE desk_user ADD COLUMN active INTEGER NOT NULL DEFAULT 1;"
     "CREATE TABLE desk_reset(fold TEXT PRIMARY KEY NOT NULL, challenge TEXT NOT NULL,"
     "  at_ms INTEGER NOT NULL) WITHOUT ROWID;"},
    /* what a person at this PC must know of */
    {"CREATE TABLE sys_alarm(no INTEGER PRIMARY KEY, kind INTEGER NOT NULL,"
     "  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL,"
     "  acked_ms INTEGER NOT NULL);"},
    /* Scope moves. Rows with position 0 are of own ops that wait; olog, oseq, oop: the own offer;
     * rlog, rseq, rop: the own answer or decision */
    {"CREATE TABLE sys_staged_move(no INTEGER PRIMARY KEY, position INTEGER NOT NULL,"
     "  kind INTEGER NOT NULL, rid BLOB NOT NULL, item BLOB NOT NULL);"
     "CREATE INDEX sys_staged_move_rid ON sys_staged_move(rid);"
     "CREATE TABLE sys_frozen(rid BLOB PRIMARY KEY NOT NULL, unit TEXT NOT NULL,"
     "  position INTEGER NOT NULL, state BLOB NOT NULL);"
     "CREATE TABLE sys_transfer(id BLOB PRIMARY KEY NOT NULL, rid BLOB NOT NULL,"
     "  type INTEGER NOT NULL, from_unit TEXT NOT NULL, to_unit TEXT NOT NULL,"
     "  state INTEGER NOT NULL, offered_ms INTEGER NOT NULL, days INTEGER NOT NULL,"
     "  note TEXT NOT NULL, answer TEXT NOT NULL, position INTEGER NOT NULL,"
     "  olog INTEGER, oseq INTEGER, oop INTEGER, reply INTEGER, rlog INTEGER, rseq INTEGER,"
     "  rop INTEGER) WITHOUT ROWID;"
     "CREATE INDEX sys_transfer_rid ON sys_transfer(rid);"
     "CREATE TABLE sys_share(rid BLOB NOT NULL, unit TEXT NOT NULL, access INTEGER NOT NULL,"
     "  position INTEGER NOT NULL, PRIMARY KEY(rid, unit)) WITHOUT ROWID;"
     "CREATE TABLE sys_crossed(version BLOB NOT NULL, op INTEGER NOT NULL, rid BLOB NOT NULL,"
     "  unit TEXT NOT NULL, state INTEGER NOT NULL, position INTEGER NOT NULL,"
     "  payload BLOB NOT NULL, reply INTEGER, rlog INTEGER, rseq INTEGER, rop INTEGER,"
     "  PRIMARY KEY(version, op)) WITHOUT ROWID;"
     "ALTER TABLE sys_shown ADD COLUMN frozen INTEGER NOT NULL DEFAULT 0;"},
    /* lists: what a record refers to, for finding it by the name of that; filled anew */
    {"CREATE TABLE sys_ref(type INTEGER NOT NULL, rid BLOB NOT NULL, target BLOB NOT NULL,"
     "  PRIMARY KEY(type, rid, target)) WITHOUT ROWID;"
     "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM sys_shown;"},
    /* what the district said of reports: op 21 and 42 to 45 of its log */
    {"CREATE TABLE sys_flow(position INTEGER NOT NULL, op INTEGER NOT NULL, kind INTEGER NOT NULL,"
     "  report TEXT NOT NULL, period TEXT NOT NULL, at_ms INTEGER NOT NULL, person BLOB NOT NULL,"
     "  payload BLOB NOT NULL, PRIMARY KEY(position, op)) WITHOUT ROWID;"
     "CREATE INDEX sys_flow_report ON sys_flow(kind, report, period);"},
    /* erasure: the list, who may order, what is dead; what an erased record still adds to the scope's
     * sum, and the digest of a staged state that is not as it was sent any more */
    {"CREATE TABLE sys_erasure(no INTEGER PRIMARY KEY, position INTEGER NOT NULL,"
     "  hash BLOB NOT NULL UNIQUE, sum BLOB NOT NULL, head BLOB NOT NULL, body BLOB NOT NULL,"
     "  signature BLOB NOT NULL, seen INTEGER NOT NULL);"
     "CREATE TABLE sys_officer(no INTEGER PRIMARY KEY, pk BLOB NOT NULL UNIQUE,"
     "  name TEXT NOT NULL, roles INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0);"
     "CREATE TABLE sys_dead(rid BLOB PRIMARY KEY NOT NULL, list INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE sys_gone(inc BLOB NOT NULL, seq INTEGER NOT NULL, op INTEGER NOT NULL,"
     "  rid BLOB NOT NULL, fields BLOB NOT NULL, PRIMARY KEY(inc, seq, op)) WITHOUT ROWID;"
     "CREATE TABLE sys_tomb(rid BLOB PRIMARY KEY NOT NULL, term BLOB NOT NULL) WITHOUT ROWID;"
     "ALTER TABLE sys_staged_record ADD COLUMN digest BLOB;"
     "ALTER TABLE sys_state ADD COLUMN wipe INTEGER NOT NULL DEFAULT 0;"},
};

/* ---- open and close ---- */

enum err node_store_record_init(struct node_store_record *r)
{
    *r = (struct node_store_record){0};
    enum err e = fold_init(&r->fold);
    if (e != ERR_OK) return e;
    buf_init(&r->state, FOLD_STATE_BYTES_MAX);
    buf_init(&r->bodies, NODE_STORE_PENDING_BYTES_MAX);
    buf_init(&r->ops, NODE_STORE_PENDING_BYTES_MAX);
    return ERR_OK;
}

void node_store_record_free(struct node_store_record *r)
{
    fold_free(&r->fold);
    buf_free(&r->state);
    buf_free(&r->bodies);
    buf_free(&r->ops);
}

static enum err node_store_memory(struct node_store *s)
{
    buf_init(&s->view_memory, CHANGE_HEAD_BYTES_MAX + CHANGE_BODY_BYTES_MAX);
    buf_init(&s->set_memory, NODE_STORE_SETS_BYTES_MAX);
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
    if (e == ERR_OK)
        e = db_migrate(s->db, node_store_steps, sizeof node_store_steps / sizeof *node_store_steps);
    if (e == ERR_OK) e = node_store_seal(s, o->seal);
    if (e == ERR_OK && o->witness && o->vfs == NULL) e = node_witness_open(s, o->path);
    if (e == ERR_OK) e = node_catalogue_load(s);
    return e == ERR_OK ? node_erased_open(s) : e;
}

enum err node_store_open(const struct node_store_options *options, struct node_store **out)
{
    struct node_store *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    enum err e = node_store_memory(s);
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

const char *node_store_text(const struct node_store *s)
{
    return db_text(s->db);
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
    return e;
}

enum err node_store_identity(struct node_store *s, struct node_identity *out)
{
    struct node_identity id;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT joined, hub, node, sign_pk, transport_pk, hub_transport_pk, "
               "hub_log_pk, unit, unit_name, address, token, name, cert, card, card_serial, "
               "sealing_pk, hub_sealing_pk FROM sys_identity");
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

enum err node_store_card(struct node_store *s, struct bytes card, const struct admin_card *parsed)
{
    if (card.len > ADMIN_CARD_BYTES_MAX) return ERR_TOO_LARGE;
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_identity SET card = ?1, card_serial = ?2, hub_log_pk = ?3, "
                       "hub_transport_pk = ?4, hub_sealing_pk = ?5 WHERE card_serial <= ?2");
    db_bind_blob(q, 1, card);
    db_bind_int(q, 2, parsed->serial);
    db_bind_blob(q, 3, BYTES_OF(parsed->log_pk));
    db_bind_blob(q, 4, BYTES_OF(parsed->transport_pk));
    db_bind_blob(q, 5, BYTES_OF(parsed->sealing_pk));
    return db_run(q);
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

enum err node_store_contact(struct node_store *s, int64_t now_ms, enum err how,
                            int64_t hub_clock_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_state SET session_ms = ?1, session_how = ?2, "
                       "complete_ms = CASE WHEN ?2 = 0 THEN ?1 ELSE complete_ms END, "
                       "contact_ms = CASE WHEN ?3 <> 0 THEN ?1 ELSE contact_ms END, "
                       "hub_ahead_ms = CASE WHEN ?3 <> 0 THEN ?3 - ?1 ELSE hub_ahead_ms END");
    db_bind_int(q, 1, now_ms);
    db_bind_int(q, 2, (int64_t)how);
    db_bind_int(q, 3, hub_clock_ms);
    enum err e = db_run(q);
    if (e != ERR_OK || hub_clock_ms <= 0) return e;
    bool far = now_ms < 0 || now_ms - hub_clock_ms >= NODE_ALARM_CLOCK_MS ||
               hub_clock_ms - now_ms >= NODE_ALARM_CLOCK_MS;
    return far ? node_store_alarm(s, NODE_ALARM_CLOCK, now_ms)
               : node_store_alarm_over(s, NODE_ALARM_CLOCK, now_ms);
}
