/*
 * A hub for tests of reports: a store in a folder of its own with keys, the project's catalogue, the
 * twelve communes of a district enrolled, and records out of NDJSON as the generator of test data
 * writes it. Everything follows from the seed, so two hubs can be made that take the same sets.
 *
 * Ownership: report_hub_close() releases all and removes the folder.   Threads: one.
 */
#ifndef DONGBO_TESTS_REPORT_FIXTURE_H
#define DONGBO_TESTS_REPORT_FIXTURE_H

#include "hub/close.h"
#include "hub/own.h"
#include "hub/report.h"
#include "tests/lib/rng.h"

enum { REPORT_UNITS = 12, REPORT_FRAME_SETS = 7 };

extern const char *const report_units[REPORT_UNITS];

struct report_node {
    struct key_sign sign;
    struct key_box transport;
    struct change_head next; /* of its next set */
    int64_t clock_back_ms;   /* its clock is so much behind the hub's */
};

struct report_hub {
    char folder[64];
    char path[96];
    struct hub_store *store;
    struct key_sign root, log, issue;
    struct key_box transport, sealing;
    struct hub_sync_keys keys;
    struct hub_identity identity;
    struct report_node nodes[REPORT_UNITS];
    struct catalogue *catalogue; /* parsed from the source tree */
    int64_t now_ms;
    size_t frame; /* sets in a frame of a node: its last alone is signed; REPORT_FRAME_SETS */
};

/* Identity, catalogue edition 1, twelve nodes enrolled. Asserts on every failure, as all here. */
void report_hub_open(struct report_hub *h, uint64_t seed);
void report_hub_close(struct report_hub *h);
void report_hub_reopen(struct report_hub *h);

/* The hub publishes these files as that edition. */
void report_publish(struct report_hub *h, uint32_t edition, const struct catalogue_file *files,
                    size_t count);

/* One record as a line of NDJSON, from a commune's node (index) or, -1, of the hub's own log. */
void report_put(struct report_hub *h, int node, const char *json);
/* All lines of a file; each a change set. */
void report_import(struct report_hub *h, int node, const char *path);
/* Change one text field of a record that this very line created ("id" and "type" name it). */
void report_edit(struct report_hub *h, int node, const char *json);
/* Delete a record, or bring it back: what the desk does when somebody takes a decision back. */
void report_delete(struct report_hub *h, int node, const struct id_record *rid, bool gone);

/* Run the generator of test data into `folder`/data and return that folder in `out`. */
void report_data(const struct report_hub *h, unsigned seed, char out[128]);
/* Open hub with all data of the generator: the districts's targets, then the communes from `first`
 * on, round and round; `skip` (may be -1) sends nothing. */
void report_fill(struct report_hub *h, unsigned seed, size_t first, int skip);

struct period report_period(const char *label);
struct hub_report *report_of(struct report_hub *h, const char *id, const char *unit,
                             const char *label);
/* Figure of an indicator's total: *num, *den. False: no such line. */
bool report_figure(const struct hub_report *r, const char *indicator, const char *unit,
                   int64_t *num, int64_t *den);

/* Close with the fixture's keys. */
enum err report_close(struct report_hub *h, const char *id, const char *label,
                      struct hub_close_result *out);
/* The same; `missing`: codes of units whose reports are not in, or NULL. */
enum err report_close_without(struct report_hub *h, const char *id, const char *label,
                              const char *missing, struct hub_close_result *out);

#endif
