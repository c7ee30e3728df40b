/* The catalogue, and the state of the hub. */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "hub/store_issues.h"
#include "hub/store_moves.h"
#include "proto/edition.h"

#include <stdlib.h>

/* ---- catalogue ---- */

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

/* Parse the archive and try its SQL. NULL: fine, *out is the caller's; else the answer. */
static json_t *hub_catalogue_open(struct hub_app *a, struct bytes archive, struct catalogue **out)
{
    struct catalogue_file *files = NULL;
    size_t file_count = 0, count = 0;
    json_t *j = NULL;
    struct catalogue *c = NULL;
    struct catalogue_error *errors = calloc(CATALOGUE_ERRORS_MAX, sizeof *errors);
    if (errors == NULL) return hub_command_fail(ERR_NOMEM);
    enum err e = catalogue_unarchive(archive, &files, &file_count);
    if (e == ERR_OK) e = catalogue_parse(files, file_count, &c, errors, &count);
    if (e == ERR_OK) {
        e = hub_store_catalogue_try(a->store, c, &errors[0]);
        count = 1;
    }
    if (e == ERR_BAD_INPUT)
        j = hub_catalogue_mistakes(errors, count);
    else if (e != ERR_OK)
        j = hub_command_fail(e);
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

json_t *hub_command_check(struct hub_app *a, const json_t *request)
{
    struct buf archive;
    struct catalogue *c = NULL;
    buf_init(&archive, 2 * CATALOGUE_ARCHIVE_BYTES_MAX);
    enum err e = hub_request_bytes(request, "archive", &archive);
    json_t *j = e == ERR_OK ? hub_catalogue_open(a, buf_bytes(&archive), &c) : hub_command_fail(e);
    if (j == NULL) {
        j = json_object();
        hub_catalogue_counts(c, j);
    }
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
    json_t *j = e == ERR_OK ? hub_catalogue_open(a, buf_bytes(&archive), &c) : hub_command_fail(e);
    if (j == NULL && hub_publish_same(a, buf_bytes(&archive)))
        j = hub_command_error(ERR_EXISTS, "Danh mục này đang được dùng: không có gì thay đổi.",
                              "This catalogue is in force already: nothing changes.");
    if (j == NULL) {
        e = hub_publish_sets(a, request, buf_bytes(&archive), &edition);
        j = e == ERR_OK ? json_pack("{s:I}", "edition", (json_int_t)edition) : hub_command_fail(e);
        if (e == ERR_OK) hub_catalogue_counts(c, j);
    }
    catalogue_free(c);
    buf_free(&archive);
    return j;
}

/* ---- status ---- */

/* What waits for a person: offers nobody answers, writes that crossed a transfer. */
static void hub_command_status_moves(struct hub_app *a, json_t *j)
{
    struct hub_moves_waiting m;
    if (j == NULL || hub_store_moves_waiting(a->store, clock_wall_ms(), &m) != ERR_OK) return;
    json_object_set_new(j, "transfers_open", json_integer((json_int_t)m.offers));
    json_object_set_new(j, "transfers_overdue", json_integer((json_int_t)m.overdue));
    json_object_set_new(j, "crossed_open", json_integer((json_int_t)m.crossed));
}

json_t *hub_command_status(struct hub_app *a, const json_t *request)
{
    struct hub_counts n;
    struct hub_position at;
    (void)request;
    enum err e = hub_store_counts(a->store, &n);
    if (e != ERR_OK) return hub_command_fail(e);
    hub_store_position(a->store, &at);
    json_t *j = json_pack(
        "{s:o, s:s, s:s, s:b, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "hub",
        hub_json_hex(BYTES_OF(a->identity.hub.b)), "unit", a->identity.unit, "name",
        a->identity.unit_name, "running", (int)(a->drive != NULL), "edition",
        (json_int_t)at.edition, "position", (json_int_t)at.position, "position_hash",
        hub_json_hex(BYTES_OF(at.hash.b)), "sets", (json_int_t)n.sets, "records",
        (json_int_t)n.records, "nodes", (json_int_t)n.nodes, "conflicts", (json_int_t)n.conflicts,
        "held", (json_int_t)n.held, "pairs", (json_int_t)n.pairs);
    hub_command_status_warnings(a, j);
    hub_command_status_moves(a, j);
    hub_command_status_registers(a, j);
    if (j != NULL) hub_command_cases_status(a, j);
    if (a->drive != NULL) {
        json_object_set_new(j, "port", json_integer(a->sync_port));
        json_object_set_new(j, "web_port", json_integer(a->web_port));
        json_object_set_new(j, "certificate", json_string(a->certificate));
        json_object_set_new(j, "certificate_until", hub_json_time(a->certificate_until_ms));
        json_object_set_new(j, "connections",
                            json_integer(hub_engine_conns(hub_drive_engine(a->drive))));
        json_object_set_new(j, "connections_refused",
                            json_integer((json_int_t)hub_drive_refused(a->drive)));
    }
    return j;
}
