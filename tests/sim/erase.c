/* Officers of the district, and what two of them sign: erasure, the opening of a closed period. */
#include "tests/sim/base.h"
#include "tests/sim/check_priv.h"

#include "proto/erase.h"
#include "proto/order.h"
#include "proto/workflow.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static struct key_sign *officer(unsigned i)
{
    static struct key_sign keys[2];
    static bool made;
    for (unsigned k = 0; !made && k < 2; k++) {
        uint8_t seed[KEY_SEED_BYTES] = {0x0f, (uint8_t)(k + 1)};
        enum err e = key_sign_from_seed(&keys[k], KEY_OFFICER, seed);
        assert(e == ERR_OK);
        (void)e;
    }
    made = true;
    return &keys[i];
}

static void officer_op(const struct world *w, unsigned i, struct buf *payload)
{
    static const char *const names[] = {"Nguyễn Thị An", "Trần Bình"};
    const struct key_sign *k = officer(i);
    struct order_officer o = {.name = bytes_str(names[i]), .roles = ORDER_ROLE_ALL};
    memcpy(o.pk, k->public, sizeof o.pk);
    enum err e = order_officer_prove(k, &w->hub.keys.hub, &o);
    assert(e == ERR_OK);
    (void)e;
    order_officer_encode(&o, payload);
    assert(payload->e == ERR_OK);
}

/* Both have signed it. The same nonce and content are the same order. */
static void order_op(const struct world *w, const char *kind, const uint8_t nonce[16],
                     const struct buf *content, struct buf *payload, struct id_hash *id)
{
    struct buf bytes;
    struct order o = {.hub = w->hub.keys.hub,
                      .kind = bytes_str(kind),
                      .basis = bytes_str("Luật 91/2025/QH15"),
                      .content = buf_bytes(content)};
    buf_init(&bytes, ORDER_BYTES_MAX);
    memcpy(o.nonce, nonce, sizeof o.nonce);
    order_encode(&o, &bytes);
    order_id(buf_bytes(&bytes), id);
    struct order_op op = {.order = buf_bytes(&bytes)};
    for (unsigned i = 0; i < 2; i++) {
        memcpy(op.by[i].pk, officer(i)->public, sizeof op.by[i].pk);
        enum err e = order_sign(officer(i), op.order, op.by[i].signature);
        assert(e == ERR_OK);
        (void)e;
    }
    order_op_encode(&op, payload);
    assert(payload->e == ERR_OK);
    buf_free(&bytes);
}

static void erase_op(const struct world *w, const struct id_record *rid, struct buf *payload)
{
    struct buf content;
    struct id_hash id;
    struct id_record named = *rid;
    struct erase_list l = {.records = &named, .record_count = 1};
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    erase_encode(&l, &content);
    order_op(w, "erase", rid->b, &content, payload, &id);
    buf_free(&content);
}

/* Both officers are known before an order of theirs comes. */
static enum err append_all(struct world *w, const struct buf *order)
{
    enum err e = ERR_OK;
    for (unsigned i = 0; e == ERR_OK && i < 2; i++) {
        struct buf payload;
        buf_init(&payload, 1024);
        officer_op(w, i, &payload);
        struct bytes p = buf_bytes(&payload);
        if (!check_has_payload(w, p)) e = base_hub_append(w, &p, 1);
        buf_free(&payload);
    }
    struct bytes p = buf_bytes(order);
    return e == ERR_OK ? base_hub_append(w, &p, 1) : e;
}

/* Until it is in the log. `what`: for the trace; *count: of tries. */
static void order_give(struct world *w, const struct buf *payload, const char *what,
                       uint64_t *count)
{
    for (unsigned i = 0; i < (w->once ? 1u : 60u) && !w->failed; i++) {
        if (!w->once) world_await(w, WORLD_HUB);
        if (!w->hub.host.up || check_has_payload(w, buf_bytes(payload))) break;
        memvfs_set_time(world_wall(w, &w->hub.host));
        enum err e = append_all(w, payload);
        world_trace(w, "hub", "orders that %s be erased: %s", what, err_name(e));
        ++*count;
        world_look(w, WORLD_HUB);
        world_hub_turn_soon(w);
        if (w->once) break;
        while (w->hub.turn && world_step(w, w->now_ms + 1000)) {
        }
        world_await(w, WORLD_HUB);
        if (check_has_payload(w, buf_bytes(payload))) break;
        world_run(w, 1000);
    }
}

void world_erase(struct world *w, int record)
{
    struct buf payload;
    char what[40];
    if (!w->records[record].exists || w->failed) return;
    buf_init(&payload, CHANGE_BYTES_MAX);
    erase_op(w, &w->records[record].rid, &payload);
    (void)snprintf(what, sizeof what, "record %d", record);
    order_give(w, &payload, what, &w->stats.erasures);
    buf_free(&payload);
}

/* The fields that the op writes, ascending; false: an order may not name it alone. */
static bool alone_fields(const struct change_op *op, struct erase_op *out)
{
    if (op->kind > CHANGE_EDIT || op->count > ERASE_FIELDS_MAX) return false;
    for (size_t i = 0; i < op->count; i++) {
        if (op->writes[i].element.p != NULL || op->writes[i].field == 0) return false;
        unsigned field = op->writes[i].field;
        size_t at = out->field_count++;
        for (; at > 0 && out->fields[at - 1] > field; at--)
            out->fields[at] = out->fields[at - 1];
        out->fields[at] = field;
    }
    return op->count > 0;
}

/* The pick-th, from the first on again. */
static bool alone_find(const struct world *w, int record, unsigned pick, struct erase_op *out)
{
    const struct check *c = w->check;
    for (unsigned pass = 0, n = 0; pass < 2; pass++) {
        for (size_t i = 0; i < c->op_count; i++) {
            const struct naive_op *o = &c->ops[i];
            *out = (struct erase_op){.inc = id_version_inc(&o->version),
                                     .seq = id_version_seq(&o->version),
                                     .op = o->index,
                                     .rid = o->op.rid};
            if (o->gone || !ID_EQUAL(&o->op.rid, &w->records[record].rid) ||
                naive_dead(c, &o->op.rid) || !alone_fields(&o->op, out))
                continue;
            if (pass == 1 && pick == 0) return true;
            n++;
            pick -= pass == 1;
        }
        if (n == 0) return false;
        pick %= n;
    }
    return false;
}

void world_erase_alone(struct world *w, int record, unsigned pick)
{
    struct buf payload, content;
    struct id_hash id;
    char what[80];
    struct erase_op *op = calloc(1, sizeof *op);
    assert(op != NULL);
    if (!w->once) world_await(w, WORLD_HUB);
    if (w->failed || !w->hub.host.up || !w->records[record].exists ||
        !alone_find(w, record, pick, op)) {
        free(op);
        return;
    }
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    erase_encode(&(struct erase_list){.ops = op, .op_count = 1}, &content);
    uint8_t nonce[16] = {(uint8_t)op->op, (uint8_t)(op->op >> 8), 46};
    memcpy(nonce + 3, op->inc.b, sizeof op->inc.b);
    memcpy(nonce + 11, &(uint32_t){(uint32_t)op->seq}, 4);
    order_op(w, "erase", nonce, &content, &payload, &id);
    (void)snprintf(what, sizeof what, "op %u of set %u of record %d", op->op, (unsigned)op->seq,
                   record);
    order_give(w, &payload, what, &w->stats.alone);
    buf_free(&content);
    buf_free(&payload);
    free(op);
}

/* The order, and behind it what the hub writes because of it. */
static enum err reopen_append(struct world *w, const struct workflow_key *key, uint32_t issue,
                              const uint8_t nonce[16])
{
    struct buf content, order, reopen;
    struct workflow_reopen v = {.key = *key, .issue = issue};
    enum err e = ERR_OK;
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&order, CHANGE_BYTES_MAX);
    buf_init(&reopen, CHANGE_BYTES_MAX);
    workflow_order_encode(key, issue, &content);
    order_op(w, "reopen", nonce, &content, &order, &v.order);
    workflow_reopen_encode(&v, &reopen);
    struct bytes p = buf_bytes(&reopen);
    if (!check_has_payload(w, buf_bytes(&order))) e = append_all(w, &order);
    if (e == ERR_OK && !check_has_payload(w, p)) e = base_hub_append(w, &p, 1);
    buf_free(&content);
    buf_free(&order);
    buf_free(&reopen);
    return e;
}

void world_try_reopen(struct world *w, const char *report, const char *period, uint32_t issue,
                      unsigned order)
{
    struct workflow_key key = {bytes_str("735"), bytes_str(report), bytes_str(period)};
    uint8_t nonce[16] = {(uint8_t)order, (uint8_t)issue, (uint8_t)period[6], 45};
    memvfs_set_time(world_wall(w, &w->hub.host));
    enum err e = reopen_append(w, &key, issue, nonce);
    world_trace(w, "hub", "opens issue %u of %s again: %s", issue, period, err_name(e));
    world_look(w, WORLD_HUB);
    world_hub_turn_soon(w);
}
