/*
 * A self-signed certificate for the HTTPS of a hub or node that has none from an authority. Those who connect compare
 * its fingerprint.
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
 * Make a P-256 key and a certificate for `names` (host names, IPv4 or IPv6 addresses; the first is also the common
 * name), valid TLS_VALID_YEARS from now_ms - 1 day (a peer's clock may be behind). Both buffers are emptied first.
 * ERR_BAD_INPUT  no name, too many, or one is empty or longer than 255 bytes
 * ERR_NOMEM, ERR_IO (GnuTLS refused; logged)
 */
MUST_CHECK enum err tls_make(const char *const *names, size_t name_count, int64_t now_ms,
                             struct buf *cert_pem, struct buf *key_pem);

/* SHA-256 of the certificate's DER form in lower-case hex into `out`. ERR_BAD_FORMAT: no PEM certificate. */
MUST_CHECK enum err tls_fingerprint(struct bytes cert_pem, char out[TLS_FINGERPRINT_CHARS + 1]);

/* Overwrite and free a buffer that held a key. */
void tls_wipe(struct buf *b);

#endif
