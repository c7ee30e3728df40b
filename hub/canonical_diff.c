#include "hub/canonical_diff.h"

#include <stdbool.h>

/* Same target: same record about the same indicator and unit. */
static const json_t *differ_target(const json_t *list, const json_t *like)
{
    static const char *const keys[] = {"record", "indicator", "unit"};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *t = json_array_get(list, i);
        bool same = true;
        for (size_t k = 0; k < 3; k++)
            same = same && json_equal(json_object_get(t, keys[k]), json_object_get(like, keys[k]));
        if (same) return t;
    }
    return NULL;
}

json_t *hub_canonical_targets_differ(const json_t *a, const json_t *b)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(b); i++) {
        json_t *y = json_array_get(b, i);
        const json_t *x = differ_target(a, y);
        if (x != NULL && json_equal(x, y)) continue;
        json_array_append_new(out, json_pack("{s:O?, s:O}", "a", x, "b", y));
    }
    for (size_t i = 0; i < json_array_size(a); i++) {
        json_t *x = json_array_get(a, i);
        if (differ_target(b, x) == NULL)
            json_array_append_new(out, json_pack("{s:O, s:n}", "a", x, "b"));
    }
    return out;
}

static bool differ_unit_in(const json_t *units, const json_t *unit)
{
    for (size_t i = 0; i < json_array_size(units); i++) {
        if (json_equal(json_object_get(json_array_get(units, i), "code"),
                       json_object_get(unit, "code")))
            return true;
    }
    return false;
}

json_t *hub_canonical_units_alone(const json_t *from, const json_t *in)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(from); i++) {
        json_t *unit = json_array_get(from, i);
        if (!differ_unit_in(in, unit)) json_array_append(out, json_object_get(unit, "code"));
    }
    return out;
}
