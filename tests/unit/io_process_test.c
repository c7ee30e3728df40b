/* common/io/process on real programs. */
#include "common/io/clock.h"
#include "common/io/process.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

static int ended(struct process *p)
{
    int code = -1;
    while (!process_ended(p, &code))
        clock_sleep_ms(1);
    process_free(p);
    return code;
}

static void its_exit_code_is_told(void **state)
{
    (void)state;
    struct process *p = NULL;
    assert_int_equal(process_start((const char *[]){"sh", "-c", "exit 7", NULL}, NULL, &p), ERR_OK);
    assert_int_equal(ended(p), 7);
    assert_int_equal(process_start((const char *[]){"sh", "-c", "kill -9 $$", NULL}, NULL, &p),
                     ERR_OK);
    assert_int_equal(ended(p), 128 + 9);
}

static void a_program_that_is_not_there(void **state)
{
    (void)state;
    struct process *p = NULL;
    assert_int_equal(process_start((const char *[]){"dongbo-is-no-program", NULL}, NULL, &p),
                     ERR_NOT_FOUND);
    assert_int_equal(process_start((const char *[]){"/etc/passwd", NULL}, NULL, &p), ERR_DENIED);
    assert_null(p);
    process_free(NULL);
}

static void what_it_says_is_kept_in_a_file_of_ours(void **state)
{
    (void)state;
    char folder[] = "/tmp/dongbo-process-XXXXXX", path[64], link[64], text[64] = {0};
    struct process *p = NULL;
    struct stat st;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/said", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    for (int i = 0; i < 2; i++) { /* the second begins it anew */
        const char *argv[] = {"sh", "-c", "echo out; echo err >&2; read x || echo none", NULL};
        assert_int_equal(process_start(argv, path, &p), ERR_OK);
        assert_int_equal(ended(p), 0);
    }
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    assert_string_equal(text, "out\nerr\nnone\n");
    assert_int_equal(n, strlen(text));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(process_start((const char *[]){"true", NULL}, link, &p), ERR_DENIED);
    unlink(link);
    unlink(path);
    rmdir(folder);
}

static void it_is_in_a_session_of_its_own(void **state)
{
    (void)state;
    char path[] = "/tmp/dongbo-process-XXXXXX", text[64] = {0};
    struct process *p = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    const char *argv[] = {"sh", "-c", "cut -d' ' -f6 /proc/$$/stat; echo $$", NULL};
    assert_int_equal(process_start(argv, path, &p), ERR_OK);
    assert_int_equal(ended(p), 0);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    unlink(path);
    char *rest = NULL;
    long session = strtol(text, &rest, 10), pid = strtol(rest, NULL, 10);
    assert_int_equal(session, pid);
    assert_int_not_equal(session, getsid(0));
}

static void the_program_that_runs_is_known(void **state)
{
    (void)state;
    char self[FILE_PATH_BYTES_MAX];
    assert_int_equal(process_self(self), ERR_OK);
    assert_non_null(strstr(self, "io_process_test"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_exit_code_is_told),
        cmocka_unit_test(a_program_that_is_not_there),
        cmocka_unit_test(what_it_says_is_kept_in_a_file_of_ours),
        cmocka_unit_test(it_is_in_a_session_of_its_own),
        cmocka_unit_test(the_program_that_runs_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
