/* card: the hub's new card out of a file. Its root key's signature is all that counts. SPEC 18.5, docs/keys.md. */
#include "node/card.h"
#include "node/command_priv.h"

#include "common/io/file.h"

static json_t *node_card_said(enum err e)
{
    switch ((int)e) {
    case ERR_STALE:
        return node_command_error(e, "Thẻ này cũ hơn thẻ máy đang giữ: không thay đổi gì.",
                                  "This card is older than the one kept here: nothing changes.",
                                  NULL);
    case ERR_WRONG_HUB:
        return node_command_error(e, "Thẻ này của trung tâm khác: không thay đổi gì.",
                                  "This card is another hub's: nothing changes.", NULL);
    case ERR_BAD_SIGNATURE:
    case ERR_BAD_FORMAT:
    case ERR_TOO_LARGE:
        return node_command_error(
            e,
            "Tệp này không phải thẻ do khóa gốc của trung tâm ký: không thay đổi gì. Hãy xin lại.",
            "This file is no card that the hub's root key signed: nothing changes. Ask for it "
            "again.",
            NULL);
    default: return node_command_fail(e);
    }
}

json_t *node_command_card(struct node_command *c, const json_t *request)
{
    struct node_identity id;
    struct admin_card card;
    struct buf file;
    const char *path = node_request_str(request, "path");
    if (path == NULL) return node_command_fail(ERR_USAGE);
    buf_init(&file, ADMIN_CARD_BYTES_MAX);
    enum err e = node_store_identity(c->store, &id);
    if (e == ERR_OK && id.address[0] == '\0') e = ERR_NOT_READY; /* of no hub yet */
    if (e == ERR_OK) e = file_read(path, ADMIN_CARD_BYTES_MAX, &file);
    if (e == ERR_OK) e = node_card_check(&id, buf_bytes(&file), &card);
    if (e == ERR_OK) e = node_store_card(c->store, buf_bytes(&file), &card);
    buf_free(&file);
    if (e != ERR_OK) return node_card_said(e);
    return json_pack("{s:I, s:s}", "serial", (json_int_t)card.serial, "address",
                     card.address[0] != '\0' ? card.address : id.address);
}
