/*
 * Claims about proto/proof (SPEC 16): what is written reads back; anything else, any bit changed and
 * any length, is refused without reading outside; a proof holds for its own hub alone.
 */
#include "proto/proof.h"
#include "proto/change.h"
#include "proto/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>

static const uint32_t first_index[] = {0, 2}, second_index[] = {1};

static void put_cell(struct buf *out, uint32_t line, bool total, const char *value,
                     const uint32_t *index, uint32_t count)
{
    struct proof_cell c = {.line = line, .total = total, .value = bytes_str(value), .count = count};
    proof_section_cell(out, &c);
    for (uint32_t i = 0; i < count; i++)
        buf_add_le32(out, index[i]);
}

/* Three records with 0, 1 and 2 sets; two cells. */
static void put_section(struct buf *out)
{
    struct id_record rid = {{1}};
    struct id_hash sets[2] = {{{3}}, {{4}}};
    proof_section_begin(out, bytes_str("26170"), 3);
    for (uint8_t i = 0; i < 3; i++) {
        rid.b[0] = (uint8_t)(i + 1);
        proof_section_record(out, &rid, sets, i);
    }
    proof_section_cells(out, 2);
    put_cell(out, 7, true, "", first_index, 2);
    put_cell(out, 7, false, "female", second_index, 1);
}

static void a_section_reads_back(void **state)
{
    (void)state;
    struct buf b;
    struct proof_section s;
    struct id_record rid;
    struct bytes sets;
    struct proof_cell cell;
    unsigned count;
    buf_init(&b, PROOF_BYTES_MAX);
    put_section(&b);
    assert_int_equal(proof_section_open(buf_bytes(&b), &s), ERR_OK);
    assert_true(bytes_equal(s.unit, bytes_str("26170")));
    assert_int_equal(s.records, 3);
    assert_int_equal(s.cells, 2);
    for (unsigned i = 0; i < 3; i++) {
        proof_section_next_record(&s, &rid, &sets, &count);
        assert_int_equal(rid.b[0], i + 1);
        assert_int_equal(count, i);
        assert_int_equal(sets.len, i * 32);
    }
    proof_section_next_cell(&s, &cell);
    assert_true(cell.total && cell.line == 7 && cell.count == 2 && cell.value.len == 0);
    assert_int_equal(le32_load(cell.at + 4), 2);
    proof_section_next_cell(&s, &cell);
    assert_true(!cell.total && bytes_equal(cell.value, bytes_str("female")));
    /* without any record */
    buf_clear(&b);
    proof_section_begin(&b, bytes_str("1"), 0);
    proof_section_cells(&b, 1);
    put_cell(&b, 1, true, "", NULL, 0);
    assert_int_equal(proof_section_open(buf_bytes(&b), &s), ERR_OK);
    proof_section_next_cell(&s, &cell);
    assert_int_equal(cell.line, 1);
    buf_free(&b);
}

static void only_one_form_of_a_section_is_taken(void **state)
{
    (void)state;
    struct buf b;
    struct proof_section s;
    struct id_record low = {{1}}, high = {{2}};
    struct id_hash twice[2] = {{{3}}, {{3}}};
    static const uint32_t beyond[] = {1}, unsorted[] = {1, 0};
    buf_init(&b, PROOF_BYTES_MAX);
    put_section(&b);
    for (size_t n = 0; n < b.len; n++)
        assert_int_equal(proof_section_open(bytes_make(b.p, n), &s), ERR_BAD_FORMAT);
    buf_add_u8(&b, 0);
    assert_int_equal(proof_section_open(buf_bytes(&b), &s), ERR_BAD_FORMAT);
    for (int which = 0; which < 6; which++) {
        buf_clear(&b);
        proof_section_begin(&b, bytes_str(which == 4 ? "" : "26170"), 2);
        proof_section_record(&b, which == 0 ? &high : &low, twice, which == 1 ? 2 : 1);
        proof_section_record(&b, which == 0 ? &low : &high, twice, which == 5 ? 0 : 1);
        proof_section_cells(&b, 1);
        put_cell(&b, 1, true, "", which == 2 ? unsorted : beyond, which == 2 ? 2 : 1);
        if (which == 3) b.p[b.len - 4] = 2;
        assert_int_equal(proof_section_open(buf_bytes(&b), &s),
                         which == 5 ? ERR_OK : ERR_BAD_FORMAT);
    }
    /* a number of records at its limit and over it, with nothing behind */
    buf_clear(&b);
    proof_section_begin(&b, bytes_str("1"), PROOF_RECORDS_MAX + 1);
    assert_int_equal(proof_section_open(buf_bytes(&b), &s), ERR_BAD_FORMAT);
    buf_free(&b);
}

/* ---- whole proofs ---- */

struct made {
    struct key_sign root, log;
    struct id_hash hub;
    struct buf card, head, body, figures, leaves, section, file;
    uint8_t signature[64];
    struct proof proof;
};

static void make_set(struct made *m, const struct id_hash *inputs)
{
    struct change_builder b;
    struct id_hash hash;
    struct buf payload;
    uint8_t seed[CHANGE_SEED_BYTES] = {9};
    struct change_head head = {.hub = m->hub, .node = m->hub, .seq = 4, .hlc = UINT64_C(5) << 16};
    struct admin_close c = {.report = bytes_str("RP04"),
                            .unit = bytes_str("735"),
                            .period = bytes_str("2023-6M"),
                            .issue = 1,
                            .cut_position = 77,
                            .edition = 1,
                            .has_inputs = true,
                            .inputs = *inputs};
    crypto_generichash(c.figures.b, 32, m->figures.p, m->figures.len, NULL, 0);
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_close_encode(&c, &payload);
    change_begin(&b, &head, seed);
    change_add(&b, buf_bytes(&payload));
    assert_int_equal(change_finish(&b, &m->head, &m->body, &hash), ERR_OK);
    assert_int_equal(change_head_read(buf_bytes(&m->head), &head), ERR_OK);
    change_sign(m->log.secret, &head, &hash, m->signature);
    buf_free(&payload);
}

static void make(struct made *m)
{
    struct admin_card card = {.serial = 1};
    struct id_hash leaf, other = {{5}}, root;
    *m = (struct made){.signature = {0}};
    struct buf *bufs[] = {&m->card,   &m->head,    &m->body, &m->figures,
                          &m->leaves, &m->section, &m->file};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_init(bufs[i], PROOF_BYTES_MAX);
    assert_int_equal(key_sign_make(&m->root, KEY_ROOT), ERR_OK);
    assert_int_equal(key_sign_make(&m->log, KEY_SIGN), ERR_OK);
    crypto_generichash(m->hub.b, 32, m->root.public, 32, NULL, 0);
    memcpy(card.root_pk, m->root.public, 32);
    memcpy(card.log_pk, m->log.public, 32);
    admin_card_make(&card, m->root.secret, &m->card);
    buf_add_str(&m->figures, "{\"format\":\"dongbo-figures/1\"}\n");
    put_section(&m->section);
    proof_leaf(buf_bytes(&m->section), &leaf);
    proof_leaves_add(&m->leaves, bytes_str("26169"), &other);
    proof_leaves_add(&m->leaves, bytes_str("26170"), &leaf);
    proof_root(buf_bytes(&m->leaves), &root);
    make_set(m, &root);
    m->proof = (struct proof){buf_bytes(&m->card),    buf_bytes(&m->head),
                              buf_bytes(&m->body),    BYTES_OF(m->signature),
                              buf_bytes(&m->figures), buf_bytes(&m->leaves),
                              buf_bytes(&m->section), 0};
    proof_write(&m->proof, &m->file);
}

static void made_free(struct made *m)
{
    struct buf *bufs[] = {&m->card,   &m->head,    &m->body, &m->figures,
                          &m->leaves, &m->section, &m->file};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++)
        buf_free(bufs[i]);
    key_sign_free(&m->root);
    key_sign_free(&m->log);
}

static void a_proof_holds_for_its_hub_alone(void **state)
{
    (void)state;
    struct made m, other;
    struct proof p;
    struct proof_checked c;
    make(&m);
    make(&other);
    assert_int_equal(proof_read(buf_bytes(&m.file), &p), ERR_OK);
    assert_int_equal(proof_check(&p, &m.hub, &c), ERR_OK);
    assert_int_equal(c.close.cut_position, 77);
    assert_true(bytes_equal(c.unit, bytes_str("26170")));
    assert_int_equal(c.hlc, UINT64_C(5) << 16);
    assert_int_equal(proof_check(&p, &other.hub, &c), ERR_WRONG_HUB);
    p.card = buf_bytes(&other.card);
    assert_int_equal(proof_check(&p, &other.hub, &c), ERR_BAD_SIGNATURE);
    p = m.proof;
    p.figures = bytes_str("{}");
    assert_int_equal(proof_check(&p, &m.hub, &c), ERR_BAD_HASH);
    /* the leaf of another unit is not this one's */
    struct buf leaves;
    buf_init(&leaves, 1000);
    struct id_hash leaf;
    proof_leaf(buf_bytes(&m.section), &leaf);
    proof_leaves_add(&leaves, bytes_str("26170"), &leaf);
    p = m.proof;
    p.leaves = buf_bytes(&leaves);
    assert_int_equal(proof_check(&p, &m.hub, &c), ERR_BAD_HASH);
    buf_free(&leaves);
    made_free(&m);
    made_free(&other);
}

static void every_changed_bit_is_seen(void **state)
{
    (void)state;
    struct made m;
    struct proof p;
    struct proof_checked c;
    make(&m);
    for (size_t i = 0; i < m.file.len * 8; i++) {
        m.file.p[i / 8] ^= (uint8_t)(1u << (i % 8));
        enum err e = proof_read(buf_bytes(&m.file), &p);
        if (e == ERR_OK) e = proof_check(&p, &m.hub, &c);
        assert_int_not_equal(e, ERR_OK);
        m.file.p[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    for (size_t n = 0; n < m.file.len; n++)
        assert_int_equal(proof_read(bytes_make(m.file.p, n), &p), ERR_BAD_FORMAT);
    made_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_section_reads_back),
        cmocka_unit_test(only_one_form_of_a_section_is_taken),
        cmocka_unit_test(a_proof_holds_for_its_hub_alone),
        cmocka_unit_test(every_changed_bit_is_seen),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
