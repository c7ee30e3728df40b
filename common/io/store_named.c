#include "common/io/store_named.h"

#include "common/name_find.h"

#include <stdlib.h>

enum {
    NAMED_SQL_BYTES_MAX = 64 * 1024,
    NAMED_MS_MAX = 600000,      /* ms by the clock */
    NAMED_NUMBER_BYTES_MIN = 9, /* digits of a card's number */
    NAMED_NUMBER_BYTES_MAX = 12,
    NAMED_SIEVE_BITS = 1 << 20,
};

struct named_job {
    const struct typed *typed;
    struct named_text *texts;
    size_t count;
    struct name_find *names; /* the texts, as names are looked for in them */
    struct buf *digits;      /* of each text its numbers, a blank between them */
    uint8_t *sieve;          /* a bit for the start of each number that stands in a text */
    struct named *all;
};

static void named_digits(struct bytes text, struct buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        if (c >= '0' && c <= '9')
            buf_add_u8(out, c);
        else if (c != ' ' && c != '.' && c != '-' && out->len > 0 && out->p[out->len - 1] != ' ')
            buf_add_u8(out, ' ');
    }
}

/* ---- the sieve: nearly all numbers stand in no text, and are passed over at once ---- */

static size_t named_bit(struct bytes b)
{
    uint32_t h = UINT32_C(2166136261); /* FNV-1a */
    for (size_t i = 0; i < b.len; i++)
        h = (h ^ b.p[i]) * UINT32_C(16777619);
    return (h ^ h >> 20) % NAMED_SIEVE_BITS;
}

static void named_sieve_add(struct named_job *j, struct bytes b)
{
    size_t bit = named_bit(b);
    j->sieve[bit / 8] |= (uint8_t)(1u << bit % 8);
}

static bool named_sieve_has(const struct named_job *j, struct bytes b)
{
    size_t bit = named_bit(b);
    return (j->sieve[bit / 8] & 1u << bit % 8) != 0;
}

static void named_sieve_fill(struct named_job *j, const struct buf *digits)
{
    for (size_t i = 0; i + NAMED_NUMBER_BYTES_MIN <= digits->len; i++)
        named_sieve_add(j, bytes_make(digits->p + i, NAMED_NUMBER_BYTES_MIN));
}

/* ---- one person ---- */

static void named_add(struct named *out, struct bytes id)
{
    struct id_record rid;
    if (id.len != sizeof rid.b) return;
    memcpy(rid.b, id.p, sizeof rid.b);
    for (size_t i = 0; i < out->count && i < NAMED_MAX; i++)
        if (ID_EQUAL(&out->rid[i], &rid)) return;
    if (out->count < NAMED_MAX) out->rid[out->count] = rid;
    out->count++;
}

static void named_number(const struct named_job *j, struct bytes number, bool *said)
{
    if (number.len < NAMED_NUMBER_BYTES_MIN || number.len > NAMED_NUMBER_BYTES_MAX) return;
    if (!named_sieve_has(j, bytes_make(number.p, NAMED_NUMBER_BYTES_MIN))) return;
    for (size_t k = 0; k < j->count; k++) {
        const struct buf *d = &j->digits[k];
        for (size_t i = 0; !said[k] && i + number.len <= d->len; i++)
            said[k] = memcmp(d->p + i, number.p, number.len) == 0;
    }
}

/* Several stand there, with a comma or the like between them. */
static enum err named_names(struct named_job *j, struct bytes names, bool *said)
{
    enum err e = ERR_OK;
    for (size_t at = 0, i = 0; e == ERR_OK && i <= names.len; i++) {
        if (i < names.len && memchr(",;/()", names.p[i], 5) == NULL) continue;
        if (i > at) e = name_find(j->names, bytes_make(names.p + at, i - at), said);
        at = i + 1;
    }
    return e;
}

/* Columns: id, class, full name, other names, two numbers. */
static enum err named_person(void *ctx, struct db_stmt *q)
{
    struct named_job *j = ctx;
    bool said[NAMED_TEXTS_MAX] = {false}, any = false;
    enum err e = name_find(j->names, db_column_bytes(q, 2), said);
    if (e == ERR_OK) e = named_names(j, db_column_bytes(q, 3), said);
    if (e != ERR_OK) return e;
    named_number(j, db_column_bytes(q, 4), said);
    named_number(j, db_column_bytes(q, 5), said);
    unsigned class = (unsigned)db_column_int(q, 1);
    for (size_t k = 0; k < j->count; k++) {
        if (!said[k]) continue;
        j->texts[k].count++;
        if (class > j->texts[k].highest) j->texts[k].highest = class;
        any = true;
    }
    if (any) named_add(j->all, db_column_bytes(q, 0));
    return ERR_OK;
}

static bool named_allow(void *ctx, const char *table, const char *column)
{
    (void)column; /* the SQL is ours */
    const struct named_job *j = ctx;
    return table[0] == '\0' || typed_table_allowed(j->typed, table);
}

/* ---- the question ---- */

/* Whom a field of class `least` or more, and of a sensitive one, refers to: who, and the class. */
static size_t named_refs(const struct catalogue *c, unsigned least, struct buf *sql)
{
    size_t count = 0, fields = 0;
    const struct catalogue_type *types = catalogue_types(c, &count);
    if (least < NAMED_CLASS_SENSITIVE) least = NAMED_CLASS_SENSITIVE;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < types[i].field_count; k++) {
            const struct catalogue_field *f = &types[i].fields[k];
            bool about = f->kind == CATALOGUE_REF && strcmp(f->list, "person") == 0 &&
                         f->sensitivity >= least && types[i].scope != CATALOGUE_SCOPE_HUB;
            if (about)
                buf_printf(sql, "%sSELECT \"%s\" AS who, %u AS class FROM \"%s\"",
                           fields++ ? " UNION ALL " : "", f->name, (unsigned)f->sensitivity,
                           types[i].name);
        }
    }
    return fields;
}

/* False: the catalogue has nobody of the kind. */
static bool named_sql(const struct catalogue *c, unsigned least, struct buf *sql)
{
    struct buf refs;
    const struct catalogue_type *person = catalogue_type_by_name(c, "person");
    static const char *const needed[] = {"full_name", "national_id", "id_no_old"};
    for (size_t i = 0; i < 3; i++)
        if (person == NULL || catalogue_field_by_name(person, needed[i]) == NULL) return false;
    bool others = catalogue_field_by_name(person, "other_names") != NULL;
    bool everybody = least <= NAMED_CLASS_PERSON;
    buf_init(&refs, NAMED_SQL_BYTES_MAX);
    size_t fields = named_refs(c, least, &refs);
    buf_printf(sql,
               "SELECT p.id, %s, p.full_name, %s, coalesce(p.national_id, ''), "
               "coalesce(p.id_no_old, '') FROM person p",
               fields > 0 ? "ifnull(w.class, 2)" : "2",
               others ? "coalesce(p.other_names, '')" : "''");
    if (fields > 0)
        buf_printf(sql,
                   " %s (SELECT r.who AS who, max(r.class) AS class FROM (%s) r GROUP BY "
                   "r.who) w ON w.who = p.id",
                   everybody ? "LEFT JOIN" : "JOIN", buf_cstr(&refs));
    if (refs.e != ERR_OK) sql->e = refs.e;
    buf_free(&refs);
    return everybody || fields > 0;
}

static enum err named_begin(struct named_job *j)
{
    struct bytes texts[NAMED_TEXTS_MAX];
    j->sieve = calloc(1, NAMED_SIEVE_BITS / 8);
    j->digits = calloc(j->count, sizeof *j->digits);
    if (j->sieve == NULL || j->digits == NULL) return ERR_NOMEM;
    enum err e = ERR_OK;
    for (size_t k = 0; k < j->count; k++) {
        texts[k] = j->texts[k].text;
        buf_init(&j->digits[k], 2 * CATALOGUE_TEXT_BYTES_MAX);
        j->texts[k].count = 0;
        j->texts[k].highest = 0;
        named_digits(texts[k], &j->digits[k]);
        if (e == ERR_OK) e = j->digits[k].e;
        named_sieve_fill(j, &j->digits[k]);
    }
    return e == ERR_OK ? name_find_new(texts, j->count, &j->names) : e;
}

static void named_end(struct named_job *j)
{
    for (size_t k = 0; j->digits != NULL && k < j->count; k++)
        buf_free(&j->digits[k]);
    free(j->digits);
    free(j->sieve);
    name_find_free(j->names);
}

enum err named_in(struct db *db, const struct typed *typed, const struct catalogue *c,
                  unsigned least, struct named_text *texts, size_t count, struct named *all)
{
    struct named_job j = {.typed = typed, .texts = texts, .count = count, .all = all};
    struct buf sql;
    if (count > NAMED_TEXTS_MAX) return ERR_TOO_LARGE;
    if (typed == NULL || c == NULL || count == 0) return ERR_OK;
    buf_init(&sql, NAMED_SQL_BYTES_MAX);
    enum err e = named_begin(&j);
    if (e == ERR_OK && named_sql(c, least, &sql)) {
        struct db_query query = {
            .sql = buf_cstr(&sql),
            .step_max = UINT64_C(2000000000),
            .ms_max = NAMED_MS_MAX,
            .allow = named_allow,
            .row = named_person,
            .ctx = &j,
        };
        e = sql.e == ERR_OK ? db_query_readonly(db, &query) : sql.e;
    }
    named_end(&j);
    buf_free(&sql);
    return e;
}
