#include "tests/sim/memvfs.h"
#include "tests/lib/rng.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pending { /* a write or a truncate that no sync has covered */
    int64_t at;
    size_t len;
    uint8_t *data; /* NULL: truncate to `at` */
};

struct image {
    uint8_t *p;
    size_t len;
    size_t room;
};

struct inode {
    struct image now;     /* what a reader sees */
    struct image durable; /* what the last sync left */
    struct pending *pending;
    size_t pending_count;
    size_t pending_room;
    unsigned refs; /* directory entries and open files */
};

struct entry { /* a name, as it is seen and as it is on the disk */
    char name[MEMVFS_NAME_BYTES_MAX + 1];
    struct inode *now;
    struct inode *durable;
};

struct memvfs_host {
    char name[MEMVFS_NAME_BYTES_MAX + 1];
    struct entry files[MEMVFS_FILES_MAX];
    unsigned open;
    uint64_t ops;
    uint64_t crash_at;
    bool dead;
    enum memvfs_fault fault;
    uint64_t fault_from;
    uint64_t fault_count;
    uint64_t io_failures;
    struct rng rng; /* what a failed sync forgets */
};

struct handle { /* begins as SQLite demands */
    sqlite3_file base;
    struct inode *inode;
    struct memvfs_host *host; /* NULL: a nameless temporary file, which cannot fail */
    struct entry *entry;
};

static struct memvfs_host hosts[MEMVFS_HOSTS_MAX];
static struct rng sqlite_rng;
static uint64_t reset_seed;
static int64_t sqlite_time_ms;

/* ---- images and inodes ---- */

static void image_room(struct image *m, size_t len)
{
    if (len <= m->room) return;
    size_t room = m->room ? m->room : 8192;
    while (room < len)
        room *= 2;
    uint8_t *p = realloc(m->p, room);
    assert(p != NULL);
    memset(p + m->room, 0, room - m->room);
    m->p = p;
    m->room = room;
}

static void image_write(struct image *m, int64_t at, const void *data, size_t len)
{
    image_room(m, (size_t)at + len);
    memcpy(m->p + at, data, len);
    if ((size_t)at + len > m->len) m->len = (size_t)at + len;
}

static void image_cut(struct image *m, int64_t len)
{
    if ((size_t)len >= m->len) return;
    memset(m->p + len, 0, m->len - (size_t)len);
    m->len = (size_t)len;
}

static void image_set(struct image *m, const struct image *from)
{
    image_cut(m, 0);
    if (from->len > 0) image_write(m, 0, from->p, from->len);
}

static struct inode *inode_new(void)
{
    struct inode *n = calloc(1, sizeof *n);
    assert(n != NULL);
    return n;
}

static void inode_forget_pending(struct inode *n)
{
    for (size_t i = 0; i < n->pending_count; i++)
        free(n->pending[i].data);
    n->pending_count = 0;
}

static struct inode *inode_hold(struct inode *n)
{
    if (n != NULL) n->refs++;
    return n;
}

static void inode_drop(struct inode *n)
{
    if (n == NULL || --n->refs > 0) return;
    inode_forget_pending(n);
    free(n->pending);
    free(n->now.p);
    free(n->durable.p);
    free(n);
}

static void inode_point(struct inode **at, struct inode *to)
{
    struct inode *old = *at;
    *at = inode_hold(to);
    inode_drop(old);
}

static void inode_note(struct inode *n, int64_t at, const void *data, size_t len)
{
    if (n->pending_count == n->pending_room) {
        n->pending_room = n->pending_room ? 2 * n->pending_room : 64;
        n->pending = realloc(n->pending, n->pending_room * sizeof *n->pending);
        assert(n->pending != NULL);
    }
    struct pending *w = &n->pending[n->pending_count++];
    *w = (struct pending){.at = at, .len = len};
    if (data == NULL) return;
    w->data = malloc(len);
    assert(w->data != NULL);
    memcpy(w->data, data, len);
}

static void pending_do(struct image *m, const struct pending *w)
{
    if (w->data != NULL) {
        image_write(m, w->at, w->data, w->len);
    } else {
        image_cut(m, w->at);
    }
}

static void inode_flush(struct inode *n)
{
    for (size_t i = 0; i < n->pending_count; i++)
        pending_do(&n->durable, &n->pending[i]);
    inode_forget_pending(n);
}

/* A sync failed: the system may call the pages clean that never reached the disk. */
static void inode_flush_failed(struct inode *n, struct rng *rng)
{
    size_t kept = 0;
    for (size_t i = 0; i < n->pending_count; i++) {
        if (rng_below(rng, 2) == 0) {
            n->pending[kept++] = n->pending[i];
        } else {
            free(n->pending[i].data);
        }
    }
    n->pending_count = kept;
}

static void inode_lose(struct inode *n, struct rng *rng)
{
    unsigned style = rng_below(rng, 6); /* 0: all lost, 1: all kept, else each by itself */
    for (size_t i = 0; i < n->pending_count; i++) {
        struct pending *w = &n->pending[i];
        unsigned r = style == 0 ? 99 : style == 1 ? 0 : rng_below(rng, 100);
        if (r < 45) {
            pending_do(&n->durable, w);
        } else if (r < 55 && w->data != NULL) {
            rng_fill(rng, w->data, w->len);
            pending_do(&n->durable, w);
        }
    }
    inode_forget_pending(n);
    image_set(&n->now, &n->durable);
}

/* ---- hosts ---- */

static void host_clear(struct memvfs_host *h)
{
    assert(h->open == 0);
    for (unsigned i = 0; i < MEMVFS_FILES_MAX; i++) {
        inode_point(&h->files[i].now, NULL);
        inode_point(&h->files[i].durable, NULL);
        h->files[i].name[0] = '\0';
    }
}

struct memvfs_host *memvfs_host(const char *name)
{
    unsigned i = 0, spare = MEMVFS_HOSTS_MAX;
    while (i < MEMVFS_HOSTS_MAX && strcmp(hosts[i].name, name) != 0) {
        if (hosts[i].name[0] == '\0' && spare == MEMVFS_HOSTS_MAX) spare = i;
        i++;
    }
    if (i == MEMVFS_HOSTS_MAX) i = spare;
    assert(i < MEMVFS_HOSTS_MAX && name[0] != '\0' && strlen(name) <= MEMVFS_NAME_BYTES_MAX);
    struct memvfs_host *h = &hosts[i];
    if (h->name[0] == '\0') {
        snprintf(h->name, sizeof h->name, "%s", name);
        h->crash_at = MEMVFS_NEVER;
        h->fault_from = MEMVFS_NEVER;
        h->rng.s = reset_seed + 0xd15c0000u + i;
    }
    return h;
}

void memvfs_reset(uint64_t seed)
{
    for (unsigned i = 0; i < MEMVFS_HOSTS_MAX; i++) {
        if (strncmp(hosts[i].name, "base", 4) == 0) continue;
        host_clear(&hosts[i]);
        memset(&hosts[i], 0, sizeof hosts[i]);
    }
    sqlite_rng.s = reset_seed = seed;
    sqlite3_randomness(0, NULL);
}

void memvfs_set_time(int64_t wall_ms)
{
    sqlite_time_ms = wall_ms;
}

uint64_t memvfs_ops(const struct memvfs_host *h)
{
    return h->ops;
}

void memvfs_crash_at(struct memvfs_host *h, uint64_t op)
{
    h->crash_at = op;
}

void memvfs_kill(struct memvfs_host *h)
{
    h->dead = true;
}

bool memvfs_dead(const struct memvfs_host *h)
{
    return h->dead;
}

void memvfs_boot(struct memvfs_host *h)
{
    assert(h->open == 0);
    h->dead = false;
    h->crash_at = MEMVFS_NEVER;
}

void memvfs_power_loss(struct memvfs_host *h, uint64_t seed)
{
    struct rng rng = {seed};
    assert(h->open == 0);
    for (unsigned i = 0; i < MEMVFS_FILES_MAX; i++) {
        struct entry *f = &h->files[i];
        struct inode *left = inode_hold(rng_below(&rng, 2) ? f->now : f->durable);
        inode_point(&f->now, left);
        inode_point(&f->durable, left);
        inode_drop(left);
        if (f->now != NULL) inode_lose(f->now, &rng);
    }
}

void memvfs_fail(struct memvfs_host *h, enum memvfs_fault kind, uint64_t from, uint64_t count)
{
    h->fault = kind;
    h->fault_from = from;
    h->fault_count = count;
}

void memvfs_heal(struct memvfs_host *h)
{
    h->fault_from = MEMVFS_NEVER;
    h->io_failures = 0;
}

bool memvfs_faulty(const struct memvfs_host *h)
{
    return h->ops >= h->fault_from;
}

uint64_t memvfs_io_failures(const struct memvfs_host *h)
{
    return h->io_failures;
}

void memvfs_copy(struct memvfs_host *from, struct memvfs_host *to, bool durable)
{
    host_clear(to);
    to->ops = 0;
    for (unsigned i = 0; i < MEMVFS_FILES_MAX; i++) {
        const struct entry *f = &from->files[i];
        const struct inode *n = durable ? f->durable : f->now;
        if (n == NULL) continue;
        struct inode *copy = inode_new();
        image_set(&copy->now, durable ? &n->durable : &n->now);
        image_set(&copy->durable, &copy->now);
        memcpy(to->files[i].name, f->name, sizeof f->name);
        inode_point(&to->files[i].now, copy);
        inode_point(&to->files[i].durable, copy);
    }
}

bool memvfs_flip(struct memvfs_host *h, const char *file, uint64_t byte, unsigned bit)
{
    for (unsigned i = 0; i < MEMVFS_FILES_MAX; i++) {
        struct inode *n = h->files[i].now;
        if (n == NULL || strcmp(h->files[i].name, file) != 0 || byte >= n->now.len) continue;
        n->now.p[byte] ^= (uint8_t)(1u << bit);
        if (byte < n->durable.len) n->durable.p[byte] = n->now.p[byte];
        return true;
    }
    return false;
}

uint64_t memvfs_sum(const struct memvfs_host *h)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (unsigned i = 0; i < MEMVFS_FILES_MAX; i++) {
        const struct inode *n = h->files[i].now;
        for (size_t k = 0; n != NULL && k < n->now.len; k++)
            sum = (sum ^ n->now.p[k]) * UINT64_C(0x100000001b3);
    }
    return sum;
}

enum tick { TICK_SPACE, TICK_NO_SPACE, TICK_SYNC };

/* Count one operation. SQLITE_OK, or what it fails with. */
static int host_tick(struct memvfs_host *h, enum tick what)
{
    if (h == NULL) return SQLITE_OK;
    if (h->dead) return SQLITE_IOERR;
    uint64_t op = h->ops++;
    if (op >= h->crash_at) {
        h->dead = true;
        return SQLITE_IOERR;
    }
    if (op < h->fault_from) return SQLITE_OK;
    if (h->fault_count != MEMVFS_NEVER && op - h->fault_from >= h->fault_count) return SQLITE_OK;
    if (h->fault == MEMVFS_FULL) return what == TICK_SPACE ? SQLITE_FULL : SQLITE_OK;
    if (h->fault == MEMVFS_SYNC_FORGET && what != TICK_SYNC) return SQLITE_OK;
    h->io_failures++;
    return SQLITE_IOERR;
}

static struct entry *host_file(struct memvfs_host *h, const char *name, bool make)
{
    struct entry *spare = NULL;
    for (unsigned i = 0; i < MEMVFS_FILES_MAX; i++) {
        struct entry *f = &h->files[i];
        if (f->name[0] != '\0' && strcmp(f->name, name) == 0) return f;
        if (f->name[0] == '\0' && spare == NULL) spare = f;
    }
    if (!make) return NULL;
    assert(spare != NULL && strlen(name) <= MEMVFS_NAME_BYTES_MAX);
    snprintf(spare->name, sizeof spare->name, "%s", name);
    return spare;
}

/* "HOST/NAME" -> the host's disk and NAME. */
static struct memvfs_host *host_of(const char *path, const char **name)
{
    char host[MEMVFS_NAME_BYTES_MAX + 1];
    const char *slash = strchr(path, '/');
    assert(slash != NULL && (size_t)(slash - path) < sizeof host);
    memcpy(host, path, (size_t)(slash - path));
    host[slash - path] = '\0';
    *name = slash + 1;
    return memvfs_host(host);
}

/* ---- files, as SQLite calls them ---- */

static int file_close(sqlite3_file *f)
{
    struct handle *x = (struct handle *)f;
    if (x->host != NULL) x->host->open--;
    inode_drop(x->inode);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *f, void *out, int len, sqlite3_int64 at)
{
    const struct handle *x = (struct handle *)f;
    const struct image *m = &x->inode->now;
    if (x->host != NULL && x->host->dead) return SQLITE_IOERR_READ;
    size_t want = (size_t)len, there = (size_t)at < m->len ? m->len - (size_t)at : 0;
    if (there > want) there = want;
    if (there > 0) memcpy(out, m->p + at, there);
    if (there == want) return SQLITE_OK;
    memset((uint8_t *)out + there, 0, want - there);
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
    const struct handle *x = (struct handle *)f;
    const uint8_t *p = data;
    while (len > 0) {
        int piece = MEMVFS_SECTOR_BYTES - (int)(at % MEMVFS_SECTOR_BYTES);
        if (piece > len) piece = len;
        int rc = host_tick(x->host, TICK_SPACE);
        if (rc != SQLITE_OK) return rc == SQLITE_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
        image_write(&x->inode->now, at, p, (size_t)piece);
        if (x->host != NULL) inode_note(x->inode, at, p, (size_t)piece);
        p += piece;
        at += piece;
        len -= piece;
    }
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 len)
{
    const struct handle *x = (struct handle *)f;
    if (host_tick(x->host, TICK_NO_SPACE) != SQLITE_OK) return SQLITE_IOERR_TRUNCATE;
    image_cut(&x->inode->now, len);
    if (x->host != NULL) inode_note(x->inode, len, NULL, 0);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *f, int flags)
{
    const struct handle *x = (struct handle *)f;
    (void)flags;
    int rc = host_tick(x->host, TICK_SYNC);
    if (rc != SQLITE_OK) {
        if (!x->host->dead && x->host->fault != MEMVFS_IO)
            inode_flush_failed(x->inode, &x->host->rng);
        return SQLITE_IOERR_FSYNC;
    }
    inode_flush(x->inode);
    if (x->entry != NULL && x->entry->now == x->inode) inode_point(&x->entry->durable, x->inode);
    return SQLITE_OK;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)((struct handle *)f)->inode->now.len;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *f, int level)
{
    (void)f;
    (void)level;
    return SQLITE_OK;
}

static int file_reserved(sqlite3_file *f, int *out)
{
    (void)f;
    *out = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    (void)f;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *f)
{
    (void)f;
    return MEMVFS_SECTOR_BYTES;
}

static int file_traits(sqlite3_file *f)
{
    (void)f;
    /* As SQLite's own VFSs say. Without it the WAL is padded after a commit, the last bytes of the padding wait for the
     * next sync, and a connection that goes on after that one failed would never write them again. */
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_lock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_traits,
};

/* ---- the VFS ---- */

static int vfs_open(sqlite3_vfs *v, const char *path, sqlite3_file *f, int flags, int *out_flags)
{
    struct handle *x = (struct handle *)f;
    const char *name = NULL;
    (void)v;
    memset(x, 0, sizeof *x);
    if (out_flags != NULL) *out_flags = flags;
    if (path == NULL) {
        x->inode = inode_hold(inode_new());
        x->base.pMethods = &file_methods;
        return SQLITE_OK;
    }
    struct memvfs_host *h = host_of(path, &name);
    if (h->dead) return SQLITE_CANTOPEN;
    struct entry *e = host_file(h, name, (flags & SQLITE_OPEN_CREATE) != 0);
    if (e == NULL || (e->now == NULL && (flags & SQLITE_OPEN_CREATE) == 0)) return SQLITE_CANTOPEN;
    if (e->now == NULL) {
        if (host_tick(h, TICK_SPACE) != SQLITE_OK) return SQLITE_CANTOPEN;
        inode_point(&e->now, inode_new());
    }
    h->open++;
    *x = (struct handle){{&file_methods}, inode_hold(e->now), h, e};
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *v, const char *path, int durable)
{
    const char *name = NULL;
    (void)v;
    struct memvfs_host *h = host_of(path, &name);
    struct entry *e = host_file(h, name, false);
    if (e == NULL || e->now == NULL) return SQLITE_IOERR_DELETE_NOENT;
    if (host_tick(h, TICK_NO_SPACE) != SQLITE_OK) return SQLITE_IOERR_DELETE;
    inode_point(&e->now, NULL);
    if (durable) inode_point(&e->durable, NULL);
    return SQLITE_OK;
}

/* As db_wal.c wants it: two operations, the second makes it durable. Between the two the power leaves
 * each name as it was or as it will be. */
static int vfs_rename(const char *from, const char *to)
{
    const char *name = NULL, *old = NULL;
    struct memvfs_host *h = host_of(from, &old);
    struct entry *a = host_file(h, old, false);
    if (a == NULL || a->now == NULL || host_of(to, &name) != h) return SQLITE_IOERR;
    struct entry *b = host_file(h, name, true);
    if (host_tick(h, TICK_NO_SPACE) != SQLITE_OK) return SQLITE_IOERR;
    inode_point(&b->now, a->now);
    inode_point(&a->now, NULL);
    if (host_tick(h, TICK_SYNC) != SQLITE_OK) return SQLITE_IOERR_DIR_FSYNC;
    inode_point(&b->durable, b->now);
    inode_point(&a->durable, NULL);
    return SQLITE_OK;
}

static sqlite3_syscall_ptr vfs_call(sqlite3_vfs *v, const char *name)
{
    (void)v;
    return strcmp(name, "rename") == 0 ? (sqlite3_syscall_ptr)vfs_rename : NULL;
}

static int vfs_access(sqlite3_vfs *v, const char *path, int flags, int *out)
{
    const char *name = NULL;
    (void)v;
    (void)flags;
    struct memvfs_host *h = host_of(path, &name);
    const struct entry *e = host_file(h, name, false);
    *out = e != NULL && e->now != NULL;
    return h->dead ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *v, const char *path, int room, char *out)
{
    (void)v;
    snprintf(out, (size_t)room, "%s", path);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *v, int len, char *out)
{
    (void)v;
    rng_fill(&sqlite_rng, out, (size_t)len);
    return len;
}

static int vfs_sleep(sqlite3_vfs *v, int us)
{
    (void)v;
    return us;
}

static int vfs_time64(sqlite3_vfs *v, sqlite3_int64 *out)
{
    (void)v;
    *out = sqlite_time_ms + INT64_C(210866760000000); /* milliseconds since the Julian epoch */
    return SQLITE_OK;
}

static int vfs_time(sqlite3_vfs *v, double *out)
{
    sqlite3_int64 ms = 0;
    vfs_time64(v, &ms);
    *out = (double)ms / 86400000.0;
    return SQLITE_OK;
}

static int vfs_error(sqlite3_vfs *v, int len, char *out)
{
    (void)v;
    if (len > 0) out[0] = '\0';
    return 0;
}

void memvfs_register(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 3,
        .szOsFile = sizeof(struct handle),
        .mxPathname = 2 * MEMVFS_NAME_BYTES_MAX,
        .zName = MEMVFS_NAME,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_error,
        .xCurrentTimeInt64 = vfs_time64,
        .xGetSystemCall = vfs_call,
    };
    if (sqlite3_vfs_find(MEMVFS_NAME) != NULL) return;
    int rc = sqlite3_vfs_register(&vfs, 1);
    assert(rc == SQLITE_OK);
    (void)rc;
}
