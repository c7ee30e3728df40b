#!/usr/bin/env python3
"""Where the parts meet, with the real programs: transfers, shares, reports, orders of two people, erasure, restores.

  seams.py BUILD_DIR [--dir DIR]

A hub and two communes. Records go over before a period closes, after their report was submitted; what stays at the
giver is in none of its figures. The closed period is opened again by two officers from the command
line. Records that were transferred, shared, offered with words, crossed and counted are erased: no planted word is in
any file of the three data folders. Then old backups of both sides are put back: nothing comes back, and closing and
erasing wait until two officers confirm.
"""
import os
import shutil
import sys
import unicodedata

from world import ROOT, Story, check, free_port, play, wait_for

GIVER, TAKER = "26170", "26188"
TYPE = "activity"  # class 1: a copy stays at the giver
GONE = ["Xuyến Chi Lặng", "Ghi chú chuyển Mây", "Trả lời nhận Gió", "Sửa chéo Nắng", "Dùng chung Sương", "Chờ đáp Khói",
        "Ghi chú chờ Lửa", "Sửa trước Mưa", "Tịch Dương Ca", "079355667788", "Khác người vì Trăng", "Từ chối Bụi",
        "Người Đi Xa"]
STAYS = "Buổi Ở Lại"
REPORT, PERIOD = "RP01", "2023-05"
FAILS = tuple(range(1, 126))
AN, BINH, LAN = "Nguyễn Thị An", "Trần Bình", "Lê Lan"


class Seams(Story):
    # --- helpers -----------------------------------------------------------------------------------------------

    def found(self, folder):
        """The planted words that stand in any file of a data folder: as typed, without marks, in UTF-16."""
        words = set()
        for where, _, files in os.walk(self.path(folder)):
            for name in files:
                try:
                    with open(os.path.join(where, name), "rb") as f:
                        data = f.read()
                except OSError:
                    continue  # a socket
                words |= {"%s: %s" % (name, w) for w in GONE if any(x in data for x in self.forms(w))}
        return words

    @staticmethod
    def forms(word):
        plain = unicodedata.normalize("NFD", word.lower().replace("đ", "d"))
        plain = "".join(c for c in plain if not unicodedata.combining(c))
        return (word.encode(), word.encode("utf-16-le"), plain.encode())

    def nothing(self, where, *folders):
        for folder in folders or ("hub", self.a.name, self.b.name):
            check("no planted word in %s, %s: %s" % (folder, where, sorted(self.found(folder))), not self.found(folder))

    def put(self, node, title):
        fields = {"title": title, "on_date": "2023-05-10", "kind": "direct", "field": "drugs", "participants": "20"}
        return node.ask("put", "--type", TYPE, *["%s=%s" % f for f in fields.items()])["id"]

    def sync(self, *nodes):
        for node in nodes:
            node.sync()

    def args(self, unit=None):
        return ["--report", REPORT, "--period", PERIOD] + (["--unit", unit] if unit else [])

    def sessions(self, node):
        """A01, how many sessions: what this PC's records say now, and what was sent."""
        figures = node.ask("report", "show", *self.args())["figures"]
        return next((f["hub"], f["sent"]) for f in figures if f["line"] == 10 and f["total"])

    def cut_off(self, node):
        node.end()
        node.address("127.0.0.1:%d" % free_port())

    def back_on(self, node):
        node.address("127.0.0.1:%d" % self.port)
        node.run()

    # --- the story ---------------------------------------------------------------------------------------------

    def begin(self):
        self.port = free_port()
        self.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"), self.port)
        self.hub.run()
        self.a, self.b = self.w.node(GIVER), self.w.node(TAKER)
        for node in (self.a, self.b):
            node.join()
            node.run()
        for name in (AN, BINH):
            self.officer(name)

    def plant(self):
        a, b, hub = self.a, self.b, self.hub
        self.stays = self.put(a, STAYS)
        self.gone = self.put(a, GONE[0])
        self.shared = self.put(a, GONE[4])
        self.open = self.put(a, GONE[5])
        # a person and the case file that goes along; only the person is erased
        self.moved = a.ask("put", "--type", "person", "full_name=" + GONE[12], "sex=female")["id"]
        self.case = a.ask("put", "--type", "drug_case", "person=" + self.moved, "status=user", "found_on=2024-01-02",
                          "in_list=true", "first_time=true")["id"]
        self.sync(a, b)
        a.tool("report", "draft", *self.args(), "--person", LAN, "narrative=Đều.")
        a.tool("report", "submit", *self.args(), "--person", BINH)
        check("four sessions are sent", self.sessions(a) == ("4", "4"))
        a.tool("share", self.shared, "--unit", TAKER, "--access", "read")
        one = a.ask("transfer", "offer", self.gone, "--to", TAKER, "--note", GONE[1])["transfer"]
        two = a.ask("transfer", "offer", self.open, "--to", TAKER, "--note", GONE[6])["transfer"]
        a.tool("put", "--id", self.gone, "hamlet=" + GONE[7])
        self.sync(a, b)
        b.tool("transfer", "refuse", two, "--note", GONE[11])
        self.cut_off(a)
        a.tool("put", "--id", self.gone, "hamlet=" + GONE[3])  # it will cross the accept
        b.tool("transfer", "accept", one, "--note", GONE[2])
        self.sync(b)
        self.back_on(a)
        self.sync(a, b)
        a.tool("transfer", "offer", self.open, "--to", TAKER, "--note", GONE[6])
        people = [n.ask("put", "--type", "person", "full_name=" + GONE[8], "national_id=" + GONE[9], "sex=female",
                        "dob=1988-03-04")["id"] for n in (a, b)]
        self.sync(a, b)
        three = a.ask("transfer", "offer", self.moved, "--to", TAKER, "--note", GONE[1])["transfer"]
        self.sync(a, b)
        b.tool("transfer", "accept", three, "--note", GONE[2])
        self.sync(b, a)
        pair = hub.ask("conflicts", ok=(0, 14))["pairs"][0]
        hub.tool("resolve", pair["id"], "--different", "--reason", GONE[10], ok=(0, 14))
        self.sync(a, b)
        self.erase = [self.gone, self.shared, self.open, self.moved, *people]
        check("what crossed is told to both", all(n.ask("transfer", "crossed")["crossed"] for n in (a, b)))
        for p in (a, b, hub):
            print("     in %s: %d words" % (p.name, len(self.found(p.name))), flush=True)

    def the_copy_is_not_its_own(self):
        a = self.a
        check("it is frozen", a.ask("get", self.gone)["frozen"])
        rows = {r["id"]: r for r in a.ask("list", "--type", TYPE)["rows"]}
        check("no own row of a list: %s" % sorted(rows), self.gone not in rows or rows[self.gone]["frozen"])
        check("three are left in its own figures, four were sent", self.sessions(a) == ("3", "4"))
        check("the receiver counts one", self.sessions(self.b)[0] == "1")
        # The transfer was answered after the period: at the district the period's figure is the giver's, as sent.
        check("the figures sent are the district's", self.hub.ask("report", "show", *self.args(GIVER))["same"])

    def opens_the_whole(self):
        """A district's report locks its parts; two officers who open it give each the state back that it had."""
        hub, a = self.hub, self.a
        whole, part = ["--report", "RP04", "--period", "2023-6M"], ["--report", "RP01", "--period", "2023-06"]

        def states():
            self.sync(a)
            return (hub.ask("reports", *part, "--unit", GIVER)["rows"][0]["state"],
                    a.ask("report", "show", *part)["row"]["state"])

        a.tool("report", "draft", *part, "--person", LAN, "narrative=Đều.")
        a.tool("report", "submit", *part, "--person", BINH)
        before = states()
        hub.ask("close", *whole, "--person", "Huyện")
        check("the part is locked at both", states() == ("locked", "locked"))
        a.tool("report", "withdraw", *part, "--person", BINH, ok=FAILS)
        hub.tool("reopen", *part, "--reason", "Sai", ok=FAILS)
        check("who asks to open it is told what locks it: " + hub.said, "RP04 2023-6M" in hub.said)
        got = hub.ask("reopen", *whole, "--reason", "Sai số liệu quý", *self.officers[0])
        check("one officer opens nothing", states() == ("locked", "locked"))
        hub.tool("order", "approve", got["id"][:12], *self.officers[1])
        check("two do: %s, %s" % before, before[0] in ("submitted", "late") and states() == before)
        a.tool("report", "withdraw", *part, "--person", BINH)
        check("and the commune may write it anew", states() == ("withdrawn", "withdrawn"))

    def closes(self):
        hub = self.hub
        issue = hub.ask("close", *self.args(), "--person", "Huyện")
        self.issue = str(issue["id"])
        got = hub.ask("explain", self.issue, "A01@" + TAKER)
        mine = hub.ask("explain", self.issue, "A01@" + GIVER)
        ids = [[r["id"] for r in x["records"]] for x in (mine, got)]
        check("each record is behind one commune's figure: %s" % ids, not set(ids[0]) & set(ids[1]) and
              set(ids[0]) | set(ids[1]) == {self.stays, self.gone, self.shared, self.open})
        check("the issue verifies", hub.ask("verify", "--issue", self.issue)["ok"])
        check("nothing differs", hub.ask("diff", self.issue)["differing"] == 0)
        self.sync(self.a, self.b)

    def opens_again(self):
        hub = self.hub
        hub.tool("reopen", *self.args(), ok=FAILS)  # no reason
        order = hub.ask("reopen", *self.args(), "--reason", "Sai số liệu tháng 5", "--out", "lenh")["order"]
        with open(self.path("lenh"), encoding="ascii") as f:
            check("the draft is in the file", f.read().strip() == order)
        hub.tool("close", *self.args(), ok=FAILS)
        check("a draft opens nothing", {o["state"] for o in hub.ask("order", "list")["orders"]} == {"approved"})
        got = hub.ask("order", "propose", "lenh", *self.officers[0])
        check("proposed", got["kind"] == "reopen" and got["state"] == "proposed" and got["what"]["report"] == REPORT)
        check("what is signed is shown", PERIOD in hub.tool("order", "show", got["id"][:12]))
        hub.tool("order", "approve", got["id"][:12], *self.officers[0], ok=FAILS)
        hub.tool("close", *self.args(), ok=FAILS)
        got = hub.ask("order", "approve", got["id"][:12], *self.officers[1])
        check("two officers open it", got["state"] == "approved")
        rows = hub.ask("reports", *self.args(GIVER))["rows"]
        check("the report has its state back: " + rows[0]["state"], rows[0]["state"] != "locked")
        hub.tool("reopen", *self.args(), "--reason", "Lần nữa", *self.officers[0], ok=FAILS)
        self.sync(self.a)
        check("the commune knows", self.a.ask("report", "show", *self.args())["row"]["state"] != "locked")
        again = hub.ask("close", *self.args(), "--person", "Huyện")
        check("closed again as the next number: %s" % again["mode"], again["number"] == 2 and again["mode"] == "again")
        got = hub.ask("reopen", *self.args(), "--reason", "Ký ngay", *self.officers[1])
        check("with a key it is proposed at once", got["state"] == "proposed" and got["signed_by"] == [BINH])
        hub.tool("order", "withdraw", got["id"][:12])
        hub.tool("order", "propose", "mat-khau-0", *self.officers[0], ok=FAILS)
        self.sync(self.a, self.b)
        for program in (self.a, hub):
            program.tool("backup", program.name + ".sao")
        for program in (self.a, hub):
            shutil.copy2(self.path(program.name + ".sao"), self.path(program.name + ".sao.giu"))

    def erases(self):
        hub, a, b = self.hub, self.a, self.b
        got = hub.ask("erase", "propose", *self.erase, "--basis", "Đơn số 12", *self.officers[0])
        hub.tool("erase", "approve", got["id"][:12], *self.officers[1])
        self.nothing("while it runs", "hub")
        self.sync(a, b)
        wait_for("the wipe", lambda: not self.found(a.name) and not self.found(b.name))
        self.nothing("after one sync")
        for node in (a, b):
            check("no transfer speaks of it", not [t for t in node.ask("transfer", "list")["transfers"]
                                                   if t["id"] in self.erase])
            check("nothing crossed", node.ask("transfer", "crossed")["crossed"] == [])
            node.tool("get", self.gone, ok=FAILS)
        check("the log verifies", hub.ask("verify")["ok"])
        for node in (a, b):
            check("the commune's log verifies", node.ask("verify")["ok"])
        for number in (self.issue, str(int(self.issue) + 1)):
            v = hub.ask("verify", "--issue", number)
            check("the issue verifies and says what was erased: %s" % {k: v[k] for k in ("ok", "erased")},
                  v["ok"] and v["erased"] > 0)
            check("it names each contribution that is gone, by cell, set and order: %d" % v["lost_count"],
                  v["lost"] and {x["order"] for x in v["lost"]} == {v["erased_by"]})
            if number == self.issue:
                gone = {x["record"] for x in v["lost"] if x["indicator"] == "A01" and x["total"]}
                check("the same records as explain", gone == {self.gone, self.shared, self.open})
                check("in words too", "theo lệnh số %d" % v["erased_by"] in hub.tool("verify", "--issue", number))
        e = hub.ask("explain", self.issue, "A01")
        check("explain names what is gone", {r["id"] for r in e["records"] if r["since"] == "gone"} ==
              {self.gone, self.shared, self.open})
        d = hub.ask("diff", self.issue)
        check("diff names them as removed", d["differing"] > 0)
        units = {r["id"]: r["unit"] for r in hub.ask("list")["rows"]}
        check("what had gone along stays where it is", units[self.stays] == GIVER and units[self.case] == TAKER)
        check("one session is left", self.sessions(a)[0] == "1" and self.sessions(b)[0] == "0")

    def run(self):
        self.go(self.begin, self.plant, self.the_copy_is_not_its_own, self.opens_the_whole, self.closes,
                self.opens_again, self.erases, self.restores_the_commune, self.restores_the_hub)

    def restores_the_commune(self):
        a = self.a
        a.end()
        kept = self.copy_back(a)
        check("nothing of it is shown: an old copy beside today's list" if kept else "no list", True)
        a.run()
        self.sync(a)
        wait_for("the wipe", lambda: not self.found(a.name))
        self.nothing("after the commune's restore", "hub", a.name)
        check("one session is left", self.sessions(a)[0] == "1")
        check("the log verifies", self.hub.ask("verify")["ok"])

    def restores_the_hub(self):
        hub, a, b = self.hub, self.a, self.b
        hub.end()
        self.copy_back(hub)
        hub.run()
        check("closing waits", hub.ask("alarms")["confirm_wanted"])
        hub.tool("close", "--report", REPORT, "--period", "2023-06", ok=FAILS)
        self.sync(a, b)
        self.sync(a, b)
        self.nothing("after the hub's restore")
        seen = hub.ask("alarms")["alarms"]
        check("an alarm is shown: %s" % [x.get("kind") for x in seen], seen)
        hub.tool("erase", "propose", self.stays, "--basis", "Đơn số 13", *self.officers[0], ok=(12,))  # it waits too
        hub.tool("confirm", ok=(1,))  # no reason
        order = hub.ask("confirm", "--reason", "Hai xã đã đồng bộ", "--out", "lenh-2")["order"]
        check("the draft is in the file", self.read_file("lenh-2").decode().strip() == order)
        got = hub.ask("order", "propose", "lenh-2", *self.officers[1])
        check("what is signed is shown", "2 trên 2" in hub.tool("order", "show", got["id"][:12]))
        hub.tool("order", "approve", got["id"][:12], *self.officers[1], ok=(1,))
        check("one person confirms nothing", hub.ask("alarms")["confirm_wanted"])
        hub.tool("order", "approve", got["id"][:12], *self.officers[0])
        check("confirmed", not hub.ask("alarms")["confirm_wanted"])
        for x in hub.ask("alarms")["alarms"]:
            hub.tool("alarms", "--settle", str(x["alarm"]))
        check("settled", hub.ask("alarms")["alarms"] == [])
        hub.ask("close", "--report", REPORT, "--period", "2023-06", "--person", "Huyện")
        check("the log verifies", hub.ask("verify")["ok"])
        self.sync(a, b)
        self.nothing("at the end")

    def copy_back(self, program):
        """The old backup in place of the database, by the verb; what was there is taken away, as it ages."""
        program.tool("restore", program.name + ".sao.giu")
        folder = self.path(program.name)
        old = [n for n in os.listdir(folder) if ".db.old-" in n]
        for name in old:
            os.remove(os.path.join(folder, name))
        return os.path.exists(os.path.join(folder, "erased.list"))


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: Seams(world).run()))
