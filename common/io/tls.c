#include "common/io/tls.h"
#include "common/id.h"
#include "common/log.h"

#include <arpa/inet.h>
#include <assert.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

enum { TLS_SERIAL_BYTES = 16, TLS_NAME_BYTES_MAX = 255 };

static enum err tls_fail(const char *what, int rc)
{
    if (rc >= 0) return ERR_OK;
    if (rc == GNUTLS_E_MEMORY_ERROR) return ERR_NOMEM;
    LOG_EVENT(LOG_LEVEL_ERROR, log_evt("tls.failed"), log_str("what", what), log_int("code", rc));
    return ERR_IO;
}

static int tls_add_name(gnutls_x509_crt_t crt, const char *name, unsigned flags)
{
    uint8_t ip[16];
    if (inet_pton(AF_INET, name, ip) == 1) {
        return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 4, flags);
    }
    if (inet_pton(AF_INET6, name, ip) == 1) {
        return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, ip, 16, flags);
    }
    return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, name,
                                                (unsigned)strlen(name), flags);
}

static int tls_set_names(gnutls_x509_crt_t crt, const char *const *names, size_t n)
{
    /* A common name has at most 64 bytes; only the alternative names count. */
    const char *cn = strlen(names[0]) <= 64 ? names[0] : "dongbo";
    int rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, cn,
                                           (unsigned)strlen(cn));
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        rc = tls_add_name(crt, names[i], i == 0 ? GNUTLS_FSAN_SET : GNUTLS_FSAN_APPEND);
    }
    return rc;
}

static int tls_set_facts(gnutls_x509_crt_t crt, int64_t now_ms, bool authority)
{
    uint8_t serial[TLS_SERIAL_BYTES];
    time_t from = (time_t)(now_ms / 1000 - 86400);
    int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof serial);
    serial[0] = (uint8_t)((serial[0] & 0x3f) | 0x40); /* Positive and of full length. */
    if (rc >= 0) rc = gnutls_x509_crt_set_version(crt, 3);
    if (rc >= 0) rc = gnutls_x509_crt_set_serial(crt, serial, sizeof serial);
    if (rc >= 0) rc = gnutls_x509_crt_set_activation_time(crt, from);
    if (rc >= 0) {
        rc = gnutls_x509_crt_set_expiration_time(crt, from + (time_t)TLS_VALID_YEARS * 365 * 86400 +
                                                          3 * 86400);
    }
    if (rc >= 0) rc = gnutls_x509_crt_set_basic_constraints(crt, authority, authority ? 0 : -1);
    if (rc >= 0) {
        rc = gnutls_x509_crt_set_key_usage(crt, authority ? GNUTLS_KEY_KEY_CERT_SIGN
                                                          : GNUTLS_KEY_DIGITAL_SIGNATURE);
    }
    if (rc >= 0 && !authority)
        rc = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
    return rc;
}

static void tls_take(gnutls_datum_t *d, struct buf *out, int rc)
{
    if (rc < 0) return;
    buf_clear(out);
    buf_add(out, d->data, d->size);
    gnutls_memset(d->data, 0, d->size);
    gnutls_free(d->data);
}

static int tls_export(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, struct buf *cert_pem,
                      struct buf *key_pem)
{
    gnutls_datum_t d = {0};
    int rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &d);
    tls_take(&d, cert_pem, rc);
    if (rc >= 0) {
        rc = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
                                               &d);
        tls_take(&d, key_pem, rc);
    }
    return rc;
}

bool tls_names_ok(const char *const *names, size_t n)
{
    if (n == 0 || n > TLS_NAMES_MAX) return false;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(names[i]);
        if (len == 0 || len > TLS_NAME_BYTES_MAX) return false;
    }
    return true;
}

/* A new key, and a certificate of it that has everything but names and a signature. */
static int tls_begin(int64_t now_ms, bool authority, gnutls_x509_crt_t *crt,
                     gnutls_x509_privkey_t *key)
{
    uint8_t id[20];
    size_t len = sizeof id;
    int rc = gnutls_x509_privkey_init(key);
    if (rc >= 0) {
        rc = gnutls_x509_privkey_generate(*key, GNUTLS_PK_ECDSA,
                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    }
    if (rc >= 0) rc = gnutls_x509_crt_init(crt);
    if (rc >= 0) rc = tls_set_facts(*crt, now_ms, authority);
    if (rc >= 0) rc = gnutls_x509_crt_set_key(*crt, *key);
    if (rc >= 0) rc = gnutls_x509_crt_get_key_id(*crt, 0, id, &len);
    return rc >= 0 ? gnutls_x509_crt_set_subject_key_id(*crt, id, len) : rc;
}

static enum err tls_end(int rc, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key,
                        struct buf *cert_pem, struct buf *key_pem)
{
    if (rc >= 0) rc = tls_export(crt, key, cert_pem, key_pem);
    if (crt != NULL) gnutls_x509_crt_deinit(crt);
    if (key != NULL) gnutls_x509_privkey_deinit(key);
    enum err e = tls_fail("make", rc);
    if (e == ERR_OK) e = cert_pem->e != ERR_OK ? cert_pem->e : key_pem->e;
    return e;
}

enum err tls_make_authority(const char *name, int64_t now_ms, struct buf *cert_pem,
                            struct buf *key_pem)
{
    gnutls_x509_crt_t crt = NULL;
    gnutls_x509_privkey_t key = NULL;
    size_t len = strlen(name);
    if (len == 0 || len > 64) return ERR_BAD_INPUT;
    int rc = tls_begin(now_ms, true, &crt, &key);
    if (rc >= 0) {
        rc =
            gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, name, (unsigned)len);
    }
    if (rc >= 0) rc = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
    return tls_end(rc, crt, key, cert_pem, key_pem);
}

/* Is it the key of this certificate? */
static bool tls_fits(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
    uint8_t a[64], b[64];
    size_t a_len = sizeof a, b_len = sizeof b;
    return gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, a, &a_len) >= 0 &&
           gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, b, &b_len) >= 0 &&
           bytes_equal(bytes_make(a, a_len), bytes_make(b, b_len));
}

static gnutls_datum_t tls_datum(struct bytes b)
{
    return (gnutls_datum_t){.data = (unsigned char *)(uintptr_t)b.p, .size = (unsigned)b.len};
}

/* Sign `crt` with the authority; ERR_BAD_INPUT when it is none. */
static enum err tls_sign(gnutls_x509_crt_t crt, const struct tls_authority *by)
{
    gnutls_x509_crt_t ca = NULL;
    gnutls_x509_privkey_t key = NULL;
    gnutls_datum_t cert_pem = tls_datum(by->cert_pem), key_pem = tls_datum(by->key_pem);
    uint8_t id[20];
    size_t len = sizeof id;
    int rc = gnutls_x509_crt_init(&ca);
    if (rc >= 0) rc = gnutls_x509_privkey_init(&key);
    if (rc < 0) goto out;
    bool read = gnutls_x509_crt_import(ca, &cert_pem, GNUTLS_X509_FMT_PEM) >= 0 &&
                gnutls_x509_privkey_import(key, &key_pem, GNUTLS_X509_FMT_PEM) >= 0 &&
                gnutls_x509_crt_get_ca_status(ca, NULL) > 0 && tls_fits(ca, key);
    if (!read) rc = GNUTLS_E_INVALID_REQUEST;
    if (rc >= 0) rc = gnutls_x509_crt_get_subject_key_id(ca, id, &len, NULL);
    if (rc >= 0) rc = gnutls_x509_crt_set_authority_key_id(crt, id, len);
    if (rc >= 0) rc = gnutls_x509_crt_sign2(crt, ca, key, GNUTLS_DIG_SHA256, 0);
out:
    if (ca != NULL) gnutls_x509_crt_deinit(ca);
    if (key != NULL) gnutls_x509_privkey_deinit(key);
    return rc == GNUTLS_E_INVALID_REQUEST ? ERR_BAD_INPUT : tls_fail("sign", rc);
}

enum err tls_make(const char *const *names, size_t name_count, int64_t now_ms,
                  const struct tls_authority *by, struct buf *cert_pem, struct buf *key_pem)
{
    gnutls_x509_crt_t crt = NULL;
    gnutls_x509_privkey_t key = NULL;
    if (!tls_names_ok(names, name_count)) return ERR_BAD_INPUT;
    int rc = tls_begin(now_ms, false, &crt, &key);
    if (rc >= 0) rc = tls_set_names(crt, names, name_count);
    enum err signed_by = rc >= 0 ? tls_sign(crt, by) : ERR_OK;
    if (signed_by != ERR_OK) rc = GNUTLS_E_INVALID_REQUEST;
    enum err e = tls_end(rc, crt, key, cert_pem, key_pem);
    if (signed_by != ERR_OK) return signed_by;
    if (e == ERR_OK) buf_add_bytes(cert_pem, by->cert_pem);
    return e == ERR_OK ? cert_pem->e : e;
}

/* The first certificate of a PEM text; gnutls_x509_crt_deinit() it. */
static enum err tls_read(struct bytes cert_pem, gnutls_x509_crt_t *out)
{
    gnutls_x509_crt_t crt = NULL;
    if (cert_pem.len > TLS_PEM_BYTES_MAX) return ERR_BAD_FORMAT;
    gnutls_datum_t d = {.data = (unsigned char *)(uintptr_t)cert_pem.p,
                        .size = (unsigned)cert_pem.len};
    if (gnutls_x509_crt_init(&crt) < 0) return ERR_NOMEM;
    if (gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_PEM) < 0) {
        gnutls_x509_crt_deinit(crt);
        return ERR_BAD_FORMAT;
    }
    *out = crt;
    return ERR_OK;
}

enum err tls_fingerprint(struct bytes cert_pem, char out[TLS_FINGERPRINT_CHARS + 1])
{
    gnutls_x509_crt_t crt = NULL;
    uint8_t sum[TLS_FINGERPRINT_CHARS / 2];
    size_t len = sizeof sum;
    enum err e = tls_read(cert_pem, &crt);
    if (e != ERR_OK) return e;
    int rc = gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, sum, &len);
    gnutls_x509_crt_deinit(crt);
    if (rc < 0 || len != sizeof sum) return ERR_BAD_FORMAT;
    id_hex(bytes_make(sum, sizeof sum), out);
    return ERR_OK;
}

enum err tls_until(struct bytes cert_pem, int64_t *until_ms)
{
    gnutls_x509_crt_t crt = NULL;
    enum err e = tls_read(cert_pem, &crt);
    if (e != ERR_OK) return e;
    time_t until = gnutls_x509_crt_get_expiration_time(crt);
    gnutls_x509_crt_deinit(crt);
    if (until == (time_t)-1) return ERR_BAD_FORMAT;
    *until_ms = (int64_t)until * 1000;
    return ERR_OK;
}

void tls_wipe(struct buf *b)
{
    if (b->p != NULL) gnutls_memset(b->p, 0, b->cap);
    buf_free(b);
}
