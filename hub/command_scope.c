/* Transfers, shares, and writes that crossed them, as the hub's admin sees and decides them. SPEC 13. */
#include "hub/command_priv.h"

#include "common/io/clock.h"
#include "common/text.h"
#include "hub/store_moves.h"
#include "hub/store_repair.h"
#include "proto/workflow.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum { HUB_DAY_MS = 86400000 };

/* ---- small things ---- */

/* One op of the hub's own log. */
static json_t *hub_scope_append(struct hub_app *a, const json_t *request, const struct buf *payload,
                                json_t *done)
{
    enum err e = hub_request_save(a, request, payload, NULL);
    if (e == ERR_OK) return done;
    json_decref(done);
    return hub_command_fail(e);
}

/* After the hub went back, moving records waits until that was confirmed (SPEC 15.5). */
json_t *hub_scope_may(struct hub_app *a)
{
    enum err e = hub_store_settled(a->store);
    if (e == ERR_OK) return NULL;
    if (e != ERR_DENIED) return hub_command_fail(e);
    return hub_command_error(ERR_REFUSED,
                             "Trung tâm vừa được khôi phục từ bản cũ: hãy xác nhận việc khôi phục "
                             "trước khi chuyển hồ sơ. Chưa ghi gì.",
                             "The hub went back in time: confirm that first, then move records. "
                             "Nothing was saved.");
}

static enum err hub_scope_note(const json_t *request, struct buf *out)
{
    const char *note = hub_request_str(request, "note");
    if (note == NULL) return ERR_OK;
    enum err e =
        text_normalise(text_trim(bytes_str(note)), MOVE_NOTE_BYTES_MAX, TEXT_ONE_LINE, out);
    return e == ERR_TOO_LARGE ? ERR_BAD_INPUT : e;
}

static json_t *hub_bad_note(void)
{
    return hub_command_error(ERR_BAD_INPUT, "Lời nhắn quá dài (tối đa 200 byte).",
                             "The note is too long (200 bytes at most).");
}

/* The owner of a commune's record that may be shared, or given away: `gives`. NULL: it is there. */
static json_t *hub_scope_record(struct hub_app *a, const json_t *request, bool gives,
                                struct id_record *rid, char unit[static ADMIN_UNIT_BYTES_MAX + 1])
{
    unsigned type = 0;
    if (hub_request_id(request, "id", rid) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Mã hồ sơ phải gồm 32 chữ số thập lục phân.",
                                 "A record id has 32 hexadecimal digits.");
    enum err e = hub_store_record(a->store, rid, NULL, &type, unit, NULL);
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Không có hồ sơ này.", "There is no such record.");
    if (e != ERR_OK) return hub_command_fail(e);
    const struct catalogue *c = hub_store_catalogue(a->store);
    const struct catalogue_type *t = c != NULL ? catalogue_type_by_no(c, type) : NULL;
    bool own = t != NULL && t->scope == CATALOGUE_SCOPE_OWN && strcmp(unit, a->identity.unit) != 0;
    if (own && gives && workflow_owns(t->name)) /* of the unit that owes it; a merger assigns it */
        return hub_command_error(
            ERR_DENIED,
            "Báo cáo và đính chính là của xã phải nộp, không chuyển cho đơn vị "
            "khác được; chưa ghi gì.",
            "Reports and corrections are of the unit that owes them and are "
            "not transferred; nothing was saved.");
    if (own) return NULL;
    return hub_command_error(ERR_BAD_INPUT,
                             "Chỉ hồ sơ của các đơn vị mới chuyển hay chia sẻ được; chưa ghi gì.",
                             "Only records of units are transferred or shared; nothing was saved.");
}

static json_t *hub_scope_unit(struct hub_app *a, const char *code, const char *owner)
{
    if (code == NULL || hub_unit_name(a, code)[0] == '\0')
        return hub_command_error(ERR_BAD_INPUT, "Danh mục không có đơn vị mang mã này.",
                                 "The catalogue has no unit with this code.");
    if (strcmp(code, owner) == 0 || strcmp(code, a->identity.unit) == 0)
        return hub_command_error(ERR_BAD_INPUT,
                                 "Hồ sơ đã thuộc đơn vị này, hoặc đây là đơn vị giữ trung tâm.",
                                 "The record is this unit's already, or the unit is the hub's.");
    return NULL;
}

/* ---- transfers ---- */

static const char *hub_transfer_word(const struct hub_transfer *t)
{
    static const char *const words[] = {"offered", "refused", "accepted", "withdrawn", "void"};
    int64_t by = t->offered_ms + (int64_t)t->days * HUB_DAY_MS;
    if (t->state == MOVE_OFFERED && t->days > 0 && clock_wall_ms() > by) return "overdue";
    return words[t->state];
}

struct hub_scope_walk {
    struct hub_app *app;
    json_t *rows;
    bool overdue; /* only these */
};

static enum err hub_transfer_each(void *ctx, const struct hub_transfer *t)
{
    struct hub_scope_walk *w = ctx;
    const char *word = hub_transfer_word(t);
    if (w->overdue && strcmp(word, "overdue") != 0) return ERR_OK;
    const struct catalogue *c = hub_store_catalogue(w->app->store);
    const struct catalogue_type *type = c != NULL ? catalogue_type_by_no(c, t->type) : NULL;
    int64_t by = t->days > 0 ? t->offered_ms + (int64_t)t->days * HUB_DAY_MS : 0;
    json_t *j = json_pack(
        "{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "transfer",
        hub_json_hex(BYTES_OF(t->transfer.b)), "id", hub_json_hex(BYTES_OF(t->record.b)), "type",
        type != NULL ? type->name : "?", "type_label", type != NULL ? type->label_vi : "", "from",
        t->from, "from_name", hub_unit_name(w->app, t->from), "to", t->to, "to_name",
        hub_unit_name(w->app, t->to), "state", word, "offered", hub_json_time(t->offered_ms),
        "answer_by", hub_json_time(by), "answered", hub_json_time(t->answered_ms), "note",
        hub_json_text(t->note), "answer", hub_json_text(t->answer));
    return json_array_append_new(w->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_transfers(struct hub_app *a, const json_t *request)
{
    struct hub_scope_walk w = {.app = a, .rows = json_array()};
    w.overdue = json_is_true(json_object_get(request, "overdue"));
    bool open = w.overdue || json_is_true(json_object_get(request, "open"));
    enum err e = hub_store_transfers(a->store, open, hub_transfer_each, &w);
    if (e == ERR_OK) return json_pack("{s:o}", "transfers", w.rows);
    json_decref(w.rows);
    return hub_command_fail(e);
}

static enum err hub_transfer_open(void *ctx, const struct hub_transfer *t)
{
    struct id_record *rid = ctx;
    return ID_EQUAL(&t->record, rid) ? ERR_EXISTS : ERR_OK;
}

json_t *hub_command_transfer_offer(struct hub_app *a, const json_t *request)
{
    char owner[ADMIN_UNIT_BYTES_MAX + 1] = "";
    struct move_offer m;
    struct buf payload, note;
    const char *to = hub_request_str(request, "to");
    buf_init(&payload, 1024);
    buf_init(&note, MOVE_NOTE_BYTES_MAX);
    json_t *j = hub_scope_may(a);
    if (j == NULL) j = hub_scope_record(a, request, true, &m.record, owner);
    if (j == NULL) j = hub_scope_unit(a, to, owner);
    if (j == NULL && hub_scope_note(request, &note) != ERR_OK) j = hub_bad_note();
    enum err e =
        j == NULL ? hub_store_transfers(a->store, true, hub_transfer_open, &m.record) : ERR_OK;
    if (j == NULL && e == ERR_EXISTS)
        j = hub_command_error(e, "Hồ sơ này đang có một đề nghị chuyển chưa được trả lời.",
                              "This record has an offer without an answer.");
    if (j == NULL && e != ERR_OK) j = hub_command_fail(e);
    if (j == NULL) {
        randombytes_buf(m.transfer.b, sizeof m.transfer.b);
        m.to = bytes_str(to);
        m.note = buf_bytes(&note);
        move_offer_encode(&m, &payload);
        j = hub_scope_append(a, request, &payload,
                             json_pack("{s:o, s:o, s:s, s:b}", "transfer",
                                       hub_json_hex(BYTES_OF(m.transfer.b)), "id",
                                       hub_json_hex(BYTES_OF(m.record.b)), "to", to, "saved", 1));
    }
    buf_free(&payload);
    buf_free(&note);
    return j;
}

static enum err hub_transfer_state(void *ctx, const struct hub_transfer *t)
{
    *(enum move_state *)ctx = t->state;
    return ERR_OK;
}

/* In the name of the unit that does not answer: the admin's decision stands in the hub's log. */
json_t *hub_command_transfer_answer(struct hub_app *a, const json_t *request)
{
    static const char *const words[] = {"refuse", "accept", "withdraw"};
    const char *answer = hub_request_str(request, "answer");
    enum move_state state = MOVE_OFFERED;
    struct move_answer m;
    struct buf payload, note;
    size_t i = 0;
    while (i < 3 && (answer == NULL || strcmp(answer, words[i]) != 0))
        i++;
    if (i == 3 || hub_request_id(request, "transfer", &m.transfer) != ERR_OK)
        return hub_command_error(
            ERR_USAGE, "Cần mã đề nghị (32 chữ số) và trả lời accept, refuse hoặc withdraw.",
            "The offer's id (32 digits) and accept, refuse or withdraw are needed.");
    buf_init(&payload, 1024);
    buf_init(&note, MOVE_NOTE_BYTES_MAX);
    json_t *j = hub_scope_may(a);
    enum err e =
        j == NULL ? hub_store_transfer(a->store, &m.transfer, hub_transfer_state, &state) : ERR_OK;
    if (e == ERR_NOT_FOUND) j = hub_command_error(e, "Không có đề nghị này.", "No such offer.");
    if (j == NULL && e != ERR_OK) j = hub_command_fail(e);
    if (j == NULL && state != MOVE_OFFERED)
        j = hub_command_error(ERR_EXISTS, "Đề nghị này đã được trả lời hoặc đã rút; chưa ghi gì.",
                              "This offer was answered or withdrawn already; nothing was saved.");
    if (j == NULL && hub_scope_note(request, &note) != ERR_OK) j = hub_bad_note();
    if (j == NULL) {
        m.reply = (enum move_reply)i;
        m.note = buf_bytes(&note);
        move_answer_encode(&m, &payload);
        j = hub_scope_append(a, request, &payload,
                             json_pack("{s:o, s:s, s:b}", "transfer",
                                       hub_json_hex(BYTES_OF(m.transfer.b)), "answer", answer,
                                       "saved", 1));
    }
    buf_free(&payload);
    buf_free(&note);
    return j;
}

/* ---- shares ---- */

static const char *const hub_access_words[] = {"none", "read", "write"};

json_t *hub_command_share(struct hub_app *a, const json_t *request)
{
    char owner[ADMIN_UNIT_BYTES_MAX + 1] = "";
    const char *unit = hub_request_str(request, "unit");
    const char *access = hub_request_str(request, "access");
    struct move_share m;
    struct buf payload;
    size_t i = 0;
    while (i < 3 && (access == NULL || strcmp(access, hub_access_words[i]) != 0))
        i++;
    if (i == 3)
        return hub_command_error(ERR_USAGE,
                                 "Quyền phải là read (xem), write (sửa) hoặc none (thôi).",
                                 "Access is read, write or none (to end it).");
    buf_init(&payload, 256);
    json_t *j = hub_scope_may(a);
    if (j == NULL) j = hub_scope_record(a, request, false, &m.record, owner);
    if (j == NULL) j = hub_scope_unit(a, unit, owner);
    if (j == NULL) {
        m.unit = bytes_str(unit);
        m.access = (enum move_access)i;
        move_share_encode(&m, &payload);
        j = hub_scope_append(a, request, &payload,
                             json_pack("{s:o, s:s, s:s, s:b}", "id",
                                       hub_json_hex(BYTES_OF(m.record.b)), "unit", unit, "access",
                                       access, "saved", 1));
    }
    buf_free(&payload);
    return j;
}

/* ---- who has had a record ---- */

static enum err hub_scope_each(void *ctx, const struct hub_scope_row *r)
{
    struct hub_scope_walk *w = ctx;
    json_t *j = json_pack("{s:s, s:s, s:I, s:o, s:s, s:s}", "unit", r->unit, "unit_name",
                          hub_unit_name(w->app, r->unit), "entered", (json_int_t)r->entered, "left",
                          r->left > 0 ? json_integer((json_int_t)r->left) : json_null(), "as",
                          r->access == MOVE_NOTHING ? "owner" : hub_access_words[r->access],
                          "since", r->since);
    return json_array_append_new(w->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_scope(struct hub_app *a, const json_t *request)
{
    struct id_record rid;
    if (hub_request_id(request, "id", &rid) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Mã hồ sơ phải gồm 32 chữ số thập lục phân.",
                                 "A record id has 32 hexadecimal digits.");
    struct hub_scope_walk w = {.app = a, .rows = json_array()};
    enum err e = hub_store_scopes(a->store, &rid, hub_scope_each, &w);
    if (e == ERR_OK)
        return json_pack("{s:o, s:o}", "id", hub_json_hex(BYTES_OF(rid.b)), "units", w.rows);
    json_decref(w.rows);
    return hub_command_fail(e);
}

/* ---- writes that crossed ---- */

struct hub_crossed_walk {
    struct hub_app *app;
    json_t *rows;
    struct change_write *writes;
    const char *ref; /* only this one; NULL: all */
    bool brief;      /* without what was written: a list that is looked over is no reading */
};

static json_t *hub_crossed_values(const struct hub_crossed_walk *w, struct bytes payload)
{
    struct change_op op;
    json_t *values = json_object();
    if (payload.p == NULL || change_op_decode(payload, w->writes, &op) != ERR_OK) return values;
    const struct catalogue *c = hub_store_catalogue(w->app->store);
    const struct catalogue_type *t = c != NULL ? catalogue_type_by_no(c, op.type) : NULL;
    for (size_t i = 0; i < op.count; i++) {
        const struct catalogue_field *f =
            t != NULL ? catalogue_field_by_no(t, op.writes[i].field) : NULL;
        json_object_set_new(values, f != NULL ? f->name : "(existence)",
                            hub_json_value(op.writes[i].value));
    }
    return values;
}

static enum err hub_crossed_each(void *ctx, const struct hub_crossing *x)
{
    static const char *const states[] = {"open", "applied", "aside"};
    struct hub_crossed_walk *w = ctx;
    char hex[2 * ID_VERSION_BYTES + 1], ref[sizeof hex + 8];
    id_hex(BYTES_OF(x->version.b), hex);
    snprintf(ref, sizeof ref, "%s.%u", hex, x->op);
    if (w->ref != NULL && strcmp(w->ref, ref) != 0) return ERR_OK;
    const struct catalogue_type *t = hub_record_type(w->app, &x->record);
    json_t *j =
        json_pack("{s:s, s:o, s:s, s:s, s:s, s:s, s:s, s:s}", "ref", ref, "id",
                  hub_json_hex(BYTES_OF(x->record.b)), "type", t != NULL ? t->name : "", "unit",
                  x->unit, "unit_name", hub_unit_name(w->app, x->unit), "owner", x->owner,
                  "owner_name", hub_unit_name(w->app, x->owner), "state", states[x->state]);
    if (j != NULL && !w->brief) json_object_set_new(j, "values", hub_crossed_values(w, x->payload));
    if (j != NULL) json_object_set_new(j, "why", json_string(x->step ? "step" : "scope"));
    return json_array_append_new(w->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_crossed(struct hub_app *a, const json_t *request)
{
    struct hub_crossed_walk w = {.app = a,
                                 .rows = json_array(),
                                 .ref = hub_request_str(request, "ref"),
                                 .brief = json_is_true(json_object_get(request, "brief"))};
    w.writes = calloc(CHANGE_WRITES_MAX, sizeof *w.writes);
    bool open = json_is_true(json_object_get(request, "open"));
    enum err e =
        w.writes != NULL ? hub_store_crossings(a->store, open, hub_crossed_each, &w) : ERR_NOMEM;
    free(w.writes);
    if (e == ERR_OK && !w.brief) hub_reads_note_rows(a, request, "crossed", w.rows);
    if (e == ERR_OK) return json_pack("{s:o}", "crossed", w.rows);
    json_decref(w.rows);
    return hub_command_fail(e);
}

struct hub_settling {
    struct move_settle m;
    bool found, open;
};

static enum err hub_settle_each(void *ctx, const struct hub_crossing *x)
{
    struct hub_settling *s = ctx;
    if (!ID_EQUAL(&x->version, &s->m.version) || x->op != s->m.op) return ERR_OK;
    s->found = true;
    s->open = x->state == MOVE_CROSSED_OPEN;
    s->m.record = x->record;
    return ERR_OK;
}

static bool hub_settle_ref(const char *ref, struct move_settle *m)
{
    char hex[2 * ID_VERSION_BYTES + 1], *end = NULL;
    if (ref == NULL || strlen(ref) < sizeof hex + 1 || ref[sizeof hex - 1] != '.') return false;
    memcpy(hex, ref, sizeof hex - 1);
    hex[sizeof hex - 1] = '\0';
    unsigned long op = strtoul(ref + sizeof hex, &end, 10);
    m->op = (unsigned)op;
    return *end == '\0' && op < CHANGE_OPS_MAX &&
           id_unhex(hex, m->version.b, sizeof m->version.b) == ERR_OK;
}

json_t *hub_command_settle(struct hub_app *a, const json_t *request)
{
    struct hub_settling s = {.found = false};
    struct buf payload;
    const char *ref = hub_request_str(request, "ref");
    if (!hub_settle_ref(ref, &s.m))
        return hub_command_error(ERR_BAD_INPUT, "Mã thay đổi không đúng: lấy ở `transfer crossed`.",
                                 "Not the name of a change: take it from `transfer crossed`.");
    enum err e = hub_store_crossings(a->store, false, hub_settle_each, &s);
    if (e != ERR_OK) return hub_command_fail(e);
    if (!s.found)
        return hub_command_error(ERR_NOT_FOUND, "Không có thay đổi này.", "No such change.");
    if (!s.open)
        return hub_command_error(ERR_EXISTS, "Thay đổi này đã được quyết định; chưa ghi gì.",
                                 "This change was decided already; nothing was saved.");
    s.m.apply = json_is_true(json_object_get(request, "apply"));
    buf_init(&payload, 256);
    move_settle_encode(&s.m, &payload);
    json_t *j = hub_scope_append(
        a, request, &payload,
        json_pack("{s:s, s:b, s:b}", "ref", ref, "apply", (int)s.m.apply, "saved", 1));
    buf_free(&payload);
    return j;
}
