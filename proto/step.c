#include "proto/step.h"

#include "common/id.h"
#include "proto/record.h"

#include <stdio.h>

enum { STEP_TEXT_BYTES_MAX = 2 * CATALOGUE_TEXT_BYTES_MAX };

/* The canonical text of a value when it is short, as choices are; else what equals no choice. */
static void step_text(const struct catalogue_field *f, struct bytes value,
                      char out[static CATALOGUE_NAME_BYTES_MAX + 1])
{
    struct buf text;
    buf_init(&text, STEP_TEXT_BYTES_MAX);
    bool plain = f->kind == CATALOGUE_CHOICE || f->kind == CATALOGUE_DATE;
    enum err e = plain ? record_value_to_text(f, value, &text) : ERR_BAD_VALUE;
    bool fits = e == ERR_OK && text.len <= CATALOGUE_NAME_BYTES_MAX;
    snprintf(out, CATALOGUE_NAME_BYTES_MAX + 1, "%s", fits ? buf_cstr(&text) : "?");
    buf_free(&text);
}

static bool step_nil(struct bytes value)
{
    return value.len == 0 || (value.len == 1 && value.p[0] == 0xc0);
}

/* Does the write name this head? */
static bool step_names(const struct change_write *w, const struct id_version *v)
{
    for (size_t at = 0; at + ID_VERSION_BYTES <= w->bases.len; at += ID_VERSION_BYTES)
        if (memcmp(w->bases.p + at, v->b, ID_VERSION_BYTES) == 0) return true;
    return false;
}

struct step_job {
    const struct catalogue *c;
    const struct catalogue_type *type;
    const struct fold *before;
    enum catalogue_side side;
    bool leader;
    char when[CATALOGUE_NAME_BYTES_MAX + 1];
};

/* What a field shows before the op. */
static const char *step_when(void *ctx, unsigned field)
{
    struct step_job *job = ctx;
    const struct bytes none = {NULL, 0};
    const struct catalogue_field *f = catalogue_field_by_no(job->type, field);
    const struct fold_register *r = fold_find(job->before, field, none);
    job->when[0] = '\0';
    if (f != NULL && r != NULL)
        step_text(f, fold_shown(job->before, r, FOLD_ASK)->value, job->when);
    return job->when;
}

static enum catalogue_ask step_from(struct step_job *job, const struct catalogue_field *f,
                                    struct bytes from, const struct change_write *w,
                                    struct step_why *why)
{
    bool same = bytes_equal(from, w->value) || (step_nil(from) && step_nil(w->value));
    if (same) return CATALOGUE_ASK_YES;
    why->from[0] = '\0';
    if (!step_nil(from)) step_text(f, from, why->from);
    why->to[0] = '\0';
    if (!step_nil(w->value)) step_text(f, w->value, why->to);
    return catalogue_step_ask(job->c, job->type->no, f->no, why->from, why->to, job->side,
                              job->leader, job->before->type != 0 ? step_when : NULL, job);
}

/* Allowed from any head that the write names; if it names none of them, from every one. */
static enum catalogue_ask step_write(struct step_job *job, const struct catalogue_field *f,
                                     const struct change_write *w, struct step_why *why)
{
    const struct bytes none = {NULL, 0};
    const struct fold_register *r = fold_find(job->before, f->no, none);
    enum catalogue_ask named = CATALOGUE_ASK_FREE, all = CATALOGUE_ASK_FREE;
    if (r == NULL || r->count == 0) return step_from(job, f, none, w, why);
    for (size_t i = 0; i < r->count; i++) {
        enum catalogue_ask ask = step_from(job, f, r->heads[i].value, w, why);
        if (ask > all) all = ask;
        if (!step_names(w, &job->before->sets[r->heads[i].set].version)) continue;
        if (named == CATALOGUE_ASK_FREE || ask < named) named = ask;
    }
    return named != CATALOGUE_ASK_FREE ? named : all;
}

/* What a unit may say of a record of the district's type that it made with an older program: that it is
 * deleted, and what is no field of the type. */
static bool step_goes(const struct fold *before, const struct change_write *writes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool drop = writes[i].field == 0 && !step_nil(writes[i].value);
        if (!drop && !record_field_common(writes[i].field)) return false;
    }
    return before->type != 0;
}

bool step_allowed(const struct catalogue *c, const struct fold *before, unsigned type,
                  const struct change_write *writes, size_t count, enum catalogue_side side,
                  bool leader, struct step_why *why)
{
    struct step_job job = {.c = c, .before = before, .side = side, .leader = leader};
    *why = (struct step_why){.field = NULL};
    job.type = c != NULL ? catalogue_type_by_no(c, type) : NULL;
    bool district = job.type != NULL && job.type->scope != CATALOGUE_SCOPE_OWN;
    if (district && side == CATALOGUE_SIDE_UNIT && !step_goes(before, writes, count)) {
        why->type = job.type;
        why->ask = CATALOGUE_ASK_SIDE;
        return false;
    }
    if (c == NULL || !catalogue_has_steps(c, type)) return true;
    if (before->type != 0 && before->type != type) return true; /* unreadable: held anyhow */
    for (size_t i = 0; i < count; i++) {
        const struct catalogue_field *f = catalogue_field_by_no(job.type, writes[i].field);
        if (f == NULL || f->kind == CATALOGUE_CHOICES) continue;
        enum catalogue_ask ask = step_write(&job, f, &writes[i], why);
        if (ask == CATALOGUE_ASK_FREE || ask == CATALOGUE_ASK_YES) continue;
        why->field = f;
        why->ask = ask;
        return false;
    }
    return true;
}

/* ---- words ---- */

static const char *step_label(const struct catalogue *c, const struct catalogue_field *f,
                              const char *value, bool en)
{
    size_t n = 0;
    const struct catalogue_choice *v = catalogue_choices(c, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(v[i].list, f->list) == 0 && strcmp(v[i].value, value) == 0)
            return en ? v[i].label_en : v[i].label_vi;
    if (value[0] == '\0') return en ? "none" : "chưa có";
    return value;
}

void step_words(const struct catalogue *c, const struct step_why *why, enum catalogue_side side,
                char *vi, size_t vi_room, char *en, size_t en_room)
{
    const struct catalogue_field *f = why->field;
    bool hub = side == CATALOGUE_SIDE_HUB;
    if (why->type != NULL) {
        snprintf(vi, vi_room, "%.80s: loại hồ sơ này do huyện ghi, xã không ghi; chưa ghi gì.",
                 why->type->label_vi);
        snprintf(en, en_room, "%.80s: the district writes such records, no commune; nothing saved.",
                 why->type->label_en);
    } else if (why->ask == CATALOGUE_ASK_LEADER) {
        snprintf(vi, vi_room, "%.80s: bước này do lãnh đạo đơn vị xác nhận.", f->label_vi);
        snprintf(en, en_room, "%.80s: the unit's leader takes this step.", f->label_en);
    } else if (why->ask == CATALOGUE_ASK_SIDE) {
        snprintf(vi, vi_room, "%.80s: %s ghi mục này, %s không ghi thay.", f->label_vi,
                 hub ? "xã" : "huyện", hub ? "huyện" : "xã");
        snprintf(en, en_room, "%.80s: the %s writes this, not the %s.", f->label_en,
                 hub ? "commune" : "district", hub ? "district" : "commune");
    } else if (f->kind == CATALOGUE_CHOICE) {
        snprintf(vi, vi_room, "%.80s: không thể từ “%.40s” sang “%.40s”.", f->label_vi,
                 step_label(c, f, why->from, false), step_label(c, f, why->to, false));
        snprintf(en, en_room, "%.80s: no step from “%.40s” to “%.40s”.", f->label_en,
                 step_label(c, f, why->from, true), step_label(c, f, why->to, true));
    } else {
        snprintf(vi, vi_room, "%.80s: không sửa được ở tình trạng này của hồ sơ.", f->label_vi);
        snprintf(en, en_room, "%.80s: not to be changed in this state of the record.", f->label_en);
    }
}
