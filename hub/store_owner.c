/* Which unit's days a record counts for in figures: SPEC 13.3. sys_owner has a row for each spell of a
 * record that ever moved: from `since` ('' = since it is there) to the day before the next row's. It
 * follows from the moves in the order of the log, as the replay of it proves (store_replay.c). */
#include "hub/store_moves.h"
#include "hub/store_priv.h"

#define HUB_OWNERS_FORM                                                                            \
    "owners" /* in sys_meta: the table was filled from what was there before it */

static enum err hub_owner_first(struct hub_store *s, int64_t record, int64_t unit)
{
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_owner(record, since, unit) SELECT ?1, '', ?2 WHERE NOT EXISTS "
               "(SELECT 1 FROM sys_owner WHERE record = ?1)");
    db_bind_int(q, 1, record);
    db_bind_int(q, 2, unit);
    return db_run(q);
}

/* What follows a spell of the same unit is part of it. */
static enum err hub_owner_join(struct hub_store *s, int64_t record)
{
    struct db_stmt *q =
        db_stmt(s->db, "DELETE FROM sys_owner WHERE record = ?1 AND unit = (SELECT p.unit FROM "
                       "sys_owner p WHERE p.record = ?1 AND p.since < sys_owner.since "
                       "ORDER BY p.since DESC LIMIT 1)");
    db_bind_int(q, 1, record);
    return db_run(q);
}

enum err hub_owner_change(struct hub_store *s, int64_t record, int64_t from, int64_t to,
                          const char *since)
{
    static const char *const sql[] = {
        /* a spell of the giver in which the day falls ends before it, and its later ones are the
         * receiver's */
        "INSERT INTO sys_owner(record, since, unit) SELECT ?1, ?2, ?4 WHERE ?3 = (SELECT unit FROM "
        "sys_owner WHERE record = ?1 AND since <= ?2 ORDER BY since DESC LIMIT 1) "
        "ON CONFLICT DO UPDATE SET unit = excluded.unit",
        "UPDATE sys_owner SET unit = ?4 WHERE record = ?1 AND since > ?2 AND unit = ?3",
    };
    enum err e = hub_owner_first(s, record, from);
    for (size_t i = 0; e == ERR_OK && i < sizeof sql / sizeof sql[0]; i++) {
        struct db_stmt *q = db_stmt(s->db, sql[i]);
        db_bind_int(q, 1, record);
        db_bind_str(q, 2, since);
        db_bind_int(q, 3, from);
        db_bind_int(q, 4, to);
        e = db_run(q);
    }
    return e == ERR_OK ? hub_owner_join(s, record) : e;
}

/* The moves that sys_scope tells of, in the order of their positions. Of several moves of one record in
 * one set, which no command makes, only two are told apart. */
static enum err hub_owners_fill(struct hub_store *s)
{
    bool row = true;
    int64_t record = 0, unit = 0;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT record, scope, since FROM sys_scope WHERE access = 0 "
                       "ORDER BY record, entered, left IS NULL, left");
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        char since[MOVE_DATE_BYTES + 1] = "";
        struct bytes day = db_column_bytes(q, 2);
        if (day.len == MOVE_DATE_BYTES) memcpy(since, day.p, day.len);
        bool first = db_column_int(q, 0) != record;
        int64_t to = db_column_int(q, 1);
        record = db_column_int(q, 0);
        if (!first) e = hub_owner_change(s, record, unit, to, since);
        unit = to;
    }
    db_done(q);
    return e;
}

enum err hub_owners_open(struct hub_store *s)
{
    int64_t form = 0;
    enum err e = hub_meta_int(s, HUB_OWNERS_FORM, &form);
    if (e != ERR_OK || form > 0) return e;
    e = hub_owners_fill(s);
    return e == ERR_OK ? hub_meta_set_int(s, HUB_OWNERS_FORM, 1) : e;
}

enum err hub_store_owners_on(struct hub_store *s, const char *day,
                             enum err (*row)(void *ctx, const struct id_record *rid,
                                             const char *unit),
                             void *ctx)
{
    bool more = true;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK || !s->moves) return e;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT r.rid, o.unit FROM sys_owner o JOIN sys_record r ON r.no = o.record WHERE "
               "o.since = (SELECT max(p.since) FROM sys_owner p WHERE p.record = o.record AND "
               "p.since <= ?1) AND o.unit <> r.unit ORDER BY r.rid");
    db_bind_str(q, 1, day);
    while (e == ERR_OK && more) {
        struct id_record rid;
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        e = db_column_copy(q, 0, rid.b, sizeof rid.b);
        if (e == ERR_OK) e = row(ctx, &rid, s->units[db_column_int(q, 1)].code);
    }
    db_done(q);
    return e;
}
