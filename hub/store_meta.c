/* Small values of the hub's store, by name. */
#include "hub/store_priv.h"

enum err hub_meta_get(struct hub_store *s, const char *key, struct buf *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT value FROM sys_meta WHERE key = ?1");
    db_bind_str(q, 1, key);
    enum err e = db_get(q);
    if (e == ERR_OK) buf_add_bytes(out, db_column_bytes(q, 0));
    db_done(q);
    return e == ERR_OK ? out->e : e;
}

enum err hub_meta_set(struct hub_store *s, const char *key, struct bytes value)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_meta(key, value) VALUES (?1, ?2) "
                                       "ON CONFLICT(key) DO UPDATE SET value = excluded.value");
    db_bind_str(q, 1, key);
    db_bind_blob(q, 2, value);
    return db_run(q);
}

enum err hub_meta_int(struct hub_store *s, const char *key, int64_t *out)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT value FROM sys_meta WHERE key = ?1");
    db_bind_str(q, 1, key);
    enum err e = db_get(q);
    if (e == ERR_OK) *out = db_column_int(q, 0);
    if (e == ERR_NOT_FOUND) *out = 0;
    db_done(q);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_meta_set_int(struct hub_store *s, const char *key, int64_t value)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT INTO sys_meta(key, value) VALUES (?1, ?2) "
                                       "ON CONFLICT(key) DO UPDATE SET value = excluded.value");
    db_bind_str(q, 1, key);
    db_bind_int(q, 2, value);
    return db_run(q);
}
