/* Where a figure comes from: the rule, the records, the change sets. docs/explain.md. */
#include "hub/command_priv.h"
#include "hub/canonical.h"
#include "hub/explained.h"

#include <stdio.h>
#include <stdlib.h>

enum { HUB_EXPLAIN_MAX = 100 }; /* records of one answer, unless fewer are asked for */

/* ---- the rule ---- */

static const char *hub_measure_vi(enum catalogue_measure m)
{
    switch (m) {
    case CATALOGUE_COUNT: return "Đếm mỗi đối tượng một lần.";
    case CATALOGUE_SUM: return "Cộng số của mọi hồ sơ.";
    case CATALOGUE_RATIO:
        return "Số đối tượng đạt chia cho số đối tượng được xét, mỗi đối tượng một lần.";
    case CATALOGUE_RATIO_SUM:
        return "Tổng tử số chia cho tổng mẫu số; mỗi đối tượng một lần, lấy số lớn nhất của nó.";
    }
    return "";
}

static const char *hub_measure_en(enum catalogue_measure m)
{
    switch (m) {
    case CATALOGUE_COUNT: return "Each subject is counted once.";
    case CATALOGUE_SUM: return "The amounts of all records are added up.";
    case CATALOGUE_RATIO:
        return "Subjects that meet it over subjects that were looked at, each subject once.";
    case CATALOGUE_RATIO_SUM:
        return "Sum of the numerators over sum of the denominators; each subject once, with its "
               "largest.";
    }
    return "";
}

/* The comment that opens an indicator's SQL says in words what it counts. */
static json_t *hub_rule_words(const char *sql)
{
    struct buf out;
    buf_init(&out, CATALOGUE_FILE_BYTES_MAX);
    while (strncmp(sql, "--", 2) == 0) {
        const char *text = sql + 2 + strspn(sql + 2, " ");
        size_t n = strcspn(text, "\n");
        if (out.len > 0) buf_add_str(&out, " ");
        buf_add(&out, text, n);
        sql = text[n] == '\n' ? text + n + 1 : text + n;
    }
    json_t *j = hub_json_text(buf_bytes(&out));
    buf_free(&out);
    return j;
}

/* Parameters that the SQL names, with the values they had. */
static json_t *hub_rule_params(const struct hub_side *side, const char *sql)
{
    size_t count = 0;
    json_t *out = json_object();
    const struct catalogue_param *params = catalogue_params(side->catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        char name[CATALOGUE_NAME_BYTES_MAX + 4];
        snprintf(name, sizeof name, ":p_%s", params[i].name);
        bool valid = date_compare(params[i].valid_from, side->window.last) <= 0 &&
                     date_compare(side->window.last, params[i].valid_to) <= 0;
        if (valid && strstr(sql, name) != NULL)
            json_object_set_new(out, params[i].name, json_string(params[i].value));
    }
    return out;
}

static json_t *hub_rule_json(const struct hub_side *side, const struct hub_side_cell *cell)
{
    char first[DATE_TEXT_ROOM], last[DATE_TEXT_ROOM];
    const struct catalogue_indicator *i = cell->indicator;
    date_print(side->window.first, first);
    date_print(side->window.last, last);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:o, s:I, s:o}",
                     "indicator", i->id, "label_vi", i->label_vi, "label_en", i->label_en,
                     "measured_vi", i->measured_vi, "source", i->source, "measure_vi",
                     hub_measure_vi(i->measure), "measure_en", hub_measure_en(i->measure), "words",
                     hub_rule_words(i->sql), "sql", i->sql, "t0", first, "t1", last, "params",
                     hub_rule_params(side, i->sql), "edition", (json_int_t)side->issue.cut.edition,
                     "archive", hub_json_hex(BYTES_OF(side->issue.cut.archive.b)));
}

/* ---- the cell ---- */

json_t *hub_side_cell_json(const struct hub_side *side, const struct hub_side_cell *c)
{
    char text[HUB_REPORT_VALUE_ROOM];
    bool ratio = hub_figures_is_ratio(c->indicator->measure);
    hub_side_text(c, text);
    const char *state = c->absent ? "nothing_sent" : ratio && c->den <= 0 ? "no_base" : "figure";
    const char *name = catalogue_unit_name(side->catalogue, c->unit, side->window.last);
    json_t *j = json_pack("{s:I, s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:I}", "line",
                          (json_int_t)c->line, "indicator", c->indicator->id, "by", c->by, "value",
                          c->value, "total", (int)c->total, "unit", c->unit, "unit_name", name,
                          "state", state, "record_count", (json_int_t)c->count);
    json_object_set_new(j, "num", c->absent ? json_null() : json_integer((json_int_t)c->num));
    json_object_set_new(j, "den",
                        c->absent || !ratio ? json_null() : json_integer((json_int_t)c->den));
    json_object_set_new(j, "text", json_string(text));
    return j;
}

json_t *hub_side_json(const struct hub_side *side)
{
    const struct hub_issue *i = &side->issue;
    json_t *j = json_pack(
        "{s:s, s:s, s:s, s:b, s:I, s:o, s:o, s:I}", "report", i->report, "unit", i->unit, "period",
        i->period, "preliminary", (int)side->live, "position", (json_int_t)i->cut.position,
        "position_hash", hub_json_hex(BYTES_OF(i->cut.hash.b)), "archive",
        hub_json_hex(BYTES_OF(i->cut.archive.b)), "edition", (json_int_t)i->cut.edition);
    if (side->live || j == NULL) return j;
    json_object_set_new(j, "id", json_integer((json_int_t)i->id));
    json_object_set_new(j, "number", json_integer((json_int_t)i->number));
    json_object_set_new(j, "closed", hub_json_time(i->closed_ms));
    json_object_set_new(j, "figures", hub_json_hex(BYTES_OF(i->figures.b)));
    return j;
}

/* ---- corrections ---- */

static enum err hub_side_file(void *ctx, const struct hub_issue_file *file)
{
    json_t **out = ctx;
    if (file->kind == HUB_ISSUE_JSON)
        *out = json_loadb((const char *)file->data.p, file->data.len, 0, NULL);
    return ERR_OK;
}

json_t *hub_side_figures(struct hub_app *a, const struct hub_side *side)
{
    json_t *out = NULL;
    struct buf json;
    if (!side->live) {
        enum err e = hub_issues_files(a->store, side->issue.id, hub_side_file, &out);
        return e == ERR_OK ? out : NULL;
    }
    buf_init(&json, HUB_CANONICAL_BYTES_MAX);
    if (hub_canonical_json(side->report, &json) == ERR_OK)
        out = json_loadb((const char *)json.p, json.len, 0, NULL);
    buf_free(&json);
    return out;
}

json_t *hub_side_corrections(const json_t *figures, const struct hub_side *side,
                             const struct hub_side_cell *cell)
{
    json_t *out = json_array();
    const json_t *list = json_object_get(figures, "corrections");
    bool all = strcmp(cell->unit, side->issue.unit) == 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *c = json_array_get(list, i);
        const char *indicator = hub_request_str(c, "indicator"), *unit = hub_request_str(c, "unit");
        const char *value = json_string_value(json_object_get(c, "value"));
        const char *state = hub_request_str(c, "state");
        bool fits = indicator != NULL && strcmp(indicator, cell->indicator->id) == 0 &&
                    value != NULL && strcmp(value, cell->value) == 0 && unit != NULL &&
                    (all || strcmp(unit, cell->unit) == 0) && state != NULL &&
                    strcmp(state, hub_correction_name(HUB_CORRECTION_APPLIED)) == 0;
        if (fits) json_array_append(out, c);
    }
    return out;
}

/* What the district and the commune agreed on, beside what the records say. None: no member. */
static void hub_explain_corrections(struct hub_app *a, const struct hub_side *side,
                                    const struct hub_side_cell *cell, json_t *out)
{
    json_t *figures = hub_side_figures(a, side);
    json_t *list = hub_side_corrections(figures, side, cell);
    if (json_array_size(list) > 0) json_object_set(out, "corrections", list);
    json_decref(list);
    json_decref(figures);
}

/* ---- records and sets ---- */

struct hub_set_seek {
    const struct id_hash *hash;
    json_t *out;
};

static enum err hub_set_row_json(void *ctx, const struct hub_set *set)
{
    struct hub_set_seek *k = ctx;
    const struct change_head *h = &set->view->head;
    if (!ID_EQUAL(&set->view->hash, k->hash)) return ERR_OK;
    bool own = ID_EQUAL(&h->node, &h->hub);
    json_object_set_new(k->out, "log", hub_json_hex(BYTES_OF(h->inc.b)));
    json_object_set_new(k->out, "seq", json_integer((json_int_t)h->seq));
    json_object_set_new(k->out, "node", hub_json_hex(BYTES_OF(h->node.b)));
    json_object_set_new(k->out, "unit", json_string(set->unit));
    json_object_set_new(k->out, "by_hub", json_boolean(own));
    json_object_set_new(k->out, "person", hub_json_hex(BYTES_OF(h->person.b)));
    json_object_set_new(k->out, "made", hub_json_time((int64_t)(h->hlc >> 16)));
    json_object_set_new(k->out, "received", hub_json_time(set->received_ms));
    return ERR_OK;
}

/* A set of the log as it stands there; "in_log": false when the log has another at its place. */
json_t *hub_input_set_json(struct hub_app *a, const struct hub_input_set *set)
{
    struct hub_set_seek k = {.hash = &set->hash};
    k.out = json_pack("{s:o, s:I}", "hash", hub_json_hex(BYTES_OF(set->hash.b)), "position",
                      (json_int_t)set->position);
    if (k.out == NULL) return NULL;
    enum err e = hub_store_sets(a->store, set->position, set->position, hub_set_row_json, &k);
    bool there = e == ERR_OK && json_object_get(k.out, "log") != NULL;
    json_object_set_new(k.out, "in_log", json_boolean(there));
    return k.out;
}

struct hub_behind {
    const struct hub_side *side;
    const struct hub_input *input;
    size_t known; /* sets of the record now that the closing had too */
    size_t now;
};

static enum err hub_behind_set(void *ctx, uint64_t position, const struct id_hash *hash)
{
    struct hub_behind *b = ctx;
    (void)position;
    b->now++;
    for (size_t i = 0; i < b->input->count; i++)
        b->known += ID_EQUAL(&b->side->inputs.sets[b->input->first + i].hash, hash);
    return ERR_OK;
}

/* What became of a record since: "same", "changed", "gone" (erased, or no longer in the store). */
static const char *hub_record_since(struct hub_app *a, const struct hub_side *side,
                                    const struct hub_input *input, struct fold *scratch)
{
    struct hub_behind b = {.side = side, .input = input};
    enum err e = hub_issues_behind(a->store, &input->rid, scratch, hub_behind_set, &b);
    if (e != ERR_OK) return "gone";
    return b.now == input->count && b.known == b.now ? "same" : "changed";
}

/* A record behind a figure: never what it says, only that it is there and who wrote it. */
static json_t *hub_input_json(struct hub_app *a, const struct hub_side *side, size_t number,
                              struct fold *scratch)
{
    const struct hub_input *input = &side->inputs.v[number];
    unsigned type = 0;
    char unit[ADMIN_UNIT_BYTES_MAX + 1] = "";
    json_t *sets = json_array();
    enum err e = hub_store_record(a->store, &input->rid, NULL, &type, unit, NULL);
    for (size_t i = 0; i < input->count; i++)
        json_array_append_new(sets, hub_input_set_json(a, &side->inputs.sets[input->first + i]));
    const struct catalogue_type *t =
        e == ERR_OK ? catalogue_type_by_no(side->catalogue, type) : NULL;
    return json_pack("{s:o, s:s, s:s, s:s, s:s, s:o}", "id", hub_json_hex(BYTES_OF(input->rid.b)),
                     "type", t != NULL ? t->name : "", "type_vi", t != NULL ? t->label_vi : "",
                     "unit", unit, "since", hub_record_since(a, side, input, scratch), "sets",
                     sets);
}

static enum err hub_explain_records(struct hub_app *a, const struct hub_side *side,
                                    const struct hub_side_cell *cell, const json_t *request,
                                    json_t *out)
{
    struct fold scratch;
    bool kept = false;
    json_int_t after = json_integer_value(json_object_get(request, "after"));
    json_int_t max = json_integer_value(json_object_get(request, "max"));
    if (max <= 0 || max > HUB_EXPLAIN_MAX) max = HUB_EXPLAIN_MAX;
    if (after < 0) after = 0;
    struct hub_explained *all = calloc(cell->count + 1, sizeof *all);
    if (all == NULL) return ERR_NOMEM;
    enum err e = hub_explained_all(side, cell, all, &kept);
    if (e == ERR_OK) e = fold_init(&scratch);
    if (e != ERR_OK) {
        free(all);
        return e;
    }
    json_t *records = json_array();
    size_t i = (size_t)after;
    for (; i < cell->count && i - (size_t)after < (size_t)max; i++) {
        json_t *record = hub_input_json(a, side, all[i].number, &scratch);
        if (kept) hub_explained_json(cell->indicator->measure, &all[i].part, record);
        json_array_append_new(records, record);
    }
    bool known = kept || cell->count == 0;
    json_object_set_new(out, "parts", json_boolean(known));
    if (known && hub_figures_is_ratio(cell->indicator->measure) && !cell->absent)
        json_object_set_new(out, "rest_den",
                            json_integer((json_int_t)hub_explained_rest(cell, all)));
    free(all);
    json_object_set_new(out, "records", records);
    json_object_set_new(out, "more", json_boolean(i < cell->count));
    json_object_set_new(out, "next", json_integer((json_int_t)i));
    fold_free(&scratch);
    return ERR_OK;
}

/* ---- one request ---- */

json_t *hub_side_request(struct hub_app *a, const json_t *request, const char *key,
                         struct hub_side *out)
{
    struct hub_issue issue;
    struct period period;
    struct hub_report_why why = {.vi = ""};
    enum err e;
    if (json_object_get(request, key) != NULL) {
        json_t *j = hub_issue_of(a, request, key, &issue);
        if (j != NULL) return j;
        e = hub_side_issue(a->store, &issue, out);
    } else {
        if (!hub_request_period(request, &period)) return hub_period_wrong();
        e = hub_side_now(a->store, hub_request_str(request, "report"),
                         hub_request_str(request, "report_unit"), period, out, &why);
    }
    return e == ERR_OK ? NULL : hub_report_said(e, &why);
}

/* "cell", or "indicator"/"line", "value", "unit". An empty "value" is a value: not stated. */
static enum err hub_explain_key(const json_t *request, char *text, size_t room,
                                struct hub_side_key *out)
{
    const char *cell = hub_request_str(request, "cell");
    if (cell != NULL) {
        if (strlen(cell) >= room) return ERR_BAD_INPUT;
        memcpy(text, cell, strlen(cell) + 1);
        return hub_side_parse(text, out);
    }
    json_int_t line = json_integer_value(json_object_get(request, "line"));
    *out = (struct hub_side_key){
        .indicator = hub_request_str(request, "indicator"),
        .line = line > 0 && line < 1000000 ? (unsigned)line : 0,
        .value = json_string_value(json_object_get(request, "value")),
        .unit = hub_request_str(request, "unit"),
    };
    return out->indicator != NULL || out->line != 0 ? ERR_OK : ERR_BAD_INPUT;
}

static json_t *hub_explain_wrong(enum err e)
{
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e,
                                 "Báo cáo không có ô này. Viết: T03, T03@26170, T02:female@26170.",
                                 "The report has no such cell. Write: T03, T03@26170, "
                                 "T02:female@26170.");
    return hub_command_error(
        ERR_BAD_INPUT,
        "Ô viết: CHỈ_TIÊU hoặc SỐ_DÒNG, thêm :GIÁ_TRỊ và @MÃ_ĐƠN_VỊ nếu cần, ví dụ 7:female@26170. "
        "Nếu nhiều dòng cùng có giá trị đó, hãy ghi số dòng.",
        "A cell is written INDICATOR or LINE, with :VALUE and @UNIT where needed, for instance "
        "7:female@26170. Where several lines have that value, give the line's number.");
}

/* Member "merged" of the total of all communes: persons whom several of them count, counted once
 * (hub_report_merged). */
static void hub_explain_merged(const struct hub_side *side, const struct hub_side_cell *cell,
                               json_t *out)
{
    int64_t n = -cell->num;
    const struct catalogue_indicator *in = cell->indicator;
    if (!cell->total || strcmp(cell->unit, side->issue.unit) != 0 || !in->persons ||
        in->measure != CATALOGUE_COUNT)
        return;
    for (size_t i = 0; i < side->count; i++) {
        const struct hub_side_cell *c = &side->cells[i];
        bool of = c->total && c->line == cell->line && strcmp(c->unit, cell->unit) != 0;
        if (of && !c->absent) n += c->num;
    }
    if (n > 0) json_object_set_new(out, "merged", json_integer((json_int_t)n));
}

json_t *hub_command_explain(struct hub_app *a, const json_t *request)
{
    char text[128];
    struct hub_side side;
    struct hub_side_key key;
    const struct hub_side_cell *cell = NULL;
    if (hub_explain_key(request, text, sizeof text, &key) != ERR_OK)
        return hub_explain_wrong(ERR_BAD_INPUT);
    json_t *j = hub_side_request(a, request, "issue", &side);
    if (j != NULL) return j;
    enum err e = hub_side_find(&side, &key, &cell);
    if (e == ERR_OK) {
        j = json_pack("{s:o, s:o, s:o}", "of", hub_side_json(&side), "cell",
                      hub_side_cell_json(&side, cell), "rule", hub_rule_json(&side, cell));
        e = j != NULL ? hub_explain_records(a, &side, cell, request, j) : ERR_NOMEM;
        if (e == ERR_OK) hub_explain_corrections(a, &side, cell, j);
        if (e == ERR_OK) hub_explain_merged(&side, cell, j);
        if (e == ERR_OK) hub_reads_note_rows(a, request, "explain", json_object_get(j, "records"));
    }
    if (e != ERR_OK) {
        json_decref(j);
        j = e == ERR_NOT_FOUND || e == ERR_BAD_INPUT ? hub_explain_wrong(e) : hub_command_fail(e);
    }
    hub_side_free(&side);
    return j;
}

/* ---- a unit's proof ---- */

static json_t *hub_proof_said(enum err e)
{
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Báo cáo này không có cột của đơn vị đó.",
                                 "The report has no column of that unit.");
    if (e == ERR_NOT_READY)
        return hub_command_error(e,
                                 "Báo cáo này chốt từ bản trước, chưa có danh sách để chứng minh.",
                                 "This issue was closed by an older version and kept no list.");
    return hub_command_fail(e);
}

/* Into `file`; NULL: into the answer. */
static json_t *hub_proof(struct hub_app *a, const json_t *request, const char *file)
{
    struct hub_issue issue;
    struct buf out;
    const char *unit = hub_request_str(request, "unit");
    json_t *j = hub_issue_of(a, request, "issue", &issue);
    if (j != NULL) return j;
    buf_init(&out, file != NULL ? PROOF_BYTES_MAX : HUB_COMMAND_FILE_MAX);
    enum err e = hub_inputs_proof(a->store, &issue, unit != NULL ? unit : issue.unit, &out);
    if (e == ERR_OK && file != NULL) e = file_write_atomic(file, buf_bytes(&out), 0644);
    if (e == ERR_OK) {
        j = hub_issue_json(&issue);
        json_object_set_new(j, file != NULL ? "file" : "data",
                            file != NULL ? json_string(file) : hub_json_base64(buf_bytes(&out)));
        json_object_set_new(j, "bytes", json_integer((json_int_t)out.len));
        json_object_set_new(j, "for", json_string(unit != NULL ? unit : issue.unit));
    } else {
        j = hub_proof_said(e);
    }
    buf_free(&out);
    return j;
}

json_t *hub_command_proof(struct hub_app *a, const json_t *request)
{
    const char *file = hub_request_str(request, "file");
    return file != NULL ? hub_proof(a, request, file) : hub_command_fail(ERR_USAGE);
}

json_t *hub_command_proof_data(struct hub_app *a, const json_t *request)
{
    return hub_proof(a, request, NULL);
}
