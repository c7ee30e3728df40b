/*
 * What the two desks (node/desk.h, hub/desk.h) share of letting people in: secrets, the session
 * table behind a cookie, waits after wrong tries, password hashes, and codes of an authenticator
 * (TOTP, RFC 6238 with SHA-1, 30 seconds and 6 digits: what every authenticator app knows).
 *
 * Ownership: structs are the caller's; texts are copied.   Threads: one table, one thread;
 *            login_hash() and login_fits() may run on any.
 * Units:     milliseconds; "now" of sessions and rations is a clock that never goes back, of waits
 *            and codes UTC.   Limits: LOGIN_*.
 */
#ifndef DONGBO_PROTO_LOGIN_H
#define DONGBO_PROTO_LOGIN_H

#include "common/bytes.h"
#include "common/err.h"

enum {
    LOGIN_TOKEN_BYTES = 32,                       /* random bytes of a session id or token */
    LOGIN_TOKEN_ROOM = 2 * LOGIN_TOKEN_BYTES + 1, /* as hex, with its terminator */
    LOGIN_NAME_BYTES_MAX = 200,                   /* UTF-8 bytes of a login's name */
    LOGIN_PASSWORD_MIN = 8,                       /* bytes */
    LOGIN_PASSWORD_MAX = 200,                     /* bytes */
    LOGIN_HASH_ROOM = 128,                        /* text of a password hash with its terminator */
    LOGIN_FAILS_FREE = 5,                         /* wrong tries in a row without a wait */
    LOGIN_WAIT_MS = 30000,                        /* after them; doubles with each further one */
    LOGIN_WAIT_MS_MAX = 900000,
    LOGIN_SESSIONS_MAX = 64,
    LOGIN_NOTE_ROOM = 40,
    LOGIN_CODE_DIGITS = 6,
    LOGIN_CODE_STEP_S = 30,
    LOGIN_CODE_DRIFT = 1,    /* steps before and after that are taken too */
    LOGIN_SECRET_BYTES = 20, /* of an authenticator */
    LOGIN_SECRET_ROOM = 33,  /* its base32 text with its terminator */
};

/* ---- secrets ---- */

void login_token(char out[static LOGIN_TOKEN_ROOM]);
/* Two secrets, in constant time; an empty one equals nothing. */
bool login_same(const char *a, const char *b);
/* Overwrite what held a secret. */
void login_wipe(void *p, size_t len);

/* ---- sessions ---- */

struct login_session {
    bool used;
    char token[LOGIN_TOKEN_ROOM]; /* in the cookie */
    char csrf[LOGIN_TOKEN_ROOM];  /* sent with whatever changes something */
    char user[LOGIN_NAME_BYTES_MAX + 1];
    unsigned stage; /* the caller's */
    char note[LOGIN_NOTE_ROOM];
    uint8_t secret[LOGIN_SECRET_BYTES]; /* of an authenticator that is being set up */
    uint64_t begun_ms;
    uint64_t seen_ms; /* of the person's last action */
};

struct login_table {
    struct login_session at[LOGIN_SESSIONS_MAX];
    uint64_t idle_ms; /* without a person's action */
    uint64_t max_ms;  /* in all */
};

/* The session whose token stands in a Cookie header (NULL: none was sent) under this name; NULL for
 * none. Sessions whose time is over end here. */
struct login_session *login_session_of(struct login_table *t, const char *cookies, const char *name,
                                       uint64_t now_ms);
/* A new one with new secrets, in the place of the one that was silent longest when all are used. */
struct login_session *login_session_begin(struct login_table *t, const char *user, uint64_t now_ms);
void login_session_end(struct login_session *s);
/* End all of a user but `keep` (may be NULL). */
void login_session_end_all(struct login_table *t, const char *user,
                           const struct login_session *keep);

/* ---- waits ---- */

/* Milliseconds that still have to pass after `fails` wrong tries in a row; <= 0: none. */
int64_t login_wait_ms(unsigned fails, int64_t last_ms, int64_t now_ms);

/* ---- passwords ---- */

/* Argon2id, 64 MiB, about a fifth of a second. ERR_NOMEM. */
MUST_CHECK enum err login_hash(const char *password, char out[static LOGIN_HASH_ROOM]);
/* `hash` NULL or "": nobody has that name; it takes as long as a wrong password. */
bool login_fits(const char *hash, const char *password);
/* A password that can be read out over the telephone: 16 letters and digits in fours, 79 bits. */
enum { LOGIN_ONCE_ROOM = 20 };
void login_once(char out[static LOGIN_ONCE_ROOM]);

/* ---- codes of an authenticator ---- */

void login_secret(uint8_t out[static LOGIN_SECRET_BYTES]);
/* Base32 (RFC 4648) without padding: what a person types into the app. */
void login_secret_text(const uint8_t secret[static LOGIN_SECRET_BYTES],
                       char out[static LOGIN_SECRET_ROOM]);
/* HMAC-SHA-1 and dynamic truncation (RFC 4226) of any key; `digits` is 6..8. */
uint32_t login_hotp(struct bytes key, uint64_t counter, unsigned digits);
/*
 * Is this the code of now or of a step beside it, of a step after `*used`? Then *used becomes its
 * step, so that no code is good twice. Six digits; blanks in it do not matter.
 */
bool login_code(const uint8_t secret[static LOGIN_SECRET_BYTES], const char *typed, int64_t now_ms,
                int64_t *used);

#endif
