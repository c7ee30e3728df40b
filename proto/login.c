#include "proto/login.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

_Static_assert(crypto_pwhash_STRBYTES <= LOGIN_HASH_ROOM, "room for a password hash");

/* ---- secrets ---- */

void login_token(char out[static LOGIN_TOKEN_ROOM])
{
    uint8_t b[LOGIN_TOKEN_BYTES];
    randombytes_buf(b, sizeof b);
    sodium_bin2hex(out, LOGIN_TOKEN_ROOM, b, sizeof b);
    sodium_memzero(b, sizeof b);
}

bool login_same(const char *a, const char *b)
{
    size_t len = strlen(a);
    return len > 0 && len == strlen(b) && sodium_memcmp(a, b, len) == 0;
}

void login_wipe(void *p, size_t len)
{
    sodium_memzero(p, len);
}

/* ---- sessions ---- */

/* The token of the cookie of that name: exactly its length, or there is none. */
static bool login_cookie(const char *cookies, const char *name, char out[static LOGIN_TOKEN_ROOM])
{
    const size_t len = strlen(name);
    for (const char *p = cookies; p != NULL && *p != '\0';) {
        p += strspn(p, " ;");
        size_t part = strcspn(p, ";");
        if (part == len + LOGIN_TOKEN_ROOM && memcmp(p, name, len) == 0 && p[len] == '=') {
            memcpy(out, p + len + 1, LOGIN_TOKEN_ROOM - 1);
            out[LOGIN_TOKEN_ROOM - 1] = '\0';
            return true;
        }
        p += part;
    }
    return false;
}

struct login_session *login_session_of(struct login_table *t, const char *cookies, const char *name,
                                       uint64_t now_ms)
{
    char token[LOGIN_TOKEN_ROOM];
    struct login_session *found = NULL;
    bool has = login_cookie(cookies, name, token);
    for (size_t i = 0; i < LOGIN_SESSIONS_MAX; i++) {
        struct login_session *s = &t->at[i];
        if (!s->used) continue;
        if (now_ms - s->seen_ms > t->idle_ms || now_ms - s->begun_ms > t->max_ms)
            login_session_end(s);
        else if (has && login_same(token, s->token))
            found = s;
    }
    sodium_memzero(token, sizeof token);
    return found;
}

struct login_session *login_session_begin(struct login_table *t, const char *user, uint64_t now_ms)
{
    struct login_session *s = &t->at[0];
    for (size_t i = 0; i < LOGIN_SESSIONS_MAX && s->used; i++) {
        struct login_session *other = &t->at[i];
        if (!other->used || other->seen_ms < s->seen_ms) s = other;
    }
    login_session_end(s);
    s->used = true;
    login_token(s->token);
    login_token(s->csrf);
    snprintf(s->user, sizeof s->user, "%s", user);
    s->begun_ms = s->seen_ms = now_ms;
    return s;
}

void login_session_end(struct login_session *s)
{
    sodium_memzero(s, sizeof *s);
}

void login_session_end_all(struct login_table *t, const char *user,
                           const struct login_session *keep)
{
    for (size_t i = 0; i < LOGIN_SESSIONS_MAX; i++) {
        struct login_session *s = &t->at[i];
        if (s->used && s != keep && strcmp(s->user, user) == 0) login_session_end(s);
    }
}

/* ---- waits ---- */

int64_t login_wait_ms(unsigned fails, int64_t last_ms, int64_t now_ms)
{
    if (fails < LOGIN_FAILS_FREE) return 0;
    int64_t wait = LOGIN_WAIT_MS;
    for (unsigned i = LOGIN_FAILS_FREE; i < fails && wait < LOGIN_WAIT_MS_MAX; i++)
        wait *= 2;
    if (wait > LOGIN_WAIT_MS_MAX) wait = LOGIN_WAIT_MS_MAX;
    /* A clock that was set back must not lock anybody out for long. */
    return now_ms > last_ms ? wait - (now_ms - last_ms) : wait;
}

/* ---- passwords ---- */

enum err login_hash(const char *password, char out[static LOGIN_HASH_ROOM])
{
    memset(out, 0, LOGIN_HASH_ROOM);
    return crypto_pwhash_str(out, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                             crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0
               ? ERR_OK
               : ERR_NOMEM;
}

bool login_fits(const char *hash, const char *password)
{
    char wasted[LOGIN_HASH_ROOM];
    size_t len = strlen(password);
    if (len > LOGIN_PASSWORD_MAX) return false;
    if (hash == NULL || hash[0] == '\0') {
        enum err e = login_hash(password, wasted);
        (void)e; /* only its time counts */
        return false;
    }
    return crypto_pwhash_str_verify(hash, password, len) == 0;
}

void login_once(char out[static LOGIN_ONCE_ROOM])
{
    static const char signs[] = "abcdefghjkmnpqrstuvwxyz23456789"; /* none that look alike */
    size_t n = 0;
    for (size_t i = 0; i < 16; i++) {
        if (i > 0 && i % 4 == 0) out[n++] = '-';
        out[n++] = signs[randombytes_uniform(31)];
    }
    out[n] = '\0';
}

/* ---- SHA-1 and HMAC (RFC 3174, RFC 2104): libsodium has no SHA-1 ---- */

enum { SHA1_BLOCK = 64, SHA1_BYTES = 20 };

static uint32_t sha1_turn(uint32_t v, unsigned n)
{
    return v << n | v >> (32 - n);
}

static uint32_t sha1_mix(unsigned t, uint32_t b, uint32_t c, uint32_t d)
{
    if (t < 20) return (b & c) | (~b & d);
    if (t < 40 || t >= 60) return b ^ c ^ d;
    return (b & c) | (b & d) | (c & d);
}

static void sha1_block(uint32_t h[static 5], const uint8_t p[static SHA1_BLOCK])
{
    static const uint32_t k[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t w[80], v[5];
    for (unsigned t = 0; t < 16; t++)
        w[t] = (uint32_t)p[4 * t] << 24 | (uint32_t)p[4 * t + 1] << 16 |
               (uint32_t)p[4 * t + 2] << 8 | p[4 * t + 3];
    for (unsigned t = 16; t < 80; t++)
        w[t] = sha1_turn(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    memcpy(v, h, sizeof v);
    for (unsigned t = 0; t < 80; t++) {
        uint32_t x = sha1_turn(v[0], 5) + sha1_mix(t, v[1], v[2], v[3]) + v[4] + w[t] + k[t / 20];
        v[4] = v[3];
        v[3] = v[2];
        v[2] = sha1_turn(v[1], 30);
        v[1] = v[0];
        v[0] = x;
    }
    for (unsigned i = 0; i < 5; i++)
        h[i] += v[i];
    sodium_memzero(w, sizeof w);
}

/* Of one whole block (HMAC's pad) and a message of at most 55 bytes behind it. */
static void sha1_two(const uint8_t pad[static SHA1_BLOCK], struct bytes m,
                     uint8_t out[static SHA1_BYTES])
{
    uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t last[SHA1_BLOCK] = {0};
    const uint64_t bits = 8 * (SHA1_BLOCK + (uint64_t)m.len);
    memcpy(last, m.p, m.len);
    last[m.len] = 0x80;
    for (unsigned i = 0; i < 8; i++)
        last[63 - i] = (uint8_t)(bits >> (8 * i));
    sha1_block(h, pad);
    sha1_block(h, last);
    for (unsigned i = 0; i < SHA1_BYTES; i++)
        out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

/* ---- codes ---- */

uint32_t login_hotp(struct bytes key, uint64_t counter, unsigned digits)
{
    uint8_t inner[SHA1_BLOCK] = {0}, outer[SHA1_BLOCK], message[8], sum[SHA1_BYTES];
    uint32_t modulus = 1;
    memcpy(inner, key.p, key.len < SHA1_BLOCK ? key.len : SHA1_BLOCK);
    for (unsigned i = 0; i < SHA1_BLOCK; i++) {
        outer[i] = inner[i] ^ 0x5c;
        inner[i] ^= 0x36;
    }
    for (unsigned i = 0; i < 8; i++)
        message[7 - i] = (uint8_t)(counter >> (8 * i));
    sha1_two(inner, BYTES_OF(message), sum);
    sha1_two(outer, BYTES_OF(sum), sum);
    const uint8_t *p = sum + (sum[SHA1_BYTES - 1] & 15);
    uint32_t v = (uint32_t)(p[0] & 0x7f) << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    for (unsigned i = 0; i < digits; i++)
        modulus *= 10;
    sodium_memzero(inner, sizeof inner);
    sodium_memzero(outer, sizeof outer);
    sodium_memzero(sum, sizeof sum);
    return v % modulus;
}

void login_secret(uint8_t out[static LOGIN_SECRET_BYTES])
{
    randombytes_buf(out, LOGIN_SECRET_BYTES);
}

void login_secret_text(const uint8_t secret[static LOGIN_SECRET_BYTES],
                       char out[static LOGIN_SECRET_ROOM])
{
    static const char signs[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    for (size_t i = 0; i < LOGIN_SECRET_BYTES; i++) {
        bits = bits << 8 | secret[i];
        for (have += 8; have >= 5; have -= 5)
            out[n++] = signs[(bits >> (have - 5)) & 31];
    }
    out[n] = '\0';
}

/* The six digits as text, blanks left out; false when it is anything else. */
static bool login_code_text(const char *typed, char out[static LOGIN_CODE_DIGITS + 1])
{
    size_t n = 0;
    for (const char *p = typed; *p != '\0'; p++) {
        if (*p == ' ') continue;
        if (*p < '0' || *p > '9' || n == LOGIN_CODE_DIGITS) return false;
        out[n++] = *p;
    }
    out[n] = '\0';
    return n == LOGIN_CODE_DIGITS;
}

bool login_code(const uint8_t secret[static LOGIN_SECRET_BYTES], const char *typed, int64_t now_ms,
                int64_t *used)
{
    char have[LOGIN_CODE_DIGITS + 1], want[12];
    int64_t now = now_ms / 1000 / LOGIN_CODE_STEP_S, found = -1;
    if (now_ms < 0 || !login_code_text(typed, have)) return false;
    for (int64_t step = now - LOGIN_CODE_DRIFT; step <= now + LOGIN_CODE_DRIFT; step++) {
        if (step < 0) continue;
        snprintf(want, sizeof want, "%06u",
                 (unsigned)login_hotp(bytes_make(secret, LOGIN_SECRET_BYTES), (uint64_t)step,
                                      LOGIN_CODE_DIGITS));
        if (login_same(have, want) && step > *used) found = step;
    }
    sodium_memzero(want, sizeof want);
    if (found < 0) return false;
    *used = found;
    return true;
}
