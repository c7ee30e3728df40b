#!/usr/bin/env python3
"""A PC that works by files alone, as the two officers see it: what both tools say and how they end.

  files.py BUILD_DIR [--dir DIR]

No daemon runs and no network is there. Each step is a file that one officer makes and the other reads; what is said of
it is plain words, and the exit code is 3 where not all of it came in (docs/bundles.md, docs/exit-codes.md).
"""
import json
import os
import random
import re
import stat
import string
import sys

from world import ROOT, Story, check, play

UNIT = "26170"
INSIDE = 5 * 1024 * 1024  # bytes of a file within a request (common/io/carried.h)
PERSONS, NOTE = 2300, 3400  # their notes are letters that no squeezing makes smaller than six bits each
KEY = re.compile(r"^[a-z_]+: ", re.MULTILINE)  # a member of the JSON instead of words


class Files(Story):
    def says(self, who, *args, code=0, words=(), lang="vi"):
        """Run a verb: it ends with this code and says all these words."""
        said = who.tool(*args, "--lang", lang, ok=(code,))
        check("%s: no bare keys" % " ".join(args[:2]), not KEY.search(said))
        for w in words:
            check("%s says: %s" % (" ".join(args[:2]), w), w in said)
        return said

    def begin(self):
        self.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"))
        self.invitation = self.hub.ask("invite", "--unit", UNIT, "--address", "127.0.0.1:9")["invitation"]
        self.a = self.w.node(UNIT)

    def join(self):
        a, hub = self.a, self.hub
        a.tool("init", "--name", "Máy không mạng")
        a.tool("join", "--offline", self.invitation)
        a.tool("bundle", "out", "xin.dongbo")
        self.says(hub, "bundle", "inspect", "xin.dongbo",
                  words=("niêm phong cho trung tâm này", "Một máy mới xin ghi danh", "Gói nguyên vẹn. Chưa nhận gì"))
        said = self.says(hub, "bundle", "in", "xin.dongbo", "--out", "nhan.dongbo",
                         words=("Đã ghi danh máy xã", "Đã ghi nhan.dongbo"))
        check("of saves nothing is said", "lần lưu" not in said)
        check("before the answer is read there was no contact at all",
              "Lần đồng bộ gần nhất: chưa lần nào\n" in a.tool("status") and a.status()["session"]["last_file"] is None)
        self.says(a, "bundle", "in", "nhan.dongbo",
                  words=("Máy này đã được ghi danh", "Dữ liệu mới của trung tâm đã vào"))
        self.node, self.unit = (a.status()[k] for k in ("node", "unit_name"))

    def status(self):
        """Nothing is synced, and something came all the same."""
        read = self.a.status()["session"]["last_file"]
        said = self.a.tool("status")
        check("status says when a file was read", read and "Đọc tệp của trung tâm gần nhất: %s\n" % read in said)
        check("status says that it was never synced", "Lần đồng bộ gần nhất: chưa lần nào\n" in said)

    def two_files(self):
        """The second comes first."""
        a, hub = self.a, self.hub
        for name, more in (("mot.dongbo", ()), ("hai.dongbo", ("--next",))):
            a.tool("put", "--type", "person", "full_name=Người Trong " + name[:3], "sex=male")
            a.tool("bundle", "out", name, *more)
        self.says(hub, "bundle", "inspect", "hai.dongbo",
                  words=("Của %s (%s)" % (self.unit, UNIT), "còn 3 lần lưu chưa có biên nhận"))
        self.says(hub, "bundle", "inspect", "hai.dongbo", lang="en", words=("sealed for this hub", "had 3 saves"))
        self.says(hub, "bundle", "in", "hai.dongbo", code=3, words=("Thiếu gói trước", "được giữ", "với --out TỆP"))
        self.says(hub, "bundle", "in", "mot.dongbo", "--out", "ve.dongbo",
                  words=("Của %s (%s), máy %s, làm lúc 20" % (self.unit, UNIT, self.node[:16]), "Nhận 3 lần lưu mới"))
        self.says(hub, "bundle", "in", "mot.dongbo", words=("Gói này đã nhận rồi", "Nhận 0 lần lưu mới"))
        self.says(a, "bundle", "in", "ve.dongbo", words=("Biên nhận mới: 3 lần lưu",))
        self.says(a, "bundle", "in", "ve.dongbo", words=("Tệp này đã nhận rồi", "cũ hơn"))

    def unasked(self):
        self.says(self.hub, "bundle", "out", "--node", self.node[:16], "gui.dongbo",
                  words=("Của " + self.unit, "Tệp có biên nhận và", "Đã ghi gui.dongbo"))
        self.says(self.hub, "bundle", "inspect", "gui.dongbo", words=("máy khác, hoặc đã bị sửa", "không mở được"))

    def broken(self):
        whole = self.read_file("mot.dongbo")
        self.write_file("cut.dongbo", whole[:-1000])
        self.says(self.hub, "bundle", "in", "cut.dongbo", code=1)
        check("a cut file is told", "Gói bị cụt" in self.hub.said)

    def refused(self):
        """Another PC with the invitation that was used."""
        b = self.w.nodes["b"] = type(self.a)(self.w, "b")
        b.tool("init", "--name", "Máy khác")
        b.tool("join", "--offline", self.invitation)
        b.tool("bundle", "out", "xin2.dongbo")
        self.says(self.hub, "bundle", "in", "xin2.dongbo", "--out", "nhan2.dongbo", code=3,
                  words=("Chưa ghi danh được", "lời mời mới"))
        self.says(b, "bundle", "in", "nhan2.dongbo", code=3, words=("Trung tâm từ chối ghi danh",))

    def other_file(self, *args):
        """The name of a file that is no bundle: it stays as it is."""
        self.write_file("thu.txt", b"thu cua ba")
        self.hub.tool("bundle", *args, "thu.txt", ok=(1,))
        check("another file is not replaced", "không ghi đè" in self.hub.said and
              self.read_file("thu.txt") == b"thu cua ba")

    def large(self):
        """What the commune has outgrows what a request or an answer has room for: the daemon gets a path then."""
        a, hub, out = self.a, self.hub, ("out", "--whole", "--node", self.node[:16])
        letters = random.Random(1)
        with open(self.path("nhieu.ndjson"), "w", encoding="utf-8") as f:
            for i in range(PERSONS):
                note = "".join(letters.choices(string.ascii_letters + string.digits + "+-", k=NOTE))
                row = {"type": "person", "full_name": "Người Số %d" % i, "sex": "male", "note": note}
                f.write(json.dumps(row) + "\n")
        self.other_file(*out)
        a.tool("import", "nhieu.ndjson")
        more, files = True, []
        while more:
            files.append("dai-%d.dongbo" % len(files))
            more = a.ask("bundle", "out", files[-1], *(("--next",) if len(files) > 1 else ()))["more"]
        hub.run()
        for name in files[:-1]:
            hub.tool("bundle", "in", name)
        self.says(hub, "bundle", "in", files[-1], "--out", "lon.dongbo", words=("Đã ghi lon.dongbo", "Nhận"))
        st = os.stat(self.path("lon.dongbo"))
        check("the answer has all of it, and only its owner reads it",
              st.st_size > INSIDE and stat.S_IMODE(st.st_mode) == 0o600)
        self.other_file(*out)
        hub.end()
        self.says(hub, "bundle", *out, "lon.dongbo", words=("Đã ghi lon.dongbo",))
        a.run()
        self.says(a, "bundle", "inspect", "lon.dongbo", words=("Nguyên vẹn: có", "dữ liệu: có"))
        self.says(a, "bundle", "in", "lon.dongbo", words=("Dữ liệu mới của trung tâm đã vào",))
        a.end()
        check("all of it is answered", a.status()["log"]["waiting"] == 0 and a.status()["log"]["no_verdict_yet"] == 0)
        cut = self.read_file("lon.dongbo")[:-4096]
        self.write_file("lon.dongbo", cut)
        a.tool("bundle", "in", "lon.dongbo", ok=(1,))
        check("a cut one is told", "Gói bị cụt" in a.said)

    def revoked(self):
        a, hub = self.a, self.hub
        a.tool("put", "--type", "person", "full_name=Người Đến Sau", "sex=female")
        a.tool("bundle", "out", "sau.dongbo")
        hub.tool("revoke", self.node[:16], "--reason", "mất máy")
        self.says(hub, "bundle", "in", "sau.dongbo", "--out", "khong.dongbo", code=3,
                  words=("1 lần lưu được để riêng",))
        self.says(hub, "bundle", "out", "--node", self.node[:16], "chi-noi.dongbo", code=3,
                  words=("tệp chỉ nói điều đó",))
        self.says(a, "bundle", "in", "khong.dongbo", code=3, words=("đã thu hồi quyền của máy này", "Biên nhận mới: 0"))

    def run(self):
        self.go(self.begin, self.join, self.status, self.two_files, self.unasked, self.broken, self.refused,
                self.large, self.revoked)


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: Files(world).run()))
