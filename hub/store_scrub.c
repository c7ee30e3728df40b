#include "hub/store_scrub.h"
#include "hub/store_priv.h"

#include <sodium.h>
#include <stdlib.h>

enum { HUB_SCRUB_FOUND_MAX = 16 }; /* findings of one turn that are told */

/* Columns: pos, head, body, hash, p, p of the position before, hash of the set before, given. */
static const char *hub_scrub_row(const struct db_stmt *q, struct change_view *view)
{
    uint8_t m[2 * ID_HASH_BYTES] = {0};
    struct id_hash p, set;
    struct bytes before = db_column_bytes(q, 5), prev = db_column_bytes(q, 6);
    if (change_open(db_column_bytes(q, 1), db_column_bytes(q, 2), view) != ERR_OK)
        return "the stored bytes are no change set";
    change_hash(db_column_bytes(q, 1), &set);
    if (!bytes_equal(db_column_bytes(q, 3), BYTES_OF(set.b)))
        return "the set is not what its stored hash says";
    if (change_verify(view) != ERR_OK) return "an op is not what its hash says";
    if (db_column_int(q, 0) > 1 && before.len != ID_HASH_BYTES)
        return "the position before it is missing";
    if (before.len == ID_HASH_BYTES) memcpy(m, before.p, ID_HASH_BYTES);
    memcpy(m + ID_HASH_BYTES, set.b, ID_HASH_BYTES);
    crypto_generichash(p.b, sizeof p.b, m, sizeof m, NULL, 0);
    if (!bytes_equal(db_column_bytes(q, 4), BYTES_OF(p.b))) return "the position hash is wrong";
    bool given = db_column_int(q, 7) != 0; /* signed one by one, with gaps */
    if (!given && view->head.seq > 0 && !bytes_equal(prev, BYTES_OF(view->head.prev.b)))
        return "the set does not extend its log";
    return NULL;
}

enum err hub_store_scrub_log(struct hub_store *s, uint64_t *position, int max, hub_scrub_fn *found,
                             void *ctx, bool *done)
{
    struct {
        uint64_t position;
        const char *why;
    } bad[HUB_SCRUB_FOUND_MAX];
    size_t count = 0;
    bool row = true;
    int n = 0;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    struct change_view *view = calloc(1, sizeof *view);
    if (view == NULL) return ERR_NOMEM;
    struct db_stmt *q = db_stmt(
        s->db,
        "SELECT l.pos, l.head, l.body, l.hash, l.p, (SELECT b.p FROM sys_log b WHERE b.pos = "
        "l.pos - 1), (SELECT b.hash FROM sys_log b WHERE b.inc = l.inc AND b.seq = l.seq - "
        "1), i.given IS NOT NULL FROM sys_log l LEFT JOIN sys_inc i ON i.no = l.inc WHERE "
        "l.pos > ?1 ORDER BY l.pos LIMIT ?2");
    db_bind_int(q, 1, (int64_t)*position);
    db_bind_int(q, 2, max);
    for (; e == ERR_OK; n++) {
        e = db_step(q, &row);
        if (e != ERR_OK || !row) break;
        *position = (uint64_t)db_column_int(q, 0);
        const char *why = hub_scrub_row(q, view);
        if (why != NULL && count < HUB_SCRUB_FOUND_MAX) {
            bad[count].position = *position;
            bad[count++].why = why;
        }
    }
    db_done(q);
    free(view);
    *done = e == ERR_OK && n < max;
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = found(ctx, bad[i].position, bad[i].why);
    return e;
}
