/* Damage that heals: what is shown made anew, the feed taken anew. Delivered sets: store_rot.c. SPEC 15.7. */
#include "node/store_heal.h"
#include "common/log.h"
#include "node/card.h"
#include "node/store_alarm.h"
#include "node/store_heal_priv.h"

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
                       "ON CONFLICT(kind) DO UPDATE SET at_ms = ?2, tries = 0, looked = 0");
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

void node_heal_unreadable(struct node_store *s, int64_t now_ms)
{
    enum err e = node_store_alarm(s, NODE_ALARM_DAMAGED, now_ms);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("heal.note"), log_err(e));
    if (!s->fed)
        node_heal_met(s, now_ms); /* else it was fetched just now, and it is something else */
}

enum err node_heal_wanted(struct node_store *s, enum node_heal_kind kind, bool *wanted)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT 1 FROM sys_heal WHERE kind = ?1 AND tries < ?2");
    db_bind_int(q, 1, (int64_t)kind);
    db_bind_int(q, 2, NODE_HEAL_TRIES_MAX);
    enum err e = db_get(q);
    db_done(q);
    *wanted = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err node_heal_tries(struct node_store *s, enum node_heal_kind kind, const char *sql)
{
    struct db_stmt *q = db_stmt(s->db, sql);
    db_bind_int(q, 1, (int64_t)kind);
    return db_run(q);
}

enum err node_heal_done(struct node_store *s, enum node_heal_kind kind, const char *what)
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
    int64_t found_ms = 0;
    struct db_stmt *q = db_stmt(s->db, "SELECT at_ms FROM sys_heal WHERE kind = ?1");
    db_bind_int(q, 1, NODE_HEAL_SHOWN);
    enum err e = db_get(q);
    if (e == ERR_OK) found_ms = db_column_int(q, 0);
    db_done(q);
    if (e == ERR_OK) e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = node_catalogue_ready(s);
    if (e == ERR_OK) e = node_heal_shown_empty(s);
    if (e == ERR_OK) e = node_show_marked(s);
    if (e == ERR_OK) e = node_heal_done(s, NODE_HEAL_SHOWN, "shown");
    e = db_end(s->db, e);
    s->view_open = s->fed = false;
    if (e != ERR_OK && !had) node_catalogue_unready(s);
    if (e == ERR_OK && s->unreadable > 0) node_heal_unreadable(s, found_ms);
    if (e != ERR_DAMAGED) return e; /* a full disk says nothing about the tables */
    return node_heal_tries(s, NODE_HEAL_SHOWN,
                           "UPDATE sys_heal SET tries = tries + 1 WHERE kind = ?1");
}

/* ---- the feed ---- */

/* Columns position, head, body, signature of a set of the hub's log. */
typedef enum err node_heal_set_fn(struct node_store *s, const struct db_stmt *from);

static bool node_heal_hub_set_good(struct node_store *s, const struct node_identity *id,
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
    if (e != ERR_OK)
        LOG_EVENT(LOG_LEVEL_WARN, log_evt("heal.dropped"), log_uint("position", position));
    return e == ERR_OK;
}

/* Each set that did not come (again) and verifies. */
static enum err node_heal_hub_sets(struct node_store *s, node_heal_set_fn *each)
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
        if (node_heal_hub_set_good(s, &id, &card, q)) e = each(s, q);
        if (e == ERR_OK) e = db_step(q, &row);
    }
    db_done(q);
    return e;
}

/* Sets that do not come again (of a record that left) stay. */
static enum err node_heal_stay(struct node_store *s, const struct db_stmt *from)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_staged_set(position, head, body, "
                                       "signature) VALUES (?1, ?2, ?3, ?4)");
    db_bind_int(q, 1, db_column_int(from, 0));
    db_bind_blob(q, 2, db_column_bytes(from, 1));
    db_bind_blob(q, 3, db_column_bytes(from, 2));
    db_bind_blob(q, 4, db_column_bytes(from, 3));
    return db_run(q);
}

enum err node_heal_feed(struct node_store *s)
{
    bool wanted = false;
    enum err e = node_heal_wanted(s, NODE_HEAL_FEED, &wanted);
    if (e != ERR_OK || !wanted) return e;
    e = node_heal_hub_sets(s, node_heal_stay);
    if (e == ERR_OK) e = node_heal_shown_empty(s);
    if (e == ERR_OK) e = node_heal_empty(s, node_heal_feed_tables, COUNT_OF(node_heal_feed_tables));
    if (e == ERR_OK) e = node_heal_done(s, NODE_HEAL_SHOWN, "shown");
    s->fed = true;
    return e == ERR_OK ? node_heal_done(s, NODE_HEAL_FEED, "feed") : e;
}

/* All of it anew. The own pending sets stay as they are. */
static enum err node_heal_anew(struct node_store *s, enum err (*keep)(struct node_store *s))
{
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = keep(s);
    if (e == ERR_OK) e = node_keep_orders(s);
    if (e == ERR_OK) e = node_stage_clear(s);
    if (e == ERR_OK) {
        e = db_exec(s->db, "DELETE FROM sys_early_verdict;"
                           "UPDATE sys_state SET epoch = 0, position = 0, "
                           "hash = x'0000000000000000', scope = zeroblob(16)");
    }
    return db_end(s->db, e);
}

enum err node_store_refetch(struct node_store *s)
{
    return node_heal_anew(s, node_keep_all);
}

/* With the cursor at 0 no hub can tell that it went back: what it lost is given back all the same. */
static enum err node_heal_keep(struct node_store *s)
{
    return node_heal_hub_sets(s, node_keep_one);
}

static enum err node_heal_refetch(struct node_store *s)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT position FROM sys_state");
    enum err e = db_get(q);
    bool begun = e == ERR_OK && db_column_int(q, 0) == 0;
    db_done(q);
    if (e != ERR_OK || begun) return e;
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("heal.refetch"));
    return node_heal_anew(s, node_heal_keep);
}

enum err node_store_heal_begin(struct node_store *s)
{
    bool shown = false, feed = false;
    enum err e = node_heal_wanted(s, NODE_HEAL_FEED, &feed);
    if (e == ERR_OK) e = node_heal_wanted(s, NODE_HEAL_SHOWN, &shown);
    if (e == ERR_OK && feed) return node_heal_refetch(s);
    return e == ERR_OK && shown ? node_heal_shown(s) : e;
}
