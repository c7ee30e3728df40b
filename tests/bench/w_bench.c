/*
 * Measuring with the workload W of gen.py: tests/bench/run starts it with one verb after the other and
 * makes the table.
 *
 *   w_bench make FOLDER WORKLOAD     hub, joined nodes, all of the workload saved at the nodes
 *   w_bench sync FOLDER              all nodes' first session; then empty ones and one of one change
 *   w_bench ingest FOLDER TRIALS     the hub's taking of frames against raw inserts of the same rows
 *   w_bench save FOLDER SAVES        saving at one node against raw durable inserts
 *   w_bench limits FOLDER            libsodium and zstd on the same frames
 *   w_bench fill DATA NDJSON         save one commune's changes in the data folder of a dongbo-node
 *
 * It prints "name value" lines. FOLDER is used up by sync and save: give them a copy.
 */
#include "tests/bench/w_bench.h"
#include "node/home.h"

#include <stdlib.h>
#include <string.h>

static size_t nodes_of(const char *workload)
{
    size_t n = 0;
    for (;; n++) {
        char name[32];
        (void)snprintf(name, sizeof name, "node-%02zu.ndjson", n);
        FILE *file = fopen(fleet_path(workload, name), "r");
        if (file == NULL) return n;
        (void)fclose(file);
    }
}

size_t w_bench_nodes(const char *folder)
{
    size_t n = 0;
    for (;; n++) {
        char name[32];
        (void)snprintf(name, sizeof name, "node-%02zu.db", n);
        FILE *file = fopen(fleet_path(folder, name), "r");
        if (file == NULL) return n;
        (void)fclose(file);
    }
}

const struct catalogue_type *w_bench_type(struct node_store *store)
{
    const struct catalogue *c = node_store_catalogue(store, NULL);
    BENCH_TRUE(c != NULL);
    return catalogue_type_by_name(c, "w_record");
}

static void verb_make(char **args)
{
    static struct fleet f;
    size_t changes = 0;
    fleet_make(&f, args[0], nodes_of(args[1]));
    double from = bench_wall(), cpu = bench_cpu();
    for (size_t i = 0; i < f.count; i++) {
        struct workload w;
        char name[32];
        (void)snprintf(name, sizeof name, "node-%02zu.ndjson", i % 100);
        workload_open(&w, fleet_path(args[1], name), w_bench_type(f.nodes[i].store));
        workload_save(&w, f.nodes[i].store, &f.nodes[i].keys, 200);
        changes += w.changes;
        workload_close(&w);
    }
    bench_say("changes", (double)changes);
    bench_say("make_save_us", (bench_wall() - from) * 1e6 / (double)changes);
    bench_say("make_save_cpu_us", (bench_cpu() - cpu) * 1e6 / (double)changes);
    fleet_close(&f);
}

static void verb_fill(char **args)
{
    static struct node_home home;
    struct workload w;
    BENCH_OK(node_home_open(args[0], &home));
    workload_open(&w, args[1], w_bench_type(home.store));
    workload_save(&w, home.store, &home.keys, 200);
    bench_say("filled", (double)w.changes);
    workload_close(&w);
    node_home_close(&home);
}

static void save_one(struct fleet_node *n)
{
    struct node_own own;
    struct change_write w[1];
    struct buf value, payload;
    buf_init(&value, 100);
    buf_init(&payload, CHANGE_BYTES_MAX);
    const struct catalogue_field *f = catalogue_field_by_name(w_bench_type(n->store), "trang_thai");
    BENCH_OK(record_value_from_text(f, bytes_str("đang hỗ trợ"), &value));
    w[0] = (struct change_write){.field = f->no, .value = buf_bytes(&value)};
    struct change_op op = {.type = w_bench_type(n->store)->no, .writes = w, .count = 1};
    BENCH_OK(node_own_begin(n->store, &n->keys, WORKLOAD_END_MS, &own));
    node_own_rid(&own, 0, &op.rid);
    change_op_encode(&op, &payload);
    struct bytes p = buf_bytes(&payload);
    BENCH_OK(node_own_add(&own, &(struct node_own_set){.payloads = &p, .count = 1}));
    BENCH_OK(node_own_commit(&own, NULL));
    node_own_free(&own);
    buf_free(&value);
    buf_free(&payload);
}

static void say_small(const struct fleet *f, const char *what)
{
    const struct fleet_node *n = &f->nodes[0];
    char name[64];
    (void)snprintf(name, sizeof name, "%s_up", what);
    bench_say(name, (double)n->sent);
    (void)snprintf(name, sizeof name, "%s_down", what);
    bench_say(name, (double)n->received);
    (void)snprintf(name, sizeof name, "%s_turns", what);
    bench_say(name, (double)n->turns);
}

static void verb_sync(char **args)
{
    static struct fleet f;
    struct hub_position before, after;
    size_t up = 0, down = 0;
    fleet_open(&f, args[0], w_bench_nodes(args[0]));
    hub_store_position(f.hub.store, &before);
    double from = bench_wall();
    fleet_sync(&f, f.count);
    double wall = bench_wall() - from;
    hub_store_position(f.hub.store, &after);
    double sets = (double)(after.position - before.position);
    for (size_t i = 0; i < f.count; i++) {
        up += f.nodes[i].sent;
        down += f.nodes[i].received;
    }
    bench_say("sync_sets", sets);
    bench_say("sync_wall_s", wall);
    bench_say("sync_hub_wall_us", f.hub.wall * 1e6 / sets);
    bench_say("sync_hub_cpu_us", f.hub.cpu * 1e6 / sets);
    bench_say("sync_node_cpu_us", f.node_cpu * 1e6 / sets);
    bench_say("sync_up", (double)up / sets);
    bench_say("sync_down", (double)down / sets);
    fleet_sync(&f, f.count); /* verdicts of what the other communes caused */
    fleet_sync(&f, 1);
    say_small(&f, "empty");
    save_one(&f.nodes[0]);
    fleet_sync(&f, 1);
    say_small(&f, "one");
    fleet_close(&f);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int args;
        void (*run)(char **args);
    } verbs[] = {{"make", 2, verb_make}, {"sync", 1, verb_sync},     {"ingest", 2, verb_ingest},
                 {"save", 2, verb_save}, {"limits", 1, verb_limits}, {"fill", 2, verb_fill}};
    for (size_t i = 0; argc > 1 && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].name, argv[1]) != 0 || argc != 2 + verbs[i].args) continue;
        verbs[i].run(argv + 2);
        return 0;
    }
    (void)fputs("w_bench make|sync|ingest|save|limits|fill ...: see the head of w_bench.c\n",
                stderr);
    return 2;
}
