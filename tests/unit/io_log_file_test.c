/* common/io/log_file: the file of bounded size. */
#include "common/io/log_file.h"

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

struct fixture {
    char folder[64], path[128], before[128];
};

static void begin(struct fixture *f)
{
    snprintf(f->folder, sizeof f->folder, "/tmp/dongbo-log-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/log", f->folder);
    snprintf(f->before, sizeof f->before, "%s/log.1", f->folder);
}

static void end(struct fixture *f)
{
    unlink(f->path);
    unlink(f->before);
    rmdir(f->folder);
}

static long size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (long)st.st_size : -1;
}

/* Lines of 1024 bytes. */
static void say(struct log_kept *k, char mark, size_t lines)
{
    char line[1024];
    memset(line, mark, sizeof line);
    line[sizeof line - 1] = '\n';
    for (size_t i = 0; i < lines; i++)
        log_kept_sink(k, bytes_make(line, sizeof line));
}

static void a_full_file_makes_room_at_its_limit(void **state)
{
    (void)state;
    struct fixture f;
    struct log_kept *k = NULL;
    begin(&f);
    assert_int_equal(log_kept_open(f.path, &k), ERR_OK);
    say(k, 'a', LOG_KEPT_BYTES_MAX / 1024);
    assert_int_equal(size_of(f.path), LOG_KEPT_BYTES_MAX);
    assert_int_equal(size_of(f.before), -1);
    say(k, 'b', 1);
    assert_int_equal(size_of(f.path), 1024);
    assert_int_equal(size_of(f.before), LOG_KEPT_BYTES_MAX);
    say(k, 'c', 3 * LOG_KEPT_BYTES_MAX / 1024);
    assert_true(size_of(f.path) <= (long)LOG_KEPT_BYTES_MAX);
    assert_int_equal(size_of(f.before), LOG_KEPT_BYTES_MAX);
    log_kept_close(k);
    end(&f);
}

static void a_file_that_is_there_goes_on(void **state)
{
    (void)state;
    struct fixture f;
    struct log_kept *k = NULL;
    begin(&f);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(log_kept_open(f.path, &k), ERR_OK);
        say(k, 'a', 600);
        log_kept_close(k);
    }
    /* 1200 KiB: the second run filled it and began another. */
    assert_int_equal(size_of(f.before), LOG_KEPT_BYTES_MAX);
    assert_int_equal(size_of(f.path), 1200 * 1024 - (long)LOG_KEPT_BYTES_MAX);
    struct stat st;
    assert_int_equal(stat(f.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    end(&f);
}

static void no_file_of_another_is_written(void **state)
{
    (void)state;
    struct fixture f;
    struct log_kept *k = NULL;
    begin(&f);
    assert_int_equal(symlink(f.before, f.path), 0);
    assert_int_equal(log_kept_open(f.path, &k), ERR_DENIED);
    assert_int_equal(size_of(f.before), -1);
    char far[256];
    snprintf(far, sizeof far, "%s/none/log", f.folder);
    assert_int_equal(log_kept_open(far, &k), ERR_IO);
    assert_null(k);
    log_kept_close(NULL);
    end(&f);
}

static void what_cannot_be_written_is_left_out(void **state)
{
    (void)state;
    struct fixture f;
    struct log_kept *k = NULL;
    begin(&f);
    assert_int_equal(log_kept_open("/dev/full", &k), ERR_OK);
    say(k, 'a', 3);
    log_kept_close(k);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_file_makes_room_at_its_limit),
        cmocka_unit_test(a_file_that_is_there_goes_on),
        cmocka_unit_test(no_file_of_another_is_written),
        cmocka_unit_test(what_cannot_be_written_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
