/* Records that the pages' calls of calls_test look at. */
#include "tests/sim/calls.h"

#include "hub/bundle.h"
#include "hub/own.h"
#include "node/bundle.h"
#include "node/own.h"
#include "node/store_records.h"
#include "proto/record.h"

#include <assert.h>
#include <string.h>

enum { FIELDS_MAX = 8, ID_MARK = 0x70 };

struct page_field {
    const char *name, *text;
    enum calls_page ref; /* 0: the text */
};

struct page_record { /* fields in the order of their numbers */
    enum calls_page id;
    const char *type;
    struct page_field fields[FIELDS_MAX];
};

static const struct page_record of_node[] = {
    {PAGE_PERSON,
     "person",
     {{.name = "full_name", .text = "Nguyễn Văn Long"},
      {.name = "sex", .text = "male"},
      {.name = "dob", .text = "2010-05-01"},
      {.name = "national_id", .text = "075210123456"}}},
    {PAGE_CHILD_REPORT,
     "child_report",
     {{.name = "received_on", .text = "2023-03-01"},
      {.name = "child", .ref = PAGE_PERSON},
      {.name = "state", .text = "handling"}}},
    {PAGE_ESTIMATE,
     "budget_estimate",
     {{.name = "year", .text = "2023"},
      {.name = "line_activity", .text = "3000000"},
      {.name = "total", .text = "5000000"}}},
    {PAGE_SETTLEMENT,
     "budget_settlement",
     {{.name = "allocation", .ref = PAGE_ALLOCATION},
      {.name = "spent", .text = "1000000"},
      {.name = "state", .text = "submitted"},
      {.name = "submitted_on", .text = "2023-05-02"}}},
    {PAGE_SHEET,
     "score_sheet",
     {{.name = "year", .text = "2023"},
      {.name = "scheme", .text = "s"},
      {.name = "self_total", .text = "80.5"},
      {.name = "state", .text = "self_scored"}}},
    {PAGE_SCORE_LINE,
     "score_line",
     {{.name = "sheet", .ref = PAGE_SHEET},
      {.name = "self_score", .text = "8"},
      {.name = "code", .text = "1"}}},
    {PAGE_REPORT,
     "report",
     {{.name = "definition", .text = CALLS_PAGE_FORM},
      {.name = "period", .text = CALLS_PAGE_PERIOD},
      {.name = "state", .text = "draft"},
      {.name = "narrative", .text = "Đã giúp đỡ ông Nguyễn Văn Long"}}},
    {PAGE_CORRECTION,
     "correction",
     {{.name = "kind", .text = "district"},
      {.name = "reason", .text = "đếm hai lần"},
      {.name = "on_date", .text = "2023-05-01"},
      {.name = "answer", .text = "agreed"},
      {.name = "answered_on", .text = "2023-05-03"}}},
};
static const struct page_record of_hub[] = {
    {PAGE_ALLOCATION,
     "budget_allocation",
     {{.name = "alloc_unit", .text = CALLS_PAGE_UNIT},
      {.name = "year", .text = "2023"},
      {.name = "model", .text = "no_drugs"},
      {.name = "amount", .text = "5000000"},
      {.name = "estimate", .ref = PAGE_ESTIMATE}}},
    {PAGE_ALLOCATION_LINE,
     "allocation_line",
     {{.name = "allocation", .ref = PAGE_ALLOCATION}, {.name = "amount", .text = "2000000"}}},
    {PAGE_TARGET,
     "target",
     {{.name = "indicator", .text = "D01"},
      {.name = "target_unit", .text = CALLS_PAGE_UNIT},
      {.name = "year", .text = "2023"},
      {.name = "op", .text = "ge"},
      {.name = "value", .text = "3"},
      {.name = "per", .text = "total"}}},
};

struct id_record calls_page_id(enum calls_page which)
{
    struct id_record id;
    memset(id.b, ID_MARK, sizeof id.b);
    id.b[sizeof id.b - 1] = (uint8_t)which;
    return id;
}

static enum err page_payload(const struct catalogue *k, const struct page_record *r,
                             struct buf *values, struct buf *out)
{
    struct change_write writes[FIELDS_MAX];
    size_t starts[FIELDS_MAX + 1] = {0}, n = 0;
    const struct catalogue_type *t = catalogue_type_by_name(k, r->type);
    if (t == NULL) return ERR_NOT_FOUND;
    for (; n < FIELDS_MAX && r->fields[n].name != NULL; n++) {
        const struct catalogue_field *f = catalogue_field_by_name(t, r->fields[n].name);
        char hex[2 * ID_RECORD_BYTES + 1];
        if (r->fields[n].ref != 0) id_hex(BYTES_OF(calls_page_id(r->fields[n].ref).b), hex);
        const char *text = r->fields[n].ref != 0 ? hex : r->fields[n].text;
        enum err e = f != NULL ? record_value_from_text(f, bytes_str(text), values) : ERR_NOT_FOUND;
        if (e != ERR_OK) return e;
        writes[n] = (struct change_write){.field = f->no};
        starts[n + 1] = values->len;
    }
    for (size_t i = 0; i < n; i++)
        writes[i].value = bytes_make(values->p + starts[i], starts[i + 1] - starts[i]);
    change_op_encode(&(struct change_op){.kind = CHANGE_CREATE,
                                         .rid = calls_page_id(r->id),
                                         .type = t->no,
                                         .writes = writes,
                                         .count = n},
                     out);
    return out->e;
}

static enum err page_save(struct calls *c, bool hub, const struct page_record *r)
{
    static const struct id_person who = {{1}};
    struct buf values, payload;
    buf_init(&values, CHANGE_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    enum err e = page_payload(hub_store_catalogue(c->hub), r, &values, &payload);
    struct bytes p = buf_bytes(&payload);
    struct hub_own_set district = {.person = who, .payloads = &p, .count = 1};
    struct node_own_set commune = {.person = who, .payloads = &p, .count = 1};
    struct node_own_saved saved;
    if (r->id == PAGE_PERSON) {
        commune.import = CALLS_PAGE_IMPORT;
        commune.import_last = true;
    }
    if (e == ERR_OK && hub) {
        e = hub_store_begin(c->hub);
        if (e == ERR_OK) e = hub_own_append(c->hub, c->hub_keys, &district, CALLS_NOW, NULL);
        if (e == ERR_OK) e = hub_store_commit(c->hub);
    }
    if (e == ERR_OK && !hub)
        e = node_own_append(c->node, c->node_keys, &commune, CALLS_NOW, &saved);
    if (e == ERR_OK && r->id == PAGE_PERSON)
        c->version = id_version_make(&saved.inc, saved.seq, &saved.hash);
    buf_free(&values);
    buf_free(&payload);
    return e;
}

/* A stick from the node to the hub, and back. */
static enum err pages_carry(struct calls *c)
{
    struct node_bundle n = {
        .store = c->node, .keys = c->node_keys, .sealing = c->node_sealing, .now_ms = CALLS_NOW};
    struct hub_bundle h = {
        .store = c->hub, .keys = c->hub_keys, .sealing = c->hub_sealing, .now_ms = CALLS_NOW};
    struct node_bundle_made made;
    struct node_bundle_read read;
    struct hub_bundle_result r;
    struct buf up, down;
    buf_init(&up, CALLS_BUNDLE_MAX);
    buf_init(&down, CALLS_BUNDLE_MAX);
    enum err e = node_bundle_out(&n, false, CALLS_BUNDLE_MAX, &up, &made);
    if (e == ERR_OK) e = hub_bundle_in(&h, buf_bytes(&up), CALLS_BUNDLE_MAX, &down, &r);
    if (e == ERR_OK) e = node_bundle_in(&n, buf_bytes(&down), &read);
    buf_free(&up);
    buf_free(&down);
    return e;
}

void calls_pages_prepare(struct calls *c)
{
    enum err e = node_store_import_begin(c->node, CALLS_PAGE_IMPORT, bytes_str("danh-sach.csv"),
                                         "2023-04-01", CALLS_NOW);
    for (size_t i = 0; e == ERR_OK && i < sizeof of_hub / sizeof of_hub[0]; i++)
        e = page_save(c, true, &of_hub[i]);
    for (size_t i = 0; e == ERR_OK && i < sizeof of_node / sizeof of_node[0]; i++)
        e = page_save(c, false, &of_node[i]);
    if (e == ERR_OK) e = pages_carry(c);
    if (e == ERR_OK) e = hub_store_project(c->hub);
    assert(e == ERR_OK);
    (void)e;
}

enum err calls_page_watch(void *ctx, const struct watch_row *r)
{
    calls_tell_str(ctx, r->clock != NULL ? r->clock->id : r->check != NULL ? r->check->id : "");
    calls_tell_str(ctx, r->failed != NULL ? r->failed : "");
    calls_tell(ctx, r->record.b, sizeof r->record.b);
    return ERR_OK;
}

enum err calls_page_json(struct calls *c, enum err e, json_t *j)
{
    if (e == ERR_OK) {
        calls_tell_json(c, j);
        json_decref(j);
    }
    return e;
}
