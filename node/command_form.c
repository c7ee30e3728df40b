/* catalogue and check: what a form is made of, and what is wrong with it while it is filled in. */
#include "node/command_priv.h"
#include "common/io/catalogue_json.h"
#include "common/io/store_typed.h"

#include <stdio.h>
#include <string.h>

/* ---- catalogue ---- */

json_t *node_command_catalogue(struct node_command *c, const json_t *request)
{
    uint32_t edition = 0;
    const struct catalogue *cat = node_store_catalogue(c->store, &edition);
    (void)request;
    return cat != NULL ? catalogue_json(cat, edition) : node_no_catalogue();
}

/* ---- used ---- */

struct node_used {
    const struct catalogue *cat;
    json_t *types;
};

static enum err node_used_row(void *ctx, unsigned no, uint64_t records)
{
    struct node_used *u = ctx;
    const struct catalogue_type *t = catalogue_type_by_no(u->cat, no);
    if (t == NULL) return ERR_OK; /* of an edition to come */
    return json_object_set_new(u->types, t->name, json_integer((json_int_t)records)) == 0
               ? ERR_OK
               : ERR_NOMEM;
}

/* {used: {type: records}}: what this PC works with. */
json_t *node_command_used(struct node_command *c, const json_t *request)
{
    struct node_used u = {.cat = node_store_catalogue(c->store, NULL)};
    (void)request;
    if (u.cat == NULL) return node_no_catalogue();
    u.types = json_object();
    enum err e = node_store_used(c->store, node_used_row, &u);
    json_t *j = e == ERR_OK ? json_pack("{s:O}", "used", u.types) : node_command_fail(e);
    json_decref(u.types);
    return j;
}

/* ---- check ---- */

struct node_checking {
    struct node_entry_form form;
    struct entry_value values[ENTRY_FIELDS_MAX];
    struct buf memory;
    uint8_t base[16];
    json_t *errors; /* field -> {vi, en} */
};

static void node_check_say(json_t *errors, const char *field, const char *vi, const char *en)
{
    if (json_object_get(errors, field) == NULL)
        json_object_set_new(errors, field, json_pack("{s:s, s:s}", "vi", vi, "en", en));
}

/* Leave out what cannot be read, with its words; a required field without a value is `missing`. */
static enum err node_check_clean(struct node_command *c, struct node_checking *k)
{
    size_t kept = 0;
    for (size_t i = 0; i < k->form.count; i++) {
        struct entry_why why;
        struct bytes clean;
        struct entry_value v = k->values[i];
        struct catalogue_field loose =
            *v.field; /* emptiness is the record's matter, not the text's */
        loose.required = false;
        enum err e = node_entry_clean(&c->entry, &loose, v.typed, &clean, &why);
        if (e == ERR_OK) e = node_doubt_text(c, k->form.type, v.field, clean, &why);
        if (e != ERR_OK && e != ERR_BAD_VALUE) return e;
        bool empty = e == ERR_OK && clean.len == 0 && v.field->required;
        if (e == ERR_BAD_VALUE) node_check_say(k->errors, v.field->name, why.vi, why.en);
        if (e == ERR_OK && !empty) k->values[kept++] = v;
    }
    k->form.count = kept;
    return ERR_OK;
}

static json_t *node_check_read(struct node_command *c, const json_t *request,
                               struct node_checking *k)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *type = node_request_str(request, "type");
    const char *id = node_request_str(request, "id");
    const char *base = node_request_str(request, "base");
    struct entry_why why;
    char field[64];
    if (cat == NULL) return node_no_catalogue();
    k->form.type = type != NULL ? catalogue_type_by_name(cat, type) : NULL;
    if (k->form.type == NULL) return node_no_type(type != NULL ? type : "");
    k->form.must_exist = id != NULL;
    if (id != NULL && node_request_id(id, &k->form.rid) != ERR_OK) return node_bad_id();
    if (base != NULL && id_unhex(base, k->base, sizeof k->base) == ERR_OK) k->form.base = k->base;
    enum err e = node_values_read(k->form.type, json_object_get(request, "values"), k->values,
                                  &k->form.count, &k->memory, &why, field);
    k->form.values = k->values;
    if (e == ERR_BAD_VALUE) return node_command_error(e, why.vi, why.en, field);
    if (e == ERR_OK) e = node_check_clean(c, k);
    return e == ERR_OK ? NULL : node_command_fail(e);
}

static json_t *node_check_answer(struct node_command *c, const struct node_checking *k)
{
    struct typed_review v;
    const struct catalogue_type *t = k->form.type;
    enum err e = node_store_review(c->store, t, &c->entry.record.fold, &v);
    if (e != ERR_OK) return node_command_fail(e);
    json_t *hidden = json_array(), *missing = json_array();
    for (size_t i = 0; i < t->field_count; i++) {
        const struct catalogue_field *f = &t->fields[i];
        if (!v.relevant[i]) json_array_append_new(hidden, json_string(f->name));
        if (v.missing[i]) json_array_append_new(missing, json_string(f->name));
        if (v.wrong[i])
            node_check_say(k->errors, f->name,
                           f->constraint_vi[0] != '\0' ? f->constraint_vi : "Giá trị không hợp lệ",
                           f->constraint_en[0] != '\0' ? f->constraint_en
                                                       : "The value is not allowed");
    }
    return json_pack("{s:o, s:o, s:O}", "hidden", hidden, "missing", missing, "errors", k->errors);
}

json_t *node_command_check(struct node_command *c, const json_t *request)
{
    struct node_checking k = {.errors = json_object()};
    struct entry_why why;
    struct entry_op op;
    buf_init(&k.memory, 1024 * 1024);
    json_t *j = node_check_read(c, request, &k);
    if (j == NULL && k.form.count == 0) { /* nothing typed yet: the record as it is */
        enum err e = node_store_record_read(c->store, &k.form.rid, &c->entry.record);
        if (e == ERR_OK) e = node_store_record_open(c->store, &k.form.rid, &c->entry.record);
        if (e != ERR_OK && (e != ERR_NOT_FOUND || k.form.must_exist)) j = node_command_fail(e);
    } else if (j == NULL) {
        /* BAD_VALUE is the record's own check, which node_check_answer() tells field by field. */
        enum err e = node_entry_make(&c->entry, &k.form, &op, &why);
        if (e != ERR_OK && e != ERR_BAD_VALUE) j = node_command_why(e, &why);
    }
    if (j == NULL) j = node_check_answer(c, &k);
    json_decref(k.errors);
    buf_free(&k.memory);
    return j;
}
