#include "hub/erasing.h"

#include "hub/command_priv.h"
#include "hub/store_erase.h"
#include "hub/store_repair.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- out of words ---- */

static enum err hub_erasing_op(struct hub_app *a, const char *word, struct erase_op *out)
{
    char inc[2 * ID_INC_BYTES + 1];
    struct id_inc log;
    char *end = NULL;
    if (strlen(word) < sizeof inc || word[sizeof inc - 1] != ':') return ERR_BAD_INPUT;
    memcpy(inc, word, sizeof inc - 1);
    inc[sizeof inc - 1] = '\0';
    enum err e = id_unhex(inc, log.b, sizeof log.b);
    const char *p = word + sizeof inc;
    if (e != ERR_OK || *p < '0' || *p > '9') return ERR_BAD_INPUT;
    unsigned long long seq = strtoull(p, &end, 10);
    if (*end != ':' || end[1] < '0' || end[1] > '9') return ERR_BAD_INPUT;
    unsigned long op = strtoul(end + 1, &end, 10);
    if (*end != '\0' || op >= CHANGE_OPS_MAX) return ERR_BAD_INPUT;
    return hub_store_erase_op(a->store, &log, seq, (unsigned)op, out);
}

static enum err hub_erasing_word(struct hub_app *a, const char *word, struct erase_list *l)
{
    bool known = false, dead = false;
    if (strchr(word, ':') != NULL) {
        if (l->op_count == ERASE_OPS_MAX) return ERR_TOO_LARGE;
        enum err e = hub_erasing_op(a, word, &l->ops[l->op_count]);
        if (e == ERR_OK) l->op_count++;
        return e;
    }
    if (l->record_count == ERASE_RECORDS_MAX) return ERR_TOO_LARGE;
    struct id_record *rid = &l->records[l->record_count];
    enum err e = id_unhex(word, rid->b, sizeof rid->b);
    if (e == ERR_OK) e = hub_store_erase_record(a->store, rid, &known, &dead);
    if (e == ERR_OK && dead) e = ERR_EXISTS;
    if (e == ERR_OK && !known) e = ERR_NOT_FOUND;
    if (e != ERR_OK) return e;
    l->record_count++;
    /* What was decided about the person, with its reason, and its attachments go as well; the order
     * names them. */
    size_t links = 0;
    e = hub_store_erase_links(a->store, rid, rid + 1, ERASE_RECORDS_MAX - l->record_count, &links);
    l->record_count += links;
    if (e != ERR_OK) return e;
    e = hub_store_erase_attachments(a->store, rid, l->records + l->record_count,
                                    ERASE_RECORDS_MAX - l->record_count, &links);
    l->record_count += links;
    return e;
}

enum err hub_erasing_content(struct hub_app *a, const char *const *words, size_t count,
                             struct buf *out, size_t *bad)
{
    struct erase_list l = {.records = calloc(ERASE_RECORDS_MAX, sizeof *l.records),
                           .ops = calloc(ERASE_OPS_MAX, sizeof *l.ops)};
    enum err e = l.records != NULL && l.ops != NULL ? ERR_OK : ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        *bad = i;
        e = hub_erasing_word(a, words[i], &l);
    }
    if (e == ERR_OK) {
        erase_sort(&l);
        erase_encode(&l, out);
        e = out->e;
    }
    erase_free(&l);
    return e;
}

/* ---- the kind ---- */

enum err hub_erasing_may(struct hub_app *a)
{
    enum err e = hub_store_settled(a->store);
    return e == ERR_DENIED ? ERR_REFUSED : e; /* DENIED speaks of a key that may not sign */
}

enum err hub_erasing_check(struct hub_app *a, const struct order *o)
{
    struct erase_list l = {.records = NULL};
    struct erase_op *op = calloc(1, sizeof *op);
    enum err e = hub_erasing_may(a);
    if (e == ERR_OK) e = op != NULL ? erase_decode(o->content, &l) : ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < l.record_count; i++) {
        bool known = false, dead = false;
        e = hub_store_erase_record(a->store, &l.records[i], &known, &dead);
        if (e == ERR_OK && dead) e = ERR_EXISTS;
        if (e == ERR_OK && !known) e = ERR_NOT_FOUND;
    }
    for (size_t i = 0; e == ERR_OK && i < l.op_count; i++) {
        const struct erase_op *want = &l.ops[i];
        e = hub_store_erase_op(a->store, &want->inc, want->seq, want->op, op);
        bool same = e == ERR_OK && ID_EQUAL(&op->rid, &want->rid) &&
                    op->field_count == want->field_count &&
                    memcmp(op->fields, want->fields, op->field_count * sizeof op->fields[0]) == 0;
        if (e == ERR_OK && !same) e = ERR_BAD_FORMAT;
    }
    erase_free(&l);
    free(op);
    return e;
}

static json_t *hub_erasing_record(struct hub_app *a, const struct id_record *rid)
{
    unsigned type = 0;
    char unit[ADMIN_UNIT_BYTES_MAX + 1] = "";
    const struct catalogue *c = hub_store_catalogue(a->store);
    enum err e = hub_store_record(a->store, rid, NULL, &type, unit, NULL);
    const struct catalogue_type *t =
        e == ERR_OK && c != NULL ? catalogue_type_by_no(c, type) : NULL;
    return json_pack("{s:o, s:s, s:s}", "id", hub_json_hex(BYTES_OF(rid->b)), "type",
                     t != NULL ? t->name : "", "unit", unit);
}

json_t *hub_erasing_describe(struct hub_app *a, struct bytes content)
{
    struct erase_list l = {.records = NULL};
    if (erase_decode(content, &l) != ERR_OK) return json_object();
    json_t *records = json_array(), *ops = json_array();
    for (size_t i = 0; i < l.record_count; i++)
        json_array_append_new(records, hub_erasing_record(a, &l.records[i]));
    for (size_t i = 0; i < l.op_count; i++) {
        const struct erase_op *o = &l.ops[i];
        json_array_append_new(ops, json_pack("{s:o, s:I, s:i, s:o}", "log",
                                             hub_json_hex(BYTES_OF(o->inc.b)), "seq",
                                             (json_int_t)o->seq, "op", (int)o->op, "record",
                                             hub_json_hex(BYTES_OF(o->rid.b))));
    }
    erase_free(&l);
    return json_pack("{s:o, s:o}", "records", records, "ops", ops);
}
