/* Editions of the catalogue: put together out of the hub's sets, parsed, kept. SPEC 4.13, 8.1. */
#include "node/store_priv.h"
#include "common/log.h"
#include "proto/edition.h"

static void node_catalogue_rules(struct node_store *s)
{
    s->rules_ctx = (struct record_rules_ctx){.catalogue = s->catalogue};
    s->rules = record_rules(&s->rules_ctx);
}

const struct catalogue *node_store_catalogue(struct node_store *s, uint32_t *edition)
{
    if (edition != NULL) *edition = s->edition;
    return s->catalogue;
}

/* ---- the one in use ---- */

void node_catalogue_unready(struct node_store *s)
{
    if (s->typed != NULL) typed_close(s->typed);
    s->typed = NULL;
}

static enum err node_catalogue_open(struct node_store *s)
{
    enum err e = db_begin(s->db);
    if (e != ERR_OK) return e;
    e = db_end(s->db, node_catalogue_ready(s));
    if (e != ERR_OK) node_catalogue_unready(s);
    return e == ERR_FULL ? ERR_OK : e; /* reading goes on; saving will say it */
}

enum err node_catalogue_wanted(struct node_store *s)
{
    if (s->catalogue == NULL) return ERR_NOT_READY;
    enum err e = ERR_OK;
    if (s->typed == NULL && !db_in_transaction(s->db)) e = node_catalogue_open(s);
    return e == ERR_OK && s->typed == NULL ? ERR_FULL : e;
}

enum err node_catalogue_load(struct node_store *s)
{
    node_catalogue_rules(s);
    struct db_stmt *q =
        db_stmt(s->db, "SELECT edition, archive FROM sys_catalogue ORDER BY edition DESC LIMIT 1");
    enum err e = db_get(q);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK) {
        s->edition = (uint32_t)db_column_int(q, 0);
        e = edition_parse(db_column_bytes(q, 1), &s->catalogue);
        if (e == ERR_BAD_INPUT || e == ERR_BAD_FORMAT) e = ERR_DAMAGED; /* it was good once */
    }
    db_done(q);
    if (e != ERR_OK) return e;
    node_catalogue_rules(s);
    return node_catalogue_open(s);
}

static enum err node_catalogue_indexes(struct node_store *s, const struct catalogue *c)
{
    size_t count = 0;
    const struct catalogue_type *types = catalogue_types(c, &count);
    enum err e = ERR_OK;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; e == ERR_OK && k < types[i].field_count; k++) {
            const struct catalogue_field *f = &types[i].fields[k];
            if (f->identity == CATALOGUE_IDENTITY_NUMBER) e = node_store_index(s, &types[i], f);
        }
    }
    return e;
}

enum err node_catalogue_ready(struct node_store *s)
{
    if (s->typed != NULL || s->catalogue == NULL) return ERR_OK;
    enum err e = typed_open(s->db, s->catalogue, NULL, &s->typed);
    if (e == ERR_OK) e = node_catalogue_indexes(s, s->catalogue);
    if (e == ERR_OK) e = node_store_seal(s, false);
    return e == ERR_BAD_INPUT ? ERR_DAMAGED : e;
}

/* ---- a new one ---- */

static enum err node_edition_newest(struct node_store *s, struct admin_edition *ed)
{
    struct db_stmt *q = db_stmt(
        s->db, "SELECT edition, archive, bytes, parts FROM sys_edition e WHERE edition > ?1 AND "
               "(SELECT count(*) FROM sys_catalogue_part p WHERE p.archive = e.archive AND "
               "p.parts = e.parts AND p.part < e.parts) = parts ORDER BY edition DESC LIMIT 1");
    db_bind_int(q, 1, s->edition);
    enum err e = db_get(q);
    if (e == ERR_OK) {
        ed->edition = (uint32_t)db_column_int(q, 0);
        ed->archive_bytes = (uint32_t)db_column_int(q, 2);
        ed->parts = (unsigned)db_column_int(q, 3);
        e = db_column_copy(q, 1, ed->archive.b, sizeof ed->archive.b);
    }
    db_done(q);
    return e;
}

static enum err node_edition_frame(struct node_store *s, const struct admin_edition *ed,
                                   struct buf *frame)
{
    bool row = false;
    struct db_stmt *q = db_stmt(s->db, "SELECT data FROM sys_catalogue_part WHERE archive = ?1 AND "
                                       "part < ?2 ORDER BY part");
    db_bind_blob(q, 1, BYTES_OF(ed->archive.b));
    db_bind_int(q, 2, ed->parts);
    enum err e = db_step(q, &row);
    while (e == ERR_OK && row) {
        buf_add_bytes(frame, db_column_bytes(q, 0));
        e = db_step(q, &row);
    }
    db_done(q);
    return e == ERR_OK ? frame->e : e;
}

static enum err node_edition_keep(struct node_store *s, const struct admin_edition *ed,
                                  struct bytes archive)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR REPLACE INTO sys_catalogue(edition, archive) VALUES (?1, ?2)");
    db_bind_int(q, 1, ed->edition);
    db_bind_blob(q, 2, archive);
    return db_run(q);
}

static enum err node_edition_open(struct node_store *s, const struct admin_edition *ed,
                                  struct node_catalogue *in)
{
    struct buf frame, archive;
    buf_init(&frame, (size_t)ADMIN_PARTS_MAX * ADMIN_PART_BYTES_MAX);
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    enum err e = node_edition_frame(s, ed, &frame);
    if (e == ERR_OK) e = edition_open(ed, buf_bytes(&frame), &archive);
    if (e == ERR_OK) e = edition_parse(buf_bytes(&archive), &in->catalogue);
    if (e == ERR_OK)
        e = typed_open(s->db, in->catalogue, NULL, &in->typed); /* the hub has checked it */
    if (e == ERR_OK) e = node_catalogue_indexes(s, in->catalogue);
    if (e == ERR_OK) e = node_store_seal(s, false);
    if (e == ERR_OK) e = node_edition_keep(s, ed, buf_bytes(&archive));
    buf_free(&frame);
    buf_free(&archive);
    if (e == ERR_OK) in->edition = ed->edition;
    return e;
}

static void node_catalogue_drop(struct node_catalogue *in)
{
    if (in->typed != NULL) typed_close(in->typed);
    catalogue_free(in->catalogue);
    *in = (struct node_catalogue){0};
}

static void node_catalogue_swap(struct node_store *s, struct node_catalogue *in)
{
    struct node_catalogue old = {s->catalogue, s->typed, s->edition, true};
    s->catalogue = in->catalogue;
    s->typed = in->typed;
    s->edition = in->edition;
    *in = old;
    node_catalogue_rules(s);
}

enum err node_catalogue_newest(struct node_store *s, struct node_catalogue *in)
{
    struct admin_edition ed;
    enum err e = node_edition_newest(s, &ed);
    if (e == ERR_NOT_FOUND) return ERR_OK;
    if (e == ERR_OK) e = node_edition_open(s, &ed, in);
    bool unusable = e == ERR_BAD_INPUT || e == ERR_BAD_FORMAT || e == ERR_BAD_HASH ||
                    e == ERR_TOO_LARGE || e == ERR_DENIED;
    if (unusable) {
        LOG_EVENT(LOG_LEVEL_ERROR, log_evt("catalogue.left"), log_uint("edition", ed.edition),
                  log_err(e));
        node_catalogue_drop(in);
        return ERR_OK; /* the one in use stays; records keep coming */
    }
    if (e != ERR_OK) return e;
    node_catalogue_swap(s, in); /* the rows below are made under the new one; `in` is the old */
    return node_show_mark_all(s);
}

void node_catalogue_take(struct node_store *s, struct node_catalogue *in, bool taken)
{
    if (in->swapped && !taken) node_catalogue_swap(s, in);
    node_catalogue_drop(in);
}
