#include "proto/words.h"

#include <assert.h>
#include <sodium.h>

/*
 * Chosen so that the pairs which sound alike in some region never meet: n/l, s/x, tr/ch, d/gi/r/v,
 * qu/hoa, final n/ng and t/c, also m/n and p/t which a telephone blurs. No coarse or sad words.
 */
/* clang-format off */
const char *const words_list[WORDS_LIST_COUNT] = {
    "ba", "bài", "bảo", "bắp", "bầu", "bảy", "bé", "bếp", "bền", "bèo", "bí", "bìa", "biển",
    "biết", "bò", "bột", "búa", "bụi", "bún", "búp", "buôn", "bước", "cá", "cái", "cam", "cao",
    "cáp", "cầu", "cây", "kẻ", "kem", "kẹo", "kép", "kêu", "kìa", "kim", "kiến", "kiệu", "cò",
    "còi", "cốm", "cua", "củi", "cuốn", "cừu", "chả", "chai", "chào", "cháu", "chạy", "chè",
    "chèo", "chép", "chị", "chia", "chìm", "chiếc", "chiếu", "chó", "chổi", "chóp", "chú",
    "chùa", "chuột", "da", "dao", "dê", "dép", "dừa", "dâu", "dây", "diều", "dòng", "dốc",
    "giáp", "giàn", "đài", "đáp", "đèn", "đèo", "đĩa", "đồi", "đục", "đước", "đình", "gà",
    "gai", "gấm", "gạo", "gấu", "gậy", "ghép", "gỗ", "gối", "gốm", "gừng", "gương", "guốc",
    "hạ", "hai", "hào", "hấp", "hay", "heo", "hẹp", "hiền", "hiểu", "hồ", "hội", "họp", "hứa",
    "hướng", "khá", "khai", "khám", "khâu", "khay", "khe", "khen", "khéo", "khép", "khỉ",
    "khiên", "khói", "khóm", "khu", "khúc", "khung", "la", "lái", "làm", "lào", "lau", "lấy",
    "liền", "lò", "lời", "lúa", "lươn", "lựu", "lượt", "má", "mai", "mâm", "màu", "máy", "mè",
    "mềm", "mèo", "mép", "mía", "miền", "mít", "mỏ", "mồi", "mũ", "múa", "muôn", "nga", "ngày",
    "ngao", "nghe", "nghỉ", "nghĩa", "nghiêm", "ngói", "ngon", "ngựa", "nha", "nhai", "nhập",
    "nhau", "nhảy", "nhẹ", "nhím", "nhiều", "nhỏ", "nhóm", "phà", "phai", "pháo", "phân",
    "phẩy", "phía", "phi", "phim", "phiếu", "phố", "phòng", "phù", "phúc", "phương", "qua",
    "quạt", "quân", "quay", "quế", "quen", "quý", "sách", "sáng", "sai", "sao", "sen", "sim",
    "siêng", "sò", "sói", "sóng", "sửa", "suối", "xích", "tá", "tai", "tám", "tạo", "tàu",
    "tay", "tem", "tép", "tía", "tím", "tiến", "tiếp", "tiêu", "to", "tỏi", "tu", "túi",
    "tương", "tha", "thai", "thảm", "tháp", "thau", "thay", "thẻ", "thêm", "thép", "theo",
    "thi", "thiên", "thỏ", "thơm", "thu", "thuốc", "thuyền", "voi", "ấm", "ao", "áp", "em",
    "ép", "ít", "ôm", "ớt",
};
/* clang-format on */

void words_of(const struct id_hash *hash, const char *out[WORDS_COUNT])
{
    assert(hash != NULL && out != NULL);
    static const uint8_t tag[16] = "dongbo/words/1";
    uint8_t digest[ID_HASH_BYTES];
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, sizeof digest);
    crypto_generichash_update(&st, tag, sizeof tag);
    crypto_generichash_update(&st, hash->b, sizeof hash->b);
    crypto_generichash_final(&st, digest, sizeof digest);
    for (size_t i = 0; i < WORDS_COUNT; i++)
        out[i] = words_list[digest[i]];
}

enum err words_text(const struct id_hash *hash, struct buf *out)
{
    const char *word[WORDS_COUNT];
    words_of(hash, word);
    for (size_t i = 0; i < WORDS_COUNT; i++) {
        if (i > 0) buf_add_str(out, " – ");
        buf_add_str(out, word[i]);
    }
    return out->e;
}
