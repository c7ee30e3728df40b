/* Alarms, and what raises them. */
#include "hub/store_alarm.h"
#include "hub/store_priv.h"

#include <stdio.h>
#include <stdlib.h>

const char *hub_alarm_vi(enum hub_alarm_kind kind)
{
    switch (kind) {
    case HUB_ALARM_CLONE: return "hai máy cùng một khóa, hoặc một máy đã khôi phục bản cũ";
    case HUB_ALARM_WENT_BACK: return "trung tâm đã lùi về bản cũ; các xã sẽ gửi lại phần thiếu";
    case HUB_ALARM_FORK:
        return "máy này từng được khôi phục hoặc chép: các lần ghi trùng chỗ đã được ghi lại; nếu "
               "hai máy cùng chạy "
               "bản này, chỉ để một máy";
    case HUB_ALARM_DAMAGED:
        return "dữ liệu trên ổ đĩa của trung tâm bị hỏng: giữ nguyên thư mục, gọi người phụ trách "
               "máy "
               "kiểm tra nhật ký";
    case HUB_ALARM_CLOCK: return "đồng hồ của máy này lệch nhiều so với trung tâm";
    case HUB_ALARM_QUARANTINE:
        return "máy đã bị thu hồi gửi thay đổi: chúng được để riêng, chờ quyết định ở trang Máy xã";
    case HUB_ALARM_STOPPED:
        return "chương trình đã dừng nhiều lần khi nhận dữ liệu của máy này; máy này phải chờ, các "
               "máy khác làm việc "
               "bình thường: báo người phát triển, cập nhật chương trình, hoặc đánh dấu đã xử lý "
               "để thử lại";
    }
    return "";
}

const char *hub_alarm_en(enum hub_alarm_kind kind)
{
    switch (kind) {
    case HUB_ALARM_CLONE: return "two PCs with one key, or one restored from an old copy";
    case HUB_ALARM_WENT_BACK: return "the hub went back in time; nodes send again what it lacks";
    case HUB_ALARM_FORK:
        return "this PC was restored or copied: saves that had the same place were made anew; if "
               "two PCs run this copy, "
               "only one may go on";
    case HUB_ALARM_DAMAGED:
        return "data on the hub's disk are damaged: keep the folder as it is, have the log checked "
               "by "
               "whoever looks after the machine";
    case HUB_ALARM_CLOCK: return "the clock of this PC is far from the hub's";
    case HUB_ALARM_QUARANTINE:
        return "a revoked PC sent changes: they are kept apart until decided on the page Commune "
               "PCs";
    case HUB_ALARM_STOPPED:
        return "this program stopped several times at what this PC sends; it waits and the others "
               "go on: tell the "
               "developers, update the program, or settle this to try again";
    }
    return "";
}

enum err hub_store_alarm(struct hub_store *s, enum hub_alarm_kind kind, const struct id_hash *node,
                         int64_t now_ms)
{
    static const struct id_hash nobody;
    const struct id_hash *who = node != NULL ? node : &nobody;
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_alarm SET last_ms = ?3, count = count + 1 "
                                       "WHERE kind = ?1 AND node = ?2 AND acked_ms = 0");
    db_bind_int(q, 1, (int64_t)kind);
    db_bind_blob(q, 2, BYTES_OF(who->b));
    db_bind_int(q, 3, now_ms);
    enum err e = db_run(q);
    if (e != ERR_OK || db_changes(s->db) > 0) return e;
    q = db_stmt(s->db, "INSERT INTO sys_alarm(kind, node, first_ms, last_ms, count, acked_ms) "
                       "VALUES (?1, ?2, ?3, ?3, 1, 0)");
    db_bind_int(q, 1, (int64_t)kind);
    db_bind_blob(q, 2, BYTES_OF(who->b));
    db_bind_int(q, 3, now_ms);
    return db_run(q);
}

enum err hub_store_alarmed(struct hub_store *s, enum hub_alarm_kind kind,
                           const struct id_hash *node, bool *out)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT 1 FROM sys_alarm WHERE kind = ?1 AND node = ?2 AND acked_ms = 0");
    db_bind_int(q, 1, (int64_t)kind);
    db_bind_blob(q, 2, BYTES_OF(node->b));
    enum err e = db_get(q);
    db_done(q);
    if (e == ERR_OK || e == ERR_NOT_FOUND) *out = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err hub_store_alarm_damage(struct hub_store *s, const char *what, int64_t now_ms)
{
    bool own = !db_in_transaction(s->db);
    enum err e = own ? db_begin(s->db) : ERR_OK;
    if (e != ERR_OK) return e;
    e = hub_store_alarm(s, HUB_ALARM_DAMAGED, NULL, now_ms);
    if (e == ERR_OK) {
        struct db_stmt *q = db_stmt(s->db, "UPDATE sys_alarm SET what = ?2 WHERE kind = ?1 AND "
                                           "acked_ms = 0 AND what = ''"); /* the first is kept */
        db_bind_int(q, 1, HUB_ALARM_DAMAGED);
        db_bind_str(q, 2, what);
        e = db_run(q);
    }
    return own ? db_end(s->db, e) : e;
}

static enum err hub_alarm_read(const struct db_stmt *q, struct hub_alarm *a)
{
    static const struct id_hash nobody;
    *a = (struct hub_alarm){.no = db_column_int(q, 0),
                            .kind = (enum hub_alarm_kind)db_column_int(q, 1),
                            .first_ms = db_column_int(q, 3),
                            .last_ms = db_column_int(q, 4),
                            .count = (uint64_t)db_column_int(q, 5),
                            .acked_ms = db_column_int(q, 6)};
    struct bytes what = db_column_bytes(q, 7);
    snprintf(a->what, sizeof a->what, "%.*s", (int)(what.len < sizeof a->what ? what.len : 0),
             what.len > 0 ? (const char *)what.p : "");
    enum err e = db_column_copy(q, 2, a->node.b, sizeof a->node.b);
    a->has_node = !ID_EQUAL(&a->node, &nobody);
    return e;
}

enum err hub_store_alarms(struct hub_store *s, bool all,
                          enum err (*row)(void *ctx, const struct hub_alarm *a), void *ctx)
{
    bool more = true;
    enum err e = ERR_OK;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT no, kind, node, first_ms, last_ms, count, acked_ms, what FROM sys_alarm "
               "WHERE ?1 OR acked_ms = 0 ORDER BY no DESC");
    db_bind_int(q, 1, all);
    while (e == ERR_OK && more) {
        struct hub_alarm a;
        e = db_step(q, &more);
        if (e == ERR_OK && more) e = hub_alarm_read(q, &a);
        if (e == ERR_OK && more) e = row(ctx, &a);
    }
    db_done(q);
    return e;
}

enum err hub_store_alarm_ack(struct hub_store *s, int64_t no, int64_t now_ms)
{
    struct db_stmt *q =
        db_stmt(s->db, "UPDATE sys_alarm SET acked_ms = ?2 WHERE no = ?1 AND acked_ms = 0");
    db_bind_int(q, 1, no);
    db_bind_int(q, 2, now_ms > 0 ? now_ms : 1);
    enum err e = db_run(q);
    return e == ERR_OK && db_changes(s->db) == 0 ? ERR_NOT_FOUND : e;
}

/* ---- clones ---- */

/* The newest log of a node that was not looked at in an alarm before; its number is remembered. */
static enum err hub_clone_new(struct hub_store *s, const struct id_hash *node, int64_t log,
                              bool *new)
{
    struct db_stmt *q =
        db_stmt(s->db, "SELECT 1 FROM sys_node WHERE node = ?1 AND clone_log >= ?2");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_int(q, 2, log);
    enum err e = db_get(q);
    db_done(q);
    *new = e == ERR_NOT_FOUND;
    if (e != ERR_NOT_FOUND) return e;
    q = db_stmt(s->db, "UPDATE sys_node SET clone_log = ?2 WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_int(q, 2, log);
    return db_run(q);
}

enum err hub_store_clone_look(struct hub_store *s, const struct id_hash *node,
                              const struct message_hello_node *hello, int64_t now_ms)
{
    const struct hub_log *newest = NULL;
    bool new = false;
    enum err e = hub_cache_ready(s);
    for (size_t i = 0; e == ERR_OK && i < s->log_count; i++) {
        if (ID_EQUAL(&s->logs[i].node, node)) newest = &s->logs[i];
    }
    if (e != ERR_OK || newest == NULL) return e;
    for (size_t i = 0; i < hello->log_count; i++) {
        if (ID_EQUAL(&hello->logs[i].inc, &newest->inc)) return ERR_OK;
    }
    e = hub_clone_new(s, node, newest->no, &new);
    return e == ERR_OK && new ? hub_store_alarm(s, HUB_ALARM_CLONE, node, now_ms) : e;
}

/* ---- forks and clocks ---- */

enum err hub_store_fork_look(struct hub_store *s, const struct id_hash *node, struct bytes genesis,
                             int64_t now_ms)
{
    struct admin_genesis *g = calloc(1, sizeof *g);
    if (g == NULL) return ERR_NOMEM;
    bool fork = admin_genesis_decode(genesis, g) == ERR_OK && g->reauthored_count > 0;
    free(g);
    return fork ? hub_store_alarm(s, HUB_ALARM_FORK, node, now_ms) : ERR_OK;
}

enum err hub_store_clock_look(struct hub_store *s, const struct id_hash *node, int64_t clock_ms,
                              int64_t now_ms)
{
    bool sane = clock_ms >= 0 && now_ms >= 0;
    int64_t off = !sane ? 0 : clock_ms > now_ms ? clock_ms - now_ms : now_ms - clock_ms;
    if (!sane || off >= HUB_ALARM_CLOCK_MS)
        return hub_store_alarm(s, HUB_ALARM_CLOCK, node, now_ms);
    struct db_stmt *q = db_stmt(s->db, "UPDATE sys_alarm SET acked_ms = ?3 WHERE kind = ?1 AND "
                                       "node = ?2 AND acked_ms = 0");
    db_bind_int(q, 1, HUB_ALARM_CLOCK);
    db_bind_blob(q, 2, BYTES_OF(node->b));
    db_bind_int(q, 3, now_ms > 0 ? now_ms : 1);
    return db_run(q);
}
