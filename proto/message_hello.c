/* The two hellos, SPEC 7.4 and 7.5. */
#include "proto/message.h"
#include "proto/admin.h"
#include "proto/wire.h"

#include <assert.h>

enum {
    MESSAGE_VERSION = 1,         /* of the protocol */
    MESSAGE_VERSION_MAX = 65535, /* highest version number anybody may offer */
    MESSAGE_HELLO_ITEMS = 15,    /* of a node's hello; later versions append (7.15) */
};

void message_hello_node_encode(const struct message_hello_node *m, struct buf *out)
{
    assert(m->log_count <= HELLO_LOGS_MAX);
    wire_put_array(out, MESSAGE_HELLO_ITEMS);
    wire_put_array(out, m->version_1 ? 1 : 0);
    if (m->version_1) wire_put_uint(out, MESSAGE_VERSION);
    if (m->joining) {
        wire_put_nil(out);
        wire_put_nil(out);
    } else {
        wire_put_bin(out, BYTES_OF(m->node.b));
        wire_put_bin(out, m->cert);
    }
    wire_put_array(out, m->log_count);
    for (size_t i = 0; i < m->log_count; i++) {
        wire_put_array(out, 4);
        wire_put_bin(out, BYTES_OF(m->logs[i].inc.b));
        wire_put_uint(out, m->logs[i].next_seq);
        wire_put_bin(out, BYTES_OF(m->logs[i].head.b));
        wire_put_uint(out, m->logs[i].receipted_seq);
    }
    wire_put_array(out, 3);
    wire_put_uint(out, m->cursor_epoch);
    wire_put_uint(out, m->cursor_position);
    wire_put_bin(out, BYTES_OF(m->cursor_hash));
    wire_put_uint(out, m->staged);
    wire_put_bin(out, BYTES_OF(m->scope_hash));
    wire_put_uint(out, m->clock_ms);
    wire_put_uint(out, m->edition);
    wire_put_array(out, 2);
    wire_put_uint(out, m->erasure_count);
    wire_put_bin(out, BYTES_OF(m->erasure_hash));
    wire_put_bin(out, BYTES_OF(m->nonce));
    wire_put_uint(out, m->waiting_sets);
    wire_put_uint(out, m->waiting_bytes);
    wire_put_uint(out, m->card_serial);
    wire_put_uint(out, m->sessions);
}

/* `later`: a version after this one is offered too, so more items may follow. */
static bool message_versions_read(struct wire_reader *r, struct message_hello_node *m, bool *later)
{
    size_t count = wire_get_array(r);
    if (count > HELLO_VERSIONS_MAX) return false;
    for (size_t i = 0; i < count; i++) {
        uint64_t version = wire_get_uint(r, MESSAGE_VERSION_MAX);
        if (version == MESSAGE_VERSION) m->version_1 = true;
        if (version > MESSAGE_VERSION) *later = true;
    }
    return true;
}

/* Both nil, or node id and certificate. */
static bool message_node_read(struct wire_reader *r, struct message_hello_node *m)
{
    m->joining = wire_get_nil(r);
    if (m->joining) return wire_get_nil(r);
    wire_get_bin_exact(r, m->node.b, sizeof m->node.b);
    m->cert = wire_get_bin(r);
    return m->cert.len <= ADMIN_CERT_BYTES_MAX;
}

static bool message_logs_read(struct wire_reader *r, struct message_hello_node *m)
{
    m->log_count = wire_get_array(r);
    if (m->log_count > HELLO_LOGS_MAX) return false;
    for (size_t i = 0; i < m->log_count; i++) {
        if (wire_get_array(r) != 4) return false;
        wire_get_bin_exact(r, m->logs[i].inc.b, sizeof m->logs[i].inc.b);
        m->logs[i].next_seq = wire_get_uint(r, UINT64_MAX);
        wire_get_bin_exact(r, m->logs[i].head.b, sizeof m->logs[i].head.b);
        m->logs[i].receipted_seq = wire_get_uint(r, UINT64_MAX);
    }
    return true;
}

/* Everything behind the logs. */
static bool message_rest_read(struct wire_reader *r, struct message_hello_node *m)
{
    if (wire_get_array(r) != 3) return false;
    m->cursor_epoch = wire_get_uint(r, UINT64_MAX);
    m->cursor_position = wire_get_uint(r, UINT64_MAX);
    wire_get_bin_exact(r, m->cursor_hash, sizeof m->cursor_hash);
    m->staged = wire_get_uint(r, UINT64_MAX);
    wire_get_bin_exact(r, m->scope_hash, sizeof m->scope_hash);
    m->clock_ms = wire_get_uint(r, UINT64_MAX);
    m->edition = (uint32_t)wire_get_uint(r, UINT32_MAX);
    if (wire_get_array(r) != 2) return false;
    m->erasure_count = (uint32_t)wire_get_uint(r, UINT32_MAX);
    wire_get_bin_exact(r, m->erasure_hash, sizeof m->erasure_hash);
    wire_get_bin_exact(r, m->nonce, sizeof m->nonce);
    m->waiting_sets = wire_get_uint(r, UINT64_MAX);
    m->waiting_bytes = wire_get_uint(r, UINT64_MAX);
    m->card_serial = (uint32_t)wire_get_uint(r, UINT32_MAX);
    m->sessions = wire_get_uint(r, UINT64_MAX);
    return true;
}

enum err message_hello_node_decode(struct bytes body, struct message_hello_node *m)
{
    struct wire_reader r;
    struct message_hello_node out = {0};
    bool later = false;
    enum err e = wire_check(body);
    if (e != ERR_OK) return e;
    wire_open(&r, body);
    size_t items = wire_get_array(&r);
    if (!message_versions_read(&r, &out, &later)) return ERR_BAD_FORMAT;
    if (items < MESSAGE_HELLO_ITEMS || (items > MESSAGE_HELLO_ITEMS && !later))
        return ERR_BAD_FORMAT;
    if (!message_node_read(&r, &out)) return ERR_BAD_FORMAT;
    if (!message_logs_read(&r, &out)) return ERR_BAD_FORMAT;
    if (!message_rest_read(&r, &out)) return ERR_BAD_FORMAT;
    for (; items > MESSAGE_HELLO_ITEMS; items--)
        (void)wire_get_raw(&r);
    e = wire_close(&r);
    if (e == ERR_OK) *m = out;
    return e;
}

void message_hello_hub_encode(const struct message_hello_hub *m, struct buf *out)
{
    assert(m->lineage_count <= HELLO_EPOCHS_MAX && m->head_count <= HELLO_LOGS_MAX);
    wire_put_array(out, 11);
    wire_put_uint(out, MESSAGE_VERSION);
    wire_put_bin(out, BYTES_OF(m->nonce));
    wire_put_uint(out, (uint64_t)m->verdict);
    wire_put_uint(out, m->epoch);
    wire_put_array(out, m->lineage_count);
    for (size_t i = 0; i < m->lineage_count; i++) {
        wire_put_array(out, 2);
        wire_put_uint(out, m->lineage[i].epoch);
        wire_put_uint(out, m->lineage[i].start);
    }
    wire_put_array(out, m->head_count);
    for (size_t i = 0; i < m->head_count; i++) {
        wire_put_array(out, m->heads[i].closed ? 3 : 2);
        wire_put_uint(out, m->heads[i].next_seq);
        wire_put_bin(out, BYTES_OF(m->heads[i].head.b));
        if (m->heads[i].closed) wire_put_bool(out, true);
    }
    wire_put_uint(out, m->upto);
    wire_put_uint(out, m->feed_count);
    wire_put_uint(out, m->clock_ms);
    if (m->card.len > 0)
        wire_put_bin(out, m->card);
    else
        wire_put_nil(out);
    wire_put_uint(out, m->edition);
}

static bool message_lineage_read(struct wire_reader *r, struct message_hello_hub *m)
{
    m->lineage_count = wire_get_array(r);
    if (m->lineage_count > HELLO_EPOCHS_MAX) return false;
    for (size_t i = 0; i < m->lineage_count; i++) {
        if (wire_get_array(r) != 2) return false;
        m->lineage[i].epoch = wire_get_uint(r, UINT64_MAX);
        m->lineage[i].start = wire_get_uint(r, UINT64_MAX);
    }
    return true;
}

static bool message_heads_read(struct wire_reader *r, struct message_hello_hub *m)
{
    m->head_count = wire_get_array(r);
    if (m->head_count > HELLO_LOGS_MAX) return false;
    for (size_t i = 0; i < m->head_count; i++) {
        size_t items = wire_get_array(r);
        if (items != 2 && items != 3) return false;
        m->heads[i].next_seq = wire_get_uint(r, UINT64_MAX);
        wire_get_bin_exact(r, m->heads[i].head.b, sizeof m->heads[i].head.b);
        m->heads[i].closed = items == 3;
        if (items == 3 && !wire_get_bool(r)) return false; /* one form only */
    }
    return true;
}

/* nil, or a card of a size a card can have. */
static bool message_card_read(struct wire_reader *r, struct bytes *card)
{
    *card = bytes_make(NULL, 0);
    if (wire_get_nil(r)) return true;
    *card = wire_get_bin(r);
    return card->len > 0 && card->len <= ADMIN_CARD_BYTES_MAX;
}

enum err message_hello_hub_decode(struct bytes body, struct message_hello_hub *m)
{
    struct wire_reader r;
    struct message_hello_hub out = {0};
    enum err e = wire_open_array(&r, body, 11);
    if (e != ERR_OK) return e;
    uint64_t version = wire_get_uint(&r, MESSAGE_VERSION_MAX);
    wire_get_bin_exact(&r, out.nonce, sizeof out.nonce);
    out.verdict = (enum message_verdict)wire_get_uint(&r, MESSAGE_NEW_CARD);
    out.epoch = wire_get_uint(&r, UINT64_MAX);
    if (!message_lineage_read(&r, &out)) return ERR_BAD_FORMAT;
    if (!message_heads_read(&r, &out)) return ERR_BAD_FORMAT;
    out.upto = wire_get_uint(&r, UINT64_MAX);
    out.feed_count = wire_get_uint(&r, UINT64_MAX);
    out.clock_ms = wire_get_uint(&r, UINT64_MAX);
    if (!message_card_read(&r, &out.card)) return ERR_BAD_FORMAT;
    out.edition = (uint32_t)wire_get_uint(&r, UINT32_MAX);
    e = wire_close(&r);
    if (e != ERR_OK) return e;
    /* A hub without a version in common says its own; only then may it be another. */
    if (version != MESSAGE_VERSION && out.verdict != MESSAGE_NO_VERSION) return ERR_BAD_FORMAT;
    *m = out;
    return ERR_OK;
}
