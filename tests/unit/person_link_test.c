/*
 * Claims about records of several communes that somebody found to be one person (docs/conflicts.md 6.2): whatever order
 * they are linked and unlinked in, all who hang together are counted once in the district and each in his commune; what
 * is taken back is asked again, counted as before, and touches no other link.
 */
#include "hub/store_records.h"
#include "tests/lib/report_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

enum who { A, B, C, D, WHO };

#define BIT(a, b) (1u << ((a) < (b) ? (a)*WHO + (b) : (b)*WHO + (a)))

static const char *const total = "735";
static const char *const counted[] = {"D01", "C01"}; /* a register of adults', one of children's */

static struct id_record id_of(unsigned kind, unsigned who)
{
    struct id_record id = {{(uint8_t)kind}};
    id.b[sizeof id.b - 1] = (uint8_t)who;
    return id;
}

static const char *hex_of(unsigned kind, unsigned who, char out[2 * ID_RECORD_BYTES + 1])
{
    struct id_record id = id_of(kind, who);
    id_hex(BYTES_OF(id.b), out);
    return out;
}

/* One person as the commune of that number has him: not all alike, so that a breakdown tells whose words count. */
static void person(struct report_hub *h, enum who who)
{
    static const char *const sexes[WHO] = {"male", "male", "female", "male"};
    char json[600], p[40], x[40];
    int node = (int)who * 2;
    snprintf(json, sizeof json,
             "{\"type\":\"person\",\"id\":\"%s\",\"full_name\":\"Nguyễn Văn Long\",\"sex\":\"%s\","
             "\"dob\":\"2011-02-03\",\"national_id\":\"075211123456\"}",
             hex_of(1, who, p), sexes[who]);
    report_put(h, node, json);
    snprintf(json, sizeof json,
             "{\"type\":\"drug_case\",\"id\":\"%s\",\"person\":\"%s\",\"status\":\"%s\","
             "\"in_list\":\"1\",\"listed_on\":\"2023-02-01\"}",
             hex_of(2, who, x), p, who == B ? "addict" : "user");
    report_put(h, node, json);
    snprintf(json, sizeof json,
             "{\"type\":\"child_case\",\"id\":\"%s\",\"person\":\"%s\",\"from_on\":\"2023-01-05\"}",
             hex_of(3, who, x), p);
    report_put(h, node, json);
}

/* Links are numbered by the two whom they join. */
static void decide(struct report_hub *h, enum who a, enum who b, const char *decision)
{
    char json[300], id[40], x[40], y[40];
    snprintf(json, sizeof json,
             "{\"type\":\"person_link\",\"id\":\"%s\",\"person_a\":\"%s\",\"person_b\":\"%s\","
             "\"decision\":\"%s\"}",
             hex_of(4, a * WHO + b, id), hex_of(1, a, x), hex_of(1, b, y), decision);
    report_put(h, -1, json);
}

static void undo(struct report_hub *h, enum who a, enum who b)
{
    struct id_record id = id_of(4, a * WHO + b);
    report_delete(h, -1, &id, true);
}

static void redo(struct report_hub *h, enum who a, enum who b)
{
    struct id_record id = id_of(4, a * WHO + b);
    report_delete(h, -1, &id, false);
}

static enum err pair_note(void *ctx, const struct hub_pair *p)
{
    unsigned a = p->a.b[sizeof p->a.b - 1], b = p->b.b[sizeof p->b.b - 1];
    *(unsigned *)ctx |= BIT(a, b);
    return ERR_OK;
}

/* The pairs that a person is still asked about. */
static void asked(struct report_hub *h, unsigned pairs)
{
    unsigned now = 0;
    assert_int_equal(hub_store_pairs(h->store, pair_note, &now), ERR_OK);
    assert_int_equal(now, pairs);
}

static struct hub_report *report(struct report_hub *h)
{
    return report_of(h, "RP05", NULL, "2023-6M");
}

/* Persons of both registers in the district; each commune that has one still counts its own. */
static void people(struct report_hub *h, size_t communes, int64_t persons)
{
    struct hub_report *r = report(h);
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
        int64_t num, den;
        for (size_t k = 0; k < communes; k++) {
            assert_true(report_figure(r, counted[i], report_units[2 * k], &num, &den));
            assert_int_equal(num, 1);
        }
        assert_true(report_figure(r, counted[i], total, &num, &den));
        assert_int_equal(num, persons);
    }
    hub_report_free(r);
}

/* Every cell of every line, breakdowns included. */
static void same_report(const struct hub_report *a, const struct hub_report *b)
{
    assert_int_equal(a->line_count, b->line_count);
    assert_int_equal(hub_report_columns(a), hub_report_columns(b));
    for (size_t i = 0; i < a->line_count; i++) {
        const struct hub_report_line *x = &a->lines[i], *y = &b->lines[i];
        assert_int_equal(x->row_count, y->row_count);
        for (size_t k = 0; k < x->row_count; k++) {
            assert_string_equal(x->rows[k].value, y->rows[k].value);
            for (size_t c = 0; c < hub_report_columns(a); c++) {
                assert_int_equal(x->rows[k].cells[c].num, y->rows[k].cells[c].num);
                assert_int_equal(x->rows[k].cells[c].den, y->rows[k].cells[c].den);
                assert_int_equal(x->rows[k].cells[c].null, y->rows[k].cells[c].null);
            }
        }
    }
}

static void open_with(struct report_hub *h, uint64_t seed, unsigned persons)
{
    report_hub_open(h, seed);
    for (unsigned i = 0; i < persons; i++)
        person(h, (enum who)i);
}

static void done(struct report_hub *h)
{
    assert_int_equal(hub_store_check(h->store), ERR_OK);
    report_hub_close(h);
}

static void three_are_one_and_undoing_one_link_leaves_the_other(void **state)
{
    (void)state;
    struct report_hub h;
    open_with(&h, 31, 3);
    struct hub_report *before = report(&h);
    people(&h, 3, 3);
    asked(&h, BIT(A, B) | BIT(B, C) | BIT(A, C));
    decide(&h, A, B, "same");
    people(&h, 3, 2);
    struct hub_report *first = report(&h);
    asked(&h, BIT(B, C) | BIT(A, C));
    decide(&h, B, C, "same");
    people(&h, 3, 1);
    asked(&h, BIT(A, C)); /* nobody said it of these two: it may be a mistake of the others */
    /* The first link goes: B and C are one all the same. */
    undo(&h, A, B);
    people(&h, 3, 2);
    asked(&h, BIT(A, B) | BIT(A, C));
    undo(&h, B, C);
    people(&h, 3, 3);
    asked(&h, BIT(A, B) | BIT(B, C) | BIT(A, C));
    struct hub_report *after = report(&h);
    same_report(before, after);
    hub_report_free(after);
    /* The other order: the second goes first, and what is left is the report of the first alone. */
    redo(&h, A, B);
    redo(&h, B, C);
    people(&h, 3, 1);
    undo(&h, B, C);
    people(&h, 3, 2);
    asked(&h, BIT(B, C) | BIT(A, C));
    after = report(&h);
    same_report(first, after);
    hub_report_free(after);
    undo(&h, A, B);
    after = report(&h);
    same_report(before, after);
    hub_report_free(after);
    hub_report_free(before);
    hub_report_free(first);
    done(&h);
}

static void a_fourth_joins_and_the_middle_goes(void **state)
{
    (void)state;
    struct report_hub h;
    open_with(&h, 32, 3);
    decide(&h, A, B, "same");
    decide(&h, B, C, "same");
    person(&h, D);
    people(&h, 4, 2);
    asked(&h, BIT(A, C) | BIT(A, D) | BIT(B, D) | BIT(C, D));
    decide(&h, C, D, "same");
    people(&h, 4, 1);
    asked(&h, BIT(A, C) | BIT(A, D) | BIT(B, D));
    /* The link in the middle of four goes: two persons, of two records each. */
    undo(&h, B, C);
    people(&h, 4, 2);
    asked(&h, BIT(A, C) | BIT(A, D) | BIT(B, D) | BIT(B, C));
    /* By another way round. */
    decide(&h, A, D, "same");
    people(&h, 4, 1);
    asked(&h, BIT(A, C) | BIT(B, D) | BIT(B, C));
    undo(&h, A, B);
    people(&h, 4, 2);
    undo(&h, C, D);
    people(&h, 4, 3);
    undo(&h, A, D);
    people(&h, 4, 4);
    asked(&h, BIT(A, B) | BIT(B, C) | BIT(A, C) | BIT(A, D) | BIT(B, D) | BIT(C, D));
    done(&h);
}

static void a_pair_linked_twice_over_stays_one_until_both_ways_are_gone(void **state)
{
    (void)state;
    struct report_hub h;
    open_with(&h, 33, 3);
    decide(&h, A, B, "same");
    decide(&h, B, C, "same");
    decide(&h, A, C, "same");
    people(&h, 3, 1);
    asked(&h, 0);
    undo(&h, A, C);
    people(&h, 3, 1); /* by way of B */
    asked(&h, BIT(A, C));
    undo(&h, A, B);
    people(&h, 3, 2);
    done(&h);
}

static void what_was_said_to_differ_is_asked_again_and_counts_nothing(void **state)
{
    (void)state;
    struct report_hub h;
    open_with(&h, 34, 3);
    struct hub_report *before = report(&h);
    decide(&h, A, B, "different");
    asked(&h, BIT(B, C) | BIT(A, C));
    people(&h, 3, 3);
    undo(&h, A, B);
    asked(&h, BIT(A, B) | BIT(B, C) | BIT(A, C));
    struct hub_report *after = report(&h);
    same_report(before, after);
    hub_report_free(before);
    hub_report_free(after);
    done(&h);
}

static bool fits(struct report_hub *h, enum who a, enum who b, bool same)
{
    struct id_record x = id_of(1, a), y = id_of(1, b);
    bool one = false, other = true;
    assert_int_equal(hub_store_project(h->store), ERR_OK);
    assert_int_equal(hub_store_link_fits(h->store, &x, &y, same, &one), ERR_OK);
    assert_int_equal(hub_store_link_fits(h->store, &y, &x, same, &other), ERR_OK);
    assert_int_equal(one, other);
    return one;
}

static void a_decision_that_others_contradict_is_told(void **state)
{
    (void)state;
    struct report_hub h;
    open_with(&h, 35, 4);
    assert_true(fits(&h, A, C, true) && fits(&h, A, C, false));
    decide(&h, A, B, "same");
    assert_true(fits(&h, A, C, true) && fits(&h, A, C, false));
    decide(&h, B, C, "same");
    assert_true(fits(&h, A, C, true)); /* they are one: said once more, of these two */
    assert_false(fits(&h, A, C, false));
    assert_true(fits(&h, A, D, true) && fits(&h, A, D, false));
    decide(&h, A, D, "different");
    assert_false(fits(&h, C, D, true)); /* C is A, who is not D */
    assert_true(fits(&h, C, D, false));
    undo(&h, B, C);
    assert_true(fits(&h, C, D, true) && fits(&h, A, C, false));
    assert_false(fits(&h, B, D, true));
    undo(&h, A, D);
    assert_true(fits(&h, B, D, true));
    done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_are_one_and_undoing_one_link_leaves_the_other),
        cmocka_unit_test(a_fourth_joins_and_the_middle_goes),
        cmocka_unit_test(a_pair_linked_twice_over_stays_one_until_both_ways_are_gone),
        cmocka_unit_test(what_was_said_to_differ_is_asked_again_and_counts_nothing),
        cmocka_unit_test(a_decision_that_others_contradict_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
