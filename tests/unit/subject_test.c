/* Everything held about one person: all of it, nothing of others, and never unnoticed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "common/io/file.h"
#include "common/io/xlsx_read.h"
#include "hub/xlsx_subject.h"
#include "tests/lib/office.h"

static int setup(void **state)
{
    *state = office_open(13);
    return 0;
}

static int teardown(void **state)
{
    office_close(*state);
    return 0;
}

#define PERSON "11111111111111111111111111111111"
#define TWIN   "22222222222222222222222222222222" /* the same person in another commune */
#define CHILD  "33333333333333333333333333333333" /* another person, who names this one */
#define CASE   "44444444444444444444444444444444"
#define STAY   "55555555555555555555555555555555" /* a case file below the case */
#define ALIEN  "66666666666666666666666666666666" /* somebody else */
#define LINK   "77777777777777777777777777777777"

static void plant(struct office *o)
{
    static const struct {
        int node;
        const char *json;
    } lines[] = {
        {0, "{'type':'person','id':'" PERSON "','full_name':'Kiều Trăng Khuyết','sex':'female'}"},
        {1, "{'type':'person','id':'" TWIN "','full_name':'Kiều Trăng','sex':'female'}"},
        {0, "{'type':'person','id':'" ALIEN "','full_name':'Người Lạ','sex':'male'}"},
        {0, "{'type':'person','id':'" CHILD
            "','full_name':'Bé Con','sex':'male','guardian':'" PERSON "'}"},
        {0, "{'type':'post_rehab','id':'" CASE "','person':'" PERSON "','decision_no':'QĐ 5'}"},
        {0, "{'type':'post_rehab_review','id':'" STAY "','post_rehab':'" CASE "'}"},
        {-1, "{'type':'person_link','id':'" LINK "','person_a':'" PERSON "','person_b':'" TWIN
             "','decision':'same'}"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s", lines[i].json);
        for (char *p = text; *p != '\0'; p++) {
            if (*p == '\'') *p = '"';
        }
        report_put(&o->hub, lines[i].node, text);
    }
}

#define TEAM    "88888888888888888888888888888888"
#define MEMBER  "99999999999999999999999999999999"
#define CASE2   "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define PERSON2 "cccccccccccccccccccccccccccccccc"
#define GIVEN   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* another person's record that a volunteer has */

static void plant_volunteer(struct office *o)
{
    report_put(&o->hub, 0,
               "{\"type\":\"team\",\"id\":\"" TEAM
               "\",\"name\":\"Đội 1\",\"kind\":\"volunteer_team\",\"state\":\"active\"}");
    report_put(&o->hub, 0,
               "{\"type\":\"team_member\",\"id\":\"" MEMBER "\",\"person\":\"" PERSON
               "\",\"team\":\"" TEAM
               "\",\"role\":\"member\",\"joined_on\":\"2020-01-24\",\"meets_criteria\":\"1\"}");
    report_put(&o->hub, 0,
               "{\"type\":\"assignment\",\"id\":\"" GIVEN "\",\"client\":\"" PERSON
               "\",\"member\":\"" MEMBER
               "\",\"purpose\":\"persuade_rehab\",\"from_on\":\"2023-01-01\"}");
    report_put(&o->hub, 0,
               "{\"type\":\"child_case\",\"id\":\"" CASE2 "\",\"person\":\"" PERSON
               "\",\"caregiver\":\"" ALIEN "\"}");
}

static json_t *subject(struct hub_app *a, const char *id, const char *reason, enum err want)
{
    json_t *q = json_pack("{s:s, s:s, s:s}", "verb", "subject", "id", id, "person", "Mai");
    if (reason != NULL) json_object_set_new(q, "reason", json_string(reason));
    return office_send(a, q, want);
}

static const json_t *row_of(const json_t *rows, const char *key, const char *id)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        if (strcmp(json_string_value(json_object_get(row, key)), id) == 0) return row;
    }
    return NULL;
}

static const char *text_at(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s != NULL ? s : "";
}

static void all_about_one_person_and_nobody_else(void **state)
{
    struct office *o = *state;
    plant(o);
    json_t *r = subject(&o->app, PERSON, "đơn số 12", ERR_OK);
    const json_t *records = json_object_get(r, "records");
    static const struct {
        const char *id, *why;
    } want[] = {{PERSON, "self"}, {TWIN, "self"},    {CHILD, "another_person"},
                {CASE, "refers"}, {STAY, "follows"}, {LINK, "refers"}};
    assert_int_equal(json_array_size(records), sizeof want / sizeof want[0]);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        const json_t *row = row_of(records, "id", want[i].id);
        assert_non_null(row);
        assert_string_equal(text_at(row, "why"), want[i].why);
    }
    const json_t *fields = json_object_get(row_of(records, "id", PERSON), "fields");
    assert_string_equal(text_at(row_of(fields, "field", "full_name"), "value"),
                        "Kiều Trăng Khuyết");
    assert_string_equal(text_at(row_of(fields, "field", "sex"), "value"),
                        "Nữ"); /* as people read */
    /* of the child only that it names this person */
    fields = json_object_get(row_of(records, "id", CHILD), "fields");
    assert_int_equal(json_array_size(fields), 1);
    assert_string_equal(text_at(json_array_get(fields, 0), "field"), "guardian");
    const json_t *history = json_object_get(r, "history");
    assert_int_equal(json_array_size(history),
                     5); /* each made by one op; the child's is not told */
    assert_null(row_of(history, "record", CHILD));
    assert_null(row_of(history, "record", ALIEN));
    char *whole = json_dumps(r, 0);
    assert_null(strstr(whole, "Bé Con"));
    assert_null(strstr(whole, "Người Lạ"));
    free(whole);
    json_decref(r);
    /* what is more sensitive than that is kept back, and said to be */
    r = office_send(&o->app,
                    json_pack("{s:s, s:s, s:s, s:i}", "verb", "subject", "id", PERSON, "reason",
                              "x", "max_class", 1),
                    ERR_OK);
    whole = json_dumps(r, 0);
    assert_null(strstr(whole, "Kiều"));
    assert_non_null(strstr(whole, "withheld"));
    free(whole);
    json_decref(r);
    /* asked by the other record of the person: the same */
    r = subject(&o->app, TWIN, "đơn số 12", ERR_OK);
    assert_int_equal(json_array_size(json_object_get(r, "records")), 6);
    json_decref(r);
}

/* Of the record the field's value, as told. */
static const char *told(const json_t *r, const char *record, const char *field)
{
    const json_t *fields =
        json_object_get(row_of(json_object_get(r, "records"), "id", record), "fields");
    const json_t *f = row_of(fields, "field", field);
    if (f == NULL) fail_msg("%s has no %s", record, field);
    return text_at(f, "value");
}

static void codes_are_told_in_words(void **state)
{
    struct office *o = *state;
    plant(o);
    report_put(&o->hub, 0,
               "{\"type\":\"person\",\"id\":\"" PERSON2
               "\",\"full_name\":\"Lê Oanh\",\"sex\":\"female\",\"cur_unit\":\"26173\","
               "\"guardian\":\"" PERSON "\"}");
    plant_volunteer(o);
    json_t *r = subject(&o->app, PERSON, "đơn số 12", ERR_OK);
    assert_string_equal(told(r, MEMBER, "meets_criteria"), "Có");
    assert_string_equal(told(r, MEMBER, "team"), "Đội, tổ, nhóm: Đội 1");
    assert_string_equal(told(r, MEMBER, "person"), "Người: Kiều Trăng Khuyết");
    assert_string_equal(told(r, GIVEN, "member"), "Thành viên đội 99999999");
    assert_string_equal(told(r, CASE2, "caregiver"), "Người 66666666"); /* her name is her own */
    const json_t *fields =
        json_object_get(row_of(json_object_get(r, "records"), "id", MEMBER), "fields");
    assert_string_equal(text_at(row_of(fields, "field", "team"), "code"), TEAM);
    const json_t *event = row_of(json_object_get(r, "history"), "record", MEMBER);
    assert_string_equal(text_at(event, "kind_label"), "Tạo hồ sơ");
    assert_string_equal(text_at(event, "type_label"), "Thành viên đội");
    event = row_of(json_object_get(r, "history"), "record", TWIN);
    assert_string_equal(text_at(event, "unit_name"), "Xã Phú Lý");
    json_decref(r);
    r = office_send(&o->app,
                    json_pack("{s:s, s:s, s:s, s:i}", "verb", "subject", "id", PERSON2, "reason",
                              "x", "max_class", 2),
                    ERR_OK);
    assert_string_equal(told(r, PERSON2, "cur_unit"), "Xã Phú Lý (26173)");
    assert_string_equal(told(r, PERSON2, "guardian"), "Người 11111111");
    json_decref(r);
}

/* Of the workbook the sheet as CSV. */
static void sheet(const char *path, uint32_t no, struct buf *out)
{
    struct buf file;
    struct xlsx_why why;
    buf_init(&file, XLSX_FILE_BYTES_MAX);
    buf_init(out, XLSX_TEXT_BYTES_MAX);
    assert_int_equal(file_read(path, XLSX_FILE_BYTES_MAX, &file), ERR_OK);
    assert_int_equal(xlsx_read_csv(buf_bytes(&file), no, 1, out, &why), ERR_OK);
    buf_free(&file);
}

static void the_workbook_has_no_codes(void **state)
{
    struct office *o = *state;
    struct buf text;
    char path[192];
    struct hub_close_result closed;
    plant(o);
    plant_volunteer(o);
    assert_int_equal(report_close(&o->hub, "RP04", "2023-6M", &closed), ERR_OK);
    json_decref(office_send(
        &o->app, json_pack("{s:s, s:s, s:s}", "verb", "get", "id", GIVEN, "person", "Tú"), ERR_OK));
    json_t *r = subject(&o->app, PERSON, "đơn số 12", ERR_OK);
    snprintf(path, sizeof path, "%s/lan.xlsx", o->hub.folder);
    assert_int_equal(file_create_empty(path), ERR_OK);
    assert_int_equal(hub_xlsx_subject(r, path), ERR_OK);
    json_decref(r);
    static const struct {
        uint32_t sheet;
        const char *says, *never;
    } want[] = {
        {2, "Đủ tiêu chuẩn,Có", TEAM},           {3, ",Tạo hồ sơ,", ",create,"},
        {3, ",Xã Phú Lý,", ",26173,"},           {4, ",Tú,Mở hồ sơ,", ",get,"},
        {5, "6 tháng đầu năm 2023,", "2023-6M"}, {5, ",Thành viên\n", ",member"},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        sheet(path, want[i].sheet, &text);
        if (strstr(buf_cstr(&text), want[i].says) == NULL)
            fail_msg("%s: %s", want[i].says, buf_cstr(&text));
        assert_null(strstr(buf_cstr(&text), want[i].never));
        buf_free(&text);
    }
}

static void it_is_a_deliberate_act_that_is_noted(void **state)
{
    struct office *o = *state;
    plant(o);
    json_decref(subject(&o->app, PERSON, NULL, ERR_BAD_INPUT));
    json_decref(subject(&o->app, "88888888888888888888888888888888", "x", ERR_NOT_FOUND));
    json_decref(subject(&o->app, "8888", "x", ERR_BAD_INPUT));
    json_t *r = subject(&o->app, PERSON, "đơn số 12", ERR_OK);
    assert_int_equal(json_array_size(json_object_get(r, "reads")), 0);
    json_decref(r);
    /* the next answer says who has had this one */
    r = subject(&o->app, PERSON, "đơn số 13", ERR_OK);
    const json_t *read = json_array_get(json_object_get(r, "reads"), 0);
    assert_int_equal(json_array_size(json_object_get(r, "reads")), 1);
    assert_string_equal(text_at(read, "user"), "Mai");
    assert_string_equal(text_at(read, "what"), "subject");
    assert_string_equal(text_at(read, "reason"), "đơn số 12");
    json_decref(r);
}

static void reports_that_counted_the_person_are_named(void **state)
{
    struct office *o = *state;
    struct hub_close_result closed;
    char data[128];
    plant(o);
    report_data(&o->hub, 7, data);
    char path[192];
    snprintf(path, sizeof path, "%s/%s.ndjson", data, report_units[0]);
    report_import(&o->hub, 0, path);
    assert_int_equal(report_close(&o->hub, "RP04", "2023-6M", &closed), ERR_OK);
    /* any record that some figure counted */
    json_t *r = office_send(
        &o->app, json_pack("{s:s, s:i, s:s}", "verb", "explain", "issue", 1, "cell", "T03"),
        ERR_OK);
    const json_t *first = json_array_get(json_object_get(r, "records"), 0);
    char id[33];
    assert_non_null(first);
    snprintf(id, sizeof id, "%s", text_at(first, "id"));
    json_decref(r);
    r = subject(&o->app, id, "đơn số 14", ERR_OK);
    const json_t *report = json_array_get(json_object_get(r, "reports"), 0);
    assert_non_null(report);
    assert_string_equal(text_at(report, "report"), "RP04");
    assert_string_equal(text_at(report, "period"), "2023-6M");
    json_decref(r);
    r = subject(&o->app, CHILD, "đơn số 15", ERR_OK);
    assert_int_equal(json_array_size(json_object_get(r, "reports")), 0);
    json_decref(r);
}

int main(void)
{
#define WITH_OFFICE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        WITH_OFFICE(all_about_one_person_and_nobody_else),
        WITH_OFFICE(codes_are_told_in_words),
        WITH_OFFICE(the_workbook_has_no_codes),
        WITH_OFFICE(it_is_a_deliberate_act_that_is_noted),
        WITH_OFFICE(reports_that_counted_the_person_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
