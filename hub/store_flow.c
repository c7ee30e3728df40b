#include "hub/store_flow.h"
#include "hub/store_order.h"
#include "hub/store_priv.h"
#include "hub/store_records.h"
#include "proto/submission.h"

#include <stdlib.h>

/* ---- taking ---- */

static enum err flow_put(struct hub_store *s, const struct workflow_key *key, struct bytes payload,
                         int kind, uint64_t at, int64_t received_ms)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_flow(pos, kind, unit, report, period, "
                                       "at_ms, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    db_bind_int(q, 1, (int64_t)at);
    db_bind_int(q, 2, kind);
    db_bind_text(q, 3, key->unit);
    db_bind_text(q, 4, key->report);
    db_bind_text(q, 5, key->period);
    db_bind_int(q, 6, received_ms);
    db_bind_blob(q, 7, payload);
    return db_run(q);
}

/* Two officers ordered this very reopening, and their order stands in the log before it. */
static enum err flow_ordered(struct hub_store *s, const struct workflow_reopen *v)
{
    struct hub_order_row row;
    struct order o;
    struct workflow_key key;
    uint32_t issue = 0;
    struct buf memory;
    buf_init(&memory, ORDER_BYTES_MAX);
    enum err e = hub_store_order(s, &v->order, &row, &memory);
    if (e == ERR_OK) e = row.position != 0 ? order_decode(row.order, &o) : ERR_DENIED;
    if (e == ERR_OK && !bytes_equal(o.kind, bytes_str("reopen"))) e = ERR_DENIED;
    if (e == ERR_OK) e = workflow_order_decode(o.content, &key, &issue);
    bool same = e == ERR_OK && issue == v->issue && bytes_equal(key.unit, v->key.unit) &&
                bytes_equal(key.report, v->key.report) && bytes_equal(key.period, v->key.period);
    buf_free(&memory);
    return e == ERR_OK && !same ? ERR_DENIED : e;
}

static enum err flow_reopen_take(struct hub_store *s, const struct workflow_reopen *v, uint64_t at)
{
    enum err e = flow_ordered(s, v);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_reopened(report, unit, period, issue, pos) "
                                       "VALUES (?1, ?2, ?3, ?4, ?5)");
    db_bind_text(q, 1, v->key.report);
    db_bind_text(q, 2, v->key.unit);
    db_bind_text(q, 3, v->key.period);
    db_bind_int(q, 4, v->issue);
    db_bind_int(q, 5, (int64_t)at);
    e = db_run(q);
    return e == ERR_OK ? hub_closed_load(s) : e;
}

enum err hub_flow_admin(struct hub_store *s, struct bytes payload, int kind, uint64_t at,
                        int64_t received_ms)
{
    struct workflow_judge judge;
    struct workflow_ask ask;
    struct workflow_correct correct;
    struct workflow_reopen reopen;
    struct workflow_key key;
    enum err e = ERR_BAD_FORMAT;
    if (kind == CHANGE_JUDGE) e = workflow_judge_decode(payload, &judge);
    if (kind == CHANGE_ASK) e = workflow_ask_decode(payload, &ask);
    if (kind == CHANGE_CORRECT) e = workflow_correct_decode(payload, &correct);
    if (kind == CHANGE_REOPEN) e = workflow_reopen_decode(payload, &reopen);
    if (e == ERR_OK) e = workflow_key_decode(payload, &key);
    if (e == ERR_OK) e = flow_put(s, &key, payload, kind, at, received_ms);
    if (e == ERR_OK && kind == CHANGE_REOPEN) e = flow_reopen_take(s, &reopen, at);
    return e;
}

enum err hub_flow_scope(struct hub_store *s, struct bytes payload, int64_t *scope)
{
    struct workflow_key key;
    char unit[ADMIN_UNIT_BYTES_MAX + 1] = "";
    *scope = HUB_SCOPE_ALL;
    if (workflow_key_decode(payload, &key) != ERR_OK || key.unit.len == 0) return ERR_OK;
    memcpy(unit, key.unit.p, key.unit.len);
    if (strcmp(unit, s->identity.unit) == 0) return ERR_OK; /* a reopening concerns all of them */
    return hub_unit_number(s, unit, scope);
}

/* ---- reading ---- */

static enum err flow_text(const struct db_stmt *q, int i, char *out, size_t room)
{
    struct bytes b = db_column_bytes(q, i);
    if (b.len >= room) b.len = room - 1; /* a text that a person wrote: only shown */
    if (b.len > 0) memcpy(out, b.p, b.len);
    out[b.len] = '\0';
    return ERR_OK;
}

static bool flow_has_type(const struct hub_store *s, const char *type, const char *const *fields,
                          size_t count)
{
    const struct catalogue_type *t = s->catalogue != NULL && s->typed != NULL
                                         ? catalogue_type_by_name(s->catalogue, type)
                                         : NULL;
    for (size_t i = 0; t != NULL && i < count; i++) {
        if (catalogue_field_by_name(t, fields[i]) == NULL) return false;
    }
    return t != NULL;
}

/* The hub's time of a position of its own log that a header names as seen. */
static enum err flow_seen(struct hub_store *s, const struct change_head *head,
                          struct flow_proof *proof)
{
    bool known = false;
    if (head->hub_seen == 0) return ERR_OK;
    enum err e = hub_store_knows(s, head->epoch, head->hub_seen, head->hub_seen_hash, &known);
    if (e != ERR_OK || !known) return e;
    struct db_stmt *q = db_stmt(s->db, "SELECT received_ms FROM sys_log WHERE pos = ?1");
    db_bind_int(q, 1, (int64_t)head->hub_seen);
    e = db_get(q);
    proof->has_after = e == ERR_OK;
    if (e == ERR_OK) proof->after_ms = db_column_int(q, 0);
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

struct flow_set {
    int64_t received_ms;
    struct change_head head;
};

static enum err flow_set_row(void *ctx, const struct hub_set *set)
{
    *(struct flow_set *)ctx = (struct flow_set){set->received_ms, set->view->head};
    return ERR_OK;
}

struct flow_district {
    struct hub_store *s;
    bool is;
    enum err e;
};

static enum err flow_district_row(void *ctx, const struct hub_set *set)
{
    struct flow_district *d = ctx;
    d->is = strcmp(set->unit, d->s->identity.unit) == 0;
    return ERR_OK;
}

static bool flow_district(void *ctx, const struct id_version *version)
{
    struct flow_district *d = ctx;
    d->is = false;
    if (d->e == ERR_OK) d->e = hub_store_set(d->s, version, flow_district_row, d);
    return d->is;
}

struct flow_one { /* a record of the report */
    struct hub_sent_report sent;
    struct submission said;
};

/* What a record says of its submission; what it proves is read when it is the one that counts. */
static enum err flow_one_read(struct hub_store *s, struct flow_one *one)
{
    struct buf state;
    struct fold f = {.type = 0};
    struct flow_district d = {.s = s, .e = ERR_OK};
    const struct catalogue_type *type = catalogue_type_by_name(s->catalogue, "report");
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = fold_init(&f);
    if (e == ERR_OK) e = hub_store_record(s, &one->sent.rid, &state, NULL, NULL, NULL);
    if (e == ERR_OK) e = fold_load(&f, buf_bytes(&state));
    if (e != ERR_OK) goto out;
    one->sent.conflict = fold_conflicts(&f, hub_store_rules(s)) > 0;
    e = submission_of(&f, type, flow_district, &d, &one->said);
    if (e == ERR_NOT_FOUND) e = ERR_DAMAGED; /* the tables show a definition and a period */
    if (e == ERR_OK) e = d.e;
    one->sent.version = one->said.version.version;
    one->sent.person = submission_person(&one->said);
    one->sent.unconfirmed = one->said.rank == SUBMISSION_UNCONFIRMED;
out:
    if (f.private_ != NULL) fold_free(&f);
    buf_free(&state);
    return e;
}

static enum err flow_proof_read(struct hub_store *s, const struct submission *said,
                                struct flow_proof *proof)
{
    struct flow_set set = {.received_ms = 0};
    enum err e = hub_store_set(s, &said->sent.version, flow_set_row, &set);
    if (e != ERR_OK) return e;
    proof->before_ms = set.received_ms;
    proof->claimed_ms = (int64_t)(set.head.hlc >> 16);
    return flow_seen(s, &set.head, proof);
}

static enum err flow_one_row(const struct db_stmt *q, struct flow_one *one)
{
    *one = (struct flow_one){.sent = {.conflict = false}};
    enum err e = db_column_copy(q, 0, one->sent.rid.b, sizeof one->sent.rid.b);
    if (e == ERR_OK) e = flow_text(q, 1, one->sent.state, sizeof one->sent.state);
    if (e == ERR_OK) e = flow_text(q, 2, one->sent.submitted_on, sizeof one->sent.submitted_on);
    if (e == ERR_OK) e = flow_text(q, 3, one->sent.signed_by, sizeof one->sent.signed_by);
    if (e == ERR_OK) e = flow_text(q, 4, one->sent.digest, sizeof one->sent.digest);
    return e;
}

/* All records of the report; `best` is the one that counts. */
static enum err flow_choose(struct hub_store *s, struct db_stmt *q, struct flow_one *best)
{
    bool more = true, any = false;
    enum err e = ERR_OK;
    for (;;) {
        struct flow_one one, other;
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        e = flow_one_row(q, &one);
        if (e == ERR_OK) e = flow_one_read(s, &one);
        if (e != ERR_OK) break;
        bool wins = !any || submission_before(&one.said, &best->said);
        other = wins ? *best : one;
        bool had = best->sent.has_other;
        struct id_record first = best->sent.other;
        if (wins) *best = one;
        best->sent.has_other = had;
        best->sent.other = first;
        if (any && other.said.rank != SUBMISSION_DRAFT) {
            best->sent.has_other = true;
            best->sent.other = other.sent.rid;
        }
        any = true;
    }
    if (best->sent.has_other) best->sent.conflict = true;
    return e == ERR_OK && !any ? ERR_NOT_FOUND : e;
}

enum err hub_flow_report(struct hub_store *s, const char *unit, const char *report,
                         const char *period, struct date last, struct hub_sent_report *out)
{
    static const char *const fields[] = {"definition",   "period",    "state",
                                         "submitted_on", "signed_by", "digest"};
    char day[DATE_TEXT_ROOM];
    struct flow_one best = {.sent = {.conflict = false}};
    struct db_stmt *q = NULL;
    if (!flow_has_type(s, "report", fields, sizeof fields / sizeof fields[0])) return ERR_NOT_FOUND;
    /* Not from the cache: reading each record asks other things. */
    enum err e = db_prepare(
        s->db,
        "SELECT t.id, t.state, t.submitted_on, t.signed_by, t.digest FROM report t WHERE "
        "t.definition = ?2 AND t.period = ?3 AND ifnull((SELECT u.code FROM sys_record r "
        "JOIN sys_owner o ON o.record = r.no JOIN sys_unit u ON u.no = o.unit WHERE r.rid = t.id "
        "AND o.since <= ?4 ORDER BY o.since DESC LIMIT 1), t.unit) = ?1 ORDER BY t.id",
        &q);
    if (e != ERR_OK) return e;
    date_print(last, day);
    db_bind_str(q, 1, unit);
    db_bind_str(q, 2, report);
    db_bind_str(q, 3, period);
    db_bind_str(q, 4, day);
    e = flow_choose(s, q, &best);
    db_stmt_free(q);
    if (e == ERR_OK) e = flow_proof_read(s, &best.said, &best.sent.proof);
    if (e == ERR_OK) *out = best.sent;
    return e;
}

struct flow_texts {
    hub_flow_text_fn *text;
    void *ctx;
    struct buf value;
};

static enum err flow_text_heads(struct flow_texts *t, size_t no,
                                const struct catalogue_field *field, const struct fold *f)
{
    enum err e = ERR_OK;
    const struct fold_register *r = fold_find(f, field->no, (struct bytes){NULL, 0});
    const struct fold_head *shown = r != NULL ? fold_shown(f, r, FOLD_ASK) : NULL;
    if (shown == NULL) return ERR_OK;
    for (size_t i = 0; e == ERR_OK && i <= r->count; i++) {
        const struct fold_head *head = i == 0 ? shown : &r->heads[i - 1];
        if (i > 0 && head == shown) continue;
        buf_clear(&t->value);
        e = record_value_to_text(field, head->value, &t->value);
        if (e == ERR_OK && t->value.len > 0) e = t->text(t->ctx, no, i == 0, buf_bytes(&t->value));
    }
    return e;
}

enum err hub_flow_texts(struct hub_store *s, const struct id_record *rid, const char *const *fields,
                        size_t count, hub_flow_text_fn *text, void *ctx)
{
    struct buf state;
    struct fold f = {.type = 0};
    struct flow_texts t = {.text = text, .ctx = ctx};
    unsigned type = 0;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    buf_init(&t.value, FOLD_STATE_BYTES_MAX);
    enum err e = fold_init(&f);
    if (e == ERR_OK) e = hub_store_record(s, rid, &state, &type, NULL, NULL);
    if (e == ERR_OK) e = fold_load(&f, buf_bytes(&state));
    const struct catalogue_type *of =
        e == ERR_OK && s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, type) : NULL;
    for (size_t i = 0; e == ERR_OK && of != NULL && i < count; i++) {
        const struct catalogue_field *field = catalogue_field_by_name(of, fields[i]);
        if (field != NULL) e = flow_text_heads(&t, i, field, &f);
    }
    if (f.private_ != NULL) fold_free(&f);
    buf_free(&t.value);
    buf_free(&state);
    return e;
}

static enum err flow_field_text(void *ctx, size_t field, bool shown, struct bytes text)
{
    struct buf *out = ctx;
    (void)field;
    if (!shown) return ERR_OK;
    buf_add_bytes(out, text);
    return out->e;
}

enum err hub_flow_field(struct hub_store *s, const struct id_record *rid, const char *field,
                        struct buf *out)
{
    return hub_flow_texts(s, rid, &field, 1, flow_field_text, out);
}

static enum err flow_op_read(const struct db_stmt *q, struct hub_flow_op *op)
{
    struct change_head head;
    *op = (struct hub_flow_op){
        .position = (uint64_t)db_column_int(q, 0),
        .kind = (int)db_column_int(q, 1),
        .at_ms = db_column_int(q, 2),
        .payload = db_column_bytes(q, 3),
    };
    if (change_head_read(db_column_bytes(q, 4), &head) != ERR_OK) return ERR_DAMAGED;
    op->person = head.person;
    return ERR_OK;
}

enum err hub_flow_ops(struct hub_store *s, int kind, const char *unit, const char *report,
                      const char *period, hub_flow_op_fn *row, void *ctx)
{
    struct db_stmt *q = NULL;
    bool more = true;
    /* Not from the cache: the callback may look for other ops. */
    enum err e = db_prepare(s->db,
                            "SELECT f.pos, f.kind, f.at_ms, f.payload, l.head FROM sys_flow f JOIN "
                            "sys_log l ON l.pos = f.pos WHERE f.kind = ?1 AND (?2 IS NULL OR "
                            "f.unit = ?2 OR f.unit = '') AND (?3 IS NULL OR f.report = ?3) AND "
                            "(?4 IS NULL OR f.period = ?4) ORDER BY f.pos",
                            &q);
    if (e != ERR_OK) return e;
    db_bind_int(q, 1, kind);
    db_bind_str(q, 2, unit);
    db_bind_str(q, 3, report);
    db_bind_str(q, 4, period);
    while (e == ERR_OK && more) {
        struct hub_flow_op op;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = flow_op_read(q, &op);
        if (e == ERR_OK && more) e = row(ctx, &op);
    }
    db_stmt_free(q);
    return e;
}

enum err hub_flow_begun(struct hub_store *s, int64_t *ms)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT received_ms FROM sys_log ORDER BY pos LIMIT 1");
    enum err e = db_get(q);
    if (e == ERR_OK) *ms = db_column_int(q, 0);
    db_done(q);
    return e;
}

enum err hub_flow_closing(struct hub_store *s, const char *unit, const char *report,
                          const char *period, struct hub_closing *out)
{
    struct db_stmt *q = db_stmt(
        s->db,
        "SELECT c.issue, c.pos, c.cut_position, c.mode, EXISTS (SELECT 1 FROM sys_reopened r "
        "WHERE r.report = c.report AND r.unit = c.unit AND r.period = c.period AND "
        "r.issue = c.issue) FROM sys_close c WHERE c.unit = ?1 AND c.report = ?2 AND "
        "c.period = ?3 ORDER BY c.issue DESC LIMIT 1");
    db_bind_str(q, 1, unit);
    db_bind_str(q, 2, report);
    db_bind_str(q, 3, period);
    enum err e = db_get(q);
    if (e == ERR_OK)
        *out = (struct hub_closing){
            .number = (uint32_t)db_column_int(q, 0),
            .position = (uint64_t)db_column_int(q, 1),
            .cut_position = (uint64_t)db_column_int(q, 2),
            .mode = (enum admin_close_mode)db_column_int(q, 3),
            .reopened = db_column_int(q, 4) != 0,
        };
    db_done(q);
    return e;
}

enum err hub_flow_answered(struct hub_store *s, const struct id_record *id,
                           struct hub_flow_answer *out)
{
    static const char *const fields[] = {"answer", "answered_on"};
    if (!flow_has_type(s, "correction", fields, 2)) return ERR_NOT_FOUND;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT answer, answered_on FROM correction WHERE id = ?1 AND answer "
                       "IS NOT NULL");
    db_bind_blob(q, 1, BYTES_OF(id->b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = flow_text(q, 0, out->answer, sizeof out->answer);
    if (e == ERR_OK) e = flow_text(q, 1, out->answered_on, sizeof out->answered_on);
    db_done(q);
    return e;
}

enum err hub_flow_agreed(struct hub_store *s, const struct id_record *id, struct bytes unit,
                         bool *agreed)
{
    static const char *const fields[] = {"answer"};
    *agreed = false;
    if (!flow_has_type(s, "correction", fields, 1)) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT 1 FROM correction c JOIN sys_record r ON r.rid = c.id WHERE c.id = "
                       "?1 AND c.unit = ?2 AND c.answer = 'agreed' AND r.conflicts = 0");
    db_bind_blob(q, 1, BYTES_OF(id->b));
    db_bind_text(q, 2, unit);
    enum err e = db_step(q, agreed);
    db_done(q);
    return e;
}
