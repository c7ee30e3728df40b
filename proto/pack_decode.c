/* Unpacking: the frame passes wire_check, each part gets a reader of its own, and the sets are
 * rebuilt one after another from what stands next in every part, within PACK_SETS_BYTES_MAX
 * whatever the frame claims. SPEC section 5. */
#include "proto/pack_priv.h"
#include "proto/wire.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

struct pack_field {
    unsigned field;
    struct bytes element;
    uint16_t column;
};

struct pack_shape { /* a template */
    unsigned kind;
    unsigned type;
    uint32_t first; /* of its fields */
    uint32_t count;
};

struct pack_offsets { /* of one set in `out`, which moves while it grows */
    size_t head;
    size_t head_len;
    size_t body_len; /* the body stands behind the head */
    struct id_hash hash;
};

struct pack_decoder {
    struct pack *pack;
    const struct pack_context *ctx;
    size_t n;
    uint64_t first_seq;
    bool counted;
    struct wire_reader clocks, runs, counts, seeds, shapes, ids, bases, raw;
    uint8_t signature[64];
    struct wire_reader column[PACK_COLUMNS_MAX];
    size_t column_count;
    struct pack_map map;
    struct pack_shape shape[PACK_TEMPLATES_MAX];
    size_t shape_count;
    struct pack_field *field; /* of all templates */
    size_t field_count;
    size_t run_left;
    size_t leaf_at;
    size_t leaf_count;
    uint8_t leaf[CHANGE_BLOCK_SETS][CHANGE_SEED_BYTES];
    struct wire_reader salts; /* of a set without a seed */
    bool seeded;
    struct change_head head; /* of the set being built */
    struct id_hash hash;     /* of the set before it */
    size_t set_bytes;        /* head and payloads of the set so far */
    uint8_t genesis_pk[32];
    struct buf out;
    struct pack_offsets set[PACK_SETS_MAX];
};

/* A reader of the items of the next array; *count of them. */
static struct wire_reader pack_open_part(struct wire_reader *r, size_t *count)
{
    struct wire_reader part;
    struct bytes raw = wire_get_raw(r);
    wire_open(&part, raw);
    *count = wire_get_array(&part);
    return part;
}

static enum err pack_read_columns(struct pack_decoder *d, struct wire_reader *r)
{
    size_t count = wire_get_array(r);
    if (count > PACK_COLUMNS_MAX) return ERR_TOO_LARGE;
    for (size_t i = 0; i < count; i++) {
        size_t items;
        if (wire_get_array(r) != 3) return ERR_BAD_FORMAT;
        unsigned type = (unsigned)wire_get_uint(r, CHANGE_NUMBER_MAX);
        unsigned field = (unsigned)wire_get_uint(r, CHANGE_NUMBER_MAX);
        d->column[i] = pack_open_part(r, &items);
        if (r->e != ERR_OK || d->column[i].e != ERR_OK) return ERR_BAD_FORMAT;
        if (pack_map_find(&d->map, type, field) >= 0) return ERR_BAD_FORMAT;
        pack_map_add(&d->map, type, field, i);
    }
    d->column_count = count;
    return ERR_OK;
}

static enum err pack_read_field(struct pack_decoder *d, struct wire_reader *r, unsigned type)
{
    struct pack_field f = {0};
    bool element = wire_peek(r) == WIRE_ARRAY;
    if (element && wire_get_array(r) != 2) return ERR_BAD_FORMAT;
    f.field = (unsigned)wire_get_uint(r, CHANGE_NUMBER_MAX);
    if (element) f.element = wire_get_str(r);
    int column = pack_map_find(&d->map, type, f.field);
    if (r->e != ERR_OK || column < 0) return ERR_BAD_FORMAT;
    f.column = (uint16_t)column;
    d->field[d->field_count++] = f;
    return ERR_OK;
}

static enum err pack_read_templates(struct pack_decoder *d, struct wire_reader *r)
{
    size_t count = wire_get_array(r);
    if (count > PACK_TEMPLATES_MAX) return ERR_TOO_LARGE;
    for (size_t i = 0; i < count; i++) {
        struct pack_shape *s = &d->shape[i];
        if (wire_get_array(r) != 3) return ERR_BAD_FORMAT;
        s->kind = (unsigned)wire_get_uint(r, CHANGE_DELETE);
        s->type = (unsigned)wire_get_uint(r, CHANGE_NUMBER_MAX);
        size_t fields = wire_get_array(r);
        if (r->e != ERR_OK || fields < 1 || fields > CHANGE_WRITES_MAX) return ERR_BAD_FORMAT;
        if (d->field_count + fields > PACK_FIELDS_MAX) return ERR_TOO_LARGE;
        s->first = (uint32_t)d->field_count;
        s->count = (uint32_t)fields;
        for (size_t k = 0; k < fields; k++) {
            enum err e = pack_read_field(d, r, s->type);
            if (e != ERR_OK) return e;
        }
    }
    d->shape_count = count;
    return ERR_OK;
}

/* Where the frame begins and what it goes on from. */
static enum err pack_read_start(struct pack_decoder *d, struct wire_reader *r)
{
    struct id_inc inc;
    struct id_hash prev;
    wire_get_bin_exact(r, inc.b, sizeof inc.b);
    d->first_seq = wire_get_uint(r, UINT64_MAX - PACK_SETS_MAX);
    d->n = (size_t)wire_get_uint(r, PACK_SETS_MAX);
    bool stated = !wire_get_nil(r);
    if (stated) wire_get_bin_exact(r, prev.b, sizeof prev.b);
    if (r->e != ERR_OK || d->n == 0) return ERR_BAD_FORMAT;
    if (!ID_EQUAL(&inc, &d->ctx->inc) || d->first_seq != d->ctx->next_seq) return ERR_CHAIN_BROKEN;
    d->hash = d->ctx->prev;
    if (d->first_seq == 0) memset(&d->hash, 0, sizeof d->hash);
    return stated && !ID_EQUAL(&prev, &d->hash) ? ERR_CHAIN_BROKEN : ERR_OK;
}

static enum err pack_read_parts(struct pack_decoder *d, struct bytes body)
{
    struct wire_reader r;
    size_t items;
    wire_open(&r, body);
    if (wire_get_array(&r) != PACK_PARTS) return ERR_BAD_FORMAT;
    enum err e = pack_read_start(d, &r);
    if (e != ERR_OK) return e;
    d->clocks = pack_open_part(&r, &items);
    if (items != d->n) return ERR_BAD_FORMAT;
    d->runs = pack_open_part(&r, &items);
    d->counted = !wire_get_nil(&r);
    if (d->counted) d->counts = pack_open_part(&r, &items);
    if (d->counted && items != d->n) return ERR_BAD_FORMAT;
    d->seeds = pack_open_part(&r, &items);
    struct wire_reader templates = r;
    (void)wire_get_raw(&r);
    d->shapes = pack_open_part(&r, &items);
    d->ids = pack_open_part(&r, &items);
    e = pack_read_columns(d, &r);
    if (e == ERR_OK) e = pack_read_templates(d, &templates);
    if (e != ERR_OK) return e;
    d->bases = pack_open_part(&r, &items);
    d->raw = pack_open_part(&r, &items);
    wire_get_bin_exact(&r, d->signature, sizeof d->signature);
    return wire_close(&r);
}

/* Nothing may be left over in any part. */
static enum err pack_close_parts(const struct pack_decoder *d)
{
    const struct wire_reader *parts[] = {&d->clocks, &d->runs,  &d->seeds, &d->shapes,
                                         &d->ids,    &d->bases, &d->raw};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (wire_close(parts[i]) != ERR_OK) return ERR_BAD_FORMAT;
    if (d->counted && wire_close(&d->counts) != ERR_OK) return ERR_BAD_FORMAT;
    for (size_t i = 0; i < d->column_count; i++)
        if (wire_close(&d->column[i]) != ERR_OK) return ERR_BAD_FORMAT;
    return d->run_left == 0 && d->leaf_at == d->leaf_count ? ERR_OK : ERR_BAD_FORMAT;
}

static enum err pack_next_run(struct pack_decoder *d)
{
    struct wire_reader *r = &d->runs;
    struct change_head *h = &d->head;
    if (wire_get_array(r) != 8) return ERR_BAD_FORMAT;
    d->run_left = (size_t)wire_get_uint(r, PACK_SETS_MAX);
    wire_get_bin_exact(r, h->person.b, sizeof h->person.b);
    h->epoch = wire_get_uint(r, UINT64_MAX);
    h->hub_seen = wire_get_uint(r, UINT64_MAX);
    wire_get_bin_exact(r, h->hub_seen_hash, sizeof h->hub_seen_hash);
    h->edition = (uint32_t)wire_get_uint(r, UINT32_MAX);
    h->flags = (uint16_t)wire_get_uint(r, CHANGE_FLAG_IMPORT_LAST);
    h->import = wire_get_uint(r, UINT64_MAX);
    return r->e == ERR_OK && d->run_left > 0 ? ERR_OK : ERR_BAD_FORMAT;
}

static enum err pack_next_head(struct pack_decoder *d, size_t i)
{
    struct change_head *h = &d->head;
    if (d->run_left == 0) {
        enum err e = pack_next_run(d);
        if (e != ERR_OK) return e;
    }
    d->run_left--;
    h->hub = d->ctx->hub;
    h->node = d->ctx->node;
    h->inc = d->ctx->inc;
    h->seq = d->first_seq + i;
    h->prev = d->hash;
    uint64_t step = wire_peek(&d->clocks) == WIRE_NEGATIVE ? (uint64_t)wire_get_int(&d->clocks)
                                                           : wire_get_uint(&d->clocks, UINT64_MAX);
    h->hlc = i == 0 ? step : h->hlc + step;
    h->ops = d->counted ? (uint16_t)wire_get_uint(&d->counts, CHANGE_OPS_MAX) : 1;
    if (d->clocks.e != ERR_OK || (d->counted && d->counts.e != ERR_OK)) return ERR_BAD_FORMAT;
    return h->ops > 0 ? ERR_OK : ERR_BAD_FORMAT;
}

/* The seed of set i, or the salts of its ops. */
static enum err pack_next_seed(struct pack_decoder *d, size_t i)
{
    d->seeded = true;
    if (d->leaf_at < d->leaf_count) return ERR_OK;
    if (wire_get_array(&d->seeds) != 2) return ERR_BAD_FORMAT;
    unsigned height = (unsigned)wire_get_uint(&d->seeds, PACK_HEIGHT_SALTS);
    if (d->seeds.e != ERR_OK) return ERR_BAD_FORMAT;
    if (height == PACK_HEIGHT_SALTS) {
        size_t items;
        d->seeded = false;
        d->salts = pack_open_part(&d->seeds, &items);
        return items == d->head.ops && d->seeds.e == ERR_OK ? ERR_OK : ERR_BAD_FORMAT;
    }
    uint8_t node[CHANGE_SEED_BYTES];
    size_t wide = (size_t)1 << height;
    wire_get_bin_exact(&d->seeds, node, sizeof node);
    if (d->seeds.e != ERR_OK || d->head.seq % wide != 0 || i + wide > d->n) return ERR_BAD_FORMAT;
    pack_seed_leaves(node, height, d->leaf);
    sodium_memzero(node, sizeof node);
    d->leaf_at = 0;
    d->leaf_count = wide;
    return ERR_OK;
}

static enum err pack_next_id(struct pack_decoder *d, unsigned index, struct id_record *rid)
{
    struct wire_reader *r = &d->ids;
    enum wire_kind kind = wire_peek(r);
    if (kind == WIRE_UINT) {
        uint64_t alias = wire_get_uint(r, PACK_ALIASES_MAX);
        if (r->e != ERR_OK || alias >= d->pack->id_count) return ERR_BAD_FORMAT;
        *rid = d->pack->ids[alias];
        return ERR_OK;
    }
    if (kind == WIRE_NIL) {
        if (!d->seeded || !wire_get_nil(r)) return ERR_BAD_FORMAT;
        change_rid(d->leaf[d->leaf_at], index, rid);
    } else {
        wire_get_bin_exact(r, rid->b, sizeof rid->b);
        if (r->e != ERR_OK) return ERR_BAD_FORMAT;
    }
    return pack_alias_add(d->pack, rid);
}

static enum err pack_next_value(struct pack_decoder *d, struct wire_reader *column)
{
    if (wire_peek(column) != WIRE_ARRAY) {
        struct bytes value = wire_get_raw(column);
        buf_add_bytes(&d->out, value);
        return column->e == ERR_OK && value.len > 0 ? ERR_OK : ERR_BAD_FORMAT;
    }
    if (wire_get_array(column) != 1) return ERR_BAD_FORMAT;
    uint64_t alias = wire_get_uint(column, PACK_ALIASES_MAX);
    if (column->e != ERR_OK || alias >= d->pack->id_count) return ERR_BAD_FORMAT;
    wire_put_bin(&d->out, BYTES_OF(d->pack->ids[alias].b));
    return ERR_OK;
}

static enum err pack_next_bases(struct pack_decoder *d)
{
    struct wire_reader *r = &d->bases;
    switch (wire_peek(r)) {
    case WIRE_NIL: wire_put_nil(&d->out); return wire_get_nil(r) ? ERR_OK : ERR_BAD_FORMAT;
    case WIRE_BIN: wire_put_bin(&d->out, wire_get_bin(r)); return r->e;
    case WIRE_UINT: break;
    case WIRE_BOOL:
    case WIRE_NEGATIVE:
    case WIRE_STR:
    case WIRE_ARRAY:
    case WIRE_END: return ERR_BAD_FORMAT;
    }
    struct id_hash check = {0};
    uint64_t back = wire_get_uint(r, d->head.seq);
    wire_get_bin_exact(r, check.b, 4);
    if (r->e != ERR_OK || back == 0) return ERR_BAD_FORMAT;
    struct id_version v = id_version_make(&d->head.inc, d->head.seq - back, &check);
    wire_put_bin(&d->out, BYTES_OF(v.b));
    return ERR_OK;
}

/* Append the payload of an op that follows a template. */
static enum err pack_build_payload(struct pack_decoder *d, unsigned index)
{
    uint64_t which = wire_get_uint(&d->shapes, PACK_TEMPLATES_MAX);
    struct id_record rid;
    if (d->shapes.e != ERR_OK || which >= d->shape_count) return ERR_BAD_FORMAT;
    const struct pack_shape *s = &d->shape[which];
    enum err e = pack_next_id(d, index, &rid);
    if (e != ERR_OK) return e;
    wire_put_array(&d->out, 4);
    wire_put_uint(&d->out, s->kind);
    wire_put_bin(&d->out, BYTES_OF(rid.b));
    wire_put_uint(&d->out, s->type);
    wire_put_array(&d->out, s->count);
    for (size_t i = 0; i < s->count && e == ERR_OK; i++) {
        const struct pack_field *f = &d->field[s->first + i];
        wire_put_array(&d->out, f->element.p == NULL ? 3 : 4);
        wire_put_uint(&d->out, f->field);
        e = pack_next_value(d, &d->column[f->column]);
        if (e != ERR_OK) return e;
        if (s->kind == CHANGE_CREATE)
            wire_put_nil(&d->out);
        else
            e = pack_next_bases(d);
        if (f->element.p != NULL) wire_put_str(&d->out, f->element);
        if (d->out.e != ERR_OK) return d->out.e;
    }
    return e;
}

/* Salt of the op, appended to the body when the set has no seed; *kept = false and the entry filled
 * when it is erased. */
static enum err pack_next_salt(struct pack_decoder *d, unsigned index, uint8_t salt[16],
                               uint8_t entry[CHANGE_ENTRY_BYTES], bool *kept)
{
    *kept = true;
    if (d->seeded) {
        change_salt(d->leaf[d->leaf_at], index, salt);
        return ERR_OK;
    }
    *kept = wire_peek(&d->salts) != WIRE_ARRAY;
    if (*kept) {
        buf_add_u8(&d->out, 1);
        wire_get_bin_exact(&d->salts, salt, 16);
        buf_add(&d->out, salt, 16);
        return d->salts.e == ERR_OK ? d->out.e : ERR_BAD_FORMAT;
    }
    size_t items = wire_get_array(&d->salts);
    if (items != 2 && items != 3) return ERR_BAD_FORMAT;
    wire_get_bin_exact(&d->salts, entry, 32);
    uint64_t size = wire_get_uint(&d->salts, CHANGE_BYTES_MAX);
    struct bytes stub = items == 3 ? wire_get_bin(&d->salts) : bytes_make(NULL, 0);
    bool raw = wire_get_nil(&d->shapes);
    if (d->salts.e != ERR_OK || size == 0 || !raw) return ERR_BAD_FORMAT;
    if (items == 3 && (stub.len == 0 || stub.len > size)) return ERR_BAD_FORMAT;
    buf_add_u8(&d->out, items == 3 ? 2 : 0);
    if (items == 3) buf_add_le16(&d->out, (uint16_t)stub.len);
    if (items == 3) buf_add_bytes(&d->out, stub);
    le32_store(entry + 32, (uint32_t)size);
    d->set_bytes += (size_t)size;
    return d->set_bytes <= CHANGE_BYTES_MAX ? ERR_OK : ERR_TOO_LARGE;
}

static enum err pack_build_op(struct pack_decoder *d, const struct pack_offsets *set,
                              unsigned index, bool *erased)
{
    uint8_t salt[16];
    uint8_t entry[CHANGE_ENTRY_BYTES];
    bool kept;
    enum err e = pack_next_salt(d, index, salt, entry, &kept);
    if (e != ERR_OK) return e;
    if (kept) {
        size_t at = d->out.len;
        if (wire_peek(&d->shapes) == WIRE_NIL) {
            (void)wire_get_nil(&d->shapes);
            buf_add_bytes(&d->out, wire_get_bin(&d->raw));
            e = d->raw.e;
        } else {
            e = pack_build_payload(d, index);
        }
        if (e == ERR_OK) e = d->out.e;
        if (e != ERR_OK) return e;
        struct bytes payload = bytes_make(d->out.p + at, d->out.len - at);
        d->set_bytes += payload.len;
        if (payload.len == 0) return ERR_BAD_FORMAT;
        if (d->set_bytes > CHANGE_BYTES_MAX) return ERR_TOO_LARGE;
        change_op_hash(salt, payload, entry);
        le32_store(entry + 32, (uint32_t)payload.len);
    } else {
        *erased = true;
    }
    memcpy(d->out.p + set->head + CHANGE_HEADER_BYTES + (size_t)index * CHANGE_ENTRY_BYTES, entry,
           sizeof entry);
    return ERR_OK;
}

static enum err pack_build_set(struct pack_decoder *d, size_t i)
{
    struct pack_offsets *set = &d->set[i];
    bool erased = false;
    enum err e = pack_next_head(d, i);
    if (e == ERR_OK) e = pack_next_seed(d, i);
    if (e != ERR_OK) return e;
    set->head = d->out.len;
    set->head_len = CHANGE_HEADER_BYTES + (size_t)d->head.ops * CHANGE_ENTRY_BYTES;
    d->set_bytes = set->head_len;
    if (buf_room(&d->out, set->head_len) == NULL) return d->out.e;
    change_head_write(&d->head, d->out.p + set->head);
    buf_add_u8(&d->out, d->seeded ? 0 : 1);
    if (d->seeded) buf_add(&d->out, d->leaf[d->leaf_at], CHANGE_SEED_BYTES);
    if (d->out.e != ERR_OK) return d->out.e;
    for (unsigned k = 0; k < d->head.ops; k++) {
        e = pack_build_op(d, set, k, &erased);
        if (e != ERR_OK) return e;
    }
    if (d->seeded)
        d->leaf_at++;
    else if (!erased || wire_close(&d->salts) != ERR_OK)
        return ERR_BAD_FORMAT; /* a set whose ops are all there has a seed */
    set->body_len = d->out.len - set->head - set->head_len;
    change_hash(bytes_make(d->out.p + set->head, set->head_len), &set->hash);
    d->hash = set->hash;
    return ERR_OK;
}

/* The key in the genesis, when the caller has none: the node's first key gave it its id. */
static enum err pack_genesis_key(struct pack_decoder *d, const uint8_t **key)
{
    const struct pack_offsets *set = &d->set[0];
    size_t skip = set->head + set->head_len + 1 + CHANGE_SEED_BYTES;
    assert(d->first_seq == 0);
    if (d->out.p[set->head + set->head_len] != 0) return ERR_BAD_FORMAT;
    uint32_t size = le32_load(d->out.p + set->head + CHANGE_HEADER_BYTES + 32);
    struct bytes payload = bytes_make(d->out.p + skip, size);
    if (wire_check(payload) != ERR_OK) return ERR_BAD_FORMAT;
    struct wire_reader r;
    wire_open(&r, payload);
    if (wire_get_array(&r) != 4 || wire_get_uint(&r, UINT32_MAX) != CHANGE_GENESIS)
        return ERR_BAD_FORMAT;
    wire_get_bin_exact(&r, d->genesis_pk, sizeof d->genesis_pk);
    if (r.e != ERR_OK) return ERR_BAD_FORMAT;
    struct id_hash id;
    change_hash(BYTES_OF(d->genesis_pk), &id);
    if (!d->ctx->any_key && !ID_EQUAL(&id, &d->ctx->node)) return ERR_BAD_SIGNATURE;
    *key = d->genesis_pk;
    return ERR_OK;
}

static enum err pack_rebuild(struct pack_decoder *d, struct bytes body, const uint8_t **key)
{
    enum err e = pack_read_parts(d, body);
    for (size_t i = 0; e == ERR_OK && i < d->n; i++)
        e = pack_build_set(d, i);
    if (e == ERR_OK) e = pack_close_parts(d);
    if (e != ERR_OK) return e;
    *key = d->ctx->sign_pk;
    if (*key == NULL) e = pack_genesis_key(d, key);
    return e == ERR_OK ? change_check_signature(*key, &d->head, &d->hash, d->signature) : e;
}

/* Hand the rebuilt sets over. */
static enum err pack_give(struct pack_decoder *d, const uint8_t *key, struct pack_sets *sets)
{
    struct pack_decoded *v = malloc(d->n * sizeof *v);
    if (v == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < d->n; i++) {
        const struct pack_offsets *s = &d->set[i];
        v[i].head = bytes_make(d->out.p + s->head, s->head_len);
        v[i].body = bytes_make(d->out.p + s->head + s->head_len, s->body_len);
        v[i].hash = s->hash;
    }
    *sets = (struct pack_sets){.v = v, .count = d->n, .memory = d->out.p};
    memcpy(sets->signature, d->signature, sizeof sets->signature);
    memcpy(sets->sign_pk, key, sizeof sets->sign_pk);
    buf_init(&d->out, PACK_SETS_BYTES_MAX); /* the memory is the caller's now */
    return ERR_OK;
}

enum err pack_decode(struct pack *p, struct bytes body, const struct pack_context *ctx,
                     struct pack_sets *sets)
{
    assert(ctx->sign_pk != NULL || ctx->next_seq == 0);
    const uint8_t *key = NULL;
    if (body.len > FRAME_BODY_BYTES_MAX) return ERR_TOO_LARGE;
    enum err e = wire_check(body);
    if (e != ERR_OK) return e;
    struct pack_decoder *d = calloc(1, sizeof *d);
    if (d == NULL) return ERR_NOMEM;
    d->pack = p;
    d->ctx = ctx;
    buf_init(&d->out, PACK_SETS_BYTES_MAX);
    d->field = malloc(PACK_FIELDS_MAX * sizeof *d->field);
    e = d->field == NULL ? ERR_NOMEM : pack_rebuild(d, body, &key);
    if (e == ERR_OK) e = pack_give(d, key, sets);
    buf_free(&d->out);
    free(d->field);
    sodium_memzero(d->leaf, sizeof d->leaf);
    free(d);
    return e;
}
