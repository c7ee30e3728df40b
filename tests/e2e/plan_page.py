#!/usr/bin/env python3
"""A plan's page of docs/plans: its duties with record, indicator, report and due day, and its targets beside figures.

  plan_page.py PLAN FOLDER     FOLDER: what tests/e2e/plans.py --keep left of the plan

The duties and what carries them are those of docs/coverage.md; due days come from the catalogue; figures from the
reports' canonical JSON in the folder.
"""
import csv
import glob
import json
import os
import re
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
SIGN = {"ge": "≥", "le": "≤", "eq": "=", "gt": ">", "lt": "<", "band": "from", "reduce_percent": "less by",
        "reduce_points": "points less by"}
MET = {"met": "met", "not_met": "**not met**", "no_base": "no case", "unclear": "unclear",
       "nothing_sent": "nothing sent", "hidden": "hidden", "running": "the whole year's",
       "partial": "not enough data"}
# Targets whose number the plan does not give, or that it gives in words that can be read in more ways than one.
OURS = {"T14": "assumed: the plan names no share", "D09": "assumed: the plan says enough members",
        "X02": "assumed: the plan says on time", "F02": "assumed: the plan gives the day, 15/10", "F03": "assumed",
        "A02Q": "read: in each such commune", "A03": "read: over the year", "C01": "read: of the number",
        "X01H": "read: of any class"}
ABOUT = {
    "vinhcuu2023": ("S0", "Vĩnh Cửu 2023: volunteer social-work teams",
                    "Twelve communes; each volunteer helps at least one "
                    "person; twelve counselling points. Month, quarter and year reports of the teams (RP01 to RP03), "
                    "consolidated for six months, nine months and the year (RP04), plan and estimate (RP16)."),
    "vinhcuu2020": ("S2", "Vĩnh Cửu 2020: Project 4", "The same twelve communes, 2019 to 2020, and the district's "
                    "treatment facility as a reporting unit of its own. The yearly report RP12, the reviewed lists "
                    "RP17. One person of two communes' lists is linked and counts once."),
    "tumorong2018": ("S3", "Tu Mơ Rông 2018: social assistance", "Eleven communes, two departments and the health "
                     "centre report. RP05 is due *before* 05/6 (04/6 is the last day), RP06 *before* 05/12; RP07 is "
                     "the district's."),
    "caolanh2017": ("S4", "Cao Lãnh 2017: healthy communes",
                    "Fifteen communes. Quarterly reports are due *by* the 05th "
                    "of the quarter's last month (RP08), RP09 by 05/6, RP10 with scores by 05/12; four allocations, "
                    "42.000.000 đồng, are to be settled by 15/10/2017 (RP15). The scoring scheme is a "
                    "labelled demonstration, not NQLT 01/2008: its criteria could not be obtained."),
    "brvt2024": ("S1", "Bà Rịa - Vũng Tàu 2024: social work",
                 "A hub of the province: eight districts, two departments, "
                 "the Social Work Centre with the hotline, and a rehab facility report RP13. The plan asks for 30 % of "
                 "bodies with staff, 10 % of staff trained, 50 % of planned facilities with services, 35 % of six "
                 "groups of children helped from donations."),
}


def figure(line, cell):
    if cell["state"] != "figure":
        return {"no_base": "–", "nothing_sent": "nothing sent"}.get(cell["state"], cell["value"])
    if line["measure"].startswith("ratio"):
        return "%s %% (%s/%s)" % (cell["value"].replace(".", ","), cell["num"], cell["den"])
    return "{:,}".format(int(cell["value"])).replace(",", ".")


def wanted(line, target):
    high = " to " + target["value_hi"] if target.get("value_hi") else ""
    base = " of " + target["base_value"] if target.get("base_value") else ""
    percent = " %" if line["measure"].startswith("ratio") or target["op"] == "reduce_percent" else ""
    ours = " (%s)" % OURS[line["indicator"]] if line["indicator"] in OURS else ""
    return "%s %s%s%s%s%s" % (SIGN[target["op"]], target["value"], high, percent, base, ours)


def duties(seed):
    """Rows of docs/coverage.md of a plan: id, what, records, indicators, reports, remark."""
    with open(os.path.join(ROOT, "docs/coverage.md"), encoding="utf-8") as f:
        rows = [[c.strip() for c in line.strip().strip("|").split("|")] for line in f if line.startswith("| " + seed)]
    return [r + [""] * (6 - len(r)) for r in rows]


def due_days(year):
    with open(os.path.join(ROOT, "catalogue/windows.csv"), encoding="utf-8") as f:
        rows = [r for r in csv.DictReader(f) if r["valid_from"] <= "%s-12-31" % year and
                (r["valid_to"] or "9999") >= "%s-01-01" % year]
    return {r["report"]: r["due"] for r in rows}


def due_words(report, rule):
    m = re.match(r"md=(\d\d)-(\d\d) (incl|excl)", rule)
    if m:
        return "%s %s %s/%s" % (report, "by" if m.group(3) == "incl" else "before", m.group(2), m.group(1))
    m = re.match(r"last_month=(\d\d) (incl|excl)", rule)
    if m:
        return "%s by the %sth of its last month" % (report, m.group(1))
    m = re.match(r"end\+(\d+)d", rule)
    return "%s, %s days after the month" % (report, m.group(1)) if m else report


def read_reports(folder, names):
    """Those of the folder, the year's last."""
    reports = []
    for path in sorted(glob.glob(os.path.join(folder, names))):
        with open(path, encoding="utf-8") as f:
            reports.append(json.load(f))
    return sorted(reports, key=lambda j: (len(j["period"]) == 4, j["last"]))


def page(plan, folder):
    seed, title, about = ABOUT[plan]
    reports, values, targets = read_reports(folder, "RP*.json"), {}, []
    year = plan[-4:]
    for j in read_reports(folder, "every_RP*_%s.json" % year):  # what the plan's own reports do not print
        for line in j["lines"]:
            values[line["indicator"]] = "%s (%s)" % (figure(line, line["rows"][0]["cells"][-1]), j["report"])
    for j in reports:
        for line in j["lines"]:
            values[line["indicator"]] = figure(line, line["rows"][0]["cells"][-1])
        by_no = {line["no"]: line for line in j["lines"]}
        for t in j["targets"]:
            if t["unit"] == j["unit"] and j["period"] == year:
                line = by_no[t["line"]]
                targets.append((line["indicator"], line["label_vi"], wanted(line, t),
                                figure(line, line["rows"][0]["cells"][-1]), MET[t["status"]]))
    due = due_days(year)
    out = ["# " + title, "", about, "",
           "The people and events are invented (`tests/data/plans.py`, seed 1); units, targets, dates and money are "
           "those of the plan, but for targets marked *assumed* or *read*: the plan leaves their number or their "
           "meaning open. Made with the real programs and counted again by `tests/recount.py`; the test `e2e/plans` "
           "does so with five communes and 4 % of the people. This page is the output of", "",
           "    python3 -B tests/e2e/plans.py build/release --plan %s --scale 100 --keep DIR" % plan, "",
           "## Targets of the plan beside the figures", "",
           "| Indicator | | Plan | Figure | |", "|---|---|---|---|---|"]
    out += ["| %s | %s | %s | %s | %s |" % t for t in dict.fromkeys(targets)]
    out += ["", "## Each duty: what carries it, by when, and what was counted", "",
            "A figure with a report behind it is that report's of the year: the plan's own reports do not print it. "
            "0 and – say that the sample has no such records.", "",
            "| Duty | What | Records | Report, due | Figures of %s |" % year, "|---|---|---|---|---|"]
    for duty, what, records, indicators, names, remark in duties(seed):
        counted = ["%s: %s" % (i, values[i]) for i in re.findall(r"[A-Z]\d\d[A-Z]?", indicators)]
        asked = [due_words(r, due.get(r, "")) for r in re.findall(r"RP\d\d", names)]
        out.append("| %s | %s | %s | %s | %s |" % (duty, what, records, ", ".join(asked),
                                                  "; ".join(counted) or remark))
    last = max(reports, key=lambda j: (len(j["period"]) == 4, len(j["lines"])))
    out += ["", "## The report %s of %s" % (last["report"], last["period"]), "",
            "%s; data from %s to %s, %d units." % (last["label_vi"], last["first"], last["last"], len(last["units"])),
            "",
            "| | Line | Indicator | Figure |", "|---|---|---|---|"]
    out += ["| %d | %s | %s | %s |" % (line["no"], line["label_vi"], line["indicator"],
                                       figure(line, line["rows"][0]["cells"][-1])) for line in last["lines"]]
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page(sys.argv[1], sys.argv[2]))
