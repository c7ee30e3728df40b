/* What the hub seals for a node: receipts, WELCOME, a page of the feed. SPEC 11.5. */
#include "hub/bundle_priv.h"
#include "hub/store_attach.h"
#include "hub/store_erase.h"
#include "hub/store_repair.h"

#include <stdlib.h>

struct hub_answer { /* one on its way */
    const struct hub_bundle *b;
    const struct hub_bundle_answer *a;
    struct hub_bundle_result *out;
    struct bundle *wire;
    struct hub_identity identity;
    struct hub_position position;
    struct message_hello_node hello; /* the node as the hub sees it */
    struct buf body;
};

/* ---- hello, welcome, refusal, receipts ---- */

static enum err hub_answer_open(struct hub_answer *x, size_t file_max)
{
    struct message_hello_hub h = {.verdict = x->a->verdict,
                                  .epoch = x->position.epoch,
                                  .lineage_count = x->position.lineage_count,
                                  .upto = x->position.position,
                                  .clock_ms = x->b->now_ms > 0 ? (uint64_t)x->b->now_ms : 0,
                                  .edition = x->position.edition};
    memcpy(h.nonce, x->a->nonce, sizeof h.nonce);
    h.head_count = x->a->judged != NULL ? x->a->judged->count : 0;
    for (size_t i = 0; i < h.head_count; i++)
        h.heads[i] = x->a->judged->heads[i];
    memcpy(h.lineage, x->position.lineage, sizeof h.lineage);
    if (x->position.position > x->a->from) h.feed_count = x->position.position - x->a->from;
    if (x->identity.parsed.serial > x->a->card_serial)
        h.card = bytes_make(x->identity.card, x->identity.card_len);
    message_hello_hub_encode(&h, &x->body);
    if (x->body.e != ERR_OK) return x->body.e;
    return bundle_begin(&x->wire, &x->b->keys->hub, x->a->sealing_pk, &x->b->sealing,
                        buf_bytes(&x->body), file_max);
}

static enum err hub_answer_send(struct hub_answer *x, unsigned type)
{
    return x->body.e != ERR_OK ? x->body.e : bundle_add(x->wire, type, buf_bytes(&x->body));
}

static enum err hub_answer_join(struct hub_answer *x)
{
    buf_clear(&x->body);
    if (x->a->refusal != 0) {
        struct message_refuse r = {.code = x->a->refusal, .text = bytes_str("")};
        message_refuse_encode(&r, &x->body);
        return hub_answer_send(x, MESSAGE_REFUSE);
    }
    if (x->a->join == NULL) return ERR_OK;
    struct message_welcome w = hub_join_welcome(x->a->join);
    message_welcome_encode(&w, &x->body);
    return hub_answer_send(x, MESSAGE_WELCOME);
}

static enum err hub_answer_receipt(struct hub_answer *x, const struct message_log *log)
{
    struct admin_receipt r = {.hub = x->b->keys->hub,
                              .node = x->a->node->node,
                              .epoch = x->position.epoch,
                              .inc = log->inc,
                              .next_seq = log->next_seq,
                              .chain = log->head,
                              .first_position = x->position.position,
                              .last_position = x->position.position,
                              .position_hash = x->position.hash};
    struct message_receipt m = {.inc = r.inc,
                                .next_seq = r.next_seq,
                                .first_position = r.first_position,
                                .last_position = r.last_position,
                                .position_hash = r.position_hash};
    admin_receipt_sign(&r, x->b->keys->log_secret, m.signature);
    buf_clear(&x->body);
    message_receipt_encode(&m, &x->body);
    return hub_answer_send(x, MESSAGE_RECEIPT);
}

static enum err hub_answer_have(void *ctx, const struct hub_attach *a)
{
    struct hub_answer *x = ctx;
    struct attach_have m = {.ref = a->ref, .have = a->have, .code = ATTACH_OK};
    buf_clear(&x->body);
    attach_have_encode(&m, &x->body);
    return hub_answer_send(x, MESSAGE_HAVE);
}

/* ---- erasures ---- */

/* First of all, whatever becomes of the page: what the node need not have any more. */
static enum err hub_answer_erasures(struct hub_answer *x)
{
    const struct message_set *sets = NULL;
    size_t n = 0;
    uint64_t next = UINT64_MAX;
    uint32_t total = 0;
    uint8_t sum[8];
    enum err e = hub_store_erasure_end(x->b->store, &total, sum);
    if (e != ERR_OK) return e;
    if (total == x->a->erasure_count && memcmp(sum, x->a->erasure_sum, sizeof sum) == 0)
        return ERR_OK;
    do {
        e = hub_store_erasures(x->b->store, x->a->erasure_count, x->a->erasure_sum, &next, &sets,
                               &n);
        for (size_t i = 0, k = 0; e == ERR_OK && i < n; i += k) {
            size_t bytes = 16;
            for (k = 0; i + k < n && k < MESSAGE_ITEMS_MAX; k++) {
                bytes += sets[i + k].head.len + sets[i + k].body.len + 96;
                if (k > 0 && bytes > FRAME_BODY_BYTES_MAX) break;
            }
            struct message_erasures m = {.first = next - n + i, .total = total, .count = k};
            buf_clear(&x->body);
            message_erasures_encode(&m, sets + i, &x->body);
            e = hub_answer_send(x, MESSAGE_ERASURES);
        }
    } while (e == ERR_OK && n > 0);
    return e;
}

/* ---- own sets that the node may lack ---- */

static enum err hub_answer_sets(struct hub_answer *x, unsigned type, const struct message_set *v,
                                size_t count)
{
    enum err e = ERR_OK;
    for (size_t i = 0, n = 0; e == ERR_OK && i < count; i += n) {
        size_t bytes = 8;
        for (n = 0; i + n < count && n < MESSAGE_ITEMS_MAX; n++) {
            bytes += v[i + n].head.len + v[i + n].body.len + 96;
            if (n > 0 && bytes > FRAME_BODY_BYTES_MAX) break;
        }
        buf_clear(&x->body);
        message_sets_encode(v + i, n, &x->body);
        e = hub_answer_send(x, type);
    }
    return e;
}

/* Sets of the log that the hello ends before, or tells of otherwise: those are asked for where they are proven. */
static enum err hub_answer_own_log(struct hub_answer *x, size_t i)
{
    const struct message_log *own = &x->a->asked->logs[i];
    const struct message_head *head = &x->a->judged->heads[i];
    bool behind = x->a->verdict == MESSAGE_GO && own->next_seq < head->next_seq;
    uint64_t seq = behind                                ? own->next_seq
                   : own->receipted_seq < head->next_seq ? own->receipted_seq
                                                         : 0;
    size_t count = 0;
    enum err e = ERR_OK;
    do {
        const struct message_set *sets = NULL;
        e = hub_store_own_sets(x->b->store, &x->a->node->node, &own->inc, seq, HUB_SYNC_FEED_BYTES,
                               &sets, &count);
        if (e == ERR_OK) e = hub_answer_sets(x, MESSAGE_OWN, sets, count);
        seq += count;
    } while (e == ERR_OK && count > 0);
    if (e != ERR_OK) return e;
    buf_clear(&x->body);
    message_sets_encode(NULL, 0, &x->body); /* ends the log */
    return hub_answer_send(x, MESSAGE_OWN);
}

static enum err hub_answer_own(struct hub_answer *x)
{
    enum err e = ERR_OK;
    if (x->a->judged == NULL ||
        (x->a->verdict != MESSAGE_GO && x->a->verdict != MESSAGE_NEW_INCARNATION))
        return ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < x->a->judged->count; i++)
        if (x->a->judged->own[i]) e = hub_answer_own_log(x, i);
    return e;
}

/* ---- the page ---- */

static enum err hub_answer_verdicts(struct hub_answer *x, const struct hub_feed *f)
{
    enum err e = ERR_OK;
    for (size_t i = 0, n = 0; e == ERR_OK && i < f->verdict_count; i += n) {
        size_t bytes = 8;
        for (n = 0; i + n < f->verdict_count && n < MESSAGE_ITEMS_MAX; n++) {
            bytes += f->verdicts[i + n].verdicts.len + 48;
            if (n > 0 && bytes > FRAME_BODY_BYTES_MAX) break;
        }
        buf_clear(&x->body);
        message_verdicts_encode(f->verdicts + i, n, &x->body);
        e = hub_answer_send(x, MESSAGE_VERDICTS);
    }
    return e;
}

static enum err hub_answer_moves(struct hub_answer *x, const struct hub_feed *f)
{
    enum err e = ERR_OK;
    for (size_t i = 0, n = 0; e == ERR_OK && i < f->move_count; i += n) {
        size_t bytes = 8;
        for (n = 0; i + n < f->move_count && n < MESSAGE_ITEMS_MAX; n++) {
            bytes += f->moves[i + n].item.len + 24;
            if (n > 0 && bytes > FRAME_BODY_BYTES_MAX) break;
        }
        buf_clear(&x->body);
        message_moves_encode(f->moves + i, n, &x->body);
        e = hub_answer_send(x, MESSAGE_MOVES);
    }
    return e;
}

static enum err hub_answer_records(struct hub_answer *x, const struct hub_feed *f)
{
    enum err e = ERR_OK;
    for (size_t i = 0, n = 0; e == ERR_OK && i < f->record_count; i += n) {
        size_t bytes = 8;
        for (n = 0; i + n < f->record_count && n < MESSAGE_ITEMS_MAX; n++) {
            bytes += f->records[i + n].state.len + f->records[i + n].unit.len + 48;
            if (n > 0 && bytes > FRAME_BODY_BYTES_MAX) break;
        }
        buf_clear(&x->body);
        message_records_encode(f->records + i, n, &x->body);
        e = hub_answer_send(x, MESSAGE_RECORDS);
        x->out->records += n;
    }
    return e;
}

static enum err hub_answer_page(struct hub_answer *x)
{
    struct hub_feed f = {.last = false};
    uint64_t cursor = x->a->from;
    struct message_page page = {.from = cursor};
    struct id_hash hash;
    enum err e = cursor > 0 ? hub_store_p(x->b->store, cursor, &hash) : ERR_OK;
    if (e != ERR_OK) return e;
    if (cursor > 0) memcpy(page.hash, hash.b, sizeof page.hash);
    buf_clear(&x->body);
    message_page_encode(&page, &x->body);
    e = hub_answer_send(x, MESSAGE_PAGE);
    while (e == ERR_OK && !f.last) {
        /* x->hello names cursor 0, so that nothing is left out: where the node stands when it reads
         * this nobody knows. */
        e = hub_store_feed(x->b->store, x->a->node, cursor, &x->hello, HUB_SYNC_FEED_BYTES, &f);
        if (e == ERR_OK) e = hub_answer_sets(x, MESSAGE_SETS, f.sets, f.set_count);
        if (e == ERR_OK) e = hub_answer_verdicts(x, &f);
        if (e == ERR_OK) e = hub_answer_moves(x, &f);
        if (e == ERR_OK) e = hub_answer_records(x, &f);
        if (f.upto > cursor) cursor = f.upto;
    }
    if (e != ERR_OK) return e;
    buf_clear(&x->body);
    message_end_encode(&f.end, &x->body);
    return hub_answer_send(x, MESSAGE_END);
}

static enum err hub_answer_all(struct hub_answer *x, size_t file_max)
{
    enum err e = hub_store_identity(x->b->store, &x->identity);
    if (e != ERR_OK) return e;
    hub_store_position(x->b->store, &x->position);
    x->out->position = x->position.position;
    if (x->a->page)
        e = hub_store_node_logs(x->b->store, &x->a->node->node, x->hello.logs, &x->hello.log_count);
    if (e == ERR_OK) e = hub_answer_open(x, file_max);
    if (e == ERR_OK) e = hub_answer_join(x);
    if (e == ERR_OK && x->a->refusal == 0) e = hub_answer_erasures(x);
    if (e == ERR_OK) e = hub_answer_own(x);
    for (size_t i = 0; e == ERR_OK && i < x->hello.log_count; i++)
        e = hub_answer_receipt(x, &x->hello.logs[i]);
    if (e == ERR_OK && x->a->page && x->a->join == NULL)
        e = hub_store_attach_whole(x->b->store, x->a->node, hub_answer_have, x);
    if (e == ERR_OK && x->a->page) e = hub_answer_page(x);
    if (e != ERR_TOO_LARGE || x->wire == NULL) return e;
    x->out->page_cut = true; /* a page without END is not applied; the receipts count */
    x->out->records = 0;
    return ERR_OK;
}

enum err hub_bundle_answer(const struct hub_bundle *b, const struct hub_bundle_answer *a,
                           size_t file_max, struct buf *file, struct hub_bundle_result *out)
{
    struct bytes bytes;
    struct hub_answer *x = calloc(1, sizeof *x);
    if (x == NULL) return ERR_NOMEM;
    x->b = b;
    x->a = a;
    x->out = out;
    buf_init(&x->body, FRAME_BODY_BYTES_MAX);
    enum err e = hub_answer_all(x, file_max);
    if (e == ERR_OK) e = bundle_finish(x->wire, &bytes);
    if (e == ERR_OK) {
        buf_add_bytes(file, bytes);
        e = file->e;
    }
    bundle_free(x->wire);
    buf_free(&x->body);
    free(x);
    return e;
}
