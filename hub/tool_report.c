/* Verbs about reports. */
#include "hub/tool.h"

#include "hub/export.h"
#include "hub/paper.h"
#include "hub/verify.h"

#include <stdio.h>

static json_t *hub_tool_period(const struct cli *c, const char *verb)
{
    json_t *q = hub_tool_request(c, verb);
    hub_tool_copy(c, q, "report", "report");
    hub_tool_copy(c, q, "period", "period");
    hub_tool_copy(c, q, "unit", "unit");
    return q;
}

enum err hub_tool_report(struct cli *c, void *ctx)
{
    json_t *response = NULL;
    if (c->arg_count > 0) return hub_tool_report_step(c, ctx);
    enum err e = hub_tool_ask(c, ctx, hub_tool_period(c, "report"), &response);
    if (e != ERR_OK) return e;
    if (c->json)
        cli_print_json(json_object_get(response, "report"));
    else
        fputs(json_string_value(json_object_get(response, "text")), stdout);
    json_decref(response);
    return ERR_OK;
}

static void hub_print_closed(const struct cli *c, const json_t *r)
{
    printf(cli_text(c, "Đã chốt %s kỳ %s, bản số %lld (mã %lld). Số liệu này không đổi nữa.\n",
                    "Closed %s for %s, issue %lld (id %lld). These figures never change.\n"),
           json_string_value(json_object_get(r, "report")),
           json_string_value(json_object_get(r, "period")),
           (long long)json_integer_value(json_object_get(r, "number")),
           (long long)json_integer_value(json_object_get(r, "id")));
    long long nothing = json_integer_value(json_object_get(r, "nothing_sent"));
    if (nothing > 0)
        printf(cli_text(c, "Có %lld đơn vị chưa gửi gì; báo cáo ghi rõ tên.\n",
                        "%lld units have sent nothing; the report names them.\n"),
               nothing);
    const json_t *missing = json_object_get(r, "missing");
    for (size_t i = 0; i < json_array_size(missing); i++) {
        const json_t *m = json_array_get(missing, i);
        printf("%s: %s %s %s (%s)\n", cli_text(c, "Chưa đầy đủ, thiếu", "Incomplete, missing"),
               json_string_value(json_object_get(m, "name")),
               json_string_value(json_object_get(m, "report")),
               json_string_value(json_object_get(m, "period")),
               json_string_value(json_object_get(m, c->en ? "state_en" : "state_vi")));
    }
    if (json_is_true(json_object_get(r, "early")))
        printf("%s\n", cli_text(c, "Kỳ số liệu chưa hết: dữ liệu đến sau sẽ là số liệu muộn.",
                                "The data window is not over: what comes later will be late."));
    const json_t *doubts = json_object_get(r, "doubts");
    hub_print_doubts(c, doubts);
    if (json_integer_value(json_object_get(doubts, "records")) > 0)
        printf(cli_text(c, "Xem từng hồ sơ: dongbo-hub doubts --report %s --period %s\n",
                        "Which ones: dongbo-hub doubts --report %s --period %s\n"),
               hub_tool_str(r, "report"), hub_tool_str(r, "period"));
}

enum err hub_tool_close_period(struct cli *c, void *ctx)
{
    json_t *q = hub_tool_period(c, "close");
    if (cli_has(c, "complete")) json_object_set_new(q, "complete", json_true());
    hub_tool_copy(c, q, "names-seen", "names_seen");
    return hub_tool_show(c, ctx, q, hub_print_closed);
}

enum err hub_tool_issues(struct cli *c, void *ctx)
{
    return hub_tool_show(c, ctx, hub_tool_request(c, "issues"), hub_print_issues);
}

enum err hub_tool_taken(struct cli *c, void *ctx)
{
    json_int_t issue = 0;
    json_t *q = hub_tool_request(c, "taken");
    enum err e = hub_tool_number(c, "issue", 0, &issue);
    if (e != ERR_OK) {
        json_decref(q);
        return e;
    }
    json_object_set_new(q, "issue", json_integer(issue));
    return hub_tool_show(c, ctx, q, hub_print_taken);
}

static void hub_print_exported(const struct cli *c, const json_t *r)
{
    printf(cli_text(c, "Đã ghi %lld tệp và chữ ký vào %s; kiểm tra: minisign -V -p %s -m TỆP\n",
                    "%lld files with signatures are in %s; check: minisign -V -p %s -m FILE\n"),
           (long long)json_integer_value(json_object_get(r, "files")),
           json_string_value(json_object_get(r, "folder")),
           json_string_value(json_object_get(r, "pubkey")));
}

enum err hub_tool_export(struct cli *c, void *ctx)
{
    char folder[FILE_PATH_BYTES_MAX];
    json_int_t issue;
    const char *out = cli_opt(c, "out");
    enum err e = hub_tool_number(c, "issue", 0, &issue);
    if (e != ERR_OK) return e;
    if (out == NULL || issue == 0)
        return cli_fail(c, ERR_USAGE, "Cần --issue SỐ (xem `issues`) và --out THƯ_MỤC.",
                        "--issue N (see `issues`) and --out DIR are needed.");
    e = file_full(out, folder); /* made when there is something to put into it */
    if (e != ERR_OK) return cli_fail(c, e, NULL, NULL);
    json_t *q = hub_tool_request(c, "export");
    json_object_set_new(q, "issue", json_integer(issue));
    json_object_set_new(q, "folder", json_string(folder));
    return hub_tool_show(c, ctx, q, hub_print_exported);
}

/* ---- verify ---- */

/* The key as a letter prints it ("RW..."), for who has no file of it. */
static bool hub_tool_key_text(const char *given, struct buf *key)
{
    if (given == NULL || strlen(given) != MINISIGN_PUBLIC_CHARS || strncmp(given, "RW", 2) != 0)
        return false;
    buf_printf(key, "untrusted comment: typed\n%s\n", given);
    return true;
}

static enum err hub_tool_key(const struct cli *c, const char *file, struct buf *key)
{
    char path[FILE_PATH_BYTES_MAX];
    const char *given = cli_opt(c, "pubkey");
    if (hub_tool_key_text(given, key)) return key->e;
    const char *slash = strrchr(file, '/');
    int n = given != NULL   ? snprintf(path, sizeof path, "%s", given)
            : slash == NULL ? snprintf(path, sizeof path, "%s", HUB_EXPORT_KEY_NAME)
                            : snprintf(path, sizeof path, "%.*s/%s", (int)(slash - file), file,
                                       HUB_EXPORT_KEY_NAME);
    if (n < 0 || (size_t)n >= sizeof path) return ERR_TOO_LARGE;
    return file_read(path, MINISIGN_FILE_BYTES_MAX, key);
}

/* The file or text of the key is none: that says nothing of what it should verify. */
static enum err hub_tool_key_good(struct cli *c, const struct buf *key)
{
    if (minisign_public_good(buf_bytes(key))) return ERR_OK;
    return cli_fail(c, ERR_BAD_INPUT,
                    "Tệp khóa công khai (--pubkey) không phải khóa minisign; chưa kiểm tra gì.",
                    "The public key (--pubkey) is no minisign key; nothing was verified.");
}

/* The key itself, MINISIGN_PUBLIC_CHARS of it, out of a file that is good (its second line). */
static const char *hub_tool_key_line(struct buf *key)
{
    return strchr(buf_cstr(key), '\n') + 1;
}

/* With which key it was good. A key that came with the file proves only that both came from one hand. */
static void hub_tool_key_told(const struct cli *c, struct buf *key)
{
    printf("%s: %.*s\n", cli_text(c, "Khóa công khai", "Public key"), (int)MINISIGN_PUBLIC_CHARS,
           hub_tool_key_line(key));
    if (cli_opt(c, "pubkey") == NULL)
        printf(
            "%s\n",
            cli_text(c, "Khóa này đến cùng với tệp: hãy so với khóa trong công văn của trung tâm.",
                     "This key came with the file: compare it with the one in the hub's letter."));
}

static void hub_tool_key_json(const struct cli *c, struct buf *key, json_t *out)
{
    json_object_set_new(out, "ok", json_true());
    json_object_set_new(out, "pubkey", json_stringn(hub_tool_key_line(key), MINISIGN_PUBLIC_CHARS));
    json_object_set_new(out, "key_came_along", json_boolean(cli_opt(c, "pubkey") == NULL));
    cli_print_json(out);
    json_decref(out);
}

static void hub_print_file_good(const struct cli *c, struct buf *key, struct buf *trusted)
{
    if (c->json) {
        hub_tool_key_json(c, key, json_pack("{s:s}", "trusted", buf_cstr(trusted)));
        return;
    }
    printf("%s: %s\n", cli_text(c, "Chữ ký đúng", "The signature is good"), buf_cstr(trusted));
    hub_tool_key_told(c, key);
}

static enum err hub_tool_verify_file(struct cli *c, const char *file)
{
    struct buf key, trusted;
    buf_init(&key, MINISIGN_FILE_BYTES_MAX);
    buf_init(&trusted, MINISIGN_FILE_BYTES_MAX);
    enum err e = hub_tool_key(c, file, &key);
    if (e == ERR_OK) e = hub_tool_key_good(c, &key);
    if (e == ERR_OK) e = hub_verify_file(file, buf_bytes(&key), &trusted);
    if (e == ERR_OK) hub_print_file_good(c, &key, &trusted);
    buf_free(&key);
    buf_free(&trusted);
    if (e == ERR_OK || c->told) return e;
    if (e == ERR_BAD_SIGNATURE || e == ERR_BAD_FORMAT)
        return cli_fail(c, ERR_BAD_SIGNATURE,
                        "Chữ ký KHÔNG đúng: tệp đã bị sửa hoặc không phải của trung tâm này.",
                        "The signature is NOT good: the file was changed or is not of this hub.");
    return cli_fail(c, e, "Không đọc được tệp, chữ ký (.minisig) hoặc khóa công khai.",
                    "The file, its signature (.minisig) or the public key cannot be read.");
}

static void hub_print_paper_good(const struct cli *c, struct buf *key,
                                 const struct hub_paper *paper)
{
    char hex[2 * ID_HASH_BYTES + 1];
    id_hex(BYTES_OF(paper->figures.b), hex);
    if (c->json) {
        hub_tool_key_json(c, key,
                          json_pack("{s:s, s:s, s:s, s:I, s:s}", "report", paper->report, "unit",
                                    paper->unit, "period", paper->period, "issue",
                                    (json_int_t)paper->number, "figures", hex));
        return;
    }
    hub_tool_key_told(c, key);
    printf(cli_text(c, "Chữ ký đúng: %s, đơn vị %s, kỳ %s, bản số %u, mã số liệu %s\n",
                    "The signature is good: %s, unit %s, period %s, issue %u, figures %s\n"),
           paper->report, paper->unit, paper->period, (unsigned)paper->number, hex);
}

/* The line out of a QR code: needs no hub, only its public key. */
static enum err hub_tool_verify_paper(struct cli *c, const char *line)
{
    struct hub_paper paper;
    struct buf key;
    buf_init(&key, MINISIGN_FILE_BYTES_MAX);
    enum err e = hub_tool_key(c, "", &key);
    if (e != ERR_OK)
        e = cli_fail(c, e, "Không đọc được khóa công khai (--pubkey).",
                     "The public key cannot be read (--pubkey).");
    if (e == ERR_OK) e = hub_tool_key_good(c, &key);
    if (e == ERR_OK) e = hub_verify_paper(bytes_str(line), buf_bytes(&key), &paper);
    if (e == ERR_OK) hub_print_paper_good(c, &key, &paper);
    buf_free(&key);
    if (e == ERR_OK || c->told) return e;
    return cli_fail(c, ERR_BAD_SIGNATURE,
                    "Dòng này KHÔNG phải do trung tâm ký: bản in đã bị sửa hoặc đọc sai.",
                    "This line is NOT signed by the hub: the paper was changed or misread.");
}

static void hub_print_lost(const struct cli *c, const json_t *r)
{
    const json_t *lost = json_object_get(r, "lost");
    long long more = json_integer_value(json_object_get(r, "lost_count"));
    for (size_t i = 0; i < json_array_size(lost); i++, more--) {
        const json_t *v = json_array_get(lost, i);
        long long order = json_integer_value(json_object_get(v, "order"));
        const char *value = json_string_value(json_object_get(v, "value"));
        printf(
            cli_text(c, "Không lập lại được: chỉ tiêu %lld (%s)%s%s, đơn vị %s: hồ sơ %s, gói %s, ",
                     "Cannot be derived again: line %lld (%s)%s%s, unit %s: record %s, set %s, "),
            (long long)json_integer_value(json_object_get(v, "line")),
            json_string_value(json_object_get(v, "indicator")), value[0] != '\0' ? " " : "", value,
            json_string_value(json_object_get(v, "unit")),
            json_string_value(json_object_get(v, "record")),
            json_string_value(json_object_get(v, "set")));
        if (order > 0)
            printf(cli_text(c, "đã xóa theo lệnh số %lld.\n", "erased by order %lld.\n"), order);
        else
            printf("%s\n", cli_text(c, "nhật ký không còn.", "the log has it no more."));
    }
    if (more > 0) printf(cli_text(c, "… và %lld nữa.\n", "... and %lld more.\n"), more);
}

static void hub_print_unlike(const struct cli *c, const json_t *r)
{
    const json_t *unlike = json_object_get(r, "unexplained");
    for (size_t i = 0; i < json_array_size(unlike); i++) {
        const json_t *v = json_array_get(unlike, i);
        const char *value = hub_tool_str(v, "value");
        if (strcmp(hub_tool_str(v, "what"), "cell") == 0)
            printf(cli_text(
                       c,
                       "KHÁC mà không lệnh xóa nào giải thích: chỉ tiêu %lld (%s)%s%s, đơn vị %s\n",
                       "DIFFERENT, and no erasure explains it: line %lld (%s)%s%s, unit %s\n"),
                   (long long)json_integer_value(json_object_get(v, "line")),
                   hub_tool_str(v, "indicator"), value[0] != '\0' ? " " : "", value,
                   hub_tool_str(v, "unit"));
        else
            printf(cli_text(c, "KHÁC mà không lệnh xóa nào giải thích: %s %s\n",
                            "DIFFERENT, and no erasure explains it: %s %s\n"),
                   hub_tool_str(v, "what"), value);
    }
    const json_t *read = json_object_get(r, "read_erased");
    for (size_t i = 0; i < json_array_size(read); i++) {
        const json_t *v = json_array_get(read, i);
        printf(cli_text(c, "Chỉ tiêu %lld (%s) đã đọc hồ sơ %s (%s), đã xóa theo lệnh số %lld.\n",
                        "Line %lld (%s) had read record %s (%s), erased by order %lld.\n"),
               (long long)json_integer_value(json_object_get(v, "line")),
               hub_tool_str(v, "indicator"), hub_tool_str(v, "record"), hub_tool_str(v, "type"),
               (long long)json_integer_value(json_object_get(v, "order")));
    }
}

/* What an erasure means for an issue, in one sentence. */
static void hub_print_erased(const struct cli *c, const json_t *r)
{
    if (json_integer_value(json_object_get(r, "erased")) == 0) return;
    printf(cli_text(c,
                    "Đã xóa sau khi chốt: %lld đóng góp không lập lại được, %lld ô số liệu khác.\n",
                    "Erased since the closing: %lld contributions lost, %lld cells differ.\n"),
           (long long)json_integer_value(json_object_get(r, "lost_count")),
           (long long)json_integer_value(json_object_get(r, "differing")));
    if (json_is_false(json_object_get(r, "traced")))
        printf(
            "%s\n",
            cli_text(c,
                     "Kỳ này chốt trước khi chương trình giữ danh sách hồ sơ đã đọc: số liệu không "
                     "lập lại được nữa thì không biết có phải vì lệnh xóa hay không.",
                     "It was closed before the program kept what figures are read from: whether an "
                     "erasure is why figures no longer come out cannot be told."));
}

void hub_print_finding(FILE *to, const struct cli *c, const json_t *f)
{
    long long position = (long long)json_integer_value(json_object_get(f, "position"));
    const char *table = hub_tool_str(f, "table"), *id = hub_tool_str(f, "id");
    const char *what = table[0] != '\0' ? table : id;
    if (position > 0) fprintf(to, "%lld: ", position);
    fprintf(to, "%s%s%s\n", hub_tool_str(f, c->en ? "en" : "vi"), what[0] != '\0' ? ": " : "",
            what);
}

static void hub_print_verified(const struct cli *c, const json_t *r)
{
    hub_print_lost(c, r);
    hub_print_unlike(c, r);
    hub_print_erased(c, r);
    const json_t *findings = json_object_get(r, "findings");
    for (size_t i = 0; i < json_array_size(findings); i++)
        hub_print_finding(stdout, c, json_array_get(findings, i));
    printf("%s\n", json_is_true(json_object_get(r, "ok"))
                       ? cli_text(c, "Đúng: mọi thứ khớp.", "Good: everything fits.")
                       : cli_text(c, "SAI: có điểm không khớp.", "WRONG: something does not fit."));
    hub_print_lines(c, r);
}

enum err hub_tool_verify(struct cli *c, void *ctx)
{
    struct hub_tool *t = ctx;
    json_int_t issue;
    json_t *response = NULL;
    const char *file = cli_opt(c, "file");
    if (file != NULL) return hub_tool_verify_file(c, file);
    if (cli_opt(c, "paper") != NULL) return hub_tool_verify_paper(c, cli_opt(c, "paper"));
    enum err e = hub_tool_number(c, "issue", 0, &issue);
    if (e != ERR_OK) return e;
    json_t *q = hub_tool_request(c, "verify");
    if (issue != 0) json_object_set_new(q, "issue", json_integer(issue));
    e = hub_tool_ask(c, t, q, &response);
    if (e != ERR_OK) return e;
    if (c->json)
        cli_print_json(response);
    else
        hub_print_verified(c, response);
    if (!json_is_true(json_object_get(response, "ok"))) t->exit = err_exit_code(ERR_DAMAGED);
    json_decref(response);
    return ERR_OK;
}
