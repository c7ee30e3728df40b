/*
 * One person in two communes: records whose identity field has the same keyed hash form a pair; a
 * person_link record of the hub's own log says what a person decided and closes it.
 */
#include "hub/store_priv.h"
#include "proto/wire.h"

#include <sodium.h>

static const struct bytes no_element = {NULL, 0};

static const struct catalogue_field *hub_identity_field(const struct hub_store *s, unsigned type)
{
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, type) : NULL;
    for (size_t i = 0; t != NULL && i < t->field_count; i++) {
        if (t->fields[i].identity) return &t->fields[i];
    }
    return NULL;
}

static struct bytes hub_shown(const struct hub_store *s, const struct fold *f, unsigned field)
{
    static const uint8_t nil[] = {0xc0};
    const struct fold_register *r = fold_find(f, field, no_element);
    if (r == NULL) return BYTES_OF(nil);
    void *ctx = s->rules.ctx;
    return fold_shown(f, r, s->rules.policy(ctx, f->type, field))->value;
}

void hub_match_of(const struct hub_store *s, const struct fold *f, struct hub_match *out)
{
    *out = (struct hub_match){0};
    const struct catalogue_field *field = hub_identity_field(s, f->type);
    if (field == NULL || fold_deleted(f)) return;
    struct bytes v = hub_shown(s, f, field->no);
    if (v.len <= 1) return; /* nil, or an empty text */
    out->has = true;
    crypto_generichash(out->hash, sizeof out->hash, v.p, v.len, s->match_key, sizeof s->match_key);
}

static enum err hub_match_drop(struct hub_store *s, int64_t record, const struct hub_match *old)
{
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_match WHERE hash = ?1 AND record = ?2");
    db_bind_blob(q, 1, BYTES_OF(old->hash));
    db_bind_int(q, 2, record);
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "DELETE FROM sys_pair WHERE kind = 1 AND (a = ?1 OR b = ?1)");
    db_bind_int(q, 1, record);
    return db_run(q);
}

static enum err hub_match_add(struct hub_store *s, const struct hub_record *r,
                              const struct hub_match *now)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR IGNORE INTO sys_pair(a, b, kind, pos) "
                       "SELECT min(m.record, ?2), max(m.record, ?2), 1, ?3 FROM sys_match m "
                       "JOIN sys_record o ON o.no = m.record WHERE m.hash = ?1 AND o.unit <> ?4 "
                       "AND o.type = ?5 AND m.record <> ?2");
    db_bind_blob(q, 1, BYTES_OF(now->hash));
    db_bind_int(q, 2, r->no);
    db_bind_int(q, 3, (int64_t)r->pos);
    db_bind_int(q, 4, r->unit);
    db_bind_int(q, 5, r->type);
    enum err e = db_run(q);
    if (e != ERR_OK) return e;
    q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_match(hash, record) VALUES (?1, ?2)");
    db_bind_blob(q, 1, BYTES_OF(now->hash));
    db_bind_int(q, 2, r->no);
    return db_run(q);
}

enum err hub_match_move(struct hub_store *s, const struct hub_record *r,
                        const struct hub_match *old, const struct hub_match *now)
{
    bool same = old->has == now->has && memcmp(old->hash, now->hash, sizeof old->hash) == 0;
    if (same) return ERR_OK;
    enum err e = old->has ? hub_match_drop(s, r->no, old) : ERR_OK;
    return e == ERR_OK && now->has ? hub_match_add(s, r, now) : e;
}

/* ---- decisions ---- */

static bool hub_ref(struct bytes value, struct id_record *out)
{
    if (value.len != 2 + sizeof out->b || value.p[0] != 0xc4) return false;
    memcpy(out->b, value.p + 2, sizeof out->b);
    return true;
}

/* Both persons and the decision of a person_link record; false when it decides nothing. */
static bool hub_link_of(const struct hub_store *s, const struct catalogue_type *t,
                        const struct fold *f, struct id_record *a, struct id_record *b)
{
    const struct catalogue_field *fa = catalogue_field_by_name(t, "person_a");
    const struct catalogue_field *fb = catalogue_field_by_name(t, "person_b");
    const struct catalogue_field *fd = catalogue_field_by_name(t, "decision");
    if (fa == NULL || fb == NULL || fd == NULL || fold_deleted(f)) return false;
    if (!hub_ref(hub_shown(s, f, fa->no), a) || !hub_ref(hub_shown(s, f, fb->no), b)) return false;
    return hub_shown(s, f, fd->no).len > 1;
}

enum err hub_link_note(struct hub_store *s, const struct hub_record *r, const struct fold *f)
{
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, r->type) : NULL;
    if (t == NULL || strcmp(t->name, "person_link") != 0 || r->unit != s->hub_unit) return ERR_OK;
    struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_link WHERE record = ?1");
    db_bind_int(q, 1, r->no);
    enum err e = db_run(q);
    struct id_record a, b;
    if (e != ERR_OK || !hub_link_of(s, t, f, &a, &b)) return e;
    bool swap = memcmp(a.b, b.b, sizeof a.b) > 0;
    q = db_stmt(s->db, "INSERT INTO sys_link(record, a, b) VALUES (?1, ?2, ?3)");
    db_bind_int(q, 1, r->no);
    db_bind_blob(q, 2, swap ? BYTES_OF(b.b) : BYTES_OF(a.b));
    db_bind_blob(q, 3, swap ? BYTES_OF(a.b) : BYTES_OF(b.b));
    return db_run(q);
}
