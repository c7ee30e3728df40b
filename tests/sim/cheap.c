/*
 * The same results for less work. Hosts of a run are all in one process, so what one of them computes another computes
 * again: both ends of a connection multiply the same points, all verify what somebody here has signed. These calls of
 * libsodium are taken over by the linker (--wrap, CMakeLists.txt) and remembered by their whole input; what is not
 * remembered goes to libsodium. So nothing comes out otherwise, which the hashes of runs show.
 *
 * Only what is a pure function is remembered, and of signatures only good ones. Randomness, hashes and ciphers stay.
 *
 * Locked memory is plain memory here: its guard pages cost four system calls for each end of a connection, and a
 * sanitizer looks closer. SQLite gets an allocator without locks and counts, unless a sanitizer watches.
 *
 * Threads: one.
 */
#include "tests/sim/base.h"

#include "proto/noise.h"

#include <assert.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

/* The linker's names. */
#define WRAP(name) __wrap_##name
#define REAL(name) __real_##name
int WRAP(crypto_scalarmult)(uint8_t *out, const uint8_t *secret, const uint8_t *public);
int REAL(crypto_scalarmult)(uint8_t *out, const uint8_t *secret, const uint8_t *public);
int WRAP(crypto_scalarmult_base)(uint8_t *out, const uint8_t *secret);
int REAL(crypto_scalarmult_base)(uint8_t *out, const uint8_t *secret);
int WRAP(crypto_sign_detached)(uint8_t *sig, unsigned long long *sig_len, const uint8_t *m,
                               unsigned long long len, const uint8_t *secret);
int REAL(crypto_sign_detached)(uint8_t *sig, unsigned long long *sig_len, const uint8_t *m,
                               unsigned long long len, const uint8_t *secret);
int WRAP(crypto_sign_verify_detached)(const uint8_t *sig, const uint8_t *m, unsigned long long len,
                                      const uint8_t *public);
int REAL(crypto_sign_verify_detached)(const uint8_t *sig, const uint8_t *m, unsigned long long len,
                                      const uint8_t *public);
enum err WRAP(noise_write)(struct noise_handshake *hs, struct bytes payload, uint8_t *out,
                           size_t room, size_t *len);
enum err REAL(noise_write)(struct noise_handshake *hs, struct bytes payload, uint8_t *out,
                           size_t room, size_t *len);
void *WRAP(sodium_malloc)(size_t len);
void WRAP(sodium_free)(void *p);
int WRAP(sodium_mprotect_readonly)(void *p);

/* ---- X25519 ---- */

enum { AGREED_MAX = 8192, SIGNED_MAX = 4096, MESSAGE_MAX = 768, KEY = 32, EPHEMERALS = 32 };

static struct agreed { /* `public` times `mine`: the point of one, the point of the other */
    bool there;
    uint8_t less[KEY], more[KEY], out[KEY];
} agreed[AGREED_MAX];

static struct point {
    bool there;
    uint8_t secret[KEY], public[KEY];
} points[AGREED_MAX];

static uint64_t mixed(const uint8_t *a, const uint8_t *b)
{
    uint64_t x = le64_load(a) * UINT64_C(0x9e3779b97f4a7c15) + le64_load(b);
    return (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 32;
}

int WRAP(crypto_scalarmult_base)(uint8_t *out, const uint8_t *secret)
{
    struct point *p = &points[mixed(secret, secret + 8) % AGREED_MAX];
    if (!p->there || memcmp(p->secret, secret, KEY) != 0) {
        int rc = REAL(crypto_scalarmult_base)(out, secret);
        if (rc != 0) return rc;
        p->there = true;
        memcpy(p->secret, secret, KEY);
        memcpy(p->public, out, KEY);
    }
    memcpy(out, p->public, KEY);
    return 0;
}

/* Of two key pairs either end gets the same: so it is filed under the two public keys, the lesser first. */
int WRAP(crypto_scalarmult)(uint8_t *out, const uint8_t *secret, const uint8_t *public)
{
    uint8_t mine[KEY];
    int rc = WRAP(crypto_scalarmult_base)(mine, secret);
    if (rc != 0) return rc;
    bool swap = memcmp(mine, public, KEY) > 0;
    const uint8_t *less = swap ? public : mine, *more = swap ? mine : public;
    struct agreed *a = &agreed[mixed(less, more) % AGREED_MAX];
    if (!a->there || memcmp(a->less, less, KEY) != 0 || memcmp(a->more, more, KEY) != 0) {
        rc = REAL(crypto_scalarmult)(out, secret, public);
        if (rc != 0) return rc;
        a->there = true;
        memcpy(a->out, out, KEY);
        memmove(a->less, less, KEY);
        memmove(a->more, more, KEY);
    }
    memcpy(out, a->out, KEY);
    return 0;
}

/*
 * Ephemeral keys are of a few pairs, chosen by what would have been the secret, so that their products are known after
 * a while. No check hangs on a pair coming only once: what is played again (link.c) is a first message, which says
 * nothing about the pair of the other end, and later messages of an old connection are not kept.
 */
enum err WRAP(noise_write)(struct noise_handshake *hs, struct bytes payload, uint8_t *out,
                           size_t room, size_t *len)
{
    if (hs->state == NOISE_TALKING && !hs->e_given) {
        uint8_t drawn[KEY];
        randombytes_buf(drawn, sizeof drawn);
        memset(hs->e_secret, 0xe5, KEY);
        hs->e_secret[1] = drawn[0] % EPHEMERALS;
        hs->e_given = true;
    }
    return REAL(noise_write)(hs, payload, out, room, len);
}

/* ---- Ed25519 ---- */

static struct signed_message {
    size_t len; /* 0: none */
    uint8_t public[KEY];
    uint8_t sig[crypto_sign_BYTES];
    uint8_t m[MESSAGE_MAX];
} signed_messages[SIGNED_MAX];

static struct signed_message *signed_at(const uint8_t *sig)
{
    return &signed_messages[mixed(sig, sig + 32) % SIGNED_MAX];
}

static void signed_keep(const uint8_t *sig, const uint8_t *m, unsigned long long len,
                        const uint8_t *public)
{
    struct signed_message *s = signed_at(sig);
    if (len == 0 || len > MESSAGE_MAX) return;
    s->len = (size_t)len;
    memcpy(s->public, public, KEY);
    memcpy(s->sig, sig, sizeof s->sig);
    memcpy(s->m, m, s->len);
}

/* The second half of a secret key is the public one; a signature of one's own is a good one. */
int WRAP(crypto_sign_detached)(uint8_t *sig, unsigned long long *sig_len, const uint8_t *m,
                               unsigned long long len, const uint8_t *secret)
{
    int rc = REAL(crypto_sign_detached)(sig, sig_len, m, len, secret);
    if (rc == 0) signed_keep(sig, m, len, secret + KEY);
    return rc;
}

int WRAP(crypto_sign_verify_detached)(const uint8_t *sig, const uint8_t *m, unsigned long long len,
                                      const uint8_t *public)
{
    const struct signed_message *s = signed_at(sig);
    if (len > 0 && s->len == len && memcmp(s->sig, sig, sizeof s->sig) == 0 &&
        memcmp(s->public, public, KEY) == 0 && memcmp(s->m, m, s->len) == 0)
        return 0;
    int rc = REAL(crypto_sign_verify_detached)(sig, m, len, public);
    if (rc == 0) signed_keep(sig, m, len, public);
    return rc;
}

/* ---- locked memory ---- */

struct locked { /* before what is given out */
    size_t len;
    uint64_t align;
};

void *WRAP(sodium_malloc)(size_t len)
{
    struct locked *l = malloc(sizeof *l + len);
    if (l == NULL) return NULL;
    l->len = len;
    return memset(l + 1, 0xdb, len); /* as libsodium fills it */
}

void WRAP(sodium_free)(void *p)
{
    if (p == NULL) return;
    struct locked *l = (struct locked *)p - 1;
    sodium_memzero(p, l->len);
    free(l);
}

int WRAP(sodium_mprotect_readonly)(void *p)
{
    (void)p;
    return 0;
}

/* ---- SQLite's memory ---- */

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#ifndef WATCHED
#define WATCHED 0
#endif

/* Classes of sizes, four to each doubling; what is freed waits in its class. */
enum {
    CLASSES = 48,
    LEAST_BYTES = 32,
    LARGEST_BYTES = 114688,
    SMALL_BYTES = 8192,
    CHUNK_BYTES = 1 << 20
};

union piece {
    struct {
        uint32_t len;
        uint32_t class; /* CLASSES: of malloc */
        union piece *next;
    } h;
    uint8_t align[16];
};

static union piece *spare[CLASSES];
static uint32_t class_len[CLASSES];
static uint8_t class_small[SMALL_BYTES / 8 + 1]; /* of 8, 16, 24... bytes */
static uint8_t *chunk;
static size_t chunk_left;

/* The least class that is long enough. */
static unsigned class_of(int len)
{
    if (len <= SMALL_BYTES) return class_small[(len + 7) / 8];
    unsigned k = class_small[SMALL_BYTES / 8];
    while (class_len[k] < (uint32_t)len)
        k++;
    return k;
}

static void *piece_new(int len)
{
    if (len <= 0) return NULL;
    unsigned k = len > LARGEST_BYTES ? CLASSES : class_of(len);
    union piece *p = k < CLASSES ? spare[k] : malloc(sizeof *p + (size_t)len);
    if (k < CLASSES && p != NULL) {
        spare[k] = p->h.next;
    } else if (k < CLASSES) {
        size_t size = sizeof *p + class_len[k];
        if (chunk_left < size) {
            chunk = malloc(CHUNK_BYTES); /* what is left of the last one stays unused */
            chunk_left = chunk != NULL ? CHUNK_BYTES : 0;
        }
        if (chunk == NULL) return NULL;
        p = (union piece *)(void *)chunk;
        chunk += size;
        chunk_left -= size;
    }
    if (p == NULL) return NULL;
    p->h.class = k;
    p->h.len = k < CLASSES ? class_len[k] : (uint32_t)len;
    return p + 1;
}

static void piece_free(void *at)
{
    if (at == NULL) return;
    union piece *p = (union piece *)at - 1;
    if (p->h.class == CLASSES) {
        free(p);
        return;
    }
    p->h.next = spare[p->h.class];
    spare[p->h.class] = p;
}

static int piece_len(void *at)
{
    return at != NULL ? (int)((union piece *)at - 1)->h.len : 0;
}

static void *piece_again(void *at, int len)
{
    if (len <= piece_len(at) && len > piece_len(at) / 2) return at;
    void *to = piece_new(len);
    if (to == NULL) return NULL;
    if (at != NULL) memcpy(to, at, (size_t)(piece_len(at) < len ? piece_len(at) : len));
    piece_free(at);
    return to;
}

static int piece_round(int len)
{
    return len > LARGEST_BYTES ? len : (int)class_len[class_of(len)];
}

static int pieces_init(void *ctx)
{
    uint32_t len = LEAST_BYTES;
    (void)ctx;
    for (unsigned k = 0; k < CLASSES; k++) {
        class_len[k] = len + len / 4 * (k % 4);
        if (k % 4 == 3) len *= 2;
    }
    for (unsigned i = 0, k = 0; i <= SMALL_BYTES / 8; i++) {
        while (class_len[k] < 8 * i)
            k++;
        class_small[i] = (uint8_t)k;
    }
    return SQLITE_OK;
}

static void pieces_end(void *ctx)
{
    (void)ctx;
}

void cheap_sqlite(void)
{
    static const sqlite3_mem_methods pieces = {piece_new,   piece_free,  piece_again, piece_len,
                                               piece_round, pieces_init, pieces_end,  NULL};
    int rc = sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    if (rc == SQLITE_OK) rc = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (rc == SQLITE_OK && !WATCHED) rc = sqlite3_config(SQLITE_CONFIG_MALLOC, &pieces);
    assert(rc == SQLITE_OK);
    (void)rc;
}
