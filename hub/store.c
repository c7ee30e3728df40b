#include "hub/store_priv.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static const struct db_migration hub_schema[] = {
    {
        "CREATE TABLE sys_meta(key TEXT PRIMARY KEY NOT NULL, value) WITHOUT ROWID;"
        "CREATE TABLE sys_identity(one INTEGER PRIMARY KEY CHECK(one = 1), hub BLOB NOT NULL,"
        "  unit TEXT NOT NULL, unit_name TEXT NOT NULL, card BLOB NOT NULL, root_pk BLOB NOT NULL,"
        "  log_pk BLOB NOT NULL, transport_pk BLOB NOT NULL, sealing_pk BLOB NOT NULL,"
        "  serial INTEGER NOT NULL);"
        "CREATE TABLE sys_epoch(start INTEGER NOT NULL, epoch BLOB NOT NULL UNIQUE,"
        "  inc BLOB NOT NULL);"
        /* numbers of units; 0 = nowhere, 1 = every node */
        "CREATE TABLE sys_unit(no INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, sum BLOB NOT "
        "NULL,"
        "  records INTEGER NOT NULL);"
        "INSERT INTO sys_unit VALUES (0, '', zeroblob(16), 0), (1, '*', zeroblob(16), 0);"
        "CREATE TABLE sys_inc(no INTEGER PRIMARY KEY, inc BLOB NOT NULL UNIQUE, node BLOB NOT NULL,"
        "  sign_pk BLOB NOT NULL, parent_inc BLOB, parent_seq INTEGER, parent_hash BLOB);"
        "CREATE INDEX sys_inc_node ON sys_inc(node);"
        "CREATE TABLE sys_log(pos INTEGER PRIMARY KEY, inc INTEGER NOT NULL, seq INTEGER NOT NULL,"
        "  received_ms INTEGER NOT NULL, verdicts BLOB NOT NULL, hash BLOB NOT NULL, p BLOB NOT "
        "NULL,"
        "  signature BLOB, head BLOB NOT NULL, body BLOB NOT NULL);"
        "CREATE UNIQUE INDEX sys_log_set ON sys_log(inc, seq);"
        "CREATE TABLE sys_record(no INTEGER PRIMARY KEY, rid BLOB NOT NULL UNIQUE,"
        "  type INTEGER NOT NULL, unit INTEGER NOT NULL, scope INTEGER NOT NULL, pos INTEGER NOT "
        "NULL,"
        /* log whose plain changes are the last ones, 0 = none; position of the last change before them */
        "  conflicts INTEGER NOT NULL, author INTEGER NOT NULL, others INTEGER NOT NULL,"
        "  state BLOB NOT NULL);"
        "CREATE INDEX sys_record_scope ON sys_record(scope, pos);"
        "CREATE INDEX sys_record_conflicts ON sys_record(conflicts) WHERE conflicts > 0;"
        /* ops that wait; verdicts that changed after their set was taken */
        "CREATE TABLE sys_held(pos INTEGER NOT NULL, op INTEGER NOT NULL, rid BLOB NOT NULL,"
        "  reason INTEGER NOT NULL, unit INTEGER NOT NULL, own INTEGER NOT NULL,"
        "  PRIMARY KEY(pos, op)) WITHOUT ROWID;"
        "CREATE INDEX sys_held_rid ON sys_held(rid);"
        "CREATE TABLE sys_reverdict(inc INTEGER NOT NULL, pos INTEGER NOT NULL,"
        "  set_pos INTEGER NOT NULL, PRIMARY KEY(inc, pos, set_pos)) WITHOUT ROWID;"
        /* who gets a set of the hub's own log: scope 1 = everybody */
        "CREATE TABLE sys_own(scope INTEGER NOT NULL, pos INTEGER NOT NULL,"
        "  PRIMARY KEY(scope, pos)) WITHOUT ROWID;"
        "CREATE TABLE sys_seed(inc BLOB NOT NULL, block INTEGER NOT NULL, root BLOB NOT NULL,"
        "  PRIMARY KEY(inc, block)) WITHOUT ROWID;"
        /* one person in two communes */
        "CREATE TABLE sys_match(hash BLOB NOT NULL, record INTEGER NOT NULL,"
        "  PRIMARY KEY(hash, record)) WITHOUT ROWID;"
        "CREATE TABLE sys_pair(a INTEGER NOT NULL, b INTEGER NOT NULL, kind INTEGER NOT NULL,"
        "  pos INTEGER NOT NULL, PRIMARY KEY(a, b, kind)) WITHOUT ROWID;"
        "CREATE INDEX sys_pair_b ON sys_pair(b);"
        "CREATE TABLE sys_link(record INTEGER PRIMARY KEY, a BLOB NOT NULL, b BLOB NOT NULL);"
        "CREATE INDEX sys_link_pair ON sys_link(a, b);"
        "CREATE TABLE sys_node(node BLOB PRIMARY KEY NOT NULL, unit INTEGER NOT NULL, cert BLOB,"
        "  sign_pk BLOB NOT NULL, transport_pk BLOB NOT NULL, name TEXT, enrolled_pos INTEGER,"
        "  revoked_pos INTEGER, revoked_why TEXT, contact_ms INTEGER, clock_ms INTEGER,"
        "  waiting_sets INTEGER, waiting_bytes INTEGER, cursor INTEGER, edition INTEGER,"
        "  sessions BLOB) WITHOUT ROWID;"
        "CREATE TABLE sys_invite(token BLOB PRIMARY KEY NOT NULL, unit TEXT NOT NULL,"
        "  unit_name TEXT NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,"
        "  node BLOB, name TEXT, used_ms INTEGER) WITHOUT ROWID;"
        "CREATE TABLE sys_token(hash BLOB PRIMARY KEY NOT NULL, name TEXT NOT NULL UNIQUE,"
        "  created_ms INTEGER NOT NULL, revoked_ms INTEGER) WITHOUT ROWID;"
        "CREATE TABLE sys_part(archive BLOB NOT NULL, part INTEGER NOT NULL, parts INTEGER NOT "
        "NULL,"
        "  data BLOB NOT NULL, PRIMARY KEY(archive, part)) WITHOUT ROWID;"
        "CREATE TABLE sys_catalogue(edition INTEGER PRIMARY KEY, hash BLOB NOT NULL,"
        "  pos INTEGER NOT NULL, archive BLOB NOT NULL);"
        "CREATE TABLE sys_close(pos INTEGER PRIMARY KEY, report TEXT NOT NULL, unit TEXT NOT NULL,"
        "  period TEXT NOT NULL, issue INTEGER NOT NULL, cut_position INTEGER NOT NULL,"
        "  edition INTEGER NOT NULL, figures BLOB NOT NULL);"
        "CREATE UNIQUE INDEX sys_close_issue ON sys_close(report, unit, period, issue);",
    },
    {
        /* bundles: read, and waiting for what is before them */
        "CREATE TABLE sys_bundle(hash BLOB PRIMARY KEY NOT NULL, node BLOB NOT NULL,"
        "  at_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, sets INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE sys_waiting(hash BLOB PRIMARY KEY NOT NULL, node BLOB NOT NULL,"
        "  at_ms INTEGER NOT NULL, file BLOB NOT NULL);"
        "CREATE INDEX sys_waiting_node ON sys_waiting(node);",
    },
    {
        /* when things went back in time */
        "ALTER TABLE sys_inc ADD COLUMN closed INTEGER;"
        "ALTER TABLE sys_inc ADD COLUMN given BLOB;"
        "ALTER TABLE sys_node ADD COLUMN clone_log INTEGER;"
        "CREATE TABLE sys_lost(epoch BLOB PRIMARY KEY NOT NULL, at_ms INTEGER NOT NULL) WITHOUT "
        "ROWID;"
        "CREATE TABLE sys_alarm(no INTEGER PRIMARY KEY, kind INTEGER NOT NULL, node BLOB NOT NULL,"
        "  first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, count INTEGER NOT NULL,"
        "  acked_ms INTEGER NOT NULL);",
    },
    {
        /* officers, and orders that two of them sign; pos NULL: it waits for the second */
        "CREATE TABLE sys_officer(no INTEGER PRIMARY KEY, pk BLOB NOT NULL UNIQUE,"
        "  name TEXT NOT NULL, roles INTEGER NOT NULL, pos INTEGER NOT NULL, revoked_pos INTEGER,"
        "  revoked_why TEXT);"
        "CREATE TABLE sys_order(no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE,"
        "  kind TEXT NOT NULL, bytes BLOB NOT NULL, pk_a BLOB NOT NULL, sig_a BLOB NOT NULL,"
        "  pk_b BLOB, sig_b BLOB, proposed_ms INTEGER, approved_ms INTEGER, pos INTEGER);",
    },
    {
        /* what a closing says of the records behind its figures (SPEC 16) */
        "ALTER TABLE sys_close ADD COLUMN inputs BLOB;",
    },
    /* persons that look alike: keys of kind 2 stand in sys_match too */
    {
        "ALTER TABLE sys_pair ADD COLUMN score INTEGER NOT NULL DEFAULT 1000;",
    },
    {
        /* the desk: logins, failed tries, who did what */
        "CREATE TABLE sys_user(name TEXT PRIMARY KEY NOT NULL, fold TEXT NOT NULL UNIQUE,"
        "  hash TEXT NOT NULL, role TEXT NOT NULL, once INTEGER NOT NULL, secret BLOB,"
        "  code_step INTEGER NOT NULL, created_ms INTEGER NOT NULL, disabled_ms INTEGER NOT NULL)"
        "  WITHOUT ROWID;"
        "CREATE TABLE sys_tries(key TEXT PRIMARY KEY NOT NULL, fails INTEGER NOT NULL,"
        "  at_ms INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE sys_audit(no INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, user TEXT NOT "
        "NULL,"
        "  what TEXT NOT NULL, detail TEXT NOT NULL, result TEXT NOT NULL);",
    },
    {
        /* Scope moves (SPEC 13). sys_scope: rows of units that had or have a record otherwise than
         * since its creation: access 0 = as its owner, 1 = to read, 2 = to write. `state`, `heir`:
         * what the leaving unit keeps. The view is the whole table, with the owners who never
         * changed. */
        "ALTER TABLE sys_record ADD COLUMN shared INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE sys_node ADD COLUMN unit_pos INTEGER NOT NULL DEFAULT 0;"
        "CREATE TABLE sys_scope(scope INTEGER NOT NULL, record INTEGER NOT NULL,"
        "  entered INTEGER NOT NULL, left INTEGER, access INTEGER NOT NULL, changed INTEGER NOT "
        "NULL,"
        "  since TEXT NOT NULL, heir INTEGER, state BLOB,"
        "  PRIMARY KEY(scope, record, entered, access)) WITHOUT ROWID;"
        "CREATE INDEX sys_scope_record ON sys_scope(record);"
        "CREATE INDEX sys_scope_left ON sys_scope(scope, left);"
        "CREATE INDEX sys_scope_shared ON sys_scope(changed) WHERE access > 0;"
        "CREATE VIEW sys_scope_all AS SELECT scope, record, entered, left, access FROM sys_scope "
        "  UNION ALL SELECT unit, no, 0, NULL, 0 FROM sys_record r WHERE NOT EXISTS "
        "  (SELECT 1 FROM sys_scope c WHERE c.record = r.no AND c.access = 0);"
        "CREATE TABLE sys_transfer(id BLOB PRIMARY KEY NOT NULL, record INTEGER NOT NULL,"
        "  from_unit INTEGER NOT NULL, to_unit INTEGER NOT NULL, state INTEGER NOT NULL,"
        "  offered INTEGER NOT NULL, offered_ms INTEGER NOT NULL, days INTEGER NOT NULL,"
        "  answered_ms INTEGER, changed INTEGER NOT NULL, hidden INTEGER NOT NULL,"
        "  note TEXT NOT NULL, answer TEXT NOT NULL) WITHOUT ROWID;"
        "CREATE INDEX sys_transfer_record ON sys_transfer(record);"
        "CREATE INDEX sys_transfer_from ON sys_transfer(from_unit, changed);"
        "CREATE INDEX sys_transfer_to ON sys_transfer(to_unit, changed);"
        "CREATE TABLE sys_crossed(pos INTEGER NOT NULL, op INTEGER NOT NULL,"
        "  record INTEGER NOT NULL, unit INTEGER NOT NULL, state INTEGER NOT NULL,"
        "  changed INTEGER NOT NULL, PRIMARY KEY(pos, op)) WITHOUT ROWID;"
        "CREATE INDEX sys_crossed_record ON sys_crossed(record);",
    },
    {
        /* the report workflow: what the district said of reports, and which periods are open again */
        "CREATE TABLE sys_flow(pos INTEGER PRIMARY KEY, kind INTEGER NOT NULL, unit TEXT NOT NULL,"
        "  report TEXT NOT NULL, period TEXT NOT NULL, at_ms INTEGER NOT NULL,"
        "  payload BLOB NOT NULL);"
        "CREATE INDEX sys_flow_report ON sys_flow(kind, report, period, unit);"
        "CREATE TABLE sys_reopened(report TEXT NOT NULL, unit TEXT NOT NULL, period TEXT NOT NULL,"
        "  issue INTEGER NOT NULL, pos INTEGER NOT NULL, PRIMARY KEY(report, unit, period, issue))"
        "  WITHOUT ROWID;"
        "ALTER TABLE sys_close ADD COLUMN mode INTEGER NOT NULL DEFAULT 0;"
        "ALTER TABLE sys_close ADD COLUMN missing TEXT NOT NULL DEFAULT '';"
        "ALTER TABLE sys_close ADD COLUMN first TEXT NOT NULL DEFAULT '';"
        "ALTER TABLE sys_close ADD COLUMN last TEXT NOT NULL DEFAULT '';",
    },
    {
        /* of which unit a node was when: from behind position `pos` to `until` */
        "CREATE TABLE sys_node_unit(node BLOB NOT NULL, pos INTEGER NOT NULL, until INTEGER,"
        "  unit INTEGER NOT NULL, PRIMARY KEY(node, pos)) WITHOUT ROWID;"
        "CREATE INDEX sys_node_unit_unit ON sys_node_unit(unit);"
        "INSERT INTO sys_node_unit(node, pos, unit) SELECT node, 0, unit FROM sys_node;",
    },
    {
        /* erasure: records and ops that are dead for ever; what was taken out of the log, by the
         * order at which position; the list that nodes keep as well */
        "CREATE TABLE sys_dead(rid BLOB PRIMARY KEY NOT NULL, pos INTEGER NOT NULL) WITHOUT ROWID;"
        "CREATE TABLE sys_gone(inc BLOB NOT NULL, seq INTEGER NOT NULL, op INTEGER NOT NULL,"
        "  rid BLOB NOT NULL, fields BLOB NOT NULL, pos INTEGER NOT NULL,"
        "  PRIMARY KEY(inc, seq, op)) WITHOUT ROWID;"
        "CREATE TABLE sys_erased_op(pos INTEGER NOT NULL, op INTEGER NOT NULL,"
        "  by INTEGER NOT NULL, PRIMARY KEY(pos, op)) WITHOUT ROWID;"
        "CREATE TABLE sys_erasure(no INTEGER PRIMARY KEY, pos INTEGER NOT NULL,"
        "  hash BLOB NOT NULL UNIQUE, sum BLOB NOT NULL);",
    },
    {
        /* transfers of erased records, for answers that come late; what an erased accept had moved
         * along, for replays of the log */
        "CREATE TABLE sys_dead_transfer(id BLOB PRIMARY KEY NOT NULL, rid BLOB NOT NULL) WITHOUT "
        "ROWID;"
        "CREATE TABLE sys_moved_along(pos INTEGER NOT NULL, rid BLOB NOT NULL, unit INTEGER NOT "
        "NULL, PRIMARY KEY(pos, rid)) WITHOUT ROWID;",
    }};

/* ---- opening ---- */

static enum err hub_match_key(struct hub_store *s)
{
    struct buf key;
    buf_init(&key, HUB_MATCH_KEY_BYTES);
    enum err e = hub_meta_get(s, "match_key", &key);
    if (e == ERR_NOT_FOUND) {
        randombytes_buf(s->match_key, sizeof s->match_key);
        e = hub_meta_set(s, "match_key", BYTES_OF(s->match_key));
    } else if (e == ERR_OK && key.len != sizeof s->match_key) {
        e = ERR_DAMAGED;
    } else if (e == ERR_OK) {
        memcpy(s->match_key, key.p, sizeof s->match_key);
    }
    if (key.p != NULL) sodium_memzero(key.p, key.len);
    buf_free(&key);
    return e;
}

static bool hub_arrived_in(struct hub_store *s, const struct hub_log *log,
                           const struct id_version *version)
{
    uint64_t seq = id_version_seq(version);
    if (log == NULL || seq >= log->next_seq) return false;
    /* A held op is in the log but not in the record yet. */
    struct db_stmt *q =
        db_stmt(s->db, "SELECT substr(hash, 1, 4) FROM sys_log WHERE inc = ?1 AND seq = ?2 AND "
                       "NOT EXISTS (SELECT 1 FROM sys_held h WHERE h.pos = sys_log.pos AND "
                       "h.rid = ?3)");
    db_bind_int(q, 1, log->no);
    db_bind_int(q, 2, (int64_t)seq);
    db_bind_blob(q, 3, BYTES_OF(s->folding.b));
    /* An error here is found again by the next statement of the transaction. */
    bool there = db_get(q) == ERR_OK &&
                 bytes_equal(db_column_bytes(q, 0), bytes_make(version->b + ID_INC_BYTES + 8, 4));
    db_done(q);
    return there;
}

static bool hub_arrived(void *ctx, const struct id_version *version)
{
    struct hub_store *s = ctx;
    struct id_inc inc = id_version_inc(version);
    if (hub_arrived_in(s, hub_log_find(s, &inc), version)) return true;
    for (size_t i = 0; i < s->log_count; i++) {
        const struct hub_log *log = &s->logs[i];
        if (log->given && ID_EQUAL(&log->real, &inc) && hub_arrived_in(s, log, version))
            return true;
    }
    return false;
}

static enum err hub_memory(struct hub_store *s)
{
    buf_init(&s->state, FOLD_STATE_BYTES_MAX + 1);
    buf_init(&s->ingest, CHANGE_BODY_BYTES_MAX);
    s->view = calloc(1, sizeof *s->view);
    s->writes = calloc(CHANGE_WRITES_MAX, sizeof *s->writes);
    if (s->view == NULL || s->writes == NULL) return ERR_NOMEM;
    s->rules_ctx.arrived = hub_arrived;
    s->rules_ctx.arrived_ctx = s;
    s->rules = record_rules(&s->rules_ctx);
    enum err e = fold_init(&s->fold);
    return e == ERR_OK ? fold_init(&s->other) : e;
}

enum err hub_store_seal(struct hub_store *s, bool want)
{
    bool sealed = false;
    enum err e = db_sealed(s->db, &sealed);
    return e == ERR_OK && (sealed || want) ? db_seal(s->db, NULL) : e;
}

enum err hub_store_open(const struct hub_store_options *options, struct hub_store **out)
{
    if (sodium_init() < 0) return ERR_NOT_READY;
    struct hub_store *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    unsigned flags = options->vfs != NULL ? DB_EXCLUSIVE : 0u;
    bool file = options->vfs == NULL && strcmp(options->path, DB_MEMORY_PATH) != 0;
    enum err e = file ? file_beside(options->path, ERASE_FILE_NAME, s->erased_path) : ERR_OK;
    if (e == ERR_OK) e = db_open(options->path, options->vfs, flags, &s->db);
    if (e == ERR_OK && options->create) {
        e = ERR_EXISTS;
    } else if (e == ERR_NOT_FOUND) {
        e = options->create ? db_open(options->path, options->vfs, flags | DB_CREATE, &s->db)
                            : ERR_NOT_READY;
    }
    if (e == ERR_OK) e = db_exec(s->db, HUB_STORE_PRAGMAS);
    if (e == ERR_OK) e = db_migrate(s->db, hub_schema, sizeof hub_schema / sizeof hub_schema[0]);
    if (e == ERR_OK) e = hub_memory(s);
    if (e == ERR_OK) e = hub_store_seal(s, options->seal);
    if (e == ERR_OK) e = db_begin(s->db);
    if (e == ERR_OK) e = db_end(s->db, hub_match_key(s));
    if (e == ERR_OK) e = hub_cache_load(s);
    if (e == ERR_OK && options->witness && options->vfs == NULL)
        e = hub_witness_open(s, options->path);
    if (e == ERR_OK) e = hub_erased_open(s);
    if (e == ERR_OK) {
        *out = s;
        return ERR_OK;
    }
    hub_store_close(s);
    return e;
}

void hub_store_close(struct hub_store *s)
{
    if (s == NULL) return;
    witness_close(&s->witness);
    typed_close(s->typed);
    hub_cache_free(s);
    catalogue_free(s->catalogue);
    hub_feed_free(s->feed);
    if (s->fold.private_ != NULL) fold_free(&s->fold);
    if (s->other.private_ != NULL) fold_free(&s->other);
    erase_free(&s->erased);
    buf_free(&s->ingest);
    buf_free(&s->state);
    buf_free(&s->own_memory);
    free(s->own_sets);
    free(s->writes);
    free(s->view);
    db_close(s->db);
    sodium_memzero(s, sizeof *s);
    free(s);
}

struct db *hub_store_db(struct hub_store *s)
{
    return s->db;
}

/* ---- group commit ---- */

enum err hub_store_begin(struct hub_store *s)
{
    enum err e = hub_cache_ready(s);
    return e == ERR_OK ? db_begin(s->db) : e;
}

void hub_store_rollback(struct hub_store *s)
{
    db_rollback(s->db);
    s->stale = true;
    /* On failure it stays stale, and whatever needs the memory tries again and says why. */
    enum err e = hub_cache_ready(s);
    (void)e;
}

enum err hub_store_commit(struct hub_store *s)
{
    enum err e = hub_sums_flush(s);
    if (e == ERR_OK) e = db_commit(s->db);
    if (e == ERR_OK) hub_witness_note(s);
    if (e != ERR_OK) {
        hub_store_rollback(s);
    } else if (s->erased_grown || s->wipe_wanted) {
        hub_erased_settle(s);
    }
    return e;
}

/* ---- identity ---- */

enum err hub_store_identity(struct hub_store *s, struct hub_identity *out)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    if (!s->has_identity) return ERR_NOT_READY;
    *out = s->identity;
    return ERR_OK;
}

static enum err hub_identity_write(struct hub_store *s, const struct hub_identity *id)
{
    struct db_stmt *q = db_stmt(
        s->db, "INSERT OR REPLACE INTO sys_identity(one, hub, unit, unit_name, card, root_pk, "
               "log_pk, transport_pk, sealing_pk, serial) "
               "VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    db_bind_blob(q, 1, BYTES_OF(id->hub.b));
    db_bind_str(q, 2, id->unit);
    db_bind_str(q, 3, id->unit_name);
    db_bind_blob(q, 4, bytes_make(id->card, id->card_len));
    db_bind_blob(q, 5, BYTES_OF(id->parsed.root_pk));
    db_bind_blob(q, 6, BYTES_OF(id->parsed.log_pk));
    db_bind_blob(q, 7, BYTES_OF(id->parsed.transport_pk));
    db_bind_blob(q, 8, BYTES_OF(id->parsed.sealing_pk));
    db_bind_int(q, 9, id->parsed.serial);
    return db_run(q);
}

/* An epoch begins at the position after the present end. */
static enum err hub_epoch_write(struct hub_store *s, const struct hub_identity *id)
{
    uint8_t epoch[8];
    le64_store(epoch, id->epoch);
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_epoch(start, epoch, inc) SELECT ?1, ?2, ?3 WHERE NOT "
                       "EXISTS (SELECT 1 FROM sys_epoch WHERE epoch = ?2)");
    db_bind_int(q, 1, (int64_t)s->position + 1);
    db_bind_blob(q, 2, BYTES_OF(epoch));
    db_bind_blob(q, 3, BYTES_OF(id->inc.b));
    return db_run(q);
}

enum err hub_store_identity_set(struct hub_store *s, const struct hub_identity *id)
{
    int64_t unit = 0;
    bool alone = !db_in_transaction(s->db);
    enum err e = hub_cache_ready(s);
    if (e == ERR_OK && alone) e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = hub_unit_number(s, id->unit, &unit);
    if (e == ERR_OK) e = hub_identity_write(s, id);
    if (e == ERR_OK) e = hub_epoch_write(s, id);
    if (e == ERR_OK) e = hub_sums_flush(s); /* so that loading loses nothing */
    if (e == ERR_OK) e = hub_cache_load(s);
    if (alone && e == ERR_OK) return hub_store_commit(s);
    if (e != ERR_OK) hub_store_rollback(s);
    return e;
}

void hub_store_position(struct hub_store *s, struct hub_position *out)
{
    enum err e = hub_cache_ready(s);
    (void)e; /* then what was last known is told */
    *out = (struct hub_position){
        .epoch = s->identity.epoch,
        .position = s->position,
        .hash = s->position_hash,
        .edition = s->edition,
    };
    for (size_t i = s->epoch_count; i > 0 && out->lineage_count < HELLO_EPOCHS_MAX; i--)
        out->lineage[out->lineage_count++] = s->epochs[i - 1];
}

enum err hub_store_head(struct hub_store *s, const struct id_hash *node, const struct id_inc *inc,
                        struct message_head *out)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    const struct hub_log *log = hub_log_find(s, inc);
    *out = (struct message_head){0};
    if (log == NULL || !ID_EQUAL(&log->node, node)) return ERR_OK;
    out->next_seq = log->next_seq;
    out->head = log->head;
    out->closed = log->closed;
    return ERR_OK;
}

enum err hub_store_set_hash(struct hub_store *s, const struct id_inc *inc, uint64_t seq,
                            struct id_hash *out)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    const struct hub_log *log = hub_log_find(s, inc);
    if (log == NULL || seq >= log->next_seq) return ERR_NOT_FOUND;
    struct db_stmt *q = db_stmt(s->db, "SELECT hash FROM sys_log WHERE inc = ?1 AND seq = ?2");
    db_bind_int(q, 1, log->no);
    db_bind_int(q, 2, (int64_t)seq);
    e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, out->b, sizeof out->b);
    db_done(q);
    return e;
}

enum err hub_store_knows(struct hub_store *s, uint64_t epoch, uint64_t position,
                         const uint8_t hash8[static 8], bool *known)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    *known = false;
    if (position == 0) {
        *known = true; /* every history begins alike */
        return ERR_OK;
    }
    bool in_lineage = false;
    for (size_t i = 0; i < s->epoch_count; i++)
        in_lineage = in_lineage || s->epochs[i].epoch == epoch;
    if (!in_lineage || position > s->position) return ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT p FROM sys_log WHERE pos = ?1");
    db_bind_int(q, 1, (int64_t)position);
    e = db_get(q);
    if (e == ERR_OK) {
        struct bytes p = db_column_bytes(q, 0);
        *known = p.len == ID_HASH_BYTES && memcmp(p.p, hash8, 8) == 0;
    }
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
