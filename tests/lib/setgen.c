#include "tests/lib/setgen.h"
#include "proto/wire.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define PICK(g, a) (a)[rng_below(&(g)->rng, (unsigned)(sizeof(a) / sizeof(a)[0]))]

static const char *const family[] = {"Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê",
                                     "Phạm",   "Huỳnh",  "Hoàng",  "Phan", "Vũ",   "Đặng",
                                     "Bùi",    "Đỗ",     "Hồ",     "Điểu"};
static const char *const middle[] = {"Văn", "Văn", "Hữu",      "Đức",     "Minh", "Quốc",
                                     "Thị", "Thị", "Thị Ngọc", "Thị Thu", "Ngọc", "Thanh"};
static const char *const given[] = {"An",    "Bảo",  "Cường", "Dũng", "Đạt",   "Hải",
                                    "Hiếu",  "Hùng", "Lan",   "Linh", "Mai",   "Nga",
                                    "Oanh",  "Thảo", "Thủy",  "Yến",  "Sơn",   "Tài",
                                    "Thắng", "Tuấn", "Việt",  "Hoa",  "Hương", "Đông"};
static const char *const topic[] = {"nguoi_nghien_ma_tuy",    "sau_cai_nghien",
                                    "cai_nghien_tu_nguyen",   "dieu_tri_methadone",
                                    "nan_nhan_bi_mua_ban",    "tre_em_hoan_canh_dac_biet",
                                    "nguoi_cao_tuoi_neo_don", "nguoi_khuyet_tat",
                                    "bao_luc_gia_dinh",       "ho_ngheo",
                                    "tro_cap_dot_xuat",       "tu_van_tuyen_truyen"};
static const char *const status[] = {
    "mới tiếp nhận",      "đang quản lý",   "đang hỗ trợ",     "đã vận động cai nghiện",
    "hòa nhập cộng đồng", "chuyển địa bàn", "kết thúc hỗ trợ", "tạm dừng"};
static const char *const hamlet[] = {"Ấp 1",          "Ấp 2",       "Ấp 3",      "Ấp 4",
                                     "Ấp Bình Chánh", "Ấp Tân Lập", "Khu phố 1", "Khu phố 5"};
static const char *const street[] = {"đường ĐT 768", "đường Đồng Khởi", "tổ 3",
                                     "tổ 7",         "tổ 12",           "hẻm 45"};
static const char *const visit[] = {"Đã đến thăm nhà",         "Gia đình hợp tác",
                                    "Vắng mặt tại địa phương", "Tư vấn trực tiếp 45 phút",
                                    "Phối hợp Công an xã",     "Đề nghị trợ cấp đột xuất",
                                    "Hội Phụ nữ nhận giúp đỡ"};
static const char *const later[] = {"hẹn thăm lại sau",        "cần xác minh hộ khẩu trong",
                                    "đã lập hồ sơ, chờ duyệt", "chuyển Trạm Y tế theo dõi",
                                    "xét nghiệm âm tính lần",  "bàn giao cho tổ dân phố ngày"};

static void setgen_name(struct setgen *g, char out[48])
{
    const char *first = PICK(g, family); /* one draw a statement: the order of arguments is open */
    const char *second = PICK(g, middle);
    const char *third = PICK(g, given);
    (void)snprintf(out, 48, "%s %s %s", first, second, third);
}

void setgen_open(struct setgen *g, uint64_t seed)
{
    memset(g, 0, sizeof *g);
    g->rng.s = seed;
    uint8_t sign_seed[32];
    rng_fill(&g->rng, sign_seed, sizeof sign_seed);
    if (crypto_sign_seed_keypair(g->public_key, g->secret, sign_seed) != 0) abort();
    rng_fill(&g->rng, g->next.hub.b, 32);
    change_hash(BYTES_OF(g->public_key), &g->next.node);
    rng_fill(&g->rng, g->next.inc.b, 8);
    rng_fill(&g->rng, g->next.person.b, 8);
    g->next.hlc = UINT64_C(1735693200000) << 16;
    g->next.epoch = rng_u64(&g->rng);
    g->next.edition = 1;
    g->tree = rng_u64(&g->rng);
    for (unsigned i = 0; i < 6; i++)
        setgen_name(g, g->officer[i]);
}

void setgen_close(struct setgen *g)
{
    free(g->records);
    g->records = NULL;
    g->count = 0;
}

void setgen_set_free(struct setgen_set *s)
{
    buf_free(&s->head);
    buf_free(&s->body);
}

void setgen_root(const struct setgen *g, uint64_t block, uint8_t out[16])
{
    struct rng r = {g->tree + block * 77};
    rng_fill(&r, out, 16);
}

static void setgen_seed(const struct setgen *g, uint8_t out[16])
{
    uint8_t root[16];
    setgen_root(g, g->next.seq / CHANGE_BLOCK_SETS, root);
    change_tree(root, 0, (unsigned)(g->next.seq % CHANGE_BLOCK_SETS), out);
}

void setgen_payloads(struct setgen *g, const struct bytes *payloads, size_t count,
                     struct setgen_set *out)
{
    struct change_builder b;
    uint8_t seed[16];
    buf_init(&out->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&out->body, CHANGE_BODY_BYTES_MAX);
    setgen_seed(g, seed);
    change_begin(&b, &g->next, seed);
    for (size_t i = 0; i < count; i++)
        change_add(&b, payloads[i]);
    if (change_finish(&b, &out->head, &out->body, &out->hash) != ERR_OK) abort();
    change_sign(g->secret, &g->next, &out->hash, out->signature);
    g->next.seq++;
    g->next.prev = out->hash;
}

void setgen_genesis(struct setgen *g, struct setgen_set *out)
{
    struct buf b;
    buf_init(&b, 200);
    wire_put_array(&b, 4);
    wire_put_uint(&b, CHANGE_GENESIS);
    wire_put_bin(&b, BYTES_OF(g->public_key));
    wire_put_nil(&b);
    wire_put_array(&b, 0);
    struct bytes payload = buf_bytes(&b);
    setgen_payloads(g, &payload, 1, out);
    buf_free(&b);
}

static struct setgen_record *setgen_record_new(struct setgen *g, unsigned op)
{
    uint8_t seed[16];
    struct setgen_record *more = realloc(g->records, (g->count + 1) * sizeof *more);
    if (more == NULL) abort();
    g->records = more;
    struct setgen_record *r = &more[g->count++];
    memset(r, 0, sizeof *r);
    setgen_seed(g, seed);
    change_rid(seed, op, &r->rid);
    return r;
}

/* ---- payloads under construction ---- */

struct setgen_op {
    struct change_op op;
    struct change_write writes[SETGEN_FIELDS * 3];
    struct buf values[SETGEN_FIELDS * 3];
    struct setgen_record *record;
};

static struct buf *setgen_write(struct setgen_op *o, unsigned field, const char *element,
                                bool based)
{
    size_t i = o->op.count++;
    buf_init(&o->values[i], 8192);
    o->writes[i] = (struct change_write){.field = field};
    if (element != NULL) o->writes[i].element = bytes_str(element);
    if (based && o->record->written[field])
        o->writes[i].bases = BYTES_OF(o->record->version[field].b);
    return &o->values[i];
}

static void setgen_encode(struct setgen_op *o, struct buf *out)
{
    for (size_t i = 0; i < o->op.count; i++)
        o->writes[i].value = buf_bytes(&o->values[i]);
    o->op.writes = o->writes;
    o->op.rid = o->record->rid;
    change_writes_sort(o->writes, o->op.count);
    buf_init(out, 65536);
    change_op_encode(&o->op, out);
    if (out->e != ERR_OK) abort();
    for (size_t i = 0; i < o->op.count; i++)
        buf_free(&o->values[i]);
}

static void setgen_text(struct buf *b, const char *s)
{
    wire_put_str(b, bytes_str(s));
}

/* A value of any kind. */
static void setgen_value(struct setgen *g, struct buf *b)
{
    char name[48];
    uint64_t number = rng_u64(&g->rng);
    switch (rng_below(&g->rng, 8)) {
    case 0: wire_put_nil(b); break;
    case 1: wire_put_bool(b, rng_below(&g->rng, 2) != 0); break;
    case 2: wire_put_uint(b, number >> rng_below(&g->rng, 64)); break;
    case 3: wire_put_int(b, -(int64_t)(number >> (1 + rng_below(&g->rng, 62)))); break;
    case 4:
        if (g->count > 0) {
            wire_put_bin(b, BYTES_OF(g->records[rng_below(&g->rng, (unsigned)g->count)].rid.b));
            break;
        }
        wire_put_nil(b);
        break;
    case 5: {
        uint8_t id[16];
        rng_fill(&g->rng, id, sizeof id);
        wire_put_bin(b, BYTES_OF(id));
        break;
    }
    default: setgen_name(g, name); setgen_text(b, name);
    }
}

/* Bases of a write: none, the version known, or a few of other logs. */
static struct bytes setgen_bases(struct setgen *g, const struct setgen_record *r, unsigned field,
                                 uint8_t room[3 * ID_VERSION_BYTES])
{
    switch (rng_below(&g->rng, 4)) {
    case 0: return bytes_make(NULL, 0);
    case 1:
        for (unsigned i = 0; i < 3; i++) {
            rng_fill(&g->rng, room + (size_t)i * ID_VERSION_BYTES, ID_VERSION_BYTES);
            room[(size_t)i * ID_VERSION_BYTES] = (uint8_t)i;
        }
        return bytes_make(room, (1 + rng_below(&g->rng, 3)) * (size_t)ID_VERSION_BYTES);
    default: break;
    }
    if (!r->written[field]) return bytes_make(NULL, 0);
    return BYTES_OF(r->version[field].b);
}

static void setgen_random_op(struct setgen *g, unsigned index, struct buf *out, struct setgen_op *o)
{
    static uint8_t room[SETGEN_FIELDS * 3][3 * ID_VERSION_BYTES];
    memset(o, 0, sizeof *o);
    bool create = g->count == 0 || rng_below(&g->rng, 3) == 0;
    o->record =
        create ? setgen_record_new(g, index) : &g->records[rng_below(&g->rng, (unsigned)g->count)];
    if (create && rng_below(&g->rng, 5) == 0) rng_fill(&g->rng, o->record->rid.b, 16);
    o->op.kind = create ? CHANGE_CREATE : CHANGE_EDIT;
    o->op.type = 1 + rng_below(&g->rng, 3) * 200;
    if (!create && rng_below(&g->rng, 8) == 0) {
        uint8_t digest[16];
        rng_fill(&g->rng, digest, sizeof digest);
        o->op.kind = CHANGE_DELETE;
        wire_put_bin(setgen_write(o, 0, NULL, false), BYTES_OF(digest));
    } else {
        for (unsigned f = 1; f < SETGEN_FIELDS; f++)
            if (rng_below(&g->rng, 3) == 0 || (f == 13 && o->op.count == 0))
                setgen_value(g, setgen_write(o, f, NULL, false));
        for (unsigned i = 0; i < 3; i++)
            if (rng_below(&g->rng, 4) == 0)
                wire_put_bool(setgen_write(o, 7, topic[i * 3], false), i != 1);
    }
    for (size_t i = 0; i < o->op.count && !create; i++)
        o->writes[i].bases = setgen_bases(g, o->record, o->writes[i].field, room[i]);
    setgen_encode(o, out);
}

/* A payload that no template can say. */
static void setgen_raw_op(struct setgen *g, struct buf *out)
{
    buf_init(out, 4096);
    wire_put_array(out, 3);
    wire_put_uint(out, rng_below(&g->rng, 2) != 0 ? CHANGE_REVOKE : 77);
    wire_put_bin(out, BYTES_OF(g->next.node.b));
    setgen_text(out, PICK(g, visit));
}

static void setgen_remember(struct setgen *g, size_t record, const bool *fields,
                            const struct setgen_set *set)
{
    struct id_version v = id_version_make(&g->next.inc, g->next.seq - 1, &set->hash);
    for (unsigned f = 0; f < SETGEN_FIELDS; f++) {
        if (!fields[f]) continue;
        g->records[record].version[f] = v;
        g->records[record].written[f] = true;
    }
}

void setgen_random(struct setgen *g, struct setgen_set *out)
{
    static struct setgen_op op[6];
    struct buf payloads[6];
    struct bytes views[6];
    size_t record[6];
    unsigned count = rng_below(&g->rng, 2) == 0 ? 1 : 1 + rng_below(&g->rng, 6);
    uint64_t step = rng_u64(&g->rng);
    g->next.hlc += step >> (24 + rng_below(&g->rng, 40));
    if (rng_below(&g->rng, 20) == 0) rng_fill(&g->rng, g->next.person.b, 8);
    if (rng_below(&g->rng, 20) == 0) g->next.hub_seen += rng_below(&g->rng, 1000);
    if (rng_below(&g->rng, 20) == 0) rng_fill(&g->rng, g->next.hub_seen_hash, 8);
    if (rng_below(&g->rng, 40) == 0) g->next.import = rng_u64(&g->rng);
    g->next.flags = g->next.import != 0 && rng_below(&g->rng, 10) == 0;
    for (unsigned i = 0; i < count; i++) {
        record[i] = SIZE_MAX;
        if (rng_below(&g->rng, 12) == 0) {
            setgen_raw_op(g, &payloads[i]);
        } else {
            setgen_random_op(g, i, &payloads[i], &op[i]);
            record[i] = (size_t)(op[i].record - g->records);
        }
        views[i] = buf_bytes(&payloads[i]);
    }
    setgen_payloads(g, views, count, out);
    for (unsigned i = 0; i < count; i++) {
        bool fields[SETGEN_FIELDS] = {false};
        buf_free(&payloads[i]);
        if (record[i] == SIZE_MAX) continue;
        for (size_t k = 0; k < op[i].op.count; k++)
            fields[op[i].writes[k].field] = true;
        setgen_remember(g, record[i], fields, out);
    }
}

/* ---- the workload ---- */

static void setgen_note(struct setgen *g, struct buf *b)
{
    char s[200];
    bool place = rng_below(&g->rng, 3) == 0;
    const char *what = PICK(g, visit);
    const char *then = PICK(g, later);
    unsigned number = 1 + rng_below(&g->rng, 30);
    const char *where = place ? PICK(g, hamlet) : "";
    (void)snprintf(s, sizeof s, "%s, %s %u%s%s%s", what, then, number, place ? " (" : "", where,
                   place ? ")" : "");
    setgen_text(b, s);
}

static void setgen_money(struct setgen *g, struct buf *b)
{
    wire_put_uint(b, rng_below(&g->rng, 3) == 0 ? 0 : 10000 * (10 + rng_below(&g->rng, 490)));
}

static void setgen_month(struct setgen *g, struct buf *b)
{
    char s[16];
    (void)snprintf(s, sizeof s, "2025-%02u", 1 + rng_below(&g->rng, 12));
    setgen_text(b, s);
}

static void setgen_create(struct setgen *g, struct setgen_op *o)
{
    char s[200];
    unsigned year = 1945 + rng_below(&g->rng, 72);
    bool woman = rng_below(&g->rng, 100) < 42;
    o->op.kind = CHANGE_CREATE;
    setgen_text(setgen_write(o, 1, NULL, false), PICK(g, topic));
    setgen_name(g, s);
    setgen_text(setgen_write(o, 2, NULL, false), s);
    unsigned month = 1 + rng_below(&g->rng, 12);
    unsigned day = 1 + rng_below(&g->rng, 28);
    (void)snprintf(s, sizeof s, "%04u-%02u-%02u", year, month, day);
    setgen_text(setgen_write(o, 3, NULL, false), s);
    setgen_text(setgen_write(o, 4, NULL, false), woman ? "nữ" : "nam");
    (void)snprintf(s, sizeof s, "075%u%02u%06u", (year < 2000 ? 0u : 2u) + (woman ? 1u : 0u),
                   year % 100, rng_below(&g->rng, 1000000));
    setgen_text(setgen_write(o, 5, NULL, false), s);
    unsigned house = 1 + rng_below(&g->rng, 400);
    const char *road = PICK(g, street);
    const char *place = PICK(g, hamlet);
    (void)snprintf(s, sizeof s, "số %u, %s, %s", house, road, place);
    setgen_text(setgen_write(o, 6, NULL, false), s);
    setgen_text(setgen_write(o, 7, NULL, false), "Vĩnh An");
    setgen_text(setgen_write(o, 8, NULL, false), PICK(g, status));
    setgen_month(g, setgen_write(o, 9, NULL, false));
    setgen_money(g, setgen_write(o, 10, NULL, false));
    setgen_text(setgen_write(o, 11, NULL, false), PICK(g, g->officer));
    setgen_note(g, setgen_write(o, 12, NULL, false));
}

static void setgen_edit(struct setgen *g, struct setgen_op *o)
{
    unsigned k = rng_below(&g->rng, 10);
    o->op.kind = CHANGE_EDIT;
    if (k < 5) setgen_text(setgen_write(o, 8, NULL, true), PICK(g, status));
    if (k == 9) setgen_month(g, setgen_write(o, 9, NULL, true));
    if (k >= 4 && k <= 6) setgen_money(g, setgen_write(o, 10, NULL, true));
    if (k >= 6 && k <= 8) setgen_note(g, setgen_write(o, 12, NULL, true));
}

void setgen_workload(struct setgen *g, struct setgen_set *out)
{
    static struct setgen_op o;
    struct buf payload;
    memset(&o, 0, sizeof o);
    g->next.hlc += (uint64_t)(1000 + rng_below(&g->rng, 120000)) << 16;
    o.op.type = 1;
    bool create = g->count == 0 || rng_below(&g->rng, 10) < 7;
    if (create) {
        o.record = setgen_record_new(g, 0);
        setgen_create(g, &o);
    } else {
        unsigned recent = g->count < 200 ? (unsigned)g->count : 200;
        bool fresh = rng_below(&g->rng, 3) != 0;
        size_t back = rng_below(&g->rng, fresh ? recent : (unsigned)g->count);
        o.record = &g->records[g->count - 1 - back];
        setgen_edit(g, &o);
    }
    size_t record = (size_t)(o.record - g->records);
    bool fields[SETGEN_FIELDS] = {false};
    setgen_encode(&o, &payload);
    for (size_t k = 0; k < o.op.count; k++)
        fields[o.writes[k].field] = true;
    struct bytes view = buf_bytes(&payload);
    setgen_payloads(g, &view, 1, out);
    setgen_remember(g, record, fields, out);
    buf_free(&payload);
}

void setgen_erase(struct setgen_set *s, unsigned op)
{
    static struct change_view v;
    struct buf body;
    buf_init(&body, CHANGE_BODY_BYTES_MAX);
    if (change_open(buf_bytes(&s->head), buf_bytes(&s->body), &v) != ERR_OK) abort();
    buf_add_u8(&body, 1);
    for (unsigned i = 0; i < v.head.ops; i++) {
        bool kept = i != op && v.payload[i].p != NULL;
        buf_add_u8(&body, kept ? 1 : 0);
        if (!kept) continue;
        buf_add(&body, v.salt[i], 16);
        buf_add_bytes(&body, v.payload[i]);
    }
    if (body.e != ERR_OK) abort();
    buf_free(&s->body);
    s->body = body;
}
