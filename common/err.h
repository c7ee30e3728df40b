/*
 * The one error domain of the whole program: every fallible function returns enum err.
 *
 * Codes of SQLite, libuv, msgpack, sodium and the rest are mapped (and logged) in the one file that
 * calls them; nothing above ever sees a foreign code. Each code has a scope, which says how much is
 * broken and so what goes on: one item, one chain of change sets, one link, or this process itself.
 *
 * Ownership: all texts are static.   Threads: any.
 */
#ifndef DONGBO_COMMON_ERR_H
#define DONGBO_COMMON_ERR_H

#include <stdbool.h>

#ifdef NDEBUG
#error "assertions stay on in release: do not define NDEBUG"
#endif

#define MUST_CHECK __attribute__((warn_unused_result))

/* X(code, scope, English text for the log, Vietnamese text for the officer) */
#define ERR_LIST(X)                                                                                \
    X(OK, ITEM, "ok", "Thành công")                                                                \
    X(AGAIN, ITEM, "not complete yet", "Chưa xong, cần chờ thêm")                                  \
    X(NOT_FOUND, ITEM, "not found", "Không tìm thấy")                                              \
    X(EXISTS, ITEM, "already exists", "Đã tồn tại")                                                \
    X(BAD_INPUT, ITEM, "bad input", "Dữ liệu nhập không hợp lệ")                                   \
    X(BAD_VALUE, ITEM, "value not allowed by the catalogue",                                       \
      "Giá trị không được danh mục cho phép")                                                      \
    X(STALE, ITEM, "the record changed since it was read", "Hồ sơ đã thay đổi sau khi mở")         \
    X(TOO_LARGE, ITEM, "over a limit", "Vượt quá giới hạn")                                        \
    X(USAGE, ITEM, "wrong usage", "Sai cách dùng lệnh")                                            \
    X(BAD_FORMAT, LINK, "bytes are not in the format of the protocol",                             \
      "Dữ liệu không đúng định dạng")                                                              \
    X(BAD_SIGNATURE, CHAIN, "signature does not verify", "Chữ ký không hợp lệ")                    \
    X(BAD_HASH, CHAIN, "hash does not match", "Mã băm không khớp")                                 \
    X(CHAIN_BROKEN, CHAIN, "change set does not extend the chain", "Gói thay đổi không nối chuỗi") \
    X(FORKED, CHAIN, "two histories of one log", "Hai lịch sử của cùng một máy")                   \
    X(REVOKED, CHAIN, "key was revoked", "Khóa đã bị thu hồi")                                     \
    X(WRONG_HUB, LINK, "the other side is not the expected hub",                                   \
      "Đầu bên kia không phải trung tâm đã ghi danh")                                              \
    X(REFUSED, LINK, "the hub refused", "Trung tâm từ chối")                                       \
    X(HANDSHAKE, LINK, "handshake failed", "Bắt tay mã hóa thất bại")                              \
    X(NO_HUB, LINK, "what answers is no hub but a web page or another service",                    \
      "Nơi trả lời không phải trung tâm mà là một trang web hay dịch vụ khác")                     \
    X(LINK_LOST, LINK, "connection lost", "Mất kết nối")                                           \
    X(TIMEOUT, LINK, "timed out", "Quá thời gian chờ")                                             \
    X(UNREACHABLE, LINK, "hub cannot be reached", "Không kết nối được trung tâm")                  \
    X(NOMEM, LINK, "out of memory", "Hết bộ nhớ")                                                  \
    X(FULL, SELF, "disk full", "Ổ đĩa đầy")                                                        \
    X(READONLY, SELF, "the data folder cannot be written", "Không ghi được vào thư mục dữ liệu")   \
    X(MOVED, SELF, "the database was moved or replaced while it was open",                         \
      "Tệp dữ liệu đã bị dời hoặc thay khi đang mở")                                               \
    X(STORE, SELF, "database error", "Lỗi cơ sở dữ liệu")                                          \
    X(DAMAGED, SELF, "database or file is damaged", "Cơ sở dữ liệu hoặc tệp bị hỏng")              \
    X(IO, SELF, "file or system error", "Lỗi đọc ghi tệp hoặc hệ thống")                           \
    X(LOCKED, SELF, "another process holds the data folder",                                       \
      "Tiến trình khác đang giữ thư mục dữ liệu")                                                  \
    X(NOT_READY, SELF, "not initialised", "Chưa khởi tạo")                                         \
    X(CONFIG, SELF, "configuration is wrong", "Cấu hình sai")                                      \
    X(NEWER, SELF,                                                                                 \
      "the data are of a newer version than this program (" DONGBO_VERSION "): install the "       \
      "version that was used last, or a later one; the data are whole, nothing was changed",       \
      "Dữ liệu do phiên bản chương trình mới hơn bản này (" DONGBO_VERSION                         \
      ") ghi: hãy cài lại phiên bản đã dùng gần nhất, "                              \
      "hoặc bản mới hơn nữa. "                                                            \
      "Dữ liệu vẫn nguyên, chưa thay đổi gì.")                                                     \
    X(OTHER_PROGRAM, SELF, "the data are of the other program (of a hub, or of a commune)",        \
      "Dữ liệu là của chương trình kia (trung tâm hoặc máy xã)")                                   \
    X(DENIED, ITEM, "not permitted", "Không được phép")

enum err {
#define ERR_X(code, scope, en, vi) ERR_##code,
    ERR_LIST(ERR_X)
#undef ERR_X
        ERR_COUNT
};

enum err_scope {
    ERR_SCOPE_ITEM,  /* this one record, row or file: the rest goes on */
    ERR_SCOPE_CHAIN, /* this log: stop it, tell both sides' officers */
    ERR_SCOPE_LINK,  /* this connection: close it and try again later */
    ERR_SCOPE_SELF,  /* this process: stop accepting, stay alive, show it */
};

/* Name of the code ("BAD_HASH"), its log text and its text for an officer. Never NULL for a code of
 * the list. */
const char *err_name(enum err e);
const char *err_text_en(enum err e);
const char *err_text_vi(enum err e);
enum err_scope err_scope(enum err e);

/* Process exit code for an error, as documented in docs/exit-codes.md (0 ok, 1 failed, 2 usage,
 * ...). */
int err_exit_code(enum err e);

#endif
