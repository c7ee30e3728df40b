/*
 * Claims about an issue after an erasure (SPEC 16.5, 16.6): what an erased record explains is no damage and is
 * named with its order; what none explains is damage, however much else was erased.
 */
#include "hub/verify.h"
#include "common/io/db.h"
#include "hub/inputs.h"
#include "hub/store_erase.h"
#include "proto/minisign.h"
#include "tests/lib/catalogue_load.h"
#include "tests/lib/office.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>

static const char label[] = "2023-6M";

enum {
    TEAMS = 1,
    BUDGETS = 16
}; /* lines of RP04: T01, whose SQL reads teams alone; T14, of teams and estimates */

struct scene {
    struct office *o;
    struct hub_store *s;
    struct hub_issue issue;
};

static void scene_open(struct scene *c, uint64_t seed)
{
    struct hub_close_result done;
    c->o = office_open(seed);
    c->s = c->o->hub.store;
    report_fill(&c->o->hub, (unsigned)seed, 0, 4);
    office_officer(c->o, &c->o->an, 2, "An", ORDER_ROLE_ERASE);
    office_officer(c->o, &c->o->binh, 3, "Bình", ORDER_ROLE_ERASE);
    assert_int_equal(report_close(&c->o->hub, "RP04", label, &done), ERR_OK);
    c->issue = done.issue;
}

static void scene_close(struct scene *c)
{
    office_close(c->o);
}

/* The first column of the first row. */
static void one_of(struct scene *c, const char *sql, void *out, size_t len)
{
    struct db_stmt *q = NULL;
    assert_int_equal(db_prepare(hub_store_db(c->s), sql, &q), ERR_OK);
    assert_int_equal(db_get(q), ERR_OK);
    assert_int_equal(db_column_copy(q, 0, out, len), ERR_OK);
    db_stmt_free(q);
}

static void run(struct scene *c, const char *sql)
{
    assert_int_equal(db_exec(hub_store_db(c->s), sql), ERR_OK);
}

static struct id_record erase(struct scene *c, const char *sql)
{
    struct id_record rid;
    struct erase_list l = {.records = &rid, .record_count = 1};
    one_of(c, sql, rid.b, sizeof rid.b);
    office_erase(c->o, &l, NULL);
    return rid;
}

static json_t *verified(struct scene *c)
{
    char text[64];
    snprintf(text, sizeof text, "{'verb':'verify','issue':%d}", (int)c->issue.id);
    return office_ask(&c->o->app, text);
}

static json_int_t number(const json_t *j, const char *key)
{
    return json_integer_value(json_object_get(j, key));
}

static void expect(struct scene *c, bool ok, json_int_t erased, bool differs)
{
    json_t *j = verified(c);
    bool good = json_is_true(json_object_get(j, "ok")) == ok && number(j, "erased") == erased &&
                (number(j, "differing") > 0) == differs &&
                json_is_true(json_object_get(j, "traced"));
    if (!good) json_dumpf(j, stderr, JSON_INDENT(1));
    assert_true(good);
    json_decref(j);
}

/* A row of a list of the answer that names this record, for this line (0: any); NULL: none. */
static const json_t *names(const json_t *j, const char *list, const struct id_record *rid,
                           json_int_t line)
{
    char hex[2 * ID_RECORD_BYTES + 1];
    const json_t *rows = json_object_get(j, list);
    id_hex(BYTES_OF(rid->b), hex);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (line != 0 && number(row, "line") != line) continue;
        if (strcmp(json_string_value(json_object_get(row, "record")), hex) == 0) return row;
    }
    return NULL;
}

/* ---- what is erased explains ---- */

static void a_subject_that_was_erased_is_named_with_its_order(void **state)
{
    (void)state;
    struct scene c;
    scene_open(&c, 61);
    expect(&c, true, 0, false);
    struct id_record rid = erase(&c, "SELECT id FROM team_member WHERE left_on IS NULL LIMIT 1");
    expect(&c, true, 1, true);
    json_t *j = verified(&c);
    const json_t *lost = names(j, "lost", &rid, 0), *read = names(j, "read_erased", &rid, 0);
    assert_non_null(lost);
    assert_int_equal(number(lost, "order"), 1);
    assert_non_null(read);
    assert_int_equal(number(read, "order"), 1);
    assert_string_equal(json_string_value(json_object_get(read, "type")), "team_member");
    assert_true(json_is_false(json_object_get(j, "rebuilt")));
    assert_int_equal(number(j, "unexplained_count"), 0);
    json_decref(j);
    scene_close(&c);
}

/* T14 lists teams, and looks whether their commune has an estimate. */
static void a_record_that_was_only_looked_at_is_named_too(void **state)
{
    (void)state;
    struct scene c;
    scene_open(&c, 62);
    struct id_record rid =
        erase(&c, "SELECT id FROM budget_estimate WHERE plan_no IS NOT NULL AND hdnd_approved_on "
                  "BETWEEN '2023-01-01' AND '2023-03-31' ORDER BY id LIMIT 1");
    expect(&c, true, 1, true);
    json_t *j = verified(&c);
    const json_t *read = names(j, "read_erased", &rid, BUDGETS);
    assert_null(names(j, "lost", &rid, BUDGETS));
    assert_non_null(read);
    assert_int_equal(number(read, "order"), 1);
    assert_string_equal(json_string_value(json_object_get(read, "type")), "budget_estimate");
    json_decref(j);
    scene_close(&c);
}

/* The next edition begins RP04 with a line of its own: every other one moves down by one. */
static void publish_moved(struct scene *c)
{
    size_t count;
    unsigned no = 1;
    struct buf moved;
    struct catalogue_file *files = catalogue_load("catalogue", &count), *lines = NULL;
    for (size_t i = 0; i < count; i++)
        if (strcmp(files[i].name, "report_lines.csv") == 0) lines = &files[i];
    assert_non_null(lines);
    struct bytes old = lines->data;
    buf_init(&moved, CATALOGUE_ARCHIVE_BYTES_MAX);
    for (const char *p = (const char *)old.p, *end = p + old.len, *next; p < end; p = next) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        next = stop != NULL ? stop + 1 : end;
        const char *rest =
            memcmp(p, "RP04,", 5) == 0 ? memchr(p + 5, ',', (size_t)(next - p) - 5) : p;
        if (rest != p && no == 1) buf_printf(&moved, "RP04,%u,V01,,,\n", no++);
        if (rest != p) buf_printf(&moved, "RP04,%u", no++);
        buf_add(&moved, rest, (size_t)(next - rest));
    }
    lines->data = buf_bytes(&moved);
    report_publish(&c->o->hub, 2, files, count);
    lines->data = old;
    buf_free(&moved);
    catalogue_unload(files, count);
}

/* An answer about an issue speaks of the lines of its own form, not of those of today's edition. */
static void lines_are_named_as_the_issue_has_them(void **state)
{
    (void)state;
    struct scene c;
    scene_open(&c, 69);
    static const char *const lists[] = {"lost", "read_erased"};
    (void)erase(&c, "SELECT id FROM team_member WHERE left_on IS NULL LIMIT 1");
    json_t *before = verified(&c);
    publish_moved(&c);
    json_t *after = verified(&c);
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const json_t *was = json_object_get(before, lists[i]),
                     *is = json_object_get(after, lists[i]);
        assert_true(json_array_size(was) > 0);
        assert_true(json_equal(was, is));
    }
    size_t count;
    const struct catalogue_line *now = catalogue_lines(hub_store_catalogue(c.s), "RP04", &count);
    assert_string_equal(now[0].indicator, "V01"); /* the form did move */
    json_decref(before);
    json_decref(after);
    scene_close(&c);
}

/* Of a record that stays: the set that gave a team member's role. */
static enum err role_op(void *ctx, const struct hub_record_op *op)
{
    struct hub_record_op *last = ctx;
    *last = *op;
    return ERR_OK;
}

static void a_change_that_was_erased_explains_its_figures(void **state)
{
    (void)state;
    struct scene c;
    struct hub_record_op last;
    struct erase_op op;
    struct id_record rid;
    scene_open(&c, 63);
    one_of(&c, "SELECT id FROM team_member WHERE left_on IS NULL LIMIT 1", rid.b, sizeof rid.b);
    assert_int_equal(hub_store_record_ops(c.s, &rid, role_op, &last), ERR_OK);
    assert_int_equal(hub_store_erase_op(c.s, &last.inc, last.seq, last.op, &op), ERR_OK);
    office_erase(c.o, &(struct erase_list){.ops = &op, .op_count = 1}, NULL);
    expect(&c, true, 1, true);
    json_t *j = verified(&c);
    assert_non_null(names(j, "lost", &rid, 0));
    json_decref(j);
    scene_close(&c);
}

/* Persons, cases, activities ... one after the other, in orders of their own: each verifies. */
static void whatever_is_erased_explains_what_it_changed(void **state)
{
    (void)state;
    static const char *const types[] = {"person",     "team_member", "drug_case", "activity",
                                        "assignment", "contact_log", "team",      "target"};
    struct scene c;
    char sql[200];
    scene_open(&c, 64);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        snprintf(sql, sizeof sql, "SELECT id FROM %s ORDER BY id DESC LIMIT 1", types[i]);
        (void)erase(&c, sql);
        json_t *j = verified(&c);
        if (!json_is_true(json_object_get(j, "ok"))) json_dumpf(j, stderr, JSON_INDENT(1));
        assert_true(json_is_true(json_object_get(j, "ok")));
        assert_int_equal(number(j, "erased"), i + 1);
        json_decref(j);
    }
    scene_close(&c);
}

/* ---- what is erased does not excuse ---- */

static void an_erasure_that_touches_no_figure_leaves_it_strict(void **state)
{
    (void)state;
    static const char nobody[] = "{\"type\":\"person\",\"id\":\"c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3\","
                                 "\"full_name\":\"Lê Văn Quên\"}";
    struct scene c;
    struct hub_close_result done;
    scene_open(&c, 65);
    report_put(&c.o->hub, 0, nobody);
    assert_int_equal(report_close(&c.o->hub, "RP04", "2022", &done), ERR_OK);
    c.issue = done.issue;
    (void)erase(&c, "SELECT x'c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3'");
    json_t *j = verified(&c);
    assert_true(json_is_true(json_object_get(j, "ok")));
    assert_true(json_is_true(json_object_get(j, "rebuilt")));
    assert_true(json_is_true(json_object_get(j, "inputs")));
    assert_int_equal(number(j, "erased"), 1);
    assert_int_equal(number(j, "lost_count"), 0);
    assert_int_equal(number(j, "differing"), 0);
    json_decref(j);
    /* the figure of a line that reads no person is another now, in the hub's own list alone */
    run(&c,
        "UPDATE sys_issue_cell SET num = num + 1 WHERE line = 1 AND unit = '26170' AND total = 1");
    j = verified(&c);
    assert_true(json_is_false(json_object_get(j, "ok")));
    assert_int_equal(number(j, "unexplained_count"), 1);
    const json_t *row = json_array_get(json_object_get(j, "unexplained"), 0);
    assert_int_equal(number(row, "line"), TEAMS);
    assert_string_equal(json_string_value(json_object_get(row, "unit")), "26170");
    json_decref(j);
    scene_close(&c);
}

struct issued {
    struct buf json, list;
    char name[2][HUB_ISSUE_NAME_ROOM];
};

static enum err issued_file(void *ctx, const struct hub_issue_file *file)
{
    struct issued *v = ctx;
    bool list = file->kind == HUB_ISSUE_MANIFEST;
    if (!list && file->kind != HUB_ISSUE_JSON) return ERR_OK;
    buf_add_bytes(list ? &v->list : &v->json, file->data);
    snprintf(v->name[list], sizeof v->name[0], "%s", file->name);
    return ERR_OK;
}

static void put_file(struct scene *c, enum hub_issue_kind kind, const char *name, struct bytes data)
{
    char trusted[HUB_ISSUE_NAME_ROOM + 32];
    uint8_t hash[MINISIGN_HASH_BYTES];
    struct buf minisig;
    struct db_stmt *q = NULL;
    crypto_generichash(hash, sizeof hash, data.p, data.len, NULL, 0);
    snprintf(trusted, sizeof trusted, "timestamp:1\tfile:%s\tissue:1", name);
    buf_init(&minisig, MINISIGN_FILE_BYTES_MAX);
    assert_int_equal(minisign_sign(&c->o->hub.issue, hash, bytes_str(trusted), &minisig), ERR_OK);
    assert_int_equal(db_prepare(hub_store_db(c->s),
                                "UPDATE sys_issue_file SET data = ?1, hash = ?2, minisig = ?3 "
                                "WHERE issue = ?4 AND kind = ?5",
                                &q),
                     ERR_OK);
    db_bind_blob(q, 1, data);
    db_bind_blob(q, 2, BYTES_OF(hash));
    db_bind_blob(q, 3, buf_bytes(&minisig));
    db_bind_int(q, 4, c->issue.id);
    db_bind_int(q, 5, (int64_t)kind);
    assert_int_equal(db_run(q), ERR_OK);
    db_stmt_free(q);
    buf_free(&minisig);
}

/* Who has the hub's keys and its database writes another figure into line `no`, and signs it all anew. */
static void forge(struct scene *c, unsigned no)
{
    char at[32], was[2 * ID_HASH_BYTES + 1], is[2 * ID_HASH_BYTES + 1], sql[400];
    struct issued v;
    struct id_hash digest;
    buf_init(&v.json, HUB_VERIFY_FILE_BYTES_MAX);
    buf_init(&v.list, HUB_VERIFY_FILE_BYTES_MAX);
    assert_int_equal(hub_issues_files(c->s, c->issue.id, issued_file, &v), ERR_OK);
    snprintf(at, sizeof at, "{\"no\":%u,", no);
    char *line = strstr(buf_cstr(&v.json), at);
    assert_non_null(line);
    char *value = strstr(line, "\"value\":\"1");
    if (value == NULL) value = strstr(line, "\"state\":\"figure\",\"num\":");
    assert_non_null(value);
    value = strpbrk(value, "123456789");
    assert_non_null(value);
    *value = *value == '9' ? '8' : (char)(*value + 1);
    crypto_generichash(digest.b, sizeof digest.b, v.json.p, v.json.len, NULL, 0);
    id_hex(BYTES_OF(c->issue.figures.b), was);
    id_hex(BYTES_OF(digest.b), is);
    for (char *p = strstr(buf_cstr(&v.list), was); p != NULL; p = strstr(p, was))
        memcpy(p, is, strlen(is));
    run(c, "DROP TRIGGER IF EXISTS sys_issue_file_kept; DROP TRIGGER IF EXISTS sys_issue_kept;");
    put_file(c, HUB_ISSUE_JSON, v.name[0], buf_bytes(&v.json));
    put_file(c, HUB_ISSUE_MANIFEST, v.name[1], buf_bytes(&v.list));
    snprintf(sql, sizeof sql,
             "UPDATE sys_issue SET figures = x'%s' WHERE id = %d; UPDATE sys_close "
             "SET figures = x'%s' WHERE figures = x'%s';",
             is, (int)c->issue.id, is, was);
    run(c, sql);
    buf_free(&v.json);
    buf_free(&v.list);
}

static void a_forged_figure_is_not_excused_by_other_erasures(void **state)
{
    (void)state;
    struct scene c;
    scene_open(&c, 66);
    (void)erase(&c, "SELECT id FROM contact_log ORDER BY id LIMIT 1");
    (void)erase(&c, "SELECT id FROM person ORDER BY id LIMIT 1");
    json_t *j = verified(&c);
    assert_true(json_is_true(json_object_get(j, "ok")));
    json_decref(j);
    forge(&c, TEAMS);
    j = verified(&c);
    assert_true(json_is_true(json_object_get(j, "files")));
    assert_true(json_is_true(json_object_get(j, "digest")));
    assert_true(json_is_true(json_object_get(j, "logged")));
    assert_true(json_is_true(json_object_get(j, "listed")));
    assert_true(json_is_true(json_object_get(j, "cut")));
    assert_true(json_is_false(json_object_get(j, "ok")));
    const json_t *row = json_array_get(json_object_get(j, "unexplained"), 0);
    assert_int_equal(number(row, "line"), TEAMS);
    json_decref(j);
    scene_close(&c);
}

static void who_else_was_missing_is_not_excused(void **state)
{
    (void)state;
    struct scene c;
    struct hub_close_result done;
    scene_open(&c, 67);
    assert_int_equal(report_close_without(&c.o->hub, "RP01", "2023-06", report_units[1], &done),
                     ERR_OK);
    c.issue = done.issue;
    (void)erase(&c, "SELECT id FROM team_member WHERE left_on IS NULL LIMIT 1");
    expect(&c, true, 1, true);
    run(&c, "UPDATE sys_close SET missing = '26170'");
    json_t *j = verified(&c);
    assert_true(json_is_false(json_object_get(j, "ok")));
    const json_t *row = json_array_get(json_object_get(j, "unexplained"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "value")), "missing");
    json_decref(j);
    scene_close(&c);
}

/* The list of what was read is the closing's own: its hash stands in the log. */
static void the_list_itself_cannot_be_changed(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE sys_issue_read SET ids = substr(ids, 9) WHERE type = 'person'",
        "UPDATE sys_issue_read SET type = 'personx' WHERE type = 'person'",
        "DELETE FROM sys_issue_read",
    };
    struct scene c;
    struct hub_verified_issue v;
    scene_open(&c, 68);
    (void)erase(&c, "SELECT id FROM team_member WHERE left_on IS NULL LIMIT 1");
    run(&c, "CREATE TABLE kept AS SELECT * FROM sys_issue_read");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        run(&c, changes[i]);
        assert_int_equal(hub_verify_issue(c.s, &c.issue, NULL, &v), ERR_DAMAGED);
        assert_false(v.listed);
        run(&c, "DELETE FROM sys_issue_read; INSERT INTO sys_issue_read SELECT * FROM kept;");
    }
    assert_int_equal(hub_verify_issue(c.s, &c.issue, NULL, &v), ERR_OK);
    scene_close(&c);
}

/* ---- issues of before ---- */

/* As a hub closed it that kept no such list: its digest is of the units alone. */
static void an_issue_of_before_verifies_as_it_did(void **state)
{
    (void)state;
    struct scene c;
    struct hub_verified_issue v;
    struct hub_inputs inputs;
    struct id_hash digest;
    char hex[2 * ID_HASH_BYTES + 1], sql[200];
    scene_open(&c, 69);
    struct hub_report *r = report_of(&c.o->hub, "RP04", NULL, label);
    assert_int_equal(hub_inputs_collect(c.s, r, &inputs), ERR_OK);
    assert_int_equal(hub_inputs_digest(r, &inputs, NULL, &digest), ERR_OK);
    hub_inputs_free(&inputs);
    hub_report_free(r);
    id_hex(BYTES_OF(digest.b), hex);
    snprintf(sql, sizeof sql, "DELETE FROM sys_issue_read; UPDATE sys_close SET inputs = x'%s'",
             hex);
    run(&c, sql);
    assert_int_equal(hub_verify_issue(c.s, &c.issue, NULL, &v), ERR_OK);
    assert_true(v.listed && v.inputs && v.rebuilt && !v.traced);
    (void)erase(&c, "SELECT id FROM team_member WHERE left_on IS NULL LIMIT 1");
    assert_int_equal(hub_verify_issue(c.s, &c.issue, NULL, &v), ERR_OK);
    assert_true(v.listed && !v.inputs && !v.rebuilt && !v.traced);
    assert_int_equal(v.erased, 1);
    scene_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_subject_that_was_erased_is_named_with_its_order),
        cmocka_unit_test(a_record_that_was_only_looked_at_is_named_too),
        cmocka_unit_test(lines_are_named_as_the_issue_has_them),
        cmocka_unit_test(a_change_that_was_erased_explains_its_figures),
        cmocka_unit_test(whatever_is_erased_explains_what_it_changed),
        cmocka_unit_test(an_erasure_that_touches_no_figure_leaves_it_strict),
        cmocka_unit_test(a_forged_figure_is_not_excused_by_other_erasures),
        cmocka_unit_test(who_else_was_missing_is_not_excused),
        cmocka_unit_test(the_list_itself_cannot_be_changed),
        cmocka_unit_test(an_issue_of_before_verifies_as_it_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
