/* Responses for people, in the chosen language. */
#include "node/tool.h"

#include "common/io/cases_print.h"

#include <stdio.h>
#include <string.h>

enum { TOOL_LIST_COLUMNS = 4, TOOL_TABLE_BYTES = 4 * 1024 * 1024 };

static long long tool_int(const json_t *o, const char *key)
{
    return (long long)json_integer_value(json_object_get(o, key));
}

/* Control characters of a value must not reach the terminal. */
static void tool_put(const char *s)
{
    for (; *s != '\0'; s++)
        putchar((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
}

static void tool_value(const json_t *v)
{
    if (json_is_string(v)) {
        tool_put(json_string_value(v));
    } else if (json_is_integer(v)) {
        printf("%lld", (long long)json_integer_value(v));
    } else if (json_is_boolean(v)) {
        fputs(json_is_true(v) ? "1" : "0", stdout);
    } else if (json_is_array(v)) {
        for (size_t i = 0; i < json_array_size(v); i++) {
            if (i > 0) putchar(';');
            tool_value(json_array_get(v, i));
        }
    }
}

static void tool_print_locks(const struct cli *c, const json_t *record)
{
    const json_t *locks = json_object_get(record, "locks");
    if (json_array_size(locks) == 0) return;
    printf("  %s: ",
           cli_text(c, "Khóa, danh sách nhập không ghi đè", "Locked, no import overwrites"));
    tool_value(locks);
    putchar('\n');
}

static void tool_print_marks(const struct cli *c, const json_t *record)
{
    const char *name = NULL;
    json_t *mark = NULL;
    json_object_foreach(json_object_get(record, "marks"), name, mark)
    {
        if (json_is_true(json_object_get(mark, "conflict"))) {
            printf("  ! %s: %s\n", name,
                   cli_text(c, "XUNG ĐỘT, các giá trị:", "CONFLICT, values:"));
            const json_t *heads = json_object_get(mark, "heads");
            for (size_t i = 0; i < json_array_size(heads); i++) {
                const json_t *h = json_array_get(heads, i);
                fputs("      - ", stdout);
                tool_value(json_object_get(h, "value"));
                fputs("  (", stdout);
                tool_put(node_tool_str(h, "person"));
                printf(", %s)\n", node_tool_str(h, "at"));
            }
        }
        if (json_is_true(json_object_get(mark, "pending")))
            printf("  * %s: %s\n", name, cli_text(c, "chờ gửi", "waits to be sent"));
    }
}

void node_tool_print_record(const struct cli *c, const json_t *record)
{
    const char *name = NULL;
    json_t *value = NULL;
    printf("%s %s%s\n", node_tool_str(record, "type"), node_tool_str(record, "id"),
           json_is_true(json_object_get(record, "deleted")) ? cli_text(c, " (đã xóa)", " (deleted)")
                                                            : "");
    printf("  unit %s, version %s\n", node_tool_str(record, "unit"),
           node_tool_str(record, "version"));
    json_object_foreach(json_object_get(record, "values"), name, value)
    {
        printf("  %s = ", name);
        tool_value(value);
        putchar('\n');
    }
    cases_print_lost(c, record);
    tool_print_locks(c, record);
    tool_print_marks(c, record);
    if (tool_int(record, "held") > 0)
        printf("  %s\n", cli_text(c, "Trung tâm đang giữ lại một số thay đổi: xem history.",
                                  "The hub holds some changes: see history."));
}

static const char *tool_title(const json_t *record)
{
    static const char *const names[] = {"full_name", "name", "title", "on_date"};
    const json_t *values = json_object_get(record, "values");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *s = json_string_value(json_object_get(values, names[i]));
        if (s != NULL) return s;
    }
    return "";
}

void node_tool_print_list(const struct cli *c, const json_t *response)
{
    static const char *cells[1000 * TOOL_LIST_COLUMNS];
    const char *headings[] = {cli_text(c, "Mã", "Id"), cli_text(c, "Loại", "Type"),
                              cli_text(c, "Tên", "Name"), cli_text(c, "Tình trạng", "State")};
    const json_t *rows = json_object_get(response, "rows");
    size_t n = json_array_size(rows) < 1000 ? json_array_size(rows) : 1000;
    for (size_t i = 0; i < n; i++) {
        const json_t *r = json_array_get(rows, i);
        cells[i * 4] = node_tool_str(r, "id");
        cells[i * 4 + 1] = node_tool_str(r, "type");
        cells[i * 4 + 2] = tool_title(r);
        cells[i * 4 + 3] = tool_int(r, "conflicts") > 0 ? cli_text(c, "xung đột", "conflict")
                           : tool_int(r, "held") > 0    ? cli_text(c, "bị giữ lại", "held")
                           : tool_int(r, "pending") > 0 ? cli_text(c, "chờ gửi", "waiting")
                                                        : "";
    }
    struct buf out;
    buf_init(&out, TOOL_TABLE_BYTES);
    cli_table(&out, headings, TOOL_LIST_COLUMNS, cells, n);
    fputs(buf_cstr(&out), stdout);
    buf_free(&out);
    if (json_is_string(json_object_get(response, "next")))
        printf("%s --after %s\n", cli_text(c, "Còn nữa:", "There is more:"),
               node_tool_str(response, "next"));
}

void node_tool_print_held(const struct cli *c, const json_t *response)
{
    const json_t *rows = json_object_get(response, "held");
    size_t i = 0;
    json_t *h = NULL;
    json_array_foreach(rows, i, h)
    {
        printf("%s  %s %s %s\n", node_tool_str(h, "at"), node_tool_str(h, "person"),
               node_tool_str(h, "type"), node_tool_str(h, "id"));
        printf("    %s: %s\n", cli_text(c, "bị giữ vì", "held because"),
               node_tool_str(h, cli_text(c, "vi", "en")));
        printf("    %s: %s\n", cli_text(c, "người lo", "whose turn"),
               node_tool_str(h, cli_text(c, "owner_vi", "owner_en")));
        printf("    %s: %s\n", cli_text(c, "việc tiếp", "next"),
               node_tool_str(h, cli_text(c, "next_vi", "next_en")));
    }
    if (i == 0) printf("%s\n", cli_text(c, "Không có thay đổi nào bị giữ.", "Nothing is held."));
    if (json_is_true(json_object_get(response, "more")))
        printf("%s\n", cli_text(c, "… còn nữa: `status` đếm tất cả",
                                "… there are more: `status` counts all"));
}

void node_tool_print_history(const struct cli *c, const json_t *response)
{
    const json_t *events = json_object_get(response, "events");
    if (json_array_size(events) == 0)
        printf("%s\n", cli_text(c, "Máy này chưa ghi gì trên hồ sơ này.",
                                "This PC saved nothing of this record."));
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *e = json_array_get(events, i);
        printf("%s  %s  ", node_tool_str(e, "at"), node_tool_str(e, "kind"));
        tool_put(node_tool_str(e, "person"));
        printf("  [%s, %s]\n",
               json_is_true(json_object_get(e, "delivered")) ? cli_text(c, "đã gửi", "delivered")
                                                             : cli_text(c, "chờ gửi", "waiting"),
               node_tool_str(e, "verdict"));
        const json_t *list = json_object_get(e, "import");
        if (list != NULL) {
            printf("    %s ", cli_text(c, "nhập từ danh sách", "out of the list"));
            tool_put(node_tool_str(list, "source"));
            if (node_tool_str(list, "as_of")[0] != '\0')
                printf(", %s %s", cli_text(c, "tính đến", "as of"), node_tool_str(list, "as_of"));
            printf(" (%s)\n", node_tool_str(list, "id"));
        }
        const json_t *writes = json_object_get(e, "writes");
        for (size_t k = 0; k < json_array_size(writes); k++) {
            const json_t *w = json_array_get(writes, k);
            printf("    %s", node_tool_str(w, "field"));
            if (json_object_get(w, "element") != NULL) printf("[%s]", node_tool_str(w, "element"));
            fputs(" = ", stdout);
            tool_value(json_object_get(w, "value"));
            putchar('\n');
        }
    }
}

static void tool_print_log(const struct cli *c, const json_t *log)
{
    printf("%s: %lld = %s %lld + %s %lld\n",
           cli_text(c, "Gói thay đổi đã ghi", "Change sets written"), tool_int(log, "sets"),
           cli_text(c, "đã gửi (có biên nhận)", "delivered (receipt)"), tool_int(log, "delivered"),
           cli_text(c, "chờ gửi", "waiting"), tool_int(log, "waiting"));
    printf("%s: %s %lld, %s %lld, %s %lld, %s %lld, %s %lld\n",
           cli_text(c, "Thao tác đã gửi", "Delivered operations"),
           cli_text(c, "áp dụng", "applied"), tool_int(log, "applied"),
           cli_text(c, "đã thay", "replaced"), tool_int(log, "replaced"),
           cli_text(c, "xung đột", "conflict"), tool_int(log, "conflict"),
           cli_text(c, "giữ lại", "held"), tool_int(log, "held"),
           cli_text(c, "chưa có kết luận", "no verdict yet"), tool_int(log, "no_verdict_yet"));
}

/* When something of the hub came here: over the network, by file, or not yet. */
static void tool_print_contact(const struct cli *c, const json_t *session)
{
    const char *last = node_tool_str(session, "last"), *file = node_tool_str(session, "last_file");
    const char *label = cli_text(c, "Lần đồng bộ gần nhất", "Last sync");
    if (last[0] != '\0')
        printf("%s: %s (%s)\n", label, last, node_tool_str(session, "result"));
    else
        printf("%s: %s\n", label, cli_text(c, "chưa lần nào", "never"));
    if (file[0] != '\0')
        printf("%s: %s\n",
               cli_text(c, "Đọc tệp của trung tâm gần nhất", "Last file of the hub read"), file);
}

void node_tool_print_status(const struct cli *c, const json_t *r)
{
    const json_t *warnings = json_object_get(r, "warnings");
    printf("%s: %s %s\n", cli_text(c, "Đơn vị", "Unit"), node_tool_str(r, "unit"),
           node_tool_str(r, "unit_name"));
    printf("%s: %s\n", cli_text(c, "Trung tâm", "Hub"), node_tool_str(r, "hub"));
    printf("%s: %lld (%s %lld)\n", cli_text(c, "Hồ sơ", "Records"), tool_int(r, "records"),
           cli_text(c, "xung đột", "in conflict"), tool_int(r, "records_conflict"));
    tool_print_log(c, json_object_get(r, "log"));
    const json_t *files = json_object_get(r, "attachments");
    if (tool_int(files, "files") > 0)
        printf("%s: %lld (%s %lld, %s %lld, %s %lld)\n", cli_text(c, "Tệp kèm theo", "Attachments"),
               tool_int(files, "files"), cli_text(c, "đã gửi", "delivered"),
               tool_int(files, "delivered"), cli_text(c, "chờ gửi", "waiting"),
               tool_int(files, "waiting"), cli_text(c, "đang lấy", "on their way here"),
               tool_int(files, "fetching"));
    tool_print_contact(c, json_object_get(r, "session"));
    for (size_t i = 0; i < json_array_size(warnings); i++) {
        const json_t *w = json_array_get(warnings, i);
        printf("! %s\n", cli_text(c, node_tool_str(w, "vi"), node_tool_str(w, "en")));
    }
}
