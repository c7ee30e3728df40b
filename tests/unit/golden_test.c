/*
 * Databases that releases made, kept for ever: this program opens them, brings them to its schema,
 * verifies them and syncs with them. And a database of a newer program is refused with its reason.
 *
 *   golden_test                 the test
 *   golden_test --make NAME     make tests/data/golden/NAME-{node,hub}.db.zst and NAME-keys.bin of this
 *                               program's schema, once for each release; never again
 */
#include "tests/lib/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include <zstd.h>

#include "common/io/db.h"
#include "common/io/file.h"
#include "hub/store_issues.h"
#include "hub/store_records.h"
#include "hub/store_repair.h"
#include "hub/verify.h"
#include "node/maintain.h"
#include "node/store_attach.h"

#define OK(call)   assert_int_equal((call), ERR_OK)
#define FOLDER     DONGBO_SOURCE_DIR "/tests/data/golden/"
#define BYTES_MAX  (16u * 1024u * 1024u)
#define CONTENT_MS INT64_C(1686500000000) /* behind all that the content was made at */
#define KEYS_BYTES (64u + 32u + 64u + 32u + 32u + 32u + 64u + 32u + 32u + 32u)

static const char *const releases[] = {"0.1.0"};
/* With some of everything: catalogue, conflict, transfer, share, erasure, issues and their files, logins, drafts,
 * alarms, attachments, a revoked node. Made by `calls_test --golden NAME`, out of its base. */
static const char *const contents[] = {"0.1.0-content"};

/* The keys of a golden pair: test keys, of nobody. */
static void keys_each(struct pair *w, void each(void *ctx, uint8_t *p, size_t n), void *ctx)
{
    struct pair_hub *h = &w->hub;
    struct pair_node *n = &w->nodes[0];
    each(ctx, h->root.secret, 64);
    each(ctx, h->root.public, 32);
    each(ctx, h->log.secret, 64);
    each(ctx, h->log.public, 32);
    each(ctx, h->transport.secret, 32);
    each(ctx, h->transport.public, 32);
    each(ctx, n->sign.secret, 64);
    each(ctx, n->sign.public, 32);
    each(ctx, n->transport.secret, 32);
    each(ctx, n->transport.public, 32);
}

static void key_out(void *ctx, uint8_t *p, size_t n)
{
    buf_add(ctx, p, n);
}

static void key_in(void *ctx, uint8_t *p, size_t n)
{
    struct buf *b = ctx;
    assert_true(b->len >= n);
    memcpy(p, b->p, n);
    buf_drop(b, n);
}

static void file_name(char out[512], const char *release, const char *end)
{
    snprintf(out, 512, FOLDER "%s%s", release, end);
}

/* ---- making ---- */

static void squeeze(const char *from, const char *to)
{
    struct buf raw;
    static uint8_t out[BYTES_MAX];
    buf_init(&raw, BYTES_MAX);
    OK(file_read(from, BYTES_MAX, &raw));
    size_t n = ZSTD_compress(out, sizeof out, raw.p, raw.len, 19);
    assert_false(ZSTD_isError(n));
    OK(file_write_atomic(to, bytes_make(out, n), 0644));
    printf("%s: %zu bytes\n", to, n);
    buf_free(&raw);
}

static void make(const char *release)
{
    struct pair w;
    struct id_record rid;
    struct buf keys;
    char path[512], text[64];
    pair_random_state.s = 1;
    pair_open(&w, 1);
    struct pair_node *n = &w.nodes[0];
    pair_join(n);
    for (unsigned i = 0; i < 6; i++) {
        snprintf(text, sizeof text, "Người số %u", i);
        pair_save(n, CHANGE_CREATE, &rid, text, bytes_make(NULL, 0));
        if (i == 3) OK(pair_settle(n)); /* the last two wait */
    }
    pair_save(n, CHANGE_EDIT, &rid, "sửa mà không thấy gì", bytes_make(NULL, 0));
    pair_node_off(n);
    pair_hub_off(&w);
    file_name(path, release, "-node.db.zst");
    squeeze(n->path, path);
    file_name(path, release, "-hub.db.zst");
    squeeze(w.hub.path, path);
    buf_init(&keys, KEYS_BYTES);
    keys_each(&w, key_out, &keys);
    OK(keys.e);
    file_name(path, release, "-keys.bin");
    OK(file_write_atomic(path, buf_bytes(&keys), 0644));
    pair_node_on(n);
    pair_hub_on(&w);
    buf_free(&keys);
    pair_close(&w);
}

/* ---- testing ---- */

static void unsqueeze(const char *release, const char *end, const char *to)
{
    char path[512];
    struct buf packed, raw;
    static uint8_t out[BYTES_MAX];
    buf_init(&packed, BYTES_MAX);
    buf_init(&raw, BYTES_MAX);
    file_name(path, release, end);
    OK(file_read(path, BYTES_MAX, &packed));
    size_t n = ZSTD_decompress(out, sizeof out, packed.p, packed.len);
    assert_false(ZSTD_isError(n));
    buf_add(&raw, out, n);
    OK(raw.e);
    pair_file_put(to, &raw);
    buf_free(&packed);
    buf_free(&raw);
}

static void golden_open(struct pair *w, const char *release)
{
    char path[512];
    struct buf keys;
    pair_random_state.s = 2;
    pair_open(w, 2);
    struct pair_node *n = &w->nodes[0];
    pair_node_off(n);
    pair_hub_off(w);
    buf_init(&keys, KEYS_BYTES);
    file_name(path, release, "-keys.bin");
    OK(file_read(path, KEYS_BYTES, &keys));
    uint8_t *secrets[] = {w->hub.root.secret, w->hub.log.secret, w->hub.transport.secret,
                          n->sign.secret, n->transport.secret};
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        assert_int_equal(sodium_mprotect_readwrite(secrets[i]), 0);
    keys_each(w, key_in, &keys);
    buf_free(&keys);
    crypto_generichash(w->hub.id.b, 32, w->hub.root.public, 32, NULL, 0);
    w->hub.keys.hub = w->hub.id;
    unsqueeze(release, "-node.db.zst", n->path);
    unsqueeze(release, "-hub.db.zst", w->hub.path);
}

static void each_release_opens_migrates_and_syncs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof releases / sizeof releases[0]; i++) {
        struct pair w;
        struct node_verified nv;
        struct hub_verified_log hv;
        struct id_record rid;
        printf("release %s\n", releases[i]);
        golden_open(&w, releases[i]);
        struct pair_node *n = &w.nodes[0];
        pair_node_on(n);
        pair_hub_on(&w);
        OK(node_store_verify(n->store, NULL, NULL, &nv));
        OK(hub_verify_log(w.hub.store, NULL, NULL, &hv));
        assert_int_equal(nv.sets, 8); /* the genesis and seven saves */
        assert_int_equal(pair_status(n).waiting, 3);
        pair_save(n, CHANGE_CREATE, &rid, "sau khi nâng cấp", bytes_make(NULL, 0));
        OK(pair_settle(n));
        pair_assert_scope(n);
        assert_int_equal(pair_status(n).waiting, 0);
        assert_int_equal(pair_status(n).sets, 9);
        OK(hub_store_settled(w.hub.store));
        OK(node_store_verify(n->store, NULL, NULL, &nv));
        OK(hub_verify_log(w.hub.store, NULL, NULL, &hv));
        pair_close(&w);
    }
}

/* Every migration meets rows: what they are must be there, before it means anything that it is whole. */
static void assert_content(struct pair *w)
{
    static const char *const hub[] = {
        "sys_catalogue",  "sys_transfer",       "sys_scope",      "sys_close",        "sys_issue",
        "sys_issue_file", "sys_issue_cell",     "sys_issue_pack", "sys_taken",        "sys_erasure",
        "sys_dead",       "sys_erased_op",      "sys_officer",    "sys_order",        "sys_user",
        "sys_invite",     "sys_token",          "sys_attach",     "sys_attach_block", "sys_revoked",
        "sys_quarantine", "sys_quarantine_set", "sys_alarm",      "sys_draft",        "sys_audit",
        "sys_read",       "sys_search",         "person",
    };
    static const char *const node[] = {
        "sys_edition", "sys_transfer", "sys_share",   "sys_flow",
        "sys_erasure", "sys_dead",     "sys_officer", "desk_user",
        "desk_draft",  "desk_access",  "sys_attach",  "sys_attach_block",
        "sys_alarm",   "sys_shown",    "sys_search",  "person",
    };
    char sql[128];
    for (size_t i = 0; i < sizeof hub / sizeof hub[0]; i++) {
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", hub[i]);
        if (pair_number(hub_store_db(w->hub.store), sql) == 0) fail_msg("hub: %s is empty", hub[i]);
    }
    for (size_t i = 0; i < sizeof node / sizeof node[0]; i++) {
        snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", node[i]);
        if (pair_number(node_store_db(w->nodes[0].store), sql) == 0)
            fail_msg("node: %s is empty", node[i]);
    }
    struct hub_counts n;
    OK(hub_store_counts(w->hub.store, &n));
    assert_true(n.conflicts > 0);
}

static enum err issue_verifies(void *ctx, const struct hub_issue *i)
{
    struct hub_verified_issue v;
    struct pair *w = ctx;
    struct hub_issue copy = *i;
    w->serial++;
    OK(hub_verify_issue(w->hub.store, &copy, NULL, &v));
    return ERR_OK;
}

static void content_of_each_release_migrates_verifies_and_syncs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++) {
        struct pair w;
        struct node_verified nv;
        struct hub_verified_log hv;
        struct node_attach_counts files;
        struct id_record rid;
        printf("release %s\n", contents[i]);
        golden_open(&w, contents[i]);
        w.now_ms = CONTENT_MS - PAIR_WALL;
        struct pair_node *n = &w.nodes[0];
        pair_node_on(n);
        pair_hub_on(&w);
        assert_content(&w);
        for (int round = 0; round < 2; round++) { /* as it came, and after work went on */
            OK(node_store_verify(n->store, NULL, NULL, &nv));
            assert_int_equal(nv.findings, 0);
            OK(hub_verify_log(w.hub.store, NULL, NULL, &hv));
            assert_int_equal(hv.findings, 0);
            OK(hub_store_check(w.hub.store));
            w.serial = 0;
            OK(hub_issues_list(w.hub.store, issue_verifies, &w));
            assert_true(w.serial > 0);
            if (round == 0)
                pair_save(n, CHANGE_CREATE, &rid, "sau khi nâng cấp", bytes_make(NULL, 0));
            OK(pair_settle(n));
            assert_int_equal(pair_status(n).waiting, 0);
            pair_assert_scope(n);
        }
        OK(node_store_attach_counts(n->store, &files));
        assert_int_equal(files.waiting, 0);
        assert_int_equal(files.delivered, files.files);
        pair_close(&w);
    }
}

static void a_newer_schema_is_refused_and_left_alone(void **state)
{
    (void)state;
    struct pair w;
    struct db *db = NULL;
    struct node_store *node = NULL;
    struct hub_store *hub = NULL;
    int64_t version = 0;
    golden_open(&w, releases[0]);
    struct pair_node *n = &w.nodes[0];
    const char *paths[] = {n->path, w.hub.path};
    for (int i = 0; i < 2; i++) {
        OK(db_open(paths[i], NULL, DB_EXCLUSIVE, &db));
        OK(db_set_version(db, 9999));
        db_close(db);
    }
    assert_int_equal(node_store_open(&(struct node_store_options){.path = n->path}, &node),
                     ERR_NEWER);
    assert_int_equal(hub_store_open(&(struct hub_store_options){.path = w.hub.path}, &hub),
                     ERR_NEWER);
    for (int i = 0; i < 2; i++) {
        OK(db_open(paths[i], NULL, DB_EXCLUSIVE, &db));
        OK(db_version(db, &version));
        assert_int_equal(version, 9999);
        db_close(db);
    }
    unsqueeze(releases[0], "-node.db.zst", n->path);
    unsqueeze(releases[0], "-hub.db.zst", w.hub.path);
    pair_node_on(n);
    pair_hub_on(&w);
    pair_close(&w);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_release_opens_migrates_and_syncs),
        cmocka_unit_test(content_of_each_release_migrates_verifies_and_syncs),
        cmocka_unit_test(a_newer_schema_is_refused_and_left_alone),
    };
    if (randombytes_set_implementation(&pair_random) != 0) return 1;
    if (argc == 3 && strcmp(argv[1], "--make") == 0) {
        make(argv[2]);
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
