#include "common/io/clock.h"
#include "common/io/file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <stdio.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/dongbo-io-file-XXXXXX";
static char path_a[64], path_b[64];

static int setup(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(path_a, sizeof path_a, "%s/a", folder);
    snprintf(path_b, sizeof path_b, "%s/b", folder);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    unlink(path_a);
    unlink(path_b);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder); /* Fails when a test or a failed call left something behind. */
}

static void atomic_write_replaces_whole_content_and_leaves_no_temp(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(path_a, bytes_str("one"), 0600), ERR_OK);
    assert_int_equal(file_write_atomic(path_a, bytes_str("second"), 0640), ERR_OK);
    struct buf b;
    buf_init(&b, 100);
    assert_int_equal(file_read(path_a, 6, &b), ERR_OK);
    assert_true(bytes_equal(buf_bytes(&b), bytes_str("second")));
    struct stat st;
    assert_int_equal(stat(path_a, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    struct file_list list;
    assert_int_equal(file_list(folder, &list), ERR_OK);
    assert_int_equal(list.n, 1);
    assert_string_equal(list.names[0], "a");
    file_list_free(&list);
    buf_free(&b);
}

static void only_a_file_of_its_kind_is_replaced(void **state)
{
    (void)state;
    struct stat st;
    struct buf b;
    const struct bytes mark = bytes_str("kind");
    assert_int_equal(file_write_marked(path_a, bytes_str("kind 1"), mark), ERR_OK);
    assert_int_equal(file_write_marked(path_a, bytes_str("kind 22"), mark), ERR_OK);
    assert_int_equal(stat(path_a, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 7);
    assert_int_equal(file_write_atomic(path_a, bytes_str(""), 0644), ERR_OK);
    assert_int_equal(file_write_marked(path_a, bytes_str("kind 3"), mark), ERR_OK);
    static const char *const others[] = {"kin", "kine", "a letter"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(file_write_atomic(path_a, bytes_str(others[i]), 0644), ERR_OK);
        assert_int_equal(file_write_marked(path_a, bytes_str("kind 4"), mark), ERR_EXISTS);
        buf_init(&b, 100);
        assert_int_equal(file_read(path_a, 100, &b), ERR_OK);
        assert_true(bytes_equal(buf_bytes(&b), bytes_str(others[i])));
        buf_free(&b);
    }
    assert_int_equal(symlink(path_a, path_b), 0);
    assert_int_equal(file_write_marked(path_b, bytes_str("kind 5"), mark), ERR_IO);
}

static void failed_atomic_write_keeps_the_old_and_leaves_no_temp(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path_a, 0700), 0); /* A folder in the way makes the rename fail. */
    assert_int_not_equal(file_write_atomic(path_a, bytes_str("x"), 0600), ERR_OK);
    struct file_list list;
    assert_int_equal(file_list(folder, &list), ERR_OK);
    assert_int_equal(list.n, 1);
    file_list_free(&list);
    assert_int_equal(rmdir(path_a), 0);
}

static void read_is_capped_at_exactly_the_limit(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(path_a, bytes_str("12345"), 0600), ERR_OK);
    struct buf b;
    buf_init(&b, 100);
    buf_add_str(&b, "x");
    assert_int_equal(file_read(path_a, 4, &b), ERR_TOO_LARGE);
    assert_int_equal(b.len, 1);
    assert_int_equal(file_read(path_a, 5, &b), ERR_OK);
    assert_string_equal(buf_cstr(&b), "x12345");
    assert_int_equal(file_read(path_b, 5, &b), ERR_NOT_FOUND);
    assert_int_equal(file_read(folder, 5, &b), ERR_IO);
    buf_free(&b);
}

static void links_are_not_followed(void **state)
{
    (void)state;
    assert_int_equal(file_write_atomic(path_a, bytes_str("secret"), 0600), ERR_OK);
    assert_int_equal(symlink(path_a, path_b), 0);
    struct buf b;
    buf_init(&b, 100);
    assert_int_equal(file_read(path_b, 50, &b), ERR_IO);
    assert_int_equal(file_create_private(path_b, bytes_str("x")), ERR_EXISTS);
    buf_free(&b);
}

static void key_file_is_private_and_never_overwritten(void **state)
{
    (void)state;
    umask(0);
    assert_int_equal(file_create_private(path_a, bytes_str("key")), ERR_OK);
    assert_int_equal(file_create_private(path_a, bytes_str("other")), ERR_EXISTS);
    struct stat st;
    assert_int_equal(stat(path_a, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    struct buf b;
    buf_init(&b, 100);
    assert_int_equal(file_read_private(path_a, 50, &b), ERR_OK);
    assert_string_equal(buf_cstr(&b), "key");
    for (mode_t bit = 0; bit < 6; bit++) {
        assert_int_equal(chmod(path_a, (mode_t)(0600 | 1u << bit)), 0);
        assert_int_equal(file_read_private(path_a, 50, &b), ERR_CONFIG);
    }
    assert_string_equal(buf_cstr(&b), "key");
    buf_free(&b);
}

static void lock_is_refused_twice_and_freed_by_a_dead_process(void **state)
{
    (void)state;
    int ready[2];
    char byte = 0;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct file_lock l;
        if (file_lock(path_a, &l) != ERR_OK) _exit(1);
        (void)!write(ready[1], "x", 1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    struct file_lock lock = {.fd = -1}, again = {.fd = -1};
    assert_int_equal(file_lock(path_a, &lock), ERR_LOCKED);
    kill(child, 9);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(file_lock(path_a, &lock), ERR_OK);
    assert_int_equal(file_lock(path_a, &again), ERR_LOCKED);
    file_unlock(&lock);
    assert_int_equal(file_lock(path_a, &again), ERR_OK);
    file_unlock(&again);
    close(ready[0]);
    close(ready[1]);
}

static void folders_are_made_listed_in_order_and_removed(void **state)
{
    (void)state;
    char deep[128], name[160];
    snprintf(deep, sizeof deep, "%s/b/xã/c", folder);
    assert_int_equal(file_mkdirs(deep, 0700), ERR_OK);
    assert_int_equal(file_mkdirs(deep, 0700), ERR_OK);
    static const char *const names[] = {"2", "10", "1"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(file_join(deep, names[i], name, sizeof name), ERR_OK);
        assert_int_equal(file_create_empty(name), ERR_OK);
        assert_true(file_exists(name));
        assert_int_equal(file_mkdirs(name, 0700), ERR_EXISTS);
    }
    struct file_list list;
    assert_int_equal(file_list(deep, &list), ERR_OK);
    assert_int_equal(list.n, 3);
    assert_string_equal(list.names[0], "1");
    assert_string_equal(list.names[1], "10");
    assert_string_equal(list.names[2], "2");
    for (size_t i = 0; i < list.n; i++) {
        assert_int_equal(file_join(deep, list.names[i], name, sizeof name), ERR_OK);
        assert_int_equal(file_remove(name), ERR_OK);
        assert_int_equal(file_remove(name), ERR_NOT_FOUND);
    }
    file_list_free(&list);
    rmdir(deep);
    snprintf(deep, sizeof deep, "%s/b/xã", folder);
    rmdir(deep);
    assert_int_equal(rmdir(path_b), 0);
}

static void odds_and_ends(void **state)
{
    (void)state;
    uint64_t free_bytes = 0;
    assert_int_equal(file_free_bytes(folder, &free_bytes), ERR_OK);
    assert_true(free_bytes > 0);
    char small[6];
    assert_int_equal(file_join("ab", "cd", small, sizeof small), ERR_OK);
    assert_int_equal(file_join("ab", "cde", small, sizeof small), ERR_TOO_LARGE);
    char here[FILE_PATH_BYTES_MAX], full[FILE_PATH_BYTES_MAX], wanted[FILE_PATH_BYTES_MAX];
    assert_int_equal(file_absolute(".", here, sizeof here), ERR_OK);
    assert_int_equal(file_join(here, "not there/a", wanted, sizeof wanted), ERR_OK);
    assert_int_equal(file_full("not there/a", full), ERR_OK);
    assert_string_equal(full, wanted);
    assert_int_equal(file_full(wanted, full), ERR_OK);
    assert_string_equal(full, wanted);
    static char longest[FILE_PATH_BYTES_MAX + 1];
    memset(longest, '/', FILE_PATH_BYTES_MAX - 1);
    assert_int_equal(file_full(longest, full), ERR_OK);
    longest[FILE_PATH_BYTES_MAX - 1] = '/';
    assert_int_equal(file_full(longest, full), ERR_TOO_LARGE);
    uint64_t t = clock_mono_ms();
    assert_true(clock_mono_ms() >= t);
    assert_true(clock_wall_ms() > INT64_C(1700000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(atomic_write_replaces_whole_content_and_leaves_no_temp, clean),
        cmocka_unit_test_teardown(only_a_file_of_its_kind_is_replaced, clean),
        cmocka_unit_test_teardown(failed_atomic_write_keeps_the_old_and_leaves_no_temp, clean),
        cmocka_unit_test_teardown(read_is_capped_at_exactly_the_limit, clean),
        cmocka_unit_test_teardown(links_are_not_followed, clean),
        cmocka_unit_test_teardown(key_file_is_private_and_never_overwritten, clean),
        cmocka_unit_test_teardown(lock_is_refused_twice_and_freed_by_a_dead_process, clean),
        cmocka_unit_test_teardown(folders_are_made_listed_in_order_and_removed, clean),
        cmocka_unit_test_teardown(odds_and_ends, clean),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
