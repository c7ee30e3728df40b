/*
 * A text as a QR code: its squares for drawing, and as a PNG picture for documents.
 *
 * Ownership: hub_qr_free() releases.   Threads: any.   Units: modules (squares).
 * Limits:    HUB_QR_TEXT_MAX; error correction M: a torn or stained eighth still reads.
 */
#ifndef DONGBO_HUB_QR_H
#define DONGBO_HUB_QR_H

#include "common/buf.h"

enum {
    HUB_QR_TEXT_MAX = 1024,           /* bytes of a text */
    HUB_QR_QUIET = 4,                 /* blank modules on each side of a picture */
    HUB_QR_PNG_BYTES_MAX = 64 * 1024, /* bytes of a picture */
};

struct hub_qr {
    size_t width;  /* modules of a side, without the blank border */
    uint8_t *dark; /* width * width, row by row, 1 = dark */
};

/* ERR_TOO_LARGE  over HUB_QR_TEXT_MAX;  ERR_BAD_INPUT: empty;  ERR_NOMEM */
MUST_CHECK enum err hub_qr_make(const char *text, struct hub_qr *out);
void hub_qr_free(struct hub_qr *q); /* twice is fine */

bool hub_qr_dark(const struct hub_qr *q, size_t x, size_t y);

/* Append a black and white PNG with its blank border. The buffer's errors, ERR_NOMEM. */
MUST_CHECK enum err hub_qr_png(const struct hub_qr *q, struct buf *out);

#endif
