#!/usr/bin/env python3
"""The five plans with the real programs: every unit enters, syncs; the plan's reports are closed and recounted.

  plans.py BUILD_DIR [--plan PLAN]... [--scale 4] [--units N] [--all] [--keep DIR] [--optimised]

For each plan a hub with the plan's targets, money and criteria, and a node for every unit below it: communes, and the
departments, schools and facilities that report too. Each report of the plan is made for its periods, counted again
by tests/recount.py, which shares nothing with the program, and so is every other indicator over the plan's year; the
last is closed, exported and verified. --all also recounts the periods before and after. --units: only the first N
communes enter something (and the other bodies); the others sent nothing. --optimised: with the programs of ../release
if they are not older. --keep: leave the data there and write DIR/PLAN.md, a page of docs/plans.
"""
import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from plan_page import page
from world import ROOT, Failed, Story, World, check, on_signals

# hub's name; reports and periods that are made; the last of them is closed
PLANS = {
    "vinhcuu2020": ("735", "Huyện Vĩnh Cửu", [("RP17", "2020-6M"), ("RP17", "2020"), ("RP04", "2020"),
                                             ("RP12", "2020")]),
    "tumorong2018": ("617", "Huyện Tu Mơ Rông", [("RP05", "2018-6M"), ("RP07", "2018-Q3"), ("RP06", "2018"),
                                                ("RP07", "2018")]),
    "caolanh2017": ("866", "Thành phố Cao Lãnh", [("RP08", "2017-Q1"), ("RP09", "2017-6M"), ("RP10", "2017"),
                                                  ("RP14", "2017"), ("RP15", "2017"),
                                                  ("RP18", "2017-01-01_2017-05-20"), ("RP11", "2017")]),
    "vinhcuu2023": ("735", "Huyện Vĩnh Cửu", [("RP01", "2023-05"), ("RP02", "2023-Q2"), ("RP04", "2023-6M"),
                                             ("RP04", "2023-9M"), ("RP16", "2023"), ("RP03", "2023"),
                                             ("RP04", "2023")]),
    "brvt2024": ("77", "Tỉnh Bà Rịa - Vũng Tàu", [("RP13", "2024-Q2"), ("RP13", "2024-6M"), ("RP13", "2024")]),
}

# Of a year, these reports have all indicators, the last two their breakdowns: every one is counted again in every
# district.
BREAKDOWNS = "KT01"
EVERY = ["RP04", "RP07", "RP11", "RP12", "RP13", "PL01", BREAKDOWNS]


class Plan(Story):
    def __init__(self, world, plan, scale, count):
        super().__init__(world)
        self.plan, self.scale, self.count = plan, scale, count
        self.unit, self.name, self.reports = PLANS[plan]
        self.links = []

    def catalogue(self):
        """The shipped one, with the rows of the bodies that report beside the communes, and a form of this test's
        own that has each breakdown of each indicator: the plans' forms print some, PL01 those by sex and age."""
        shutil.copytree(os.path.join(ROOT, "catalogue"), self.path("catalogue"))
        with open(self.path("d", "units.csv"), encoding="utf-8") as more:
            self.more("units", more.read())
        with open(self.path("catalogue", "indicators.csv"), encoding="utf-8") as f:
            pairs = [(r["id"], by) for r in csv.DictReader(f) for by in r["by"].split("|") if by]
        self.more("reports", "%s,Mọi cách chia,All breakdowns,district,year,test\n" % BREAKDOWNS)
        self.more("windows", "%s,1,,,1900-01-01,\n" % BREAKDOWNS)
        self.more("report_lines", "".join("%s,%d,%s,%s,,\n" % (BREAKDOWNS, i + 1, *pair)
                                          for i, pair in enumerate(pairs)))

    def more(self, name, rows):
        with open(self.path("catalogue", name + ".csv"), "a", encoding="utf-8") as f:
            f.write(rows)

    def begin(self):
        program = os.path.join(ROOT, "tests/data/plans.py")
        subprocess.run([sys.executable, "-B", program, "--plan", self.plan, "--out", self.path("d"), "--scale",
                        str(self.scale)], check=True)
        self.catalogue()
        self.hub.init(self.unit, self.name, "catalogue")
        self.hub.run()
        got = self.hub.ask("import", "d/district.ndjson")
        check("what the district gives out is in", got["created"] and not got["bad"])
        self.units = [name[:-7] for name in sorted(os.listdir(self.path("d")))
                      if name.endswith(".ndjson") and not name.startswith(("district", "after"))]

    def enter(self, unit):
        node = self.w.node(unit)
        node.join()
        node.run()
        node.sync()  # what the district gave out is referred to
        got = node.enter("d/%s.ndjson" % unit)
        check("no row of %s is refused: %s" % (unit, got), got["bad_rows"] == 0)
        node.sync()
        node.end()
        return got["created"]

    def entering(self):
        """Those that enter something; the files of the others go, as they enter nothing."""
        communes = [u for u in self.units if u.isdigit()]
        chosen = set(communes[:self.count]) | (set(self.units) - set(communes))
        for name in os.listdir(self.path("d")):
            if name.rsplit("-", 1)[-1][:-7] in communes[self.count:]:
                os.remove(self.path("d", name))
        return sorted(chosen)

    def decide(self):
        """The hub appraises and publishes scores, approves and returns settlements, in the communes' own records."""
        for name in sorted(n for n in os.listdir(self.path("d")) if n.startswith("after")):
            got = self.hub.ask("import", "d/" + name)
            check("the hub's decisions are in: %s" % got, got["edited"] and not got["bad"])

    def link(self):
        """One person of two communes: named by both national ids, decided here."""
        found = self.hub.ask("conflicts", ok=(0, 14))
        for pair in found["pairs"]:
            if pair.get("certain") or pair["person_a"].get("national_id") == pair["person_b"].get("national_id"):
                self.hub.tool("resolve", pair["id"], "--same", "--reason", "Cùng số định danh")
                self.links.append((pair["a"], pair["b"]))

    def recount(self, reports, *options):
        """Each of these reports as it would be now, counted again from the records."""
        names = []
        for report, period in reports:
            own = "" if (report, period) in self.reports else "every_"
            names.append("%s%s_%s.json" % (own, report, period))
            with open(self.path(names[-1]), "w", encoding="utf-8") as f:
                f.write(self.hub.tool("report", "--report", report, "--period", period, "--json"))
        links = [x for pair in self.links for x in ("--link", ",".join(pair))]
        p = subprocess.run([sys.executable, "-B", os.path.join(ROOT, "tests/recount.py"), "--data", "d", "--json",
                            *names, "--catalogue", "catalogue", *links, *options], cwd=self.w.dir, capture_output=True,
                           check=False)
        check("the recount agrees\n" + (p.stdout + p.stderr).decode()[-3000:], p.returncode == 0)
        *lines, every = p.stdout.decode().strip().split("\n")
        print("  " + "\n  ".join(lines))
        return set(every.split(": ")[1].split())

    def close(self):
        report, period = self.reports[-1]
        issue = self.hub.ask("close", "--report", report, "--period", period)
        self.hub.tool("export", "--issue", str(issue["id"]), "--out", "xuat")
        check("the issue can be rebuilt from the log", self.hub.ask("verify", "--issue", str(issue["id"]))["ok"])
        names = os.listdir(self.path("xuat"))
        for ending in (".json", ".csv", ".xlsx", ".adx.xml", ".pdf", ".docx", ".manifest.json"):
            check("exported: " + ending, any(n.endswith(ending) for n in names))

    def duties(self):
        """Every unit below the hub owes the plan's reports, the bodies beside the communes too."""
        report, period = next((r, p) for r, p in self.reports if r in ("RP12", "RP05", "RP10", "RP13", "RP03"))
        rows = self.hub.ask("reports", "--report", report, "--period", period)["rows"]
        check("every unit owes %s" % report, sorted(r["unit"] for r in rows) == sorted(self.units))

    def run(self, everything):
        self.begin()
        with ThreadPoolExecutor(2) as pool:
            created = sum(pool.map(self.enter, self.entering()))
        self.decide()
        self.link()
        self.duties()
        reports = list(self.reports)
        if everything:
            with open(os.path.join(ROOT, "catalogue/reports.csv"), encoding="utf-8") as f:
                year = self.reports[-1][1][:4]
                ends = {"month": ["-05", "-12"], "quarter": ["-Q1", "-Q2", "-Q3", "-Q4"], "half": ["-6M", "-12M"],
                        "nine": ["-9M"], "year": [""]}
                reports += [(r["id"], y + e) for r in csv.DictReader(f) for k in r["periods"].split("|")
                            for e in ends.get(k, []) for y in (year, str(int(year) + 1)) if e != "-12M"]
        year = self.reports[-1][1]
        counted = self.recount(reports + [(r, year) for r in EVERY if (r, year) not in reports], "--every")
        self.close()
        check("the log verifies", self.hub.ask("verify")["ok"])
        print("%s: %d units, %d records; every indicator agrees, %d with records behind them" %
              (self.plan, len(self.w.nodes), created, len(counted)))
        return counted


def optimised(build):
    """The optimised programs beside a build with sanitizers, if they are not older: four districts are much to do."""
    own, other = (os.path.join(os.path.abspath(x), "dongbo-hub") for x in (build, os.path.join(build, "../release")))
    newer = os.path.exists(other) and os.path.getmtime(other) >= os.path.getmtime(own)
    return os.path.dirname(other) if newer else build


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build")
    p.add_argument("--plan", action="append", choices=sorted(PLANS))
    p.add_argument("--scale", type=int, default=4)
    p.add_argument("--units", type=int, default=99)
    p.add_argument("--all", action="store_true")
    p.add_argument("--keep")
    p.add_argument("--optimised", action="store_true")
    a = p.parse_args()
    on_signals()
    build = optimised(a.build) if a.optimised else a.build
    folder = a.keep or tempfile.mkdtemp(prefix="dongbo-plans-")
    counted = set()
    try:
        for plan in a.plan or sorted(PLANS):
            with World(build, os.path.join(folder, plan)) as world:
                story = Plan(world, plan, a.scale, a.units)
                counted |= story.run(a.all)
                if a.keep:
                    with open(os.path.join(folder, plan + ".md"), "w", encoding="utf-8") as f:
                        f.write(page(plan, world.dir))
        with open(os.path.join(ROOT, "catalogue/indicators.csv"), encoding="utf-8-sig") as f:
            never = {r["id"] for r in csv.DictReader(f)} - counted
        check("no indicator is nothing everywhere: " + " ".join(sorted(never)), a.plan or not never)
    except Failed as e:
        print("FAILED:", e, file=sys.stderr)
        return 1
    finally:
        if not a.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
