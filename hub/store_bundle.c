#include "hub/store_bundle.h"
#include "hub/store_priv.h"

enum err hub_store_sealing(struct hub_store *s, const struct id_hash *node, uint8_t out[static 32])
{
    struct admin_cert cert;
    struct db_stmt *q = db_stmt(s->db, "SELECT cert FROM sys_node WHERE node = ?1");
    db_bind_blob(q, 1, BYTES_OF(node->b));
    enum err e = db_get(q);
    if (e == ERR_OK && admin_cert_open(db_column_bytes(q, 0), &s->identity.hub,
                                       s->identity.parsed.log_pk, &cert) != ERR_OK)
        e = ERR_DAMAGED;
    db_done(q);
    if (e == ERR_OK) memcpy(out, cert.sealing_pk, sizeof cert.sealing_pk);
    return e;
}
