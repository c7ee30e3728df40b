#include "tests/sim/memvfs.h"
#include "tests/lib/rng.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 4096, PAGES_AT_ONCE = 256, SEEK_BYTES_MAX = MEMVFS_SEEK_BYTES_MAX };

struct page {          /* shared by images until one of them writes on it */
    struct page *next; /* of those that nobody has */
    unsigned refs;
    uint64_t seen; /* memvfs_seek() with this key found nothing in it; 0: it was written since */
    uint8_t *b;    /* PAGE_BYTES, elsewhere: what a copy of the process counts costs it no page */
};

struct image {
    struct page **v; /* NULL: zeros. What lies behind `len` is zero. */
    size_t room;     /* pages */
    size_t len;
};

struct pending { /* a write or a truncate that no sync has covered */
    int64_t at;
    uint32_t len;
    bool cut;    /* truncate to `at` */
    size_t data; /* where its bytes begin in the inode's */
};

struct inode {
    struct image now;     /* what a reader sees */
    struct image durable; /* what the last sync left */
    struct pending *pending;
    size_t pending_count;
    size_t pending_room;
    uint8_t *data; /* of what is pending */
    size_t data_len;
    size_t data_room;
    bool astray;   /* a sync failed and forgot something: `durable` with all pending is not `now` */
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
    uint64_t writes;
    uint64_t crash_at;
    bool dead;
    enum memvfs_fault fault;
    uint64_t fault_from;
    uint64_t fault_count;
    uint64_t io_failures;
    bool lies;
    uint64_t reads;
    uint64_t read_from; /* reads that fail */
    uint64_t read_count;
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
static memvfs_watch_fn *watch;
static void *watch_ctx;

/* ---- images and inodes ---- */

static volatile bool allocates; /* or the compiler, which knows realloc(), would keep it from it */

bool memvfs_allocates(void)
{
    return allocates;
}

/* Memory of the disks themselves, which never fails. */
static void *need(void *p, size_t len)
{
    allocates = true;
    p = realloc(p, len);
    allocates = false;
    assert(p != NULL);
    return p;
}

static struct page *spare_pages;

static void pages_more(void)
{
    struct page *v = need(NULL, PAGES_AT_ONCE * sizeof *v);
    uint8_t *b = need(NULL, (size_t)(PAGES_AT_ONCE + 1) * PAGE_BYTES);
    b += PAGE_BYTES - (uintptr_t)b % PAGE_BYTES;
    for (size_t i = 0; i < PAGES_AT_ONCE; i++) {
        v[i] = (struct page){.b = b + i * PAGE_BYTES, .next = spare_pages};
        spare_pages = &v[i];
    }
}

static struct page *page_make(void)
{
    if (spare_pages == NULL) pages_more();
    struct page *p = spare_pages;
    spare_pages = p->next;
    p->refs = 1;
    p->seen = 0;
    return p;
}

static struct page *page_new(const struct page *from)
{
    struct page *p = page_make();
    if (from != NULL) {
        memcpy(p->b, from->b, PAGE_BYTES);
    } else {
        memset(p->b, 0, PAGE_BYTES);
    }
    return p;
}

static void page_drop(struct page *p)
{
    if (p == NULL || --p->refs > 0) return;
    p->next = spare_pages;
    spare_pages = p;
}

/* Let *at be the page `to` (NULL: zeros). */
static void page_point(struct page **at, struct page *to)
{
    struct page *old = *at;
    if (old == to) return;
    if (to != NULL) to->refs++;
    *at = to;
    page_drop(old);
}

/* The page to write on, of this image alone. */
static uint8_t *page_own(struct page **at)
{
    struct page *p = *at;
    if (p == NULL || p->refs > 1) {
        *at = page_new(p);
        if (p != NULL) p->refs--;
    }
    (*at)->seen = 0;
    return (*at)->b;
}

/* All of a page is written anew. */
static void page_replace(struct page **at, const uint8_t *data)
{
    struct page *p = *at;
    if (p == NULL || p->refs > 1) {
        page_drop(p);
        *at = p = page_make();
    }
    memcpy(p->b, data, PAGE_BYTES);
    p->seen = 0;
}

static void image_room(struct image *m, size_t len)
{
    size_t pages = (len + PAGE_BYTES - 1) / PAGE_BYTES;
    if (pages <= m->room) return;
    size_t room = m->room ? m->room : 16;
    while (room < pages)
        room *= 2;
    m->v = need(m->v, room * sizeof(struct page *));
    for (size_t i = m->room; i < room; i++)
        m->v[i] = NULL;
    m->room = room;
}

static void image_write(struct image *m, int64_t at, const uint8_t *data, size_t len)
{
    size_t from = (size_t)at, end = from + len;
    image_room(m, end);
    while (from < end) {
        size_t in = from % PAGE_BYTES, n = PAGE_BYTES - in;
        if (n > end - from) n = end - from;
        if (n == PAGE_BYTES) {
            page_replace(&m->v[from / PAGE_BYTES], data);
        } else {
            memcpy(page_own(&m->v[from / PAGE_BYTES]) + in, data, n);
        }
        data += n;
        from += n;
    }
    if (end > m->len) m->len = end;
}

/* `len` bytes that are there. */
static void image_read(const struct image *m, size_t at, uint8_t *out, size_t len)
{
    while (len > 0) {
        const struct page *p = m->v[at / PAGE_BYTES];
        size_t in = at % PAGE_BYTES, n = PAGE_BYTES - in;
        if (n > len) n = len;
        if (p != NULL) {
            memcpy(out, p->b + in, n);
        } else {
            memset(out, 0, n);
        }
        out += n;
        at += n;
        len -= n;
    }
}

static void image_cut(struct image *m, int64_t len)
{
    size_t at = (size_t)len;
    if (at >= m->len) return;
    size_t whole = (at + PAGE_BYTES - 1) / PAGE_BYTES, in = at % PAGE_BYTES;
    for (size_t i = whole; i * PAGE_BYTES < m->len; i++)
        page_point(&m->v[i], NULL);
    if (in > 0 && m->v[at / PAGE_BYTES] != NULL)
        memset(page_own(&m->v[at / PAGE_BYTES]) + in, 0, PAGE_BYTES - in);
    m->len = at;
}

static void image_set(struct image *m, const struct image *from)
{
    if (m->len > from->len) image_cut(m, (int64_t)from->len);
    image_room(m, from->len);
    for (size_t i = 0; i * PAGE_BYTES < from->len; i++)
        page_point(&m->v[i], from->v[i]);
    m->len = from->len;
}

static void image_free(struct image *m)
{
    image_cut(m, 0);
    free(m->v);
}

static struct inode *inode_new(void)
{
    struct inode *n = need(NULL, sizeof *n);
    memset(n, 0, sizeof *n);
    return n;
}

static void inode_forget_pending(struct inode *n)
{
    n->pending_count = 0;
    n->data_len = 0;
}

static struct inode *inode_hold(struct inode *n)
{
    if (n != NULL) n->refs++;
    return n;
}

static void inode_drop(struct inode *n)
{
    if (n == NULL || --n->refs > 0) return;
    free(n->pending);
    free(n->data);
    image_free(&n->now);
    image_free(&n->durable);
    free(n);
}

static void inode_point(struct inode **at, struct inode *to)
{
    struct inode *old = *at;
    *at = inode_hold(to);
    inode_drop(old);
}

static struct pending *pending_new(struct inode *n)
{
    if (n->pending_count == n->pending_room) {
        n->pending_room = n->pending_room ? 2 * n->pending_room : 64;
        n->pending = need(n->pending, n->pending_room * sizeof *n->pending);
    }
    return &n->pending[n->pending_count++];
}

static void inode_note_cut(struct inode *n, int64_t at)
{
    *pending_new(n) = (struct pending){.at = at, .cut = true, .data = n->data_len};
}

/* A write within a page: each sector of it is kept or lost by itself. */
static void inode_note(struct inode *n, int64_t at, const uint8_t *data, size_t len)
{
    if (n->data_len + len > n->data_room) {
        n->data_room = 2 * n->data_room + len + 16384;
        n->data = need(n->data, n->data_room);
    }
    memcpy(n->data + n->data_len, data, len);
    while (len > 0) {
        size_t piece = MEMVFS_SECTOR_BYTES - (size_t)at % MEMVFS_SECTOR_BYTES;
        if (piece > len) piece = len;
        *pending_new(n) =
            (struct pending){.at = at, .len = (uint32_t)piece, .cut = false, .data = n->data_len};
        n->data_len += piece;
        at += (int64_t)piece;
        len -= piece;
    }
}

static void pending_do(struct inode *n, const struct pending *w)
{
    if (w->cut) {
        image_cut(&n->durable, w->at);
    } else {
        image_write(&n->durable, w->at, n->data + w->data, w->len);
    }
}

/* All that is pending becomes durable: then what is durable is what is seen, so the pages are shared. */
static void inode_flush(struct inode *n)
{
    for (size_t i = 0; i < n->pending_count; i++) {
        const struct pending *w = &n->pending[i];
        size_t end = (size_t)w->at + w->len, page = (size_t)w->at / PAGE_BYTES;
        if (n->astray || w->cut) {
            pending_do(n, w);
            continue;
        }
        image_room(&n->durable, end);
        if (end > n->durable.len) n->durable.len = end;
        /* A piece of a write is of one sector and so of one page. */
        page_point(&n->durable.v[page], page < n->now.room ? n->now.v[page] : NULL);
    }
    inode_forget_pending(n);
}

/* A sync failed: the system may call the pages clean that never reached the disk. */
static void inode_flush_failed(struct inode *n, struct rng *rng)
{
    size_t kept = 0;
    for (size_t i = 0; i < n->pending_count; i++) {
        if (rng_below(rng, 2) == 0) n->pending[kept++] = n->pending[i];
    }
    n->astray = n->astray || kept < n->pending_count;
    n->pending_count = kept;
}

static void inode_lose(struct inode *n, struct rng *rng)
{
    unsigned style = rng_below(rng, 6); /* 0: all lost, 1: all kept, else each by itself */
    for (size_t i = 0; i < n->pending_count; i++) {
        const struct pending *w = &n->pending[i];
        unsigned r = style == 0 ? 99 : style == 1 ? 0 : rng_below(rng, 100);
        if (r < 45) {
            pending_do(n, w);
        } else if (r < 55 && !w->cut) {
            rng_fill(rng, n->data + w->data, w->len);
            pending_do(n, w);
        }
    }
    inode_forget_pending(n);
    image_set(&n->now, &n->durable);
    n->astray = false;
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
        h->read_from = MEMVFS_NEVER;
        /* By its name: which place it has depends on what the process did before. */
        h->rng.s = reset_seed + 0xd15c0000u;
        for (const char *c = name; *c != '\0'; c++)
            h->rng.s = (h->rng.s ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
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

void memvfs_watch(memvfs_watch_fn *fn, void *ctx)
{
    watch = fn;
    watch_ctx = ctx;
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
    h->read_from = MEMVFS_NEVER;
    h->io_failures = 0;
}

uint64_t memvfs_reads(const struct memvfs_host *h)
{
    return h->reads;
}

void memvfs_fail_reads(struct memvfs_host *h, uint64_t from, uint64_t count)
{
    h->read_from = from;
    h->read_count = count;
}

void memvfs_lie(struct memvfs_host *h, bool lies)
{
    h->lies = lies;
}

bool memvfs_faulty(const struct memvfs_host *h)
{
    return h->ops >= h->fault_from;
}

uint64_t memvfs_writes(const struct memvfs_host *h)
{
    return h->writes;
}

uint64_t memvfs_io_failures(const struct memvfs_host *h)
{
    return h->io_failures;
}

void memvfs_copy(struct memvfs_host *from, struct memvfs_host *to, bool durable)
{
    host_clear(to);
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

struct texts { /* `count` of them, `len` bytes each */
    const char *v;
    size_t len;
    size_t count;
    uint64_t key;
};

static bool texts_in(const struct texts *t, const uint8_t *p, size_t left)
{
    for (size_t i = 0; i < t->count; i++) {
        const char *text = t->v + i * t->len;
        const uint8_t *at = p, *end = p + left;
        while ((size_t)(end - at) >= t->len) {
            at = memchr(at, text[0], (size_t)(end - at) - t->len + 1);
            if (at == NULL) break;
            if (memcmp(at, text, t->len) == 0) return true;
            at++;
        }
    }
    return false;
}

/* Pages that were not written since they were looked at for the same texts are not looked at again; what may lie over
 * the end of a page is, as the next one may be another. */
static bool image_holds(const struct image *m, const struct texts *t)
{
    for (size_t i = 0; i * PAGE_BYTES < m->len; i++) {
        struct page *p = m->v[i];
        const struct page *next = (i + 1) * PAGE_BYTES < m->len ? m->v[i + 1] : NULL;
        uint8_t seam[2 * SEEK_BYTES_MAX] = {0};
        if (p == NULL) continue;
        if (p->seen != t->key && texts_in(t, p->b, PAGE_BYTES)) return true;
        p->seen = t->key;
        if (next == NULL) continue;
        memcpy(seam, p->b + PAGE_BYTES - (t->len - 1), t->len - 1);
        memcpy(seam + t->len - 1, next->b, t->len - 1);
        if (texts_in(t, seam, 2 * (t->len - 1))) return true;
    }
    return false;
}

bool memvfs_seek(const struct memvfs_host *h, const char *texts, size_t len, size_t count,
                 const char **file)
{
    struct texts t = {texts, len, count, UINT64_C(0xcbf29ce484222325)};
    assert(len > 1 && len <= SEEK_BYTES_MAX);
    for (size_t i = 0; i < len * count; i++)
        t.key = (t.key ^ (uint8_t)texts[i]) * UINT64_C(0x100000001b3);
    t.key |= 1;
    for (unsigned i = 0; i < MEMVFS_FILES_MAX; i++) {
        const struct inode *n = h->files[i].now;
        *file = h->files[i].name;
        if (n != NULL && image_holds(&n->now, &t)) return true;
    }
    return false;
}

int64_t memvfs_peek(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    int64_t out = -1;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    int rc = sqlite3_open_v2(path, &db, flags, MEMVFS_NAME);
    /* Without it a WAL would need shared memory. */
    if (rc == SQLITE_OK) rc = sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_prepare_v2(db, sql, -1, &q, NULL);
    if (rc == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW &&
        sqlite3_column_type(q, 0) == SQLITE_INTEGER)
        out = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return out;
}

size_t memvfs_get(const struct memvfs_host *h, const char *file, size_t at, void *out, size_t len)
{
    for (unsigned i = 0; i < MEMVFS_FILES_MAX; i++) {
        const struct inode *n = h->files[i].now;
        if (n == NULL || strcmp(h->files[i].name, file) != 0) continue;
        size_t there = at < n->now.len ? n->now.len - at : 0;
        if (there > len) there = len;
        if (there > 0) image_read(&n->now, at, out, there);
        return there;
    }
    return 0;
}

bool memvfs_flip(struct memvfs_host *h, const char *file, uint64_t byte, unsigned bit)
{
    for (unsigned i = 0; i < MEMVFS_FILES_MAX; i++) {
        struct inode *n = h->files[i].now;
        if (n == NULL || strcmp(h->files[i].name, file) != 0 || byte >= n->now.len) continue;
        uint8_t *now = page_own(&n->now.v[byte / PAGE_BYTES]) + byte % PAGE_BYTES;
        *now ^= (uint8_t)(1u << bit);
        if (byte < n->durable.len)
            page_own(&n->durable.v[byte / PAGE_BYTES])[byte % PAGE_BYTES] = *now;
        return true;
    }
    return false;
}

uint64_t memvfs_sum(const struct memvfs_host *h)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (unsigned i = 0; i < MEMVFS_FILES_MAX; i++) {
        const struct inode *n = h->files[i].now;
        for (size_t k = 0; n != NULL && k < n->now.len; k++) {
            const struct page *p = n->now.v[k / PAGE_BYTES];
            sum = (sum ^ (p != NULL ? p->b[k % PAGE_BYTES] : 0)) * UINT64_C(0x100000001b3);
        }
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
    if (op >= h->crash_at || (watch != NULL && watch(watch_ctx, h, op))) {
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

/* Count a read; false: it fails. */
static bool host_reads(struct memvfs_host *h)
{
    if (h == NULL) return true;
    if (h->dead) return false;
    uint64_t no = h->reads++;
    if (no < h->read_from) return true;
    if (h->read_count != MEMVFS_NEVER && no - h->read_from >= h->read_count) return true;
    h->io_failures++;
    return false;
}

static int file_read(sqlite3_file *f, void *out, int len, sqlite3_int64 at)
{
    const struct handle *x = (struct handle *)f;
    const struct image *m = &x->inode->now;
    if (!host_reads(x->host)) return SQLITE_IOERR_READ;
    size_t want = (size_t)len, there = (size_t)at < m->len ? m->len - (size_t)at : 0;
    if (there > want) there = want;
    if (there > 0) image_read(m, (size_t)at, out, there);
    if (there == want) return SQLITE_OK;
    memset((uint8_t *)out + there, 0, want - there);
    return SQLITE_IOERR_SHORT_READ;
}

/* Sectors of a write that the host lives for, up to the end of a page. */
static int sectors_tick(struct memvfs_host *h, sqlite3_int64 at, int len, int *done)
{
    int most = PAGE_BYTES - (int)(at % PAGE_BYTES);
    *done = 0;
    if (most > len) most = len;
    while (*done < most) {
        int piece = MEMVFS_SECTOR_BYTES - (int)((at + *done) % MEMVFS_SECTOR_BYTES);
        int rc = host_tick(h, TICK_SPACE);
        if (rc != SQLITE_OK) return rc;
        *done = piece > most - *done ? most : *done + piece;
    }
    return SQLITE_OK;
}

static int file_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
    const struct handle *x = (struct handle *)f;
    const uint8_t *p = data;
    while (len > 0) {
        int n = 0;
        int rc = sectors_tick(x->host, at, len, &n);
        if (n > 0) image_write(&x->inode->now, at, p, (size_t)n);
        if (n > 0 && x->host != NULL) {
            inode_note(x->inode, at, p, (size_t)n);
            x->host->writes++;
        }
        if (rc != SQLITE_OK) return rc == SQLITE_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
        p += n;
        at += n;
        len -= n;
    }
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 len)
{
    const struct handle *x = (struct handle *)f;
    if (host_tick(x->host, TICK_NO_SPACE) != SQLITE_OK) return SQLITE_IOERR_TRUNCATE;
    image_cut(&x->inode->now, len);
    if (x->host != NULL) inode_note_cut(x->inode, len);
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
    if (x->host != NULL && x->host->lies) return SQLITE_OK;
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
    if (durable && !h->lies) inode_point(&e->durable, NULL);
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
    if (h->lies) return SQLITE_OK;
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
