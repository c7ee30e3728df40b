#!/usr/bin/env python3
"""The shipped catalogue grows a form, a field, a choice and an indicator, as docs/catalogue.md says it step by step.

  catalogue_grows.py BUILD_DIR

An admin takes it out of the hub, a spreadsheet saves the files its own way, rows are added, looked at, published. One
commune was offline meanwhile; another goes on with the old edition. Then mistakes: each named, nothing published.
"""
import base64
import csv
import hashlib
import json
import os
import random
import shutil
import socket
import struct
import sys

from world import Story, check, play

LAN = "Nguyễn Thị Lan"
TRI_AN, BINH_HOA, PHU_LY = "26176", "26197", "26173"
NEW = "youth_club"  # the form that the office adds
MONTH = ["--report", "RP01", "--period", "2023-05"]
SQL = """-- Youth clubs that were founded in the window.
SELECT c.unit AS unit, c.id AS subject, c.id AS record, 1 AS num, NULL AS den, coalesce(c.kind, '') AS by1
FROM youth_club c
WHERE c.founded_on BETWEEN :t0 AND :t1
"""


class Grows(Story):
    # ---- what a spreadsheet does ----

    def rows(self, folder, name):
        with open(self.path(folder, name), encoding="utf-8-sig", newline="") as f:
            text = f.read()
        return list(csv.reader(text.splitlines(keepends=True), delimiter=";" if ";" in text.split("\n")[0] else ","))

    def save(self, folder, name, rows):
        """As a spreadsheet of a Vietnamese PC saves it: a byte order mark, ";", CR LF, days as 31/12/2023, and an empty
        column and row too many."""
        def cell(s):
            part = s.split("-")
            if len(part) == 3 and all(p.isdigit() for p in part) and [len(p) for p in part] == [4, 2, 2]:
                return "/".join(reversed(part))
            return s
        with open(self.path(folder, name), "w", encoding="utf-8-sig", newline="") as f:
            w = csv.writer(f, delimiter=";", lineterminator="\r\n")
            w.writerows([cell(s) for s in row] + [""] for row in rows)
            w.writerow([""] * (len(rows[0]) + 1))

    def add(self, folder, name, /, **cells):
        """One more row; its number in the file."""
        rows = self.rows(folder, name)
        rows = [r[:-1] if rows[0][-1] == "" else r for r in rows if any(r)]
        assert set(cells) <= set(rows[0]), (name, cells, rows[0])
        self.save(folder, name, rows + [[str(cells.get(h, "")) for h in rows[0]]])
        return len(rows) + 1

    def change(self, folder, name, find, column, value):
        """Another value in one cell; where it stands."""
        rows = self.rows(folder, name)
        at = next(i for i, r in enumerate(rows) if r[:len(find)] == find)
        rows[at][rows[0].index(column)] = value
        self.save(folder, name, rows)
        return name, at + 1, column

    # ---- steps ----

    def does_not_begin_without(self):
        """A folder that is none, a unit that it has not: nothing is made, so that `init` can be repeated."""
        good = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../catalogue")
        for unit, folder in (("735", "nowhere"), ("999999", good)):
            self.hub.tool("init", "--unit", unit, "--name", "Huyện", "--catalogue", folder, ok=(1,))
            check("no hub of unit %s, and nothing of one" % unit, not os.path.exists(self.path("hub")))

    def begins(self):
        self.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(os.path.dirname(__file__), "../../catalogue"))
        self.hub.run()
        self.a, self.b = (self.w.node(unit) for unit in (TRI_AN, BINH_HOA))
        for node in (self.a, self.b):
            node.join()
            node.run()
            node.sync()
        self.old = self.put(self.a, "Họp tổ")
        self.a.sync()
        self.issue = self.hub.ask("close", *MONTH, "--person", "Huyện")["id"]
        self.before = self.issued("truoc"), self.values(self.old), self.hub.ask("list", "--type", "activity")["rows"]
        self.a.end()  # offline from here
        self.b.end()

    def put(self, node, title, *more):
        return node.ask("put", "--type", "activity", "--person", LAN, "title=" + title, "on_date=2023-05-10",
                        "field=drugs", *(more or ["kind=direct"]))["id"]

    def values(self, record):
        return self.hub.ask("get", record)["values"]

    def issued(self, out):
        self.hub.tool("export", "--issue", str(self.issue), "--out", out)
        return {n: hashlib.sha256(self.read_file(os.path.join(out, n))).hexdigest() for n in os.listdir(self.path(out))}

    def is_taken_out(self):
        got = self.hub.ask("catalogue", "export", "dm")
        check("edition 1, all of its files", got["edition"] == 1 and got["files"] > 100)
        self.hub.tool("catalogue", "export", "dm", ok=(1,))
        check("what stands in a folder is not written over", self.hub.code == 1)
        self.hub.tool("catalogue", "publish", "dm", ok=(1,))
        check("what was not edited is no new edition", self.hub.ask("status")["edition"] == 1)
        for name in sorted(os.listdir(self.path("dm"))):
            if name.endswith(".csv"):
                self.save("dm", name, self.rows("dm", name))
        self.write_file("dm/.~lock.fields.csv#", b"of a spreadsheet that has it open")
        self.write_file("dm/~$fields.csv", b"of another")
        got = self.hub.ask("catalogue", "diff", "dm")
        check("a spreadsheet's own way to save changes nothing: %s" % got["changes"][:3], got["change_count"] == 0)
        head, *rows = self.rows("dm", "choices.csv")
        at = next(i for i in range(1, len(rows)) if rows[i][0] == rows[i - 1][0])
        self.save("dm", "choices.csv", [head, *rows[:at - 1], rows[at], rows[at - 1], *rows[at + 1:]])
        got = self.hub.ask("catalogue", "diff", "dm")
        check("two rows that changed places are one change: %s" % got["changes"][:3],
              [(x["what"], x["file"]) for x in got["changes"]] == [("order", "choices.csv")])
        self.save("dm", "choices.csv", [head, *rows])

    def is_edited(self):
        """docs/catalogue.md, steps 2 to 5."""
        free = 1 + max(int(r[1]) for r in self.rows("dm", "fields.csv") if r[0] == "activity")
        self.add("dm", "fields.csv", **{"type": "activity", "no": free, "name": "youth", "kind": "int",
                                        "label_vi": "Số thanh niên dự", "label_en": "Young people", "class": 0,
                                        "constraint": "youth IS NULL OR youth >= 0", "constraint_vi": "Không được âm",
                                        "constraint_en": "Must not be negative"})
        for value, vi in (("sport", "Thể thao"), ("art", "Văn nghệ")):
            self.add("dm", "choices.csv", list="club_kind", value=value, label_vi=vi, label_en=value)
        self.add("dm", "choices.csv", list="activity_kind", value="camp", label_vi="Trại hè", label_en="Camp")
        self.change("dm", "fields.csv", ["activity", "7"], "relevant", "0")  # retired
        self.add("dm", "types.csv", no=1000, name=NEW, label_vi="Câu lạc bộ thanh niên", label_en="Youth club",
                 scope="own")
        for no, (name, kind, among, vi) in enumerate((("name", "text", "", "Tên câu lạc bộ"),
                                                      ("founded_on", "date", "", "Ngày thành lập"),
                                                      ("kind", "choice", "club_kind", "Loại câu lạc bộ")), 1):
            self.add("dm", "fields.csv", **{"type": NEW, "no": no, "name": name, "kind": kind, "list": among,
                                            "label_vi": vi, "label_en": name, "required": 1, "class": 0})
        self.add("dm", "indicators.csv", id="YC1", label_vi="Câu lạc bộ thanh niên mới", label_en="New youth clubs",
                 measure="count", direction="up", measured_vi="câu lạc bộ", by="club_kind", source="QĐ của huyện",
                 **{"class": 0})
        self.write_file("dm/indicators/YC1.sql", SQL.encode())
        line = 1 + max(int(r[1]) for r in self.rows("dm", "report_lines.csv") if r[0] == "RP01")
        self.add("dm", "report_lines.csv", report="RP01", no=line, indicator="YC1", by="club_kind")

    def is_looked_at(self):
        self.hub.tool("catalogue", "check", "dm")
        got = self.hub.ask("catalogue", "diff", "dm")
        came = [(x["file"], x["key"]) for x in got["changes"]]
        check("twelve changes, each named: %s" % came, got["change_count"] == len(came) == 12 and
              ("fields.csv", "activity, youth") in came and ("types.csv", NEW) in came and
              ("indicators/YC1.sql", "") in came)
        cells = [x for x in got["changes"] if x["what"] == "cell"]
        rows = self.rows("dm", "fields.csv")
        line = 1 + next(i for i, r in enumerate(rows) if "activity" in r[:3] and "hamlet" in r[:4])
        check("of an old row the cell", [(x["key"], x["row"], x["column"], x["was"], x["is"]) for x in cells] ==
              [("activity, hamlet", line, "relevant", "", "0")])
        said = self.hub.tool("catalogue", "diff", "dm")
        check("and in words", "chưa ban hành gì" in said and "thêm activity, youth" in said)
        check("nobody has it yet", self.hub.ask("status")["edition"] == 1)

    def is_published(self):
        check("edition 2", self.hub.ask("catalogue", "publish", "dm", "--person", "Huyện")["edition"] == 2)
        check("it comes out again as it went in", self.hub.ask("catalogue", "diff", "dm")["change_count"] == 0)
        check("and so does the first", self.hub.ask("catalogue", "export", "cu", "--edition", "1")["edition"] == 1 and
              NEW not in self.read_file("cu/types.csv").decode())

    def reaches_the_commune(self):
        """It was offline, and saved an old form meanwhile."""
        offline = self.put(self.a, "Họp khi mất mạng")
        self.a.tool("put", "--type", NEW, "--person", LAN, "name=Sớm quá", ok=(1, 2))
        self.a.run()
        self.a.sync()
        types = {x["name"]: x for x in self.asks(self.a, {"verb": "catalogue"})["types"]}
        form = types[NEW]
        check("the form stands in the list with its Vietnamese name and fields",
              form["vi"] == "Câu lạc bộ thanh niên" and
              [f["vi"] for f in form["fields"]] == ["Tên câu lạc bộ", "Ngày thành lập", "Loại câu lạc bộ"])
        check("and the field on the old form", "Số thanh niên dự" in [f["vi"] for f in types["activity"]["fields"]])
        check("which does not ask for what was retired", "hamlet" in
              self.asks(self.a, {"verb": "check", "type": "activity", "values": {}})["hidden"])
        self.club = self.a.ask("put", "--type", NEW, "--person", LAN, "name=Tuổi trẻ Trị An", "founded_on=12/05/2023",
                               "kind=Thể thao")["id"]
        self.a.tool("put", "--type", NEW, "--person", LAN, "name=Thiếu loại", "founded_on=12/05/2023", ok=(1,))
        self.a.tool("put", "--id", self.old, "--person", LAN, "youth=-1", ok=(1,))
        check("the hub still has the old record as it was", self.values(self.old) == self.before[1])
        self.a.tool("put", "--id", self.old, "--person", LAN, "youth=7")
        self.put(self.a, "Trại", "kind=camp")
        self.a.sync()
        check("the hub has the new form", self.values(self.club) == {"name": "Tuổi trẻ Trị An", "kind": "sport",
                                                                     "founded_on": "2023-05-12"})
        check("the new field on the old record, the rest as it was",
              self.values(self.old) == {**self.before[1], "youth": "7"})
        check("what was saved offline", self.values(offline)["title"] == "Họp khi mất mạng")

    def asks(self, node, request):
        """What the page asks of its program, over its local socket."""
        data = json.dumps(request).encode()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as s:
            s.settimeout(600)
            s.connect(os.path.relpath(self.path(node.name, "dongbo.sock")))
            s.sendall(struct.pack("<I", len(data)) + data)
            got = s.makefile("rb")
            return json.loads(got.read(struct.unpack("<I", got.read(4))[0]))

    def is_counted(self):
        report = self.hub.ask("report", *MONTH)
        line = next(x for x in report["lines"] if x["indicator"] == "YC1")
        total = [{c["unit"]: c["num"] for c in row["cells"] if c["num"]} for row in line["rows"]]
        check("one club, in all, of its kind: %s" % total, total.count({TRI_AN: 1, "735": 1}) == 2)
        other = self.hub.ask("report", "--report", "RP01", "--period", "2023-06")
        line = next(x for x in other["lines"] if x["indicator"] == "YC1")
        check("and none in the month after", not any(c["num"] for row in line["rows"] for c in row["cells"]))
        check("the issue from before is the same to the byte", self.issued("sau") == self.before[0])
        self.hub.tool("verify", "--issue", str(self.issue))
        rows = {r["id"]: r for r in self.hub.ask("list", "--type", "activity")["rows"]}
        check("and says so against the log", all(rows[r["id"]]["unit"] == r["unit"] for r in self.before[2]))

    def goes_on_without(self):
        """A commune that did not sync yet works with the old edition, and is taken."""
        late = self.put(self.b, "Họp ở Bình Hòa")
        self.b.tool("put", "--id", late, "--person", LAN, "youth=3", ok=(1, 2))
        self.b.run()
        self.b.sync()
        check("taken", self.values(late)["title"] == "Họp ở Bình Hòa")
        self.b.tool("put", "--id", late, "--person", LAN, "youth=3")
        self.b.sync()
        check("and it has the field from then on", self.values(late)["youth"] == "3")
        check("nothing is held", self.hub.ask("held")["held"] == [])

    def is_far_ahead(self):
        """More editions than go out at once (HUB_SYNC_QUEUED_MAX), to one that was offline and to another."""
        self.a.end()
        for edition in range(3, 15):
            drawn = random.Random(edition)  # what does not get smaller when it is packed
            words = "".join("-- %s\n" % base64.b64encode(drawn.randbytes(60)).decode() for _ in range(500))
            self.write_file("dm/indicators/YC1.sql", (words + SQL).encode())
            self.hub.ask("catalogue", "publish", "dm", "--person", "Huyện")
        c = self.w.node(PHU_LY)
        c.join()
        for node in (self.a, c):
            node.run()
            node.sync()
            check("%s has edition 14" % node.name, node.ask("status")["edition"] == 14)

    # ---- mistakes ----

    def drop(self, name, find):
        self.save("sai", name, [r for r in self.rows("sai", name) if r[:len(find)] != find])
        return name, 0, ""

    def refused(self):
        return self.hub.ask("catalogue", "publish", "sai", "--person", "Huyện", ok=(1,))["mistakes"]

    def are_named(self):
        """Mistakes of all kinds at once: each has its file, row and column, and nothing is published."""
        shutil.copytree(self.path("dm"), self.path("sai"))
        self.write_file("sai/indicators/YC1.sql", b"SELECT a FROM youth_club")
        got = self.refused()
        check("SQL that is none: %s" % got, [(m["file"], "no such column: a" in m["vi"]) for m in got] ==
              [("indicators/YC1.sql", True)])
        wanted = [
            (self.change("sai", "types.csv", ["1"], "label_vi", ""), "không được để trống"),
            (("types.csv", self.add("sai", "types.csv", no=1, name="twice", label_vi="A", label_en="A", scope="own"),
              "no"), "trùng: “1”"),
            (self.change("sai", "fields.csv", ["activity", "5"], "kind", "text"), "Kiểu của trường đã"),
            (self.change("sai", "fields.csv", ["activity", "2"], "list", "club_kind"), "Danh sách của trường đã"),
            ((*self.change("sai", "fields.csv", [NEW, "1"], "name", "leader")[:2], "no"), "là của trường khác"),
            (self.drop("fields.csv", [NEW, "3"]), "giữ dòng của nó: “youth_club.kind”"),
        ]
        got = self.refused()
        for place, word in wanted:
            check("%s, row %d, %s: %s" % (*place, word), any((m["file"], m["row"], m["column"]) == place and
                                                             word in m["vi"] and m["en"] for m in got))
        self.write_file("sai/fields (1).csv", b"x")
        self.hub.tool("catalogue", "check", "sai", ok=(1, 2))
        check("nothing is half published", self.hub.ask("status")["edition"] == 2 and
              self.hub.ask("catalogue", "diff", "dm")["change_count"] == 0)
        self.hub.tool("verify")


def run(world, _):
    s = Grows(world)
    s.go(s.does_not_begin_without, s.begins, s.is_taken_out, s.is_edited, s.is_looked_at, s.is_published,
         s.reaches_the_commune, s.is_counted, s.goes_on_without, s.are_named, s.is_far_ahead)


if __name__ == "__main__":
    sys.exit(play(__doc__, run))
