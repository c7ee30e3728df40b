#include "hub/store_repair.h"
#include "common/zoo.h"
#include "hub/store_priv.h"
#include "proto/admin_key.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

/* ---- own sets of a node, for a node that lost them ---- */

enum err hub_own_room(struct hub_store *s)
{
    if (s->own_sets != NULL) return ERR_OK;
    s->own_sets = calloc(HUB_OWN_SETS_MAX, sizeof *s->own_sets);
    if (s->own_sets == NULL) return ERR_NOMEM;
    buf_init(&s->own_memory, 16u * 1024u * 1024u);
    return ERR_OK;
}

/* The memory grew while rows were read: pointers are made at the end. */
void hub_own_point(struct hub_store *s, size_t count)
{
    const uint8_t *p = s->own_memory.p;
    for (size_t i = 0; i < count; i++) {
        s->own_sets[i].head.p = p;
        p += s->own_sets[i].head.len;
        s->own_sets[i].body.p = p;
        p += s->own_sets[i].body.len;
    }
}

static enum err hub_own_row(const struct db_stmt *q, struct message_set *m, struct buf *memory)
{
    struct bytes head = db_column_bytes(q, 1), body = db_column_bytes(q, 2);
    *m = (struct message_set){.position = (uint64_t)db_column_int(q, 0)};
    m->head.len = head.len;
    m->body.len = body.len;
    buf_add_bytes(memory, head);
    buf_add_bytes(memory, body);
    if (db_column_kind(q, 3) == DB_NULL) return memory->e;
    enum err e = db_column_copy(q, 3, m->signature, sizeof m->signature);
    return e == ERR_OK ? memory->e : e;
}

static enum err hub_own_rows(struct hub_store *s, const struct hub_log *log, uint64_t from,
                             size_t max_bytes, size_t *count)
{
    bool row = false;
    size_t n = 0;
    buf_clear(&s->own_memory);
    struct db_stmt *q = db_stmt(
        s->db, "SELECT pos, head, body, signature FROM sys_log WHERE inc = ?1 AND seq >= ?2 "
               "ORDER BY seq LIMIT ?3");
    db_bind_int(q, 1, log->no);
    db_bind_int(q, 2, (int64_t)from);
    db_bind_int(q, 3, HUB_OWN_SETS_MAX);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row && (n == 0 || s->own_memory.len < max_bytes)) {
        e = hub_own_row(q, &s->own_sets[n], &s->own_memory);
        n++;
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    *count = n;
    return e;
}

enum err hub_store_own_sets(struct hub_store *s, const struct id_hash *node,
                            const struct id_inc *inc, uint64_t from, size_t max_bytes,
                            const struct message_set **sets, size_t *count)
{
    size_t n = 0;
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    const struct hub_log *log = hub_log_find(s, inc);
    e = hub_own_room(s);
    if (e != ERR_OK) return e;
    if (log != NULL && ID_EQUAL(&log->node, node)) e = hub_own_rows(s, log, from, max_bytes, &n);
    if (e != ERR_OK) return e;
    hub_own_point(s, n);
    *sets = s->own_sets;
    *count = n;
    return ERR_OK;
}

/* ---- what is lost ---- */

static bool hub_in_lineage(const struct hub_store *s, uint64_t epoch)
{
    for (size_t i = 0; i < s->epoch_count; i++) {
        if (s->epochs[i].epoch == epoch) return true;
    }
    return false;
}

enum err hub_store_p(struct hub_store *s, uint64_t position, struct id_hash *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT p FROM sys_log WHERE pos = ?1");
    db_bind_int(q, 1, (int64_t)position);
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, out->b, sizeof out->b);
    db_done(q);
    return e;
}

/* Is P at this position of the log the given one? */
static enum err hub_has_moment(struct hub_store *s, uint64_t position, const struct id_hash *hash,
                               bool *has)
{
    struct id_hash p;
    enum err e = hub_store_p(s, position, &p);
    *has = e == ERR_OK && ID_EQUAL(&p, hash);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* A newer epoch stands for what was lost of this one. */
static enum err hub_accounted(struct hub_store *s, uint64_t epoch, bool *accounted)
{
    uint8_t name[8];
    if (hub_in_lineage(s, epoch)) {
        *accounted = epoch != s->identity.epoch;
        return ERR_OK;
    }
    le64_store(name, epoch);
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_lost WHERE epoch = ?1");
    db_bind_blob(q, 1, BYTES_OF(name));
    enum err e = db_get(q);
    db_done(q);
    *accounted = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_store_behind(struct hub_store *s, uint64_t epoch, uint64_t position,
                          const struct id_hash *hash, bool *behind)
{
    bool has = false, accounted = false;
    enum err e = hub_cache_ready(s);
    if (e == ERR_OK && position > 0) e = hub_has_moment(s, position, hash, &has);
    if (position == 0) has = true;
    if (e == ERR_OK) e = hub_accounted(s, epoch, &accounted);
    if (e != ERR_OK) return e;
    *behind = !accounted && (!has || !hub_in_lineage(s, epoch));
    return ERR_OK;
}

enum err hub_store_lost(struct hub_store *s, const struct admin_receipt *r, bool *lost)
{
    return hub_store_behind(s, r->epoch, r->last_position, &r->position_hash, lost);
}

/* ---- a new epoch ---- */

static enum err hub_lost_note(struct hub_store *s, uint64_t epoch, int64_t now_ms)
{
    uint8_t name[8];
    if (epoch == 0 || hub_in_lineage(s, epoch)) return ERR_OK;
    le64_store(name, epoch);
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR IGNORE INTO sys_lost(epoch, at_ms) VALUES (?1, ?2)");
    db_bind_blob(q, 1, BYTES_OF(name));
    db_bind_int(q, 2, now_ms);
    return db_run(q);
}

enum err hub_store_epoch_new(struct hub_store *s, uint64_t lost_epoch, int64_t now_ms)
{
    assert(db_in_transaction(s->db));
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    if (!s->has_identity) return ERR_NOT_READY;
    struct hub_identity id = s->identity;
    randombytes_buf(id.inc.b, sizeof id.inc.b);
    do {
        randombytes_buf(&id.epoch, sizeof id.epoch);
    } while (id.epoch == 0 || hub_in_lineage(s, id.epoch));
    e = hub_lost_note(s, lost_epoch, now_ms);
    if (e == ERR_OK) e = hub_meta_set_int(s, "confirm_wanted", now_ms > 0 ? now_ms : 1);
    if (e == ERR_OK) e = hub_store_alarm(s, HUB_ALARM_WENT_BACK, NULL, now_ms);
    if (e == ERR_OK) return hub_store_identity_set(s, &id);
    hub_store_rollback(s);
    return e;
}

enum err hub_store_confirm_wanted(struct hub_store *s, int64_t *since_ms)
{
    return hub_meta_int(s, "confirm_wanted", since_ms);
}

const char hub_unsettled_vi[] =
    "Trung tâm đã lùi về bản cũ và chờ xác nhận: khi các xã đã đồng bộ lại, hai cán bộ ký lệnh xác "
    "nhận "
    "(mục Cảnh báo của trang Tổng quan, hoặc `confirm`). Chưa thay đổi gì; các xã vẫn gửi được.";
const char hub_unsettled_en[] = "The hub went back in time and waits: when the nodes have synced "
                                "again, two officers sign an order that "
                                "confirms it (Alarms on the page Overview, or `confirm`). Nothing "
                                "was changed; nodes go on sending.";

enum err hub_store_settled(struct hub_store *s)
{
    int64_t since_ms = 0;
    enum err e = hub_store_confirm_wanted(s, &since_ms);
    return e == ERR_OK && since_ms != 0 ? ERR_DENIED : e;
}

enum err hub_store_gave_back(struct hub_store *s, const struct id_hash *node, uint64_t epoch)
{
    uint8_t name[8];
    le64_store(name, epoch);
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_node SET gave_back = ?2 WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_blob(q, 2, BYTES_OF(name));
    return db_run(q);
}

enum err hub_store_confirm(struct hub_store *s)
{
    assert(db_in_transaction(s->db));
    enum err e = hub_store_settled(s);
    if (e == ERR_DENIED) return hub_meta_set_int(s, "confirm_wanted", 0);
    return e == ERR_OK ? ERR_NOT_FOUND : e;
}

/* ---- the hub's own sets, given back ---- */

/* The log that keeps what comes back of a dead incarnation: it may have gaps, and two sets may have
 * had the same seq. */
static void hub_given_name(const struct id_inc *real, uint64_t n, struct id_inc *out)
{
    uint8_t m[16 + ID_INC_BYTES + 8] = "dongbo/giveback";
    uint8_t hash[32];
    memcpy(m + 16, real->b, ID_INC_BYTES);
    le64_store(m + 16 + ID_INC_BYTES, n);
    crypto_generichash(hash, sizeof hash, m, sizeof m, NULL, 0);
    memcpy(out->b, hash, sizeof out->b);
}

static enum err hub_given_open(struct hub_store *s, const struct id_inc *alias,
                               const struct id_inc *real, const uint8_t pk[static 32])
{
    struct hub_log log = {.inc = *alias, .node = s->identity.hub, .given = true, .real = *real};
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_inc(inc, node, sign_pk, given) VALUES (?1, ?2, ?3, ?4)");
    db_bind_blob(q, 1, BYTES_OF(alias->b));
    db_bind_blob(q, 2, BYTES_OF(s->identity.hub.b));
    db_bind_blob(q, 3, bytes_make(pk, 32));
    db_bind_blob(q, 4, BYTES_OF(real->b));
    enum err e = db_run(q);
    log.no = db_last_rowid(s->db);
    return e == ERR_OK ? hub_log_add(s, &log) : e;
}

static enum err hub_set_at(struct hub_store *s, const struct hub_log *log, uint64_t seq,
                           struct id_hash *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT hash FROM sys_log WHERE inc = ?1 AND seq = ?2");
    db_bind_int(q, 1, log->no);
    db_bind_int(q, 2, (int64_t)seq);
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, out->b, sizeof out->b);
    db_done(q);
    return e;
}

/* The place of a set that comes back: *log stays NULL when it is in the log already. */
static enum err hub_given_place(struct hub_store *s, const struct change_view *view,
                                const uint8_t pk[static 32], struct hub_log **log)
{
    struct id_hash there;
    struct hub_log *main = hub_log_find(s, &view->head.inc);
    enum err e = main != NULL ? hub_set_at(s, main, view->head.seq, &there) : ERR_NOT_FOUND;
    if (e == ERR_OK && ID_EQUAL(&there, &view->hash)) return ERR_OK;
    for (uint64_t n = 0; e == ERR_OK || e == ERR_NOT_FOUND; n++) {
        struct id_inc alias;
        hub_given_name(&view->head.inc, n, &alias);
        struct hub_log *given = hub_log_find(s, &alias);
        if (given == NULL) {
            e = hub_given_open(s, &alias, &view->head.inc, pk);
            if (e == ERR_OK) *log = hub_log_find(s, &alias);
            return e;
        }
        e = hub_set_at(s, given, view->head.seq, &there);
        if (e == ERR_OK && ID_EQUAL(&there, &view->hash)) return ERR_OK;
        if (e == ERR_NOT_FOUND) *log = given;
        if (e == ERR_NOT_FOUND) return ERR_OK;
    }
    return e;
}

static enum err hub_given_check(struct hub_store *s, const struct message_set *m,
                                struct change_view *view, uint8_t pk[static 32])
{
    enum err e = change_open(m->head, m->body, view);
    if (e == ERR_TOO_LARGE) e = ERR_BAD_FORMAT;
    if (e == ERR_OK) e = change_verify(view);
    if (e != ERR_OK) return e;
    change_hash(m->head, &view->hash);
    if (!ID_EQUAL(&view->head.hub, &s->identity.hub)) return ERR_WRONG_HUB;
    if (!ID_EQUAL(&view->head.node, &s->identity.hub)) return ERR_BAD_SIGNATURE;
    /* Out of our own log it was judged when it came; otherwise a stolen key gives nothing back. */
    return admin_key_set_check(&s->identity.parsed, &view->head, &view->hash, m->signature,
                               s->replaying ? 1 : 0, pk);
}

enum err hub_store_give(struct hub_store *s, const struct message_set *set, int64_t received_ms)
{
    assert(db_in_transaction(s->db));
    enum err e = hub_cache_ready(s);
    if (e != ERR_OK) return e;
    if (!s->has_identity) return ERR_NOT_READY;
    struct change_view *view = calloc(1, sizeof *view);
    if (view == NULL) return ERR_NOMEM;
    uint8_t pk[32];
    e = hub_given_check(s, set, view, pk);
    if (e != ERR_OK) {
        free(view);
        return e;
    }
    struct hub_log *log = NULL;
    bool living = ID_EQUAL(&view->head.inc, &s->identity.inc);
    e = hub_given_place(s, view, pk, &log);
    if (e == ERR_OK && log != NULL && living) { /* of this very epoch, and lost: it went back */
        e = hub_store_epoch_new(s, 0, received_ms);
        log = NULL;
        if (e == ERR_OK) e = hub_given_place(s, view, pk, &log);
    }
    if (e == ERR_OK && log != NULL) {
        e = hub_take_given(s, log, set, &view->hash, received_ms);
        if (e == ERR_OK && s->let_in && !ZOO(126)) e = hub_parcels_due(s, received_ms);
        s->let_in = false;
    } else if (e != ERR_OK) {
        hub_store_rollback(s);
    }
    free(view);
    return e;
}

enum err hub_store_give_any(struct hub_store *s, const struct message_set *set, int64_t received_ms)
{
    enum err e = hub_store_give(s, set, received_ms);
    bool left = e != ERR_OK && err_scope(e) != ERR_SCOPE_SELF && db_in_transaction(s->db);
    return left ? ERR_OK : e;
}
