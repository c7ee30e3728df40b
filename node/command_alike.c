/* Was this person entered before? Said when a record is saved; the district's list of pairs has it too. */
#include "node/command_priv.h"

#include "common/person_match.h"
#include "proto/record.h"
#include "proto/wire.h"

enum { ALIKE_ROWS_MAX = 20, ALIKE_NAMED_MAX = 5, ALIKE_SAME = 1000 };

/* What is shown of the field that says this of a person; empty: there is none, or it is not a text. */
static struct bytes alike_text(const struct fold *f, const struct catalogue_type *t,
                               enum catalogue_identity identity)
{
    struct wire_reader r;
    const struct catalogue_field *field = catalogue_identity_field(t, identity);
    const struct fold_register *reg =
        field != NULL ? fold_find(f, field->no, (struct bytes){NULL, 0}) : NULL;
    const struct fold_head *head = reg != NULL ? fold_shown(f, reg, FOLD_ASK) : NULL;
    if (head == NULL) return bytes_make(NULL, 0);
    wire_open(&r, head->value);
    return wire_peek(&r) == WIRE_STR ? wire_get_str(&r) : bytes_make(NULL, 0);
}

static enum err alike_person(const struct fold *f, const struct catalogue_type *t,
                             struct person_match *out)
{
    return person_match_make(alike_text(f, t, CATALOGUE_IDENTITY_NAME),
                             alike_text(f, t, CATALOGUE_IDENTITY_BIRTH),
                             alike_text(f, t, CATALOGUE_IDENTITY_SEX), out);
}

struct alike {
    struct node_command *c;
    const struct catalogue_type *type;
    struct id_record rid; /* of the record that was saved */
    struct bytes number;
    struct person_match person;
    struct node_store_record other;
    json_t *found;
};

static enum err alike_row(void *ctx, const struct node_store_row *row)
{
    struct alike *a = ctx;
    struct person_match person;
    if (ID_EQUAL(&row->rid, &a->rid) || json_array_size(a->found) == ALIKE_NAMED_MAX) return ERR_OK;
    enum err e = node_store_record_read(a->c->store, &row->rid, &a->other);
    if (e == ERR_OK) e = alike_person(&a->other.fold, a->type, &person);
    if (e != ERR_OK) return e;
    struct bytes number = alike_text(&a->other.fold, a->type, CATALOGUE_IDENTITY_NUMBER);
    bool same = a->number.len > 0 && bytes_equal(a->number, number);
    same = same || (a->person.has_birth && person.has_birth &&
                    person_match_score(&a->person, &person) == ALIKE_SAME);
    for (size_t i = 0; same && i < json_array_size(a->found); i++) {
        json_t *id = node_json_hex(BYTES_OF(row->rid.b));
        same = !json_equal(id, json_array_get(a->found, i));
        json_decref(id);
    }
    if (same) json_array_append_new(a->found, node_json_hex(BYTES_OF(row->rid.b)));
    return ERR_OK;
}

/* By the number, then by the name among those of the same birth. */
static enum err alike_look(struct alike *a, const struct fold *f)
{
    size_t total = 0;
    const struct catalogue_field *number =
        catalogue_identity_field(a->type, CATALOGUE_IDENTITY_NUMBER);
    const struct catalogue_field *birth =
        catalogue_identity_field(a->type, CATALOGUE_IDENTITY_BIRTH);
    struct node_search q = {.type = a->type, .filter_count = 1, .max = ALIKE_ROWS_MAX};
    enum err e = ERR_OK;
    if (a->number.len > 0) {
        q.filters[0] = (struct node_search_filter){number, NODE_SEARCH_IS, a->number};
        e = node_store_search(a->c->store, &q, alike_row, a, &total);
    }
    if (e != ERR_OK || birth == NULL || !a->person.has_birth) return e;
    q.query = alike_text(f, a->type, CATALOGUE_IDENTITY_NAME);
    q.filters[0] = (struct node_search_filter){birth, NODE_SEARCH_IS,
                                               alike_text(f, a->type, CATALOGUE_IDENTITY_BIRTH)};
    return q.query.len > 0 ? node_store_search(a->c->store, &q, alike_row, a, &total) : ERR_OK;
}

void node_alike_said(struct node_command *c, const struct entry_op *op, json_t *j)
{
    const struct fold *f = &c->entry.record.fold;
    struct alike a = {.c = c, .rid = op->rid};
    const struct catalogue *catalogue = node_store_catalogue(c->store, NULL);
    a.type = catalogue != NULL ? catalogue_type_by_no(catalogue, f->type) : NULL;
    if (a.type == NULL || !op->changed || fold_deleted(f) ||
        catalogue_identity_field(a.type, CATALOGUE_IDENTITY_NAME) == NULL ||
        node_store_record_init(&a.other) != ERR_OK)
        return;
    a.number = alike_text(f, a.type, CATALOGUE_IDENTITY_NUMBER);
    a.found = json_array();
    enum err e = alike_person(f, a.type, &a.person);
    if (e == ERR_OK) e = alike_look(&a, f);
    /* The record is saved; what cannot be looked for is not said. */
    if (e == ERR_OK && json_array_size(a.found) > 0) json_object_set(j, "alike", a.found);
    json_decref(a.found);
    node_store_record_free(&a.other);
}
