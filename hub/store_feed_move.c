/* Items of MOVES: what happened to a node's scope. SPEC 13.6. */
#include "common/zoo.h"
#include "hub/store_feed_priv.h"

static bool hub_item_id(const struct hub_source *src, int column, struct id_record *out)
{
    return db_column_copy(src->q, column, out->b, sizeof out->b) == ERR_OK;
}

static size_t hub_item_leave(struct hub_feed_memory *m, const struct hub_source *src)
{
    size_t before = m->move.len;
    struct move_leave l = {.frozen = db_column_kind(src->q, 3) != DB_NULL,
                           .unit = db_column_bytes(src->q, 2),
                           .state = db_column_bytes(src->q, 3)};
    if (!hub_item_id(src, 1, &l.record)) return 0;
    move_leave_encode(&l, &m->move);
    return m->move.len - before;
}

static size_t hub_item_transfer(struct hub_feed_memory *m, const struct hub_source *src)
{
    size_t before = m->move.len;
    struct move_transfer t = {.type = (unsigned)db_column_int(src->q, 3),
                              .from = db_column_bytes(src->q, 4),
                              .to = db_column_bytes(src->q, 5),
                              .state = (enum move_state)db_column_int(src->q, 6),
                              .offered_ms = (uint64_t)db_column_int(src->q, 7),
                              .days = (unsigned)db_column_int(src->q, 8),
                              .note = db_column_bytes(src->q, 9),
                              .answer = db_column_bytes(src->q, 10)};
    if (!hub_item_id(src, 1, &t.transfer) || !hub_item_id(src, 2, &t.record)) return 0;
    move_transfer_encode(&t, &m->move);
    return m->move.len - before;
}

static size_t hub_item_crossed(struct hub_store *s, struct hub_feed_memory *m,
                               const struct hub_source *src)
{
    static const uint8_t nil[] = {0xc0};
    size_t before = m->move.len;
    struct id_hash hash;
    struct move_crossing c = {.op = (unsigned)db_column_int(src->q, 2),
                              .unit = db_column_bytes(src->q, 3),
                              .state = (enum move_crossed)db_column_int(src->q, 4)};
    bool ok =
        hub_item_id(src, 1, &c.record) &&
        db_column_copy(src->q, 7, hash.b, sizeof hash.b) == ERR_OK &&
        change_open(db_column_bytes(src->q, 5), db_column_bytes(src->q, 6), s->view) == ERR_OK;
    if (!ok || c.op >= s->view->head.ops) return 0;
    c.version = id_version_make(&s->view->head.inc, s->view->head.seq, &hash);
    bool erased = s->view->payload[c.op].p == NULL;
    c.payload = erased ? BYTES_OF(nil) : s->view->payload[c.op];
    move_crossing_encode(&c, &m->move);
    return m->move.len - before;
}

static size_t hub_item_share(struct hub_feed_memory *m, const struct hub_source *src)
{
    size_t before = m->move.len;
    struct move_shared h = {.unit = db_column_bytes(src->q, 2),
                            .access = (enum move_access)db_column_int(src->q, 3)};
    if (!hub_item_id(src, 1, &h.record)) return 0;
    move_shared_encode(&h, &m->move);
    return m->move.len - before;
}

enum err hub_feed_move(struct hub_store *s, struct hub_feed_memory *m, const struct hub_source *src)
{
    enum move_item kind = MOVE_ITEM_SHARE;
    size_t len = 0;
    if (ZOO(112) && src->kind == HUB_FROM_LEAVES) return ERR_OK;
    enum err e = hub_feed_room((void **)&m->moves, &m->move_room, m->move_count, sizeof *m->moves);
    if (e != ERR_OK) return e;
    if (src->kind == HUB_FROM_LEAVES) {
        kind = MOVE_ITEM_LEAVE;
        len = hub_item_leave(m, src);
    } else if (src->kind == HUB_FROM_TRANSFERS) {
        kind = MOVE_ITEM_TRANSFER;
        len = hub_item_transfer(m, src);
    } else if (src->kind == HUB_FROM_CROSSED) {
        kind = MOVE_ITEM_CROSSED;
        len = hub_item_crossed(s, m, src);
    } else {
        len = hub_item_share(m, src);
    }
    if (m->move.e != ERR_OK) return m->move.e;
    if (len == 0) return ERR_DAMAGED;
    m->moves[m->move_count++] =
        (struct message_move){.position = src->pos, .kind = (unsigned)kind, .item = {NULL, len}};
    return ERR_OK;
}
