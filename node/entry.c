#include "node/entry.h"

#include "node/store_readers.h"

#include <stdio.h>

enum { NODE_ENTRY_SEALED_MAX = 1024 * 1024 }; /* bytes */

enum err node_entry_init(struct node_entry *n, struct node_store *store)
{
    *n = (struct node_entry){.store = store};
    buf_init(&n->sealed, NODE_ENTRY_SEALED_MAX);
    enum err e = node_store_record_init(&n->record);
    if (e == ERR_OK) e = node_store_record_init(&n->sent);
    if (e == ERR_OK) e = entry_init(&n->entry);
    if (e != ERR_OK) node_entry_free(n);
    return e;
}

void node_entry_free(struct node_entry *n)
{
    if (n->record.fold.private_ != NULL) node_store_record_free(&n->record);
    if (n->sent.fold.private_ != NULL) node_store_record_free(&n->sent);
    entry_free(&n->entry);
    buf_free(&n->sealed);
    *n = (struct node_entry){0};
}

static enum err node_entry_say(struct entry_why *why, enum err e, const char *vi, const char *en)
{
    snprintf(why->vi, sizeof why->vi, "%s", vi);
    snprintf(why->en, sizeof why->en, "%s", en);
    return e;
}

enum err node_entry_clean(struct node_entry *n, const struct catalogue_field *field,
                          struct bytes typed, struct bytes *out, struct entry_why *why)
{
    const struct catalogue *c = node_store_catalogue(n->store, NULL);
    *why = (struct entry_why){.field = field};
    if (c == NULL)
        return node_entry_say(why, ERR_NOT_READY, "Máy này chưa nhận danh mục: hãy đồng bộ trước.",
                              "No catalogue has come yet: sync first.");
    return entry_clean(&n->entry, c, field, typed, out, why);
}

/* Is it a record of the district, that every unit reads (types `down`)? */
static enum err node_entry_district(struct node_entry *n, bool *district)
{
    struct node_identity id;
    const struct catalogue *c = node_store_catalogue(n->store, NULL);
    const struct catalogue_type *t = catalogue_type_by_no(c, n->record.fold.type);
    *district = false;
    if (t == NULL || t->scope == CATALOGUE_SCOPE_OWN) return ERR_OK;
    enum err e = node_store_identity(n->store, &id);
    *district = e == ERR_OK && strcmp(n->record.unit, id.unit) != 0;
    return e;
}

/* Read the record and see whether this form may still be about it. */
static enum err node_entry_open(struct node_entry *n, const struct node_entry_form *form,
                                struct entry_why *why)
{
    enum err e = node_store_record_read(n->store, &form->rid, &n->record);
    bool known = e == ERR_OK;
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    bool create = !known && form->action == ENTRY_SAVE && !form->must_exist;
    if (!known && (!create || form->base != NULL))
        return node_entry_say(why, ERR_NOT_FOUND, "Không có hồ sơ này trên máy.",
                              "There is no such record here.");
    if (known) e = node_store_record_open(n->store, &form->rid, &n->record);
    if (known && e != ERR_OK) return e;
    if (known && n->record.frozen)
        return node_entry_say(why, ERR_REFUSED,
                              "Hồ sơ này đã chuyển sang đơn vị khác: ở đây chỉ còn bản để xem, "
                              "chưa ghi gì. Hãy báo đơn vị đang giữ hồ sơ.",
                              "This record was transferred to another unit: only a copy for "
                              "reading is here, nothing was saved. Tell the unit that has it.");
    if (known && n->record.shared == MOVE_READ)
        return node_entry_say(why, ERR_REFUSED,
                              "Hồ sơ này của đơn vị khác, chỉ chia sẻ để xem: chưa ghi gì.",
                              "This record is another unit's, shared for reading only: nothing was "
                              "saved.");
    bool district = false;
    if (known) e = node_entry_district(n, &district);
    if (e != ERR_OK && known) return e;
    if (district)
        return node_entry_say(
            why, ERR_DENIED, "Hồ sơ này của huyện, xã chỉ xem: chưa ghi gì. Hãy báo huyện nếu sai.",
            "This record is the district's, a commune only reads it: nothing was "
            "saved. Tell the district if it is wrong.");
    if (!known) fold_clear(&n->record.fold);
    if (form->base == NULL) return ERR_OK;
    uint8_t version[16];
    node_store_record_version(&n->record, version);
    if (memcmp(version, form->base, sizeof version) == 0) return ERR_OK;
    return node_entry_say(why, ERR_STALE,
                          "Hồ sơ đã thay đổi sau khi mở; chưa ghi gì. Hãy mở lại, xem giá "
                          "trị mới rồi sửa.",
                          "The record changed since it was opened; nothing was saved. Open "
                          "it again and edit what it says now.");
}

static enum err node_entry_check(void *ctx, const struct catalogue_type *type, const struct fold *f,
                                 const struct catalogue_field **bad, struct catalogue_why *why)
{
    const struct node_entry *n = ctx;
    return node_store_check(n->store, type, f, bad, why);
}

static enum err node_entry_sealed(struct node_entry *n, const struct catalogue_type *type,
                                  const struct fold *f, const struct id_record *rid,
                                  struct record_writes *w, struct entry_why *why)
{
    struct sealed_reader readers[SEALED_READERS_MAX];
    struct sealed_self self;
    const struct catalogue_field *bad = NULL;
    enum err e = node_store_self(n->store, rid, &n->record, NULL, readers, &self);
    if (e == ERR_NOT_READY)
        return node_entry_say(why, e,
                              "Máy này thiếu khóa để niêm phong các trường mật: chưa ghi gì.",
                              "This PC has no key to seal secret fields with: nothing was saved.");
    if (e == ERR_OK) e = sealed_writes(&self, f, type, rid, n->record.unread, w, &n->sealed, &bad);
    why->field = bad;
    if (e == ERR_DENIED)
        return node_entry_say(why, e,
                              "Trường này được niêm phong và máy này không đọc được: chưa ghi gì. "
                              "Hãy nhờ máy hoặc cán bộ đọc được niêm phong lại cho máy này.",
                              "This field is sealed and this PC cannot read it: nothing was saved. "
                              "Ask a PC or an officer who can to seal it again for this PC.");
    if (e == ERR_TOO_LARGE && bad != NULL)
        return node_entry_say(why, ERR_BAD_VALUE,
                              "Trường được niêm phong chứa tối đa 3007 byte (khoảng 2200 chữ cái).",
                              "A sealed field holds 3007 bytes at most (about 2200 letters).");
    return e;
}

static enum err node_entry_seal(void *ctx, const struct catalogue_type *type, const struct fold *f,
                                const struct id_record *rid, struct record_writes *w,
                                struct entry_why *why)
{
    return sealed_touched(type, w) ? node_entry_sealed(ctx, type, f, rid, w, why) : ERR_OK;
}

/* What is sealed is longer than what was typed, and its keys take room beside it: does it still fit,
 * as it is sent? */
static enum err node_entry_fits(struct node_entry *n, const struct entry_op *op,
                                struct entry_why *why)
{
    struct change_op c;
    enum fold_verdict verdict = FOLD_APPLIED;
    struct fold_set set = {.clock = UINT64_MAX >> 1, .position = UINT64_MAX};
    memset(set.version.b, 0xff, sizeof set.version.b);
    enum err e = node_store_record_read(n->store, &op->rid, &n->sent);
    if (e == ERR_NOT_FOUND) fold_clear(&n->sent.fold);
    if (e != ERR_OK && e != ERR_NOT_FOUND) return e;
    e = change_op_decode(op->payload, n->entry.decoded, &c);
    if (e == ERR_OK) e = fold_apply(&n->sent.fold, &c, &set, node_store_rules(n->store), &verdict);
    if (e != ERR_OK || verdict != FOLD_HELD_UNREADABLE) return e;
    return node_entry_say(why, ERR_TOO_LARGE,
                          "Hồ sơ quá lớn sau khi niêm phong: chưa ghi gì. Hãy rút ngắn, hoặc ghi "
                          "phần dài vào một hồ sơ khác.",
                          "Sealed, the record would be too large: nothing was saved. Make it "
                          "shorter, or write the long part into another record.");
}

static enum err node_entry_type(void *ctx, const struct id_record *rid, unsigned *type)
{
    struct node_entry *n = ctx;
    enum err e = node_store_record_read(n->store, rid, &n->sent);
    if (e == ERR_OK) *type = n->sent.fold.type;
    return e;
}

enum err node_entry_make(struct node_entry *n, const struct node_entry_form *form,
                         struct entry_op *out, struct entry_why *why)
{
    struct entry_rules rules = {.catalogue = node_store_catalogue(n->store, NULL),
                                .fold = node_store_rules(n->store),
                                .check = node_entry_check,
                                .seal = node_entry_seal,
                                .ctx = n,
                                .side = CATALOGUE_SIDE_UNIT,
                                .leader = !form->clerk};
    struct entry_form entry = {.action = form->action,
                               .type = form->type,
                               .rid = form->rid,
                               .values = form->values,
                               .count = form->count,
                               .reason = form->reason,
                               .locks = form->locks,
                               .lock_count = form->lock_count};
    *why = (struct entry_why){.field = NULL};
    if (rules.catalogue == NULL)
        return node_entry_say(why, ERR_NOT_READY,
                              "Máy này chưa nhận danh mục nên chưa nhập được: hãy đồng bộ trước.",
                              "No catalogue has come yet, so nothing can be entered: sync first.");
    enum err e = node_entry_open(n, form, why);
    if (e == ERR_OK) e = entry_make(&n->entry, &rules, &n->record.fold, &entry, out, why);
    if (e == ERR_OK)
        e = entry_refs(&n->entry, rules.catalogue, &entry, out, node_entry_type, n, why);
    const struct catalogue_type *t =
        e == ERR_OK ? catalogue_type_by_no(rules.catalogue, n->record.fold.type) : NULL;
    return t != NULL && out->changed && sealed_type(t) ? node_entry_fits(n, out, why) : e;
}
