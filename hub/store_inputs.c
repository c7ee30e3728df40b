/* Issued reports, second part: what stands behind their figures. SPEC 16. */
#include "hub/store_issues.h"
#include "hub/store_priv.h"

/* ---- records and sets of an issue ---- */

void hub_issues_pack(struct buf *pack, const struct hub_issue_input *input)
{
    buf_add(pack, input->rid.b, sizeof input->rid.b);
    buf_add_le16(pack, (uint16_t)(input->sets.len / HUB_ISSUE_SET_BYTES));
    buf_add_bytes(pack, input->sets);
}

enum err hub_issues_add_pack(struct hub_store *s, int64_t issue, struct bytes pack)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_issue_pack(issue, data) VALUES (?1, ?2)");
    db_bind_int(q, 1, issue);
    db_bind_blob(q, 2, pack);
    return db_run(q);
}

static enum err issues_unpack(struct bytes pack, hub_issue_input_fn *row, void *ctx)
{
    enum err e = ERR_OK;
    size_t at = 0;
    while (e == ERR_OK && at < pack.len) {
        struct hub_issue_input input;
        if (pack.len - at < ID_RECORD_BYTES + 2) return ERR_DAMAGED;
        memcpy(input.rid.b, pack.p + at, ID_RECORD_BYTES);
        size_t sets = (size_t)le16_load(pack.p + at + ID_RECORD_BYTES) * HUB_ISSUE_SET_BYTES;
        at += ID_RECORD_BYTES + 2;
        if (pack.len - at < sets) return ERR_DAMAGED;
        input.sets = bytes_make(pack.p + at, sets);
        at += sets;
        e = row(ctx, &input);
    }
    return e;
}

/* Of an issue of before packs: a row is a record. */
static enum err issues_single(const struct db_stmt *q, hub_issue_input_fn *row, void *ctx)
{
    struct hub_issue_input input;
    enum err e = db_column_copy(q, 0, input.rid.b, sizeof input.rid.b);
    input.sets = db_column_bytes(q, 1);
    if (e == ERR_OK && input.sets.len % HUB_ISSUE_SET_BYTES != 0) e = ERR_DAMAGED;
    return e == ERR_OK ? row(ctx, &input) : e;
}

enum err hub_issues_inputs(struct hub_store *s, int64_t issue, hub_issue_input_fn *row, void *ctx)
{
    enum err e = hub_issues_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT rid, sets, 0 FROM (SELECT rid, sets FROM sys_issue_input WHERE issue = ?1 "
               "ORDER BY rid) UNION ALL SELECT NULL, data, 1 FROM (SELECT data FROM "
               "sys_issue_pack WHERE issue = ?1 ORDER BY id)");
    db_bind_int(q, 1, issue);
    bool more = true;
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        e = db_column_int(q, 2) != 0 ? issues_unpack(db_column_bytes(q, 1), row, ctx)
                                     : issues_single(q, row, ctx);
    }
    db_done(q);
    return e;
}

static enum err issues_text(const struct db_stmt *q, int i, char *out, size_t room)
{
    struct bytes b = db_column_bytes(q, i);
    if (b.len >= room) return ERR_DAMAGED;
    if (b.len > 0) memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    return ERR_OK;
}

enum err hub_issues_cells(struct hub_store *s, int64_t issue, const char *unit,
                          hub_issue_cell_fn *row, void *ctx)
{
    enum err e = hub_issues_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT c.line, c.value, c.total, c.unit, c.absent, c.num, c.den, c.inputs, p.parts "
               "FROM sys_issue_cell c LEFT JOIN sys_issue_part p USING (issue, line, total, value, "
               "unit) WHERE c.issue = ?1 AND (?2 IS NULL OR c.unit = ?2) ORDER BY c.rowid");
    db_bind_int(q, 1, issue);
    db_bind_str(q, 2, unit);
    bool more = true;
    while (e == ERR_OK && more) {
        char value[HUB_FIGURES_TEXT_BYTES_MAX + 1], code[ADMIN_UNIT_BYTES_MAX + 1];
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        struct hub_issue_cell cell = {
            .line = (unsigned)db_column_int(q, 0),
            .value = value,
            .total = db_column_int(q, 2) != 0,
            .unit = code,
            .absent = db_column_int(q, 4) != 0,
            .num = db_column_int(q, 5),
            .den = db_column_int(q, 6),
        };
        e = issues_text(q, 1, value, sizeof value);
        if (e == ERR_OK) e = issues_text(q, 3, code, sizeof code);
        cell.inputs = db_column_bytes(q, 7);
        cell.parts = db_column_bytes(q, 8);
        if (e == ERR_OK && cell.inputs.len % ID_RECORD_BYTES != 0) e = ERR_DAMAGED;
        if (e == ERR_OK) e = row(ctx, &cell);
    }
    db_done(q);
    return e;
}

/* ---- what the figures were read from ---- */

enum err hub_issues_add_read(struct hub_store *s, int64_t issue, const struct hub_issue_read *read)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_issue_read(issue, type, ids) VALUES (?1, ?2, ?3)");
    db_bind_int(q, 1, issue);
    db_bind_str(q, 2, read->type);
    db_bind_blob(q, 3, read->ids);
    return db_run(q);
}

enum err hub_issues_reads(struct hub_store *s, int64_t issue, hub_issue_read_fn *row, void *ctx)
{
    enum err e = hub_issues_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT type, ids FROM sys_issue_read WHERE issue = ?1 ORDER BY type");
    db_bind_int(q, 1, issue);
    bool more = true;
    while (e == ERR_OK && more) {
        char type[CATALOGUE_NAME_BYTES_MAX + 1];
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        struct hub_issue_read read = {type, db_column_bytes(q, 1)};
        e = issues_text(q, 0, type, sizeof type);
        if (e == ERR_OK && read.ids.len % HUB_ISSUE_READ_BYTES != 0) e = ERR_DAMAGED;
        if (e == ERR_OK) e = row(ctx, &read);
    }
    db_done(q);
    return e;
}

/* ---- the close set ---- */

enum err hub_issues_logged(struct hub_store *s, const struct hub_issue *issue,
                           struct hub_issue_logged *out)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT figures, inputs FROM sys_close WHERE pos = ?1 AND report = ?2 AND "
                       "unit = ?3 AND period = ?4 AND issue = ?5 AND cut_position = ?6");
    struct hub_issue_logged v = {.has_inputs = false};
    db_bind_int(q, 1, (int64_t)issue->position);
    db_bind_str(q, 2, issue->report);
    db_bind_str(q, 3, issue->unit);
    db_bind_str(q, 4, issue->period);
    db_bind_int(q, 5, issue->number);
    db_bind_int(q, 6, (int64_t)issue->cut.position);
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, v.figures.b, sizeof v.figures.b);
    v.has_inputs = e == ERR_OK && db_column_kind(q, 1) != DB_NULL;
    if (v.has_inputs) e = db_column_copy(q, 1, v.inputs.b, sizeof v.inputs.b);
    db_done(q);
    if (e == ERR_OK) *out = v;
    return e;
}

enum err hub_issues_missing(struct hub_store *s, const struct hub_issue *issue, struct buf *out)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT missing FROM sys_close WHERE pos = ?1 AND report = ?2 AND unit = ?3 "
                       "AND period = ?4 AND issue = ?5");
    db_bind_int(q, 1, (int64_t)issue->position);
    db_bind_str(q, 2, issue->report);
    db_bind_str(q, 3, issue->unit);
    db_bind_str(q, 4, issue->period);
    db_bind_int(q, 5, issue->number);
    enum err e = db_get(q);
    if (e == ERR_OK) {
        buf_add_bytes(out, db_column_bytes(q, 0));
        e = out->e;
    }
    db_done(q);
    return e;
}

enum err hub_issues_close_set(struct hub_store *s, const struct hub_issue *issue, struct buf *head,
                              struct buf *body, struct buf *signature)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT head, body, signature FROM sys_log WHERE pos = ?1");
    db_bind_int(q, 1, (int64_t)issue->position);
    enum err e = db_get(q);
    if (e == ERR_OK) {
        buf_add_bytes(head, db_column_bytes(q, 0));
        buf_add_bytes(body, db_column_bytes(q, 1));
        buf_add_bytes(signature, db_column_bytes(q, 2));
        e = head->e != ERR_OK ? head->e : body->e != ERR_OK ? body->e : signature->e;
    }
    db_done(q);
    return e;
}

enum err hub_issues_archive(struct hub_store *s, uint32_t edition, struct buf *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT archive FROM sys_catalogue WHERE edition = ?1");
    db_bind_int(q, 1, edition);
    enum err e = db_get(q);
    if (e == ERR_OK) buf_add_bytes(out, db_column_bytes(q, 0));
    db_done(q);
    return e == ERR_OK ? out->e : e;
}

/* ---- behind a record ---- */

static enum err behind_set(struct hub_store *s, const struct id_version *version,
                           hub_behind_fn *row, void *ctx)
{
    struct id_inc inc = id_version_inc(version);
    struct id_hash hash;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT l.pos, l.hash FROM sys_inc i JOIN sys_log l ON l.inc = i.no WHERE "
                       "i.inc = ?1 AND l.seq = ?2 AND substr(l.hash, 1, 4) = ?3");
    db_bind_blob(q, 1, BYTES_OF(inc.b));
    db_bind_int(q, 2, (int64_t)id_version_seq(version));
    db_bind_blob(q, 3, bytes_make(version->b + ID_INC_BYTES + 8, 4));
    enum err e = db_get(q);
    uint64_t position = e == ERR_OK ? (uint64_t)db_column_int(q, 0) : 0;
    if (e == ERR_OK) e = db_column_copy(q, 1, hash.b, sizeof hash.b);
    db_done(q);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    return e == ERR_OK ? row(ctx, position, &hash) : e;
}

enum err hub_issues_behind(struct hub_store *s, const struct id_record *rid, struct fold *scratch,
                           hub_behind_fn *row, void *ctx)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT state FROM sys_record WHERE rid = ?1");
    fold_clear(scratch);
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = fold_load(scratch, db_column_bytes(q, 0));
    if (e == ERR_BAD_FORMAT) e = ERR_DAMAGED;
    db_done(q);
    for (size_t i = 0; e == ERR_OK && i < scratch->set_count; i++)
        e = behind_set(s, &scratch->sets[i].version, row, ctx);
    return e;
}
