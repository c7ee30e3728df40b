/*
 * Certificates for the HTTPS of a hub that has none from a public authority: an authority of its own, whose
 * fingerprint people compare once before they install it, and a server's certificate that it signs.
 *
 * Ownership: the caller's buffers. `key_pem` is secret: write it with file_create_private(), then tls_wipe() it.
 * Threads:   any.   Units: milliseconds since 1970 UTC.   Limits: TLS_*.
 */
#ifndef DONGBO_COMMON_IO_TLS_H
#define DONGBO_COMMON_IO_TLS_H

#include "common/buf.h"

enum {
    TLS_NAMES_MAX = 16,         /* host names and addresses in one certificate */
    TLS_PEM_BYTES_MAX = 16384,  /* bytes of one PEM text */
    TLS_FINGERPRINT_CHARS = 64, /* hex digits of a SHA-256 */
    TLS_VALID_YEARS = 10,
};

/*
 * Make a P-256 key and a certificate that may sign certificates of servers and nothing else, valid TLS_VALID_YEARS
 * from now_ms - 1 day (a peer's clock may be behind). Both buffers are emptied first.
 *   in   name   what people read in the list of authorities, 1..64 bytes
 * ERR_BAD_INPUT (the name), ERR_NOMEM, ERR_IO (GnuTLS refused; logged)
 */
MUST_CHECK enum err tls_make_authority(const char *name, int64_t now_ms, struct buf *cert_pem,
                                       struct buf *key_pem);

struct tls_authority { /* as tls_make_authority() made it */
    struct bytes cert_pem, key_pem;
};

/* Could a certificate be made for them: 1..TLS_NAMES_MAX names, none empty or too long? */
bool tls_names_ok(const char *const *names, size_t n);

/*
 * Make a P-256 key and a server's certificate for `names` (host names, IPv4 or IPv6 addresses; the first is also the
 * common name), signed by `by`, for as long. `cert_pem` has the authority's certificate behind it, as servers send it.
 * ERR_BAD_INPUT  no name, too many, one is empty or longer than 255 bytes, or `by` is no authority
 * ERR_NOMEM, ERR_IO (GnuTLS refused; logged)
 */
MUST_CHECK enum err tls_make(const char *const *names, size_t name_count, int64_t now_ms,
                             const struct tls_authority *by, struct buf *cert_pem,
                             struct buf *key_pem);

/* SHA-256 of the first certificate's DER form in lower-case hex into `out`. ERR_BAD_FORMAT: no PEM certificate. */
MUST_CHECK enum err tls_fingerprint(struct bytes cert_pem, char out[TLS_FINGERPRINT_CHARS + 1]);

/* When the first certificate runs out. ERR_BAD_FORMAT: no PEM certificate. */
MUST_CHECK enum err tls_until(struct bytes cert_pem, int64_t *until_ms);

/* Overwrite and free a buffer that held a key. */
void tls_wipe(struct buf *b);

#endif
