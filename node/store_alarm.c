#include "node/store_alarm.h"
#include "node/store_priv.h"

const char *node_alarm_vi(enum node_alarm_kind kind)
{
    switch (kind) {
    case NODE_ALARM_RESTORED:
        return "Dữ liệu trên máy này là bản cũ được khôi phục. Hãy đồng bộ: phần đã gửi sẽ tự quay "
               "về; hãy xem lại những gì nhập sau bản sao lưu mà chưa gửi. Máy khác muốn đọc các "
               "trường "
               "niêm phong phải được chấp nhận lại: xem `readers`.";
    case NODE_ALARM_FORK:
        return "Có lần ghi trên máy này trùng chỗ với lần ghi khác của chính máy này (máy từng "
               "được "
               "khôi phục hoặc chép sang máy khác). Không mất gì: phần trùng đã được ghi lại; hãy "
               "xem các hồ sơ xung đột.";
    case NODE_ALARM_HUB_BACK:
        return "Trung tâm đã lùi về bản cũ. Máy này tự gửi lại những gì trung tâm thiếu; không "
               "phải "
               "làm gì.";
    case NODE_ALARM_DAMAGED:
        return "Dữ liệu trên ổ đĩa bị hỏng. Hãy đồng bộ rồi chạy `verify`: những gì trung tâm có "
               "sẽ tự quay về. Lần ghi chưa gửi mà hỏng thì trung tâm không có: chỉ còn trong bản "
               "sao lưu, nếu không thì phải nhập lại. Nếu `verify` vẫn báo hỏng: sao chép cả thư "
               "mục dữ liệu sang nơi khác, `restore` bản sao lưu gần nhất, rồi đồng bộ. Không có "
               "bản sao lưu: xem docs/keys.md, mục 1. Trong mọi trường hợp hãy cho kiểm tra ổ đĩa "
               "và báo cán bộ trung tâm.";
    case NODE_ALARM_CLOCK: return "Đồng hồ máy này sai nhiều: hãy chỉnh lại ngày giờ.";
    case NODE_ALARM_HUB_CLOCK:
        return "Đồng hồ của trung tâm đã lùi lại so với lần trước: hoặc nay sai, hoặc trước đây "
               "sai. Dữ liệu không bị "
               "ảnh hưởng; hãy báo cán bộ trung tâm kiểm tra ngày giờ.";
    }
    return "";
}

const char *node_alarm_en(enum node_alarm_kind kind)
{
    switch (kind) {
    case NODE_ALARM_RESTORED:
        return "The data on this PC are an old copy that was restored. Sync: what was sent comes "
               "back by itself; look through what was entered after the copy and not sent. Other "
               "PCs "
               "that are to read sealed fields have to be accepted again: see `readers`.";
    case NODE_ALARM_FORK:
        return "Saves of this PC had the same place as other saves of this PC (it was restored or "
               "copied to another PC). Nothing is lost: they were saved anew; look at the records "
               "in conflict.";
    case NODE_ALARM_HUB_BACK:
        return "The hub went back in time. This PC sends again what the hub lacks; there is "
               "nothing "
               "to do.";
    case NODE_ALARM_DAMAGED:
        return "Data on the disk are damaged. Sync, then run `verify`: what the hub has comes back "
               "by itself. A save that was not sent and is damaged is not at the hub: only a "
               "backup has it, else it must be typed again. If `verify` still finds damage: copy "
               "the whole data folder to another place, `restore` the newest backup, then sync. "
               "Without a backup: docs/keys.md, section 1. In any case have the disk looked at and "
               "tell the hub's officer.";
    case NODE_ALARM_CLOCK: return "This PC's clock is far off: set date and time.";
    case NODE_ALARM_HUB_CLOCK:
        return "The hub's clock has gone back since last time: it is wrong now, or was then. The "
               "data are not touched by "
               "it; tell the hub's officer to check date and time.";
    }
    return "";
}

enum err node_store_alarm(struct node_store *s, enum node_alarm_kind kind, int64_t now_ms)
{
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_alarm SET last_ms = ?2, count = count + 1 "
                                       "WHERE kind = ?1 AND acked_ms = 0");
    db_bind_int(q, 1, (int64_t)kind);
    db_bind_int(q, 2, now_ms);
    enum err e = db_run(q);
    if (e != ERR_OK || db_changes(s->db) > 0) return e;
    q = db_stmt(s->db, "INSERT INTO sys_alarm(kind, first_ms, last_ms, count, acked_ms) "
                       "VALUES (?1, ?2, ?2, 1, 0)");
    db_bind_int(q, 1, (int64_t)kind);
    db_bind_int(q, 2, now_ms);
    return db_run(q);
}

enum err node_store_alarms(struct node_store *s, bool all,
                           enum err (*row)(void *ctx, const struct node_alarm *a), void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "SELECT no, kind, first_ms, last_ms, count, acked_ms FROM "
                                       "sys_alarm WHERE ?1 OR acked_ms = 0 ORDER BY no DESC");
    db_bind_int(q, 1, all);
    while (e == ERR_OK && more) {
        e = db_step(q, &more);
        if (e != ERR_OK || !more) break;
        struct node_alarm a = {.no = db_column_int(q, 0),
                               .kind = (enum node_alarm_kind)db_column_int(q, 1),
                               .first_ms = db_column_int(q, 2),
                               .last_ms = db_column_int(q, 3),
                               .count = node_store_u64(db_column_int(q, 4)),
                               .acked_ms = db_column_int(q, 5)};
        e = row(ctx, &a);
    }
    db_done(q);
    return e;
}

enum err node_store_alarm_ack(struct node_store *s, int64_t no, int64_t now_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_alarm SET acked_ms = ?2 WHERE no = ?1 AND acked_ms = 0");
    db_bind_int(q, 1, no);
    db_bind_int(q, 2, now_ms > 0 ? now_ms : 1);
    enum err e = db_run(q);
    return e == ERR_OK && db_changes(s->db) == 0 ? ERR_NOT_FOUND : e;
}

enum err node_store_alarm_over(struct node_store *s, enum node_alarm_kind kind, int64_t now_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_alarm SET acked_ms = ?2 WHERE kind = ?1 AND acked_ms = 0");
    db_bind_int(q, 1, (int64_t)kind);
    db_bind_int(q, 2, now_ms > 0 ? now_ms : 1);
    return db_run(q);
}
