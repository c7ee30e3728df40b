/* Where days may be in doubt, and references lead nowhere: candidates by SQL over the typed tables, judged by
 * common/doubt. Names in SQL texts are the catalogue's ([a-z][a-z0-9_]*). */
#include "hub/store_doubts.h"
#include "hub/store_priv.h"
#include "hub/store_watch.h"

#include <stdio.h>

enum { DOUBTS_SQL_ROOM = 800 };

struct doubts { /* one question */
    struct hub_store *s;
    const struct hub_doubts *q;
    hub_doubtful_fn *row;
    void *ctx;
    const struct catalogue_type *type;
    const struct catalogue_field *field;
    enum catalogue_day_rule rule; /* of the field */
};

/* NOT in doubt: false. `why` of the day that stands in the field. */
typedef bool doubts_judge_fn(const struct doubts *d, struct bytes text, enum hub_doubtful_why *why);

static bool doubts_rule(const struct doubts *d, struct bytes text, enum hub_doubtful_why *why)
{
    struct date_partial day;
    if (date_partial_parse(text, &day) != ERR_OK) return false;
    enum doubt_what what = doubt_day(&d->q->days, d->rule, day);
    *why = what == DOUBT_AGE ? HUB_DOUBTFUL_AGE : HUB_DOUBTFUL_FUTURE;
    return what != DOUBT_NONE;
}

static bool doubts_far(const struct doubts *d, struct bytes text, enum hub_doubtful_why *why)
{
    struct date day;
    *why = HUB_DOUBTFUL_FAR;
    if (date_parse(text, &day) != ERR_OK) return false;
    /* What lies after today and cannot is said already. */
    bool told = d->rule != CATALOGUE_DAY_ANY && date_compare(day, d->q->days.today) > 0;
    return !told && doubt_asks(&d->q->days, day);
}

static bool doubts_unborn(const struct doubts *d, struct bytes text, enum hub_doubtful_why *why)
{
    (void)d, (void)text;
    *why = HUB_DOUBTFUL_UNBORN;
    return true; /* the question has compared them */
}

/* `sql` gives id, unit and the day; ?1 is the moment since when. */
static enum err doubts_ask(const struct doubts *d, const char *sql, doubts_judge_fn *judge)
{
    struct db_stmt *st = NULL;
    bool more = false;
    enum err e = db_prepare(d->s->db, sql, &st);
    if (e != ERR_OK) return e;
    db_bind_int(st, 1, d->q->since_ms);
    e = db_step(st, &more);
    while (e == ERR_OK && more) {
        struct hub_doubtful r = {.type = d->type, .field = d->field};
        struct bytes unit = db_column_bytes(st, 1);
        e = db_column_copy(st, 0, r.rid.b, sizeof r.rid.b);
        if (e == ERR_OK && unit.len >= sizeof r.unit) e = ERR_DAMAGED;
        if (e == ERR_OK && unit.len > 0) memcpy(r.unit, unit.p, unit.len);
        if (e == ERR_OK && judge(d, db_column_bytes(st, 2), &r.why)) e = d->row(d->ctx, &r);
        if (e == ERR_OK) e = db_step(st, &more);
    }
    db_stmt_free(st);
    return e;
}

/* Days in order are texts in order; "~" stands behind what a partial day leaves open. */
#define DOUBTS_SINCE                                                                               \
    " AND (?1 = 0 OR (SELECT l.received_ms FROM sys_record r JOIN sys_log l ON l.pos = r.pos "     \
    "WHERE r.rid = t.id) >= ?1) ORDER BY t.id"

static enum err doubts_outside(const struct doubts *d, const char *first, const char *last,
                               doubts_judge_fn *judge)
{
    char sql[DOUBTS_SQL_ROOM];
    snprintf(sql, sizeof sql,
             "SELECT t.id, t.unit, t.\"%s\" FROM \"%s\" t WHERE (t.\"%s\" < '%s' OR t.\"%s\" > "
             "'%s')" DOUBTS_SINCE,
             d->field->name, d->type->name, d->field->name, first, d->field->name, last);
    return doubts_ask(d, sql, judge);
}

static const struct catalogue_field *doubts_birth(const struct catalogue *c,
                                                  const struct catalogue_type *t)
{
    for (size_t i = 0; i < t->field_count; i++)
        if (catalogue_day_rule(c, t->no, t->fields[i].no) == CATALOGUE_DAY_BIRTH)
            return &t->fields[i];
    return NULL;
}

/* Before the birth that stands in the record itself, or in one that it refers to. */
static enum err doubts_before_birth(const struct doubts *d)
{
    const struct catalogue *c = d->s->catalogue;
    const struct catalogue_field *own = doubts_birth(c, d->type);
    char sql[DOUBTS_SQL_ROOM];
    enum err e = ERR_OK;
    if (d->rule == CATALOGUE_DAY_BIRTH) return ERR_OK;
    if (own != NULL) {
        snprintf(sql, sizeof sql,
                 "SELECT t.id, t.unit, t.\"%s\" FROM \"%s\" t WHERE t.\"%s\" || '~' < "
                 "t.\"%s\"" DOUBTS_SINCE,
                 d->field->name, d->type->name, d->field->name, own->name);
        e = doubts_ask(d, sql, doubts_unborn);
    }
    for (size_t i = 0; e == ERR_OK && i < d->type->field_count; i++) {
        const struct catalogue_field *ref = &d->type->fields[i];
        const struct catalogue_type *of =
            ref->kind == CATALOGUE_REF ? catalogue_type_by_name(c, ref->list) : NULL;
        const struct catalogue_field *birth = of != NULL ? doubts_birth(c, of) : NULL;
        if (birth == NULL) continue;
        snprintf(sql, sizeof sql,
                 "SELECT t.id, t.unit, t.\"%s\" FROM \"%s\" t JOIN \"%s\" p ON p.id = t.\"%s\" "
                 "WHERE t.\"%s\" || '~' < p.\"%s\"" DOUBTS_SINCE,
                 d->field->name, d->type->name, of->name, ref->name, d->field->name, birth->name);
        e = doubts_ask(d, sql, doubts_unborn);
    }
    return e;
}

/* What a rule says of the field: nothing after today, no birth older than anybody. */
static enum err doubts_ruled(const struct doubts *d)
{
    const struct doubt_days *days = &d->q->days;
    char old[DATE_TEXT_ROOM + 8] = "", today[DATE_TEXT_ROOM];
    date_print(days->today, today);
    /* A text, not a day: 29/02 of any year has its place among texts. */
    if (d->rule == CATALOGUE_DAY_BIRTH && days->age_years > 0)
        snprintf(old, sizeof old, "%04d%s", days->today.year - days->age_years, today + 4);
    return doubts_outside(d, old, today, doubts_rule);
}

static enum err doubts_event(const struct doubts *d)
{
    const struct doubt_days *days = &d->q->days;
    struct date from, to;
    char first[DATE_TEXT_ROOM], last[DATE_TEXT_ROOM];
    if (date_add_days(days->first, -days->slack, &from) != ERR_OK ||
        date_add_days(days->today, days->slack, &to) != ERR_OK)
        return ERR_OK; /* the edge of the calendar: nothing lies beyond */
    date_print(from, first);
    date_print(to, last);
    return doubts_outside(d, first, last, doubts_far);
}

static enum err doubts_field(const struct doubts *d)
{
    bool ruled = d->rule != CATALOGUE_DAY_ANY;
    bool event = catalogue_event_field(d->s->catalogue, d->type) == d->field;
    enum err e = ruled ? doubts_ruled(d) : ERR_OK;
    if (e == ERR_OK && event && d->q->days.asks) e = doubts_event(d);
    if (e == ERR_OK && (event || ruled)) e = doubts_before_birth(d);
    return e;
}

static enum err doubts_ref(void *ctx, const struct watch_row *w)
{
    const struct doubts *d = ctx;
    struct hub_doubtful r = {.rid = w->record,
                             .type = w->check->type,
                             .field = w->ref->field,
                             .why = w->ref->deleted ? HUB_DOUBTFUL_DELETED : HUB_DOUBTFUL_UNKNOWN};
    if (w->unit.len >= sizeof r.unit) return ERR_DAMAGED;
    if (w->unit.len > 0) memcpy(r.unit, w->unit.p, w->unit.len);
    return d->row(d->ctx, &r);
}

enum err hub_store_doubts(struct hub_store *s, const struct hub_doubts *q, hub_doubtful_fn *row,
                          void *ctx)
{
    enum err e = hub_store_project(s);
    if (e == ERR_OK && (s->typed == NULL || s->catalogue == NULL)) e = ERR_NOT_READY;
    if (e != ERR_OK) return e;
    size_t types = 0;
    const struct catalogue_type *t = catalogue_types(s->catalogue, &types);
    for (size_t i = 0; i < types && e == ERR_OK; i++) {
        for (size_t k = 0; k < t[i].field_count && e == ERR_OK; k++) {
            const struct catalogue_field *f = &t[i].fields[k];
            if (f->kind != CATALOGUE_DATE && f->kind != CATALOGUE_PDATE) continue;
            struct doubts d = {
                s, q, row, ctx, &t[i], f, catalogue_day_rule(s->catalogue, t[i].no, f->no)};
            e = doubts_field(&d);
        }
    }
    struct doubts refs = {.s = s, .q = q, .row = row, .ctx = ctx};
    return e == ERR_OK ? hub_watch_refs(s, q->days.today, doubts_ref, &refs) : e;
}
