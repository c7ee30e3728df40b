/* Recomputing what the store keeps: P and chains over the log, scope sums over the records. */
#include "common/log.h"
#include "hub/store_priv.h"

#include <sodium.h>
#include <stdlib.h>

static enum err hub_wrong(const char *what, uint64_t at)
{
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("store.damaged"), log_str("what", what), log_uint("at", at));
    return ERR_DAMAGED;
}

struct hub_log_check {
    uint64_t next_pos;
    struct id_hash p;
    struct hub_log *logs; /* as far as read, by number - 1 */
    size_t count;
};

static enum err hub_check_chain(struct hub_log_check *c, int64_t no, const struct change_view *v,
                                uint64_t pos)
{
    struct hub_log *log = no >= 1 && (size_t)no <= c->count ? &c->logs[no - 1] : NULL;
    if (log != NULL && log->given) return ERR_OK; /* signed one by one, with gaps */
    if (log == NULL || v->head.seq != log->next_seq || !ID_EQUAL(&v->head.prev, &log->head))
        return hub_wrong("chain", pos);
    log->next_seq++;
    log->head = v->hash;
    return ERR_OK;
}

/* Columns: pos, inc, hash, p, head, body. */
static enum err hub_check_row(struct hub_store *s, const struct db_stmt *q, struct hub_log_check *c)
{
    uint64_t pos = (uint64_t)db_column_int(q, 0);
    uint8_t m[2 * ID_HASH_BYTES];
    struct id_hash stored;
    if (pos != c->next_pos++) return hub_wrong("position", pos);
    if (change_open(db_column_bytes(q, 4), db_column_bytes(q, 5), s->view) != ERR_OK ||
        change_verify(s->view) != ERR_OK)
        return hub_wrong("set", pos);
    enum err e = db_column_copy(q, 2, stored.b, sizeof stored.b);
    if (e != ERR_OK || !ID_EQUAL(&stored, &s->view->hash)) return hub_wrong("hash", pos);
    memcpy(m, c->p.b, ID_HASH_BYTES);
    memcpy(m + ID_HASH_BYTES, stored.b, ID_HASH_BYTES);
    crypto_generichash(c->p.b, sizeof c->p.b, m, sizeof m, NULL, 0);
    if (!bytes_equal(db_column_bytes(q, 3), BYTES_OF(c->p.b))) return hub_wrong("p", pos);
    return hub_check_chain(c, db_column_int(q, 1), s->view, pos);
}

static enum err hub_check_log(struct hub_store *s)
{
    struct hub_log_check c = {.next_pos = 1, .count = s->log_count};
    c.logs = calloc(s->log_count + 1, sizeof *c.logs);
    if (c.logs == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < s->log_count; i++) {
        size_t no = (size_t)s->logs[i].no;
        if (no >= 1 && no <= c.count) c.logs[no - 1].given = s->logs[i].given;
    }
    struct db_stmt *q =
        db_stmt(s->db, "SELECT pos, inc, hash, p, head, body FROM sys_log ORDER BY pos");
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e == ERR_OK && row) e = hub_check_row(s, q, &c);
    }
    db_done(q);
    free(c.logs);
    if (e != ERR_OK) return e;
    if (c.next_pos != s->position + 1) return hub_wrong("end", s->position);
    return ID_EQUAL(&c.p, &s->position_hash) ? ERR_OK : hub_wrong("p", s->position);
}

/* Units that it is shared with have it in their sums as well. */
static enum err hub_check_shares(struct hub_store *s, const struct hub_record *r,
                                 const uint8_t term[static 16], struct hub_unit *sums)
{
    int64_t shared = 0;
    bool row = true;
    enum err e = ERR_OK;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT scope FROM sys_scope WHERE record = ?1 AND left IS NULL AND access > 0");
    db_bind_int(q, 1, r->no);
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        int64_t unit = db_column_int(q, 0);
        if (unit < 0 || (size_t)unit >= s->unit_count) {
            e = hub_wrong("share", r->pos);
        } else {
            fold_scope_add(sums[unit].sum, term);
            sums[unit].records++;
            shared++;
        }
    }
    db_done(q);
    return e == ERR_OK && shared != r->shared ? hub_wrong("shares", r->pos) : e;
}

static enum err hub_check_record(struct hub_store *s, const struct hub_record *r,
                                 struct hub_unit *sums)
{
    uint8_t term[16];
    if (r->scope < 0 || (size_t)r->scope >= s->unit_count) return hub_wrong("scope", r->pos);
    fold_clear(&s->fold);
    if (fold_load(&s->fold, r->state) != ERR_OK) return hub_wrong("state", r->pos);
    if (fold_conflicts(&s->fold, &s->rules) != r->conflicts) return hub_wrong("conflicts", r->pos);
    fold_scope_term(&r->rid, hub_epoch_of(s, r->pos), r->pos, r->state, term);
    fold_scope_add(sums[r->scope].sum, term);
    sums[r->scope].records++;
    return hub_check_shares(s, r, term, sums);
}

/* Who has a record has the last of its days. */
static enum err hub_check_owners(struct hub_store *s)
{
    struct db_stmt *q = db_stmt(
        s->db,
        "SELECT r.pos FROM sys_owner o JOIN sys_record r ON r.no = o.record WHERE o.since = "
        "(SELECT max(since) FROM sys_owner WHERE record = r.no) AND o.unit <> r.unit LIMIT 1");
    enum err e = db_get(q);
    uint64_t pos = e == ERR_OK ? (uint64_t)db_column_int(q, 0) : 0;
    db_done(q);
    if (e == ERR_OK) return hub_wrong("owner", pos);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err hub_check_records(struct hub_store *s)
{
    struct hub_unit *sums = calloc(s->unit_count, sizeof *sums);
    if (sums == NULL) return ERR_NOMEM;
    struct db_stmt *q = db_stmt(s->db, "SELECT " HUB_RECORD_COLUMNS " FROM sys_record ORDER BY no");
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        struct hub_record r;
        e = db_step(q, &row);
        if (e == ERR_OK && row) e = hub_record_read(q, &r);
        if (e == ERR_OK && row) e = hub_check_record(s, &r, sums);
    }
    db_done(q);
    for (size_t i = 0; e == ERR_OK && i < s->unit_count; i++) {
        bool same = sums[i].records == s->units[i].records &&
                    memcmp(sums[i].sum, s->units[i].sum, sizeof sums[i].sum) == 0;
        if (!same) e = hub_wrong("sum", i);
    }
    free(sums);
    return e;
}

enum err hub_store_check(struct hub_store *s)
{
    enum err e = hub_cache_load(s); /* what the disk says, not what we remember */
    if (e == ERR_OK) e = hub_check_log(s);
    if (e == ERR_OK) e = hub_check_records(s);
    return e == ERR_OK ? hub_check_owners(s) : e;
}
