/* The hub's store calls, for calls_test. */
#include "tests/sim/calls.h"

#include "hub/bundle.h"
#include "hub/close.h"
#include "hub/own.h"
#include "hub/store_alarm.h"
#include "hub/store_attach.h"
#include "hub/store_bundle.h"
#include "hub/store_desk.h"
#include "hub/store_doubts.h"
#include "hub/store_erase.h"
#include "hub/store_flow.h"
#include "hub/store_history.h"
#include "hub/store_issues.h"
#include "hub/store_moves.h"
#include "hub/store_nodes.h"
#include "hub/store_order.h"
#include "hub/store_own.h"
#include "hub/store_quarantine.h"
#include "hub/store_read.h"
#include "hub/store_records.h"
#include "hub/store_rekey.h"
#include "hub/store_repair.h"
#include "hub/store_replay.h"
#include "hub/store_reports.h"
#include "hub/store_scrub.h"
#include "hub/store_taken.h"
#include "hub/store_users.h"
#include "hub/verify.h"
#include "proto/entry_called.h"
#include "proto/attach.h"
#include "proto/erase.h"
#include "proto/order.h"
#include "proto/record.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define UNIT   "26176"
#define OTHER  "26179"
#define REPORT "RS1"
#define PERIOD "2023-01"

enum { PERSON = 1, NAME = 1, FEED_BYTES = 65536 };

/* One transaction around it. */
static enum err in_tx(struct calls *c, call_fn *fn)
{
    enum err e = hub_store_begin(c->hub);
    if (e != ERR_OK) return e;
    e = fn(c);
    if (e == ERR_OK) return hub_store_commit(c->hub);
    hub_store_rollback(c->hub);
    return e;
}

#define IN_TX(name)                                                                                \
    static enum err name##_tx(struct calls *c)                                                     \
    {                                                                                              \
        return in_tx(c, name);                                                                     \
    }

/* ---- opening, identity, log ---- */

static enum err open_again(struct calls *c)
{
    hub_store_close(c->hub);
    c->hub = NULL;
    return hub_store_open(&(struct hub_store_options){.path = CALLS_HUB_PATH, .vfs = MEMVFS_NAME},
                          &c->hub);
}

static enum err identity(struct calls *c)
{
    struct hub_identity id;
    enum err e = hub_store_identity(c->hub, &id);
    if (e != ERR_OK) return e;
    calls_tell(c, id.hub.b, sizeof id.hub.b);
    calls_tell_str(c, id.unit);
    calls_tell_int(c, (int64_t)id.epoch);
    return ERR_OK;
}

static enum err identity_set(struct calls *c)
{
    struct hub_identity id;
    enum err e = hub_store_identity(c->hub, &id);
    if (e == ERR_OK) e = hub_store_identity_set(c->hub, &id);
    return e;
}

static enum err node(struct calls *c)
{
    struct hub_node n;
    enum err e = hub_store_node(c->hub, &c->at.node, &n);
    if (e != ERR_OK) return e;
    calls_tell_str(c, n.unit);
    calls_tell(c, n.sign_pk, sizeof n.sign_pk);
    return ERR_OK;
}

static enum err head(struct calls *c)
{
    struct message_head h;
    enum err e = hub_store_head(c->hub, &c->at.node, &c->inc, &h);
    if (e != ERR_OK) return e;
    calls_tell_int(c, (int64_t)h.next_seq);
    calls_tell(c, h.head.b, sizeof h.head.b);
    return ERR_OK;
}

static enum err set_hash(struct calls *c)
{
    struct id_hash h;
    enum err e = hub_store_set_hash(c->hub, &c->inc, 1, &h);
    if (e == ERR_OK) calls_tell(c, h.b, sizeof h.b);
    return e;
}

static enum err knows(struct calls *c)
{
    struct hub_position p;
    bool known = false;
    hub_store_position(c->hub, &p);
    enum err e = hub_store_knows(c->hub, p.epoch, p.position, p.hash.b, &known);
    if (e == ERR_OK) calls_tell_int(c, known);
    return e;
}

static enum err behind(struct calls *c)
{
    struct hub_position p;
    bool is = true;
    hub_store_position(c->hub, &p);
    enum err e = hub_store_behind(c->hub, p.epoch, p.position, &p.hash, &is);
    if (e == ERR_OK) calls_tell_int(c, is);
    return e;
}

/* A person of the district's own, as the desk saves one. */
static enum err own(struct calls *c)
{
    struct hub_own_set set = {.count = 1};
    struct change_write write = {.field = NAME};
    struct change_op op = {
        .kind = CHANGE_CREATE, .rid = c->fresh, .type = PERSON, .writes = &write, .count = 1};
    static const uint8_t text[] = {0xa3, 'T', 'h', 'u'}; /* msgpack: a text of three bytes */
    struct buf payload;
    struct hub_taken taken;
    write.value = bytes_make(text, sizeof text);
    buf_init(&payload, CHANGE_BYTES_MAX);
    change_op_encode(&op, &payload);
    struct bytes p = buf_bytes(&payload);
    set.payloads = &p;
    enum err e = payload.e;
    if (e == ERR_OK) e = hub_own_append(c->hub, c->hub_keys, &set, CALLS_NOW, &taken);
    if (e == ERR_OK) calls_tell(c, taken.chain.b, sizeof taken.chain.b);
    buf_free(&payload);
    return e;
}
IN_TX(own)

static enum err own_next(struct calls *c)
{
    struct change_head h;
    uint8_t seed[CHANGE_SEED_BYTES];
    enum err e = hub_store_own_next(c->hub, CALLS_NOW, &h, seed);
    if (e == ERR_OK) calls_tell(c, h.prev.b, sizeof h.prev.b);
    return e;
}
IN_TX(own_next)

static enum err own_since(struct calls *c)
{
    int64_t since_ms = 0;
    enum err e = hub_store_own_since(c->hub, &since_ms);
    if (e == ERR_OK) calls_tell_int(c, since_ms);
    return e;
}

/* Sets of a node, receipts, feed: as somebody brings them on a stick. */
static enum err take(struct calls *c)
{
    struct hub_bundle b = {
        .store = c->hub, .keys = c->hub_keys, .sealing = c->hub_sealing, .now_ms = CALLS_NOW};
    struct hub_bundle_result r;
    struct buf answer;
    buf_init(&answer, CALLS_BUNDLE_MAX);
    enum err e = hub_bundle_in(&b, c->up, CALLS_BUNDLE_MAX, &answer, &r);
    /* Taken before the failure, told as known now: only where the log ends is the same. */
    if (e == ERR_OK) calls_tell_int(c, (int64_t)r.position);
    buf_free(&answer);
    return e;
}

static enum err give_down(struct calls *c)
{
    struct hub_bundle b = {
        .store = c->hub, .keys = c->hub_keys, .sealing = c->hub_sealing, .now_ms = CALLS_NOW};
    struct hub_bundle_result r;
    struct buf file;
    buf_init(&file, CALLS_BUNDLE_MAX);
    enum err e = hub_bundle_out(&b, &c->at.node, true, CALLS_BUNDLE_MAX, &file, &r);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)r.records);
    buf_free(&file);
    return e;
}

static enum err feed(struct calls *c)
{
    struct message_hello_node hello = {.log_count = 1};
    struct hub_feed f;
    hello.node = c->at.node;
    hello.logs[0].inc = c->inc;
    enum err e = hub_store_feed(c->hub, &c->at, 0, &hello, FEED_BYTES, &f);
    if (e != ERR_OK) return e;
    calls_tell_int(c, (int64_t)f.upto);
    for (size_t i = 0; i < f.set_count; i++)
        calls_tell_bytes(c, f.sets[i].body);
    for (size_t i = 0; i < f.record_count; i++)
        calls_tell_bytes(c, f.records[i].state);
    calls_tell_int(c, f.last);
    if (f.last) calls_tell(c, f.end.scope_hash, sizeof f.end.scope_hash);
    return ERR_OK;
}

static enum err own_sets(struct calls *c)
{
    const struct message_set *v;
    size_t n = 0;
    enum err e = hub_store_own_sets(c->hub, &c->at.node, &c->inc, 0, FEED_BYTES, &v, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        calls_tell_bytes(c, v[i].body);
    return e;
}

static enum err epoch_new(struct calls *c)
{
    return hub_store_epoch_new(c->hub, 0, CALLS_NOW);
}
IN_TX(epoch_new)

static enum err settled(struct calls *c)
{
    return hub_store_settled(c->hub);
}

static enum err confirm_wanted(struct calls *c)
{
    int64_t since_ms = 1;
    enum err e = hub_store_confirm_wanted(c->hub, &since_ms);
    if (e == ERR_OK) calls_tell_int(c, since_ms);
    return e;
}

static enum err check(struct calls *c)
{
    return hub_store_check(c->hub);
}

static enum err project(struct calls *c)
{
    return hub_store_project(c->hub);
}

static enum err scrub_tell(void *ctx, uint64_t position, const char *why)
{
    struct calls *c = ctx;
    calls_tell_int(c, (int64_t)position);
    calls_tell_str(c, why);
    return ERR_OK;
}

static enum err scrub_log(struct calls *c)
{
    uint64_t at = 0;
    bool done = false;
    enum err e = hub_store_scrub_log(c->hub, &at, 1000, scrub_tell, c, &done);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)at + done);
    return e;
}

static enum err finding_tell(void *ctx, const struct hub_finding *f)
{
    calls_tell_int(ctx, (int64_t)f->kind);
    return ERR_OK;
}

static enum err verify_log(struct calls *c)
{
    struct hub_verified_log v;
    enum err e = hub_verify_log(c->hub, finding_tell, c, &v);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)v.findings);
    return e;
}

/* ---- invitations, contacts, tokens ---- */

static const uint8_t token[HUB_TOKEN_BYTES] = {1, 2, 3};
static const uint8_t invite_old[16] = {9}, invite_new[16] = {8};

static enum err invite_create(struct calls *c)
{
    return hub_store_invite_create(c->hub, invite_new, OTHER, "Tân An", CALLS_NOW,
                                   CALLS_NOW + 1000000);
}

static enum err invite_check(struct calls *c)
{
    char unit[ADMIN_UNIT_BYTES_MAX + 1], name[MESSAGE_TEXT_MAX + 1];
    enum err e = hub_store_invite_check(c->hub, invite_old, &c->at.node, CALLS_NOW, unit, name);
    if (e == ERR_OK) calls_tell_str(c, unit);
    return e;
}

static enum err invite_use(struct calls *c)
{
    return hub_store_invite_use(c->hub, invite_old, &c->at.node, bytes_str("máy"), CALLS_NOW);
}
IN_TX(invite_use)

static enum err invite_withdraw(struct calls *c)
{
    return hub_store_invite_withdraw(c->hub, OTHER, CALLS_NOW);
}

static enum err invite_tell(void *ctx, const struct hub_invite *i)
{
    calls_tell_str(ctx, i->unit);
    return ERR_OK;
}

static enum err invites(struct calls *c)
{
    return hub_store_invites(c->hub, invite_tell, c);
}

static enum err contact(struct calls *c)
{
    struct message_hello_node hello = {.waiting_sets = 3, .clock_ms = (uint64_t)CALLS_NOW};
    hello.node = c->at.node;
    return hub_store_contact(c->hub, &c->at.node, &hello, CALLS_NOW);
}
IN_TX(contact)

static enum err node_tell(void *ctx, const struct hub_node_row *n)
{
    calls_tell(ctx, n->node.node.b, sizeof n->node.node.b);
    calls_tell_int(ctx, (int64_t)n->sets);
    return ERR_OK;
}

static enum err nodes(struct calls *c)
{
    return hub_store_nodes(c->hub, node_tell, c);
}

static enum err token_add(struct calls *c)
{
    return hub_store_token_add(c->hub, "tỉnh", token, CALLS_NOW);
}

static enum err token_revoke(struct calls *c)
{
    return hub_store_token_revoke(c->hub, "cũ", CALLS_NOW);
}

static enum err token_tell(void *ctx, const struct hub_token *t)
{
    calls_tell_str(ctx, t->name);
    return ERR_OK;
}

static enum err tokens(struct calls *c)
{
    return hub_store_tokens(c->hub, token_tell, c);
}

/* ---- alarms ---- */

static enum err alarm_raise(struct calls *c)
{
    return hub_store_alarm(c->hub, HUB_ALARM_CLONE, &c->at.node, CALLS_NOW);
}

static enum err alarm_damage(struct calls *c)
{
    return hub_store_alarm_damage(c->hub, "sys_log 7: thử", CALLS_NOW);
}

static enum err alarm_tell(void *ctx, const struct hub_alarm *a)
{
    calls_tell_int(ctx, (int64_t)a->kind);
    return ERR_OK;
}

static enum err alarms(struct calls *c)
{
    return hub_store_alarms(c->hub, true, alarm_tell, c);
}

static enum err alarm_ack(struct calls *c)
{
    return hub_store_alarm_ack(c->hub, 1, CALLS_NOW);
}

static enum err alarm_stands(struct calls *c)
{
    bool stands = false;
    struct id_hash nobody = {{0}};
    return hub_store_alarmed(c->hub, HUB_ALARM_STOPPED, &nobody, &stands);
}

static enum err clock_look(struct calls *c)
{
    return hub_store_clock_look(c->hub, &c->at.node, CALLS_NOW - 2 * HUB_ALARM_CLOCK_MS, CALLS_NOW);
}
IN_TX(clock_look)

static enum err clone_look(struct calls *c)
{
    struct message_hello_node hello = {.sessions = 1};
    hello.node = c->at.node;
    return hub_store_clone_look(c->hub, &c->at.node, &hello, CALLS_NOW);
}
IN_TX(clone_look)

/* ---- what people of the office do ---- */

static void user_fill(struct hub_user *u)
{
    *u = (struct hub_user){
        .name = "Nguyễn Văn Tư", .hash = "x", .role = HUB_ROLE_VIEWER, .code_step = -1};
}

static enum err users_add(struct calls *c)
{
    struct hub_user u;
    user_fill(&u);
    return hub_users_add(c->hub, &u, "nguyen van tu");
}

static enum err users_find(struct calls *c)
{
    struct hub_user u;
    enum err e = hub_users_find(c->hub, "le thi nam", &u);
    if (e == ERR_OK) calls_tell_str(c, u.name);
    return e;
}

static enum err users_set(struct calls *c)
{
    struct hub_user u;
    enum err e = hub_users_find(c->hub, "le thi nam", &u);
    u.disabled_ms = CALLS_NOW;
    return e == ERR_OK ? hub_users_set(c->hub, &u) : e;
}

static enum err user_tell(void *ctx, const struct hub_user *u)
{
    calls_tell_str(ctx, u->name);
    return ERR_OK;
}

static enum err users_each(struct calls *c)
{
    return hub_users_each(c->hub, user_tell, c);
}

static enum err tries_set(struct calls *c)
{
    return hub_tries_set(c->hub, "le thi nam", &(struct hub_tries){4, CALLS_NOW});
}

static enum err tries_get(struct calls *c)
{
    struct hub_tries t;
    enum err e = hub_tries_get(c->hub, "le thi nam", &t);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)t.fails);
    return e;
}

static enum err audit_add(struct calls *c)
{
    return hub_audit_add(c->hub, &(struct hub_audit){CALLS_NOW, "Tư", "login", "", "OK"});
}

static enum err audit_tell(void *ctx, int64_t row, const struct hub_audit *a)
{
    calls_tell_int(ctx, row);
    calls_tell_str(ctx, a->what);
    return ERR_OK;
}

static enum err audit_each(struct calls *c)
{
    return hub_audit_each(c->hub, 0, audit_tell, c);
}

static enum err audit_trim(struct calls *c)
{
    return hub_audit_trim(c->hub, 1);
}

static enum err audit_past(struct calls *c)
{
    struct hub_audit_past p;
    enum err e = hub_audit_past(c->hub, &p);
    if (e == ERR_OK) calls_tell_int(c, p.rows);
    return e;
}

static enum err read_add(struct calls *c)
{
    return hub_read_add(c->hub, &(struct hub_read){CALLS_NOW + HUB_READ_AGAIN_MS * 2, "Tư", "open",
                                                   "", 3, BYTES_OF(c->person.b)});
}

static enum err read_tell(void *ctx, int64_t row, const struct hub_read *r)
{
    calls_tell_int(ctx, row);
    calls_tell_bytes(ctx, r->rids);
    return ERR_OK;
}

static enum err read_each(struct calls *c)
{
    return hub_read_each(c->hub, 0, NULL, NULL, read_tell, c);
}

static enum err read_end(struct calls *c)
{
    struct hub_reads_end r;
    enum err e = hub_read_end(c->hub, &r);
    if (e == ERR_OK) calls_tell(c, r.hash.b, sizeof r.hash.b);
    return e;
}

static enum err read_shrink(struct calls *c)
{
    return hub_read_shrink(c->hub, 0, 0);
}
IN_TX(read_shrink)

static enum err draft_put(struct calls *c)
{
    return hub_draft_put(c->hub, "Tư", &(struct hub_draft){"b", bytes_str("{}"), CALLS_NOW});
}

static enum err draft_remove(struct calls *c)
{
    return hub_draft_remove(c->hub, "Tư", "a");
}

static enum err draft_tell(void *ctx, const struct hub_draft *d)
{
    calls_tell_str(ctx, d->key);
    return ERR_OK;
}

static enum err drafts_each(struct calls *c)
{
    return hub_drafts_each(c->hub, "Tư", draft_tell, c);
}

static enum err backup_noted(struct calls *c)
{
    return hub_backup_noted(c->hub, "hub-2.db", CALLS_NOW);
}

static enum err backup_last(struct calls *c)
{
    struct hub_backup_note n;
    enum err e = hub_backup_last(c->hub, &n);
    if (e == ERR_OK) calls_tell_str(c, n.name);
    return e;
}

/* ---- records ---- */

static enum err record_tell(void *ctx, const struct hub_record_row *r)
{
    calls_tell(ctx, r->rid.b, sizeof r->rid.b);
    calls_tell_bytes(ctx, r->state);
    return ERR_OK;
}

static enum err record(struct calls *c)
{
    struct buf state;
    unsigned type = 0;
    uint64_t position = 0;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    enum err e = hub_store_record(c->hub, &c->person, &state, &type, NULL, &position);
    if (e == ERR_OK) calls_tell_bytes(c, buf_bytes(&state));
    buf_free(&state);
    return e;
}

static enum err records(struct calls *c)
{
    return hub_store_records(c->hub, PERSON, NULL, record_tell, c);
}

static enum err conflicts(struct calls *c)
{
    return hub_store_conflicts(c->hub, record_tell, c);
}

static enum err rid_tell(void *ctx, const struct id_record *rid)
{
    calls_tell(ctx, rid->b, sizeof rid->b);
    return ERR_OK;
}

static enum err find(struct calls *c)
{
    const struct catalogue *cat = hub_store_catalogue(c->hub);
    size_t total = 0;
    struct hub_find q = {.type = cat != NULL ? catalogue_type_by_no(cat, PERSON) : NULL,
                         .query = bytes_str("nguyen"),
                         .max = 10};
    enum err e = q.type != NULL ? hub_store_find(c->hub, &q, rid_tell, c, &total) : ERR_NOMEM;
    if (e == ERR_OK) calls_tell_int(c, (int64_t)total);
    return e;
}

static enum err doubtful_tell(void *ctx, const struct hub_doubtful *r)
{
    calls_tell(ctx, r->rid.b, sizeof r->rid.b);
    calls_tell_int(ctx, r->why);
    return ERR_OK;
}

static enum err doubts(struct calls *c)
{
    const struct hub_doubts q = {.days = {.dated = true,
                                          .asks = true,
                                          .first = {2023, 1, 1},
                                          .today = {2023, 11, 14},
                                          .age_years = 20}};
    return hub_store_doubts(c->hub, &q, doubtful_tell, c);
}

static enum err made(struct calls *c)
{
    const struct catalogue *cat = hub_store_catalogue(c->hub);
    const struct catalogue_type *t = cat != NULL ? catalogue_type_by_no(cat, PERSON) : NULL;
    int64_t newest = 0;
    enum err e = t != NULL ? hub_store_made(c->hub, t, &newest) : ERR_NOMEM;
    if (e == ERR_OK) calls_tell_int(c, newest);
    return e;
}

static enum err own_number(struct calls *c)
{
    const struct catalogue *cat = hub_store_catalogue(c->hub);
    const struct catalogue_type *t = cat != NULL ? catalogue_type_by_no(cat, PERSON) : NULL;
    struct id_record found[2];
    size_t count = 0;
    enum err e = t == NULL ? ERR_NOMEM
                           : hub_store_own_number(c->hub, &t->fields[0], PERSON,
                                                  bytes_str("Nguyễn Văn An"), found, &count);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)count);
    return e;
}

static enum err set_tell(void *ctx, const struct hub_set *s)
{
    calls_tell_int(ctx, (int64_t)s->position);
    calls_tell(ctx, s->view->hash.b, sizeof s->view->hash.b);
    return ERR_OK;
}

static enum err sets(struct calls *c)
{
    return hub_store_sets(c->hub, 1, 1000, set_tell, c);
}

static enum err set_of(struct calls *c)
{
    return hub_store_set(c->hub, &c->version, set_tell, c);
}

static enum err held_tell(void *ctx, const struct hub_held *h)
{
    calls_tell_int(ctx, (int64_t)h->position);
    return ERR_OK;
}

static enum err held(struct calls *c)
{
    return hub_store_held(c->hub, held_tell, c);
}

static enum err pair_tell(void *ctx, const struct hub_pair *p)
{
    calls_tell_int(ctx, (int64_t)p->position);
    return ERR_OK;
}

static enum err pairs(struct calls *c)
{
    return hub_store_pairs(c->hub, pair_tell, c);
}

static enum err counts(struct calls *c)
{
    struct hub_counts n;
    enum err e = hub_store_counts(c->hub, &n);
    if (e == ERR_OK) calls_tell(c, &n, sizeof n);
    return e;
}

static enum err log_tell(void *ctx, const struct hub_log_row *r)
{
    calls_tell_bytes(ctx, r->hash);
    return ERR_OK;
}

static enum err log_rows(struct calls *c)
{
    return hub_log_rows(c->hub, log_tell, c);
}

static enum err state_next(struct calls *c)
{
    struct hub_state_row r;
    enum err e = hub_state_next(c->hub, NULL, &r);
    if (e == ERR_OK) calls_tell(c, r.digest.b, sizeof r.digest.b);
    return e;
}

static enum err replay(struct calls *c)
{
    struct hub_store *again = NULL;
    uint64_t position = 0;
    struct hub_position p;
    hub_store_position(c->hub, &p);
    enum err e = hub_replay_open(c->hub, p.epoch, p.position, &again, &position);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)position);
    if (e == ERR_OK) hub_store_close(again);
    return e;
}

/* ---- moves ---- */

static enum err transfer_tell(void *ctx, const struct hub_transfer *t)
{
    calls_tell(ctx, t->transfer.b, sizeof t->transfer.b);
    calls_tell_str(ctx, t->to);
    return ERR_OK;
}

static enum err transfers(struct calls *c)
{
    return hub_store_transfers(c->hub, true, transfer_tell, c);
}

static enum err crossing_tell(void *ctx, const struct hub_crossing *x)
{
    calls_tell(ctx, x->record.b, sizeof x->record.b);
    return ERR_OK;
}

static enum err crossings(struct calls *c)
{
    return hub_store_crossings(c->hub, true, crossing_tell, c);
}

static enum err scope_tell(void *ctx, const struct hub_scope_row *r)
{
    calls_tell_str(ctx, r->unit);
    return ERR_OK;
}

static enum err scopes(struct calls *c)
{
    return hub_store_scopes(c->hub, &c->shared, scope_tell, c);
}

static enum err unit_count(struct calls *c)
{
    uint64_t n = 0;
    enum err e = hub_store_unit_count(c->hub, UNIT, &n);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)n);
    return e;
}

static enum err closure(struct calls *c)
{
    struct buf ids;
    buf_init(&ids, 1 << 20);
    enum err e = hub_store_closure(c->hub, UNIT, &ids);
    if (e == ERR_OK) calls_tell_bytes(c, buf_bytes(&ids));
    buf_free(&ids);
    return e;
}

static enum err moves_prune(struct calls *c)
{
    return hub_store_moves_prune(c->hub, CALLS_NOW);
}
IN_TX(moves_prune)

static enum err moves_waiting(struct calls *c)
{
    struct hub_moves_waiting m;
    enum err e = hub_store_moves_waiting(c->hub, CALLS_NOW, &m);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)(m.offers + m.crossed));
    return e;
}

/* ---- orders and erasure ---- */

static enum err erasure_end(struct calls *c)
{
    uint32_t n = 0;
    uint8_t sum[8];
    enum err e = hub_store_erasure_end(c->hub, &n, sum);
    if (e == ERR_OK) calls_tell(c, sum, sizeof sum);
    return e;
}

static enum err record_op_tell(void *ctx, const struct hub_record_op *o)
{
    calls_tell_int(ctx, (int64_t)o->position);
    return ERR_OK;
}

static enum err record_ops(struct calls *c)
{
    return hub_store_record_ops(c->hub, &c->person, record_op_tell, c);
}

static enum err erased_upto(struct calls *c)
{
    struct hub_erased x;
    enum err e = hub_store_erased_upto(c->hub, UINT64_MAX >> 1, &x);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)x.ops);
    return e;
}

/* The simulator's two officers (erase.c) order that a person be erased; then the database is written anew. */
static enum err erase(struct calls *c)
{
    struct buf content, bytes, payload;
    struct key_sign k;
    struct id_record named = c->person;
    struct erase_list l = {.records = &named, .record_count = 1};
    struct order o = {.hub = c->hub_keys->hub,
                      .kind = bytes_str("erase"),
                      .basis = bytes_str("Luật 91/2025/QH15")};
    struct order_op op = {.order = {NULL, 0}};
    buf_init(&content, ORDER_CONTENT_BYTES_MAX);
    buf_init(&bytes, ORDER_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    erase_encode(&l, &content);
    o.content = buf_bytes(&content);
    memcpy(o.nonce, named.b, sizeof o.nonce);
    order_encode(&o, &bytes);
    op.order = buf_bytes(&bytes);
    enum err e = content.e != ERR_OK ? content.e : bytes.e;
    for (unsigned i = 0; e == ERR_OK && i < 2; i++) {
        uint8_t seed[KEY_SEED_BYTES] = {0x0f, (uint8_t)(i + 1)};
        e = key_sign_from_seed(&k, KEY_OFFICER, seed);
        if (e != ERR_OK) break;
        memcpy(op.by[i].pk, k.public, sizeof op.by[i].pk);
        e = order_sign(&k, op.order, op.by[i].signature);
        key_sign_free(&k);
    }
    if (e == ERR_OK) order_op_encode(&op, &payload);
    struct bytes p = buf_bytes(&payload);
    struct hub_own_set set = {.payloads = &p, .count = 1};
    if (e == ERR_OK) e = payload.e;
    if (e == ERR_OK) e = hub_own_append(c->hub, c->hub_keys, &set, CALLS_NOW, NULL);
    buf_free(&content);
    buf_free(&bytes);
    buf_free(&payload);
    return e;
}

void calls_hub_order(struct calls *c)
{
    static uint8_t head[CHANGE_HEAD_BYTES_MAX], body[CHANGE_BODY_BYTES_MAX];
    static const uint8_t none[8];
    const struct message_set *v = NULL;
    uint64_t next = UINT64_MAX;
    size_t n = 1;
    enum err e = in_tx(c, erase);
    while (e == ERR_OK && n > 0) {
        e = hub_store_erasures(c->hub, 0, none, &next, &v, &n);
        if (e != ERR_OK || n == 0) break;
        c->order = v[n - 1];
        memcpy(head, v[n - 1].head.p, v[n - 1].head.len);
        memcpy(body, v[n - 1].body.p, v[n - 1].body.len);
    }
    c->order.head.p = head;
    c->order.body.p = body;
    assert(e == ERR_OK && c->order.body.len > 0);
    (void)e;
}

static enum err erase_and_wipe(struct calls *c)
{
    bool known = false, dead = false;
    enum err e = hub_store_erase_record(c->hub, &c->person, &known, &dead);
    if (e == ERR_OK && !dead) e = in_tx(c, erase);
    /* A word that is kept for trying again is no error of the order (hub/store_erase.h). */
    return e == ERR_OK ? hub_store_wipe(c->hub) : e;
}

static enum err officer_tell(void *ctx, const struct hub_officer_row *o)
{
    calls_tell_str(ctx, o->name);
    return ERR_OK;
}

static enum err officer_list(struct calls *c)
{
    return hub_store_officer_list(c->hub, officer_tell, c);
}

static enum err officers(struct calls *c)
{
    struct order_register r;
    enum err e = hub_store_officers(c->hub, &r);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)r.count);
    return e;
}

static enum err order_tell(void *ctx, const struct hub_order_row *o)
{
    calls_tell(ctx, o->id.b, sizeof o->id.b);
    return ERR_OK;
}

static enum err orders(struct calls *c)
{
    return hub_store_orders(c->hub, "erase", false, order_tell, c);
}

/* ---- bundles, quarantine ---- */

static const struct id_hash file = {{7, 7}};

static enum err bundle_note(struct calls *c)
{
    return hub_store_bundle_note(c->hub, &file, &c->at.node, 100, 2, CALLS_NOW);
}
IN_TX(bundle_note)

static enum err bundle_seen(struct calls *c)
{
    bool seen = true;
    enum err e = hub_store_bundle_seen(c->hub, &file, &seen);
    if (e == ERR_OK) calls_tell_int(c, seen);
    return e;
}

static enum err waiting_put(struct calls *c)
{
    return hub_store_waiting_put(c->hub, &file, &c->at.node, bytes_str("abc"), CALLS_NOW);
}
IN_TX(waiting_put)

static enum err node_logs(struct calls *c)
{
    struct message_log logs[HELLO_LOGS_MAX];
    size_t n = 0;
    enum err e = hub_store_node_logs(c->hub, &c->at.node, logs, &n);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)n);
    return e;
}

static enum err parcel_tell(void *ctx, const struct hub_parcel *p)
{
    calls_tell_int(ctx, p->no);
    return ERR_OK;
}

static enum err quarantine(struct calls *c)
{
    return hub_store_quarantine(c->hub, true, parcel_tell, c);
}

/* ---- reports ---- */

static enum err reports_ready(struct calls *c)
{
    struct hub_cut cut;
    enum err e = hub_reports_ready(c->hub, &cut);
    if (e == ERR_OK) calls_tell(c, cut.archive.b, sizeof cut.archive.b);
    return e;
}

static enum err reports_sent(struct calls *c)
{
    enum hub_sent sent = HUB_SENT_NOTHING;
    enum err e = hub_reports_sent(c->hub, UNIT, 0, &sent);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)sent);
    return e;
}

static enum err issue_tell(void *ctx, const struct hub_issue *i)
{
    calls_tell(ctx, i->figures.b, sizeof i->figures.b);
    return ERR_OK;
}

static enum err issues_list(struct calls *c)
{
    return hub_issues_list(c->hub, issue_tell, c);
}

static enum err issues_newest(struct calls *c)
{
    return hub_issues_newest(c->hub, issue_tell, c);
}

static enum err file_tell(void *ctx, const struct hub_issue_file *f)
{
    calls_tell_bytes(ctx, f->data);
    return ERR_OK;
}

static enum err issues_files(struct calls *c)
{
    struct hub_issue i;
    enum err e = hub_issues_find(c->hub, REPORT, "735", PERIOD, 1, &i);
    return e == ERR_OK ? hub_issues_files(c->hub, i.id, file_tell, c) : e;
}

static enum err cell_tell(void *ctx, const struct hub_issue_cell *x)
{
    calls_tell_int(ctx, x->num);
    return ERR_OK;
}

static enum err issues_cells(struct calls *c)
{
    struct hub_issue i;
    enum err e = hub_issues_find(c->hub, REPORT, "735", PERIOD, 1, &i);
    return e == ERR_OK ? hub_issues_cells(c->hub, i.id, NULL, cell_tell, c) : e;
}

static enum err verify_issue(struct calls *c)
{
    struct hub_issue i;
    struct hub_verified_issue v;
    enum err e = hub_issues_find(c->hub, REPORT, "735", PERIOD, 1, &i);
    return e == ERR_OK ? hub_verify_issue(c->hub, &i, NULL, &v) : e;
}

static enum err close_period(struct calls *c)
{
    struct hub_close_result r;
    struct hub_report_why why;
    struct key_sign key;
    const uint8_t seed[KEY_SEED_BYTES] = {0x15};
    struct hub_close_request q = {.report = REPORT,
                                  .now_ms = CALLS_NOW,
                                  .keys = c->hub_keys,
                                  .issue_key = &key,
                                  .scratch = "."};
    enum err e = period_parse(bytes_str("2023-02"), &q.period);
    if (e == ERR_OK) e = key_sign_from_seed(&key, KEY_ISSUE, seed);
    if (e != ERR_OK) return e;
    e = hub_close(c->hub, &q, &r, &why);
    if (e == ERR_OK) calls_tell(c, r.issue.figures.b, sizeof r.issue.figures.b);
    key_sign_free(&key);
    return e;
}

/* ---- files ---- */

static enum err attach_block_put(struct calls *c, unsigned which)
{
    struct bytes bytes = calls_file(which);
    struct attach_offer o = {.ref = c->files[which], .size = bytes.len};
    struct attach_block b = {.size = bytes.len, .data = bytes};
    struct hub_attach_said said;
    enum err e = hub_store_attach_offer(c->hub, &c->at, &o, CALLS_NOW, &said);
    if (e == ERR_OK) e = hub_store_attach_block(c->hub, &o.ref, &b, &said);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)(said.have * 8 + said.code));
    return e;
}

static enum err attach_first(struct calls *c)
{
    return attach_block_put(c, 0);
}

static enum err attach_second(struct calls *c)
{
    return attach_block_put(c, 1);
}
IN_TX(attach_second)

static enum err attach_read(struct calls *c)
{
    struct attach_want want = {.ref = c->files[0]};
    struct hub_attach_said said;
    struct bytes data;
    enum err e = hub_store_attach_read(c->hub, &c->at, &want, &data, &said);
    if (e == ERR_OK) calls_tell_bytes(c, data);
    return e;
}

static enum err attach_tell(void *ctx, const struct hub_attach *a)
{
    calls_tell_int(ctx, (int64_t)a->have);
    return ERR_OK;
}

static enum err attach_each(struct calls *c)
{
    enum err e = hub_store_attach_each(c->hub, NULL, attach_tell, c);
    if (e == ERR_OK) e = hub_store_attach_about(c->hub, &c->person, attach_tell, c);
    return e == ERR_OK ? hub_store_attach_whole(c->hub, &c->at, attach_tell, c) : e;
}

static enum err attach_file(struct calls *c)
{
    struct buf b;
    buf_init(&b, ATTACH_BYTES_MAX);
    enum err e = hub_store_attach_file(c->hub, &c->files[0], &b);
    if (e == ERR_OK) calls_tell_bytes(c, buf_bytes(&b));
    buf_free(&b);
    return e;
}

/* ---- what a revoked node sent ---- */

static enum err parcel(struct calls *c)
{
    struct hub_parcel p;
    uint64_t parcels = 0, count = 0;
    enum err e = hub_store_parcel(c->hub, 1, &p);
    if (e == ERR_OK) e = hub_store_quarantine_count(c->hub, &parcels, &count);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)(parcels * 100 + count));
    return e;
}

static enum err parcel_set_tell(void *ctx, const struct change_view *view)
{
    calls_tell(ctx, view->hash.b, sizeof view->hash.b);
    return ERR_OK;
}

static enum err parcel_sets(struct calls *c)
{
    return hub_store_parcel_sets(c->hub, 1, parcel_set_tell, c);
}

static enum err parcel_heads(struct calls *c)
{
    struct hub_parcel p;
    struct message_head h;
    struct id_hash hash;
    enum err e = hub_store_parcel(c->hub, 1, &p);
    if (e == ERR_OK) e = hub_store_apart_head(c->hub, &p.node, &p.inc, &h);
    if (e == ERR_OK) e = hub_store_apart_hash(c->hub, &p.inc, p.first, &hash);
    if (e != ERR_OK) return e;
    calls_tell_int(c, (int64_t)h.next_seq);
    calls_tell(c, hash.b, sizeof hash.b);
    return ERR_OK;
}

/* A person lets it in. */
static enum err parcel_take(struct calls *c)
{
    struct hub_parcel p;
    struct hub_taken taken;
    struct buf payload;
    buf_init(&payload, CHANGE_BYTES_MAX);
    enum err e = hub_store_parcel(c->hub, 1, &p);
    if (e == ERR_OK) {
        struct admin_quarantine d = {.node = p.node,
                                     .inc = p.inc,
                                     .first = p.first,
                                     .next = p.next,
                                     .hash = p.hash,
                                     .release = true,
                                     .by = bytes_str("Tư"),
                                     .reason = bytes_str("ghi trước khi mất máy")};
        admin_quarantine_encode(&d, &payload);
        e = payload.e;
    }
    struct bytes b = buf_bytes(&payload);
    struct hub_own_set set = {.payloads = &b, .count = 1};
    if (e == ERR_OK) e = hub_own_append(c->hub, c->hub_keys, &set, CALLS_NOW, NULL);
    if (e == ERR_OK) e = hub_store_parcel_take(c->hub, 1, CALLS_NOW, &taken);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)taken.last_position);
    buf_free(&payload);
    return e;
}
IN_TX(parcel_take)

static enum err revocation_tell(void *ctx, const struct admin_revoke *r)
{
    calls_tell(ctx, r->node.b, sizeof r->node.b);
    return ERR_OK;
}

static enum err revocations(struct calls *c)
{
    return hub_store_revocations(c->hub, revocation_tell, c);
}

static enum err reread(struct calls *c)
{
    return hub_store_reread(c->hub);
}

/* ---- keys ---- */

static enum err rekeyed(struct calls *c)
{
    struct hub_rekeyed r;
    struct admin_cert cert;
    uint8_t pk[32];
    uint32_t serial = 0;
    bool newer = false, keep = false;
    enum err e = hub_store_log_key(c->hub, &c->at.node, &c->inc, pk);
    if (e == ERR_OK) e = hub_store_cert(c->hub, &c->at.node, &cert);
    if (e == ERR_OK) e = hub_store_serial_max(c->hub, &c->at.node, &serial);
    if (e == ERR_OK) e = hub_store_keys_newer(c->hub, &cert, &newer, &keep);
    if (e == ERR_OK) e = hub_store_rekeyed(c->hub, &c->at, &r);
    if (e != ERR_OK) return e;
    calls_tell(c, pk, sizeof pk);
    calls_tell_int(c, (int64_t)serial * 4 + newer * 2 + keep);
    return ERR_OK;
}

static enum err retired(struct calls *c)
{
    uint8_t pk[32] = {3}, sign_pk[32];
    return hub_store_retired(c->hub, &c->at.node, HUB_REKEY_SEALING, pk, sign_pk);
}

/* ---- repair ---- */

/* It went back, and two people confirm that what was lost is there again. */
static enum err confirm(struct calls *c)
{
    enum err e = hub_store_epoch_new(c->hub, 0, CALLS_NOW);
    return e == ERR_OK ? hub_store_confirm(c->hub) : e;
}
IN_TX(confirm)

static enum err gave_back(struct calls *c)
{
    return hub_store_gave_back(c->hub, &c->at.node, 7);
}
IN_TX(gave_back)

static enum err give(struct calls *c)
{
    struct message_set m = {.head = c->own, .body = c->own_body};
    memcpy(m.signature, c->own_signature, sizeof m.signature);
    enum err e = hub_store_give(c->hub, &m, CALLS_NOW);
    return e == ERR_OK ? hub_store_give_any(c->hub, &m, CALLS_NOW) : e;
}
IN_TX(give)

static enum err mend(struct calls *c)
{
    struct message_set m = {.head = c->head, .body = c->body};
    bool mended = false;
    memcpy(m.signature, c->signature, sizeof m.signature);
    enum err e = hub_store_mend_note(c->hub, c->position, CALLS_NOW);
    if (e == ERR_OK) e = hub_store_mend(c->hub, &c->at.node, &m, CALLS_NOW, &mended);
    if (e == ERR_OK) calls_tell_int(c, mended);
    return e;
}
IN_TX(mend)

static enum err position_hash(struct calls *c)
{
    struct id_hash p;
    enum err e = hub_store_p(c->hub, 1, &p);
    if (e == ERR_OK) calls_tell_int(c, p.b[0]);
    return e;
}

static enum err lost(struct calls *c)
{
    struct admin_receipt r = {.epoch = 5, .last_position = 3};
    bool is = false;
    enum err e = hub_store_lost(c->hub, &r, &is);
    if (e == ERR_OK) calls_tell_int(c, is);
    return e;
}

/* ---- what the daemon and people note ---- */

static enum err token_check(struct calls *c)
{
    const uint8_t known[HUB_TOKEN_BYTES] = {4};
    char name[MESSAGE_TEXT_MAX + 1];
    enum err e = hub_store_token_check(c->hub, BYTES_OF(known), name);
    if (e == ERR_OK) calls_tell_str(c, name);
    return e;
}

static enum err scrub_noted(struct calls *c)
{
    return hub_scrub_noted(c->hub, &(struct hub_scrub_note){.at_ms = CALLS_NOW, .findings = 2});
}

static enum err scrub_last(struct calls *c)
{
    struct hub_scrub_note n;
    enum err e = hub_scrub_last(c->hub, &n);
    if (e == ERR_OK) calls_tell_int(c, n.at_ms);
    return e;
}

static enum err check_noted(struct calls *c)
{
    return hub_check_noted(c->hub, bytes_str("{\"log\":\"OK\"}"));
}

static enum err check_last(struct calls *c)
{
    struct buf b;
    buf_init(&b, 4096);
    enum err e = hub_check_last(c->hub, &b);
    if (e == ERR_OK) calls_tell_bytes(c, buf_bytes(&b));
    buf_free(&b);
    return e;
}

static enum err taken_note(struct calls *c)
{
    return hub_taken_note(c->hub, 1, "RS1.xlsx", "tỉnh", true, CALLS_NOW);
}

static enum err taken_tell(void *ctx, const struct hub_taken_file *f)
{
    calls_tell_str(ctx, f->name);
    return ERR_OK;
}

static enum err taken_each(struct calls *c)
{
    return hub_taken_each(c->hub, 0, taken_tell, c);
}

static enum err node_cursor(struct calls *c)
{
    uint64_t at = 0;
    enum err e = hub_store_node_cursor(c->hub, &c->at.node, &at);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)at);
    return e;
}

static enum err transfer_one(struct calls *c)
{
    return hub_store_transfer(c->hub, &c->transfer, transfer_tell, c);
}

/* ---- histories, lists and forms of the pages ---- */

static enum err history_tell(void *ctx, const struct hub_set *set, unsigned index,
                             const struct change_op *op)
{
    calls_tell_int(ctx, (int64_t)(set->position * 1000 + index * 10 + op->kind));
    return ERR_OK;
}

static enum err history(struct calls *c)
{
    bool done = false;
    enum err e = hub_store_history_some(c->hub, 1000, &done);
    return e == ERR_OK ? hub_store_history(c->hub, &c->person, history_tell, c) : e;
}

static enum err close_set(struct calls *c)
{
    struct hub_issue i;
    struct buf head, body, signature, archive, missing;
    buf_init(&head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&body, CHANGE_BODY_BYTES_MAX);
    buf_init(&signature, CHANGE_SIGNATURE_BYTES);
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&missing, CATALOGUE_ARCHIVE_BYTES_MAX);
    enum err e = hub_issues_find(c->hub, REPORT, "735", PERIOD, 1, &i);
    if (e == ERR_OK) e = hub_issues_close_set(c->hub, &i, &head, &body, &signature);
    if (e == ERR_OK) e = hub_issues_archive(c->hub, 1, &archive);
    if (e == ERR_OK) e = hub_issues_missing(c->hub, &i, &missing);
    if (e == ERR_OK) {
        calls_tell_bytes(c, buf_bytes(&body));
        calls_tell_bytes(c, buf_bytes(&archive));
        calls_tell_bytes(c, buf_bytes(&missing));
    }
    buf_free(&head);
    buf_free(&body);
    buf_free(&signature);
    buf_free(&archive);
    buf_free(&missing);
    return e;
}

static enum err input_tell(void *ctx, const struct hub_issue_input *i)
{
    (void)i;
    calls_tell_int(ctx, 1);
    return ERR_OK;
}

static enum err issues_inputs(struct calls *c)
{
    struct hub_issue i;
    enum err e = hub_issues_find(c->hub, REPORT, "735", PERIOD, 1, &i);
    return e == ERR_OK ? hub_issues_inputs(c->hub, i.id, input_tell, c) : e;
}

static enum err unit_records(struct calls *c)
{
    struct id_record v[8];
    int64_t after = 0;
    size_t n = 0;
    enum err e = hub_store_unit_records(c->hub, UNIT, 0, &after, v, 8, &n);
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        calls_tell(c, v[i].b, sizeof v[i].b);
    return e;
}

static enum err register_tell(void *ctx, const struct hub_record_row *r)
{
    calls_tell(ctx, r->rid.b, sizeof r->rid.b);
    return ERR_OK;
}

static enum err type_register(struct calls *c)
{
    return hub_store_register(c->hub, PERSON, register_tell, c);
}

/* A form of a record that is there. */
static enum err try_record(struct calls *c)
{
    struct fold f;
    struct buf state;
    unsigned type = 0;
    const struct catalogue_field *bad = NULL;
    struct id_record twins[2];
    size_t n = 0;
    static struct typed_review review;
    struct catalogue_why why;
    enum err e = fold_init(&f);
    if (e != ERR_OK) return e;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    e = hub_store_project(c->hub);
    if (e == ERR_OK) e = hub_store_record(c->hub, &c->shared, &state, &type, NULL, NULL);
    if (e == ERR_OK) e = fold_load(&f, buf_bytes(&state));
    const struct catalogue *k = hub_store_catalogue(c->hub);
    if (e == ERR_OK && k == NULL) e = ERR_NOT_READY;
    const struct catalogue_type *t = e == ERR_OK ? catalogue_type_by_no(k, type) : NULL;
    if (e == ERR_OK) e = hub_store_try_record(c->hub, t, &f, &bad, &why);
    if (e == ERR_BAD_VALUE) e = ERR_OK; /* the simulator's persons have no name */
    if (e == ERR_OK) e = hub_store_review(c->hub, t, &f, &review);
    if (e == ERR_OK) e = hub_store_twins(c->hub, t, &f, twins, 2, &n);
    struct entry_called called = {.type = t, .text = {"Nguyễn Văn An"}, .count = 1};
    if (e == ERR_OK) called.field[0] = t->fields;
    if (e == ERR_OK) e = hub_store_called(c->hub, &called, twins, 2, &n);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)n + (bad != NULL ? (int64_t)bad->no * 10 : 0));
    fold_free(&f);
    buf_free(&state);
    return e;
}

static enum err flow_text(void *ctx, size_t field, bool shown, struct bytes text)
{
    calls_tell_int(ctx, (int64_t)field + shown);
    calls_tell_bytes(ctx, text);
    return ERR_OK;
}

static enum err flow_texts(struct calls *c)
{
    static const char *const fields[] = {"birthplace", "no such field", "phone"};
    return hub_flow_texts(c->hub, &c->person, fields, 3, flow_text, c);
}

/* Whether there is more to bring in is all that it says, and "no" is also that it could not look. */
static enum err project_far(struct calls *c)
{
    (void)hub_store_project_far(c->hub, 0);
    return ERR_OK;
}

static enum err contribution(struct calls *c)
{
    struct hub_contribution x;
    struct id_hash hash;
    change_hash(c->head, &hash);
    enum err e = hub_store_contribution(c->hub, &c->person, c->position, &hash, c->position, &x);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)x.order * 2 + x.lost);
    return e;
}

static enum err catalogue_try(struct calls *c)
{
    struct catalogue_error why;
    const struct catalogue *cat = hub_store_catalogue(c->hub);
    return cat != NULL
               ? hub_store_catalogue_try(c->hub, cat, &(struct catalogue_mistakes){&why, 1, 0})
               : ERR_NOT_READY;
}

static enum err user_name(struct calls *c)
{
    struct hub_user_name n;
    enum err e = hub_user_name(" Nguyễn  Văn TƯ ", &n);
    if (e == ERR_OK) calls_tell_str(c, n.fold);
    return e;
}

static enum err erase_named(struct calls *c)
{
    struct id_record v[8];
    struct erase_op *op = calloc(1, sizeof *op);
    size_t links = 0, files = 0;
    if (op == NULL) return ERR_NOMEM;
    enum err e = hub_store_erase_links(c->hub, &c->person, v, 8, &links);
    if (e == ERR_OK) e = hub_store_erase_attachments(c->hub, &c->person, v, 8, &files);
    if (e == ERR_OK) e = hub_store_erase_op(c->hub, &c->inc, 1, 0, op);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)(links * 100 + files * 10 + op->field_count));
    free(op);
    return e;
}

/* The proposal of one officer, and that it is withdrawn. */
static enum err proposal(struct calls *c, bool withdraw)
{
    struct buf bytes, memory;
    struct hub_order_row row;
    struct id_hash id;
    struct order_signature by = {.pk = {1}};
    struct order o = {.hub = c->hub_keys->hub,
                      .kind = bytes_str("reopen"),
                      .basis = bytes_str("Điều 16"),
                      .content = bytes_str("x")};
    buf_init(&bytes, ORDER_BYTES_MAX);
    buf_init(&memory, ORDER_BYTES_MAX);
    order_encode(&o, &bytes);
    order_id(buf_bytes(&bytes), &id);
    enum err e = bytes.e;
    if (e == ERR_OK && !withdraw)
        e = hub_store_order_propose(c->hub, buf_bytes(&bytes), &by, CALLS_NOW);
    if (e == ERR_OK) e = hub_store_order(c->hub, &id, &row, &memory);
    if (e == ERR_OK && withdraw) e = hub_store_order_withdraw(c->hub, &id);
    if (e == ERR_OK) calls_tell_bytes(c, buf_bytes(&memory));
    buf_free(&bytes);
    buf_free(&memory);
    return e;
}

static enum err propose(struct calls *c)
{
    return proposal(c, false);
}
IN_TX(propose)

static enum err propose_and_withdraw(struct calls *c)
{
    enum err e = proposal(c, false);
    return e == ERR_OK ? proposal(c, true) : e;
}
IN_TX(propose_and_withdraw)

/* ---- the table ---- */

static enum err transfer_keep(void *ctx, const struct hub_transfer *t)
{
    ((struct calls *)ctx)->transfer = t->transfer;
    return ERR_OK;
}

void calls_hub_prepare(struct calls *c)
{
    struct hub_user u;
    enum err e = ERR_OK;
    user_fill(&u);
    memcpy(u.name, "Lê Thị Năm", sizeof "Lê Thị Năm");
    e = hub_users_add(c->hub, &u, "le thi nam");
    if (e == ERR_OK) e = tries_set(c);
    if (e == ERR_OK)
        e = hub_store_invite_create(c->hub, invite_old, OTHER, "Tân An", CALLS_NOW,
                                    CALLS_NOW + 1000000);
    if (e == ERR_OK) {
        uint8_t other[HUB_TOKEN_BYTES] = {4};
        e = hub_store_token_add(c->hub, "cũ", other, CALLS_NOW);
    }
    for (int i = 0; e == ERR_OK && i < 3; i++)
        e = audit_add(c);
    if (e == ERR_OK)
        e = hub_read_add(c->hub,
                         &(struct hub_read){CALLS_NOW, "Tư", "open", "", 3, BYTES_OF(c->person.b)});
    if (e == ERR_OK)
        e = hub_draft_put(c->hub, "Tư", &(struct hub_draft){"a", bytes_str("{}"), CALLS_NOW});
    if (e == ERR_OK) e = hub_backup_noted(c->hub, "hub-1.db", CALLS_NOW);
    if (e == ERR_OK) e = hub_store_alarm(c->hub, HUB_ALARM_FORK, &c->at.node, CALLS_NOW);
    if (e == ERR_OK) e = hub_store_transfers(c->hub, true, transfer_keep, c);
    if (e == ERR_OK) e = taken_note(c);
    if (e == ERR_OK) e = check_noted(c);
    if (e == ERR_OK) e = in_tx(c, attach_first);
    assert(e == ERR_OK);
    (void)e;
}

const struct call calls_hub[] = {
    {"hub_store_open", open_again, CALL_STEPS},
    {"hub_store_identity", identity, 0},
    {"hub_store_identity_set", identity_set, 0},
    {"hub_store_node", node, 0},
    {"hub_store_head", head, 0},
    {"hub_store_set_hash", set_hash, 0},
    {"hub_store_knows", knows, 0},
    {"hub_store_behind", behind, 0},
    {"hub_own_append", own_tx, 0},
    {"hub_store_own_next", own_next_tx, 0},
    {"hub_store_own_since", own_since, 0},
    {"hub_bundle_in", take, CALL_STEPS},
    {"hub_bundle_out", give_down, CALL_STEPS},
    {"hub_store_feed", feed, 0},
    {"hub_store_own_sets", own_sets, 0},
    {"hub_store_epoch_new", epoch_new_tx, 0},
    {"hub_store_settled", settled, 0},
    {"hub_store_confirm_wanted", confirm_wanted, 0},
    {"hub_store_check", check, 0},
    {"hub_store_project", project, CALL_STEPS},
    {"hub_store_scrub_log", scrub_log, 0},
    {"hub_verify_log", verify_log, CALL_STEPS | CALL_SLOW},
    {"hub_store_invite_create", invite_create, 0},
    {"hub_store_invite_check", invite_check, 0},
    {"hub_store_invite_use", invite_use_tx, 0},
    {"hub_store_invite_withdraw", invite_withdraw, 0},
    {"hub_store_invites", invites, 0},
    {"hub_store_contact", contact_tx, 0},
    {"hub_store_nodes", nodes, 0},
    {"hub_store_token_add", token_add, 0},
    {"hub_store_token_revoke", token_revoke, 0},
    {"hub_store_tokens", tokens, 0},
    {"hub_store_alarm", alarm_raise, 0},
    {"hub_store_alarm_damage", alarm_damage, 0},
    {"hub_store_alarms", alarms, 0},
    {"hub_store_alarm_ack", alarm_ack, 0},
    {"hub_store_alarmed", alarm_stands, 0},
    {"hub_store_clock_look", clock_look_tx, 0},
    {"hub_store_clone_look", clone_look_tx, 0},
    {"hub_users_add", users_add, 0},
    {"hub_users_find", users_find, 0},
    {"hub_users_set", users_set, 0},
    {"hub_users_each", users_each, 0},
    {"hub_tries_set", tries_set, 0},
    {"hub_tries_get", tries_get, 0},
    {"hub_audit_add", audit_add, 0},
    {"hub_audit_each", audit_each, 0},
    {"hub_audit_trim", audit_trim, 0},
    {"hub_audit_past", audit_past, 0},
    {"hub_read_add", read_add, 0},
    {"hub_read_each", read_each, 0},
    {"hub_read_end", read_end, 0},
    {"hub_read_shrink", read_shrink_tx, 0},
    {"hub_draft_put", draft_put, 0},
    {"hub_draft_remove", draft_remove, 0},
    {"hub_drafts_each", drafts_each, 0},
    {"hub_backup_noted", backup_noted, 0},
    {"hub_backup_last", backup_last, 0},
    {"hub_store_record", record, 0},
    {"hub_store_records", records, 0},
    {"hub_store_conflicts", conflicts, 0},
    {"hub_store_find", find, CALL_STEPS},
    {"hub_store_made", made, CALL_STEPS},
    {"hub_store_own_number", own_number, 0},
    {"hub_store_doubts", doubts, CALL_STEPS},
    {"hub_store_sets", sets, 0},
    {"hub_store_set", set_of, 0},
    {"hub_store_held", held, 0},
    {"hub_store_pairs", pairs, 0},
    {"hub_store_counts", counts, 0},
    {"hub_log_rows", log_rows, 0},
    {"hub_state_next", state_next, 0},
    {"hub_replay_open", replay, CALL_SLOW},
    {"hub_store_transfers", transfers, 0},
    {"hub_store_crossings", crossings, 0},
    {"hub_store_scopes", scopes, 0},
    {"hub_store_unit_count", unit_count, 0},
    {"hub_store_closure", closure, CALL_STEPS},
    {"hub_store_moves_prune", moves_prune_tx, 0},
    {"hub_store_moves_waiting", moves_waiting, 0},
    {"hub_store_erasure_end", erasure_end, 0},
    {"hub_store_record_ops", record_ops, 0},
    {"hub_store_erased_upto", erased_upto, 0},
    {"hub_store_wipe", erase_and_wipe, CALL_STEPS},
    {"hub_store_officers", officers, 0},
    {"hub_store_officer_list", officer_list, 0},
    {"hub_store_orders", orders, 0},
    {"hub_store_bundle_note", bundle_note_tx, 0},
    {"hub_store_bundle_seen", bundle_seen, 0},
    {"hub_store_waiting_put", waiting_put_tx, 0},
    {"hub_store_node_logs", node_logs, 0},
    {"hub_store_quarantine", quarantine, 0},
    {"hub_store_attach_block", attach_second_tx, 0},
    {"hub_store_attach_read", attach_read, 0},
    {"hub_store_attach_each", attach_each, 0},
    {"hub_store_attach_file", attach_file, 0},
    {"hub_store_parcel", parcel, 0},
    {"hub_store_parcel_sets", parcel_sets, 0},
    {"hub_store_apart_head", parcel_heads, 0},
    {"hub_store_parcel_take", parcel_take_tx, 0},
    {"hub_store_revocations", revocations, 0},
    {"hub_store_reread", reread, CALL_STEPS},
    {"hub_store_rekeyed", rekeyed, 0},
    {"hub_store_retired", retired, 0},
    {"hub_store_confirm", confirm_tx, 0},
    {"hub_store_gave_back", gave_back_tx, 0},
    {"hub_store_give", give_tx, 0},
    {"hub_store_mend", mend_tx, 0},
    {"hub_store_lost", lost, 0},
    {"hub_store_p", position_hash, 0},
    {"hub_store_token_check", token_check, 0},
    {"hub_scrub_noted", scrub_noted, 0},
    {"hub_scrub_last", scrub_last, 0},
    {"hub_check_noted", check_noted, 0},
    {"hub_check_last", check_last, 0},
    {"hub_taken_note", taken_note, 0},
    {"hub_taken_each", taken_each, 0},
    {"hub_store_node_cursor", node_cursor, 0},
    {"hub_store_transfer", transfer_one, 0},
    {"hub_store_history", history, CALL_STEPS},
    {"hub_issues_close_set", close_set, 0},
    {"hub_issues_inputs", issues_inputs, 0},
    {"hub_store_unit_records", unit_records, 0},
    {"hub_store_register", type_register, 0},
    {"hub_store_try_record", try_record, CALL_STEPS},
    {"hub_flow_texts", flow_texts, 0},
    {"hub_store_project_far", project_far, 0},
    {"hub_store_contribution", contribution, 0},
    {"hub_store_catalogue_try", catalogue_try, 0},
    {"hub_user_name", user_name, 0},
    {"hub_store_erase_op", erase_named, 0},
    {"hub_store_order_propose", propose_tx, 0},
    {"hub_store_order_withdraw", propose_and_withdraw_tx, 0},
    {"hub_reports_ready", reports_ready, CALL_STEPS},
    {"hub_reports_sent", reports_sent, 0},
    {"hub_issues_list", issues_list, 0},
    {"hub_issues_newest", issues_newest, 0},
    {"hub_issues_files", issues_files, 0},
    {"hub_issues_cells", issues_cells, 0},
    {"hub_verify_issue", verify_issue, CALL_STEPS | CALL_SLOW},
    {"hub_close", close_period, CALL_STEPS | CALL_SLOW},
};
const size_t calls_hub_count = sizeof calls_hub / sizeof calls_hub[0];
