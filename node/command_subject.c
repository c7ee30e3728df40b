/* Everything that this PC holds about one person, as one answer, for the person who asks. docs/subject.md. */
#include "node/command_priv.h"

#include "common/told.h"
#include "node/store_search.h"
#include "node/store_users.h"
#include "proto/sealed_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SUBJECT_RECORDS_MAX = 2000, /* of one person */
    SUBJECT_PASSES_MAX =
        8, /* over what a list does not find: how far case files hang below each other */
    SUBJECT_REASON_MAX = 300, /* bytes */
};

enum subject_why {
    SUBJECT_SELF,
    SUBJECT_REFERS,   /* names the person */
    SUBJECT_FOLLOWS,  /* a case file below one of these (follows.csv) */
    SUBJECT_ATTACHED, /* a picture or paper of one of these */
    SUBJECT_OTHER,    /* another person's record that names this one: only that is told */
};
static const char *const subject_whys[] = {"self", "refers", "follows", "attached",
                                           "another_person"};

struct subject_record {
    struct id_record rid;
    unsigned type;
    enum subject_why why;
};

struct subject {
    struct node_command *c;
    const struct catalogue *cat;
    struct subject_record *v; /* in the order in which they were found */
    size_t count;
    enum subject_why adding; /* what a search finds now is */
    json_int_t max_class;    /* values of fields above it are held back */
    json_t *titles;          /* of records that values name, by id: those that may be told */
    struct date today;
};

static const struct subject_record *subject_find(const struct subject *s, const uint8_t *rid)
{
    for (size_t i = 0; i < s->count; i++)
        if (memcmp(s->v[i].rid.b, rid, ID_RECORD_BYTES) == 0) return &s->v[i];
    return NULL;
}

static enum err subject_add(struct subject *s, const struct id_record *rid, unsigned type,
                            enum subject_why why)
{
    if (subject_find(s, rid->b) != NULL) return ERR_OK;
    if (s->count == SUBJECT_RECORDS_MAX) return ERR_TOO_LARGE;
    s->v[s->count++] = (struct subject_record){*rid, type, why};
    return ERR_OK;
}

/* ---- which records ---- */

static bool subject_follows(const struct subject *s, unsigned type, unsigned field)
{
    size_t n = 0;
    const struct catalogue_follow *f = catalogue_follows(s->cat, &n);
    for (size_t i = 0; i < n; i++)
        if (f[i].type == type && f[i].field == field) return true;
    return false;
}

/* Why a record of type `t` that names `to` in `f` is about the person. False: it is not. */
static bool subject_belongs(const struct subject *s, const struct subject_record *to,
                            const struct catalogue_type *t, const struct catalogue_field *f,
                            enum subject_why *why)
{
    if (to->why == SUBJECT_OTHER || to->why == SUBJECT_ATTACHED || f->kind != CATALOGUE_REF)
        return false;
    if (to->why == SUBJECT_SELF) {
        *why = told_is_person(t) ? SUBJECT_OTHER : SUBJECT_REFERS;
        return true;
    }
    *why = SUBJECT_FOLLOWS;
    return subject_follows(s, t->no, f->no);
}

static enum err subject_row(void *ctx, const struct node_store_row *row)
{
    struct subject *s = ctx;
    return subject_add(s, &row->rid, row->type, s->adding);
}

/* Records that show a reference to `to`. */
static enum err subject_shown(struct subject *s, struct subject_record to)
{
    size_t n = 0, total = 0;
    enum err e = ERR_OK;
    const struct catalogue_type *types = catalogue_types(s->cat, &n);
    const struct catalogue_type *of = catalogue_type_by_no(s->cat, to.type);
    for (size_t i = 0; of != NULL && i < n; i++) {
        for (size_t k = 0; e == ERR_OK && k < types[i].field_count; k++) {
            const struct catalogue_field *f = &types[i].fields[k];
            if (f->kind != CATALOGUE_REF || strcmp(f->list, of->name) != 0 ||
                !subject_belongs(s, &to, &types[i], f, &s->adding))
                continue;
            struct node_search q = {.type = &types[i],
                                    .filters = {{f, NODE_SEARCH_IS, BYTES_OF(to.rid.b)}},
                                    .filter_count = 1,
                                    .max = NODE_STORE_LIST_MAX};
            e = node_store_search(s->c->store, &q, subject_row, s, &total);
        }
    }
    return e;
}

/* Pictures and papers: their record says in words whose they are. */
static enum err subject_attached(struct subject *s, struct subject_record to)
{
    char hex[2 * ID_RECORD_BYTES + 1];
    const struct catalogue_type *t = catalogue_type_by_name(s->cat, "attachment");
    const struct catalogue_field *f = t != NULL ? catalogue_field_by_name(t, "record") : NULL;
    if (f == NULL || to.why == SUBJECT_OTHER || to.why == SUBJECT_ATTACHED) return ERR_OK;
    id_hex(BYTES_OF(to.rid.b), hex);
    struct node_store_list q = {
        .type = t, .filters = {{f, bytes_str(hex)}}, .filter_count = 1, .max = NODE_STORE_LIST_MAX};
    s->adding = SUBJECT_ATTACHED;
    return node_store_list(s->c->store, &q, subject_row, s);
}

struct subject_page { /* ids of a list, to be read when its statement is done */
    struct id_record rid[256];
    size_t count;
};

static enum err subject_page_row(void *ctx, const struct node_store_row *row)
{
    struct subject_page *p = ctx;
    if (p->count < sizeof p->rid / sizeof p->rid[0]) p->rid[p->count++] = row->rid;
    return ERR_OK;
}

/* Every head of a record is looked at, also those that a conflict hides. */
static enum err subject_look(struct subject *s, const struct id_record *rid)
{
    struct node_store_record *r = &s->c->entry.record;
    enum err e = node_store_record_read(s->c->store, rid, r);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    const struct catalogue_type *t = catalogue_type_by_no(s->cat, r->fold.type);
    for (size_t i = 0; t != NULL && e == ERR_OK && i < r->fold.register_count; i++) {
        const struct fold_register *g = &r->fold.registers[i];
        const struct catalogue_field *f = catalogue_field_by_no(t, g->field);
        for (size_t k = 0; f != NULL && e == ERR_OK && k < g->count; k++) {
            struct bytes v = g->heads[k].value; /* of a reference: msgpack bin of 16 bytes */
            bool ref = v.len == 2 + ID_RECORD_BYTES && v.p[0] == 0xc4 && v.p[1] == ID_RECORD_BYTES;
            const struct subject_record *to = ref ? subject_find(s, v.p + 2) : NULL;
            enum subject_why why = SUBJECT_OTHER;
            if (to != NULL && subject_belongs(s, to, t, f, &why))
                e = subject_add(s, rid, t->no, why);
        }
    }
    return e;
}

/* Deleted records and those in conflict: no list of values finds them by every value. */
static enum err subject_hidden(struct subject *s, bool deleted)
{
    struct node_store_list q = {.deleted = deleted, .only_conflicts = !deleted};
    struct subject_page page = {.count = 0};
    enum err e = ERR_OK;
    do {
        page.count = 0;
        q.max = sizeof page.rid / sizeof page.rid[0];
        e = node_store_list(s->c->store, &q, subject_page_row, &page);
        for (size_t i = 0; e == ERR_OK && i < page.count; i++)
            e = subject_look(s, &page.rid[i]);
        q.has_after = page.count > 0;
        if (q.has_after) q.after = page.rid[page.count - 1];
    } while (e == ERR_OK && page.count == q.max);
    return e;
}

static enum err subject_collect(struct subject *s)
{
    enum err e = ERR_OK;
    size_t done = 0;
    for (int pass = 0; e == ERR_OK && done < s->count; pass++) {
        if (pass == SUBJECT_PASSES_MAX) return ERR_TOO_LARGE;
        for (; e == ERR_OK && done < s->count; done++) {
            e = subject_shown(s, s->v[done]);
            if (e == ERR_OK) e = subject_attached(s, s->v[done]);
        }
        if (e == ERR_OK) e = subject_hidden(s, true);
        if (e == ERR_OK) e = subject_hidden(s, false);
    }
    return e;
}

/* ---- what they say ---- */

static bool subject_tells(const struct subject *s, const struct subject_record *r,
                          const struct catalogue_field *f, const json_t *value)
{
    const char *hex = json_string_value(value);
    struct id_record rid;
    if (r->why != SUBJECT_OTHER) return true;
    const struct subject_record *to =
        f->kind == CATALOGUE_REF && hex != NULL && node_request_id(hex, &rid) == ERR_OK
            ? subject_find(s, rid.b)
            : NULL;
    return to != NULL && to->why == SUBJECT_SELF;
}

/* The values that stand in a field: one, or all that a conflict holds. */
static json_t *subject_values(const json_t *record, const char *field)
{
    const json_t *value = json_object_get(json_object_get(record, "values"), field);
    const json_t *heads =
        json_object_get(json_object_get(json_object_get(record, "marks"), field), "heads");
    json_t *a = json_array();
    for (size_t i = 0; i < json_array_size(heads); i++)
        json_array_append(a, json_object_get(json_array_get(heads, i), "value"));
    if (json_array_size(a) == 0 && value != NULL) json_array_append(a, (json_t *)(uintptr_t)value);
    return a;
}

/* What the record that a reference leads to is called; NULL: it is not told. */
static const char *subject_title(const struct subject *s, const struct catalogue_field *f,
                                 const char *hex)
{
    struct id_record rid;
    char title[NODE_SEARCH_TITLE_BYTES_MAX + 1];
    const struct catalogue_type *t = catalogue_type_by_name(s->cat, f->list);
    if (f->kind != CATALOGUE_REF || t == NULL || node_request_id(hex, &rid) != ERR_OK) return NULL;
    const struct subject_record *to = subject_find(s, rid.b);
    bool own = to != NULL && to->why == SUBJECT_SELF;
    if (told_title(t, (unsigned)s->max_class, own) == NULL) return NULL;
    if (json_object_get(s->titles, hex) == NULL &&
        node_store_title(s->c->store, &rid, title) == ERR_OK && title[0] != '\0')
        json_object_set_new(s->titles, hex, json_string(title));
    return json_string_value(json_object_get(s->titles, hex));
}

static void subject_tell(const struct subject *s, const struct catalogue_field *f,
                         const json_t *value, struct buf *out)
{
    const char *text = json_string_value(value);
    if (json_is_boolean(value)) text = json_is_true(value) ? "1" : "0";
    if (json_is_integer(value))
        buf_printf(out, "%lld", (long long)json_integer_value(value));
    else if (text != NULL)
        told_value(s->cat, s->today, f, text, subject_title(s, f, text), out);
}

/* The value as people read it: labels in place of codes; of a set, one behind the other. */
static json_t *subject_told(const struct subject *s, const struct catalogue_field *f,
                            const json_t *value)
{
    struct buf out;
    buf_init(&out, 4 * CATALOGUE_TEXT_BYTES_MAX);
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (i > 0) buf_add_str(&out, "; ");
        subject_tell(s, f, json_array_get(value, i), &out);
    }
    if (!json_is_array(value)) subject_tell(s, f, value, &out);
    json_t *j = json_stringn((const char *)out.p, out.e == ERR_OK ? out.len : 0);
    buf_free(&out);
    return j;
}

static json_t *subject_fields(const struct subject *s, const struct subject_record *r,
                              const struct catalogue_type *t, const json_t *record)
{
    json_t *out = json_array();
    for (size_t i = 0; t != NULL && i < t->field_count; i++) {
        const struct catalogue_field *f = &t->fields[i];
        if (strcmp(f->name, SEALED_FILE_FIELD_KEY) == 0) continue; /* no fact about anybody */
        json_t *values = subject_values(record, f->name);
        bool held_back = (json_int_t)f->sensitivity > s->max_class;
        if (json_array_size(values) > 0 && subject_tells(s, r, f, json_array_get(values, 0))) {
            json_t *j = json_pack("{s:s, s:s, s:s, s:i}", "field", f->name, "label_vi", f->label_vi,
                                  "label_en", f->label_en, "class", (int)f->sensitivity);
            json_object_set_new(j, "withheld", json_boolean(held_back));
            json_t *told = json_array();
            for (size_t k = 0; k < json_array_size(values); k++)
                json_array_append_new(told, subject_told(s, f, json_array_get(values, k)));
            if (!held_back) json_object_set(j, "values", values);
            if (!held_back) json_object_set(j, "told", told);
            json_decref(told);
            json_array_append_new(out, j);
        }
        json_decref(values);
    }
    return out;
}

/* Of each save what may be told: when, who, what kind, and the writes of fields that are not held back. */
static json_t *subject_events(const struct subject *s, const struct catalogue_type *t,
                              const json_t *history)
{
    json_t *events = json_deep_copy(json_object_get(history, "events"));
    for (size_t i = 0; i < json_array_size(events); i++) {
        json_t *writes = json_object_get(json_array_get(events, i), "writes");
        for (size_t k = json_array_size(writes); k > 0; k--) {
            json_t *w = json_array_get(writes, k - 1);
            const char *name = node_request_str(w, "field");
            const struct catalogue_field *f =
                t != NULL && name != NULL ? catalogue_field_by_name(t, name) : NULL;
            if (f == NULL || (json_int_t)f->sensitivity > s->max_class ||
                strcmp(name, SEALED_FILE_FIELD_KEY) == 0)
                json_array_remove(writes, k - 1);
            else if (node_request_str(w, "element") == NULL)
                json_object_set_new(w, "told", subject_told(s, f, json_object_get(w, "value")));
        }
    }
    return events != NULL ? events : json_array();
}

static json_t *subject_record_json(const struct subject *s, const struct subject_record *r)
{
    char hex[2 * ID_RECORD_BYTES + 1];
    const struct catalogue_type *t = catalogue_type_by_no(s->cat, r->type);
    id_hex(BYTES_OF(r->rid.b), hex);
    json_t *ask = json_pack("{s:s}", "id", hex);
    json_t *record = node_command_reveal(s->c, ask);
    json_t *history = r->why == SUBJECT_OTHER ? NULL : node_command_history(s->c, ask);
    const struct catalogue_field *name = t != NULL ? catalogue_title(t) : NULL;
    bool named =
        r->why != SUBJECT_OTHER && name != NULL && (json_int_t)name->sensitivity <= s->max_class;
    json_t *j = json_pack(
        "{s:s, s:s, s:s, s:O*, s:O*, s:O*, s:o, s:o}", "id", hex, "why", subject_whys[r->why],
        "type", t != NULL ? t->name : "?", "title", named ? json_object_get(record, "title") : NULL,
        "unit", json_object_get(record, "unit"), "deleted", json_object_get(record, "deleted"),
        "fields", subject_fields(s, r, t, record), "events", subject_events(s, t, history));
    json_decref(ask);
    json_decref(record);
    json_decref(history);
    return j;
}

/* ---- who looked, and what is half written ---- */

struct subject_reads {
    const struct subject *s;
    json_t *rows;
    int64_t last;
};

static enum err subject_read(void *ctx, const struct node_access *a)
{
    struct subject_reads *w = ctx;
    w->last = a->no;
    const struct subject_record *of = a->rid != NULL ? subject_find(w->s, a->rid->b) : NULL;
    if (of == NULL || of->why == SUBJECT_OTHER) return ERR_OK;
    json_t *j =
        json_pack("{s:o, s:s, s:s, s:s, s:o}", "at", node_json_time(a->at_ms), "user", a->user,
                  "what", a->what, "type", a->type, "record", node_json_hex(BYTES_OF(a->rid->b)));
    return json_array_append_new(w->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err subject_reads(const struct subject *s, json_t *rows)
{
    struct subject_reads w = {.s = s, .rows = rows, .last = 1};
    enum err e = ERR_OK;
    for (int64_t before = 0; e == ERR_OK && w.last != 0; before = w.last) {
        w.last = 0;
        e = node_access_each(s->c->store, before, NODE_ACCESS_ROWS_MAX, subject_read, &w);
    }
    return e;
}

struct subject_drafts {
    const struct subject *s;
    json_t *rows;
    char user[NODE_STORE_PERSON_BYTES_MAX + 1];
};

static enum err subject_draft(void *ctx, const struct node_draft *d)
{
    struct subject_drafts *w = ctx;
    json_t *body = json_loadb((const char *)d->body.p, d->body.len, 0, NULL);
    struct id_record rid;
    const char *hex = body != NULL ? node_request_str(body, "id") : NULL;
    const struct subject_record *of =
        hex != NULL && node_request_id(hex, &rid) == ERR_OK ? subject_find(w->s, rid.b) : NULL;
    if (of != NULL && of->why != SUBJECT_OTHER)
        json_array_append_new(w->rows, json_pack("{s:s, s:o, s:s}", "user", w->user, "saved",
                                                 node_json_time(d->saved_ms), "record", hex));
    json_decref(body);
    return ERR_OK;
}

struct subject_users {
    char name[NODE_USERS_MAX][NODE_STORE_PERSON_BYTES_MAX + 1];
    size_t count;
};

static enum err subject_user(void *ctx, const struct node_user *u)
{
    struct subject_users *w = ctx;
    if (w->count < NODE_USERS_MAX) snprintf(w->name[w->count++], sizeof w->name[0], "%s", u->name);
    return ERR_OK;
}

static enum err subject_drafts(const struct subject *s, json_t *rows)
{
    struct subject_users users = {.count = 0};
    struct subject_drafts w = {.s = s, .rows = rows};
    enum err e = node_users_each(s->c->store, subject_user, &users);
    for (size_t i = 0; e == ERR_OK && i < users.count; i++) {
        memcpy(w.user, users.name[i], sizeof w.user);
        e = node_drafts_each(s->c->store, w.user, subject_draft, &w);
    }
    return e;
}

/* ---- the answer ---- */

static json_t *subject_said(enum err e)
{
    if (e == ERR_TOO_LARGE)
        return node_command_error(
            e,
            "Hồ sơ này có quá nhiều hồ sơ khác nhắc tới (hơn 2.000): có phải hồ sơ của một người?",
            "Too many records name this one (over 2,000): is it a person's?", NULL);
    return node_command_fail(e);
}

static json_t *subject_json(const struct subject *s, const json_t *request)
{
    struct node_identity id;
    json_t *records = json_array(), *reads = json_array(), *drafts = json_array();
    enum err e = node_store_identity(s->c->store, &id);
    for (size_t i = 0; e == ERR_OK && i < s->count; i++)
        json_array_append_new(records, subject_record_json(s, &s->v[i]));
    if (e == ERR_OK) e = subject_reads(s, reads);
    if (e == ERR_OK) e = subject_drafts(s, drafts);
    const struct catalogue_type *t = catalogue_type_by_no(s->cat, s->v[0].type);
    json_t *j =
        e != ERR_OK
            ? subject_said(e)
            : json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:I, s:O, s:O, s:O, s:O}", "format",
                        "dongbo/subject-node/1", "made", node_json_time(s->c->wall_ms()), "holder",
                        id.unit, "by", node_request_str(request, "person"), "reason",
                        node_request_str(request, "reason"), "type", t->name, "id",
                        node_request_str(request, "id"), "max_class", s->max_class, "records",
                        records, "reads", reads, "drafts", drafts, "titles", s->titles);
    json_decref(records);
    json_decref(reads);
    json_decref(drafts);
    return j;
}

json_t *node_command_subject(struct node_command *c, const json_t *request)
{
    struct subject s = {.c = c, .cat = node_store_catalogue(c->store, NULL), .max_class = 4};
    struct id_record rid;
    const char *why = node_request_str(request, "reason");
    const json_t *highest = json_object_get(request, "max_class");
    if (s.cat == NULL) return node_no_catalogue();
    if (node_request_id(node_request_str(request, "id"), &rid) != ERR_OK) return node_bad_id();
    if (why == NULL || why[0] == '\0' || strlen(why) > SUBJECT_REASON_MAX ||
        node_request_str(request, "person") == NULL)
        return node_command_error(
            ERR_BAD_INPUT, "Cần lý do, tối đa 300 byte (số và ngày của yêu cầu): nó vào nhật ký.",
            "A reason of at most 300 bytes is needed (the request's number and date): it goes to "
            "the "
            "access log.",
            "reason");
    if (json_is_integer(highest) && json_integer_value(highest) >= 0 &&
        json_integer_value(highest) < 4)
        s.max_class = json_integer_value(highest);
    enum err e = node_import_settle(c);
    if (e == ERR_OK) e = node_store_record_read(c->store, &rid, &c->entry.record);
    if (e == ERR_NOT_FOUND)
        return node_command_error(e, "Không có hồ sơ này trên máy.",
                                  "There is no such record here.", NULL);
    unsigned type = c->entry.record.fold.type;
    if (e == ERR_OK && catalogue_type_by_no(s.cat, type) == NULL) return node_no_type("?");
    s.v = calloc(SUBJECT_RECORDS_MAX, sizeof *s.v);
    s.titles = json_object();
    if (e == ERR_OK && (s.v == NULL || s.titles == NULL)) e = ERR_NOMEM;
    if (e == ERR_OK) e = date_of_ms(c->wall_ms(), &s.today);
    if (e == ERR_OK) e = subject_add(&s, &rid, type, SUBJECT_SELF);
    if (e == ERR_OK) e = subject_collect(&s);
    json_t *j = e == ERR_OK ? subject_json(&s, request) : subject_said(e);
    json_decref(s.titles);
    free(s.v);
    return j;
}
