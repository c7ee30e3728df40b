/* One person in two communes: what counts as the same, by examples, by properties, and on labelled pairs. */
#include "common/csv.h"
#include "common/io/file.h"
#include "common/person_match.h"
#include "tests/lib/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct person_match made(const char *name, const char *birth, const char *sex)
{
    struct person_match p;
    assert_int_equal(person_match_make(bytes_str(name), bytes_str(birth), bytes_str(sex), &p),
                     ERR_OK);
    return p;
}

static unsigned score(const char *name_a, const char *birth_a, const char *name_b,
                      const char *birth_b)
{
    struct person_match a = made(name_a, birth_a, "female"), b = made(name_b, birth_b, "female");
    unsigned s = person_match_score(&a, &b);
    assert_int_equal(s, person_match_score(&b, &a));
    assert_true(s <= 1000);
    return s;
}

static unsigned names(const char *a, const char *b)
{
    return score(a, "1985-03-02", b, "1985-03-02");
}

static void test_spellings_of_one_name(void **state)
{
    (void)state;
    assert_int_equal(names("Đặng Thị Hòa", "Đặng Thị Hoà"), 1000);
    assert_int_equal(names("LÝ THỊ MỸ", "Lí thị mĩ"), 1000);
    assert_int_equal(names("Trần Ngọc Quý", "Trần Ngọc Quí"), 1000);
    assert_int_equal(names("  Lê   Thị Lan ", "Lê Thị Lan"), 1000);
    assert_int_equal(names("Ðỗ Thị Lan", "Đỗ Thị Lan"), 1000); /* eth for đ */
    assert_int_equal(names("K'Brôi", "K’Brôi"), 1000);
    assert_true(names("Nguyen Thi Hong", "Nguyễn Thị Hồng") >= PERSON_MATCH_PROBABLE);
    assert_true(names("Y Đắk Niê", "Y Đăk Niê") >= PERSON_MATCH_PROBABLE);
    assert_true(names("Lê Thị Kim Hoa", "Lê Kim Thị Hoa") >= PERSON_MATCH_PROBABLE);
    assert_true(names("Lê Thị Kim Hoa", "Lê Thị Hoa Kim") >= PERSON_MATCH_PROBABLE);
    assert_true(names("Lê Thị Kim Hoa", "Lê Kim Hoa") >= PERSON_MATCH_PROBABLE);
    assert_true(names("Lê Thị Hoa", "Lê Hoa") >= PERSON_MATCH_PROBABLE);
    assert_true(names("Lê T. Hoa", "Lê Thị Hoa") >= PERSON_MATCH_PROBABLE);
}

static void test_names_that_only_look_alike(void **state)
{
    (void)state;
    assert_true(names("Nguyễn Văn Hùng", "Nguyễn Văn Hưng") < PERSON_MATCH_PROBABLE);
    assert_true(names("Nguyễn Văn Hùng", "Nguyễn Văn Dũng") < PERSON_MATCH_PROBABLE);
    assert_true(names("Nguyễn Văn Tài", "Nguyễn Văn Tây") < PERSON_MATCH_PROBABLE);
    assert_true(names("Nguyễn Thị Thúy", "Nguyễn Thị Thúi") < PERSON_MATCH_PROBABLE);
    assert_true(names("Trần Văn Nam", "Lê Văn Nam") < PERSON_MATCH_PROBABLE);
    assert_int_equal(names("", "Lê Văn Nam"), 0);
    assert_int_equal(names("...", "Lê Văn Nam"), 0);
    assert_int_equal(names("\xff\xfe", "Lê Văn Nam"), 0);
}

static void test_dates_of_birth(void **state)
{
    (void)state;
    const char *n = "Lê Thị Lan";
    assert_int_equal(score(n, "1985-03-02", n, "1985-03-02"), 1000);
    assert_true(score(n, "1985", n, "1985-03-02") >= PERSON_MATCH_PROBABLE);
    assert_true(score(n, "1985-03", n, "1985-03-02") >= PERSON_MATCH_PROBABLE);
    assert_true(score(n, "1985-04", n, "1985-03-02") < PERSON_MATCH_PROBABLE);
    assert_true(score(n, "1985-03-02", n, "1985-02-03") >= PERSON_MATCH_PROBABLE);
    assert_true(score(n, "1985-03-02", n, "1986-03-02") >= PERSON_MATCH_PROBABLE); /* one digit */
    assert_true(score(n, "1985-03-02", n, "1985-07-19") < PERSON_MATCH_PROBABLE);
    assert_true(score(n, "1985", n, "1986") < PERSON_MATCH_PROBABLE);
    assert_true(score(n, "", n, "1985-03-02") <
                PERSON_MATCH_PROBABLE); /* a name alone says nothing */
    assert_true(score(n, "1985-02-30", n, "1985-02-30") < PERSON_MATCH_PROBABLE); /* not a date */
}

static void test_sex(void **state)
{
    (void)state;
    struct person_match a = made("Lê Thị Lan", "1985-03-02", "female"),
                        b = made("Lê Thị Lan", "1985-03-02", "male"),
                        c = made("Lê Thị Lan", "1985-03-02", "");
    assert_int_equal(person_match_score(&a, &b), 850);
    assert_int_equal(person_match_score(&a, &c), 1000);
}

static void test_limits(void **state)
{
    (void)state;
    char long_name[2 * PERSON_MATCH_NAME_BYTES_MAX];
    memset(long_name, 'a', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    struct person_match p = made(long_name, "1985", "a sex that is longer than the limit");
    assert_int_equal(p.count, 1);
    assert_int_equal(strlen(p.parts[0].plain), PERSON_MATCH_PART_BYTES_MAX);
    assert_string_equal(p.sex, "");
    p = made("A B C D E F G H", "1985", "");
    assert_int_equal(p.count, PERSON_MATCH_TOKENS_MAX);
    assert_string_equal(p.parts[PERSON_MATCH_TOKENS_MAX - 1].plain, "h");
    p = made("A B C D E F G H I", "1985", "");
    assert_int_equal(p.count, PERSON_MATCH_TOKENS_MAX);
    assert_string_equal(p.parts[PERSON_MATCH_TOKENS_MAX - 2].plain, "g");
    assert_string_equal(p.parts[PERSON_MATCH_TOKENS_MAX - 1].plain, "i");
    struct buf key;
    buf_init(&key, PERSON_MATCH_KEY_BYTES_MAX);
    p = made("Aaaaaaaaaaaaaaaaaaaaaaaaaaa Aaaaaaaaaaaaaaaaaaaaaaaaaaa Aaaaaaaaaaaaaaaaaaaaaaaaaaa "
             "Baaaaaaaaaaaaaaaaaaaaaaaaaaa "
             "Aaaaaaaaaaaaaaaaaaaaaaaaaaa Aaaaaaaaaaaaaaaaaaaaaaaaaaa Aaaaaaaaaaaaaaaaaaaaaaaaaaa "
             "Aaaaaaaaaaaaaaaaaaaaaaaaaaa",
             "1985-12-31", "");
    for (size_t i = 0; i < PERSON_MATCH_KEYS_MAX; i++) {
        buf_clear(&key);
        assert_true(person_match_key(&p, i, &key));
        assert_int_equal(key.e, ERR_OK);
    }
    buf_free(&key);
}

/* Bytes of any kind end in some answer, symmetric and within bounds. */
static void test_any_bytes(void **state)
{
    (void)state;
    uint64_t seed = 20261122;
    print_message("seed %llu\n", (unsigned long long)seed);
    struct rng rng = {seed};
    for (int round = 0; round < 20000; round++) {
        uint8_t name[2][64];
        struct person_match p[2];
        for (int i = 0; i < 2; i++) {
            size_t len = rng_below(&rng, sizeof name[0]);
            for (size_t k = 0; k < len; k++)
                name[i][k] = (uint8_t)(rng_below(&rng, 3) ? ' ' + rng_below(&rng, 90)
                                                          : rng_below(&rng, 256));
            assert_int_equal(person_match_make(bytes_make(name[i], len), bytes_str("1985"),
                                               bytes_str(""), &p[i]),
                             ERR_OK);
        }
        unsigned s = person_match_score(&p[0], &p[1]);
        assert_int_equal(s, person_match_score(&p[1], &p[0]));
        assert_true(s <= 1000);
        if (p[0].count > 0) assert_true(person_match_score(&p[0], &p[0]) >= 900);
    }
}

/* ---- the labelled pairs ---- */

struct tally {
    unsigned pairs, right, missed, wrong; /* right: found and one person; wrong: found and two */
};

static void count(struct tally *t, bool same, bool found)
{
    t->pairs++;
    t->right += same && found;
    t->missed += same && !found;
    t->wrong += !same && found;
}

static bool share_key(const struct person_match *a, const struct person_match *b)
{
    struct buf ka, kb;
    bool same = false;
    buf_init(&ka, PERSON_MATCH_KEY_BYTES_MAX);
    buf_init(&kb, PERSON_MATCH_KEY_BYTES_MAX);
    for (size_t i = 0; i < PERSON_MATCH_KEYS_MAX && !same; i++) {
        buf_clear(&ka);
        buf_clear(&kb);
        same = person_match_key(a, i, &ka) && person_match_key(b, i, &kb) &&
               bytes_equal(buf_bytes(&ka), buf_bytes(&kb));
    }
    buf_free(&ka);
    buf_free(&kb);
    return same;
}

static void print_tally(const char *what, const struct tally *t)
{
    print_message("%s: precision %.3f, recall %.3f (of %u pairs)\n", what,
                  t->right + t->wrong == 0 ? 1.0 : (double)t->right / (t->right + t->wrong),
                  (double)t->right / (t->right + t->missed), t->pairs);
}

static void take_row(const struct csv_row *row, struct tally *ours, struct tally *exact)
{
    const struct bytes *f = row->fields;
    struct person_match a, b;
    assert_int_equal(row->count, 8);
    bool same = bytes_equal(f[1], bytes_str("1"));
    assert_int_equal(person_match_make(f[2], f[3], f[4], &a), ERR_OK);
    assert_int_equal(person_match_make(f[5], f[6], f[7], &b), ERR_OK);
    count(exact, same,
          bytes_equal(f[2], f[5]) && bytes_equal(f[3], f[6]) && bytes_equal(f[4], f[7]));
    count(ours, same, share_key(&a, &b) && person_match_score(&a, &b) >= PERSON_MATCH_PROBABLE);
}

static void test_labelled_pairs(void **state)
{
    (void)state;
    struct tally ours = {0}, exact = {0};
    struct csv_reader r;
    struct csv_row row;
    struct buf file;
    buf_init(&file, 1u << 20);
    assert_int_equal(file_read(DONGBO_SOURCE_DIR "/tests/data/person_pairs.csv", 1u << 20, &file),
                     ERR_OK);
    csv_open(&r, ',');
    csv_feed(&r, buf_bytes(&file));
    enum err e = csv_next(&r, &row); /* the heading */
    while (e == ERR_OK || e == ERR_AGAIN) {
        if (e == ERR_AGAIN) csv_finish(&r);
        e = csv_next(&r, &row);
        if (e == ERR_OK) take_row(&row, &ours, &exact);
    }
    assert_int_equal(e, ERR_NOT_FOUND);
    csv_close(&r);
    buf_free(&file);
    print_tally("match on name, birth and sex by their letters", &exact);
    print_tally("probable by person_match_score() and a key   ", &ours);
    assert_true(ours.pairs >= 2000);
    assert_true(100 * ours.right >= 93 * (ours.right + ours.missed));
    assert_true(100 * ours.right >= 93 * (ours.right + ours.wrong));
    assert_true(ours.right > 3 * exact.right);
}

/* Two that have one number: what is not said speaks against nothing. */
static void test_one_number(void **state)
{
    (void)state;
    static const struct {
        const char *name_a, *birth_a, *name_b, *birth_b;
        bool other;
    } cases[] = {
        {"Bùi Văn Trường", "1990-03-12", "Bùi Văn Trường", "1990-03-12", false},
        {"Bùi Văn Trường", "1990-03-12", "BUI VAN TRUONG", "1990", false},
        {"Bùi Văn Trường", "1990-03-12", "Bùi Văn Trường", "", false},
        {"Bùi Văn Trường", "1990-03-12", "Bùi Trường", "1990-12-03", false},
        {"Bùi Văn Trường", "1990-03-12", "", "1990-03-12", false},
        {"Bùi Văn Trường", "", "", "1990-03-12", false},
        {"Bùi Văn Trường", "1990-03-12", "Hoàng Thị Mười", "2001-02-01", true},
        {"Bùi Văn Trường", "1990-03-12", "Hoàng Thị Mười", "1990-03-12", true},
        {"Bùi Văn Trường", "1990-03-12", "Hoàng Thị Mười", "", true},
        {"Bùi Văn Trường", "1990-03-12", "Bùi Văn Cường", "1990-03-12", true},
        {"Bùi Văn Trường", "1990-03-12", "Bùi Văn Trường", "1962-11-30", true},
        {"Bùi Văn Trường", "1990-03-12", "", "1962-11-30", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct person_match a = made(cases[i].name_a, cases[i].birth_a, "male"),
                            b = made(cases[i].name_b, cases[i].birth_b, "male");
        if (person_match_other(&a, &b) != cases[i].other) fail_msg("case %zu", i);
        assert_int_equal(person_match_other(&b, &a), cases[i].other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings_of_one_name),
        cmocka_unit_test(test_names_that_only_look_alike),
        cmocka_unit_test(test_dates_of_birth),
        cmocka_unit_test(test_sex),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_one_number),
        cmocka_unit_test(test_labelled_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
