/* Applying ops. SPEC 6.1 to 6.6. */
#include "proto/fold_priv.h"
#include "common/zoo.h"

#include <assert.h>

/* From here on one more set may lengthen the index in every head. */
#define FOLD_SETS_SHORT 127u

struct fold_job { /* one op on its way in */
    const struct change_op *op;
    const struct fold_set *set;
    const struct fold_rules *rules;
    bool removed;                   /* a head went away, so a set may have no head left */
    bool stands[CHANGE_WRITES_MAX]; /* the write is a head now */
};

/* Index of the first register not before (field, element). */
static size_t fold_lower(const struct fold *f, unsigned field, struct bytes element)
{
    size_t low = 0;
    size_t high = f->register_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct fold_register *r = &f->registers[mid];
        if (fold_order(r->field, r->element, field, element) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct fold_register *fold_seek(const struct fold *f, unsigned field, struct bytes element)
{
    size_t i = fold_lower(f, field, element);
    if (i == f->register_count) return NULL;
    struct fold_register *r = &f->registers[i];
    return fold_order(r->field, r->element, field, element) == 0 ? r : NULL;
}

const struct fold_register *fold_find(const struct fold *f, unsigned field, struct bytes element)
{
    return fold_seek(f, field, element);
}

/* Index of the head with this version, r->count when there is none. */
static size_t fold_head_of(const struct fold *f, const struct fold_register *r,
                           const uint8_t *version)
{
    size_t i = 0;
    while (i < r->count &&
           memcmp(f->sets[r->heads[i].set].version.b, version, ID_VERSION_BYTES) != 0)
        i++;
    return i;
}

static enum err fold_register_add(struct fold *f, unsigned field, struct bytes element,
                                  struct fold_register **out)
{
    enum err e = fold_room_register(f);
    if (e != ERR_OK) return e;
    size_t i = fold_lower(f, field, element);
    struct fold_register *r = &f->registers[i];
    memmove(r + 1, r, (f->register_count - i) * sizeof *r);
    *r = (struct fold_register){.field = field, .element = element};
    f->register_count++;
    *out = r;
    return ERR_OK;
}

void fold_register_drop(struct fold *f, struct fold_register *r)
{
    size_t i = (size_t)(r - f->registers);
    f->register_count--;
    memmove(r, r + 1, (f->register_count - i) * sizeof *r);
}

/* The set's index; it is put in its place when it is not there yet. */
static enum err fold_set_index(struct fold *f, const struct fold_set *set, unsigned *out)
{
    for (size_t i = 0; i < f->set_count; i++) {
        if (!ID_EQUAL(&f->sets[i].version, &set->version)) continue;
        *out = (unsigned)i;
        return ERR_OK;
    }
    enum err e = fold_room_set(f);
    if (e != ERR_OK) return e;
    size_t at = f->set_count;
    while (at > 0 && fold_set_order(&f->sets[at - 1], set) > 0)
        at--;
    memmove(&f->sets[at + 1], &f->sets[at], (f->set_count - at) * sizeof *f->sets);
    f->sets[at] = *set;
    *out = (unsigned)at;
    if (at < f->set_count++)
        for (size_t i = 0; i < f->register_count; i++)
            for (size_t j = 0; j < f->registers[i].count; j++)
                if (f->registers[i].heads[j].set >= at) f->registers[i].heads[j].set++;
    return ERR_OK;
}

/* Forget the sets that have no head left. */
void fold_drop_sets(struct fold *f)
{
    uint16_t to[FOLD_SETS_MAX];
    assert(f->set_count <= FOLD_SETS_MAX);
    memset(to, 0, f->set_count * sizeof to[0]);
    for (size_t i = 0; i < f->register_count; i++)
        for (size_t j = 0; j < f->registers[i].count; j++)
            to[f->registers[i].heads[j].set] = 1;
    size_t kept = 0;
    for (size_t i = 0; i < f->set_count; i++) {
        if (to[i] == 0) continue;
        f->sets[kept] = f->sets[i];
        to[i] = (uint16_t)kept++;
    }
    if (kept == f->set_count) return;
    f->set_count = kept;
    for (size_t i = 0; i < f->register_count; i++)
        for (size_t j = 0; j < f->registers[i].count; j++)
            f->registers[i].heads[j].set = to[f->registers[i].heads[j].set];
}

static enum err fold_head_add(struct fold *f, struct fold_register *r, unsigned set,
                              struct bytes value)
{
    enum err e = fold_room_head(f, r);
    if (e != ERR_OK) return e;
    size_t at = r->count++;
    for (; at > 0 && r->heads[at - 1].set > set; at--)
        r->heads[at] = r->heads[at - 1];
    r->heads[at] = (struct fold_head){.set = set, .value = value};
    return ERR_OK;
}

/* First early entry not before this one. */
static size_t fold_early_lower(const struct fold *f, const struct change_write *w,
                               const uint8_t *version)
{
    size_t low = 0;
    size_t high = f->early_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct fold_early *y = &f->early[mid];
        int c = fold_order(y->field, y->element, w->field, w->element);
        if (c == 0) c = memcmp(y->version.b, version, ID_VERSION_BYTES);
        if (c < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool fold_early_is(const struct fold *f, size_t i, const struct change_write *w,
                          const uint8_t *version)
{
    if (i == f->early_count) return false;
    const struct fold_early *y = &f->early[i];
    return fold_order(y->field, y->element, w->field, w->element) == 0 &&
           memcmp(y->version.b, version, ID_VERSION_BYTES) == 0;
}

static enum err fold_early_add(struct fold *f, const struct change_write *w, const uint8_t *version)
{
    size_t i = fold_early_lower(f, w, version);
    if (fold_early_is(f, i, w, version)) return ERR_OK;
    enum err e = fold_room_early(f);
    if (e != ERR_OK) return e;
    struct fold_early *y = &f->early[i];
    memmove(y + 1, y, (f->early_count - i) * sizeof *y);
    *y = (struct fold_early){.field = w->field, .element = w->element};
    memcpy(y->version.b, version, ID_VERSION_BYTES);
    f->early_count++;
    return ERR_OK;
}

/* Was this version named before it came? Then it is not awaited any longer. */
static bool fold_early_take(struct fold *f, const struct change_write *w,
                            const struct id_version *version)
{
    size_t i = fold_early_lower(f, w, version->b);
    if (!fold_early_is(f, i, w, version->b)) return false;
    f->early_count--;
    memmove(&f->early[i], &f->early[i + 1], (f->early_count - i) * sizeof *f->early);
    return true;
}

/* What a write names is no head any more, now or when it comes. */
static enum err fold_replace(struct fold *f, struct fold_job *job, const struct change_write *w,
                             struct fold_register *r)
{
    const struct fold_rules *rules = job->rules;
    for (size_t at = 0; at < w->bases.len; at += ID_VERSION_BYTES) {
        struct id_version base;
        memcpy(base.b, w->bases.p + at, sizeof base.b);
        size_t i = r == NULL ? 0 : fold_head_of(f, r, base.b);
        if (r != NULL && i < r->count) {
            r->count--;
            memmove(&r->heads[i], &r->heads[i + 1], (r->count - i) * sizeof *r->heads);
            job->removed = true;
            continue;
        }
        if (rules == NULL || rules->arrived == NULL || rules->arrived(rules->ctx, &base)) continue;
        if (ZOO(41)) continue;
        enum err e = fold_early_add(f, w, base.b);
        if (e != ERR_OK) return e;
    }
    return ERR_OK;
}

static enum err fold_write(struct fold *f, struct fold_job *job, size_t index)
{
    const struct change_write *w = &job->op->writes[index];
    struct fold_register *r = fold_seek(f, w->field, w->element);
    job->stands[index] = true;
    if (r != NULL && fold_head_of(f, r, job->set->version.b) < r->count) return ERR_OK;
    enum err e = fold_replace(f, job, w, r);
    if (e != ERR_OK) return e;
    if (f->early_count > 0 && fold_early_take(f, w, &job->set->version)) {
        job->stands[index] = false;
        if (r != NULL && r->count == 0) fold_register_drop(f, r);
        return ERR_OK;
    }
    if (r == NULL) e = fold_register_add(f, w->field, w->element, &r);
    if (ZOO(4) && r != NULL) r->count = 0;
    for (size_t i = r != NULL ? r->count : 0; ZOO(40) && i-- > 0;) { /* one's own earlier writes */
        if (memcmp(f->sets[r->heads[i].set].version.b, job->set->version.b, 8) != 0) continue;
        memmove(&r->heads[i], &r->heads[i + 1], (--r->count - i) * sizeof *r->heads);
    }
    unsigned set = 0;
    if (e == ERR_OK) e = fold_set_index(f, job->set, &set);
    return e == ERR_OK ? fold_head_add(f, r, set, w->value) : e;
}

static size_t fold_uint_bytes(uint64_t v)
{
    if (v < 0x80) return 1;
    if (v < 0x100) return 2;
    if (v < 0x10000) return 3;
    return v < UINT64_C(0x100000000) ? 5 : 9;
}

static size_t fold_array_bytes(size_t count)
{
    return count < 16 ? 1 : count < 65536 ? 3 : 5;
}

static size_t fold_element_bytes(struct bytes s)
{
    if (s.p == NULL) return 0;
    return s.len + (s.len < 32 ? 1 : s.len < 256 ? 2 : 3);
}

/* Length of what fold_save would write. */
static size_t fold_size(const struct fold *f)
{
    size_t n = 1 + fold_uint_bytes(f->type) + fold_array_bytes(f->set_count) +
               fold_array_bytes(f->register_count) + fold_array_bytes(f->early_count);
    for (size_t i = 0; i < f->set_count; i++)
        n += 1 + 22 + fold_uint_bytes(f->sets[i].clock) + 10 + fold_uint_bytes(f->sets[i].position);
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        n += 1 + fold_uint_bytes(r->field) + fold_array_bytes(2 * r->count) +
             fold_element_bytes(r->element);
        for (size_t j = 0; j < r->count; j++)
            n += fold_uint_bytes(r->heads[j].set) + r->heads[j].value.len;
    }
    for (size_t i = 0; i < f->early_count; i++)
        n += 1 + fold_uint_bytes(f->early[i].field) + 22 + fold_element_bytes(f->early[i].element);
    return n;
}

struct fold_plan {
    size_t added; /* bytes the state grows by at most */
    bool clash;   /* a register already has another value of the same set */
    bool near;    /* a register has all heads it may have */
};

static struct fold_plan fold_look_ahead(const struct fold *f, const struct change_op *op,
                                        const struct fold_set *set)
{
    struct fold_plan plan = {.added = FOLD_SET_BYTES};
    for (size_t i = 0; i < op->count; i++) {
        const struct change_write *w = &op->writes[i];
        size_t early = FOLD_EARLY_BYTES + w->element.len;
        plan.added += FOLD_REGISTER_BYTES + FOLD_HEAD_BYTES + w->value.len + w->element.len +
                      w->bases.len / ID_VERSION_BYTES * early;
        const struct fold_register *r = fold_seek(f, w->field, w->element);
        if (r == NULL) continue;
        if (r->count >= FOLD_HEADS_MAX) plan.near = true;
        size_t at = fold_head_of(f, r, set->version.b);
        if (at < r->count && !bytes_equal(r->heads[at].value, w->value)) plan.clash = true;
    }
    return plan;
}

/* Is the state after the op possibly over a limit? */
static bool fold_near_limit(struct fold *f, const struct fold_job *job,
                            const struct fold_plan *plan)
{
    struct fold_memory *m = f->private_;
    if (m->bytes_bound + plan->added > FOLD_STATE_BYTES_MAX) m->bytes_bound = fold_size(f);
    return plan->near || m->bytes_bound + plan->added > FOLD_STATE_BYTES_MAX ||
           f->register_count + job->op->count > FOLD_REGISTERS_MAX ||
           f->set_count >= FOLD_SETS_SHORT;
}

static bool fold_over_limit(const struct fold *f)
{
    if (f->register_count > FOLD_REGISTERS_MAX) return true;
    for (size_t i = 0; i < f->register_count; i++)
        if (f->registers[i].count > FOLD_HEADS_MAX) return true;
    return fold_size(f) > FOLD_STATE_BYTES_MAX;
}

/* Keep the state as it is now, to come back to. */
static enum err fold_keep(struct fold *f)
{
    struct fold_memory *m = f->private_;
    struct buf *kept = &m->saved[1 - m->live];
    buf_clear(kept);
    if (f->type != 0) fold_save(f, kept);
    return kept->e;
}

static enum err fold_go_back(struct fold *f)
{
    struct fold_memory *m = f->private_;
    m->live = 1 - m->live;
    if (m->saved[m->live].len > 0) return fold_load(f, buf_bytes(&m->saved[m->live]));
    fold_clear(f);
    return ERR_OK;
}

static enum fold_policy fold_policy_of(const struct fold *f, const struct fold_rules *rules,
                                       unsigned field)
{
    if (field == 0 || rules == NULL || rules->policy == NULL) return FOLD_ASK;
    return rules->policy(rules->ctx, f->type, field);
}

static enum fold_verdict fold_judge(const struct fold *f, const struct fold_job *job)
{
    bool any = false;
    bool conflict = false;
    for (size_t i = 0; i < job->op->count; i++) {
        const struct change_write *w = &job->op->writes[i];
        if (!job->stands[i]) continue;
        any = true;
        const struct fold_register *r = fold_seek(f, w->field, w->element);
        if (w->field == 0 || r->count < 2) continue;
        if (fold_register_conflict(r, fold_policy_of(f, job->rules, w->field))) conflict = true;
    }
    if (!any) return FOLD_REPLACED;
    if (ZOO(5)) return FOLD_APPLIED;
    return conflict || fold_delete_conflict(f) ? FOLD_CONFLICT : FOLD_APPLIED;
}

static enum err fold_put(struct fold *f, struct fold_job *job)
{
    f->type = job->op->type;
    for (size_t i = 0; i < job->op->count; i++) {
        enum err e = fold_write(f, job, i);
        if (e != ERR_OK) return e;
    }
    if (job->removed) fold_drop_sets(f);
    return ERR_OK;
}

enum err fold_apply(struct fold *f, const struct change_op *op, const struct fold_set *set,
                    const struct fold_rules *rules, enum fold_verdict *verdict)
{
    assert(op->count <= CHANGE_WRITES_MAX);
    struct fold_memory *m = f->private_;
    struct fold_job job = {.op = op, .set = set, .rules = rules};
    if (f->type == 0 && op->kind != CHANGE_CREATE) {
        *verdict = FOLD_HELD_UNKNOWN;
        return ERR_OK;
    }
    struct fold_plan plan = fold_look_ahead(f, op, set);
    *verdict = FOLD_HELD_UNREADABLE;
    if (plan.clash || op->type == 0 || (f->type != 0 && f->type != op->type)) return ERR_OK;
    bool near = fold_near_limit(f, &job, &plan);
    enum err e = near ? fold_keep(f) : ERR_OK;
    if (e == ERR_OK) e = fold_put(f, &job);
    if (e != ERR_OK) goto out;
    if (near && fold_over_limit(f)) {
        e = fold_go_back(f);
        goto out;
    }
    m->bytes_bound = near ? fold_size(f) : m->bytes_bound + plan.added;
    *verdict = fold_judge(f, &job);
out:
    if (e != ERR_OK) fold_clear(f);
    return e;
}

size_t fold_conflicts(const struct fold *f, const struct fold_rules *rules)
{
    size_t n = fold_delete_conflict(f) ? 1 : 0;
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        if (r->field == 0 || r->count < 2) continue;
        if (fold_register_conflict(r, fold_policy_of(f, rules, r->field))) n++;
    }
    return n;
}
