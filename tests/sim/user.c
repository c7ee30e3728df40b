/* What people do: saving at a node, deciding at the hub. */
#include "tests/sim/base.h"
#include "tests/sim/check_priv.h"

#include "proto/move.h"
#include "proto/wire.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>

enum { USER_TRIES = 60 };

struct deed { /* one op being built */
    struct change_write write;
    struct change_op op;
    struct buf value;
    struct buf bases;
    struct buf payload;
};

static void deed_open(struct deed *d)
{
    memset(d, 0, sizeof *d);
    buf_init(&d->value, 8192);
    buf_init(&d->bases, CHANGE_BASES_MAX * ID_VERSION_BYTES);
    buf_init(&d->payload, CHANGE_BYTES_MAX);
}

static void deed_close(struct deed *d)
{
    buf_free(&d->value);
    buf_free(&d->bases);
    buf_free(&d->payload);
}

static struct bytes marked(struct world *w, const char *value, const struct id_record *rid,
                           char *out, size_t room)
{
    char mark[NAIVE_MARK_BYTES + 1], own[NAIVE_MARK_BYTES + 1] = "";
    naive_mark(rid, mark);
    if (w->alone) naive_text_mark(w->typed++, own);
    int len = snprintf(out, room, "%s%s%s %s", value, w->alone ? " " : "", own, mark);
    assert(len > 0 && (size_t)len < room);
    return bytes_make(out, (size_t)len);
}

/* false: the record is not there for this person. */
static bool deed_fill(struct world *w, const struct world_act *a, const struct id_record *rid,
                      struct deed *d)
{
    uint8_t digest[16] = {0};
    if (a->deed == WORLD_RAW) {
        buf_add_bytes(&d->payload, a->raw);
        return true;
    }
    char text[200];
    struct bytes typed = a->value != NULL ? bytes_str(a->value) : (struct bytes){NULL, 0};
    if (w->marks && a->value != NULL) typed = marked(w, a->value, rid, text, sizeof text);
    unsigned field = a->deed == WORLD_DELETE || a->deed == WORLD_RESTORE ? 0 : a->field;
    struct bytes element = {NULL, 0};
    if (a->deed == WORLD_ELEMENT) element = bytes_str(a->value);
    if (a->deed != WORLD_CREATE && !check_bases(w, a->who, rid, field, element, &d->bases, digest))
        return false;
    if (a->deed == WORLD_RESTORE && d->bases.len == 0) return false; /* it is not deleted */
    if (a->deed == WORLD_DELETE) {
        wire_put_bin(&d->value, BYTES_OF(digest));
    } else if (a->deed == WORLD_RESTORE || a->value == NULL) {
        wire_put_nil(&d->value);
    } else if (a->deed == WORLD_ELEMENT) {
        wire_put_bool(&d->value, a->in);
    } else {
        wire_put_str(&d->value, typed);
    }
    d->write = (struct change_write){field, buf_bytes(&d->value), buf_bytes(&d->bases), element};
    d->op =
        (struct change_op){.kind = a->deed == WORLD_CREATE   ? CHANGE_CREATE
                                   : a->deed == WORLD_DELETE ? CHANGE_DELETE
                                                             : CHANGE_EDIT,
                           .rid = *rid,
                           .type = a->deed == WORLD_CREATE ? a->type : w->records[a->record].type,
                           .writes = &d->write,
                           .count = 1};
    change_op_encode(&d->op, &d->payload);
    assert(d->payload.e == ERR_OK);
    return true;
}

static void record_made(struct world *w, const struct world_act *a, const struct id_record *rid)
{
    if (a->deed == WORLD_CREATE) w->records[a->record] = (struct world_record){true, *rid, a->type};
}

/* ---- at a node ---- */

struct saving { /* one set of a node */
    struct deed deeds[CHANGE_OPS_MAX];
    struct id_record rids[CHANGE_OPS_MAX];
    struct bytes payloads[CHANGE_OPS_MAX];
    const struct world_act *acts[CHANGE_OPS_MAX];
    unsigned count;
};

static enum err saving_op(struct world *w, const struct world_act *a, struct saving *x,
                          const struct node_own *own)
{
    struct id_record *rid = &x->rids[x->count];
    *rid = w->records[a->record].rid;
    if (a->deed == WORLD_CREATE) node_own_rid(own, x->count, rid);
    deed_open(&x->deeds[x->count]);
    if (!deed_fill(w, a, rid, &x->deeds[x->count])) {
        deed_close(&x->deeds[x->count]);
        return ERR_NOT_FOUND;
    }
    x->acts[x->count] = a;
    x->payloads[x->count] = buf_bytes(&x->deeds[x->count].payload);
    x->count++;
    return ERR_OK;
}

static enum err node_save(struct world *w, const struct world_act *a, struct saving *x,
                          struct node_own *own, struct node_own_saved *saved)
{
    struct world_node *n = &w->nodes[a->who];
    struct node_own_set set = {.payloads = x->payloads};
    snprintf((char *)set.person.b, sizeof set.person.b, "person%d", a->who);
    enum err e = saving_op(w, a, x, own);
    for (size_t i = 0; e == ERR_OK && i < a->more_count; i++) {
        /* What cannot be done is left out of the set. */
        e = saving_op(w, &a->more[i], x, own);
        if (e == ERR_NOT_FOUND) e = ERR_OK;
    }
    set.count = x->count;
    if (e == ERR_OK) e = node_own_add(own, &set);
    if (e != ERR_OK) return e;
    n->doubt.open = true;
    n->doubt.record = a->deed == WORLD_CREATE ? a->record : -1;
    n->doubt.rid = x->rids[0];
    buf_clear(&n->doubt.payload);
    buf_clear(&n->doubt.first);
    buf_add_bytes(&n->doubt.first, x->payloads[0]);
    for (unsigned i = 0; i < x->count; i++)
        buf_add_bytes(&n->doubt.payload, x->payloads[i]);
    return node_own_commit(own, saved);
}

/* It failed and nobody died: then it must not be there; after an I/O error it may come back with the next boot, and so
 * may one before it when nothing of this one got as far as the disk. */
static void node_not_saved(struct world *w, unsigned i, bool wrote)
{
    struct world_node *n = &w->nodes[i];
    bool io = memvfs_io_failures(n->host.disk) > 0, tried = n->doubt.open && wrote;
    if (!tried) check_save_copy(w, &n->doubt_before, &n->doubt);
    if (memvfs_dead(n->host.disk) || (io && w->reopens)) return;
    if (tried) n->doubt.open = io;
    check_node(w, i);
}

static void node_saved(struct world *w, const struct world_act *a, const struct saving *x,
                       const struct node_own_saved *saved)
{
    struct world_node *n = &w->nodes[a->who];
    n->doubt.open = false;
    w->stats.saves++;
    w->stats.many_ops += x->count > 1;
    if (x->count > 1) {
        world_trace(w, n->host.name, "saves %u ops, set %u", x->count, (unsigned)saved->seq);
    } else {
        world_trace(w, n->host.name, "saves record %d, set %u", a->record, (unsigned)saved->seq);
    }
    for (unsigned i = 0; i < x->count; i++)
        record_made(w, x->acts[i], &x->rids[i]);
    check_saved(w, (unsigned)a->who, saved);
}

static bool node_try(struct world *w, const struct world_act *a)
{
    static struct saving x;
    struct world_node *n = &w->nodes[a->who];
    struct node_own own = {0};
    struct node_own_saved saved;
    if (!n->host.up) return false;
    uint64_t writes = memvfs_writes(n->host.disk);
    check_save_copy(w, &n->doubt, &n->doubt_before);
    n->doubt.there = n->doubt.open = false;
    x.count = 0;
    memvfs_set_time(world_wall(w, &n->host));
    enum err e = node_own_begin(n->store, &n->sync_keys, world_wall(w, &n->host), &own);
    if (e == ERR_OK) e = node_save(w, a, &x, &own, &saved);
    bool ok = e == ERR_OK && !memvfs_dead(n->host.disk);
    if (ok) {
        node_saved(w, a, &x, &saved);
    } else if (e != ERR_NOT_FOUND) {
        world_trace(w, n->host.name, "does not save: %s", err_name(e));
        node_not_saved(w, (unsigned)a->who, memvfs_writes(n->host.disk) > writes);
    } else {
        check_save_copy(w, &n->doubt_before, &n->doubt);
    }
    node_own_free(&own);
    for (unsigned i = 0; i < x.count; i++)
        deed_close(&x.deeds[i]);
    world_look(w, a->who);
    if (ok && n->host.up) {
        struct node_sync_event ev = {.kind = NODE_SYNC_EV_SAVED};
        world_node_handle(w, (unsigned)a->who, &ev);
    }
    return ok;
}

/* ---- at the hub ---- */

static bool hub_try(struct world *w, const struct world_act *a, struct buf *payload)
{
    struct deed d;
    struct id_record rid = w->records[a->record].rid;
    if (!w->hub.host.up) return false;
    memvfs_set_time(world_wall(w, &w->hub.host));
    deed_open(&d);
    if (a->deed == WORLD_CREATE) randombytes_buf(rid.b, sizeof rid.b);
    bool ok = deed_fill(w, a, &rid, &d);
    if (ok) {
        struct bytes p = buf_bytes(&d.payload);
        enum err e = base_hub_append(w, &p, 1);
        ok = e == ERR_OK && !memvfs_dead(w->hub.host.disk);
        world_trace(w, "hub", ok ? "writes record %d" : "does not write record %d", a->record);
        if (payload != NULL) buf_add_bytes(payload, p);
        record_made(w, a, &rid);
        world_look(w, WORLD_HUB);
        world_hub_turn_soon(w);
    }
    deed_close(&d);
    return ok;
}

static void hub_do(struct world *w, const struct world_act *a)
{
    struct buf payload;
    buf_init(&payload, CHANGE_BYTES_MAX);
    for (unsigned i = 0; i < USER_TRIES && !w->failed; i++) {
        world_await(w, WORLD_HUB);
        buf_clear(&payload);
        (void)hub_try(w, a, &payload);
        while (w->hub.turn && world_step(w, w->now_ms + 1000)) {
        }
        world_await(w, WORLD_HUB);
        if (payload.len > 0 && check_has_payload(w, buf_bytes(&payload))) break;
        world_run(w, 1000);
    }
    buf_free(&payload);
}

/* ---- both ---- */

bool world_try(struct world *w, const struct world_act *a)
{
    if (w->failed) return false;
    bool there = a->deed == WORLD_CREATE || a->deed == WORLD_RAW || w->records[a->record].exists;
    if (!there) return false;
    return a->who == WORLD_HUB ? hub_try(w, a, NULL) : node_try(w, a);
}

void world_do(struct world *w, const struct world_act *a)
{
    if (a->who == WORLD_HUB) {
        hub_do(w, a);
        return;
    }
    for (unsigned i = 0; i < USER_TRIES && !w->failed; i++) {
        world_await(w, a->who);
        if (world_try(w, a)) return;
        world_await(w, a->who);
        if (w->nodes[a->who].doubt.there) return;
        world_run(w, 1000);
    }
    world_fail(w, "node %d cannot save record %d", a->who, a->record);
}

void world_create(struct world *w, int who, int record, unsigned type, const char *value)
{
    world_do(w, &(struct world_act){.deed = WORLD_CREATE,
                                    .who = who,
                                    .record = record,
                                    .type = type,
                                    .field = 2,
                                    .value = value});
}

void world_edit(struct world *w, int who, int record, unsigned field, const char *value)
{
    world_do(w,
             &(struct world_act){
                 .deed = WORLD_EDIT, .who = who, .record = record, .field = field, .value = value});
}

void world_delete(struct world *w, int who, int record)
{
    world_do(w, &(struct world_act){.deed = WORLD_DELETE, .who = who, .record = record});
}

/* ---- scope moves ---- */

static void raw_do(struct world *w, int who, int record, struct buf *payload)
{
    struct world_act a = {
        .deed = WORLD_RAW, .who = who, .record = record, .raw = buf_bytes(payload)};
    assert(payload->e == ERR_OK);
    w->stats.moves++;
    if (w->once) {
        (void)world_try(w, &a);
    } else {
        world_do(w, &a);
    }
    buf_free(payload);
}

static struct id_record transfer_id(int transfer)
{
    struct id_record id = {{0}};
    id.b[0] = (uint8_t)transfer;
    id.b[15] = 13;
    return id;
}

void world_offer(struct world *w, int who, int transfer, int record, const char *to)
{
    struct buf b;
    char note[NAIVE_MARK_BYTES + 1] = "";
    if (w->marks) check_offered(w, who, &w->records[record].rid, note);
    struct move_offer m = {.transfer = transfer_id(transfer),
                           .record = w->records[record].rid,
                           .to = bytes_str(to),
                           .note = bytes_str(note)};
    buf_init(&b, 1024);
    move_offer_encode(&m, &b);
    raw_do(w, who, record, &b);
}

void world_answer(struct world *w, int who, int transfer, unsigned reply)
{
    struct buf b;
    char note[NAIVE_MARK_BYTES + 1] = "";
    struct id_record id = transfer_id(transfer);
    if (w->marks) check_answered(w, who, &id, note);
    struct move_answer m = {
        .transfer = id, .reply = (enum move_reply)reply, .note = bytes_str(note)};
    buf_init(&b, 1024);
    move_answer_encode(&m, &b);
    raw_do(w, who, 0, &b);
}

void world_share(struct world *w, int who, int record, const char *unit, unsigned access)
{
    struct buf b;
    struct move_share m = {.record = w->records[record].rid,
                           .unit = bytes_str(unit),
                           .access = (enum move_access)access};
    buf_init(&b, 1024);
    move_share_encode(&m, &b);
    raw_do(w, who, record, &b);
}

void world_settle_one(struct world *w, int who, int record, bool apply)
{
    struct buf b;
    struct move_settle m = {.record = w->records[record].rid, .apply = apply};
    buf_init(&b, 1024);
    if (!check_crossed(w, &m.record, &m.version, &m.op)) {
        buf_free(&b);
        return;
    }
    if (w->misnames) m.op = 0; /* of another record, where the set has several */
    move_settle_encode(&m, &b);
    raw_do(w, who, record, &b);
}

void world_publish(struct world *w, unsigned edition)
{
    struct buf payloads[BASE_PAYLOADS_MAX];
    struct bytes p;
    size_t n = base_catalogue(edition < WORLD_EDITION_WHOLE ? "tests/sim/catalogue" : "catalogue",
                              edition, payloads);
    for (unsigned i = 0; i < USER_TRIES && !w->failed; i++) {
        enum err e = ERR_OK;
        world_await(w, WORLD_HUB);
        for (size_t k = 0; e == ERR_OK && k < n; k++) {
            p = buf_bytes(&payloads[k]);
            e = base_hub_append(w, &p, 1);
        }
        world_look(w, WORLD_HUB);
        world_hub_turn_soon(w);
        while (w->hub.turn && world_step(w, w->now_ms + 1000)) {
        }
        world_await(w, WORLD_HUB);
        if (w->failed || check_has_payload(w, buf_bytes(&payloads[n - 1]))) break;
    }
    world_trace(w, "hub", "publishes edition %u", edition);
    for (size_t k = 0; k < n; k++)
        buf_free(&payloads[k]);
}

void world_picture(struct world *w, struct buf *out)
{
    for (unsigned i = 0; i < WORLD_RECORDS_MAX; i++) {
        if (!w->records[i].exists) continue;
        buf_printf(out, "record %u:", i);
        check_picture(w, &w->records[i].rid, out);
        buf_printf(out, "\n");
    }
}
