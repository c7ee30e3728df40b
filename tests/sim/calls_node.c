/* The node's store calls, for calls_test. */
#include "tests/sim/calls.h"

#include "node/bundle.h"
#include "node/maintain.h"
#include "node/own.h"
#include "node/store_alarm.h"
#include "node/store_attach.h"
#include "node/store_bundle.h"
#include "node/store_erase.h"
#include "node/store_heal.h"
#include "node/store_moves.h"
#include "node/store_records.h"
#include "node/store_repair.h"
#include "node/store_search.h"
#include "node/store_users.h"

#include <assert.h>
#include <string.h>

enum { PERSON = 1, NAME = 1, SETS_BYTES = 65536 };

/* ---- opening, identity, own log ---- */

static enum err open_again(struct calls *c)
{
    node_store_close(c->node);
    c->node = NULL;
    return node_store_open(
        &(struct node_store_options){.path = CALLS_NODE_PATH, .vfs = MEMVFS_NAME}, &c->node);
}

static enum err identity(struct calls *c)
{
    struct node_identity id;
    enum err e = node_store_identity(c->node, &id);
    if (e == ERR_OK) calls_tell(c, id.node.b, sizeof id.node.b);
    return e;
}

static enum err identity_set(struct calls *c)
{
    struct node_identity id;
    enum err e = node_store_identity(c->node, &id);
    return e == ERR_OK ? node_store_identity_set(c->node, &id) : e;
}

static enum err hello(struct calls *c)
{
    struct message_hello_node h;
    enum err e = node_store_hello(c->node, &h);
    if (e != ERR_OK) return e;
    calls_tell_int(c, (int64_t)h.cursor_position);
    calls_tell_int(c, (int64_t)h.waiting_sets);
    calls_tell(c, h.scope_hash, sizeof h.scope_hash);
    return ERR_OK;
}

static enum err save(struct calls *c)
{
    static const struct id_person who = {{1}};
    static const uint8_t text[] = {0xa3, 'T', 'h', 'u'}; /* msgpack: a text of three bytes */
    struct change_write write = {.field = NAME, .value = bytes_make(text, sizeof text)};
    struct change_op op = {
        .kind = CHANGE_CREATE, .rid = c->fresh, .type = PERSON, .writes = &write, .count = 1};
    struct node_own_saved saved;
    struct buf payload;
    buf_init(&payload, CHANGE_BYTES_MAX);
    change_op_encode(&op, &payload);
    struct bytes p = buf_bytes(&payload);
    enum err e = payload.e;
    if (e == ERR_OK)
        e = node_own_append(c->node, c->node_keys,
                            &(struct node_own_set){.person = who, .payloads = &p, .count = 1},
                            CALLS_NOW, &saved);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)saved.seq);
    buf_free(&payload);
    return e;
}

static enum err tip(struct calls *c)
{
    struct node_store_tip t;
    enum err e = node_store_tip(c->node, &t);
    if (e == ERR_OK) calls_tell(c, t.head.b, sizeof t.head.b);
    return e;
}

static enum err read_sets(struct calls *c)
{
    const struct node_store_set *v;
    size_t n = 0;
    enum err e = node_store_read_sets(c->node, &c->inc, 0, 100, SETS_BYTES, &v, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        calls_tell_bytes(c, v[i].body);
    return e;
}

/* What the hub answered on a stick: receipts, staging, END. */
static enum err take(struct calls *c)
{
    struct node_bundle b = {
        .store = c->node, .keys = c->node_keys, .sealing = c->node_sealing, .now_ms = CALLS_NOW};
    struct node_bundle_read r;
    enum err e = node_bundle_in(&b, c->answer, &r);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)r.verdict);
    return e;
}

static enum err give_up(struct calls *c)
{
    struct node_bundle b = {
        .store = c->node, .keys = c->node_keys, .sealing = c->node_sealing, .now_ms = CALLS_NOW};
    struct node_bundle_made made;
    struct buf out;
    buf_init(&out, CALLS_BUNDLE_MAX);
    enum err e = node_bundle_out(&b, false, CALLS_BUNDLE_MAX, &out, &made);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)made.sets);
    buf_free(&out);
    return e;
}

static enum err contact(struct calls *c)
{
    return node_store_contact(c->node, CALLS_NOW, ERR_OK, CALLS_NOW + 5);
}

static enum err renew(struct calls *c)
{
    return node_store_renew(c->node);
}

static enum err proof(struct calls *c)
{
    struct admin_receipt r;
    uint8_t signature[64];
    enum err e = node_store_proof(c->node, &r, signature);
    if (e == ERR_OK) calls_tell(c, signature, sizeof signature);
    return e;
}

static enum err keeps(struct calls *c)
{
    bool is = true;
    enum err e = node_store_keeps(c->node, &is);
    if (e == ERR_OK) calls_tell_int(c, is);
    return e;
}

static enum err status(struct calls *c)
{
    struct node_store_status s;
    enum err e = node_store_status(c->node, &s);
    if (e != ERR_OK) return e;
    calls_tell_int(c, (int64_t)s.sets);
    calls_tell_int(c, (int64_t)s.waiting);
    calls_tell_int(c, (int64_t)s.applied);
    calls_tell_int(c, (int64_t)s.records);
    return ERR_OK;
}

static enum err finding_tell(void *ctx, const struct node_finding *f)
{
    calls_tell_int(ctx, (int64_t)f->kind);
    return ERR_OK;
}

static enum err verify(struct calls *c)
{
    struct node_verified v = {0};
    enum err e = node_store_verify(c->node, finding_tell, c, &v);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)(v.sets + v.findings));
    return e;
}

static enum err scrub(struct calls *c)
{
    return node_store_scrub(c->node);
}

static enum err heal(struct calls *c)
{
    enum err e = node_store_heal_want(c->node, NODE_HEAL_SHOWN, CALLS_NOW);
    return e == ERR_OK ? node_store_heal_begin(c->node) : e;
}

/* ---- records ---- */

static enum err record_read(struct calls *c)
{
    struct node_store_record r;
    enum err e = node_store_record_init(&r);
    if (e != ERR_OK) return e;
    e = node_store_record_read(c->node, &c->person, &r);
    if (e == ERR_OK) {
        calls_tell_int(c, (int64_t)r.position);
        calls_tell_bytes(c, buf_bytes(&r.state));
    }
    node_store_record_free(&r);
    return e;
}

static enum err row_tell(void *ctx, const struct node_store_row *r)
{
    calls_tell(ctx, r->rid.b, sizeof r->rid.b);
    calls_tell_int(ctx, (int64_t)r->pending);
    return ERR_OK;
}

static enum err list(struct calls *c)
{
    struct node_store_list q = {.max = 100};
    return node_store_list(c->node, &q, row_tell, c);
}

static enum err search(struct calls *c)
{
    struct node_search q = {.query = bytes_str("nguyen"), .max = 10};
    size_t total = 0;
    enum err e = node_store_search(c->node, &q, row_tell, c, &total);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)total);
    return e;
}

static enum err title(struct calls *c)
{
    char text[NODE_SEARCH_TITLE_BYTES_MAX + 1];
    enum err e = node_store_title(c->node, &c->person, text);
    if (e == ERR_OK) calls_tell_str(c, text);
    return e;
}

static enum err event_tell(void *ctx, const struct node_store_event *v)
{
    calls_tell_int(ctx, (int64_t)v->seq);
    calls_tell_int(ctx, v->verdict);
    return ERR_OK;
}

static enum err history(struct calls *c)
{
    return node_store_history(c->node, &c->person, event_tell, c);
}

static enum err person(struct calls *c)
{
    static const struct id_person fresh = {{3, 3}};
    struct id_person out;
    enum err e = node_store_person(c->node, bytes_str("Trần Văn Sáu"), &fresh, &out);
    if (e == ERR_OK) calls_tell(c, out.b, sizeof out.b);
    return e;
}

static enum err import_begin(struct calls *c)
{
    return node_store_import_begin(c->node, 99, bytes_str("a.csv"), "", CALLS_NOW);
}

static enum err imports(struct calls *c)
{
    struct node_store_import v[4];
    size_t n = 0;
    enum err e = node_store_imports(c->node, 4, v, &n);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)n);
    return e;
}

static enum err transfer_tell(void *ctx, const struct node_transfer *t)
{
    calls_tell_int(ctx, (int64_t)t->t.state);
    return ERR_OK;
}

static enum err transfers(struct calls *c)
{
    return node_store_transfers(c->node, transfer_tell, c);
}

static enum err offered(struct calls *c)
{
    bool is = false;
    enum err e = node_store_offered(c->node, &c->moved, &is);
    if (e == ERR_OK) calls_tell_int(c, is);
    return e;
}

static enum err share_tell(void *ctx, const struct move_shared *h)
{
    (void)h;
    calls_tell_int(ctx, 1);
    return ERR_OK;
}

static enum err shares(struct calls *c)
{
    return node_store_shares(c->node, &c->shared, share_tell, c);
}

/* ---- alarms, people of the PC ---- */

static enum err alarm_raise(struct calls *c)
{
    return node_store_alarm(c->node, NODE_ALARM_DAMAGED, CALLS_NOW);
}

static enum err alarm_tell(void *ctx, const struct node_alarm *a)
{
    calls_tell_int(ctx, (int64_t)a->kind);
    return ERR_OK;
}

static enum err alarms(struct calls *c)
{
    return node_store_alarms(c->node, true, alarm_tell, c);
}

static enum err alarm_ack(struct calls *c)
{
    return node_store_alarm_ack(c->node, 1, CALLS_NOW);
}

static enum err alarm_over(struct calls *c)
{
    return node_store_alarm_over(c->node, NODE_ALARM_CLOCK, CALLS_NOW);
}

static enum err users_add(struct calls *c)
{
    struct node_user u = {.name = "Ngô Bảy", .hash = "x", .active = true};
    return node_users_add(c->node, &u, bytes_str("ngo bay"));
}

static enum err users_find(struct calls *c)
{
    struct node_user u;
    enum err e = node_users_find(c->node, bytes_str("do tam"), &u);
    if (e == ERR_OK) calls_tell_str(c, u.name);
    return e;
}

static enum err users_count(struct calls *c)
{
    size_t n = 0;
    enum err e = node_users_count(c->node, &n);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)n);
    return e;
}

static enum err users_set_hash(struct calls *c)
{
    return node_users_set_hash(c->node, "Đỗ Tám", "y");
}

static enum err users_set_role(struct calls *c)
{
    return node_users_set_role(c->node, "Đỗ Tám", NODE_USER_CLERK, true);
}

static enum err user_tell(void *ctx, const struct node_user *u)
{
    calls_tell_str(ctx, u->name);
    return ERR_OK;
}

static enum err users_each(struct calls *c)
{
    return node_users_each(c->node, user_tell, c);
}

static enum err drafts_hand_over(struct calls *c)
{
    return node_drafts_hand_over(c->node, "Đỗ Tám", "Hồ Chín");
}

static enum err tries_set(struct calls *c)
{
    return node_tries_set(c->node, "do tam", &(struct node_tries){3, CALLS_NOW});
}

static enum err tries_get(struct calls *c)
{
    struct node_tries t;
    enum err e = node_tries_get(c->node, "do tam", &t);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)t.fails);
    return e;
}

static enum err reset_set(struct calls *c)
{
    return node_reset_set(c->node, bytes_str("do tam"), &(struct node_reset){"ABC", CALLS_NOW});
}

static enum err draft_put(struct calls *c)
{
    return node_draft_put(c->node, "Đỗ Tám", &(struct node_draft){"b", bytes_str("{}"), CALLS_NOW});
}

static enum err draft_remove(struct calls *c)
{
    return node_draft_remove(c->node, "Đỗ Tám", "a");
}

static enum err draft_tell(void *ctx, const struct node_draft *d)
{
    calls_tell_str(ctx, d->key);
    return ERR_OK;
}

static enum err drafts_each(struct calls *c)
{
    return node_drafts_each(c->node, "Đỗ Tám", draft_tell, c);
}

static enum err access_add(struct calls *c)
{
    return node_access_add(c->node, &(struct node_access){.at_ms = CALLS_NOW,
                                                          .user = "Đỗ Tám",
                                                          .what = "open",
                                                          .type = "person",
                                                          .rid = &c->person});
}

static enum err access_tell(void *ctx, const struct node_access *a)
{
    calls_tell_str(ctx, a->what);
    return ERR_OK;
}

static enum err access_each(struct calls *c)
{
    return node_access_each(c->node, INT64_MAX, 100, access_tell, c);
}

/* ---- bundles, attachments ---- */

static const struct id_hash file = {{7, 7}};

static enum err bundle_note(struct calls *c)
{
    return node_store_bundle_note(c->node, &file, true, 100, 1, CALLS_NOW);
}

static enum err bundle_seen(struct calls *c)
{
    bool seen = true;
    enum err e = node_store_bundle_seen(c->node, &file, true, &seen);
    if (e == ERR_OK) calls_tell_int(c, seen);
    return e;
}

static enum err bundled_set(struct calls *c)
{
    return node_store_bundled_set(c->node, &c->inc, 3);
}

static enum err waiting_since(struct calls *c)
{
    int64_t ms = 0;
    enum err e = node_store_waiting_since(c->node, &ms);
    if (e == ERR_OK) calls_tell_int(c, ms);
    return e;
}

static enum err stage_drop(struct calls *c)
{
    return node_store_stage_drop(c->node);
}

static enum err attach_add(struct calls *c)
{
    static uint8_t scan[3000] = {0xff, 0xd8, 0xff, 0xe0}; /* begins as a JPEG does */
    struct id_hash hash;
    enum err e =
        node_store_attach_add(c->node, &c->person, bytes_make(scan, sizeof scan), CALLS_NOW, &hash);
    if (e == ERR_OK) calls_tell(c, hash.b, sizeof hash.b);
    return e;
}

static enum err attach_counts(struct calls *c)
{
    struct node_attach_counts n;
    enum err e = node_store_attach_counts(c->node, &n);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)n.files);
    return e;
}

static enum err attach_busy(struct calls *c)
{
    bool busy = true;
    enum err e = node_store_attach_busy(c->node, &busy);
    if (e == ERR_OK) calls_tell_int(c, busy);
    return e;
}

/* ---- erasure ---- */

static enum err erasure_end(struct calls *c)
{
    uint32_t n = 0;
    uint8_t sum[8];
    enum err e = node_store_erasure_end(c->node, &n, sum);
    if (e == ERR_OK) calls_tell(c, sum, sizeof sum);
    return e;
}

static enum err wipe(struct calls *c)
{
    return node_store_wipe(c->node);
}

/* ---- the table ---- */

void calls_node_prepare(struct calls *c)
{
    struct node_user u = {.name = "Đỗ Tám", .hash = "x", .active = true};
    enum err e = node_users_add(c->node, &u, bytes_str("do tam"));
    struct node_user second = {.name = "Hồ Chín", .hash = "x", .active = true};
    if (e == ERR_OK) e = node_users_add(c->node, &second, bytes_str("ho chin"));
    if (e == ERR_OK) e = tries_set(c);
    if (e == ERR_OK)
        e = node_draft_put(c->node, u.name, &(struct node_draft){"a", bytes_str("{}"), CALLS_NOW});
    if (e == ERR_OK) e = access_add(c);
    if (e == ERR_OK) e = node_store_alarm(c->node, NODE_ALARM_CLOCK, CALLS_NOW);
    assert(e == ERR_OK);
    (void)e;
}

const struct call calls_node[] = {
    {"node_store_open", open_again, CALL_STEPS},
    {"node_store_identity", identity, 0},
    {"node_store_identity_set", identity_set, 0},
    {"node_store_hello", hello, CALL_STEPS | CALL_COUNTS},
    {"node_store_append", save, 0},
    {"node_store_tip", tip, 0},
    {"node_store_read_sets", read_sets, 0},
    {"node_bundle_in", take, CALL_STEPS | CALL_COUNTS},
    {"node_bundle_out", give_up, CALL_STEPS | CALL_COUNTS},
    {"node_store_contact", contact, 0},
    {"node_store_renew", renew, 0},
    {"node_store_proof", proof, 0},
    {"node_store_keeps", keeps, 0},
    {"node_store_status", status, 0},
    {"node_store_verify", verify, 0},
    {"node_store_scrub", scrub, 0},
    {"node_store_heal_begin", heal, CALL_STEPS},
    {"node_store_record_read", record_read, 0},
    {"node_store_list", list, CALL_STEPS},
    {"node_store_search", search, CALL_STEPS},
    {"node_store_title", title, CALL_STEPS},
    {"node_store_history", history, 0},
    {"node_store_person", person, 0},
    {"node_store_import_begin", import_begin, 0},
    {"node_store_imports", imports, 0},
    {"node_store_transfers", transfers, 0},
    {"node_store_offered", offered, 0},
    {"node_store_shares", shares, 0},
    {"node_store_alarm", alarm_raise, 0},
    {"node_store_alarms", alarms, 0},
    {"node_store_alarm_ack", alarm_ack, 0},
    {"node_store_alarm_over", alarm_over, 0},
    {"node_users_add", users_add, 0},
    {"node_users_find", users_find, 0},
    {"node_users_count", users_count, 0},
    {"node_users_set_hash", users_set_hash, 0},
    {"node_users_set_role", users_set_role, 0},
    {"node_users_each", users_each, 0},
    {"node_drafts_hand_over", drafts_hand_over, 0},
    {"node_tries_set", tries_set, 0},
    {"node_tries_get", tries_get, 0},
    {"node_reset_set", reset_set, 0},
    {"node_draft_put", draft_put, 0},
    {"node_draft_remove", draft_remove, 0},
    {"node_drafts_each", drafts_each, 0},
    {"node_access_add", access_add, 0},
    {"node_access_each", access_each, 0},
    {"node_store_bundle_note", bundle_note, 0},
    {"node_store_bundle_seen", bundle_seen, 0},
    {"node_store_bundled_set", bundled_set, 0},
    {"node_store_waiting_since", waiting_since, 0},
    {"node_store_stage_drop", stage_drop, 0},
    {"node_store_attach_add", attach_add, 0},
    {"node_store_attach_counts", attach_counts, 0},
    {"node_store_attach_busy", attach_busy, 0},
    {"node_store_erasure_end", erasure_end, 0},
    {"node_store_wipe", wipe, CALL_STEPS},
};
const size_t calls_node_count = sizeof calls_node / sizeof calls_node[0];
