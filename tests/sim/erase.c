/* Officers of the district, and what two of them sign: erasure, the opening of a closed period. */
#include "tests/sim/base.h"
#include "tests/sim/check.h"

#include "proto/erase.h"
#include "proto/order.h"
#include "proto/workflow.h"

#include <assert.h>

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

void world_erase(struct world *w, int record)
{
    struct buf payload;
    if (!w->records[record].exists || w->failed) return;
    buf_init(&payload, CHANGE_BYTES_MAX);
    erase_op(w, &w->records[record].rid, &payload);
    for (unsigned i = 0; i < (w->once ? 1u : 60u) && !w->failed; i++) {
        if (!w->once) world_await(w, WORLD_HUB);
        if (!w->hub.host.up || check_has_payload(w, buf_bytes(&payload))) break;
        memvfs_set_time(world_wall(w, &w->hub.host));
        enum err e = append_all(w, &payload);
        world_trace(w, "hub", "orders that record %d be erased: %s", record, err_name(e));
        w->stats.erasures++;
        world_look(w, WORLD_HUB);
        world_hub_turn_soon(w);
        if (w->once) break;
        while (w->hub.turn && world_step(w, w->now_ms + 1000)) {
        }
        world_await(w, WORLD_HUB);
        if (check_has_payload(w, buf_bytes(&payload))) break;
        world_run(w, 1000);
    }
    buf_free(&payload);
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
