#include "common/catalogue.h"
#include "common/catalogue_impl.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_BYTES = 16384 }; /* usual block of the arena, bytes */

struct catalogue_block {
    struct catalogue_block *next;
    size_t used; /* bytes */
    size_t size; /* bytes */
    max_align_t data[];
};

static void *block_add(struct catalogue_parser *ps, size_t bytes)
{
    size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct catalogue_block *b = calloc(1, sizeof *b + size);
    if (b == NULL) {
        ps->nomem = true;
        return NULL;
    }
    b->size = size;
    b->used = bytes;
    b->next = ps->c->blocks;
    ps->c->blocks = b;
    return b->data;
}

void *catalogue_alloc(struct catalogue_parser *ps, size_t count, size_t size)
{
    if (count == 0) count = 1;
    if (size > SIZE_MAX / 2 / count) {
        ps->nomem = true;
        return NULL;
    }
    size_t align = _Alignof(max_align_t);
    size_t bytes = (count * size + align - 1) / align * align;
    struct catalogue_block *b = ps->c->blocks;
    if (b == NULL || b->size - b->used < bytes) return block_add(ps, bytes);
    void *at = (uint8_t *)b->data + b->used;
    b->used += bytes;
    return at;
}

const char *catalogue_text(struct catalogue_parser *ps, struct bytes s)
{
    if (s.len == 0) return "";
    char *t = catalogue_alloc(ps, s.len + 1, 1);
    if (t == NULL) return NULL;
    memcpy(t, s.p, s.len);
    return t;
}

void catalogue_free(struct catalogue *c)
{
    if (c == NULL) return;
    struct catalogue_block *b = c->blocks;
    while (b != NULL) {
        struct catalogue_block *next = b->next;
        free(b);
        b = next;
    }
    free(c);
}

void catalogue_date_text(struct date d, char out[DATE_TEXT_ROOM])
{
    if (d.year == CATALOGUE_OPEN_YEAR) {
        memcpy(out, "9999-12-31", DATE_TEXT_ROOM);
        return;
    }
    date_print(d, out);
}

static int by_no(const void *key, const void *item)
{
    unsigned no = *(const unsigned *)key;
    unsigned of = ((const struct catalogue_type *)item)->no;
    return (no > of) - (no < of);
}

const struct catalogue_type *catalogue_type_by_no(const struct catalogue *c, unsigned no)
{
    if (c->type_count == 0) return NULL;
    return bsearch(&no, c->types, c->type_count, sizeof c->types[0], by_no);
}

const struct catalogue_type *catalogue_type_by_name(const struct catalogue *c, const char *name)
{
    for (size_t i = 0; i < c->type_count; i++)
        if (strcmp(c->types[i].name, name) == 0) return &c->types[i];
    return NULL;
}

const struct catalogue_type *catalogue_types(const struct catalogue *c, size_t *count)
{
    *count = c->type_count;
    return c->types;
}

const struct catalogue_field *catalogue_field_by_no(const struct catalogue_type *t, unsigned no)
{
    /* Numbers without gaps are the rule, so field `no` usually stands at no - 1. */
    if (no >= 1 && no <= t->field_count && t->fields[no - 1].no == no) return &t->fields[no - 1];
    for (size_t i = 0; i < t->field_count; i++)
        if (t->fields[i].no == no) return &t->fields[i];
    return NULL;
}

const struct catalogue_field *catalogue_title(const struct catalogue_type *t)
{
    const struct catalogue_field *first = NULL;
    for (size_t i = 0; i < t->field_count; i++) {
        const struct catalogue_field *f = &t->fields[i];
        if (f->kind != CATALOGUE_TEXT) continue;
        if (f->required) return f;
        if (first == NULL) first = f;
    }
    return first;
}

const struct catalogue_field *catalogue_identity_field(const struct catalogue_type *t,
                                                       enum catalogue_identity identity)
{
    for (size_t i = 0; i < t->field_count; i++)
        if (t->fields[i].identity == identity) return &t->fields[i];
    return NULL;
}

bool catalogue_named(const struct catalogue_type *t)
{
    const struct catalogue_field *f = catalogue_title(t);
    return f != NULL && f->required &&
           (f->identity == CATALOGUE_IDENTITY_NAME || strcmp(f->name, "name") == 0);
}

size_t catalogue_columns(const struct catalogue_type *t, const struct catalogue_field **out,
                         size_t max)
{
    const struct catalogue_field *title = catalogue_title(t);
    size_t n = 0;
    if (title != NULL && title->required && n < max) out[n++] = title;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < t->field_count && n < max; i++) {
            const struct catalogue_field *f = &t->fields[i];
            if (f == title && title->required) continue;
            if (f->required == (round == 0)) out[n++] = f;
        }
    }
    return n;
}

const struct catalogue_field *catalogue_field_by_name(const struct catalogue_type *t,
                                                      const char *name)
{
    for (size_t i = 0; i < t->field_count; i++)
        if (strcmp(t->fields[i].name, name) == 0) return &t->fields[i];
    return NULL;
}

const struct catalogue_choice *catalogue_list(const struct catalogue *c, const char *list,
                                              size_t *count)
{
    size_t low = 0;
    size_t high = c->choice_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(c->choices[mid].list, list) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    size_t end = low;
    while (end < c->choice_count && strcmp(c->choices[end].list, list) == 0)
        end++;
    *count = end - low;
    return end > low ? &c->choices[low] : NULL;
}

bool catalogue_choice_known(const struct catalogue *c, const char *list, const char *value)
{
    size_t count;
    const struct catalogue_choice *ch = catalogue_list(c, list, &count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(ch[i].value, value) == 0) return true;
    return false;
}

bool catalogue_indicator_list(const struct catalogue *c, const struct catalogue_indicator *i,
                              const char *value, char list[static CATALOGUE_NAME_BYTES_MAX + 1])
{
    for (const char *p = i->by; *p != '\0'; p += *p == '|') {
        size_t n = strcspn(p, "|");
        snprintf(list, CATALOGUE_NAME_BYTES_MAX + 1, "%.*s", (int)n, p);
        if (catalogue_choice_known(c, list, value)) return true;
        p += n;
    }
    list[0] = '\0';
    return value[0] == '\0';
}

const struct catalogue_choice *catalogue_choices(const struct catalogue *c, size_t *count)
{
    *count = c->choice_count;
    return c->choices;
}

/* True when `on` lies in first..last, both included. */
static bool within(struct date on, struct date first, struct date last)
{
    return date_compare(first, on) <= 0 && date_compare(on, last) <= 0;
}

/* The first unit whose code is not below `code`. */
static size_t unit_lower(const struct catalogue *c, const char *code)
{
    size_t low = 0;
    size_t high = c->unit_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(c->units[mid].code, code) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

const struct catalogue_unit *catalogue_unit_at(const struct catalogue *c, const char *code,
                                               struct date on)
{
    for (size_t i = unit_lower(c, code); i < c->unit_count; i++) {
        const struct catalogue_unit *u = &c->units[i];
        if (strcmp(u->code, code) != 0) break;
        if (within(on, u->valid_from, u->valid_to)) return u;
    }
    return NULL;
}

const char *catalogue_unit_name(const struct catalogue *c, const char *code, struct date on)
{
    const char *newest = "";
    const struct catalogue_unit *u = catalogue_unit_at(c, code, on);
    if (u != NULL) return u->name_vi;
    for (size_t i = unit_lower(c, code); i < c->unit_count; i++) {
        if (strcmp(c->units[i].code, code) != 0) break;
        newest = c->units[i].name_vi;
    }
    return newest;
}

bool catalogue_unit_within(const struct catalogue *c, const char *code, const char *above,
                           struct date on)
{
    for (unsigned up = 0; up < CATALOGUE_UNIT_LEVELS_MAX; up++) {
        if (strcmp(code, above) == 0) return true;
        const struct catalogue_unit *u = catalogue_unit_at(c, code, on);
        if (u == NULL) return false;
        code = u->parent;
    }
    return false;
}

const struct catalogue_unit *catalogue_units(const struct catalogue *c, size_t *count)
{
    *count = c->unit_count;
    return c->units;
}

const struct catalogue_indicator *catalogue_indicator(const struct catalogue *c, const char *id)
{
    for (size_t i = 0; i < c->indicator_count; i++)
        if (strcmp(c->indicators[i].id, id) == 0) return &c->indicators[i];
    return NULL;
}

const struct catalogue_indicator *catalogue_indicators(const struct catalogue *c, size_t *count)
{
    *count = c->indicator_count;
    return c->indicators;
}

const struct catalogue_report *catalogue_report(const struct catalogue *c, const char *id)
{
    for (size_t i = 0; i < c->report_count; i++)
        if (strcmp(c->reports[i].id, id) == 0) return &c->reports[i];
    return NULL;
}

const struct catalogue_report *catalogue_reports(const struct catalogue *c, size_t *count)
{
    *count = c->report_count;
    return c->reports;
}

const struct catalogue_line *catalogue_lines(const struct catalogue *c, const char *report,
                                             size_t *count)
{
    size_t first = 0;
    while (first < c->line_count && strcmp(c->lines[first].report, report) != 0)
        first++;
    size_t end = first;
    while (end < c->line_count && strcmp(c->lines[end].report, report) == 0)
        end++;
    *count = end - first;
    return end > first ? &c->lines[first] : NULL;
}

const struct catalogue_window *catalogue_window_of(const struct catalogue *c, const char *report,
                                                   const char *unit, struct date on)
{
    const struct catalogue_window *all = NULL;
    for (size_t i = 0; i < c->window_count; i++) {
        const struct catalogue_window *w = &c->windows[i];
        if (strcmp(w->report, report) != 0 || !within(on, w->valid_from, w->valid_to)) continue;
        if (w->unit[0] == '\0') all = w;
        if (w->unit[0] != '\0' && unit != NULL && strcmp(w->unit, unit) == 0) return w;
    }
    return all;
}

const struct catalogue_window *catalogue_window(const struct catalogue *c, const char *report,
                                                struct date on)
{
    return catalogue_window_of(c, report, NULL, on);
}

const struct catalogue_param *catalogue_params(const struct catalogue *c, size_t *count)
{
    *count = c->param_count;
    return c->params;
}

const char *catalogue_param(const struct catalogue *c, const char *name, struct date on)
{
    for (size_t i = 0; i < c->param_count; i++) {
        const struct catalogue_param *p = &c->params[i];
        if (strcmp(p->name, name) == 0 && within(on, p->valid_from, p->valid_to)) return p->value;
    }
    return NULL;
}

const struct catalogue_field *catalogue_event_field(const struct catalogue *c,
                                                    const struct catalogue_type *t)
{
    for (size_t i = 0; i < c->event_count; i++)
        if (c->events[i].type == t->no) return catalogue_field_by_no(t, c->events[i].field);
    return NULL;
}

enum catalogue_day_rule catalogue_day_rule(const struct catalogue *c, unsigned type, unsigned field)
{
    for (size_t i = 0; i < c->day_count; i++)
        if (c->days[i].type == type && c->days[i].field == field) return c->days[i].rule;
    return CATALOGUE_DAY_ANY;
}

const struct catalogue_follow *catalogue_follows(const struct catalogue *c, size_t *count)
{
    *count = c->follow_count;
    return c->follows;
}

const struct catalogue_successor *catalogue_successors(const struct catalogue *c, size_t *count)
{
    *count = c->successor_count;
    return c->successors;
}
