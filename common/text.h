/*
 * Text of people: UTF-8 in Unicode's NFC, checked where it enters, and folded for search and
 * matching.
 *
 * A check is strict so that two machines never hold two spellings of one value, and so that no
 * value can reorder or break the line it is printed in. Folding is lossy on purpose ("Hoà" and
 * "Hòa" fold alike) and its result is never shown.
 *
 * Ownership: inputs are borrowed for the call; outputs go to the caller's struct buf.
 * Threads:   any.   Units: sizes are bytes.
 * Limits:    TEXT_BYTES_MAX, TEXT_MARKS_MAX and the caller's `max_bytes`.
 */
#ifndef DONGBO_COMMON_TEXT_H
#define DONGBO_COMMON_TEXT_H

#include "common/buf.h"
#include "common/bytes.h"
#include "common/err.h"

enum {
    TEXT_BYTES_MAX = 4096, /* usual limit of one value, UTF-8 bytes */
    TEXT_INPUT_MAX =
        1u << 20, /* most bytes that any function here takes at once, whatever max_bytes says */
    TEXT_MARKS_MAX = 30, /* combining marks in a row, code points */
};

/* Controls that a value may hold, by bits. */
enum {
    TEXT_ONE_LINE = 0,
    TEXT_TAB = 1, /* U+0009 */
    TEXT_LF = 2,  /* U+000A */
    TEXT_NOTE = TEXT_TAB | TEXT_LF,
};

enum text_flaw {
    TEXT_FLAW_NONE,
    TEXT_FLAW_UTF8,         /* not UTF-8 (cut short, overlong, surrogate, over U+10FFFF) */
    TEXT_FLAW_CONTROL,      /* a control, a line or paragraph separator, a stray byte order mark */
    TEXT_FLAW_BIDI,         /* a character that changes the direction of the text around it */
    TEXT_FLAW_NONCHARACTER, /* U+FDD0..U+FDEF, U+xxFFFE, U+xxFFFF */
    TEXT_FLAW_MARKS,        /* more than TEXT_MARKS_MAX combining marks in a row */
    TEXT_FLAW_NFC,          /* not in NFC; text_normalise() mends it */
};

/* What is wrong with one code point; never TEXT_FLAW_UTF8, _MARKS or _NFC. */
enum text_flaw text_point_flaw(uint32_t point, unsigned allow);

/*
 * Length of the longest start of `s` that is UTF-8: s.len if all of it is.
 */
size_t text_utf8_prefix(struct bytes s);

/*
 * The first flaw that is not of NFC, or else TEXT_FLAW_NFC if there is one. `at`, if not NULL, gets
 * the byte offset of the flaw (0 for TEXT_FLAW_NFC, s.len for none). Allocates only for scripts
 * that are rare here; out of memory counts as TEXT_FLAW_NFC.
 */
enum text_flaw text_find_flaw(struct bytes s, unsigned allow, size_t *at);

/*
 * The check for a value that enters.
 *
 * ERR_TOO_LARGE  longer than max_bytes.
 * ERR_BAD_INPUT  any flaw; text_find_flaw() names it.
 */
MUST_CHECK enum err text_check(struct bytes s, size_t max_bytes, unsigned allow);

/*
 * Append `s` in NFC to `out`; with TEXT_LF allowed, CR LF and lone CR become LF. What it appends
 * passes text_check() with the same arguments.
 *
 * ERR_BAD_INPUT  a flaw other than of NFC; nothing is appended.
 * ERR_TOO_LARGE  the result is over max_bytes (nothing is appended) or over the cap of `out`.
 * ERR_NOMEM      out of memory.
 */
MUST_CHECK enum err text_normalise(struct bytes s, size_t max_bytes, unsigned allow,
                                   struct buf *out);

/*
 * Append the form for search and matching: compatibility forms resolved, lower case, no marks, đ as
 * d, runs of blanks as one space, none at the ends. Folding twice changes nothing. A folded value
 * may be longer than its source by a small factor.
 *
 * ERR_BAD_INPUT  not UTF-8; nothing is appended.
 * ERR_TOO_LARGE  the input is over max_bytes, or the result over the cap of `out`.
 * ERR_NOMEM      out of memory.
 */
MUST_CHECK enum err text_fold(struct bytes s, size_t max_bytes, struct buf *out);

/* Code points of UTF-8 text (of other bytes: those that do not continue one). */
size_t text_count(struct bytes s);

/* The longest start of UTF-8 text of at most max_bytes that cuts no code point. Points into `s`. */
struct bytes text_truncate(struct bytes s, size_t max_bytes);

/* Without blanks (space, TAB, CR, LF, no-break space, byte order mark) at both ends. Points into
 * `s`. */
struct bytes text_trim(struct bytes s);

/* Nothing to see in UTF-8 text: blanks, marks alone, characters without width. The empty text is blank. */
bool text_is_blank(struct bytes s);

/* "Nguyễn Văn Hoà" -> "N. V. H.", appended: what a list shows instead of a name that is sensitive. */
void text_initials(struct bytes s, struct buf *out);

/*
 * A number as Vietnamese write it: "-1234567.8" to "-1.234.567,8"; what is no such number only changes its points.
 * Cut off where `out` has no more room; always with a terminator.
 */
void text_grouped(const char *plain, char *out, size_t room);

#endif
