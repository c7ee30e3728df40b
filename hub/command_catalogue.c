/* The catalogue: checked beside the edition in force, published, and given out again. */
#include "hub/command_priv.h"

#include "common/catalogue_diff.h"
#include "common/io/catalogue_json.h"
#include "common/text.h"
#include "hub/store_issues.h"
#include "proto/edition.h"

#include <stdlib.h>

enum {
    HUB_CHANGES_MAX = 500,      /* changes that an answer spells out; it counts them all */
    HUB_CHANGE_BYTES_MAX = 400, /* of a cell in it */
};

static json_t *hub_json_mistake(const struct catalogue_error *m)
{
    return json_pack("{s:s, s:i, s:s, s:s, s:s}", "file", m->file, "row", (int)m->row, "column",
                     m->column, "vi", m->text_vi, "en", m->text_en);
}

static json_t *hub_catalogue_mistakes(const struct catalogue_error *errors, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, hub_json_mistake(&errors[i]));
    json_t *j = hub_command_error(
        ERR_BAD_INPUT, "Danh mục có lỗi; danh mục đang dùng vẫn giữ nguyên. Hãy sửa các lỗi sau:",
        "The catalogue has mistakes; the edition in force stays. Correct these:");
    json_object_set_new(j, "mistakes", list);
    return j;
}

/* ---- what differs from the edition in force ---- */

struct hub_changes {
    json_t *rows;
    json_int_t total;
};

static json_t *hub_change_text(const char *s)
{
    return hub_json_text(text_truncate(bytes_str(s), HUB_CHANGE_BYTES_MAX));
}

static void hub_change_add(void *ctx, const struct catalogue_change *c)
{
    static const char *const what[] = {"file_came", "file_gone", "file", "came",
                                       "gone",      "cell",      "order"};
    struct hub_changes *h = ctx;
    if (h->total++ >= HUB_CHANGES_MAX) return;
    json_t *j = json_pack("{s:s, s:s, s:i, s:o}", "what", what[c->what], "file", c->file, "row",
                          (int)c->row, "key", hub_change_text(c->key));
    if (c->what == CATALOGUE_CHANGE_CELL) {
        json_object_set_new(j, "column", hub_change_text(c->column));
        json_object_set_new(j, "was", hub_change_text(c->was));
        json_object_set_new(j, "is", hub_change_text(c->is));
    }
    json_array_append_new(h->rows, j);
}

/* "changes" and "change_count" of an answer; nothing before the first edition. ERR_NOMEM, errors of the store. */
static enum err hub_catalogue_changes(struct hub_app *a, const struct catalogue_file *files,
                                      size_t count, json_t *answer)
{
    struct hub_changes h = {.rows = json_array()};
    struct hub_position at;
    struct catalogue_file *before = NULL;
    size_t before_count = 0;
    struct buf archive;
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    hub_store_position(a->store, &at);
    bool first = at.edition == 0;
    enum err e = first ? ERR_OK : hub_issues_archive(a->store, at.edition, &archive);
    if (e == ERR_OK && !first) e = catalogue_unarchive(buf_bytes(&archive), &before, &before_count);
    if (e == ERR_OK && !first)
        e = catalogue_diff(before, before_count, files, count, hub_change_add, &h);
    if (e == ERR_OK && !first) {
        json_object_set(answer, "changes", h.rows);
        json_object_set_new(answer, "change_count", json_integer(h.total));
    }
    json_decref(h.rows);
    catalogue_files_free(before);
    buf_free(&archive);
    return e;
}

/* Parse the archive, beside the edition in force, and try its SQL. NULL: fine, *out is the caller's and
 * what changes stands in *found; else the answer. */
static json_t *hub_catalogue_open(struct hub_app *a, struct bytes archive, struct catalogue **out,
                                  json_t *found)
{
    struct catalogue_file *files = NULL;
    size_t file_count = 0;
    json_t *j = NULL;
    struct catalogue *c = NULL;
    struct catalogue_error *errors = calloc(CATALOGUE_ERRORS_MAX, sizeof *errors);
    if (errors == NULL) return hub_command_fail(ERR_NOMEM);
    struct catalogue_mistakes why = {.v = errors, .room = CATALOGUE_ERRORS_MAX};
    enum err e = catalogue_unarchive(archive, &files, &file_count);
    if (e == ERR_OK)
        e = catalogue_parse_after(files, file_count, hub_store_catalogue(a->store), &c, errors,
                                  &why.count);
    if (c != NULL) { /* also of one with mistakes, so that all of them are named at once */
        enum err tried = hub_store_catalogue_try(a->store, c, &why);
        if (e == ERR_OK || tried != ERR_OK) e = tried;
    }
    if (e == ERR_BAD_INPUT)
        j = hub_catalogue_mistakes(errors, why.count);
    else if (e != ERR_OK)
        j = hub_command_fail(e);
    if (e == ERR_OK) {
        e = hub_catalogue_changes(a, files, file_count, found);
        if (e != ERR_OK) j = hub_command_fail(e);
    }
    if (e == ERR_OK)
        *out = c;
    else
        catalogue_free(c);
    catalogue_files_free(files);
    free(errors);
    return j;
}

static void hub_catalogue_counts(const struct catalogue *c, json_t *j)
{
    size_t types, units, indicators, reports;
    (void)catalogue_types(c, &types);
    (void)catalogue_units(c, &units);
    (void)catalogue_indicators(c, &indicators);
    (void)catalogue_reports(c, &reports);
    json_object_set_new(j, "types", json_integer((json_int_t)types));
    json_object_set_new(j, "units", json_integer((json_int_t)units));
    json_object_set_new(j, "indicators", json_integer((json_int_t)indicators));
    json_object_set_new(j, "reports", json_integer((json_int_t)reports));
}

/* Whether the unit that the request names, if any, is or was one of the catalogue's. NULL: it is. */
static json_t *hub_catalogue_lacks(const struct catalogue *c, const json_t *request)
{
    size_t count = 0;
    const char *unit = hub_request_str(request, "unit");
    const struct catalogue_unit *units = catalogue_units(c, &count);
    for (size_t i = 0; unit != NULL && i < count; i++)
        if (strcmp(units[i].code, unit) == 0) unit = NULL;
    if (unit == NULL) return NULL;
    return hub_command_error(ERR_NOT_FOUND, "Danh mục không có đơn vị mang mã này (xem units.csv).",
                             "The catalogue has no unit of this code (see units.csv).");
}

json_t *hub_command_check(struct hub_app *a, const json_t *request)
{
    struct buf archive;
    struct catalogue *c = NULL;
    buf_init(&archive, 2 * CATALOGUE_ARCHIVE_BYTES_MAX);
    enum err e = hub_request_bytes(request, "archive", &archive);
    json_t *found = json_object();
    json_t *j =
        e == ERR_OK ? hub_catalogue_open(a, buf_bytes(&archive), &c, found) : hub_command_fail(e);
    if (j == NULL) j = hub_catalogue_lacks(c, request);
    if (j == NULL) {
        j = json_incref(found);
        hub_catalogue_counts(c, j);
    }
    json_decref(found);
    catalogue_free(c);
    buf_free(&archive);
    return j;
}

/* Parts, then the set that closes them, in one transaction. */
static enum err hub_publish_sets(struct hub_app *a, const json_t *request, struct bytes archive,
                                 uint32_t *edition)
{
    struct admin_edition ed;
    struct hub_position at;
    struct buf frame, payload;
    buf_init(&frame, (size_t)ADMIN_PARTS_MAX * ADMIN_PART_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    enum err e = edition_squeeze(archive, &frame, &ed);
    if (e == ERR_OK) e = hub_app_begin(a);
    if (e != ERR_OK) goto out;
    hub_store_position(a->store, &at);
    ed.edition = at.edition + 1;
    for (unsigned i = 0; i < ed.parts && e == ERR_OK; i++) {
        struct admin_part part = edition_part(&ed, buf_bytes(&frame), i);
        buf_clear(&payload);
        admin_part_encode(&part, &payload);
        e = hub_request_append(a, request, &payload, NULL);
    }
    buf_clear(&payload);
    admin_edition_encode(&ed, &payload);
    if (e == ERR_OK) e = hub_request_append(a, request, &payload, NULL);
    if (e == ERR_OK)
        e = hub_app_commit(a);
    else
        hub_app_abort(a);
    *edition = ed.edition;
out:
    buf_free(&payload);
    buf_free(&frame);
    return e;
}

/* Is this archive the edition in force? */
static bool hub_publish_same(struct hub_app *a, struct bytes archive)
{
    struct hub_cut cut;
    struct admin_edition ed;
    struct buf frame;
    if (hub_reports_ready(a->store, &cut) != ERR_OK) return false;
    buf_init(&frame, (size_t)ADMIN_PARTS_MAX * ADMIN_PART_BYTES_MAX);
    bool same =
        edition_squeeze(archive, &frame, &ed) == ERR_OK && ID_EQUAL(&ed.archive, &cut.archive);
    buf_free(&frame);
    return same;
}

json_t *hub_command_publish(struct hub_app *a, const json_t *request)
{
    struct buf archive;
    struct catalogue *c = NULL;
    uint32_t edition = 0;
    buf_init(&archive, 2 * CATALOGUE_ARCHIVE_BYTES_MAX);
    enum err e = hub_request_bytes(request, "archive", &archive);
    json_t *found = json_object();
    json_t *j =
        e == ERR_OK ? hub_catalogue_open(a, buf_bytes(&archive), &c, found) : hub_command_fail(e);
    if (j == NULL && hub_publish_same(a, buf_bytes(&archive)))
        j = hub_command_error(ERR_EXISTS, "Danh mục này đang được dùng: không có gì thay đổi.",
                              "This catalogue is in force already: nothing changes.");
    if (j == NULL) {
        e = hub_publish_sets(a, request, buf_bytes(&archive), &edition);
        j = e == ERR_OK ? json_incref(found) : hub_command_fail(e);
        if (e == ERR_OK) {
            json_object_set_new(j, "edition", json_integer((json_int_t)edition));
            hub_catalogue_counts(c, j);
        }
    }
    json_decref(found);
    catalogue_free(c);
    buf_free(&archive);
    return j;
}

/* The files of an edition, of the one in force when none is named. */
json_t *hub_command_forms(struct hub_app *a, const json_t *request)
{
    struct hub_position at;
    const struct catalogue *c = hub_store_catalogue(a->store);
    (void)request;
    if (c == NULL) return hub_command_fail(ERR_NOT_READY);
    hub_store_position(a->store, &at);
    json_t *j = catalogue_json(c, at.edition);
    return j != NULL ? j : hub_command_fail(ERR_NOMEM);
}

json_t *hub_command_catalogue(struct hub_app *a, const json_t *request)
{
    struct hub_position at;
    struct buf archive;
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    hub_store_position(a->store, &at);
    json_int_t edition = json_integer_value(json_object_get(request, "edition"));
    if (edition == 0) edition = (json_int_t)at.edition;
    enum err e = edition > 0 && edition <= (json_int_t)at.edition
                     ? hub_issues_archive(a->store, (uint32_t)edition, &archive)
                     : ERR_NOT_FOUND;
    json_t *j = e == ERR_OK          ? json_pack("{s:I, s:o}", "edition", edition, "archive",
                                                 hub_json_base64(buf_bytes(&archive)))
                : e == ERR_NOT_FOUND ? hub_command_error(e, "Trung tâm không có bản danh mục này.",
                                                         "The hub has no such edition.")
                                     : hub_command_fail(e);
    buf_free(&archive);
    return j;
}
