#include "node/desk_assets.h"
#include "node/desk_priv.h"

#include <string.h>

bool node_desk_asset(const struct web_request *q, struct web_response *r)
{
    const char *path = strcmp(q->path, "/") == 0 ? "/index.html" : q->path;
    for (size_t i = 0; i < desk_asset_count; i++) {
        const struct desk_asset *a = &desk_assets[i];
        if (strcmp(a->path, path) != 0) continue;
        const char *have = q->headers[WEB_IF_NONE_MATCH];
        web_set_header(r, "ETag", a->etag);
        /* Asked again each time: after an update of the program the page is never an old one. */
        web_set_header(r, "Cache-Control", "no-cache");
        if (have != NULL && strcmp(have, a->etag) == 0) {
            r->status = 304;
            return true;
        }
        web_set_header(r, "Content-Type", a->type);
        web_set_header(r, "Content-Encoding", "gzip");
        buf_add(&r->body, a->data, a->len);
        return true;
    }
    return false;
}

json_t *node_desk_openapi(struct node_desk_call *c)
{
    struct web_request q = {.path = "/openapi-node.json"};
    (void)node_desk_asset(&q, c->r);
    return NULL;
}
