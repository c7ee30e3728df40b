/* The hub's store beside taking: feed, catalogue, typed tables, doubles, invitations, tokens. */
#include "common/io/db.h"
#include "tests/lib/catalogue_load.h"
#include "tests/lib/hub_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>

enum { PERSON = 1, NAME = 1, NATIONAL_ID = 5 };

static struct id_record rid_of(unsigned n)
{
    struct id_record r = {{0}};
    r.b[0] = (uint8_t)n;
    r.b[15] = 9;
    return r;
}

static void publish(struct world *w)
{
    size_t count = 0;
    struct catalogue_file *files = catalogue_load("catalogue", &count);
    world_publish(w, files, count);
    catalogue_unload(files, count);
}

static struct id_version save_person(struct world_node *n, unsigned rid, const char *name,
                                     const char *number)
{
    struct world_op o;
    struct id_record r = rid_of(rid);
    world_op_begin(&o, CHANGE_CREATE, &r, PERSON);
    world_op_text(&o, NAME, name, NULL, 0);
    world_op_text(&o, NATIONAL_ID, number, NULL, 0);
    struct bytes p = world_op_end(&o);
    struct id_version v = world_save(n, &p, 1);
    world_op_free(&o);
    return v;
}

static int64_t number(struct world *w, const char *sql)
{
    struct db_stmt *q = NULL;
    assert_int_equal(db_prepare(hub_store_db(w->store), sql, &q), ERR_OK);
    assert_int_equal(db_get(q), ERR_OK);
    int64_t v = db_column_int(q, 0);
    db_stmt_free(q);
    return v;
}

/* ---- what a node would have after applying its feed ---- */

struct mirror {
    struct id_record rid[4000];
    uint64_t position[4000];
    struct id_hash state[4000];
    uint8_t sum[16];
    size_t count;
    size_t sets;
    size_t verdicts;
    uint64_t cursor;
    uint64_t epoch;
    struct message_end end;
};

static void mirror_record(struct mirror *m, const struct message_record *r)
{
    size_t i = 0;
    while (i < m->count && !ID_EQUAL(&m->rid[i], &r->rid))
        i++;
    assert_true(i < 4000);
    m->rid[i] = r->rid;
    m->position[i] = r->position;
    crypto_generichash(m->state[i].b, 32, r->state.p, r->state.len, NULL, 0);
    if (i == m->count) m->count++;
}

static void mirror_sum(struct mirror *m)
{
    memset(m->sum, 0, sizeof m->sum);
    for (size_t i = 0; i < m->count; i++) {
        uint8_t text[64], term[32];
        memcpy(text, m->rid[i].b, 16);
        le64_store(text + 16, m->epoch);
        le64_store(text + 24, m->position[i]);
        memcpy(text + 32, m->state[i].b, 32);
        crypto_generichash(term, 32, text, 64, NULL, 0);
        fold_scope_add(m->sum, term);
    }
}

static void mirror_follow(struct world *w, struct world_node *n, struct mirror *m, size_t bite)
{
    struct hub_position at;
    struct hub_feed feed;
    struct message_hello_node hello = {.log_count = 1};
    hello.logs[0].inc = n->g.next.inc;
    hub_store_position(w->store, &at);
    m->epoch = at.epoch;
    do {
        uint64_t last = m->cursor;
        assert_int_equal(hub_store_feed(w->store, &n->hub_node, m->cursor, &hello, bite, &feed), 0);
        for (size_t i = 0; i < feed.record_count; i++) {
            assert_true(feed.records[i].position > m->cursor && feed.records[i].position >= last);
            last = feed.records[i].position;
            assert_true(last <= feed.upto);
            assert_memory_equal(feed.records[i].unit.p, n->hub_node.unit, feed.records[i].unit.len);
            mirror_record(m, &feed.records[i]);
        }
        m->sets += feed.set_count;
        for (size_t i = 0; i < feed.verdict_count; i++)
            m->verdicts += feed.verdicts[i].verdicts.len;
        assert_true(feed.last || feed.upto > m->cursor);
        m->cursor = feed.upto;
    } while (!feed.last);
    m->end = feed.end;
    assert_int_equal(m->cursor, at.position);
    assert_int_equal(feed.end.position, at.position);
    assert_int_equal(feed.end.records, m->count);
    assert_int_equal(feed.end.head_count, 1);
    assert_int_equal(feed.end.next_seqs[0], n->count);
    mirror_sum(m);
    assert_memory_equal(m->sum, feed.end.scope_hash, 16);
}

static void a_feed_in_steps_equals_one_from_the_beginning(void **state)
{
    (void)state;
    struct world w;
    struct world_node a, b;
    struct mirror *steps = calloc(1, sizeof *steps), *whole = calloc(1, sizeof *whole);
    assert_true(steps != NULL && whole != NULL);
    const uint64_t seed = 77;
    struct rng r = {seed};
    printf("seed %llu\n", (unsigned long long)seed);
    world_open(&w, seed);
    world_node_open(&w, &a, "26170", 601);
    world_node_open(&w, &b, "26173", 602);
    for (unsigned i = 0; i < 12; i++) {
        struct world_node *n = rng_below(&r, 2) ? &a : &b;
        for (unsigned j = 0; j < 40; j++) {
            struct setgen_set set;
            setgen_workload(&n->g, &set);
            world_keep(n, &set);
        }
        assert_int_equal(world_push(&w, &a), ERR_OK);
        assert_int_equal(world_push(&w, &b), ERR_OK);
        if (i % 3 == 0) mirror_follow(&w, &a, steps, 3000);
    }
    mirror_follow(&w, &a, steps, 1);
    mirror_follow(&w, &a, whole, 60000);
    assert_true(whole->count > 10);
    assert_int_equal(steps->count, whole->count);
    assert_memory_equal(steps->sum, whole->sum, 16);
    assert_int_equal(steps->sets, whole->sets);
    assert_int_equal(whole->verdicts, a.count); /* one op a set */
    assert_int_equal(steps->verdicts, whole->verdicts);
    free(steps);
    free(whole);
    world_node_close(&a);
    world_node_close(&b);
    world_close(&w);
}

static size_t sets_after(struct world *w, struct world_node *n, uint64_t cursor, uint64_t position)
{
    struct hub_feed feed;
    size_t found = 0;
    assert_int_equal(hub_store_feed(w->store, &n->hub_node, cursor, NULL, 1 << 20, &feed), ERR_OK);
    for (size_t i = 0; i < feed.set_count; i++) {
        struct change_head h;
        assert_int_equal(change_head_read(feed.sets[i].head, &h), ERR_OK);
        struct id_hash hash;
        change_hash(feed.sets[i].head, &hash);
        assert_int_equal(change_check_signature(w->log_pk, &h, &hash, feed.sets[i].signature), 0);
        if (feed.sets[i].position == position) found++;
    }
    return found;
}

static void a_decision_reaches_the_commune_it_concerns_and_no_other(void **state)
{
    (void)state;
    struct world w;
    struct world_node a, b;
    world_open(&w, 21);
    publish(&w);
    world_node_open(&w, &a, "26170", 211);
    world_node_open(&w, &b, "26173", 212);
    struct id_version v = save_person(&a, 1, "Lan", "075123456789");
    assert_int_equal(world_push(&w, &a), ERR_OK);
    struct world_op o;
    struct id_record rid = rid_of(1);
    world_op_begin(&o, CHANGE_EDIT, &rid, PERSON);
    world_op_text(&o, NAME, "Lan Anh", &v, 1);
    struct bytes p = world_op_end(&o);
    struct hub_taken t = world_own(&w, &p, 1);
    world_op_free(&o);
    assert_int_equal(sets_after(&w, &a, 0, t.last_position), 1);
    assert_int_equal(sets_after(&w, &b, 0, t.last_position), 0);
    assert_int_equal(sets_after(&w, &a, t.last_position, t.last_position), 0);
    assert_int_equal(sets_after(&w, &b, 0, 1), 1); /* the hub's genesis goes to all */
    /* A target of the hub goes to every commune, a link between persons to none. */
    const struct catalogue *c = hub_store_catalogue(w.store);
    rid = rid_of(2);
    world_op_begin(&o, CHANGE_CREATE, &rid, catalogue_type_by_name(c, "target")->no);
    world_op_text(&o, 1, "x", NULL, 0);
    p = world_op_end(&o);
    t = world_own(&w, &p, 1);
    world_op_free(&o);
    assert_int_equal(sets_after(&w, &a, 0, t.last_position), 1);
    assert_int_equal(sets_after(&w, &b, 0, t.last_position), 1);
    rid = rid_of(3);
    world_op_begin(&o, CHANGE_CREATE, &rid, catalogue_type_by_name(c, "person_link")->no);
    world_op_text(&o, 4, "x", NULL, 0);
    p = world_op_end(&o);
    t = world_own(&w, &p, 1);
    world_op_free(&o);
    assert_int_equal(sets_after(&w, &a, 0, t.last_position), 0);
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    world_node_close(&a);
    world_node_close(&b);
    world_close(&w);
}

static enum err pair_keep(void *ctx, const struct hub_pair *p)
{
    *(struct hub_pair *)ctx = *p;
    return ERR_OK;
}

static uint64_t pairs(struct world *w)
{
    struct hub_counts c;
    assert_int_equal(hub_store_counts(w->store, &c), ERR_OK);
    return c.pairs;
}

/* A commune cannot decide what is counted: a type that stays at the hub is the hub's own log's alone. */
static void a_commune_makes_no_record_of_a_type_that_stays_at_the_hub(void **state)
{
    (void)state;
    struct world w;
    struct world_node a;
    struct world_op o;
    world_open(&w, 23);
    publish(&w);
    world_node_open(&w, &a, "26170", 231);
    save_person(&a, 1, "Lan", NULL);
    save_person(&a, 2, "Mai", NULL);
    const struct catalogue *c = hub_store_catalogue(w.store);
    uint8_t ref[18] = {0xc4, 16};
    struct id_record rid = rid_of(9), one = rid_of(1), two = rid_of(2);
    world_op_begin(&o, CHANGE_CREATE, &rid, catalogue_type_by_name(c, "person_link")->no);
    memcpy(ref + 2, one.b, 16);
    world_op_value(&o, 1, BYTES_OF(ref), NULL, 0);
    memcpy(ref + 2, two.b, 16);
    world_op_value(&o, 2, BYTES_OF(ref), NULL, 0);
    world_op_text(&o, 3, "same", NULL, 0);
    struct bytes p = world_op_end(&o);
    world_save(&a, &p, 1);
    world_op_free(&o);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    struct hub_position at;
    hub_store_position(w.store, &at);
    assert_int_equal(world_verdict(&w, at.position), FOLD_HELD_SCOPE);
    assert_int_equal(hub_store_project(w.store), ERR_OK);
    assert_int_equal(number(&w, "SELECT count(*) FROM person_link"), 0);
    assert_int_equal(number(&w, "SELECT count(*) FROM person_root"), 0);
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    world_node_close(&a);
    world_close(&w);
}

static void one_person_in_two_communes_is_found_and_decided(void **state)
{
    (void)state;
    struct world w;
    struct world_node a, b;
    struct hub_pair pair;
    world_open(&w, 22);
    publish(&w);
    world_node_open(&w, &a, "26170", 221);
    world_node_open(&w, &b, "26173", 222);
    save_person(&a, 1, "Lan", "075123456789");
    save_person(&a, 2, "Lan", "075123456789"); /* one PC, twice: a pair too */
    save_person(&a, 3, "Mai", NULL);
    struct id_version v = save_person(&b, 4, "LAN", "075123456780");
    save_person(&b, 5, "Hoa", NULL);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    assert_int_equal(world_push(&w, &b), ERR_OK);
    assert_int_equal(pairs(&w), 1);
    struct world_op o;
    struct id_record rid = rid_of(4);
    world_op_begin(&o, CHANGE_EDIT, &rid, PERSON);
    world_op_text(&o, NATIONAL_ID, "075123456789", &v, 1);
    struct bytes p = world_op_end(&o);
    struct id_version v2 = world_save(&b, &p, 1);
    world_op_free(&o);
    assert_int_equal(world_push(&w, &b), ERR_OK);
    assert_int_equal(pairs(&w), 3);
    assert_int_equal(hub_store_pairs(w.store, pair_keep, &pair), ERR_OK);
    assert_string_equal(pair.unit_a, "26170");
    assert_string_equal(pair.unit_b, "26173");
    /* A person decides about the last of them; the value is stored nowhere in clear for matching. */
    const struct catalogue *c = hub_store_catalogue(w.store);
    const struct catalogue_type *link = catalogue_type_by_name(c, "person_link");
    uint8_t ref[18] = {0xc4, 16};
    rid = rid_of(9);
    world_op_begin(&o, CHANGE_CREATE, &rid, link->no);
    memcpy(ref + 2, pair.b.b, 16);
    world_op_value(&o, 1, BYTES_OF(ref), NULL, 0);
    memcpy(ref + 2, pair.a.b, 16);
    world_op_value(&o, 2, BYTES_OF(ref), NULL, 0);
    world_op_text(&o, 3, "same", NULL, 0);
    p = world_op_end(&o);
    world_own(&w, &p, 1);
    world_op_free(&o);
    assert_int_equal(pairs(&w), 2);
    assert_int_equal(hub_store_project(w.store), ERR_OK);
    assert_int_equal(number(&w, "SELECT count(*) FROM person_root"), 2);
    assert_int_equal(number(&w, "SELECT count(DISTINCT root) FROM person_root"), 1);
    publish(&w); /* a new edition finds the same */
    assert_int_equal(pairs(&w), 2);
    /* The number is corrected: the pair of the commune is left. */
    rid = rid_of(4);
    world_op_begin(&o, CHANGE_EDIT, &rid, PERSON);
    world_op_text(&o, NATIONAL_ID, "075123456781", &v2, 1);
    p = world_op_end(&o);
    world_save(&b, &p, 1);
    world_op_free(&o);
    assert_int_equal(world_push(&w, &b), ERR_OK);
    assert_int_equal(pairs(&w), 1);
    world_node_close(&a);
    world_node_close(&b);
    world_close(&w);
}

/* Two PCs of one commune, both offline, each entered her, one of them twice. */
static void one_person_on_two_pcs_of_a_commune_is_found(void **state)
{
    (void)state;
    struct world w;
    struct world_node a, b;
    struct hub_pair pair;
    world_open(&w, 23);
    publish(&w);
    world_node_open(&w, &a, "26170", 231);
    world_node_open(&w, &b, "26170", 232);
    save_person(&a, 1, "Lan", "075123456789");
    save_person(&a, 2, "Lan", "075123456789");
    assert_int_equal(world_push(&w, &a), ERR_OK);
    assert_int_equal(pairs(&w), 1); /* one PC made both */
    struct id_version v = save_person(&b, 3, "Lan", "075123456789");
    assert_int_equal(world_push(&w, &b), ERR_OK);
    assert_int_equal(pairs(&w), 3); /* and with each of the two */
    assert_int_equal(hub_store_pairs(w.store, pair_keep, &pair), ERR_OK);
    assert_string_equal(pair.unit_a, "26170");
    assert_string_equal(pair.unit_b, "26170");
    assert_int_equal(pair.kind, HUB_PAIR_IDENTITY);
    assert_int_equal(pair.score, HUB_PAIR_SURE);
    publish(&w); /* a new edition finds the same */
    assert_int_equal(pairs(&w), 3);
    struct world_op o;
    struct id_record rid = rid_of(3);
    world_op_begin(&o, CHANGE_EDIT, &rid, PERSON);
    world_op_text(&o, NATIONAL_ID, "075123456780", &v, 1);
    struct bytes p = world_op_end(&o);
    world_save(&b, &p, 1);
    world_op_free(&o);
    assert_int_equal(world_push(&w, &b), ERR_OK);
    assert_int_equal(pairs(&w), 1);
    world_node_close(&a);
    world_node_close(&b);
    world_close(&w);
}

static void a_catalogue_is_published_and_survives(void **state)
{
    (void)state;
    struct world w;
    struct world_node a;
    struct hub_position at;
    world_open(&w, 23);
    assert_null(hub_store_catalogue(w.store));
    assert_int_equal(hub_store_project(w.store), ERR_OK);
    world_node_open(&w, &a, "26170", 231);
    struct id_version v = save_person(&a, 1, "Lan", "075123456789"); /* before the catalogue */
    assert_int_equal(world_push(&w, &a), ERR_OK);
    publish(&w);
    hub_store_position(w.store, &at);
    assert_int_equal(at.edition, 1);
    assert_non_null(catalogue_type_by_name(hub_store_catalogue(w.store), "person"));
    struct catalogue_error why;
    assert_int_equal(hub_store_catalogue_try(w.store, hub_store_catalogue(w.store),
                                             &(struct catalogue_mistakes){&why, 1, 0}),
                     ERR_OK);
    assert_int_equal(hub_store_project(w.store), ERR_OK);
    assert_int_equal(number(&w, "SELECT count(*) FROM person WHERE full_name = 'Lan' AND "
                                "unit = '26170'"),
                     1);
    world_reopen(&w);
    hub_store_position(w.store, &at);
    assert_int_equal(at.edition, 1);
    assert_non_null(hub_store_catalogue(w.store));
    assert_int_equal(hub_store_project(w.store), ERR_OK);
    /* Deleted: the row goes. */
    uint8_t digest[18] = {0xc4, 16}, hash[32], versions[40];
    memcpy(versions, v.b, 20);
    memcpy(versions + 20, v.b, 20);
    crypto_generichash(hash, 32, versions, 40, NULL, 0); /* two fields of one version */
    memcpy(digest + 2, hash, 16);
    struct world_op o;
    struct id_record rid = rid_of(1);
    world_op_begin(&o, CHANGE_DELETE, &rid, PERSON);
    world_op_value(&o, 0, BYTES_OF(digest), NULL, 0);
    struct bytes p = world_op_end(&o);
    world_save(&a, &p, 1);
    world_op_free(&o);
    assert_int_equal(world_push(&w, &a), ERR_OK);
    assert_int_equal(hub_store_project(w.store), ERR_OK);
    assert_int_equal(number(&w, "SELECT count(*) FROM person"), 0);
    /* Taken back with its transaction, an edition is gone from memory too. */
    struct admin_edition ed = {.edition = 2, .parts = 1};
    struct buf b;
    buf_init(&b, 1000);
    admin_edition_encode(&ed, &b);
    p = buf_bytes(&b);
    assert_int_equal(hub_store_begin(w.store), ERR_OK);
    assert_int_not_equal(hub_own_append(w.store, &w.keys,
                                        &(struct hub_own_set){.payloads = &p, .count = 1}, w.now_ms,
                                        NULL),
                         ERR_OK); /* its parts never came */
    hub_store_rollback(w.store);
    hub_store_position(w.store, &at);
    assert_int_equal(at.edition, 1);
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    buf_free(&b);
    world_node_close(&a);
    world_close(&w);
}

static enum err invite_keep(void *ctx, const struct hub_invite *i)
{
    *(struct hub_invite *)ctx = *i;
    return ERR_OK;
}

static enum err node_keep(void *ctx, const struct hub_node_row *n)
{
    *(struct hub_node_row *)ctx = *n;
    return ERR_OK;
}

/* The catalogue with a field of persons taken out, or split into two new ones. */
static void publish_without(struct world *w, const char *gone, const char *more)
{
    size_t count = 0;
    struct catalogue_file *files = catalogue_load("catalogue", &count);
    struct buf fields;
    buf_init(&fields, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(files[i].name, "fields.csv") != 0) continue;
        const char *at = strstr((const char *)files[i].data.p, gone);
        assert_non_null(at);
        const char *end = strchr(at, '\n');
        assert_non_null(end);
        size_t before = (size_t)((const uint8_t *)at - files[i].data.p),
               cut = (size_t)(end + 1 - at);
        buf_add(&fields, files[i].data.p, before);
        buf_add(&fields, more, strlen(more));
        buf_add(&fields, files[i].data.p + before + cut, files[i].data.len - before - cut);
        assert_int_equal(fields.e, ERR_OK);
        struct bytes was = files[i].data;
        files[i].data = buf_bytes(&fields);
        world_publish(w, files, count);
        files[i].data = was;
    }
    assert_true(fields.len > 0);
    catalogue_unload(files, count);
    buf_free(&fields);
}

static void save_names(struct world_node *n, enum change_kind kind, unsigned rid, unsigned field,
                       const char *text)
{
    struct world_op o;
    struct id_record r = rid_of(rid);
    world_op_begin(&o, kind, &r, PERSON);
    if (kind == CHANGE_CREATE) world_op_text(&o, NAME, "Lan", NULL, 0);
    world_op_text(&o, field, text, NULL, 0);
    struct bytes p = world_op_end(&o);
    world_save(n, &p, 1);
    world_op_free(&o);
}

/* Fault D5: written before, written by a PC that does not know it yet, and there again with the field. */
static void a_field_goes_and_is_split_under_its_data(void **state)
{
    (void)state;
    enum { OTHER = 2, FIRST = 60, SECOND = 61 };
    static const char gone[] = "person,2,other_names,";
    struct world w;
    struct world_node a;
    struct id_record one = rid_of(1), two = rid_of(2);
    size_t conflicts = 1;
    world_open(&w, 29);
    world_node_open(&w, &a, "26170", 291);
    publish(&w);
    save_names(&a, CHANGE_CREATE, 1, OTHER, "Tám");
    assert_int_equal(world_push(&w, &a), ERR_OK);
    assert_int_equal(hub_store_project(w.store), ERR_OK);
    assert_int_equal(number(&w, "SELECT count(*) FROM person WHERE other_names = 'Tám'"), 1);

    publish_without(
        &w, gone,
        "person,60,street_name,text,,Tên gọi ở phố,Street name,Nhân thân,,,2,ask,,,,,,\n"
        "person,61,pen_name,text,,Bút danh,Pen name,Nhân thân,,,2,ask,,,,,,\n");
    assert_int_equal(hub_store_project(w.store), ERR_OK);
    assert_string_equal(world_text(&w, &one, OTHER, NULL), "Tám");
    save_names(&a, CHANGE_CREATE, 2, OTHER, "Chín"); /* its form is of the old edition */
    save_names(&a, CHANGE_EDIT, 1, FIRST, "Bảy");
    save_names(&a, CHANGE_EDIT, 1, SECOND, "Ngọc");
    assert_int_equal(world_push(&w, &a), ERR_OK);
    assert_int_equal(hub_store_project(w.store), ERR_OK);
    assert_string_equal(world_text(&w, &one, OTHER, &conflicts), "Tám");
    assert_int_equal(conflicts, 0);
    assert_string_equal(world_text(&w, &two, OTHER, &conflicts), "Chín");
    assert_int_equal(conflicts, 0);
    assert_int_equal(number(&w, "SELECT count(*) FROM person"), 2);
    assert_int_equal(
        number(&w, "SELECT count(*) FROM person WHERE street_name = 'Bảy' AND pen_name = 'Ngọc'"),
        1);
    assert_int_equal(hub_store_check(w.store), ERR_OK);

    publish(&w); /* the field is back, and so is all that was written of it */
    world_reopen(&w);
    assert_int_equal(hub_store_project(w.store), ERR_OK);
    assert_int_equal(number(&w, "SELECT count(*) FROM person WHERE other_names IN ('Tám', 'Chín')"),
                     2);
    assert_string_equal(world_text(&w, &one, SECOND, NULL), "Ngọc");
    assert_int_equal(hub_store_check(w.store), ERR_OK);
    world_node_close(&a);
    world_close(&w);
}

static void an_invitation_is_for_one_node(void **state)
{
    (void)state;
    struct world w;
    struct world_node a, b;
    struct hub_invite i;
    char unit[ADMIN_UNIT_BYTES_MAX + 1], name[MESSAGE_TEXT_MAX + 1];
    const uint8_t token[16] = {1, 2, 3}, other[16] = {9};
    world_open(&w, 24);
    world_node_open(&w, &a, "26170", 241);
    world_node_open(&w, &b, "26173", 242);
    const struct id_hash *na = &a.hub_node.node, *nb = &b.hub_node.node;
    assert_int_equal(hub_store_invite_create(w.store, token, "26170", "Vĩnh An", 100, 200), ERR_OK);
    assert_int_equal(hub_store_invite_create(w.store, token, "26170", "Vĩnh An", 100, 200),
                     ERR_EXISTS);
    assert_int_equal(hub_store_invite_check(w.store, other, na, 150, unit, name), ERR_NOT_FOUND);
    assert_int_equal(hub_store_invite_check(w.store, token, na, 201, unit, name), ERR_TIMEOUT);
    assert_int_equal(hub_store_invite_check(w.store, token, na, 200, unit, name), ERR_OK);
    assert_string_equal(unit, "26170");
    assert_string_equal(name, "Vĩnh An");
    assert_int_equal(hub_store_invite_use(w.store, token, na,
                                          bytes_str("PC \xE2\x80\xAE\x1b"
                                                    "1"),
                                          160),
                     ERR_OK); /* U+202E, which would turn the line that it is shown in */
    assert_int_equal(number(&w, "SELECT count(*) FROM sys_invite WHERE name = 'PC 1'"), 1);
    assert_int_equal(hub_store_invite_check(w.store, token, na, 500, unit, name), ERR_OK);
    assert_int_equal(hub_store_invite_check(w.store, token, nb, 160, unit, name), ERR_EXISTS);
    assert_int_equal(hub_store_invite_use(w.store, token, nb, bytes_str("PC 2"), 160),
                     ERR_NOT_FOUND);
    assert_int_equal(hub_store_invites(w.store, invite_keep, &i), ERR_OK);
    assert_true(i.used && ID_EQUAL(&i.node, na));
    assert_int_equal(
        number(&w,
               "SELECT count(*) FROM sys_invite WHERE token = x'01020300000000000000000000000000'"),
        0);

    struct message_hello_node hello = {.waiting_sets = 5, .clock_ms = 1500, .edition = 3};
    struct hub_node_row row;
    assert_int_equal(hub_store_begin(w.store), ERR_OK);
    assert_int_equal(hub_store_contact(w.store, nb, &hello, 1000), ERR_OK);
    assert_int_equal(hub_store_contact(w.store, &w.keys.hub, &hello, 1000), ERR_NOT_FOUND);
    assert_int_equal(hub_store_commit(w.store), ERR_OK);
    assert_int_equal(hub_store_nodes(w.store, node_keep, &row), ERR_OK);
    assert_string_equal(row.node.unit, "26173");
    assert_true(row.seen);
    assert_int_equal(row.waiting_sets, 5);
    assert_int_equal(row.clock_off_ms, 500);
    world_node_close(&a);
    world_node_close(&b);
    world_close(&w);
}

static void a_token_opens_until_it_is_revoked(void **state)
{
    (void)state;
    struct world w;
    uint8_t token[HUB_TOKEN_BYTES] = {7}, wrong[HUB_TOKEN_BYTES] = {8};
    char name[MESSAGE_TEXT_MAX + 1];
    world_open(&w, 25);
    assert_int_equal(hub_store_token_check(w.store, BYTES_OF(token), name), ERR_DENIED);
    assert_int_equal(hub_store_token_add(w.store, "Sở", token, 1), ERR_OK);
    assert_int_equal(hub_store_token_check(w.store, BYTES_OF(token), name), ERR_OK);
    assert_string_equal(name, "Sở");
    assert_int_equal(hub_store_token_check(w.store, BYTES_OF(wrong), name), ERR_DENIED);
    assert_int_equal(hub_store_token_check(w.store, bytes_make(token, 31), name), ERR_DENIED);
    assert_int_equal(hub_store_token_revoke(w.store, "Sở", 2), ERR_OK);
    assert_int_equal(hub_store_token_revoke(w.store, "Sở", 2), ERR_NOT_FOUND);
    assert_int_equal(hub_store_token_check(w.store, BYTES_OF(token), name), ERR_DENIED);
    world_close(&w);
}

static void damage_is_found(void **state)
{
    (void)state;
    static const char *const harm[] = {
        "UPDATE sys_log SET body = substr(body, 1, length(body) - 1) || x'77' WHERE pos = 3",
        "UPDATE sys_log SET p = zeroblob(32) WHERE pos = 3",
        "UPDATE sys_record SET pos = pos - 1",
        "UPDATE sys_record SET conflicts = 1",
        "DELETE FROM sys_record",
    };
    for (size_t i = 0; i < sizeof harm / sizeof harm[0]; i++) {
        struct world w;
        struct world_node a;
        world_open(&w, 26);
        world_node_open(&w, &a, "26170", 261);
        save_person(&a, 1, "Lan", "075123456789");
        assert_int_equal(world_push(&w, &a), ERR_OK);
        assert_int_equal(hub_store_check(w.store), ERR_OK);
        assert_int_equal(db_exec(hub_store_db(w.store), harm[i]), ERR_OK);
        assert_int_equal(hub_store_check(w.store), ERR_DAMAGED);
        world_node_close(&a);
        world_close(&w);
    }
}

static void a_missing_or_present_file_is_told(void **state)
{
    (void)state;
    struct world w;
    struct hub_store *s = NULL;
    world_open(&w, 27);
    struct hub_store_options o = {.path = w.path, .create = true};
    assert_int_equal(hub_store_open(&o, &s), ERR_EXISTS);
    o = (struct hub_store_options){.path = "/tmp/dongbo-no-such-hub.db"};
    assert_int_equal(hub_store_open(&o, &s), ERR_NOT_READY);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_feed_in_steps_equals_one_from_the_beginning),
        cmocka_unit_test(a_decision_reaches_the_commune_it_concerns_and_no_other),
        cmocka_unit_test(one_person_in_two_communes_is_found_and_decided),
        cmocka_unit_test(one_person_on_two_pcs_of_a_commune_is_found),
        cmocka_unit_test(a_commune_makes_no_record_of_a_type_that_stays_at_the_hub),
        cmocka_unit_test(a_catalogue_is_published_and_survives),
        cmocka_unit_test(a_field_goes_and_is_split_under_its_data),
        cmocka_unit_test(an_invitation_is_for_one_node),
        cmocka_unit_test(a_token_opens_until_it_is_revoked),
        cmocka_unit_test(damage_is_found),
        cmocka_unit_test(a_missing_or_present_file_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
