/*
 * One person in two communes, or entered on two PCs of one commune: records whose national id has the same keyed hash
 * form a pair, and so do records whose name, birth and sex look like one person (common/person_match.h; candidates
 * share a keyed hash). A person_link record of the hub's own log says what a person decided and closes it. Nothing is
 * counted once without it. Two records that one PC made are a pair only when nothing differs (the number, or
 * name, birth and sex): of those that look alike its form and its import asked who entered them.
 */
#include "hub/store_priv.h"
#include "hub/store_records.h"
#include "proto/wire.h"

#include <sodium.h>

static const struct bytes no_element = {NULL, 0};

static const struct catalogue_field *hub_identity_field(const struct hub_store *s, unsigned type,
                                                        enum catalogue_identity identity)
{
    const struct catalogue_type *t =
        s->catalogue != NULL ? catalogue_type_by_no(s->catalogue, type) : NULL;
    return t != NULL ? catalogue_identity_field(t, identity) : NULL;
}

static struct bytes hub_shown(const struct hub_store *s, const struct fold *f, unsigned field)
{
    static const uint8_t nil[] = {0xc0};
    const struct fold_register *r = fold_find(f, field, no_element);
    if (r == NULL) return BYTES_OF(nil);
    void *ctx = s->rules.ctx;
    return fold_shown(f, r, s->rules.policy(ctx, f->type, field))->value;
}

/* The text of the field that says this of a person; empty: there is none, or it is not a text. */
static struct bytes hub_identity_text(const struct hub_store *s, const struct fold *f,
                                      enum catalogue_identity identity)
{
    const struct catalogue_field *field = hub_identity_field(s, f->type, identity);
    if (field == NULL) return bytes_make(NULL, 0);
    struct wire_reader r;
    wire_open(&r, hub_shown(s, f, field->no));
    return wire_peek(&r) == WIRE_STR ? wire_get_str(&r) : bytes_make(NULL, 0);
}

static enum err hub_match_keys(const struct hub_store *s, struct hub_match *m)
{
    static const uint8_t what = HUB_PAIR_PROBABLE; /* never the hash of a national id */
    struct buf key;
    buf_init(&key, 1 + PERSON_MATCH_KEY_BYTES_MAX);
    for (size_t i = 0; i < PERSON_MATCH_KEYS_MAX; i++) {
        buf_clear(&key);
        buf_add_u8(&key, what);
        if (!person_match_key(&m->person, i, &key) || key.e != ERR_OK) continue;
        crypto_generichash(m->keys[m->key_count++], HUB_MATCH_HASH_BYTES, buf_bytes(&key).p,
                           buf_bytes(&key).len, s->match_key, sizeof s->match_key);
    }
    enum err e = key.e;
    buf_free(&key);
    return e;
}

static enum err hub_match_person(const struct hub_store *s, const struct fold *f,
                                 struct hub_match *m)
{
    struct bytes parts[] = {hub_identity_text(s, f, CATALOGUE_IDENTITY_NAME),
                            hub_identity_text(s, f, CATALOGUE_IDENTITY_BIRTH),
                            hub_identity_text(s, f, CATALOGUE_IDENTITY_SEX)};
    crypto_generichash_state h;
    if (parts[0].len == 0) return ERR_OK;
    enum err e = person_match_make(parts[0], parts[1], parts[2], &m->person);
    if (e == ERR_OK) e = hub_match_keys(s, m);
    if (e != ERR_OK) return e;
    m->named = true;
    crypto_generichash_init(&h, s->match_key, sizeof s->match_key, sizeof m->look);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        uint8_t len[8];
        le64_store(len, parts[i].len);
        crypto_generichash_update(&h, len, sizeof len);
        crypto_generichash_update(&h, parts[i].p, parts[i].len);
    }
    crypto_generichash_final(&h, m->look, sizeof m->look);
    return ERR_OK;
}

/* The log that made the record, or wrote the oldest of what is left in it. */
static void hub_match_maker(const struct fold *f, struct hub_match *m)
{
    const struct fold_set *first = NULL;
    for (size_t i = 0; i < f->set_count; i++)
        if (first == NULL || f->sets[i].position < first->position) first = &f->sets[i];
    if (first != NULL) m->maker = id_version_inc(&first->version);
}

enum err hub_match_of(const struct hub_store *s, const struct fold *f, struct hub_match *out)
{
    *out = (struct hub_match){.has = false};
    if (fold_deleted(f)) return ERR_OK;
    hub_match_maker(f, out);
    const struct catalogue_field *field = hub_identity_field(s, f->type, CATALOGUE_IDENTITY_NUMBER);
    struct bytes v = field != NULL ? hub_shown(s, f, field->no) : bytes_make(NULL, 0);
    if (v.len > 1) { /* not nil, nor an empty text */
        out->has = true;
        crypto_generichash(out->hash, sizeof out->hash, v.p, v.len, s->match_key,
                           sizeof s->match_key);
    }
    return hub_match_person(s, f, out);
}

/* ---- pairs ---- */

static enum err hub_match_forget(struct hub_store *s, int64_t record, unsigned kind,
                                 const uint8_t (*hashes)[HUB_MATCH_HASH_BYTES], size_t count)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < count && e == ERR_OK; i++) {
        struct db_stmt *q = db_stmt(s->db, "DELETE FROM sys_match WHERE hash = ?1 AND record = ?2");
        db_bind_blob(q, 1, BYTES_OF(hashes[i]));
        db_bind_int(q, 2, record);
        e = db_run(q);
    }
    if (e != ERR_OK) return e;
    struct db_stmt *q =
        db_stmt(s->db, "DELETE FROM sys_pair WHERE kind = ?2 AND (a = ?1 OR b = ?1)");
    db_bind_int(q, 1, record);
    db_bind_int(q, 2, (int64_t)kind);
    return db_run(q);
}

static enum err hub_match_note(struct hub_store *s, int64_t record, const uint8_t *hash)
{
    struct db_stmt *q =
        db_stmt(s->db, "INSERT OR IGNORE INTO sys_match(hash, record) VALUES (?1, ?2)");
    db_bind_blob(q, 1, bytes_make(hash, HUB_MATCH_HASH_BYTES));
    db_bind_int(q, 2, record);
    return db_run(q);
}

static enum err hub_pair_note(struct hub_store *s, const struct hub_record *r, int64_t other,
                              enum hub_pair_kind kind, unsigned score)
{
    struct db_stmt *q = db_stmt(s->db, "INSERT OR IGNORE INTO sys_pair(a, b, kind, pos, score) "
                                       "VALUES (min(?1, ?2), max(?1, ?2), ?5, ?3, ?4)");
    db_bind_int(q, 1, r->no);
    db_bind_int(q, 2, other);
    db_bind_int(q, 3, (int64_t)r->pos);
    db_bind_int(q, 4, (int64_t)score);
    db_bind_int(q, 5, (int64_t)kind);
    return db_run(q);
}

/* Two different national ids speak against one person: then only what is otherwise the same is asked. */
static unsigned hub_match_score(const struct hub_match *a, const struct hub_match *b)
{
    unsigned score = person_match_score(&a->person, &b->person);
    bool ids = a->has && b->has && memcmp(a->hash, b->hash, sizeof a->hash) != 0;
    return ids && score < 1000 ? 0 : score;
}

struct hub_candidate {
    int64_t no;
    bool inside; /* of the same unit */
};

static enum err hub_match_compare(struct hub_store *s, const struct hub_record *r,
                                  const struct hub_match *now, struct hub_candidate other,
                                  enum hub_pair_kind kind)
{
    struct hub_match match;
    struct db_stmt *q = db_stmt(s->db, "SELECT state FROM sys_record WHERE no = ?1");
    db_bind_int(q, 1, other.no);
    enum err e = db_get(q);
    fold_clear(&s->other);
    if (e == ERR_OK) e = fold_load(&s->other, db_column_bytes(q, 0));
    if (e == ERR_OK) e = hub_match_of(s, &s->other, &match);
    db_done(q);
    if (e != ERR_OK) return e == ERR_BAD_FORMAT || e == ERR_NOT_FOUND ? ERR_DAMAGED : e;
    bool one_pc = other.inside && ID_EQUAL(&match.maker, &now->maker);
    if (kind == HUB_PAIR_IDENTITY) return hub_pair_note(s, r, other.no, kind, HUB_PAIR_SURE);
    if (!match.named) return ERR_OK;
    unsigned score = hub_match_score(now, &match);
    bool pair = score >= (one_pc ? HUB_PAIR_SURE : PERSON_MATCH_PROBABLE);
    return pair ? hub_pair_note(s, r, other.no, kind, score) : ERR_OK;
}

/* The newest records behind one key, those of other units first. */
static enum err hub_match_candidates(struct hub_store *s, const struct hub_record *r,
                                     const uint8_t *hash, struct hub_candidate *out, size_t *count)
{
    struct db_stmt *q = db_stmt(s->db, "SELECT m.record, o.unit = ?2 FROM sys_match m "
                                       "JOIN sys_record o ON o.no = m.record "
                                       "WHERE m.hash = ?1 AND o.type = ?3 AND m.record <> ?4 "
                                       "ORDER BY o.unit = ?2, m.record DESC LIMIT ?5");
    db_bind_blob(q, 1, bytes_make(hash, HUB_MATCH_HASH_BYTES));
    db_bind_int(q, 2, r->unit);
    db_bind_int(q, 3, r->type);
    db_bind_int(q, 4, r->no);
    db_bind_int(q, 5, HUB_MATCH_CANDIDATES_MAX);
    bool row = true;
    enum err e = ERR_OK;
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        if (e == ERR_OK && row)
            out[(*count)++] = (struct hub_candidate){db_column_int(q, 0), db_column_int(q, 1) != 0};
    }
    db_done(q);
    return e;
}

/* Pairs with the records behind one key, which is the record's own from then on. */
static enum err hub_match_behind(struct hub_store *s, const struct hub_record *r,
                                 const struct hub_match *now, const uint8_t *hash,
                                 enum hub_pair_kind kind)
{
    struct hub_candidate others[HUB_MATCH_CANDIDATES_MAX];
    size_t count = 0;
    enum err e = hub_match_candidates(s, r, hash, others, &count);
    for (size_t k = 0; k < count && e == ERR_OK; k++)
        e = hub_match_compare(s, r, now, others[k], kind);
    return e == ERR_OK ? hub_match_note(s, r->no, hash) : e;
}

/* Name, birth and sex alike. */
static enum err hub_match_look(struct hub_store *s, const struct hub_record *r,
                               const struct hub_match *now)
{
    enum err e = ERR_OK;
    for (size_t i = 0; i < now->key_count && e == ERR_OK; i++)
        e = hub_match_behind(s, r, now, now->keys[i], HUB_PAIR_PROBABLE);
    return e;
}

enum err hub_match_move(struct hub_store *s, const struct hub_record *r,
                        const struct hub_match *old, const struct hub_match *now)
{
    bool same = old->has == now->has && memcmp(old->hash, now->hash, sizeof old->hash) == 0;
    bool looks = old->named == now->named && memcmp(old->look, now->look, sizeof old->look) == 0;
    enum err e = ERR_OK;
    if (!same && old->has) e = hub_match_forget(s, r->no, HUB_PAIR_IDENTITY, &old->hash, 1);
    if (!same && e == ERR_OK && now->has)
        e = hub_match_behind(s, r, now, now->hash, HUB_PAIR_IDENTITY);
    if (same && looks) return e;
    if (e == ERR_OK && old->named)
        e = hub_match_forget(s, r->no, HUB_PAIR_PROBABLE, old->keys, old->key_count);
    return e == ERR_OK && now->named ? hub_match_look(s, r, now) : e;
}

/* ---- the district's own, by number ---- */

enum err hub_store_own_number(struct hub_store *s, const struct catalogue_field *field,
                              unsigned type, struct bytes text, struct id_record out[static 2],
                              size_t *count)
{
    uint8_t hash[HUB_MATCH_HASH_BYTES];
    struct buf value;
    buf_init(&value, text.len + 16);
    *count = 0;
    enum err e = record_value_from_text(field, text, &value);
    if (e == ERR_OK)
        crypto_generichash(hash, sizeof hash, value.p, value.len, s->match_key,
                           sizeof s->match_key);
    buf_free(&value);
    if (e != ERR_OK) return e;
    struct db_stmt *q = db_stmt(
        s->db, "SELECT o.rid FROM sys_match m JOIN sys_record o ON o.no = m.record "
               "WHERE m.hash = ?1 AND o.unit = ?2 AND o.type = ?3 ORDER BY m.record LIMIT 2");
    db_bind_blob(q, 1, BYTES_OF(hash));
    db_bind_int(q, 2, s->hub_unit);
    db_bind_int(q, 3, (int64_t)type);
    bool row = true;
    while (e == ERR_OK && row) {
        e = db_step(q, &row);
        struct bytes rid = e == ERR_OK && row ? db_column_bytes(q, 0) : bytes_make(NULL, 0);
        if (rid.len == sizeof out->b) memcpy(out[(*count)++].b, rid.p, rid.len);
    }
    db_done(q);
    return e;
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
