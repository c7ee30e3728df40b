/* Decisions: a conflict's value, a deletion, whether two records are one person. Each is a change
 * set of the hub's own log that names all heads it settles, and reaches the communes. */
#include "hub/command_priv.h"
#include "hub/command_pair.h"

#include <sodium.h>
#include <stdlib.h>

enum { HUB_TEXTS_BYTES_MAX = 256 * 1024 }; /* texts of one decision */

/* ---- a field ---- */

struct hub_decision {
    struct hub_edit edit;
    struct entry_value values[ENTRY_FIELDS_MAX];
    size_t count;
    struct buf texts;
};

static json_t *hub_decide_usage(void)
{
    return hub_command_error(
        ERR_USAGE,
        "Cần --field TRƯỜNG và --take SỐ hoặc --value GIÁ_TRỊ; hồ sơ bị xóa: --delete hoặc --keep; "
        "trùng người: --same hoặc --different.",
        "Give --field FIELD and --take N or --value VALUE; for a deleted record --delete or "
        "--keep; "
        "for one person in two communes --same or --different.");
}

static enum err hub_decide_add(struct hub_decision *d, const struct catalogue_field *field,
                               struct bytes text)
{
    if (d->count == ENTRY_FIELDS_MAX) return ERR_TOO_LARGE;
    buf_add_bytes(&d->texts, text);
    d->values[d->count++] = (struct entry_value){field, {NULL, text.len}, true};
    return d->texts.e;
}

static enum err hub_decide_value(struct hub_decision *d, const struct catalogue_field *field,
                                 struct bytes value)
{
    struct buf text;
    buf_init(&text, 2 * CHANGE_VALUE_BYTES_MAX);
    enum err e = record_value_to_text(field, value, &text);
    if (e == ERR_OK) e = hub_decide_add(d, field, buf_bytes(&text));
    buf_free(&text);
    return e;
}

/* Fields of the same tie follow: what the same change set wrote there. */
static enum err hub_decide_tie(struct hub_decision *d, const struct catalogue_type *t,
                               const struct catalogue_field *field, unsigned set)
{
    const struct bytes none = {NULL, 0};
    enum err e = ERR_OK;
    if (field->tie[0] == '\0') return ERR_OK;
    for (size_t i = 0; i < t->field_count && e == ERR_OK; i++) {
        const struct catalogue_field *other = &t->fields[i];
        if (other == field || strcmp(other->tie, field->tie) != 0) continue;
        const struct fold_register *r = fold_find(&d->edit.fold, other->no, none);
        for (size_t k = 0; r != NULL && r->count > 1 && k < r->count && e == ERR_OK; k++) {
            if (r->heads[k].set == set) e = hub_decide_value(d, other, r->heads[k].value);
        }
    }
    return e;
}

/* Which of the heads is taken: the one of this number, "first" in the hub's order, or "newest" by its writer's clock.
 * NULL: there is none. */
static const struct fold_head *hub_decide_head(const struct fold *f, const struct fold_register *r,
                                               const json_t *take)
{
    const char *rule = json_string_value(take);
    json_int_t n = json_is_integer(take) ? json_integer_value(take) : 1;
    const struct fold_head *h = &r->heads[0];
    if (rule == NULL) return n >= 1 && (size_t)n <= r->count ? &r->heads[n - 1] : NULL;
    for (size_t i = 1; strcmp(rule, "newest") == 0 && i < r->count; i++)
        if (f->sets[r->heads[i].set].clock > f->sets[h->set].clock) h = &r->heads[i];
    return h;
}

static bool hub_decide_rule(const json_t *take)
{
    const char *rule = json_string_value(take);
    return rule != NULL && (strcmp(rule, "newest") == 0 || strcmp(rule, "first") == 0);
}

static enum err hub_decide_take(struct hub_decision *d, const struct catalogue_type *t,
                                const struct catalogue_field *field, const json_t *take)
{
    const struct bytes none = {NULL, 0};
    const struct fold_register *r = fold_find(&d->edit.fold, field->no, none);
    const struct fold_head *h = r != NULL ? hub_decide_head(&d->edit.fold, r, take) : NULL;
    if (h == NULL) return ERR_NOT_FOUND;
    enum err e = hub_decide_value(d, field, h->value);
    return e == ERR_OK ? hub_decide_tie(d, t, field, h->set) : e;
}

static void hub_decide_place(struct hub_decision *d)
{
    const uint8_t *p = d->texts.p;
    for (size_t i = 0; i < d->count; i++) {
        d->values[i].typed.p = p;
        if (d->values[i].typed.len > 0) p += d->values[i].typed.len;
    }
}

static json_t *hub_decide_field(struct hub_app *a, const json_t *request, struct hub_decision *d,
                                const struct id_record *rid)
{
    const struct catalogue *c = hub_store_catalogue(a->store);
    const char *name = hub_request_str(request, "field");
    const json_t *take = json_object_get(request, "take");
    const json_t *value = json_object_get(request, "value");
    enum err e = hub_edit_load(&d->edit, rid);
    if (e != ERR_OK) return hub_command_fail(e);
    const struct catalogue_type *t = c != NULL ? catalogue_type_by_no(c, d->edit.fold.type) : NULL;
    const struct catalogue_field *f =
        t != NULL && name != NULL ? catalogue_field_by_name(t, name) : NULL;
    if (t == NULL || f == NULL)
        return hub_command_error(ERR_NOT_FOUND, "Không có hồ sơ hoặc trường này.",
                                 "There is no such record or field.");
    if (json_is_integer(take) || hub_decide_rule(take)) {
        e = hub_decide_take(d, t, f, take);
    } else if (json_is_string(value)) {
        e = hub_decide_add(d, f, bytes_make(json_string_value(value), json_string_length(value)));
    } else {
        return hub_decide_usage();
    }
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Trường này không có giá trị mang số đó.",
                                 "The field has no value of that number.");
    if (e != ERR_OK) return hub_command_fail(e);
    hub_decide_place(d);
    struct entry_form form = {.rid = *rid, .type = t, .values = d->values, .count = d->count};
    return hub_edit_one(a, request, &form);
}

/* A decision about two records is taken back: they are two again, and the pair is asked anew. */
static json_t *hub_decide_undo(struct hub_app *a, const json_t *request,
                               const struct id_record *rid)
{
    const struct catalogue_type *t = hub_record_type(a, rid);
    struct entry_form form = {.action = ENTRY_DELETE, .rid = *rid};
    if (t != NULL && strcmp(t->name, "person_link") == 0) return hub_edit_one(a, request, &form);
    return hub_command_error(ERR_NOT_FOUND,
                             "Không có kết luận về hai người mang mã này: xem `conflicts links`.",
                             "No decision about two persons has this id: see `conflicts links`.");
}

static json_t *hub_decide_record(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    const char *action = hub_request_str(request, "action");
    if (hub_request_id(request, "id", &rid) != ERR_OK) return hub_decide_usage();
    if (action != NULL && strcmp(action, "undo") == 0) return hub_decide_undo(a, request, &rid);
    if (action != NULL) {
        struct entry_form form = {
            .action = strcmp(action, "delete") == 0 ? ENTRY_DELETE : ENTRY_RESTORE, .rid = rid};
        return hub_edit_one(a, request, &form);
    }
    struct hub_decision *d = calloc(1, sizeof *d);
    if (d == NULL) return hub_command_fail(ERR_NOMEM);
    enum err e = hub_edit_init(&d->edit, a);
    buf_init(&d->texts, HUB_TEXTS_BYTES_MAX);
    json_t *j = e == ERR_OK ? hub_decide_field(a, request, d, &rid) : hub_command_fail(e);
    if (e == ERR_OK) hub_edit_free(&d->edit);
    buf_free(&d->texts);
    free(d);
    return j;
}

/* ---- one person in two communes ---- */

struct hub_pair_find {
    const char *id;
    bool found;
    struct id_record a, b;
};

static enum err hub_pair_seek(void *ctx, const struct hub_pair *p)
{
    struct hub_pair_find *f = ctx;
    char id[2 * HUB_PAIR_ID_BYTES + 1];
    hub_pair_id(p, id);
    if (strcmp(id, f->id) != 0) return ERR_OK;
    f->found = true;
    f->a = p->a;
    f->b = p->b;
    return ERR_OK;
}

/* NULL: the decision goes together with those about others. */
static json_t *hub_decide_fits(struct hub_app *a, const struct hub_pair_find *pair, bool same)
{
    bool fits = true;
    enum err e = hub_store_project(a->store);
    if (e == ERR_OK) e = hub_store_link_fits(a->store, &pair->a, &pair->b, same, &fits);
    if (e != ERR_OK) return hub_command_fail(e);
    if (fits) return NULL;
    if (same)
        return hub_command_error(
            ERR_REFUSED,
            "Chưa ghi gì: đã có kết luận hai người khác nhau giữa những hồ sơ nối với hai hồ sơ "
            "này. Hãy xóa kết luận đó (hồ sơ loại person_link) trước.",
            "Nothing was saved: records that are linked with these two were found to be two "
            "persons. Delete that decision (a record of type person_link) first.");
    return hub_command_error(
        ERR_REFUSED,
        "Chưa ghi gì: các kết luận khác đã coi hai hồ sơ này là một người, qua hồ sơ thứ ba. Hãy "
        "xóa kết luận nối với hồ sơ ấy (loại person_link) trước.",
        "Nothing was saved: by other decisions these two are one person, through a third record. "
        "Delete the decision that links it (a record of type person_link) first.");
}

static json_t *hub_decide_link(struct hub_app *a, const json_t *request,
                               const struct hub_pair_find *pair, const char *decision)
{
    static const char *const names[] = {"person_a", "person_b", "decision", "reason"};
    const struct catalogue *c = hub_store_catalogue(a->store);
    const struct catalogue_type *t = c != NULL ? catalogue_type_by_name(c, "person_link") : NULL;
    const char *reason = hub_request_str(request, "reason");
    char first[2 * ID_RECORD_BYTES + 1], second[2 * ID_RECORD_BYTES + 1];
    struct entry_value values[4];
    size_t n = reason != NULL ? 4 : 3;
    id_hex(BYTES_OF(pair->a.b), first);
    id_hex(BYTES_OF(pair->b.b), second);
    const char *const texts[] = {first, second, decision, reason};
    for (size_t i = 0; i < n; i++) {
        const struct catalogue_field *f = t != NULL ? catalogue_field_by_name(t, names[i]) : NULL;
        if (f == NULL)
            return hub_command_error(ERR_NOT_READY, "Danh mục không có loại person_link.",
                                     "The catalogue has no type person_link.");
        values[i] = (struct entry_value){f, bytes_str(texts[i]), false};
    }
    json_t *no = hub_decide_fits(a, pair, strcmp(decision, "same") == 0);
    if (no != NULL) return no;
    struct entry_form form = {.type = t, .values = values, .count = n};
    randombytes_buf(form.rid.b, sizeof form.rid.b);
    return hub_edit_one(a, request, &form);
}

json_t *hub_command_resolve(struct hub_app *a, const json_t *request)
{
    struct hub_pair_find pair = {.id = hub_request_str(request, "id")};
    const char *decision = hub_request_str(request, "decision");
    if (pair.id == NULL) return hub_decide_usage();
    if (strlen(pair.id) != 2u * HUB_PAIR_ID_BYTES) return hub_decide_record(a, request);
    if (decision == NULL) return hub_decide_usage();
    enum err e = hub_store_pairs(a->store, hub_pair_seek, &pair);
    if (e != ERR_OK) return hub_command_fail(e);
    if (!pair.found)
        return hub_command_error(ERR_NOT_FOUND,
                                 "Không có cặp này, hoặc đã có người quyết định rồi.",
                                 "There is no such pair, or somebody has decided already.");
    return hub_decide_link(a, request, &pair, decision);
}
