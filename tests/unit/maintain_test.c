/* Looking after databases: copies that come back, witnesses, alarms, damage. Whole sessions over real
 * stores. SPEC 15. */
#include "tests/lib/pair.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/io/db.h"
#include "common/io/file.h"
#include "common/io/witness.h"
#include "hub/maintain.h"
#include "hub/store_records.h"
#include "hub/store_repair.h"
#include "hub/store_replay.h"
#include "node/maintain.h"
#include "node/store_alarm.h"
#include "proto/wire.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { SAVES_MAX = 64 };

/* What was typed at one node, by number; a save's text is "w<number>". */
static struct id_record saved[SAVES_MAX];
static unsigned saves;

static void begin(struct pair *w, uint64_t seed)
{
    pair_random_state.s = seed * 7919;
    saves = 0;
    pair_open(w, seed);
}

static void type_one(struct pair_node *n)
{
    char text[16];
    assert_true(saves < SAVES_MAX);
    snprintf(text, sizeof text, "w%u", saves);
    pair_save(n, CHANGE_CREATE, &saved[saves], text, bytes_make(NULL, 0));
    saves++;
}

/* The one text that the hub shows for a save; false: it does not have it. */
static bool hub_has(struct pair *w, unsigned save)
{
    struct fold f;
    struct buf state;
    unsigned type = 0;
    uint64_t position = 0;
    char want[16], got[16] = "";
    snprintf(want, sizeof want, "w%u", save);
    OK(fold_init(&f));
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = hub_store_record(w->hub.store, &saved[save], &state, &type, NULL, &position);
    if (e == ERR_OK) {
        struct wire_reader r;
        OK(fold_load(&f, buf_bytes(&state)));
        const struct fold_register *reg = fold_find(&f, PAIR_NAME, bytes_make(NULL, 0));
        assert_non_null(reg);
        assert_int_equal(reg->count, 1);
        wire_open(&r, reg->heads[0].value);
        struct bytes t = wire_get_str(&r);
        assert_true(t.len < sizeof got);
        memcpy(got, t.p, t.len);
        assert_string_equal(got, want);
    }
    fold_free(&f);
    buf_free(&state);
    return e == ERR_OK;
}

static size_t counted;
static enum err count_hub_alarm(void *ctx, const struct hub_alarm *a)
{
    const enum hub_alarm_kind *kind = ctx;
    counted += a->kind == *kind;
    return ERR_OK;
}
static enum err count_node_alarm(void *ctx, const struct node_alarm *a)
{
    const enum node_alarm_kind *kind = ctx;
    counted += a->kind == *kind;
    return ERR_OK;
}

static size_t hub_alarms(struct pair *w, enum hub_alarm_kind kind)
{
    counted = 0;
    OK(hub_store_alarms(w->hub.store, false, count_hub_alarm, &kind));
    return counted;
}

static size_t node_alarms(struct pair_node *n, enum node_alarm_kind kind)
{
    counted = 0;
    OK(node_store_alarms(n->store, false, count_node_alarm, &kind));
    return counted;
}

static void gone(const char *path)
{
    OK(db_remove(path));
}

/* ---- copies ---- */

static struct node_restore node_way(const struct pair_node *n, const char *copy)
{
    return (struct node_restore){
        .copy = copy, .path = n->path, .sign_pk = n->sign.public, .now_ms = PAIR_WALL};
}

#define COPY "../maintain-node.bak" /* beside the database it is refused */

static void a_node_comes_back_from_its_backup(void **state)
{
    (void)state;
    struct pair w;
    struct node_restored done;
    char first[FILE_PATH_BYTES_MAX];
    char made[FILE_PATH_BYTES_MAX], kept[FILE_PATH_BYTES_MAX];
    begin(&w, 31);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    for (int i = 0; i < 4; i++)
        type_one(n);
    OK(pair_settle(n));
    gone(COPY);
    assert_int_equal(node_backup(n->store, "maintain-node.bak", PAIR_WALL, made), ERR_BAD_INPUT);
    assert_false(file_exists("maintain-node.bak"));
    OK(node_backup(n->store, COPY, PAIR_WALL, made));
    assert_string_equal(made, COPY);
    assert_int_equal(node_backup(n->store, COPY, PAIR_WALL, made), ERR_EXISTS);
    assert_false(file_exists(COPY ".part"));
    for (int i = 0; i < 3; i++) /* 4..6: behind the backup, delivered */
        type_one(n);
    OK(pair_settle(n));
    type_one(n); /* 7: behind the backup, never sent: it is lost here, as it must be */

    pair_node_off(n);
    struct node_restore r = node_way(n, "maintain-none.bak");
    assert_int_equal(node_restore(&r, &done), ERR_NOT_FOUND);
    r = node_way(n, COPY);
    r.look_only = true;
    OK(node_restore(&r, &done));
    assert_true(done.seen.sets == 5 && done.seen.records == 4 && done.kept[0] == '\0');
    r.look_only = false;
    r.sign_pk = w.nodes[1].sign.public; /* another PC's folder */
    assert_int_equal(node_restore(&r, &done), ERR_WRONG_HUB);
    pair_node_on(n);
    assert_int_equal(pair_status(n).sets, 9); /* nothing was changed by all that */
    assert_int_equal(node_alarms(n, NODE_ALARM_RESTORED), 0);
    pair_node_off(n);

    r.sign_pk = n->sign.public;
    assert_int_equal(db_old_count(n->path, first), 0);
    OK(node_restore(&r, &done));
    snprintf(kept, sizeof kept, "%s", done.kept);
    assert_true(file_exists(kept));
    assert_int_equal(db_old_count(n->path, first), 1); /* which status names: docs/erasure.md */
    assert_string_equal(first, strrchr(kept, '/') != NULL ? strrchr(kept, '/') + 1 : kept);
    snprintf(made, sizeof made, "%s.restore", n->path);
    assert_false(file_exists(made));
    pair_node_on(n);
    assert_int_equal(pair_status(n).sets, 5);
    assert_int_equal(node_alarms(n, NODE_ALARM_RESTORED), 1);
    type_one(n); /* 8: before the first contact */
    OK(pair_settle(n));
    for (unsigned i = 0; i < saves; i++)
        assert_int_equal(hub_has(&w, i), i != 7);
    assert_int_equal(pair_status(n).waiting, 0);
    pair_assert_scope(n);

    /* what was set aside is whole, and a restore of it brings save 7 as well */
    pair_node_off(n);
    r = node_way(n, kept);
    OK(node_restore(&r, &done));
    pair_node_on(n);
    OK(pair_settle(n));
    for (unsigned i = 0; i < saves; i++)
        assert_true(hub_has(&w, i));
    gone(kept);
    gone(done.kept);
    gone(COPY);
    pair_close(&w);
}

static void a_hub_comes_back_from_its_backup(void **state)
{
    (void)state;
    struct pair w;
    struct hub_restored done;
    char made[FILE_PATH_BYTES_MAX];
    struct hub_identity was, is;
    begin(&w, 32);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    type_one(n);
    OK(pair_settle(n));
    gone("maintain-hub.bak");
    OK(hub_backup(w.hub.store, "maintain-hub.bak", PAIR_WALL, made));
    for (int i = 0; i < 3; i++)
        type_one(n);
    OK(pair_settle(n));
    OK(hub_store_identity(w.hub.store, &was));
    OK(hub_store_settled(w.hub.store));

    pair_hub_off(&w);
    struct hub_restore r = {
        .copy = "maintain-hub.bak", .path = w.hub.path, .log_pk = w.hub.root.public, .now_ms = 5};
    assert_int_equal(hub_restore(&r, &done), ERR_WRONG_HUB);
    r.log_pk = w.hub.log.public;
    r.look_only = true;
    OK(hub_restore(&r, &done));
    assert_string_equal(done.kept, "");
    r.look_only = false;
    OK(hub_restore(&r, &done));
    assert_true(done.seen.sets >= 3);
    assert_true(file_exists(done.kept));
    pair_hub_on(&w);
    OK(hub_store_identity(w.hub.store, &is));
    assert_true(was.epoch != is.epoch);
    assert_int_equal(hub_alarms(&w, HUB_ALARM_WENT_BACK), 1);
    assert_int_equal(hub_store_settled(w.hub.store), ERR_DENIED);
    assert_false(hub_has(&w, 3));
    OK(pair_settle(n));
    for (unsigned i = 0; i < saves; i++)
        assert_true(hub_has(&w, i));
    assert_int_equal(node_alarms(n, NODE_ALARM_HUB_BACK), 1);
    OK(hub_store_begin(w.hub.store));
    OK(hub_store_confirm(w.hub.store));
    assert_int_equal(hub_store_confirm(w.hub.store), ERR_NOT_FOUND);
    OK(hub_store_commit(w.hub.store));
    OK(hub_store_settled(w.hub.store));
    gone(done.kept);
    gone("maintain-hub.bak");
    pair_close(&w);
}

/* The restored hub as it stands is whole, and so is a copy of it. */
static void hub_is_whole(struct pair *w, struct hub_restore *r)
{
    struct hub_verified_log seen;
    struct hub_restored done;
    char made[FILE_PATH_BYTES_MAX];
    gone("maintain-hub2.bak");
    OK(hub_verify_log(w->hub.store, NULL, NULL, &seen));
    assert_int_equal(seen.findings, 0);
    OK(hub_backup(w->hub.store, "maintain-hub2.bak", PAIR_WALL, made));
    pair_hub_off(w);
    r->copy = "maintain-hub2.bak";
    r->look_only = true;
    OK(hub_restore(r, &done));
    r->look_only = false;
    pair_hub_on(w);
    gone("maintain-hub2.bak");
}

static void hub_back(struct pair *w, struct hub_restore *r, const char *copy)
{
    struct hub_restored done;
    pair_hub_off(w);
    r->copy = copy;
    r->now_ms += 1000;
    OK(hub_restore(r, &done));
    pair_hub_on(w);
    gone(done.kept);
    hub_is_whole(w, r);
}

/* The epoch in which a replay of the log up to `upto`, asked for `epoch`, ends. */
static uint64_t replayed_epoch(struct pair *w, uint64_t epoch, uint64_t upto)
{
    struct hub_store *again = NULL;
    struct hub_position at;
    uint64_t position = 0;
    OK(hub_replay_open(w->hub.store, epoch, upto, &again, &position));
    hub_store_position(again, &at);
    assert_int_equal(at.position, upto);
    hub_store_close(again);
    return at.epoch;
}

/* A restore begins an epoch behind the last set, and no set may follow for weeks. */
static void a_restored_hub_is_whole_before_its_next_set(void **state)
{
    (void)state;
    enum { MORE_THAN_LINEAGE = HELLO_EPOCHS_MAX + 3 };
    struct pair w;
    char made[FILE_PATH_BYTES_MAX];
    struct hub_position first, second, at;
    begin(&w, 38);
    struct pair_node *n = &w.nodes[0];
    struct hub_restore r = {.path = w.hub.path, .log_pk = w.hub.log.public, .now_ms = PAIR_WALL};
    gone("maintain-hub.bak");
    OK(hub_backup(w.hub.store, "maintain-hub.bak", PAIR_WALL, made));
    hub_is_whole(&w, &r); /* a hub without a set */
    hub_back(&w, &r, "maintain-hub.bak");
    hub_back(&w, &r, "maintain-hub.bak");
    gone("maintain-hub.bak");

    pair_join(n);
    type_one(n);
    OK(pair_settle(n));
    hub_store_position(w.hub.store, &first);
    OK(hub_backup(w.hub.store, "maintain-hub.bak", PAIR_WALL, made));
    hub_back(&w, &r, "maintain-hub.bak");
    gone("maintain-hub.bak");
    hub_store_position(w.hub.store, &second);
    assert_true(first.position == second.position && first.epoch != second.epoch);
    OK(hub_backup(w.hub.store, "maintain-hub.bak", PAIR_WALL, made));
    hub_back(&w, &r, "maintain-hub.bak"); /* of a restored one, with no set between */
    for (int i = 0; i < MORE_THAN_LINEAGE; i++) {
        OK(hub_store_begin(w.hub.store));
        OK(hub_store_epoch_new(w.hub.store, 0, PAIR_WALL));
        OK(hub_store_commit(w.hub.store));
    }
    hub_is_whole(&w, &r);
    type_one(n);
    OK(pair_settle(n));
    hub_is_whole(&w, &r);
    assert_true(hub_has(&w, 1));

    /* A closing's end is in the epoch that it names, whatever began behind the same position; one that is not
     * there yet does not begin. */
    hub_store_position(w.hub.store, &at);
    assert_true(at.position > first.position);
    assert_int_equal(replayed_epoch(&w, first.epoch, first.position), first.epoch);
    assert_int_equal(replayed_epoch(&w, second.epoch, first.position), second.epoch);
    assert_int_equal(replayed_epoch(&w, at.epoch, first.position), at.epoch);
    assert_int_equal(replayed_epoch(&w, first.epoch, at.position), at.epoch);
    assert_true(replayed_epoch(&w, second.epoch, first.position - 1) != second.epoch);
    gone("maintain-hub.bak");
    pair_close(&w);
}

/* In place of the system's, in this program: a process may end before any change of names, any sync and some writes. */
enum { STOPPED = 77, WRITES_APART = 61, WAL_BYTES_MAX = 64 * 1024 * 1024 };
static int steps_left = -1; /* until the end; below 0: it does not come */
static unsigned writes;

static void disk_step(void)
{
    if (steps_left == 0) _exit(STOPPED);
    if (steps_left > 0) steps_left--;
}

int rename(const char *from, const char *to)
{
    disk_step();
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int link(const char *from, const char *to)
{
    disk_step();
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    disk_step();
    return unlinkat(AT_FDCWD, path, 0);
}

/* The disk loses nothing here: it is the process that ends. */
int fsync(int fd)
{
    (void)fd;
    disk_step();
    return 0;
}

int fdatasync(int fd)
{
    return fsync(fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, int64_t at);
ssize_t pwrite64(int fd, const void *bytes, size_t n, int64_t at)
{
    if (steps_left >= 0 && ++writes % WRITES_APART == 0) disk_step();
    return lseek(fd, at, SEEK_SET) == at ? write(fd, bytes, n) : -1;
}

/* Another process restores and ends before step `n`. false: it came to its end. */
static bool restore_stopped(const struct hub_restore *r, int n)
{
    int status = 0;
    struct hub_restored done;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        steps_left = n;
        _exit(hub_restore(r, &done) == ERR_OK ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 1);
    return WEXITSTATUS(status) == STOPPED;
}

/* The database is whole; where its log ends and in which epoch. */
static struct hub_position whole_at(const char *path)
{
    struct hub_store *s = NULL;
    struct hub_verified_log seen;
    struct hub_position at;
    OK(hub_store_open(&(struct hub_store_options){.path = path}, &s));
    OK(hub_verify_log(s, NULL, NULL, &seen));
    OK(hub_store_check(s));
    hub_store_position(s, &at);
    hub_store_close(s);
    return at;
}

/* A hub that was killed with saves in its WAL is restored, and the restore is killed before each of its steps: the
 * next start has the old database or the restored one, whole; nothing else is left but the old one, which is kept. */
static void a_restore_stopped_at_every_step(void **state)
{
    (void)state;
    struct pair w;
    struct buf file, wal;
    struct hub_position was, copied, is;
    char made[FILE_PATH_BYTES_MAX], first[FILE_PATH_BYTES_MAX], name[FILE_PATH_BYTES_MAX];
    unsigned old = 0, restored = 0;
    begin(&w, 39);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    type_one(n);
    OK(pair_settle(n));
    gone("maintain-hub.bak");
    OK(hub_backup(w.hub.store, "maintain-hub.bak", PAIR_WALL, made));
    hub_store_position(w.hub.store, &copied);
    OK(db_checkpoint(hub_store_db(w.hub.store)));
    type_one(n);
    OK(pair_settle(n));
    hub_store_position(w.hub.store, &was);
    buf_init(&file, WAL_BYTES_MAX);
    buf_init(&wal, WAL_BYTES_MAX);
    snprintf(name, sizeof name, "%s-wal", w.hub.path);
    OK(file_read(w.hub.path, WAL_BYTES_MAX, &file));
    OK(file_read(name, WAL_BYTES_MAX, &wal));
    assert_true(wal.len > 0);
    pair_hub_off(&w);
    struct hub_restore r = {.copy = "maintain-hub.bak",
                            .path = w.hub.path,
                            .log_pk = w.hub.log.public,
                            .now_ms = PAIR_WALL};
    bool stopped = true;
    for (int step = 0; stopped; step++) {
        pair_file_put(w.hub.path, &file);
        snprintf(name, sizeof name, "%s-wal", w.hub.path);
        pair_file_put(name, &wal);
        stopped = restore_stopped(&r, step);
        db_restore_sweep(w.hub.path); /* as each start does */
        assert_int_equal(db_restore_name(w.hub.path, name), ERR_OK);
        assert_false(file_exists(name));
        is = whole_at(w.hub.path);
        bool back = is.position == copied.position;
        restored += back && stopped;
        old += !back;
        assert_true(back ? is.epoch != was.epoch
                         : is.position == was.position && is.epoch == was.epoch);
        assert_true(stopped || back);
        if (db_old_count(w.hub.path, first) > 0) {
            assert_int_equal(db_old_count(w.hub.path, first), 1);
            OK(file_beside(w.hub.path, first, name));
            if (back) assert_int_equal(whole_at(name).position, was.position);
            gone(name);
        }
        gone(w.hub.path);
    }
    print_message("[          ] %u old, %u restored\n", old, restored);
    assert_true(old > 10 && restored > 0);
    pair_file_put(w.hub.path, &file);
    buf_free(&file);
    buf_free(&wal);
    gone("maintain-hub.bak");
    pair_hub_on(&w);
    pair_close(&w);
}

/* Nothing of a copy that is damaged anywhere reaches the database. */
static void a_damaged_copy_is_refused(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy good = {{0}};
    struct node_restored done;
    struct hub_restored hub_done;
    begin(&w, 36);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    for (int i = 0; i < 5; i++)
        type_one(n);
    OK(pair_settle(n));
    for (int side = 0; side < 2; side++) {
        side == 0 ? pair_node_copy(n, &good) : pair_hub_copy(&w, &good);
        for (size_t i = 0; i + 3 < good.bytes.len; i++) {
            if (memcmp(good.bytes.p + i, "\xa2w2", 3) == 0) good.bytes.p[i + 1] ^= 4;
        }
        pair_file_put("maintain-bad.bak", &good.bytes);
        struct node_restore r = node_way(n, "maintain-bad.bak");
        struct hub_restore h = {
            .copy = "maintain-bad.bak", .path = w.hub.path, .log_pk = w.hub.log.public};
        side == 0 ? pair_node_off(n) : pair_hub_off(&w);
        assert_int_equal(side == 0 ? node_restore(&r, &done) : hub_restore(&h, &hub_done),
                         ERR_DAMAGED);
        /* no database at all; one of another kind; one that was cut */
        pair_unlink("maintain-bad.bak");
        good.bytes.len /= 2;
        pair_file_put("maintain-bad.bak", &good.bytes);
        assert_int_equal(side == 0 ? node_restore(&r, &done) : hub_restore(&h, &hub_done),
                         ERR_DAMAGED);
        pair_unlink("maintain-bad.bak");
        FILE *f = fopen("maintain-bad.bak", "wb");
        assert_non_null(f);
        fputs("this is a letter and not a database, however long it may be ......", f);
        fclose(f);
        assert_int_equal(side == 0 ? node_restore(&r, &done) : hub_restore(&h, &hub_done),
                         ERR_DAMAGED);
        side == 0 ? pair_node_on(n) : pair_hub_on(&w);
        pair_unlink("maintain-bad.bak");
    }
    pair_node_off(n); /* that of the one program for the other */
    pair_hub_off(&w);
    {
        struct node_restore r = node_way(n, w.hub.path);
        struct hub_restore h = {.copy = n->path, .path = w.hub.path, .log_pk = w.hub.log.public};
        assert_int_equal(node_restore(&r, &done), ERR_OTHER_PROGRAM);
        assert_int_equal(hub_restore(&h, &hub_done), ERR_OTHER_PROGRAM);
    }
    pair_node_on(n);
    pair_hub_on(&w);
    assert_int_equal(pair_status(n).sets, 6);
    buf_free(&good.bytes);
    pair_close(&w);
}

/* Files copied by hand, without the program's `backup`, while it writes: the first part of the one moment, the
 * rest of another. `restore` takes what is whole, with as many sets as the file had at either moment, and
 * nothing else. */
enum { MOMENTS = 6 };
static void copied_by_hand(struct pair *w, int side)
{
    struct pair_node *n = &w->nodes[0];
    struct buf at[MOMENTS], torn;
    uint64_t sets[MOMENTS];
    unsigned whole = 0, refused = 0;
    for (int m = 0; m < MOMENTS; m++) {
        struct db *db = side == 0 ? node_store_db(n->store) : hub_store_db(w->hub.store);
        for (int i = 0; i < 3; i++)
            type_one(n);
        OK(pair_settle(n));
        if (m % 2 == 0) OK(db_checkpoint(db));
        buf_init(&at[m], 64 * 1024 * 1024);
        OK(file_read(side == 0 ? n->path : w->hub.path, 64 * 1024 * 1024, &at[m]));
        sets[m] = pair_status(n).sets;
    }
    side == 0 ? pair_node_off(n) : pair_hub_off(w);
    for (int a = 0; a < MOMENTS; a++) {
        for (int cut = 0; cut < 4; cut++) {
            int b = (a + 1 + cut) % MOMENTS;
            size_t head = at[a].len / 4 * (size_t)(cut + 1) - (cut == 1 ? 100 : 0);
            buf_init(&torn, 64 * 1024 * 1024);
            buf_add(&torn, at[a].p, head);
            if (cut < 3 && at[b].len > head) buf_add(&torn, at[b].p + head, at[b].len - head);
            pair_file_put("maintain-torn.bak", &torn);
            struct node_restored done = {.seen = {0}};
            struct hub_restored hub_done = {.seen = {0}};
            struct node_restore r = node_way(n, "maintain-torn.bak");
            struct hub_restore h = {.copy = "maintain-torn.bak",
                                    .path = w->hub.path,
                                    .log_pk = w->hub.log.public,
                                    .look_only = true};
            r.look_only = true;
            enum err e = side == 0 ? node_restore(&r, &done) : hub_restore(&h, &hub_done);
            uint64_t seen = side == 0 ? done.seen.sets : hub_done.seen.sets;
            whole += e == ERR_OK;
            refused += e != ERR_OK;
            if (e == ERR_OK && side == 0) {
                assert_true(seen <= (sets[a] > sets[b] ? sets[a] : sets[b]));
                assert_int_equal(done.seen.findings, 0);
            }
            if (e == ERR_OK && side == 1) assert_int_equal(hub_done.seen.findings, 0);
            pair_unlink("maintain-torn.bak");
            buf_free(&torn);
        }
    }
    side == 0 ? pair_node_on(n) : pair_hub_on(w);
    print_message("[          ] side %d: %u whole, %u refused\n", side, whole, refused);
    assert_true(whole > 0 && refused > 0);
    for (int m = 0; m < MOMENTS; m++)
        buf_free(&at[m]);
}

static void a_file_copied_by_hand_is_whole_or_refused(void **state)
{
    (void)state;
    struct pair w;
    begin(&w, 37);
    pair_join(&w.nodes[0]);
    copied_by_hand(&w, 0);
    copied_by_hand(&w, 1);
    OK(pair_settle(&w.nodes[0]));
    for (unsigned i = 0; i < saves; i++)
        assert_true(hub_has(&w, i));
    pair_close(&w);
}

/* ---- witnesses ---- */

static void a_witness_recognises_an_old_copy_offline(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy c = {{0}};
    struct node_store_status before, after;
    char name[96];
    begin(&w, 33);
    struct pair_node *n = &w.nodes[0];
    struct node_store_options o = {.path = n->path, .witness = true};
    pair_join(n);
    type_one(n);
    OK(pair_settle(n));
    pair_node_copy(n, &c);
    pair_node_off(n);
    OK(node_store_open(&o, &n->store));
    pair_node_engine(n);
    for (int i = 0; i < 5; i++)
        type_one(n);
    before = pair_status(n);
    pair_node_off(n);
    OK(node_store_open(&o, &n->store)); /* nothing happened: nothing changes */
    pair_node_engine(n);
    type_one(n);
    after = pair_status(n);
    assert_int_equal(after.sets, before.sets + 1);
    assert_memory_equal(before.inc.b, after.inc.b, 8);
    assert_int_equal(node_alarms(n, NODE_ALARM_RESTORED), 0);
    pair_node_off(n);
    pair_file_put(n->path, &c.bytes);
    OK(node_store_open(&o, &n->store));
    pair_node_engine(n);
    assert_int_equal(node_alarms(n, NODE_ALARM_RESTORED), 1);
    type_one(n);
    after = pair_status(n);
    assert_memory_not_equal(before.inc.b, after.inc.b, 8);
    pair_node_off(n);

    /* a damaged witness, and none, mean nothing */
    for (int kind = 0; kind < 2; kind++) {
        snprintf(name, sizeof name, "%s.witness", n->path);
        FILE *f = fopen(name, "wb");
        assert_non_null(f);
        if (kind == 0) fputs("xxxx", f);
        fclose(f);
        if (kind == 1) unlink(name);
        OK(node_store_open(&o, &n->store));
        pair_node_engine(n);
        struct node_store_status then = pair_status(n);
        assert_memory_equal(then.inc.b, after.inc.b, 8);
        assert_int_equal(node_alarms(n, NODE_ALARM_RESTORED), 1);
        pair_node_off(n);
    }
    snprintf(name, sizeof name, "%s.witness", n->path);
    unlink(name);
    pair_node_on(n);

    /* the hub begins a new epoch by itself */
    struct hub_identity was, is;
    struct hub_store_options ho = {.path = w.hub.path, .witness = true};
    pair_hub_copy(&w, &c);
    pair_hub_off(&w);
    OK(hub_store_open(&ho, &w.hub.store));
    pair_hub_engine(&w);
    OK(pair_settle(n));
    OK(hub_store_identity(w.hub.store, &was));
    pair_hub_off(&w);
    pair_file_put(w.hub.path, &c.bytes);
    OK(hub_store_open(&ho, &w.hub.store));
    pair_hub_engine(&w);
    OK(hub_store_identity(w.hub.store, &is));
    assert_true(was.epoch != is.epoch);
    assert_int_equal(hub_alarms(&w, HUB_ALARM_WENT_BACK), 1);
    assert_int_equal(hub_store_settled(w.hub.store), ERR_DENIED);
    OK(pair_settle(n));
    assert_int_equal(hub_alarms(&w, HUB_ALARM_WENT_BACK), 1);
    snprintf(name, sizeof name, "%s.witness", w.hub.path);
    unlink(name);
    buf_free(&c.bytes);
    pair_close(&w);
}

/* It is written at once the first time, then at most every WITNESS_MS, and when it is closed. */
static void a_witness_is_written_at_most_every_five_seconds(void **state)
{
    (void)state;
    struct witness w, other;
    struct witness_mark mark = {.number = 1}, got;
    unlink("maintain-w.db.witness");
    OK(witness_open(&w, "maintain-w.db"));
    OK(witness_open(&other, "maintain-w.db"));
    assert_int_equal(witness_read(&other, &got), ERR_NOT_FOUND);
    witness_note(&w, &mark, 1000);
    OK(witness_read(&other, &got));
    assert_int_equal(got.number, 1);
    mark.number = 2;
    witness_note(&w, &mark, 1000 + WITNESS_MS - 1);
    OK(witness_read(&other, &got));
    assert_int_equal(got.number, 1);
    mark.number = 3;
    witness_note(&w, &mark, 1000 + WITNESS_MS);
    OK(witness_read(&other, &got));
    assert_int_equal(got.number, 3);
    mark.number = 4;
    witness_note(&w, &mark, 1000 + WITNESS_MS + 1);
    witness_close(&w);
    OK(witness_read(&other, &got));
    assert_int_equal(got.number, 4);
    unlink("maintain-w.db.witness");
}

/* ---- alarms ---- */

static void alarms_stand_until_a_person_settles_them(void **state)
{
    (void)state;
    struct pair w;
    begin(&w, 37);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    OK(node_store_alarm(n->store, NODE_ALARM_DAMAGED, 10));
    OK(node_store_alarm(n->store, NODE_ALARM_DAMAGED, 20));
    assert_int_equal(node_alarms(n, NODE_ALARM_DAMAGED), 1);
    assert_int_equal(node_store_alarm_ack(n->store, 99, 30), ERR_NOT_FOUND);
    OK(node_store_alarm_ack(n->store, 1, 30));
    assert_int_equal(node_store_alarm_ack(n->store, 1, 30), ERR_NOT_FOUND);
    assert_int_equal(node_alarms(n, NODE_ALARM_DAMAGED), 0);
    OK(node_store_alarm(n->store, NODE_ALARM_DAMAGED, 40)); /* again: a new one */
    assert_int_equal(node_alarms(n, NODE_ALARM_DAMAGED), 1);

    /* a clock: raised by a contact, over by itself when it is right again */
    int64_t far = PAIR_WALL + NODE_ALARM_CLOCK_MS;
    OK(node_store_contact(n->store, PAIR_WALL, ERR_OK, far - 1));
    assert_int_equal(node_alarms(n, NODE_ALARM_CLOCK), 0);
    OK(node_store_contact(n->store, PAIR_WALL, ERR_OK, far));
    assert_int_equal(node_alarms(n, NODE_ALARM_CLOCK), 1);
    OK(node_store_contact(n->store, PAIR_WALL, ERR_OK, PAIR_WALL - NODE_ALARM_CLOCK_MS));
    assert_int_equal(node_alarms(n, NODE_ALARM_CLOCK), 1);
    OK(node_store_contact(n->store, PAIR_WALL, ERR_UNREACHABLE, 0)); /* nothing was learned */
    assert_int_equal(node_alarms(n, NODE_ALARM_CLOCK), 1);
    OK(node_store_contact(n->store, PAIR_WALL, ERR_OK, PAIR_WALL));
    assert_int_equal(node_alarms(n, NODE_ALARM_CLOCK), 0);

    /* the hub's clock: against what it said itself, whatever this PC's own clock does */
    int64_t own = PAIR_WALL + 7 * INT64_C(86400000);
    assert_int_equal(node_alarms(n, NODE_ALARM_HUB_CLOCK), 1); /* it went back from `far` above */
    OK(node_store_contact(n->store, own, ERR_OK, PAIR_WALL + 1));
    OK(node_store_contact(n->store, PAIR_WALL, ERR_OK, PAIR_WALL + 2 - NODE_ALARM_CLOCK_MS));
    OK(db_exec(node_store_db(n->store), "UPDATE sys_alarm SET acked_ms = 50 WHERE kind = 6"));
    OK(node_store_contact(n->store, own, ERR_OK, PAIR_WALL));
    OK(node_store_contact(n->store, -own, ERR_UNREACHABLE, 0));
    OK(node_store_contact(n->store, -own, ERR_OK, PAIR_WALL + 1 - NODE_ALARM_CLOCK_MS));
    assert_int_equal(node_alarms(n, NODE_ALARM_HUB_CLOCK), 0);
    OK(node_store_contact(n->store, own, ERR_OK, PAIR_WALL));
    OK(node_store_contact(n->store, -own, ERR_OK, PAIR_WALL - NODE_ALARM_CLOCK_MS));
    assert_int_equal(node_alarms(n, NODE_ALARM_HUB_CLOCK), 1);

    struct id_hash node = {{1}};
    OK(hub_store_begin(w.hub.store));
    OK(hub_store_clock_look(w.hub.store, &node, PAIR_WALL + HUB_ALARM_CLOCK_MS - 1, PAIR_WALL));
    OK(hub_store_commit(w.hub.store));
    assert_int_equal(hub_alarms(&w, HUB_ALARM_CLOCK), 0);
    static const int64_t wrong[] = {PAIR_WALL + HUB_ALARM_CLOCK_MS, INT64_MAX, INT64_MIN, -1};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        OK(hub_store_begin(w.hub.store));
        OK(hub_store_clock_look(w.hub.store, &node, wrong[i], PAIR_WALL));
        OK(hub_store_commit(w.hub.store));
        assert_int_equal(hub_alarms(&w, HUB_ALARM_CLOCK), 1);
    }
    OK(hub_store_begin(w.hub.store));
    OK(hub_store_clock_look(w.hub.store, &node, PAIR_WALL, PAIR_WALL));
    OK(hub_store_commit(w.hub.store));
    assert_int_equal(hub_alarms(&w, HUB_ALARM_CLOCK), 0);
    pair_close(&w);
}

/* A copy that saved before its contact: both sides tell of the fork, and nothing is lost. */
static void a_fork_is_told_on_both_sides(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy c = {{0}};
    begin(&w, 38);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    type_one(n);
    OK(pair_settle(n));
    pair_node_copy(n, &c);
    type_one(n);
    OK(pair_settle(n));
    assert_int_equal(hub_alarms(&w, HUB_ALARM_FORK), 0);
    pair_node_back(n, &c);
    type_one(n);
    OK(pair_settle(n));
    assert_int_equal(node_alarms(n, NODE_ALARM_FORK), 1);
    assert_int_equal(hub_alarms(&w, HUB_ALARM_FORK), 1);
    for (unsigned i = 0; i < saves; i++)
        assert_true(hub_has(&w, i));
    buf_free(&c.bytes);
    pair_close(&w);
}

/* ---- damage ---- */

static void a_damaged_own_set_ends_its_incarnation(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy c = {{0}};
    struct node_verified v;
    begin(&w, 34);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    type_one(n);
    OK(pair_settle(n));
    for (int i = 0; i < 4; i++)
        type_one(n); /* saves 1 to 4; the second of them rots */
    pair_node_copy(n, &c);
    for (size_t i = 0; i + 3 < c.bytes.len; i++) {
        if (memcmp(c.bytes.p + i, "\xa2w2", 3) == 0) c.bytes.p[i + 1] ^= 4;
    }
    pair_node_back(n, &c);
    struct node_store_status before = pair_status(n);
    assert_int_equal(node_store_verify(n->store, NULL, NULL, &v), ERR_DAMAGED);
    assert_int_equal(v.findings, 1);
    assert_int_equal(pair_attempt(n), ERR_DAMAGED);
    OK(pair_settle(n));
    assert_memory_not_equal(before.inc.b, pair_status(n).inc.b, 8);
    for (unsigned i = 0; i < saves; i++)
        assert_int_equal(hub_has(&w, i), i != 2);
    assert_int_equal(pair_status(n).waiting, 0);
    buf_free(&c.bytes);
    pair_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_comes_back_from_its_backup),
        cmocka_unit_test(a_hub_comes_back_from_its_backup),
        cmocka_unit_test(a_restored_hub_is_whole_before_its_next_set),
        cmocka_unit_test(a_restore_stopped_at_every_step),
        cmocka_unit_test(a_damaged_copy_is_refused),
        cmocka_unit_test(a_file_copied_by_hand_is_whole_or_refused),
        cmocka_unit_test(a_witness_recognises_an_old_copy_offline),
        cmocka_unit_test(a_witness_is_written_at_most_every_five_seconds),
        cmocka_unit_test(alarms_stand_until_a_person_settles_them),
        cmocka_unit_test(a_fork_is_told_on_both_sides),
        cmocka_unit_test(a_damaged_own_set_ends_its_incarnation),
    };
    if (randombytes_set_implementation(&pair_random) != 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
