/* readers, reseal: who reads sealed fields. docs/sealed.md. */
#include "node/tool.h"

#include <stdio.h>
#include <string.h>

static const char *readers_state(const struct cli *c, const char *state)
{
    static const char *const words[][3] = {
        {"self", "máy này", "this PC"},
        {"accepted", "được đọc", "reads"},
        {"waiting", "CHƯA được đọc: so sáu từ rồi `readers accept MÃ`",
         "does NOT read: compare the six words, then `readers accept ID`"},
        {"ended", "không còn được đọc", "reads no more"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i][0], state) == 0) return cli_text(c, words[i][1], words[i][2]);
    }
    return state;
}

static void readers_print(const struct cli *c, const json_t *r)
{
    size_t i;
    json_t *v;
    json_array_foreach(json_object_get(r, "readers"), i, v)
    {
        bool officer = strcmp(node_tool_str(v, "kind"), "officer") == 0;
        printf("%s  %s %s\n    %s\n    %s: %s\n", node_tool_str(v, "id"),
               officer ? cli_text(c, "cán bộ", "officer") : cli_text(c, "máy của", "PC of"),
               node_tool_str(v, officer ? "name" : "unit"),
               readers_state(c, node_tool_str(v, "state")), cli_text(c, "sáu từ", "six words"),
               node_tool_str(v, "words"));
    }
}

static void readers_done(const struct cli *c, const json_t *r)
{
    long long n = (long long)json_integer_value(json_object_get(r, "resealed"));
    long long closed = (long long)json_integer_value(json_object_get(r, "closed"));
    printf(cli_text(c, "Đã niêm phong lại %lld hồ sơ.\n", "%lld records were sealed again.\n"), n);
    if (closed > 0)
        printf(cli_text(c,
                        "%lld hồ sơ có trường mà máy này không đọc được: hãy nhờ máy hoặc cán bộ "
                        "đọc được.\n",
                        "%lld records have fields that this PC cannot read: ask a PC or an officer "
                        "who can.\n"),
               closed);
    long long full = (long long)json_integer_value(json_object_get(r, "full"));
    if (full > 0)
        printf(
            cli_text(c,
                     "%lld hồ sơ đã đầy, không niêm phong thêm cho ai được nữa: hãy ghi phần mới "
                     "vào hồ sơ khác.\n",
                     "%lld records are full and cannot be sealed for anybody more: write what is "
                     "new into another record.\n"),
            full);
}

static enum err readers_show(struct cli *c, struct node_tool *t, json_t *request,
                             node_tool_print_fn *print)
{
    node_tool_person(c, request);
    return node_tool_show(c, t, request, print);
}

enum err node_tool_readers(struct cli *c, void *ctx)
{
    const char *what = c->arg_count > 0 ? c->args[0] : "list";
    bool accept = strcmp(what, "accept") == 0;
    if (strcmp(what, "list") == 0 && c->arg_count < 2)
        return readers_show(c, ctx, json_pack("{s:s}", "verb", "readers"), readers_print);
    if ((accept || strcmp(what, "drop") == 0) && c->arg_count == 2)
        return readers_show(c, ctx,
                            json_pack("{s:s, s:s, s:b}", "verb", "reader_accept", "id", c->args[1],
                                      "accept", (int)accept),
                            readers_done);
    return cli_fail(c, ERR_USAGE, "Dùng: readers [list | accept MÃ | drop MÃ].",
                    "Use: readers [list | accept ID | drop ID].");
}

enum err node_tool_reseal(struct cli *c, void *ctx)
{
    json_t *request = json_pack("{s:s}", "verb", "reseal");
    if (c->arg_count > 0) node_tool_copy(request, "id", c->args[0]);
    return readers_show(c, ctx, request, readers_done);
}
