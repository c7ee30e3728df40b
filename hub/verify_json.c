/* The issued figures against those of now, member by member: a member may be another only where an erased
 * record is the reason. */
#include "hub/canonical_read.h"
#include "hub/small.h"
#include "hub/verify_priv.h"

static enum err json_wrong(struct again *a, const char *member)
{
    return hub_again_unlike(a, &(struct hub_unlike){.what = HUB_UNLIKE_MEMBER, .value = member});
}

/* Members that are compared by themselves, or follow from those that are. */
static bool json_apart(const char *key, const char *const *apart)
{
    for (; *apart != NULL; apart++)
        if (strcmp(*apart, key) == 0) return true;
    return false;
}

/* Is every other member of the two the same? NULL: yes; else one that is not. */
static const char *json_member(const json_t *then, const json_t *now, const char *const *apart)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)then, key, value)
    {
        if (!json_apart(key, apart) && !json_equal(value, json_object_get(now, key))) return key;
    }
    json_object_foreach((json_t *)(uintptr_t)now, key, value)
    {
        if (!json_apart(key, apart) && json_object_get(then, key) == NULL) return key;
    }
    return NULL;
}

/* ---- units ---- */

/* A unit of which every record was erased is one that sent nothing. */
static bool json_unit(struct again *a, size_t i, const json_t *then, const json_t *now)
{
    static const char *const apart[] = {"sent", NULL};
    if (json_member(then, now, apart) != NULL) return false;
    if (json_equal(json_object_get(then, "sent"), json_object_get(now, "sent"))) return true;
    a->silent[i] = a->gone_count > 0 && strcmp(hub_canonical_str(now, "sent"), "nothing") == 0;
    return a->silent[i];
}

enum err hub_again_units(struct again *a, const json_t *then, const json_t *now)
{
    const json_t *was = json_object_get(then, "units"), *is = json_object_get(now, "units");
    size_t count = json_array_size(is);
    if (count != json_array_size(was) || count != a->report->unit_count)
        return json_wrong(a, "units");
    for (size_t i = 0; i < count; i++)
        if (!json_unit(a, i, json_array_get(was, i), json_array_get(is, i)))
            return json_wrong(a, "units");
    return ERR_OK;
}

/* ---- lines ---- */

struct json_row {
    struct again *a;
    size_t line;
    const json_t *then, *now; /* one of them may be missing */
};

static bool json_hidden(const json_t *cell)
{
    return strcmp(hub_canonical_str(cell, "state"), "hidden") == 0;
}

/* A row that the other side has not counted nothing. */
static bool json_nothing(const json_t *cell)
{
    return !json_hidden(cell) && json_integer_value(json_object_get(cell, "num")) == 0 &&
           json_integer_value(json_object_get(cell, "den")) == 0;
}

static enum err json_cell(const struct json_row *r, const json_t *then, const json_t *now)
{
    struct again *a = r->a;
    const struct hub_report_line *line = &a->report->lines[r->line];
    const json_t *any = r->now != NULL ? r->now : r->then, *cell = now != NULL ? now : then;
    if (then != NULL && now != NULL ? json_equal(then, now) : json_nothing(cell)) return ERR_OK;
    struct hub_unlike v = {
        .what = HUB_UNLIKE_CELL,
        .line = line->no,
        .total = json_is_true(json_object_get(any, "total")),
        .value = hub_canonical_str(any, "value"),
        .unit = hub_canonical_str(cell, "unit"),
    };
    /* What is hidden follows from all lines with small cells. */
    bool hidden = json_hidden(then) || json_hidden(now);
    bool marks = hidden && a->small && hub_small_class(NULL, line->indicator) >= HUB_SMALL_CLASS;
    v.explained = marks || hub_again_explains(a, r->line, &v);
    return v.explained ? ERR_OK : hub_again_unlike(a, &v); /* the others were told already */
}

static enum err json_row(const struct json_row *r)
{
    static const char *const apart[] = {"cells", NULL};
    const json_t *then = json_object_get(r->then, "cells"), *now = json_object_get(r->now, "cells");
    size_t columns = hub_report_columns(r->a->report);
    bool fits = (r->then == NULL || json_array_size(then) == columns) &&
                (r->now == NULL || json_array_size(now) == columns);
    bool both = r->then != NULL && r->now != NULL;
    if (!fits || (both && json_member(r->then, r->now, apart) != NULL))
        return json_wrong(r->a, "rows");
    enum err e = ERR_OK;
    for (size_t c = 0; e == ERR_OK && c < columns; c++)
        e = json_cell(r, json_array_get(then, c), json_array_get(now, c));
    return e;
}

static enum err json_rows(struct again *a, size_t line, const json_t *then, const json_t *now)
{
    enum err e = ERR_OK;
    const json_t *was = json_object_get(then, "rows"), *is = json_object_get(now, "rows");
    for (size_t i = 0; e == ERR_OK && i < json_array_size(was); i++) {
        struct json_row r = {a, line, json_array_get(was, i), NULL};
        bool total = json_is_true(json_object_get(r.then, "total"));
        r.now = hub_canonical_find_row(now, total, hub_canonical_str(r.then, "value"));
        e = json_row(&r);
    }
    for (size_t i = 0; e == ERR_OK && i < json_array_size(is); i++) {
        struct json_row r = {a, line, NULL, json_array_get(is, i)};
        bool total = json_is_true(json_object_get(r.now, "total"));
        if (hub_canonical_find_row(then, total, hub_canonical_str(r.now, "value")) == NULL)
            e = json_row(&r);
    }
    return e;
}

static enum err json_lines(struct again *a, const json_t *then, const json_t *now)
{
    static const char *const apart[] = {"rows", "left_out", NULL};
    enum err e = ERR_OK;
    size_t count = a->report->line_count;
    if (json_array_size(then) != count || json_array_size(now) != count)
        return json_wrong(a, "lines");
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        const json_t *was = json_array_get(then, i), *is = json_array_get(now, i);
        const char *member = json_member(was, is, apart);
        bool left = json_equal(json_object_get(was, "left_out"), json_object_get(is, "left_out"));
        if (member == NULL && !left && !a->hit[i]) member = "left_out";
        if (member != NULL) e = json_wrong(a, member);
        if (e == ERR_OK) e = json_rows(a, i, was, is);
    }
    return e;
}

/* ---- targets and corrections ---- */

static bool json_erased(const struct again *a, const json_t *entry, const char *key)
{
    struct id_record rid;
    return id_unhex(hub_canonical_str(entry, key), rid.b, sizeof rid.b) == ERR_OK &&
           hub_again_gone(a, &rid);
}

static bool json_line_hit(const struct again *a, const json_t *entry)
{
    json_int_t no = json_integer_value(json_object_get(entry, "line"));
    for (size_t i = 0; i < a->report->line_count; i++)
        if ((json_int_t)a->report->lines[i].no == no) return a->hit[i];
    return false;
}

static bool json_same_entry(const json_t *x, const json_t *y, const char *id)
{
    static const char *const keys[] = {"line", "unit"};
    bool same = json_equal(json_object_get(x, id), json_object_get(y, id));
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        same = same && json_equal(json_object_get(x, keys[i]), json_object_get(y, keys[i]));
    return same;
}

/* Entries of a list that name their record: each is there again, with other words at most in `apart` where its
 * line is hit, or its own record was erased. */
struct json_list {
    const char *member, *id;
    const char *apart[5]; /* what the figures say of it */
};

static bool json_entry(const struct again *a, const struct json_list *l, const json_t *entry,
                       const json_t *others)
{
    static const char *const none[] = {NULL};
    const json_t *other = NULL;
    if (json_erased(a, entry, l->id)) return true;
    for (size_t i = 0; other == NULL && i < json_array_size(others); i++)
        if (json_same_entry(entry, json_array_get(others, i), l->id))
            other = json_array_get(others, i);
    if (other == NULL) return false;
    bool hit = json_line_hit(a, entry) || a->small;
    for (size_t i = 0; !hit && i < a->report->unit_count; i++)
        hit = a->silent[i];
    return json_member(entry, other, hit ? l->apart : none) == NULL;
}

static enum err json_list(struct again *a, const struct json_list *l, const json_t *then,
                          const json_t *now)
{
    const json_t *was = json_object_get(then, l->member), *is = json_object_get(now, l->member);
    bool good = true;
    for (size_t i = 0; good && i < json_array_size(was); i++)
        good = json_entry(a, l, json_array_get(was, i), is);
    for (size_t i = 0; good && i < json_array_size(is); i++)
        good = json_entry(a, l, json_array_get(is, i), was);
    return good ? ERR_OK : json_wrong(a, l->member);
}

/* ---- all of it ---- */

enum err hub_again_json(struct again *a, const json_t *then, const json_t *now)
{
    static const struct json_list targets = {"targets", "record", {"status", "progress", NULL}};
    static const struct json_list corrections = {
        "corrections", "id", {"state", "value", "before", "after", NULL}};
    static const char *const apart[] = {"units",   "nothing_sent", "outside", "lines",
                                        "targets", "corrections",  NULL};
    bool hit = false;
    enum err e = ERR_OK;
    const char *member = json_member(then, now, apart);
    for (size_t i = 0; i < a->report->line_count; i++)
        hit = hit || a->hit[i];
    if (member == NULL && !hit &&
        !json_equal(json_object_get(then, "outside"), json_object_get(now, "outside")))
        member = "outside";
    if (member != NULL) e = json_wrong(a, member);
    if (e == ERR_OK)
        e = json_lines(a, json_object_get(then, "lines"), json_object_get(now, "lines"));
    if (e == ERR_OK) e = json_list(a, &targets, then, now);
    return e == ERR_OK ? json_list(a, &corrections, then, now) : e;
}
