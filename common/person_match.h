/*
 * May two records be one person? By name, date of birth and sex, as Vietnamese offices write them:
 * with and without marks, tone marks in either place (Hòa, Hoà), y and i (Lý, Lí), Đăk and Đắk,
 * middle names swapped or left out, a date of which only the year is known, day and month
 * exchanged, a digit wrong. The answer is a number for a person to look at: nothing is ever merged
 * by it.
 *
 * A name is taken apart into family name (first), given name (last) and middle names. A name that
 * has no mark at all counts as typed without marks and fits any marks; between two marked names a
 * mark is a difference (Hùng is not Hưng).
 *
 * Finding candidates: two records that may be one person share at least one *key* in nearly all
 * cases. A key is text; whoever keeps keys hashes them with a secret first, as they hold names.
 *
 * Source: domain 6.2 (two communes list one person); the weights were set on
 * tests/data/person_pairs.csv.
 *
 * Ownership: plain values; inputs are borrowed for the call.   Threads: any.
 * Units:     scores are per mille.
 * Limits:    PERSON_MATCH_*; what is longer is cut, which can only make names look more alike.
 */
#ifndef DONGBO_COMMON_PERSON_MATCH_H
#define DONGBO_COMMON_PERSON_MATCH_H

#include "common/buf.h"
#include "common/date.h"

enum {
    PERSON_MATCH_PROBABLE = 850, /* score from which a person is asked, per mille */
    PERSON_MATCH_OTHER =
        650, /* below it one number is of two persons, until somebody says otherwise */
    PERSON_MATCH_TOKENS_MAX = 8, /* parts of a name; of more: the first 7 and the last */
    PERSON_MATCH_PART_BYTES_MAX =
        23, /* letters of one part, with a digit for each of ă â ê ô ơ ư đ */
    PERSON_MATCH_SEX_BYTES_MAX = 15,    /* a value of the list of sexes */
    PERSON_MATCH_KEYS_MAX = 3,          /* keys of a person */
    PERSON_MATCH_KEY_BYTES_MAX = 256,   /* bytes of a key */
    PERSON_MATCH_NAME_BYTES_MAX = 1024, /* bytes of a name that is looked at */
};

struct person_match_part {
    char letters[PERSON_MATCH_PART_BYTES_MAX + 1]; /* lower case, ư as u7, đ as d9 */
    char plain[PERSON_MATCH_PART_BYTES_MAX + 1];   /* the same without the digits */
    uint8_t tone;                                  /* 0 none, 1..5 */
};

struct person_match {
    struct person_match_part
        parts[PERSON_MATCH_TOKENS_MAX]; /* family name first, given name last */
    size_t count;                       /* 0: no name */
    bool marked;                        /* the name has at least one mark */
    bool has_birth;
    struct date_partial birth;
    char sex[PERSON_MATCH_SEX_BYTES_MAX + 1]; /* empty: not known */
};

/*
 * Take a person apart. `name` is UTF-8 text as typed; `birth` a canonical partial date or empty;
 * `sex` a value or empty. What is not readable counts as not known; a date that is none likewise.
 *
 * ERR_NOMEM  out of memory; nothing else.
 */
MUST_CHECK enum err person_match_make(struct bytes name, struct bytes birth, struct bytes sex,
                                      struct person_match *out);

/*
 * Append the i-th key (i < PERSON_MATCH_KEYS_MAX) to `out`; false: this person has no such key.
 * Without name or year of birth there is none: a name alone says nothing where two in five are
 * called Nguyễn.
 */
bool person_match_key(const struct person_match *p, size_t i, struct buf *out);

/* 0 = surely not one person by these three, 1000 = nothing differs. The order of the arguments changes nothing. */
unsigned person_match_score(const struct person_match *a, const struct person_match *b);

/*
 * Of two that have the same number: does name or birth speak against one person? What one of them does not say speaks
 * against nothing. A list that is imported finds its records so (proto/entry_list.h).
 */
bool person_match_other(const struct person_match *a, const struct person_match *b);

#endif
