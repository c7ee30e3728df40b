/* Saving at a node as an officer does, against raw durable inserts. */
#include "common/io/db.h"
#include "node/entry.h"
#include "tests/bench/w_bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAVES_MAX = 20000 };

static struct entry_value typed(const struct catalogue_type *t, const char *field, const char *text)
{
    return (struct entry_value){.field = catalogue_field_by_name(t, field),
                                .typed = bytes_str(text)};
}

/* A create with all fields, checked by the catalogue, signed and durable. */
static void save_form(struct fleet_node *n, struct node_entry *entry, size_t i)
{
    const struct catalogue_type *t = w_bench_type(n->store);
    char name[64], cccd[32];
    (void)snprintf(name, sizeof name, "Nguyễn Văn Số %zu", i);
    (void)snprintf(cccd, sizeof cccd, "075090%06zu", i);
    struct entry_value values[] = {typed(t, "loai", "tu_van_tuyen_truyen"),
                                   typed(t, "ho_ten", name),
                                   typed(t, "ngay_sinh", "1990-12-07"),
                                   typed(t, "gioi_tinh", "nam"),
                                   typed(t, "cccd", cccd),
                                   typed(t, "dia_chi", "số 380, hẻm 45, Ấp Lý Lịch"),
                                   typed(t, "xa", "Vĩnh An"),
                                   typed(t, "trang_thai", "tạm dừng"),
                                   typed(t, "ky", "2025-09"),
                                   typed(t, "so_tien", "760000"),
                                   typed(t, "can_bo", "Thổ Minh Việt"),
                                   typed(t, "ghi_chu", "Đã đến thăm nhà, hẹn thăm lại sau 7")};
    struct node_own own;
    struct entry_op op;
    struct entry_why why;
    struct node_entry_form form = {.action = ENTRY_SAVE, .type = t, .values = values, .count = 12};
    BENCH_OK(node_own_begin(n->store, &n->keys, INT64_C(1736700000000), &own));
    node_own_rid(&own, 0, &form.rid);
    BENCH_OK(node_entry_make(entry, &form, &op, &why));
    BENCH_OK(node_own_add(&own, &(struct node_own_set){.payloads = &op.payload, .count = 1}));
    BENCH_OK(node_own_commit(&own, NULL));
    node_own_free(&own);
}

/* One row of about a change set's size with one index. */
static void save_raw(struct db *db, size_t i)
{
    static uint8_t body[600];
    uint8_t key[16] = {0};
    memcpy(key, &i, sizeof i);
    body[i % sizeof body]++;
    BENCH_OK(db_begin(db));
    struct db_stmt *q = db_stmt(db, "INSERT INTO t(k, v) VALUES (?1, ?2)");
    db_bind_blob(q, 1, BYTES_OF(key));
    db_bind_blob(q, 2, BYTES_OF(body));
    BENCH_OK(db_run(q));
    BENCH_OK(db_commit(db));
}

void verb_save(char **args)
{
    static struct fleet f;
    static double ours[SAVES_MAX], raw[SAVES_MAX];
    struct node_entry entry;
    struct db *db;
    char path[400];
    size_t saves = strtoul(args[1], NULL, 10);
    BENCH_TRUE(saves >= 10 && saves <= SAVES_MAX);
    fleet_open(&f, args[0], w_bench_nodes(args[0]));
    (void)snprintf(path, sizeof path, "%s", fleet_path(args[0], "raw-save.db"));
    BENCH_OK(db_open(path, NULL, DB_CREATE, &db));
    BENCH_OK(db_exec(db, "CREATE TABLE t(no INTEGER PRIMARY KEY, k BLOB UNIQUE, v BLOB)"));
    BENCH_OK(node_entry_init(&entry, f.nodes[0].store));
    double cpu_ours = 0, cpu_raw = 0, ours_sum = 0, raw_sum = 0;
    for (size_t i = 0; i < saves; i++) {
        double wall = bench_wall(), cpu = bench_cpu();
        save_raw(db, i);
        raw_sum += raw[i] = bench_wall() - wall;
        cpu_raw += bench_cpu() - cpu;
        wall = bench_wall();
        cpu = bench_cpu();
        save_form(&f.nodes[0], &entry, i);
        ours_sum += ours[i] = bench_wall() - wall;
        cpu_ours += bench_cpu() - cpu;
    }
    node_entry_free(&entry);
    db_close(db);
    fleet_close(&f);
    double n = (double)saves;
    bench_say("save_us", bench_median(ours, saves) * 1e6);
    bench_say("save_p99_us", ours[saves * 99 / 100] * 1e6);
    bench_say("save_cpu_us", cpu_ours * 1e6 / n);
    bench_say("save_raw_us", bench_median(raw, saves) * 1e6);
    bench_say("save_raw_cpu_us", cpu_raw * 1e6 / n);
    bench_say("save_ratio", ours_sum / raw_sum);
}
