#include "common/io/store_named.h"

#include "common/text.h"

#include <stdlib.h>

enum {
    NAMED_SQL_BYTES_MAX = 64 * 1024,
    NAMED_FOLDED_BYTES_MAX = 4 * CATALOGUE_TEXT_BYTES_MAX,
    NAMED_MS_MAX = 600000,      /* ms by the clock */
    NAMED_NUMBER_BYTES_MIN = 9, /* digits of a card's number */
    NAMED_NUMBER_BYTES_MAX = 12,
    NAMED_SIEVE_BITS = 1 << 20,
};

struct named_part {    /* of a text, as it is searched */
    struct buf words;  /* " nguyen van a o ap mot " */
    struct buf digits; /* numbers of the text, a blank between them */
};

struct named_job {
    const struct typed *typed;
    struct named_text *texts;
    size_t count;
    struct named_part *parts;
    /* a bit for each two words, and the start of each number, that stand in a text */
    uint8_t *sieve;
    struct buf name;
    struct named *all;
};

/* Letters and digits stay, all else becomes one blank; blanks at both ends. */
static enum err named_words(struct bytes text, struct buf *out)
{
    struct buf folded;
    buf_clear(out);
    buf_init(&folded, NAMED_FOLDED_BYTES_MAX);
    enum err e = text_fold(text, CATALOGUE_TEXT_BYTES_MAX, &folded);
    bool blank = true;
    buf_add_u8(out, ' ');
    for (size_t i = 0; e == ERR_OK && i < folded.len; i++) {
        uint8_t c = folded.p[i];
        bool word = c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (word || !blank) buf_add_u8(out, word ? c : ' ');
        blank = !word;
    }
    if (!blank) buf_add_u8(out, ' ');
    buf_free(&folded);
    return e == ERR_OK ? out->e : e;
}

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

/* ---- the sieve: nearly all persons stand in no text, and are passed over at once ---- */

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

/* " two words " at the blank `p`, of the words before `end`. False: fewer stand there. */
static bool named_two(const uint8_t *p, const uint8_t *end, struct bytes *out)
{
    const uint8_t *first = p + 1 < end ? memchr(p + 1, ' ', (size_t)(end - p) - 1) : NULL;
    const uint8_t *second =
        first != NULL && first + 1 < end ? memchr(first + 1, ' ', (size_t)(end - first) - 1) : NULL;
    if (second == NULL) return false;
    *out = bytes_make(p, (size_t)(second - p) + 1);
    return true;
}

static void named_sieve_fill(struct named_job *j, const struct named_part *part)
{
    struct bytes two;
    const uint8_t *end = part->words.p + part->words.len;
    for (const uint8_t *p = part->words.p; p != NULL && named_two(p, end, &two);
         p = memchr(p + 1, ' ', (size_t)(end - p) - 1))
        named_sieve_add(j, two);
    for (size_t i = 0; i + NAMED_NUMBER_BYTES_MIN <= part->digits.len; i++)
        named_sieve_add(j, bytes_make(part->digits.p + i, NAMED_NUMBER_BYTES_MIN));
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
        const struct buf *d = &j->parts[k].digits;
        for (size_t i = 0; !said[k] && i + number.len <= d->len; i++)
            said[k] = memcmp(d->p + i, number.p, number.len) == 0;
    }
}

static enum err named_name(struct named_job *j, struct bytes name, bool *said)
{
    struct bytes two;
    enum err e = named_words(name, &j->name);
    if (e != ERR_OK) return e == ERR_BAD_INPUT || e == ERR_TOO_LARGE ? ERR_OK : e;
    if (!named_two(j->name.p, j->name.p + j->name.len, &two) || !named_sieve_has(j, two))
        return ERR_OK;
    for (size_t k = 0; k < j->count; k++)
        said[k] = said[k] || strstr(buf_cstr(&j->parts[k].words), buf_cstr(&j->name)) != NULL;
    return ERR_OK;
}

/* Several stand there, with a comma or the like between them. */
static enum err named_names(struct named_job *j, struct bytes names, bool *said)
{
    enum err e = ERR_OK;
    for (size_t at = 0, i = 0; e == ERR_OK && i <= names.len; i++) {
        if (i < names.len && memchr(",;/()", names.p[i], 5) == NULL) continue;
        if (i > at) e = named_name(j, bytes_make(names.p + at, i - at), said);
        at = i + 1;
    }
    return e;
}

/* Columns: id, class, full name, other names, two numbers. */
static enum err named_person(void *ctx, struct db_stmt *q)
{
    struct named_job *j = ctx;
    bool said[NAMED_TEXTS_MAX] = {false}, any = false;
    enum err e = named_name(j, db_column_bytes(q, 2), said);
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
    j->sieve = calloc(1, NAMED_SIEVE_BITS / 8);
    j->parts = calloc(j->count, sizeof *j->parts);
    if (j->sieve == NULL || j->parts == NULL) return ERR_NOMEM;
    enum err e = ERR_OK;
    for (size_t k = 0; k < j->count; k++) {
        buf_init(&j->parts[k].words, NAMED_FOLDED_BYTES_MAX);
        buf_init(&j->parts[k].digits, NAMED_FOLDED_BYTES_MAX);
        j->texts[k].count = 0;
        j->texts[k].highest = 0;
        if (e != ERR_OK) continue;
        named_digits(j->texts[k].text, &j->parts[k].digits);
        e = named_words(j->texts[k].text, &j->parts[k].words);
        if (e == ERR_OK) e = j->parts[k].digits.e;
        if (e == ERR_OK) named_sieve_fill(j, &j->parts[k]);
    }
    return e;
}

static void named_end(struct named_job *j)
{
    for (size_t k = 0; j->parts != NULL && k < j->count; k++) {
        buf_free(&j->parts[k].words);
        buf_free(&j->parts[k].digits);
    }
    free(j->parts);
    free(j->sieve);
    buf_free(&j->name);
}

enum err named_in(struct db *db, const struct typed *typed, const struct catalogue *c,
                  unsigned least, struct named_text *texts, size_t count, struct named *all)
{
    struct named_job j = {.typed = typed, .texts = texts, .count = count, .all = all};
    struct buf sql;
    if (count > NAMED_TEXTS_MAX) return ERR_TOO_LARGE;
    if (typed == NULL || c == NULL || count == 0) return ERR_OK;
    buf_init(&sql, NAMED_SQL_BYTES_MAX);
    buf_init(&j.name, NAMED_FOLDED_BYTES_MAX);
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
