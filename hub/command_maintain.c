/* backup, alarms, confirm: copies of the database, and what people settle. docs/hub.md. */
#include "hub/command_priv.h"
#include "common/date.h"
#include "common/io/clock.h"
#include "common/io/db.h"
#include "common/io/device.h"
#include "hub/confirm.h"
#include "hub/maintain.h"
#include "hub/stops.h"
#include "hub/store_desk.h"
#include "hub/store_own.h"
#include "hub/store_repair.h"

#include <stdio.h>

/* ---- backup ---- */

json_t *hub_command_backup_said(enum err e, const char *path)
{
    switch ((int)e) {
    case ERR_OK: return json_pack("{s:s}", "backup", path);
    case ERR_LOCKED:
        return hub_command_error(e, "Đang sao lưu rồi: hãy đợi bản đó xong.",
                                 "A backup is being made already: wait until it is done.");
    case ERR_LINK_LOST:
        return hub_command_error(e, "Trung tâm dừng giữa chừng: chưa có bản sao lưu nào.",
                                 "The hub stopped meanwhile: there is no copy.");
    case ERR_EXISTS:
        return hub_command_error(
            e, "Đã có tệp mang tên này: hãy chọn tên khác. Chưa ghi gì.",
            "There is a file of that name: choose another. Nothing was written.");
    case ERR_FULL:
        return hub_command_error(
            e, "Nơi chứa không đủ chỗ cho bản sao lưu. Chưa giữ lại gì; trung tâm vẫn chạy.",
            "There is no room for the copy. Nothing of it was kept; the hub goes on.");
    case ERR_NOT_FOUND:
    case ERR_DENIED:
    case ERR_IO:
        return hub_command_error(
            e,
            "Không ghi được bản sao lưu vào nơi này (thư mục, quyền hoặc ổ đĩa). Trung tâm vẫn "
            "chạy.",
            "The copy cannot be written there (folder, rights or disk). The hub goes on.");
    default: return hub_command_fail(e);
    }
}

json_t *hub_command_backup(struct hub_app *a, const json_t *request)
{
    char made[FILE_PATH_BYTES_MAX] = "";
    const char *path = hub_request_str(request, "path");
    enum err e = ERR_BAD_INPUT;
    if (path != NULL && path[0] == '/') e = hub_backup(a->store, path, clock_wall_ms(), made);
    if (e == ERR_OK) e = hub_backup_noted(a->store, made, clock_wall_ms());
    return hub_command_backup_said(e, made);
}

/* ---- alarms ---- */

static enum err hub_alarm_row(void *ctx, const struct hub_alarm *a)
{
    json_t *j =
        json_pack("{s:I, s:i, s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:s}", "alarm", (json_int_t)a->no,
                  "kind", (int)a->kind, "vi", hub_alarm_vi(a->kind), "en", hub_alarm_en(a->kind),
                  "node", a->has_node ? hub_json_hex(BYTES_OF(a->node.b)) : json_null(), "first",
                  hub_json_time(a->first_ms), "last", hub_json_time(a->last_ms), "times",
                  (json_int_t)a->count, "settled", hub_json_time(a->acked_ms), "what", a->what);
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

/* Alarms that stand; with "all", also settled ones; with "settle": a number, a person settles that one
 * first. */
json_t *hub_command_alarms(struct hub_app *a, const json_t *request)
{
    json_int_t no = json_integer_value(json_object_get(request, "settle"));
    bool all = json_is_true(json_object_get(request, "all"));
    json_t *rows = json_array();
    enum err e = no != 0 ? hub_store_alarm_ack(a->store, no, clock_wall_ms()) : ERR_OK;
    if (e == ERR_OK && no != 0) e = hub_stops_settled(a);
    if (e == ERR_OK) e = hub_store_alarms(a->store, all, hub_alarm_row, rows);
    enum err settled = e == ERR_OK ? hub_store_settled(a->store) : e;
    if (settled != ERR_OK && settled != ERR_DENIED) e = settled;
    json_t *j = e == ERR_OK ? json_pack("{s:b, s:O}", "confirm_wanted",
                                        (int)(settled == ERR_DENIED), "alarms", rows)
                            : hub_command_fail(e);
    json_decref(rows);
    return j;
}

/* ---- confirm ---- */

static json_t *hub_confirm_said(enum err e)
{
    switch ((int)e) {
    case ERR_NOT_FOUND:
        return hub_command_error(e, "Không có gì chờ xác nhận.", "Nothing waits to be confirmed.");
    case ERR_BAD_INPUT:
        return hub_command_error(e, "Cần --reason: căn cứ xác nhận, một dòng.",
                                 "--reason is needed: what the confirmation rests on, one line.");
    case ERR_DENIED:
        return hub_command_error(e,
                                 "Chưa làm gì: xác nhận cần hai cán bộ khác nhau có quyền "
                                 "`restore`, mà trung tâm chưa biết đủ hai "
                                 "người. Cán bộ được ghi sau bản sao lưu này tự trở lại khi các xã "
                                 "đồng bộ; nếu chưa từng có, hãy "
                                 "ghi họ (trang Lệnh cần hai người, hoặc `officer add`). Trong lúc "
                                 "chờ, các xã vẫn gửi được.",
                                 "Nothing was done: two different officers with the role `restore` "
                                 "are needed, and the hub does not "
                                 "know two. Officers recorded after this copy was made come back "
                                 "when the communes sync; if there "
                                 "never were any, record them (page Orders of two people, or "
                                 "`officer add`). Meanwhile nodes go on "
                                 "sending.");
    default: return hub_command_fail(e);
    }
}

/* The order that two officers sign; approving it ends the waiting. */
json_t *hub_command_confirm(struct hub_app *a, const json_t *request)
{
    const char *basis = hub_request_str(request, "reason");
    struct buf content, order;
    buf_init(&content, 64);
    buf_init(&order, ORDER_BYTES_MAX);
    enum err e = hub_confirm_content(a, &content);
    if (e == ERR_OK) e = hub_confirm_able(a);
    if (e == ERR_OK)
        e = hub_order_draft(a, "restore", bytes_str(basis != NULL ? basis : ""),
                            buf_bytes(&content), clock_wall_ms(), &order);
    json_t *j = e != ERR_OK ? hub_confirm_said(e)
                            : json_pack("{s:o, s:o}", "order", hub_json_base64(buf_bytes(&order)),
                                        "what", hub_confirm_describe(a, buf_bytes(&content)));
    buf_free(&content);
    buf_free(&order);
    return j;
}

/* ---- status ---- */

#define HUB_CERTIFICATE_WARN_MS                                                                    \
    (INT64_C(30) * 86400000) /* so long before it runs out people are told */

enum {
    HUB_SEALING_DAYS = 92
}; /* a quarter: who takes a key later reads what was sealed to it meanwhile */

static void hub_warn(json_t *warnings, const char *code, const char *vi, const char *en)
{
    json_array_append_new(warnings, json_pack("{s:s, s:s, s:s}", "code", code, "vi", vi, "en", en));
}

/* docs/erasure.md: what erasing does not reach by itself. */
static void hub_warn_old(struct hub_app *a, json_t *warnings)
{
    struct db_old_words w;
    if (db_old_told(db_path(hub_store_db(a->store)), &w))
        hub_warn(warnings, "old_copies", w.vi, w.en);
}

/* docs/keys.md, 3. It takes the root key, so that no program can do it by itself. */
static void hub_warn_sealing(struct hub_app *a, json_t *warnings)
{
    char vi[400], en[400], day_vi[DATE_TEXT_ROOM], day_en[DATE_TEXT_ROOM];
    int64_t since_ms = 0;
    struct date day;
    enum err e = hub_store_own_since(a->store, &since_ms);
    if (e == ERR_OK) e = date_of_ms(since_ms, &day);
    long long days = (long long)((clock_wall_ms() - since_ms) / DATE_DAY_MS);
    if (e != ERR_OK || days <= HUB_SEALING_DAYS) return;
    date_print_vi(day, day_vi);
    date_print(day, day_en);
    snprintf(vi, sizeof vi,
             "Khóa niêm phong của trung tâm đã dùng %lld ngày (từ %s), quá %d ngày: hãy đổi khóa "
             "định kỳ (`keys rotate`, "
             "cần khóa gốc; docs/keys.md mục 3). Mọi việc vẫn chạy như thường.",
             days, day_vi, HUB_SEALING_DAYS);
    snprintf(
        en, sizeof en,
        "The hub's sealing key has been in use for %lld days (since %s), more than %d: make the "
        "planned change of "
        "keys (`keys rotate`, with the root key; docs/keys.md, 3). Everything works as before.",
        days, day_en, HUB_SEALING_DAYS);
    hub_warn(warnings, "sealing_key_old", vi, en);
}

/* Whoever confirms looks at how far the communes are. */
static void hub_warn_unsettled(struct hub_app *a, json_t *status, json_t *warnings)
{
    char vi[300], en[300];
    json_t *at = json_object();
    hub_warn(warnings, "confirm", hub_unsettled_vi, hub_unsettled_en);
    if (hub_confirm_progress(a, at) == ERR_OK && json_object_size(at) > 0) {
        long long all = json_integer_value(json_object_get(at, "nodes"));
        long long called = json_integer_value(json_object_get(at, "called"));
        long long done = json_integer_value(json_object_get(at, "finished"));
        snprintf(
            vi, sizeof vi,
            "Từ khi trung tâm lùi về bản cũ: %lld trên %lld máy xã đã gửi lại xong, %lld đã gọi "
            "đến. Hãy chờ các máy còn lại trước khi xác nhận.",
            done, all, called);
        snprintf(en, sizeof en,
                 "Since the hub went back: %lld of %lld PCs have finished sending again, %lld have "
                 "called. Wait for the others before you confirm.",
                 done, all, called);
        if (done < all) hub_warn(warnings, "confirm_early", vi, en);
        json_object_set(status, "confirm", at);
    }
    json_decref(at);
}

void hub_command_status_warnings(struct hub_app *a, json_t *status)
{
    json_t *rows = json_array(), *w = json_array();
    enum err e = hub_store_alarms(a->store, false, hub_alarm_row, rows);
    size_t count = json_array_size(rows);
    if (e == ERR_OK) json_object_set_new(status, "alarms", json_integer((json_int_t)count));
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(rows, i);
        hub_warn(w, "alarm", json_string_value(json_object_get(row, "vi")),
                 json_string_value(json_object_get(row, "en")));
    }
    e = hub_store_settled(a->store);
    json_object_set_new(status, "confirm_wanted", json_boolean(e == ERR_DENIED));
    if (e == ERR_DENIED) hub_warn_unsettled(a, status, w);
    enum device_crypt disk = device_crypt(db_path(hub_store_db(a->store)));
    json_object_set_new(status, "disk_encrypted",
                        disk == DEVICE_CRYPT_UNKNOWN ? json_null()
                                                     : json_boolean(disk == DEVICE_CRYPT_YES));
    if (disk == DEVICE_CRYPT_NO)
        hub_warn(
            w, "disk_not_encrypted",
            "Ổ đĩa chứa dữ liệu chưa mã hóa: ai lấy được máy hoặc ổ đĩa sẽ đọc được mọi hồ sơ. "
            "Xem docs/at-rest.md.",
            "The disk that holds the data is not encrypted: who takes the PC or the disk reads "
            "every record. See docs/at-rest.md.");
    if (a->drive != NULL && a->certificate_until_ms < clock_wall_ms() + HUB_CERTIFICATE_WARN_MS)
        hub_warn(w, "certificate",
                 "Chứng thư của trang hết hạn hoặc sắp hết hạn: chạy `certificate renew` trên máy "
                 "trung tâm, rồi khởi động lại.",
                 "The page's certificate has run out or soon will: run `certificate renew` on the "
                 "hub's machine, then start it again.");
    hub_warn_sealing(a, w);
    hub_warn_old(a, w);
    hub_command_status_apart(a, status, w);
    json_object_set_new(status, "warnings", w);
    json_decref(rows);
}
