/* From the library's tables to a struct web_job. Library's thread only. */
#include "common/io/web_http.h"
#include "common/io/web_priv.h"

#include <stddef.h>
#include <stdlib.h>
#include <strings.h>

static const char *const web_header_names[WEB_HEADER_COUNT] = {
    [WEB_AUTHORIZATION] = "Authorization",
    [WEB_IF_NONE_MATCH] = "If-None-Match",
    [WEB_RANGE] = "Range",
    [WEB_CONTENT_TYPE] = "Content-Type",
    [WEB_ORIGIN] = "Origin",
    [WEB_COOKIE] = "Cookie",
    [WEB_CSRF] = "X-Dongbo-Csrf",
    [WEB_HOST] = "Host",
};

/* A copy of `s` inside the job; "" when there is no room, and then the request is refused. */
static const char *web_keep(struct web_job *j, const char *s)
{
    if (s == NULL) return "";
    size_t len = strlen(s) + 1;
    if (len > sizeof j->text - j->text_len) {
        j->overflow = true;
        return "";
    }
    char *at = j->text + j->text_len;
    memcpy(at, s, len);
    j->text_len += len;
    return at;
}

/* UINT64_MAX unless the text is a plain decimal number. */
static uint64_t web_number(const char *s)
{
    uint64_t v = 0;
    if (s == NULL || *s == '\0' || strlen(s) > 18) return UINT64_MAX;
    for (; *s != '\0'; s++) {
        if (*s < '0' || *s > '9') return UINT64_MAX;
        v = v * 10 + (uint64_t)(*s - '0');
    }
    return v;
}

static enum MHD_Result web_on_header(void *ctx, enum MHD_ValueKind kind, const char *name,
                                     const char *value)
{
    struct web_job *j = ctx;
    (void)kind;
    if (strcasecmp(name, "Host") == 0) {
        j->head.host_count++;
        j->head.host = web_keep(j, value);
    } else if (strcasecmp(name, "Content-Length") == 0) {
        j->head.content_length_count++;
        j->head.content_length = web_number(value);
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        j->head.transfer_encoding_count++;
    }
    for (size_t i = 0; i < WEB_HEADER_COUNT; i++) {
        if (j->request.headers[i] == NULL && strcasecmp(name, web_header_names[i]) == 0) {
            j->request.headers[i] = web_keep(j, value);
        }
    }
    return MHD_YES;
}

static enum MHD_Result web_on_param(void *ctx, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
    struct web_job *j = ctx;
    (void)kind;
    if (j->request.param_count == WEB_PARAMS_MAX) {
        j->overflow = true;
        return MHD_NO;
    }
    j->request.params[j->request.param_count++] =
        (struct web_param){.name = web_keep(j, name), .value = web_keep(j, value)};
    return MHD_YES;
}

static int web_hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* %-decoding in place. "%00" stays as it is: a decoded NUL would cut the text short behind our back. */
size_t web_on_unescape(void *ctx, struct MHD_Connection *c, char *s)
{
    char *out = s;
    (void)ctx;
    (void)c;
    for (const char *in = s; *in != '\0';) {
        int high = *in == '%' ? web_hex(in[1]) : -1;
        int low = high >= 0 ? web_hex(in[2]) : -1;
        if (low >= 0 && (high | low) != 0) {
            *out++ = (char)(high * 16 + low);
            in += 3;
        } else {
            *out++ = *in++;
        }
    }
    *out = '\0';
    return (size_t)(out - s);
}

struct web_job *web_job_new(struct web *w, struct MHD_Connection *c, const char *url,
                            const char *method)
{
    struct web_job *j = malloc(sizeof *j);
    if (j == NULL) return NULL;
    memset(j, 0, offsetof(struct web_job, text));
    j->web = w;
    j->connection = c;
    buf_init(&j->body, 0); /* how much it may hold is said when the head is checked */
    web_response_init(&j->response);
    j->request.path = j->head.path = web_keep(j, url);
    j->head.method = web_keep(j, method);
    web_http.get_connection_values(c, MHD_HEADER_KIND, web_on_header, j);
    web_http.get_connection_values(c, MHD_GET_ARGUMENT_KIND, web_on_param, j);
    return j;
}
