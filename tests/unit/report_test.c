/*
 * Claims about hub/report: the figures are those of an independent recount of the same records; who
 * sent nothing is named; targets are judged; what cannot be asked is refused with words.
 */
#include "common/io/owed.h"
#include "common/io/db.h"
#include "tests/lib/catalogue_load.h"
#include "tests/lib/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <jansson.h>

enum { LINES_MAX = 4000, ROWS_MAX = 20000 };

/* ---- the naive recount: plain loops over the lines of the files ---- */

struct naive_row {
    const char *unit;
    json_t *j;
};

struct naive {
    struct naive_row rows[ROWS_MAX];
    size_t count;
    char t0[12], t1[12];
    char linked[2][40]; /* two ids that are one person */
};

static const char *get(json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s != NULL ? s : "";
}

static void naive_load(struct naive *n, const char *folder, int skip)
{
    static char line[8192];
    for (size_t i = 0; i < REPORT_UNITS; i++) {
        char path[192];
        if ((int)i == skip) continue;
        snprintf(path, sizeof path, "%s/%s.ndjson", folder, report_units[i]);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        while (fgets(line, sizeof line, f) != NULL) {
            assert_true(n->count < ROWS_MAX);
            n->rows[n->count].unit = report_units[i];
            n->rows[n->count].j = json_loads(line, 0, NULL);
            assert_non_null(n->rows[n->count].j);
            n->count++;
        }
        assert_int_equal(fclose(f), 0);
    }
}

static void naive_free(struct naive *n)
{
    for (size_t i = 0; i < n->count; i++)
        json_decref(n->rows[i].j);
    free(n);
}

static bool naive_is(const struct naive_row *r, const char *type, const char *unit)
{
    return strcmp(get(r->j, "type"), type) == 0 && (unit == NULL || strcmp(unit, r->unit) == 0);
}

static const char *naive_person(const struct naive *n, const char *id)
{
    return strcmp(id, n->linked[1]) == 0 ? n->linked[0] : id;
}

struct set {
    const char *v[ROWS_MAX];
    size_t count;
};

static void set_add(struct set *s, const char *v)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->v[i], v) == 0) return;
    }
    s->v[s->count++] = v;
}

static bool in_window(const struct naive *n, const char *day)
{
    return strcmp(n->t0, day) <= 0 && strcmp(day, n->t1) <= 0;
}

/* People on the list at the end. */
static int64_t naive_d01(const struct naive *n, const char *unit, struct set *s)
{
    s->count = 0;
    for (size_t i = 0; i < n->count; i++) {
        json_t *j = n->rows[i].j;
        if (!naive_is(&n->rows[i], "drug_case", unit)) continue;
        const char *closed = get(j, "dossier_closed_on");
        bool listed = strcmp(get(j, "in_list"), "1") == 0 || closed[0] != '\0';
        if (!listed || strcmp(get(j, "listed_on"), n->t1) > 0) continue;
        if (closed[0] != '\0' && strcmp(closed, n->t1) <= 0) continue;
        set_add(s, naive_person(n, get(j, "person")));
    }
    return (int64_t)s->count;
}

/* People helped: clients of assignments that touch the window, and of contacts in it. */
static int64_t naive_t04(const struct naive *n, const char *unit, struct set *s)
{
    s->count = 0;
    for (size_t i = 0; i < n->count; i++) {
        json_t *j = n->rows[i].j;
        bool task = naive_is(&n->rows[i], "assignment", unit) &&
                    strcmp(get(j, "from_on"), n->t1) <= 0 &&
                    (get(j, "to_on")[0] == '\0' || strcmp(get(j, "to_on"), n->t0) >= 0);
        bool contact =
            naive_is(&n->rows[i], "contact_log", unit) && in_window(n, get(j, "on_date"));
        if (task || contact) set_add(s, naive_person(n, get(j, "client")));
    }
    return (int64_t)s->count;
}

static int64_t naive_sum(const struct naive *n, const char *unit, const char *type,
                         const char *field)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n->count; i++) {
        json_t *j = n->rows[i].j;
        if (naive_is(&n->rows[i], type, unit) && in_window(n, get(j, "on_date")))
            sum += strtol(get(j, field), NULL, 10);
    }
    return sum;
}

/* Points with a session in the window (all are active since before 2023). */
static int64_t naive_t10(const struct naive *n, const char *unit, struct set *s)
{
    s->count = 0;
    for (size_t i = 0; i < n->count; i++) {
        json_t *j = n->rows[i].j;
        if (naive_is(&n->rows[i], "point_session", unit) && in_window(n, get(j, "on_date")))
            set_add(s, get(j, "point"));
    }
    return (int64_t)s->count;
}

static void naive_compare(const struct naive *n, const struct hub_report *r)
{
    struct set *s = calloc(1, sizeof *s);
    assert_non_null(s);
    for (size_t i = 0; i <= r->unit_count; i++) {
        const char *unit = i < r->unit_count ? r->units[i].code : NULL;
        const char *column = unit != NULL ? unit : r->unit;
        int64_t num, den;
        assert_true(report_figure(r, "D01", column, &num, &den));
        assert_int_equal(num, naive_d01(n, unit, s));
        assert_true(report_figure(r, "T04", column, &num, &den));
        assert_int_equal(num, naive_t04(n, unit, s));
        assert_true(report_figure(r, "T10", column, &num, &den));
        assert_int_equal(num, naive_t10(n, unit, s));
        assert_true(report_figure(r, "T11", column, &num, &den));
        assert_int_equal(num, naive_sum(n, unit, "point_session", "clients"));
    }
    free(s);
}

static void window_text(const struct hub_report *r, struct naive *n)
{
    date_print(r->window.first, n->t0);
    date_print(r->window.last, n->t1);
}

/* The ids of the person whom two communes list (the generator gives both the same national id). */
static void naive_link(struct naive *n)
{
    size_t found = 0;
    for (size_t i = 0; i < n->count; i++) {
        json_t *j = n->rows[i].j;
        if (strcmp(get(j, "national_id"), "075082123456") != 0) continue;
        assert_true(found < 2);
        snprintf(n->linked[found++], sizeof n->linked[0], "%s", get(j, "id"));
    }
    assert_int_equal(found, 2);
}

static void link_person(struct report_hub *h, const struct naive *n)
{
    char json[300];
    snprintf(json, sizeof json,
             "{\"type\":\"person_link\",\"id\":\"%032x\",\"person_a\":\"%s\",\"person_b\":\"%s\","
             "\"decision\":\"same\"}",
             77, n->linked[0], n->linked[1]);
    report_put(h, -1, json);
}

static const char *const periods[] = {"2023-6M", "2023-9M", "2023"};

static void figures_equal_a_naive_recount(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 2; seed++) {
        struct report_hub h;
        char data[128];
        struct naive *n = calloc(1, sizeof *n);
        assert_non_null(n);
        print_message("seed %u\n", seed);
        report_hub_open(&h, seed);
        report_fill(&h, seed, 0, -1);
        snprintf(data, sizeof data, "%s/data", h.folder);
        naive_load(n, data, -1);
        for (size_t i = 0; i < 3; i++) {
            struct hub_report *r = report_of(&h, "RP04", NULL, periods[i]);
            window_text(r, n);
            naive_compare(n, r);
            hub_report_free(r);
        }
        naive_free(n);
        report_hub_close(&h);
    }
}

/* What the report says it took out of the line of this indicator, and that it says so in words. */
static void merged_is(const struct hub_report *r, const char *indicator, int64_t want)
{
    struct buf text;
    char words[40];
    buf_init(&text, 65536);
    hub_report_merged_words(r, &text);
    for (size_t i = 0; i < r->line_count; i++) {
        if (strcmp(r->lines[i].indicator->id, indicator) != 0) continue;
        assert_int_equal(hub_report_merged(r, &r->lines[i]), want);
        snprintf(words, sizeof words, " %u: %d", r->lines[i].no, (int)want);
        assert_true((strstr(buf_cstr(&text), words) != NULL) == (want > 0));
    }
    buf_free(&text);
}

static void linked_persons_count_once_together_and_once_in_each_commune(void **state)
{
    (void)state;
    struct report_hub h;
    char data[128];
    int64_t before[3], after[3], den;
    struct naive *n = calloc(1, sizeof *n);
    assert_non_null(n);
    report_hub_open(&h, 3);
    report_fill(&h, 3, 0, -1);
    snprintf(data, sizeof data, "%s/data", h.folder);
    naive_load(n, data, -1);
    static const char *const units[] = {"26188", "26194", "735"};
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    for (size_t i = 0; i < 3; i++)
        assert_true(report_figure(r, "D01", units[i], &before[i], &den));
    merged_is(r, "D01", 0);
    hub_report_free(r);
    naive_link(n);
    link_person(&h, n);
    r = report_of(&h, "RP04", NULL, "2023-6M");
    for (size_t i = 0; i < 3; i++)
        assert_true(report_figure(r, "D01", units[i], &after[i], &den));
    assert_int_equal(after[0], before[0]);
    assert_int_equal(after[1], before[1]);
    assert_int_equal(after[2], before[2] - 1);
    merged_is(r, "D01", 1);
    window_text(r, n);
    naive_compare(n, r);
    hub_report_free(r);
    naive_free(n);
    report_hub_close(&h);
}

/* ---- who sent ---- */

static void a_commune_that_sent_nothing_is_named_and_is_not_zero(void **state)
{
    (void)state;
    struct report_hub h;
    size_t column;
    report_hub_open(&h, 4);
    report_fill(&h, 4, 0, 11);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    assert_int_equal(r->unit_count, REPORT_UNITS);
    assert_int_equal(hub_report_column(r, "26203", &column), ERR_OK);
    assert_int_equal(r->units[column].sent, HUB_SENT_NOTHING);
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        bool owed = owed_wanted(line->indicator); /* what is due is due, sent or not */
        for (size_t k = 0; k < line->row_count; k++) {
            assert_true(line->rows[k].cells[column].absent != owed);
            assert_false(line->rows[k].cells[0].absent);
            assert_false(line->rows[k].cells[r->unit_count].absent);
        }
    }
    for (size_t i = 0; i + 1 < r->unit_count; i++)
        assert_int_equal(r->units[i].sent, HUB_SENT_YES);
    hub_report_free(r);
    /* Of a window that begins later than everything there is, all is old. */
    r = report_of(&h, "RP04", NULL, "2024-6M");
    for (size_t i = 0; i + 1 < r->unit_count; i++)
        assert_int_equal(r->units[i].sent, HUB_SENT_EARLIER);
    hub_report_free(r);
    report_hub_close(&h);
}

static void a_commune_without_clients_has_a_zero_and_a_null_rate(void **state)
{
    (void)state;
    struct report_hub h;
    size_t column;
    char text[HUB_REPORT_VALUE_ROOM];
    report_hub_open(&h, 5);
    report_fill(&h, 5, 0, -1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023");
    assert_int_equal(hub_report_column(r, "26203", &column), ERR_OK);
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        const struct hub_report_cell *cell = &line->rows[0].cells[column];
        hub_report_value(line, cell, text);
        if (strcmp(line->indicator->id, "T04") == 0) assert_string_equal(text, "0");
        if (strcmp(line->indicator->id, "T03") == 0) {
            assert_true(cell->null);
            assert_string_equal(text, "");
        }
    }
    hub_report_free(r);
    report_hub_close(&h);
}

/* ---- periods, units ---- */

static void every_kind_of_period_has_its_window(void **state)
{
    (void)state;
    static const struct {
        const char *report, *unit, *period, *first, *last;
    } cases[] = {
        {"RP01", "26170", "2023-06", "2023-06-01", "2023-06-30"},
        {"RP01", NULL, "2023-02", "2023-02-01", "2023-02-28"},
        {"RP02", "26173", "2023-Q2", "2023-04-01", "2023-06-30"},
        {"RP03", "26203", "2023", "2023-01-01", "2023-12-31"},
        {"RP04", "735", "2023-6M", "2023-01-01", "2023-06-30"},
        {"RP04", NULL, "2023-9M", "2023-01-01", "2023-09-30"},
        {"RP04", NULL, "2023", "2023-01-01", "2023-12-31"},
    };
    struct report_hub h;
    report_hub_open(&h, 6);
    report_fill(&h, 6, 0, -1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char first[DATE_TEXT_ROOM], last[DATE_TEXT_ROOM];
        struct hub_report *r = report_of(&h, cases[i].report, cases[i].unit, cases[i].period);
        date_print(r->window.first, first);
        date_print(r->window.last, last);
        assert_string_equal(first, cases[i].first);
        assert_string_equal(last, cases[i].last);
        bool whole = cases[i].unit == NULL || strcmp(cases[i].unit, "735") == 0;
        assert_int_equal(r->unit_count, whole ? REPORT_UNITS : 1);
        assert_int_equal(r->has_total, whole);
        hub_report_free(r);
    }
    report_hub_close(&h);
}

/* Months add up to the quarter for flows that are sums; a commune's report says what the district's
 * says of it. */
static void flows_add_and_overviews_agree(void **state)
{
    (void)state;
    static const char *const months[] = {"2023-04", "2023-05", "2023-06"};
    struct report_hub h;
    int64_t sum = 0, num, den, quarter;
    report_hub_open(&h, 7);
    report_fill(&h, 7, 0, -1);
    for (size_t i = 0; i < 3; i++) {
        struct hub_report *r = report_of(&h, "RP01", NULL, months[i]);
        assert_true(report_figure(r, "T11", "735", &num, &den));
        sum += num;
        hub_report_free(r);
    }
    struct hub_report *all = report_of(&h, "RP02", NULL, "2023-Q2");
    assert_true(report_figure(all, "T11", "735", &quarter, &den));
    assert_int_equal(quarter, sum);
    assert_true(sum > 0);
    for (size_t i = 0; i < REPORT_UNITS; i++) {
        struct hub_report *one = report_of(&h, "RP02", report_units[i], "2023-Q2");
        for (size_t k = 0; k < one->line_count; k++) {
            const struct hub_report_cell *a = &one->lines[k].rows[0].cells[0];
            const struct hub_report_cell *b = &all->lines[k].rows[0].cells[i];
            assert_int_equal(a->num, b->num);
            assert_int_equal(a->den, b->den);
        }
        hub_report_free(one);
    }
    hub_report_free(all);
    report_hub_close(&h);
}

static void what_cannot_be_asked_is_refused_with_words(void **state)
{
    (void)state;
    static const struct {
        const char *report, *unit, *period;
        enum err e;
    } cases[] = {
        {"RP99", NULL, "2023", ERR_NOT_FOUND},       {"RP04", NULL, "2023-06", ERR_BAD_INPUT},
        {"RP04", "26170", "2023", ERR_BAD_INPUT},    {"RP01", "99999", "2023-06", ERR_NOT_FOUND},
        {"RP01", "23404", "2023-06", ERR_NOT_FOUND}, {"RP01", "26197", "2024-12", ERR_NOT_FOUND},
        {"RP04", NULL, "2025", ERR_NOT_FOUND}, /* the district's communes ended on 30 June */
    };
    struct report_hub h;
    report_hub_open(&h, 8);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hub_report *r = NULL;
        struct hub_report_why why;
        enum err e = hub_report_compute(h.store, cases[i].report, cases[i].unit,
                                        report_period(cases[i].period), &r, &why);
        assert_int_equal(e, cases[i].e);
        assert_null(r);
        assert_true(why.vi[0] != '\0' && why.en[0] != '\0');
    }
    report_hub_close(&h);
}

/* Bình Hòa and Hiếu Liêm ended on 31 October 2024: the tree is that of the window's end, and their
 * records are named as outside. */
static void units_are_those_of_the_windows_end(void **state)
{
    (void)state;
    struct report_hub h;
    report_hub_open(&h, 9);
    report_fill(&h, 9, 0, -1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2024");
    assert_int_equal(r->unit_count, 10);
    assert_int_equal(r->outside_count, 2);
    assert_string_equal(r->outside[0], "26197");
    assert_string_equal(r->outside[1], "26203");
    hub_report_free(r);
    report_hub_close(&h);
}

/* ---- targets ---- */

static void targets_stand_beside_the_figures(void **state)
{
    (void)state;
    struct report_hub h;
    size_t seen = 0, members = 0;
    report_hub_open(&h, 10);
    report_fill(&h, 10, 0, 11);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    for (size_t i = 0; i < r->target_count; i++) {
        const struct hub_report_target *t = &r->targets[i];
        const struct hub_report_line *line = &r->lines[t->line];
        const struct hub_report_cell *cell = &line->rows[0].cells[t->unit];
        if (strcmp(line->indicator->id, "T10") == 0) {
            /* one point is idle until July, one commune sent nothing: ten of twelve */
            seen++;
            assert_int_equal(t->unit, r->unit_count);
            assert_int_equal(cell->num, 10);
            assert_int_equal(t->met, HUB_MET_RUNNING);
        }
        if (strcmp(line->indicator->id, "T03") == 0) {
            members++;
            enum hub_met want = cell->absent     ? HUB_MET_NOTHING
                                : cell->den == 0 ? HUB_MET_NULL
                                                 : HUB_MET_RUNNING;
            assert_int_equal(t->met, want);
        }
    }
    assert_int_equal(seen, 1);
    assert_int_equal(members, REPORT_UNITS + 1);
    hub_report_free(r);
    r = report_of(&h, "RP04", NULL, "2024");
    assert_int_equal(r->target_count, 0);
    hub_report_free(r);
    report_hub_close(&h);
}

/* What a report of the period says of the district's twelve points: "word: share". */
static void points_say(struct report_hub *h, const char *report, const char *period,
                       enum hub_met want, const char *vi, const char *en)
{
    char met[HUB_MET_ROOM];
    size_t seen = 0;
    struct hub_report *r = report_of(h, report, NULL, period);
    for (size_t i = 0; i < r->target_count; i++) {
        const struct hub_report_target *t = &r->targets[i];
        if (strcmp(t->row.indicator, "T10") != 0) continue;
        seen++;
        assert_int_equal(t->met, want);
        hub_met_vi(r, t, met);
        assert_string_equal(met, vi);
        hub_met_en(r, t, met);
        assert_string_equal(met, en);
    }
    assert_int_equal(seen, 1);
    hub_report_free(r);
}

/* The plan of Vĩnh Cửu 2023: twelve points, of the year. */
static void the_years_target_is_judged_in_the_years_report(void **state)
{
    (void)state;
    struct report_hub h;
    report_hub_open(&h, 10);
    report_fill(&h, 10, 0, 11);
    points_say(&h, "RP01", "2023-05", HUB_MET_RUNNING, "chỉ tiêu cả năm", "the whole year's");
    points_say(&h, "RP02", "2023-Q2", HUB_MET_RUNNING, "chỉ tiêu cả năm", "the whole year's");
    points_say(&h, "RP04", "2023-6M", HUB_MET_RUNNING, "83,3% chỉ tiêu năm",
               "83.3% of the year's target");
    points_say(&h, "RP04", "2023-9M", HUB_MET_RUNNING, "91,7% chỉ tiêu năm",
               "91.7% of the year's target");
    /* one commune sent nothing: neither said to be met nor not */
    points_say(&h, "RP03", "2023", HUB_MET_PARTIAL, "chưa đủ số liệu (11/12 đơn vị)",
               "not enough data (11/12 units)");
    points_say(&h, "RP04", "2023", HUB_MET_PARTIAL, "chưa đủ số liệu (11/12 đơn vị)",
               "not enough data (11/12 units)");
    report_hub_close(&h);
}

/* A target of a period is judged in that period's report; an edition that does not say what a year's
 * target is goes on as before, so that what was issued under it comes out again. */
static void a_periods_target_is_judged_in_its_report(void **state)
{
    (void)state;
    struct report_hub h;
    static const char target[] =
        "{\"type\":\"target\",\"id\":\"0000000000000000000000000000c002\",\"indicator\":\"T10\","
        "\"target_unit\":\"735\",\"year\":\"2023\",\"period\":\"2023-Q2\",\"op\":\"ge\","
        "\"value\":\"1\",\"per\":\"total\"}";
    report_hub_open(&h, 10);
    report_put(&h, -1, target);
    points_say(&h, "RP02", "2023-Q2", HUB_MET_PARTIAL, "chưa đủ số liệu (0/12 đơn vị)",
               "not enough data (0/12 units)");
    struct hub_report *r = report_of(&h, "RP02", NULL, "2023-Q3");
    assert_int_equal(r->target_count, 0);
    hub_report_free(r);
    struct date last = {2023, 6, 30};
    assert_false(target_judged(h.catalogue, "", report_period("2023-6M"), last));
    assert_true(target_judged(h.catalogue, "", report_period("2023"), last));
    assert_true(target_judged(h.catalogue, "2023-6M", report_period("2023-6M"), last));
    struct catalogue *before = catalogue_load_parsed("tests/bench/catalogue");
    assert_true(target_judged(before, "", report_period("2023-6M"), last));
    catalogue_free(before);
    report_hub_close(&h);
}

/* A share of what is asked for; none where there is none to tell. */
static void progress_is_a_share_of_the_target(void **state)
{
    (void)state;
    static const struct {
        const char *period;
        bool ratio;
        int64_t num, den;
        const char *op, *value, *share;
    } cases[] = {
        {"2023-6M", false, 10, 0, "ge", "12", "83.3"},
        {"2023-9M", false, 12, 0, "eq", "12", "100.0"},
        {"2023-9M", false, 13, 0, "gt", "12", "108.3"},
        {"2023-6M", false, 0, 0, "ge", "12", "0.0"},
        {"2023-6M", false, 1, 0, "ge", "0.5", "200.0"},
        {"2023-6M", false, 1, 0, "ge", "2000", "0.1"}, /* halves up */
        {"2023-6M", true, 9, 20, "ge", "90", "50.0"},
        {"2023-6M", true, 1, 1, "ge", "90", "111.1"},
        {"2023-6M", true, 0, 0, "ge", "90", ""},
        {"2023-6M", false, 5, 0, "le", "10", ""},
        {"2023-6M", false, 5, 0, "lt", "10", ""},
        {"2023-6M", true, 3, 100, "band", "2", ""}, /* 2 to 5 % less: no more is no better */
        {"2023-6M", false, 5, 0, "reduce_percent", "0.5", ""},
        {"2023-6M", false, -5, 0, "ge", "10", ""},
        {"2023-6M", false, 5, 0, "ge", "0", ""},
        {"2023-6M", false, 5, 0, "ge", "-1", ""},
        {"2023-6M", false, 5, 0, "ge", "1e3", ""},
        {"2023-6M", false, INT64_MAX, 0, "ge", "0.000001", ""},
        {"2023-05", false, 10, 0, "ge", "12", ""},
        {"2023-Q2", false, 10, 0, "ge", "12", ""},
        {"2023", false, 10, 0, "ge", "12", ""},
        {"2023-01-01_2023-05-20", false, 10, 0, "ge", "12", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char share[TARGET_PROGRESS_ROOM];
        struct target t = {cases[i].op, cases[i].value, "5", "10"};
        target_progress(report_period(cases[i].period), cases[i].ratio, cases[i].num, cases[i].den,
                        &t, share);
        assert_string_equal(share, cases[i].share);
    }
}

static void comparisons_are_exact(void **state)
{
    (void)state;
    static const struct {
        bool ratio;
        int64_t num, den;
        const char *op, *value, *hi;
        enum hub_met met;
    } cases[] = {
        {false, 12, 0, "ge", "12", "", HUB_MET_YES},
        {false, 11, 0, "ge", "12", "", HUB_MET_NO},
        {false, 12, 0, "gt", "12", "", HUB_MET_NO},
        {false, 12, 0, "eq", "12", "", HUB_MET_YES},
        {false, 2, 0, "le", "2.5", "", HUB_MET_YES},
        {false, 3, 0, "lt", "2.5", "", HUB_MET_NO},
        {false, -1, 0, "ge", "-0.5", "", HUB_MET_NO},
        {true, 9, 10, "ge", "90", "", HUB_MET_YES},
        {true, 8999999, 10000000, "ge", "90", "", HUB_MET_NO},
        {true, 1, 3, "ge", "33.333333", "", HUB_MET_YES},
        {true, 1, 3, "le", "33.333333", "", HUB_MET_NO},
        {true, 0, 0, "ge", "100", "", HUB_MET_NULL},
        {true, 3, 100, "band", "2", "5", HUB_MET_YES},
        {true, 6, 100, "band", "2", "5", HUB_MET_NO},
        {false, INT64_MAX, 0, "ge", "999999999999", "", HUB_MET_YES},
        {false, 1, 0, "band", "1", "", HUB_MET_UNCLEAR},
        {false, 1, 0, "ge", "1e3", "", HUB_MET_UNCLEAR},
        {false, 1, 0, "ge", "", "", HUB_MET_UNCLEAR},
        {false, 1, 0, "ge", "1.", "", HUB_MET_UNCLEAR},
        {false, 1, 0, "ge", "1234567890123", "", HUB_MET_UNCLEAR},
        {false, 1, 0, "ge", "1.1234567", "", HUB_MET_UNCLEAR},
        {false, 1, 0, "nope", "1", "", HUB_MET_UNCLEAR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hub_target_row t = {.op = ""};
        snprintf(t.op, sizeof t.op, "%s", cases[i].op);
        snprintf(t.value, sizeof t.value, "%s", cases[i].value);
        snprintf(t.value_hi, sizeof t.value_hi, "%s", cases[i].hi);
        assert_int_equal(hub_report_meets(cases[i].ratio, cases[i].num, cases[i].den, &t),
                         cases[i].met);
    }
}

/* domain 9.2: "minus 0.5 %" read as percent of the number, and as points of the rate. */
static void a_reduction_is_compared_with_its_base(void **state)
{
    (void)state;
    static const struct {
        bool ratio;
        int64_t num, den;
        const char *op, *value, *base;
        enum hub_met met;
    } cases[] = {
        {false, 2699, 0, "reduce_percent", "0.5", "2713", HUB_MET_YES}, /* 2699.435 at most */
        {false, 2700, 0, "reduce_percent", "0.5", "2713", HUB_MET_NO},
        {false, 199, 0, "reduce_percent", "0.5", "200", HUB_MET_YES},
        {false, 200, 0, "reduce_percent", "0", "200", HUB_MET_YES},
        {false, 1, 0, "reduce_percent", "100", "200", HUB_MET_NO},
        {true, 12, 100, "reduce_points", "0.5", "12.5", HUB_MET_YES},
        {true, 121, 1000, "reduce_points", "0.5", "12.5", HUB_MET_NO},
        {true, 9, 100, "reduce_percent", "10", "10", HUB_MET_YES},
        {true, 91, 1000, "reduce_percent", "10", "10", HUB_MET_NO},
        {true, 0, 0, "reduce_points", "0.5", "12.5", HUB_MET_NULL},
        {false, 5, 0, "reduce_points", "0.5", "12.5", HUB_MET_UNCLEAR}, /* points of a number */
        {false, 5, 0, "reduce_percent", "0.5", "", HUB_MET_UNCLEAR},
        {false, 5, 0, "reduce_percent", "-1", "10", HUB_MET_UNCLEAR},
        {false, 5, 0, "reduce_half", "1", "10", HUB_MET_UNCLEAR},
        {true, INT64_MAX, INT64_MAX, "reduce_percent", "1", "999999999999", HUB_MET_UNCLEAR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hub_target_row t = {.op = ""};
        snprintf(t.op, sizeof t.op, "%s", cases[i].op);
        snprintf(t.value, sizeof t.value, "%s", cases[i].value);
        snprintf(t.base_value, sizeof t.base_value, "%s", cases[i].base);
        if (hub_report_meets(cases[i].ratio, cases[i].num, cases[i].den, &t) != cases[i].met)
            print_error("case %zu\n", i);
        assert_int_equal(hub_report_meets(cases[i].ratio, cases[i].num, cases[i].den, &t),
                         cases[i].met);
    }
}

/* ---- bad records ---- */

/* A node may send what no form would let through: the typed tables keep it, reports go on. */
static void no_record_can_keep_a_report_from_being_made(void **state)
{
    (void)state;
    static const char sql[] =
        "UPDATE activity SET participants = 'many' WHERE id = x'0000000000000000000000000000a001';"
        "UPDATE activity SET participants = 9223372036854775807 "
        "WHERE id IN (x'0000000000000000000000000000a002', x'0000000000000000000000000000a003');"
        "UPDATE activity SET field = CAST(x'610062' AS TEXT) || hex(zeroblob(3000)) "
        "WHERE id = x'0000000000000000000000000000a003';"
        "UPDATE drug_case SET person = hex(zeroblob(2000)) "
        "WHERE id = x'0000000000000000000000000000b001';";
    struct report_hub h;
    int64_t num, den;
    report_hub_open(&h, 12);
    for (unsigned i = 1; i <= 3; i++) {
        char json[300];
        snprintf(json, sizeof json,
                 "{\"type\":\"activity\",\"id\":\"%032x\",\"title\":\"x\",\"on_date\":"
                 "\"2023-05-05\",\"kind\":\"talk\",\"field\":\"drugs\",\"participants\":\"5\"}",
                 0xa000 + i);
        report_put(&h, 0, json);
    }
    report_put(&h, 0,
               "{\"type\":\"drug_case\",\"id\":\"0000000000000000000000000000b001\","
               "\"person\":\"0000000000000000000000000000b002\",\"status\":\"addict\","
               "\"in_list\":\"1\",\"listed_on\":\"2022-01-01\"}");
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    assert_true(report_figure(r, "A01L", "735", &num, &den));
    assert_int_equal(num, 15);
    hub_report_free(r);
    assert_int_equal(db_exec(hub_store_db(h.store), sql), ERR_OK);
    r = report_of(&h, "RP04", NULL, "2023-6M");
    assert_true(report_figure(r, "A01L", "735", &num, &den));
    assert_int_equal(num, 0);
    assert_true(report_figure(r, "D01", "735", &num, &den));
    assert_int_equal(num, 1);
    for (size_t i = 0; i < r->line_count; i++) {
        bool sum = strcmp(r->lines[i].indicator->id, "A01L") == 0;
        assert_int_equal(r->lines[i].left_out, sum ? 3 : 0);
    }
    hub_report_free(r);
    report_hub_close(&h);
}

/* A commune cannot set the district's targets. */
static void targets_are_the_districts(void **state)
{
    (void)state;
    struct report_hub h;
    static const char target[] =
        "{\"type\":\"target\",\"id\":\"0000000000000000000000000000c001\",\"indicator\":\"T10\","
        "\"target_unit\":\"735\",\"year\":\"2023\",\"op\":\"ge\",\"value\":\"0\",\"per\":"
        "\"total\"}";
    report_hub_open(&h, 13);
    report_put(&h, 0, target);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-6M");
    assert_int_equal(r->target_count, 0);
    hub_report_free(r);
    report_hub_close(&h);
}

/* ---- inputs ---- */

static enum err count_input(void *ctx, struct bytes record, const struct hub_figures_part *part)
{
    size_t *n = ctx;
    (void)part;
    if (record.len == 0) return ERR_OK; /* a fact of the unit, with no record behind it */
    assert_int_equal(record.len, ID_RECORD_BYTES);
    ++*n;
    return ERR_OK;
}

static void every_counted_cell_names_its_records(void **state)
{
    (void)state;
    struct report_hub h;
    report_hub_open(&h, 11);
    report_fill(&h, 11, 0, -1);
    struct hub_report *r = report_of(&h, "RP04", NULL, "2023-9M");
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        for (size_t k = 0; k < line->row_count; k++) {
            for (size_t c = 0; c < hub_report_columns(r); c++) {
                const struct hub_report_cell *cell = &line->rows[k].cells[c];
                size_t n = 0;
                assert_int_equal(hub_report_inputs(line, cell, count_input, &n), ERR_OK);
                if (line->indicator->measure == CATALOGUE_COUNT)
                    assert_true(n >= (size_t)cell->num && (cell->num > 0 || n == 0));
                /* of a report that nobody has begun there is no record */
                bool owed = owed_wanted(line->indicator);
                if (line->indicator->measure == CATALOGUE_RATIO)
                    assert_true(n >= (size_t)(owed ? cell->num : cell->den));
            }
        }
    }
    hub_report_free(r);
    report_hub_close(&h);
}

static void who_is_missing_is_read_as_the_close_set_writes_it(void **state)
{
    (void)state;
    struct hub_report *r = calloc(1, sizeof *r);
    char room[ADMIN_UNIT_BYTES_MAX + 2];
    assert_non_null(r);
    assert_int_equal(hub_report_set_missing(r, bytes_str("")), ERR_OK);
    assert_int_equal(r->missing_count, 0);
    memset(room, 'u', sizeof room);
    assert_int_equal(hub_report_set_missing(r, bytes_make(room, ADMIN_UNIT_BYTES_MAX)), ERR_OK);
    assert_int_equal(r->missing_count, 1);
    hub_report_free(r);
    const struct bytes wrong[] = {bytes_str(" "), bytes_str("1  2"), bytes_str("1 "),
                                  bytes_make(room, ADMIN_UNIT_BYTES_MAX + 1)};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        r = calloc(1, sizeof *r);
        assert_non_null(r);
        assert_int_equal(hub_report_set_missing(r, wrong[i]), ERR_DAMAGED);
        hub_report_free(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_missing_is_read_as_the_close_set_writes_it),
        cmocka_unit_test(figures_equal_a_naive_recount),
        cmocka_unit_test(linked_persons_count_once_together_and_once_in_each_commune),
        cmocka_unit_test(a_commune_that_sent_nothing_is_named_and_is_not_zero),
        cmocka_unit_test(a_commune_without_clients_has_a_zero_and_a_null_rate),
        cmocka_unit_test(every_kind_of_period_has_its_window),
        cmocka_unit_test(flows_add_and_overviews_agree),
        cmocka_unit_test(what_cannot_be_asked_is_refused_with_words),
        cmocka_unit_test(units_are_those_of_the_windows_end),
        cmocka_unit_test(targets_stand_beside_the_figures),
        cmocka_unit_test(the_years_target_is_judged_in_the_years_report),
        cmocka_unit_test(a_periods_target_is_judged_in_its_report),
        cmocka_unit_test(progress_is_a_share_of_the_target),
        cmocka_unit_test(comparisons_are_exact),
        cmocka_unit_test(a_reduction_is_compared_with_its_base),
        cmocka_unit_test(no_record_can_keep_a_report_from_being_made),
        cmocka_unit_test(targets_are_the_districts),
        cmocka_unit_test(every_counted_cell_names_its_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
