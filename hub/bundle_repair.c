/* When things went back in time, by files: proofs of a loss, sets given back, logs that are unlike. SPEC 11.7. */
#include "hub/bundle_priv.h"
#include "hub/proof.h"
#include "hub/rekey.h"
#include "hub/store_quarantine.h"
#include "hub/store_repair.h"

#include <stdlib.h>
#include <string.h>

/* ---- what a node shows ---- */

enum err hub_bundle_prove(const struct hub_bundle *b, const struct message_hello_node *hello,
                          bool certified, struct bytes body)
{
    struct message_proof m;
    struct admin_receipt r;
    struct hub_identity id;
    enum err e = message_proof_decode(body, &m);
    if (e == ERR_OK) e = hub_store_identity(b->store, &id);
    if (e != ERR_OK) return e;
    memcpy(id.parsed.log_pk, b->keys->log_pk, sizeof id.parsed.log_pk);
    /* One that is none proves nothing, but what else the file has is taken. */
    bool has =
        m.has && hub_proof_receipt(&m, &b->keys->hub, &hello->node, &id.parsed, &r) == ERR_OK;
    return hub_proof_take(b->store, b->keys, hello, has ? &r : NULL, certified, b->now_ms);
}

enum err hub_bundle_given(const struct hub_bundle *b, struct bytes body)
{
    size_t count = 0;
    struct message_set *v = calloc(MESSAGE_ITEMS_MAX, sizeof *v);
    enum err e = v != NULL ? message_sets_decode(body, v, MESSAGE_ITEMS_MAX, &count) : ERR_NOMEM;
    for (size_t i = 0; e == ERR_OK && i < count; i++) {
        e = hub_store_give_any(b->store, &v[i], b->now_ms);
        if (e == ERR_OK) e = hub_rekey_given(b->store, b->keys, b->now_ms);
    }
    free(v);
    return e;
}

/* It was made behind an END of this epoch, so what had not come down again stands in it. */
enum err hub_bundle_gave_back(const struct hub_bundle *b, const struct message_hello_node *hello)
{
    struct hub_position at;
    int64_t since_ms = 0;
    hub_store_position(b->store, &at);
    if (hello->cursor_epoch != at.epoch || hello->cursor_position == 0) return ERR_OK;
    enum err e = hub_store_confirm_wanted(b->store, &since_ms);
    if (e != ERR_OK || since_ms == 0) return e;
    return hub_store_gave_back(b->store, &hello->node, at.epoch);
}

/* ---- what the hub finds ---- */

/* Of a log that goes on here behind what the hello tells: a file that was made before others is no sign of anything. */
static enum err hub_judge_behind(const struct hub_bundle *b, const struct message_log *own,
                                 bool *same)
{
    struct id_hash hash;
    *same = own->next_seq == 0;
    if (*same) return ERR_OK;
    enum err e = hub_store_apart_hash(b->store, &own->inc, own->next_seq - 1, &hash);
    if (e == ERR_OK) *same = ID_EQUAL(&hash, &own->head);
    return e;
}

static enum err hub_judge_log(const struct hub_bundle *b, const struct message_hello_node *hello,
                              size_t i, const struct id_inc *forked, struct hub_bundle_judged *out,
                              enum message_verdict *verdict)
{
    const struct message_log *own = &hello->logs[i];
    struct message_head *head = &out->heads[i];
    enum err e = hub_store_head(b->store, &hello->node, &own->inc, head);
    bool same = true;
    if (e == ERR_OK && head->next_seq > own->next_seq) e = hub_judge_behind(b, own, &same);
    if (e != ERR_OK) return e;
    bool unlike = !same || (head->next_seq == own->next_seq && !hub_proof_extends(own, head)) ||
                  (forked != NULL && ID_EQUAL(forked, &own->inc));
    out->own[i] = head->next_seq > own->next_seq || unlike;
    if (unlike || (head->closed && head->next_seq < own->next_seq))
        *verdict = MESSAGE_NEW_INCARNATION;
    else if (head->next_seq < own->receipted_seq && *verdict == MESSAGE_GO)
        *verdict = MESSAGE_WENT_BACK;
    return ERR_OK;
}

enum err hub_bundle_judge(const struct hub_bundle *b, const struct message_hello_node *hello,
                          const struct id_inc *forked, struct hub_bundle_judged *out,
                          enum message_verdict *verdict)
{
    bool known = false;
    enum err e = hub_store_knows(b->store, hello->cursor_epoch, hello->cursor_position,
                                 hello->cursor_hash, &known);
    *verdict = known ? MESSAGE_GO : MESSAGE_WENT_BACK;
    out->count = hello->log_count;
    for (size_t i = 0; e == ERR_OK && i < hello->log_count; i++)
        e = hub_judge_log(b, hello, i, forked, out, verdict);
    return e;
}
