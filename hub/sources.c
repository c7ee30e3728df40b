#include "hub/sources.h"

#include <string.h>

enum { HUB_SOURCES_TOKEN = 1000 }; /* one handshake */

void hub_sources_init(struct hub_sources *s, unsigned rate)
{
    memset(s, 0, sizeof *s);
    s->rate = rate == 0 ? HUB_SOURCES_RATE : rate;
    if (s->rate > HUB_SOURCES_RATE_MAX) s->rate = HUB_SOURCES_RATE_MAX;
}

uint64_t hub_sources_refused(const struct hub_sources *s)
{
    return s->refused;
}

static const uint8_t hub_sources_v4[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
static const uint8_t hub_sources_loopback[16] = {[15] = 1};

static bool hub_sources_own(const uint8_t address[static 16])
{
    if (memcmp(address, hub_sources_v4, sizeof hub_sources_v4) == 0) return address[12] == 127;
    return memcmp(address, hub_sources_loopback, sizeof hub_sources_loopback) == 0;
}

/* No global IPv6 address begins with zeros, so the mark of IPv4 keeps the two apart. */
static void hub_sources_net(const uint8_t address[static 16], uint8_t net[static 6])
{
    if (memcmp(address, hub_sources_v4, sizeof hub_sources_v4) != 0) {
        memcpy(net, address, 6);
        return;
    }
    memset(net, 0, 3);
    memcpy(net + 3, address + 12, 3);
}

static uint32_t hub_sources_burst(const struct hub_sources *s)
{
    return 2 * s->rate * HUB_SOURCES_TOKEN;
}

/* Its row, with the tokens of this moment; the row heard longest ago gives way to a new source. */
static struct hub_source *hub_sources_row(struct hub_sources *s, const uint8_t address[static 16],
                                          uint64_t now_ms)
{
    uint8_t net[6];
    struct hub_source *oldest = &s->v[0];
    hub_sources_net(address, net);
    for (unsigned i = 0; i < HUB_SOURCES_MAX; i++) {
        struct hub_source *x = &s->v[i];
        if (x->at_ms != 0 && memcmp(x->net, net, sizeof net) == 0) {
            uint64_t passed = now_ms > x->at_ms ? now_ms - x->at_ms : 0;
            uint64_t room = hub_sources_burst(s) - x->tokens;
            x->tokens += (uint32_t)(passed > room / s->rate ? room : passed * s->rate);
            if (now_ms > x->at_ms) x->at_ms = now_ms;
            return x;
        }
        if (x->at_ms < oldest->at_ms) oldest = x;
    }
    *oldest = (struct hub_source){.tokens = hub_sources_burst(s), .at_ms = now_ms};
    memcpy(oldest->net, net, sizeof net);
    return oldest;
}

static bool hub_sources_known(const struct hub_source *x, uint64_t now_ms)
{
    return x->known_ms != 0 && now_ms < x->known_ms + HUB_SOURCES_KNOWN_MS;
}

bool hub_sources_admit(struct hub_sources *s, const uint8_t address[static 16], uint64_t now_ms)
{
    if (hub_sources_own(address)) return true;
    struct hub_source *x = hub_sources_row(s, address, now_ms);
    if (now_ms >= x->until_ms) x->shut = false;
    bool shut = x->shut && !hub_sources_known(x, now_ms);
    if (shut || x->tokens < HUB_SOURCES_TOKEN) {
        s->refused++;
        return false;
    }
    x->tokens -= HUB_SOURCES_TOKEN;
    return true;
}

static uint64_t hub_sources_price(enum err why)
{
    if (why == ERR_HANDSHAKE || why == ERR_BAD_SIGNATURE) return HUB_SOURCES_HANDSHAKE_MS;
    if (why == ERR_BAD_FORMAT || why == ERR_BAD_HASH || why == ERR_TOO_LARGE)
        return HUB_SOURCES_MALFORMED_MS;
    return 0;
}

void hub_sources_blame(struct hub_sources *s, const uint8_t address[static 16], enum err why,
                       uint64_t now_ms)
{
    uint64_t price = hub_sources_price(why);
    if (price == 0 || hub_sources_own(address)) return;
    struct hub_source *x = hub_sources_row(s, address, now_ms);
    if (x->until_ms < now_ms) x->until_ms = now_ms;
    x->until_ms += price;
    if (x->until_ms > now_ms + HUB_SOURCES_PENALTY_MAX)
        x->until_ms = now_ms + HUB_SOURCES_PENALTY_MAX;
    if (x->until_ms >= now_ms + HUB_SOURCES_SHUT_MS) x->shut = true;
}

void hub_sources_welcome(struct hub_sources *s, const uint8_t address[static 16], uint64_t now_ms)
{
    if (hub_sources_own(address)) return;
    struct hub_source *x = hub_sources_row(s, address, now_ms);
    x->known_ms = now_ms;
}
