#!/usr/bin/env python3
"""Count a report again, from the records themselves, and compare it with an issued or preliminary canonical JSON.

  recount.py --data DIR --json FILE... [--link ID,ID]... [--catalogue DIR] [--every]

DIR holds the NDJSON files of tests/data/vinhcuu.py or plans.py: <commune code>.ndjson, what the district gives out
in district.ndjson, and its edits of a commune's records in after1-<code>.ndjson and after2-<code>.ndjson. The
counting is plain loops over those records after the definitions of the indicators (T01: teams that exist and work at
the end of the window, ...; those of RP05 to RP18 stand in recount_plans.py). It shares nothing with the program: not
its SQL, not its store. The window, the communes that sent nothing and the lines come
from FILE; totals, breakdowns, numerators and denominators are counted here. Persons named by --link (two record ids)
are one. Of the catalogue it reads params.csv, units.csv and criteria.csv, and for Q01 (owed.py) reports.csv,
windows.csv and duties.csv.

Prints each difference and ends with 1 if there is any, else with 0. 2: it could not compare. --every: also 1 when an
indicator of the catalogue is in none of the files.
"""
import argparse
import csv
import glob
import json
import os
import sys

import owed
from recount_plans import PROPAGANDA, Programmes, band

CLIENT_PURPOSES = {"persuade_rehab", "support_rehab", "post_rehab"}


class People:
    """Which records are one person: linked ids have one root, the smallest."""

    def __init__(self, links):
        self.parent = {}
        for a, b in links:
            ra, rb = self.root(a), self.root(b)
            self.parent[max(ra, rb)] = min(ra, rb)

    def root(self, rid):
        while rid in self.parent:
            rid = self.parent[rid]
        return rid


class Data:
    """Records by type; each has its owner in _unit."""

    def __init__(self, folder, units, people):
        self.types, self.by_id, self.people = {}, {}, people
        for path in sorted(glob.glob(os.path.join(folder, "*.ndjson"))):
            unit = os.path.basename(path)[:-len(".ndjson")]
            if unit not in units:
                continue
            with open(path, encoding="utf-8") as f:
                for line in f:
                    row = json.loads(line)
                    row["_unit"] = unit
                    self.types.setdefault(row["type"], []).append(row)
                    self.by_id[row["id"]] = row
        for path in sorted(glob.glob(os.path.join(folder, "after[12]-*.ndjson"))):
            with open(path, encoding="utf-8") as f:
                for row in map(json.loads, f):
                    self.by_id.get(row["id"], {}).update(row)

    def of(self, name):
        return self.types.get(name, [])

    def said(self, rid, name):
        """What the root's record says of a person, if it is here and says so, else the person's own."""
        for candidate in (self.people.root(rid), rid):
            row = self.by_id.get(candidate)
            if row is not None and row.get(name):
                return row[name]
        return ""

    def sex(self, rid):
        return self.said(rid, "sex")


def rows_of(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


class Counter(Programmes):
    """The facts of each indicator: (unit, who counts once, num, den, {breakdown: value})."""

    def __init__(self, data, first, last, params, catalogue):
        self.d, self.t0, self.t1, self.params = data, first, last, params
        self.catalogue, self.below = catalogue, []
        self.units, self.criteria = rows_of(catalogue, "units.csv"), rows_of(catalogue, "criteria.csv")

    def within(self, day):
        return bool(day) and self.t0 <= day <= self.t1

    def overlaps(self, begin, end):
        return bool(begin) and begin <= self.t1 and (not end or end >= self.t0)

    def works(self, row, founded):
        """A team or point that exists and is active at the window's end."""
        if (founded or "") > self.t1:
            return False
        since = row.get("state_since") or ""
        return since <= self.t1 if row.get("state") == "active" else since > self.t1

    def teams(self):
        return [t for t in self.d.of("team") if t.get("kind") == "volunteer_team" and
                self.works(t, t.get("founded_on") or t.get("decision_on"))]

    def members(self):
        teams = {t["id"] for t in self.teams()}
        return [m for m in self.d.of("team_member") if m.get("team") in teams and m["joined_on"] <= self.t1 and
                (not m.get("left_on") or m["left_on"] > self.t1)]

    def who(self, rid):
        return self.d.people.root(rid)

    def listed(self, case):
        return case.get("in_list") == "1" or (case.get("listed_on") and case.get("dossier_closed_on"))

    def units_with_clients(self):
        units = set()
        for c in self.d.of("drug_case"):
            begin = c.get("listed_on") or c.get("dossier_opened_on") or ""
            closed = c.get("dossier_closed_on")
            if c.get("status") == "addict" and self.listed(c) and begin <= self.t1 and (not closed or closed > self.t0):
                units.add(c["_unit"])
        for e in self.d.of("rehab_episode"):
            if self.overlaps(e.get("start_on"), e.get("end_on")):
                units.add(e["_unit"])
        for a in self.d.of("assignment"):
            if a.get("purpose") in CLIENT_PURPOSES and self.overlaps(a.get("from_on"), a.get("to_on")):
                units.add(a["_unit"])
        return units

    def T01(self):
        for t in self.teams():
            yield t["_unit"], t["id"], 1, 0, {}

    def T02(self):
        for m in self.members():
            yield m["_unit"], self.who(m["person"]), 1, 0, {"role": m.get("role", ""), "sex": self.d.sex(m["person"]),
                                                             "organisation": m.get("organisation", "")}

    def volunteers(self, with_clients):
        units = self.units_with_clients()
        return [m for m in self.members() if m.get("role") in ("leader", "deputy", "member") and
                (m["_unit"] in units) == with_clients]

    def T03(self):
        busy = {a["member"] for a in self.d.of("assignment") if a.get("member") and
                a.get("purpose") in CLIENT_PURPOSES and self.overlaps(a.get("from_on"), a.get("to_on"))}
        for m in self.volunteers(True):
            yield m["_unit"], self.who(m["person"]), int(m["id"] in busy), 1, {}

    def T03X(self):
        for m in self.volunteers(False):
            yield m["_unit"], self.who(m["person"]), 1, 0, {}

    def T04(self):
        tasks = {a["id"]: a for a in self.d.of("assignment")}
        for a in tasks.values():
            if a.get("member") and self.overlaps(a.get("from_on"), a.get("to_on")):
                yield a["_unit"], self.who(a["client"]), 1, 0, {"purpose": a.get("purpose", ""),
                                                                "sex": self.d.sex(a["client"])}
        for c in self.d.of("contact_log"):
            task = tasks.get(c.get("assignment"))
            if self.within(c.get("on_date")) and (c.get("by_member") or task is None or task.get("member")):
                yield c["_unit"], self.who(c["client"]), 1, 0, {"purpose": (task or {}).get("purpose", ""),
                                                                "sex": self.d.sex(c["client"])}

    def age(self, rid):
        """In whole years on the window's last day, by the year alone where no day of birth is known; None: unknown."""
        born = self.d.said(rid, "dob").split("-")
        if not born[0]:
            return None
        years = int(self.t1[:4]) - int(born[0])
        return years - 1 if len(born) == 3 and self.t1[5:] < "-".join(born[1:]) else years

    def std(self, rid, group):
        """The standard breakdowns of the domain (4.0): sex, and age group of `group`."""
        return {"sex": self.d.sex(rid), "age_" + group: band(self.age(rid), group)}

    def T05(self):
        for e in self.d.of("rehab_episode"):
            if not self.within(e.get("start_on")):
                continue
            for a in self.d.of("assignment"):
                if (a.get("member") and a.get("purpose") in ("persuade_rehab", "support_rehab") and
                        self.who(a["client"]) == self.who(e["person"]) and a["from_on"] <= e["start_on"] and
                        (not a.get("to_on") or a["to_on"] >= self.t0 or a.get("result") == "entered_rehab")):
                    yield a["_unit"], self.who(e["person"]), 1, 0, dict(self.std(e["person"], "drugs"),
                                                                        rehab_kind=e.get("kind", ""))

    def T06(self):
        for a in self.d.of("assignment"):
            if a.get("member") and a.get("purpose") == "post_rehab" and self.overlaps(a.get("from_on"), a.get("to_on")):
                yield a["_unit"], self.who(a["client"]), 1, 0, self.std(a["client"], "drugs")

    def T10(self):
        used = {s["point"] for s in self.d.of("point_session") if self.within(s.get("on_date"))}
        for p in self.d.of("counselling_point"):
            if p["id"] in used and self.works(p, p.get("opened_on")):
                yield p["_unit"], p["id"], 1, 0, {}

    def T11(self):
        for s in self.d.of("point_session"):
            if self.within(s.get("on_date")) and s.get("clients"):
                yield s["_unit"], s["id"], int(s["clients"]), 0, {"session_kind": s.get("kind", "")}

    def T14(self):
        year = self.t1[:4]
        latest = min(self.t1, year + "-" + self.params["budget_cutoff"])
        for t in self.teams():
            done = any((b.get("team") == t["id"] or (not b.get("team") and b["_unit"] == t["_unit"])) and
                       b.get("year") == year and b.get("plan_no") and b.get("hdnd_approved_on") and
                       b["hdnd_approved_on"] <= latest for b in self.d.of("budget_estimate"))
            yield t["_unit"], t["id"], int(done), 1, {}

    def cases(self):
        for c in self.d.of("drug_case"):
            yield c, dict(self.std(c["person"], "drugs"), drug_status=c.get("status", ""),
                          close_reason=c.get("close_reason", ""))

    def D01(self):
        for c, by in self.cases():
            begin, closed = c.get("listed_on") or c.get("dossier_opened_on") or "", c.get("dossier_closed_on")
            if self.listed(c) and begin <= self.t1 and (not closed or closed > self.t1):
                yield c["_unit"], self.who(c["person"]), 1, 0, by

    def D01N(self):
        for c, by in self.cases():
            if self.listed(c) and self.within(c.get("listed_on") or c.get("dossier_opened_on")):
                yield c["_unit"], self.who(c["person"]), 1, 0, dict(by, list_reason=c.get("list_reason", ""))

    def D01C(self):
        for c, by in self.cases():
            if (c.get("in_list") == "1" or c.get("listed_on")) and self.within(c.get("dossier_closed_on")):
                yield c["_unit"], self.who(c["person"]), 1, 0, by

    def activities(self, amount):
        for a in self.d.of("activity"):
            if self.within(a.get("on_date")) and a.get("kind") in PROPAGANDA and amount(a) is not None:
                yield a["_unit"], a["id"], int(amount(a)), 0, {"activity_field": a.get("field", ""),
                                                               "activity_kind": a.get("kind", ""),
                                                               "channel": a.get("channel", "")}

    def A01(self):
        return self.activities(lambda a: 1)

    def A01L(self):
        return self.activities(lambda a: a.get("participants"))

    def A01P(self):
        return self.activities(lambda a: a.get("distinct_people"))

    def team_of(self, member):
        return self.d.by_id.get(member.get("team"), {})

    def T07(self):
        for m in self.d.of("team_member"):
            team, left = self.team_of(m), m.get("left_on") or "9999"
            if team.get("kind") != "volunteer_team":
                continue
            founded, since = team.get("founded_on") or team.get("decision_on") or "", team.get("state_since") or ""
            who, active = self.who(m["person"]), team.get("state") == "active"
            if self.within(m.get("left_on")) and m["joined_on"] < left:
                yield m["_unit"], ("left", who), 2, 0, {}
            if m["joined_on"] < self.t0 <= left and founded < self.t0 and (since < self.t0) == active:
                yield m["_unit"], ("start", who), 0, 1, {}
            if m["joined_on"] <= self.t1 < left and founded <= self.t1 and (since <= self.t1) == active:
                yield m["_unit"], ("end", who), 0, 1, {}

    def regulated(self, enough):
        for t in self.teams():
            good = t.get("regulation_no") and (t.get("regulation_on") or "") <= self.t1 and enough(t)
            yield t["_unit"], t["id"], 1 if good else 0, 1, {}

    def T08(self):
        return self.regulated(lambda t: True)

    def T08X(self):
        return self.regulated(lambda t: t.get("regulation_extra_duties") == "1")

    def T09(self):
        trained = set()
        for a in self.d.of("training_attendance"):
            if self.within(a.get("on_date")):
                trained.add(self.who(a.get("attendee") or ""))
                trained.add(self.who(self.d.by_id.get(a.get("member"), {}).get("person") or ""))
        for m in self.members():
            who = self.who(m["person"])
            yield m["_unit"], who, int(who in trained), 1, self.std(m["person"], "general")

    def T12(self):
        for p in self.d.of("counselling_point"):
            if self.works(p, p.get("opened_on")):
                yield p["_unit"], p["id"], int(p.get("team_staffed") == "1"), 1, {}

    def dated(self, name, field, by=None, among=None):
        """One for each record of a type whose day is in the window."""
        for r in self.d.of(name):
            if self.within(r.get(field)):
                yield r["_unit"], r["id"], 1, 0, {by: r.get(among, "")} if by else {}

    def T13(self):
        for a in self.d.of("activity"):
            if a.get("kind") == "briefing" and self.within(a.get("on_date")):
                yield a["_unit"], a["id"], 1, 0, {}

    def T15(self):
        for m in self.members():
            yield m["_unit"], self.who(m["person"]), int(self.within(m.get("uniform_issued_on"))), 1, {}

    def T16(self):
        return self.dated("reward", "on_date", "reward_kind", "kind")

    def T17(self):
        return self.dated("incident", "on_date", "incident_kind", "kind")

    def new_hotspots(self):
        return [h for h in self.d.of("hotspot") if self.within(h.get("since")) or
                (h.get("state") == "reappeared" and self.within(h.get("state_since")))]

    def T17H(self):
        for h in self.new_hotspots():
            yield h["_unit"], h["id"], 1, 0, {"hotspot_kind": h.get("kind", "")}

    def T17A(self):
        for r in [i for i in self.d.of("incident") if self.within(i.get("on_date"))] + self.new_hotspots():
            yield r["_unit"], r["id"], int((r.get("answered_on") or "9999") <= self.t1), 1, {}

    def ex_prisoners(self, own, kinds):
        given = {self.who(g["client"]) for g in self.d.of("support_grant")
                 if self.within(g.get("from_on")) and (kinds is None or g.get("kind") in kinds)}
        for x in self.d.of("ex_prisoner_case"):
            who = self.who(x["person"])
            if x["released_on"] <= self.t1 and (self.within(x.get(own)) or who in given):
                yield x["_unit"], who, 1, 0, self.std(x["person"], "general")

    def D10(self):
        return self.ex_prisoners("supported_on", None)

    def D10J(self):
        return self.ex_prisoners("job_on", {"job"})

    def A05(self):
        for a in self.d.of("activity"):
            if a.get("integrated_programme") and self.within(a.get("on_date")):
                yield a["_unit"], a["id"], 1, 0, {"programme": a["integrated_programme"],
                                                  "activity_field": a.get("field", "")}

    def F04(self):
        for b in self.d.of("budget_estimate"):
            for kind in ("activity", "allowance", "uniform", "propaganda", "training", "point", "support", "other"):
                if b.get("year") and int(b["year"]) == int(self.t1[:4]) and b.get("line_" + kind):
                    yield b["_unit"], (b["id"], kind), int(b["line_" + kind]), 0, {"budget_line": kind}

    def F04P(self):
        for y in self.d.of("allowance_payment"):
            if self.within(y.get("paid_on")):
                yield y["_unit"], y["id"], int(y["amount"]), 0, {"budget_line": "allowance"}
        for a in self.d.of("activity"):
            if self.within(a.get("on_date")) and a.get("cost") and self.team_of(a).get("kind") == "volunteer_team":
                kind = a.get("kind")
                line = "training" if kind == "training" else "propaganda" if kind in PROPAGANDA else "activity"
                yield a["_unit"], a["id"], int(a["cost"]), 0, {"budget_line": line}

    def Q01(self):
        """Every report that a commune owes with a due day in the window; none is in time: the records of a data set
        reach the hub behind all due days, and a day that a PC names proves nothing (SPEC 14.6)."""
        for unit, report, period, due in owed.due_between(self.t0, self.t1, self.below, self.catalogue):
            yield unit, (unit, report, period), 0, 1, {}

    def Q02(self):
        handed = {r["id"]: r for r in self.d.of("report") if self.within(r.get("submitted_on"))}
        for r in handed.values():
            yield r["_unit"], r["id"], 0, 1, {}
        for c in self.d.of("correction"):
            r = handed.get(c.get("report"))
            if r is not None and r["submitted_on"] <= c["on_date"] <= self.t1:
                yield r["_unit"], c["id"], 1, 0, {}


def figure(facts, measure):
    """(num, den) of some facts."""
    if measure == "ratio_sum":
        subjects = {}
        for _, who, num, den, _ in facts:
            n, d = subjects.get(who, (num, den))
            subjects[who] = max(n, num), max(d, den)
        return sum(n for n, _ in subjects.values()), sum(d for _, d in subjects.values())
    if measure == "sum":
        return sum(num for _, _, num, _, _ in facts), None
    num = len({who for _, who, n, _, _ in facts if n == 1})
    return num, len({who for _, who, _, d, _ in facts if d == 1}) if measure == "ratio" else None


def text(num, den):
    if den is None:
        return str(num)
    if den == 0:
        return None
    tenths = (abs(num) * 2000 + den) // (2 * den)
    return "%s%d.%d" % ("-" if num < 0 and tenths else "", tenths // 10, tenths % 10)


class Comparison:
    def __init__(self):
        self.cells = self.differences = 0

    def note(self, what, got, want):
        self.cells += 1
        if got != want:
            self.differences += 1
            print("%s: the report says %s, counted %s" % (what, got, want))


def compare_line(result, report, line, facts, silent):
    if line["by"]:
        expected = {f[4].get(line["by"], "") for f in facts}
        shown = {row["value"] for row in line["rows"] if not row["total"]}
        result.note("%s breakdown values" % line["indicator"], sorted(shown), sorted(expected))
    for row in line["rows"]:
        some = facts if row["total"] else [f for f in facts if f[4].get(line["by"], "") == row["value"]]
        for cell in row["cells"]:
            together = all(cell["unit"] != u["code"] for u in report["units"])
            here = some if together else [f for f in some if f[0] == cell["unit"]]
            what = "%s %s %s" % (line["indicator"], "total" if row["total"] else row["value"] or "(none)", cell["unit"])
            if cell["unit"] in silent and not here:
                result.note(what, (cell["state"], cell["num"]), ("nothing_sent", None))
                continue
            num, den = figure(here, line["measure"])
            result.note(what, (cell["num"], cell["den"], cell["value"]), (num, den, text(num, den)))


def recount(path, a):
    """Compare one report; its indicators, each with whether anything is behind it. None: it cannot be compared."""
    with open(path, encoding="utf-8") as f:
        report = json.load(f)
    if report.get("format") != "dongbo-figures/1":
        print("not a report of format dongbo-figures/1")
        return None
    params = {r["name"]: r["value"] for r in rows_of(a.catalogue, "params.csv")
              if r["valid_from"] <= report["last"] <= (r["valid_to"] or "9999-12-31")}
    silent = set(report["nothing_sent"])
    known = {u["code"] for u in report["units"]}
    data = Data(a.data, (known - silent) | {"district"}, People([tuple(x.lower().split(",")) for x in a.link]))
    counter = Counter(data, report["first"], report["last"], params, a.catalogue)
    counter.below = [u for u in counter.units if u["code"] in known]
    result, facts = Comparison(), {}
    for line in report["lines"]:
        count = getattr(counter, line["indicator"], None)
        if count is None:
            print("%s: this script does not know how to count it" % line["indicator"])
            return None
        facts[line["indicator"]] = list(count())
        compare_line(result, report, line, facts[line["indicator"]], silent)
    print("%s %s: %d cells compared, %d differences" %
          (report["report"], report["period"], result.cells, result.differences))
    return result, {name: bool(some) for name, some in facts.items()}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    p = argparse.ArgumentParser()
    p.add_argument("--data", required=True)
    p.add_argument("--json", required=True, nargs="+")
    p.add_argument("--link", action="append", default=[])
    p.add_argument("--catalogue", default=os.path.join(here, "../catalogue"))
    p.add_argument("--every", action="store_true")
    a = p.parse_args()
    wrong, seen = False, {}
    for path in a.json:
        got = recount(path, a)
        if got is None:
            return 2
        wrong = wrong or got[0].differences > 0 or got[0].cells == 0
        seen.update({name: some or seen.get(name, False) for name, some in got[1].items()})
    missing = {r["id"] for r in rows_of(a.catalogue, "indicators.csv")} - set(seen) if a.every else set()
    if missing:
        print("not compared: " + " ".join(sorted(missing)))
    elif a.every:
        print("all %d indicators compared; with records behind them: %s" %
              (len(seen), " ".join(sorted(name for name in seen if seen[name]))))
    return 1 if wrong or missing else 0


sys.exit(main())
