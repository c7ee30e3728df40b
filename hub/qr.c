#include "hub/qr.h"

#include <cairo.h>
#include <qrencode.h>
#include <stdlib.h>

enum { QR_SCALE = 4 }; /* picture points of a module */

enum err hub_qr_make(const char *text, struct hub_qr *out)
{
    size_t len = strlen(text);
    if (len == 0) return ERR_BAD_INPUT;
    if (len > HUB_QR_TEXT_MAX) return ERR_TOO_LARGE;
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (code == NULL) return ERR_NOMEM;
    struct hub_qr q = {.width = (size_t)code->width};
    q.dark = calloc(q.width, q.width);
    if (q.dark != NULL) {
        for (size_t i = 0; i < q.width * q.width; i++)
            q.dark[i] = code->data[i] & 1;
        *out = q;
    }
    QRcode_free(code);
    return q.dark != NULL ? ERR_OK : ERR_NOMEM;
}

void hub_qr_free(struct hub_qr *q)
{
    free(q->dark);
    *q = (struct hub_qr){.width = 0};
}

bool hub_qr_dark(const struct hub_qr *q, size_t x, size_t y)
{
    return x < q->width && y < q->width && q->dark[y * q->width + x] != 0;
}

static cairo_status_t qr_write(void *ctx, const unsigned char *data, unsigned len)
{
    struct buf *out = ctx;
    buf_add(out, data, len);
    return out->e == ERR_OK ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

enum err hub_qr_png(const struct hub_qr *q, struct buf *out)
{
    int side = (int)(q->width + 2 * HUB_QR_QUIET) * QR_SCALE;
    cairo_surface_t *s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, side, side);
    cairo_t *c = cairo_create(s);
    cairo_set_antialias(c, CAIRO_ANTIALIAS_NONE);
    cairo_set_source_rgb(c, 1, 1, 1);
    cairo_paint(c);
    cairo_set_source_rgb(c, 0, 0, 0);
    for (size_t y = 0; y < q->width; y++) {
        for (size_t x = 0; x < q->width; x++) {
            if (hub_qr_dark(q, x, y))
                cairo_rectangle(c, (double)(x + HUB_QR_QUIET) * QR_SCALE,
                                (double)(y + HUB_QR_QUIET) * QR_SCALE, QR_SCALE, QR_SCALE);
        }
    }
    cairo_fill(c);
    cairo_status_t status = cairo_status(c);
    if (status == CAIRO_STATUS_SUCCESS)
        status = cairo_surface_write_to_png_stream(s, qr_write, out);
    cairo_destroy(c);
    cairo_surface_destroy(s);
    if (out->e != ERR_OK) return out->e;
    return status == CAIRO_STATUS_SUCCESS ? ERR_OK : ERR_NOMEM;
}
