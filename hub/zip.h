/*
 * A zip archive in memory, as office documents are: deflated, with one time for all its files, so
 * that the same content gives the same bytes with the same version of the library.
 *
 * Ownership: the buffer is borrowed until hub_zip_close().   Threads: any.
 */
#ifndef DONGBO_HUB_ZIP_H
#define DONGBO_HUB_ZIP_H

#include "common/buf.h"
#include "common/date.h"

struct hub_zip;

/* The archive is appended to `out`. `day` is the date of its files. ERR_NOMEM. */
MUST_CHECK enum err hub_zip_open(struct buf *out, struct date day, struct hub_zip **z);

/* `name` is ASCII. ERR_NOMEM, ERR_TOO_LARGE. */
MUST_CHECK enum err hub_zip_add(struct hub_zip *z, const char *name, struct bytes content);

/* Finish and release; also after an error, whose code is given in and comes back. */
MUST_CHECK enum err hub_zip_close(struct hub_zip *z, enum err e);

#endif
