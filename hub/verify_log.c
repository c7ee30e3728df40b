/* Verifying the whole log. */
#include "common/io/db.h"
#include "hub/store_replay.h"
#include "hub/verify.h"

#include <sodium.h>
#include <stdlib.h>

const char *hub_finding_vi(enum hub_finding_kind kind)
{
    switch (kind) {
    case HUB_FINDING_POSITION: return "thiếu hoặc trùng vị trí trong nhật ký";
    case HUB_FINDING_FORMAT: return "gói thay đổi bị hỏng, không đọc được";
    case HUB_FINDING_OP: return "nội dung không khớp mã băm";
    case HUB_FINDING_HASH: return "gói thay đổi không khớp mã băm đã lưu";
    case HUB_FINDING_CHAIN: return "gói thay đổi không nối tiếp chuỗi của máy";
    case HUB_FINDING_P: return "mã băm vị trí không khớp";
    case HUB_FINDING_SIGNATURE: return "chữ ký sai hoặc thiếu";
    case HUB_FINDING_REPLAY: return "không nhận lại được gói thay đổi";
    case HUB_FINDING_STATE: return "hồ sơ khác với nhật ký";
    case HUB_FINDING_TABLE: return "bảng dữ liệu khác với nhật ký";
    case HUB_FINDING_SEAL: return "bảng dữ liệu bị sửa từ bên ngoài hoặc bị hỏng";
    case HUB_FINDING_FILE: return "tệp cơ sở dữ liệu bị hỏng";
    }
    return "";
}

const char *hub_finding_en(enum hub_finding_kind kind)
{
    switch (kind) {
    case HUB_FINDING_POSITION: return "a position of the log is missing or twice";
    case HUB_FINDING_FORMAT: return "the stored bytes are no change set";
    case HUB_FINDING_OP: return "an op is not what its hash says";
    case HUB_FINDING_HASH: return "the set is not what its stored hash says";
    case HUB_FINDING_CHAIN: return "the set does not extend its log";
    case HUB_FINDING_P: return "the position hash is wrong";
    case HUB_FINDING_SIGNATURE: return "a signature is wrong or missing";
    case HUB_FINDING_REPLAY: return "the set cannot be taken again";
    case HUB_FINDING_STATE: return "a record is not what the log makes of it";
    case HUB_FINDING_TABLE: return "a table is not what the log makes of it";
    case HUB_FINDING_SEAL: return "a table was changed from outside, or is damaged";
    case HUB_FINDING_FILE: return "the database file is damaged";
    }
    return "";
}

struct verify_head { /* where a log stands */
    struct id_inc inc;
    struct id_hash head;
    uint64_t next_seq;
    uint64_t position;                 /* of its last set */
    bool is_signed;                    /* that set has a signature */
    uint8_t sign_pk[KEY_PUBLIC_BYTES]; /* out of its genesis */
};

struct verify_log {
    hub_finding_fn *row;
    void *ctx;
    struct hub_verified_log *out;
    struct id_hash p;
    struct verify_head *heads;
    size_t head_count, head_room;
    struct change_view *view;
    struct admin_genesis *genesis;
};

static enum err verify_tell(struct verify_log *v, const struct hub_finding *f)
{
    if (v->out->findings++ >= HUB_VERIFY_FINDINGS_MAX || v->row == NULL) return ERR_OK;
    return v->row(v->ctx, f);
}

static enum err verify_found(struct verify_log *v, enum hub_finding_kind kind,
                             const struct hub_log_row *row)
{
    struct hub_finding f = {.kind = kind, .position = row->position, .seq = row->seq};
    if (row->inc.len == sizeof f.inc.b) memcpy(f.inc.b, row->inc.p, sizeof f.inc.b);
    return verify_tell(v, &f);
}

static enum err verify_head_of(struct verify_log *v, const struct id_inc *inc,
                               struct verify_head **out)
{
    for (size_t i = 0; i < v->head_count; i++) {
        if (ID_EQUAL(&v->heads[i].inc, inc)) {
            *out = &v->heads[i];
            return ERR_OK;
        }
    }
    if (v->head_count == v->head_room) {
        size_t room = v->head_room ? 2 * v->head_room : 64;
        struct verify_head *more = realloc(v->heads, room * sizeof *more);
        if (more == NULL) return ERR_NOMEM;
        v->heads = more;
        v->head_room = room;
    }
    v->heads[v->head_count] = (struct verify_head){.inc = *inc};
    *out = &v->heads[v->head_count++];
    return ERR_OK;
}

static enum err verify_position(struct verify_log *v, const struct hub_log_row *row)
{
    uint8_t m[2 * ID_HASH_BYTES];
    struct id_hash set;
    enum err e = ERR_OK;
    if (row->position != v->out->end.position + 1) e = verify_found(v, HUB_FINDING_POSITION, row);
    v->out->end.position = row->position;
    change_hash(row->head, &set);
    if (e == ERR_OK && !bytes_equal(row->hash, BYTES_OF(set.b)))
        e = verify_found(v, HUB_FINDING_HASH, row);
    memcpy(m, v->p.b, ID_HASH_BYTES);
    memcpy(m + ID_HASH_BYTES, set.b, ID_HASH_BYTES);
    crypto_generichash(v->p.b, sizeof v->p.b, m, sizeof m, NULL, 0);
    if (e == ERR_OK && !bytes_equal(row->p, BYTES_OF(v->p.b))) {
        e = verify_found(v, HUB_FINDING_P, row);
        /* go on from what is stored, so that one damage is one finding */
        if (row->p.len == sizeof v->p.b) memcpy(v->p.b, row->p.p, sizeof v->p.b);
    }
    return e;
}

/* The key of a log stands in its genesis, whatever a table says. */
static enum err verify_key(struct verify_log *v, const struct hub_log_row *row,
                           struct verify_head *h)
{
    struct bytes payload = v->view->payload[0];
    bool first = v->view->head.seq == 0;
    if (first && payload.p != NULL && admin_genesis_decode(payload, v->genesis) == ERR_OK)
        memcpy(h->sign_pk, v->genesis->sign_pk, sizeof h->sign_pk);
    if (!first || bytes_equal(row->sign_pk, BYTES_OF(h->sign_pk))) return ERR_OK;
    return verify_found(v, HUB_FINDING_SIGNATURE, row);
}

static enum err verify_chain(struct verify_log *v, const struct hub_log_row *row)
{
    struct verify_head *h = NULL;
    const struct change_head *head = &v->view->head;
    if (row->given) { /* signed one by one, with gaps */
        bool good = row->signature.len == CHANGE_SIGNATURE_BYTES && row->seq == head->seq &&
                    row->sign_pk.len == KEY_PUBLIC_BYTES &&
                    bytes_equal(row->node, BYTES_OF(head->node.b)) &&
                    change_check_signature(row->sign_pk.p, head, &v->view->hash,
                                           row->signature.p) == ERR_OK;
        return good ? ERR_OK : verify_found(v, HUB_FINDING_SIGNATURE, row);
    }
    enum err e = verify_head_of(v, &head->inc, &h);
    if (e != ERR_OK) return e;
    bool extends = head->seq == h->next_seq && ID_EQUAL(&head->prev, &h->head) &&
                   bytes_equal(row->node, BYTES_OF(head->node.b)) && row->seq == head->seq &&
                   bytes_equal(row->inc, BYTES_OF(head->inc.b));
    if (!extends) e = verify_found(v, HUB_FINDING_CHAIN, row);
    if (e == ERR_OK) e = verify_key(v, row, h);
    h->head = v->view->hash;
    h->next_seq = head->seq + 1;
    h->position = row->position;
    h->is_signed = row->signature.len == CHANGE_SIGNATURE_BYTES;
    if (e == ERR_OK && h->is_signed &&
        change_check_signature(h->sign_pk, head, &v->view->hash, row->signature.p) != ERR_OK)
        e = verify_found(v, HUB_FINDING_SIGNATURE, row);
    return e;
}

static enum err verify_set(void *ctx, const struct hub_log_row *row)
{
    struct verify_log *v = ctx;
    v->out->sets++;
    enum err e = verify_position(v, row);
    if (e != ERR_OK) return e;
    if (change_open(row->head, row->body, v->view) != ERR_OK)
        return verify_found(v, HUB_FINDING_FORMAT, row);
    change_hash(row->head, &v->view->hash);
    if (change_verify(v->view) != ERR_OK) {
        e = verify_found(v, HUB_FINDING_OP, row);
        if (e != ERR_OK) return e;
    }
    return verify_chain(v, row);
}

/* Every log ends with a signed set: a frame commits whole (SPEC 4.8). */
static enum err verify_ends(struct verify_log *v)
{
    enum err e = ERR_OK;
    for (size_t i = 0; e == ERR_OK && i < v->head_count; i++) {
        const struct verify_head *h = &v->heads[i];
        if (h->is_signed) continue;
        struct hub_finding f = {.kind = HUB_FINDING_SIGNATURE,
                                .position = h->position,
                                .inc = h->inc,
                                .seq = h->next_seq - 1};
        e = verify_tell(v, &f);
    }
    return e;
}

/* ---- states ---- */

static enum err verify_state(struct verify_log *v, const struct hub_state_row *row)
{
    struct hub_finding f = {.kind = HUB_FINDING_STATE, .position = row->position, .rid = row->rid};
    return verify_tell(v, &f);
}

static bool verify_same(const struct hub_state_row *a, const struct hub_state_row *b)
{
    return a->type == b->type && a->position == b->position && strcmp(a->unit, b->unit) == 0 &&
           ID_EQUAL(&a->digest, &b->digest);
}

/* Walk both by record id; what only one has, or has otherwise, is a finding. */
static enum err verify_states(struct verify_log *v, struct hub_store *s, struct hub_store *replay)
{
    struct hub_state_row a, b;
    enum err ea = hub_state_next(s, NULL, &a), eb = hub_state_next(replay, NULL, &b);
    while (ea == ERR_OK || eb == ERR_OK) {
        if ((ea != ERR_OK && ea != ERR_NOT_FOUND) || (eb != ERR_OK && eb != ERR_NOT_FOUND)) break;
        int c = ea != ERR_OK ? 1 : eb != ERR_OK ? -1 : memcmp(a.rid.b, b.rid.b, sizeof a.rid.b);
        enum err e = ERR_OK;
        v->out->records++;
        if (c != 0 || !verify_same(&a, &b)) e = verify_state(v, c <= 0 ? &a : &b);
        if (e != ERR_OK) return e;
        struct id_record at = c <= 0 ? a.rid : b.rid;
        if (c <= 0) ea = hub_state_next(s, &at, &a);
        if (c >= 0) eb = hub_state_next(replay, &at, &b);
    }
    if (ea != ERR_OK && ea != ERR_NOT_FOUND) return ea;
    return eb != ERR_OK && eb != ERR_NOT_FOUND ? eb : ERR_OK;
}

/* What else follows from the log: verdicts, held ops, nodes, sums. */
static enum err verify_tables(struct verify_log *v, struct hub_store *s, struct hub_store *replay)
{
    enum err e = ERR_OK;
    for (unsigned n = 0; e == ERR_OK; n++) {
        const char *name = NULL;
        struct id_hash a, b;
        e = hub_table_digest(s, n, &name, &a);
        if (e == ERR_OK) e = hub_table_digest(replay, n, &name, &b);
        if (e != ERR_OK || ID_EQUAL(&a, &b)) continue;
        e = verify_tell(v, &(struct hub_finding){.kind = HUB_FINDING_TABLE, .table = name});
    }
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err verify_replay(struct verify_log *v, struct hub_store *s)
{
    struct hub_store *replay = NULL;
    uint64_t position = 0;
    struct hub_position at;
    hub_store_position(s, &at);
    enum err e = hub_replay_open(s, at.epoch, v->out->end.position, &replay, &position);
    if (hub_replay_unmade(e)) return e;
    if (e != ERR_OK) {
        struct hub_finding f = {.kind = HUB_FINDING_REPLAY, .position = position};
        return verify_tell(v, &f);
    }
    e = verify_states(v, s, replay);
    if (e == ERR_OK) e = verify_tables(v, s, replay);
    hub_store_close(replay);
    return e;
}

static enum err verify_seal(void *ctx, const char *table)
{
    return verify_tell(ctx, &(struct hub_finding){.kind = HUB_FINDING_SEAL, .table = table});
}

/* What no hash of the log covers: names, times, codes, tokens, and the tables made of the records. */
static enum err verify_seals(struct verify_log *v, struct hub_store *s)
{
    bool sealed = false;
    enum err e = db_sealed(hub_store_db(s), &sealed);
    return e == ERR_OK && sealed ? db_seal_check(hub_store_db(s), verify_seal, v) : e;
}

enum err hub_verify_log(struct hub_store *s, hub_finding_fn *row, void *ctx,
                        struct hub_verified_log *out)
{
    struct hub_position at;
    struct verify_log v = {.row = row, .ctx = ctx, .out = out};
    *out = (struct hub_verified_log){.sets = 0};
    v.view = calloc(1, sizeof *v.view);
    v.genesis = calloc(1, sizeof *v.genesis);
    enum err e = v.view != NULL && v.genesis != NULL ? ERR_OK : ERR_NOMEM;
    if (e == ERR_OK) e = db_check_whole(hub_store_db(s));
    if (e == ERR_DAMAGED) e = verify_tell(&v, &(struct hub_finding){.kind = HUB_FINDING_FILE});
    if (e == ERR_OK) e = hub_log_rows(s, verify_set, &v);
    if (e == ERR_OK) e = verify_ends(&v);
    if (e == ERR_OK) e = verify_replay(&v, s);
    if (e == ERR_OK) e = verify_seals(&v, s);
    hub_store_position(s, &at);
    out->end.epoch = at.epoch;
    out->end.hash = v.p;
    out->end.edition = at.edition;
    free(v.heads);
    free(v.genesis);
    free(v.view);
    if (e != ERR_OK) return e;
    return out->findings > 0 ? ERR_DAMAGED : ERR_OK;
}
