/* Closing a period: who is missing, and whom the texts name. Included by hub/command_report.c, command_close.c and
 * command_named.c only. */
#ifndef DONGBO_HUB_COMMAND_CLOSE_H
#define DONGBO_HUB_COMMAND_CLOSE_H

#include "hub/close.h"
#include "hub/command_flow.h"
#include "hub/store_named.h"

struct hub_close_missing {
    json_t *units; /* [{"unit", "name", "report", "period", "state"}] */
    char *codes;   /* of the units, each once, a blank between them */
};

/* NULL: the days that it is about have begun, or the closing itself says better what is wrong; else the
 * refusal. Nothing of such a closing could ever be put right. */
json_t *hub_close_begun(struct hub_app *a, const struct hub_close_request *q);

/* Who has not handed in what the closing is made of. NULL: `out` is to be freed; else the answer:
 * the request said "complete" and somebody is missing, or an error. */
json_t *hub_close_missing(struct hub_app *a, const json_t *request,
                          const struct hub_close_request *q, struct hub_close_missing *out);
void hub_close_missing_free(struct hub_close_missing *m);

struct hub_close_names {
    json_t *rows; /* [{"unit", "name", "report", "period", "fields", "protected"}] */
    struct named persons;
    bool hurt; /* a record of class 4 speaks of one of them */
};

/* Do the texts that the closing locks name somebody who is on record? NULL: no, or the request says why that may be
 * ("names_seen"); else the refusal. rows is the caller's either way. */
json_t *hub_close_names(struct hub_app *a, const json_t *request, const struct hub_close_request *q,
                        struct hub_close_names *out);
/* Into the access log, behind the closing: whom the texts name, and why they could. */
void hub_close_names_note(struct hub_app *a, const json_t *request,
                          const struct hub_close_names *n);

/* Close a period and answer; `difference`: as in struct hub_close_request. */
json_t *hub_close_answer(struct hub_app *a, const json_t *request, const json_t *difference);

/* "first", "supplement", "again" */
const char *hub_close_mode(enum admin_close_mode mode);

#endif
