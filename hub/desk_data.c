/* What the desk adds to the commands: invitation as a picture, audit, checking a file. */
#include "hub/desk_priv.h"

#include "common/io/tls.h"
#include "common/log.h"
#include "hub/desk_assets.h"

#include <stdio.h>
#include <stdlib.h>

/* The invitation with its QR code, for the sheet that is printed. */
json_t *hub_desk_invite(struct hub_desk_call *c)
{
    json_object_set_new(c->body, "verb", json_string("invite"));
    json_object_set_new(c->body, "person", json_string(c->session->user));
    json_t *j = hub_command(c->d->o.app, c->body);
    const char *text = json_string_value(json_object_get(j, "invitation"));
    if (text != NULL) json_object_set_new(j, "qr", hub_desk_qr(text));
    return j;
}

json_t *hub_desk_openapi(struct hub_desk_call *c)
{
    (void)web_asset_answer(hub_desk_assets, hub_desk_asset_count, "/openapi-hub.json", c->q, c->r);
    return NULL;
}

/* The authority that a PC installs before it opens the page without a warning. 404: the certificate is a
 * public authority's. */
json_t *hub_desk_authority(struct hub_desk_call *c)
{
    char path[FILE_PATH_BYTES_MAX], sum[TLS_FINGERPRINT_CHARS + 1];
    const struct hub_app *a = c->d->o.app;
    struct buf pem;
    buf_init(&pem, TLS_PEM_BYTES_MAX);
    bool own = a->data[0] != '\0' && conf_string(a->conf, "web", "cert")[0] == '\0';
    enum err e = own ? hub_app_path(a->data, HUB_AUTHORITY_FILE, path) : ERR_NOT_FOUND;
    if (e == ERR_OK) e = file_read(path, TLS_PEM_BYTES_MAX, &pem);
    if (e == ERR_OK) e = tls_fingerprint(buf_bytes(&pem), sum);
    json_t *j = e == ERR_OK ? json_pack("{s:s, s:s}", "pem", buf_cstr(&pem), "sha256", sum)
                            : hub_command_fail(e);
    buf_free(&pem);
    return j;
}

/* ---- audit ---- */

/* Of a request what says what was done: codes and ids, never a value that was typed. */
static void hub_desk_detail(const json_t *body, char *out, size_t room)
{
    static const char *const keys[] = {"action",   "name",     "role", "unit",   "report",
                                       "period",   "issue",    "id",   "type",   "field",
                                       "take",     "decision", "node", "number", "order",
                                       "transfer", "record",   "days", "parcel", "dry"};
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof keys / sizeof keys[0] && n < room; i++) {
        const json_t *v = json_object_get(body, keys[i]);
        const char *s = json_string_value(v);
        const char *gap = n > 0 ? " " : "";
        int wrote = 0;
        if (s != NULL)
            wrote = snprintf(out + n, room - n, "%s%s=%s", gap, keys[i], s);
        else if (json_is_integer(v))
            wrote = snprintf(out + n, room - n, "%s%s=%lld", gap, keys[i],
                             (long long)json_integer_value(v));
        else if (json_is_true(v))
            wrote = snprintf(out + n, room - n, "%s%s", gap, keys[i]);
        n += wrote > 0 ? (size_t)wrote : 0;
    }
}

void hub_desk_note(struct hub_desk *d, const char *user, const char *what, const json_t *body,
                   enum err result)
{
    char detail[2 * HUB_AUDIT_TEXT_MAX];
    hub_desk_detail(body, detail, sizeof detail);
    struct hub_audit a = {d->o.wall_ms(), user, what, detail, err_name(result)};
    enum err e = hub_audit_add(d->o.app->store, &a);
    if (e != ERR_OK) LOG_EVENT(LOG_LEVEL_WARN, log_evt("desk.audit"), log_err(e));
}

static enum err hub_desk_audit_row(void *ctx, int64_t row, const struct hub_audit *a)
{
    json_t *j = json_pack("{s:I, s:o, s:s, s:s, s:o, s:s}", "row", (json_int_t)row, "at",
                          hub_json_time(a->at_ms), "user", a->user, "what", a->what, "detail",
                          hub_json_text(bytes_str(a->detail)), "result", a->result);
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_desk_audit(struct hub_desk_call *c)
{
    json_t *rows = json_array();
    enum err e =
        hub_audit_each(c->d->o.app->store, json_integer_value(json_object_get(c->body, "before")),
                       hub_desk_audit_row, rows);
    struct hub_audit_past past;
    if (e == ERR_OK) e = hub_audit_past(c->d->o.app->store, &past);
    json_t *j = e == ERR_OK
                    ? json_pack("{s:O, s:{s:I, s:o, s:o}}", "rows", rows, "past", "rows",
                                (json_int_t)past.rows, "until", hub_json_time(past.until_ms),
                                "digest", hub_json_hex(BYTES_OF(past.digest)))
                    : hub_command_fail(e);
    json_decref(rows);
    return j;
}

/* ---- checking a file ---- */

/* The browser sends the file's hash and its signature file; the file itself stays where it is. */
json_t *hub_desk_verify(struct hub_desk_call *c)
{
    uint8_t hash[MINISIGN_HASH_BYTES];
    struct bytes trusted;
    struct buf key;
    const char *sig = web_json_text(c->body, "minisig");
    if (id_unhex(web_json_text(c->body, "hash"), hash, sizeof hash) != ERR_OK)
        return hub_command_error(ERR_BAD_INPUT, "Thiếu mã băm của tệp.",
                                 "The file's hash is missing.");
    buf_init(&key, MINISIGN_FILE_BYTES_MAX);
    enum err e = minisign_public(c->d->o.app->issue.public, &key);
    if (e == ERR_OK) e = minisign_verify(buf_bytes(&key), bytes_str(sig), hash, &trusted);
    json_t *j = NULL;
    if (e == ERR_OK)
        j = json_pack("{s:b, s:o}", "good", 1, "trusted", hub_json_text(trusted));
    else if (e == ERR_BAD_SIGNATURE)
        j = json_pack("{s:b}", "good", 0);
    else if (e == ERR_BAD_FORMAT || e == ERR_TOO_LARGE)
        j = hub_command_error(ERR_BAD_INPUT, "Tệp .minisig không đúng dạng.",
                              "The .minisig file is not of that form.");
    else
        j = hub_command_fail(e);
    buf_free(&key);
    return j;
}
