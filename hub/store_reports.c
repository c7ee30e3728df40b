#include "common/zoo.h"
#include "hub/store_reports.h"
#include "common/io/indicator.h"
#include "common/target.h"
#include "hub/store_priv.h"

#include <stdio.h>
#include <stdlib.h>

enum err hub_reports_ready(struct hub_store *s, struct hub_cut *cut)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    if (!s->has_identity || s->catalogue == NULL) return ERR_NOT_READY;
    if (!ZOO(105)) e = hub_store_project(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "SELECT hash FROM sys_catalogue WHERE edition = ?1");
    db_bind_int(q, 1, s->edition);
    e = db_get(q);
    if (e == ERR_NOT_FOUND) e = ERR_DAMAGED;
    *cut = (struct hub_cut){
        .epoch = s->identity.epoch,
        .position = s->position,
        .hash = s->position_hash,
        .edition = s->edition,
    };
    if (e == ERR_OK) e = db_column_copy(q, 0, cut->archive.b, sizeof cut->archive.b);
    db_done(q);
    return e;
}

/* ---- indicators ---- */

enum err hub_reports_run(struct hub_store *s, const struct catalogue_indicator *indicator,
                         struct period_window window, struct bytes owed, hub_fact_fn *row,
                         void *ctx, char why[static HUB_REPORT_WHY_ROOM])
{
    return indicator_run(s->db, s->typed, s->catalogue, indicator, window, owed, row, ctx, why);
}

enum err hub_reports_types(struct hub_store *s, const struct catalogue_indicator *indicator,
                           hub_type_fn *row, void *ctx)
{
    if (s->typed == NULL) return ERR_NOT_READY;
    return typed_indicator_types(s->typed, indicator, row, ctx);
}

enum err hub_reports_ids(struct hub_store *s, const struct catalogue_type *type, hub_rid_fn *row,
                         void *ctx)
{
    char sql[CATALOGUE_NAME_BYTES_MAX + 64];
    struct db_stmt *q = NULL;
    bool more = true;
    snprintf(sql, sizeof sql, "SELECT id FROM \"%s\" ORDER BY id", type->name);
    enum err e = db_prepare(s->db, sql, &q);
    if (e != ERR_OK) return e;
    while (e == ERR_OK && more) {
        struct id_record rid;
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        e = db_column_copy(q, 0, rid.b, sizeof rid.b);
        if (e == ERR_OK) e = row(ctx, &rid);
    }
    db_stmt_free(q);
    return e;
}

/* ---- targets ---- */

/* False when the text does not fit. */
static bool reports_copy(const struct db_stmt *q, int i, char *out, size_t room)
{
    struct bytes b = db_column_bytes(q, i);
    if (b.len >= room || (b.len > 0 && memchr(b.p, 0, b.len) != NULL)) return false;
    if (b.len > 0) memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    return true;
}

enum err hub_reports_targets(struct hub_store *s, int year,
                             enum err (*row)(void *ctx, const struct hub_target_row *t), void *ctx)
{
    if (s->typed == NULL || !target_typed(s->catalogue)) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT id, indicator, target_unit, period, op, CAST(value AS TEXT), "
                       "CAST(value_hi AS TEXT), per, CAST(base_value AS TEXT) FROM target WHERE "
                       "year = ?1 AND unit = ?2 ORDER BY id");
    db_bind_int(q, 1, year);
    db_bind_str(q, 2, s->identity.unit);
    bool more = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && more) {
        struct hub_target_row t;
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        e = db_column_copy(q, 0, t.rid.b, sizeof t.rid.b);
        bool fits = reports_copy(q, 1, t.indicator, sizeof t.indicator) &&
                    reports_copy(q, 2, t.unit, sizeof t.unit) &&
                    reports_copy(q, 3, t.period, sizeof t.period) &&
                    reports_copy(q, 4, t.op, sizeof t.op) &&
                    reports_copy(q, 5, t.value, sizeof t.value) &&
                    reports_copy(q, 6, t.value_hi, sizeof t.value_hi) &&
                    reports_copy(q, 7, t.per, sizeof t.per) &&
                    reports_copy(q, 8, t.base_value, sizeof t.base_value);
        if (e == ERR_OK && fits) e = row(ctx, &t);
    }
    db_done(q);
    return e;
}

/* ---- who sent ---- */

static enum err reports_any_record(struct hub_store *s, int64_t unit, bool *any)
{
    /* now, found by the index of scopes as a rule, or before it moved away */
    struct db_stmt *q = db_stmt(
        s->db, "SELECT 1 FROM sys_record WHERE scope = ?1 AND unit = ?1 UNION ALL SELECT 1 FROM "
               "sys_record WHERE unit = ?1 UNION ALL SELECT 1 FROM sys_scope WHERE scope = ?1 AND "
               "access = 0 LIMIT 1");
    db_bind_int(q, 1, unit);
    enum err e = db_step(q, any);
    db_done(q);
    return e;
}

/* Clocks grow along a log, so its last set of the time when its node was of the unit is the newest.
 * Seq 0 is no data. */
static enum err reports_newest_ms(struct hub_store *s, int64_t unit, int64_t *newest_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT l.head FROM sys_node_unit n JOIN sys_inc i ON i.node = n.node "
                       "JOIN sys_log l ON l.inc = i.no AND l.seq = (SELECT m.seq FROM sys_log m "
                       "WHERE m.inc = i.no AND m.pos > n.pos AND m.pos < ifnull(n.until, "
                       "9223372036854775807) ORDER BY m.seq DESC LIMIT 1) "
                       "WHERE n.unit = ?1 AND l.seq > 0");
    db_bind_int(q, 1, unit);
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        struct change_head head;
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        if (change_head_read(db_column_bytes(q, 0), &head) != ERR_OK) e = ERR_DAMAGED;
        if (e == ERR_OK && (int64_t)(head.hlc >> 16) > *newest_ms)
            *newest_ms = (int64_t)(head.hlc >> 16);
    }
    db_done(q);
    return e;
}

enum err hub_reports_sent(struct hub_store *s, const char *unit, int64_t window_ms,
                          enum hub_sent *out)
{
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    int64_t no = hub_unit_find(s, unit);
    int64_t newest_ms = INT64_MIN;
    bool any = false;
    if (no != 0) e = reports_any_record(s, no, &any);
    if (e == ERR_OK && any) e = reports_newest_ms(s, no, &newest_ms);
    if (e != ERR_OK) return e;
    *out = !any ? HUB_SENT_NOTHING : newest_ms < window_ms ? HUB_SENT_EARLIER : HUB_SENT_YES;
    return ERR_OK;
}
