/*
 * What comes too late: an op of a node on a record with a day in a period that is closed. SPEC 14.6.
 * The op applies all the same; its verdict has the flag, so that its writer is told and a supplement
 * finds it. A function of the log alone: the windows stand beside the closings.
 */
#include "hub/store_priv.h"
#include "proto/workflow.h"
#include "common/due.h"
#include "hub/store_watch.h"
#include "proto/wire.h"

#include <stdlib.h>

enum { HUB_CLOSED_MAX = 100000 }; /* different windows of closed periods at one hub */

/* ---- windows ---- */

static bool hub_text_of(struct bytes b, char *out, size_t room)
{
    if (b.len >= room || (b.len > 0 && memchr(b.p, 0, b.len) != NULL)) return false;
    if (b.len > 0) memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    return true;
}

void hub_closed_window(const struct hub_store *s, struct bytes report, struct bytes unit,
                       struct bytes period, char first[static DATE_TEXT_ROOM],
                       char last[static DATE_TEXT_ROOM])
{
    char id[CATALOGUE_NAME_BYTES_MAX + 1], code[ADMIN_UNIT_BYTES_MAX + 1];
    struct period p;
    struct due_slot slot;
    first[0] = last[0] = '\0';
    if (s->catalogue == NULL || !hub_text_of(report, id, sizeof id) ||
        !hub_text_of(unit, code, sizeof code) || period_parse(period, &p) != ERR_OK ||
        due_slot(s->catalogue, id, code, p, &slot) != ERR_OK)
        return;
    date_print(slot.window.first, first);
    date_print(slot.window.last, last);
}

static enum err hub_closed_add(struct hub_store *s, const struct hub_closed *c)
{
    for (size_t i = 0; i < s->closed_count; i++) {
        const struct hub_closed *o = &s->closed[i];
        if (o->unit == c->unit && date_compare(o->first, c->first) == 0 &&
            date_compare(o->last, c->last) == 0)
            return ERR_OK;
    }
    if (s->closed_count == s->closed_room) {
        size_t more = s->closed_room ? 2 * s->closed_room : 16;
        if (more > HUB_CLOSED_MAX) return ERR_TOO_LARGE;
        struct hub_closed *p = realloc(s->closed, more * sizeof *p);
        if (p == NULL) return ERR_NOMEM;
        s->closed = p;
        s->closed_room = more;
    }
    s->closed[s->closed_count++] = *c;
    return ERR_OK;
}

/* A period is closed while its newest issue is not reopened. */
enum err hub_closed_load(struct hub_store *s)
{
    struct db_stmt *q = db_stmt(
        s->db, "SELECT c.unit, c.first, c.last FROM sys_close c WHERE c.first <> '' AND NOT EXISTS "
               "(SELECT 1 FROM sys_close n WHERE n.report = c.report AND n.unit = c.unit AND "
               "n.period = c.period AND n.issue > c.issue) AND NOT EXISTS (SELECT 1 FROM "
               "sys_reopened r WHERE r.report = c.report AND r.unit = c.unit AND "
               "r.period = c.period AND r.issue = c.issue) ORDER BY c.pos");
    bool row = true;
    enum err e = ERR_OK;
    s->closed_count = 0;
    while (e == ERR_OK && row) {
        char code[ADMIN_UNIT_BYTES_MAX + 1];
        struct hub_closed c;
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        if (!hub_text_of(db_column_bytes(q, 0), code, sizeof code) ||
            date_parse(db_column_bytes(q, 1), &c.first) != ERR_OK ||
            date_parse(db_column_bytes(q, 2), &c.last) != ERR_OK)
            e = ERR_DAMAGED;
        if (e == ERR_OK) c.unit = hub_unit_find(s, code);
        if (e == ERR_OK && c.unit != 0) e = hub_closed_add(s, &c);
    }
    db_done(q);
    return e;
}

/* ---- ops ---- */

static bool hub_day_closed(const struct hub_store *s, int64_t unit, struct date day)
{
    for (size_t i = 0; i < s->closed_count; i++) {
        const struct hub_closed *c = &s->closed[i];
        if (c->unit != unit && c->unit != s->hub_unit) continue;
        if (date_compare(c->first, day) <= 0 && date_compare(day, c->last) <= 0) return true;
    }
    return false;
}

bool hub_record_late(const struct hub_store *s, int64_t unit, bool none)
{
    struct record_cell cells[CATALOGUE_FIELDS_MAX];
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, s->fold.type) : NULL;
    if (t == NULL || workflow_owns(t->name)) return false;
    record_cells(&s->fold, t, cells);
    bool any = false;
    for (size_t i = 0; i < t->field_count; i++) {
        struct wire_reader r;
        struct date day;
        if (t->fields[i].kind != CATALOGUE_DATE || !cells[i].set) continue;
        wire_open(&r, cells[i].value);
        if (wire_peek(&r) != WIRE_STR || date_parse(wire_get_str(&r), &day) != ERR_OK) continue;
        any = true;
        if (hub_day_closed(s, unit, day)) return true;
    }
    return !any && none;
}

uint8_t hub_late_flag(const struct hub_store *s, const struct hub_writer *w)
{
    struct date day;
    if (s->closed_count == 0 || w->own) return 0;
    if (s->late) return FOLD_FLAG_LATE;
    /* A record without any day is of the day on which it was made. */
    bool made = date_of_ms((int64_t)(w->set.clock >> 16), &day) == ERR_OK &&
                hub_day_closed(s, w->unit, day);
    return hub_record_late(s, w->unit, made) ? FOLD_FLAG_LATE : 0;
}

/* ---- looking back ---- */

/* Does the op write something of that class? The type `attachment` has two classes in one: a file is of the
 * class of its record, and only a sealed one writes what is sealed. */
static bool hub_late_class(const struct catalogue_type *t, const struct change_op *op,
                           unsigned least)
{
    if (t->sensitivity < least) return false;
    if (strcmp(t->name, "attachment") != 0) return true;
    for (size_t i = 0; i < op->count; i++) {
        unsigned no = op->writes[i].field;
        const struct catalogue_field *f =
            no > 0 && no <= CATALOGUE_FIELDS_MAX ? catalogue_field_by_no(t, no) : NULL;
        if (f != NULL && f->sensitivity >= least) return true;
    }
    return false;
}

/* One late op: its record, if it is there and of that class. */
static enum err hub_late_op(struct hub_store *s, struct bytes payload, unsigned least,
                            watch_fn *row, void *ctx)
{
    struct change_op op;
    struct hub_record r;
    struct db_stmt *q = NULL;
    if (payload.p == NULL || change_op_decode(payload, s->writes, &op) != ERR_OK) return ERR_OK;
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, op.type) : NULL;
    if (t == NULL || !hub_late_class(t, &op, least)) return ERR_OK;
    enum err e = hub_record_get(s, &op.rid, &q, &r);
    int64_t unit = r.unit;
    db_done(q);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    struct watch_row found = {.record = op.rid, .unit = bytes_str(s->units[unit].code)};
    return row(ctx, &found);
}

static enum err hub_late_set(struct hub_store *s, const struct db_stmt *q, unsigned least,
                             watch_fn *row, void *ctx)
{
    struct bytes verdicts = db_column_bytes(q, 2);
    bool any = false;
    for (size_t i = 0; i < verdicts.len; i++)
        any = any || (verdicts.p[i] & FOLD_FLAG_LATE) != 0;
    if (!any) return ERR_OK;
    enum err e = change_open(db_column_bytes(q, 0), db_column_bytes(q, 1), s->view);
    for (size_t i = 0; e == ERR_OK && i < verdicts.len && i < s->view->head.ops; i++) {
        if ((verdicts.p[i] & FOLD_FLAG_LATE) != 0)
            e = hub_late_op(s, s->view->payload[i], least, row, ctx);
    }
    return e;
}

enum err hub_watch_late(struct hub_store *s, int64_t since_ms, unsigned least, watch_fn *row,
                        void *ctx)
{
    bool more = true;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    /* newest first: what is older than the window is not read at all */
    struct db_stmt *q =
        db_stmt(s->db, "SELECT head, body, verdicts, received_ms FROM sys_log ORDER BY pos DESC");
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more || db_column_int(q, 3) < since_ms) break;
        e = hub_late_set(s, q, least, row, ctx);
    }
    db_done(q);
    return e;
}
