/*
 * Text of before Unicode, as offices still have it: TCVN3 (the ABC fonts, .VnTime) and VNI for
 * Windows (VNI-Times). Both show Vietnamese by a font that draws other letters; such a file looks
 * like "NguyÔn V¨n Hïng" or "Nguyeãn Vaên Huøng".
 *
 * Source: TCVN 5712:1993 (VN3) for TCVN3; the layout of the VNI Windows fonts for VNI, in which a
 * letter is followed by a second one that stands for its marks.
 *
 * Ownership: inputs are borrowed; outputs go to the caller's struct buf.   Threads: any.
 * Units:     bytes.   Limits: LEGACY_BYTES_MAX a call, and the cap of the buffer.
 */
#ifndef DONGBO_COMMON_LEGACY_TEXT_H
#define DONGBO_COMMON_LEGACY_TEXT_H

#include "common/buf.h"

#define LEGACY_BYTES_MAX (1u << 20) /* of text in one call */

enum legacy_text {
    LEGACY_UNICODE, /* nothing to do */
    LEGACY_TCVN3,
    LEGACY_VNI,
};

/* "unicode", "tcvn3", "vni"; false for any other word. */
bool legacy_text_named(const char *name, enum legacy_text *out);
const char *legacy_text_name(enum legacy_text kind);

/*
 * Bytes of a file that is not UTF-8, each taken as the Latin-1 letter that it is shown as, to the UTF-8 that
 * the functions below read.
 *
 * ERR_TOO_LARGE  over LEGACY_BYTES_MAX, or over the cap of `out`.   ERR_NOMEM.
 */
MUST_CHECK enum err legacy_text_bytes(struct bytes s, struct buf *out);

/*
 * UTF-8 text that was typed in such a font, to Unicode in NFC. Text that is neither stays as it is.
 * Capitals with a tone of TCVN3 are the small letters of a capitals' font: they come out small.
 *
 * ERR_BAD_INPUT  not UTF-8; nothing is appended.
 * ERR_TOO_LARGE  over LEGACY_BYTES_MAX, or over the cap of `out`.   ERR_NOMEM.
 */
MUST_CHECK enum err legacy_text_decode(enum legacy_text kind, struct bytes s, struct buf *out);

/*
 * Which of the three a whole file is most likely in; LEGACY_UNICODE when nothing speaks against
 * it. A guess to show to a person before anything is saved: short texts can be read in two ways.
 */
enum legacy_text legacy_text_guess(struct bytes s);

#endif
