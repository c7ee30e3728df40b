#include "hub/dial.h"

#include <stdlib.h>
#include <string.h>

enum { HUB_PORT_MAX = 65535, HUB_PORT_DIGITS = 5 };

static bool dial_port(const char *s, uint16_t *out)
{
    size_t n = strspn(s, "0123456789");
    long port = n > 0 && n <= HUB_PORT_DIGITS && s[n] == '\0' ? strtol(s, NULL, 10) : 0;
    *out = (uint16_t)port;
    return port > 0 && port <= HUB_PORT_MAX;
}

bool hub_dial_read(const char *address, struct hub_dial *out)
{
    struct hub_dial d = {.port = 0};
    const char *colon = strrchr(address, ':'), *host = address;
    size_t n = colon != NULL ? (size_t)(colon - address) : 0;
    if (n == 0 || strlen(address) > ADMIN_ADDRESS_BYTES_MAX) return false;
    bool v6 = n > 2 && host[0] == '[' && host[n - 1] == ']';
    if (v6) host++;
    if (v6) n -= 2;
    for (size_t i = 0; i < n; i++) {
        bool odd = host[i] <= ' ' || host[i] == 0x7F || strchr("/@[]", host[i]) != NULL;
        if (odd || (!v6 && host[i] == ':')) return false;
    }
    memcpy(d.host, host, n);
    if (!dial_port(colon + 1, &d.port)) return false;
    *out = d;
    return true;
}

bool hub_dial_here(const struct hub_dial *d)
{
    static const char *const here[] = {"localhost", "::1", "0.0.0.0", "::"};
    for (size_t i = 0; i < sizeof here / sizeof here[0]; i++)
        if (strcmp(d->host, here[i]) == 0) return true;
    return strncmp(d->host, "127.", 4) == 0;
}
