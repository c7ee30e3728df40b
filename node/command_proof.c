/* verify_proof: is what this commune sent inside an issued report? SPEC 16, docs/explain.md. */
#include "common/io/file.h"
#include "node/card.h"
#include "node/command_priv.h"
#include "node/store_proof.h"
#include "proto/proof.h"

#include <string.h>

enum { NODE_PROOF_NAMED_MAX = 50 }; /* records that are named one by one; all are counted */

static json_t *node_proof_said(enum err e)
{
    static const struct {
        enum err e;
        const char *vi;
        const char *en;
    } said[] = {
        {ERR_BAD_FORMAT, "Tệp này không phải bằng chứng nguyên vẹn.", "This is no intact proof."},
        {ERR_WRONG_HUB, "Bằng chứng này của trung tâm khác.", "This proof is another hub's."},
        {ERR_BAD_SIGNATURE, "Chữ ký KHÔNG phải của trung tâm: bằng chứng đã bị sửa hoặc giả.",
         "It is NOT signed by the hub: the proof was changed or forged."},
        {ERR_BAD_HASH,
         "Bằng chứng KHÔNG khớp với lần chốt mà trung tâm đã ký: số liệu hoặc danh sách đã bị sửa.",
         "It does NOT fit the closing that the hub signed: figures or list were changed."},
        {ERR_NOT_FOUND, "Không đọc được tệp này.", "This file cannot be read."},
        {ERR_NOT_READY, "Máy này chưa ghi danh với trung tâm nào.",
         "This PC has not joined a hub yet."},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (said[i].e == e) return node_command_error(e, said[i].vi, said[i].en, NULL);
    }
    return node_command_fail(e);
}

struct node_proof_sum {
    json_int_t records, own, shared, other, newer;
    json_t *named; /* records with something to ask about */
};

static void node_proof_name(struct node_proof_sum *sum, const struct id_record *rid,
                            const char *why)
{
    if (json_array_size(sum->named) >= NODE_PROOF_NAMED_MAX) return;
    json_array_append_new(
        sum->named, json_pack("{s:o, s:s}", "id", node_json_hex(BYTES_OF(rid->b)), "why", why));
}

static enum err node_proof_records(struct node_command *c, struct proof_section *section,
                                   const struct admin_close *close, struct node_proof_sum *sum)
{
    enum err e = ERR_OK;
    uint32_t count = section->records;
    for (uint32_t i = 0; e == ERR_OK && i < count; i++) {
        struct id_record rid;
        struct bytes sets;
        unsigned set_count = 0;
        struct node_store_proof v;
        proof_section_next_record(section, &rid, &sets, &set_count);
        e = node_store_proof_record(c->store, &rid, sets, close->cut_epoch, close->cut_position,
                                    &v);
        if (e != ERR_OK) break;
        sum->records++;
        sum->own += v.own > 0 && v.own == set_count;
        sum->shared += v.own > 0 && v.own < set_count;
        sum->other += v.own == 0;
        sum->newer += v.newer;
        if (v.newer) node_proof_name(sum, &rid, "newer");
    }
    return e;
}

static json_t *node_proof_cells(struct proof_section *section)
{
    json_t *cells = json_array();
    uint32_t count = section->cells;
    for (uint32_t i = 0; i < count; i++) {
        struct proof_cell cell;
        proof_section_next_cell(section, &cell);
        json_array_append_new(cells, json_pack("{s:I, s:b, s:o, s:I}", "line",
                                               (json_int_t)cell.line, "total", (int)cell.total,
                                               "value", node_json_text(cell.value), "records",
                                               (json_int_t)cell.count));
    }
    return cells;
}

/* The unit's figures in the issued JSON, as they stand there. */
static json_t *node_proof_figures(struct bytes json, struct bytes unit)
{
    json_t *out = json_array();
    json_t *all = json_loadb((const char *)json.p, json.len, 0, NULL);
    const json_t *lines = json_object_get(all, "lines");
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *line = json_array_get(lines, i);
        const json_t *row = json_array_get(json_object_get(line, "rows"), 0);
        const json_t *cells = json_object_get(row, "cells");
        for (size_t k = 0; k < json_array_size(cells); k++) {
            const json_t *cell = json_array_get(cells, k);
            const char *code = json_string_value(json_object_get(cell, "unit"));
            if (code == NULL || !bytes_equal(bytes_str(code), unit)) continue;
            json_array_append_new(out, json_pack("{s:O, s:O, s:O, s:O, s:O}", "line",
                                                 json_object_get(line, "no"), "indicator",
                                                 json_object_get(line, "indicator"), "label_vi",
                                                 json_object_get(line, "label_vi"), "state",
                                                 json_object_get(cell, "state"), "value",
                                                 json_object_get(cell, "value")));
        }
    }
    json_decref(all);
    return out;
}

static json_t *node_proof_answer(struct node_command *c, const struct proof *p,
                                 const struct proof_checked *checked)
{
    struct proof_section section;
    struct node_proof_sum sum = {.named = json_array()};
    const struct admin_close *close = &checked->close;
    enum err e = proof_section_open(p->section, &section);
    if (e == ERR_OK) e = node_proof_records(c, &section, close, &sum);
    if (e != ERR_OK) {
        json_decref(sum.named);
        return node_command_fail(e);
    }
    return json_pack("{s:b, s:o, s:o, s:o, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}",
                     "ok", (int)(sum.newer == 0), "report", node_json_text(close->report), "period",
                     node_json_text(close->period), "report_unit", node_json_text(close->unit),
                     "issue", (json_int_t)close->issue, "unit", node_json_text(checked->unit),
                     "closed", node_json_time((int64_t)(checked->hlc >> 16)), "records",
                     sum.records, "own", sum.own, "shared", sum.shared, "other", sum.other, "newer",
                     sum.newer, "ask", sum.named, "cells", node_proof_cells(&section), "figures",
                     node_proof_figures(p->figures, checked->unit));
}

/* A file may come with the hub's card of before. What a key that was stolen since has signed is good where
 * this node got it in the hub's own log, at its time. */
static enum err node_proof_trust(struct node_command *c, const struct node_identity *id,
                                 struct proof *p)
{
    struct admin_card pinned, said;
    node_card_of(id, &pinned);
    enum err e = node_store_hub_set_at(c->store, p->head, &p->position);
    if (e == ERR_OK) e = admin_card_open(p->card, &id->hub, &said);
    for (size_t i = 0; e == ERR_OK && i < pinned.past_count; i++) {
        const struct admin_past *past = &pinned.past[i];
        bool known = p->position != 0 && p->position <= past->last;
        if (past->stolen && !known && memcmp(past->log_pk, said.log_pk, 32) == 0)
            e = ERR_BAD_SIGNATURE;
    }
    return e;
}

json_t *node_command_verify_proof(struct node_command *c, const json_t *request)
{
    struct node_identity id;
    struct proof p;
    struct proof_checked checked;
    struct buf file;
    const char *path = node_request_str(request, "path");
    if (path == NULL) return node_command_fail(ERR_USAGE);
    buf_init(&file, PROOF_BYTES_MAX);
    enum err e = node_store_identity(c->store, &id);
    if (e == ERR_NOT_FOUND) e = ERR_NOT_READY;
    if (e == ERR_OK) e = file_read(path, PROOF_BYTES_MAX, &file);
    if (e == ERR_OK) e = proof_read(buf_bytes(&file), &p);
    if (e == ERR_OK) e = node_proof_trust(c, &id, &p);
    if (e == ERR_OK) e = proof_check(&p, &id.hub, &checked);
    json_t *j = e == ERR_OK ? node_proof_answer(c, &p, &checked) : node_proof_said(e);
    buf_free(&file);
    return j;
}
