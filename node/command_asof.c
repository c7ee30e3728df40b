/* Locks, and days of lists: what stays as it is and is named. docs/node.md, "import". */
#include "node/command_asof.h"

#include "common/text.h"

#include <stdlib.h>
#include <string.h>

enum err node_asof_open(struct node_asof *a, const char *text)
{
    struct date day = {0};
    struct bytes typed = text_trim(bytes_str(text != NULL ? text : ""));
    a->has = typed.len > 0;
    if (a->has && date_parse(typed, &day) != ERR_OK && date_parse_vi(typed, &day) != ERR_OK)
        return ERR_BAD_INPUT;
    enum err e = node_store_record_init(&a->record);
    a->open = e == ERR_OK;
    a->day = day;
    return e;
}

void node_asof_free(struct node_asof *a)
{
    if (a->open) node_store_record_free(&a->record);
    a->open = false;
}

/* Of a later day than the import? Of an import that said its day: that one. A clock that makes no day
 * proves nothing: what it stamped stays. */
static enum err asof_later(struct node_command *c, const struct node_asof *a,
                           const struct fold_set *set, bool *later)
{
    struct date day;
    bool said = false;
    enum err e = node_store_import_day(c->store, &set->version, &said, &day);
    if (e != ERR_OK) return e;
    bool known = said || date_of_ms((int64_t)(set->clock >> 16), &day) == ERR_OK;
    *later = *later || !known || date_compare(day, a->day) > 0;
    return ERR_OK;
}

/* Does this write replace something of a later day? */
static enum err asof_write(struct node_command *c, const struct node_asof *a,
                           const struct change_write *w, bool *later)
{
    const struct fold *f = &a->record.fold;
    const struct fold_register *r = fold_find(f, w->field, w->element);
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && r != NULL && i < r->count; i++)
        e = asof_later(c, a, &f->sets[r->heads[i].set], later);
    return e;
}

struct asof_row {
    json_t *kept;
    json_int_t line;
};

static void asof_told(void *ctx, const struct catalogue_field *field, bool locked)
{
    const struct asof_row *row = ctx;
    json_array_append_new(row->kept,
                          json_pack("{s:I, s:s, s:s, s:s, s:s}", "line", row->line, "column",
                                    field->name, "vi", field->label_vi, "en", field->label_en,
                                    "why", locked ? "locked" : "later"));
}

enum err node_asof_drop(struct node_command *c, struct node_asof *a, const struct entry_op *op,
                        const struct catalogue_type *type, struct entry_value *values,
                        size_t *count, json_t *kept, json_int_t line)
{
    bool stays[CATALOGUE_FIELDS_MAX] = {false};
    struct asof_row row = {kept, line};
    struct change_write *writes = c->entry.entry.decoded;
    struct change_op decoded;
    if (!a->has && !record_locked_any(&c->entry.record.fold)) return ERR_OK;
    enum err e = node_store_record_read(c->store, &op->rid, &a->record);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    e = change_op_decode(op->payload, writes, &decoded);
    for (size_t i = 0; e == ERR_OK && a->has && i < decoded.count; i++) {
        const struct change_write *w = &decoded.writes[i];
        const struct catalogue_field *f = catalogue_field_by_no(type, w->field);
        if (f != NULL) e = asof_write(c, a, w, &stays[f - type->fields]);
    }
    if (e != ERR_OK) return e;
    return entry_keep(&a->record.fold, type, op, stays, writes, values, count, asof_told, &row);
}
