/* Claims about proto/message: every message decodes to what was encoded, and from nothing else. */
#include "proto/message.h"
#include "proto/admin.h"
#include "proto/change.h"
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

enum { LIST_MAX = 4 }; /* items the list decoders below have room for */

/* Decode and encode again, behind one shape, so that every decoder meets the same bad bytes. */
typedef enum err again_fn(struct bytes in, struct buf *out);

#define AGAIN(name)                                                                                \
    static enum err again_##name(struct bytes in, struct buf *out)                                 \
    {                                                                                              \
        static struct message_##name v;                                                            \
        enum err e = message_##name##_decode(in, &v);                                              \
        if (e == ERR_OK) message_##name##_encode(&v, out);                                         \
        return e;                                                                                  \
    }
#define AGAIN_LIST(name, item)                                                                     \
    static enum err again_##name(struct bytes in, struct buf *out)                                 \
    {                                                                                              \
        static struct item v[LIST_MAX];                                                            \
        size_t count = 99;                                                                         \
        enum err e = message_##name##_decode(in, v, LIST_MAX, &count);                             \
        if (e == ERR_OK)                                                                           \
            message_##name##_encode(v, count, out);                                                \
        else                                                                                       \
            assert_int_equal(count, 99);                                                           \
        return e;                                                                                  \
    }
AGAIN(hello_node)
AGAIN(hello_hub)
AGAIN(receipt)
AGAIN(end)
AGAIN(join)
AGAIN(welcome)
AGAIN(refuse)
AGAIN(bye)
AGAIN(pull)
AGAIN(proof)
AGAIN_LIST(sets, message_set)
AGAIN_LIST(records, message_record)
AGAIN_LIST(verdicts, message_verdicts)

/* Decoding an exact-size copy. */
static enum err decode_copy(again_fn *again, const uint8_t *p, size_t len, struct buf *out)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    if (len > 0) memcpy(copy, p, len);
    enum err e = again(bytes_make(copy, len), out);
    free(copy);
    return e;
}

/* Bytes with one bit flipped: refused, or written again as they are. `free_bytes` from the start
 * may be read as something else that has the same meaning. */
static void assert_flips(again_fn *again, struct buf *body, size_t free_bytes, struct buf *out)
{
    for (size_t bit = 0; bit < 8 * body->len; bit++) {
        body->p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        buf_clear(out);
        enum err e = again(buf_bytes(body), out);
        if (e != ERR_OK)
            assert_int_equal(e, ERR_BAD_FORMAT);
        else if (bit / 8 >= free_bytes)
            assert_true(bytes_equal(buf_bytes(out), buf_bytes(body)));
        body->p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
}

static void assert_strict(again_fn *again, struct buf *body, size_t free_bytes)
{
    struct buf out;
    buf_init(&out, 200000);
    assert_int_equal(body->e, ERR_OK);
    assert_int_equal(decode_copy(again, body->p, body->len, &out), ERR_OK);
    assert_true(bytes_equal(buf_bytes(&out), buf_bytes(body)));
    for (size_t len = 0; len < body->len; len++)
        assert_int_equal(decode_copy(again, body->p, len, &out), ERR_BAD_FORMAT);
    assert_flips(again, body, free_bytes, &out);
    buf_add_u8(body, 0xC0);
    assert_int_equal(again(buf_bytes(body), &out), ERR_BAD_FORMAT);
    body->len--;
    uint8_t first = body->p[0]; /* an array of one item more */
    buf_add_u8(body, 0xC0);
    body->p[0] = (uint8_t)(first + 1);
    if (first != 0x9F && again != again_sets && again != again_records && again != again_verdicts)
        assert_int_equal(again(buf_bytes(body), &out), ERR_BAD_FORMAT);
    body->p[0] = first;
    body->len--;
    buf_free(&out);
}

static const uint8_t some_bytes[2048] = {1, 2, 3, 4, 5, 6, 7, 8};

static struct message_hello_node a_hello_node(size_t logs)
{
    struct message_hello_node m = {
        .cert = bytes_make(some_bytes, ADMIN_CERT_BYTES_MAX),
        .log_count = logs,
        .cursor_epoch = UINT64_MAX,
        .cursor_position = 1000000,
        .cursor_hash = {1},
        .staged = 5,
        .scope_hash = {2},
        .clock_ms = UINT64_C(1685577600000),
        .edition = UINT32_MAX,
        .erasure_count = 3,
        .erasure_hash = {4},
        .nonce = {5},
        .waiting_sets = 12000,
        .waiting_bytes = UINT64_MAX,
        .card_serial = 6,
        .sessions = 7,
        .version_1 = true,
    };
    for (size_t i = 0; i < logs && i < HELLO_LOGS_MAX; i++) {
        m.logs[i].inc.b[0] = (uint8_t)i;
        m.logs[i].next_seq = i * 1000;
        m.logs[i].receipted_seq = i * 900;
    }
    return m;
}

static void a_nodes_hello_is_read_strictly(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10000);
    for (size_t logs = 0; logs <= HELLO_LOGS_MAX; logs += HELLO_LOGS_MAX) {
        struct message_hello_node m = a_hello_node(logs), out;
        buf_clear(&b);
        message_hello_node_encode(&m, &b);
        assert_strict(again_hello_node, &b, 3);
        assert_int_equal(message_hello_node_decode(buf_bytes(&b), &out), ERR_OK);
        assert_true(bytes_equal(out.cert, m.cert));
        assert_true(out.version_1 && !out.joining);
        assert_true(out.waiting_bytes == UINT64_MAX && out.sessions == 7 && out.staged == 5);
    }
    struct message_hello_node m = a_hello_node(0), out;
    m.joining = true;
    m.version_1 = false;
    buf_clear(&b);
    message_hello_node_encode(&m, &b);
    assert_strict(again_hello_node, &b, 3);
    assert_int_equal(message_hello_node_decode(buf_bytes(&b), &out), ERR_OK);
    assert_true(out.joining && !out.version_1);
    assert_int_equal(out.cert.len, 0);
    assert_true(b.len < 150); /* the first message of every session stays small */
    buf_free(&b);
}

/* A hello whose versions, identity and logs are written by hand. */
static enum err hello_by_hand(size_t versions, bool node_nil, bool cert_nil, size_t cert,
                              size_t logs, bool *version_1)
{
    struct buf b, rest;
    struct message_hello_node m = a_hello_node(0), out;
    buf_init(&b, 10000);
    buf_init(&rest, 10000);
    wire_put_array(&b, 15);
    wire_put_array(&b, versions);
    for (size_t i = 0; i < versions; i++)
        wire_put_uint(&b, versions - i);
    if (node_nil)
        wire_put_nil(&b);
    else
        wire_put_bin(&b, bytes_make(some_bytes, 32));
    if (cert_nil)
        wire_put_nil(&b);
    else
        wire_put_bin(&b, bytes_make(some_bytes, cert));
    wire_put_array(&b, logs);
    for (size_t i = 0; i < logs; i++) {
        wire_put_array(&b, 4);
        wire_put_bin(&b, bytes_make(some_bytes, 8));
        wire_put_uint(&b, 0);
        wire_put_bin(&b, bytes_make(some_bytes, 32));
        wire_put_uint(&b, 0);
    }
    m.joining = true; /* [15, [1], nil, nil, [] | the rest */
    message_hello_node_encode(&m, &rest);
    buf_drop(&rest, 6);
    buf_add_bytes(&b, buf_bytes(&rest));
    enum err e = message_hello_node_decode(buf_bytes(&b), &out);
    if (e == ERR_OK) *version_1 = out.version_1;
    buf_free(&b);
    buf_free(&rest);
    return e;
}

/* SPEC 7.15: a node of a later version offers it beside version 1 and appends what that wants. */
static void a_hello_of_a_later_version_is_read(void **state)
{
    (void)state;
    static const struct {
        uint64_t versions[3];
        size_t count, more;
        enum err expected;
        bool version_1;
    } cases[] = {
        {{1}, 1, 0, ERR_OK, true},
        {{1}, 1, 1, ERR_BAD_FORMAT, true},
        {{1, 2}, 2, 0, ERR_OK, true},
        {{2, 1}, 2, 3, ERR_OK, true},
        {{2}, 1, 2, ERR_OK, false},
        {{65535}, 1, 0, ERR_OK, false},
        {{0, 65536}, 2, 0, ERR_BAD_FORMAT, false},
        {{0}, 1, 1, ERR_BAD_FORMAT, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct message_hello_node m = a_hello_node(2), out;
        struct buf plain, b;
        buf_init(&plain, 10000);
        buf_init(&b, 10000);
        message_hello_node_encode(&m, &plain);
        wire_put_array(&b, 15 + cases[i].more);
        wire_put_array(&b, cases[i].count);
        for (size_t k = 0; k < cases[i].count; k++)
            wire_put_uint(&b, cases[i].versions[k]);
        buf_add(&b, plain.p + 3, plain.len - 3); /* behind 9f, 91 01 */
        for (size_t k = 0; k < cases[i].more; k++)
            wire_put_array(&b, 0);
        enum err e = message_hello_node_decode(buf_bytes(&b), &out);
        assert_int_equal(e, cases[i].expected);
        if (e == ERR_OK) {
            assert_int_equal(out.version_1, cases[i].version_1);
            assert_memory_equal(out.nonce, m.nonce, sizeof m.nonce);
            assert_int_equal(out.sessions, m.sessions);
        }
        b.len--; /* and cut, never */
        assert_int_equal(message_hello_node_decode(buf_bytes(&b), &out), ERR_BAD_FORMAT);
        buf_free(&plain);
        buf_free(&b);
    }
}

static void a_nodes_hello_holds_its_limits(void **state)
{
    (void)state;
    bool v1 = false;
    const size_t versions = HELLO_VERSIONS_MAX, logs = HELLO_LOGS_MAX, cert = ADMIN_CERT_BYTES_MAX;
    assert_int_equal(hello_by_hand(versions, false, false, cert, logs, &v1), ERR_OK);
    assert_true(v1);
    assert_int_equal(hello_by_hand(0, true, true, 0, 0, &v1), ERR_OK);
    assert_false(v1);
    assert_int_equal(hello_by_hand(versions + 1, false, false, 1, 0, &v1), ERR_BAD_FORMAT);
    assert_int_equal(hello_by_hand(1, false, false, cert + 1, 0, &v1), ERR_BAD_FORMAT);
    assert_int_equal(hello_by_hand(1, false, false, 1, logs + 1, &v1), ERR_BAD_FORMAT);
    assert_int_equal(hello_by_hand(1, true, false, 1, 0, &v1), ERR_BAD_FORMAT);
    assert_int_equal(hello_by_hand(1, false, true, 1, 0, &v1), ERR_BAD_FORMAT);
}

static void a_hubs_hello_is_read_strictly(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10000);
    for (size_t count = 0; count <= HELLO_LOGS_MAX; count += HELLO_LOGS_MAX) {
        struct message_hello_hub m = {.nonce = {1},
                                      .verdict = MESSAGE_WENT_BACK,
                                      .epoch = UINT64_MAX,
                                      .lineage_count = count,
                                      .head_count = count,
                                      .upto = 1,
                                      .feed_count = 2,
                                      .clock_ms = 3,
                                      .edition = 4};
        struct message_hello_hub out;
        if (count > 0) m.card = bytes_make(some_bytes, ADMIN_CARD_BYTES_MAX);
        for (size_t i = 0; i < count; i++) {
            m.lineage[i] = (struct message_epoch){UINT64_MAX - i, i};
            m.heads[i].next_seq = 70000 * i;
        }
        buf_clear(&b);
        message_hello_hub_encode(&m, &b);
        assert_strict(again_hello_hub, &b, 2);
        assert_int_equal(message_hello_hub_decode(buf_bytes(&b), &out), ERR_OK);
        assert_int_equal(out.verdict, MESSAGE_WENT_BACK);
        assert_int_equal(out.card.len, m.card.len);
        assert_int_equal(out.head_count, count);
    }
    buf_free(&b);
}

static void another_version_is_read_only_as_a_refusal(void **state)
{
    (void)state;
    struct buf b;
    struct message_hello_hub m = {.verdict = MESSAGE_NO_VERSION}, out;
    buf_init(&b, 10000);
    for (unsigned verdict = 0; verdict <= MESSAGE_NEW_CARD + 1; verdict++) {
        m.verdict = (enum message_verdict)verdict;
        buf_clear(&b);
        message_hello_hub_encode(&m, &b);
        enum err known = verdict <= MESSAGE_NEW_CARD ? ERR_OK : ERR_BAD_FORMAT;
        assert_int_equal(message_hello_hub_decode(buf_bytes(&b), &out), known);
        b.p[1] = 2; /* the version */
        enum err other = verdict == MESSAGE_NO_VERSION ? ERR_OK : ERR_BAD_FORMAT;
        assert_int_equal(message_hello_hub_decode(buf_bytes(&b), &out), other);
    }
    buf_free(&b);
}

static void the_small_messages_are_read_strictly(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 10000);
    struct message_receipt receipt = {
        .next_seq = UINT64_MAX, .first_position = 1, .last_position = 128, .signature = {9}};
    message_receipt_encode(&receipt, &b);
    assert_strict(again_receipt, &b, 0);
    buf_clear(&b);
    struct message_end end = {.position = 77, .head_count = 2, .next_seqs = {1, 300}, .records = 9};
    message_end_encode(&end, &b);
    assert_strict(again_end, &b, 0);
    buf_clear(&b);
    struct message_join join = {.token = {1}, .sign_pk = {2}, .name = bytes_str("Xã Phú Lý")};
    message_join_encode(&join, &b);
    assert_strict(again_join, &b, 0);
    buf_clear(&b);
    struct message_welcome welcome = {.card = bytes_make(some_bytes, 200),
                                      .cert = bytes_make(some_bytes, 201),
                                      .unit_name = bytes_str("Xã Phú Lý")};
    message_welcome_encode(&welcome, &b);
    assert_strict(again_welcome, &b, 0);
    buf_clear(&b);
    struct message_pull pull = {.inc = {{1, 2}}, .from = 70000};
    message_pull_encode(&pull, &b);
    assert_strict(again_pull, &b, 0);
    buf_clear(&b);
    struct message_proof proof = {.has = true,
                                  .epoch = UINT64_MAX,
                                  .next_seq = 5,
                                  .first_position = 3,
                                  .last_position = 3,
                                  .signature = {7}};
    message_proof_encode(&proof, &b);
    assert_strict(again_proof, &b, 0);
    buf_clear(&b);
    message_proof_encode(&(struct message_proof){.has = false}, &b);
    assert_strict(again_proof, &b, 0);
    buf_clear(&b);
    struct message_refuse refuse = {MESSAGE_BUSY, bytes_str("Trung tâm đang bận")};
    message_refuse_encode(&refuse, &b);
    assert_strict(again_refuse, &b, 0);
    buf_clear(&b);
    struct message_bye bye = {.position = UINT64_MAX, .code = 255};
    message_bye_encode(&bye, &b);
    assert_strict(again_bye, &b, 0);
    buf_free(&b);
}

/* Texts and papers at their limits and one over, written by hand: encoders assert the limits. */
static void texts_papers_and_codes_hold_their_limits(void **state)
{
    (void)state;
    struct buf b, out;
    char text[MESSAGE_TEXT_MAX + 1];
    memset(text, 'a', sizeof text);
    buf_init(&b, 10000);
    buf_init(&out, 10000);
    for (unsigned over = 0; over < 2; over++) {
        enum err e = over == 0 ? ERR_OK : ERR_BAD_FORMAT;
        struct bytes longest = bytes_make(text, MESSAGE_TEXT_MAX + over);
        buf_clear(&b);
        wire_put_array(&b, 2);
        wire_put_uint(&b, 7);
        wire_put_str(&b, longest);
        assert_int_equal(again_refuse(buf_bytes(&b), &out), e);
        buf_clear(&b);
        wire_put_array(&b, 2);
        wire_put_uint(&b, 255 + over);
        wire_put_uint(&b, 255);
        assert_int_equal(again_bye(buf_bytes(&b), &out), ERR_OK); /* a position may be any */
        buf_clear(&b);
        wire_put_array(&b, 2);
        wire_put_uint(&b, 1);
        wire_put_uint(&b, 255 + over);
        assert_int_equal(again_bye(buf_bytes(&b), &out), e);
        for (unsigned which = 0; which < 3; which++) {
            buf_clear(&b);
            wire_put_array(&b, 3);
            wire_put_bin(&b,
                         bytes_make(some_bytes, ADMIN_CARD_BYTES_MAX + (which == 0 ? over : 0)));
            wire_put_bin(&b,
                         bytes_make(some_bytes, ADMIN_CERT_BYTES_MAX + (which == 1 ? over : 0)));
            wire_put_str(&b, bytes_make(text, MESSAGE_TEXT_MAX + (which == 2 ? over : 0)));
            assert_int_equal(again_welcome(buf_bytes(&b), &out), e);
        }
        buf_clear(&b);
        wire_put_array(&b, 6);
        wire_put_bin(&b, bytes_make(some_bytes, 16));
        wire_put_bin(&b, bytes_make(some_bytes, 32));
        wire_put_bin(&b, bytes_make(some_bytes, 32));
        wire_put_bin(&b, bytes_make(some_bytes, 32));
        wire_put_str(&b, longest);
        wire_put_bin(&b, bytes_make(some_bytes, 64));
        assert_int_equal(again_join(buf_bytes(&b), &out), e);
        buf_clear(&b);
        wire_put_array(&b, 5);
        wire_put_uint(&b, 1);
        wire_put_bin(&b, bytes_make(some_bytes, 32));
        wire_put_array(&b, HELLO_LOGS_MAX + over);
        for (unsigned i = 0; i < HELLO_LOGS_MAX + over; i++) {
            wire_put_array(&b, 2);
            wire_put_bin(&b, bytes_make(some_bytes, 8));
            wire_put_uint(&b, i);
        }
        wire_put_bin(&b, bytes_make(some_bytes, 16));
        wire_put_uint(&b, 1);
        assert_int_equal(again_end(buf_bytes(&b), &out), e);
    }
    buf_free(&b);
    buf_free(&out);
}

static void the_lists_are_read_strictly(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 200000);
    struct message_set sets[2] = {
        {.position = 1, .head = bytes_make(some_bytes, 220), .body = bytes_make(some_bytes, 30)},
        {.position = 9, .head = bytes_make(some_bytes, 256), .body = bytes_make(some_bytes, 3)}};
    message_sets_encode(sets, 2, &b);
    assert_strict(again_sets, &b, 0);
    buf_clear(&b);
    struct message_record records[2] = {
        {.unit = bytes_str("25933"), .position = 9, .state = bytes_make(some_bytes, 40)},
        {.unit = bytes_str("1234567890123456"), .position = 300}};
    message_records_encode(records, 2, &b);
    assert_strict(again_records, &b, 0);
    buf_clear(&b);
    struct message_verdicts verdicts[1] = {
        {.first_seq = 64, .position = 70000, .verdicts = bytes_make(some_bytes, 100)}};
    message_verdicts_encode(verdicts, 1, &b);
    assert_strict(again_verdicts, &b, 0);
    again_fn *const all[] = {again_sets, again_records, again_verdicts};
    for (size_t i = 0; i < 3; i++) { /* none is a list too */
        buf_clear(&b);
        wire_put_array(&b, 0);
        assert_strict(all[i], &b, 0);
    }
    buf_free(&b);
}

static void a_list_is_no_longer_than_its_reader_has_room_for(void **state)
{
    (void)state;
    struct message_verdicts v[LIST_MAX + 1] = {{.first_seq = 1}};
    struct message_record r[LIST_MAX + 1] = {{.position = 1}};
    struct message_set s[LIST_MAX + 1] = {{.position = 1}};
    struct buf b, out;
    buf_init(&b, 10000);
    buf_init(&out, 10000);
    for (size_t over = 0; over < 2; over++) {
        enum err e = over == 0 ? ERR_OK : ERR_BAD_FORMAT;
        buf_clear(&b);
        message_verdicts_encode(v, LIST_MAX + over, &b);
        assert_int_equal(again_verdicts(buf_bytes(&b), &out), e);
        buf_clear(&b);
        message_records_encode(r, LIST_MAX + over, &b);
        assert_int_equal(again_records(buf_bytes(&b), &out), e);
        buf_clear(&b);
        message_sets_encode(s, LIST_MAX + over, &b);
        assert_int_equal(again_sets(buf_bytes(&b), &out), e);
    }
    buf_free(&b);
    buf_free(&out);
}

static void a_list_has_at_most_the_limit_of_items(void **state)
{
    (void)state;
    static struct message_verdicts v[MESSAGE_ITEMS_MAX + 1];
    struct buf b;
    size_t count = 0;
    buf_init(&b, 200000);
    message_verdicts_encode(v, MESSAGE_ITEMS_MAX, &b);
    assert_int_equal(message_verdicts_decode(buf_bytes(&b), v, MESSAGE_ITEMS_MAX + 1, &count),
                     ERR_OK);
    assert_int_equal(count, MESSAGE_ITEMS_MAX);
    b.p[2]++; /* dc hi lo: one item more */
    uint8_t item[15];
    assert_int_equal((b.len - 3) / MESSAGE_ITEMS_MAX, sizeof item);
    memcpy(item, b.p + 3, sizeof item);
    buf_add(&b, item, sizeof item);
    assert_int_equal(wire_check(buf_bytes(&b)), ERR_OK);
    assert_int_equal(message_verdicts_decode(buf_bytes(&b), v, MESSAGE_ITEMS_MAX + 1, &count),
                     ERR_BAD_FORMAT);
    buf_free(&b);
}

static void items_of_a_list_hold_their_limits(void **state)
{
    (void)state;
    static uint8_t big[CHANGE_BODY_BYTES_MAX + 1];
    struct message_set s = {.head = bytes_make(big, CHANGE_HEAD_BYTES_MAX),
                            .body = bytes_make(big, CHANGE_BODY_BYTES_MAX)};
    struct message_record r = {.unit = bytes_make("1234567890123456x", ADMIN_UNIT_BYTES_MAX)};
    struct buf b, out;
    buf_init(&b, 200000);
    buf_init(&out, 200000);
    message_sets_encode(&s, 1, &b);
    assert_int_equal(again_sets(buf_bytes(&b), &out), ERR_OK);
    buf_clear(&b);
    s.head.len++;
    message_sets_encode(&s, 1, &b);
    assert_int_equal(again_sets(buf_bytes(&b), &out), ERR_BAD_FORMAT);
    buf_clear(&b);
    s.head.len--;
    s.body.len++;
    message_sets_encode(&s, 1, &b);
    assert_int_equal(again_sets(buf_bytes(&b), &out), ERR_BAD_FORMAT);
    buf_clear(&b);
    message_records_encode(&r, 1, &b);
    assert_int_equal(again_records(buf_bytes(&b), &out), ERR_OK);
    buf_clear(&b);
    r.unit.len++;
    message_records_encode(&r, 1, &b);
    assert_int_equal(again_records(buf_bytes(&b), &out), ERR_BAD_FORMAT);
    buf_free(&b);
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nodes_hello_is_read_strictly),
        cmocka_unit_test(a_nodes_hello_holds_its_limits),
        cmocka_unit_test(a_hello_of_a_later_version_is_read),
        cmocka_unit_test(a_hubs_hello_is_read_strictly),
        cmocka_unit_test(another_version_is_read_only_as_a_refusal),
        cmocka_unit_test(the_small_messages_are_read_strictly),
        cmocka_unit_test(texts_papers_and_codes_hold_their_limits),
        cmocka_unit_test(the_lists_are_read_strictly),
        cmocka_unit_test(a_list_is_no_longer_than_its_reader_has_room_for),
        cmocka_unit_test(a_list_has_at_most_the_limit_of_items),
        cmocka_unit_test(items_of_a_list_hold_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
