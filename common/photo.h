/*
 * Pictures without what a camera writes beside them: place and time of the shot, the camera's and owner's
 * names, small previews, texts, and whatever hangs behind the picture's end. Photos of a file of this system
 * show victims and children; where they were taken must not travel with them. SPEC 19.1.
 *
 * JPEG, PNG and WebP are taken apart by their own segments, and only the kinds that a decoder needs are put
 * into the copy: a list of what is kept, so that what is unknown goes. Pixels stay bit for bit. Of a JPEG's
 * Exif one thing is kept, how the picture is to be turned.
 *
 * Ownership: `file` is borrowed for the call; `out` is the caller's.   Threads: any.
 * Units:     bytes.   Limits: none of its own; one pass over the file, the copy is never longer.
 */
#ifndef DONGBO_COMMON_PHOTO_H
#define DONGBO_COMMON_PHOTO_H

#include "common/buf.h"

/*
 * The copy of a picture, appended to `out`.
 *   clean   false: of another kind (TIFF, HEIC, PDF), copied as it is with all that is in it
 * ERR_BAD_FORMAT: begins like one of the three and does not go on so, or has no picture in it; nothing can
 *                 be promised of it: do not take it.
 * ERR_NOMEM, ERR_TOO_LARGE (the buf's cap).
 */
MUST_CHECK enum err photo_clean(struct bytes file, struct buf *out, bool *clean);

#endif
