/*
 * The options of each verb of dongbo-hub, for the table in hub/main.c, which alone includes this. docs/hub.md.
 *
 * Ownership: constants.   Threads: any.
 */
#ifndef DONGBO_HUB_MAIN_OPTIONS_H
#define DONGBO_HUB_MAIN_OPTIONS_H

#include "common/io/cli.h"

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
    OPT("type", "LOẠI", "loại hồ sơ (bắt buộc với CSV)", "record type (needed for CSV)"),
    OPT("map", "CỘT=trường;...", "cột nào là trường nào; \"CỘT=\" để bỏ cột",
        "which column is which field; \"COLUMN=\" leaves one out"),
    OPT("header", "SỐ", "dòng tiêu đề là dòng thứ mấy (.xlsx, CSV)",
        "number of the row with the names (.xlsx, CSV)"),
    OPT("sheet", "SỐ", "trang tính thứ mấy của .xlsx", "number of the sheet of an .xlsx"),
    OPT("text", "LOẠI", "chữ trong tệp: unicode, tcvn3, vni",
        "the file's text: unicode, tcvn3, vni"),
    OPT("csv", NULL, "tệp là CSV", "the file is CSV"),
    OPT("ndjson", NULL, "tệp là NDJSON", "the file is NDJSON"),
    OPT("dry-run", NULL, "chạy thử: xem lỗi, chưa nhập gì",
        "only look for mistakes, import nothing"),
    OPT("confirm-same", NULL, "dòng có số trùng mà tên, ngày sinh khác: đúng là hồ sơ đó",
        "rows with a known number and another name or birth are that record"),
    OPT_DATES,
    OPT_PERSON,
};
static const struct cli_opt conflicts_opts[] = {
    OPT("unit", "MÃ", "chỉ của xã này", "of this commune alone"),
    OPT("type", "LOẠI", "chỉ loại hồ sơ này", "of this record type alone"),
    OPT("field", "TRƯỜNG", "settle: chỉ trường này", "settle: this field alone"),
    OPT("take", "CÁCH", "settle: newest (ghi sau cùng) hoặc first (đến trước)",
        "settle: newest (written last) or first (came first)"),
    OPT("yes", NULL, "settle: ghi các quyết định (không có: chỉ xem trước)",
        "settle: save the decisions (without it they are only shown)"),
    OPT_PERSON,
};
static const struct cli_opt resolve_opts[] = {
    OPT("field", "TRƯỜNG", "trường cần quyết định", "the field to decide"),
    OPT("take", "SỐ", "lấy giá trị mang số này, hoặc newest, first",
        "take the value of this number, or newest, first"),
    OPT("value", "GIÁ_TRỊ", "lấy giá trị này", "take this value"),
    OPT("delete", NULL, "xác nhận xóa hồ sơ", "confirm the deletion"),
    OPT("keep", NULL, "giữ lại hồ sơ đã bị xóa", "keep the deleted record"),
    OPT("same", NULL, "cặp này là một người", "the pair is one person"),
    OPT("different", NULL, "cặp này là hai người", "the pair are two persons"),
    OPT("undo", NULL, "hoàn tác kết luận về một cặp (mã: conflicts links)",
        "take a decision about a pair back (id: conflicts links)"),
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
    OPT_PERSON,
};
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
static const struct cli_opt reports_opts[] = {
    OPT_REPORT,
    OPT_PERIOD,
    OPT_UNIT,
    OPT("from", "NGÀY", "hạn từ ngày", "due from"),
    OPT("to", "NGÀY", "hạn đến ngày", "due to"),
    OPT_ON,
};
static const struct cli_opt calendar_opts[] = {
    OPT_REPORT,
    OPT_PERIOD,
    OPT_UNIT,
    OPT("from", "NGÀY", "hạn từ ngày", "due from"),
    OPT("to", "NGÀY", "hạn đến ngày", "due to"),
    OPT("out", "TỆP", "ghi ra tệp .ics", "write to a file (.ics)"),
};
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
    OPT("role", "VAI_TRÒ", "admin, statistician hoặc viewer", "admin, statistician or viewer"),
};
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

#endif
