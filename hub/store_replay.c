#include "hub/store_replay.h"
#include "hub/store_priv.h"
#include "hub/store_repair.h"

#include "common/log.h"

#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define REPLAY_SUFFIX  ".replay" /* of the second store, for the moment that its file has a name */
#define REPLAY_PRAGMAS "PRAGMA cache_size=-16384"

enum { REPLAY_GROUP_BYTES = 512 * 1024 }; /* of bodies taken in one transaction, at least */

/* ---- reading the log ---- */

enum err hub_log_rows(struct hub_store *s, hub_log_fn *row, void *ctx)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT l.pos, l.seq, i.inc, i.node, i.sign_pk, l.hash, l.p, l.signature, l.head, "
               "l.body, l.received_ms, i.given FROM sys_log l LEFT JOIN sys_inc i ON i.no = l.inc "
               "ORDER BY l.pos");
    bool more = true;
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        struct hub_log_row r = {
            .position = (uint64_t)db_column_int(q, 0),
            .seq = (uint64_t)db_column_int(q, 1),
            .inc = db_column_bytes(q, 2),
            .node = db_column_bytes(q, 3),
            .sign_pk = db_column_bytes(q, 4),
            .hash = db_column_bytes(q, 5),
            .p = db_column_bytes(q, 6),
            .signature = db_column_bytes(q, 7),
            .head = db_column_bytes(q, 8),
            .body = db_column_bytes(q, 9),
            .received_ms = db_column_int(q, 10),
        };
        r.own = bytes_equal(r.node, BYTES_OF(s->identity.hub.b));
        r.given = db_column_kind(q, 11) != DB_NULL;
        e = row(ctx, &r);
        s->rows_seen++;
    }
    db_done(q);
    return e;
}

/* ---- replaying ---- */

struct replay {
    struct hub_store *from;
    struct hub_store *to;
    uint64_t upto;
    uint64_t position; /* last tried */
    size_t epoch;      /* next of from->epochs to begin */
    bool open;         /* a transaction is */
    size_t group;      /* bytes of bodies in it */
};

static enum err replay_commit(struct replay *r)
{
    if (!r->open) return ERR_OK;
    r->open = false;
    r->group = 0;
    return hub_store_commit(r->to);
}

static bool replay_begins(const struct replay *r, size_t epoch, uint64_t next)
{
    return epoch < r->from->epoch_count && r->from->epochs[epoch].start <= next;
}

static enum err replay_epoch(struct replay *r)
{
    struct hub_store *s = r->from;
    struct hub_identity id = s->identity;
    uint8_t epoch[8];
    enum err e = replay_commit(r);
    if (e != ERR_OK) return e;
    id.epoch = s->epochs[r->epoch++].epoch;
    le64_store(epoch, id.epoch);
    struct db_stmt *q = db_stmt(s->db, "SELECT inc FROM sys_epoch WHERE epoch = ?1");
    db_bind_blob(q, 1, BYTES_OF(epoch));
    e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, id.inc.b, sizeof id.inc.b);
    db_done(q);
    return e == ERR_OK ? hub_store_identity_set(r->to, &id) : e;
}

/* Begin the epochs that start at the next position. */
static enum err replay_epochs(struct replay *r, uint64_t next)
{
    enum err e = ERR_OK;
    while (e == ERR_OK && replay_begins(r, r->epoch, next))
        e = replay_epoch(r);
    return e;
}

/* The end may stand in an epoch that has no set yet: that of a restore. Others may begin behind the same position,
 * after an end that is a closing's. */
static enum err replay_end(struct replay *r, uint64_t epoch)
{
    size_t last = r->epoch;
    enum err e = ERR_OK;
    while (replay_begins(r, last, r->position + 1) && r->from->epochs[last].epoch != epoch)
        last++;
    if (!replay_begins(r, last, r->position + 1)) return ERR_OK; /* it began before, or is none */
    while (e == ERR_OK && r->epoch <= last)
        e = replay_epoch(r);
    return e;
}

static enum err replay_take(struct replay *r, const struct hub_log_row *row)
{
    static const uint8_t unsigned_[CHANGE_SIGNATURE_BYTES];
    struct hub_taken taken;
    bool has = row->signature.len == CHANGE_SIGNATURE_BYTES;
    const uint8_t *signature = has ? row->signature.p : unsigned_;
    if (row->given) {
        struct message_set set = {.head = row->head, .body = row->body};
        memcpy(set.signature, signature, sizeof set.signature);
        return hub_store_give(r->to, &set, row->received_ms);
    }
    if (row->own)
        return hub_store_take_own(r->to, row->head, row->body, signature, row->received_ms, &taken);
    struct id_hash node;
    struct pack_decoded one = {.head = row->head, .body = row->body};
    struct pack_sets sets = {.v = &one, .count = 1};
    if (row->node.len != sizeof node.b) return ERR_DAMAGED;
    memcpy(node.b, row->node.p, sizeof node.b);
    memcpy(sets.signature, signature, sizeof sets.signature);
    change_hash(row->head, &one.hash);
    return hub_store_take(r->to, &node, &sets, row->received_ms, &taken);
}

static enum err replay_row(void *ctx, const struct hub_log_row *row)
{
    struct replay *r = ctx;
    if (row->position > r->upto) return ERR_OK;
    if (row->position != r->position + 1) return ERR_DAMAGED;
    r->position = row->position;
    enum err e = replay_epochs(r, row->position);
    if (e == ERR_OK && !r->open) e = hub_store_begin(r->to);
    if (e != ERR_OK) return e;
    r->open = true;
    r->group += row->body.len;
    e = replay_take(r, row);
    if (e == ERR_OK) e = hub_moved_again(r->from, r->to, row->position, row->received_ms);
    if (e == ERR_OK) return r->group < REPLAY_GROUP_BYTES ? ERR_OK : replay_commit(r);
    hub_store_rollback(r->to);
    r->open = false;
    return e;
}

/* Units have numbers in the order in which the log named them first, and that may have been an op that is erased. A
 * unit of another code than the log's has the right one beside it in the end. */
static enum err replay_units(struct replay *r)
{
    enum err e = hub_cache_ready(r->from);
    if (e == ERR_OK) e = hub_cache_ready(r->to);
    for (size_t i = HUB_UNIT_FIRST; e == ERR_OK && i < r->from->unit_count; i++) {
        int64_t no = 0;
        e = hub_unit_number(r->to, r->from->units[i].code, &no);
        if (e == ERR_BAD_INPUT) e = ERR_OK; /* no code at all: what differs is found */
    }
    return e;
}

/* In a file beside the database: what the log says is about as large as the database itself. */
static enum err replay_store(struct hub_store *s, struct hub_store **out)
{
    static atomic_uint count; /* two threads at once have two names */
    char path[FILE_PATH_BYTES_MAX];
    struct hub_store_options memory = {.path = DB_MEMORY_PATH, .create = true};
    struct hub_store_options file = {.path = path, .create = true, .scratch = true};
    if (db_path(s->db)[0] == '\0' || s->exclusive) return hub_store_open(&memory, out);
    unsigned no = atomic_fetch_add(&count, 1);
    int n = snprintf(path, sizeof path, "%s" REPLAY_SUFFIX "-%08x-%u", db_path(s->db),
                     randombytes_random(), no);
    if (n < 0 || (size_t)n >= sizeof path) return ERR_TOO_LARGE;
    enum err e = db_room(s->db, path);
    return e == ERR_OK ? hub_store_open(&file, out) : e;
}

void hub_replay_sweep(const char *path)
{
    file_sweep(path, REPLAY_SUFFIX);
}

bool hub_replay_unmade(enum err e)
{
    return e == ERR_FULL || e == ERR_READONLY || e == ERR_IO || e == ERR_NOMEM || e == ERR_AGAIN;
}

enum err hub_replay_open(struct hub_store *s, uint64_t epoch, uint64_t upto, struct hub_store **out,
                         uint64_t *position)
{
    struct replay r = {.from = s, .upto = upto};
    *position = 0;
    enum err e = replay_store(s, &r.to);
    if (e != ERR_OK) return e;
    r.to->replaying = true;
    r.to->replays = s;
    e = db_exec(r.to->db, REPLAY_PRAGMAS);
    if (e == ERR_OK) e = replay_units(&r);
    if (e == ERR_OK) e = hub_log_rows(s, replay_row, &r);
    if (e == ERR_OK) e = replay_commit(&r);
    if (e == ERR_OK && r.position < upto) e = ERR_NOT_FOUND;
    if (e == ERR_OK) e = replay_end(&r, epoch);
    *position = r.position;
    if (e == ERR_OK) {
        *out = r.to;
    } else {
        hub_store_close(r.to);
    }
    return e;
}

/* ---- states ---- */

enum err hub_state_next(struct hub_store *s, const struct id_record *after,
                        struct hub_state_row *out)
{
    struct db_stmt *q = db_stmt(
        s->db, "SELECT r.rid, r.type, u.code, r.pos, r.state FROM sys_record r JOIN sys_unit u "
               "ON u.no = r.unit WHERE r.rid > ?1 ORDER BY r.rid LIMIT 1");
    db_bind_blob(q, 1, after != NULL ? BYTES_OF(after->b) : (struct bytes){NULL, 0});
    enum err e = db_get(q);
    if (e != ERR_OK) {
        db_done(q);
        return e;
    }
    struct hub_state_row v = {.type = (unsigned)db_column_int(q, 1),
                              .position = (uint64_t)db_column_int(q, 3)};
    struct bytes code = db_column_bytes(q, 2), state = db_column_bytes(q, 4);
    e = db_column_copy(q, 0, v.rid.b, sizeof v.rid.b);
    if (e == ERR_OK && code.len > ADMIN_UNIT_BYTES_MAX) e = ERR_DAMAGED;
    if (e == ERR_OK) {
        if (code.len > 0) memcpy(v.unit, code.p, code.len);
        crypto_generichash(v.digest.b, sizeof v.digest.b, state.p, state.len, NULL, 0);
        *out = v;
    }
    db_done(q);
    return e;
}

/* ---- tables ---- */

/* What is not the log itself, nor a record's state, but follows from the log alone. */
static const struct hub_table {
    const char *name;
    const char *sql;
} hub_tables[] = {
    /* With a value erased out of a record that stays, what later writes met is not to be had again. */
    {"sys_log.verdicts", "SELECT pos, inc, seq, verdicts FROM sys_log WHERE NOT EXISTS "
                         "(SELECT 1 FROM sys_gone) ORDER BY pos"},
    {"sys_inc", "SELECT no, inc, node, sign_pk, parent_inc, parent_seq, parent_hash, closed, given "
                "FROM sys_inc ORDER BY no"},
    {"sys_record",
     "SELECT r.rid, r.type, u.code, r.scope, r.pos, r.conflicts, r.author, r.others, r.shared "
     "FROM sys_record r JOIN sys_unit u ON u.no = r.unit ORDER BY r.rid"},
    {"sys_held", "SELECT pos, op, rid, reason, own FROM sys_held ORDER BY pos, op"},
    {"sys_reverdict", "SELECT inc, pos, set_pos FROM sys_reverdict WHERE set_pos NOT IN "
                      "(SELECT pos FROM sys_erased_op) ORDER BY inc, pos, set_pos"},
    {"sys_own", "SELECT scope, pos FROM sys_own WHERE pos NOT IN (SELECT pos FROM sys_erased_op) "
                "ORDER BY scope, pos"},
    {"sys_dead", "SELECT rid, pos FROM sys_dead ORDER BY rid"},
    {"sys_erasure", "SELECT no, pos, hash, sum FROM sys_erasure ORDER BY no"},
    {"sys_unit", "SELECT no, code, sum, records FROM sys_unit ORDER BY no"},
    {"sys_node", "SELECT node, unit, cert, sign_pk, transport_pk, enrolled_pos, revoked_pos, "
                 "revoked_why FROM sys_node ORDER BY node"},
    {"sys_key", "SELECT node, sign_pk, first, last FROM sys_key ORDER BY node, sign_pk"},
    {"sys_revoked", "SELECT node, pos, why, hash FROM sys_revoked ORDER BY node"},
    {"sys_revoked_said", "SELECT node, pos, hash FROM sys_revoked_said ORDER BY node"},
    {"sys_rekey",
     "SELECT pos, node, old_sign, old_transport, old_sealing, sign, transport, sealing "
     "FROM sys_rekey ORDER BY pos"},
    {"sys_rekey_ask", "SELECT node, sign_pk, pos, why FROM sys_rekey_ask ORDER BY node, sign_pk"},
    {"sys_rekey_cert", "SELECT node, pos, hash FROM sys_rekey_cert ORDER BY node"},
    {"sys_decided",
     "SELECT pos, node, inc, first, next, hash, release, by, reason FROM sys_decided "
     "ORDER BY pos"},
    {"sys_catalogue", "SELECT edition, hash, pos, archive FROM sys_catalogue ORDER BY edition"},
    {"sys_close", "SELECT pos, report, unit, period, issue, cut_position, edition, figures FROM "
                  "sys_close ORDER BY pos"},
    /* when a share that ended was told last: hubs before told less of it */
    {"sys_scope",
     "SELECT r.rid, u.code, c.entered, c.left, c.access, CASE WHEN c.access = 0 OR c.left "
     "IS NULL THEN c.changed END, c.since FROM sys_scope c JOIN sys_record r ON r.no = c.record "
     "JOIN sys_unit u ON u.no = c.scope ORDER BY r.rid, c.entered, c.scope, c.access"},
    {"sys_owner", "SELECT r.rid, o.since, u.code FROM sys_owner o JOIN sys_record r ON r.no = "
                  "o.record JOIN sys_unit u ON u.no = o.unit ORDER BY r.rid, o.since"},
    {"sys_node_unit", "SELECT node, pos, until, unit FROM sys_node_unit ORDER BY node, pos"},
    {"sys_epoch", "SELECT start, epoch, inc FROM sys_epoch ORDER BY rowid"},
};

static void hub_digest_column(crypto_generichash_state *h, const struct db_stmt *q, int i)
{
    uint8_t head[9] = {(uint8_t)db_column_kind(q, i)};
    struct bytes b = {NULL, 0};
    if (db_column_kind(q, i) == DB_INT) {
        le64_store(head + 1, (uint64_t)db_column_int(q, i));
    } else {
        b = db_column_bytes(q, i);
        le64_store(head + 1, b.len);
    }
    crypto_generichash_update(h, head, sizeof head);
    if (b.len > 0) crypto_generichash_update(h, b.p, b.len);
}

enum err hub_table_digest(struct hub_store *s, unsigned n, const char **name, struct id_hash *out)
{
    if (n >= sizeof hub_tables / sizeof hub_tables[0]) return ERR_NOT_FOUND;
    crypto_generichash_state h;
    bool row = false;
    *name = hub_tables[n].name;
    crypto_generichash_init(&h, NULL, 0, sizeof out->b);
    struct db_stmt *q = db_stmt(s->db, hub_tables[n].sql);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        for (int i = 0; i < db_column_count(q); i++)
            hub_digest_column(&h, q, i);
        e = db_step(q, &row);
    }
    db_done(q);
    if (e == ERR_OK) crypto_generichash_final(&h, out->b, sizeof out->b);
    return e;
}
