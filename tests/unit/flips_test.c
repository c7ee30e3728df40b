/*
 * How much damage does verify locate? Single bits of the content of a node's and a hub's database are
 * flipped, and single cells changed by SQL, one at a time, from a seed that is printed.
 *
 *   flips_test [FLIPS [CELLS [SEED]]]   of each side; by default a small campaign
 *
 * Content: whatever any table or the schema says when it is read. Flips that change nothing of it
 * (free pages, unused bytes of a page, bytes of an index) are not counted.
 */
#include "tests/lib/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/io/db.h"
#include "hub/store_repair.h"
#include "hub/verify.h"
#include "node/maintain.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { TABLES_MAX = 200, COLUMNS_MAX = 40, HEADER_BYTES = 100 };

static unsigned flips_wanted = 60, cells_wanted = 60;
static uint64_t seed = 35;

/* ---- two databases with some of everything ---- */

static void fill(struct pair *w, struct pair_copy *node, struct pair_copy *hub)
{
    struct id_record rid;
    char text[200];
    struct hub_store_options ho = {.path = w->hub.path, .seal = true};
    pair_hub_off(w);
    OK(hub_store_open(&ho, &w->hub.store));
    pair_hub_engine(w);
    pair_publish(w, 1);
    for (unsigned k = 0; k < 2; k++) {
        struct pair_node *n = &w->nodes[k];
        struct node_store_options no = {.path = n->path, .seal = true};
        pair_node_off(n);
        OK(node_store_open(&no, &n->store));
        pair_node_engine(n);
        pair_join(n);
        OK(pair_settle(n));
    }
    for (unsigned i = 0; i < 24; i++) {
        snprintf(text, sizeof text, "Người số %u, thôn %u, ghi chú dài để có chỗ mà hỏng", i,
                 i * 7);
        pair_save(&w->nodes[i % 3 == 0], CHANGE_CREATE, &rid, text, bytes_make(NULL, 0));
        if (i % 4 == 1) { /* two who did not see each other: a conflict */
            pair_save(&w->nodes[0], CHANGE_EDIT, &rid, "một giá trị khác", bytes_make(NULL, 0));
        }
        if (i % 8 == 5) OK(pair_settle(&w->nodes[0]));
    }
    OK(pair_settle(&w->nodes[1]));
    OK(pair_settle(&w->nodes[0]));
    pair_save(&w->nodes[0], CHANGE_CREATE, &rid, "còn chờ gửi", bytes_make(NULL, 0));
    OK(hub_store_project(w->hub.store));
    pair_node_copy(&w->nodes[0], node);
    pair_hub_copy(w, hub);
}

/* ---- what a database says ---- */

struct tables {
    char names[TABLES_MAX][64];
    size_t count;
};

static enum err tables_of(struct db *db, struct tables *out)
{
    struct db_stmt *q = NULL;
    bool row = false;
    out->count = 0;
    enum err e = db_prepare(db,
                            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT "
                            "NULL AND name NOT LIKE 'sqlite_%' ORDER BY name",
                            &q);
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row && out->count < TABLES_MAX) {
        struct bytes b = db_column_bytes(q, 0);
        snprintf(out->names[out->count++], 64, "%.*s", (int)b.len, (const char *)b.p);
        e = db_step(q, &row);
    }
    db_stmt_free(q);
    return e;
}

static enum err digest_query(struct db *db, const char *sql, crypto_generichash_state *h)
{
    struct db_stmt *q = NULL;
    bool row = false;
    enum err e = db_prepare(db, sql, &q);
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        for (int i = 0; i < db_column_count(q); i++) {
            uint8_t kind = (uint8_t)db_column_kind(q, i);
            struct bytes b = db_column_bytes(q, i); /* numbers as text */
            crypto_generichash_update(h, &kind, 1);
            crypto_generichash_update(h, (const uint8_t *)&b.len, sizeof b.len);
            if (b.len > 0) crypto_generichash_update(h, b.p, b.len);
        }
        e = db_step(q, &row);
    }
    db_stmt_free(q);
    return e;
}

/* false: it cannot even be read. */
static bool digest_of(const char *path, const struct tables *tables, uint8_t out[static 32])
{
    struct db *db = NULL;
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, 32);
    enum err e = db_open(path, NULL, DB_EXCLUSIVE, &db);
    if (e == ERR_OK)
        e = digest_query(db, "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name",
                         &h);
    for (size_t i = 0; e == ERR_OK && i < tables->count; i++) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT * FROM \"%s\"", tables->names[i]);
        e = digest_query(db, sql, &h);
    }
    db_close(db);
    crypto_generichash_final(&h, out, 32);
    return e == ERR_OK;
}

/* ---- looking ---- */

struct seen {
    unsigned sets, records, tables, whole; /* findings by what they name */
    const char *table;
};

static enum err node_seen(void *ctx, const struct node_finding *f)
{
    static const struct id_record none;
    struct seen *s = ctx;
    if (f->kind == NODE_FINDING_SEAL) {
        s->tables++;
    } else if (f->kind == NODE_FINDING_FILE || f->kind == NODE_FINDING_SCOPE) {
        s->whole++;
    } else if (!ID_EQUAL(&f->rid, &none)) {
        s->records++;
    } else {
        s->sets++;
    }
    return ERR_OK;
}

static enum err hub_seen(void *ctx, const struct hub_finding *f)
{
    struct seen *s = ctx;
    if (f->kind == HUB_FINDING_SEAL || f->kind == HUB_FINDING_TABLE) {
        s->tables++;
    } else if (f->kind == HUB_FINDING_FILE || f->kind == HUB_FINDING_REPLAY) {
        s->whole++;
    } else if (f->kind == HUB_FINDING_STATE) {
        s->records++;
    } else {
        s->sets++;
    }
    return ERR_OK;
}

/* Is it found, by a finding or because it does not open? */
static bool node_finds(const char *path, struct seen *seen)
{
    struct node_store *s = NULL;
    struct node_verified v;
    enum err e = node_store_open(&(struct node_store_options){.path = path}, &s);
    if (e != ERR_OK) seen->whole++;
    if (e == ERR_OK) e = node_store_verify(s, node_seen, seen, &v);
    node_store_close(s);
    return e != ERR_OK;
}

static bool hub_finds(const char *path, struct seen *seen)
{
    struct hub_store *s = NULL;
    struct hub_verified_log v;
    enum err e = hub_store_open(&(struct hub_store_options){.path = path}, &s);
    if (e != ERR_OK) seen->whole++;
    if (e == ERR_OK) e = hub_verify_log(s, hub_seen, seen, &v);
    hub_store_close(s);
    return e != ERR_OK;
}

/* ---- campaigns ---- */

struct side {
    const char *name;
    const char *path;
    const struct buf *good;
    struct tables tables;
    bool (*finds)(const char *path, struct seen *seen);
};

struct score {
    unsigned tried, changed, found;
    unsigned set, record, table, whole; /* the best that a finding names */
};

static void score_add(struct score *sc, const struct seen *seen, bool found)
{
    sc->changed++;
    sc->found += found;
    if (!found) return;
    if (seen->records > 0) {
        sc->record++;
    } else if (seen->sets > 0) {
        sc->set++;
    } else if (seen->tables > 0) {
        sc->table++;
    } else {
        sc->whole++;
    }
}

static void score_tell(const char *side, const char *what, const struct score *s)
{
    printf("%s, %s: %u tried, %u changed content, %u located (%.2f %%): named a change set %u, a "
           "record "
           "%u, a table %u, the file %u\n",
           side, what, s->tried, s->changed, s->found,
           s->changed > 0 ? 100.0 * s->found / s->changed : 100.0, s->set, s->record, s->table,
           s->whole);
}

/* How many were missed. */
static unsigned flips(struct rng *rng, const struct side *s, unsigned wanted)
{
    uint8_t whole[32], now[32];
    struct score sc = {0};
    struct buf bad;
    buf_init(&bad, 1u << 28);
    pair_file_put(s->path, s->good);
    assert_true(digest_of(s->path, &s->tables, whole));
    while (sc.changed < wanted && sc.tried < 100 * wanted) {
        struct seen seen = {0};
        buf_clear(&bad);
        buf_add(&bad, s->good->p, s->good->len);
        OK(bad.e);
        size_t at = HEADER_BYTES + rng_u64(rng) % (s->good->len - HEADER_BYTES);
        bad.p[at] ^= (uint8_t)(1u << rng_below(rng, 8));
        pair_file_put(s->path, &bad);
        sc.tried++;
        if (digest_of(s->path, &s->tables, now) && memcmp(whole, now, 32) == 0) continue;
        bool found = s->finds(s->path, &seen);
        if (!found) printf("  %s: missed the flip at byte %zu\n", s->name, at);
        score_add(&sc, &seen, found);
    }
    pair_unlink(s->path);
    buf_free(&bad);
    score_tell(s->name, "bit flips", &sc);
    assert_int_equal(sc.changed, wanted);
    return sc.changed - sc.found;
}

/* One cell of one row, changed by another program's UPDATE. false: the schema forbids this one. */
static bool cell_edit(struct rng *rng, const struct side *s, char what[static 160])
{
    struct db *db = NULL;
    struct db_stmt *q = NULL, *u = NULL;
    struct buf sql;
    bool row = false, done = false;
    const char *table = s->tables.names[rng_below(rng, (unsigned)s->tables.count)];
    char select[160];
    buf_init(&sql, 16384);
    OK(db_open(s->path, NULL, DB_EXCLUSIVE, &db));
    snprintf(select, sizeof select, "SELECT * FROM \"%s\" ORDER BY random() LIMIT 1", table);
    OK(db_prepare(db, select, &q));
    OK(db_step(q, &row));
    int columns = db_column_count(q);
    assert_true(columns <= COLUMNS_MAX);
    if (row) {
        int c = (int)rng_below(rng, (unsigned)columns);
        enum db_kind kind = db_column_kind(q, c);
        snprintf(what, 160, "%s.%s", table, db_column_name(q, c));
        const char *change = kind == DB_INT    ? "%s + 1"
                             : kind == DB_NULL ? "coalesce(%s, 'x')"
                             : kind == DB_TEXT ? "%s || 'x'"
                                               : "CAST(%s || x'00' AS BLOB)";
        char name[80], expr[160];
        snprintf(name, sizeof name, "\"%.70s\"", db_column_name(q, c));
        const char *at = strstr(change, "%s");
        snprintf(expr, sizeof expr, "%.*s%s%s", (int)(at - change), change, name, at + 2);
        buf_printf(&sql, "UPDATE \"%s\" SET %s = %s WHERE 1", table, name, expr);
        for (int i = 0; i < columns; i++)
            buf_printf(&sql, " AND \"%s\" IS ?%d", db_column_name(q, i), i + 1);
        OK(db_prepare(db, buf_cstr(&sql), &u));
        for (int i = 0; i < columns; i++) {
            enum db_kind k = db_column_kind(q, i);
            if (k == DB_INT) db_bind_int(u, i + 1, db_column_int(q, i));
            if (k == DB_DOUBLE) db_bind_double(u, i + 1, db_column_double(q, i));
            if (k == DB_TEXT) db_bind_text(u, i + 1, db_column_bytes(q, i));
            if (k == DB_BLOB) db_bind_blob(u, i + 1, db_column_bytes(q, i));
        }
        done = db_run(u) == ERR_OK && db_changes(db) == 1;
    }
    db_stmt_free(u);
    db_stmt_free(q);
    db_close(db);
    buf_free(&sql);
    return done;
}

static unsigned cells(struct rng *rng, const struct side *s, unsigned wanted)
{
    uint8_t whole[32], now[32];
    struct score sc = {0};
    pair_file_put(s->path, s->good);
    assert_true(digest_of(s->path, &s->tables, whole));
    while (sc.changed < wanted && sc.tried < 100 * wanted) {
        struct seen seen = {0};
        char what[160] = "";
        pair_file_put(s->path, s->good);
        sc.tried++;
        if (!cell_edit(rng, s, what)) continue;
        if (digest_of(s->path, &s->tables, now) && memcmp(whole, now, 32) == 0) continue;
        bool found = s->finds(s->path, &seen);
        if (!found) printf("  %s: missed a change of %s\n", s->name, what);
        score_add(&sc, &seen, found);
    }
    pair_unlink(s->path);
    score_tell(s->name, "single cells", &sc);
    assert_int_equal(sc.changed, wanted);
    return sc.changed - sc.found;
}

/* What SQLite does not miss when it is gone: the text of a view that opening would make anew, the name
 * of the very table of the seals. Every fifth byte of each. */
static unsigned schema_texts(const struct side *s)
{
    static const char *const texts[] = {"CREATE TABLE sys_seal(", "CREATE VIEW person_root("};
    unsigned missed = 0;
    struct buf bad;
    buf_init(&bad, 1u << 28);
    for (size_t t = 0; t < 2; t++) {
        size_t len = strlen(texts[t]), at = 0;
        while (at + len < s->good->len && memcmp(s->good->p + at, texts[t], len) != 0)
            at++;
        assert_true(at + len < s->good->len);
        for (size_t i = at; i < at + len; i += 5) {
            struct seen seen = {0};
            buf_clear(&bad);
            buf_add(&bad, s->good->p, s->good->len);
            OK(bad.e);
            bad.p[i] ^= 1u;
            pair_file_put(s->path, &bad);
            bool found = s->finds(s->path, &seen);
            if (!found) printf("  %s: missed the flip at byte %zu of %s\n", s->name, i, texts[t]);
            missed += !found;
        }
    }
    pair_unlink(s->path);
    buf_free(&bad);
    return missed;
}

/* A bit of a row's header turns a text into a blob of the same bytes: so do these. */
static unsigned seal_kinds(const struct side *s)
{
    static const char *const harm[] = {
        "UPDATE sys_seal SET columns = CAST(columns AS BLOB) WHERE name = 'sys_record'",
        "UPDATE sys_seal SET columns = CAST(columns AS BLOB) WHERE name = 'sqlite_schema'",
        "UPDATE sys_seal SET name = CAST(name AS BLOB) WHERE name = 'sys_record'",
        "UPDATE sys_seal SET name = CAST(name AS BLOB) WHERE name = 'sqlite_schema'",
    };
    unsigned missed = 0;
    for (size_t i = 0; i < sizeof harm / sizeof harm[0]; i++) {
        struct seen seen = {0};
        struct db *db = NULL;
        pair_file_put(s->path, s->good);
        OK(db_open(s->path, NULL, DB_EXCLUSIVE, &db));
        OK(db_exec(db, harm[i]));
        db_close(db);
        bool found = s->finds(s->path, &seen);
        if (!found) printf("  %s: missed: %s\n", s->name, harm[i]);
        missed += !found;
    }
    pair_unlink(s->path);
    return missed;
}

static void verify_locates_all_damage(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy node = {{0}}, hub = {{0}};
    char paths[2][64];
    unsigned missed = 0;
    printf("seed %llu\n", (unsigned long long)seed);
    pair_random_state.s = seed * 7919;
    pair_open(&w, seed);
    fill(&w, &node, &hub);
    snprintf(paths[0], sizeof paths[0], "flips-%d-node.db", (int)getpid());
    snprintf(paths[1], sizeof paths[1], "flips-%d-hub.db", (int)getpid());
    struct side sides[] = {{"node", paths[0], &node.bytes, {{{0}}, 0}, node_finds},
                           {"hub", paths[1], &hub.bytes, {{{0}}, 0}, hub_finds}};
    for (size_t i = 0; i < 2; i++) {
        struct db *db = NULL;
        struct seen none = {0};
        pair_file_put(sides[i].path, sides[i].good);
        OK(db_open(sides[i].path, NULL, DB_EXCLUSIVE, &db));
        OK(tables_of(db, &sides[i].tables));
        db_close(db);
        assert_false(sides[i].finds(sides[i].path, &none)); /* nothing is wrong with it yet */
        printf("%s: %zu bytes, %zu tables\n", sides[i].name, sides[i].good->len,
               sides[i].tables.count);
        missed += schema_texts(&sides[i]);
        missed += seal_kinds(&sides[i]);
        missed += flips(&w.rng, &sides[i], flips_wanted);
        missed += cells(&w.rng, &sides[i], cells_wanted);
    }
    buf_free(&node.bytes);
    buf_free(&hub.bytes);
    pair_close(&w);
    assert_int_equal(missed, 0); /* both sides ran to their end */
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(verify_locates_all_damage)};
    if (argc > 1) flips_wanted = (unsigned)strtoul(argv[1], NULL, 10);
    if (argc > 2) cells_wanted = (unsigned)strtoul(argv[2], NULL, 10);
    if (argc > 3) seed = strtoull(argv[3], NULL, 10);
    if (randombytes_set_implementation(&pair_random) != 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
