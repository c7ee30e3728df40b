/* backup, verify, alarms: copies of the database, looking for damage, what a person settles.
 * docs/node.md. */
#include "common/io/db.h"
#include "common/io/device.h"
#include "common/log.h"
#include "node/command_priv.h"
#include "node/maintain.h"
#include "node/store_alarm.h"
#include "node/store_heal.h"

/* ---- backup ---- */

json_t *node_command_backup_said(enum err e, const char *path)
{
    switch ((int)e) {
    case ERR_OK: return json_pack("{s:s}", "backup", path);
    case ERR_LOCKED:
        return node_command_error(e, "Đang sao lưu rồi: hãy đợi bản đó xong.",
                                  "A backup is being made already: wait until it is done.", NULL);
    case ERR_LINK_LOST:
        return node_command_error(e, "Tiến trình nền dừng giữa chừng: chưa có bản sao lưu nào.",
                                  "The daemon stopped meanwhile: there is no copy.", NULL);
    case ERR_EXISTS:
        return node_command_error(
            e, "Đã có tệp mang tên này: hãy chọn tên khác. Chưa ghi gì.",
            "There is a file of that name: choose another. Nothing was written.", NULL);
    case ERR_FULL:
        return node_command_error(
            e,
            "Nơi chứa không đủ chỗ cho bản sao lưu. Chưa giữ lại gì; dữ liệu trên máy vẫn an toàn.",
            "There is no room for the copy. Nothing of it was kept; what is here is safe.", NULL);
    case ERR_BAD_INPUT:
        return node_command_error(
            e,
            "Hãy ghi đường dẫn đầy đủ của USB hoặc một thư mục khác: bản sao không được nằm trong "
            "thư mục dữ liệu của Đồng Bộ, vì hỏng ổ đĩa là mất cả hai. Chưa ghi gì.",
            "Enter the whole path of a stick or another folder: a copy may not lie in the data "
            "folder, where one broken disk takes both. Nothing was written.",
            "path");
    case ERR_NOT_FOUND:
    case ERR_DENIED:
    case ERR_IO:
        return node_command_error(
            e,
            "Không ghi được bản sao lưu vào nơi này (thư mục, quyền hoặc ổ đĩa). Dữ liệu trên máy "
            "vẫn "
            "an toàn.",
            "The copy cannot be written there (folder, rights or disk). What is here is safe.",
            NULL);
    default: return node_command_fail(e);
    }
}

json_t *node_command_backup(struct node_command *c, const json_t *request)
{
    char made[FILE_PATH_BYTES_MAX] = "";
    const char *path = json_string_value(json_object_get(request, "path"));
    enum err e = ERR_BAD_INPUT;
    if (path != NULL && path[0] == '/') e = node_backup(c->store, path, c->wall_ms(), made);
    return node_command_backup_said(e, made);
}

/* ---- restore: what the tool and the desk say when it does not work ---- */

json_t *node_command_restore_said(enum err e)
{
    switch ((int)e) {
    case ERR_NOT_FOUND:
        return node_command_error(e, "Không thấy tệp sao lưu này. Chưa thay đổi gì.",
                                  "There is no such copy. Nothing was changed.", NULL);
    case ERR_DAMAGED:
        return node_command_error(
            e, "Bản sao lưu này bị hỏng. Chưa thay đổi gì: hãy dùng bản khác.",
            "This copy is damaged. Nothing was changed: use another one.", NULL);
    case ERR_WRONG_HUB:
        return node_command_error(
            e,
            "Đây là bản sao lưu của máy khác, hoặc của khóa khác với thư mục `keys` này. "
            "Chưa thay đổi gì.",
            "This is a copy of another PC, or of other keys than those in `keys`. Nothing was "
            "changed.",
            NULL);
    case ERR_OTHER_PROGRAM:
        return node_command_error(
            e,
            "Đây là bản sao lưu của trung tâm (dongbo-hub), không phải của máy xã. Chưa thay đổi "
            "gì: hãy chọn tệp khác.",
            "This is a copy of a hub (dongbo-hub), not of a commune's PC. Nothing was changed: "
            "choose another file.",
            NULL);
    case ERR_NEWER:
        return node_command_error(
            e,
            "Bản sao lưu do phiên bản mới hơn tạo ra: hãy cài phiên bản đó rồi khôi phục. "
            "Chưa thay đổi gì.",
            "A newer version made this copy: install that version, then restore. Nothing was "
            "changed.",
            NULL);
    case ERR_FULL:
        return node_command_error(e,
                                  "Ổ đĩa thiếu chỗ để chép vào và kiểm tra bản sao lưu. Chưa thay "
                                  "đổi gì: dữ liệu hiện tại và "
                                  "bản sao lưu vẫn nguyên. Hãy lấy lại chỗ trống, không xóa gì "
                                  "trong thư mục dữ liệu, rồi chạy "
                                  "lại.",
                                  "The disk has no room to copy the backup in and to check it. "
                                  "Nothing was changed: the present "
                                  "data and the backup are as they were. Make room, delete nothing "
                                  "in the data folder, then "
                                  "run this again.",
                                  NULL);
    case ERR_READONLY:
        return node_command_error(e,
                                  "Không ghi được vào thư mục dữ liệu. Chưa thay đổi gì: dữ liệu "
                                  "hiện tại và bản sao lưu vẫn "
                                  "nguyên. Hãy mở lại quyền ghi rồi chạy lại.",
                                  "The data folder cannot be written. Nothing was changed: the "
                                  "present data and the backup are "
                                  "as they were. Make it writable, then run this again.",
                                  NULL);
    default:
        return node_command_error(
            e, "Không khôi phục được bản này. Dữ liệu hiện tại không đổi.",
            "This copy cannot be restored. The present data are as they were.", NULL);
    }
}

/* ---- verify ---- */

struct node_verify_rows {
    struct node_store *store;
    json_t *rows;
    bool heals[NODE_HEAL_LOG + 1]; /* kinds of damage that were met; 0: that does not heal */
};

static unsigned node_verify_heals(struct node_store *s, const struct node_finding *f)
{
    switch (f->kind) {
    case NODE_FINDING_SET:
    case NODE_FINDING_CHAIN:
    case NODE_FINDING_SIGNATURE: return NODE_HEAL_LOG;
    case NODE_FINDING_HUB_SET:
    case NODE_FINDING_RECORD:
    case NODE_FINDING_SCOPE: return NODE_HEAL_FEED;
    case NODE_FINDING_SEAL: return node_store_heal_kind(s, f->table);
    case NODE_FINDING_FILE:
    case NODE_FINDING_OP:
    case NODE_FINDING_RECEIPT:
    case NODE_FINDING_IDENTITY: break;
    }
    return 0;
}

json_t *node_command_finding(const struct node_finding *f)
{
    char inc[17], rid[33];
    id_hex(BYTES_OF(f->inc.b), inc);
    id_hex(BYTES_OF(f->rid.b), rid);
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:s, s:s*}", "vi", node_finding_vi(f->kind), "en",
                     node_finding_en(f->kind), "log", inc, "seq", (json_int_t)f->seq, "position",
                     (json_int_t)f->position, "id", rid, "table", f->table);
}

static enum err node_verify_row(void *ctx, const struct node_finding *f)
{
    struct node_verify_rows *v = ctx;
    v->heals[node_verify_heals(v->store, f)] = true;
    return json_array_append_new(v->rows, node_command_finding(f)) == 0 ? ERR_OK : ERR_NOMEM;
}

/* A person is told whatever becomes of this: errors are for the log of the program. */
static void node_verify_note(struct node_command *c, const struct node_verify_rows *v)
{
    enum err e = node_store_alarm(c->store, NODE_ALARM_DAMAGED, c->wall_ms());
    for (unsigned kind = 1; e == ERR_OK && kind <= NODE_HEAL_LOG; kind++) {
        if (v->heals[kind]) e = node_store_heal_want(c->store, kind, c->wall_ms());
    }
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("verify.note"), log_err(e));
}

json_t *node_command_verify(struct node_command *c, const json_t *request)
{
    struct node_verified v;
    json_t *findings = json_array();
    struct node_verify_rows rows = {.store = c->store, .rows = findings};
    (void)request;
    enum err e = node_store_verify(c->store, node_verify_row, &rows, &v);
    if (e == ERR_DAMAGED) node_verify_note(c, &rows);
    json_t *j = e == ERR_OK || e == ERR_DAMAGED
                    ? json_pack("{s:b, s:I, s:I, s:I, s:I, s:O}", "ok", (int)(e == ERR_OK), "sets",
                                (json_int_t)v.sets, "records", (json_int_t)v.records, "receipts",
                                (json_int_t)v.receipts, "finding_count", (json_int_t)v.findings,
                                "findings", findings)
                    : node_command_fail(e);
    json_decref(findings);
    return j;
}

/* ---- alarms ---- */

static enum err node_alarm_row(void *ctx, const struct node_alarm *a)
{
    json_t *j =
        json_pack("{s:I, s:i, s:s, s:s, s:o, s:o, s:I, s:o}", "alarm", (json_int_t)a->no, "kind",
                  (int)a->kind, "vi", node_alarm_vi(a->kind), "en", node_alarm_en(a->kind), "first",
                  node_json_time(a->first_ms), "last", node_json_time(a->last_ms), "times",
                  (json_int_t)a->count, "settled", node_json_time(a->acked_ms));
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *node_command_alarms(struct node_command *c, const json_t *request)
{
    json_int_t no = json_integer_value(json_object_get(request, "settle"));
    bool all = json_is_true(json_object_get(request, "all"));
    json_t *rows = json_array();
    enum err e = no != 0 ? node_store_alarm_ack(c->store, no, c->wall_ms()) : ERR_OK;
    if (e == ERR_OK) e = node_store_alarms(c->store, all, node_alarm_row, rows);
    json_t *j = e == ERR_OK ? json_pack("{s:O}", "alarms", rows) : node_command_fail(e);
    json_decref(rows);
    return j;
}

void node_command_alarm_warnings(struct node_command *c, json_t *warnings)
{
    json_t *rows = json_array();
    enum err e = node_store_alarms(c->store, false, node_alarm_row, rows);
    (void)e; /* the status says what it can */
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        json_array_append_new(warnings, json_pack("{s:s, s:O, s:O, s:O}", "code", "alarm", "alarm",
                                                  json_object_get(row, "alarm"), "vi",
                                                  json_object_get(row, "vi"), "en",
                                                  json_object_get(row, "en")));
    }
    json_decref(rows);
}

/* docs/erasure.md: what erasing does not reach by itself. */
static void node_warn_old(struct node_command *c, json_t *warnings)
{
    struct db_old_words w;
    if (db_old_told(db_path(node_store_db(c->store)), &w))
        json_array_append_new(
            warnings, json_pack("{s:s, s:s, s:s}", "code", "old_copies", "vi", w.vi, "en", w.en));
}

json_t *node_command_disk(struct node_command *c, json_t *warnings)
{
    enum device_crypt disk = device_crypt(db_path(node_store_db(c->store)));
    node_warn_old(c, warnings);
    if (disk == DEVICE_CRYPT_NO)
        json_array_append_new(
            warnings,
            json_pack(
                "{s:s, s:s, s:s}", "code", "disk_not_encrypted", "vi",
                "Ổ đĩa chứa dữ liệu chưa mã hóa: ai lấy được máy hoặc ổ đĩa sẽ đọc được mọi hồ "
                "sơ. Xem docs/at-rest.md.",
                "en",
                "The disk that holds the data is not encrypted: who takes the PC or the disk "
                "reads every record. See docs/at-rest.md."));
    return disk == DEVICE_CRYPT_UNKNOWN ? json_null() : json_boolean(disk == DEVICE_CRYPT_YES);
}
