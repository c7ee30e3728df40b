/* Memory of the frame under construction, and its bytes. SPEC 5.1, 5.3, 5.5. */
#include "proto/pack_frame.h"
#include "proto/wire.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

static void pack_parts(struct pack_encoder *e, struct pack_part *parts[10])
{
    struct pack_part *all[10] = {&e->clocks,    &e->runs,   &e->counts, &e->seeds, &e->salts,
                                 &e->templates, &e->shapes, &e->ids,    &e->bases, &e->raw};
    memcpy(parts, all, sizeof all);
}

enum err pack_encoder_get(struct pack *p, struct pack_encoder **out)
{
    if (p->encoder == NULL) {
        struct pack_encoder *e = calloc(1, sizeof *e);
        if (e == NULL) return ERR_NOMEM;
        struct pack_part *parts[10];
        pack_parts(e, parts);
        for (size_t i = 0; i < 10; i++)
            buf_init(&parts[i]->b, 2 * FRAME_BODY_BYTES_MAX);
        for (size_t i = 0; i < PACK_COLUMNS_MAX; i++)
            buf_init(&e->column[i].b, FRAME_BODY_BYTES_MAX);
        buf_init(&e->scratch, FRAME_BODY_BYTES_MAX);
        e->pack = p;
        p->encoder = e;
    }
    *out = p->encoder;
    return ERR_OK;
}

void pack_encoder_free(struct pack_encoder *e)
{
    if (e == NULL) return;
    struct pack_part *parts[10];
    pack_parts(e, parts);
    for (size_t i = 0; i < 10; i++)
        buf_free(&parts[i]->b);
    for (size_t i = 0; i < PACK_COLUMNS_MAX; i++)
        buf_free(&e->column[i].b);
    buf_free(&e->scratch);
    sodium_memzero(e, sizeof *e);
    free(e);
}

void pack_encoder_begin(struct pack_encoder *e, pack_root_fn *root, void *ctx)
{
    struct pack_part *parts[10];
    pack_parts(e, parts);
    for (size_t i = 0; i < 10; i++) {
        buf_clear(&parts[i]->b);
        parts[i]->items = 0;
    }
    for (size_t i = 0; i < e->column_count; i++) {
        buf_clear(&e->column[i].b);
        e->column[i].items = 0;
    }
    e->column_count = e->column_bytes = 0;
    memset(&e->map, 0, sizeof e->map);
    e->root = root;
    e->ctx = ctx;
    e->sets = e->decoded = e->seeds_bound = e->fields = 0;
    e->counts_needed = false;
    e->block_known = false;
    e->run.count = 0;
}

size_t pack_parts_bytes(struct pack_encoder *e)
{
    struct pack_part *parts[10];
    size_t n = 0;
    pack_parts(e, parts);
    for (size_t i = 0; i < 10; i++)
        n += parts[i]->b.len;
    return n;
}

void pack_run_flush(struct pack_encoder *e)
{
    if (e->run.count == 0) return;
    const struct change_head *h = &e->run.head;
    struct buf *b = &e->runs.b;
    wire_put_array(b, 8);
    wire_put_uint(b, e->run.count);
    wire_put_bin(b, BYTES_OF(h->person.b));
    wire_put_uint(b, h->epoch);
    wire_put_uint(b, h->hub_seen);
    wire_put_bin(b, BYTES_OF(h->hub_seen_hash));
    wire_put_uint(b, h->edition);
    wire_put_uint(b, h->flags);
    wire_put_uint(b, h->import);
    e->runs.items++;
    e->run.count = 0;
}

/* Height of the largest tree node that covers sets from `i` on and nothing else. */
static unsigned pack_cover(const struct pack_encoder *e, size_t i)
{
    unsigned height = 0;
    uint64_t seq = e->first_seq + i;
    for (; height < PACK_HEIGHT_MAX; height++) {
        size_t wide = (size_t)2 << height;
        if (seq % wide != 0 || i + wide > e->sets) break;
        size_t k = 0;
        while (k < wide && e->leaf[i + k].tree)
            k++;
        if (k < wide) break;
    }
    return height;
}

static void pack_put_seeds(struct pack_encoder *e)
{
    struct buf *b = &e->seeds.b;
    for (size_t i = 0; i < e->sets; e->seeds.items++) {
        const struct pack_leaf *leaf = &e->leaf[i];
        unsigned height = leaf->tree ? pack_cover(e, i) : 0;
        wire_put_array(b, 2);
        wire_put_uint(b, leaf->salts ? PACK_HEIGHT_SALTS : height);
        if (leaf->salts) {
            buf_add(b, e->salts.b.p + leaf->at, leaf->len);
        } else if (height == 0) {
            wire_put_bin(b, BYTES_OF(leaf->seed));
        } else {
            uint64_t seq = e->first_seq + i;
            uint8_t node[16];
            const uint8_t *root = e->root(e->ctx, &e->inc, seq / CHANGE_BLOCK_SETS);
            assert(root != NULL); /* it was there a moment ago */
            change_tree(root, height, (unsigned)(seq % CHANGE_BLOCK_SETS), node);
            wire_put_bin(b, BYTES_OF(node));
        }
        i += (size_t)1 << height;
    }
}

static void pack_put_part(struct buf *body, const struct pack_part *part)
{
    wire_put_array(body, part->items);
    buf_add_bytes(body, part->b.len > 0 ? buf_bytes(&part->b) : bytes_make(NULL, 0));
}

static void pack_put_frame(struct pack_encoder *e, const uint8_t signature[64], struct buf *body)
{
    wire_put_array(body, PACK_PARTS);
    wire_put_bin(body, BYTES_OF(e->inc.b));
    wire_put_uint(body, e->first_seq);
    wire_put_uint(body, e->sets);
    wire_put_nil(body);
    pack_put_part(body, &e->clocks);
    pack_put_part(body, &e->runs);
    if (e->counts_needed)
        pack_put_part(body, &e->counts);
    else
        wire_put_nil(body);
    pack_put_part(body, &e->seeds);
    pack_put_part(body, &e->templates);
    pack_put_part(body, &e->shapes);
    pack_put_part(body, &e->ids);
    wire_put_array(body, e->column_count);
    for (size_t i = 0; i < e->column_count; i++) {
        wire_put_array(body, 3);
        wire_put_uint(body, e->column_type[i]);
        wire_put_uint(body, e->column_field[i]);
        pack_put_part(body, &e->column[i]);
    }
    pack_put_part(body, &e->bases);
    pack_put_part(body, &e->raw);
    wire_put_bin(body, bytes_make(signature, 64));
}

/* Memory ran out while parts were built? */
static enum err pack_parts_error(struct pack_encoder *e)
{
    struct pack_part *parts[10];
    pack_parts(e, parts);
    for (size_t i = 0; i < 10; i++)
        if (parts[i]->b.e != ERR_OK) return parts[i]->b.e;
    for (size_t i = 0; i < e->column_count; i++)
        if (e->column[i].b.e != ERR_OK) return e->column[i].b.e;
    return ERR_OK;
}

enum err pack_frame_write(struct pack_encoder *e, const uint8_t signature[static 64],
                          struct buf *body)
{
    size_t before = body->len;
    pack_run_flush(e);
    pack_put_seeds(e);
    enum err err = pack_parts_error(e);
    if (err == ERR_OK) pack_put_frame(e, signature, body);
    if (err == ERR_OK) err = body->e;
    if (err != ERR_OK)
        body->len = before;
    else
        assert(body->len - before <= FRAME_BODY_BYTES_MAX);
    return err;
}
