#include "proto/reader.h"
#include "proto/wire.h"

#include <sodium.h>

void reader_order_encode(const struct reader_order *o, struct buf *out)
{
    wire_put_array(out, 4);
    wire_put_uint(out, 1);
    wire_put_str(out, o->name);
    wire_put_bin(out, BYTES_OF(o->pk));
    wire_put_bool(out, o->reads);
}

enum err reader_order_decode(struct bytes content, struct reader_order *o)
{
    struct wire_reader r;
    struct reader_order out = {.reads = false};
    enum err e = wire_open_array(&r, content, 4);
    if (e != ERR_OK) return e;
    if (wire_get_uint(&r, 1) != 1) return ERR_BAD_FORMAT;
    out.name = wire_get_str(&r);
    wire_get_bin_exact(&r, out.pk, sizeof out.pk);
    out.reads = wire_get_bool(&r);
    e = wire_close(&r);
    if (e != ERR_OK || out.name.len == 0 || out.name.len > ORDER_NAME_BYTES_MAX)
        return ERR_BAD_FORMAT;
    *o = out;
    return ERR_OK;
}

enum err reader_key(const struct key_sign *officer, struct key_box *out)
{
    static const uint8_t label[16] = {'d', 'o', 'n', 'g', 'b', 'o', '/', 'r',
                                      'e', 'a', 'd', 'i', 'n', 'g', '/', '1'};
    uint8_t seed[KEY_SEED_BYTES];
    crypto_generichash(seed, sizeof seed, label, sizeof label, officer->secret, KEY_SEED_BYTES);
    enum err e = key_box_from_seed(out, KEY_READING, seed);
    sodium_memzero(seed, sizeof seed);
    return e;
}
