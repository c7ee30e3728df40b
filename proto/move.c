#include "proto/move.h"
#include "common/date.h"
#include "proto/wire.h"

#include <assert.h>

/* ---- parts ---- */

static void move_begin(struct buf *out, enum change_kind kind, size_t items)
{
    wire_put_array(out, items);
    wire_put_uint(out, (uint64_t)kind);
}

static enum err move_open(struct wire_reader *r, struct bytes payload, enum change_kind kind,
                          size_t items)
{
    enum err e = wire_open_array(r, payload, items);
    if (e != ERR_OK) return e;
    return wire_get_uint(r, CHANGE_ASSIGN) == (uint64_t)kind ? r->e : ERR_BAD_FORMAT;
}

static struct bytes move_text(struct wire_reader *r, size_t least, size_t most)
{
    struct bytes b = wire_get_str(r);
    if (b.len < least || b.len > most) r->e = ERR_BAD_FORMAT;
    return b;
}

static struct bytes move_unit(struct wire_reader *r)
{
    return move_text(r, 1, MOVE_UNIT_BYTES_MAX);
}

static bool move_is_date(struct bytes b)
{
    struct date day;
    return b.len == MOVE_DATE_BYTES && date_parse(b, &day) == ERR_OK;
}

/* ---- ops ---- */

void move_offer_encode(const struct move_offer *m, struct buf *out)
{
    move_begin(out, CHANGE_OFFER, 5);
    wire_put_bin(out, BYTES_OF(m->transfer.b));
    wire_put_bin(out, BYTES_OF(m->record.b));
    wire_put_str(out, m->to);
    wire_put_str(out, m->note);
}

enum err move_offer_decode(struct bytes payload, struct move_offer *m)
{
    struct wire_reader r;
    enum err e = move_open(&r, payload, CHANGE_OFFER, 5);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, m->transfer.b, sizeof m->transfer.b);
    wire_get_bin_exact(&r, m->record.b, sizeof m->record.b);
    m->to = move_unit(&r);
    m->note = move_text(&r, 0, MOVE_NOTE_BYTES_MAX);
    return wire_close(&r);
}

void move_answer_encode(const struct move_answer *m, struct buf *out)
{
    move_begin(out, CHANGE_ANSWER, 4);
    wire_put_bin(out, BYTES_OF(m->transfer.b));
    wire_put_uint(out, (uint64_t)m->reply);
    wire_put_str(out, m->note);
}

enum err move_answer_decode(struct bytes payload, struct move_answer *m)
{
    struct wire_reader r;
    enum err e = move_open(&r, payload, CHANGE_ANSWER, 4);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, m->transfer.b, sizeof m->transfer.b);
    m->reply = (enum move_reply)wire_get_uint(&r, MOVE_WITHDRAW);
    m->note = move_text(&r, 0, MOVE_NOTE_BYTES_MAX);
    return wire_close(&r);
}

void move_share_encode(const struct move_share *m, struct buf *out)
{
    move_begin(out, CHANGE_SHARE, 4);
    wire_put_bin(out, BYTES_OF(m->record.b));
    wire_put_str(out, m->unit);
    wire_put_uint(out, (uint64_t)m->access);
}

enum err move_share_decode(struct bytes payload, struct move_share *m)
{
    struct wire_reader r;
    enum err e = move_open(&r, payload, CHANGE_SHARE, 4);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, m->record.b, sizeof m->record.b);
    m->unit = move_unit(&r);
    m->access = (enum move_access)wire_get_uint(&r, MOVE_WRITE);
    return wire_close(&r);
}

void move_settle_encode(const struct move_settle *m, struct buf *out)
{
    move_begin(out, CHANGE_SETTLE, 5);
    wire_put_bin(out, BYTES_OF(m->record.b));
    wire_put_bin(out, BYTES_OF(m->version.b));
    wire_put_uint(out, m->op);
    wire_put_bool(out, m->apply);
}

enum err move_settle_decode(struct bytes payload, struct move_settle *m)
{
    struct wire_reader r;
    enum err e = move_open(&r, payload, CHANGE_SETTLE, 5);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, m->record.b, sizeof m->record.b);
    wire_get_bin_exact(&r, m->version.b, sizeof m->version.b);
    m->op = (unsigned)wire_get_uint(&r, CHANGE_OPS_MAX - 1);
    m->apply = wire_get_bool(&r);
    return wire_close(&r);
}

void move_assign_encode(const struct move_assign *m, struct buf *out)
{
    assert(m->records.len % ID_RECORD_BYTES == 0);
    move_begin(out, CHANGE_ASSIGN, 4);
    wire_put_str(out, m->to);
    wire_put_str(out, m->date);
    wire_put_bin(out, m->records);
}

enum err move_assign_decode(struct bytes payload, struct move_assign *m)
{
    struct wire_reader r;
    enum err e = move_open(&r, payload, CHANGE_ASSIGN, 4);
    if (e != ERR_OK) return e;
    m->to = move_unit(&r);
    m->date = wire_get_str(&r);
    m->records = wire_get_bin(&r);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    bool whole = m->records.len > 0 && m->records.len % ID_RECORD_BYTES == 0 &&
                 m->records.len <= MOVE_ASSIGN_MAX * ID_RECORD_BYTES;
    return whole && move_is_date(m->date) ? ERR_OK : ERR_BAD_FORMAT;
}

/* ---- items ---- */

void move_leave_encode(const struct move_leave *m, struct buf *out)
{
    wire_put_array(out, 3);
    wire_put_bin(out, BYTES_OF(m->record.b));
    if (m->frozen) {
        wire_put_str(out, m->unit);
        wire_put_bin(out, m->state);
    } else {
        wire_put_nil(out);
        wire_put_nil(out);
    }
}

enum err move_leave_decode(struct bytes item, struct move_leave *m)
{
    struct wire_reader r;
    enum err e = wire_open_array(&r, item, 3);
    if (e != ERR_OK) return e;
    *m = (struct move_leave){.frozen = false};
    wire_get_bin_exact(&r, m->record.b, sizeof m->record.b);
    m->frozen = !wire_get_nil(&r);
    if (m->frozen) {
        m->unit = move_unit(&r);
        m->state = wire_get_bin(&r);
    } else if (!wire_get_nil(&r)) {
        return ERR_BAD_FORMAT;
    }
    return wire_close(&r);
}

void move_transfer_encode(const struct move_transfer *m, struct buf *out)
{
    wire_put_array(out, 10);
    wire_put_bin(out, BYTES_OF(m->transfer.b));
    wire_put_bin(out, BYTES_OF(m->record.b));
    wire_put_uint(out, m->type);
    wire_put_str(out, m->from);
    wire_put_str(out, m->to);
    wire_put_uint(out, (uint64_t)m->state);
    wire_put_uint(out, m->offered_ms);
    wire_put_uint(out, m->days);
    wire_put_str(out, m->note);
    wire_put_str(out, m->answer);
}

enum err move_transfer_decode(struct bytes item, struct move_transfer *m)
{
    struct wire_reader r;
    enum err e = wire_open_array(&r, item, 10);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, m->transfer.b, sizeof m->transfer.b);
    wire_get_bin_exact(&r, m->record.b, sizeof m->record.b);
    m->type = (unsigned)wire_get_uint(&r, CHANGE_NUMBER_MAX);
    m->from = move_unit(&r);
    m->to = move_text(&r, 0, MOVE_UNIT_BYTES_MAX);
    m->state = (enum move_state)wire_get_uint(&r, MOVE_VOID);
    m->offered_ms = wire_get_uint(&r, INT64_MAX);
    m->days = (unsigned)wire_get_uint(&r, UINT16_MAX);
    m->note = move_text(&r, 0, MOVE_NOTE_BYTES_MAX);
    m->answer = move_text(&r, 0, MOVE_NOTE_BYTES_MAX);
    return wire_close(&r);
}

void move_crossing_encode(const struct move_crossing *m, struct buf *out)
{
    wire_put_array(out, 6);
    wire_put_bin(out, BYTES_OF(m->record.b));
    wire_put_bin(out, BYTES_OF(m->version.b));
    wire_put_uint(out, m->op);
    wire_put_str(out, m->unit);
    wire_put_uint(out, (uint64_t)m->state);
    wire_put_bin(out, m->payload);
}

enum err move_crossing_decode(struct bytes item, struct move_crossing *m)
{
    struct wire_reader r;
    enum err e = wire_open_array(&r, item, 6);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, m->record.b, sizeof m->record.b);
    wire_get_bin_exact(&r, m->version.b, sizeof m->version.b);
    m->op = (unsigned)wire_get_uint(&r, CHANGE_OPS_MAX - 1);
    m->unit = move_unit(&r);
    m->state = (enum move_crossed)wire_get_uint(&r, MOVE_CROSSED_ASIDE);
    m->payload = wire_get_bin(&r);
    return wire_close(&r);
}

void move_shared_encode(const struct move_shared *m, struct buf *out)
{
    wire_put_array(out, 3);
    wire_put_bin(out, BYTES_OF(m->record.b));
    wire_put_str(out, m->unit);
    wire_put_uint(out, (uint64_t)m->access);
}

enum err move_shared_decode(struct bytes item, struct move_shared *m)
{
    struct wire_reader r;
    enum err e = wire_open_array(&r, item, 3);
    if (e != ERR_OK) return e;
    wire_get_bin_exact(&r, m->record.b, sizeof m->record.b);
    m->unit = move_unit(&r);
    m->access = (enum move_access)wire_get_uint(&r, MOVE_WRITE);
    return wire_close(&r);
}
