/*
 * HTTP and HTTPS for the daemons. A thread of the HTTP library reads, checks and limits; a complete request
 * waits in a
 * bounded queue and the libuv loop is woken; only the loop's thread runs the handler; its answer goes back the
 * same way.
 *
 *   library's thread: headers -> guard -> body (capped) -> queue, wake the loop, connection sleeps
 *   loop's thread:    take request -> handler(request, response) -> hand back, wake the connection
 *
 * Refused before a handler sees it: no or several Host (400), a Host not in the list (400: stops DNS
 * rebinding), several
 * Content-Length or one beside Transfer-Encoding (400), another method (405), a body over the cap (413), headers over
 * the cap (431), a full queue or too many uploads at once (503, with Retry-After). Answers always carry
 * nosniff, no-store and a CSP without any source, unless the handler sets its own.
 *
 * Nothing of a request is logged.
 *
 * Ownership: said at each struct.   Threads: loop thread only, for every function here.   Limits: WEB_*.
 */
#ifndef DONGBO_COMMON_IO_WEB_H
#define DONGBO_COMMON_IO_WEB_H

#include "common/buf.h"

struct uv_loop_s;
struct web;

enum {
    WEB_BODY_BYTES_MAX = 1024 * 1024,       /* request body */
    WEB_REPLY_BYTES_MAX = 64 * 1024 * 1024, /* response body */
    WEB_CONN_MEMORY_BYTES = 32 * 1024, /* request line, headers and bookkeeping of a connection */
    WEB_CONNS_MAX = 128,
    WEB_CONNS_PER_IP_MAX = 32,
    WEB_TIMEOUT_S = 30, /* of silence on a connection */
    WEB_QUEUE_MAX = 64, /* requests waiting for the loop or in a handler */
    WEB_PATH_BYTES_MAX = 1024,
    WEB_PARAMS_MAX = 32, /* query parameters */
    WEB_REPLY_HEADERS_MAX = 16,
    WEB_HOSTS_MAX = 16,
    WEB_STREAMS_MAX = 16,              /* of events, open at once */
    WEB_STREAM_BYTES_MAX = 256 * 1024, /* of events that a client has not read yet */
    WEB_TICK_MS = 500,                 /* between two calls of `tick` */
    WEB_STOP_MS = 3000,                /* that a stop waits for clients to take what was answered */
    WEB_HEARTBEAT_MS = 15000, /* of silence on a stream, so that a client that left is noticed */
    WEB_UPLOAD_BYTES_MAX = 8 * 1024 * 1024, /* highest body_bytes_max and upload_bytes_max */
    WEB_UPLOADS_MAX = 4,                    /* requests for upload_paths at once */
    WEB_UPLOAD_PATHS_MAX = 2,
    WEB_UPLOAD_KEYS_MAX = 64,
    WEB_UPLOAD_KEY_ROOM = 68 /* bytes of one, with its terminator */
};

enum web_method { WEB_GET, WEB_HEAD, WEB_POST, WEB_PUT, WEB_DELETE };

enum web_header {
    WEB_AUTHORIZATION,
    WEB_IF_NONE_MATCH,
    WEB_RANGE,
    WEB_CONTENT_TYPE,
    WEB_ORIGIN,
    WEB_COOKIE,
    WEB_CSRF, /* "X-Dongbo-Csrf": the token that a page sends with what it changes */
    WEB_HOST, /* passed the guard */
    WEB_HEADER_COUNT
};

/* Borrowed by the handler for its call. Texts are as sent, %-decoding done by the library; check before use. */
struct web_request {
    enum web_method method;
    const char *path;                      /* begins with '/' */
    const char *headers[WEB_HEADER_COUNT]; /* NULL: not sent */
    struct web_param {
        const char *name, *value; /* value "" when there was no '=' */
    } params[WEB_PARAMS_MAX];
    size_t param_count;
    struct bytes body;
};

/* Filled by the handler; begins as 200 with an empty body. Header names are literals; values are copied. */
struct web_response {
    unsigned status;
    struct buf body;
    struct web_reply_header {
        const char *name;
        char *value;
    } headers[WEB_REPLY_HEADERS_MAX];
    size_t header_count;
};

/* Runs on the loop's thread, must not block long. A HEAD is answered like a GET; the library leaves the body out. */
typedef void (*web_handler_fn)(void *ctx, const struct web_request *request,
                               struct web_response *response);

struct web_options {
    const char *address;  /* IPv4 or IPv6 address to listen at */
    uint16_t port;        /* 0: any free one */
    const char *cert_pem; /* NULL: plain HTTP, then only loopback addresses are accepted */
    const char *key_pem;
    const char *const *
        hosts; /* allowed Host values; one without port is also allowed with the port listened at */
    size_t host_count;
    unsigned methods;      /* bits 1u << enum web_method */
    size_t body_bytes_max; /* 0: WEB_BODY_BYTES_MAX */
    /* The paths whose body may be longer, and how long, of who has a key (web_upload_keys()): without one they
     * are paths like others. Of more than WEB_UPLOADS_MAX at once the rest is answered with 503. Literals; NULL:
     * none. */
    const char *upload_paths[WEB_UPLOAD_PATHS_MAX];
    size_t upload_bytes_max;
    web_handler_fn handler;
    /* Called every WEB_TICK_MS while a stream is open, and once more behind the last; NULL: not wanted. */
    void (*tick)(void *ctx);
    void *ctx;
};

/*
 * Start to listen. The options' texts are copied where needed.
 * ERR_BAD_INPUT  address, hosts or (plain HTTP) an address that is not loopback
 * ERR_LOCKED     the port is taken
 * ERR_CONFIG     certificate or key not usable
 * ERR_IO         also when the HTTP library is not on this machine (logged: library.missing); ERR_NOMEM
 */
MUST_CHECK enum err web_open(struct uv_loop_s *loop, const struct web_options *options,
                             struct web **out);

/*
 * Who may send a longer body to upload_paths: requests whose "X-Dongbo-Csrf" is one of these secrets, of people who
 * are logged in. Strangers take neither memory nor one of the few places. Copied, in the place of those before;
 * at most WEB_UPLOAD_KEYS_MAX, each shorter than WEB_UPLOAD_KEY_ROOM.
 */
void web_upload_keys(struct web *w, const char *const *keys, size_t n);

uint16_t web_port(const struct web *w);

/* Set a header of the response; the same name again replaces it. A value with control characters or beyond
 * WEB_REPLY_HEADERS_MAX turns the response into a 500. */
void web_set_header(struct web_response *r, const char *name, const char *value);

/* Answer with this status and text body ("text/plain; charset=utf-8" and the like). */
void web_text(struct web_response *r, unsigned status, const char *type, const char *text);

/* ---- an answer that comes later ---- */

/*
 * In the handler, at most once: it may return before the response is filled, and the connection sleeps on. What the
 * request pointed to is gone when the handler returns: copy it before. NULL: no memory, answer at once.
 */
struct web_later;
struct web_later *web_later(struct web *w);
/* The response to fill; NULL: the service has stopped, nobody waits for it. */
struct web_response *web_later_response(struct web_later *l);
/* Send it. `l` is gone. To be called for every web_later(), also after web_close(). */
void web_later_done(struct web_later *l);

/* ---- server-sent events ---- */

/* In the handler: the answer (its headers are the handler's, its body is not used) becomes a stream of events, with
 * this number. 0: too many are open, or no memory; answer 503. */
uint64_t web_stream_open(struct web *w);
/* One event; `data` is one line. false: the client left, or reads too slowly: the stream is gone. */
bool web_stream_send(struct web *w, uint64_t stream, const char *event, const char *data);
void web_stream_end(struct web *w,
                    uint64_t stream); /* after what was sent; an unknown number is fine */

/* The query parameter's value or NULL. */
const char *web_param(const struct web_request *r, const char *name);

/* Stop: waiting requests are answered 503; what was answered is sent first, as long as clients take it within
 * WEB_STOP_MS. Then the library's thread ends (this call waits for both), memory is freed after the loop closed the
 * wake-up handle, and on_gone (may be NULL) runs. */
void web_close(struct web *w, void (*on_gone)(void *ctx), void *ctx);

#endif
