#include "tests/sim/base.h"
#include "proto/edition.h"
#include "tests/lib/catalogue_load.h"

#include <assert.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define ALWAYS(call)                                                                               \
    do {                                                                                           \
        enum err e_ = (call);                                                                      \
        if (e_ != ERR_OK) {                                                                        \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, err_name(e_));           \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* ---- randombytes ---- */

static struct rng random_rng;

static const char *random_name(void)
{
    return "dongbo-sim";
}

static uint32_t random_u32(void)
{
    return (uint32_t)rng_u64(&random_rng);
}

static void random_fill(void *const out, const size_t len)
{
    rng_fill(&random_rng, out, len);
}

static struct randombytes_implementation random_source = {
    .implementation_name = random_name,
    .random = random_u32,
    .buf = random_fill,
};

void base_random_install(void)
{
    /* What one run gives back the next one asks for: not by way of the system. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 25);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 30);
    int rc = randombytes_set_implementation(&random_source);
    assert(rc == 0);
    rc = sodium_init();
    assert(rc >= 0);
    (void)rc;
    cheap_sqlite();
}

void base_random_seed(uint64_t seed)
{
    random_rng.s = seed;
}

/* ---- keys ---- */

static void seed_bytes(unsigned who, uint8_t out[32])
{
    struct rng r = {0x6b657973u + who * UINT64_C(1000003)};
    rng_fill(&r, out, 32);
}

static void make_sign(struct key_sign *k, enum key_use use, unsigned who)
{
    uint8_t seed[32];
    seed_bytes(who, seed);
    ALWAYS(key_sign_from_seed(k, use, seed));
}

static void make_box(struct key_box *k, enum key_use use, unsigned who)
{
    uint8_t seed[32];
    seed_bytes(who, seed);
    ALWAYS(key_box_from_seed(k, use, seed));
}

struct base *base_keys(void)
{
    static struct base b;
    static bool made;
    if (made) return &b;
    made = true;
    make_sign(&b.root, KEY_ROOT, 1);
    make_sign(&b.hub_log, KEY_SIGN, 2);
    make_box(&b.hub_transport, KEY_TRANSPORT, 3);
    make_box(&b.sealing, KEY_SEALING, 4);
    make_sign(&b.next_log, KEY_SIGN, 5);
    make_box(&b.next_transport, KEY_TRANSPORT, 6);
    crypto_generichash(b.hub.b, sizeof b.hub.b, b.root.public, sizeof b.root.public, NULL, 0);
    for (unsigned i = 0; i < WORLD_NODES_MAX; i++) {
        uint8_t token[32];
        make_sign(&b.nodes[i].sign, KEY_SIGN, 100 + 3 * i);
        make_box(&b.nodes[i].transport, KEY_TRANSPORT, 101 + 3 * i);
        make_box(&b.nodes[i].sealing, KEY_SEALING, 200 + i);
        make_sign(&b.next[i].sign, KEY_SIGN, 300 + 3 * i);
        make_box(&b.next[i].transport, KEY_TRANSPORT, 301 + 3 * i);
        make_box(&b.next[i].sealing, KEY_SEALING, 302 + 3 * i);
        seed_bytes(102 + 3 * i, token);
        memcpy(b.tokens[i], token, sizeof b.tokens[i]);
    }
    return &b;
}

/* ---- the hub ---- */

static void hub_identity(struct world *w)
{
    struct base *b = base_keys();
    struct hub_identity id = {.hub = b->hub, .unit = "735", .unit_name = "Vĩnh Cửu", .epoch = 0x45};
    struct buf card;
    memcpy(id.parsed.root_pk, b->root.public, 32);
    memcpy(id.parsed.log_pk, b->hub_log.public, 32);
    memcpy(id.parsed.transport_pk, b->hub_transport.public, 32);
    memcpy(id.parsed.sealing_pk, b->sealing.public, 32);
    id.parsed.serial = 1;
    randombytes_buf(id.inc.b, sizeof id.inc.b);
    buf_init(&card, ADMIN_CARD_BYTES_MAX);
    admin_card_make(&id.parsed, b->root.secret, &card);
    ALWAYS(card.e);
    memcpy(id.card, card.p, card.len);
    id.card_len = card.len;
    buf_free(&card);
    ALWAYS(hub_store_identity_set(w->hub.store, &id));
}

/* Another edition has a choice more. */
static void files_change(struct catalogue_file *files, size_t count, unsigned edition)
{
    char line[80];
    int len = snprintf(line, sizeof line, "contact_content,edition_%u,Ấn bản %u,Edition %u\n",
                       edition, edition, edition);
    for (size_t i = 0; i < count; i++) {
        struct catalogue_file *f = &files[i];
        if (strcmp(f->name, "choices.csv") != 0) continue;
        uint8_t *p = realloc((void *)(uintptr_t)f->data.p, f->data.len + (size_t)len);
        assert(p != NULL);
        memcpy(p + f->data.len, line, (size_t)len);
        f->data = bytes_make(p, f->data.len + (size_t)len);
    }
}

size_t base_catalogue(const char *folder, unsigned edition, struct buf payloads[BASE_PAYLOADS_MAX])
{
    struct admin_edition ed;
    struct buf archive, frame;
    size_t count = 0, n = 0;
    struct catalogue_file *files = catalogue_load(folder, &count);
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&frame, CATALOGUE_ARCHIVE_BYTES_MAX);
    if (edition > 1 && strcmp(folder, "catalogue") != 0) files_change(files, count, edition);
    ALWAYS(catalogue_archive(files, count, &archive));
    ALWAYS(edition_squeeze(buf_bytes(&archive), &frame, &ed));
    ed.edition = edition;
    assert(ed.parts < BASE_PAYLOADS_MAX);
    for (; n < ed.parts; n++) {
        struct admin_part part = edition_part(&ed, buf_bytes(&frame), (unsigned)n);
        buf_init(&payloads[n], CHANGE_BYTES_MAX);
        admin_part_encode(&part, &payloads[n]);
        ALWAYS(payloads[n].e);
    }
    buf_init(&payloads[n], CHANGE_BYTES_MAX);
    admin_edition_encode(&ed, &payloads[n]);
    ALWAYS(payloads[n].e);
    catalogue_unload(files, count);
    buf_free(&archive);
    buf_free(&frame);
    return n + 1;
}

enum err base_hub_append(struct world *w, const struct bytes *payloads, size_t count)
{
    struct hub_own_set set = {.payloads = payloads, .count = count};
    struct hub_engine_time t = world_hub_time(w);
    memcpy(set.person.b, "district", sizeof set.person.b);
    enum err e = hub_engine_begin(w->hub.engine, t);
    if (e != ERR_OK) return e;
    e = hub_own_append(w->hub.store, &w->hub.keys, &set, t.wall_ms, NULL);
    if (e != ERR_OK) hub_engine_abort(w->hub.engine, t);
    return e;
}

static void hub_make(struct world *w)
{
    struct hub_store_options o = {.path = "hub/hub.db", .vfs = MEMVFS_NAME, .create = true};
    ALWAYS(hub_store_open(&o, &w->hub.store));
    hub_identity(w);
    hub_store_close(w->hub.store);
    w->hub.store = NULL;
}

/* ---- nodes ---- */

static void node_make(struct world *w, unsigned i)
{
    struct base *b = base_keys();
    struct world_node *n = &w->nodes[i];
    struct node_identity id = {.hub = b->hub, .address = "hub:1", .name = "máy xã"};
    char path[32];
    snprintf(path, sizeof path, "%s/node.db", n->host.name);
    memcpy(id.sign_pk, n->keys->sign.public, 32);
    memcpy(id.transport_pk, n->keys->transport.public, 32);
    memcpy(id.sealing_pk, n->keys->sealing.public, 32);
    memcpy(id.hub_transport_pk, b->hub_transport.public, 32);
    memcpy(id.hub_sealing_pk, b->sealing.public, 32);
    memcpy(id.token, b->tokens[i], 16);
    memcpy(id.unit, n->unit, sizeof id.unit);
    crypto_generichash(id.node.b, sizeof id.node.b, id.sign_pk, sizeof id.sign_pk, NULL, 0);
    struct node_store_options o = {.path = path, .vfs = MEMVFS_NAME, .create = true};
    ALWAYS(node_store_open(&o, &n->store));
    ALWAYS(node_store_identity_set(n->store, &id));
    node_store_close(n->store);
    n->store = NULL;
}

void base_make(struct world *w)
{
    hub_make(w);
    for (unsigned i = 0; i < w->node_count; i++)
        node_make(w, i);
}
