#include "hub/units.h"

#include "common/zoo.h"
#include "hub/own.h"
#include "hub/rekey.h"
#include "hub/store_moves.h"
#include "hub/store_nodes.h"

#include <stdlib.h>

/* ---- what a unit has ---- */

struct units_nodes {
    const char *unit;
    struct hub_node *v;
    size_t count;
};

static enum err units_node_each(void *ctx, const struct hub_node_row *n)
{
    struct units_nodes *w = ctx;
    if (n->node.revoked || strcmp(n->node.unit, w->unit) != 0) return ERR_OK;
    if (w->count == HUB_UNITS_NODES_MAX) return ERR_TOO_LARGE;
    w->v[w->count++] = n->node;
    return ERR_OK;
}

enum err hub_units_nodes(struct hub_store *s, const char *unit,
                         struct hub_node v[static HUB_UNITS_NODES_MAX], size_t *count)
{
    struct units_nodes w = {.unit = unit, .v = v};
    enum err e = hub_store_nodes(s, units_node_each, &w);
    *count = w.count;
    return e;
}

enum err hub_units_records(struct hub_store *s, const char *unit, unsigned type, struct buf *ids)
{
    struct id_record some[256];
    int64_t after = 0;
    size_t n = 0;
    enum err e = ERR_OK;
    do {
        e = hub_store_unit_records(s, unit, type, &after, some, sizeof some / sizeof some[0], &n);
        for (size_t i = 0; e == ERR_OK && i < n; i++)
            buf_add(ids, some[i].b, sizeof some[i].b);
    } while (e == ERR_OK && n > 0 && ids->e == ERR_OK);
    return e == ERR_OK ? ids->e : e;
}

enum err hub_units_read(struct hub_store *s, const char *unit, struct hub_units_old *out)
{
    *out = (struct hub_units_old){.unit = unit};
    buf_init(&out->records, HUB_UNITS_IDS_BYTES_MAX);
    out->nodes = calloc(HUB_UNITS_NODES_MAX, sizeof *out->nodes);
    if (out->nodes == NULL) return ERR_NOMEM;
    enum err e = hub_units_nodes(s, unit, out->nodes, &out->node_count);
    return e == ERR_OK ? hub_units_records(s, unit, 0, &out->records) : e;
}

void hub_units_free(struct hub_units_old *old)
{
    free(old->nodes);
    buf_free(&old->records);
    old->nodes = NULL;
}

/* ---- the records ---- */

static enum err units_append(struct hub_store *s, const struct hub_sync_keys *keys,
                             const struct buf *payload, const struct hub_units_move *m)
{
    struct bytes p = buf_bytes(payload);
    struct hub_own_set set = {.person = m->person, .payloads = &p, .count = 1};
    return payload->e == ERR_OK ? hub_own_append(s, keys, &set, m->now_ms, NULL) : payload->e;
}

enum err hub_units_assign(struct hub_store *s, const struct hub_sync_keys *keys, struct bytes ids,
                          struct hub_units_move *m)
{
    enum err e = ERR_OK;
    struct buf payload;
    buf_init(&payload, CHANGE_BYTES_MAX);
    for (size_t at = 0; e == ERR_OK && at < ids.len;) {
        size_t n = ids.len - at;
        if (n > MOVE_ASSIGN_MAX * ID_RECORD_BYTES) n = MOVE_ASSIGN_MAX * ID_RECORD_BYTES;
        struct move_assign op = {.to = bytes_str(m->to),
                                 .date = bytes_str(m->date),
                                 .records = bytes_make(ids.p + at, n)};
        buf_clear(&payload);
        move_assign_encode(&op, &payload);
        e = units_append(s, keys, &payload, m);
        at += n;
        if (e == ERR_OK) m->records += n / ID_RECORD_BYTES;
    }
    buf_free(&payload);
    return e;
}

/* ---- offers to a unit that is no more ---- */

struct units_offers {
    const char *unit;
    struct buf ids;
};

static enum err units_offer_each(void *ctx, const struct hub_transfer *t)
{
    struct units_offers *w = ctx;
    if (strcmp(t->to, w->unit) == 0) buf_add(&w->ids, t->transfer.b, sizeof t->transfer.b);
    return w->ids.e;
}

/* Nobody is left to answer them: the giver keeps the record and may offer it to the successor. */
static enum err units_offers_end(struct hub_store *s, const struct hub_sync_keys *keys,
                                 const char *old, const struct hub_units_move *m)
{
    struct units_offers w = {.unit = old};
    struct buf payload;
    buf_init(&w.ids, HUB_UNITS_IDS_BYTES_MAX);
    buf_init(&payload, 1024);
    enum err e = hub_store_transfers(s, true, units_offer_each, &w);
    for (size_t at = 0; e == ERR_OK && at < w.ids.len; at += ID_RECORD_BYTES) {
        struct move_answer a = {.reply = MOVE_REFUSE, .note = bytes_str("đơn vị nhận đã sáp nhập")};
        memcpy(a.transfer.b, w.ids.p + at, sizeof a.transfer.b);
        buf_clear(&payload);
        move_answer_encode(&a, &payload);
        e = units_append(s, keys, &payload, m);
    }
    buf_free(&payload);
    buf_free(&w.ids);
    return e;
}

/* ---- all of it ---- */

enum err hub_units_merge(struct hub_store *s, const struct hub_sync_keys *keys,
                         const struct hub_units_old *old, struct hub_units_move *m)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < old->node_count && !ZOO(113); i++, m->nodes++)
        e = hub_rekey_certify(
            s, keys,
            &(struct hub_certify){.node = &old->nodes[i].node, .unit = m->to, .person = &m->person},
            m->now_ms);
    if (e == ERR_OK) e = hub_units_assign(s, keys, buf_bytes(&old->records), m);
    return e == ERR_OK ? units_offers_end(s, keys, old->unit, m) : e;
}
