/*
 * The feed of a node: everything that concerns it, by position. SPEC 7.6, 7.9.
 *
 * Records that only the node itself changed since what it has applied are left out: their verdicts
 * tell it the positions, and it folds its own sets to the same states. END proves that it did.
 *
 * Several sources, each ascending by position: records of its scopes, sets of the hub's own log,
 * verdicts of its own sets and verdicts that changed later. They are merged. A record that changes
 * moves to a later position, so reading on until the end of the log, and END in the same read as
 * the last bite, is one consistent moment.
 */
#include "hub/store_feed_priv.h"
#include "common/zoo.h"

#include <assert.h>
#include <stdlib.h>

void hub_feed_free(struct hub_feed_memory *m)
{
    if (m == NULL) return;
    free(m->sets);
    free(m->records);
    free(m->verdicts);
    free(m->moves);
    buf_free(&m->move);
    buf_free(&m->bytes);
    buf_free(&m->verdict);
    free(m);
}

static enum err hub_feed_memory(struct hub_store *s, struct hub_feed_memory **out)
{
    struct hub_feed_memory *m = s->feed;
    if (m == NULL) {
        m = s->feed = calloc(1, sizeof *m);
        if (m == NULL) return ERR_NOMEM;
        buf_init(&m->bytes, HUB_FEED_BYTES_MAX);
        buf_init(&m->verdict, HUB_FEED_BYTES_MAX);
        buf_init(&m->move, HUB_FEED_BYTES_MAX);
    }
    buf_clear(&m->move);
    buf_clear(&m->bytes);
    buf_clear(&m->verdict);
    m->set_count = m->record_count = m->verdict_count = m->move_count = m->source_count = 0;
    m->open_run = false;
    *out = m;
    return ERR_OK;
}

enum err hub_feed_room(void **v, size_t *room, size_t count, size_t item)
{
    if (count < *room) return ERR_OK;
    size_t more = *room ? 2 * *room : 64;
    void *p = realloc(*v, more * item);
    if (p == NULL) return ERR_NOMEM;
    *v = p;
    *room = more;
    return ERR_OK;
}

/* ---- sources ---- */

static const char *const hub_source_sql[] = {
    [HUB_FROM_RECORDS] =
        "SELECT r.pos, r.rid, u.code, r.state FROM sys_record r JOIN sys_unit u "
        "ON u.no = r.unit WHERE r.scope = ?1 AND r.pos > ?2 AND NOT "
        "(r.others <= ifnull(?3, -1) AND r.author IN (SELECT no FROM sys_inc WHERE "
        "node = ?4)) ORDER BY r.pos",
    [HUB_FROM_SETS] = "SELECT o.pos, l.head, l.body, l.signature FROM sys_own o JOIN sys_log l "
                      "ON l.pos = o.pos WHERE o.scope = ?1 AND o.pos > ?2 ORDER BY o.pos",
    [HUB_FROM_VERDICTS] = "SELECT pos, seq, verdicts FROM sys_log WHERE inc = ?1 AND seq >= ?2 "
                          "ORDER BY seq",
    [HUB_FROM_REVERDICTS] = "SELECT v.pos, l.seq, l.verdicts FROM sys_reverdict v JOIN sys_log l "
                            "ON l.pos = v.set_pos WHERE v.inc = ?1 AND v.pos > ?2 "
                            "ORDER BY v.pos, v.set_pos",
    [HUB_FROM_SHARED] =
        "SELECT r.pos, r.rid, u.code, r.state FROM sys_scope c JOIN sys_record r ON r.no = "
        "c.record JOIN sys_unit u ON u.no = r.unit WHERE c.scope = ?1 AND c.left IS NULL AND "
        "c.access > 0 AND r.pos > ?2 AND NOT (r.others <= ifnull(?3, -1) AND r.author IN "
        "(SELECT no FROM sys_inc WHERE node = ?4)) ORDER BY r.pos",
    /* Only what is still outside; from nothing on, only what a copy stays of. */
    [HUB_FROM_LEAVES] =
        "SELECT c.left, r.rid, u.code, c.state FROM sys_scope c JOIN sys_record r ON r.no = "
        "c.record LEFT JOIN sys_unit u ON u.no = c.heir WHERE c.scope = ?1 AND c.left > ?2 AND "
        "r.scope <> ?1 AND (?2 > 0 OR c.state IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM "
        "sys_scope d WHERE d.scope = ?1 AND d.record = c.record AND d.left IS NULL) "
        "ORDER BY c.left",
    [HUB_FROM_TRANSFERS] =
        "SELECT t.changed, t.id, r.rid, r.type, f.code, CASE WHEN t.hidden AND t.from_unit = ?1 "
        "THEN '' ELSE g.code END, t.state, t.offered_ms, t.days, t.note, t.answer FROM "
        "sys_transfer t JOIN sys_record r ON r.no = t.record JOIN sys_unit f ON f.no = "
        "t.from_unit JOIN sys_unit g ON g.no = t.to_unit WHERE (t.from_unit = ?1 OR t.to_unit = "
        "?1) AND t.changed > ?2 ORDER BY t.changed",
    [HUB_FROM_CROSSED] =
        "SELECT c.changed, r.rid, c.op, u.code, c.state, l.head, l.body, l.hash FROM sys_crossed c "
        "JOIN sys_record r ON r.no = c.record JOIN sys_unit u ON u.no = c.unit JOIN sys_log l ON "
        "l.pos = c.pos WHERE (c.unit = ?1 OR r.unit = ?1) AND c.changed > ?2 ORDER BY c.changed",
    [HUB_FROM_SHARES] =
        "SELECT c.changed, r.rid, u.code, CASE WHEN c.left IS NULL THEN c.access ELSE 0 END FROM "
        "sys_scope c JOIN sys_record r ON r.no = c.record JOIN sys_unit u ON u.no = c.scope WHERE "
        "c.access > 0 AND (c.scope = ?1 OR r.unit = ?1) AND c.changed > ?2 ORDER BY c.changed",
};

static enum err hub_source_step(struct hub_source *src)
{
    enum err e = db_step(src->q, &src->row);
    if ((ZOO(8) || ZOO(30)) && e == ERR_OK && src->row && db_column_int(src->q, 0) % 7 == 0)
        e = db_step(src->q, &src->row);
    if (e == ERR_OK && src->row) src->pos = (uint64_t)db_column_int(src->q, 0);
    return e;
}

static enum err hub_source_add(struct hub_store *s, struct hub_feed_memory *m,
                               enum hub_source_kind kind, int64_t key, const struct hub_log *log,
                               uint64_t from)
{
    assert(m->source_count < HUB_FEED_SOURCES_MAX);
    struct hub_source *src = &m->sources[m->source_count];
    *src = (struct hub_source){.kind = kind, .key = key, .log = log};
    enum err e = db_prepare(s->db, hub_source_sql[kind], &src->q);
    if (e != ERR_OK) return e;
    m->source_count++;
    db_bind_int(src->q, 1, key);
    db_bind_int(src->q, 2, (int64_t)from);
    bool records = kind == HUB_FROM_RECORDS || kind == HUB_FROM_SHARED;
    if (records && m->base > 0) { /* else ?3 is NULL: nothing is left out */
        db_bind_int(src->q, 3, (int64_t)m->base);
        db_bind_blob(src->q, 4, BYTES_OF(m->node.b));
    }
    return hub_source_step(src);
}

/* First seq of a log whose position is above `cursor`: positions of a log grow with seq. */
static enum err hub_first_seq(struct hub_store *s, const struct hub_log *log, uint64_t cursor,
                              uint64_t *out)
{
    uint64_t low = 0, high = log->next_seq;
    while (low < high) {
        uint64_t mid = low + (high - low) / 2;
        struct db_stmt *q = db_stmt(s->db, "SELECT pos FROM sys_log WHERE inc = ?1 AND seq = ?2");
        db_bind_int(q, 1, log->no);
        db_bind_int(q, 2, (int64_t)mid);
        enum err e = db_get(q);
        uint64_t pos = e == ERR_OK ? (uint64_t)db_column_int(q, 0) : 0;
        db_done(q);
        if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
        if (pos > cursor) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }
    *out = low;
    return ERR_OK;
}

static enum err hub_sources_of_logs(struct hub_store *s, struct hub_feed_memory *m,
                                    const struct id_hash *node, uint64_t cursor)
{
    enum err e = ERR_OK;
    size_t found = 0;
    for (size_t i = s->log_count; e == ERR_OK && i > 0 && found < HUB_FEED_LOGS_MAX; i--) {
        const struct hub_log *log = &s->logs[i - 1];
        uint64_t seq = 0;
        if (!ID_EQUAL(&log->node, node)) continue;
        found++;
        e = hub_first_seq(s, log, cursor, &seq);
        if (e == ERR_OK && seq < log->next_seq)
            e = hub_source_add(s, m, HUB_FROM_VERDICTS, log->no, log, seq);
        if (e == ERR_OK && !ZOO(26))
            e = hub_source_add(s, m, HUB_FROM_REVERDICTS, log->no, log, cursor);
    }
    return e;
}

static enum err hub_sources_open(struct hub_store *s, struct hub_feed_memory *m,
                                 const struct hub_node *node, uint64_t cursor)
{
    int64_t unit = hub_unit_find(s, node->unit);
    m->node = node->node;
    enum err e = hub_source_add(s, m, HUB_FROM_RECORDS, HUB_SCOPE_ALL, NULL, cursor);
    if (e == ERR_OK) e = hub_source_add(s, m, HUB_FROM_SETS, HUB_SCOPE_ALL, NULL, cursor);
    if (e == ERR_OK && unit != 0) e = hub_source_add(s, m, HUB_FROM_RECORDS, unit, NULL, cursor);
    if (e == ERR_OK && unit != 0) e = hub_source_add(s, m, HUB_FROM_SETS, unit, NULL, cursor);
    for (int k = HUB_FROM_SHARED; e == ERR_OK && unit != 0 && s->moves && k <= HUB_FROM_SHARES; k++)
        e = hub_source_add(s, m, (enum hub_source_kind)k, unit, NULL, cursor);
    return e == ERR_OK ? hub_sources_of_logs(s, m, &node->node, cursor) : e;
}

static void hub_sources_close(struct hub_feed_memory *m)
{
    for (size_t i = 0; i < m->source_count; i++)
        db_stmt_free(m->sources[i].q);
    m->source_count = 0;
}

static struct hub_source *hub_source_next(struct hub_feed_memory *m)
{
    struct hub_source *best = NULL;
    for (size_t i = 0; i < m->source_count; i++) {
        struct hub_source *src = &m->sources[i];
        if (src->row && (best == NULL || src->pos < best->pos)) best = src;
    }
    return best;
}

/* ---- items: lengths now, pointers when nothing moves any more ---- */

static enum err hub_feed_record(struct hub_feed_memory *m, const struct hub_source *src)
{
    enum err e =
        hub_feed_room((void **)&m->records, &m->record_room, m->record_count, sizeof *m->records);
    if (e != ERR_OK) return e;
    struct message_record *r = &m->records[m->record_count++];
    *r = (struct message_record){.position = src->pos};
    struct bytes unit = db_column_bytes(src->q, 2), state = db_column_bytes(src->q, 3);
    r->unit.len = unit.len;
    r->state.len = state.len;
    buf_add_bytes(&m->bytes, unit);
    buf_add_bytes(&m->bytes, state);
    e = db_column_copy(src->q, 1, r->rid.b, sizeof r->rid.b);
    return e == ERR_OK ? m->bytes.e : e;
}

static enum err hub_feed_set(struct hub_feed_memory *m, const struct hub_source *src)
{
    enum err e = hub_feed_room((void **)&m->sets, &m->set_room, m->set_count, sizeof *m->sets);
    if (e != ERR_OK) return e;
    struct message_set *v = &m->sets[m->set_count++];
    *v = (struct message_set){.position = src->pos};
    struct bytes head = db_column_bytes(src->q, 1), body = db_column_bytes(src->q, 2);
    v->head.len = head.len;
    v->body.len = body.len;
    buf_add_bytes(&m->bytes, head);
    buf_add_bytes(&m->bytes, body);
    e = db_column_copy(src->q, 3, v->signature, sizeof v->signature);
    return e == ERR_OK ? m->bytes.e : e;
}

static enum err hub_feed_verdict(struct hub_feed_memory *m, const struct hub_source *src)
{
    uint64_t seq = (uint64_t)db_column_int(src->q, 1);
    struct bytes v = db_column_bytes(src->q, 2);
    uint64_t position = src->kind == HUB_FROM_VERDICTS ? src->pos : 0;
    struct message_verdicts *last =
        m->verdict_count > 0 ? &m->verdicts[m->verdict_count - 1] : NULL;
    bool same = m->open_run && last != NULL && ID_EQUAL(&last->inc, &src->log->inc) &&
                m->run_next == seq && m->run_position == position &&
                last->verdicts.len + v.len <= CHANGE_BYTES_MAX;
    if (!same) {
        enum err e = hub_feed_room((void **)&m->verdicts, &m->verdict_room, m->verdict_count,
                                   sizeof *m->verdicts);
        if (e != ERR_OK) return e;
        last = &m->verdicts[m->verdict_count++];
        *last =
            (struct message_verdicts){.inc = src->log->inc, .first_seq = seq, .position = position};
    }
    last->verdicts.len += v.len;
    m->open_run = true;
    m->run_next = seq + 1;
    m->run_position = position == 0 ? 0 : position + 1;
    buf_add_bytes(&m->verdict, v);
    return m->verdict.e;
}

static enum err hub_feed_item(struct hub_store *s, struct hub_feed_memory *m,
                              const struct hub_source *src)
{
    switch (src->kind) {
    case HUB_FROM_RECORDS:
    case HUB_FROM_SHARED: return hub_feed_record(m, src);
    case HUB_FROM_SETS: return hub_feed_set(m, src);
    case HUB_FROM_VERDICTS:
    case HUB_FROM_REVERDICTS: return hub_feed_verdict(m, src);
    case HUB_FROM_LEAVES:
    case HUB_FROM_TRANSFERS:
    case HUB_FROM_CROSSED:
    case HUB_FROM_SHARES: return hub_feed_move(s, m, src);
    }
    return ERR_OK;
}

/* In `bytes`, items lie in the order in which they came; records and sets each in their own order
 * by position, records of a position before its sets. */
static void hub_feed_point(struct hub_feed_memory *m, const bool *kinds, size_t count)
{
    const uint8_t *p = m->bytes.p;
    size_t r = 0, t = 0;
    for (size_t i = 0; i < count; i++) {
        if (kinds[i]) {
            m->records[r].unit.p = p;
            p += m->records[r].unit.len;
            m->records[r].state.p = p;
            p += m->records[r++].state.len;
        } else {
            m->sets[t].head.p = p;
            p += m->sets[t].head.len;
            m->sets[t].body.p = p;
            p += m->sets[t++].body.len;
        }
    }
    p = m->verdict.p;
    for (size_t i = 0; i < m->verdict_count; i++) {
        m->verdicts[i].verdicts.p = p;
        p += m->verdicts[i].verdicts.len;
    }
    p = m->move.p;
    for (size_t i = 0; i < m->move_count; i++) {
        m->moves[i].item.p = p;
        p += m->moves[i].item.len;
    }
}

struct hub_bite { /* the order in which records (true) and sets (false) came */
    bool *kinds;
    size_t count;
    size_t room;
    uint64_t upto;
    bool last;
};

static bool hub_bite_full(const struct hub_feed_memory *m, size_t max_bytes)
{
    size_t bytes = m->bytes.len + m->verdict.len + m->move.len +
                   40 * (m->record_count + m->set_count) + 16 * m->verdict_count;
    return bytes >= max_bytes || m->record_count >= MESSAGE_ITEMS_MAX ||
           m->set_count >= MESSAGE_ITEMS_MAX || m->verdict_count >= MESSAGE_ITEMS_MAX ||
           m->move_count >= MESSAGE_ITEMS_MAX;
}

static enum err hub_feed_read(struct hub_store *s, struct hub_feed_memory *m, size_t max_bytes,
                              struct hub_bite *bite)
{
    for (;;) {
        struct hub_source *src = hub_source_next(m);
        bite->last = src == NULL;
        if (src == NULL) return ERR_OK;
        if (src->pos != bite->upto && hub_bite_full(m, max_bytes)) return ERR_OK;
        bite->upto = src->pos;
        enum err e = hub_feed_item(s, m, src);
        bool record = src->kind == HUB_FROM_RECORDS || src->kind == HUB_FROM_SHARED;
        if (e == ERR_OK && (record || src->kind == HUB_FROM_SETS)) {
            e = hub_feed_room((void **)&bite->kinds, &bite->room, bite->count, sizeof(bool));
            if (e == ERR_OK) bite->kinds[bite->count++] = record;
        }
        if (e == ERR_OK) e = hub_source_step(src);
        if (e != ERR_OK) return e;
    }
}

static void hub_feed_end(const struct hub_store *s, const struct hub_node *node,
                         const struct message_hello_node *hello, struct message_end *end)
{
    *end = (struct message_end){.position = s->position, .position_hash = s->position_hash};
    for (size_t i = 0; hello != NULL && i < hello->log_count; i++) {
        for (size_t k = 0; k < s->log_count; k++) {
            const struct hub_log *log = &s->logs[k];
            bool its =
                ID_EQUAL(&log->inc, &hello->logs[i].inc) && ID_EQUAL(&log->node, &node->node);
            if (!its) continue;
            end->incs[end->head_count] = log->inc;
            end->next_seqs[end->head_count++] = log->next_seq - (ZOO(59) ? 1u : 0u);
        }
    }
    const struct hub_unit *all = &s->units[HUB_SCOPE_ALL];
    memcpy(end->scope_hash, all->sum, sizeof end->scope_hash);
    end->records = all->records;
    int64_t unit = hub_unit_find(s, node->unit);
    if (unit == 0) return;
    if (!ZOO(87)) fold_scope_add(end->scope_hash, s->units[unit].sum);
    end->records += s->units[unit].records;
}

static void hub_feed_fill(struct hub_store *s, const struct hub_feed_memory *m,
                          const struct hub_bite *bite, struct hub_feed *out)
{
    *out = (struct hub_feed){
        .sets = m->sets,
        .set_count = m->set_count,
        .records = m->records,
        .record_count = m->record_count,
        .verdicts = m->verdicts,
        .verdict_count = m->verdict_count,
        .moves = m->moves,
        .move_count = m->move_count,
        .upto = bite->last ? s->position : bite->upto,
        .last = bite->last,
    };
}

/* What is damaged here of this node's logs. */
static enum err hub_feed_again(struct hub_store *s, const struct hub_node *node,
                               struct hub_feed *out)
{
    bool row = true;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT i.inc, l.seq FROM sys_mend m JOIN sys_log l ON l.pos = m.pos JOIN "
                       "sys_inc i ON i.no = l.inc WHERE i.node = ?1 ORDER BY m.pos LIMIT ?2");
    db_bind_blob(q, 1, BYTES_OF(node->node.b));
    db_bind_int(q, 2, HUB_MEND_ASKED_MAX);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        struct message_pull *m = &out->again[out->again_count];
        e = db_column_copy(q, 0, m->inc.b, sizeof m->inc.b);
        m->from = (uint64_t)db_column_int(q, 1);
        out->again_count++;
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* From which position on a node folds its own sets itself; 0: it is sent all. One with another certificate than the hub
 * has for it may not know yet of which unit it is, and so not whose its records are. */
static enum err hub_feed_base(struct hub_store *s, const struct hub_node *node,
                              const struct message_hello_node *hello, uint64_t *base)
{
    *base = 0;
    if (hello == NULL || hello->cursor_position == 0) return ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT cert = ?2 FROM sys_node WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->node.b));
    db_bind_blob(q, 2, hello->cert);
    enum err e = db_get(q);
    if (e == ERR_OK && (db_column_int(q, 0) != 0 || ZOO(118))) *base = hello->cursor_position;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_store_feed(struct hub_store *s, const struct hub_node *node, uint64_t cursor,
                        const struct message_hello_node *hello, size_t max_bytes,
                        struct hub_feed *out)
{
    struct hub_feed_memory *m = NULL;
    struct hub_bite bite = {.upto = cursor};
    enum err e = hub_cache_ready(s);
    if (e == ERR_OK) e = hub_feed_memory(s, &m);
    if (e != ERR_OK) return e;
    e = hub_feed_base(s, node, hello, &m->base);
    if (e == ERR_OK) e = hub_sources_open(s, m, node, cursor);
    if (e == ERR_OK) e = hub_feed_read(s, m, max_bytes, &bite);
    hub_sources_close(m);
    if (e == ERR_OK) {
        hub_feed_point(m, bite.kinds, bite.count);
        hub_feed_fill(s, m, &bite, out);
        if (bite.last) hub_feed_end(s, node, hello, &out->end);
        if (bite.last) e = hub_feed_again(s, node, out);
    }
    free(bite.kinds);
    return e;
}
