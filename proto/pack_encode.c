/*
 * Packing: every set is opened and re-hashed, its ops are laid out by columns into one growing part
 * per item of the frame, and the frame is written once at the end. Before a set goes in, an upper
 * bound of what it adds decides whether it still fits. SPEC section 5.
 */
#include "proto/pack_frame.h"
#include "proto/wire.h"

#include <assert.h>

/* ---- is the set whole, and does it fit? ---- */

/* Open and re-hash a set, and compare it with its neighbours. ERR_BAD_HASH when it is damaged. */
static enum err pack_examine(struct pack_encoder *e, const struct pack_set *sets, size_t count,
                             size_t i)
{
    struct change_view *v = &e->view;
    if (change_open(sets[i].head, sets[i].body, v) != ERR_OK) return ERR_BAD_HASH;
    if (change_verify(v) != ERR_OK) return ERR_BAD_HASH;
    if (i > 0) {
        bool next = ID_EQUAL(&v->head.inc, &e->inc) && v->head.seq == e->first_seq + i &&
                    ID_EQUAL(&v->head.prev, &e->hash);
        if (!next) return ERR_BAD_HASH;
    }
    struct change_head after;
    if (i + 1 < count && change_head_read(sets[i + 1].head, &after) == ERR_OK &&
        !ID_EQUAL(&after.prev, &v->hash))
        return ERR_BAD_HASH; /* this head or the next one's link: stop before both */
    return ERR_OK;
}

/* Writes that a payload claims to have; 0 when it does not look like one of kind 0 to 2. */
static size_t pack_writes_claimed(struct bytes p)
{
    size_t at = 1 + 1 + 2 + ID_RECORD_BYTES; /* array, kind, id; the type follows */
    if (p.len < at + 5) return 0;
    at += p.p[at] < 0x80 ? 1 : p.p[at] == 0xCC ? 2 : 3;
    if ((p.p[at] & 0xF0) == 0x90) return p.p[at] & 0x0F;
    if (p.p[at] != 0xDC || p.len < at + 3) return 0;
    size_t n = (size_t)p.p[at + 1] << 8 | p.p[at + 2];
    return n <= CHANGE_WRITES_MAX ? n : 0;
}

static size_t pack_bound(const struct pack_encoder *e)
{
    const struct change_view *v = &e->view;
    size_t n = PACK_PER_SET + PACK_PER_SEED * PACK_SEEDS_PER_BLOCK;
    for (unsigned i = 0; i < v->head.ops; i++) {
        n += PACK_PER_OP + v->payload[i].len;
        if (v->payload[i].p != NULL) n += PACK_PER_WRITE * pack_writes_claimed(v->payload[i]);
        if (!v->seeded) n += PACK_PER_OP;
        if (v->payload[i].p == NULL) n += PACK_PER_STUB + v->stub[i].len;
    }
    return n;
}

static size_t pack_used(struct pack_encoder *e)
{
    return PACK_FIXED + pack_parts_bytes(e) + e->seeds_bound + e->column_bytes +
           PACK_PER_COLUMN * e->column_count;
}

static bool pack_fits(struct pack_encoder *e)
{
    size_t bytes = e->view.head_bytes.len + e->view.body_bytes.len;
    return pack_used(e) + pack_bound(e) <= FRAME_BODY_BYTES_MAX &&
           e->decoded + bytes <= PACK_SETS_BYTES_MAX;
}

/* ---- ops ---- */

/* Index of the template in `scratch`; -1 when the frame has no room for one more. */
static int pack_template_index(struct pack_encoder *e, const struct change_op *op)
{
    struct bytes s = buf_bytes(&e->scratch);
    uint64_t tag = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < s.len; i++)
        tag = (tag ^ s.p[i]) * UINT64_C(1099511628211);
    for (size_t i = 0; i < e->templates.items; i++) {
        const struct pack_template *t = &e->template[i];
        if (t->tag == tag && bytes_equal(s, bytes_make(e->templates.b.p + t->at, t->len)))
            return (int)i;
    }
    if (e->templates.items == PACK_TEMPLATES_MAX || e->fields + op->count > PACK_FIELDS_MAX ||
        e->column_count + op->count > PACK_COLUMNS_MAX)
        return -1;
    size_t at = e->templates.b.len;
    buf_add_bytes(&e->templates.b, s);
    if (e->templates.b.e != ERR_OK) return -1;
    e->fields += op->count;
    e->template[e->templates.items] = (struct pack_template){.tag = tag, .at = at, .len = s.len};
    return (int)e->templates.items++;
}

static int pack_template_of(struct pack_encoder *e, const struct change_op *op)
{
    buf_clear(&e->scratch);
    wire_put_array(&e->scratch, 3);
    wire_put_uint(&e->scratch, op->kind);
    wire_put_uint(&e->scratch, op->type);
    wire_put_array(&e->scratch, op->count);
    for (size_t i = 0; i < op->count; i++) {
        const struct change_write *w = &op->writes[i];
        if (w->element.p != NULL) wire_put_array(&e->scratch, 2);
        wire_put_uint(&e->scratch, w->field);
        if (w->element.p != NULL) wire_put_str(&e->scratch, w->element);
    }
    return e->scratch.e == ERR_OK ? pack_template_index(e, op) : -1;
}

static enum err pack_put_id(struct pack_encoder *e, const struct change_op *op, unsigned index)
{
    int32_t alias = pack_alias_find(e->pack, &op->rid);
    e->ids.items++;
    if (alias >= 0) {
        wire_put_uint(&e->ids.b, (uint64_t)alias);
        return ERR_OK;
    }
    struct id_record derived;
    bool nil = e->view.seeded;
    if (nil) {
        change_rid(e->view.seed, index, &derived);
        nil = ID_EQUAL(&derived, &op->rid);
    }
    if (nil)
        wire_put_nil(&e->ids.b);
    else
        wire_put_bin(&e->ids.b, BYTES_OF(op->rid.b));
    return pack_alias_add_indexed(e->pack, &op->rid);
}

static void pack_put_value(struct pack_encoder *e, unsigned type, const struct change_write *w)
{
    int at = pack_map_find(&e->map, type, w->field);
    if (at < 0) {
        at = (int)e->column_count++;
        e->column_type[at] = (uint16_t)type;
        e->column_field[at] = (uint16_t)w->field;
        pack_map_add(&e->map, type, w->field, (size_t)at);
    }
    struct pack_part *column = &e->column[at];
    size_t before = column->b.len;
    int32_t alias = -1;
    if (w->value.len == 2 + ID_RECORD_BYTES && w->value.p[0] == 0xC4) {
        struct id_record rid;
        memcpy(rid.b, w->value.p + 2, sizeof rid.b);
        alias = pack_alias_find(e->pack, &rid);
    }
    if (alias >= 0) {
        wire_put_array(&column->b, 1);
        wire_put_uint(&column->b, (uint64_t)alias);
    } else {
        buf_add_bytes(&column->b, w->value);
    }
    column->items++;
    e->column_bytes += column->b.len - before;
}

static void pack_put_bases(struct pack_encoder *e, struct bytes bases)
{
    struct pack_part *part = &e->bases;
    part->items++;
    if (bases.len == 0) {
        wire_put_nil(&part->b);
        return;
    }
    struct id_version v;
    memcpy(v.b, bases.p, sizeof v.b);
    struct id_inc inc = id_version_inc(&v);
    uint64_t seq = id_version_seq(&v);
    if (bases.len > sizeof v.b || !ID_EQUAL(&inc, &e->inc) || seq >= e->view.head.seq) {
        wire_put_bin(&part->b, bases);
        return;
    }
    wire_put_uint(&part->b, e->view.head.seq - seq);
    wire_put_bin(&part->b, bytes_make(v.b + ID_INC_BYTES + 8, 4));
    part->items++;
}

static void pack_put_raw(struct pack_encoder *e, struct bytes payload)
{
    wire_put_nil(&e->shapes.b);
    wire_put_bin(&e->raw.b, payload);
    e->raw.items++;
}

static enum err pack_put_op(struct pack_encoder *e, unsigned index, bool raw)
{
    struct bytes payload = e->view.payload[index];
    e->shapes.items++;
    if (payload.p == NULL) { /* erased: its hash stands with the salts */
        wire_put_nil(&e->shapes.b);
        return ERR_OK;
    }
    struct change_op op;
    int shape = -1;
    if (!raw && change_op_decode(payload, e->writes, &op) == ERR_OK)
        shape = pack_template_of(e, &op);
    if (e->scratch.e == ERR_NOMEM || e->templates.b.e == ERR_NOMEM)
        return ERR_NOMEM; /* not "no room" */
    if (shape < 0) {
        pack_put_raw(e, payload);
        return ERR_OK;
    }
    wire_put_uint(&e->shapes.b, (uint64_t)shape);
    enum err err = pack_put_id(e, &op, index);
    for (size_t i = 0; i < op.count && err == ERR_OK; i++) {
        pack_put_value(e, op.type, &op.writes[i]);
        if (op.kind != CHANGE_CREATE) pack_put_bases(e, op.writes[i].bases);
    }
    return err;
}

/* ---- sets ---- */

static void pack_run_add(struct pack_encoder *e)
{
    const struct change_head *a = &e->run.head;
    const struct change_head *h = &e->view.head;
    bool same = e->run.count > 0 && ID_EQUAL(&a->person, &h->person) && a->epoch == h->epoch &&
                a->hub_seen == h->hub_seen &&
                memcmp(a->hub_seen_hash, h->hub_seen_hash, sizeof a->hub_seen_hash) == 0 &&
                a->edition == h->edition && a->flags == h->flags && a->import == h->import;
    if (!same) {
        pack_run_flush(e);
        e->run.head = *h;
    }
    e->run.count++;
}

/* The leaves of the block of this set, when its root may be used. */
static bool pack_block(struct pack_encoder *e, uint64_t seq)
{
    uint64_t number = seq / CHANGE_BLOCK_SETS;
    if (!e->block_known || e->block_number != number) {
        e->block_root = e->root == NULL ? NULL : e->root(e->ctx, &e->inc, number);
        e->block_number = number;
        e->block_known = true;
        if (e->block_root != NULL) {
            pack_seed_leaves(e->block_root, PACK_HEIGHT_MAX, e->block);
            e->seeds_bound += PACK_SEEDS_PER_BLOCK * PACK_PER_SEED;
        }
    }
    return e->block_root != NULL;
}

static void pack_leaf_add(struct pack_encoder *e)
{
    const struct change_view *v = &e->view;
    struct pack_leaf *leaf = &e->leaf[e->sets];
    *leaf = (struct pack_leaf){.salts = !v->seeded};
    if (v->seeded) {
        memcpy(leaf->seed, v->seed, sizeof leaf->seed);
        leaf->tree = pack_block(e, v->head.seq) && memcmp(e->block[v->head.seq % CHANGE_BLOCK_SETS],
                                                          v->seed, sizeof v->seed) == 0;
        if (!leaf->tree) e->seeds_bound += PACK_PER_SEED;
        return;
    }
    struct buf *b = &e->salts.b;
    leaf->at = b->len;
    wire_put_array(b, v->head.ops);
    for (unsigned i = 0; i < v->head.ops; i++) {
        if (v->payload[i].p != NULL) {
            wire_put_bin(b, BYTES_OF(v->salt[i]));
            continue;
        }
        const uint8_t *entry =
            v->head_bytes.p + CHANGE_HEADER_BYTES + (size_t)i * CHANGE_ENTRY_BYTES;
        wire_put_array(b, v->stub[i].p != NULL ? 3 : 2);
        wire_put_bin(b, bytes_make(entry, 32));
        wire_put_uint(b, le32_load(entry + 32));
        if (v->stub[i].p != NULL) wire_put_bin(b, v->stub[i]);
    }
    leaf->len = b->len - leaf->at;
}

static enum err pack_put_set(struct pack_encoder *e, bool raw)
{
    const struct change_view *v = &e->view;
    if (e->sets == 0) {
        e->inc = v->head.inc;
        e->first_seq = v->head.seq;
        wire_put_uint(&e->clocks.b, v->head.hlc);
    } else {
        wire_put_int(&e->clocks.b, (int64_t)(v->head.hlc - e->clock));
    }
    e->clocks.items++;
    e->clock = v->head.hlc;
    pack_run_add(e);
    wire_put_uint(&e->counts.b, v->head.ops);
    e->counts.items++;
    if (v->head.ops != 1) e->counts_needed = true;
    pack_leaf_add(e);
    enum err err = ERR_OK;
    for (unsigned i = 0; i < v->head.ops && err == ERR_OK; i++)
        err = pack_put_op(e, i, raw);
    e->decoded += v->head_bytes.len + v->body_bytes.len;
    e->hash = v->hash;
    e->sets++;
    return err;
}

/* Take sets until one is damaged (ERR_BAD_HASH), the frame is full, or all are in. */
static enum err pack_take(struct pack_encoder *e, const struct pack_set *sets, size_t count)
{
    for (size_t i = 0; i < count && i < PACK_SETS_MAX; i++) {
        enum err err = pack_examine(e, sets, count, i);
        if (err != ERR_OK) return err;
        bool fits = pack_fits(e);
        if (!fits && i > 0) return ERR_OK;
        err = pack_put_set(e, !fits); /* a set alone fits raw, whatever its columns would take */
        if (err != ERR_OK) return err;
    }
    return ERR_OK;
}

enum err pack_encode(struct pack *p, const struct pack_set *sets, size_t count, pack_root_fn *root,
                     pack_signature_fn *signature, void *ctx, struct buf *body, size_t *taken)
{
    assert(count > 0);
    struct pack_encoder *e;
    uint8_t sig[64];
    enum err err = pack_encoder_get(p, &e);
    if (err != ERR_OK) return err;
    pack_encoder_begin(e, root, ctx);
    enum err found = pack_take(e, sets, count);
    if (found != ERR_OK && found != ERR_BAD_HASH) return found;
    *taken = e->sets;
    if (e->sets == 0) return found;
    err = signature(ctx, e->sets - 1, sig);
    if (err != ERR_OK) return err;
    err = pack_frame_write(e, sig, body);
    return err == ERR_OK ? found : err;
}
