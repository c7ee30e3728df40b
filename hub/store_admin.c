/* Administrative ops: genesis, catalogue, enrolment, revocation, closing. SPEC 4.13, 8.1. */
#include "common/zoo.h"
#include "hub/store_priv.h"

#include <stdlib.h>

#include "hub/store_rekey.h"
#include "proto/admin_key.h"
#include "proto/edition.h"

/* ---- genesis ---- */

/* The node goes on in another log: this one ends where it stands. Unknown logs end nowhere. */
static enum err hub_log_end(struct hub_store *s, const struct id_hash *node,
                            const struct id_inc *inc)
{
    struct hub_log *log = hub_log_find(s, inc);
    if (log == NULL || log->closed || !ID_EQUAL(&log->node, node)) return ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_inc SET closed = ?2 WHERE no = ?1");
    db_bind_int(q, 1, log->no);
    db_bind_int(q, 2, (int64_t)s->position + 1);
    enum err e = db_run(q);
    if (e == ERR_OK) log->closed = true;
    return e;
}

static enum err hub_genesis_ends(struct hub_store *s, const struct id_hash *node,
                                 const struct id_inc *inc, const struct admin_genesis *g)
{
    enum err e = ERR_OK;
    if (g->has_parent && !ID_EQUAL(&g->parent_inc, inc)) e = hub_log_end(s, node, &g->parent_inc);
    for (size_t i = 0; e == ERR_OK && i < g->reauthored_count; i++) {
        if (!ID_EQUAL(&g->reauthored[i].inc, inc)) e = hub_log_end(s, node, &g->reauthored[i].inc);
    }
    return e;
}

enum err hub_admin_genesis(struct hub_store *s, const struct change_view *view, struct hub_log *log)
{
    struct admin_genesis *g = calloc(1, sizeof *g);
    if (g == NULL) return ERR_NOMEM;
    enum err e = view->head.ops == 1 && view->payload[0].p != NULL
                     ? admin_genesis_decode(view->payload[0], g)
                     : ERR_BAD_FORMAT;
    if (e != ERR_OK) goto out;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_inc(inc, node, sign_pk, parent_inc, parent_seq, "
                       "parent_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    db_bind_blob(q, 1, BYTES_OF(log->inc.b));
    db_bind_blob(q, 2, BYTES_OF(log->node.b));
    db_bind_blob(q, 3, BYTES_OF(g->sign_pk));
    if (g->has_parent) {
        db_bind_blob(q, 4, BYTES_OF(g->parent_inc.b));
        db_bind_int(q, 5, (int64_t)g->parent_seq);
        db_bind_blob(q, 6, BYTES_OF(g->parent_hash.b));
    }
    e = db_run(q);
    if (e == ERR_OK) log->no = db_last_rowid(s->db);
    if (e == ERR_OK) e = hub_genesis_ends(s, &log->node, &log->inc, g);
out:
    free(g);
    return e;
}

/* ---- catalogue ---- */

static enum err hub_part_take(struct hub_store *s, const struct admin_part *p)
{
    if (p->parts > ADMIN_PARTS_MAX || p->index >= p->parts) return ERR_BAD_FORMAT;
    struct db_stmt *q = db_stmt(
        s->db,
        "INSERT OR REPLACE INTO sys_part(archive, part, parts, data) VALUES (?1, ?2, ?3, ?4)");
    db_bind_blob(q, 1, BYTES_OF(p->archive.b));
    db_bind_int(q, 2, p->index);
    db_bind_int(q, 3, p->parts);
    db_bind_blob(q, 4, p->data);
    return db_run(q);
}

static enum err hub_frame_collect(struct hub_store *s, const struct admin_edition *ed,
                                  struct buf *frame)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT part, parts, data FROM sys_part WHERE archive = ?1 ORDER BY part");
    db_bind_blob(q, 1, BYTES_OF(ed->archive.b));
    unsigned n = 0;
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        if (db_column_int(q, 0) != n++ || db_column_int(q, 1) != ed->parts) e = ERR_BAD_FORMAT;
        buf_add_bytes(frame, db_column_bytes(q, 2));
    }
    db_done(q);
    if (e != ERR_OK) return e;
    return n == ed->parts && n > 0 ? frame->e : ERR_BAD_FORMAT;
}

static void hub_catalogue_use(struct hub_store *s, struct catalogue *c, uint32_t edition)
{
    typed_close(s->typed); /* it borrows the catalogue */
    s->typed = NULL;
    s->typed_edition = 0;
    catalogue_free(s->catalogue);
    s->catalogue = c;
    s->edition = edition;
    s->rules_ctx.catalogue = c;
}

static enum err hub_edition_store(struct hub_store *s, const struct admin_edition *ed, uint64_t at,
                                  struct bytes archive)
{
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_catalogue(edition, hash, pos, archive) VALUES (?1, ?2, ?3, ?4)");
    db_bind_int(q, 1, ed->edition);
    db_bind_blob(q, 2, BYTES_OF(ed->archive.b));
    db_bind_int(q, 3, (int64_t)at);
    db_bind_blob(q, 4, archive);
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "DELETE FROM sys_part WHERE archive = ?1"); /* others may wait for theirs */
    db_bind_blob(q, 1, BYTES_OF(ed->archive.b));
    return db_run(q);
}

/* An edition is whole by itself: the newest is in use; an older one that comes back is kept for what it was used in. */
static enum err hub_edition_put(struct hub_store *s, const struct admin_edition *ed, uint64_t at)
{
    struct buf frame, archive;
    struct catalogue *c = NULL;
    buf_init(&frame, (size_t)ADMIN_PARTS_MAX * ADMIN_PART_BYTES_MAX);
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    enum err e = hub_frame_collect(s, ed, &frame);
    if (e == ERR_OK) e = edition_open(ed, buf_bytes(&frame), &archive);
    if (e == ERR_OK) e = edition_parse(buf_bytes(&archive), &c);
    if (e == ERR_OK) e = hub_edition_store(s, ed, at, buf_bytes(&archive));
    if (e == ERR_OK && ed->edition > s->edition) {
        hub_catalogue_use(s, c, ed->edition);
        e = hub_records_refresh(s, at);
    } else {
        catalogue_free(c);
    }
    buf_free(&archive);
    buf_free(&frame);
    return e;
}

static enum err hub_edition_take(struct hub_store *s, const struct admin_edition *ed, uint64_t at)
{
    return ed->edition == s->edition + 1 ? hub_edition_put(s, ed, at) : ERR_BAD_FORMAT;
}

/* The newest edition on disk, unless it is the one in memory. */
enum err hub_catalogue_load(struct hub_store *s)
{
    struct catalogue *c = NULL;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT edition FROM sys_catalogue ORDER BY edition DESC LIMIT 1");
    enum err e = db_get(q);
    uint32_t edition = e == ERR_OK ? (uint32_t)db_column_int(q, 0) : 0;
    db_done(q);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    typed_close(s->typed); /* a rollback may have taken its tables away */
    s->typed = NULL;
    if (edition == s->edition) return ERR_OK;
    if (edition > 0) {
        q = db_stmt(s->db, "SELECT archive FROM sys_catalogue WHERE edition = ?1");
        db_bind_int(q, 1, edition);
        e = db_get(q);
        if (e == ERR_OK) e = edition_parse(db_column_bytes(q, 0), &c);
        db_done(q);
        if (e == ERR_BAD_INPUT || e == ERR_BAD_FORMAT) e = ERR_DAMAGED;
        if (e != ERR_OK) return e;
    }
    hub_catalogue_use(s, c, edition);
    return ERR_OK;
}

/* ---- nodes ---- */

/* Of which unit a node was when: figures of old periods ask. */
static enum err hub_node_unit_note(struct hub_store *s, const struct id_hash *node, int64_t unit,
                                   uint64_t at)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_node_unit SET until = ?3 WHERE node = ?1 AND "
                                       "until IS NULL AND unit <> ?2");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_int(q, 2, unit);
    db_bind_int(q, 3, (int64_t)at);
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "INSERT INTO sys_node_unit(node, pos, unit) SELECT ?1, ?3, ?2 WHERE NOT "
                       "EXISTS (SELECT 1 FROM sys_node_unit WHERE node = ?1 AND until IS NULL)");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_int(q, 2, unit);
    db_bind_int(q, 3, (int64_t)at);
    return db_run(q);
}

/* The hub's word for a change of a node's keys outlives an older copy of the database (SPEC 18.11). */
static enum err hub_enrol_rekeyed(struct hub_store *s, const struct admin_cert *c, uint64_t at)
{
    struct db_stmt *q = db_stmt(
        s->db, "INSERT OR REPLACE INTO sys_rekey_cert(node, pos, hash) SELECT ?1, ?2, ?3 WHERE "
               "EXISTS (SELECT 1 FROM sys_node WHERE node = ?1 AND sign_pk <> ?4) OR EXISTS "
               "(SELECT 1 FROM sys_rekey WHERE node = ?1 AND sign = ?4)");
    db_bind_blob(q, 1, BYTES_OF(c->node.b));
    db_bind_int(q, 2, (int64_t)at);
    db_bind_blob(q, 3, BYTES_OF(s->view->hash.b));
    db_bind_blob(q, 4, BYTES_OF(c->sign_pk));
    enum err e = db_run(q);
    if (e == ERR_OK && db_changes(s->db) > 0) s->revoked_grown = true;
    return e;
}

/* `code`: the unit of which the node is, whatever the certificate says; NULL: what it says. */
static enum err hub_enrol_take(struct hub_store *s, const struct admin_enrol *en, const char *code,
                               uint64_t at)
{
    struct admin_cert c;
    enum err e =
        admin_key_cert_open(en->certificate, &s->identity.hub, &s->identity.parsed, at, &c);
    if (e == ERR_OK && !ID_EQUAL(&c.node, &en->node)) e = ERR_BAD_FORMAT;
    int64_t unit = 0;
    bool keeps = false;
    char kept[ADMIN_UNIT_BYTES_MAX + 1];
    if (e == ERR_OK && code == NULL) e = hub_key_keeps_unit(s, &c, kept, &keeps);
    if (keeps) code = kept;
    if (e == ERR_OK) e = hub_unit_number(s, code != NULL ? code : c.unit, &unit);
    if (e == ERR_OK) e = hub_enrol_rekeyed(s, &c, at);
    if (e == ERR_OK) e = hub_key_note(s, &c);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_node(node, unit, cert, sign_pk, transport_pk, enrolled_pos) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(node) DO UPDATE SET "
               "unit_pos = CASE WHEN unit = excluded.unit THEN unit_pos ELSE excluded.enrolled_pos "
               "END, unit = excluded.unit, cert = excluded.cert, sign_pk = excluded.sign_pk, "
               "transport_pk = excluded.transport_pk, enrolled_pos = excluded.enrolled_pos");
    db_bind_blob(q, 1, BYTES_OF(c.node.b));
    db_bind_int(q, 2, unit);
    db_bind_blob(q, 3, en->certificate);
    db_bind_blob(q, 4, BYTES_OF(c.sign_pk));
    db_bind_blob(q, 5, BYTES_OF(c.transport_pk));
    db_bind_int(q, 6, (int64_t)at);
    e = db_run(q);
    if (e == ERR_OK) e = hub_revoked_mark(s, &c.node);
    return e == ERR_OK ? hub_node_unit_note(s, &c.node, unit, at) : e;
}

static enum err hub_close_take(struct hub_store *s, const struct admin_close *c, uint64_t at)
{
    char first[DATE_TEXT_ROOM], last[DATE_TEXT_ROOM];
    hub_closed_window(s, c->report, c->unit, c->period, first, last);
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_close(pos, report, unit, period, issue, cut_position, "
                       "edition, figures, inputs, mode, missing, first, last) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)");
    db_bind_int(q, 1, (int64_t)at);
    db_bind_text(q, 2, c->report);
    db_bind_text(q, 3, c->unit);
    db_bind_text(q, 4, c->period);
    db_bind_int(q, 5, c->issue);
    db_bind_int(q, 6, (int64_t)c->cut_position);
    db_bind_int(q, 7, c->edition);
    db_bind_blob(q, 8, BYTES_OF(c->figures.b));
    if (c->has_inputs) db_bind_blob(q, 9, BYTES_OF(c->inputs.b));
    db_bind_int(q, 10, c->mode);
    db_bind_text(q, 11, c->missing);
    db_bind_str(q, 12, first);
    db_bind_str(q, 13, last);
    enum err e = db_run(q);
    return e == ERR_OK ? hub_closed_load(s) : e;
}

/* ---- all of them ---- */

static enum err hub_admin_one(struct hub_store *s, struct bytes payload, int kind, uint64_t at,
                              int64_t received_ms)
{
    enum err e;
    if (kind >= CHANGE_OFFICER && kind <= CHANGE_ORDER)
        return hub_order_admin(s, payload, kind, at, received_ms);
    if (kind >= CHANGE_JUDGE && kind <= CHANGE_REOPEN)
        return hub_flow_admin(s, payload, kind, at, received_ms);
    if (kind == CHANGE_CATALOGUE_PART) {
        struct admin_part p;
        e = admin_part_decode(payload, &p);
        return e == ERR_OK ? hub_part_take(s, &p) : e;
    }
    if (kind == CHANGE_CATALOGUE) {
        struct admin_edition ed;
        e = admin_edition_decode(payload, &ed);
        return e == ERR_OK ? hub_edition_take(s, &ed, at) : e;
    }
    if (kind == CHANGE_ENROL) {
        struct admin_enrol en;
        e = admin_enrol_decode(payload, &en);
        return e == ERR_OK ? hub_enrol_take(s, &en, NULL, at) : e;
    }
    if (kind == CHANGE_REVOKE) {
        struct admin_revoke r;
        e = admin_revoke_decode(payload, &r);
        return e == ERR_OK ? hub_revoke_take(s, &r, at) : e;
    }
    if (kind == CHANGE_CLOSE) {
        struct admin_close c;
        e = admin_close_decode(payload, &c);
        return e == ERR_OK ? hub_close_take(s, &c, at) : e;
    }
    if (kind == CHANGE_CARD) {
        struct admin_card c;
        struct bytes card;
        e = admin_key_card_decode(payload, &card);
        return e == ERR_OK ? admin_card_open(card, &s->identity.hub, &c) : e; /* it is in force */
    }
    if (kind == CHANGE_REKEY_ASK) return hub_rekey_ask_take(s, payload, at);
    if (kind == CHANGE_QUARANTINE) {
        struct admin_quarantine d;
        e = admin_quarantine_decode(payload, &d);
        return e == ERR_OK ? hub_quarantine_decide(s, &d, at, received_ms) : e;
    }
    return ERR_BAD_FORMAT;
}

/* Ours and signed by us, so what does not apply is a mistake of the caller: it is told at once,
 * and nothing is taken. */
enum err hub_admin_take(struct hub_store *s, struct bytes payload, int kind, uint64_t at,
                        int64_t received_ms, uint8_t *verdict)
{
    enum err e = hub_admin_one(s, payload, kind, at, received_ms);
    if (e == ERR_OK) *verdict = FOLD_APPLIED;
    return e;
}

/* ---- what comes back ---- */

enum err hub_enrol_anew(struct hub_store *s, const struct id_hash *node, bool *anew)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT ifnull(enrolled_pos, 0) FROM sys_node WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    enum err e = db_get(q);
    *anew = e == ERR_OK && s->epoch_count > 0 &&
            (uint64_t)db_column_int(q, 0) >= s->epochs[s->epoch_count - 1].start;
    db_done(q);
    return e;
}

/* What was said since the hub went back came back as well: of what was lost, the certificate with the higher serial is
 * the later one, in whatever order they come. */
static enum err hub_enrol_later(struct hub_store *s, const struct admin_cert *c, bool *later)
{
    struct admin_cert here;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT 1 FROM sys_node n JOIN sys_log l ON l.pos = n.enrolled_pos JOIN "
                       "sys_inc i ON i.no = l.inc WHERE n.node = ?1 AND i.given IS NOT NULL");
    db_bind_blob(q, 1, BYTES_OF(c->node.b));
    enum err e = db_get(q);
    db_done(q);
    *later = false;
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = hub_store_cert(s, &c->node, &here);
    *later = e == ERR_OK && c->serial > here.serial;
    return e;
}

/* The node changed its keys, or was moved to another unit, before the hub went back, and nobody moved it
 * anew since. `keep`: the certificate says another unit than was said anew: that stays. */
static enum err hub_enrol_newer(struct hub_store *s, const struct admin_enrol *en,
                                const struct hub_node *node, bool *newer, bool *keep)
{
    struct admin_cert c;
    bool anew = false;
    enum err e =
        admin_key_cert_open(en->certificate, &s->identity.hub, &s->identity.parsed,
                            s->replaying ? 1 : 0, &c); /* a replay judges as it was judged then */
    if (e != ERR_OK) return e;
    if (memcmp(c.sign_pk, node->sign_pk, sizeof c.sign_pk) != 0)
        return hub_store_keys_newer(s, &c, newer, keep);
    if (strcmp(c.unit, node->unit) == 0 || s->epoch_count == 0) return ERR_OK;
    bool later = false;
    e = hub_enrol_anew(s, &node->node, &anew);
    if (e == ERR_OK && anew) e = hub_enrol_later(s, &c, &later);
    *newer = e == ERR_OK && (later || !anew) && !ZOO(119);
    *keep = anew && !later;
    return e;
}

static enum err hub_enrol_seen(struct hub_store *s, const struct admin_enrol *en)
{
    struct admin_cert c;
    enum err e = admin_key_cert_open(en->certificate, &s->identity.hub, &s->identity.parsed, 1, &c);
    if (e == ERR_OK && !ID_EQUAL(&c.node, &en->node)) e = ERR_BAD_FORMAT;
    return e == ERR_OK ? hub_key_note(s, &c) : e;
}

static enum err hub_enrol_given(struct hub_store *s, struct bytes payload, uint64_t at)
{
    struct admin_enrol en;
    struct hub_node node;
    bool keep = false;
    enum err e = admin_enrol_decode(payload, &en);
    if (e == ERR_OK) e = hub_store_node(s, &en.node, &node);
    bool lost = e == ERR_NOT_FOUND;
    if (e == ERR_OK) e = hub_enrol_newer(s, &en, &node, &lost, &keep);
    if (e != ERR_OK && !lost) return e;
    if (lost)
        e = hub_enrol_take(s, &en, keep ? node.unit : NULL, at);
    else
        e = hub_enrol_seen(s, &en); /* a node that is known stays as it is */
    if (e == ERR_OK && keep) {
        s->certify_due = true;
        s->certify_node = en.node;
    }
    return e;
}

/* The same issue of a report may have been closed anew: then the old one is only kept. */
static enum err hub_close_given(struct hub_store *s, struct bytes payload, uint64_t at)
{
    struct admin_close c;
    enum err e = admin_close_decode(payload, &c);
    if (e == ERR_OK && c.cut_position >= at) c.cut_position = at - 1;
    return e == ERR_OK ? hub_close_take(s, &c, at) : e;
}

const struct id_record hub_waits_parts = {.b = "catalogue parts"};

static enum err hub_edition_whole(struct hub_store *s, const struct admin_edition *ed, bool *whole)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT count(*) FROM sys_part WHERE archive = ?1 AND "
                                       "parts = ?2 AND part < ?2");
    db_bind_blob(q, 1, BYTES_OF(ed->archive.b));
    db_bind_int(q, 2, ed->parts);
    enum err e = db_get(q);
    *whole = e == ERR_OK && db_column_int(q, 0) == ed->parts;
    db_done(q);
    return e;
}

/* Editions come back from several nodes, in any order, and so do their parts: *waits for one. ERR_EXISTS: it was
 * made anew. */
static enum err hub_edition_given(struct hub_store *s, struct bytes payload, uint64_t at,
                                  bool *waits)
{
    bool whole = false;
    struct admin_edition ed;
    enum err e = admin_edition_decode(payload, &ed);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_catalogue WHERE edition = ?1");
    db_bind_int(q, 1, ed.edition);
    e = db_get(q);
    db_done(q);
    if (e != ERR_NOT_FOUND) return e == ERR_OK ? ERR_EXISTS : e;
    e = hub_edition_whole(s, &ed, &whole);
    *waits = e == ERR_OK && !whole;
    return whole ? hub_edition_put(s, &ed, at) : e;
}

static bool hub_does_not_apply(enum err e)
{
    return e == ERR_BAD_FORMAT || e == ERR_BAD_HASH || e == ERR_BAD_SIGNATURE ||
           e == ERR_BAD_INPUT || e == ERR_EXISTS || e == ERR_TOO_LARGE || e == ERR_WRONG_HUB ||
           e == ERR_DENIED || e == ERR_REVOKED || e == ERR_NOT_FOUND;
}

enum err hub_admin_given(struct hub_store *s, struct bytes payload, int kind, uint64_t at,
                         int64_t received_ms, uint8_t *verdict)
{
    enum err e;
    bool waits = false;
    if (kind == CHANGE_GENESIS) {
        e = ERR_OK;
    } else if (kind == CHANGE_ENROL) {
        e = hub_enrol_given(s, payload, at);
    } else if (kind == CHANGE_CLOSE) {
        e = hub_close_given(s, payload, at);
    } else if (kind == CHANGE_CATALOGUE) {
        e = hub_edition_given(s, payload, at, &waits);
    } else if (kind >= CHANGE_OFFICER && kind <= CHANGE_ORDER) {
        e = hub_order_given(s, payload, kind, at, received_ms);
    } else {
        e = hub_admin_one(s, payload, kind, at, received_ms);
        s->let_in = s->let_in || kind == CHANGE_QUARANTINE;
    }
    *verdict = hub_does_not_apply(e) ? FOLD_HELD_FORK : waits ? FOLD_HELD_UNKNOWN : FOLD_APPLIED;
    return hub_does_not_apply(e) ? ERR_OK : e;
}

const struct catalogue *hub_store_catalogue(struct hub_store *s)
{
    return hub_cache_ready(s) == ERR_OK ? s->catalogue : NULL;
}
