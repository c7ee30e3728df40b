#include "tests/lib/node_fixture.h"
#include "node/entry.h"
#include "node/store_readers.h"
#include "proto/admin.h"
#include "proto/record.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <sodium.h>

#define assert_ok(call) assert_int_equal(call, ERR_OK)

static struct node_fixture fx;
static struct node_entry entry;
static struct entry_why why;
static struct entry_op op;

static int setup(void **state)
{
    (void)state;
    fixture_open(&fx, true);
    return node_entry_init(&entry, fx.store) == ERR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    node_entry_free(&entry);
    fixture_close(&fx);
    return 0;
}

static const struct catalogue_type *type_of(const char *name)
{
    return catalogue_type_by_name(node_store_catalogue(fx.store, NULL), name);
}

/* Values as NAME, VALUE, ..., NULL. */
struct sheet {
    struct entry_value v[ENTRY_FIELDS_MAX];
    struct node_entry_form form;
};

static void fill(struct sheet *s, const char *type, ...)
{
    va_list args;
    *s = (struct sheet){.form = {.type = type_of(type), .values = s->v}};
    va_start(args, type);
    for (const char *name = va_arg(args, const char *); name != NULL;
         name = va_arg(args, const char *)) {
        const struct catalogue_field *f = catalogue_field_by_name(s->form.type, name);
        assert_non_null(f);
        s->v[s->form.count++] =
            (struct entry_value){f, bytes_str(va_arg(args, const char *)), false};
    }
    va_end(args);
    memset(s->form.rid.b, 0x41, sizeof s->form.rid.b);
}

static enum err make(const struct sheet *s)
{
    enum err e = node_entry_make(&entry, &s->form, &op, &why);
    if (e != ERR_OK) assert_true(why.vi[0] != '\0' && why.en[0] != '\0');
    return e;
}

static void save(const struct sheet *s)
{
    struct id_person person = {{1}};
    assert_ok(make(s));
    assert_true(op.changed);
    assert_ok(node_own_append(
        fx.store, &fx.keys,
        &(struct node_own_set){.person = person, .payloads = &op.payload, .count = 1}, 1, NULL));
}

static size_t writes_of(void)
{
    static struct change_write writes[CHANGE_WRITES_MAX];
    struct change_op c;
    assert_ok(change_op_decode(op.payload, writes, &c));
    return c.count;
}

static void test_only_changes_are_written(void **state)
{
    (void)state;
    struct sheet s;
    fill(&s, "person", "full_name", "Nguyễn Văn Hoà", "sex", "male", "occupation", "nông dân",
         NULL);
    save(&s);
    assert_int_equal(op.kind, CHANGE_CREATE);
    assert_int_equal(writes_of(), 3);
    assert_ok(make(&s)); /* the same again */
    assert_false(op.changed);
    assert_int_equal(op.kind, CHANGE_EDIT);
    fill(&s, "person", "full_name", "Nguyễn Văn Hoà", "sex", "male", "occupation", "thợ hồ", NULL);
    assert_ok(make(&s));
    assert_int_equal(writes_of(), 1);
    /* Decomposed and with blanks around it is the same name. */
    fill(&s, "person", "full_name", "  Nguye\xCC\x82\xCC\x83n Va\xCC\x86n Hoa\xCC\x80 ", NULL);
    assert_ok(make(&s));
    assert_false(op.changed);
    fill(&s, "person", "occupation", " ", NULL); /* blanks clear a field */
    assert_ok(make(&s));
    assert_int_equal(writes_of(), 1);
}

static void test_choices_as_elements(void **state)
{
    (void)state;
    struct sheet s;
    fill(&s, "contact_log", "client", "0000000000000000000000000000000a", "on_date", "28/06/2023",
         "content", "persuasion;advice", NULL);
    save(&s);
    assert_int_equal(writes_of(), 4);
    fill(&s, "contact_log", "content", "advice", NULL);
    assert_ok(make(&s));
    assert_int_equal(writes_of(), 1); /* one element taken out */
    fill(&s, "contact_log", "content", "advice;nothing", NULL);
    assert_int_equal(make(&s), ERR_BAD_VALUE);
    assert_string_equal(why.field->name, "content");
}

static void test_reasons(void **state)
{
    (void)state;
    struct sheet s;
    fill(&s, "person", "full_name", "A", NULL);
    assert_int_equal(make(&s), ERR_BAD_VALUE);
    assert_string_equal(why.field->name, "sex");
    fill(&s, "person", "full_name", "A", "sex", "male", "national_id", "12345", NULL);
    assert_int_equal(make(&s), ERR_BAD_VALUE);
    assert_string_equal(why.field->name, "national_id");
    assert_non_null(strstr(why.vi, "12"));
    fill(&s, "person", "full_name", "A", "sex", "male", "dob", "31/02/1990", NULL);
    assert_int_equal(make(&s), ERR_BAD_VALUE);
    assert_string_equal(why.field->name, "dob");
    fill(&s, "person", "full_name", "A", "sex", "male", "full_name", "B", NULL);
    assert_int_equal(make(&s), ERR_BAD_INPUT);
    fill(&s, "person", NULL);
    assert_int_equal(make(&s), ERR_BAD_INPUT);
    fill(&s, "team_member", "person", "không phải mã", NULL);
    assert_int_equal(make(&s), ERR_BAD_VALUE);
    /* A constraint over two fields, one saved and one edited. */
    fill(&s, "team", "name", "Đội", "kind", "volunteer_team", "state", "active", "founded_on",
         "2020-05-01", NULL);
    save(&s);
    fill(&s, "team", "state_since", "2020-04-30", NULL);
    assert_int_equal(make(&s), ERR_BAD_VALUE);
    assert_string_equal(why.field->name, "state_since");
    fill(&s, "team", "state_since", "2020-05-01", NULL);
    assert_ok(make(&s));
    fill(&s, "person", "full_name", "A", NULL);
    assert_int_equal(make(&s), ERR_BAD_INPUT); /* the id is of a team */
}

static void test_base_and_existence(void **state)
{
    (void)state;
    struct sheet s;
    uint8_t version[16];
    fill(&s, "person", "full_name", "A", "sex", "male", NULL);
    s.form.must_exist = true;
    assert_int_equal(make(&s), ERR_NOT_FOUND);
    s.form.must_exist = false;
    save(&s);
    assert_ok(node_store_record_read(fx.store, &s.form.rid, &entry.record));
    node_store_record_version(&entry.record, version);
    fill(&s, "person", "full_name", "B", NULL);
    s.form.base = version;
    save(&s);
    fill(&s, "person", "full_name", "C", NULL);
    s.form.base = version;
    assert_int_equal(make(&s), ERR_STALE);
    s.form.base = NULL;
    s.form.action = ENTRY_RESTORE;
    assert_ok(make(&s));
    assert_false(op.changed); /* it is not deleted */
    s.form.action = ENTRY_DELETE;
    save(&s);
    assert_int_equal(op.kind, CHANGE_DELETE);
    assert_ok(make(&s));
    assert_false(op.changed);
    s.form.action = ENTRY_SAVE;
    assert_int_equal(make(&s), ERR_BAD_INPUT);
    s.form.action = ENTRY_RESTORE;
    save(&s);
    s.form.action = ENTRY_SAVE;
    assert_ok(make(&s));
    assert_true(op.changed);
}

/* A reason whose delete did not follow is of no other delete. */
static void test_a_reason_that_was_left(void **state)
{
    (void)state;
    struct sheet s;
    const struct catalogue *c = node_store_catalogue(fx.store, NULL);
    const struct fold *f = &entry.record.fold;
    uint8_t saw[16], sees[16];
    fill(&s, "person", "full_name", "A", "sex", "male", NULL);
    save(&s);
    assert_ok(node_store_record_read(fx.store, &s.form.rid, &entry.record));
    assert_int_equal(entry_reason_needed(c, f, &why), ERR_BAD_INPUT);
    fold_digest(f, saw);
    s.form.action = ENTRY_REASON;
    s.form.reason = bytes_str("mistake");
    save(&s);
    assert_ok(node_store_record_read(fx.store, &s.form.rid, &entry.record));
    assert_int_equal(record_reason(f).len, 7);
    fold_digest(f, sees);
    assert_memory_equal(saw, sees,
                        sizeof saw); /* nor is it part of what a delete saw (SPEC 4.14) */
    assert_int_equal(entry_reason_needed(c, f, &why), ERR_BAD_INPUT);
    s.form.action = ENTRY_DELETE;
    save(&s);
    assert_ok(node_store_record_read(fx.store, &s.form.rid, &entry.record));
    assert_true(fold_deleted(f) && !fold_delete_conflict(f));
    assert_ok(entry_reason_needed(c, f, &why)); /* to delete it again in a conflict: it is said */
}

static void test_text_at_its_limit(void **state)
{
    (void)state;
    struct sheet s;
    static char text[CATALOGUE_TEXT_BYTES_MAX + 2];
    memset(text, 'a', CATALOGUE_TEXT_BYTES_MAX);
    fill(&s, "person", "full_name", "A", "sex", "male", "note", text, NULL);
    assert_ok(make(&s));
    text[CATALOGUE_TEXT_BYTES_MAX] = 'a';
    fill(&s, "person", "full_name", "A", "sex", "male", "note", text, NULL);
    assert_int_equal(make(&s), ERR_BAD_VALUE);
    assert_string_equal(why.field->name, "note");
}

static void test_without_catalogue(void **state)
{
    (void)state;
    struct node_fixture bare;
    struct node_entry other;
    fixture_open(&bare, false);
    assert_ok(node_entry_init(&other, bare.store));
    struct node_entry_form form = {.action = ENTRY_SAVE};
    assert_int_equal(node_entry_make(&other, &form, &op, &why), ERR_NOT_READY);
    assert_non_null(strstr(why.vi, "danh mục"));
    node_entry_free(&other);
    fixture_close(&bare);
}

static size_t state_bytes(const struct id_record *rid)
{
    static struct node_store_record r;
    struct buf state;
    if (r.fold.private_ == NULL) assert_ok(node_store_record_init(&r));
    buf_init(&state, FOLD_STATE_BYTES_MAX);
    assert_ok(node_store_record_read(fx.store, rid, &r));
    fold_save(&r.fold, &state);
    assert_ok(state.e);
    size_t len = state.len;
    node_store_record_free(&r);
    r = (struct node_store_record){.position = 0};
    buf_free(&state);
    return len;
}

/* One more key that nobody can open: room in the record. */
static void fill_up(const struct id_record *rid, unsigned type)
{
    static const uint8_t yes[] = {0xc3};
    static unsigned n;
    struct id_person person = {{1}};
    char element[SEALED_WRAP_CHARS + 1];
    struct buf b;
    snprintf(element, sizeof element, "%0*u", SEALED_WRAP_CHARS, n++);
    struct change_write w = {
        .field = SEALED_FIELD, .value = BYTES_OF(yes), .element = bytes_str(element)};
    const struct change_op o = {CHANGE_EDIT, *rid, type, &w, 1};
    buf_init(&b, CHANGE_BYTES_MAX);
    change_op_encode(&o, &b);
    assert_ok(b.e);
    struct bytes p = buf_bytes(&b);
    struct node_own_set set = {.person = person, .payloads = &p, .count = 1};
    assert_ok(node_own_append(fx.store, &fx.keys, &set, 1, NULL));
    buf_free(&b);
}

/* A text that fits as it is typed and not as it is sealed is refused, not saved and then held. */
static void test_room_for_what_is_sealed(void **state)
{
    (void)state;
    struct sheet s;
    static char text[SEALED_PLAIN_BYTES_MAX + 1];
    memset(text, 'a', SEALED_PLAIN_BYTES_MAX);
    fill(&s, "trafficking_case", "alias", "Hoa", "received_on", "2023-03-02", "received_by",
         "police", "victim_status", "verifying", NULL);
    save(&s);
    unsigned type = s.form.type->no;
    while (state_bytes(&s.form.rid) < FOLD_STATE_BYTES_MAX - 3500)
        fill_up(&s.form.rid, type);
    fill(&s, "trafficking_case", "note", text, NULL);
    assert_int_equal(make(&s), ERR_TOO_LARGE);
    assert_non_null(strstr(why.en, "nothing was saved"));
    text[1500] = '\0';
    fill(&s, "trafficking_case", "note", text, NULL);
    save(&s);
    assert_true(state_bytes(&s.form.rid) <= FOLD_STATE_BYTES_MAX);
}

/* ---- readers ---- */

static void told(struct buf *payload)
{
    assert_ok(payload->e);
    fixture_hub_set(&fx, buf_bytes(payload));
    assert_ok(fixture_end(&fx, NULL, NULL, 0));
    buf_free(payload);
}

/* The hub certifies this sealing key as the PC `of` of a unit. */
static struct id_hash certify(uint8_t of, const char *unit, uint8_t key)
{
    struct admin_cert cert = {.hub = fx.identity.hub, .serial = 1};
    struct buf bytes, payload;
    memset(cert.sign_pk, of, sizeof cert.sign_pk);
    crypto_generichash(cert.node.b, sizeof cert.node.b, cert.sign_pk, 32, NULL, 0);
    memset(cert.sealing_pk, key, sizeof cert.sealing_pk);
    snprintf(cert.unit, sizeof cert.unit, "%s", unit);
    buf_init(&bytes, ADMIN_CERT_BYTES_MAX);
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_cert_make(&cert, fx.hub_log.secret, &bytes);
    struct admin_enrol en = {.node = cert.node, .certificate = buf_bytes(&bytes)};
    admin_enrol_encode(&en, &payload);
    told(&payload);
    buf_free(&bytes);
    return cert.node;
}

static const struct node_reader *reader_of(const struct id_hash *node)
{
    const struct node_reader *v = NULL;
    size_t n = 0;
    assert_ok(node_store_readers(fx.store, &v, &n));
    for (size_t i = 0; i < n; i++)
        if (ID_EQUAL(&v[i].node, node)) return &v[i];
    return NULL;
}

static void accept(const struct id_hash *node)
{
    const struct node_reader *r = reader_of(node);
    assert_non_null(r);
    assert_ok(node_store_reader_accept(fx.store, r, true, "Mai", 1));
    assert_true(reader_of(node)->accepted);
}

static void test_who_was_accepted_is_that_pc_of_that_unit(void **state)
{
    (void)state;
    struct buf payload;
    struct id_hash one = certify(1, "26188", 7);
    assert_false(reader_of(&one)->accepted);
    accept(&one);
    struct id_hash two = certify(2, "26188", 7); /* the same key under another name */
    assert_false(reader_of(&two)->accepted);
    certify(1, "26170", 7); /* the same PC, of another unit now */
    assert_false(reader_of(&one)->accepted);
    certify(1, "26170", 8); /* with another key */
    assert_false(reader_of(&one)->accepted);
    accept(&one);
    struct admin_revoke v = {.node = one, .reason = bytes_str("mất máy")};
    buf_init(&payload, CHANGE_BYTES_MAX);
    admin_revoke_encode(&v, &payload);
    told(&payload);
    assert_false(reader_of(&one)->accepted);
    certify(1, "26170", 8); /* a revoked PC stays revoked, and its key under any name */
    assert_false(reader_of(&one)->accepted);
    two = certify(3, "26170", 8);
    assert_false(reader_of(&two)->accepted);
    accept(&two);                                  /* but for words that were compared anew */
    assert_ok(node_store_readers_doubt(fx.store)); /* an old copy came back */
    assert_false(reader_of(&two)->accepted);
}

/* A ref is refused when the record is here and is another type's, or is the record itself; one that is not here may
 * still come. */
static void a_ref_names_a_record_of_its_type(void **state)
{
    struct sheet s;
    static const char person[] = "41414141414141414141414141414141";
    static const char home[] = "42424242424242424242424242424242";
    static const char later[] = "43434343434343434343434343434343";
    (void)state;
    fill(&s, "person", "full_name", "Trần Thị Tốt", "sex", "female", NULL);
    save(&s);
    fill(&s, "household", "head", person, NULL);
    memset(s.form.rid.b, 0x42, sizeof s.form.rid.b);
    save(&s);
    static const char *const wrong[][2] = {{"household", person}, {"guardian", person}};
    for (size_t i = 0; i < 2; i++) {
        fill(&s, "person", wrong[i][0], wrong[i][1], NULL);
        assert_int_equal(make(&s), ERR_BAD_VALUE);
        assert_string_equal(why.field->name, wrong[i][0]);
    }
    fill(&s, "person", "guardian", home, NULL);
    assert_int_equal(make(&s), ERR_BAD_VALUE);
    assert_non_null(strstr(why.vi, type_of("household")->label_vi));
    fill(&s, "person", "household", home, "guardian", later, NULL);
    assert_ok(make(&s));
    assert_true(op.changed);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_only_changes_are_written),
        T(test_choices_as_elements),
        T(test_reasons),
        T(test_base_and_existence),
        T(test_a_reason_that_was_left),
        T(test_text_at_its_limit),
        T(test_without_catalogue),
        T(a_ref_names_a_record_of_its_type),
        T(test_room_for_what_is_sealed),
        T(test_who_was_accepted_is_that_pc_of_that_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
