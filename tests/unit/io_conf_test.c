#include "common/io/conf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct conf_key keys[] = {
    {"hub", "address", CONF_HOSTPORT, "", 0, 0, "địa chỉ", "address"},
    {"hub", "retry", CONF_DURATION, "15m", 1000, 86400000, "thử lại", "retry"},
    {"store", "cache", CONF_SIZE, "10MiB", 1024, 1 << 30, "bộ nhớ đệm", "cache"},
    {"store", "folder", CONF_STRING, "", 0, 20, "thư mục", "folder"},
    {"web", "enabled", CONF_BOOL, "yes", 0, 0, "bật", "enabled"},
    {"web", "workers", CONF_INT, "2", 1, 8, "luồng", "workers"},
};

static enum err parse(struct conf **c, const char *text)
{
    assert_int_equal(conf_new(keys, sizeof keys / sizeof keys[0], c), ERR_OK);
    return conf_parse(*c, bytes_str(text), "f.conf");
}

static void defaults_hold_without_a_file(void **state)
{
    (void)state;
    struct conf *c = NULL;
    char host[32];
    uint16_t port = 9;
    assert_int_equal(parse(&c, ""), ERR_OK);
    assert_int_equal(conf_int(c, "hub", "retry"), 900000);
    assert_int_equal(conf_int(c, "store", "cache"), 10 * 1024 * 1024);
    assert_string_equal(conf_string(c, "store", "folder"), "");
    assert_true(conf_bool(c, "web", "enabled"));
    assert_false(conf_hostport(c, "hub", "address", host, sizeof host, &port));
    assert_int_equal(port, 9);
    assert_int_equal(conf_load(c, "/nonexistent/f.conf"), ERR_NOT_FOUND);
    conf_free(c);
}

static void a_notepad_file_is_read(void **state)
{
    (void)state;
    struct conf *c = NULL;
    char host[32];
    uint16_t port = 0;
    assert_int_equal(
        parse(&c, "\xef\xbb\xbf; ghi chú\r\n[hub]\r\n  address = hub.example:7443 ; đây\r\n"
                  "\tretry=30s\r\n\r\n[store]\r\n# x\r\nfolder = Xã Phú Lý\r\ncache = 2048\r\n"
                  "[web]\r\nenabled = no\r\nworkers = 8"),
        ERR_OK);
    assert_string_equal(conf_errors(c), "");
    assert_true(conf_hostport(c, "hub", "address", host, sizeof host, &port));
    assert_string_equal(host, "hub.example");
    assert_int_equal(port, 7443);
    assert_false(conf_hostport(c, "hub", "address", host, 11, &port));
    assert_int_equal(conf_int(c, "hub", "retry"), 30000);
    assert_string_equal(conf_string(c, "store", "folder"), "Xã Phú Lý");
    assert_int_equal(conf_int(c, "store", "cache"), 2048);
    assert_false(conf_bool(c, "web", "enabled"));
    assert_int_equal(conf_int(c, "web", "workers"), 8);
    /* What is printed can be loaded again and says the same. */
    struct buf out, again;
    buf_init(&out, 4096);
    buf_init(&again, 4096);
    conf_print(c, false, &out);
    conf_free(c);
    assert_int_equal(parse(&c, buf_cstr(&out)), ERR_OK);
    conf_print(c, false, &again);
    assert_string_equal(buf_cstr(&again), buf_cstr(&out));
    assert_non_null(strstr(buf_cstr(&out), "; thử lại\nretry = 30s\n"));
    buf_free(&out);
    buf_free(&again);
    conf_free(c);
}

static void every_error_has_its_line_and_a_guess(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "f.conf:2: khóa lạ / unknown key: [hub] adress (ý bạn là / did you mean: [hub] address?)\n",
        "f.conf:3: giá trị sai kiểu",
        "f.conf:4: khóa lạ / unknown key: [hub] zzzzzzzz\n",
        "f.conf:5: khóa lặp lại",
        "f.conf:6: khóa lạ / unknown key: [hub] workers (ý bạn là / did you mean: [web]",
        "f.conf:8: giá trị ngoài giới hạn",
        "f.conf:9: dòng quá dài",
        "f.conf:10: không phải UTF-8",
        "f.conf:11: dòng không phải",
    };
    struct conf *c = NULL;
    char text[1024], longest[CONF_LINE_BYTES_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    snprintf(text, sizeof text,
             "[hub]\nadress = h:1\nretry = 15\nzzzzzzzz = 1\nretry = 1m\nworkers = "
             "3\n[web]\nworkers = 9\n%s\n"
             "enabled = \xff\nnonsense\n[store]\ncache=4KiB\n",
             longest);
    assert_int_equal(parse(&c, text), ERR_CONFIG);
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        if (strstr(conf_errors(c), wanted[i]) == NULL)
            print_error("%s not in\n%s", wanted[i], conf_errors(c));
        assert_non_null(strstr(conf_errors(c), wanted[i]));
    }
    assert_int_equal(conf_int(c, "store", "cache"), 4096); /* Good lines are taken. */
    assert_int_equal(conf_int(c, "web", "workers"), 2);    /* Bad ones leave the default. */
    assert_int_equal(conf_parse(c, bytes_str("[web]\nworkers=3\n"), "g"), ERR_OK);
    assert_string_equal(conf_errors(c), "");
    conf_free(c);
}

static void each_type_refuses_what_it_is_not(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err e;
    } cases[] = {
        {"[hub]\nretry = 1s", ERR_OK},
        {"[hub]\nretry = 999ms", ERR_CONFIG},
        {"[hub]\nretry = 1d", ERR_OK},
        {"[hub]\nretry = 86400001ms", ERR_CONFIG},
        {"[hub]\nretry = 1 s", ERR_CONFIG},
        {"[hub]\nretry = -1s", ERR_CONFIG},
        {"[hub]\nretry = 99999999999999999999s", ERR_CONFIG},
        {"[hub]\nretry = 9223372036854775807d", ERR_CONFIG},
        {"[hub]\naddress = [::1]:80", ERR_OK},
        {"[hub]\naddress = ::1:80", ERR_CONFIG},
        {"[hub]\naddress = h:0", ERR_CONFIG},
        {"[hub]\naddress = h:65535", ERR_OK},
        {"[hub]\naddress = h:65536", ERR_CONFIG},
        {"[hub]\naddress = h", ERR_CONFIG},
        {"[hub]\naddress = :80", ERR_CONFIG},
        {"[hub]\naddress =", ERR_OK},
        {"[store]\nfolder = 12345678901234567890", ERR_OK},
        {"[store]\nfolder = 123456789012345678901", ERR_CONFIG},
        {"[store]\ncache = 1GiB", ERR_OK},
        {"[store]\ncache = 1GB", ERR_CONFIG},
        {"[web]\nenabled = maybe", ERR_CONFIG},
        {"[web]\nenabled =", ERR_CONFIG},
        {"[web]\nworkers = 1", ERR_OK},
        {"[web]\nworkers = 0", ERR_CONFIG},
        {"[web]\nworkers = 0x2", ERR_CONFIG},
        {"workers = 2", ERR_CONFIG},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct conf *c = NULL;
        enum err e = parse(&c, cases[i].text);
        if (e != cases[i].e) print_error("%s: %s\n", cases[i].text, conf_errors(c));
        assert_int_equal(e, cases[i].e);
        conf_free(c);
    }
}

static void nearest_is_near_or_nothing(void **state)
{
    (void)state;
    static const char *const verbs[] = {"init", "join", "status", "sync"};
    assert_string_equal(conf_nearest("stauts", verbs, 4), "status");
    assert_string_equal(conf_nearest("snyc", verbs, 4), "sync");
    assert_string_equal(conf_nearest("innit", verbs, 4), "init");
    assert_null(conf_nearest("frobnicate", verbs, 4));
    assert_null(conf_nearest("", verbs, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold_without_a_file),
        cmocka_unit_test(a_notepad_file_is_read),
        cmocka_unit_test(every_error_has_its_line_and_a_guess),
        cmocka_unit_test(each_type_refuses_what_it_is_not),
        cmocka_unit_test(nearest_is_near_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
