/* Records that only a workflow writes: reports, and the commune's answers to the district's corrections. What a form,
 * a list or a plain save would change in them nobody has confirmed. docs/workflow.md. And lines of a score sheet,
 * which stay as they are while the sheet is handed in. docs/cases.md. */
#include "node/command_priv.h"

#include "node/flow.h"
#include "proto/record.h"
#include "proto/workflow.h"

#include <stdio.h>
#include <string.h>

static enum err owned_say(struct entry_why *why, const char *vi, const char *en)
{
    *why = (struct entry_why){.field = NULL};
    snprintf(why->vi, sizeof why->vi, "%s", vi);
    snprintf(why->en, sizeof why->en, "%s", en);
    return ERR_DENIED;
}

/* A save that settles fields in conflict, and nothing else. `record` is the one it is about. */
static bool owned_settles(const struct node_command *c, const struct node_entry_form *form)
{
    const struct fold *f = &c->entry.record.fold;
    if (form->action != ENTRY_SAVE || form->count == 0 || form->lock_count > 0) return false;
    for (size_t i = 0; i < form->count; i++) {
        const struct fold_register *r =
            fold_find(f, form->values[i].field->no, (struct bytes){NULL, 0});
        if (!form->values[i].settle || r == NULL || r->count < 2) return false;
    }
    return true;
}

static enum err owned_text(struct node_command *c, const struct catalogue_type *type,
                           const char *field, char *out, size_t room)
{
    struct buf text;
    buf_init(&text, CATALOGUE_TEXT_BYTES_MAX);
    enum err e = node_flow_field(&c->entry.record, type, field, &text);
    if (e == ERR_OK) snprintf(out, room, "%s", buf_cstr(&text));
    buf_free(&text);
    return e;
}

/* Is it in no row of the reports, or the second record of one? Those a person may delete. */
static enum err owned_is_other(struct node_command *c, const struct node_entry_form *form,
                               const struct catalogue_type *type, bool *out)
{
    struct node_flow f;
    struct period period;
    char report[CATALOGUE_NAME_BYTES_MAX + 1] = "", label[PERIOD_LABEL_ROOM] = "";
    enum err e = owned_text(c, type, "definition", report, sizeof report);
    if (e == ERR_OK) e = owned_text(c, type, "period", label, sizeof label);
    if (e != ERR_OK) return e;
    *out = true;
    if (period_parse(bytes_str(label), &period) != ERR_OK) return ERR_OK;
    e = node_flow_row(c->store, &c->entry.record, report, period, c->wall_ms(), &f);
    if (e == ERR_NOT_FOUND || e == ERR_BAD_INPUT) return ERR_OK;
    if (e != ERR_OK) return e;
    *out = f.row.has_other && ID_EQUAL(&f.row.other, &form->rid);
    node_flow_free(&f);
    return ERR_OK;
}

static enum err owned_report(struct node_command *c, const struct node_entry_form *form,
                             const struct catalogue_type *type, struct entry_why *why)
{
    bool other = false;
    if (owned_settles(c, form)) return ERR_OK;
    if (form->action == ENTRY_DELETE) {
        enum err e = owned_is_other(c, form, type, &other);
        if (e != ERR_OK || other) return e;
        return owned_say(
            why,
            "Chưa ghi gì: báo cáo đang được tính thì không xóa; muốn lấy lại thì lãnh đạo rút báo "
            "cáo "
            "(mục Báo cáo, hoặc report withdraw).",
            "Nothing was saved: a report that counts is not deleted; to take it back the leader "
            "withdraws it (page Reports, or report withdraw).");
    }
    return owned_say(
        why,
        "Chưa ghi gì: báo cáo không nhập bằng biểu mẫu hay danh sách. Soạn ở mục Báo cáo (hoặc "
        "report "
        "draft), lãnh đạo nộp ở đó (report submit).",
        "Nothing was saved: a report is not entered by a form or a list. Draft it on the page "
        "Reports (or report draft); the leader submits it there (report submit).");
}

struct owned_seek {
    const struct id_record *rid;
    bool found;
};

static enum err owned_seek_row(void *ctx, const struct node_flow_op *op)
{
    struct owned_seek *s = ctx;
    struct workflow_correct v;
    if (workflow_correct_decode(op->payload, &v) != ERR_OK) return ERR_DAMAGED;
    s->found = s->found || ID_EQUAL(&v.id, s->rid);
    return ERR_OK;
}

/* Is the correction the district's: by its id, by what it says, or by what it would say? */
static enum err owned_district(struct node_command *c, const struct node_entry_form *form,
                               const struct catalogue_type *type, bool *out)
{
    char kind[CATALOGUE_NAME_BYTES_MAX + 1] = "";
    struct owned_seek seek = {.rid = &form->rid};
    enum err e = node_flow_ops(c->store, CHANGE_CORRECT, NULL, NULL, owned_seek_row, &seek);
    if (e == ERR_OK) e = owned_text(c, type, "kind", kind, sizeof kind);
    *out = seek.found || strcmp(kind, "district") == 0;
    for (size_t i = 0; e == ERR_OK && i < form->count; i++) {
        struct bytes clean = {NULL, 0};
        struct entry_why why;
        const struct entry_value *v = &form->values[i];
        if (strcmp(v->field->name, "kind") != 0) continue;
        if (node_entry_clean(&c->entry, v->field, v->typed, &clean, &why) == ERR_OK)
            *out = *out || bytes_equal(clean, bytes_str("district"));
    }
    return e;
}

static bool owned_is_line(const struct catalogue_type *t)
{
    return strcmp(t->name, "score_line") == 0;
}

/* Was the sheet of this id handed in? One that is not here says nothing. */
static enum err owned_sheet(struct node_command *c, struct bytes hex, bool *in)
{
    struct id_record rid;
    char state[CATALOGUE_NAME_BYTES_MAX + 1] = "", text[2 * ID_RECORD_BYTES + 1];
    if (hex.len != sizeof text - 1) return ERR_OK;
    memcpy(text, hex.p, hex.len);
    text[hex.len] = '\0';
    if (id_unhex(text, rid.b, sizeof rid.b) != ERR_OK) return ERR_OK;
    const struct catalogue_type *t =
        catalogue_type_by_name(node_store_catalogue(c->store, NULL), "score_sheet");
    enum err e = node_store_record_read(c->store, &rid, &c->entry.record);
    if (e == ERR_NOT_FOUND || t == NULL || c->entry.record.fold.type != t->no)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    if (e == ERR_OK) e = owned_text(c, t, "state", state, sizeof state);
    *in = *in || (state[0] != '\0' && strcmp(state, "draft") != 0);
    return e;
}

/* A line of a score sheet, of the one that it names now and of the one that the form names. */
static enum err owned_line(struct node_command *c, const struct node_entry_form *form,
                           const struct catalogue_type *type, struct entry_why *why)
{
    bool in = false;
    char now[CATALOGUE_NAME_BYTES_MAX + 1] = "";
    enum err e = ERR_OK;
    if (owned_settles(c, form)) return ERR_OK;
    if (c->entry.record.fold.type != 0) e = owned_text(c, type, "sheet", now, sizeof now);
    if (e == ERR_OK) e = owned_sheet(c, bytes_str(now), &in);
    for (size_t i = 0; e == ERR_OK && i < form->count; i++) {
        if (strcmp(form->values[i].field->name, "sheet") == 0)
            e = owned_sheet(c, form->values[i].typed, &in);
    }
    if (e != ERR_OK || !in) return e;
    return owned_say(why, "Chưa ghi gì: bảng điểm đã nộp. Lãnh đạo rút lại rồi mới sửa điểm.",
                     "Nothing was saved: the score sheet is handed in. The leader takes it back "
                     "first.");
}

enum err node_owned(struct node_command *c, const struct node_entry_form *form,
                    struct entry_why *why)
{
    bool district = false;
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    if (form->type != NULL && !workflow_owns(form->type->name) && !owned_is_line(form->type))
        return ERR_OK; /* no record is of two types */
    enum err e = node_store_record_read(c->store, &form->rid, &c->entry.record);
    if (e == ERR_NOT_FOUND) fold_clear(&c->entry.record.fold);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    const struct catalogue_type *t =
        e == ERR_OK ? catalogue_type_by_no(cat, c->entry.record.fold.type) : form->type;
    if (t != NULL && owned_is_line(t)) return owned_line(c, form, t, why);
    if (t == NULL || !workflow_owns(t->name)) return ERR_OK;
    /* What one PC deleted and another changed meanwhile is decided in the record. */
    if (e == ERR_OK && form->action != ENTRY_SAVE && fold_delete_conflict(&c->entry.record.fold))
        return ERR_OK;
    if (strcmp(t->name, "report") == 0) return owned_report(c, form, t, why);
    e = owned_district(c, form, t, &district);
    if (e != ERR_OK || !district || owned_settles(c, form)) return e;
    return owned_say(
        why,
        "Chưa ghi gì: đính chính của huyện được trả lời ở mục Đính chính (hoặc correction MÃ "
        "agree|object).",
        "Nothing was saved: a correction of the district is answered on the page Corrections (or "
        "correction ID agree|object).");
}

/* A report is of the unit that owes it, an answer of the unit that was asked. */
json_t *node_owned_stays(struct node_command *c)
{
    const struct catalogue_type *t =
        catalogue_type_by_no(node_store_catalogue(c->store, NULL), c->entry.record.fold.type);
    if (t == NULL || !workflow_owns(t->name)) return NULL;
    return node_command_error(ERR_DENIED,
                              "Báo cáo và đính chính là của xã phải nộp, không chuyển cho đơn vị "
                              "khác được; chưa ghi gì.",
                              "Reports and corrections are of the unit that owes them and are not "
                              "transferred; nothing was saved.",
                              NULL);
}
