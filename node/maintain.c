#include "node/maintain.h"
#include "node/keyring.h"
#include "common/date.h"
#include "common/io/db.h"
#include "node/store_alarm.h"
#include "node/store_readers.h"
#include "node/store_repair.h"

#include <stdio.h>
#include <string.h>

const char *node_finding_vi(enum node_finding_kind kind)
{
    switch (kind) {
    case NODE_FINDING_FILE: return "tệp cơ sở dữ liệu bị hỏng";
    case NODE_FINDING_SET: return "gói thay đổi không khớp mã băm";
    case NODE_FINDING_CHAIN: return "gói thay đổi không nối tiếp chuỗi";
    case NODE_FINDING_SIGNATURE: return "chữ ký của máy này sai";
    case NODE_FINDING_OP: return "danh sách thao tác khác với gói thay đổi";
    case NODE_FINDING_RECEIPT: return "biên nhận của trung tâm sai";
    case NODE_FINDING_HUB_SET: return "gói của trung tâm sai";
    case NODE_FINDING_RECORD: return "hồ sơ khác với bản đã nhận";
    case NODE_FINDING_SCOPE: return "tập hồ sơ khác với số trung tâm đã tính";
    case NODE_FINDING_IDENTITY: return "giấy tờ của máy này hoặc của trung tâm sai";
    case NODE_FINDING_SEAL: return "bảng dữ liệu bị sửa từ bên ngoài hoặc bị hỏng";
    }
    return "";
}

const char *node_finding_en(enum node_finding_kind kind)
{
    switch (kind) {
    case NODE_FINDING_FILE: return "the database file is damaged";
    case NODE_FINDING_SET: return "a change set is not what its hashes say";
    case NODE_FINDING_CHAIN: return "a change set does not extend its log";
    case NODE_FINDING_SIGNATURE: return "this PC's signature is wrong";
    case NODE_FINDING_OP: return "the list of ops is not that of the change set";
    case NODE_FINDING_RECEIPT: return "a receipt of the hub is wrong";
    case NODE_FINDING_HUB_SET: return "a set of the hub is wrong";
    case NODE_FINDING_RECORD: return "a record is not what came";
    case NODE_FINDING_SCOPE: return "the records together are not what the hub counted";
    case NODE_FINDING_IDENTITY: return "the papers of this PC or of the hub are wrong";
    case NODE_FINDING_SEAL: return "a table was changed from outside, or is damaged";
    }
    return "";
}

/* ---- backup ---- */

/* Is this place in the data folder? A copy there is lost with what it is a copy of, and stands in the way of
 * what the program keeps there. */
static enum err node_backup_apart(struct node_store *s, const char *dest)
{
    char full[FILE_PATH_BYTES_MAX], path[FILE_PATH_BYTES_MAX];
    char into[FILE_PATH_BYTES_MAX], data[FILE_PATH_BYTES_MAX];
    const char *db = db_path(node_store_db(s));
    if (db[0] == '\0') return ERR_OK; /* in memory */
    enum err e = file_full(dest, full);
    if (e == ERR_OK) e = file_beside(full, "", path);
    if (e == ERR_OK) e = file_absolute(path, into, sizeof into);
    if (e == ERR_OK) e = file_beside(db, "", path);
    if (e == ERR_OK) e = file_absolute(path, data, sizeof data);
    size_t n = strlen(data);
    if (e != ERR_OK || strncmp(into, data, n) != 0) return e;
    return into[n] == '\0' || into[n] == '/' ? ERR_BAD_INPUT : ERR_OK;
}

enum err node_backup_dest(struct node_store *s, const char *to, int64_t now_ms,
                          char out[static FILE_PATH_BYTES_MAX])
{
    struct node_identity id;
    char stem[64], stamp[DATE_NAME_ROOM];
    enum err e = node_store_identity(s, &id);
    if (e != ERR_OK) return e;
    snprintf(stem, sizeof stem, "dongbo-node-%s", id.unit[0] != '\0' ? id.unit : "moi");
    date_name(now_ms, stamp);
    e = db_copy_dest(to, stem, stamp, out, FILE_PATH_BYTES_MAX);
    return e == ERR_OK ? node_backup_apart(s, out) : e;
}

enum err node_backup(struct node_store *s, const char *to, int64_t now_ms,
                     char made[static FILE_PATH_BYTES_MAX])
{
    enum err e = node_backup_dest(s, to, now_ms, made);
    return e == ERR_OK ? db_backup(node_store_db(s), made) : e;
}

/* ---- restore ---- */

static enum err node_restore_check(const struct node_restore *r, const char *fresh,
                                   struct node_verified *seen)
{
    struct node_store *s = NULL;
    struct node_identity id;
    enum err e = node_store_open(&(struct node_store_options){.path = fresh}, &s);
    if (e == ERR_OK) e = node_store_identity(s, &id);
    if (e == ERR_NOT_READY) e = ERR_DAMAGED; /* a database, but no node's */
    if (e == ERR_OK && memcmp(id.sign_pk, r->sign_pk, sizeof id.sign_pk) != 0)
        e = r->dir != NULL ? node_keyring_fits(r->dir, &id) : ERR_WRONG_HUB;
    if (e == ERR_OK) e = node_store_verify(s, r->row, r->ctx, seen);
    if (e == ERR_OK && !r->look_only) e = node_store_renew(s);
    if (e == ERR_OK && !r->look_only) e = node_store_readers_doubt(s);
    if (e == ERR_OK && !r->look_only) e = node_store_alarm(s, NODE_ALARM_RESTORED, r->now_ms);
    node_store_close(s);
    return e;
}

enum err node_restore(const struct node_restore *r, struct node_restored *out)
{
    char fresh[FILE_PATH_BYTES_MAX], stamp[DATE_NAME_ROOM];
    *out = (struct node_restored){.kept = ""};
    enum err e = db_restore_name(r->path, fresh);
    if (e == ERR_OK && !file_exists(r->copy)) e = ERR_NOT_FOUND;
    if (e == ERR_OK) e = db_remove(fresh); /* of a restore that was cut */
    if (e == ERR_OK) e = db_copy_file(r->copy, fresh);
    if (e == ERR_OK) e = node_restore_check(r, fresh, &out->seen);
    date_name(r->now_ms, stamp);
    if (e == ERR_OK && !r->look_only)
        e = db_swap(fresh, r->path, stamp, out->kept, sizeof out->kept);
    enum err gone = db_remove(fresh);
    return e != ERR_OK ? e : gone;
}
