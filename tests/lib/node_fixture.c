#include "tests/lib/node_fixture.h"
#include "common/io/file.h"
#include "tests/lib/catalogue_load.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define OK(call)                                                                                   \
    do {                                                                                           \
        enum err fixture_e = (call);                                                               \
        if (fixture_e != ERR_OK) {                                                                 \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, err_name(fixture_e));    \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void fixture_identity(struct node_fixture *f)
{
    struct node_identity *id = &f->identity;
    id->joined = true;
    memset(id->hub.b, 0x11, sizeof id->hub.b);
    crypto_generichash(id->node.b, sizeof id->node.b, f->sign.public, 32, NULL, 0);
    memcpy(id->sign_pk, f->sign.public, 32);
    memcpy(id->transport_pk, f->transport.public, 32);
    memcpy(id->sealing_pk, f->sealing.public, 32);
    memcpy(id->hub_log_pk, f->hub_log.public, 32);
    snprintf(id->unit, sizeof id->unit, "26188");
    snprintf(id->unit_name, sizeof id->unit_name, "Thạnh Phú");
    snprintf(id->address, sizeof id->address, "127.0.0.1:1");
    snprintf(id->name, sizeof id->name, "máy thử");
    OK(node_store_identity_set(f->store, id));
}

void fixture_open(struct node_fixture *f, bool with_catalogue)
{
    *f = (struct node_fixture){.epoch = 0x8877665544332211u};
    OK(key_ready());
    snprintf(f->folder, sizeof f->folder, "/tmp/dongbo-node-XXXXXX");
    char *made = mkdtemp(f->folder);
    assert(made != NULL);
    (void)made;
    snprintf(f->path, sizeof f->path, "%s/node.db", f->folder);
    OK(key_sign_make(&f->sign, KEY_SIGN));
    OK(key_sign_make(&f->hub_log, KEY_SIGN));
    OK(key_box_make(&f->transport, KEY_TRANSPORT));
    OK(key_box_make(&f->sealing, KEY_SEALING));
    f->keys = (struct node_sync_keys){.transport_secret = f->transport.secret,
                                      .transport_pk = f->transport.public,
                                      .sign_secret = f->sign.secret,
                                      .sign_pk = f->sign.public,
                                      .sealing = {f->sealing.secret, f->sealing.public}};
    OK(node_store_open(
        &(struct node_store_options){.path = f->path, .create = true, .sealing = &f->sealing},
        &f->store));
    fixture_identity(f);
    memset(f->hub_inc.b, 0x22, sizeof f->hub_inc.b);
    if (!with_catalogue) return;
    fixture_catalogue(f, 1);
    OK(fixture_end(f, NULL, NULL, 0));
}

void fixture_reopen(struct node_fixture *f)
{
    node_store_close(f->store);
    f->store = NULL;
    OK(node_store_open(&(struct node_store_options){.path = f->path, .sealing = &f->sealing},
                       &f->store));
}

static void fixture_remove(const char *folder)
{
    struct file_list list;
    char path[FILE_PATH_BYTES_MAX];
    if (file_list(folder, &list) != ERR_OK) return;
    for (size_t i = 0; i < list.n; i++) {
        OK(file_join(folder, list.names[i], path, sizeof path));
        struct stat st;
        if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
            fixture_remove(path);
        else
            unlink(path);
    }
    file_list_free(&list);
    rmdir(folder);
}

void fixture_close(struct node_fixture *f)
{
    node_store_close(f->store);
    key_sign_free(&f->sign);
    key_sign_free(&f->hub_log);
    key_box_free(&f->transport);
    key_box_free(&f->sealing);
    fixture_remove(f->folder);
}

uint64_t fixture_hub_set(struct node_fixture *f, struct bytes payload)
{
    struct change_head h = {.hub = f->identity.hub,
                            .node = f->identity.hub,
                            .inc = f->hub_inc,
                            .seq = f->hub_seq++,
                            .prev = f->hub_head,
                            .hlc = f->hub_seq << 16};
    struct change_builder b;
    struct buf head, body;
    uint8_t seed[CHANGE_SEED_BYTES] = {1};
    buf_init(&head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&body, CHANGE_BODY_BYTES_MAX);
    change_begin(&b, &h, seed);
    change_add(&b, payload);
    OK(change_finish(&b, &head, &body, &f->hub_head));
    struct message_set m = {
        .position = ++f->position, .head = buf_bytes(&head), .body = buf_bytes(&body)};
    change_sign(f->hub_log.secret, &h, &f->hub_head, m.signature);
    OK(node_store_stage_sets(f->store, f->epoch, &m, 1));
    buf_free(&head);
    buf_free(&body);
    return f->position;
}

/* ---- the catalogue ---- */

static void fixture_archive(struct buf *archive)
{
    size_t count = 0;
    struct catalogue_file *files = catalogue_load("catalogue", &count);
    OK(catalogue_archive(files, count, archive));
    catalogue_unload(files, count);
}

void fixture_catalogue(struct node_fixture *f, uint32_t edition)
{
    struct buf archive, payload;
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    fixture_archive(&archive);
    size_t room = ZSTD_compressBound(archive.len);
    uint8_t *frame = malloc(room);
    assert(frame != NULL);
    size_t len = ZSTD_compress(frame, room, archive.p, archive.len, 3);
    assert(!ZSTD_isError(len));
    unsigned parts = (unsigned)((len + ADMIN_PART_BYTES_MAX - 1) / ADMIN_PART_BYTES_MAX);
    struct admin_edition ed = {
        .edition = edition, .archive_bytes = (uint32_t)archive.len, .parts = parts};
    crypto_generichash(ed.archive.b, 32, archive.p, archive.len, NULL, 0);
    for (unsigned i = 0; i < parts; i++) {
        size_t at = (size_t)i * ADMIN_PART_BYTES_MAX;
        size_t n = len - at < ADMIN_PART_BYTES_MAX ? len - at : ADMIN_PART_BYTES_MAX;
        struct admin_part p = {ed.archive, i, parts, bytes_make(frame + at, n)};
        buf_clear(&payload);
        admin_part_encode(&p, &payload);
        fixture_hub_set(f, buf_bytes(&payload));
    }
    buf_clear(&payload);
    admin_edition_encode(&ed, &payload);
    fixture_hub_set(f, buf_bytes(&payload));
    free(frame);
    buf_free(&archive);
    buf_free(&payload);
}

enum err fixture_end(struct node_fixture *f, const uint8_t *scope, const struct id_inc *inc,
                     uint64_t next_seq)
{
    struct message_end end = {.position = f->position};
    memset(end.position_hash.b, 0x33, 32);
    if (scope != NULL) memcpy(end.scope_hash, scope, 16);
    if (inc != NULL) {
        end.head_count = 1;
        end.incs[0] = *inc;
        end.next_seqs[0] = next_seq;
    }
    return node_store_apply(f->store, f->epoch, &end, UINT64_MAX, 0);
}

void fixture_receipt(struct node_fixture *f, uint64_t next_seq)
{
    struct node_store_tip tip;
    uint8_t signature[64] = {0};
    OK(node_store_tip(f->store, &tip));
    struct admin_receipt r = {.hub = f->identity.hub,
                              .node = f->identity.node,
                              .epoch = f->epoch,
                              .inc = tip.inc,
                              .next_seq = next_seq,
                              .first_position = f->position + 1,
                              .last_position = f->position + next_seq};
    OK(node_store_receipt(f->store, &r, signature, 1));
}
