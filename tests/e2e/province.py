#!/usr/bin/env python3
"""A province: two districts' hubs, their exports consolidated by a third, and the door that they are pulled from.

  province.py BUILD_DIR

Sums and rates are added up here again from the two exports; mixed periods, changed files and unknown keys are refused
by name. The description of the province's door (docs/province.openapi.json) is held against the running door both ways.
No class 2-4 text of any record is found in anything that left the hub or that a login is shown which may only look;
numbers and choices of records stand there where figures are told and nowhere else (leaving.py).
"""
import csv
import hashlib
import itertools
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import leaving
from world import ROOT, TOOL_S, Hub, Story, check, play

BAD_SIGNATURE = 13  # docs/exit-codes.md
FAILS = tuple(range(1, 126))
LATE, LATE_BORN = "Nguyễn Thị Kín Tiếng", "1961-04-17"
DISTRICTS = {"735": ("hub", ["26170", "26173"]), "617": ("hub2", [])}


class Province(Story):
    def __init__(self, world):
        super().__init__(world)
        self.hubs = {}
        self.marks = set()  # days and long numbers of class 2 and more

    def communes(self, district):
        with open(os.path.join(ROOT, "catalogue/units.csv"), encoding="utf-8-sig") as f:
            rows = [line.rstrip("\n").split(",") for line in f]
        return [r[0] for r in rows if len(r) > 3 and r[3] == district][:2]

    def open_hub(self, unit, name, files):
        hub = self.w.hub if name == "hub" else Hub(self.w)
        hub.name = name
        self.hubs[unit] = hub
        hub.init(unit, "Đơn vị " + unit, os.path.join(ROOT, "catalogue"))
        hub.run()
        for commune, file in files:
            node = self.w.node(commune)
            node.join(hub)
            node.run()
            node.sync()
            check("all rows are in", node.ask("import", file)["bad_rows"] == 0)
            node.sync()
        return hub

    def export(self, unit, report, period, folder):
        hub = self.hubs[unit]
        issue = hub.ask("close", "--report", report, "--period", period)["id"]
        hub.tool("export", "--issue", str(issue), "--out", folder)
        return issue

    # --- consolidation ---

    def figures(self, folder):
        name, = [n for n in os.listdir(self.path(folder)) if re.fullmatch(r"BC_[A-Z0-9]+_[^.]*\.json", n)]
        with open(self.path(folder, name), encoding="utf-8") as f:
            return json.load(f)

    def keys(self, *folders):
        with open(self.path("keys.txt"), "w", encoding="ascii") as out:
            for folder in folders:
                with open(self.path(folder, "dongbo.pub"), encoding="ascii") as f:
                    out.write(f.read())

    def total(self, report, line, value):
        for row in report["lines"][line]["rows"]:
            if row["value"] == value[1] and row["total"] == value[0]:
                return [c for c in row["cells"] if c["unit"] == report["unit"]][-1]
        return None

    def sums(self, province, parts):
        cells = 0
        for i, line in enumerate(province["lines"]):
            for row in line["rows"]:
                key = (row["total"], row["value"])
                got = {c["unit"]: c for c in row["cells"]}
                own = [self.total(p, i, key) for p in parts]
                check("every unit's cell is the exported one", all(
                    (got[p["unit"]]["num"], got[p["unit"]]["state"]) == (c["num"], c["state"])
                    for p, c in zip(parts, own) if c is not None))
                known = [c for c in own if c is not None]
                all_ = got[province["unit"]]
                if any(c["state"] == "hidden" for c in known):
                    check("a hidden part hides the sum", all_["state"] == "hidden" and all_["num"] is None)
                elif all(c["state"] == "nothing_sent" for c in known) and known:
                    check("nothing is nothing", all_["state"] == "nothing_sent")
                else:
                    num = sum(c["num"] or 0 for c in known)
                    den = sum(c["den"] or 0 for c in known)
                    check("numerators add up", all_["num"] == num)
                    if line["measure"].startswith("ratio"):
                        check("denominators too", all_["den"] == den)
                        want = None if den <= 0 else "%.1f" % (num * 100 / den)
                        check("and the rate is theirs", all_["value"] == want or
                              abs(float(all_["value"]) - num * 100 / den) <= 0.0501)
                cells += 1
            persons = "chưa loại trùng" in line["label_vi"]
            check("lines over persons are marked", (line.get("deduplicated") is False) == persons)
        check("both kinds are there", {"deduplicated" in x for x in province["lines"]} == {True, False})
        return cells

    def keys_are_named(self, province, file):
        told = province.tool("verify", "--file", file)
        check("of a key that came with the file it is said", self.key("c") in told and "công văn" in told)
        told = province.tool("verify", "--file", file, "--pubkey", self.key("c"))
        check("a key out of the letter is taken as text", self.key("c") in told and "công văn" not in told)
        province.tool("verify", "--file", file, "--pubkey", self.key("a"), ok=(BAD_SIGNATURE,))

    def consolidate(self):
        province = self.hubs["75"]
        self.keys("a", "b")
        done = province.ask("consolidate", "a", "b", "--keys", "keys.txt", "--out", "c")
        check("all forms are there", done["files"] >= 8 and done["units"] == 2)
        check("one district had reports missing, the other none",
              "missing" in self.figures("a") and "missing" not in self.figures("b"))
        self.keys_are_named(province, self.path("c", "BC_RP04_2023-6M_75_1.json"))
        report = self.figures("c")
        check("the sources are named", [s["unit"] for s in report["sources"]] == ["617", "735"])
        own = [dict(t) for p in (self.figures("a"), self.figures("b")) for t in p["targets"] if t["unit"] == p["unit"]]
        check("each hub's targets stand beside its figures", own and
              sorted(map(str, own)) == sorted(str(dict(t)) for t in report["targets"]))
        self.missing("c", "75", [self.figures("b"), self.figures("a")])  # by code
        here = sorted((n, self.read_file(self.path("c", n))) for n in os.listdir(self.path("c")))
        province.tool("consolidate", "b", "--keys", "keys.txt", "--out", "c", ok=range(1, 30))
        check("nothing is written over what is there: " + province.said, "/c:" in province.said and
              "hãy chọn thư mục khác" in province.said)
        check("and nothing beside it", here == sorted((n, self.read_file(self.path("c", n)))
                                                      for n in os.listdir(self.path("c"))))
        province.tool("consolidate", "b", "--keys", "keys.txt", "--out", "all-in")
        self.missing("all-in", "75", [self.figures("b")])
        cells = self.sums(report, [self.figures("a"), self.figures("b")])
        print("%d rows of the consolidated report are the sums" % cells)
        with open(self.path("c", "BC_RP04_2023-6M_75_1.csv"), encoding="utf-8-sig") as f:
            check("the table marks them too", "figure_sum," in f.read())
        # what is refused, by name
        self.export("735", "RP04", "2023-9M", "a9")
        self.keys("a", "b", "a9")
        self.refused("2023-9M", "a9", "b")
        self.refused("two of one unit", "a", "a")
        self.export("75", "RP04", "2023-6M", "own")
        self.keys("a", "b", "own")
        self.refused("the consolidating unit's own", "a", "own", named="own")
        self.refused("a unit and one that holds it", "a", "own", by="617", named="a")
        self.keys("a")
        self.refused("a key that is not accepted", "a", "b")
        self.keys("a", "b")
        shutil.copytree(self.path("b"), self.path("bad"))
        name, = [n for n in os.listdir(self.path("bad")) if n.endswith(".csv")]
        with open(self.path("bad", name), "a", encoding="utf-8") as f:
            f.write("\n")
        self.refused("a changed file", "a", "bad")

    def missing(self, folder, unit, parts):
        """Who had not submitted, in every form of the consolidated report: each district's, and all together.
        Nobody: no form has a word of it."""
        report, each = self.figures(folder), [p.get("missing") for p in parts]
        names = {u["code"]: u["name"] for p in parts for u in p["units"]}
        every = sum([e for e in each if e], [])
        check("each source's are named", [s.get("missing") for s in report["sources"]] == each)
        check("and all together", report.get("missing") == (every or None))
        path = self.path(folder, "BC_RP04_2023-6M_%s_1." % unit)
        with open(path + "manifest.json", encoding="utf-8") as f:
            check("the list names them", json.load(f).get("missing") == (every or None))
        with open(path + "csv", encoding="utf-8-sig") as f:
            rows = [line.split(",") for line in f if line.startswith("missing,")]
        check("the table too", len(rows) == len(every) and all(any(c in r for r in rows) for c in every))
        for name in ("xlsx", "docx"):
            parts = subprocess.run(["unzip", "-p", path + name], capture_output=True, check=True).stdout
            text = parts.decode(errors="replace")  # pictures too
            check("people read their names in the " + name, ("Chưa nộp báo cáo" in text) == bool(every) and
                  not [c for c in every if names[c] not in text])

    def refused(self, what, *folders, by="75", named=None):
        out = self.path("none")
        shutil.rmtree(out, ignore_errors=True)
        hub = self.hubs[by]
        command = [hub.binary, "consolidate", "--data", hub.name, *folders, "--keys", "keys.txt", "--out", out]
        p = subprocess.run(command, cwd=self.w.dir, env=self.w.env, capture_output=True, timeout=TOOL_S, check=False)
        check("it is refused (%s)" % what, p.returncode != 0)
        check("the folder is named (%s)" % what,
              any("/" + f + ":" in p.stderr.decode() for f in ([named] if named else folders)))
        check("nothing is written (%s)" % what, not os.path.exists(out))

    # --- the door ---

    def get(self, path, method="GET", token=None, headers=()):
        context = ssl.create_default_context(cafile=self.path("hub", "tls", "cert.pem"))
        context.check_hostname = False
        request = urllib.request.Request("https://127.0.0.1:%d%s" % (self.hubs["735"].ports["web"], path),
                                         method=method, headers=dict(headers))
        if token:
            request.add_header("Authorization", "Bearer " + token)
        try:
            with urllib.request.urlopen(request, context=context, timeout=TOOL_S) as r:
                return r.status, dict(r.headers), r.read()
        except urllib.error.HTTPError as e:
            return e.code, dict(e.headers), e.read()

    def door(self):
        hub = self.hubs["735"]
        token = hub.ask("token", "create", "So")["token"]
        with open(os.path.join(ROOT, "docs/province.openapi.json"), encoding="utf-8") as f:
            api = json.load(f)
        with open(os.path.join(ROOT, "hub/province.c"), encoding="utf-8") as f:
            source = f.read()
        listed = json.loads(self.get("/api/v1/issues", token=token)[2])
        issue = listed["issues"][0]
        file = issue["files"][0]["name"]
        known = {"id": str(issue["id"]), "file": file}
        left = []
        for path, item in api["paths"].items():
            real = re.sub(r"\{(\w+)\}", lambda m: known[m.group(1)], path)
            for method in ("get", "head"):
                check("%s %s is described" % (method, path), method in item)
                status, headers, body = self.get(real, method.upper(), token)
                check("%s %s answers" % (method, path), status == 200 and "200" in item[method]["responses"])
                check("with an ETag", headers["ETag"].startswith('"'))
                check("of a described kind", headers["Content-Type"].split(";")[0] in
                      [k.split(";")[0] for k in item[method]["responses"]["200"]["content"]] or "{file}" in path)
                again = self.get(real, method.upper(), token, {"If-None-Match": headers["ETag"]})
                check("and 304", again[0] == 304 and "304" in item[method]["responses"] and not again[2])
                check("not without a token", self.get(real, method.upper())[0] == 401)
                left.append(body)
            if "{file}" in path and not path.endswith(".minisig"):
                s, h, part = self.get(real, token=token, headers={"Range": "bytes=10-19"})
                check("a range is a part", s == 206 and part == left[-2][10:20] and
                      h["Content-Range"] == "bytes 10-19/%d" % len(left[-2]))
                s, h, _ = self.get(real, token=token, headers={"Range": "bytes=999999999-"})
                check("beyond the end", s == 416)
            check("nothing is written", self.get(real, "POST", token)[0] == 405)
        # the other way: every route of the source is described
        routes = set(re.findall(r'HUB_API "([a-z]+)"', source))
        check("every route is described", routes == {p.split("/")[3] for p in api["paths"]})
        for item in issue["files"]:
            left.append(self.get("/api/v1/issues/%d/%s" % (issue["id"], item["name"]), token=token)[2])
        return left

    def hidden_rates(self):
        """Rates of two children in one district and of none in the other: nobody's percentage, in any form."""
        node = next(n for n in self.w.nodes.values() if n.unit == self.communes("617")[0])
        for born in ("2015-02-03", "2016-03-04"):
            child = node.ask("put", "--type", "person", "--person", "Lan", "full_name=Bé Kín " + born[3],
                             "sex=female", "dob=" + born)["id"]
            node.tool("put", "--type", "child_case", "--person", "Lan", "person=" + child, "from_on=2023-01-05",
                      "needs_plan=1")
        node.sync()
        self.export("735", "RP07", "2023-6M", "ra")
        self.export("617", "RP07", "2023-6M", "rb")
        self.keys("ra", "rb")
        self.hubs["75"].tool("consolidate", "ra", "rb", "--keys", "keys.txt", "--out", "rc")
        joined = self.figures("rc")
        self.sums(joined, [self.figures("ra"), self.figures("rb")])
        line, = [x for x in joined["lines"] if x["indicator"] == "C05"]
        cells = {c["unit"]: c for c in line["rows"][0]["cells"]}
        check("the district's rate is hidden: %s" % cells["617"], cells["617"]["value"] == "–*" and
              cells["617"]["num"] is None and cells["617"]["den"] is None)
        check("and so is the rate of both: %s" % cells["75"], (cells["75"]["state"], cells["75"]["value"]) ==
              ("hidden", "–*"))
        name, = [n for n in os.listdir(self.path("rc")) if n.endswith(".csv") and n.startswith("BC_RP07")]
        with open(self.path("rc", name), encoding="utf-8-sig", newline="") as f:
            rows = [r for r in csv.DictReader(f) if r.get("indicator") == "C05" and r.get("unit") == "75"]
        check("the table prints it and neither part: %s" % rows[:1], rows and rows[0]["value"] == "–*" and
              not rows[0]["num"] and not rows[0]["den"])
        for name in os.listdir(self.path("rc")):
            if name.endswith((".json", ".csv", ".xlsx", ".pdf", ".docx")) and name.startswith("BC_"):
                self.hubs["75"].tool("verify", "--file", self.path("rc", name), "--pubkey", self.key("rc"))

    def key(self, folder):
        with open(self.path(folder, "dongbo.pub"), encoding="ascii") as f:
            return f.read().split("\n")[1]

    # --- what leaves ---

    def late(self):
        """A name that comes late, a correction, the supplement of both, and a commune's proof."""
        hub, node = self.hubs["735"], self.w.nodes["26170"]
        self.export("735", "RP04", "2023", "year")  # the communes' RP03 has these days
        person = node.ask("put", "--type", "person", "--person", "Lan", "full_name=" + LATE, "sex=female",
                          "dob=" + LATE_BORN)["id"]
        team = node.ask("list", "--type", "team")["rows"][0]["id"]
        node.tool("put", "--type", "team_member", "--person", "Lan", "person=" + person, "team=" + team, "role=member",
                  "joined_on=2023-05-10")
        node.sync()
        cells = next(x for x in self.figures("year")["lines"] if x["indicator"] == "T01")["rows"][0]["cells"]
        count = next(c["num"] for c in cells if c["unit"] == node.unit)
        args = ["correct", "--unit", node.unit, "--report", "RP03", "--period", "2023", "--indicator", "T01",
                "--person", "Huyện", "--reason", LATE + " đếm sót"]
        for before, after, more in ((count, "%d (%s)" % (count + 1, LATE), ()), (LATE, count + 1, ()),
                                    (count, count + 1, ("--value", LATE))):
            hub.tool(*args, "--before", str(before), "--after", str(after), *more, ok=FAILS)
        one = hub.ask(*args, "--before", str(count), "--after", str(count + 1))["id"]
        node.sync()
        node.tool("correction", one, "agree", "--person", "Bình", "--note", LATE)
        node.sync()
        self.corrected = count + 1
        issue = hub.ask("supplement", "--report", "RP04", "--period", "2023", "--person", "Huyện")["issue"]["id"]
        hub.tool("export", "--issue", str(issue), "--out", "late")
        corrected = self.figures("late")["corrections"]
        check("the correction stands in it", [(c["before"], c["after"], c["state"]) for c in corrected] ==
              [(str(count), str(count + 1), "applied")])
        report = ("--report", "RP03", "--period", "2024")
        node.tool("report", "draft", *report, "--person", "Lan", "narrative=Đội hoạt động đều.")
        node.tool("report", "submit", *report, "--person", "Bình")
        node.sync()
        hub.tool("proof", "--issue", str(issue), "--unit", node.unit, "--out", "late.proof")
        with open(self.path("late.proof"), "rb") as f:
            return [f.read()]

    def classes(self):
        """(class, kind, list) of every field."""
        with open(os.path.join(ROOT, "catalogue/fields.csv"), encoding="utf-8-sig", newline="") as f:
            return {(r["type"], r["name"]): (int(r["class"] or 0), r["kind"], r["list"]) for r in csv.DictReader(f)}

    def records(self):
        for unit in DISTRICTS["735"][1]:
            with open(self.path("d", unit + ".ndjson"), encoding="utf-8") as f:
                yield from map(json.loads, f)

    def secrets(self):
        """Texts of class 2 and more that stand in the records."""
        classes, found = self.classes(), set()
        for row in self.records():
            found.add(row["id"])
            for k, v in row.items():
                level, kind, _ = classes.get((row["type"], k), (0, "", ""))
                if level >= 2 and kind in ("text", "ref") and len(v) >= 6:
                    found.add(v)
                # A choice or a small number is in every table (see fields()); a day or a long number is somebody's.
                if level >= 2 and kind in ("date", "pdate") and re.fullmatch(r"\d{4}-\d\d-\d\d", v):
                    self.marks |= {v, "%s/%s/%s" % (v[8:], v[5:7], v[:4])}
                if level >= 2 and kind in ("int", "text") and re.fullmatch(r"\d{8,}", str(v)):
                    self.marks.add(str(v))
        return found | {LATE}

    def names(self):
        """Without the ids of records, which a hub's own pages may show."""
        return {t for t in self.secrets() if not re.fullmatch(r"[0-9a-f]{32}", t)}

    def days_and_numbers(self, bodies):
        """Days and long numbers of records, wherever they stand; but for the days of the periods themselves."""
        own = {"%d-%s" % (y, d) for y in range(2017, 2031) for d in ("01-01", "06-30", "09-30", "12-31")}
        own |= {"%s/%s/%s" % (d[8:], d[5:7], d[:4]) for d in own}
        print("%d days and numbers of records to look for" % len(self.marks))
        check("there are days to look for", len(self.marks) > 20)
        marks = {m.encode() for m in self.marks | {LATE_BORN, "17/04/1961"} if m not in own}
        for body in bodies:
            seen = set(re.findall(rb"\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}|\d{8,}", body)) & marks
            check("no day or number of a record leaves: %s" % sorted(seen)[:3], not seen)

    def viewer(self):
        """(path, body) of every answer that a login gets which may only look: of the district and of the commune."""
        viewer, said = leaving.Viewer(self.hubs["735"]), []
        given = {"unit": ["735", "26170"], "report": ["RP04", "RP03"], "period": ["2023-6M", "2023", "2024"],
                 "year": ["2023"],
                 "a": ["1"], "b": ["3"], "issue": ["4"], "on": ["2024-03-01"], "from": ["2023-01-01"],
                 "to": ["2025-01-01"], "all": ["1"], "open": [], "id": []}
        name = "BC_RP04_2023-6M_735_1.csv"
        body = {"issue": 1, "hash": hashlib.blake2b(self.read_file("a/" + name)).hexdigest(),
                "minisig": self.read_file("a/%s.minisig" % name).decode()}
        for method, path, names in [*leaving.viewer_roads(), ("get", "/api/v1/issues", [])]:
            asked = {n: given[n] for n in names if given[n]} if method == "get" else {}
            got = []
            for values in itertools.product(*asked.values()):
                query = urllib.parse.urlencode(dict(zip(asked, values)))
                got.append(viewer.ask(method.upper(), path + ("?" + query if query else ""),
                                      body if method == "post" else None))
            check("a viewer may %s %s" % (method, path), 200 in [status for status, _ in got])
            named = [text for text in sorted(self.names()) for _, answer in got if text.encode() in answer]
            check("nobody is named by %s: %s" % (path, named[:3]), not named)
            said += [(path, answer) for _, answer in got]
        told = b"".join(body for path, body in said if path == "/api/corrections")
        check("the viewer sees the correction's numbers, and no words of it",
              b'"after":"%d"' % self.corrected in told and
              b'"reason":null' in told)
        shown = [json.loads(body) for path, body in said if path == "/api/report/show" and b'"narrative"' in body]
        check("and no words of a commune's report", shown and all(
            r["narrative"] == {} and r["words"] is False and "names" not in r for r in shown))
        check("a statistician's tool has them", LATE in self.hubs["735"].tool("corrections", "--json"))
        return said

    def fields(self, seen):
        """Numbers and choices stand where figures are told, in what left and what a viewer saw, and nowhere else."""
        files = [(n, self.read_file(os.path.join(f, n))) for f in ("a", "c", "a9", "year", "late")
                 for n in os.listdir(self.path(f)) if not n.endswith((".pdf", ".minisig", ".pub"))]
        with_class = self.classes()
        marks = leaving.choice_words({(kind[2], one) for row in self.records() for k, v in row.items()
                                      for kind in [with_class.get((row["type"], k), (0, "", ""))]
                                      if kind[0] >= 2 and kind[1] in ("choice", "choices")
                                      for one in ([v] if isinstance(v, str) else v)})
        check("there are choices to look for", len(marks) > 60)
        own = {True: set(), False: set()}  # names of fields that are numbers, by whether they are somebody's
        for (_, field), (level, kind, _) in with_class.items():
            if kind in leaving.COUNTED:
                own[level >= 2].add(field)
        check("where numbers may stand is named like nobody's", not leaving.NUMBERS & own[True])
        at = leaving.NUMBERS | own[False] - own[True]
        places, found = 0, set()
        for name, body in files + seen:
            bad, n = leaving.misplaced(name, body, marks, at)
            places, found = places + n, found | bad
        check("no number or choice of a record stands alone: %s" % sorted(found)[:20], not found)
        check("there were fields to look at (%d)" % places, places > 20000)
        for name, body in leaving.PLANTED:
            check("a planted one is found: %s" % body, leaving.misplaced(name, body, marks, at)[0])

    def roads(self, left):
        texts = {s.encode() for s in self.secrets()}
        check("there is something to look for", len(texts) > 300)
        looks = shutil.which("pdftotext") is not None
        if not looks:
            print("SKIP: pdftotext (poppler-utils) is not here, what stands in the PDFs is not looked at")
        for folder in ("a", "c", "a9", "year", "late"):
            for name in os.listdir(self.path(folder)):
                with open(self.path(folder, name), "rb") as f:
                    left.append(f.read())
                if name.endswith((".xlsx", ".docx")):
                    left.append(subprocess.run(["unzip", "-p", self.path(folder, name)], capture_output=True,
                                               check=True).stdout)
                if name.endswith(".pdf") and looks:
                    left.append(subprocess.run(["pdftotext", self.path(folder, name), "-"], capture_output=True,
                                               check=True).stdout)
        left.append(self.hubs["735"].log().encode())
        for body in left:
            for text in texts:
                check("no personal text leaves: %s" % text.decode(), text not in body)
        self.days_and_numbers(left)
        hubs = self.hubs["735"]
        for answer in (hubs.tool("explain", "1", "D01", "--json"), hubs.tool("diff", "1", "--json")):
            check("explain and diff name records by id alone", not [n for n in self.names() if n in answer])
        print("%d texts looked for in %d bytes" % (len(texts), sum(map(len, left))))

    def run(self):
        program = os.path.join(ROOT, "tests/data/vinhcuu.py")
        subprocess.run([sys.executable, "-B", program, "--out", self.path("d"), "--until", "2023-06-30"], check=True)
        self.open_hub("735", "hub", [(u, "d/%s.ndjson" % u) for u in DISTRICTS["735"][1]])
        check("the district's targets are in", self.hubs["735"].ask("import", "d/district.ndjson")["created"] == 3)
        other = self.communes("617")
        self.open_hub("617", "hub2", [(u, "d/%s.ndjson" % f) for u, f in zip(other, ["26176", "26179"])])
        self.open_hub("75", "hub3", [])
        self.export("735", "RP04", "2023-6M", "a")
        self.export("617", "RP04", "2023-6M", "b")
        self.consolidate()
        proof = self.late()
        seen = self.viewer()
        self.fields(seen)
        self.roads(self.door() + proof)
        self.hidden_rates()
        for hub in self.hubs.values():
            hub.end()


def run(world, _):
    story = Province(world)
    try:
        story.run()
    finally:
        for hub in story.hubs.values():
            hub.end(expect=False)


if __name__ == "__main__":
    sys.exit(play(__doc__, run))
