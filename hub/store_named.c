#include "hub/store_named.h"

#include "hub/store_priv.h"

enum err hub_store_named(struct hub_store *s, unsigned least, struct named_text *texts,
                         size_t count, struct named *all)
{
    return named_in(s->db, s->typed, s->catalogue, least, texts, count, all);
}
