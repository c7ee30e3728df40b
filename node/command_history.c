/* history: who wrote what into a record, when, and whether the hub has it. */
#include "node/command_priv.h"
#include "proto/record.h"
#include "proto/sealed_file.h"

#include <stdio.h>
#include <string.h>

static const char *node_verdict_word(int verdict)
{
    return verdict < 0 ? "waiting" : fold_verdict_word((unsigned)verdict);
}

struct node_telling {
    struct node_command *c;
    const struct catalogue_type *type;
    json_t *events;
    struct change_write *writes;
    const struct id_record *rid;
    struct sealed_ring ring; /* keys of the record */
};

static json_t *node_history_sealed(const struct node_telling *t, const struct change_write *w)
{
    const struct sealed_place at = {*t->rid, t->type->no, w->field};
    bool read = false;
    struct buf text;
    buf_init(&text, 2 * CHANGE_VALUE_BYTES_MAX);
    enum err e = sealed_value(&t->ring, &at, w->value, &text, &read);
    json_t *j = e == ERR_OK ? node_json_value(buf_bytes(&text)) : json_null();
    buf_free(&text);
    return j;
}

static json_t *node_history_writes(const struct node_telling *t, const struct change_op *op)
{
    json_t *a = json_array();
    for (size_t i = 0; i < op->count; i++) {
        const struct change_write *w = &op->writes[i];
        const struct catalogue_field *f =
            t->type != NULL ? catalogue_field_by_no(t->type, w->field) : NULL;
        if (w->field == SEALED_FIELD || (f != NULL && strcmp(f->name, SEALED_FILE_FIELD_KEY) == 0))
            continue; /* a key, for a reader or of a file: nothing that a person wrote or reads */
        json_t *j = json_pack("{s:s, s:o}", "field", record_field_name(t->type, w->field), "value",
                              f != NULL && f->sealed ? node_history_sealed(t, w)
                                                     : node_json_value(w->value));
        const struct catalogue_field *of =
            w->field == RECORD_LOCKS_FIELD ? record_lock_field(t->type, w->element) : NULL;
        if (of != NULL)
            json_object_set_new(j, "element", json_string(of->name));
        else if (w->element.p != NULL)
            json_object_set_new(j, "element", node_json_text(w->element));
        json_array_append_new(a, j);
    }
    return a;
}

/* Which list brought it. The file's name is known on this PC alone: no set carries it. */
static enum err node_history_list(const struct node_telling *t, uint64_t import, json_t *event)
{
    char id[17], source[NODE_STORE_SOURCE_BYTES_MAX + 1], text[DATE_TEXT_ROOM] = "";
    struct date day;
    bool said = false;
    if (import == 0 || event == NULL) return ERR_OK;
    enum err e = node_store_import_list(t->c->store, import, source, &said, &day);
    if (e == ERR_OK && said) date_print(day, text);
    snprintf(id, sizeof id, "%016llx", (unsigned long long)import);
    json_t *list = json_pack("{s:s, s:o, s:s}", "id", id, "source",
                             node_json_text(bytes_str(source)), "as_of", text);
    json_object_set_new(event, "import", list);
    return e;
}

static enum err node_history_each(void *ctx, const struct node_store_event *v)
{
    static const char *const kinds[] = {"create", "edit", "delete"};
    struct node_telling *t = ctx;
    struct change_op op;
    enum err e = change_op_decode(v->payload, t->writes, &op);
    if (e != ERR_OK) return ERR_DAMAGED;
    json_t *person = v->person_name[0] != '\0' ? json_string(v->person_name)
                                               : node_json_hex(BYTES_OF(v->person.b));
    json_t *j = json_pack("{s:s, s:o, s:o, s:o, s:I, s:b, s:s, s:b, s:o}", "kind", kinds[v->kind],
                          "at", node_json_time(v->at_ms), "person", person, "log",
                          node_json_hex(BYTES_OF(v->inc.b)), "seq", (json_int_t)v->seq, "delivered",
                          (int)v->delivered, "verdict", node_verdict_word(v->verdict), "late",
                          (int)(v->verdict >= 0 && ((unsigned)v->verdict & FOLD_FLAG_LATE) != 0),
                          "writes", node_history_writes(t, &op));
    e = node_history_list(t, v->import, j);
    if (json_array_append_new(t->events, j) != 0) return ERR_NOMEM;
    return e;
}

/* ---- saves of other PCs and of the hub ----
 *
 * Their sets do not come here, only what stands of them in the record's state: who, when, and the values
 * that nobody has replaced since.
 */

static bool node_history_own(const struct node_telling *t, const char *log, json_int_t seq)
{
    for (size_t i = 0; i < json_array_size(t->events); i++) {
        const json_t *e = json_array_get(t->events, i);
        if (json_integer_value(json_object_get(e, "seq")) == seq &&
            strcmp(json_string_value(json_object_get(e, "log")), log) == 0)
            return true;
    }
    return false;
}

static json_t *node_history_heads(const struct node_telling *t, const struct fold *f, unsigned set)
{
    json_t *a = json_array();
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        for (size_t k = 0; k < r->count; k++) {
            if (r->heads[k].set != set) continue;
            struct change_write w = {
                .field = r->field, .value = r->heads[k].value, .element = r->element};
            const struct change_op op = {.writes = &w, .count = 1};
            json_t *one = node_history_writes(t, &op);
            json_array_extend(a, one);
            json_decref(one);
        }
    }
    return a;
}

static bool node_history_deletes(const struct fold *f, unsigned set)
{
    const struct fold_register *r = fold_find(f, 0, bytes_make(NULL, 0));
    for (size_t k = 0; r != NULL && k < r->count; k++)
        if (r->heads[k].set == set) return true;
    return false;
}

/* Among the others by its time. */
static enum err node_history_insert(json_t *events, json_t *event)
{
    const char *at = json_string_value(json_object_get(event, "at"));
    size_t i = json_array_size(events);
    while (at != NULL && i > 0) {
        const json_t *before = json_array_get(events, i - 1);
        const char *then = json_string_value(json_object_get(before, "at"));
        if (then == NULL || strcmp(then, at) <= 0) break;
        i--;
    }
    return json_array_insert_new(events, i, event) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err node_history_others(struct node_telling *t, const struct fold *f)
{
    for (size_t i = 0; i < f->set_count; i++) {
        const struct fold_set *s = &f->sets[i];
        char log[2 * 8 + 1], name[NODE_STORE_PERSON_BYTES_MAX + 1];
        json_int_t seq = (json_int_t)le64_load(s->version.b + 8);
        id_hex(bytes_make(s->version.b, 8), log);
        if (s->position == UINT64_MAX || node_history_own(t, log, seq)) continue;
        enum err e = node_store_person_name(t->c->store, &s->person, name);
        if (e != ERR_OK) return e;
        json_t *person = name[0] != '\0' ? json_string(name) : node_json_hex(BYTES_OF(s->person.b));
        e = node_history_insert(
            t->events, json_pack("{s:s, s:o, s:o, s:s, s:I, s:b, s:s, s:b, s:b, s:o}", "kind",
                                 node_history_deletes(f, (unsigned)i) ? "delete" : "edit", "at",
                                 node_json_time((int64_t)(s->clock >> 16)), "person", person, "log",
                                 log, "seq", seq, "delivered", 1, "verdict", "applied", "late", 0,
                                 "elsewhere", 1, "writes", node_history_heads(t, f, (unsigned)i)));
        if (e != ERR_OK) return e;
    }
    return ERR_OK;
}

json_t *node_command_history(struct node_command *c, const json_t *request)
{
    struct id_record rid;
    json_t *said = node_request_record(c, request, &rid);
    if (said != NULL) return said;
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    struct node_telling t = {
        .c = c, .events = json_array(), .writes = c->entry.entry.decoded, .rid = &rid};
    node_store_ring(c->store, &rid, &c->entry.record, &t.ring);
    if (cat != NULL) t.type = catalogue_type_by_no(cat, c->entry.record.fold.type);
    enum err e = node_store_history(c->store, &rid, node_history_each, &t);
    if (e == ERR_OK) e = node_history_others(&t, &c->entry.record.fold);
    json_t *j = e == ERR_OK ? json_pack("{s:o, s:O}", "id", node_json_hex(BYTES_OF(rid.b)),
                                        "events", t.events)
                            : node_command_fail(e);
    json_decref(t.events);
    sealed_ring_wipe(&t.ring);
    return j;
}
