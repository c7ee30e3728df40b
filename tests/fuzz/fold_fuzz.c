/*
 * Feeds bytes to states of records and to merging.
 *
 * Input: u16 length of a state (0 = none), the state, the payload of an op.
 *
 * Checked: a state that loads is saved as the same bytes; what is applied leaves a state that loads,
 * and applying it again changes nothing; what is held changes nothing.
 */
#include <assert.h>
#include <stdlib.h>

#include "proto/fold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct change_write writes[CHANGE_WRITES_MAX];
static struct buf before, after, again;

static bool arrived(void *ctx, const struct id_version *version)
{
    (void)ctx;
    return (version->b[ID_VERSION_BYTES - 1] & 1) != 0;
}

static void save(const struct fold *f, struct buf *out)
{
    if (out->max == 0) buf_init(out, FOLD_STATE_BYTES_MAX);
    buf_clear(out);
    if (f->type != 0) fold_save(f, out);
    if (out->e == ERR_NOMEM) abort();
    assert(out->e == ERR_OK); /* a state never outgrows its limit */
}

static void ask(const struct fold *f, const struct fold_rules *rules)
{
    uint8_t digest[16];
    fold_digest(f, digest);
    (void)fold_deleted(f);
    assert(fold_conflicts(f, rules) <= f->register_count + 1);
    for (size_t i = 0; i < f->register_count; i++) {
        const struct fold_register *r = &f->registers[i];
        assert(fold_find(f, r->field, r->element) == r);
        for (int policy = FOLD_ASK; policy <= FOLD_MIN; policy++)
            assert(fold_shown(f, r, (enum fold_policy)policy)->value.len > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fold f;
    struct change_op op;
    if (size < 2) return 0;
    size_t len = le16_load(data);
    if (len > size - 2 || fold_init(&f) != ERR_OK) return 0;
    struct bytes state = bytes_make(data + 2, len);
    struct bytes payload = bytes_make(data + 2 + len, size - 2 - len);
    struct fold_rules rules = {.arrived = arrived};
    if (len > 0 && fold_load(&f, state) != ERR_OK) goto out;
    save(&f, &before);
    assert(bytes_equal(buf_bytes(&before), state));
    ask(&f, &rules);
    if (change_op_decode(payload, writes, &op) != ERR_OK) goto out;
    struct fold_set set = {.version = {{8, 8}}, .clock = 77, .position = 500};
    enum fold_verdict verdict;
    if (fold_apply(&f, &op, &set, &rules, &verdict) != ERR_OK) abort();
    save(&f, &after);
    ask(&f, &rules);
    if (verdict >= FOLD_HELD_SCOPE) {
        assert(bytes_equal(buf_bytes(&before), buf_bytes(&after)));
        goto out;
    }
    if (verdict != FOLD_REPLACED) {
        if (fold_apply(&f, &op, &set, &rules, &verdict) != ERR_OK) abort();
        save(&f, &again);
        /* writes of it that were replaced may come up again: only the caller's log knows them */
        if (f.early_count == 0 && before.len == 0)
            assert(bytes_equal(buf_bytes(&after), buf_bytes(&again)));
    }
    if (fold_load(&f, buf_bytes(&after)) != ERR_OK) abort();
out:
    fold_free(&f);
    return 0;
}
