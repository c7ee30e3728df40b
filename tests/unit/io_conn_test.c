#include "common/buf.h"
#include "common/io/conn.h"
#include "common/io/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

/* One side of a connection and what happened to it. */
struct end {
    struct conn *c;
    struct buf in;
    int opened, gone, drained;
    enum err why;
    bool echo;     /* send back what arrives */
    size_t cut_at; /* close after so many bytes; 0: never */
    struct end *also_close;
};

enum { PATIENCE_MS = 120000 }; /* for what comes by itself, on a slow machine too */

static uv_loop_t loop;
static struct listener *listener;
static struct end server;
static int listener_gone, accepted;
static struct conn_options server_options;
static unsigned conn_max;

static void end_opened(void *ctx)
{
    struct end *e = ctx;
    e->opened++;
}

static void end_bytes(void *ctx, struct bytes b)
{
    struct end *e = ctx;
    buf_add_bytes(&e->in, b);
    if (e->echo) assert_int_equal(conn_send(e->c, b), ERR_OK);
    if (e->cut_at > 0 && e->in.len >= e->cut_at) conn_close(e->c, ERR_REFUSED);
}

static void end_drained(void *ctx)
{
    struct end *e = ctx;
    e->drained++;
    assert_int_equal(conn_queued(e->c), 0);
}

static void end_gone(void *ctx, enum err why)
{
    struct end *e = ctx;
    e->gone++;
    e->why = why;
    assert_true(conn_is_closing(e->c));
    e->c = NULL;
    if (e->also_close != NULL && e->also_close->c != NULL) conn_close(e->also_close->c, ERR_OK);
    if (e == &server && listener != NULL) {
        listen_close(listener);
        listener = NULL;
    }
}

static const struct conn_handlers handlers = {
    .on_open = end_opened, .on_bytes = end_bytes, .on_drained = end_drained, .on_gone = end_gone};

static void end_init(struct end *e)
{
    *e = (struct end){0};
    buf_init(&e->in, 64u << 20);
}

static void on_conn(void *ctx, struct conn *c)
{
    assert_ptr_equal(ctx, &loop);
    accepted++;
    if (server.c != NULL) { /* Only one is looked at. */
        conn_close(c, ERR_OK);
        return;
    }
    server.c = c;
    conn_set_handlers(c, &handlers, &server);
    conn_resume(c);
}

static void on_listener_gone(void *ctx)
{
    (void)ctx;
    listener_gone++;
}

static uint16_t serve(void)
{
    struct listen_options o = {.conn_max = conn_max,
                               .conn = server_options,
                               .on_conn = on_conn,
                               .on_gone = on_listener_gone,
                               .ctx = &loop};
    assert_int_equal(listen_tcp(&loop, "127.0.0.1", 0, &o, &listener), ERR_OK);
    assert_int_not_equal(listen_port(listener), 0);
    return listen_port(listener);
}

static void dial(struct end *e, const char *host, uint16_t port, struct conn_options o)
{
    assert_int_equal(conn_dial(&loop, host, port, &o, &handlers, e, &e->c), ERR_OK);
}

/* Ends when every handle is closed: a leaked handle is a test that hangs (and is killed by its
 * timeout). */
static void run_all(void)
{
    assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
}

static void run_until(const int *flag)
{
    while (*flag == 0)
        uv_run(&loop, UV_RUN_ONCE);
}

static int setup(void **state)
{
    (void)state;
    listener = NULL;
    listener_gone = accepted = 0;
    conn_max = 10;
    server_options = (struct conn_options){0};
    end_init(&server);
    return uv_loop_init(&loop);
}

static int teardown(void **state)
{
    (void)state;
    buf_free(&server.in);
    return uv_loop_close(&loop); /* UV_EBUSY when anything is left. */
}

static void echo_returns_every_byte_and_both_ends_go_once(void **state)
{
    (void)state;
    struct end client;
    end_init(&client);
    server.echo = true;
    dial(&client, "127.0.0.1", serve(), (struct conn_options){0});
    assert_int_equal(conn_send(client.c, bytes_str("early")), ERR_LINK_LOST);
    run_until(&client.opened);
    assert_int_equal(conn_send(client.c, bytes_str("xin chào")), ERR_OK);
    while (client.in.len < 9)
        uv_run(&loop, UV_RUN_ONCE);
    assert_string_equal(buf_cstr(&client.in), "xin chào");
    conn_close(client.c, ERR_OK);
    conn_close(client.c, ERR_IO); /* The first reason counts. */
    assert_int_equal(conn_send(client.c, bytes_str("late")), ERR_LINK_LOST);
    run_all();
    assert_int_equal(client.opened, 1);
    assert_int_equal(client.gone, 1);
    assert_int_equal(client.why, ERR_OK);
    assert_int_equal(server.gone, 1);
    assert_int_equal(server.why, ERR_LINK_LOST);
    assert_int_equal(listener_gone, 1);
    buf_free(&client.in);
}

static void a_cut_at_any_byte_ends_both_sides_once(void **state)
{
    (void)state;
    for (size_t cut = 1; cut <= 40; cut += 3) {
        struct end client;
        end_init(&client);
        buf_clear(&server.in);
        server.cut_at = cut;
        server.gone = 0;
        dial(&client, "localhost", serve(),
             (struct conn_options){.connect_timeout_ms = PATIENCE_MS});
        run_until(&client.opened);
        for (int i = 0; i < 40 && !conn_is_closing(client.c); i++) {
            assert_int_equal(conn_send(client.c, bytes_str("x")), ERR_OK);
            uv_run(&loop, UV_RUN_NOWAIT);
            if (client.c == NULL) break;
        }
        run_all();
        assert_int_equal(client.gone, 1);
        assert_int_equal(client.why, ERR_LINK_LOST);
        assert_int_equal(server.gone, 1);
        assert_int_equal(server.why, ERR_REFUSED);
        buf_free(&client.in);
    }
}

static void the_queue_is_bounded_at_its_limit_and_tells_when_it_drained(void **state)
{
    (void)state;
    enum { LIMIT = 4 << 20 };
    struct end client;
    end_init(&client);
    dial(&client, "127.0.0.1", serve(), (struct conn_options){.queue_bytes_max = LIMIT});
    while (client.opened == 0 || server.c == NULL)
        uv_run(&loop, UV_RUN_ONCE);
    conn_pause(server.c);
    uint8_t *big = calloc(1, LIMIT + 1);
    assert_non_null(big);
    assert_int_equal(conn_send(client.c, bytes_make(big, LIMIT + 1)), ERR_TOO_LARGE);
    size_t sent = 0;
    enum err e;
    while ((e = conn_send(client.c, bytes_make(big, 100000))) == ERR_OK) {
        sent += 100000;
        assert_true(conn_queued(client.c) <= LIMIT);
        assert_true(sent < 64u << 20); /* The peer does not read: it must end. */
    }
    assert_int_equal(e, ERR_AGAIN);
    size_t room = LIMIT - conn_queued(client.c);
    assert_int_equal(conn_send(client.c, bytes_make(big, room + 1)), ERR_AGAIN);
    assert_int_equal(conn_send(client.c, bytes_make(big, room)), ERR_OK);
    sent += room;
    assert_int_equal(conn_queued(client.c), LIMIT);
    assert_int_equal(client.drained, 0);
    conn_resume(server.c);
    conn_finish(client.c); /* Closes only after the last byte went out. */
    assert_int_equal(conn_send(client.c, bytes_str("x")), ERR_LINK_LOST);
    run_all();
    assert_int_equal(server.in.len, sent);
    assert_int_equal(client.why, ERR_OK);
    free(big);
    buf_free(&client.in);
}

static void draining_calls_back(void **state)
{
    (void)state;
    struct end client;
    end_init(&client);
    dial(&client, "127.0.0.1", serve(), (struct conn_options){.queue_bytes_max = 16u << 20});
    while (client.opened == 0 || server.c == NULL)
        uv_run(&loop, UV_RUN_ONCE);
    conn_pause(server.c);
    uint8_t *big = calloc(1, 16u << 20);
    assert_non_null(big);
    assert_int_equal(conn_send(client.c, bytes_make(big, (size_t)16 << 20)), ERR_OK);
    assert_true(conn_queued(client.c) > 0);
    conn_resume(server.c);
    run_until(&client.drained);
    assert_int_equal(client.drained, 1);
    conn_close(client.c, ERR_OK);
    run_all();
    free(big);
    buf_free(&client.in);
}

/* A port that stays taken by *fd, at which nobody listens. */
static uint16_t closed_port(int *fd)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&a, &len), 0);
    return ntohs(a.sin_port);
}

static void a_refused_or_unknown_host_is_unreachable(void **state)
{
    (void)state;
    /* A label of 64 letters is no name anywhere: no server of names has to be asked. */
    static const char *const hosts[] = {
        "127.0.0.1", "localhost",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.invalid", "::1"};
    int fd = -1;
    uint16_t port = closed_port(&fd);
    for (size_t i = 0; i < 4; i++) {
        struct end client;
        end_init(&client);
        dial(&client, hosts[i], port, (struct conn_options){.connect_timeout_ms = PATIENCE_MS});
        run_all();
        assert_int_equal(client.opened, 0);
        assert_int_equal(client.gone, 1);
        assert_int_equal(client.why, ERR_UNREACHABLE);
    }
    close(fd);
    struct conn *c = NULL;
    char longest[CONN_HOST_BYTES_MAX + 1];
    memset(longest, 'a', sizeof longest);
    longest[CONN_HOST_BYTES_MAX] = '\0';
    struct conn_options o = {0};
    assert_int_equal(conn_dial(&loop, "", 1, &o, &handlers, &server, &c), ERR_BAD_INPUT);
    assert_int_equal(conn_dial(&loop, "h", 0, &o, &handlers, &server, &c), ERR_BAD_INPUT);
    assert_int_equal(conn_dial(&loop, longest, 1, &o, &handlers, &server, &c), ERR_BAD_INPUT);
    assert_null(c);
}

static void closing_in_every_phase_of_a_dial_calls_gone_once(void **state)
{
    (void)state;
    for (int turns = 0; turns < 6; turns++) {
        struct end client;
        end_init(&client);
        end_init(&server);
        dial(&client, "localhost", serve(),
             (struct conn_options){.connect_timeout_ms = PATIENCE_MS});
        server.also_close = &client;
        for (int i = 0; i < turns && client.c != NULL; i++) {
            uv_run(&loop, UV_RUN_NOWAIT);
            uv_sleep(1);
        }
        if (client.c != NULL) conn_close(client.c, ERR_OK);
        while (client.gone == 0)
            uv_run(&loop, UV_RUN_ONCE);
        for (int i = 0; i < 5; i++)
            uv_run(&loop, UV_RUN_NOWAIT);
        if (listener != NULL) {
            listen_close(listener);
            listener = NULL;
        }
        if (server.c != NULL) conn_close(server.c, ERR_OK);
        run_all();
        assert_int_equal(client.gone, 1);
    }
}

static void a_connect_that_is_never_answered_times_out(void **state)
{
    (void)state;
    /* A listening socket whose backlog is full answers no SYN. */
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 0), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    struct end fill[4], last;
    for (int i = 0; i < 4; i++) {
        end_init(&fill[i]);
        dial(&fill[i], "127.0.0.1", ntohs(a.sin_port),
             (struct conn_options){.connect_timeout_ms = PATIENCE_MS});
    }
    end_init(&last);
    last.c = NULL;
    while (fill[0].opened + fill[1].opened + fill[2].opened + fill[3].opened == 0)
        uv_run(&loop, UV_RUN_ONCE);
    dial(&last, "127.0.0.1", ntohs(a.sin_port), (struct conn_options){.connect_timeout_ms = 100});
    run_until(&last.gone);
    assert_int_equal(last.opened, 0);
    assert_int_equal(last.why, ERR_TIMEOUT);
    for (int i = 0; i < 4; i++) {
        if (fill[i].c != NULL) conn_close(fill[i].c, ERR_OK);
    }
    run_all();
    for (int i = 0; i < 4; i++)
        assert_int_equal(fill[i].gone, 1);
    close(fd);
}

static void a_silent_peer_is_dropped_when_idle(void **state)
{
    (void)state;
    struct end client;
    end_init(&client);
    server_options.idle_timeout_ms = 50;
    dial(&client, "127.0.0.1", serve(), (struct conn_options){0});
    run_all();
    assert_int_equal(server.why, ERR_TIMEOUT);
    assert_int_equal(client.why, ERR_LINK_LOST);
}

static void connections_over_the_cap_are_turned_away(void **state)
{
    (void)state;
    struct end c[4];
    conn_max = 2;
    uint16_t port = serve();
    for (int i = 0; i < 4; i++)
        end_init(&c[i]);
    dial(&c[0], "127.0.0.1", port, (struct conn_options){0});
    run_until(&c[0].opened);
    while (accepted < 1)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(listen_count(listener), 1);
    struct end held;
    end_init(&held);
    /* The second is at the limit and still served (the test closes it itself); hold it instead. */
    struct end first = server;
    server.c = NULL;
    end_init(&server);
    dial(&c[1], "127.0.0.1", port, (struct conn_options){0});
    run_until(&c[1].opened);
    while (accepted < 2)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(listen_count(listener), 2);
    dial(&c[2], "127.0.0.1", port, (struct conn_options){0});
    run_until(&c[2].gone);
    assert_int_equal(accepted, 2);
    assert_int_equal(listen_refused(listener), 1);
    assert_int_equal(c[2].why, ERR_LINK_LOST);
    assert_int_equal(listen_count(listener), 2);
    listen_close(listener); /* Connections outlive their listener. */
    listener = NULL;
    run_until(&listener_gone);
    assert_int_equal(conn_send(c[0].c, bytes_str("a")), ERR_OK);
    conn_set_handlers(first.c, &handlers, &held);
    held.c = first.c;
    while (held.in.len < 1)
        uv_run(&loop, UV_RUN_ONCE);
    for (int i = 0; i < 2; i++)
        conn_close(c[i].c, ERR_OK);
    run_all();
    assert_int_equal(held.gone, 1);
    buf_free(&held.in);
}

static void both_ends_know_the_others_address(void **state)
{
    (void)state;
    static const uint8_t want[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};
    struct end c;
    uint8_t address[16];
    uint16_t port = serve();
    end_init(&c);
    dial(&c, "127.0.0.1", port, (struct conn_options){0});
    run_until(&c.opened);
    while (accepted < 1)
        uv_run(&loop, UV_RUN_ONCE);
    assert_true(conn_peer(c.c, address));
    assert_memory_equal(address, want, sizeof want);
    memset(address, 0, sizeof address);
    assert_true(conn_peer(server.c, address));
    assert_memory_equal(address, want, sizeof want);
    conn_close(c.c, ERR_OK);
    assert_false(conn_peer(c.c, address));
    run_all();
}

static void addresses_and_taken_ports_are_told(void **state)
{
    (void)state;
    struct listen_options o = {.conn_max = 1, .on_conn = on_conn, .ctx = &loop};
    struct listener *l = NULL;
    assert_int_equal(listen_tcp(&loop, "example", 0, &o, &l), ERR_BAD_INPUT);
    uint16_t port = serve();
    assert_int_equal(listen_tcp(&loop, "127.0.0.1", port, &o, &l), ERR_LOCKED);
    assert_null(l);
    listen_close(listener);
    listener = NULL;
    run_all();
}

static void a_pipe_replaces_a_stale_file_is_private_and_cleans_up(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "/tmp/dongbo-io-conn-%ld", (long)getpid());
    FILE *stale = fopen(path, "w");
    assert_non_null(stale);
    fclose(stale);
    struct listen_options o = {
        .conn_max = 1, .on_conn = on_conn, .on_gone = on_listener_gone, .ctx = &loop};
    umask(0);
    assert_int_equal(listen_pipe(&loop, path, &o, &listener), ERR_OK);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISSOCK(st.st_mode));
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(listen_port(listener), 0);
    listen_close(listener);
    listener = NULL;
    run_all();
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(listener_gone, 1);
    memset(path, 'p', LISTEN_PIPE_BYTES_MAX + 1);
    path[LISTEN_PIPE_BYTES_MAX + 1] = '\0';
    assert_int_equal(listen_pipe(&loop, path, &o, &listener), ERR_CONFIG);
    memcpy(path, "/tmp/", 5);
    path[LISTEN_PIPE_BYTES_MAX] = '\0';
    assert_int_equal(listen_pipe(&loop, path, &o, &listener), ERR_OK);
    listen_close(listener);
    listener = NULL;
    run_all();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(echo_returns_every_byte_and_both_ends_go_once),
        TEST(a_cut_at_any_byte_ends_both_sides_once),
        TEST(the_queue_is_bounded_at_its_limit_and_tells_when_it_drained),
        TEST(draining_calls_back),
        TEST(a_refused_or_unknown_host_is_unreachable),
        TEST(closing_in_every_phase_of_a_dial_calls_gone_once),
        TEST(a_connect_that_is_never_answered_times_out),
        TEST(a_silent_peer_is_dropped_when_idle),
        TEST(connections_over_the_cap_are_turned_away),
        TEST(both_ends_know_the_others_address),
        TEST(addresses_and_taken_ports_are_told),
        TEST(a_pipe_replaces_a_stale_file_is_private_and_cleans_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
