/* bundle in, out, inspect: files that communes bring and take. */
#include "hub/tool.h"

#include "common/io/carried.h"
#include "hub/command.h"
#include "proto/bundle.h"

#include <stdio.h>

/* ---- words ---- */

static long long hub_bundle_int(const json_t *r, const char *key)
{
    return (long long)json_integer_value(json_object_get(r, key));
}

static bool hub_bundle_is(const json_t *r, const char *key)
{
    return json_is_true(json_object_get(r, key));
}

static bool hub_bundle_joins(const json_t *r)
{
    return hub_bundle_int(r, "verdict") == MESSAGE_JOIN_FIRST;
}

/* Did all of the file come in, and has the answer all that the commune waits for? */
static bool hub_bundle_all(const json_t *r)
{
    static const char *const less[] = {"waits", "unkept", "forked", "page_cut"};
    for (size_t i = 0; i < sizeof less / sizeof less[0]; i++) {
        if (hub_bundle_is(r, less[i])) return false;
    }
    if (hub_bundle_int(r, "refused") != 0) return false;
    return hub_bundle_joins(r) || hub_bundle_int(r, "verdict") == MESSAGE_GO;
}

static void hub_print_bundle_whose(const struct cli *c, const json_t *r)
{
    if (hub_tool_str(r, "unit")[0] == '\0') return;
    printf(cli_text(c, "Của %s (%s), máy %.16s", "Of %s (%s), PC %.16s"), hub_tool_str(r, "name"),
           hub_tool_str(r, "unit"), hub_tool_str(r, "node"));
    if (hub_tool_str(r, "made")[0] != '\0')
        printf(cli_text(c, ", làm lúc %s", ", made at %s"), hub_tool_str(r, "made"));
    printf(".\n");
}

static void hub_print_bundle_apart(const struct cli *c, const json_t *r)
{
    long long apart = hub_bundle_int(r, "apart"), over = hub_bundle_int(r, "apart_unkept");
    if (apart > 0)
        printf(cli_text(c, "Máy này đã bị thu hồi: %lld lần lưu được để riêng, xem `quarantine`.\n",
                        "This PC was revoked: %lld saves are kept apart, see `quarantine`.\n"),
               apart);
    if (over > 0)
        printf(
            cli_text(c,
                     "Máy này đã bị thu hồi và đã để riêng quá nhiều: %lld lần lưu không được giữ; "
                     "hãy cất tệp này lại.\n",
                     "This PC was revoked and too much of it is kept apart: %lld saves are not "
                     "kept; put this file away.\n"),
            over);
    if (apart == 0 && over == 0 && hub_bundle_int(r, "verdict") == MESSAGE_REVOKED)
        printf("%s\n", cli_text(c,
                                "Máy này đã bị thu hồi, hoặc gói dùng khóa mà máy đã đổi: không "
                                "nhận gì thêm.",
                                "This PC was revoked, or the file is under keys that it changed "
                                "since: nothing more was taken."));
}

static void hub_print_bundle_gap(const struct cli *c, const json_t *r)
{
    long long from = hub_bundle_int(r, "gap_from"), to = hub_bundle_int(r, "gap_to");
    if (hub_bundle_is(r, "waits"))
        printf(
            cli_text(c,
                     "Thiếu gói trước: các lần lưu số %lld đến %lld chưa tới. Gói này được giữ và "
                     "tự nhận khi đủ.\n",
                     "An earlier file is missing: saves %lld to %lld. This one is kept and taken "
                     "by itself when they come.\n"),
            from, to - 1);
    if (hub_bundle_is(r, "unkept"))
        printf(
            cli_text(c,
                     "Thiếu gói trước (lần lưu %lld đến %lld) và đang giữ quá nhiều gói: gói này "
                     "không giữ. Không mất gì: máy xã còn đủ, hãy xin xã gói mới.\n",
                     "Saves %lld to %lld are missing and too many files wait: this one is not "
                     "kept. Nothing is lost: the node has it all, ask it for a new file.\n"),
            from, to - 1);
}

/* What else stands between the commune and an answer with everything. */
static void hub_print_bundle_less(const struct cli *c, const json_t *r)
{
    if (hub_bundle_is(r, "forked"))
        printf("%s\n",
               cli_text(c,
                        "Dữ liệu của máy xã không nối tiếp dữ liệu trung tâm đang có (máy bị "
                        "khôi phục hoặc sao chép): không nhận phần này, máy xã vẫn giữ.",
                        "The node's log does not extend what the hub has (restored or "
                        "copied): that part was not taken, the node keeps it."));
    if (hub_bundle_int(r, "verdict") == MESSAGE_WENT_BACK)
        printf("%s\n", cli_text(c,
                                "Trung tâm đã khôi phục sau lần máy xã này nhận số liệu: hãy đưa "
                                "tệp trả lời cho xã, máy xã nói việc cần làm tiếp.",
                                "The hub was restored after this PC had got its data: give the "
                                "answer to the commune, its PC says what is next."));
    if (hub_bundle_int(r, "verdict") == MESSAGE_NO_VERSION)
        printf("%s\n", cli_text(c,
                                "Phần mềm của xã thuộc phiên bản mà trung tâm này không nói được: "
                                "không nhận gì. Hãy cập nhật.",
                                "The commune's program speaks no version that this hub speaks: "
                                "nothing was taken. Update it."));
    if (hub_bundle_is(r, "page_cut"))
        printf("%s\n", cli_text(c,
                                "Số liệu mới quá lớn cho một gói: tệp cho xã chỉ có biên nhận; hãy "
                                "cho xã đồng bộ qua mạng một lần.",
                                "The new data are too large for one file: the one for the commune "
                                "has the receipts only; let it sync over a network once."));
}

static void hub_print_bundle_in(const struct cli *c, const json_t *r)
{
    hub_print_bundle_whose(c, r);
    if (hub_bundle_is(r, "again"))
        printf("%s\n", cli_text(c, "Gói này đã nhận rồi.", "This file was taken before."));
    if (hub_bundle_is(r, "joined"))
        printf("%s\n", cli_text(c, "Đã ghi danh máy xã; hãy so sáu từ với xã (xem `nodes`).",
                                "The node is enrolled; compare the six words (see `nodes`)."));
    if (hub_bundle_int(r, "refused") != 0)
        printf("%s\n", cli_text(c,
                                "Chưa ghi danh được: lời mời đã dùng hoặc quá hạn. Hãy làm lời mời "
                                "mới cho xã (`invite`).",
                                "It could not be enrolled: the invitation is used or too old. Make "
                                "a new one (`invite`)."));
    if (!hub_bundle_joins(r))
        printf(cli_text(c, "Nhận %lld lần lưu mới; %lld lần đã có từ trước.\n",
                        "Took %lld new saves; %lld were here already.\n"),
               hub_bundle_int(r, "sets_new"), hub_bundle_int(r, "sets_known"));
    hub_print_bundle_apart(c, r);
    hub_print_bundle_gap(c, r);
    hub_print_bundle_less(c, r);
}

static void hub_print_bundle_out(const struct cli *c, const json_t *r)
{
    hub_print_bundle_whose(c, r);
    if (hub_bundle_int(r, "verdict") == MESSAGE_REVOKED)
        printf("%s\n", cli_text(c, "Máy này đã bị thu hồi: tệp chỉ nói điều đó, không có số liệu.",
                                "This PC was revoked: the file says so, and has no data."));
    else if (!hub_bundle_is(r, "page_cut"))
        printf(cli_text(c, "Tệp có biên nhận và %lld hồ sơ.\n",
                        "It has the receipts and %lld records.\n"),
               hub_bundle_int(r, "records"));
    hub_print_bundle_less(c, r);
}

/* The file for the commune, and what is to be done with it. */
static void hub_print_bundle_next(const struct cli *c, const json_t *r, const char *path)
{
    if (path == NULL)
        printf("%s\n", cli_text(c,
                                "Chưa ghi tệp trả lời, nên máy xã vẫn tính là đang chờ: làm lại "
                                "lệnh này với --out TỆP.",
                                "No answer was written, so all of it still waits at the commune: "
                                "repeat this command with --out FILE."));
    else
        printf(cli_text(c,
                        "Đã ghi %s (%lld byte): hãy chuyển cho xã, xã đọc bằng: dongbo-node bundle "
                        "in TỆP\n",
                        "Wrote %s (%lld bytes): give it to the commune, which reads it with: "
                        "dongbo-node bundle in FILE\n"),
               path, hub_bundle_int(r, "bytes"));
}

static void hub_print_bundle_look(const struct cli *c, const json_t *r)
{
    bool ours = hub_bundle_is(r, "ours");
    printf(cli_text(c, "Gói .dongbo, %lld byte, %lld khung, niêm phong cho %s (khóa %s).\n",
                    "A .dongbo file, %lld bytes, %lld frames, sealed for %s (key %s).\n"),
           hub_bundle_int(r, "bytes"), hub_bundle_int(r, "frames"),
           ours ? cli_text(c, "trung tâm này", "this hub")
                : cli_text(c, "máy khác, hoặc đã bị sửa", "another machine, or changed"),
           hub_tool_str(r, "key"));
    if (!ours) {
        printf("%s\n", cli_text(c, "Trung tâm này không mở được gói.", "This hub cannot open it."));
        return;
    }
    hub_print_bundle_whose(c, r);
    if (hub_bundle_is(r, "joining"))
        printf("%s\n", cli_text(c, "Một máy mới xin ghi danh.", "A new PC asks to join."));
    else
        printf(cli_text(c, "Lúc làm gói, máy xã còn %lld lần lưu chưa có biên nhận.\n",
                        "When it was made the PC had %lld saves without a receipt.\n"),
               hub_bundle_int(r, "waiting"));
    printf("%s\n", hub_bundle_is(r, "whole")
                       ? cli_text(c,
                                  "Gói nguyên vẹn. Chưa nhận gì; nhận bằng: dongbo-hub bundle in "
                                  "TỆP --out TRẢ_LỜI",
                                  "It is whole. Nothing was taken; take it with: dongbo-hub bundle "
                                  "in FILE --out ANSWER")
                       : cli_text(c, "Gói HỎNG hoặc bị cụt: hãy xin xã chép lại.",
                                  "It is DAMAGED or cut: ask the commune for a new copy."));
}

static void hub_print_bundle(const struct cli *c, const char *what, const json_t *r,
                             const char *path)
{
    if (strcmp(what, "inspect") == 0) {
        hub_print_bundle_look(c, r);
        return;
    }
    if (strcmp(what, "in") == 0)
        hub_print_bundle_in(c, r);
    else
        hub_print_bundle_out(c, r);
    hub_print_bundle_next(c, r, path);
}

/* ---- the verb ---- */

/* The file to read, and where the one for the commune goes, into the request. NULL: there is none. */
static enum err hub_tool_bundle_files(struct cli *c, json_t *q, const char *from, const char *to)
{
    if (q == NULL) return cli_fail(c, ERR_NOMEM, NULL, NULL);
    enum err e = from != NULL ? carried_ask(q, from) : ERR_OK;
    if (e != ERR_OK) return cli_fail(c, e, "Không đọc được tệp này.", "This file cannot be read.");
    if (to != NULL) e = carried_out(q, to);
    return e == ERR_OK ? e : cli_fail(c, e, NULL, NULL);
}

static enum err hub_tool_bundle_unwritten(struct cli *c, enum err e, bool taken)
{
    if (e == ERR_EXISTS)
        return cli_fail(c, e,
                        "Tên này là của một tệp khác, không phải gói .dongbo: không ghi đè. Hãy "
                        "làm lại lệnh này với tên khác.",
                        "That is the name of another file, which is no .dongbo file: it was not "
                        "replaced. Repeat this command with another name.");
    if (!taken) return cli_fail(c, e, "Không ghi được tệp này.", "This file cannot be written.");
    return cli_fail(c, e, "Đã nhận, nhưng không ghi được tệp trả lời: hãy làm lại lệnh này.",
                    "Taken, but the answer cannot be written: repeat this command.");
}

enum err hub_tool_bundle(struct cli *c, void *ctx)
{
    struct hub_tool *t = ctx;
    json_t *r = NULL;
    const char *what = c->args[0];
    bool in = strcmp(what, "in") == 0, out = strcmp(what, "out") == 0;
    if (!in && !out && strcmp(what, "inspect") != 0)
        return cli_fail(c, ERR_USAGE,
                        "Dùng: bundle in TỆP [--out TRẢ_LỜI], bundle out --node MÃ "
                        "TỆP, bundle inspect TỆP.",
                        "Use: bundle in FILE [--out ANSWER], bundle out --node ID FILE, bundle "
                        "inspect FILE.");
    json_t *q = hub_tool_request(c, in    ? "bundle_in_file"
                                    : out ? "bundle_out_file"
                                          : "bundle_inspect_file");
    const char *path = out ? c->args[1] : in ? cli_opt(c, "out") : NULL;
    enum err e = hub_tool_bundle_files(c, q, out ? NULL : c->args[1], path);
    if (e != ERR_OK) {
        json_decref(q);
        return e;
    }
    hub_tool_copy(c, q, "node", "node");
    if (cli_has(c, "whole")) json_object_set_new(q, "whole", json_true());
    e = hub_tool_ask(c, t, q, &r);
    if (e != ERR_OK) return e;
    if (path != NULL) e = carried_keep(r, path, bundle_mark());
    json_object_del(r, "file");
    if (e != ERR_OK)
        e = hub_tool_bundle_unwritten(c, e, in);
    else if (c->json)
        cli_print_json(r);
    else
        hub_print_bundle(c, what, r, path);
    if (e == ERR_OK && (in || out) && !hub_bundle_all(r)) t->exit = HUB_TOOL_WARNINGS;
    json_decref(r);
    return e;
}
