#include "proto/held.h"
#include "proto/fold.h"

#include <stddef.h>

static const struct held_why held_whys[] = {
    {FOLD_HELD_SCOPE, "scope", "hồ sơ không (hoặc không còn) thuộc xã đã ghi",
     "the record is not, or no longer, of the unit that wrote",
     "đơn vị đang giữ hồ sơ, hoặc cán bộ trung tâm",
     "the unit that has the record, or an officer of the hub",
     "hồ sơ đã chuyển đi: xem ở trang Chuyển hồ sơ (hoặc lệnh `transfer crossed --open`), rồi áp "
     "dụng hoặc để lại; hồ sơ chưa bao giờ của xã: báo xã, nếu cần thì chuyển hoặc chia sẻ hồ sơ "
     "để xã ghi lại",
     "a record that moved: see the page Transfers (or `transfer crossed --open`), then apply it or "
     "set "
     "it aside; one that never was the unit's: tell the unit, and transfer or share the record for "
     "it to write again",
     "hồ sơ đã chuyển đi: không phải làm gì, đơn vị đang giữ hồ sơ hoặc trung tâm quyết định và "
     "máy "
     "này sẽ được báo; hồ sơ "
     "chưa bao giờ của xã: "
     "gọi trung tâm xin chuyển hoặc chia sẻ, rồi ghi lại",
     "a record that moved: nothing, the unit that has it or the hub decides and this PC will be "
     "told; one that never was "
     "the unit's: ask the hub "
     "to transfer or share it, then write again"},
    {FOLD_HELD_UNKNOWN, "unknown",
     "trung tâm chưa có hồ sơ, hoặc lệnh chuyển, mà thay đổi này nói đến",
     "the hub has not got the record, or the transfer, that it is about", "đơn vị đã lập hồ sơ",
     "the unit that made the record",
     "không phải làm gì nếu máy hay gói tin khác còn đang gửi: nó tự áp dụng khi hồ sơ đến; nếu "
     "mãi không đến, xã nhập "
     "lại hồ sơ",
     "nothing while another PC or file is on its way: it applies by itself when the record comes; "
     "if it never does, the "
     "unit types the record again",
     "đồng bộ máy đã lập hồ sơ, hoặc chuyển gói tin còn lại: thay đổi tự áp dụng khi hồ sơ đến; "
     "nếu mãi không đến, nhập "
     "lại hồ sơ",
     "sync the PC that made the record, or bring the other file: it applies by itself when the "
     "record comes; if it never "
     "does, type the record again"},
    {FOLD_HELD_DELETED, "deleted", "hồ sơ đã bị xóa", "the record is deleted", "cán bộ trung tâm",
     "an officer of the hub",
     "quyết định việc xóa: trang Xung đột (hoặc lệnh `conflicts`, rồi `resolve`)",
     "decide about the deletion: the page Conflicts (or `conflicts`, then `resolve`)",
     "nếu hồ sơ phải còn: khôi phục hồ sơ, hoặc gọi trung tâm để họ quyết định việc xóa",
     "if the record must stay: bring it back, or call the hub, which decides about the deletion"},
    {FOLD_HELD_UNREADABLE, "unreadable", "chương trình này không đọc được, hoặc vượt giới hạn",
     "this program cannot read it, or it is over a limit", "quản trị trung tâm",
     "the hub's administrator",
     "xem máy xã có chương trình mới hơn không (trang Máy xã, lệnh `nodes`) và cập nhật trung tâm; "
     "nếu không, xã ghi "
     "lại, chia nhỏ hơn",
     "see whether the unit's program is newer (the page Commune PCs, or `nodes`) and update the "
     "hub; else the unit writes "
     "it again, in smaller "
     "parts",
     "gọi quản trị trung tâm: có thể trung tâm cần cập nhật; nếu không, ghi lại ngắn hơn",
     "call the hub's administrator: the hub may need an update; else write it again, shorter"},
    {FOLD_HELD_FORK, "not_again",
     "quyết định của trung tâm trở lại sau khi trung tâm bị phục hồi, và nay không áp dụng được "
     "nữa",
     "a decision of the hub that came back after the hub was restored, and no longer applies",
     "người đã ra quyết định", "who made the decision",
     "nếu vẫn cần: làm lại quyết định (lệnh xóa: hai người ký mới, ở trang Lệnh hoặc bằng `erase "
     "propose`); nếu không: để "
     "nguyên, nó không có "
     "hiệu lực",
     "if it is still wanted: make it anew (an erasure: two new signatures, on the page Orders or "
     "by `erase propose`); else "
     "leave it, it has no "
     "effect",
     "không phải làm gì: đây là quyết định của trung tâm", "nothing: it is the hub's decision"},
    {FOLD_HELD_STEP, "step", "một bước, hoặc loại hồ sơ của huyện, mà đơn vị này không được ghi",
     "a step, or a type of record of the district, that is not this unit's to write",
     "cán bộ trung tâm", "an officer of the hub",
     "xem ở trang Chuyển hồ sơ (hoặc lệnh `transfer crossed --open`), rồi áp dụng hoặc để lại",
     "see the page Transfers (or `transfer crossed --open`), then apply it or set it aside",
     "gọi trung tâm: họ cho áp dụng hoặc bỏ qua, và máy này sẽ được báo",
     "call the hub: it lets the step apply or sets it aside, and this PC will be told"},
};

const struct held_why *held_why(unsigned verdict)
{
    for (size_t i = 0; i < sizeof held_whys / sizeof *held_whys; i++)
        if (held_whys[i].verdict == (verdict & FOLD_VERDICT_MASK)) return &held_whys[i];
    return NULL;
}

const struct held_why *held_why_edition(void)
{
    static const struct held_why edition = {
        FOLD_HELD_UNKNOWN,
        "parts",
        "một bản danh mục trở lại sau khi trung tâm bị phục hồi, nhưng chưa đủ các phần",
        "an edition of the catalogue that came back after the hub was restored, without all its "
        "parts",
        "quản trị trung tâm",
        "the hub's administrator",
        "không phải làm gì nếu máy xã còn chưa đồng bộ lại: nó tự áp dụng khi phần cuối đến; nếu "
        "mãi không đến, công bố lại danh mục (trang Trung tâm, hoặc `catalogue publish`)",
        "nothing while commune PCs have yet to sync again: it applies by itself with its last "
        "part; if that never comes, publish the catalogue anew (the page The hub, or `catalogue "
        "publish`)",
        "không phải làm gì: đây là quyết định của trung tâm",
        "nothing: it is the hub's decision"};
    return &edition;
}
