#include "proto/move.h"
#include "tests/sim/stories.h"

#include <stdio.h>

enum {
    PERSON = 1,
    CONTACT_LOG = 8,
    ACTIVITY = 34,
    TARGET = 41,
    NAME = 2,
    OLD_ID = 6,
    BIRTHPLACE = 10,
    PHONE = 19
};
enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, DAY = HOUR }; /* short days: fewer dials in vain */

#define XA_1 "26176"
#define XA_2 "26179"
#define XA_3 "26182"

static void everybody(struct world *w, bool offline)
{
    for (unsigned i = 0; i < w->node_count; i++)
        world_offline(w, i, offline);
}

/* Until something more is committed at the hub, at most ten minutes. */
static void until_commit(struct world *w)
{
    uint64_t commits = w->stats.commits, until = w->now_ms + 10 * MINUTE;
    while (w->stats.commits == commits && world_step(w, until)) {
    }
}

/* Until this node has what the hub has, at most ten minutes, crashes and all. */
static void until_level(struct world *w, unsigned n)
{
    for (uint64_t until = w->now_ms + 10 * MINUTE; w->now_ms < until && !w->failed;) {
        struct node_store_status s = {.position = 0};
        struct hub_position p;
        world_await(w, WORLD_HUB);
        world_await(w, (int)n);
        hub_store_position(w->hub.store, &p);
        if (node_store_status(w->nodes[n].store, &s) == ERR_OK && s.position == p.position) return;
        world_sync(w, n);
        world_run(w, 1000);
    }
}

static void offline_week(struct world *w)
{
    char text[32];
    everybody(w, true);
    for (int day = 0; day < 5; day++) {
        for (int who = 0; who < 3; who++) {
            snprintf(text, sizeof text, "ngày %d", day);
            world_create(w, who, 10 * who + day, PERSON, text);
            if (day > 0) world_edit(w, who, 10 * who, PHONE, text);
        }
        world_run(w, DAY);
    }
    everybody(w, false);
}

static void conflict(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Nguyễn Văn A");
    world_settle(w);
    everybody(w, true);
    world_edit(w, 0, 1, NAME, "Nguyễn Văn An");
    world_edit(w, 1, 1, NAME, "Nguyễn Văn Anh");
    world_edit(w, 1, 1, BIRTHPLACE, "Vĩnh Cửu");
    everybody(w, false);
    world_settle(w);
    world_edit(w, WORLD_HUB, 1, NAME, "Nguyễn Văn Án");
}

static void conflict_stands(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Lê Thị B");
    world_settle(w);
    everybody(w, true);
    world_edit(w, 0, 1, OLD_ID, "270000001");
    world_edit(w, 1, 1, OLD_ID, "270000002");
    world_edit(w, 0, 1, PHONE, "0900000001");
    world_edit(w, 1, 1, PHONE, "0900000002");
    everybody(w, false);
    world_settle(w);
    world_edit(w, 0, 1, BIRTHPLACE, "Trị An");
}

static void delete_against_edit(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Trần Văn C");
    world_create(w, 0, 2, PERSON, "Trần Văn D");
    world_settle(w);
    everybody(w, true);
    world_delete(w, 0, 1);
    world_edit(w, 1, 1, BIRTHPLACE, "Tân An");
    world_delete(w, 0, 2);
    everybody(w, false);
    world_settle(w);
    world_do(w, &(struct world_act){.deed = WORLD_RESTORE, .who = 1, .record = 1});
}

static void two_nodes_one_commune(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Phạm Văn E");
    world_settle(w);
    everybody(w, true);
    world_edit(w, 0, 1, BIRTHPLACE, "Bình Lợi");
    world_edit(w, 1, 1, OLD_ID, "270000003");
    world_create(w, 1, 2, CONTACT_LOG, "gặp gỡ");
    for (int who = 0; who < 2; who++)
        world_do(w, &(struct world_act){.deed = WORLD_ELEMENT,
                                        .who = 1,
                                        .record = 2,
                                        .field = 5,
                                        .value = who ? "advice" : "persuasion",
                                        .in = true});
    everybody(w, false);
    world_settle(w);
    world_do(w, &(struct world_act){.deed = WORLD_ELEMENT,
                                    .who = 0,
                                    .record = 2,
                                    .field = 5,
                                    .value = "advice",
                                    .in = false});
}

static void catalogue_change(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Đỗ Thị G");
    world_offline(w, 1, true);
    world_create(w, 1, 2, PERSON, "Đỗ Thị H");
    world_publish(w, 2);
    world_run(w, 10 * MINUTE);
    world_edit(w, 0, 1, BIRTHPLACE, "Phú Lý");
    world_offline(w, 1, false);
    world_run(w, 10 * MINUTE);
    world_edit(w, 1, 2, BIRTHPLACE, "Phú Lý");
}

static void hub_restarts_in_a_frame(struct world *w)
{
    char text[32];
    world_offline(w, 0, true);
    for (int i = 0; i < 20; i++) {
        snprintf(text, sizeof text, "hộ %d", i);
        world_create(w, 0, i, PERSON, text);
    }
    world_offline(w, 0, false);
    world_sync(w, 0);
    for (int i = 0; i < 10; i++)
        world_step(w, w->now_ms + MINUTE);
    world_crash(w, WORLD_HUB, true, 5000);
}

static void power_loss_after_save(struct world *w)
{
    world_offline(w, 0, true);
    world_create(w, 0, 1, PERSON, "Hồ Văn I");
    world_crash(w, 0, true, 5000);
    world_edit(w, 0, 1, NAME, "Hồ Văn Y");
    world_crash(w, 0, true, 5000);
    world_await(w, 0);
    world_offline(w, 0, false);
}

static void receipt_lost(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Vũ Văn K");
    world_sync(w, 0);
    until_commit(w);
    until_commit(w);
    world_cut_all(w, 0);
    world_edit(w, 0, 1, BIRTHPLACE, "Mã Đà");
}

static void frames_replayed(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Bùi Văn L");
    w->rates.replay = 1000;
    world_sync(w, 0);
    world_run(w, MINUTE);
    world_edit(w, 0, 1, NAME, "Bùi Văn M");
    world_run(w, MINUTE);
}

static void hub_full(struct world *w)
{
    memvfs_fail(w->hub.host.disk, MEMVFS_FULL, 0, MEMVFS_NEVER);
    world_create(w, 0, 1, PERSON, "Ngô Thị N");
    world_sync(w, 0);
    world_run(w, HOUR);
    memvfs_heal(w->hub.host.disk);
}

static void targets_come_down(struct world *w)
{
    world_create(w, WORLD_HUB, 1, TARGET, "26176");
    world_settle(w);
    world_edit(w, 0, 1, 12, "không phải của xã"); /* held: it is the district's */
    world_settle(w);
    world_edit(w, WORLD_HUB, 1, 12, "giữ");
}

/* Accepted while its giver is offline and goes on writing; the receiver keeps one of the two writes. */
static void transfer_crossed(struct world *w)
{
    world_create(w, 0, 1, ACTIVITY, "Tập huấn");
    world_create(w, 0, 2, PERSON, "Nguyễn Thị Q");
    world_settle(w);
    world_offer(w, 0, 1, 1, XA_2);
    world_offer(w, 0, 2, 2, XA_2);
    world_settle(w);
    world_offline(w, 0, true);
    world_edit(w, 0, 1, 3, "nhà văn hóa");
    world_edit(w, 0, 2, BIRTHPLACE, "Trị An");
    world_answer(w, 1, 1, MOVE_ACCEPT);
    world_answer(w, 1, 2, MOVE_ACCEPT);
    world_settle(w);
    world_edit(w, 1, 2, PHONE, "0900000009");
    world_offline(w, 0, false);
    world_settle(w);
    world_settle_one(w, 1, 1, true);
    world_settle_one(w, 1, 2, false);
    world_settle(w);
    world_edit(w, 1, 1, 3, "trụ sở xã");
}

/* Refused, withdrawn against accepted, and moved on before the giver hears of anything. */
static void transfer_answers(struct world *w)
{
    for (int i = 1; i <= 3; i++)
        world_create(w, 0, i, ACTIVITY, "Họp");
    world_settle(w);
    for (int i = 1; i <= 3; i++)
        world_offer(w, 0, i, i, XA_2);
    world_settle(w);
    world_offline(w, 0, true);
    world_answer(w, 0, 2, MOVE_WITHDRAW);
    world_answer(w, 1, 1, MOVE_REFUSE);
    world_answer(w, 1, 2, MOVE_ACCEPT);
    world_answer(w, 1, 3, MOVE_ACCEPT);
    world_settle(w);
    world_offer(w, 1, 4, 3, XA_3);
    world_settle(w);
    world_answer(w, 2, 4, MOVE_ACCEPT);
    world_settle(w);
    world_edit(w, 0, 3, 3, "ghi khi chưa biết");
    world_offer(w, 2, 5, 3, XA_1); /* and home again */
    world_offline(w, 0, false);
    world_settle(w);
    world_answer(w, 0, 5, MOVE_ACCEPT);
    world_settle(w);
    world_settle_one(w, WORLD_HUB, 3, true);
}

static void shared_record(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Trịnh Văn R");
    world_settle(w);
    world_share(w, 0, 1, XA_2, MOVE_WRITE);
    world_settle(w);
    everybody(w, true);
    world_edit(w, 0, 1, OLD_ID, "270000011");
    world_edit(w, 1, 1, OLD_ID, "270000012");
    world_edit(w, 1, 1, BIRTHPLACE, "Tân An");
    everybody(w, false);
    world_settle(w);
    world_offline(w, 1, true);
    world_edit(w, 1, 1, PHONE, "0900000010");
    world_share(w, 0, 1, XA_2, MOVE_NOTHING);
    world_settle(w);
    world_offline(w, 1, false);
    world_settle(w);
    world_settle_one(w, 0, 1, true);
}

/* Known to two communes, one of them away with an edit of its own when the order comes, one with a copy of before. */
static void erased(struct world *w)
{
    w->marks = true;
    world_create(w, 0, 1, PERSON, "Bí Mật Một");
    world_create(w, 0, 2, PERSON, "Người ở lại");
    world_create(w, 0, 3, ACTIVITY, "Bí mật đi");
    world_settle(w);
    world_share(w, 0, 1, XA_2, MOVE_WRITE);
    world_offer(w, 0, 1, 3, XA_2);
    world_settle(w);
    world_offline(w, 1, true);
    world_edit(w, 1, 1, PHONE, "0900000021");
    world_edit(w, 0, 1, NAME, "Bí Mật Hai");
    world_settle(w);
    world_answer(w, 1, 1, MOVE_ACCEPT);
    world_erase(w, 1);
    world_erase(w, 3);
    world_settle(w);
    world_edit(w, 0, 2, PHONE, "0900000022");
    world_offline(w, 1, false);
    world_settle(w);
}

/* The order is lost with the end of the hub's log, and a restored commune has what it erased: it comes back to both. */
static void erased_and_restored(struct world *w)
{
    w->marks = true;
    world_create(w, 0, 1, PERSON, "Bí Mật Ba");
    world_create(w, 1, 2, PERSON, "Người ở lại");
    world_settle(w);
    world_image(w, 0);
    world_image(w, WORLD_HUB);
    world_erase(w, 1);
    world_settle(w);
    world_restore(w, 0);
    world_run(w, 10 * MINUTE);
    world_settle(w);
    world_restore(w, WORLD_HUB);
    world_run(w, 10 * MINUTE);
    world_settle(w);
}

/* Single changes of a record that stays: the one that made it, one that another replaced, and one that crossed its
 * transfer, about which the new owner decides while the order is under way. Then the hub goes back behind it all, and
 * an edit that waits there for its record until that comes back is erased too. */
static void erased_alone(struct world *w)
{
    w->marks = w->alone = true;
    world_image(w, WORLD_HUB);
    world_create(w, 0, 1, PERSON, "Tên ghi nhầm");
    world_create(w, 1, 2, PERSON, "Người ở lại");
    world_create(w, 0, 3, PERSON, "Hai máy một xã");
    world_settle(w);
    world_edit(w, 0, 1, PHONE, "0900000031");
    world_edit(w, 2, 3, PHONE, "0900000033");
    world_settle(w);
    world_edit(w, 0, 1, PHONE, "0900000032");
    world_settle(w);
    world_offer(w, 0, 1, 1, XA_2);
    world_settle(w);
    world_offline(w, 0, true);
    world_edit(w, 0, 1, NAME, "Sửa sau khi chuyển");
    world_answer(w, 1, 1, MOVE_ACCEPT);
    world_settle(w);
    world_offline(w, 0, false);
    world_settle(w);
    world_offline(w, 1, true);
    world_settle_one(w, 1, 1, true);
    world_erase_alone(w, 1, 3); /* what crossed */
    world_erase_alone(w, 1, 1); /* the first number */
    world_settle(w);
    world_offline(w, 1, false);
    world_settle(w);
    world_erase_alone(w, 1, 0); /* the name */
    world_settle(w);
    world_edit(w, 1, 1, NAME, "Tên đúng");
    world_settle(w);
    world_offline(w, 0, true);
    world_restore(w, WORLD_HUB);
    world_run(w, 10 * MINUTE);
    world_offline(w, 0, false);
    world_settle(w);
    world_erase_alone(w, 3, 0);
    world_settle(w);
}

/* Each kind of poison between good saves; what comes behind it goes on, and nobody is revoked by a commune. */
static void poison(struct world *w)
{
    for (unsigned style = 0; style < 5; style++) {
        world_poison(w, 0, style);
        world_create(w, 0, 1 + (int)style, PERSON, "Sau thuốc độc");
    }
    world_settle(w);
    world_edit(w, 1, 1, PHONE, "0900000031");
}

/* Lost with its PC: what it had delivered stays, what it has not is not taken any more, nor after the hub went back
 * behind the revocation and got it back from another commune. */
static void revoked(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Còn lại");
    world_settle(w);
    world_image(w, WORLD_HUB);
    world_offline(w, 0, true);
    world_create(w, 0, 2, PERSON, "Không nhận");
    world_revoke(w, 0);
    world_settle(w);
    world_offline(w, 0, false);
    world_run(w, HOUR);
    world_create(w, 1, 3, PERSON, "Xã khác");
    world_settle(w);
    world_offline(w, 0, true);
    world_restore(w, WORLD_HUB);
    world_run(w, 10 * MINUTE);
    world_sync(w, 1);
    world_run(w, 10 * MINUTE);
    world_offline(w, 0, false);
    world_run(w, HOUR);
}

/* What a revoked PC sent is let in, and some of it only behind an order that erases it. The hub goes back behind the
 * decisions, once with what stood apart and once to before it came: each time they come back from the other PC. */
static void released(struct world *w)
{
    w->marks = true;
    world_create(w, 0, 1, PERSON, "Đã gửi");
    world_settle(w);
    world_offline(w, 0, true);
    world_create(w, 0, 2, PERSON, "Cho nhập");
    world_edit(w, 0, 1, PHONE, "0900000091");
    world_create(w, 0, 3, PERSON, "Xóa trước khi nhập");
    world_revoke(w, 0);
    world_offline(w, 0, false);
    world_run(w, HOUR);
    world_image(w, WORLD_HUB);
    world_erase(w, 3);
    world_release(w);
    world_settle(w);
    world_edit(w, 1, 2, BIRTHPLACE, "Trị An");
    world_settle(w);
    world_restore(w, WORLD_HUB);
    world_run(w, 10 * MINUTE);
    world_settle(w);
    world_image(w, WORLD_HUB);
    world_edit(w, 0, 2, PHONE, "0900000092");
    world_sync(w, 0);
    world_run(w, HOUR);
    world_release(w);
    world_settle(w);
    world_restore(w, WORLD_HUB);
    world_run(w, 10 * MINUTE);
}

/* The hub's keys are stolen and changed. A commune that does not know it yet works with the thief's hub for a while,
 * which takes its work and says things of its own; one that knows gets no session. Then the true hub has it all. */
static void stolen(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Trước khi mất");
    world_create(w, 1, 2, PERSON, "Xã biết");
    world_settle(w);
    world_steal(w);
    world_offline(w, 0, true);
    world_edit(w, 1, 2, PHONE, "0900000081");
    world_settle(w);
    world_hub_rekey(w);
    world_edit(w, 1, 2, BIRTHPLACE, "Trị An");
    world_settle(w);
    world_create(w, 0, 3, PERSON, "Gửi nhầm");
    world_thief(w, true);
    uint64_t before = w->nodes[1].synced;
    world_offline(w, 0, false);
    world_create(w, WORLD_HUB, 4, TARGET, "lời của kẻ trộm");
    world_create(w, 1, 5, PERSON, "Không gửi");
    world_run(w, 10 * MINUTE);
    world_edit(w, 0, 3, PHONE, "0900000082");
    world_run(w, 10 * MINUTE);
    if (w->nodes[1].synced > before) world_fail(w, "a node that knows better had a session");
    world_thief(w, false);
    world_run(w, HOUR);
    world_settle(w);
    world_disbelieved(w, 4);
    world_edit(w, 0, 1, PHONE, "0900000083");
    world_settle(w);
}

/* A commune changes its keys with work before, behind and under way; then the hub goes back to before the change. */
static void rekeyed(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Khóa cũ");
    world_settle(w);
    world_image(w, WORLD_HUB);
    world_offline(w, 0, true);
    world_create(w, 0, 2, PERSON, "Chờ gửi");
    world_rekey(w, 0);
    world_create(w, 0, 3, PERSON, "Khóa mới");
    world_edit(w, 0, 1, PHONE, "0900000003");
    world_offline(w, 0, false);
    world_settle(w);
    world_has_keys(w, 0);
    world_edit(w, 0, 2, PHONE, "0900000004");
    world_create(w, 1, 4, PERSON, "Xã khác");
    world_settle(w);
    world_restore(w, WORLD_HUB);
    world_run(w, 10 * MINUTE);
    world_create(w, 0, 5, PERSON, "Sau đó");
    world_settle(w);
    world_has_keys(w, 0);
}

/* A PC changes its keys while the hub makes it one of another commune: a stick brings it what the hub has, with a
 * certificate of its old keys, which it does not take. Which commune its first sets under the new keys are of it hears
 * with the answer to them. */
static void rekeyed_and_moved(struct world *w)
{
    world_settle(w);
    world_offline(w, 0, true);
    (void)world_bundle(w, 0);
    world_rekey(w, 0);
    world_create(w, 0, 2, PERSON, "Khóa mới");
    world_node_unit(w, 0, XA_2);
    world_run(w, HOUR);
    world_offline(w, 0, false);
    world_settle(w);
    world_has_keys(w, 0);
    world_edit(w, 0, 2, PHONE, "0900000007");
    world_settle(w);
}

/* Whoever has a copy of a PC from before its keys changed brings nothing and gets nothing. */
static void rekeyed_copy(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Trước khi chép");
    world_settle(w);
    int copy = world_clone(w, 0);
    if (copy < 0) return; /* it is down */
    world_rekey(w, 0);
    world_create(w, 0, 2, PERSON, "Khóa mới");
    world_settle(w);
    world_create(w, copy, 3, PERSON, "Khóa cũ");
    world_edit(w, copy, 1, PHONE, "0900000091");
    world_run(w, HOUR);
    world_edit(w, 0, 1, PHONE, "0900000092");
    world_settle(w);
    world_has_keys(w, 0);
}

/* A PC is restored from before its change of keys, which its key files know of. */
static void rekeyed_and_restored(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Khóa cũ");
    world_settle(w);
    world_image(w, 0);
    world_rekey(w, 0);
    world_create(w, 0, 2, PERSON, "Khóa mới");
    world_settle(w);
    world_restore(w, 0);
    world_run(w, 10 * MINUTE);
    world_create(w, 0, 3, PERSON, "Sau đó");
    world_settle(w);
    world_has_keys(w, 0);
}

/* Offered, accepted and crossed when the hub goes back to before the offer. */
static void transfer_and_rollback(struct world *w)
{
    world_create(w, 0, 1, ACTIVITY, "Tập huấn");
    world_create(w, 0, 2, ACTIVITY, "Họp");
    world_settle(w);
    world_image(w, WORLD_HUB);
    world_offer(w, 0, 1, 1, XA_2);
    world_offer(w, 0, 2, 2, XA_2);
    world_settle(w);
    world_offline(w, 0, true);
    world_edit(w, 0, 1, 3, "ghi khi đã chuyển");
    world_answer(w, 1, 1, MOVE_ACCEPT);
    world_settle(w);
    world_edit(w, 1, 1, 3, "xã nhận ghi");
    world_answer(w, 1, 2, MOVE_REFUSE);
    world_settle(w);
    world_restore(w, WORLD_HUB);
    world_run(w, 10 * MINUTE);
    world_settle(w);
    world_offline(w, 0, false);
    world_settle(w);
    world_settle_one(w, 1, 1, true);
    world_settle(w);
}

/* The hub goes back behind an offer, gets the answer to it, and erases the record before it has heard of the offer
 * again: what comes then of the offer is its name, and the answer's note goes with it, here and at its writer's. */
static void answer_and_erasure(struct world *w)
{
    w->marks = true;
    world_create(w, 0, 1, PERSON, "Bí Mật Bốn");
    world_create(w, 1, 2, PERSON, "Người ở lại");
    world_settle(w);
    world_image(w, WORLD_HUB);
    world_offer(w, 0, 1, 1, XA_2);
    world_settle(w);
    world_offline(w, 0, true);
    world_offline(w, 1, true);
    world_answer(w, 1, 1, MOVE_REFUSE);
    world_restore(w, WORLD_HUB);
    world_offline(w, 1, false);
    world_run(w, 5 * MINUTE);
    world_erase(w, 1);
    world_run(w, 5 * MINUTE);
    world_offline(w, 0, false);
    world_settle(w);
}

/* The hub goes back and nobody has told it yet, and answers a file from before: its page covers again what the PC has
 * by the network, and lacks what the district wrote there. The PC keeps that for it. */
static void page_over_what_was_lost(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Gửi bằng hai đường");
    world_settle(w);
    world_image(w, WORLD_HUB);
    (void)world_bundle(w, 0);
    world_edit(w, WORLD_HUB, 1, PHONE, "0900000051");
    until_level(w, 0);
    world_offline(w, 0, true);
    world_restore(w, WORLD_HUB);
    world_run(w, MINUTE);
    world_edit(w, WORLD_HUB, 1, BIRTHPLACE, "Trị An");
    world_edit(w, WORLD_HUB, 1, BIRTHPLACE, "Phú Lý");
    world_run(w, 2 * HOUR);
    world_offline(w, 0, false);
    world_settle(w);
}

static bool all_delivered(struct world *w, unsigned n)
{
    struct node_store_status s = {.position = 0};
    world_await(w, WORLD_HUB);
    world_await(w, (int)n);
    return node_store_status(w->nodes[n].store, &s) == ERR_OK && s.position > 0 &&
           s.delivered == s.sets;
}

enum {
    BACK_FILES_MAX = 40
}; /* two get through where none is lost; one in four is too small to hold anything */

/* A hub that lost something, and a commune without any line. */
static void back_by_files(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Chỉ gửi bằng tệp");
    world_settle(w);
    world_image(w, WORLD_HUB);
    world_create(w, 0, 2, PERSON, "Trung tâm mất");
    world_settle(w);
    world_offline(w, 0, true);
    world_restore(w, WORLD_HUB);
    world_run(w, MINUTE);
    world_create(w, 0, 3, PERSON, "Ghi sau đó");
    bool back = false;
    for (unsigned i = 0; i < BACK_FILES_MAX && !back && !w->failed; i++) {
        (void)world_bundle(w, 0);
        world_run(w, 3 * HOUR);
        back = all_delivered(w, 0);
    }
    if (!back && !w->failed) world_fail(w, "what the hub lost did not come back by files");
    world_offline(w, 0, false);
    world_settle(w);
}

/* Two edits of a record that only a third PC has made yet. */
static void delivered_late(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Đến sau");
    world_settle(w);
    world_image(w, WORLD_HUB);
    world_create(w, 0, 2, PERSON, "Đến sau nữa");
    world_settle(w);
    world_edit(w, 1, 2, PHONE, "0900000041");
    world_edit(w, 1, 2, BIRTHPLACE, "Phú Lý");
    world_settle(w);
    everybody(w, true);
    world_restore(w, WORLD_HUB);
    world_run(w, 10 * MINUTE);
    world_offline(w, 1, false); /* what it edited is not there again */
    world_run(w, HOUR);
    world_offline(w, 0, false);
}

static void long_away(struct world *w)
{
    world_offline(w, 0, true);
    world_create(w, 0, 1, PERSON, "Đi lâu");
    world_run(w, 8 * HOUR);
    world_offline(w, 0, false);
}

/* 180 days of 24 hours: a commune hears nothing and is not heard. It works all the time, the district too, partly on
 * the same record, and closes a month without it. */
static void half_year(struct world *w)
{
    enum { MONTHS = 6 };
    const uint64_t month_ms = UINT64_C(30) * 24 * 60 * MINUTE;
    char text[32];
    world_create(w, 0, 1, PERSON, "Cả hai cùng biết");
    world_settle(w);
    world_offline(w, 0, true);
    for (int month = 1; month <= MONTHS; month++) {
        snprintf(text, sizeof text, "tháng %d", month);
        world_create(w, 0, 10 + month, ACTIVITY, text);
        world_create(w, WORLD_HUB, 20 + month, TARGET, XA_1);
        world_edit(w, month % 2 ? 0 : WORLD_HUB, 1, month % 2 ? BIRTHPLACE : PHONE, text);
        world_run(w, month_ms);
        if (month == 2)
            world_close_period(w, "2023-01"); /* of which one activity is not there yet */
    }
    world_edit(w, WORLD_HUB, 1, NAME, "Huyện sửa khi xã vắng");
    world_edit(w, 0, 1, NAME, "Xã sửa khi vắng");
    world_offline(w, 0, false);
    world_settle(w);
    world_close_period(w, "2023-06");
}

/* A copy that shows three numbers of a phone. */
static void latest(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Ba số");
    world_settle(w);
    everybody(w, true);
    world_edit(w, 1, 1, PHONE, "0900000052");
    world_run(w, MINUTE);
    world_edit(w, 0, 1, PHONE, "0900000051");
    world_run(w, MINUTE);
    world_edit(w, 2, 1, PHONE, "0900000053");
    everybody(w, false);
}

/* A PC is copied and both write on: the same places of one log, then changes of what they themselves wrote. */
static void cloned(struct world *w)
{
    world_create(w, 0, 1, PERSON, "Trước khi chép");
    world_settle(w);
    int copy = world_clone(w, 0);
    if (copy < 0) return; /* it is down */
    everybody(w, true);
    for (int i = 0; i < 2; i++) {
        int who = i == 0 ? 0 : copy;
        world_create(w, who, 10 + i, PERSON, "Sau khi chép");
        world_edit(w, who, 10 + i, NAME, "Sửa lần một");
        world_edit(w, who, 10 + i, NAME, "Sửa lần hai");
        world_edit(w, who, 1, BIRTHPLACE, i == 0 ? "Trị An" : "Tân An");
    }
    world_offline(w, 0, false);
    world_settle(w);
    world_offline(w, (unsigned)copy, false);
    world_settle(w);
    world_edit(w, copy, 11, PHONE, "0900000061");
    world_edit(w, 0, 10, PHONE, "0900000062");
}

/* A month is closed; what comes later, another month, an erasure and a hub that goes back change nothing of it. */
static void closed(struct world *w)
{
    w->marks = true;
    for (int i = 1; i <= 4; i++)
        world_create(w, i % 2, i, ACTIVITY, "Hội nghị");
    world_create(w, 0, 5, PERSON, "Được đếm");
    world_create(w, 1, 6, PERSON, "Sẽ xóa");
    world_settle(w);
    world_delete(w, 0, 2);
    world_settle(w);
    world_close_period(w, "2023-01");
    world_create(w, 0, 7, ACTIVITY, "Đến muộn");
    world_delete(w, 1, 1);
    world_settle(w);
    world_close_period(w, "2023-02");
    world_image(w, WORLD_HUB);
    world_erase(w, 6);
    world_settle(w);
    world_edit(w, 0, 5, PHONE, "0900000071");
    world_settle(w);
    world_restore(w, WORLD_HUB);
    world_run(w, 10 * MINUTE);
    world_settle(w);
}

/* A commune goes on in another with its records and PCs, while one of these is away and writes, offers are open and a
 * record is shared; then a record and a PC come out again, and the district's disk goes back behind it all. */
static void merged(struct world *w)
{
    for (int i = 1; i <= 3; i++)
        world_create(w, 0, i, i == 3 ? PERSON : ACTIVITY, "Của xã cũ");
    world_create(w, 1, 4, ACTIVITY, "Của xã mới");
    world_create(w, 2, 5, ACTIVITY, "Của xã thứ ba");
    world_settle(w);
    world_offer(w, 2, 1, 5, XA_1); /* nobody will be left to answer */
    world_offer(w, 0, 2, 1, XA_3); /* void, for the record goes another way */
    world_share(w, 0, 2, XA_2, MOVE_WRITE);
    world_settle(w);
    world_offline(w, 0, true);
    world_edit(w, 0, 3, BIRTHPLACE, "Ghi khi chưa biết");
    world_create(w, 0, 6, ACTIVITY, "Lập khi chưa biết");
    world_merge(w, XA_1, XA_2, "2023-01-16");
    world_settle(w);
    world_edit(w, 1, 1, 3, "xã mới sửa");
    world_offline(w, 0, false);
    world_settle(w);
    world_edit(w, 0, 4, 3, "máy của xã cũ sửa");
    world_settle(w);
    world_image(w, WORLD_HUB);
    world_assign(w, XA_3, "2023-02-28", 1, 1);
    world_node_unit(w, 0, XA_3);
    world_node_unit(w, 1, XA_1);
    world_node_unit(w, 1, XA_3);
    world_settle(w);
    world_edit(w, 0, 1, 3, "ở xã thứ ba");
    world_settle(w);
    world_restore(w, WORLD_HUB);
    world_run(w, 10 * MINUTE);
    world_settle(w);
    world_edit(w, 0, 5, 3, "sau khi khôi phục");
    world_edit(w, 1, 5, 3, "máy chuyển hai lần");
}

/* Which unit a month counts what moved for: by the day from which it belongs there. */
static void merged_and_closed(struct world *w)
{
    world_create(w, 0, 1, ACTIVITY, "Hội nghị");
    world_create(w, 0, 2, ACTIVITY, "Tập huấn");
    world_create(w, 1, 3, PERSON, "Của xã thứ hai");
    world_settle(w);
    world_assign(w, XA_3, "2023-02-28", 2, 1);
    world_merge(w, XA_1, XA_2, "2023-01-16");
    world_settle(w);
    world_close_period(w, "2023-01");
    world_merge(w, XA_2, XA_1, "2023-02-01");
    world_settle(w);
    world_close_period(w, "2023-02");
}

static void attach(struct world *w, int who, int record, unsigned size)
{
    for (int i = 0; i < 5 && !w->failed; i++) {
        world_await(w, who);
        if (world_attach(w, who, record, size)) break;
        world_run(w, MINUTE);
    }
}

/* A file goes up in pieces, the other PC of the commune fetches it, another commune gets it with its record, and an
 * order takes it from everybody. */
static void attached(struct world *w)
{
    w->marks = true;
    world_create(w, 0, 1, PERSON, "Có tệp kèm");
    world_create(w, 0, 2, PERSON, "Tệp được giữ");
    world_settle(w);
    w->rates.cut = 300;
    attach(w, 0, 1, 12 * ATTACH_BLOCK_BYTES + 77);
    attach(w, 0, 2, ATTACH_BLOCK_BYTES);
    world_run(w, 10 * MINUTE);
    w->rates.cut = 0;
    world_settle(w);
    world_fetch(w, 1, 0);
    world_settle(w);
    world_offer(w, 0, 1, 1, XA_2);
    world_settle(w);
    world_answer(w, 2, 1, MOVE_ACCEPT);
    world_settle(w);
    world_fetch(w, 2, 0);
    world_settle(w);
    world_erase(w, 1);
}

static void joining(struct world *w)
{
    world_settle(w);
    world_create(w, 0, 1, PERSON, "Mai Văn O");
    world_create(w, 1, 2, PERSON, "Mai Văn P");
}

const struct story stories[] = {
    {"offline_week", true, 3, {XA_1, XA_2, XA_3}, offline_week, 1},
    {"conflict", true, 2, {XA_1, XA_1}, conflict, 1},
    {"conflict_stands", true, 2, {XA_1, XA_1}, conflict_stands, 1},
    {"delete_against_edit", true, 2, {XA_1, XA_1}, delete_against_edit, 1},
    {"two_nodes_one_commune", true, 2, {XA_1, XA_1}, two_nodes_one_commune, 1},
    {"catalogue_change", true, 2, {XA_1, XA_2}, catalogue_change, 1},
    {"hub_restarts_in_a_frame", true, 1, {XA_1}, hub_restarts_in_a_frame, 1},
    {"power_loss_after_save", true, 1, {XA_1}, power_loss_after_save, 1},
    {"receipt_lost", true, 1, {XA_1}, receipt_lost, 1},
    {"frames_replayed", true, 1, {XA_1}, frames_replayed, 1},
    {"hub_full", true, 1, {XA_1}, hub_full, 1},
    {"targets_come_down", true, 2, {XA_1, XA_2}, targets_come_down, 1},
    {"transfer_crossed", true, 2, {XA_1, XA_2}, transfer_crossed, 1},
    {"transfer_answers", true, 3, {XA_1, XA_2, XA_3}, transfer_answers, 1},
    {"shared_record", true, 2, {XA_1, XA_2}, shared_record, 1},
    {"delivered_late", true, 2, {XA_1, XA_1}, delivered_late, 1},
    {"long_away", true, 1, {XA_1}, long_away, 1},
    {"half_year", true, 1, {XA_1}, half_year, STORY_LONG},
    {"latest", true, 3, {XA_1, XA_1, XA_1}, latest, 1},
    {"cloned", true, 1, {XA_1}, cloned, 1},
    {"closed", true, 2, {XA_1, XA_2}, closed, STORY_SLOW},
    {"poison", true, 2, {XA_1, XA_1}, poison, 1},
    {"revoked", true, 2, {XA_1, XA_2}, revoked, 1},
    {"released", true, 2, {XA_1, XA_1}, released, 1},
    {"stolen", true, 2, {XA_1, XA_2}, stolen, 1},
    {"rekeyed", true, 2, {XA_1, XA_2}, rekeyed, 1},
    {"rekeyed_and_moved", true, 2, {XA_1, XA_2}, rekeyed_and_moved, 1},
    {"rekeyed_copy", true, 1, {XA_1}, rekeyed_copy, 1},
    {"rekeyed_and_restored", true, 1, {XA_1}, rekeyed_and_restored, 1},
    {"transfer_and_rollback", true, 2, {XA_1, XA_2}, transfer_and_rollback, 1},
    {"erased", true, 2, {XA_1, XA_2}, erased, 1},
    {"page_over_what_was_lost", true, 1, {XA_1}, page_over_what_was_lost, 1},
    {"back_by_files", true, 1, {XA_1}, back_by_files, 1},
    {"answer_and_erasure", true, 2, {XA_1, XA_2}, answer_and_erasure, 1},
    {"erased_and_restored", true, 2, {XA_1, XA_2}, erased_and_restored, 1},
    {"erased_alone", true, 3, {XA_1, XA_2, XA_1}, erased_alone, 1},
    {"merged", true, 3, {XA_1, XA_2, XA_3}, merged, 1},
    {"merged_and_closed", true, 3, {XA_1, XA_2, XA_3}, merged_and_closed, STORY_SLOW},
    {"attached", true, 3, {XA_1, XA_1, XA_2}, attached, 1},
    {"joining", false, 2, {XA_1, XA_2}, joining, 1},
};
const size_t story_count = sizeof stories / sizeof stories[0];

void story_open(const struct story *s, struct world *w, uint64_t seed)
{
    world_open(w, seed, s->nodes, s->units, s->joined);
    w->rates = (struct world_rates){0};
}

void story_run(const struct story *s, struct world *w)
{
    s->run(w);
    world_end(w);
}
