/*
 * JSON over common/io/web: what the APIs of both desks share. A request's body or query as one
 * object, an answer with the status that its error calls for, and files of a page out of the program.
 *
 * Ownership: said at each function.   Threads: loop thread.   Limits: WEB_*.
 */
#ifndef DONGBO_COMMON_IO_WEB_JSON_H
#define DONGBO_COMMON_IO_WEB_JSON_H

#include "common/io/web.h"

#include <jansson.h>

/*
 * The body as an object (content type application/json, no key twice), or the query of a GET, HEAD
 * or DELETE: texts, "true" as truth, `where` as JSON; `offset`, `max`, `issue`, `before`, `after`,
 * `line`, `a` and `b` as numbers when they are digits. A new reference; NULL: it is none of that.
 */
json_t *web_json_body(const struct web_request *q);
/* The query of any request, likewise: of one whose body is a file. */
json_t *web_json_query(const struct web_request *q);
const char *web_json_text(const json_t *body, const char *key); /* "" for none */

/* The error that an answer carries ({"error": "NOT_FOUND", ...}); ERR_OK: none. */
enum err web_json_error_of(const json_t *answer);
/* {"error", "vi", "en"}. Words that were cut inside a letter lose what is left of it. NULL: no memory. */
json_t *web_json_error(enum err e, const char *vi, const char *en);
/* Fill the response with an answer, taken over; NULL: 500. */
void web_json_answer(struct web_response *r, json_t *answer);
/* {"error", "vi", "en"} with a status of its own. */
void web_json_refuse(struct web_response *r, unsigned status, enum err e, const char *vi,
                     const char *en);

/* A file of a page inside the program, made at build time by web/embed.py out of web/: compressed
 * once (gzip) and named by the hash of its content. */
struct web_asset {
    const char *path;          /* "/desk/app.js" */
    const char *type;          /* content type */
    const char *etag;          /* quoted */
    const unsigned char *data; /* gzip */
    size_t len;
};
/* Answer with the asset of that path; false: there is none. */
bool web_asset_answer(const struct web_asset *assets, size_t count, const char *path,
                      const struct web_request *q, struct web_response *r);
/* What every answer of a page carries: only our own scripts and styles, nobody frames it. */
void web_page_headers(struct web_response *r);

#endif
