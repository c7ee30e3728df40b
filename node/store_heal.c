/* Damage that heals: what is shown made anew, the feed taken anew, delivered sets pulled. SPEC 15.7. */
#include "node/store_heal.h"
#include "common/log.h"
#include "node/card.h"
#include "node/store_erase_priv.h"
#include "node/store_priv.h"
#include "node/store_rekey.h"

#include <sodium.h>
#include <stdlib.h>

/* ---- what is wanted ---- */

/* Made of the records and the own log alone; the typed tables are too. */
static const char *const node_heal_shown_tables[] = {"sys_shown", "sys_search", "sys_ref"};

/* A whole feed brings all of it: applying one (store_apply.c) fills them from nothing. */
static const char *const node_heal_feed_tables[] = {
    "sys_record", "sys_hub_set", "sys_tomb",    "sys_frozen",        "sys_share",
    "sys_flow",   "sys_edition", "sys_crossed", "sys_catalogue_part"};

#define COUNT_OF(a) (sizeof(a) / sizeof *(a))

static bool node_heal_in(const char *const *names, size_t count, const char *table)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], table) == 0) return true;
    }
    return false;
}

unsigned node_store_heal_kind(struct node_store *s, const char *table)
{
    if (strcmp(table, "sys_log") == 0) return NODE_HEAL_LOG;
    if (node_heal_in(node_heal_feed_tables, COUNT_OF(node_heal_feed_tables), table))
        return NODE_HEAL_FEED;
    if (node_heal_in(node_heal_shown_tables, COUNT_OF(node_heal_shown_tables), table))
        return NODE_HEAL_SHOWN;
    size_t count = 0;
    const struct catalogue_type *types =
        s->catalogue != NULL ? catalogue_types(s->catalogue, &count) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(types[i].name, table) == 0) return NODE_HEAL_SHOWN;
    }
    return 0;
}

enum err node_store_heal_want(struct node_store *s, unsigned kind, int64_t now_ms)
{
    if (kind == 0) return ERR_OK;
    struct db_stmt *q =
        db_stmt(s->db, "INSERT INTO sys_heal(kind, at_ms, tries) VALUES (?1, ?2, 0) "
                       "ON CONFLICT(kind) DO UPDATE SET at_ms = ?2, tries = 0");
    db_bind_int(q, 1, kind);
    db_bind_int(q, 2, now_ms);
    return db_run(q);
}

/* Once for each damage: what does not heal by it is not fetched again in every session. */
void node_heal_met(struct node_store *s, int64_t now_ms)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_heal(kind, at_ms, tries) VALUES "
                                       "(?1, ?3, 0), (?2, ?3, 0)");
    db_bind_int(q, 1, NODE_HEAL_FEED);
    db_bind_int(q, 2, NODE_HEAL_LOG);
    db_bind_int(q, 3, now_ms);
    enum err e = db_run(q);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("heal.note"), log_err(e));
}

static enum err node_heal_wanted(struct node_store *s, enum node_heal_kind kind, bool *wanted)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_heal WHERE kind = ?1 AND tries < ?2");
    db_bind_int(q, 1, (int64_t)kind);
    db_bind_int(q, 2, NODE_HEAL_TRIES_MAX);
    enum err e = db_get(q);
    db_done(q);
    *wanted = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err node_heal_tries(struct node_store *s, enum node_heal_kind kind, const char *sql)
{
    struct db_stmt *q = db_stmt(s->db, sql);
    db_bind_int(q, 1, (int64_t)kind);
    return db_run(q);
}

static enum err node_heal_done(struct node_store *s, enum node_heal_kind kind, const char *what)
{
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("heal.done"), log_str("what", what));
    return node_heal_tries(s, kind, "DELETE FROM sys_heal WHERE kind = ?1");
}

/* ---- what is shown ---- */

static enum err node_heal_empty(struct node_store *s, const char *const *names, size_t count)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = db_seal_empty(s->db, names[i]);
    return e;
}

/* Inside a transaction with the catalogue ready; node_show_marked() fills it again. */
static enum err node_heal_shown_empty(struct node_store *s)
{
    size_t count = 0;
    const struct catalogue_type *types =
        s->catalogue != NULL ? catalogue_types(s->catalogue, &count) : NULL;
    enum err e = db_exec(
        s->db, "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM sys_record;"
               "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM sys_frozen;"
               "INSERT OR IGNORE INTO sys_marked(rid) SELECT rid FROM sys_op WHERE rid NOT NULL;"
               "DELETE FROM sys_marked WHERE typeof(rid) <> 'blob' OR length(rid) <> 16;");
    if (e == ERR_OK)
        e = node_heal_empty(s, node_heal_shown_tables, COUNT_OF(node_heal_shown_tables));
    for (size_t i = 0; e == ERR_OK && i < count; i++)
        e = db_seal_empty(s->db, types[i].name);
    return e;
}

static enum err node_heal_shown(struct node_store *s)
{
    bool had = s->typed != NULL;
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = node_catalogue_ready(s);
    if (e == ERR_OK) e = node_heal_shown_empty(s);
    if (e == ERR_OK) e = node_show_marked(s);
    if (e == ERR_OK) e = node_heal_done(s, NODE_HEAL_SHOWN, "shown");
    e = db_end(s->db, e);
    s->view_open = false;
    if (e != ERR_OK && !had) node_catalogue_unready(s);
    return e;
}

/* ---- the feed ---- */

static enum err node_heal_hub_set(struct node_store *s, const struct node_identity *id,
                                  const struct admin_card *card, const struct db_stmt *from)
{
    uint64_t position = node_store_u64(db_column_int(from, 0));
    struct bytes head = db_column_bytes(from, 1), signature = db_column_bytes(from, 3);
    struct id_hash hash;
    enum err e = change_open(head, db_column_bytes(from, 2), s->view);
    if (e == ERR_OK) e = change_verify(s->view);
    if (e == ERR_OK &&
        (signature.len != CHANGE_SIGNATURE_BYTES || !ID_EQUAL(&s->view->head.node, &id->hub)))
        e = ERR_DAMAGED;
    change_hash(head, &hash);
    if (e == ERR_OK)
        e = admin_key_set_check(card, &s->view->head, &hash, signature.p, position, NULL);
    if (e != ERR_OK) {
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("heal.dropped"), log_uint("position", position));
        return ERR_OK;
    }
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_staged_set(position, head, body, "
                                       "signature) VALUES (?1, ?2, ?3, ?4)");
    db_bind_int(q, 1, db_column_int(from, 0));
    db_bind_blob(q, 2, head);
    db_bind_blob(q, 3, db_column_bytes(from, 2));
    db_bind_blob(q, 4, signature);
    return db_run(q);
}

/* Sets that do not come again (of a record that left) stay, those that verify. */
static enum err node_heal_hub_sets(struct node_store *s)
{
    struct node_identity id;
    struct admin_card card;
    bool row = false;
    enum err e = node_store_identity(s, &id);
    if (e != ERR_OK) return e;
    node_card_of(&id, &card);
    s->view_open = false;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT position, head, body, signature FROM sys_hub_set WHERE head NOT IN "
                       "(SELECT head FROM sys_staged_set) ORDER BY position");
    e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_heal_hub_set(s, &id, &card, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

enum err node_heal_feed(struct node_store *s)
{
    bool wanted = false;
    enum err e = node_heal_wanted(s, NODE_HEAL_FEED, &wanted);
    if (e != ERR_OK || !wanted) return e;
    e = node_heal_hub_sets(s);
    if (e == ERR_OK) e = node_heal_shown_empty(s);
    if (e == ERR_OK) e = node_heal_empty(s, node_heal_feed_tables, COUNT_OF(node_heal_feed_tables));
    if (e == ERR_OK) e = node_heal_done(s, NODE_HEAL_SHOWN, "shown");
    return e == ERR_OK ? node_heal_done(s, NODE_HEAL_FEED, "feed") : e;
}

/* The copy is not the hub's: fetch all of it anew. The own pending sets stay as they are. */
enum err node_store_refetch(struct node_store *s, bool keep)
{
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    if (keep) e = node_keep_all(s);
    if (e == ERR_OK && keep) e = node_keep_orders(s);
    if (e == ERR_OK) e = node_stage_clear(s);
    if (e == ERR_OK) {
        e = db_exec(s->db, "DELETE FROM sys_early_verdict;"
                           "UPDATE sys_state SET epoch = 0, position = 0, "
                           "hash = x'0000000000000000', scope = zeroblob(16)");
    }
    return db_end(s->db, e);
}

static enum err node_heal_refetch(struct node_store *s)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT position FROM sys_state");
    enum err e = db_get(q);
    bool begun = e == ERR_OK && db_column_int(q, 0) == 0;
    db_done(q);
    if (e != ERR_OK || begun) return e;
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("heal.refetch"));
    return node_store_refetch(s,
                              false); /* what is whole is kept in its place: node_heal_hub_sets() */
}

enum err node_store_heal_begin(struct node_store *s)
{
    bool shown = false, feed = false;
    enum err e = node_heal_wanted(s, NODE_HEAL_FEED, &feed);
    if (e == ERR_OK) e = node_heal_wanted(s, NODE_HEAL_SHOWN, &shown);
    if (e == ERR_OK && feed) return node_heal_refetch(s);
    return e == ERR_OK && shown ? node_heal_shown(s) : e;
}

/* ---- the own log ---- */

/* From the end of a log to `low`: each row's hash is named by the row above it, the last one's by sys_inc. */
struct node_heal_walk {
    struct node_store *s;
    struct id_inc inc;
    int64_t no;
    uint64_t receipted, low, seq;
    bool known; /* `expected` is this row's */
    struct id_hash expected;
    bool has_key;
    uint8_t key[32];
    struct node_store_rot rot; /* found */
    /* what is put in their place; NULL: only look */
    const struct message_set *sets;
    size_t count;
    struct change_view *view; /* of one of them */
    struct node_erasing *erasing;
    node_store_sign_fn *sign;
    void *ctx;
    unsigned healed;
};

static bool node_heal_signed(const struct node_heal_walk *w, const struct change_head *h,
                             const struct id_hash *hash, struct bytes signature)
{
    if (signature.len != CHANGE_SIGNATURE_BYTES) return false;
    if (!w->has_key || sodium_is_zero(signature.p, CHANGE_SIGNATURE_BYTES)) return true;
    return change_check_signature(w->key, h, hash, signature.p) == ERR_OK;
}

/* Is the row what it was? *prev: what it names, when its header can be believed. */
static bool node_heal_good(struct node_heal_walk *w, const struct db_stmt *q, bool *has_prev,
                           struct id_hash *prev)
{
    struct node_store *s = w->s;
    struct bytes head = db_column_bytes(q, 1);
    struct id_hash hash;
    change_hash(head, &hash);
    *has_prev = false;
    s->view_open = false;
    if (w->known && !ID_EQUAL(&hash, &w->expected)) return false;
    if (change_open(head, db_column_bytes(q, 2), s->view) != ERR_OK) return false;
    const struct change_head *h = &s->view->head;
    if (h->seq != w->seq || !ID_EQUAL(&h->inc, &w->inc)) return false;
    bool whole = change_verify(s->view) == ERR_OK;
    *has_prev = w->known || whole;
    *prev = h->prev;
    return whole && node_heal_signed(w, h, &hash, db_column_bytes(q, 3));
}

/* The signature that stands there, if it is good or cannot be told; else ours once more; else the one that came. */
static void node_heal_sign(const struct node_heal_walk *w, const struct db_stmt *q,
                           const struct message_set *set, uint8_t out[static 64])
{
    const struct change_head *h = &w->view->head;
    struct bytes there = db_column_bytes(q, 3);
    bool good = node_heal_signed(w, h, &w->expected, there);
    if (!good && w->has_key && w->sign(w->ctx, w->key, h, &w->expected, out)) return;
    memcpy(out, good ? there.p : set->signature, CHANGE_SIGNATURE_BYTES);
}

/* The set that came for this place, if it is the one that the chain names: written as it was. */
static enum err node_heal_put(struct node_heal_walk *w, const struct db_stmt *q, bool *put)
{
    struct id_hash hash;
    uint8_t signature[CHANGE_SIGNATURE_BYTES];
    bool changed = false;
    const struct message_set *set = NULL;
    for (size_t i = 0; i < w->count && set == NULL; i++) {
        change_hash(w->sets[i].head, &hash);
        if (w->known && ID_EQUAL(&hash, &w->expected)) set = &w->sets[i];
    }
    if (set == NULL || change_open(set->head, set->body, w->view) != ERR_OK ||
        change_verify(w->view) != ERR_OK || w->view->head.seq != w->seq)
        return ERR_OK;
    enum err e = node_erase_body(w->s, &w->s->erased, set->head, set->body, w->erasing, &changed);
    if (e != ERR_OK) return e;
    node_heal_sign(w, q, set, signature);
    struct db_stmt *u = db_stmt(w->s->db, "UPDATE sys_log SET head = ?3, body = ?4, signature = ?5 "
                                          "WHERE log = ?1 AND seq = ?2");
    db_bind_int(u, 1, w->no);
    db_bind_int(u, 2, node_store_i64(w->seq));
    db_bind_blob(u, 3, set->head);
    db_bind_blob(u, 4, changed ? buf_bytes(&w->erasing->body) : set->body);
    db_bind_blob(u, 5, BYTES_OF(signature));
    *put = true;
    w->healed++;
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("heal.set"), log_uint("seq", w->seq));
    return db_run(u);
}

static enum err node_heal_row(struct node_heal_walk *w, const struct db_stmt *q)
{
    struct id_hash prev = {{0}};
    bool has_prev = false, put = false;
    enum err e = ERR_OK;
    w->seq = node_store_u64(db_column_int(q, 0));
    bool good = node_heal_good(w, q, &has_prev, &prev);
    if (!good && w->seq < w->receipted) {
        if (!w->rot.any) w->rot.last = w->seq;
        w->rot.any = true;
        w->rot.first = w->seq;
        if (w->sets != NULL) e = node_heal_put(w, q, &put);
        if (put) prev = w->view->head.prev;
    }
    w->known = put || has_prev;
    w->expected = prev;
    return e;
}

/* The key of the log, out of its genesis: the one that came where ours is damaged. */
static enum err node_heal_key(struct node_heal_walk *w)
{
    struct admin_genesis *g = NULL;
    enum err e = node_store_log_key(w->s, &w->inc, w->key);
    w->has_key = e == ERR_OK;
    if (e != ERR_DAMAGED && e != ERR_NOT_FOUND) return e;
    if (w->sets == NULL || w->low > 0) return ERR_OK;
    g = calloc(1, sizeof *g);
    if (g == NULL) return ERR_NOMEM;
    if (change_open(w->sets[0].head, w->sets[0].body, w->view) == ERR_OK &&
        w->view->payload[0].p != NULL && admin_genesis_decode(w->view->payload[0], g) == ERR_OK) {
        memcpy(w->key, g->sign_pk, sizeof w->key);
        w->has_key = true;
    }
    free(g);
    return ERR_OK;
}

static enum err node_heal_rows(struct node_heal_walk *w)
{
    bool row = false;
    enum err e = node_heal_key(w);
    struct db_stmt *q = db_stmt(w->s->db, "SELECT seq, head, body, signature FROM sys_log WHERE "
                                          "log = ?1 AND seq >= ?2 ORDER BY seq DESC");
    db_bind_int(q, 1, w->no);
    db_bind_int(q, 2, node_store_i64(w->low));
    if (e == ERR_OK) e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_heal_row(w, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    w->s->view_open = false;
    return e;
}

/* Columns no, inc, head, receipted of sys_inc. */
static enum err node_heal_log_row(struct node_heal_walk *w, const struct db_stmt *q)
{
    w->no = db_column_int(q, 0);
    w->receipted = node_store_u64(db_column_int(q, 3));
    w->known = true;
    w->rot = (struct node_store_rot){.any = false};
    enum err e = db_column_copy(q, 1, w->inc.b, sizeof w->inc.b);
    return e == ERR_OK ? db_column_copy(q, 2, w->expected.b, sizeof w->expected.b) : e;
}

enum err node_store_heal_rot(struct node_store *s, const struct message_hello_node *h,
                             struct node_store_rot rot[static HELLO_LOGS_MAX])
{
    bool wanted = false, row = false, any = false;
    enum err e = node_heal_wanted(s, NODE_HEAL_LOG, &wanted);
    if (e != ERR_OK || !wanted) return e;
    struct node_heal_walk w = {.s = s};
    struct db_stmt *q = db_stmt(s->db, "SELECT no, inc, head, receipted FROM sys_inc ORDER BY no");
    e = db_step(q, &row);
    while (e == ERR_OK && row) {
        e = node_heal_log_row(&w, q);
        if (e == ERR_OK) e = node_heal_rows(&w);
        any = any || w.rot.any;
        for (size_t i = 0; e == ERR_OK && i < h->log_count; i++) {
            if (ID_EQUAL(&h->logs[i].inc, &w.inc)) rot[i] = w.rot;
        }
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    if (e == ERR_OK && !any) return node_heal_done(s, NODE_HEAL_LOG, "log");
    return e == ERR_OK ? node_heal_tries(s, NODE_HEAL_LOG,
                                         "UPDATE sys_heal SET tries = tries + 1 WHERE kind = ?1")
                       : e;
}

/* The rows are again what they were: so is the seal of the table, which is left as it is. */
static enum err node_heal_write(struct node_heal_walk *w)
{
    struct db_seal seal;
    struct db_stmt *q =
        db_stmt(w->s->db, "SELECT no, inc, head, receipted FROM sys_inc WHERE inc = ?1");
    db_bind_blob(q, 1, BYTES_OF(w->inc.b));
    enum err e = db_get(q);
    if (e == ERR_OK) e = node_heal_log_row(w, q);
    db_done(q);
    if (e == ERR_OK) e = db_seal_keep(w->s->db, "sys_log", &seal);
    if (e == ERR_OK) e = node_heal_rows(w);
    if (e == ERR_OK && w->healed > 0) e = db_seal_back(w->s->db, "sys_log", &seal);
    if (e == ERR_OK && w->healed > 0)
        e = node_heal_tries(w->s, NODE_HEAL_LOG, "UPDATE sys_heal SET tries = 0 WHERE kind = ?1");
    return e;
}

enum err node_store_heal_sets(struct node_store *s, const struct id_inc *inc,
                              const struct message_set *sets, size_t count,
                              node_store_sign_fn *sign, void *ctx)
{
    struct change_head h;
    struct node_heal_walk w = {
        .s = s, .inc = *inc, .sets = sets, .count = count, .sign = sign, .ctx = ctx};
    if (count == 0 || change_head_read(sets[0].head, &h) != ERR_OK) return ERR_BAD_FORMAT;
    w.low = h.seq;
    w.view = calloc(1, sizeof *w.view);
    enum err e = w.view != NULL ? node_erasing_new(&w.erasing) : ERR_NOMEM;
    if (e == ERR_OK) e = db_begin(s->db);
    if (e == ERR_OK) e = db_end(s->db, node_heal_write(&w));
    node_erasing_free(w.erasing);
    free(w.view);
    return e;
}
