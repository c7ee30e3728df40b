#include "hub/province.h"

#include "common/io/clock.h"
#include "common/log.h"
#include "hub/store_issues.h"
#include "hub/store_nodes.h"
#include "hub/store_taken.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define HUB_API        "/api/v1/"
#define HUB_API_ISSUES HUB_API "issues"

enum { HUB_ETAG_BYTES = 32, HUB_ID_DIGITS_MAX = 18 };

static const char *const hub_kind_types[HUB_ISSUE_KINDS] = {
    [HUB_ISSUE_JSON] = "application/json",
    [HUB_ISSUE_CSV] = "text/csv; charset=utf-8",
    [HUB_ISSUE_XLSX] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    [HUB_ISSUE_ADX] = "application/adx+xml",
    [HUB_ISSUE_DHIS2] = "application/json",
    [HUB_ISSUE_REGISTRATIONS] = "application/json",
    [HUB_ISSUE_PDF] = "application/pdf",
    [HUB_ISSUE_DOCX] = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    [HUB_ISSUE_MANIFEST] = "application/json",
};

static void hub_province_error(struct web_response *r, unsigned status, const char *word)
{
    char text[128];
    snprintf(text, sizeof text, "{\"error\":\"%s\"}\n", word);
    web_text(r, status, "application/json", text);
}

static void hub_province_fail(struct web_response *r, enum err e)
{
    if (e == ERR_NOT_FOUND) {
        hub_province_error(r, 404, "not_found");
    } else {
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("web.failed"), log_err(e));
        hub_province_error(r, 500, "failed");
    }
}

/* ---- token ---- */

static enum err hub_province_token(struct hub_app *a, const char *header,
                                   char name[static MESSAGE_TEXT_MAX + 1])
{
    static const char scheme[] = "Bearer ";
    uint8_t token[HUB_TOKEN_BYTES];
    size_t len = 0;
    if (header == NULL || strncmp(header, scheme, sizeof scheme - 1) != 0) return ERR_DENIED;
    const char *text = header + sizeof scheme - 1;
    if (sodium_base642bin(token, sizeof token, text, strlen(text), NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len != sizeof token)
        return ERR_DENIED;
    enum err e = hub_store_token_check(a->store, bytes_make(token, len), name);
    sodium_memzero(token, sizeof token);
    return e;
}

/* ---- ETag ---- */

/* Does the list of an If-None-Match name this tag? Weak marks do not matter there. */
static bool hub_province_matches(const char *list, const char *tag)
{
    if (list == NULL) return false;
    if (strcmp(list, "*") == 0) return true;
    size_t n = strlen(tag);
    for (const char *p = strstr(list, tag); p != NULL; p = strstr(p + n, tag)) {
        char next = p[n];
        if (next == '\0' || next == ',' || next == ' ') return true;
    }
    return false;
}

/* ---- ranges ---- */

/* "bytes=FIRST-LAST", "bytes=FIRST-" or "bytes=-COUNT". False: another form, or several: ignored, as
 * the standard allows. *length 0: it begins behind the end. */
static bool hub_province_range(const char *header, size_t size, size_t *first, size_t *length)
{
    enum { RANGE_DIGITS_MAX = 15 };
    static const char unit[] = "bytes=";
    if (header == NULL || strncmp(header, unit, sizeof unit - 1) != 0) return false;
    const char *a = header + sizeof unit - 1, *b = strchr(a, '-');
    size_t na = strspn(a, "0123456789");
    if (b == NULL || na != (size_t)(b - a) || na > RANGE_DIGITS_MAX) return false;
    size_t nb = strspn(++b, "0123456789");
    if (b[nb] != '\0' || nb > RANGE_DIGITS_MAX || na + nb == 0) return false;
    size_t from = (size_t)strtoull(a, NULL, 10), to = (size_t)strtoull(b, NULL, 10);
    if (na == 0) { /* the last bytes */
        from = to < size ? size - to : 0;
        to = size;
    } else if (nb > 0 && to < from) {
        return false;
    } else {
        to = nb == 0 || to >= size ? size : to + 1;
    }
    *first = from;
    *length = from < to ? to - from : 0;
    return true;
}

static void hub_province_part(struct web_response *r, struct bytes body, size_t first,
                              size_t length)
{
    char text[96];
    if (length == 0) {
        snprintf(text, sizeof text, "bytes */%zu", body.len);
        web_set_header(r, "Content-Range", text);
        r->status = 416;
        return;
    }
    snprintf(text, sizeof text, "bytes %zu-%zu/%zu", first, first + length - 1, body.len);
    web_set_header(r, "Content-Range", text);
    r->status = 206;
    buf_add(&r->body, body.p + first, length);
}

static void hub_province_send(const struct web_request *q, struct web_response *r, const char *type,
                              struct bytes body)
{
    uint8_t h[HUB_ETAG_BYTES];
    char hex[2 * HUB_ETAG_BYTES + 1], tag[2 * HUB_ETAG_BYTES + 3];
    crypto_generichash(h, sizeof h, body.p, body.len, NULL, 0);
    id_hex(bytes_make(h, sizeof h), hex);
    snprintf(tag, sizeof tag, "\"%s\"", hex);
    web_set_header(r, "ETag", tag);
    web_set_header(r, "Cache-Control", "private, no-cache");
    if (hub_province_matches(q->headers[WEB_IF_NONE_MATCH], tag)) {
        r->status = 304;
        return;
    }
    size_t first = 0, length = 0;
    web_set_header(r, "Accept-Ranges", "bytes");
    web_set_header(r, "Content-Type", type);
    if (q->method == WEB_GET &&
        hub_province_range(q->headers[WEB_RANGE], body.len, &first, &length))
        hub_province_part(r, body, first, length);
    else
        buf_add_bytes(&r->body, body);
    if (r->body.e != ERR_OK) hub_province_fail(r, r->body.e);
}

static void hub_province_json(const struct web_request *q, struct web_response *r, json_t *j)
{
    char *text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
    json_decref(j);
    if (text == NULL) {
        hub_province_fail(r, ERR_NOMEM);
        return;
    }
    hub_province_send(q, r, "application/json", bytes_str(text));
    free(text);
}

/* ---- list of issues ---- */

struct hub_province_walk {
    struct hub_app *app;
    struct hub_issue *issues;
    size_t count;
    size_t room;
};

static enum err hub_province_issue(void *ctx, const struct hub_issue *issue)
{
    struct hub_province_walk *w = ctx;
    if (w->count == w->room) {
        size_t room = w->room > 0 ? 2 * w->room : 64;
        struct hub_issue *p = realloc(w->issues, room * sizeof *p);
        if (p == NULL) return ERR_NOMEM;
        w->issues = p;
        w->room = room;
    }
    w->issues[w->count++] = *issue;
    return ERR_OK;
}

static json_t *hub_province_hex(const uint8_t *p, size_t len)
{
    char hex[2 * MINISIGN_HASH_BYTES + 1];
    id_hex(bytes_make(p, len), hex);
    return json_string(hex);
}

static enum err hub_province_file_row(void *ctx, const struct hub_issue_file *f)
{
    uint8_t sha[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(sha, f->data.p, f->data.len);
    json_t *j = json_pack("{s:s, s:I, s:o, s:o}", "name", f->name, "size", (json_int_t)f->data.len,
                          "blake2b", hub_province_hex(f->hash, sizeof f->hash), "sha256",
                          hub_province_hex(sha, sizeof sha));
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static enum err hub_province_issue_json(struct hub_app *a, const struct hub_issue *i, json_t *list)
{
    char stamp[DATE_STAMP_ROOM];
    json_t *files = json_array();
    enum err e = date_stamp(i->closed_ms, stamp);
    if (e == ERR_OK) e = hub_issues_files(a->store, i->id, hub_province_file_row, files);
    if (e != ERR_OK) {
        json_decref(files);
        return e;
    }
    json_t *j = json_pack("{s:I, s:s, s:s, s:s, s:I, s:s, s:o, s:o}", "id", (json_int_t)i->id,
                          "report", i->report, "unit", i->unit, "period", i->period, "number",
                          (json_int_t)i->number, "closed", stamp, "figures",
                          hub_province_hex(i->figures.b, sizeof i->figures.b), "files", files);
    return json_array_append_new(list, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static void hub_province_list(struct hub_app *a, const struct web_request *q,
                              struct web_response *r)
{
    struct hub_province_walk w = {.app = a};
    json_t *list = json_array();
    enum err e = hub_issues_list(a->store, hub_province_issue, &w);
    for (size_t i = 0; i < w.count && e == ERR_OK; i++)
        e = hub_province_issue_json(a, &w.issues[i], list);
    free(w.issues);
    if (e == ERR_OK) {
        hub_province_json(q, r, json_pack("{s:s, s:o}", "hub", a->identity.unit, "issues", list));
    } else {
        json_decref(list);
        hub_province_fail(r, e);
    }
}

/* ---- one file ---- */

struct hub_province_want {
    const struct web_request *request;
    struct web_response *response;
    const char *name; /* without .minisig */
    size_t name_len;
    bool signature;
    bool found;
};

static enum err hub_province_file(void *ctx, const struct hub_issue_file *f)
{
    struct hub_province_want *w = ctx;
    if (strlen(f->name) != w->name_len || memcmp(f->name, w->name, w->name_len) != 0) return ERR_OK;
    w->found = true;
    if (w->signature) {
        hub_province_send(w->request, w->response, "text/plain; charset=utf-8", f->minisig);
    } else {
        hub_province_send(w->request, w->response, hub_kind_types[f->kind], f->data);
    }
    return ERR_OK;
}

/* The page draws figures and charts out of the files: nobody took them then. A program's token cannot
 * say so. */
static bool hub_province_views(const struct web_request *q, const struct hub_province_who *who)
{
    bool view = false;
    for (size_t i = 0; i < q->param_count; i++)
        view = view || strcmp(q->params[i].name, "view") == 0;
    return view && who->page;
}

/* On a full disk files go out all the same; the program's log says that this is missing. */
static void hub_province_note(struct hub_app *a, const struct web_request *q,
                              const struct web_response *r, int64_t issue, const char *name,
                              const struct hub_province_who *who)
{
    bool taken = q->method == WEB_GET && (r->status == 200 || r->status == 206); /* 304: had it */
    if (!taken || hub_province_views(q, who)) return;
    enum err e = hub_taken_note(a->store, issue, name, who->name, who->token, clock_wall_ms());
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("web.not_noted"), log_err(e));
}

/* "ID/FILE": names are compared with the stored ones, never used as paths. */
static void hub_province_get(struct hub_app *a, const struct web_request *q, struct web_response *r,
                             const char *rest, const struct hub_province_who *who)
{
    static const char ending[] = ".minisig";
    const size_t ending_len = sizeof ending - 1;
    struct hub_province_want w = {.request = q, .response = r};
    const char *slash = strchr(rest, '/');
    size_t digits = strspn(rest, "0123456789");
    if (slash == NULL || digits == 0 || digits > HUB_ID_DIGITS_MAX ||
        digits != (size_t)(slash - rest)) {
        hub_province_error(r, 404, "not_found");
        return;
    }
    w.name = slash + 1;
    w.name_len = strlen(w.name);
    w.signature = w.name_len > ending_len && strcmp(w.name + w.name_len - ending_len, ending) == 0;
    if (w.signature) w.name_len -= ending_len;
    int64_t issue = (int64_t)strtoll(rest, NULL, 10);
    enum err e = hub_issues_files(a->store, issue, hub_province_file, &w);
    if (e != ERR_OK) {
        hub_province_fail(r, e);
    } else if (!w.found) {
        hub_province_error(r, 404, "not_found");
    } else {
        hub_province_note(a, q, r, issue, slash + 1, who);
    }
}

static void hub_province_pubkey(struct hub_app *a, const struct web_request *q,
                                struct web_response *r)
{
    struct buf text;
    buf_init(&text, MINISIGN_FILE_BYTES_MAX);
    enum err e = minisign_public(a->issue.public, &text);
    if (e == ERR_OK) {
        hub_province_send(q, r, "text/plain; charset=utf-8", buf_bytes(&text));
    } else {
        hub_province_fail(r, e);
    }
    buf_free(&text);
}

/* ---- one request ---- */

static void hub_province_route(struct hub_app *a, const struct web_request *q,
                               struct web_response *r, const struct hub_province_who *who)
{
    static const char prefix[] = HUB_API_ISSUES "/";
    enum err e = hub_app_settle(a);
    if (e != ERR_OK) {
        hub_province_fail(r, e);
    } else if (strcmp(q->path, HUB_API_ISSUES) == 0) {
        hub_province_list(a, q, r);
    } else if (strncmp(q->path, prefix, sizeof prefix - 1) == 0) {
        hub_province_get(a, q, r, q->path + sizeof prefix - 1, who);
    } else if (strcmp(q->path, HUB_API "pubkey") == 0) {
        hub_province_pubkey(a, q, r);
    } else {
        hub_province_error(r, 404, "not_found");
    }
}

static void hub_province_log(const struct web_request *request, const struct web_response *response,
                             const char *name)
{
    LOG_EVENT(LOG_LEVEL_INFO, log_evt("web.access"), log_str("path", request->path),
              log_uint("status", response->status), log_uint("bytes", response->body.len),
              log_str("token", name));
}

void hub_province_serve(struct hub_app *a, const struct web_request *request,
                        struct web_response *response, const struct hub_province_who *who)
{
    a->web_requests++;
    if (request->method == WEB_GET || request->method == WEB_HEAD) {
        hub_province_route(a, request, response, who);
    } else {
        web_set_header(response, "Allow", "GET, HEAD");
        hub_province_error(response, 405, "read_only");
    }
    hub_province_log(request, response, who->token ? who->name : "session");
}

void hub_province_handle(void *ctx, const struct web_request *request,
                         struct web_response *response)
{
    struct hub_app *a = ctx;
    char name[MESSAGE_TEXT_MAX + 1] = "";
    enum err e = hub_province_token(a, request->headers[WEB_AUTHORIZATION], name);
    if (e == ERR_OK) {
        hub_province_serve(a, request, response, &(struct hub_province_who){name, true, false});
        return;
    }
    a->web_requests++;
    if (e == ERR_DENIED) {
        web_set_header(response, "WWW-Authenticate", "Bearer");
        hub_province_error(response, 401, "token_needed");
    } else {
        hub_province_fail(response, e);
    }
    hub_province_log(request, response, "");
}
