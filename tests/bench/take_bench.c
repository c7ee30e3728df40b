/*
 * Rate of hub_store_take against a raw insert of the same rows: same machine, folder, pragmas and rows
 * per transaction, in one run.
 *
 *   take_bench [sets per node] [nodes] [frames per commit]
 */
#include "common/io/clock.h"
#include "common/io/db.h"
#include "tests/lib/catalogue_load.h"
#include "tests/lib/hub_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <unistd.h>

enum { FRAME_SETS = 100 };

static size_t sets_per_node = 10000, node_count = 12, frames_per_commit = 10;

/* The workload's records have type 1 in the generator. */
static void publish(struct world *w)
{
    static const char types[] =
        "no,name,label_vi,label_en,scope,seed\n1,w_record,Bản ghi,Record,own,\n";
    size_t count = 0;
    struct catalogue_file *files = catalogue_load("tests/bench/catalogue", &count);
    struct catalogue_file *own = malloc(count * sizeof *own);
    assert_non_null(own);
    for (size_t i = 0; i < count; i++) {
        own[i] = files[i];
        if (strcmp(files[i].name, "types.csv") == 0) own[i].data = bytes_str(types);
    }
    world_publish(w, own, count);
    free(own);
    catalogue_unload(files, count);
}

static double seconds(uint64_t from)
{
    return (double)(clock_mono_ms() - from) / 1000.0;
}

/* All frames decoded before, so that only the store is measured. */
static struct pack_sets *decode_all(struct world_node *n, size_t *count)
{
    size_t frames = 0, done = 0;
    struct pack_sets *v = calloc(n->count / 50 + 2, sizeof *v);
    assert_non_null(v);
    struct message_head head = {0};
    while (done < n->count) {
        done += world_frame(n, &head, FRAME_SETS, &v[frames]);
        head.next_seq = done;
        head.head = v[frames].v[v[frames].count - 1].hash;
        frames++;
        assert_true(frames < n->count / 50 + 2);
    }
    *count = frames;
    return v;
}

static double take_all(struct world *w, struct world_node *nodes, struct pack_sets **frames,
                       const size_t *counts)
{
    uint64_t from = clock_mono_ms();
    size_t open = 0;
    bool more = true;
    for (size_t i = 0; more; i++) {
        more = false;
        for (size_t k = 0; k < node_count; k++) {
            struct hub_taken taken;
            if (i >= counts[k]) continue;
            more = true;
            if (open == 0) assert_int_equal(hub_store_begin(w->store), ERR_OK);
            assert_int_equal(
                hub_store_take(w->store, &nodes[k].hub_node.node, &frames[k][i], w->now_ms, &taken),
                ERR_OK);
            if (++open < frames_per_commit) continue;
            assert_int_equal(hub_store_commit(w->store), ERR_OK);
            open = 0;
        }
    }
    if (open > 0) assert_int_equal(hub_store_commit(w->store), ERR_OK);
    return seconds(from);
}

/* The same rows: one of the log, one of the record's last state. */
static double raw_all(const struct world *w, struct pack_sets **frames, const size_t *counts)
{
    char path[128];
    struct db *db = NULL;
    snprintf(path, sizeof path, "%s/raw.db", w->folder);
    assert_int_equal(db_open(path, NULL, DB_CREATE, &db), ERR_OK);
    assert_int_equal(db_exec(db,
                             "CREATE TABLE log(pos INTEGER PRIMARY KEY, inc INTEGER, seq INTEGER,"
                             " hash BLOB, head BLOB, body BLOB);"
                             "CREATE UNIQUE INDEX log_set ON log(inc, seq);"
                             "CREATE TABLE record(rid BLOB NOT NULL UNIQUE, pos INTEGER,"
                             " state BLOB)"),
                     ERR_OK);
    static struct change_view view;
    static struct change_write writes[CHANGE_WRITES_MAX];
    uint64_t from = clock_mono_ms();
    size_t open = 0;
    bool more = true;
    for (size_t i = 0; more; i++) {
        more = false;
        for (size_t k = 0; k < node_count; k++) {
            if (i >= counts[k]) continue;
            more = true;
            if (open == 0) assert_int_equal(db_begin(db), ERR_OK);
            for (size_t j = 0; j < frames[k][i].count; j++) {
                const struct pack_decoded *d = &frames[k][i].v[j];
                struct change_op op;
                assert_int_equal(change_open(d->head, d->body, &view), ERR_OK);
                struct db_stmt *q = db_stmt(
                    db, "INSERT INTO log(inc, seq, hash, head, body) VALUES (?1, ?2, ?3, ?4, ?5)");
                db_bind_int(q, 1, (int64_t)k);
                db_bind_int(q, 2, (int64_t)view.head.seq);
                db_bind_blob(q, 3, BYTES_OF(d->hash.b));
                db_bind_blob(q, 4, d->head);
                db_bind_blob(q, 5, d->body);
                assert_int_equal(db_run(q), ERR_OK);
                if (change_op_decode(view.payload[0], writes, &op) != ERR_OK) continue;
                q = db_stmt(db, "INSERT INTO record(rid, pos, state) VALUES (?1, ?2, ?3) ON "
                                "CONFLICT(rid) DO UPDATE SET pos = excluded.pos, "
                                "state = excluded.state");
                db_bind_blob(q, 1, BYTES_OF(op.rid.b));
                db_bind_int(q, 2, db_last_rowid(db));
                db_bind_blob(q, 3, view.payload[0]);
                assert_int_equal(db_run(q), ERR_OK);
            }
            if (++open < frames_per_commit) continue;
            assert_int_equal(db_commit(db), ERR_OK);
            open = 0;
        }
    }
    if (open > 0) assert_int_equal(db_commit(db), ERR_OK);
    double t = seconds(from);
    db_close(db);
    unlink(path);
    return t;
}

static void measure(void **state)
{
    (void)state;
    struct world w;
    static const char *const units[] = {"26170", "26173", "26176", "26179", "26182", "26185",
                                        "26188", "26191", "26194", "26197", "26200", "26203"};
    struct world_node *nodes = calloc(node_count, sizeof *nodes);
    struct pack_sets **frames = calloc(node_count, sizeof *frames);
    size_t *counts = calloc(node_count, sizeof *counts), total = 0;
    assert_true(nodes != NULL && frames != NULL && counts != NULL);
    world_open(&w, 1);
    publish(&w);
    for (size_t k = 0; k < node_count; k++) {
        world_node_open(&w, &nodes[k], units[k % 12], 1000 + k);
        for (size_t i = 0; i < sets_per_node; i++) {
            struct setgen_set set;
            setgen_workload(&nodes[k].g, &set);
            world_keep(&nodes[k], &set);
        }
        frames[k] = decode_all(&nodes[k], &counts[k]);
        total += nodes[k].count;
    }
    double raw = raw_all(&w, frames, counts);
    double take = take_all(&w, nodes, frames, counts);
    printf("sets %zu, frames per commit %zu\n", total, frames_per_commit);
    printf("raw insert      %8.2f s  %9.0f sets/s\n", raw, (double)total / raw);
    printf("hub_store_take  %8.2f s  %9.0f sets/s  %.2f times raw\n", take, (double)total / take,
           take / raw);
    uint64_t from = clock_mono_ms();
    assert_int_equal(hub_store_project(w.store), ERR_OK);
    printf("project         %8.2f s\n", seconds(from));
    from = clock_mono_ms();
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    printf("check           %8.2f s\n", seconds(from));
    for (size_t k = 0; k < node_count; k++) {
        for (size_t i = 0; i < counts[k]; i++)
            pack_sets_free(&frames[k][i]);
        free(frames[k]);
        world_node_close(&nodes[k]);
    }
    free(frames);
    free(counts);
    free(nodes);
    world_close(&w);
}

int main(int argc, char **argv)
{
    if (argc > 1) sets_per_node = (size_t)strtoul(argv[1], NULL, 10);
    if (argc > 2) node_count = (size_t)strtoul(argv[2], NULL, 10);
    if (argc > 3) frames_per_commit = (size_t)strtoul(argv[3], NULL, 10);
    const struct CMUnitTest tests[] = {cmocka_unit_test(measure)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
