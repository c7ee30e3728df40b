#include "node/command_priv.h"
#include "common/io/web_json.h"
#include "common/text.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum {
    PERSON_TEXT_BYTES_MAX = 9 * NODE_STORE_PERSON_BYTES_MAX + 128
}; /* a name folded, and whose */

enum err node_command_init(struct node_command *c, struct node_store *store,
                           const struct node_sync_keys *keys, int64_t (*wall_ms)(void))
{
    *c = (struct node_command){.store = store, .keys = keys, .wall_ms = wall_ms};
    return node_entry_init(&c->entry, store);
}

void node_command_free(struct node_command *c)
{
    node_import_free(c);
    node_entry_free(&c->entry);
}

/* ---- errors ---- */

json_t *node_command_error(enum err e, const char *vi, const char *en, const char *field)
{
    json_t *j = web_json_error(e, vi, en);
    if (j != NULL && field != NULL) json_object_set_new(j, "field", json_string(field));
    return j;
}

json_t *node_command_fail(enum err e)
{
    static const struct {
        enum err e;
        const char *vi;
        const char *en;
    } said[] = {
        {ERR_FULL,
         "Ổ đĩa đầy: lần ghi này chưa được lưu; mọi dữ liệu trước đó vẫn an toàn và vẫn xem, gửi "
         "được. Hãy xóa bớt tệp không cần rồi ghi lại.",
         "The disk is full: this was not saved; everything before is safe and can be read and "
         "sent. Free some space and save again."},
        {ERR_READONLY,
         "Không ghi được vào thư mục dữ liệu (chỉ đọc hoặc thiếu quyền): lần ghi này chưa được "
         "lưu; dữ "
         "liệu trước đó vẫn an toàn. Hãy kiểm tra ổ đĩa và quyền của thư mục rồi ghi lại.",
         "The data folder cannot be written (read-only, or rights are missing): this was not "
         "saved; "
         "what was saved before is safe. Check the disk and the folder's rights and save again."},
        {ERR_MOVED,
         "Tệp dữ liệu đã bị dời, xóa hoặc thay khi chương trình đang chạy: lần ghi này chưa được "
         "lưu. "
         "Hãy trả tệp về chỗ cũ, khởi động lại chương trình rồi ghi lại.",
         "The data file was moved, removed or replaced while the program runs: this was not saved. "
         "Put the file back, start the program again and save again."},
        {ERR_DAMAGED,
         "Cơ sở dữ liệu bị hỏng: đừng xóa gì. Những gì trung tâm đã biên nhận vẫn có ở trung tâm. "
         "Hãy chép nguyên thư mục dữ liệu ra USB và gọi cán bộ trung tâm.",
         "The database is damaged: delete nothing. What the hub gave a receipt for is safe there. "
         "Copy the whole data folder and call the hub's officer."},
        {ERR_IO,
         "Không đọc ghi được ổ đĩa: lần ghi này chưa được lưu. Hãy kiểm tra ổ đĩa, khởi động lại "
         "chương trình rồi ghi lại.",
         "The disk cannot be read or written: this was not saved. Check the disk, start the "
         "program again and repeat it."},
        {ERR_STORE,
         "Lỗi cơ sở dữ liệu: lần ghi này chưa được lưu; dữ liệu trước đó vẫn còn. Xem nhật ký của "
         "chương trình.",
         "Database error: this was not saved; what was saved before stays. See the program's log."},
        {ERR_NOMEM, "Hết bộ nhớ: chưa ghi gì. Hãy đóng bớt chương trình khác rồi làm lại.",
         "Out of memory: nothing was saved. Close other programs and try again."},
        {ERR_NOT_READY,
         "Máy này chưa ghi danh với trung tâm: hãy chạy `dongbo-node join LỜI_MỜI` trước.",
         "This PC has not joined a hub: run `dongbo-node join INVITATION` first."},
        {ERR_CHAIN_BROKEN, "Có lần ghi khác xen vào: chưa ghi gì, hãy làm lại.",
         "Another save came between: nothing was saved, try again."},
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        if (said[i].e == e) return node_command_error(e, said[i].vi, said[i].en, NULL);
    }
    return node_command_error(e, err_text_vi(e), err_text_en(e), NULL);
}

json_t *node_command_why(enum err e, const struct entry_why *why)
{
    if (why->vi[0] == '\0') return node_command_fail(e);
    json_t *j =
        node_command_error(e, why->vi, why->en, why->field != NULL ? why->field->name : NULL);
    if (j != NULL && why->confirm) json_object_set_new(j, "confirm", json_true());
    return j;
}

enum err node_command_error_of(const json_t *response)
{
    const char *name = json_string_value(json_object_get(response, "error"));
    if (name == NULL) return ERR_OK;
    for (int e = 0; e < ERR_COUNT; e++) {
        if (strcmp(err_name((enum err)e), name) == 0) return (enum err)e;
    }
    return ERR_STORE;
}

/* ---- reading requests ---- */

const char *node_request_str(const json_t *request, const char *key)
{
    return json_string_value(json_object_get(request, key));
}

enum err node_request_id(const char *hex, struct id_record *out)
{
    return hex != NULL ? id_unhex(hex, out->b, sizeof out->b) : ERR_BAD_INPUT;
}

/* One number for a name, however it is written, on all PCs of a unit (SPEC 3.4): who wrote a report on one of them
 * and confirms it on another is the same person. Chosen by lot before the PC has joined. */
static enum err node_person_of(struct node_command *c, struct bytes name, struct id_person *out)
{
    static const char domain[] = "dongbo/person/1";
    uint8_t hash[ID_HASH_BYTES];
    struct node_identity id;
    struct buf text;
    enum err e = node_store_identity(c->store, &id);
    if (e == ERR_NOT_READY || (e == ERR_OK && !id.joined)) {
        randombytes_buf(out->b, sizeof out->b);
        return ERR_OK;
    }
    if (e != ERR_OK) return e;
    buf_init(&text, PERSON_TEXT_BYTES_MAX);
    buf_add(&text, domain, sizeof domain); /* each with its end */
    buf_add(&text, id.hub.b, sizeof id.hub.b);
    buf_add(&text, id.unit, strlen(id.unit) + 1);
    e = text_fold(name, NODE_STORE_PERSON_BYTES_MAX, &text);
    if (e == ERR_OK) e = text.e;
    crypto_generichash(hash, sizeof hash, text.p, text.len, NULL, 0);
    memcpy(out->b, hash, sizeof out->b);
    buf_free(&text);
    return e;
}

enum err node_request_person(struct node_command *c, const json_t *request, struct id_person *out)
{
    const char *name = node_request_str(request, "person");
    struct id_person fresh;
    struct buf clean;
    if (name == NULL) return ERR_BAD_INPUT;
    buf_init(&clean, NODE_STORE_PERSON_BYTES_MAX);
    enum err e = text_normalise(text_trim(bytes_str(name)), NODE_STORE_PERSON_BYTES_MAX,
                                TEXT_ONE_LINE, &clean);
    if (e == ERR_OK) e = node_person_of(c, buf_bytes(&clean), &fresh);
    if (e == ERR_OK) e = node_store_person(c->store, buf_bytes(&clean), &fresh, out);
    buf_free(&clean);
    return e == ERR_TOO_LARGE ? ERR_BAD_INPUT : e;
}

static enum err node_value_text(const json_t *v, struct buf *out)
{
    switch (json_typeof(v)) {
    case JSON_STRING: buf_add(out, json_string_value(v), json_string_length(v)); return out->e;
    case JSON_INTEGER: buf_printf(out, "%lld", (long long)json_integer_value(v)); return out->e;
    case JSON_REAL: buf_printf(out, "%.15g", json_real_value(v)); return out->e;
    case JSON_TRUE: buf_add_str(out, "1"); return out->e;
    case JSON_FALSE: buf_add_str(out, "0"); return out->e;
    case JSON_NULL: return ERR_OK;
    case JSON_ARRAY:
        for (size_t i = 0; i < json_array_size(v); i++) {
            const json_t *item = json_array_get(v, i);
            if (!json_is_string(item)) return ERR_BAD_VALUE;
            if (i > 0) buf_add_str(out, ";");
            buf_add(out, json_string_value(item), json_string_length(item));
        }
        return out->e;
    case JSON_OBJECT: break;
    }
    return ERR_BAD_VALUE;
}

static enum err node_values_say(struct entry_why *why, const char *name, char *field, bool unknown)
{
    snprintf(field, 64, "%.63s", name);
    if (unknown) {
        snprintf(why->vi, sizeof why->vi, "Không có trường tên \"%.63s\" trong loại này.", name);
        snprintf(why->en, sizeof why->en, "This type has no field \"%.63s\".", name);
    } else {
        snprintf(why->vi, sizeof why->vi, "Giá trị của \"%.63s\" phải là chữ hoặc số.", name);
        snprintf(why->en, sizeof why->en, "The value of \"%.63s\" must be a text or number.", name);
    }
    return ERR_BAD_VALUE;
}

static enum err node_values_collect(const struct catalogue_type *type, const json_t *object,
                                    struct entry_value *values, size_t *count, struct buf *memory,
                                    struct entry_why *why, char *field)
{
    const char *key = NULL;
    json_t *v = NULL;
    json_object_foreach((json_t *)(uintptr_t)object, key, v)
    {
        const struct catalogue_field *f = catalogue_field_by_name(type, key);
        if (f == NULL) return node_values_say(why, key, field, true);
        size_t at = memory->len;
        enum err e = node_value_text(v, memory);
        if (e == ERR_BAD_VALUE) return node_values_say(why, key, field, false);
        if (e != ERR_OK) return e;
        values[*count] = (struct entry_value){f, {NULL, memory->len - at}, false};
        ++*count; /* a key stands once in an object, so there are never more than fields */
    }
    return ERR_OK;
}

enum err node_values_read(const struct catalogue_type *type, const json_t *object,
                          struct entry_value *values, size_t *count, struct buf *memory,
                          struct entry_why *why, char field[static 64])
{
    *count = 0;
    *why = (struct entry_why){.field = NULL};
    field[0] = '\0';
    buf_clear(memory);
    enum err e = node_values_collect(type, object, values, count, memory, why, field);
    if (e == ERR_OK) e = memory->e;
    const uint8_t *p = memory->p;
    for (size_t i = 0; e == ERR_OK && i < *count; i++) {
        values[i].typed.p = p;
        p += values[i].typed.len;
    }
    return e;
}

/* ---- writing responses ---- */

json_t *node_json_hex(struct bytes b)
{
    char hex[2 * ID_HASH_BYTES + 1];
    id_hex(b, hex);
    return json_string(hex);
}

json_t *node_json_time(int64_t ms)
{
    char stamp[DATE_STAMP_ROOM];
    if (ms == 0 || date_stamp(ms, stamp) != ERR_OK) return json_null();
    return json_string(stamp);
}

json_t *node_json_text(struct bytes b)
{
    json_t *j = json_stringn((const char *)b.p, b.len);
    return j != NULL ? j : json_null();
}

/* ---- dispatch ---- */

const char *node_unit_name(struct node_command *c, const char *code)
{
    struct date today;
    const struct catalogue *cat = node_store_catalogue(c->store, NULL);
    if (cat == NULL || date_of_ms(c->wall_ms(), &today) != ERR_OK) return "";
    return catalogue_unit_name(cat, code, today);
}

const char *node_unit_own(struct node_command *c, const struct node_identity *id)
{
    return id->unit_name[0] != '\0' ? id->unit_name : node_unit_name(c, id->unit);
}

json_t *node_command_run(struct node_command *c, const json_t *request)
{
    static const struct {
        const char *verb;
        node_command_fn *run;
    } verbs[] = {
        {"put", node_command_put},
        {"get", node_command_get},
        {"list", node_command_list},
        {"history", node_command_history},
        {"held", node_command_held},
        {"import", node_command_import},
        {"status", node_command_status},
        {"join", node_command_join},
        {"compare", node_command_compare},
        {"search", node_command_search},
        {"reveal", node_command_reveal},
        {"catalogue", node_command_catalogue},
        {"used", node_command_used},
        {"check", node_command_check},
        {"verify_proof", node_command_verify_proof},
        {"card", node_command_card},
        {"keys", node_command_keys},
        {"transfer_offer", node_command_transfer_offer},
        {"transfer_answer", node_command_transfer_answer},
        {"transfers", node_command_transfers},
        {"crossed", node_command_crossed},
        {"settle", node_command_settle},
        {"share", node_command_share},
        {"shares", node_command_shares},
        {"readers", node_command_readers},
        {"reader_accept", node_command_reader_accept},
        {"reseal", node_command_reseal},
        {"report_list", node_command_report_list},
        {"report_records", node_command_report_records},
        {"report_show", node_command_report_show},
        {"report_draft", node_command_report_draft},
        {"report_submit", node_command_report_submit},
        {"report_withdraw", node_command_report_withdraw},
        {"report_note", node_command_report_note},
        {"calendar", node_command_calendar},
        {"corrections", node_command_corrections},
        {"cases", node_command_cases},
        {"referring", node_command_referring},
        {"budget", node_command_budget},
        {"budget_step", node_command_budget_step},
        {"score", node_command_score},
        {"score_start", node_command_score_start},
        {"score_line", node_command_score_line},
        {"score_step", node_command_score_step},
        {"correction_answer", node_command_correction_answer},
        {"bundle_out", node_command_bundle_out},
        {"bundle_in", node_command_bundle_in},
        {"bundle_inspect", node_command_bundle_inspect},
        {"bundle_in_file", node_command_bundle_in_file},
        {"bundle_inspect_file", node_command_bundle_inspect_file},
        {"attach_add", node_command_attach_add},
        {"attach_list", node_command_attach_list},
        {"attach_get", node_command_attach_get},
        {"subject", node_command_subject},
        {"backup", node_command_backup},
        {"verify", node_command_verify},
        {"alarms", node_command_alarms},
    };
    const char *verb = node_request_str(request, "verb");
    for (size_t i = 0; verb != NULL && i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verb, verbs[i].verb) == 0)
            return node_command_read_noted(c, request, verbs[i].run(c, request));
    }
    return node_command_error(ERR_USAGE, "Không có lệnh này.", "There is no such command.", NULL);
}
