/* Going back in time: nodes and the hub restored from old copies, clones, forks; nothing that anyone
 * still holds is lost, nothing is overwritten unseen. Whole sessions over real stores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/io/db.h"
#include "hub/command.h"
#include "hub/command_priv.h"
#include "hub/own.h"
#include "hub/store_erase.h"
#include "hub/store_nodes.h"
#include "hub/store_order.h"
#include "hub/store_records.h"
#include "hub/store_repair.h"
#include "hub/verify.h"
#include "node/own.h"
#include "node/store_alarm.h"
#include "node/store_erase.h"
#include "node/store_repair.h"
#include "proto/erase.h"
#include "proto/move.h"
#include "proto/wire.h"
#include "tests/lib/pair.h"

#define OK(call) assert_int_equal((call), ERR_OK)

/* ---- a model of what was typed ---- */

enum { WRITES_MAX = 4000, RECORDS_MAX = 400, HUB = PAIR_NODES };

struct model {
    struct id_record rids[RECORDS_MAX];
    unsigned owner[RECORDS_MAX]; /* unit: 0 or 1 */
    unsigned records;
    struct {
        unsigned record;
        unsigned bases[8]; /* writes that the form showed */
        unsigned base_count;
        unsigned author;
        bool known[PAIR_NODES + 1]; /* who holds it: nodes, HUB */
    } writes[WRITES_MAX];
    unsigned count;
    size_t conflicts, extra;
};

static struct model model;

static unsigned unit_of(unsigned node)
{
    return node < PAIR_MAKE ? node : 0; /* clones are of the first */
}

/* Texts of the heads of PAIR_NAME in a fold, as numbers of writes. */
static unsigned texts_of(const struct fold *f, unsigned *out, unsigned max)
{
    const struct fold_register *reg = fold_find(f, PAIR_NAME, bytes_make(NULL, 0));
    unsigned n = 0;
    for (size_t i = 0; reg != NULL && i < reg->count; i++) {
        struct wire_reader r;
        char text[32] = "";
        wire_open(&r, reg->heads[i].value);
        struct bytes t = wire_get_str(&r);
        assert_true(t.len < sizeof text);
        memcpy(text, t.p, t.len);
        unsigned w = (unsigned)strtoul(text + 1, NULL, 10);
        bool there = false;
        for (unsigned k = 0; k < n; k++)
            there = there || out[k] == w;
        assert_true(n < max);
        if (!there) out[n++] = w;
    }
    return n;
}

static unsigned node_texts(struct pair_node *n, const struct id_record *rid, unsigned out[8],
                           struct buf *bases)
{
    struct node_store_record r;
    unsigned count = 0;
    OK(node_store_record_init(&r));
    enum err e = node_store_record_read(n->store, rid, &r);
    if (e == ERR_OK) {
        const struct fold_register *reg = fold_find(&r.fold, PAIR_NAME, bytes_make(NULL, 0));
        count = texts_of(&r.fold, out, 8);
        buf_clear(bases);
        fold_bases(&r.fold, reg, bases);
        OK(bases->e);
    } else {
        assert_int_equal(e, ERR_NOT_FOUND);
    }
    node_store_record_free(&r);
    return count;
}

static unsigned hub_texts(struct pair *w, const struct id_record *rid, unsigned out[64],
                          struct buf *bases)
{
    struct fold f;
    struct buf state;
    unsigned type = 0, count = 0;
    uint64_t position = 0;
    OK(fold_init(&f));
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = hub_store_record(w->hub.store, rid, &state, &type, NULL, &position);
    if (e == ERR_OK) {
        OK(fold_load(&f, buf_bytes(&state)));
        count = texts_of(&f, out, 64);
        if (bases != NULL) {
            buf_clear(bases);
            fold_bases(&f, fold_find(&f, PAIR_NAME, bytes_make(NULL, 0)), bases);
        }
    }
    fold_free(&f);
    buf_free(&state);
    return count;
}

static unsigned type_write(unsigned record, unsigned who, const unsigned *bases, unsigned count)
{
    unsigned w = model.count++;
    assert_true(w < WRITES_MAX);
    memset(&model.writes[w], 0, sizeof model.writes[w]);
    model.writes[w].record = record;
    model.writes[w].known[who] = true;
    assert_true(count <= 8);
    if (count > 0) memcpy(model.writes[w].bases, bases, count * sizeof *bases);
    model.writes[w].author = who;
    model.writes[w].base_count = count;
    return w;
}

static void do_create(struct pair *w, unsigned who)
{
    char text[32];
    struct id_record rid;
    if (model.records == RECORDS_MAX) return;
    unsigned record = model.records++;
    unsigned write = type_write(record, who, NULL, 0);
    snprintf(text, sizeof text, "w%u", write);
    pair_save(&w->nodes[who], CHANGE_CREATE, &rid, text, bytes_make(NULL, 0));
    model.rids[record] = rid;
    model.owner[record] = unit_of(who);
}

static void do_edit(struct pair *w, unsigned who)
{
    char text[32];
    unsigned seen[64];
    struct buf bases;
    if (model.records == 0) return;
    unsigned record = rng_below(&w->rng, model.records);
    buf_init(&bases, 8192);
    if (who == HUB) {
        unsigned n = hub_texts(w, &model.rids[record], seen, &bases);
        if (n > 0 && n <= 8) {
            snprintf(text, sizeof text, "w%u", type_write(record, HUB, seen, n));
            pair_hub_save(w, CHANGE_EDIT, &model.rids[record], text, buf_bytes(&bases));
        }
    } else if (model.owner[record] == unit_of(who)) {
        unsigned n = node_texts(&w->nodes[who], &model.rids[record], seen, &bases);
        if (n > 0) {
            snprintf(text, sizeof text, "w%u", type_write(record, who, seen, n));
            pair_save(&w->nodes[who], CHANGE_EDIT, &model.rids[record], text, buf_bytes(&bases));
        }
    }
    buf_free(&bases);
}

/* A complete session: the hub has what the node had; the node has the hub's own sets on its records
 * (given back later than own ones: `all`). */
static void note_synced(unsigned who, bool all)
{
    for (unsigned i = 0; i < model.count; i++) {
        bool mine = model.owner[model.writes[i].record] == unit_of(who);
        bool hubs = model.writes[i].author == HUB;
        if (model.writes[i].known[who] && (all || !hubs)) model.writes[i].known[HUB] = true;
        if (model.writes[i].known[HUB] && hubs && mine) model.writes[i].known[who] = true;
    }
}

static void note_copy(unsigned from, bool *saved)
{
    for (unsigned i = 0; i < WRITES_MAX; i++)
        saved[i] = i < model.count && model.writes[i].known[from];
}

static void note_restore(unsigned to, const bool *saved)
{
    for (unsigned i = 0; i < model.count; i++)
        model.writes[i].known[to] = saved[i];
}

static void tell_record(unsigned record)
{
    for (unsigned i = 0; i < model.count; i++) {
        if (model.writes[i].record != record) continue;
        printf("  write %u by %u, held by", i, model.writes[i].author);
        for (unsigned k = 0; k <= PAIR_NODES; k++)
            if (model.writes[i].known[k]) printf(" %u", k);
        printf(", saw");
        for (unsigned k = 0; k < model.writes[i].base_count; k++)
            printf(" %u", model.writes[i].bases[k]);
        printf("\n");
    }
}

/* Bases always have lower numbers. */
static void seen_by(const unsigned *heads, unsigned n, bool *seen)
{
    memset(seen, 0, WRITES_MAX * sizeof *seen);
    for (unsigned k = model.count; k > 0; k--) {
        bool of = seen[k - 1];
        for (unsigned h = 0; h < n; h++)
            of = of || heads[h] == k - 1;
        for (unsigned b = 0; of && b < model.writes[k - 1].base_count; b++)
            seen[model.writes[k - 1].bases[b]] = true;
    }
}

/* After all nodes synced: what anybody held is at the hub; a write that nobody named is shown. */
static void check_model(struct pair *w, const char *what)
{
    for (unsigned r = 0; r < model.records; r++) {
        unsigned heads[64];
        unsigned n = hub_texts(w, &model.rids[r], heads, NULL);
        bool created =
            false; /* else nobody holds the record itself: edits of it are held, and kept */
        for (unsigned i = 0; i < model.count; i++)
            created = created || (model.writes[i].record == r && model.writes[i].base_count == 0 &&
                                  model.writes[i].known[HUB]);
        if (!created) continue;
        if (n > 1) model.conflicts++;
        static bool seen[WRITES_MAX]; /* by the writers of what is shown, or by those they saw */
        seen_by(heads, n, seen);
        for (unsigned i = 0; i < model.count; i++) {
            if (model.writes[i].record != r || !model.writes[i].known[HUB]) continue;
            bool shown = false;
            for (unsigned k = 0; k < n; k++)
                shown = shown || heads[k] == i;
            bool named = seen[i];
            if (!named && !shown)
                printf(
                    "%s: write %u of record %u by %u is held but not shown; %u heads, first %u\n",
                    what, i, r, model.writes[i].author, n, heads[0]);
            if (!named && !shown) tell_record(r);
            assert_true(named || shown);
        }
        for (unsigned k = 0; k < n; k++)
            model.extra += seen[heads[k]]; /* a head that a writer of another had seen */
    }
}

static void check_hub_log(struct pair *w)
{
    struct hub_verified_log v;
    enum err e = hub_verify_log(w->hub.store, NULL, NULL, &v);
    assert_int_equal(e, ERR_OK);
}

/* All nodes come together; those that lost something need a second time after the others. */
static void gather(struct pair *w, const char *what)
{
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < PAIR_NODES; i++) {
            if (!w->nodes[i].active) continue;
            enum err e = pair_settle(&w->nodes[i]);
            if (e != ERR_OK) printf("%s: node %u ends with %s\n", what, i, err_name(e));
            assert_int_equal(e, ERR_OK);
            note_synced(i, true);
        }
    }
    for (unsigned i = 0; i < PAIR_NODES; i++) {
        if (!w->nodes[i].active) continue;
        pair_assert_scope(&w->nodes[i]);
        assert_int_equal(pair_status(&w->nodes[i]).waiting, 0);
    }
    check_model(w, what);
    check_hub_log(w);
}

static size_t alarms;
static int64_t alarm_no; /* of the last one counted */
static enum err count_alarm(void *ctx, const struct hub_alarm *a)
{
    const enum hub_alarm_kind *kind = ctx;
    if (a->kind != *kind) return ERR_OK;
    alarms++;
    alarm_no = a->no;
    return ERR_OK;
}

static size_t alarms_of(struct pair *w, enum hub_alarm_kind kind)
{
    alarms = 0;
    OK(hub_store_alarms(w->hub.store, false, count_alarm, &kind));
    return alarms;
}

static void begin(struct pair *w, uint64_t seed)
{
    memset(&model, 0, sizeof model);
    pair_random_state.s = seed * 7919;
    pair_open(w, seed);
}

/* ---- tests ---- */

enum { STORY = 14 };

/* One step of a story at node 0: odd steps save, even ones sync or are edited at the hub. */
static void story_step(struct pair *w, int i)
{
    do_create(w, 0);
    do_edit(w, 0);
    if (i % 3 == 2) {
        OK(pair_settle(&w->nodes[0]));
        note_synced(0, false);
        do_edit(w, HUB);
        do_edit(w, 0);
    }
}

static void a_node_restored_from_every_earlier_moment_loses_nothing(void **state)
{
    (void)state;
    for (int moment = 0; moment < STORY; moment++) {
        for (int typed = 0; typed < 3; typed++) { /* saves between the restore and the contact */
            struct pair w;
            struct pair_copy c = {0};
            static bool saved[WRITES_MAX];
            char what[64];
            begin(&w, 100 + (uint64_t)moment);
            pair_join(&w.nodes[0]);
            OK(pair_settle(&w.nodes[0]));
            for (int i = 0; i < STORY; i++) {
                if (i == moment) {
                    pair_node_copy(&w.nodes[0], &c);
                    note_copy(0, saved);
                }
                story_step(&w, i);
            }
            if (moment % 2 == 0) OK(pair_settle(&w.nodes[0]));
            if (moment % 2 == 0) note_synced(0, false);
            pair_node_back(&w.nodes[0], &c);
            note_restore(0, saved);
            for (int i = 0; i < typed; i++) {
                do_edit(&w, 0);
                do_create(&w, 0);
            }
            snprintf(what, sizeof what, "moment %d, %d typed", moment, typed);
            gather(&w, what);
            do_edit(&w, 0);
            gather(&w, what);
            buf_free(&c.bytes);
            pair_close(&w);
        }
    }
}

static enum err fork_seen(void *ctx, const struct node_alarm *a)
{
    *(unsigned *)ctx += a->kind == NODE_ALARM_FORK;
    return ERR_OK;
}

static unsigned forks_at(struct pair_node *n)
{
    unsigned count = 0;
    OK(node_store_alarms(n->store, false, fork_seen, &count));
    return count;
}

static void a_clone_goes_on_beside_its_original_and_alarms(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy c = {0};
    static bool saved[WRITES_MAX];
    begin(&w, 7);
    pair_join(&w.nodes[0]);
    for (int i = 0; i < 5; i++)
        story_step(&w, i);
    pair_node_copy(&w.nodes[0], &c);
    note_copy(0, saved);
    pair_clone(&w, 0, 2, &c);
    note_restore(2, saved);
    assert_int_equal(alarms_of(&w, HUB_ALARM_CLONE), 0);
    for (int i = 0; i < 6; i++) {
        unsigned who = i % 2 ? 2 : 0;
        do_create(&w, who);
        do_edit(&w, who);
        OK(pair_settle(&w.nodes[who]));
        note_synced(who, false);
        /* the second PC's first contact is an alarm already, there and at the hub: it looks like a restored copy;
         * the first one's next contact shows both alive */
        assert_int_equal(alarms_of(&w, HUB_ALARM_FORK), i >= 1);
        if (i == 1) assert_int_equal(forks_at(&w.nodes[2]), 1);
        if (i >= 2) assert_int_equal(alarms_of(&w, HUB_ALARM_CLONE), 1);
    }
    assert_int_equal(alarms_of(&w, HUB_ALARM_CLONE), 1); /* a fork's alarm may stand beside it */
    OK(hub_store_alarm_ack(w.hub.store, alarm_no, 5));
    gather(&w, "clone");
    assert_int_equal(alarms_of(&w, HUB_ALARM_CLONE), 0); /* settled, and nothing new */
    printf("clone: %zu conflicts, %zu of them with a version twice\n", model.conflicts,
           model.extra);
    buf_free(&c.bytes);
    pair_close(&w);
}

static void a_hub_restored_from_every_earlier_moment_gets_all_back(void **state)
{
    (void)state;
    for (int moment = -2; moment < STORY; moment++) { /* -2: before the enrolment */
        struct pair w;
        struct pair_copy c = {0};
        char what[64];
        begin(&w, 200 + (uint64_t)moment);
        if (moment == -2) pair_hub_copy(&w, &c);
        pair_join(&w.nodes[0]);
        if (moment == -1) pair_hub_copy(&w, &c);
        pair_join(&w.nodes[1]);
        OK(pair_settle(&w.nodes[0]));
        for (int i = 0; i < STORY; i++) {
            if (i == moment) pair_hub_copy(&w, &c);
            story_step(&w, i);
            do_create(&w, 1);
            if (i % 4 == 1) OK(pair_settle(&w.nodes[1]));
            if (i % 4 == 1) note_synced(1, false);
        }
        OK(pair_settle(&w.nodes[0])); /* so that every own set of the hub is held by a node */
        note_synced(0, false);
        OK(pair_settle(&w.nodes[1]));
        struct hub_identity before, after;
        OK(hub_store_identity(w.hub.store, &before));
        pair_hub_back(&w, &c);
        snprintf(what, sizeof what, "hub at moment %d", moment);
        gather(&w, what);
        OK(hub_store_identity(w.hub.store, &after));
        assert_true(before.epoch != after.epoch);
        assert_int_equal(alarms_of(&w, HUB_ALARM_WENT_BACK), 1);
        int64_t since_ms = 0;
        OK(hub_store_confirm_wanted(w.hub.store, &since_ms));
        assert_true(since_ms != 0);
        OK(hub_store_begin(w.hub.store));
        OK(hub_store_confirm(w.hub.store));
        assert_int_equal(hub_store_confirm(w.hub.store), ERR_NOT_FOUND);
        OK(hub_store_commit(w.hub.store));
        do_edit(&w, HUB);
        do_edit(&w, 0);
        gather(&w, what);
        assert_int_equal(alarms_of(&w, HUB_ALARM_WENT_BACK), 1); /* one loss, one epoch */
        buf_free(&c.bytes);
        pair_close(&w);
    }
}

/* ---- officers ---- */

static void own(struct pair *w, struct bytes payload)
{
    OK(hub_store_begin(w->hub.store));
    OK(hub_own_append(w->hub.store, &w->hub.keys,
                      &(struct hub_own_set){.payloads = &payload, .count = 1}, PAIR_WALL, NULL));
    OK(hub_store_commit(w->hub.store));
}

static void officer(struct pair *w, struct key_sign *k, const char *name, bool vouched)
{
    struct order_officer o = {.name = bytes_str(name), .roles = ORDER_ROLE_ALL};
    struct buf payload;
    if (k->secret == NULL) OK(key_sign_make(k, KEY_OFFICER));
    memcpy(o.pk, k->public, sizeof o.pk);
    OK(order_officer_prove(k, &w->hub.id, &o));
    if (vouched) OK(order_officer_vouch(&w->hub.root, &w->hub.id, &o));
    buf_init(&payload, 1024);
    order_officer_encode(&o, &payload);
    own(w, buf_bytes(&payload));
    buf_free(&payload);
}

static void officer_ends(struct pair *w, const struct key_sign *k)
{
    struct order_revoke v = {.reason = bytes_str("khóa đã lộ")};
    struct buf payload;
    memcpy(v.pk, k->public, sizeof v.pk);
    buf_init(&payload, 1024);
    order_revoke_encode(&v, &payload);
    own(w, buf_bytes(&payload));
    buf_free(&payload);
}

/* Two of them order that a record be erased. */
static enum err erase(struct pair *w, const struct key_sign *a, const struct key_sign *b,
                      const struct id_record *rid)
{
    static uint8_t nonce;
    const struct key_sign *by[2] = {a, b};
    struct buf content, bytes, payload;
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&bytes, ORDER_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    erase_encode(&(struct erase_list){.records = (struct id_record[]){*rid}, .record_count = 1},
                 &content);
    struct order o = {.hub = w->hub.id,
                      .kind = bytes_str("erase"),
                      .nonce = {++nonce},
                      .basis = bytes_str("Luật 91/2025/QH15, Điều 14"),
                      .content = buf_bytes(&content)};
    order_encode(&o, &bytes);
    struct order_op op = {.order = buf_bytes(&bytes)};
    for (unsigned i = 0; i < 2; i++) {
        memcpy(op.by[i].pk, by[i]->public, sizeof op.by[i].pk);
        OK(order_sign(by[i], op.order, op.by[i].signature));
    }
    order_op_encode(&op, &payload);
    struct bytes p = buf_bytes(&payload);
    OK(hub_store_begin(w->hub.store));
    enum err e = hub_own_append(w->hub.store, &w->hub.keys,
                                &(struct hub_own_set){.payloads = &p, .count = 1}, PAIR_WALL, NULL);
    if (e == ERR_OK) e = hub_store_commit(w->hub.store);
    if (e != ERR_OK) hub_store_rollback(w->hub.store);
    buf_free(&content);
    buf_free(&bytes);
    buf_free(&payload);
    return e;
}

static bool officer_lives(struct pair *w, const struct key_sign *k)
{
    struct order_register *r = calloc(1, sizeof *r);
    assert_non_null(r);
    OK(hub_store_officers(w->hub.store, r));
    const struct order_person *p = order_register_find(r, k->public);
    bool lives = p != NULL && !p->revoked;
    free(r);
    return lives;
}

/* Hub and nodes have the same list: no session sends all of it again. */
static void same_lists(struct pair *w)
{
    uint8_t sum[8], theirs[8];
    uint32_t count = 0, n = 0;
    OK(hub_store_erasure_end(w->hub.store, &count, sum));
    for (unsigned i = 0; i < 2; i++) {
        OK(node_store_erasure_end(w->nodes[i].store, &n, theirs));
        assert_int_equal(n, count);
        assert_memory_equal(sum, theirs, sizeof sum);
    }
}

/* The hub opens without the file beside its database: all that it knew is lost. */
static void without_lists(void)
{
    unlink("erased.list");
    unlink("revoked.list");
}

static void settle_all(struct pair *w)
{
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 2; i++)
            OK(pair_settle(&w->nodes[i]));
    }
    same_lists(w);
}

/*
 * The hub loses the end of its log: two officers were recorded in it, and a third one's key ended. Then An is
 * recorded anew under her name, with another key, before any commune told of the first. (SPEC 12.2)
 */
static void officers_recorded_anew_meet_those_that_come_back(void **state)
{
    (void)state;
    for (unsigned vouched = 0; vouched < 2; vouched++) {
        struct pair w;
        struct pair_copy c = {0};
        struct key_sign first = {0}, anew = {0}, binh = {0}, chi = {0};
        struct id_record rids[2];
        begin(&w, 900 + vouched);
        pair_join(&w.nodes[0]);
        pair_join(&w.nodes[1]);
        for (unsigned i = 0; i < 2; i++)
            pair_save(&w.nodes[0], CHANGE_CREATE, &rids[i], "một người", bytes_make(NULL, 0));
        if (vouched) officer(&w, &chi, "Lê Chi", false);
        settle_all(&w);
        without_lists();
        pair_hub_copy(&w, &c);
        officer(&w, &first, "Nguyễn Thị An", vouched);
        officer(&w, &binh, "Trần Bình", vouched);
        if (vouched) officer_ends(&w, &chi);
        settle_all(&w);
        without_lists();
        pair_hub_back(&w, &c);
        assert_int_equal(officer_lives(&w, &chi), vouched); /* not for long */
        officer(&w, &anew, "Nguyễn Thị An", vouched);
        settle_all(&w);
        assert_true(officer_lives(&w, &first));
        assert_true(officer_lives(&w, &anew));
        assert_false(officer_lives(&w, &chi));
        assert_int_equal(erase(&w, &first, &anew, &rids[0]), ERR_DENIED); /* one person */
        if (vouched) {
            assert_int_equal(erase(&w, &chi, &binh, &rids[0]), ERR_REVOKED);
            OK(erase(&w, &anew, &binh, &rids[0]));
        } else { /* a commune that knew two takes no third one without the root key's word */
            assert_false(officer_lives(&w, &binh));
            officer(&w, &binh, "Trần Bình", true);
            officer_ends(&w, &anew);
            OK(erase(&w, &first, &binh, &rids[0]));
        }
        settle_all(&w);
        struct node_store_record gone;
        OK(node_store_record_init(&gone));
        assert_int_equal(node_store_record_read(w.nodes[0].store, &rids[0], &gone), ERR_NOT_FOUND);
        node_store_record_free(&gone);
        assert_int_equal(pair_heads(&w.nodes[0], &rids[1], NULL), 1);
        struct hub_verified_log v;
        OK(hub_verify_log(w.hub.store, NULL, NULL, &v));
        key_sign_free(&first);
        key_sign_free(&anew);
        key_sign_free(&binh);
        key_sign_free(&chi);
        buf_free(&c.bytes);
        pair_close(&w);
    }
}

/* ---- who has finished, for the two who confirm ---- */

static unsigned notes; /* ends of sessions that the hub wrote down */

static bool counts_notes(void *ctx, const char *what)
{
    (void)ctx;
    notes += strcmp(what, "gave back") == 0;
    return true;
}

static enum err count_finished(void *ctx, const struct hub_node_row *n)
{
    *(unsigned *)ctx += n->finished;
    return ERR_OK;
}

static unsigned finished(struct pair *w)
{
    unsigned n = 0;
    OK(hub_store_nodes(w->hub.store, count_finished, &n));
    return n;
}

/* A PC that called is not one that is done: what it holds of the hub's own work comes in the session after the one that
 * told it what did not come down again. (SPEC 7.14) */
static void who_called_after_a_restore_is_not_yet_done(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy c = {0};
    struct id_record rid;
    begin(&w, 1100);
    struct pair_node *n = &w.nodes[0];
    hub_engine_free(w.hub.engine);
    w.hub.step = counts_notes;
    pair_hub_engine(&w);
    pair_join(n);
    pair_join(&w.nodes[1]);
    pair_save(n, CHANGE_CREATE, &rid, "một người", bytes_make(NULL, 0));
    settle_all(&w);
    without_lists();
    pair_hub_copy(&w, &c);
    pair_hub_save(&w, CHANGE_EDIT, &rid, "huyện viết", bytes_make(NULL, 0));
    pair_save(n, CHANGE_CREATE, &rid, "người nữa", bytes_make(NULL, 0)); /* its receipt is proof */
    settle_all(&w);
    without_lists();
    pair_hub_back(&w, &c);
    notes = 0;
    assert_int_equal(pair_attempt(n), ERR_AGAIN); /* it proves the loss */
    assert_int_equal(finished(&w), 0);
    uint64_t lost = pair_hub_position(&w);
    OK(pair_attempt(n)); /* it called, and sees what is not there any more */
    assert_int_equal(finished(&w), 0);
    w.cut_after = 900;
    assert_int_not_equal(pair_attempt(n), ERR_OK);
    assert_int_equal(finished(&w), 0);
    w.cut_after = SIZE_MAX;
    OK(pair_attempt(n));
    assert_true(pair_hub_position(&w) > lost);
    assert_int_equal(finished(&w), 1);
    assert_int_equal(pair_attempt(&w.nodes[1]), ERR_AGAIN);
    OK(pair_attempt(&w.nodes[1]));
    assert_int_equal(finished(&w), 1);
    OK(pair_attempt(&w.nodes[1]));
    assert_int_equal(finished(&w), 2);
    assert_int_equal(notes, 2);
    OK(hub_store_begin(w.hub.store));
    OK(hub_store_confirm(w.hub.store));
    OK(hub_store_commit(w.hub.store));
    OK(pair_attempt(n)); /* nobody waits for it any more: nothing is written */
    assert_int_equal(notes, 2);
    OK(hub_store_begin(w.hub.store));
    OK(hub_store_epoch_new(w.hub.store, 0, PAIR_WALL));
    OK(hub_store_commit(w.hub.store));
    assert_int_equal(finished(&w), 0); /* of this loss nobody */
    buf_free(&c.bytes);
    pair_close(&w);
}

/* ---- a hub that went back and cannot store for long ---- */

static bool commit_fails(void *ctx, const char *what)
{
    struct pair *w = ctx;
    if (strcmp(what, "commit") == 0 && w->serial > 0) {
        w->serial--;
        /* A constraint that is looked at by COMMIT only. */
        OK(db_exec(hub_store_db(w->hub.store), "INSERT INTO t_child VALUES (1)"));
    }
    return true;
}

static void commits_may_fail(struct pair *w)
{
    OK(db_exec(hub_store_db(w->hub.store),
               "PRAGMA foreign_keys = ON; CREATE TABLE t_parent(a INTEGER PRIMARY KEY);"
               "CREATE TABLE t_child(b REFERENCES t_parent(a) DEFERRABLE INITIALLY DEFERRED)"));
    hub_engine_free(w->hub.engine);
    w->hub.step = commit_fails;
    pair_hub_engine(w);
}

/* What is given back counts as tried when an END came without it: before that it is the hub's disk that is full, or the
 * line that broke, and three such evenings must not cost an order of erasure or a record. (SPEC 7.14) */
static void what_is_given_back_waits_for_a_hub_that_can_store(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy c = {0};
    struct key_sign an = {0}, binh = {0};
    struct id_record rids[2];
    bool keeps = false;
    begin(&w, 1000);
    pair_join(&w.nodes[0]);
    pair_join(&w.nodes[1]);
    for (unsigned i = 0; i < 2; i++)
        pair_save(&w.nodes[0], CHANGE_CREATE, &rids[i], "một người", bytes_make(NULL, 0));
    officer(&w, &an, "Nguyễn Thị An", false);
    officer(&w, &binh, "Trần Bình", false);
    settle_all(&w);
    without_lists();
    pair_hub_copy(&w, &c);
    pair_hub_save(&w, CHANGE_EDIT, &rids[1], "huyện viết", bytes_make(NULL, 0));
    OK(erase(&w, &an, &binh, &rids[0]));
    settle_all(&w);
    assert_int_equal(pair_heads(&w.nodes[0], &rids[1], NULL), 2);
    without_lists();
    pair_hub_back(&w, &c);
    assert_true(pair_hub_has(&w, &rids[0]));
    commits_may_fail(&w);
    assert_int_equal(pair_attempt(&w.nodes[0]), ERR_AGAIN); /* it proves the loss */
    for (unsigned i = 0; i < 4 * NODE_STORE_KEPT_TRIES_MAX; i++) {
        w.serial = 1;
        assert_int_not_equal(pair_attempt(&w.nodes[0]), ERR_OK);
        OK(node_store_keeps(w.nodes[0].store, &keeps));
        assert_true(keeps); /* the order is sent again and again */
    }
    w.serial = 0;
    OK(pair_settle(&w.nodes[0]));
    assert_false(pair_hub_has(&w, &rids[0]));
    for (unsigned i = 0; i < 4 * NODE_STORE_KEPT_TRIES_MAX; i++) { /* now the district's edit */
        w.serial = 1;
        assert_int_not_equal(pair_attempt(&w.nodes[0]), ERR_OK);
    }
    w.serial = 0;
    OK(node_store_keeps(w.nodes[0].store, &keeps));
    assert_false(keeps); /* it rests, so that others have their turn */
    OK(pair_settle(&w.nodes[0]));
    assert_int_equal(pair_heads(&w.nodes[0], &rids[1], NULL), 1);
    OK(node_store_keeps(w.nodes[0].store, &keeps));
    assert_true(keeps);
    settle_all(&w);
    assert_int_equal(pair_heads(&w.nodes[0], &rids[1], NULL), 2);
    assert_false(pair_hub_has(&w, &rids[0]));
    key_sign_free(&an);
    key_sign_free(&binh);
    buf_free(&c.bytes);
    pair_close(&w);
}

static void move(struct pair_node *n, const struct buf *payload)
{
    struct bytes b = buf_bytes(payload);
    OK(payload->e);
    OK(node_own_append(n->store, &n->keys, &(struct node_own_set){.payloads = &b, .count = 1},
                       PAIR_WALL + (int64_t)n->w->now_ms, NULL));
    pair_event(n, (struct node_sync_event){.kind = NODE_SYNC_EV_SAVED});
}

/* The hub erased an answer of which the node does not know the record. The hub that went back has of the offer only
 * what is left of it, with the transfer's name, and erases the answer once more when it comes. */
static void an_answer_is_erased_again_by_a_hub_that_went_back(void **state)
{
    (void)state;
    struct pair w;
    struct pair_copy c = {0};
    struct key_sign an = {0}, binh = {0};
    struct id_record rid, transfer = {{7}};
    struct buf payload;
    begin(&w, 1001);
    buf_init(&payload, CHANGE_BYTES_MAX);
    pair_join(&w.nodes[0]);
    pair_join(&w.nodes[1]);
    pair_save(&w.nodes[0], CHANGE_CREATE, &rid, "một người", bytes_make(NULL, 0));
    officer(&w, &an, "Nguyễn Thị An", false);
    officer(&w, &binh, "Trần Bình", false);
    settle_all(&w);
    without_lists();
    pair_hub_copy(&w, &c);
    move_offer_encode(
        &(struct move_offer){
            .transfer = transfer, .record = rid, .to = bytes_str("00001"), .note = bytes_str("")},
        &payload);
    move(&w.nodes[0], &payload);
    buf_clear(&payload);
    move_answer_encode(&(struct move_answer){.transfer = transfer, .note = bytes_str("")},
                       &payload);
    move(&w.nodes[1], &payload);
    settle_all(&w);
    assert_int_equal(pair_status(&w.nodes[1]).held, 1);
    OK(erase(&w, &an, &binh, &rid));
    settle_all(&w);
    assert_int_equal(pair_status(&w.nodes[0]).erased, 2);
    assert_int_equal(pair_status(&w.nodes[1]).erased, 1);
    without_lists();
    pair_hub_back(&w, &c);
    settle_all(&w);
    assert_int_equal(pair_status(&w.nodes[0]).erased, 2); /* gone here, whatever anybody says */
    assert_int_equal(pair_status(&w.nodes[1]).erased, 1);
    assert_int_equal(pair_status(&w.nodes[1]).held, 0);
    key_sign_free(&an);
    key_sign_free(&binh);
    buf_free(&payload);
    buf_free(&c.bytes);
    pair_close(&w);
}

/* Everything at once, by chance. */
static void swarm_seed(uint64_t seed)
{
    struct pair w;
    struct pair_copy node_copies[4] = {{{0}}}, hub_copies[3] = {{{0}}};
    static bool node_saved[4][WRITES_MAX], hub_saved[3][WRITES_MAX];
    unsigned node_of[4] = {0};
    unsigned nodes = 0, hubs = 0;
    char what[64];
    snprintf(what, sizeof what, "seed %llu", (unsigned long long)seed);
    begin(&w, seed);
    w.chunks = true;
    pair_join(&w.nodes[0]);
    pair_join(&w.nodes[1]);
    for (int step = 0; step < 60; step++) {
        unsigned who = rng_below(&w.rng, PAIR_NODES);
        unsigned dice = rng_below(&w.rng, 100);
        if (!w.nodes[who].active) who = who % PAIR_MAKE;
        if (getenv("REPAIR_TRACE") != NULL)
            printf("step %d: node %u dice %u, %u writes, copies %u %u\n", step, who, dice,
                   model.count, nodes, hubs);
        if (dice < 20) {
            do_create(&w, who);
        } else if (dice < 45) {
            do_edit(&w, who);
        } else if (dice < 52) {
            do_edit(&w, HUB);
        } else if (dice < 72) {
            if (rng_below(&w.rng, 2)) w.cut_after = rng_below(&w.rng, 6000);
            enum err e = pair_settle(&w.nodes[who]);
            w.cut_after = SIZE_MAX;
            if (e != ERR_OK) e = pair_settle(&w.nodes[who]);
            if (e != ERR_OK) printf("%s: step %d ends with %s\n", what, step, err_name(e));
            assert_int_equal(e, ERR_OK);
            note_synced(who, false);
        } else if (dice < 80) {
            unsigned k = nodes++ % 4;
            pair_node_copy(&w.nodes[who], &node_copies[k]);
            note_copy(who, node_saved[k]);
            node_of[k] = who;
        } else if (dice < 86) {
            pair_hub_copy(&w, &hub_copies[hubs % 3]);
            note_copy(HUB, hub_saved[hubs++ % 3]);
        } else if (dice < 93 && nodes > 0) {
            unsigned k = rng_below(&w.rng, nodes < 4 ? nodes : 4);
            pair_node_back(&w.nodes[node_of[k]], &node_copies[k]);
            note_restore(node_of[k], node_saved[k]);
        } else if (dice < 96 && nodes > 0) {
            unsigned k = rng_below(&w.rng, nodes < 4 ? nodes : 4);
            unsigned to = 2 + rng_below(&w.rng, 2);
            if (unit_of(node_of[k]) == 0 && !w.nodes[to].active) {
                pair_clone(&w, 0, to, &node_copies[k]);
                note_restore(to, node_saved[k]);
            }
        } else if (dice >= 96 && hubs > 0) {
            unsigned k = rng_below(&w.rng, hubs < 3 ? hubs : 3);
            pair_hub_back(&w, &hub_copies[k]);
            note_restore(HUB, hub_saved[k]);
        }
    }
    gather(&w, what);
    for (int i = 0; i < 4; i++)
        buf_free(&node_copies[i].bytes);
    for (int i = 0; i < 3; i++)
        buf_free(&hub_copies[i].bytes);
    pair_close(&w);
}

static void restores_and_clones_of_everything_by_chance(void **state)
{
    (void)state;
    size_t writes = 0, conflicts = 0, extra = 0;
    uint64_t first = 1, seeds = 60;
    if (getenv("REPAIR_SEED") != NULL) first = strtoull(getenv("REPAIR_SEED"), NULL, 10);
    if (getenv("REPAIR_SEEDS") != NULL) seeds = strtoull(getenv("REPAIR_SEEDS"), NULL, 10);
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        swarm_seed(seed);
        writes += model.count;
        conflicts += model.conflicts;
        extra += model.extra;
    }
    printf("seeds %llu..%llu: %zu writes, %zu records in conflict, %zu heads that were seen\n",
           (unsigned long long)first, (unsigned long long)(first + seeds - 1), writes, conflicts,
           extra);
}

enum { EDITIONS = 3, EDITION_SETS_MAX = 16 };

/* A set of the hub's log as a node kept it. */
struct kept {
    struct buf head, body;
    struct message_set set;
};

static size_t keep_own(struct pair *w, struct kept kept[static EDITION_SETS_MAX])
{
    struct hub_identity id;
    const struct message_set *sets = NULL;
    size_t count = 0;
    OK(hub_store_identity(w->hub.store, &id));
    OK(hub_store_own_sets(w->hub.store, &id.hub, &id.inc, 0, SIZE_MAX, &sets, &count));
    assert_true(count <= EDITION_SETS_MAX);
    for (size_t i = 0; i < count; i++) {
        kept[i].set = sets[i];
        buf_init(&kept[i].head, CHANGE_BYTES_MAX);
        buf_init(&kept[i].body, CHANGE_BYTES_MAX);
        buf_add_bytes(&kept[i].head, sets[i].head);
        buf_add_bytes(&kept[i].body, sets[i].body);
        kept[i].set.head = buf_bytes(&kept[i].head);
        kept[i].set.body = buf_bytes(&kept[i].body);
    }
    return count;
}

/* Editions that were lost come from several nodes: the newest is in use, whichever comes first. */
static void editions_come_back_in_any_order(void **state)
{
    static const unsigned orders[][EDITIONS] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                                {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    (void)state;
    for (unsigned all_parts = 0; all_parts < 2; all_parts++) {
        for (unsigned n = 0; n < sizeof orders / sizeof orders[0]; n++) {
            struct pair w;
            struct pair_copy c = {0};
            struct kept kept[EDITION_SETS_MAX];
            struct hub_position p;
            begin(&w, 950 + n);
            pair_hub_copy(&w, &c);
            for (unsigned i = 0; i < EDITIONS; i++)
                pair_publish(&w, i + 1);
            size_t count = keep_own(&w, kept);
            size_t first = count - 2u * EDITIONS; /* each is a part, then the edition */
            pair_hub_back(&w, &c);
            OK(hub_store_begin(w.hub.store));
            for (unsigned i = 0; i < 2 * EDITIONS; i++) {
                unsigned which = orders[n][all_parts ? i % EDITIONS : i / 2];
                unsigned closes = all_parts ? i / EDITIONS : i % 2;
                OK(hub_store_give(w.hub.store, &kept[first + 2 * which + closes].set, PAIR_WALL));
            }
            OK(hub_store_commit(w.hub.store));
            hub_store_position(w.hub.store, &p);
            assert_int_equal(p.edition, EDITIONS);
            struct db_stmt *q = db_stmt(hub_store_db(w.hub.store),
                                        "SELECT count(*), max(edition) FROM sys_catalogue");
            OK(db_get(q));
            assert_int_equal(db_column_int(q, 0), EDITIONS);
            assert_int_equal(db_column_int(q, 1), EDITIONS);
            db_done(q);
            OK(hub_store_check(w.hub.store));
            struct hub_verified_log v;
            OK(hub_verify_log(w.hub.store, NULL, NULL, &v));
            for (size_t i = 0; i < count; i++) {
                buf_free(&kept[i].head);
                buf_free(&kept[i].body);
            }
            buf_free(&c.bytes);
            pair_close(&w);
        }
    }
}

static void give(struct pair *w, const struct kept *k)
{
    OK(hub_store_begin(w->hub.store));
    OK(hub_store_give(w->hub.store, &k->set, PAIR_WALL));
    OK(hub_store_commit(w->hub.store));
}

static void looks_whole(struct pair *w)
{
    struct hub_verified_log v;
    OK(hub_store_check(w->hub.store));
    OK(hub_verify_log(w->hub.store, NULL, NULL, &v));
}

/* Is one edition held, for this reason, and does `held` say whose turn it is and what comes next? NULL: none is. */
static void edition_held(struct pair *w, const char *reason)
{
    struct hub_app a = {.store = w->hub.store};
    OK(hub_store_identity(w->hub.store, &a.identity));
    json_t *q = json_pack("{s:s}", "verb", "held");
    json_t *r = hub_command_held(&a, q);
    const json_t *rows = json_object_get(r, "held");
    assert_int_equal(json_array_size(rows), reason != NULL ? 1 : 0);
    if (reason != NULL) {
        const json_t *h = json_array_get(rows, 0);
        assert_string_equal(json_string_value(json_object_get(h, "reason")), reason);
        assert_true(json_is_null(json_object_get(h, "id")));
        assert_string_equal(json_string_value(json_object_get(h, "unit")), "735");
        static const char *const said[] = {"vi",       "en",      "owner_vi",
                                           "owner_en", "next_vi", "next_en"};
        for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
            assert_true(json_string_length(json_object_get(h, said[i])) > 0);
    }
    json_decref(q);
    json_decref(r);
}

static uint32_t edition_of(struct pair *w)
{
    struct hub_position p;
    hub_store_position(w->hub.store, &p);
    return p.edition;
}

enum { PARTS = 3, PIECES = PARTS + 1 }; /* of an edition: its parts and what closes them */

/* The four sets of an edition come back in the order `turn` of the 24, and the hub may go back behind each of them. */
static void edition_comes_back(unsigned turn, unsigned back_behind)
{
    struct pair w;
    struct pair_copy lost = {0}, before = {0};
    struct kept kept[EDITION_SETS_MAX];
    unsigned left[PIECES] = {0, 1, 2, 3}, order[PIECES], parts = 0;
    begin(&w, 970);
    pair_hub_copy(&w, &lost);
    pair_publish_large(&w, 1, 110 * 1024);
    size_t count = keep_own(&w, kept);
    size_t first = count - PIECES;
    pair_hub_back(&w, &lost);
    for (unsigned i = 0; i < PIECES; i++) {
        unsigned k = turn % (PIECES - i);
        turn /= PIECES - i;
        order[i] = left[k];
        memmove(&left[k], &left[k + 1], (PIECES - 1 - k) * sizeof left[0]);
    }
    bool closed = false;
    for (unsigned i = 0; i < PIECES; i++) {
        if (i + 1 == back_behind) pair_hub_copy(&w, &before);
        give(&w, &kept[first + order[i]]);
        if (i + 1 == back_behind) { /* the node that gave it gives it once more */
            pair_hub_back(&w, &before);
            give(&w, &kept[first + order[i]]);
        }
        closed = closed || order[i] == PARTS;
        parts += order[i] != PARTS;
        edition_held(&w, closed && parts < PARTS ? "parts" : NULL);
        assert_int_equal(edition_of(&w), closed && parts == PARTS ? 1 : 0);
        looks_whole(&w);
    }
    for (size_t i = 0; i < count; i++) {
        buf_free(&kept[i].head);
        buf_free(&kept[i].body);
    }
    buf_free(&lost.bytes);
    buf_free(&before.bytes);
    pair_close(&w);
}

static void an_edition_waits_for_its_last_part(void **state)
{
    (void)state;
    for (unsigned turn = 0; turn < 24; turn++)
        edition_comes_back(turn, turn % (PIECES + 1));
}

/* What waits for its parts does not apply any more once its number is taken. */
static void an_edition_that_waits_gives_way_to_one_made_anew(void **state)
{
    struct pair w;
    struct pair_copy lost = {0};
    struct kept kept[EDITION_SETS_MAX];
    (void)state;
    begin(&w, 971);
    pair_hub_copy(&w, &lost);
    pair_publish_large(&w, 1, 110 * 1024);
    size_t count = keep_own(&w, kept);
    pair_hub_back(&w, &lost);
    give(&w, &kept[count - PIECES]);
    give(&w, &kept[count - 1]);
    edition_held(&w, "parts");
    pair_publish(&w, 1);
    edition_held(&w, "not_again");
    for (unsigned i = 1; i < PARTS; i++)
        give(&w, &kept[count - PIECES + i]);
    edition_held(&w, "not_again");
    assert_int_equal(edition_of(&w), 1);
    looks_whole(&w);
    for (size_t i = 0; i < count; i++) {
        buf_free(&kept[i].head);
        buf_free(&kept[i].body);
    }
    buf_free(&lost.bytes);
    pair_close(&w);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_restored_from_every_earlier_moment_loses_nothing),
        cmocka_unit_test(a_clone_goes_on_beside_its_original_and_alarms),
        cmocka_unit_test(a_hub_restored_from_every_earlier_moment_gets_all_back),
        cmocka_unit_test(who_called_after_a_restore_is_not_yet_done),
        cmocka_unit_test(officers_recorded_anew_meet_those_that_come_back),
        cmocka_unit_test(editions_come_back_in_any_order),
        cmocka_unit_test(an_edition_waits_for_its_last_part),
        cmocka_unit_test(an_edition_that_waits_gives_way_to_one_made_anew),
        cmocka_unit_test(what_is_given_back_waits_for_a_hub_that_can_store),
        cmocka_unit_test(an_answer_is_erased_again_by_a_hub_that_went_back),
        cmocka_unit_test(restores_and_clones_of_everything_by_chance),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    char folder[64]; /* of the whole run: erased.list stands beside the databases */
    if (randombytes_set_implementation(&pair_random) != 0) return 1;
    snprintf(folder, sizeof folder, "repair-XXXXXX");
    if (mkdtemp(folder) == NULL || chdir(folder) != 0) return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    without_lists();
    if (chdir("..") != 0 || rmdir(folder) != 0) printf("folder %s stays\n", folder);
    return failed;
}
