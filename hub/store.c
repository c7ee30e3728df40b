#include "hub/store_priv.h"
#include "hub/store_quarantine.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

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

enum err hub_memory(struct hub_store *s)
{
    buf_init(&s->state, FOLD_STATE_BYTES_MAX + 1);
    buf_init(&s->ingest, CHANGE_BODY_BYTES_MAX);
    buf_init(&s->attach_block, ATTACH_BLOCK_BYTES);
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

static enum err hub_store_file(struct hub_store *s, const struct hub_store_options *o)
{
    if (o->scratch) return db_open(o->path, NULL, DB_CREATE | DB_SCRATCH, &s->db);
    unsigned flags = o->vfs != NULL ? DB_EXCLUSIVE : 0u;
    bool file = o->vfs == NULL && strcmp(o->path, DB_MEMORY_PATH) != 0;
    enum err e = file ? file_beside(o->path, ERASE_FILE_NAME, s->erased_path) : ERR_OK;
    if (e == ERR_OK && file) e = file_beside(o->path, HUB_REVOKED_FILE, s->revoked_path);
    if (e == ERR_OK) e = db_open(o->path, o->vfs, flags, &s->db);
    if (e == ERR_OK && o->create) return ERR_EXISTS;
    if (e != ERR_NOT_FOUND) return e;
    return o->create ? db_open(o->path, o->vfs, flags | DB_CREATE, &s->db) : ERR_NOT_READY;
}

/* What migrations leave to the program. */
static enum err hub_store_fill(struct hub_store *s)
{
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = hub_owners_open(s);
    return db_end(s->db, e == ERR_OK ? hub_keys_open(s) : e);
}

enum err hub_store_open(const struct hub_store_options *options, struct hub_store **out)
{
    if (sodium_init() < 0) return ERR_NOT_READY;
    struct hub_store *s = calloc(1, sizeof *s);
    if (s == NULL) return ERR_NOMEM;
    s->exclusive = options->vfs != NULL;
    enum err e = hub_store_file(s, options);
    if (e == ERR_OK) e = db_exec(s->db, HUB_STORE_PRAGMAS);
    if (e == ERR_OK) e = db_has_not(s->db, "sys_receipt"); /* a commune's */
    if (e == ERR_OK) e = db_migrate(s->db, hub_schema, hub_schema_count);
    if (e == ERR_OK) e = hub_memory(s);
    if (e == ERR_OK) e = hub_store_seal(s, options->seal);
    if (e == ERR_OK) e = db_begin(s->db);
    if (e == ERR_OK) e = db_end(s->db, hub_match_key(s));
    if (e == ERR_OK) e = hub_cache_load(s);
    if (e == ERR_OK) e = hub_store_fill(s);
    if (e == ERR_OK && options->witness && options->vfs == NULL)
        e = hub_witness_open(s, options->path);
    if (e == ERR_OK) e = hub_erased_open(s);
    if (e == ERR_OK) e = hub_revoked_open(s);
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
    buf_free(&s->attach_block);
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
    s->revoked_grown = false;
    s->stale = true;
    /* On failure it stays stale, and whatever needs the memory tries again and says why. */
    enum err e = hub_cache_ready(s);
    (void)e;
}

enum err hub_store_commit(struct hub_store *s)
{
    enum err e = hub_sums_flush(s);
    if (e == ERR_OK) e = hub_revoked_write(s);
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
    size_t epochs = s->epoch_count;
    if (e == ERR_OK && alone) e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = hub_unit_number(s, id->unit, &unit);
    if (e == ERR_OK) e = hub_identity_write(s, id);
    if (e == ERR_OK) e = hub_epoch_write(s, id);
    if (e == ERR_OK) e = hub_sums_flush(s); /* so that loading loses nothing */
    if (e == ERR_OK) e = hub_cache_load(s);
    bool moved = s->epoch_count > epochs && s->epoch_count > HELLO_EPOCHS_MAX; /* hub_epoch_of() */
    if (e == ERR_OK && moved) e = hub_sums_anew(s);
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
