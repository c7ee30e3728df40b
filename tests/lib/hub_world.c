#include "tests/lib/hub_world.h"
#include "proto/edition.h"
#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>
#include <unistd.h>

/* ---- the hub ---- */

static void world_identity(struct world *w, struct rng *r)
{
    struct hub_identity id = {.unit = "735", .unit_name = "Huyện Vĩnh Cửu"};
    uint8_t root_seed[32], log_seed[32];
    rng_fill(r, root_seed, sizeof root_seed);
    rng_fill(r, log_seed, sizeof log_seed);
    assert_int_equal(crypto_sign_seed_keypair(id.parsed.root_pk, w->root_secret, root_seed), 0);
    assert_int_equal(crypto_sign_seed_keypair(w->log_pk, w->log_secret, log_seed), 0);
    rng_fill(r, w->transport_pk, sizeof w->transport_pk);
    memcpy(id.parsed.log_pk, w->log_pk, 32);
    memcpy(id.parsed.transport_pk, w->transport_pk, 32);
    rng_fill(r, id.parsed.sealing_pk, 32);
    id.parsed.serial = 1;
    change_hash(BYTES_OF(id.parsed.root_pk), &id.hub);
    rng_fill(r, id.inc.b, sizeof id.inc.b);
    id.epoch = rng_u64(r);
    struct buf card;
    buf_init(&card, ADMIN_CARD_BYTES_MAX);
    admin_card_make(&id.parsed, w->root_secret, &card);
    assert_int_equal(card.e, ERR_OK);
    memcpy(id.card, card.p, card.len);
    id.card_len = card.len;
    buf_free(&card);
    assert_int_equal(hub_store_identity_set(w->store, &id), ERR_OK);
    w->keys = (struct hub_sync_keys){.hub = id.hub,
                                     .transport_pk = w->transport_pk,
                                     .log_secret = w->log_secret,
                                     .log_pk = w->log_pk};
}

void world_open(struct world *w, uint64_t seed)
{
    struct rng r = {seed};
    memset(w, 0, sizeof *w);
    snprintf(w->folder, sizeof w->folder, "/tmp/dongbo-hub-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "%s/hub.db", w->folder);
    struct hub_store_options o = {.path = w->path, .create = true};
    assert_int_equal(hub_store_open(&o, &w->store), ERR_OK);
    w->now_ms = INT64_C(1735693200000);
    world_identity(w, &r);
}

void world_reopen(struct world *w)
{
    struct hub_store_options o = {.path = w->path};
    hub_store_close(w->store);
    w->store = NULL;
    assert_int_equal(hub_store_open(&o, &w->store), ERR_OK);
}

void world_close(struct world *w)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    hub_store_close(w->store);
    for (size_t i = 0; i < 3; i++) {
        char side[128];
        snprintf(side, sizeof side, "%s%s", w->path, ends[i]);
        unlink(side);
    }
    static const char *const lists[] = {"erased.list", "revoked.list"};
    for (size_t i = 0; i < 2; i++) {
        char list[128];
        snprintf(list, sizeof list, "%s/%s", w->folder, lists[i]);
        unlink(list);
    }
    assert_int_equal(rmdir(w->folder), 0);
}

struct hub_taken world_own(struct world *w, const struct bytes *payloads, size_t count)
{
    struct hub_taken t;
    assert_int_equal(hub_store_begin(w->store), ERR_OK);
    assert_int_equal(hub_own_append(w->store, &w->keys,
                                    &(struct hub_own_set){.payloads = payloads, .count = count},
                                    w->now_ms, &t),
                     ERR_OK);
    assert_int_equal(hub_store_commit(w->store), ERR_OK);
    return t;
}

void world_publish(struct world *w, const struct catalogue_file *files, size_t count)
{
    struct hub_position at;
    struct admin_edition ed = {0};
    struct buf archive, frame, payload;
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&frame, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    assert_int_equal(catalogue_archive(files, count, &archive), ERR_OK);
    assert_int_equal(edition_squeeze(buf_bytes(&archive), &frame, &ed), ERR_OK);
    hub_store_position(w->store, &at);
    ed.edition = at.edition + 1;
    for (unsigned i = 0; i < ed.parts; i++) {
        struct admin_part part = edition_part(&ed, buf_bytes(&frame), i);
        buf_clear(&payload);
        admin_part_encode(&part, &payload);
        struct bytes p = buf_bytes(&payload);
        world_own(w, &p, 1);
    }
    buf_clear(&payload);
    admin_edition_encode(&ed, &payload);
    struct bytes p = buf_bytes(&payload);
    world_own(w, &p, 1);
    buf_free(&archive);
    buf_free(&frame);
    buf_free(&payload);
}

/* ---- nodes ---- */

void world_node_open(struct world *w, struct world_node *n, const char *unit, uint64_t seed)
{
    struct admin_cert c = {.hub = w->keys.hub, .serial = 1};
    struct buf cert, payload;
    memset(n, 0, sizeof *n);
    setgen_open(&n->g, seed);
    n->g.next.hub = w->keys.hub;
    c.node = n->g.next.node;
    memcpy(c.sign_pk, n->g.public_key, 32);
    snprintf(c.unit, sizeof c.unit, "%s", unit);
    buf_init(&cert, ADMIN_CERT_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_cert_make(&c, w->log_secret, &cert);
    admin_enrol_encode(&(struct admin_enrol){.node = c.node, .certificate = buf_bytes(&cert)},
                       &payload);
    struct bytes p = buf_bytes(&payload);
    world_own(w, &p, 1);
    assert_int_equal(hub_store_node(w->store, &c.node, &n->hub_node), ERR_OK);
    assert_int_equal(pack_new(&n->up), ERR_OK);
    assert_int_equal(pack_new(&n->down), ERR_OK);
    struct setgen_set set;
    setgen_genesis(&n->g, &set);
    world_keep(n, &set);
    buf_free(&cert);
    buf_free(&payload);
}

void world_node_close(struct world_node *n)
{
    for (size_t i = 0; i < n->count; i++)
        setgen_set_free(&n->sets[i]);
    free(n->sets);
    pack_free(n->up);
    pack_free(n->down);
    setgen_close(&n->g);
}

void world_keep(struct world_node *n, const struct setgen_set *set)
{
    if (n->count == n->room) {
        n->room = n->room ? 2 * n->room : 64;
        struct setgen_set *more = realloc(n->sets, n->room * sizeof *more);
        assert_non_null(more);
        n->sets = more;
    }
    n->sets[n->count++] = *set;
}

struct id_version world_save(struct world_node *n, const struct bytes *payloads, size_t count)
{
    struct setgen_set set;
    uint64_t seq = n->g.next.seq;
    n->g.next.hlc += UINT64_C(1000) << 16;
    setgen_payloads(&n->g, payloads, count, &set);
    world_keep(n, &set);
    return id_version_make(&n->g.next.inc, seq, &set.hash);
}

struct world_signer {
    const struct world_node *n;
    size_t first;
};

static enum err world_signature(void *ctx, size_t index, uint8_t out[static 64])
{
    struct world_signer *s = ctx;
    memcpy(out, s->n->sets[s->first + index].signature, 64);
    return ERR_OK;
}

size_t world_frame(struct world_node *n, const struct message_head *head, size_t max,
                   struct pack_sets *sets)
{
    struct pack_set v[PACK_SETS_MAX];
    struct world_signer signer = {n, (size_t)head->next_seq};
    size_t count = n->count - signer.first, taken = 0;
    if (count > max) count = max;
    if (count > PACK_SETS_MAX) count = PACK_SETS_MAX;
    for (size_t i = 0; i < count; i++) {
        v[i].head = buf_bytes(&n->sets[signer.first + i].head);
        v[i].body = buf_bytes(&n->sets[signer.first + i].body);
    }
    struct buf body;
    buf_init(&body, FRAME_BODY_BYTES_MAX);
    assert_int_equal(pack_encode(n->up, v, count, NULL, world_signature, &signer, &body, &taken),
                     ERR_OK);
    struct pack_context ctx = {.hub = n->g.next.hub,
                               .node = n->g.next.node,
                               .inc = n->g.next.inc,
                               .next_seq = head->next_seq,
                               .prev = head->head,
                               .sign_pk = n->g.public_key};
    assert_int_equal(pack_decode(n->down, buf_bytes(&body), &ctx, sets), ERR_OK);
    buf_free(&body);
    return taken;
}

enum err world_send(struct world *w, struct world_node *n, size_t frame)
{
    for (;;) {
        struct message_head head;
        struct pack_sets sets;
        struct hub_taken taken;
        enum err e = hub_store_head(w->store, &n->hub_node.node, &n->g.next.inc, &head);
        if (e != ERR_OK || head.next_seq == n->count) return e;
        world_frame(n, &head, frame, &sets);
        e = hub_store_take(w->store, &n->hub_node.node, &sets, w->now_ms, &taken);
        if (e == ERR_OK) {
            assert_int_equal(taken.next_seq, head.next_seq + sets.count);
            if (taken.apart)
                e = ERR_REVOKED; /* not in the log */
            else
                assert_int_equal(taken.last_position - taken.first_position + 1, sets.count);
        }
        pack_sets_free(&sets);
        if (e != ERR_OK) return e;
    }
}

enum err world_push(struct world *w, struct world_node *n)
{
    enum err e = hub_store_begin(w->store);
    if (e == ERR_OK) e = world_send(w, n, 100);
    if (e == ERR_OK) return hub_store_commit(w->store);
    hub_store_rollback(w->store);
    return e;
}

/* ---- ops ---- */

void world_op_begin(struct world_op *o, enum change_kind kind, const struct id_record *rid,
                    unsigned type)
{
    memset(o, 0, sizeof *o);
    o->op = (struct change_op){.kind = kind, .rid = *rid, .type = type, .writes = o->writes};
    buf_init(&o->memory, CHANGE_BYTES_MAX);
    buf_init(&o->payload, CHANGE_BYTES_MAX);
    assert_non_null(buf_room(&o->memory, CHANGE_BYTES_MAX / 2)); /* so that nothing moves */
    buf_clear(&o->memory);
}

void world_op_value(struct world_op *o, unsigned field, struct bytes value,
                    const struct id_version *bases, size_t count)
{
    struct change_write *c = &o->writes[o->op.count++];
    assert_true(o->op.count <= 64 && o->memory.len + value.len + 2000 < CHANGE_BYTES_MAX / 2);
    *c = (struct change_write){.field = field};
    c->value = bytes_make(o->memory.p + o->memory.len, value.len);
    buf_add_bytes(&o->memory, value);
    c->bases = bytes_make(o->memory.p + o->memory.len, count * ID_VERSION_BYTES);
    for (size_t i = 0; i < count; i++)
        buf_add(&o->memory, bases[i].b, ID_VERSION_BYTES);
}

void world_op_text(struct world_op *o, unsigned field, const char *text,
                   const struct id_version *bases, size_t count)
{
    struct buf v;
    buf_init(&v, 5000);
    if (text == NULL) {
        wire_put_nil(&v);
    } else {
        wire_put_str(&v, bytes_str(text));
    }
    world_op_value(o, field, buf_bytes(&v), bases, count);
    buf_free(&v);
}

struct bytes world_op_end(struct world_op *o)
{
    change_writes_sort(o->writes, o->op.count);
    change_op_encode(&o->op, &o->payload);
    assert_int_equal(o->payload.e, ERR_OK);
    return buf_bytes(&o->payload);
}

void world_op_free(struct world_op *o)
{
    buf_free(&o->memory);
    buf_free(&o->payload);
}

/* ---- looking ---- */

const char *world_text(struct world *w, const struct id_record *rid, unsigned field,
                       size_t *conflicts)
{
    static char text[5000];
    struct fold f;
    struct buf state, out;
    unsigned type = 0;
    uint64_t position = 0;
    const struct fold_rules *rules = hub_store_rules(w->store);
    text[0] = '\0';
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    buf_init(&out, sizeof text - 1);
    assert_int_equal(fold_init(&f), ERR_OK);
    assert_int_equal(hub_store_record(w->store, rid, &state, &type, NULL, &position), ERR_OK);
    assert_int_equal(fold_load(&f, buf_bytes(&state)), ERR_OK);
    const struct fold_register *r = fold_find(&f, field, (struct bytes){NULL, 0});
    if (r != NULL) {
        const struct fold_head *h = fold_shown(&f, r, rules->policy(rules->ctx, type, field));
        assert_int_equal(record_value_to_text(NULL, h->value, &out), ERR_OK);
        snprintf(text, sizeof text, "%s", buf_cstr(&out));
    }
    if (conflicts != NULL) *conflicts = fold_conflicts(&f, rules);
    fold_free(&f);
    buf_free(&state);
    buf_free(&out);
    return text;
}

static enum err world_verdict_of(void *ctx, const struct hub_set *set)
{
    *(uint8_t *)ctx = set->verdicts.p[0];
    return ERR_OK;
}

uint8_t world_verdict(struct world *w, uint64_t position)
{
    uint8_t v = 255;
    assert_int_equal(hub_store_sets(w->store, position, position, world_verdict_of, &v), ERR_OK);
    return v;
}
