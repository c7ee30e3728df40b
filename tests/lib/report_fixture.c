#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/lib/report_fixture.h"
#include "common/io/file.h"
#include "hub/store_records.h"
#include "proto/admin.h"
#include "proto/edition.h"
#include "proto/record.h"
#include "tests/lib/catalogue_load.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *const report_units[REPORT_UNITS] = {"26170", "26173", "26176", "26179",
                                                "26182", "26185", "26188", "26191",
                                                "26194", "26197", "26200", "26203"};

/* ---- keys and identity ---- */

static void seed_of(struct rng *r, uint8_t out[KEY_SEED_BYTES])
{
    rng_fill(r, out, KEY_SEED_BYTES);
}

static void sign_key(struct rng *r, struct key_sign *k, enum key_use use)
{
    uint8_t seed[KEY_SEED_BYTES];
    seed_of(r, seed);
    assert_int_equal(key_sign_from_seed(k, use, seed), ERR_OK);
}

static void box_key(struct rng *r, struct key_box *k, enum key_use use)
{
    uint8_t seed[KEY_SEED_BYTES];
    seed_of(r, seed);
    assert_int_equal(key_box_from_seed(k, use, seed), ERR_OK);
}

static void identity_make(struct report_hub *h, struct rng *r)
{
    struct hub_identity *id = &h->identity;
    struct buf card;
    sign_key(r, &h->root, KEY_ROOT);
    sign_key(r, &h->log, KEY_SIGN);
    sign_key(r, &h->issue, KEY_ISSUE);
    box_key(r, &h->transport, KEY_TRANSPORT);
    box_key(r, &h->sealing, KEY_SEALING);
    *id = (struct hub_identity){.unit = "735", .unit_name = "Huyện Vĩnh Cửu"};
    memcpy(id->parsed.root_pk, h->root.public, 32);
    memcpy(id->parsed.log_pk, h->log.public, 32);
    memcpy(id->parsed.transport_pk, h->transport.public, 32);
    memcpy(id->parsed.sealing_pk, h->sealing.public, 32);
    id->parsed.serial = 1;
    buf_init(&card, ADMIN_CARD_BYTES_MAX);
    admin_card_make(&id->parsed, h->root.secret, &card);
    assert_int_equal(card.e, ERR_OK);
    memcpy(id->card, card.p, card.len);
    id->card_len = card.len;
    buf_free(&card);
    crypto_generichash(id->hub.b, 32, h->root.public, 32, NULL, 0);
    rng_fill(r, id->inc.b, sizeof id->inc.b);
    id->epoch = rng_u64(r);
    h->keys = (struct hub_sync_keys){.hub = id->hub,
                                     .transport_secret = h->transport.secret,
                                     .transport_pk = h->transport.public,
                                     .log_secret = h->log.secret,
                                     .log_pk = h->log.public};
    assert_int_equal(hub_store_identity_set(h->store, id), ERR_OK);
}

/* Random bytes of the hub's own log come from libsodium; the same seed must give the same sets, so
 * the root of each block is given before. */
static void own_append(struct report_hub *h, const struct bytes *payloads, size_t count)
{
    struct hub_own_set set = {.payloads = payloads, .count = count};
    assert_int_equal(hub_store_begin(h->store), ERR_OK);
    assert_int_equal(hub_own_append(h->store, &h->keys, &set, h->now_ms, NULL), ERR_OK);
    assert_int_equal(hub_store_commit(h->store), ERR_OK);
    h->now_ms += 1000;
}

static void own_payload(struct report_hub *h, struct buf *payload)
{
    assert_int_equal(payload->e, ERR_OK);
    struct bytes p = buf_bytes(payload);
    own_append(h, &p, 1);
    buf_clear(payload);
}

/* ---- catalogue, nodes ---- */

void report_publish(struct report_hub *h, uint32_t edition, const struct catalogue_file *files,
                    size_t count)
{
    struct buf archive, frame, payload;
    struct admin_edition ed = {.edition = edition};
    buf_init(&archive, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&frame, CATALOGUE_ARCHIVE_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    assert_int_equal(catalogue_archive(files, count, &archive), ERR_OK);
    assert_int_equal(edition_squeeze(buf_bytes(&archive), &frame, &ed), ERR_OK);
    ed.edition = edition;
    for (unsigned i = 0; i < ed.parts; i++) {
        struct admin_part part = edition_part(&ed, buf_bytes(&frame), i);
        admin_part_encode(&part, &payload);
        own_payload(h, &payload);
    }
    admin_edition_encode(&ed, &payload);
    own_payload(h, &payload);
    buf_free(&archive);
    buf_free(&frame);
    buf_free(&payload);
}

static void publish(struct report_hub *h)
{
    size_t count;
    struct catalogue_file *files = catalogue_load("catalogue", &count);
    report_publish(h, 1, files, count);
    catalogue_unload(files, count);
}

static void take(struct report_hub *h, struct report_node *n, const struct bytes *payloads,
                 size_t count);

static void enrol(struct report_hub *h, struct rng *r, size_t i)
{
    struct report_node *n = &h->nodes[i];
    struct admin_cert cert = {.hub = h->identity.hub, .serial = 1};
    struct buf bytes, payload;
    sign_key(r, &n->sign, KEY_SIGN);
    box_key(r, &n->transport, KEY_TRANSPORT);
    n->next = (struct change_head){.hub = h->identity.hub, .edition = 1};
    crypto_generichash(n->next.node.b, 32, n->sign.public, 32, NULL, 0);
    rng_fill(r, n->next.inc.b, sizeof n->next.inc.b);
    cert.node = n->next.node;
    memcpy(cert.sign_pk, n->sign.public, 32);
    memcpy(cert.transport_pk, n->transport.public, 32);
    snprintf(cert.unit, sizeof cert.unit, "%s", report_units[i]);
    buf_init(&bytes, ADMIN_CERT_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_cert_make(&cert, h->log.secret, &bytes);
    struct admin_enrol en = {.node = cert.node, .certificate = buf_bytes(&bytes)};
    admin_enrol_encode(&en, &payload);
    own_payload(h, &payload);
    buf_free(&bytes);
    buf_free(&payload);
}

static void genesis(struct report_hub *h, struct report_node *n)
{
    struct admin_genesis g = {.has_parent = false};
    struct buf payload;
    memcpy(g.sign_pk, n->sign.public, 32);
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_genesis_encode(&g, &payload);
    struct bytes p = buf_bytes(&payload);
    take(h, n, &p, 1);
    buf_free(&payload);
}

void report_hub_open(struct report_hub *h, uint64_t seed)
{
    struct rng r = {seed};
    *h = (struct report_hub){.folder = "/tmp/dongbo-report-XXXXXX", .frame = REPORT_FRAME_SETS};
    assert_int_equal(key_ready(), ERR_OK);
    assert_non_null(mkdtemp(h->folder));
    snprintf(h->path, sizeof h->path, "%s/hub.db", h->folder);
    struct hub_store_options options = {.path = h->path, .create = true};
    assert_int_equal(hub_store_open(&options, &h->store), ERR_OK);
    h->now_ms = INT64_C(1689000000000); /* 10 July 2023 */
    h->catalogue = catalogue_load_parsed("catalogue");
    identity_make(h, &r);
    publish(h);
    for (size_t i = 0; i < REPORT_UNITS; i++)
        enrol(h, &r, i);
}

void report_hub_reopen(struct report_hub *h)
{
    struct hub_store_options options = {.path = h->path};
    hub_store_close(h->store);
    assert_int_equal(hub_store_open(&options, &h->store), ERR_OK);
}

void report_hub_close(struct report_hub *h)
{
    char command[128];
    hub_store_close(h->store);
    catalogue_free(h->catalogue);
    for (size_t i = 0; i < REPORT_UNITS; i++) {
        key_sign_free(&h->nodes[i].sign);
        key_box_free(&h->nodes[i].transport);
    }
    key_sign_free(&h->root);
    key_sign_free(&h->log);
    key_sign_free(&h->issue);
    key_box_free(&h->transport);
    key_box_free(&h->sealing);
    snprintf(command, sizeof command, "rm -rf '%s'", h->folder);
    assert_int_equal(system(command), 0);
}

/* ---- change sets of nodes ---- */

struct made {
    struct buf head, body;
};

static void make_set(struct report_hub *h, struct report_node *n, struct bytes payload,
                     struct pack_decoded *out, uint8_t signature[64], struct made *m)
{
    struct change_builder b;
    uint8_t seed[CHANGE_SEED_BYTES], material[40];
    memcpy(material, n->next.node.b, 32);
    le64_store(material + 32, n->next.seq);
    crypto_generichash(seed, sizeof seed, material, sizeof material, NULL, 0);
    n->next.hlc = ((uint64_t)(h->now_ms - n->clock_back_ms) << 16) + n->next.seq;
    h->now_ms++;
    buf_init(&m->head, CHANGE_HEAD_BYTES_MAX);
    buf_init(&m->body, CHANGE_BODY_BYTES_MAX);
    change_begin(&b, &n->next, seed);
    change_add(&b, payload);
    assert_int_equal(change_finish(&b, &m->head, &m->body, &out->hash), ERR_OK);
    change_sign(n->sign.secret, &n->next, &out->hash, signature);
    out->head = buf_bytes(&m->head);
    out->body = buf_bytes(&m->body);
    n->next.seq++;
    n->next.prev = out->hash;
}

static void take(struct report_hub *h, struct report_node *n, const struct bytes *payloads,
                 size_t count)
{
    struct pack_decoded v[64];
    struct made made[64];
    struct pack_sets sets = {.v = v, .count = count};
    struct hub_taken taken;
    assert_true(count <= 64);
    for (size_t i = 0; i < count; i++)
        make_set(h, n, payloads[i], &v[i], sets.signature, &made[i]);
    assert_int_equal(hub_store_begin(h->store), ERR_OK);
    assert_int_equal(hub_store_take(h->store, &n->next.node, &sets, h->now_ms, &taken), ERR_OK);
    assert_int_equal(hub_store_commit(h->store), ERR_OK);
    for (size_t i = 0; i < count; i++) {
        buf_free(&made[i].head);
        buf_free(&made[i].body);
    }
}

/* ---- records ---- */

struct edits {
    struct record_edit v[CATALOGUE_FIELDS_MAX];
    struct bytes elements[CATALOGUE_SET_MAX];
    size_t count, element_count;
};

static int bytes_order(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

static void edit_field(struct edits *e, const struct catalogue_field *f, json_t *value)
{
    struct record_edit *v = &e->v[e->count++];
    *v = (struct record_edit){.field = f};
    if (json_is_string(value)) {
        v->text = bytes_str(json_string_value(value));
        return;
    }
    assert_true(json_is_array(value));
    v->elements = &e->elements[e->element_count];
    v->element_count = json_array_size(value);
    for (size_t i = 0; i < v->element_count; i++)
        e->elements[e->element_count++] = bytes_str(json_string_value(json_array_get(value, i)));
    qsort((void *)(uintptr_t)v->elements, v->element_count, sizeof *v->elements, bytes_order);
}

static const struct catalogue_type *edits_of(struct report_hub *h, json_t *line, struct edits *e,
                                             struct id_record *rid)
{
    const char *key;
    json_t *value;
    const struct catalogue_type *t =
        catalogue_type_by_name(h->catalogue, json_string_value(json_object_get(line, "type")));
    assert_non_null(t);
    assert_int_equal(id_unhex(json_string_value(json_object_get(line, "id")), rid->b, 16), ERR_OK);
    *e = (struct edits){.count = 0};
    json_object_foreach(line, key, value)
    {
        if (strcmp(key, "type") == 0 || strcmp(key, "id") == 0) continue;
        const struct catalogue_field *f = catalogue_field_by_name(t, key);
        assert_non_null(f);
        edit_field(e, f, value);
    }
    return t;
}

/* The payload that creates or, with a state, edits the record of a line. */
static void payload_of(struct report_hub *h, const char *json, bool edit, struct buf *out)
{
    struct edits e;
    struct fold fold;
    struct record_writes w;
    struct buf state;
    struct change_op op = {.kind = edit ? CHANGE_EDIT : CHANGE_CREATE};
    json_t *line = json_loads(json, 0, NULL);
    assert_non_null(line);
    const struct catalogue_type *t = edits_of(h, line, &e, &op.rid);
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    assert_int_equal(fold_init(&fold), ERR_OK);
    assert_int_equal(record_writes_init(&w), ERR_OK);
    if (edit) {
        unsigned type;
        uint64_t position;
        assert_int_equal(hub_store_record(h->store, &op.rid, &state, &type, NULL, &position),
                         ERR_OK);
        assert_int_equal(fold_load(&fold, buf_bytes(&state)), ERR_OK);
    }
    op.type = t->no;
    assert_int_equal(record_writes_make(&fold, e.v, e.count, &w), ERR_OK);
    op.writes = w.v;
    op.count = w.count;
    change_writes_sort(op.writes, op.count);
    change_op_encode(&op, out);
    assert_int_equal(out->e, ERR_OK);
    record_writes_free(&w);
    fold_free(&fold);
    buf_free(&state);
    json_decref(line);
}

static void put_payloads(struct report_hub *h, int node, const struct bytes *payloads, size_t count)
{
    if (node < 0) {
        for (size_t i = 0; i < count; i++)
            own_append(h, &payloads[i], 1);
        return;
    }
    if (h->nodes[node].next.seq == 0) genesis(h, &h->nodes[node]);
    for (size_t i = 0; i < count; i += h->frame)
        take(h, &h->nodes[node], payloads + i, count - i < h->frame ? count - i : h->frame);
}

static void put_line(struct report_hub *h, int node, const char *json, bool edit)
{
    struct buf payload;
    buf_init(&payload, CHANGE_BYTES_MAX);
    payload_of(h, json, edit, &payload);
    struct bytes p = buf_bytes(&payload);
    put_payloads(h, node, &p, 1);
    buf_free(&payload);
}

void report_put(struct report_hub *h, int node, const char *json)
{
    put_line(h, node, json, false);
}

void report_edit(struct report_hub *h, int node, const char *json)
{
    put_line(h, node, json, true);
}

void report_delete(struct report_hub *h, int node, const struct id_record *rid, bool gone)
{
    struct fold fold;
    struct record_writes w;
    struct buf state, payload;
    unsigned type = 0;
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    assert_int_equal(fold_init(&fold), ERR_OK);
    assert_int_equal(record_writes_init(&w), ERR_OK);
    assert_int_equal(hub_store_record(h->store, rid, &state, &type, NULL, NULL), ERR_OK);
    assert_int_equal(fold_load(&fold, buf_bytes(&state)), ERR_OK);
    assert_int_equal(gone ? record_writes_delete(&fold, &w) : record_writes_restore(&fold, &w),
                     ERR_OK);
    struct change_op op = {gone ? CHANGE_DELETE : CHANGE_EDIT, *rid, type, w.v, w.count};
    change_op_encode(&op, &payload);
    assert_int_equal(payload.e, ERR_OK);
    struct bytes p = buf_bytes(&payload);
    put_payloads(h, node, &p, 1);
    record_writes_free(&w);
    fold_free(&fold);
    buf_free(&payload);
    buf_free(&state);
}

enum { LINES_MAX = 4000, LINE_ROOM = 8192 };

void report_import(struct report_hub *h, int node, const char *path)
{
    char *line = malloc(LINE_ROOM);
    struct buf *payloads = calloc(LINES_MAX, sizeof *payloads);
    struct bytes *views = calloc(LINES_MAX, sizeof *views);
    size_t n = 0;
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    assert_non_null(line);
    assert_non_null(payloads);
    assert_non_null(views);
    while (fgets(line, LINE_ROOM, f) != NULL) {
        assert_true(n < LINES_MAX);
        buf_init(&payloads[n], CHANGE_BYTES_MAX);
        payload_of(h, line, false, &payloads[n]);
        views[n] = buf_bytes(&payloads[n]);
        n++;
    }
    assert_int_equal(fclose(f), 0);
    put_payloads(h, node, views, n);
    for (size_t i = 0; i < n; i++)
        buf_free(&payloads[i]);
    free(payloads);
    free(views);
    free(line);
}

void report_data(const struct report_hub *h, unsigned seed, char out[128])
{
    char command[512];
    snprintf(out, 128, "%s/data", h->folder);
    snprintf(command, sizeof command, "python3 %s/tests/data/vinhcuu.py --out '%s' --seed %u",
             DONGBO_SOURCE_DIR, out, seed);
    assert_int_equal(system(command), 0);
}

void report_fill(struct report_hub *h, unsigned seed, size_t first, int skip)
{
    char data[128], path[192];
    report_data(h, seed, data);
    snprintf(path, sizeof path, "%s/district.ndjson", data);
    report_import(h, -1, path);
    for (size_t i = 0; i < REPORT_UNITS; i++) {
        size_t unit = (first + i) % REPORT_UNITS;
        if ((int)unit == skip) continue;
        snprintf(path, sizeof path, "%s/%s.ndjson", data, report_units[unit]);
        report_import(h, (int)unit, path);
    }
}

/* ---- reports ---- */

struct period report_period(const char *label)
{
    struct period p;
    assert_int_equal(period_parse(bytes_str(label), &p), ERR_OK);
    return p;
}

struct hub_report *report_of(struct report_hub *h, const char *id, const char *unit,
                             const char *label)
{
    struct hub_report *r = NULL;
    struct hub_report_why why;
    enum err e = hub_report_compute(h->store, id, unit, report_period(label), &r, &why);
    if (e != ERR_OK) print_error("%s: %s\n", err_name(e), why.en);
    assert_int_equal(e, ERR_OK);
    return r;
}

bool report_figure(const struct hub_report *r, const char *indicator, const char *unit,
                   int64_t *num, int64_t *den)
{
    size_t column;
    assert_int_equal(hub_report_column(r, unit, &column), ERR_OK);
    for (size_t i = 0; i < r->line_count; i++) {
        if (strcmp(r->lines[i].indicator->id, indicator) != 0) continue;
        *num = r->lines[i].rows[0].cells[column].num;
        *den = r->lines[i].rows[0].cells[column].den;
        return true;
    }
    return false;
}

enum err report_close(struct report_hub *h, const char *id, const char *label,
                      struct hub_close_result *out)
{
    return report_close_without(h, id, label, NULL, out);
}

enum err report_close_without(struct report_hub *h, const char *id, const char *label,
                              const char *missing, struct hub_close_result *out)
{
    struct hub_report_why why;
    struct hub_close_request request = {
        .report = id,
        .period = report_period(label),
        .now_ms = h->now_ms,
        .keys = &h->keys,
        .issue_key = &h->issue,
        .scratch = h->folder,
        .missing = missing,
    };
    enum err e = hub_close(h->store, &request, out, &why);
    if (e != ERR_OK) print_message("close: %s %s\n", err_name(e), why.en);
    return e;
}
