/*
 * What a printed report proves: one line of text, in the QR code and typed by hand if need be.
 *
 *   DONGBO-BC/1 REPORT UNIT PERIOD ISSUE DIGEST SIGNATURE SIGNATURE2
 *
 * DIGEST is the figures digest (64 hex digits). The signatures are those of a minisign signature
 * (proto/minisign) by the issue key over the text from DONGBO-BC/1 to DIGEST, with that very text
 * as trusted comment; so nothing but the hub's public key is needed to check a sheet of paper, and
 * the digest then compares with that of the figures (JSON).
 *
 * Ownership: buffers are the caller's.   Threads: any.   Limits: HUB_PAPER_TEXT_MAX.
 */
#ifndef DONGBO_HUB_PAPER_H
#define DONGBO_HUB_PAPER_H

#include "hub/store_issues.h"

#define HUB_PAPER_MARK "DONGBO-BC/1"

enum { HUB_PAPER_TEXT_MAX = 512 }; /* bytes of the line */

struct hub_paper {
    char report[HUB_ISSUE_REPORT_ROOM];
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    char period[PERIOD_LABEL_ROOM];
    uint32_t number;
    struct id_hash figures;
};

/* Append the line of an issue, without a newline. `k` is the issue key. The buffer's errors. */
MUST_CHECK enum err hub_paper_sign(const struct hub_issue *issue, const struct key_sign *k,
                                   struct buf *out);

/*
 * Check a line as it was scanned; blanks around it do not matter. `public_key` is the content of a
 * public key file.
 *
 * ERR_OK             signed by that key: *out is what the paper states
 * ERR_BAD_FORMAT     not such a line, or not such a key
 * ERR_BAD_SIGNATURE  changed, or of another hub;   ERR_TOO_LARGE: over HUB_PAPER_TEXT_MAX
 */
MUST_CHECK enum err hub_verify_paper(struct bytes text, struct bytes public_key,
                                     struct hub_paper *out);

#endif
