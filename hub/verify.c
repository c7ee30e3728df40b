/* Verifying issued files and issues. */
#include "hub/verify_priv.h"
#include "common/io/file.h"
#include "hub/canonical.h"
#include "hub/close.h"
#include "hub/export.h"
#include "hub/inputs.h"
#include "hub/manifest.h"
#include "hub/small_papers.h"
#include "hub/store_replay.h"

#include <sodium.h>
#include <stdio.h>

/* ---- files ---- */

static const char *verify_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* The comment is ours: it names its file, so that two signed files cannot be swapped. */
static bool verify_names(struct bytes trusted, const char *name)
{
    char want[HUB_ISSUE_NAME_ROOM + 16];
    int n = snprintf(want, sizeof want, "\tfile:%s\t", name);
    if (n <= 0 || (size_t)n >= sizeof want) return false;
    for (size_t i = 0; i + (size_t)n <= trusted.len; i++) {
        if (memcmp(trusted.p + i, want, (size_t)n) == 0) return true;
    }
    return false;
}

static enum err verify_bytes(struct bytes data, struct bytes minisig, struct bytes public_key,
                             const char *name, struct bytes *trusted)
{
    uint8_t hash[MINISIGN_HASH_BYTES];
    static const uint8_t nothing[1];
    crypto_generichash(hash, sizeof hash, data.len ? data.p : nothing, data.len, NULL, 0);
    enum err e = minisign_verify(public_key, minisig, hash, trusted);
    return e == ERR_OK && !verify_names(*trusted, name) ? ERR_BAD_SIGNATURE : e;
}

enum err hub_verify_file(const char *path, struct bytes public_key, struct buf *trusted)
{
    char name[FILE_PATH_BYTES_MAX];
    struct buf data, minisig;
    struct bytes comment = {NULL, 0};
    int n = snprintf(name, sizeof name, "%s.minisig", path);
    if (n <= 0 || (size_t)n >= sizeof name) return ERR_TOO_LARGE;
    buf_init(&data, HUB_VERIFY_FILE_BYTES_MAX);
    buf_init(&minisig, MINISIGN_FILE_BYTES_MAX);
    enum err e = file_read(path, HUB_VERIFY_FILE_BYTES_MAX, &data);
    if (e == ERR_OK) e = file_read(name, MINISIGN_FILE_BYTES_MAX, &minisig);
    if (e == ERR_OK)
        e = verify_bytes(buf_bytes(&data), buf_bytes(&minisig), public_key, verify_base(path),
                         &comment);
    if (e == ERR_OK) {
        buf_add_bytes(trusted, comment);
        e = trusted->e;
    }
    buf_free(&data);
    buf_free(&minisig);
    return e;
}

static bool verify_ends(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n >= k && strcmp(name + n - k, end) == 0;
}

static enum err verify_one(const char *folder, const char *name, struct bytes key,
                           hub_verified_fn *row, void *ctx, bool *bad)
{
    char path[FILE_PATH_BYTES_MAX];
    struct buf trusted;
    buf_init(&trusted, MINISIGN_FILE_BYTES_MAX);
    struct hub_verified_file file = {.name = name};
    file.e = file_join(folder, name, path, sizeof path);
    if (file.e == ERR_OK) file.e = hub_verify_file(path, key, &trusted);
    file.trusted = buf_bytes(&trusted);
    *bad = *bad || file.e != ERR_OK;
    enum err e = row != NULL ? row(ctx, &file) : ERR_OK;
    buf_free(&trusted);
    return e;
}

enum err hub_verify_folder(const char *folder, const char *key_path, hub_verified_fn *row,
                           void *ctx, size_t *count)
{
    char own[FILE_PATH_BYTES_MAX];
    struct file_list list = {0};
    struct buf key;
    bool bad = false;
    *count = 0;
    buf_init(&key, MINISIGN_FILE_BYTES_MAX);
    enum err e = file_join(folder, HUB_EXPORT_KEY_NAME, own, sizeof own);
    if (e == ERR_OK)
        e = file_read(key_path != NULL ? key_path : own, MINISIGN_FILE_BYTES_MAX, &key);
    if (e == ERR_OK) e = file_list(folder, &list);
    for (size_t i = 0; e == ERR_OK && i < list.n; i++) {
        const char *name = list.names[i];
        if (verify_ends(name, ".minisig") || verify_ends(name, ".pub")) continue;
        e = verify_one(folder, name, buf_bytes(&key), row, ctx, &bad);
        ++*count;
    }
    file_list_free(&list);
    buf_free(&key);
    if (e != ERR_OK) return e;
    return *count == 0 ? ERR_NOT_FOUND : bad ? ERR_DAMAGED : ERR_OK;
}

/* ---- an issue ---- */

struct verify_files {
    struct bytes public_key;
    const struct hub_issue *issue;
    size_t count; /* without the list */
    size_t good;  /* signed, and listed if the list is there */
    bool digest;
    struct buf list; /* content of the manifest */
};

static enum err verify_list(void *ctx, const struct hub_issue_file *file)
{
    struct verify_files *v = ctx;
    if (file->kind != HUB_ISSUE_MANIFEST) return ERR_OK;
    buf_add_bytes(&v->list, file->data);
    return v->list.e;
}

static enum err verify_stored(void *ctx, const struct hub_issue_file *file)
{
    struct verify_files *v = ctx;
    uint8_t hash[MINISIGN_HASH_BYTES];
    struct bytes trusted;
    crypto_generichash(hash, sizeof hash, file->data.p, file->data.len, NULL, 0);
    bool same = memcmp(hash, file->hash, sizeof hash) == 0;
    struct hub_manifest_file listed = {file->kind, file->name, file->data};
    bool list = file->kind == HUB_ISSUE_MANIFEST;
    same = same && (list || hub_manifest_lists(buf_bytes(&v->list), &listed));
    v->count += !list;
    if (same &&
        verify_bytes(file->data, file->minisig, v->public_key, file->name, &trusted) == ERR_OK)
        v->good++;
    if (file->kind == HUB_ISSUE_JSON) {
        struct id_hash digest;
        hub_canonical_digest(file->data, &digest);
        v->digest = ID_EQUAL(&digest, &v->issue->figures);
    }
    return ERR_OK;
}

static enum err verify_issue_files(struct hub_store *s, const struct hub_issue *issue,
                                   struct hub_verified_issue *out)
{
    struct buf key;
    buf_init(&key, MINISIGN_FILE_BYTES_MAX);
    enum err e = minisign_public(issue->issue_pk, &key);
    struct verify_files v = {.public_key = buf_bytes(&key), .issue = issue};
    buf_init(&v.list, HUB_VERIFY_FILE_BYTES_MAX);
    if (e == ERR_OK) e = hub_issues_files(s, issue->id, verify_list, &v);
    if (e == ERR_OK) e = hub_issues_files(s, issue->id, verify_stored, &v);
    out->files = v.good == v.count + 1 && v.count == hub_manifest_count(buf_bytes(&v.list));
    out->digest = v.digest;
    buf_free(&v.list);
    buf_free(&key);
    return e;
}

/* What an issue of before SPEC 16 has not: nothing was stated. */
struct verify_list {
    struct hub_inputs inputs; /* of now */
    struct hub_basis then, now;
};

/* What the closing kept, and what the replayed store gives in its place. */
static enum err verify_inputs(struct hub_store *s, struct hub_store *replay,
                              const struct hub_issue *issue, const struct hub_report *r,
                              const struct hub_issue_logged *logged, struct verify_list *list,
                              struct hub_verified_issue *out)
{
    struct id_hash digest;
    out->listed = out->inputs = true;
    if (!logged->has_inputs) return ERR_OK;
    enum err e = hub_inputs_kept(s, issue, &digest);
    out->listed = e == ERR_OK && ID_EQUAL(&digest, &logged->inputs);
    if (e == ERR_DAMAGED) e = ERR_OK;
    if (e == ERR_OK) e = hub_basis_load(s, issue->id, &list->then);
    if (e == ERR_OK) e = hub_inputs_collect(replay, r, &list->inputs);
    if (e == ERR_OK) e = hub_basis_collect(replay, r, &list->now);
    bool kept = list->then.count > 0; /* else it is of before, or there is nothing to keep */
    if (e == ERR_OK) e = hub_inputs_digest(r, &list->inputs, kept ? &list->now : NULL, &digest);
    out->traced = kept || (e == ERR_OK && list->now.count == 0);
    out->inputs = e == ERR_OK && ID_EQUAL(&digest, &logged->inputs);
    return e;
}

/* What the papers that it was made beside hid stays hidden in this one. */
static enum err verify_small(struct hub_store *s, const struct hub_issue *issue,
                             struct hub_report *r)
{
    struct hub_small_papers papers;
    enum err e = hub_small_papers_of(s, issue, r, &papers);
    if (e != ERR_OK) return e;
    e = hub_small_apply_again(r, papers.list, papers.count, hub_small_class, NULL);
    hub_small_papers_free(&papers);
    return e;
}

/* An issue names who had not submitted, as its close set does; those of before it did leave that to the
 * close set alone, and say so by having no such key. */
static enum err verify_missing(struct hub_store *s, const struct hub_issue *issue,
                               struct hub_report *r)
{
    struct buf codes;
    json_t *issued = NULL;
    buf_init(&codes, ADMIN_MISSING_BYTES_MAX);
    enum err e = hub_issues_missing(s, issue, &codes);
    if (e == ERR_NOT_FOUND) e = ERR_OK; /* `logged` says it */
    if (e == ERR_OK && codes.len > 0) e = hub_close_figures(s, issue, &issued);
    if (e == ERR_OK && json_object_get(issued, "missing") != NULL)
        e = hub_report_set_missing(r, buf_bytes(&codes));
    json_decref(issued);
    buf_free(&codes);
    return e;
}

/* The figures that the replayed store gives. */
static enum err verify_figures(struct hub_store *s, struct hub_store *replay,
                               const struct hub_issue *issue, const struct hub_issue_logged *logged,
                               const struct hub_verify_tell *tell, struct hub_verified_issue *out)
{
    struct period period;
    struct hub_report *r = NULL;
    struct hub_report_why why;
    struct verify_list list = {.inputs = {.count = 0}};
    struct buf json;
    buf_init(&json, HUB_CANONICAL_BYTES_MAX);
    enum err e = period_parse(bytes_str(issue->period), &period);
    if (e == ERR_OK) e = hub_report_compute(replay, issue->report, issue->unit, period, &r, &why);
    if (e == ERR_OK) e = verify_inputs(s, replay, issue, r, logged, &list, out);
    if (e == ERR_OK) e = verify_small(s, issue, r);
    if (e == ERR_OK) e = verify_missing(s, issue, r);
    if (e == ERR_OK) e = hub_canonical_json(r, &json);
    if (e == ERR_OK) {
        hub_canonical_digest(buf_bytes(&json), &out->figures);
        out->rebuilt = ID_EQUAL(&out->figures, &issue->figures);
        struct again again = {.store = s,
                              .issue = issue,
                              .report = r,
                              .inputs = &list.inputs,
                              .then = &list.then,
                              .now = &list.now,
                              .tell = tell,
                              .out = out};
        if (out->traced) e = hub_verify_again(&again, buf_bytes(&json));
    }
    hub_inputs_free(&list.inputs);
    hub_basis_free(&list.then);
    hub_basis_free(&list.now);
    buf_free(&json);
    hub_report_free(r);
    return e;
}

enum err hub_verify_issue(struct hub_store *s, const struct hub_issue *issue,
                          const struct hub_verify_tell *tell, struct hub_verified_issue *out)
{
    struct hub_store *replay = NULL;
    struct hub_position at;
    struct hub_issue_logged logged = {.has_inputs = false};
    uint64_t position = 0;
    *out = (struct hub_verified_issue){.files = false};
    enum err e = verify_issue_files(s, issue, out);
    if (e != ERR_OK) return e;
    e = hub_issues_logged(s, issue, &logged);
    out->logged = e == ERR_OK && ID_EQUAL(&logged.figures, &issue->figures);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    e = hub_replay_open(s, issue->cut.epoch, issue->cut.position, &replay, &position);
    if (hub_replay_unmade(e)) return e;
    if (e != ERR_OK) return ERR_DAMAGED;
    hub_store_position(replay, &at);
    out->cut = ID_EQUAL(&at.hash, &issue->cut.hash) && at.epoch == issue->cut.epoch;
    e = verify_figures(s, replay, issue, &logged, tell, out);
    hub_store_close(replay);
    struct hub_erased gone = {.ops = 0};
    if (e == ERR_OK) e = hub_store_erased_upto(s, issue->cut.position, &gone);
    if (e != ERR_OK) return e;
    out->erased = gone.ops;
    out->order = gone.order;
    /* Before SPEC 16.5 nobody could tell which erasure is a reason for what. */
    bool again = out->traced ? out->explained : (out->inputs && out->rebuilt) || out->erased > 0;
    bool good = out->files && out->digest && out->logged && out->listed && out->cut && again;
    return good ? ERR_OK : ERR_DAMAGED;
}
