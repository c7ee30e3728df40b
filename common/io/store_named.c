#include "common/io/store_named.h"

#include "common/text.h"

enum {
    NAMED_SQL_BYTES_MAX = 64 * 1024,
    NAMED_FOLDED_BYTES_MAX = 4 * CATALOGUE_TEXT_BYTES_MAX,
    NAMED_MS_MAX = 600000, /* ms by the clock */
};

struct named_job {
    const struct typed *typed;
    struct buf words;  /* " nguyen van a o ap mot " */
    struct buf digits; /* numbers of the text, a blank between them */
    struct buf name;
    struct named *out;
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
    buf_clear(out);
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.p[i];
        if (c >= '0' && c <= '9')
            buf_add_u8(out, c);
        else if (c != ' ' && c != '.' && c != '-' && out->len > 0 && out->p[out->len - 1] != ' ')
            buf_add_u8(out, ' ');
    }
}

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

static bool named_number(const struct named_job *j, struct bytes number)
{
    enum { NUMBER_BYTES_MIN = 9, NUMBER_BYTES_MAX = 12 };
    for (size_t i = 0; number.len >= NUMBER_BYTES_MIN && number.len <= NUMBER_BYTES_MAX &&
                       i + number.len <= j->digits.len;
         i++)
        if (memcmp(j->digits.p + i, number.p, number.len) == 0) return true;
    return false;
}

static enum err named_person(void *ctx, struct db_stmt *q)
{
    struct named_job *j = ctx;
    enum err e = named_words(db_column_bytes(q, 1), &j->name);
    if (e != ERR_OK) return e == ERR_BAD_INPUT || e == ERR_TOO_LARGE ? ERR_OK : e;
    const uint8_t *second = j->name.len > 2 ? memchr(j->name.p + 1, ' ', j->name.len - 2) : NULL;
    bool said = second != NULL && strstr(buf_cstr(&j->words), buf_cstr(&j->name)) != NULL;
    if (said || named_number(j, db_column_bytes(q, 2)) || named_number(j, db_column_bytes(q, 3)))
        named_add(j->out, db_column_bytes(q, 0));
    return ERR_OK;
}

static bool named_allow(void *ctx, const char *table, const char *column)
{
    (void)column; /* the SQL is ours */
    const struct named_job *j = ctx;
    return typed_table_allowed(j->typed, table);
}

/* Everybody whom a field of class 3 or more refers to. False: the catalogue has nobody of the kind. */
static bool named_sql(const struct catalogue *c, struct buf *sql)
{
    size_t count = 0, fields = 0;
    const struct catalogue_type *types = catalogue_types(c, &count);
    const struct catalogue_type *person = catalogue_type_by_name(c, "person");
    static const char *const needed[] = {"full_name", "national_id", "id_no_old"};
    for (size_t i = 0; i < 3; i++)
        if (person == NULL || catalogue_field_by_name(person, needed[i]) == NULL) return false;
    buf_add_str(sql, "SELECT p.id, p.full_name, coalesce(p.national_id, ''), "
                     "coalesce(p.id_no_old, '') FROM person p WHERE p.id IN (");
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < types[i].field_count; k++) {
            const struct catalogue_field *f = &types[i].fields[k];
            bool about = f->kind == CATALOGUE_REF && strcmp(f->list, "person") == 0 &&
                         f->sensitivity >= 3 && types[i].scope != CATALOGUE_SCOPE_HUB;
            if (about)
                buf_printf(sql, "%sSELECT \"%s\" FROM \"%s\"", fields++ ? " UNION ALL " : "",
                           f->name, types[i].name);
        }
    }
    buf_add_str(sql, ")");
    return fields > 0;
}

enum err named_in(struct db *db, const struct typed *typed, const struct catalogue *c,
                  struct bytes text, struct named *out)
{
    struct named_job j = {.typed = typed, .out = out};
    struct buf sql;
    if (typed == NULL || c == NULL || text.len == 0) return ERR_OK;
    buf_init(&sql, NAMED_SQL_BYTES_MAX);
    buf_init(&j.words, NAMED_FOLDED_BYTES_MAX);
    buf_init(&j.digits, NAMED_FOLDED_BYTES_MAX);
    buf_init(&j.name, NAMED_FOLDED_BYTES_MAX);
    enum err e = ERR_OK;
    if (named_sql(c, &sql)) {
        struct db_query query = {
            .sql = buf_cstr(&sql),
            .step_max = UINT64_C(2000000000),
            .ms_max = NAMED_MS_MAX,
            .allow = named_allow,
            .row = named_person,
            .ctx = &j,
        };
        named_digits(text, &j.digits);
        e = named_words(text, &j.words);
        if (e == ERR_OK) e = j.digits.e;
        if (e == ERR_OK) e = db_query_readonly(db, &query);
    }
    buf_free(&sql);
    buf_free(&j.words);
    buf_free(&j.digits);
    buf_free(&j.name);
    return e;
}
