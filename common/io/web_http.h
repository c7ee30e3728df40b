/* The HTTP library's functions, loaded when the first service opens (common/io/late.h). Included by web*.c only. */
#ifndef DONGBO_COMMON_IO_WEB_HTTP_H
#define DONGBO_COMMON_IO_WEB_HTTP_H

#include "common/err.h"

#include <microhttpd.h>

/* X(name): MHD_name, as its own header declares it */
#define WEB_HTTP_LIST(X)                                                                           \
    X(start_daemon)                                                                                \
    X(stop_daemon)                                                                                 \
    X(get_daemon_info)                                                                             \
    X(get_connection_values)                                                                       \
    X(suspend_connection)                                                                          \
    X(resume_connection)                                                                           \
    X(create_response_from_buffer)                                                                 \
    X(create_response_from_callback)                                                               \
    X(add_response_header)                                                                         \
    X(queue_response)                                                                              \
    X(destroy_response)

struct web_http {
#define WEB_HTTP_X(name) __typeof__(&MHD_##name) name;
    WEB_HTTP_LIST(WEB_HTTP_X)
#undef WEB_HTTP_X
};

extern struct web_http web_http; /* set by web_http_load(), for good */

/* ERR_IO: see late_load(). */
MUST_CHECK enum err web_http_load(void);

#endif
