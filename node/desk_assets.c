#include "node/desk_assets.h"
#include "node/desk_priv.h"

#include <string.h>

bool node_desk_asset(const struct web_request *q, struct web_response *r)
{
    const char *path = strcmp(q->path, "/") == 0 ? "/index.html" : q->path;
    return web_asset_answer(node_desk_assets, node_desk_asset_count, path, q, r);
}

json_t *node_desk_openapi(struct node_desk_call *c)
{
    struct web_request q = {.path = "/openapi-node.json"};
    (void)node_desk_asset(&q, c->r);
    return NULL;
}
