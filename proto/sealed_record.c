#include "proto/sealed_priv.h"
#include "proto/wire.h"

#include <sodium.h>

static const struct bytes no_element = {NULL, 0};
static const uint8_t value_true[] = {SEALED_TRUE};

enum {
    VALUE_HEAD_BYTES = 3, /* of a msgpack str of at most CHANGE_VALUE_BYTES_MAX bytes */
    MEMORY_BYTES_MAX = 1024 * 1024,
};

bool sealed_type(const struct catalogue_type *t)
{
    for (size_t i = 0; i < t->field_count; i++) {
        if (t->fields[i].sealed) return true;
    }
    return false;
}

struct bytes sealed_str(struct bytes value)
{
    struct wire_reader r;
    wire_open(&r, value);
    return wire_peek(&r) == WIRE_STR ? wire_get_str(&r) : no_element;
}

static bool sealed_in(const struct fold_register *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (bytes_equal(r->heads[i].value, BYTES_OF(value_true))) return true;
    }
    return false;
}

bool sealed_next(const struct fold *f, size_t *at, struct sealed_wrap *w)
{
    while (*at < f->register_count) {
        const struct fold_register *r = &f->registers[(*at)++];
        if (r->field == SEALED_FIELD && r->element.p != NULL && sealed_in(r) &&
            sealed_wrap_read(r->element, w) == ERR_OK)
            return true;
    }
    return false;
}

/* ---- the ring ---- */

static const struct sealed_key *sealed_ring_find(const struct sealed_ring *ring, const uint8_t *kid)
{
    for (size_t i = 0; i < ring->count; i++) {
        if (memcmp(ring->v[i].kid, kid, SEALED_KID_BYTES) == 0) return &ring->v[i];
    }
    return NULL;
}

void sealed_ring_read(struct sealed_ring *ring, const struct fold *f, const struct id_record *rid,
                      const uint8_t *secret, const uint8_t *pk)
{
    struct sealed_wrap w;
    size_t at = 0;
    ring->count = 0;
    while (secret != NULL && ring->count < SEALED_KEYS_MAX && sealed_next(f, &at, &w)) {
        struct sealed_key *k = &ring->v[ring->count];
        if (sealed_unwrap(&w, secret, pk, rid, k->key) != ERR_OK) continue;
        memcpy(k->kid, w.kid, sizeof k->kid);
        memcpy(k->from, w.from, sizeof k->from);
        ring->count++;
    }
}

void sealed_ring_read_old(struct sealed_ring *ring, const struct fold *f,
                          const struct id_record *rid, const struct sealed_old *old, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sealed_wrap w;
        size_t at = 0;
        while (ring->count < SEALED_KEYS_MAX && sealed_next(f, &at, &w)) {
            struct sealed_key *k = &ring->v[ring->count];
            if (sealed_ring_find(ring, w.kid) != NULL ||
                sealed_unwrap(&w, old[i].secret, old[i].pk, rid, k->key) != ERR_OK)
                continue;
            memcpy(k->kid, w.kid, sizeof k->kid);
            memcpy(k->from, w.from, sizeof k->from);
            ring->count++;
        }
    }
}

static void sealed_ring_self(struct sealed_ring *ring, const struct fold *f,
                             const struct id_record *rid, const struct sealed_self *self)
{
    sealed_ring_read(ring, f, rid, self->secret, self->pk);
    sealed_ring_read_old(ring, f, rid, self->old, self->old_count);
}

void sealed_ring_wipe(struct sealed_ring *ring)
{
    sodium_memzero(ring, sizeof *ring);
}

/* ---- reading ---- */

static enum err sealed_text(const struct sealed_ring *ring, const struct sealed_place *at,
                            struct bytes text, struct buf *out)
{
    uint8_t kid[SEALED_KID_BYTES];
    if (!sealed_is(text, kid)) return ERR_BAD_FORMAT;
    /* One key may be there twice, from two who wrapped it: they are the same bytes. */
    const struct sealed_key *k = sealed_ring_find(ring, kid);
    return k != NULL ? sealed_open(k->key, at, text, out) : ERR_NOT_FOUND;
}

enum err sealed_value(const struct sealed_ring *ring, const struct sealed_place *at,
                      struct bytes value, struct buf *out, bool *read)
{
    char mark[SEALED_MARK_ROOM];
    struct buf plain;
    struct bytes text = sealed_str(value);
    *read = true;
    if (text.len == 0) {
        buf_add_bytes(out, value);
        return out->e;
    }
    buf_init(&plain, SEALED_TEXT_BYTES_MAX);
    enum err e = sealed_text(ring, at, text, &plain);
    if (e == ERR_OK) {
        wire_put_str(out, buf_bytes(&plain));
    } else if (e == ERR_BAD_FORMAT) {
        buf_add_bytes(out, value);
    } else if (e != ERR_NOMEM) {
        sealed_mark(e == ERR_DAMAGED ? no_element : text, mark);
        wire_put_str(out, bytes_str(mark));
        *read = false;
        e = ERR_OK;
    }
    if (plain.p != NULL) sodium_memzero(plain.p, plain.cap);
    buf_free(&plain);
    return e == ERR_NOMEM ? e : out->e;
}

/* The register is one of a sealed field; NULL: it is not. */
static const struct catalogue_field *sealed_field(const struct catalogue_type *t,
                                                  const struct fold_register *r)
{
    if (r->element.p != NULL || r->field == 0 || r->field > CATALOGUE_FIELDS_MAX) return NULL;
    const struct catalogue_field *f = catalogue_field_by_no(t, r->field);
    return f != NULL && f->sealed ? f : NULL;
}

enum err sealed_fold_open(const struct sealed_ring *ring, struct fold *f,
                          const struct catalogue_type *t, const struct id_record *rid,
                          struct buf *memory, uint64_t *unread)
{
    size_t done = 0;
    buf_clear(memory);
    *unread = 0;
    /* First the texts, then their places: the memory moves while it grows. */
    for (size_t i = 0; i < f->register_count; i++) {
        struct fold_register *r = &f->registers[i];
        const struct sealed_place at = {*rid, t->no, r->field};
        if (sealed_field(t, r) == NULL) continue;
        for (size_t k = 0; k < r->count; k++) {
            bool read = true;
            size_t start = memory->len;
            enum err e = sealed_value(ring, &at, r->heads[k].value, memory, &read);
            if (e != ERR_OK) return e;
            if (!read) *unread |= UINT64_C(1) << (r->field - 1);
            r->heads[k].value = bytes_make(NULL, memory->len - start);
        }
    }
    for (size_t i = 0; i < f->register_count; i++) {
        struct fold_register *r = &f->registers[i];
        if (sealed_field(t, r) == NULL) continue;
        for (size_t k = 0; k < r->count; k++) {
            r->heads[k].value.p = memory->p + done;
            done += r->heads[k].value.len;
        }
    }
    return ERR_OK;
}

bool sealed_used(const struct catalogue_type *t, const struct fold *f)
{
    for (size_t i = 0; i < f->register_count; i++)
        if (sealed_field(t, &f->registers[i]) != NULL) return true;
    return false;
}

bool sealed_given(const struct fold *f, const uint8_t pk[static 32])
{
    struct id_hash reader;
    struct sealed_wrap w;
    size_t at = 0;
    sealed_reader_hash(pk, &reader);
    while (sealed_next(f, &at, &w)) {
        if (memcmp(w.to, reader.b, sizeof w.to) == 0) return true;
    }
    return false;
}

/* ---- which key to write under ---- */

static bool sealed_trusted(const struct sealed_self *self, const uint8_t *from)
{
    for (size_t i = 0; i < self->count; i++) {
        if (self->readers[i].writes && memcmp(self->readers[i].pk, from, 32) == 0) return true;
    }
    return false;
}

static bool sealed_named(const struct sealed_self *self, const uint8_t *reader)
{
    for (size_t i = 0; i < self->count; i++) {
        struct id_hash h;
        sealed_reader_hash(self->readers[i].pk, &h);
        if (memcmp(h.b, reader, SEALED_READER_BYTES) == 0) return true;
    }
    return false;
}

/* Was this key given to nobody but who is named now? */
static bool sealed_closed(const struct sealed_self *self, const struct fold *f, const uint8_t *kid)
{
    struct sealed_wrap w;
    size_t at = 0;
    while (sealed_next(f, &at, &w)) {
        if (memcmp(w.kid, kid, sizeof w.kid) == 0 && !sealed_named(self, w.to)) return false;
    }
    return true;
}

/* The good key of the smallest name, so that two PCs take the same; NULL: none. */
static const struct sealed_key *sealed_good(const struct sealed_self *self, const struct fold *f,
                                            const struct sealed_ring *ring)
{
    const struct sealed_key *best = NULL;
    for (size_t i = 0; i < ring->count; i++) {
        const struct sealed_key *k = &ring->v[i];
        if (best != NULL && memcmp(k->kid, best->kid, sizeof k->kid) >= 0) continue;
        if (sealed_trusted(self, k->from) && sealed_closed(self, f, k->kid)) best = k;
    }
    return best;
}

static void sealed_choose(const struct sealed_self *self, const struct fold *f,
                          const struct sealed_ring *ring, struct sealed_key *out)
{
    const struct sealed_key *good = sealed_good(self, f, ring);
    if (good != NULL) {
        *out = *good;
        return;
    }
    randombytes_buf(out->key, sizeof out->key);
    sealed_kid(out->key, out->kid);
    memcpy(out->from, self->pk, sizeof out->from);
}

/* ---- writing ---- */

/* Memory that does not move: everything that a call may need, at once. */
static enum err sealed_memory(struct buf *memory, size_t len)
{
    buf_clear(memory);
    if (len > MEMORY_BYTES_MAX) return ERR_TOO_LARGE;
    if (buf_room(memory, len) == NULL) return memory->e;
    memory->len = 0;
    return ERR_OK;
}

static bool sealed_wrapped(const struct fold *f, const uint8_t *kid, const uint8_t *pk)
{
    struct id_hash reader;
    struct sealed_wrap w;
    size_t at = 0;
    sealed_reader_hash(pk, &reader);
    while (sealed_next(f, &at, &w)) {
        if (memcmp(w.kid, kid, sizeof w.kid) == 0 && memcmp(w.to, reader.b, sizeof w.to) == 0)
            return true;
    }
    return false;
}

/* The writes that give a key to all who want it and have it not. */
static enum err sealed_give(const struct sealed_self *self, const struct fold *f,
                            const struct id_record *rid, const struct sealed_key *k,
                            struct record_writes *w, struct buf *memory)
{
    for (size_t i = 0; i < self->count; i++) {
        const struct sealed_reader *to = &self->readers[i];
        char element[SEALED_WRAP_CHARS + 1];
        if (!to->wanted || sealed_wrapped(f, k->kid, to->pk)) continue;
        if (w->count == CHANGE_WRITES_MAX) return ERR_TOO_LARGE;
        /* A key that nobody can have reads nothing; it is no reason not to save. */
        if (sealed_wrap(self->secret, self->pk, to->pk, rid, k->key, element) != ERR_OK) continue;
        size_t start = memory->len;
        buf_add(memory, element, SEALED_WRAP_CHARS);
        if (memory->e != ERR_OK) return memory->e;
        const struct bytes e = bytes_make(memory->p + start, SEALED_WRAP_CHARS);
        if (fold_find(f, SEALED_FIELD, e) != NULL) continue; /* taken out by a person: stays out */
        w->v[w->count++] = (struct change_write){SEALED_FIELD, BYTES_OF(value_true), no_element, e};
    }
    change_writes_sort(w->v, w->count);
    return ERR_OK;
}

/* `text` sealed as a value at the end of `memory`. */
static enum err sealed_put(const struct sealed_key *k, const struct sealed_place *at,
                           struct bytes text, struct buf *memory, struct bytes *value)
{
    struct buf sealed;
    size_t start = memory->len;
    buf_init(&sealed, SEALED_TEXT_BYTES_MAX);
    enum err e = sealed_make(k->key, at, text, &sealed);
    if (e == ERR_OK) wire_put_str(memory, buf_bytes(&sealed));
    if (e == ERR_OK) e = memory->e;
    if (e == ERR_OK) *value = bytes_make(memory->p + start, memory->len - start);
    buf_free(&sealed);
    return e;
}

/* The field of a write that has a text to be sealed; NULL: nothing to do. */
static const struct catalogue_field *sealed_wanted(const struct catalogue_type *t,
                                                   const struct change_write *w)
{
    if (w->element.p != NULL || w->field == 0 || w->field > CATALOGUE_FIELDS_MAX) return NULL;
    const struct catalogue_field *f = catalogue_field_by_no(t, w->field);
    return f != NULL && f->sealed ? f : NULL;
}

bool sealed_touched(const struct catalogue_type *t, const struct record_writes *w)
{
    for (size_t i = 0; i < w->count; i++) {
        if (sealed_wanted(t, &w->v[i]) != NULL) return true;
    }
    return false;
}

enum err sealed_writes(const struct sealed_self *self, const struct fold *f,
                       const struct catalogue_type *t, const struct id_record *rid, uint64_t unread,
                       struct record_writes *w, struct buf *memory,
                       const struct catalogue_field **bad)
{
    struct sealed_ring ring;
    struct sealed_key k;
    size_t texts = 0;
    *bad = NULL;
    for (size_t i = 0; i < w->count; i++) {
        const struct catalogue_field *field = sealed_wanted(t, &w->v[i]);
        if (field == NULL) continue;
        *bad = field;
        if ((unread >> (field->no - 1) & 1) != 0) return ERR_DENIED;
        struct bytes text = sealed_str(w->v[i].value);
        if (text.len > SEALED_PLAIN_BYTES_MAX) return ERR_TOO_LARGE;
        texts += text.len > 0;
        *bad = NULL;
    }
    if (texts == 0) return ERR_OK;
    enum err e = sealed_memory(memory, texts * (SEALED_TEXT_BYTES_MAX + VALUE_HEAD_BYTES) +
                                           self->count * SEALED_WRAP_CHARS);
    if (e != ERR_OK) return e;
    sealed_ring_self(&ring, f, rid, self);
    sealed_choose(self, f, &ring, &k);
    for (size_t i = 0; e == ERR_OK && i < w->count; i++) {
        const struct sealed_place at = {*rid, t->no, w->v[i].field};
        struct bytes text = sealed_str(w->v[i].value);
        if (sealed_wanted(t, &w->v[i]) == NULL || text.len == 0) continue;
        e = sealed_put(&k, &at, text, memory, &w->v[i].value);
    }
    if (e == ERR_OK) e = sealed_give(self, f, rid, &k, w, memory);
    sealed_ring_wipe(&ring);
    sodium_memzero(&k, sizeof k);
    return e;
}

/* ---- once more ---- */

struct sealed_task { /* a field that is to be written again */
    const struct fold_register *reg;
    struct bytes text; /* place in `plain` */
};

/* The text of one head at the end of `plain`; *right: it is sealed under `good`. */
static enum err sealed_head(const struct sealed_ring *ring, const struct sealed_key *good,
                            const struct sealed_place *at, const struct fold_head *h,
                            struct buf *plain, bool *right)
{
    uint8_t kid[SEALED_KID_BYTES];
    struct bytes text = sealed_str(h->value);
    bool sealed = sealed_is(text, kid);
    *right = sealed && good != NULL && memcmp(kid, good->kid, sizeof kid) == 0;
    if (text.len == 0 || (!sealed && text.len > SEALED_PLAIN_BYTES_MAX)) return ERR_EXISTS;
    if (sealed) return sealed_text(ring, at, text, plain);
    buf_add_bytes(plain, text);
    return plain->e;
}

/* The one text that all heads of the register say, at the end of `plain`; nothing there: leave it.
 * Two PCs that sealed one text under keys of their own are in no conflict. */
static enum err sealed_said(const struct sealed_ring *ring, const struct sealed_key *good,
                            const struct sealed_place *at, const struct fold_register *r,
                            struct buf *plain)
{
    struct buf other;
    size_t start = plain->len;
    bool right = false;
    buf_init(&other, CHANGE_VALUE_BYTES_MAX);
    enum err e = sealed_head(ring, good, at, &r->heads[0], plain, &right);
    struct bytes first =
        e == ERR_OK ? bytes_make(plain->p + start, plain->len - start) : no_element;
    bool all = right;
    for (size_t i = 1; e == ERR_OK && i < r->count; i++) {
        buf_clear(&other);
        e = sealed_head(ring, good, at, &r->heads[i], &other, &right);
        if (e == ERR_OK && !bytes_equal(buf_bytes(&other), first)) e = ERR_EXISTS;
        all = all && right;
    }
    if (e == ERR_EXISTS || (e == ERR_OK && all)) plain->len = start;
    if (other.p != NULL) sodium_memzero(other.p, other.cap);
    buf_free(&other);
    return e == ERR_EXISTS ? ERR_OK : e;
}

/* What stands open, or under another key than `good` (NULL: under any). */
static enum err sealed_tasks(const struct sealed_ring *ring, const struct sealed_key *good,
                             const struct fold *f, const struct catalogue_type *t,
                             const struct id_record *rid, struct sealed_task *tasks, size_t *count,
                             struct buf *plain, unsigned *unread)
{
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        const struct sealed_place at = {*rid, t->no, r->field};
        size_t start = plain->len;
        if (sealed_field(t, r) == NULL) continue;
        enum err e = sealed_said(ring, good, &at, r, plain);
        if (e == ERR_NOT_FOUND || e == ERR_DAMAGED) {
            *unread += 1;
            plain->len = start;
            continue;
        }
        if (e != ERR_OK) return e;
        if (plain->len > start)
            tasks[(*count)++] = (struct sealed_task){r, {NULL, plain->len - start}};
    }
    return ERR_OK;
}

static enum err sealed_rewrite(const struct fold *f, const struct catalogue_type *t,
                               const struct id_record *rid, const struct sealed_key *k,
                               const struct sealed_task *tasks, size_t count,
                               const struct buf *plain, struct record_writes *w, struct buf *memory)
{
    const uint8_t *p = plain->p;
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        const struct sealed_place at = {*rid, t->no, tasks[i].reg->field};
        struct change_write *c = &w->v[w->count++];
        *c = (struct change_write){.field = at.field};
        e = sealed_put(k, &at, bytes_make(p, tasks[i].text.len), memory, &c->value);
        p += tasks[i].text.len;
        size_t start = memory->len;
        fold_bases(f, tasks[i].reg, memory);
        c->bases = bytes_make(memory->p + start, memory->len - start);
    }
    return e == ERR_OK ? memory->e : e;
}

enum err sealed_again(const struct sealed_self *self, const struct fold *f,
                      const struct catalogue_type *t, const struct id_record *rid,
                      struct record_writes *w, struct buf *memory, unsigned *unread)
{
    struct sealed_ring ring;
    struct sealed_key k;
    struct sealed_task tasks[CATALOGUE_FIELDS_MAX];
    size_t count = 0;
    struct buf plain;
    w->count = 0;
    *unread = 0;
    buf_init(&plain, CATALOGUE_FIELDS_MAX * CHANGE_VALUE_BYTES_MAX);
    sealed_ring_self(&ring, f, rid, self);
    const struct sealed_key *good = sealed_good(self, f, &ring);
    enum err e = sealed_tasks(&ring, good, f, t, rid, tasks, &count, &plain, unread);
    if (e == ERR_OK)
        e = sealed_memory(
            memory,
            count * (SEALED_TEXT_BYTES_MAX + VALUE_HEAD_BYTES + FOLD_HEADS_MAX * ID_VERSION_BYTES) +
                self->count * SEALED_WRAP_CHARS + sealed_keep_bytes(self, f, rid));
    if (e == ERR_OK && (good != NULL || count > 0)) {
        sealed_choose(self, f, &ring, &k);
        e = sealed_rewrite(f, t, rid, &k, tasks, count, &plain, w, memory);
        if (e == ERR_OK) e = sealed_give(self, f, rid, &k, w, memory);
        sodium_memzero(&k, sizeof k);
    }
    if (e == ERR_OK) e = sealed_keep(self, f, rid, w, memory);
    sealed_ring_wipe(&ring);
    if (plain.p != NULL) sodium_memzero(plain.p, plain.cap);
    buf_free(&plain);
    return e;
}
