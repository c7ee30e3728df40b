/* What the web*.c files share. Included by web*.c only. */
#ifndef DONGBO_COMMON_IO_WEB_PRIV_H
#define DONGBO_COMMON_IO_WEB_PRIV_H

#include "common/io/web.h"

/* The facts of a request's head that decide about it; counted by web.c from the library's tables. */
struct web_head {
    const char *method, *path, *host;
    unsigned host_count, content_length_count, transfer_encoding_count;
    uint64_t content_length; /* UINT64_MAX: not a plain number */
};

enum web_stage { WEB_READING, WEB_WAITING, WEB_DONE };

struct web_job {
    struct web *web;
    struct MHD_Connection *connection;
    struct web_job *next;
    enum web_stage stage;
    struct web_head head;
    struct web_request request;
    struct web_response response;
    struct web_later *later; /* the answer comes by it; NULL: by the handler itself */
    uint64_t stream;         /* 0: the answer is no stream */
    struct buf body;
    bool answering; /* counted in web.answering */
    bool overflow;  /* more headers than there is room for */
    bool upload;    /* counts among WEB_UPLOADS_MAX */
    size_t text_len;
    char text[WEB_CONN_MEMORY_BYTES]; /* copies of path, headers and parameters */
};

struct MHD_Connection;
/* NULL: no memory. */
struct web_job *web_job_new(struct web *w, struct MHD_Connection *c, const char *url,
                            const char *method);
size_t web_on_unescape(void *ctx, struct MHD_Connection *c, char *s);

struct web_guard {
    char *hosts[WEB_HOSTS_MAX];
    size_t host_count;
    unsigned methods;
    size_t body_bytes_max;
    const char *upload_paths[WEB_UPLOAD_PATHS_MAX]; /* NULL: none */
    size_t upload_bytes_max;
    char keys[WEB_UPLOAD_KEYS_MAX][WEB_UPLOAD_KEY_ROOM]; /* guarded by the service's mutex */
    size_t key_count;
    uint16_t port;
};

void web_guard_keys(struct web_guard *g, const char *const *keys, size_t n);
/* Is it a request for a path of uploads, with one of the keys (NULL: none was sent)? */
bool web_guard_upload(const struct web_guard *g, const char *path, const char *key);

/* 0: go on; else the status to refuse with. */
unsigned web_guard_check(const struct web_guard *g, const struct web_head *h, bool upload,
                         enum web_method *method);

MUST_CHECK enum err web_guard_set(struct web_guard *g, const char *const *hosts, size_t n,
                                  unsigned methods);
void web_guard_free(struct web_guard *g);

/* Streams of events of one service; its own mutex, taken last. */
struct MHD_Response;
struct web_streams;
MUST_CHECK enum err web_streams_new(struct web_streams **out);
void web_streams_free(struct web_streams *s); /* all streams are gone */
/* Loop's thread. 0: too many, or no memory. */
uint64_t web_streams_add(struct web_streams *s);
bool web_streams_send(struct web_streams *s, uint64_t id, const char *event, const char *data);
void web_streams_end(struct web_streams *s, uint64_t id); /* 0: all of them, and no more come */
void web_streams_heartbeat(struct web_streams *s);
size_t web_streams_count(struct web_streams *s);
/* Library's thread: the response that streams; NULL: no memory. */
struct MHD_Response *web_streams_response(struct web_streams *s, uint64_t id,
                                          struct MHD_Connection *c);

/* An empty 200; free releases what is in it. */
void web_response_init(struct web_response *r);
void web_response_free(struct web_response *r);
bool web_has_header(const struct web_response *r, const char *name);

#endif
