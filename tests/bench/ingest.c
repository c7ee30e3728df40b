/* The hub's taking of frames against raw inserts of the very same rows. */
#include "common/io/db.h"
#include "hub/store_priv.h"
#include "tests/bench/w_bench.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIALS_MAX = 15, FLIGHT = LINK_UNRECEIPTED_MAX };

/* ---- frames ---- */

struct packing {
    struct node_store *store;
    const struct node_store_set *sets;
};

static enum err packing_signature(void *ctx, size_t index, uint8_t out[static 64])
{
    const struct packing *p = ctx;
    memcpy(out, p->sets[index].signature, 64);
    return ERR_OK;
}

static const uint8_t *packing_root(void *ctx, const struct id_inc *inc, uint64_t block)
{
    static uint8_t root[16];
    struct packing *p = ctx;
    return node_store_block_root(p->store, inc, block, root) == ERR_OK ? root : NULL;
}

struct w_bench_frame *w_bench_frames(struct fleet *f, size_t *count)
{
    size_t room = 0;
    struct w_bench_frame *v = NULL;
    static struct pack_set sets[NODE_SYNC_READ_SETS];
    *count = 0;
    for (size_t i = 0; i < f->count; i++) {
        struct packing p = {.store = f->nodes[i].store};
        struct node_store_tip tip;
        struct pack *pack;
        BENCH_OK(pack_new(&pack));
        BENCH_OK(node_store_tip(p.store, &tip));
        for (uint64_t seq = 0; seq < tip.next_seq;) {
            size_t n = 0, taken = 0;
            BENCH_OK(node_store_read_sets(p.store, &tip.inc, seq, NODE_SYNC_READ_SETS,
                                          NODE_SYNC_READ_BYTES, &p.sets, &n));
            for (size_t k = 0; k < n; k++)
                sets[k] = (struct pack_set){p.sets[k].head, p.sets[k].body};
            if (*count == room) v = realloc(v, (room = 2 * room + 64) * sizeof *v);
            BENCH_TRUE(v != NULL);
            struct w_bench_frame *frame = &v[(*count)++];
            buf_init(&frame->body, FRAME_BODY_BYTES_MAX);
            BENCH_OK(pack_encode(pack, sets, n, packing_root, packing_signature, &p, &frame->body,
                                 &taken));
            frame->node = i;
            frame->sets = taken;
            seq += taken;
        }
        pack_free(pack);
    }
    return v;
}

void w_bench_frames_free(struct w_bench_frame *v, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buf_free(&v[i].body);
    free(v);
}

/* ---- the hub's way ---- */

struct trial {
    double wall, cpu;
};

struct ingest {
    struct fleet *f;
    struct w_bench_frame *frames;
    size_t frame_count;
    size_t sets;
    struct hub_node *nodes;
    size_t *next;    /* frame of each node */
    size_t *flights; /* sets of each transaction */
    size_t flight_count;
};

static void remove_db(const char *path)
{
    char name[420];
    static const char *const tails[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, tails[i]);
        (void)unlink(name);
    }
}

static void take_frame(struct ingest *g, struct hub_store *s, struct pack *pack,
                       const struct w_bench_frame *frame)
{
    struct pack_context ctx = {.hub = g->f->hub.id, .node = g->nodes[frame->node].node};
    struct pack_sets sets;
    struct hub_taken taken;
    struct message_head head;
    uint64_t first;
    size_t count;
    BENCH_OK(pack_peek(buf_bytes(&frame->body), &ctx.inc, &first, &count));
    BENCH_OK(hub_store_head(s, &ctx.node, &ctx.inc, &head));
    ctx.next_seq = head.next_seq;
    ctx.prev = head.head;
    ctx.sign_pk = g->nodes[frame->node].sign_pk;
    BENCH_OK(pack_decode(pack, buf_bytes(&frame->body), &ctx, &sets));
    BENCH_OK(hub_store_take(s, &ctx.node, &sets, INT64_C(1736600000000), &taken));
    pack_sets_free(&sets);
}

/* One transaction for each flight of one node, the nodes in turn. */
static struct trial hub_trial(struct ingest *g, const char *path)
{
    struct hub_store *s;
    struct pack **packs = calloc(g->f->count, sizeof *packs);
    BENCH_TRUE(packs != NULL);
    remove_db(path);
    BENCH_OK(db_backup(hub_store_db(g->f->hub.store), path));
    BENCH_OK(hub_store_open(&(struct hub_store_options){.path = path, .seal = true}, &s));
    for (size_t i = 0; i < g->f->count; i++)
        BENCH_OK(pack_new(&packs[i]));
    for (size_t i = g->frame_count; i > 0; i--)
        g->next[g->frames[i - 1].node] = i - 1;
    g->flight_count = 0;
    double wall = bench_wall(), cpu = bench_cpu();
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < g->f->count; i++) {
            size_t at = g->next[i], end = at, sets = 0;
            while (end < g->frame_count && end - at < FLIGHT && g->frames[end].node == i)
                end++;
            if (end == at) continue;
            more = true;
            g->next[i] = end;
            BENCH_OK(hub_store_begin(s));
            for (; at < end; at++) {
                take_frame(g, s, packs[i], &g->frames[at]);
                sets += g->frames[at].sets;
            }
            BENCH_OK(hub_store_commit(s));
            g->flights[g->flight_count++] = sets;
        }
    }
    struct trial t = {bench_wall() - wall, bench_cpu() - cpu};
    for (size_t i = 0; i < g->f->count; i++)
        pack_free(packs[i]);
    free(packs);
    hub_store_close(s);
    return t;
}

/* ---- the same rows ---- */

struct raw_row {
    int64_t pos, inc, seq, received_ms;
    struct bytes verdicts, hash, p, signature, head, body;
    /* what it made of its record */
    int64_t record; /* number of the row, 0 = it changes none */
    bool fresh;
    struct id_record rid;
    int64_t type, unit, scope;
    struct bytes state;
    struct bytes match; /* of a fresh one */
};

struct raw_record {
    struct bytes state;
    struct bytes match;
    int64_t no, type, unit, scope;
};

struct raw {
    struct raw_row *rows;
    size_t count;
    struct raw_record *records; /* by number */
    size_t record_count;
    char schema[16][1024];
    size_t schema_count;
};

static struct bytes kept(struct bytes b)
{
    if (b.len == 0) return bytes_make(NULL, 0);
    uint8_t *p = malloc(b.len);
    BENCH_TRUE(p != NULL);
    memcpy(p, b.p, b.len);
    return bytes_make(p, b.len);
}

static void raw_read_schema(struct raw *r, struct db *db)
{
    struct db_stmt *q =
        db_stmt(db, "SELECT sql FROM sqlite_master WHERE tbl_name IN ('sys_log', 'sys_record', "
                    "'sys_match') AND sql IS NOT NULL ORDER BY type DESC");
    bool row = true;
    for (;;) {
        BENCH_OK(db_step(q, &row));
        if (!row) return;
        struct bytes sql = db_column_bytes(q, 0);
        BENCH_TRUE(r->schema_count < 16 && sql.len < sizeof r->schema[0]);
        memcpy(r->schema[r->schema_count++], sql.p, sql.len);
    }
}

static void raw_read_log(struct raw *r, struct db *db, uint64_t after)
{
    struct db_stmt *q =
        db_stmt(db, "SELECT pos, inc, seq, received_ms, verdicts, hash, p, "
                    "signature, head, body FROM sys_log WHERE pos > ?1 ORDER BY pos");
    db_bind_int(q, 1, (int64_t)after);
    size_t room = 0;
    bool row = true;
    for (;;) {
        BENCH_OK(db_step(q, &row));
        if (!row) return;
        if (r->count == room) {
            room = 2 * room + 4096;
            r->rows = realloc(r->rows, room * sizeof *r->rows);
            BENCH_TRUE(r->rows != NULL);
        }
        r->rows[r->count++] = (struct raw_row){.pos = db_column_int(q, 0),
                                               .inc = db_column_int(q, 1),
                                               .seq = db_column_int(q, 2),
                                               .received_ms = db_column_int(q, 3),
                                               .verdicts = kept(db_column_bytes(q, 4)),
                                               .hash = kept(db_column_bytes(q, 5)),
                                               .p = kept(db_column_bytes(q, 6)),
                                               .signature = kept(db_column_bytes(q, 7)),
                                               .head = kept(db_column_bytes(q, 8)),
                                               .body = kept(db_column_bytes(q, 9))};
    }
}

static int64_t raw_record_no(struct db *db, const struct id_record *rid, struct raw_record *out)
{
    struct db_stmt *q = db_stmt(db, "SELECT no, type, unit, scope FROM sys_record WHERE rid = ?1");
    db_bind_blob(q, 1, BYTES_OF(rid->b));
    if (db_get(q) != ERR_OK) return 0;
    *out = (struct raw_record){.no = db_column_int(q, 0),
                               .type = db_column_int(q, 1),
                               .unit = db_column_int(q, 2),
                               .scope = db_column_int(q, 3)};
    db_done(q);
    return out->no;
}

/* Room for a record's number. */
static struct raw_record *raw_record_at(struct raw *r, int64_t no)
{
    if ((size_t)no >= r->record_count) {
        size_t more = 2 * (size_t)no + 1024;
        r->records = realloc(r->records, more * sizeof *r->records);
        BENCH_TRUE(r->records != NULL);
        memset(r->records + r->record_count, 0, (more - r->record_count) * sizeof *r->records);
        r->record_count = more;
    }
    return &r->records[no];
}

static void raw_read_matches(struct raw *r, struct db *db)
{
    struct db_stmt *q = db_stmt(db, "SELECT record, hash FROM sys_match");
    bool row = true;
    for (;;) {
        BENCH_OK(db_step(q, &row));
        if (!row) return;
        raw_record_at(r, db_column_int(q, 0))->match = kept(db_column_bytes(q, 1));
    }
}

/* Fold every op again, so that each row of sys_record has the state it had at that moment. */
static void raw_fold(struct raw *r, struct db *db, const struct catalogue *c)
{
    static struct change_view view;
    static struct change_write writes[CHANGE_WRITES_MAX];
    struct record_rules_ctx ctx = {.catalogue = c};
    struct fold_rules rules = record_rules(&ctx);
    struct fold fold;
    struct buf state;
    BENCH_OK(fold_init(&fold));
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    for (size_t i = 0; i < r->count; i++) {
        struct raw_row *row = &r->rows[i];
        struct change_op op;
        enum fold_verdict verdict;
        BENCH_OK(change_open(row->head, row->body, &view));
        if (change_op_decode(view.payload[0], writes, &op) != ERR_OK) continue;
        struct raw_record found = {0};
        row->record = raw_record_no(db, &op.rid, &found);
        BENCH_TRUE(row->record > 0 && view.head.ops == 1);
        struct raw_record *record = raw_record_at(r, row->record);
        row->fresh = record->state.p == NULL;
        struct id_hash hash;
        memcpy(hash.b, row->hash.p, sizeof hash.b);
        struct fold_set set = {.version = id_version_make(&view.head.inc, view.head.seq, &hash),
                               .clock = view.head.hlc,
                               .person = view.head.person,
                               .position = (uint64_t)row->pos};
        fold_clear(&fold);
        if (!row->fresh) BENCH_OK(fold_load(&fold, record->state));
        BENCH_OK(fold_apply(&fold, &op, &set, &rules, &verdict));
        buf_clear(&state);
        fold_save(&fold, &state);
        row->rid = op.rid;
        row->type = found.type;
        row->unit = found.unit;
        row->scope = found.scope;
        row->match = row->fresh ? record->match : bytes_make(NULL, 0);
        record->state = row->state = kept(buf_bytes(&state));
    }
    fold_free(&fold);
    buf_free(&state);
}

static void raw_log_insert(struct db *db, const struct raw_row *row)
{
    struct db_stmt *q =
        db_stmt(db, "INSERT INTO sys_log(pos, inc, seq, received_ms, verdicts, hash, p, signature, "
                    "head, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    db_bind_int(q, 1, row->pos);
    db_bind_int(q, 2, row->inc);
    db_bind_int(q, 3, row->seq);
    db_bind_int(q, 4, row->received_ms);
    db_bind_blob(q, 5, row->verdicts);
    db_bind_blob(q, 6, row->hash);
    db_bind_blob(q, 7, row->p);
    if (row->signature.p != NULL) db_bind_blob(q, 8, row->signature);
    db_bind_blob(q, 9, row->head);
    db_bind_blob(q, 10, row->body);
    BENCH_OK(db_run(q));
}

static void raw_record_write(struct db *db, const struct raw_row *row)
{
    struct db_stmt *q;
    if (row->record == 0) return;
    if (!row->fresh) {
        q = db_stmt(db, "UPDATE sys_record SET pos = ?2, state = ?3 WHERE no = ?1");
        db_bind_int(q, 1, row->record);
        db_bind_int(q, 2, row->pos);
        db_bind_blob(q, 3, row->state);
        BENCH_OK(db_run(q));
        return;
    }
    q = db_stmt(db, "INSERT INTO sys_record(no, rid, type, unit, scope, pos, conflicts, author, "
                    "others, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?8, 0, ?7)");
    db_bind_int(q, 1, row->record);
    db_bind_blob(q, 2, BYTES_OF(row->rid.b));
    db_bind_int(q, 3, row->type);
    db_bind_int(q, 4, row->unit);
    db_bind_int(q, 5, row->scope);
    db_bind_int(q, 6, row->pos);
    db_bind_blob(q, 7, row->state);
    db_bind_int(q, 8, row->inc);
    BENCH_OK(db_run(q));
    if (row->match.p == NULL) return;
    q = db_stmt(db, "INSERT INTO sys_match(hash, record) VALUES (?1, ?2)");
    db_bind_blob(q, 1, row->match);
    db_bind_int(q, 2, row->record);
    BENCH_OK(db_run(q));
}

static struct trial raw_trial(const struct ingest *g, const struct raw *r, const char *path,
                              bool log_only)
{
    struct db *db;
    remove_db(path);
    BENCH_OK(db_open(path, NULL, DB_CREATE, &db));
    BENCH_OK(db_exec(db, HUB_STORE_PRAGMAS));
    for (size_t i = 0; i < r->schema_count; i++)
        BENCH_OK(db_exec(db, r->schema[i]));
    size_t at = 0;
    double wall = bench_wall(), cpu = bench_cpu();
    for (size_t i = 0; i < g->flight_count; i++) {
        BENCH_OK(db_begin(db));
        for (size_t k = 0; k < g->flights[i]; k++, at++) {
            raw_log_insert(db, &r->rows[at]);
            if (!log_only) raw_record_write(db, &r->rows[at]);
        }
        BENCH_OK(db_commit(db));
    }
    struct trial t = {bench_wall() - wall, bench_cpu() - cpu};
    BENCH_TRUE(at == r->count);
    db_close(db);
    remove_db(path);
    return t;
}

/* ---- the verb ---- */

static void raw_load(struct raw *r, const struct ingest *g, const char *path)
{
    struct hub_position before;
    struct db *db;
    hub_store_position(g->f->hub.store, &before);
    BENCH_OK(db_open(path, NULL, DB_READONLY, &db));
    raw_read_schema(r, db);
    raw_read_log(r, db, before.position);
    raw_read_matches(r, db);
    raw_fold(r, db, hub_store_catalogue(g->f->hub.store));
    db_close(db);
}

static void say_trials(const char *name, struct trial *v, size_t n, size_t sets)
{
    double wall[TRIALS_MAX], cpu[TRIALS_MAX];
    char text[64];
    for (size_t i = 0; i < n; i++) {
        wall[i] = v[i].wall;
        cpu[i] = v[i].cpu;
    }
    (void)snprintf(text, sizeof text, "%s_wall_us", name);
    bench_say(text, bench_median(wall, n) * 1e6 / (double)sets);
    (void)snprintf(text, sizeof text, "%s_cpu_us", name);
    bench_say(text, bench_median(cpu, n) * 1e6 / (double)sets);
}

static void say_ratio(const char *name, const struct trial *a, const struct trial *b, size_t n)
{
    double wall[TRIALS_MAX], cpu[TRIALS_MAX];
    char text[64];
    for (size_t i = 0; i < n; i++) {
        wall[i] = a[i].wall / b[i].wall;
        cpu[i] = a[i].cpu / b[i].cpu;
    }
    (void)snprintf(text, sizeof text, "%s_wall", name);
    bench_say(text, bench_median(wall, n));
    (void)snprintf(text, sizeof text, "%s_cpu", name);
    bench_say(text, bench_median(cpu, n));
    (void)snprintf(text, sizeof text, "%s_wall_max", name);
    bench_say(text, wall[n - 1]);
}

void verb_ingest(char **args)
{
    static struct fleet f;
    static struct raw raw;
    struct ingest g = {.f = &f};
    struct trial hub[TRIALS_MAX], full[TRIALS_MAX], log[TRIALS_MAX];
    char path[2][400];
    size_t trials = strtoul(args[1], NULL, 10);
    BENCH_TRUE(trials >= 1 && trials <= TRIALS_MAX);
    fleet_open(&f, args[0], w_bench_nodes(args[0]));
    (void)snprintf(path[0], sizeof path[0], "%s", fleet_path(args[0], "trial.db"));
    (void)snprintf(path[1], sizeof path[1], "%s", fleet_path(args[0], "raw.db"));
    g.frames = w_bench_frames(&f, &g.frame_count);
    g.nodes = calloc(f.count, sizeof *g.nodes);
    g.next = calloc(f.count, sizeof *g.next);
    g.flights = calloc(g.frame_count, sizeof *g.flights);
    BENCH_TRUE(g.nodes != NULL && g.next != NULL && g.flights != NULL);
    for (size_t i = 0; i < f.count; i++) {
        struct node_identity id;
        BENCH_OK(node_store_identity(f.nodes[i].store, &id));
        BENCH_OK(hub_store_node(f.hub.store, &id.node, &g.nodes[i]));
    }
    for (size_t i = 0; i < g.frame_count; i++)
        g.sets += g.frames[i].sets;
    bench_say("ingest_sets_per_frame", (double)g.sets / (double)g.frame_count);
    (void)hub_trial(&g, path[0]); /* warms up, and gives the rows */
    raw_load(&raw, &g, path[0]);
    BENCH_TRUE(raw.count == g.sets);
    bench_say("ingest_sets_per_commit", (double)g.sets / (double)g.flight_count);
    for (size_t i = 0; i < trials; i++) {
        log[i] = raw_trial(&g, &raw, path[1], true);
        full[i] = raw_trial(&g, &raw, path[1], false);
        hub[i] = hub_trial(&g, path[0]);
    }
    say_ratio("ingest_ratio", hub, full, trials);
    say_ratio("ingest_ratio_log", hub, log, trials);
    say_trials("ingest_hub", hub, trials, g.sets);
    say_trials("ingest_raw", full, trials, g.sets);
    say_trials("ingest_raw_log", log, trials, g.sets);
    remove_db(path[0]);
}
