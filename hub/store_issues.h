/*
 * The hub's store, part 5: issued reports. An issue is what was closed, byte for byte: its cut, the
 * figures digest, its files with their signatures, and the records behind each cell. Rows are only
 * ever added; the database itself refuses to change or remove them.
 *
 * Ownership: what a callback is given is borrowed for the call; it must not call the function that
 * calls it again.   Threads: loop thread.   Units: UTC ms.
 * Errors:    those of hub/store.h everywhere.
 */
#ifndef DONGBO_HUB_STORE_ISSUES_H
#define DONGBO_HUB_STORE_ISSUES_H

#include "hub/store_reports.h"
#include "proto/minisign.h"
#include "proto/proof.h"

enum {
    HUB_ISSUE_NAME_ROOM = 128, /* bytes of a file's name with its terminator */
    HUB_ISSUE_REPORT_ROOM = CATALOGUE_NAME_BYTES_MAX + 1,
};

enum hub_issue_kind { /* numbers are in the database: only ever added to */
                      HUB_ISSUE_JSON,
                      HUB_ISSUE_CSV,
                      HUB_ISSUE_XLSX,
                      HUB_ISSUE_ADX,           /* missing when no unit has a value */
                      HUB_ISSUE_DHIS2,         /* missing too when DHIS2 has no id for the period */
                      HUB_ISSUE_REGISTRATIONS, /* together with HUB_ISSUE_DHIS2 */
                      HUB_ISSUE_PDF,
                      HUB_ISSUE_DOCX,
                      HUB_ISSUE_MANIFEST, /* lists all others */
                      HUB_ISSUE_KINDS
};

struct hub_issue {
    int64_t id; /* of the row; 0 before hub_issues_add */
    char report[HUB_ISSUE_REPORT_ROOM];
    char unit[ADMIN_UNIT_BYTES_MAX + 1];
    char period[PERIOD_LABEL_ROOM];
    uint32_t number;   /* from 1 within (report, unit, period) */
    uint64_t position; /* of the close set in the log */
    struct hub_cut cut;
    struct id_hash figures; /* digest of the canonical JSON */
    int64_t closed_ms;
    struct id_person person;
    uint8_t issue_pk[KEY_PUBLIC_BYTES]; /* the key that signed the files */
};

struct hub_issue_file {
    enum hub_issue_kind kind;
    const char *name; /* "BC_RP04_2023-6M_735_1.json" */
    struct bytes data;
    uint8_t hash[MINISIGN_HASH_BYTES];
    struct bytes minisig;
};

struct hub_issue_cell {
    unsigned line;
    const char *value; /* of the breakdown */
    bool total;        /* the line's first row */
    const char *unit;
    bool absent;
    int64_t num;
    int64_t den;
    struct bytes inputs; /* record ids of 16 bytes, ascending */
    struct bytes
        parts; /* what each of them does in the figure (proto/figures_part); empty: not kept */
};

/* A record behind some figure of an issue, with the change sets that wrote what it said at the cut. */
struct hub_issue_input {
    struct id_record rid;
    struct bytes sets; /* HUB_ISSUE_SET_BYTES each, by hash: hash 32, position 8 little-endian */
};
enum { HUB_ISSUE_SET_BYTES = ID_HASH_BYTES + 8 };

/* The list of an issue is kept in packs: of a million records a row each would take seconds of the loop. */
#define HUB_ISSUE_PACK_BYTES 65536u /* a pack ends with the record that brings it there */
#define HUB_ISSUE_PACK_BYTES_MAX                                                                   \
    (HUB_ISSUE_PACK_BYTES + ID_RECORD_BYTES + 2 + PROOF_SETS_MAX * HUB_ISSUE_SET_BYTES)
/* Append a record: id, u16 number of sets, the sets. The buffer's sticky error. */
void hub_issues_pack(struct buf *pack, const struct hub_issue_input *input);

/* Inside a transaction. Sets issue->id. ERR_EXISTS: that number is there. */
MUST_CHECK enum err hub_issues_add(struct hub_store *s, struct hub_issue *issue);
MUST_CHECK enum err hub_issues_add_file(struct hub_store *s, int64_t issue,
                                        const struct hub_issue_file *file);
MUST_CHECK enum err hub_issues_add_cell(struct hub_store *s, int64_t issue,
                                        const struct hub_issue_cell *cell);

/* Packs in order, the records of all of them ascending. */
MUST_CHECK enum err hub_issues_add_pack(struct hub_store *s, int64_t issue, struct bytes pack);

/* Make the tables when they are missing. Called once outside of a transaction before adding; the
 * readers below call it themselves. */
MUST_CHECK enum err hub_issues_ready(struct hub_store *s);

/* The newest issue of a period, or the one with a number (0 = newest). ERR_NOT_FOUND. */
MUST_CHECK enum err hub_issues_find(struct hub_store *s, const char *report, const char *unit,
                                    const char *period, uint32_t number, struct hub_issue *out);

/* All issues, in the order in which they were closed. */
typedef enum err hub_issue_fn(void *ctx, const struct hub_issue *issue);
MUST_CHECK enum err hub_issues_list(struct hub_store *s, hub_issue_fn *row, void *ctx);

/* Of each report, unit and period the newest one, in that order. */
MUST_CHECK enum err hub_issues_newest(struct hub_store *s, hub_issue_fn *row, void *ctx);

/* The files of an issue, by kind. */
typedef enum err hub_issue_file_fn(void *ctx, const struct hub_issue_file *file);
MUST_CHECK enum err hub_issues_files(struct hub_store *s, int64_t issue, hub_issue_file_fn *row,
                                     void *ctx);

/* The cells of an issue (of one unit unless it is NULL), in the order in which they were written. */
typedef enum err hub_issue_cell_fn(void *ctx, const struct hub_issue_cell *cell);
MUST_CHECK enum err hub_issues_cells(struct hub_store *s, int64_t issue, const char *unit,
                                     hub_issue_cell_fn *row, void *ctx);

/* The records behind an issue, by id. None for an issue closed before SPEC 16. */
typedef enum err hub_issue_input_fn(void *ctx, const struct hub_issue_input *input);
MUST_CHECK enum err hub_issues_inputs(struct hub_store *s, int64_t issue, hub_issue_input_fn *row,
                                      void *ctx);

/*
 * The types whose records the figures of an issue were read from, by name, with the first
 * HUB_ISSUE_READ_BYTES of the id of each record that was there, ascending (SPEC 16.5). None for an issue
 * that was closed before these were kept.
 */
enum { HUB_ISSUE_READ_BYTES = PROOF_READ_BYTES };
struct hub_issue_read {
    const char *type;
    struct bytes ids;
};
MUST_CHECK enum err hub_issues_add_read(struct hub_store *s, int64_t issue,
                                        const struct hub_issue_read *read);
typedef enum err hub_issue_read_fn(void *ctx, const struct hub_issue_read *read);
MUST_CHECK enum err hub_issues_reads(struct hub_store *s, int64_t issue, hub_issue_read_fn *row,
                                     void *ctx);

/* What the close set in the log states. ERR_NOT_FOUND: no such set. */
struct hub_issue_logged {
    struct id_hash figures;
    bool has_inputs;
    struct id_hash inputs;
};
MUST_CHECK enum err hub_issues_logged(struct hub_store *s, const struct hub_issue *issue,
                                      struct hub_issue_logged *out);

/*
 * Codes of the units whose reports were not in, as the close set says them, appended; nothing when it
 * names nobody.   ERR_NOT_FOUND: there is no such close set
 */
MUST_CHECK enum err hub_issues_missing(struct hub_store *s, const struct hub_issue *issue,
                                       struct buf *out);

/*
 * The change sets whose writes are what a record says now: each once, in no order. A version whose
 * set is not in the log (it came back from nowhere after a restore) is left out.
 * ERR_NOT_FOUND: the hub holds no such record
 */
typedef enum err hub_behind_fn(void *ctx, uint64_t position, const struct id_hash *hash);
struct fold;
MUST_CHECK enum err hub_issues_behind(struct hub_store *s, const struct id_record *rid,
                                      struct fold *scratch, hub_behind_fn *row, void *ctx);

/* The archive of a catalogue edition, appended. ERR_NOT_FOUND. */
MUST_CHECK enum err hub_issues_archive(struct hub_store *s, uint32_t edition, struct buf *out);

/* The close set of an issue as it stands in the log: head, body, signature (empty: it has none of
 * its own). ERR_NOT_FOUND. */
MUST_CHECK enum err hub_issues_close_set(struct hub_store *s, const struct hub_issue *issue,
                                         struct buf *head, struct buf *body, struct buf *signature);

#endif
