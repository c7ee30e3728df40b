/* Records that look like the row that somebody is about to add. */
#include "common/io/store_typed_priv.h"

#include <assert.h>

/* What tells records apart best is asked first: whom or what it is about, then the day. */
static unsigned twins_turn(const struct catalogue_field *f)
{
    switch (f->kind) {
    case CATALOGUE_REF: return 0;
    case CATALOGUE_DATE:
    case CATALOGUE_PDATE: return 1;
    case CATALOGUE_TEXT:
    case CATALOGUE_INT:
    case CATALOGUE_DECIMAL:
    case CATALOGUE_MONEY:
    case CATALOGUE_BOOL:
    case CATALOGUE_CHOICE:
    case CATALOGUE_CHOICES:
    case CATALOGUE_UNIT: break;
    }
    return 2;
}

static bool twins_asks(const struct catalogue_field *f, const struct typed_value *v)
{
    return v->kind != TYPED_NULL && !f->sealed;
}

enum err typed_twins(struct typed *t, const struct catalogue_type *type,
                     const struct typed_value *values, size_t count, struct id_record *out,
                     size_t max, size_t *found)
{
    struct db_stmt *q = NULL;
    struct buf sql;
    bool any = false;
    assert(count == type->field_count);
    *found = 0;
    buf_init(&sql, 64 * 1024);
    buf_printf(&sql, "SELECT id FROM \"%s\" WHERE ", type->name);
    for (unsigned turn = 0; turn <= 2; turn++)
        for (size_t i = 0; i < count; i++) {
            if (twins_turn(&type->fields[i]) != turn || !twins_asks(&type->fields[i], &values[i]))
                continue;
            buf_printf(&sql, "%s\"%s\" = ?%u", any ? " AND " : "", type->fields[i].name,
                       (unsigned)i + 2);
            any = true;
        }
    buf_add_str(&sql, " LIMIT ?1");
    const char *text = buf_cstr(&sql);
    enum err e = sql.e != ERR_OK ? sql.e : any ? db_prepare(t->db, text, &q) : ERR_NOT_FOUND;
    buf_free(&sql);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    db_bind_int(q, 1, (int64_t)max);
    for (size_t i = 0; i < count; i++)
        if (twins_asks(&type->fields[i], &values[i])) typed_bind(q, (int)i + 2, &values[i]);
    bool more = false;
    e = db_step(q, &more);
    while (e == ERR_OK && more && *found < max) {
        e = db_column_copy(q, 0, out[*found].b, sizeof out[*found].b);
        if (e == ERR_OK) ++*found;
        if (e == ERR_OK) e = db_step(q, &more);
    }
    db_stmt_free(q);
    return e;
}
