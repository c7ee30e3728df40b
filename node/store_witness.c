/* The witness beside the node's database (architecture 8). */
#include "node/store_alarm.h"
#include "node/store_priv.h"
#include "common/io/clock.h"
#include "common/log.h"

/* Does the own log contain what the witness saw? */
static enum err node_witness_seen(struct node_store *s, const struct witness_mark *mark, bool *seen)
{
    struct id_hash hash;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT l.head FROM sys_inc i JOIN sys_log l ON l.log = i.no AND "
                       "l.seq = ?2 - 1 WHERE i.inc = ?1");
    db_bind_blob(q, 1, bytes_make(mark->name, sizeof mark->name));
    db_bind_int(q, 2, node_store_i64(mark->number));
    enum err e = db_get(q);
    *seen = false;
    if (e == ERR_OK) {
        change_hash(db_column_bytes(q, 0), &hash);
        *seen = ID_EQUAL(&hash, &mark->hash);
    }
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err node_witness_open(struct node_store *s, const char *path)
{
    struct witness_mark mark;
    bool seen = true;
    enum err e = witness_open(&s->witness, path);
    if (e != ERR_OK) return e;
    if (witness_read(&s->witness, &mark) != ERR_OK) return ERR_OK; /* none, or of no use */
    e = node_witness_seen(s, &mark, &seen);
    if (e != ERR_OK || seen) return e;
    LOG_EVENT(LOG_LEVEL_WARN, log_evt("store.restored"));
    e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = node_store_renew(s);
    if (e == ERR_OK) e = node_store_readers_doubt(s);
    if (e == ERR_OK) e = node_store_alarm(s, NODE_ALARM_RESTORED, clock_wall_ms());
    return db_end(s->db, e);
}

void node_witness_note(struct node_store *s)
{
    struct witness_mark mark = {.number = 0};
    if (s->witness.path[0] == '\0') return;
    struct db_stmt *q =
        db_stmt(s->db, "SELECT inc, next_seq, head FROM sys_inc ORDER BY no DESC LIMIT 1");
    enum err e = db_get(q);
    if (e == ERR_OK) e = db_column_copy(q, 0, mark.name, sizeof mark.name);
    if (e == ERR_OK) mark.number = node_store_u64(db_column_int(q, 1));
    if (e == ERR_OK) e = db_column_copy(q, 2, mark.hash.b, sizeof mark.hash.b);
    db_done(q);
    if (e == ERR_OK) witness_note(&s->witness, &mark, clock_mono_ms());
}
