/* revoke, quarantine: a PC that is stolen or replaced, and what it still sends. docs/keys.md. */
#include "hub/command_priv.h"
#include "hub/store_nodes.h"
#include "hub/store_quarantine.h"

#include "common/io/clock.h"
#include "common/log.h"
#include "common/text.h"

#include <stdlib.h>

/* ---- what was said ---- */

/* A reason and a name as people type them; NULL: fine. */
static json_t *hub_quarantine_words(const json_t *request, bool person)
{
    const char *reason = hub_request_str(request, "reason");
    const char *by = hub_request_str(request, "person");
    if (reason == NULL ||
        text_check(bytes_str(reason), ADMIN_KEY_REASON_BYTES_MAX, TEXT_ONE_LINE) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Cần --reason: lý do, một dòng, tối đa 400 byte.",
                                 "--reason is needed: why, one line, at most 400 bytes.");
    if (person && (by == NULL ||
                   text_check(bytes_str(by), ADMIN_KEY_NAME_BYTES_MAX, TEXT_ONE_LINE) != ERR_OK))
        return hub_command_error(ERR_BAD_INPUT,
                                 "Cần --person: tên người quyết định. Chưa thay đổi gì.",
                                 "--person is needed: who decides. Nothing was changed.");
    return NULL;
}

/* ---- revoke ---- */

json_t *hub_command_revoke(struct hub_app *a, const json_t *request)
{
    struct hub_node_row n;
    struct hub_taken taken;
    struct buf payload;
    json_t *j = hub_command_node(a, request, &n);
    if (j == NULL) j = hub_quarantine_words(request, false);
    if (j != NULL) return j;
    if (n.node.revoked)
        return hub_command_error(ERR_EXISTS,
                                 "Máy này đã bị thu hồi từ trước: không có gì thay đổi.",
                                 "This node was revoked before: nothing changes.");
    struct admin_revoke r = {.node = n.node.node,
                             .reason = bytes_str(hub_request_str(request, "reason"))};
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_revoke_encode(&r, &payload);
    enum err e = hub_app_begin(a);
    if (e == ERR_OK) {
        e = hub_request_append(a, request, &payload, &taken);
        if (e == ERR_OK)
            e = hub_app_commit(a);
        else
            hub_app_abort(a);
    }
    buf_free(&payload);
    if (e != ERR_OK) return hub_command_fail(e);
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("node.revoked"), log_str("unit", n.node.unit));
    return json_pack("{s:o, s:s, s:s, s:s, s:I}", "node", hub_json_hex(BYTES_OF(n.node.node.b)),
                     "unit", n.node.unit, "unit_name", hub_unit_name(a, n.node.unit), "name",
                     n.name, "position", (json_int_t)taken.last_position);
}

/* ---- looking ---- */

static json_t *hub_parcel_json(struct hub_app *a, const struct hub_parcel *p)
{
    static const char *const states[] = {"waits", "released", "discarded"};
    json_t *j = json_pack(
        "{s:I, s:o, s:s, s:s, s:s, s:s, s:I, s:o, s:I, s:I, s:I, s:o, s:s, s:s, s:s, s:s, s:o}",
        "parcel", (json_int_t)p->no, "node", hub_json_hex(BYTES_OF(p->node.b)), "unit", p->unit,
        "unit_name", hub_unit_name(a, p->unit), "name", p->name, "revoked_why", p->revoked_why,
        "revoked_position", (json_int_t)p->revoked_position, "log",
        hub_json_hex(BYTES_OF(p->inc.b)), "first", (json_int_t)p->first, "sets",
        (json_int_t)(p->next - p->first), "bytes", (json_int_t)p->bytes, "at",
        hub_json_time(p->at_ms), "road", p->road == HUB_ROAD_BUNDLE ? "bundle" : "network", "state",
        states[p->state], "by", p->by, "reason", p->reason, "decided",
        hub_json_time(p->decided_ms));
    const char *vi = "", *en = "";
    if (p->state == HUB_PARCEL_WAITS) {
        vi = "Xem nội dung (show), rồi cho nhập (release) hoặc bỏ (discard) kèm lý do.";
        en = "Look at it (show), then release or discard it with a reason.";
    }
    json_object_set_new(j, "next_vi", json_string(vi));
    json_object_set_new(j, "next_en", json_string(en));
    return j;
}

struct hub_parcel_walk {
    struct hub_app *app;
    json_t *rows;
};

static enum err hub_parcel_row(void *ctx, const struct hub_parcel *p)
{
    struct hub_parcel_walk *w = ctx;
    return json_array_append_new(w->rows, hub_parcel_json(w->app, p)) == 0 ? ERR_OK : ERR_NOMEM;
}

static json_t *hub_quarantine_list(struct hub_app *a, const json_t *request)
{
    struct hub_parcel_walk w = {.app = a, .rows = json_array()};
    uint64_t parcels = 0, sets = 0;
    enum err e =
        hub_store_quarantine(a->store, json_object_get(request, "all") != NULL, hub_parcel_row, &w);
    if (e == ERR_OK) e = hub_store_quarantine_count(a->store, &parcels, &sets);
    json_t *j = e == ERR_OK ? json_pack("{s:O, s:I, s:I}", "parcels", w.rows, "waiting",
                                        (json_int_t)parcels, "waiting_sets", (json_int_t)sets)
                            : hub_command_fail(e);
    json_decref(w.rows);
    return j;
}

/* ---- what is in a parcel ---- */

struct hub_parcel_show {
    struct hub_app *app;
    struct change_write *writes; /* CHANGE_WRITES_MAX */
    json_t *sets;
    struct hub_reads reads; /* whose records it shows */
};

static json_t *hub_parcel_values(const struct catalogue_type *t, const struct change_op *op)
{
    json_t *values = json_array();
    for (size_t i = 0; i < op->count; i++) {
        const struct change_write *w = &op->writes[i];
        const struct catalogue_field *f = t != NULL ? catalogue_field_by_no(t, w->field) : NULL;
        json_t *v = json_pack("{s:I, s:s, s:s, s:o}", "field", (json_int_t)w->field, "name",
                              f != NULL ? f->name : "", "label_vi", f != NULL ? f->label_vi : "",
                              "value", hub_json_value(w->value));
        if (w->element.p != NULL) json_object_set_new(v, "element", hub_json_text(w->element));
        json_array_append_new(values, v);
    }
    return values;
}

static json_t *hub_parcel_op(struct hub_parcel_show *s, struct bytes payload)
{
    static const char *const kinds[] = {"create", "edit", "delete"};
    struct change_op op;
    if (payload.p == NULL) return json_pack("{s:s}", "kind", "erased");
    if (change_op_decode(payload, s->writes, &op) != ERR_OK)
        return json_pack("{s:s, s:i}", "kind", "other", "number", change_payload_kind(payload));
    const struct catalogue *c = hub_store_catalogue(s->app->store);
    const struct catalogue_type *t = c != NULL ? catalogue_type_by_no(c, op.type) : NULL;
    hub_reads_add(&s->reads, t, &op.rid);
    return json_pack("{s:s, s:o, s:s, s:s, s:o}", "kind", kinds[op.kind], "record",
                     hub_json_hex(BYTES_OF(op.rid.b)), "type", t != NULL ? t->name : "", "type_vi",
                     t != NULL ? t->label_vi : "", "values", hub_parcel_values(t, &op));
}

static enum err hub_parcel_set_row(void *ctx, const struct change_view *view)
{
    struct hub_parcel_show *s = ctx;
    json_t *ops = json_array();
    for (unsigned i = 0; i < view->head.ops; i++)
        json_array_append_new(ops, hub_parcel_op(s, view->payload[i]));
    json_t *j = json_pack("{s:I, s:o, s:o, s:o}", "seq", (json_int_t)view->head.seq, "clock",
                          hub_json_time((int64_t)(view->head.hlc >> 16)), "person",
                          hub_json_hex(BYTES_OF(view->head.person.b)), "ops", ops);
    return json_array_append_new(s->sets, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static json_t *hub_quarantine_show(struct hub_app *a, const json_t *request, int64_t no)
{
    struct hub_parcel p;
    enum err e = hub_store_parcel(a->store, no, &p);
    struct hub_parcel_show s = {.app = a, .sets = json_array()};
    hub_reads_init(&s.reads);
    s.writes = calloc(CHANGE_WRITES_MAX, sizeof *s.writes);
    if (e == ERR_OK && s.writes == NULL) e = ERR_NOMEM;
    if (e == ERR_OK) e = hub_store_parcel_sets(a->store, no, hub_parcel_set_row, &s);
    hub_reads_note(&s.reads, a, request, "quarantine_show");
    json_t *j = e == ERR_OK ? hub_parcel_json(a, &p) : NULL;
    if (j != NULL) json_object_set(j, "content", s.sets);
    json_decref(s.sets);
    free(s.writes);
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Không có gói để riêng mang số này.",
                                 "There is no parcel of this number.");
    return j != NULL ? j : hub_command_fail(e);
}

/* ---- deciding ---- */

static json_t *hub_quarantine_said(enum err e)
{
    if (e == ERR_CHAIN_BROKEN)
        return hub_command_error(
            e,
            "Chưa nhập: gói trước của cùng máy này chưa được nhập, hoặc nhật ký đó đã kết thúc. "
            "Hãy "
            "nhập các gói theo thứ tự. Gói này vẫn được giữ.",
            "Not let in: an earlier parcel of this node is not, or its log has ended. Release them "
            "in their order. This one is still kept.");
    return hub_command_fail(e);
}

static enum err hub_quarantine_carry_out(struct hub_app *a, const json_t *request,
                                         const struct hub_parcel *p, bool release,
                                         struct hub_taken *taken)
{
    struct admin_quarantine d = {.node = p->node,
                                 .inc = p->inc,
                                 .first = p->first,
                                 .next = p->next,
                                 .hash = p->hash,
                                 .release = release,
                                 .by = bytes_str(hub_request_str(request, "person")),
                                 .reason = bytes_str(hub_request_str(request, "reason"))};
    struct buf payload;
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_quarantine_encode(&d, &payload);
    enum err e = hub_app_begin(a);
    if (e == ERR_OK) {
        e = hub_request_append(a, request, &payload, taken);
        if (e == ERR_OK && release)
            e = hub_store_parcel_take(a->store, p->no, clock_wall_ms(), taken);
        if (e == ERR_OK)
            e = hub_app_commit(a);
        else
            hub_app_abort(a);
    }
    buf_free(&payload);
    return e;
}

static json_t *hub_quarantine_decide_one(struct hub_app *a, const json_t *request, int64_t no,
                                         bool release)
{
    struct hub_parcel p;
    struct hub_taken taken = {.last_position = 0};
    json_t *j = hub_quarantine_words(request, true);
    if (j != NULL) return j;
    enum err e = hub_store_parcel(a->store, no, &p);
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Không có gói để riêng mang số này.",
                                 "There is no parcel of this number.");
    if (e != ERR_OK) return hub_command_fail(e);
    if (p.state == HUB_PARCEL_RELEASED || (p.state == HUB_PARCEL_DISCARDED && !release))
        return hub_command_error(ERR_EXISTS, "Gói này đã được quyết định: không có gì thay đổi.",
                                 "This parcel was decided about before: nothing changes.");
    e = hub_quarantine_carry_out(a, request, &p, release, &taken);
    if (e != ERR_OK) return hub_quarantine_said(e);
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("quarantine.decided"), log_str("unit", p.unit),
              log_str("what", release ? "released" : "discarded"));
    return json_pack("{s:I, s:s, s:I, s:I}", "parcel", (json_int_t)no, "state",
                     release ? "released" : "discarded", "sets", (json_int_t)(p.next - p.first),
                     "position", (json_int_t)taken.last_position);
}

/* A number of a JSON body, or of a query's text. */
static int64_t hub_parcel_no(const json_t *request)
{
    const json_t *v = json_object_get(request, "parcel");
    return json_is_string(v) ? strtoll(json_string_value(v), NULL, 10) : json_integer_value(v);
}

json_t *hub_command_quarantine_show(struct hub_app *a, const json_t *request)
{
    return hub_quarantine_show(a, request, hub_parcel_no(request));
}

json_t *hub_command_quarantine(struct hub_app *a, const json_t *request)
{
    const char *action = hub_request_str(request, "action");
    if (action == NULL || strcmp(action, "list") == 0) return hub_quarantine_list(a, request);
    bool release = strcmp(action, "release") == 0;
    if (release || strcmp(action, "discard") == 0)
        return hub_quarantine_decide_one(a, request, hub_parcel_no(request), release);
    return hub_command_fail(ERR_USAGE);
}

/* ---- status ---- */

void hub_command_status_apart(struct hub_app *a, json_t *status, json_t *warnings)
{
    uint64_t parcels = 0, sets = 0;
    if (hub_store_quarantine_count(a->store, &parcels, &sets) != ERR_OK) return;
    json_object_set_new(status, "quarantine", json_integer((json_int_t)parcels));
    json_object_set_new(status, "quarantine_sets", json_integer((json_int_t)sets));
    if (parcels == 0) return;
    json_array_append_new(
        warnings,
        json_pack("{s:s, s:s, s:s}", "code", "quarantine", "vi",
                  "Có thay đổi của máy đã bị thu hồi đang để riêng, chờ quyết định ở trang "
                  "Máy xã.",
                  "en",
                  "Changes of a revoked PC are kept apart until a person decides, on the "
                  "page Commune PCs."));
}
