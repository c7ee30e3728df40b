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

struct web_guard {
    char *hosts[WEB_HOSTS_MAX];
    size_t host_count;
    unsigned methods;
    uint16_t port;
};

/* 0: go on; else the status to refuse with. */
unsigned web_guard_check(const struct web_guard *g, const struct web_head *h,
                         enum web_method *method);

MUST_CHECK enum err web_guard_set(struct web_guard *g, const char *const *hosts, size_t n,
                                  unsigned methods);
void web_guard_free(struct web_guard *g);

/* An empty 200; free releases what is in it. */
void web_response_init(struct web_response *r);
void web_response_free(struct web_response *r);
bool web_has_header(const struct web_response *r, const char *name);

#endif
