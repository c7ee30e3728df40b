#include "common/io/cli.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

struct seen {
    int runs, args;
    const char *data, *name, *first;
    bool force, json, en;
    enum err answer;
};

static enum err run_put(struct cli *c, void *ctx)
{
    struct seen *s = ctx;
    s->runs++;
    s->args = c->arg_count;
    s->first = c->arg_count > 0 ? c->args[0] : NULL;
    s->data = c->data_dir;
    s->name = cli_opt(c, "name");
    s->force = cli_has(c, "force");
    s->json = c->json;
    s->en = c->en;
    return s->answer;
}

static const struct cli_opt put_opts[] = {{"name", "TEXT", "tên", "name"},
                                          {"force", NULL, "ép", "force"}};
static const struct cli_verb verbs[] = {
    {"put", "FILE [FILE]", "ghi hồ sơ", "write a record", put_opts, 2, 1, 2, run_put},
    {"status", "", "tình trạng", "state", put_opts, 2, 0, 0, run_put},
};
static const struct cli_program program = {"tool", "công cụ", "a tool", "/default", verbs, 2};

static char out_text[8192], err_text[8192];

static void slurp(FILE *f, char *text, size_t cap)
{
    rewind(f);
    size_t n = fread(text, 1, cap - 1, f);
    text[n] = '\0';
    fclose(f);
}

/* Run a command line; stdout and stderr into out_text and err_text. */
static int call(struct seen *s, const char *line)
{
    char copy[256], *rest = NULL, *argv[16] = {"tool"};
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *p = strtok_r(copy, " ", &rest); p != NULL; p = strtok_r(NULL, " ", &rest))
        argv[argc++] = p;
    argv[argc] = NULL;
    FILE *out = tmpfile(), *err = tmpfile();
    fflush(stdout);
    fflush(stderr);
    int old_out = dup(1), old_err = dup(2);
    dup2(fileno(out), 1);
    dup2(fileno(err), 2);
    int code = cli_main(&program, argc, argv, s);
    fflush(stdout);
    fflush(stderr);
    dup2(old_out, 1);
    dup2(old_err, 2);
    close(old_out);
    close(old_err);
    slurp(out, out_text, sizeof out_text);
    slurp(err, err_text, sizeof err_text);
    if (s->first != NULL) s->first = strcmp(s->first, "a.csv") == 0 ? "a.csv" : "?";
    if (s->data != NULL) s->data = strcmp(s->data, "/d") == 0 ? "/d" : "/default";
    if (s->name != NULL) s->name = strcmp(s->name, "x") == 0 ? "x" : "?";
    return code;
}

static void options_stand_anywhere(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "put a.csv --name x --force --data /d --json --lang en",
        "--data /d --json --lang en put --name=x --force a.csv",
        "--lang=en --json put a.csv --force --data=/d --name x",
    };
    for (size_t i = 0; i < 3; i++) {
        struct seen s = {0};
        assert_int_equal(call(&s, lines[i]), 0);
        assert_int_equal(s.runs, 1);
        assert_int_equal(s.args, 1);
        assert_string_equal(s.first, "a.csv");
        assert_string_equal(s.data, "/d");
        assert_string_equal(s.name, "x");
        assert_true(s.force && s.json && s.en);
    }
    struct seen s = {0};
    assert_int_equal(call(&s, "put a.csv"), 0);
    assert_string_equal(s.data, "/default");
    assert_null(s.name);
    assert_false(s.force || s.json || s.en);
}

static void wrong_use_says_so_and_ends_with_2(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"stauts", "ý bạn là: status"},
        {"frobnicate", "không có lệnh: frobnicate."},
        {"--lang en stauts", "did you mean: status"},
        {"put", "thiếu tham số"},
        {"put a b c", "thừa tham số: c"},
        {"put --nope a", "tùy chọn không hợp lệ: --nope"},
        {"put a --name", "tùy chọn thiếu giá trị: --name"},
        {"put a --lang fr", "không phải: fr"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seen s = {0};
        assert_int_equal(call(&s, cases[i][0]), 2);
        assert_int_equal(s.runs, 0);
        if (strstr(err_text, cases[i][1]) == NULL) print_error("%s: %s\n", cases[i][0], err_text);
        assert_non_null(strstr(err_text, cases[i][1]));
        assert_string_equal(out_text, "");
    }
    struct seen s = {0};
    assert_int_equal(call(&s, ""), 2);
    assert_non_null(strstr(out_text, "status"));
}

static void help_and_version_are_success(void **state)
{
    (void)state;
    struct seen s = {0};
    assert_int_equal(call(&s, "--help"), 0);
    assert_non_null(strstr(out_text, "  put     ghi hồ sơ\n  status  tình trạng\n"));
    assert_int_equal(call(&s, "put --help --lang en"), 0);
    assert_non_null(strstr(out_text, "tool put [OPTIONS] FILE [FILE]"));
    assert_non_null(strstr(out_text, "  --name TEXT  name\n  --force      force\n"));
    assert_int_equal(call(&s, "--version"), 0);
    assert_string_equal(out_text, "tool " DONGBO_VERSION "\n");
    assert_int_equal(s.runs, 0);
}

static void an_error_is_told_once_in_the_chosen_form(void **state)
{
    (void)state;
    struct seen s = {.answer = ERR_LOCKED};
    assert_int_equal(call(&s, "put a"), err_exit_code(ERR_LOCKED));
    assert_non_null(strstr(err_text, err_text_vi(ERR_LOCKED)));
    assert_int_equal(call(&s, "put a --lang en --json"), err_exit_code(ERR_LOCKED));
    json_t *j = json_loads(err_text, 0, NULL);
    assert_non_null(j);
    assert_string_equal(json_string_value(json_object_get(j, "error")), "LOCKED");
    assert_string_equal(json_string_value(json_object_get(j, "message")), err_text_en(ERR_LOCKED));
    json_decref(j);
}

static void tables_align_vietnamese_and_defuse_control_characters(void **state)
{
    (void)state;
    static const char *const head[] = {"Xã", "Số"};
    static const char *const cells[] = {"Phú Lý", "1", "Tân An\n\x1b[2J", "22", NULL, "3"};
    struct buf b;
    buf_init(&b, 1000);
    cli_table(&b, head, 2, cells, 3);
    assert_string_equal(buf_cstr(&b), "Xã           Số\n"
                                      "Phú Lý       1\n"
                                      "Tân An??[2J  22\n"
                                      "             3\n");
    assert_int_equal(cli_width("e\xcc\x81"), 1); /* A combining mark takes no column. */
    assert_int_equal(cli_width("社"), 2);
    assert_int_equal(cli_width("\xff"), 1);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(wrong_use_says_so_and_ends_with_2),
        cmocka_unit_test(help_and_version_are_success),
        cmocka_unit_test(an_error_is_told_once_in_the_chosen_form),
        cmocka_unit_test(tables_align_vietnamese_and_defuse_control_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
