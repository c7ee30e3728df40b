/*
 * The command line tool: verbs of dongbo-node on top of JSON requests. It asks the daemon of the
 * data folder when one runs, else it opens the folder itself.
 *
 * Ownership: node_tool_close() releases the folder.   Threads: main thread.
 */
#ifndef DONGBO_NODE_TOOL_H
#define DONGBO_NODE_TOOL_H

#include "common/io/cli.h"
#include "node/home.h"

#define NODE_TOOL_ASK_MS  60000u   /* an answer of the daemon */
#define NODE_TOOL_FULL_MS 5000u    /* between two tries to open on a full disk */
#define NODE_TOOL_SYNC_MS 3600000u /* a session over a bad link */

enum { NODE_TOOL_WARNINGS = 3, NODE_TOOL_CONFLICTS = 14 }; /* docs/exit-codes.md */

struct node_tool {
    struct node_home home;
    bool open;  /* the home is ours */
    bool asked; /* a daemon answered: it is asked again, never the folder beside it */
    int exit;   /* exit code of a command that is done but not with 0 */
};

/*
 * Carry out a request: by the daemon, or here. `*response` is a new reference.
 * ERR_OK: there is a result. Otherwise it was told to the person already.
 */
MUST_CHECK enum err node_tool_ask(struct cli *c, struct node_tool *t, const json_t *request,
                                  unsigned timeout_ms, json_t **response);
/* A verb about the file that the first argument names, whose path the daemon needs whole. */
MUST_CHECK enum err node_tool_ask_file(struct cli *c, struct node_tool *t, const char *verb,
                                       json_t **response);
void node_tool_close(struct node_tool *t);

/* Ask, then print: what came as JSON, or `print` for people. Takes over `request`. Errors were told. */
typedef void node_tool_print_fn(const struct cli *c, const json_t *response);
MUST_CHECK enum err node_tool_show(struct cli *c, struct node_tool *t, json_t *request,
                                   node_tool_print_fn *print);
/* Into a request: a text, NULL adds nothing; and who acts, of a verb that has --person. */
void node_tool_copy(json_t *request, const char *key, const char *value);
void node_tool_person(const struct cli *c, json_t *request);
/* Out of a response; "" when it is missing. */
const char *node_tool_str(const json_t *response, const char *key);

/* Verbs, see docs/node.md. */
MUST_CHECK enum err node_tool_init(struct cli *c, void *ctx);
/* tool_page.c */
MUST_CHECK enum err node_tool_page(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_join(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_run(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_sync(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_check_config(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_put(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_get(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_list(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_history(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_held(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_status(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_import(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_attach(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_bundle(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_verify_proof(struct cli *c, void *ctx);
/* tool_card.c */
MUST_CHECK enum err node_tool_card(struct cli *c, void *ctx);
/* tool_keys.c */
MUST_CHECK enum err node_tool_keys(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_words(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_transfer(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_share(struct cli *c, void *ctx);
/* tool_readers.c */
MUST_CHECK enum err node_tool_readers(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_reseal(struct cli *c, void *ctx);

MUST_CHECK enum err node_tool_backup(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_verify(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_restore(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_alarms(struct cli *c, void *ctx);

/* tool_report.c */
MUST_CHECK enum err node_tool_report(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_calendar(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_corrections(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_correction(struct cli *c, void *ctx);

/* tool_cases.c */
MUST_CHECK enum err node_tool_cases(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_budget(struct cli *c, void *ctx);
MUST_CHECK enum err node_tool_score(struct cli *c, void *ctx);

/* tool_print.c: responses for people. */
void node_tool_print_record(const struct cli *c, const json_t *record);
void node_tool_print_list(const struct cli *c, const json_t *response);
void node_tool_print_held(const struct cli *c, const json_t *response);
void node_tool_print_history(const struct cli *c, const json_t *response);
void node_tool_print_status(const struct cli *c, const json_t *response);

#endif
