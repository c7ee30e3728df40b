#include "common/io/web_priv.h"

#include <stdlib.h>
#include <strings.h>

void web_set_header(struct web_response *r, const char *name, const char *value)
{
    size_t i = 0, len = strlen(value);
    while (i < r->header_count && strcasecmp(r->headers[i].name, name) != 0)
        i++;
    bool ok = i < WEB_REPLY_HEADERS_MAX;
    for (size_t k = 0; k < len; k++)
        ok = ok && (unsigned char)value[k] >= 0x20 && value[k] != 0x7f;
    char *copy = ok ? malloc(len + 1) : NULL;
    if (copy == NULL) {
        r->status = 500;
        buf_clear(&r->body);
        return;
    }
    memcpy(copy, value, len + 1);
    if (i < r->header_count) free(r->headers[i].value);
    if (i == r->header_count) r->header_count++;
    r->headers[i] = (struct web_reply_header){.name = name, .value = copy};
}

void web_text(struct web_response *r, unsigned status, const char *type, const char *text)
{
    r->status = status;
    buf_clear(&r->body);
    buf_add_str(&r->body, text);
    web_set_header(r, "Content-Type", type);
}

const char *web_param(const struct web_request *r, const char *name)
{
    for (size_t i = 0; i < r->param_count; i++) {
        if (strcmp(r->params[i].name, name) == 0) return r->params[i].value;
    }
    return NULL;
}

bool web_has_header(const struct web_response *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++) {
        if (strcasecmp(r->headers[i].name, name) == 0) return true;
    }
    return false;
}

void web_response_init(struct web_response *r)
{
    *r = (struct web_response){.status = 200};
    buf_init(&r->body, WEB_REPLY_BYTES_MAX);
}

void web_response_free(struct web_response *r)
{
    for (size_t i = 0; i < r->header_count; i++)
        free(r->headers[i].value);
    r->header_count = 0;
    buf_free(&r->body);
}
