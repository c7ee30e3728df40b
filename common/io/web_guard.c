#include "common/io/web_priv.h"

#include <sodium.h>
#include <stdlib.h>
#include <stdio.h>
#include <strings.h>

enum err web_guard_set(struct web_guard *g, const char *const *hosts, size_t n, unsigned methods)
{
    if (n == 0 || n > WEB_HOSTS_MAX || methods == 0) return ERR_BAD_INPUT;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(hosts[i]);
        if (len == 0 || len > 255) return ERR_BAD_INPUT;
        g->hosts[i] = malloc(len + 1);
        if (g->hosts[i] == NULL) return ERR_NOMEM;
        memcpy(g->hosts[i], hosts[i], len + 1);
        g->host_count = i + 1;
    }
    g->methods = methods;
    return ERR_OK;
}

void web_guard_free(struct web_guard *g)
{
    for (size_t i = 0; i < g->host_count; i++)
        free(g->hosts[i]);
    g->host_count = 0;
    sodium_memzero(g->keys, sizeof g->keys);
}

static bool web_host_allowed(const struct web_guard *g, const char *host)
{
    char with_port[280];
    for (size_t i = 0; i < g->host_count; i++) {
        snprintf(with_port, sizeof with_port, "%s:%u", g->hosts[i], (unsigned)g->port);
        if (strcasecmp(host, g->hosts[i]) == 0 || strcasecmp(host, with_port) == 0) return true;
    }
    return false;
}

static bool web_method_find(const char *name, enum web_method *out)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (enum web_method)i;
            return true;
        }
    }
    return false;
}

void web_guard_keys(struct web_guard *g, const char *const *keys, size_t n)
{
    sodium_memzero(g->keys, sizeof g->keys);
    g->key_count = n < WEB_UPLOAD_KEYS_MAX ? n : WEB_UPLOAD_KEYS_MAX;
    for (size_t i = 0; i < g->key_count; i++)
        snprintf(g->keys[i], sizeof g->keys[i], "%s", keys[i]);
}

bool web_guard_upload(const struct web_guard *g, const char *path, const char *key)
{
    char asked[WEB_UPLOAD_KEY_ROOM] = {0};
    bool known = false, meant = false;
    for (size_t i = 0; i < WEB_UPLOAD_PATHS_MAX; i++) {
        const char *one = g->upload_paths[i];
        meant = meant || (one != NULL && strcmp(path, one) == 0);
    }
    if (!meant) return false;
    if (key == NULL || key[0] == '\0' || strlen(key) >= sizeof asked) return false;
    memcpy(asked, key, strlen(key));
    for (size_t i = 0; i < g->key_count; i++)
        known |= sodium_memcmp(g->keys[i], asked, sizeof asked) == 0;
    return known;
}

unsigned web_guard_check(const struct web_guard *g, const struct web_head *h, bool upload,
                         enum web_method *method)
{
    if (h->host_count != 1 || h->host == NULL || !web_host_allowed(g, h->host)) return 400;
    if (h->content_length_count > 1) return 400;
    if (h->transfer_encoding_count > 1) return 400;
    if (h->content_length_count == 1 && h->transfer_encoding_count == 1) return 400;
    if (h->content_length == UINT64_MAX) return 400;
    if (h->path[0] != '/') return 400;
    if (strlen(h->path) > WEB_PATH_BYTES_MAX) return 414;
    if (!web_method_find(h->method, method) || (g->methods & (1u << *method)) == 0) return 405;
    if (h->content_length > (upload ? g->upload_bytes_max : g->body_bytes_max)) return 413;
    return 0;
}
