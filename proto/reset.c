#include "proto/reset.h"

#include <sodium.h>
#include <string.h>

enum { RESET_CHALLENGE_BYTES = 5, RESET_CHALLENGE_LETTERS = 8, RESET_CODE_LETTERS = 10 };

static const char reset_letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* `letters` times 5 bits, from the first bit on; a dash in the middle. */
static void reset_print(const uint8_t *bits, size_t letters, char *out)
{
    for (size_t i = 0; i < letters; i++) {
        unsigned v = 0;
        if (i == letters / 2) *out++ = '-';
        for (size_t k = 0; k < 5; k++) {
            size_t bit = 5 * i + k;
            v = v << 1 | (unsigned)(bits[bit / 8] >> (7 - bit % 8) & 1);
        }
        *out++ = reset_letters[v];
    }
    *out = '\0';
}

static int reset_value(char c)
{
    if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    const char *at = c != '\0' ? strchr(reset_letters, c) : NULL;
    return at != NULL ? (int)(at - reset_letters) : -1;
}

/* Bits of exactly `letters` letters. */
static enum err reset_read(const char *text, size_t letters, uint8_t *bits, size_t len)
{
    size_t n = 0;
    memset(bits, 0, len);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == ' ' || *p == '-') continue;
        int v = reset_value(*p);
        if (v < 0 || n == letters) return ERR_BAD_INPUT;
        for (size_t k = 0; k < 5; k++) {
            size_t bit = 5 * n + k;
            unsigned one = (unsigned)v >> (4 - k) & 1;
            bits[bit / 8] = (uint8_t)(bits[bit / 8] | one << (7 - bit % 8));
        }
        n++;
    }
    return n == letters ? ERR_OK : ERR_BAD_INPUT;
}

void reset_challenge(char out[static RESET_CHALLENGE_ROOM])
{
    uint8_t bits[RESET_CHALLENGE_BYTES];
    randombytes_buf(bits, sizeof bits);
    reset_print(bits, RESET_CHALLENGE_LETTERS, out);
}

enum err reset_code(const struct reset_about *a, char out[static RESET_CODE_ROOM])
{
    static const uint8_t domain[16] = "dongbo/reset/1";
    uint8_t challenge[RESET_CHALLENGE_BYTES], shared[crypto_scalarmult_BYTES], hash[32];
    crypto_generichash_state st;
    enum err e = reset_read(a->challenge, RESET_CHALLENGE_LETTERS, challenge, sizeof challenge);
    if (e != ERR_OK) return e;
    if (a->name.len == 0 || a->name.len > RESET_NAME_BYTES_MAX) return ERR_BAD_INPUT;
    if (crypto_scalarmult(shared, a->secret, a->peer_pk) != 0) return ERR_HANDSHAKE;
    crypto_generichash_init(&st, shared, sizeof shared, sizeof hash);
    crypto_generichash_update(&st, domain, sizeof domain);
    crypto_generichash_update(&st, a->hub->b, sizeof a->hub->b);
    crypto_generichash_update(&st, a->node->b, sizeof a->node->b);
    crypto_generichash_update(&st, challenge, sizeof challenge);
    crypto_generichash_update(&st, a->name.p, a->name.len);
    crypto_generichash_final(&st, hash, sizeof hash);
    reset_print(hash, RESET_CODE_LETTERS, out);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(hash, sizeof hash);
    sodium_memzero(&st, sizeof st);
    return ERR_OK;
}

bool reset_same(const char *code, const char *typed)
{
    uint8_t a[(RESET_CODE_LETTERS * 5 + 7) / 8], b[sizeof a];
    if (reset_read(code, RESET_CODE_LETTERS, a, sizeof a) != ERR_OK) return false;
    if (reset_read(typed, RESET_CODE_LETTERS, b, sizeof b) != ERR_OK) return false;
    return sodium_memcmp(a, b, sizeof a) == 0;
}
