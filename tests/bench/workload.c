#include "tests/bench/workload.h"
#include "common/err.h"
#include "proto/record.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void bench_ok(enum err e, const char *file, int line, const char *what)
{
    if (e == ERR_OK) return;
    (void)fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, err_name(e));
    exit(1);
}

void bench_true(bool ok, const char *file, int line, const char *what)
{
    if (ok) return;
    (void)fprintf(stderr, "%s:%d: not true: %s\n", file, line, what);
    exit(1);
}

static double bench_clock(clockid_t id)
{
    struct timespec t;
    BENCH_TRUE(clock_gettime(id, &t) == 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double bench_wall(void)
{
    return bench_clock(CLOCK_MONOTONIC);
}

double bench_cpu(void)
{
    return bench_clock(CLOCK_PROCESS_CPUTIME_ID);
}

int bench_order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, bench_order);
    return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

void bench_say(const char *name, double value)
{
    printf("%s %.6g\n", name, value);
    (void)fflush(stdout);
}

/* ---- records by their id in the workload ---- */

static size_t workload_slot(const struct workload *w, const char *id)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (const char *p = id; *p != '\0'; p++)
        h = (h ^ (uint8_t)*p) * UINT64_C(1099511628211);
    size_t i = (size_t)h % w->slot_count;
    while (w->slots[i] != 0 && strcmp(w->records[w->slots[i] - 1].id, id) != 0)
        i = (i + 1) % w->slot_count;
    return i;
}

static void workload_grow(struct workload *w)
{
    w->room = w->room == 0 ? 1024 : 2 * w->room;
    w->records = realloc(w->records, w->room * sizeof *w->records);
    free(w->slots);
    w->slot_count = 4 * w->room;
    w->slots = calloc(w->slot_count, sizeof *w->slots);
    BENCH_TRUE(w->records != NULL && w->slots != NULL);
    for (size_t i = 0; i < w->count; i++)
        w->slots[workload_slot(w, w->records[i].id)] = i + 1;
}

static struct workload_record *workload_record_of(struct workload *w, const char *id)
{
    if (w->count == w->room) workload_grow(w);
    size_t slot = workload_slot(w, id);
    if (w->slots[slot] != 0) return &w->records[w->slots[slot] - 1];
    struct workload_record *r = &w->records[w->count++];
    memset(r, 0, sizeof *r);
    BENCH_TRUE(strlen(id) < sizeof r->id);
    memcpy(r->id, id, strlen(id));
    w->slots[slot] = w->count;
    return r;
}

/* ---- one change ---- */

static void workload_value(struct workload *w, const struct catalogue_field *f, const json_t *j,
                           struct bytes *out)
{
    char number[32];
    struct bytes text;
    size_t from = w->values.len;
    if (json_is_integer(j)) {
        int n = snprintf(number, sizeof number, "%lld", (long long)json_integer_value(j));
        text = bytes_make((const uint8_t *)number, (size_t)n);
    } else {
        text = bytes_make((const uint8_t *)json_string_value(j), json_string_length(j));
    }
    BENCH_OK(record_value_from_text(f, text, &w->values));
    *out = bytes_make(NULL, w->values.len - from); /* the place comes later: the memory moves */
}

static void workload_writes(struct workload *w, json_t *doc, struct workload_record *r, bool create,
                            struct change_write *writes, size_t *count)
{
    const char *key;
    json_t *value;
    size_t n = 0;
    buf_clear(&w->values);
    json_object_foreach(doc, key, value)
    {
        const struct catalogue_field *f = catalogue_field_by_name(w->type, key);
        BENCH_TRUE(f != NULL && n < WORKLOAD_FIELDS);
        writes[n] = (struct change_write){.field = f->no};
        workload_value(w, f, value, &writes[n].value);
        if (!create) writes[n].bases = BYTES_OF(r->version[f->no].b);
        n++;
    }
    const uint8_t *p = w->values.p;
    for (size_t i = 0; i < n; i++) {
        writes[i].value.p = p;
        p += writes[i].value.len;
    }
    change_writes_sort(writes, n);
    *count = n;
}

static void workload_add(struct workload *w, struct node_own *own, const json_t *line)
{
    struct change_write writes[WORKLOAD_FIELDS];
    bool create = strcmp(json_string_value(json_object_get(line, "op")), "put") == 0;
    struct workload_record *r =
        workload_record_of(w, json_string_value(json_object_get(line, "id")));
    struct change_op op = {
        .kind = create ? CHANGE_CREATE : CHANGE_EDIT, .type = w->type->no, .writes = writes};
    if (create) node_own_rid(own, 0, &r->rid);
    op.rid = r->rid;
    workload_writes(w, json_object_get(line, create ? "doc" : "set"), r, create, writes, &op.count);
    buf_clear(&w->payload);
    change_op_encode(&op, &w->payload);
    BENCH_OK(w->payload.e);
    struct bytes p = buf_bytes(&w->payload);
    struct node_own_set set = {.payloads = &p, .count = 1};
    memset(set.person.b, (int)(0x51 + 37 * (w->changes / 40 % 3)), sizeof set.person.b);
    own->wall_ms = json_integer_value(json_object_get(line, "t"));
    BENCH_TRUE(own->wall_ms < WORKLOAD_END_MS);
    uint64_t seq = own->tip.next_seq;
    BENCH_OK(node_own_add(own, &set));
    for (size_t i = 0; i < op.count; i++)
        r->version[writes[i].field] = id_version_make(&own->tip.inc, seq, &own->tip.head);
    w->changes++;
}

bool workload_next(struct workload *w, struct node_own *own)
{
    static char text[65536];
    if (fgets(text, sizeof text, w->in) == NULL) return false;
    json_error_t why;
    json_t *line = json_loads(text, 0, &why);
    BENCH_TRUE(line != NULL);
    workload_add(w, own, line);
    json_decref(line);
    return true;
}

void workload_save(struct workload *w, struct node_store *store, const struct node_sync_keys *keys,
                   size_t batch)
{
    bool more = true;
    while (more) {
        struct node_own own;
        BENCH_OK(node_own_begin(store, keys, 0, &own));
        size_t before = w->changes;
        while (more && w->changes - before < batch)
            more = workload_next(w, &own);
        if (w->changes > before) BENCH_OK(node_own_commit(&own, NULL));
        node_own_free(&own);
    }
}

void workload_open(struct workload *w, const char *path, const struct catalogue_type *type)
{
    *w = (struct workload){.in = fopen(path, "r"), .type = type};
    BENCH_TRUE(w->in != NULL && type != NULL);
    buf_init(&w->values, 65536);
    buf_init(&w->payload, CHANGE_BYTES_MAX);
}

void workload_close(struct workload *w)
{
    (void)fclose(w->in);
    buf_free(&w->values);
    buf_free(&w->payload);
    free(w->records);
    free(w->slots);
}
