#include "proto/workflow.h"
#include "proto/admin.h"
#include "proto/change.h"
#include "proto/wire.h"

#define WORKFLOW_ISSUE_MAX 1000000u

static void workflow_begin(const struct workflow_key *key, unsigned kind, size_t items,
                           struct buf *out)
{
    wire_put_array(out, items);
    wire_put_uint(out, kind);
    wire_put_str(out, key->unit);
    wire_put_str(out, key->report);
    wire_put_str(out, key->period);
}

/* A text of min..max bytes. */
static struct bytes workflow_text(struct wire_reader *r, size_t min, size_t max)
{
    struct bytes s = wire_get_str(r);
    if (r->e == ERR_OK && (s.len < min || s.len > max)) r->e = ERR_BAD_FORMAT;
    return s;
}

static void workflow_key_read(struct wire_reader *r, struct workflow_key *key)
{
    key->unit = workflow_text(r, 0, ADMIN_UNIT_BYTES_MAX);
    key->report = workflow_text(r, 1, WORKFLOW_NAME_BYTES_MAX);
    key->period = workflow_text(r, 4, WORKFLOW_PERIOD_BYTES_MAX);
}

static enum err workflow_open(struct wire_reader *r, struct bytes payload, unsigned kind,
                              size_t items, struct workflow_key *key)
{
    enum err e = wire_open_array(r, payload, items);
    if (e != ERR_OK) return e;
    if (wire_get_uint(r, CHANGE_KIND_MAX) != kind) return ERR_BAD_FORMAT;
    workflow_key_read(r, key);
    return r->e;
}

/* ---- judgement ---- */

void workflow_judge_encode(const struct workflow_judge *j, struct buf *out)
{
    workflow_begin(&j->key, CHANGE_JUDGE, 7, out);
    wire_put_bin(out, BYTES_OF(j->version.b));
    wire_put_uint(out, (uint64_t)j->verdict);
    wire_put_str(out, j->reason);
}

enum err workflow_judge_decode(struct bytes payload, struct workflow_judge *j)
{
    struct wire_reader r;
    enum err e = workflow_open(&r, payload, CHANGE_JUDGE, 7, &j->key);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, j->version.b, sizeof j->version.b);
    uint64_t verdict = wire_get_uint(&r, WORKFLOW_VERDICT_RETURNED);
    j->verdict = verdict == WORKFLOW_VERDICT_ACCEPTED ? WORKFLOW_VERDICT_ACCEPTED
                                                      : WORKFLOW_VERDICT_RETURNED;
    j->reason = workflow_text(&r, verdict == WORKFLOW_VERDICT_RETURNED, WORKFLOW_REASON_BYTES_MAX);
    if (verdict == 0 || j->key.unit.len == 0) return ERR_BAD_FORMAT;
    return wire_close(&r);
}

/* ---- request ---- */

void workflow_ask_encode(const struct workflow_ask *a, struct buf *out)
{
    workflow_begin(&a->key, CHANGE_ASK, 7, out);
    wire_put_bin(out, BYTES_OF(a->id.b));
    wire_put_str(out, a->due);
    wire_put_str(out, a->text);
}

enum err workflow_ask_decode(struct bytes payload, struct workflow_ask *a)
{
    struct wire_reader r;
    enum err e = workflow_open(&r, payload, CHANGE_ASK, 7, &a->key);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, a->id.b, sizeof a->id.b);
    a->due = workflow_text(&r, 0, WORKFLOW_DAY_BYTES);
    a->text = workflow_text(&r, 1, WORKFLOW_REASON_BYTES_MAX);
    return wire_close(&r);
}

/* ---- correction ---- */

void workflow_correct_encode(const struct workflow_correct *c, struct buf *out)
{
    workflow_begin(&c->key, CHANGE_CORRECT, 11, out);
    wire_put_bin(out, BYTES_OF(c->id.b));
    wire_put_str(out, c->indicator);
    wire_put_str(out, c->value);
    if (c->has_record)
        wire_put_bin(out, BYTES_OF(c->record.b));
    else
        wire_put_nil(out);
    wire_put_str(out, c->before);
    wire_put_str(out, c->after);
    wire_put_str(out, c->reason);
}

enum err workflow_correct_decode(struct bytes payload, struct workflow_correct *c)
{
    struct wire_reader r;
    enum err e = workflow_open(&r, payload, CHANGE_CORRECT, 11, &c->key);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, c->id.b, sizeof c->id.b);
    c->indicator = workflow_text(&r, 1, WORKFLOW_NAME_BYTES_MAX);
    c->value = workflow_text(&r, 0, WORKFLOW_NAME_BYTES_MAX);
    c->has_record = !wire_get_nil(&r);
    if (c->has_record) wire_get_bin_exact(&r, c->record.b, sizeof c->record.b);
    c->before = workflow_text(&r, 0, WORKFLOW_FIGURE_BYTES_MAX);
    c->after = workflow_text(&r, 1, WORKFLOW_FIGURE_BYTES_MAX);
    c->reason = workflow_text(&r, 1, WORKFLOW_REASON_BYTES_MAX);
    if (c->key.unit.len == 0) return ERR_BAD_FORMAT;
    return wire_close(&r);
}

bool workflow_number(struct bytes text, int64_t *out)
{
    bool minus = text.len > 0 && text.p[0] == '-';
    size_t first = minus ? 1 : 0, digits = text.len - first;
    int64_t n = 0;
    if (digits == 0 || digits > WORKFLOW_DIGITS_MAX) return false;
    if (text.p[first] == '0' && (minus || digits > 1)) return false;
    for (size_t i = first; i < text.len; i++) {
        if (text.p[i] < '0' || text.p[i] > '9') return false;
        n = 10 * n + (text.p[i] - '0');
    }
    *out = minus ? -n : n;
    return true;
}

/* ---- reopening ---- */

void workflow_reopen_encode(const struct workflow_reopen *v, struct buf *out)
{
    workflow_begin(&v->key, CHANGE_REOPEN, 6, out);
    wire_put_uint(out, v->issue);
    wire_put_bin(out, BYTES_OF(v->order.b));
}

enum err workflow_reopen_decode(struct bytes payload, struct workflow_reopen *v)
{
    struct wire_reader r;
    enum err e = workflow_open(&r, payload, CHANGE_REOPEN, 6, &v->key);
    if (e != ERR_OK) return e;
    v->issue = (uint32_t)wire_get_uint(&r, WORKFLOW_ISSUE_MAX);
    wire_get_bin_exact(&r, v->order.b, sizeof v->order.b);
    if (v->issue == 0 || v->key.unit.len == 0) return ERR_BAD_FORMAT;
    return wire_close(&r);
}

void workflow_order_encode(const struct workflow_key *key, uint32_t issue, struct buf *out)
{
    wire_put_array(out, 4);
    wire_put_str(out, key->unit);
    wire_put_str(out, key->report);
    wire_put_str(out, key->period);
    wire_put_uint(out, issue);
}

enum err workflow_order_decode(struct bytes content, struct workflow_key *key, uint32_t *issue)
{
    struct wire_reader r;
    enum err e = wire_open_array(&r, content, 4);
    if (e != ERR_OK) return e;
    workflow_key_read(&r, key);
    uint64_t number = wire_get_uint(&r, WORKFLOW_ISSUE_MAX);
    e = wire_close(&r);
    if (e == ERR_OK && (number == 0 || key->unit.len == 0)) e = ERR_BAD_FORMAT;
    if (e == ERR_OK) *issue = (uint32_t)number;
    return e;
}

enum err workflow_key_decode(struct bytes payload, struct workflow_key *key)
{
    struct wire_reader r;
    enum err e = wire_check(payload);
    if (e != ERR_OK) return e;
    wire_open(&r, payload);
    size_t items = wire_get_array(&r);
    uint64_t kind = wire_get_uint(&r, CHANGE_KIND_MAX);
    if (r.e != ERR_OK || items < 4 || kind < CHANGE_JUDGE || kind > CHANGE_REOPEN)
        return ERR_BAD_FORMAT;
    workflow_key_read(&r, key);
    return r.e;
}

bool workflow_owns(const char *type)
{
    return strcmp(type, "report") == 0 || strcmp(type, "correction") == 0;
}
