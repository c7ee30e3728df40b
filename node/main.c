/* dongbo-node: the table of its verbs. */
#include "node/tool.h"

#define OPT(name, arg, vi, en)                                                                     \
    {                                                                                              \
        name, arg, vi, en                                                                          \
    }
#define OPTS(v) v, sizeof v / sizeof v[0]

static const struct cli_opt init_opts[] = {
    OPT("name", "TÊN", "tên của máy này, để trung tâm nhận ra",
        "name of this PC, for the hub's list"),
};
static const struct cli_opt join_opts[] = {
    OPT("name", "TÊN", "tên của máy này, để trung tâm nhận ra",
        "name of this PC, for the hub's list"),
    OPT("offline", NULL, "chỉ giữ lời mời, chưa kết nối",
        "only keep the invitation, do not connect"),
};
static const struct cli_opt open_opts[] = {
    OPT("no-browser", NULL, "không gọi trình duyệt, chỉ in địa chỉ",
        "call no browser, only print the address"),
    OPT("background", NULL, "lúc đăng nhập máy: chỉ chạy nền, nếu thư mục đã có dữ liệu",
        "at the login of the PC: only run the daemon, if the folder has data"),
};
static const struct cli_opt run_opts[] = {
    OPT("log", "TỆP", "ghi nhật ký vào tệp này (nhiều nhất 2 MiB), thay cho màn hình",
        "log to this file (2 MiB at most) and not to the screen"),
};
static const struct cli_opt put_opts[] = {
    OPT("type", "LOẠI", "loại hồ sơ, khi tạo mới", "record type, to create one"),
    OPT("id", "MÃ", "mã hồ sơ (32 chữ số)", "record id (32 hex digits)"),
    OPT("person", "TÊN", "người ghi", "who saves"),
    OPT("base", "PHIÊN_BẢN", "version của get: từ chối khi hồ sơ đã đổi",
        "version out of get: refused when the record has changed"),
    OPT("lock", "TRƯỜNG;...", "khóa: danh sách nhập không ghi đè trường này",
        "lock: no import overwrites this field"),
    OPT("unlock", "TRƯỜNG;...", "mở khóa trường này", "lists may write this field again"),
    OPT("delete", NULL, "xóa hồ sơ", "delete the record"),
    OPT("reason", "LÝ_DO", "xóa: mistake (nhập nhầm), duplicate (trùng), no_such_person...",
        "delete: mistake, duplicate, no_such_person ..."),
    OPT("restore", NULL, "khôi phục hồ sơ đã xóa", "bring a deleted record back"),
    OPT("confirm-dates", NULL, "ngày xa kỳ báo cáo là đúng", "a day far from the period is right"),
};
static const struct cli_opt list_opts[] = {
    OPT("type", "LOẠI", "chỉ loại hồ sơ này", "only this record type"),
    OPT("conflicts", NULL, "chỉ hồ sơ xung đột", "only records in conflict"),
    OPT("pending", NULL, "chỉ hồ sơ có thay đổi chờ gửi hoặc bị giữ",
        "only records with changes that wait or are held"),
    OPT("deleted", NULL, "hồ sơ đã xóa", "deleted records"),
    OPT("after", "MÃ", "tiếp sau hồ sơ này", "go on behind this record"),
    OPT("max", "SỐ", "số dòng nhiều nhất", "most rows"),
};
static const struct cli_opt import_opts[] = {
    OPT("type", "LOẠI", "loại hồ sơ (bắt buộc với CSV)", "record type (needed for CSV)"),
    OPT("person", "TÊN", "người nhập", "who imports"),
    OPT("key", "TRƯỜNG", "trường dùng làm khóa (mặc định: số định danh)",
        "field that names a record (default: the identity field)"),
    OPT("map", "CỘT=trường;...", "cột nào là trường nào; \"CỘT=\" để bỏ cột",
        "which column is which field; \"COLUMN=\" leaves one out"),
    OPT("header", "SỐ", "dòng tiêu đề là dòng thứ mấy (.xlsx, CSV)",
        "number of the row with the names (.xlsx, CSV)"),
    OPT("sheet", "SỐ", "trang tính thứ mấy của .xlsx", "number of the sheet of an .xlsx"),
    OPT("text", "LOẠI", "chữ trong tệp: unicode, tcvn3, vni",
        "the file's text: unicode, tcvn3, vni"),
    OPT("as-of", "NGÀY", "số liệu tính đến ngày này: giữ nguyên ô đã ghi sau đó",
        "the list is of this day: what was written later stays"),
    OPT("confirm-dates", NULL, "những ngày xa kỳ báo cáo là đúng",
        "days far from the period are right"),
    OPT("confirm-same", NULL, "dòng có số trùng mà tên, ngày sinh khác: đúng là hồ sơ đó",
        "rows with a known number and another name or birth are that record"),
    OPT("dry-run", NULL, "chạy thử: xem lỗi, chưa nhập gì",
        "only look for mistakes, import nothing"),
    OPT("csv", NULL, "tệp là CSV", "the file is CSV"),
    OPT("ndjson", NULL, "tệp là NDJSON", "the file is NDJSON"),
};

static const struct cli_opt bundle_opts[] = {
    OPT("next", NULL, "out: chỉ phần sau gói đã làm lần trước",
        "out: only what comes behind the bundle made before"),
};

static const struct cli_opt attach_opts[] = {
    OPT("name", "TÊN", "add: tên tệp trong hồ sơ", "add: the file's name in the record"),
    OPT("kind", "LOẠI", "add: photo, scan, document, other", "add: photo, scan, document, other"),
    OPT("taken-on", "NGÀY", "add: ngày chụp, ngày lập", "add: day on which it was made"),
    OPT("person", "TÊN", "người ghi", "who saves"),
};

static const struct cli_opt alarms_opts[] = {
    OPT("settle", "SỐ", "cảnh báo này đã được giải quyết", "this alarm is settled"),
    OPT("all", NULL, "cả những cảnh báo đã giải quyết", "settled ones too"),
};
static const struct cli_opt restore_opts[] = {
    OPT("check", NULL, "chỉ kiểm tra bản sao lưu, không thay đổi gì",
        "only check the copy, change nothing"),
};

static const struct cli_opt transfer_opts[] = {
    OPT("to", "ĐƠN_VỊ", "mã đơn vị nhận (offer)", "code of the receiving unit (offer)"),
    OPT("note", "LỜI_NHẮN", "lời nhắn cho bên kia", "a note for the other side"),
    OPT("person", "TÊN", "người ghi", "who saves"),
};
static const struct cli_opt share_opts[] = {
    OPT("unit", "ĐƠN_VỊ", "mã đơn vị cùng xem", "code of the unit"),
    OPT("access", "QUYỀN", "read (xem), write (sửa) hoặc none (thôi)", "read, write or none"),
    OPT("person", "TÊN", "người ghi", "who saves"),
};

static const struct cli_opt readers_opts[] = {
    OPT("person", "TÊN", "người làm việc này (hoặc DONGBO_PERSON)",
        "who does this (or DONGBO_PERSON)"),
};

static const struct cli_opt report_opts[] = {
    OPT("report", "MÃ", "báo cáo, ví dụ RP05", "report, for instance RP05"),
    OPT("period", "KỲ", "2023-06, 2023-Q2, 2023-6M, 2023-9M, 2023",
        "2023-06, 2023-Q2, 2023-6M, 2023-9M, 2023"),
    OPT("from", "NGÀY", "list: hạn từ ngày", "list: due from"),
    OPT("to", "NGÀY", "list: hạn đến ngày", "list: due to"),
    OPT("on", "NGÀY", "list: tính đến ngày này", "list: as of this day"),
    OPT("person", "TÊN", "người làm việc này (hoặc DONGBO_PERSON)",
        "who does this (or DONGBO_PERSON)"),
};
static const struct cli_opt calendar_opts[] = {
    OPT("from", "NGÀY", "hạn từ ngày", "due from"),
    OPT("to", "NGÀY", "hạn đến ngày", "due to"),
    OPT("out", "TỆP", "ghi ra tệp .ics", "write to a file (.ics)"),
};
static const struct cli_opt correction_opts[] = {
    OPT("note", "CHỮ", "ý kiến của xã", "what the commune says"),
    OPT("person", "TÊN", "người trả lời (hoặc DONGBO_PERSON)", "who answers (or DONGBO_PERSON)"),
};

static const struct cli_opt cases_opts[] = {
    OPT("on", "NGÀY", "tính đến ngày này", "as of this day"),
    OPT("all", NULL, "cả việc đã xong", "what is done too"),
    OPT("clock", "MÃ", "chỉ đồng hồ này, ví dụ K02", "this clock alone, such as K02"),
    OPT("record", "MÃ", "chỉ hồ sơ này", "this record alone"),
};
static const struct cli_opt money_opts[] = {
    OPT("year", "NĂM", "năm", "year"),
    OPT("scheme", "TÊN", "bộ tiêu chí (score start)", "scheme (score start)"),
    OPT("on", "NGÀY", "ngày của bước này (mặc định: hôm nay)", "day of the step (default: today)"),
    OPT("reason", "CHỮ", "giải trình (score set)", "reason (score set)"),
    OPT("evidence", "CHỮ", "tài liệu chứng minh (score set)", "evidence (score set)"),
    OPT("person", "TÊN", "người làm việc này (hoặc DONGBO_PERSON)",
        "who does this (or DONGBO_PERSON)"),
};

static const struct cli_verb verbs[] = {
    {"init", "", "tạo thư mục dữ liệu và khóa của máy này", "make this PC's data folder and keys",
     OPTS(init_opts), 0, 0, node_tool_init},
    {"join", "LỜI_MỜI", "ghi danh với trung tâm bằng lời mời", "join a hub with its invitation",
     OPTS(join_opts), 1, 1, node_tool_join},
    {"open", "", "mở trang của máy này; lần đầu thì tạo thư mục, chưa chạy thì chạy nền",
     "open this PC's page; make the folder and start the daemon where needed", OPTS(open_opts), 0,
     0, node_tool_page},
    {"run", "", "chạy nền: đồng bộ và phục vụ các lệnh", "run the daemon: sync and serve the tool",
     OPTS(run_opts), 0, 0, node_tool_run},
    {"put", "TRƯỜNG=GIÁ_TRỊ...", "ghi một hồ sơ", "save one record", OPTS(put_opts), 0, -1,
     node_tool_put},
    {"get", "MÃ", "xem một hồ sơ", "show one record", NULL, 0, 1, 1, node_tool_get},
    {"list", "TRƯỜNG=GIÁ_TRỊ...", "liệt kê hồ sơ", "list records", OPTS(list_opts), 0, 8,
     node_tool_list},
    {"import", "TỆP", "nhập tệp Excel, CSV hoặc NDJSON",
     "import a workbook, a CSV or an NDJSON file", OPTS(import_opts), 1, 1, node_tool_import},
    {"history", "MÃ", "ai đã ghi gì vào một hồ sơ, khi nào",
     "who wrote what into a record, and when", NULL, 0, 1, 1, node_tool_history},
    {"held", "", "thay đổi mà trung tâm đang giữ: vì sao, ai lo, làm gì tiếp",
     "changes that the hub holds: why, whose turn it is, what to do next", NULL, 0, 0, 0,
     node_tool_held},
    {"report", "list|show|draft|submit|withdraw|note [TRƯỜNG=CHỮ...]",
     "báo cáo của xã: xem hạn, soạn, nộp, rút, ghi chú",
     "the commune's reports: due, draft, submit, withdraw, note", OPTS(report_opts), 1, -1,
     node_tool_report},
    {"calendar", "", "lịch hạn nộp (.ics)", "calendar of due days (.ics)", OPTS(calendar_opts), 0,
     0, node_tool_calendar},
    {"cases", "", "việc quá hạn, sắp đến hạn; những chỗ không khớp",
     "what is overdue or soon, and what does not add up", OPTS(cases_opts), 0, 0, node_tool_cases},
    {"budget", "[list|submit|approve|send|back MÃ]", "dự toán, kinh phí được phân bổ, quyết toán",
     "estimates, allocations, settlements", OPTS(money_opts), 0, 2, node_tool_budget},
    {"score", "[list|start|show|set|submit|withdraw [MÃ] [TIÊU_CHÍ=ĐIỂM...]]",
     "tự chấm điểm theo bộ tiêu chí của danh mục", "score the commune by the catalogue's scheme",
     OPTS(money_opts), 0, -1, node_tool_score},
    {"corrections", "", "đính chính của huyện chờ xã trả lời",
     "the district's corrections, which wait for an answer", NULL, 0, 0, 0, node_tool_corrections},
    {"correction", "MÃ agree|object", "trả lời một đính chính", "answer a correction",
     OPTS(correction_opts), 2, 2, node_tool_correction},
    {"bundle", "out|in|inspect TỆP", "gói .dongbo mang bằng USB hoặc thư điện tử",
     "a .dongbo file for USB or e-mail", OPTS(bundle_opts), 2, 2, node_tool_bundle},
    {"attach", "add MÃ TỆP|list [MÃ]|get MÃ TỆP", "tệp kèm theo hồ sơ: ảnh, bản quét",
     "files of a record: photos, scans", OPTS(attach_opts), 1, 3, node_tool_attach},
    {"card", "TỆP", "nhận thẻ mới của trung tâm (đổi khóa, đổi địa chỉ)",
     "take the hub's new card (changed keys, new address)", NULL, 0, 1, 1, node_tool_card},
    {"words", "[same|differ]", "sáu từ để so với trung tâm; khác nhau thì không gửi gì nữa",
     "the six words to compare with the hub; where they differ nothing is sent any more", NULL, 0,
     0, 1, node_tool_words},
    {"keys", "[show|rotate]", "khóa của máy này: xem, đổi khóa mới",
     "this PC's keys: show them, change them", NULL, 0, 0, 1, node_tool_keys},
    {"verify-proof", "TỆP", "kiểm tra số liệu của xã có trong báo cáo đã chốt",
     "check that the commune's records are in an issued report", NULL, 0, 1, 1,
     node_tool_verify_proof},
    {"backup", "TỆP|THƯ_MỤC", "sao lưu cơ sở dữ liệu, cả khi đang chạy",
     "copy the database, also while running", NULL, 0, 1, 1, node_tool_backup},
    {"verify", "", "tính lại mọi mã băm, chữ ký: tìm hư hỏng",
     "recompute every hash: look for damage", NULL, 0, 0, 0, node_tool_verify},
    {"scrub", "", "như verify", "same as verify", NULL, 0, 0, 0, node_tool_verify},
    {"restore", "TỆP", "khôi phục từ bản sao lưu (khi không chạy)",
     "put a copy back (not while running)", OPTS(restore_opts), 1, 1, node_tool_restore},
    {"alarms", "", "cảnh báo chờ người giải quyết", "alarms that a person settles",
     OPTS(alarms_opts), 0, 0, node_tool_alarms},
    {"transfer", "list|offer|accept|refuse|withdraw|crossed|apply|aside [MÃ]",
     "chuyển hồ sơ sang đơn vị khác, nhận hồ sơ", "transfer records to another unit, receive them",
     OPTS(transfer_opts), 1, 2, node_tool_transfer},
    {"share", "MÃ", "chia sẻ một hồ sơ với đơn vị khác", "share a record with another unit",
     OPTS(share_opts), 1, 1, node_tool_share},
    {"readers", "[list | accept MÃ | drop MÃ]", "máy và cán bộ đọc được các trường niêm phong",
     "PCs and officers that read sealed fields", OPTS(readers_opts), 0, 2, node_tool_readers},
    {"reseal", "[MÃ]", "niêm phong lại hồ sơ cho mọi máy và cán bộ được đọc",
     "seal records again for all who may read", OPTS(readers_opts), 0, 1, node_tool_reseal},
    {"sync", "", "đồng bộ ngay", "sync now", NULL, 0, 0, 0, node_tool_sync},
    {"status", "", "tình trạng: đã lưu, đã gửi, đang chờ", "what is saved, delivered, waiting",
     NULL, 0, 0, 0, node_tool_status},
    {"check-config", "[TỆP]", "kiểm tra tệp cấu hình", "check the config file", NULL, 0, 0, 1,
     node_tool_check_config},
};

static const struct cli_program program = {
    .name = "dongbo-node",
    .vi = "Đồng Bộ: máy xã, nhập liệu khi không có mạng và đồng bộ khi có mạng",
    .en = "Dong Bo: a commune's node, works offline and syncs when there is a link",
    .data_default = "./dongbo-data",
    .verbs = verbs,
    .verb_count = sizeof verbs / sizeof verbs[0],
};

int main(int argc, char **argv)
{
    struct node_tool tool = {.open = false};
    int code = cli_main(&program, argc, argv, &tool);
    node_tool_close(&tool);
    return code == 0 ? tool.exit : code;
}
