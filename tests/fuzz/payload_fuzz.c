/*
 * Feeds bytes to the readers of what stands inside change sets, orders and files beside those of change_fuzz:
 * scope moves, officers and orders, keys, the report workflow, erasure and its stubs, proofs, sealed files,
 * invitations, catalogues.
 *
 * Input: byte 0 chooses the reader (modulo their number, in the order of `kinds`), the rest is what it reads.
 *
 * Checked: what is taken is written again to the same bytes; an invitation, which a person may type with
 * blanks, is the same once it is written. A catalogue is only parsed.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "proto/admin_key.h"
#include "proto/edition.h"
#include "proto/erase.h"
#include "proto/move.h"
#include "proto/order.h"
#include "proto/proof.h"
#include "proto/reader.h"
#include "proto/sealed_file.h"
#include "proto/workflow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AGAIN_BYTES_MAX = 8 * 1024 * 1024 };

typedef enum err again_fn(struct bytes in, struct buf *out);

#define AGAIN_AS(name, item)                                                                       \
    static enum err again_##name(struct bytes in, struct buf *out)                                 \
    {                                                                                              \
        static struct item v;                                                                      \
        enum err e = name##_decode(in, &v);                                                        \
        if (e == ERR_OK) name##_encode(&v, out);                                                   \
        return e;                                                                                  \
    }
#define AGAIN(name) AGAIN_AS(name, name)
AGAIN(move_offer)
AGAIN(move_answer)
AGAIN(move_share)
AGAIN(move_settle)
AGAIN(move_assign)
AGAIN(move_leave)
AGAIN(move_transfer)
AGAIN(move_crossing)
AGAIN(move_shared)
AGAIN(order)
AGAIN(order_op)
AGAIN(order_officer)
AGAIN(order_revoke)
AGAIN(workflow_judge)
AGAIN(workflow_ask)
AGAIN(workflow_correct)
AGAIN(workflow_reopen)
AGAIN(admin_quarantine)
AGAIN(admin_rekey)
AGAIN(admin_rekey_ask)
AGAIN(reader_order)

static enum err again_card(struct bytes in, struct buf *out)
{
    struct bytes card;
    enum err e = admin_key_card_decode(in, &card);
    if (e == ERR_OK) admin_key_card_encode(card, out);
    return e;
}

static enum err again_reopen_order(struct bytes in, struct buf *out)
{
    struct workflow_key key;
    uint32_t issue = 0;
    enum err e = workflow_order_decode(in, &key, &issue);
    if (e == ERR_OK) workflow_order_encode(&key, issue, out);
    return e;
}

static enum err again_erase_list(struct bytes in, struct buf *out)
{
    struct erase_list l = {.records = NULL};
    enum err e = erase_decode(in, &l);
    if (e == ERR_OK) erase_encode(&l, out);
    erase_free(&l);
    return e;
}

static enum err again_stub(struct bytes in, struct buf *out)
{
    static struct change_write writes[CHANGE_WRITES_MAX];
    struct change_op op;
    bool whole = false;
    enum err e = erase_stub_decode(in, writes, &op, &whole);
    struct id_record transfer;
    if (e == ERR_OK && erase_stub_transfer(in, &transfer)) {
        erase_stub_offer(&op.rid, &transfer, out);
    } else if (e == ERR_OK) {
        erase_stub_encode(&op, whole, out);
    }
    return e;
}

/* Sets of a file: read until nothing whole is left. */
static enum err again_erased_file(struct bytes in, struct buf *out)
{
    struct bytes left = in, head, body;
    uint8_t signature[64];
    if (!erase_file_open(ERASE_FILE_TAG, &left)) return ERR_BAD_FORMAT;
    erase_file_begin(ERASE_FILE_TAG, out);
    size_t whole = in.len - left.len;
    while (erase_file_next(&left, &head, &body, signature)) {
        erase_file_add(head, body, signature, out);
        whole = in.len - left.len;
    }
    if (!bytes_equal(buf_bytes(out), bytes_make(in.p, whole))) abort();
    return whole == in.len ? ERR_OK : ERR_BAD_FORMAT;
}

static enum err again_section(struct bytes in, struct buf *out)
{
    static struct id_hash hashes[PROOF_SETS_MAX];
    struct proof_section s;
    struct id_record rid;
    struct bytes sets;
    struct proof_cell cell;
    unsigned count = 0;
    enum err e = proof_section_open(in, &s);
    if (e != ERR_OK) return e;
    proof_section_begin(out, s.unit, s.records);
    uint32_t cells = s.cells;
    while (s.records > 0) {
        proof_section_next_record(&s, &rid, &sets, &count);
        assert(count <= PROOF_SETS_MAX && sets.len == count * sizeof hashes[0]);
        if (count > 0) memcpy(hashes, sets.p, sets.len);
        proof_section_record(out, &rid, hashes, (uint16_t)count);
    }
    proof_section_cells(out, cells);
    while (s.cells > 0) {
        proof_section_next_cell(&s, &cell);
        proof_section_cell(out, &cell);
        buf_add(out, cell.at, (size_t)cell.count * 4);
    }
    return ERR_OK;
}

static enum err again_proof(struct bytes in, struct buf *out)
{
    static const struct id_hash hub;
    struct proof p;
    struct proof_checked checked;
    enum err e = proof_read(in, &p);
    if (e != ERR_OK) return e;
    proof_write(&p, out);
    e = proof_check(&p, &hub, &checked);
    assert(e == ERR_BAD_FORMAT || e == ERR_WRONG_HUB); /* nobody finds a root key with hash zero */
    return ERR_OK;
}

static enum err again_file_text(struct bytes in, struct buf *out)
{
    struct sealed_file f;
    char text[SEALED_FILE_TEXT_ROOM];
    enum err e = sealed_file_parse(in, &f);
    if (e != ERR_OK) return e;
    sealed_file_print(&f, text);
    buf_add_str(out, text);
    return ERR_OK;
}

static enum err again_invitation(struct bytes in, struct buf *out)
{
    static char text[4096], again_text[4096];
    struct admin_invite i, again;
    if (in.len >= sizeof text) return ERR_BAD_FORMAT;
    if (in.len > 0) memcpy(text, in.p, in.len);
    text[in.len] = '\0';
    enum err e = admin_invite_decode(text, &i);
    assert(e == ERR_OK || e == ERR_BAD_INPUT);
    if (e != ERR_OK) return ERR_BAD_FORMAT;
    admin_invite_encode(&i, out);
    assert(out->e == ERR_OK && out->len < sizeof again_text);
    memcpy(again_text, out->p, out->len);
    again_text[out->len] = '\0';
    if (admin_invite_decode(again_text, &again) != ERR_OK) abort();
    assert(strcmp(again.unit, i.unit) == 0 && strcmp(again.address, i.address) == 0);
    assert(ID_EQUAL(&again.hub, &i.hub));
    return ERR_BAD_FORMAT; /* nothing more to compare */
}

/* The rest behind 4 bytes: how many bytes it says to have once it is unpacked. */
static enum err again_frame(struct bytes in, struct buf *out)
{
    struct admin_edition edition = {.edition = 1, .parts = 1};
    if (in.len < 4) return ERR_BAD_FORMAT;
    edition.archive_bytes = le32_load(in.p);
    enum err e = edition_open(&edition, bytes_make(in.p + 4, in.len - 4), out);
    assert(e == ERR_BAD_FORMAT || e == ERR_BAD_HASH || e == ERR_TOO_LARGE);
    return ERR_BAD_FORMAT;
}

static enum err again_catalogue(struct bytes in, struct buf *out)
{
    struct catalogue *c = NULL;
    (void)out;
    if (edition_parse(in, &c) == ERR_OK) catalogue_free(c);
    return ERR_BAD_FORMAT;
}

static again_fn *const kinds[] = {
    again_move_offer,
    again_move_answer,
    again_move_share,
    again_move_settle,
    again_move_assign,
    again_move_leave,
    again_move_transfer,
    again_move_crossing,
    again_move_shared,
    again_order,
    again_order_op,
    again_order_officer,
    again_order_revoke,
    again_workflow_judge,
    again_workflow_ask,
    again_workflow_correct,
    again_workflow_reopen,
    again_admin_quarantine,
    again_admin_rekey,
    again_admin_rekey_ask,
    again_reader_order,
    again_card,
    again_reopen_order,
    again_erase_list,
    again_stub,
    again_erased_file,
    again_section,
    again_proof,
    again_file_text,
    again_invitation,
    again_frame,
    again_catalogue,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct buf again;
    struct workflow_key key;
    if (again.max == 0) buf_init(&again, AGAIN_BYTES_MAX);
    if (size == 0) return 0;
    struct bytes in = bytes_make(data + 1, size - 1);
    buf_clear(&again);
    enum err e = kinds[data[0] % (sizeof kinds / sizeof kinds[0])](in, &again);
    assert(e == ERR_OK || e == ERR_BAD_FORMAT);
    if (e == ERR_OK) assert(again.e == ERR_OK && bytes_equal(buf_bytes(&again), in));
    e = workflow_key_decode(in, &key); /* meets what it was not asked for, too */
    assert(e == ERR_OK || e == ERR_BAD_FORMAT);
    return 0;
}
