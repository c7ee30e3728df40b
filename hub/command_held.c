/* Ops that are held: why, whose turn it is, and what that person does next. SPEC 6.6. */
#include "hub/command_priv.h"

#include <stdio.h>

enum { HUB_HELD_ROWS_MAX = 5000 }; /* of an answer, the oldest; more are counted */

static const struct hub_held_why {
    unsigned reason; /* FOLD_HELD_* */
    const char *name, *vi, *en, *owner_vi, *owner_en, *next_vi, *next_en;
} hub_held_whys[] = {
    {FOLD_HELD_SCOPE, "scope", "hồ sơ không (hoặc không còn) thuộc xã đã ghi",
     "the record is not, or no longer, of the unit that wrote", "cán bộ trung tâm",
     "an officer of the hub",
     "hồ sơ đã chuyển đi: xem `transfer crossed --open`, rồi `transfer apply` hoặc `transfer "
     "aside`; hồ sơ chưa bao giờ của xã: báo xã, nếu cần thì chuyển hoặc chia sẻ hồ sơ để xã ghi "
     "lại",
     "a record that moved: see `transfer crossed --open`, then `transfer apply` or `transfer "
     "aside`; one that never was the unit's: tell the unit, and transfer or share the record for "
     "it "
     "to write again"},
    {FOLD_HELD_UNKNOWN, "unknown",
     "trung tâm chưa có hồ sơ, hoặc lệnh chuyển, mà thay đổi này nói "
     "đến",
     "the hub has not got the record, or the transfer, that it is about", "đơn vị đã lập hồ sơ",
     "the unit that made the record",
     "không phải làm gì nếu máy hay gói tin khác còn đang gửi: nó tự áp dụng khi hồ sơ đến; nếu "
     "mãi "
     "không đến, xã nhập lại hồ sơ",
     "nothing while another PC or file is on its way: it applies by itself when the record comes; "
     "if "
     "it never does, the unit types the record again"},
    {FOLD_HELD_DELETED, "deleted", "hồ sơ đã bị xóa", "the record is deleted", "cán bộ trung tâm",
     "an officer of the hub", "quyết định việc xóa: `conflicts`, rồi `resolve`",
     "decide about the deletion: `conflicts`, then `resolve`"},
    {FOLD_HELD_UNREADABLE, "unreadable", "chương trình này không đọc được, hoặc vượt giới hạn",
     "this program cannot read it, or it is over a limit", "quản trị trung tâm",
     "the hub's administrator",
     "xem máy xã có chương trình mới hơn không (`nodes`) và cập nhật trung tâm; nếu không, xã ghi "
     "lại, chia nhỏ hơn",
     "see whether the unit's program is newer (`nodes`) and update the hub; else the unit writes "
     "it "
     "again, in smaller parts"},
    {FOLD_HELD_FORK, "not_again",
     "quyết định của trung tâm trở lại sau khi trung tâm bị phục hồi, và nay không áp dụng được "
     "nữa",
     "a decision of the hub that came back after the hub was restored, and no longer applies",
     "người đã ra quyết định", "who made the decision",
     "nếu vẫn cần: làm lại quyết định (lệnh xóa: hai người ký mới, `erase propose`); nếu không: để "
     "nguyên, nó không có hiệu lực",
     "if it is still wanted: make it anew (an erasure: two new signatures, `erase propose`); else "
     "leave it, it has no effect"},
    {FOLD_HELD_STEP, "step", "một bước mà đơn vị này không được làm",
     "a step that this unit may not "
     "take",
     "cán bộ trung tâm", "an officer of the hub",
     "xem `transfer crossed --open`, rồi `transfer apply` hoặc `transfer aside`",
     "see `transfer crossed --open`, then `transfer apply` or `transfer aside`"},
};

static const struct hub_held_why *hub_held_why(unsigned verdict)
{
    for (size_t i = 0; i < sizeof hub_held_whys / sizeof *hub_held_whys; i++) {
        if (hub_held_whys[i].reason == (verdict & FOLD_VERDICT_MASK)) return &hub_held_whys[i];
    }
    return NULL;
}

struct hub_held_walk {
    struct hub_app *app;
    json_t *rows;
    json_int_t total;
};

static enum err hub_held_row(void *ctx, const struct hub_held *h)
{
    struct hub_held_walk *w = ctx;
    const struct hub_identity *id = &w->app->identity;
    const struct hub_held_why *why = hub_held_why(h->reason);
    if (w->total++ >= HUB_HELD_ROWS_MAX) return ERR_OK;
    if (why == NULL) return ERR_DAMAGED;
    bool own = h->unit[0] == '\0' || strcmp(h->unit, id->unit) == 0;
    static const struct id_record none;
    json_t *j = json_pack("{s:I, s:I, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
                          "position", (json_int_t)h->position, "op", (json_int_t)h->op, "id",
                          ID_EQUAL(&h->rid, &none) ? json_null() : hub_json_hex(BYTES_OF(h->rid.b)),
                          "unit", own ? id->unit : h->unit, "unit_name",
                          own ? id->unit_name : hub_unit_name(w->app, h->unit), "reason", why->name,
                          "vi", why->vi, "en", why->en, "owner_vi", why->owner_vi, "owner_en",
                          why->owner_en, "next_vi", why->next_vi, "next_en", why->next_en);
    return json_array_append_new(w->rows, j) == 0 ? ERR_OK : ERR_NOMEM;
}

/* When it came, and by which name `transfer apply` and `aside` know it. */
static enum err hub_held_set(void *ctx, const struct hub_set *set)
{
    char hex[2 * ID_VERSION_BYTES + 1], ref[sizeof hex + 8];
    json_t *j = ctx;
    const struct change_head *h = &set->view->head;
    struct id_version v = id_version_make(&h->inc, h->seq, &set->view->hash);
    id_hex(BYTES_OF(v.b), hex);
    snprintf(ref, sizeof ref, "%s.%u", hex, (unsigned)json_integer_value(json_object_get(j, "op")));
    int bad = json_object_set_new(j, "ref", json_string(ref));
    bad |= json_object_set_new(j, "received", hub_json_time(set->received_ms));
    return bad == 0 ? ERR_OK : ERR_NOMEM;
}

json_t *hub_command_held(struct hub_app *a, const json_t *request)
{
    struct hub_held_walk w = {.app = a, .rows = json_array()};
    (void)request;
    enum err e = hub_store_held(a->store, hub_held_row, &w);
    for (size_t i = 0; e == ERR_OK && i < json_array_size(w.rows); i++) {
        json_t *j = json_array_get(w.rows, i);
        uint64_t at = (uint64_t)json_integer_value(json_object_get(j, "position"));
        e = hub_store_sets(a->store, at, at, hub_held_set, j);
    }
    if (e == ERR_OK)
        return json_pack("{s:o, s:I, s:b}", "held", w.rows, "total", w.total, "more",
                         (int)(w.total > HUB_HELD_ROWS_MAX));
    json_decref(w.rows);
    return hub_command_fail(e);
}
