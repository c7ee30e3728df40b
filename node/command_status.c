/* status and join. */
#include "node/command_priv.h"
#include "node/stops.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

/* ---- status ---- */

static void node_warn(json_t *warnings, const char *code, const char *vi, const char *en)
{
    json_array_append_new(warnings, json_pack("{s:s, s:s, s:s}", "code", code, "vi", vi, "en", en));
}

static void node_warn_clock(json_t *warnings, int64_t ahead_ms)
{
    char vi[200], en[200];
    int64_t by = ahead_ms < 0 ? -ahead_ms : ahead_ms;
    if (by <= NODE_COMMAND_CLOCK_MS) return;
    snprintf(vi, sizeof vi,
             "Đồng hồ máy này sai: %s trung tâm khoảng %lld phút. Hãy chỉnh lại ngày giờ.",
             ahead_ms > 0 ? "chậm hơn" : "nhanh hơn", (long long)((by + 30000) / 60000));
    snprintf(en, sizeof en, "This PC's clock is wrong: %s the hub's by about %lld minutes. Set it.",
             ahead_ms > 0 ? "behind" : "ahead of", (long long)((by + 30000) / 60000));
    node_warn(warnings, "clock", vi, en);
}

const char node_revoked_vi[] =
    "Trung tâm đã thu hồi quyền của máy này: không gửi, không nhận được nữa. Dữ liệu vẫn ở đây. "
    "Nếu không biết vì sao, hãy gọi trung tâm; máy thay thế cần lời mời mới.";
const char node_revoked_en[] =
    "The hub has revoked this PC: nothing is sent or fetched any more. The data stay here. If you "
    "do not know why, call the hub; a replacement needs a new invitation.";

static json_t *node_status_warnings(struct node_command *c, const struct node_store_status *st,
                                    const struct node_identity *id)
{
    json_t *w = json_array();
    if (id->compared == NODE_COMPARED_DIFFER) {
        node_warn(w, "words_differ", node_doubt_vi, node_doubt_en);
    } else if (id->address[0] == '\0') {
        node_warn(w, "not_joined",
                  "Máy này chưa có lời mời của trung tâm: chạy `dongbo-node join`.",
                  "This PC has no invitation yet: run `dongbo-node join`.");
    } else if (!id->joined) {
        node_warn(w, "joining",
                  "Đã có lời mời, chưa ghi danh được với trung tâm: sẽ tự ghi danh khi có mạng.",
                  "An invitation is kept; this PC joins by itself when the hub can be reached.");
    } else if (st->edition == 0) {
        node_warn(w, "no_catalogue", "Chưa nhận danh mục: hãy đồng bộ trước khi nhập liệu.",
                  "No catalogue has come yet: sync before entering data.");
    }
    if (st->revoked) node_warn(w, "revoked", node_revoked_vi, node_revoked_en);
    if (node_stops_stopped(c->stops))
        node_warn(w, "stopped",
                  "Chương trình đã dừng nhiều lần trong khi đồng bộ, nên không tự đồng bộ nữa. Dữ "
                  "liệu an toàn, vẫn ghi và "
                  "xem như thường. Hãy báo cán bộ trung tâm; bấm đồng bộ để thử lại.",
                  "The program stopped several times in a sync and syncs no more by itself. The "
                  "data are safe, and work "
                  "goes on. Tell the centre; press sync to try again.");
    node_warn_clock(w, st->hub_ahead_ms);
    if (st->imports_unfinished > 0)
        node_warn(w, "import", "Có lần nhập tệp chưa xong: hãy nhập lại đúng tệp đó.",
                  "An import did not end: import the same file again.");
    if (st->held > 0)
        node_warn(w, "held", "Có thay đổi trung tâm đang giữ lại, chưa tính: xem `held`.",
                  "The hub holds changes that do not count yet: see `held`.");
    if (st->records_conflict > 0)
        node_warn(w, "conflict", "Có hồ sơ xung đột, cần người quyết định: xem `list --conflicts`.",
                  "Records are in conflict and need a person: see `list --conflicts`.");
    node_command_alarm_warnings(c, w);
    return w;
}

static json_t *node_status_imports(struct node_command *c)
{
    struct node_store_import v[NODE_COMMAND_IMPORTS_MAX];
    size_t n = 0;
    json_t *a = json_array();
    if (node_store_imports(c->store, NODE_COMMAND_IMPORTS_MAX, v, &n) != ERR_OK) return a;
    for (size_t i = 0; i < n; i++) {
        char id[17];
        if (v[i].sets == 0) continue;
        snprintf(id, sizeof id, "%016llx", (unsigned long long)v[i].id);
        json_array_append_new(
            a, json_pack("{s:s, s:s, s:o, s:I, s:I, s:b}", "import", id, "source", v[i].source,
                         "begun", node_json_time(v[i].begun_ms), "ops", (json_int_t)v[i].ops,
                         "sets", (json_int_t)v[i].sets, "finished", (int)(v[i].ended_ms != 0)));
    }
    return a;
}

static json_t *node_status_counts(const struct node_store_status *st)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
                     "sets", (json_int_t)st->sets, "delivered", (json_int_t)st->delivered,
                     "waiting", (json_int_t)st->waiting, "waiting_bytes",
                     (json_int_t)st->waiting_bytes, "ops", (json_int_t)st->ops, "ops_waiting",
                     (json_int_t)st->ops_waiting, "applied", (json_int_t)st->applied, "replaced",
                     (json_int_t)st->replaced, "conflict", (json_int_t)st->conflict, "held",
                     (json_int_t)st->held, "erased", (json_int_t)st->erased, "aside",
                     (json_int_t)st->aside, "no_verdict_yet", (json_int_t)st->unsaid, "late",
                     (json_int_t)st->late);
}

static json_t *node_status_session(const struct node_store_status *st)
{
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:s, s:s, s:I}", "attempts",
                     (json_int_t)st->sessions, "last", node_json_time(st->session_ms),
                     "last_complete", node_json_time(st->complete_ms), "last_contact",
                     node_json_time(st->contact_ms), "last_file", node_json_time(st->file_ms),
                     "result", err_name(st->session_how), "result_vi", err_text_vi(st->session_how),
                     "hub_ahead_ms", (json_int_t)st->hub_ahead_ms);
}

json_t *node_command_status(struct node_command *c, const json_t *request)
{
    struct node_store_status st;
    struct node_identity id;
    (void)request;
    enum err e = node_store_identity(c->store, &id);
    if (e == ERR_OK) e = node_store_status(c->store, &st);
    if (e != ERR_OK) return node_command_fail(e);
    json_t *warnings = node_status_warnings(c, &st, &id);
    json_t *disk = node_command_disk(c, warnings);
    json_t *j =
        json_pack("{s:b, s:o, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:I, "
                  "s:o, s:o, s:o}",
                  "joined", (int)id.joined, "node", node_json_hex(BYTES_OF(id.node.b)), "name",
                  id.name, "unit", id.unit, "unit_name", node_unit_own(c, &id), "hub", id.address,
                  "words", node_command_words(&id), "compared", node_compared_word(id.compared),
                  "log", node_status_counts(&st), "session", node_status_session(&st), "records",
                  (json_int_t)st.records, "records_conflict", (json_int_t)st.records_conflict,
                  "records_deleted", (json_int_t)st.records_deleted, "edition",
                  (json_int_t)st.edition, "position", (json_int_t)st.position, "imports",
                  node_status_imports(c), "warnings", warnings, "disk_encrypted", disk);
    if (j != NULL) node_command_cases_status(c, j, json_object_get(j, "warnings"));
    if (j != NULL) json_object_set_new(j, "attachments", node_command_attach_status(c));
    if (j != NULL) json_object_set_new(j, "keys", node_command_keys_status(c));
    return j;
}

/* ---- join ---- */

static json_t *node_join_set(struct node_command *c, struct node_identity *id,
                             const struct admin_invite *inv, bool ask)
{
    id->hub = inv->hub;
    memcpy(id->hub_transport_pk, inv->transport_pk, sizeof id->hub_transport_pk);
    memcpy(id->hub_sealing_pk, inv->sealing_pk, sizeof id->hub_sealing_pk);
    memcpy(id->token, inv->token, sizeof id->token);
    memcpy(id->address, inv->address, sizeof id->address);
    memcpy(id->unit, inv->unit, sizeof id->unit);
    /* What was said before is of another joining. */
    enum err e = node_store_compared_set(c->store, ask ? NODE_COMPARED_ASK : NODE_COMPARED_NEVER);
    if (e == ERR_OK) e = node_store_identity_set(c->store, id);
    if (e != ERR_OK) return node_command_fail(e);
    return json_pack("{s:b, s:s, s:s, s:o}", "joined", 0, "hub", id->address, "unit", id->unit,
                     "words", node_command_words(id));
}

bool node_command_name_fits(const char *name)
{
    enum text_flaw flaw = text_find_flaw(bytes_str(name), TEXT_ONE_LINE, NULL);
    return strlen(name) <= MESSAGE_TEXT_MAX && (flaw == TEXT_FLAW_NONE || flaw == TEXT_FLAW_NFC);
}

json_t *node_command_join(struct node_command *c, const json_t *request)
{
    struct node_identity id;
    struct admin_invite inv;
    const char *text = node_request_str(request, "invitation");
    const char *name = node_request_str(request, "name");
    enum err e = node_store_identity(c->store, &id);
    if (e != ERR_OK) return node_command_fail(e);
    if (text == NULL || admin_invite_decode(text, &inv) != ERR_OK)
        return node_command_error(
            ERR_BAD_INPUT,
            "Lời mời không đúng: có thể chép thiếu. Chưa thay đổi gì. Lời mời bắt đầu bằng "
            "\"dongbo1:\"; hãy chép lại nguyên văn hoặc xin trung tâm lời mời mới.",
            "This is no invitation: perhaps a part is missing. Nothing was changed. An invitation "
            "begins with \"dongbo1:\"; copy it whole or ask the hub for a new one.",
            NULL);
    if (id.joined)
        return node_command_error(ERR_EXISTS,
                                  "Máy này đã ghi danh với một trung tâm; không thay đổi gì.",
                                  "This PC has already joined a hub; nothing was changed.", NULL);
    if (name != NULL && !node_command_name_fits(name))
        return node_command_error(
            ERR_BAD_INPUT,
            "Tên máy quá dài hoặc có dấu không nhìn thấy được; hãy gõ lại tên. Chưa thay đổi gì.",
            "The PC's name is too long or holds signs that nobody sees; type it again. Nothing was "
            "changed.",
            "name");
    if (name != NULL && name[0] != '\0') snprintf(id.name, sizeof id.name, "%s", name);
    return node_join_set(c, &id, &inv, json_is_true(json_object_get(request, "ask")));
}
