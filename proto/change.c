#include "proto/change.h"

#include <assert.h>
#include <sodium.h>

/* Offsets in the header, SPEC 4.2. */
enum {
    CHANGE_AT_HUB = 16,
    CHANGE_AT_NODE = 48,
    CHANGE_AT_INC = 80,
    CHANGE_AT_SEQ = 88,
    CHANGE_AT_PERSON = 96,
    CHANGE_AT_PREV = 104,
    CHANGE_AT_HLC = 136,
    CHANGE_AT_EPOCH = 144,
    CHANGE_AT_HUB_SEEN = 152,
    CHANGE_AT_SEEN_HASH = 160,
    CHANGE_AT_EDITION = 168,
    CHANGE_AT_OPS = 172,
    CHANGE_AT_FLAGS = 174,
    CHANGE_AT_IMPORT = 176,
    CHANGE_TAG_BYTES = 16,
    CHANGE_SALT_BYTES = 16,
    CHANGE_FORM_SEEDED = 0, /* first byte of a body, SPEC 7.7 */
    CHANGE_FORM_ERASED = 1,
    CHANGE_OP_GONE = 0, /* before each op of form 1 */
    CHANGE_OP_KEPT = 1,
    CHANGE_OP_STUB = 2,
    CHANGE_SIGNED_BYTES = CHANGE_TAG_BYTES + 32 + 32 + 8 + 8 + 32,
    CHANGE_TREE_HEIGHT = 6,
};

static_assert(1u << CHANGE_TREE_HEIGHT == CHANGE_BLOCK_SETS, "one leaf for each set of a block");

static const uint8_t change_tag[CHANGE_TAG_BYTES] = "dongbo/cs/1";
static const uint8_t change_tag_salt[CHANGE_TAG_BYTES] = "dongbo/salt";
static const uint8_t change_tag_rid[CHANGE_TAG_BYTES] = "dongbo/rid";
static const uint8_t change_tag_tree[CHANGE_TAG_BYTES] = "dongbo/tree";
static const char change_tag_sign[] = "dongbo/set-sig/1"; /* 16 bytes and the terminator */

static_assert(sizeof change_tag_sign == CHANGE_TAG_BYTES + 1, "a tag of exactly 16 bytes");

static void change_blake(uint8_t *out, size_t out_len, const uint8_t *in, size_t len,
                         const uint8_t *key)
{
    size_t key_len = key == NULL ? 0 : 16;
    int bad = crypto_generichash_blake2b(out, out_len, in, len, key, key_len);
    assert(bad == 0);
}

void change_hash(struct bytes head, struct id_hash *out)
{
    change_blake(out->b, sizeof out->b, head.p, head.len, NULL);
}

void change_op_hash(const uint8_t salt[static 16], struct bytes payload, uint8_t out[static 32])
{
    change_blake(out, 32, payload.p, payload.len, salt);
}

static void change_derive(const uint8_t *seed, const uint8_t *tag, unsigned index, uint8_t *out)
{
    uint8_t m[CHANGE_TAG_BYTES + 2];
    assert(index < CHANGE_OPS_MAX);
    memcpy(m, tag, CHANGE_TAG_BYTES);
    le16_store(m + CHANGE_TAG_BYTES, (uint16_t)index);
    change_blake(out, 16, m, sizeof m, seed);
}

void change_salt(const uint8_t seed[static CHANGE_SEED_BYTES], unsigned index,
                 uint8_t out[static 16])
{
    change_derive(seed, change_tag_salt, index, out);
}

void change_rid(const uint8_t seed[static CHANGE_SEED_BYTES], unsigned index, struct id_record *out)
{
    change_derive(seed, change_tag_rid, index, out->b);
}

/* From `node` down as many levels as `path` has bits, most significant of them first. */
static void change_descend(const uint8_t *node, unsigned levels, unsigned path, uint8_t *out)
{
    uint8_t at[16];
    uint8_t children[32];
    memcpy(at, node, sizeof at);
    for (unsigned level = levels; level-- > 0;) {
        change_blake(children, sizeof children, change_tag_tree, CHANGE_TAG_BYTES, at);
        memcpy(at, children + (((path >> level) & 1) != 0 ? 16 : 0), sizeof at);
    }
    memcpy(out, at, sizeof at);
    sodium_memzero(at, sizeof at);
    sodium_memzero(children, sizeof children);
}

void change_tree(const uint8_t root[static 16], unsigned height, unsigned first,
                 uint8_t out[static 16])
{
    assert(height <= CHANGE_TREE_HEIGHT);
    assert(first < CHANGE_BLOCK_SETS);
    assert((first & ((1u << height) - 1)) == 0);
    change_descend(root, CHANGE_TREE_HEIGHT - height, first >> height, out);
}

void change_tree_leaf(const uint8_t node[static 16], unsigned height, unsigned index,
                      uint8_t out[static 16])
{
    assert(height <= CHANGE_TREE_HEIGHT);
    assert(index < 1u << height);
    change_descend(node, height, index, out);
}

void change_head_write(const struct change_head *h, uint8_t p[static CHANGE_HEADER_BYTES])
{
    memcpy(p, change_tag, CHANGE_TAG_BYTES);
    memcpy(p + CHANGE_AT_HUB, h->hub.b, sizeof h->hub.b);
    memcpy(p + CHANGE_AT_NODE, h->node.b, sizeof h->node.b);
    memcpy(p + CHANGE_AT_INC, h->inc.b, sizeof h->inc.b);
    le64_store(p + CHANGE_AT_SEQ, h->seq);
    memcpy(p + CHANGE_AT_PERSON, h->person.b, sizeof h->person.b);
    memcpy(p + CHANGE_AT_PREV, h->prev.b, sizeof h->prev.b);
    le64_store(p + CHANGE_AT_HLC, h->hlc);
    le64_store(p + CHANGE_AT_EPOCH, h->epoch);
    le64_store(p + CHANGE_AT_HUB_SEEN, h->hub_seen);
    memcpy(p + CHANGE_AT_SEEN_HASH, h->hub_seen_hash, sizeof h->hub_seen_hash);
    le32_store(p + CHANGE_AT_EDITION, h->edition);
    le16_store(p + CHANGE_AT_OPS, h->ops);
    le16_store(p + CHANGE_AT_FLAGS, h->flags);
    le64_store(p + CHANGE_AT_IMPORT, h->import);
}

static void change_head_fields(const uint8_t *p, struct change_head *h)
{
    memcpy(h->hub.b, p + CHANGE_AT_HUB, sizeof h->hub.b);
    memcpy(h->node.b, p + CHANGE_AT_NODE, sizeof h->node.b);
    memcpy(h->inc.b, p + CHANGE_AT_INC, sizeof h->inc.b);
    h->seq = le64_load(p + CHANGE_AT_SEQ);
    memcpy(h->person.b, p + CHANGE_AT_PERSON, sizeof h->person.b);
    memcpy(h->prev.b, p + CHANGE_AT_PREV, sizeof h->prev.b);
    h->hlc = le64_load(p + CHANGE_AT_HLC);
    h->epoch = le64_load(p + CHANGE_AT_EPOCH);
    h->hub_seen = le64_load(p + CHANGE_AT_HUB_SEEN);
    memcpy(h->hub_seen_hash, p + CHANGE_AT_SEEN_HASH, sizeof h->hub_seen_hash);
    h->edition = le32_load(p + CHANGE_AT_EDITION);
    h->ops = le16_load(p + CHANGE_AT_OPS);
    h->flags = le16_load(p + CHANGE_AT_FLAGS);
    h->import = le64_load(p + CHANGE_AT_IMPORT);
}

/* The rules of 4.2 and 4.3 that one header states about itself. */
static bool change_head_sound(const struct change_head *h, size_t head_bytes)
{
    if (h->ops < 1 || h->ops > CHANGE_OPS_MAX) return false;
    if ((h->flags & ~CHANGE_FLAG_IMPORT_LAST) != 0) return false;
    if (h->seq == 0 && !sodium_is_zero(h->prev.b, sizeof h->prev.b)) return false;
    return head_bytes == CHANGE_HEADER_BYTES + (size_t)h->ops * CHANGE_ENTRY_BYTES;
}

enum err change_head_read(struct bytes head, struct change_head *out)
{
    if (head.len < CHANGE_HEADER_BYTES || head.len > CHANGE_HEAD_BYTES_MAX) return ERR_BAD_FORMAT;
    if (memcmp(head.p, change_tag, CHANGE_TAG_BYTES) != 0) return ERR_BAD_FORMAT;
    struct change_head h;
    change_head_fields(head.p, &h);
    if (!change_head_sound(&h, head.len)) return ERR_BAD_FORMAT;
    *out = h;
    return ERR_OK;
}

static const uint8_t *change_entry(const struct change_view *view, unsigned i)
{
    return view->head_bytes.p + CHANGE_HEADER_BYTES + (size_t)i * CHANGE_ENTRY_BYTES;
}

static size_t change_entry_size(const struct change_view *view, unsigned i)
{
    return le32_load(change_entry(view, i) + 32);
}

/* Sizes of the entries: each at least 1, all with the head within the limit of a set. */
static enum err change_open_sizes(const struct change_view *view)
{
    size_t total = view->head_bytes.len;
    for (unsigned i = 0; i < view->head.ops; i++) {
        size_t size = change_entry_size(view, i);
        if (size == 0) return ERR_BAD_FORMAT;
        if (size > CHANGE_BYTES_MAX - total) return ERR_TOO_LARGE;
        total += size;
    }
    return ERR_OK;
}

/* Body of form 0: seed, then all payloads. */
static enum err change_open_seeded(struct change_view *view)
{
    const uint8_t *p = view->body_bytes.p + 1;
    size_t left = view->body_bytes.len - 1;
    if (left < CHANGE_SEED_BYTES) return ERR_BAD_FORMAT;
    memcpy(view->seed, p, CHANGE_SEED_BYTES);
    p += CHANGE_SEED_BYTES;
    left -= CHANGE_SEED_BYTES;
    for (unsigned i = 0; i < view->head.ops; i++) {
        size_t size = change_entry_size(view, i);
        if (size > left) return ERR_BAD_FORMAT;
        view->payload[i] = bytes_make(p, size);
        view->stub[i] = bytes_make(NULL, 0);
        p += size;
        left -= size;
    }
    if (left != 0) return ERR_BAD_FORMAT;
    for (unsigned i = 0; i < view->head.ops; i++)
        change_salt(view->seed, i, view->salt[i]);
    return ERR_OK;
}

/* What is left of an erased op: u16 length, stub. */
static bool change_open_stub(struct change_view *view, unsigned i, const uint8_t **p,
                             const uint8_t *end)
{
    size_t left = (size_t)(end - *p);
    if (left < 2) return false;
    size_t len = le16_load(*p);
    if (len == 0 || len > change_entry_size(view, i) || left - 2 < len) return false;
    view->stub[i] = bytes_make(*p + 2, len);
    *p += 2 + len;
    return true;
}

/* One op of a body of form 1: salt and payload, or erased. Moves *p; false when it is cut off. */
static bool change_open_op(struct change_view *view, unsigned i, const uint8_t **p,
                           const uint8_t *end)
{
    size_t left = (size_t)(end - *p);
    if (left < 1 || **p > CHANGE_OP_STUB) return false;
    unsigned form = *(*p)++;
    view->payload[i] = bytes_make(NULL, 0);
    view->stub[i] = bytes_make(NULL, 0);
    if (form == CHANGE_OP_GONE) return true;
    if (form == CHANGE_OP_STUB) return change_open_stub(view, i, p, end);
    size_t size = change_entry_size(view, i);
    if (left - 1 < CHANGE_SALT_BYTES || left - 1 - CHANGE_SALT_BYTES < size) return false;
    memcpy(view->salt[i], *p, CHANGE_SALT_BYTES);
    view->payload[i] = bytes_make(*p + CHANGE_SALT_BYTES, size);
    *p += CHANGE_SALT_BYTES + size;
    return true;
}

/* Body of form 1: only a set with an erased op has it, so that every set has one body. */
static enum err change_open_erased(struct change_view *view)
{
    const uint8_t *p = view->body_bytes.p + 1;
    const uint8_t *end = view->body_bytes.p + view->body_bytes.len;
    bool erased = false;
    memset(view->seed, 0, sizeof view->seed);
    for (unsigned i = 0; i < view->head.ops; i++) {
        if (!change_open_op(view, i, &p, end)) return ERR_BAD_FORMAT;
        erased = erased || view->payload[i].p == NULL;
    }
    return p == end && erased ? ERR_OK : ERR_BAD_FORMAT;
}

enum err change_open(struct bytes head, struct bytes body, struct change_view *view)
{
    enum err e = change_head_read(head, &view->head);
    if (e != ERR_OK) return e;
    view->head_bytes = head;
    view->body_bytes = body;
    e = change_open_sizes(view);
    if (e != ERR_OK) return e;
    if (body.len < 1 || body.p[0] > CHANGE_FORM_ERASED) return ERR_BAD_FORMAT;
    view->seeded = body.p[0] == CHANGE_FORM_SEEDED;
    e = view->seeded ? change_open_seeded(view) : change_open_erased(view);
    if (e == ERR_OK) change_hash(head, &view->hash);
    return e;
}

void change_rewrite(const struct change_view *view, const struct bytes *stubs, struct buf *body)
{
    buf_add_u8(body, CHANGE_FORM_ERASED);
    for (unsigned i = 0; i < view->head.ops; i++) {
        struct bytes stub = stubs[i].p != NULL ? stubs[i] : view->stub[i];
        if (view->payload[i].p != NULL && stubs[i].p == NULL) {
            buf_add_u8(body, CHANGE_OP_KEPT);
            buf_add(body, view->salt[i], CHANGE_SALT_BYTES);
            buf_add_bytes(body, view->payload[i]);
        } else if (stub.p != NULL) {
            assert(stub.len > 0 && stub.len <= change_entry_size(view, i));
            buf_add_u8(body, CHANGE_OP_STUB);
            buf_add_le16(body, (uint16_t)stub.len);
            buf_add_bytes(body, stub);
        } else {
            buf_add_u8(body, CHANGE_OP_GONE);
        }
    }
}

enum err change_verify(const struct change_view *view)
{
    assert(view->head.ops <= CHANGE_OPS_MAX);
    uint8_t hash[32];
    for (unsigned i = 0; i < view->head.ops; i++) {
        if (view->payload[i].p == NULL) continue;
        change_blake(hash, sizeof hash, view->payload[i].p, view->payload[i].len, view->salt[i]);
        if (memcmp(hash, change_entry(view, i), sizeof hash) != 0) return ERR_BAD_HASH;
    }
    return ERR_OK;
}

void change_begin(struct change_builder *b, const struct change_head *head,
                  const uint8_t seed[static CHANGE_SEED_BYTES])
{
    *b = (struct change_builder){.head = *head, .e = ERR_OK};
    b->head.ops = 0;
    memcpy(b->seed, seed, CHANGE_SEED_BYTES);
    buf_init(&b->entries, CHANGE_OPS_MAX * CHANGE_ENTRY_BYTES);
    buf_init(&b->payloads, CHANGE_BYTES_MAX);
}

size_t change_size_with(const struct change_builder *b, size_t payload_bytes)
{
    return CHANGE_HEADER_BYTES + b->entries.len + CHANGE_ENTRY_BYTES + b->payloads.len +
           payload_bytes;
}

void change_add(struct change_builder *b, struct bytes payload)
{
    if (b->e != ERR_OK) return;
    if (payload.len == 0) {
        b->e = ERR_BAD_INPUT;
        return;
    }
    if (b->head.ops == CHANGE_OPS_MAX || payload.len > CHANGE_BYTES_MAX ||
        change_size_with(b, payload.len) > CHANGE_BYTES_MAX) {
        b->e = ERR_TOO_LARGE;
        return;
    }
    uint8_t salt[CHANGE_SALT_BYTES];
    uint8_t hash[32];
    change_salt(b->seed, b->head.ops, salt);
    change_blake(hash, sizeof hash, payload.p, payload.len, salt);
    sodium_memzero(salt, sizeof salt);
    buf_add(&b->entries, hash, sizeof hash);
    buf_add_le32(&b->entries, (uint32_t)payload.len);
    buf_add_bytes(&b->payloads, payload);
    b->head.ops++;
}

/* What stands in the way of writing the set. */
static enum err change_finish_check(const struct change_builder *b)
{
    if (b->e != ERR_OK) return b->e;
    if (b->entries.e != ERR_OK) return b->entries.e;
    if (b->payloads.e != ERR_OK) return b->payloads.e;
    return b->head.ops == 0 ? ERR_BAD_INPUT : ERR_OK;
}

enum err change_finish(struct change_builder *b, struct buf *head, struct buf *body,
                       struct id_hash *hash)
{
    assert(head->len == 0);
    assert(body->len == 0);
    enum err e = change_finish_check(b);
    if (e != ERR_OK) goto out;
    assert(change_head_sound(&b->head, CHANGE_HEADER_BYTES + b->entries.len));
    uint8_t header[CHANGE_HEADER_BYTES];
    change_head_write(&b->head, header);
    buf_add(head, header, sizeof header);
    buf_add_bytes(head, buf_bytes(&b->entries));
    buf_add_u8(body, CHANGE_FORM_SEEDED);
    buf_add(body, b->seed, sizeof b->seed);
    buf_add_bytes(body, buf_bytes(&b->payloads));
    e = head->e != ERR_OK ? head->e : body->e;
    if (e == ERR_OK) change_hash(buf_bytes(head), hash);
out:
    change_abandon(b);
    return e;
}

void change_abandon(struct change_builder *b)
{
    buf_free(&b->entries);
    buf_free(&b->payloads);
    sodium_memzero(b->seed, sizeof b->seed);
}

/* The bytes under the signature of 4.8. */
static void change_signed(const struct change_head *head, const struct id_hash *hash,
                          uint8_t m[static CHANGE_SIGNED_BYTES])
{
    memcpy(m, change_tag_sign, CHANGE_TAG_BYTES);
    memcpy(m + 16, head->hub.b, 32);
    memcpy(m + 48, head->node.b, 32);
    memcpy(m + 80, head->inc.b, 8);
    le64_store(m + 88, head->seq);
    memcpy(m + 96, hash->b, 32);
}

void change_sign(const uint8_t secret[static 64], const struct change_head *head,
                 const struct id_hash *hash, uint8_t signature[static CHANGE_SIGNATURE_BYTES])
{
    uint8_t m[CHANGE_SIGNED_BYTES];
    change_signed(head, hash, m);
    int bad = crypto_sign_detached(signature, NULL, m, sizeof m, secret);
    assert(bad == 0);
}

enum err change_check_signature(const uint8_t public_key[static 32], const struct change_head *head,
                                const struct id_hash *hash,
                                const uint8_t signature[static CHANGE_SIGNATURE_BYTES])
{
    uint8_t m[CHANGE_SIGNED_BYTES];
    change_signed(head, hash, m);
    int bad = crypto_sign_verify_detached(signature, m, sizeof m, public_key);
    return bad == 0 ? ERR_OK : ERR_BAD_SIGNATURE;
}
