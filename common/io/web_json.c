#include "common/io/web_json.h"
#include "common/text.h"

#include <stdlib.h>

/* ---- requests ---- */

static json_t *web_json_param(const struct web_param *p)
{
    static const char *const numbers[] = {"offset", "max",   "issue", "before",
                                          "line",   "after", "a",     "b"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        size_t len = strlen(p->value);
        bool digits = len > 0 && len < 16 && strspn(p->value, "0123456789") == len;
        if (digits && strcmp(p->name, numbers[i]) == 0)
            return json_integer(strtoll(p->value, NULL, 10));
    }
    if (strcmp(p->name, "where") == 0) return json_loads(p->value, JSON_REJECT_DUPLICATES, NULL);
    return strcmp(p->value, "true") == 0 ? json_true() : json_string(p->value);
}

json_t *web_json_query(const struct web_request *q)
{
    json_t *o = json_object();
    for (size_t i = 0; i < q->param_count; i++) {
        json_t *j = web_json_param(&q->params[i]);
        if (j == NULL || json_object_get(o, q->params[i].name) != NULL) { /* no UTF-8; twice */
            json_decref(j);
            json_decref(o);
            return NULL;
        }
        json_object_set_new(o, q->params[i].name, j);
    }
    return o;
}

json_t *web_json_body(const struct web_request *q)
{
    static const char kind[] = "application/json";
    const char *type = q->headers[WEB_CONTENT_TYPE];
    if (q->method == WEB_GET || q->method == WEB_HEAD || q->method == WEB_DELETE)
        return web_json_query(q);
    if (type == NULL || strncmp(type, kind, sizeof kind - 1) != 0) return NULL;
    json_t *j = json_loadb((const char *)q->body.p, q->body.len, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(j)) return j;
    json_decref(j);
    return NULL;
}

const char *web_json_text(const json_t *body, const char *key)
{
    const char *s = json_string_value(json_object_get(body, key));
    return s != NULL ? s : "";
}

/* ---- answers ---- */

enum err web_json_error_of(const json_t *answer)
{
    const char *name = json_string_value(json_object_get(answer, "error"));
    if (name == NULL) return ERR_OK;
    for (int e = 0; e < ERR_COUNT; e++) {
        if (strcmp(err_name((enum err)e), name) == 0) return (enum err)e;
    }
    return ERR_STORE;
}

static unsigned web_json_status_of(enum err e)
{
    static const struct {
        enum err e;
        unsigned status;
    } map[] = {
        {ERR_OK, 200},        {ERR_NOT_FOUND, 404}, {ERR_STALE, 409},     {ERR_EXISTS, 409},
        {ERR_NOT_READY, 409}, {ERR_WRONG_HUB, 409}, {ERR_BAD_INPUT, 422}, {ERR_USAGE, 422},
        {ERR_BAD_VALUE, 422}, {ERR_TOO_LARGE, 413}, {ERR_DENIED, 403},    {ERR_AGAIN, 429},
        {ERR_FULL, 507},      {ERR_LOCKED, 401},
    };
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++) {
        if (map[i].e == e) return map[i].status;
    }
    return 500;
}

void web_json_answer(struct web_response *r, json_t *answer)
{
    char *text = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;
    r->status = text != NULL ? web_json_status_of(web_json_error_of(answer)) : 500;
    web_set_header(r, "Content-Type", "application/json; charset=utf-8");
    if (text != NULL) buf_add_str(&r->body, text);
    free(text);
    json_decref(answer);
}

/* Words with a label in them may have been cut to fit. */
static json_t *web_json_words(const char *text)
{
    struct bytes rest = bytes_str(text);
    struct buf whole;
    buf_init(&whole, rest.len + 1);
    while (rest.len > 0) {
        size_t good = text_utf8_prefix(rest);
        buf_add(&whole, rest.p, good);
        good += good < rest.len ? 1 : 0; /* that byte is of no letter */
        rest = bytes_make(rest.p + good, rest.len - good);
    }
    json_t *j = whole.e == ERR_OK ? json_stringn(buf_cstr(&whole), whole.len) : NULL;
    buf_free(&whole);
    return j;
}

json_t *web_json_error(enum err e, const char *vi, const char *en)
{
    return json_pack("{s:s, s:o, s:o}", "error", err_name(e), "vi", web_json_words(vi), "en",
                     web_json_words(en));
}

void web_json_refuse(struct web_response *r, unsigned status, enum err e, const char *vi,
                     const char *en)
{
    web_json_answer(r, web_json_error(e, vi, en));
    r->status = status;
}

/* ---- pages ---- */

bool web_asset_answer(const struct web_asset *assets, size_t count, const char *path,
                      const struct web_request *q, struct web_response *r)
{
    for (size_t i = 0; i < count; i++) {
        const struct web_asset *a = &assets[i];
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

void web_page_headers(struct web_response *r)
{
    web_set_header(
        r, "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' blob:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'");
    web_set_header(r, "Cross-Origin-Opener-Policy", "same-origin");
    web_set_header(r, "Cross-Origin-Resource-Policy", "same-origin");
}
