/* Records between catalogue, text and protocol. SPEC 4.12, 6.3, 8.3. */
#include "proto/record.h"
#include "tests/lib/catalogue_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static void text_and_value_say_the_same(void **state)
{
    (void)state;
    static const struct {
        enum catalogue_kind kind;
        const char *text;
        const char *value; /* NULL: refused */
        size_t len;
    } cases[] = {
        {CATALOGUE_TEXT, "Lan", "\xa3Lan", 4},
        {CATALOGUE_TEXT, "a\x01", NULL, 0},
        {CATALOGUE_INT, "0", "\x00", 1},
        {CATALOGUE_INT, "-1", "\xff", 1},
        {CATALOGUE_INT, "200", "\xcc\xc8", 2},
        {CATALOGUE_INT, "9223372036854775807", "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 9},
        {CATALOGUE_INT, "-9223372036854775808", "\xd3\x80\x00\x00\x00\x00\x00\x00\x00", 9},
        {CATALOGUE_INT, "9223372036854775808", NULL, 0},
        {CATALOGUE_INT, "-9223372036854775809", NULL, 0},
        {CATALOGUE_INT, "-0", NULL, 0},
        {CATALOGUE_INT, "007", NULL, 0},
        {CATALOGUE_INT, "-", NULL, 0},
        {CATALOGUE_MONEY, "1.5", NULL, 0},
        {CATALOGUE_DECIMAL, "-12.5", "\xa5-12.5", 6},
        {CATALOGUE_DECIMAL, "0",
         "\xa1"
         "0",
         2},
        {CATALOGUE_DECIMAL, "-0.5", "\xa4-0.5", 5},
        {CATALOGUE_DECIMAL, "-0", NULL, 0},
        {CATALOGUE_DECIMAL, "1.50", NULL, 0},
        {CATALOGUE_DECIMAL, "01", NULL, 0},
        {CATALOGUE_DECIMAL, ".5", NULL, 0},
        {CATALOGUE_DECIMAL, "1.", NULL, 0},
        {CATALOGUE_BOOL, "1", "\xc3", 1},
        {CATALOGUE_BOOL, "2", NULL, 0},
        {CATALOGUE_DATE, "2023-02-28",
         "\xaa"
         "2023-02-28",
         11},
        {CATALOGUE_DATE, "2023-02-29", NULL, 0},
        {CATALOGUE_DATE, "28/02/2023", NULL, 0},
        {CATALOGUE_PDATE, "1960-05",
         "\xa7"
         "1960-05",
         8},
        {CATALOGUE_PDATE, "05/1960", NULL, 0},
        {CATALOGUE_REF, "000102030405060708090a0b0c0d0e0f",
         "\xc4\x10\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f", 18},
        {CATALOGUE_REF, "000102030405060708090A0B0C0D0E0F", NULL, 0},
        {CATALOGUE_REF, "00", NULL, 0},
        {CATALOGUE_CHOICES, "a", NULL, 0},
        {CATALOGUE_DATE, "", "\xc0", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct catalogue_field f = {.kind = cases[i].kind, .tie = ""};
        struct buf value, text;
        buf_init(&value, 5000);
        buf_init(&text, 5000);
        enum err e = record_value_from_text(&f, bytes_str(cases[i].text), &value);
        assert_int_equal(e, cases[i].value != NULL ? ERR_OK : ERR_BAD_VALUE);
        if (e == ERR_OK) {
            assert_int_equal(value.len, cases[i].len);
            assert_memory_equal(value.p, cases[i].value, cases[i].len);
            assert_int_equal(record_value_to_text(&f, buf_bytes(&value), &text), ERR_OK);
            assert_string_equal(buf_cstr(&text), cases[i].text);
        }
        buf_free(&value);
        buf_free(&text);
    }
}

static const struct fold_rules *rules_of_apply; /* NULL: every field asks */

static void apply_at(size_t place, struct fold *f, struct record_writes *w, enum change_kind kind,
                     unsigned type, unsigned who, uint64_t seq, enum fold_verdict want)
{
    struct fold_set set = {.position = seq + 1, .clock = seq};
    set.version.b[0] = (uint8_t)who;
    le64_store(set.version.b + 8, seq);
    struct change_op op = {.kind = kind, .type = type, .writes = w->v, .count = w->count};
    enum fold_verdict v;
    assert_int_equal(fold_apply(f, &op, &set, rules_of_apply, &v), ERR_OK);
    assert_int_equal(v, want);
    /* The writes' memory is used again: the fold goes through its saved state, which it borrows. Two folds at a
     * time, so two pieces of memory, told apart by their place. */
    static uint8_t bytes[2][FOLD_STATE_BYTES_MAX];
    struct buf saved;
    buf_init(&saved, FOLD_STATE_BYTES_MAX);
    fold_save(f, &saved);
    assert_int_equal(saved.e, ERR_OK);
    size_t len = saved.len;
    memcpy(bytes[place], saved.p, len);
    buf_free(&saved);
    fold_clear(f);
    assert_int_equal(fold_load(f, bytes_make(bytes[place], len)), ERR_OK);
}

static void apply(struct fold *f, struct record_writes *w, enum change_kind kind, unsigned type,
                  unsigned who, uint64_t seq, enum fold_verdict want)
{
    apply_at(0, f, w, kind, type, who, seq, want);
}

/* Two people change different fields of one tie: both fields are in conflict. */
static void a_tie_is_one_register(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    const struct catalogue_type *t = catalogue_type_by_name(c, "person");
    const struct catalogue_field *poverty = catalogue_field_by_name(t, "poverty");
    const struct catalogue_field *year = catalogue_field_by_name(t, "poverty_year");
    struct record_cell cells[CATALOGUE_FIELDS_MAX];
    struct record_writes w, other;
    struct fold f;
    assert_string_equal(poverty->tie, year->tie);
    assert_int_equal(record_writes_init(&w), ERR_OK);
    assert_int_equal(record_writes_init(&other), ERR_OK);
    w.type = other.type = t;
    assert_int_equal(fold_init(&f), ERR_OK);
    struct record_edit all[] = {{.field = poverty, .text = bytes_str("poor")},
                                {.field = year, .text = bytes_str("2022")}};
    assert_int_equal(record_writes_make(&f, all, 2, &w), ERR_OK);
    assert_int_equal(w.count, 2);
    apply(&f, &w, CHANGE_CREATE, t->no, 1, 0, FOLD_APPLIED);
    assert_int_equal(record_writes_make(&f, all, 2, &w), ERR_OK);
    assert_int_equal(w.count, 0); /* nothing changed */
    struct record_edit mine = {.field = poverty, .text = bytes_str("none")};
    struct record_edit theirs = {.field = year, .text = bytes_str("2023")};
    assert_int_equal(record_writes_make(&f, &mine, 1, &w), ERR_OK);
    assert_int_equal(record_writes_make(&f, &theirs, 1, &other), ERR_OK);
    assert_int_equal(w.count, 2);
    assert_int_equal(other.count, 2);
    assert_int_equal(w.v[0].bases.len, ID_VERSION_BYTES);
    apply(&f, &w, CHANGE_EDIT, t->no, 2, 1, FOLD_APPLIED);
    apply(&f, &other, CHANGE_EDIT, t->no, 3, 2, FOLD_CONFLICT);
    record_cells(&f, t, cells);
    assert_true(cells[poverty - t->fields].conflict);
    assert_true(cells[year - t->fields].conflict);
    assert_false(cells[0].conflict);
    /* What is shown, chosen by a person, settles it. */
    mine.settle = true;
    assert_int_equal(record_writes_make(&f, &mine, 1, &w), ERR_OK);
    assert_int_equal(w.count, 2);
    apply(&f, &w, CHANGE_EDIT, t->no, 1, 3, FOLD_APPLIED);
    record_cells(&f, t, cells);
    assert_false(cells[poverty - t->fields].conflict);
    /* Deleting names what is there; bringing back names the deletion. */
    assert_int_equal(record_writes_delete(&f, &w), ERR_OK);
    apply(&f, &w, CHANGE_DELETE, t->no, 1, 4, FOLD_APPLIED);
    assert_true(fold_deleted(&f) && !fold_delete_conflict(&f));
    assert_int_equal(record_writes_restore(&f, &w), ERR_OK);
    assert_int_equal(w.count, 1);
    apply(&f, &w, CHANGE_EDIT, t->no, 1, 5, FOLD_APPLIED);
    assert_false(fold_deleted(&f));
    assert_int_equal(record_writes_restore(&f, &w), ERR_OK);
    assert_int_equal(w.count, 0);
    fold_free(&f);
    record_writes_free(&w);
    record_writes_free(&other);
    catalogue_free(c);
}

static void a_set_of_choices_is_written_by_element(void **state)
{
    (void)state;
    struct catalogue_field field = {
        .no = 7, .kind = CATALOGUE_CHOICES, .policy = CATALOGUE_UNION, .tie = ""};
    struct bytes ab[] = {{(const uint8_t *)"a", 1}, {(const uint8_t *)"b\"", 2}};
    struct bytes got[4];
    struct record_writes w;
    struct fold f;
    struct buf json;
    buf_init(&json, 100);
    assert_int_equal(record_writes_init(&w), ERR_OK);
    assert_int_equal(fold_init(&f), ERR_OK);
    struct record_edit edit = {.field = &field, .elements = ab, .element_count = 2};
    assert_int_equal(record_writes_make(&f, &edit, 1, &w), ERR_OK);
    assert_int_equal(w.count, 2);
    apply(&f, &w, CHANGE_CREATE, 1, 1, 0, FOLD_APPLIED);
    record_elements_json(&f, 7, &json);
    assert_string_equal(buf_cstr(&json), "[\"a\",\"b\\\"\"]");
    edit.element_count = 1;
    assert_int_equal(record_writes_make(&f, &edit, 1, &w), ERR_OK);
    assert_int_equal(w.count, 1); /* only what leaves is written */
    assert_memory_equal(w.v[0].value.p, "\xc2", 1);
    apply(&f, &w, CHANGE_EDIT, 1, 1, 1, FOLD_APPLIED);
    assert_int_equal(record_elements(&f, 7, got, 4), 1);
    assert_memory_equal(got[0].p, "a", 1);
    ab[1] = ab[0];
    edit.element_count = 2;
    assert_int_equal(record_writes_make(&f, &edit, 1, &w), ERR_BAD_VALUE); /* twice */
    buf_free(&json);
    fold_free(&f);
    record_writes_free(&w);
}

static void make_locks(const struct fold *f, const struct record_lock *locks, size_t count,
                       size_t writes, struct record_writes *w)
{
    w->locks = locks;
    w->lock_count = count;
    assert_int_equal(record_writes_make(f, NULL, 0, w), ERR_OK);
    assert_int_equal(w->count, writes);
}

/* A lock is an element: PCs that lock other fields do not meet, and who locked and who unlocked at once have it
 * locked, in either order, with nothing to ask. */
static void locks_meet_in_no_order(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    const struct catalogue_type *t = catalogue_type_by_name(c, "person");
    const struct catalogue_field *name = catalogue_field_by_name(t, "full_name");
    const struct catalogue_field *dob = catalogue_field_by_name(t, "dob");
    const struct catalogue_field *sex = catalogue_field_by_name(t, "sex");
    const struct record_edit edit = {.field = name, .text = bytes_str("Lan")};
    const struct record_lock mine[] = {{dob, true}, {name, true}};
    const struct record_lock theirs[] = {{dob, true}, {sex, true}};
    const struct record_lock open[] = {{dob, false}}, twice[] = {{sex, true}, {sex, false}};
    struct record_rules_ctx ctx = {.catalogue = c};
    struct fold_rules rules = record_rules(&ctx);
    struct record_writes create, a, b, b2;
    struct fold f[2]; /* the first hears of a, b, b2; the second, which wrote b and b2, of a last */
    rules_of_apply = &rules;
    assert_int_equal(record_writes_init(&create), ERR_OK);
    assert_int_equal(record_writes_init(&a), ERR_OK);
    assert_int_equal(record_writes_init(&b), ERR_OK);
    assert_int_equal(record_writes_init(&b2), ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fold_init(&f[i]), ERR_OK);
        assert_int_equal(record_writes_make(&f[i], &edit, 1, &create), ERR_OK);
        apply_at(i, &f[i], &create, CHANGE_CREATE, t->no, 1, 0, FOLD_APPLIED);
        assert_false(record_locked_any(&f[i]));
    }
    make_locks(&f[0], mine, 2, 2, &a);
    make_locks(&f[1], theirs, 2, 2, &b);
    apply_at(0, &f[0], &a, CHANGE_EDIT, t->no, 2, 1, FOLD_APPLIED);
    apply_at(0, &f[0], &b, CHANGE_EDIT, t->no, 3, 2, FOLD_APPLIED);
    apply_at(1, &f[1], &b, CHANGE_EDIT, t->no, 3, 2, FOLD_APPLIED);
    assert_true(record_locked(&f[1], dob->no) && record_locked(&f[1], sex->no));
    assert_false(record_locked(&f[1], name->no));
    make_locks(&f[1], theirs, 2, 0, &b2); /* locked already: there is nothing to write */
    make_locks(&f[1], open, 1, 1, &b2);
    apply_at(1, &f[1], &b2, CHANGE_EDIT, t->no, 3, 3, FOLD_APPLIED);
    assert_false(record_locked(&f[1], dob->no));
    apply_at(0, &f[0], &b2, CHANGE_EDIT, t->no, 3, 3, FOLD_APPLIED);
    apply_at(1, &f[1], &a, CHANGE_EDIT, t->no, 2, 1, FOLD_APPLIED);
    for (size_t i = 0; i < 2; i++) {
        assert_true(record_locked(&f[i], dob->no)); /* b2 had not seen a */
        assert_true(record_locked(&f[i], name->no) && record_locked(&f[i], sex->no));
        assert_int_equal(fold_conflicts(&f[i], &rules), 0);
        make_locks(&f[i], open, 1, 1, &b2);
        assert_int_equal(b2.v[0].bases.len, 2 * ID_VERSION_BYTES); /* who sees both opens it */
        apply_at(i, &f[i], &b2, CHANGE_EDIT, t->no, 4, 9, FOLD_APPLIED);
        assert_true(!record_locked(&f[i], dob->no) && record_locked(&f[i], sex->no));
    }
    rules_of_apply = NULL;
    a.locks = twice;
    assert_int_equal(record_writes_make(&f[0], NULL, 0, &a), ERR_BAD_VALUE);
    assert_ptr_equal(record_lock_field(t, bytes_str("4")), dob);
    assert_null(record_lock_field(t, bytes_str("04"))); /* no number: it means nothing */
    assert_null(record_lock_field(t, bytes_str("65534")));
    fold_free(&f[0]);
    fold_free(&f[1]);
    record_writes_free(&create);
    record_writes_free(&a);
    record_writes_free(&b);
    record_writes_free(&b2);
    catalogue_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_value_say_the_same),
        cmocka_unit_test(a_tie_is_one_register),
        cmocka_unit_test(a_set_of_choices_is_written_by_element),
        cmocka_unit_test(locks_meet_in_no_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
