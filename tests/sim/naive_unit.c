/* SPEC 13.7 a second time: of which unit a node is, by the certificates in the hub's log. */
#include "tests/sim/check_priv.h"

#include "proto/admin.h"
#include "proto/admin_key.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

const char *naive_unit_of(const struct check *c, const struct id_hash *node, uint64_t position)
{
    for (size_t i = c->home_count; i > 0; i--) {
        const struct naive_home *h = &c->homes[i - 1];
        if (h->since <= position && ID_EQUAL(&h->node, node)) return h->unit;
    }
    return "";
}

const char *naive_unit(const struct world *w, unsigned node, uint64_t position)
{
    struct id_hash id;
    crypto_generichash(id.b, sizeof id.b, w->nodes[node].keys->sign.public, 32, NULL, 0);
    return naive_unit_of(w->check, &id, position);
}

/* A certificate that was given back may have been made anew: then what the hub says of it counts. The row keeps that,
 * for the hub may go back behind it. */
static void given_home(struct world *w, struct naive_row *r, const struct id_hash *node,
                       uint64_t at)
{
    struct db_stmt *q = db_stmt(
        hub_store_db(w->hub.store),
        "SELECT u.code FROM sys_node_unit n JOIN sys_unit u ON u.no = n.unit WHERE n.node = "
        "?1 AND n.pos <= ?2 AND (n.until IS NULL OR n.until > ?2) ORDER BY n.pos DESC");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    db_bind_int(q, 2, (int64_t)at);
    struct bytes code = db_get(q) == ERR_OK ? db_column_bytes(q, 0) : (struct bytes){NULL, 0};
    if (code.len == 0 || code.len >= sizeof r->home)
        world_fail(w, "position %u: no unit of a node that was enrolled", (unsigned)at);
    else
        memcpy(r->home, code.p, code.len);
    db_done(q);
}

static bool first_key(const struct admin_cert *c)
{
    struct id_hash id;
    crypto_generichash(id.b, sizeof id.b, c->sign_pk, sizeof c->sign_pk, NULL, 0);
    return ID_EQUAL(&id, &c->node);
}

void naive_enrol_take(struct world *w, size_t row, struct bytes payload)
{
    struct check *c = w->check;
    struct naive_row *r = &c->rows[row];
    struct admin_enrol en;
    struct admin_cert cert;
    struct hub_identity id;
    enum err e = admin_enrol_decode(payload, &en);
    if (e == ERR_OK) e = hub_store_identity(w->hub.store, &id);
    if (e == ERR_OK) e = admin_key_cert_open(en.certificate, &id.hub, &id.parsed, 1, &cert);
    if (e != ERR_OK) {
        world_fail(w, "position %zu: a certificate that is none: %s", row + 1, err_name(e));
        return;
    }
    r->certifies = !first_key(&cert);
    r->certified = en.node;
    if (r->given && r->home[0] == '\0') given_home(w, r, &en.node, row + 1);
    const char *unit = r->given ? r->home : cert.unit;
    const char *before = naive_unit_of(c, &en.node, UINT64_MAX);
    if (strcmp(before, unit) == 0) return;
    r->rehomes = before[0] != '\0';
    r->rekeys = r->certifies;
    c->homes = realloc(c->homes, (c->home_count + 1) * sizeof *c->homes);
    assert(c->homes != NULL);
    struct naive_home *h = &c->homes[c->home_count++];
    *h = (struct naive_home){.node = en.node, .since = row + 1};
    memcpy(h->unit, unit, strlen(unit));
}
