#include "common/io/catalogue_json.h"

static json_t *catalogue_json_field(const struct catalogue_field *f)
{
    static const char *const kinds[] = {"text",  "int",    "money",   "decimal", "bool", "date",
                                        "pdate", "choice", "choices", "ref",     "unit"};
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:i, s:b, s:b}", "name", f->name,
                     "kind", kinds[f->kind], "list", f->list, "vi", f->label_vi, "en", f->label_en,
                     "section", f->section, "required", (int)f->required, "identity",
                     (int)(f->identity == CATALOGUE_IDENTITY_NUMBER), "class", (int)f->sensitivity,
                     "relevant", (int)(f->relevant[0] != '\0'), "sealed", (int)f->sealed);
}

static json_t *catalogue_json_type(const struct catalogue_type *t)
{
    static const char *const scopes[] = {"own", "down", "hub"};
    const struct catalogue_field *title = catalogue_title(t);
    bool person = catalogue_identity_field(t, CATALOGUE_IDENTITY_NAME) != NULL;
    json_t *fields = json_array();
    for (size_t i = 0; i < t->field_count; i++) {
        json_array_append_new(fields, catalogue_json_field(&t->fields[i]));
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:b, s:b, s:o}", "name", t->name, "vi",
                     t->label_vi, "en", t->label_en, "scope", scopes[t->scope], "class",
                     (int)t->sensitivity, "title", title != NULL ? title->name : "", "person",
                     (int)person, "named", (int)catalogue_named(t), "fields", fields);
}

static json_t *catalogue_json_choices(const struct catalogue *cat)
{
    size_t n = 0;
    const struct catalogue_choice *v = catalogue_choices(cat, &n);
    json_t *lists = json_object();
    for (size_t i = 0; i < n; i++) {
        json_t *list = json_object_get(lists, v[i].list);
        if (list == NULL) {
            list = json_array();
            json_object_set_new(lists, v[i].list, list);
        }
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "value", v[i].value, "vi",
                                              v[i].label_vi, "en", v[i].label_en));
    }
    return lists;
}

static json_t *catalogue_json_units(const struct catalogue *cat)
{
    char from[DATE_TEXT_ROOM], to[DATE_TEXT_ROOM];
    size_t n = 0;
    const struct catalogue_unit *v = catalogue_units(cat, &n);
    json_t *units = json_array();
    for (size_t i = 0; i < n; i++) {
        catalogue_date_text(v[i].valid_from, from);
        catalogue_date_text(v[i].valid_to, to);
        json_array_append_new(units, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "value", v[i].code,
                                               "vi", v[i].name_vi, "level", v[i].level, "parent",
                                               v[i].parent, "from", from, "to", to));
    }
    return units;
}

/* Lines as a form prints them: an empty label is the indicator's own. */
static json_t *catalogue_json_lines(const struct catalogue *cat, const char *report)
{
    size_t n = 0;
    const struct catalogue_line *v = catalogue_lines(cat, report, &n);
    json_t *lines = json_array();
    for (size_t i = 0; i < n; i++) {
        const struct catalogue_indicator *of = catalogue_indicator(cat, v[i].indicator);
        const char *vi = v[i].label_vi[0] != '\0' || of == NULL ? v[i].label_vi : of->label_vi;
        const char *en = v[i].label_en[0] != '\0' || of == NULL ? v[i].label_en : of->label_en;
        json_array_append_new(lines, json_pack("{s:i, s:s, s:s, s:s}", "no", (int)v[i].no,
                                               "indicator", v[i].indicator, "vi", vi, "en", en));
    }
    return lines;
}

static json_t *catalogue_json_reports(const struct catalogue *cat)
{
    static const char *const kinds[] = {"month", "quarter", "half", "nine", "year", "adhoc"};
    size_t n = 0;
    const struct catalogue_report *v = catalogue_reports(cat, &n);
    json_t *reports = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *periods = json_array();
        for (unsigned k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            if (v[i].period_kinds & (1u << k))
                json_array_append_new(periods, json_string(kinds[k]));
        }
        json_array_append_new(reports, json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "id", v[i].id,
                                                 "vi", v[i].label_vi, "en", v[i].label_en, "level",
                                                 v[i].level, "periods", periods, "lines",
                                                 catalogue_json_lines(cat, v[i].id)));
    }
    return reports;
}

json_t *catalogue_json(const struct catalogue *c, uint32_t edition)
{
    size_t n = 0;
    const struct catalogue_type *types = catalogue_types(c, &n);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, catalogue_json_type(&types[i]));
    return json_pack("{s:I, s:o, s:o, s:o, s:o}", "edition", (json_int_t)edition, "types", list,
                     "choices", catalogue_json_choices(c), "units", catalogue_json_units(c),
                     "reports", catalogue_json_reports(c));
}
