/*
 * Each public store call of hub and node, again and again, while the n-th operation under it fails (reliability P3, S6,
 * S7): a write or sync, once and for ever; a full disk; a read, once and for ever; an allocation of our own code or
 * of SQLite. Whatever n:
 *
 *   - the error is one of those that the headers name, and never one that says something of the data;
 *   - no error: the answer is the one of a call that nothing disturbed;
 *   - an error: the database says what it said before, down to every cell (a call of several transactions: some of
 *     them may be done);
 *   - when the fault is over the same call works, on the connection it has or on a new one, and leaves the same cells
 *     and gives the same answer as undisturbed;
 *   - the power fails then: nothing of it is lost, the store opens, and its own check finds nothing.
 *
 *   calls_test --golden NAME     instead: keep the base's two databases and keys as tests/data/golden/NAME-*, for
 *                                golden_test; once for a release, never again
 *   calls_test [STRIDE [NAME]]   1 = every n (of allocations each MEMORY_STRIDE-th); 0, the default: one place of each
 *                                call and fault, which fits ./dev test
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <zstd.h>

#include "common/io/db.h"
#include "common/io/file.h"
#include "hub/bundle.h"
#include "hub/store_records.h"
#include "hub/store_replay.h"
#include "hub/store_reports.h"
#include "node/bundle.h"
#include "node/maintain.h"
#include "proto/move.h"
#include "tests/lib/failing.h"
#include "tests/sim/calls.h"

#define OK(call) assert_int_equal((call), ERR_OK)

#define XA_1 "26176"
#define XA_2 "26179"

enum { MEMORY_STRIDE = 8, PERSON = 1, ACTIVITY = 34, BIRTHPLACE = 10, PHONE = 19 };

enum fault { FAULT_WRITE, FAULT_FULL, FAULT_READ, FAULT_MEMORY, FAULTS };
static const char *const fault_names[FAULTS] = {"write", "full", "read", "memory"};

/* ---- what a call tells ---- */

void calls_tell(struct calls *c, const void *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        c->told = (c->told ^ ((const uint8_t *)p)[i]) * UINT64_C(0x100000001b3);
}

void calls_tell_bytes(struct calls *c, struct bytes b)
{
    calls_tell_int(c, (int64_t)b.len);
    calls_tell(c, b.p, b.len);
}

void calls_tell_str(struct calls *c, const char *s)
{
    calls_tell_bytes(c, bytes_str(s));
}

void calls_tell_int(struct calls *c, int64_t v)
{
    calls_tell(c, &v, sizeof v);
}

/* Text that the harness makes of what it was told: not under test. */
void calls_tell_json(struct calls *c, const json_t *j)
{
    failing.armed = false;
    char *text = json_dumps(j, JSON_ENCODE_ANY);
    assert_non_null(text);
    calls_tell_str(c, text);
    free(text);
    failing.armed = true;
}

/* ---- the store under test ---- */

static struct memvfs_host *disk;
static struct calls c;
static bool of_hub, of_pages;
static uint64_t runs, absorbed;

static struct db *store_db(void)
{
    return of_hub ? hub_store_db(c.hub) : node_store_db(c.node);
}

/* As when a page is asked: what the programs keep is there, and SQLite has yet to read the file. */
static enum err store_ready(void)
{
    struct hub_cut cut;
    enum err e = of_hub ? hub_reports_ready(c.hub, &cut) : ERR_OK;
    return e == ERR_OK ? db_exec(store_db(), "PRAGMA shrink_memory") : e;
}

static enum err store_open(void)
{
    struct hub_store_options hub = {.path = CALLS_HUB_PATH, .vfs = MEMVFS_NAME};
    struct node_store_options node = {.path = CALLS_NODE_PATH, .vfs = MEMVFS_NAME};
    enum err e = of_hub ? hub_store_open(&hub, &c.hub) : node_store_open(&node, &c.node);
    return e == ERR_OK && of_pages ? store_ready() : e;
}

static void store_close(void)
{
    hub_store_close(c.hub);
    node_store_close(c.node);
    c.hub = NULL;
    c.node = NULL;
}

/* ---- the base: a hub and a node with some of everything ---- */

static struct world w;
static struct calls base, base_pages;
static struct memvfs_host *disk_hub, *disk_node, *disk_hub_pages, *disk_node_pages;
static struct buf up_file, answer_file;
static struct buf kept_sets[4]; /* heads and bodies of two sets */

struct bytes calls_file(unsigned which)
{
    static uint8_t file[2][3000];
    memcpy(file[which], "%PDF-", 5);
    for (size_t i = 5; i < sizeof file[which]; i++)
        file[which][i] = (uint8_t)(i * 7 + which);
    return BYTES_OF(file[which]);
}

/* A record of the first node that names a file. */
static void base_file(unsigned which, int record)
{
    char hex[2 * ID_HASH_BYTES + 1];
    attach_hash(calls_file(which), &base.files[which].hash);
    id_hex(BYTES_OF(base.files[which].hash.b), hex);
    world_create(&w, 0, record, PERSON, hex);
}

static void base_live(void)
{
    static const char *const units[] = {XA_1, XA_2};
    world_open(&w, 11, 2, units, true);
    world_create(&w, 0, 1, PERSON, "Nguyễn Văn An");
    world_create(&w, 0, 2, PERSON, "Trần Thị Bình");
    world_create(&w, 0, 3, PERSON, "Sẽ xóa");
    world_create(&w, 0, 4, ACTIVITY, "Hội nghị");
    world_create(&w, 1, 5, PERSON, "Của xã kia");
    world_create(&w, 0, 6, PERSON, "Cùng xem");
    base_file(0, 7);
    base_file(1, 9);
    world_settle(&w);
    world_edit(&w, 0, 1, PHONE, "0900000001");
    world_offer(&w, 0, 1, 2, XA_2);
    world_share(&w, 0, 6, XA_2, MOVE_READ);
    world_settle(&w);
    world_erase(&w, 3);
    world_settle(&w);
    world_edit(&w, WORLD_HUB, 1, BIRTHPLACE, "Vĩnh Cửu");
    world_close_period(&w, "2023-01");
    world_settle(&w);
    world_offline(&w, 0, true);
    world_edit(&w, 0, 6, BIRTHPLACE, "Biên Hòa");
    world_edit(&w, WORLD_HUB, 6, BIRTHPLACE, "Vĩnh Cửu"); /* a conflict */
    world_offline(&w, 0, false);
    world_settle(&w);
    world_revoke(&w, 1);
    world_create(&w, 1, 10, PERSON, "Sau khi thu hồi");
    world_settle(&w);
    if (w.failed) print_error("%s\n", w.failure);
    assert_false(w.failed);
}

static enum err head_first(void *ctx, const struct hub_set *set)
{
    struct calls *x = ctx;
    x->version = id_version_make(&set->view->head.inc, set->view->head.seq, &set->view->hash);
    return ERR_OK;
}

/* The newest set of the node, and of the hub, with their signatures. */
static enum err set_keep(void *ctx, const struct hub_log_row *r)
{
    struct calls *x = ctx;
    bool own = r->own;
    if (r->signature.len != sizeof x->signature) return ERR_OK;
    if (!own && !bytes_equal(r->node, BYTES_OF(x->at.node.b))) return ERR_OK;
    for (int i = 0; i < 2; i++) {
        struct buf *b = &kept_sets[2 * own + i];
        if (b->max == 0) buf_init(b, CHANGE_BODY_BYTES_MAX);
        buf_clear(b);
        buf_add_bytes(b, i == 0 ? r->head : r->body);
    }
    memcpy(own ? x->own_signature : x->signature, r->signature.p, sizeof x->signature);
    if (!own) x->position = r->position;
    return ERR_OK;
}

static void base_sets(void)
{
    OK(hub_log_rows(base.hub, set_keep, &base));
    base.head = buf_bytes(&kept_sets[0]);
    base.body = buf_bytes(&kept_sets[1]);
    base.own = buf_bytes(&kept_sets[2]);
    base.own_body = buf_bytes(&kept_sets[3]);
    assert_true(base.body.len > 0 && base.own_body.len > 0);
}

static void base_bundles(void)
{
    struct node_bundle_made made;
    struct hub_bundle_result r;
    struct node_bundle n = {.store = base.node,
                            .keys = base.node_keys,
                            .sealing = base.node_sealing,
                            .now_ms = CALLS_NOW};
    struct hub_bundle h = {
        .store = base.hub, .keys = base.hub_keys, .sealing = base.hub_sealing, .now_ms = CALLS_NOW};
    buf_init(&up_file, CALLS_BUNDLE_MAX);
    OK(node_bundle_out(&n, false, CALLS_BUNDLE_MAX, &up_file, &made));
    assert_true(made.sets > 0);
    buf_init(&answer_file, CALLS_BUNDLE_MAX);
    OK(hub_bundle_in(&h, buf_bytes(&up_file), CALLS_BUNDLE_MAX, &answer_file, &r));
    assert_true(r.sets_new > 0);
    base.up = buf_bytes(&up_file);
    base.answer = buf_bytes(&answer_file);
}

/* The disk as it was, with the store opened and closed once, so that no run begins with a WAL. */
static struct memvfs_host *base_keep(const char *early, const char *name, bool hub)
{
    struct memvfs_host *kept = memvfs_host(name);
    disk = memvfs_host("x");
    memvfs_copy(memvfs_host(early), disk, false);
    of_hub = hub;
    OK(store_open());
    store_close();
    if (!hub) calls_node_beside();
    memvfs_copy(disk, kept, false);
    return kept;
}

/* Likewise with the project's catalogue, for pages. A name that begins with "base" outlives the world. */
static void base_make_pages(void)
{
    static const char *const units[] = {XA_1, XA_2};
    struct buf payloads[BASE_PAYLOADS_MAX];
    world_open(&w, 12, 2, units, true);
    world_create(&w, 0, 6, PERSON, "Hai ý");
    world_edit(&w, 0, 6, BIRTHPLACE, "Trị An");
    world_settle(&w);
    world_offline(&w, 0, true);
    world_edit(&w, 0, 6, BIRTHPLACE, "Biên Hòa");
    world_edit(&w, WORLD_HUB, 6, BIRTHPLACE, "Vĩnh Cửu");
    world_offline(&w, 0, false);
    world_settle(&w);
    size_t parts = base_catalogue("catalogue", 2, payloads);
    for (size_t i = 0; i < parts; i++) {
        struct bytes p = buf_bytes(&payloads[i]);
        OK(base_hub_append(&w, &p, 1));
        buf_free(&payloads[i]);
    }
    world_settle(&w);
    if (w.failed) print_error("%s\n", w.failure);
    assert_false(w.failed);
    struct world_node *n = &w.nodes[0];
    const struct base *b = base_keys();
    base_pages = (struct calls){
        .hub = w.hub.store,
        .node = n->store,
        .hub_keys = &w.hub.keys,
        .node_keys = &n->sync_keys,
        .hub_sealing = {b->sealing.secret, b->sealing.public},
        .node_sealing = {n->keys->sealing.secret, n->keys->sealing.public},
        .shared = w.records[6].rid,
    };
    calls_pages_prepare(&base_pages);
    memvfs_copy(n->host.disk, memvfs_host("early-node"), false);
    memvfs_copy(w.hub.host.disk, memvfs_host("early-hub"), false);
    world_close(&w);
    of_pages = true;
    disk_node_pages = base_keep("early-node", "base-pages-node", false);
    disk_hub_pages = base_keep("early-hub", "base-pages-hub", true);
    of_pages = false;
}

static void base_make_all(void)
{
    base_make_pages();
    const struct base *b = base_keys();
    base_live();
    struct world_node *n = &w.nodes[0];
    const struct attach_ref files[2] = {{w.records[7].rid, base.files[0].hash},
                                        {w.records[9].rid, base.files[1].hash}};
    base = (struct calls){.hub = w.hub.store,
                          .files = {files[0], files[1]},
                          .node = n->store,
                          .hub_keys = &w.hub.keys,
                          .node_keys = &n->sync_keys,
                          .hub_sealing = {b->sealing.secret, b->sealing.public},
                          .node_sealing = {n->keys->sealing.secret, n->keys->sealing.public},
                          .person = w.records[1].rid,
                          .moved = w.records[2].rid,
                          .erased = w.records[3].rid,
                          .activity = w.records[4].rid,
                          .shared = w.records[6].rid};
    struct node_identity id;
    struct message_hello_node hello;
    OK(node_store_identity(base.node, &id));
    OK(hub_store_node(base.hub, &id.node, &base.at));
    OK(node_store_hello(base.node, &hello));
    base.inc = hello.logs[0].inc;
    OK(hub_store_sets(base.hub, 20, 20, head_first, &base));
    base_sets();
    memset(base.fresh.b, 0x5a, sizeof base.fresh.b);
    calls_hub_prepare(&base);
    calls_node_prepare(&base);
    world_offline(&w, 0, true);
    world_create(&w, 0, 8, PERSON, "Chờ gửi"); /* waits at the node */
    memvfs_copy(n->host.disk, memvfs_host("early-node"), false);
    memvfs_copy(w.hub.host.disk, memvfs_host("early-hub"), false);
    base_bundles();
    calls_hub_order(&base);
    world_close(&w);
    disk_node = base_keep("early-node", "kept-node", false);
    disk_hub = base_keep("early-hub", "kept-hub", true);
}

/* ---- one run ---- */

static enum err finding_tell(void *ctx, const struct node_finding *f)
{
    (void)ctx;
    print_error("finding %d\n", (int)f->kind);
    return ERR_OK;
}

static enum err store_check(void)
{
    struct node_verified v = {0};
    if (of_hub) return hub_store_check(c.hub);
    enum err e = node_store_verify(c.node, finding_tell, NULL, &v);
    return e == ERR_OK && v.findings > 0 ? ERR_DAMAGED : e;
}

/* Every cell of every table, as the connection sees it. */
static uint64_t cells(void)
{
    struct calls sum = {.told = 1};
    struct db *db = store_db();
    struct db_stmt *q = NULL, *t = NULL;
    bool row, more;
    OK(db_prepare(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name", &q));
    for (OK(db_step(q, &row)); row; OK(db_step(q, &row))) {
        char sql[160];
        struct bytes name = db_column_bytes(q, 0);
        snprintf(sql, sizeof sql, "SELECT * FROM \"%.*s\"", (int)name.len, (const char *)name.p);
        calls_tell_bytes(&sum, name);
        OK(db_prepare(db, sql, &t));
        for (OK(db_step(t, &more)); more; OK(db_step(t, &more))) {
            for (int i = 0; i < db_column_count(t); i++) {
                calls_tell_int(&sum, (int64_t)db_column_kind(t, i));
                if (db_column_kind(t, i) == DB_INT)
                    calls_tell_int(&sum, db_column_int(t, i));
                else
                    calls_tell_bytes(&sum, db_column_bytes(t, i));
            }
        }
        db_stmt_free(t);
    }
    db_stmt_free(q);
    return sum.told;
}

struct want { /* of a run that nothing disturbed */
    uint64_t before, after, told;
    enum err said; /* OK, or NOT_FOUND where there is nothing of the kind */
    uint64_t places[FAULTS];
};

static void begin(void)
{
    store_close(); /* left open by a run that failed */
    memvfs_boot(disk);
    c = of_pages ? base_pages : base;
    c.hub = NULL;
    c.node = NULL;
    memvfs_heal(disk);
    if (of_pages)
        memvfs_copy(of_hub ? disk_hub_pages : disk_node_pages, disk, false);
    else
        memvfs_copy(of_hub ? disk_hub : disk_node, disk, false);
    memvfs_set_time(CALLS_NOW);
    OK(store_open());
}

static enum err run(const struct call *k)
{
    base_random_seed(77);
    c.told = 1;
    failing.armed = true;
    enum err e = k->fn(&c);
    failing.armed = false;
    return e;
}

static void look(const struct call *k, struct want *x)
{
    begin();
    x->before = cells();
    store_close();
    begin();
    uint64_t ops = memvfs_ops(disk), reads = memvfs_reads(disk);
    failing.count = 0;
    enum err e = run(k);
    if (e != ERR_OK && e != ERR_NOT_FOUND) print_error("%s: %s\n", k->name, err_name(e));
    assert_true(e == ERR_OK || e == ERR_NOT_FOUND);
    x->said = e;
    x->places[FAULT_WRITE] = x->places[FAULT_FULL] = memvfs_ops(disk) - ops;
    x->places[FAULT_READ] = memvfs_reads(disk) - reads;
    x->places[FAULT_MEMORY] = failing.count;
    x->told = c.told;
    x->after = cells();
    store_close();
}

static bool may_say(enum fault f, enum err e)
{
    if (f == FAULT_MEMORY) return e == ERR_NOMEM;
    if (f == FAULT_FULL) return e == ERR_FULL || e == ERR_STORE || e == ERR_IO;
    return e == ERR_IO || e == ERR_STORE;
}

static void arm(enum fault f, uint64_t n)
{
    uint64_t count = failing.ever ? MEMVFS_NEVER : 1;
    failing.failed = false;
    if (f == FAULT_WRITE)
        memvfs_fail(disk, n % 2 ? MEMVFS_IO : MEMVFS_IO_FORGET, memvfs_ops(disk) + n, count);
    if (f == FAULT_FULL) memvfs_fail(disk, MEMVFS_FULL, memvfs_ops(disk) + n, MEMVFS_NEVER);
    if (f == FAULT_READ) memvfs_fail_reads(disk, memvfs_reads(disk) + n, count);
    if (f == FAULT_MEMORY) failing.countdown = n + 1;
}

#define MUST(cond)                                                                                 \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            print_error("%s, %s %llu %s: %s; it said %s\n", k->name, fault_names[f],               \
                        (unsigned long long)n, forever ? "for ever" : "once", #cond, err_name(e)); \
            return false;                                                                          \
        }                                                                                          \
    } while (0)

/* The fault is over; `e` is what the call said. */
static bool after(const struct call *k, const struct want *x, enum fault f, uint64_t n,
                  bool forever, enum err e)
{
    bool anew = n % 2 == 1 || (of_hub ? c.hub == NULL : c.node == NULL), there = e == x->said;
    if (anew) {
        store_close();
        enum err opened = store_open();
        MUST(opened == ERR_OK);
    }
    uint64_t now = cells(), last = x->after;
    bool uncounted = f == FAULT_FULL && (k->flags & CALL_COUNTS) != 0 && now == x->before;
    if (e == x->said) MUST(now == x->after || uncounted);
    if (e == x->said) last = now;
    /* A commit that failed is in doubt: another connection may find it done. */
    if (e != x->said && !(k->flags & CALL_STEPS))
        MUST(now == x->before || (anew && now == x->after));
    there = there || (now == x->after && x->after != x->before);
    if (!there) {
        enum err again = run(k);
        if (again != x->said) print_error("again: %s\n", err_name(again));
        MUST(again == x->said);
        MUST(c.told == x->told);
        last = cells();
        MUST(last == x->after || (k->flags & CALL_COUNTS) != 0);
    }
    memvfs_kill(disk);
    store_close();
    memvfs_boot(disk);
    memvfs_power_loss(disk, n * 31 + (uint64_t)f);
    enum err opened = store_open();
    MUST(opened == ERR_OK);
    now = cells();
    MUST(now == last);
    enum err checked = store_check();
    MUST(checked == ERR_OK);
    store_close();
    return true;
}

static bool one(const struct call *k, const struct want *x, enum fault f, uint64_t n, bool forever)
{
    begin();
    failing.ever = forever;
    arm(f, n);
    enum err e = run(k);
    bool fired = f == FAULT_MEMORY ? failing.failed
                 : f == FAULT_FULL ? memvfs_faulty(disk)
                                   : memvfs_io_failures(disk) > 0;
    failing.countdown = 0;
    memvfs_heal(disk);
    runs++;
    absorbed += fired && e == x->said;
    MUST(e == x->said || fired);
    MUST(e == x->said || may_say(f, e));
    if (e == x->said) MUST(c.told == x->told);
    return after(k, x, f, n, forever, e);
}

static uint64_t stride;
static const char *only;

static unsigned one_call(const struct call *k)
{
    struct want x;
    unsigned bad = 0;
    of_pages = (k->flags & CALL_PAGE) != 0;
    look(k, &x);
    for (unsigned f = 0; f < FAULTS; f++) {
        uint64_t step =
            stride > 0 ? stride * (f == FAULT_MEMORY ? MEMORY_STRIDE : 1) : x.places[f] + 1;
        /* where a short run begins is another place in each call and fault */
        uint64_t first = stride > 0 ? 0 : (strlen(k->name) * 7 + f * 5) % step;
        for (uint64_t n = first; n < x.places[f] && bad < 5; n += step) {
            if (stride > 0 || n % 3 != 0) bad += !one(k, &x, (enum fault)f, n, false);
            if (f != FAULT_FULL && (stride > 0 || n % 3 == 0))
                bad += !one(k, &x, (enum fault)f, n, true);
        }
    }
    if (stride > 0 || bad > 0)
        print_message("%-28s %llu writes, %llu reads, %llu allocations: %s\n", k->name,
                      (unsigned long long)x.places[FAULT_WRITE],
                      (unsigned long long)x.places[FAULT_READ],
                      (unsigned long long)x.places[FAULT_MEMORY], bad ? "FAILED" : "good");
    return bad;
}

static void all_of(const struct call *v, size_t count, bool hub)
{
    unsigned bad = 0;
    of_hub = hub;
    runs = absorbed = 0;
    for (size_t i = 0; i < count; i++)
        if (only == NULL || strcmp(only, v[i].name) == 0) bad += one_call(&v[i]);
    print_message("%s: %zu calls, %llu faults, %llu of them without harm to the call\n",
                  hub ? "hub" : "node", count, (unsigned long long)runs,
                  (unsigned long long)absorbed);
    assert_int_equal(bad, 0);
    assert_true(only != NULL || runs >= count);
}

static void every_call_of_the_hubs_store(void **state)
{
    (void)state;
    all_of(calls_hub, calls_hub_count, true);
}

static void every_call_of_the_nodes_store(void **state)
{
    (void)state;
    all_of(calls_node, calls_node_count, false);
}

static void every_page_of_the_hub(void **state)
{
    (void)state;
    all_of(calls_hub_pages, calls_hub_pages_count, true);
}

static void every_page_of_the_node(void **state)
{
    (void)state;
    all_of(calls_node_pages, calls_node_pages_count, false);
}

/* ---- the base as a golden pair ---- */

static void golden_file(const char *name, const char *end, const void *p, size_t len)
{
    char path[512];
    snprintf(path, sizeof path, DONGBO_SOURCE_DIR "/tests/data/golden/%s%s", name, end);
    OK(file_write_atomic(path, bytes_make(p, len), 0644));
    printf("%s: %zu bytes\n", path, len);
}

static void golden_database(const char *name, const char *end, struct memvfs_host *kept,
                            const char *file)
{
    static uint8_t raw[16 << 20], packed[16 << 20];
    size_t len = memvfs_get(kept, file, 0, raw, sizeof raw);
    size_t n = ZSTD_compress(packed, sizeof packed, raw, len, 19);
    assert_true(len > 0 && len < sizeof raw && !ZSTD_isError(n));
    golden_file(name, end, packed, n);
}

/* In the order of golden_test. The simulator's keys come from fixed numbers: they are nobody's. */
static void golden(const char *name)
{
    const struct base *b = base_keys();
    const struct world_keys *n = &b->nodes[0];
    struct buf keys;
    buf_init(&keys, 1024);
    buf_add(&keys, b->root.secret, 64);
    buf_add(&keys, b->root.public, 32);
    buf_add(&keys, b->hub_log.secret, 64);
    buf_add(&keys, b->hub_log.public, 32);
    buf_add(&keys, b->hub_transport.secret, 32);
    buf_add(&keys, b->hub_transport.public, 32);
    buf_add(&keys, n->sign.secret, 64);
    buf_add(&keys, n->sign.public, 32);
    buf_add(&keys, n->transport.secret, 32);
    buf_add(&keys, n->transport.public, 32);
    OK(keys.e);
    golden_file(name, "-keys.bin", keys.p, keys.len);
    buf_free(&keys);
    golden_database(name, "-hub.db.zst", disk_hub, "hub.db");
    golden_database(name, "-node.db.zst", disk_node, "node.db");
}

int main(int argc, char **argv)
{
    bool make = argc == 3 && strcmp(argv[1], "--golden") == 0;
    if (argc > 1 && !make) stride = strtoull(argv[1], NULL, 10);
    if (argc > 2 && !make) only = argv[2];
    failing.spares = memvfs_allocates;
    failing_sql_plain(); /* before the simulator gives SQLite one of its own */
    base_random_install();
    failing_sql();
    failing_json();
    memvfs_register();
    base_make_all();
    if (make) {
        golden(argv[2]);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_of_the_hubs_store),
        cmocka_unit_test(every_call_of_the_nodes_store),
        cmocka_unit_test(every_page_of_the_hub),
        cmocka_unit_test(every_page_of_the_node),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    buf_free(&up_file);
    buf_free(&answer_file);
    for (int i = 0; i < 4; i++)
        buf_free(&kept_sets[i]);
    return rc;
}
