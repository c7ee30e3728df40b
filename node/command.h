/*
 * The officer's commands as JSON requests and responses: one code path for the tool that opened the
 * store itself and for the daemon's control socket. `run`, `init`, `sync` and `check-config` are not
 * here: they are about the process, not about the store.
 *
 *   request   {"verb": "put", ...}   the members of each verb stand in docs/node.md
 *   response  the verb's result; or {"error": "STALE", "vi": ..., "en": ..., "field": ...}
 *
 * Every text says what happened, what is safe and what to do next.
 *
 * Ownership: store and keys are borrowed for the life of the struct. Requests are borrowed for the
 * call, responses are new references.
 * Threads:   loop thread only.   Limits: NODE_COMMAND_*.
 */
#ifndef DONGBO_NODE_COMMAND_H
#define DONGBO_NODE_COMMAND_H

#include "common/blackbox.h"
#include "common/doubt.h"
#include "node/entry.h"
#include "node/own.h"

#include <jansson.h>

#define NODE_COMMAND_ROWS_MAX     512u   /* rows of one import request */
#define NODE_COMMAND_LIST_MAX     1000u  /* rows of one list answer, unless asked for fewer */
#define NODE_COMMAND_CLOCK_MS     120000 /* the hub's clock may differ so much without a warning */
#define NODE_COMMAND_CLASS_MASKED 3u  /* texts of a list with such a class are shown by initials */
#define NODE_COMMAND_IMPORTS_MAX  20u /* imports named by status */

struct node_import; /* an import between two of its requests */

struct node_command {
    struct node_store *store;
    const struct node_sync_keys *keys;
    struct link_keys sealing; /* for bundles; zeroed: there are none */
    int64_t (*wall_ms)(void);
    void (*saved)(void *ctx); /* a change set was saved; may be NULL */
    /* A person compared the six words: `differ`: the session that is under way ends. May be NULL. */
    void (*compared)(void *ctx, bool differ);
    void *ctx;
    const struct blackbox *stops; /* of the daemon (node/stops.h); may be NULL */
    /* The keys of the folder, in a home (node/rekey.h); NULL: there is none. */
    enum err (*rekey)(void *home); /* begin a change */
    enum err (*turn)(void *home);  /* something came that may end one, or ask for one */
    void *home;
    struct node_entry entry;
    struct node_import *import; /* NULL: none is under way */
    struct {                    /* days that events are expected on, of this edition */
        bool known;
        uint32_t edition;
        struct doubt_days days;
    } doubt;
};

/* ERR_NOMEM. */
MUST_CHECK enum err node_command_init(struct node_command *c, struct node_store *store,
                                      const struct node_sync_keys *keys, int64_t (*wall_ms)(void));
void node_command_free(struct node_command *c);

/* A PC's name: one line of at most MESSAGE_TEXT_MAX bytes, without signs that nobody sees or that turn text around. */
bool node_command_name_fits(const char *name);

/* Carry out one request. Never NULL, but without memory (then the caller drops its peer). */
json_t *node_command_run(struct node_command *c, const json_t *request);

/*
 * All rows of a list as a sheet, not yet written (node/sheet.h): the members of the verb "search" and
 * "format" ("xlsx", "csv"), "english", "names" (true: in full where a list shows initials), "person".
 * NULL: *out is the caller's; else the response that says what is wrong.
 */
struct node_sheet;
json_t *node_export_collect(struct node_command *c, const json_t *request, struct node_sheet **out);

/*
 * What an own sealing key of before a change opens is sealed again for the present one (SPEC 22.10), in
 * nobody's name.
 *   out  needed   some record still opens with one of before alone
 *        waiting  some record waits for the hub: a copy of before would need the old key again
 * ERR_NOT_READY: no catalogue, or no sealing key; and of store and log: what was done stays done.
 */
MUST_CHECK enum err node_reseal_old(struct node_command *c, bool *needed, bool *waiting);

/* What our own unit is called: by the hub when the PC joined; since it moved to another, by the catalogue of today. */
struct node_identity;
const char *node_unit_own(struct node_command *c, const struct node_identity *id);

/* An error response. `field` may be NULL. */
json_t *node_command_error(enum err e, const char *vi, const char *en, const char *field);
/* The words for an error that has none of its own. */
json_t *node_command_fail(enum err e);
/* The error of a response; ERR_OK when it is a result. */
enum err node_command_error_of(const json_t *response);

/* What a PC is told that the hub has revoked. */
extern const char node_revoked_vi[], node_revoked_en[];

/* One finding of `verify` (node/maintain.h). */
struct node_finding;
json_t *node_command_finding(const struct node_finding *f);

/* What is said when a copy cannot be restored (node/maintain.h): the words of one error. */
json_t *node_command_restore_said(enum err e);

#endif
