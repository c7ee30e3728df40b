/* Before the rows of an import: are its columns the type's, and is what was looked at still all there is? */
#include "node/command_priv.h"

#include <stdio.h>
#include <string.h>

const struct catalogue_type *node_import_type(struct node_command *c, const json_t *request)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const char *name = node_request_str(request, "type");
    return cat != NULL && name != NULL ? catalogue_type_by_name(cat, name) : NULL;
}

/* Refuse a file whose columns the type does not have before any row is taken. */
json_t *node_import_columns(struct node_command *c, const json_t *request)
{
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const json_t *columns = json_object_get(request, "columns");
    const char *name = node_request_str(request, "type");
    const char *key = node_request_str(request, "key");
    if (cat == NULL)
        return node_command_error(
            ERR_NOT_READY, "Máy này chưa nhận danh mục nên chưa nhập được: hãy đồng bộ trước.",
            "No catalogue has come yet, so nothing can be imported: sync first.", NULL);
    if (name == NULL) return NULL; /* NDJSON: every line names its own */
    const struct catalogue_type *t = catalogue_type_by_name(cat, name);
    if (t == NULL)
        return node_command_error(ERR_BAD_INPUT, "Không có loại hồ sơ này trong danh mục.",
                                  "The catalogue has no such record type.", "type");
    if (key != NULL && catalogue_field_by_name(t, key) == NULL)
        return node_command_error(ERR_BAD_INPUT, "Không có trường dùng làm khóa (--key).",
                                  "The type has no field to be the key (--key).", key);
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const char *column = json_string_value(json_array_get(columns, i));
        if (column == NULL || strcmp(column, "id") == 0) continue;
        if (catalogue_field_by_name(t, column) == NULL)
            return node_command_error(
                ERR_BAD_INPUT,
                "Dòng tiêu đề có cột mà loại hồ sơ này không có; chưa nhập dòng nào. Hãy chọn "
                "trường "
                "cho cột, hoặc bỏ cột (bằng lệnh: --map \"CỘT=trường\", --map \"CỘT=\").",
                "The header has a column that the type does not have; no row was imported. Choose "
                "a field for it or leave it out (by the tool: --map \"COLUMN=field\", --map "
                "\"COLUMN=\").",
                column);
    }
    return NULL;
}

/* A key is looked up for every row. */
enum err node_import_index(struct node_command *c, const json_t *request)
{
    const char *type = node_request_str(request, "type");
    const char *key = node_request_str(request, "key");
    if (type == NULL || key == NULL) return ERR_OK;
    const struct catalogue_type *t = node_import_type(c, request);
    return node_store_index(c->store, t, catalogue_field_by_name(t, key));
}

/* ---- doubles ---- */

void node_json_known(struct node_command *c, unsigned type, uint64_t held, json_t *answer)
{
    uint64_t made = 0;
    if (node_store_made(c->store, type, &made) == ERR_OK)
        json_object_set_new(answer, "known", json_integer((json_int_t)(made + held)));
}

json_t *node_import_stale(struct node_command *c, const json_t *request, unsigned type,
                          uint64_t held)
{
    const json_t *known = json_object_get(request, "known");
    uint64_t made = 0;
    if (!json_is_integer(known)) return NULL;
    enum err e = node_store_made(c->store, type, &made);
    if (e != ERR_OK) return node_command_fail(e);
    if ((json_int_t)(made + held) == json_integer_value(known)) return NULL;
    return node_command_error(
        ERR_STALE,
        "Vừa có hồ sơ khác được thêm vào loại này; các dòng này chưa nhập. Hãy dò trùng lại.",
        "Other records of this type were added meanwhile; these rows were not imported. Look for "
        "doubles again.",
        NULL);
}

/* ---- one that ended ---- */

json_t *node_import_broken(enum err e)
{
    char vi[600], en[600];
    json_t *fail = node_command_fail(e);
    snprintf(vi, sizeof vi, "%.400s Nhập lại đúng tệp này sau: dòng đã nhập sẽ không bị lặp.",
             json_string_value(json_object_get(fail, "vi")));
    snprintf(en, sizeof en,
             "%.400s Import the same file again later: rows that are in are not "
             "doubled when they have an id or a key.",
             json_string_value(json_object_get(fail, "en")));
    json_decref(fail);
    return node_command_error(e, vi, en, NULL);
}
