#include "hub/canonical_read.h"
#include "hub/canonical.h"

#include <string.h>

const char *hub_canonical_str(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s != NULL ? s : "";
}

const json_t *hub_canonical_find_line(const json_t *figures, unsigned no, const char *indicator,
                                      const char *by)
{
    const json_t *lines = json_object_get(figures, "lines"), *found = NULL;
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        if (strcmp(hub_canonical_str(line, "indicator"), indicator) != 0 ||
            (by != NULL && strcmp(hub_canonical_str(line, "by"), by) != 0))
            continue;
        if (json_integer_value(json_object_get(line, "no")) == (json_int_t)no) return line;
        if (found == NULL) found = line;
    }
    return found;
}

const json_t *hub_canonical_find_like(const json_t *figures, const struct hub_report_line *line,
                                      bool total)
{
    const char *id = line->indicator->id;
    const json_t *found = hub_canonical_find_line(figures, line->no, id, line->by);
    return found != NULL || !total ? found : hub_canonical_find_line(figures, line->no, id, NULL);
}

const json_t *hub_canonical_find_row(const json_t *line, bool total, const char *value)
{
    const json_t *rows = json_object_get(line, "rows");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (json_is_true(json_object_get(row, "total")) == total &&
            strcmp(hub_canonical_str(row, "value"), value) == 0)
            return row;
    }
    return NULL;
}

const json_t *hub_canonical_find_cell(const json_t *row, const char *unit)
{
    const json_t *cells = json_object_get(row, "cells");
    for (size_t i = json_array_size(cells); i > 0; i--) { /* all together stands last */
        const json_t *cell = json_array_get(cells, i - 1);
        if (strcmp(hub_canonical_str(cell, "unit"), unit) == 0) return cell;
    }
    return NULL;
}

void hub_canonical_read_cell(const json_t *cell, bool ratio, struct hub_report_cell *out)
{
    const char *state = hub_canonical_str(cell, "state"), *value = hub_canonical_str(cell, "value");
    *out = (struct hub_report_cell){
        .absent = strcmp(state, "nothing_sent") == 0,
        .num = json_integer_value(json_object_get(cell, "num")),
        .den = json_integer_value(json_object_get(cell, "den")),
    };
    if (strcmp(state, "hidden") == 0)
        out->hide = strcmp(value, "<5") == 0  ? HUB_HIDE_SMALL
                    : strcmp(value, "*") == 0 ? HUB_HIDE_SECOND
                                              : HUB_HIDE_RATE;
    out->null = ratio && out->hide == HUB_HIDE_NO && out->den <= 0;
}

enum hub_met hub_canonical_read_met(const char *word)
{
    static const enum hub_met all[] = {HUB_MET_NO,      HUB_MET_YES,     HUB_MET_NULL,
                                       HUB_MET_NOTHING, HUB_MET_UNCLEAR, HUB_MET_HIDDEN,
                                       HUB_MET_RUNNING, HUB_MET_PARTIAL};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (strcmp(hub_canonical_met(all[i]), word) == 0) return all[i];
    return HUB_MET_UNCLEAR;
}
