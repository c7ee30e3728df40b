#include "hub/store_named.h"

#include "hub/store_priv.h"

enum err hub_store_named(struct hub_store *s, struct bytes text, struct named *out)
{
    return named_in(s->db, s->typed, s->catalogue, text, out);
}
