"""Which reports are due between two days, and whose: domain.md 5.1 over the rows of windows.csv, duties.csv,
reports.csv and units.csv, in plain loops. Shares nothing with the program."""
import calendar
import csv
import datetime
import os

DAY = datetime.timedelta(days=1)


def rows_of(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def month_end(year, month):
    return datetime.date(year, month, calendar.monthrange(year, month)[1])


def periods(kinds, year):
    """(label, last nominal day) of the periods of a year."""
    for kind in kinds.split("|"):
        if kind == "month":
            for m in range(1, 13):
                yield "%04d-%02d" % (year, m), month_end(year, m)
        if kind == "quarter":
            for q in range(1, 5):
                yield "%04d-Q%d" % (year, q), month_end(year, 3 * q)
        if kind == "half":
            yield "%04d-6M" % year, month_end(year, 6)
        if kind == "nine":
            yield "%04d-9M" % year, month_end(year, 9)
        if kind == "year":
            yield "%04d" % year, month_end(year, 12)


def due_of(rule, last):
    """"before 05/6" is the 4th, "by 05/6" the 5th."""
    if not rule:
        return None
    if rule.startswith("end+"):
        return last + int(rule[4:-1]) * DAY
    what, how = rule.split(" ")
    name, day = what.split("=")
    month, day = (int(day[:2]), int(day[3:])) if name == "md" else (last.month, int(day))
    return datetime.date(last.year, month, day) - (DAY if how == "excl" else 0 * DAY)


def holds(row, day):
    return row["valid_from"] <= day <= (row["valid_to"] or "9999-12-31")


def owes(duties, report, unit, day):
    return any(d["report"] == report and holds(d, day) and d["who"] in (unit["code"], "below:" + unit["parent"])
               for d in duties)


def due_between(first, last, units, folder):
    """(unit, report, period, due day) of everything owed by a unit with a due day in first..last. The caller leaves
    out the units that are not its district's."""
    windows, duties = rows_of(folder, "windows.csv"), rows_of(folder, "duties.csv")
    for form in rows_of(folder, "reports.csv"):
        if form["level"] != "commune":
            continue
        for year in range(int(first[:4]) - 1, int(last[:4]) + 2):
            for label, end in periods(form["periods"], year):
                rule = [w for w in windows if w["report"] == form["id"] and holds(w, str(end))]
                due = due_of(rule[0]["due"], end) if rule else None
                if due is None or not first <= str(due) <= last:
                    continue
                start = int(rule[0]["start_day"])
                closes = end if start == 1 else end.replace(day=start - 1)
                for unit in units:
                    if holds(unit, str(closes)) and owes(duties, form["id"], unit, str(closes)):
                        yield unit["code"], form["id"], label, str(due)
