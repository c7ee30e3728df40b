#include "proto/figures.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

struct figures_row {
    uint32_t unit;
    uint32_t subject;
    uint32_t record;
    uint32_t by[FIGURES_BY_MAX];
    int64_t num;
    int64_t den;
    bool has_num;
    bool has_den;
};

struct figures_text {
    uint32_t at;     /* offset in the pool */
    uint32_t number; /* position in byte order, once finished */
    uint8_t len;
};

struct figures {
    enum catalogue_measure measure;
    bool finished;
    struct figures_row *rows;
    size_t row_count, row_room;
    struct figures_text *texts; /* in order of arrival; once finished in byte order */
    size_t text_count, text_room;
    uint8_t *pool;
    size_t pool_len, pool_room;
    uint32_t *slots; /* hash table of texts: index + 1, 0 = free */
    size_t slot_count;
    uint8_t key[crypto_shorthash_KEYBYTES]; /* ids are chosen by nodes: no chosen collisions */
};

/* ---- memory ---- */

static enum err figures_grow(void **array, size_t *room, size_t want, size_t item)
{
    if (want <= *room) return ERR_OK;
    size_t more = *room ? *room * 2 : 64;
    while (more < want)
        more *= 2;
    void *p = realloc(*array, more * item);
    if (p == NULL) return ERR_NOMEM;
    *array = p;
    *room = more;
    return ERR_OK;
}

enum err figures_new(enum catalogue_measure measure, struct figures **out)
{
    if (sodium_init() < 0) return ERR_NOT_READY;
    struct figures *f = calloc(1, sizeof *f);
    if (f == NULL) return ERR_NOMEM;
    f->measure = measure;
    crypto_shorthash_keygen(f->key);
    *out = f;
    return ERR_OK;
}

void figures_free(struct figures *f)
{
    if (f == NULL) return;
    free(f->rows);
    free(f->texts);
    free(f->pool);
    free(f->slots);
    free(f);
}

/* ---- texts ---- */

static struct bytes figures_bytes(const struct figures *f, const struct figures_text *t)
{
    return bytes_make(f->pool + t->at, t->len);
}

/* The slot of a text, or the free one where it belongs. */
static size_t figures_slot(const struct figures *f, struct bytes text)
{
    static const uint8_t nothing[1];
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, text.len ? text.p : nothing, text.len, f->key);
    size_t i = (size_t)le64_load(hash) & (f->slot_count - 1);
    while (f->slots[i] != 0 && !bytes_equal(figures_bytes(f, &f->texts[f->slots[i] - 1]), text))
        i = (i + 1) & (f->slot_count - 1);
    return i;
}

static enum err figures_rehash(struct figures *f)
{
    if ((f->text_count + 1) * 2 <= f->slot_count) return ERR_OK;
    size_t count = f->slot_count ? f->slot_count * 2 : 1024;
    uint32_t *slots = calloc(count, sizeof *slots);
    if (slots == NULL) return ERR_NOMEM;
    free(f->slots);
    f->slots = slots;
    f->slot_count = count;
    for (size_t i = 0; i < f->text_count; i++)
        f->slots[figures_slot(f, figures_bytes(f, &f->texts[i]))] = (uint32_t)i + 1;
    return ERR_OK;
}

static enum err figures_intern(struct figures *f, struct bytes text, uint32_t *index)
{
    if (text.len > FIGURES_TEXT_BYTES_MAX) return ERR_BAD_INPUT;
    enum err e = figures_rehash(f);
    if (e != ERR_OK) return e;
    size_t slot = figures_slot(f, text);
    if (f->slots[slot] != 0) {
        *index = f->slots[slot] - 1;
        return ERR_OK;
    }
    if (f->pool_len + text.len > FIGURES_POOL_BYTES_MAX) return ERR_TOO_LARGE;
    e = figures_grow((void **)&f->pool, &f->pool_room, f->pool_len + text.len + 1, 1);
    if (e == ERR_OK)
        e = figures_grow((void **)&f->texts, &f->text_room, f->text_count + 1, sizeof *f->texts);
    if (e != ERR_OK) return e;
    if (text.len > 0) memcpy(f->pool + f->pool_len, text.p, text.len);
    f->texts[f->text_count] =
        (struct figures_text){.at = (uint32_t)f->pool_len, .len = (uint8_t)text.len};
    f->pool_len += text.len;
    *index = (uint32_t)f->text_count++;
    f->slots[slot] = *index + 1;
    return ERR_OK;
}

bool figures_is_ratio(enum catalogue_measure measure)
{
    return measure == CATALOGUE_RATIO || measure == CATALOGUE_RATIO_SUM;
}

struct bytes figures_text(const struct figures *f, uint32_t number)
{
    assert(f->finished && number < f->text_count);
    return figures_bytes(f, &f->texts[number]);
}

bool figures_number(const struct figures *f, struct bytes text, uint32_t *number)
{
    assert(f->finished);
    size_t low = 0, high = f->text_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int c = bytes_compare(figures_bytes(f, &f->texts[mid]), text);
        if (c == 0) {
            *number = (uint32_t)mid;
            return true;
        }
        if (c < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return false;
}

/* ---- rows ---- */

static bool figures_sensible(const struct figures *f, const struct fact *fact)
{
    if (fact->unit.len == 0) return false;
    if (f->measure == CATALOGUE_SUM || f->measure == CATALOGUE_RATIO_SUM) return true;
    return (!fact->has_num || fact->num == 0 || fact->num == 1) &&
           (!fact->has_den || fact->den == 0 || fact->den == 1);
}

enum err figures_add(struct figures *f, const struct fact *fact)
{
    assert(!f->finished);
    if (!figures_sensible(f, fact)) return ERR_BAD_INPUT;
    if (f->row_count == FIGURES_ROWS_MAX) return ERR_TOO_LARGE;
    struct figures_row row = {
        .num = fact->has_num ? fact->num : 0,
        .den = fact->has_den ? fact->den : 0,
        .has_num = fact->has_num,
        .has_den = fact->has_den,
    };
    enum err e = figures_grow((void **)&f->rows, &f->row_room, f->row_count + 1, sizeof *f->rows);
    if (e == ERR_OK) e = figures_intern(f, fact->unit, &row.unit);
    if (e == ERR_OK) e = figures_intern(f, fact->subject, &row.subject);
    if (e == ERR_OK) e = figures_intern(f, fact->record, &row.record);
    for (size_t i = 0; e == ERR_OK && i < FIGURES_BY_MAX; i++)
        e = figures_intern(f, fact->by[i], &row.by[i]);
    if (e == ERR_OK) f->rows[f->row_count++] = row;
    return e;
}

/* ---- numbering ---- */

struct figures_order { /* a text on its way into byte order */
    uint64_t head;     /* its first eight bytes as a number: most comparisons end there */
    const uint8_t *p;
    uint32_t index;
    uint8_t len;
};

static uint64_t figures_head(const uint8_t *p, size_t len)
{
    uint64_t head = 0;
    for (size_t i = 0; i < 8; i++)
        head = head << 8 | (i < len ? p[i] : 0);
    return head;
}

static int figures_order_compare(const void *a, const void *b)
{
    const struct figures_order *x = a, *y = b;
    if (x->head != y->head) return x->head < y->head ? -1 : 1;
    return bytes_compare(bytes_make(x->p, x->len), bytes_make(y->p, y->len));
}

static void figures_renumber(struct figures *f)
{
    for (size_t i = 0; i < f->row_count; i++) {
        struct figures_row *r = &f->rows[i];
        r->unit = f->texts[r->unit].number;
        r->subject = f->texts[r->subject].number;
        r->record = f->texts[r->record].number;
        for (size_t k = 0; k < FIGURES_BY_MAX; k++)
            r->by[k] = f->texts[r->by[k]].number;
    }
}

enum err figures_finish(struct figures *f)
{
    assert(!f->finished);
    free(f->slots);
    f->slots = NULL;
    f->finished = true;
    if (f->text_count == 0) return ERR_OK;
    struct figures_order *order = calloc(f->text_count, sizeof *order);
    if (order == NULL) return ERR_NOMEM;
    for (size_t i = 0; i < f->text_count; i++) {
        const uint8_t *text = f->pool + f->texts[i].at;
        uint8_t len = f->texts[i].len;
        order[i] = (struct figures_order){figures_head(text, len), text, (uint32_t)i, len};
    }
    qsort(order, f->text_count, sizeof *order, figures_order_compare);
    for (size_t i = 0; i < f->text_count; i++)
        f->texts[order[i].index].number = (uint32_t)i;
    figures_renumber(f);
    for (size_t i = 0; i < f->text_count; i++) {
        f->texts[i] = (struct figures_text){
            .at = (uint32_t)(order[i].p - f->pool), .number = (uint32_t)i, .len = order[i].len};
    }
    free(order);
    return ERR_OK;
}

/* ---- tables ---- */

static int figures_item_compare(const void *a, const void *b)
{
    const struct figures_item *x = a, *y = b;
    if (x->unit != y->unit) return x->unit < y->unit ? -1 : 1;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    if (x->subject != y->subject) return x->subject < y->subject ? -1 : 1;
    if (x->record != y->record) return x->record < y->record ? -1 : 1;
    return 0;
}

/* Distinct subjects among items of one figure, sorted by subject. */
static void figures_count(const struct figures_item *items, size_t n, struct figures_one *out)
{
    for (size_t i = 0; i < n;) {
        bool num = false, den = false;
        size_t k = i;
        for (; k < n && items[k].subject == items[i].subject; k++) {
            num = num || (items[k].has_num && items[k].num == 1);
            den = den || items[k].den == 1;
        }
        out->num += num;
        out->den += den;
        i = k;
    }
}

static enum err figures_sum(const struct figures_item *items, size_t n, struct figures_one *out)
{
    for (size_t i = 0; i < n; i++) {
        if (__builtin_add_overflow(out->num, items[i].num, &out->num)) return ERR_TOO_LARGE;
    }
    return ERR_OK;
}

/* Each subject once, with the largest num and the largest den of its rows. */
static enum err figures_ratio_sum(const struct figures_item *items, size_t n,
                                  struct figures_one *out)
{
    for (size_t i = 0; i < n;) {
        int64_t num = 0, den = 0;
        bool has_num = false, has_den = false;
        size_t k = i;
        for (; k < n && items[k].subject == items[i].subject; k++) {
            if (items[k].has_num && (!has_num || items[k].num > num)) num = items[k].num;
            if (items[k].has_den && (!has_den || items[k].den > den)) den = items[k].den;
            has_num = has_num || items[k].has_num;
            has_den = has_den || items[k].has_den;
        }
        if (__builtin_add_overflow(out->num, num, &out->num)) return ERR_TOO_LARGE;
        if (__builtin_add_overflow(out->den, den, &out->den)) return ERR_TOO_LARGE;
        i = k;
    }
    return ERR_OK;
}

static enum err figures_measure(const struct figures *f, const struct figures_item *items, size_t n,
                                struct figures_one *out)
{
    if (f->measure == CATALOGUE_SUM) return figures_sum(items, n, out);
    if (f->measure == CATALOGUE_RATIO_SUM) return figures_ratio_sum(items, n, out);
    figures_count(items, n, out);
    if (f->measure == CATALOGUE_COUNT) out->den = 0;
    return ERR_OK;
}

/* One figure out of its items; its records are appended behind *used, their parts to the table's. */
static enum err figures_one(const struct figures *f, const struct figures_item *items, size_t n,
                            struct figures_credit *credits, struct figures_table *t, size_t *used)
{
    struct figures_one *out = &t->v[t->count];
    *out = (struct figures_one){.unit = items[0].unit, .value = items[0].value};
    enum err e = figures_measure(f, items, n, out);
    size_t count = 0, before = t->parts.len;
    if (e == ERR_OK) e = figures_credits(f->measure, items, n, credits, &count);
    if (e != ERR_OK) return e;
    uint32_t *records = t->records + *used;
    for (size_t i = 0; i < count; i++) {
        records[i] = credits[i].record;
        figures_part_write(&credits[i].part, &t->parts);
    }
    out->records = records;
    out->record_count = count;
    out->parts.len = t->parts.len - before;
    *used += count;
    t->count++;
    return t->parts.e;
}

static size_t figures_group(const struct figures_item *items, size_t n)
{
    size_t k = 1;
    while (k < n && items[k].unit == items[0].unit && items[k].value == items[0].value)
        k++;
    return k;
}

/* The items are sorted. */
static enum err figures_pass(const struct figures *f, const struct figures_item *items,
                             struct figures_credit *credits, struct figures_table *t, size_t *used)
{
    size_t n = f->row_count;
    for (size_t i = 0; i < n;) {
        size_t k = figures_group(items + i, n - i);
        enum err e = figures_one(f, items + i, k, credits, t, used);
        if (e != ERR_OK) return e;
        i += k;
    }
    return ERR_OK;
}

static size_t figures_groups(const struct figures_item *items, size_t n)
{
    size_t groups = 0;
    for (size_t i = 0; i < n; groups++)
        i += figures_group(items + i, n - i);
    return groups;
}

static struct figures_item *figures_items(const struct figures *f, int by)
{
    struct figures_item *items = calloc(f->row_count, sizeof *items);
    for (size_t i = 0; items != NULL && i < f->row_count; i++) {
        const struct figures_row *r = &f->rows[i];
        items[i] = (struct figures_item){.unit = r->unit,
                                         .value = by < 0 ? FIGURES_ALL : r->by[by],
                                         .subject = r->subject,
                                         .record = r->record,
                                         .num = r->num,
                                         .den = r->den,
                                         .has_num = r->has_num,
                                         .has_den = r->has_den};
    }
    return items;
}

/* The parts stand still from now on. */
static void figures_parts(struct figures_table *t)
{
    size_t at = 0;
    for (size_t i = 0; i < t->count; i++) {
        t->v[i].parts.p = t->v[i].parts.len > 0 ? t->parts.p + at : NULL;
        at += t->v[i].parts.len;
    }
}

enum err figures_tabulate(const struct figures *f, int by, struct figures_table *out)
{
    assert(f->finished && by >= -1 && by < FIGURES_BY_MAX);
    struct figures_table t = {0};
    size_t n = f->row_count, used = 0;
    enum err e = ERR_NOMEM;
    buf_init(&t.parts, 2 * n * FIGURES_PART_BYTES_MAX);
    if (n == 0) {
        *out = t;
        return ERR_OK;
    }
    struct figures_item *items = figures_items(f, by);
    struct figures_credit *credits = calloc(n, sizeof *credits);
    if (items == NULL || credits == NULL) goto out;
    qsort(items, n, sizeof *items, figures_item_compare);
    /* Together there are no more groups than in the units. */
    t.v = calloc(2 * figures_groups(items, n), sizeof *t.v);
    t.records = calloc(2 * n, sizeof *t.records);
    if (t.v == NULL || t.records == NULL) goto out;
    e = figures_pass(f, items, credits, &t, &used);
    for (size_t i = 0; i < n; i++)
        items[i].unit = FIGURES_ALL;
    qsort(items, n, sizeof *items, figures_item_compare);
    if (e == ERR_OK) e = figures_pass(f, items, credits, &t, &used);
out:
    free(credits);
    free(items);
    if (e == ERR_OK) {
        figures_parts(&t);
        *out = t;
    } else {
        figures_table_free(&t);
    }
    return e;
}

void figures_table_free(struct figures_table *t)
{
    free(t->v);
    free(t->records);
    buf_free(&t->parts);
    *t = (struct figures_table){0};
}

const struct figures_one *figures_find(const struct figures_table *t, uint32_t unit, uint32_t value)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct figures_one *v = &t->v[mid];
        if (v->unit == unit && v->value == value) return v;
        if (v->unit < unit || (v->unit == unit && v->value < value)) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return NULL;
}
