/* The hub's sync core alone: hand-made answers of the store, and a fake node on a real link. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sodium.h>

#include "hub/sync.h"
#include "proto/key.h"
#include "proto/wire.h"
#include "tests/lib/setgen.h"

#define OK(call) assert_int_equal((call), ERR_OK)

enum { SETS = 4 };

struct rig {
    struct setgen gen;
    struct setgen_set sets[SETS];
    struct key_sign log;
    struct key_box hub_transport, transport;
    struct hub_sync_keys keys;
    struct hub_sync_facts facts;
    struct message_hello_node hello;
    struct hub_sync *core;
    struct link *node;
    struct pack *pack;
    size_t first; /* set of the frame that is packed */
    uint64_t now_ms;
    /* what the core asked for in the last step, and what the node heard */
    unsigned lookups, takes, feeds, joins, contacts, closes;
    enum err why;
    struct message_hello_hub answer;
    bool answered;
    unsigned receipts, ends, refusals, code;
    struct message_receipt receipt;
};

static void rig_open(struct rig *r)
{
    memset(r, 0, sizeof *r);
    OK(key_ready());
    OK(key_sign_make(&r->log, KEY_SIGN));
    OK(key_box_make(&r->hub_transport, KEY_TRANSPORT));
    OK(key_box_make(&r->transport, KEY_TRANSPORT));
    setgen_open(&r->gen, 99);
    setgen_genesis(&r->gen, &r->sets[0]);
    for (size_t i = 1; i < SETS; i++)
        setgen_workload(&r->gen, &r->sets[i]);
    r->keys = (struct hub_sync_keys){.hub = r->gen.next.hub,
                                     .transport_secret = r->hub_transport.secret,
                                     .transport_pk = r->hub_transport.public,
                                     .log_secret = r->log.secret,
                                     .log_pk = r->log.public};
    r->facts.known = r->facts.cursor_known = r->facts.extends[0] = true;
    r->facts.node.node = r->gen.next.node;
    memcpy(r->facts.node.sign_pk, r->gen.public_key, 32);
    memcpy(r->facts.node.transport_pk, r->transport.public, 32);
    r->facts.position = (struct hub_position){.epoch = 5, .position = 10, .lineage_count = 1};
    r->hello = (struct message_hello_node){
        .node = r->gen.next.node, .log_count = 1, .cursor_position = 10, .version_1 = true};
    r->hello.logs[0] = (struct message_log){
        .inc = r->gen.next.inc, .next_seq = SETS, .head = r->sets[SETS - 1].hash};
    r->now_ms = 1000;
    OK(hub_sync_new(&r->keys, r->now_ms, &r->core));
    OK(pack_new(&r->pack));
}

static void rig_close(struct rig *r)
{
    hub_sync_free(r->core);
    link_free(r->node);
    pack_free(r->pack);
    for (size_t i = 0; i < SETS; i++)
        setgen_set_free(&r->sets[i]);
    setgen_close(&r->gen);
    key_sign_free(&r->log);
    key_box_free(&r->hub_transport);
    key_box_free(&r->transport);
}

static void node_hears(struct rig *r, struct bytes bytes)
{
    struct link_event m;
    struct message_refuse refuse;
    OK(link_feed(r->node, bytes));
    for (;;) {
        OK(link_next(r->node, &m));
        if (m.kind == LINK_NOTHING) return;
        if (m.kind == LINK_HELLO) {
            OK(message_hello_hub_decode(m.body, &r->answer));
            r->answered = true;
        } else if (m.type == MESSAGE_RECEIPT) {
            OK(message_receipt_decode(m.body, &r->receipt));
            r->receipts++;
        } else if (m.type == MESSAGE_REFUSE) {
            OK(message_refuse_decode(m.body, &refuse));
            r->code = refuse.code;
            r->refusals++;
        } else if (m.type == MESSAGE_END) {
            r->ends++;
        }
    }
}

static void step(struct rig *r, struct hub_sync_event ev)
{
    struct hub_sync_effects fx;
    ev.now_ms = r->now_ms;
    ev.wall_ms = 1686000000000;
    hub_sync_step(r->core, &ev, &fx);
    for (size_t i = 0; i < fx.count; i++) {
        const struct hub_sync_effect *f = &fx.v[i];
        r->lookups += f->kind == HUB_SYNC_FX_LOOKUP;
        r->takes += f->kind == HUB_SYNC_FX_TAKE;
        r->feeds += f->kind == HUB_SYNC_FX_READ_FEED;
        r->joins += f->kind == HUB_SYNC_FX_JOIN;
        r->contacts += f->kind == HUB_SYNC_FX_CONTACT;
        r->closes += f->kind == HUB_SYNC_FX_CLOSE;
        if (f->kind == HUB_SYNC_FX_CLOSE) r->why = f->error;
        if (f->kind == HUB_SYNC_FX_SEND) node_hears(r, f->bytes);
    }
}

static void node_says(struct rig *r)
{
    struct buf *out = link_out(r->node);
    step(r, (struct hub_sync_event){.kind = HUB_SYNC_EV_LINK_BYTES, .bytes = buf_bytes(out)});
    buf_clear(out);
}

static void node_sends(struct rig *r, unsigned type, struct buf *b)
{
    OK(b->e);
    OK(link_send(r->node, type, buf_bytes(b), false));
    buf_free(b);
    node_says(r);
}

static void greet(struct rig *r)
{
    struct buf b;
    struct link_keys k = {.secret = r->transport.secret, .public_key = r->transport.public};
    buf_init(&b, LINK_HELLO_BYTES_MAX);
    message_hello_node_encode(&r->hello, &b);
    OK(b.e);
    OK(link_new_node(&r->node, &r->keys.hub, r->hub_transport.public, &k, buf_bytes(&b)));
    buf_free(&b);
    node_says(r);
    assert_int_equal(r->lookups, 1);
    step(r, (struct hub_sync_event){.kind = HUB_SYNC_EV_FACTS, .facts = &r->facts});
}

static enum err signature_of(void *ctx, size_t i, uint8_t out[static 64])
{
    struct rig *r = ctx;
    memcpy(out, r->sets[r->first + i].signature, 64);
    return ERR_OK;
}

static void frame_from(struct rig *r, struct buf *b, size_t first)
{
    struct pack_set sets[SETS];
    size_t taken = 0;
    for (size_t i = 0; i < SETS - first; i++)
        sets[i] = (struct pack_set){buf_bytes(&r->sets[first + i].head),
                                    buf_bytes(&r->sets[first + i].body)};
    buf_init(b, FRAME_BODY_BYTES_MAX);
    r->first = first;
    OK(pack_encode(r->pack, sets, SETS - first, NULL, signature_of, r, b, &taken));
    assert_int_equal(taken, SETS - first);
}

static void frame(struct rig *r, struct buf *b)
{
    frame_from(r, b, 0);
}

static void taken(struct rig *r)
{
    struct hub_taken t = {.first_position = 11,
                          .last_position = 14,
                          .chain = r->sets[SETS - 1].hash,
                          .next_seq = SETS,
                          .epoch = 5};
    step(r, (struct hub_sync_event){.kind = HUB_SYNC_EV_TAKEN, .taken = &t});
}

static void upend(struct rig *r)
{
    struct buf b;
    buf_init(&b, 10);
    wire_put_array(&b, 0);
    node_sends(r, MESSAGE_UPEND, &b);
}

/* ---- tests ---- */

static void a_session_takes_receipts_and_ends(void **state)
{
    (void)state;
    struct rig r;
    struct buf b;
    rig_open(&r);
    greet(&r);
    assert_true(r.answered);
    assert_int_equal(r.answer.verdict, MESSAGE_GO);
    assert_int_equal(r.contacts + r.feeds + r.takes, 0); /* a hello alone changes nothing */
    frame(&r, &b);
    node_sends(&r, MESSAGE_UP, &b);
    assert_int_equal(r.contacts, 1);
    assert_int_equal(r.takes, 1);
    assert_int_equal(r.receipts, 0); /* not before it was taken */
    taken(&r);
    assert_int_equal(r.receipts, 1);
    struct admin_receipt a = {.hub = r.keys.hub,
                              .node = r.hello.node,
                              .epoch = 5,
                              .inc = r.hello.logs[0].inc,
                              .next_seq = SETS,
                              .chain = r.sets[SETS - 1].hash,
                              .first_position = 11,
                              .last_position = 14};
    OK(admin_receipt_check(&a, r.log.public, r.receipt.signature));
    assert_int_equal(r.feeds, 0);
    upend(&r);
    assert_int_equal(r.feeds, 1);
    assert_int_equal(r.ends, 0);
    struct hub_feed feed = {.upto = 14, .last = true};
    step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_FEED, .feed = &feed});
    assert_int_equal(r.ends, 1);
    assert_int_equal(r.contacts, 1);
    struct message_bye bye = {.position = 14};
    buf_init(&b, 100);
    message_bye_encode(&bye, &b);
    node_sends(&r, MESSAGE_BYE, &b);
    assert_int_equal(r.closes, 1);
    assert_int_equal(r.why, ERR_OK);
    rig_close(&r);
}

static void each_fact_has_its_verdict(void **state)
{
    (void)state;
    for (int k = 0; k < 7; k++) {
        static const enum message_verdict want[] = {
            MESSAGE_NEW_INCARNATION, MESSAGE_WENT_BACK,  MESSAGE_REVOKED,   MESSAGE_UNKNOWN_NODE,
            MESSAGE_WENT_BACK,       MESSAGE_NO_VERSION, MESSAGE_JOIN_FIRST};
        struct rig r;
        rig_open(&r);
        if (k == 0) r.facts.extends[0] = false;
        if (k == 1) r.facts.cursor_known = false;
        if (k == 2) r.facts.node.revoked = true;
        if (k == 3 || k == 4) r.facts.known = false;
        if (k == 4) r.facts.certified = true;
        if (k == 6) r.hello = (struct message_hello_node){.joining = true, .version_1 = true};
        if (k == 5) r.hello.version_1 = false;
        greet(&r);
        assert_true(r.answered);
        assert_int_equal(r.answer.verdict, want[k]);
        bool goes_on = k != 3 && k != 5; /* to repair, to hand in what is kept apart, or to join */
        assert_int_equal(r.closes, !goes_on);
        assert_int_equal(r.takes + r.contacts + r.feeds, 0);
        rig_close(&r);
    }
}

static void somebody_elses_node_id_gets_no_answer(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r);
    r.facts.node.transport_pk[0] ^= 1;
    greet(&r);
    assert_false(r.answered);
    assert_int_equal(r.closes, 1);
    rig_close(&r);
}

static void frames_that_do_not_fit_are_never_taken(void **state)
{
    (void)state;
    for (int k = 0; k < 4; k++) {
        struct rig r;
        struct buf b;
        rig_open(&r);
        if (k == 0) r.hello.logs[0].inc.b[0] ^= 1; /* a log that the hello did not name */
        if (k == 1) r.facts.heads[0].next_seq = 2; /* not at the hub's head */
        if (k == 2) { /* the log goes on, and is of another key than who signs the frame */
            r.facts.heads[0] = (struct message_head){.next_seq = 1, .head = r.sets[0].hash};
            memcpy(r.facts.keys[0], r.gen.public_key, 32);
            r.facts.keys[0][0] ^= 1;
        }
        greet(&r);
        frame_from(&r, &b, k == 2);
        if (k == 3) b.p[b.len - 1] ^= 1; /* the signature */
        node_sends(&r, MESSAGE_UP, &b);
        assert_int_equal(r.takes, 0);
        assert_int_equal(r.closes, 1);
        assert_int_not_equal(r.why, ERR_OK);
        rig_close(&r);
    }
}

static void a_replayed_frame_is_refused(void **state)
{
    (void)state;
    struct rig r;
    struct buf b, again;
    rig_open(&r);
    greet(&r);
    frame(&r, &b);
    buf_init(&again, FRAME_BODY_BYTES_MAX);
    buf_add_bytes(&again, buf_bytes(&b));
    node_sends(&r, MESSAGE_UP, &b);
    taken(&r);
    node_sends(&r, MESSAGE_UP, &again);
    assert_int_equal(r.takes, 1);
    assert_int_equal(r.receipts, 1);
    assert_int_equal(r.why, ERR_CHAIN_BROKEN);
    rig_close(&r);
}

static void a_store_that_fails_is_said_and_nothing_is_receipted(void **state)
{
    (void)state;
    struct rig r;
    struct buf b;
    rig_open(&r);
    greet(&r);
    frame(&r, &b);
    node_sends(&r, MESSAGE_UP, &b);
    step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_STORE_FAILED, .error = ERR_FULL});
    assert_int_equal(r.receipts, 0);
    assert_int_equal(r.refusals, 1);
    assert_int_equal(r.code, MESSAGE_CANNOT_STORE);
    assert_int_equal(r.closes, 1);
    rig_close(&r);
}

static void a_lost_receipt_is_given_again(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r);
    r.facts.heads[0] = (struct message_head){.next_seq = SETS, .head = r.sets[SETS - 1].hash};
    greet(&r);
    assert_int_equal(r.receipts, 1);
    assert_int_equal(r.receipt.next_seq, SETS);
    assert_int_equal(r.receipt.last_position, 10);
    rig_close(&r);
}

static void slow_and_silent_peers_are_closed(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r);
    r.now_ms += HUB_SYNC_HANDSHAKE_MS - 1;
    step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_TICK});
    assert_int_equal(r.closes, 0);
    r.now_ms++;
    step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_TICK});
    assert_int_equal(r.closes, 1);
    assert_int_equal(r.why, ERR_TIMEOUT);
    rig_close(&r);

    rig_open(&r);
    greet(&r);
    r.now_ms += HUB_SYNC_SILENCE_MS - 1;
    step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_TICK});
    assert_int_equal(r.closes, 0);
    r.now_ms++;
    step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_TICK});
    assert_int_equal(r.closes, 1);
    rig_close(&r);
}

/* Whatever it still has to say: the next one has new keys. */
static void a_busy_session_ends_after_a_day(void **state)
{
    (void)state;
    struct rig r;
    rig_open(&r);
    uint64_t end = r.now_ms + HUB_SYNC_SESSION_MS;
    greet(&r);
    while (r.now_ms + 30000 < end) {
        r.now_ms += 30000;
        step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_LINK_DRAINED});
        step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_TICK});
    }
    r.now_ms = end - 1;
    step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_TICK});
    assert_int_equal(r.closes, 0);
    r.now_ms = end;
    step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_TICK});
    assert_int_equal(r.closes, 1);
    assert_int_equal(r.why, ERR_TIMEOUT);
    rig_close(&r);
}

static void bodies_of_the_wrong_shape_end_the_link(void **state)
{
    (void)state;
    for (unsigned type = 1; type < 32; type++) {
        struct rig r;
        struct buf b;
        rig_open(&r);
        greet(&r);
        buf_init(&b, 10);
        wire_put_uint(&b, 7);
        node_sends(&r, type, &b);
        assert_int_equal(r.closes, 1);
        assert_int_equal(r.why, ERR_BAD_FORMAT);
        assert_int_equal(r.takes, 0);
        rig_close(&r);
    }
}

static void the_feed_waits_while_the_link_is_full(void **state)
{
    (void)state;
    struct rig r;
    uint8_t noise[50000];
    struct message_record rec = {.unit = bytes_str("1"), .state = BYTES_OF(noise)};
    rig_open(&r);
    greet(&r);
    upend(&r);
    unsigned bites = 0;
    for (; r.feeds > bites && bites < 100; bites++) {
        rec.position = bites + 11;
        randombytes_buf(noise, sizeof noise); /* new each time: nothing to compress */
        struct hub_feed feed = {.records = &rec, .record_count = 1, .upto = rec.position};
        step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_FEED, .feed = &feed});
    }
    assert_in_range(bites, HUB_SYNC_QUEUED_MAX / 50000, HUB_SYNC_QUEUED_MAX / 50000 + 2);
    step(&r, (struct hub_sync_event){.kind = HUB_SYNC_EV_LINK_DRAINED});
    assert_int_equal(r.feeds, bites + 1);
    rig_close(&r);
}

static void a_join_needs_its_proof(void **state)
{
    (void)state;
    for (int lie = 0; lie < 3; lie++) {
        struct rig r;
        struct buf b;
        rig_open(&r);
        r.hello = (struct message_hello_node){.joining = true, .version_1 = true};
        greet(&r);
        struct message_join j = {.name = bytes_str("PC")};
        memcpy(j.sign_pk, r.gen.public_key, 32);
        memcpy(j.transport_pk, lie == 1 ? r.hub_transport.public : r.transport.public, 32);
        admin_join_sign(r.gen.secret, &r.keys.hub, link_handshake_hash(r.node), j.sign_pk,
                        j.transport_pk, j.sealing_pk, j.signature);
        if (lie == 2) j.signature[3] ^= 1;
        buf_init(&b, 1000);
        message_join_encode(&j, &b);
        node_sends(&r, MESSAGE_JOIN, &b);
        assert_int_equal(r.joins, lie == 0);
        assert_int_equal(r.code, lie == 0 ? 0 : MESSAGE_BAD_PROOF);
        rig_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_takes_receipts_and_ends),
        cmocka_unit_test(each_fact_has_its_verdict),
        cmocka_unit_test(somebody_elses_node_id_gets_no_answer),
        cmocka_unit_test(frames_that_do_not_fit_are_never_taken),
        cmocka_unit_test(a_replayed_frame_is_refused),
        cmocka_unit_test(a_store_that_fails_is_said_and_nothing_is_receipted),
        cmocka_unit_test(a_lost_receipt_is_given_again),
        cmocka_unit_test(slow_and_silent_peers_are_closed),
        cmocka_unit_test(a_busy_session_ends_after_a_day),
        cmocka_unit_test(bodies_of_the_wrong_shape_end_the_link),
        cmocka_unit_test(the_feed_waits_while_the_link_is_full),
        cmocka_unit_test(a_join_needs_its_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
