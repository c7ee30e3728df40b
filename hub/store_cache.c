/* What the store keeps in memory, and how it follows the disk. */
#include "hub/store_priv.h"

#include <assert.h>
#include <stdlib.h>

static enum err hub_grow(void **array, size_t *room, size_t count, size_t max, size_t item)
{
    if (count < *room) return ERR_OK;
    if (count >= max) return ERR_TOO_LARGE;
    size_t more = *room ? *room * 2 : 16;
    void *p = realloc(*array, more * item);
    if (p == NULL) return ERR_NOMEM;
    *array = p;
    *room = more;
    return ERR_OK;
}

/* ---- logs ---- */

struct hub_log *hub_log_find(struct hub_store *s, const struct id_inc *inc)
{
    for (size_t i = 0; i < s->log_count; i++) {
        if (ID_EQUAL(&s->logs[i].inc, inc)) return &s->logs[i];
    }
    return NULL;
}

enum err hub_log_add(struct hub_store *s, const struct hub_log *log)
{
    enum err e =
        hub_grow((void **)&s->logs, &s->log_room, s->log_count, HUB_LOGS_MAX, sizeof *s->logs);
    if (e == ERR_OK) s->logs[s->log_count++] = *log;
    return e;
}

static enum err hub_log_read(const struct db_stmt *q, struct hub_log *log)
{
    *log = (struct hub_log){.no = db_column_int(q, 0)};
    enum err e = db_column_copy(q, 1, log->inc.b, sizeof log->inc.b);
    if (e == ERR_OK) e = db_column_copy(q, 2, log->node.b, sizeof log->node.b);
    log->closed = db_column_kind(q, 5) != DB_NULL;
    log->given = db_column_kind(q, 6) != DB_NULL;
    if (e == ERR_OK && log->given) e = db_column_copy(q, 6, log->real.b, sizeof log->real.b);
    if (e != ERR_OK || db_column_kind(q, 3) == DB_NULL) return e;
    log->next_seq = (uint64_t)db_column_int(q, 3) + 1;
    return db_column_copy(q, 4, log->head.b, sizeof log->head.b);
}

static enum err hub_logs_load(struct hub_store *s)
{
    s->log_count = 0;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT i.no, i.inc, i.node, l.seq, l.hash, i.closed, i.given FROM sys_inc i "
               "LEFT JOIN sys_log l ON l.inc = i.no AND l.seq = (SELECT max(seq) FROM sys_log m "
               "WHERE m.inc = i.no) "
               "ORDER BY i.no");
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        struct hub_log log;
        e = db_step(q, &row);
        if (e == ERR_OK && row) e = hub_log_read(q, &log);
        if (e == ERR_OK && row) e = hub_log_add(s, &log);
    }
    db_done(q);
    return e;
}

/* ---- units and their sums ---- */

int64_t hub_unit_find(const struct hub_store *s, const char *code)
{
    for (size_t i = HUB_UNIT_FIRST; i < s->unit_count; i++) {
        if (strcmp(s->units[i].code, code) == 0) return (int64_t)i;
    }
    return 0;
}

static enum err hub_unit_put(struct hub_store *s, struct bytes code, struct bytes sum,
                             uint64_t records)
{
    if (code.len > ADMIN_UNIT_BYTES_MAX || sum.len != 16) return ERR_DAMAGED;
    enum err e =
        hub_grow((void **)&s->units, &s->unit_room, s->unit_count, HUB_UNITS_MAX, sizeof *s->units);
    if (e != ERR_OK) return e;
    struct hub_unit *u = &s->units[s->unit_count++];
    *u = (struct hub_unit){.records = records};
    if (code.len > 0) memcpy(u->code, code.p, code.len);
    memcpy(u->sum, sum.p, sizeof u->sum);
    return ERR_OK;
}

enum err hub_unit_number(struct hub_store *s, const char *code, int64_t *out)
{
    static const uint8_t zeros[16];
    int64_t no = hub_unit_find(s, code);
    if (no != 0) {
        *out = no;
        return ERR_OK;
    }
    if (code[0] == '\0' || strlen(code) > ADMIN_UNIT_BYTES_MAX) return ERR_BAD_INPUT;
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_unit(no, code, sum, records) "
                                       "VALUES (?1, ?2, zeroblob(16), 0)");
    db_bind_int(q, 1, (int64_t)s->unit_count);
    db_bind_str(q, 2, code);
    enum err e = db_run(q);
    if (e == ERR_OK) e = hub_unit_put(s, bytes_str(code), BYTES_OF(zeros), 0);
    if (e == ERR_OK) *out = (int64_t)s->unit_count - 1;
    return e;
}

static enum err hub_units_load(struct hub_store *s)
{
    s->unit_count = 0;
    struct db_stmt *q = db_stmt(s->db, "SELECT no, code, sum, records FROM sys_unit ORDER BY no");
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        if (db_column_int(q, 0) != (int64_t)s->unit_count) e = ERR_DAMAGED;
        if (e == ERR_OK)
            e = hub_unit_put(s, db_column_bytes(q, 1), db_column_bytes(q, 2),
                             (uint64_t)db_column_int(q, 3));
    }
    db_done(q);
    if (e == ERR_OK && s->unit_count < HUB_UNIT_FIRST) e = ERR_DAMAGED;
    return e;
}

enum err hub_sums_flush(struct hub_store *s)
{
    for (size_t i = 0; i < s->unit_count; i++) {
        struct hub_unit *u = &s->units[i];
        if (!u->dirty) continue;
        struct db_stmt *q =
            db_stmt(s->db, "UPDATE sys_unit SET sum = ?2, records = ?3 WHERE no = ?1");
        db_bind_int(q, 1, (int64_t)i);
        db_bind_blob(q, 2, BYTES_OF(u->sum));
        db_bind_int(q, 3, (int64_t)u->records);
        enum err e = db_run(q);
        if (e != ERR_OK) return e;
        u->dirty = false;
    }
    return ERR_OK;
}

/* ---- identity, epochs, end of the log ---- */

static enum err hub_epochs_load(struct hub_store *s)
{
    size_t room = 0;
    free(s->epochs);
    s->epochs = NULL;
    s->epoch_count = 0;
    struct db_stmt *q = db_stmt(s->db, "SELECT start, epoch, inc FROM sys_epoch ORDER BY rowid");
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        uint8_t epoch[8];
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        e = hub_grow((void **)&s->epochs, &room, s->epoch_count, HUB_EPOCHS_MAX, sizeof *s->epochs);
        if (e == ERR_OK) e = db_column_copy(q, 1, epoch, sizeof epoch);
        if (e == ERR_OK) e = db_column_copy(q, 2, s->identity.inc.b, sizeof s->identity.inc.b);
        if (e != ERR_OK) break;
        s->identity.epoch = le64_load(epoch);
        s->epochs[s->epoch_count++] = (struct message_epoch){
            .epoch = s->identity.epoch, .start = (uint64_t)db_column_int(q, 0)};
    }
    db_done(q);
    return e;
}

static enum err hub_text_copy(const struct db_stmt *q, int i, char *out, size_t max)
{
    struct bytes b = db_column_bytes(q, i);
    if (b.len > max) return ERR_DAMAGED;
    if (b.len > 0) memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    return ERR_OK;
}

static enum err hub_identity_read(const struct db_stmt *q, struct hub_identity *id)
{
    enum err e = db_column_copy(q, 0, id->hub.b, sizeof id->hub.b);
    if (e == ERR_OK) e = hub_text_copy(q, 1, id->unit, ADMIN_UNIT_BYTES_MAX);
    if (e == ERR_OK) e = hub_text_copy(q, 2, id->unit_name, MESSAGE_TEXT_MAX);
    struct bytes card = db_column_bytes(q, 3);
    if (e == ERR_OK && card.len > sizeof id->card) e = ERR_DAMAGED;
    if (e != ERR_OK) return e;
    if (card.len > 0) memcpy(id->card, card.p, card.len);
    id->card_len = card.len;
    id->parsed.serial = (uint32_t)db_column_int(q, 8);
    e = db_column_copy(q, 4, id->parsed.root_pk, 32);
    if (e == ERR_OK) e = db_column_copy(q, 5, id->parsed.log_pk, 32);
    if (e == ERR_OK) e = db_column_copy(q, 6, id->parsed.transport_pk, 32);
    if (e == ERR_OK) e = db_column_copy(q, 7, id->parsed.sealing_pk, 32);
    if (e != ERR_OK) return e;
    struct admin_card whole; /* with the keys of before */
    if (admin_card_open(card, &id->hub, &whole) == ERR_OK) id->parsed = whole;
    return ERR_OK;
}

static enum err hub_identity_load(struct hub_store *s)
{
    s->identity = (struct hub_identity){0};
    s->hub_unit = 0;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT hub, unit, unit_name, card, root_pk, log_pk, transport_pk, "
                       "sealing_pk, serial FROM sys_identity WHERE one = 1");
    enum err e = db_get(q);
    s->has_identity = e == ERR_OK;
    if (e == ERR_OK) e = hub_identity_read(q, &s->identity);
    db_done(q);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    s->hub_unit = hub_unit_find(s, s->identity.unit);
    return e;
}

static enum err hub_end_load(struct hub_store *s)
{
    s->position = 0;
    s->position_hash = (struct id_hash){{0}};
    struct db_stmt *q = db_stmt(s->db, "SELECT pos, p FROM sys_log ORDER BY pos DESC LIMIT 1");
    enum err e = db_get(q);
    if (e == ERR_OK) {
        s->position = (uint64_t)db_column_int(q, 0);
        e = db_column_copy(q, 1, s->position_hash.b, sizeof s->position_hash.b);
    }
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_cache_load(struct hub_store *s)
{
    s->stale = true;
    enum err e = hub_units_load(s);
    if (e == ERR_OK) e = hub_logs_load(s);
    if (e == ERR_OK) e = hub_identity_load(s);
    if (e == ERR_OK) e = hub_epochs_load(s);
    if (e == ERR_OK) e = hub_end_load(s);
    if (e == ERR_OK) e = hub_moves_load(s);
    if (e == ERR_OK) e = hub_catalogue_load(s);
    if (e == ERR_OK) e = hub_closed_load(s);
    if (e == ERR_OK) e = hub_erased_load(s);
    if (e == ERR_OK) s->stale = false;
    return e;
}

enum err hub_cache_ready(struct hub_store *s)
{
    return s->stale ? hub_cache_load(s) : ERR_OK;
}

void hub_cache_free(struct hub_store *s)
{
    free(s->epochs);
    free(s->logs);
    free(s->units);
    free(s->closed);
}

/* Positions go on over epochs, so a position belongs to the last epoch that began before it. Nodes are told the newest
 * HELLO_EPOCHS_MAX alone: the oldest of these stands for all before it (SPEC 7.10). */
uint64_t hub_epoch_of(const struct hub_store *s, uint64_t position)
{
    size_t oldest = s->epoch_count > HELLO_EPOCHS_MAX ? s->epoch_count - HELLO_EPOCHS_MAX : 0;
    for (size_t i = s->epoch_count; i > oldest + 1; i--) {
        if (s->epochs[i - 1].start <= position) return s->epochs[i - 1].epoch;
    }
    return s->epoch_count > 0 ? s->epochs[oldest].epoch : 0;
}
