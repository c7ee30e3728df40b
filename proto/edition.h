/*
 * A catalogue on its way: the archive as one zstd frame, cut into parts, put together, checked against the
 * edition that names it, and parsed. Both sides keep and send it alike. SPEC 4.13 (kinds 17, 18) and 8.1.
 *
 * Ownership: buffers and the parsed catalogue are the caller's.   Threads: any, pure.
 * Limits:    CATALOGUE_ARCHIVE_BYTES_MAX, ADMIN_PARTS_MAX, EDITION_WINDOW_LOG_MAX.
 */
#ifndef DONGBO_PROTO_EDITION_H
#define DONGBO_PROTO_EDITION_H

#include "common/catalogue.h"
#include "proto/admin.h"

#define EDITION_WINDOW_LOG_MAX 22u /* log2 bytes: memory a decoder may be asked for */

/*
 * Squeeze an archive and name it.
 *   out  frame: the zstd frame appended;  edition: archive hash, size and number of parts; its number is left alone
 * ERR_OK, ERR_TOO_LARGE (over CATALOGUE_ARCHIVE_BYTES_MAX), ERR_NOMEM
 */
MUST_CHECK enum err edition_squeeze(struct bytes archive, struct buf *frame,
                                    struct admin_edition *edition);

/* Part `index` (0 .. edition->parts - 1) of that frame, ready to encode; data borrows `frame`. */
struct admin_part edition_part(const struct admin_edition *edition, struct bytes frame,
                               unsigned index);

/*
 * Open a frame put together from its parts: exactly the archive that `edition` names, appended to `archive`.
 * ERR_OK; ERR_BAD_FORMAT, ERR_BAD_HASH, ERR_TOO_LARGE: it is not; ERR_NOMEM
 */
MUST_CHECK enum err edition_open(const struct admin_edition *edition, struct bytes frame,
                                 struct buf *archive);

/* Parse an archive that was opened. ERR_BAD_INPUT or ERR_BAD_FORMAT: its maker let a mistake through. */
MUST_CHECK enum err edition_parse(struct bytes archive, struct catalogue **out);

#endif
