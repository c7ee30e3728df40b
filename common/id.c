#include "common/id.h"

void id_hex(struct bytes in, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < in.len; i++) {
        out[2 * i] = digits[in.p[i] >> 4];
        out[2 * i + 1] = digits[in.p[i] & 15];
    }
    out[2 * in.len] = '\0';
}

static int id_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

enum err id_unhex(const char *hex, uint8_t *out, size_t len)
{
    if (strlen(hex) != 2 * len) return ERR_BAD_INPUT;
    for (size_t i = 0; i < len; i++) {
        int hi = id_digit(hex[2 * i]);
        int lo = id_digit(hex[2 * i + 1]);
        if (hi < 0 || lo < 0) return ERR_BAD_INPUT;
        out[i] = (uint8_t)(hi << 4 | lo);
    }
    return ERR_OK;
}
