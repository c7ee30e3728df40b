#!/usr/bin/env python3
"""The life of a report, with the real programs.

  workflow.py BUILD_DIR

A hub and two communes: draft, confirmed by another than who drafted, returned with reasons, submitted again,
accepted; a correction and its answer; an ad-hoc report; closed, naming who is missing; refused twice; late data, told
as late, make a supplement with the difference by cell and cause. What both sides show is compared.
"""
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
import unicodedata
import zipfile

from world import ROOT, Story, check, play

UNITS = ["26170", "26173"]
REPORT, PERIOD = "RP03", "2023"
FAILS = tuple(range(1, 126))
LAN, BINH = "Nguyễn Thị Lan", "Trần Văn Bình"


class Workflow(Story):
    def begin(self):
        program = os.path.join(ROOT, "tests/data/vinhcuu.py")
        data = os.path.join(self.w.dir, "d")
        subprocess.run([sys.executable, "-B", program, "--out", data, "--until", "2023-12-31"], check=True)
        # The year's report of the teams gets a due day, so that all of this is late: 31 January 2024.
        catalogue = os.path.join(self.w.dir, "catalogue")
        shutil.copytree(os.path.join(ROOT, "catalogue"), catalogue)
        path = os.path.join(catalogue, "windows.csv")
        with open(path, encoding="utf-8") as f:
            lines = [("RP03,1,end+31d,x,1900-01-01,\n" if x.startswith("RP03,") else x) for x in f]
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(lines)
        self.hub.init("735", "Huyện Vĩnh Cửu", catalogue)
        self.hub.run()
        for unit in UNITS:
            node = self.w.node(unit)
            node.join()
            node.run()
            check("all rows are in", node.ask("import", "d/%s.ndjson" % unit)["bad_rows"] == 0)
            node.sync()

    def args(self, unit=None):
        return ["--report", REPORT, "--period", PERIOD] + (["--unit", unit] if unit else [])

    def row(self, unit):
        rows = self.hub.ask("reports", *self.args(unit))["rows"]
        check("one row", len(rows) == 1)
        return rows[0]

    def node_row(self, node):
        return node.ask("report", "show", *self.args())["row"]

    # --- what is claimed ---

    def drafts_and_submits(self, node):
        check("nothing yet", self.row(node.unit)["state"] == "not_started" and self.row(node.unit)["overdue"])
        check("records are there", self.row(node.unit)["sent"] == "yes")
        listed = node.ask("report", "list", "--from", "2024-01-01", "--to", "2024-02-28")["rows"]
        check("the commune sees what is due", any(r["report"] == REPORT and r["period"] == PERIOD for r in listed))
        row = node.ask("report", "draft", *self.args(), "--person", LAN, "narrative=Đội hoạt động đều.")
        check("a draft", row["state"] == "draft")
        words = node.tool("report", "show", *self.args())
        check("not sent yet: the due day", "hạn nộp " + row["due"] in words and "không có hạn" not in words)
        self.refused(node, "submit", "narrative=Chữ này sẽ mất.")
        self.refused(node, "draft", "narrativ=Chữ này cũng mất.")
        node.sync()
        check("the district sees the draft", self.row(node.unit)["state"] == "draft")
        self.refused(node, "submit")
        check("who drafted does not confirm", self.node_row(node)["state"] == "draft")
        self.has_no_other_road(node, row["record"])
        row = node.ask("report", "submit", *self.args(), "--person", BINH)
        check("late, by its own clock", row["state"] == "late" and row["time"] == "late")
        check("the leader's name", row["signed_by"] == BINH and row["digest"])
        shown = node.ask("report", "show", *self.args())
        check("what was sent is what is here", shown["same"] and len(shown["figures"]) > 10)
        self.reads_vietnamese(node.tool("report", "show", *self.args()), [f["sent"] for f in shown["figures"]])
        check("no change while it is submitted", "error" in self.refused(node, "draft", "narrative=x"))
        node.sync()
        row = self.row(node.unit)
        check("the district has it, late", row["state"] == "late" and row["time"] == "late" and not row["overdue"])
        show = self.hub.ask("report", "show", *self.args(node.unit))
        check("the same figures at both", show["same"])
        check("the text came", show["narrative"]["narrative"] == "Đội hoạt động đều.")
        mine = {(f["line"], f["value"], f["total"]): f["sent"] for f in shown["figures"]}
        theirs = {(f["line"], f["value"], f["total"]): f["hub"] for f in show["figures"]}
        check("figure by figure", mine == theirs)

    @staticmethod
    def reads_vietnamese(words, figures):
        rates = [f for f in figures if f and "." in f]
        check("rates have a comma: %s" % rates, rates and all(
            " " + f.replace(".", ",") in words and " " + f not in words for f in rates))

    def has_no_other_road(self, node, record):
        """Form, list and delete leave a report alone: nobody confirms by them, or takes back, or makes a second one."""
        forged = [("put", "--id", record, "state=submitted", "signed_by=" + BINH), ("put", "--id", record, "--delete"),
                  ("put", "--type", "report", "definition=" + REPORT, "period=" + PERIOD, "state=withdrawn")]
        for args in forged:
            node.tool(*args, "--person", LAN, ok=FAILS)
        with open(os.path.join(self.w.dir, "forged.csv"), "w", encoding="utf-8") as f:
            f.write("definition,period,state\n%s,%s,submitted\n" % (REPORT, PERIOD))
        node.tool("import", "--type", "report", "--person", LAN, "forged.csv", ok=FAILS)
        check("still one report, and a draft", self.node_row(node)["state"] == "draft" and
              len(node.ask("list", "--type", "report")["rows"]) == 1)

    def refused(self, node, word, *more):
        node.tool("report", word, *self.args(), "--person", LAN, *more, ok=FAILS)
        return {"error": node.code}

    def is_returned_and_accepted(self, node):
        self.hub.tool("report", "return", *self.args(node.unit), "--person", "Huyện", ok=FAILS)  # no reason
        row = self.hub.ask("report", "return", *self.args(node.unit), "--person", "Huyện", "--reason",
                           "Thiếu phần khó khăn.")
        check("returned", row["state"] == "returned")
        check("in words", "Huyện: đã trả lại" in self.hub.tool("report", "show", *self.args(node.unit)))
        node.sync()
        row = self.node_row(node)
        check("the commune reads why", row["state"] == "returned" and row["judged"]["reason"] == "Thiếu phần khó khăn.")
        self.refused(node, "submit")  # returned or not: she wrote what would be confirmed
        node.tool("report", "draft", *self.args(), "--person", LAN, "difficulties=Không.")
        node.tool("report", "submit", *self.args(), "--person", BINH)
        node.sync()
        check("again", self.row(node.unit)["state"] == "late")
        old = "00" * 20
        self.hub.tool("report", "accept", *self.args(node.unit), "--person", "Huyện", "--of", old, ok=FAILS)
        check("a decision names what it is about", self.row(node.unit)["state"] == "late")
        row = self.hub.ask("report", "accept", *self.args(node.unit), "--person", "Huyện", "--of",
                           self.row(node.unit)["version"])
        check("accepted", row["state"] == "accepted")
        node.sync()
        check("the commune knows", self.node_row(node)["state"] == "accepted")

    def names_nobody(self, node):
        """The district is warned of a text that names somebody on a list, however it is written."""
        old = ["--report", REPORT, "--period", "2021"]
        cases = node.ask("list", "--type", "drug_case")["rows"]
        client = node.ask("get", cases[0]["values"]["person"])["values"]
        plain = unicodedata.normalize("NFD", client["full_name"].replace("Đ", "D").replace("đ", "d"))
        plain = "".join(c for c in plain if not unicodedata.combining(c)).upper()
        nid = client["national_id"]
        for text, count in (("Ba người đã vào cơ sở cai nghiện.", 0), ("Anh %s, đã tái hòa nhập." % plain, 1),
                            ("Số %s %s %s" % (nid[:3], nid[3:6], nid[6:]), 1)):
            node.tool("report", "draft", *old, "--person", LAN, "narrative=" + text)
            node.sync()
            names = self.hub.ask("report", "show", *old, "--unit", node.unit)["names"]
            check("named in %r: %d" % (text[:4], count),
                  names["count"] >= count and (count > 0) == bool(names["records"]) and
                  names["fields"] == ["narrative"] * count)
        check("in words", "hồ sơ nhạy cảm" in self.hub.tool("report", "show", *old, "--unit", node.unit))
        node.tool("report", "submit", *old, "--person", BINH)
        node.sync()
        check("who accepts it is told in which text", "Ở mục: narrative\n" in self.hub.tool(
            "report", "accept", *old, "--unit", node.unit, "--person", "Huyện"))

    def answers_a_correction(self, node):
        cell = self.hub.ask("explain", "T02@" + node.unit, *self.args(), "--unit", node.unit)["cell"]["num"]
        args = ["correct", *self.args(node.unit), "--indicator", "T02", "--after", "9", "--reason",
                "Một người đã thôi.", "--person", "Huyện", "--before"]
        self.hub.tool(*args, str(cell + 2), ok=(1,))
        check("a figure that is not there is refused with the one that is", "hiện là %d, " % cell in self.hub.said)
        one = self.hub.ask(*args, str(cell))["id"]
        check("it waits", [x["state"] for x in self.hub.ask("corrections")["corrections"]] == ["open"])
        check("in words", "%d -> 9 (chưa trả lời)" % cell in self.hub.tool("corrections"))
        for args, count in ((self.args(), 1), (self.args(node.unit), 1), (["--report", "RP05"], 0),
                            (["--period", "2022"], 0)):
            check("corrections %s: %d" % (" ".join(args), count),
                  len(self.hub.ask("corrections", *args)["corrections"]) == count)
        node.sync()
        seen = node.ask("corrections")["corrections"]
        check("the commune sees it", [(x["id"], x["state"]) for x in seen] == [(one, "open")])
        words = node.tool("corrections")
        check("in Vietnamese it waits", "(chờ trả lời)" in words and "(open)" not in words)
        node.tool("correction", one, "object", "--note", "Người đó vẫn còn.", "--person", BINH)
        check("and is answered", "(không đồng ý)" in node.tool("corrections"))
        said = node.ask("get", one)["values"]
        row = node.ask("report", "show", *self.args())["row"]
        check("it names the report, for Q02", said["report"] == row["record"])
        node.sync()
        got = self.hub.ask("corrections")["corrections"][0]
        check("the answer came", got["state"] == "objected" and got["note"] == "Người đó vẫn còn.")
        owed = self.hub.ask("owes")["units"]
        check("nothing more to answer", all(u["corrections"] == 0 for u in owed))

    def is_asked_for_one_more(self, node):
        period = "2023-03-01_2023-05-15"
        self.hub.tool("ask", "--unit", node.unit, "--report", "RP18", "--period", period, "--due", "2031-01-01",
                      "--text", "Tình hình tụ điểm", "--person", "Huyện")
        node.sync()
        rows = node.ask("report", "list", "--to", "2031-02-01")["rows"]
        asked = [r for r in rows if r["report"] == "RP18"]
        check("asked", len(asked) == 1 and asked[0]["asked"]["text"] == "Tình hình tụ điểm")
        check("by its own day", asked[0]["due"] == "2031-01-01")
        other = self.w.nodes[UNITS[1]]
        other.sync()
        rows = other.ask("report", "list", "--to", "2031-02-01")["rows"]
        check("and nobody else", not [r for r in rows if r["report"] == "RP18"])
        row = node.ask("report", "submit", "--report", "RP18", "--period", period, "--person", BINH)
        check("an ad-hoc report is never late by itself", row["state"] == "submitted")

    def closes(self, node):
        self.hub.tool("close", *self.args(), "--complete", ok=FAILS)
        issue = self.hub.ask("close", *self.args(), "--person", "Huyện")
        missing = {m["unit"] for m in issue["missing"]}
        check("who is missing is named", UNITS[1] in missing and UNITS[0] not in missing and len(missing) == 11)
        issued = self.issued(issue["id"])
        figures = json.loads([data for name, data in issued.items() if name.endswith("_1.json")][0])
        check("its files name them", set(figures["missing"]) == missing)
        check("and it is rebuilt from the log", self.hub.ask("verify", "--issue", str(issue["id"]))["rebuilt"])
        self.hub.tool("close", *self.args(), ok=FAILS)
        check("one issue", len(self.hub.ask("issues")["issues"]) == 1)
        node.sync()
        check("locked at both", self.row(node.unit)["state"] == "locked" and self.node_row(node)["state"] == "locked")
        self.hub.tool("supplement", *self.args(), ok=FAILS)  # nothing differs yet
        return issue

    def adds_what_came_late(self, node, issue):
        before = self.issued(issue["id"])
        made = node.ask("put", "--type", "team", "--person", LAN, "name=Đội bổ sung", "kind=volunteer_team",
                        "founded_on=2023-05-01", "state=active")
        node.sync()
        late = [v for v in node.ask("history", made["id"])["events"] if v.get("late")]
        check("the commune is told that it is late", late)
        gone = self.hub.ask("explain", str(issue["id"]), "T02@" + node.unit)["records"][0]["id"]
        node.tool("put", "--id", gone, "--delete", "--person", LAN, ok=FAILS)  # nobody says why
        node.tool("put", "--id", gone, "--delete", "--reason", "mistake", "--person", LAN)
        check("the commune keeps the reason", node.ask("get", gone)["reason"] == "mistake")
        node.sync()
        check("the hub has it", self.hub.ask("get", gone)["reason"] == "mistake")
        told = [v for v in node.ask("history", gone)["events"] if v["writes"][0]["field"] == "(reason)"]
        check("what a reason says is neither late nor unknown",
              len(told) == 1 and told[0]["verdict"] == "applied" and not told[0]["late"])
        plan = self.hub.ask("supplement", *self.args(), "--preview")
        left = [c for c in plan["cells"] if c["b"]["indicator"] == "T02" and c["b"]["unit"] == node.unit and
                c["b"]["total"]][0]["removed"]
        check("why a record left is told", left["records"][0]["id"] == gone and
              [(d["reason"], d["count"]) for d in left["deleted"]] == [("mistake", 1)])
        check("by cell", plan["differing"] >= 2)  # the commune's and that of all
        cell = [c for c in plan["cells"] if c["b"]["indicator"] == "T01" and c["b"]["unit"] == node.unit][0]
        check("one team more", cell["b"]["num"] == cell["a"]["num"] + 1)
        record = cell["added"]["records"][0]
        check("its cause", record["id"] == made["id"] and len(record["sets"]) == 1)
        told = self.hub.tool("supplement", *self.args(), "--preview")
        check("causes in words", "vì hồ sơ thêm vào\n" in told and "vì added" not in told)
        self.reads_figures(told, plan["cells"])
        check("a preview issues nothing", len(self.hub.ask("issues")["issues"]) == 1)
        done = self.hub.ask("supplement", *self.args(), "--person", "Huyện")
        check("the next number", done["issue"]["number"] == 2 and done["of"] == 1)
        check("as a supplement", done["issue"]["mode"] == "supplement")
        paper = self.paper(done["issue"]["id"])
        check("the paper says what it adds to", "(BỔ SUNG BẢN SỐ 1)" in paper and "bản số 1 vẫn giữ nguyên" in paper)
        after = cell["b"]["num"]
        check("the paper tells before, now and cause of the cell",
              ["Số Đội công tác xã hội tình nguyện", "Xã Phú Lý" if node.unit == "26173" else "Thị trấn Vĩnh An",
               str(after - 1), str(after), "thêm 1 hồ sơ"] in self.cells(paper))
        check("and why a record left", any("bớt 1 hồ sơ (đã xóa – Nhập nhầm: 1)" in row for row in self.cells(paper)))
        check("the issue before it has no such table", "Nguyên nhân" not in self.paper(issue["id"]))
        check("the issue before it stands", self.issued(issue["id"]) == before)
        for one in self.hub.ask("issues")["issues"]:
            check("it verifies", self.hub.ask("verify", "--issue", str(one["id"]))["ok"])
        check("still locked", self.row(node.unit)["state"] == "locked")

    @staticmethod
    def reads_figures(told, cells):
        """What was not sent is no 0, and a rate is no numerator."""
        lines = [x for x in told.splitlines() if " -> " in x]
        check("a line each", len(lines) == len(cells))
        for line, cell in zip(lines, cells):
            for side, words in zip("ab", line.split(": ", 1)[1].split(" -> ")):
                v = cell[side]
                want = ("không có" if v is None else "chưa gửi" if v["state"] == "nothing_sent" else
                        "–" if v["state"] == "no_base" else str(v["num"]) if v["den"] is None else
                        "%s%% (%d/%d)" % (v["text"].replace(".", ","), v["num"], v["den"]))
                check("%s: %s" % (line, want), words == want)
        check("rates are among them", any((c["b"] or c["a"])["den"] for c in cells))

    def paper(self, number):
        """The DOCX of an issue: its XML."""
        files = self.issued(number)
        name = next(n for n in files if n.endswith(".docx"))
        with zipfile.ZipFile(io.BytesIO(files[name])) as z:
            return z.read("word/document.xml").decode()

    def cells(self, paper):
        """Rows of all tables of a DOCX without their first column."""
        rows = re.findall(r"<w:tr[ >].*?</w:tr>", paper, re.S)
        return [["".join(re.findall(r"<w:t[^>]*>([^<]*)", c)) for c in re.findall(r"<w:tc[ >].*?</w:tc>", r, re.S)][1:]
                for r in rows]

    def issued(self, number):
        out = "out%d" % time.monotonic_ns()
        self.hub.tool("export", "--issue", str(number), "--out", out)
        folder, files = os.path.join(self.w.dir, out), {}
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), "rb") as f:
                files[name] = f.read()
        return files

    def meets_traps_where_it_writes(self, issue):
        """Links and a FIFO under the names of the exported files: what they point at stays, and nobody waits."""
        good = self.issued(issue["id"])
        names, victim = sorted(good), os.path.join(self.w.dir, "not-yours")
        os.mkdir(os.path.join(self.w.dir, "traps"))
        with open(victim, "wb") as f:
            f.write(b"stays")
        traps = [os.path.join(self.w.dir, "traps", n) for n in names]
        os.symlink(victim, traps[0])
        os.mkfifo(traps[1])
        os.symlink(os.path.join(self.w.dir, "made-by-a-link"), traps[2])
        self.hub.tool("export", "--issue", str(issue["id"]), "--out", "traps", ok=range(0, 30))
        whole = [os.path.isfile(t) and not os.path.islink(t) for t in traps]
        check("an export through traps says no, or writes files of its own", self.hub.code != 0 or all(whole))
        with open(victim, "rb") as f:
            check("what a link points at stays", f.read() == b"stays")
        check("nothing is made by a link", not os.path.exists(os.path.join(self.w.dir, "made-by-a-link")))
        for trap, name in zip(traps, names):
            if os.path.isfile(trap) and not os.path.islink(trap):
                with open(trap, "rb") as f:
                    check("no half of " + name.split(".", 1)[1], f.read() == good[name])

    def is_locked_with_the_district(self, node):
        """Closing the consolidated report of a period locks the communes' reports that it is made of: those it names
        when they are missing, which are of the year, or of its last quarter and month."""
        old = ["--report", REPORT, "--period", "2022"]
        check("open before", self.hub.ask("reports", *old, "--unit", node.unit)["rows"][0]["state"] == "not_started")
        issue = self.hub.ask("close", "--report", "RP04", "--period", "2022")
        parts = {(m["report"], m["period"]) for m in issue["missing"]}
        check("its parts", parts == {("RP03", "2022"), ("RP02", "2022-Q4"), ("RP01", "2022-12")})
        node.sync()
        for report, period in sorted(parts) + [("RP02", "2022-Q3"), ("RP01", "2022-11")]:
            one = ["--report", report, "--period", period]
            state = "locked" if (report, period) in parts else "not_started"
            check("%s %s is %s" % (report, period, state),
                  {r["state"] for r in self.hub.ask("reports", *one)["rows"]} == {state})
            check("and at the commune", node.ask("report", "show", *one)["row"]["state"] == state)
        node.tool("report", "submit", *old, "--person", BINH, ok=FAILS)

    def has_a_calendar(self, node):
        for program in (node, self.hub):
            ics = program.ask("calendar", "--from", "2023-06-01", "--to", "2024-02-28")["ics"]
            check("it begins", ics.startswith("BEGIN:VCALENDAR\r\n") and ics.endswith("END:VCALENDAR\r\n"))
            check("it has days", "\r\nDTSTART;VALUE=DATE:" in ics)
            check("its lines are short", all(len(x.encode()) <= 75 for x in ics.split("\r\n")))

    def run(self):
        self.begin()
        node = self.w.nodes[UNITS[0]]
        self.drafts_and_submits(node)
        self.is_returned_and_accepted(node)
        self.answers_a_correction(node)
        self.names_nobody(node)
        self.is_asked_for_one_more(node)
        issue = self.closes(node)
        self.adds_what_came_late(node, issue)
        self.meets_traps_where_it_writes(issue)
        self.is_locked_with_the_district(node)
        self.has_a_calendar(node)
        check("the log verifies", self.hub.ask("verify")["ok"])


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: Workflow(world).run()))
