#include "common/catalogue_rules.h"
#include "common/io/store_typed_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { TYPED_SQL_BYTES_MAX = 256 * 1024 };

/* ---- tables ---- */

const char *typed_affinity(enum catalogue_kind kind)
{
    switch (kind) {
    case CATALOGUE_INT:
    case CATALOGUE_MONEY:
    case CATALOGUE_BOOL: return "INTEGER";
    case CATALOGUE_DECIMAL: return "NUMERIC";
    case CATALOGUE_REF: return "BLOB";
    case CATALOGUE_TEXT:
    case CATALOGUE_DATE:
    case CATALOGUE_PDATE:
    case CATALOGUE_CHOICE:
    case CATALOGUE_CHOICES:
    case CATALOGUE_UNIT: return "TEXT";
    }
    return "TEXT";
}

/* Run SQL made out of names that the catalogue has checked ([a-z][a-z0-9_]*). */
static enum err typed_exec(struct db *db, struct buf *sql)
{
    if (sql->e != ERR_OK) return sql->e;
    return db_exec(db, buf_cstr(sql));
}

static enum err typed_has_column(struct db *db, const char *table, const char *column, bool *has)
{
    struct db_stmt *q = db_stmt(db, "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2");
    db_bind_str(q, 1, table);
    db_bind_str(q, 2, column);
    enum err e = db_get(q);
    if (e == ERR_OK) *has = db_column_int(q, 0) > 0;
    db_done(q);
    return e;
}

static enum err typed_column(struct db *db, const struct catalogue_type *type,
                             const struct catalogue_field *f, struct buf *sql)
{
    bool has = false;
    enum err e = typed_has_column(db, type->name, f->name, &has);
    if (e != ERR_OK || has) return e;
    buf_clear(sql);
    buf_printf(sql, "ALTER TABLE \"%s\" ADD COLUMN \"%s\" %s", type->name, f->name,
               typed_affinity(f->kind));
    return typed_exec(db, sql);
}

static enum err typed_create(struct typed *t, const struct catalogue_type *type, struct buf *sql)
{
    buf_clear(sql);
    buf_printf(sql,
               "CREATE TABLE IF NOT EXISTS \"%s\"(id BLOB PRIMARY KEY NOT NULL, unit TEXT NOT NULL",
               type->name);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct catalogue_field *f = &type->fields[i];
        buf_printf(sql, ", \"%s\" %s", f->name, typed_affinity(f->kind));
    }
    buf_add_str(sql, ")");
    enum err e = typed_exec(t->db, sql);
    for (size_t i = 0; e == ERR_OK && i < type->field_count; i++)
        e = typed_column(t->db, type, &type->fields[i], sql);
    return e;
}

static enum err typed_units(struct typed *t)
{
    enum err e = db_exec(t->db, "CREATE TABLE IF NOT EXISTS unit(code TEXT NOT NULL, name TEXT, "
                                "level TEXT, parent TEXT, valid_from TEXT, valid_to TEXT);"
                                "CREATE INDEX IF NOT EXISTS unit_code ON unit(code);"
                                "DELETE FROM unit;");
    size_t count = 0;
    const struct catalogue_unit *units = catalogue_units(t->catalogue, &count);
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        char from[DATE_TEXT_ROOM], to[DATE_TEXT_ROOM];
        catalogue_date_text(units[i].valid_from, from);
        catalogue_date_text(units[i].valid_to, to);
        struct db_stmt *q =
            db_stmt(t->db, "INSERT INTO unit(code, name, level, parent, valid_from, valid_to) "
                           "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
        db_bind_str(q, 1, units[i].code);
        db_bind_str(q, 2, units[i].name_vi);
        db_bind_str(q, 3, units[i].level);
        db_bind_str(q, 4, units[i].parent);
        db_bind_str(q, 5, from);
        db_bind_str(q, 6, to);
        e = db_run(q);
    }
    return e;
}

static enum err typed_scheme_row(struct typed *t, const struct catalogue_scheme *s)
{
    char from[DATE_TEXT_ROOM], to[DATE_TEXT_ROOM];
    catalogue_date_text(s->valid_from, from);
    catalogue_date_text(s->valid_to, to);
    struct db_stmt *q = db_stmt(t->db, "INSERT INTO score_scheme VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_str(q, 1, s->scheme);
    db_bind_str(q, 2, s->version);
    db_bind_int(q, 3, s->most);
    db_bind_str(q, 4, from);
    db_bind_str(q, 5, to);
    return db_run(q);
}

static enum err typed_scheme(struct typed *t, const struct catalogue_scheme *s)
{
    enum err e = typed_scheme_row(t, s);
    for (size_t i = 0; e == ERR_OK && i < s->criterion_count; i++) {
        struct db_stmt *q = db_stmt(t->db, "INSERT INTO score_item VALUES (?1, ?2, ?3, ?4)");
        db_bind_str(q, 1, s->scheme);
        db_bind_str(q, 2, s->version);
        db_bind_str(q, 3, s->criteria[i].code);
        db_bind_int(q, 4, s->criteria[i].most);
        e = db_run(q);
    }
    for (size_t i = 0; e == ERR_OK && i < s->band_count; i++) {
        struct db_stmt *q = db_stmt(t->db, "INSERT INTO score_band VALUES (?1, ?2, ?3, ?4, ?5)");
        db_bind_str(q, 1, s->scheme);
        db_bind_str(q, 2, s->version);
        db_bind_str(q, 3, s->bands[i].name);
        db_bind_int(q, 4, s->bands[i].least);
        db_bind_int(q, 5, s->bands[i].below);
        e = db_run(q);
    }
    return e;
}

/* Score schemes, in parts of a point. */
static enum err typed_schemes(struct typed *t)
{
    enum err e = db_exec(
        t->db,
        "CREATE TABLE IF NOT EXISTS score_scheme(scheme TEXT, version TEXT, most INTEGER, "
        "valid_from TEXT, valid_to TEXT);"
        "CREATE TABLE IF NOT EXISTS score_item(scheme TEXT, version TEXT, code TEXT, most INTEGER);"
        "CREATE TABLE IF NOT EXISTS score_band(scheme TEXT, version TEXT, class TEXT, "
        "least INTEGER, below INTEGER);"
        "DELETE FROM score_scheme; DELETE FROM score_item; DELETE FROM score_band;");
    size_t count = 0;
    const struct catalogue_scheme *v = catalogue_schemes(t->catalogue, &count);
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = typed_scheme(t, &v[i]);
    return e;
}

/* Whether each report that is due is there is asked one by one. The name is none that a type can have. */
static enum err typed_report_index(struct typed *t)
{
    static const char *const fields[] = {"definition", "period"};
    const struct catalogue_type *type = catalogue_type_by_name(t->catalogue, "report");
    if (type == NULL) return ERR_OK;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (catalogue_field_by_name(type, fields[i]) == NULL) return ERR_OK;
    return db_exec(t->db, "CREATE INDEX IF NOT EXISTS \"report/owed\" ON "
                          "report(definition, period, unit)");
}

/* Make the view person_root unless it is this very one: opening must not change the schema. */
static enum err typed_person_view(struct db *db, const char *create)
{
    struct db_stmt *q =
        db_stmt(db, "SELECT sql FROM sqlite_schema WHERE type = 'view' AND name = 'person_root'");
    enum err e = db_get(q);
    bool same = e == ERR_OK && bytes_equal(db_column_bytes(q, 0), bytes_str(create));
    db_done(q);
    if (same || (e != ERR_OK && e != ERR_NOT_FOUND)) return e;
    e = db_exec(db, "DROP VIEW IF EXISTS person_root");
    return e == ERR_OK ? db_exec(db, create) : e;
}

/* Persons whom somebody found to be one get the smallest id among them as root. */
static enum err typed_person_root(struct typed *t)
{
    const struct catalogue_type *link = catalogue_type_by_name(t->catalogue, "person_link");
    bool usable = link != NULL && catalogue_field_by_name(link, "person_a") != NULL &&
                  catalogue_field_by_name(link, "person_b") != NULL &&
                  catalogue_field_by_name(link, "decision") != NULL;
    if (!usable) {
        return typed_person_view(t->db, "CREATE VIEW person_root(person, root) AS "
                                        "SELECT NULL, NULL WHERE 0");
    }
    return typed_person_view(
        t->db, "CREATE VIEW person_root(person, root) AS "
               "WITH RECURSIVE person_edge(a, b) AS ("
               "  SELECT person_a, person_b FROM person_link WHERE decision = 'same' "
               "    AND person_a IS NOT NULL AND person_b IS NOT NULL "
               "  UNION SELECT person_b, person_a FROM person_link WHERE decision = 'same' "
               "    AND person_a IS NOT NULL AND person_b IS NOT NULL), "
               "person_reach(a, b) AS ("
               "  SELECT a, b FROM person_edge "
               "  UNION SELECT r.a, e.b FROM person_reach r JOIN person_edge e ON e.a = r.b) "
               "SELECT a, min(b) FROM person_reach GROUP BY a");
}

/* ---- statements of one table ---- */

char *typed_copy(struct buf *sql)
{
    const char *text = buf_cstr(sql);
    if (sql->e != ERR_OK) return NULL;
    char *copy = malloc(sql->len + 1);
    if (copy != NULL) memcpy(copy, text, sql->len + 1);
    return copy;
}

static char *typed_put_text(const struct catalogue_type *type, struct buf *sql)
{
    buf_clear(sql);
    buf_printf(sql, "INSERT OR REPLACE INTO \"%s\"(id, unit", type->name);
    for (size_t i = 0; i < type->field_count; i++)
        buf_printf(sql, ", \"%s\"", type->fields[i].name);
    buf_add_str(sql, ") VALUES (?1, ?2");
    for (size_t i = 0; i < type->field_count; i++)
        buf_printf(sql, ", ?%u", (unsigned)i + 3);
    buf_add_str(sql, ")");
    return typed_copy(sql);
}

static enum err typed_prepare(struct typed *t, struct typed_table *table, struct buf *sql)
{
    table->put_sql = typed_put_text(table->type, sql);
    buf_clear(sql);
    buf_printf(sql, "DELETE FROM \"%s\" WHERE id = ?1", table->type->name);
    table->remove_sql = typed_copy(sql);
    table->check_sql = typed_check_text(table->type, sql);
    if (sql->e != ERR_OK) return sql->e;
    if (table->put_sql == NULL || table->remove_sql == NULL) return ERR_NOMEM;
    enum err e = db_prepare(t->db, table->put_sql, &table->put);
    if (e == ERR_OK) e = db_prepare(t->db, table->remove_sql, &table->remove);
    return e;
}

/* ---- opening ---- */

/* SQLite makes what stands behind json_each once a connection, when it is first named, by statements
 * that the guard refuses: name it here, unguarded. */
static enum err typed_sets(struct typed *t)
{
    return db_exec(t->db, "SELECT value FROM json_each('[]')");
}

static enum err typed_new(struct db *db, const struct catalogue *c, struct typed **out)
{
    size_t count = 0;
    const struct catalogue_type *types = catalogue_types(c, &count);
    struct typed *t = calloc(1, sizeof *t);
    if (t == NULL) return ERR_NOMEM;
    *t = (struct typed){.db = db, .catalogue = c};
    t->tables = calloc(count ? count : 1, sizeof *t->tables);
    if (t->tables == NULL) {
        free(t);
        return ERR_NOMEM;
    }
    t->count = count;
    for (size_t i = 0; i < count; i++)
        t->tables[i].type = &types[i];
    *out = t;
    return ERR_OK;
}

enum err typed_open_read(struct db *db, const struct catalogue *c, struct typed **out)
{
    struct typed *t = NULL;
    enum err e = typed_new(db, c, &t);
    if (e == ERR_OK) e = typed_sets(t);
    if (e == ERR_OK)
        *out = t;
    else
        typed_close(t);
    return e;
}

enum err typed_open(struct db *db, const struct catalogue *c, struct catalogue_mistakes *why,
                    struct typed **out)
{
    assert(db_in_transaction(db));
    struct buf sql;
    struct typed *t = NULL;
    buf_init(&sql, TYPED_SQL_BYTES_MAX);
    enum err e = typed_new(db, c, &t);
    if (e != ERR_OK) goto out;
    t->why = why;
    e = typed_units(t);
    if (e == ERR_OK) e = typed_schemes(t);
    for (size_t i = 0; e == ERR_OK && i < t->count; i++)
        e = typed_create(t, t->tables[i].type, &sql);
    if (e == ERR_OK) e = typed_report_index(t);
    if (e == ERR_OK) e = typed_person_root(t);
    if (e == ERR_OK) e = typed_sets(t);
    for (size_t i = 0; e == ERR_OK && i < t->count; i++)
        e = typed_prepare(t, &t->tables[i], &sql);
    if (e == ERR_OK) e = typed_check_all(t, &sql);
    if (e != ERR_OK) goto out;
    t->why = NULL;
    *out = t;
    t = NULL;
out:
    buf_free(&sql);
    typed_close(t);
    return e;
}

void typed_close(struct typed *t)
{
    if (t == NULL) return;
    for (size_t i = 0; i < t->count; i++) {
        struct typed_table *table = &t->tables[i];
        db_stmt_free(table->put);
        db_stmt_free(table->remove);
        free(table->put_sql);
        free(table->remove_sql);
        free(table->check_sql);
    }
    free(t->tables);
    free(t);
}

/* ---- rows ---- */

struct typed_table *typed_find(const struct typed *t, const struct catalogue_type *type)
{
    size_t low = 0, high = t->count;
    while (low < high) { /* the catalogue sorts types by number */
        size_t mid = low + (high - low) / 2;
        if (t->tables[mid].type->no == type->no) return &t->tables[mid];
        if (t->tables[mid].type->no < type->no) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}

void typed_bind(struct db_stmt *q, int i, const struct typed_value *v)
{
    switch (v->kind) {
    case TYPED_NULL: db_bind_null(q, i); break;
    case TYPED_INT: db_bind_int(q, i, v->number); break;
    case TYPED_TEXT: db_bind_text(q, i, v->bytes); break;
    case TYPED_BLOB: db_bind_blob(q, i, v->bytes); break;
    }
}

enum err typed_put(struct typed *t, const struct catalogue_type *type, const struct id_record *rid,
                   const char *unit, const struct typed_value *values, size_t count)
{
    struct typed_table *table = typed_find(t, type);
    assert(table != NULL && count == table->type->field_count);
    struct db_stmt *q = table->put;
    db_done(q);
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    db_bind_str(q, 2, unit);
    for (size_t i = 0; i < count; i++)
        typed_bind(q, (int)i + 3, &values[i]);
    return db_run(q);
}

enum err typed_remove(struct typed *t, const struct catalogue_type *type,
                      const struct id_record *rid)
{
    struct typed_table *table = typed_find(t, type);
    assert(table != NULL);
    db_done(table->remove);
    db_bind_blob(table->remove, 1, BYTES_OF(rid->b));
    return db_run(table->remove);
}

bool typed_table_allowed(const struct typed *t, const char *table)
{
    static const char *const own[] = {
        "unit",       "person_root", "score_scheme",
        "score_item", "score_band",  "json_each"}; /* the last: elements of a set, no table */
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (strcmp(table, own[i]) == 0) return true;
    }
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->tables[i].type->name, table) == 0) return true;
    }
    return false;
}

bool typed_column_allowed(const struct typed *t, const char *table, const char *column)
{
    if (!typed_table_allowed(t, table)) return false;
    const struct catalogue_type *type = catalogue_type_by_name(t->catalogue, table);
    const struct catalogue_field *f =
        type != NULL && column[0] != '\0' ? catalogue_field_by_name(type, column) : NULL;
    return f == NULL || f->kind != CATALOGUE_TEXT || f->sensitivity < TYPED_CLASS_UNREAD;
}

static enum err typed_forget_in(struct db *db, struct bytes table, const struct id_record *rid)
{
    struct buf sql;
    struct db_stmt *q = NULL;
    buf_init(&sql, TYPED_SQL_BYTES_MAX);
    buf_add_str(&sql, "DELETE FROM \"");
    buf_add_bytes(&sql, table);
    buf_add_str(&sql, "\" WHERE id = ?1");
    enum err e = sql.e == ERR_OK ? db_prepare(db, buf_cstr(&sql), &q) : sql.e;
    if (e == ERR_OK) {
        db_bind_blob(q, 1, BYTES_OF(rid->b));
        e = db_run(q);
        db_stmt_free(q);
    }
    buf_free(&sql);
    return e;
}

enum err typed_forget(struct db *db, const struct id_record *rid)
{
    /* Names of types are [a-z][a-z0-9_]* and none begins with the engine's prefixes. */
    struct db_stmt *q =
        db_stmt(db, "SELECT s.name FROM sqlite_schema s WHERE s.type = 'table' AND s.name NOT LIKE "
                    "'sys!_%' ESCAPE '!' AND s.name NOT LIKE 'desk!_%' ESCAPE '!' AND s.name NOT "
                    "LIKE 'sqlite!_%' ESCAPE '!' AND EXISTS (SELECT 1 FROM "
                    "pragma_table_info(s.name) c WHERE c.name = 'id') ORDER BY s.name");
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e == ERR_OK && row) e = typed_forget_in(db, db_column_bytes(q, 0), rid);
    }
    db_done(q);
    return e;
}
