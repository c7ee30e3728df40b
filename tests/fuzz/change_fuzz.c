/*
 * Feeds bytes to the readers of change sets, ops and administrative payloads.
 *
 * Input: byte 0 chooses (modulo 4)
 *   0  a change set: u16 length of the head, head, body
 *   1  a payload
 *   2  payloads, each behind its u16 length: a set is built of them
 *   3  a card or certificate
 *
 * Checked: what opens is written again to the same bytes; what is built opens and verifies.
 */
#include <assert.h>
#include <stdlib.h>

#include "proto/admin.h"
#include "proto/change.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct change_view view;
static struct change_write writes[CHANGE_WRITES_MAX];
static struct buf out_head, out_body;

/* The open set's body, from its parts. */
static void body_again(struct buf *out)
{
    buf_clear(out);
    buf_add_u8(out, view.seeded ? 0 : 1);
    if (view.seeded) buf_add(out, view.seed, sizeof view.seed);
    for (unsigned i = 0; i < view.head.ops; i++) {
        bool kept = view.payload[i].p != NULL, stub = view.stub[i].p != NULL;
        if (!view.seeded) buf_add_u8(out, kept ? 1 : stub ? 2 : 0);
        if (!view.seeded && kept) buf_add(out, view.salt[i], 16);
        if (kept) buf_add_bytes(out, view.payload[i]);
        if (!stub) continue;
        assert(!view.seeded && !kept);
        buf_add_le16(out, (uint16_t)view.stub[i].len);
        buf_add_bytes(out, view.stub[i]);
    }
}

/* Build the open set anew from its header and payloads. */
static void set_again(const struct id_hash *hash)
{
    struct change_builder b;
    struct id_hash again;
    change_begin(&b, &view.head, view.seed);
    for (unsigned i = 0; i < view.head.ops; i++)
        change_add(&b, view.payload[i]);
    buf_clear(&out_head);
    buf_clear(&out_body);
    if (change_finish(&b, &out_head, &out_body, &again) != ERR_OK) abort();
    assert(bytes_equal(buf_bytes(&out_head), view.head_bytes));
    assert(bytes_equal(buf_bytes(&out_body), view.body_bytes));
    assert(ID_EQUAL(&again, hash));
}

static void one_set(struct bytes in)
{
    struct change_head head;
    struct id_hash hash;
    if (in.len < 2) return;
    size_t len = le16_load(in.p);
    if (len > in.len - 2) return;
    struct bytes h = bytes_make(in.p + 2, len);
    struct bytes body = bytes_make(in.p + 2 + len, in.len - 2 - len);
    enum err e = change_open(h, body, &view);
    assert(e == ERR_OK || e == ERR_BAD_FORMAT || e == ERR_TOO_LARGE);
    if (e != ERR_OK) return;
    if (change_head_read(h, &head) != ERR_OK) abort();
    change_hash(h, &hash);
    assert(ID_EQUAL(&hash, &view.hash));
    body_again(&out_body);
    assert(bytes_equal(buf_bytes(&out_body), body));
    e = change_verify(&view);
    assert(e == ERR_OK || e == ERR_BAD_HASH);
    if (e == ERR_OK && view.seeded) set_again(&hash);
}

/* Decode an administrative payload and encode it again; false when it does not decode. */
static bool admin_again(int kind, struct bytes in, struct buf *out)
{
    static struct admin_genesis genesis;
    union {
        struct admin_part part;
        struct admin_edition edition;
        struct admin_enrol enrol;
        struct admin_revoke revoke;
        struct admin_close closing;
    } u;
    switch (kind) {
    case CHANGE_GENESIS:
        if (admin_genesis_decode(in, &genesis) != ERR_OK) return false;
        admin_genesis_encode(&genesis, out);
        return true;
    case CHANGE_CATALOGUE_PART:
        if (admin_part_decode(in, &u.part) != ERR_OK) return false;
        admin_part_encode(&u.part, out);
        return true;
    case CHANGE_CATALOGUE:
        if (admin_edition_decode(in, &u.edition) != ERR_OK) return false;
        admin_edition_encode(&u.edition, out);
        return true;
    case CHANGE_ENROL:
        if (admin_enrol_decode(in, &u.enrol) != ERR_OK) return false;
        admin_enrol_encode(&u.enrol, out);
        return true;
    case CHANGE_REVOKE:
        if (admin_revoke_decode(in, &u.revoke) != ERR_OK) return false;
        admin_revoke_encode(&u.revoke, out);
        return true;
    case CHANGE_CLOSE:
        if (admin_close_decode(in, &u.closing) != ERR_OK) return false;
        admin_close_encode(&u.closing, out);
        return true;
    default: return false;
    }
}

static void one_payload(struct bytes in)
{
    struct change_op op;
    buf_clear(&out_body);
    int kind = change_payload_kind(in);
    enum err e = change_op_decode(in, writes, &op);
    assert(e == ERR_OK || e == ERR_BAD_FORMAT || e == ERR_NOT_FOUND);
    assert((e == ERR_NOT_FOUND) == (kind >= CHANGE_GENESIS));
    if (e == ERR_OK) {
        assert(kind == (int)op.kind);
        change_op_encode(&op, &out_body);
    } else if (!admin_again(kind, in, &out_body)) {
        return;
    }
    assert(bytes_equal(buf_bytes(&out_body), in));
}

static void one_build(struct bytes in)
{
    struct change_builder b;
    struct change_head head = {.seq = 1};
    struct id_hash hash;
    static const uint8_t seed[CHANGE_SEED_BYTES] = {1};
    change_begin(&b, &head, seed);
    while (in.len >= 2) {
        size_t len = le16_load(in.p);
        if (len > in.len - 2) len = in.len - 2;
        change_add(&b, bytes_make(in.p + 2, len));
        in = bytes_make(in.p + 2 + len, in.len - 2 - len);
    }
    buf_clear(&out_head);
    buf_clear(&out_body);
    enum err e = change_finish(&b, &out_head, &out_body, &hash);
    assert(e == ERR_OK || e == ERR_TOO_LARGE || e == ERR_BAD_INPUT);
    if (e != ERR_OK) return;
    if (change_open(buf_bytes(&out_head), buf_bytes(&out_body), &view) != ERR_OK) abort();
    if (change_verify(&view) != ERR_OK) abort();
}

static void one_paper(struct bytes in)
{
    static const struct id_hash hub;
    static const uint8_t key[32];
    struct admin_card card;
    struct admin_cert cert;
    enum err e = admin_card_open(in, &hub, &card);
    assert(e == ERR_BAD_FORMAT || e == ERR_WRONG_HUB); /* nobody finds a root key with hash zero */
    e = admin_cert_open(in, &hub, key, &cert);
    assert(e == ERR_BAD_FORMAT || e == ERR_WRONG_HUB || e == ERR_BAD_SIGNATURE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (out_head.max == 0) {
        buf_init(&out_head, CHANGE_HEAD_BYTES_MAX);
        buf_init(&out_body, 2 * 1024 * 1024);
    }
    if (size == 0) return 0;
    struct bytes in = bytes_make(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0: one_set(in); break;
    case 1: one_payload(in); break;
    case 2: one_build(in); break;
    default: one_paper(in); break;
    }
    return 0;
}
