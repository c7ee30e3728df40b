#!/usr/bin/env python3
"""Every indicator and every report over many records: hub against the sqlite3 shell with the same SQL.

  indicators.py BUILD_DIR [--records 1000000] [--dir DIR] [--report RP07]

Twelve communes of one district enter invented records of every kind (tests/data/office.py), sync them to a hub, and
indicators_bench times each indicator and the whole reports in the hub's own code. The same SQL then runs in the
sqlite3 shell over the same database. Prints Markdown. --dir: where the data stand; a folder that has them already is
used again. --report: instead, that year's report as an issue, on a copy: its figures against the same SQL in the
shell, each format, explaining a cell, closing and checking it (issue_bench).
"""
import argparse
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path[:0] = [os.path.join(ROOT, "tests/data"), os.path.join(ROOT, "tests/e2e")]
import plans  # noqa: E402
import vinhcuu  # noqa: E402
from world import World, wait_for  # noqa: E402

EACH = 83000  # records of a commune at the full size
FIRST, LAST = "2020-01-01", "2020-12-31"


class Everything(plans.VinhCuu2020):
    """A commune of every kind of record; n() scales to the wanted number."""

    agencies = []

    def n(self, full):
        return max(1, full * self.scale // 1000)

    def enter(self, o):
        o.make_team()
        o.post_rehab_group(5)
        o.child_protection(True)
        o.hamlets(20, 5)
        o.drug_cases(self.n(4500))
        o.make_help()
        o.team_year()
        o.court_orders(90)
        o.rehab(30)
        o.returnees(self.n(600), 50)
        o.post_rehab_ends(self.n(600))
        o.points(1)
        o.sessions(["prostitution", "drugs", "hiv", "children", "gbv"] * self.n(150), range(1, 13), o.hamlet_ids)
        o.products(self.n(3000))
        o.sex_work(True)
        o.hotspots(self.n(500))
        o.incidents(self.n(1500))
        o.businesses(self.n(3000))
        o.lists(3)
        o.women_helped(self.n(1500))
        o.trafficking(self.n(500), 85, 80)
        o.violence(self.n(500))
        o.child_cases(self.n(7000))
        o.child_notices(self.n(1500))
        o.foster(5)
        o.child_survey(20000, True)
        o.beneficiaries(self.n(8000))
        o.service_counts(self.n(4000))
        o.referrals(self.n(1500))
        o.hotline("18001234", self.n(3000), 120)
        o.facility("Trạm y tế", "health_station", "health", True, True)
        o.staff(self.n(500), 10, "health", 30)
        o.scores("neither")
        for i in range(4):
            o.handed_in("RP02", "2020-Q%d" % (i + 1), "2020-%02d-05" % (3 * i + 3))


def make(world, records):
    """The hub with all records; their number."""
    plan = Everything(os.path.join(ROOT, "catalogue"), 1, max(1, records // 12 * 1000 // EACH))
    world.hub.init("735", "Huyện Vĩnh Cửu", os.path.join(ROOT, "catalogue"))
    world.hub.run()
    os.makedirs(os.path.join(world.dir, "d"), exist_ok=True)

    def commune(code):
        plan.enter(plan.office[code])
        vinhcuu.write(os.path.join(world.dir, "d", code + ".ndjson"), plan.office[code].rows, "", "9")
        count = len(plan.office[code].rows)
        plan.office[code].rows = []
        node = world.node(code)
        node.tool("init", "--name", code)
        node.tool("join", world.hub.ask("invite", "--unit", code)["invitation"])
        node.run()
        node.tool("sync")
        node.enter("d/%s.ndjson" % code)
        wait_for(code, lambda: node.tool("sync", ok=range(256)) and node.status()["log"]["waiting"] == 0, 1200)
        node.end()
        return count

    with ThreadPoolExecutor(2) as pool:
        total = sum(pool.map(commune, list(plan.office)))
    world.hub.end()
    return total


def shell(database, sql, params):
    """Processor seconds of the sqlite3 shell, reading every row: the best of three."""
    bound = sql
    for name in sorted(params, key=len, reverse=True):
        bound = re.sub(r":%s\b" % name, "'%s'" % params[name], bound)
    script = ".timer on\nSELECT count(*), sum(length(unit)), sum(length(subject)), sum(length(record)), sum(num) " \
             "FROM (%s);\n" % bound
    times = []
    for _ in range(3):
        out = subprocess.run(["sqlite3", "-readonly", database], input=script, capture_output=True, text=True,
                             check=True).stdout
        used = re.search(r"user ([0-9.]+) sys ([0-9.]+)", out)
        times.append(float(used.group(1)) + float(used.group(2)))
    return min(times)


def params():
    with open(os.path.join(ROOT, "catalogue/params.csv"), encoding="utf-8-sig", newline="") as f:
        return dict({r["name"] and "p_" + r["name"]: r["value"] for r in csv.DictReader(f)}, t0=FIRST, t1=LAST)


def issue(build, folder, report):
    """One report from its SQL to its files."""
    with open(os.path.join(ROOT, "catalogue/report_lines.csv"), encoding="utf-8-sig", newline="") as f:
        wanted = sorted({r["indicator"] for r in csv.DictReader(f) if r["report"] == report})
    theirs = 0.0
    for name in wanted:
        with open(os.path.join(ROOT, "catalogue/indicators", name + ".sql"), encoding="utf-8") as f:
            theirs += shell(os.path.join(folder, "hub/hub.db"), f.read(), params())
    copy = tempfile.mkdtemp(prefix="dongbo-issue-", dir=build)
    try:
        hub = os.path.join(copy, "hub")
        shutil.copytree(os.path.join(folder, "hub"), hub, ignore=shutil.ignore_patterns("*.sock"))
        got = subprocess.run([os.path.join(build, "tests/bench/issue_bench"), hub, report, FIRST[:4], wanted[0]],
                             check=True, capture_output=True, text=True).stdout
    finally:
        shutil.rmtree(copy)
    print("%s of %s, %d indicators\n" % (report, FIRST[:4], len(wanted)))
    print("| what | processor, s | times the shell | bytes | most memory, MB |\n|---|---|---|---|---|")
    print("| the same SQL in the sqlite3 shell | %.2f | 1 | | |" % theirs)
    for line in got.splitlines():
        what, seconds, size, memory, said = line.split(" ")
        print("| %s%s | %.3f | %.2f | %s | %s |" % (what, "" if said == "OK" else " (%s)" % said, float(seconds),
                                                 float(seconds) / theirs, size, memory))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("build")
    p.add_argument("--records", type=int, default=1000000)
    p.add_argument("--dir")
    p.add_argument("--report")
    a = p.parse_args()
    folder = a.dir or tempfile.mkdtemp(prefix="dongbo-indicators-", dir=a.build)
    database = os.path.join(folder, "hub/hub.db")
    if not os.path.exists(os.path.join(folder, "made")):
        began = time.monotonic()
        with World(a.build, folder) as world:
            total = make(world, a.records)
        with open(os.path.join(folder, "made"), "w", encoding="ascii") as f:
            f.write("%d" % total)
        print("%d records made in %.0f s" % (total, time.monotonic() - began), file=sys.stderr)
    with open(os.path.join(folder, "made"), encoding="ascii") as f:
        print("records: %s, database: %.0f MB\n" % (f.read(), os.path.getsize(database) / 1e6))
    if a.report:
        issue(a.build, folder, a.report)
        return 0
    got = subprocess.run([os.path.join(a.build, "tests/bench/indicators_bench"), database, "2020"], check=True,
                         capture_output=True, text=True).stdout
    rows, reports = [], []
    for line in got.splitlines():
        kind, name, seconds, more = line.split(" ")
        (rows if kind == "indicator" else reports).append((name, float(seconds), int(more)))
    ours = theirs = 0.0
    print("| indicator | rows | hub, ms | sqlite3, ms |\n|---|---|---|---|")
    for name, seconds, count in rows:
        with open(os.path.join(ROOT, "catalogue/indicators", name + ".sql"), encoding="utf-8") as f:
            other = shell(database, f.read(), params())
        ours, theirs = ours + seconds, theirs + other
        print("| %s | %d | %.0f | %.0f |" % (name, count, seconds * 1000, other * 1000))
    print("| all | | %.0f | %.0f |" % (ours * 1000, theirs * 1000))
    print("\n| report | s | memory, MB |\n|---|---|---|")
    for name, seconds, memory in reports:
        print("| %s | %.2f | %d |" % (name, seconds, memory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
