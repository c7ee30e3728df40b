/* compare: the six words of this joining (SPEC 7.11), and what a person says of them. */
#include "node/command_priv.h"
#include "proto/words.h"

#include <string.h>

const char *const node_doubt_vi =
    "Có người báo sáu từ khác với trung tâm: máy này không gửi, không nhận gì nữa, kể cả bằng USB. "
    "Hồ sơ đã ghi vẫn an toàn trên máy. Hãy gọi trung tâm và so lại sáu từ.";
const char *const node_doubt_en =
    "Somebody said that the six words differ from the hub's: this PC sends and takes nothing, not "
    "by USB either. What was saved is safe here. Call the hub and compare the words again.";

json_t *node_command_words(const struct node_identity *id)
{
    struct id_hash h;
    struct buf text;
    static const struct id_hash none = {{0}};
    if (memcmp(id->hub.b, none.b, sizeof none.b) == 0) return json_null();
    admin_join_fingerprint(&id->hub, &id->node, id->sign_pk, id->transport_pk, &h);
    buf_init(&text, 256);
    json_t *j = words_text(&h, &text) == ERR_OK ? json_string(buf_cstr(&text)) : json_null();
    buf_free(&text);
    return j;
}

const char *node_compared_word(enum node_compared c)
{
    static const char *const words[] = {[NODE_COMPARED_NEVER] = "never",
                                        [NODE_COMPARED_ASK] = "ask",
                                        [NODE_COMPARED_SAME] = "same",
                                        [NODE_COMPARED_DIFFER] = "differ"};
    return words[c];
}

json_t *node_command_doubt(struct node_command *c)
{
    struct node_identity id;
    enum err e = node_store_identity(c->store, &id);
    if (e != ERR_OK || id.compared != NODE_COMPARED_DIFFER) return NULL;
    return node_command_error(ERR_WRONG_HUB, node_doubt_vi, node_doubt_en, NULL);
}

/* {said: same | differ}; without it what stands. */
json_t *node_command_compare(struct node_command *c, const json_t *request)
{
    struct node_identity id;
    const char *said = node_request_str(request, "said");
    bool differ = said != NULL && strcmp(said, "differ") == 0;
    enum err e = node_store_identity(c->store, &id);
    if (e != ERR_OK) return node_command_fail(e);
    if (id.address[0] == '\0')
        return node_command_error(ERR_NOT_READY,
                                  "Máy này chưa có lời mời của trung tâm nên chưa có sáu từ.",
                                  "This PC has no invitation yet, hence no six words.", NULL);
    if (said != NULL && !differ && strcmp(said, "same") != 0)
        return node_command_error(ERR_BAD_INPUT, "Chỉ có hai câu trả lời: same hoặc differ.",
                                  "There are two answers: same or differ.", "said");
    if (said != NULL) {
        id.compared = differ ? NODE_COMPARED_DIFFER : NODE_COMPARED_SAME;
        e = node_store_compared_set(c->store, id.compared);
        if (e != ERR_OK) return node_command_fail(e);
        if (c->compared != NULL) c->compared(c->ctx, differ);
    }
    return json_pack("{s:o, s:s}", "words", node_command_words(&id), "compared",
                     node_compared_word(id.compared));
}
