/* Claims about hub/canonical: same cut, same bytes, anywhere; integers only; nothing unescaped. */
#include "hub/canonical.h"
#include "common/csv.h"
#include "common/io/file.h"
#include "hub/store_replay.h"
#include "tests/lib/report_fixture.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>
#include <time.h>

struct made {
    struct buf json, csv;
};

static void make(struct hub_store *s, const char *id, const char *label, struct made *m)
{
    struct hub_report *r = NULL;
    struct hub_report_why why;
    buf_init(&m->json, HUB_CANONICAL_BYTES_MAX);
    buf_init(&m->csv, HUB_CANONICAL_BYTES_MAX);
    assert_int_equal(hub_report_compute(s, id, NULL, report_period(label), &r, &why), ERR_OK);
    assert_int_equal(hub_canonical_json(r, &m->json), ERR_OK);
    assert_int_equal(hub_canonical_csv(r, &m->csv), ERR_OK);
    hub_report_free(r);
}

static void made_free(struct made *m)
{
    buf_free(&m->json);
    buf_free(&m->csv);
}

static void assert_same(const struct made *a, const struct made *b)
{
    assert_true(bytes_equal(buf_bytes(&a->json), buf_bytes(&b->json)));
    assert_true(bytes_equal(buf_bytes(&a->csv), buf_bytes(&b->csv)));
}

static const char *const periods[][2] = {{"RP04", "2023-6M"}, {"RP04", "2023-9M"},
                                         {"RP04", "2023"},    {"RP01", "2023-03"},
                                         {"RP02", "2023-Q3"}, {"RP03", "2023"}};

static void the_same_cut_gives_the_same_bytes(void **state)
{
    (void)state;
    struct report_hub h;
    report_hub_open(&h, 20);
    report_fill(&h, 20, 3, 6);
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        struct made a, b, c;
        struct hub_store *replay = NULL;
        struct hub_position at;
        uint64_t position;
        make(h.store, periods[i][0], periods[i][1], &a);
        report_hub_reopen(&h);
        make(h.store, periods[i][0], periods[i][1], &b);
        assert_same(&a, &b);
        hub_store_position(h.store, &at);
        assert_int_equal(hub_replay_open(h.store, at.epoch, at.position, &replay, &position),
                         ERR_OK);
        make(replay, periods[i][0], periods[i][1], &c);
        assert_same(&a, &c);
        hub_store_close(replay);
        made_free(&a);
        made_free(&b);
        made_free(&c);
    }
    report_hub_close(&h);
}

static void time_zone_and_locale_change_nothing(void **state)
{
    (void)state;
    static const char *const zones[] = {"Pacific/Kiritimati", "America/Los_Angeles",
                                        "Asia/Ho_Chi_Minh"};
    struct report_hub h;
    struct made a;
    report_hub_open(&h, 21);
    report_fill(&h, 21, 0, -1);
    make(h.store, "RP04", "2023-6M", &a);
    for (size_t i = 0; i < 3; i++) {
        struct made b;
        assert_int_equal(setenv("TZ", zones[i], 1), 0);
        tzset();
        (void)setlocale(LC_ALL, i == 0 ? "de_DE.UTF-8" : "vi_VN.UTF-8");
        make(h.store, "RP04", "2023-6M", &b);
        assert_same(&a, &b);
        made_free(&b);
    }
    assert_non_null(setlocale(LC_ALL, "C"));
    assert_int_equal(unsetenv("TZ"), 0);
    made_free(&a);
    report_hub_close(&h);
}

/* From the first line to the end of the lines: everything that is no cut. */
static struct bytes lines_of(struct made *m)
{
    const char *text = buf_cstr(&m->json);
    const char *from = strstr(text, "\"lines\":["), *to = strstr(text, "\"targets\":[");
    assert_non_null(from);
    assert_non_null(to);
    return bytes_make(from, (size_t)(to - from));
}

static void the_order_of_arrival_changes_only_the_cut(void **state)
{
    (void)state;
    struct report_hub g, h;
    struct made a, b;
    report_hub_open(&g, 22);
    report_hub_open(&h, 22);
    report_fill(&g, 22, 0, -1);
    h.frame = 3;
    report_fill(&h, 22, 7, -1);
    make(g.store, "RP04", "2023-9M", &a);
    make(h.store, "RP04", "2023-9M", &b);
    assert_false(bytes_equal(buf_bytes(&a.json), buf_bytes(&b.json)));
    assert_true(bytes_equal(lines_of(&a), lines_of(&b)));
    made_free(&a);
    made_free(&b);
    report_hub_close(&g);
    report_hub_close(&h);
}

/* ---- form ---- */

static void no_reals(json_t *j)
{
    const char *key;
    json_t *v;
    size_t i;
    assert_false(json_is_real(j));
    if (json_is_array(j)) json_array_foreach(j, i, v) no_reals(v);
    if (json_is_object(j)) json_object_foreach(j, key, v) no_reals(v);
}

static size_t csv_rows(const struct buf *csv, const char *kind)
{
    struct csv_reader r;
    struct csv_row row;
    size_t n = 0, width = 0;
    csv_open(&r, ',');
    csv_feed(&r, buf_bytes(csv));
    enum err e;
    while ((e = csv_next(&r, &row)) == ERR_OK || e == ERR_AGAIN) {
        if (e == ERR_AGAIN) {
            csv_finish(&r);
            continue;
        }
        if (width == 0) width = row.count;
        assert_int_equal(row.count, width);
        n += bytes_equal(row.fields[0], bytes_str(kind));
    }
    assert_int_equal(e, ERR_NOT_FOUND);
    assert_int_equal(width, 27);
    csv_close(&r);
    return n;
}

static void json_holds_every_cell_and_no_fractions(void **state)
{
    (void)state;
    struct report_hub h;
    struct made m;
    report_hub_open(&h, 23);
    report_fill(&h, 23, 0, 2);
    make(h.store, "RP04", "2023-6M", &m);
    json_t *j = json_loadb((const char *)m.json.p, m.json.len, 0, NULL);
    assert_non_null(j);
    no_reals(j);
    json_t *lines = json_object_get(j, "lines"), *line, *row;
    size_t i, k, parts = 0, figures = 0;
    json_array_foreach(lines, i, line)
    {
        json_array_foreach(json_object_get(line, "rows"), k, row)
        {
            assert_int_equal(json_array_size(json_object_get(row, "cells")), REPORT_UNITS + 1);
            figures += k == 0 ? REPORT_UNITS + 1 : 0;
            parts += k == 0 ? 0 : REPORT_UNITS + 1;
        }
    }
    size_t expected;
    assert_non_null(catalogue_lines(hub_store_catalogue(h.store), "RP04", &expected));
    assert_int_equal(json_array_size(lines), expected);
    assert_int_equal(csv_rows(&m.csv, "figure"), figures);
    assert_int_equal(csv_rows(&m.csv, "part"), parts);
    assert_int_equal(csv_rows(&m.csv, "target"), json_array_size(json_object_get(j, "targets")));
    json_t *none = json_object_get(j, "nothing_sent");
    assert_int_equal(json_array_size(none), 1);
    assert_string_equal(json_string_value(json_array_get(none, 0)), report_units[2]);
    json_decref(j);
    made_free(&m);
    report_hub_close(&h);
}

/* What a record says in words where a choice is expected does not leave in a report. */
static void a_value_that_the_list_has_not_stands_as_a_question_mark(void **state)
{
    (void)state;
    static const char record[] =
        "{\"type\":\"activity\",\"id\":\"00000000000000000000000000000abc\",\"title\":\"x\","
        "\"on_date\":\"2023-05-05\",\"kind\":\"talk\",\"field\":\"a\\\"b\\\\c,\"}";
    struct report_hub h;
    struct made m;
    report_hub_open(&h, 24);
    report_put(&h, 0, record);
    make(h.store, "RP04", "2023-6M", &m);
    json_t *j = json_loadb((const char *)m.json.p, m.json.len, 0, NULL);
    assert_non_null(j);
    assert_non_null(strstr(buf_cstr(&m.json), "\"value\":\"?\""));
    assert_null(strstr(buf_cstr(&m.json), "b\\\\c"));
    assert_null(strstr(buf_cstr(&m.csv), "b\\c"));
    assert_int_equal(csv_rows(&m.csv, "part"), REPORT_UNITS + 1);
    json_decref(j);
    made_free(&m);
    report_hub_close(&h);
}

static void the_digest_is_of_the_json(void **state)
{
    (void)state;
    /* BLAKE2b-256 of "abc" */
    static const char want[] = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";
    struct id_hash digest;
    char hex[65];
    hub_canonical_digest(bytes_str("abc"), &digest);
    id_hex(BYTES_OF(digest.b), hex);
    assert_string_equal(hex, want);
}

/* ---- an independent recount, in Python, out of the same records ---- */

static int recount(const struct report_hub *h, struct bytes json, const char *link)
{
    char path[128], command[600];
    snprintf(path, sizeof path, "%s/figures.json", h->folder);
    assert_int_equal(file_write_atomic(path, json, 0600), ERR_OK);
    int n = snprintf(command, sizeof command,
                     "python3 %s/tests/recount.py --data '%s/data' --json '%s' %s > '%s/out.txt'",
                     DONGBO_SOURCE_DIR, h->folder, path, link, h->folder);
    assert_true(n > 0 && (size_t)n < sizeof command);
    return system(command);
}

static void two_ids(const struct report_hub *h, char ids[2][33])
{
    static const size_t units[] = {6, 8}; /* the generator gives both one person */
    static char line[8192];
    for (size_t i = 0; i < 2; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/data/%s.ndjson", h->folder, report_units[units[i]]);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        ids[i][0] = '\0';
        while (fgets(line, sizeof line, f) != NULL) {
            if (strstr(line, "075082123456") == NULL) continue;
            const char *id = strstr(line, "\"id\":\"");
            assert_non_null(id);
            snprintf(ids[i], 33, "%.32s", id + 6);
        }
        assert_int_equal(fclose(f), 0);
        assert_int_equal(strlen(ids[i]), 32);
    }
}

static void an_independent_recount_agrees(void **state)
{
    (void)state;
    struct report_hub h;
    char ids[2][33], json[300], link[100];
    report_hub_open(&h, 25);
    report_fill(&h, 25, 4, 9);
    two_ids(&h, ids);
    snprintf(link, sizeof link, "--link %s,%s", ids[0], ids[1]);
    snprintf(json, sizeof json,
             "{\"type\":\"person_link\",\"id\":\"%032x\",\"person_a\":\"%s\","
             "\"person_b\":\"%s\",\"decision\":\"same\"}",
             77, ids[0], ids[1]);
    report_put(&h, -1, json);
    for (size_t i = 0; i < sizeof periods / sizeof periods[0]; i++) {
        struct made m;
        make(h.store, periods[i][0], periods[i][1], &m);
        assert_int_equal(recount(&h, buf_bytes(&m.json), link), 0);
        if (i == 0) { /* it does see differences */
            assert_int_not_equal(recount(&h, buf_bytes(&m.json), ""), 0);
            char *num = strstr((char *)(uintptr_t)buf_cstr(&m.json), "\"num\":1,");
            assert_non_null(num);
            num[6] = '2';
            assert_int_not_equal(recount(&h, buf_bytes(&m.json), link), 0);
        }
        made_free(&m);
    }
    report_hub_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_cut_gives_the_same_bytes),
        cmocka_unit_test(time_zone_and_locale_change_nothing),
        cmocka_unit_test(the_order_of_arrival_changes_only_the_cut),
        cmocka_unit_test(json_holds_every_cell_and_no_fractions),
        cmocka_unit_test(a_value_that_the_list_has_not_stands_as_a_question_mark),
        cmocka_unit_test(an_independent_recount_agrees),
        cmocka_unit_test(the_digest_is_of_the_json),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
