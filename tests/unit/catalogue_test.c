#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/buf.h"
#include "common/catalogue.h"
#include "common/catalogue_diff.h"
#include "tests/lib/catalogue_load.h"

#include <stdio.h>
#include <stdlib.h>

#define FILE_OF(file, text)                                                                        \
    {                                                                                              \
        .name = (file), .data = {(const uint8_t *)(text), sizeof(text) - 1 }                       \
    }

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static struct catalogue_error errors[CATALOGUE_ERRORS_MAX];
static size_t error_count;

/* A small catalogue without mistakes; tests replace one file of it. */
#define TYPES                                                                                      \
    "no,name,label_vi,label_en,scope,seed\n1,person,Người,Person,own,\n5,team,Đội,Team,own,\n"
#define HEADER                                                                                     \
    "type,no,name,kind,list,label_vi,label_en,section,required,identity,class,policy,tie,"         \
    "relevant,constraint,constraint_vi,constraint_en\n"
#define FIELDS                                                                                     \
    HEADER "person,1,full_name,text,,Họ tên,Name,,1,,2,,,,,,\n"                                 \
           "person,2,sex,choice,sex,Giới tính,Sex,,,,2,,,,,,\n"                                 \
           "team,1,name,text,,Tên,Name,,1,,0,latest,,,,,\n"                                       \
           "team,2,head,ref,person,Đội trưởng,Head,,,,0,,,,,,\n"
#define CHOICES "list,value,label_vi,label_en\nsex,male,Nam,Male\nsex,female,Nữ,Female\n"
#define UNITS                                                                                      \
    "code,name_vi,level,parent,valid_from,valid_to\n75,Tỉnh Đồng Nai,tinh,,1900-01-01,\n"     \
    "735,Huyện Vĩnh Cửu,huyen,75,1900-01-01,2025-06-30\n"
#define INDICATORS                                                                                 \
    "id,label_vi,label_en,measure,stock,direction,measured_vi,by,source\n"                         \
    "T01,Số Đội,Teams,count,1,up,đội,sex,S0\n"
#define PARAMS "name,value,unit,valid_from,valid_to,source\ncut,03-31,,1900-01-01,,\n"
#define REPORTS                                                                                    \
    "id,label_vi,label_en,level,periods,source\nRP01,Tháng,Month,commune,month|year,S0\n"
#define LINES   "report,no,indicator,by,label_vi,label_en\nRP01,1,T01,sex,,\n"
#define WINDOWS "report,start_day,due,due_words,valid_from,valid_to\nRP01,1,end+2d,,1900-01-01,\n"

static const struct catalogue_file base[] = {
    FILE_OF("types.csv", TYPES),           FILE_OF("fields.csv", FIELDS),
    FILE_OF("choices.csv", CHOICES),       FILE_OF("units.csv", UNITS),
    FILE_OF("indicators.csv", INDICATORS), FILE_OF("params.csv", PARAMS),
    FILE_OF("reports.csv", REPORTS),       FILE_OF("report_lines.csv", LINES),
    FILE_OF("windows.csv", WINDOWS),       FILE_OF("indicators/T01.sql", "SELECT 1\n"),
};

/* Parse the small catalogue with one file replaced (or added); data NULL leaves the file out. */
static enum err parse_with(const char *file, struct bytes data, struct catalogue **out)
{
    struct catalogue_file files[COUNT_OF(base) + 1];
    size_t n = 0;
    bool found = false;
    for (size_t i = 0; i < COUNT_OF(base); i++) {
        struct catalogue_file f = base[i];
        if (file != NULL && strcmp(f.name, file) == 0) {
            found = true;
            f.data = data;
            if (data.p == NULL) continue;
        }
        files[n++] = f;
    }
    if (file != NULL && !found) files[n++] = (struct catalogue_file){.name = file, .data = data};
    return catalogue_parse(files, n, out, errors, &error_count);
}

static struct catalogue *parse_good(const char *file, const char *text)
{
    struct catalogue *c = NULL;
    enum err e = parse_with(file, text == NULL ? bytes_make(NULL, 0) : bytes_str(text), &c);
    for (size_t i = 0; e == ERR_BAD_INPUT && i < error_count; i++)
        print_error("%s:%u %s: %s\n", errors[i].file, errors[i].row, errors[i].column,
                    errors[i].text_en);
    assert_int_equal(e, ERR_OK);
    return c;
}

static void small_is_good(void **state)
{
    (void)state;
    struct catalogue *c = parse_good(NULL, NULL);
    size_t n;
    assert_int_equal(error_count, 0);
    (void)catalogue_types(c, &n);
    assert_int_equal(n, 2);
    const struct catalogue_type *t = catalogue_type_by_no(c, 5);
    assert_string_equal(t->name, "team");
    assert_ptr_equal(t, catalogue_type_by_name(c, "team"));
    assert_null(catalogue_type_by_no(c, 2));
    assert_null(catalogue_type_by_name(c, "teams"));
    assert_string_equal(catalogue_field_by_no(t, 2)->name, "head");
    assert_string_equal(catalogue_field_by_name(t, "head")->list, "person");
    assert_null(catalogue_field_by_no(t, 3));
    assert_null(catalogue_field_by_no(t, 0));
    assert_int_equal(catalogue_field_by_no(t, 1)->policy, CATALOGUE_LATEST);
    assert_int_equal(catalogue_type_by_no(c, 1)->sensitivity, 2);
    assert_true(catalogue_choice_known(c, "sex", "male"));
    assert_false(catalogue_choice_known(c, "sex", "Nam"));
    assert_false(catalogue_choice_known(c, "role", "male"));
    assert_int_equal(catalogue_report(c, "RP01")->period_kinds,
                     1u << PERIOD_MONTH | 1u << PERIOD_YEAR);
    assert_int_equal(catalogue_indicator(c, "T01")->stock, true);
    assert_null(catalogue_indicator(c, "T02"));
    assert_string_equal(catalogue_lines(c, "RP01", &n)->by, "sex");
    assert_int_equal(n, 1);
    assert_null(catalogue_lines(c, "RP02", &n));
    assert_int_equal(n, 0);
    assert_string_equal(catalogue_param(c, "cut", (struct date){2023, 5, 1}), "03-31");
    assert_null(catalogue_param(c, "other", (struct date){2023, 5, 1}));
    assert_string_equal(catalogue_window(c, "RP01", (struct date){2023, 5, 1})->due, "end+2d");
    catalogue_free(c);
    catalogue_free(NULL);
}

static void fields_are_sorted_with_gaps(void **state)
{
    (void)state;
    struct catalogue *c =
        parse_good("fields.csv", HEADER "team,9,name,text,,Tên,Name,,,,0,,,,,,\n"
                                        "person,64,b,int,,B,B,,,,1,max,,,,,\n"
                                        "person,3,a,choices,sex,A,A,,,,0,,,,,,\n");
    const struct catalogue_type *t = catalogue_type_by_name(c, "person");
    assert_int_equal(t->field_count, 2);
    assert_string_equal(t->fields[0].name, "a");
    assert_int_equal(t->fields[0].policy, CATALOGUE_UNION);
    assert_string_equal(catalogue_field_by_no(t, 64)->name, "b");
    assert_int_equal(catalogue_field_by_no(t, 64)->policy, CATALOGUE_MAX);
    assert_null(catalogue_field_by_no(t, 2));
    assert_string_equal(catalogue_type_by_name(c, "team")->fields[0].name, "name");
    catalogue_free(c);
}

static void spreadsheet_forms_are_read(void **state)
{
    (void)state;
    /* Byte order mark, CR LF, ';', a blank row, empty columns at the end, dd/mm/yyyy, NFD text. */
    struct catalogue *c =
        parse_good("units.csv", "\xef\xbb\xbf"
                                "code;name_vi;level;parent;valid_from;valid_to;;\r\n"
                                "75;To\xcc\x82;tinh;;01/01/1900;;;\r\n"
                                ";;;;;;;\r\n"
                                "735;\"Huyện; có dấu\";huyen;75;1/1/1900;30/6/2025\r\n");
    const struct catalogue_unit *u = catalogue_unit_at(c, "735", (struct date){2025, 6, 30});
    assert_string_equal(u->name_vi, "Huyện; có dấu");
    assert_null(catalogue_unit_at(c, "735", (struct date){2025, 7, 1}));
    assert_string_equal(catalogue_unit_at(c, "75", (struct date){2200, 1, 1})->name_vi, "Tô");
    catalogue_free(c);
    c = parse_good("indicators/T01.sql", "\xef\xbb\xbfSELECT 1,\r\n 0\r\n");
    assert_string_equal(catalogue_indicator(c, "T01")->sql, "SELECT 1,\n 0");
    catalogue_free(c);
}

struct mistake_case {
    const char *file; /* replaced */
    const char *text; /* NULL: left out */
    const char *at;   /* file of the expected mistake */
    unsigned row;
    const char *column;
    const char *en; /* part of the English text */
};

#define TYPE_ROW(row)                                                                              \
    "no,name,label_vi,label_en,scope,seed\n1,person,N,P,own,\n5,team,Đ,T,own,\n" row
#define FIELD_ROW(row) FIELDS row
#define UNIT_ROW(row)  UNITS row
#define IND_ROW(row)   INDICATORS row

#define DAYS "type,field,rule\n"

static const struct mistake_case mistakes[] = {
    {"types.csv", NULL, "types.csv", 0, "", "missing"},
    {"fields.csv", NULL, "fields.csv", 0, "", "missing"},
    {"units.csv", NULL, "units.csv", 0, "", "missing"},
    {"units.csv", "", "units.csv", 0, "", "no header"},
    {"fields.csv", "type,no\nperson,1\n", "fields.csv", 1, "name", "missing"},
    {"params.csv", "name,valeu,unit,valid_from,valid_to,source\n", "params.csv", 1, "valeu",
     "no such column"},
    {"params.csv", "name,name,value,unit,valid_from,valid_to,source\n", "params.csv", 1, "name",
     "twice"},
    {"params.csv", PARAMS "a,1,,2020-01-01,,x,y\n", "params.csv", 3, "", "More cells"},
    {"params.csv", PARAMS "a,\"1,,2020-01-01,,x\n", "params.csv", 3, "", "quote"},
    {"params.csv", PARAMS "a,\xff,,2020-01-01,,x\n", "params.csv", 3, "", "UTF-8"},
    {"params.csv", PARAMS "a,1\x01,,2020-01-01,,x\n", "params.csv", 3, "value", "Bad characters"},
    {"params.csv", PARAMS "A,1,,2020-01-01,,\n", "params.csv", 3, "name", "name is made of"},
    {"params.csv", PARAMS "a,,,2020-01-01,,\n", "params.csv", 3, "value", "empty"},
    {"params.csv", PARAMS "a,1,,31/02/2020,,\n", "params.csv", 3, "valid_from", "Not a date"},
    {"params.csv", PARAMS "a,1,,2020-01-02,2020-01-01,\n", "params.csv", 3, "valid_to",
     "before the first"},
    {"params.csv", PARAMS "a,5abc,years,2020-01-01,,\n", "params.csv", 3, "value", "whole number"},
    {"params.csv", PARAMS "a,1000001,people,2020-01-01,,\n", "params.csv", 3, "value",
     "whole number"},
    {"params.csv", PARAMS "a,-1,days,2020-01-01,,\n", "params.csv", 3, "value", "whole number"},
    {"params.csv", PARAMS "a,012,hours,2020-01-01,,\n", "params.csv", 3, "value", "whole number"},
    {"params.csv", PARAMS "a,02-29,month-day,2020-01-01,,\n", "params.csv", 3, "value",
     "month and a day"},
    {"params.csv", PARAMS "a,3-31,month-day,2020-01-01,,\n", "params.csv", 3, "value",
     "month and a day"},
    {"params.csv", PARAMS "cut,1,,2020-01-01,,\n", "params.csv", 3, "name", "overlaps"},
    {"types.csv", TYPE_ROW("5,x,X,X,own,\n"), "types.csv", 4, "no", "twice"},
    {"types.csv", TYPE_ROW("6,team,X,X,own,\n"), "types.csv", 4, "name", "twice"},
    {"types.csv", TYPE_ROW("0,x,X,X,own,\n"), "types.csv", 4, "no", "outside the limits"},
    {"types.csv", TYPE_ROW("65536,x,X,X,own,\n"), "types.csv", 4, "no", "outside the limits"},
    {"types.csv", TYPE_ROW("99999999999999999999,x,X,X,own,\n"), "types.csv", 4, "no",
     "outside the limits"},
    {"types.csv", TYPE_ROW("6,Team,X,X,own,\n"), "types.csv", 4, "name", "name is made of"},
    {"types.csv", TYPE_ROW("6,unit,X,X,own,\n"), "types.csv", 4, "name", "keeps this name"},
    {"types.csv", TYPE_ROW("6,sqlite_x,X,X,own,\n"), "types.csv", 4, "name", "keeps this name"},
    {"types.csv", TYPE_ROW("6,x,X,X,up,\n"), "types.csv", 4, "scope", "Not one of"},
    {"types.csv", TYPE_ROW("6,x,,X,own,\n"), "types.csv", 4, "label_vi", "empty"},
    {"types.csv", TYPE_ROW("6,x,X,X,own,\n"), "types.csv", 0, "", "has no field"},
    {"fields.csv", FIELD_ROW("pupil,1,x,int,,X,X,,,,0,,,,,,\n"), "fields.csv", 6, "type",
     "no such record type"},
    {"fields.csv", FIELD_ROW("team,2,x,int,,X,X,,,,0,,,,,,\n"), "fields.csv", 6, "no", "twice"},
    {"fields.csv", FIELD_ROW("team,65,x,int,,X,X,,,,0,,,,,,\n"), "fields.csv", 6, "no",
     "outside the limits"},
    {"fields.csv", FIELD_ROW("team,3,head,int,,X,X,,,,0,,,,,,\n"), "fields.csv", 6, "name",
     "twice"},
    {"fields.csv", FIELD_ROW("team,3,group,int,,X,X,,,,0,,,,,,\n"), "fields.csv", 6, "name",
     "keeps this name"},
    {"fields.csv", FIELD_ROW("team,3,id,int,,X,X,,,,0,,,,,,\n"), "fields.csv", 6, "name",
     "keeps this name"},
    {"fields.csv", FIELD_ROW("team,3,x,integer,,X,X,,,,0,,,,,,\n"), "fields.csv", 6, "kind",
     "Not one of"},
    {"fields.csv", FIELD_ROW("team,3,x,choice,sexes,X,X,,,,0,,,,,,\n"), "fields.csv", 6, "list",
     "no such list"},
    {"fields.csv", FIELD_ROW("team,3,x,ref,pupil,X,X,,,,0,,,,,,\n"), "fields.csv", 6, "list",
     "no such record type"},
    {"fields.csv", FIELD_ROW("team,3,x,int,sex,X,X,,,,0,,,,,,\n"), "fields.csv", 6, "list",
     "has no list"},
    {"fields.csv", FIELD_ROW("team,3,x,int,,X,X,,,,,,,,,,\n"), "fields.csv", 6, "class",
     "Not a number"},
    {"fields.csv", FIELD_ROW("team,3,x,int,,X,X,,,,5,,,,,,\n"), "fields.csv", 6, "class",
     "outside the limits"},
    {"fields.csv", FIELD_ROW("team,3,x,int,,X,X,,yes,,0,,,,,,\n"), "fields.csv", 6, "required",
     "Only 1, 0"},
    {"fields.csv", FIELD_ROW("team,3,x,int,,X,X,,,number,0,,,,,,\n"), "fields.csv", 6, "identity",
     "kind text"},
    {"fields.csv",
     FIELD_ROW("team,3,x,text,,X,X,,,number,0,,,,,,\nteam,4,y,text,,X,X,,,number,0,,,,,,\n"),
     "fields.csv", 7, "identity", "already"},
    {"fields.csv", FIELD_ROW("team,3,x,text,,X,X,,,yes,0,,,,,,\n"), "fields.csv", 6, "identity",
     "Not one of"},
    {"fields.csv", FIELD_ROW("team,3,x,text,,X,X,,,birth,0,,,,,,\n"), "fields.csv", 6, "identity",
     "birth with"},
    {"fields.csv", FIELD_ROW("team,3,x,pdate,,X,X,,,name,0,,,,,,\n"), "fields.csv", 6, "identity",
     "kind text"},
    {"fields.csv", FIELD_ROW("team,3,x,text,,X,X,,,sex,0,,,,,,\n"), "fields.csv", 6, "identity",
     "sex with"},
    {"fields.csv", FIELD_ROW("team,3,x,int,,X,X,,,,0,newest,,,,,\n"), "fields.csv", 6, "policy",
     "Not one of"},
    {"fields.csv", FIELD_ROW("team,3,x,int,,X,X,,,,0,union,,,,,\n"), "fields.csv", 6, "policy",
     "union"},
    {"fields.csv", FIELD_ROW("team,3,x,choices,sex,X,X,,,,0,ask,,,,,\n"), "fields.csv", 6, "policy",
     "union"},
    {"fields.csv", FIELD_ROW("team,3,x,text,,X,X,,,,0,max,,,,,\n"), "fields.csv", 6, "policy",
     "numbers and dates"},
    {"fields.csv", FIELD_ROW("team,3,x,choices,sex,X,X,,,,0,,t,,,,\n"), "fields.csv", 6, "tie",
     "tie"},
    {"fields.csv", FIELD_ROW("team,3,x,int,,X,X,,,,0,,,,x > 0,,en\n"), "fields.csv", 6,
     "constraint_vi", "empty"},
    {"choices.csv", CHOICES "sex,Male,M,M\n", "choices.csv", 4, "value", "value is made of"},
    {"choices.csv", CHOICES "sex,male,M,M\n", "choices.csv", 4, "value", "already"},
    {"choices.csv", CHOICES "sex,x,Nam,M\n", "choices.csv", 4, "label_vi", "already"},
    {"choices.csv", CHOICES "sex,x,X,\n", "choices.csv", 4, "label_en", "empty"},
    {"units.csv", UNIT_ROW("1 2,A,xa,735,1900-01-01,2025-06-30\n"), "units.csv", 4, "code",
     "Bad code"},
    {"units.csv", UNIT_ROW("1,A,ward,735,1900-01-01,2025-06-30\n"), "units.csv", 4, "level",
     "Not one of"},
    {"units.csv", UNIT_ROW("1,A,xa,736,1900-01-01,2025-06-30\n"), "units.csv", 4, "parent",
     "No such parent"},
    {"units.csv", UNIT_ROW("1,A,xa,735,1900-01-01,2025-07-01\n"), "units.csv", 4, "parent",
     "No such parent"},
    {"units.csv", UNIT_ROW("1,A,xa,1,1900-01-01,\n"), "units.csv", 4, "parent", "own parent"},
    {"units.csv", UNIT_ROW("735,A,xa,75,2025-06-30,\n"), "units.csv", 4, "valid_from", "overlaps"},
    {"indicators.csv", IND_ROW("t02,A,A,count,,up,x,,\n"), "indicators.csv", 3, "id",
     "made of A-Z"},
    {"indicators.csv", IND_ROW("T01,A,A,count,,up,x,,\n"), "indicators.csv", 3, "id", "twice"},
    {"indicators.csv", IND_ROW("T02,A,A,count,,up,x,,\n"), "indicators.csv", 3, "id", ".sql"},
    {"indicators.csv", IND_ROW("T01,A,A,mean,,up,x,,\n"), "indicators.csv", 3, "measure",
     "Not one of"},
    {"indicators.csv", IND_ROW("T01,A,A,count,,right,x,,\n"), "indicators.csv", 3, "direction",
     "Not one of"},
    {"indicators.csv", IND_ROW("T01,A,A,count,,up,x,role,\n"), "indicators.csv", 3, "by",
     "three lists"},
    {"indicators.csv", IND_ROW("T01,A,A,count,,up,x,sex|sex|sex|sex,\n"), "indicators.csv", 3, "by",
     "three lists"},
    {"indicators/T09.sql", "SELECT 1\n", "indicators/T09.sql", 0, "", "no such indicator"},
    {"indicators/T01.sql", " \n", "indicators/T01.sql", 0, "", "Empty"},
    {"indicators/T01.sql", "SELECT \xff\n", "indicators/T01.sql", 0, "", "UTF-8"},
    {"indicators/T01.sql", NULL, "indicators.csv", 2, "id", ".sql"},
    {"reports.csv", REPORTS "RP01,A,A,commune,month,\n", "reports.csv", 3, "id", "twice"},
    {"reports.csv", REPORTS "RP02,A,A,village,month,\n", "reports.csv", 3, "level", "Not one of"},
    {"reports.csv", REPORTS "RP02,A,A,commune,weekly,\n", "reports.csv", 3, "periods", "Periods"},
    {"report_lines.csv", LINES "RP09,2,T01,,,\n", "report_lines.csv", 3, "report",
     "no such report"},
    {"report_lines.csv", LINES "RP01,1,T01,,,\n", "report_lines.csv", 3, "no", "twice"},
    {"report_lines.csv", LINES "RP01,2,T07,,,\n", "report_lines.csv", 3, "indicator",
     "no such indicator"},
    {"report_lines.csv", LINES "RP01,2,T01,se,,\n", "report_lines.csv", 3, "by",
     "no such breakdown"},
    {"windows.csv", WINDOWS "RP09,1,,,2020-01-01,\n", "windows.csv", 3, "report", "no such report"},
    {"windows.csv", WINDOWS "RP01,29,,,2020-01-01,\n", "windows.csv", 3, "start_day",
     "outside the limits"},
    {"windows.csv", WINDOWS "RP01,1,monday,,2020-01-01,\n", "windows.csv", 3, "due", "Due:"},
    {"windows.csv", WINDOWS "RP01,1,md=02-29 incl,,2020-01-01,\n", "windows.csv", 3, "due", "Due:"},
    {"windows.csv", WINDOWS "RP01,1,md=06-05,,2020-01-01,\n", "windows.csv", 3, "due", "Due:"},
    {"windows.csv", WINDOWS "RP01,1,last_month=0 incl,,2020-01-01,\n", "windows.csv", 3, "due",
     "Due:"},
    {"windows.csv", WINDOWS "RP01,15,,,2020-01-01,\n", "windows.csv", 3, "valid_from", "overlaps"},
    {"days.csv", DAYS "persn,born,past\n", "days.csv", 2, "type", "no such record type"},
    {"days.csv", DAYS "person,full_name,past\n", "days.csv", 2, "field", "no field of kind date"},
    {"days.csv", DAYS "person,born,past\n", "days.csv", 2, "field", "no field of kind date"},
    {"days.csv", "type,field\nperson,born\n", "days.csv", 1, "rule", "missing"},
    {"notes.txt", "x", "notes.txt", 0, "", "no file of this name"},
    {"../units.csv", "x", "../units.csv", 0, "", "no file of this name"},
};

static void every_mistake_names_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
        const struct mistake_case *m = &mistakes[i];
        struct catalogue *c = NULL;
        struct bytes data = m->text == NULL ? bytes_make(NULL, 0) : bytes_str(m->text);
        enum err e = parse_with(m->file, data, &c);
        bool found = false;
        for (size_t j = 0; e == ERR_BAD_INPUT && j < error_count; j++) {
            const struct catalogue_error *x = &errors[j];
            found = found || (strcmp(x->file, m->at) == 0 && x->row == m->row &&
                              strcmp(x->column, m->column) == 0 &&
                              strstr(x->text_en, m->en) != NULL && x->text_vi[0] != '\0');
        }
        if (!found) {
            print_error("case %zu (%s:%u %s %s) not reported; error %s\n", i, m->at, m->row,
                        m->column, m->en, err_name(e));
            for (size_t j = 0; e == ERR_BAD_INPUT && j < error_count; j++)
                print_error("  %s:%u %s: %s\n", errors[j].file, errors[j].row, errors[j].column,
                            errors[j].text_en);
        }
        assert_true(found);
        assert_null(c);
    }
}

/* days.csv of an admin's own field: what it may say, and that each field stands in it once. */
static void days_of_own_fields_are_read(void **state)
{
    (void)state;
#define OWN FIELDS "person,3,born,pdate,,Ngày sinh,Born,,,,2,,,,,,\n"
    static const struct {
        const char *text;
        enum catalogue_day_rule rule;
    } rows[] = {{DAYS "person,born,birth\n", CATALOGUE_DAY_BIRTH},
                {DAYS "person,born,past\n", CATALOGUE_DAY_PAST},
                {DAYS, CATALOGUE_DAY_ANY},
                {DAYS "person,born,future\n", CATALOGUE_DAY_ANY},
                {DAYS "person,born,past\nperson,born,past\n", CATALOGUE_DAY_ANY}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct catalogue_file files[COUNT_OF(base) + 1];
        struct catalogue *c = NULL;
        memcpy(files, base, sizeof base);
        files[1].data = bytes_str(OWN);
        files[COUNT_OF(base)] = (struct catalogue_file){"days.csv", bytes_str(rows[i].text)};
        enum err e = catalogue_parse(files, COUNT_OF(files), &c, errors, &error_count);
        assert_int_equal(e, i < 3 ? ERR_OK : ERR_BAD_INPUT);
        if (e != ERR_OK) {
            assert_string_equal(errors[0].file, "days.csv");
            assert_string_equal(errors[0].column, i == 3 ? "rule" : "field");
            continue;
        }
        assert_int_equal(catalogue_day_rule(c, 1, 3), rows[i].rule);
        assert_int_equal(catalogue_day_rule(c, 1, 1), CATALOGUE_DAY_ANY);
        catalogue_free(c);
    }
#undef OWN
}

static void due_rules_are_read(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "end+0d",
                                       "end+15d",
                                       "md=01-31 incl",
                                       "md=1-5 excl",
                                       "last_month=05 incl",
                                       "last_month=28 excl"};
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        char text[300];
        snprintf(text, sizeof text,
                 "report,start_day,due,due_words,valid_from,valid_to\nRP01,28,%s,,1900-01-01,\n",
                 good[i]);
        struct catalogue *c = parse_good("windows.csv", text);
        assert_string_equal(catalogue_window(c, "RP01", (struct date){2023, 1, 1})->due, good[i]);
        catalogue_free(c);
    }
}

#define SEALED_FIELDS                                                                              \
    "type,no,name,kind,list,label_vi,label_en,section,required,identity,class,policy,tie,"         \
    "relevant,constraint,constraint_vi,constraint_en,sealed\n"                                     \
    "person,1,full_name,text,,Họ tên,Name,,1,,2,,,,,,,\n"                                       \
    "person,2,sex,choice,sex,Giới tính,Sex,,,,2,,,,,,,\n"                                       \
    "team,1,name,text,,Tên,Name,,1,,0,latest,,,,,,\n"                                             \
    "team,2,head,ref,person,Đội trưởng,Head,,,,0,,,,,,,\n"

/* Row 6 of fields.csv, what is said of its column `sealed`; NULL: nothing. */
static void what_is_sealed_is_said_of_every_text_of_class_4(void **state)
{
    (void)state;
    static const struct {
        const char *rows, *en;
        unsigned row;
    } cases[] = {
        {"team,3,x,text,,X,X,,,,4,,,,,,,1\n", NULL, 0},
        {"team,3,x,text,,X,X,,,,4,,,,,,,0\n", NULL, 0},
        {"team,3,x,text,,X,X,,,,4,,,,,,,\n", NULL, 0}, /* nobody said anything: nothing is sealed */
        {"team,3,x,text,,X,X,,,,4,,,,,,,1\nteam,4,y,text,,X,X,,,,4,,,,,,,\n", "say 1 (sealed)", 7},
        {"team,3,x,text,,X,X,,,,4,,,,,,,1\nteam,4,y,text,,X,X,,,,4,,,,,,\n", "say 1 (sealed)", 7},
        {"team,3,x,text,,X,X,,,,4,,,,,,,1\nteam,4,y,text,,X,X,,,,3,,,,,,,\n", "say 1 (sealed)", 7},
        {"team,3,x,text,,X,X,,,,3,,,,,,,1\n", "Only a text of class 4", 6},
        {"team,3,x,date,,X,X,,,,4,,,,,,,1\n", "Only a text of class 4", 6},
        {"team,3,x,choice,sex,X,X,,,,4,,,,,,,1\n", "Only a text of class 4", 6},
        {"team,3,x,text,,X,X,,,name,4,,,,,,,1\n", "Only a text of class 4", 6},
        {"team,3,x,text,,X,X,,,,4,,,,,,,2\n", "Only 1, 0", 6},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct catalogue *c = NULL;
        char text[2048];
        snprintf(text, sizeof text, "%s%s", SEALED_FIELDS, cases[i].rows);
        enum err e = parse_with("fields.csv", bytes_str(text), &c);
        assert_int_equal(e, cases[i].en == NULL ? ERR_OK : ERR_BAD_INPUT);
        if (e == ERR_OK) {
            const struct catalogue_type *t = catalogue_type_by_name(c, "team");
            assert_int_equal(catalogue_field_by_name(t, "x")->sealed, i == 0);
            assert_false(catalogue_field_by_name(t, "name")->sealed);
        } else {
            assert_int_equal(errors[0].row, cases[i].row);
            assert_string_equal(errors[0].column, "sealed");
            assert_non_null(strstr(errors[0].text_en, cases[i].en));
        }
        catalogue_free(c);
    }
}

/* A file that is missing is one mistake, which says what could not be looked at for it. */
static void a_missing_file_has_no_followers(void **state)
{
    static const struct {
        const char *file, *unchecked; /* "": nothing */
    } cases[] = {
        {"units.csv", "successors.csv"},   {"units.csv", "duties.csv"},
        {"choices.csv", "fields.csv"},     {"choices.csv", "indicators.csv"},
        {"types.csv", "fields.csv"},       {"fields.csv", "follows.csv"},
        {"reports.csv", "windows.csv"},    {"indicators.csv", "report_lines.csv"},
        {"indicators.csv", "indicators/"}, {"params.csv", "clocks.csv"},
        {"schemes.csv", "bands.csv"},
    };
    size_t n = 0;
    struct catalogue *before = catalogue_load_parsed("catalogue");
    struct catalogue_file *files = catalogue_load("catalogue", &n);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct catalogue *c = NULL;
        struct catalogue_file less[CATALOGUE_FILES_MAX];
        size_t count = 0;
        for (size_t k = 0; k < n; k++)
            if (strcmp(files[k].name, cases[i].file) != 0) less[count++] = files[k];
        assert_int_equal(catalogue_parse_after(less, count, before, &c, errors, &error_count),
                         ERR_BAD_INPUT);
        for (size_t k = 0; k < error_count; k++)
            if (strcmp(errors[k].file, cases[i].file) != 0 || k > 0)
                print_error("without %s: %s:%u %s: %s\n", cases[i].file, errors[k].file,
                            errors[k].row, errors[k].column, errors[k].text_en);
        assert_int_equal(error_count, 1);
        assert_string_equal(errors[0].file, cases[i].file);
        assert_int_equal(errors[0].row, 0);
        assert_non_null(strstr(errors[0].text_vi, "Thiếu tệp này; vì vậy chưa xét được: "));
        assert_non_null(strstr(errors[0].text_en, cases[i].unchecked));
        catalogue_free(c);
    }
    catalogue_unload(files, n);
    catalogue_free(before);
}

static void mistakes_are_capped(void **state)
{
    (void)state;
    struct catalogue *c = NULL;
    struct buf b;
    static const char *const files[] = {"units.csv",   "fields.csv",       "types.csv",
                                        "choices.csv", "params.csv",       "indicators.csv",
                                        "reports.csv", "report_lines.csv", "windows.csv"};
    for (size_t f = 0; f < COUNT_OF(files); f++) {
        for (unsigned rows = 40; rows <= 400; rows += 90) {
            buf_init(&b, CATALOGUE_FILE_BYTES_MAX);
            for (size_t i = 0; i < COUNT_OF(base); i++) {
                if (strcmp(base[i].name, files[f]) != 0) continue;
                const uint8_t *end = memchr(base[i].data.p, '\n', base[i].data.len);
                buf_add(&b, base[i].data.p, (size_t)(end - base[i].data.p) + 1);
            }
            for (unsigned i = 0; i < rows; i++)
                buf_add_str(&b, "!,?,!\n");
            assert_int_equal(parse_with(files[f], buf_bytes(&b), &c), ERR_BAD_INPUT);
            assert_true(error_count > 0 && error_count <= CATALOGUE_ERRORS_MAX);
            if (rows > CATALOGUE_ERRORS_MAX) assert_int_equal(error_count, CATALOGUE_ERRORS_MAX);
            buf_free(&b);
        }
    }
}

/* All parameters of a day are bound to a query together; those of other days are not. */
static void as_many_parameters_as_can_be_bound(void **state)
{
    static const struct {
        unsigned more;
        const char *from; /* of the last one */
        enum err want;
    } cases[] = {
        {CATALOGUE_PARAMS_MAX - 1, "1900-01-01", ERR_OK},
        {CATALOGUE_PARAMS_MAX, "1900-01-01", ERR_BAD_INPUT},
        {CATALOGUE_PARAMS_MAX, "2031-01-01", ERR_OK},
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct catalogue *c = NULL;
        struct buf b;
        buf_init(&b, CATALOGUE_FILE_BYTES_MAX);
        buf_add_str(&b, PARAMS);
        for (unsigned k = 1; k <= cases[i].more; k++)
            buf_printf(&b, "a%u,5,days,%s,%s,\n", k,
                       k == cases[i].more ? cases[i].from : "1900-01-01",
                       k == cases[i].more ? "" : "2030-12-31");
        assert_int_equal(parse_with("params.csv", buf_bytes(&b), &c), cases[i].want);
        if (c == NULL) {
            assert_int_equal(error_count, 1);
            assert_int_equal(errors[0].row, CATALOGUE_PARAMS_MAX + 2);
            assert_non_null(strstr(errors[0].text_en, "120"));
        }
        catalogue_free(c);
        buf_free(&b);
    }
}

/* A long detail is cut between letters, not inside one. */
static void long_details_are_cut(void **state)
{
    (void)state;
    struct catalogue *c = NULL;
    struct buf b;
    buf_init(&b, CATALOGUE_FILE_BYTES_MAX);
    buf_add_str(&b, PARAMS);
    for (unsigned i = 0; i < 300; i++)
        buf_add_str(&b, "ộ");
    buf_add_str(&b, ",1,,2020-01-01,,\n");
    assert_int_equal(parse_with("params.csv", buf_bytes(&b), &c), ERR_BAD_INPUT);
    const char *s = errors[0].text_vi;
    size_t n = strlen(s);
    assert_true(n < sizeof errors[0].text_vi && n >= sizeof errors[0].text_vi - 3);
    assert_memory_equal(s + n - strlen("ộ"), "ộ", strlen("ộ"));
    buf_free(&b);
}

static void limits_at_and_above(void **state)
{
    (void)state;
    for (unsigned extra = 0; extra <= 1; extra++) {
        struct catalogue *c = NULL;
        struct buf types;
        struct buf fields;
        buf_init(&types, CATALOGUE_FILE_BYTES_MAX);
        buf_init(&fields, CATALOGUE_FILE_BYTES_MAX);
        buf_add_str(&types, "no,name,label_vi,label_en,scope,seed\n");
        buf_add_str(&fields, HEADER);
        for (unsigned i = 1; i <= CATALOGUE_TYPES_MAX + extra; i++) {
            buf_printf(&types, "%u,t%u,L,L,own,\n", i, i);
            buf_printf(&fields, "t%u,1,a,int,,L,L,,,,0,,,,,,\n", i);
        }
        struct catalogue_file files[] = {{"types.csv", buf_bytes(&types)},
                                         {"fields.csv", buf_bytes(&fields)},
                                         FILE_OF("units.csv", UNITS)};
        enum err e = catalogue_parse(files, COUNT_OF(files), &c, errors, &error_count);
        assert_int_equal(e, extra == 0 ? ERR_OK : ERR_BAD_INPUT);
        if (extra == 1) assert_non_null(strstr(errors[0].text_en, "Too many record types"));
        catalogue_free(c);
        buf_free(&types);
        buf_free(&fields);
    }
}

static void file_limits(void **state)
{
    (void)state;
    static struct catalogue_file files[CATALOGUE_FILES_MAX + 1];
    static char names[CATALOGUE_FILES_MAX + 1][16];
    struct catalogue *c = NULL;
    memcpy(files, base, sizeof base);
    for (size_t i = COUNT_OF(base); i <= CATALOGUE_FILES_MAX; i++) {
        snprintf(names[i], sizeof names[i], "n%zu.md", i);
        files[i] = (struct catalogue_file)FILE_OF(names[i], "x");
    }
    assert_int_equal(catalogue_parse(files, CATALOGUE_FILES_MAX, &c, errors, &error_count), ERR_OK);
    catalogue_free(c);
    c = NULL;
    assert_int_equal(catalogue_parse(files, CATALOGUE_FILES_MAX + 1, &c, errors, &error_count),
                     ERR_BAD_INPUT);
    uint8_t *big = calloc(1, CATALOGUE_FILE_BYTES_MAX + 1);
    assert_non_null(big);
    assert_int_equal(parse_with("big.md", bytes_make(big, CATALOGUE_FILE_BYTES_MAX), &c), ERR_OK);
    catalogue_free(c);
    c = NULL;
    assert_int_equal(parse_with("big.md", bytes_make(big, CATALOGUE_FILE_BYTES_MAX + 1), &c),
                     ERR_BAD_INPUT);
    assert_string_equal(errors[0].file, "big.md");
    free(big);
    files[1] = files[0];
    assert_int_equal(catalogue_parse(files, 2, &c, errors, &error_count), ERR_BAD_INPUT);
    assert_non_null(strstr(errors[0].text_en, "Two files"));
    assert_null(c);
}

/* Cut and garbled input of any kind gives an answer and no report of a sanitizer. */
static void garbled_files_are_survived(void **state)
{
    (void)state;
    uint64_t seed = 20230601;
    print_message("seed %llu\n", (unsigned long long)seed);
    for (unsigned round = 0; round < 2000; round++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const struct catalogue_file *f = &base[(seed >> 33) % COUNT_OF(base)];
        uint8_t copy[2048];
        assert_true(f->data.len > 0 && f->data.len < sizeof copy);
        memcpy(copy, f->data.p, f->data.len);
        copy[(seed >> 40) % f->data.len] = (uint8_t)(seed >> 24);
        struct catalogue *c = NULL;
        enum err e = parse_with(f->name, bytes_make(copy, f->data.len - (seed >> 60)), &c);
        assert_true(e == ERR_OK || e == ERR_BAD_INPUT);
        assert_true((e == ERR_OK) == (error_count == 0));
        catalogue_free(c);
    }
}

static void shipped_catalogue(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    size_t n;
    const struct catalogue_unit *u = catalogue_units(c, &n);
    unsigned in_2023 = 0;
    unsigned in_2025 = 0;
    const struct date in_june = {2025, 6, 30}, in_july = {2025, 7, 1};
    assert_true(catalogue_unit_within(c, "26170", "735", in_june));
    assert_true(catalogue_unit_within(c, "26170", "26170", in_july));
    assert_false(catalogue_unit_within(c, "26170", "735", in_july)); /* its district ended */
    assert_true(catalogue_unit_within(c, "26170", "75", in_july));
    assert_false(catalogue_unit_within(c, "75", "735", in_june));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(u[i].parent, "735") != 0) continue;
        in_2023 += catalogue_unit_at(c, u[i].code, (struct date){2023, 12, 31}) == &u[i];
        in_2025 += catalogue_unit_at(c, u[i].code, (struct date){2024, 11, 1}) == &u[i];
    }
    assert_int_equal(in_2023, 12);
    assert_int_equal(in_2025, 10);
    /* One code, three wards. */
    assert_string_equal(catalogue_unit_at(c, "29869", (struct date){2024, 12, 31})->name_vi,
                        "Phường 2");
    assert_string_equal(catalogue_unit_at(c, "29869", (struct date){2025, 1, 1})->name_vi,
                        "Phường 1");
    assert_string_equal(catalogue_unit_at(c, "29869", (struct date){2025, 7, 1})->name_vi,
                        "Phường Cao Lãnh");
    assert_null(catalogue_unit_at(c, "23410", (struct date){2025, 7, 1}));
    assert_string_equal(catalogue_unit_name(c, "26188", (struct date){2023, 6, 30}),
                        "Xã Thạnh Phú");
    assert_string_equal(catalogue_unit_name(c, "26188", (struct date){2025, 7, 1}),
                        "Phường Tân Triều");
    assert_string_equal(catalogue_unit_name(c, "735", (struct date){2025, 7, 1}),
                        "Huyện Vĩnh Cửu"); /* nothing has the code any more */
    assert_string_equal(catalogue_unit_name(c, "1", (struct date){2025, 7, 1}), "");
    assert_string_equal(catalogue_unit_at(c, "23446", (struct date){2025, 6, 30})->name_vi,
                        "Xã Tê Xăng");
    assert_string_equal(catalogue_unit_at(c, "23446", (struct date){2025, 7, 1})->name_vi,
                        "Xã Măng Ri");
    assert_null(catalogue_unit_at(c, "735", (struct date){2025, 7, 1}));
    assert_string_equal(catalogue_param(c, "budget_cutoff", (struct date){2023, 12, 31}), "03-31");
    assert_true(
        catalogue_field_by_name(catalogue_type_by_name(c, "person"), "national_id")->identity ==
        CATALOGUE_IDENTITY_NUMBER);
    assert_int_equal(catalogue_type_by_name(c, "target")->scope, CATALOGUE_SCOPE_DOWN);
    assert_int_equal(catalogue_type_by_name(c, "person_link")->scope, CATALOGUE_SCOPE_HUB);
    assert_int_equal(catalogue_report(c, "RP04")->period_kinds,
                     1u << PERIOD_HALF | 1u << PERIOD_NINE | 1u << PERIOD_YEAR);
    for (unsigned i = 1; i <= 18; i++) {
        char id[8];
        snprintf(id, sizeof id, "RP%02u", i);
        assert_non_null(catalogue_report(c, id));
        assert_non_null(catalogue_lines(c, id, &n));
        assert_non_null(catalogue_window(c, id, (struct date){2023, 1, 1}));
    }
    catalogue_free(c);
    catalogue_free(catalogue_load_parsed("tests/bench/catalogue"));
}

/* "Before 05/6" and "at the latest on 05/6" are two rules; the settlement's day holds for one year. */
static void shipped_due_rules(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    static const struct {
        const char *report;
        struct date on;
        unsigned start_day;
        const char *due;
    } cases[] = {
        {"RP05", {2018, 6, 30}, 4, "md=06-05 excl"},
        {"RP06", {2018, 12, 31}, 4, "md=12-05 excl"},
        {"RP09", {2017, 6, 30}, 5, "md=06-05 incl"},
        {"RP10", {2017, 12, 31}, 5, "md=12-05 incl"},
        {"RP08", {2017, 3, 31}, 5, "last_month=05 incl"},
        {"RP15", {2016, 12, 31}, 1, ""},
        {"RP15", {2017, 1, 1}, 1, "md=10-15 incl"},
        {"RP15", {2017, 12, 31}, 1, "md=10-15 incl"},
        {"RP15", {2018, 1, 1}, 1, ""},
        {"RP04", {2023, 9, 30}, 1, ""},
        {"RP01", {2023, 6, 30}, 1, "end+2d"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct catalogue_window *w = catalogue_window(c, cases[i].report, cases[i].on);
        assert_non_null(w);
        assert_int_equal(w->start_day, cases[i].start_day);
        assert_string_equal(w->due, cases[i].due);
    }
    catalogue_free(c);
}

/* Each of the 54 record types of the domain has its number; every indicator stands in a report. */
static void shipped_domain_is_whole(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    for (unsigned no = 1; no <= 54; no++)
        if (catalogue_type_by_no(c, no) == NULL) fail_msg("R%02u has no record type", no);
    size_t count;
    size_t reports;
    const struct catalogue_indicator *in = catalogue_indicators(c, &count);
    const struct catalogue_report *r = catalogue_reports(c, &reports);
    for (size_t i = 0; i < count; i++) {
        bool printed = false;
        for (size_t k = 0; k < reports && !printed; k++) {
            size_t n;
            const struct catalogue_line *l = catalogue_lines(c, r[k].id, &n);
            for (size_t j = 0; j < n; j++)
                printed = printed || strcmp(l[j].indicator, in[i].id) == 0;
        }
        if (!printed) fail_msg("%s stands in no report", in[i].id);
    }
    assert_int_equal(catalogue_type_by_name(c, "sexwork_case")->sensitivity, 4);
    static const struct {
        const char *type, *field;
        bool sealed;
    } texts[] = {
        {"sexwork_case", "alias", true},
        {"trafficking_case", "note", true},
        {"child_report", "reporter", true},
        {"child_report", "narrative", true},
        {"gbv_case", "alias", true},
        {"incident", "summary", true},
        {"incident", "place", true},
        {"incident", "feedback", true},
        {"child_case", "note", true},
        {"child_case", "school", true},
        {"service_event", "note", true},
        {"assignment", "note", true},
        {"assignment", "decision_no", false},
        {"child_report", "received_time", false}, /* a time, which figures use */
        {"person", "full_name", false},
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        assert_int_equal(
            catalogue_field_by_name(catalogue_type_by_name(c, texts[i].type), texts[i].field)
                ->sealed,
            texts[i].sealed);
    assert_null(catalogue_field_by_name(catalogue_type_by_name(c, "drug_case"), "hiv"));
    assert_int_equal(catalogue_indicator(c, "D02")->measure, CATALOGUE_RATIO_SUM);
    catalogue_free(c);
}

/* Numbers, names and kinds that were published once stand for ever: old change sets hold them. */
static void published_numbers_stand(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    FILE *f = fopen(DONGBO_SOURCE_DIR "/tests/vectors/catalogue/numbers.csv", "r");
    assert_non_null(f);
    char line[256];
    unsigned count = 0;
    assert_non_null(fgets(line, sizeof line, f)); /* header */
    while (fgets(line, sizeof line, f) != NULL) {
        char *cell[6];
        char *at = line;
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < COUNT_OF(cell); i++) {
            cell[i] = at;
            at += strcspn(at, ",");
            if (*at == ',') *at++ = '\0';
        }
        static const char *const kinds[] = {"text",  "int",    "money",   "decimal", "bool", "date",
                                            "pdate", "choice", "choices", "ref",     "unit"};
        const struct catalogue_type *t =
            catalogue_type_by_no(c, (unsigned)strtoul(cell[0], NULL, 10));
        assert_non_null(t);
        assert_string_equal(t->name, cell[1]);
        const struct catalogue_field *x =
            catalogue_field_by_no(t, (unsigned)strtoul(cell[2], NULL, 10));
        assert_non_null(x);
        assert_string_equal(x->name, cell[3]);
        assert_string_equal(kinds[x->kind], cell[4]);
        assert_string_equal(x->list, cell[5]);
        count++;
    }
    fclose(f);
    assert_true(count >= 730);
    size_t types;
    const struct catalogue_type *t = catalogue_types(c, &types);
    assert_true(t[types - 1].no < 1000); /* docs/catalogue.md leaves those to the offices */
    catalogue_free(c);
}

static void archive_round_trip(void **state)
{
    (void)state;
    struct buf a;
    struct buf b;
    buf_init(&a, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&b, CATALOGUE_ARCHIVE_BYTES_MAX);
    assert_int_equal(catalogue_archive(base, COUNT_OF(base), &a), ERR_OK);
    struct catalogue_file turned[COUNT_OF(base)];
    for (size_t i = 0; i < COUNT_OF(base); i++)
        turned[i] = base[COUNT_OF(base) - 1 - i];
    assert_int_equal(catalogue_archive(turned, COUNT_OF(base), &b), ERR_OK);
    assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    /* choices.csv comes first: 11 letters, then its length. */
    assert_memory_equal(a.p, "\x0b\0choices.csv", 13);
    assert_int_equal(le32_load(a.p + 13), strlen(CHOICES));
    struct catalogue_file *files = NULL;
    size_t count = 0;
    assert_int_equal(catalogue_unarchive(buf_bytes(&a), &files, &count), ERR_OK);
    assert_int_equal(count, COUNT_OF(base));
    struct catalogue *c = NULL;
    assert_int_equal(catalogue_parse(files, count, &c, errors, &error_count), ERR_OK);
    catalogue_free(c);
    buf_clear(&b);
    assert_int_equal(catalogue_archive(files, count, &b), ERR_OK);
    assert_true(bytes_equal(buf_bytes(&a), buf_bytes(&b)));
    catalogue_files_free(files);
    buf_free(&a);
    buf_free(&b);
}

static void archive_refuses(void **state)
{
    (void)state;
    struct buf a;
    struct catalogue_file *files = NULL;
    size_t count = 0;
    struct catalogue_file two[] = {FILE_OF("a.md", "1"), FILE_OF("b.md", "22")};
    buf_init(&a, CATALOGUE_ARCHIVE_BYTES_MAX);
    assert_int_equal(catalogue_archive(two, 2, &a), ERR_OK);
    size_t first = 2 + 4 + 4 + 1;
    for (size_t cut = 1; cut < a.len; cut++) {
        if (cut == first) continue; /* one whole entry */
        uint8_t *exact = malloc(cut);
        assert_non_null(exact);
        memcpy(exact, a.p, cut);
        assert_int_equal(catalogue_unarchive(bytes_make(exact, cut), &files, &count),
                         ERR_BAD_FORMAT);
        free(exact);
    }
    a.p[2] = 'c'; /* c.md before b.md */
    assert_int_equal(catalogue_unarchive(buf_bytes(&a), &files, &count), ERR_BAD_FORMAT);
    a.p[2] = 'b'; /* twice */
    assert_int_equal(catalogue_unarchive(buf_bytes(&a), &files, &count), ERR_BAD_FORMAT);
    a.p[2] = '/';
    assert_int_equal(catalogue_unarchive(buf_bytes(&a), &files, &count), ERR_BAD_FORMAT);
    a.p[2] = 'a';
    le32_store(a.p + 6, CATALOGUE_FILE_BYTES_MAX + 1);
    assert_int_equal(catalogue_unarchive(buf_bytes(&a), &files, &count), ERR_BAD_FORMAT);
    assert_null(files);
    assert_int_equal(catalogue_unarchive(bytes_make(NULL, 0), &files, &count), ERR_OK);
    assert_int_equal(count, 0);
    catalogue_files_free(files);
    two[1].name = "a.md";
    assert_int_equal(catalogue_archive(two, 2, &a), ERR_BAD_INPUT);
    two[1].name = "../x.md";
    assert_int_equal(catalogue_archive(two, 2, &a), ERR_BAD_INPUT);
    static const uint8_t byte;
    two[1] = (struct catalogue_file){"b.md", {&byte, CATALOGUE_FILE_BYTES_MAX + 1}};
    assert_int_equal(catalogue_archive(two, 2, &a), ERR_TOO_LARGE);
    buf_free(&a);
}

static void archive_limit(void **state)
{
    (void)state;
    uint8_t *big = calloc(1, CATALOGUE_FILE_BYTES_MAX);
    assert_non_null(big);
    struct catalogue_file five[] = {{"a.md", {big, CATALOGUE_FILE_BYTES_MAX}},
                                    {"b.md", {big, CATALOGUE_FILE_BYTES_MAX}},
                                    {"c.md", {big, CATALOGUE_FILE_BYTES_MAX}},
                                    {"d.md", {big, CATALOGUE_FILE_BYTES_MAX - 4 * (2 + 4 + 4)}}};
    struct buf a;
    struct catalogue_file *files;
    size_t count;
    buf_init(&a, CATALOGUE_ARCHIVE_BYTES_MAX + 100);
    assert_int_equal(catalogue_archive(five, 4, &a), ERR_OK);
    assert_int_equal(a.len, CATALOGUE_ARCHIVE_BYTES_MAX);
    assert_int_equal(catalogue_unarchive(buf_bytes(&a), &files, &count), ERR_OK);
    assert_int_equal(count, 4);
    catalogue_files_free(files);
    five[3].data.len++;
    buf_clear(&a);
    assert_int_equal(catalogue_archive(five, 4, &a), ERR_TOO_LARGE);
    assert_int_equal(catalogue_unarchive(buf_bytes(&a), &files, &count), ERR_BAD_FORMAT);
    buf_free(&a);
    free(big);
}

static void open_dates_have_text(void **state)
{
    (void)state;
    char text[DATE_TEXT_ROOM];
    catalogue_date_text((struct date){CATALOGUE_OPEN_YEAR, 12, 31}, text);
    assert_string_equal(text, "9999-12-31");
    catalogue_date_text((struct date){2023, 6, 1}, text);
    assert_string_equal(text, "2023-06-01");
}

struct clean_case {
    const char *type;
    const char *field;
    const char *typed;
    const char *out; /* NULL: ERR_BAD_VALUE */
};

static const struct clean_case cleans[] = {
    {"person", "full_name", "  Nguyễn Văn An \r\n", "Nguyễn Văn An"},
    {"person", "full_name", "Nguye\xcc\x82\xcc\x83n", "Nguyễn"}, /* NFD */
    {"person", "full_name", "", NULL},                           /* required */
    {"person", "full_name", " \t\xc2\xa0 ", NULL},
    {"person", "full_name", "a\x01", NULL},
    {"person", "full_name", "a\xff", NULL},
    {"person", "full_name", "a\xe2\x80\xae", NULL}, /* turns the direction of the line */
    {"person", "occupation", " ", ""},
    {"person", "note", "một\r\nhai", "một\nhai"},
    {"person", "national_id", "075085001234", "075085001234"},
    {"person", "national_id", " 075 085 001 234", "075085001234"},
    {"person", "national_id", "075.085.001-234", "075085001234"},
    {"person", "national_id", "75085001234", NULL}, /* the spreadsheet dropped the 0 */
    {"person", "national_id", "0750850012345", NULL},
    {"person", "national_id", "07508500123A", NULL},
    {"person", "national_id", "001085001234", "001085001234"},
    {"person", "national_id", "000085001234", NULL},
    {"person", "full_name", "\xe2\x80\x8b", NULL}, /* a space without width, and nothing else */
    {"person", "full_name", "A\xe2\x80\x8b", "A\xe2\x80\x8b"},
    {"person", "full_name", "\xcc\x81\xe2\x80\x8d", NULL},
    {"person", "national_id", "7,5085E+11", NULL},
    {"person", "id_no_old", "270123456", "270123456"},
    {"person", "sex", "male", "male"},
    {"person", "sex", "Nam", "male"},
    {"person", "sex", "NỮ", "female"},
    {"person", "sex", "nu", "female"},
    {"person", "sex", "nu\xcc\x83\xcc\x9b", "female"}, /* marks apart, in the other order */
    {"person", "sex", "Female", "female"},
    {"person", "sex", "đàn ông", NULL},
    {"person", "ethnicity", "Mảng", "mang"},
    {"person", "ethnicity", "la hu", "la_hu"},
    {"person", "ethnicity", "Ê-đê", "e_de"},
    {"person", "dob", "1985", "1985"},
    {"person", "dob", "05/1985", "1985-05"},
    {"person", "dob", "5-1985", "1985-05"},
    {"person", "dob", "1/2/1985", "1985-02-01"},
    {"person", "dob", "1985-02", "1985-02"},
    {"person", "dob", "1985-02-01", "1985-02-01"},
    {"person", "dob", "30/02/1985", NULL},
    {"person", "died_on", "5/6/2023", "2023-06-05"},
    {"person", "died_on", "05-06-2023", "2023-06-05"},
    {"person", "died_on", "05.06.2023", "2023-06-05"},
    {"person", "died_on", "2023-06-05", "2023-06-05"},
    {"person", "died_on", "31/04/2023", NULL},
    {"person", "died_on", "29/02/2023", NULL},
    {"person", "died_on", "29/02/2024", "2024-02-29"},
    {"person", "died_on", "06/2023", NULL},
    {"person", "died_on", "5/6/23", NULL},
    {"person", "died_on", "hôm qua", NULL},
    {"person", "died_on", "45082", NULL}, /* a spreadsheet's day number */
    {"person", "guardian", "000102030405060708090A0B0C0D0E0F", "000102030405060708090a0b0c0d0e0f"},
    {"person", "guardian", "000102030405060708090a0b0c0d0e0", NULL},
    {"person", "guardian", "000102030405060708090a0b0c0d0e0g", NULL},
    {"person", "cur_unit", "26170", "26170"},
    {"person", "cur_unit", "Vĩnh An", NULL},
    {"person", "cur_unit", "2617", NULL},
    {"drug_case", "in_list", "Có", "1"},
    {"drug_case", "in_list", "không", "0"},
    {"drug_case", "in_list", "KHONG", "0"},
    {"drug_case", "in_list", "x", "1"},
    {"drug_case", "in_list", "1", "1"},
    {"drug_case", "in_list", "0", "0"},
    {"drug_case", "in_list", "2", NULL},
    {"drug_case", "in_list", "có lẽ", NULL},
    {"drug_case", "substances", "Heroin, thuốc phiện", "opiate"},
    {"drug_case", "substances", "ketamine;Heroin, thuốc phiện", "opiate;ketamine"},
    {"drug_case", "substances", "Cần sa, ketamine", "ketamine;cannabis"},
    {"drug_case", "substances", "meth | meth;", "meth"},
    {"drug_case", "substances", ";", ""},
    {"drug_case", "substances", "rượu", NULL},
    {"drug_case", "substances", "meth, rượu", NULL},
    {"drug_case", "relapses", "2", "2"},
    {"drug_case", "relapses", "-2", "-2"},
    {"drug_case", "relapses", "−2", "-2"},
    {"drug_case", "relapses", "+007", "7"},
    {"drug_case", "relapses", "-0", "0"},
    {"drug_case", "relapses", "1.250", "1250"},
    {"drug_case", "relapses", "1.25", NULL},
    {"drug_case", "relapses", "1,5", NULL},
    {"drug_case", "relapses", "hai", NULL},
    {"drug_case", "relapses", "10000000000000", "10000000000000"},
    {"drug_case", "relapses", "10000000000001", NULL},
    {"drug_case", "relapses", "-10000000000000", "-10000000000000"},
    {"drug_case", "relapses", "-10000000000001", NULL},
    {"drug_case", "relapses", "9223372036854775807", NULL},
    {"drug_case", "relapses", "9223372036854775808", NULL},
    {"drug_case", "relapses", "99999999999999999999", NULL},
    {"activity", "cost", "15.000.000", "15000000"},
    {"activity", "cost", "15,000,000", "15000000"},
    {"activity", "cost", "15 000 000 đ", "15000000"},
    {"activity", "cost",
     "15\xc2\xa0"
     "000\xc2\xa0"
     "000 đồng",
     "15000000"},
    {"activity", "cost", "15.000.000 VNĐ", "15000000"},
    {"activity", "cost", "15000000", "15000000"},
    {"activity", "cost", "0", "0"},
    {"activity", "cost", "15.000.00", NULL},
    {"activity", "cost", "15.000,000", NULL},
    {"activity", "cost", "1500.000", NULL},
    {"activity", "cost", ".000", NULL},
    {"activity", "cost", "15.", NULL},
    {"activity", "cost", "15 triệu", NULL},
    {"activity", "cost", "đ", NULL},
    {"activity", "cost", "-", NULL},
    {"activity", "hours", "2", "2"},
    {"activity", "hours", "2,5", "2.5"},
    {"activity", "hours", "2.5", "2.5"},
    {"activity", "hours", "2.50", "2.5"},
    {"activity", "hours", "002,0", "2"},
    {"activity", "hours", "-0,0", "0"},
    {"activity", "hours", "-1,5", "-1.5"},
    {"activity", "hours", "0.125", "0.125"},
    {"activity", "hours", "1,234", "1.234"},
    {"activity", "hours", "1.234", NULL}, /* a thousand or one? */
    {"activity", "hours", "1.234,5", "1234.5"},
    {"activity", "hours", "1,234.5", "1234.5"},
    {"activity", "hours", "1.234.567", "1234567"},
    {"activity", "hours", "1,5,5", NULL},
    {"activity", "hours", ",5", NULL},
    {"activity", "hours", "5,", NULL},
    {"activity", "hours", "1,2.345,6", NULL},
    {"activity", "hours", "1e3", NULL},
    {"activity", "hours", "123456789012345678", "123456789012345678"},
    {"activity", "hours", "1234567890123456789", NULL},
};

/* A day that is one, and too early, is not called none. */
static void days_before_1900_are_said_to_be_that(void **state)
{
    (void)state;
    static const char *const typed[][2] = {{"dob", "12/05/1899"},   {"dob", "1899"},
                                           {"dob", "05-1899"},      {"dob", "1899-05-12"},
                                           {"died_on", "1.2.1850"}, {"died_on", "1850-02-01"}};
    struct catalogue *c = catalogue_load_parsed("catalogue");
    const struct catalogue_type *t = catalogue_type_by_name(c, "person");
    struct buf out;
    buf_init(&out, 64);
    for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
        struct catalogue_why why = {.vi = "", .en = ""};
        const struct catalogue_field *f = catalogue_field_by_name(t, typed[i][0]);
        assert_int_equal(catalogue_clean(c, f, bytes_str(typed[i][1]), &out, &why), ERR_BAD_VALUE);
        if (strstr(why.vi, "trước năm 1900") == NULL) fail_msg("%s: %s", typed[i][1], why.vi);
        assert_non_null(strstr(why.en, "before the year 1900"));
    }
    buf_free(&out);
    catalogue_free(c);
}

static void values_are_cleaned(void **state)
{
    (void)state;
    struct catalogue *c = catalogue_load_parsed("catalogue");
    struct buf out;
    buf_init(&out, CATALOGUE_TEXT_BYTES_MAX);
    for (size_t i = 0; i < COUNT_OF(cleans); i++) {
        const struct clean_case *x = &cleans[i];
        const struct catalogue_field *f =
            catalogue_field_by_name(catalogue_type_by_name(c, x->type), x->field);
        assert_non_null(f);
        struct catalogue_why why = {.vi = "", .en = ""};
        enum err e = catalogue_clean(c, f, bytes_str(x->typed), &out, &why);
        if (e != (x->out == NULL ? ERR_BAD_VALUE : ERR_OK))
            print_error("%s.%s “%s”: %s (%s)\n", x->type, x->field, x->typed, err_name(e), why.en);
        assert_int_equal(e, x->out == NULL ? ERR_BAD_VALUE : ERR_OK);
        if (x->out == NULL) {
            assert_true(why.vi[0] != '\0' && why.en[0] != '\0');
            assert_int_equal(out.len, 0);
            continue;
        }
        assert_string_equal(buf_cstr(&out), x->out);
        /* What is canonical stays as it is, but for a point that could be a thousand's. */
        if (strcmp(x->out, "1.234") == 0 || x->out[0] == '\0') continue;
        assert_int_equal(catalogue_clean(c, f, bytes_str(x->out), &out, &why), ERR_OK);
        assert_string_equal(buf_cstr(&out), x->out);
    }
    buf_free(&out);
    catalogue_free(c);
}

static void like_choices_are_told_apart(void **state)
{
    (void)state;
    struct catalogue *c = parse_good("choices.csv", CHOICES "sex,a,Mã,A\nsex,b,Má,B\n");
    const struct catalogue_field *f =
        catalogue_field_by_name(catalogue_type_by_name(c, "person"), "sex");
    struct catalogue_why why;
    struct buf out;
    buf_init(&out, CATALOGUE_TEXT_BYTES_MAX);
    assert_int_equal(catalogue_clean(c, f, bytes_str("Má"), &out, &why), ERR_OK);
    assert_string_equal(buf_cstr(&out), "b");
    assert_int_equal(catalogue_clean(c, f, bytes_str("ma"), &out, &why), ERR_BAD_VALUE);
    assert_non_null(strstr(why.en, "Several"));
    buf_free(&out);
    catalogue_free(c);
}

static void text_limit(void **state)
{
    (void)state;
    struct catalogue *c = parse_good(NULL, NULL);
    const struct catalogue_field *f =
        catalogue_field_by_name(catalogue_type_by_name(c, "person"), "full_name");
    static char text[CATALOGUE_TEXT_BYTES_MAX + 1];
    struct catalogue_why why;
    struct buf out;
    memset(text, 'a', sizeof text);
    buf_init(&out, CATALOGUE_TEXT_BYTES_MAX);
    assert_int_equal(catalogue_clean(c, f, bytes_make(text, CATALOGUE_TEXT_BYTES_MAX), &out, &why),
                     ERR_OK);
    assert_int_equal(out.len, CATALOGUE_TEXT_BYTES_MAX);
    assert_int_equal(catalogue_clean(c, f, bytes_make(text, sizeof text), &out, &why),
                     ERR_BAD_VALUE);
    assert_non_null(strstr(why.en, "Too long"));
    assert_int_equal(out.len, 0);
    buf_free(&out);
    catalogue_free(c);
}

static size_t small_with(const char *file, const char *text, struct catalogue_file *files)
{
    size_t n = 0;
    for (; n < COUNT_OF(base); n++) {
        files[n] = base[n];
        if (strcmp(base[n].name, file) == 0) files[n].data = bytes_str(text);
    }
    return n;
}

static const struct {
    const char *file, *text;
    const char *at, *column, *words; /* at "": it may follow */
    unsigned row;
} after_cases[] = {
    {"types.csv", TYPES "9,club,CLB,Club,own,\n", "types.csv", "", "has no field", 0},
    {"types.csv", "no,name,label_vi,label_en,scope,seed\n1,team,A,A,own,\n5,person,B,B,own,\n",
     "types.csv", "no", "another type's, for ever: “person”", 2},
    {"types.csv", "no,name,label_vi,label_en,scope,seed\n1,person,A,A,own,\n6,team,B,B,own,\n",
     "types.csv", "no", "another number in the edition in force: keep that: “team”", 3},
    {"types.csv", "no,name,label_vi,label_en,scope,seed\n1,person,A,A,own,\n", "types.csv", "",
     "missing: keep its row: “team”", 0},
    {"fields.csv", FIELDS "team,3,note,text,,N,N,,,,0,,,,,,\n", "", "", "", 0},
    {"fields.csv",
     HEADER
     "person,1,full_name,text,,A,A,,,,2,,,,,,\nperson,2,sex,choice,sex,A,A,,,,2,,,,,,\n"
     "team,1,name,text,,New words,N,,1,,0,latest,,,,,\nteam,2,head,ref,person,H,H,,,,0,,,,,,\n",
     "", "", "", 0},
    {"fields.csv",
     HEADER "person,1,full_name,text,,A,A,,,,2,,,,,,\nperson,2,sex,text,,A,A,,,,2,,,,,,\n"
            "team,1,name,text,,N,N,,1,,0,latest,,,,,\nteam,2,head,ref,team,H,H,,,,0,,,,,,\n",
     "fields.csv", "kind", "cannot change: add a new field: “choice”", 3},
    {"fields.csv",
     HEADER "person,1,full_name,text,,A,A,,,,2,,,,,,\nperson,2,sex,choice,sex,A,A,,,,2,,,,,,\n"
            "team,1,name,text,,N,N,,1,,0,latest,,,,,\nteam,2,head,ref,team,H,H,,,,0,,,,,,\n",
     "fields.csv", "list", "cannot change: add a new field: “person”", 5},
    {"fields.csv",
     HEADER "person,1,full_name,text,,A,A,,,,2,,,,,,\nperson,2,gender,choice,sex,A,A,,,,2,,,,,,\n"
            "team,1,name,text,,N,N,,1,,0,latest,,,,,\nteam,2,head,ref,person,H,H,,,,0,,,,,,\n",
     "fields.csv", "no", "another field's, for ever: “sex”", 3},
    {"fields.csv",
     HEADER "person,1,full_name,text,,A,A,,,,2,,,,,,\nperson,3,sex,choice,sex,A,A,,,,2,,,,,,\n"
            "team,1,name,text,,N,N,,1,,0,latest,,,,,\nteam,2,head,ref,person,H,H,,,,0,,,,,,\n",
     "fields.csv", "no", "another number in the edition in force: keep that: “sex”", 3},
    {"fields.csv",
     HEADER "person,1,full_name,text,,A,A,,,,2,,,,,,\n"
            "team,1,name,text,,N,N,,1,,0,latest,,,,,\nteam,2,head,ref,person,H,H,,,,0,,,,,,\n",
     "fields.csv", "", "missing: keep its row: “person.sex”", 0},
};

static void numbers_stay_what_they_were(void **state)
{
    struct catalogue_file files[COUNT_OF(base)];
    struct catalogue *before = parse_good(NULL, NULL);
    (void)state;
    for (size_t i = 0; i < COUNT_OF(after_cases); i++) {
        struct catalogue *c = NULL;
        size_t n = small_with(after_cases[i].file, after_cases[i].text, files);
        enum err e = catalogue_parse_after(files, n, before, &c, errors, &error_count);
        bool fine = after_cases[i].at[0] == '\0', found = false;
        assert_int_equal(e, fine ? ERR_OK : ERR_BAD_INPUT);
        for (size_t k = 0; k < error_count; k++)
            found = found || (strcmp(errors[k].file, after_cases[i].at) == 0 &&
                              strcmp(errors[k].column, after_cases[i].column) == 0 &&
                              errors[k].row == after_cases[i].row &&
                              strstr(errors[k].text_en, after_cases[i].words) != NULL);
        if (!fine && !found) fail_msg("case %zu: %s", i, errors[0].text_en);
        catalogue_free(c);
    }
    catalogue_free(before);
}

struct told {
    struct buf text;
};

static void told_add(void *ctx, const struct catalogue_change *c)
{
    struct told *t = ctx;
    buf_printf(&t->text, "%d %s:%u [%s] %s: %s -> %s\n", (int)c->what, c->file, c->row, c->key,
               c->column, c->was, c->is);
}

static void a_difference_is_told_by_row_and_cell(void **state)
{
    /* A spreadsheet's way to write and another order of columns: no change but the named ones. */
    static const struct catalogue_file is[] = {
        FILE_OF("units.csv", "\xEF\xBB\xBF"
                             "valid_to;code;name_vi;level;parent;valid_from;\r\n"
                             "30/06/2025;735;Huyện Vĩnh Cửu;huyen;75;01/01/1900;\r\n;;;;;;\r\n"
                             ";75;Tỉnh Đồng Nai;tinh;;1/1/1900;\r\n"),
        FILE_OF("choices.csv", "list,value,label_vi,label_en\nsex,female,\"Nữ giới\",Female\n"
                               "sex,other,Khác,Other\n"),
        FILE_OF("types.csv", TYPES),
        FILE_OF("indicators/T01.sql", "SELECT 2\n"),
        FILE_OF("notes.md", "x"),
        FILE_OF("steps.csv", "type,field\nteam,head\n"),
        FILE_OF("params.csv", "name,value,unit,valid_from,source\ncut,03-31,,1900-01-01,\n"),
    };
    static const struct catalogue_file was[] = {
        FILE_OF("units.csv", UNITS),
        FILE_OF("choices.csv", CHOICES),
        FILE_OF("types.csv", TYPES),
        FILE_OF("indicators/T01.sql", "SELECT 1\n"),
        FILE_OF("windows.csv", WINDOWS),
        FILE_OF("params.csv",
                "name,value,unit,valid_from,valid_to,source\ncut,03-31,,1900-01-01,2030-01-01,\n"),
    };
    struct told t;
    (void)state;
    buf_init(&t.text, 65536);
    assert_int_equal(catalogue_diff(was, COUNT_OF(was), is, COUNT_OF(is), told_add, &t), ERR_OK);
    assert_string_equal(buf_cstr(&t.text),
                        "6 units.csv:4 [75, 1900-01-01] :  -> \n"
                        "5 choices.csv:2 [sex, female] label_vi: Nữ -> Nữ giới\n"
                        "3 choices.csv:3 [sex, other] :  -> \n"
                        "4 choices.csv:2 [sex, male] :  -> \n"
                        "2 indicators/T01.sql:0 [] :  -> \n"
                        "0 notes.md:0 [] :  -> \n"
                        "0 steps.csv:0 [] :  -> \n"
                        "3 steps.csv:2 [team, head, , , ] :  -> \n"
                        "5 params.csv:2 [cut, 1900-01-01] valid_to: 2030-01-01 -> \n"
                        "1 windows.csv:0 [] :  -> \n");
    buf_free(&t.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_is_good),
        cmocka_unit_test(fields_are_sorted_with_gaps),
        cmocka_unit_test(spreadsheet_forms_are_read),
        cmocka_unit_test(every_mistake_names_its_place),
        cmocka_unit_test(numbers_stay_what_they_were),
        cmocka_unit_test(a_difference_is_told_by_row_and_cell),
        cmocka_unit_test(days_of_own_fields_are_read),
        cmocka_unit_test(due_rules_are_read),
        cmocka_unit_test(what_is_sealed_is_said_of_every_text_of_class_4),
        cmocka_unit_test(a_missing_file_has_no_followers),
        cmocka_unit_test(mistakes_are_capped),
        cmocka_unit_test(as_many_parameters_as_can_be_bound),
        cmocka_unit_test(long_details_are_cut),
        cmocka_unit_test(limits_at_and_above),
        cmocka_unit_test(file_limits),
        cmocka_unit_test(garbled_files_are_survived),
        cmocka_unit_test(shipped_catalogue),
        cmocka_unit_test(shipped_due_rules),
        cmocka_unit_test(shipped_domain_is_whole),
        cmocka_unit_test(published_numbers_stand),
        cmocka_unit_test(archive_round_trip),
        cmocka_unit_test(archive_refuses),
        cmocka_unit_test(archive_limit),
        cmocka_unit_test(open_dates_have_text),
        cmocka_unit_test(days_before_1900_are_said_to_be_that),
        cmocka_unit_test(values_are_cleaned),
        cmocka_unit_test(like_choices_are_told_apart),
        cmocka_unit_test(text_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
