#include "hub/proof.h"

#include "common/zoo.h"
#include "hub/rekey.h"
#include "hub/store_repair.h"
#include "proto/admin_key.h"

#include <string.h>

bool hub_proof_extends(const struct message_log *own, const struct message_head *hub)
{
    if (hub->next_seq == 0) return true;
    if (hub->next_seq < own->next_seq) return !hub->closed;
    return hub->next_seq == own->next_seq && (ZOO(102) || ID_EQUAL(&hub->head, &own->head));
}

enum err hub_proof_receipt(const struct message_proof *m, const struct id_hash *hub,
                           const struct id_hash *node, const struct admin_card *card,
                           struct admin_receipt *out)
{
    *out = (struct admin_receipt){.hub = *hub,
                                  .node = *node,
                                  .epoch = m->epoch,
                                  .inc = m->inc,
                                  .next_seq = m->next_seq,
                                  .chain = m->chain,
                                  .first_position = m->first_position,
                                  .last_position = m->last_position,
                                  .position_hash = m->position_hash};
    return admin_key_receipt_check(out, card, m->signature);
}

static enum err hub_proof_enrol(struct hub_store *s, const struct hub_sync_keys *keys,
                                const struct message_hello_node *hello, int64_t now_ms)
{
    struct admin_cert shown;
    struct hub_identity id;
    enum err e = hub_store_identity(s, &id);
    if (e == ERR_OK) e = admin_key_cert_open(hello->cert, &keys->hub, &id.parsed, 0, &shown);
    return e == ERR_OK ? hub_rekey_again(s, keys, &shown, hello->cert, now_ms) : e;
}

/* A certificate of a node that is not here proves a loss by itself. When the node has no receipt,
 * the epoch of its cursor is all there is to tell losses apart. */
static enum err hub_proof_lost(struct hub_store *s, const struct message_hello_node *hello,
                               const struct admin_receipt *receipt, bool certified, bool *lost)
{
    struct admin_receipt r = {.epoch = hello->cursor_epoch,
                              .last_position = hello->cursor_position};
    *lost = false;
    if (receipt != NULL) return hub_store_lost(s, receipt, lost);
    if (!certified) return ERR_OK; /* a bare claim */
    memcpy(r.position_hash.b, hello->cursor_hash, sizeof hello->cursor_hash);
    if (r.epoch != 0) return hub_store_lost(s, &r, lost);
    int64_t since_ms = 0;
    enum err e = hub_store_confirm_wanted(s, &since_ms);
    *lost = since_ms == 0;
    return e;
}

enum err hub_proof_take(struct hub_store *s, const struct hub_sync_keys *keys,
                        const struct message_hello_node *hello, const struct admin_receipt *receipt,
                        bool certified, int64_t now_ms)
{
    bool lost = false;
    uint64_t epoch = receipt != NULL ? receipt->epoch : hello->cursor_epoch;
    enum err e = hub_proof_lost(s, hello, receipt, certified, &lost);
    if (e == ERR_OK && lost) e = hub_store_epoch_new(s, epoch, now_ms);
    return e == ERR_OK && certified ? hub_proof_enrol(s, keys, hello, now_ms) : e;
}
