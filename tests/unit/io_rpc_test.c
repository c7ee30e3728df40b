/* For usleep. */
#define _DEFAULT_SOURCE

#include "common/bytes.h"
#include "common/io/listen.h"
#include "common/io/rpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

/* The server runs on a loop in its own thread, as in the daemon; the tests ask with blocking calls. */
static char path[64];
static uv_loop_t loop;
static uv_async_t stop;
static uv_timer_t later;
static pthread_t thread;
static struct rpc_server *server;
static struct rpc_call *pending;
static _Atomic int requests;

static void reply_number(struct rpc_call *call, json_int_t n)
{
    json_t *j = json_pack("{s:I}", "n", n);
    rpc_reply(call, j);
    json_decref(j);
}

static void on_later(uv_timer_t *t)
{
    (void)t;
    if (pending != NULL) reply_number(pending, 7);
    pending = NULL;
}

enum { PATIENCE_MS = 120000 }; /* for what comes by itself, on a slow machine too */

/* {"op": "now"} answers at once, "later" after a moment, "held" at "release" (or the stop), "big" over the limit. */
static void on_request(void *ctx, struct rpc_call *call, json_t *request)
{
    (void)ctx;
    atomic_fetch_add(&requests, 1);
    const char *op = json_string_value(json_object_get(request, "op"));
    if (op == NULL) op = "";
    if (strcmp(op, "held") == 0) {
        pending = call;
    } else if (strcmp(op, "later") == 0) {
        pending = call;
        uv_timer_start(&later, on_later, 100, 0);
    } else if (strcmp(op, "big") == 0) {
        size_t len = (size_t)json_integer_value(json_object_get(request, "len"));
        char *text = malloc(len);
        memset(text, 'a', len);
        json_t *j = json_pack("{s:s%}", "t", text, len);
        rpc_reply(call, j);
        json_decref(j);
        free(text);
    } else {
        if (strcmp(op, "release") == 0 && pending != NULL) {
            reply_number(pending, 7);
            pending = NULL;
        }
        reply_number(call, json_integer_value(json_object_get(request, "n")) + 1);
    }
}

static void on_server_gone(void *ctx)
{
    *(bool *)ctx = true;
}

static bool server_gone;

static void on_stop(uv_async_t *a)
{
    rpc_close(server, on_server_gone, &server_gone);
    uv_close((uv_handle_t *)a, NULL);
    uv_close((uv_handle_t *)&later, NULL);
    if (pending != NULL) reply_number(pending, 0); /* Answering after the close is allowed. */
    pending = NULL;
}

static void *run(void *arg)
{
    (void)arg;
    uv_run(&loop, UV_RUN_DEFAULT);
    return NULL;
}

static int setup(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/dongbo-io-rpc-%ld", (long)getpid());
    atomic_store(&requests, 0);
    server_gone = false;
    if (uv_loop_init(&loop) != 0 || uv_async_init(&loop, &stop, on_stop) != 0) return -1;
    uv_timer_init(&loop, &later);
    if (rpc_serve(&loop, path, on_request, NULL, &server) != ERR_OK) return -1;
    return pthread_create(&thread, NULL, run, NULL);
}

static int teardown(void **state)
{
    (void)state;
    uv_async_send(&stop);
    pthread_join(thread, NULL);
    return server_gone ? uv_loop_close(&loop) : -1;
}

static json_int_t ask(const char *op, json_int_t n, enum err want)
{
    json_t *q = json_pack("{s:s, s:I, s:I}", "op", op, "n", n, "len", n);
    json_t *a = NULL;
    assert_int_equal(rpc_ask(path, q, PATIENCE_MS, &a), want);
    json_decref(q);
    json_int_t r = json_integer_value(json_object_get(a, "n"));
    json_decref(a);
    return r;
}

static void a_request_gets_its_answer(void **state)
{
    (void)state;
    for (json_int_t i = 0; i < 100; i++)
        assert_int_equal(ask("now", i, ERR_OK), i + 1);
    assert_int_equal(ask("later", 0, ERR_OK), 7);
}

static void big_messages_pass_up_to_the_limit(void **state)
{
    (void)state;
    json_t *a = NULL;
    enum { WRAP = 8 }; /* {"t":""} */
    json_t *q =
        json_pack("{s:s, s:I}", "op", "big", "len", (json_int_t)(RPC_MESSAGE_BYTES_MAX - WRAP));
    assert_int_equal(rpc_ask(path, q, PATIENCE_MS, &a), ERR_OK);
    assert_int_equal(json_string_length(json_object_get(a, "t")), RPC_MESSAGE_BYTES_MAX - WRAP);
    json_decref(a);
    json_object_set_new(q, "len", json_integer(RPC_MESSAGE_BYTES_MAX - WRAP + 1));
    assert_int_equal(rpc_ask(path, q, PATIENCE_MS, &a), ERR_OK);
    assert_string_equal(json_string_value(json_object_get(a, "error")), "TOO_LARGE");
    json_decref(a);
    char *text = malloc(RPC_MESSAGE_BYTES_MAX);
    assert_non_null(text);
    memset(text, 'q', RPC_MESSAGE_BYTES_MAX);
    json_object_set_new(q, "op", json_stringn(text, RPC_MESSAGE_BYTES_MAX));
    assert_int_equal(rpc_ask(path, q, PATIENCE_MS, &a), ERR_TOO_LARGE);
    json_decref(q);
    free(text);
}

static void nobody_listening_is_unreachable_and_a_long_path_is_config(void **state)
{
    (void)state;
    json_t *q = json_object(), *a = NULL;
    char longest[LISTEN_PIPE_BYTES_MAX + 2];
    memset(longest, 'x', sizeof longest);
    longest[LISTEN_PIPE_BYTES_MAX + 1] = '\0';
    assert_int_equal(rpc_ask("/tmp/dongbo-nobody-here", q, 1000, &a), ERR_UNREACHABLE);
    assert_int_equal(rpc_ask(longest, q, 1000, &a), ERR_CONFIG);
    longest[LISTEN_PIPE_BYTES_MAX] = '\0';
    assert_int_equal(rpc_ask(longest, q, 1000, &a), ERR_UNREACHABLE);
    assert_null(a);
    json_decref(q);
}

static void a_client_that_gives_up_does_not_hurt_the_server(void **state)
{
    (void)state;
    json_t *q = json_pack("{s:s}", "op", "held"), *a = NULL;
    assert_int_equal(rpc_ask(path, q, 200, &a), ERR_TIMEOUT);
    json_decref(q);
    assert_int_equal(ask("release", 3, ERR_OK), 4); /* The late answer finds nobody. */
    assert_int_equal(ask("now", 1, ERR_OK), 2);
}

static int raw_connect(void)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    memcpy(a.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

/* Send raw bytes; true when the server hung up without an answer. */
static bool is_dropped(const void *p, size_t len)
{
    char answer[64];
    int fd = raw_connect();
    if (len > 0) (void)!send(fd, p, len, MSG_NOSIGNAL);
    ssize_t n = recv(fd, answer, sizeof answer, 0);
    close(fd);
    return n <= 0;
}

static void garbage_and_lengths_over_the_limit_are_dropped(void **state)
{
    (void)state;
    uint8_t m[64] = {0};
    le32_store(m, RPC_MESSAGE_BYTES_MAX + 1);
    assert_true(is_dropped(m, 4));
    memset(m, 0xff, sizeof m);
    assert_true(is_dropped(m, sizeof m));
    static const char *const bodies[] = {
        "", "x", "[]", "{\"a\":1,\"a\":2}", "{}x", "{\"a\":\"\xff\"}", "null"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        size_t len = strlen(bodies[i]);
        le32_store(m, (uint32_t)len);
        memcpy(m + 4, bodies[i], len);
        assert_true(is_dropped(m, 4 + len));
    }
    le32_store(m, 2); /* Two requests at once. */
    memcpy(m + 4, "{}", 2);
    memcpy(m + 6, m, 6);
    assert_true(is_dropped(m, 12));
    assert_int_equal(atomic_load(&requests), 0);
    assert_int_equal(ask("now", 5, ERR_OK), 6);
}

static void a_request_may_arrive_byte_by_byte(void **state)
{
    (void)state;
    uint8_t m[] = {2, 0, 0, 0, '{', '}'};
    char answer[64];
    int fd = raw_connect();
    for (size_t i = 0; i < sizeof m; i++) {
        assert_int_equal(send(fd, m + i, 1, MSG_NOSIGNAL), 1);
        usleep(2000);
    }
    ssize_t n = recv(fd, answer, sizeof answer, 0);
    assert_true(n > 4);
    assert_memory_equal(answer + 4, "{\"n\":1}", 7);
    close(fd);
}

static void closing_with_an_unanswered_call_leaks_nothing(void **state)
{
    (void)state;
    uint8_t m[] = {14,  0,   0,   0,   '{', '"', 'o', 'p', '"',
                   ':', '"', 'l', 'a', 't', 'e', 'r', '"', '}'};
    int fd = raw_connect();
    assert_int_equal(send(fd, m, sizeof m, MSG_NOSIGNAL), (ssize_t)sizeof m);
    while (atomic_load(&requests) == 0)
        usleep(1000);
    close(fd); /* The teardown closes the server under it. */
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_gets_its_answer),
        TEST(big_messages_pass_up_to_the_limit),
        TEST(nobody_listening_is_unreachable_and_a_long_path_is_config),
        TEST(a_client_that_gives_up_does_not_hurt_the_server),
        TEST(garbage_and_lengths_over_the_limit_are_dropped),
        TEST(a_request_may_arrive_byte_by_byte),
        TEST(closing_with_an_unanswered_call_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
