/* What a program died at: counting, forgiving, and what counts for nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <signal.h>
#include <string.h>

#include "common/blackbox.h"
#include "common/io/file.h"
#include "common/io/mapped.h"

#define OK(call) assert_int_equal((call), ERR_OK)

static const uint8_t ONE[BLACKBOX_NAME] = "one", TWO[BLACKBOX_NAME] = "two";

static void dies(struct blackbox *b, const uint8_t *at)
{
    blackbox_begin(b, at);
    blackbox_boot(b, "1", "monday");
}

static void three_deaths_stop_one_and_no_other(void **state)
{
    (void)state;
    struct blackbox b = {.magic = "no box"};
    blackbox_boot(&b, "1", "monday");
    for (unsigned i = 1; i < BLACKBOX_STOP_AT; i++) {
        dies(&b, ONE);
        dies(&b, TWO);
        assert_false(blackbox_stopped(&b, ONE));
    }
    dies(&b, ONE);
    assert_true(blackbox_stopped(&b, ONE));
    assert_false(blackbox_stopped(&b, TWO));
    blackbox_boot(&b, "1", "monday"); /* nothing was under way */
    assert_false(blackbox_stopped(&b, TWO));
    blackbox_forgive(&b, ONE);
    assert_false(blackbox_stopped(&b, ONE));
    dies(&b, ONE);
    assert_false(blackbox_stopped(&b, ONE));
    dies(&b, TWO);
    assert_true(blackbox_stopped(&b, TWO));
}

static void what_ended_well_and_what_lost_its_power_count_nothing(void **state)
{
    (void)state;
    struct blackbox b = {.magic = ""};
    blackbox_boot(&b, "1", "monday");
    for (int i = 0; i < 10; i++) {
        blackbox_begin(&b, ONE);
        blackbox_end(&b);
        blackbox_boot(&b, "1", "monday");
        blackbox_begin(&b, ONE);
        blackbox_boot(&b, "1", "tuesday"); /* the system had gone down in between */
        blackbox_begin(&b, ONE);
        blackbox_boot(&b, "1", "monday");
    }
    assert_false(blackbox_stopped(&b, ONE));
    assert_false(blackbox_stopped(NULL, ONE));
}

static void another_version_tries_anew(void **state)
{
    (void)state;
    struct blackbox b = {.magic = ""};
    blackbox_boot(&b, "1", "monday");
    for (int i = 0; i < BLACKBOX_STOP_AT; i++)
        dies(&b, ONE);
    assert_true(blackbox_stopped(&b, ONE));
    blackbox_boot(&b, "2", "monday");
    assert_false(blackbox_stopped(&b, ONE));
}

static void the_fewest_deaths_give_way(void **state)
{
    (void)state;
    struct blackbox b = {.magic = ""};
    uint8_t name[BLACKBOX_NAME] = "x";
    blackbox_boot(&b, "1", "monday");
    for (int i = 0; i < BLACKBOX_STOP_AT; i++)
        dies(&b, ONE);
    for (unsigned i = 0; i < BLACKBOX_PEERS + 8; i++) {
        name[1] = (uint8_t)i;
        dies(&b, name);
        assert_false(blackbox_stopped(&b, name));
    }
    assert_true(blackbox_stopped(&b, ONE));
}

/* A real process that dies by an assertion leaves the name in the file. */
static void a_process_that_aborts_is_found(void **state)
{
    (void)state;
    char path[] = "blackbox.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (unsigned i = 0; i <= BLACKBOX_STOP_AT; i++) {
        struct mapped m;
        OK(mapped_blackbox(path, &m));
        assert_int_equal(blackbox_stopped(m.p, ONE), i == BLACKBOX_STOP_AT);
        mapped_close(&m);
        mapped_close(&m);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            if (mapped_blackbox(path, &m) != ERR_OK) _exit(1);
            blackbox_begin(m.p, ONE);
            kill(getpid(), SIGKILL);
        }
        int how = 0;
        assert_int_equal(waitpid(child, &how, 0), child);
        assert_true(WIFSIGNALED(how));
    }
    OK(file_remove(path));
}

static void a_file_that_cannot_be_made_is_said(void **state)
{
    (void)state;
    struct mapped m;
    assert_int_equal(mapped_open("no/such/folder/file", 100, &m), ERR_IO);
    assert_int_equal(symlink("elsewhere", "blackbox.link"), 0);
    assert_int_equal(mapped_open("blackbox.link", 100, &m), ERR_IO);
    unlink("blackbox.link");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_deaths_stop_one_and_no_other),
        cmocka_unit_test(what_ended_well_and_what_lost_its_power_count_nothing),
        cmocka_unit_test(another_version_tries_anew),
        cmocka_unit_test(the_fewest_deaths_give_way),
        cmocka_unit_test(a_process_that_aborts_is_found),
        cmocka_unit_test(a_file_that_cannot_be_made_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
