/*
 * tcpcount LISTEN_PORT TARGET_PORT: a counting TCP proxy on 127.0.0.1, one connection after the other or
 * many at once. A line on standard input is answered with one line of JSON, the totals so far: conns; up,
 * down: payload bytes client -> server and back, TCP and IP headers are not in it; turns: times a client
 * began to send first or after the server had spoken. End of the input ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIPES_MAX = 256, PIPE_BYTES = 1 << 18 };

struct half { /* bytes read from `fd`, for the other side */
    int fd;
    char *bytes;
    size_t off, len;
    bool eof, shut;
};

struct pipe {
    struct half side[2]; /* client, server */
    bool server_spoke;
};

static struct pipe *pipes[PIPES_MAX];
static unsigned long long up, down, turns, conns;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in address(const char *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    a.sin_port = htons((unsigned short)strtoul(port, NULL, 10));
    return a;
}

static int listen_at(const char *port)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = address(port);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (struct sockaddr *)&a, sizeof a) != 0 || listen(fd, 512) != 0)
        fail("listen");
    return fd;
}

static void pipe_end(size_t i)
{
    for (int k = 0; k < 2; k++) {
        close(pipes[i]->side[k].fd);
        free(pipes[i]->side[k].bytes);
    }
    free(pipes[i]);
    pipes[i] = NULL;
}

static void pipe_begin(int client, const char *target)
{
    int server = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = address(target);
    size_t i = 0;
    while (i < PIPES_MAX && pipes[i] != NULL)
        i++;
    if (i == PIPES_MAX || server < 0 || connect(server, (struct sockaddr *)&a, sizeof a) != 0) {
        close(client);
        if (server >= 0) close(server);
        return;
    }
    conns++;
    pipes[i] = calloc(1, sizeof *pipes[i]);
    if (pipes[i] == NULL) fail("memory");
    pipes[i]->server_spoke = true;
    for (int k = 0; k < 2; k++) {
        struct half *h = &pipes[i]->side[k];
        h->fd = k == 0 ? client : server;
        h->bytes = malloc(PIPE_BYTES);
        if (h->bytes == NULL || fcntl(h->fd, F_SETFL, O_NONBLOCK) != 0) fail("memory");
        (void)setsockopt(h->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    }
}

/* What was read from one side goes to the other; false when the pipe is broken. */
static bool pipe_write(struct pipe *p, int from)
{
    struct half *h = &p->side[from], *to = &p->side[1 - from];
    while (h->len > 0) {
        ssize_t n = send(to->fd, h->bytes + h->off, h->len, MSG_NOSIGNAL);
        if (n < 0) return errno == EAGAIN;
        h->off += (size_t)n;
        h->len -= (size_t)n;
    }
    h->off = 0;
    if (h->eof && !h->shut) {
        h->shut = true;
        (void)shutdown(to->fd, SHUT_WR);
    }
    return true;
}

static bool pipe_read(struct pipe *p, int from)
{
    struct half *h = &p->side[from];
    ssize_t n = recv(h->fd, h->bytes, PIPE_BYTES, 0);
    if (n < 0) return errno == EAGAIN;
    h->eof = n == 0;
    h->len = (size_t)n;
    if (n > 0 && from == 0) {
        up += (size_t)n;
        turns += p->server_spoke;
        p->server_spoke = false;
    } else if (n > 0) {
        down += (size_t)n;
        p->server_spoke = true;
    }
    return pipe_write(p, from);
}

static void pipe_turn(size_t i, const struct pollfd *polled)
{
    struct pipe *p = pipes[i];
    bool alive = true;
    for (int k = 0; alive && k < 2; k++) {
        if (p->side[k].len > 0) alive = pipe_write(p, k);
        bool ready = (polled[k].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
        if (alive && ready && p->side[k].len == 0 && !p->side[k].eof) alive = pipe_read(p, k);
    }
    bool done = p->side[0].shut && p->side[1].shut;
    if (!alive || done) pipe_end(i);
}

/* A line asks for the totals; false at the end of the input. */
static bool answer(void)
{
    char line[64];
    if (read(STDIN_FILENO, line, sizeof line) <= 0) return false;
    printf("{\"conns\":%llu,\"up\":%llu,\"down\":%llu,\"turns\":%llu}\n", conns, up, down, turns);
    (void)fflush(stdout);
    return true;
}

int main(int argc, char **argv)
{
    static struct pollfd v[2 + 2 * PIPES_MAX];
    if (argc != 3) return 2;
    (void)signal(SIGPIPE, SIG_IGN);
    int listener = listen_at(argv[1]);
    for (;;) {
        v[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        v[1] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
        for (size_t i = 0; i < 2 * PIPES_MAX; i++) {
            const struct pipe *p = pipes[i / 2];
            const struct half *h = p == NULL ? NULL : &p->side[i % 2];
            v[2 + i] = (struct pollfd){.fd = -1};
            if (h == NULL) continue;
            short events = (short)(h->len == 0 && !h->eof ? POLLIN : 0);
            if (p->side[1 - i % 2].len > 0) events = (short)(events | POLLOUT);
            if (events != 0) v[2 + i] = (struct pollfd){.fd = h->fd, .events = events};
        }
        if (poll(v, sizeof v / sizeof v[0], -1) < 0 && errno != EINTR) fail("poll");
        for (size_t i = 0; i < PIPES_MAX; i++)
            if (pipes[i] != NULL) pipe_turn(i, &v[2 + 2 * i]);
        if (v[0].revents != 0) {
            int client = accept(listener, NULL, NULL);
            if (client >= 0) pipe_begin(client, argv[2]);
        }
        if (v[1].revents != 0 && !answer()) return 0;
    }
}
