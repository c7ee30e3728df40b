/*
 * Feeds bytes to the readers of the text formats of proto/key and proto/minisign.
 *
 * Input: byte 0 chooses (modulo 4)
 *   0  a key file of every use
 *   1  a public key file, with a fixed .minisig
 *   2  a .minisig, with a fixed public key file
 *   3  base64 of 3 bytes
 *
 * Checked: a key file that is accepted is written back as it was; only the very bytes that were signed verify.
 */
#include <assert.h>
#include <stdlib.h>

#include "proto/key.h"
#include "proto/minisign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct buf public_file, minisig;
static const uint8_t hash[MINISIGN_HASH_BYTES] = {1};

static void prepare(void)
{
    static const uint8_t seed[KEY_SEED_BYTES] = {5};
    struct key_sign k;
    if (public_file.len > 0) return;
    if (key_ready() != ERR_OK || key_sign_from_seed(&k, KEY_ISSUE, seed) != ERR_OK) abort();
    buf_init(&public_file, MINISIGN_FILE_BYTES_MAX);
    buf_init(&minisig, MINISIGN_FILE_BYTES_MAX);
    if (minisign_public(k.public, &public_file) != ERR_OK) abort();
    if (minisign_sign(&k, hash, bytes_str("file:a.csv"), &minisig) != ERR_OK) abort();
    key_sign_free(&k);
}

/* A loaded key, saved again, is the file; its final line end may have been missing or CR LF. */
static void same_again(struct bytes in, struct buf *again)
{
    assert(again->len > 0 && in.len + 1 >= again->len && in.len <= again->len + 1);
    assert(memcmp(in.p, again->p, again->len - 1) == 0);
    key_wipe_buf(again);
}

static void one_key_file(struct bytes in)
{
    for (int use = 0; use < KEY_USE_COUNT; use++) {
        struct buf again;
        struct key_sign sign = {.secret = NULL};
        struct key_box box = {.secret = NULL};
        bool is_box = use == KEY_TRANSPORT || use == KEY_SEALING || use == KEY_READING;
        enum err e = is_box ? key_box_load(&box, (enum key_use)use, in)
                            : key_sign_load(&sign, (enum key_use)use, in);
        assert(e == ERR_OK || e == ERR_BAD_FORMAT || e == ERR_DAMAGED);
        assert((e == ERR_OK) == (box.secret != NULL || sign.secret != NULL));
        if (e != ERR_OK) continue;
        buf_init(&again, KEY_FILE_BYTES_MAX);
        e = is_box ? key_box_save(&box, &again) : key_sign_save(&sign, &again);
        assert(e == ERR_OK);
        same_again(in, &again);
        key_sign_free(&sign);
        key_box_free(&box);
    }
}

static void one_minisign(struct bytes public, struct bytes sig)
{
    struct bytes trusted = {NULL, 0};
    enum err e = minisign_verify(public, sig, hash, &trusted);
    assert(e == ERR_OK || e == ERR_BAD_FORMAT || e == ERR_TOO_LARGE || e == ERR_BAD_SIGNATURE);
    if (e == ERR_OK) assert(bytes_equal(trusted, bytes_str("file:a.csv")));
    if (e != ERR_OK) assert(trusted.p == NULL);
}

static void one_base64(struct bytes in)
{
    uint8_t out[3];
    if (key_unbase64(in, out, sizeof out) != ERR_OK) return;
    assert(in.len == 4);
    for (size_t i = 0; i < in.len; i++)
        assert(in.p[i] < 0x80 && in.p[i] != '=');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    prepare();
    if (size == 0) return 0;
    struct bytes in = bytes_make(data + 1, size - 1);
    switch (data[0] % 4) {
    case 0: one_key_file(in); break;
    case 1: one_minisign(in, buf_bytes(&minisig)); break;
    case 2: one_minisign(buf_bytes(&public_file), in); break;
    default: one_base64(in); break;
    }
    return 0;
}
