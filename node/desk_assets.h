/*
 * The files of the page, inside the program: made at build time by web/embed.py out of web/, each
 * compressed once (gzip) and named by the hash of its content.
 *
 * Ownership: constants.   Threads: any.
 */
#ifndef DONGBO_NODE_DESK_ASSETS_H
#define DONGBO_NODE_DESK_ASSETS_H

#include "common/bytes.h"

struct desk_asset {
    const char *path;          /* "/app.js" */
    const char *type;          /* content type */
    const char *etag;          /* quoted */
    const unsigned char *data; /* gzip */
    size_t len;
};

extern const struct desk_asset desk_assets[];
extern const size_t desk_asset_count;

#endif
