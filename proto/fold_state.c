/* States as bytes, and the memory of a fold. SPEC 6.5. */
#include "proto/fold_priv.h"
#include "common/zoo.h"
#include "proto/wire.h"

#include <assert.h>
#include <stdlib.h>

static struct fold_memory *fold_memory(const struct fold *f)
{
    return f->private_;
}

enum err fold_init(struct fold *f)
{
    struct fold_memory *m = calloc(1, sizeof *m);
    if (m == NULL) return ERR_NOMEM;
    buf_init(&m->saved[0], FOLD_STATE_BYTES_MAX);
    buf_init(&m->saved[1], FOLD_STATE_BYTES_MAX);
    *f = (struct fold){.private_ = m};
    return ERR_OK;
}

void fold_clear(struct fold *f)
{
    struct fold_memory *m = fold_memory(f);
    for (struct fold_block *b = m->first; b != NULL; b = b->next)
        b->used = 0;
    m->at = m->first;
    m->set_room = m->register_room = m->early_room = 0;
    m->bytes_bound = 16;
    *f = (struct fold){.private_ = m};
}

void fold_free(struct fold *f)
{
    struct fold_memory *m = fold_memory(f);
    if (m == NULL) return;
    while (m->first != NULL) {
        struct fold_block *next = m->first->next;
        free(m->first);
        m->first = next;
    }
    buf_free(&m->saved[0]);
    buf_free(&m->saved[1]);
    free(m);
    *f = (struct fold){0};
}

/* The next block with room for `len`, old or new. */
static struct fold_block *fold_block_for(struct fold_memory *m, size_t len)
{
    struct fold_block **link = m->at == NULL ? &m->first : &m->at->next;
    while (*link != NULL && (*link)->cap < len)
        link = &(*link)->next;
    if (*link != NULL) return *link;
    size_t cap = m->first == NULL ? FOLD_BLOCK_BYTES : 4 * FOLD_BLOCK_BYTES;
    while (cap < len)
        cap *= 2;
    struct fold_block *b = malloc(sizeof *b + cap);
    if (b == NULL) return NULL;
    *b = (struct fold_block){.cap = cap};
    *link = b;
    return b;
}

/* `len` bytes until the next fold_clear; NULL without memory. */
static void *fold_alloc(struct fold *f, size_t len)
{
    struct fold_memory *m = fold_memory(f);
    len = (len + 15) & ~(size_t)15;
    if (m->at == NULL || m->at->cap - m->at->used < len) {
        struct fold_block *b = fold_block_for(m, len);
        if (b == NULL) return NULL;
        m->at = b;
    }
    void *p = (uint8_t *)(m->at + 1) + m->at->used;
    m->at->used += len;
    return p;
}

/* Grow an array of the arena to hold more than `count` items; the old one stays until fold_clear,
 * which doubling keeps below the size of the new one. NULL without memory. */
static void *fold_grow(struct fold *f, void *p, size_t count, size_t *room, size_t least,
                       size_t item)
{
    if (count < *room) return p;
    size_t more = *room == 0 ? least : *room * 2;
    void *q = fold_alloc(f, more * item);
    if (q == NULL) return NULL;
    if (count > 0) memcpy(q, p, count * item);
    *room = more;
    return q;
}

enum err fold_room_set(struct fold *f)
{
    struct fold_memory *m = fold_memory(f);
    void *p = fold_grow(f, f->sets, f->set_count, &m->set_room, 8, sizeof *f->sets);
    if (p == NULL) return ERR_NOMEM;
    f->sets = p;
    return ERR_OK;
}

enum err fold_room_register(struct fold *f)
{
    struct fold_memory *m = fold_memory(f);
    void *p =
        fold_grow(f, f->registers, f->register_count, &m->register_room, 16, sizeof *f->registers);
    if (p == NULL) return ERR_NOMEM;
    f->registers = p;
    return ERR_OK;
}

enum err fold_room_early(struct fold *f)
{
    struct fold_memory *m = fold_memory(f);
    void *p = fold_grow(f, f->early, f->early_count, &m->early_room, 8, sizeof *f->early);
    if (p == NULL) return ERR_NOMEM;
    f->early = p;
    return ERR_OK;
}

enum err fold_room_head(struct fold *f, struct fold_register *r)
{
    void *p = fold_grow(f, r->heads, r->count, &r->room, 1, sizeof *r->heads);
    if (p == NULL) return ERR_NOMEM;
    r->heads = p;
    return ERR_OK;
}

int fold_order(unsigned field_a, struct bytes element_a, unsigned field_b, struct bytes element_b)
{
    if (field_a != field_b) return field_a < field_b ? -1 : 1;
    if (element_a.p == NULL || element_b.p == NULL)
        return (element_a.p != NULL) - (element_b.p != NULL);
    return ZOO(64) ? 0 : bytes_compare(element_a, element_b);
}

int fold_set_order(const struct fold_set *a, const struct fold_set *b)
{
    if (a->position != b->position) return a->position < b->position ? -1 : 1;
    return memcmp(a->version.b, b->version.b, ID_VERSION_BYTES);
}

/* No version twice? Sets are few; the sequence number, not the incarnation, tells them apart. */
static bool fold_sets_distinct(const struct fold_set *sets, size_t count)
{
    for (size_t i = 1; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (memcmp(sets[i].version.b + ID_INC_BYTES, sets[j].version.b + ID_INC_BYTES,
                       ID_VERSION_BYTES - ID_INC_BYTES) == 0 &&
                ID_EQUAL(&sets[i].version, &sets[j].version))
                return false;
    return true;
}

static enum err fold_load_sets(struct fold *f, struct wire_reader *r)
{
    size_t count = wire_get_array(r);
    for (size_t i = 0; i < count; i++) {
        enum err e = fold_room_set(f);
        if (e != ERR_OK) return e;
        struct fold_set *s = &f->sets[i];
        if (wire_get_array(r) != 4) return ERR_BAD_FORMAT;
        wire_get_bin_exact(r, s->version.b, sizeof s->version.b);
        s->clock = wire_get_uint(r, UINT64_MAX);
        wire_get_bin_exact(r, s->person.b, sizeof s->person.b);
        s->position = wire_get_uint(r, UINT64_MAX);
        if (r->e != ERR_OK) return r->e;
        if (i > 0 && fold_set_order(&s[-1], s) >= 0) return ERR_BAD_FORMAT;
        f->set_count = i + 1;
    }
    return fold_sets_distinct(f->sets, count) ? ERR_OK : ERR_BAD_FORMAT;
}

/* A value of 4.12 that may stand in this register. */
static bool fold_load_value(struct wire_reader *r, const struct fold_register *reg,
                            struct bytes *value)
{
    enum wire_kind kind = wire_peek(r);
    struct wire_reader inside = *r;
    *value = wire_get_raw(r);
    if (reg->element.p != NULL) return kind == WIRE_BOOL;
    if (kind == WIRE_BIN) return wire_get_bin(&inside).len == ID_RECORD_BYTES;
    if (reg->field == 0) return kind == WIRE_NIL;
    if (kind == WIRE_STR) return wire_get_str(&inside).len <= CHANGE_VALUE_BYTES_MAX;
    return kind != WIRE_ARRAY && kind != WIRE_END;
}

/* An element if there is one more item; false when it may not be there. */
static bool fold_load_element(struct wire_reader *r, unsigned field, bool present,
                              struct bytes *element)
{
    *element = bytes_make(NULL, 0);
    if (!present) return true;
    *element = wire_get_str(r);
    return field > 0 && element->len > 0 && element->len <= CHANGE_VALUE_BYTES_MAX;
}

/* Heads of a register; its element stands behind them and is known already. */
static enum err fold_load_heads(struct fold *f, struct wire_reader *r, struct fold_register *reg)
{
    size_t items = wire_get_array(r);
    size_t count = items / 2;
    if (items % 2 != 0 || count < 1 || count > FOLD_HEADS_MAX) return ERR_BAD_FORMAT;
    reg->heads = fold_alloc(f, count * sizeof *reg->heads);
    if (reg->heads == NULL) return ERR_NOMEM;
    reg->room = count;
    for (size_t i = 0; i < count; i++) {
        struct fold_head *h = &reg->heads[i];
        h->set = (unsigned)wire_get_uint(r, UINT32_MAX);
        if (r->e != ERR_OK || h->set >= f->set_count) return ERR_BAD_FORMAT;
        if (i > 0 && h[-1].set >= h->set) return ERR_BAD_FORMAT;
        if (!fold_load_value(r, reg, &h->value)) return ERR_BAD_FORMAT;
        reg->count = i + 1;
    }
    return r->e;
}

static enum err fold_load_register(struct fold *f, struct wire_reader *r, size_t i)
{
    struct fold_register *reg = &f->registers[i];
    size_t items = wire_get_array(r);
    if (items != 2 && items != 3) return ERR_BAD_FORMAT;
    *reg = (struct fold_register){.field = (unsigned)wire_get_uint(r, CHANGE_NUMBER_MAX)};
    struct wire_reader heads = *r;
    (void)wire_get_raw(r);
    if (!fold_load_element(r, reg->field, items == 3, &reg->element)) return ERR_BAD_FORMAT;
    if (r->e != ERR_OK) return r->e;
    if (i > 0 && fold_order(reg[-1].field, reg[-1].element, reg->field, reg->element) >= 0)
        return ERR_BAD_FORMAT;
    return fold_load_heads(f, &heads, reg);
}

static enum err fold_load_registers(struct fold *f, struct wire_reader *r)
{
    size_t count = wire_get_array(r);
    if (count > FOLD_REGISTERS_MAX) return ERR_BAD_FORMAT;
    for (size_t i = 0; i < count; i++) {
        enum err e = fold_room_register(f);
        if (e == ERR_OK) e = fold_load_register(f, r, i);
        if (e != ERR_OK) return e;
        f->register_count = i + 1;
    }
    return ERR_OK;
}

static int fold_early_order(const struct fold_early *a, const struct fold_early *b)
{
    int c = fold_order(a->field, a->element, b->field, b->element);
    return c != 0 ? c : memcmp(a->version.b, b->version.b, ID_VERSION_BYTES);
}

static enum err fold_load_early(struct fold *f, struct wire_reader *r)
{
    size_t count = wire_get_array(r);
    for (size_t i = 0; i < count; i++) {
        enum err e = fold_room_early(f);
        if (e != ERR_OK) return e;
        struct fold_early *y = &f->early[i];
        size_t items = wire_get_array(r);
        if (items != 2 && items != 3) return ERR_BAD_FORMAT;
        y->field = (unsigned)wire_get_uint(r, CHANGE_NUMBER_MAX);
        wire_get_bin_exact(r, y->version.b, sizeof y->version.b);
        if (!fold_load_element(r, y->field, items == 3, &y->element)) return ERR_BAD_FORMAT;
        if (r->e != ERR_OK) return r->e;
        if (i > 0 && fold_early_order(&y[-1], y) >= 0) return ERR_BAD_FORMAT;
        f->early_count = i + 1;
    }
    return ERR_OK;
}

/* Every set wrote a head, and no head is also awaited as replaced. */
static enum err fold_load_cross(struct fold *f)
{
    uint8_t *used = fold_alloc(f, f->set_count + 1);
    if (used == NULL) return ERR_NOMEM;
    memset(used, 0, f->set_count + 1);
    for (size_t i = 0; i < f->register_count; i++)
        for (size_t j = 0; j < f->registers[i].count; j++)
            used[f->registers[i].heads[j].set] = 1;
    for (size_t i = 0; i < f->set_count; i++)
        if (used[i] == 0) return ERR_BAD_FORMAT;
    for (size_t i = 0; i < f->early_count; i++) {
        const struct fold_early *y = &f->early[i];
        const struct fold_register *reg = fold_find(f, y->field, y->element);
        for (size_t j = 0; reg != NULL && j < reg->count; j++)
            if (ID_EQUAL(&f->sets[reg->heads[j].set].version, &y->version)) return ERR_BAD_FORMAT;
    }
    return ERR_OK;
}

static enum err fold_load_parts(struct fold *f, struct wire_reader *r)
{
    if (wire_get_array(r) != 4) return ERR_BAD_FORMAT;
    f->type = (unsigned)wire_get_uint(r, CHANGE_NUMBER_MAX);
    if (r->e != ERR_OK || f->type == 0) return ERR_BAD_FORMAT;
    enum err e = fold_load_sets(f, r);
    if (e == ERR_OK) e = fold_load_registers(f, r);
    if (e == ERR_OK) e = fold_load_early(f, r);
    if (e == ERR_OK) e = wire_close(r);
    return e == ERR_OK ? fold_load_cross(f) : e;
}

enum err fold_load(struct fold *f, struct bytes state)
{
    fold_clear(f);
    if (state.len > FOLD_STATE_BYTES_MAX || wire_check(state) != ERR_OK) return ERR_BAD_FORMAT;
    struct wire_reader r;
    wire_open(&r, state);
    enum err e = fold_load_parts(f, &r);
    if (e != ERR_OK)
        fold_clear(f);
    else
        fold_memory(f)->bytes_bound = state.len;
    return e;
}

static void fold_save_register(const struct fold_register *reg, struct buf *out)
{
    wire_put_array(out, reg->element.p == NULL ? 2 : 3);
    wire_put_uint(out, reg->field);
    wire_put_array(out, 2 * reg->count);
    for (size_t j = 0; j < reg->count; j++) {
        wire_put_uint(out, reg->heads[j].set);
        buf_add_bytes(out, reg->heads[j].value);
    }
    if (reg->element.p != NULL) wire_put_str(out, reg->element);
}

void fold_save(const struct fold *f, struct buf *out)
{
    assert(f->type != 0);
    wire_put_array(out, 4);
    wire_put_uint(out, f->type);
    wire_put_array(out, f->set_count);
    for (size_t i = 0; i < f->set_count; i++) {
        const struct fold_set *s = &f->sets[i];
        wire_put_array(out, 4);
        wire_put_bin(out, BYTES_OF(s->version.b));
        wire_put_uint(out, s->clock);
        wire_put_bin(out, BYTES_OF(s->person.b));
        wire_put_uint(out, s->position);
    }
    wire_put_array(out, f->register_count);
    for (size_t i = 0; i < f->register_count; i++)
        fold_save_register(&f->registers[i], out);
    wire_put_array(out, f->early_count);
    for (size_t i = 0; i < f->early_count; i++) {
        const struct fold_early *y = &f->early[i];
        wire_put_array(out, y->element.p == NULL ? 2 : 3);
        wire_put_uint(out, y->field);
        wire_put_bin(out, BYTES_OF(y->version.b));
        if (y->element.p != NULL) wire_put_str(out, y->element);
    }
}
