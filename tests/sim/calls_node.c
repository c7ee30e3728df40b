/* The node's store calls, for calls_test. */
#include "tests/sim/calls.h"

#include "node/bundle.h"
#include "node/maintain.h"
#include "node/own.h"
#include "node/store_alarm.h"
#include "node/store_attach.h"
#include "node/store_bundle.h"
#include "node/store_erase.h"
#include "node/store_flow.h"
#include "node/store_heal.h"
#include "node/store_moves.h"
#include "node/store_proof.h"
#include "node/store_reach.h"
#include "node/store_readers.h"
#include "node/store_rekey.h"
#include "node/store_records.h"
#include "node/store_repair.h"
#include "node/store_search.h"
#include "node/store_users.h"

#include "proto/entry_called.h"
#include "proto/move.h"

#include <assert.h>
#include <sodium.h>
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

static enum err revoked(struct calls *c)
{
    return node_store_revoked(c->node);
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
    enum err e = node_store_attach_busy(c->node, CALLS_NOW, &busy);
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

/* ---- files, further ---- */

static enum err attach_get(struct calls *c)
{
    struct node_attach a;
    bool bundled = true;
    enum err e = node_store_attach_get(c->node, &c->files[0], &a);
    if (e == ERR_OK) e = node_store_attach_is_bundled(c->node, a.no, &bundled);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)(a.have * 4 + a.delivered * 2 + bundled));
    return e;
}

static enum err attach_file(struct calls *c)
{
    struct buf b;
    buf_init(&b, ATTACH_BYTES_MAX);
    enum err e = node_store_attach_file(c->node, &c->files[0], &b);
    if (e == ERR_OK) calls_tell_bytes(c, buf_bytes(&b));
    buf_free(&b);
    return e;
}

static enum err attach_next(struct calls *c)
{
    struct node_attach a;
    struct bytes block;
    enum err e = node_store_attach_next(c->node, 0, CALLS_NOW, &a);
    if (e == ERR_OK) e = node_store_attach_read(c->node, a.no, 0, &block);
    if (e == ERR_OK) calls_tell_bytes(c, block);
    return e;
}

static enum err attach_said(struct calls *c)
{
    struct node_attach a;
    enum err e = node_store_attach_get(c->node, &c->files[1], &a);
    return e == ERR_OK ? node_store_attach_said(c->node, a.no, ATTACH_OK, CALLS_NOW) : e;
}

static enum err attach_held(struct calls *c)
{
    return node_store_attach_held(c->node, &c->files[1]);
}

static enum err attach_bundled(struct calls *c)
{
    struct node_attach a;
    enum err e = node_store_attach_get(c->node, &c->files[1], &a);
    return e == ERR_OK ? node_store_attach_bundled(c->node, a.no) : e;
}

/* Gone here, and fetched anew in one block. */
static enum err attach_put(struct calls *c)
{
    struct node_attach a;
    struct bytes bytes = calls_file(1);
    struct attach_block b = {.size = bytes.len, .data = bytes};
    uint64_t have = 0;
    enum err e = node_store_attach_get(c->node, &c->files[1], &a);
    if (e == ERR_OK && a.size > 0) e = node_store_attach_drop(c->node, &c->files[1].record);
    if (e == ERR_OK || e == ERR_NOT_FOUND)
        e = node_store_attach_want(c->node, &c->files[1], CALLS_NOW);
    if (e == ERR_OK) e = node_store_attach_get(c->node, &c->files[1], &a);
    if (e == ERR_OK) e = node_store_attach_put(c->node, a.no, &b, CALLS_NOW, &have);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)have);
    return e;
}

/* ---- keys ---- */

static struct node_sync_keys next_keys;
static struct admin_rekey next_rekey;

/* The same next keys in each run. */
static enum err keys_next(struct calls *c)
{
    static uint8_t secret[64];
    uint8_t seed[32] = {0x77};
    struct node_identity id;
    enum err e = node_store_identity(c->node, &id);
    if (e != ERR_OK) return e;
    if (crypto_sign_seed_keypair(next_rekey.sign_pk, secret, seed) != 0) return ERR_NOMEM;
    memset(next_rekey.transport_pk, 9, sizeof next_rekey.transport_pk);
    memset(next_rekey.sealing_pk, 8, sizeof next_rekey.sealing_pk);
    admin_rekey_sign(&next_rekey, &id.hub, &id.node, secret);
    next_keys = (struct node_sync_keys){.sign_secret = secret, .sign_pk = next_rekey.sign_pk};
    return ERR_OK;
}

static enum err rekey_begin(struct calls *c)
{
    struct node_sync_keys keys = *c->node_keys;
    enum err e = keys_next(c);
    keys.next = &next_keys;
    return e == ERR_OK ? node_own_rekey(c->node, &keys, &next_rekey, CALLS_NOW) : e;
}

static enum err rekey(struct calls *c)
{
    struct node_rekey r;
    enum err e = rekey_begin(c);
    if (e == ERR_OK) e = node_store_rekey(c->node, &r);
    if (e == ERR_OK) calls_tell(c, r.sign_pk, sizeof r.sign_pk);
    return e;
}

static enum err rekey_turn(struct calls *c)
{
    return node_store_rekey_turn(c->node, true);
}

static enum err rekey_done(struct calls *c)
{
    enum err e = rekey_begin(c);
    if (e == ERR_EXISTS)
        e = ERR_OK; /* once more: the change is under way, and only its end failed */
    return e == ERR_OK ? node_store_rekey_done(c->node) : e;
}

static enum err rekey_adopt(struct calls *c)
{
    enum err e = keys_next(c);
    return e == ERR_OK ? node_store_rekey_adopt(c->node, &next_rekey) : e;
}

static enum err rekey_asked(struct calls *c)
{
    char why[ADMIN_KEY_REASON_BYTES_MAX + 1];
    return node_store_rekey_asked(c->node, why);
}

static enum err log_key(struct calls *c)
{
    uint8_t pk[32];
    enum err e = node_store_log_key(c->node, &c->inc, pk);
    if (e == ERR_OK) calls_tell(c, pk, sizeof pk);
    return e;
}

/* ---- repair ---- */

static bool sign(const void *ctx, const uint8_t sign_pk[static 32], const struct change_head *head,
                 const struct id_hash *hash, uint8_t signature[static 64])
{
    const struct calls *c = ctx;
    if (memcmp(sign_pk, c->node_keys->sign_pk, 32) != 0) return false;
    change_sign(c->node_keys->sign_secret, head, hash, signature);
    return true;
}

/* Its log was closed at the hub behind the second set: what is above moves into a new one. */
static enum err fix_of(struct calls *c, struct node_store_fix *fix, uint64_t next_seq)
{
    const struct node_store_set *v;
    size_t n = 0;
    *fix = (struct node_store_fix){.inc = c->inc, .next_seq = next_seq};
    enum err e = node_store_read_sets(c->node, &c->inc, next_seq - 1, 1, SETS_BYTES, &v, &n);
    if (e == ERR_OK) change_hash(v[0].head, &fix->head);
    return e;
}

static enum err repair(struct calls *c)
{
    struct node_store_fix fix;
    struct message_hello_node h;
    enum err e = node_store_hello(c->node, &h);
    if (e == ERR_OK) e = fix_of(c, &fix, h.logs[0].receipted_seq);
    fix.tail = fix.closed = true;
    return e == ERR_OK ? node_store_repair(c->node, &fix, 1, sign, c, CALLS_NOW) : e;
}

static enum err reset_all(struct calls *c)
{
    struct node_store_fix fix;
    enum err e = fix_of(c, &fix, 2);
    return e == ERR_OK ? node_store_reset(c->node, &fix, 1, true, CALLS_NOW) : e;
}

static enum err kept(struct calls *c)
{
    const struct message_set *v;
    uint64_t at = 0;
    size_t n = 0;
    enum err e = node_store_kept(c->node, &at, SETS_BYTES, &v, &n);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)n);
    return e;
}

static enum err stage_own(struct calls *c)
{
    struct message_set m = {.head = c->head, .body = c->body};
    uint64_t next = 0;
    memcpy(m.signature, c->signature, sizeof m.signature);
    enum err e = node_store_stage_own(c->node, &c->inc, &m, 1);
    if (e == ERR_OK) e = node_store_staged_own(c->node, &c->inc, &next);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)next);
    return e;
}

static enum err heal_rot(struct calls *c)
{
    struct message_hello_node h;
    struct node_store_rot rot[HELLO_LOGS_MAX] = {{.any = true}};
    enum err e = node_store_heal_want(c->node, NODE_HEAL_LOG, CALLS_NOW);
    if (e == ERR_OK) e = node_store_hello(c->node, &h);
    if (e == ERR_OK) e = node_store_heal_rot(c->node, &h, rot);
    if (e == ERR_OK) calls_tell_int(c, rot[0].any);
    return e == ERR_OK ? node_store_heal_tried(c->node) : e;
}

static enum err heal_sets(struct calls *c)
{
    struct message_set m = {.head = c->head, .body = c->body};
    memcpy(m.signature, c->signature, sizeof m.signature);
    return node_store_heal_sets(c->node, &c->inc, &m, 1, sign, c);
}

/* ---- readers of sealed texts ---- */

static enum err readers(struct calls *c)
{
    const struct node_reader *v;
    size_t n = 0;
    enum err e = node_store_readers(c->node, &v, &n);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)n);
    return e;
}

static enum err reader_accept(struct calls *c)
{
    const struct node_reader *v;
    size_t n = 0, other = 0;
    enum err e = node_store_readers(c->node, &v, &n);
    while (e == ERR_OK && other < n && v[other].self)
        other++;
    if (e == ERR_OK && other == n) e = ERR_NOT_FOUND;
    return e == ERR_OK ? node_store_reader_accept(c->node, &v[other], true, "Tám", CALLS_NOW) : e;
}

static enum err readers_doubt(struct calls *c)
{
    return node_store_readers_doubt(c->node);
}

static enum err record_open(struct calls *c)
{
    struct node_store_record r;
    struct sealed_ring ring;
    enum err e = node_store_record_init(&r);
    if (e != ERR_OK) return e;
    e = node_store_record_read(c->node, &c->person, &r);
    if (e == ERR_OK) e = node_store_record_open(c->node, &c->person, &r);
    if (e == ERR_OK) {
        node_store_ring(c->node, &c->person, &r, &ring);
        sealed_ring_wipe(&ring);
    }
    node_store_record_free(&r);
    return e;
}

/* ---- the feed, lists and forms ---- */

static enum err stage_sets(struct calls *c)
{
    struct message_set m = {.position = 9, .head = c->own, .body = c->own_body};
    memcpy(m.signature, c->own_signature, sizeof m.signature);
    return node_store_stage_sets(c->node, 7, &m, 1);
}

static enum err stage_moves(struct calls *c)
{
    struct buf b;
    struct move_shared h = {.record = c->shared, .unit = bytes_str("26182"), .access = MOVE_READ};
    struct message_move m = {.position = 9, .kind = MOVE_ITEM_SHARE};
    buf_init(&b, 1024);
    move_shared_encode(&h, &b);
    m.item = buf_bytes(&b);
    enum err e = b.e;
    if (e == ERR_OK) e = node_store_stage_moves(c->node, 7, &m, 1);
    buf_free(&b);
    return e;
}

static enum err asked_note(struct calls *c)
{
    static const uint8_t nonce[16] = {7};
    const struct message_log log = {.inc = c->inc, .next_seq = 3};
    return node_store_asked_note(c->node, nonce, &log, 1);
}

static enum err asked(struct calls *c)
{
    static const uint8_t nonce[16] = {7};
    struct id_inc logs[HELLO_LOGS_MAX];
    size_t count = 0;
    enum err e = node_store_asked(c->node, nonce, logs, &count);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)count);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err own_drop(struct calls *c)
{
    return node_store_own_drop(c->node);
}

static enum err log_head(struct calls *c)
{
    uint64_t next = 0;
    struct id_hash head;
    enum err e = node_store_log_head(c->node, &c->inc, &next, &head);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)next);
    return e;
}

static enum err bundled(struct calls *c)
{
    uint64_t next = 1;
    enum err e = node_store_bundled(c->node, &c->inc, &next);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)next);
    return e;
}

static enum err crossed_tell(void *ctx, const struct node_crossed *x)
{
    (void)x;
    calls_tell_int(ctx, 1);
    return ERR_OK;
}

static enum err crossed(struct calls *c)
{
    return node_store_crossed(c->node, crossed_tell, c);
}

static enum err transfer_one(struct calls *c)
{
    return node_store_transfer(c->node, &c->transfer, transfer_tell, c);
}

static enum err hub_set_at(struct calls *c)
{
    uint64_t at = 0;
    enum err e = node_store_hub_set_at(c->node, c->own, &at);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)at);
    return e;
}

static enum err held_tell(void *ctx, const struct node_store_held *h)
{
    (void)h;
    calls_tell_int(ctx, 1);
    return ERR_OK;
}

static enum err held(struct calls *c)
{
    return node_store_held(c->node, 10, held_tell, c);
}

static enum err used_tell(void *ctx, unsigned type, uint64_t count)
{
    calls_tell_int(ctx, (int64_t)(type * 1000 + count));
    return ERR_OK;
}

static enum err used(struct calls *c)
{
    return node_store_used(c->node, used_tell, c);
}

static enum err made(struct calls *c)
{
    uint64_t n = 0;
    enum err e = node_store_made(c->node, 1, &n);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)n);
    return e;
}

/* A form of a record that is there; who else has that name; whom it concerns. */
static enum err forms(struct calls *c)
{
    struct node_store_record r;
    static struct typed_review review;
    struct catalogue_why why;
    struct id_record found[2];
    struct buf units;
    const struct catalogue_field *bad = NULL;
    size_t n = 0;
    enum err e = node_store_record_init(&r);
    if (e != ERR_OK) return e;
    buf_init(&units, 1024);
    const struct catalogue *k = node_store_catalogue(c->node, NULL);
    const struct catalogue_type *t = k != NULL ? catalogue_type_by_no(k, PERSON) : NULL;
    e = t != NULL ? node_store_record_read(c->node, &c->person, &r) : ERR_NOT_READY;
    if (e == ERR_OK) e = node_store_check(c->node, t, &r.fold, &bad, &why);
    if (e == ERR_BAD_VALUE) e = ERR_OK; /* the simulator's persons have no name */
    if (e == ERR_OK) e = node_store_review(c->node, t, &r.fold, &review);
    if (e == ERR_OK) e = node_store_twins(c->node, t, &r.fold, found, 2, &n);
    struct entry_called called = {.type = t, .text = {"Nguyễn Văn An"}, .count = 1};
    if (e == ERR_OK) called.field[0] = t->fields;
    if (e == ERR_OK) calls_tell_int(c, (int64_t)n);
    if (e == ERR_OK) e = node_store_called(c->node, &called, found, 2, &n);
    if (e == ERR_OK) calls_tell_int(c, (int64_t)n);
    if (e == ERR_OK)
        e = node_store_find(c->node, t, &t->fields[0], bytes_str("Nguyễn Văn An"), found, &n);
    if (e == ERR_OK) e = node_store_reach_units(c->node, &c->person, &r.fold, &units);
    if (e == ERR_OK) {
        calls_tell_int(c, (int64_t)n + (bad != NULL ? (int64_t)bad->no * 10 : 0));
        calls_tell_bytes(c, buf_bytes(&units));
    }
    buf_free(&units);
    node_store_record_free(&r);
    return e;
}

static enum err index_field(struct calls *c)
{
    const struct catalogue *k = node_store_catalogue(c->node, NULL);
    const struct catalogue_type *t = k != NULL ? catalogue_type_by_no(k, PERSON) : NULL;
    return t != NULL ? node_store_index(c->node, t, &t->fields[1]) : ERR_NOT_READY;
}

static enum err flow_op_tell(void *ctx, const struct node_flow_op *op)
{
    (void)op;
    calls_tell_int(ctx, 1);
    return ERR_OK;
}

static enum err flow_ops(struct calls *c)
{
    return node_flow_ops(c->node, CHANGE_CLOSE, NULL, NULL, flow_op_tell, c);
}

static enum err flow_district(struct calls *c)
{
    const struct node_district *d;
    enum err e = node_flow_district(c->node, &d);
    if (e == ERR_OK) calls_tell(c, d->incs.p, d->incs.len);
    return e;
}

static enum err reset_get(struct calls *c)
{
    struct node_reset r;
    enum err e =
        node_reset_set(c->node, bytes_str("do tam"), &(struct node_reset){"ABC", CALLS_NOW});
    if (e == ERR_OK) e = node_reset_get(c->node, bytes_str("do tam"), &r);
    if (e == ERR_OK) calls_tell_int(c, 1);
    return e;
}

static enum err compared_set(struct calls *c)
{
    return node_store_compared_set(c->node, NODE_COMPARED_SAME);
}

/* ---- proofs, readers, orders, cards ---- */

static enum err proof_record(struct calls *c)
{
    struct node_store_proof x;
    struct id_hash sets[2];
    uint8_t both[2 * ID_HASH_BYTES];
    change_hash(c->head, &sets[0]);
    change_hash(c->own, &sets[1]);
    memcpy(both, sets[0].b, ID_HASH_BYTES);
    memcpy(both + ID_HASH_BYTES, sets[1].b, ID_HASH_BYTES);
    enum err e =
        node_store_proof_record(c->node, &c->person, BYTES_OF(both), 0x45, c->position, &x);
    if (e == ERR_OK) calls_tell_int(c, x.own * 1000 + x.hub * 100 + x.other * 10 + x.newer);
    return e;
}

static enum err self(struct calls *c)
{
    static struct sealed_reader v[SEALED_READERS_MAX];
    struct node_store_record r;
    struct sealed_self out;
    node_store_sealing(c->node, &base_keys()->nodes[0].sealing);
    enum err e = node_store_record_init(&r);
    if (e != ERR_OK) return e;
    e = node_store_record_read(c->node, &c->person, &r);
    if (e == ERR_OK) e = node_store_self(c->node, &c->person, &r, "26179", v, &out);
    for (size_t i = 0; e == ERR_OK && i < out.count; i++) {
        calls_tell(c, out.readers[i].pk, sizeof out.readers[i].pk);
        calls_tell_int(c, out.readers[i].wanted);
    }
    node_store_record_free(&r);
    return e;
}

static enum err erasures(struct calls *c)
{
    return node_store_erasures(c->node, &c->order, 1, false, true);
}

/* The card of before, with another address. */
static enum err card(struct calls *c)
{
    struct node_identity id;
    struct buf b;
    enum err e = node_store_identity(c->node, &id);
    if (e != ERR_OK) return e;
    struct admin_card k = {.serial = 9, .address = "hub:2"};
    const struct base *base = base_keys();
    memcpy(k.root_pk, base->root.public, sizeof k.root_pk);
    memcpy(k.log_pk, base->hub_log.public, sizeof k.log_pk);
    memcpy(k.transport_pk, id.hub_transport_pk, sizeof k.transport_pk);
    memcpy(k.sealing_pk, id.hub_sealing_pk, sizeof k.sealing_pk);
    buf_init(&b, ADMIN_CARD_BYTES_MAX);
    admin_card_make(&k, base->root.secret, &b);
    e = b.e;
    if (e == ERR_OK) e = node_store_card(c->node, buf_bytes(&b), &k);
    buf_free(&b);
    return e;
}

static enum err users_take(struct calls *c)
{
    struct node_store *from = NULL;
    enum err e = node_store_open(
        &(struct node_store_options){.path = CALLS_FROM_PATH, .vfs = MEMVFS_NAME}, &from);
    if (e != ERR_OK) return e;
    e = node_users_take(c->node, from);
    node_store_close(from);
    return e;
}

void calls_node_beside(void)
{
    struct node_user u = {.name = "Ngô Bảy", .hash = "x", .active = true};
    struct node_store *from = NULL;
    enum err e = node_store_open(
        &(struct node_store_options){.path = CALLS_FROM_PATH, .vfs = MEMVFS_NAME, .create = true},
        &from);
    if (e == ERR_OK) e = node_users_add(from, &u, bytes_str("ngo bay"));
    assert(e == ERR_OK);
    (void)e;
    node_store_close(from);
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
    for (unsigned i = 0; e == ERR_OK && i < 2; i++) {
        struct id_hash hash;
        e = node_store_attach_add(c->node, &c->files[i].record, calls_file(i), CALLS_NOW, &hash);
    }
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
    {"node_store_revoked", revoked, 0},
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
    {"node_store_attach_get", attach_get, 0},
    {"node_store_attach_file", attach_file, 0},
    {"node_store_attach_next", attach_next, 0},
    {"node_store_attach_said", attach_said, 0},
    {"node_store_attach_held", attach_held, 0},
    {"node_store_attach_bundled", attach_bundled, 0},
    {"node_store_attach_put", attach_put, CALL_STEPS},
    {"node_own_rekey", rekey, CALL_STEPS},
    {"node_store_rekey_turn", rekey_turn, 0},
    {"node_store_rekey_done", rekey_done, CALL_STEPS | CALL_COUNTS},
    {"node_store_rekey_adopt", rekey_adopt, 0},
    {"node_store_rekey_asked", rekey_asked, 0},
    {"node_store_log_key", log_key, 0},
    {"node_store_repair", repair, CALL_STEPS | CALL_COUNTS},
    {"node_store_reset", reset_all, 0},
    {"node_store_kept", kept, 0},
    {"node_store_stage_own", stage_own, CALL_STEPS},
    {"node_store_heal_rot", heal_rot, CALL_STEPS | CALL_COUNTS},
    {"node_store_heal_sets", heal_sets, 0},
    {"node_store_readers", readers, 0},
    {"node_store_reader_accept", reader_accept, 0},
    {"node_store_readers_doubt", readers_doubt, 0},
    {"node_store_record_open", record_open, 0},
    {"node_store_stage_sets", stage_sets, 0},
    {"node_store_stage_moves", stage_moves, 0},
    {"node_store_bundled", bundled, 0},
    {"node_store_asked_note", asked_note, 0},
    {"node_store_asked", asked, 0},
    {"node_store_own_drop", own_drop, 0},
    {"node_store_log_head", log_head, 0},
    {"node_store_crossed", crossed, 0},
    {"node_store_transfer", transfer_one, 0},
    {"node_store_hub_set_at", hub_set_at, 0},
    {"node_store_held", held, 0},
    {"node_store_used", used, 0},
    {"node_store_made", made, 0},
    {"node_store_check", forms, CALL_STEPS},
    {"node_store_index", index_field, CALL_STEPS},
    {"node_flow_ops", flow_ops, 0},
    {"node_flow_district", flow_district, 0},
    {"node_reset_get", reset_get, CALL_STEPS},
    {"node_store_compared_set", compared_set, 0},
    {"node_store_proof_record", proof_record, 0},
    {"node_store_self", self, 0},
    {"node_store_erasures", erasures, 0},
    {"node_store_card", card, 0},
    {"node_users_take", users_take, 0},
    {"node_store_erasure_end", erasure_end, 0},
    {"node_store_wipe", wipe, CALL_STEPS},
};
const size_t calls_node_count = sizeof calls_node / sizeof calls_node[0];
