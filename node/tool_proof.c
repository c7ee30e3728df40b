/* verify-proof FILE. docs/explain.md. */
#include "node/tool.h"

#include "common/text.h"

#include <stdio.h>
#include <string.h>

enum { PROOF_NUMBER_ROOM = 48 };

static const char *proof_text(const json_t *r, const char *key)
{
    const char *s = json_string_value(json_object_get(r, key));
    return s != NULL ? s : "";
}

static long long proof_count(const json_t *r, const char *key)
{
    return (long long)json_integer_value(json_object_get(r, key));
}

static void proof_print(const struct cli *c, const json_t *r)
{
    const json_t *figures = json_object_get(r, "figures"), *ask = json_object_get(r, "ask");
    printf(cli_text(c, "Bằng chứng đúng: do trung tâm ký. %s kỳ %s, bản số %lld, đơn vị %s.\n",
                    "The proof is good, signed by the hub. %s for %s, issue %lld, unit %s.\n"),
           proof_text(r, "report"), proof_text(r, "period"), proof_count(r, "issue"),
           proof_text(r, "unit"));
    for (size_t i = 0; i < json_array_size(figures); i++) {
        const json_t *f = json_array_get(figures, i);
        const char *value = proof_text(f, "value");
        char grouped[PROOF_NUMBER_ROOM];
        text_grouped(value, grouped, sizeof grouped);
        printf("  %-6s %s: %s\n", proof_text(f, "indicator"), proof_text(f, "label_vi"),
               value[0] == '\0' ? "–"
               : c->en          ? value
                                : grouped);
    }
    printf(cli_text(c,
                    "%lld hồ sơ đứng sau: %lld hoàn toàn do máy này ghi, %lld máy này và nơi khác "
                    "cùng ghi, %lld do máy khác hoặc trung tâm ghi.\n",
                    "%lld records are behind them: %lld written by this PC alone, %lld by it and "
                    "others, %lld by other computers or the hub.\n"),
           proof_count(r, "records"), proof_count(r, "own"), proof_count(r, "shared"),
           proof_count(r, "other"));
    if (proof_count(r, "newer") > 0)
        printf(cli_text(c,
                        "CHÚ Ý: %lld hồ sơ có sửa đổi của máy này đã tới trung tâm trước khi chốt "
                        "mà không có trong danh sách. Hãy hỏi trung tâm:\n",
                        "NOTE: %lld records have a change of this PC that reached the hub before "
                        "the closing and is not in the list. Ask the hub:\n"),
               proof_count(r, "newer"));
    for (size_t i = 0; i < json_array_size(ask); i++)
        printf("  %s\n", proof_text(json_array_get(ask, i), "id"));
}

enum err node_tool_verify_proof(struct cli *c, void *ctx)
{
    struct node_tool *t = ctx;
    json_t *r = NULL;
    enum err e = node_tool_ask_file(c, t, "verify_proof", &r);
    if (e != ERR_OK) return e;
    if (c->json)
        cli_print_json(r);
    else
        proof_print(c, r);
    if (!json_is_true(json_object_get(r, "ok"))) t->exit = err_exit_code(ERR_DAMAGED);
    json_decref(r);
    return ERR_OK;
}
