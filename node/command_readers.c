/* readers, reader_accept, reseal: who reads sealed fields, and records sealed again for them.
 * SPEC 22. */
#include "node/command_priv.h"
#include "node/store_reach.h"
#include "node/store_readers.h"
#include "proto/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODE_RESEAL_BATCH = 200,          /* records of one durable write */
    NODE_RESEAL_MEMORY = 1024 * 1024, /* bytes of one record's writes */
    NODE_READER_PREFIX_MIN = 8,       /* digits of a reader's name that are enough */
};

/* ---- readers ---- */

static void node_reader_name(const struct node_reader *r, char out[static SEALED_READER_ROOM])
{
    struct id_hash h;
    sealed_reader_hash(r->pk, &h);
    id_hex(bytes_make(h.b, SEALED_READER_BYTES), out);
}

static json_t *node_reader_json(const struct node_reader *r)
{
    struct id_hash h;
    struct buf words;
    char name[SEALED_READER_ROOM];
    buf_init(&words, 256);
    sealed_reader_hash(r->pk, &h);
    enum err e = words_text(&h, &words);
    node_reader_name(r, name);
    const char *state = r->self       ? "self"
                        : r->ended    ? "ended"
                        : r->accepted ? "accepted"
                                      : "waiting";
    json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "id", name, "kind",
                          r->officer ? "officer" : "pc", "unit", r->unit, "name", r->name, "words",
                          e == ERR_OK ? buf_cstr(&words) : "", "state", state);
    buf_free(&words);
    return j;
}

json_t *node_command_readers(struct node_command *c, const json_t *request)
{
    const struct node_reader *v = NULL;
    size_t n = 0;
    (void)request;
    enum err e = node_store_readers(c->store, &v, &n);
    if (e != ERR_OK) return node_command_fail(e);
    json_t *rows = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(rows, node_reader_json(&v[i]));
    return json_pack("{s:o}", "readers", rows);
}

/* A PC, or an officer for whom words are needed, by the first digits of the name; NULL: none, or
 * several. */
static const struct node_reader *node_reader_find(const struct node_reader *v, size_t n,
                                                  const char *prefix)
{
    const struct node_reader *found = NULL;
    for (size_t i = 0; i < n; i++) {
        char name[SEALED_READER_ROOM];
        node_reader_name(&v[i], name);
        if (v[i].vouched || v[i].self || strncmp(name, prefix, strlen(prefix)) != 0) continue;
        if (found != NULL) return NULL;
        found = &v[i];
    }
    return found;
}

/* ---- sealing again ---- */

struct node_resealing {
    struct node_command *c;
    struct id_person person;
    const char *also;            /* a unit that is to read them too */
    const struct id_record *top; /* only what an accept of this one takes along; NULL: any */
    size_t met;                  /* records with sealed fields that were looked at */
    struct record_writes writes;
    struct buf memory;
    struct buf payload;
    struct node_own own;
    bool open;
    size_t waiting; /* sets in `own` */
    struct id_record *rids;
    size_t count, room;
    json_int_t sealed,
        closed, /* records written again; records with fields that stay closed to us */
        full;   /* records that have no room for more keys */
};

static enum err node_reseal_flush(struct node_resealing *z)
{
    if (!z->open) return ERR_OK;
    enum err e = z->waiting > 0 ? node_own_commit(&z->own, NULL) : ERR_OK;
    node_own_free(&z->own);
    z->open = false;
    z->waiting = 0;
    return e;
}

/* Is it this unit's to give, and does it go along with z->top? */
static enum err node_reseal_takes(struct node_resealing *z, const struct id_record *rid,
                                  bool *takes)
{
    struct node_reach up;
    struct node_identity id;
    const struct node_store_record *r = &z->c->entry.record;
    *takes = z->top == NULL;
    if (*takes) return ERR_OK;
    enum err e = node_store_identity(z->c->store, &id);
    if (e == ERR_OK) e = node_store_reach(z->c->store, rid, &r->fold, &up);
    *takes = e == ERR_OK && strcmp(r->unit, id.unit) == 0 && node_reach_has(&up, z->top);
    return e;
}

/* The op in z->writes, if the hub will have room for it. */
static enum err node_reseal_encode(struct node_resealing *z, const struct change_op *op, bool *any)
{
    struct fold *f = &z->c->entry.record.fold; /* it is not looked at again */
    enum fold_verdict verdict = FOLD_APPLIED;
    struct fold_set set = {.clock = UINT64_MAX >> 1, .position = UINT64_MAX};
    memset(set.version.b, 0xff, sizeof set.version.b);
    buf_clear(&z->payload);
    change_op_encode(op, &z->payload);
    if (z->payload.e != ERR_OK) return z->payload.e;
    enum err e = fold_apply(f, op, &set, node_store_rules(z->c->store), &verdict);
    *any = e == ERR_OK && verdict != FOLD_HELD_UNREADABLE;
    z->full += e == ERR_OK && !*any;
    return e;
}

/* The op that seals a record again; *any false: there is nothing to do. */
static enum err node_reseal_op(struct node_resealing *z, const struct id_record *rid, bool *any)
{
    struct sealed_reader readers[SEALED_READERS_MAX];
    struct sealed_self self;
    struct node_store *s = z->c->store;
    struct node_store_record *r = &z->c->entry.record;
    unsigned unread = 0;
    *any = false;
    enum err e = node_store_record_read(s, rid, r);
    if (e != ERR_OK) return e == ERR_NOT_FOUND ? ERR_OK : e;
    const struct catalogue *cat = node_store_catalogue(s, NULL);
    const struct catalogue_type *t = cat != NULL ? catalogue_type_by_no(cat, r->fold.type) : NULL;
    bool ours = !r->frozen && r->shared != MOVE_READ && !fold_deleted(&r->fold);
    if (t == NULL || !sealed_used(t, &r->fold) || !ours) return ERR_OK;
    e = node_reseal_takes(z, rid, &ours);
    if (e != ERR_OK || !ours) return e;
    z->met++;
    e = node_store_self(s, rid, r, z->also, readers, &self);
    if (e == ERR_OK) e = sealed_again(&self, &r->fold, t, rid, &z->writes, &z->memory, &unread);
    if (e != ERR_OK) return e;
    z->closed += unread > 0;
    if (z->writes.count == 0) return ERR_OK;
    const struct change_op op = {CHANGE_EDIT, *rid, t->no, z->writes.v, z->writes.count};
    return node_reseal_encode(z, &op, any);
}

static enum err node_reseal_one(struct node_resealing *z, const struct id_record *rid)
{
    bool any = false;
    enum err e = node_reseal_op(z, rid, &any);
    if (e != ERR_OK || !any) return e;
    if (!z->open) e = node_own_begin(z->c->store, z->c->keys, z->c->wall_ms(), &z->own);
    if (e != ERR_OK) return e;
    z->open = true;
    struct bytes p = buf_bytes(&z->payload);
    e = node_own_add(&z->own,
                     &(struct node_own_set){.person = z->person, .payloads = &p, .count = 1});
    if (e != ERR_OK) return e;
    z->sealed++;
    return ++z->waiting == NODE_RESEAL_BATCH ? node_reseal_flush(z) : ERR_OK;
}

static enum err node_reseal_row(void *ctx, const struct node_store_row *row)
{
    struct node_resealing *z = ctx;
    if (z->count == z->room) {
        size_t room = z->room > 0 ? 2 * z->room : 64;
        struct id_record *more = realloc(z->rids, room * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        z->rids = more;
        z->room = room;
    }
    z->rids[z->count++] = row->rid;
    return ERR_OK;
}

/* The ids of all records of the type. */
static enum err node_reseal_list(struct node_resealing *z, const struct catalogue_type *t,
                                 bool deleted)
{
    /* deleted ones that are in conflict may live again */
    struct node_store_list q = {
        .type = t, .max = NODE_STORE_LIST_MAX, .deleted = deleted, .only_conflicts = deleted};
    size_t before;
    do {
        before = z->count;
        enum err e = node_store_list(z->c->store, &q, node_reseal_row, z);
        if (e != ERR_OK) return e;
        q.has_after = z->count > before;
        if (q.has_after) q.after = z->rids[z->count - 1];
    } while (z->count - before == NODE_STORE_LIST_MAX);
    return ERR_OK;
}

static enum err node_reseal_ids(struct node_resealing *z, bool deleted)
{
    const struct catalogue *cat = node_store_catalogue(z->c->store, NULL);
    size_t n = 0;
    const struct catalogue_type *t = cat != NULL ? catalogue_types(cat, &n) : NULL;
    enum err e = cat != NULL ? ERR_OK : ERR_NOT_READY;
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        if (sealed_type(&t[i])) e = node_reseal_list(z, &t[i], deleted);
    }
    return e;
}

static enum err node_reseal_all(struct node_resealing *z)
{
    enum err e = node_reseal_ids(z, false);
    for (size_t i = 0; e == ERR_OK && i < z->count; i++)
        e = node_reseal_one(z, &z->rids[i]);
    return e;
}

static enum err node_reseal_begin(struct node_resealing *z, struct node_command *c,
                                  const struct id_person *person)
{
    *z = (struct node_resealing){.c = c, .person = *person};
    buf_init(&z->memory, NODE_RESEAL_MEMORY);
    buf_init(&z->payload, CHANGE_BYTES_MAX);
    return record_writes_init(&z->writes);
}

/* What was done before an error stays done: each set stands by itself. */
static enum err node_reseal_end(struct node_resealing *z, enum err e)
{
    enum err last = e == ERR_OK ? node_reseal_flush(z) : e;
    if (z->open) node_own_free(&z->own);
    if (z->sealed > 0 && z->c->saved != NULL) z->c->saved(z->c->ctx);
    record_writes_free(&z->writes);
    buf_free(&z->memory);
    buf_free(&z->payload);
    free(z->rids);
    return last;
}

/* ---- keys of before (SPEC 22.10) ---- */

static enum err node_reseal_needed(struct node_resealing *z, bool *needed, bool *waiting)
{
    struct sealed_reader readers[SEALED_READERS_MAX];
    struct sealed_self self;
    struct node_store_record *r = &z->c->entry.record;
    enum err e = node_reseal_ids(z, true);
    *needed = *waiting = false;
    for (size_t i = 0; e == ERR_OK && i < z->count && !*needed; i++) {
        e = node_store_record_read(z->c->store, &z->rids[i], r);
        if (e == ERR_OK) e = node_store_self(z->c->store, &z->rids[i], r, NULL, readers, &self);
        if (e == ERR_OK)
            *needed =
                sealed_needs_old(&self, &r->fold, &z->rids[i], r->frozen || r->shared == MOVE_READ);
        if (e == ERR_OK && r->pending > 0) *waiting = true;
        if (e == ERR_NOT_FOUND) e = ERR_OK;
    }
    return e;
}

enum err node_reseal_old(struct node_command *c, bool *needed, bool *waiting)
{
    struct node_resealing z;
    const struct id_person nobody = {{0}};
    bool still = true, wait = true;
    if (!node_store_can_seal(c->store)) return ERR_NOT_READY;
    enum err e = node_import_settle(c);
    if (e == ERR_OK) e = node_reseal_begin(&z, c, &nobody);
    if (e != ERR_OK) return e;
    e = node_reseal_all(&z);
    if (e == ERR_OK) e = node_reseal_flush(&z);
    if (e == ERR_OK) e = node_reseal_needed(&z, &still, &wait);
    e = node_reseal_end(&z, e);
    if (e != ERR_OK) return e;
    *needed = still;
    *waiting = wait;
    return ERR_OK;
}

json_t *node_seal_for_unit(struct node_command *c, const struct id_record *rid,
                           const struct id_person *person, const char *unit, bool offer, bool *told)
{
    const struct node_reader *v = NULL;
    struct node_resealing z;
    size_t n = 0;
    *told = false;
    if (!node_store_can_seal(c->store)) return NULL;
    enum err e = node_reseal_begin(&z, c, person);
    if (e != ERR_OK) return node_command_fail(e);
    z.also = unit;
    z.top = offer ? rid : NULL;
    e = node_reseal_end(&z, offer ? node_reseal_all(&z) : node_reseal_one(&z, rid));
    if (e == ERR_OK) e = node_store_readers(c->store, &v, &n);
    bool named = false;
    for (size_t i = 0; e == ERR_OK && i < n; i++)
        named = named || (v[i].accepted && !v[i].officer && strcmp(v[i].unit, unit) == 0);
    *told = z.met > 0 && (!named || z.full > 0);
    return e == ERR_OK ? NULL : node_command_fail(e);
}

static json_t *node_reseal_run(struct node_command *c, const struct id_person *person,
                               const char *id)
{
    struct node_resealing z;
    struct id_record rid;
    if (id != NULL && node_request_id(id, &rid) != ERR_OK) return node_bad_id();
    if (!node_store_can_seal(c->store)) return node_command_fail(ERR_NOT_READY);
    enum err e = node_reseal_begin(&z, c, person);
    if (e != ERR_OK) return node_command_fail(e);
    e = id != NULL ? node_reseal_one(&z, &rid) : node_reseal_all(&z);
    e = node_reseal_end(&z, e);
    return e == ERR_OK ? json_pack("{s:I, s:I, s:I}", "resealed", z.sealed, "closed", z.closed,
                                   "full", z.full)
                       : node_command_fail(e);
}

static json_t *node_reader_person(struct node_command *c, const json_t *request,
                                  struct id_person *person)
{
    enum err e = node_import_settle(c);
    if (e == ERR_OK) e = node_request_person(c, request, person);
    if (e == ERR_BAD_INPUT)
        return node_command_error(e, "Cần tên người làm việc này (--person TÊN).",
                                  "The name of who does this is needed (--person NAME).", NULL);
    return e == ERR_OK ? NULL : node_command_fail(e);
}

json_t *node_command_reseal(struct node_command *c, const json_t *request)
{
    struct id_person person;
    json_t *j = node_reader_person(c, request, &person);
    return j != NULL ? j : node_reseal_run(c, &person, node_request_str(request, "id"));
}

json_t *node_command_reader_accept(struct node_command *c, const json_t *request)
{
    struct id_person person;
    const struct node_reader *v = NULL;
    size_t n = 0;
    const char *id = node_request_str(request, "id");
    bool accept = !json_is_false(json_object_get(request, "accept"));
    json_t *j = node_reader_person(c, request, &person);
    if (j != NULL) return j;
    enum err e = node_store_readers(c->store, &v, &n);
    if (e != ERR_OK) return node_command_fail(e);
    const struct node_reader *r =
        id != NULL && strlen(id) >= NODE_READER_PREFIX_MIN ? node_reader_find(v, n, id) : NULL;
    if (r == NULL || (accept && (r->ended || r->struck)))
        return node_command_error(ERR_NOT_FOUND,
                                  "Không có máy nào mang mã này, hoặc máy đã bị thu hồi. Xem "
                                  "`readers`. Chưa thay đổi gì.",
                                  "There is no PC of this name, or it was revoked. See `readers`. "
                                  "Nothing was changed.",
                                  NULL);
    struct node_reader who = *r;
    e = node_store_reader_accept(c->store, &who, accept, node_request_str(request, "person"),
                                 c->wall_ms());
    return e == ERR_OK ? node_reseal_run(c, &person, NULL) : node_command_fail(e);
}
