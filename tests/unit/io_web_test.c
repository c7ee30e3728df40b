/* For usleep. */
#define _DEFAULT_SOURCE

#include "common/io/clock.h"
#include "common/io/tls.h"
#include "common/io/web.h"
#include "common/io/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

/* The daemon's loop runs in a thread of its own; the tests are the peers, over raw sockets. */
static uv_loop_t loop;
static uv_async_t stop;
static pthread_t loop_thread;
static struct web *web;
static _Atomic bool web_gone;
static _Atomic int handled;
static _Atomic unsigned slow_ms;
static _Atomic bool held;             /* the handler stays in its request */
enum { BIG_BYTES = 8 * 1024 * 1024 }; /* more than sockets hold */
enum { PATIENCE_S = 120 };            /* for what comes by itself, on a slow machine too */
static uint16_t port;

/* "/later": answered by a piece of work on another thread. */
struct later_job {
    struct web_later *later;
    bool done;
};
static _Atomic unsigned later_ms;
static _Atomic bool later_held; /* until the service is told to stop */
static _Atomic int later_answered, later_lost;

static void later_work(void *ctx)
{
    struct later_job *j = ctx;
    assert_false(pthread_equal(pthread_self(), loop_thread));
    usleep(atomic_load(&later_ms) * 1000);
    while (atomic_load(&later_held))
        usleep(1000);
    j->done = true;
}

static void later_done(void *ctx)
{
    struct later_job *j = ctx;
    struct web_response *r = web_later_response(j->later);
    assert_true(j->done && pthread_equal(pthread_self(), loop_thread));
    if (r != NULL) web_text(r, 201, "text/plain", "late");
    atomic_fetch_add(r != NULL ? &later_answered : &later_lost, 1);
    web_later_done(j->later);
    free(j);
}

static void begin_later(void)
{
    struct later_job *j = calloc(1, sizeof *j);
    assert_non_null(j);
    j->later = web_later(web);
    assert_non_null(j->later);
    assert_int_equal(work_start(&loop, later_work, later_done, j), ERR_OK);
}

/* "/events": every tick sends its number; "/flood" sends more than anybody reads. */
static _Atomic uint64_t stream;
static _Atomic int ticks, streams_gone;

static void on_tick(void *ctx)
{
    char text[32];
    uint64_t id = atomic_load(&stream);
    assert_ptr_equal(ctx, &loop);
    snprintf(text, sizeof text, "{\"n\":%d}", atomic_fetch_add(&ticks, 1) + 1);
    if (id == 0 || web_stream_send(web, id, "tick", text)) return;
    atomic_store(&stream, 0);
    atomic_fetch_add(&streams_gone, 1);
}

static void handler(void *ctx, const struct web_request *q, struct web_response *r)
{
    assert_ptr_equal(ctx, &loop);
    assert_true(pthread_equal(pthread_self(), loop_thread));
    atomic_fetch_add(&handled, 1);
    if (atomic_load(&slow_ms) > 0) usleep(atomic_load(&slow_ms) * 1000);
    while (atomic_load(&held))
        usleep(1000);
    if (strcmp(q->path, "/later") == 0) {
        begin_later();
        return;
    }
    if (strcmp(q->path, "/events") == 0) {
        uint64_t id = web_stream_open(web);
        if (id == 0) web_text(r, 503, "text/plain", "too many");
        if (id != 0) assert_true(web_stream_send(web, id, "hello", "{}"));
        atomic_store(&stream, id);
        return;
    }
    if (strcmp(q->path, "/end") == 0) web_stream_end(web, atomic_load(&stream));
    if (strcmp(q->path, "/upload") == 0 || strcmp(q->path, "/upload2") == 0) {
        buf_printf(&r->body, "%zu", q->body.len);
        return;
    }
    if (strcmp(q->path, "/bad-header") == 0) {
        web_set_header(r, "X-Test", "a\r\nSet-Cookie: x");
        return;
    }
    if (strcmp(q->path, "/big") == 0) {
        static const char line[1024] = "0123456789";
        web_set_header(r, "Content-Type", "text/plain");
        for (size_t i = 0; i < BIG_BYTES / sizeof line; i++)
            buf_add(&r->body, line, sizeof line);
        return;
    }
    if (strcmp(q->path, "/own") == 0) {
        web_set_header(r, "Cache-Control", "max-age=1");
        web_set_header(r, "Cache-Control", "max-age=60");
        web_set_header(r, "ETag", "\"e\"");
    }
    const char *p = web_param(q, "p"), *auth = q->headers[WEB_AUTHORIZATION];
    web_set_header(r, "Content-Type", "text/plain");
    buf_printf(&r->body, "%d|%s|%s|%s|%zu|", (int)q->method, q->path, p ? p : "-",
               auth ? auth : "-", q->body.len);
    buf_add_bytes(&r->body, q->body);
}

static void on_gone(void *ctx)
{
    (void)ctx;
    atomic_store(&web_gone, true);
}

static void on_stop(uv_async_t *a)
{
    uv_close((uv_handle_t *)a, NULL);
    web_close(web, on_gone, NULL);
    atomic_store(&later_held, false);
}

static void *run(void *arg)
{
    (void)arg;
    uv_run(&loop, UV_RUN_DEFAULT);
    return NULL;
}

static const char *const hosts[] = {"127.0.0.1", "xa.example"};

enum { UPLOAD_MAX = 1200000 }; /* over WEB_BODY_BYTES_MAX */

static struct web_options options_of(const char *cert, const char *key)
{
    return (struct web_options){.address = "127.0.0.1",
                                .cert_pem = cert,
                                .key_pem = key,
                                .hosts = hosts,
                                .host_count = 2,
                                .methods = 1u << WEB_GET | 1u << WEB_HEAD | 1u << WEB_POST,
                                .upload_paths = {"/upload", "/upload2"},
                                .upload_bytes_max = UPLOAD_MAX,
                                .handler = handler,
                                .tick = on_tick,
                                .ctx = &loop};
}

static int start(const char *cert, const char *key)
{
    atomic_store(&web_gone, false);
    atomic_store(&handled, 0);
    atomic_store(&slow_ms, 0);
    atomic_store(&held, false);
    atomic_store(&later_ms, 0);
    atomic_store(&later_held, false);
    atomic_store(&later_answered, 0);
    atomic_store(&later_lost, 0);
    atomic_store(&stream, 0);
    atomic_store(&ticks, 0);
    atomic_store(&streams_gone, 0);
    struct web_options o = options_of(cert, key);
    if (uv_loop_init(&loop) != 0 || uv_async_init(&loop, &stop, on_stop) != 0) return -1;
    if (web_open(&loop, &o, &web) != ERR_OK) return -1;
    port = web_port(web);
    web_upload_keys(web, (const char *const[]){"nobody", "officer"}, 2);
    return pthread_create(&loop_thread, NULL, run, NULL);
}

static int setup(void **state)
{
    (void)state;
    return start(NULL, NULL);
}

static int teardown(void **state)
{
    (void)state;
    atomic_store(&held, false);
    uv_async_send(&stop);
    pthread_join(loop_thread, NULL);
    return atomic_load(&web_gone) ? uv_loop_close(&loop) : -1;
}

static int dial_from(const char *source)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)},
                       from = {.sin_family = AF_INET};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    inet_pton(AF_INET, source, &from.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct timeval limit = {.tv_sec = PATIENCE_S};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* Everything the server sends until it closes. */
static void receive_all(int fd, struct buf *out)
{
    char chunk[4096];
    ssize_t n;
    while ((n = recv(fd, chunk, sizeof chunk, 0)) > 0)
        buf_add(out, chunk, (size_t)n);
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *p = text; (p = strstr(p, word)) != NULL; p++)
        n++;
    return n;
}

/* Send raw bytes; the answers as text, valid until the next call. */
static const char *ask(const void *p, size_t len)
{
    static char text[65536];
    struct buf answer;
    buf_init(&answer, sizeof text - 1);
    int fd = dial_from("127.0.0.1");
    (void)!send(fd, p, len, MSG_NOSIGNAL);
    receive_all(fd, &answer);
    close(fd);
    memcpy(text, buf_cstr(&answer), answer.len + 1);
    buf_free(&answer);
    return text;
}

static int status_of(const char *answer)
{
    int status = 0;
    if (sscanf(answer, "HTTP/1.%*d %d", &status) != 1) return 0;
    return status;
}

#define HOST "Host: 127.0.0.1\r\n"
#define END  "Connection: close\r\n\r\n"

static void a_request_reaches_the_loop_and_its_answer_comes_back(void **state)
{
    (void)state;
    const char *a = ask(
        "GET /b%C3%A1o?p=1+2%20c&q HTTP/1.1\r\n" HOST "Authorization: Bearer t\r\n" END,
        sizeof "GET /b%C3%A1o?p=1+2%20c&q HTTP/1.1\r\n" HOST "Authorization: Bearer t\r\n" END - 1);
    assert_int_equal(status_of(a), 200);
    assert_non_null(strstr(a, "\r\n\r\n0|/báo|1 2 c|Bearer t|0|"));
    assert_non_null(strstr(a, "X-Content-Type-Options: nosniff\r\n"));
    assert_non_null(strstr(a, "Cache-Control: no-store\r\n"));
    assert_non_null(
        strstr(a, "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"));
    static const char post[] = "POST /x HTTP/1.1\r\n" HOST "Content-Length: 5\r\n" END "hello";
    a = ask(post, sizeof post - 1);
    assert_int_equal(status_of(a), 200);
    assert_non_null(strstr(a, "\r\n\r\n2|/x|-|-|5|hello"));
    static const char chunked[] = "POST /x HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END
                                  "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    a = ask(chunked, sizeof chunked - 1);
    assert_non_null(strstr(a, "|5|abcde"));
    static const char head[] = "HEAD /x HTTP/1.1\r\n" HOST END;
    a = ask(head, sizeof head - 1);
    assert_int_equal(status_of(a), 200);
    assert_string_equal(strstr(a, "\r\n\r\n"), "\r\n\r\n");
    static const char own[] = "GET /own HTTP/1.1\r\n" HOST END;
    a = ask(own, sizeof own - 1);
    assert_int_equal(count(a, "Cache-Control:"), 1);
    assert_non_null(strstr(a, "Cache-Control: max-age=60"));
    static const char split[] = "GET /bad-header HTTP/1.1\r\n" HOST END;
    a = ask(split, sizeof split - 1);
    assert_int_equal(status_of(a), 500);
    assert_null(strstr(a, "Set-Cookie"));
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    static const char two[] = "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST END;
    const char *a = ask(two, sizeof two - 1);
    assert_int_equal(count(a, "HTTP/1.1 200"), 2);
    assert_true(strstr(a, "|/1|") < strstr(a, "|/2|"));
}

static void malformed_requests_never_reach_the_handler(void **state)
{
    (void)state;
    static const struct {
        const char *name, *request;
        int status;
    } cases[] = {
        {"two CL", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
         400},
        {"two equal CL",
         "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
        {"TE and CL",
         "POST / HTTP/1.1\r\n" HOST
         "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
         "GET /smuggled HTTP/1.1\r\n" HOST "\r\n",
         400},
        {"CL list", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\nabc", 400},
        {"negative CL", "POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n", 400},
        {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
        {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 400},
        {"two Hosts", "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400},
        {"empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
        {"Host and space", "GET / HTTP/1.1\r\nHost : 127.0.0.1\r\n\r\n", 400},
        {"rebinding", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400},
        {"other port", "GET / HTTP/1.1\r\nHost: 127.0.0.1:1\r\n\r\n", 400},
        {"no path", "GET x HTTP/1.1\r\n" HOST "\r\n", 400},
        {"method", "DELETE / HTTP/1.1\r\n" HOST "\r\n", 405},
        {"unknown method", "BREW / HTTP/1.1\r\n" HOST "\r\n", 405},
        {"CL over the cap", "POST / HTTP/1.1\r\n" HOST "Content-Length: 1048577\r\n\r\n", 413},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *a = ask(cases[i].request, strlen(cases[i].request));
        if (status_of(a) != cases[i].status) print_error("%s: %s\n", cases[i].name, a);
        assert_int_equal(status_of(a), cases[i].status);
        assert_int_equal(count(a, "HTTP/1.1 2"), 0);
        /* What the library refuses by itself it may head twice before it closes; ours is one answer. */
        if (strstr(a, "refused") != NULL) assert_int_equal(count(a, "HTTP/1.1 "), 1);
    }
    assert_int_equal(atomic_load(&handled), 0);
}

/* The answer to a POST of so many bytes that all come, until the next one. `who`: a header or "". */
static const char *post_as(const char *who, const char *path, size_t bytes)
{
    char *text = calloc(1, bytes + 256);
    assert_non_null(text);
    int n = snprintf(text, 256, "POST %s HTTP/1.1\r\n" HOST "%sContent-Length: %zu\r\n" END, path,
                     who, bytes);
    memset(text + n, 'x', bytes);
    const char *answer = ask(text, (size_t)n + bytes);
    free(text);
    return answer;
}

#define OFFICER "X-Dongbo-Csrf: officer\r\n" /* a key of web_upload_keys() */

static int post_of(const char *path, size_t bytes)
{
    return status_of(post_as(OFFICER, path, bytes));
}

static void some_paths_take_more(void **state)
{
    (void)state;
    assert_int_equal(post_of("/upload", UPLOAD_MAX), 200);
    assert_int_equal(post_of("/upload", UPLOAD_MAX + 1), 413);
    assert_int_equal(post_of("/upload2", UPLOAD_MAX), 200);
    assert_int_equal(post_of("/upload2", UPLOAD_MAX + 1), 413);
    assert_int_equal(post_of("/upload/", WEB_BODY_BYTES_MAX + 1), 413);
    assert_int_equal(post_of("/other", WEB_BODY_BYTES_MAX + 1), 413);
}

/* Who is not logged in has no part in it: neither the memory nor a place. */
static void uploads_are_for_who_has_a_key(void **state)
{
    static const char *const strangers[] = {"", "X-Dongbo-Csrf: \r\n", "X-Dongbo-Csrf: office\r\n",
                                            "X-Dongbo-Csrf: officers\r\n"};
    static const char begun[] =
        "POST /upload HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nContent-Length: 9\r\n\r\n";
    char go_on[64];
    int fds[WEB_UPLOADS_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof strangers / sizeof strangers[0]; i++) {
        assert_int_equal(status_of(post_as(strangers[i], "/upload", WEB_BODY_BYTES_MAX)), 200);
        assert_int_equal(status_of(post_as(strangers[i], "/upload", WEB_BODY_BYTES_MAX + 1)), 413);
    }
    for (size_t i = 0; i < WEB_UPLOADS_MAX; i++) {
        fds[i] = dial_from("127.0.0.1");
        assert_int_equal(send(fds[i], begun, sizeof begun - 1, MSG_NOSIGNAL), sizeof begun - 1);
        assert_true(recv(fds[i], go_on, sizeof go_on, 0) > 0); /* its head was read */
    }
    assert_int_equal(post_of("/upload", UPLOAD_MAX), 200);
    for (size_t i = 0; i < WEB_UPLOADS_MAX; i++)
        close(fds[i]);
}

static void only_a_few_uploads_at_once(void **state)
{
    static const char begun[] =
        "POST /upload HTTP/1.1\r\n" HOST OFFICER "Content-Length: 9\r\n\r\nx";
    int fds[WEB_UPLOADS_MAX];
    (void)state;
    for (size_t i = 0; i < WEB_UPLOADS_MAX; i++) {
        fds[i] = dial_from("127.0.0.1");
        assert_int_equal(send(fds[i], begun, sizeof begun - 1, MSG_NOSIGNAL), sizeof begun - 1);
    }
    const char *answer = post_as(OFFICER, "/upload", 3);
    for (; status_of(answer) != 503;
         answer = post_as(OFFICER, "/upload", 3)) /* until all four have begun */
        usleep(1000);
    assert_non_null(strstr(answer, "Retry-After: 5\r\n")); /* pages ask again */
    assert_int_equal(post_of("/other", 3), 200);
    for (size_t i = 0; i < WEB_UPLOADS_MAX; i++)
        close(fds[i]);
    while (post_of("/upload", 3) != 200)
        usleep(1000);
}

static void allowed_hosts_match_with_the_real_port(void **state)
{
    (void)state;
    static const char *const names[] = {"xa.example", "XA.example", "127.0.0.1", "xa.example"};
    for (size_t i = 0; i < 4; i++) {
        char host[64], request[160];
        snprintf(host, sizeof host, "%s", names[i]);
        if (i >= 2) snprintf(host, sizeof host, "%s:%u", names[i], (unsigned)port);
        snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: %s\r\n" END, host);
        assert_int_equal(status_of(ask(request, strlen(request))), 200);
    }
}

static void a_body_is_taken_up_to_the_cap(void **state)
{
    (void)state;
    size_t room = WEB_BODY_BYTES_MAX + 300;
    char *m = malloc(room);
    assert_non_null(m);
    int head = snprintf(m, room, "POST / HTTP/1.1\r\n" HOST "Content-Length: %d\r\n" END,
                        WEB_BODY_BYTES_MAX);
    memset(m + head, 'b', WEB_BODY_BYTES_MAX);
    int fd = dial_from("127.0.0.1");
    size_t len = (size_t)head + WEB_BODY_BYTES_MAX;
    struct buf answer;
    buf_init(&answer, 4u << 20);
    for (size_t at = 0; at < len;) {
        ssize_t n = send(fd, m + at, len - at, MSG_NOSIGNAL);
        assert_true(n > 0);
        at += (size_t)n;
    }
    receive_all(fd, &answer);
    close(fd);
    assert_int_equal(status_of(buf_cstr(&answer)), 200);
    assert_non_null(strstr(buf_cstr(&answer), "|1048576|b"));
    buf_free(&answer);
    /* One byte more, chunked so that the head does not tell it: hung up without an answer. */
    head = snprintf(m, room, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n%x\r\n",
                    WEB_BODY_BYTES_MAX + 1);
    memset(m + head, 'b', WEB_BODY_BYTES_MAX + 1);
    int before = atomic_load(&handled);
    assert_int_equal(status_of(ask(m, (size_t)head + WEB_BODY_BYTES_MAX + 1)), 0);
    assert_int_equal(atomic_load(&handled), before);
    free(m);
}

static void a_huge_header_or_many_parameters_are_refused(void **state)
{
    (void)state;
    char *m = malloc(80000);
    assert_non_null(m);
    int head = snprintf(m, 80000, "GET / HTTP/1.1\r\n" HOST "X-Long: ");
    memset(m + head, 'h', 65536);
    memcpy(m + head + 65536, "\r\n\r\n", 5);
    int status = status_of(ask(m, (size_t)head + 65536 + 4));
    assert_true(status == 431 || status == 0); /* The library may hang up before it read all. */
    struct buf b;
    buf_init(&b, 80000);
    for (int params = WEB_PARAMS_MAX; params <= WEB_PARAMS_MAX + 1; params++) {
        buf_clear(&b);
        buf_add_str(&b, "GET /?");
        for (int i = 0; i < params; i++)
            buf_printf(&b, "a%d=1&", i);
        b.len--;
        buf_add_str(&b, " HTTP/1.1\r\n" HOST END);
        assert_int_equal(status_of(ask(b.p, b.len)), params == WEB_PARAMS_MAX ? 200 : 431);
    }
    buf_clear(&b);
    buf_add_str(&b, "GET /");
    for (int i = 1; i < WEB_PATH_BYTES_MAX; i++)
        buf_add_str(&b, "p");
    buf_add_str(&b, " HTTP/1.1\r\n" HOST END);
    assert_int_equal(status_of(ask(b.p, b.len)), 200);
    buf_clear(&b);
    buf_add_str(&b, "GET /");
    for (int i = 1; i < WEB_PATH_BYTES_MAX + 1; i++)
        buf_add_str(&b, "p");
    buf_add_str(&b, " HTTP/1.1\r\n" HOST END);
    assert_int_equal(status_of(ask(b.p, b.len)), 414);
    assert_int_equal(atomic_load(&handled), 2);
    buf_free(&b);
    free(m);
}

static void an_escaped_nul_does_not_cut_the_path(void **state)
{
    (void)state;
    static const char q[] = "GET /a%00b%2 HTTP/1.1\r\n" HOST END;
    assert_non_null(strstr(ask(q, sizeof q - 1), "|/a%00b%2|"));
}

static void garbage_ends_the_connection_only(void **state)
{
    (void)state;
    unsigned seed = (unsigned)clock_wall_ms();
    print_message("seed %u\n", seed);
    for (int i = 0; i < 100; i++) {
        uint8_t junk[300];
        for (size_t k = 0; k < sizeof junk; k++) {
            seed = seed * 1103515245u + 12345u;
            junk[k] = (uint8_t)(seed >> 16);
        }
        int fd = dial_from("127.0.0.1");
        (void)!send(fd, junk, sizeof junk, MSG_NOSIGNAL);
        close(fd);
    }
    static const char q[] = "GET / HTTP/1.1\r\n" HOST END;
    int status = 0; /* Until the dead ones are reaped, their address may be at its limit. */
    for (int i = 0; i < PATIENCE_S * 20 && status != 200; i++) {
        if (i > 0) usleep(50000);
        status = status_of(ask(q, sizeof q - 1));
    }
    assert_int_equal(status, 200);
}

static void a_full_queue_answers_503_and_peers_that_left_do_no_harm(void **state)
{
    (void)state;
    enum { PEERS = 90 };
    static const char q[] = "GET / HTTP/1.1\r\n" HOST END;
    static const char *const sources[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3"};
    int fds[PEERS], ok = 0, busy = 0;
    struct pollfd answered[PEERS];
    atomic_store(&held, true); /* The first request holds the loop while the others queue up. */
    for (int i = 0; i < PEERS; i++) {
        fds[i] = dial_from(sources[i % 3]);
        answered[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
        assert_int_equal(send(fds[i], q, sizeof q - 1, MSG_NOSIGNAL), (ssize_t)sizeof q - 1);
        while (atomic_load(&handled) == 0)
            usleep(1000);
    }
    /* Who finds the queue full is told so at once. */
    for (int i = 0; i < PATIENCE_S * 100 && poll(answered, PEERS, 0) < PEERS - WEB_QUEUE_MAX; i++)
        usleep(10000);
    atomic_store(&held, false);
    shutdown(fds[1], SHUT_RDWR); /* One leaves while it waits. */
    for (int i = 0; i < PEERS; i++) {
        struct buf answer;
        buf_init(&answer, 65536);
        receive_all(fds[i], &answer);
        int status = status_of(buf_cstr(&answer));
        ok += status == 200;
        busy += status == 503;
        if (status == 503) assert_non_null(strstr(buf_cstr(&answer), "Retry-After: 5\r\n"));
        buf_free(&answer);
        close(fds[i]);
    }
    print_message("answered %d, busy %d\n", ok, busy);
    assert_true(ok >= WEB_QUEUE_MAX - 1);
    assert_true(busy >= PEERS - WEB_QUEUE_MAX - 1);
}

static void one_address_cannot_take_all_connections(void **state)
{
    (void)state;
    int fds[WEB_CONNS_PER_IP_MAX + 1];
    char byte;
    static const char q[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
    for (int i = 0; i <= WEB_CONNS_PER_IP_MAX; i++) {
        fds[i] = dial_from("127.0.0.2");
        (void)!send(fds[i], q, sizeof q - 1, MSG_NOSIGNAL);
        bool answered = recv(fds[i], &byte, 1, 0) == 1;
        assert_int_equal(answered, i < WEB_CONNS_PER_IP_MAX);
    }
    assert_int_equal(
        status_of(ask("GET / HTTP/1.1\r\n" HOST END, strlen("GET / HTTP/1.1\r\n" HOST END))), 200);
    for (int i = 0; i <= WEB_CONNS_PER_IP_MAX; i++)
        close(fds[i]);
}

static void stopping_with_requests_under_way_leaks_nothing(void **state)
{
    (void)state;
    static const char q[] = "GET / HTTP/1.1\r\n" HOST "\r\n";
    atomic_store(&slow_ms, 200);
    int fds[8];
    for (int i = 0; i < 8; i++) {
        fds[i] = dial_from("127.0.0.1");
        (void)!send(fds[i], q, sizeof q - 1, MSG_NOSIGNAL);
    }
    while (atomic_load(&handled) == 0)
        usleep(1000);
    for (int i = 0; i < 8; i++)
        close(fds[i]);
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    uv_loop_t l;
    struct web *w = NULL;
    assert_int_equal(uv_loop_init(&l), 0);
    struct web_options o = options_of(NULL, NULL);
    o.address = "0.0.0.0"; /* Plain HTTP never leaves this machine. */
    assert_int_equal(web_open(&l, &o, &w), ERR_BAD_INPUT);
    o.address = "localhost";
    assert_int_equal(web_open(&l, &o, &w), ERR_BAD_INPUT);
    o = options_of(NULL, NULL);
    o.host_count = 0;
    assert_int_equal(web_open(&l, &o, &w), ERR_BAD_INPUT);
    o = options_of("not a certificate", "not a key");
    assert_int_equal(web_open(&l, &o, &w), ERR_CONFIG);
    assert_int_equal(start(NULL, NULL), 0);
    o = options_of(NULL, NULL);
    o.port = port;
    assert_int_equal(web_open(&l, &o, &w), ERR_LOCKED);
    assert_null(w);
    uv_run(&l, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&l), 0);
    assert_int_equal(teardown(NULL), 0);
}

/* ---- TLS ---- */

static int tls_get(const char *priorities, char fingerprint[TLS_FINGERPRINT_CHARS + 1],
                   char *answer, size_t cap)
{
    gnutls_session_t s;
    gnutls_certificate_credentials_t cred;
    assert_int_equal(gnutls_certificate_allocate_credentials(&cred), 0);
    assert_int_equal(gnutls_init(&s, GNUTLS_CLIENT), 0);
    assert_int_equal(gnutls_priority_set_direct(s, priorities, NULL), 0);
    gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, cred);
    int fd = dial_from("127.0.0.1");
    gnutls_transport_set_int(s, fd);
    int rc;
    do {
        rc = gnutls_handshake(s);
    } while (rc < 0 && !gnutls_error_is_fatal(rc));
    if (rc >= 0) {
        unsigned n = 0;
        const gnutls_datum_t *peer = gnutls_certificate_get_peers(s, &n);
        gnutls_datum_t pem = {0};
        assert_int_equal(gnutls_pem_base64_encode2("CERTIFICATE", &peer[0], &pem), 0);
        assert_int_equal(tls_fingerprint(bytes_make(pem.data, pem.size), fingerprint), ERR_OK);
        gnutls_free(pem.data);
        static const char q[] = "GET /tls HTTP/1.1\r\nHost: xa.example\r\n" END;
        gnutls_record_send(s, q, sizeof q - 1);
        size_t len = 0;
        ssize_t got;
        while (len + 1 < cap && (got = gnutls_record_recv(s, answer + len, cap - 1 - len)) > 0)
            len += (size_t)got;
        answer[len] = '\0';
    }
    gnutls_deinit(s);
    gnutls_certificate_free_credentials(cred);
    close(fd);
    return rc;
}

/* The chain in `cert` is good for its name by this authority, and for no other name. */
static void signed_by(struct bytes cert, struct bytes ca)
{
    gnutls_x509_trust_list_t trust;
    gnutls_x509_crt_t chain[2], root;
    unsigned n = 2, how = 0;
    gnutls_datum_t c = {(unsigned char *)(uintptr_t)cert.p, (unsigned)cert.len};
    gnutls_datum_t r = {(unsigned char *)(uintptr_t)ca.p, (unsigned)ca.len};
    gnutls_typed_vdata_st good = {GNUTLS_DT_DNS_HOSTNAME, (unsigned char *)(uintptr_t) "xa.example",
                                  0};
    gnutls_typed_vdata_st bad = {GNUTLS_DT_DNS_HOSTNAME,
                                 (unsigned char *)(uintptr_t) "evil.example", 0};
    assert_int_equal(gnutls_x509_crt_list_import(chain, &n, &c, GNUTLS_X509_FMT_PEM, 0), 2);
    assert_int_equal(gnutls_x509_crt_init(&root), 0);
    assert_int_equal(gnutls_x509_crt_import(root, &r, GNUTLS_X509_FMT_PEM), 0);
    assert_int_equal(gnutls_x509_trust_list_init(&trust, 0), 0);
    assert_int_equal(gnutls_x509_trust_list_add_cas(trust, &root, 1, 0), 1);
    assert_int_equal(gnutls_x509_trust_list_verify_crt2(trust, chain, 2, &good, 1, 0, &how, NULL),
                     0);
    assert_int_equal(how, 0);
    assert_int_equal(gnutls_x509_trust_list_verify_crt2(trust, chain, 2, &bad, 1, 0, &how, NULL),
                     0);
    assert_int_not_equal(how, 0);
    gnutls_x509_trust_list_deinit(trust, 1);
    for (unsigned i = 0; i < 2; i++)
        gnutls_x509_crt_deinit(chain[i]);
}

static void https_serves_our_certificate_and_only_new_protocols(void **state)
{
    (void)state;
    static const char *const names[] = {"xa.example", "127.0.0.1", "::1"};
    struct buf cert, key;
    buf_init(&cert, TLS_PEM_BYTES_MAX);
    buf_init(&key, TLS_PEM_BYTES_MAX);
    struct buf ca, ca_key;
    buf_init(&ca, TLS_PEM_BYTES_MAX);
    buf_init(&ca_key, TLS_PEM_BYTES_MAX);
    assert_int_equal(tls_make_authority("", clock_wall_ms(), &ca, &ca_key), ERR_BAD_INPUT);
    assert_int_equal(tls_make_authority("Trung tam", clock_wall_ms(), &ca, &ca_key), ERR_OK);
    struct tls_authority by = {buf_bytes(&ca), buf_bytes(&ca_key)};
    assert_int_equal(tls_make(names, 3, clock_wall_ms(), &by, &cert, &key), ERR_OK);
    signed_by(buf_bytes(&cert), buf_bytes(&ca));
    /* A server's certificate signs nothing. */
    struct buf other, other_key;
    struct tls_authority none = {buf_bytes(&cert), buf_bytes(&key)};
    buf_init(&other, TLS_PEM_BYTES_MAX);
    buf_init(&other_key, TLS_PEM_BYTES_MAX);
    assert_int_equal(tls_make(names, 3, clock_wall_ms(), &none, &other, &other_key), ERR_BAD_INPUT);
    struct tls_authority strange = {buf_bytes(&ca), buf_bytes(&key)}; /* another's key */
    assert_int_equal(tls_make(names, 3, clock_wall_ms(), &strange, &other, &other_key),
                     ERR_BAD_INPUT);
    int64_t until_ms = 0, years_ms = (int64_t)TLS_VALID_YEARS * 365 * 86400000;
    assert_int_equal(tls_until(buf_bytes(&cert), &until_ms), ERR_OK);
    assert_true(until_ms > clock_wall_ms() + years_ms &&
                until_ms < clock_wall_ms() + years_ms + INT64_C(4) * 86400000);
    assert_int_equal(tls_until(buf_bytes(&key), &until_ms), ERR_BAD_FORMAT);
    buf_free(&other);
    tls_wipe(&other_key);
    buf_free(&ca);
    tls_wipe(&ca_key);
    char want[TLS_FINGERPRINT_CHARS + 1], got[TLS_FINGERPRINT_CHARS + 1] = "", answer[4096];
    assert_int_equal(tls_fingerprint(buf_bytes(&cert), want), ERR_OK);
    assert_int_equal(start(buf_cstr(&cert), buf_cstr(&key)), 0);
    assert_true(tls_get("NORMAL:-VERS-ALL:+VERS-TLS1.3", got, answer, sizeof answer) >= 0);
    assert_string_equal(got, want);
    assert_non_null(strstr(answer, "|/tls|"));
    assert_true(tls_get("NORMAL:-VERS-ALL:+VERS-TLS1.2", got, answer, sizeof answer) >= 0);
    assert_true(tls_get("NORMAL:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0", got, answer, sizeof answer) <
                0);
    static const char plain[] = "GET / HTTP/1.1\r\n" HOST END;
    assert_int_equal(status_of(ask(plain, sizeof plain - 1)), 0);
    assert_int_equal(teardown(NULL), 0);
    buf_free(&cert);
    tls_wipe(&key);
}

static bool receive_until(int fd, struct buf *got, const char *word)
{
    char chunk[4096];
    while (strstr(buf_cstr(got), word) == NULL) {
        ssize_t n = recv(fd, chunk, sizeof chunk, 0);
        if (n <= 0) return false;
        buf_add(got, chunk, (size_t)n);
    }
    return true;
}

static const char get_later[] =
    "GET /later HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
static const char get_events[] = "GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

static void an_answer_may_come_later(void **state)
{
    (void)state;
    int fd[3];
    atomic_store(&later_ms, 50);
    for (int i = 0; i < 3; i++) {
        fd[i] = dial_from("127.0.0.1");
        assert_int_equal(send(fd[i], get_later, sizeof get_later - 1, 0), sizeof get_later - 1);
    }
    for (int i = 0; i < 3; i++) {
        struct buf got;
        buf_init(&got, 65536);
        receive_all(fd[i], &got);
        assert_non_null(strstr(buf_cstr(&got), "HTTP/1.1 201"));
        assert_non_null(strstr(buf_cstr(&got), "late"));
        buf_free(&got);
        close(fd[i]);
    }
    assert_int_equal(atomic_load(&later_answered), 3);
}

/* teardown() stops the service while the work is under way: 503 for who waits, nothing lost, no leak. */
static void stopping_does_not_wait_for_a_late_answer(void **state)
{
    (void)state;
    struct buf got;
    atomic_store(&later_held, true);
    int fd = dial_from("127.0.0.1");
    assert_int_equal(send(fd, get_later, sizeof get_later - 1, 0), sizeof get_later - 1);
    while (atomic_load(&handled) == 0)
        usleep(1000);
    int stopped = teardown(NULL), lost = atomic_load(&later_lost),
        answered = atomic_load(&later_answered);
    assert_int_equal(setup(NULL),
                     0); /* first: the group's own teardown comes after a failure too */
    buf_init(&got, 65536);
    receive_all(fd, &got);
    bool refused = strstr(buf_cstr(&got), "HTTP/1.1 503") != NULL;
    buf_free(&got);
    close(fd);
    assert_int_equal(stopped, 0);
    assert_int_equal(lost, 1);
    assert_int_equal(answered, 0);
    assert_true(refused);
}

/* An answer is on its way when the service is told to stop: the client gets all of it. */
static void an_answer_under_way_arrives_before_the_stop(void **state)
{
    (void)state;
    static const char q[] = "GET /big HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    struct buf got;
    buf_init(&got, BIG_BYTES + 65536);
    int fd = dial_from("127.0.0.1"), room = 65536;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
    assert_int_equal(send(fd, q, sizeof q - 1, 0), sizeof q - 1);
    while (atomic_load(&handled) == 0)
        usleep(1000);
    uv_async_send(&stop); /* before the first byte is read */
    receive_all(fd, &got);
    pthread_join(loop_thread, NULL);
    int closed = uv_loop_close(&loop);
    assert_int_equal(setup(NULL), 0); /* for the group's own teardown */
    assert_int_equal(closed, 0);
    assert_non_null(strstr(buf_cstr(&got), "HTTP/1.1 200"));
    assert_true(got.e == ERR_OK && got.len > BIG_BYTES);
    buf_free(&got);
    close(fd);
}

/* Who does not read does not keep the service from stopping. */
static void a_client_that_does_not_read_is_not_waited_for_long(void **state)
{
    (void)state;
    static const char q[] = "GET /big HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    int fd = dial_from("127.0.0.1");
    assert_int_equal(send(fd, q, sizeof q - 1, 0), sizeof q - 1);
    while (atomic_load(&handled) == 0)
        usleep(1000);
    int stopped = teardown(NULL); /* comes back at all */
    assert_int_equal(setup(NULL), 0);
    assert_int_equal(stopped, 0);
    close(fd);
}

static void events_come_as_they_happen(void **state)
{
    (void)state;
    struct buf got;
    buf_init(&got, 65536);
    int fd = dial_from("127.0.0.1");
    assert_int_equal(send(fd, get_events, sizeof get_events - 1, 0), sizeof get_events - 1);
    assert_true(receive_until(fd, &got, "event: hello\ndata: {}\n\n"));
    assert_non_null(strstr(buf_cstr(&got), "Content-Type: text/event-stream"));
    assert_true(receive_until(fd, &got, "event: tick\ndata: {\"n\":1}\n\n"));
    assert_true(receive_until(fd, &got, "event: tick\ndata: {\"n\":2}\n\n"));
    buf_free(&got);
    close(fd); /* who left is noticed at one of the next events, and then the ticks end */
    for (int i = 0; i < PATIENCE_S * 20 && atomic_load(&streams_gone) == 0; i++)
        usleep(50000);
    assert_int_equal(atomic_load(&streams_gone), 1);
    bool still = false;
    for (int i = 0; i < 20 && !still; i++) {
        int n = atomic_load(&ticks);
        usleep(WEB_TICK_MS * 2500);
        still = atomic_load(&ticks) == n;
    }
    assert_true(still);
}

static void a_stream_ends_when_told_and_at_the_stop(void **state)
{
    (void)state;
    static const char end[] = "GET /end HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    struct buf got;
    buf_init(&got, 65536);
    int fd = dial_from("127.0.0.1"), other = dial_from("127.0.0.1");
    assert_int_equal(send(fd, get_events, sizeof get_events - 1, 0), sizeof get_events - 1);
    assert_true(receive_until(fd, &got, "hello"));
    assert_int_equal(send(other, end, sizeof end - 1, 0), sizeof end - 1);
    assert_true(receive_until(fd, &got, "\r\n0\r\n")); /* the last chunk */
    close(other);
    close(fd);
    fd = dial_from("127.0.0.1");
    buf_clear(&got);
    assert_int_equal(send(fd, get_events, sizeof get_events - 1, 0), sizeof get_events - 1);
    assert_true(receive_until(fd, &got, "hello"));
    assert_int_equal(teardown(NULL), 0); /* open streams do not hold it up */
    assert_int_equal(setup(NULL), 0);
    buf_free(&got);
    close(fd);
}

static void streams_are_limited(void **state)
{
    (void)state;
    int fd[WEB_STREAMS_MAX + 1];
    for (int i = 0; i <= WEB_STREAMS_MAX; i++) {
        struct buf got;
        buf_init(&got, 65536);
        fd[i] = dial_from("127.0.0.1");
        assert_int_equal(send(fd[i], get_events, sizeof get_events - 1, 0), sizeof get_events - 1);
        assert_true(receive_until(fd[i], &got, i < WEB_STREAMS_MAX ? "hello" : "too many"));
        buf_free(&got);
    }
    for (int i = 0; i <= WEB_STREAMS_MAX; i++)
        close(fd[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_reaches_the_loop_and_its_answer_comes_back),
        TEST(pipelined_requests_are_answered_in_order),
        TEST(malformed_requests_never_reach_the_handler),
        TEST(some_paths_take_more),
        TEST(uploads_are_for_who_has_a_key),
        TEST(only_a_few_uploads_at_once),
        TEST(allowed_hosts_match_with_the_real_port),
        TEST(a_body_is_taken_up_to_the_cap),
        TEST(a_huge_header_or_many_parameters_are_refused),
        TEST(an_escaped_nul_does_not_cut_the_path),
        TEST(garbage_ends_the_connection_only),
        TEST(a_full_queue_answers_503_and_peers_that_left_do_no_harm),
        TEST(one_address_cannot_take_all_connections),
        TEST(stopping_with_requests_under_way_leaks_nothing),
        TEST(an_answer_may_come_later),
        TEST(stopping_does_not_wait_for_a_late_answer),
        TEST(an_answer_under_way_arrives_before_the_stop),
        TEST(a_client_that_does_not_read_is_not_waited_for_long),
        TEST(events_come_as_they_happen),
        TEST(a_stream_ends_when_told_and_at_the_stop),
        TEST(streams_are_limited),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(https_serves_our_certificate_and_only_new_protocols),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
