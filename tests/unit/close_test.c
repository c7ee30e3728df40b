/*
 * Claims about hub/close and hub/export: a closing is one set of the log and one issue; its bytes
 * never change; the stock minisign tool accepts every file.
 */
#include "hub/close.h"
#include "common/io/db.h"
#include "common/io/file.h"
#include "hub/canonical.h"
#include "hub/export.h"
#include "hub/manifest.h"
#include "tests/lib/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const char label[] = "2023-6M";

static void setup(struct report_hub *h, uint64_t seed)
{
    report_hub_open(h, seed);
    report_fill(h, (unsigned)seed, 0, 9);
}

/* ---- files ---- */

struct kept {
    struct buf bytes[HUB_ISSUE_KINDS];
    char name[HUB_ISSUE_KINDS][HUB_ISSUE_NAME_ROOM];
    size_t count;
};

static enum err keep(void *ctx, const struct hub_issue_file *file)
{
    struct kept *k = ctx;
    buf_init(&k->bytes[k->count], HUB_CANONICAL_BYTES_MAX);
    buf_add_bytes(&k->bytes[k->count], file->data);
    buf_add_bytes(&k->bytes[k->count], file->minisig);
    snprintf(k->name[k->count], sizeof k->name[0], "%s", file->name);
    k->count++;
    return ERR_OK;
}

static void kept_some(struct report_hub *h, int64_t issue, struct kept *k)
{
    *k = (struct kept){.count = 0};
    assert_int_equal(hub_issues_files(h->store, issue, keep, k), ERR_OK);
}

static void kept_of(struct report_hub *h, int64_t issue, struct kept *k)
{
    kept_some(h, issue, k);
    assert_int_equal(k->count, HUB_ISSUE_KINDS);
}

static void kept_free(struct kept *k)
{
    for (size_t i = 0; i < k->count; i++)
        buf_free(&k->bytes[i]);
}

static void kept_same(const struct kept *a, const struct kept *b)
{
    for (size_t i = 0; i < HUB_ISSUE_KINDS; i++) {
        assert_true(bytes_equal(buf_bytes(&a->bytes[i]), buf_bytes(&b->bytes[i])));
        assert_string_equal(a->name[i], b->name[i]);
    }
}

/* ---- tests ---- */

static void a_closing_cuts_the_log_before_its_own_set(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    struct hub_position before, after;
    struct id_hash digest;
    struct hub_issue_logged logged;
    struct buf json;
    setup(&h, 30);
    hub_store_position(h.store, &before);
    struct hub_report *r = report_of(&h, "RP04", NULL, label);
    buf_init(&json, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(hub_canonical_json(r, &json), ERR_OK);
    hub_canonical_digest(buf_bytes(&json), &digest);
    assert_int_equal(report_close(&h, "RP04", label, &c), ERR_OK);
    hub_store_position(h.store, &after);
    assert_int_equal(after.position, before.position + 1);
    assert_int_equal(c.issue.position, after.position);
    assert_int_equal(c.issue.cut.position, before.position);
    assert_true(ID_EQUAL(&c.issue.cut.hash, &before.hash));
    assert_true(ID_EQUAL(&c.issue.figures, &digest));
    assert_int_equal(hub_issues_logged(h.store, &c.issue, &logged), ERR_OK);
    assert_true(ID_EQUAL(&logged.figures, &digest));
    assert_int_equal(c.issue.number, 1);
    assert_int_equal(c.nothing_sent, 1);
    assert_int_equal(c.nothing_new, 0);
    assert_false(c.early);
    buf_free(&json);
    hub_report_free(r);
    report_hub_close(&h);
}

static void a_second_closing_is_refused_and_names_the_first(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result first, second;
    struct hub_position before, after;
    setup(&h, 31);
    assert_int_equal(report_close(&h, "RP04", label, &first), ERR_OK);
    report_hub_reopen(&h);
    hub_store_position(h.store, &before);
    assert_int_equal(report_close(&h, "RP04", label, &second), ERR_EXISTS);
    hub_store_position(h.store, &after);
    assert_int_equal(before.position, after.position);
    assert_int_equal(second.issue.id, first.issue.id);
    /* other periods and reports are free */
    assert_int_equal(report_close(&h, "RP04", "2023-9M", &second), ERR_OK);
    assert_true(second.early);
    assert_int_equal(report_close(&h, "RP01", "2023-06", &second), ERR_OK);
    assert_int_equal(report_close(&h, "RP04", "2023-05", &second), ERR_BAD_INPUT);
    report_hub_close(&h);
}

static void issued_bytes_never_change(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    struct hub_issue found;
    struct kept before, after;
    char path[192];
    setup(&h, 32);
    assert_int_equal(report_close(&h, "RP04", label, &c), ERR_OK);
    kept_of(&h, c.issue.id, &before);
    snprintf(path, sizeof path, "%s/data/%s.ndjson", h.folder, report_units[9]);
    report_import(&h, 9, path); /* late: the commune that had sent nothing */
    struct hub_report *r = report_of(&h, "RP04", NULL, label);
    for (size_t i = 0; i < r->unit_count; i++)
        assert_int_equal(r->units[i].sent, HUB_SENT_YES);
    hub_report_free(r);
    report_hub_reopen(&h);
    assert_int_equal(hub_issues_find(h.store, "RP04", "735", label, 0, &found), ERR_OK);
    assert_true(ID_EQUAL(&found.figures, &c.issue.figures));
    kept_of(&h, found.id, &after);
    kept_same(&before, &after);
    kept_free(&before);
    kept_free(&after);
    /* not even by SQL */
    static const char *const attacks[] = {
        "UPDATE sys_issue_file SET data = x'00'", "DELETE FROM sys_issue_file",
        "UPDATE sys_issue SET figures = x'00'", "DELETE FROM sys_issue"};
    for (size_t i = 0; i < 4; i++)
        assert_int_not_equal(db_exec(hub_store_db(h.store), attacks[i]), ERR_OK);
    report_hub_close(&h);
}

static void names_say_what_is_inside(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    struct kept k;
    setup(&h, 33);
    assert_int_equal(report_close(&h, "RP04", label, &c), ERR_OK);
    kept_of(&h, c.issue.id, &k);
    assert_string_equal(k.name[HUB_ISSUE_JSON], "BC_RP04_2023-6M_735_1.json");
    assert_string_equal(k.name[HUB_ISSUE_CSV], "BC_RP04_2023-6M_735_1.csv");
    assert_string_equal(k.name[HUB_ISSUE_XLSX], "BC_RP04_2023-6M_735_1.xlsx");
    assert_string_equal(k.name[HUB_ISSUE_ADX], "BC_RP04_2023-6M_735_1.adx.xml");
    assert_string_equal(k.name[HUB_ISSUE_DHIS2], "BC_RP04_2023-6M_735_1.dhis2.json");
    assert_string_equal(k.name[HUB_ISSUE_REGISTRATIONS],
                        "BC_RP04_2023-6M_735_1.registrations.json");
    assert_string_equal(k.name[HUB_ISSUE_PDF], "BC_RP04_2023-6M_735_1.pdf");
    assert_string_equal(k.name[HUB_ISSUE_DOCX], "BC_RP04_2023-6M_735_1.docx");
    assert_string_equal(k.name[HUB_ISSUE_MANIFEST], "BC_RP04_2023-6M_735_1.manifest.json");
    kept_free(&k);
    report_hub_close(&h);
}

static enum err keep_list(void *ctx, const struct hub_issue_file *file)
{
    struct buf *list = ctx;
    assert_int_not_equal(file->kind, HUB_ISSUE_DHIS2);
    assert_int_not_equal(file->kind, HUB_ISSUE_REGISTRATIONS);
    if (file->kind == HUB_ISSUE_MANIFEST) buf_add_bytes(list, file->data);
    return list->e;
}

static void what_cannot_be_said_is_left_out_and_named(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    struct buf list;
    setup(&h, 37);
    buf_init(&list, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(report_close(&h, "RP04", "2023-9M", &c), ERR_OK);
    assert_int_equal(hub_issues_files(h.store, c.issue.id, keep_list, &list), ERR_OK);
    assert_int_equal(hub_manifest_count(buf_bytes(&list)), HUB_ISSUE_KINDS - 3);
    assert_non_null(strstr(buf_cstr(&list), "{\"kind\":\"dhis2\",\"why_vi\":\"DHIS2 không có mã"));
    assert_non_null(strstr(buf_cstr(&list), "DHIS2 has no id for period 2023-9M (nine months)"));
    assert_null(strstr(buf_cstr(&list), "{\"kind\":\"adx\""));
    buf_free(&list);
    report_hub_close(&h);
}

/* ---- inputs ---- */

struct inputs {
    const struct hub_report *r;
    size_t cells;
    size_t records;
};

static enum err count_record(void *ctx, struct bytes record, const struct hub_figures_part *part)
{
    (void)part;
    struct bytes *left = ctx;
    assert_true(left->len >= record.len);
    assert_memory_equal(left->p, record.p, record.len);
    left->p += record.len;
    left->len -= record.len;
    return ERR_OK;
}

static enum err check_cell(void *ctx, const struct hub_issue_cell *cell)
{
    struct inputs *in = ctx;
    for (size_t i = 0; i < in->r->line_count; i++) {
        const struct hub_report_line *line = &in->r->lines[i];
        if (line->no != cell->line) continue;
        for (size_t k = 0; k < line->row_count; k++) {
            size_t column;
            if ((k == 0) != cell->total || strcmp(line->rows[k].value, cell->value) != 0) continue;
            assert_int_equal(hub_report_column(in->r, cell->unit, &column), ERR_OK);
            const struct hub_report_cell *want = &line->rows[k].cells[column];
            struct bytes left = cell->inputs;
            assert_int_equal(want->num, cell->num);
            assert_int_equal(want->den, cell->den);
            assert_int_equal(want->absent, cell->absent);
            assert_int_equal(hub_report_inputs(line, want, count_record, &left), ERR_OK);
            assert_int_equal(left.len, 0);
            in->cells++;
            in->records += cell->inputs.len / ID_RECORD_BYTES;
        }
    }
    return ERR_OK;
}

static void an_issue_keeps_the_records_behind_each_cell(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    size_t want = 0;
    setup(&h, 34);
    struct hub_report *r = report_of(&h, "RP04", NULL, label);
    assert_int_equal(report_close(&h, "RP04", label, &c), ERR_OK);
    struct inputs in = {.r = r};
    assert_int_equal(hub_issues_cells(h.store, c.issue.id, NULL, check_cell, &in), ERR_OK);
    for (size_t i = 0; i < r->line_count; i++)
        want += r->lines[i].row_count * hub_report_columns(r);
    assert_int_equal(in.cells, want);
    assert_true(in.records > 500);
    hub_report_free(r);
    report_hub_close(&h);
}

/* ---- export ---- */

/* Run shell text inside a folder; `want`: does it succeed? */
static void run(const char *folder, const char *text, bool want)
{
    char command[512];
    int n = snprintf(command, sizeof command, "cd '%s' && (%s)", folder, text);
    assert_true(n > 0 && (size_t)n < sizeof command);
    assert_int_equal(system(command) == 0, want);
}

static void an_export_satisfies_the_stock_tool(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    char out[128], path[256];
    size_t count = 0;
    setup(&h, 35);
    snprintf(out, sizeof out, "%s/out", h.folder);
    assert_int_equal(report_close(&h, "RP04", label, &c), ERR_OK);
    assert_int_equal(hub_export_folder(out), ERR_OK);
    assert_int_equal(hub_export(h.store, &c.issue, out, &count), ERR_OK);
    assert_int_equal(count, HUB_ISSUE_KINDS);
    assert_int_equal(hub_export(h.store, &c.issue, out, &count), ERR_OK); /* again: harmless */
    assert_int_equal(system("minisign -v >/dev/null 2>&1"), 0);           /* it must be installed */
    run(out,
        "for f in BC_*.json BC_*.csv BC_*.xlsx BC_*.xml BC_*.pdf BC_*.docx; do "
        "minisign -q -V -p dongbo.pub -m $f || exit 1; done",
        true);
    run(out,
        "cp BC_RP04_2023-6M_735_1.csv x && "
        "cp BC_RP04_2023-6M_735_1.csv.minisig x.minisig && echo >>x && "
        "minisign -q -V -p dongbo.pub -m x 2>/dev/null",
        false);
    snprintf(path, sizeof path, "%s/BC_RP04_2023-6M_735_1.csv", out);
    assert_int_equal(file_write_atomic(path, bytes_str("other"), 0644), ERR_OK);
    assert_int_equal(hub_export(h.store, &c.issue, out, &count), ERR_EXISTS);
    report_hub_close(&h);
}

/* Every file of an issue tells who had not submitted; one that nobody is missing from has no such word. */
static void who_had_not_submitted_is_named_in_every_file(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    struct kept whole, k;
    char missing[64], listed[64];
    setup(&h, 37);
    snprintf(missing, sizeof missing, "%s 99999", report_units[1]);
    snprintf(listed, sizeof listed, "\"missing\":[\"%s\",\"99999\"]", report_units[1]);
    assert_int_equal(report_close(&h, "RP04", "2023-9M", &c), ERR_OK);
    kept_some(&h, c.issue.id, &whole);
    assert_int_equal(report_close_without(&h, "RP04", label, missing, &c), ERR_OK);
    kept_of(&h, c.issue.id, &k);
    assert_null(strstr(buf_cstr(&whole.bytes[HUB_ISSUE_JSON]), "missing"));
    assert_null(strstr(buf_cstr(&whole.bytes[HUB_ISSUE_CSV]), "missing"));
    assert_null(strstr(buf_cstr(&whole.bytes[whole.count - 1]), "missing"));
    assert_non_null(strstr(buf_cstr(&k.bytes[HUB_ISSUE_JSON]), listed));
    assert_non_null(strstr(buf_cstr(&k.bytes[HUB_ISSUE_CSV]), "\nmissing,"));
    assert_non_null(strstr(buf_cstr(&k.bytes[HUB_ISSUE_MANIFEST]), listed));
    const char *done = buf_cstr(&k.bytes[HUB_ISSUE_REGISTRATIONS]);
    assert_null(strstr(done, report_units[1]));
    assert_null(strstr(done, report_units[9])); /* sent nothing */
    assert_non_null(strstr(done, report_units[2]));
    assert_non_null(strstr(done, "\"735\""));
    kept_free(&whole);
    kept_free(&k);
    report_hub_close(&h);
}

static void a_closing_that_cannot_be_written_closes_nothing(void **state)
{
    (void)state;
    struct report_hub h;
    struct hub_close_result c;
    struct hub_issue found;
    struct hub_report_why why;
    struct hub_position before, after;
    setup(&h, 36);
    hub_store_position(h.store, &before);
    struct hub_close_request request = {
        .report = "RP04",
        .period = report_period(label),
        .now_ms = h.now_ms,
        .keys = &h.keys,
        .issue_key = &h.issue,
        .scratch = "/nonexistent/folder",
    };
    assert_int_not_equal(hub_close(h.store, &request, &c, &why), ERR_OK);
    hub_store_position(h.store, &after);
    assert_int_equal(before.position, after.position);
    assert_int_equal(hub_issues_find(h.store, "RP04", "735", label, 0, &found), ERR_NOT_FOUND);
    assert_int_equal(report_close(&h, "RP04", label, &c), ERR_OK);
    report_hub_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closing_cuts_the_log_before_its_own_set),
        cmocka_unit_test(a_second_closing_is_refused_and_names_the_first),
        cmocka_unit_test(issued_bytes_never_change),
        cmocka_unit_test(names_say_what_is_inside),
        cmocka_unit_test(what_cannot_be_said_is_left_out_and_named),
        cmocka_unit_test(who_had_not_submitted_is_named_in_every_file),
        cmocka_unit_test(an_issue_keeps_the_records_behind_each_cell),
        cmocka_unit_test(an_export_satisfies_the_stock_tool),
        cmocka_unit_test(a_closing_that_cannot_be_written_closes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
