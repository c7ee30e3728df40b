/* Every indicator of the shipped catalogue against records counted by hand (tests/vectors/indicators). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/buf.h"
#include "common/catalogue.h"
#include "tests/lib/catalogue_load.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXT_ROOM = 1 << 18, SQL_BYTES_MAX = 1 << 20, CELLS = 7, INDICATORS_MAX = 256 };

struct world {
    struct catalogue *c;
    sqlite3 *db;
    const char *owed; /* owed.json: what a hub knows of the reports that are due */
};

static void run(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) fail_msg("%s\n%s", message, sql);
}

static const char *column_type(enum catalogue_kind kind)
{
    if (kind == CATALOGUE_REF) return "BLOB";
    bool number = kind == CATALOGUE_INT || kind == CATALOGUE_MONEY || kind == CATALOGUE_BOOL;
    return number ? "INTEGER" : "TEXT";
}

/* The typed tables as docs/catalogue.md promises them to an indicator. */
static void tables_make(const struct world *w)
{
    size_t n;
    const struct catalogue_type *t = catalogue_types(w->c, &n);
    for (size_t i = 0; i < n; i++) {
        struct buf sql;
        buf_init(&sql, SQL_BYTES_MAX);
        buf_printf(&sql, "CREATE TABLE %s (id BLOB PRIMARY KEY, unit TEXT", t[i].name);
        for (size_t j = 0; j < t[i].field_count; j++)
            buf_printf(&sql, ", %s %s", t[i].fields[j].name, column_type(t[i].fields[j].kind));
        buf_add_str(&sql, ")");
        run(w->db, buf_cstr(&sql));
        buf_free(&sql);
    }
    run(w->db, "CREATE TABLE score_scheme (scheme, version, most, valid_from, valid_to);"
               "CREATE TABLE score_item (scheme, version, code, most);"
               "CREATE TABLE score_band (scheme, version, class, least, below);");
    run(w->db, "CREATE TABLE unit (code, name, level, parent, valid_from, valid_to);"
               "CREATE TABLE link (person BLOB, root BLOB);"
               "CREATE VIEW person_root AS SELECT p.id AS person, coalesce(l.root, p.id) AS root "
               "FROM person p LEFT JOIN link l ON l.person = p.id");
}

/* The units with their days, as docs/catalogue.md promises them. */
static void units_fill(const struct world *w)
{
    size_t n;
    const struct catalogue_unit *u = catalogue_units(w->c, &n);
    for (size_t i = 0; i < n; i++) {
        char from[DATE_TEXT_ROOM];
        char to[DATE_TEXT_ROOM];
        char sql[512];
        catalogue_date_text(u[i].valid_from, from);
        catalogue_date_text(u[i].valid_to, to);
        snprintf(sql, sizeof sql, "INSERT INTO unit VALUES ('%s', '%s', '%s', '%s', '%s', '%s')",
                 u[i].code, u[i].name_vi, u[i].level, u[i].parent, from, to);
        run(w->db, sql);
    }
}

static void read_text(const char *name, char *out)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/tests/vectors/indicators/%s", DONGBO_SOURCE_DIR, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, TEXT_ROOM - 1, f);
    assert_true(n > 0 && n < TEXT_ROOM - 1);
    out[n] = '\0';
    fclose(f);
}

static int world_make(void **state)
{
    static struct world w;
    static char text[TEXT_ROOM], owed[TEXT_ROOM];
    read_text("owed.json", owed);
    w.owed = owed;
    w.c = catalogue_load_parsed("catalogue");
    assert_int_equal(sqlite3_open(":memory:", &w.db), SQLITE_OK);
    tables_make(&w);
    units_fill(&w);
    read_text("records.sql", text);
    run(w.db, text);
    *state = &w;
    return 0;
}

static int world_free(void **state)
{
    struct world *w = *state;
    catalogue_free(w->c);
    return sqlite3_close(w->db);
}

static void bind(const struct world *w, sqlite3_stmt *st, struct period_window win)
{
    for (int i = 1; i <= sqlite3_bind_parameter_count(st); i++) {
        const char *name = sqlite3_bind_parameter_name(st, i);
        char day[DATE_TEXT_ROOM] = "";
        const char *value = day;
        assert_non_null(name);
        if (strcmp(name, ":t0") == 0)
            date_print(win.first, day);
        else if (strcmp(name, ":t1") == 0)
            date_print(win.last, day);
        else if (strcmp(name, ":owed") == 0)
            value = w->owed;
        else
            value = strncmp(name, ":p_", 3) == 0 ? catalogue_param(w->c, name + 3, win.last) : NULL;
        if (value == NULL) fail_msg("parameter %s is not known", name);
        assert_int_equal(sqlite3_bind_text(st, i, value, -1, SQLITE_TRANSIENT), SQLITE_OK);
    }
}

static struct period_window window_of(const char *label)
{
    struct period p;
    struct period_window win;
    assert_int_equal(period_parse(bytes_str(label), &p), ERR_OK);
    assert_int_equal(period_window(p, (struct period_rule){1}, &win), ERR_OK);
    return win;
}

/* "by2=male" asks for the second breakdown, "leader" for the first, "" for all. */
static void where_by(struct buf *sql, const char *by)
{
    if (by[0] == '\0') return;
    bool named = strncmp(by, "by", 2) == 0 && by[2] != '\0' && by[3] == '=';
    buf_printf(sql, " AND by%c = '%s'", named ? by[2] : '1', named ? by + 4 : by);
}

static const char *select_of(enum catalogue_measure measure, const char *which)
{
    bool num = strcmp(which, "num") == 0;
    switch (measure) {
    case CATALOGUE_COUNT:
    case CATALOGUE_RATIO:
        return num ? "SELECT count(DISTINCT CASE WHEN num = 1 THEN subject END) FROM (SELECT *"
                   : "SELECT count(DISTINCT CASE WHEN den = 1 THEN subject END) FROM (SELECT *";
    case CATALOGUE_SUM: return "SELECT coalesce(sum(num), 0) FROM (SELECT *";
    case CATALOGUE_RATIO_SUM:
        return num ? "SELECT coalesce(sum(n), 0) FROM (SELECT max(num) AS n"
                   : "SELECT coalesce(sum(n), 0) FROM (SELECT max(den) AS n";
    }
    return "";
}

/* Number of the indicator: `which` "num" or "den", of one unit and breakdown value unless "". */
static long long figure(const struct world *w, const struct catalogue_indicator *in,
                        const char *period, const char *unit, const char *by, const char *which)
{
    struct buf sql;
    buf_init(&sql, SQL_BYTES_MAX);
    buf_printf(&sql, "%s FROM (%s) WHERE 1", select_of(in->measure, which), in->sql);
    if (unit[0] != '\0') buf_printf(&sql, " AND unit = '%s'", unit);
    where_by(&sql, by);
    buf_add_str(&sql, in->measure == CATALOGUE_RATIO_SUM ? " GROUP BY subject)" : ")");
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(w->db, buf_cstr(&sql), -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s: %s", in->id, sqlite3_errmsg(w->db));
    bind(w, st, window_of(period));
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    long long n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    buf_free(&sql);
    return n;
}

static bool has_den(const struct catalogue_indicator *in)
{
    return in->measure == CATALOGUE_RATIO || in->measure == CATALOGUE_RATIO_SUM;
}

/* Cut a line at its commas; the cells are C strings in it. */
static void split(char *line, char *cells[CELLS])
{
    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < CELLS; i++) {
        cells[i] = line;
        line += strcspn(line, ",");
        if (*line == ',') *line++ = '\0';
    }
}

/* The list of the i-th breakdown of an indicator, in `out`; false when there is none. */
static bool by_name(const char *by, int i, char out[64])
{
    for (; i > 0; i--) {
        by = strchr(by, '|');
        if (by == NULL) return false;
        by++;
    }
    size_t n = strcspn(by, "|");
    assert_true(n < 64);
    memcpy(out, by, n);
    out[n] = '\0';
    return n > 0;
}

/* Which breakdown a cell asks for, as where_by() reads it: 1 to 3; 0 none. */
static int which_by(const char *by)
{
    if (by[0] == '\0') return 0;
    bool named = strncmp(by, "by", 2) == 0 && by[2] != '\0' && by[3] == '=';
    return named ? by[2] - '0' : 1;
}

static void figures_are_as_counted_by_hand(void **state)
{
    const struct world *w = *state;
    static char text[TEXT_ROOM];
    static bool seen[INDICATORS_MAX][4]; /* as a whole, by its first, second, third breakdown */
    size_t wrong = 0;
    read_text("expected.csv", text);
    size_t count;
    const struct catalogue_indicator *all = catalogue_indicators(w->c, &count);
    assert_true(count <= INDICATORS_MAX);
    char *next = strchr(text, '\n');
    for (char *line = next + 1; *line != '\0'; line = next + 1) {
        char *x[CELLS];
        next = strchr(line, '\n');
        assert_non_null(next);
        split(line, x);
        const struct catalogue_indicator *in = catalogue_indicator(w->c, x[0]);
        assert_non_null(in);
        assert_in_range(which_by(x[3]), 0, 3);
        seen[in - all][which_by(x[3])] = true;
        seen[in - all][0] = true;
        assert_true(has_den(in) == (x[5][0] != '\0'));
        long long num = figure(w, in, x[1], x[2], x[3], "num");
        long long den = x[5][0] == '\0' ? 0 : figure(w, in, x[1], x[2], x[3], "den");
        if (num == strtoll(x[4], NULL, 10) && (x[5][0] == '\0' || den == strtoll(x[5], NULL, 10)))
            continue;
        print_error("%s %s unit “%s” by “%s”: got %lld/%lld, counted %s/%s: %s\n", x[0], x[1], x[2],
                    x[3], num, den, x[4], x[5], x[6]);
        wrong++;
    }
    assert_int_equal(wrong, 0);
    char list[64];
    for (size_t i = 0; i < count; i++) {
        if (!seen[i][0]) fail_msg("%s is in no line of expected.csv", all[i].id);
        for (int k = 0; by_name(all[i].by, k, list); k++)
            if (!seen[i][k + 1]) fail_msg("%s by %s is in no line", all[i].id, list);
    }
}

/* One row of an indicator keeps the contract. */
static void row_check(const struct world *w, const struct catalogue_indicator *in, sqlite3_stmt *st)
{
    char list[64];
    assert_int_equal(sqlite3_column_type(st, 0), SQLITE_TEXT);
    assert_int_not_equal(sqlite3_column_type(st, 1), SQLITE_NULL);
    assert_int_not_equal(sqlite3_column_type(st, 2), SQLITE_NULL);
    long long num = sqlite3_column_int64(st, 3);
    assert_int_equal(sqlite3_column_type(st, 3), SQLITE_INTEGER);
    if (in->measure == CATALOGUE_COUNT || in->measure == CATALOGUE_RATIO)
        assert_true(num == 0 || num == 1);
    assert_int_equal(sqlite3_column_type(st, 4), has_den(in) ? SQLITE_INTEGER : SQLITE_NULL);
    if (in->measure == CATALOGUE_RATIO) assert_true(sqlite3_column_int64(st, 4) == 1);
    for (int i = 0; by_name(in->by, i, list); i++) {
        const char *value = (const char *)sqlite3_column_text(st, 5 + i);
        assert_non_null(value);
        if (value[0] != '\0' && !catalogue_choice_known(w->c, list, value))
            fail_msg("%s: by%d = “%s” is not in the list %s", in->id, i + 1, value, list);
    }
}

static void sql_keeps_the_contract(void **state)
{
    const struct world *w = *state;
    static const char *const windows[] = {"2023-6M", "2018", "2017"};
    static const char *const names[] = {"unit", "subject", "record", "num",
                                        "den",  "by1",     "by2",    "by3"};
    size_t count;
    const struct catalogue_indicator *all = catalogue_indicators(w->c, &count);
    for (size_t k = 0; k < count; k++) {
        const struct catalogue_indicator *in = &all[k];
        char list[64];
        int columns = 5;
        sqlite3_stmt *st = NULL;
        const char *tail = NULL;
        while (columns < 8 && by_name(in->by, columns - 5, list))
            columns++;
        if (sqlite3_prepare_v2(w->db, in->sql, -1, &st, &tail) != SQLITE_OK)
            fail_msg("%s: %s", in->id, sqlite3_errmsg(w->db));
        assert_string_equal(tail, "");
        assert_true(sqlite3_stmt_readonly(st));
        assert_int_equal(sqlite3_column_count(st), columns);
        for (int i = 0; i < columns; i++)
            assert_string_equal(sqlite3_column_name(st, i), names[i]);
        int rows = 0;
        for (size_t i = 0; i < sizeof windows / sizeof windows[0]; i++) {
            bind(w, st, window_of(windows[i]));
            for (; sqlite3_step(st) == SQLITE_ROW; rows++)
                row_check(w, in, st);
            sqlite3_reset(st);
        }
        if (rows == 0) fail_msg("%s has no row in any window", in->id);
        sqlite3_finalize(st);
    }
}

static long long count_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        fail_msg("%s\n%s", sqlite3_errmsg(db), sql);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    long long n = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return n;
}

/* Rows of a type that break the constraint of the field; NULL counts as broken, for a rule must be clear. */
static long long broken(const struct world *w, const char *type, const char *field)
{
    char sql[1024];
    const struct catalogue_field *f =
        catalogue_field_by_name(catalogue_type_by_name(w->c, type), field);
    assert_non_null(f);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE (%s) IS NOT 1", type, f->constraint);
    return count_of(w->db, sql);
}

static void constraints_hold_for_good_records(void **state)
{
    const struct world *w = *state;
    size_t n;
    const struct catalogue_type *t = catalogue_types(w->c, &n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < t[i].field_count; j++) {
            const struct catalogue_field *f = &t[i].fields[j];
            char sql[1024];
            if (f->constraint[0] != '\0' && broken(w, t[i].name, f->name) != 0)
                fail_msg("%s.%s: %s", t[i].name, f->name, f->constraint);
            if (f->relevant[0] == '\0') continue;
            snprintf(sql, sizeof sql, "SELECT count(*) FROM %s WHERE (%s)", t[i].name, f->relevant);
            (void)count_of(w->db, sql);
        }
    }
}

static void constraints_refuse(void **state)
{
    const struct world *w = *state;
    /* type, field, what it becomes, record, field whose rule is broken then */
    static const char *const cases[][5] = {
        {"person", "national_id", "('75085001234')", "v1", "national_id"},
        {"person", "national_id", "('07508500123x')", "v1", "national_id"},
        {"person", "id_no_old", "('1234567890')", "v1", "id_no_old"},
        {"team_member", "left_on", "('2019-12-31')", "m1", "left_on"},
        {"drug_case", "close_reason", "(NULL)", "d2", "close_reason"},
        {"drug_case", "dossier_closed_on", "('2020-12-31')", "d4", "dossier_closed_on"},
        {"activity", "participants", "(-1)", "x1", "participants"},
        {"activity", "distinct_people", "(1000)", "x1", "distinct_people"},
        {"budget_estimate", "total", "(5)", "b1", "total"},
        {"budget_estimate", "hdnd_approved_on", "('2000-01-01')", "b1", "hdnd_approved_on"},
        {"sexwork_case", "person", "('sx2')", "sw1", "person"},
        {"sexwork_case", "consented_to_list", "(0)", "sw2", "person"},
        {"sexwork_case", "alias", "(NULL)", "sw1", "alias"},
        {"trafficking_case", "alias", "(NULL)", "v2", "alias"},
        {"trafficking_case", "verify_started_on", "('2017-12-31')", "v1", "verify_started_on"},
        {"court_order", "not_executed_reason", "('ill')", "o1", "not_executed_reason"},
        {"child_population", "total", "(-1)", "cp1", "total"},
        {"women_share", "women", "(21)", "ws1", "women"},
        {"hotline_duty", "minutes", "(1441)", "hd1", "minutes"},
        {"allowance_payment", "month", "('2018-2')", "ap1", "month"},
        {"child_report", "child_age", "(18)", "cr3", "child_age"},
        {"sw_staff", "trained", "(11)", "s3", "trained"},
        {"target", "base_value", "(NULL)", "ta1", "base_value"},
        {"child_plan", "approved_on", "('2018-01-07')", "pl1", "approved_on"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char sql[256];
        run(w->db, "SAVEPOINT s");
        snprintf(sql, sizeof sql, "UPDATE %s SET %s = %s WHERE id = '%s'", cases[i][0], cases[i][1],
                 cases[i][2], cases[i][3]);
        run(w->db, sql);
        if (broken(w, cases[i][0], cases[i][4]) != 1) fail_msg("%s: accepted", sql);
        run(w->db, "ROLLBACK TO s; RELEASE s");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_as_counted_by_hand),
        cmocka_unit_test(sql_keeps_the_contract),
        cmocka_unit_test(constraints_hold_for_good_records),
        cmocka_unit_test(constraints_refuse),
    };
    return cmocka_run_group_tests(tests, world_make, world_free);
}
