#!/usr/bin/env python3
"""Where figures come from, with the real programs: explain, diff, proof, verify.

  explain.py BUILD_DIR

A hub and two communes. Every cell of a closed report is explained, and each record and change set named is looked up in
the communes' own databases; late data are explained by diff; a commune checks its proof against its own log, and a
proof with one bit changed, of another unit or of another hub is refused.
"""
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from hashlib import blake2b

from world import ROOT, Story, check, play

UNITS = ["26170", "26173"]


class Explained(Story):
    def begin(self):
        program = os.path.join(ROOT, "tests/data/vinhcuu.py")
        subprocess.run([sys.executable, "-B", program, "--out", self.path("d"), "--until", "2023-06-30"], check=True)
        self.hub.init("735", "Huyện Vĩnh Cửu", self.other_rules())
        self.hub.run()
        self.hub.ask("import", "d/district.ndjson")
        for unit in UNITS:
            node = self.w.node(unit)
            node.join()
            node.run()
            node.sync()
            check("all rows are in", node.ask("import", "d/%s.ndjson" % unit)["bad_rows"] == 0)
            node.sync()

    def other_rules(self):
        """The shipped catalogue; but months of RP01 end on the 14th from June on, and on the 9th in one commune;
        those of the district's RP02 on the 19th."""
        folder = shutil.copytree(os.path.join(ROOT, "catalogue"), self.path("rules"))
        name = os.path.join(folder, "windows.csv")
        with open(name, encoding="utf-8") as f:
            head, *rows = f.read().splitlines()
        rows = [row + "," for row in rows if not row.startswith("RP01,")]
        rows += ["RP01,1,end+2d,x,1900-01-01,2023-05-31,", "RP01,15,end+2d,x,2023-06-01,,",
                 "RP01,10,end+2d,x,2023-06-01,," + UNITS[0], "RP02,20,,x,1900-01-01,,735"]
        with open(name, "w", encoding="utf-8") as f:
            f.write("\n".join([head + ",unit"] + rows) + "\n")
        return folder

    def own_sets(self, unit):
        """Hashes of a commune's sets and record ids of its ops, out of its own database."""
        node = self.w.nodes[unit]
        node.end()
        db = sqlite3.connect(self.path("xa" + unit, "node.db"))
        with db:
            sets = {blake2b(h, digest_size=32).hexdigest() for (h,) in db.execute("SELECT head FROM sys_log")}
            rids = {r.hex() for (r,) in db.execute("SELECT DISTINCT rid FROM sys_op WHERE rid IS NOT NULL")}
        db.close()
        node.run()
        return sets, rids

    # --- what is claimed ---

    def every_cell(self, issue):
        """The cells of the issued JSON: each is explained by as many records as it counts."""
        with open(self.path("out", "BC_RP04_2023-6M_735_1.json"), encoding="utf-8") as f:
            report = json.load(f)
        own = {unit: self.own_sets(unit) for unit in UNITS}
        cells = records = 0
        for line in report["lines"]:
            for row in line["rows"]:
                for cell in row["cells"]:
                    if cell["unit"] not in UNITS + ["735"]:
                        continue
                    name = str(line["no"]) + ("" if row["total"] else ":" + row["value"]) + "@" + cell["unit"]
                    got = self.hub.ask("explain", str(issue), name)
                    check("%s has the issued figure" % name, got["cell"]["num"] == cell["num"] and
                          got["cell"]["den"] == cell["den"] and got["cell"]["state"] == cell["state"])
                    check("%s has its rule" % name, got["rule"]["indicator"] == line["indicator"] and
                          "SELECT" in got["rule"]["sql"])
                    adds = ["num", "den"] if "ratio" in line["measure"] else ["num"]
                    for part in adds if got["records"] and not got["more"] else ():
                        check("%s: its records add up to it" % name, got["parts"] and cell[part] ==
                              sum(r[part] for r in got["records"]) + (got["rest_den"] if part == "den" else 0))
                    if line["measure"] == "ratio":
                        check("%s: who lacks stands first" % name, sorted(
                            got["records"], key=lambda r: r["den"] == 0 or r["met"]) == got["records"])
                    if line["measure"] == "count":
                        check("%s: as many records as subjects" % name,
                              got["cell"]["record_count"] >= (cell["num"] or 0))
                    for r in got["records"]:
                        mine = [u for u in UNITS if r["id"] in own[u][1]]
                        check("%s: the record is known to a commune" % name, mine)
                        check("%s: unchanged" % name, r["since"] == "same")
                        for s in r["sets"]:
                            check("%s: the set is in its commune's log" % name,
                                  s["in_log"] and s["hash"] in own[s["unit"]][0])
                        records += 1
                    cells += 1
        check("enough was looked at", cells > 100 and records > 500)
        return "%d cells, %d records" % (cells, records)

    def preliminary(self):
        got = self.hub.ask("explain", "D01@26170", "--report", "RP04", "--period", "2023-6M")
        check("a preliminary figure is explained", got["of"]["preliminary"] and got["records"])
        check("what a record adds is printed", "  adds 1\n" in self.hub.tool("explain", "1", "D01", "--lang", "en"))
        check("in Vietnamese too", "  cộng thêm 1\n" in self.hub.tool("explain", "1", "D01"))
        self.hub.tool("explain", "1", "ZZ9", ok=(1,))
        self.hub.tool("explain", "1", "T02:female", ok=(0, 1))

    def windows(self):
        """The first month of another rule begins where the one before ended: so its report, and what explains it."""
        month, node = ["--report", "RP01", "--period", "2023-06"], self.w.nodes[UNITS[0]]
        issues = []
        for unit, last in ((None, "2023-06-14"), (UNITS[0], "2023-06-09")):
            where = ["--unit", unit] if unit else []
            shown = self.hub.ask("report", *month, *where)
            check("the days of the report", [shown["first"], shown["last"]] == ["2023-06-01", last])
            issue = self.hub.ask("close", *month, *where)["id"]
            rule = self.hub.ask("explain", str(issue), "T01@" + UNITS[0])["rule"]
            check("are those of what explains it", [rule["t0"], rule["t1"]] == [shown["first"], shown["last"]])
            issues.append(issue)
        for where in ([], ["--unit", "735"]):
            shown = self.hub.ask("report", "--report", "RP02", "--period", "2023-Q2", *where)
            check("the district by its code is the district", shown["last"] == "2023-06-19")
        node.ask("put", "--type", "team", "--person", "Lan", "name=Đội thêm", "kind=volunteer_team",
                 "founded_on=2023-05-01", "state=active")
        node.sync()
        for issue in issues:
            late = self.hub.ask("diff", str(issue))
            check("what came late changed no days", late["differing"] > 0 and not late["window_differs"] and
                  not [c for c in late["cells"] if "window" in c["causes"]])

    def late(self, issue):
        same = self.hub.ask("diff", str(issue))
        check("nothing differs before anything came", same["differing"] == 0 and same["same"] > 100)
        node = self.w.nodes["26170"]
        case = self.hub.ask("explain", str(issue), "D01@26170")["records"][0]["id"]
        node.tool("put", "--id", case, "dossier_closed_on=2023-06-20", "close_reason=died")
        node.sync()
        d = self.hub.ask("diff", str(issue))

        def total(indicator):
            return [c for c in d["cells"] if c["b"]["indicator"] == indicator and c["b"]["unit"] == "26170" and
                    c["b"]["total"]]
        cell = total("D01")
        check("D01 of the commune is one less", cell and cell[0]["delta"] == -1)
        check("its cause is the record", cell[0]["causes"] == ["removed"] and
              cell[0]["removed"]["records"][0]["id"] == case and
              len(cell[0]["removed"]["records"][0]["sets"]) == 1)
        added = total("D01C")[0]["added"]["records"][0]
        check("and the set that did it is named", added["id"] == case and len(added["sets"]) == 1 and
              added["sets"][0]["hash"] in self.own_sets("26170")[0])
        check("other communes are as they were",
              all(c["b"]["unit"] in ("26170", "735") or c["causes"] == ["new_cell"] for c in d["cells"]))
        e = self.hub.ask("explain", str(issue), "D01@26170")
        check("the issue shows it as changed since",
              [r["since"] for r in e["records"] if r["id"] == case] == ["changed"])
        check("and still verifies", self.hub.ask("verify", "--issue", str(issue))["ok"])
        second = self.hub.ask("close", "--report", "RP04", "--period", "2023-9M")
        two = self.hub.ask("diff", str(issue), str(second["id"]))
        check("two periods differ by their window", two["window_differs"] and
              all("window" in c["causes"] for c in two["cells"]))
        self.hub.tool("diff", str(issue), "--lang", "en")

    def proofs(self, issue):
        node, other = (self.w.nodes[u] for u in UNITS)
        for u in UNITS:
            self.hub.tool("proof", "--issue", str(issue), "--unit", u, "--out", u + ".proof")
            got = self.w.nodes[u].ask("verify-proof", u + ".proof")
            check("the proof is good", got["ok"] and got["unit"] == u and got["records"] > 30 and
                  got["own"] == got["records"] and got["newer"] == 0)
            check("it shows the commune's figures", len(got["figures"]) > 10)
            words = self.w.nodes[u].tool("verify-proof", u + ".proof")
            rates = [f["value"] for f in got["figures"] if f["value"] and "." in f["value"]]
            check("rates have a comma: %s" % rates, rates and all(
                ": " + v.replace(".", ",") in words and ": " + v not in words for v in rates))
        got = other.ask("verify-proof", UNITS[0] + ".proof")
        check("another commune sees that the records are not its own", got["own"] == 0)
        self.hub.tool("proof", "--issue", str(issue), "--unit", "99999", "--out", "x.proof", ok=(1,))
        with open(self.path(UNITS[0] + ".proof"), "rb") as f:
            whole = f.read()
        seed = random.randrange(1 << 32)
        print("seed of the changed bits:", seed)
        r = random.Random(seed)
        for _ in range(40):
            bad = bytearray(whole)
            bad[r.randrange(len(bad))] ^= 1 << r.randrange(8)
            with open(self.path("bad.proof"), "wb") as f:
                f.write(bad)
            node.tool("verify-proof", "bad.proof", ok=range(1, 256))
        with open(self.path("bad.proof"), "wb") as f:
            f.write(whole[:-1])
        node.tool("verify-proof", "bad.proof", ok=range(1, 256))
        node.tool("verify-proof", "khong-co.proof", ok=range(1, 256))
        check("a file that is not there is named: " + node.said, "khong-co.proof" in node.said)

    def withheld(self, issue):
        """A change that had its receipt before the cut and is not in the proof: the commune sees it. (Here the receipt
        of a later change is moved to before the cut.)"""
        node = self.w.nodes["26170"]
        case = self.hub.ask("explain", str(issue), "D01@26170")["records"][1]["id"]
        node.tool("put", "--id", case, "dossier_no=99/HS")
        node.sync()
        got = node.ask("verify-proof", "26170.proof")
        check("a change after the cut is no reason to ask", got["ok"] and got["newer"] == 0)
        node.end()
        db = sqlite3.connect(self.path("xa26170", "node.db"))
        with db:
            db.execute("UPDATE sys_receipt SET last = 1")
        db.close()
        node.run()
        got = node.ask("verify-proof", "26170.proof", ok=(13,))
        check("the record is named", not got["ok"] and case in [a["id"] for a in got["ask"]])

    def heals(self):
        """Rot at the commune (no seal follows another program's write): found, and gone after a sync."""
        node = self.w.nodes["26173"]
        before = self.own_sets("26173")
        node.end()
        db = sqlite3.connect(self.path("xa26173", "node.db"))
        with db:
            db.execute("UPDATE sys_log SET body = CAST(body || x'01' AS BLOB) WHERE seq = 2")
            db.execute("UPDATE sys_record SET state = CAST(state || x'01' AS BLOB) WHERE rowid = 3")
            record = db.execute("SELECT lower(hex(rid)) FROM sys_record WHERE rowid = 3").fetchone()[0]
            db.execute("UPDATE sys_shown SET conflicts = conflicts + 1")
        db.close()
        node.run()
        said = node.tool("verify", ok=(13,))
        check("it is found", not node.ask("verify", ok=(13,))["ok"])
        check("table and record are named:\n" + said,
              ": %s\n" % record in said and ": sys_shown\n" in said and "0" * 16 not in said)
        node.sync()
        check("the hub had it", node.ask("verify")["ok"])
        check("a person is told to look at the disk", len(node.ask("alarms")["alarms"]) == 1)
        check("the sets are the same", self.own_sets("26173") == before)

    def run(self):
        self.begin()
        issue = self.hub.ask("close", "--report", "RP04", "--period", "2023-6M")["id"]
        self.hub.tool("export", "--issue", str(issue), "--out", "out")
        v = self.hub.ask("verify", "--issue", str(issue))
        check("the issue verifies, its list too", v["ok"] and v["inputs"])
        print(self.every_cell(issue))
        self.preliminary()
        self.proofs(issue)
        self.late(issue)
        self.proofs(issue)
        self.withheld(issue)
        self.heals()
        self.windows()


if __name__ == "__main__":
    sys.exit(play(__doc__, lambda world, _: Explained(world).run()))
