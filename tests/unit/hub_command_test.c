/* The hub's commands: what an officer asks is done, said, and kept; what is wrong is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/io/clock.h"
#include "common/io/db.h"
#include "common/io/folder.h"
#include "hub/export.h"
#include "hub/verify.h"
#include "tests/lib/catalogue_load.h"
#include "tests/lib/office.h"

#define PERSON_A "11111111111111111111111111111111"
#define PERSON_B "22222222222222222222222222222222"
#define PERSON_C "33333333333333333333333333333333"
#define PERSON_D "44444444444444444444444444444444"

static int setup(void **state)
{
    *state = office_open(7);
    return 0;
}

static int teardown(void **state)
{
    office_close(*state);
    return 0;
}

static json_t *ask_ok(struct hub_app *a, const char *text)
{
    json_t *r = office_ask(a, text);
    if (hub_command_error_of(r) != ERR_OK) {
        json_dumpf(r, stderr, 0);
        fail();
    }
    return r;
}

static void ask_refused(struct hub_app *a, const char *text, enum err want)
{
    json_t *r = office_ask(a, text);
    assert_int_equal(hub_command_error_of(r), want);
    assert_true(json_is_string(json_object_get(r, "vi")));
    assert_true(json_is_string(json_object_get(r, "en")));
    json_decref(r);
}

static const char *text_at(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s != NULL ? s : "";
}

static json_int_t count_of(struct hub_app *a, const char *key)
{
    json_t *r = ask_ok(a, "{'verb':'status'}");
    json_int_t n = json_integer_value(json_object_get(r, key));
    json_decref(r);
    return n;
}

/* ---- bundles ---- */

/* By the verbs of the page a request names no file; by the tool's it does. */
static void a_page_names_no_file(void **state)
{
    ask_refused(*state, "{'verb':'bundle_in','path':'/nowhere/a'}", ERR_BAD_FORMAT);
    ask_refused(*state, "{'verb':'bundle_in','look':true,'path':'/nowhere/a'}", ERR_BAD_FORMAT);
    ask_refused(*state, "{'verb':'bundle_inspect','path':'/nowhere/a'}", ERR_BAD_FORMAT);
    ask_refused(*state, "{'verb':'bundle_in_file','path':'/nowhere/a'}", ERR_NOT_FOUND);
    ask_refused(*state, "{'verb':'bundle_inspect_file','path':'/nowhere/a'}", ERR_NOT_FOUND);
    ask_refused(*state, "{'verb':'bundle_in_file','path':'a'}", ERR_BAD_INPUT);
    ask_refused(*state, "{'verb':'bundle_in_file'}", ERR_BAD_FORMAT);
}

/* ---- init ---- */

static void publish(struct hub_app *a, const char *folder, const char *verb, enum err want)
{
    struct buf archive;
    struct folder *f = calloc(1, sizeof *f);
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    assert_non_null(f);
    assert_int_equal(folder_read(folder, f), ERR_OK);
    assert_int_equal(catalogue_archive(f->files, f->count, &archive), ERR_OK);
    size_t room = sodium_base64_ENCODED_LEN(archive.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    assert_non_null(text);
    sodium_bin2base64(text, room, archive.p, archive.len, sodium_base64_VARIANT_ORIGINAL);
    json_t *q = json_pack("{s:s, s:s}", "verb", verb, "archive", text);
    json_t *r = hub_command(a, q);
    assert_int_equal(hub_command_error_of(r), want);
    json_decref(r);
    json_decref(q);
    free(text);
    folder_free(f);
    free(f);
    buf_free(&archive);
}

/* Do the warnings of `status` name this one? */
static bool warned(struct hub_app *a, const char *code)
{
    json_t *r = ask_ok(a, "{'verb':'status'}");
    const json_t *w = json_object_get(r, "warnings");
    bool found = false;
    for (size_t i = 0; i < json_array_size(w); i++)
        found = found || strcmp(text_at(json_array_get(w, i), "code"), code) == 0;
    json_decref(r);
    return found;
}

/* As if the first set that the keys signed, the one of their card, had been made so long ago. */
static void keys_aged(struct hub_app *a, int64_t days)
{
    char sql[160];
    snprintf(sql, sizeof sql, "UPDATE sys_log SET received_ms = %lld",
             (long long)(clock_wall_ms() - days * 86400000));
    assert_int_equal(db_exec(hub_store_db(a->store), sql), ERR_OK);
    assert_int_equal(warned(a, "sealing_key_old"), days > 92);
}

static void init_makes_a_hub_once_and_it_opens(void **state)
{
    char folder[] = "/tmp/dongbo-app-XXXXXX", data[64], path[96], command[96];
    struct stat st;
    struct hub_app *a = NULL, *second = NULL;
    struct hub_app_init init = {
        .unit = "735", .unit_name = "Huyện Vĩnh Cửu", .address = "", .names = "localhost"};
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(data, sizeof data, "%s/hub", folder);
    assert_int_equal(hub_app_open(data, &a), ERR_NOT_READY);
    init.unit = "7 5";
    assert_int_equal(hub_app_init(data, &init, 1700000000000), ERR_BAD_INPUT);
    init.unit = "735";
    init.listen = "nonsense";
    assert_int_equal(hub_app_init(data, &init, 1700000000000), ERR_BAD_INPUT);
    init.listen = "127.0.0.1:0";
    init.names = ",";
    assert_int_equal(hub_app_init(data, &init, 1700000000000), ERR_BAD_INPUT);
    init.names = "localhost";
    assert_int_equal(stat(data, &st), -1); /* nothing was made */
    assert_int_equal(hub_app_init(data, &init, 1700000000000), ERR_OK);
    assert_int_equal(hub_app_init(data, &init, 1700000000000), ERR_EXISTS);
    assert_int_equal(stat(data, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    snprintf(path, sizeof path, "%s/keys/root.key", data);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(hub_app_open(data, &a), ERR_OK);
    assert_int_equal(hub_app_open(data, &second), ERR_LOCKED);
    struct admin_card card;
    assert_int_equal(admin_card_open(bytes_make(a->identity.card, a->identity.card_len),
                                     &a->identity.hub, &card),
                     ERR_OK);
    ask_refused(a, "{'verb':'invite','unit':'26170','address':'h:1'}", ERR_NOT_READY);
    publish(a, DONGBO_SOURCE_DIR "/catalogue", "catalogue_check", ERR_OK);
    assert_int_equal(count_of(a, "edition"), 0);
    publish(a, DONGBO_SOURCE_DIR "/catalogue", "catalogue_publish", ERR_OK);
    assert_int_equal(count_of(a, "edition"), 1);
    publish(a, DONGBO_SOURCE_DIR "/catalogue", "catalogue_publish", ERR_EXISTS);
    assert_false(warned(a, "sealing_key_old"));
    keys_aged(a, 92);
    keys_aged(a, 93);
    hub_app_close(a);
    assert_int_equal(remove(path), 0); /* the root key belongs offline: the hub runs without it */
    snprintf(path, sizeof path, "%s/hub.db.restore", data); /* of a `restore` that was killed */
    assert_int_equal(file_create_empty(path), ERR_OK);
    assert_int_equal(hub_app_open(data, &a), ERR_OK);
    assert_false(file_exists(path));
    hub_app_close(a);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void catalogue_mistakes_name_file_row_and_column(void **state)
{
    struct office *o = *state;
    struct catalogue_file files[2] = {{"types.csv", bytes_str("no,name\n1,person\n")},
                                      {"units.csv", bytes_str("code\n")}};
    struct buf archive;
    char text[1024];
    buf_init(&archive, 4096);
    assert_int_equal(catalogue_archive(files, 2, &archive), ERR_OK);
    sodium_bin2base64(text, sizeof text, archive.p, archive.len, sodium_base64_VARIANT_ORIGINAL);
    json_t *q = json_pack("{s:s, s:s}", "verb", "catalogue_publish", "archive", text);
    json_t *r = hub_command(&o->app, q);
    assert_int_equal(hub_command_error_of(r), ERR_BAD_INPUT);
    json_t *m = json_object_get(r, "mistakes");
    assert_true(json_array_size(m) > 0);
    for (size_t i = 0; i < json_array_size(m); i++)
        assert_string_not_equal(text_at(json_array_get(m, i), "file"), "");
    assert_int_equal(count_of(&o->app, "edition"), 1);
    json_decref(r);
    json_decref(q);
    buf_free(&archive);
}

/* The mistakes of a check of the shipped catalogue with these files; data NULL: it is left out. */
static json_t *mistakes_with(struct office *o, const struct catalogue_file *changed, size_t count)
{
    struct buf archive;
    size_t n = 0, kept = 0;
    struct catalogue_file *all = catalogue_load("catalogue", &n), files[CATALOGUE_FILES_MAX];
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    for (size_t i = 0; i < n; i++) {
        struct catalogue_file f = all[i];
        for (size_t k = 0; k < count; k++)
            if (strcmp(f.name, changed[k].name) == 0) f = changed[k];
        if (f.data.p != NULL) files[kept++] = f;
    }
    assert_int_equal(catalogue_archive(files, kept, &archive), ERR_OK);
    size_t room = sodium_base64_ENCODED_LEN(archive.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(room);
    assert_non_null(text);
    sodium_bin2base64(text, room, archive.p, archive.len, sodium_base64_VARIANT_ORIGINAL);
    json_t *r =
        office_send(&o->app, json_pack("{s:s, s:s}", "verb", "catalogue_check", "archive", text),
                    ERR_BAD_INPUT);
    free(text);
    buf_free(&archive);
    catalogue_unload(all, n);
    return r;
}

/* How many mistakes of the answer are of this file. */
static int mistakes_of(const json_t *r, const char *file)
{
    const json_t *m = json_object_get(r, "mistakes");
    int n = 0;
    for (size_t i = 0; i < json_array_size(m); i++)
        n += strcmp(text_at(json_array_get(m, i), "file"), file) == 0;
    return n;
}

/* Whoever edits a catalogue sees in one go what is wrong with it: broken SQL beside broken tables. */
static void all_mistakes_of_a_catalogue_are_named_at_once(void **state)
{
    struct office *o = *state;
    const struct catalogue_file sql[] = {{"indicators/T01.sql", bytes_str("SELECT nothing")},
                                         {"indicators/T02.sql", bytes_str("SELEC 1")}};
    const struct catalogue_file more[] = {sql[0],
                                          sql[1],
                                          {"params.csv", bytes_str("name,value\na,1\n")},
                                          {"units.csv", bytes_make(NULL, 0)}};
    json_t *r = mistakes_with(o, sql, 2); /* each of several */
    assert_int_equal(mistakes_of(r, "indicators/T01.sql"), 1);
    assert_int_equal(mistakes_of(r, "indicators/T02.sql"), 1);
    assert_int_equal(json_array_size(json_object_get(r, "mistakes")), 2);
    json_decref(r);
    r = mistakes_with(o, more, 4); /* beside those of the tables */
    assert_int_equal(mistakes_of(r, "indicators/T01.sql"), 1);
    assert_int_equal(mistakes_of(r, "indicators/T02.sql"), 1);
    assert_int_equal(mistakes_of(r, "units.csv"), 1);
    assert_int_equal(mistakes_of(r, "successors.csv"), 0);
    assert_true(mistakes_of(r, "params.csv") > 0);
    json_decref(r);
    /* of record types that are not to be had, SQL cannot be tried: nothing is made up */
    const struct catalogue_file types[] = {sql[0], {"types.csv", bytes_make(NULL, 0)}};
    r = mistakes_with(o, types, 2);
    assert_int_equal(json_array_size(json_object_get(r, "mistakes")), 1);
    assert_int_equal(mistakes_of(r, "types.csv"), 1);
    json_decref(r);
}

static void invitations_are_for_known_units_and_name_an_address(void **state)
{
    struct office *o = *state;
    struct admin_invite inv;
    ask_refused(&o->app, "{'verb':'invite','unit':'99999','address':'h:1'}", ERR_BAD_INPUT);
    ask_refused(&o->app, "{'verb':'invite','unit':'26170'}", ERR_CONFIG);
    ask_refused(&o->app, "{'verb':'invite','unit':'26170','address':'h:1','days':61}",
                ERR_BAD_INPUT);
    ask_refused(&o->app, "{'verb':'invite','unit':'26170','address':'h:1','days':0}",
                ERR_BAD_INPUT);
    json_t *r =
        ask_ok(&o->app, "{'verb':'invite','unit':'26170','address':'hub.vn:7350','days':60}");
    assert_int_equal(admin_invite_decode(text_at(r, "invitation"), &inv), ERR_OK);
    assert_string_equal(inv.address, "hub.vn:7350");
    assert_string_equal(inv.unit, "26170");
    assert_memory_equal(inv.hub.b, o->app.keys.hub.b, 32);
    /* 735 went up in 75 on 1/7/2025, and 26170 has been a unit of that since */
    assert_non_null(strstr(text_at(r, "warning_vi"), "26170"));
    json_decref(r);
}

/* An address that nobody can dial is no invitation; one that only this machine, or another service, answers is told. */
static void invitations_tell_of_addresses_that_reach_nobody(void **state)
{
    struct office *o = *state;
    static const char *const wrong[] = {
        "hub.vn",       "https://hub.vn:7350", "hub.vn:7350/", "hub vn:7350", "hub.vn:0",
        "hub.vn:65536", "hub.vn:7350x",        ":7350",        "1:2:7350",    "[::1]",
        "hub.vn:",      "a@hub.vn:7350"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char ask[200];
        snprintf(ask, sizeof ask, "{'verb':'invite','unit':'26170','address':'%s'}", wrong[i]);
        ask_refused(&o->app, ask, ERR_BAD_INPUT);
    }
    o->app.sync_port = 7350;
    o->app.web_port = 7443;
    static const char *const odd[][2] = {{"127.0.0.1:7350", "chỉ chính máy này"},
                                         {"localhost:7350", "chỉ chính máy này"},
                                         {"[::1]:7350", "chỉ chính máy này"},
                                         {"hub.vn:7443", "cổng của trang này"},
                                         {"hub.vn:9000", "bộ định tuyến"},
                                         {"[2001:db8::7]:7350", NULL},
                                         {"hub.vn:7350", NULL}};
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        char ask[200];
        snprintf(ask, sizeof ask, "{'verb':'invite','unit':'26170','address':'%s'}", odd[i][0]);
        json_t *r = ask_ok(&o->app, ask);
        const char *said = strstr(text_at(r, "warning_vi"), odd[i][1] != NULL ? odd[i][1] : "cổng");
        assert_true((said != NULL) == (odd[i][1] != NULL));
        json_decref(r);
    }
}

/* ---- records ---- */

static void put_saves_one_set_and_refuses_what_the_catalogue_forbids(void **state)
{
    struct office *o = *state;
    json_int_t sets = count_of(&o->app, "sets");
    json_t *r =
        ask_ok(&o->app, "{'verb':'put','type':'target','values':{'indicator':'T10','target_unit':"
                        "'735','year':'2023','op':'ge','value':'12','per':'total'}}");
    assert_string_equal(text_at(r, "result"), "created");
    char get[128];
    snprintf(get, sizeof get, "{'verb':'put','id':'%s','values':{'value':'13,5'}}",
             text_at(r, "id"));
    json_decref(r);
    r = ask_ok(&o->app, get);
    assert_string_equal(text_at(r, "result"), "edited");
    json_decref(r);
    r = ask_ok(&o->app, get);
    assert_string_equal(text_at(r, "result"), "unchanged");
    json_decref(r);
    assert_int_equal(count_of(&o->app, "sets"), sets + 2);
    ask_refused(&o->app, "{'verb':'put','type':'target','values':{'indicator':'T10'}}",
                ERR_BAD_VALUE);
    ask_refused(&o->app, "{'verb':'put','type':'no_such','values':{'a':'1'}}", ERR_BAD_VALUE);
    ask_refused(&o->app, "{'verb':'put','type':'target','values':{'no_such':'1'}}", ERR_BAD_VALUE);
    ask_refused(&o->app, "{'verb':'get','id':'00'}", ERR_BAD_INPUT);
    assert_int_equal(count_of(&o->app, "sets"), sets + 2);
}

#define TARGET_OF(indicator, period)                                                               \
    "'type':'target','values':{'indicator':'" indicator "','target_unit':'735','year':'2023',"     \
    "'period':'" period "','op':'ge','value':'12','per':'total'}"

/* No report would ever judge it: said where it is typed, by the field's name, and nothing is saved. */
static void a_target_names_an_indicator_and_a_period_of_its_year(void **state)
{
    struct office *o = *state;
    static const char *const bad[][3] = {
        {TARGET_OF("T99", ""), "indicator", "T99"},
        {TARGET_OF("t10", ""), "indicator", "t10"},
        {TARGET_OF("T10", "2023-Q5"), "period", "2023-Q5"},
        {TARGET_OF("T10", "tháng 5"), "period", "tháng 5"},
        {TARGET_OF("T10", "2022-Q2"), "period", "2022-Q2"},
        {TARGET_OF("T10", "2022-12-15_2024-01-02"), "period", "2022-12-15_2024-01-02"},
    };
    static const char *const good[] = {
        TARGET_OF("T10", ""),        TARGET_OF("T10", "2023"),
        TARGET_OF("T10", "2023-05"), TARGET_OF("T10", "2023-Q2"),
        TARGET_OF("T10", "2023-9M"), TARGET_OF("T10", "2022-12-15_2023-01-02"),
    };
    char text[512];
    json_int_t sets = count_of(&o->app, "sets");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "{'verb':'put',%s}", bad[i][0]);
        json_t *r = office_ask(&o->app, text);
        assert_int_equal(hub_command_error_of(r), ERR_BAD_VALUE);
        assert_string_equal(text_at(r, "field"), bad[i][1]);
        assert_non_null(strstr(text_at(r, "vi"), bad[i][2]));
        assert_non_null(strstr(text_at(r, "vi"), "chưa ghi gì"));
        assert_non_null(strstr(text_at(r, "en"), "nothing was saved"));
        json_decref(r);
        snprintf(text, sizeof text, "{'verb':'check',%s}", bad[i][0]);
        r = ask_ok(&o->app, text);
        assert_non_null(json_object_get(json_object_get(r, "errors"), bad[i][1]));
        json_decref(r);
        snprintf(text, sizeof text, "{'verb':'import','rows':[{'line':7,%s}]}", bad[i][0]);
        r = ask_ok(&o->app, text);
        assert_string_equal(text_at(json_array_get(json_object_get(r, "bad"), 0), "column"),
                            bad[i][1]);
        json_decref(r);
    }
    assert_int_equal(count_of(&o->app, "sets"), sets);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        snprintf(text, sizeof text, "{'verb':'check',%s}", good[i]);
        json_t *r = ask_ok(&o->app, text);
        assert_int_equal(json_object_size(json_object_get(r, "errors")), 0);
        json_decref(r);
        snprintf(text, sizeof text, "{'verb':'put',%s}", good[i]);
        json_decref(ask_ok(&o->app, text));
    }
}

static void import_takes_good_rows_and_names_bad_ones(void **state)
{
    struct office *o = *state;
    json_t *r = ask_ok(
        &o->app,
        "{'verb':'import','rows':["
        "{'line':1,'type':'target','values':{'indicator':'T10','target_unit':'735','year':2023,"
        "'op':'ge','value':'12','per':'total'}},"
        "{'line':2,'type':'target','values':{'indicator':'T10','target_unit':'735','year':'soon',"
        "'op':'ge','value':'12','per':'total'}},"
        "{'line':3,'type':'target','id':'xyz','values':{}}]}");
    assert_int_equal(json_integer_value(json_object_get(r, "created")), 1);
    json_t *bad = json_object_get(r, "bad");
    assert_int_equal(json_array_size(bad), 2);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(bad, 0), "line")), 2);
    assert_string_equal(text_at(json_array_get(bad, 0), "column"), "year");
    assert_int_equal(json_integer_value(json_object_get(json_array_get(bad, 1), "line")), 3);
    json_decref(r);
    r = ask_ok(&o->app, "{'verb':'list','type':'target'}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 1);
    json_decref(r);
}

static void expect_import(struct office *o, const char *options, const char *rows, int created,
                          int edited, int unchanged, int bad)
{
    char text[1500];
    snprintf(text, sizeof text, "{'verb':'import'%s,'rows':[%s]}", options, rows);
    json_t *r = ask_ok(&o->app, text);
    assert_int_equal(json_integer_value(json_object_get(r, "created")), created);
    assert_int_equal(json_integer_value(json_object_get(r, "edited")), edited);
    assert_int_equal(json_integer_value(json_object_get(r, "unchanged")), unchanged);
    assert_int_equal(json_array_size(json_object_get(r, "bad")), bad);
    for (size_t i = 0; i < (size_t)bad; i++)
        assert_true(
            json_is_true(json_object_get(json_array_get(json_object_get(r, "bad"), i), "same")));
    json_decref(r);
}

#define OF_NUMBER(name, dob)                                                                       \
    "{'line':2,'type':'person','values':{'full_name':'" name "','sex':'male','dob':'" dob          \
    "','national_id':'075085769253'}}"

/* The district's own people are found by their number, and not renamed by another's. */
static void import_finds_its_own_people_by_number(void **state)
{
    struct office *o = *state;
    static const char truong[] = OF_NUMBER("Bùi Văn Trường", "12/03/1990"),
                      muoi[] = OF_NUMBER("Hoàng Thị Mười", "2001"),
                      year[] = OF_NUMBER("Bùi Văn Trường", "1990");
    static const char both[] = OF_NUMBER("Bùi Văn Trường", "12/03/1990") "," OF_NUMBER(
        "Hoàng Thị Mười", "2001") "," OF_NUMBER("Bùi Văn Trường", "12/03/1990");
    report_put(&o->hub, 6, /* a commune's record is not the district's */
               "{\"type\":\"person\",\"id\":\"" PERSON_A
               "\",\"full_name\":\"Bùi Văn Trường\",\"sex\":\"male\",\"dob\":\"1990\","
               "\"national_id\":\"075085769253\"}");
    expect_import(o, ",'dry':true", both, 1, 0, 1, 1);
    expect_import(o, "", both, 1, 0, 1, 1);
    expect_import(o, "", truong, 0, 0, 1, 0);
    expect_import(o, "", muoi, 0, 0, 0, 1);
    expect_import(o, "", year, 0, 1, 0, 0);
    expect_import(o, ",'confirm_same':true", muoi, 0, 1, 0, 0);
    json_t *r = ask_ok(&o->app, "{'verb':'list','type':'person'}");
    assert_int_equal(json_array_size(json_object_get(r, "rows")), 2);
    json_decref(r);
}

/* A birth after today: while one types, when it is saved, and in a list. */
static void births_that_cannot_be_are_refused(void **state)
{
    struct office *o = *state;
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" PERSON_A
               "\",\"full_name\":\"Hồ Quốc An\",\"sex\":\"male\",\"dob\":\"1979-08-20\"}");
    ask_refused(&o->app, "{'verb':'put','id':'" PERSON_A "','values':{'dob':'2199'}}",
                ERR_BAD_VALUE);
    json_t *r = ask_ok(&o->app, "{'verb':'check','id':'" PERSON_A "','values':{'dob':'2199'}}");
    assert_non_null(json_object_get(json_object_get(r, "errors"), "dob"));
    json_decref(r);
    r = ask_ok(&o->app, "{'verb':'import','rows':[{'line':7,'id':'" PERSON_A
                        "','type':'person','values':{'dob':'12/2199'}}]}");
    json_t *bad = json_array_get(json_object_get(r, "bad"), 0);
    assert_int_equal(json_integer_value(json_object_get(bad, "line")), 7);
    assert_string_equal(text_at(bad, "column"), "dob");
    assert_non_null(strstr(text_at(bad, "vi"), "ở sau hôm nay"));
    json_decref(r);
    r = ask_ok(&o->app, "{'verb':'put','id':'" PERSON_A "','values':{'dob':'1980'}}");
    assert_true(json_is_true(json_object_get(r, "saved")));
    json_decref(r);
}

/* As at a commune: no record of another type, nor the record itself; one that is not here may still come. */
static void references_mean_what_their_field_may_mean(void **state)
{
    struct office *o = *state;
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" PERSON_A
               "\",\"full_name\":\"Hồ Quốc An\",\"sex\":\"male\",\"dob\":\"1979-08-20\"}");
    report_put(&o->hub, 6,
               "{\"type\":\"household\",\"id\":\"" PERSON_B "\",\"head\":\"" PERSON_A "\"}");
    ask_refused(&o->app, "{'verb':'put','id':'" PERSON_A "','values':{'guardian':'" PERSON_B "'}}",
                ERR_BAD_VALUE);
    ask_refused(&o->app, "{'verb':'put','id':'" PERSON_A "','values':{'guardian':'" PERSON_A "'}}",
                ERR_BAD_VALUE);
    json_t *r = ask_ok(&o->app, "{'verb':'import','rows':[{'line':7,'id':'" PERSON_A
                                "','type':'person','values':{'household':'" PERSON_A "'}}]}");
    json_t *bad = json_array_get(json_object_get(r, "bad"), 0);
    assert_string_equal(text_at(bad, "column"), "household");
    json_decref(r);
    json_decref(ask_ok(&o->app, "{'verb':'put','id':'" PERSON_A "','values':{'household':'" PERSON_B
                                "','guardian':'" PERSON_C "'}}"));
    json_decref(ask_ok(&o->app, "{'verb':'put','id':'" PERSON_A "','values':{'guardian':''}}"));
}

/* The district is asked about far days and great ages as a commune is; who says that they are right is believed. */
static void doubtful_days_are_asked_about(void **state)
{
    struct office *o = *state;
    static const char *const doubtful[][3] = {
        {"activity", "on_date",
         "{'title':'Họp','kind':'direct','field':'drugs','on_date':'12/03/1970'}"},
        {"person", "dob", "{'full_name':'Hồ Quốc An','sex':'male','dob':'1901'}"}};
    for (size_t i = 0; i < 2; i++) {
        char put[300], sure[330], rows[400], text[500];
        snprintf(put, sizeof put, "{'verb':'put','type':'%s','values':%s}", doubtful[i][0],
                 doubtful[i][2]);
        json_t *r = office_ask(&o->app, put);
        assert_int_equal(hub_command_error_of(r), ERR_BAD_VALUE);
        assert_true(json_is_true(json_object_get(r, "confirm")));
        assert_string_equal(text_at(r, "field"), doubtful[i][1]);
        assert_non_null(strstr(text_at(r, "vi"), "đúng không?"));
        json_decref(r);
        snprintf(sure, sizeof sure, "{'confirm_dates':true,%s", put + 1);
        r = ask_ok(&o->app, sure);
        assert_true(json_is_true(json_object_get(r, "saved")));
        json_decref(r);
        snprintf(rows, sizeof rows, "'rows':[{'line':3,'type':'%s','values':%s}]}", doubtful[i][0],
                 doubtful[i][2]);
        snprintf(text, sizeof text, "{'verb':'import',%s", rows);
        r = ask_ok(&o->app, text);
        const json_t *bad = json_array_get(json_object_get(r, "bad"), 0);
        assert_string_equal(text_at(bad, "column"), doubtful[i][1]);
        assert_true(json_is_true(json_object_get(bad, "confirm")));
        json_decref(r);
        snprintf(text, sizeof text, "{'verb':'import','confirm_dates':true,%s", rows);
        r = ask_ok(&o->app, text);
        assert_int_equal(json_integer_value(json_object_get(r, "created")), 1);
        json_decref(r);
    }
}

/* An older program took it: whoever repeats it beside something else does not say it anew. */
static void a_stored_day_may_be_repeated(void **state)
{
    struct office *o = *state;
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" PERSON_A
               "\",\"full_name\":\"Hồ Quốc An\",\"sex\":\"male\",\"dob\":\"2199-08-20\"}");
    json_t *r = ask_ok(&o->app, "{'verb':'put','id':'" PERSON_A
                                "','values':{'full_name':'Hồ Quốc Ân','dob':'2199-08-20'}}");
    assert_string_equal(text_at(r, "result"), "edited");
    json_decref(r);
    r = ask_ok(&o->app, "{'verb':'import','rows':[{'line':7,'id':'" PERSON_A
                        "','type':'person','values':{'full_name':'Hồ Quốc Ấn',"
                        "'dob':'20/8/2199'}}]}");
    assert_int_equal(json_array_size(json_object_get(r, "bad")), 0);
    assert_int_equal(json_integer_value(json_object_get(r, "edited")), 1);
    json_decref(r);
    ask_refused(&o->app, "{'verb':'put','id':'" PERSON_A "','values':{'dob':'2199-08-21'}}",
                ERR_BAD_VALUE);
    r = ask_ok(&o->app, "{'verb':'import','dry':true,'rows':[{'line':7,'id':'" PERSON_A
                        "','type':'person','values':{'dob':'2198'}}]}");
    assert_int_equal(json_array_size(json_object_get(r, "bad")), 1);
    json_decref(r);
}

/* What a commune or the district locked no list of the district overwrites; its officers may, and are told. */
static void import_leaves_locked_fields(void **state)
{
#define TARGET                                                                                     \
    "'type':'target','id':'11111111111111111111111111111111','values':{'indicator':'T10',"         \
    "'target_unit':'735','year':2023,'op':'ge','value':"
    struct office *o = *state;
    json_decref(ask_ok(&o->app, "{'verb':'put'," TARGET "'12','per':'total'},'lock':['value']}"));
    json_t *r = ask_ok(&o->app, "{'verb':'get','id':'11111111111111111111111111111111'}");
    assert_string_equal(json_string_value(json_array_get(json_object_get(r, "locks"), 0)), "value");
    json_decref(r);
    for (int dry = 1; dry >= 0; dry--) {
        r = ask_ok(&o->app, dry ? "{'verb':'import','dry':true,'rows':[{'line':4," TARGET
                                  "'99','per':'commune'}}]}"
                                : "{'verb':'import','rows':[{'line':4," TARGET
                                  "'99','per':'commune'}}]}");
        assert_int_equal(json_integer_value(json_object_get(r, "edited")), 1);
        json_t *kept = json_array_get(json_object_get(r, "kept"), 0);
        assert_int_equal(json_integer_value(json_object_get(kept, "line")), 4);
        assert_string_equal(text_at(kept, "column"), "value");
        assert_string_equal(text_at(kept, "why"), "locked");
        json_decref(r);
    }
    r = ask_ok(&o->app, "{'verb':'get','id':'11111111111111111111111111111111'}");
    assert_string_equal(text_at(json_object_get(r, "values"), "value"), "12");
    assert_string_equal(text_at(json_object_get(r, "values"), "per"), "commune");
    json_decref(r);
    r = ask_ok(&o->app, "{'verb':'import','rows':[{'line':4," TARGET "'99','per':'commune'}}]}");
    assert_int_equal(json_integer_value(json_object_get(r, "unchanged")), 1);
    assert_int_equal(json_integer_value(json_object_get(r, "kept_values")), 1);
    json_decref(r);
    r = ask_ok(&o->app,
               "{'verb':'put','id':'11111111111111111111111111111111','values':{'value':'13'}}");
    assert_string_equal(json_string_value(json_array_get(json_object_get(r, "locked"), 0)),
                        "value");
    json_decref(r);
    ask_refused(&o->app,
                "{'verb':'put','id':'11111111111111111111111111111111','unlock':['no_such']}",
                ERR_BAD_INPUT);
    r = ask_ok(&o->app,
               "{'verb':'put','id':'11111111111111111111111111111111','unlock':['value']}");
    assert_true(json_is_true(json_object_get(r, "saved")));
    json_decref(r);
    r = ask_ok(&o->app, "{'verb':'import','rows':[{'line':4," TARGET "'99','per':'commune'}}]}");
    assert_int_equal(json_integer_value(json_object_get(r, "edited")), 1);
    json_decref(r);
    r = ask_ok(&o->app, "{'verb':'history','id':'11111111111111111111111111111111'}");
    size_t locks = 0;
    json_t *events = json_object_get(r, "events");
    for (size_t i = 0; i < json_array_size(events); i++) {
        json_t *writes = json_object_get(json_array_get(events, i), "writes");
        for (size_t k = 0; k < json_array_size(writes); k++)
            locks += strcmp(text_at(json_array_get(writes, k), "field"), "(lock)") == 0 &&
                     strcmp(text_at(json_array_get(writes, k), "element"), "value") == 0;
    }
    assert_int_equal(locks, 2); /* put on, taken off */
    json_decref(r);
#undef TARGET
}

/* ---- conflicts ---- */

/* A commune's person, changed at the hub; the commune writes the field again without having seen
 * either. */
static void make_conflict(struct office *o)
{
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" PERSON_A
               "\",\"full_name\":\"Hồ Quốc An\",\"sex\":\"male\",\"dob\":\"1979-08-20\"}");
    json_decref(
        ask_ok(&o->app, "{'verb':'put','id':'" PERSON_A "','values':{'dob':'1978-12-02'}}"));
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" PERSON_A
               "\",\"full_name\":\"Hồ Quốc An\",\"sex\":\"male\",\"dob\":\"1979-11-20\"}");
}

static void conflict_shows_all_heads_and_a_decision_settles_it(void **state)
{
    struct office *o = *state;
    make_conflict(o);
    json_t *r = ask_ok(&o->app, "{'verb':'conflicts'}");
    json_t *c = json_array_get(json_object_get(r, "conflicts"), 0);
    assert_int_equal(json_array_size(json_object_get(r, "conflicts")), 1);
    assert_string_equal(text_at(c, "id"), PERSON_A);
    json_t *field = json_array_get(json_object_get(c, "fields"), 0);
    assert_int_equal(json_array_size(json_object_get(c, "fields")), 1);
    assert_string_equal(text_at(field, "field"), "dob");
    json_t *heads = json_object_get(field, "heads");
    assert_int_equal(json_array_size(heads), 2);
    assert_string_equal(text_at(json_array_get(heads, 0), "value"), "1978-12-02");
    assert_string_equal(text_at(json_array_get(heads, 0), "unit"), o->app.identity.unit);
    assert_string_equal(text_at(json_array_get(heads, 1), "value"), "1979-11-20");
    assert_string_equal(text_at(json_array_get(heads, 1), "unit"), report_units[6]);
    json_decref(r);
    ask_refused(&o->app, "{'verb':'resolve','id':'" PERSON_A "','field':'dob','take':3}",
                ERR_NOT_FOUND);
    ask_refused(&o->app, "{'verb':'resolve','id':'" PERSON_A "','field':'dob'}", ERR_USAGE);
    ask_refused(&o->app, "{'verb':'resolve','id':'" PERSON_A "','field':'nix','take':1}",
                ERR_NOT_FOUND);
    json_decref(ask_ok(&o->app, "{'verb':'resolve','id':'" PERSON_A "','field':'dob','take':2}"));
    assert_int_equal(count_of(&o->app, "conflicts"), 0);
    ask_refused(&o->app, "{'verb':'conflicts','id':'" PERSON_A "'}", ERR_NOT_FOUND);
    r = ask_ok(&o->app, "{'verb':'get','id':'" PERSON_A "'}");
    assert_string_equal(text_at(json_object_get(r, "values"), "dob"), "1979-11-20");
    json_decref(r);
}

static void conflict_is_settled_by_a_rule(void **state)
{
    struct office *o = *state;
    static const struct {
        const char *take, *want;
    } rules[] = {{"first", "1978-12-02"}, {"newest", "1978-12-02"}};
    for (size_t i = 0; i < 2;
         i++) { /* the hub's value came first; it is the newest too, of today */
        char ask[200];
        if (i == 0) make_conflict(o);
        if (i == 1)
            report_put(&o->hub, 6,
                       "{\"type\":\"person\",\"id\":\"" PERSON_A
                       "\",\"full_name\":\"Hồ Quốc An\",\"sex\":\"male\",\"dob\":\"1979-11-21\"}");
        assert_int_equal(count_of(&o->app, "conflicts"), 1);
        snprintf(ask, sizeof ask,
                 "{'verb':'resolve','id':'" PERSON_A "','field':'dob','take':'%s'}", rules[i].take);
        json_decref(ask_ok(&o->app, ask));
        assert_int_equal(count_of(&o->app, "conflicts"), 0);
        json_t *r = ask_ok(&o->app, "{'verb':'get','id':'" PERSON_A "'}");
        assert_string_equal(text_at(json_object_get(r, "values"), "dob"), rules[i].want);
        json_decref(r);
    }
    ask_refused(&o->app, "{'verb':'resolve','id':'" PERSON_A "','field':'dob','take':'last'}",
                ERR_USAGE);
}

static void conflicts_are_filtered(void **state)
{
    struct office *o = *state;
    make_conflict(o);
    static const struct {
        const char *filter;
        size_t want;
    } asks[] = {{"'type':'person'", 1}, {"'type':'activity'", 0}, {"'unit':'26170'", 0}};
    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        char ask[100];
        snprintf(ask, sizeof ask, "{'verb':'conflicts',%s}", asks[i].filter);
        json_t *r = ask_ok(&o->app, ask);
        assert_int_equal(json_array_size(json_object_get(r, "conflicts")), asks[i].want);
        json_decref(r);
    }
}

static void a_deletion_in_conflict_says_why(void **state)
{
    struct office *o = *state;
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" PERSON_A
               "\",\"full_name\":\"Hồ Quốc An\",\"sex\":\"male\",\"dob\":\"1979-08-20\"}");
    json_decref(ask_ok(&o->app, "{'verb':'put','id':'" PERSON_A
                                "','action':'delete','reason':'duplicate'}"));
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" PERSON_A
               "\",\"full_name\":\"Hồ Quốc An\",\"sex\":\"male\",\"dob\":\"1979-11-20\"}");
    json_t *r = ask_ok(&o->app, "{'verb':'conflicts'}");
    const json_t *c = json_array_get(json_object_get(r, "conflicts"), 0);
    const json_t *fields = json_object_get(c, "fields");
    bool existence = false;
    for (size_t i = 0; i < json_array_size(fields); i++)
        existence = existence ||
                    strcmp(text_at(json_array_get(fields, i), "field"), HUB_FIELD_EXISTENCE) == 0;
    assert_true(existence);
    assert_string_equal(text_at(c, "reason"), "duplicate");
    assert_string_equal(text_at(c, "reason_vi"), "Trùng với hồ sơ khác");
    assert_true(strlen(text_at(c, "reason_en")) > 0);
    json_decref(r);
}

static void conflict_may_be_settled_by_another_value(void **state)
{
    struct office *o = *state;
    make_conflict(o);
    ask_refused(&o->app, "{'verb':'resolve','id':'" PERSON_A "','field':'dob','value':'1979-99'}",
                ERR_BAD_VALUE);
    json_decref(ask_ok(&o->app, "{'verb':'resolve','id':'" PERSON_A
                                "','field':'dob','value':'11/11/1979'}"));
    json_t *r = ask_ok(&o->app, "{'verb':'get','id':'" PERSON_A "'}");
    assert_string_equal(text_at(json_object_get(r, "values"), "dob"), "1979-11-11");
    assert_int_equal(json_integer_value(json_object_get(r, "conflicts")), 0);
    json_decref(r);
}

static void pair_is_shown_and_linked_once(void **state)
{
    struct office *o = *state;
    char resolve[128], show[128];
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" PERSON_B "\",\"full_name\":\"Nguyễn Văn Hoà\","
               "\"sex\":\"male\",\"national_id\":\"075082123456\"}");
    report_put(&o->hub, 8,
               "{\"type\":\"person\",\"id\":\"" PERSON_C "\",\"full_name\":\"Nguyễn Văn Hòa\","
               "\"sex\":\"male\",\"national_id\":\"075082123456\"}");
    json_t *r = ask_ok(&o->app, "{'verb':'conflicts'}");
    assert_int_equal(json_array_size(json_object_get(r, "pairs")), 1);
    json_t *p = json_array_get(json_object_get(r, "pairs"), 0);
    assert_string_equal(text_at(json_object_get(p, "person_a"), "national_id"), "075082123456");
    snprintf(resolve, sizeof resolve, "{'verb':'resolve','id':'%s','decision':'same'}",
             text_at(p, "id"));
    snprintf(show, sizeof show, "{'verb':'conflicts','id':'%s'}", text_at(p, "id"));
    json_t *one = ask_ok(&o->app, show);
    assert_true(json_equal(one, r)); /* there is no other pair, and no conflict */
    json_decref(one);
    json_decref(r);
    ask_refused(&o->app, "{'verb':'conflicts','id':'0123456789abcdef'}", ERR_NOT_FOUND);
    ask_refused(&o->app, "{'verb':'resolve','id':'0123456789abcdef','decision':'same'}",
                ERR_NOT_FOUND);
    json_decref(ask_ok(&o->app, resolve));
    ask_refused(&o->app, show, ERR_NOT_FOUND);
    assert_int_equal(count_of(&o->app, "pairs"), 0);
    ask_refused(&o->app, resolve, ERR_NOT_FOUND);
    r = ask_ok(&o->app, "{'verb':'list','type':'person_link'}");
    json_t *row = json_array_get(json_object_get(r, "rows"), 0);
    assert_string_equal(text_at(json_object_get(row, "values"), "decision"), "same");
    json_decref(r);
}

/* The id of the open pair of these two, as the list gives it. */
static void pair_of(struct hub_app *a, const char *x, const char *y, char out[32])
{
    json_t *r = ask_ok(a, "{'verb':'conflicts'}");
    const json_t *pairs = json_object_get(r, "pairs");
    out[0] = '\0';
    for (size_t i = 0; i < json_array_size(pairs); i++) {
        const json_t *p = json_array_get(pairs, i);
        const char *first = text_at(p, "a");
        const char *second = text_at(p, "b");
        if ((strcmp(first, x) == 0 && strcmp(second, y) == 0) ||
            (strcmp(first, y) == 0 && strcmp(second, x) == 0))
            snprintf(out, 32, "%s", text_at(p, "id"));
    }
    json_decref(r);
    assert_true(out[0] != '\0');
}

/* Whom two decisions make one person a third does not make two, until one of them is taken back. */
static void a_decision_does_not_contradict_others(void **state)
{
    static const char *const ids[] = {PERSON_B, PERSON_C, PERSON_D};
    struct office *o = *state;
    char put[300], resolve[128], id[32];
    for (int i = 0; i < 3; i++) {
        snprintf(put, sizeof put,
                 "{\"type\":\"person\",\"id\":\"%s\",\"full_name\":\"Nguyễn Văn Hoà\","
                 "\"sex\":\"male\",\"national_id\":\"075082123456\"}",
                 ids[i]);
        report_put(&o->hub, 6 + 2 * i, put);
    }
    for (int i = 0; i < 2; i++) {
        pair_of(&o->app, ids[i], ids[i + 1], id);
        snprintf(resolve, sizeof resolve, "{'verb':'resolve','id':'%s','decision':'same'}", id);
        json_decref(ask_ok(&o->app, resolve));
    }
    pair_of(&o->app, ids[0], ids[2], id);
    snprintf(resolve, sizeof resolve, "{'verb':'resolve','id':'%s','decision':'different'}", id);
    ask_refused(&o->app, resolve, ERR_REFUSED);
    snprintf(resolve, sizeof resolve, "{'verb':'resolve','id':'%s','decision':'same'}", id);
    json_decref(ask_ok(&o->app, resolve));
    assert_int_equal(count_of(&o->app, "pairs"), 0);
}

/* Persons who only look alike: asked about, followed through edits, never merged by themselves. */
static void pair_that_looks_alike(void **state)
{
    struct office *o = *state;
    char resolve[128];
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" PERSON_B "\",\"full_name\":\"Trần Thị Mỹ Hoà\","
               "\"sex\":\"female\",\"dob\":\"1991-04-12\"}");
    report_put(&o->hub, 6, /* alike, on one PC: the commune's own matter */
               "{\"type\":\"person\",\"id\":\"" PERSON_D "\",\"full_name\":\"Trần Thị Mỹ Hoà\","
               "\"sex\":\"female\",\"dob\":\"1991-12-04\",\"national_id\":\"075091000001\"}");
    report_put(&o->hub, 8,
               "{\"type\":\"person\",\"id\":\"" PERSON_C "\",\"full_name\":\"tran mi thi hoa\","
               "\"sex\":\"female\",\"dob\":\"1991\",\"national_id\":\"075091000002\"}");
    json_t *r = ask_ok(&o->app, "{'verb':'conflicts'}");
    assert_int_equal(json_array_size(json_object_get(r, "pairs")), 1); /* not with D: two ids */
    json_t *p = json_array_get(json_object_get(r, "pairs"), 0);
    assert_string_equal(text_at(p, "why"), "looks_alike");
    assert_true(json_integer_value(json_object_get(p, "score")) >= 850);
    json_decref(r);
    json_decref(ask_ok(&o->app, "{'verb':'put','id':'" PERSON_C "','values':{'dob':'1990'}}"));
    assert_int_equal(count_of(&o->app, "pairs"), 0);
    json_decref(ask_ok(&o->app, "{'verb':'put','id':'" PERSON_C "','values':{'dob':'04/1991'}}"));
    r = ask_ok(&o->app, "{'verb':'conflicts'}");
    p = json_array_get(json_object_get(r, "pairs"), 0);
    snprintf(resolve, sizeof resolve, "{'verb':'resolve','id':'%s','decision':'different'}",
             text_at(p, "id"));
    json_decref(r);
    json_decref(ask_ok(&o->app, resolve));
    assert_int_equal(count_of(&o->app, "pairs"), 0);
}

/* Before a period is closed: which records have days that cannot be or are probably mistyped; by unit, no names. */
static void doubtful_records_are_listed(void **state)
{
    struct office *o = *state;
    static const char *const rows[] = {
        "{\"type\":\"person\",\"id\":\"" PERSON_A
        "\",\"full_name\":\"Hồ Quốc An\",\"sex\":\"male\",\"dob\":\"2199-08-20\"}",
        "{\"type\":\"person\",\"id\":\"" PERSON_B "\",\"full_name\":\"Hồ Quốc "
        "Ba\",\"sex\":\"male\",\"dob\":\"1901\",\"died_on\":\"1900-05-01\"}",
        "{\"type\":\"person\",\"id\":\"" PERSON_C "\",\"full_name\":\"Hồ Quốc "
        "Cả\",\"sex\":\"male\",\"dob\":\"1990-05\",\"died_on\":\"1990-05-01\"}",
        "{\"type\":\"drug_case\",\"id\":\"" PERSON_D "\",\"person\":\"" PERSON_C
        "\",\"found_on\":\"1990-04-30\"}",
        "{\"type\":\"activity\",\"id\":\"55555555555555555555555555555555\",\"title\":\"Họp\","
        "\"kind\":"
        "\"direct\",\"field\":\"drugs\",\"on_date\":\"1970-03-12\"}",
        "{\"type\":\"activity\",\"id\":\"66666666666666666666666666666666\",\"title\":\"Họp\","
        "\"kind\":"
        "\"direct\",\"field\":\"drugs\",\"on_date\":\"2023-03-12\"}"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        report_put(&o->hub, i < 3 ? 6 : 5, rows[i]);
    static const char *const want[] = {PERSON_A "dob future", PERSON_B "dob age",
                                       PERSON_B "died_on unborn", PERSON_D "found_on unborn",
                                       "55555555555555555555555555555555on_date far"};
    json_t *r = ask_ok(&o->app, "{'verb':'doubts','report':'RP04','period':'2023-6M'}");
    const json_t *list = json_object_get(r, "rows");
    assert_int_equal(json_array_size(list), sizeof want / sizeof want[0]);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *row = json_array_get(list, i);
        char said[100];
        snprintf(said, sizeof said, "%s%s %s", text_at(row, "id"), text_at(row, "field"),
                 text_at(row, "why"));
        size_t k = 0;
        while (k < sizeof want / sizeof want[0] && strcmp(said, want[k]) != 0)
            k++;
        assert_true(k < sizeof want / sizeof want[0]);
    }
    char *text = json_dumps(r, 0);
    assert_null(strstr(text, "Hồ Quốc"));
    assert_null(strstr(text, "1901"));
    free(text);
    assert_int_equal(json_integer_value(json_object_get(r, "records")), 4);
    assert_int_equal(json_array_size(json_object_get(r, "units")), 2);
    json_decref(r);
    r = ask_ok(&o->app, "{'verb':'doubts'}"); /* of no period: what cannot be */
    assert_int_equal(json_integer_value(json_object_get(r, "records")), 3);
    json_decref(r);
    r = ask_ok(&o->app,
               "{'verb':'doubts','report':'RP04','period':'2024-6M'}"); /* all came before */
    assert_int_equal(json_integer_value(json_object_get(r, "records")), 0);
    json_decref(r);
    ask_refused(&o->app, "{'verb':'doubts','report':'RP04'}", ERR_BAD_INPUT);
    r = ask_ok(&o->app, "{'verb':'close','report':'RP04','period':'2023-6M'}");
    const json_t *doubts = json_object_get(r, "doubts");
    assert_int_equal(json_integer_value(json_object_get(doubts, "records")), 4);
    assert_int_equal(json_array_size(json_object_get(doubts, "units")), 2);
    json_decref(r);
}

/* ---- reports ---- */

static void closing_exports_and_verifies(void **state)
{
    struct office *o = *state;
    struct stat st;
    char text[512], path[256];
    ask_refused(&o->app, "{'verb':'report','report':'RP04','period':'2023-H1'}", ERR_BAD_INPUT);
    ask_refused(&o->app, "{'verb':'report','report':'RP99','period':'2023'}", ERR_NOT_FOUND);
    json_t *r = ask_ok(&o->app, "{'verb':'report','report':'RP04','period':'2023-6M'}");
    assert_string_equal(text_at(json_object_get(r, "report"), "period"), "2023-6M");
    assert_non_null(strstr(text_at(r, "text"), "chưa chốt"));
    json_decref(r);
    r = ask_ok(&o->app, "{'verb':'close','report':'RP04','period':'2023-6M'}");
    assert_int_equal(json_integer_value(json_object_get(r, "nothing_sent")), REPORT_UNITS);
    json_decref(r);
    ask_refused(&o->app, "{'verb':'close','report':'RP04','period':'2023-6M'}", ERR_EXISTS);
    r = ask_ok(&o->app, "{'verb':'issues'}");
    assert_int_equal(json_array_size(json_object_get(r, "issues")), 1);
    json_decref(r);
    snprintf(path, sizeof path, "%s/out", o->hub.folder);
    assert_int_equal(file_mkdirs(path, 0755), ERR_OK);
    snprintf(text, sizeof text, "{'verb':'export','issue':1,'folder':'%s'}", path);
    json_decref(ask_ok(&o->app, text));
    snprintf(path, sizeof path, "%s/out/BC_RP04_2023-6M_735_1.json.minisig", o->hub.folder);
    assert_int_equal(stat(path, &st), 0);
    ask_refused(&o->app, "{'verb':'export','issue':2,'folder':'/tmp'}", ERR_NOT_FOUND);
    r = ask_ok(&o->app, "{'verb':'verify','issue':1}");
    assert_true(json_is_true(json_object_get(r, "ok")));
    json_decref(r);
    r = ask_ok(&o->app, "{'verb':'verify'}");
    assert_true(json_is_true(json_object_get(r, "ok")));
    json_decref(r);
}

/* ---- tokens ---- */

static void token_is_shown_once_and_revoked(void **state)
{
    struct office *o = *state;
    json_t *r = ask_ok(&o->app, "{'verb':'token','action':'create','name':'So'}");
    assert_int_equal(strlen(text_at(r, "token")), 43);
    char token[64];
    snprintf(token, sizeof token, "%s", text_at(r, "token"));
    json_decref(r);
    ask_refused(&o->app, "{'verb':'token','action':'create','name':'So'}", ERR_EXISTS);
    r = ask_ok(&o->app, "{'verb':'token','action':'list'}");
    char *dump = json_dumps(r, 0);
    assert_non_null(strstr(dump, "\"So\""));
    assert_null(strstr(dump, token));
    free(dump);
    json_decref(r);
    json_decref(ask_ok(&o->app, "{'verb':'token','action':'revoke','name':'So'}"));
    ask_refused(&o->app, "{'verb':'token','action':'revoke','name':'So'}", ERR_NOT_FOUND);
    ask_refused(&o->app, "{'verb':'token','action':'eat','name':'So'}", ERR_USAGE);
    ask_refused(&o->app, "{'verb':'fly'}", ERR_USAGE);
}

/* What is locked stays, whatever the list says of it: a day that cannot be, a text that the hub cannot seal. The rest
 * of the row enters. */
static void import_leaves_locked_fields_that_it_could_not_write(void **state)
{
    struct office *o = *state;
    report_put(&o->hub, 6,
               "{\"type\":\"person\",\"id\":\"" PERSON_A
               "\",\"full_name\":\"Hồ Quốc An\",\"sex\":\"male\",\"dob\":\"1979-08-20\"}");
    report_put(&o->hub, 6,
               "{\"type\":\"sexwork_case\",\"id\":\"" PERSON_B
               "\",\"alias\":\"Bí danh 1\",\"recorded_on\":\"2023-01-05\",\"basis\":\"self\"}");
    static const char *const rows[][3] = {
        {"{'verb':'put','id':'" PERSON_A "','lock':['dob']}",
         "{'line':7,'id':'" PERSON_A
         "','type':'person','values':{'dob':'12/2199','full_name':'Hồ Quốc Ân'}}",
         "dob"},
        {"{'verb':'put','id':'" PERSON_B "','lock':['alias']}",
         "{'line':7,'id':'" PERSON_B
         "','type':'sexwork_case','values':{'alias':'Khác','recorded_on':'6/1/2023'}}",
         "alias"}};
    for (size_t i = 0; i < 2; i++) {
        char text[500];
        json_decref(ask_ok(&o->app, rows[i][0]));
        snprintf(text, sizeof text, "{'verb':'import','confirm_dates':true,'rows':[%s]}",
                 rows[i][1]);
        json_t *r = ask_ok(&o->app, text);
        assert_int_equal(json_array_size(json_object_get(r, "bad")), 0);
        assert_int_equal(json_integer_value(json_object_get(r, "edited")), 1);
        const json_t *kept = json_array_get(json_object_get(r, "kept"), 0);
        assert_string_equal(text_at(kept, "column"), rows[i][2]);
        assert_string_equal(text_at(kept, "why"), "locked");
        json_decref(r);
    }
    /* Not locked: field and reason, and nothing of the row. */
    json_decref(ask_ok(&o->app, "{'verb':'put','id':'" PERSON_B "','unlock':['alias']}"));
    json_t *r = ask_ok(&o->app, "{'verb':'import','rows':[{'line':7,'id':'" PERSON_B
                                "','type':'sexwork_case','values':{'alias':'Khác'}}]}");
    const json_t *bad = json_array_get(json_object_get(r, "bad"), 0);
    assert_string_equal(text_at(bad, "column"), "alias");
    assert_non_null(strstr(text_at(bad, "vi"), "niêm phong"));
    json_decref(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_page_names_no_file, setup, teardown),
        cmocka_unit_test(init_makes_a_hub_once_and_it_opens),
        cmocka_unit_test_setup_teardown(catalogue_mistakes_name_file_row_and_column, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(all_mistakes_of_a_catalogue_are_named_at_once, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(invitations_are_for_known_units_and_name_an_address, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(invitations_tell_of_addresses_that_reach_nobody, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_target_names_an_indicator_and_a_period_of_its_year, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(put_saves_one_set_and_refuses_what_the_catalogue_forbids,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(import_takes_good_rows_and_names_bad_ones, setup, teardown),
        cmocka_unit_test_setup_teardown(import_finds_its_own_people_by_number, setup, teardown),
        cmocka_unit_test_setup_teardown(import_leaves_locked_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(import_leaves_locked_fields_that_it_could_not_write, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(doubtful_days_are_asked_about, setup, teardown),
        cmocka_unit_test_setup_teardown(doubtful_records_are_listed, setup, teardown),
        cmocka_unit_test_setup_teardown(births_that_cannot_be_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(references_mean_what_their_field_may_mean, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stored_day_may_be_repeated, setup, teardown),
        cmocka_unit_test_setup_teardown(conflict_shows_all_heads_and_a_decision_settles_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(conflict_is_settled_by_a_rule, setup, teardown),
        cmocka_unit_test_setup_teardown(conflicts_are_filtered, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deletion_in_conflict_says_why, setup, teardown),
        cmocka_unit_test_setup_teardown(conflict_may_be_settled_by_another_value, setup, teardown),
        cmocka_unit_test_setup_teardown(pair_is_shown_and_linked_once, setup, teardown),
        cmocka_unit_test_setup_teardown(pair_that_looks_alike, setup, teardown),
        cmocka_unit_test_setup_teardown(a_decision_does_not_contradict_others, setup, teardown),
        cmocka_unit_test_setup_teardown(closing_exports_and_verifies, setup, teardown),
        cmocka_unit_test_setup_teardown(token_is_shown_once_and_revoked, setup, teardown),
    };
    if (key_ready() != ERR_OK) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
