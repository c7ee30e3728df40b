/*
 * The province's door: issued reports, read-only, over HTTPS to a token. docs/province.md.
 *
 *   GET /api/v1/issues               all issues with their files
 *   GET /api/v1/issues/ID/FILE       one file as issued;  FILE.minisig its signature
 *   GET /api/v1/pubkey               the minisign public key of the issuing hub
 *
 * Only issued files leave: counts, no record. A request needs `Authorization: Bearer TOKEN`; tokens
 * are kept as hashes and looked up by them. Errors are JSON: {"error": "..."}. Every answer has a
 * strong ETag; If-None-Match gives 304. One access line a request is logged, without the token and
 * the query.
 *
 * Ownership: borrows the app.   Threads: loop thread.   Limits: WEB_* of common/io/web.h.
 */
#ifndef DONGBO_HUB_PROVINCE_H
#define DONGBO_HUB_PROVINCE_H

#include "common/io/web.h"
#include "hub/app.h"

struct hub_province_who {
    const char *name; /* of the token or of the login; "": nobody was let in */
    bool token;       /* a token, not a login */
    bool page; /* by a session of the page: what it shows on the screen (view=1) is not taken */
};
/* For who was let in already. The access line has a token's name and no login's; which file was taken
 * by whom and when is kept (store_taken.h). */
void hub_province_serve(struct hub_app *a, const struct web_request *request,
                        struct web_response *response, const struct hub_province_who *who);

/* By token. A web_handler_fn; ctx is the struct hub_app. */
void hub_province_handle(void *ctx, const struct web_request *request,
                         struct web_response *response);

#endif
