/* bundle out, in, inspect: files of the officer, and what they mean in plain words. */
#include "node/tool.h"

#include "common/io/carried.h"
#include "proto/bundle.h"

#include <stdio.h>
#include <string.h>

static long long tool_int(const json_t *r, const char *key)
{
    return (long long)json_integer_value(json_object_get(r, key));
}

static bool tool_true(const json_t *r, const char *key)
{
    return json_is_true(json_object_get(r, key));
}

/* ---- words ---- */

static void tool_bundle_made(const struct cli *c, const char *path, const json_t *r)
{
    if (tool_true(r, "joining")) {
        printf(
            cli_text(c,
                     "Đã ghi giấy xin ghi danh vào %s (%lld byte). Hãy mang tới trung tâm; trung "
                     "tâm trả lại một tệp, đọc bằng: dongbo-node bundle in TỆP\n",
                     "Wrote the request to join to %s (%lld bytes). Take it to the hub; read "
                     "its answer with: dongbo-node bundle in FILE\n"),
            path, tool_int(r, "bytes"));
        return;
    }
    const char *since = json_string_value(json_object_get(r, "since"));
    printf(cli_text(c, "Đã ghi %lld lần lưu chưa có biên nhận vào %s (%lld byte)",
                    "Wrote %lld saves without a receipt to %s (%lld bytes)"),
           tool_int(r, "sets"), path, tool_int(r, "bytes"));
    if (since != NULL) printf(cli_text(c, ", từ %s", ", since %s"), since);
    printf("%s\n", cli_text(c,
                            ".\nDữ liệu vẫn còn trên máy và vẫn tính là đang chờ, cho tới khi biên "
                            "nhận của trung tâm về (qua mạng hoặc tệp trả lời).",
                            ".\nIt all stays on this PC and counts as waiting until the hub's "
                            "receipt comes (by network or as a file)."));
    if (tool_true(r, "more"))
        printf("%s\n", cli_text(c, "Chưa hết: hãy làm tiếp gói nữa với --next.",
                                "There is more: make the next file with --next."));
    if (tool_true(r, "damaged"))
        printf("%s\n",
               cli_text(c, "Có lần lưu bị hỏng trên đĩa: phần sau nó chưa gửi được. Báo trung tâm.",
                        "A save is damaged on the disk: what is behind it was not sent. Tell the "
                        "hub's officer."));
}

static void tool_bundle_page(const struct cli *c, const json_t *r)
{
    static const struct {
        const char *name, *vi, *en;
    } words[] = {
        {"applied", "Dữ liệu mới của trung tâm đã vào máy này.",
         "The hub's new data are on this PC now."},
        {"old", "Dữ liệu trong gói cũ hơn dữ liệu đang có: giữ nguyên bản đang có.",
         "The data in it are older than what is here: nothing was replaced."},
        {"gap", "Gói bắt đầu sau chỗ máy này đang có: chỉ nhận biên nhận. Hãy gửi gói mới.",
         "It begins behind what is here: receipts only. Send a new file."},
        {"epoch",
         "Trung tâm đã khôi phục hoặc đổi khóa từ đó: hãy làm gói mới, gửi lên và đọc trả lời.",
         "The hub was restored or has new keys since: make a new file and read its answer."},
        {"cut",
         "Dữ liệu quá lớn cho gói này: chỉ có biên nhận; xin trung tâm gói làm bằng dongbo-hub "
         "bundle "
         "out, hoặc đồng bộ qua mạng một lần.",
         "The data were too large for this file: receipts only; ask the hub for one made with "
         "dongbo-hub bundle out, or sync once by network."},
        {"bad", "Bản sao khác trung tâm: sẽ lấy lại toàn bộ lần tới. Dữ liệu chờ gửi vẫn nguyên.",
         "This copy differs from the hub's: all is fetched anew. What waits is safe."},
    };
    const char *page = node_tool_str(r, "page");
    bool back = tool_int(r, "verdict") == MESSAGE_WENT_BACK && !tool_true(r, "hub_back");
    if (strcmp(page, "none") == 0 && back) page = "epoch";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].name, page) == 0) printf("%s\n", cli_text(c, words[i].vi, words[i].en));
    }
}

/* Did all of it come in? What is older than what is here came before. */
static bool tool_bundle_all(const json_t *r)
{
    static const char *const whole[] = {"none", "applied", "old"};
    long long verdict = tool_int(r, "verdict");
    const char *page = node_tool_str(r, "page");
    bool all = false;
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        all = all || strcmp(page, whole[i]) == 0;
    return all && tool_int(r, "refused") == 0 && !tool_true(r, "ahead") &&
           (verdict == MESSAGE_GO || verdict == MESSAGE_JOIN_FIRST);
}

static void tool_bundle_read(const struct cli *c, const json_t *r)
{
    if (tool_true(r, "again"))
        printf("%s\n", cli_text(c, "Tệp này đã nhận rồi.", "This file was read before."));
    if (tool_true(r, "joined"))
        printf("%s\n", cli_text(c, "Máy này đã được ghi danh.", "This PC has joined the hub."));
    if (tool_int(r, "refused") != 0)
        printf(cli_text(c, "Trung tâm từ chối ghi danh (mã %lld): hãy xin lời mời mới.\n",
                        "The hub refused (code %lld): ask for a new invitation.\n"),
               tool_int(r, "refused"));
    printf(cli_text(c, "Biên nhận mới: %lld lần lưu.\n", "New receipts: %lld saves.\n"),
           tool_int(r, "delivered"));
    if (tool_true(r, "hub_back"))
        printf("%s\n",
               cli_text(c,
                        "Trung tâm đã khôi phục bản cũ: những gì trung tâm mất lại tính là "
                        "đang chờ; dữ liệu trên máy còn nguyên. Hãy làm gói mới và gửi lên.",
                        "The hub went back in time: what it lost waits again, and all of it "
                        "is here. Make a new file and send it."));
    if (tool_true(r, "repaired"))
        printf("%s\n", cli_text(c,
                                "Máy này đã được khôi phục hoặc sao chép: đã sửa, dữ liệu còn "
                                "nguyên. Hãy làm gói mới và gửi lên; báo cán bộ trung tâm.",
                                "This PC was restored or copied: that is mended, nothing is lost. "
                                "Make a new file and send it; tell the hub's officer."));
    else if (tool_true(r, "ahead") || tool_int(r, "verdict") == MESSAGE_NEW_INCARNATION)
        printf("%s\n", cli_text(c,
                                "Trung tâm có dữ liệu mà máy này không có: máy này đã được khôi "
                                "phục hoặc sao chép. Báo cán bộ trung tâm.",
                                "The hub has data that this PC has not: it was restored or copied. "
                                "Tell the hub's officer."));
    if (tool_true(r, "revoked")) printf("%s\n", cli_text(c, node_revoked_vi, node_revoked_en));
    if (tool_int(r, "verdict") == MESSAGE_REVOKED && !tool_true(r, "revoked"))
        printf("%s\n", cli_text(c, "Khóa của máy này đang đổi: hãy làm gói mới và gửi lại.",
                                "The keys of this PC are changing: make a new file and send it."));
    if (tool_int(r, "verdict") == MESSAGE_NO_VERSION)
        printf("%s\n", cli_text(c,
                                "Trung tâm và máy này không chung phiên bản: hãy cập nhật phần "
                                "mềm. Dữ liệu chờ gửi vẫn nguyên.",
                                "The hub and this PC have no version in common: update the "
                                "programs. What waits is safe."));
    tool_bundle_page(c, r);
}

static void tool_bundle_look(const struct cli *c, const json_t *r)
{
    const char *who = json_string_value(json_object_get(r, "for"));
    bool ours = who != NULL && strcmp(who, "this") == 0;
    bool hub = who != NULL && strcmp(who, "hub") == 0;
    printf(cli_text(c, "Gói .dongbo, %lld byte, %lld khung, niêm phong cho %s (khóa %s).\n",
                    "A .dongbo file, %lld bytes, %lld frames, sealed for %s (key %s).\n"),
           tool_int(r, "bytes"), tool_int(r, "frames"),
           ours  ? cli_text(c, "máy này", "this PC")
           : hub ? cli_text(c, "trung tâm", "the hub")
                 : cli_text(c, "máy khác", "another machine"),
           json_string_value(json_object_get(r, "key")));
    if (!ours) {
        printf("%s\n", cli_text(c, "Máy này không mở được, chỉ mang hộ được.",
                                "This PC cannot open it, only carry it."));
        return;
    }
    printf(cli_text(c, "Nguyên vẹn: %s; biên nhận: %lld; ghi danh: %s; dữ liệu: %s.\n",
                    "Whole: %s; receipts: %lld; welcome: %s; data: %s.\n"),
           tool_true(r, "whole") ? cli_text(c, "có", "yes") : cli_text(c, "KHÔNG", "NO"),
           tool_int(r, "receipts"),
           tool_true(r, "welcome") ? cli_text(c, "có", "yes") : cli_text(c, "không", "no"),
           tool_true(r, "feed") ? cli_text(c, "có", "yes") : cli_text(c, "không", "no"));
}

/* ---- the verb ---- */

enum err node_tool_bundle(struct cli *c, void *ctx)
{
    struct node_tool *t = ctx;
    json_t *request = NULL, *r = NULL;
    const char *what = c->args[0], *path = c->args[1];
    bool out = strcmp(what, "out") == 0, in = strcmp(what, "in") == 0;
    enum err e = ERR_OK;
    if (!out && !in && strcmp(what, "inspect") != 0)
        return cli_fail(c, ERR_USAGE, "Dùng: bundle out TỆP, bundle in TỆP, bundle inspect TỆP.",
                        "Use: bundle out FILE, bundle in FILE, bundle inspect FILE.");
    if (out)
        request = json_pack("{s:s, s:b}", "verb", "bundle_out", "next", (int)cli_has(c, "next"));
    else
        request = json_pack("{s:s}", "verb", in ? "bundle_in_file" : "bundle_inspect_file");
    if (!out && request != NULL) e = carried_ask(request, path);
    if (e != ERR_OK) e = cli_fail(c, e, "Không đọc được tệp này.", "This file cannot be read.");
    if (e == ERR_OK) e = node_tool_ask(c, t, request, NODE_TOOL_SYNC_MS, &r);
    json_decref(request);
    if (e != ERR_OK) return e;
    if (out) e = carried_keep(r, path, bundle_mark());
    if (e == ERR_OK && in && !tool_bundle_all(r)) t->exit = NODE_TOOL_WARNINGS;
    if (e == ERR_EXISTS)
        e = cli_fail(c, e,
                     "Tên này là của một tệp khác, không phải gói .dongbo: không ghi đè. Hãy chọn "
                     "tên khác.",
                     "That is the name of another file, which is no .dongbo file: it was not "
                     "replaced. Choose another name.");
    else if (e != ERR_OK)
        e = cli_fail(c, e, "Không ghi được tệp này; dữ liệu trên máy không đổi.",
                     "This file cannot be written; nothing on this PC was changed.");
    else if (c->json)
        cli_print_json(r);
    else if (out)
        tool_bundle_made(c, path, r);
    else if (in)
        tool_bundle_read(c, r);
    else
        tool_bundle_look(c, r);
    json_decref(r);
    return e;
}
