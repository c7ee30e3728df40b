/* officer, order, erase: the verbs. Keys and passphrases stay in this process. docs/erasure.md. */
#include "hub/tool.h"

#include "common/io/passphrase.h"
#include "hub/orders.h"
#include "proto/officer.h"
#include "proto/order.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- keys ---- */

static enum err hub_tool_passphrase(struct cli *c, bool twice, struct buf *out)
{
    struct buf again;
    const char *file = cli_opt(c, "passphrase");
    enum err e =
        passphrase_read(file, cli_text(c, "Mật khẩu của khóa: ", "Passphrase of the key: "), out);
    if (e == ERR_OK && twice && file == NULL) {
        buf_init(&again, 2 * PASSPHRASE_BYTES_MAX);
        e = passphrase_read(NULL, cli_text(c, "Nhập lại mật khẩu: ", "Once more: "), &again);
        if (e == ERR_OK && !bytes_equal(buf_bytes(&again), buf_bytes(out))) e = ERR_BAD_INPUT;
        key_wipe_buf(&again);
    }
    if (e == ERR_OK) return ERR_OK;
    return cli_fail(c, e, "Mật khẩu trống, quá dài, không đọc được hoặc hai lần nhập khác nhau.",
                    "The passphrase is empty, too long, unreadable or was typed differently.");
}

enum err hub_tool_officer_key(struct cli *c, struct key_sign *k)
{
    const char *path = cli_opt(c, "key");
    struct buf text, pass;
    if (path == NULL)
        return cli_fail(c, ERR_USAGE, "Cần --key TỆP: khóa riêng của cán bộ ký.",
                        "--key FILE is needed: the signing officer's own key.");
    enum err e = key_ready();
    if (e != ERR_OK) return e;
    buf_init(&text, OFFICER_FILE_BYTES_MAX);
    buf_init(&pass, 2 * PASSPHRASE_BYTES_MAX);
    e = file_read(path, OFFICER_FILE_BYTES_MAX, &text);
    if (e != ERR_OK) e = cli_fail(c, e, "Không đọc được tệp khóa.", "The key file cannot be read.");
    if (e == ERR_OK) e = hub_tool_passphrase(c, false, &pass);
    if (e == ERR_OK) {
        e = officer_load(k, buf_bytes(&pass), buf_bytes(&text));
        if (e == ERR_DENIED) e = cli_fail(c, e, "Sai mật khẩu.", "Wrong passphrase.");
        if (e == ERR_BAD_FORMAT || e == ERR_DAMAGED)
            e = cli_fail(c, e, "Đây không phải tệp khóa của cán bộ, hoặc tệp bị hỏng.",
                         "This is no officer's key file, or it is damaged.");
    }
    key_wipe_buf(&pass);
    key_wipe_buf(&text);
    return e;
}

static void hub_tool_hex(json_t *request, const char *key, const uint8_t *p, size_t len)
{
    char hex[2 * KEY_SIGNATURE_BYTES + 1];
    id_hex(bytes_make(p, len), hex);
    json_object_set_new(request, key, json_string(hex));
}

/* ---- officer ---- */

static bool hub_tool_roles(const char *text, unsigned *out)
{
    *out = 0;
    if (text == NULL || strcmp(text, "all") == 0) {
        *out = ORDER_ROLE_ALL;
        return true;
    }
    while (*text != '\0') {
        size_t n = strcspn(text, ",");
        unsigned role = order_role_of(bytes_make(text, n));
        if (role == 0) return false;
        *out |= role;
        text += n + (text[n] == ',');
    }
    return *out != 0;
}

static enum err hub_tool_officer_new(struct cli *c, const char *path, struct key_sign *k)
{
    struct buf text, pass;
    struct officer_cost cost = {.ops = OFFICER_OPS, .kib = OFFICER_KIB};
    if (file_exists(path))
        return cli_fail(c, ERR_EXISTS, "Đã có tệp mang tên này; không ghi đè.",
                        "There is a file of that name; nothing is overwritten.");
    buf_init(&text, OFFICER_FILE_BYTES_MAX);
    buf_init(&pass, 2 * PASSPHRASE_BYTES_MAX);
    enum err e = hub_tool_passphrase(c, true, &pass);
    if (e == ERR_OK) e = key_sign_make(k, KEY_OFFICER);
    if (e == ERR_OK) e = officer_save(k, buf_bytes(&pass), cost, &text);
    if (e == ERR_BAD_INPUT)
        e = cli_fail(c, e, "Mật khẩu cần ít nhất 10 ký tự.", "A passphrase has at least 10 bytes.");
    if (e == ERR_OK) e = file_create_private(path, buf_bytes(&text));
    key_wipe_buf(&pass);
    key_wipe_buf(&text);
    return e;
}

static enum err hub_tool_vouch(struct cli *c, const struct id_hash *hub, struct order_officer *o)
{
    struct key_sign root = {.secret = NULL};
    struct buf text;
    const char *path = cli_opt(c, "root");
    if (path == NULL) return ERR_OK;
    buf_init(&text, KEY_FILE_BYTES_MAX);
    enum err e = file_read_private(path, KEY_FILE_BYTES_MAX, &text);
    if (e == ERR_OK) e = key_sign_load(&root, KEY_ROOT, buf_bytes(&text));
    if (e == ERR_OK) e = order_officer_vouch(&root, hub, o);
    key_sign_free(&root);
    key_wipe_buf(&text);
    return e == ERR_OK ? e
                       : cli_fail(c, e, "Không đọc được khóa gốc.", "The root key cannot be read.");
}

static enum err hub_tool_hub_id(struct cli *c, struct hub_tool *t, struct id_hash *hub)
{
    json_t *r = NULL;
    enum err e =
        hub_tool_ask(c, t, json_pack("{s:s, s:s}", "verb", "officer", "action", "list"), &r);
    if (e != ERR_OK) return e;
    const char *hex = json_string_value(json_object_get(r, "hub"));
    e = hex != NULL ? id_unhex(hex, hub->b, sizeof hub->b) : ERR_BAD_FORMAT;
    json_decref(r);
    return e;
}

static void hub_print_officer(const struct cli *c, const json_t *r)
{
    printf(cli_text(
               c,
               "Đã ghi cán bộ %s. Giữ tệp khóa và mật khẩu ở nơi an toàn: không ai cấp lại được.\n",
               "Officer %s is recorded. Keep the key file and its passphrase safe: nobody can "
               "make them again.\n"),
           json_string_value(json_object_get(r, "name")));
}

static enum err hub_tool_officer_add(struct cli *c, struct hub_tool *t)
{
    struct key_sign k = {.secret = NULL};
    struct order_officer o = {.name = bytes_str(c->args[1])};
    struct id_hash hub;
    const char *path = cli_opt(c, "key");
    if (path == NULL || !hub_tool_roles(cli_opt(c, "role"), &o.roles))
        return cli_fail(c, ERR_USAGE,
                        "Cần --key TỆP (tệp khóa mới, ví dụ trên USB) và --role "
                        "all|erase,reopen,restore,keys.",
                        "--key FILE (the new key file, on a USB stick for instance) and --role "
                        "all|erase,reopen,restore,keys are needed.");
    enum err e = key_ready();
    if (e == ERR_OK) e = hub_tool_hub_id(c, t, &hub);
    if (e == ERR_OK) e = hub_tool_officer_new(c, path, &k);
    if (e != ERR_OK) return e;
    memcpy(o.pk, k.public, sizeof o.pk);
    e = order_officer_prove(&k, &hub, &o);
    if (e == ERR_OK) e = hub_tool_vouch(c, &hub, &o);
    key_sign_free(&k);
    if (e == ERR_OK) {
        json_t *q = json_pack("{s:s, s:s, s:s, s:i}", "verb", "officer", "action", "add", "name",
                              c->args[1], "roles", (int)o.roles);
        hub_tool_hex(q, "pk", o.pk, sizeof o.pk);
        hub_tool_hex(q, "proof", o.proof, sizeof o.proof);
        if (o.has_root) hub_tool_hex(q, "root", o.root, sizeof o.root);
        e = hub_tool_show(c, t, q, hub_print_officer);
    }
    if (e != ERR_OK && file_remove(path) != ERR_OK) return e; /* a key that nobody knows */
    return e;
}

static void hub_print_officers(const struct cli *c, const json_t *r)
{
    size_t i;
    json_t *o;
    const char *headings[] = {cli_text(c, "Cán bộ", "Officer"), cli_text(c, "Quyền", "Roles"),
                              cli_text(c, "Khóa", "Key"), cli_text(c, "Thu hồi", "Revoked")};
    json_t *list = json_object_get(r, "officers");
    size_t n = json_array_size(list), k = 0;
    const char **cells = calloc(4 * n + 1, sizeof *cells);
    char(*roles)[64] = calloc(n + 1, sizeof *roles);
    struct buf out;
    buf_init(&out, 1 << 20);
    json_array_foreach(list, i, o)
    {
        size_t m;
        json_t *role;
        if (cells == NULL || roles == NULL) break;
        json_array_foreach(json_object_get(o, "roles"), m, role)
        {
            size_t at = strlen(roles[i]);
            snprintf(roles[i] + at, sizeof roles[i] - at, "%s%s", at > 0 ? "," : "",
                     json_string_value(role));
        }
        cells[k++] = json_string_value(json_object_get(o, "name"));
        cells[k++] = roles[i];
        cells[k++] = json_string_value(json_object_get(o, "pk"));
        cells[k++] = json_is_true(json_object_get(o, "revoked"))
                         ? json_string_value(json_object_get(o, "why"))
                         : "-";
    }
    if (cells != NULL && roles != NULL) cli_table(&out, headings, 4, cells, k / 4);
    fputs(buf_cstr(&out), stdout);
    buf_free(&out);
    free(cells);
    free(roles);
}

static void hub_print_done(const struct cli *c, const json_t *r)
{
    (void)r;
    printf("%s\n", cli_text(c, "Đã làm xong.", "Done."));
}

enum err hub_tool_officer(struct cli *c, void *ctx)
{
    const char *what = c->args[0];
    json_t *q = json_pack("{s:s, s:s}", "verb", "officer", "action", what);
    if (strcmp(what, "list") == 0) return hub_tool_show(c, ctx, q, hub_print_officers);
    if (strcmp(what, "revoke") == 0 && c->arg_count == 2) {
        json_object_set_new(q, "name", json_string(c->args[1]));
        hub_tool_copy(c, q, "reason", "reason");
        return hub_tool_show(c, ctx, q, hub_print_done);
    }
    json_decref(q);
    if (strcmp(what, "add") == 0 && c->arg_count == 2) return hub_tool_officer_add(c, ctx);
    return cli_fail(c, ERR_USAGE, "Dùng: officer add TÊN | list | revoke TÊN.",
                    "Use: officer add NAME | list | revoke NAME.");
}

/* ---- order ---- */

/* Of an order to reopen. */
static void hub_print_order_period(const struct cli *c, const json_t *what)
{
    const char *report = json_string_value(json_object_get(what, "report"));
    if (report == NULL) return;
    printf(cli_text(c, "  báo cáo %s, kỳ %s, đơn vị %s, bản số %lld\n",
                    "  report %s, period %s, unit %s, issue %lld\n"),
           report, json_string_value(json_object_get(what, "period")),
           json_string_value(json_object_get(what, "unit")),
           (long long)json_integer_value(json_object_get(what, "number")));
}

/* Of an order about who reads sealed fields. */
static void hub_print_order_reader(const struct cli *c, const json_t *what)
{
    const char *reader = json_string_value(json_object_get(what, "reader"));
    if (reader == NULL) return;
    printf("  %s %s: %s\n    %s %s\n",
           json_is_true(json_object_get(what, "reads")) ? cli_text(c, "được đọc", "may read")
                                                        : cli_text(c, "thôi đọc", "reads no more"),
           reader, json_string_value(json_object_get(what, "key")),
           cli_text(c, "sáu từ của khóa đọc:", "six words of the reading key:"),
           json_string_value(json_object_get(what, "key_words")));
}

/* Of an order that confirms a restore, as long as it is of use. */
static void hub_print_order_restore(const struct cli *c, const json_t *what)
{
    size_t i;
    json_t *name;
    const char *back = json_string_value(json_object_get(what, "went_back"));
    if (back == NULL) return;
    printf(
        cli_text(
            c,
            "  trung tâm lùi về bản cũ lúc %.16s; máy xã đã gửi lại xong: %lld trên %lld, đã gọi "
            "đến: %lld\n",
            "  the hub went back at %.16s; PCs that have finished sending again: %lld of %lld, "
            "that have called: %lld\n"),
        back, (long long)json_integer_value(json_object_get(what, "finished")),
        (long long)json_integer_value(json_object_get(what, "nodes")),
        (long long)json_integer_value(json_object_get(what, "called")));
    json_array_foreach(json_object_get(what, "unfinished"), i, name)
        printf("    %s: %s\n", cli_text(c, "đã gọi đến, chưa xong", "called, not finished"),
               json_string_value(name));
    json_array_foreach(json_object_get(what, "missing"), i, name)
        printf("    %s: %s\n", cli_text(c, "chưa thấy", "not yet"), json_string_value(name));
}

static void hub_print_order(const struct cli *c, const json_t *o)
{
    size_t i;
    json_t *v;
    const char *word = hub_tool_str(o, "kind");
    const struct hub_order_kind *kind = hub_order_kind(bytes_str(word));
    printf("%.16s  %s  %s\n", json_string_value(json_object_get(o, "id")),
           kind != NULL ? cli_text(c, kind->vi, kind->en) : word,
           strcmp(json_string_value(json_object_get(o, "state")), "approved") == 0
               ? cli_text(c, "đã thi hành", "carried out")
               : cli_text(c, "chờ người thứ hai ký", "waits for a second signature"));
    printf("  %s: %s\n", cli_text(c, "sáu từ", "six words"),
           json_string_value(json_object_get(o, "words")));
    printf("  %s: %s\n", cli_text(c, "căn cứ", "basis"),
           json_string_value(json_object_get(o, "basis")));
    json_array_foreach(json_object_get(o, "signed_by"), i, v)
        printf("  %s: %s\n", cli_text(c, "đã ký", "signed by"), json_string_value(v));
    hub_print_order_period(c, json_object_get(o, "what"));
    hub_print_order_reader(c, json_object_get(o, "what"));
    hub_print_order_restore(c, json_object_get(o, "what"));
    json_array_foreach(json_object_get(json_object_get(o, "what"), "records"), i, v) printf(
        "  %s %s  %s  %s\n", cli_text(c, "hồ sơ", "record"),
        json_string_value(json_object_get(v, "id")), json_string_value(json_object_get(v, "type")),
        json_string_value(json_object_get(v, "unit")));
    json_array_foreach(json_object_get(json_object_get(o, "what"), "ops"), i, v)
        printf("  %s %s:%lld:%lld\n", cli_text(c, "thay đổi", "op"),
               json_string_value(json_object_get(v, "log")),
               (long long)json_integer_value(json_object_get(v, "seq")),
               (long long)json_integer_value(json_object_get(v, "op")));
}

static void hub_print_orders(const struct cli *c, const json_t *r)
{
    size_t i;
    json_t *o;
    json_array_foreach(json_object_get(r, "orders"), i, o) hub_print_order(c, o);
}

/* The request that the order answers (--request) names it from now on. */
static enum err hub_tool_answers(struct cli *c, struct hub_tool *t, struct bytes order)
{
    struct id_hash id;
    char hex[2 * ID_HASH_BYTES + 1];
    json_t *response = NULL;
    if (strcmp(c->verb->name, "erase") != 0 || !cli_has(c, "request")) return ERR_OK;
    order_id(order, &id);
    id_hex(BYTES_OF(id.b), hex);
    json_t *q = hub_tool_request(c, "request");
    json_object_set_new(q, "action", json_string("set"));
    hub_tool_copy(c, q, "request", "id");
    json_object_set_new(q, "values", json_pack("{s:s}", "order_id", hex));
    enum err e = hub_tool_ask(c, t, q, &response);
    json_decref(response);
    return e;
}

/* Sign the order in `shown` ("order", base64) with the officer's key and send it on. */
static enum err hub_tool_sign(struct cli *c, struct hub_tool *t, const json_t *shown,
                              const char *action)
{
    const char *text = json_string_value(json_object_get(shown, "order"));
    struct key_sign k = {.secret = NULL};
    uint8_t signature[KEY_SIGNATURE_BYTES];
    uint8_t *order = malloc(ORDER_BYTES_MAX);
    size_t len = 0;
    enum err e = order != NULL ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK &&
        (text == NULL || sodium_base642bin(order, ORDER_BYTES_MAX, text, strlen(text), NULL, &len,
                                           NULL, sodium_base64_VARIANT_ORIGINAL) != 0))
        e = ERR_BAD_FORMAT;
    if (e == ERR_OK) e = hub_tool_officer_key(c, &k);
    if (e == ERR_OK) e = order_sign(&k, bytes_make(order, len), signature);
    if (e == ERR_OK) {
        json_t *q = json_pack("{s:s, s:s, s:s}", "verb", "order", "action", action, "order", text);
        const char *id = json_string_value(json_object_get(shown, "id"));
        if (id != NULL) json_object_set_new(q, "id", json_string(id));
        hub_tool_hex(q, "pk", k.public, sizeof k.public);
        hub_tool_hex(q, "signature", signature, sizeof signature);
        e = hub_tool_show(c, t, q, hub_print_order);
    }
    if (e == ERR_OK) e = hub_tool_answers(c, t, bytes_make(order, len));
    key_sign_free(&k);
    free(order);
    return e;
}

enum err hub_tool_propose(struct cli *c, struct hub_tool *t, const json_t *draft)
{
    return hub_tool_sign(c, t, draft, "propose");
}

/* An order that another verb drafted, out of the file that it was written to. */
static enum err hub_tool_propose_file(struct cli *c, struct hub_tool *t)
{
    struct buf text;
    buf_init(&text, 2 * ORDER_BYTES_MAX);
    enum err e = file_read(c->args[1], 2 * ORDER_BYTES_MAX, &text);
    if (e != ERR_OK)
        e = cli_fail(c, e, "Không đọc được tệp lệnh.", "The file of the order cannot be read.");
    while (e == ERR_OK && text.len > 0 &&
           (text.p[text.len - 1] == '\n' || text.p[text.len - 1] == '\r'))
        text.len--;
    if (e == ERR_OK) {
        json_t *draft = json_pack("{s:s%}", "order", (const char *)text.p, text.len);
        e = draft != NULL ? hub_tool_propose(c, t, draft)
                          : cli_fail(c, ERR_BAD_FORMAT, "Tệp này không phải lệnh đã soạn.",
                                     "This file is no drafted order.");
        json_decref(draft);
    }
    buf_free(&text);
    return e;
}

/* What is signed is what is shown here, out of the very bytes. */
static enum err hub_tool_approve(struct cli *c, struct hub_tool *t)
{
    json_t *shown = NULL;
    enum err e = hub_tool_ask(
        c, t, json_pack("{s:s, s:s, s:s}", "verb", "order", "action", "show", "id", c->args[1]),
        &shown);
    if (e == ERR_OK && !c->json) hub_print_order(c, shown);
    if (e == ERR_OK) e = hub_tool_sign(c, t, shown, "approve");
    json_decref(shown);
    return e;
}

static enum err hub_tool_order_do(struct cli *c, struct hub_tool *t, const char *kind)
{
    const char *what = c->args[0];
    json_t *q = json_pack("{s:s, s:s}", "verb", "order", "action", what);
    if (strcmp(what, "list") == 0) {
        if (kind != NULL) json_object_set_new(q, "kind", json_string(kind));
        return hub_tool_show(c, t, q, hub_print_orders);
    }
    bool show = strcmp(what, "show") == 0, drop = strcmp(what, "withdraw") == 0;
    if ((show || drop) && c->arg_count == 2) {
        json_object_set_new(q, "id", json_string(c->args[1]));
        return hub_tool_show(c, t, q, show ? hub_print_order : hub_print_done);
    }
    json_decref(q);
    if (strcmp(what, "approve") == 0 && c->arg_count == 2) return hub_tool_approve(c, t);
    if (strcmp(what, "propose") == 0 && kind == NULL && c->arg_count == 2)
        return hub_tool_propose_file(c, t);
    return cli_fail(
        c, ERR_USAGE,
        kind == NULL ? "Dùng: list, show LỆNH, propose TỆP, approve LỆNH, withdraw LỆNH."
                     : "Dùng: propose MÃ_HỒ_SƠ..., find MÃ_HỒ_SƠ, list, show LỆNH, approve "
                       "LỆNH, withdraw LỆNH.",
        kind == NULL ? "Use: list, show ORDER, propose FILE, approve ORDER, withdraw ORDER."
                     : "Use: propose RECORD..., find RECORD, list, show ORDER, approve ORDER, "
                       "withdraw ORDER.");
}

enum err hub_tool_order(struct cli *c, void *ctx)
{
    return hub_tool_order_do(c, ctx, NULL);
}

/* ---- erase ---- */

static enum err hub_tool_erase_propose(struct cli *c, struct hub_tool *t)
{
    json_t *ids = json_array(), *draft = NULL;
    for (int i = 1; i < c->arg_count; i++)
        json_array_append_new(ids, json_string(c->args[i]));
    json_t *q = json_pack("{s:s, s:s, s:o}", "verb", "erase", "action", "draft", "ids", ids);
    hub_tool_copy(c, q, "basis", "basis");
    enum err e = hub_tool_ask(c, t, q, &draft);
    if (e == ERR_OK) e = hub_tool_sign(c, t, draft, "propose");
    json_decref(draft);
    return e;
}

static void hub_print_ops(const struct cli *c, const json_t *r)
{
    size_t i, k;
    json_t *o, *f;
    json_array_foreach(json_object_get(r, "ops"), i, o)
    {
        printf("%s:%lld:%lld  %s ", json_string_value(json_object_get(o, "log")),
               (long long)json_integer_value(json_object_get(o, "seq")),
               (long long)json_integer_value(json_object_get(o, "op")),
               json_is_true(json_object_get(o, "erased"))
                   ? cli_text(c, "đã xóa", "erased")
                   : json_string_value(json_object_get(o, "kind")));
        json_array_foreach(json_object_get(o, "fields"), k, f)
            printf(" %lld", (long long)json_integer_value(f));
        printf("\n");
    }
}

enum err hub_tool_erase(struct cli *c, void *ctx)
{
    if (strcmp(c->args[0], "propose") == 0 && c->arg_count > 1)
        return hub_tool_erase_propose(c, ctx);
    if (strcmp(c->args[0], "find") == 0 && c->arg_count == 2)
        return hub_tool_show(
            c, ctx,
            json_pack("{s:s, s:s, s:s}", "verb", "erase", "action", "find", "id", c->args[1]),
            hub_print_ops);
    return hub_tool_order_do(c, ctx, "erase");
}
