/* Transfers, shares, and writes that crossed them. SPEC 13. */
#include "node/command_priv.h"
#include "node/store_moves.h"
#include "common/text.h"
#include "proto/wire.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODE_DAY_MS = 86400000 };

/* ---- small things ---- */

static void node_unit_text(struct bytes b, char out[static MOVE_UNIT_BYTES_MAX + 1])
{
    memset(out, 0, MOVE_UNIT_BYTES_MAX + 1);
    if (b.len > 0 && b.len <= MOVE_UNIT_BYTES_MAX) memcpy(out, b.p, b.len);
}

/* A note of the request, clean, in `out`. */
static enum err node_request_note(const json_t *request, struct buf *out)
{
    const char *note = node_request_str(request, "note");
    if (note == NULL || note[0] == '\0') return ERR_OK;
    enum err e =
        text_normalise(text_trim(bytes_str(note)), MOVE_NOTE_BYTES_MAX, TEXT_ONE_LINE, out);
    return e == ERR_TOO_LARGE ? ERR_BAD_INPUT : e;
}

static json_t *node_move_save(struct node_command *c, const struct id_person *person,
                              const struct buf *payload, json_t *done)
{
    struct bytes p = buf_bytes(payload);
    struct node_own_set set = {.person = *person, .payloads = &p, .count = 1};
    enum err e = payload->e;
    if (e == ERR_OK) e = node_own_append(c->store, c->keys, &set, c->wall_ms(), NULL);
    if (e == ERR_OK && c->saved != NULL) c->saved(c->ctx);
    if (e == ERR_OK) return done;
    json_decref(done);
    return node_command_fail(e);
}

/* Everything a change needs first: nothing held back by an import, and who does it. */
static json_t *node_move_begin(struct node_command *c, const json_t *request,
                               struct id_person *person)
{
    enum err e = node_import_settle(c);
    if (e != ERR_OK) return node_command_fail(e);
    if (node_store_catalogue(c->store, NULL) == NULL) return node_no_catalogue();
    e = node_request_person(c, request, person);
    if (e == ERR_BAD_INPUT)
        return node_command_error(e, "Cần tên người ghi (--person TÊN).",
                                  "The name of who saves is needed (--person NAME).", NULL);
    return e == ERR_OK ? NULL : node_command_fail(e);
}

/* ---- offer and share ---- */

/* The record of the request, if it is this unit's own and, when it `gives` it away, may go. NULL: so it is. */
static json_t *node_own_record(struct node_command *c, const json_t *request, bool gives,
                               struct id_record *rid, struct node_identity *id)
{
    struct node_store_record *r = &c->entry.record;
    if (node_request_id(node_request_str(request, "id"), rid) != ERR_OK) return node_bad_id();
    enum err e = node_store_record_read(c->store, rid, r);
    if (e == ERR_NOT_FOUND)
        return node_command_error(e, "Không có hồ sơ này trên máy.",
                                  "There is no such record here.", NULL);
    if (e == ERR_OK) e = node_store_identity(c->store, id);
    if (e != ERR_OK) return node_command_fail(e);
    const struct catalogue_type *t =
        catalogue_type_by_no(node_store_catalogue(c->store, NULL), r->fold.type);
    if (r->frozen || strcmp(r->unit, id->unit) != 0 || t == NULL || t->scope != CATALOGUE_SCOPE_OWN)
        return node_command_error(ERR_BAD_INPUT,
                                  "Hồ sơ này không thuộc đơn vị của máy này nên không chuyển hay "
                                  "chia sẻ được; chưa ghi gì.",
                                  "This record is not of this PC's unit, so it cannot be "
                                  "transferred or shared from here; nothing was saved.",
                                  NULL);
    return gives ? node_owned_stays(c) : NULL;
}

/* A unit of the catalogue other than the own one. NULL: it is. */
static json_t *node_other_unit(struct node_command *c, const char *code, const char *own)
{
    if (code == NULL || node_unit_name(c, code)[0] == '\0')
        return node_command_error(ERR_BAD_INPUT, "Danh mục không có đơn vị mang mã này.",
                                  "The catalogue has no unit with this code.", NULL);
    if (strcmp(code, own) == 0)
        return node_command_error(ERR_BAD_INPUT, "Đây là chính đơn vị của máy này.",
                                  "This is this PC's own unit.", NULL);
    return NULL;
}

static json_t *node_offer_check(struct node_command *c, const json_t *request, struct move_offer *m,
                                struct buf *note)
{
    struct node_identity id;
    bool offered = false;
    json_t *j = node_own_record(c, request, true, &m->record, &id);
    const char *to = node_request_str(request, "to");
    if (j == NULL) j = node_other_unit(c, to, id.unit);
    if (j != NULL) return j;
    enum err e = node_store_offered(c->store, &m->record, &offered);
    if (e != ERR_OK) return node_command_fail(e);
    if (offered)
        return node_command_error(ERR_EXISTS,
                                  "Hồ sơ này đang có một đề nghị chuyển chưa được trả lời: hãy rút "
                                  "đề nghị đó trước.",
                                  "This record has an open offer: withdraw that one first.", NULL);
    if (node_request_note(request, note) != ERR_OK)
        return node_command_error(ERR_BAD_INPUT, "Lời nhắn quá dài (tối đa 200 byte).",
                                  "The note is too long (200 bytes at most).", NULL);
    randombytes_buf(m->transfer.b, sizeof m->transfer.b);
    m->to = bytes_str(to);
    m->note = buf_bytes(note);
    return NULL;
}

json_t *node_command_transfer_offer(struct node_command *c, const json_t *request)
{
    struct move_offer m;
    struct id_person person;
    struct buf payload, note;
    buf_init(&payload, 1024);
    buf_init(&note, MOVE_NOTE_BYTES_MAX);
    json_t *j = node_move_begin(c, request, &person);
    bool closed = false;
    if (j == NULL) j = node_offer_check(c, request, &m, &note);
    if (j == NULL)
        j = node_seal_for_unit(c, &m.record, &person, node_request_str(request, "to"), true,
                               &closed);
    if (j == NULL) {
        char to[MOVE_UNIT_BYTES_MAX + 1];
        node_unit_text(m.to, to);
        move_offer_encode(&m, &payload);
        j = node_move_save(c, &person, &payload,
                           json_pack("{s:o, s:o, s:s, s:s, s:b}", "transfer",
                                     node_json_hex(BYTES_OF(m.transfer.b)), "id",
                                     node_json_hex(BYTES_OF(m.record.b)), "to", to, "to_name",
                                     node_unit_name(c, to), "saved", 1));
        if (closed) json_object_set_new(j, "sealed_unread", json_true());
    }
    buf_free(&payload);
    buf_free(&note);
    return j;
}

static const char *const node_access_words[] = {"none", "read", "write"};

json_t *node_command_share(struct node_command *c, const json_t *request)
{
    struct move_share m = {.access = MOVE_NOTHING};
    struct id_person person;
    struct node_identity id;
    struct buf payload;
    const char *unit = node_request_str(request, "unit");
    const char *access = node_request_str(request, "access");
    buf_init(&payload, 256);
    json_t *j = node_move_begin(c, request, &person);
    if (j == NULL) j = node_own_record(c, request, false, &m.record, &id);
    if (j == NULL) j = node_other_unit(c, unit, id.unit);
    size_t a = 0;
    while (a < 3 && (access == NULL || strcmp(access, node_access_words[a]) != 0))
        a++;
    if (j == NULL && a == 3)
        j = node_command_error(ERR_USAGE, "Quyền phải là read (xem), write (sửa) hoặc none (thôi).",
                               "Access is read, write or none (to end it).", NULL);
    bool closed = false;
    if (j == NULL && a > 0) j = node_seal_for_unit(c, &m.record, &person, unit, false, &closed);
    if (j == NULL) {
        m.unit = bytes_str(unit);
        m.access = (enum move_access)a;
        move_share_encode(&m, &payload);
        j = node_move_save(c, &person, &payload,
                           json_pack("{s:o, s:s, s:s, s:s, s:b}", "id",
                                     node_json_hex(BYTES_OF(m.record.b)), "unit", unit, "unit_name",
                                     node_unit_name(c, unit), "access", access, "saved", 1));
        if (closed) json_object_set_new(j, "sealed_unread", json_true());
    }
    buf_free(&payload);
    return j;
}

/* ---- telling of a transfer ---- */

static int64_t node_answer_by(const struct move_transfer *t)
{
    if (t->days == 0 || t->offered_ms == 0) return 0;
    return (int64_t)t->offered_ms + (int64_t)t->days * NODE_DAY_MS;
}

/* One word for what a person wants to know. */
static const char *node_transfer_word(struct node_command *c, const struct node_transfer *t)
{
    static const char *const words[] = {"offered", "refused", "accepted", "withdrawn", "void"};
    unsigned verdict = t->verdict & FOLD_VERDICT_MASK;
    if (t->t.state != MOVE_OFFERED) return words[t->t.state];
    if (!t->at_hub) {
        if (!t->said || verdict == FOLD_APPLIED) return "waiting";
        return verdict == FOLD_REPLACED ? "not_taken" : "held";
    }
    if (t->replied && (!t->reply_said || (t->reply_verdict & FOLD_VERDICT_MASK) >= FOLD_HELD_SCOPE))
        return "answered"; /* the own answer is on its way, or held */
    int64_t by = node_answer_by(&t->t);
    return by != 0 && c->wall_ms() > by ? "overdue" : "offered";
}

struct node_transfer_walk {
    struct node_command *c;
    json_t *rows;
};

static json_t *node_json_transfer(struct node_command *c, const struct node_transfer *t)
{
    static const char *const replies[] = {"refuse", "accept", "withdraw"};
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const struct catalogue_type *type = cat != NULL ? catalogue_type_by_no(cat, t->t.type) : NULL;
    struct node_identity id;
    char from[MOVE_UNIT_BYTES_MAX + 1], to[MOVE_UNIT_BYTES_MAX + 1];
    node_unit_text(t->t.from, from);
    node_unit_text(t->t.to, to);
    bool outgoing = node_store_identity(c->store, &id) == ERR_OK && strcmp(from, id.unit) == 0;
    json_t *j = json_pack(
        "{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "transfer",
        node_json_hex(BYTES_OF(t->t.transfer.b)), "id", node_json_hex(BYTES_OF(t->t.record.b)),
        "type", type != NULL ? type->name : "?", "type_label", type != NULL ? type->label_vi : "",
        "direction", outgoing ? "out" : "in", "from", from, "from_name", node_unit_name(c, from),
        "to", to, "to_name", node_unit_name(c, to), "state", node_transfer_word(c, t));
    if (j == NULL) return NULL;
    json_object_set_new(j, "offered", node_json_time((int64_t)t->t.offered_ms));
    json_object_set_new(j, "answer_by", node_json_time(node_answer_by(&t->t)));
    json_object_set_new(j, "note", node_json_text(t->t.note));
    json_object_set_new(j, "answer", node_json_text(t->t.answer));
    json_object_set_new(j, "my_answer", t->replied ? json_string(replies[t->reply]) : json_null());
    return j;
}

static enum err node_transfer_each(void *ctx, const struct node_transfer *t)
{
    struct node_transfer_walk *w = ctx;
    return json_array_append_new(w->rows, node_json_transfer(w->c, t)) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *node_command_transfers(struct node_command *c, const json_t *request)
{
    struct node_transfer_walk w = {.c = c, .rows = json_array()};
    (void)request;
    enum err e = node_store_transfers(c->store, node_transfer_each, &w);
    if (e == ERR_OK) return json_pack("{s:o}", "transfers", w.rows);
    json_decref(w.rows);
    return node_command_fail(e);
}

/* ---- answer ---- */

struct node_answering {
    struct node_command *c;
    enum move_reply reply;
    json_t *refusal; /* NULL: it may be answered so */
};

static enum err node_answer_each(void *ctx, const struct node_transfer *t)
{
    struct node_answering *a = ctx;
    struct node_identity id;
    enum err e = node_store_identity(a->c->store, &id);
    if (e != ERR_OK) return e;
    struct bytes who = a->reply == MOVE_WITHDRAW ? t->t.from : t->t.to;
    if (!bytes_equal(who, bytes_str(id.unit)))
        a->refusal = node_command_error(
            ERR_BAD_INPUT,
            "Chỉ đơn vị nhận mới đồng ý hoặc từ chối, chỉ đơn vị giao mới rút đề nghị; chưa ghi "
            "gì.",
            "Only the receiving unit accepts or refuses, only the giving unit withdraws; nothing "
            "was saved.",
            NULL);
    else if (t->t.state != MOVE_OFFERED || (t->replied && !t->reply_said))
        a->refusal =
            node_command_error(ERR_EXISTS, "Đề nghị này đã được trả lời hoặc đã rút; chưa ghi gì.",
                               "This offer was answered or withdrawn already; nothing was "
                               "saved.",
                               NULL);
    return ERR_OK;
}

static json_t *node_answer_check(struct node_command *c, const json_t *request,
                                 struct move_answer *m, struct buf *note)
{
    static const char *const words[] = {"refuse", "accept", "withdraw"};
    const char *answer = node_request_str(request, "answer");
    struct node_answering a = {.c = c};
    size_t i = 0;
    while (i < 3 && (answer == NULL || strcmp(answer, words[i]) != 0))
        i++;
    if (i == 3)
        return node_command_error(ERR_USAGE, "Trả lời phải là accept, refuse hoặc withdraw.",
                                  "The answer is accept, refuse or withdraw.", NULL);
    m->reply = a.reply = (enum move_reply)i;
    if (node_request_id(node_request_str(request, "transfer"), &m->transfer) != ERR_OK)
        return node_command_error(ERR_BAD_INPUT, "Mã đề nghị phải gồm 32 chữ số thập lục phân.",
                                  "The id of an offer has 32 hexadecimal digits.", NULL);
    enum err e = node_store_transfer(c->store, &m->transfer, node_answer_each, &a);
    if (e == ERR_NOT_FOUND)
        return node_command_error(e,
                                  "Không có đề nghị chuyển này trên máy: hãy đồng bộ rồi xem lại.",
                                  "There is no such offer here: sync, then look again.", NULL);
    if (e != ERR_OK) return node_command_fail(e);
    if (a.refusal != NULL) return a.refusal;
    if (node_request_note(request, note) != ERR_OK)
        return node_command_error(ERR_BAD_INPUT, "Lời nhắn quá dài (tối đa 200 byte).",
                                  "The note is too long (200 bytes at most).", NULL);
    m->note = buf_bytes(note);
    return NULL;
}

json_t *node_command_transfer_answer(struct node_command *c, const json_t *request)
{
    struct move_answer m;
    struct id_person person;
    struct buf payload, note;
    buf_init(&payload, 1024);
    buf_init(&note, MOVE_NOTE_BYTES_MAX);
    json_t *j = node_move_begin(c, request, &person);
    if (j == NULL) j = node_answer_check(c, request, &m, &note);
    if (j == NULL) {
        move_answer_encode(&m, &payload);
        j = node_move_save(c, &person, &payload,
                           json_pack("{s:o, s:s, s:b}", "transfer",
                                     node_json_hex(BYTES_OF(m.transfer.b)), "answer",
                                     node_request_str(request, "answer"), "saved", 1));
    }
    buf_free(&payload);
    buf_free(&note);
    return j;
}

/* ---- writes that crossed a transfer ---- */

static json_t *node_crossed_values(struct node_command *c, struct bytes payload)
{
    struct change_op op;
    json_t *values = json_object();
    if (values == NULL || change_op_decode(payload, c->entry.entry.decoded, &op) != ERR_OK)
        return values; /* erased */
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    const struct catalogue_type *t = cat != NULL ? catalogue_type_by_no(cat, op.type) : NULL;
    for (size_t i = 0; i < op.count; i++) {
        const struct change_write *w = &op.writes[i];
        const struct catalogue_field *f = t != NULL ? catalogue_field_by_no(t, w->field) : NULL;
        json_object_set_new(values,
                            w->field == 0 ? "(existence)"
                            : f != NULL   ? f->name
                                          : "?",
                            node_json_value(w->value));
    }
    return values;
}

static enum err node_crossed_each(void *ctx, const struct node_crossed *x)
{
    static const char *const states[] = {"open", "applied", "aside"};
    struct node_transfer_walk *w = ctx;
    char unit[MOVE_UNIT_BYTES_MAX + 1], ref[2 * ID_VERSION_BYTES + 8];
    char hex[2 * ID_VERSION_BYTES + 1];
    struct node_identity id;
    node_unit_text(x->c.unit, unit);
    id_hex(BYTES_OF(x->c.version.b), hex);
    snprintf(ref, sizeof ref, "%s.%u", hex, x->c.op);
    bool mine = node_store_identity(w->c->store, &id) == ERR_OK && strcmp(unit, id.unit) == 0;
    json_t *j =
        json_pack("{s:s, s:o, s:s, s:s, s:b, s:s, s:o, s:o}", "ref", ref, "id",
                  node_json_hex(BYTES_OF(x->c.record.b)), "unit", unit, "unit_name",
                  node_unit_name(w->c, unit), "mine", (int)mine, "state", states[x->c.state],
                  "decision", x->decided ? json_string(x->apply ? "apply" : "aside") : json_null(),
                  "values", node_crossed_values(w->c, x->c.payload));
    return json_array_append_new(w->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *node_command_crossed(struct node_command *c, const json_t *request)
{
    struct node_transfer_walk w = {.c = c, .rows = json_array()};
    (void)request;
    enum err e = node_store_crossed(c->store, node_crossed_each, &w);
    if (e == ERR_OK) return json_pack("{s:o}", "crossed", w.rows);
    json_decref(w.rows);
    return node_command_fail(e);
}

struct node_settling {
    struct node_command *c;
    struct move_settle m;
    bool found, open, ours;
};

static enum err node_settle_each(void *ctx, const struct node_crossed *x)
{
    struct node_settling *s = ctx;
    struct node_identity id;
    if (!ID_EQUAL(&x->c.version, &s->m.version) || x->c.op != s->m.op) return ERR_OK;
    s->found = true;
    s->open = x->c.state == MOVE_CROSSED_OPEN && !x->decided;
    s->m.record = x->c.record;
    s->ours = node_store_identity(s->c->store, &id) == ERR_OK &&
              !bytes_equal(x->c.unit, bytes_str(id.unit));
    return ERR_OK;
}

/* "VERSION.OP" as `crossed` prints it. */
static bool node_settle_ref(const char *ref, struct move_settle *m)
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

static json_t *node_settle_check(struct node_command *c, const json_t *request,
                                 struct node_settling *s)
{
    if (!node_settle_ref(node_request_str(request, "ref"), &s->m))
        return node_command_error(
            ERR_BAD_INPUT, "Mã thay đổi không đúng: lấy ở `transfer crossed`.",
            "Not the name of a change: take it from `transfer crossed`.", NULL);
    enum err e = node_store_crossed(c->store, node_settle_each, s);
    if (e != ERR_OK) return node_command_fail(e);
    if (!s->found)
        return node_command_error(ERR_NOT_FOUND, "Không có thay đổi này trên máy.",
                                  "There is no such change here.", NULL);
    if (!s->ours)
        return node_command_error(ERR_BAD_INPUT,
                                  "Đơn vị đang giữ hồ sơ mới quyết định thay đổi này; chưa ghi gì.",
                                  "The unit that has the record decides about this change; nothing "
                                  "was saved.",
                                  NULL);
    if (!s->open)
        return node_command_error(ERR_EXISTS, "Thay đổi này đã được quyết định; chưa ghi gì.",
                                  "This change was decided already; nothing was saved.", NULL);
    return NULL;
}

json_t *node_command_settle(struct node_command *c, const json_t *request)
{
    struct node_settling s = {.c = c};
    struct id_person person;
    struct buf payload;
    buf_init(&payload, 256);
    json_t *j = node_move_begin(c, request, &person);
    if (j == NULL) j = node_settle_check(c, request, &s);
    if (j == NULL) {
        s.m.apply = json_is_true(json_object_get(request, "apply"));
        move_settle_encode(&s.m, &payload);
        j = node_move_save(c, &person, &payload,
                           json_pack("{s:s, s:b, s:b}", "ref", node_request_str(request, "ref"),
                                     "apply", (int)s.m.apply, "saved", 1));
    }
    buf_free(&payload);
    return j;
}

/* ---- shares of a record ---- */

static enum err node_share_each(void *ctx, const struct move_shared *h)
{
    struct node_transfer_walk *w = ctx;
    char unit[MOVE_UNIT_BYTES_MAX + 1];
    node_unit_text(h->unit, unit);
    json_t *j = json_pack("{s:s, s:s, s:s}", "unit", unit, "unit_name", node_unit_name(w->c, unit),
                          "access", node_access_words[h->access]);
    return json_array_append_new(w->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *node_command_shares(struct node_command *c, const json_t *request)
{
    struct id_record rid;
    if (node_request_id(node_request_str(request, "id"), &rid) != ERR_OK) return node_bad_id();
    struct node_transfer_walk w = {.c = c, .rows = json_array()};
    enum err e = node_store_shares(c->store, &rid, node_share_each, &w);
    if (e == ERR_OK) return json_pack("{s:o}", "shares", w.rows);
    json_decref(w.rows);
    return node_command_fail(e);
}
