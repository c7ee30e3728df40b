/*
 * Attachments: a person adds a file to a record, another fetches it. What a file's bytes are follows from its record
 * and its number, so whoever has it whole can be asked for every byte; they carry the record's mark (check_erase.c).
 *
 * At rest: what a node or the hub has whole is the file, byte for byte; of a record that the hub's log says names it
 * the hub has it, unless something went back in time, the quota is reached, or its PC may not give it any more; who
 * wished for it and may have it has it; and at all times no unit's files are more than the quota.
 */
#include "hub/store_attach.h"
#include "node/store_attach.h"
#include "proto/wire.h"
#include "tests/sim/check_priv.h"

#include <assert.h>
#include <stdlib.h>

enum { NOTE = 31, FILE_BYTES_MAX = 13 * ATTACH_BLOCK_BYTES };

static struct bytes content(const struct world_file *f)
{
    static uint8_t b[FILE_BYTES_MAX];
    char mark[NAIVE_MARK_BYTES + 1];
    struct rng r = {f->seed};
    assert(f->size >= 8 + NAIVE_MARK_BYTES && f->size <= sizeof b);
    rng_fill(&r, b, f->size);
    memcpy(b, "\x89PNG\r\n\x1a\n", 8);
    naive_mark(&f->ref.record, mark);
    memcpy(b + 8, mark, NAIVE_MARK_BYTES);
    return bytes_make(b, f->size);
}

/* The record names the file in its note. */
static bool named_save(struct world *w, int who, int record, const struct world_file *f)
{
    char hex[ATTACH_HEX_BYTES + 1];
    struct buf value, bases, payload;
    uint8_t digest[16];
    struct bytes none = {NULL, 0};
    bool ok = false;
    buf_init(&value, 256);
    buf_init(&bases, CHANGE_BASES_MAX * ID_VERSION_BYTES);
    buf_init(&payload, CHANGE_BYTES_MAX);
    id_hex(BYTES_OF(f->ref.hash.b), hex);
    wire_put_str(&value, bytes_str(hex));
    if (check_bases(w, who, &f->ref.record, NOTE, none, &bases, digest)) {
        struct change_write x = {NOTE, buf_bytes(&value), buf_bytes(&bases), none};
        struct change_op op = {
            .kind = CHANGE_EDIT, .rid = f->ref.record, .type = 1, .writes = &x, .count = 1};
        change_op_encode(&op, &payload);
        assert(payload.e == ERR_OK);
        struct world_act a = {
            .deed = WORLD_RAW, .who = who, .record = record, .raw = buf_bytes(&payload)};
        ok = world_try(w, &a);
    }
    buf_free(&value);
    buf_free(&bases);
    buf_free(&payload);
    return ok;
}

bool world_attach(struct world *w, int who, int record, unsigned size)
{
    struct world_node *n = &w->nodes[who];
    if (w->failed || !n->host.up || n->hostile || w->file_count == WORLD_FILES_MAX ||
        !w->records[record].exists || w->records[record].type != 1)
        return false;
    const struct node_store_record *shown = &w->check->shown;
    if (node_store_record_read(n->store, &w->records[record].rid, &w->check->shown) != ERR_OK ||
        shown->frozen)
        return false;
    struct world_file *f = &w->files[w->file_count];
    *f = (struct world_file){.ref = {.record = w->records[record].rid},
                             .seed = w->seed * 64 + w->file_count,
                             .size = size,
                             .node = (unsigned)who};
    memvfs_set_time(world_wall(w, &n->host));
    enum err e = node_store_attach_add(n->store, &f->ref.record, content(f),
                                       world_wall(w, &n->host), &f->ref.hash);
    world_look(w, who);
    if (e != ERR_OK || !n->host.up) return false;
    w->file_count++;
    w->stats.files++;
    world_trace(w, n->host.name, "adds a file of %u bytes to record %d", size, record);
    return named_save(w, who, record, f);
}

void world_fetch(struct world *w, int who, unsigned file)
{
    struct world_node *n = &w->nodes[who];
    if (w->failed || !n->host.up || n->hostile || file >= w->file_count) return;
    memvfs_set_time(world_wall(w, &n->host));
    if (node_store_record_read(n->store, &w->files[file].ref.record, &w->check->shown) != ERR_OK)
        return;
    enum err e = node_store_attach_want(n->store, &w->files[file].ref, world_wall(w, &n->host));
    world_trace(w, n->host.name, "wishes for file %u: %s", file, err_name(e));
    w->stats.fetches++;
    world_look(w, who);
}

/* ---- checks ---- */

void check_quota(struct world *w)
{
    if (w->quota == 0) return;
    struct db_stmt *q = db_stmt(hub_store_db(w->hub.store),
                                "SELECT total(size) FROM sys_attach GROUP BY unit ORDER BY 1 DESC");
    enum err e = db_get(q);
    if (e == ERR_OK && (uint64_t)db_column_int(q, 0) > w->quota)
        world_fail(w, "the files of a unit are %u bytes, more than its quota",
                   (unsigned)db_column_int(q, 0));
    db_done(q);
}

/* Is the whole of it at the hub, as its list says? */
static bool at_hub_by_now(struct world *w, const struct world_file *f)
{
    struct db_stmt *q = db_stmt(hub_store_db(w->hub.store),
                                "SELECT 1 FROM sys_attach WHERE rid = ?1 AND hash = ?2 AND "
                                "have = size");
    db_bind_blob(q, 1, BYTES_OF(f->ref.record.b));
    db_bind_blob(q, 2, BYTES_OF(f->ref.hash.b));
    enum err e = db_get(q);
    db_done(q);
    return e == ERR_OK;
}

static bool is_named(const struct check *c, const struct world_file *f)
{
    static struct naive_head heads[NAIVE_HEADS_MAX];
    char hex[ATTACH_HEX_BYTES + 1];
    id_hex(BYTES_OF(f->ref.hash.b), hex);
    size_t n = naive_heads(c, &f->ref.record, heads, NAIVE_HEADS_MAX);
    for (size_t i = 0; i < n; i++) {
        struct bytes v = heads[i].write->value;
        if (v.len == 2 + ATTACH_HEX_BYTES && memcmp(v.p + 2, hex, ATTACH_HEX_BYTES) == 0)
            return true;
    }
    return false;
}

/* May this node have it: does the log name it, of a record that the node shows? */
static bool may_have(struct world *w, unsigned node, const struct world_file *f)
{
    return is_named(w->check, f) &&
           node_store_record_read(w->nodes[node].store, &f->ref.record, &w->check->shown) ==
               ERR_OK &&
           !w->check->shown.frozen;
}

/* Nothing that waits to be sent or fetched, but what the hub said no to. "Not here (yet)" is a no until it is there:
 * then the node's next session fetches it. So is "nothing names it", of a hub that went back behind what does. */
bool check_lane(struct world *w, unsigned node)
{
    struct node_attach a;
    struct node_attach_counts n;
    struct node_store *s = w->nodes[node].store;
    for (unsigned i = 0; i < w->file_count; i++) {
        enum err e = node_store_attach_get(s, &w->files[i].ref, &a);
        if (e != ERR_OK && e != ERR_NOT_FOUND) return false;
        bool no = e == ERR_OK && a.code == ATTACH_NONE;
        if (e == ERR_OK && a.code == ATTACH_UNKNOWN) no = may_have(w, node, &w->files[i]);
        if (no && at_hub_by_now(w, &w->files[i])) return false;
    }
    if (node_store_attach_counts(s, &n) != ERR_OK) return false;
    return n.waiting + n.fetching <= n.refused;
}

/* Something of this record is held: its PC may not have shown the file any more. */
static bool is_held(const struct check *c, const struct id_record *rid)
{
    for (size_t i = 0; i < c->op_count; i++)
        if (naive_held(c->ops[i].verdict) && ID_EQUAL(&c->ops[i].op.rid, rid)) return true;
    return false;
}

static void whole(struct world *w, const struct world_file *f, const char *who, enum err e,
                  const struct buf *b)
{
    if (e != ERR_OK)
        world_fail(w, "%s: a file cannot be read: %s", who, err_name(e));
    else if (!bytes_equal(buf_bytes(b), content(f)))
        world_fail(w, "%s: a file is another", who);
}

static bool hub_has(struct world *w, const struct world_file *f)
{
    struct buf b;
    buf_init(&b, FILE_BYTES_MAX + 1);
    enum err e = hub_store_attach_file(w->hub.store, &f->ref, &b);
    if (e != ERR_NOT_FOUND && e != ERR_AGAIN) whole(w, f, "hub", e, &b);
    if (e == ERR_OK && naive_dead(w->check, &f->ref.record))
        world_fail(w, "the hub has a file of an erased record");
    buf_free(&b);
    return e == ERR_OK;
}

static void node_has(struct world *w, unsigned node, const struct world_file *f, bool at_hub)
{
    const struct world_node *n = &w->nodes[node];
    struct node_attach a;
    struct buf b;
    enum err e = node_store_attach_get(n->store, &f->ref, &a);
    if (e == ERR_NOT_FOUND) return;
    buf_init(&b, FILE_BYTES_MAX + 1);
    if (e == ERR_OK && a.size > 0 && a.have == a.size) {
        whole(w, f, n->host.name, node_store_attach_file(n->store, &f->ref, &b), &b);
        if (a.delivered && !at_hub)
            world_fail(w, "%s says that the hub has a file, and it has not", n->host.name);
    } else if (e == ERR_OK && at_hub && may_have(w, node, f)) {
        world_fail(w, "%s has not fetched a file that the hub has, code %u", n->host.name, a.code);
    }
    buf_free(&b);
}

/* Is there nothing that may have kept the hub from it, or taken it away again? */
static bool is_due(const struct world *w, const struct world_file *f)
{
    const struct check *c = w->check;
    return w->stats.node_restores + w->stats.hub_restores + w->stats.clones == 0 && w->quota == 0 &&
           w->stats.rehomed + w->stats.mergers == 0 && !check_outside(w, f->node) &&
           !is_held(c, &f->ref.record) && is_named(c, f);
}

void check_files(struct world *w)
{
    for (unsigned i = 0; i < w->file_count && !w->failed; i++) {
        const struct world_file *f = &w->files[i];
        bool at_hub = hub_has(w, f);
        if (!w->failed && !at_hub && is_due(w, f))
            world_fail(w, "the hub has not got file %u, which its log names", i);
        for (unsigned n = 0; n < w->node_count && !w->failed; n++)
            if (!check_outside(w, n)) node_has(w, n, f, at_hub);
    }
}
