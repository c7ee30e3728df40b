#include "common/zoo.h"
#include "hub/store_issues.h"
#include "hub/store_priv.h"

/* IF NOT EXISTS: a hub of before has no reports yet. */
static const char issues_schema[] =
    "CREATE TABLE IF NOT EXISTS sys_issue(id INTEGER PRIMARY KEY, report TEXT NOT NULL,"
    "  unit TEXT NOT NULL, period TEXT NOT NULL, number INTEGER NOT NULL,"
    "  position INTEGER NOT NULL, cut_epoch BLOB NOT NULL, cut_position INTEGER NOT NULL,"
    "  cut_hash BLOB NOT NULL, edition INTEGER NOT NULL, archive BLOB NOT NULL,"
    "  figures BLOB NOT NULL, closed_ms INTEGER NOT NULL, person BLOB NOT NULL,"
    "  issue_pk BLOB NOT NULL, UNIQUE(report, unit, period, number));"
    "CREATE TABLE IF NOT EXISTS sys_issue_file(issue INTEGER NOT NULL REFERENCES sys_issue(id),"
    "  kind INTEGER NOT NULL, name TEXT NOT NULL UNIQUE, hash BLOB NOT NULL,"
    "  minisig BLOB NOT NULL, data BLOB NOT NULL, PRIMARY KEY(issue, kind));"
    "CREATE TABLE IF NOT EXISTS sys_issue_cell(issue INTEGER NOT NULL REFERENCES sys_issue(id),"
    "  line INTEGER NOT NULL, value TEXT NOT NULL, total INTEGER NOT NULL, unit TEXT NOT NULL,"
    "  absent INTEGER NOT NULL, num INTEGER NOT NULL, den INTEGER NOT NULL,"
    "  inputs BLOB NOT NULL, PRIMARY KEY(issue, line, total, value, unit));"
    "CREATE TABLE IF NOT EXISTS sys_issue_input(issue INTEGER NOT NULL REFERENCES sys_issue(id),"
    "  rid BLOB NOT NULL, sets BLOB NOT NULL, PRIMARY KEY(issue, rid)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS sys_issue_pack(id INTEGER PRIMARY KEY, issue INTEGER NOT NULL"
    "  REFERENCES sys_issue(id), data BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS sys_issue_read(issue INTEGER NOT NULL REFERENCES sys_issue(id),"
    "  type TEXT NOT NULL, ids BLOB NOT NULL, PRIMARY KEY(issue, type));"
    "CREATE TABLE IF NOT EXISTS sys_issue_part(issue INTEGER NOT NULL REFERENCES sys_issue(id),"
    "  line INTEGER NOT NULL, total INTEGER NOT NULL, value TEXT NOT NULL, unit TEXT NOT NULL,"
    "  parts BLOB NOT NULL, PRIMARY KEY(issue, line, total, value, unit)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS sys_issue_packs ON sys_issue_pack(issue);"
    "CREATE TRIGGER IF NOT EXISTS sys_issue_kept BEFORE UPDATE ON sys_issue"
    "  BEGIN SELECT RAISE(ABORT, 'issued'); END;"
    "CREATE TRIGGER IF NOT EXISTS sys_issue_held BEFORE DELETE ON sys_issue"
    "  BEGIN SELECT RAISE(ABORT, 'issued'); END;"
    "CREATE TRIGGER IF NOT EXISTS sys_issue_file_kept BEFORE UPDATE ON sys_issue_file"
    "  BEGIN SELECT RAISE(ABORT, 'issued'); END;"
    "CREATE TRIGGER IF NOT EXISTS sys_issue_file_held BEFORE DELETE ON sys_issue_file"
    "  BEGIN SELECT RAISE(ABORT, 'issued'); END;";

enum err hub_issues_ready(struct hub_store *s)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT count(*) FROM sqlite_schema WHERE name IN "
                       "('sys_issue', 'sys_issue_file', 'sys_issue_cell', 'sys_issue_input', "
                       "'sys_issue_pack', 'sys_issue_read', 'sys_issue_part')");
    enum err e = db_get(q);
    bool there = e == ERR_OK && db_column_int(q, 0) == 7;
    db_done(q);
    if (e != ERR_OK || there) return e;
    e = db_exec(s->db, issues_schema);
    return e == ERR_OK ? hub_store_seal(s, false) : e;
}

/* ---- adding ---- */

enum err hub_issues_add(struct hub_store *s, struct hub_issue *issue)
{
    uint8_t epoch[8];
    le64_store(epoch, issue->cut.epoch);
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_issue(report, unit, period, number, position, cut_epoch, "
               "cut_position, cut_hash, edition, archive, figures, closed_ms, person, issue_pk) "
               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)");
    db_bind_str(q, 1, issue->report);
    db_bind_str(q, 2, issue->unit);
    db_bind_str(q, 3, issue->period);
    db_bind_int(q, 4, issue->number);
    db_bind_int(q, 5, (int64_t)issue->position);
    db_bind_blob(q, 6, BYTES_OF(epoch));
    db_bind_int(q, 7, (int64_t)issue->cut.position);
    db_bind_blob(q, 8, BYTES_OF(issue->cut.hash.b));
    db_bind_int(q, 9, issue->cut.edition);
    db_bind_blob(q, 10, BYTES_OF(issue->cut.archive.b));
    db_bind_blob(q, 11, BYTES_OF(issue->figures.b));
    db_bind_int(q, 12, issue->closed_ms);
    db_bind_blob(q, 13, BYTES_OF(issue->person.b));
    db_bind_blob(q, 14, BYTES_OF(issue->issue_pk));
    enum err e = db_run(q);
    if (e == ERR_OK) issue->id = db_last_rowid(s->db);
    return e;
}

enum err hub_issues_add_file(struct hub_store *s, int64_t issue, const struct hub_issue_file *file)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_issue_file(issue, kind, name, hash, minisig, data) "
                       "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    db_bind_int(q, 1, issue);
    db_bind_int(q, 2, file->kind);
    db_bind_str(q, 3, file->name);
    db_bind_blob(q, 4, BYTES_OF(file->hash));
    db_bind_blob(q, 5, file->minisig);
    db_bind_blob(q, 6, ZOO(106) ? bytes_make(file->data.p, file->data.len - 1) : file->data);
    return db_run(q);
}

/* Beside the cell: what an issue of before this has not. */
static enum err issues_add_parts(struct hub_store *s, int64_t issue,
                                 const struct hub_issue_cell *cell)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_issue_part(issue, line, total, value, unit, parts) VALUES "
                       "(?1, ?2, ?3, ?4, ?5, ?6)");
    db_bind_int(q, 1, issue);
    db_bind_int(q, 2, cell->line);
    db_bind_int(q, 3, cell->total);
    db_bind_str(q, 4, cell->value);
    db_bind_str(q, 5, cell->unit);
    db_bind_blob(q, 6, cell->parts);
    return db_run(q);
}

enum err hub_issues_add_cell(struct hub_store *s, int64_t issue, const struct hub_issue_cell *cell)
{
    struct db_stmt *q = db_stmt(
        s->db, "INSERT INTO sys_issue_cell(issue, line, value, total, unit, absent, num, den, "
               "inputs) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
    db_bind_int(q, 1, issue);
    db_bind_int(q, 2, cell->line);
    db_bind_str(q, 3, cell->value);
    db_bind_int(q, 4, cell->total);
    db_bind_str(q, 5, cell->unit);
    db_bind_int(q, 6, cell->absent);
    db_bind_int(q, 7, cell->num);
    db_bind_int(q, 8, cell->den);
    db_bind_blob(q, 9, cell->inputs);
    enum err e = db_run(q);
    return e == ERR_OK && cell->parts.len > 0 ? issues_add_parts(s, issue, cell) : e;
}

/* ---- reading ---- */

static enum err issues_text(const struct db_stmt *q, int i, char *out, size_t room)
{
    struct bytes b = db_column_bytes(q, i);
    if (b.len >= room) return ERR_DAMAGED;
    if (b.len > 0) memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    return ERR_OK;
}

#define ISSUE_COLUMNS                                                                              \
    "id, report, unit, period, number, position, cut_epoch, cut_position, cut_hash, edition, "     \
    "archive, figures, closed_ms, person, issue_pk"

static enum err issues_read(const struct db_stmt *q, struct hub_issue *out)
{
    uint8_t epoch[8] = {0};
    struct hub_issue v = {
        .id = db_column_int(q, 0),
        .number = (uint32_t)db_column_int(q, 4),
        .position = (uint64_t)db_column_int(q, 5),
        .cut = {.position = (uint64_t)db_column_int(q, 7),
                .edition = (uint32_t)db_column_int(q, 9)},
        .closed_ms = db_column_int(q, 12),
    };
    enum err e = issues_text(q, 1, v.report, sizeof v.report);
    if (e == ERR_OK) e = issues_text(q, 2, v.unit, sizeof v.unit);
    if (e == ERR_OK) e = issues_text(q, 3, v.period, sizeof v.period);
    if (e == ERR_OK) e = db_column_copy(q, 6, epoch, sizeof epoch);
    if (e == ERR_OK) e = db_column_copy(q, 8, v.cut.hash.b, sizeof v.cut.hash.b);
    if (e == ERR_OK) e = db_column_copy(q, 10, v.cut.archive.b, sizeof v.cut.archive.b);
    if (e == ERR_OK) e = db_column_copy(q, 11, v.figures.b, sizeof v.figures.b);
    if (e == ERR_OK) e = db_column_copy(q, 13, v.person.b, sizeof v.person.b);
    if (e == ERR_OK) e = db_column_copy(q, 14, v.issue_pk, sizeof v.issue_pk);
    v.cut.epoch = le64_load(epoch);
    if (e == ERR_OK) *out = v;
    return e;
}

enum err hub_issues_find(struct hub_store *s, const char *report, const char *unit,
                         const char *period, uint32_t number, struct hub_issue *out)
{
    enum err e = hub_issues_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT " ISSUE_COLUMNS " FROM sys_issue WHERE report = ?1 AND unit = ?2 "
                       "AND period = ?3 AND (?4 = 0 OR number = ?4) ORDER BY number DESC LIMIT 1");
    db_bind_str(q, 1, report);
    db_bind_str(q, 2, unit);
    db_bind_str(q, 3, period);
    db_bind_int(q, 4, number);
    e = db_get(q);
    if (e == ERR_OK) e = issues_read(q, out);
    db_done(q);
    return e;
}

static enum err issues_each(struct db_stmt *q, hub_issue_fn *row, void *ctx)
{
    enum err e = ERR_OK;
    bool more = true;
    while (e == ERR_OK && more) {
        struct hub_issue issue;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = issues_read(q, &issue);
        if (e == ERR_OK && more) e = row(ctx, &issue);
    }
    db_done(q);
    return e;
}

enum err hub_issues_list(struct hub_store *s, hub_issue_fn *row, void *ctx)
{
    enum err e = hub_issues_ready(s);
    if (e != ERR_OK) return e;
    return issues_each(db_stmt(s->db, "SELECT " ISSUE_COLUMNS " FROM sys_issue ORDER BY id"), row,
                       ctx);
}

enum err hub_issues_newest(struct hub_store *s, hub_issue_fn *row, void *ctx)
{
    enum err e = hub_issues_ready(s);
    if (e != ERR_OK) return e;
    return issues_each(db_stmt(s->db, "SELECT " ISSUE_COLUMNS
                                      " FROM sys_issue i WHERE number = (SELECT max(n.number) FROM "
                                      "sys_issue n WHERE n.report = i.report AND n.unit = i.unit "
                                      "AND n.period = i.period) ORDER BY id"),
                       row, ctx);
}

enum err hub_issues_files(struct hub_store *s, int64_t issue, hub_issue_file_fn *row, void *ctx)
{
    bool more = true;
    enum err e = hub_issues_ready(s);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "SELECT kind, name, hash, minisig, data FROM "
                                       "sys_issue_file WHERE issue = ?1 ORDER BY kind");
    db_bind_int(q, 1, issue);
    while (e == ERR_OK && more) {
        char name[HUB_ISSUE_NAME_ROOM];
        struct hub_issue_file file = {.name = name};
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        int64_t kind = db_column_int(q, 0);
        e = kind >= 0 && kind < HUB_ISSUE_KINDS ? ERR_OK : ERR_DAMAGED;
        file.kind = (enum hub_issue_kind)kind;
        if (e == ERR_OK) e = issues_text(q, 1, name, sizeof name);
        if (e == ERR_OK) e = db_column_copy(q, 2, file.hash, sizeof file.hash);
        file.minisig = db_column_bytes(q, 3);
        file.data = db_column_bytes(q, 4);
        if (e == ERR_OK) e = row(ctx, &file);
    }
    db_done(q);
    return e;
}
