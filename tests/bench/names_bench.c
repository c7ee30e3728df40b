/*
 * Time of the search for names in the texts of reports before a closing (common/io/store_named), over a database of
 * persons made for it.
 *
 *   names_bench DB [PERSONS]   DB: a file that is made and stays; 50,000 persons unless said otherwise
 *
 * Prints "names PERSONS TEXTS BYTES CLASS SECONDS FOUND", best of three, seconds of the processor: of a district's
 * usual texts and of as many and as long ones as there can be, among persons with a sensitive record and among all.
 */
#include "common/io/store_named.h"
#include "common/text.h"
#include "tests/lib/catalogue_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TRIALS = 3, PERSONS = 50000, EACH_CASE = 10, NAME_ROOM = 80 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void name_of(unsigned n, char out[static NAME_ROOM])
{
    static const char *const family[] = {"Nguyễn", "Trần", "Lê", "Phạm", "Hoàng",
                                         "Huỳnh",  "Phan", "Võ", "Đặng", "Bùi"};
    static const char *const middle[] = {"Văn",   "Thị", "Ngọc", "Minh", "Quốc",
                                         "Thanh", "Hữu", "Đức",  "Kim",  "Xuân"};
    static const char *const given[] = {"An",   "Bình", "Cường", "Dũng", "Giang", "Hạnh", "Khoa",
                                        "Lan",  "Minh", "Oanh",  "Phúc", "Quân",  "Sơn",  "Trang",
                                        "Tuấn", "Vinh", "Yến",   "Hiền", "Nga",   "Thảo"};
    snprintf(out, NAME_ROOM, "%s %s %s %s", family[n % 10], middle[n / 10 % 10],
             middle[(n / 100 + 3) % 10], given[n / 1000 % 20]);
}

static void put(struct typed *t, const struct catalogue_type *type, unsigned n, bool person)
{
    struct typed_value v[CATALOGUE_FIELDS_MAX] = {{.kind = TYPED_NULL}};
    struct id_record rid = {{person ? 1 : 2}}, who = {{1}};
    char name[NAME_ROOM], number[16];
    memcpy(rid.b + 4, &n, sizeof n);
    memcpy(who.b + 4, &n, sizeof n);
    name_of(n, name);
    snprintf(number, sizeof number, "075%09u", n * 7919u % 1000000000u);
    for (size_t i = 0; i < type->field_count; i++) {
        const char *f = type->fields[i].name;
        if (strcmp(f, "full_name") == 0)
            v[i] = (struct typed_value){.kind = TYPED_TEXT, .bytes = bytes_str(name)};
        else if (strcmp(f, "national_id") == 0)
            v[i] = (struct typed_value){.kind = TYPED_TEXT, .bytes = bytes_str(number)};
        else if (strcmp(f, "person") == 0)
            v[i] = (struct typed_value){.kind = TYPED_BLOB, .bytes = BYTES_OF(who.b)};
    }
    if (typed_put(t, type, &rid, "26170", v, type->field_count) != ERR_OK) exit(1);
}

static void measure(struct db *db, struct typed *t, const struct catalogue *c, unsigned persons,
                    size_t count, size_t bytes, unsigned least)
{
    static const char said[] =
        "Đội đã phối hợp với Hội Liên hiệp Phụ nữ, Đoàn TNCS Hồ Chí Minh, Hội Cựu chiến binh xã tổ "
        "chức 03 buổi "
        "tuyên truyền, có 120 lượt người dự. Trong tháng có 02 người được vận động cai nghiện tự "
        "nguyện; 01 hồ sơ "
        "còn thiếu giấy tờ. Khó khăn: kinh phí thấp, thành viên kiêm nhiệm, chưa được tập huấn. ";
    static char text[CATALOGUE_TEXT_BYTES_MAX + 1];
    static struct named_text texts[NAMED_TEXTS_MAX];
    double best = 1e9;
    struct named found = {.count = 0};
    for (size_t at = 0; at < bytes; at += sizeof said - 1)
        snprintf(text + at, sizeof text - at, "%s", said);
    for (int k = 0; k < TRIALS; k++) {
        found.count = 0;
        for (size_t i = 0; i < count; i++)
            texts[i].text = text_truncate(bytes_str(text), bytes);
        double begun = now();
        if (named_in(db, t, c, least, texts, count, &found) != ERR_OK) exit(1);
        if (now() - begun < best) best = now() - begun;
    }
    printf("names %u %zu %zu %u %.3f %zu\n", persons, count, bytes, least, best, found.count);
}

int main(int argc, char **argv)
{
    struct db *db = NULL;
    struct typed *t = NULL;
    unsigned persons = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : PERSONS;
    if (argc < 2 || db_open(argv[1], NULL, DB_CREATE, &db) != ERR_OK) return 2;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    if (db_begin(db) != ERR_OK || typed_open(db, c, NULL, &t) != ERR_OK) return 1;
    for (unsigned n = 0; n < persons; n++) {
        put(t, catalogue_type_by_name(c, "person"), n, true);
        if (n % EACH_CASE == 0) put(t, catalogue_type_by_name(c, "drug_case"), n, false);
    }
    if (db_commit(db) != ERR_OK) return 1;
    for (unsigned least = NAMED_CLASS_PERSON; least <= NAMED_CLASS_SENSITIVE; least++) {
        measure(db, t, c, persons, 24, 500, least);
        measure(db, t, c, persons, NAMED_TEXTS_MAX, CATALOGUE_TEXT_BYTES_MAX, least);
    }
    typed_close(t);
    db_close(db);
    catalogue_free(c);
    return 0;
}
