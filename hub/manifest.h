/*
 * The list of an issue's files: one JSON with each file's size and BLAKE2b-256, what could not be
 * written and why, the keys of hidden cells, and who had not submitted, if anybody. It is signed like
 * every file, so one signature shows that a folder is whole. Own writer: same issue, same bytes.
 *
 * Ownership: appended to the caller's buffer.   Threads: any.
 */
#ifndef DONGBO_HUB_MANIFEST_H
#define DONGBO_HUB_MANIFEST_H

#include "common/buf.h"
#include "hub/report.h"
#include "hub/store_issues.h"

struct hub_manifest_file {
    enum hub_issue_kind kind;
    const char *name;
    struct bytes data;
};

struct hub_manifest_gap { /* a kind of file that this issue has not */
    enum hub_issue_kind kind;
    const struct hub_report_why *why;
};

/* ERR_BAD_INPUT: the closing time is outside the calendar; the buffer's errors. */
MUST_CHECK enum err hub_manifest(const struct hub_report *r, const struct hub_issue *issue,
                                 const struct hub_manifest_file *files, size_t count,
                                 const struct hub_manifest_gap *gaps, size_t gap_count,
                                 struct buf *out);

/* Does a manifest list the file with this name, size and hash? */
bool hub_manifest_lists(struct bytes manifest, const struct hub_manifest_file *file);

/* How many files it lists. */
size_t hub_manifest_count(struct bytes manifest);

#endif
