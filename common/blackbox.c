#include "common/blackbox.h"

#include <stdio.h>
#include <string.h>

static const char BLACKBOX_MAGIC[8] = "dbblack1";
static const uint8_t BLACKBOX_NOBODY[BLACKBOX_NAME];

static bool blackbox_same(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, BLACKBOX_NAME) == 0;
}

static struct blackbox_peer *blackbox_find(struct blackbox *b, const uint8_t *name)
{
    for (size_t i = 0; i < BLACKBOX_PEERS; i++) {
        if (b->peers[i].deaths > 0 && blackbox_same(b->peers[i].name, name)) return &b->peers[i];
    }
    return NULL;
}

static struct blackbox_peer *blackbox_place(struct blackbox *b)
{
    struct blackbox_peer *least = &b->peers[0];
    for (size_t i = 1; i < BLACKBOX_PEERS; i++) {
        if (b->peers[i].deaths < least->deaths) least = &b->peers[i];
    }
    return least;
}

static void blackbox_died_at(struct blackbox *b, const uint8_t *name)
{
    struct blackbox_peer *p = blackbox_find(b, name);
    if (p == NULL) {
        p = blackbox_place(b);
        p->deaths = 0;
        memcpy(p->name, name, BLACKBOX_NAME);
    }
    if (p->deaths < UINT32_MAX) p->deaths++;
}

void blackbox_boot(struct blackbox *b, const char *version, const char *system)
{
    char own[BLACKBOX_VERSION] = "", here[BLACKBOX_SYSTEM] = "";
    uint8_t at[BLACKBOX_NAME];
    snprintf(own, sizeof own, "%s", version);
    snprintf(here, sizeof here, "%s", system);
    if (memcmp(b->magic, BLACKBOX_MAGIC, sizeof b->magic) != 0 ||
        memcmp(b->version, own, sizeof own) != 0) {
        memset(b, 0, sizeof *b);
        memcpy(b->magic, BLACKBOX_MAGIC, sizeof b->magic);
        memcpy(b->version, own, sizeof own);
    }
    bool power = memcmp(b->system, here, sizeof here) != 0;
    memcpy(at, b->busy, sizeof at);
    memcpy(b->system, here, sizeof here);
    blackbox_end(b);
    if (!power && !blackbox_same(at, BLACKBOX_NOBODY)) blackbox_died_at(b, at);
}

void blackbox_begin(struct blackbox *b, const uint8_t name[static BLACKBOX_NAME])
{
    if (b != NULL) memcpy(b->busy, name, BLACKBOX_NAME);
}

void blackbox_end(struct blackbox *b)
{
    if (b != NULL) memset(b->busy, 0, BLACKBOX_NAME);
}

bool blackbox_stopped(const struct blackbox *b, const uint8_t name[static BLACKBOX_NAME])
{
    for (size_t i = 0; b != NULL && i < BLACKBOX_PEERS; i++) {
        if (b->peers[i].deaths >= BLACKBOX_STOP_AT && blackbox_same(b->peers[i].name, name))
            return true;
    }
    return false;
}

void blackbox_forgive(struct blackbox *b, const uint8_t name[static BLACKBOX_NAME])
{
    struct blackbox_peer *p = b != NULL ? blackbox_find(b, name) : NULL;
    if (p != NULL) memset(p, 0, sizeof *p);
}
