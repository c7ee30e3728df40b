#!/usr/bin/env python3
"""Workload W(nodes, changes): deterministic NDJSON of social-work changes, one file per commune.

  gen.py --nodes 12 --changes 10000 --seed 1 --out DIR     -> DIR/node-00.ndjson .. node-11.ndjson
  gen.py --syllables ...    the same, but every note is 8 to 16 random syllables: text that repeats nothing

Each line is one change made offline at one commune, in order:
  {"n":3,"s":17,"t":1735693261000,"op":"put","id":"03-0000017","doc":{12 fields}}      70 %
  {"n":3,"s":18,"t":1735693299000,"op":"set","id":"03-0000005","set":{1 or 2 fields}}   30 %
n = commune, s = change number in that commune (1..), t = ms since 1970 (strictly increasing per commune),
id = record id. A "set" names a record that an earlier "put" of the same commune made; two thirds of them
touch one of its last 200 records. 0.5 % of the creates register a person of a pool shared by all communes
(same cccd in two communes: a duplicate to be found at the hub). There are no two writers of one record id.
Only the Python standard library; own generator (splitmix64), so the bytes do not depend on the Python version.
"""
import argparse, json, os

M = (1 << 64) - 1

class R:
    def __init__(self, seed):
        self.s = seed & M
    def u64(self):
        self.s = (self.s + 0x9E3779B97F4A7C15) & M
        z = self.s
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & M
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & M
        return z ^ (z >> 31)
    def below(self, n):
        return self.u64() % n
    def pick(self, a):
        return a[self.u64() % len(a)]

XA = ["Vĩnh An", "Thạnh Phú", "Tân Bình", "Bình Hòa", "Thiện Tân", "Tân An", "Vĩnh Tân", "Trị An",
      "Phú Lý", "Mã Đà", "Hiếu Liêm", "Bình Lợi", "Gia Canh", "Phú Ngọc", "La Ngà", "Túc Trưng"]
HO = ["Nguyễn", "Nguyễn", "Nguyễn", "Trần", "Trần", "Lê", "Phạm", "Huỳnh", "Hoàng", "Phan", "Vũ", "Võ", "Đặng",
      "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Thổ", "Điểu"]
DEM_NAM = ["Văn", "Văn", "Hữu", "Đức", "Minh", "Quốc", "Thanh", "Ngọc", "Công", "Xuân"]
DEM_NU = ["Thị", "Thị", "Thị Ngọc", "Thị Thu", "Ngọc", "Thanh", "Thị Kim", "Thị Mỹ", "Hồng"]
TEN_NAM = ["An", "Bảo", "Cường", "Dũng", "Đạt", "Hải", "Hiếu", "Hùng", "Khánh", "Khoa", "Long", "Nam", "Nghĩa",
           "Phúc", "Quân", "Sơn", "Tài", "Thắng", "Tuấn", "Việt", "Trường", "Đông"]
TEN_NU = ["Anh", "Châu", "Diễm", "Dung", "Giang", "Hà", "Hạnh", "Hằng", "Hoa", "Hương", "Lan", "Linh", "Mai",
          "Nga", "Nhung", "Oanh", "Phượng", "Thảo", "Thủy", "Trang", "Tuyết", "Yến"]
LOAI = ["nguoi_nghien_ma_tuy", "sau_cai_nghien", "cai_nghien_tu_nguyen", "dieu_tri_methadone", "nan_nhan_bi_mua_ban",
        "phong_chong_mai_dam", "tre_em_hoan_canh_dac_biet", "nguoi_cao_tuoi_neo_don", "nguoi_khuyet_tat",
        "bao_luc_gia_dinh",
        "ho_ngheo", "chap_hanh_xong_an_phat_tu", "tro_cap_dot_xuat", "tu_van_tuyen_truyen"]
TT = ["mới tiếp nhận", "đang quản lý", "đang hỗ trợ", "đã vận động cai nghiện", "hòa nhập cộng đồng",
      "chuyển địa bàn", "kết thúc hỗ trợ", "tạm dừng"]
AP = ["Ấp 1", "Ấp 2", "Ấp 3", "Ấp 4", "Ấp 5", "Ấp Bình Chánh", "Ấp Tân Lập", "Ấp Lý Lịch", "Khu phố 1",
      "Khu phố 2", "Khu phố 5", "Khu phố 8"]
DUONG = ["đường ĐT 768", "đường Đồng Khởi", "tổ 3", "tổ 7", "tổ 12", "hẻm 45", "đường Quang Trung",
         "đường Nguyễn Tất Thành", "tổ 9, cạnh chợ"]
KY = ["2025-01", "2025-02", "2025-03", "2025-04", "2025-05", "2025-06", "2025-07", "2025-08", "2025-09",
      "2025-10", "2025-11", "2025-12"]
GC1 = ["Đã đến thăm nhà", "Gia đình hợp tác", "Vắng mặt tại địa phương", "Tư vấn trực tiếp 45 phút",
       "Tình nguyện viên tiếp cận lần", "Phối hợp Công an xã",
       "Giới thiệu học nghề sửa xe máy", "Hỗ trợ vay vốn Ngân hàng Chính sách xã hội",
       "Đề nghị trợ cấp đột xuất", "Cấp phát tờ rơi tuyên truyền", "Hội Phụ nữ nhận giúp đỡ",
       "Đoàn Thanh niên kèm cặp"]
GC2 = ["hẹn thăm lại sau", "cần xác minh hộ khẩu trong", "đề nghị cấp huyện xem xét trong",
       "đã lập hồ sơ, chờ duyệt", "chuyển Trạm Y tế theo dõi", "xét nghiệm âm tính lần",
       "đã có việc làm ổn định từ tháng", "bàn giao cho tổ dân phố ngày"]

def person(r):
    nu = r.below(100) < 42
    ten = r.pick(HO) + " " + (r.pick(DEM_NU) + " " + r.pick(TEN_NU) if nu else r.pick(DEM_NAM) + " " + r.pick(TEN_NAM))
    y = 1945 + r.below(72)
    ns = "%04d-%02d-%02d" % (y, 1 + r.below(12), 1 + r.below(28))
    cccd = "075%d%02d%06d" % ((0 if y < 2000 else 2) + (1 if nu else 0), y % 100, r.below(1000000))
    return ten, ns, "nữ" if nu else "nam", cccd

HEADS = ["b", "c", "ch", "d", "đ", "g", "gi", "h", "kh", "l", "m", "n", "nh", "ng", "ph", "qu", "r", "s", "t",
         "th", "tr", "v", "x"]
VOWELS = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữự"
TAILS = ["", "", "", "c", "ch", "m", "n", "ng", "nh", "p", "t"]
syllables = False

def note(r):
    if syllables:
        return " ".join(r.pick(HEADS) + r.pick(VOWELS) + r.pick(TAILS) for _ in range(8 + r.below(9)))
    return "%s, %s %d" % (r.pick(GC1), r.pick(GC2),
                          1 + r.below(30)) + (" (%s)" % r.pick(AP) if r.below(3) == 0 else "")

def money(r):
    return 0 if r.below(3) == 0 else 10000 * (10 + r.below(490))

def main():
    p = argparse.ArgumentParser()
    p.add_argument("--nodes", type=int, default=12)
    p.add_argument("--changes", type=int, default=10000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--out", required=True)
    p.add_argument("--syllables", action="store_true")
    a = p.parse_args()
    global syllables
    syllables = a.syllables
    os.makedirs(a.out, exist_ok=True)
    pr = R(a.seed * 1000003 + 77)
    pool = [person(pr) for _ in range(200)]
    for n in range(a.nodes):
        r = R(a.seed * 1000003 + 1000 + n)
        officers = [person(r)[0] for _ in range(6)]
        ids = []
        t = 1735693200000  # 2025-01-01 08:00 +07
        with open(os.path.join(a.out, "node-%02d.ndjson" % n), "w", encoding="utf-8", newline="\n") as f:
            for s in range(1, a.changes + 1):
                t += 1000 + r.below(120000)
                if not ids or r.below(10) < 7:
                    ten, ns, gt, cccd = r.pick(pool) if r.below(200) == 0 else person(r)
                    rid = "%02d-%07d" % (n, s)
                    ids.append(rid)
                    doc = {"loai": r.pick(LOAI), "ho_ten": ten, "ngay_sinh": ns, "gioi_tinh": gt, "cccd": cccd,
                           "dia_chi": "số %d, %s, %s" % (1 + r.below(400), r.pick(DUONG), r.pick(AP)),
                           "xa": XA[n % len(XA)], "trang_thai": r.pick(TT), "ky": r.pick(KY), "so_tien": money(r),
                           "can_bo": r.pick(officers), "ghi_chu": note(r)}
                    c = {"n": n, "s": s, "t": t, "op": "put", "id": rid, "doc": doc}
                else:
                    rid = ids[len(ids) - 1 - r.below(min(200, len(ids)))] if r.below(3) else r.pick(ids)
                    k = r.below(10)
                    st = {}
                    if k < 5: st["trang_thai"] = r.pick(TT)
                    if k in (4, 5, 6): st["so_tien"] = money(r)
                    if k in (6, 7, 8): st["ghi_chu"] = note(r)
                    if k == 9: st["ky"] = r.pick(KY)
                    c = {"n": n, "s": s, "t": t, "op": "set", "id": rid, "set": st}
                f.write(json.dumps(c, ensure_ascii=False, separators=(",", ":")) + "\n")

main()
