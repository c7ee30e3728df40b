#include "hub/maintain.h"
#include "common/date.h"
#include "common/io/db.h"
#include "hub/store_repair.h"
#include "proto/admin_key.h"

#include <stdio.h>

/* ---- backup ---- */

enum err hub_backup_dest(struct hub_store *s, const char *to, int64_t now_ms,
                         char out[static FILE_PATH_BYTES_MAX])
{
    struct hub_identity id;
    char stem[64], stamp[DATE_NAME_ROOM];
    enum err e = hub_store_identity(s, &id);
    if (e != ERR_OK) return e;
    snprintf(stem, sizeof stem, "dongbo-hub-%s", id.unit);
    date_name(now_ms, stamp);
    return db_copy_dest(to, stem, stamp, out, FILE_PATH_BYTES_MAX);
}

enum err hub_backup(struct hub_store *s, const char *to, int64_t now_ms,
                    char made[static FILE_PATH_BYTES_MAX])
{
    enum err e = hub_backup_dest(s, to, now_ms, made);
    return e == ERR_OK ? db_backup(hub_store_db(s), made) : e;
}

/* ---- restore ---- */

static enum err hub_restore_epoch(struct hub_store *s, int64_t now_ms)
{
    enum err e = hub_store_begin(s);
    if (e == ERR_OK) e = hub_store_epoch_new(s, 0, now_ms);
    return e == ERR_OK ? hub_store_commit(s) : e;
}

/* A copy from before the keys changed: the card in the folder names its key, and is put again when the
 * hub is opened (hub/rotate.h). */
static bool hub_restore_before(const struct hub_restore *r, const struct hub_identity *id)
{
    struct admin_card card;
    return admin_card_open(r->card, &id->hub, &card) == ERR_OK &&
           memcmp(card.log_pk, r->log_pk, sizeof card.log_pk) == 0 &&
           admin_key_is_past(&card, id->parsed.log_pk);
}

static bool hub_restore_ours(const struct hub_restore *r, const struct hub_identity *id)
{
    if (r->log_pk == NULL) return memcmp(id->parsed.root_pk, r->root_pk, 32) == 0;
    return memcmp(id->parsed.log_pk, r->log_pk, 32) == 0 || hub_restore_before(r, id);
}

static enum err hub_restore_check(const struct hub_restore *r, const char *fresh,
                                  struct hub_verified_log *seen)
{
    struct hub_store *s = NULL;
    struct hub_identity id;
    enum err e = hub_store_open(&(struct hub_store_options){.path = fresh}, &s);
    if (e == ERR_OK) e = hub_store_identity(s, &id);
    if (e == ERR_NOT_READY) e = ERR_DAMAGED; /* a database, but no hub's */
    if (e == ERR_OK && !hub_restore_ours(r, &id)) e = ERR_WRONG_HUB;
    if (e == ERR_OK) e = hub_verify_log(s, r->row, r->ctx, seen);
    if (e == ERR_OK) e = hub_store_check(s);
    if (e == ERR_OK && !r->look_only) e = hub_restore_epoch(s, r->now_ms);
    hub_store_close(s);
    return e;
}

enum err hub_restore(const struct hub_restore *r, struct hub_restored *out)
{
    char fresh[FILE_PATH_BYTES_MAX], stamp[DATE_NAME_ROOM];
    *out = (struct hub_restored){.kept = ""};
    enum err e = db_restore_name(r->path, fresh);
    if (e == ERR_OK && !file_exists(r->copy)) e = ERR_NOT_FOUND;
    if (e == ERR_OK) e = db_remove(fresh); /* of a restore that was cut */
    if (e == ERR_OK) e = db_copy_file(r->copy, fresh);
    if (e == ERR_OK) e = hub_restore_check(r, fresh, &out->seen);
    date_name(r->now_ms, stamp);
    if (e == ERR_OK && !r->look_only)
        e = db_swap(fresh, r->path, stamp, out->kept, sizeof out->kept);
    enum err gone = db_remove(fresh);
    return e != ERR_OK ? e : gone;
}
