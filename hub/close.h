/*
 * Closing a period: the figures at the end of the log become an issue, for ever. SPEC 4.13 kind 21.
 *
 * The cut is the log position before the close set. In one transaction the close set takes its
 * position (signed by the hub's log key, with cut and figures digest) and the issue is stored: JSON,
 * CSV, XLSX, ADX, DHIS2 with its registrations, PDF, DOCX and the list of them all, as bytes, each
 * with its BLAKE2b-512 and a minisign signature by the issue key whose
 * trusted comment names time, file, period, issue and digest; and the records behind every cell.
 * What cannot be said in a format (DHIS2 has no nine months) is left out and the list says why.
 * Small cells of sensitive indicators are hidden in all of them (hub/small); the records are not.
 * Nothing of it changes afterwards, whatever data come later: those make a further issue, a
 * supplement; and a period that two officers reopened is closed again under the next number.
 *
 * What takes long, figures and files, can be made on another thread out of a reader of the store
 * (hub_store_reader()); only the transaction is the loop's. When a set came in meanwhile the figures
 * are not those of the position before the close set any more, and nothing is closed.
 *
 * Ownership: the request is borrowed.   Threads: loop thread, outside a transaction; hub_close_prepare()
 * any.   Units: UTC ms.
 */
#ifndef DONGBO_HUB_CLOSE_H
#define DONGBO_HUB_CLOSE_H

#include "hub/report.h"
#include "hub/store_issues.h"
#include "hub/sync.h"
#include "proto/key.h"

#include <jansson.h>

struct hub_close_request {
    const char *report;
    const char *unit; /* NULL: the hub's own */
    struct period period;
    struct id_person person;
    int64_t now_ms;
    const struct hub_sync_keys *keys;
    const struct key_sign *issue_key; /* KEY_ISSUE */
    const char *scratch;              /* an existing folder for temporary files */
    const json_t
        *difference; /* a further issue of a closed period, for what came late: the answer of
                                 hub_command_diff() about the newest issue; NULL: no supplement */
    const char
        *missing; /* codes of units whose reports were not in, a blank between them; NULL: none */
};

struct hub_close_result {
    struct hub_issue issue;
    bool early;          /* the data window is not over yet: later data of it will be late */
    size_t nothing_sent; /* communes without any record */
    size_t nothing_new;  /* communes with nothing made since the window began */
    enum admin_close_mode mode;
};

/* A closing that is computed and not committed. Of its request only `missing` is borrowed until it is
 * freed, and so is the store that it was read from. */
struct hub_close_job;
/* Errors of hub_close(); with ERR_EXISTS `exists` (may be NULL) is the issue that is there. */
MUST_CHECK enum err hub_close_prepare(struct hub_store *s, const struct hub_close_request *request,
                                      struct hub_close_job **out, struct hub_issue *exists,
                                      struct hub_report_why *why);
/* ERR_STALE: the log has grown since; make it anew. Else as hub_close(). */
MUST_CHECK enum err hub_close_commit(struct hub_store *s, struct hub_close_job *job,
                                     const struct hub_sync_keys *keys, struct hub_close_result *out,
                                     struct hub_report_why *why);
void hub_close_job_free(struct hub_close_job *job); /* NULL is fine */

/*
 * Both at once.
 *
 * ERR_EXISTS     the period is closed: `why` says by which issue and when; out->issue is that issue
 * ERR_NOT_READY  a supplement to a period that is not closed (also of hub_report_compute)
 * ERR_NOT_FOUND, ERR_BAD_INPUT, ERR_DENIED, ERR_TOO_LARGE, ERR_NOT_READY   of hub_report_compute
 * ERR_IO         the scratch folder cannot be written
 * and the store's errors; nothing is closed then.
 */
MUST_CHECK enum err hub_close(struct hub_store *s, const struct hub_close_request *request,
                              struct hub_close_result *out, struct hub_report_why *why);

/* The canonical figures of an issue, as stored; the caller's. ERR_DAMAGED: it has none that can be read. */
MUST_CHECK enum err hub_close_figures(struct hub_store *s, const struct hub_issue *issue,
                                      json_t **out);

/* Hide in a report what an issue of it made now would hide: for whoever may not see small figures. Store's errors. */
MUST_CHECK enum err hub_close_hide(struct hub_store *s, struct hub_report *r);

/*
 * The files of a report as an issue: rendered, hashed, signed, listed. What hub_close() stores and a
 * consolidation hands out. `issue` says report, unit, period, number, cut and time; its `figures` is
 * set. Small cells are hidden already.
 * Whatever `row` returns; ERR_IO: the scratch folder.
 */
MUST_CHECK enum err hub_close_render(struct hub_report *r, struct hub_issue *issue,
                                     const struct key_sign *issue_key, const char *scratch,
                                     hub_issue_file_fn *row, void *ctx);

#endif
