/* Lists of signed sets in a file beside the database, which outlive an older copy of it. SPEC 12.7, 18.2. */
#include "common/log.h"
#include "hub/store_priv.h"
#include "hub/store_repair.h"

static enum err hub_list_give_one(struct hub_store *s, const struct message_set *m,
                                  const struct change_head *h, const char *event)
{
    enum err e = hub_store_begin(s);
    if (e != ERR_OK) return e;
    e = hub_store_give(s, m, (int64_t)(h->hlc >> 16));
    LOG_EVENT(LOG_LEVEL_WARN, log_evt(event), log_err(e));
    if (e == ERR_OK) return hub_store_commit(s);
    hub_store_rollback(s);
    return err_scope(e) == ERR_SCOPE_SELF ? e : ERR_OK; /* no set of ours: left */
}

static enum err hub_list_give(struct hub_store *s, const struct hub_list *l, struct bytes file,
                              size_t *count)
{
    struct message_set m = {.position = 0};
    enum err e = ERR_OK;
    while (e == ERR_OK && erase_file_next(&file, &m.head, &m.body, m.signature)) {
        struct id_hash hash;
        struct change_head h;
        bool known = false;
        ++*count;
        change_hash(m.head, &hash);
        e = l->known(s, &hash, &known);
        if (e == ERR_OK && !known && change_head_read(m.head, &h) == ERR_OK)
            e = hub_list_give_one(s, &m, &h, l->event);
    }
    return e;
}

enum err hub_list_open(struct hub_store *s, const struct hub_list *l, size_t *count)
{
    struct buf file;
    *count = 0;
    buf_init(&file, ERASE_FILE_BYTES_MAX);
    enum err e = file_read(l->path, ERASE_FILE_BYTES_MAX, &file);
    if (e == ERR_OK) {
        struct bytes b = buf_bytes(&file);
        if (erase_file_open(l->tag, &b)) e = hub_list_give(s, l, b, count);
    }
    buf_free(&file);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
