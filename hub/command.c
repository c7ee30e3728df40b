#include "hub/command_priv.h"
#include "hub/sealed.h"

#include "common/io/clock.h"
#include "common/io/web_json.h"
#include "proto/wire.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- answers ---- */

json_t *hub_command_error(enum err e, const char *vi, const char *en)
{
    return web_json_error(e, vi, en);
}

json_t *hub_command_fail(enum err e)
{
    static const struct {
        enum err e;
        const char *vi;
        const char *en;
    } said[] = {
        {ERR_FULL,
         "Ổ đĩa đầy: việc này chưa được ghi; mọi dữ liệu trước đó vẫn an toàn. Các xã sẽ tự gửi "
         "lại "
         "khi có chỗ trống. Hãy giải phóng ổ đĩa rồi làm lại.",
         "The disk is full: this was not saved; everything before is safe. Communes send again by "
         "themselves when there is room. Free some space and repeat."},
        {ERR_READONLY,
         "Không ghi được vào thư mục dữ liệu (chỉ đọc hoặc thiếu quyền): việc này chưa được ghi; "
         "mọi dữ "
         "liệu trước đó vẫn an toàn. Hãy kiểm tra ổ đĩa và quyền của thư mục rồi làm lại.",
         "The data folder cannot be written (read-only, or rights are missing): this was not "
         "saved; "
         "everything before is safe. Check the disk and the folder's rights and repeat."},
        {ERR_MOVED,
         "Tệp dữ liệu của trung tâm đã bị dời, xóa hoặc thay khi chương trình đang chạy: việc này "
         "chưa "
         "được ghi, các xã chưa nhận biên nhận và sẽ tự gửi lại. Hãy trả tệp về chỗ cũ rồi khởi "
         "động lại.",
         "The hub's data file was moved, removed or replaced while the program runs: this was not "
         "saved; communes got no receipt and send again. Put the file back and start the program "
         "again."},
        {ERR_DAMAGED,
         "Dữ liệu của trung tâm không khớp: đừng xóa gì, hãy chép nguyên thư mục dữ liệu ra nơi "
         "khác "
         "rồi xem nhật ký và docs/hub.md.",
         "The hub's data do not fit together: delete nothing, copy the whole data folder "
         "elsewhere, "
         "then see the log and docs/hub.md."},
        {ERR_NOT_READY,
         "Trung tâm chưa có danh mục hoặc chưa khởi tạo: chạy `dongbo-hub init`, rồi "
         "`dongbo-hub catalogue publish THƯ_MỤC`.",
         "The hub has no catalogue or is not initialised: run `dongbo-hub init`, then "
         "`dongbo-hub catalogue publish DIR`."},
        {ERR_NOMEM, "Hết bộ nhớ: chưa ghi gì.", "Out of memory: nothing was saved."},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (said[i].e == e) return hub_command_error(e, said[i].vi, said[i].en);
    }
    return hub_command_error(e, err_text_vi(e), err_text_en(e));
}

json_t *hub_command_why(enum err e, const struct entry_why *why)
{
    if (why->vi[0] == '\0') return hub_command_fail(e);
    json_t *j = hub_command_error(e, why->vi, why->en);
    if (j != NULL && why->field != NULL)
        json_object_set_new(j, "field", json_string(why->field->name));
    if (j != NULL && why->confirm) json_object_set_new(j, "confirm", json_true());
    return j;
}

enum err hub_command_error_of(const json_t *response)
{
    const char *name = json_string_value(json_object_get(response, "error"));
    if (name == NULL) return ERR_OK;
    for (int e = 0; e < ERR_COUNT; e++) {
        if (strcmp(err_name((enum err)e), name) == 0) return (enum err)e;
    }
    return ERR_STORE;
}

/* ---- requests ---- */

const char *hub_request_str(const json_t *request, const char *key)
{
    const char *s = json_string_value(json_object_get(request, key));
    return s != NULL && s[0] != '\0' ? s : NULL;
}

bool hub_request_words(const json_t *request)
{
    return !json_is_true(json_object_get(request, "no_words"));
}

enum err hub_request_id(const json_t *request, const char *key, struct id_record *out)
{
    const char *hex = hub_request_str(request, key);
    return hex != NULL ? id_unhex(hex, out->b, sizeof out->b) : ERR_BAD_INPUT;
}

enum err hub_request_bytes(const json_t *request, const char *key, struct buf *out)
{
    const char *text = hub_request_str(request, key);
    if (text == NULL) return ERR_BAD_INPUT;
    size_t len = strlen(text), n = 0;
    uint8_t *p = buf_room(out, len / 4 * 3 + 3);
    if (p == NULL) return out->e;
    size_t before = out->len - (len / 4 * 3 + 3);
    if (sodium_base642bin(p, len / 4 * 3 + 3, text, len, NULL, &n, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        return ERR_BAD_INPUT;
    out->len = before + n;
    return ERR_OK;
}

void hub_request_person(const struct hub_app *a, const json_t *request, struct id_person *out)
{
    const char *name = hub_request_str(request, "person");
    memset(out, 0, sizeof *out);
    if (name != NULL) hub_app_person(a, name, out);
}

enum err hub_request_append(struct hub_app *a, const json_t *request, const struct buf *payload,
                            struct hub_taken *taken)
{
    struct bytes p = buf_bytes(payload);
    struct hub_own_set set = {.payloads = &p, .count = 1};
    hub_request_person(a, request, &set.person);
    return payload->e == ERR_OK ? hub_own_append(a->store, &a->keys, &set, clock_wall_ms(), taken)
                                : payload->e;
}

enum err hub_request_save(struct hub_app *a, const json_t *request, const struct buf *payload,
                          struct hub_taken *taken)
{
    enum err e = payload->e == ERR_OK ? hub_app_begin(a) : payload->e;
    if (e != ERR_OK) return e;
    e = hub_request_append(a, request, payload, taken);
    if (e == ERR_OK) return hub_app_commit(a);
    hub_app_abort(a);
    return e;
}

/* ---- values ---- */

json_t *hub_json_hex(struct bytes b)
{
    char hex[2 * ID_HASH_BYTES + 1];
    if (b.len > ID_HASH_BYTES) return json_null();
    id_hex(b, hex);
    return json_string(hex);
}

json_t *hub_json_text(struct bytes b)
{
    json_t *j = json_stringn((const char *)b.p, b.len);
    return j != NULL ? j : json_string("?"); /* no UTF-8 */
}

json_t *hub_json_base64(struct bytes b)
{
    size_t room = sodium_base64_ENCODED_LEN(b.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    if (text == NULL) return NULL;
    sodium_bin2base64(text, room, b.p, b.len, sodium_base64_VARIANT_ORIGINAL);
    json_t *j = json_string(text);
    free(text);
    return j;
}

json_t *hub_json_time(int64_t ms)
{
    char stamp[DATE_STAMP_ROOM];
    if (ms == 0 || date_stamp(ms, stamp) != ERR_OK) return json_null();
    return json_string(stamp);
}

json_t *hub_json_value(struct bytes value)
{
    struct buf text;
    if (value.len == 0 || value.p[0] == 0xc0) return json_null();
    buf_init(&text, 2 * CATALOGUE_TEXT_BYTES_MAX);
    enum err e = record_value_to_text(NULL, value, &text);
    json_t *j = e == ERR_OK ? hub_json_text(buf_bytes(&text)) : json_null();
    buf_free(&text);
    return j;
}

const char *hub_unit_name(struct hub_app *a, const char *code)
{
    struct date today;
    const struct catalogue *c = hub_store_catalogue(a->store);
    if (c == NULL || date_of_ms(clock_wall_ms(), &today) != ERR_OK) return "";
    return catalogue_unit_name(c, code, today);
}

/* ---- dispatch ---- */

static const struct {
    const char *verb;
    hub_command_fn *run;
} hub_verbs[] = {
    {"catalogue_check", hub_command_check},
    {"catalogue_publish", hub_command_publish},
    {"catalogue", hub_command_catalogue},
    {"forms", hub_command_forms},
    {"status", hub_command_status},
    {"bundle_in", hub_command_bundle_in},
    {"bundle_out", hub_command_bundle_out},
    {"bundle_inspect", hub_command_bundle_inspect},
    {"bundle_in_file", hub_command_bundle_in_file},
    {"bundle_out_file", hub_command_bundle_out_file},
    {"bundle_inspect_file", hub_command_bundle_inspect_file},
    {"invite", hub_command_invite},
    {"invites", hub_command_invites},
    {"nodes", hub_command_nodes},
    {"reset_code", hub_command_reset_code},
    {"revoke", hub_command_revoke},
    {"keys", hub_command_keys},
    {"quarantine", hub_command_quarantine},
    {"quarantine_show", hub_command_quarantine_show},
    {"token", hub_command_token},
    {"officer", hub_command_officer},
    {"order", hub_command_order},
    {"erase", hub_command_erase},
    {"readers", hub_command_readers},
    {"readers_sealed", hub_command_readers_sealed},
    {"sealed", hub_command_sealed},
    {"reseal", hub_command_reseal},
    {"request", hub_command_request},
    {"breach", hub_command_breach},
    {"reads", hub_command_reads},
    {"subject", hub_command_subject},
    {"put", hub_command_put},
    {"import", hub_command_import},
    {"get", hub_command_get},
    {"list", hub_command_list},
    {"history", hub_command_history},
    {"check", hub_command_form_check},
    {"search", hub_command_search},
    {"conflicts", hub_command_conflicts},
    {"resolve", hub_command_resolve},
    {"transfers", hub_command_transfers},
    {"transfer_offer", hub_command_transfer_offer},
    {"transfer_answer", hub_command_transfer_answer},
    {"share", hub_command_share},
    {"scope", hub_command_scope},
    {"crossed", hub_command_crossed},
    {"held", hub_command_held},
    {"settle", hub_command_settle},
    {"units", hub_command_units},
    {"units_apply", hub_command_units_apply},
    {"units_assign", hub_command_units_assign},
    {"units_node", hub_command_units_node},
    {"report", hub_command_report},
    {"close", hub_command_close},
    {"supplement", hub_command_supplement},
    {"reopen", hub_command_reopen},
    {"reports", hub_command_reports},
    {"report_show", hub_command_report_show},
    {"report_accept", hub_command_report_accept},
    {"report_return", hub_command_report_return},
    {"owes", hub_command_owes},
    {"doubts", hub_command_doubts},
    {"calendar", hub_command_calendar},
    {"ask", hub_command_ask},
    {"correct", hub_command_correct},
    {"corrections", hub_command_corrections},
    {"triggers", hub_command_triggers},
    {"cases", hub_command_cases},
    {"referring", hub_command_referring},
    {"budget", hub_command_budget},
    {"budget_step", hub_command_budget_step},
    {"score", hub_command_score},
    {"score_appraise", hub_command_score_appraise},
    {"score_step", hub_command_score_step},
    {"issues", hub_command_issues},
    {"taken", hub_command_taken},
    {"export", hub_command_export},
    {"verify", hub_command_verify},
    {"consolidate", hub_command_consolidate},
    {"explain", hub_command_explain},
    {"diff", hub_command_diff},
    {"proof", hub_command_proof},
    {"proof_data", hub_command_proof_data},
    {"user", hub_command_user},
    {"attach", hub_command_attach},
    {"backup", hub_command_backup},
    {"alarms", hub_command_alarms},
    {"confirm", hub_command_confirm},
};

json_t *hub_command(struct hub_app *a, const json_t *request)
{
    const char *verb = hub_request_str(request, "verb");
    for (size_t i = 0; verb != NULL && i < sizeof hub_verbs / sizeof hub_verbs[0]; i++) {
        if (strcmp(hub_verbs[i].verb, verb) != 0) continue;
        enum err e = hub_app_settle(a);
        json_t *answer = e == ERR_OK ? hub_verbs[i].run(a, request) : hub_command_fail(e);
        hub_sealed_mask(answer);
        return answer;
    }
    return hub_command_error(ERR_USAGE,
                             "Trung tâm đang chạy không biết lệnh này (khác phiên bản?).",
                             "The running hub does not know this verb (another version?).");
}
