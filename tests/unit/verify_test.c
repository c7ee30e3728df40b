/* Claims about hub/verify: what is whole verifies, and every kind of damage is named. */
#include "hub/verify.h"
#include "common/io/db.h"
#include "common/io/file.h"
#include "hub/export.h"
#include "hub/small_papers.h"
#include "hub/canonical_read.h"
#include "tests/lib/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const char label[] = "2023-6M";

struct told {
    unsigned count[HUB_FINDING_FILE + 1];
    struct hub_finding last;
};

static enum err tell(void *ctx, const struct hub_finding *f)
{
    struct told *t = ctx;
    t->count[f->kind]++;
    t->last = *f;
    assert_true(hub_finding_vi(f->kind)[0] != '\0' && hub_finding_en(f->kind)[0] != '\0');
    return ERR_OK;
}

static void setup(struct report_hub *h, uint64_t seed, struct hub_close_result *c)
{
    report_hub_open(h, seed);
    report_fill(h, (unsigned)seed, 0, 4);
    assert_int_equal(report_close(h, "RP04", label, c), ERR_OK);
}

static void a_whole_log_verifies(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    struct hub_verified_log v;
    struct hub_position at;
    struct told t = {{0}, {0}};
    setup(&h, 40, &c);
    hub_store_position(h.store, &at);
    assert_int_equal(hub_verify_log(h.store, tell, &t, &v), ERR_OK);
    assert_int_equal(v.sets, at.position);
    assert_true(ID_EQUAL(&v.end.hash, &at.hash));
    assert_true(v.records > 1000);
    assert_int_equal(v.findings, 0);
    report_hub_close(&h);
}

/* Damage, the finding it must give, and the position it must name (0: any). */
static void every_damage_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        enum hub_finding_kind kind;
        uint64_t position;
    } cases[] = {
        {"UPDATE sys_log SET body = substr(body, 1, length(body) - 1) || x'99' WHERE pos = 100",
         HUB_FINDING_OP, 100},
        {"UPDATE sys_log SET body = x'07' WHERE pos = 101", HUB_FINDING_FORMAT, 101},
        {"UPDATE sys_log SET hash = zeroblob(32) WHERE pos = 102", HUB_FINDING_HASH, 102},
        {"UPDATE sys_log SET p = zeroblob(32) WHERE pos = 103", HUB_FINDING_P, 103},
        {"UPDATE sys_log SET signature = zeroblob(64) WHERE pos = (SELECT min(pos) FROM sys_log "
         "WHERE pos > 104 AND signature IS NOT NULL)",
         HUB_FINDING_SIGNATURE, 0},
        {"UPDATE sys_log SET signature = NULL WHERE pos = (SELECT max(pos) FROM sys_log WHERE "
         "inc = 3)",
         HUB_FINDING_SIGNATURE, 0},
        {"UPDATE sys_inc SET sign_pk = zeroblob(32) WHERE no = 2", HUB_FINDING_SIGNATURE, 0},
        {"DELETE FROM sys_log WHERE pos = 105", HUB_FINDING_POSITION, 106},
        {"DELETE FROM sys_log WHERE pos = 105", HUB_FINDING_CHAIN, 106},
        {"UPDATE sys_record SET state = substr(state, 1, length(state) - 1) || x'00' "
         "WHERE no = 50",
         HUB_FINDING_STATE, 0},
        {"DELETE FROM sys_record WHERE no = 51", HUB_FINDING_STATE, 0},
        {"UPDATE sys_record SET unit = unit + 1 WHERE no = 52", HUB_FINDING_STATE, 0},
    };
    struct report_hub h;
    struct hub_close_result c;
    char command[700], path[128];
    setup(&h, 41, &c);
    snprintf(path, sizeof path, "%s/kept.db", h.folder);
    assert_int_equal(db_backup(hub_store_db(h.store), path), ERR_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hub_verified_log v;
        struct told t = {{0}, {0}};
        assert_int_equal(db_exec(hub_store_db(h.store), cases[i].sql), ERR_OK);
        assert_int_equal(hub_verify_log(h.store, tell, &t, &v), ERR_DAMAGED);
        if (t.count[cases[i].kind] == 0) print_error("case %zu\n", i);
        assert_true(t.count[cases[i].kind] > 0);
        assert_true(v.findings > 0);
        if (cases[i].position != 0 && v.findings == 1)
            assert_int_equal(t.last.position, cases[i].position);
        hub_store_close(h.store);
        snprintf(command, sizeof command, "cp '%s' '%s' && rm -f '%s-wal' '%s-shm'", path, h.path,
                 h.path, h.path);
        assert_int_equal(system(command), 0);
        struct hub_store_options options = {.path = h.path};
        assert_int_equal(hub_store_open(&options, &h.store), ERR_OK);
    }
    report_hub_close(&h);
}

/* ---- issues ---- */

static void an_issue_verifies_and_is_rebuilt_from_the_log(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    struct hub_verified_issue v;
    char path[192];
    setup(&h, 42, &c);
    assert_int_equal(hub_verify_issue(h.store, &c.issue, NULL, &v), ERR_OK);
    snprintf(path, sizeof path, "%s/data/%s.ndjson", h.folder, report_units[4]);
    report_import(&h, 4, path); /* late data */
    assert_int_equal(hub_verify_issue(h.store, &c.issue, NULL, &v), ERR_OK);
    assert_true(v.files && v.digest && v.logged && v.cut && v.rebuilt);
    assert_true(ID_EQUAL(&v.figures, &c.issue.figures));
    report_hub_close(&h);
}

static void who_was_missing_is_rebuilt_from_the_close_set(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result old, c;
    struct hub_verified_issue v;
    char missing[64];
    setup(&h, 45, &old);
    snprintf(missing, sizeof missing, "%s %s", report_units[1], report_units[2]);
    assert_int_equal(report_close_without(&h, "RP01", "2023-06", missing, &c), ERR_OK);
    assert_int_equal(hub_verify_issue(h.store, &c.issue, NULL, &v), ERR_OK);
    assert_true(v.files && v.digest && v.logged && v.cut && v.rebuilt);
    /* an issue whose figures do not name those of its close set: as they were made before */
    struct db *db = hub_store_db(h.store);
    assert_int_equal(db_exec(db, "UPDATE sys_close SET missing = '26170'"), ERR_OK);
    assert_int_equal(hub_verify_issue(h.store, &old.issue, NULL, &v), ERR_OK);
    assert_true(v.rebuilt);
    /* and one that names others than the log does not come out */
    assert_int_equal(hub_verify_issue(h.store, &c.issue, NULL, &v), ERR_DAMAGED);
    assert_false(v.rebuilt);
    assert_true(v.files && v.digest && v.logged && v.cut);
    report_hub_close(&h);
}

static void a_changed_log_or_file_does_not_verify_as_the_issue(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    struct hub_verified_issue v;
    setup(&h, 43, &c);
    struct db *db = hub_store_db(h.store);
    assert_int_equal(db_exec(db, "UPDATE sys_close SET figures = zeroblob(32)"), ERR_OK);
    assert_int_equal(hub_verify_issue(h.store, &c.issue, NULL, &v), ERR_DAMAGED);
    assert_false(v.logged);
    assert_true(v.files && v.digest && v.cut && v.rebuilt);
    assert_int_equal(db_exec(db, "DROP TRIGGER sys_issue_file_kept;"
                                 "UPDATE sys_issue_file SET data = data || x'20' WHERE kind = 0"),
                     ERR_OK);
    assert_int_equal(hub_verify_issue(h.store, &c.issue, NULL, &v), ERR_DAMAGED);
    assert_false(v.files || v.digest);
    struct hub_issue other = c.issue;
    other.cut.position--;
    assert_int_equal(hub_verify_issue(h.store, &other, NULL, &v), ERR_DAMAGED);
    assert_false(v.cut || v.rebuilt || v.logged);
    report_hub_close(&h);
}

/* ---- papers beside each other ---- */

/* "RP06 RP07": the reports whose papers an issue says it was hidden beside. */
static void beside(struct report_hub *h, const struct hub_issue *issue, char out[64])
{
    json_t *figures = NULL;
    assert_int_equal(hub_close_figures(h->store, issue, &figures), ERR_OK);
    const json_t *list = json_object_get(figures, "beside");
    assert_true(json_is_array(list));
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(list); i++) {
        size_t len = strlen(out);
        snprintf(out + len, 64 - len, "%s%s/%d", i ? " " : "",
                 hub_canonical_str(json_array_get(list, i), "report"),
                 (int)json_integer_value(json_object_get(json_array_get(list, i), "issue")));
    }
    json_decref(figures);
}

static void forms_over_the_same_days_are_hidden_beside_each_other(void **state)
{
    (void)state;
    static const struct {
        const char *report, *period, *beside;
    } papers[] = {
        {"RP06", "2023", ""}, {"RP07", "2023", "RP06/1"},
        {"RP12", "2023", ""}, /* from January; the others from 4 December */
        {"PL01", "2022", ""}, {"PL01", "2023", "RP12/1"},
    };
    enum { PAPERS = sizeof papers / sizeof papers[0] };
    struct report_hub h;
    struct hub_close_result c[PAPERS];
    struct hub_verified_issue v;
    char said[64];
    report_hub_open(&h, 46);
    report_fill(&h, 46, 0, -1);
    for (size_t i = 0; i < PAPERS; i++) {
        assert_int_equal(report_close(&h, papers[i].report, papers[i].period, &c[i]), ERR_OK);
        beside(&h, &c[i].issue, said);
        assert_string_equal(said, papers[i].beside);
    }
    for (size_t i = 0; i < PAPERS; i++) {
        assert_int_equal(hub_verify_issue(h.store, &c[i].issue, NULL, &v), ERR_OK);
        assert_true(v.rebuilt);
    }
    report_hub_close(&h);
}

/* What `issue` was made beside, once its JSON says `said` there. */
static size_t papers_of(struct report_hub *h, const struct hub_issue *issue, const char *said,
                        enum hub_small_rule *rule, uint32_t *number)
{
    struct hub_small_papers papers;
    char sql[512];
    snprintf(sql, sizeof sql,
             "UPDATE sys_issue_file SET data = CAST(json_patch('{}', json_set(json_remove("
             "CAST(data AS TEXT), '$.beside'), '$.beside', json('%s'))) AS BLOB) "
             "WHERE issue = %lld AND kind = 0",
             said, (long long)issue->id);
    assert_int_equal(db_exec(hub_store_db(h->store), sql), ERR_OK);
    struct hub_report *r = report_of(h, issue->report, NULL, issue->period);
    assert_int_equal(hub_small_papers_of(h->store, issue, r, &papers), ERR_OK);
    size_t count = papers.count;
    *rule = count > 0 ? papers.list[0].rule : HUB_SMALL_BY_FIGURE;
    *number = r->beside;
    assert_true(r->small_before == (said[0] != '['));
    assert_int_equal(r->paper_count, said[0] == '[' ? count : 0);
    hub_small_papers_free(&papers);
    hub_report_free(r);
    return count;
}

static void an_issue_of_before_is_made_again_by_its_own_rule(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result a, b;
    enum hub_small_rule rule;
    uint32_t number;
    report_hub_open(&h, 47);
    report_fill(&h, 47, 0, 4);
    assert_int_equal(report_close(&h, "RP06", "2023", &a), ERR_OK);
    assert_int_equal(report_close(&h, "RP07", "2023", &b), ERR_OK);
    assert_int_equal(
        db_exec(hub_store_db(h.store),
                "DROP TRIGGER sys_issue_file_kept; DROP TRIGGER sys_issue_kept;"
                "UPDATE sys_issue SET report = 'RP06', number = 2 WHERE report = 'RP07'"),
        ERR_OK);
    assert_int_equal(hub_issues_find(h.store, "RP06", a.issue.unit, "2023", 2, &b.issue), ERR_OK);
    assert_int_equal(papers_of(&h, &b.issue, "null", &rule, &number), 1);
    assert_int_equal(rule, HUB_SMALL_BY_LINE);
    assert_int_equal(number, 0);
    assert_int_equal(papers_of(&h, &b.issue, "1", &rule, &number), 1);
    assert_int_equal(rule, HUB_SMALL_BY_CELL);
    assert_int_equal(number, 1);
    assert_int_equal(papers_of(&h, &b.issue, "[]", &rule, &number), 0);
    static const struct {
        const char *report, *number;
        size_t want;
    } said[] = {{"RP06", "1", 1}, {"RP06", "2", 0}, /* itself: none that came before */
                {"RP06", "9", 0}, {"RP06", "0", 0},   {"RP06", "-1", 0},
                {"RP12", "1", 0}, {"RP06", "\"\"", 0}};
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        char text[128];
        snprintf(text, sizeof text,
                 "[{\"report\":\"%s\",\"unit\":\"%s\",\"period\":\"2023\",\"issue\":%s}]",
                 said[i].report, a.issue.unit, said[i].number);
        assert_int_equal(papers_of(&h, &b.issue, text, &rule, &number), said[i].want);
        assert_int_equal(rule, HUB_SMALL_BY_FIGURE);
    }
    report_hub_close(&h);
}

/* As many issues of communes as fit, and one more. */
static void too_many_papers_close_nothing_and_say_so(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    struct hub_close_request request = {.report = "RP07"};
    struct hub_report_why why;
    char sql[1024];
    report_hub_open(&h, 48);
    report_fill(&h, 48, 0, -1);
    assert_int_equal(report_close(&h, "RP06", "2023", &c), ERR_OK);
    struct db *db = hub_store_db(h.store);
    snprintf(
        sql, sizeof sql,
        "BEGIN; WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
        "INSERT INTO sys_issue SELECT 1000 + i, report, 'u' || i, period, 1, position, "
        "cut_epoch, cut_position, cut_hash, edition, archive, figures, closed_ms, person, "
        "issue_pk FROM sys_issue, n; "
        "INSERT INTO sys_issue_file SELECT i.id, 0, 'n' || i.id, f.hash, f.minisig, json_set("
        "'{}', '$.first', CAST(f.data AS TEXT) ->> 'first', '$.last', CAST(f.data AS TEXT) ->> "
        "'last', '$.lines', json_array((SELECT value FROM json_each(CAST(f.data AS TEXT), "
        "'$.lines') WHERE value ->> 'indicator' = 'V01'))) "
        "FROM sys_issue i, sys_issue_file f WHERE i.id > 1000 AND f.kind = 0; COMMIT",
        HUB_SMALL_PAPERS_MAX);
    assert_int_equal(db_exec(db, sql), ERR_OK);
    struct hub_report *r = report_of(&h, "RP07", NULL, "2023");
    assert_int_equal(hub_close_hide(h.store, r), ERR_OK);
    assert_int_equal(r->paper_count, HUB_SMALL_PAPERS_MAX);
    hub_report_free(r);
    assert_int_equal(
        db_exec(db, "INSERT INTO sys_issue SELECT 9999, report, 'more', period, number, position, "
                    "cut_epoch, cut_position, cut_hash, edition, archive, figures, closed_ms, "
                    "person, issue_pk FROM sys_issue WHERE id = 1002;"
                    "INSERT INTO sys_issue_file SELECT 9999, 0, 'more', hash, minisig, data "
                    "FROM sys_issue_file WHERE issue = 1002"),
        ERR_OK);
    request.period = report_period("2023");
    request.now_ms = h.now_ms;
    request.keys = &h.keys;
    request.issue_key = &h.issue;
    request.scratch = h.folder;
    assert_int_equal(hub_close(h.store, &request, &c, &why), ERR_TOO_LARGE);
    assert_non_null(strstr(why.vi, "4096"));
    assert_non_null(strstr(why.en, "4096"));
    report_hub_close(&h);
}

/* ---- files ---- */

struct files {
    unsigned good, bad;
    enum err last;
};

static enum err count_file(void *ctx, const struct hub_verified_file *f)
{
    struct files *n = ctx;
    if (f->e == ERR_OK) {
        assert_true(f->trusted.len > 0);
        n->good++;
    } else {
        n->bad++;
        n->last = f->e;
    }
    return ERR_OK;
}

static void check_folder(const char *folder, const char *key, enum err want, unsigned good,
                         unsigned bad, enum err why)
{
    struct files n = {0, 0, ERR_OK};
    size_t count = 0;
    assert_int_equal(hub_verify_folder(folder, key, count_file, &n, &count), want);
    assert_int_equal(n.good, good);
    assert_int_equal(n.bad, bad);
    assert_int_equal(n.last, why);
}

static void shell(const char *folder, const char *text)
{
    char command[600];
    int n = snprintf(command, sizeof command, "cd '%s' && %s", folder, text);
    assert_true(n > 0 && (size_t)n < sizeof command);
    assert_int_equal(system(command), 0);
}

static void a_folder_verifies_offline_and_changes_show(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    struct key_sign other = {0};
    struct buf key;
    char out[128], path[256];
    size_t count;
    setup(&h, 44, &c);
    snprintf(out, sizeof out, "%s/out", h.folder);
    snprintf(path, sizeof path, "%s/other.pub", h.folder);
    check_folder(out, NULL, ERR_NOT_FOUND, 0, 0, ERR_OK);
    assert_int_equal(hub_export_folder(out), ERR_OK);
    assert_int_equal(hub_export(h.store, &c.issue, out, &count), ERR_OK);
    check_folder(out, NULL, ERR_OK, HUB_ISSUE_KINDS, 0, ERR_OK);
    shell(out, "printf x >> BC_RP04_2023-6M_735_1.csv");
    check_folder(out, NULL, ERR_DAMAGED, HUB_ISSUE_KINDS - 1, 1, ERR_BAD_SIGNATURE);
    shell(out, "rm BC_RP04_2023-6M_735_1.csv");
    check_folder(out, NULL, ERR_OK, HUB_ISSUE_KINDS - 1, 0, ERR_OK);
    /* a signed file under another name is another file */
    shell(out, "cp BC_RP04_2023-6M_735_1.json BC_RP04_2023-9M_735_1.json && "
               "cp BC_RP04_2023-6M_735_1.json.minisig BC_RP04_2023-9M_735_1.json.minisig");
    check_folder(out, NULL, ERR_DAMAGED, HUB_ISSUE_KINDS - 1, 1, ERR_BAD_SIGNATURE);
    shell(out, "rm BC_RP04_2023-9M_735_1.json.minisig");
    check_folder(out, NULL, ERR_DAMAGED, HUB_ISSUE_KINDS - 1, 1, ERR_NOT_FOUND);
    shell(out, "rm BC_RP04_2023-9M_735_1.json");
    assert_int_equal(key_sign_make(&other, KEY_ISSUE), ERR_OK);
    buf_init(&key, MINISIGN_FILE_BYTES_MAX);
    assert_int_equal(minisign_public(other.public, &key), ERR_OK);
    assert_int_equal(file_write_atomic(path, buf_bytes(&key), 0644), ERR_OK);
    check_folder(out, path, ERR_DAMAGED, 0, HUB_ISSUE_KINDS - 1, ERR_BAD_SIGNATURE);
    buf_free(&key);
    key_sign_free(&other);
    report_hub_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_log_verifies),
        cmocka_unit_test(every_damage_is_named),
        cmocka_unit_test(an_issue_verifies_and_is_rebuilt_from_the_log),
        cmocka_unit_test(who_was_missing_is_rebuilt_from_the_close_set),
        cmocka_unit_test(a_changed_log_or_file_does_not_verify_as_the_issue),
        cmocka_unit_test(forms_over_the_same_days_are_hidden_beside_each_other),
        cmocka_unit_test(an_issue_of_before_is_made_again_by_its_own_rule),
        cmocka_unit_test(too_many_papers_close_nothing_and_say_so),
        cmocka_unit_test(a_folder_verifies_offline_and_changes_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
