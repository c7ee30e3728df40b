/*
 * The command line tool: verbs of dongbo-hub on top of JSON requests. It asks the daemon of the
 * data folder when one runs, else it opens the folder itself.
 *
 * Ownership: hub_tool_close() releases the folder.   Threads: main thread.
 */
#ifndef DONGBO_HUB_TOOL_H
#define DONGBO_HUB_TOOL_H

#include "common/io/cli.h"
#include "hub/app.h"
#include "proto/attach.h"

#define HUB_TOOL_ASK_MS  600000u /* an answer of the daemon: a big report takes its time */
#define HUB_TOOL_FULL_MS 5000u   /* between two tries to open on a full disk */

#define HUB_TOOL_ATTACH_ROOM (ATTACH_BYTES_MAX + 3u) /* bytes: base64 is decoded in threes */

enum { HUB_TOOL_WARNINGS = 3, HUB_TOOL_CONFLICTS = 14 }; /* docs/exit-codes.md */

struct hub_tool {
    struct hub_app *app; /* NULL: not opened here */
    bool asked;          /* a daemon answered: it is asked again, never the folder beside it */
    int exit;            /* exit code of a command that is done but not with 0 */
};

/* Carry out a request (taken over). ERR_OK: *response is a result and the caller's. Otherwise it
 * was told to the person already; *response is NULL or, for mistakes of a catalogue, the answer. */
MUST_CHECK enum err hub_tool_ask(struct cli *c, struct hub_tool *t, json_t *request,
                                 json_t **response);
void hub_tool_close(struct hub_tool *t);

/* A request of this verb with the person that --person or DONGBO_PERSON names. */
json_t *hub_tool_request(const struct cli *c, const char *verb);
/* Add an option of the verb to the request, when it was given. */
/* The root key of --root. ERR_USAGE without it, and errors of the file: they are told. The caller frees it. */
struct key_sign;
MUST_CHECK enum err hub_tool_root(struct cli *c, struct key_sign *root);
void hub_tool_copy(const struct cli *c, json_t *request, const char *option, const char *key);

/* FIELD=VALUE arguments from `first` on as an object. ERR_USAGE (told). */
MUST_CHECK enum err hub_tool_pairs(struct cli *c, int first, json_t *out);

/* A text of an answer; "" when it is not there, or no text. */
const char *hub_tool_str(const json_t *j, const char *key);
/* One finding of `verify` (hub_command_finding()) with the set, record or table it is in: a line of text. */
void hub_print_finding(FILE *to, const struct cli *c, const json_t *finding);

/* tool_explain.c: a figure of an answer (the cell; null: none), and why one differs, for people. */
void hub_tool_figure(const struct cli *c, const json_t *cell);
const char *hub_tool_cause(const struct cli *c, const char *word);

typedef void hub_tool_print_fn(const struct cli *c, const json_t *response);
/* Ask and print: as JSON or for people. Takes over `request`. */
MUST_CHECK enum err hub_tool_show(struct cli *c, struct hub_tool *t, json_t *request,
                                  hub_tool_print_fn *print);
/* Number of an option, `usual` when absent. ERR_USAGE (told): it is no number. */
MUST_CHECK enum err hub_tool_number(struct cli *c, const char *option, json_int_t usual,
                                    json_int_t *out);

/* tool_admin.c */
MUST_CHECK enum err hub_tool_init(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_run(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_check_config(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_certificate(struct cli *c, void *ctx);
/* tool_catalogue.c */
MUST_CHECK enum err hub_tool_catalogue(struct cli *c, void *ctx);
/* Before there is a hub: could this folder be its first edition, and has it the unit? Told when not. */
MUST_CHECK enum err hub_tool_catalogue_first(struct cli *c, const char *dir, const char *unit);
MUST_CHECK enum err hub_tool_catalogue_publish(struct cli *c, struct hub_tool *t, const char *dir);
/* tool.c */
MUST_CHECK enum err hub_tool_invite(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_nodes(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_reset_code(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_status(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_token(struct cli *c, void *ctx);
/* tool_keys.c */
/* Tell what is to be done behind an ERR_NOT_READY of hub_app_open(): init, or keys are missing. */
MUST_CHECK enum err hub_tool_not_ready(struct cli *c);
MUST_CHECK enum err hub_tool_keys(struct cli *c, void *ctx);
/* tool_quarantine.c */
MUST_CHECK enum err hub_tool_revoke(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_quarantine(struct cli *c, void *ctx);
/* tool_attach.c */
MUST_CHECK enum err hub_tool_attach(struct cli *c, void *ctx);
/* The bytes of the answer of `attach` with `get`, appended; `out` has room for HUB_TOOL_ATTACH_ROOM.
 * ERR_BAD_FORMAT. */
MUST_CHECK enum err hub_tool_attach_bytes(const json_t *response, struct buf *out);
/* tool_record.c */
MUST_CHECK enum err hub_tool_put(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_get(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_list(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_conflicts(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_resolve(struct cli *c, void *ctx);
/* tool_scope.c */
MUST_CHECK enum err hub_tool_transfer(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_held(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_share(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_units(struct cli *c, void *ctx);
/* tool_order.c */
MUST_CHECK enum err hub_tool_officer(struct cli *c, void *ctx);
/* Sign the order in draft ("order", base64) with the officer's key of --key, propose it, print it. */
MUST_CHECK enum err hub_tool_propose(struct cli *c, struct hub_tool *t, const json_t *draft);
MUST_CHECK enum err hub_tool_order(struct cli *c, void *ctx);
/* The officer's key of --key, opened with the passphrase; what went wrong was told. */
struct key_sign;
MUST_CHECK enum err hub_tool_officer_key(struct cli *c, struct key_sign *k);
/* tool_readers.c */
MUST_CHECK enum err hub_tool_readers(struct cli *c, void *ctx);
/* tool_sealed.c */
MUST_CHECK enum err hub_tool_reading_key(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_open_sealed(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_reseal(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_erase(struct cli *c, void *ctx);
/* tool_bundle.c */
MUST_CHECK enum err hub_tool_bundle(struct cli *c, void *ctx);
/* tool_import.c */
MUST_CHECK enum err hub_tool_import(struct cli *c, void *ctx);
/* tool_report.c */
MUST_CHECK enum err hub_tool_report(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_close_period(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_issues(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_taken(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_export(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_verify(struct cli *c, void *ctx);
/* tool_explain.c */
MUST_CHECK enum err hub_tool_explain(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_diff(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_consolidate(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_proof(struct cli *c, void *ctx);

/* tool_user.c */
MUST_CHECK enum err hub_tool_user(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_first_code(struct cli *c, void *ctx);

/* tool_register.c */
MUST_CHECK enum err hub_tool_data_request(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_breach(struct cli *c, void *ctx);
/* tool_subject.c */
MUST_CHECK enum err hub_tool_subject(struct cli *c, void *ctx);
/* tool_read.c */
MUST_CHECK enum err hub_tool_reads(struct cli *c, void *ctx);

/* tool_maintain.c */
MUST_CHECK enum err hub_tool_backup(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_restore(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_alarms(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_confirm(struct cli *c, void *ctx);
/* tool_flow.c */
/* Ask for a draft by `request`, which is taken. With --key it is proposed at once; otherwise it goes to the file of
 * --out, or is printed, for the officer's own PC, and `told` says what a mere draft leaves as it was. */
MUST_CHECK enum err hub_tool_draft(struct cli *c, struct hub_tool *t, json_t *request,
                                   const char *told);
MUST_CHECK enum err hub_tool_report_step(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_reports(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_supplement(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_reopen(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_owes(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_doubts(struct cli *c, void *ctx);
/* How many records of each unit are in doubt, of an answer that counts them ("records", "units"). Nothing: none is. */
void hub_print_doubts(const struct cli *c, const json_t *doubts);
MUST_CHECK enum err hub_tool_calendar(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_ask_report(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_correct(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_corrections(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_triggers(struct cli *c, void *ctx);

/* tool_cases.c */
MUST_CHECK enum err hub_tool_cases(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_budget(struct cli *c, void *ctx);
MUST_CHECK enum err hub_tool_score(struct cli *c, void *ctx);

/* tool_print.c: responses for people. */
void hub_print_lines(const struct cli *c, const json_t *response); /* "key: value" of an object */
void hub_print_nodes(const struct cli *c, const json_t *response);
void hub_print_list(const struct cli *c, const json_t *response);
void hub_print_record(const struct cli *c, const json_t *response);
void hub_print_conflicts(const struct cli *c, const json_t *response);
void hub_print_conflict(const struct cli *c, const json_t *response);
void hub_print_saved(const struct cli *c, const json_t *response);
void hub_print_status(const struct cli *c, const json_t *response);
void hub_print_issues(const struct cli *c, const json_t *response);
void hub_print_taken(const struct cli *c, const json_t *response);
void hub_print_tokens(const struct cli *c, const json_t *response);
void hub_print_mistakes(const struct cli *c, const json_t *response);

#endif
