#include "common/io/web_http.h"
#include "common/io/late.h"

struct web_http web_http;

static const struct late_symbol web_http_symbols[] = {
#define WEB_HTTP_X(name) {"MHD_" #name, &web_http.name},
    WEB_HTTP_LIST(WEB_HTTP_X)
#undef WEB_HTTP_X
};

static struct late_library web_http_library = {
    .soname = DONGBO_LIBMICROHTTPD,
    .symbols = web_http_symbols,
    .count = sizeof web_http_symbols / sizeof web_http_symbols[0],
};

enum err web_http_load(void)
{
    return late_load(&web_http_library);
}
