/* Invitations, nodes, and tokens of the province's door. */
#include "hub/command_priv.h"

#include "common/date.h"
#include "common/io/clock.h"
#include "common/text.h"
#include "hub/closed.h"
#include "hub/dial.h"
#include "hub/store_nodes.h"
#include "hub/store_rekey.h"
#include "proto/words.h"

#include <sodium.h>
#include <stdio.h>

enum { HUB_DAY_MS = 86400000, HUB_NODE_DIGITS_MIN = 8, HUB_INVITE_WORDS_MAX = 2048 };

/* ---- invite ---- */

/* The address that goes into invitations: of the request, the config, or what is listened at. */
static enum err hub_invite_address(struct hub_app *a, const json_t *request, char *out, size_t cap)
{
    char host[ADMIN_ADDRESS_BYTES_MAX + 1];
    uint16_t port = 0;
    const char *given = hub_request_str(request, "address");
    if (given == NULL) given = conf_string(a->conf, "hub", "address");
    if (given[0] != '\0') {
        snprintf(out, cap, "%s", given);
        return strlen(given) < cap ? ERR_OK : ERR_BAD_INPUT;
    }
    if (!conf_hostport(a->conf, "hub", "listen", host, sizeof host, &port)) return ERR_BAD_INPUT;
    if (a->sync_port != 0) port = a->sync_port;
    if (port == 0 || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0) return ERR_BAD_INPUT;
    bool v6 = strchr(host, ':') != NULL;
    int n = snprintf(out, cap, v6 ? "[%s]:%u" : "%s:%u", host, (unsigned)port);
    return n > 0 && (size_t)n < cap ? ERR_OK : ERR_BAD_INPUT;
}

static json_t *hub_invite_make(struct hub_app *a, const char *unit, const char *name, int days,
                               bool again, struct admin_invite *inv)
{
    struct buf text;
    int64_t now = clock_wall_ms(), until = now + (int64_t)days * HUB_DAY_MS;
    randombytes_buf(inv->token, sizeof inv->token);
    inv->hub = a->keys.hub;
    memcpy(inv->transport_pk, a->keys.transport_pk, sizeof inv->transport_pk);
    memcpy(inv->sealing_pk, a->identity.parsed.sealing_pk, sizeof inv->sealing_pk);
    snprintf(inv->unit, sizeof inv->unit, "%s", unit);
    buf_init(&text, 2048);
    admin_invite_encode(inv, &text);
    enum err e = text.e;
    if (e == ERR_OK) e = hub_app_begin(a);
    if (e == ERR_OK) {
        if (again) e = hub_store_invite_withdraw(a->store, unit, now);
        if (e == ERR_OK) e = hub_store_invite_create(a->store, inv->token, unit, name, now, until);
        if (e == ERR_OK)
            e = hub_app_commit(a);
        else
            hub_app_abort(a);
    }
    json_t *j = e != ERR_OK ? hub_command_fail(e)
                            : json_pack("{s:s, s:s, s:s, s:s, s:o}", "invitation", buf_cstr(&text),
                                        "unit", unit, "name", name, "address", inv->address,
                                        "expires", hub_json_time(until));
    buf_free(&text);
    sodium_memzero(inv, sizeof *inv);
    return j;
}

/* Whose unit is not this hub's any more owes it no report of today: its PC would write reports that nobody takes. */
static void hub_invite_unit(struct hub_app *a, const char *unit, struct buf *vi, struct buf *en)
{
    char day[DATE_TEXT_ROOM];
    struct date today;
    const char *own = a->identity.unit;
    const struct catalogue *c = hub_store_catalogue(a->store);
    if (date_of_ms(clock_wall_ms(), &today) != ERR_OK ||
        (catalogue_unit_at(c, own, today) != NULL && catalogue_unit_within(c, unit, own, today)))
        return;
    date_print_vi(today, day);
    buf_printf(vi,
               "CHÚ Ý: theo danh mục, ngày %s đơn vị %s không còn thuộc đơn vị giữ trung tâm này "
               "(%s). Báo cáo của các kỳ "
               "sau khi sáp nhập không có nơi nhận: hãy mời tại trung tâm của đơn vị mới, hoặc sửa "
               "units.csv nếu danh mục sai.\n",
               day, unit, own);
    buf_printf(en,
               "NOTE: in the catalogue, on %s unit %s is not of this hub's unit (%s) any more. "
               "Nobody takes its reports of "
               "periods since the change: invite it at the hub of the new unit, or mend units.csv "
               "where it is wrong.\n",
               day, unit, own);
}

/* An address that dials, and not this hub: a PC that takes the invitation home waits for nobody there. */
static void hub_invite_reach(const struct hub_app *a, const struct hub_dial *d, bool typed,
                             struct buf *vi, struct buf *en)
{
    char host[ADMIN_ADDRESS_BYTES_MAX + 1];
    uint16_t port = a->sync_port, web = a->web_port, set = 0;
    if (port == 0 && conf_hostport(a->conf, "hub", "listen", host, sizeof host, &set)) port = set;
    if (web == 0 && conf_hostport(a->conf, "web", "listen", host, sizeof host, &set)) web = set;
    if (hub_dial_here(d)) {
        buf_printf(vi,
                   "CHÚ Ý: chỉ chính máy này gọi được %s; máy của xã thì không. Hãy đặt [hub] "
                   "address là tên hoặc địa chỉ mà xã gọi tới, rồi làm lại giấy mời.\n",
                   d->host);
        buf_printf(en,
                   "NOTE: only this machine reaches %s, no commune's PC does. Set [hub] address to "
                   "the name or address that communes dial, and make the invitation again.\n",
                   d->host);
    } else if (web != 0 && d->port == web && web != port) {
        buf_printf(vi, "CHÚ Ý: %u là cổng của trang này; máy xã gọi tới cổng %u.\n", d->port, port);
        buf_printf(en, "NOTE: %u is the port of this page; communes' PCs dial %u.\n", d->port,
                   port);
    } else if (typed && port != 0 && d->port != port) {
        buf_printf(vi,
                   "CHÚ Ý: trung tâm nghe ở cổng %u, giấy mời ghi cổng %u: đúng khi bộ định tuyến "
                   "chuyển cổng đó tới đây.\n",
                   port, d->port);
        buf_printf(en,
                   "NOTE: the hub listens at port %u, the invitation says %u: right where a router "
                   "sends that port here.\n",
                   port, d->port);
    }
}

/* `typed`: the address is of the request, not of the config, where who set it up chose the port. */
static void hub_invite_warn(struct hub_app *a, const char *unit, const struct hub_dial *d,
                            bool typed, json_t *j)
{
    struct buf vi, en;
    buf_init(&vi, HUB_INVITE_WORDS_MAX);
    buf_init(&en, HUB_INVITE_WORDS_MAX);
    hub_invite_unit(a, unit, &vi, &en);
    hub_invite_reach(a, d, typed, &vi, &en);
    if (vi.e == ERR_OK && en.e == ERR_OK && vi.len > 0) {
        json_object_set_new(j, "warning_vi", json_stringn((const char *)vi.p, vi.len - 1));
        json_object_set_new(j, "warning_en", json_stringn((const char *)en.p, en.len - 1));
    }
    buf_free(&vi);
    buf_free(&en);
}

json_t *hub_command_invite(struct hub_app *a, const json_t *request)
{
    struct admin_invite inv = {.address = ""};
    struct hub_dial dial;
    const char *unit = hub_request_str(request, "unit");
    json_t *d = json_object_get(request, "days");
    json_int_t days = d != NULL ? json_integer_value(d) : HUB_COMMAND_INVITE_DAYS;
    if (hub_store_catalogue(a->store) == NULL) return hub_command_fail(ERR_NOT_READY);
    const char *name = unit != NULL ? hub_unit_name(a, unit) : "";
    if (name[0] == '\0')
        return hub_command_error(ERR_BAD_INPUT, "Danh mục không có đơn vị mang mã này.",
                                 "The catalogue has no unit with this code.");
    if (days < 1 || days > HUB_COMMAND_INVITE_MAX)
        return hub_command_error(ERR_BAD_INPUT, "Số ngày phải từ 1 đến 60.",
                                 "Days are from 1 to 60.");
    if (hub_invite_address(a, request, inv.address, sizeof inv.address) != ERR_OK)
        return hub_command_error(
            ERR_CONFIG,
            "Chưa biết địa chỉ mà các xã gọi tới: đặt [hub] address trong dongbo.conf hoặc dùng "
            "--address MÁY:CỔNG.",
            "The address that communes dial is not known: set [hub] address in dongbo.conf or give "
            "--address HOST:PORT.");
    if (!hub_dial_read(inv.address, &dial))
        return hub_command_error(
            ERR_BAD_INPUT,
            "Địa chỉ viết MÁY:CỔNG, ví dụ hub.example:7350, không có https:// và không có dấu "
            "cách.",
            "An address is written HOST:PORT, for instance hub.example:7350, without https:// and "
            "without blanks.");
    bool again = json_is_true(json_object_get(request, "again")); /* in the place of earlier ones */
    json_t *j = hub_invite_make(a, unit, name, (int)days, again, &inv);
    if (json_object_get(j, "invitation") != NULL)
        hub_invite_warn(a, unit, &dial, hub_request_str(request, "address") != NULL, j);
    return j;
}

static enum err hub_invite_row(void *ctx, const struct hub_invite *i)
{
    const char *state = i->used ? "used" : i->expires_ms <= clock_wall_ms() ? "over" : "open";
    json_t *j =
        json_pack("{s:s, s:s, s:o, s:o, s:s, s:o}", "unit", i->unit, "name", i->unit_name,
                  "created", hub_json_time(i->created_ms), "expires", hub_json_time(i->expires_ms),
                  "state", state, "used", hub_json_time(i->used ? i->used_ms : 0));
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_invites(struct hub_app *a, const json_t *request)
{
    json_t *rows = json_array();
    (void)request;
    enum err e = hub_store_invites(a->store, hub_invite_row, rows);
    if (e == ERR_OK) return json_pack("{s:o}", "invites", rows);
    json_decref(rows);
    return hub_command_fail(e);
}

/* ---- nodes ---- */

struct hub_node_walk {
    struct hub_app *app;
    json_t *rows;
};

static enum err hub_node_row(void *ctx, const struct hub_node_row *n)
{
    struct hub_node_walk *w = ctx;
    struct buf words;
    buf_init(&words, 512);
    enum err e = words_text(&n->words, &words);
    json_t *j =
        json_pack("{s:o, s:s, s:s, s:s, s:s, s:b, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "node",
                  hub_json_hex(BYTES_OF(n->node.node.b)), "unit", n->node.unit, "unit_name",
                  hub_unit_name(w->app, n->node.unit), "name", n->name, "words",
                  e == ERR_OK ? buf_cstr(&words) : "", "revoked", (int)n->node.revoked, "contact",
                  hub_json_time(n->seen ? n->contact_ms : 0), "waiting",
                  (json_int_t)(n->seen ? n->waiting_sets : 0), "waiting_bytes",
                  (json_int_t)(n->seen ? n->waiting_bytes : 0), "delivered", (json_int_t)n->sets,
                  "applied", (json_int_t)n->cursor, "edition", (json_int_t)n->edition,
                  "clock_off_ms", (json_int_t)(n->seen ? n->clock_off_ms : 0));
    buf_free(&words);
    char id[2 * ID_HASH_BYTES + 1];
    id_hex(BYTES_OF(n->node.node.b), id);
    json_object_set_new(j, "id", json_stringn(id, 16)); /* what a person types */
    struct hub_rekeyed keys = {.position = 0};
    if (e == ERR_OK) e = hub_store_rekeyed(w->app->store, &n->node, &keys);
    if (e != ERR_OK) {
        json_decref(j);
        return e;
    }
    bool asked = keys.asked_position != 0 && !n->node.revoked;
    json_object_set_new(j, "key_changes", json_integer((json_int_t)keys.count));
    json_object_set_new(j, "keys_changed", hub_json_time(keys.at_ms));
    json_object_set_new(j, "keys_position", json_integer((json_int_t)keys.position));
    json_object_set_new(j, "keys_asked", json_string(asked ? keys.asked_why : ""));
    json_object_set_new(j, "state",
                        json_string(n->node.revoked ? "revoked"
                                    : asked         ? "keys asked"
                                                    : ""));
    return json_array_append_new(w->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_nodes(struct hub_app *a, const json_t *request)
{
    struct hub_node_walk w = {.app = a, .rows = json_array()};
    (void)request;
    enum err e = hub_store_nodes(a->store, hub_node_row, &w);
    if (e == ERR_OK) return json_pack("{s:o}", "nodes", w.rows);
    json_decref(w.rows);
    return hub_command_fail(e);
}

struct hub_node_seek { /* a node by the first digits of its id */
    const char *digits;
    struct hub_node_row *row;
    unsigned found;
};

static enum err hub_node_match(void *ctx, const struct hub_node_row *n)
{
    struct hub_node_seek *f = ctx;
    char hex[2 * ID_HASH_BYTES + 1];
    id_hex(BYTES_OF(n->node.node.b), hex);
    if (strncmp(hex, f->digits, strlen(f->digits)) != 0) return ERR_OK;
    *f->row = *n;
    f->found++;
    return ERR_OK;
}

json_t *hub_command_node(struct hub_app *a, const json_t *request, struct hub_node_row *out)
{
    struct hub_node_seek f = {.digits = hub_request_str(request, "node"), .row = out};
    if (f.digits == NULL || strlen(f.digits) < HUB_NODE_DIGITS_MIN)
        return hub_command_error(ERR_USAGE, "Cần ít nhất 8 chữ số đầu của mã máy (xem `nodes`).",
                                 "At least 8 digits of the node's id are needed (see `nodes`).");
    enum err e = hub_store_nodes(a->store, hub_node_match, &f);
    if (e != ERR_OK) return hub_command_fail(e);
    if (f.found == 1) return NULL;
    return hub_command_error(ERR_NOT_FOUND, "Không có đúng một máy xã mang mã này.",
                             "Not exactly one node has this id.");
}

/* ---- tokens ---- */

static json_t *hub_token_create(struct hub_app *a, const char *name)
{
    uint8_t token[HUB_TOKEN_BYTES];
    char text[sodium_base64_ENCODED_LEN(HUB_TOKEN_BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];
    if (text_check(bytes_str(name), MESSAGE_TEXT_MAX, TEXT_ONE_LINE) != ERR_OK)
        return hub_command_fail(ERR_BAD_INPUT);
    randombytes_buf(token, sizeof token);
    sodium_bin2base64(text, sizeof text, token, sizeof token,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    enum err e = hub_store_token_add(a->store, name, token, clock_wall_ms());
    json_t *j = e == ERR_OK       ? json_pack("{s:s, s:s}", "name", name, "token", text)
                : e == ERR_EXISTS ? hub_command_error(e, "Đã có mã truy cập mang tên này.",
                                                      "There is a token of this name already.")
                                  : hub_command_fail(e);
    sodium_memzero(token, sizeof token);
    sodium_memzero(text, sizeof text);
    return j;
}

static enum err hub_token_row(void *ctx, const struct hub_token *t)
{
    json_t *j = json_pack("{s:s, s:o, s:o}", "name", t->name, "created",
                          hub_json_time(t->created_ms), "revoked", hub_json_time(t->revoked_ms));
    return json_array_append_new(ctx, j) == 0 ? ERR_OK : ERR_NOMEM;
}

static json_t *hub_token_list(struct hub_app *a)
{
    json_t *rows = json_array();
    enum err e = hub_store_tokens(a->store, hub_token_row, rows);
    if (e == ERR_OK) return json_pack("{s:o}", "tokens", rows);
    json_decref(rows);
    return hub_command_fail(e);
}

struct hub_token_living {
    struct hub_app *app;
    const char *name;
};

/* A token is closed outside the database first: a restored copy does not open it again. */
static enum err hub_token_note(void *ctx, const struct hub_token *t)
{
    struct hub_token_living *l = ctx;
    if (t->revoked_ms != 0 || strcmp(t->name, l->name) != 0) return ERR_OK;
    return hub_closed_set(l->app, HUB_CLOSED_TOKEN, t->name, t->created_ms, true);
}

static enum err hub_token_close(struct hub_app *a, const char *name)
{
    struct hub_token_living l = {a, name};
    enum err e = hub_store_tokens(a->store, hub_token_note, &l);
    return e == ERR_OK ? hub_store_token_revoke(a->store, name, clock_wall_ms()) : e;
}

json_t *hub_command_token(struct hub_app *a, const json_t *request)
{
    const char *action = hub_request_str(request, "action");
    const char *name = hub_request_str(request, "name");
    if (action == NULL) return hub_command_fail(ERR_USAGE);
    if (strcmp(action, "list") == 0) return hub_token_list(a);
    if (name == NULL)
        return hub_command_error(ERR_USAGE, "Cần tên của mã truy cập.", "A name is needed.");
    if (strcmp(action, "create") == 0) return hub_token_create(a, name);
    if (strcmp(action, "revoke") != 0) return hub_command_fail(ERR_USAGE);
    enum err e = hub_token_close(a, name);
    if (e == ERR_NOT_FOUND)
        return hub_command_error(e, "Không có mã truy cập còn hiệu lực mang tên này.",
                                 "There is no living token of this name.");
    return e == ERR_OK ? json_pack("{s:s, s:b}", "name", name, "revoked", 1) : hub_command_fail(e);
}
