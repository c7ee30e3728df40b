/*
 * What the district's officers and admins ask of the hub, as JSON requests and responses: one code
 * path for the tool that opened the data folder itself and for the daemon's control socket.
 *
 *   request   {"verb": "nodes", ...}   the members of each verb stand in docs/hub.md
 *   response  the verb's result; or {"error": "EXISTS", "vi": ..., "en": ...}
 *
 * Files travel as base64 inside. The daemon opens a path that a request names for backups and exports, and for bundles
 * of the tool that have no room inside (common/io/carried.h).
 *
 * Ownership: requests are borrowed for the call, responses are new references.
 * Threads:   loop thread only.   Limits: HUB_COMMAND_*, RPC_MESSAGE_BYTES_MAX.
 */
#ifndef DONGBO_HUB_COMMAND_H
#define DONGBO_HUB_COMMAND_H

#include "hub/app.h"

#define HUB_FIELD_EXISTENCE "existence" /* what conflicts call the deletion of a record */

#include <jansson.h>

#define HUB_COMMAND_ROWS_MAX    5000u  /* rows of one import request */
#define HUB_COMMAND_LIST_MAX    10000u /* rows of one list answer */
#define HUB_COMMAND_INVITE_DAYS 7
#define HUB_COMMAND_INVITE_MAX  60                 /* days */
#define HUB_COMMAND_FILE_MAX    (5u * 1024 * 1024) /* bytes of a file in a request or answer */

/* Carry out one request. Never NULL, but without memory (then the caller drops its peer). */
json_t *hub_command(struct hub_app *a, const json_t *request);

/* One finding of `verify` (hub/verify.h), as its answers have it. */
struct hub_finding;
json_t *hub_command_finding(const struct hub_finding *f);

/* The error of a response; ERR_OK when it is a result. */
enum err hub_command_error_of(const json_t *response);

#endif
