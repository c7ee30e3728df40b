/* dongbo-hub: the table of its verbs. docs/hub.md. */
#include "hub/tool.h"

#define OPT(name, arg, vi, en)                                                                     \
    {                                                                                              \
        name, arg, vi, en                                                                          \
    }
#define OPTS(v) v, sizeof v / sizeof v[0]
#define OPT_PERSON                                                                                 \
    OPT("person", "TÊN", "người làm việc này (hoặc DONGBO_PERSON)",                                \
        "who does this (or DONGBO_PERSON)")

static const struct cli_opt init_opts[] = {
    OPT("unit", "MÃ", "mã đơn vị giữ trung tâm", "unit code of the hub's owner"),
    OPT("name", "TÊN", "tên đơn vị giữ trung tâm", "name of the hub's owner"),
    OPT("catalogue", "THƯ_MỤC", "danh mục ban hành làm bản số 1", "catalogue for edition 1"),
    OPT("address", "MÁY:CỔNG", "địa chỉ ghi trong giấy mời", "address in invitations"),
    OPT("listen", "MÁY:CỔNG", "nơi nhận các máy xã; cổng 0 = bất kỳ", "for nodes; port 0 = any"),
    OPT("web", "MÁY:CỔNG", "nơi cấp tỉnh lấy báo cáo (HTTPS)", "the province's door (HTTPS)"),
    OPT("root", "TỆP", "tệp khóa gốc cần tạo; mặc định: cạnh thư mục", "root key's file to make"),
    OPT("web-names", "TÊN,TÊN", "tên máy trong chứng thư HTTPS", "host names of the certificate"),
};
static const struct cli_opt certificate_opts[] = {
    OPT("authority", "TỆP", "khóa ca.key (USB); mặc định: tls/ca.key", "the key ca.key (stick)"),
    OPT("names", "TÊN,TÊN", "tên máy; mặc định: [web] names", "host names, not [web] names"),
};
static const struct cli_opt catalogue_opts[] = {
    OPT("edition", "SỐ", "bản cần xuất", "edition to export"), OPT_PERSON};
static const struct cli_opt invite_opts[] = {
    OPT("unit", "MÃ", "đơn vị được mời", "unit that is invited"),
    OPT("days", "SỐ", "số ngày hiệu lực (mặc định 7)", "days it is good for (default 7)"),
    OPT("address", "MÁY:CỔNG", "địa chỉ trung tâm, như xã nhìn thấy",
        "the hub's address, as the commune sees it"),
};
#define OPT_DATES                                                                                  \
    OPT("confirm-dates", NULL, "ngày xa kỳ báo cáo, tuổi quá cao là đúng", "far days are right")
static const struct cli_opt put_opts[] = {
    OPT("type", "LOẠI", "loại hồ sơ", "record type"),
    OPT("id", "MÃ", "mã hồ sơ (32 chữ số), để sửa", "record id (32 hex digits), to edit"),
    OPT("lock", "TRƯỜNG;...", "khóa: danh sách nhập không ghi đè", "no import overwrites them"),
    OPT("unlock", "TRƯỜNG;...", "mở khóa", "lists may write them again"),
    OPT("delete", NULL, "xóa hồ sơ", "delete the record"),
    OPT("reason", "LÝ_DO", "xóa: mistake, duplicate...", "delete: mistake, duplicate ..."),
    OPT("restore", NULL, "khôi phục hồ sơ đã xóa", "bring a deleted record back"),
    OPT_DATES,
    OPT_PERSON,
};
#define OPT_WHY OPT("reason", "CHỮ", "lý do xem, ghi vào nhật ký đọc", "why, for the access log")
static const struct cli_opt list_opts[] = {
    OPT("type", "LOẠI", "chỉ loại hồ sơ này", "only this record type"),
    OPT("unit", "MÃ", "chỉ đơn vị này", "only this unit"),
    OPT("max", "SỐ", "số dòng nhiều nhất", "most rows"),
    OPT_WHY,
    OPT_PERSON,
};
static const struct cli_opt get_opts[] = {OPT_WHY, OPT_PERSON};
static const struct cli_opt subject_opts[] = {
    OPT("reason", "CHỮ", "căn cứ: số và ngày của yêu cầu; vào nhật ký đọc",
        "the reason: the request's number and date; goes to the access log"),
    OPT("max-class", "MỨC", "không đưa ra giá trị nhạy cảm hơn mức này (0 đến 4)",
        "hold back values more sensitive than this class (0 to 4)"),
    OPT("out", "TỆP", "tệp .xlsx (để đọc) hoặc .json", "file .xlsx (for people) or .json"),
    OPT_PERSON,
};
static const struct cli_opt reads_opts[] = {
    OPT("record", "MÃ", "chỉ những lần xem hồ sơ này", "only readings of this record"),
    OPT("by", "TÊN", "chỉ người này", "only this person's"),
    OPT("before", "SỐ", "những dòng trước dòng này", "rows before this one"),
};
static const struct cli_opt import_opts[] = {
    OPT("type", "LOẠI", "loại hồ sơ (bắt buộc với CSV)", "record type (needed for CSV)"), OPT_DATES,
    OPT_PERSON};
static const struct cli_opt resolve_opts[] = {
    OPT("field", "TRƯỜNG", "trường cần quyết định", "the field to decide"),
    OPT("take", "SỐ", "lấy giá trị mang số này", "take the value of this number"),
    OPT("value", "GIÁ_TRỊ", "lấy giá trị này", "take this value"),
    OPT("delete", NULL, "xác nhận xóa hồ sơ", "confirm the deletion"),
    OPT("keep", NULL, "giữ lại hồ sơ đã bị xóa", "keep the deleted record"),
    OPT("same", NULL, "cặp này là một người", "the pair is one person"),
    OPT("different", NULL, "cặp này là hai người", "the pair are two persons"),
    OPT("reason", "CHỮ", "căn cứ; xóa: mistake, duplicate...", "why; delete: mistake ..."),
    OPT_PERSON,
};
#define OPT_REPORT OPT("report", "MÃ", "báo cáo, ví dụ RP04", "report, for instance RP04")
#define OPT_PERIOD                                                                                 \
    OPT("period", "KỲ", "2023-06, 2023-Q2, 2023-6M, 2023-9M, 2023, 2023-03-01_2023-05-15",         \
        "2023-06, 2023-Q2, 2023-6M, 2023-9M, 2023, 2023-03-01_2023-05-15")
#define OPT_UNIT   OPT("unit", "MÃ", "xã (mặc định: tất cả)", "a commune (default: all)")
#define OPT_REASON OPT("reason", "CHỮ", "lý do", "why")
#define OPT_ON     OPT("on", "NGÀY", "tính đến ngày này (mặc định: hôm nay)", "as of this day (today)")
static const struct cli_opt step_opts[] = {
    OPT_REPORT,
    OPT_PERIOD,
    OPT_UNIT,
    OPT_REASON,
    OPT("of", "MÃ", "chỉ nếu vẫn là bản này", "only if it is still this version"),
    OPT_PERSON};
#define OPT_NAMES_SEEN                                                                             \
    OPT("names-seen", "LÝ_DO", "vì sao được nêu tên trong lời báo cáo", "why texts may name people")
static const struct cli_opt close_opts[] = {
    OPT_REPORT,
    OPT_PERIOD,
    OPT_UNIT,
    OPT("complete", NULL, "không chốt nếu còn đơn vị chưa nộp", "not while a unit is missing"),
    OPT_NAMES_SEEN,
    OPT_PERSON,
};
static const struct cli_opt supplement_opts[] = {
    OPT_REPORT,     OPT_PERIOD,
    OPT_UNIT,       OPT("preview", NULL, "chỉ xem, không ban hành", "only look, issue nothing"),
    OPT_NAMES_SEEN, OPT_PERSON,
};
#define OPT_PASSPHRASE                                                                             \
    OPT("passphrase", "TỆP", "đọc mật khẩu của khóa từ dòng đầu của tệp này (-: đầu vào chuẩn)",   \
        "read the key's passphrase from the first line of this file (-: standard input)")
#define OPT_OUT OPT("out", "TỆP", "ghi lệnh vào tệp để ký", "write the order to a file for signing")
#define OPT_SIGN                                                                                   \
    OPT("key", "TỆP", "ký và trình lệnh ngay bằng khóa riêng này",                                 \
        "sign and propose the order at once with this own key"),                                   \
        OPT_PASSPHRASE
static const struct cli_opt confirm_opts[] = {OPT_REASON, OPT_OUT, OPT_SIGN};
static const struct cli_opt reopen_opts[] = {
    OPT_REPORT, OPT_PERIOD, OPT_UNIT, OPT_REASON, OPT_OUT, OPT_SIGN, OPT_PERSON,
};
static const struct cli_opt reports_opts[] = {OPT_REPORT,
                                              OPT_PERIOD,
                                              OPT_UNIT,
                                              OPT("from", "NGÀY", "hạn từ ngày", "due from"),
                                              OPT("to", "NGÀY", "hạn đến ngày", "due to"),
                                              OPT_ON};
static const struct cli_opt calendar_opts[] = {
    OPT_REPORT,
    OPT_PERIOD,
    OPT_UNIT,
    OPT("from", "NGÀY", "hạn từ ngày", "due from"),
    OPT("to", "NGÀY", "hạn đến ngày", "due to"),
    OPT("out", "TỆP", "ghi ra tệp .ics", "write to a file (.ics)")};
static const struct cli_opt owes_opts[] = {OPT_REPORT, OPT_PERIOD, OPT_UNIT, OPT_ON};
static const struct cli_opt doubts_opts[] = {OPT_REPORT, OPT_PERIOD, OPT_UNIT};
static const struct cli_opt triggers_opts[] = {OPT_UNIT, OPT_ON};
static const struct cli_opt ask_opts[] = {
    OPT_REPORT,
    OPT_PERIOD,
    OPT("unit", "MÃ", "xã, hoặc * = mọi xã", "a commune, or * = all"),
    OPT("due", "NGÀY", "hạn nộp", "due day"),
    OPT("text", "CHỮ", "nội dung yêu cầu", "what is asked"),
    OPT_PERSON,
};
static const struct cli_opt correct_opts[] = {
    OPT_REPORT,
    OPT_PERIOD,
    OPT_UNIT,
    OPT("indicator", "MÃ", "chỉ tiêu", "indicator"),
    OPT("value", "GIÁ_TRỊ", "dòng phân tổ", "value of the breakdown"),
    OPT("record", "MÃ", "hồ sơ liên quan", "the record it is about"),
    OPT("before", "SỐ", "số của xã", "the commune's figure"),
    OPT("after", "SỐ", "số đúng", "the right figure"),
    OPT_REASON,
    OPT_PERSON,
};
static const struct cli_opt corrections_opts[] = {
    OPT_REPORT,
    OPT_PERIOD,
    OPT_UNIT,
    OPT("open", NULL, "chỉ những đính chính chưa được trả lời", "only those without an answer"),
};
static const struct cli_opt taken_opts[] = {
    OPT("issue", "SỐ", "chỉ báo cáo này", "only this issue")};
static const struct cli_opt export_opts[] = {
    OPT("issue", "SỐ", "mã báo cáo đã chốt (xem issues)", "id of the issue (see issues)"),
    OPT("out", "THƯ_MỤC", "nơi ghi tệp", "folder to write to"),
};
static const struct cli_opt verify_opts[] = {
    OPT("issue", "SỐ", "dựng lại báo cáo này từ nhật ký", "rebuild this issue from the log"),
    OPT("file", "TỆP", "kiểm tra chữ ký của tệp", "check the signature of a file"),
    OPT("paper", "DÒNG", "kiểm tra dòng trong mã QR của bản in",
        "check the line of a printed report's QR code"),
    OPT("pubkey", "KHÓA", "tệp khóa công khai, hoặc chữ RW... (mặc định: dongbo.pub cạnh tệp)",
        "file of the public key, or its text RW... (default: dongbo.pub beside the file)"),
};

static const struct cli_opt explain_opts[] = {
    OPT("report", "MÃ", "giải thích số liệu chưa chốt của báo cáo này",
        "explain a preliminary figure of this report"),
    OPT("period", "KỲ", "kỳ của số liệu chưa chốt", "its period"),
    OPT("unit", "MÃ", "báo cáo của xã này (mặc định: cả đơn vị giữ trung tâm)",
        "the report of this commune (default: all)"),
    OPT("after", "SỐ", "tiếp từ hồ sơ thứ này", "go on from this record"),
    OPT("max", "SỐ", "số hồ sơ nhiều nhất", "most records"),
    OPT_PERSON,
};
static const struct cli_opt consolidate_opts[] = {
    OPT("keys", "TỆP", "khóa công khai được tin, mỗi dòng một khóa",
        "accepted public keys, one a line"),
    OPT("out", "THƯ_MỤC", "nơi ghi tệp", "folder to write to"),
    OPT("report", "MÃ", "báo cáo nào, khi thư mục có nhiều",
        "which report, where there are several"),
    OPT("period", "KỲ", "kỳ nào, khi thư mục có nhiều", "which period, where there are several"),
    OPT_PERSON,
};
static const struct cli_opt proof_opts[] = {
    OPT("issue", "SỐ", "mã báo cáo đã chốt (xem issues)", "id of the issue (see issues)"),
    OPT("unit", "MÃ", "xã cần bằng chứng", "the commune that asks for it"),
    OPT("out", "TỆP", "nơi ghi", "file to write to"),
};
static const struct cli_opt bundle_opts[] = {
    OPT("out", "TỆP", "in: ghi gói trả lời vào tệp này", "in: write the answer to this file"),
    OPT("node", "MÃ", "out: máy xã nào (16 chữ số đầu của mã, xem nodes)",
        "out: for which node (first 16 digits of its id, see nodes)"),
    OPT("whole", NULL, "out: toàn bộ dữ liệu của máy xã đó từ đầu",
        "out: everything of that node from the beginning"),
};
static const struct cli_opt user_opts[] = {
    OPT("role", "VAI_TRÒ", "admin, statistician hoặc viewer", "admin, statistician or viewer")};
static const struct cli_opt alarms_opts[] = {
    OPT("settle", "SỐ", "cảnh báo này đã được giải quyết", "this alarm is settled"),
    OPT("all", NULL, "cả những cảnh báo đã giải quyết", "settled ones too"),
};

static const struct cli_opt restore_opts[] = {
    OPT("check", NULL, "chỉ kiểm tra bản sao lưu, không thay đổi gì",
        "only check the copy, change nothing"),
    OPT("root", "TỆP", "khi các khóa không còn: khóa gốc", "when the keys are gone: the root key"),
};

static const struct cli_opt transfer_opts[] = {
    OPT("open", NULL, "chỉ những việc chưa xong", "only what is open"),
    OPT("overdue", NULL, "chỉ đề nghị quá hạn trả lời", "only offers without an answer in time"),
    OPT("to", "ĐƠN_VỊ", "mã đơn vị nhận (offer)", "code of the receiving unit (offer)"),
    OPT("note", "LỜI_NHẮN", "lời nhắn, căn cứ", "a note, the reason"),
    OPT_PERSON,
};
static const struct cli_opt units_opts[] = {
    OPT("until", "NGÀY", "apply: các thay đổi có hiệu lực đến hết ngày này (mặc định hôm nay)",
        "apply: changes that begin until this day (default today)"),
    OPT("assumptions", NULL, "apply: cả những nơi tiếp nhận chỉ là giả định",
        "apply: also successors that are assumptions"),
    OPT("from", "ĐƠN_VỊ", "assign: đơn vị đã chia", "assign: the unit that was split"),
    OPT("to", "ĐƠN_VỊ", "assign, node: đơn vị tiếp nhận", "assign, node: the unit that takes it"),
    OPT("type", "LOẠI", "assign: chỉ loại hồ sơ này", "assign: only this record type"),
    OPT("dry", NULL, "assign: chỉ đếm, không chuyển", "assign: only count"),
    OPT_PERSON,
};
static const struct cli_opt share_opts[] = {
    OPT("unit", "ĐƠN_VỊ", "mã đơn vị cùng xem; bỏ trống: ai đang có hồ sơ này",
        "code of the unit; without it: who has the record"),
    OPT("access", "QUYỀN", "read (xem), write (sửa) hoặc none (thôi)", "read, write or none"),
    OPT_PERSON,
};
static const struct cli_opt officer_opts[] = {
    OPT("role", "QUYỀN", "all, hoặc erase,reopen,restore,keys",
        "all, or erase,reopen,restore,keys"),
    OPT("key", "TỆP", "add: tệp khóa mới của người này (trên USB)",
        "add: this person's new key file (on a USB stick)"),
    OPT("root", "TỆP", "add: khóa gốc của trung tâm, cần từ cán bộ thứ ba",
        "add: the hub's root key, needed from the third officer on"),
    OPT("reason", "CHỮ", "revoke: lý do", "revoke: why"),
    OPT_PASSPHRASE,
};
static const struct cli_opt order_opts[] = {
    OPT("key", "TỆP", "khóa riêng của cán bộ ký", "the signing officer's own key"),
    OPT_PASSPHRASE,
};
static const struct cli_opt readers_opts[] = {
    OPT("name", "TÊN", "order: tên cán bộ", "order: the officer's name"),
    OPT("reading", "KHÓA", "order: khóa đọc (64 chữ số của `reading-key`)",
        "order: the reading key (64 digits of `reading-key`)"),
    OPT("reason", "CHỮ", "order: căn cứ", "order: its basis"),
    OPT("end", NULL, "order: từ nay không được đọc nữa", "order: reads no more from now on"),
    OPT("out", "TỆP", "order: ghi lệnh ra tệp này", "order: write the order to this file"),
    OPT_PERSON,
};
static const struct cli_opt open_opts[] = {
    OPT("key", "TỆP", "khóa riêng của cán bộ", "the officer's own key"),
    OPT_PASSPHRASE,
    OPT("out", "TỆP", "không mở: ghi hồ sơ niêm phong ra tệp", "write it to a file, still sealed"),
    OPT("out-dir", "THƯ_MỤC", "mở cả tệp kèm theo, ghi vào đó", "its files too, into this folder"),
    OPT("file", "TỆP", "tệp mà `attach get` đã ghi", "the file that `attach get` wrote"),
    OPT_PERSON,
};
static const struct cli_opt reseal_opts[] = {
    OPT("key", "TỆP", "khóa riêng của cán bộ", "the officer's own key"),
    OPT_PASSPHRASE,
    OPT("to", "MÃ", "máy được đọc từ nay: 16 chữ số nó tự hiện ra",
        "the PC that may read from now on: the 16 digits that it shows"),
    OPT_PERSON,
};
static const struct cli_opt erase_opts[] = {
    OPT("basis", "CHỮ", "căn cứ pháp lý, ví dụ số và ngày của đơn",
        "the legal basis, for instance number and date of the request"),
    OPT("request", "MÃ", "propose: yêu cầu (sổ `request`) mà lệnh này trả lời",
        "propose: the entry of `request` that this order answers"),
    OPT("key", "TỆP", "khóa riêng của cán bộ ký", "the signing officer's own key"),
    OPT_PASSPHRASE,
};

static const struct cli_opt register_opts[] = {
    OPT("open", NULL, "list: chỉ những mục chưa xong", "list: only what is not done"),
    OPT_PERSON,
};
static const struct cli_opt revoke_opts[] = {
    OPT("reason", "CHỮ", "vì sao thu hồi", "why it is revoked"),
    OPT_PERSON,
};
static const struct cli_opt keys_opts[] = {
    OPT("root", "TỆP", "khóa gốc, cất riêng", "the root key, kept apart"),
    OPT("address", "MÁY:CỔNG", "với --root: địa chỉ mới", "with --root: the new address"),
    OPT("past", NULL, "order: khóa trước khóa này", "order: of the key before this one"),
    OPT("out", "TỆP", "card, order: ghi ra tệp này", "card, order: write to this file"),
    OPT("reason", "CHỮ", "order: căn cứ", "order: its basis"),
    OPT_PERSON,
};
static const struct cli_opt quarantine_opts[] = {
    OPT("reason", "CHỮ", "vì sao cho nhập hoặc bỏ", "why it is let in or not"),
    OPT("all", NULL, "list: cả những gói đã quyết định", "list: decided ones too"),
    OPT_PERSON,
};
static const struct cli_opt attach_opts[] = {OPT_PERSON};

static const struct cli_opt cases_opts[] = {
    OPT("on", "NGÀY", "tính đến ngày này", "as of this day"),
    OPT("all", NULL, "cả việc đã xong", "what is done too"),
    OPT("clock", "MÃ", "chỉ đồng hồ này, ví dụ K02", "this clock alone, such as K02"),
    OPT("record", "MÃ", "chỉ hồ sơ này", "this record alone"),
    OPT("unit", "ĐƠN_VỊ", "chỉ đơn vị này", "this unit alone"),
};
static const struct cli_opt money_opts[] = {
    OPT("year", "NĂM", "năm", "year"),
    OPT("unit", "ĐƠN_VỊ", "chỉ đơn vị này", "this unit alone"),
    OPT("on", "NGÀY", "ngày của bước này (mặc định: hôm nay)", "day of the step (default: today)"),
    OPT("reason", "CHỮ", "lý do trả lại, hoặc lý do chấm khác",
        "why it is returned or scored otherwise"),
    OPT("class", "PHÂN_LOẠI", "phân loại (score appraise)", "class (score appraise)"),
    OPT("note", "CHỮ", "nhận xét chung (score appraise)", "note on the whole (score appraise)"),
    OPT("person", "TÊN", "người làm việc này (hoặc DONGBO_PERSON)",
        "who does this (or DONGBO_PERSON)"),
};

static const struct cli_verb verbs[] = {
    {"init", "", "tạo trung tâm mới", "make a new hub", OPTS(init_opts), 0, 0, hub_tool_init},
    {"run", "", "chạy trung tâm", "run the hub", NULL, 0, 0, 0, hub_tool_run},
    {"catalogue", "export|check|diff|publish THƯ_MỤC", "xuất, kiểm tra, so, ban hành danh mục",
     "export, check, compare, publish it", OPTS(catalogue_opts), 2, 2, hub_tool_catalogue},
    {"invite", "", "làm giấy mời cho một đơn vị", "make an invitation for a unit",
     OPTS(invite_opts), 0, 0, hub_tool_invite},
    {"nodes", "", "các máy xã", "the nodes", NULL, 0, 0, 0, hub_tool_nodes},
    {"revoke", "MÃ_MÁY", "thu hồi một máy xã (mất trộm, thay máy)",
     "revoke a node (stolen, replaced)", OPTS(revoke_opts), 1, 1, hub_tool_revoke},
    {"readers", "[list|sealed|order]", "ai đọc được các trường niêm phong; lệnh của hai cán bộ",
     "who reads sealed fields; the order of two officers", OPTS(readers_opts), 0, 1,
     hub_tool_readers},
    {"reading-key", "", "khóa đọc của cán bộ (từ tệp khóa riêng)",
     "an officer's reading key (of the key file)", OPTS(open_opts), 0, 0, hub_tool_reading_key},
    {"open", "MÃ|TỆP", "cán bộ được đọc mở các trường niêm phong của một hồ sơ",
     "an officer who may opens the sealed fields of a record", OPTS(open_opts), 1, 1,
     hub_tool_open_sealed},
    {"reseal", "MÃ...", "cán bộ được đọc niêm phong lại hồ sơ cho máy khác",
     "an officer who may seals records again for another PC", OPTS(reseal_opts), 1, -1,
     hub_tool_reseal},
    {"keys", "[show|card|order|demand MÃ_MÁY|rotate|stolen|lost|address MÁY:CỔNG]",
     "khóa của trung tâm: xem thẻ, thay khóa, khóa bị lộ, mất khóa, đổi địa chỉ",
     "the hub's keys: its card, a change, a theft, a loss, a new address", OPTS(keys_opts), 0, 2,
     hub_tool_keys},
    {"quarantine", "[list|show|release|discard] [SỐ]",
     "những gì máy đã bị thu hồi còn gửi, chờ quyết định",
     "what revoked nodes still sent, for a person to decide", OPTS(quarantine_opts), 0, 2,
     hub_tool_quarantine},
    {"reset-code", "MÃ_MÁY HỌ_TÊN MÃ_TRÊN_MÀN_HÌNH", "trả lời khi cán bộ xã quên mật khẩu",
     "answer a commune officer who forgot the password", NULL, 0, 3, 3, hub_tool_reset_code},
    {"put", "TRƯỜNG=GIÁ_TRỊ...", "ghi một hồ sơ cấp huyện", "save a district record",
     OPTS(put_opts), 0, -1, hub_tool_put},
    {"get", "MÃ", "xem một hồ sơ", "show one record", OPTS(get_opts), 1, 1, hub_tool_get},
    {"subject", "MÃ", "mọi dữ liệu về một người, ra một tệp, để trả lời người đó",
     "everything held about one person, as a file, to answer that person", OPTS(subject_opts), 1, 1,
     hub_tool_subject},
    {"reads", "", "nhật ký đọc: ai đã xem hồ sơ nhạy cảm nào, khi nào, vì sao",
     "access log: who read which sensitive records, when, why", OPTS(reads_opts), 0, 0,
     hub_tool_reads},
    {"attach", "list [MÃ]|get MÃ TỆP", "tệp kèm theo hồ sơ mà các xã đã gửi",
     "files of records that communes sent", OPTS(attach_opts), 1, 3, hub_tool_attach},
    {"list", "", "liệt kê hồ sơ", "list records", OPTS(list_opts), 0, 0, hub_tool_list},
    {"request", "list|add|set [MÃ] [TRƯỜNG=GIÁ_TRỊ...]",
     "sổ yêu cầu của chủ thể dữ liệu, với hạn luật định",
     "register of data subjects' requests, with their legal times", OPTS(register_opts), 1, -1,
     hub_tool_data_request},
    {"breach", "list|add|set [MÃ] [TRƯỜNG=GIÁ_TRỊ...]",
     "sổ vi phạm dữ liệu cá nhân, với hạn báo 72 giờ",
     "register of personal-data breaches, with the 72 hours of their notice", OPTS(register_opts),
     1, -1, hub_tool_breach},
    {"import", "TỆP", "nhập tệp CSV hoặc NDJSON", "import a CSV or NDJSON file", OPTS(import_opts),
     1, 1, hub_tool_import},
    {"conflicts", "[show MÃ]", "xung đột và người trùng cần quyết định",
     "conflicts and pairs to decide", NULL, 0, 0, 2, hub_tool_conflicts},
    {"pairs", "", "như conflicts", "same as conflicts", NULL, 0, 0, 0, hub_tool_conflicts},
    {"resolve", "MÃ", "quyết định một xung đột hoặc một cặp", "decide a conflict or a pair",
     OPTS(resolve_opts), 1, 1, hub_tool_resolve},
    {"held", "", "thay đổi bị giữ lại", "changes that are held", NULL, 0, 0, 0, hub_tool_held},
    {"transfer", "list|offer|accept-for|refuse-for|withdraw-for|crossed|apply|aside [MÃ]",
     "chuyển hồ sơ giữa các đơn vị", "transfers of records between units", OPTS(transfer_opts), 1,
     2, hub_tool_transfer},
    {"units", "list|apply|assign|node [MÃ|TRƯỜNG=GIÁ_TRỊ...]",
     "sáp nhập, chia tách đơn vị theo ngày của danh mục", "units merged and split on their day",
     OPTS(units_opts), 1, -1, hub_tool_units},
    {"share", "MÃ", "chia sẻ một hồ sơ; ai đang có hồ sơ", "share a record; who has it",
     OPTS(share_opts), 1, 1, hub_tool_share},
    {"report", "[show|accept|return]", "số liệu chưa chốt; xem, tiếp nhận, trả báo cáo xã",
     "preliminary figures; show, accept, return a report", OPTS(step_opts), 0, 1, hub_tool_report},
    {"reports", "", "báo cáo các xã: ai nộp, ai chưa, đúng hạn hay trễ",
     "the communes' reports: who sent what, in time or late", OPTS(reports_opts), 0, 0,
     hub_tool_reports},
    {"owes", "", "ai còn nợ gì", "who owes what", OPTS(owes_opts), 0, 0, hub_tool_owes},
    {"doubts", "", "hồ sơ có ngày hoặc tuổi đáng ngờ", "records with doubtful days or ages",
     OPTS(doubts_opts), 0, 0, hub_tool_doubts},
    {"calendar", "", "lịch hạn nộp (.ics)", "calendar of due days (.ics)", OPTS(calendar_opts), 0,
     0, hub_tool_calendar},
    {"ask", "", "yêu cầu một báo cáo đột xuất", "ask for an ad-hoc report", OPTS(ask_opts), 0, 0,
     hub_tool_ask_report},
    {"triggers", "", "những việc cần báo cáo đột xuất", "what calls for an ad-hoc report",
     OPTS(triggers_opts), 0, 0, hub_tool_triggers},
    {"cases", "", "việc quá hạn, sắp đến hạn ở các xã; những chỗ không khớp",
     "what is overdue or soon, and what does not add up", OPTS(cases_opts), 0, 0, hub_tool_cases},
    {"budget", "[list|approve|return MÃ]", "dự toán, phân bổ, quyết toán",
     "estimates, allocations, settlements", OPTS(money_opts), 0, 2, hub_tool_budget},
    {"score", "[list|show|appraise|return|publish [MÃ] [TIÊU_CHÍ=ĐIỂM...]]",
     "thẩm định, công bố bảng chấm điểm của xã", "appraise and publish the communes' score sheets",
     OPTS(money_opts), 0, -1, hub_tool_score},
    {"correct", "", "đính chính một số liệu của xã, xã sẽ trả lời",
     "correct a commune's figure, which it answers", OPTS(correct_opts), 0, 0, hub_tool_correct},
    {"corrections", "", "các đính chính và trả lời", "corrections and their answers",
     OPTS(corrections_opts), 0, 0, hub_tool_corrections},
    {"close", "", "chốt số liệu một kỳ", "close a period", OPTS(close_opts), 0, 0,
     hub_tool_close_period},
    {"supplement", "", "số liệu đến muộn thành báo cáo bổ sung", "what came late, as a supplement",
     OPTS(supplement_opts), 0, 0, hub_tool_supplement},
    {"reopen", "", "soạn lệnh mở lại kỳ đã chốt (hai người ký)",
     "draft an order to reopen a period (two sign it)", OPTS(reopen_opts), 0, 0, hub_tool_reopen},
    {"issues", "", "các báo cáo đã chốt", "issued reports", NULL, 0, 0, 0, hub_tool_issues},
    {"taken", "", "ai đã lấy tệp báo cáo nào, lúc nào", "who took which issued file, and when",
     OPTS(taken_opts), 0, 0, hub_tool_taken},
    {"export", "", "xuất tệp báo cáo kèm chữ ký", "write an issue's signed files",
     OPTS(export_opts), 0, 0, hub_tool_export},
    {"verify", "", "kiểm tra nhật ký, báo cáo hoặc tệp", "check the log, an issue or a file",
     OPTS(verify_opts), 0, 0, hub_tool_verify},
    {"explain", "MÃ_BÁO_CÁO Ô", "hồ sơ và bản ghi đứng sau một số", "what is behind a figure",
     OPTS(explain_opts), 1, 2, hub_tool_explain},
    {"diff", "MÃ_BÁO_CÁO [MÃ_BÁO_CÁO]", "hai bản báo cáo khác nhau ở đâu, vì sao",
     "where two issues differ, and why", NULL, 0, 1, 2, hub_tool_diff},
    {"consolidate", "THƯ_MỤC...", "tổng hợp báo cáo xuất từ nhiều trung tâm",
     "one report of several hubs", OPTS(consolidate_opts), 1, -1, hub_tool_consolidate},
    {"proof", "", "bằng chứng cho một xã rằng số liệu của xã có trong báo cáo",
     "a commune's proof that its records are in an issue", OPTS(proof_opts), 0, 0, hub_tool_proof},
    {"scrub", "", "như verify", "same as verify", OPTS(verify_opts), 0, 0, hub_tool_verify},
    {"backup", "TỆP|THƯ_MỤC", "sao lưu cơ sở dữ liệu, cả khi đang chạy",
     "copy the database, also while running", NULL, 0, 1, 1, hub_tool_backup},
    {"restore", "TỆP", "khôi phục từ bản sao lưu (khi không chạy)",
     "put a copy back (not while running)", OPTS(restore_opts), 1, 1, hub_tool_restore},
    {"alarms", "", "cảnh báo chờ người giải quyết", "alarms that a person settles",
     OPTS(alarms_opts), 0, 0, hub_tool_alarms},
    {"confirm", "", "soạn lệnh xác nhận sau khi trung tâm lùi về bản cũ (hai người ký)",
     "draft an order that confirms after the hub went back (two sign it)", OPTS(confirm_opts), 0, 0,
     hub_tool_confirm},
    {"bundle", "in|out|inspect TỆP", "gói .dongbo mang bằng USB hoặc thư điện tử",
     "a .dongbo file for USB or e-mail", OPTS(bundle_opts), 2, 2, hub_tool_bundle},
    {"token", "create|list|revoke [TÊN]", "mã truy cập của cấp tỉnh", "tokens of the province",
     NULL, 0, 1, 2, hub_tool_token},
    {"user", "add|list|disable|enable|role|passwd|authenticator [TÊN]",
     "người dùng trang của trung tâm", "logins of the hub's page", OPTS(user_opts), 1, 2,
     hub_tool_user},
    {"first-code", "", "mã để người quản trị đầu tiên tạo tài khoản trên trang",
     "code with which the first admin is made on the page", NULL, 0, 0, 0, hub_tool_first_code},
    {"officer", "add|list|revoke [TÊN]", "cán bộ được ký lệnh hai người",
     "officers who sign orders of two people", OPTS(officer_opts), 1, 2, hub_tool_officer},
    {"order", "list|show|propose|approve|withdraw [LỆNH|TỆP]", "lệnh cần hai người ký",
     "orders that two people sign", OPTS(order_opts), 1, 2, hub_tool_order},
    {"erase", "propose|approve|list|show|withdraw|find [MÃ...]",
     "xóa dữ liệu cá nhân theo lệnh của hai người", "erase personal data by an order of two people",
     OPTS(erase_opts), 1, -1, hub_tool_erase},
    {"certificate", "[show|renew]", "chứng thư của trang", "the page's certificate",
     OPTS(certificate_opts), 0, 1, hub_tool_certificate},
    {"status", "", "tình trạng của trung tâm", "state of the hub", NULL, 0, 0, 0, hub_tool_status},
    {"check-config", "", "kiểm tra và in cấu hình", "check and print the config", NULL, 0, 0, 0,
     hub_tool_check_config},
};

static const struct cli_program program = {
    .name = "dongbo-hub",
    .vi = "Đồng Bộ: trung tâm, gộp dữ liệu các xã và ban hành báo cáo có chữ ký",
    .en = "Dong Bo: the hub, merges the communes' data and issues signed reports",
    .data_default = "./dongbo-hub",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof verbs[0],
};

int main(int argc, char **argv)
{
    struct hub_tool tool = {.app = NULL};
    int code = cli_main(&program, argc, argv, &tool);
    hub_tool_close(&tool);
    return code == 0 ? tool.exit : code;
}
