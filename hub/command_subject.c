/* Everything held about one person, as one answer, for the person who asks. docs/subject.md. */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "common/told.h"
#include "hub/store_erase.h"
#include "hub/store_issues.h"
#include "hub/store_moves.h"
#include "hub/store_read.h"
#include "hub/subject_told.h"

#include <stdlib.h>

enum {
    SUBJECT_RECORDS_MAX = 2000, /* of one person */
    SUBJECT_PASSES_MAX = 8,     /* over all records: how far case files hang below each other */
    SUBJECT_OPS_MAX = 20000,    /* of their history */
};

enum subject_why {
    SUBJECT_SELF,    /* the record asked for, or one that was found to be the same person */
    SUBJECT_REFERS,  /* names the person */
    SUBJECT_FOLLOWS, /* a case file below one of these (follows.csv) */
    SUBJECT_OTHER,   /* another person's record that names this one: only that is told */
};
static const char *const subject_whys[] = {"self", "refers", "follows", "another_person"};

struct subject_record {
    struct id_record rid;
    enum subject_why why;
};

struct subject {
    struct hub_app *app;
    const struct catalogue *c;
    struct subject_record *v; /* in the order in which they were found */
    size_t count;
    struct fold fold;
    struct change_write *writes;
    json_t *records, *history, *reads, *reports;
    json_t *names;      /* of what references lead to, as told */
    unsigned max_class; /* values of fields above it are held back */
    bool grown;
};

static struct subject_record *subject_find(const struct subject *s, const uint8_t *rid)
{
    for (size_t i = 0; i < s->count; i++) {
        if (memcmp(s->v[i].rid.b, rid, ID_RECORD_BYTES) == 0) return &s->v[i];
    }
    return NULL;
}

static enum err subject_add(struct subject *s, const uint8_t *rid, enum subject_why why)
{
    if (s->count == SUBJECT_RECORDS_MAX) return ERR_TOO_LARGE;
    struct subject_record *r = &s->v[s->count++];
    memcpy(r->rid.b, rid, ID_RECORD_BYTES);
    r->why = why;
    s->grown = true;
    return ERR_OK;
}

/* ---- which records ---- */

/* The record id in a value of a ref: msgpack bin of 16 bytes; NULL: none. */
static const uint8_t *subject_ref(struct bytes value)
{
    return value.len == 2 + ID_RECORD_BYTES && value.p[0] == 0xc4 && value.p[1] == ID_RECORD_BYTES
               ? value.p + 2
               : NULL;
}

static bool subject_follows(const struct subject *s, unsigned type, unsigned field)
{
    size_t n = 0;
    const struct catalogue_follow *f = catalogue_follows(s->c, &n);
    for (size_t i = 0; i < n; i++) {
        if (f[i].type == type && f[i].field == field) return true;
    }
    return false;
}

static bool subject_has_refs(const struct catalogue_type *t)
{
    for (size_t i = 0; i < t->field_count; i++) {
        if (t->fields[i].kind == CATALOGUE_REF) return true;
    }
    return false;
}

/* Why the folded record belongs to the person. false: it does not. Every head is looked at, also
 * those that a conflict hides. */
static bool subject_belongs(const struct subject *s, const struct catalogue_type *t,
                            enum subject_why *why)
{
    for (size_t i = 0; i < s->fold.register_count; i++) {
        const struct fold_register *r = &s->fold.registers[i];
        const struct catalogue_field *f = catalogue_field_by_no(t, r->field);
        if (f == NULL || f->kind != CATALOGUE_REF) continue;
        for (size_t k = 0; k < r->count; k++) {
            const uint8_t *rid = subject_ref(r->heads[k].value);
            const struct subject_record *to = rid != NULL ? subject_find(s, rid) : NULL;
            if (to == NULL || to->why == SUBJECT_OTHER) continue;
            if (to->why == SUBJECT_SELF) {
                *why = told_is_person(t) ? SUBJECT_OTHER : SUBJECT_REFERS;
                return true;
            }
            if (!subject_follows(s, t->no, r->field)) continue;
            *why = SUBJECT_FOLLOWS;
            return true;
        }
    }
    return false;
}

/* A decision that two records are one person: the other is the same person. */
static enum err subject_same(struct subject *s, const struct catalogue_type *t)
{
    if (strcmp(t->name, "person_link") != 0) return ERR_OK;
    json_t *v = hub_show_values(&s->fold, t);
    const char *decision = hub_request_str(v, "decision");
    static const char *const sides[] = {"person_a", "person_b"};
    enum err e = ERR_OK;
    for (size_t i = 0; i < 2 && decision != NULL && strcmp(decision, "same") == 0; i++) {
        struct id_record rid;
        if (hub_request_id(v, sides[i], &rid) != ERR_OK) continue;
        struct subject_record *r = subject_find(s, rid.b);
        if (r == NULL && e == ERR_OK) e = subject_add(s, rid.b, SUBJECT_SELF);
        if (r != NULL && r->why == SUBJECT_OTHER) {
            r->why = SUBJECT_SELF;
            s->grown = true;
        }
    }
    json_decref(v);
    return e;
}

static enum err subject_look(void *ctx, const struct hub_record_row *row)
{
    struct subject *s = ctx;
    enum subject_why why = SUBJECT_SELF;
    const struct catalogue_type *t = catalogue_type_by_no(s->c, row->type);
    if (t == NULL || !subject_has_refs(t) || subject_find(s, row->rid.b) != NULL) return ERR_OK;
    fold_clear(&s->fold);
    enum err e = fold_load(&s->fold, row->state);
    if (e != ERR_OK) return e == ERR_BAD_FORMAT ? ERR_DAMAGED : e;
    if (!subject_belongs(s, t, &why)) return ERR_OK;
    e = subject_add(s, row->rid.b, why);
    return e == ERR_OK && !fold_deleted(&s->fold) ? subject_same(s, t) : e;
}

static enum err subject_collect(struct subject *s)
{
    enum err e = ERR_OK;
    s->grown = true;
    for (int i = 0; e == ERR_OK && s->grown; i++) {
        s->grown = false;
        e = i < SUBJECT_PASSES_MAX ? hub_store_records(s->app->store, 0, NULL, subject_look, s)
                                   : ERR_TOO_LARGE;
    }
    return e;
}

/* ---- what they say ---- */

/* The value as people read it. References are many and lead to few records: each is read once. */
static json_t *subject_told(const struct subject *s, const struct catalogue_field *f,
                            struct bytes value, const char *text)
{
    char key[CATALOGUE_NAME_BYTES_MAX + 2 * ID_RECORD_BYTES + 2];
    if (f->kind != CATALOGUE_REF) return hub_told_value(s->app, f, text, s->max_class, false);
    const uint8_t *rid = subject_ref(value);
    const struct subject_record *to = rid != NULL ? subject_find(s, rid) : NULL;
    bool own = to != NULL && to->why == SUBJECT_SELF;
    snprintf(key, sizeof key, "%s %.*s", f->list, 2 * ID_RECORD_BYTES, text);
    json_t *told = json_incref(json_object_get(s->names, key));
    if (told != NULL) return told;
    told = hub_told_value(s->app, f, text, s->max_class, own);
    json_object_set(s->names, key, told);
    return told;
}

/* One value that stands in the record; several of one field: they are in conflict, or a set. */
static void subject_value(const struct subject *s, const struct catalogue_type *t, unsigned no,
                          struct bytes element, struct bytes value, json_t *fields)
{
    const struct catalogue_field *f = catalogue_field_by_no(t, no);
    struct buf text;
    buf_init(&text, 2 * CATALOGUE_TEXT_BYTES_MAX);
    enum err e = element.p != NULL ? ERR_OK : record_value_to_text(NULL, value, &text);
    if (element.p != NULL && value.len == 1 && value.p[0] == 0xc3) buf_add_bytes(&text, element);
    if (f != NULL && f->sensitivity > s->max_class)
        json_array_append_new(fields,
                              json_pack("{s:s, s:s, s:i, s:b}", "field", f->name, "label",
                                        f->label_vi, "class", (int)f->sensitivity, "withheld", 1));
    else if (e == ERR_OK && text.e == ERR_OK && text.len > 0 && f != NULL)
        json_array_append_new(fields, json_pack("{s:s, s:s, s:i, s:o, s:s}", "field", f->name,
                                                "label", f->label_vi, "class", (int)f->sensitivity,
                                                "value", subject_told(s, f, value, buf_cstr(&text)),
                                                "code", buf_cstr(&text)));
    buf_free(&text);
}

static json_t *subject_fields(const struct subject *s, const struct catalogue_type *t,
                              bool refs_only)
{
    json_t *fields = json_array();
    for (size_t i = 0; t != NULL && i < s->fold.register_count; i++) {
        const struct fold_register *r = &s->fold.registers[i];
        const struct catalogue_field *f = catalogue_field_by_no(t, r->field);
        for (size_t k = 0; k < r->count; k++) {
            const uint8_t *rid = subject_ref(r->heads[k].value);
            bool ours = rid != NULL && subject_find(s, rid) != NULL;
            bool same = k > 0 && bytes_equal(r->heads[k].value, r->heads[0].value);
            if (f != NULL && !same && (!refs_only || ours))
                subject_value(s, t, r->field, r->element, r->heads[k].value, fields);
        }
    }
    return fields;
}

static enum err subject_scope(void *ctx, const struct hub_scope_row *row)
{
    return json_array_append_new(ctx, json_string(row->unit)) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err subject_record_json(struct subject *s, const struct subject_record *r)
{
    struct buf state;
    unsigned type = 0;
    uint64_t position = 0;
    char unit[ADMIN_UNIT_BYTES_MAX + 1] = "";
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = hub_store_record(s->app->store, &r->rid, &state, &type, unit, &position);
    fold_clear(&s->fold);
    if (e == ERR_OK) e = fold_load(&s->fold, buf_bytes(&state));
    json_t *units = json_array();
    if (e == ERR_OK) e = hub_store_scopes(s->app->store, &r->rid, subject_scope, units);
    const struct catalogue_type *t = e == ERR_OK ? catalogue_type_by_no(s->c, type) : NULL;
    if (e == ERR_OK)
        json_array_append_new(
            s->records,
            json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:O, s:o}", "id",
                      hub_json_hex(BYTES_OF(r->rid.b)), "why", subject_whys[r->why], "type",
                      t != NULL ? t->name : "?", "type_label", t != NULL ? t->label_vi : "", "unit",
                      unit, "unit_name", hub_unit_name(s->app, unit), "position",
                      (json_int_t)position, "deleted", (int)fold_deleted(&s->fold), "held_by",
                      units, "fields", subject_fields(s, t, r->why == SUBJECT_OTHER)));
    json_decref(units);
    buf_free(&state);
    /* The other side of a decision about persons may be erased: nothing is held of it then. */
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* ---- their history ---- */

static enum err subject_op(struct subject *s, const struct hub_set *set, unsigned index)
{
    static const char *const kinds[][2] = {
        {"create", "Tạo hồ sơ"}, {"edit", "Sửa"}, {"delete", "Xóa"}};
    struct change_op op;
    struct bytes payload = set->view->payload[index];
    if (payload.p == NULL || change_op_decode(payload, s->writes, &op) != ERR_OK) return ERR_OK;
    const struct subject_record *r = subject_find(s, op.rid.b);
    if (r == NULL || r->why == SUBJECT_OTHER) return ERR_OK;
    if (json_array_size(s->history) == SUBJECT_OPS_MAX) return ERR_TOO_LARGE;
    const struct catalogue_type *t = catalogue_type_by_no(s->c, op.type);
    json_t *fields = json_array();
    for (size_t i = 0; t != NULL && i < op.count; i++)
        subject_value(s, t, op.writes[i].field, op.writes[i].element, op.writes[i].value, fields);
    json_t *j = json_pack("{s:o, s:s, s:o, s:I, s:s, s:s, s:o, s:s, s:s, s:o}", "record",
                          hub_json_hex(BYTES_OF(op.rid.b)), "type_label",
                          t != NULL ? t->label_vi : "", "received", hub_json_time(set->received_ms),
                          "position", (json_int_t)set->position, "unit", set->unit, "unit_name",
                          hub_unit_name(s->app, set->unit), "person",
                          hub_json_hex(BYTES_OF(set->view->head.person.b)), "kind",
                          kinds[op.kind][0], "kind_label", kinds[op.kind][1], "fields", fields);
    return json_array_append_new(s->history, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err subject_set(void *ctx, const struct hub_set *set)
{
    enum err e = ERR_OK;
    for (unsigned i = 0; e == ERR_OK && i < set->view->head.ops; i++)
        e = subject_op(ctx, set, i);
    return e;
}

/* ---- who read them, and what counted them ---- */

struct subject_reads {
    struct subject *s;
    int64_t last;
};

static enum err subject_read(void *ctx, int64_t row, const struct hub_read *r)
{
    struct subject_reads *w = ctx;
    json_t *ids = json_array();
    w->last = row;
    for (size_t i = 0; i + ID_RECORD_BYTES <= r->rids.len; i += ID_RECORD_BYTES) {
        const struct subject_record *of = subject_find(w->s, r->rids.p + i);
        if (of != NULL && of->why != SUBJECT_OTHER)
            json_array_append_new(ids, hub_json_hex(BYTES_OF(of->rid.b)));
    }
    if (json_array_size(ids) > 0)
        json_array_append_new(
            w->s->reads, json_pack("{s:o, s:s, s:s, s:s, s:s, s:O}", "at", hub_json_time(r->at_ms),
                                   "user", r->user, "what", r->what, "what_label",
                                   hub_told_read(r->what).vi, "reason", r->why, "records", ids));
    json_decref(ids);
    return ERR_OK;
}

static enum err subject_reads(struct subject *s)
{
    struct subject_reads w = {.s = s, .last = 1};
    enum err e = ERR_OK;
    for (int64_t before = 0; e == ERR_OK && w.last != 0; before = w.last) {
        w.last = 0;
        e = hub_read_each(s->app->store, before, NULL, NULL, subject_read, &w);
    }
    return e;
}

struct subject_issue {
    struct subject *s;
    struct hub_issue issue;
};

static enum err subject_cell(void *ctx, const struct hub_issue_cell *cell)
{
    struct subject_issue *w = ctx;
    json_t *ids = json_array();
    for (size_t i = 0; i + ID_RECORD_BYTES <= cell->inputs.len; i += ID_RECORD_BYTES) {
        const struct subject_record *of = subject_find(w->s, cell->inputs.p + i);
        if (of != NULL && of->why != SUBJECT_OTHER)
            json_array_append_new(ids, hub_json_hex(BYTES_OF(of->rid.b)));
    }
    if (json_array_size(ids) > 0) {
        json_t *j = json_pack("{s:I, s:s, s:s, s:I, s:o, s:i, s:s, s:s, s:O}", "issue",
                              (json_int_t)w->issue.id, "report", w->issue.report, "period",
                              w->issue.period, "number", (json_int_t)w->issue.number, "closed",
                              hub_json_time(w->issue.closed_ms), "line", (int)cell->line, "value",
                              cell->value, "unit", cell->unit, "records", ids);
        hub_told_cell(w->s->app, &w->issue, cell, j);
        json_array_append_new(w->s->reports, j);
    }
    json_decref(ids);
    return ERR_OK;
}

struct subject_issues {
    struct hub_issue *v;
    size_t count, room;
};

static enum err subject_issue_row(void *ctx, const struct hub_issue *issue)
{
    struct subject_issues *w = ctx;
    if (w->count == w->room) {
        size_t room = w->room > 0 ? 2 * w->room : 64;
        struct hub_issue *more = realloc(w->v, room * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        w->v = more;
        w->room = room;
    }
    w->v[w->count++] = *issue;
    return ERR_OK;
}

static enum err subject_reports(struct subject *s)
{
    struct subject_issues all = {.v = NULL};
    enum err e = hub_issues_list(s->app->store, subject_issue_row, &all);
    for (size_t i = 0; e == ERR_OK && i < all.count; i++) {
        struct subject_issue w = {.s = s, .issue = all.v[i]};
        e = hub_issues_cells(s->app->store, w.issue.id, NULL, subject_cell, &w);
    }
    free(all.v);
    return e;
}

/* ---- the answer ---- */

/* Without this row nothing is handed out. */
static enum err subject_note(const struct subject *s, const char *user, const char *why)
{
    struct buf rids;
    buf_init(&rids, (size_t)SUBJECT_RECORDS_MAX * ID_RECORD_BYTES);
    for (size_t i = 0; i < s->count; i++)
        buf_add(&rids, s->v[i].rid.b, ID_RECORD_BYTES);
    struct hub_read row = {.at_ms = clock_wall_ms(),
                           .user = user != NULL ? user : "",
                           .what = "subject",
                           .why = why,
                           .highest = 4,
                           .rids = buf_bytes(&rids)};
    enum err e = rids.e != ERR_OK ? rids.e : hub_read_add(s->app->store, &row);
    buf_free(&rids);
    return e;
}

static enum err subject_fill(struct subject *s)
{
    struct hub_position at;
    enum err e = subject_collect(s);
    for (size_t i = 0; e == ERR_OK && i < s->count; i++)
        e = subject_record_json(s, &s->v[i]);
    hub_store_position(s->app->store, &at);
    if (e == ERR_OK) e = hub_store_sets(s->app->store, 1, at.position, subject_set, s);
    if (e == ERR_OK) e = subject_reads(s);
    return e == ERR_OK ? subject_reports(s) : e;
}

static json_t *subject_json(const struct subject *s, const char *user, const char *why)
{
    return json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:O, s:O, s:O, s:O}", "format",
                     "dongbo/subject/1", "made", hub_json_time(clock_wall_ms()), "holder",
                     s->app->identity.unit, "holder_name", s->app->identity.unit_name, "by",
                     user != NULL ? user : "", "reason", why, "records", s->records, "history",
                     s->history, "reads", s->reads, "reports", s->reports);
}

static json_t *subject_said(enum err e)
{
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Không có hồ sơ này ở trung tâm.",
                                 "There is no such record at the hub.");
    if (e == ERR_TOO_LARGE)
        return hub_command_error(
            e,
            "Hồ sơ này có quá nhiều hồ sơ khác nhắc tới (hơn 2.000): có phải hồ sơ của một người?",
            "Too many records name this one (over 2,000): is it a person's?");
    return hub_command_fail(e);
}

json_t *hub_command_subject(struct hub_app *a, const json_t *request)
{
    struct subject s = {.app = a, .c = hub_store_catalogue(a->store), .max_class = 4};
    const json_t *highest = json_object_get(request, "max_class");
    struct id_record rid;
    bool known = false, dead = false;
    const char *why = hub_request_str(request, "reason"),
               *user = hub_request_str(request, "person");
    if (hub_request_id(request, "id", &rid) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Mã hồ sơ gồm 32 chữ số thập lục phân.",
                                 "A record id has 32 hexadecimal digits.");
    if (why == NULL || s.c == NULL)
        return why == NULL
                   ? hub_command_error(
                         ERR_BAD_INPUT, "Cần lý do (số và ngày của yêu cầu): nó vào nhật ký đọc.",
                         "A reason is needed (the request's number and date): it goes to the "
                         "access log.")
                   : hub_command_fail(ERR_NOT_READY);
    if (json_is_integer(highest) && json_integer_value(highest) >= 0 &&
        json_integer_value(highest) < 4)
        s.max_class = (unsigned)json_integer_value(highest);
    enum err e = hub_store_erase_record(a->store, &rid, &known, &dead);
    if (e == ERR_OK && (!known || dead)) e = ERR_NOT_FOUND;
    if (e != ERR_OK) return subject_said(e);
    s.v = calloc(SUBJECT_RECORDS_MAX, sizeof *s.v);
    s.writes = calloc(CHANGE_WRITES_MAX, sizeof *s.writes);
    s.records = json_array();
    s.history = json_array();
    s.reads = json_array();
    s.reports = json_array();
    s.names = json_object();
    e = s.v != NULL && s.writes != NULL ? fold_init(&s.fold) : ERR_NOMEM;
    if (e == ERR_OK) e = subject_add(&s, rid.b, SUBJECT_SELF);
    if (e == ERR_OK) e = subject_fill(&s);
    if (e == ERR_OK) e = subject_note(&s, user, why);
    json_t *j = e == ERR_OK ? subject_json(&s, user, why) : subject_said(e);
    json_decref(s.records);
    json_decref(s.history);
    json_decref(s.reads);
    json_decref(s.reports);
    json_decref(s.names);
    if (s.fold.private_ != NULL) fold_free(&s.fold);
    free(s.writes);
    free(s.v);
    return j;
}
