#include "common/told.h"

#include <string.h>

enum { TOLD_ID = 8 }; /* digits of an id that people are shown */

bool told_is_person(const struct catalogue_type *t)
{
    return catalogue_identity_field(t, CATALOGUE_IDENTITY_NAME) != NULL;
}

const struct catalogue_field *told_title(const struct catalogue_type *t, unsigned max_class,
                                         bool own)
{
    const struct catalogue_field *f = catalogue_title(t);
    bool may = f != NULL && f->required && !f->sealed && f->sensitivity <= max_class;
    return may && (own || !told_is_person(t)) ? f : NULL;
}

const struct catalogue_choice *told_find(const struct catalogue *c, const char *list,
                                         const char *value)
{
    size_t n = 0;
    const struct catalogue_choice *v = catalogue_choices(c, &n);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(v[i].list, list) == 0 && strcmp(v[i].value, value) == 0) return &v[i];
    }
    return NULL;
}

const char *told_choice(const struct catalogue *c, const char *list, const char *value)
{
    const struct catalogue_choice *v = told_find(c, list, value);
    return v != NULL ? v->label_vi : value;
}

static void told_unit(const struct catalogue *c, struct date today, const char *code,
                      struct buf *out)
{
    const char *name = catalogue_unit_name(c, code, today);
    if (name[0] != '\0')
        buf_printf(out, "%s (%s)", name, code);
    else
        buf_add_str(out, code);
}

static void told_ref(const struct catalogue *c, const struct catalogue_field *f, const char *hex,
                     const char *title, struct buf *out)
{
    const struct catalogue_type *t = catalogue_type_by_name(c, f->list);
    const char *label = t != NULL ? t->label_vi : f->list;
    if (title != NULL && title[0] != '\0')
        buf_printf(out, "%s: %s", label, title);
    else
        buf_printf(out, "%s %.*s", label, TOLD_ID, hex);
}

void told_value(const struct catalogue *c, struct date today, const struct catalogue_field *f,
                const char *text, const char *title, struct buf *out)
{
    switch (f->kind) {
    case CATALOGUE_BOOL: buf_add_str(out, strcmp(text, "1") == 0 ? "Có" : "Không"); break;
    case CATALOGUE_CHOICE:
    case CATALOGUE_CHOICES: buf_add_str(out, told_choice(c, f->list, text)); break;
    case CATALOGUE_UNIT: told_unit(c, today, text, out); break;
    case CATALOGUE_REF: told_ref(c, f, text, title, out); break;
    case CATALOGUE_TEXT:
    case CATALOGUE_INT:
    case CATALOGUE_MONEY:
    case CATALOGUE_DECIMAL:
    case CATALOGUE_DATE:
    case CATALOGUE_PDATE: buf_add_str(out, text); break;
    }
}
