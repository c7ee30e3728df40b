#include "common/io/import_rows.h"

#include <stdio.h>
#include <string.h>

enum { PRINT_EACH_MAX = 50 }; /* values, or doubles, named one by one; --json has all */

static const char *print_str(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s != NULL ? s : "";
}

static long long print_int(const json_t *j, const char *key)
{
    return (long long)json_integer_value(json_object_get(j, key));
}

/* Control characters of a value must not reach the terminal. */
static void print_put(const char *s)
{
    for (; *s != '\0'; s++)
        putchar((unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
}

static void print_alike(const struct cli *c, const json_t *d)
{
    const json_t *records = json_object_get(d, "records");
    printf("  %s %lld: ", cli_text(c, "dòng", "line"), print_int(d, "line"));
    if (records == NULL)
        printf("%s %lld", cli_text(c, "giống dòng", "like line"), print_int(d, "above"));
    for (size_t i = 0; i < json_array_size(records); i++) {
        const json_t *r = json_array_get(records, i);
        if (i > 0) fputs("; ", stdout);
        print_put(print_str(r, "title"));
        printf("%s%s (%s)", print_str(r, "dob")[0] != '\0' ? ", " : "", print_str(r, "dob"),
               print_str(r, "id"));
    }
    putchar('\n');
}

static void print_alikes(const struct cli *c, const json_t *r)
{
    const json_t *alike = json_object_get(r, "alike");
    size_t n = json_array_size(alike);
    if (n > 0)
        printf("%s: %zu\n",
               cli_text(c,
                        "Dòng mới có thể trùng hồ sơ đã có, hoặc trùng dòng khác (hãy xem trước "
                        "khi nhập; nếu trùng, ghi mã hồ sơ vào cột id hoặc bỏ dòng)",
                        "New rows that may be a record that is here, or another row (look before "
                        "the import; of a double, give the record's id in column id or leave the "
                        "row out)"),
               n);
    for (size_t i = 0; i < n && i < PRINT_EACH_MAX; i++)
        print_alike(c, json_array_get(alike, i));
    if (n > PRINT_EACH_MAX) puts("  ...");
    if (json_is_false(json_object_get(r, "alike_all")))
        puts(cli_text(c, "Chỉ dò trùng 1000 dòng mới đầu tiên.",
                      "Only the first 1,000 new rows were looked for."));
}

void import_rows_print(const struct cli *c, const json_t *r)
{
    const json_t *bad = json_object_get(r, "bad");
    printf("%s: %s %lld, %s %lld, %s %lld, %s %lld\n",
           json_is_true(json_object_get(r, "dry"))
               ? cli_text(c, "Chạy thử, chưa nhập gì", "Dry run, nothing imported")
               : cli_text(c, "Đã nhập", "Imported"),
           cli_text(c, "tạo mới", "created"), print_int(r, "created"), cli_text(c, "sửa", "edited"),
           print_int(r, "edited"), cli_text(c, "không đổi", "unchanged"), print_int(r, "unchanged"),
           cli_text(c, "dòng lỗi", "bad rows"), print_int(r, "bad_rows"));
    for (size_t i = 0; i < json_array_size(bad); i++) {
        const json_t *b = json_array_get(bad, i);
        printf("  %s %lld%s%s: ", cli_text(c, "dòng", "line"), print_int(b, "line"),
               print_str(b, "column")[0] != '\0' ? cli_text(c, ", cột ", ", column ") : "",
               print_str(b, "column"));
        print_put(cli_text(c, print_str(b, "vi"), print_str(b, "en")));
        putchar('\n');
    }
    const json_t *kept = json_object_get(r, "kept");
    if (json_array_size(kept) > 0)
        printf("%s: %zu\n",
               cli_text(c, "Giữ nguyên, danh sách không ghi đè (hãy xem lại từng ô)",
                        "Left as they are, not overwritten by the list (look at each)"),
               json_array_size(kept));
    for (size_t i = 0; i < json_array_size(kept) && i < PRINT_EACH_MAX; i++) {
        const json_t *k = json_array_get(kept, i);
        bool locked = strcmp(print_str(k, "why"), "locked") == 0;
        printf("  %s %lld, %s: %s\n", cli_text(c, "dòng", "line"), print_int(k, "line"),
               cli_text(c, print_str(k, "vi"), print_str(k, "en")),
               locked ? cli_text(c, "khóa", "locked")
                      : cli_text(c, "ghi sau ngày của danh sách", "written after the list's day"));
    }
    print_alikes(c, r);
    if (json_object_get(r, "bad_file") != NULL)
        printf("%s: %s\n",
               cli_text(c, "Các dòng lỗi nằm trong tệp này; sửa rồi nhập lại tệp đó",
                        "The bad rows are in this file; correct them and import it"),
               print_str(r, "bad_file"));
    if (json_is_true(json_object_get(r, "confirm")))
        puts(cli_text(
            c,
            "Nếu những ngày xa kỳ báo cáo là đúng (nhập hồ sơ cũ): nhập lại các dòng đó với "
            "--confirm-dates.",
            "If the days far from the period are right (old records): import those rows "
            "again with --confirm-dates."));
    if (json_is_true(json_object_get(r, "same")))
        puts(cli_text(
            c,
            "Nếu những dòng trùng số hay trùng mã đúng là của hồ sơ đó (sửa tên, ngày sinh...): "
            "nhập "
            "lại các dòng đó với --confirm-same.",
            "If the rows with a known number or id are of that record (a corrected name or birth "
            "...): import them again with --confirm-same."));
}
