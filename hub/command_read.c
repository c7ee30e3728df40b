/* The access log: noting who reads records of class 3 and 4, and showing it. docs/access-log.md. */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "common/log.h"
#include "hub/aside.h"
#include "hub/small.h"
#include "hub/store_read.h"
#include "hub/subject_told.h"

#include <stdlib.h>

/* ---- noting ---- */

void hub_reads_init(struct hub_reads *r)
{
    *r = (struct hub_reads){.highest = 0};
    buf_init(&r->rids, (size_t)HUB_READS_IDS_MAX * ID_RECORD_BYTES);
}

void hub_reads_add(struct hub_reads *r, const struct catalogue_type *t, const struct id_record *rid)
{
    /* A type that the catalogue lacks: nobody says that it is harmless. */
    unsigned of = t != NULL ? t->sensitivity : 4;
    if (of < HUB_READ_CLASS) return;
    if (of > r->highest) r->highest = of;
    buf_add(&r->rids, rid->b, sizeof rid->b);
}

void hub_reads_note(struct hub_reads *r, struct hub_app *a, const json_t *request, const char *what)
{
    if (a->beside != NULL) {
        if (r->rids.len > 0)
            hub_beside_read(a->beside, r, request, what);
        else
            buf_free(&r->rids);
        return;
    }
    const char *user = hub_request_str(request, "person");
    if (user == NULL || user[0] == '\0') user = hub_request_str(request, "account");
    const char *why = hub_request_str(request, "reason");
    struct hub_read row = {.at_ms = clock_wall_ms(),
                           .user = user != NULL ? user : "",
                           .what = what,
                           .why = why != NULL ? why : "",
                           .highest = r->highest,
                           .rids = buf_bytes(&r->rids)};
    enum err e = r->rids.e;
    if (e == ERR_OK && r->rids.len > 0) e = hub_read_add(a->store, &row);
    buf_free(&r->rids);
    /* On a full disk reading goes on (architecture 8); the program's log says that this is missing. */
    if (e != ERR_OK)
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("read.not_noted"), log_str("verb", what), log_err(e));
}

void hub_reads_note_rows(struct hub_app *a, const json_t *request, const char *what,
                         const json_t *rows)
{
    struct hub_reads reads;
    struct id_record rid;
    const struct catalogue *c = hub_store_catalogue(a->store);
    hub_reads_init(&reads);
    for (size_t i = 0; c != NULL && i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *type = hub_request_str(row, "type");
        if (hub_request_id(row, "id", &rid) != ERR_OK) continue;
        hub_reads_add(&reads,
                      type != NULL ? catalogue_type_by_name(c, type) : hub_record_type(a, &rid),
                      &rid);
    }
    hub_reads_note(&reads, a, request, what);
}

struct reads_small {
    struct hub_app *app;
    struct hub_reads reads;
};

static enum err reads_small_record(void *ctx, struct bytes record,
                                   const struct hub_figures_part *part)
{
    struct reads_small *s = ctx;
    struct id_record rid;
    (void)part;
    if (record.len != sizeof rid.b) return ERR_OK;
    memcpy(rid.b, record.p, sizeof rid.b);
    hub_reads_add(&s->reads, hub_record_type(s->app, &rid), &rid);
    return s->reads.rids.e;
}

static bool reads_small(const struct hub_report_cell *cell)
{
    return !cell->absent && cell->num > 0 && cell->num < HUB_SMALL_LEAST;
}

void hub_reads_note_small(struct hub_app *a, const json_t *request, const char *what,
                          const struct hub_report *r)
{
    struct reads_small s = {.app = a};
    enum err e = ERR_OK;
    hub_reads_init(&s.reads);
    for (size_t i = 0; i < r->line_count; i++) {
        const struct hub_report_line *line = &r->lines[i];
        if (hub_small_class(NULL, line->indicator) < HUB_SMALL_CLASS) continue;
        for (size_t c = 0; c < r->unit_count; c++) {
            bool whole =
                reads_small(&line->rows[0].cells[c]); /* then its parts are the same records */
            for (size_t k = 0; e == ERR_OK && k < (whole ? 1 : line->row_count); k++)
                if (reads_small(&line->rows[k].cells[c]))
                    e = hub_report_inputs(line, &line->rows[k].cells[c], reads_small_record, &s);
        }
    }
    hub_reads_note(&s.reads, a, request, what); /* says itself when there was no room */
}

/* ---- showing ---- */

static enum err hub_reads_row(void *ctx, int64_t row, const struct hub_read *r)
{
    json_t *ids = json_array();
    for (size_t i = 0; i + ID_RECORD_BYTES <= r->rids.len; i += ID_RECORD_BYTES)
        json_array_append_new(ids, hub_json_hex(bytes_make(r->rids.p + i, ID_RECORD_BYTES)));
    struct hub_told_words words = hub_told_read(r->what);
    json_t *j =
        json_pack("{s:I, s:o, s:s, s:s, s:s, s:s, s:s, s:i, s:I, s:o}", "row", (json_int_t)row,
                  "at", hub_json_time(r->at_ms), "user", r->user, "what", r->what, "vi", words.vi,
                  "en", words.en, "reason", r->why, "class", (int)r->highest, "count",
                  (json_int_t)(r->rids.len / ID_RECORD_BYTES), "records", ids);
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_reads(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    struct hub_reads_end end;
    const char *id = hub_request_str(request, "id"), *by = hub_request_str(request, "by");
    const char *text = hub_request_str(request, "before"); /* of a query */
    json_int_t before = text != NULL ? strtoll(text, NULL, 10)
                                     : json_integer_value(json_object_get(request, "before"));
    if (id != NULL && hub_request_id(request, "id", &rid) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Mã hồ sơ gồm 32 chữ số thập lục phân.",
                                 "A record id has 32 hexadecimal digits.");
    json_t *rows = json_array();
    enum err e = hub_read_each(a->store, before > 0 ? before : 0, id != NULL ? &rid : NULL, by,
                               hub_reads_row, rows);
    if (e == ERR_OK) e = hub_read_end(a->store, &end);
    json_t *j = e == ERR_OK
                    ? json_pack("{s:O, s:I, s:b, s:I, s:o, s:I, s:o}", "rows", rows, "kept",
                                (json_int_t)end.rows, "whole", (int)end.whole, "wrong",
                                (json_int_t)end.wrong, "hash", hub_json_hex(BYTES_OF(end.hash.b)),
                                "dropped", (json_int_t)end.dropped, "dropped_until",
                                hub_json_time(end.dropped_ms))
                    : hub_command_fail(e);
    json_decref(rows);
    return j;
}
